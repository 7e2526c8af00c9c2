#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The data directory: imports that are there whole or not at all, answers from it, and what is refused.

NEZUMI_KILLS says how often an import is killed (40; fewer under the sanitizer).
"""

import contextlib
import ctypes
import ctypes.util
import fcntl
import gzip
import json
import os
import random
import re
import signal
import sqlite3
import subprocess
import sys
import time
import unicodedata
import unittest

import e2e
from make import CONTROLLER, DOMAIN, HOST, OTHER, PORT, organisations, row, zeek

sys.path.insert(0, os.path.join(e2e.ROOT, "tests", "oracle"))
import scenario  # noqa: E402  (random inputs of every kind)

KILLS = int(os.environ.get("NEZUMI_KILLS") or (12 if e2e.sanitized() else 40))


def told(answer):
    """An answer without what says from which files it came."""
    answer = dict(answer)
    answer["inputs"] = [i for i in answer["inputs"] if i["kind"] == "telemetry"]
    answer.pop("rejected")
    return answer


class Store(e2e.Case):
    def imported(self, *args, data="data", status=0, **kw):
        done = self.nezumi("import", "--json", "--data", data, *args, status=status, **kw)
        return json.loads(done.out) if status == 0 else done

    def check(self, *values, data="data", status=0, owners="none", **kw):
        done = self.nezumi("check", "--json", "--data", data, "--owners", owners, *values, status=status, **kw)
        return [json.loads(line) for line in done.out.splitlines()]

    def sql(self, text, data="data"):
        db = sqlite3.connect(os.fsdecode(self.path(data + "/nezumi.db")))
        try:
            return db.execute(text).fetchall()
        finally:
            db.commit()
            db.close()

    def whole(self, data="data"):
        self.assertEqual(self.sql("PRAGMA integrity_check", data), [("ok",)])
        self.assertEqual(self.sql("PRAGMA foreign_key_check", data), [])

    def kept(self, data="data"):
        """How many statements others see by now."""
        try:
            return self.sql("SELECT count(*) FROM said", data)[0][0] if os.path.exists(self.path(data + "/nezumi.db")) else 0
        except sqlite3.OperationalError:
            return 0


class Import(Store):
    def test_by_content(self):
        self.put("in/iocs.csv", "value,port,family,role,first_seen,valid_until,confidence,reference,source\n"
                 "%s,443,Emotet,controller,2018-11-01,2018-12-03,80,https://example.org/1,\n"
                 "evil.example,,Heodo,payload,,,,,Partner\nnot a value,,,,,,,,\n" % CONTROLLER)
        self.put("in/orgs.csv", organisations(("203.0.113.0/28", "acme", "Acme Bank", "finance", "MX", "enterprise")))
        self.put("in/warn.json", json.dumps({"name": "List of known Tor exit nodes", "type": "cidr", "description": "x", "version": 1,
                                             "matching_attributes": ["ip-dst"], "list": ["45.99.0.0/16"]}))
        self.put("in/classed.csv", "value,class\n45.98.0.0/16,provider\n")
        self.put("in/conn.log", zeek([row()]))
        self.put("in/picture.png", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR")
        done = self.nezumi("import", "--json", "--data", "data", "in", status=0)
        kinds = {os.path.basename(i["path"]): i["kind"] for i in json.loads(done.out)["inputs"]}
        self.assertEqual({k: kinds[k] for k in ("iocs.csv", "orgs.csv", "classed.csv", "conn.log")},
                         {"iocs.csv": "indicators", "orgs.csv": "organisations", "classed.csv": "exclusions", "conn.log": "telemetry"})
        sources = {s["name"]: s for s in json.loads(done.out)["sources"]}
        self.assertEqual(sources["iocs.csv"]["indicators"], 1)
        self.assertEqual(sources["Partner"]["indicators"], 1)
        self.assertEqual(sources["orgs.csv"]["organisations"], 1)
        self.assertIn("for nezumi analyze", done.err)
        self.assertIn("could not be read", done.err)
        one, = self.check(CONTROLLER.replace(".", "[.]"))
        self.assertEqual((one["value"], one["type"], len(one["indicators"])), (CONTROLLER, "ipv4", 1))
        said = one["indicators"][0]
        self.assertEqual([said[k] for k in ("source", "role", "family", "port", "first_seen", "valid_until", "confidence", "reference")],
                         ["iocs.csv", "controller", "Emotet", 443, "2018-11-01T00:00:00Z", "2018-12-03T23:59:59.999999Z", 80, "https://example.org/1"])
        # Families by the name that they go by, sources as rows say.
        said = self.check("sub.EVIL.example.")[0]["indicators"][0]
        self.assertEqual([said[k] for k in ("value", "source", "role", "family")], ["evil.example", "Partner", "payload", "Emotet"])
        self.whole()

    def test_a_column_of_addresses_is_no_allow_list(self):
        """Whatever the other columns are called: that would declare controllers harmless."""
        for n, head in enumerate(("ip,comment", "ip,description", "value,note", "address,reason", "ip,reason,list", "domain,comment")):
            value = "evil.example.net" if head.startswith("domain") else "45.77.1.%d" % n
            self.put("t%d.csv" % n, "%s\n%s%s\n" % (head, value, ",x" * head.count(",")))
            self.nezumi("import", "--data", "data", "t%d.csv" % n, status=0)
            self.assertEqual(len(self.check(value)[0]["indicators"]), 1, head)
            self.assertEqual(self.check(value)[0]["lists"], [], head)
        self.put("zeek.dat", "#fields\tindicator\tindicator_type\tmeta.source\n45.77.2.1\tIntel::ADDR\tx\n")
        self.put("special.csv", "value,class,reason\n45.77.2.2,benign,ours\n")
        self.nezumi("import", "--data", "data", "zeek.dat", "special.csv", status=0)
        self.assertEqual(len(self.check("45.77.2.1")[0]["indicators"]), 1)
        self.assertEqual([x["class"] for x in self.check("45.77.2.2")[0]["lists"]], ["benign"])

    def test_options(self):
        self.put("a.txt", "45.1.1.1\n")
        self.put("b.txt", "45.2.0.0/16\n")
        self.imported("--source", "Desk", "--reliability", "B", "a.txt")
        self.imported("--kind", "exclusions", "--class", "provider", "b.txt")
        self.assertEqual(self.check("45.1.1.1")[0]["indicators"][0]["reliability"], "B")
        one = self.check("45.2.3.4")[0]
        self.assertEqual(one["lists"], [{"list": "b.txt", "class": "provider", "entry": "45.2.0.0/16", "reason": "hosting", "within": False}])
        self.imported("-", stdin=b"45.3.3.3\n", data="in")
        self.assertEqual(len(self.check("45.3.3.3", data="in")[0]["indicators"]), 1)
        for args in (["--reliability", "G", "a.txt"], ["--kind", "x", "a.txt"], ["--class", "x", "a.txt"], ["--as", "x", "a.txt"], [],
                     ["--source", " ", "a.txt"], ["-", "-"]):
            self.imported(*args, status=2)

    def test_next_edition(self):
        self.put("list.txt", "45.1.1.1\n45.1.1.2\n")
        self.imported("list.txt")
        self.put("list.txt", "45.1.1.2\n45.1.1.3\n")
        one = self.imported("list.txt")["sources"][0]
        self.assertEqual([one[k] for k in ("indicators", "added", "changed", "gone")], [2, 1, 0, 1])
        self.assertEqual([self.check(v)[0]["indicators"][0]["listed"] for v in ("45.1.1.1", "45.1.1.2", "45.1.1.3")], [False, True, True])
        one = self.imported("list.txt")["sources"][0]
        self.assertEqual([one[k] for k in ("indicators", "added", "changed", "gone")], [2, 0, 0, 0])

    def test_nothing_usable(self):
        """What was there stays."""
        self.put("list.txt", "45.1.1.1\n")
        self.imported("list.txt")
        self.put("empty", "")
        self.put("page", "<!DOCTYPE html><html><body>Please log in</body></html>\n")
        self.put("log", zeek([row()]))
        self.put("cut.gz", b"\x1f\x8b\x08\0\0\0\0\0\0\3")
        for name in ("empty", "page", "log", "cut.gz", "absent"):
            with self.subTest(name=name):
                done = self.imported("--source", "list.txt", name, status=2)
                self.assertIn("nothing", done.err)
                self.assertTrue(self.check("45.1.1.1")[0]["indicators"][0]["listed"])
        # All of several files, or none; unless that is what is wanted.
        self.put("more.txt", "45.1.1.9\n")
        self.imported("more.txt", "absent", status=2)
        self.check("45.1.1.9", status=1)
        self.imported("--keep-going", "more.txt", "absent")
        self.check("45.1.1.9")

    def test_half_a_file(self):
        """What was cut off or damaged on its way does not take the rest off the list."""
        addresses = ["45.%d.%d.%d" % (i >> 16, i >> 8 & 255, i & 255) for i in range(5000)]
        plain = "\n".join(addresses).encode()
        event = json.dumps({"Event": {"uuid": "5e1f0001-0000-4000-8000-000000000001", "info": "x", "Orgc": {"name": "T"},
                                      "Attribute": [{"type": "ip-dst", "value": a, "to_ids": True} for a in addresses]}}).encode()
        openioc = ('<?xml version="1.0"?><ioc xmlns="http://schemas.mandiant.com/2010/ioc" id="1"><authored_by>T</authored_by><definition>'
                   '<Indicator operator="OR">%s</Indicator></definition></ioc>' % "".join(
                       '<IndicatorItem condition="is"><Context search="Network/DNS"/><Content type="string">d%d.evil.top</Content></IndicatorItem>'
                       % i for i in range(5000))).encode()
        packed = gzip.compress(plain)
        flipped = bytearray(packed)
        flipped[len(packed) // 2] ^= 255
        bundle = json.dumps({"type": "bundle", "id": "bundle--1", "objects": [
            {"type": "indicator", "id": "indicator--%d" % i, "pattern": "[ipv4-addr:value = '%s']" % a} for i, a in enumerate(addresses)]}).encode()
        for name, whole, half, why in (
                ("list.gz", packed, packed[:len(packed) // 2], "gzip stream"),
                ("flipped.gz", packed, bytes(flipped), "gzip stream"),
                ("event.json", event, event[:len(event) // 2], "ends too early"),
                ("broken.json", event, b"} {".join(event.rsplit(b"}, {", 100)), "is broken"),
                ("bundle.json", bundle, bundle[:len(bundle) // 2], "ends too early"),
                ("report.ioc", openioc, openioc[:len(openioc) // 2], "cut off")):
            with self.subTest(name):
                source = ["--source", name]
                self.put(name, whole)
                self.imported(*source, name)
                self.put(name, half)
                was = self.sql("SELECT count(*) FROM said WHERE run_last IS NULL")
                done = self.nezumi("import", "--json", "--data", "data", *source, name, status=0)
                said = json.loads(done.out)
                self.assertIn("nothing is taken off the list", done.err)
                self.assertIn(why, said["inputs"][0]["partial"])
                self.assertEqual((said["sources"][0]["gone"], said["sources"][0]["added"]), (0, 0))
                self.assertEqual(self.sql("SELECT count(*) FROM said WHERE run_last IS NULL"), was)
                # Whole again, it may take things off.
                self.put("short", addresses[0] + "\n")
                self.assertEqual(self.imported(*source, "short")["sources"][0]["gone"], 5000 if name == "report.ioc" else 4999)
        # Half an allow list does not take the place of the whole one.
        table = gzip.compress(b"value,class\n" + "".join("45.%d.%d.0/24,benign\n" % (i >> 8, i & 255) for i in range(5000)).encode())
        for text, status in ((table, 0), (table[:-2000], 2)):
            self.put("allow.csv.gz", text)
            done = self.nezumi("import", "--data", "data", "allow.csv.gz", status=status)
        self.assertIn("nothing was changed", done.err)
        # One line that is broken takes no other with it.
        self.put("lines.json", "".join('{"type":"indicator","id":"indicator--%d","pattern":"[ipv4-addr:value = \'45.1.1.%d\']"}\n' % (i, i)
                                       for i in range(9)).replace("45.1.1.4'", "45.1.1.4'[[["))
        self.assertNotIn("partial", self.imported("lines.json")["inputs"][0])

    def test_in_japanese(self):
        self.put("list.csv", "value,family,first_seen\n45.1.1.1,Emotet,30.13.2020x\nnot a value,,\n")
        done = self.nezumi("import", "--lang", "ja", "--data", "data", "list.csv", status=0)
        self.assertIn("list.csv: 1 件のインジケーター（新規 1、変更 0、掲載終了 0）\n完了: 1 行、", done.text)
        self.assertIn("list.csv: 1 行が読めませんでした (3 行目: ", done.err)
        self.assertIn("list.csv: 1 行の日付が読めません（最初は 2 行目）", done.err)

    def test_hostile_values(self):
        nasty = ["'); DROP TABLE said; --", "\x1b[31mred", "a\u202eb", "\"quoted\"", "n\u00fcll", "%s%n", "=1+1"]
        self.put("x.csv", "value,family,source,reference\n" + "".join(
            '45.1.1.%d,"%s","%s","%s"\n' % (i, t.replace('"', '""'), t.replace('"', '""'), t.replace('"', '""')) for i, t in enumerate(nasty)))
        self.imported("x.csv")
        for i, t in enumerate(nasty):
            said = self.check("45.1.1.%d" % i)[0]["indicators"][0]
            self.assertEqual((said["source"], said["reference"]), (t, t))
            text = self.nezumi("check", "--data", "data", "45.1.1.%d" % i, status=0).text
            self.assertNotIn("\x1b", text)
            self.assertNotIn("\u202e", text)
        self.whole()

    def test_rights(self):
        self.put("list.txt", "45.1.1.1\n")
        self.imported("list.txt", data="a/b/c")
        self.assertEqual(os.stat(self.path("a/b/c")).st_mode & 0o777, 0o700)
        self.assertEqual(os.stat(self.path("a/b/c/nezumi.db")).st_mode & 0o777, 0o600)

    def test_terminal(self):
        self.put("list.txt", "45.1.1.1\n")
        text = self.nezumi("import", "--data", "data", "list.txt", status=0).text
        self.assertRegex(text, r"list.txt: 1 indicators \(1 new, 0 changed, 0 no longer listed\)\ndone: 1 rows in .* kept in data/nezumi.db\n")
        self.assertEqual(self.nezumi("import", "-q", "--data", "data", "list.txt", status=0).text, "")


class Answers(Store):
    def test_analyze_is_the_same(self):
        """From the data directory or from the files: the same answer."""
        for seed in range(900, 903 if e2e.sanitized() else 912):
            folder = self.path("s%d" % seed).decode()
            os.mkdir(folder)
            argv = scenario.build(seed, folder)
            argv = list(getattr(argv, "argv", argv))
            lists, rest, k, one = [], [], 0, True
            while k < len(argv):
                if argv[k] == "-i":
                    lists.append(argv[k + 1])
                    k += 1
                elif argv[k] in ("--indicators-as", "--column"):
                    one = False  # import has other options for it
                    k += 1
                else:
                    rest.append(argv[k])
                k += 1
            if not one:
                continue
            with self.subTest(seed=seed):
                mine, self.dir = self.dir, folder
                try:
                    done = self.nezumi("import", "--kind", "indicators", "--data", "store", *lists)
                    want = self.nezumi("analyze", *e2e.FIXED, "--json", *[a for i in lists for a in ("-i", i)], *rest)
                    if done.status:
                        self.assertIn("nothing", done.err)
                        continue
                    for _ in range(2):  # made, then kept
                        got = self.nezumi("analyze", *e2e.FIXED, "--json", "--data", "store", *rest)
                        self.assertEqual(got.status, want.status, got.err)
                        self.assertEqual(told(json.loads(got.out)), told(json.loads(want.out)))
                finally:
                    self.dir = mine

    def test_specials_from_the_store(self):
        self.put("list", "%s\n%s\n" % (CONTROLLER, OTHER))
        self.put("orgs.csv", organisations(("203.0.113.0/28", "acme", "Acme Bank", "finance", "MX", "enterprise")))
        self.put("log", zeek([row(), row(controller=OTHER)]))
        self.imported("list", "orgs.csv")
        a = self.analyze("--data", "data", "log")
        self.assertEqual([o["id"] for o in a["organisations"]], ["acme"])
        self.assertEqual({i["kind"] for i in a["inputs"]}, {"indicators", "organisations", "telemetry"})
        self.assertEqual({c["value"] for c in a["controllers"]}, {CONTROLLER, OTHER})
        # A new list counts at once, in both.
        self.put("allow", CONTROLLER + "\n")
        self.imported("--kind", "exclusions", "--class", "benign", "allow")
        a = self.analyze("--data", "data", "log")
        self.assertEqual({c["value"] for c in a["controllers"]}, {OTHER})
        self.assertEqual([(w["value"], w["reason"]) for w in a["withheld"]], [(CONTROLLER, "allow-listed")])
        one, = self.check(CONTROLLER)
        self.assertEqual((one["verdict"], one["withheld"]), ("benign", {"reason": "allow-listed", "detail": "allow: " + CONTROLLER}))
        # ... and so does one that is given by hand.
        self.put("more", OTHER + "\n")
        self.analyze("--data", "data", "-x", "more", "log", status=1)
        self.analyze("--data", "data", "log")

    def test_no_data_directory(self):
        self.put("log", zeek([row()]))
        done = self.nezumi("analyze", "--data", "none", "log", status=2)
        self.assertIn("nezumi import", done.err)
        done = self.nezumi("check", "--data", "none", "--owners", "none", "45.1.1.1", status=1)
        self.assertIn("nezumi import", done.err)
        self.assertFalse(os.path.exists(self.path("none")))

    def test_check(self):
        now = time.strftime("%Y-%m-%d", time.gmtime(time.time() - 86400 * 3))
        self.put("feed.csv", "value,port,family,first_seen,role\n45.1.1.1,443,Emotet,%s,\n45.5.0.0/16,,Emotet,%s,\nbad.example,,,%s,\n"
                 "http://site.example/x.exe,,,%s,payload\nd41d8cd98f00b204e9800998ecf8427e,,,,\n45.6.6.6,,,,scanner\n10.0.0.1,,,,\n" % ((now,) * 4))
        self.imported("--source", "Good", "--reliability", "A", "feed.csv")
        got = self.check("45.1.1.1", "45.5.9.9", "www.bad.example", "hxxp://site[.]example/x.exe", "d41d8cd98f00b204e9800998ecf8427e",
                         "45.6.6.6", "10.0.0.1", "8.8.8.8", "co.uk", "45.200.1.1", "http://45.1.1.1/y", status=0)
        self.assertEqual([g["verdict"] for g in got], ["malicious", "malicious", "malicious", "malicious", "malicious", "suspicious", "suspicious",
                                                       "benign", "unknown", "unknown", "malicious"])
        keys = ["value", "type", "verdict", "score", "indicators", "withheld", "action", "action_reason", "action_detail", "urls", "more_urls", "lists", "overrides", "asn", "as_name", "country", "organisation",
                "passive_dns", "relations", "sightings"]
        for g in got:
            self.assertEqual(list(g), keys)
        self.assertEqual([g["withheld"] and g["withheld"]["reason"] for g in got[6:9]], ["special-purpose", "allow-listed", "too-broad"])
        self.assertEqual(got[1]["indicators"][0]["value"], "45.5.0.0/16")
        self.assertGreater(got[0]["score"], 85)
        self.check("45.200.1.1", status=1)
        self.nezumi("check", "--data", "data", "not a value", status=2)
        self.nezumi("check", status=2)
        lines = self.nezumi("check", "--json", "--data", "data", "-", stdin=b"45.1.1.1\n\n45.200.1.1\n", status=0).out.splitlines()
        self.assertEqual(len(lines), 2)
        why = self.check("--explain", "45.1.1.1")[0]["indicators"][0]["explain"]
        self.assertAlmostEqual(why["weight"], why["reliability"] * why["confidence"] * why["record"] * why["freshness"], 3)
        for lang in ("en", "ja"):
            text = self.nezumi("check", "--explain", "--lang", lang, "--data", "data", "45.1.1.1", status=0).text
            self.assertIn("45.1.1[.]1", text)
            self.assertNotIn("45.1.1.1", text)
            self.assertIn({"en": "malicious", "ja": "悪性"}[lang], text)

    def test_urls_on_a_host(self):
        """Shown with the host, and no word against it; not those of other hosts that begin like it."""
        self.put("urls", "".join("http://45.70.1.3/%02d\n" % i for i in range(20)) + "https://evil-hx.net/a\nhttp://evil-hx.net:8080/b\n"
                 "http://evil-hx.net?q=1\nftp://evil-hx.net/f\nhttp://evil-hx.net.other.org/\nhttp://sub.evil-hx.net/c\nhttp://45.70.1.30/\n"
                 "http://[2a03:b0c0::4]:8080/p\nhttp://user@evil-hx.org/\n")
        self.imported("urls")
        many, name, v6, other, below = self.check("45.70.1.3", "EVIL-hx.net.", "2a03:b0c0:0::4", "sub.evil-hx.net", "45.70.1.3/32")
        self.assertEqual((many["urls"], many["more_urls"]), (["http://45.70.1.3/%02d" % i for i in range(16)], True))
        self.assertEqual(sorted(name["urls"]), ["ftp://evil-hx.net/f", "http://evil-hx.net/?q=1", "http://evil-hx.net:8080/b", "https://evil-hx.net/a"])
        self.assertEqual((v6["urls"], v6["more_urls"]), (["http://[2a03:b0c0::4]:8080/p"], False))
        self.assertEqual(other["urls"], ["http://sub.evil-hx.net/c"])
        for k in (many, name, v6):
            self.assertEqual((k["verdict"], k["score"], k["indicators"], k["action"]), ("unknown", 0, [], "none"))
        self.assertEqual(below["urls"], many["urls"])
        self.assertEqual([k["urls"] for k in self.check("45.70.1.0/24", "http://evil-hx.net/", status=1)], [[], []])
        told = self.nezumi("check", "--data", "data", "--owners", "none", "evil-hx.net", status=0).text
        self.assertIn("URLs on it", told)
        self.assertIn("hxxps://evil-hx[.]net/a", told)
        self.assertEqual(self.check("evil.other", status=1)[0]["urls"], [])

    def test_lists_that_hold_it(self):
        """What is told of lists holds the value or lies in it; neighbours, and names for themselves only, do not."""
        self.put("p", "45.88.0.0/31\n45.89.0.0/24\n2a03:b0c0::/127\nbad-one.com\n.bad-two.com\n")
        self.imported("--kind", "exclusions", "--class", "provider", "p")
        for value, expect in {"45.88.0.4/31": [], "45.88.0.0/30": [("45.88.0.0/31", True)], "45.88.0.1": [("45.88.0.0/31", False)],
                              "45.88.0.0": [("45.88.0.0/31", False)], "45.88.0.2": [], "2a03:b0c0::4/127": [],
                              "45.89.0.0/31": [("45.89.0.0/24", False)], "45.89.0.0/23": [("45.89.0.0/24", True)],
                              "2a03:b0c0::/64": [("2a03:b0c0::/127", True)], "sub.bad-one.com": [], "www.bad-one.com": [("bad-one.com", False)],
                              "http://sub.bad-one.com/x": [], "a.b.bad-two.com": [(".bad-two.com", False)]}.items():
            got = self.check(value, status=None)[0]
            self.assertEqual([(x["entry"], x["within"]) for x in got["lists"]], expect, value)

    def test_owner_and_organisation(self):
        self.put("as.csv", '45.0.0.0,45.255.255.255,64500,"Hosting, Ltd"\n')
        self.put("country.csv", "45.0.0.0,45.255.255.255,KR\n")
        self.nezumi("owners", "compile", "--asn", "as.csv", "--country", "country.csv", "-o", "o.nzo", status=0)
        self.put("orgs.csv", organisations(("AS64500", "host", "Hosting", "it", "KR", "hosting"), ("45.1.0.0/16", "acme", "Acme", "finance", "MX", "enterprise")))
        self.put("list", "45.1.1.1\n")
        self.imported("list", "orgs.csv")
        a, b = self.check("45.1.1.1", "45.2.2.2", owners="o.nzo")
        self.assertEqual((a["asn"], a["as_name"], a["country"], a["organisation"]["id"]), (64500, "Hosting, Ltd", "KR", "acme"))
        self.assertEqual(b["organisation"]["id"], "host")

    def test_overrides(self):
        self.put("list", "45.1.1.1\n45.1.1.2\nhttp://a.example/x\n")
        self.put("log", zeek([row(controller=c) for c in ("45.1.1.1", "45.1.1.2")]))
        self.imported("list")
        put = "INSERT INTO override VALUES(%d, x'%s', %d, 'mika', 'known good', 1, %s)"
        self.sql(put % (1, "2d010101", 2, "NULL"))
        self.sql(put % (1, "2d010102", 2, "2"))  # expired long ago
        self.sql(put % (4, b"http://a.example/x".hex(), 0, "NULL"))
        self.sql("UPDATE meta SET generation = generation + 1")
        a, b, c = self.check("45.1.1.1", "45.1.1.2", "http://a.example/x")
        self.assertEqual([x["verdict"] for x in (a, b, c)], ["benign", "suspicious", "malicious"])
        self.assertEqual(a["overrides"][0]["author"], "mika")
        self.assertTrue(b["overrides"][0]["expired"])
        a = self.analyze("--data", "data", "log")
        self.assertEqual([c["value"] for c in a["controllers"]], ["45.1.1.2"])


class Names(Store):
    """What a source is called that nobody named."""

    def names(self, data="data"):
        return sorted(n for n, in self.sql("SELECT name FROM source", data))

    @staticmethod
    def warninglist(name, *entries):
        return json.dumps({"name": name, "type": "cidr", "description": "x", "version": 1, "matching_attributes": ["ip-dst"], "list": entries})

    def test_lists_that_name_themselves(self):
        """Each .../NAME/list.json is a source of its own."""
        self.put("l/one/list.json", self.warninglist("List of known Apple IP ranges", "45.99.0.0/16"))
        self.put("l/two/list.json", self.warninglist("List of known Akamai IP ranges", "45.98.0.0/16"))
        self.imported("l/one/list.json")
        self.imported("l/two/list.json")
        self.assertEqual(self.names(), ["List of known Akamai IP ranges", "List of known Apple IP ranges"])
        for value in ("45.99.1.1", "45.98.1.1"):
            self.assertEqual(len(self.check(value)[0]["lists"]), 1)
        # The next edition of one replaces that one only.
        self.put("l/one/list.json", self.warninglist("List of known Apple IP ranges", "45.97.0.0/16"))
        self.imported("l/one")
        self.check("45.99.1.1", status=1)
        for value in ("45.97.1.1", "45.98.1.1"):
            self.assertEqual(len(self.check(value)[0]["lists"]), 1)
        self.imported("l")
        self.assertEqual(len(self.names()), 2)
        done = self.nezumi("import", "--data", "data", "--forget", "List of known Akamai IP ranges", status=0)
        self.assertIn("List of known Akamai IP ranges: forgotten", done.text)
        self.check("45.98.1.1", status=1)
        self.assertEqual(len(self.check("45.97.1.1")[0]["lists"]), 1)
        self.nezumi("import", "--data", "data", "--forget", "List of known Akamai IP ranges", status=2)
        self.whole()

    def test_files_of_one_name(self):
        for i, where in enumerate(("a", "b", "c/a")):
            self.put(where + "/l.txt", "45.1.1.%d\n" % i)
        self.imported("a/l.txt")
        self.imported("b/l.txt")
        self.imported("c/a/l.txt")
        self.imported("c/../b/./l.txt")
        whole = os.fsdecode(os.path.realpath(self.path("c/a/l.txt")))
        self.assertEqual(self.names(), sorted(["a/l.txt", "b/l.txt", "l.txt"]))
        self.assertEqual([self.check("45.1.1.%d" % i)[0]["indicators"][0]["source"] for i in range(3)], ["l.txt", "b/l.txt", "a/l.txt"])
        # In one import none is more equal than the others; afterwards each keeps its name.
        self.imported("a", "b", "c", data="all")
        self.assertEqual(self.names("all"), sorted(["a/l.txt", "b/l.txt", whole]))
        self.imported("a/l.txt", data="all")
        self.assertEqual(self.names("all"), sorted(["a/l.txt", "b/l.txt", whole]))
        # A name that was given goes before all of that.
        self.imported("--source", "l.txt", "b/l.txt")
        self.assertEqual(self.sql("SELECT listed, aside FROM source WHERE name = 'l.txt'"), [(1, 1)])
        self.whole()

    def test_roles_that_are_not_said(self):
        """A source's role holds for rows that name none, at once, and for no others."""
        self.put("x.csv", "value,role\n45.1.1.1,\n45.1.1.2,c2\n45.1.1.3,payload\n")

        def roles():
            return [self.check("45.1.1.%d" % i)[0]["indicators"][0]["role"] for i in (1, 2, 3)]

        self.imported("x.csv")
        self.assertEqual(roles(), ["controller", "controller", "payload"])
        done = self.imported("--role", "scanner", "x.csv")["sources"][0]
        self.assertEqual([done[k] for k in ("added", "changed", "gone")], [0, 0, 0])
        self.assertEqual(roles(), ["scanner", "controller", "payload"])
        log = self.put("conn.log", zeek([row(controller="45.1.1.%d" % i) for i in (1, 2)]))
        answer = json.loads(self.nezumi("analyze", *e2e.FIXED, "--json", "--data", "data", log, status=0).out)
        self.assertEqual([c["value"] for c in answer["controllers"]], ["45.1.1.2"])
        self.imported("--role", "controller", "x.csv")
        answer = json.loads(self.nezumi("analyze", *e2e.FIXED, "--json", "--data", "data", log, status=0).out)
        self.assertEqual([c["value"] for c in answer["controllers"]], ["45.1.1.1", "45.1.1.2"])
        self.imported("--role", "x", "x.csv", status=2)


