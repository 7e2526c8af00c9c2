# SPDX-License-Identifier: Apache-2.0
"""Texts of one thing over and over, which must not take more time than they are long; and texts that were damaged.

Time is that of the processor, the best of a few runs: other work on the machine hardly tells.
"""

import os
import random
import resource
import subprocess
import tempfile

import tools

MEGA = 1 << 20
TIMES, GRACE = 6.0, 0.04

KINDS = {
    "dots": ".", "brackets": "[", "brackets closed": "]", "defanged dots": "[.]", "half a name": "evil[.", "hxxp": "hxxp", "schemes": "hxxps://",
    "slashes": "http:////", "hex": "0123456789abcdef", "hex by lines": "deadbeefcafe\n", "at signs": "a@", "at words": "a[at]b",
    "doubled colons": "1::", "colons": "a:", "numbers": "1.", "digits": "7", "blanks and dots": " . ", "word dot": "a dot ",
    "hyphens at line ends": "a-\n", "URL that goes on": "hxxp://a.com/b?\n  ", "entities": "&#x5b;", "ampersands": "&", "tags": "<b>",
    "tags left open": "<", "links": "<a href='http://a.com/'>", "zero width": "a\u200b", "full width": "\uff41\u3002", "ideographs": "\u901a\u4fe1\u5148",
    "backslashes": "\\.", "table cells": "|a", "headings": "# IOC\n", "quotes of mail": "> ", "semicolons": "a;b=c&", "combining": "e\u0301.",
    "names": "a.com ", "percent": "%2e", "brackets in URLs": "http://a.com/([{",
    "paths without end": "a.com/a;", "brackets in paths without end": "a.com/a(",
}


def seconds(path):
    """Of the processor, one run."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run([tools.BINARY, "extract", "--json", path], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, timeout=900,
                          env=dict(os.environ, NEZUMI_DATA=path + ".data"))
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode not in (0, 1):
        raise RuntimeError("status %d: %s" % (done.returncode, done.stderr[:300]))
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def linear(piece, suffix, folder, tries=4):
    """Whether four megabytes take at most six times what one takes; and both times."""
    paths = []
    for size in (1, 4):
        paths.append(os.path.join(folder, "%d%s" % (size, suffix)))
        with open(paths[-1], "w", encoding="utf-8") as f:
            f.write(piece * (size * MEGA // len(piece.encode("utf-8")) + 1))
    one, four = 1e9, 1e9
    for _ in range(tries):
        one, four = min(one, seconds(paths[0])), min(four, seconds(paths[1]))
        if four <= TIMES * one + GRACE:
            return True, one, four
    return False, one, four


def check():
    """(passed, what is wrong): each kind as text, some as a page and a mail too."""
    passed, wrong = 0, []
    with tempfile.TemporaryDirectory() as folder:
        for name, piece in KINDS.items():
            for suffix in (".txt", ".html", ".eml") if set(piece) & set("<&>a") else (".txt",):
                try:
                    good, one, four = linear(piece, suffix, folder)
                    why = "%.2f s for 1 MB, %.2f s for 4 MB" % (one, four)
                except (RuntimeError, subprocess.TimeoutExpired) as e:
                    good, why = False, str(e)
                passed += good
                if not good:
                    wrong.append("%s (%s): %s" % (name, suffix[1:], why))
    return passed, wrong


PIECES = ["[.]", "[", "]", "(", "hxxp://", "://", "\\", ".", "..", "\u3002", "@", "::", "/", "&#x", "=3D", "\n", "\r\n", "  ", "-\n", "\u200b",
          "\u202e", "\ufeff", "\uff0e", "\u0301", "\U0001f525", "\x1f"]


class Damaged:
    """Part of a text with pieces put in, cut out, doubled, and mixed with another one's: plain UTF-8 again."""

    suffix = ".txt"

    def __init__(self, number, bodies, chance):
        self.label, body = "damaged %d" % number, chance.choice(bodies)
        for _ in range(chance.randrange(1, 40)):
            at, what = chance.randrange(len(body) + 1), chance.randrange(4)
            other = chance.choice(bodies)
            start = chance.randrange(len(other))
            body = body[:at] + (chance.choice(PIECES) if what < 2 else other[start:start + chance.randrange(200)] if what == 2 else "") + \
                body[at + (chance.randrange(30) if what == 3 else 0):]
        self.raw = self.plain = body.encode("utf-8")


def damaged(bodies, count=300, seed=1):
    """The same ones each time."""
    chance = random.Random(seed)
    return [Damaged(i, bodies, chance) for i in range(count)]
