# SPDX-License-Identifier: Apache-2.0
"""MISP events that pymisp writes: attributes of many types, objects, tags, galaxies, times, what is meant for detection."""

import json

from pymisp import MISPEvent, MISPObject, MISPOrganisation

from interop import DAY, T0, Probe, Seen, check, look, main, put, read, same

A, B, C, D, E = "45.123.3.54", "115.88.75.245", "31.5.229.224", "116.62.60.109", "192.240.110.98"
V6 = "2a01:4f8:1:2::7"
NAME = "beacon.evil-one.com"
URL = "http://evil-two.com/gate.php?id=1"
HASH = {"md5": "ab" * 16, "sha1": "ab" * 20, "sha256": "ab" * 32, "sha512": "ab" * 64}
SOURCE = "Example CERT"


def organisation(name):
    o = MISPOrganisation()
    o.name, o.uuid = name, "5f000000-0000-4000-8000-000000000001"
    return o


def event(info="An event"):
    e = MISPEvent()
    e.info, e.distribution, e.threat_level_id, e.analysis = info, 0, 1, 2
    e.date = "2018-12-02"
    e.Orgc = organisation(SOURCE)
    return e


def detect(e, kind, value, **more):
    return e.add_attribute(kind, value, **{"to_ids": True, **more})


def write(*events, name="event.json"):
    """As `misp.get(event).to_json()`; several as the answer of a search."""
    whole = [{"Event": e.to_dict()} for e in events]
    text = json.dumps(whole[0] if len(events) == 1 else {"response": whole}, default=lambda o: json.loads(o.to_json())
                      if hasattr(o, "to_json") else str(o))
    return put(name, text)


def on(value, *families, how="on", role="controller"):
    return Seen(value, how, families, (SOURCE,), role)


def seen(path, want, records, malformed=0):
    got, answer = look([path], want)
    same(got, want)
    same(read(answer, path), (records, malformed), "indicators and malformed ones %s" % answer["rejected"])


@check
def types():
    """attributes of network and hash types are read with their values and ports; others are left alone."""
    e = event()
    for kind, value in [("ip-dst", A), ("ip-src", B), ("ip-dst|port", C + "|8080"), ("ip-dst|port", V6 + "|8443"),
                        ("domain", NAME), ("hostname", "host.evil-three.com"), ("url", URL),
                        ("hostname|port", "h.evil-four.com|8080"), ("domain|ip", "d.evil-five.com|" + D),
                        ("uri", "http://evil-six.com/x"), *HASH.items(), ("filename|sha256", "a.exe|" + HASH["sha256"]),
                        ("filename|md5", "a|b.exe|" + HASH["md5"])]:
        detect(e, kind, value)
    for kind, value in [("email-src", "a@evil-seven.com"), ("text", E), ("comment", E), ("filename", "evil-seven.com"),
                        ("user-agent", "x " + E), ("AS", "AS64500"), ("mutex", E), ("regkey", "HKLM\\x"), ("port", "443"),
                        ("vulnerability", "CVE-2018-0001"), ("yara", "rule x { condition: true }"), ("snort", "alert " + E),
                        ("ja3-fingerprint-md5", "cd" * 16), ("btc", "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa"), ("other", E)]:
        detect(e, kind, value, category={"port": "Network activity"}.get(kind))
    want = {Probe(A): on(A), Probe(B): on(B), Probe(C, 8080): on(C, how="named"), Probe(C): on(C, how="off"),
            Probe(V6, 8443): on(V6, how="named"), Probe(NAME): on(NAME), Probe("x." + NAME): on(NAME),
            Probe("host.evil-three.com"): on("host.evil-three.com"), Probe(URL): on(URL),
            Probe("http://evil-two.com/"): None, Probe("h.evil-four.com"): on("h.evil-four.com"),
            Probe("d.evil-five.com"): on("d.evil-five.com"), Probe(D): on(D),
            Probe("http://evil-six.com/x"): on("http://evil-six.com/x"), Probe(E): None, Probe("evil-seven.com"): None}
    seen(write(e), want, 17)


