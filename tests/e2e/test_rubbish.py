#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What really stands in lists and what people really paste: taken, mended, withheld or refused, and never in silence."""

import json
import os

import e2e
from samples import INDICATORS

LIST = (b"\xef\xbb\xbf# caf\xe9, ISO-8859-1 behind a mark of UTF-8\r\n"
        b"0.0.0.0\r\n"                              # 2
        b"0.0.0.0/0\r\n"
        b"10.0.0.0/8\r\n"
        b"8.8.8.8\r\n"
        b"45.61.1.1\r\n45.61.1.1\r\n45.61.1.1\r\n"  # 6-8
        b"45.61.1.2\r\n"
        b"http://45.61.1.2/gate.php\r\n"            # 10
        b"applications. [To\r\n"
        b"196.200.160[.]20,1\r\n"
        b"45.123.3[.]54\xe3\x80\x81\r\n"            # 13
        b"192.155.90[.]90.\r\n"
        b"\xe3\x80\x8c45.123.3[.]55\xe3\x80\x8d\r\n"
        b"\xef\xbc\x94\xef\xbc\x95.123.3.56\r\n"    # 16
        b"hxxps://evil[.]example[.]net/a\r\n"
        b"\x1b[2Jevil\r\n"
        b"..\r\n"
        b"evil.example.org\r\n"                     # 20
        b"45.61.1.9 # \xff\xfe\r\n")


