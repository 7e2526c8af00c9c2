#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Does `nezumi check` believe as the pages say?

    confidence.py [--binary B] [--count N] [--seed N] [--keep DIR] [--all]

Random sources, values, editions, lists and decisions; what is expected comes from docs/confidence.md,
docs/judgement.md (section 1) and docs/data-directory.md alone. A scenario is replayed by its seed. The last line says
`N passed, M failed, K skipped`; exit status 1 if any failed.
"""

import argparse
import concurrent.futures
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time

import judge
import values as v
from inputs import Entry, Exclusions, Indicator, Suffixes, indicator_value

HERE = os.path.dirname(os.path.abspath(__file__))
BINARY = os.path.join(HERE, "..", "..", "build", "release", "nezumi")
DAY = 86400

# What the pages say and the program does not do yet; --all demands it.
NOT_YET = set()

# -- docs/confidence.md ---------------------------------------------------------------------------

RELIABILITY = {"A": 0.95, "B": 0.80, "C": 0.60, "D": 0.35, "E": 0.15, "F": 0.40, None: 0.40}
AGEING = {  # role: (tau in days, delta) of address or network, domain, URL
    "controller": ((120, 0.7), (365, 0.6), (120, 0.7)),
    "payload": ((60, 0.8), (180, 0.7), (45, 1)),
    "phishing": ((30, 1), (90, 1), (30, 1)),
    "other": ((60, 1), (180, 0.8), (60, 1)),
    "sinkhole": ((1095, 0.3),) * 3,
    "scanner": ((30, 1), (180, 0.6), (30, 1)),
    "infected-host": ((21, 1), (60, 1), (21, 1)),
}
COLUMN = {"address": 0, "cidr": 0, "domain": 1, "url": 2}


class Said:
    """What one source says of one value. Times are seconds before the question."""

    def __init__(self, source, text, role, age=None, left=None, confidence=None, port=0):
        self.source, self.text, self.role = source, text, role
        self.gone = None        # days since it was listed last, if it is not listed any more
        self.age, self.left, self.confidence, self.port = age, left, confidence, port
        self.first = None       # when it was seen first, if it was seen again later: seconds before the last time
        self.kind, self.value, self.net, self.host, _ = indicator_value(text)

    def freshness(self):
        if self.left is not None and self.left < 0:
            return 0.0
        if self.kind == "hash":
            return 1.0
        age = self.age
        if age is not None and age < -DAY and self.first is not None:  # it was seen in days to come: that says nothing
            age += self.first
        if age is not None and age < -DAY:
            age = None
        if age is None and self.gone is None:
            return 0.5
        tau, delta = AGEING[self.role][COLUMN[self.kind]]
        t = max(0.0, self.gone if age is None else age / DAY)
        return max(0.0, 1 - (t / tau) ** (1 / delta)) * (0.5 if age is None else 1)

    def past(self):
        """Days since its validity ended; 0 or less: it has not."""
        return -self.left / DAY if self.left is not None else self.gone or 0

    def weight(self, record):
        own = 1.0 if self.confidence is None else self.confidence / 100
        return RELIABILITY[self.source.reliability] * own * record * self.freshness()


class Source:
    def __init__(self, name, reliability):
        self.name, self.reliability = name, reliability
        self.said = []          # in its last edition
        self.aside = []         # in the one before

    def values(self):
        return {s.value for s in self.said}


def copies(a, b):
    both = len(a.values() & b.values())
    return both >= 20 and both >= 0.8 * min(len(a.values()), len(b.values()))


def score_of(weighed):
    """100 x (1 - prod(1 - w)) over witnesses, from the strongest down. weighed: [(weight, Source)]."""
    rest, counted = 1.0, []
    for weight, source in sorted(weighed, key=lambda w: -w[0]):
        if any(source is c or copies(source, c) for c in counted):
            continue
        counted.append(source)
        rest *= 1 - weight
    return 100 * (1 - rest)


# -- docs/judgement.md, section 1; docs/data-directory.md, Asking and Deciding ------------------------

class World:
    """What the data directory has been told."""

    def __init__(self):
        self.sources, self.lists, self.decisions = [], Exclusions(), {}
        self.suffixes = Suffixes()

    def exclude(self, text, cls, name):
        entry = Entry(cls, cls, name, text)
        kind, value, net, _, _ = indicator_value(text)
        if net:
            self.lists.add_net(net, entry)
        else:
            self.lists.add_name(value, text.startswith("."), entry)

    def withheld(self, text):
        kind, value, net, host, _ = indicator_value(text)
        return judge.withheld_reason(Indicator(kind, value, net, host), self.lists, self.suffixes)

    def decision(self, text, ever=False):
        """The narrowest that has not expired (or `ever`) and is the value or holds it."""
        kind, value, net, host, _ = indicator_value(text)
        best = None
        for other, (verdict, left) in self.decisions.items():
            if left is not None and left < 0 and not ever:
                continue
            okind, ovalue, onet, ohost, _ = indicator_value(other)
            narrow = lies(kind, value, net, host, okind, ovalue, onet)
            if narrow is not None and (best is None or narrow > best[0]):
                best = (narrow, verdict)
        return best[1] if best else None

    def record(self, source):
        harmful = {s.value for s in source.said if s.role not in judge.ROLES_KEPT}
        wrong = sum(self.vouched_for(value) for value in harmful)
        return (len(source.values()) + 20 - wrong) / (len(source.values()) + 20)

    def vouched_for(self, value):
        listed, decided = self.withheld(value), self.decision(value, ever=True)
        if listed in ("special-purpose", "too-broad"):
            return False
        if decided or self.allow_within(value, ever=True):
            return decided in (None, "allow")
        return listed == "allow-listed" and indicator_value(value)[0] != "url"  # a page by an analyst only

    def allow_within(self, text, ever=False):
        """Does an allow lie strictly in it?"""
        kind, value, net, host, _ = indicator_value(text)
        if kind not in ("cidr", "domain"):
            return False
        for other, (verdict, left) in self.decisions.items():
            okind, ovalue, onet, ohost, _ = indicator_value(other)
            if verdict == "allow" and (ever or left is None or left > 0) and ovalue != value and okind != "url" \
                    and lies(okind, ovalue, onet, ohost, kind, value, net) is not None:
                return True
        return False

    def gate(self, text):
        """Why it is withheld, decisions included, or None."""
        out, decided = self.withheld(text), self.decision(text)
        if out in ("special-purpose", "too-broad"):
            return out
        if decided == "allow" or self.allow_within(text):
            return "allow-listed"
        return None if decided else out

    def about(self, text):
        """What is said of the value, of what holds it and of a URL's host."""
        kind, value, net, host, _ = indicator_value(text)
        return [s for source in self.sources for s in source.said + source.aside
                if lies(kind, value, net, host, s.kind, s.value, s.net) is not None]

    def counting(self, text):
        """Without what is withheld itself: that accuses nobody else."""
        value = indicator_value(text)[1]
        return [s for s in self.about(text) if s.value == value or not self.gate(s.value)]

    def score(self, text):
        claims = [s for s in self.counting(text) if s.role not in judge.ROLES_KEPT]
        return score_of([(s.weight(self.record(s.source)), s.source) for s in claims])

    def verdict(self, text):
        out, decided, about = self.gate(text), self.decision(text), self.counting(text)
        if out in ("special-purpose", "too-broad"):
            return "suspicious" if [s for s in about if s.role not in judge.ROLES_KEPT] else "unknown"
        if out:
            return "benign"
        if decided:
            return {"block": "malicious", "inform": "suspicious"}[decided]
        if not (self.about(text) if "held by what is withheld" in NOT_YET else about):
            return "unknown"
        return "malicious" if self.score(text) >= 49.5 and not self.provided(text) else "suspicious"

    def action(self, text):
        """(action, reason), or None where a list holds a part of a network only."""
        out, decided = self.gate(text), self.decision(text)
        if out:
            return "none", out
        if decided:
            return decided, "override"
        if not self.about(text):
            return "none", "unlisted"
        rest = self.counting(text)
        if not rest:
            return "none", "withheld"
        if all(s.past() > 30 for s in rest):
            return "none", "expired"
        near = {s.role for s in rest if s.past() <= 30}
        for cls in ("sinkhole", "research", "scanner", "infected-host"):
            if cls in near or self.classed(text, cls):
                return "inform", cls
        if indicator_value(text)[0] != "hash" and self.classed(text, "provider", part=True):
            return "inform", "provider"
        if all(s.past() > 0 for s in rest):
            return "inform", "grace"
        return ("inform", "low-score") if self.score(text) < 49.5 else ("block", "listed")

    def classed(self, text, cls, part=False):
        kind, value, net, host, _ = indicator_value(text)
        ip = v.address(host) if host else None
        if ip:
            net = (ip[0], ip[1], v.BITS[ip[0]])
        if net:
            if cls not in self.lists.nets:
                return False
            if part:
                return bool(self.lists.nets[cls].overlapping(net))
            return any(n[2] <= net[2] for n in nets_over(self.lists.nets[cls], net))
        return kind != "hash" and self.lists.lookup(host or value)[0] == cls

    def provided(self, text):
        return self.classed(text, "provider", part=True)


