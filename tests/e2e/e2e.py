# SPDX-License-Identifier: Apache-2.0
"""What all end-to-end tests share: the binary, a folder of their own, and how to run the one in the other.

The binary is $NEZUMI (else build/release/nezumi). Every run has a limit, no owners' data of this machine and no sanitizer
report; every JSON answer is held against the contract. How long something may take is said in seconds of the processor, which
do not follow what else the machine does; by the clock a run is only ended that hangs.
"""

import atexit

import functools
import io
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import unittest

import contract

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BINARY = os.path.abspath(os.environ.get("NEZUMI") or os.path.join(ROOT, "build/release/nezumi"))
SECONDS = 60    # of the processor
PATIENCE = 900  # by the clock
FIXED = ["--owners", "none", "--no-builtin"]


def _environment():
    keep = {k: v for k, v in os.environ.items() if not k.startswith(("NEZUMI", "XDG_", "LC_")) and k != "NO_COLOR"}
    # Status 1 means "nothing found", so that a sanitizer must end with another one.
    keep.update(LANG="C.UTF-8", TZ="UTC", COLUMNS="80", TERM="xterm",
                ASAN_OPTIONS=os.environ.get("ASAN_OPTIONS", "") + ":exitcode=99",
                LSAN_OPTIONS="exitcode=99", UBSAN_OPTIONS="print_stacktrace=1:exitcode=99")
    return keep


@functools.lru_cache
def sanitized():
    """Whether the binary was built with the address sanitizer."""
    with open(BINARY, "rb") as f:
        return b"__asan_init" in f.read()


@functools.lru_cache
def _clock():
    """The library that sets the program's clock."""
    folder = tempfile.mkdtemp(prefix="nezumi-clock-")
    atexit.register(shutil.rmtree, folder, True)
    path = os.path.join(folder, "later.so")
    cc = next((c for c in ("cc", "gcc", "clang") if shutil.which(c)), None)
    if not cc:
        raise unittest.SkipTest("no compiler, so no clock that can be set")
    subprocess.run([cc, "-D_GNU_SOURCE", "-shared", "-fPIC", "-o", path, os.path.join(ROOT, "tests/e2e/later.c"), "-ldl"], check=True)
    return path


def later(seconds):
    """The environment of a run for which it is so many seconds later."""
    return {"LD_PRELOAD": _clock(), "NEZUMI_TEST_LATER": str(seconds),
            "ASAN_OPTIONS": _environment()["ASAN_OPTIONS"] + ":verify_asan_link_order=0"}


def _hear_signals():
    for s in (signal.SIGINT, signal.SIGTERM):
        signal.signal(s, signal.SIG_DFL)


class Done:
    """How a run ended: status, out (bytes), err (text), rss (peak, bytes), cpu (seconds of the processor)."""

    def __init__(self, status, out, err, usage):
        self.status, self.out, self.err = status, out, err.decode("utf-8", "replace")
        self.rss, self.cpu = usage.ru_maxrss * 1024, usage.ru_utime + usage.ru_stime

    @property
    def text(self):
        return self.out.decode("utf-8")


