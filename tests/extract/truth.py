#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The truth of the real reports: what they list, read word by word, with what the eye decided on top.

usage: truth.py [--odd] [--check]

These reports are lists under headings, nearly all of them defanged, so that no pattern is needed that could share a fault
with what is measured: lines are cut at blanks, words lose what stands around them, and what is left is told by what it
is made of. Whatever is not plain by that (a live name, a live link, a number with dots) is printed with --odd, and decided in
reports_eye.json: by file, values to add, to drop, and those about which opinions may differ ("maybe"). The result is
reports.json: facts by file, none of the text. --check says whether reports.json is what would be written.
"""

import ipaddress
import json
import os
import sys

import labels

FOLDER = os.path.join(labels.SHARED, "data/reports/unit42")
HEX = set("0123456789abcdefABCDEF")
NAME = set("abcdefghijklmnopqrstuvwxyz0123456789-_.")
OPEN = {"(": ")", "[": "]", "<": ">", "{": "}", '"': '"', "'": "'", "`": "`"}


def bare(word):
    """A word without brackets, quotes and punctuation around it; a bracketed dot is part of the word."""
    while word:
        first, last = word[0], word[-1]
        if first in OPEN and (last == OPEN[first] or word.count(OPEN[first]) == word.count(first) - (first == OPEN[first])):
            if word.startswith("[.]"):
                break
            word = word[1:-1] if last == OPEN[first] and len(word) > 1 else word[1:]
        elif last in ",;:'\"`>" or last in ")]}" and word.count(last) > word.count({")": "(", "]": "[", "}": "{"}[last]):
            word = word[:-1]
        elif last == "." and not word.endswith("[.]") or first in "'\"`,;":
            word = word[:-1] if last == "." else word[1:]
        elif first in "([<" and OPEN[first] not in word:
            word = word[1:]
        else:
            break
    return word


def plain(word):
    """A word with its dots, colon and scheme as they were."""
    word = word.replace("[.]", ".").replace("[:]", ":").replace("[@]", "@")
    low = word.lower()
    for fanged, scheme in (("hxxps://", "https://"), ("hxxp://", "http://")):
        if low.startswith(fanged):
            return scheme + word[len(fanged):]
    return word


def address(word):
    """The address when it is one, with or without port, of the public internet."""
    host, colon, port = word.partition(":")
    if host.count(".") != 3 or colon and not port.isdigit():
        return None
    try:
        a = ipaddress.IPv4Address(host)
    except ValueError:
        return None
    if not a.is_global:
        return None
    return str(a)


def joined(lines):
    """Lines where a link that runs to the end of one goes on, indented, on the next."""
    out = []
    for line in lines:
        words = line.split()
        before = out[-1].split() if out else []
        if (line[:2] == "  " and len(words) == 1 and before and any(c in before[-1] for c in "/?&=")
                and ("hxxp" in before[-1] or "[.]" in before[-1] or "/" in before[-1])
                and len(out[-1]) > 80 and "[.]" not in words[0].split("/")[0] and not words[0].startswith(("-", "hxxp"))):
            out[-1] += words[0]
        else:
            out.append(line)
    return out


HEADERS = ("received:", "from:", "to:", "cc:", "by ", "for ", "helo", "(", "id ", "with ", "x-", "sender:", "return-path:",
           "reply-to:", "message-id:", "authentication-results", "smtp.", "envelope", "date:", "dkim", "subject:", "header.")
SENDER = ("from:", "reply-to:", "return-path:", "envelope-from")
BENIGN = ("not inherently malicious", "not malicious", "legitimate", "connectivity check", "address check", "legitimate site")


class Report:
    """What one report holds: `found` for sure, `maybe`, and `odd` words that somebody has to look at."""

    def __init__(self, text):
        self.found, self.maybe, self.odd = set(), set(), []
        self.code, self.heading = False, ""
        for line in joined(text.replace("\r", "").split("\n")):
            self.line(line)
        self.maybe -= self.found

    def line(self, line):
        if line.startswith("```"):
            self.code = not self.code
        if self.code:
            return
        low = line.strip("- \t").lower()
        if line.rstrip().endswith(":") and "[.]" not in line:
            self.heading = low
        benign = any(b in low for b in BENIGN)
        header = low.startswith(HEADERS) or "helo" in low or "authenticated sender" in low
        for word in line.replace("\u00a0", " ").split():
            w = bare(word)
            key, equals, value = w.partition("=")
            if equals and "[.]" in value and "/" not in key:
                w = value
            self.word(w, plain(w), line, low, benign, header)

    def add(self, pair, sure=True):
        (self.found if sure else self.maybe).add(pair)

    def word(self, w, p, line, low, benign, header):
        defanged, sure = p != w, not benign
        at = p.find("http")
        if p.lower().startswith(("http://", "https://")):
            if defanged:
                until = p.find("[")
                self.add(labels.canonical("url", p if until < 0 else p[:until]), sure=sure)
                if until > 0:
                    self.add(labels.canonical("url", p), False)
                    self.odd.append(("placeholder", p, line))
            else:
                self.odd.append(("link", p, line))
                for part in p.replace("/", " ").split():
                    if set(part) <= HEX and len(part) in labels.HASHES:
                        self.add(labels.canonical("hash", part), sure=False)
        elif at > 0 or "://" in p:
            self.odd.append(("link inside", p, line))
        elif "@" in p:
            p = p.split(":")[-1]
            if low.startswith(("message-id", "id ")) or "." not in p.split("@")[1] or p.startswith("removed]"):
                self.odd.append(("message id", p, line))
            else:
                sender = any(s in low for s in SENDER)
                self.add(labels.canonical("email", p.rpartition('="')[2].rpartition("<")[2]), sure=sure and (defanged or sender))
                if not defanged and not sender:
                    self.odd.append(("live mail", p, line))
        elif set(p) <= HEX and len(p) in labels.HASHES:
            self.add(labels.canonical("hash", p), sure="hex string" not in low)
        elif p.upper().startswith("CVE-"):
            self.add(labels.canonical("cve", p))
        elif address(p):
            listed = not header or "sending ip" in self.heading
            if defanged or "version" not in low:
                self.add(("ipv4", address(p)), sure=sure and (defanged or listed))
            if not defanged and listed:
                self.odd.append(("live address", p, line))
        elif defanged and set(p.lower().split(":")[0]) <= NAME and not p.endswith("."):
            host = p.partition(":")[0]
            if host.rpartition(".")[2].isdigit():
                self.odd.append(("number", p, line))
            else:
                self.add(labels.canonical("domain", host), sure)
        elif defanged and set(p.split("/")[0].lower()) <= NAME and "/" in p:
            self.add(labels.canonical("url", p.rstrip("-")), sure=sure)
            self.odd.append(("no scheme", p, line))
        elif defanged:
            self.odd.append(("defanged", p, line))
        elif "." in p.strip(".") and "\\" not in p and p.rpartition(".")[2].rstrip(".").isalpha():
            name = labels.canonical("domain", p.rpartition("=")[2])
            if header or " port " in " " + low:
                self.add(name, sure=False)
            elif low.startswith("dns query for "):
                self.add(name)
            else:
                self.odd.append(("live name", p, line))


def decided(name, report, eye):
    """What is found, as the eye has it: {"expect": {type: values}, "maybe": ...}, sorted."""
    e, found = eye.get(name, {}), report.found
    drop = {tuple(v) for v in e.get("drop", [])}
    maybe = report.maybe | {labels.canonical(*v) for v in e.get("maybe", [])}
    unknown = drop - found
    if unknown:
        sys.exit("%s: to be dropped, but not found: %s" % (name, sorted(unknown)))
    for v in e.get("add", []):
        found.add(labels.canonical(*v))
        maybe.discard(labels.canonical(*v))
    out = {"expect": {}, "maybe": [{"type": t, "value": v} for t, v in sorted(maybe)]}
    for kind in labels.TYPES:
        values = [v for t, v in sorted(found) if t == kind and (t, v) not in drop | maybe]
        if values:
            out["expect"][kind] = values
    return out


def main():
    with open(os.path.join(labels.HERE, "reports_eye.json"), encoding="utf-8") as f:
        eye = json.load(f)
    out = {}
    for name in sorted(os.listdir(FOLDER)):
        if name.endswith((".txt", ".md")):
            with open(os.path.join(FOLDER, name), "rb") as f:
                report = Report(labels.decoded(f.read()))
            out[name] = decided(name, report, eye)
            if "--odd" in sys.argv:
                for kind, value, line in report.odd:
                    print("%-12s %-45s %-60s %s" % (kind, value[:120], name, line.strip()[:160]))
    text = "{\n" + ",\n".join("%s: %s" % (json.dumps(n), json.dumps(out[n])) for n in out) + "\n}\n"
    path = os.path.join(labels.HERE, "reports.json")
    if "--check" in sys.argv:
        with open(path, encoding="utf-8") as f:
            same = f.read() == text
        print("%d passed, %d failed" % (same, not same))
        return not same
    if "--odd" not in sys.argv:
        with open(path, "w", encoding="utf-8") as f:
            f.write(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