def nets_over(networks, net):
    return [v.network(e.text) or v.network(e.text + "/%d" % v.BITS[net[0]])
            for _, e in networks.holding((net[0], net[1]))]


def lies(kind, value, net, host, okind, ovalue, onet):
    """How narrow the other value is if it is this one or holds it, else None."""
    if value == ovalue:
        return 1000
    if kind == "url":
        ip = v.address(host)
        if ip:
            net = (ip[0], ip[1], v.BITS[ip[0]])
        else:
            kind, value = "domain", host
            if okind == "domain" and ovalue == value:
                return v.labels(value)
    if net and onet:
        if net[0] == onet[0] and onet[2] <= net[2] and v.mask((net[0], net[1]), onet[2]) == onet[1]:
            return onet[2]
        return None
    if kind == "domain" and okind == "domain" and v.under(value, ovalue):
        return v.labels(ovalue)
    return None


# -- scenarios ------------------------------------------------------------------------------------

class Maker:
    def __init__(self, seed):
        self.r = random.Random(seed)

    def value(self):
        r = self.r
        pick = r.random()
        if pick < 0.30:
            return "45.%d.%d.%d" % (r.choice((77, 78)), r.randrange(2), r.randrange(6))
        if pick < 0.42:
            n = r.choice((14, 16, 20, 24, 24, 28, 30, 31))
            net = v.network("45.%d.%d.%d/%d" % (r.choice((77, 78)), r.randrange(2), r.randrange(6), n))
            return v.network_text(net)
        if pick < 0.50:
            return "2a03:b0c0::%x" % r.randrange(6)
        if pick < 0.56:
            return v.network_text(v.network("2a03:b0c0::%x/%d" % (r.randrange(6), r.choice((31, 32, 64, 126, 127)))))
        if pick < 0.76:
            name = r.choice(("bad-one.net", "bad-two.co.uk", "bad-three.github.io", "worse.org"))
            return "".join(r.choice(("a.", "b.")) for _ in range(r.choice((0, 0, 1, 2)))) + name
        if pick < 0.88:
            host = r.choice((self.plain(), self.plain(), self.host()))
            return "http%s://%s%s/%s" % (r.choice(("", "s")), host, r.choice(("", ":8080")), r.choice(("x", "gate.php?a=1")))
        if pick < 0.96:
            return "%0*x" % (r.choice((32, 40, 64)), r.randrange(1 << 20) + (1 << 100))
        return r.choice(("10.0.0.1", "0.0.0.0/0", "8.0.0.0/8", "co.uk", "github.io", "127.0.0.1", "2001:db8::1"))

    def host(self):
        return self.r.choice(("bad-one.net", "a.bad-one.net", "worse.org"))

    def plain(self):
        return "45.77.%d.%d" % (self.r.randrange(2), self.r.randrange(6))

    def said(self, source, text, times):
        r = self.r
        role = r.choice(("controller",) * 5 + tuple(AGEING))
        age = left = None
        if times and r.random() < 0.8:
            age = r.choice((0.2, 1, 5, 20, 40, 59, 61, 100, 119, 121, 200, 364, 366, 1000)) * DAY + r.randrange(3600)
        if times and r.random() < 0.2:
            left = r.choice((-400, -31, -2, 2, 40)) * DAY
            if age is not None and left < 0 and -left > age:
                age = -left + DAY
        said = Said(source, text, role, age, left, r.choice((None, None, 100, 80, 50, 10, 0)),
                    r.choice((0, 0, 0, 443)))
        if age is not None and r.random() < 0.4:
            said.first = r.choice((0, 1, 30, 400)) * DAY
        return said

    def world(self, clock):
        r, w = self.r, World()
        pool = sorted({self.value() for _ in range(r.randrange(4, 40))})
        for n in range(r.randrange(1, 6)):
            w.sources.append(Source("source %d" % n, r.choice((None, "A", "A", "B", "C", "D", "E", "F"))))
        filler = ["185.%d.%d.%d" % (r.randrange(10, 99), i % 250, r.randrange(250)) for i in range(30)]
        crowd = r.random() < 0.4
        for source in w.sources:
            texts = r.sample(pool, r.randrange(1, len(pool) + 1))
            if crowd and r.random() < 0.7:  # room for copies, at and around the limits
                texts += r.sample(filler, r.choice((18, 22, 25, 30)))
            times = r.random() < 0.85
            source.said = [self.said(source, t, times) for t in texts]
            if r.random() < 0.2:
                source.said += [self.said(source, t, times) for t in r.sample(texts, min(3, len(texts)))]
            if r.random() < 0.3 and clock:
                listed = source.values()
                gone = r.choice((3, 29, 31, 200))
                source.aside = [self.said(source, t, times) for t in pool if indicator_value(t)[1] not in listed]
                for s in source.aside:
                    s.gone = gone
                    if s.age is not None:  # it was seen before it was listed
                        s.age += gone * DAY
        self.files = []
        for cls in ("benign", "provider", "sinkhole"):
            if r.random() < 0.5:
                texts = [t for t in {self.value() for _ in range(r.randrange(1, 4))}
                         if "://" not in t and indicator_value(t)[0] != "hash" and not w.withheld(t)]
                texts = [("." if indicator_value(t)[0] == "domain" and r.random() < 0.4 else "") + t for t in texts]
                if texts:
                    self.files.append((cls, sorted(texts)))
        for cls, texts in self.files:
            for t in texts:
                w.exclude(t, cls, cls)
        if r.random() < 0.5:
            for t in r.sample(pool, r.randrange(1, min(4, len(pool)) + 1)):
                if w.withheld(t) not in ("special-purpose", "too-broad"):
                    w.decisions[indicator_value(t)[1]] = (r.choice(("allow", "inform", "block")), r.choice((None, -5, 5, 80)))
        asked = set(pool) | {self.value() for _ in range(12)} | {t.lstrip(".") for _, ts in self.files for t in ts}
        return w, sorted(asked)


