# SPDX-License-Identifier: Apache-2.0
"""STIX that the stix2 library writes, 2.0 and 2.1: values, ports, families, sources and validity as the library means them."""

import os

from stix2 import FileSystemSink, MemoryStore, ObjectPath, patterns, v20, v21

from interop import DAY, T0, Probe, Seen, check, look, main, put, read, same

A, B, C, D, E = "45.123.3.54", "115.88.75.245", "31.5.229.224", "116.62.60.109", "192.240.110.98"
V6 = "2a01:4f8:1:2::7"
NAME = "beacon.evil-one.com"
URL = "http://evil-two.com/gate.php?id=1&x=it's"
FROM, UNTIL = "2018-12-01T00:00:00Z", "2018-12-05T00:00:00Z"
BOTH = (("2.0", v20), ("2.1", v21))


def indicator(v, pattern, **more):
    said = {"labels": ["malicious-activity"]} if v is v20 else \
        {"pattern_type": "stix", "indicator_types": ["malicious-activity"]}
    return v.Indicator(pattern=pattern, **{"valid_from": FROM, **said, **more})


def malware(v, name):
    if v is v20:
        return v20.Malware(name=name, labels=["trojan"])
    return v21.Malware(name=name, is_family=True, malware_types=["trojan"])


def bundle(v, *objects, name="b.json", **how):
    return put(name, v.Bundle(*objects, **how).serialize(pretty=True))


def seen(files, want, records, malformed=0):
    """{probe: Seen} for everything that is looked for, and how many indicators were read."""
    files = [files] if isinstance(files, str) else files
    got, answer = look(files, want)
    same(got, want)
    counts = [read(answer, f) for f in files]
    same((sum(n for n, _ in counts), sum(n for _, n in counts)), (records, malformed),
         "indicators and malformed ones of %s" % [r["why"] for r in answer["rejected"]])
    return answer


def on(value, *families, how="on", source="b.json"):
    return Seen(value, how, families, (source,))


# ---- patterns --------------------------------------------------------------------------------------

def p_eq(path, value):
    return patterns.EqualityComparisonExpression(path, value)


# What the library's own classes write: (expression, how many values it has, {what is looked for: what is seen}).
V4 = ObjectPath("ipv4-addr", ["value"])
DST = ObjectPath("network-traffic", [patterns.ReferenceObjectPathComponent("dst_ref"), "value"])
PORT = ObjectPath("network-traffic", ["dst_port"])
WRITTEN = [
    (patterns.ObservationExpression(p_eq(V4, A)), 1, {Probe(A): on(A), Probe(B): None}),
    (patterns.ObservationExpression(p_eq(ObjectPath("ipv6-addr", ["value"]), V6)), 1, {Probe(V6): on(V6)}),
    (patterns.ObservationExpression(patterns.InComparisonExpression(V4, [A, B])), 2,
     {Probe(A): on(A), Probe(B): on(B), Probe(C): None}),
    (patterns.ObservationExpression(patterns.OrBooleanExpression([p_eq(V4, A), p_eq(V4, B)])), 2,
     {Probe(A): on(A), Probe(B): on(B)}),
    (patterns.OrObservationExpression([patterns.ObservationExpression(p_eq(V4, A)),
                                       patterns.ObservationExpression(p_eq(V4, B))]), 2,
     {Probe(A): on(A), Probe(B): on(B)}),
    (patterns.ObservationExpression(patterns.IsSubsetComparisonExpression(V4, "31.5.229.0/24")), 1,
     {Probe(C): on(C), Probe("31.5.228.255"): None, Probe("31.5.230.0"): None}),
    (patterns.ObservationExpression(patterns.LikeComparisonExpression(V4, "31.5.%")), 1,
     {Probe(C): on(C), Probe("31.6.0.1"): None}),
    (patterns.ObservationExpression(patterns.AndBooleanExpression([p_eq(DST, A), p_eq(PORT, 8080)])), 1,
     {Probe(A, 8080): on(A, how="named"), Probe(A, 443): on(A, how="off")}),
    (patterns.ObservationExpression(patterns.AndBooleanExpression(
        [p_eq(DST, A), patterns.InComparisonExpression(PORT, [80, 8080])])), 2,
     {Probe(A, 80): on(A, how="named"), Probe(A, 8080): on(A, how="named"), Probe(A, 443): on(A, how="off")}),
    (patterns.ObservationExpression(patterns.AndBooleanExpression(
        [patterns.ParentheticalExpression(patterns.OrBooleanExpression([p_eq(DST, A), p_eq(DST, B)])),
         p_eq(PORT, 8080)])), 2,
     {Probe(A, 8080): on(A, how="named"), Probe(B, 8080): on(B, how="named"), Probe(B, 443): on(B, how="off")}),
    (patterns.ObservationExpression(p_eq(ObjectPath("domain-name", ["value"]), NAME)), 1,
     {Probe(NAME): on(NAME), Probe("x." + NAME): on(NAME), Probe("evil-one.com"): None}),
    (patterns.ObservationExpression(patterns.LikeComparisonExpression("domain-name:value", "%.evil-one.com")), 1,
     {Probe(NAME): on("evil-one.com"), Probe("notevil-one.com"): None}),
    (patterns.ObservationExpression(p_eq(ObjectPath("url", ["value"]), URL)), 1,
     {Probe(URL): on(URL), Probe(URL.replace("id=1", "id=2")): None, Probe("http://evil-two.com/"): None}),
    (patterns.QualifiedObservationExpression(
        patterns.ObservationExpression(p_eq(V4, A)),
        patterns.StartStopQualifier(patterns.TimestampConstant("2018-12-02T00:00:00Z"),
                                    patterns.TimestampConstant("2018-12-03T00:00:00Z"))), 1,
     {Probe(A): on(A), Probe(A, at=T0 - DAY): Seen(A, "outside"), Probe(A, at=T0 + DAY): Seen(A, "outside")}),
    (patterns.QualifiedObservationExpression(
        patterns.ParentheticalExpression(patterns.FollowedByObservationExpression(
            [patterns.ObservationExpression(p_eq(V4, A)), patterns.ObservationExpression(p_eq(V4, B))])),
        patterns.WithinQualifier(300)), 2, {Probe(A): on(A), Probe(B): on(B)}),
    (patterns.QualifiedObservationExpression(patterns.ObservationExpression(p_eq(V4, A)), patterns.RepeatQualifier(5)),
     1, {Probe(A): on(A)}),
    (patterns.ObservationExpression(p_eq("file:hashes.'SHA-256'", patterns.HashConstant("ab" * 32, "SHA-256"))), 1,
     {Probe(A): None}),
]


