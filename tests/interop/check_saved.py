# SPDX-License-Identifier: Apache-2.0
"""What the HTML report offers to save: its STIX by OASIS's validator and the stix2 library, its CSV by a CSV reader."""

import base64
import csv
import html.parser
import io
import json
import uuid
from urllib.parse import quote

import stix2
from mmdb_writer import MMDBWriter
from netaddr import IPSet
from stix2 import v21
from stix2validator import ValidationOptions, validate_string

from interop import T0, analyze, check, conn, main, nezumi, put, same, zeek

NAMESPACE = uuid.UUID("00abedb4-aa42-466c-9c01-fed23315a9b7")  # STIX 2.1, section 2.9
# UUIDs of observables that other programs made.
VECTORS = [({"value": "198.51.100.3"}, "28bb3599-77cd-5a82-a950-b5bc3caf07c4"),
           ({"value": "example.com"}, "bedb4899-d24b-5401-bc86-8f6b4cc18ec7"),
           ({"number": 15139}, "3aa27478-50b5-5ab8-9da9-cdc12b657fff"),
           ({"value": "2001:db8::1"}, "6469e3a9-b053-5e34-a025-9396ae051d26")]

# Value, port, family; each is met by some hosts.
LISTED = [("45.123.3.54", "443", "Emotet"), ("45.123.3.54", "", "=HYPERLINK(\"http://x.invalid/\";\"x\")"),
          ("115.88.75.245", "", "<script>alert(1)</script>"), ("31.5.229.224", "", "+1+1"),
          ("2a01:4f8:1:2::7", "", "\u202eevil 鼠 \\ ' \" ; ,"), ("example.com", "", "@SUM(1)"),
          ("xn--80ak6aa92e.com", "", "-2-3"), ("http://evil-two.com/a'b?q=(%3C)&x=1", "", "\tTab"),
          ("http://[2a01:4f8:1:2::7]:8080/x", "", ""), ("45.130.0.0/20", "", "Net")]
# Malware asks for what it likes; no URI by RFC 3986, as STIX demands them.
ODD = [("http://evil-two.com/a\\c?q=</script>&x=\"y\"", "", "\tTab"), ("http://evil-two.com/é鼠%00", "", "Xtreme RAT")]
MET = ["45.123.3.54", "115.88.75.245", "31.5.229.224", "2a01:4f8:1:2::7", "45.130.3.3"]


class Saved(html.parser.HTMLParser):
    """{name of file: its bytes} for each link that saves something."""

    def __init__(self, text):
        super().__init__()
        self.files = {}
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        a = dict(attrs)
        if tag == "a" and "download" in a:
            about, _, data = a["href"].partition(",")
            assert about.startswith("data:") and about.endswith(";base64"), about
            self.files[a["download"]] = base64.b64decode(data, validate=True)


def report(*args):
    """(answer, STIX, CSV) of an analysis."""
    answer = analyze("--html", "report.html", *args)
    with open("report.html", encoding="utf-8") as f:
        files = Saved(f.read()).files
    same(sorted(files), ["nezumi-indicators.csv", "nezumi-indicators.stix.json"])
    return answer, files["nezumi-indicators.stix.json"].decode(), files["nezumi-indicators.csv"].decode()