# -- the program ------------------------------------------------------------------------------------

# Preloaded, it sets the program's clock: what is forgotten or expires need not be waited for.
CLOCK = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "e2e", "later.c")


def clock(folder):
    """A library that sets the program's clock, or None without a compiler."""
    path = os.path.join(folder, "clock.so")
    cc = shutil.which(os.environ.get("CC", "cc").split()[0]) or shutil.which("gcc") or shutil.which("clang")
    if not cc:
        return None
    done = subprocess.run([cc, "-D_GNU_SOURCE", "-shared", "-fPIC", "-o", path, CLOCK, "-ldl"], stderr=subprocess.DEVNULL)
    return path if done.returncode == 0 else None


class Program:
    def __init__(self, binary, folder, preload=None):
        self.binary, self.folder, self.preload = binary, folder, preload

    def __call__(self, *args, feed=None, days=0, status=(0,)):
        env = dict(os.environ, NEZUMI_DATA=os.path.join(self.folder, "data"), TZ="UTC", LC_ALL="C.UTF-8")
        if days and self.preload:
            env.update(LD_PRELOAD=self.preload, NEZUMI_TEST_LATER=str(int(days * DAY)))
            env["ASAN_OPTIONS"] = env.get("ASAN_OPTIONS", "") + ":verify_asan_link_order=0"
        done = subprocess.run([self.binary] + list(args), cwd=self.folder, input=feed or "", text=True, env=env,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=900)
        if done.returncode not in status:
            raise RuntimeError("%s: status %d: %s" % (" ".join(args), done.returncode, done.stderr[-300:]))
        return done.stdout


