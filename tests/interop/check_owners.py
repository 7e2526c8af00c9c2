# SPDX-License-Identifier: Apache-2.0
"""MMDB files that mmdb-writer writes, in the shapes of GeoLite2 and IPinfo: who owns a host, and what damage does."""

import os
import random

from mmdb_writer import MMDBWriter
from netaddr import IPSet

from interop import T0, analyze, check, conn, hostile_binaries, main, nezumi, put, same, zeek

CONTROLLER = "45.123.3.54"
A, B, C = "31.5.229.224", "116.62.60.109", "192.240.110.98"
V6, V6_B = "2a01:4f8:1:2::7", "2a0b:1234::5"


def mmdb(name, networks, version=6, kind="Test", **how):
    """A database of {networks: what it says}; IPv4 in an IPv6 tree lies where GeoLite2 has it, at ::/96."""
    how = {"ipv4_compatible": version == 6, "int_type": "u32", **how}
    w = MMDBWriter(version, kind, languages=["en"], description="for checks", **how)
    for nets, record in networks.items():
        w.insert_network(IPSet(nets.split()), record)
    w.to_db_file(name)
    return name


def asn(number, name):
    return {"autonomous_system_number": number, "autonomous_system_organization": name}


def country(code, name, **more):
    return {"continent": {"code": "XX", "geoname_id": 1, "names": {"en": "X"}},
            "country": {"geoname_id": 1, "iso_code": code, "is_in_european_union": True, "names": {"en": name, "ja": "国"}},
            "registered_country": {"iso_code": "ZZ", "names": {"en": "Another"}}, **more}


def telemetry(hosts):
    put("list.txt", CONTROLLER + "\n2a01:4f8:ffff::1\n")
    return put("conn.log", zeek("conn", [conn(h, "2a01:4f8:ffff::1" if ":" in h else CONTROLLER, at=T0 + i)
                                         for i, h in enumerate(hosts)]))


def owners(hosts, *files):
    """{host: (AS number, its name, country)} of the findings, with the owners given."""
    answer = analyze("-i", "list.txt", telemetry(hosts), fixed=["--no-builtin"] + [x for f in files for x in ("--owners", f)])
    return {f["host"]: (f["asn"], f["as_name"], f["country"]) for f in answer["findings"]}


@check
def geolite2():
    """GeoLite2-ASN and GeoLite2-Country together: the most specific network's number, name and country, v4 and v6."""
    a = mmdb("asn.mmdb", {"31.5.0.0/16": asn(64500, "Wide"), "31.5.229.128/25": asn(4200000000, "Narrow, S.A."),
                          "116.62.60.109/32": asn(1, "One"), "2a01:4f8::/32": asn(24940, "Six 鼠")}, kind="GeoLite2-ASN")
    c = mmdb("country.mmdb", {"31.5.0.0/16": country("CL", "Chile"), "116.0.0.0/8": country("MX", "Mexico"),
                              "2a01::/16": country("DE", "Germany"), "2a0b:1234::/48": country("CA", "Canada")},
             kind="GeoLite2-Country")
    want = {A: (4200000000, "Narrow, S.A.", "CL"), "31.5.229.127": (64500, "Wide", "CL"), B: (1, "One", "MX"),
            C: (0, "", ""), V6: (24940, "Six 鼠", "DE"), V6_B: (0, "", "CA")}
    same(owners(want, a, c), want)
    same(owners(want, c, a), want, "in the other order")


@check
def ipinfo():
    """IPinfo's shapes: "AS64500" as text, country_code (lite) or country (older files), names beside them."""
    lite = mmdb("lite.mmdb", {"31.5.0.0/16": {
        "asn": "AS64500", "as_name": "Example Carrier", "as_domain": "carrier.example", "country_code": "CL",
        "country": "Chile", "continent_code": "SA", "continent": "South America"}}, kind="ipinfo bundle_location_lite.mmdb")
    older = mmdb("older.mmdb", {"31.5.0.0/16": {
        "asn": "AS64500", "as_name": "Example Carrier", "country": "CL", "country_name": "Chile", "continent": "SA"}})
    for f in (lite, older):
        same(owners([A, B], f), {A: (64500, "Example Carrier", "CL"), B: (0, "", "")}, f)


