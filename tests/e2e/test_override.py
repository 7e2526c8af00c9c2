#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What analysts decide about values: how it is said, kept and taken back, and what follows from it."""

import base64
import json
import os
import pwd
import random
import re
import signal
import subprocess
import time

import e2e
from make import CONTROLLER, DOMAIN, OTHER, row, zeek
from test_store import Store

DAY, HOUR = 86400, 3600


class Override(Store):
    def override(self, *args, data="data", status=0, **kw):
        done = self.nezumi("override", "--json", "--data", data, *args, status=status, **kw)
        return json.loads(done.out)[{"list": "overrides", "remove": "removed"}.get(args[0], "overrides")] if done.out else done


class Said(Override):
    def test_kept(self):
        before = int(time.time())
        got = self.override("block", "45[.]1.1.1", "hxxp://Evil[.]example/x", "2001:db8:0::/40", "D41D8CD98F00B204E9800998ECF8427E",
                            "--reason", "seen in memory", "--author", "mika")
        self.assertEqual([(o["value"], o["type"]) for o in got],
                         [("45.1.1.1", "ipv4"), ("http://evil.example/x", "url"), ("2001:db8::/40", "cidr"),
                          ("d41d8cd98f00b204e9800998ecf8427e", "md5")])
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

    def test_vouched_for(self):
        """Who goes over a benign list is told."""
        self.put("benign", "45.7.7.0/24\n.fine.example\n")
        self.imported("--kind", "exclusions", "--class", "benign", "benign")
        for value, want in (("8.8.8.8", "it is vouched for: built-in: 8.8.8.8"), ("8.8.0.0/16", "something in it is vouched for: built-in: 8.8."),
                            ("45.7.7.7", "it is vouched for: benign: 45.7.7.0/24"), ("http://45.7.7.7/x", "it is vouched for: benign"),
                            ("x.fine.example", "it is vouched for: benign: .fine.example")):
            for verb in ("block", "inform"):
                self.assertIn(want, self.nezumi("override", verb, value, "--reason", "x", "--data", "data", status=0).err)
            self.assertEqual(self.nezumi("override", "allow", value, "--reason", "x", "--data", "data", status=0).err, "")
        self.assertEqual(self.nezumi("override", "block", "45.8.7.7", "--reason", "x", "--data", "data", status=0).err, "")

    def test_colours(self):
        """Rows with a style of their own and without one."""
        self.override("block", "45.1.1.1", "--reason", "r", "--author", "a", "--expires", "1s")
        time.sleep(1.1)
        self.override("inform", "45.1.1.2", "--reason", "r", "--author", "a")
        done = self.nezumi("override", "list", "--all", "--data", "data", "--color", "always", status=0)
        self.assertIn("\x1b[2m45.1.1[.]1", done.text)
        self.assertIn("  45.1.1[.]2", done.text)
        self.assertNotIn("null", done.text)
        self.assertFalse(re.search(r"\x1b(?!\[[0-9;]*m)", done.text))

    def test_until(self):
        for text, want in (("2099-01-31", "2099-01-31T23:59:59Z"), ("2099-01-31T12:00:00Z", "2099-01-31T12:00:00Z"), ("never", None)):
            o, = self.override("allow", "45.1.1.1", "--reason", "x", "--expires", text)
            self.assertEqual(o["expires"], want)
        o, = self.override("allow", "45.1.1.1", "--reason", "x", "--expires", "2h")
        self.assertFalse(o["expired"])
        self.assertEqual(len(self.override("list", env=e2e.later(HOUR))), 1)
        past = e2e.later(3 * HOUR)
        self.assertEqual(self.override("list", status=1, env=past), [])
        o, = self.override("list", "--all", env=past)
        self.assertTrue(o["expired"])
        self.assertIn("expired", self.nezumi("override", "list", "--all", "--data", "data", status=0, env=past).text)

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
                self.assertIn(b"another nezumi (", err)
                self.assertFalse(values & there)


    def test_killed(self):
        """Killed at any moment: all of it or nothing, and what was told is there."""
        n = 500 if e2e.sanitized() else 5000
        rng = random.Random(5)
        start = time.monotonic()
        self.override("block", "-", "--reason", "0", stdin="".join("45.1.%d.%d\n" % (i >> 8, i & 255) for i in range(n)).encode())
        took = time.monotonic() - start
        for k in range(1, 8 if e2e.sanitized() else 25):
            self.put("values", "".join("45.1.%d.%d\n" % (i >> 8, i & 255) for i in range(n)))
            with open(self.path("values"), "rb") as f:
                p = self.start("override", "block", "-", "--reason", str(k), "--data", "data", stdin=f)
                try:
                    out = p.communicate(timeout=rng.random() * took)[0]
                except subprocess.TimeoutExpired:
                    p.send_signal(signal.SIGKILL)
                    out = p.communicate()[0]
            reasons = self.sql("SELECT DISTINCT reason FROM override")
            self.assertEqual(len(reasons), 1)
            if out:
                self.assertEqual(reasons, [(str(k),)])
        self.whole()