class Case(unittest.TestCase):
    """A test in a folder of its own, in which the binary runs."""

    longMessage = True
    maxDiff = 4000

    def setUp(self):
        tmp = tempfile.TemporaryDirectory(prefix="nezumi-e2e-")
        self.addCleanup(tmp.cleanup)
        self.dir = tmp.name

    def path(self, name):
        return os.path.join(os.fsencode(self.dir), os.fsencode(name))

    def put(self, name, content):
        """Write a file below the folder; its name comes back."""
        where = self.path(name)
        os.makedirs(os.path.dirname(where), exist_ok=True)
        with open(where, "wb") as f:
            f.write(content.encode() if isinstance(content, str) else content)
        return name

    def get(self, name):
        with open(self.path(name), "rb") as f:
            return f.read()

    def files(self):
        return sorted(os.listdir(self.dir))

    def start(self, *args, env=None, **kw):
        """The binary, started in the test's folder; signals reach it, whatever we were started with."""
        kw = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "preexec_fn": _hear_signals, **kw}
        return subprocess.Popen([BINARY, *args], cwd=self.dir, env={**_environment(), **(env or {})}, **kw)

    def nezumi(self, *args, stdin=b"", stdout=None, status=None, seconds=SECONDS, **kw):
        """Run to the end. stdin: bytes, or an iterable of them, or a file in place of a pipe; stdout: a file instead of a pipe;
        seconds: the most that it may take of the processor (four times as much with a sanitizer)."""
        # Files, not pipes, so that one thread can feed it and wait for its resources.
        with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
            whole = hasattr(stdin, "fileno")
            p = self.start(*args, stdin=stdin if whole else subprocess.PIPE, stdout=stdout or out, stderr=err, **kw)
            watch = _Watch(p)
            try:
                for piece in [] if whole else [stdin] if isinstance(stdin, (bytes, bytearray)) else stdin:
                    p.stdin.write(piece)
                if not whole:
                    p.stdin.close()
            except BrokenPipeError:
                pass
            _, code, usage = os.wait4(p.pid, 0)
            watch.cancel()
            p.returncode = os.waitstatus_to_exitcode(code)
            for f in (out, err):
                f.seek(0)
            done = Done(p.returncode, out.read(), err.read(), usage)
        self.assertFalse(watch.fired, "no end after %d s: %s" % (PATIENCE, " ".join(map(str, args))))
        self.assertNotIn("Sanitizer", done.err)
        self.assertNotIn("runtime error:", done.err)
        self.assertLess(done.cpu, seconds * (4 if sanitized() else 1))
        self.assertGreaterEqual(done.status, 0, "killed by signal %d\n%s" % (-done.status, done.err))
        if status is not None:
            self.assertEqual(done.status, status, done.err)
        return done

    def analyze(self, *args, status=0, **kw):
        """The answer of `analyze --json`, after it was held against the contract."""
        done = self.nezumi("analyze", *FIXED, "--json", *args, status=status, **kw)
        return self.answer(done.out)

    def answer(self, text):
        answer = json.load(io.BytesIO(text))
        self.assertEqual(contract.problems(answer), [])
        return answer

    def finding(self, answer, host=None, controller=None):
        """The only finding (of that host, of that controller)."""
        some = [f for f in answer["findings"] if host in (None, f["host"]) and controller in (None, f["controller"])]
        self.assertEqual(len(some), 1, [(f["host"], f["controller"]) for f in answer["findings"]])
        return some[0]

    def whys(self, answer, path=None):
        return [r["why"] for r in answer["rejected"] if path in (None, r["path"])]

    def input(self, answer, path):
        return next(i for i in answer["inputs"] if i["path"] == path)


class _Watch:
    """Kill a process that does not end."""

    def __init__(self, process):
        self.fired = False
        self.timer = threading.Timer(PATIENCE, self._fire, [process])
        self.timer.daemon = True
        self.timer.start()

    def _fire(self, process):
        self.fired = True
        os.kill(process.pid, 9)

    def cancel(self):
        self.timer.cancel()


def main():
    """Run a module's tests; the last line counts them."""
    if not os.access(BINARY, os.X_OK):
        print("there is no %s; build it or set NEZUMI\n0 passed, 1 failed, 0 skipped" % BINARY)
        sys.exit(1)
    out = io.StringIO()
    program = unittest.main("__main__", exit=False, testRunner=unittest.TextTestRunner(out, verbosity=0))
    result = program.result
    # A test with several failing parts is one failed test.
    bad = {str(getattr(t, "test_case", t)) for t, _ in result.failures + result.errors}
    if bad:
        print(out.getvalue())
    for test, reason in result.skipped:
        print("skip %s: %s" % (test.id().replace("__main__.", ""), reason))
    print("%d passed, %d failed, %d skipped" % (result.testsRun - len(bad) - len(result.skipped), len(bad),
                                                len(result.skipped)))
    sys.exit(1 if bad else 0)
