#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Small random worlds in which most records touch something: indicators, organisations, exclusions
and telemetry in every format, with the moments, ports and names that sit on the edges of the rules.

    scenario.py --seed N [DIR]      writes the files of scenario N and prints its command line

A scenario depends on its seed alone.
"""

import argparse
import gzip
import json
import os
import random

import values as v

DAY, SECOND = v.DAY, v.MICRO
BASE = v.time("2023-05-10T00:00:00Z")
KINDS = ("enterprise", "government", "university", "isp", "hosting", "resolver", "scanner", "research",
         "sinkhole", "unknown")
CLASSES = ("benign", "provider", "scanner", "sinkhole", "research")
PORTS = (80, 443, 447, 1177, 8080, 4443)
FAMILIES = ("njrat", "emotet", "xtrat", "qakbot", "Homebrew")
ALIASES = ("Bladabindi", "win.njrat", "HEODO", "Xtreme RAT", "Q-Bot")
STATES = ("S0", "S1", "SF", "REJ", "S2", "S3", "RSTO", "RSTR", "RSTOS0", "RSTRH", "SH", "SHR", "OTH", "-")
HISTORIES = ("S", "ShADadFf", "ShAdD", "Sr", "^hadf", "^h", "H", "HaDd", "Dd", "^dD", "DdA", "-", "s", "^sA",
             "sS", "C", "SAF", "ShR", "^aR", "Hs", "R")
LISTED = ("bad.com", "c2.bad.com", "worse.net", "evil.example.co.uk", "dyn-host.org", "a.b.dyn-host.org")
BENIGN = ("fine.com", "api.fine.com", "search.org", "update.vendor.net")
OTHER = ("shop.somewhere.org", "blog.elsewhere.net", "plain.jp")
MISP = (  # name in the catalogue, type, what its entries are
    ("List of known IPv4 public DNS resolvers", "cidr", "net"),
    ("Shodan IP-Ranges, pot. used for Scanning", "cidr", "net"),
    ("List of known sinkholes", "cidr", "net"),
    ("University of Michigan CSE connection-attempt network ranges", "cidr", "net"),
    ("List of known Akamai IP ranges", "cidr", "net"),
    ("Top 1000 website from Alexa", "hostname", "benign"),
    ("Top 1000 websites from Cisco Umbrella", "string", "benign"),
    ("List of known dynamic DNS domains", "hostname", "provider"),
    ("TLDs as known by IANA", "string", "benign"),
)


class World:
    def __init__(self, seed, folder):
        self.rng = random.Random(seed)
        self.folder = folder
        self.argv = []
        self.written = 0

    # -- small helpers ---------------------------------------------------------------------

    def chance(self, p):
        return self.rng.random() < p

    def pick(self, seq):
        return self.rng.choice(seq)

    def write(self, name, text, may_zip=True):
        data = text.encode()
        if may_zip and self.chance(0.15):
            name, data = name + ".gz", gzip.compress(data, mtime=0)
        path = os.path.join(self.folder, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as f:
            f.write(data)
        return name

    def v4(self, first, second=None):
        r = self.rng
        return "%d.%d.%d.%d" % (first, r.randrange(1, 3) if second is None else second,
                                r.randrange(1, 3), r.choice((1, 2, 7, 9, 200, 254)))

    def v6(self, head):
        r = self.rng
        return v.address_text(v.address("%s:%x::%x:%x" % (head, r.randrange(1, 3), r.randrange(0, 2),
                                                          r.randrange(1, 4))))

    def spell(self, text):
        """The same address, as another tool would write it."""
        if ":" not in text and self.chance(0.03):
            return "::ffff:" + text
        if ":" in text and self.chance(0.2):
            return text.upper()
        return text

    def defang(self, text):
        how = self.rng.random()
        if how < 0.3:
            return text.replace("http://", "hxxp://").replace(".", "[.]")
        if how < 0.4:
            return text.replace("http://", "hxxp://")
        if how < 0.45:
            return text.replace(".", self.pick(("(.)", "[dot]", "{.}", "(dot)")))
        if how < 0.5 and text.startswith("http://"):
            return text.replace("http://", self.pick(("hXXp://", "hxxp[:]//", "hxxp[://]")))
        return text

    def net_around(self, ip):
        if ":" in ip:
            length = self.pick((32, 40, 48, 56, 64, 112, 126))
        else:
            length = self.pick((16, 20, 22, 23, 24, 25, 28, 30, 31))
        a = v.address(ip)
        return v.network_text((a[0], v.mask(a, length), length))

    def moment(self):
        """A time, mostly one of a few that others use too, or a hair beside it."""
        m = self.pick(self.moments)
        return m + self.pick((0, 0, 0, 1, -1, SECOND, -SECOND, self.rng.randrange(0, 7200 * SECOND)))

    def name(self):
        base = self.pick(self.names)
        how = self.rng.random()
        if how < 0.25:
            base = self.pick(("www.", "cdn.", "a.b.", "x-1.", "good.")) + base
        if how > 0.9:
            base = base.upper()
        if 0.85 < how < 0.9:
            base += "."
        return base

    # -- the world -------------------------------------------------------------------------

    def build(self):
        r = self.rng
        days = self.pick((1, 1, 2, 3, 6))
        self.moments = [BASE + r.randrange(days * 86400) * SECOND + self.pick((0, 0, 999999, 500000))
                        for _ in range(r.randrange(3, 9))]
        self.grace = self.pick((30, 30, 2, 7))
        self.theme = self.pick(("mixed", "mixed", "names", "dns", "beacon", "oneway", "edges"))
        self.bad = [self.v4(45) for _ in range(r.randrange(2, 6))] + \
            [self.v6("2a02:7") for _ in range(r.randrange(0, 3))]
        self.hosts = [self.v4(91) for _ in range(r.randrange(2, 6))] + \
            [self.v6("2a01:5") for _ in range(r.randrange(0, 3))]
        self.unlisted = [self.v4(46), self.v4(47)]
        self.names = list(LISTED[:r.randrange(1, 7)]) + r.sample(BENIGN, 2) + r.sample(OTHER, 1)
        if self.theme in ("names", "dns", "oneway", "edges"):  # few values, so that they meet often
            self.bad, self.hosts = self.bad[:2], self.hosts[:3]
        if self.theme == "names":
            self.duel()
        if self.theme == "edges":
            self.moments = self.moments[:2]
        self.indicators()
        self.organisations()
        self.exclusions()
        options = []
        how = r.random()
        if how < 0.2:
            options += ["--validity", "strict"]
        elif how < 0.35:
            options += ["--validity", "any"]
        elif self.grace != 30:
            options += ["--validity", "grace=%dd" % self.grace]
        elif how < 0.5:
            options += ["--validity", "grace"]
        if self.chance(0.3):
            options += ["--shared", str(r.randrange(1, 4))]
        window = sorted({self.moment(), self.moment()})
        if self.chance(0.2):
            options += ["--from", v.time_text(window[0])]
        if self.chance(0.2) and (len(window) == 2 or "--from" not in options):
            options += ["--to", v.time_text(window[-1])]
        self.telemetry()
        self.argv += options
        return self.argv

    def duel(self):
        """Names and the names above and below them, for lists of several classes to quarrel about."""
        base = [self.pick(BENIGN), self.pick(LISTED)]
        self.names = base + [head + b for b in base for head in ("www.", "cdn.", "x.cdn.")] + [self.pick(OTHER)]

    # -- indicators ------------------------------------------------------------------------

    def some_value(self):
        """A value as text, and whether a port may stand beside it."""
        r = self.rng.random()
        if r < 0.5:
            return self.pick(self.bad), True
        if r < 0.62:
            return self.net_around(self.pick(self.bad)), True
        if r < 0.8:
            return self.pick(("", "", "*.", ".")) + self.pick(LISTED), False
        if r < 0.9:
            return self.some_url(), False
        if r < 0.93:
            return self.pick(self.hosts), True
        return self.pick(("0.0.0.0", "10.0.0.5", "8.0.0.0/8", "2a02::/24", "co.uk", "224.0.0.9", "fe80::1",
                          "192.168.0.0/16", "http://192.168.1.1/x", "www.bad.com", "fine.com",
                          "api.fine.com", "2001:db8::5", "45.1.0.0/16", "vendor.net")), True

    def some_url(self):
        host = self.pick(list(LISTED) + [b for b in self.bad if ":" not in b] + ["api.fine.com"])
        return "http://%s%s%s" % (host, self.pick(("", ":80", ":8080")), self.pick(("", "/", "/a", "/a?b=1", "/gate.php")))

    def interval(self):
        """(since, until) whose edges, or the edges of whose grace, are moments of the telemetry."""
        r = self.rng
        g = self.grace * DAY
        m = self.pick(self.moments)
        edge = m + self.pick((0, 0, 1, -1, SECOND, -SECOND))
        how = r.random()
        if how < 0.2:
            return None, edge
        if how < 0.35:
            return edge, None
        if how < 0.55:
            return None, edge - g
        if how < 0.7:
            return edge + g, edge + g + DAY
        if how < 0.8:
            return BASE - 400 * DAY, BASE - 300 * DAY
        return BASE - 5 * DAY, BASE + r.randrange(0, 8) * DAY

    def indicators(self):
        makers = [self.plain, self.table, self.feodo, self.intervals, self.maltrail]
        self.rng.shuffle(makers)
        if self.theme == "edges":
            makers = makers + [self.table]
        if self.theme in ("names", "dns"):
            lines = [self.bad[0] + self.pick(("", ":443"))] + self.rng.sample(LISTED, 2)
            self.argv += ["-i", self.write("first.txt", "\n".join(lines) + "\n")]
        for maker in makers[:self.rng.randrange(1, 5)]:
            name = maker()
            self.argv += ["-i", name]

    def count(self):
        return self.rng.randrange(1, 9)

    def line(self):
        text, ported = self.some_value()
        if ported and "/" not in text and self.chance(0.5):
            port = self.pick(PORTS)
            text = "[%s]:%d" % (text, port) if ":" in text else "%s:%d" % (text, port)
            return text if ":" in text and text.startswith("[") else self.defang(text)
        return self.defang(text)

    def plain(self):
        lines = ["# a list", ""]
        for _ in range(self.count()):
            lines.append(self.line() + self.pick(("", "", " # seen", "\r")))
        return self.write("plain.txt", "\n".join(lines) + self.pick(("\n", "")))

    def table(self):
        head = ["value", "port", "family", "role", "valid_from", "valid_until", "source", "confidence"]
        if self.chance(0.5):
            head[0], head[4], head[5] = "indicator", "first_seen", "last_seen"
        order = list(range(len(head)))
        self.rng.shuffle(order)
        rows = [",".join(head[i] for i in order)]
        for _ in range(self.count() + 2):
            text, ported = self.some_value()
            since, until = self.interval() if self.chance(0.7) else (None, None)
            role = self.pick(("controller", "controller", "controller", "", "payload", "phishing",
                              "scanner", "sinkhole", "infected-host"))
            cells = [text, str(self.pick(PORTS + (53,))) if ported and self.chance(0.5) else "",
                     self.pick(FAMILIES + ALIASES + ("",)), role, self.stamp(since), self.stamp(until),
                     self.pick(("alpha", "beta", "")), "70"]
            rows.append(",".join(cells[i] for i in order))
        return self.write("table.csv", "\n".join(rows) + "\n")

    def stamp(self, us):
        if us is None:
            return ""
        if self.chance(0.15):
            return v.time_text(us)[:10]
        return v.time_text(us)

    def feodo(self):
        rows = ["# block list", "#",
                '"first_seen_utc","dst_ip","dst_port","c2_status","last_online","malware"']
        for _ in range(self.count()):
            since, until = self.interval()
            since = BASE - 3 * DAY if since is None else since
            until = BASE + 9 * DAY if until is None else until
            ip = self.pick([b for b in self.bad if ":" not in b])
            rows.append('"%s","%s","%d","offline","%s","%s"' % (
                v.time_text(since)[:19].replace("T", " "), ip, self.pick(PORTS), v.time_text(until)[:10],
                self.pick(FAMILIES)))
        return self.write("feodo.csv", "\n".join(rows) + "\n")

    def intervals(self):
        rows = ["ip,listed_from,listed_until"]
        for _ in range(self.count()):
            since, until = self.interval()
            since = BASE - 3 * DAY if since is None else since
            ip = self.pick([b for b in self.bad if ":" not in b] + ["0.0.0.0"])
            rows.append("%s,%sZ,%s" % (ip, v.time_text(since)[:19],
                                       "" if until is None else v.time_text(until)[:19] + "Z"))
        return self.write("intervals.csv", "\n".join(rows) + "\n")

    def maltrail(self):
        name = self.pick(FAMILIES[:3] + ("mass_scanner", "sinkhole_x"))
        lines = ["# Copyright (c) 2014-2026 Maltrail developers (https://github.com/stamparm/maltrail/)", "",
                 "# Aliases: some", "", "# Reference: https://example.org/report", ""]
        for _ in range(self.count()):
            if name in ("mass_scanner", "sinkhole_x"):
                lines.append(self.pick((self.pick(self.hosts), self.pick(self.bad), self.pick(LISTED),
                                        self.net_around(self.pick(self.hosts)))) + " # scan.example.org")
            else:
                lines.append(self.line())
        return self.write(name + ".txt", "\n".join(lines) + "\n", may_zip=False)

    # -- organisations and exclusions ------------------------------------------------------

    def organisations(self):
        if self.chance(0.1):
            return
        cols = ["network", "id", "name", "sector", "country", "kind", "note"]
        self.rng.shuffle(cols)
        rows, seen, kinds = [",".join(cols)], set(), {}
        for i in range(self.rng.randrange(1, 12)):
            where = self.pick(self.hosts + [self.pick(self.bad)])
            net = self.pick((where, self.net_around(where), self.net_around(where), "AS%d" % (64500 + i),
                             "org%d.example" % i))
            if net in seen and self.chance(0.5):
                continue
            seen.add(net)
            kind = self.pick(KINDS[:4]) if self.chance(0.7) else self.pick(KINDS)
            cell = {"network": net, "id": "o%d" % (i // 2 if self.chance(0.2) else i), "kind": kind,
                    "name": self.pick(("Acme", "\"Smith, Sons\"", "企業")), "note": "x",
                    "sector": self.pick(("", "finance", "energy")), "country": self.pick(("JP", "MX", ""))}
            # one identity has one description
            cell.update({"name": "Org " + cell["id"], "sector": "finance", "country": "JP",
                         "kind": kinds.setdefault(cell["id"], kind)})
            rows.append(",".join(cell[c] for c in cols))
        self.argv += ["-o", self.write("orgs.csv", "\n".join(rows) + "\n")]

    def some_names(self, kind):
        out = []
        for _ in range(self.rng.randrange(1, 4)):
            name = self.pick(BENIGN if kind == "benign" and self.chance(0.8) else LISTED + BENIGN + OTHER)
            if self.chance(0.2):
                name = self.pick(("cdn.", "good.", "www.")) + name
            out.append(name)
        return out

    def some_nets(self):
        out = []
        for _ in range(self.rng.randrange(1, 4)):
            ip = self.pick(self.hosts) if self.chance(0.4) else self.pick(self.bad + self.unlisted)
            out.append(ip if self.chance(0.4) else self.net_around(ip))
        return out

    def duel_lists(self):
        for i, cls in enumerate(self.rng.sample(("benign", "provider", "scanner", "benign"), self.rng.randrange(2, 5))):
            names = self.rng.sample(self.names, self.rng.randrange(1, 4))
            if self.chance(0.4):
                doc = {"name": "A list of ours d%d" % i, "type": self.pick(("hostname", "string")), "list": names}
                what = self.write("d%d.json" % i, json.dumps(doc), may_zip=False)
            else:
                what = self.write("d%d.txt" % i, "".join(self.pick((".", "*.", "")) + n + "\n" for n in names))
            self.argv += ["--exclusions-as", cls, "-x", what]

    def exclusions(self):
        if self.theme == "names":
            self.duel_lists()
        for i in range(self.pick((0, 1, 1, 2, 3, 4))):
            if self.chance(0.4):
                name, kind, what = self.pick(MISP)
                cls = None
                if self.chance(0.2):
                    cls = self.pick(CLASSES)
                    name = "A list of ours %d" % i
                entries = self.some_nets() if what == "net" else self.some_names(what)
                if kind != "cidr" and self.chance(0.3):
                    entries += self.some_nets()
                if self.chance(0.05):
                    kind = self.pick(("substring", "regex"))
                doc = {"description": "x", "list": entries, "matching_attributes": ["ip-dst"],
                       "name": name, "type": kind, "version": 1}
                self.argv += (["--exclusions-as", cls] if cls else []) + \
                    ["-x", self.write("wl%d/list.json" % i, json.dumps(doc), may_zip=False)]
                continue
            cls = self.pick(CLASSES + ("benign", "provider"))
            lines = ["# list"]
            if cls != "benign" and self.chance(0.8):
                lines += self.some_nets()
            if cls in ("benign", "provider") and self.chance(0.8):
                lines += [self.pick((".", "*.", "")) + n for n in self.some_names(cls)]
            lines.append("AS64511 # some network")
            self.argv += ["--exclusions-as", cls, "-x", self.write("x%d.txt" % i, "\n".join(lines) + "\n")]

    # -- telemetry -------------------------------------------------------------------------

    def telemetry(self):
        self.flows, self.siblings = [], []
        for _ in range(self.rng.randrange(2, 9)):
            self.talk()
        if self.theme == "beacon":
            for _ in range(self.rng.randrange(2, 6)):
                self.series()
        for _ in range(self.rng.randrange(8, 20) if self.theme in ("names", "dns") else self.rng.randrange(0, 8)):
            self.answer()
        for _ in range(self.rng.randrange(0, 5)):
            self.loose()
        rows = self.flows + self.siblings
        self.rng.shuffle(rows)
        files = []
        buckets = {}
        eve = self.chance(0.5)
        for row in rows:
            kind = row["kind"]
            if kind == "flow":
                how = self.pick(self.flow_formats)
            elif kind == "cof":
                how = "cof"
            else:
                how = "eve" if eve and self.chance(0.5) else self.pick(("tsv", "json"))
            buckets.setdefault((how, kind if how in ("tsv", "json") else ""), []).append(row)
        for i, ((how, kind), found) in enumerate(sorted(buckets.items())):
            files.append(getattr(self, "as_" + how)("tel/%d-%s%s" % (i, how, kind), kind, found))
        if self.chance(0.3):
            self.argv.append("tel")
        else:
            self.rng.shuffle(files)
            self.argv += files

    @property
    def flow_formats(self):
        if not hasattr(self, "_formats"):
            every = ["tsv", "json", "eve", "argus", "csv", "oneway"]
            if self.theme == "oneway":
                every = ["oneway", "oneway", "csv"]
            self._formats = self.rng.sample(every, self.rng.randrange(1, 4))
        return self._formats

    def target(self):
        how = self.rng.random()
        if how < 0.6:
            return self.pick(self.bad)
        if how < 0.85:
            ip = v.address(self.pick(self.bad))
            return v.address_text((ip[0], ip[1] ^ self.rng.randrange(0, 4)))
        return self.pick(self.unlisted)

    def talk(self):
        """A series of flows between one host and one address, with siblings."""
        r = self.rng
        host, peer = self.pick(self.hosts), self.target()
        if self.chance(0.03):
            host = peer
        elif self.chance(0.04):
            host = self.pick(self.bad)
        port = self.pick(PORTS)
        n = self.pick((1, 1, 2, 3, 5, 8, 9, 12, 30)) if not self.chance(0.06) else self.pick((100, 101, 515, 560))
        beat = self.pick((0, 400000, 60 * SECOND, 60 * SECOND, 3600 * SECOND, 8 * 3600 * SECOND))
        if n > 90:
            beat = min(beat, 600 * SECOND)
        wild = self.chance(0.35)
        inbound = self.chance(0.2)
        size = self.pick((0, 40, 300, 5000))
        proto = self.pick(("tcp", "tcp", "tcp", "udp", "icmp"))
        ts = self.moment()
        state, history = self.pick(STATES), self.pick(HISTORIES)
        call = self.name() if self.chance(0.9 if self.theme == "names" else 0.5) else None
        steady = self.chance(0.5)  # always the same name
        for i in range(n):
            swap = inbound if not wild else self.chance(0.5)
            a, b = (peer, host) if swap else (host, peer)
            client, server = r.randrange(1024, 60000), port
            if wild and self.chance(0.3):
                server = self.pick(PORTS)
            if self.chance(0.05):
                client = server
            ap, bp = client, server
            if self.chance(0.12):
                ap, bp = bp, ap  # the collector took the sides the wrong way round
            if wild and self.chance(0.4):
                state, history = self.pick(STATES), self.pick(HISTORIES)
            flow = {"kind": "flow", "ts": ts, "a": a, "ap": ap, "b": b, "bp": bp, "proto": proto,
                    "dur": self.pick((0, 1000, 1500000, 30 * SECOND)), "state": state, "history": history,
                    "ab": self.bytes_near(size), "bb": self.bytes_near(self.pick((0, size, 700))),
                    "ak": self.pick((0, 1, 3)), "bk": self.pick((0, 1, 4))}
            self.flows.append(flow)
            if call and n < 90 and self.chance(0.8):
                self.sibling(flow, call, steady)
                if self.theme == "names" and self.chance(0.5):
                    self.sibling(flow, self.name(), False)
            step = beat if not wild else self.pick((beat, beat // 2, r.randrange(1, 4000) * SECOND))
            ts += step + (r.randrange(-step // 12, step // 12 + 1) if step and self.chance(0.7) else 0)

    def bytes_near(self, size):
        return max(0, size + self.rng.randrange(-40, 41)) if size and self.chance(0.5) else size

    def sibling(self, flow, call, steady):
        ts = flow["ts"] + self.pick((0, 0, 0, 1000, -SECOND, -SECOND - 1, flow["dur"], flow["dur"] + SECOND,
                                     flow["dur"] + SECOND + 1))
        kind = self.pick(("tls", "http"))
        name = call if steady or self.chance(0.6) else self.pick((self.name(), "", flow["b"]))
        row = {"kind": kind, "ts": ts, "a": flow["a"], "ap": flow["ap"], "b": flow["b"], "bp": flow["bp"],
               "name": name, "done": self.chance(0.6), "uri": self.pick(("/", "/a", "/a?b=1", "/gate.php"))}
        if self.chance(0.08):
            row.update({"a": flow["b"], "ap": flow["bp"], "b": flow["a"], "bp": flow["ap"]})
        self.siblings.append(row)

    def series(self):
        """A beacon whose regularity lies near the limits that count."""
        r = self.rng
        host, peer, port = self.pick(self.hosts), self.pick(self.bad), self.pick(PORTS)
        n = self.pick((7, 8, 9, 10, 11, 14, 20, 40))
        head = n
        if self.chance(0.15):
            n, head = self.pick((511, 512, 513, 600)), self.pick((300, 380, 420, 512))
        beat = self.pick((SECOND, 3 * SECOND, 10 * SECOND, 60 * SECOND, 300 * SECOND))
        beats = [beat, self.pick((beat, beat * 2, beat * 3 + 7))]
        share, sizes = r.random() ** 0.5, r.random() ** 0.5
        size, ts, kind = self.pick((0, 100, 320, 2000)), self.moment(), self.pick(("flow", "flow", "flow", "dns", "tls"))
        name = self.pick(LISTED)
        for i in range(n):
            big = i >= head
            bytes_out = size + self.pick((0, 0, size // 10, 32, 33, -32)) if r.random() < sizes else r.randrange(0, 9000)
            row = {"kind": kind, "ts": ts, "a": host, "ap": 2000 + i, "b": peer, "bp": port, "proto": "tcp",
                   "dur": 1000, "state": "SF", "history": "ShADadFf", "ab": max(0, bytes_out), "bb": 50, "ak": 2, "bk": 2,
                   "name": name, "done": True, "uri": "/", "answers": []}
            if kind == "flow":
                self.flows.append(row)
            else:
                self.siblings.append(row)
            step = self.pick(beats)
            if r.random() >= share or big:
                step = r.randrange(1, 50) * r.randrange(1, 4000000)
            elif self.chance(0.5):
                window = max(step // 10, SECOND // 2)
                step += self.pick((0, window, window + 1, -window, -window - 1, window // 2))
            elif self.chance(0.2):
                step = self.pick((SECOND - 1, SECOND, 0, 1))
            ts += max(0, step)

    def answer(self):
        """A dns record, and often a flow to the answer that stands on an edge of its freshness."""
        r = self.rng
        host = self.pick(self.hosts)
        ts, name, peer = self.moment(), self.name(), self.target()
        ttl = self.pick((None, 0, 30, 60, 61, 300, 86400 * 8))
        answers = [(peer, ttl)]
        if self.chance(0.3):
            answers.insert(0, (self.name().rstrip(".").lower(), 5))
        if self.chance(0.2):
            answers.append((self.pick(self.bad), self.pick((None, 120)) if ttl is None else 120))
        if ttl is None:
            answers = [(a, None) for a, _ in answers]
        seen = 0
        if self.chance(0.25):
            # Nobody's: a database has seen it for a while.
            seen, ttl = self.pick((0, 1, 3600 * SECOND, 40 * 86400 * SECOND)), None
            self.siblings.append({"kind": "cof", "ts": ts, "seen": seen, "name": name, "answers": answers})
        else:
            self.siblings.append({"kind": "dns", "ts": ts, "a": host, "ap": r.randrange(1024, 60000),
                                  "b": self.pick(("9.9.9.9", "9.9.9.9", self.pick(self.bad))), "bp": 53,
                                  "name": name, "answers": answers if self.chance(0.9) else []})
        life = seen + min(max(3600 if ttl is None else ttl, 60), 7 * 86400) * SECOND
        for _ in range(r.randrange(0, 4)):
            at = ts + self.pick((0, -SECOND, -SECOND - 1, life, life + 1, 5 * SECOND, 30 * SECOND))
            client = host if self.chance(0.6) else self.pick(self.hosts)
            self.flows.append({"kind": "flow", "ts": at, "a": client, "ap": r.randrange(1024, 60000), "b": peer,
                               "bp": self.pick(PORTS), "proto": self.pick(("tcp", "udp")), "dur": 1000,
                               "state": self.pick(("SF", "S0", "OTH")), "history": self.pick(("ShADadFf", "S", "-")),
                               "ab": self.pick((0, 200)), "bb": self.pick((0, 300)), "ak": 1, "bk": 1})

    def loose(self):
        """tls, http and dns records without a flow."""
        kind = self.pick(("tls", "http", "dns"))
        row = {"kind": kind, "ts": self.moment(), "a": self.pick(self.hosts), "ap": self.rng.randrange(1024, 60000),
               "b": self.target(), "bp": self.pick(PORTS), "name": self.name(), "done": self.chance(0.5),
               "uri": self.pick(("/", "/a", "/a?b=1", "/gate.php")), "answers": []}
        if kind == "http" and self.chance(0.4):
            host = self.some_url()[7:].split("/")[0]
            row["name"], _, port = host.partition(":")
            row["bp"] = int(port or 80)
        if kind == "dns":
            row["bp"] = 53
        self.siblings.append(row)

    # -- the formats -----------------------------------------------------------------------

    def zeek_fields(self, row):
        stamp = "%d.%06d" % divmod(row["ts"], SECOND)
        out = {"ts": stamp, "uid": "C%d" % self.rng.randrange(10 ** 9), "id.orig_h": self.spell(row["a"]),
               "id.orig_p": row["ap"], "id.resp_h": self.spell(row["b"]), "id.resp_p": row["bp"]}
        kind = row["kind"]
        if kind == "flow":
            tcp = row["proto"] == "tcp"
            if row["proto"] == "icmp":
                out["id.orig_p"], out["id.resp_p"] = 8, 0
            out.update({
                "proto": row["proto"], "service": "-", "duration": "%d.%06d" % divmod(row["dur"], SECOND),
                "orig_bytes": row["ab"], "resp_bytes": row["bb"],
                "conn_state": row["state"] if tcp else self.pick(("SF", "S0", "OTH")),
                "history": row["history"] if tcp else self.pick(("Dd", "D", "-")),
                "orig_pkts": row["ak"], "resp_pkts": row["bk"]})
            if row["dur"] == 0 and row["ab"] == 0 and row["bb"] == 0:
                out.update({"duration": "-", "orig_bytes": "-", "resp_bytes": "-"})
        elif kind == "dns":
            out.update({"proto": "udp", "query": row["name"] or "-", "qtype_name": "A",
                        "answers": [a for a, _ in row["answers"]],
                        "TTLs": ["%d.000000" % t for _, t in row["answers"] if t is not None]})
        elif kind == "tls":
            out.update({"version": "TLSv12", "server_name": row["name"] or "-",
                        "established": "T" if row["done"] else "F"})
        else:
            out.update({"method": "GET", "host": row["name"] or "-", "uri": row["uri"],
                        "status_code": 200 if row["done"] else "-"})
        return out

    def as_tsv(self, name, kind, rows):
        path = {"flow": "conn", "dns": "dns", "tls": "ssl", "http": "http"}[kind]
        every = [self.zeek_fields(r) for r in rows]
        fields = list(every[0]) + self.pick(([], ["_node_name"], ["extra", "local_orig"]))
        self.rng.shuffle(fields)
        unset, join = self.pick(("-", "-", "-", "NA")), self.pick((",", ",", ",", "|"))
        lines = ["#separator \\x09", "#set_separator\t" + join, "#empty_field\t(empty)", "#unset_field\t" + unset,
                 "#path\t" + path, "#open\t2023-05-10-00-00-00", "#fields\t" + "\t".join(fields)]
        if self.chance(0.5):
            lines.append("#types" + "\tstring" * len(fields))
        for e in every:
            cells = []
            for f in fields:
                x = e.get(f, "x")
                if isinstance(x, list):
                    x = join.join(x) or self.pick(("-", "(empty)"))
                cells.append(unset if x == "-" else str(x))
            lines.append("\t".join(cells))
            if self.chance(0.02):
                lines.append("cut\toff")
        if self.chance(0.5):
            lines.append("#close\t2023-05-11-00-00-00")
        return self.write(name + ".log", "\n".join(lines) + "\n")

    def as_json(self, name, kind, rows):
        path = {"flow": "conn", "dns": "dns", "tls": "ssl", "http": "http"}[kind]
        lines = []
        iso = self.chance(0.3)
        for row in rows:
            e = {k: x for k, x in self.zeek_fields(row).items() if x not in ("-", [])}
            text = {"_path": path}
            for k, x in e.items():
                if k == "established":
                    text[k] = x == "T"
                elif k == "TTLs":
                    text[k] = [float(t) for t in x]
                else:
                    text[k] = x
            if iso:
                text["ts"] = v.time_text(row["ts"])
            keys = list(text)
            self.rng.shuffle(keys)
            line = json.dumps({k: text[k] for k in keys}, ensure_ascii=self.chance(0.5))
            if not iso:
                line = line.replace('"ts": "%s"' % text["ts"], '"ts": %s' % text["ts"])
            if "duration" in text:
                line = line.replace('"duration": "%s"' % text["duration"], '"duration": %s' % text["duration"])
            lines.append(line)
        return self.write(name + ".json", "\n".join(lines) + "\n")

    def as_cof(self, name, kind, rows):
        lines = []
        for row in rows:
            ends = [row["ts"], row["ts"] + row["seen"]]
            how = self.pick(("number", "text", "iso"))
            ends = [v.time_text(t) if how == "iso" else "%d.%06d" % divmod(t, SECOND) for t in ends]
            zone = self.pick(("", "", "zone_"))
            found = {}
            for a, _ in row["answers"]:
                ip = v.address(a)
                found.setdefault("CNAME" if not ip else "AAAA" if ":" in a else "A", []).append(a)
            for rrtype, data in sorted(found.items()):
                doc = {"rrname": row["name"], "rrtype": rrtype, "rdata": data[0] if len(data) == 1 else data,
                       zone + "time_first": "@0", zone + "time_last": "@1", "count": 7}
                if self.chance(0.2) and rrtype != "CNAME":
                    doc["rrtype"] = {"A": 1, "AAAA": 28}[rrtype]
                keys = list(doc)
                self.rng.shuffle(keys)
                line = json.dumps({k: doc[k] for k in keys})
                for i, t in enumerate(ends):
                    line = line.replace('"@%d"' % i, t if how == "number" else json.dumps(t))
                lines.append(line)
            if self.chance(0.03):
                lines.append('{"rrname": "cut')
        return self.write(name + ".json", "\n".join(lines) + "\n")

    def eve_time(self, us):
        """With an offset, as Suricata writes it."""
        offset = self.pick((0, 2, -5))
        text = v.time_text(us + offset * 3600 * SECOND)[:-1]
        if "." not in text:
            text += ".000000"
        return text + "%s%02d00" % ("-" if offset < 0 else "+", abs(offset))

    def as_eve(self, name, kind, rows):
        lines = []
        for row in rows:
            kind = row["kind"]
            doc = {"timestamp": self.eve_time(row["ts"] + (row.get("dur", 0) + 3 * SECOND if kind == "flow" else 0)),
                   "flow_id": self.rng.randrange(1 << 50), "event_type": kind,
                   "src_ip": self.spell(row["a"]), "src_port": row["ap"], "dest_ip": self.spell(row["b"]),
                   "dest_port": row["bp"], "proto": row.get("proto", "UDP" if kind == "dns" else "TCP").upper()}
            if kind == "flow":
                self.eve_flow(doc, row)
            elif kind == "dns":
                part = {"version": 2, "type": "answer", "id": 7, "rrname": row["name"], "rrtype": "A",
                        "rcode": "NOERROR"}
                part["answers"] = []
                shape = self.pick((2, 2, 3))
                if shape == 3:
                    part = {"version": 3, "type": "response", "id": 7, "rcode": "NOERROR",
                            "queries": [{"rrname": row["name"], "rrtype": "A"}]}
                    part["answers"] = []
                for a, ttl in row["answers"]:
                    rr = {"rrname": row["name"], "rrtype": "A" if v.address(a) else "CNAME", "rdata": a}
                    if ttl is not None:
                        rr["ttl"] = ttl
                    part["answers"].append(rr)
                if not row["answers"]:
                    part = {"type": "query", "id": 7, "rrname": row["name"], "rrtype": "A", "tx_id": 0}
                elif len(row["answers"]) == 1 and row["answers"][0][1] is not None and self.chance(0.2):
                    a, ttl = row["answers"][0]
                    part = {"type": "answer", "id": 7, "rrname": row["name"], "rrtype": "A", "ttl": ttl, "rdata": a}
                doc["dns"] = part
            elif kind == "tls":
                part = {"subject": "CN=x", "version": "TLS 1.2" if row["done"] else
                        self.pick(("UNDETERMINED", None))}
                if part["version"] is None:
                    del part["version"]
                if row["name"]:
                    part["sni"] = row["name"]
                doc["tls"] = part
            else:
                part = {"http_method": "GET", "url": row["uri"], "protocol": "HTTP/1.1", "length": 0}
                if row["name"]:
                    part["hostname"] = row["name"]
                if row["bp"] != 80:
                    part["http_port"] = row["bp"]
                if row["done"]:
                    part["status"] = 200
                doc["http"] = part
            lines.append(json.dumps(doc))
            if self.chance(0.05):
                lines.append(json.dumps({"timestamp": doc["timestamp"], "event_type": "alert",
                                         "src_ip": doc["src_ip"], "dest_ip": doc["dest_ip"]}))
        return self.write(name + ".json", "\n".join(lines) + "\n")

    def eve_flow(self, doc, row):
        state = self.pick(("new", "established", "closed", "closed", "bypassed"))
        doc["flow"] = {"pkts_toserver": row["ak"], "pkts_toclient": row["bk"],
                       "bytes_toserver": row["ab"] + (74 * row["ak"] if self.chance(0.7) else 0),
                       "bytes_toclient": row["bb"] + (74 * row["bk"] if self.chance(0.7) else 0),
                       "start": self.eve_time(row["ts"]), "end": self.eve_time(row["ts"] + row["dur"]),
                       "age": row["dur"] // SECOND, "state": state, "reason": "timeout"}
        if row["proto"] == "tcp" and self.chance(0.9):
            ts, tc = self.pick((("1b", "1b"), ("02", "14"), ("00", "00"), ("18", "18"), ("1e", "12")))
            doc["tcp"] = {"tcp_flags": "1f", "tcp_flags_ts": ts, "tcp_flags_tc": tc, "state": "closed"}
            if int(ts, 16) & 2:
                doc["tcp"]["syn"] = True

    def as_argus(self, name, kind, rows):
        lines = ["StartTime,Dur,Proto,SrcAddr,Sport,Dir,DstAddr,Dport,State,sTos,dTos,TotPkts,TotBytes,SrcBytes,Label"]
        for row in rows:
            at = v.time_text(row["ts"])[:-1].replace("-", "/").replace("T", " ")
            if "." not in at:
                at += ".000000"
            tcp = row["proto"] == "tcp"
            state = self.pick(("S_RA", "SPA_SPA", "FSPA_FSPA", "S_", "S_SA", "PA_PA", "A_PA", "SRPA_SPA")) if tcp \
                else self.pick(("CON", "INT"))
            way = self.pick(("   ->", "   ->", "  <-", "  <?>", "  <->"))
            ports = (row["ap"], row["bp"]) if row["proto"] != "icmp" else ("0x0008", "0x0303")
            lines.append("%s,%d.%06d,%s,%s,%s,%s,%s,%s,%s,0,0,%d,%d,%d,flow=x" % (
                at, *divmod(row["dur"], SECOND), row["proto"], row["a"], ports[0], way, row["b"], ports[1], state,
                row["ak"] + row["bk"], row["ab"] + row["bb"], row["ab"]))
        return self.write(name + ".binetflow", "\n".join(lines) + "\n")

    def flags(self):
        return self.pick(("S", "SA", "SAF", "PA", "A", "", "SPAF", "R", "RA", "RA"))

    def as_csv(self, name, kind, rows):
        cols = ["start", "duration", "src", "sport", "dst", "dport", "proto", "bytes", "packets", "bytes_rev",
                "packets_rev", "flags"]
        if self.chance(0.3):
            cols[0] = "ts"
        if self.chance(0.3):
            cols.remove("packets")
            cols.remove("packets_rev")
        if self.chance(0.3):
            cols.remove("flags")
        return self.flow_csv(name, rows, cols)

    def as_oneway(self, name, kind, rows):
        cols = ["ts", "src", "sport", "dst", "dport", "proto", "bytes", "packets", "flags"]
        if self.chance(0.3):
            cols.remove("packets")
        if self.chance(0.2):
            cols.remove("flags")
        return self.flow_csv(name, rows, cols)

    def flow_csv(self, name, rows, cols):
        self.rng.shuffle(cols)
        lines = [",".join(cols)]
        epoch = self.chance(0.3)
        for row in rows:
            wire = 60 if "packets" in cols and self.chance(0.7) else 0
            cell = {"src": self.spell(row["a"]), "sport": row["ap"], "dst": self.spell(row["b"]),
                    "dport": row["bp"], "duration": "%d.%06d" % divmod(row["dur"], SECOND),
                    "proto": row["proto"] if self.chance(0.5) else row["proto"].upper(),
                    "bytes": row["ab"] + wire * row["ak"], "packets": row["ak"],
                    "bytes_rev": row["bb"] + wire * row["bk"], "packets_rev": row["bk"],
                    "flags": self.flags() if row["proto"] == "tcp" else ""}
            at = "%d.%06d" % divmod(row["ts"], SECOND) if epoch else v.time_text(row["ts"])
            cell["ts"] = cell["start"] = at
            lines.append(",".join(str(cell[c]) for c in cols))
        return self.write(name + ".csv", "\n".join(lines) + "\n")


def build(seed, folder):
    """Write scenario `seed` below folder; the arguments of `analyze`, paths relative to folder."""
    return World(seed, folder).build()


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--seed", type=int, required=True)
    p.add_argument("folder", nargs="?")
    a = p.parse_args()
    folder = a.folder or "scenario-%d" % a.seed
    os.makedirs(folder, exist_ok=True)
    argv = build(a.seed, folder)
    print("cd %s && nezumi analyze --owners none --no-builtin --json %s" % (folder, " ".join(argv)))


if __name__ == "__main__":
    main()
