# SPDX-License-Identifier: Apache-2.0
"""The contract of `analyze --json`: which keys, in which order, of which type, and how lists are sorted.

Further keys may stand anywhere; those named here keep their names, order and types.
"""

import re

ORGANISATION = {"id": str, "name": str, "sector": str, "country": str, "kind": str}
EVIDENCE = {"path": str, "line": int, "time": "time", "kind": {"flow", "dns", "tls", "http"}}
FINDING = {
    "host": str, "organisation": ORGANISATION, "asn": int, "as_name": str, "country": str, "controller": str,
    "port": int, "protocol": str, "families": [str], "sources": [str], "records": int, "records_other_port": int,
    "established": int, "bytes_out": int, "bytes_in": int, "first_seen": "time", "last_seen": "time", "days": int,
    "score": int, "confidence": {"high", "medium", "low"}, "reasons": [str], "evidence": [EVIDENCE]}
ANSWER = {
    "nezumi": str,
    "window": {"from": "time?", "to": "time?"},
    "inputs": [{"path": str, "kind": {"indicators", "telemetry", "organisations", "exclusions"}, "format": str,
                "records": int, "malformed": int, "bytes": int}],
    "totals": {k: int for k in ("records", "matched", "excluded", "controllers", "hosts", "organisations", "findings")},
    "findings": [FINDING],
    "controllers": [{"value": str, "families": [str], "country": str, "asn": int, "as_name": str, "hosts": int,
                     "organisations": int, "records": int, "first_seen": "time", "last_seen": "time",
                     "hostnames": [str], "cluster": int, "action": {"block", "inform", "none"}, "action_reason": str}],
    "organisations": [{**ORGANISATION, "hosts": int, "controllers": [str], "families": [str], "first_seen": "time",
                       "last_seen": "time", "score": int}],
    "clusters": [{"id": int, "controllers": [str], "organisations": [str]}],
    "alerts": [{"rule": str, "severity": str, "subject": str, "message": str, "evidence": list}],
    "excluded": [{"host": str, "controller": str, "reason": str, "detail": str, "records": int}],
    "withheld": [{"value": str, "reason": str, "detail": str, "source": str}],
    "rejected": [{"path": str, "line": int, "why": str}]}

TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")


def problems(answer):
    """What is wrong with an answer, as a list of sentences."""
    out = _shape(answer, ANSWER, "answer")
    return out or _sorting(answer) + _sums(answer)


def _shape(v, want, where):
    if isinstance(want, dict):
        if not isinstance(v, dict):
            return ["%s is no object" % where]
        if [k for k in v if k in want] != list(want):
            return ["%s has the keys %s" % (where, " ".join(v))]
        return [p for k in want for p in _shape(v[k], want[k], where + "." + k)]
    if isinstance(want, list):
        if not isinstance(v, list):
            return ["%s is no list" % where]
        return [p for i, one in enumerate(v) for p in _shape(one, want[0], "%s[%d]" % (where, i))]
    if isinstance(want, set):
        return [] if v in want else ["%s is %r" % (where, v)]
    if want == "time?" and v is None:
        return []
    if want in ("time", "time?"):
        return [] if isinstance(v, str) and TIME.fullmatch(v) else ["%s is no time: %r" % (where, v)]
    return [] if type(v) is want else ["%s is %r" % (where, v)]


def _sorting(a):
    orders = {
        "findings": lambda f: (-f["score"], f["host"].encode(), f["controller"].encode()),
        "controllers": lambda c: (-c["organisations"], -c["hosts"], c["value"].encode())}
    return ["%s are not sorted" % k for k, order in orders.items() if a[k] != sorted(a[k], key=order)]


def _sums(a):
    out = []
    for name in ("controllers", "organisations", "findings"):
        if a["totals"][name] != len(a[name]):
            out.append("totals.%s is not the length of the list" % name)
    if a["totals"]["hosts"] != len({f["host"] for f in a["findings"]}):
        out.append("totals.hosts is not the number of hosts with findings")
    if {c["value"] for c in a["controllers"]} != {f["controller"] for f in a["findings"]}:
        out.append("controllers are not those of the findings")
    if len({(f["host"], f["controller"]) for f in a["findings"]}) != len(a["findings"]):
        out.append("a host and controller have two findings")
    for f in a["findings"]:
        if len(f["evidence"]) > 10 or not f["evidence"]:
            out.append("a finding has %d places of evidence" % len(f["evidence"]))
        if not 0 <= f["score"] <= 100:
            out.append("a score is %d" % f["score"])
        if f["confidence"] != ("high" if f["score"] >= 75 else "medium" if f["score"] >= 50 else "low"):
            out.append("score %d is %s" % (f["score"], f["confidence"]))
        if not f["first_seen"].rstrip("Z") <= f["last_seen"].rstrip("Z") or not f["reasons"]:
            out.append("a finding without reasons or with its times crossed")
    for path in {r["path"] for r in a["rejected"]}:
        n = sum(r["path"] == path for r in a["rejected"])
        known = sum(i["malformed"] for i in a["inputs"] if i["path"] == path)
        if n > 100 * sum(i["path"] == path for i in a["inputs"]):
            out.append("more than 100 rejected lines are told of %s" % path)
        if n > known:
            out.append("%d rejected lines of %s, but %d malformed" % (n, path, known))
    return out