def stamp(seconds):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))


def table(said, now):
    out = ["value,role,port,confidence,first_seen,last_seen,valid_until"]
    for s in said:
        out.append(",".join((s.text, s.role, str(s.port or ""), "" if s.confidence is None else str(s.confidence),
                             "" if s.age is None else stamp(now - s.age - (s.first or 0)),
                             "" if s.first is None else stamp(now - s.age), "" if s.left is None else stamp(now + s.left))))
    return "\n".join(out) + "\n"


def play(seed, binary, keep, preload):
    """Lines that say what differs."""
    maker = Maker(seed)
    w, asked = maker.world(preload)
    base = "/dev/shm" if os.path.isdir("/dev/shm") else None
    folder = tempfile.mkdtemp(prefix="confidence-%d-" % seed, dir=base)
    nezumi, now, wrong = Program(binary, folder, preload), int(time.time()), []
    try:
        for source in w.sources:
            args = ["--reliability", source.reliability] if source.reliability else []
            if source.aside:
                nezumi("import", "-q", "--kind", "indicators", "--source", source.name, *args, "-",
                       feed=table(source.aside + source.said[::2], now), days=-source.aside[0].gone)
            nezumi("import", "-q", "--kind", "indicators", "--source", source.name, *args, "-",
                   feed=table(source.said, now))
        for cls, texts in maker.files:
            with open(os.path.join(folder, cls), "w") as f:
                f.write("\n".join(texts) + "\n")
            nezumi("import", "-q", "--kind", "exclusions", "--class", cls, cls)
        for text, (verdict, left) in w.decisions.items():
            at = "never" if left is None else stamp(now + left * DAY)
            past = left is not None and left < 0
            if past and not preload:
                continue
            nezumi("override", verdict, text, "--reason", "as the oracle wants", "--author", "oracle", "--expires", at,
                   days=left - 5 if past else 0)
        answers = nezumi("check", "--json", "--no-builtin", "--owners", "none", "-", feed="\n".join(asked) + "\n",
                         status=(0, 1)).splitlines()
        if len(answers) != len(asked):
            return ["%d values asked, %d answers" % (len(asked), len(answers))]
        for text, line in zip(asked, answers):
            wrong += differs(w, text, json.loads(line))
    except (RuntimeError, subprocess.TimeoutExpired) as e:
        wrong.append(str(e))
    finally:
        if wrong and keep:
            shutil.copytree(folder, os.path.join(keep, "seed-%d" % seed), dirs_exist_ok=True)
        shutil.rmtree(folder)
    return wrong


