#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writing: a document is there whole or not at all, and an older one stays until then."""

import os
import resource
import signal
import subprocess

import e2e
from make import CONTROLLER, organisations, row, zeek
from test_files import without_privilege

OLD = "an older report\n"


def no_room():
    """No file may grow beyond 4096 bytes, and writing on is an error, not death."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))


class Output(e2e.Case):
    def setUp(self):
        super().setUp()
        self.put("list", CONTROLLER + "\n")
        self.put("orgs", organisations(*[("203.0.113.%d" % i, "org%d" % i, "Organisation %d" % i, "finance", "MX", "enterprise")
                                         for i in range(100)]))
        self.put("log", zeek([row(at=i, host="203.0.113.%d" % i) for i in range(100)]))
        self.args = ["analyze", *e2e.FIXED, "-i", "list", "-o", "orgs", "log"]
        self.inputs = self.files()

    KINDS = {"html": ["--html", "r"], "md": ["--md", "r"], "json": ["--json=r"]}

    def test_full_disk(self):
        for kind, option in self.KINDS.items():
            for older in (None, OLD):
                with self.subTest(kind=kind, older=older):
                    if older:
                        self.put("r", older)
                    elif os.path.exists(self.path("r")):
                        os.unlink(self.path("r"))
                    # Its own streams are files too, so that they must not be.
                    p = self.start(*self.args, *option, preexec_fn=no_room)
                    _, err = p.communicate(timeout=e2e.PATIENCE)
                    self.assertEqual(p.returncode, 2)
                    self.assertRegex(err, rb"nezumi: .*\br\b")
                    self.assertEqual(self.files(), sorted(self.inputs + ["r"] * bool(older)))
                    if older:
                        self.assertEqual(self.get("r").decode(), OLD)

    def test_full_file_system(self):
        """A real one: 256 KiB in memory, mounted where only the program can see it."""
        script = ('mount -t tmpfs -o size=256k tmpfs full && echo %s >full/r && dd if=/dev/zero of=full/rest bs=1k '
                  '>/dev/null 2>&1; "$@"; echo "status $?"; ls full; cat full/r' % OLD.strip())
        os.mkdir(self.path("full"))
        try:
            subprocess.run(["unshare", "-rm", "mount", "-t", "tmpfs", "tmpfs", self.path("full")], check=True,
                           stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        except (OSError, subprocess.CalledProcessError):
            self.skipTest("no file system may be mounted here")
        for kind, option in self.KINDS.items():
            with self.subTest(kind=kind):
                option = [o.replace("r", "full/r") if o in ("r", "--json=r") else o for o in option]
                done = subprocess.run(["unshare", "-rm", "sh", "-c", script, "sh", e2e.BINARY, *self.args, "-q", *option],
                                      cwd=self.dir, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
                self.assertEqual(done.stdout.decode().split("status ")[-1], "2\nr\nrest\n" + OLD)
                self.assertIn(b"No space left", done.stderr)

    def test_device_that_is_full(self):
        with open("/dev/full", "wb") as full:
            for more in ([], ["--json"], ["--html", "-"], ["--md", "-"], ["-v"]):
                with self.subTest(more=more):
                    self.assertIn("nezumi: ", self.nezumi(*self.args, *more, stdout=full, status=2).err)
        # By a link of our own, so that a mistake cannot replace the machine's.
        os.symlink("/dev/full", self.path("target"))
        for option in (["--html", "target"], ["--md", "target"], ["--json=target"]):
            with self.subTest(option=option):
                self.assertIn("target", self.nezumi(*self.args, *option, status=2).err)
                self.assertTrue(os.path.islink(self.path("target")))

    def test_closed_standard_output(self):
        p = subprocess.run(["sh", "-c", '"$@" >&-', "sh", e2e.BINARY, *self.args, "--json"], cwd=self.dir,
                           stderr=subprocess.PIPE)
        self.assertEqual(p.returncode, 2)
        # What is opened later must not take the place of standard output.
        p = subprocess.run(["sh", "-c", '"$@" >&-', "sh", e2e.BINARY, *self.args, "--html", "r.html"], cwd=self.dir,
                           stderr=subprocess.PIPE)
        self.assertTrue(self.get("r.html").rstrip().endswith(b"</html>"))
        self.assertEqual(self.get("list").decode(), CONTROLLER + "\n")

    def test_closed_standard_error(self):
        self.put("log", self.get("log") + b"broken\n")
        self.nezumi(*self.args, "--html", "want.html", status=0)
        subprocess.run(["sh", "-c", '"$@" 2>&- <&-', "sh", e2e.BINARY, *self.args, "--html", "r.html"], cwd=self.dir,
                       stdout=subprocess.DEVNULL, check=True)
        self.assertEqual(self.get("r.html"), self.get("want.html"))

    def test_two_documents_on_standard_output(self):
        for both in (["--json", "--html", "-"], ["--html", "-", "--md", "-"], ["--json=-", "--md=-"]):
            with self.subTest(both=both):
                self.assertEqual(self.nezumi(*self.args, *both, status=2).out, b"")

    def test_reader_that_goes_away(self):
        for more in (["--json"], ["-v"], ["--html", "-"]):
            with self.subTest(more=more):
                p = self.start(*self.args, *more)
                p.stdout.close()
                err = p.stderr.read()
                p.stderr.close()
                self.assertEqual(p.wait(e2e.PATIENCE), 2, err)
                self.assertIn(b"nezumi: ", err)

    def test_folder_that_is_not_there_or_must_not_be_written(self):
        os.mkdir(self.path("locked"))
        self.put("locked/r", OLD)
        os.chmod(self.path("locked"), 0o500)
        self.addCleanup(os.chmod, self.path("locked"), 0o700)
        for where in ("nowhere/r", "locked/r", "locked/new", "list/r"):
            for option in (["--html", where], ["--md", where], ["--json=" + where]):
                with self.subTest(option=option):
                    done = self.nezumi(*self.args, *option, status=2, preexec_fn=without_privilege)
                    self.assertIn(where, done.err)
        self.assertEqual(os.listdir(self.path("locked")), [b"r"])
        self.assertEqual(self.get("locked/r").decode(), OLD)

    def test_an_analysis_is_not_lost_with_its_report(self):
        done = self.nezumi(*self.args, "--html", "nowhere/r.html", status=2)
        self.assertIn("45.123.3[.]54", done.text)

    def test_a_folder_in_the_way(self):
        os.mkdir(self.path("r"))
        for option in self.KINDS.values():
            with self.subTest(option=option):
                self.nezumi(*self.args, *option, status=2)
                self.assertEqual(self.files(), sorted(self.inputs + ["r"]))

    def test_replaced_as_a_whole(self):
        self.put("r", OLD)
        before = os.stat(self.path("r")).st_ino
        held = open(self.path("r"))
        self.addCleanup(held.close)
        self.nezumi(*self.args, "--html", "r", status=0)
        self.assertNotEqual(os.stat(self.path("r")).st_ino, before)
        self.assertEqual(held.read(), OLD)
        self.assertTrue(self.get("r").rstrip().endswith(b"</html>"))
        self.assertEqual(self.files(), sorted(self.inputs + ["r"]))

    def test_permissions_follow_the_umask(self):
        for mask, mode in ((0o022, 0o644), (0o077, 0o600)):
            with self.subTest(mask=mask):
                name = "r%o" % mask
                self.nezumi(*self.args, "--html", name, status=0, preexec_fn=lambda: os.umask(mask))
                self.assertEqual(os.stat(self.path(name)).st_mode & 0o777, mode)

    def test_permissions_of_an_older_file_stay(self):
        self.put("r", OLD)
        os.chmod(self.path("r"), 0o600)
        self.nezumi(*self.args, "--html", "r", status=0)
        self.assertEqual(os.stat(self.path("r")).st_mode & 0o777, 0o600)

    def test_links_are_followed(self):
        # /dev/stdout is such a link; a mistake must only hit one of our own.
        os.symlink("/proc/self/fd/1", self.path("stdout"))
        os.symlink("real", self.path("link"))
        self.put("real", OLD)
        out = self.nezumi(*self.args, "--json=stdout", "-q", status=0).out
        self.assertTrue(os.path.islink(self.path("stdout")))
        self.assertIn(b'"nezumi":', out)
        self.nezumi(*self.args, "--json=link", status=0)
        self.assertTrue(os.path.islink(self.path("link")))
        self.assertIn(b'"nezumi":', self.get("real"))

    def test_to_pipes_and_devices(self):
        os.symlink("/dev/null", self.path("null"))
        self.nezumi(*self.args, "--html", "null", "--md", "null", "--json=null", status=0)
        self.assertTrue(os.path.islink(self.path("null")))
        os.mkfifo(self.path("fifo"))
        p = self.start(*self.args, "--json=fifo")
        with open(self.path("fifo"), "rb") as f:
            self.assertIn(b'"nezumi":', f.read())
        p.communicate(timeout=e2e.PATIENCE)
        self.assertEqual(p.returncode, 0)

    def test_no_room_to_keep_standard_input(self):
        self.put("names", "evil-example.com\n" + CONTROLLER + "\n")
        log = zeek([row("ssl", server_name="evil-example.com") for _ in range(200)], "ssl")
        p = self.start("analyze", *e2e.FIXED, "-i", "names", "-", stdin=subprocess.PIPE, preexec_fn=no_room)
        _, err = p.communicate(log.encode(), e2e.PATIENCE)
        self.assertEqual(p.returncode, 2)
        self.assertIn(b"nezumi: ", err)
        done = self.nezumi("analyze", *e2e.FIXED, "-i", "names", "-", stdin=log.encode(), env={"TMPDIR": "/nowhere"}, status=2)
        self.assertIn("nezumi: ", done.err)


if __name__ == "__main__":
    e2e.main()
