# SPDX-License-Identifier: Apache-2.0
"""Files of nfdump, written byte by byte in the layouts of 1.6 and 1.7, and what nfdump says about one.

    nfcapd_files.py FOLDER    the golden samples tests/golden/telemetry/nfcapd-*, written and packed by nfdump itself
"""

import bz2
import datetime
import ipaddress
import json
import os
import random
import re
import shutil
import struct
import subprocess
import sys

T0 = 1543737600123  # 2018-12-02T08:00:00.123Z, in ms
NFDUMP = shutil.which("nfdump")


# ---- flows -----------------------------------------------------------------------------------------

def flows(n, seed=1):
    """Flows of all kinds, each between two addresses that no other has."""
    rng = random.Random(seed)
    out = []
    for i in range(n):
        proto = rng.choice([6, 6, 6, 17, 17, 1, 47])
        v6 = rng.random() < 0.2
        if v6 and proto == 1:
            proto = 58
        wide = rng.random() < 0.1
        start = T0 + rng.randrange(3600000)
        packets = rng.choice([1, 2, 3, 10, rng.randrange(1, 1 << 20), 1 << 33 if wide else 5])
        back = rng.random() < 0.4
        out.append({
            "src": ("2a00:1450:%x::%x" % (i + 1, i + 7)) if v6 else "20.%d.%d.%d" % (1 + i % 7, i >> 8 & 255, i & 255),
            "dst": ("2a02:6b8:%x::1" % (i + 1)) if v6 else "45.%d.%d.%d" % (100 + i % 9, i >> 8 & 255, i & 255),
            "sport": 8 << 8 if proto in (1, 58) else rng.randrange(1024, 65536),
            "dport": rng.choice([0, 3 << 8 | 1]) if proto in (1, 58) else rng.choice([22, 53, 80, 443, 8443]),
            "proto": proto,
            "flags": rng.choice([2, 0x12, 0x1b, 0x1f, 0x14, 4, 0x10]) if proto == 6 else 0,
            "first": start,
            "last": start + rng.choice([0, 0, 1, rng.randrange(300000)]),
            "packets": packets,
            "bytes": packets * rng.randrange(40, 1500),
            "packets_back": rng.randrange(1, 9999) if back else 0,
            "bytes_back": rng.randrange(40, 1 << 20) if back else 0,
        })
    return out


def _numbers(address):
    """An address as the numbers of which it is made in the file."""
    a = ipaddress.ip_address(address)
    return (int(a),) if a.version == 4 else (int(a) >> 64, int(a) & (1 << 64) - 1)


# ---- layout 1 --------------------------------------------------------------------------------------

# Extensions of 1.6 and their sizes; 14 to 17 are the counters of the way back.
EXTENSIONS = {4: 4, 5: 8, 6: 4, 7: 8, 8: 4, 9: 4, 10: 16, 11: 4, 12: 16, 13: 4, 14: 4, 15: 8, 16: 4, 17: 8, 18: 4, 19: 8,
              20: 16, 21: 16, 22: 40, 23: 4, 24: 16, 25: 4, 26: 8, 27: 8, 45: 24}
MAPS = [[4, 6, 8], [8, 14, 16, 27], [5, 7, 15, 17], [22, 20, 21, 14, 9, 11, 17, 18, 45], [13, 16, 19, 14, 23, 25, 26],
        [10, 15, 12, 16, 24, 4]]


def _map(number, ids):
    body = struct.pack("<%dH" % (len(ids) + 1), *ids, 0)
    body += bytes(-len(body) % 4)
    return struct.pack("<4H", 2, 8 + len(body), number, sum(EXTENSIONS[i] for i in ids)) + body


def flow_1_6(f, number, kind=10):
    """A record of 1.6 with the extensions of a map."""
    src, dst = _numbers(f["src"]), _numbers(f["dst"])
    wide_packets, wide_bytes = f["packets"] >> 32 or f["dport"] == 22, f["bytes"] >> 32 or f["dport"] == 80
    flags = (len(src) == 2) | bool(wide_packets) << 1 | bool(wide_bytes) << 2
    body = struct.pack("<HHII4BHH", f["first"] % 1000, f["last"] % 1000, f["first"] // 1000, f["last"] // 1000, 0,
                       f["flags"], f["proto"], 0, f["sport"], f["dport"])
    body += struct.pack("<HH", 0, 0) if kind == 10 else b""
    body += b"".join(struct.pack("<Q" if flags & 1 else "<I", n) for n in src + dst)
    body += struct.pack("<Q" if wide_packets else "<I", f["packets"])
    body += struct.pack("<Q" if wide_bytes else "<I", f["bytes"])
    for e in MAPS[number]:
        value = f["packets_back"] if e in (14, 15) else f["bytes_back"] if e in (16, 17) else 1
        body += struct.pack("<I" if EXTENSIONS[e] == 4 else "<Q", value).ljust(EXTENSIONS[e], b"\0")
    return struct.pack("<4H", kind, 8 + len(body), flags, number) + body


def file_1_6(some, packing=0, kind=10, per_block=40):
    """A file of 1.6. What is sent back is in it only with the maps that have both its counters."""
    blocks = []
    for at in range(0, len(some), per_block):
        records = [_map(i, ids) for i, ids in enumerate(MAPS)] if at == 0 else []
        for i, f in enumerate(some[at:at + per_block]):
            records.append(flow_1_6(f, (i % (len(MAPS) - 1)) + 1 if f["bytes_back"] else 0, kind))
        if at == 0:  # an exporter
            records.append(struct.pack("<HHIQQHHHH", 7, 32, 9, 0, 0x0a000001, 2, 1, 0, 0))
        data = b"".join(records)
        data = bz2.compress(data) if packing == 8 else data
        blocks.append(struct.pack("<IIHH", len(records), len(data), 2, 0) + data)
    return struct.pack("<HHII", 0xa50c, 1, packing, len(blocks)) + b"test".ljust(128, b"\0") + bytes(136) + b"".join(blocks)


