#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The oracle against cases worked out by hand from docs/judgement.md."""

import json
import os
import tempfile
import unittest

import compare
import judge
import oracle
import special
import values as v
from inputs import CATALOGUE, Suffixes, csv_rows, read_text

CONN = "#separator \\x09\n#set_separator\t,\n#empty_field\t(empty)\n#unset_field\t-\n#path\tconn\n" \
       "#fields\tts\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tproto\tduration\torig_bytes\tresp_bytes" \
       "\tconn_state\thistory\torig_pkts\tresp_pkts\n"
T0 = 1600000000
HOST = "91.10.0.1"
BAD = "45.1.2.3"


def conn(ts, o, op, r, rp, state="SF", history="ShADadFf", ob=100, rb=200, proto="tcp", dur="1.0",
         opk=5, rpk=5):
    return "\t".join(str(x) for x in (ts, o, op, r, rp, proto, dur, ob, rb, state, history, opk, rpk)) + "\n"


def zeek(path, fields, rows):
    return "#separator \\x09\n#set_separator\t,\n#empty_field\t(empty)\n#unset_field\t-\n#path\t%s\n#fields\t%s\n" \
        % (path, "\t".join(fields)) + "".join("\t".join(str(c) for c in r) + "\n" for r in rows)


DNS = ("ts", "id.orig_h", "id.orig_p", "id.resp_h", "id.resp_p", "proto", "query", "answers", "TTLs")
SSL = ("ts", "id.orig_h", "id.orig_p", "id.resp_h", "id.resp_p", "server_name", "established")
HTTP = ("ts", "id.orig_h", "id.orig_p", "id.resp_h", "id.resp_p", "host", "uri", "status_code")


class Case(unittest.TestCase):
    def setUp(self):
        self.dir = tempfile.TemporaryDirectory()

    def tearDown(self):
        self.dir.cleanup()

    def file(self, name, text):
        path = os.path.join(self.dir.name, name)
        with open(path, "w", encoding="utf-8") as f:
            f.write(text)
        return path

    def run_on(self, indicators, telemetry, *options, name="bad.txt"):
        """telemetry: a text or several."""
        args = ["-i", self.file(name, indicators)] if indicators else []
        texts = [telemetry] if isinstance(telemetry, str) else telemetry
        paths = [self.file("t%d.log" % i, t) for i, t in enumerate(texts)]
        return oracle.run(args + list(options) + paths)

    def one(self, got):
        self.assertEqual(len(got["findings"]), 1, got)
        return got["findings"][0]

    def reasons(self, got):
        return {(e["host"], e["controller"]): e["reason"] for e in got["excluded"]}


class Values(unittest.TestCase):
    def test_address(self):
        self.assertEqual(v.address("::ffff:1.2.3.4"), (4, 0x01020304))
        self.assertIsNone(v.address("1.2.3"))
        self.assertEqual(v.network("45.1.2.3/16"), (4, 0x2d010000, 16))
        self.assertEqual(v.network("::ffff:45.1.0.0/112"), (4, 0x2d010000, 16))
        self.assertIsNone(v.network("45.1.2.3/33"))

    def test_url(self):
        self.assertEqual(v.url("HTTP://Evil.Example:80")[0], "http://evil.example/")
        self.assertEqual(v.url("http://evil.example:8080/A?b#c")[0], "http://evil.example:8080/A?b")
        for text in ("hxxp://a[.]b(.)c/x", "hXXp[:]//a[dot]b.c/x", "hxxp[://]a.b.c/x"):
            self.assertEqual(v.refang(text), "http://a.b.c/x")

    def test_time(self):
        self.assertEqual(v.time("1970-01-02"), v.DAY)
        self.assertEqual(v.time("1970-01-01", end=True), v.DAY - 1)
        self.assertEqual(v.time("1970-01-01T01:00:00+0100"), 0)
        self.assertEqual(v.time("1970/01/01 00:00:01.5"), 1500000)
        self.assertEqual(v.seconds("19.9817459"), 19981745)

    def test_suffix(self):
        s = Suffixes()
        self.assertTrue(s.is_suffix("com"))
        if s.rules:
            self.assertTrue(s.is_suffix("co.uk"))
            self.assertTrue(s.is_suffix("any.ck"))
            self.assertFalse(s.is_suffix("www.ck"))
        self.assertFalse(s.is_suffix("example.com"))

    def test_special_purpose_tables_agree(self):
        path = os.path.join(CATALOGUE, "special-purpose.csv")
        if not os.path.exists(path):
            self.skipTest("no catalogue")
        theirs = [v.network(row["range"]) for row in csv_rows(read_text(path))[1]]
        mine = [n for n in special.NETWORKS if n != special.MAPPED]

        def inside(n, table):
            return any(m[0] == n[0] and m[2] <= n[2] and v.holds(m, (n[0], n[1])) for m in table)

        self.assertEqual([n for n in theirs if not inside(n, mine)], [])
        self.assertEqual([n for n in mine if not inside(n, theirs)], [])