class Organisations(Store):
    def test_other_columns(self):
        self.put("o.csv", 'network,id,Contact,name,kind,"a ""b""",Contact,\n'
                 '203.0.112.0/24,acme,"csirt@acme.example, <x>",Acme,enterprise,77,again,nameless\n203.0.114.0/24,other,,Other,,,,\n')
        self.imported("o.csv")
        org = self.check("203.0.112.5")[0]["organisation"]
        self.assertEqual(org, {"id": "acme", "name": "Acme", "sector": "", "country": "", "kind": "enterprise",
                               "extra": {"Contact": "csirt@acme.example, <x>", 'a "b"': "77"}})
        self.assertNotIn("extra", self.check("203.0.114.5")[0]["organisation"])
        self.put("iocs.txt", CONTROLLER + "\n")
        self.imported("iocs.txt")
        log = self.put("conn.log", zeek([row(host="203.0.112.5")]))
        for args in (["--data", "data"], ["-i", "iocs.txt", "-o", "o.csv"]):
            answer = json.loads(self.nezumi("analyze", *e2e.FIXED, "--json", *args, log, status=0).out)
            self.assertEqual(answer["findings"][0]["organisation"], {k: v for k, v in org.items() if k != "extra"})
            self.assertEqual(answer["organisations"][0]["extra"], org["extra"])


