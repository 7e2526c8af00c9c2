#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""NetFlow 5, 9 and IPFIX: the records we read, field by field against tshark and nfdump's collector.

The messages are those of twenty vendors ($NEZUMI_SHARED) and some made here. The records come from the unit test's
program (build/asan/unit/test_export FILE... prints them); what is not installed or built is skipped by name. nfcapd
listens on the loopback interface only.
"""

import datetime
import glob
import ipaddress
import os
import re
import shutil
import signal
import socket
import struct
import subprocess
import time
import xml.etree.ElementTree as ET

from interop import ROOT, check, main, put

RECORDS = os.environ.get("NEZUMI_RECORDS") or os.path.join(ROOT, "build/asan/unit/test_export")
SHARED = os.path.join(os.environ.get("NEZUMI_SHARED") or os.path.join(ROOT, "..", "shared"),
                      "data/telemetry/netflow/logstash")
PROTOCOLS = {"icmp": 1, "igmp": 2, "tcp": 6, "udp": 17, "ipv6-icmp": 58, "unknown": 0}
SENT = 1710000000

# Where the others are known to be wrong, or we to mean something else.
NOT_TSHARK = {
    "netflow5_test_invalid": "a count that lies is believed",
    "netflow9_test_invalid01": "options without padding end its reading",
    "netflow9_test_h3c_data": "a next hop of two bytes ends its reading",
    "netflow9_test_0length": "OUT counters are apart",
    "ipfix_test_procera": "of two pairs of addresses the empty one is taken",
}
NOT_NFDUMP = {
    "netflow9_test_cisco_wlc_data": "records without addresses",
    "netflow9_test_0length": "OUT counters are the way back",
    "netflow9_test_fortigate_fortios_542": "the same counters twice are the way back",
    "netflow9_test_invalid01": "a sampling rate is not taken",
    "ipfix_test_procera": "the last pair of addresses is taken",
}
NOT_ITS_TIMES = ("ipfix_test_barracuda", "ipfix_test_mikrotik", "ipfix_test_netscaler", "ipfix_test_viptela",
                 "netflow9_test_cisco_1941K9", "netflow9_test_macaddr", "netflow9_test_unknown", "made_ipfix", "ipfix")


def needs(*programs):
    for p in programs:
        if not shutil.which(p) and not os.access(p, os.X_OK):
            print("skipped: no %s" % p)
            return False
    return True


# ---- messages --------------------------------------------------------------------------------------

def made():
    """(name, bytes): every version, IPv4 and IPv6, with what everybody reads alike."""
    def body(fields, *records):
        template = struct.pack(">HH", 256, len(fields)) + b"".join(struct.pack(">HH", *f) for f in fields)
        data = b"".join(records)
        return template, data + b"\0" * (-len(data) % 4)

    def block(number, data):
        return struct.pack(">HH", number, 4 + len(data)) + data

    def flow(i):
        return struct.pack(">HHBBII", 40000 + i, 443, 6, 0x12 + i % 3, 1000 * i + 60, i + 1)

    old = struct.pack(">HHIIIIBBH", 5, 20, 3600000, SENT, 0, 1, 0, 0, 0)
    for i in range(20):
        old += struct.pack(">IIIHHIIIIHHBBBBHHBBH", 0xc0000200 + i, 0xc6336403, 0, 1, 2, i + 1, 1000 * i + 60,
                           3000000 + i, 3100000 + i * 7, 40000 + i, 443, 0, 0x12, 6, 0, 0, 0, 24, 24, 0)
    yield "made_5", old
    plain = [(7, 2), (11, 2), (4, 1), (6, 1), (1, 4), (2, 4)]
    four = [struct.pack(">II", 0xc0000200 + i, 0xc6336403) + flow(i) for i in range(20)]
    six = [bytes.fromhex("20010db8") + bytes(11) + bytes([i]) + bytes.fromhex("20010db8ffff") + bytes(10) + flow(i)
           for i in range(20)]
    for name, address, records in (("4", [(8, 4), (12, 4)], four), ("6", [(27, 16), (28, 16)], six)):
        up = [r + struct.pack(">II", 3000000 + 5 * i, 3100000) for i, r in enumerate(records)]
        t, d = body(address + plain + [(22, 4), (21, 4)], *up)
        yield "made_9_" + name, struct.pack(">HHIIII", 9, 21, 3600000, SENT, 1, 7) + block(0, t) + block(256, d)
        at = [r + struct.pack(">QQ", (SENT - 60) * 1000 + 5 * i, SENT * 1000) for i, r in enumerate(records)]
        t, d = body(address + plain + [(152, 8), (153, 8)], *at)
        d = block(2, t) + block(256, d)
        yield "made_ip_" + name, struct.pack(">HHIII", 10, 16 + len(d), SENT, 1, 7) + d


def samples():
    """(name, [paths]): each vendor's data with the templates it goes by."""
    for name, data in made():
        yield name, [put(name, data)]
    if not os.path.isdir(SHARED):
        print("skipped: no %s" % SHARED)
        return
    files = {os.path.basename(f)[:-4]: f for f in sorted(glob.glob(os.path.join(SHARED, "*.dat")))}
    for name, path in files.items():
        if "_data" not in name or "tpldata" in name or "tpl_data" in name:
            yield name, [path]
            continue
        vendor = name[:name.index("_data")]
        numbers = re.findall(r"\d+", name[name.index("_data"):])
        own = [f for n, f in files.items() if re.match(re.escape(vendor) + r"_(opt)?tpls?", n)]
        exact = [f for f in own if numbers and re.search(r"tpl%s(\D|$)" % numbers[0], f)]
        yield name, (exact or own) + [path]


