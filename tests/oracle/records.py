# SPDX-License-Identifier: Apache-2.0
"""Network records out of Zeek, Suricata EVE, passive DNS, Argus and CSV files, with what each says about who
opened the conversation and whether it came about."""

import csv
import io
import json
import os
import re
from decimal import Decimal

import values as v
from inputs import files_below, read_bytes

FIN, SYN, RST, PSH, ACK = 0x01, 0x02, 0x04, 0x08, 0x10


class Record:
    """kind: flow, dns, tls, http. Sides are o(riginator) and r(esponder)."""
    __slots__ = ("kind", "ts", "path", "line", "proto", "oip", "oport", "rip", "rport", "duration",
                 "obytes", "rbytes", "opkts", "rpkts", "opay", "rpay", "opener", "handshake",
                 "oneway", "ack", "refused", "name", "url", "answers", "done", "passive")

    def __init__(self, kind, ts, proto, oip, oport, rip, rport):
        self.kind, self.ts, self.proto = kind, ts, proto
        self.oip, self.oport, self.rip, self.rport = oip, oport, rip, rport
        self.path, self.line, self.duration = "", 0, 0
        self.obytes = self.rbytes = self.opkts = self.rpkts = self.opay = self.rpay = 0
        self.opener = "orig"
        self.handshake = None   # TCP: True came about, False did not, None look at packets and bytes
        self.oneway = False
        self.ack = False
        self.refused = False
        self.name = None
        self.url = None
        self.answers = ()       # (address, ttl in microseconds or None)
        self.done = False       # tls, http: the exchange was completed
        self.passive = False    # dns: nobody's, seen from ts to ts + duration


class Malformed(Exception):
    pass


def need_address(text):
    ip = v.address(str(text).strip())
    if ip is None:
        raise Malformed("address")
    return ip


def need_port(text):
    text = str(text).strip()
    if not text:
        return 0
    try:
        port = int(text, 16) if text.lower().startswith("0x") else int(text)
    except ValueError:
        raise Malformed("port")
    if not 0 <= port <= 65535:
        raise Malformed("port")
    return port


def count(text):
    if text in (None, ""):
        return 0
    n = int(str(text))
    if n < 0:
        raise Malformed("count")
    return n


PROTOCOLS = {"1": "icmp", "6": "tcp", "17": "udp", "58": "icmp6", "132": "sctp"}


def protocol(text):
    text = str(text).strip().lower()
    if text in ("ipv6-icmp", "icmp6", "icmpv6"):
        return "icmp6"
    return PROTOCOLS.get(text, text)


def is_icmp(proto):
    return proto.startswith("icmp") or proto.startswith("ipv6-icmp")


def no_ports(r):
    if r.kind == "flow" and is_icmp(r.proto):
        r.oport = r.rport = 0
    return r


def host_name(text):
    """A Host header, SNI or query as a name, or None where it is none (empty, an address)."""
    if not text:
        return None
    return v.domain(v.split_host(text)[0])


# -- Zeek ---------------------------------------------------------------------------------------

HANDSHAKE = ("S1", "SF", "S2", "S3", "RSTO", "RSTR")
NO_HANDSHAKE = ("S0", "REJ", "RSTOS0", "RSTRH", "SH")


