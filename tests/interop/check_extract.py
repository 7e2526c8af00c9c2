# SPDX-License-Identifier: Apache-2.0
"""What other people's extractors find in the labelled texts of tests/extract: ours finds more of it, and less else.

They read plain text, so only such texts count; types that one of them does not know count for nobody. tests/extract/compare.py
measures the same in more detail, and how fast each is.
"""

import os
import sys

from interop import ROOT, check, main

sys.path.insert(0, os.path.join(ROOT, "tests/extract"))

import compare  # noqa: E402
import labels   # noqa: E402
import score    # noqa: E402
import tools    # noqa: E402


def plain():
    """Texts that were never looked at for the program's sake, those that were, and hard sentences."""
    exams = [t for path in ("unseen.jsonl", "tune.jsonl") for t in labels.exam(path) if t.suffix in (".txt", ".md")]
    return exams + labels.sentences("held_out.jsonl") + labels.sentences("sentences.jsonl")


def total(tool, types):
    texts = plain()
    for t in texts:
        t.fingerprints = [way for w in t.want for way in w if way[0] == "ja3"]
    found = [{v: more for v, more in got.items() if v[0] in types} for got in tools.RUN[tool](texts)]
    return score.Score(*compare.known(texts, found, types)).total


def ahead(peer):
    types = compare.KNOWN[peer]
    ours, theirs = total("nezumi", types), total(peer, types)
    print("    nezumi %s\n    %s %s" % (ours, peer, theirs))
    assert ours.precision > theirs.precision and ours.recall > theirs.recall


@check
def ioc_finder():
    """ioc-finder is behind in precision and in recall."""
    ahead("ioc-finder")


@check
def iocextract():
    """iocextract is behind in precision and in recall."""
    ahead("iocextract")


if __name__ == "__main__":
    main()