def messages(paths):
    for path in paths:
        with open(path, "rb") as f:
            data = f.read()
        while data:
            version, n = struct.unpack(">HH", data[:4])
            n = 24 + 48 * n if version == 5 and n <= 30 else n if version == 10 else len(data)
            yield data[:n]
            data = data[n:]


# ---- records ---------------------------------------------------------------------------------------

LINE = re.compile(r"\d+ flow (\S+?)Z\+(\d+) (\S+) (\S+) (\d+) (\S+) (\d+) .* bytes=(\S+?)/(\S+) packets=(\S+?)/(\S+) ")


def ours(paths):
    """(start ms, protocol, source, port, destination, port, bytes, packets) of each, None where it is not stated."""
    env = dict(os.environ, ASAN_OPTIONS="detect_leaks=0")
    out = subprocess.run([RECORDS, *paths], stdout=subprocess.PIPE, check=True, env=env).stdout.decode()
    for m in map(LINE.match, (line for line in out.split("\n") if " flow " in line)):
        start = datetime.datetime.fromisoformat(m[1] if "." in m[1] else m[1] + ".000000")
        start = round(start.replace(tzinfo=datetime.timezone.utc).timestamp() * 1000)
        protocol = PROTOCOLS[m[3]] if m[3] in PROTOCOLS else int(m[3])
        yield (start, protocol, m[4], int(m[5]), m[6], int(m[7]), *(None if v == "-" else int(v) for v in (m[8], m[10])))


def ports(protocol, *two):
    return [0, 0] if protocol in (1, 58) else [int(p) for p in two]


def tshark(paths):
    """The same; the start None."""
    pcap = struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 65535, 101)
    for m in messages(paths):
        udp = struct.pack(">HHHH", 40000, 2055, 8 + len(m), 0) + m
        ip = struct.pack(">BBHHHBBHII", 0x45, 0, 20 + len(udp), 0, 0, 64, 17, 0, 0x0a000001, 0x0a000002) + udp
        pcap += struct.pack("<IIII", SENT, 0, len(ip), len(ip)) + ip
    p = subprocess.run(["tshark", "-r", put("x.pcap", pcap), "-d", "udp.port==2055,cflow", "-T", "pdml"],
                       stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True)
    for one in ET.fromstring(p.stdout).iter("field"):
        if not re.match(r"(Flow|pdu) \d+", one.get("show") or one.get("showname") or ""):
            continue
        f = {}
        for x in one.iter("field"):
            f.setdefault(x.get("name"), x)

        def number(name):
            return int(f[name].get("value"), 16) if name in f else None
        six = "" if "cflow.srcaddr" in f else "v6"
        if "cflow.srcaddr" + six not in f or "cflow.dstaddr" + six not in f:
            continue
        source, destination = (str(ipaddress.ip_address(f["cflow.%saddr%s" % (w, six)].get("show"))) for w in ("src", "dst"))
        protocol = number("cflow.protocol") or 0
        a, b = ports(protocol, number("cflow.srcport") or 0, number("cflow.dstport") or 0)
        yield (None, protocol, source, a, destination, b, number("cflow.octets"), number("cflow.packets"))


