#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What sources are worth: copies, records, what families are called, the fading of what they say, and scores that a reader can compute again from docs/confidence.md."""

import datetime
import json
import math
import random
import unittest

import e2e
from make import row, zeek
from test_store import Store

RELIABILITY = {"A": 0.95, "B": 0.80, "C": 0.60, "D": 0.35, "E": 0.15, "F": 0.40, None: 0.40}
# docs/confidence.md: days and delta for addresses, domains, URLs.
CURVES = {
    "controller": ((120, 0.7), (365, 0.6), (120, 0.7)),
    "payload": ((60, 0.8), (180, 0.7), (45, 1)),
    "phishing": ((30, 1), (90, 1), (30, 1)),
    "other": ((60, 1), (180, 0.8), (60, 1)),
}
VALUES = ("45.1.%d.%d", "h%d-%d.example", "http://u%d-%d.example/x")


def ago(days):
    """So many days ago, as a time."""
    return (datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%SZ")


class Worth(Store):
    def explained(self, *values, data="data"):
        return self.check("--explain", *values, data=data)

    def pairs(self, data="data"):
        return {(a, b): n for a, b, n in self.sql(
            "SELECT x.name, y.name, both FROM overlap o JOIN source x ON x.id = o.a JOIN source y ON y.id = o.b", data)}

    def records(self, data="data"):
        return dict(self.sql("SELECT name, wrong FROM source WHERE listed > 0", data))


class Copies(Worth):
    def test_counted_by_whoever_imports(self):
        """Pairs as a naive count has them, after each of many imports, forgotten sources among them."""
        rng = random.Random(7)
        lists = {}
        for step in range(14):
            name = "s%d" % rng.randrange(4)
            if name in lists and rng.random() < 0.2:
                del lists[name]
                self.nezumi("import", "--data", "data", "--forget", name, status=0)
            else:
                n = rng.choice((3, 30, 400))
                lists[name] = {rng.choice(VALUES) % (i % 3, i % 100) for i in (rng.randrange(400) for _ in range(n))}
                self.put("list", "".join("%s\n" % v for v in sorted(lists[name]) * rng.choice((1, 2))))
                self.imported("--source", name, "list")
            want = {}
            for a in lists:
                for b in lists:
                    both = len(lists[a] & lists[b])
                    if both and ((b, a) not in want):
                        want[a, b] = both
            got = self.pairs()
            self.assertEqual({tuple(sorted(k)): n for k, n in got.items()}, {tuple(sorted(k)): n for k, n in want.items()}, step)
        self.whole()

    def test_a_copy_is_no_witness(self):
        values = ["45.1.0.%d" % i for i in range(30)]
        self.put("one", "".join(v + "\n" for v in values))
        self.put("two", "".join(v + "\n" for v in values[:24] + ["45.2.0.%d" % i for i in range(6)]))
        self.put("three", "".join(v + "\n" for v in values[:23] + ["45.3.0.%d" % i for i in range(7)]))
        for name in ("one", "two", "three"):
            self.imported("--reliability", "C", name)
        # 24 of 30 are 80 %: a copy. 23 are not; but that makes two of two and three.
        said = self.explained("45.1.0.0")[0]["indicators"]
        self.assertEqual({s["source"]: s["explain"]["counts"] for s in said}, {"one": True, "two": False, "three": True})
        self.assertEqual([s["explain"].get("repeats") for s in said if s["source"] != "three"], [None, "one"])
        # The next edition of the copy has values of its own, at once.
        self.put("two", "".join(v + "\n" for v in values[:20] + ["45.2.0.%d" % i for i in range(10)]))
        self.imported("two")
        said = self.explained("45.1.0.0")[0]["indicators"]
        self.assertTrue(all(s["explain"]["counts"] for s in said))

    def test_an_older_database(self):
        """What nobody has counted yet is counted when somebody asks who copies whom."""
        self.put("one", "".join("45.1.0.%d\n" % i for i in range(30)))
        self.imported("--source", "a", "one")
        self.imported("--source", "b", "one")
        self.sql("DELETE FROM overlap")
        self.sql("UPDATE source SET counted = NULL")
        answer = json.loads(self.nezumi("feed", "overlap", "--json", "--data", "data", status=0).out)
        self.assertEqual(self.pairs(), {("a", "a"): 30, ("a", "b"): 30, ("b", "b"): 30})
        self.assertIn("30", json.dumps(answer))


class Age(Worth):
    def test_what_was_never_dated(self):
        """Half as long as it is listed, less and less once it is not."""
        self.put("list", "45.1.1.1\n45.1.1.2\n")
        self.imported("--reliability", "A", "list")
        score = lambda days: [c["score"] for c in self.check("45.1.1.1", "45.1.1.2", env=e2e.later(days * 86400))]
        self.assertEqual([score(d) for d in (0, 400)], [[48, 48]] * 2)
        self.put("list", "45.1.1.1\n")
        self.imported("list")
        self.assertEqual([score(d) for d in (1, 60, 130)], [[48, 47], [48, 30], [48, 0]])


class Record(Worth):
    def test_lists_and_decisions(self):
        """Wrong is what somebody vouches for; that follows the lists and the decisions."""
        self.put("iocs.csv", "value,role\n8.8.8.8,\n8.8.8.0/24,\n45.1.1.1,\n45.1.1.2,\n45.1.2.0/24,\nwww.good.example,\ngood.example,\n"
                 "http://www.good.example/evil,\nfine.example,\n45.1.1.9,scanner\n" + "a" * 32 + ",\n")
        self.imported("iocs.csv")
        self.assertEqual(self.records(), {"iocs.csv": 2})  # both hold a resolver
        self.put("benign.csv", "value,class\n45.1.1.2,benign\n45.1.2.77,benign\n45.1.1.9,benign\n45.1.1.1,provider\nwww.good.example,benign\n")
        self.imported("benign.csv")
        # The address, the network around another, the name and the one above it. Not the scanner: it was not called harmful; not the page.
        self.assertEqual(self.records(), {"iocs.csv": 6})
        one = self.explained("45.1.1.1")[0]["indicators"][0]["explain"]
        self.assertEqual((one["source_values"], one["source_wrong"]), (11, 6))
        self.assertAlmostEqual(one["record"], (11 + 20 - 6) / (11 + 20), places=5)
        self.nezumi("override", "allow", "--data", "data", "45.1.1.1", "a" * 32, "--reason", "ours", status=0)
        self.assertEqual(self.records(), {"iocs.csv": 8})
        self.nezumi("override", "block", "--data", "data", "8.8.8.8", "45.1.1.2", "--reason", "seen", status=0)
        self.assertEqual(self.records(), {"iocs.csv": 6})
        self.nezumi("override", "remove", "--data", "data", "8.8.8.8", "45.1.1.1", "45.1.1.2", "a" * 32, status=0)
        self.assertEqual(self.records(), {"iocs.csv": 6})
        self.nezumi("import", "--data", "data", "--forget", "benign.csv", status=0)
        self.assertEqual(self.records(), {"iocs.csv": 2})
        # What is withdrawn is not held against anybody, and neither is what is no longer listed.
        self.put("iocs.csv", "value,revoked\n8.8.8.8,true\n45.1.1.1,\n")
        self.imported("iocs.csv")
        self.assertEqual(self.records(), {"iocs.csv": 0})
        self.whole()

    def test_a_naive_count(self):
        """Random values and lists, against a look at each value by itself."""
        rng = random.Random(3)
        for seed in range(3):
            data = "d%d" % seed
            nets = ["45.%d.%d.0/%d" % (rng.randrange(4), rng.randrange(256), rng.choice((20, 24, 28, 32))) for _ in range(60)]
            names = ["n%d.example" % rng.randrange(40) for _ in range(15)]
            self.put("benign.csv", "value,class\n" + "".join("%s,%s\n" % (v, rng.choice(("benign", "benign", "provider"))) for v in nets + names))
            values = sorted({"45.%d.%d.%d" % (rng.randrange(4), rng.randrange(256), rng.randrange(4)) for _ in range(600)} |
                            {"45.%d.%d.0/%d" % (rng.randrange(4), rng.randrange(16) * 16, rng.choice((20, 24))) for _ in range(20)} |
                            {"n%d.example" % rng.randrange(60) for _ in range(40)})
            self.put("v.txt", "".join(v + "\n" for v in values))
            self.imported("--kind", "indicators", "--source", "v", "v.txt", data=data)
            self.imported("benign.csv", data=data)
            wrong = sum((one["withheld"] or {}).get("reason") == "allow-listed" for one in self.check(*values, data=data))
            self.assertEqual(self.records(data), {"v": wrong})
            self.assertGreater(wrong, 20)


class Scores(Worth):
    """Every score again, from nothing but what check prints and the page."""

    def again(self, one):
        """The score of an answer, computed anew."""
        doubt = 1
        for s in one["indicators"]:
            x = s.get("explain")
            if not x:
                continue
            kind = {"ipv4": 0, "ipv6": 0, "cidr": 0, "domain": 1, "url": 2}[one["type"]]
            tau, delta = CURVES[s["role"]][kind]
            self.assertEqual((x["lifetime_days"], x["delta"]), (tau, delta))
            fresh = 0.5 if x["age_days"] < 0 else max(0, 1 - (x["age_days"] / tau) ** (1 / delta))
            said = 1 if s["confidence"] is None else s["confidence"] / 100
            record = (x["source_values"] + 20 - x["source_wrong"]) / (x["source_values"] + 20)
            weight = RELIABILITY[s["reliability"]] * said * record * fresh
            self.assertAlmostEqual(x["freshness"], fresh, places=3)
            self.assertAlmostEqual(x["weight"], weight, places=3)
            if x["counts"]:
                doubt *= 1 - x["weight"]
        self.assertAlmostEqual(one["score"], 100 * (1 - doubt), delta=0.501)

    def test_curves(self):
        """Each role and type at no age, half of its time and all of it."""
        rows, want = [], {}
        for r, (role, curves) in enumerate(CURVES.items()):
            for k, (tau, delta) in enumerate(curves):
                for a, part in enumerate((0, 0.5, 1)):
                    value = VALUES[k] % (r, a)
                    rows.append("%s,%s,%s\n" % (value, role, ago(tau * part)))
                    want[value] = (0.8 * max(0, 1 - part ** (1 / delta)), tau * part)
        self.put("iocs.csv", "value,role,first_seen\n" + "".join(rows))
        self.imported("--reliability", "B", "iocs.csv")
        for one in self.explained(*want):
            x = one["indicators"][0]["explain"]
            weight, age = want[one["value"]]
            self.assertAlmostEqual(x["weight"], weight, delta=0.003, msg=one["value"])
            self.assertAlmostEqual(x["age_days"], age, delta=0.01, msg=one["value"])
            self.again(one)

    def test_random(self):
        rng = random.Random(11)
        for name in "abcdef":
            rows = ["value,role,first_seen,confidence"]
            for i in range(40):
                kind = rng.randrange(3)
                rows.append("%s,%s,%s,%s" % (VALUES[kind] % (0, rng.randrange(12)), rng.choice(sorted(CURVES)),
                                             rng.choice(("", ago(rng.uniform(0, 200)))), rng.choice(("", str(rng.randrange(101))))))
            self.put(name + ".csv", "\n".join(rows) + "\n")
            self.imported("--reliability", rng.choice("ABCDEF"), "--source", name, name + ".csv")
        self.put("benign.csv", "value,class\n45.1.0.5,benign\n")
        self.imported("benign.csv")
        self.assertTrue(any(self.records().values()))
        seen = 0
        for one in self.explained(*[v % (0, i) for v in VALUES for i in range(12)]):
            self.again(one)
            seen += one["score"] > 0
        self.assertGreater(seen, 20)

    def test_people_read_the_same(self):
        self.put("iocs.csv", "value,first_seen\n45.1.1.1,%s\n8.8.8.8,\n" % ago(60))
        self.imported("--reliability", "A", "iocs.csv")
        text = self.nezumi("check", "--explain", "--data", "data", "--owners", "none", "45.1.1.1", status=0).text
        fresh = 1 - 0.5 ** (1 / 0.7)
        record = 21 / 22
        for part in ("reliability A 0.95", "record %.2f" % record, "freshness %.2f" % fresh, "= %.2f" % (0.95 * record * fresh),
                     "1 of its 2 values were wrong: (2 + 20 - 1) / (2 + 20)", "seen 60 days ago", "1 - (t/120)^(1/0.7)",
                     "score: 100 × (1 - Π(1 - weight)) = %d" % math.floor(100 * 0.95 * record * fresh + 0.5)):
            self.assertIn(part, text)

    def test_listed_again_after_a_gap(self):
        """A file shows no more than its dates; listed again, with a new date, it is fresh again."""
        self.put("l.csv", "value,first_seen\n45.1.1.1,%s\n45.1.1.2,\n" % ago(60))
        self.imported("l.csv")
        self.put("l.csv", "value,first_seen\n45.1.1.2,\n")
        self.imported("l.csv")
        gone = self.explained("45.1.1.1")[0]["indicators"][0]
        self.put("l.csv", "value,first_seen\n45.1.1.2,\n45.1.1.1,%s\n" % ago(1))
        self.imported("l.csv")
        back = self.explained("45.1.1.1")[0]["indicators"]
        self.assertEqual((gone["listed"], [b["listed"] for b in back]), (False, [True]))
        self.assertAlmostEqual(gone["explain"]["age_days"], 60, delta=0.1)
        self.assertAlmostEqual(back[0]["explain"]["age_days"], 1, delta=0.1)

    def test_seen_last(self):
        """What was seen yesterday is fresh and has not ended; an end that is stated ends it."""
        self.put("l.csv", "value,first_seen,last_seen,valid_until\n45.1.1.1,%s,%s,\n45.1.1.2,%s,%s,%s\n45.1.1.3,%s,%s,%s\n" % (
            ago(400), ago(1), ago(400), ago(1), ago(-5), ago(400), ago(1), ago(0.5)))
        self.imported("--reliability", "A", "l.csv")
        one, two, three = (self.explained("45.1.1.%d" % n)[0] for n in (1, 2, 3))
        self.assertEqual([(v["indicators"][0]["last_seen"] or "")[:10] for v in (one, two, three)], [ago(1)[:10]] * 3)
        self.assertEqual([bool(v["indicators"][0]["valid_until"]) for v in (one, two, three)], [False, True, True])
        self.assertGreater(one["score"], 90)
        self.assertEqual(one["score"], two["score"])
        self.assertEqual(three["score"], 0)

    def test_forty_copies(self):
        for n in range(40):
            self.put("lists/%d" % n, "".join("45.1.1.%d\n" % i for i in range(1, 31)))
        self.imported("lists")
        self.assertEqual(self.explained("45.1.1.3")[0]["score"], 20)

    def test_seen_in_days_to_come(self):
        """Such a date says nothing: the one before counts, or none."""
        self.put("l.csv", "value,first_seen,last_seen\n45.1.1.1,,%s\n45.1.1.2,%s,%s\n45.1.1.3,%s,%s\n45.1.1.4,,%s\n" % (
            ago(-4000), ago(400), ago(-4000), ago(1), ago(-2), ago(-0.5)))
        self.imported("--reliability", "A", "l.csv")
        fresh = [self.explained("45.1.1.%d" % n)[0]["indicators"][0]["explain"]["freshness"] for n in (1, 2, 3, 4)]
        self.assertEqual((fresh[0], fresh[1], fresh[3]), (0.5, 0, 1))
        self.assertTrue(0.9 < fresh[2] < 1)


class Documents(Worth):
    """Documents that name their author, one after another."""

    def listed(self, data="data"):
        return [r[0] for r in self.sql("SELECT hex(key) FROM said WHERE run_last IS NULL ORDER BY key", data)]

    def row(self, name, *hosts):
        self.put(name, "value,source\n" + "".join("45.1.1.%d,CERT Example\n" % h for h in hosts))

    def hexed(self, *hosts):
        return ["2D0101%02X" % h for h in hosts]

    def counts(self):
        return self.sql("SELECT listed, (SELECT both FROM overlap WHERE a = b AND a = source.id) FROM source")

    def test_one_after_another(self):
        self.row("one.csv", 1, 2)
        self.imported("one.csv")
        self.row("one.csv", 2, 3)
        self.imported("one.csv")
        self.assertEqual(self.listed(), self.hexed(2, 3), "the same file brings its next edition")
        self.row("two.csv", 3, 4)
        self.imported("two.csv")
        self.assertEqual(self.listed(), self.hexed(2, 3, 4))
        self.assertEqual(self.counts(), [(3, 3)])
        self.row("one.csv", 5)
        self.imported("one.csv")
        self.assertEqual(self.listed(), self.hexed(2, 3, 4, 5), "whose file a value was in is not known any more")
        self.imported("--source", "CERT Example", "two.csv")
        self.assertEqual(self.listed(), self.hexed(3, 4), "who names the source means all of it")
        self.assertEqual(self.counts(), [(2, 2)])

    def test_together(self):
        self.row("d/one.csv", 1)
        self.row("d/two.csv", 2)
        self.row("three.csv", 3)
        self.imported("three.csv")
        self.imported("d")
        self.assertEqual(self.listed(), self.hexed(1, 2, 3))
        self.imported("-", stdin=b"value,source\n45.1.1.4,CERT Example\n")
        self.assertEqual(self.listed(), self.hexed(1, 2, 3, 4))


class Families(Worth):
    """What families are called: the program's own names, then those of imported galaxies."""

    def galaxy(self, path, name, values, **more):
        self.put(path, json.dumps({"authors": ["x"], "category": "tool", "description": "d", "name": name, "source": "s",
                                   "type": "malpedia", "uuid": "5fc98d08", "version": 3, **more,
                                   "values": [{"value": v, "uuid": "u", "description": "d", "meta": {"synonyms": s, "refs": []}} for v, s in values]}))

    def named(self, families, data="data"):
        self.put("f.csv", "value,family\n" + "".join('45.1.%d.%d,"%s"\n' % (i >> 8, i & 255, f) for i, f in enumerate(families)))
        self.imported("--source", "f", "f.csv", data=data)
        found = self.check(*["45.1.%d.%d" % (i >> 8, i & 255) for i in range(len(families))], data=data)
        return [said["family"] for one in found for said in one["indicators"] if said["listed"]]

    def test_what_the_program_knows(self):
        self.assertEqual(self.named(["heodo", "GEODO", "e.mo-t_et", "XtremeRAT", "xtrat", "win.emotet", "win.extreme_rat", "win.nobody_knows", "Nobody Knows"]),
                         ["Emotet"] * 3 + ["Xtreme RAT"] * 2 + ["Emotet", "Xtreme RAT", "win.nobody_knows", "Nobody Knows"])

    def test_galaxies(self):
        self.assertEqual(self.named(["Wibble", "wobble", "Zonk-2"]), ["Wibble", "wobble", "Zonk-2"])
        self.galaxy("clusters/one.json", "One", [
            ("Wibble", ["Wobble", "W.O.B", "Emotet"]),   # nobody moves what the program knows
            ("Geodo", ["Newname"]),                      # but it may have further names
            ("Zonk", ["Zonk 2", "Shared"]), ("Other", ["Shared"]),
            ("Chain C", []), ("Chain B", ["Chain A"]), ("Chain C2", ["Chain B"]),
            ("Round B", ["Round A"]), ("Round A", ["Round B"]), ("Self", ["self", "S.E.L.F"]),
            ("Kinds", ["RAT", "loader", "x", ""])])
        done = self.imported("clusters/one.json")
        self.assertEqual([i["kind"] for i in done["inputs"]], ["families"])
        self.assertEqual([s["name"] for s in done["sources"]], ["One"])
        want = {"Wibble": "Wibble", "wobble": "Wibble", "wob": "Wibble", "Emotet": "Emotet", "newname": "Emotet", "Zonk-2": "Zonk",
                "shared": "shared", "Chain A": "Chain C2", "chain b": "Chain C2", "Chain C": "Chain C", "round a": "Round A", "round b": "Round A",
                "SELF": "Self", "RAT": "RAT", "loader": "loader", "win.wobble": "Wibble", "nobody": "nobody"}
        self.assertEqual(dict(zip(want, self.named(list(want)))), want)
        # In an analysis, too, and in one that has its indicators from a file kept before.
        self.nezumi("import", "--data", "data", "--forget", "f", status=0)
        self.named(["Wobble", "wob"])
        log = self.put("conn.log", zeek([row(controller="45.1.0.1")]))
        for _ in range(2):
            answer = json.loads(self.nezumi("analyze", *e2e.FIXED, "--json", "--data", "data", log, status=0).out)
            self.assertEqual(answer["controllers"][0]["families"], ["Wibble"])
        # Another edition takes the place of the first, another galaxy may contradict it, and what is forgotten says nothing.
        self.galaxy("clusters/two.json", "Two", [("Different", ["Wobble"])])
        self.imported("clusters/two.json")
        self.assertEqual(self.named(["wobble", "wob"]), ["wobble", "Wibble"])
        self.galaxy("clusters/one.json", "One", [("Nothing", ["At All"])])
        self.imported("clusters")
        self.assertEqual(self.named(["wobble", "wob"]), ["Different", "wob"])
        answer = json.loads(self.nezumi("analyze", *e2e.FIXED, "--json", "--data", "data", log, status=0).out)
        self.assertEqual(answer["controllers"][0]["families"], ["wob"])
        self.nezumi("import", "--data", "data", "--forget", "Two", status=0)
        self.assertEqual(self.named(["wobble"]), ["wobble"])
        self.whole()

    def test_shapes(self):
        """What a MISP instance exports, single and several; definitions and galaxies of other things say nothing."""
        element = [{"key": "synonyms", "value": "Wobble"}, {"key": "refs", "value": "Refs"}, {"key": "synonyms", "value": "Wob"}]
        cluster = {"uuid": "u", "type": "tool", "value": "Wibble", "GalaxyElement": element}
        for i, doc in enumerate(([{"GalaxyCluster": cluster}], [cluster, {"GalaxyCluster": {**cluster, "value": "Two", "GalaxyElement": []}}],
                                 {"Galaxy": {"name": "G"}, "GalaxyCluster": [cluster]}, [{"Galaxy": {"name": "G", "GalaxyCluster": [cluster]}}])):
            with self.subTest(doc=doc):
                self.put("g.json", json.dumps(doc))
                self.imported("--kind", "families", "g.json", data="d%d" % i)
                self.assertEqual(self.named(["wobble", "WOB", "refs"], data="d%d" % i), ["Wibble", "Wibble", "refs"])
        self.put("one.json", json.dumps({"description": "d", "icon": "i", "name": "Tool", "namespace": "misp", "type": "tool", "uuid": "u", "version": 1}))
        self.imported("one.json", status=2)
        self.galaxy("actors.json", "Threat Actor", [("Wibble Gang", ["Wobble"])], type="threat-actor")
        self.imported("actors.json", status=2)

    def test_hostile(self):
        """Everything is called one thing; no end of names; what is cut off."""
        self.galaxy("all.json", "All", [("Mine", ["n%d" % i for i in range(5000)] + ["Emotet", "TrickBot"])])
        done = self.nezumi("import", "--json", "--data", "data", "all.json", status=0)
        self.assertLessEqual(json.loads(done.out)["sources"][0]["families"], 257)
        self.assertIn("could not be read", done.err)
        self.assertEqual(self.named(["n5", "n4000", "emotet", "trickbot"]), ["Mine", "n4000", "Emotet", "TrickBot"])
        values = [("F%d" % i, ["F%d" % (i + 1)]) for i in range(3000)] + [("\u001b[31m\u202e", ["\u0000x", "'; DROP TABLE alias; --"])]
        self.galaxy("chain.json", "Chain", values)
        self.imported("chain.json")
        self.assertEqual(self.named(["F10", "F3000"]), ["F0", "F2984"])
        text = self.nezumi("check", "--data", "data", "45.1.0.0", status=0).text
        self.assertNotIn("\x1b", text)
        with open(self.path("all.json"), "rb") as f:
            whole = f.read()
        self.put("cut.json", whole[:len(whole) // 2])
        self.imported("--kind", "families", "cut.json", status=2)
        self.put("deep.json", '{"values":' * 3000)
        self.imported("--kind", "families", "deep.json", status=2)
        self.whole()


if __name__ == "__main__":
    e2e.main()
