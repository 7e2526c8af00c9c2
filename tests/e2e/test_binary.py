#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Captures, exported flows and other binary telemetry: the same answers as from text, and every kind of damage."""

import json
import random
import struct

import e2e
import packets
from make import CONTROLLER, DOMAIN, HOST, HOST2, OTHER, T0, gz, row, zeek, zst
from packets import OK, client_hello, get, ipfix, ipfix_flows, ipfix_template, look_up, netflow5, pcap, pcapng, session

LED = "151.101.7.7"


def conversation():
    """A host that looks a listed domain up, talks TLS and HTTP to it, and to a listed address."""
    out = []
    for i in range(12):
        at = 600 * i
        out += look_up(at, HOST, DOMAIN, LED)
        out += session(at + 1, HOST, 50000 + i, LED, 443, client_hello(DOMAIN), b"\x16\x03\x03\0\x02\x02\0" + b"y" * 90)
        out += session(at + 2, HOST, 51000 + i, LED, 80, get(DOMAIN, "/gate.php"), OK)
        out += session(at + 3, HOST2, 52000 + i, CONTROLLER, 8443, b"hello" * 20, b"world" * 30)
    return out


def as_zeek():
    conn, dns, ssl, http = [], [], [], []
    for i in range(12):
        at = 600 * i
        dns.append(row("dns", at, query=DOMAIN, answers=LED, TTLs="300.000000", id_orig_p=41000))
        conn.append(row(at=at, controller="192.0.2.53", id_orig_p=41000, id_resp_p=53, proto="udp", orig_bytes=40, resp_bytes=56))
        for off, host, sport, to, port, sent, got in (
                (1, HOST, 50000 + i, LED, 443, len(client_hello(DOMAIN)), 97),
                (2, HOST, 51000 + i, LED, 80, len(get(DOMAIN, "/gate.php")), len(OK)),
                (3, HOST2, 52000 + i, CONTROLLER, 8443, 100, 150)):
            conn.append(row(at=at + off, host=host, controller=to, id_orig_p=sport, id_resp_p=port, duration="0.070000",
                            orig_bytes=sent, resp_bytes=got))
        ssl.append(row("ssl", at + 1.03, controller=LED, id_orig_p=50000 + i))
        http.append(row("http", at + 2.03, controller=LED, id_orig_p=51000 + i, uri="/gate.php"))
    return {"conn": conn, "dns": dns, "ssl": ssl, "http": http}


