#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Does the program judge as the oracle does?

    compare.py [--binary B] [--count N] [--seed N]     random scenarios, from seed N upwards
    compare.py --data DIR                              real data (default: $NEZUMI_SHARED/data)

A scenario on which they differ is kept in a folder, with both answers beside it. The last line says
`N passed, M failed`; exit status 1 if any failed.
"""

import argparse
import functools
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time

import oracle
import scenario
import values as v

HERE = os.path.dirname(os.path.abspath(__file__))
BINARY = os.path.join(HERE, "..", "..", "build", "release", "nezumi")
FIXED = ["--owners", "none", "--no-builtin"]
PLAIN = ("port", "protocol", "records", "records_other_port", "established", "bytes_out", "bytes_in", "days",
         "score", "confidence")


def run_program(binary, argv, folder):
    """(answer, None) or (None, what went wrong)."""
    done = subprocess.run([binary, "analyze"] + FIXED + ["--json"] + argv, cwd=folder, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    if done.returncode not in (0, 1):
        return None, "exit status %d: %s" % (done.returncode, done.stderr.decode("utf-8", "replace")[-400:])
    try:
        answer = json.loads(done.stdout)
    except ValueError as e:
        return None, "not JSON: %s" % e
    if done.returncode != (0 if answer["findings"] else 1):
        return None, "exit status %d with %d findings" % (done.returncode, len(answer["findings"]))
    return answer, None


def run_oracle(argv, folder):
    back = os.getcwd()
    os.chdir(folder)
    try:
        return oracle.run(argv)
    finally:
        os.chdir(back)


# -- one form for both answers ------------------------------------------------------------------

def canonical(text):
    ip = v.address(text)
    if ip:
        return v.address_text(ip)
    net = v.network(text)
    return v.network_text(net) if net else text


def source(text):
    text = os.path.basename(text)
    for end in (".gz", ".txt", ".csv"):
        if text.endswith(end):
            text = text[:-len(end)]
    return text


def finding(f):
    out = {k: f[k] for k in PLAIN}
    out["families"] = sorted(f["families"])
    out["sources"] = sorted(set(source(s) for s in f["sources"]))
    out["first_seen"], out["last_seen"] = v.time(f["first_seen"]), v.time(f["last_seen"])
    out["evidence"] = [(os.path.normpath(e["path"]), e["line"], v.time(e["time"]), e["kind"]) for e in f["evidence"]]
    out["organisation"] = organisation(f["organisation"])
    return out


def organisation(o):
    keys = ("id",) if o["id"] == "unknown" else ("id", "name", "sector", "country", "kind")
    return tuple(o.get(k) or "" for k in keys)


def one_form(a):
    """The answer as dictionaries of sections; what has no stated order is keyed."""
    out = {}
    out["findings"] = {(canonical(f["host"]), canonical(f["controller"])): finding(f) for f in a["findings"]}
    out["order"] = {"findings": [f["score"] for f in a["findings"]],
                    "controllers": [(c["organisations"], c["hosts"]) for c in a["controllers"]]}
    aside = {}
    for e in a["excluded"]:
        key = (canonical(e["host"]), canonical(e["controller"]), e["reason"])
        aside[key] = aside.get(key, 0) + e["records"]
    out["excluded"] = aside
    out["withheld"] = {(canonical(w["value"]), w["reason"], source(w["source"])): True for w in a["withheld"]}
    out["controllers"] = {canonical(c["value"]): {
        "families": sorted(c["families"]), "hosts": c["hosts"], "organisations": c["organisations"],
        "records": c["records"], "first_seen": v.time(c["first_seen"]), "last_seen": v.time(c["last_seen"]),
        "action": (c["action"], c["action_reason"]),
    } for c in a["controllers"]}
    out["organisations"] = {o["id"]: {
        "organisation": organisation(o), "hosts": o["hosts"], "families": sorted(o["families"]),
        "controllers": sorted(canonical(c) for c in o["controllers"]), "first_seen": v.time(o["first_seen"]),
        "last_seen": v.time(o["last_seen"]), "score": o["score"],
    } for o in a["organisations"]}
    out["alerts"] = {(x["rule"], canonical(x["subject"])): True for x in a["alerts"]}
    out["totals"] = {k: a["totals"][k] for k in ("records", "matched", "excluded", "controllers", "hosts",
                                                 "organisations", "findings")}
    return out


def differences(mine, theirs, details=True):
    """Lines that say where the program (theirs) departs from the oracle (mine)."""
    out = []
    a, b = one_form(mine), one_form(theirs)
    for part in a:
        for key in sorted(set(a[part]) | set(b[part]), key=str):
            x, y = a[part].get(key), b[part].get(key)
            if x == y:
                continue
            if isinstance(x, dict) and isinstance(y, dict):
                for k in x:
                    if x[k] != y.get(k):
                        out.append("%s %s: %s: oracle %s, program %s" % (part, key, k, x[k], y.get(k)))
            else:
                out.append("%s %s: oracle %s, program %s" % (part, key, x, y))
    if details:
        said = {}
        for e in theirs["excluded"]:
            key = (canonical(e["host"]), canonical(e["controller"]), e["reason"])
            said[key] = said.get(key, "") + " " + (e["detail"] or "")
        for e in mine["excluded"]:
            key = (canonical(e["host"]), canonical(e["controller"]), e["reason"])
            if key in said and e["detail"]["entry"] and e["detail"]["entry"] not in said[key]:
                out.append("excluded %s: the detail %r does not name the entry %s" % (key, said[key], e["detail"]))
    return out


# -- random scenarios ---------------------------------------------------------------------------

def random_scenarios(args):
    passed = failed = 0
    touched = {"findings": 0, "excluded": 0, "withheld": 0, "alerts": 0}
    begun = time.time()
    print("seeds %d to %d" % (args.seed, args.seed + args.count - 1), flush=True)
    for seed in range(args.seed, args.seed + args.count):
        folder = tempfile.mkdtemp(prefix="nezumi-scenario-")
        try:
            argv = scenario.build(seed, folder)
            theirs, trouble = run_program(args.binary, ["--threads", str(1 + seed % 3)] + argv, folder)
            mine = run_oracle(argv, folder)
            lines = [trouble] if trouble else differences(mine, theirs)
            for k in touched:
                touched[k] += len(mine[k])
            if not lines:
                passed += 1
                continue
            failed += 1
            kept = os.path.join(args.out, "seed-%d" % seed)
            shutil.rmtree(kept, ignore_errors=True)
            shutil.copytree(folder, kept)
            for name, answer in (("oracle.json", mine), ("program.json", theirs)):
                with open(os.path.join(kept, name), "w", encoding="utf-8") as f:
                    json.dump(answer, f, indent=1, ensure_ascii=False)
            with open(os.path.join(kept, "command"), "w", encoding="utf-8") as f:
                f.write("nezumi analyze %s\n" % " ".join(FIXED + ["--json"] + argv))
            print("seed %d differs (kept in %s): analyze %s" % (seed, kept, " ".join(argv)))
            for line in lines[:args.lines]:
                print("    " + line)
            if len(lines) > args.lines:
                print("    and %d more" % (len(lines) - args.lines))
            sys.stdout.flush()
            if failed >= args.stop:
                print("stopped after %d differences" % failed)
                break
        finally:
            shutil.rmtree(folder, ignore_errors=True)
    print("%d scenarios in %.0f s: %s" % (passed + failed, time.time() - begun,
                                          ", ".join("%d %s" % (n, k) for k, n in touched.items())))
    return passed, failed


# -- real data ----------------------------------------------------------------------------------

def real_cases(data):
    """(name, arguments, files it needs)"""
    def at(*parts):
        return os.path.join(data, *parts)

    njrat = at("telemetry", "zeek", "njrat", "conn.log")
    rita = at("telemetry", "zeek", "rita", "2024-04-19")
    wrccdc = at("telemetry", "zeek", "wrccdc", "dns.log.gz")
    eve = at("telemetry", "suricata", "eve-slips-test6.json")
    maltrail = at("indicators", "maltrail")
    threatfox = at("indicators", "threatfox", "threatfox_ip_intervals.csv.gz")
    feodo = at("indicators", "feodo", "feodo_ipblocklist_2021-12-20.csv")
    lists = ["-x", at("owner", "misp-warninglists", "lists")]
    centres = ["--exclusions-as", "provider", "-x", at("owner", "datacenter", "x4bnet", "datacenter-ipv4.txt"),
               "-x", at("owner", "datacenter", "x4bnet", "datacenter-ipv6.txt")]
    everything = ["-i", maltrail, "-i", threatfox, "-i", feodo]
    yield "njRAT, one indicator", ["-i", "@41.108.179.197:1177\n", njrat]
    yield "njRAT, all lists", everything + [njrat]
    yield "RITA day", ["-i", maltrail, "-i", threatfox, rita]
    yield "RITA day, any validity", ["-i", threatfox, "--validity", "any", rita]
    yield "RITA day, warning lists and data centres", ["-i", maltrail, "-i", threatfox] + lists + centres + [rita]
    yield "RITA day, names served there", ["-i", "@fomobase.app\n*.planetmojolabs.com\n64.225.56.201\n"
                                           "http://rewards.fomocoin.app/\nubuntu.com\n", rita]
    yield "RITA day, everybody who called, from 06:00 to 18:00", \
        ["-i", "@0.0.0.0/0\n" + "".join("%d.%d.0.0/16\n" % (a, b) for a in (80, 162, 167, 172, 185, 198)
                                        for b in range(0, 256)), "--from", "2024-04-19T06:00:00Z",
         "--to", "2024-04-19T18:00:00Z", rita]
    yield "WRCCDC dns", everything + [wrccdc]
    yield "WRCCDC dns, with names that occur", ["-i", "@wrccdc.org\ncpp.edu\n134.71.3.16\n*.microsoft.com\n"
                                                "amazonaws.com\n10.0.0.100\n", wrccdc]
    yield "WRCCDC dns, with names that occur, warning lists", \
        ["-i", "@wrccdc.org\ncpp.edu\nmicrosoft.com\namazonaws.com\nchat.wrccdc.org\n"] + lists + [wrccdc]
    yield "EVE", everything + [eve]
    yield "EVE, addresses and names that occur", \
        ["-i", "@122.248.252.67:55443\n45.143.200.0/22:8080\n91.0.0.0/16\n162.142.125.0/24\n45.143.0.0/16\n"
         "92.63.0.0/16\n89.248.0.0/16\nmyedimax.com\nmicrosoft.com\n", eve]
    yield "EVE, addresses and names that occur, warning lists", \
        ["-i", "@122.248.252.67:55443\n162.142.125.0/24\n45.143.0.0/16\n92.63.0.0/16\n89.248.0.0/16\n"
         "myedimax.com\n"] + lists + centres + [eve]


def real_data(args):
    passed = failed = 0
    oracle.read_indicators = functools.lru_cache(maxsize=None)(oracle.read_indicators)  # the same lists again
    with tempfile.TemporaryDirectory() as folder:
        for i, (name, argv) in enumerate(real_cases(os.path.abspath(args.data))):
            for k, arg in enumerate(argv):
                if arg.startswith("@"):
                    argv[k] = os.path.join(folder, "indicators-%d.txt" % i)
                    with open(argv[k], "w", encoding="utf-8") as f:
                        f.write(arg[1:])
            begun = time.time()
            if args.oracle_only:
                theirs, trouble = None, None
            else:
                theirs, trouble = run_program(args.binary, argv, folder)
            middle = time.time()
            mine = run_oracle(argv, folder)
            lines = [trouble] if trouble else differences(mine, theirs, details=False) if theirs else []
            print("%s %s: %s records, %d findings, %d excluded, %d withheld (program %.1f s, oracle %.1f s)" % (
                "FAIL" if lines else "pass", name, mine["totals"]["records"], len(mine["findings"]),
                len(mine["excluded"]), len(mine["withheld"]), middle - begun, time.time() - middle))
            for line in lines[:args.lines]:
                print("    " + line)
            if len(lines) > args.lines:
                print("    and %d more" % (len(lines) - args.lines))
            sys.stdout.flush()
            failed += 1 if lines else 0
            passed += 0 if lines else 1
    return passed, failed


def main():
    shared = os.environ.get("NEZUMI_SHARED", os.path.join(HERE, "..", "..", "..", "shared"))
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--binary", default=BINARY)
    p.add_argument("--count", type=int, default=2000)
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--out", default=os.path.join(tempfile.gettempdir(), "nezumi-scenarios"))
    p.add_argument("--lines", type=int, default=12, help="differences shown of each scenario")
    p.add_argument("--stop", type=int, default=10, help="stop after so many scenarios that differ")
    p.add_argument("--data", nargs="?", const=os.path.join(shared, "data"))
    p.add_argument("--oracle-only", action="store_true", help="with --data: run the oracle alone")
    args = p.parse_args()
    args.binary = os.path.abspath(args.binary)
    if not os.path.exists(args.binary) and not args.oracle_only:
        p.error("no program at %s" % args.binary)
    if args.data is not None and not os.path.isdir(args.data):
        print("skip oracle-real-data: no shared data at %s" % args.data)
        print("0 passed, 0 failed, 1 skipped")
        return 0
    passed, failed = real_data(args) if args.data is not None else random_scenarios(args)
    print("%d passed, %d failed" % (passed, failed))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