class Followed(Override):
    """What analyze makes of it."""

    def saved(self, ending):
        """What the report r.html lets its reader save."""
        (text,) = re.findall(rb'download="[^"]*\.%s" href="data:[^,"]*,([^"]*)"' % ending.encode(), self.get("r.html"))
        return base64.b64decode(text)

    def met(self, *args, status=0, **kw):
        a = self.analyze("--data", "data", *args, "log", status=status, **kw)
        return {c["value"] for c in a["controllers"]}, {w["value"]: (w["reason"], w["detail"]) for w in a["withheld"]}, a

    def benign(self, *values):
        self.put("benign", "".join(v + "\n" for v in values))
        self.imported("--kind", "exclusions", "--class", "benign", "benign")

    def test_allowed_at_once(self):
        self.put("list", "%s\n%s\n" % (CONTROLLER, OTHER))
        self.put("log", zeek([row(), row(controller=OTHER)]))
        self.imported("list")
        self.assertEqual(self.met()[0], {CONTROLLER, OTHER})
        self.override("allow", CONTROLLER, "--reason", "ours", "--author", "mika")
        for _ in range(2):  # made, then kept
            met, withheld, _ = self.met()
            self.assertEqual(met, {OTHER})
            self.assertEqual(withheld, {CONTROLLER: ("allow-listed", "override: %s (mika: ours)" % CONTROLLER)})
        one, = self.check(CONTROLLER)
        self.assertEqual((one["verdict"], one["withheld"]["reason"]), ("benign", "allow-listed"))
        self.override("remove", CONTROLLER)
        self.assertEqual(self.met()[0], {CONTROLLER, OTHER})

    def test_expiry_is_noticed(self):
        """Without anything written: the snapshot of before does not do."""
        self.put("list", "%s\n%s\n" % (CONTROLLER, OTHER))
        self.put("log", zeek([row(), row(controller=OTHER)]))
        self.imported("list")
        self.benign(OTHER)
        self.override("allow", CONTROLLER, "--reason", "x", "--expires", "2h")
        self.override("block", OTHER, "--reason", "x", "--expires", "2h")
        self.assertEqual(self.met()[0], {OTHER})
        self.assertEqual(self.met()[0], {OTHER})
        self.assertEqual([c["action_reason"] for c in self.check(CONTROLLER, OTHER)], ["allow-listed", "override"])
        past = e2e.later(3 * HOUR)
        self.assertEqual(self.met(env=past)[0], {CONTROLLER})
        self.assertEqual([c["action_reason"] for c in self.check(CONTROLLER, OTHER, env=past)], ["low-score", "allow-listed"])

    def test_only_a_block_expires(self):
        """... and nothing else changes: no list, no row."""
        self.put("list", CONTROLLER + "\n")
        self.put("log", zeek([row()]))
        self.imported("list")
        self.benign(CONTROLLER)
        self.override("block", CONTROLLER, "--reason", "x", "--expires", "2h")
        self.assertEqual(self.met()[0], {CONTROLLER})
        self.assertEqual(self.met(status=1, env=e2e.later(3 * HOUR))[0], set())

    def test_a_source_falls_silent(self):
        """What an analyst blocks is met on, when the time is over that its source gave it."""
        soon = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - 30 * DAY + 2 * HOUR))
        self.put("list.csv", "value,first_seen,valid_until\n%s,2018-01-01,%s\n" % (CONTROLLER, soon))
        self.put("log", zeek([row()]))
        self.imported("list.csv")
        self.override("block", CONTROLLER, "--reason", "x")
        self.assertEqual(self.finding(self.met()[2])["sources"], ["list.csv"])
        self.assertEqual(self.finding(self.met(env=e2e.later(3 * HOUR))[2])["sources"], ["list.csv", "override"])

    def test_blocked_though_benign(self):
        self.put("list", "%s\n%s\n10.0.0.1\n" % (CONTROLLER, OTHER))
        self.put("log", zeek([row(), row(controller=OTHER), row(controller="10.0.0.1")]))
        self.imported("list")
        self.benign(CONTROLLER, OTHER)
        self.assertEqual(self.met(status=1)[0], set())
        self.override("block", CONTROLLER, "10.0.0.1", "--reason", "sure")
        self.override("inform", "115.88.0.0/16", "--reason", "sure")
        for _ in range(2):
            met, withheld, a = self.met()
            self.assertEqual(met, {CONTROLLER, OTHER})
            self.assertEqual({v: r for v, (r, _) in withheld.items()}, {"10.0.0.1": "special-purpose"})
            # The source goes on speaking for it.
            self.assertEqual({tuple(f["sources"]) for f in a["findings"] if f["controller"] == CONTROLLER}, {("list",)})
        self.override("remove", CONTROLLER)
        self.assertEqual(self.met()[0], {OTHER})

    def test_nobody_lists_it(self):
        self.put("list", "45.99.99.99\n")
        self.put("log", zeek([row(), row(controller=OTHER)]))
        self.imported("list")
        self.assertEqual(self.met(status=1)[0], set())
        self.override("block", CONTROLLER, "--reason", "memory image")
        for _ in range(2):
            met, _, a = self.met()
            self.assertEqual(met, {CONTROLLER})
            f = self.finding(a)
            self.assertEqual((f["sources"], f["families"]), (["override"], []))
        # By a scanner's list it would not be met.
        self.put("scan.csv", "value,role\n%s,scanner\n" % CONTROLLER)
        self.imported("scan.csv")
        self.assertEqual(self.met()[0], {CONTROLLER})
        # A source that lists it now speaks for itself.
        self.put("more", CONTROLLER + "\n")
        self.imported("more")
        self.assertEqual(self.finding(self.met()[2])["sources"], ["more"])
        self.override("allow", CONTROLLER, "--reason", "a mistake")
        self.assertEqual(self.met(status=1)[0], set())

    def test_names(self):
        """A domain holds what lies below it; a URL goes by itself, then by its host."""
        self.put("list", "%s\n" % DOMAIN)
        self.put("log", zeek([row("dns", query="x." + DOMAIN), row("dns", query=DOMAIN)], "dns"))
        self.imported("list")
        self.assertEqual(self.met()[0], {DOMAIN})
        above = DOMAIN.split(".", 1)[1]
        self.override("allow", above, "--reason", "x")
        self.assertEqual(self.met(status=1)[1][DOMAIN][0], "allow-listed")
        self.override("inform", DOMAIN, "--reason", "x")
        self.assertEqual(self.met()[0], {DOMAIN})
        # What lies in it is allowed: it would be hit, too.
        self.override("allow", "www." + DOMAIN, "--reason", "x", "--author", "kim")
        self.assertEqual(self.met(status=1)[1][DOMAIN], ("allow-listed", "override: www.%s (kim: x)" % DOMAIN))
        self.override("remove", "www." + DOMAIN, above)
        self.put("urls", "http://%s/a\nhttp://%s/b\n" % (DOMAIN, DOMAIN))
        self.imported("urls")
        self.override("allow", DOMAIN, "--reason", "x")
        self.override("block", "http://%s/b" % DOMAIN, "--reason", "x")
        got = self.check("http://%s/a" % DOMAIN, "http://%s/b" % DOMAIN, DOMAIN, "y." + DOMAIN)
        self.assertEqual([(g["action"], g["action_reason"]) for g in got],
                         [("none", "allow-listed"), ("block", "override"), ("none", "allow-listed"), ("none", "allow-listed")])
        self.assertEqual(set(self.met(status=1)[1]), {DOMAIN, "http://%s/a" % DOMAIN})

    def test_a_snapshot_leaves(self):
        """What was allowed is not in it, wherever it is used and with whatever lists; what was blocked is."""
        self.put("list", "%s\n45.99.0.0/16\nd41d8cd98f00b204e9800998ecf8427e\n" % CONTROLLER)
        self.put("log", zeek([row(), row(controller=OTHER), row(controller="45.99.1.1")]))
        self.imported("list")
        self.override("allow", CONTROLLER, "45.99.7.0/24", "d41d8cd98f00b204e9800998ecf8427e", "--reason", "ours", "--author", "kim")
        self.override("block", OTHER, "--reason", "x")
        self.nezumi("snapshot", "--data", "data", "-o", "s.nzs", status=0)
        self.put("lists", "45.98.0.0/16\n")
        for args in ([], ["--exclusions-as", "benign", "-x", "lists"], ["-i", "more"]):
            self.put("more", "45.97.1.1\n")
            a = self.analyze("-i", "s.nzs", *args, "log")
            self.assertEqual([c["value"] for c in a["controllers"]], [OTHER])
            self.assertEqual({w["value"]: w["detail"] for w in a["withheld"]},
                             {CONTROLLER: "override: %s (kim: ours)" % CONTROLLER, "45.99.0.0/16": "override: 45.99.7.0/24 (kim: ours)",
                              "d41d8cd98f00b204e9800998ecf8427e": "override: d41d8cd98f00b204e9800998ecf8427e (kim: ours)"})

    def test_shared_controllers(self):
        """A provider's range turns block into inform, and hides nothing."""
        self.put("list", "%s\n%s\n45.50.5.5\n" % (CONTROLLER, OTHER))
        self.put("log", zeek([row(), row(controller=OTHER), row(controller="45.50.5.5")]))
        self.imported("list")

        def actions():
            return {c["value"]: (c["action"], c["action_reason"]) for c in self.met()[2]["controllers"]}

        self.assertEqual(set(actions().values()), {("block", "listed")})
        for name, value in (("provider", "45.123.0.0/16"), ("sinkhole", "45.50.5.5")):
            self.put(name, value + "\n")
            self.imported("--kind", "exclusions", "--class", name, name)
        self.assertEqual(actions(), {CONTROLLER: ("inform", "provider"), OTHER: ("block", "listed"), "45.50.5.5": ("inform", "sinkhole")})
        self.override("inform", OTHER, "--reason", "x")
        self.override("block", CONTROLLER, "--reason", "x")
        self.assertEqual(actions(), {CONTROLLER: ("block", "override"), OTHER: ("inform", "override"), "45.50.5.5": ("inform", "sinkhole")})
        for lang, words in (("en", "2 controllers: inform only"), ("ja", "2件の C2 サーバー：通知のみ")):
            done = self.nezumi("analyze", *e2e.FIXED, "--data", "data", "--lang", lang, "--html", "r.html", "--md", "r.md", "log", status=0)
            self.assertIn(words, done.text)
            self.assertEqual(self.saved("csv").count(b",inform,override\r\n"), 1)
            self.assertEqual(self.saved("csv").count(b",inform,sinkhole\r\n"), 1)
            self.assertEqual(self.saved("json").count(b'"labels":["inform-only"]'), 2)
            for name in ("r.html", "r.md"):
                self.assertEqual(self.get(name).decode().count({"en": "inform only", "ja": "通知のみ"}[lang]) >= 2, True)

    def test_narrowest(self):
        self.put("list", "45.123.3.54\n45.123.3.55\n45.123.4.0/24\n45.123.0.0/16\n")
        self.put("log", zeek([row(controller=c) for c in ("45.123.3.54", "45.123.3.55", "45.123.4.4", "45.123.9.9")]))
        self.imported("list")
        self.assertEqual(self.met()[0], {"45.123.3.54", "45.123.3.55", "45.123.4.4", "45.123.9.9"})
        self.override("allow", "45.123.3.0/24", "--reason", "x")
        self.override("block", "45.123.3.55", "--reason", "x")
        met, withheld, _ = self.met()
        # The /16 holds what was allowed, and goes; the /24 beside it stays.
        self.assertEqual(met, {"45.123.3.55", "45.123.4.4"})
        self.assertEqual(set(withheld), {"45.123.3.54", "45.123.0.0/16"})
        got = self.check("45.123.3.54", "45.123.3.55", "45.123.4.4", "45.123.9.9", "45.123.0.0/16")
        self.assertEqual([(g["action"], g["action_reason"]) for g in got],
                         [("none", "allow-listed"), ("block", "override"), ("inform", "low-score"), ("none", "withheld"), ("none", "allow-listed")])
        self.assertEqual(got[3]["action_detail"], "list: 45.123.0.0/16, allow-listed")
        self.assertEqual(got[3]["indicators"][0]["withheld"], "allow-listed")