class Care(Store):
    def test_doctor(self):
        done = self.nezumi("doctor", "--data", "none", status=0)
        self.assertIn("nezumi import", done.text)
        self.put("list", "45.1.1.1\n")
        self.imported("list")
        for args in ([], ["--full"]):
            done = self.nezumi("doctor", "--data", "data", *args, status=0)
            self.assertIn("1 sources, 1 statements", done.text)
            self.assertIn("list: done", done.text)
            self.assertIn("SQLite", done.text)
        self.assertTrue(json.loads(self.nezumi("doctor", "--json", "--data", "data", status=0).out)["ok"])
        self.nezumi("doctor", "--data", "data", "--backup", "copy/nezumi.db", status=2)
        os.mkdir(self.path("copy"))
        self.nezumi("doctor", "--data", "data", "--backup", "copy/nezumi.db", status=0)
        self.assertEqual(os.listdir(self.path("copy")), [b"nezumi.db"])
        self.assertEqual(len(self.check("45.1.1.1", data="copy")[0]["indicators"]), 1)
        self.assertIn("is the database itself", self.nezumi("doctor", "--data", "data", "--backup", "data/../data/nezumi.db", status=2).err)
        os.mkfifo(self.path("pipe"))
        self.assertIn("no ordinary file", self.nezumi("doctor", "--data", "data", "--backup", "pipe", status=2).err)
        self.put("copy/nezumi.db-wal", "")
        self.assertIn("in use", self.nezumi("doctor", "--data", "data", "--backup", "copy/nezumi.db", status=2).err)
        os.unlink(self.path("copy/nezumi.db-wal"))
        self.assertFalse([f for f in os.listdir(self.path("data")) if f.startswith(b"nezumi.db.")])
        self.sql("CREATE TRIGGER t AFTER INSERT ON said BEGIN DELETE FROM said; END")
        self.assertIn("not as this program makes them", self.nezumi("doctor", "--data", "data", status=2).text)
        self.sql("DROP TRIGGER t")
        self.sql("DELETE FROM import_run")
        self.assertIn("without what it refers to", self.nezumi("doctor", "--data", "data", status=2).text)

    def test_doctor_is_read(self):
        """In the width of a terminal and in Japanese; JSON stays what it is."""
        self.put("list", "45.1.1.1\n")
        wide = lambda x: sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in x)
        for name in ("x" * 300, "日本の情報源" * 20, "\x1b[2Jclear \u202e me"):
            self.nezumi("import", "--data", "data", "--source", name, "list", status=0)
        for columns in ("60", "80", "120"):
            texts = {lang: self.nezumi("doctor", "--data", "data", "--lang", lang, status=0, env={"COLUMNS": columns}).text
                     for lang in ("en", "ja")}
            for text in texts.values():
                self.assertNotRegex(text, "[\x00-\x09\x0b-\x1f\u202e]")
                self.assertLessEqual(max(map(wide, text.split("\n"))), int(columns))
                self.assertIn("xxxxxx", text)
            self.assertIn("書き込み中のものはありません", texts["ja"])
            self.assertIn("nobody is writing", texts["en"])
        plain = lambda *args: json.loads(re.sub(r"[\d.]+ GB", "", self.nezumi("doctor", "--json", "--data", "data", *args, status=0).text))
        self.assertEqual(plain("--lang", "ja"), plain())

    def test_lock(self):
        """One writes, and others are told who; who reads does not wait."""
        self.put("list", "45.1.1.1\n")
        self.imported("list")
        with open(self.path("data/lock"), "r+") as f:
            fcntl.flock(f, fcntl.LOCK_EX)
            f.write("import, process 4711")
            f.flush()
            done = self.imported("list", status=2)
            self.assertIn("written by another nezumi (import, process 4711, since ", done.err)
            self.assertEqual(len(self.check("45.1.1.1")[0]["indicators"]), 1)
            self.assertIn("held: import, process 4711", self.nezumi("doctor", "--data", "data", status=0).text)
        self.imported("list")

    def test_damaged(self):
        self.put("list", "".join("45.1.%d.%d\n" % (i // 250, i % 250) for i in range(5000)))
        self.imported("list")
        good = self.get("data/nezumi.db")
        self.put("log", zeek([row()]))
        rng = random.Random(4)
        told = 0
        for i in range(6 if e2e.sanitized() else 25):
            at = rng.randrange(100, len(good) - 600)
            self.put("data/nezumi.db", good[:at] + rng.randbytes(600) + good[at + 600:])
            for args in (["check", "--owners", "none", "45.1.3.3"], ["analyze", "--owners", "none", "log"], ["import", "list"]):
                done = self.nezumi(*args, "--data", "data")
                self.assertIn(done.status, (0, 1, 2))
            told += self.nezumi("doctor", "--data", "data").status == 2
        self.assertGreater(told, 0)
        self.put("data/nezumi.db", good[:5000])
        self.assertIn("damaged", self.nezumi("check", "--data", "data", "--owners", "none", "45.1.3.3", status=2).err)
        self.put("data/nezumi.db", "this is no database, but long enough to be taken for one" * 100)
        self.assertIn("not a database", self.imported("list", status=2).err)
        other = sqlite3.connect(os.fsdecode(self.path("other.db")))
        other.execute("CREATE TABLE a(b)")
        other.commit()
        other.close()
        os.rename(self.path("other.db"), self.path("data/nezumi.db"))
        self.assertIn("another program", self.imported("list", status=2).err)
        self.assertIn("another program", self.nezumi("check", "--data", "data", "45.1.1.1", status=2).err)

    def test_not_a_directory(self):
        self.put("list", "45.1.1.1\n")
        self.put("file", "x")
        for data in ("file", "file/below", "/proc/nothing"):
            self.assertTrue(self.imported("list", data=data, status=2).err)

    def test_killed(self):
        """Killed at any moment: the old or the new, whole; what was reported as done is there."""
        n = 3000 if e2e.sanitized() else 20000
        rng = random.Random(11)

        def edition(number):
            return "value,family\n" + "".join("45.%d.%d.%d,F%d\n" % (1 + (i >> 14), i >> 7 & 127, i & 127, number)
                                              for i in range(number % 7, n, 1 + number % 3))

        def content():
            return self.sql("SELECT f.name, count(*) FROM said d LEFT JOIN family f ON f.id = d.family_id"
                            " WHERE d.run_last IS NULL GROUP BY 1 ORDER BY 1")

        start = time.monotonic()
        self.put("list", edition(0))
        self.imported("list")
        took = time.monotonic() - start
        was, killed, finished = content(), 0, 0
        for number in range(1, KILLS + 1):
            text = edition(number)
            self.put("list", text)
            p = self.start("import", "--data", "data", "list")
            try:
                out = p.communicate(timeout=rng.random() * took * 1.1)[0]
            except subprocess.TimeoutExpired:
                p.send_signal(signal.SIGKILL)
                out = p.communicate()[0]
            done = b"\ndone: " in b"\n" + out
            killed += p.returncode == -signal.SIGKILL
            # Other work on the machine comes and goes: aim at what it takes now.
            took *= 0.9 if done else 1.05
            finished += done
            self.whole()
            now, new = content(), [("F%d" % number, text.count("\n") - 1)]
            self.assertIn(now, ([new] if done else [was, new]))
            was = now
            listed = self.sql("SELECT sum(listed) FROM source")[0][0]
            self.assertEqual(listed, sum(c for _, c in now))
        self.assertGreater(killed, KILLS // 4)
        # Nothing that was left behind is in the way.
        self.put("list", edition(0))
        self.imported("list")
        self.nezumi("doctor", "--data", "data", "--full", status=0)
        self.assertLessEqual(set(os.listdir(self.path("data"))), {b"nezumi.db", b"nezumi.db-wal", b"nezumi.db-shm", b"lock"})

    def test_interrupted(self):
        self.put("old", "46.9.9.9\n")
        self.imported("old")
        n = 20000 if e2e.sanitized() else 300000
        self.put("list", "".join("45.%d.%d.%d\n" % (i >> 16, i >> 8 & 255, i & 255) for i in range(n)))
        for wait in (0, 0.02, 0.05, 0.1, 0.15, 0.25, 0.4, 0.6):
            with self.subTest(wait=wait):
                was = self.sql("SELECT count(*) FROM said")
                p = self.start("import", "--data", "data", "list")
                time.sleep(wait)
                p.send_signal(signal.SIGINT)
                out, err = p.communicate(timeout=e2e.PATIENCE)
                if p.returncode == 0:  # it was faster
                    self.assertIn(b"\ndone: ", out)
                    self.assertEqual(self.sql("SELECT count(*) FROM said"), [(n + 1,)])
                else:
                    # Before it listens to signals they end it without a word.
                    self.assertIn((p.returncode, b"stopped" in err), ((2, True), (-signal.SIGINT, False)))
                    self.assertNotIn(b"done: ", out)
                    self.assertEqual(self.sql("SELECT count(*) FROM said"), was)
                self.whole()
                self.nezumi("import", "--data", "data", "--forget", "list", status=None)

    def test_interrupted_when_it_is_done(self):
        """What is kept is not called stopped: the last word waits for a reader that does not come."""
        self.put("list", "45.1.1.1\n")
        nobody, full = os.pipe()
        self.addCleanup(os.close, nobody)
        self.addCleanup(os.close, full)
        os.set_blocking(full, False)
        for piece in (b"x" * 4096, b"x"):
            with contextlib.suppress(BlockingIOError):
                while True:
                    os.write(full, piece)
        os.set_blocking(full, True)
        for n, wait in enumerate((0, 0.02, 0.1, 0.4, 1)):
            with self.subTest(wait=wait):
                data = "data%d" % n
                p = self.start("import", "--data", data, "list", stdout=full)
                while p.poll() is None and not self.kept(data):
                    time.sleep(0.02)
                time.sleep(wait)
                p.send_signal(signal.SIGINT)
                err = p.communicate(timeout=e2e.PATIENCE)[1]
                self.assertEqual(p.returncode, 2)
                self.assertIn(b"all is imported", err)
                self.assertEqual(self.sql("SELECT count(*) FROM said", data), [(1,)])

    def test_full_disk(self):
        if os.geteuid() != 0:
            raise unittest.SkipTest("needs root to mount a small file system")
        libc = ctypes.CDLL(ctypes.util.find_library("c"), use_errno=True)
        where = self.path("small")
        os.mkdir(where)
        if libc.mount(b"none", where, b"tmpfs", 0, b"size=3m"):
            raise unittest.SkipTest("cannot mount: " + os.strerror(ctypes.get_errno()))
        self.addCleanup(libc.umount2, where, 2)
        self.put("old", "45.9.9.9\n")
        self.imported("old", data="small/data")
        # Once while it is sorted, once while it is written.
        for n in (200000, 60000):
            self.put("list", "value,reference\n" + "".join("45.%d.%d.%d,https://example.org/%d\n" % (i >> 16, i >> 8 & 255, i & 255, i) for i in range(n)))
            done = self.imported("list", data="small/data", status=2)
            self.assertRegex(done.err, "no room|No space")
            self.assertTrue(self.check("45.9.9.9", data="small/data")[0]["indicators"][0]["listed"])
            self.assertEqual(self.sql("SELECT count(*) FROM said", "small/data"), [(1,)])
            self.whole("small/data")
        self.put("list", "45.8.8.8\n")
        self.imported("list", data="small/data")

    def test_read_only(self):
        if os.geteuid() != 0:
            raise unittest.SkipTest("needs root to mount something read-only")
        libc = ctypes.CDLL(ctypes.util.find_library("c"), use_errno=True)
        self.put("list", "45.1.1.1\n")
        where = self.path("ro")
        os.mkdir(where)
        if libc.mount(b"none", where, b"tmpfs", 0, b"size=3m"):
            raise unittest.SkipTest("cannot mount: " + os.strerror(ctypes.get_errno()))
        self.addCleanup(libc.umount2, where, 2)
        self.imported("list", data="ro/data")
        self.put("log", zeek([row(controller="45.1.1.1")]))
        if libc.mount(b"none", where, b"tmpfs", 33, b""):  # MS_REMOUNT | MS_RDONLY
            raise unittest.SkipTest("cannot remount: " + os.strerror(ctypes.get_errno()))
        self.assertEqual(len(self.check("45.1.1.1", data="ro/data")[0]["indicators"]), 1)
        self.analyze("--data", "ro/data", "log")
        self.assertIn("Read-only", self.imported("list", data="ro/data", status=2).err)

    def test_readers_beside_a_writer(self):
        """While editions are written one after the other, every reader sees one of them, whole."""
        n = 2000 if e2e.sanitized() else 20000
        for k in range(2):
            self.put("e%d/list" % k, "".join("45.%d.%d.%d\n" % (10 + k, i >> 8 & 255, i & 255) for i in range(n)))
        self.imported("--source", "list", "e0/list")
        for k in range(1, 6):
            p = self.start("import", "-q", "--data", "data", "--source", "list", "e%d/list" % (k % 2))
            while p.poll() is None:
                a, b = self.check("45.10.1.1", "45.11.1.1")
                listed = [any(i["listed"] for i in x["indicators"]) for x in (a, b)]
                self.assertEqual(sum(listed), 1, listed)
                self.nezumi("doctor", "--data", "data", "--backup", "copy/nezumi.db" if os.path.isdir(self.path("copy")) else "nezumi.copy", status=0)
            self.assertEqual(p.communicate()[1], b"")
            self.assertEqual(p.returncode, 0)
        self.whole()


if __name__ == "__main__":
    e2e.main()