@check
def db_ip():
    """DB-IP's and other shapes: a country in GeoLite2's way beside an AS number, all in one file."""
    f = mmdb("both.mmdb", {"31.5.0.0/16": country("CL", "Chile", **asn(64500, "Carrier"))})
    same(owners([A], f), {A: (64500, "Carrier", "CL")})


@check
def organisations():
    """hosts without an entry in the table belong to their AS, and entries of the table may name an AS."""
    f = mmdb("asn.mmdb", {"31.5.0.0/16": asn(64500, "Carrier"), "116.62.0.0/16": asn(64501, "Hoster")})
    put("orgs.csv", "network,id,name,sector,country,kind\nAS64501,own,Our Own,finance,MX,enterprise\n")
    answer = analyze("-i", "list.txt", "-o", "orgs.csv", telemetry([A, B, C]), fixed=["--no-builtin", "--owners", f])
    same({x["host"]: (x["organisation"]["id"], x["organisation"]["name"]) for x in answer["findings"]},
         {A: ("AS64500", "Carrier"), B: ("own", "Our Own"), C: ("unknown", "unknown")})


@check
def trees():
    """trees of IPv4 only, of IPv6 with mapped aliases, and of every record size are walked alike."""
    for size in (24, 28, 32):
        many = {"31.%d.0.0/16" % i: asn(64000 + i, "AS %d" % i) for i in range(256)}
        v4 = mmdb("v4.mmdb", many, version=4)
        same(owners([A, V6], v4), {A: (64005, "AS 5", ""), V6: (0, "", "")}, "IPv4")
        v6 = mmdb("v6.mmdb", {**many, "2a01:4f8::/32": asn(5, "Six")})
        same(owners([A, V6], v6), {A: (64005, "AS 5", ""), V6: (5, "Six", "")}, "IPv6")
        for f in (v4, v6):
            resized(f, size)
            same(owners([A], f), {A: (64005, "AS 5", "")}, "%d bits, %s" % (size, f))