class Action(Override):
    """What may be done, rule by rule."""

    def rows(self, *rows):
        self.put("feed.csv", "value,first_seen,valid_until,role\n" + "".join(",".join(r) + "\n" for r in rows))
        self.imported("--source", "Good", "--reliability", "A", "feed.csv")

    def day(self, days):
        return time.strftime("%Y-%m-%d", time.gmtime(time.time() + days * DAY))

    def actions(self, *values, **kw):
        return [(c["action"], c["action_reason"], c["action_detail"]) for c in self.check(*values, **kw)]

    def test_each_rule(self):
        new = self.day(-3)
        self.rows(("45.1.1.1", new, "", ""), ("45.2.2.2", new, "", ""), ("45.3.3.3", new, "", "scanner"), ("45.4.4.4", new, "", "sinkhole"),
                  ("45.5.5.5", "2018-01-01", "2018-02-01", ""), ("45.6.6.6", new, self.day(-2), ""), ("45.7.7.7", self.day(90), "", ""),
                  ("8.8.8.8", new, "", ""), ("10.0.0.1", new, "", ""), ("45.8.8.8", "2020-01-01", "", ""), ("45.9.9.9", new, "", "infected-host"),
                  ("45.10.10.10", new, "", ""), ("45.11.0.0/15", new, "", ""), ("45.12.0.0/14", new, "", ""), ("8.8.8.0/24", new, "", ""),
                  ("45.20.0.0/24", new, "", ""), ("http://45.2.2.2/x", new, "", "payload"), ("http://8.8.8.8/x", new, "", "payload"),
                  ("d41d8cd98f00b204e9800998ecf8427e", new, "", "payload"), ("http://evil.example/x", new, "", ""), ("45.30.1.1", new, "", ""),
                  ("45.31.1.1", new, "", ""))
        self.put("prov", "45.2.0.0/16\n45.20.0.77\n")
        self.imported("--kind", "exclusions", "--class", "provider", "prov")
        for name, value in (("sinkhole", "45.10.10.0/24"), ("research", "45.30.1.1"), ("scanner", "45.31.0.0/16")):
            self.put(name, value + "\n")
            self.imported("--kind", "exclusions", "--class", name, name)
        for value, want in {
                "45.1.1.1": ("block", "listed"), "45.2.2.2": ("inform", "provider", "prov: 45.2.0.0/16"), "45.3.3.3": ("inform", "scanner", "Good"),
                "45.4.4.4": ("inform", "sinkhole", "Good"), "45.5.5.5": ("none", "expired", "Good: until 2018-02-01"),
                "45.6.6.6": ("inform", "grace", "Good: until " + self.day(-2)), "45.7.7.7": ("none", "not-yet-valid", "Good: from " + self.day(90)),
                "8.8.8.8": ("none", "allow-listed", "built-in: 8.8.8.8"), "10.0.0.1": ("none", "special-purpose", "10.0.0.0/8: Private-Use"),
                "45.8.8.8": ("inform", "low-score", "score 0"), "45.9.9.9": ("inform", "infected-host", "Good"),
                "45.10.10.10": ("inform", "sinkhole", "sinkhole: 45.10.10.0/24"), "45.30.1.1": ("inform", "research", "research: 45.30.1.1"),
                "45.31.1.1": ("inform", "scanner", "scanner: 45.31.0.0/16"), "45.10.0.0/15": ("none", "too-broad"),
                "45.13.1.1": ("none", "withheld", "Good: 45.12.0.0/14, too-broad"), "8.8.8.0/24": ("none", "allow-listed", "built-in: 8.8.8.8"),
                "8.8.8.9": ("none", "withheld", "Good: 8.8.8.0/24, allow-listed"), "45.20.0.0/24": ("inform", "provider", "prov: 45.20.0.77"),
                "45.20.0.5": ("block", "listed"), "http://45.2.2.2/x": ("inform", "provider", "prov: 45.2.0.0/16"),
                "http://8.8.8.8/x": ("none", "allow-listed", "built-in: 8.8.8.8"), "d41d8cd98f00b204e9800998ecf8427e": ("block", "listed"),
                "http://45.1.1.1/other": ("block", "listed"), "evil.example": ("none", "unlisted"), "45.200.1.1": ("none", "unlisted", ""),
                "co.uk": ("none", "too-broad")}.items():
            with self.subTest(value=value):
                # Of that host a URL is known.
                known = want[1] != "unlisted" or value == "evil.example"
                got, = self.actions(value, status=0 if known else 1)
                self.assertEqual(got[:len(want)], want)

    def test_pages(self):
        """Every rule on the terminal, in both languages, within 80 columns; every step where it is asked for."""
        new = self.day(-3)
        self.rows(("45.1.1.1", new, "", ""), ("45.5.5.5", "2018-01-01", "2018-02-01", ""), ("8.8.8.8", new, "", ""), ("45.12.0.0/14", new, "", ""))
        self.override("block", "45.6.6.6", "--reason", "sure", "--author", "kim")
        for lang, words in (("en", ("may be blocked: listed", "nothing is done: expired, Good: until 2018-02-01", "withheld", "only what is withheld",
                                    "may be blocked: an analyst decided", "block: sure (kim, until ")),
                            ("ja", ("遮断してよい：掲載あり", "対処しない：有効期間が終了、Good: until 2018-02-01", "保留", "保留中の範囲のみ", "担当者が遮断と判断",
                                    "block: sure (kim、期限 "))):
            for args in ([], ["--explain"]):
                text = self.nezumi("check", "--owners", "none", "--data", "data", "--lang", lang, *args,
                                   "45.1.1.1", "45.5.5.5", "8.8.8.8", "45.13.1.1", "45.6.6.6", status=0).text
                for w in words:
                    self.assertIn(w, text)
                for line in text.splitlines():
                    self.assertLessEqual(sum(2 if ord(c) > 0x2e80 else 1 for c in line), 100 if args else 80, line)
        steps = self.check("--explain", "45.5.5.5")[0]["action_steps"]
        self.assertEqual([s["rule"] for s in steps][:3], ["special-purpose", "too-broad", "override-allow"])
        self.assertEqual([s["rule"] for s in steps if s["applies"]], ["expired"])
        self.assertEqual(steps[-1]["rule"], "expired")
        self.assertNotIn("action_steps", self.check("45.5.5.5")[0])

    def test_a_new_list_counts_at_once(self):
        self.rows(("45.1.1.1", self.day(-3), "", ""))
        self.assertEqual(self.actions("45.1.1.1")[0][:2], ("block", "listed"))
        for n, (name, want) in enumerate((("provider", ("inform", "provider")), ("scanner", ("inform", "scanner")), ("sinkhole", ("inform", "sinkhole")),
                                          ("benign", ("none", "allow-listed")))):
            self.put(name, "45.1.%d.0/%d\n" % (0 if n % 2 else 1, 16 if n % 2 else 24))
            self.imported("--kind", "exclusions", "--class", name, name)
            self.assertEqual(self.actions("45.1.1.1")[0][:2], want)


if __name__ == "__main__":
    e2e.main()
