# SPDX-License-Identifier: Apache-2.0
"""STIX patterns: what they match by OASIS's matcher, and what their grammar says by OASIS's validator.

NEZUMI_SEED repeats a run; without it the seed is always the same.
"""

import json
import os
import random
import re

from stix2 import v21
from stix2matcher.matcher import Pattern
from stix2patterns.validator import run_validator

from interop import T0, Probe, analyze, check, conn, hostile_binaries, look, main, nezumi, put, same, zeek

SEED = int(os.environ.get("NEZUMI_SEED", "20181202"))
ADDRESSES = ["45.123.3.54", "45.123.3.55", "45.123.4.1", "115.88.75.245", "2a01:4f8:1:2::7"]
NETWORKS = ["45.123.3.0/24", "45.123.3.54/31", "115.88.0.0/16"]
NAMES = ["a.evil-one.com", "b.evil-one.com", "evil-two.com", "x.y.evil-three.com"]
LIKE_NAMES = ["%.evil-one.com", "%.y.evil-three.com"]
PORTS = [80, 443, 8080]
KIND = {True: "ipv6-addr", False: "ipv4-addr"}


def quoted(v):
    return str(v) if isinstance(v, int) else "'" + v.replace("\\", "\\\\").replace("'", "\\'") + "'"


def sample(r, values):
    return ", ".join(quoted(v) for v in r.sample(values, r.randint(1, len(values))))


# ---- the same as the matcher -----------------------------------------------------------------------

def value_test(r, path, values, likes=(), nets=()):
    how = r.choice(["=", "=", "IN"] + ["LIKE"] * bool(likes) + ["ISSUBSET"] * bool(nets))
    if how == "IN":
        return "%s IN (%s)" % (path, sample(r, values))
    return "%s %s %s" % (path, how, quoted(r.choice({"=": values, "LIKE": likes, "ISSUBSET": nets}[how])))


def term(r):
    """Something that names values that network records show, perhaps with ports."""
    v6 = r.random() < 0.2
    values = [a for a in ADDRESSES if (":" in a) == v6]
    which = r.randint(0, 4)
    if which == 0:
        # The matcher knows networks of IPv4 only, and fails where it meets anything else.
        return value_test(r, KIND[v6] + ":value", values, *([] if v6 else [["45.123.3.%", "45.123.%"], NETWORKS]))
    if which == 1:
        return value_test(r, "domain-name:value", NAMES, LIKE_NAMES)
    address = value_test(r, "network-traffic:dst_ref.value", values)
    port = "network-traffic:dst_port IN (%s)" % sample(r, PORTS) if r.random() < 0.3 else \
        "network-traffic:dst_port = %d" % r.choice(PORTS)
    parts = [address, port] if which == 2 else [address]
    if r.random() < 0.5:
        parts.append("network-traffic:dst_ref.type = '%s'" % KIND[v6])
    if r.random() < 0.5:
        parts.append("network-traffic:protocols[*] = 'tcp'")
    r.shuffle(parts)
    return r.choice(["%s", "(%s)"]) % " AND ".join(parts)


def alternatives(r):
    """Terms joined by OR within and between observations, with blanks, comments and qualifiers that change nothing."""
    out = []
    for _ in range(r.randint(1, 3)):
        terms = [term(r) for _ in range(r.randint(1, 3))]
        inner = r.choice([" OR ", "\tOR\n", " OR /* or */ "]).join(terms)
        out.append(r.choice(["[%s]", "[ %s ]", "([%s])", "[(%s)]", "[%s] REPEATS 1 TIMES", "([%s]) WITHIN 60 SECONDS",
                             "[%s] START t'2018-01-01T00:00:00Z' STOP t'2019-01-01T00:00:00.5Z'"]) % inner)
    return " OR ".join(out)


def observed(p):
    """What a record shows, as the library's objects."""
    if p.value[-1].isalpha():
        objects = [v21.DomainName(value=p.value)]
    else:
        end = v21.IPv6Address(value=p.value) if ":" in p.value else v21.IPv4Address(value=p.value)
        objects = [end, v21.NetworkTraffic(dst_ref=end, dst_port=p.port, protocols=[end.type[:4], "tcp"])]
    seen = v21.ObservedData(object_refs=objects, number_observed=1, first_observed="2018-12-02T08:00:00Z",
                            last_observed="2018-12-02T08:00:00Z")
    return [json.loads(v21.Bundle(seen, *objects).serialize())]


