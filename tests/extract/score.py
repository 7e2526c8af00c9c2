#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""How much of what texts hold `nezumi extract` finds, and how much of what it finds they hold.

usage: score.py [-v] [--held-out] [--via TOOL] [PART...]

Parts: sentences, documents, sources, reports (all by default), held_out (with --held-out). Values count by type and value, each once in
a text. -v prints what was missed and what was wrong. TOOL is nezumi ($NEZUMI, else build/release/nezumi), or, where they
are installed, ioc-finder or iocextract. Status 1 when a part is below 0.99 in precision or 0.98 in recall.
"""

import argparse
import collections
import sys

import labels
import tools

PRECISION, RECALL = 0.99, 0.98


def parts(held_out):
    """(name, texts) of each part that is here."""
    yield "sentences", labels.sentences("sentences.jsonl")
    if held_out:
        yield "held_out", labels.sentences("held_out.jsonl")
    yield "documents", labels.pages("documents.jsonl")
    yield "sources", labels.documents("sources.json", "sources")
    yield "reports", labels.documents("reports.json", "data/reports/unit42")


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


def measure(texts, found):
    """Count over all, by type and by language; and lines about each text that is not right."""
    total, groups, said, ports = Count(), collections.defaultdict(Count), [], [0, 0]
    statuses = [0, 0]
    for t, got in zip(texts, found):
        met, missed, wrong = t.judge(set(got))
        total.add(len(met), len(missed), len(wrong))
        groups["in " + t.lang].add(len(met), len(missed), len(wrong))
        for i, values in enumerate((met, missed, wrong)):
            for kind, _ in values:
                groups[kind].add(*[int(i == k) for k in range(3)])
        off = [(v, p, got[v].get("port")) for v, p in t.ports.items() if v in got and got[v].get("port") != p]
        ports = [ports[0] + len([v for v in t.ports if v in got]), ports[1] + len(off)]
        other = [(v, s, got[v].get("status")) for v, s in t.status.items() if v in got and got[v].get("status") not in s]
        statuses = [statuses[0] + len([v for v in t.status if v in got]), statuses[1] + len(other)]
        if missed or wrong or off or other:
            said.append("%s%s" % (t.label, t.about and ": " + t.about))
            if t.about:
                said.append("    text   %r" % t.body)
            said += ["    missed %s %s" % v for v in missed] + ["    wrong  %s %s" % v for v in wrong]
            said += ["    port   %s %s is %s instead of %s" % (*v, is_, p) for v, p, is_ in off]
            said += ["    status %s %s is %s instead of %s" % (*v, is_, " or ".join(s)) for v, s, is_ in other]
    return total, groups, said, {"ports": ports, "statuses": statuses}


def main():
    p = argparse.ArgumentParser(usage=__doc__.split("usage: ")[1].split("\n")[0])
    p.add_argument("-v", action="store_true")
    p.add_argument("--held-out", action="store_true")
    p.add_argument("--via", default="nezumi", choices=tools.RUN)
    p.add_argument("parts", nargs="*")
    args = p.parse_args()
    passed = failed = 0
    for part, texts in parts(args.held_out or "held_out" in args.parts):
        if args.parts and part not in args.parts:
            continue
        if not texts:
            print("skip %s: the real texts are absent" % part)
            continue
        total, groups, said, more = measure(texts, tools.RUN[args.via](texts))
        good = total.precision >= PRECISION and total.recall >= RECALL
        print("%-10s %5d texts  %s" % (part, len(texts), total))
        for g in sorted(groups, key=lambda g: (g.startswith("in "), g)):
            if args.v or groups[g].missed or groups[g].wrong:
                print("    %-10s %s" % (g, groups[g]))
        for what, (n, off) in more.items():
            if n:
                print("    %s right in %d of %d" % (what, n - off, n))
        links = [(t, v) for t in texts for v in sorted(t.references)]
        if links and args.via == "nezumi":
            everything = dict(zip([t.label for t in texts], tools.nezumi(texts, "--all")))
            told = [v for t, v in links if everything[t.label].get(v, {}).get("class") == "reference"]
            good = good and len(told) == len(links)
            print("    links told apart as references: %d of %d" % (len(told), len(links)))
        if args.v:
            print("\n".join(said))
        passed, failed = passed + good, failed + (not good)
    print("%d passed, %d failed" % (passed, failed))
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