class Rubbish(e2e.Case):
    def imported(self, *args, status=0, **kw):
        return self.nezumi("import", "--json", "--data", "data", *args, status=status, **kw)

    def check(self, value, status=None):
        done = self.nezumi("check", "--json", "--data", "data", "--owners", "none", value, status=status)
        self.assertNotIn("\x1b", done.err)
        return done.status, json.loads(done.out) if done.status < 2 else done.err

    def test_a_list(self):
        self.put("list", LIST)
        done = self.imported("list")
        told = json.loads(done.out)
        self.assertEqual((told["inputs"][0]["records"], told["inputs"][0]["malformed"]), (16, 4))
        self.assertEqual(told["sources"][0]["indicators"], 14)
        self.assertIn("4 lines could not be read (line 11:", done.err)
        for value, withheld in (("0.0.0.0", "special-purpose"), ("0.0.0.0/0", "special-purpose"), ("10.0.0.0/8", "special-purpose"),
                                ("8.8.8.8", "allow-listed")):
            status, answer = self.check(value)
            self.assertEqual((status, len(answer["indicators"]) > 0), (0, True), value)
            self.assertIn(withheld, json.dumps(answer["withheld"]))
            self.assertNotEqual(answer["verdict"], "malicious")
        for value in ("45.61.1.1", "45.61.1[.]1", " 45.61.1.1, ", "45.61.1.2", "http://45.61.1.2/gate.php", "hxxp://45[.]61[.]1[.]2/gate.php",
                      "45.123.3[.]54\u3001", "\u300c45.123.3.55\u300d", "\uff14\uff15.123.3.56", "45\u3002123\u30023\u300254",
                      "192.155.90[.]90.", "https://evil.example.net/a", "EVIL.example.org.", "45.61.1.9"):
            status, answer = self.check(value)
            self.assertEqual(status, 0, value)
            # 0.0.0.0/0 holds everything, and is withheld; what remains is about the value.
            self.assertTrue([i for i in answer["indicators"] if not i["withheld"]], value)
        # What else was listed of its host is no word about itself.
        self.assertEqual(self.check("http://45.61.1.1/x")[0] in (0, 1), True)
        for value in ("applications. [To", "196.200.160[.]20,1", "\x1b[2Jevil", "..", "", "10/8", "a" * 100000, "\ud83d".encode("utf-8", "surrogatepass"),
                      "999.1.1.1", "1.2.3", "http://", "://x", "[::1", "%00", "1.1.1.1/33", "::/129"):
            status, err = self.check(value)
            self.assertEqual(status, 2, value)
            self.assertLess(len(err), 1000)

    def test_dates_that_nobody_understands(self):
        self.put("dates.csv", "ip,date,confidence\n45.63.1.1,2020-01-30,0.85\n45.63.1.2,30/01/2020,\n45.63.1.3,Jan 30 2020,\n45.63.1.4.5,2020-01-30,\n")
        done = self.imported("dates.csv")
        told = json.loads(done.out)["inputs"][0]
        self.assertEqual((told["records"], told["malformed"], told["undated"]), (3, 1, 2))
        self.assertEqual(done.err.count("is not understood"), 1)
        self.assertIn("a date of 2 lines is not understood (first in line 3)", done.err)
        self.assertIn("1 line could not be read (line 5:", done.err)
        for i in (1, 2, 3):
            self.assertEqual(self.check("45.63.1.%d" % i)[0], 0)

    def test_an_event_that_is_cut(self):
        self.put("whole.json", INDICATORS["misp"][0])
        self.imported("whole.json")
        attribute = {"type": "ip-dst", "category": "Network activity", "to_ids": True}
        whole = json.dumps({"Event": {"info": "Cut", "Orgc": {"name": "Other CERT"}, "Attribute": [
            dict(attribute, value="45.62.1.%d" % i) for i in range(1, 101)]}}, indent=1)
        self.put("cut.json", whole[:len(whole) // 2])
        done = self.imported("cut.json")
        told = json.loads(done.out)
        n = told["inputs"][0]["records"]
        self.assertTrue(45 <= n <= 55, n)
        self.assertEqual(told["inputs"][0]["malformed"], 1)
        self.assertIn("the document ends too early", done.err)
        self.assertIn("line %d:" % (whole[:len(whole) // 2].count("\n") + 1), done.err)
        self.assertEqual(self.check("45.62.1.1")[0], 0)
        self.assertEqual(self.check("45.62.1.90")[0], 1)

    def test_bundles_that_want_to_be_read_for_ever(self):
        refs = ",".join('"x--%d"' % i for i in range(200000))
        contact = ",".join('{"type":"relationship","id":"r--%d","relationship_type":"communicates-with","source_ref":"malware--1",'
                           '"target_ref":"observed-data--1"}' % i for i in range(20000))
        versions = ",".join('{"type":"indicator","id":"indicator--1","modified":"2020"}' for _ in range(100000))
        for name, objects in (("one observation that many refer to",
                               '{"type":"malware","id":"malware--1","name":"M"},{"type":"observed-data","id":"observed-data--1",'
                               '"object_refs":[%s]},%s' % (refs, contact)),
                              ("one object in many versions",
                               '{"type":"indicator","id":"indicator--1","modified":"2030","pattern":"%s"},%s' % ("x" * 8000000, versions)),
                              ("brackets without end", "[" * 10000000)):
            with self.subTest(name):
                self.put("b.json", '{"type":"bundle","id":"bundle--1","objects":[%s]}' % objects)
                done = self.nezumi("import", "--data", "data", "--as", "stix", "b.json", status=2, seconds=30)
                self.assertIn("could not be read", done.err)

    def test_files_of_four_gigabytes(self):
        """Holes, not bytes: nothing is kept of them, and nothing hangs."""
        for name, begin in (("nothing", b""), ("list", b"".join(b"45.61.%d.%d\n" % (i // 250, i % 250) for i in range(10000))), ("stix", INDICATORS["stix"][0].encode())):
            with open(self.path(name), "wb") as f:
                f.write(begin)
                f.truncate(4 << 30)
            done = self.imported(name, status=None, seconds=55)
            if not e2e.sanitized():
                self.assertLess(done.rss, 1200 << 20)
            self.assertTrue(done.err, name)
            os.remove(self.path(name))
            if name == "list":
                self.assertEqual(self.check("45.61.1.2")[0], 0)


if __name__ == "__main__":
    e2e.main()