def differs(w, text, got):
    """What of the answer is not as the pages say."""
    wrong, score, gate = [], w.score(text), w.gate(text)
    close = abs(score - 49.5) < 0.02
    if got["verdict"] != w.verdict(text) and not close:
        wrong.append("verdict %s, not %s" % (got["verdict"], w.verdict(text)))
    if not gate and abs(got["score"] - score) > 0.51:
        wrong.append("score %s, not %.2f" % (got["score"], score))
    told = (got["withheld"] or {}).get("reason")
    if told != gate:
        wrong.append("withheld %s, not %s" % (told, gate))
    action = w.action(text)
    if (got["action"], got["action_reason"]) != action and not close:
        wrong.append("action %s, %s, not %s" % (got["action"], got["action_reason"], action))
    missing = {(s.source.name, s.value) for s in w.about(text)} - {(i["source"], i["value"]) for i in got["indicators"]}
    if missing:
        wrong.append("nothing said of %s" % sorted(missing))
    return ["%s: %s" % (text, "; ".join(wrong))] if wrong else []


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--binary", default=os.environ.get("NEZUMI", BINARY))
    p.add_argument("--count", type=int, default=300)
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--all", action="store_true", help="also what the program is known not to do yet")
    p.add_argument("--keep", help="a folder for the inputs of scenarios that differ")
    args = p.parse_args()
    if args.all:
        NOT_YET.clear()
    passed = failed = 0
    with tempfile.TemporaryDirectory() as tools, concurrent.futures.ThreadPoolExecutor(2) as pool:
        preload, binary = clock(tools), os.path.abspath(args.binary)
        seeds = range(args.seed, args.seed + args.count)
        for seed, wrong in zip(seeds, pool.map(lambda s: play(s, binary, args.keep, preload), seeds)):
            passed, failed = passed + (not wrong), failed + bool(wrong)
            for line in wrong[:6]:
                print("FAIL confidence seed %d: %s" % (seed, line))
    print("%d passed, %d failed, 0 skipped" % (passed, failed))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
