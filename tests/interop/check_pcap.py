#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Captures: the names we find in other people's traces against those that tshark finds.

The traces are those of Zeek and Suricata ($NEZUMI_SHARED); flows are compared with Zeek's logs by a unit test. The records
come from the unit test's program (build/asan/unit/test_in_pcap FILE... prints them); what is not installed or built is
skipped by name.
"""

import concurrent.futures
import functools
import glob
import os
import re
import shutil
import subprocess

from interop import ROOT, check, main, same

RECORDS = os.environ.get("NEZUMI_RECORDS_PCAP") or os.path.join(ROOT, "build/asan/unit/test_in_pcap")
SHARED = os.path.join(os.environ.get("NEZUMI_SHARED") or os.path.join(ROOT, "..", "shared"), "data/telemetry/pcap")
FIELDS = ["tls.handshake.extensions_server_name", "http.host", "http.request.uri", "dns.qry.name", "dns.a", "dns.aaaa",
          "_ws.col.Protocol"]
WANTED = ("tls.handshake.extensions_server_name or http.request or "
          "((dns.flags.opcode == 0) and not mdns and not llmnr and not icmp and not icmpv6)")

# Where tshark sees what is not looked for, and why.
NOT_THERE = {
    "dns-over-http2-post_dns_over_https_POST": "DNS in HTTP/2",
    "dns-over-http2_dns_over_https": "DNS in HTTP/2",
    "dns_dns-incomplete_input": "DNS over TCP on port 5353",
    "http_connect-with-smtp": "a target with a blank in it, of which it takes the first word",
    "dns-edns-ecs-bad": "a packet that is longer than its frame",
    "dns_dns-invalid-names": "a name that points to itself",
}


@functools.lru_cache(None)
def traces():
    return [p for p in sorted(glob.glob(os.path.join(SHARED, "*", "*.pcap")))
            if re.match(r"(tls|http|dns|lua_lua-tls|ja4)", os.path.basename(p))]


def needs(*programs):
    for p in programs:
        if not shutil.which(p) and not os.access(p, os.X_OK):
            print("skipped: no %s" % p)
            return False
    if not traces():
        print("skipped: no traces in %s" % SHARED)
    return bool(traces())


def shown_by_tshark(path):
    command = ["tshark", "-r", path, "-Y", WANTED, "-T", "fields", "-E", "separator=/t", "-E", "aggregator=|"]
    for f in FIELDS:
        command += ["-e", f]
    out = subprocess.run(command, capture_output=True, timeout=900).stdout.decode("utf-8", "replace")
    rows = [(line.split("\t") + [""] * len(FIELDS))[:len(FIELDS)] for line in out.split("\n") if line]
    column = lambda n: {v for r in rows for v in r[n].split("|") if v and "QUIC" not in r[6]}
    return {"sni": column(0), "host": {re.sub(r":\d+$", "", h).strip("[]") for h in column(1)}, "uri": column(2),
            "query": {q.lower() for q in column(3)}, "address": column(4) | column(5)}


def found_by_us(text):
    out = {"sni": set(), "host": set(), "uri": set(), "query": set(), "address": set()}
    for line in text.split("\n"):
        kind = line.split(" ")[1:2]
        value = dict(re.findall(r" (name|path|answers)=(\S*)", line))
        if kind == ["tls"]:
            out["sni"].add(value.get("name", ""))
        elif kind == ["http"]:
            out["host"].add(value.get("name", ""))
            out["uri"].add(value.get("path", "").replace("\\x20", " "))
        elif kind == ["dns"]:
            out["query"].add(value.get("name", ""))
            out["address"] |= {a.split("@")[0] for a in value.get("answers", "").split(",") if a}
    return out


@functools.lru_cache(None)
def both():
    """For each trace what tshark shows and what we find."""
    ours = subprocess.run([RECORDS, *traces()], capture_output=True, check=True).stdout.decode("utf-8", "replace")
    parts = dict(p.split("\n", 1) for p in ours.split("FILE ")[1:])
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        return {os.path.basename(p)[:-5]: (theirs, found_by_us(parts[p]))
                for p, theirs in zip(traces(), pool.map(shown_by_tshark, traces()))}


def lacking(what, at_least):
    """Nothing that tshark shows is lacking, and there was something to find."""
    if not needs("tshark", RECORDS):
        return
    wrong = {name: sorted(theirs[what] - ours[what]) for name, (theirs, ours) in both().items()
             if name not in NOT_THERE and theirs[what] - ours[what]}
    same(wrong, {}, what)
    found = sum(len(theirs[what] & ours[what]) for theirs, ours in both().values())
    assert found >= at_least, "only %d of %s" % (found, what)


@check
def server_names():
    """TLS: every server name"""
    lacking("sni", 30)


@check
def hosts():
    """HTTP: every Host"""
    lacking("host", 55)


@check
def targets():
    """HTTP: every target of a request"""
    lacking("uri", 80)


@check
def queries():
    """DNS: every name that was asked for"""
    lacking("query", 100)


@check
def addresses():
    """DNS: no address that no answer has"""
    if not needs("tshark", RECORDS):
        return
    wrong = {name: sorted(ours["address"] - theirs["address"]) for name, (theirs, ours) in both().items()
             if "mdns" not in name and ours["address"] - theirs["address"]}
    same(wrong, {})
    assert sum(len(ours["address"]) for _, ours in both().values()) >= 100


main()
