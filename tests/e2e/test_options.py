#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The command line: options anywhere, bad usage, help, colour, width, language, quiet, the data directory."""

import json
import os
import re
import subprocess
import time
import unicodedata

import e2e
from make import CONTROLLER, HOST, OTHER, organisations, row, zeek

ESCAPE = re.compile(r"\x1b\[[0-9;]*m")


def columns(line):
    wide = sum(unicodedata.east_asian_width(c) in "WF" for c in line)
    return len(line) + wide - sum(unicodedata.combining(c) > 0 for c in line)


class Options(e2e.Case):
    def setUp(self):
        super().setUp()
        self.put("list", CONTROLLER + "\n")
        self.put("log", zeek([row(at=60 * i) for i in range(3)]))

    def test_before_and_behind_arguments(self):
        want = self.nezumi("analyze", *e2e.FIXED, "--json", "-i", "list", "log", status=0).out
        self.put("-log", self.get("log"))
        for args in (["log", "--json", "-i", "list", *e2e.FIXED], ["-ilist", "log", *e2e.FIXED, "--json"],
                     ["--json", "log", "--indicators=list", "--owners=none", "--no-builtin"],
                     [*e2e.FIXED, "--indicators", "list", "--json", "--", "log"]):
            with self.subTest(args=args):
                self.assertEqual(self.nezumi("analyze", *args, status=0).out, want)
        self.nezumi("analyze", *e2e.FIXED, "-i", "list", "--", "-log", status=0)

    def test_bad_usage(self):
        good = ["-i", "list", "log"]
        for args in (["--nonsense"], ["-Z"], ["--threads", "0"], ["--threads", "x"], ["--threads"], ["--shared", "0"],
                     ["--shared", "-1"], ["--validity", "perhaps"], ["--validity", "grace=x"], ["--from", "yesterday"],
                     ["--to", "2150-01-01"], ["--color", "blue"], ["--lang", "de"], ["--as", "no-such-format"],
                     ["--indicators-as", "zeek-tsv"], ["--exclusions-as", "nice"], ["--column", "novalue"],
                     ["--quiet=yes"], ["--owners", "no-such-file"],
                     ["--from", "2019-01-01", "--to", "2018-01-01"]):
            with self.subTest(args=args):
                done = self.nezumi("analyze", *good, *args, status=2)
                self.assertEqual(done.out, b"")
                self.assertTrue(done.err.startswith("nezumi: "), done.err)
                self.assertTrue(any(word.split("=")[0] in done.err for word in args), done.err)
        for args in ([], ["-i", "list"], ["log"], ["--json"]):
            with self.subTest(args=args):
                done = self.nezumi("analyze", *args, status=2)
                self.assertEqual((done.out, done.err[:8]), (b"", "nezumi: "))

    def test_commands(self):
        self.assertEqual(self.nezumi(status=2).out, b"")
        done = self.nezumi("analyse", status=2)
        self.assertIn("analyse", done.err)
        self.assertIn(b"analyze", self.nezumi("--help", status=0).out)
        self.assertRegex(self.nezumi("--version", status=0).text, r"^nezumi \d+\.\d+\.\d+\n$")
        for command in ("analyze", "formats", "owners"):
            with self.subTest(command=command):
                done = self.nezumi(command, "--help", status=0)
                self.assertIn("--threads", done.text)
                self.assertEqual(done.err, "")
                self.assertRegex(self.nezumi(command, "--version", status=0).text, r"^nezumi \d")

    def test_help_is_80_columns_wide(self):
        commands = re.findall(r"^  ([a-z]+) {2,}", self.nezumi("--help", status=0).text, re.M)
        self.assertGreater(len(commands), 9)
        for args in [()] + [(c, "--lang", lang) for c in commands for lang in ("en", "ja")]:
            text = self.nezumi(*args, "--help", status=0).text
            self.assertGreater(len(text.splitlines()), 5, args)
            self.assertEqual([line for line in text.splitlines() if len(line) > 80], [], args)

    def test_help_manual_and_completion_hold_every_option(self):
        options = re.findall(r"--[a-z-]+", self.nezumi("analyze", "--help").text)
        self.assertGreater(len(set(options)), 20)
        manual = self.nezumi("--man", status=0).text.replace("\\-", "-")
        completion = self.nezumi("--completion", status=0).text
        for o in set(options):
            self.assertIn(o, manual)
            self.assertIn(o, completion)
        self.assertIn("zeek-tsv", self.nezumi("formats", status=0).text)

    def test_completion_in_bash(self):
        """What bash offers behind a line, with the program as `nezumi` on its path."""
        os.symlink(e2e.BINARY, self.dir + "/nezumi")
        self.put("complete", self.nezumi("--completion", status=0).out)

        def offered(*words):
            script = ". ./complete; COMP_WORDS=(nezumi %s); COMP_CWORD=%d; _nezumi; echo \"${COMPREPLY[*]}\"" % (
                " ".join("'%s'" % w for w in words), len(words))
            done = subprocess.run(["bash", "-c", script], cwd=self.dir, capture_output=True, text=True, timeout=60,
                                  env={"PATH": self.dir + ":/usr/bin:/bin", "HOME": self.dir})
            self.assertEqual(done.stderr, "")
            return done.stdout.split()
        self.assertEqual(offered("over"), ["override"])
        self.assertEqual(offered("override", "in"), ["inform"])
        self.assertLessEqual({"list", "enable", "update", "--json"}, set(offered("feed", "")))
        self.assertEqual(offered("feed", "en"), ["enable"])
        self.assertEqual(offered("feed", "enable", "feodo"), ["feodo", "feodo-all"])
        self.assertIn("--reliability", offered("feed", "enable", "--re"))
        self.assertEqual(offered("check", "fe"), [])

    def test_colour(self):
        run = lambda *args, **env: self.nezumi("analyze", *e2e.FIXED, "-i", "list", "log", *args, env=env).text
        plain = run()
        self.assertNotIn("\x1b", plain)
        self.assertNotIn("\x1b", run("--color", "never"))
        loud = run("--color", "always")
        self.assertIn("\x1b[", loud)
        self.assertEqual(ESCAPE.sub("", loud), plain)
        self.assertIn("\x1b[", run("--color=always", NO_COLOR="1"))

    def on_terminal(self, *args, **env):
        """What it writes to a terminal."""
        ours, theirs = os.openpty()
        p = self.start("analyze", *e2e.FIXED, *args, stdout=theirs, stderr=theirs, env=env)
        os.close(theirs)
        out = self.drain(ours)
        p.wait(e2e.PATIENCE)
        return out

    @staticmethod
    def drain(fd):
        """What comes from a terminal until nobody has its other end any more."""
        out = b""
        try:
            while piece := os.read(fd, 65536):
                out += piece
        except OSError:  # how Linux says so
            pass
        os.close(fd)
        return out

    def test_colour_on_a_terminal(self):
        args = ["-i", "list", "log"]
        self.assertIn(b"\x1b[1", self.on_terminal(*args))
        self.assertNotIn(b"\x1b", self.on_terminal(*args, NO_COLOR="1"))
        self.assertIn(b"\x1b[1", self.on_terminal(*args, NO_COLOR=""))
        self.assertNotIn(b"\x1b", self.on_terminal(*args, TERM="dumb"))
        self.assertNotIn(b"\x1b", self.on_terminal("--color", "never", *args))
        self.assertNotIn(b"\x1b", self.on_terminal("--json", *args))

    def test_progress_of_long_work_on_a_terminal(self):
        for more, shown in (([], True), (["-q"], False)):
            with self.subTest(more=more):
                ours, theirs = os.openpty()
                p = self.start("analyze", *e2e.FIXED, *more, "-i", "list", "-", stdin=subprocess.PIPE, stderr=theirs)
                os.close(theirs)
                for _ in range(15):
                    p.stdin.write(self.get("log") + b"\n" * (1 << 20))
                    time.sleep(0.1)
                p.stdin.close()
                p.stdout.read()
                p.stdout.close()
                self.assertEqual(p.wait(e2e.PATIENCE), 0)
                err = self.drain(ours)
                self.assertEqual(b"MB" in err, shown)
                # The line is gone at the end.
                self.assertTrue(err.endswith(b"\r\x1b[K") if shown else err == b"", err[-40:])

    def test_fits_the_width(self):
        names = ["株式会社" + "とても長い名前の会社" * 4, "Compañía de Seguros del Pacífico y Asociados S.A. de C.V.", "x" * 300]
        self.put("orgs", organisations(*[("203.0.113.%d" % i, "o%d" % i, n, "finance", "JP", "enterprise")
                                         for i, n in enumerate(names)]))
        self.put("csv", "value,family\n%s,%s\n" % (CONTROLLER, "長い" * 30) + "a-very-long-name.%s.example.com,\n" % ("x" * 60))
        self.put("log", zeek([row(host="203.0.113.%d" % i) for i in range(4)]) + "y" * 500 + "\n")
        for width in (80, 100, 132):
            for lang in ("en", "ja"):
                with self.subTest(width=width, lang=lang):
                    text = self.nezumi("analyze", *e2e.FIXED, "--lang", lang, "-i", "csv", "-o", "orgs", "log",
                                       env={"COLUMNS": str(width)}, status=0).text
                    self.assertEqual([line for line in text.splitlines() if columns(line) > width], [])

    def test_languages(self):
        for lang, word in (("en", "organisation"), ("ja", "組織")):
            self.assertIn(word, self.nezumi("analyze", *e2e.FIXED, "--lang", lang, "-i", "list", "log").text)
        self.assertNotIn("組織", self.nezumi("analyze", *e2e.FIXED, "-i", "list", "log").text)

    def test_quiet(self):
        self.put("log", self.get("log") + b"broken\n")
        run = lambda *args: self.nezumi("analyze", *e2e.FIXED, *args, "-i", "list", "log", status=0)
        self.assertIn("log", run().err)
        self.assertEqual(run("-q").err, "")
        self.assertEqual(run("--quiet").out, run().out)
        # Errors are told all the same.
        done = self.nezumi("analyze", *e2e.FIXED, "-q", "-i", "list", "log", "missing", status=2)
        self.assertIn("missing", done.err + done.text)

    def test_verbose_shows_every_finding(self):
        self.put("log", zeek([row(host="203.0.113.%d" % i) for i in range(60)]))
        short = self.nezumi("analyze", *e2e.FIXED, "-i", "list", "log").text
        long = self.nezumi("analyze", *e2e.FIXED, "-v", "-i", "list", "log").text
        self.assertNotIn("203.0.113.59", short)
        self.assertIn("203.0.113.59", long)

    def test_validity(self):
        self.put("csv", "value,first_seen,valid_until\n%s,2018-10-01,2018-11-20\n" % CONTROLLER)
        for how, reason in (("any", None), ("grace", None), ("grace=12d", None), (None, None), ("grace=11d", 1), ("strict", 1)):
            with self.subTest(how=how):
                args = ["--validity", how] if how else []
                a = self.analyze(*args, "-i", "csv", "log", status=1 if reason else 0)
                self.assertEqual([x["reason"] for x in a["excluded"]], ["outside-validity"] if reason else [])
        grace = self.finding(self.analyze("-i", "csv", "log"))["score"]
        self.assertEqual(self.finding(self.analyze("--validity", "any", "-i", "csv", "log"))["score"], grace + 15)

    def test_data_directory(self):
        self.put("list", CONTROLLER + "\n")
        self.put("other", OTHER + "\n")
        self.nezumi("import", "--data", "data", "list", status=0)
        self.nezumi("import", "other", env={"XDG_DATA_HOME": self.dir + "/xdg"}, status=0)
        self.put("log", zeek([row(), row(controller=OTHER)]))
        run = lambda *args, **env: self.finding(self.analyze(*args, "log", env=env))["controller"]
        self.assertEqual(run("--data", "data"), CONTROLLER)
        self.assertEqual(run(NEZUMI_DATA="data"), CONTROLLER)
        self.assertEqual(run("--data", "data", NEZUMI_DATA="nowhere"), CONTROLLER)
        self.assertEqual(run(NEZUMI_DATA="data", XDG_DATA_HOME=self.dir + "/xdg"), CONTROLLER)
        self.assertEqual(run(XDG_DATA_HOME=self.dir + "/xdg"), OTHER)

    def test_owners(self):
        self.put("as.csv", '45.123.0.0,45.123.255.255,64500,"Hosting, Ltd"\n9.8.0.0,9.8.255.255,64501,Nine\n')
        self.put("country.csv", "45.123.0.0,45.123.255.255,KR\n9.0.0.0,9.255.255.255,US\n")
        os.mkdir(self.path("data"))
        self.nezumi("owners", "compile", "--asn", "as.csv", "--country", "country.csv", "-o", "data/owners.nzo", status=0)
        self.put("log", zeek([row(host="9.8.7.6")]))
        for args in (["--data", "data"], ["--owners", "data/owners.nzo"]):
            with self.subTest(args=args):
                answer = self.answer(self.nezumi("analyze", "--json", *args, "-i", "list", "log", status=0).out)
                f, c = self.finding(answer), answer["controllers"][0]
                self.assertEqual((f["asn"], f["as_name"], f["country"], f["organisation"]["id"]), (64501, "Nine", "US", "AS64501"))
                self.assertEqual((c["asn"], c["as_name"], c["country"]), (64500, "Hosting, Ltd", "KR"))
        self.assertEqual(self.nezumi("owners", "--owners", "data/owners.nzo", "9.8.7.6", status=0).text.split(), ["9.8.7.6", "AS64501", "Nine", "US"])
        whole = self.get("data/owners.nzo")
        for n in (0, 7, 40, len(whole) - 1):
            self.put("cut.nzo", whole[:n])
            done = self.nezumi("analyze", "--owners", "cut.nzo", "-i", "list", "log", status=2)
            self.assertIn("cut.nzo", done.err)
        # A look-up of a few values does not sum the whole file up: damage may be believed, and nothing worse.
        for at in range(0, len(whole), 1 if len(whole) < 600 else 7):
            self.put("odd.nzo", whole[:at] + bytes([whole[at] ^ 0xff]) + whole[at + 1:])
            done = self.nezumi("check", "--json", "--owners", "odd.nzo", "--data", "none", "9.8.7.6", CONTROLLER)
            self.assertIn(done.status, (0, 1, 2))
            if done.status == 2:
                self.assertIn("odd.nzo", done.err)
            for line in done.text.splitlines():
                self.assertLess(len(json.loads(line)["as_name"]), len(whole))
        done = self.nezumi("analyze", "--owners", "odd.nzo", "-i", "list", "log", status=2)
        self.assertIn("odd.nzo", done.err)

    def test_as_overrides_content(self):
        self.put("csv", "ioc\n%s\n" % CONTROLLER)
        a = self.analyze("-i", "csv", "--column", "value=ioc", "--indicators-as", "csv", "log")
        self.assertEqual((a["inputs"][0]["format"], self.finding(a)["host"]), ("csv", HOST))
        a = self.analyze("-i", "list", "--as", "eve", "log", status=2)
        self.assertEqual((a["inputs"][1]["format"], a["inputs"][1]["records"]), ("eve", 0))


if __name__ == "__main__":
    e2e.main()
