#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""nezumi extract beside iocextract and ioc-finder: the same texts, the same labels, the same bytes.

usage: compare.py [--megabytes N]

What is fair: the peers run in their own virtual environment (requirements.txt, made below $BUILD on the first run), refang
what they can, and their types are put into our words (tools.py says how). Types that a tool does not know are left out of its
recall, and an MD5 that is labelled as JA3 is right for who does not know JA3. Hosts of URLs and values about which opinions differ
count for nobody and against nobody. A live link of an article counts as wrong, for that is the task; a second figure leaves live
links out for everybody. `sentences`, `held_out`, the
two documents of ../shared and the reports are counted apart; pages and mails are left out, for the peers read plain text.
Speed is the CPU time of a whole process that reads one file made of the reports in turns and writes what it finds. The peers
get three turns of the reports, and each report by itself, for one of them takes time that grows with the square of a text; ours
gets the same three turns as one text, and a file of N megabytes. Without reports (../shared) it is made of the sentences.
"""

import argparse
import os
import re
import resource
import subprocess
import sys
import tempfile
import venv

import labels
import score
import tools

KNOWN = {"nezumi": set(labels.TYPES),
         "ioc-finder": set(labels.TYPES) - {"ja3", "jarm"},
         "iocextract": {"ipv4", "ipv6", "domain", "url", "email", "md5", "sha1", "sha256", "sha512"}}
READ = "import sys; texts = open(sys.argv[1], encoding='utf-8').read().split('\\f')\n"
WHOLE = {"ioc-finder": READ + "from ioc_finder import find_iocs\nfor t in texts:\n"
                       "  for k, v in find_iocs(t, included_ioc_types=%r).items(): print(k, v)" % list(tools.FINDER),
         "iocextract": READ + "import iocextract\nfor t in texts:\n"
                       "  for v in iocextract.extract_iocs(t, refang=True): print(v)"}


def ready():
    """The Python of the peers' environment."""
    build = os.environ.get("BUILD") or os.path.join(tools.ROOT, "build")
    folder, wanted = os.path.join(build, "venv-extract"), os.path.join(labels.HERE, "requirements.txt")
    stamp = os.path.join(folder, "ready")
    if not os.path.exists(stamp) or os.path.getmtime(stamp) < os.path.getmtime(wanted):
        venv.create(folder, with_pip=True, clear=True)
        subprocess.run([os.path.join(folder, "bin/pip"), "install", "--quiet", "--disable-pip-version-check", "-r", wanted],
                       check=True)
        open(stamp, "w").close()
    return os.path.join(folder, "bin/python")


def known(texts, found, types):
    """Texts and finds without what a tool does not know."""
    for t in texts:
        t.want = [w for w in t.want if any(kind in types for kind, _ in w)]
        if "ja3" not in types:
            t.maybe |= {("md5", v) for kind, v in t.fingerprints}
    return texts, found


def quality(tool):
    for part, texts in score.parts(True):
        if part in ("documents", "tune", "unseen"):
            continue
        if not texts:
            print("skip %s: the real texts are absent" % part)
            continue
        for t in texts:
            t.fingerprints = [way for w in t.want for way in w if way[0] == "ja3"]
        texts, found = known(texts, tools.RUN[tool](texts), KNOWN[tool])
        whole = score.Score(texts, found).total
        for t in texts:
            for link in re.findall(r"https?://[^\s<>\"'()]+", t.body):
                pair = labels.canonical("url", link.rstrip(".,;:\u3002\u3001"))
                t.maybe |= {pair} | labels.hosts(pair)
        print("%-11s %-10s %s; %.4f without live links" % (tool, part, whole, score.Score(texts, found).total.precision))


def seconds(command):
    """CPU time of a process and its children."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    p = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False, timeout=1200)
    if p.returncode:
        sys.exit("%s ended with status %d: %s" % (command[0], p.returncode, p.stderr.decode("utf-8", "replace")[-500:]))
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def speed(megabytes, python):
    """MB/s of each on the same bytes, and of ours on more of them."""
    parts = dict(score.parts(True))
    texts = parts["reports"] or parts["sentences"]
    unit = "\f".join(t.body for t in texts).encode("utf-8") + b"\f"
    rates = {}
    with tempfile.TemporaryDirectory() as folder:
        for tool, size in (("nezumi", megabytes), ("nezumi", 0), ("ioc-finder", 0), ("iocextract", 0)):
            path = os.path.join(folder, "%s-%d.txt" % (tool, size))
            with open(path, "wb") as f:
                for _ in range(max(3, size * 1000000 // len(unit))):
                    f.write(unit)
            n = os.path.getsize(path)
            command = [tools.BINARY, "extract", "--json", path] if tool == "nezumi" else [python, "-c", WHOLE[tool], path]
            took = min(seconds(command) for _ in range(3 if tool == "nezumi" else 1))
            rates[tool] = max(n / 1e6 / max(took, 1e-4), rates.get(tool, 0))
            print("%-11s %9.3f MB in %8.3f s of CPU: %10.3f MB/s" % (tool, n / 1e6, took, n / 1e6 / max(took, 1e-4)))
    for tool in ("ioc-finder", "iocextract"):
        print("nezumi is %.0f times as fast as %s" % (rates["nezumi"] / rates[tool], tool))


def main():
    p = argparse.ArgumentParser(usage=__doc__.split("usage: ")[1].split("\n")[0])
    p.add_argument("--megabytes", type=int, default=100)
    p.add_argument("--one", choices=tools.RUN, help=argparse.SUPPRESS)
    args = p.parse_args()
    if args.one:
        quality(args.one)
        return 0
    python = ready()
    for tool in tools.RUN:
        sys.stdout.flush()
        subprocess.run([python if tool != "nezumi" else sys.executable, os.path.abspath(__file__), "--one", tool], check=True)
    speed(args.megabytes, python)
    return 0


if __name__ == "__main__":
    sys.exit(main())
