#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What analysts decide about values: how it is said, kept and taken back, and what follows from it."""

import json
import os
import pwd
import time

import e2e
from make import CONTROLLER, OTHER, row, zeek
from test_store import Store

DAY = 86400


class Override(Store):
    def override(self, *args, data="data", status=0, **kw):
        done = self.nezumi("override", "--json", "--data", data, *args, status=status, **kw)
        return json.loads(done.out)[{"list": "overrides", "remove": "removed"}.get(args[0], "overrides")] if done.out else done

    def expire(self, value, data="data"):
        """As if its time were over."""
        (key,), = self.sql("SELECT hex(key) FROM override WHERE hex(key) = '%s'" % value.hex().upper(), data)
        self.sql("UPDATE override SET expires = 1 WHERE hex(key) = '%s'" % key, data)


class Said(Override):
    def test_kept(self):
        before = int(time.time())
        got = self.override("block", "45[.]1.1.1", "hxxp://Evil[.]example/x", "2001:db8:0::/40", "D41D8CD98F00B204E9800998ECF8427E",
                            "--reason", "seen in memory", "--author", "mika")
        self.assertEqual([(o["value"], o["type"]) for o in got],
                         [("45.1.1.1", "ip"), ("http://evil.example/x", "url"), ("2001:db8::/40", "cidr"),
                          ("d41d8cd98f00b204e9800998ecf8427e", "hash")])
        for o in got:
            self.assertEqual(list(o), ["value", "type", "verdict", "author", "reason", "made", "expires", "expired"])
            self.assertEqual((o["verdict"], o["author"], o["reason"], o["expired"]), ("block", "mika", "seen in memory", False))
            made, expires = (int(time.mktime(time.strptime(o[k], "%Y-%m-%dT%H:%M:%SZ")) - time.timezone) for k in ("made", "expires"))
            self.assertLessEqual(abs(made - before), 60)
            self.assertEqual(expires - made, 90 * DAY)
        listed = self.override("list")
        self.assertEqual(sorted(o["value"] for o in listed), sorted(o["value"] for o in got))
        for o in listed:
            self.assertIn(o, got)
        self.whole()

    def test_replaced_and_removed(self):
        self.override("block", "45.1.1.1", "45.1.1.2", "--reason", "a", "--author", "mika")
        text = self.nezumi("override", "allow", "45.1.1.1", "--reason", "b", "--author", "kim", "--data", "data", "--expires", "never", status=0).text
        self.assertEqual(text, "45.1.1[.]1: allow for good (was: block, by mika)\n")
        self.assertEqual([(o["value"], o["verdict"], o["author"], o["expires"]) for o in self.override("list")][:1],
                         [("45.1.1.1", "allow", "kim", None)])
        done = self.nezumi("override", "remove", "45.1.1.1", "45.1.1.1", "45.9.9.9", "--data", "data", status=0)
        self.assertEqual(done.text, "45.1.1[.]1: removed\n")
        self.assertIn("45.9.9.9: nothing was decided", done.err)
        self.assertEqual([o["value"] for o in self.override("list")], ["45.1.1.2"])
        self.assertEqual(self.override("remove", "45.9.9.9", status=1), [])
        self.assertEqual([o["value"] for o in self.override("remove", "45.1.1.2")], ["45.1.1.2"])
        self.assertEqual(self.override("list", status=1), [])

    def test_refused(self):
        for args in (["allow", "45.1.1.1"], ["allow", "45.1.1.1", "--reason", " \t"], ["allow", "--reason", "x"], ["allow", "no value", "--reason", "x"],
                     ["allow", "45.1.1.1", "--reason", "x", "--expires", "2001-01-01"], ["allow", "45.1.1.1", "--reason", "x", "--expires", "0d"],
                     ["allow", "45.1.1.1", "--reason", "x", "--expires", "soon"], ["allow", "45.1.1.1", "--reason", "x", "--author", ""],
                     ["allow", "45.1.1.1", "--reason", "x" * 5000], ["allow", "45.1.1.1", "--reason", "x", "--author", "x" * 2000],
                     ["allow", "45.0.0.0/8", "--reason", "x"], ["block", "2a00::/16", "--reason", "x"], ["block", "co.uk", "--reason", "x"],
                     ["maybe", "45.1.1.1", "--reason", "x"], [], ["list", "45.1.1.1"], ["remove"], ["remove", "45.1.1.1"]):
            with self.subTest(args=args):
                self.assertTrue(self.nezumi("override", "--data", "data", *args, status=2).err)
                self.assertFalse(os.path.exists(self.path("data")))
        # One that is none: nothing of it.
        self.override("allow", "45.1.1.1", "45.1.1.2", "zzz", "--reason", "x", status=2)
        self.override("list", status=1)
        self.override("allow", "45.0.0.0/8", "--reason", "x", "--force")
        done = self.nezumi("override", "block", "10.0.0.1", "--reason", "x", "--data", "data", status=0)
        self.assertIn("10.0.0.1 stays withheld, whatever is decided: special-purpose", done.err)
        done = self.nezumi("override", "block", "45.1.1.1:443", "--reason", "x", "--data", "data", status=0)
        self.assertIn("all of its ports", done.err)

    def test_until(self):
        for text, want in (("2099-01-31", "2099-01-31T23:59:59Z"), ("2099-01-31T12:00:00Z", "2099-01-31T12:00:00Z"), ("never", None)):
            o, = self.override("allow", "45.1.1.1", "--reason", "x", "--expires", text)
            self.assertEqual(o["expires"], want)
        o, = self.override("allow", "45.1.1.1", "--reason", "x", "--expires", "2s")
        self.assertFalse(o["expired"])
        time.sleep(3)
        self.assertEqual(self.override("list", status=1), [])
        o, = self.override("list", "--all")
        self.assertTrue(o["expired"])
        self.assertIn("expired", self.nezumi("override", "list", "--all", "--data", "data", status=0).text)

    def test_author(self):
        def author(*args, **env):
            done = self.nezumi("override", "block", "45.1.1.1", "--reason", "x", "--json", "--data", "data", *args, env=env, status=0)
            return json.loads(done.out)["overrides"][0]["author"]

        self.assertEqual(author("--author", "kim", NEZUMI_AUTHOR="mika"), "kim")
        self.assertEqual(author(NEZUMI_AUTHOR="mika"), "mika")
        me = pwd.getpwuid(os.geteuid()).pw_name
        self.assertEqual(author(NEZUMI_AUTHOR="", SUDO_USER=""), me)
        self.assertEqual(author(SUDO_USER="kim"), "kim" if os.geteuid() == 0 else me)

    def test_standard_input(self):
        got = self.override("inform", "-", "45.1.1.3", "--reason", "x", stdin=b"45.1.1.1\r\n\n  evil[.]example \n")
        self.assertEqual([o["value"] for o in got], ["45.1.1.1", "evil.example", "45.1.1.3"])
        n = 2000 if e2e.sanitized() else 20000
        many = "".join("46.%d.%d.%d\n" % (i >> 16, i >> 8 & 255, i & 255) for i in range(n)).encode()
        self.assertEqual(len(self.override("block", "-", "--reason", "x", stdin=many)), n)
        self.assertEqual(len(self.override("remove", "-", stdin=many + many)), n)
        self.assertEqual(len(self.override("list")), 3)

    def test_hostile_texts(self):
        nasty = ["'); DROP TABLE override; --", "\x1b[31mred\x07", "a\u202eb", "\"q\",\"", "%s%n", "=1+1", "<script>", "a\nb\tc", "\u9f20" * 300]
        for i, t in enumerate(nasty):
            self.override("allow", "45.1.1.%d" % i, "--reason", t, "--author", t)
        got = {o["value"]: o for o in self.override("list")}
        for i, t in enumerate(nasty):
            o = got["45.1.1.%d" % i]
            self.assertEqual((o["author"], o["reason"]), (t, t))
        for lang in ("en", "ja"):
            text = self.nezumi("override", "list", "--lang", lang, "--data", "data", status=0).text
            self.assertNotRegex(text, "[\x00-\x09\x0b-\x1f\u202e]")
            self.assertEqual(len(text.splitlines()), 1 + len(nasty))
            for i in range(len(nasty)):
                text = self.nezumi("check", "--owners", "none", "--lang", lang, "--data", "data", "45.1.1.%d" % i, status=0).text
                self.assertNotRegex(text, "[\x00-\x09\x0b-\x1f\u202e]")
        # No UTF-8 at all.
        done = self.nezumi("override", "allow", "45.2.2.2", "--reason", b"\xff\xfe", "--author", b"\xc3", "--json", "--data", "data", status=0)
        self.assertEqual(json.loads(done.out)["overrides"][0]["author"], "\ufffd")
        self.nezumi("override", "list", "--data", "data", status=0)
        self.whole()

    def test_at_once(self):
        """Several processes: each is done whole, or told who writes."""
        running = [self.start("override", "block", "45.1.%d.1" % i, "45.1.%d.2" % i, "--reason", "x", "--data", "data") for i in range(6)]
        done = [(i, p.communicate()[1], p.returncode) for i, p in enumerate(running)]
        there = {o["value"] for o in self.override("list")}
        self.assertTrue(there)
        for i, err, status in done:
            values = {"45.1.%d.1" % i, "45.1.%d.2" % i}
            if status == 0:
                self.assertLessEqual(values, there)
            else:
                self.assertEqual(status, 2)
                self.assertIn(b"another nezumi (override", err)
                self.assertFalse(values & there)


class Followed(Override):
    def test_allowed_at_once(self):
        self.put("list", "%s\n%s\n" % (CONTROLLER, OTHER))
        self.put("log", zeek([row(), row(controller=OTHER)]))
        self.imported("list")
        self.assertEqual({c["value"] for c in self.analyze("--data", "data", "log")["controllers"]}, {CONTROLLER, OTHER})
        self.override("allow", CONTROLLER, "--reason", "ours")
        for _ in range(2):  # made, then kept
            a = self.analyze("--data", "data", "log")
            self.assertEqual({c["value"] for c in a["controllers"]}, {OTHER})
            self.assertEqual([(w["value"], w["reason"]) for w in a["withheld"]], [(CONTROLLER, "allow-listed")])
        one, = self.check(CONTROLLER)
        self.assertEqual((one["verdict"], one["withheld"]["reason"]), ("benign", "allow-listed"))
        self.override("remove", CONTROLLER)
        self.assertEqual(len(self.analyze("--data", "data", "log")["controllers"]), 2)


if __name__ == "__main__":
    e2e.main()