class Gate(Case):
    def gate(self, indicators, *options):
        got = self.run_on(indicators, CONN + conn(T0, HOST, 5000, BAD, 80), *options)
        return {w["value"]: w["reason"] for w in got["withheld"]}

    def test_reasons(self):
        self.assertEqual(
            self.gate("10.0.0.1\n224.1.1.1\n8.0.0.0/15\n8.8.0.0/16\n2a01::/31\n2a02::/32\nco.uk\n"
                      "http://127.0.0.1/x\n192.168.0.0/10\nff02::1\nevil.com\n"),
            {"10.0.0.1": "special-purpose", "224.1.1.1": "special-purpose", "8.0.0.0/15": "too-broad",
             "2a01::/31": "too-broad", "co.uk": "too-broad", "http://127.0.0.1/x": "special-purpose",
             "192.128.0.0/10": "special-purpose", "ff02::1": "special-purpose"})

    def test_allow_listed(self):
        good = self.file("good.txt", "45.9.9.9\n45.8.0.0/24\n.fine.com\nx.deep.org\n")
        base = ["--exclusions-as", "benign", "-x", good]
        listed = "45.9.9.9:80\n45.9.9.0/24\n45.8.0.7\na.fine.com\nfine.com\ndeep.org\nwww.x.deep.org\n" \
                 "y.deep.org\nhttp://a.fine.com/z\nhttp://45.8.0.1/z\n45.7.0.0/24\n"
        self.assertEqual(self.gate(listed, *base), dict.fromkeys(
            ["45.9.9.9", "45.9.9.0/24", "45.8.0.7", "a.fine.com", "fine.com", "deep.org", "www.x.deep.org",
             "http://a.fine.com/z", "http://45.8.0.1/z"], "allow-listed"))
        cloud = self.file("cloud.txt", ".fine.com\n")
        self.assertNotIn("a.fine.com", self.gate(listed, *base, "--exclusions-as", "provider", "-x", cloud))

    def test_roles(self):
        got = self.run_on("value,role\n%s,scanner\n45.1.2.4,sinkhole\n45.1.2.5,infected-host\n%s,\n"
                          % (HOST, BAD),
                          CONN + conn(T0, HOST, 5000, BAD, 80) + conn(T0, HOST, 5000, "45.1.2.5", 80),
                          name="roles.csv")
        self.assertEqual(self.reasons(got), {(HOST, BAD): "scanner"})


