#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Indicators prepared as a snapshot: the same answer as from the lists, and nothing but refusal from a damaged one."""

import json
import os
import random
import struct
import sys

import e2e
from make import CONTROLLER, DOMAIN, HOST, HOST2, OTHER, PORT, organisations, row, zeek

sys.path.insert(0, os.path.join(e2e.ROOT, "tests", "oracle"))
import scenario  # noqa: E402  (random inputs of every kind)

SUMMED = 64  # where in the header that begins which the sum is about


def told(out, *drop):
    """An answer without what says from which files indicators came."""
    answer = json.loads(out)
    answer["inputs"] = [i for i in answer["inputs"] if i["kind"] != "indicators"]
    for k in drop:
        answer.pop(k)
    return json.dumps(answer)


class Snapshot(e2e.Case):
    def setUp(self):
        super().setUp()
        self.put("lists/a.csv", "value,family,port,first_seen,valid_until,role,confidence,reference\n"
                 "%s,Emotet,443,2018-11-01,2018-12-03,controller,80,https://example.org/1\n"
                 "%s,Heodo,8080,2018-01-01,2018-02-01,,,\n%s,Trickbot,,,,,,\n"
                 "45.124.0.0/16,Emotet,,,,,,\n45.124.9.0/24,Njrat,443,,,,,\n2a00:1:2::/48,Emotet,,,,,,\n"
                 "2a00:1:3::7,Emotet,443,,,,,\n2a00:1:3::7,Emotet,443,,,,,\n%s,Emotet,,,,,,\n"
                 "45.77.1.1,,,,,scanner,,\n45.77.2.0/24,,,,,sinkhole,,\nsink.example.net,,,,,sinkhole,,\n"
                 "203.0.113.77,,,,,infected-host,,\n45.78.1.1,,,,,scanner,,\n"
                 % (CONTROLLER, CONTROLLER, CONTROLLER, DOMAIN))
        self.put("lists/b.txt", "%s # other\n%s\nhttp://%s/gate.php\n*.other-example.com\n10.1.2.3\n9.9.9.9\n45.0.0.0/8\n"
                 "co.uk\n2a00:1:3::7\n8.8.8.8:53\nbenign-example.org\nhttp://10.1.1.1/x\n"
                 "d41d8cd98f00b204e9800998ecf8427e\nhttps://45.99.1.1/b\n" % (OTHER, CONTROLLER, DOMAIN))
        self.put("lists/c.json", json.dumps({"type": "bundle", "id": "bundle--5c0a0001-0000-4000-8000-000000000003", "objects": [
            {"type": "indicator", "spec_version": "2.1", "id": "indicator--5c0a0001-0000-4000-8000-00000000000%d" % i,
             "created": "2018-12-01T00:00:00.000Z", "modified": "2018-12-01T00:00:00.000Z", "revoked": i < 2,
             "pattern": "[ipv4-addr:value = '45.99.2.%d']" % i, "pattern_type": "stix",
             "valid_from": "2018-11-20T00:00:00Z"} for i in range(1, 4)]}))
        self.put("orgs", organisations(("203.0.113.0/28", "acme", "Acme Bank", "finance", "MX", "enterprise")))
        self.put("benign", "9.9.9.9\nwww.benign-example.org\n45.124.200.0/24\n")
        self.put("scanners", "203.0.113.9\n")
        hosts = [HOST, HOST2, "203.0.113.9", "45.77.1.1", "45.77.2.9", "2001:db8::5", "198.51.100.3", "45.78.1.1"]
        peers = [CONTROLLER, OTHER, "45.124.9.9", "45.124.77.1", "2a00:1:2::9", "2a00:1:3::7", "9.9.9.9", "8.8.8.8", "45.9.9.9", "45.99.2.1", "45.99.2.2"]
        rng, rows = random.Random(3), []
        for i in range(600):
            rows.append(row(at=i * 700, host=rng.choice(hosts), controller=rng.choice(peers), id_resp_p=rng.choice([PORT, 8080, 53]),
                            conn_state=rng.choice(["SF", "S0", "REJ"])))
        self.put("logs/conn.log", zeek(rows))
        self.put("logs/dns.log", zeek([row("dns", at=i * 900, host=h, query=q, answers="151.101.1.%d" % i, TTLs="300.000000")
                                       for i, h in enumerate(hosts)
                                       for q in (DOMAIN, "x.y.other-example.com", "www.benign-example.org", "sink.example.net")], "dns"))
        self.put("logs/http.log", zeek([row("http", at=i * 800, host=h, controller="151.101.1.9", uri="/gate.php")
                                        for i, h in enumerate(hosts)], "http"))
        self.x = ["-x", "benign", "--exclusions-as", "scanner", "-x", "scanners"]

    def out(self, *args, x=None, status=0, **kw):
        done = self.nezumi("analyze", *e2e.FIXED, "--json", "-o", "orgs", *(self.x if x is None else x), *args, "logs", status=status, **kw)
        self.answer(done.out)
        return done.out

    def make(self, *args, name="all.nzs", x=None, status=0):
        return self.nezumi("snapshot", "--no-builtin", *(self.x if x is None else x), *args, "-o", name, status=status)

    def test_same_answer(self):
        want = self.out("-i", "lists")
        answer = json.loads(want)
        self.assertGreater(len(answer["findings"]), 20)
        self.assertGreater(len(answer["withheld"]), 7)
        self.assertEqual({w["reason"] for w in answer["withheld"]}, {"special-purpose", "too-broad", "allow-listed", "expired"})
        self.assertLessEqual({"scanner", "sinkhole"}, {e["reason"] for e in answer["excluded"]})
        self.make("-i", "lists")
        got = self.out("-i", "all.nzs")
        self.assertEqual(told(got), told(want))
        mine = self.input(json.loads(got), "all.nzs")
        records = sum(i["records"] for i in answer["inputs"] if i["kind"] == "indicators")
        self.assertEqual(mine, {"path": "all.nzs", "kind": "indicators", "format": "snapshot", "records": records,
                                "malformed": 0, "bytes": os.path.getsize(self.path("all.nzs"))})
        for args in (["--threads", "1"], ["--validity", "strict"], ["--validity", "any", "-v"], ["--from", "2018-12-03"]):
            with self.subTest(args=args):
                self.assertEqual(told(self.out("-i", "all.nzs", *args)), told(self.out("-i", "lists", *args)))

    def test_other_exclusions_are_asked_anew(self):
        self.make("-i", "lists")
        self.put("more", "%s\nsink.example.net\n" % OTHER)
        for x in ([], ["-x", "more"], self.x + ["-x", "more"], ["--exclusions-as", "scanner", "-x", "scanners"]):
            with self.subTest(x=x):
                self.assertEqual(told(self.out("-i", "all.nzs", x=x)), told(self.out("-i", "lists", x=x)))

    def test_beside_other_lists(self):
        for i, name in enumerate(("a.csv", "b.txt")):
            self.make("-i", "lists/" + name, name="%d.nzs" % i)
        want = told(self.out("-i", "lists/a.csv", "-i", "lists/b.txt"))
        self.assertEqual(told(self.out("-i", "0.nzs", "-i", "lists/b.txt")), want)
        self.assertEqual(told(self.out("-i", "lists/a.csv", "-i", "1.nzs")), want)
        self.assertEqual(told(self.out("-i", "0.nzs", "-i", "1.nzs")), want)
        self.make("-i", "0.nzs", "-i", "lists/b.txt", name="both.nzs")
        self.assertEqual(told(self.out("-i", "both.nzs")), want)

    def test_random_lists(self):
        for seed in range(700, 704 if e2e.sanitized() else 715):
            folder = self.path("s%d" % seed).decode()
            os.mkdir(folder)
            argv = scenario.build(seed, folder)
            argv = getattr(argv, "argv", argv)
            lists, x, rest, k = [], [], [], 0
            while k < len(argv):
                pair = argv[k:k + 2]
                if pair[0] == "-i":
                    lists += pair
                elif pair[0] in ("-x", "--exclusions-as"):
                    x += pair
                elif pair[0] in ("--column", "--indicators-as"):
                    lists += pair
                    rest += pair
                else:
                    rest.append(pair[0])
                    k -= 1
                k += 2
            with self.subTest(seed=seed):
                made = self.there(folder, "snapshot", "--no-builtin", *lists, *x, "-o", "s.nzs")
                want = self.there(folder, "analyze", *e2e.FIXED, "--json", *lists, *x, *rest)
                if made.status:
                    self.assertIn("no indicator could be read", made.err)
                    continue
                got = self.there(folder, "analyze", *e2e.FIXED, "--json", "-i", "s.nzs", *x, *rest)
                self.assertEqual(got.status, want.status)
                # What lists had that could not be read was told when the snapshot was made.
                paths = {i["path"] for i in json.loads(want.out)["inputs"] if i["kind"] == "indicators"}
                pair = [json.loads(d.out) for d in (want, got)]
                for a in pair:
                    a["rejected"] = [r for r in a["rejected"] if r["path"] not in paths]
                self.assertEqual(*[told(json.dumps(a)) for a in pair])
                other = [self.there(folder, "analyze", *e2e.FIXED, "--json", *i, *rest) for i in (lists, ["-i", "s.nzs"])]
                self.assertEqual(told(other[0].out, "rejected"), told(other[1].out, "rejected"))

    def there(self, folder, *args):
        mine, self.dir = self.dir, folder
        try:
            return self.nezumi(*args)
        finally:
            self.dir = mine

    def test_data_directory(self):
        """Without lists the indicators are those of the data directory, whose snapshot is made when it is needed, or before."""
        self.nezumi("import", "--data", "new/data", "lists", status=0)
        done = self.nezumi("snapshot", "--no-builtin", *self.x, "--data", "new/data", status=0)
        self.assertIn("new/data/snapshot.nzs", done.text)
        made = os.stat(self.path("new/data/snapshot.nzs"))
        self.assertEqual(told(self.out("--data", "new/data")), told(self.out("-i", "lists")))
        self.assertEqual(os.stat(self.path("new/data/snapshot.nzs")).st_mtime_ns, made.st_mtime_ns)
        self.nezumi("snapshot", "--no-builtin", *self.x, "--data", "new/data", "-o", "other.nzs", status=0)
        self.assertEqual(told(self.out("-i", "other.nzs")), told(self.out("-i", "lists")))

    def test_exit_status(self):
        """What could not be read is not left out in silence."""
        self.nezumi("snapshot", "--data", "nothing", "-o", "x.nzs", status=2)
        self.nezumi("snapshot", "-i", "lists", status=2)
        self.nezumi("snapshot", "-i", "absent", "-o", "x.nzs", status=2)
        self.nezumi("snapshot", "-i", "lists", "-i", "absent", "-o", "x.nzs", status=2)
        self.assertFalse(os.path.exists(self.path("x.nzs")))
        self.nezumi("snapshot", "-i", "lists", "-i", "absent", "--keep-going", "-o", "x.nzs", status=0)
        self.nezumi("snapshot", "-i", "lists", "-o", "none/x.nzs", status=2)
        self.nezumi("snapshot", "-i", "lists", "-o", "x.nzs", "logs", status=2)

    def refused(self, data, why):
        self.put("bad.nzs", data)
        done = self.nezumi("analyze", *e2e.FIXED, "-i", "bad.nzs", "logs", status=2)
        self.assertIn("bad.nzs: ", done.err)
        self.assertRegex(done.err, why)

    def test_damaged(self):
        self.make("-i", "lists", name="good.nzs")
        good = self.get("good.nzs")
        self.refused(good[:-1], "cut off")
        self.refused(good[:len(good) // 2], "cut off")
        self.refused(good[:100], "cut off")
        self.refused(good + b"\0", "cut off")
        self.refused(good[:8] + struct.pack("<I", 99) + good[12:], "version 99")
        self.refused(good[:12] + good[12:16][::-1] + good[16:], "order of bytes")
        rng = random.Random(1)
        for _ in range(5 if e2e.sanitized() else 40):
            at = rng.randrange(SUMMED, len(good))
            self.refused(good[:at] + bytes([good[at] ^ 1 << rng.randrange(8)]) + good[at + 1:], "damaged")
        # The rest of the run goes on where that is asked for, and a good file beside it counts.
        self.nezumi("analyze", *e2e.FIXED, "-i", "good.nzs", "-i", "bad.nzs", "logs", status=2)
        self.nezumi("analyze", *e2e.FIXED, "--keep-going", "-i", "good.nzs", "-i", "bad.nzs", "logs", status=0)

    def test_replaced_while_it_is_read(self):
        """A new file takes the name; who has the old one keeps it."""
        self.make("-i", "lists")
        want = told(self.out("-i", "all.nzs"))
        for _ in range(3):
            self.make("-i", "lists")
        self.assertEqual(told(self.out("-i", "all.nzs")), want)
        self.assertEqual([f for f in self.files() if "tmp" in f], [])


if __name__ == "__main__":
    e2e.main()