class Binary(e2e.Case):
    def setUp(self):
        super().setUp()
        self.put("list", "%s\n%s:8443\n" % (DOMAIN, CONTROLLER))

    def findings(self, *telemetry, keys=("host", "controller", "port", "protocol", "records", "bytes_out", "bytes_in", "days"), **kw):
        answer = self.analyze("-i", "list", *telemetry, **kw)
        return {tuple(f[k] for k in keys) for f in answer["findings"]}

    def test_a_capture_is_worth_its_logs(self):
        for kind, rows in as_zeek().items():
            self.put("logs/%s.log" % kind, zeek(rows, kind))
        want = self.findings("logs")
        self.assertEqual({f[:2] for f in want}, {(HOST, DOMAIN), (HOST2, CONTROLLER)})
        talk = sorted(conversation(), key=lambda p: p[0])
        for name, data in (("a.pcap", pcap(talk)), ("a.pcapng", pcapng(talk)), ("a.pcap.gz", gz(pcap(talk))),
                           ("a.pcapng.zst", zst(pcapng(talk)))):
            with self.subTest(name=name):
                self.put(name, data)
                self.assertEqual(self.findings(name), want)
                self.assertEqual(self.findings("-", stdin=data), want)

    def test_a_scanned_host_is_no_victim(self):
        """A SYN from outside that nobody answers, and one that is refused."""
        syn = packets.tcp(CONTROLLER, 8443, HOST, 22, 7, 0, 2)
        rst = packets.tcp(HOST2, 22, CONTROLLER, 8443, 0, 8, 20)
        self.put("scan.pcap", pcap([(i, syn) for i in range(5)] + [(9, packets.tcp(CONTROLLER, 8443, HOST2, 22, 7, 0, 2)), (9.1, rst)]))
        answer = self.analyze("-i", "list", "scan.pcap", status=1)
        self.assertEqual(answer["findings"], [])
        self.assertEqual({x["reason"] for x in answer["excluded"]}, {"inbound-only"})

    def test_what_a_capture_lacks_is_counted(self):
        """Frames cut short, segments that are missing: said, and the name in half a hello is read."""
        hello = client_hello(DOMAIN, 300)
        whole = pcap(session(0, HOST, 50000, LED, 443, hello, b"\x16\x03\x03\0\x02\x02\0" + b"y" * 90))
        self.put("cut.pcap", b"".join([whole[:24]] + [self.cut_frame(f, 200) for f in self.frames(whole)]))
        later = packets.tcp(HOST, 50000, LED, 443, 1001 + len(hello), 5001, 24, b"\x17\x03\x03\0\x05hello")
        parts = [(i, packets.tcp(HOST, 50000, LED, 443, 1001 + at, 5001, 24, hello[at:at + 150])) for i, at in enumerate((0, 150, 300))]
        talk = session(0, HOST, 50000, LED, 443, b"", b"")[:3]
        self.put("gap.pcap", pcap(talk + [parts[0], (3, later)]))
        for name, lack in (("gap.pcap", "missed_bytes"), ("cut.pcap", "truncated")):
            with self.subTest(name=name):
                answer = self.analyze("-i", "list", name)
                self.assertGreater(self.input(answer, name).get(lack, 0), 0)
                self.assertEqual({f["controller"] for f in answer["findings"]}, {DOMAIN})

    @staticmethod
    def frames(capture):
        at = 24
        while at < len(capture):
            n = struct.unpack("<I", capture[at + 8:at + 12])[0]
            yield capture[at:at + 16 + n]
            at += 16 + n

    @staticmethod
    def cut_frame(frame, n):
        return frame[:8] + struct.pack("<I", min(n, len(frame) - 16)) + frame[12:16 + n]

    def test_refusals_and_high_ports_mean_the_same_in_one_way_records(self):
        """What a router exports of a refused call is an attempt; of one to a higher port no proof of innocence."""
        def v5(*rows):
            body = b"".join(packets.packed(a) + packets.packed(b) + bytes(4) + struct.pack(
                ">HHIIIIHHBBBBHHBBH", 1, 2, pk, by, 1000 * i, 1000 * i, sp, dp, 0, fl, 6, 0, 0, 0, 0, 0, 0)
                for i, (a, sp, b, dp, fl, pk, by) in enumerate(rows))
            return struct.pack(">HHIIIIBBH", 5, len(rows), 0, T0, 0, 0, 0, 0, 0) + body
        self.put("list", CONTROLLER + "\n")
        self.put("refused", v5((HOST, 50000, CONTROLLER, 443, 2, 1, 60), (CONTROLLER, 443, HOST, 50000, 20, 1, 40)))
        answer = self.analyze("-i", "list", "refused")
        self.assertEqual([(f["established"], f["score"]) for f in answer["findings"]], [(0, 25)])
        self.put("high", v5((HOST, 40009, CONTROLLER, 50009, 27, 9, 5000), (CONTROLLER, 50009, HOST, 40009, 27, 9, 9000)))
        answer = self.analyze("-i", "list", "high")
        self.assertEqual([(f["host"], f["score"]) for f in answer["findings"]], [(HOST, 30)])

    def test_exported_flows(self):
        keys = ("host", "controller", "port", "records", "bytes_out", "bytes_in", "established")
        want = {(HOST, CONTROLLER, 443, 10, 10000, 10000, 10)}
        self.put("list", CONTROLLER + ":443\n")
        five = netflow5(5)
        ten = [ipfix([ipfix_template()]), ipfix([ipfix_flows(5)])]
        late = [ipfix([ipfix_flows(3)]), ipfix([ipfix_flows(2), ipfix_template()])]
        carried = lambda messages, port: pcap([(i, packets.udp("198.51.100.1", 5000, "198.51.100.2", port, m))
                                               for i, m in enumerate(messages)])
        for name, data in (("five", five), ("ten", b"".join(ten)), ("five.pcap", carried([five], 2055)),
                           ("ten.pcap", carried(ten, 4739)), ("late", b"".join(late)), ("late.pcap", carried(late, 4739))):
            with self.subTest(name=name):
                self.put(name, data)
                got = self.findings(name, keys=keys)
                self.assertEqual({f[:6] for f in got}, {f[:6] for f in want})

    def test_two_exporters_do_not_share_templates(self):
        self.put("list", CONTROLLER + "\n")
        other = [ipfix([ipfix_template(fields=[(10, 4)] + packets.TEMPLATE)]), ipfix([ipfix_flows(4, host=HOST2, before=b"abcd")])]
        mine = [ipfix([ipfix_template()]), ipfix([ipfix_flows(4)])]
        stream = []
        for i in range(2):
            stream += [(i, packets.udp("198.51.100.1", 5000, "198.51.100.9", 4739, mine[i])),
                       (i + .5, packets.udp("198.51.100.2", 5000, "198.51.100.9", 4739, other[i]))]
        self.put("x.pcap", pcap(stream))
        got = self.findings("x.pcap", keys=("host", "controller", "records"))
        self.assertEqual(got, {(HOST, CONTROLLER, 8), (HOST2, CONTROLLER, 8)})

    def test_passive_dns_teaches_and_accuses_nobody(self):
        self.put("pdns.json", "".join(json.dumps(r) + "\n" for r in (
            {"rrname": DOMAIN, "rrtype": "A", "rdata": LED, "time_first": T0 - 86400, "time_last": T0 + 86400, "count": 9},
            {"rrname": "www." + DOMAIN + ".", "rrtype": "A", "rdata": [OTHER], "time_first": str(T0), "time_last": str(T0 + 9)})))
        self.put("conn.log", zeek([row(at=60 * i, controller=LED, id_orig_p=40000 + i) for i in range(20)]))
        answer = self.analyze("-i", "list", "pdns.json", "conn.log")
        self.assertEqual({(f["host"], f["controller"]) for f in answer["findings"]}, {(HOST, DOMAIN)})
        self.assertEqual([i["format"] for i in answer["inputs"] if i["kind"] == "telemetry"], ["cof", "zeek-tsv"])
        alone = self.analyze("-i", "list", "pdns.json", status=1)
        self.assertEqual(alone["totals"]["findings"], 0)

    def damaged(self, data, seed):
        """Cut off and changed in many ways."""
        rng = random.Random(seed)
        for n in sorted({rng.randrange(len(data)) for _ in range(4 if e2e.sanitized() else 12)}):
            yield "cut at %d" % n, data[:n]
        for _ in range(6 if e2e.sanitized() else 30):
            b = bytearray(data)
            for _ in range(rng.choice((1, 1, 5, 50))):
                b[rng.randrange(len(b))] = rng.randrange(256)
            yield "changed", bytes(b)

    def test_damage(self):
        """Never a crash or a hang; never less than what was there without a word."""
        talk = sorted(conversation(), key=lambda p: p[0])
        samples = {"pcap": pcap(talk[:60]), "pcapng": pcapng(talk[:60]), "five": netflow5(9) * 3,
                   "ten": ipfix([ipfix_template()]) + ipfix([ipfix_flows(9)]) * 3}
        for name, data in samples.items():
            self.put("whole", data)
            whole = self.analyze("-i", "list", "whole", status=None)
            for what, bytes_ in self.damaged(data, name):
                with self.subTest(name=name, what=what):
                    self.put("hurt", bytes_)
                    done = self.nezumi("analyze", *e2e.FIXED, "-i", "list", "--json", "hurt")
                    self.assertIn(done.status, (0, 1, 2))
                    if done.status == 2:
                        self.assertIn("hurt", done.err)
                        continue
                    answer = self.answer(done.out)
                    if what.startswith("cut"):
                        records = lambda a: sum(i["records"] for i in a["inputs"] if i["kind"] == "telemetry")
                        if name in ("five", "ten") and records(answer) < records(whole):
                            self.assertTrue(answer["rejected"] or len(bytes_) in self.seams(name), what)

    @staticmethod
    def seams(name):
        """Lengths at which whole messages end."""
        if name == "five":
            return {i * len(netflow5(9)) for i in range(4)}
        head, one = len(ipfix([ipfix_template()])), len(ipfix([ipfix_flows(9)]))
        return {0} | {head + i * one for i in range(4)}

    def test_lies(self):
        """What claims to be endless, enormous or nothing at all: told, and over at once."""
        head = struct.pack("<IHHIIII", 0xa1b2c3d4, 2, 4, 0, 0, 0, 1)
        section = struct.pack("<IIIHHqI", 0x0a0d0d0a, 28, 0x1a2b3c4d, 1, 0, -1, 28)
        lies = {
            "snaplen 0, no packets": (head, False),
            "a packet of 4 GiB": (head + struct.pack("<IIII", T0, 0, 0xffffffff, 0xffffffff) + b"x" * 5000, True),
            "a block of no length": (section + struct.pack("<III", 6, 0, 0) * 50, True),
            "a record of 65,535 fields": (ipfix([(2, struct.pack(">HH", 256, 65535) + b"\0\x08\0\4" * 300)]) +
                                          ipfix([ipfix_flows(2)]), True),
            "records of no length": (ipfix([(2, struct.pack(">HHHH", 256, 1, 8, 0)), (256, b"\0" * 900)]), True),
            "a set of no length": (ipfix([ipfix_template()]) + struct.pack(">HHIIIHH", 10, 40, T0, 0, 1, 256, 0) + b"\0" * 20, True),
        }
        for what, (data, told) in lies.items():
            with self.subTest(what=what):
                self.put("lie", data)
                done = self.nezumi("analyze", *e2e.FIXED, "-i", "list", "--json", "lie", seconds=20)
                self.assertIn(done.status, (1, 2))
                if told and done.status == 1:
                    self.assertTrue(self.answer(done.out)["rejected"], what)
                self.assertLess(done.rss, 400 << 20)

    def test_a_flood_of_flows_is_bounded(self):
        rng = random.Random(3)
        syns = [(i / 1e5, packets.tcp("198.18.%d.%d" % (i >> 8 & 255, i & 255), rng.randrange(1024, 65536), HOST, 80, i, 0, 2))
                for i in range(20000 if e2e.sanitized() else 60000)]
        self.put("flood.pcap", pcap(syns + session(100, HOST, 50000, CONTROLLER, 8443, b"x" * 50, b"y" * 50)))
        done = self.nezumi("analyze", *e2e.FIXED, "-i", "list", "--json", "--threads", "1", "flood.pcap", status=0)
        answer = self.answer(done.out)
        self.assertEqual(answer["totals"]["records"], len(syns) + 1)
        if not e2e.sanitized():
            self.assertLess(done.rss, 200 << 20)


if __name__ == "__main__":
    e2e.main()