@check
def patterns_of_the_library():
    """patterns of the library's classes: the values they name, on their ports, in their time, and no others."""
    for version, v in BOTH:
        for expression, records, want in WRITTEN:
            try:
                seen(bundle(v, indicator(v, str(expression))), want, records)
            except AssertionError as e:
                raise AssertionError("STIX %s %s\n%s" % (version, expression, e)) from None


@check
def negation():
    """what a pattern only excludes is listed by nobody."""
    for v in (v20, v21):
        negated = patterns.ObservationExpression(patterns.AndBooleanExpression(
            [patterns.EqualityComparisonExpression(DST, A, negated=True), p_eq(DST, B)]))
        for pattern in (str(negated), "[ipv4-addr:value != '%s']" % A, "[ipv4-addr:value NOT IN ('%s')]" % A):
            got, answer = look([bundle(v, indicator(v, pattern))], [Probe(A)])
            same(got, {Probe(A): None}, pattern)
            same(read(answer, "b.json")[1], 1, "malformed of " + pattern)


@check
def with_a_process():
    """a value that counts only together with a process or a path is told, and not listed alone."""
    pattern = "[network-traffic:dst_ref.value = '%s'] AND [process:command_line MATCHES '^evil']" % A
    got, answer = look([bundle(v21, indicator(v21, pattern))], [Probe(A)])
    same(got, {Probe(A): None})
    assert "process" in answer["rejected"][0]["why"], answer["rejected"]


@check
def other_languages():
    """patterns in other languages (Snort, YARA, ...) are told as such."""
    rules = [v21.Indicator(pattern="alert tcp any any -> %s any (sid:1;)" % A, pattern_type=t, valid_from=FROM,
                           indicator_types=["malicious-activity"]) for t in ("snort", "yara", "sigma", "pcre")]
    answer = seen(bundle(v21, *rules, indicator(v21, "[ipv4-addr:value = '%s']" % B)),
                  {Probe(A): None, Probe(B): on(B)}, 1, malformed=4)
    assert all("STIX language" in r["why"] for r in answer["rejected"]), answer["rejected"]


# ---- validity --------------------------------------------------------------------------------------

@check
def validity():
    """valid_from and valid_until are kept to the microsecond, in both versions."""
    for version, v in BOTH:
        # 2.0 has milliseconds. At valid_until itself STIX's indicator is no longer valid, ours still is.
        fraction, step = (".250Z", 0.001) if v is v20 else (".250001Z", 0.000001)
        exact = 0.25 if v is v20 else 0.250001
        b = bundle(v, indicator(v, "[ipv4-addr:value = '%s']" % A, valid_from="2018-12-02T08:00:00" + fraction,
                                valid_until="2018-12-03T08:00:00" + fraction),
                   indicator(v, "[ipv4-addr:value = '%s']" % B, valid_from="2018-12-02T08:00:00" + fraction))
        out = Seen(A, "outside")
        try:
            seen(b, {Probe(A, at=T0 + exact - step): out, Probe(A, at=T0 + exact): on(A),
                     Probe(A, at=T0 + DAY + exact - step): on(A), Probe(A, at=T0 + DAY + exact + step): out,
                     Probe(B, at=T0): Seen(B, "outside"), Probe(B, at=T0 + 3000 * DAY): on(B)}, 2)
        except AssertionError as e:
            raise AssertionError("STIX %s: %s" % (version, e)) from None


