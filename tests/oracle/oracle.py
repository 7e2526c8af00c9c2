#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A naive second opinion on `nezumi analyze --json`: same inputs, same options, the judged part of
the answer. It is written from docs/judgement.md alone and shares nothing with the program."""

import json
import re
import sys

import judge
import values as v
from inputs import files_below, read_exclusions, read_indicators, read_organisations
from records import read_telemetry


class Usage(Exception):
    pass


WITH_VALUE = {"-i": "indicators", "--indicators": "indicators", "-o": "organisations",
              "--organisations": "organisations", "-x": "exclusions", "--exclusions": "exclusions",
              "--exclusions-as": "as", "--from": "from", "--to": "to", "--validity": "validity",
              "--shared": "shared", "--threads": "", "--owners": ""}


def options(argv):
    """The command line of `nezumi analyze`, as far as it changes the judgement."""
    out = {"indicators": [], "organisations": [], "exclusions": [], "telemetry": [],
           "from": None, "to": None, "validity": "grace", "shared": "4"}
    cls, argv = None, list(argv)
    while argv:
        arg = argv.pop(0)
        if arg.startswith("--") and "=" in arg:
            arg, value = arg.split("=", 1)
            argv.insert(0, value)
        if arg in ("--json", "--no-builtin"):
            continue
        if arg not in WITH_VALUE:
            if arg.startswith("-"):
                raise Usage(arg)
            out["telemetry"].append(arg)
            continue
        value, what = argv.pop(0), WITH_VALUE[arg]
        if what == "as":
            cls = value
        elif what == "exclusions":
            out["exclusions"].append((value, cls))
        elif what in ("indicators", "organisations"):
            out[what].append(value)
        elif what:
            out[what] = value
    return out


def settings_of(o):
    m = re.match(r"^grace=(\d+)d$", o["validity"])
    if m:
        validity, grace = "grace", int(m.group(1)) * v.DAY
    else:
        validity, grace = o["validity"], 30 * v.DAY
    return judge.Settings(v.time(o["from"]) if o["from"] else None, v.time(o["to"]) if o["to"] else None,
                          validity, grace, int(o["shared"]))


_suffixes = []


def run(argv):
    o = options(argv)
    settings = settings_of(o)
    if not _suffixes:
        _suffixes.append(judge.Suffixes())
    indicators = []
    for given in o["indicators"]:
        for path in files_below(given):
            indicators += read_indicators(path)
    table = read_organisations(o["organisations"])
    lists = read_exclusions(o["exclusions"])
    records = read_telemetry(o["telemetry"], settings.since, settings.until)
    return judge.analyse(indicators, table, lists, records, settings, _suffixes[0])


def main():
    json.dump(run(sys.argv[1:]), sys.stdout, indent=1, ensure_ascii=False)
    print()


if __name__ == "__main__":
    main()