def waiting(port):
    """Bytes that whoever listens there has not read yet; None: nobody does."""
    with open("/proc/net/udp") as f:
        for row in (line.split() for line in f.readlines()[1:]):
            if row[1].endswith(":%04X" % port):
                return int(row[4].split(":")[1], 16)
    return None


def nfdump(paths):
    """The same from a collector."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.bind(("127.0.0.1", 0))
        port = s.getsockname()[1]
    shutil.rmtree("flows", ignore_errors=True)
    os.mkdir("flows")
    p = subprocess.Popen(["nfcapd", "-b", "127.0.0.1", "-p", str(port), "-w", "flows", "-t", "3600"],
                         stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        while waiting(port) is None and p.poll() is None:
            time.sleep(0.02)
        for m in messages(paths):
            s.sendto(m, ("127.0.0.1", port))
            while waiting(port):
                time.sleep(0.001)
            time.sleep(0.01)
    time.sleep(0.1)
    p.send_signal(signal.SIGTERM)
    p.wait(timeout=900)
    for path in glob.glob("flows/*"):
        out = subprocess.run(["nfdump", "-q", "-N", "-6", "-r", path, "-o", "fmt:%tsr %pr %sa %sp %da %dp %ibyt %ipkt"],
                             stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True).stdout.decode()
        for r in (line.split() for line in out.split("\n")):
            if len(r) == 8 and r[0][0].isdigit():
                protocol = int(r[1])
                a, b = ports(protocol, float(r[3]), float(r[5]))
                yield (round(float(r[0]) * 1000), protocol, str(ipaddress.ip_address(r[2])), a,
                       str(ipaddress.ip_address(r[4])), b, int(r[6]), int(r[7]))


# ---- checks ----------------------------------------------------------------------------------------

def known(table, name):
    return any(name.startswith(n) for n in table)


def differences(name, a, b, about):
    if a != b:
        lost = [x for x in b if x not in a][:3]
        more = [x for x in a if x not in b][:3]
        return ["%s: %d records, %s %d; not ours: %s; only ours: %s" % (name, len(a), about, len(b), lost, more)]
    return []


@check
def as_tshark():
    """Records are those that tshark dissects, in its order."""
    wrong = []
    if not needs("tshark", RECORDS):
        return
    for name, paths in samples():
        if known(NOT_TSHARK, name):
            continue
        mine, theirs = list(ours(paths)), list(tshark(paths))
        # It does not multiply by sampling rates, and leaves out counters of other names.
        for i, (m, t) in enumerate(zip(mine, theirs)):
            rate = m[7] // t[7] if m[7] and t[7] else 1
            mine[i] = (None, *m[1:6], m[6] // rate if m[6] and t[6] is not None else t[6],
                       m[7] // rate if m[7] and t[7] is not None else t[7])
        wrong += differences(name, mine, theirs, "tshark")
    assert not wrong, "\n".join(wrong)


@check
def as_nfdump():
    """Records are those that nfcapd writes, with its sampling."""
    wrong = []
    if not needs("nfcapd", "nfdump", RECORDS):
        return
    for name, paths in samples():
        if known(NOT_NFDUMP, name):
            continue
        mine = [(*r[:6], r[6] or 0, r[7] or 0) for r in ours(paths)]
        theirs = list(nfdump(paths))
        if any(name == n or n != "ipfix" and name.startswith(n) for n in NOT_ITS_TIMES):
            mine, theirs = ([r[1:] for r in x] for x in (mine, theirs))
        wrong += differences(name, sorted(mine), sorted(theirs), "nfdump")
    assert not wrong, "\n".join(wrong)


if __name__ == "__main__":
    main()
