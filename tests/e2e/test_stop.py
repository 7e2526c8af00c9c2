#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Ctrl-C at any moment: what is done is not told as stopped, what was stopped is not told as done, and nothing is left behind."""

import json
import os
import random
import signal
import sqlite3
import threading
import time

import e2e
from feed_server import Case, addresses
from test_store import Store

ROUNDS = int(os.environ.get("NEZUMI_KILLS", "40")) // 4


class Stop(Store):
    def rounds(self, go, seed):
        """Call go with ever other times to wait, which follow what a run takes."""
        took, rng, told = 0.05, random.Random(seed), set()
        for k in range(max(4, ROUNDS // 2) if e2e.sanitized() else ROUNDS):
            status = go(k, rng.random() * took)
            told.add(status)
            took = min(5, took * (0.8 if status == 0 else 1.3))
        return told

    def stopped(self, wait, *args, stdin=None, **kw):
        """(status, out, err) of a run that somebody ends."""
        if stdin:
            kw["stdin"] = open(self.path(self.put("in", stdin)), "rb")
            self.addCleanup(kw["stdin"].close)
        p = self.start(*args, "--data", "data", **kw)
        time.sleep(wait)
        p.send_signal(signal.SIGINT)
        out, err = p.communicate(timeout=e2e.PATIENCE)
        return p.returncode, out.decode(), err.decode()

    def test_deciding(self):
        n = 500 if e2e.sanitized() else 20000
        values = "".join("45.1.%d.%d\n" % (i >> 8, i & 255) for i in range(n))
        reasons = lambda: self.sql("SELECT reason, count(*) FROM override GROUP BY 1")
        self.nezumi("override", "block", "-", "--reason", "first", "--data", "data", "-q", stdin=values.encode(), status=0)

        def go(k, wait):
            was, new = reasons(), [(str(k), n)]
            status, out, err = self.stopped(wait, "override", "block", "-", "--reason", str(k), stdin=values)
            told = out.count("\n") == n
            if status == 0 or "all is decided" in err:
                self.assertEqual((reasons(), status == 0), (new, told), err)
            elif status == 2:
                self.assertEqual((reasons(), out), (was, ""), err)
                self.assertIn("stopped", err)
            else:  # before it listened
                self.assertEqual((status, reasons(), out), (-signal.SIGINT, was, ""))
            return status
        self.rounds(go, 1)

    def test_forgetting(self):
        n = 5000 if e2e.sanitized() else 100000
        self.put("list", "".join("45.%d.%d.%d\n" % (i >> 16, i >> 8 & 255, i & 255) for i in range(n)))
        count = lambda: self.sql("SELECT (SELECT count(*) FROM said), (SELECT count(*) FROM source)")
        self.imported("list")

        def go(k, wait):
            status, _, err = self.stopped(wait, "import", "--forget", "list")
            if status == 0:
                self.assertEqual(count(), [(0, 0)], err)
                self.imported("list")
            else:
                self.assertIn((status, "stopped" in err), ((2, True), (-signal.SIGINT, False)))
                self.assertEqual(count(), [(n, 1)])
            return status
        self.rounds(go, 2)
        self.whole()

    def test_copying(self):
        n = 5000 if e2e.sanitized() else 200000
        self.put("list", "".join("45.%d.%d.%d\n" % (i >> 16, i >> 8 & 255, i & 255) for i in range(n)))
        self.imported("list")
        before = self.files()

        def go(k, wait):
            status, out, err = self.stopped(wait, "doctor", "--backup", "copy.db")
            if status == 0:
                self.assertIn("copy.db: a copy", out)
                db = sqlite3.connect(self.path("copy.db").decode())
                self.assertEqual(db.execute("SELECT count(*) FROM said").fetchall(), [(n,)])
                db.close()
                os.remove(self.path("copy.db"))
            else:
                self.assertIn((status, "there is no copy" in err or "stopped" in err), ((2, True), (-signal.SIGINT, False)))
                self.assertNotIn("a copy of the database", out)
            self.assertEqual(self.files(), before)
            return status
        self.rounds(go, 3)

    def test_reading_reports(self):
        self.put("a.txt", "The C2 server 45.77.12[.]9 was seen.\n")
        os.mkfifo(self.path("never"))
        p = self.start("extract", "--json", "--threads", "1", "a.txt", "never", "a.txt")
        with open(self.path("never"), "wb"):
            time.sleep(0.1)
            p.send_signal(signal.SIGINT)
            out, err = p.communicate(timeout=e2e.PATIENCE)
        self.assertEqual(p.returncode, 2)
        self.assertLessEqual(out.count(b"45.77.12.9"), 1)
        self.assertIn(b"stopped: not all was read", err)


class Feeds(Case):
    def test_updating(self):
        """Of two feeds the second never comes: the first is there, and is told."""
        go = threading.Event()
        self.addCleanup(go.set)
        self.answers.update({"/a": addresses(50), "/b": lambda h: go.wait(e2e.PATIENCE)})
        for name in "ab":
            self.add(name, "/" + name, "--idle", "15m", "--timeout", "15m")
        for how in (["--json"], []):
            self.server.asked.clear()
            p = self.start("feed", "update", "--force", *how, "--data", "data", env=self.ENV)
            while not any(path == "/b" for path, _ in self.server.asked) and p.poll() is None:
                time.sleep(0.01)
            p.send_signal(signal.SIGINT)
            out, err = p.communicate(timeout=e2e.PATIENCE)
            self.assertEqual(p.returncode, 2)
            self.assertEqual(self.listed("a"), 50)
            self.assertEqual(self.known("b")["history"], [])
            if how:
                self.assertEqual([(f["name"], f["status"]) for f in json.loads(out)["feeds"]], [("a", "done")])
            else:
                self.assertIn(b"a: 50 indicators", out)
            self.assertTrue(err)

    def test_removing(self):
        n = 3000 if e2e.sanitized() else 60000
        self.answers["/a"] = addresses(n)
        rng = random.Random(4)
        for _ in range(4 if e2e.sanitized() else 10):
            if "a" not in [f["name"] for f in json.loads(self.feed("list", "--json", status=None).out)["feeds"]]:
                self.add("a", "/a")
                self.update("a")
            p = self.start("feed", "remove", "a", "--data", "data")
            time.sleep(rng.random() * 0.3)
            p.send_signal(signal.SIGINT)
            out, err = p.communicate(timeout=e2e.PATIENCE)
            there = [f["listed"] for f in json.loads(self.feed("list", "--json", status=None).out)["feeds"]]
            if p.returncode == 0:
                self.assertEqual((there, out), ([], b"a: removed\n"))
            else:
                self.assertIn((p.returncode, b"stopped" in err), ((2, True), (-signal.SIGINT, False)))
                self.assertEqual((there, out), ([n], b""))


if __name__ == "__main__":
    e2e.main()