@check
def for_detection():
    """attributes that are not meant for detection, or deleted, are context: to_ids decides, not the type."""
    e = event()
    detect(e, "ip-dst", A)
    e.add_attribute("ip-dst", B, to_ids=False)
    detect(e, "ip-dst", C).delete()
    gone = MISPObject("ip-port")
    gone.add_attribute("ip", D, to_ids=True)
    e.add_object(gone).delete()
    seen(write(e), {Probe(A): on(A), Probe(B): None, Probe(C): None, Probe(D): None}, 1)


@check
def nothing_flagged():
    """where an event flags nothing at all for detection, its author does not use the flag: the category decides."""
    e = event()
    e.add_attribute("ip-dst|port", A + "|443", to_ids=False, category="Network activity")
    e.add_attribute("ip-dst|port", B + "|443", to_ids=False, category="Payload delivery")
    e.add_attribute("ip-dst", C, to_ids=False, category="External analysis")
    seen(write(e), {Probe(A): on(A, how="named"), Probe(B): on(B, how="named", role="other"), Probe(C): None}, 2)


@check
def defaults_of_the_library():
    """what pymisp sets by itself for each type is followed."""
    e = event()
    a, b = e.add_attribute("ip-dst", A), e.add_attribute("ip-src", B)
    c, d = e.add_attribute("domain", NAME), e.add_attribute("url", URL)
    want = {Probe(x.value): on(x.value) if x.to_ids else None for x in (a, b, c, d)}
    seen(write(e), want, sum(x.to_ids for x in (a, b, c, d)))


@check
def times():
    """first_seen and last_seen bound the validity; the event's date and timestamps do not."""
    e = event()
    detect(e, "ip-dst", A, first_seen="2018-12-02T08:00:00.250001Z", last_seen="2018-12-03T08:00:00+00:00")
    detect(e, "ip-dst", B)
    detect(e, "ip-dst", C, first_seen="2018-12-02T10:00:00+02:00")
    detect(e, "ip-dst", D, last_seen="2018-12-01")
    out = Seen(A, "outside")
    seen(write(e), {Probe(A, at=T0 + 0.25): out, Probe(A, at=T0 + 0.250001): on(A), Probe(A, at=T0 + DAY): on(A),
                    Probe(A, at=T0 + DAY + 0.000001): out, Probe(B, at=T0 - 300 * DAY): on(B), Probe(C): on(C),
                    Probe(C, at=T0 - 0.000001): Seen(C, "outside"), Probe(D): Seen(D, "outside")}, 4)


@check
def objects():
    """objects by MISP's templates: the port of an object belongs to its addresses, a victim's side is none."""
    e = event()

    def add(template, *attributes):
        o = MISPObject(template, strict=True)
        for relation, value in attributes:
            o.add_attribute(relation, value, to_ids=relation not in ("src-port", "protocol", "layer4-protocol"))
        e.add_object(o)

    add("ip-port", ("ip", A), ("dst-port", "8080"), ("dst-port", "8443"), ("protocol", "tcp"))
    add("domain-ip", ("domain", NAME), ("ip", B))
    add("file", ("filename", "evil.exe"), ("md5", HASH["md5"]), ("sha256", HASH["sha256"]), ("size-in-bytes", "10"))
    add("url", ("url", URL), ("domain", "evil-two.com"), ("host", "www.evil-two.com"))
    add("network-connection", ("ip-dst", C), ("dst-port", "4444"), ("src-port", "50000"), ("layer4-protocol", "TCP"))
    o = MISPObject("network-connection")
    o.add_attribute("ip-src", E, to_ids=False)
    o.add_attribute("ip-dst", D, to_ids=True)
    e.add_object(o)
    seen(write(e), {Probe(A, 8080): on(A, how="named"), Probe(A, 8443): on(A, how="named"), Probe(A): on(A, how="off"),
                    Probe(NAME): on(NAME), Probe(B): on(B), Probe(C, 4444): on(C, how="named"), Probe(C): on(C, how="off"),
                    Probe(URL): on(URL), Probe("www.evil-two.com"): on("www.evil-two.com"), Probe(D): on(D),
                    Probe(E): None}, 12 - 1)