def zeek_record(path, get):
    """path: conn, dns, ssl, http. get(field) gives text (or a list), None where unset."""
    ts = v.seconds(get("ts")) if not isinstance(get("ts"), str) or "T" not in get("ts") else v.time(get("ts"))
    if ts is None:
        raise Malformed("ts")
    ends = (need_address(get("id.orig_h") or ""), need_port(get("id.orig_p") or 0),
            need_address(get("id.resp_h") or ""), need_port(get("id.resp_p") or 0))
    if path == "conn":
        r = Record("flow", ts, protocol(get("proto") or ""), *ends)
        r.duration = v.seconds(get("duration") or 0) or 0
        r.obytes = r.opay = count(get("orig_bytes"))
        r.rbytes = r.rpay = count(get("resp_bytes"))
        r.opkts, r.rpkts = count(get("orig_pkts")), count(get("resp_pkts"))
        state, history = get("conn_state") or "", get("history") or ""
        r.opener = "unknown"
        if r.proto == "tcp":
            if not history:
                r.opener = "unknown" if state == "OTH" else "orig"
            elif "S" in history or "h" in history:
                r.opener = "orig"
            elif "H" in history or "s" in history:
                r.opener = "resp"
            if state in HANDSHAKE:
                r.handshake = True
            elif state in NO_HANDSHAKE:
                r.handshake = False
        return no_ports(r)
    if path == "dns":
        r = Record("dns", ts, protocol(get("proto") or "udp"), *ends)
        r.name = host_name(get("query"))
        answers, ttls = get("answers") or [], get("TTLs") or []
        out = []
        for i, a in enumerate(answers):
            ip = v.address(a)
            if ip:
                out.append((ip, v.seconds(ttls[i]) if i < len(ttls) else None))
        r.answers = tuple(out)
        return r
    if path == "ssl":
        r = Record("tls", ts, "tcp", *ends)
        r.name = host_name(get("server_name"))
        r.done = get("established") in ("T", "true", True)
        return r
    r = Record("http", ts, "tcp", *ends)
    host = get("host") or ""
    r.name = host_name(host)
    r.done = get("status_code") is not None
    if host and get("uri"):
        where, port = v.split_host(host)
        r.url = v.make_url("http", where, port or r.rport, get("uri").split("#")[0])
    return r


def unescape(text):
    return re.sub(r"\\x([0-9a-fA-F]{2})", lambda m: chr(int(m.group(1), 16)), text)


def zeek_tsv(text):
    """Yields (line number, Record) or (line number, None) for lines that cannot be read."""
    sep, unset, empty, set_sep, path, fields = "\t", "-", "(empty)", ",", None, None
    for number, line in enumerate(text.split("\n"), 1):
        line = line.rstrip("\r")
        if not line:
            continue
        if line.startswith("#"):
            if line.startswith("#separator "):
                sep = unescape(line.split(" ", 1)[1])
                continue
            key, _, rest = line.partition(sep)
            if key == "#fields":
                fields = rest.split(sep)
            elif key == "#path":
                path = rest
            elif key == "#unset_field":
                unset = rest
            elif key == "#empty_field":
                empty = rest
            elif key == "#set_separator":
                set_sep = rest
            continue
        if fields is None or path not in ("conn", "dns", "ssl", "http"):
            continue
        cells = line.split(sep)
        if len(cells) != len(fields):
            yield number, None
            continue
        row = dict(zip(fields, cells))

        def get(field):
            cell = row.get(field)
            if cell is None or cell == unset:
                return None
            if field in ("answers", "TTLs"):
                return [] if cell == empty else [unescape(c) for c in cell.split(set_sep)]
            return "" if cell == empty else unescape(cell)

        try:
            yield number, zeek_record(path, get)
        except (Malformed, ValueError):
            yield number, None


def zeek_json_path(doc):
    if doc.get("_path"):
        return doc["_path"]
    if "conn_state" in doc or "orig_pkts" in doc:
        return "conn"
    if "query" in doc or "qtype_name" in doc:
        return "dns"
    if "server_name" in doc or "cipher" in doc:
        return "ssl"
    if "uri" in doc or "method" in doc:
        return "http"
    return ""


# -- Suricata EVE -------------------------------------------------------------------------------

