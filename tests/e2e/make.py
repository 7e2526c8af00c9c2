# SPDX-License-Identifier: Apache-2.0
"""Making inputs: records of telemetry in the formats that are read, compression, lists.

Hosts lie in the documentation ranges. Controllers cannot (such indicators are withheld): they are two of the public
documents' own.
"""

import bz2
import gzip as _gzip
import json
import struct

CONTROLLER, PORT = "45.123.3.54", 443
OTHER = "115.88.75.245"
HOST, HOST2 = "203.0.113.5", "203.0.113.6"
DOMAIN = "beacon.evil-example.com"
T0 = 1543737600  # 2018-12-02T08:00:00Z
DAY = 86400


def iso(t):
    import datetime
    return datetime.datetime.fromtimestamp(t, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%f")


# ---- Zeek ------------------------------------------------------------------------------------------

COLUMNS = {
    "conn": "ts uid id.orig_h id.orig_p id.resp_h id.resp_p proto service duration orig_bytes resp_bytes conn_state "
            "local_orig missed_bytes history orig_pkts orig_ip_bytes resp_pkts resp_ip_bytes",
    "dns": "ts uid id.orig_h id.orig_p id.resp_h id.resp_p proto query qtype qtype_name rcode answers TTLs rejected",
    "ssl": "ts uid id.orig_h id.orig_p id.resp_h id.resp_p version server_name resumed established",
    "http": "ts uid id.orig_h id.orig_p id.resp_h id.resp_p method host uri user_agent status_code request_body_len"}
DEFAULTS = {
    "conn": {"id.resp_p": PORT, "proto": "tcp", "duration": "1.500000", "orig_bytes": 300, "resp_bytes": 700,
             "conn_state": "SF", "history": "ShADadFf", "orig_pkts": 6, "resp_pkts": 5},
    "dns": {"id.resp_h": "192.0.2.53", "id.resp_p": 53, "proto": "udp", "query": DOMAIN, "qtype": 1, "rcode": 0,
            "rejected": "F"},
    "ssl": {"id.resp_p": PORT, "version": "TLSv12", "server_name": DOMAIN, "resumed": "F", "established": "T"},
    "http": {"id.resp_p": 80, "method": "GET", "host": DOMAIN, "uri": "/", "status_code": 200}}


def row(kind="conn", at=0.0, host=HOST, controller=CONTROLLER, **fields):
    """A record `at` seconds after T0. Further fields by Zeek's names, with _ for the dot (id_resp_p)."""
    r = {"ts": "%.6f" % (T0 + at), "uid": "C1", "id.orig_h": host, "id.orig_p": 50000, "id.resp_h": controller,
         **DEFAULTS[kind]}
    if kind == "dns" and controller != CONTROLLER:
        r["id.resp_h"] = controller
    r.update((k.replace("id_", "id."), v) for k, v in fields.items())
    return r


def heading(kind, columns=None):
    columns = (columns or COLUMNS[kind]).split()
    return ("#separator \\x09\n#set_separator\t,\n#empty_field\t(empty)\n#unset_field\t-\n#path\t%s\n"
            "#open\t2018-12-02-08-00-00\n#fields\t%s\n" % (kind, "\t".join(columns)))


def lines(kind, rows, columns=None):
    columns = (columns or COLUMNS[kind]).split()
    return "".join("\t".join(str(r.get(c, "-")) for c in columns) + "\n" for r in rows)


def zeek(rows, kind="conn", columns=None):
    return heading(kind, columns) + lines(kind, rows, columns)


def zeek_json(rows):
    return "".join(json.dumps({**r, "ts": float(r["ts"])}) + "\n" for r in rows)


# ---- Suricata --------------------------------------------------------------------------------------

def eve(kind, at=0.0, host=HOST, controller=CONTROLLER, port=PORT, **members):
    """An event as an object; members go into the object that is named like the event."""
    about = {
        "flow": {"start": iso(T0 + at) + "+0000", "end": iso(T0 + at + 1.5) + "+0000", "state": "closed",
                 "pkts_toserver": 6, "pkts_toclient": 5, "bytes_toserver": 800, "bytes_toclient": 1200},
        "dns": {"type": "query", "rrname": DOMAIN, "rrtype": "A"},
        "tls": {"sni": DOMAIN, "version": "TLS 1.2"},
        "http": {"hostname": DOMAIN, "url": "/", "status": 200}}[kind]
    event = {"timestamp": iso(T0 + at) + "+0000", "event_type": kind, "src_ip": host, "src_port": 50000,
             "dest_ip": controller, "dest_port": port, "proto": "UDP" if kind == "dns" else "TCP",
             kind: {**about, **members}}
    if kind == "flow":
        event["tcp"] = {"syn": True, "ack": True, "tcp_flags_ts": "1b", "tcp_flags_tc": "1b"}
    return event


def ndjson(events):
    return "".join(json.dumps(e) + "\n" for e in events)


# ---- flows as CSV ----------------------------------------------------------------------------------

def csv_flow(n, host=HOST, controller=CONTROLLER, port=PORT):
    head = "start,duration,src_ip,src_port,dst_ip,dst_port,proto,bytes_out,bytes_in,pkts_out,pkts_in,tcp_flags\n"
    return head + "".join("%d.000000,1.5,%s,50000,%s,%d,TCP,800,1200,6,5,S\n" % (T0 + 60 * i, host, controller, port)
                          for i in range(n))


def argus(n, host=HOST, controller=CONTROLLER, port=PORT):
    head = "StartTime,Dur,Proto,SrcAddr,Sport,Dir,DstAddr,Dport,State,sTos,dTos,TotPkts,TotBytes,SrcBytes,Label\n"
    return head + "".join("%s,1.5,tcp,%s,50000,   ->,%s,%d,FSPA_FSPA,0,0,11,2000,800,flow\n"
                          % (iso(T0 + 60 * i).replace("-", "/").replace("T", " "), host, controller, port)
                          for i in range(n))


# ---- organisations, compression --------------------------------------------------------------------

def organisations(*rows):
    return "network,id,name,sector,country,kind\n" + "".join(",".join(r) + "\n" for r in rows)


def gz(data):
    return _gzip.compress(data.encode() if isinstance(data, str) else data, mtime=0)


def zst(data, piece=100000):
    """A zstd frame whose blocks are stored as they are (RFC 8878), so that no library is needed."""
    data = data.encode() if isinstance(data, str) else data
    pieces = [data[i:i + piece] for i in range(0, len(data), piece)] or [b""]
    out = b"\x28\xb5\x2f\xfd" + b"\xa0" + struct.pack("<I", len(data))  # one segment, its size in four bytes
    for i, p in enumerate(pieces):
        out += struct.pack("<I", len(p) << 3 | (i + 1 == len(pieces)))[:3] + p
    return out


def zst_repeat(byte, times):
    """A zstd frame of `times` times 128 KiB of one byte."""
    out = b"\x28\xb5\x2f\xfd" + b"\x00\x38"  # window of 128 KiB
    block = lambda last: struct.pack("<I", (128 << 10) << 3 | 1 << 1 | last)[:3] + byte
    return out + block(0) * (times - 1) + block(1)


# ---- nfdump ----------------------------------------------------------------------------------------

def nfdump_flow(at=0.0, host=HOST, controller=CONTROLLER, port=PORT, packets=6, octets=300, flags=0x1b):
    """A record of nfdump 1.7: IPv4, one way."""
    ip = lambda a: struct.unpack(">I", bytes(int(x) for x in a.split(".")))[0]
    ms = int((T0 + at) * 1000)
    generic = struct.pack("<QQQQQHHBBBB", ms, ms + 1500, ms + 1500, packets, octets, 50000, port, 6, flags, 0, 0)
    elements = struct.pack("<HH", 1, 4 + len(generic)) + generic + struct.pack("<HHII", 2, 12, ip(host), ip(controller))
    return struct.pack("<HHHBBHBB", 11, 12 + len(elements), 2, 0, 0, 0, 0, 9) + elements


def nfdump_1_6(at=0.0, host=HOST, controller=CONTROLLER, port=PORT):
    """The same of nfdump 1.6; nfdump_map() must come before it, in the same file."""
    ip = lambda a: struct.unpack(">I", bytes(int(x) for x in a.split(".")))[0]
    t = int(T0 + at)
    body = struct.pack("<BBHHHIIBBBBHHIIIII", 0, 0, 0, 0, 0, t, t + 1, 0, 0x1b, 6, 0, 50000, port, 0, ip(host), ip(controller), 6, 300)
    return struct.pack("<HH", 10, 4 + len(body)) + body


def nfdump_map():
    return struct.pack("<HHHHHH", 2, 12, 0, 0, 0, 0)


NFDUMP_PACKINGS = {None: 0, bz2.compress: 2, zst: 4}


def nfdump_head(blocks, pack=None, version=0x01070100, time=0):
    return struct.pack("<HHIQBBHQQI", 0xa50c, 2, version, time, NFDUMP_PACKINGS[pack], 0, 0, 0, 0, blocks)


def nfdump_block(flows, pack=None, kind=3):
    body = (pack or bytes)(b"".join(flows))
    return struct.pack("<IIHH", len(flows), len(body), kind, 0) + body


def nfdump(flows, per_block=50, pack=None, kind=3, damage=lambda i, block: block):
    """A file of nfdump 1.7 of such flows. damage() may change the i-th block, its head included."""
    blocks = [nfdump_block(flows[i:i + per_block], pack, kind) for i in range(0, len(flows), per_block)]
    return nfdump_head(len(blocks), pack) + b"".join(damage(i, b) for i, b in enumerate(blocks))