@check
def tags():
    """tags and galaxies that name malware are the family, of the attribute before those of the event; others are not."""
    e = event("Emotet is the name of this event and no family")
    e.add_tag("tlp:amber")
    e.add_tag('misp-galaxy:threat-actor="Sofacy"')
    e.add_tag('misp-galaxy:malpedia="XtremeRAT"')
    detect(e, "ip-dst", A).add_tag('misp-galaxy:mitre-malware="Emotet - S0367"')
    detect(e, "ip-dst", B).add_tag('malware_classification:malware-category="Botnet"')
    detect(e, "ip-dst", C).add_galaxy({"name": "RAT", "type": "rat", "uuid": "5f000000-0000-4000-8000-000000000002",
                                       "GalaxyCluster": [{"type": "rat", "value": "njRAT"}]})
    x = "Xtreme RAT"
    seen(write(e), {Probe(A): on(A, "Emotet"), Probe(B): on(B, x), Probe(C): on(C, "njRAT")}, 3)


@check
def categories():
    """an attribute of payload delivery is no controller; one that tells a target is a victim and not matched."""
    e = event()
    detect(e, "ip-dst|port", A + "|443", category="Network activity")
    detect(e, "ip-dst|port", B + "|443", category="Payload delivery")
    detect(e, "ip-dst|port", C + "|443", category="External analysis")
    e.add_attribute("target-machine", D, category="Targeting data", to_ids=True)
    seen(write(e), {Probe(A): on(A, how="named"), Probe(B): on(B, how="named", role="other"),
                    Probe(C): on(C, how="named", role="other"), Probe(D): None}, 3)


@check
def wrapped():
    """one event, the answer of a search, a feed's file and a search for attributes are read alike."""
    one, two = event(), event()
    detect(one, "ip-dst", A)
    detect(two, "ip-dst", B)
    feed = put("feed.json", json.dumps(one.to_feed(with_meta=False), default=str))
    want = {Probe(A): on(A), Probe(B): on(B)}
    seen(write(one, two), want, 2)
    seen(feed, {Probe(A): on(A), Probe(B): None}, 1)
    found = {"response": {"Attribute": [{**json.loads(a.to_json()), "Event": {"info": "x", "Orgc": {"name": SOURCE}}}
                                        for e in (one, two) for a in e.attributes]}}
    seen(put("attributes.json", json.dumps(found)), want, 2)


@check
def bare():
    """what MISPEvent.to_json() gives, an event without "Event" around it, is read whole: source, family, objects."""
    e = event()
    e.add_tag('misp-galaxy:malpedia="XtremeRAT"')
    o = MISPObject("ip-port")
    o.add_attribute("ip", B, to_ids=True)
    o.add_attribute("dst-port", "8080", to_ids=False)
    e.add_object(o)
    x = "Xtreme RAT"
    seen(put("objects.json", e.to_json()), {Probe(B, 8080): on(B, x, how="named")}, 1)
    detect(e, "ip-dst", A)
    seen(put("both.json", e.to_json()), {Probe(A): on(A, x), Probe(B, 8080): on(B, x, how="named")}, 2)


@check
def hostile():
    """text of any kind in names, comments and values harms nobody; a bad attribute costs only itself."""
    e = event("\x1b[31m</script>=cmd\u202e鼠")
    e.Orgc = organisation("=\"Org\x07\"</td>")
    detect(e, "ip-dst", A, comment="\x00\x1b]0;x\x07")
    for kind, value in [("ip-dst", "45.123.3.999"), ("ip-dst|port", "45.1.1.1|99999"), ("domain", "not a domain"), ("url", " "),
                        ("ip-dst|port", "|"), ("md5", "xyz")]:
        a = detect(e, "text", value)
        a.type = kind
    got, answer = look([write(e)], [Probe(A)])
    same(got, {Probe(A): Seen(A, "on", (), ("=\"Org\x07\"</td>",))})
    same(read(answer, "event.json"), (1, 6), str(answer["rejected"]))


if __name__ == "__main__":
    main()
