# SPDX-License-Identifier: Apache-2.0
"""Indicators, organisations and exclusions, read from the files a user would give."""

import csv
import gzip
import io
import json
import os
import re

import values as v

HERE = os.path.dirname(os.path.abspath(__file__))
CATALOGUE = os.path.join(HERE, "..", "..", "catalogue")
SUFFIXES = "/usr/share/publicsuffix/public_suffix_list.dat"
HASH = re.compile(r"^(?:[0-9a-f]{32}|[0-9a-f]{40}|[0-9a-f]{64})$", re.I)


def read_bytes(path):
    with open(path, "rb") as f:
        data = f.read()
    if data[:2] == b"\x1f\x8b":
        data = gzip.decompress(data)
    return data


def read_text(path):
    return read_bytes(path).decode("utf-8-sig", "replace")


class Indicator:
    """One statement of one source. kind: address, cidr, domain, url, hash. `net` for the first two."""
    __slots__ = ("kind", "value", "net", "host", "role", "family", "port", "since", "until", "source",
                 "revoked", "list")

    def __init__(self, kind, value, net=None, host=None, role="controller", family="", port=0,
                 since=None, until=None, source="", revoked=False):
        self.kind, self.value, self.net, self.host = kind, value, net, host
        self.role, self.family, self.port = role, family, port
        self.since, self.until, self.source, self.revoked = since, until, source, revoked


def indicator_value(text):
    """(kind, normalised value, net, host, port) of one written value, or None."""
    text = v.refang(text.strip())
    if HASH.match(text):
        return "hash", text.lower(), None, None, 0
    found = v.url(text)
    if found:
        return "url", found[0], None, found[1], 0
    if "://" in text:
        return None
    ip = v.address(text)
    if ip:
        return "address", v.address_text(ip), (ip[0], ip[1], v.BITS[ip[0]]), None, 0
    net = v.network(text)
    if net:
        if net[2] == v.BITS[net[0]]:
            return "address", v.address_text((net[0], net[1])), net, None, 0
        return "cidr", v.network_text(net), net, None, 0
    if "/" in text:
        if text.startswith("/"):
            return None
        found = v.url("http://" + text)
        return ("url", found[0], None, found[1], 0) if found else None
    m = re.match(r"^(?:\[([^\]]+)\]|([^:]+)):(\d{1,5})$", text)
    if m and 1 <= int(m.group(3)) <= 65535:
        inner = m.group(1) or m.group(2)
        port = int(m.group(3))
        ip = v.address(inner)
        if ip:
            return "address", v.address_text(ip), (ip[0], ip[1], v.BITS[ip[0]]), None, port
        name = v.domain(inner)
        if name and m.group(2):
            return "domain", name, None, name, port
        return None
    if text.startswith("*."):
        text = text[2:]
    elif text.startswith("."):
        text = text[1:]
    name = v.domain(text)
    if name and "." in name:
        return "domain", name, None, name, 0
    return None


COLUMNS = {
    "value": ("value", "indicator", "ioc", "ip", "address", "dst_ip", "ip_address", "domain", "url"),
    "port": ("port", "dst_port"),
    "family": ("family", "malware", "malware_family"),
    "role": ("role",),
    "since": ("first_seen", "valid_from", "first_seen_utc", "listed_from"),
    "until": ("last_seen", "valid_until", "last_online", "listed_until"),
    "source": ("source", "feed"),
}


def comment(line):
    return line.lstrip().startswith("#")


def csv_rows(text):
    """Rows under the first line that is no comment, as dictionaries with lower-case keys."""
    lines = [l for l in text.splitlines() if l.strip() and not comment(l)]
    rows = list(csv.reader(io.StringIO("\n".join(lines)), skipinitialspace=True))
    if not rows:
        return [], []
    head = [h.strip().lower() for h in rows[0]]
    return head, [dict(zip(head, [c.strip() for c in r])) for r in rows[1:]]


def pick(row, what):
    for name in COLUMNS[what]:
        if row.get(name):
            return row[name]
    return ""


def squeeze(family):
    return re.sub(r"[ _.-]", "", family).lower()


_families = {}