def inputs(listed):
    """Arguments of an analysis in which everything listed is met, on four hosts each."""
    out = io.StringIO()
    csv.writer(out).writerows([("indicator", "port", "malware"), *listed])
    put("list.csv", out.getvalue())
    hosts = ["10.1.1.%d" % i for i in range(1, 5)]
    flows = [conn(h, c, at=T0 + 3600.5 * i) for i, h in enumerate(hosts) for c in MET]
    names = [{**conn(h, "192.0.2.53", 53), "proto": "udp", "query": n, "rcode": 0} for h in hosts for n, _, _ in listed
             if n.endswith(".com")]
    urls = []
    for url in [v for v, _, _ in listed if v.startswith("http:")]:
        host, _, path = url[7:].partition("/")
        urls += [{**conn(h, "192.0.2.80", 8080 if ":8080" in host else 80), "method": "GET", "host": host,
                  "uri": "/" + path, "status_code": 200} for h in hosts]
    owners = MMDBWriter(6, "GeoLite2-ASN", ipv4_compatible=True, int_type="u32")
    owners.insert_network(IPSet(["45.123.3.0/24"]), {"autonomous_system_number": 15139,
                                                     "autonomous_system_organization": "=cmd|' /C calc'!A0"})
    owners.insert_network(IPSet(["31.5.0.0/16", "115.88.0.0/16"]),
                          {"autonomous_system_number": 4200000000, "autonomous_system_organization": "Ñandú, \"S.A.\""})
    owners.to_db_file("asn.mmdb")
    put("orgs.csv", "network,id,name,sector,country,kind\n10.1.1.1,one,One,finance,MX,enterprise\n"
                    "10.1.1.2,two,\"=2+2\",energy,CL,enterprise\n10.1.1.3,three,Three,,,\n")
    return ["-i", "list.csv", "-o", "orgs.csv", "--owners", "asn.mmdb", "--no-builtin", "--validity", "any",
            put("conn.log", zeek("conn", flows)), put("dns.log", zeek("dns", names)), put("http.log", zeek("http", urls))]


def full(listed=LISTED + ODD):
    args = inputs(listed)
    answer, stix, table = report(*args)
    same({c["value"] for c in answer["controllers"]} - {"45.130.3.3"},
         {v for v, _, _ in listed if "/20" not in v}, "everything is met")
    return args, answer, stix, table


def valid(text):
    # 103 wants random UUIDs; ours come from what they name, so that a feed read twice is the same feed.
    # (Its strict types are left out: they refuse the observables of 2.1.)
    options = ValidationOptions(version="2.1", strict=True, disabled="103", strict_properties=True, enforce_refs=True)
    found = validate_string(text, options)
    said = sorted({str(e).split(": ", 1)[-1] for e in list(found.errors or []) + list(found.warnings or [])})
    assert found.is_valid and not said, "%d objections, of these kinds: %s" % (
        len(list(found.errors or []) + list(found.warnings or [])), "\n  ".join(said[:8]))


@check
def validator():
    """the STIX to save is valid by OASIS's validator, strictly."""
    valid(full(LISTED)[2])


@check
def validator_odd_urls():
    """the STIX to save is valid also with URLs that are no URI by RFC 3986, which malware uses all the same."""
    valid(full(ODD + LISTED[:4])[2])


@check
def library():
    """the stix2 library parses it without custom content; identifiers are unique, and what they refer to is there."""
    _, answer, stix, _ = full()
    bundle = v21.Bundle(**json.loads(stix), allow_custom=False)
    objects = [stix2.parse(o, allow_custom=False, version="2.1") for o in json.loads(stix)["objects"]]
    ids = [o["id"] for o in objects]
    same(len(set(ids)), len(ids), "identifiers")
    for o in objects:
        for key, ref in ((k, r) for k in o if k.endswith(("_ref", "_refs")) for r in ([o[k]] if k.endswith("_ref") else o[k])):
            assert ref in ids, "%s of %s is not in the bundle: %s" % (key, o["id"], ref)
    same(len(bundle.objects), len(objects))
    values = {c["value"] for c in answer["controllers"]}
    same({o["name"] for o in objects if o["type"] == "indicator"}, values, "indicators")
    # RFC 3986 has no other characters in a URI; the patterns have the URLs as they are.
    same({o["value"] for o in objects if "value" in o}, {quote(v, safe=":/?#[]@!$&'()*+,;=-._~%") for v in values}, "observables")
    same({o["number"]: o.get("name") for o in objects if o["type"] == "autonomous-system"},
         {c["asn"]: c["as_name"] for c in answer["controllers"] if c["asn"]}, "AS numbers and names")
    same({o["name"] for o in objects if o["type"] == "malware"},
         {f for c in answer["controllers"] for f in c["families"]}, "families")