def eve_record(doc):
    kind = doc.get("event_type")
    if kind not in ("flow", "dns", "tls", "http"):
        return "other"
    ends = (need_address(doc.get("src_ip", "")), need_port(doc.get("src_port", 0)),
            need_address(doc.get("dest_ip", "")), need_port(doc.get("dest_port", 0)))
    proto = protocol(doc.get("proto", ""))
    stamp = doc.get("timestamp", "")
    if kind == "flow":
        flow, tcp = doc.get("flow", {}), doc.get("tcp", {})
        ts = v.time(flow.get("start", stamp))
        if ts is None:
            raise Malformed("start")
        r = Record("flow", ts, proto, *ends)
        end = v.time(flow["end"]) if flow.get("end") else ts
        r.duration = max(0, (end if end is not None else ts) - ts)
        r.opkts, r.rpkts = count(flow.get("pkts_toserver")), count(flow.get("pkts_toclient"))
        r.obytes, r.rbytes = count(flow.get("bytes_toserver")), count(flow.get("bytes_toclient"))
        r.opay, r.rpay = max(0, r.obytes - 74 * r.opkts), max(0, r.rbytes - 74 * r.rpkts)
        r.opener = "unknown"
        if proto == "tcp":
            state = flow.get("state", "")
            to_server = int(tcp.get("tcp_flags_ts", "0") or "0", 16)
            to_client = int(tcp.get("tcp_flags_tc", "0") or "0", 16)
            if state == "new" or tcp.get("syn") is True or to_server & SYN:
                r.opener = "orig"
            if state in ("established", "closed"):
                refused = to_client & RST and not to_client & SYN and to_server & SYN
                r.handshake = not refused and 0 not in (flow.get("pkts_toserver"), flow.get("pkts_toclient"))
            elif state == "new":
                r.handshake = False
        return no_ports(r)
    ts = v.time(stamp)
    if ts is None:
        raise Malformed("timestamp")
    part = doc.get(kind, {})
    r = Record(kind, ts, proto if kind == "dns" else "tcp", *ends)
    if kind == "dns":
        r.proto = r.proto or "udp"
        name = part.get("rrname")
        if not name and part.get("queries"):
            name = part["queries"][0].get("rrname")
        r.name = host_name(name)
        out = []
        rows = part.get("answers")
        if rows is None and part.get("type") == "answer" and "rdata" in part:
            rows = [part]
        for a in rows or ():
            ip = v.address(str(a.get("rdata", "")))
            if ip:
                out.append((ip, v.seconds(a["ttl"]) if "ttl" in a else None))
        r.answers = tuple(out)
    elif kind == "tls":
        r.name = host_name(part.get("sni"))
        r.done = part.get("version") not in (None, "", "UNDETERMINED")
    else:
        host = part.get("hostname") or ""
        r.name = host_name(host)
        r.done = part.get("status") is not None
        if host and part.get("url"):
            where, port = v.split_host(host)
            port = port or part.get("http_port") or r.rport
            r.url = v.make_url("http", where, port, part["url"].split("#")[0])
    return r


# -- passive DNS (COF) --------------------------------------------------------------------------

def passive_moment(x):
    at = v.time(x) if isinstance(x, str) and "T" in x else v.seconds(x)
    if at is None:
        raise Malformed("time")
    return at


def passive_record(doc):
    zone = "" if "time_first" in doc else "zone_"
    first, last = passive_moment(doc[zone + "time_first"]), passive_moment(doc[zone + "time_last"])
    if last < first:
        raise Malformed("times")
    if str(doc["rrtype"]).upper() not in ("A", "AAAA", "1", "28"):
        return "other"
    data = doc["rdata"] if isinstance(doc["rdata"], list) else [doc["rdata"]]
    r = Record("dns", first, "udp", None, 0, None, 0)
    r.passive, r.duration = True, last - first
    r.name = v.domain(doc["rrname"])
    r.answers = [(need_address(a), None) for a in data]
    return r if data else "other"


def json_lines(text):
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            doc = json.loads(line, parse_float=Decimal)
            if not isinstance(doc, dict):
                raise Malformed("object")
            if "event_type" in doc:
                got = eve_record(doc)
            elif "rrname" in doc and "rdata" in doc:
                got = passive_record(doc)
            else:
                path = zeek_json_path(doc)
                if path not in ("conn", "dns", "ssl", "http"):
                    continue
                got = zeek_record(path, doc.get)
            if got != "other":
                yield number, got
        except (Malformed, ValueError, TypeError, AttributeError, KeyError):
            yield number, None


# -- Argus and other CSV ------------------------------------------------------------------------

FLOW_COLUMNS = {
    "ts": ("ts", "start", "starttime", "stime", "first_switched", "first", "timestamp", "time"),
    "end": ("end", "endtime", "te"),
    "dur": ("dur", "duration", "td"),
    "src": ("src", "srcaddr", "src_ip", "sa", "saddr", "srcip", "source_ip"),
    "sport": ("sport", "src_port", "sp", "srcport"),
    "dst": ("dst", "dstaddr", "dst_ip", "da", "daddr", "dstip", "dest_ip"),
    "dport": ("dport", "dst_port", "dp", "dstport", "dest_port"),
    "proto": ("proto", "pr", "protocol"),
    "bytes": ("bytes", "ibyt", "srcbytes", "in_bytes", "bytes_out", "orig_bytes"),
    "packets": ("packets", "ipkt", "srcpkts", "in_pkts", "pkts"),
    "bytes_rev": ("bytes_rev", "obyt", "dstbytes", "out_bytes", "rev_bytes"),
    "packets_rev": ("packets_rev", "opkt", "dstpkts", "out_pkts", "rev_packets"),
    "flags": ("flags", "flg", "tcp_flags"),
}


