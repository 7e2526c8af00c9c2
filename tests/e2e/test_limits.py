#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Time and memory are bounded by the program, not by the input."""

import json
import resource

import e2e
from make import CONTROLLER, DOMAIN, HOST, OTHER, eve, gz, heading, lines, ndjson, row, zeek, zst, zst_repeat
from samples import LIST

MIB = 1 << 20
LINE = 1000  # MiB


def overlong(before, after, n=LINE):
    """The pieces of a log with a line of n MiB in it."""
    yield before
    for _ in range(n):
        yield b"x" * MIB
    yield b"\n" + after


class Memory(e2e.Case):
    def setUp(self):
        super().setUp()
        self.put("list", LIST + OTHER + "\n")

    def test_a_line_of_a_gigabyte(self):
        good = row(), row(at=1)
        logs = {
            "zeek-tsv": [zeek(good[:1]), lines("conn", good[1:])],
            "zeek-tsv in its header": [zeek(good[:1]) + "#remark ", zeek(good[1:])],
            "eve": [ndjson([eve("flow")]) + '{"timestamp":"', ndjson([eve("flow", 1)])]}
        for i, (what, (before, after)) in enumerate(logs.items()):
            with self.subTest(what=what):
                done = self.nezumi("analyze", *e2e.FIXED, "--json", "-i", "list", "-",
                                   stdin=overlong(before.encode(), after.encode(), LINE if i == 0 else LINE // 4), status=0, seconds=30)
                self.assertLess(done.rss, 200 * MIB)
                answer = self.answer(done.out)
                self.assertEqual(self.finding(answer)["records"], 2)
                if "header" not in what:
                    self.assertEqual(self.input(answer, "-")["malformed"], 1)

    def test_a_line_of_a_gigabyte_out_of_a_few_bytes(self):
        before, after = zeek([row()]), lines("conn", [row(at=1)])
        for name, data in (("log.zst", zst(before) + zst_repeat(b"x", 8 * LINE) + zst("\n" + after)),
                           ("log.gz", gz(before) + gz(b"x" * (100 * MIB)) * (LINE // 100) + gz("\n" + after))):
            with self.subTest(name=name):
                self.put(name, data)
                self.assertLess(len(data), 2 * MIB)
                done = self.nezumi("analyze", *e2e.FIXED, "--json", "-i", "list", name, status=0)
                self.assertLess(done.rss, 200 * MIB)
                self.assertEqual(self.finding(self.answer(done.out))["records"], 2)

    def test_a_list_with_a_line_of_a_gigabyte(self):
        self.put("log", zeek([row()]))
        done = self.nezumi("analyze", *e2e.FIXED, "--json", "--indicators-as", "list", "-i", "-", "log",
                           stdin=overlong(b"9.9.9.9\n", CONTROLLER.encode() + b"\n"), status=0)
        self.assertLess(done.rss, 200 * MIB)
        self.assertEqual(self.input(self.answer(done.out), "-")["malformed"], 1)

    def peak(self, what, times, threads):
        rows = [row(at=i % 1000, host="203.0.113.%d" % (i % 250), controller=CONTROLLER if i % 10 == 0 else "151.101.1.%d" % (i % 200))
                for i in range(1000)]
        if what == "flows":
            head, piece, n = heading("conn"), lines("conn", rows).encode(), 80
        elif what == "names":
            head, n = heading("dns"), 80
            piece = lines("dns", [row("dns", at=i % 500, host="203.0.113.%d" % (i % 50), answers=OTHER, TTLs="60.000000")
                                  for i in range(900)]).encode()
        else:
            head, n = "", 24
            piece = ndjson(eve(k, i, "203.0.113.%d" % i) for i in range(250) for k in ("flow", "tls", "http")).encode()
        done = self.nezumi("analyze", *e2e.FIXED, "--threads", str(threads), "-i", "list", "-",
                           stdin=(p for part in ([head.encode()], [piece] * (n * times)) for p in part), status=0)
        return done.rss

    def test_memory_does_not_grow_with_telemetry(self):
        for what in ("flows", "names", "events"):
            with self.subTest(what=what):
                # More than all blocks that are in work at once, of 4 MiB each; names are kept in a few MiB.
                once, many = self.peak(what, 6 if what == "events" else 1, 2), self.peak(what, 20, 2)
                self.assertLess(many, once * 1.15 + 4 * MIB, "%d -> %d KiB" % (once >> 10, many >> 10))
                self.assertLess(many, 150 * MIB)

    def test_little_memory(self):
        """It says so and ends, or does the whole work."""
        self.put("long", "".join("45.%d.%d.%d\n" % (i >> 12 & 255, i >> 4 & 255, i & 15) for i in range(100000)) + CONTROLLER + "\n")
        self.put("log", zeek([row(at=i) for i in range(10000)]) + zeek([row("dns", at=i) for i in range(3000)], "dns"))
        args = ["analyze", *e2e.FIXED, "--json", "--threads", "2", "-i", "long", "-i", "list", "log"]
        want = self.nezumi(*args, status=0).out
        ends = set()
        for mib in range(8, 128, 6):
            limit = lambda: resource.setrlimit(resource.RLIMIT_AS, (mib * MIB, mib * MIB))
            done = self.nezumi(*args, preexec_fn=limit)
            if done.status == 127 and not done.out:
                continue  # not even enough to load the libraries
            ends.add(done.status)
            if done.status == 0:
                self.assertEqual(done.out, want)
            else:
                self.assertEqual((done.status, done.out), (2, b""), "%d MiB" % mib)
                self.assertIn("memory", done.err)
        self.assertEqual(ends, {0, 2})

    def taken(self, *args, status=0, most=256, **kw):
        """What an import said; its memory is that of sorting, however much comes."""
        done = self.nezumi("import", "-q", "--json", "--data", "data", *args, status=status, **kw)
        self.assertLess(done.rss, most * MIB)
        return json.loads(done.out)["sources"] if status == 0 else done.err

    def test_import(self):
        n = 1000000
        source, = self.taken("--source", "line", "-", stdin=overlong(b"45.77.1.1\n", b"45.77.1.2\n"))
        self.assertEqual(source["added"], 2)
        self.put("list.zst", zst("45.77.1.1\n") + zst_repeat(b"x", 4 * LINE) + zst("\n45.77.1.2\n"))
        source, = self.taken("--source", "packed", "list.zst")
        self.assertEqual(source["added"], 2)
        source, = self.taken("--source", "same", "-", stdin=(b"45.77.1.1\n" * (n // 10) for _ in range(30)))
        self.assertEqual(source["added"], 1)
        twice = [b"".join(b"45.%d.%d.%d\n" % (i >> 16, i >> 8 & 255, i & 255) for i in range(n))] * 3
        source, = self.taken("--source", "thrice", "-", stdin=twice)
        self.assertEqual(source["added"], n)
        self.put("sources.csv", "value,source\n" + "".join("45.1.%d.%d,source %d\n" % (i >> 8 & 255, i & 255, i) for i in range(50000)))
        self.assertIn("sources at once", self.taken("sources.csv", status=2))
        # Many things said by one source of one value.
        self.put("ports.csv", "value,port,family\n" + "".join("45.1.1.1,%d,%d\n" % (i % 60000 + 1, i) for i in range(200000)))
        source, = self.taken("ports.csv")
        self.assertEqual(source["added"], 256)

    def test_few_descriptors(self):
        for i in range(100):
            self.put("logs/%d" % i, gz(zeek([row(at=i)])))
        few = lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (10, 10))
        answer = self.answer(self.nezumi("analyze", *e2e.FIXED, "--json", "-i", "list", "logs", preexec_fn=few, status=0).out)
        self.assertEqual(self.finding(answer)["records"], 100)

    def test_very_many_threads(self):
        self.put("log", zeek([row()]))
        done = self.nezumi("analyze", *e2e.FIXED, "--threads", "1024", "-i", "list", "log", status=0)
        self.assertLess(done.rss, 200 * MIB)

    def test_many_columns_headers_and_tiny_members(self):
        # Headers that change all the time must not pile up.
        log = "".join(zeek([row(at=i)]) for i in range(20000))
        done = self.nezumi("analyze", *e2e.FIXED, "--json", "-i", "list", "-", stdin=log.encode(), status=0)
        self.assertEqual(self.finding(self.answer(done.out))["records"], 20000)
        self.assertLess(done.rss, 150 * MIB)
        self.put("log", b"".join(gz(line) for line in zeek([row(at=i) for i in range(5000)]).splitlines(True)))
        self.assertEqual(self.finding(self.analyze("-i", "list", "log"))["records"], 5000)


class Time(e2e.Case):
    """What could take a time that grows faster than the input."""

    def quick(self, *args, seconds=20, status=0):
        return self.analyze(*args, status=status, seconds=seconds)

    def test_one_host_with_very_many_controllers(self):
        n = 20000
        addresses = ["45.%d.%d.%d" % (100 + i // 62500, i // 250 % 250, i % 250 + 1) for i in range(n)]
        self.put("list", "\n".join(addresses) + "\n")
        self.put("log", zeek([row(controller=a) for a in addresses]))
        self.assertEqual(self.quick("-i", "list", "log")["totals"]["controllers"], n)
        # And all of them set aside.
        self.put("orgs", "network,id,kind\n%s,s,scanner\n" % HOST)
        self.assertEqual(len(self.quick("-i", "list", "-o", "orgs", "log", status=1)["excluded"]), n)
        done = self.nezumi("analyze", *e2e.FIXED, "-i", "list", "-o", "orgs", "log", status=1, seconds=20)
        self.assertIn("scanner", done.text)

    def test_very_many_hosts_of_one_controller(self):
        n = 8000
        self.put("list", CONTROLLER + "\n")
        self.put("log", zeek([row(host="203.%d.%d.1" % (i // 250, i % 250)) for i in range(n)]))
        self.put("orgs", "network,id\n" + "".join("203.%d.%d.0/24,o%d\n" % (i // 250, i % 250, i) for i in range(n)))
        answer = self.quick("-i", "list", "-o", "orgs", "log")
        self.assertEqual((answer["totals"]["hosts"], answer["totals"]["organisations"]), (n, n))
        self.nezumi("analyze", *e2e.FIXED, "-i", "list", "-o", "orgs", "log", "--html", "r.html", "--md", "r.md", status=0,
                    seconds=30)

    def test_networks_within_networks(self):
        self.put("list", "".join("45.123.0.0/%d\n" % n for n in range(16, 33)) * 500 + CONTROLLER + "\n")
        self.put("log", zeek([row(at=i) for i in range(5000)]))
        self.assertEqual(self.finding(self.quick("-i", "list", "log"))["records"], 5000)

    def test_the_same_indicator_very_often(self):
        self.put("list", (CONTROLLER + "\n") * 5000)
        self.put("log", zeek([row(at=i) for i in range(5000)]))
        self.assertEqual(self.finding(self.quick("-i", "list", "log"))["records"], 5000)

    def test_very_many_intervals_of_one_address(self):
        self.put("list", "ip,listed_from,listed_until\n" + "".join(
            "%s,2018-12-%02dT%02d:%02d:00Z,2018-12-%02dT23:59:59Z\n" % (CONTROLLER, d, h, m, d)
            for d in range(1, 29) for h in range(24) for m in range(0, 60, 6)))
        self.put("log", zeek([row(at=i) for i in range(5000)]))
        self.assertEqual(self.finding(self.quick("-i", "list", "log"))["records"], 5000)

    def test_numbers_with_enormous_exponents(self):
        self.put("list", CONTROLLER + "\n")
        odd = ["1e999999999", "1e-999999999", "1E+99999999999999999999", "0." + "0" * 100000 + "1", "9" * 100000]
        events = [json.dumps(eve("flow", i)).replace("800", n).replace("1200", n) for i, n in enumerate(odd)]
        self.put("log", "\n".join(events) + "\n" + ndjson([eve("flow", 99)]))
        self.assertGreaterEqual(self.finding(self.quick("-i", "list", "log"))["records"], 1)

    def test_everybody_talks_to_everybody(self):
        controllers, hosts = ["45.123.4.%d" % i for i in range(150)], ["203.0.%d.1" % i for i in range(150)]
        self.put("list", "\n".join(controllers) + "\n")
        self.put("orgs", "network,id\n" + "".join("%s,o%d\n" % (h, i) for i, h in enumerate(hosts)))
        self.put("log", zeek([row(host=h, controller=c) for h in hosts for c in controllers]))
        self.assertEqual(self.quick("-i", "list", "-o", "orgs", "log")["totals"]["findings"], 22500)
        self.nezumi("analyze", *e2e.FIXED, "-i", "list", "-o", "orgs", "log", "--html", "r.html", "--md", "r.md", status=0, seconds=20)

    def test_names_with_very_many_labels(self):
        deep = ".".join("a" * 120)
        self.put("list", DOMAIN + "\n" + deep[:240] + ".example.org\n")
        self.put("log", zeek([row("dns", query=deep + "." + DOMAIN) for _ in range(3000)] +
                             [row("dns", query=("." * 50000)), row("dns", query="a" * 60000), row("dns", query="." + DOMAIN)], "dns"))
        self.quick("-i", "list", "log", status=0)

    def test_very_many_answers_in_one_record(self):
        many = ",".join("45.123.%d.%d" % (i // 250, i % 250) for i in range(40000))
        self.put("list", DOMAIN + "\n" + CONTROLLER + "\n")
        self.put("log", zeek([row("dns", answers=many, TTLs=",".join(["60.0"] * 40000)), row("dns", at=9, answers=CONTROLLER, TTLs="60.0")], "dns"))
        self.put("flows", zeek([row(at=10)]))
        self.quick("-i", "list", "log", "flows")


if e2e.sanitized():
    del Memory  # they use memory of their own

if __name__ == "__main__":
    e2e.main()