# ---- layout 2 --------------------------------------------------------------------------------------

def _element(kind, data):
    return struct.pack("<HH", kind, 4 + len(data)) + data


def flow_1_7(f, extra=()):
    """A record of 1.7."""
    src, dst = _numbers(f["src"]), _numbers(f["dst"])
    elements = [_element(1, struct.pack("<5QHH4B", f["first"], f["last"], 0, f["packets"], f["bytes"], f["sport"],
                                        f["dport"], f["proto"], f["flags"], 0, 0))]
    if len(src) == 1:
        elements.append(_element(2, struct.pack("<II", *src, *dst)))
    else:
        elements.append(_element(3, struct.pack("<4Q", *src, *dst)))
    elements += [_element(*e) for e in extra]
    if f["bytes_back"]:
        elements.append(_element(5, struct.pack("<3Q", 2, f["packets_back"], f["bytes_back"])))
    body = b"".join(elements)
    return struct.pack("<3H2BH2B", 11, 12 + len(body), len(elements), 0, 1, 0, 0, 0) + body


def file_1_7(some, packing=0, pack=lambda data: data, per_block=40):
    """A file of 1.7."""
    blocks = []
    for at in range(0, len(some), per_block):
        records = [flow_1_7(f, [(4, bytes(16)), (7, bytes(8)), (12, bytes(4))][:i % 4])
                   for i, f in enumerate(some[at:at + per_block])]
        data = pack(b"".join(records))
        blocks.append(struct.pack("<IIHH", len(records), len(data), 3, 0) + data)
    return struct.pack("<HHIqBBHIqII", 0xa50c, 2, 0x01070101, T0 // 1000, packing, 0, 0, 1, 0, 0, len(blocks)) + \
        b"".join(blocks)


# ---- what nfdump says ------------------------------------------------------------------------------

def nfdump(*args):
    """Run nfdump; what it printed."""
    return subprocess.run([NFDUMP, *args], check=True, stdout=subprocess.PIPE, env=dict(os.environ, TZ="UTC"),
                          stdin=subprocess.DEVNULL).stdout.decode("latin1")


def said(path):
    """The flows of a file, as nfdump reads them."""
    text = re.sub("[\0-\x1f]", " ", nfdump("-r", path, "-o", "json", "-q")).strip()
    text = "" if text.startswith("No match") else text
    out = []
    for r in json.loads(text if text.startswith("[") else "[%s]" % text):
        flags = sum(bit for bit, letter in zip((1, 2, 4, 8, 16), "FSRPA") if letter in r.get("tcp_flags", ""))
        out.append({
            "src": r.get("src6_addr", r.get("src4_addr")), "dst": r.get("dst6_addr", r.get("dst4_addr")),
            "sport": r.get("src_port", 0), "dport": r.get("dst_port", 0), "proto": r["proto"], "flags": flags,
            "first": _ms(r["first"]), "last": _ms(r["last"]), "packets": r["in_packets"], "bytes": r["in_bytes"],
            "packets_back": r.get("out_packets", 0), "bytes_back": r.get("out_bytes", 0)})
    return out


def without_icmp_ports(some):
    """nfdump tells the type and code of ICMP, which lie there, by names of their own."""
    return [dict(f, sport=0, dport=0) if f["proto"] in (1, 58) else f for f in some]


def _ms(text):
    at = datetime.datetime.fromisoformat(text).replace(tzinfo=datetime.timezone.utc)
    return round(at.timestamp() * 1000)


def as_csv(some):
    """The flows in the columns of nfdump's CSV, which knows no parts of seconds."""
    lines = ["ts,td,sa,da,sp,dp,pr,flg,ipkt,ibyt,opkt,obyt"]
    for f in some:
        start = datetime.datetime.fromtimestamp(f["first"] / 1000, datetime.timezone.utc)
        lines.append("%s,%.3f,%s,%s,%d,%d,%d,%d,%d,%d,%d,%d" % (
            start.strftime("%Y-%m-%d %H:%M:%S.%f")[:-3], max(0, f["last"] - f["first"]) / 1000, f["src"], f["dst"],
            f["sport"], f["dport"], f["proto"], f["flags"], f["packets"], f["bytes"], f["packets_back"],
            f["bytes_back"]))
    return "\n".join(lines) + "\n"


def main(folder):
    """Samples small enough to be read and changed a thousand times."""
    def path(name):
        return os.path.join(folder, "nfcapd-" + name)

    with open(path("1.6"), "wb") as f:
        f.write(file_1_6(flows(75)))
    with open(path("1.6.0"), "wb") as f:
        f.write(file_1_6(flows(15, 2), kind=1))
    nfdump("-r", path("1.6"), "-w", path("1.7"))
    for option, name in (("-z", "lzo"), ("-j", "bz2"), ("-y", "lz4")):
        nfdump("-r", path("1.6"), "-c", "20", option, "-w", path("1.7." + name))
    with open(path("1.7.damaged"), "wb") as f:
        data = bytearray(file_1_7(flows(30, 3), per_block=6))
        second = 52 + struct.unpack_from("<I", data, 44)[0]
        data[second + 4:second + 8] = struct.pack("<I", 77777)
        data[-20:] = b""
        f.write(data)


if __name__ == "__main__":
    main(sys.argv[1])
