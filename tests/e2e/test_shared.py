#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Real data, which lies beside a working copy ($NEZUMI_SHARED): skipped where it is absent, unless it is demanded."""

import glob
import json
import os
import unittest

import e2e
from make import row, zeek

SHARED = os.path.abspath(os.environ.get("NEZUMI_SHARED") or os.path.join(e2e.ROOT, "..", "shared"))
DATA = os.path.join(SHARED, "data")
# The sanitizers look for crashes, not for differences between threads: those the release shows.
THREADS = ("2",) if e2e.sanitized() else ("1", "2", "7")
DEMANDED = os.environ.get("NEZUMI_REQUIRE_SHARED") == "1"


def at(*parts):
    path = os.path.join(DATA, *parts)
    assert os.path.exists(path), "%s is not there" % path
    return path


@unittest.skipUnless(DEMANDED or os.path.isdir(DATA), "no shared data in %s" % os.path.relpath(DATA, e2e.ROOT))
class Shared(e2e.Case):
    LISTS = ("indicators/maltrail", "indicators/threatfox")

    def test_njrat(self):
        self.put("list", "41.108.179.197:1177\n")
        out = [self.nezumi("analyze", *e2e.FIXED, "--json", "--threads", n, "-i", "list", at("telemetry/zeek/njrat/conn.log"), status=0).out
               for n in THREADS]
        self.assertEqual(out, out[:1] * len(out))
        answer = self.answer(out[0])
        f = self.finding(answer)
        self.assertEqual((f["controller"], f["port"], f["records"], f["records_other_port"], f["established"], f["confidence"]),
                         ("41.108.179.197", 1177, 237, 0, 0, "high"))
        self.assertEqual(answer["totals"]["records"], 992)
        self.assertEqual(answer["rejected"], [])

    def test_a_day_of_scanners_is_no_infection(self):
        args = [a for path in self.LISTS for a in ("-i", at(path))]
        for builtin in ([], ["--no-builtin"]):
            out = [self.nezumi("analyze", "--owners", "none", *builtin, "--json", "--threads", n, *args,
                               at("telemetry/zeek/rita/2024-04-19")).out for n in THREADS]
            self.assertEqual(out, out[:1] * len(out))
            answer = self.answer(out[0])
            self.assertEqual([f for f in answer["findings"] if f["confidence"] != "low"], [])
            self.assertGreater(len(answer["excluded"]), 10)
            withheld = {w["value"]: w["reason"] for w in answer["withheld"]}
            self.assertEqual(withheld.get("0.0.0.0"), "special-purpose")
            self.assertEqual(withheld.get("8.8.8.8"), None if builtin else "allow-listed")

    def test_every_warninglist_hides_no_controller(self):
        controllers = ["192.155.90.90", "115.88.75.245", "45.123.3.54", "116.62.60.109", "31.5.229.224"]
        self.put("list", "\n".join(controllers + ["8.8.8.8", "1.1.1.1"]) + "\n")
        self.put("log", zeek([row(at=60 * i, controller=c) for c in controllers for i in range(20)]))
        for n in THREADS[:2]:
            done = self.nezumi("analyze", "--owners", "none", "--json", "--threads", n, "-i", "list",
                               "-x", at("owner/misp-warninglists/lists"), "log", status=0)
            answer = self.answer(done.out)
            self.assertEqual({f["controller"] for f in answer["findings"]}, set(controllers))
            self.assertEqual({w["value"]: w["reason"] for w in answer["withheld"]}, {"8.8.8.8": "allow-listed", "1.1.1.1": "allow-listed"})

    def test_every_list_is_read(self):
        self.put("log", zeek([row()]))
        for folder, formats in (("maltrail", {"maltrail"}), ("feodo", {"feodo"}), ("urlhaus", {"urlhaus"}),
                                ("threatfox", {"intervals"}), ("stix/unit42", {"stix"}), ("misp/eset", {"misp"})):
            with self.subTest(folder=folder):
                answer = self.answer(self.nezumi("analyze", *e2e.FIXED, "--json", "-i", at("indicators", folder), "log").out)
                told = [i for i in answer["inputs"] if i["kind"] == "indicators" and i["format"]]
                self.assertEqual({i["format"] for i in told}, formats)
                self.assertGreater(sum(i["records"] for i in told), 100)
                # One event has nothing but texts and file names.
                self.assertLessEqual(sum(not i["records"] and not i["malformed"] for i in told), 1)

    def test_telemetry_is_counted_as_it_is(self):
        self.put("list", "9.9.9.1\n")
        eve = at("telemetry/suricata/eve-slips-test6.json")
        with open(eve) as f:
            n = sum(json.loads(line)["event_type"] in ("flow", "dns", "tls", "http", "netflow") for line in f)
        told = self.input(self.analyze("-i", "list", eve, status=1), eve)
        self.assertEqual((told["format"], told["records"], told["malformed"]), ("eve", n, 0))
        tsv, as_json = sorted(glob.glob(at("telemetry/zeek/wrccdc") + "/*dns*"))[:2]
        records = {p: self.input(self.analyze("-i", "list", p, status=1), p)["records"] for p in (tsv, as_json)}
        self.assertEqual(set(records.values()), {53615})

    def test_everything_at_once(self):
        """Nothing there may crash or hang it; by several threads the same."""
        args = ["analyze", *e2e.FIXED, "--json", "-i", at("indicators"), "-x", at("owner/misp-warninglists/lists"), "-x", at("owner/datacenter"),
                at("telemetry/zeek"), at("telemetry/suricata"), at("telemetry/netflow"), at("telemetry/pcap/zeek")]
        out = [self.nezumi(*args, "--threads", n, seconds=120).out for n in THREADS[:2]]
        self.answer(out[0])
        self.assertEqual(out, out[:1] * len(out))


if __name__ == "__main__":
    e2e.main()
