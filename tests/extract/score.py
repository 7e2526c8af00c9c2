#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""How much of what texts hold `nezumi extract` finds, and how much of what it finds they hold.

usage: score.py [-v] [--held-out] [--via TOOL] [PART...]

Parts: sentences, documents, sources, reports, tune (all by default), held_out and unseen (with --held-out, or named). Values
count by type and value, each once in a text. -v prints what was missed and what was wrong, but of unseen never: who mends the
program must not look there. TOOL is nezumi ($NEZUMI, else build/release/nezumi), or, where they are installed, ioc-finder or
iocextract. Status 1 when a part is below 0.99 in precision or 0.98 in recall.
"""

import argparse
import collections
import sys

import labels
import tools

PRECISION, RECALL = 0.99, 0.98
WHOLE = 800  # characters, from which on a text counts among the long ones


def parts(held_out):
    """(name, texts) of each part that is here."""
    yield "sentences", labels.sentences("sentences.jsonl")
    if held_out:
        yield "held_out", labels.sentences("held_out.jsonl")
    yield "documents", labels.pages("documents.jsonl")
    yield "sources", labels.documents("sources.json", "sources")
    yield "reports", labels.documents("reports.json", "data/reports/unit42")
    yield "tune", labels.exam("tune.jsonl")
    if held_out:
        yield "unseen", labels.exam("unseen.jsonl")


def ratio(a, b):
    return a / b if b else 1.0


class Count:
    """Met, missed and wrong values of a group of texts."""

    def __init__(self):
        self.met = self.missed = self.wrong = 0

    def add(self, met, missed, wrong):
        self.met, self.missed, self.wrong = self.met + met, self.missed + missed, self.wrong + wrong

    @property
    def precision(self):
        return ratio(self.met, self.met + self.wrong)

    @property
    def recall(self):
        return ratio(self.met, self.met + self.missed)

    def __str__(self):
        return "precision %.4f  recall %.4f  (%d met, %d missed, %d wrong)" % (
            self.precision, self.recall, self.met, self.missed, self.wrong)


def mistakes(t, got):
    """What is not right in one text: [(what, type, value, more)] of all that its labels say."""
    off = []
    for v, port in t.ports.items():
        if v in got and got[v].get("port") != port:
            off.append(("port", *v, "is %s instead of %s" % (got[v].get("port"), port)))
    for v, ways in t.status.items():
        if v in got and got[v].get("status") not in ways:
            off.append(("status", *v, "is %s instead of %s" % (got[v].get("status"), " or ".join(ways))))
    return off


def beside(t, got):
    """Family, role and date: [(what, type, value, more)] and how often each was asked."""
    off, asked = [], collections.Counter()
    for v, said in t.said.items():
        for key, want in said.items():
            if v in got:
                asked[key] += 1
                if (got[v].get(key) or "").lower() not in want.lower().split("|"):
                    off.append((key, *v, "is %s instead of %s" % (got[v].get(key), want)))
    return off, asked


class Score:
    """What came of a part: counts in all, by type and by language, and what is wrong in which text."""

    def __init__(self, texts, found):
        self.total, self.groups, self.wrong = Count(), collections.defaultdict(Count), {}
        self.notes, self.asked, self.off = {}, collections.Counter(), collections.Counter()
        for t, got in zip(texts, found):
            met, missed, wrong = t.judge(set(got))
            self.total.add(len(met), len(missed), len(wrong))
            self.groups["in " + t.lang].add(len(met), len(missed), len(wrong))
            if len(t.body) >= WHOLE:
                self.groups["in long"].add(len(met), len(missed), len(wrong))
            for i, values in enumerate((met, missed, wrong)):
                for kind, _ in values:
                    self.groups[kind].add(*[int(i == k) for k in range(3)])
            off = mistakes(t, got)
            other, asked = beside(t, got)
            self.asked.update(asked)
            self.asked["port"] += sum(v in got for v in t.ports)
            self.asked["status"] += sum(v in got for v in t.status)
            self.off.update(o[0] for o in off + other)
            if missed or wrong or off:
                self.wrong[t.label] = [("missed", *v, "") for v in missed] + [("wrong", *v, "") for v in wrong] + off
            if other:
                self.notes[t.label] = other

    @property
    def good(self):
        return self.total.precision >= PRECISION and self.total.recall >= RECALL

    def lines(self, everything=False):
        """Figures only: no text shows."""
        for g in sorted(self.groups, key=lambda g: (g.startswith("in "), g)):
            if everything or g == "in long" or self.groups[g].missed or self.groups[g].wrong:
                yield "    %-10s %s" % (g, self.groups[g])
        for what in sorted(self.asked):
            if self.asked[what]:
                yield "    %s right in %d of %d" % (what, self.asked[what] - self.off[what], self.asked[what])

    def told(self, texts):
        """Each text that is not right, with what is wrong in it."""
        for t in texts:
            if t.label in self.wrong or t.label in self.notes:
                yield "%s%s" % (t.label, t.about and ": " + t.about)
                if t.label in self.wrong and t.about and len(t.body) < 2000:
                    yield "    text   %r" % t.body
                for what in self.wrong.get(t.label, []) + self.notes.get(t.label, []):
                    yield ("    %-6s %s %s %s" % what).rstrip()


def references(texts):
    """How many links are told apart as references, and of how many."""
    links = [(i, v) for i, t in enumerate(texts) for v in t.references]
    everything = tools.nezumi(texts, "--all") if links else []
    return sum(everything[i].get(v, {}).get("class") == "reference" for i, v in links), len(links)


def main():
    p = argparse.ArgumentParser(usage=__doc__.split("usage: ")[1].split("\n")[0])
    p.add_argument("-v", action="store_true")
    p.add_argument("--held-out", action="store_true")
    p.add_argument("--via", default="nezumi", choices=tools.RUN)
    p.add_argument("parts", nargs="*")
    args = p.parse_args()
    passed = failed = 0
    for part, texts in parts(args.held_out or {"held_out", "unseen"} & set(args.parts)):
        if args.parts and part not in args.parts:
            continue
        if not texts:
            print("skip %s: the real texts are absent" % part)
            continue
        result = Score(texts, tools.RUN[args.via](texts))
        good = result.good
        print("%-10s %5d texts  %s" % (part, len(texts), result.total))
        print("\n".join(result.lines(args.v)))
        told, links = references(texts) if args.via == "nezumi" else (0, 0)
        if links:
            good = good and told == links
            print("    links told apart as references: %d of %d" % (told, links))
        if args.v and part != "unseen":
            print("\n".join(result.told(texts)))
        passed, failed = passed + good, failed + (not good)
    print("%d passed, %d failed" % (passed, failed))
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