def family_name(written):
    """The family's display name where the catalogue knows the alias, else as written."""
    if not _families:
        path = os.path.join(CATALOGUE, "families.csv")
        _families[""] = ""
        if os.path.exists(path):
            for row in csv_rows(read_text(path))[1]:
                _families[squeeze(row["alias"])] = row["family"]
    return _families.get(squeeze(written), written)


def read_indicators(path):
    text = read_text(path)
    base = os.path.basename(path)
    stem = re.sub(r"\.(gz|txt|csv)$", "", re.sub(r"\.gz$", "", base))
    body = [l for l in text.splitlines() if l.strip()]
    first = next((l for l in body if not comment(l)), "")
    head = [c.strip().strip('"').lower() for c in first.split(",")]
    out = []
    if any(h in COLUMNS["value"] for h in head):
        for row in csv_rows(text)[1]:
            got = indicator_value(pick(row, "value"))
            if not got:
                continue
            kind, value, net, host, port = got
            stated = pick(row, "port")
            if stated:
                if not stated.isdigit() or int(stated) > 65535:
                    continue
                port = int(stated)
            since, until = pick(row, "since"), pick(row, "until")
            since = v.time(since) if since else None
            until = v.time(until, end=True) if until else None
            if since is not None and until is not None and until < since:
                since, until = until, since
            out.append(Indicator(
                kind, value, net, host, pick(row, "role").lower() or "controller", family_name(pick(row, "family")),
                port, since, until,
                pick(row, "source") or base))
        return out
    leading = []
    for line in body:
        if not comment(line):
            break
        leading.append(line.lower())
    maltrail = any("maltrail" in line for line in leading)
    family, role = "", "controller"
    if maltrail:
        family = family_name(stem)
        if stem.startswith("mass_scanner"):
            role = "scanner"
        elif stem.startswith("sinkhole_"):
            role = "sinkhole"
    for line in body:
        line = re.sub(r"(^|\s)#.*$", "", line).strip()
        if not line:
            continue
        got = indicator_value(line)
        if got:
            kind, value, net, host, port = got
            out.append(Indicator(kind, value, net, host, role, family, port, None, None, base))
    return out


# -- organisations ------------------------------------------------------------------------------

class Organisation:
    def __init__(self, row, path):
        self.id, self.name = row.get("id", ""), row.get("name", "")
        self.sector, self.country = row.get("sector", ""), row.get("country", "")
        self.kind = row.get("kind", "") or "unknown"
        self.network, self.path = row["network"], path


def read_organisations(paths):
    """Networks of Organisation; AS and domain rows never meet a host when there is no AS data."""
    table = v.Networks()
    for path in paths:
        for row in csv_rows(read_text(path))[1]:
            text = row.get("network", "")
            ip = v.address(text)
            net = (ip[0], ip[1], v.BITS[ip[0]]) if ip else v.network(text)
            if net:
                table.add(net, Organisation(row, path))
    return table


# -- exclusions ---------------------------------------------------------------------------------

class Entry:
    """One entry of one exclusion list."""
    __slots__ = ("cls", "reason", "list", "text")

    def __init__(self, cls, reason, list_name, text):
        self.cls, self.reason, self.list, self.text = cls, reason, list_name, text


class Exclusions:
    def __init__(self):
        self.nets = {}      # class -> Networks of Entry
        self.exact = {}     # name -> [Entry] covering it alone (and www.it)
        self.wide = {}      # name -> [Entry] covering it and everything below
        self.above = None   # every parent of a benign name, once asked for

    def add_net(self, net, entry):
        self.nets.setdefault(entry.cls, v.Networks()).add(net, entry)

    def add_name(self, name, wide, entry):
        self.above = None
        (self.wide if wide else self.exact).setdefault(name, []).append(entry)

    def covering(self, name):
        """(length of the entry in labels, Entry) of all entries that cover the name."""
        out = []
        for top in v.parents(name):
            out += [(v.labels(top), e) for e in self.wide.get(top, ())]
        out += [(v.labels(name), e) for e in self.exact.get(name, ())]
        if name.startswith("www."):
            bare = name[4:]
            out += [(v.labels(bare), e) for e in self.exact.get(bare, ())]
        return out

    def lookup(self, name):
        """(class, length) by the longest covering entry; provider before benign before the rest."""
        order = {"provider": 0, "benign": 1}
        best = None
        for length, e in self.covering(name):
            rank = (-length, order.get(e.cls, 2))
            if best is None or rank < best[0]:
                best = (rank, e.cls, length)
        return (best[1], best[2]) if best else (None, 0)

    def holder(self, cls, ip):
        """(length, Entry): the longest entry of the class that holds the address, or None."""
        if cls not in self.nets:
            return None
        held = self.nets[cls].holding(ip)
        return held[0] if held else None

    def benign_below(self, name):
        """Is the name a parent of a benign name?"""
        if self.above is None:
            self.above = {top for table in (self.wide, self.exact) for other, entries in table.items()
                          if any(e.cls == "benign" for e in entries) for top in v.parents(other)[1:]}
        return name in self.above


