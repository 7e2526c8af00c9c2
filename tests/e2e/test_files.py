#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Files that are damaged, empty, missing, unreadable, no telemetry at all, or no files: pipes."""

import ctypes
import os
import random
import resource
import signal
import struct
import time

import e2e
from make import CONTROLLER, DOMAIN, HOST, T0, gz, heading, lines, row, zeek, zst, zst_repeat
from samples import TELEMETRY


def without_privilege():
    """Root reads what nobody may read; take that away from the program that is about to start."""
    for capability in (1, 2):  # CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH
        ctypes.CDLL(None).prctl(24, capability, 0, 0, 0)  # PR_CAPBSET_DROP


class Damaged(e2e.Case):
    """What could be read before the damage counts, and the damage is told."""

    def setUp(self):
        super().setUp()
        self.put("list", CONTROLLER + "\n")
        # Addresses and times that vary, so that compression has something to do.
        self.log = zeek([row(at=i * 7.31, id_orig_p=1024 + i * 13 % 60000) for i in range(4000)]).encode()

    def check(self, name, least, most):
        answer = self.analyze("-i", "list", name)
        records = self.finding(answer)["records"]
        self.assertTrue(least <= records <= most, "%d records" % records)
        self.assertGreaterEqual(self.input(answer, name)["malformed"], 1)
        self.assertIn(0, [r["line"] for r in answer["rejected"]])
        done = self.nezumi("analyze", *e2e.FIXED, "-i", "list", name)
        self.assertIn(name, done.err)
        return answer

    def test_cut_gzip(self):
        whole = gz(self.log)
        records = []
        for part in (0.3, 0.6, 0.9):
            with self.subTest(part=part):
                self.put("log", whole[:int(len(whole) * part)])
                answer = self.check("log", 4000 * part * 0.8, 4000 * part * 1.2)
                self.assertIn("gzip", " ".join(self.whys(answer)))
                records.append(self.finding(answer)["records"])
        self.assertEqual(records, sorted(set(records)))
        with self.subTest(part="all but the checksum"):
            self.put("log", whole[:-8])
            self.check("log", 4000, 4000)

    def test_cut_zstd(self):
        whole = zst(self.log, 10000)
        for part in (0.3, 0.6, 0.9):
            with self.subTest(part=part):
                self.put("log", whole[:int(len(whole) * part)])
                answer = self.check("log", 4000 * part - 200, 4000 * part + 50)
                self.assertIn("zstd", " ".join(self.whys(answer)))

    def test_flipped_bits(self):
        for name, whole in (("log.gz", gz(self.log)), ("log.zst", zst(self.log, 10000))):
            bad = bytearray(whole)
            # Into gzip's data; into the header of a zstd block.
            at = len(bad) // 2 if name == "log.gz" else 9 + 10003 * 20
            bad[at:at + 3] = b"\xff\xff\xff"
            with self.subTest(name=name):
                self.put(name, bytes(bad))
                self.check(name, 500, 3999)

    def test_wrong_checksum(self):
        bad = bytearray(gz(self.log))
        bad[-8] ^= 1
        self.put("log", bytes(bad))
        self.check("log", 4000, 4000)

    def test_on_standard_input(self):
        answer = self.analyze("-i", "list", "-", stdin=gz(self.log)[:20000])
        self.assertEqual([r["path"] for r in answer["rejected"] if r["line"] == 0], ["-"])
        self.assertGreater(self.finding(answer)["records"], 100)

    def test_rubbish_behind_a_stream(self):
        for data in (gz(self.log) + b"rubbish", zst(self.log) + b"rubbish"):
            self.put("log", data)
            self.check("log", 4000, 4000)

    def test_padding_behind_gzip_is_no_damage(self):
        self.put("log", gz(self.log) + bytes(512))
        answer = self.analyze("-i", "list", "log")
        self.assertEqual((self.finding(answer)["records"], answer["rejected"]), (4000, []))

    def test_damaged_list(self):
        self.put("list.gz", gz("".join("45.123.%d.%d\n" % (i // 250, i % 250) for i in range(2000)))[:-20])
        self.put("log", self.log)
        answer = self.analyze("-i", "list.gz", "log")
        self.assertGreaterEqual(self.input(answer, "list.gz")["malformed"], 1)
        self.assertTrue(self.whys(answer, "list.gz"))

    def test_magic_and_nothing_sensible_behind(self):
        self.put("good", self.log)
        for what, data in (("gzip", b"\x1f\x8b\x08garbage behind the magic number"), ("gzip cut in its header", gz(b"x")[:9]),
                           ("zstd", b"\x28\xb5\x2f\xfdgarbage behind the magic number"), ("zstd magic", zst(b"x")[:4]),
                           ("zstd window of 1 TB", b"\x28\xb5\x2f\xfd\x00\xf0" + struct.pack("<I", 9)[:3] + b"x")):
            with self.subTest(what=what):
                self.put("bad", data)
                done = self.nezumi("analyze", *e2e.FIXED, "-i", "list", "bad", status=2)
                self.assertIn("bad", done.err)
                # Beside good files it is told all the same.
                answer = self.answer(self.nezumi("analyze", *e2e.FIXED, "--json", "-i", "list", "good", "bad").out)
                self.assertEqual(self.finding(answer)["records"], 4000)
                told = self.input(answer, "bad")
                self.assertTrue(told["malformed"] or told.get("error"))


class Absent(e2e.Case):
    def setUp(self):
        super().setUp()
        self.put("list", CONTROLLER + "\n")
        for name in ("a", "b", "c"):
            self.put("logs/" + name, TELEMETRY["zeek-tsv"])

    def records(self, *args, status, **kw):
        done = self.nezumi("analyze", *e2e.FIXED, "--json", "-i", "list", *args, status=status, **kw)
        return self.finding(self.answer(done.out))["records"], done.err

    def test_large_files_that_nobody_reads(self):
        """What is behind the first 64 KiB is looked at, too; then their beginning says what they are."""
        for head, why in ((b"\x1f\x9d", "packed by compress"), (b"BZh9", "packed by bzip2"), (b"Rar!\x1a\x07\x00", "a RAR archive"),
                          (b"\xef\xbb\xbf<!doctype html><title>Log in</title>\n", '"Log in"'), (b"\0\1", "no reader recognises")):
            for size in (60000, 70000, 2000000):
                with self.subTest(head=head, size=size):
                    self.put("log", head + random.Random(size).randbytes(size))
                    self.assertIn(why, self.nezumi("analyze", *e2e.FIXED, "-i", "list", "log", status=2).err)
        # And lines behind hostile ones are read, however long those are.
        self.put("log", b"{" + b"\xff" * 66000 + b"\n" + b'{"ts":1543600000.0,"uid":"C1","id.orig_h":"%s","id.orig_p":50000,"id.resp_h":"%s","id.resp_p":443,"proto":"tcp",'
                 b'"conn_state":"SF","orig_bytes":10,"resp_bytes":10}\n' % (HOST.encode(), CONTROLLER.encode()))
        self.assertEqual(self.records("log", status=0)[0], 1)

    def test_missing_file_among_many(self):
        for place in (["no-such-file", "logs"], ["logs/a", "no-such-file", "logs/b", "logs/c"], ["logs", "no-such-file"]):
            with self.subTest(place=place):
                records, err = self.records(*place, status=2)
                self.assertEqual(records, 15)
                self.assertIn("no-such-file", err)
                self.assertEqual(self.records("--keep-going", *place, status=0)[0], 15)

    def test_missing_lists_among_many(self):
        self.put("orgs", "network,id\n203.0.113.0/24,acme\n")
        for more in (["-i", "no-such-file"], ["-o", "no-such-file"], ["-x", "no-such-file"]):
            with self.subTest(more=more):
                records, err = self.records(*more, "-o", "orgs", "logs", status=2)
                self.assertEqual(records, 15)
                self.assertIn("no-such-file", err)
                self.assertEqual(self.records("--keep-going", *more, "logs", status=0)[0], 15)

    def test_nothing_found_and_something_missing(self):
        self.put("other", "9.9.9.9\n")
        self.nezumi("analyze", *e2e.FIXED, "-i", "other", "logs", "no-such-file", status=2)
        self.nezumi("analyze", *e2e.FIXED, "--keep-going", "-i", "other", "logs", "no-such-file", status=1)

    def test_unreadable_file_in_a_folder(self):
        os.chmod(self.path("logs/b"), 0)
        records, err = self.records("logs", status=2, preexec_fn=without_privilege)
        self.assertEqual(records, 10)
        self.assertIn("logs/b", err)
        self.assertEqual(self.records("--keep-going", "logs", status=0, preexec_fn=without_privilege)[0], 10)

    def test_unreadable_folder_in_a_folder(self):
        self.put("logs/locked/d", TELEMETRY["zeek-tsv"])
        os.chmod(self.path("logs/locked"), 0)
        self.addCleanup(os.chmod, self.path("logs/locked"), 0o700)
        for place in (["logs"], ["logs/locked", "logs/a", "logs/b", "logs/c"]):
            with self.subTest(place=place):
                records, err = self.records(*place, status=2, preexec_fn=without_privilege)
                self.assertEqual(records, 15)
                self.assertIn("logs/locked", err)
                self.assertEqual(self.records("--keep-going", *place, status=0, preexec_fn=without_privilege)[0], 15)

    def test_folders_nested_very_deep(self):
        self.put("logs/" + "deep/" * 60 + "d", TELEMETRY["zeek-tsv"])
        records, err = self.records("logs", status=2)
        self.assertEqual(records, 15)
        self.assertIn("logs/deep/deep", err)

    def test_read_error(self):
        # Opens well, and reading its beginning fails.
        records, err = self.records("/proc/self/mem", "logs", status=2)
        self.assertEqual(records, 15)
        self.assertIn("/proc/self/mem", err)

    def test_nothing_usable(self):
        os.mkdir(self.path("empty"))
        self.put("pictures/cat.png", b"\x89PNG\r\n\x1a\n" + bytes(range(256)))
        for place in ("empty", "pictures", "pictures/cat.png"):
            with self.subTest(place=place):
                done = self.nezumi("analyze", *e2e.FIXED, "-i", "list", place, status=2)
                self.assertTrue(done.err.startswith("nezumi: "))

    def test_lines_but_no_record(self):
        """Status 1 says that somebody looked and found nothing; here nothing could be looked at."""
        headless = "".join(TELEMETRY["zeek-tsv"].splitlines(True)[7:])
        for what, text in (("a continuation without header", headless),
                           ("nothing but broken lines", zeek([]) + "broken\n" * 5)):
            with self.subTest(what=what):
                self.put("log", text)
                answer = self.analyze("-i", "list", "log", status=2)
                self.assertEqual(self.input(answer, "log")["malformed"], 5)
                self.assertEqual(len(self.whys(answer, "log")), 5)

    def test_headless_zeek_is_refused_clearly(self):
        self.put("log", "".join(TELEMETRY["zeek-tsv"].splitlines(True)[7:]))
        answer = self.answer(self.nezumi("analyze", *e2e.FIXED, "--json", "-i", "list", "logs", "log").out)
        self.assertEqual(self.finding(answer)["records"], 15)
        self.assertEqual(self.input(answer, "log")["format"], "zeek-tsv")
        self.assertIn("header", self.whys(answer, "log")[0])

    def test_no_indicators_in_the_lists(self):
        for what, text in (("empty", ""), ("comments", "# nothing today\n"), ("prose only", "Nothing to see here.\n" * 3)):
            with self.subTest(what=what):
                self.put("list", text)
                done = self.nezumi("analyze", *e2e.FIXED, "-i", "list", "logs", status=2)
                self.assertTrue(done.err.startswith("nezumi: "))

    def test_empty_telemetry_is_no_error(self):
        self.put("empty.log", "")
        self.put("empty.log.gz", gz(""))
        self.put("empty.log.zst", zst(""))
        self.put("header.log", zeek([]))
        for name in ("empty.log", "empty.log.gz", "empty.log.zst", "header.log"):
            with self.subTest(name=name):
                answer = self.analyze("-i", "list", name, status=1)
                self.assertEqual((answer["totals"]["records"], answer["rejected"]), (0, []))
        self.analyze("-i", "list", "-", status=1)
        self.assertEqual(self.records("empty.log", "logs", status=0)[0], 15)

    def test_other_files_in_a_folder_are_no_error(self):
        self.put("logs/files.log", zeek([{"ts": T0}], "files", "ts fuid tx_hosts rx_hosts"))
        self.put("logs/LICENSE", "Permission is hereby granted, free of charge, to any person.\n" * 20)
        self.put("logs/cat.png", b"\x89PNG\r\n\x1a\n" + bytes(range(256)))
        self.put("logs/.hidden", TELEMETRY["zeek-tsv"])
        self.put("logs/deep/er/d", TELEMETRY["zeek-json"])
        os.symlink("..", self.path("logs/loop"))
        os.mkfifo(self.path("logs/fifo"))
        self.assertEqual(self.records("logs", status=0)[0], 20)
        # Named, they are.
        for name in ("logs/files.log", "logs/cat.png"):
            self.nezumi("analyze", *e2e.FIXED, "-i", "list", name, status=2)


class Pipes(e2e.Case):
    """A pipe can be read once only, whatever it is called."""

    def through(self, text):
        """The name of a pipe, as shells make one for <(command)."""
        ours, theirs = os.pipe()
        if os.fork() == 0:
            os.close(ours)
            with os.fdopen(theirs, "wb") as f:
                try:
                    f.write(text.encode())
                    f.flush()
                except BrokenPipeError:
                    pass
                os._exit(0)
        os.close(theirs)
        self.addCleanup(os.close, ours)
        return "/dev/fd/%d" % ours, {"pass_fds": [ours]}

    def test_process_substitution(self):
        self.put("list", CONTROLLER + "\n")
        self.put("log", TELEMETRY["zeek-tsv"])
        for option in ("-i", None):
            name, kw = self.through(CONTROLLER + "\n" if option else TELEMETRY["zeek-tsv"])
            with self.subTest(what="indicators" if option else "telemetry"):
                args = ["-i", name, "log"] if option else ["-i", "list", name]
                self.assertEqual(self.finding(self.analyze(*args, seconds=10, **kw))["records"], 5)

    def test_a_small_stream_that_becomes_much(self):
        """What has to be read twice is kept as it came: half a GiB of empty lines stays the 16 KiB that it was."""
        self.put("names", DOMAIN + "\n")
        log = zst(heading("dns")) + zst_repeat(b"\n", 4096) + zst(lines("dns", [row("dns")] * 3))
        before = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (8 << 20, before[1]))
        try:
            done = self.nezumi("analyze", *e2e.FIXED, "--json", "-i", "names", "-", stdin=log, status=0)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)
        self.assertEqual(self.answer(done.out)["totals"]["records"], 3)

    def test_larger_than_any_buffer(self):
        self.put("list", CONTROLLER + "\n")
        name, kw = self.through(zeek([row(at=i) for i in range(20000)]))
        self.assertEqual(self.finding(self.analyze("-i", "list", name, seconds=20, **kw))["records"], 20000)

    def test_dev_stdin(self):
        self.put("list", CONTROLLER + "\n")
        self.assertEqual(self.finding(self.analyze("-i", "list", "/dev/stdin", stdin=TELEMETRY["eve"].encode(),
                                                   seconds=10))["records"], 5)

    def test_named_pipe(self):
        self.put("list", CONTROLLER + "\n")
        os.mkfifo(self.path("fifo"))
        writer = os.fork()
        if writer == 0:
            with open(self.path("fifo"), "wb") as f:
                f.write(TELEMETRY["csv-flow"].encode())
            os._exit(0)
        try:
            self.assertEqual(self.finding(self.analyze("-i", "list", "fifo", seconds=10))["records"], 5)
        finally:
            os.kill(writer, signal.SIGKILL)
            os.waitpid(writer, 0)

    def test_standard_input_twice(self):
        self.put("log", TELEMETRY["zeek-tsv"])
        done = self.nezumi("analyze", *e2e.FIXED, "-i", "-", "-", stdin=(CONTROLLER + "\n").encode(), status=2)
        self.assertTrue(done.err.startswith("nezumi: "))

    def test_interrupted(self):
        self.put("list", CONTROLLER + "\n")
        self.put("good.html", "older report")
        for more, sig in (([], signal.SIGINT), (["-q"], signal.SIGINT), ([], signal.SIGTERM)):
            for what, feed in (("while data comes", True), ("while it waits", False)):
                with self.subTest(more=more, what=what, sig=sig):
                    p = self.start("analyze", *e2e.FIXED, *more, "--html", "good.html", "-i", "list", "-", stdin=-1)
                    p.stdin.write(zeek([row()]).encode())
                    p.stdin.flush()
                    time.sleep(0.3)
                    p.send_signal(sig)
                    until = time.monotonic() + e2e.PATIENCE
                    try:
                        while feed and p.poll() is None and time.monotonic() < until:
                            p.stdin.write(b"\n" * 65536)
                    except BrokenPipeError:
                        pass
                    try:
                        p.wait(max(0.1, until - time.monotonic()))
                    except Exception:
                        p.kill()
                        p.wait()
                        self.fail("it does not end")
                    finally:
                        for f in (p.stdin, p.stdout, p.stderr):
                            try:
                                f.close()
                            except BrokenPipeError:
                                pass
                    self.assertIn(p.returncode, (2, 128 + sig, -sig))
                    self.assertEqual(self.get("good.html"), b"older report")
                    self.assertEqual(self.files(), ["good.html", "list"])


if __name__ == "__main__":
    e2e.main()