@check
def revoked():
    """a revoked indicator is withheld; of several versions the last one modified counts."""
    for v in (v20, v21):
        first = indicator(v, "[ipv4-addr:value = '%s']" % A)
        other = indicator(v, "[ipv4-addr:value = '%s']" % B)
        later = other.new_version(pattern="[ipv4-addr:value = '%s']" % C)
        b = bundle(v, first.revoke(), first, later, other)
        answer = seen(b, {Probe(A): None, Probe(B): None, Probe(C): on(C)}, 2)
        same([(w["value"], w["reason"]) for w in answer["withheld"]], [(A, "expired")])


# ---- objects about indicators ----------------------------------------------------------------------

@check
def families():
    """malware that an indicator indicates is its family, the identity that created it its source."""
    for v in (v20, v21):
        by = v.Identity(name="Example CERT", identity_class="organization")
        one, two, actor = malware(v, "Heodo"), malware(v, "Odd <b>name"), \
            v.ThreatActor(name="Some Bear", **({"labels": ["spy"]} if v is v20 else {"threat_actor_types": ["spy"]}))
        a = indicator(v, "[ipv4-addr:value = '%s']" % A, created_by_ref=by.id)
        b = indicator(v, "[ipv4-addr:value = '%s']" % B)
        c = indicator(v, "[ipv4-addr:value = '%s']" % C)
        ties = [v.Relationship(a, "indicates", one), v.Relationship(b, "indicates", one),
                v.Relationship(b, "indicates", two), v.Relationship(c, "indicates", actor),
                v.Relationship(c, "indicates", two).revoke()]
        # "Heodo" is shown as Emotet. Two families are two indicators.
        seen(bundle(v, by, one, two, actor, a, b, c, *ties),
             {Probe(A): on(A, "Emotet", source="Example CERT"), Probe(B): on(B, "Emotet", "Odd <b>name"),
              Probe(C): on(C)}, 4)


@check
def roles():
    """indicators of benign things are not read; of what is merely anomalous they are, and not as controllers."""
    def one(words, address):
        pattern = "[network-traffic:dst_ref.value = '%s' AND network-traffic:dst_port = 443]" % address
        return indicator(v, pattern, **{"labels" if v is v20 else "indicator_types": words})

    for v in (v20, v21):
        b = bundle(v, one(["benign"], A), one(["malicious-activity"], B), one(["anomalous-activity"], C))
        named = on(B, how="named")
        seen(b, {Probe(A): None, Probe(B): named, Probe(C): on(C, how="named")._replace(role="other")}, 2)


@check
def infrastructure():
    """what a malware's infrastructure consists of is its controllers; a victim's or unknown infrastructure is nothing."""
    bot = malware(v21, "XtremeRAT")
    c2 = v21.Infrastructure(name="panel", infrastructure_types=["command-and-control"])
    relay = v21.Infrastructure(name="relay", infrastructure_types=["unknown"])
    bystander = v21.Infrastructure(name="shop", infrastructure_types=["unknown"])
    a, b, c, d = (v21.IPv4Address(value=x) for x in (A, B, C, D))
    name = v21.DomainName(value=NAME, resolves_to_refs=[c.id])
    ties = [v21.Relationship(bot, "beacons-to", c2), v21.Relationship(c2, "consists-of", a),
            v21.Relationship(c2, "consists-of", name), v21.Relationship(bot, "exfiltrates-to", relay),
            v21.Relationship(relay, "consists-of", b), v21.Relationship(bystander, "consists-of", c),
            v21.Relationship(bot, "communicates-with", d, start_time=FROM, stop_time=UNTIL)]
    x = "Xtreme RAT"
    seen(bundle(v21, bot, c2, relay, bystander, a, b, c, d, name, *ties),
         {Probe(A): on(A, x), Probe(NAME): on(NAME, x), Probe(B): on(B, x), Probe(C): None, Probe(D): on(D, x),
          Probe(D, at=T0 + 4 * DAY): Seen(D, "outside")}, 4)