def bundle(patterns):
    return json.dumps({"type": "bundle", "id": "bundle--1", "objects": [
        {"type": "indicator", "spec_version": "2.1", "id": "indicator--%04d" % i, "pattern": p, "pattern_type": "stix",
         "valid_from": "2018-01-01T00:00:00Z"} for i, p in enumerate(patterns)]})


@check
def as_the_matcher():
    """random patterns of alternatives match what OASIS's matcher says that they match, port by port."""
    r = random.Random(SEED)
    probes = [Probe(a, port) for a in ADDRESSES for port in PORTS] + [Probe(n) for n in NAMES]
    shown = {p: observed(p) for p in probes}
    for i in range(60):
        pattern = alternatives(r)
        by_matcher = Pattern(pattern, "2.1")
        want = {p for p in probes if by_matcher.match(shown[p], False)}
        got, answer = look([put("b.json", bundle([pattern]))], probes)
        got = {p for p, s in got.items() if s and s.how in ("on", "named")}
        same(sorted(got), sorted(want), "seed %d, pattern %d: %s\nrejected: %s"
             % (SEED, i, pattern, [x["why"] for x in answer["rejected"]]))


# ---- the same grammar as the validator -------------------------------------------------------------

PATHS = ["ipv4-addr:value", "domain-name:value", "url:value", "network-traffic:dst_port", "file:hashes.'SHA-256'",
         "file:hashes.MD5", "file:extensions.'windows-pebinary-ext'.sections[*].entropy", "process:name",
         "network-traffic:extensions.'http-request-ext'.request_header.'User-Agent'", "email-message:from_ref.value",
         "windows-registry-key:values[0].data", "x-custom:a_b.c", "artifact:payload_bin"]
LITERALS = ["'45.123.3.54'", "'it\\'s \\\\'", "''", "'鼠'", "0", "-5", "80", "443", "65536", "99999999999999999999",
            "1.5", "-0.5",
            "true", "false", "t'2018-12-02T08:00:00Z'", "t'2018-12-02T08:00:00.123456Z'", "h'00ff'", "b'AAAA'",
            "'a.evil-one.com'", "'%.evil-one.com'", "'http://evil-two.com/?a=1'", "'45.123.3.0/24'", "'" + "ab" * 32 + "'"]


def any_test(r):
    path = r.choice(PATHS)
    if r.random() < 0.05:
        return "EXISTS " + path
    if "hashes" in path:  # the validator looks at what they are compared to
        return "%s = '%s'" % (path, "Ab" * (16 if "MD5" in path else 32))
    op = r.choice(["=", "!=", "<>", "==", "<", "<=", ">", ">=", "IN", "LIKE", "MATCHES", "ISSUBSET", "ISSUPERSET"])
    negated = r.choice(["", "", "", "NOT "])
    strings = [x for x in LITERALS if x[0] == "'"]
    if op == "IN":
        right = "(%s)" % ", ".join(r.sample(LITERALS, r.randint(1, 4)))
    else:
        ordered = [x for x in LITERALS if x not in ("true", "false")]
        right = r.choice(strings if op[0] in "LMI" else ordered if op[0] in "<>" else LITERALS)
    return "%s %s%s %s" % (path, negated, op, right)


def any_comparison(r, depth=0):
    if depth > 2 or r.random() < 0.4:
        return any_test(r)
    parts = [any_comparison(r, depth + 1) for _ in range(r.randint(2, 3))]
    return r.choice(["%s", "(%s)", "( %s )"]) % r.choice([" AND ", " OR "]).join(parts)


def any_pattern(r, depth=0):
    if depth > 2 or r.random() < 0.5:
        out = "[%s]" % any_comparison(r)
    else:
        parts = [any_pattern(r, depth + 1) for _ in range(r.randint(2, 3))]
        out = r.choice(["%s", "(%s)"]) % r.choice([" AND ", " OR ", " FOLLOWEDBY "]).join(parts)
        out = out if out[0] == "(" and out[-1] == ")" else "(%s)" % out
    if r.random() < 0.3:
        out += r.choice([" WITHIN 5 SECONDS", " WITHIN 0.5 SECONDS", " REPEATS 3 TIMES",
                         " START t'2018-01-01T00:00:00Z' STOP t'2019-01-01T00:00:00Z'"])
    return out


