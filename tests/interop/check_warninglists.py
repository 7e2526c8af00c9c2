# SPDX-License-Identifier: Apache-2.0
"""MISP's own warninglists, as pymispwarninglists carries and searches them: which hosts and names are held, and by which list.

What a list proves is the project's own table (catalogue/warninglists.csv); what lies in it is for the client to say.
"""

import csv
import functools
import glob
import ipaddress
import json
import os
import random

import pymispwarninglists

from interop import ROOT, T0, analyze, check, conn, main, put, same, zeek

SEED = int(os.environ.get("NEZUMI_SEED", "1"))
CONTROLLER = "45.123.3.54"
ORDER = ["scanner", "sinkhole", "research", "benign", "provider"]
FOLDER = os.path.join(os.path.dirname(pymispwarninglists.__file__), "data", "misp-warninglists", "lists")


def classes():
    """{name of a list: (class, reason)}"""
    with open(os.path.join(ROOT, "catalogue", "warninglists.csv"), encoding="utf-8") as f:
        rows = csv.DictReader(line for line in f if not line.startswith("#"))
        return {r["name"]: (r["class"], r["reason"]) for r in rows}


@functools.lru_cache
def lists():
    """The lists of moderate size whose class is known, by the client; and the arguments that give them to the program."""
    known, chosen, args = classes(), [], []
    for path in sorted(glob.glob(os.path.join(FOLDER, "*", "list.json"))):
        if os.path.getsize(path) < 60000:
            with open(path, encoding="utf-8") as f:
                one = json.load(f)
            if known.get(one["name"], ("ignore",))[0] != "ignore" and one["type"] in ("cidr", "string", "hostname"):
                chosen.append(one)
                args += ["-x", path]
    assert len(chosen) > 40, "only %d lists" % len(chosen)
    return pymispwarninglists.WarningLists(slow_search=True, lists=chosen), known, args


def sample(r, some, n):
    return r.sample(some, min(n, len(some)))


def addresses(r, client):
    """Addresses at the edges of entries, on both sides, and somewhere within."""
    out = set()
    for one in client.values():
        for entry in sample(r, one.list, 5):
            try:
                net = ipaddress.ip_network(entry, strict=False)
            except ValueError:
                continue
            first, last = int(net[0]), int(net[-1])
            out |= {str(type(net[0])(i)) for i in (first, last, first - 1, last + 1, r.randint(first, last))
                    if 0 < i < 2 ** net.max_prefixlen}
    # IPv4 in IPv6's clothes is IPv4 to the program, and to the client something else.
    return sorted(a for a in out if not a.startswith("::ffff:"))


def holding(client, address):
    """The client's search, without the lists in which no address stands (it walks through each of their names)."""
    return [x for x in client.values() if x.type != "hostname" and address in x]


@check
def hosts():
    """hosts are set aside where the client finds their address in a list, for the reason and by the list that it names."""
    client, known, args = lists()
    where = addresses(random.Random(SEED), client)
    answer = analyze("-i", put("list.txt", CONTROLLER + "\n"), *args,
                     put("conn.log", zeek("conn", [conn(h, CONTROLLER, at=T0 + i) for i, h in enumerate(where)])))
    aside = {x["host"]: x for x in answer["excluded"]}
    same(len(aside) + len(answer["findings"]), len(where), "hosts")
    held = 0
    for h in where:
        by = {x.name: known[x.name] for x in holding(client, h)}
        if not by:
            assert h not in aside, "%s is in no list, but: %s" % (h, aside[h])
            continue
        held += 1
        assert h in aside, "%s is a victim, but in %s" % (h, sorted(by))
        best = min((c for c, _ in by.values()), key=ORDER.index)
        name, _, entry = aside[h]["detail"].rpartition(": ")
        assert name in by and by[name] == (best, aside[h]["reason"]), "%s: %s, in %s" % (h, aside[h], by)
        assert ipaddress.ip_address(h) in ipaddress.ip_network(entry), "%s is not in %s" % (h, entry)
    assert held > 200 and len(where) - held > 100, "%d of %d addresses are held" % (held, len(where))


@check
def indicators():
    """addresses are withheld where the client finds them in a list that proves them benign, and only there."""
    client, known, args = lists()
    where = addresses(random.Random(SEED + 1), client)
    answer = analyze("-i", put("list.txt", "\n".join(where) + "\n"), *args,
                     put("conn.log", zeek("conn", [conn("10.1.1.1", "9.9.9.9")])))
    withheld = {w["value"]: w for w in answer["withheld"]}
    for a in where:
        benign = [x.name for x in holding(client, a) if known[x.name][0] == "benign"]
        w = withheld.get(a)
        if w and w["reason"] == "special-purpose":
            continue
        same(bool(w), bool(benign), "%s is withheld; benign by %s" % (a, benign))
        if w:
            same((w["reason"], w["detail"].rpartition(": ")[0] in benign), ("allow-listed", True), str(w))


@check
def names():
    """names are withheld likewise: entries, what lies below those of hostname lists, and nothing that merely looks like them."""
    client, known, args = lists()
    r = random.Random(SEED + 2)
    some = {e.lstrip(".").lower() for x in client.values() if x.type != "cidr" for e in sample(r, x.list, 8)}
    some = {e for e in some if "." in e and e[-1].isalpha() and e.isascii() and not set("/*_: ") & set(e)}
    # The neighbours: one above would be another matter, as would www.
    where = sorted(some | {"zz." + e for e in some} | {"zz" + e for e in some})
    answer = analyze("-i", put("list.txt", "\n".join(where) + "\n"), *args,
                     put("conn.log", zeek("conn", [conn("10.1.1.1", "9.9.9.9")])))
    withheld = {w["value"]: w for w in answer["withheld"]}
    held = 0
    for name in where:
        by = {x.name: known[x.name][0] for x in client.search(name)}
        w = withheld.get(name)
        below = {known[x.name][0] for x in client.search("zz." + name)}  # entries ".d" hold d too, but not to the client
        if set(by.values()) == {"benign"} and below <= {"benign"}:
            assert w, "%s is acted on, but in %s" % (name, sorted(by))
            held += 1
        elif not by and w and w["reason"] == "allow-listed":
            entry = w["detail"].rpartition(": ")[2]
            # To the program ".d" is d and all below in any list; www.d goes with d, and what is above a benign name is withheld.
            assert (entry[0] == "." and ("." + name).endswith(entry)) or ("." + entry).endswith("." + name) \
                or "www." + entry == name, "%s is in no list, but: %s" % (name, w)
    assert held > 50, "%d names are held" % held


if __name__ == "__main__":
    main()