@check
def observed_data():
    """observed data is context, but for what an indicator is based on: then the destination counts, not the victim."""
    src, dst, alone = (v21.IPv4Address(value=x) for x in (E, A, B))
    traffic = v21.NetworkTraffic(src_ref=src, dst_ref=dst, dst_port=8080, protocols=["ipv4", "tcp"])
    seen_once = dict(first_observed=FROM, last_observed=FROM, number_observed=1)
    basis = v21.ObservedData(object_refs=[src, dst, traffic], **seen_once)
    context = v21.ObservedData(object_refs=[alone], **seen_once)
    ind = indicator(v21, "[ipv4-addr:value = '%s']" % C)
    seen(bundle(v21, src, dst, alone, traffic, basis, context, ind, v21.Relationship(ind, "based-on", basis)),
         {Probe(A, 8080): on(A, how="named"), Probe(E, 8080): None, Probe(B): None, Probe(C): on(C)}, 2)


@check
def everything_else():
    """sightings, markings, notes, reports, languages and extensions beside indicators neither list nor hide anything."""
    ind = indicator(v21, "[ipv4-addr:value = '%s']" % A, object_marking_refs=[v21.TLP_AMBER], lang="ja",
                    name="指標\u202e \"quoted\"", external_references=[{"source_name": "x", "url": "http://x.invalid/"}],
                    granular_markings=[{"marking_ref": v21.TLP_RED, "selectors": ["name"]}])
    victim = v21.Identity(name="Victim", identity_class="organization")
    where = v21.Location(country="CL")
    host = v21.IPv4Address(value=B)
    others = [v21.TLP_AMBER, v21.TLP_RED, victim, where, host,
              v21.Sighting(sighting_of_ref=ind, where_sighted_refs=[victim], count=3),
              v21.Note(content="see " + C, object_refs=[ind]), v21.Opinion(opinion="agree", object_refs=[ind]),
              v21.Report(name="r", published=FROM, object_refs=[ind], report_types=["indicator"]),
              v21.Grouping(context="suspicious-activity", object_refs=[ind]),
              v21.LanguageContent(object_ref=ind, contents={"en": {"name": "x"}}),
              v21.AutonomousSystem(number=15139), v21.Campaign(name="c"), v21.CourseOfAction(name="block " + D),
              v21.Relationship(host, "belongs-to", v21.AutonomousSystem(number=15139)),
              v21.Vulnerability(name="CVE-2018-0001"),
              {"type": "x-custom", "id": "x-custom--6f1e3d3a-0b8f-4c6e-9c39-0c0a2b0a4c11", "spec_version": "2.1",
               "created": FROM, "modified": FROM, "value": D, "objects": [{"type": "indicator"}]}]
    seen(bundle(v21, *others, ind, allow_custom=True),
         {Probe(A): on(A), Probe(B): None, Probe(C): None, Probe(D): None}, 1)


# ---- ways to hand objects over ---------------------------------------------------------------------

@check
def stores():
    """files of the library's memory and file system stores are read, objects in files of their own too."""
    ind = indicator(v21, "[ipv4-addr:value = '%s']" % A)
    other = indicator(v21, "[domain-name:value = '%s']" % NAME)
    MemoryStore([ind, other, malware(v21, "x")]).save_to_file("memory.json")
    seen("memory.json", {Probe(A): on(A, source="memory.json"), Probe(NAME): on(NAME, source="memory.json")}, 2)
    for bundled in (False, True):
        os.mkdir("store%d" % bundled)
        FileSystemSink("store%d" % bundled, bundlify=bundled).add([ind, other])
        got, answer = look(["store%d" % bundled], [Probe(A), Probe(NAME), Probe(B)])
        same([p.value for p, s in got.items() if s], [A, NAME], "store, bundlify=%s" % bundled)
        same(answer["rejected"], [])


@check
def envelopes():
    """the envelope of a TAXII server, a bare list of objects and one object alone are read like a bundle."""
    ind = indicator(v21, "[ipv4-addr:value = '%s']" % A).serialize()
    for text in ('{"more":true,"next":"2","objects":[%s]}' % ind, "[%s]" % ind, ind):
        seen(put("b.json", text), {Probe(A): on(A), Probe(B): None}, 1)


@check
def many():
    """a bundle of 20,000 indicators is read whole."""
    addresses = ["45.%d.%d.%d" % (100 + i // 10000, i // 100 % 100, i % 100 + 1) for i in range(20000)]
    # One of the library's objects, its value replaced: the library takes a minute for so many.
    one = indicator(v21, "[ipv4-addr:value = '%s']" % A)
    template = one.serialize().replace(one.id, "ID").replace(A, "ADDRESS")
    objects = ",\n".join(template.replace("ADDRESS", a).replace("ID", "%s%08x" % (one.id[:-8], i))
                         for i, a in enumerate(addresses))
    put("b.json", '{"type":"bundle","id":"bundle--6f1e3d3a-0b8f-4c6e-9c39-0c0a2b0a4c11","objects":[%s]}' % objects)
    seen("b.json", {Probe(addresses[0]): on(addresses[0]), Probe(addresses[-1]): on(addresses[-1])}, 20000)


if __name__ == "__main__":
    main()