def damaged(r, pattern):
    """A few places of it cut out, doubled, or replaced."""
    s = list(pattern)
    for _ in range(r.randint(1, 3)):
        at = r.randrange(len(s))
        s[at:at + r.randint(0, 4)] = r.choice(["", "'", "\\", "[", "]", "(", ")", "AND", " OR ", "t'", "\0", "/*", "//", "鼠",
                                               "\U0010ffff", pattern[:at]])
    return "".join(s)


# How the program says that it cannot make out a pattern (anything else speaks about what the pattern means).
SYNTAX = re.compile(r"pattern, byte \d+: ")


def complaints(patterns):
    """{number of pattern: what is said of it}, from one run over all."""
    telemetry = put("conn.log", zeek("conn", [conn("10.1.1.1", a) for a in ADDRESSES]))
    lists = [put("p/%04d.json" % i, bundle([p])) for i, p in enumerate(patterns)]
    answer = analyze("-i", "p", telemetry)
    same([i["path"] for i in answer["inputs"] if i["kind"] == "indicators"], lists, "files of indicators")
    out = {}
    for x in answer["rejected"]:
        out.setdefault(lists.index(x["path"]), []).append(x["why"])
    for binary in hostile_binaries()[1:]:
        analyze("-i", "p", telemetry, binary=binary)
    return out


@check
def as_the_grammar():
    """random patterns that OASIS's validator accepts are understood, all of the grammar."""
    r = random.Random(SEED)
    patterns = [any_pattern(r) for _ in range(200)]
    valid = [p for p in patterns if run_validator(p, stix_version="2.1") == []]
    assert len(valid) > 150, "only %d of %d patterns are valid" % (len(valid), len(patterns))
    said = complaints(valid)
    wrong = ["%s\n    %s" % (valid[i], w) for i, whys in said.items() for w in whys if SYNTAX.search(w)]
    same("\n".join(wrong[:5]), "", "seed %d: %d valid patterns are not understood" % (SEED, len(wrong)))


@check
def damaged_patterns():
    """random damage to patterns never ends the program, and of what the validator refuses nearly all is told."""
    r = random.Random(SEED + 1)
    patterns = [damaged(r, r.choice([any_pattern, alternatives])(r)) for _ in range(200)]
    said = complaints(patterns)
    bad = [i for i, p in enumerate(patterns) if run_validator(p, stix_version="2.1")]
    # A backslash too many and a time that is none, where no time matters, may pass.
    silent = [patterns[i] for i in bad if i not in said]
    assert len(silent) <= len(bad) // 30, "seed %d: %d of %d invalid patterns are taken without a word:\n%s" % (
        SEED, len(silent), len(bad), "\n".join(silent))


@check
def open_comment():
    """a comment that is not closed hides no values without a word."""
    pattern = "[ipv4-addr:value = '%s'] /* OR [ipv4-addr:value = '%s']" % tuple(ADDRESSES[:2])
    assert run_validator(pattern, stix_version="2.1"), "the validator takes it"
    _, answer = look([put("b.json", bundle([pattern]))], [Probe(ADDRESSES[1])])
    same(len(answer["rejected"]), 1, "rejected")


@check
def huge_patterns():
    """very deep, very long and never ending patterns are refused or read, in time."""
    many = " OR ".join("ipv4-addr:value = '45.%d.%d.%d'" % (i >> 14 & 127, i >> 7 & 127, i & 127) for i in range(60000))
    patterns = ["[" * 100000, "(" * 100000, "[" + "(" * 100000 + "a:b = 1", "[%s]" % many, "NOT " * 100000,
                "[a:b = '" + "x" * 10**6,
                "[a:b IN (" + "1," * 10**6, "[/*" + "*" * 10**6, "[ipv4-addr:value = '45.123.3.54']" + " AND [a:b=1]" * 50000,
                "[%s]" % " AND ".join(["network-traffic:dst_ref.value IN (%s)" % sample(random.Random(1), ADDRESSES),
                                       "network-traffic:dst_port IN (%s)" % ",".join(map(str, range(1, 60000)))])]
    for binary in hostile_binaries():
        for p in patterns:
            put("b.json", bundle([p]))
            nezumi("analyze", "--json", "--owners", "none", "-i", "b.json",
                   put("conn.log", zeek("conn", [conn("10.1.1.1", ADDRESSES[0], at=T0)])), binary=binary)


if __name__ == "__main__":
    main()