def warninglist_classes():
    path = os.path.join(CATALOGUE, "warninglists.csv")
    out = {}
    if os.path.exists(path):
        for row in csv_rows(read_text(path))[1]:
            out[row["name"]] = (row["class"], row["reason"])
    return out


def plain_reason(cls):
    """The word for a host in a list that the table does not know."""
    return {"benign": "allow-listed", "provider": "hosting"}.get(cls, cls)


def add_value(lists, text, kind, cls, reason, name):
    """kind: how names are meant: 'hostname' wide, 'string' exact, 'plain' by the leading dot."""
    entry = Entry(cls, reason, name, text)
    ip = v.address(text)
    net = (ip[0], ip[1], v.BITS[ip[0]]) if ip else v.network(text)
    if net:
        lists.add_net(net, entry)
        return
    if kind == "cidr" or re.match(r"^AS\d+$", text, re.I):
        return
    wide = kind == "hostname"
    if text.startswith("*."):
        text, wide = text[2:], True
    elif text.startswith("."):
        text, wide = text[1:], True
    host = v.domain(text)
    if host:
        lists.add_name(host, wide, entry)


def files_below(path):
    """The file itself, or the files of a folder in order of their paths, hidden ones left out."""
    if not os.path.isdir(path):
        return [path]
    out = []
    for folder, _, names in os.walk(path):
        out += [os.path.join(folder, n) for n in names if not n.startswith(".")]
    return sorted(out)


def read_exclusions(files):
    """files: [(path, class given by option or None)] in the order of the command line."""
    lists = Exclusions()
    table = warninglist_classes()
    for given, option in files:
        for path in files_below(given):
            data = read_text(path)
            if data.lstrip()[:1] == "{":
                doc = json.loads(data)
                name, kind = doc.get("name", ""), doc.get("type", "string")
                cls, reason = table.get(name, (option, plain_reason(option)))
                if cls in (None, "", "ignore") or kind in ("regex", "substring"):
                    continue
                for text in doc["list"]:
                    add_value(lists, str(text).strip(), kind, cls, reason, name)
                continue
            if option is None:
                continue
            base = os.path.basename(path)
            for line in data.splitlines():
                line = v.refang(re.sub(r"(^|\s)#.*$", "", line).strip())
                if line and "," not in line:
                    add_value(lists, line, "plain", option, plain_reason(option), base)
    return lists


# -- public suffixes ----------------------------------------------------------------------------

class Suffixes:
    def __init__(self, path=SUFFIXES):
        self.rules = set()
        if os.path.exists(path):
            with open(path, encoding="utf-8") as f:
                for line in f:
                    line = line.strip()
                    if line and not line.startswith("//"):
                        rule = line.split()[0].lower()
                        self.rules.add(rule)
                        try:
                            self.rules.add(rule.encode("idna").decode("ascii") if not rule.isascii()
                                           else rule)
                        except UnicodeError:
                            pass

    def is_suffix(self, name):
        """Is the whole name a public suffix? The rule that prevails is the longest, exceptions first."""
        if not self.rules:
            return "." not in name
        tops = v.parents(name)
        for top in tops:
            if "!" + top in self.rules:
                return False  # the exception's suffix is shorter than the exception
        for i, top in enumerate(tops):
            star = "*." + ".".join(top.split(".")[1:])
            if top in self.rules or star in self.rules:
                return i == 0
        return "." not in name