def resized(path, size):
    """Rewrite the tree with records of another size; the writer takes the smallest that will do."""
    data = open(path, "rb").read()
    head, meta = data.rsplit(b"\xab\xcd\xefMaxMind.com", 1)
    at = meta.index(b"record_size") + len("record_size")
    old = meta[at + 1]
    nodes = int.from_bytes(meta[(n := meta.index(b"node_count") + 10) + 1:n + 1 + (meta[n] & 31)], "big")
    width = old * 2 // 8
    out = bytearray()
    for i in range(nodes):
        node = head[i * width:(i + 1) * width]
        if old == 28:
            left = (node[3] >> 4) << 24 | int.from_bytes(node[:3], "big")
            right = (node[3] & 15) << 24 | int.from_bytes(node[4:], "big")
        else:
            left, right = (int.from_bytes(h, "big") for h in (node[:width // 2], node[width // 2:]))
        if size == 28:
            out += (left & 0xffffff).to_bytes(3, "big") + bytes([left >> 24 << 4 | right >> 24]) \
                + (right & 0xffffff).to_bytes(3, "big")
        else:
            out += left.to_bytes(size // 8, "big") + right.to_bytes(size // 8, "big")
    meta = meta[:at + 1] + bytes([size]) + meta[at + 2:]
    put(path, bytes(out) + head[nodes * width:] + b"\xab\xcd\xefMaxMind.com" + meta)


@check
def numbers():
    """an AS number is read in whichever integer type a writer chose for it."""
    for kind, number in (("u32", 64500), ("u16", 64500), ("u64", 64500), ("u128", 64500), ("i32", 64500), ("auto", 64500),
                         ("auto", 4200000000)):
        f = mmdb("asn.mmdb", {"31.5.0.0/16": asn(number, "x")}, int_type=kind)
        same(owners([A], f), {A: (number, "x", "")}, "int_type=%s" % kind)


@check
def odd_records():
    """records of other shapes and wrong types say nothing, and harm nobody."""
    odd = {"31.5.229.224/32": {"asn": {"asn": 1}, "country": {"iso_code": {"x": "CL"}}, "as_name": [1, 2]},
           "116.62.60.109/32": ["a", "list"], "192.240.110.98/32": "text",
           "31.5.229.1/32": asn("ASx", 5), "31.5.229.2/32": asn(1, ""), "31.5.229.3/32": {"asn": "64500", "country": "CL"},
           "31.5.229.4/32": {"asn": "AS4294967296"}, "31.5.229.5/32": asn(2, "x" * 70000),
           "31.5.229.6/32": asn(3, "\x1b[31m</script>\u202e")}
    got = owners([A, B, C] + ["31.5.229.%d" % i for i in range(1, 7)], mmdb("odd.mmdb", odd))
    same([got[h] for h in (A, B, C)], [(0, "", "")] * 3)
    same((got["31.5.229.3"], got["31.5.229.4"][0], got["31.5.229.2"][0]), ((64500, "", "CL"), 0, 1))
    same(len(got), 9)


# ---- damage ----------------------------------------------------------------------------------------

def analysis(f, binary):
    # libmaxminddb forgets some memory when it refuses metadata.
    return nezumi("analyze", "--json", "--no-builtin", "--owners", f, "-i", "list.txt", "conn.log", binary=binary, leaks=False)


def try_owners(f, status=None):
    for binary in hostile_binaries():
        p = analysis(f, binary)
        assert p.returncode in ((0, 2) if status is None else (status,)), (p.returncode, p.stderr)
        if p.returncode == 2:
            assert f in p.stderr, "which file it was is not said: %r" % p.stderr


@check
def truncated():
    """a truncated MMDB file is refused by name, wherever it was cut; so is what is none at all."""
    whole = open(mmdb("asn.mmdb", {"31.%d.0.0/16" % i: asn(i, "AS number %d" % i) for i in range(200)}), "rb").read()
    telemetry([A, B, V6])
    for i in range(24):
        try_owners(put("cut.mmdb", whole[:len(whole) * i // 24]), status=2)
    for i in (1, 3, 20, 100):
        try_owners(put("cut.mmdb", whole[:-i]))
    meta = whole[whole.rindex(b"\xab\xcd\xefMaxMind.com"):]
    for keep in (0, 1, 100, len(whole) // 4, len(whole) // 2):
        # The end that says what is in it, behind a tree or data that is cut.
        try_owners(put("cut.mmdb", whole[:keep] + meta))
    for content in (b"", b"\n", b"text\n", b"\0" * 100000, meta, meta * 2, b"\xab\xcd\xefMaxMind.com",
                    b"PK\x03\x04" + b"x" * 500):
        try_owners(put("none.mmdb", content), status=2)
    os.mkdir("folder.mmdb")
    try_owners("folder.mmdb", status=2)
    try_owners("absent.mmdb", status=2)


@check
def corrupted():
    """random damage to an MMDB file is refused or costs names only: no crash, no hang, and every finding stays."""
    r = random.Random(int(os.environ.get("NEZUMI_SEED", "1")))
    nets = {"31.%d.0.0/16" % i: country("CL", "Chile", **asn(i, "AS number %d" % i)) for i in range(64)}
    whole = open(mmdb("both.mmdb", nets), "rb").read()
    meta = whole.rindex(b"\xab\xcd\xefMaxMind.com")
    hosts = ["31.%d.1.1" % i for i in range(64)] + [V6]
    telemetry(hosts)
    for i in range(120):
        bad = bytearray(whole)
        where = [(0, len(bad)), (meta, len(bad)), (meta - 2000, meta)][i % 3]
        for _ in range(r.choice([1, 1, 4, 64])):
            bad[r.randrange(*where)] = r.choice([0, 255, r.randrange(256)])
        put("bad.mmdb", bytes(bad))
        for binary in hostile_binaries()[i % len(hostile_binaries()):][:1]:
            p = analysis("bad.mmdb", binary)
            assert p.returncode == 2 or p.stdout.count(b'"host":') == len(hosts), "damage %d: findings are lost" % i


if __name__ == "__main__":
    main()