class Scores(Case):
    def test_single_two_way(self):
        f = self.one(self.run_on(BAD + ":443\n", CONN + conn(T0, HOST, 5000, BAD, 443)))
        self.assertEqual((f["score"], f["confidence"]), (60, "medium"))  # 45 + 15
        self.assertEqual((f["port"], f["protocol"], f["records"], f["established"]), (443, "tcp", 1, 1))
        self.assertEqual((f["bytes_out"], f["bytes_in"]), (100, 200))
        self.assertEqual(f["first_seen"], "2020-09-13T12:26:40Z")

    def test_attempts_with_a_beat(self):
        rows = "".join(conn(T0 + 60 * i, HOST, 5000 + i, BAD, 443, "S0", "S", 0, 0, rpk=0, opk=1)
                       for i in range(30))
        f = self.one(self.run_on(BAD + ":443\n", CONN + rows))
        self.assertEqual(f["_parts"], {"evidence": 25, "port": 15, "repetition": 15, "days": 0,
                                       "regularity": 20, "family": 0, "names": 0, "sources": 0, "grace": 0})
        self.assertEqual(f["established"], 0)

    def test_off_port(self):
        f = self.one(self.run_on(BAD + ":443\n", CONN + conn(T0, HOST, 5000, BAD, 80)))
        self.assertEqual((f["score"], f["records"], f["records_other_port"], f["port"]), (22, 0, 1, 80))

    def test_days_sources_and_family(self):
        other = "45.1.2.4"
        csv = "value,family,source\n%s,rat,a\n%s,rat,b\n%s,rat,a\n" % (BAD, BAD, other)
        rows = "".join(conn(T0 + 86400 * i, HOST, 5000, BAD, 80) for i in range(5))
        got = self.run_on(csv, CONN + rows + conn(T0, HOST, 5000, other, 80), name="x.csv")
        by = {f["controller"]: f for f in got["findings"]}
        self.assertEqual(by[BAD]["days"], 5)
        self.assertEqual(by[BAD]["score"], 45 + 5 + 10 + 10 + 5)
        self.assertEqual(by[other]["score"], 45 + 10)

    def test_payload_role_is_capped(self):
        csv = "value,port,role\n%s,80,payload\n" % BAD
        f = self.one(self.run_on(csv, CONN + conn(T0, HOST, 5000, BAD, 80), name="x.csv"))
        self.assertEqual(f["score"], 49)

    def test_regularity_by_hand(self):
        class R:
            kind = "flow"

        class T:
            def __init__(self, ts, out):
                self.record, self.out = R(), out
                self.record.ts = ts

            def bytes(self):
                return (self.out, 0)

        second = v.MICRO
        self.assertEqual(judge.regularity([T(60 * second * i, 10) for i in range(7)]), 0)
        self.assertEqual(judge.regularity([T(60 * second * i, 10) for i in range(8)]), 100)
        # intervals 10, 10, 10, 100, 100, 1000, 5000: modes hold 3 and 2 of 7; sizes 4 of 8 near 1000
        at, ts = [0], 0
        for d in (10, 10, 10, 100, 100, 1000, 5000):
            ts += d * second
            at.append(ts)
        sizes = [1000, 1010, 1050, 1100, 5000, 6000, 7000, 8000]
        got = judge.regularity([T(t, s) for t, s in zip(at, sizes)])
        self.assertEqual(got, (2 * (100 * 5 // 7) + 50) // 3)


class Exclusions(Case):
    def test_validity_edges(self):
        csv = "value,valid_from,valid_until\n%s,2020-09-10,2020-09-12\n" % BAD
        end = 1599955199  # 2020-09-12T23:59:59Z

        def at(ts, *options):
            got = self.run_on(csv, CONN + conn(ts, HOST, 5000, BAD, 80), *options, name="x.csv")
            return got["findings"][0]["_parts"]["grace"] if got["findings"] else got["excluded"][0]["reason"]

        self.assertEqual(at("%d.999999" % end), 0)
        self.assertEqual(at(end + 1), -15)
        self.assertEqual(at("%d.999999" % (end + 30 * 86400)), -15)
        self.assertEqual(at(end + 30 * 86400 + 1), "outside-validity")
        self.assertEqual(at(end + 1, "--validity", "strict"), "outside-validity")
        self.assertEqual(at(end + 86400 * 400, "--validity", "any"), 0)
        self.assertEqual(at("%d.999999" % (end + 2 * 86400), "--validity", "grace=2d"), -15)
        self.assertEqual(at(end + 2 * 86400 + 1, "--validity", "grace=2d"), "outside-validity")
        self.assertEqual(at("1599695999.999999"), -15)

    def test_inbound(self):
        ind = BAD + "\n"
        scan = conn(T0, BAD, 5000, HOST, 22, "REJ", "Sr", 0, 0)
        self.assertEqual(self.reasons(self.run_on(ind, CONN + scan)), {(HOST, BAD): "inbound-only"})
        talk = conn(T0, BAD, 5000, HOST, 22)
        f = self.one(self.run_on(ind, CONN + talk))
        self.assertEqual(f["score"], 30)
        self.assertEqual((f["bytes_out"], f["bytes_in"], f["port"]), (200, 100, 5000))
        banner = conn(T0, BAD, 5000, HOST, 22, ob=0)
        self.assertEqual(self.reasons(self.run_on(ind, CONN + banner)), {(HOST, BAD): "inbound-only"})
        silent = conn(T0, HOST, 5000, BAD, 22, "OTH", "-", 0, 50, opk=0)
        self.assertEqual(self.reasons(self.run_on(ind, CONN + silent)), {(HOST, BAD): "inbound-only"})

    def test_named_port_tells_the_opener(self):
        flow = conn(T0, BAD, 8080, HOST, 700, "OTH", "-", 9, 9)
        self.assertEqual(self.one(self.run_on(BAD + ":8080\n", CONN + flow))["score"], 60)
        self.assertEqual(self.one(self.run_on(BAD + "\n", CONN + flow))["score"], 30)

    def test_host_side(self):
        table = self.file("orgs.csv", "network,id,name,sector,country,kind\n91.10.0.0/16,big,Big,,JP,isp\n"
                          "91.10.0.0/24,lab,Lab,,JP,research\n%s,one,One,energy,JP,enterprise\n" % HOST)
        rows = CONN + conn(T0, HOST, 5000, BAD, 80) + conn(T0, "91.10.0.2", 5000, BAD, 80) \
            + conn(T0, "91.10.1.2", 5000, BAD, 80)
        got = self.run_on(BAD, rows, "-o", table)
        self.assertEqual({f["organisation"]["id"] for f in got["findings"]}, {"one", "big"})
        self.assertEqual(self.reasons(got), {("91.10.0.2", BAD): "research"})
        nets = self.file("nets.txt", "91.10.0.0/16\n")
        got = self.run_on(BAD, rows, "--exclusions-as", "provider", "-x", nets, "--exclusions-as",
                          "scanner", "-x", self.file("s.txt", HOST))
        self.assertEqual(self.reasons(got), {(HOST, BAD): "scanner", ("91.10.0.2", BAD): "hosting",
                                             ("91.10.1.2", BAD): "hosting"})

    def test_window(self):
        rows = CONN + "".join(conn(T0 + i, HOST, 5000, BAD, 80) for i in range(4))
        got = self.run_on(BAD, rows, "--from", "2020-09-13T12:26:41Z", "--to", "2020-09-13T12:26:43Z")
        self.assertEqual(self.one(got)["records"], 2)
        self.assertEqual(got["totals"]["records"], 2)


class NamesDecide(Case):
    def test_benign_sni(self):
        good = self.file("good.txt", ".fine.com\n")
        tls = zeek("ssl", SSL, [(T0, HOST, 5000, BAD, 443, "www.fine.com", "T")])
        flow = CONN + conn(T0, HOST, 5000, BAD, 443)
        got = self.run_on(BAD, [flow, tls], "--exclusions-as", "benign", "-x", good)
        self.assertEqual(got["excluded"][0]["records"], 2)
        self.assertEqual(self.reasons(got), {(HOST, BAD): "benign-name"})

    def test_provider_and_other_name(self):
        cloud = self.file("cloud.txt", "45.1.0.0/16\n")
        tls = zeek("ssl", SSL, [(T0, HOST, 5000, BAD, 443, "shop.example.org", "T")])
        f = self.one(self.run_on(BAD + ":443", tls, "--exclusions-as", "provider", "-x", cloud))
        self.assertEqual(f["score"], 40)

    def test_resolution_and_chain(self):
        dns = zeek("dns", DNS, [(T0, HOST, 9999, "9.9.9.1", 53, "udp", "c2.evil.com",
                                 "cdn.other.net,45.77.1.1", "10.0,30.0")])
        flows = CONN + conn(T0 + 60, HOST, 5000, "45.77.1.1", 80) + conn(T0 + 61, HOST, 5001, "45.77.1.1", 80)
        f = self.one(self.run_on("evil.com", [dns, flows]))
        self.assertEqual((f["records"], f["score"], f["port"]), (2, 45 + 10, 80))  # lookup and one flow
        other = CONN + conn(T0 + 60, "91.10.0.9", 5000, "45.77.1.1", 80)
        got = self.run_on("evil.com", [dns, other])
        self.assertEqual({x["host"]: x["score"] for x in got["findings"]}, {HOST: 20, "91.10.0.9": 45})

    def test_passive_dns(self):
        rows = '{"rrname":"C2.evil.com.","rrtype":"A","rdata":["45.77.1.1"],"time_first":%d,"time_last":"%d"}\n' \
            '{"rrname":"c2.evil.com.","rrtype":"NS","rdata":"ns.other.net.","time_first":%d,"time_last":%d}\n' \
            % (T0, T0 + 100, T0, T0 + 9000)
        got = self.run_on("evil.com", rows)
        self.assertEqual((got["findings"], got["totals"]["matched"]), ([], 0))
        for at, found in ((T0 - 2, 0), (T0 - 1, 1), (T0 + 100 + 3600, 1), (T0 + 100 + 3601, 0)):
            got = self.run_on("evil.com", [rows, CONN + conn(at, HOST, 5000, "45.77.1.1", 80)])
            self.assertEqual([(f["host"], f["controller"]) for f in got["findings"]], [(HOST, "evil.com")] * found)

    def test_domain_below_a_benign_name(self):
        good = self.file("good.txt", ".login.evil.com\n")
        dns = zeek("dns", DNS, [(T0, HOST, 9999, "9.9.9.1", 53, "udp", "a.login.evil.com", "-", "-"),
                                (T0, HOST, 9999, "9.9.9.1", 53, "udp", "b.evil.com", "-", "-")])
        got = self.run_on("x.evil.com\n", dns, "--exclusions-as", "benign", "-x", good)
        self.assertEqual(got["findings"], [])
        got = self.run_on("evil.com\n", dns, "--exclusions-as", "benign", "-x", good)
        self.assertEqual(got["withheld"][0]["reason"], "allow-listed")

    def test_url(self):
        http = zeek("http", HTTP, [(T0, HOST, 5000, BAD, 8080, "Evil.com:8080", "/a?b", 200),
                                   (T0, HOST, 5000, BAD, 80, "evil.com", "/a?b", "-")])
        f = self.one(self.run_on("hxxp://evil[.]com:8080/a?b#x", http))
        self.assertEqual((f["controller"], f["score"], f["port"]), ("http://evil.com:8080/a?b", 45, 8080))


class Other(Case):
    def test_eve_argus_csv(self):
        eve = json.dumps({"timestamp": "2020-09-13T13:00:00.000000+0000", "event_type": "flow",
                          "src_ip": HOST, "src_port": 5000, "dest_ip": BAD, "dest_port": 80, "proto": "TCP",
                          "flow": {"pkts_toserver": 2, "pkts_toclient": 2, "bytes_toserver": 148,
                                   "bytes_toclient": 500, "start": "2020-09-13T12:26:40+0000",
                                   "state": "established"}, "tcp": {"tcp_flags_ts": "1a"}}) + "\n"
        f = self.one(self.run_on(BAD, eve))
        self.assertEqual((f["score"], f["bytes_out"], f["first_seen"]), (35, 148, "2020-09-13T12:26:40Z"))
        argus = "StartTime,Dur,Proto,SrcAddr,Sport,Dir,DstAddr,Dport,State,sTos,dTos,TotPkts,TotBytes,SrcBytes\n" \
            "2020/09/13 12:26:40.5,1.0,tcp,%s,5000,   ->,%s,80,SPA_SPA,0,0,9,900,300\n" \
            "2020/09/13 12:26:41.5,1.0,tcp,%s,5000,   ->,%s,80,S_RA,0,0,2,120,60\n" % (HOST, BAD, HOST, BAD)
        f = self.one(self.run_on(BAD, argus))
        self.assertEqual((f["score"], f["bytes_in"], f["established"]), (45, 660, 1))
        both = "ts,src,sport,dst,dport,proto,packets,bytes,flags\n" \
            "2020-09-13T12:26:40Z,%s,5000,%s,80,tcp,2,200,S\n" % (HOST, BAD)
        self.assertEqual(self.one(self.run_on(BAD, both))["score"], 25)
        both += "2020-09-13T12:26:40Z,%s,80,%s,5000,tcp,2,200,SA\n" % (BAD, HOST)
        f = self.one(self.run_on(BAD, both))
        self.assertEqual((f["score"], f["established"], f["bytes_out"], f["bytes_in"]), (45, 1, 200, 200))

    def test_shared_alert(self):
        table = self.file("orgs.csv", "network,id,name,sector,country,kind\n" + "".join(
            "91.0.%d.0/24,o%d,O%d,,JP,enterprise\n" % (i, i, i) for i in range(4)))
        rows = CONN + "".join(conn(T0, "91.0.%d.1" % i, 5000, BAD, 80) for i in range(5))
        got = self.run_on(BAD, rows, "-o", table)
        self.assertEqual([a["subject"] for a in got["alerts"]], [BAD])
        self.assertEqual(got["totals"]["organisations"], 5)
        self.assertEqual(self.run_on(BAD, rows, "-o", table, "--shared", "5")["alerts"], [])

    def test_both_sides_listed_and_equal(self):
        rows = CONN + conn(T0, "45.1.2.4", 5000, BAD, 80) + conn(T0, BAD, 5000, BAD, 80)
        got = self.run_on(BAD + "\n45.1.2.4", rows)
        self.assertEqual({(f["host"], f["controller"]) for f in got["findings"]},
                         {("45.1.2.4", BAD), (BAD, "45.1.2.4")})


class Comparison(Case):
    """A comparison that sees nothing would pass everything."""

    def answers(self):
        rows = CONN + "".join(conn(T0 + i, HOST, 5000, BAD, 80) for i in range(3)) \
            + conn(T0, "91.10.0.2", 5000, BAD, 80)
        lists = self.file("s.txt", "91.10.0.2\n")
        got = self.run_on(BAD + ":80\n10.0.0.1\n", rows, "--exclusions-as", "scanner", "-x", lists, "--shared", "0")
        theirs = json.loads(json.dumps(got))
        for e in theirs["excluded"]:
            e["detail"] = "%(list)s: %(entry)s" % e["detail"]
        return got, theirs

    def test_same(self):
        self.assertEqual(compare.differences(*self.answers()), [])

    def test_every_field_counts(self):
        unseen = []

        def change(value):
            if isinstance(value, bool) or value is None:
                return None
            if isinstance(value, int):
                return value + 1
            if isinstance(value, list):
                return value[:-1] if value else ["extra"]
            at = v.time(value)
            return "x" if at is None else v.time_text(at + 1)

        def walk(node, path):
            for key in (list(node) if isinstance(node, dict) else range(len(node))):
                value = node[key]
                here = path + [key]
                if str(key).startswith("_") or here[-2:] == ["detail", "entry"]:
                    continue
                if isinstance(value, (dict, list)) and value and not isinstance(value, str):
                    walk(value, here)
                kept, node[key] = value, change(value) if not isinstance(value, dict) else {}
                try:
                    seen = compare.differences(mine, theirs) != []
                except (KeyError, TypeError, AttributeError, IndexError):
                    seen = True
                if not seen:
                    unseen.append(".".join(map(str, here)))
                node[key] = kept

        mine, theirs = self.answers()
        walk(theirs, [])
        known = ("organisation.name", "organisation.sector", "organisation.country", "organisation.kind",
                 "organisations.0.name", "organisations.0.sector", "organisations.0.country",
                 "organisations.0.kind",  # of an unknown organisation nothing else is said
                 "alerts.0.organisations", "alerts.0.organisations.0")
        self.assertEqual([u for u in unseen if not u.endswith(known)], [])


if __name__ == "__main__":
    unittest.main()
