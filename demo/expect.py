#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Does the demo's answer say what the two documents say?

usage: expect.py [RESULT.json]        (build/demo/result.json unless told otherwise)

Paths in the result are taken as they stand, so run it where the analysis ran.
"""

import gzip
import json
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
KR, US, IN = "115.88.75.245", "192.155.90.90", "45.123.3.54"
FDC_A, FDC_B, ALIBABA = "192.240.110.98", "198.255.100.74", "116.62.60.109"
MOROCCO, ROMANIA, USE_CASE = "196.200.160.201", "31.5.229.224", "108.179.217.238"

passed = failed = 0


def check(what, good, seen=None):
    global passed, failed
    if good:
        passed += 1
        print("ok    " + what)
    else:
        failed += 1
        print("FAIL  " + what + ("" if seen is None else "  -- seen: %s" % (seen,)))


def same(what, seen, expected):
    check(what, seen == expected, "%s, expected %s" % (seen, expected))


class Answer:
    def __init__(self, r):
        self.r = r
        self.controllers = {c["value"]: c for c in r["controllers"]}

    def findings(self, controller=None, org=None):
        return [f for f in self.r["findings"]
                if controller in (None, f["controller"]) and org in (None, f["organisation"]["id"])]

    def orgs(self, *controllers):
        return {f["organisation"]["id"] for c in controllers for f in self.findings(c)}

    def described(self, *controllers):
        return sorted((f["organisation"]["sector"], f["organisation"]["country"]) for i in self.orgs(*controllers)
                      for f in [next(f for f in self.r["findings"] if f["organisation"]["id"] == i)])

    def hosts(self, controller, org=None):
        return {f["host"] for f in self.findings(controller, org)}

    def excluded(self, reason, prefix="", controller=None):
        return [x for x in self.r["excluded"] if x["reason"] == reason and x["host"].startswith(prefix)
                and controller in (None, x["controller"])]


def emotet(a):
    print("Emotet")
    same("115.88.75.245 is held by the four of the report", a.described(KR),
         [("conglomerate", "CL"), ("financial", "EC"), ("financial", "MX"), ("medical devices", "CA")])
    check("more than 40 hosts call 115.88.75.245", len(a.hosts(KR)) > 40, len(a.hosts(KR)))
    check("more than 40 hosts call 192.155.90.90", len(a.hosts(US)) > 40, len(a.hosts(US)))
    alerts = [x for x in a.r["alerts"] if x["rule"] == "controller-shared"]
    check("controller-shared alert for 115.88.75.245", any(x["subject"] == KR for x in alerts), [x["subject"] for x in alerts])
    check("controller-shared alert for 45.123.3.54", any(x["subject"] == IN for x in alerts))
    check("192.155.90.90 stays a controller", US in a.controllers and US not in {w["value"] for w in a.r["withheld"]})
    same("45.123.3.54 holds the seven of its cluster", a.described(IN),
         [("bank", "EC"), ("cable television", "AU"), ("cable television", "CA"), ("energy", "AT"),
          ("financial consulting", "US"), ("machinery", "JP"), ("technology", "CN")])
    same("26 organisations with Emotet", len(a.orgs(KR, US, IN)), 26)
    same("... and none besides", {f["organisation"]["id"] for f in a.r["findings"] if "Emotet" in f["families"]},
         a.orgs(KR, US, IN))
    clusters = {v: a.controllers.get(v, {}).get("cluster") for v in (KR, US, IN)}
    check("45.123.3.54 stands in a cluster of its own",
          clusters[IN] and clusters[IN] not in (clusters[KR], clusters[US]), clusters)
    members = [c for c in a.r["clusters"] if IN in c["controllers"]]
    check("its cluster is its seven organisations", len(members) == 1 and len(members[0]["organisations"]) == 7)
    check("40 hosts of 115.88.75.245 are sure", sum(f["confidence"] == "high" for f in a.findings(KR)) >= 40)
    weak = {f["host"]: f["confidence"] for f in a.findings(KR)}
    same("seven calls in an afternoon are medium, two unanswered ones low",
         (weak.get("203.0.113.94"), weak.get("203.0.113.35")), ("medium", "low"))
    same("two organisations are no better than medium",
         sorted(o["id"] for o in a.r["organisations"] if o["score"] < 75), ["rionerva", "wehrnau"])
    late = a.findings(US, "tandilar")
    check("calls after the window count less", any(f["first_seen"] > "2019-01-10" and f["confidence"] != "high" for f in late))
    mail = [f for f in a.findings(US, "juruvena") if f["host"] == "198.18.8.45"]
    check("a mail server that the controller called is low", [f["confidence"] for f in mail] == ["low"])


def rats(a):
    print("Xtreme RAT")
    same("196.200.160.201: two IT companies and a university", a.described(MOROCCO),
         [("IT services", "JP"), ("IT services", "US"), ("university", "BR")])
    for controller in (ALIBABA, FDC_A, FDC_B):
        check("the European utility has several hosts on %s" % controller, len(a.hosts(controller, "lhotava")) > 1,
              sorted(a.hosts(controller, "lhotava")))
    same("the others of those three controllers", sorted(s for s, _ in a.described(ALIBABA, FDC_A, FDC_B)),
         ["IT", "industrial conglomerate", "telecom", "telecom", "telecom", "utility", "video games"])
    check("test.zzjzpt.com is met by name", a.hosts("test.zzjzpt.com") >= a.hosts(ALIBABA, "lhotava"))
    check("116.62.60.109 was called test.zzjzpt.com", "test.zzjzpt.com" in a.controllers.get(ALIBABA, {}).get("hostnames", []))
    dead = a.findings(FDC_B)
    check("only asked for the name: low", [f["confidence"] for f in a.r["findings"] if f["host"] == "198.18.38.34"] == ["low"])
    check("198.255.100.74 never answered and still betrays its hosts",
          dead and all(f["established"] == 0 for f in dead) and any(f["confidence"] == "high" for f in dead))
    check("101.132.69.78 and 212.46.104.104 hold nobody",
          not a.findings("101.132.69.78") and not a.findings("212.46.104.104"))
    print("ZeroAccess")
    same("31.5.229.224 holds one East Asian IT company", a.described(ROMANIA), [("IT", "KR")])
    print("The Emotet use case")
    for domain in ("orders-dressbarn.com", "homedepot-managepayment.com"):
        check("%s is met" % domain, len(a.findings(domain)) > 0)
    check("... through 108.179.217.238", a.hosts(USE_CASE) == a.hosts("orders-dressbarn.com") | a.hosts("homedepot-managepayment.com"),
          sorted(a.hosts(USE_CASE)))
    check("payload names alone are never more than low",
          all(f["confidence"] == "low" for d in ("orders-dressbarn.com", "homedepot-managepayment.com") for f in a.findings(d)))


def aside(a):
    print("Set aside")
    for what, reason, prefix, controller in (
            ("a scan service by the organisation table", "scanner", "192.0.2.66", None),
            ("scanners by a list", "scanner", "192.0.2.97", None),
            ("hosting customers by the organisation table", "hosting", "198.51.100.10", None),
            ("hosting customers by a list", "hosting", "198.51.100.140", None),
            ("a resolver asking for its users", "resolver", "192.0.2.53", "test.zzjzpt.com"),
            ("a laboratory by the organisation table", "research", "192.0.2.130", None),
            ("a sandbox by a list", "research", "192.0.2.145", None),
            ("a sinkhole operator", "sinkhole", "192.0.2.162", ROMANIA),
            ("Tor exits", "tor", "192.0.2.193", None),
            ("our own monitors", "allow-listed", "192.0.2.241", None),
            ("honest tenants of a shared address", "benign-name", "198.18.66.13", USE_CASE),
            ("a controller scanning in", "inbound-only", "198.18.64.", "101.132.69.78"),
            ("a controller knocking at mail servers", "inbound-only", "198.18.64.", KR),
            ("a UDP peer knocking", "inbound-only", "198.18.32.", ROMANIA),
            ("calls of October, long before", "outside-validity", "203.0.113.232", KR)):
        check("%s: %s" % (reason, what), a.excluded(reason, prefix, controller))
    check("each says which list, entry or record decided", all(x["detail"] for x in a.r["excluded"]),
          [x for x in a.r["excluded"] if not x["detail"]][:3])
    for org in ("tsubasaro", "fjelldal", "oakmere"):
        check("%s is clean" % org, not a.findings(org=org))
    kinds = {f["organisation"]["kind"] for f in a.r["findings"]}
    check("no finding for hosting, resolvers, scanners, research, sinkholes",
          not kinds & {"hosting", "resolver", "scanner", "research", "sinkhole"}, kinds)
    check("no finding on a host in 192.0.2.0/24 or 198.51.100.0/24",
          not [f for f in a.r["findings"] if f["host"].startswith(("192.0.2.", "198.51.100."))])
    print("Withheld")
    reasons = {}
    for w in a.r["withheld"]:
        reasons.setdefault(w["value"], set()).add(w["reason"])
    for value, reason in (("0.0.0.0/0", "special-purpose"), ("10.0.0.0/8", "special-purpose"), ("127.0.0.1", "special-purpose"),
                          ("169.254.169.254", "special-purpose"), ("2001:db8::bad:cafe", "special-purpose"),
                          ("115.0.0.0/8", "too-broad"), ("2a00::/12", "too-broad"), ("co.jp", "too-broad"),
                          ("8.8.8.8", "allow-listed"), ("8.8.4.4", "allow-listed"), ("8.8.8.0/24", "allow-listed"),
                          ("1.1.1.1", "allow-listed"), ("2001:4860:4860::8888", "allow-listed"), ("198.41.0.4", "allow-listed"),
                          ("www.google.com", "allow-listed"), ("ipinfo.io", "allow-listed")):
        check("%s: %s" % (value, reason), reason in reasons.get(value, ()), reasons.get(value))
    check("none of the documents' own indicators is withheld",
          not set(reasons) & {KR, US, IN, FDC_A, FDC_B, ALIBABA, MOROCCO, ROMANIA, USE_CASE, "test.zzjzpt.com"})


def inputs(a):
    print("Inputs")
    telemetry = [i for i in a.r["inputs"] if i["kind"] == "telemetry"]
    same("four formats were recognised", {i["format"] for i in telemetry}, {"zeek-tsv", "zeek-json", "eve", "argus"})
    same("lines that cannot be read", sum(i["malformed"] for i in telemetry), 6)
    check("... are named with file and line",
          len([x for x in a.r["rejected"] if x["why"] and x["line"] > 0]) == 6)
    check("at least 200,000 records", a.r["totals"]["records"] >= 200000, a.r["totals"]["records"])
    texts, wrong = {}, []
    for f in a.r["findings"]:
        for e in f["evidence"][:1]:
            if e["path"] not in texts:
                opener = gzip.open if e["path"].endswith(".gz") else open
                with opener(e["path"], "rb") as file:
                    texts[e["path"]] = file.read().split(b"\n")
            if f["host"].encode() not in texts[e["path"]][e["line"] - 1]:
                wrong.append((f["host"], e["path"], e["line"]))
    check("every finding's first piece of evidence is that line of that file",
          not wrong and all(f["evidence"] for f in a.r["findings"]), wrong[:3])


def main():
    path = sys.argv[1] if len(sys.argv) > 1 else os.path.join(HERE, "..", "build", "demo", "result.json")
    with open(path, encoding="utf-8") as f:
        a = Answer(json.load(f))
    for part in (emotet, rats, aside, inputs):
        part(a)
    print("%d passed, %d failed" % (passed, failed))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