def flag_bits(text):
    text = text.strip().upper()
    if re.match(r"^0X[0-9A-F]+$", text):
        return int(text, 16)
    if text.isdigit():
        return int(text)
    bits = {"F": 1, "S": 2, "R": 4, "P": 8, "A": 16, "U": 32}
    return sum(bits.get(c, 0) for c in set(text))


def csv_flows(text):
    rows = csv.reader(io.StringIO(text), skipinitialspace=True)
    head = None
    for cells in rows:
        number = rows.line_num
        if not cells or not any(c.strip() for c in cells):
            continue
        if head is None:
            head = [c.strip().lower() for c in cells]
            argus = "starttime" in head and "dir" in head

            def find(what):
                for name in FLOW_COLUMNS[what]:
                    if name in head:
                        return head.index(name)
                return None

            at = {what: find(what) for what in FLOW_COLUMNS}
            continue

        def get(what):
            i = at[what]
            return cells[i].strip() if i is not None and i < len(cells) else ""

        try:
            if len(cells) != len(head):
                raise Malformed("columns")
            ts = v.time(get("ts"))
            if ts is None:
                raise Malformed("time")
            r = Record("flow", ts, protocol(get("proto")), need_address(get("src")), need_port(get("sport")),
                       need_address(get("dst")), need_port(get("dport")))
            if get("dur"):
                r.duration = v.seconds(get("dur")) or 0
            elif get("end"):
                r.duration = max(0, (v.time(get("end")) or ts) - ts)
            r.obytes, r.opkts = count(get("bytes")), count(get("packets"))
            r.opener = "unknown"
            if argus:
                argus_rest(r, dict(zip(head, [c.strip() for c in cells])), at)
            else:
                r.oneway = at["bytes_rev"] is None and at["packets_rev"] is None
                r.rbytes, r.rpkts = count(get("bytes_rev")), count(get("packets_rev"))
                flags = flag_bits(get("flags"))
                r.ack = bool(flags & ACK)
                if r.proto == "tcp" and flags & SYN and not flags & ACK:
                    r.opener = "orig"
            r.opay = max(0, r.obytes - 60 * r.opkts) if at["packets"] is not None else r.obytes
            r.rpay = max(0, r.rbytes - 60 * r.rpkts) if at["packets_rev"] is not None else r.rbytes
            if r.oneway and r.proto == "tcp":
                r.refused = flag_bits(get("flags")) & (RST | SYN | FIN | PSH) == RST and r.opay == 0
            yield number, no_ports(r)
        except (Malformed, ValueError):
            yield number, None


def argus_rest(r, row, at):
    if at["bytes_rev"] is None and "totbytes" in row:
        r.rbytes = max(0, count(row["totbytes"]) - r.obytes)
    else:
        r.rbytes = count(row.get("dstbytes"))
    r.rpkts = count(row.get("dstpkts"))
    state, way = row.get("state", ""), row.get("dir", "")
    if way == "<-":
        r.opener = "resp"
    elif way == "->" and r.proto == "tcp" and "S" in state.partition("_")[0]:
        r.opener = "orig"
    if r.proto == "tcp" and "_" in state:
        source, _, dest = state.partition("_")
        r.handshake = "A" in source and "A" in dest


# -- all together -------------------------------------------------------------------------------

def read_file(path):
    text = read_bytes(path).decode("utf-8-sig", "replace")
    start = text.lstrip()[:1]
    if start == "#":
        found = zeek_tsv(text)
    elif start == "{":
        found = json_lines(text)
    else:
        found = csv_flows(text)
    for number, r in found:
        if r is not None:
            r.path, r.line = path, number
            yield r


def read_telemetry(paths, since=None, until=None):
    """All records with since <= ts < until (passive: at any time of theirs); the others are as if
    they were not there."""
    out = []
    for given in paths:
        for path in files_below(given):
            for r in read_file(path):
                last = r.ts + r.duration if r.passive else r.ts
                if (since is None or last >= since) and (until is None or r.ts < until):
                    out.append(r)
    return out
