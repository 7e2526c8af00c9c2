#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The demo, as a first user runs it: it says what the two documents say, twice the same, in the width of a terminal."""

import os
import re
import subprocess
import sys
import unittest

import e2e

RUN, EXPECT = (os.path.join(e2e.ROOT, "demo", f) for f in ("run", "expect.py"))


@unittest.skipIf(e2e.sanitized(), "the program itself is looked at elsewhere")
class Demo(e2e.Case):
    def demo(self, *args, status=0):
        env = {k: v for k, v in os.environ.items() if not k.startswith(("NEZUMI", "XDG_", "LC_"))}
        env.update(NEZUMI=e2e.BINARY, BUILD=self.dir, LANG="C.UTF-8", HOME=self.dir, COLUMNS="80")
        p = subprocess.run([RUN, *args], env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                           timeout=e2e.PATIENCE)
        self.assertEqual(p.returncode, status, p.stderr.decode())
        return p.stdout.decode(), p.stderr.decode()

    def expected(self):
        p = subprocess.run([sys.executable, EXPECT, self.path("demo/result.json")], stdout=subprocess.PIPE, text=True)
        self.assertEqual(p.returncode, 0, "\n".join(x for x in p.stdout.split("\n") if not x.startswith("ok")))

    def test_what_it_shows(self):
        out, err = self.demo()
        self.expected()
        self.assertEqual(err.count("could not be read"), 7)
        self.assertIn("rubbish.txt: 4 lines could not be read", err)
        steps = re.findall(r"^==== (?:(\d)\.)?", out, re.M)
        self.assertEqual(steps, ["1", "2", "3", "4", "5", ""])
        # The report's values: one mended, none that is a version or a section.
        first = out.split("==== 2.")[0]
        for value in ("196.200.160[.]201", "mended", "orders-dressbarn[.]com", "homedepot-managepayment[.]com",
                      "bulletin.txt: 6 indicators (6 new"):
            self.assertIn(value, first)
        self.assertNotIn("4.2.1", first)
        self.assertRegex(out, r"(?m)^8\.8\.8\[\.\]8 +benign")
        # What the analyst decided is the next answer, and is gone again.
        verdicts = re.findall(r"(?m)^212\.46\.104\[\.\]104 +(\w+)", out)
        self.assertEqual(verdicts, ["suspicious", "benign"])
        answer = e2e.json.loads(self.get("demo/result.json"))
        self.assertNotIn("212.46.104.104", [w["value"] for w in answer["withheld"]])
        f = next(f for f in answer["findings"] if f["controller"] == "116.62.60.109")
        self.assertEqual(f["sources"], ["bulletin.txt", "rat-risk-report"])
        wide = [x for x in out.split("\n") if len(x) > 80 and self.dir not in x]
        self.assertEqual(wide, [])
        for name in ("report.html", "report.ja.html", "report.md", "summary.ja.txt", "data/nezumi.db"):
            self.assertTrue(os.path.getsize(self.path("demo/" + name)), name)
        again, _ = self.demo()
        times = re.compile(r"\d+\.\d s\b|\b\d+ days ago\b")
        self.assertEqual(times.sub("T", again), times.sub("T", out))

    def test_in_japanese(self):
        out, _ = self.demo("--lang", "ja")
        self.assertIn("組織", out.split("==== 5.")[1])
        self.expected()


if __name__ == "__main__":
    e2e.main()