def uuid5(about):
    return str(uuid.uuid5(NAMESPACE, json.dumps(about, sort_keys=True, separators=(",", ":"), ensure_ascii=False)))


@check
def identifiers():
    """observables have the UUIDv5 that STIX fixes: by the library, by other programs' examples, by hand."""
    for about, want in VECTORS:
        same(uuid5(about), want, "our own arithmetic")
    objects = json.loads(full()[2])["objects"]
    classes = {"ipv4-addr": v21.IPv4Address, "ipv6-addr": v21.IPv6Address, "domain-name": v21.DomainName, "url": v21.URL,
               "autonomous-system": v21.AutonomousSystem}
    seen = set()
    for o in objects:
        if o["type"] in classes:
            about = {k: o[k] for k in ("value", "number") if k in o}
            same(o["id"], classes[o["type"]](**about).id, "the library's for %r" % about)
            same(o["id"], "%s--%s" % (o["type"], uuid5(about)))
            seen.add(o["type"])
    same(seen, set(classes), "kinds of observables")
    ids = {o["id"].split("--")[1] for o in objects}
    assert VECTORS[1][1] in ids and VECTORS[2][1] in ids, "example.com and AS15139"


@check
def the_same_again():
    """the same analysis saves the same STIX, whatever the threads, and says nothing of the victims."""
    args, _, stix, table = full()
    again = report(*args, "--threads", "2", "--lang", "ja", "--anonymise")
    same(again[1], stix)
    same(again[2], table)
    for word in ("10.1.1.", "Three", "2+2"):
        assert word not in stix + table, word


@check
def round_trip():
    """read back as a list, the STIX names the same controllers and families."""
    args, answer, stix, _ = full()
    put("saved.json", stix)
    again = analyze(*args[:1], "saved.json", *args[2:])
    same(again["rejected"], [])
    same(*[{c["value"]: sorted(c["families"]) for c in a["controllers"]} for a in (again, answer)])


@check
def table():
    """the CSV to save has a row for each controller with the figures of the JSON, and no cell is a formula."""
    _, answer, _, text = full()
    assert "\n" not in text.replace("\r\n", ""), "line ends"
    rows = list(csv.DictReader(io.StringIO(text, newline=""), strict=True))
    same(len(rows), len(answer["controllers"]))
    for row, c in zip(rows, answer["controllers"]):
        assert None not in row and None not in row.values(), row
        for cell in row.values():
            assert not cell.startswith(tuple("=+-@\t\r\n")), "a formula: %r" % cell
        plain = {k: v[1:] if v.startswith("'") else v for k, v in row.items()}
        same((plain["value"], plain["country"], plain["asn"], plain["as_name"]),
             (c["value"], c["country"], str(c["asn"] or ""), c["as_name"]))
        same((row["hosts"], row["records"], row["first_seen"], row["last_seen"]),
             (str(c["hosts"]), str(c["records"]), c["first_seen"], c["last_seen"]), c["value"])
        same(row["organisations"], str(c["organisations"]), "organisations of " + c["value"])
        same((row["action"], row["action_reason"]), (c["action"], c["action_reason"]))
    same([r["families"] for r in rows if r["value"] == "31.5.229.224"], ["'+1+1"])


@check
def defanged_only_for_people():
    """values in both are as they are, also under --defang."""
    args = inputs(LISTED)
    nezumi("analyze", "--html", "report.html", "--defang", *args)
    with open("report.html", encoding="utf-8") as f:
        for data in Saved(f.read()).files.values():
            assert b"45.123.3.54" in data and b"[.]" not in data


if __name__ == "__main__":
    main()
