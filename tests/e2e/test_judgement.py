#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Judgement, spot by spot and reckoned by hand; the oracle goes over the breadth of it."""

import e2e
from make import CONTROLLER, DAY, DOMAIN, HOST, HOST2, OTHER, PORT, eve, ndjson, organisations, row, zeek

S0 = {"conn_state": "S0", "history": "S", "orig_bytes": 0, "resp_bytes": 0, "resp_pkts": 0}


class Judgement(e2e.Case):
    def setUp(self):
        super().setUp()
        self.put("list", "%s:%d\n" % (CONTROLLER, PORT))

    def judge(self, *rows, args=(), **logs):
        """The answer to flows, and to further logs by kind."""
        for kind, some in {"conn": rows, **logs}.items():
            self.put("logs/%s.log" % kind, zeek(some, kind))
        done = self.nezumi("analyze", *e2e.FIXED, "--json", "-i", "list", *args, "logs")
        return self.answer(done.out)

    def excluded(self, answer):
        return [(x["host"], x["reason"], x["records"]) for x in answer["excluded"]]

    def test_a_scan_by_the_controller_is_no_infection(self):
        scans = {"refused": {"conn_state": "REJ", "history": "Sr", "resp_bytes": 0},
                 "unanswered": {**S0, "orig_bytes": 0},
                 "accepted and nothing said": {"conn_state": "SF", "history": "ShAFf", "orig_bytes": 0, "resp_bytes": 0},
                 "talked at": {"conn_state": "RSTR", "history": "ShADr", "orig_bytes": 500, "resp_bytes": 0}}
        for what, fields in scans.items():
            with self.subTest(what=what):
                a = self.judge(*[row(at=i, host=CONTROLLER, controller=HOST, id_resp_p=22, **fields) for i in range(5)])
                self.assertEqual((a["findings"], self.excluded(a)), ([], [(HOST, "inbound-only", 5)]))
        # One that was answered is at most low.
        self.put("list", CONTROLLER + "\n")
        self.assertEqual(self.finding(self.judge(row(host=CONTROLLER, controller=HOST, id_resp_p=22)))["score"], 30)

    def test_sides_that_the_collector_swapped(self):
        swapped = row(host=CONTROLLER, controller=HOST, id_orig_p=PORT, id_resp_p=50000, history="HADadFf", conn_state="SF")
        f = self.finding(self.judge(*[{**swapped, "ts": str(1543737600 + i)} for i in range(3)]))
        self.assertEqual((f["host"], f["controller"], f["port"], f["records"], f["confidence"]), (HOST, CONTROLLER, PORT, 3, "medium"))
        # Two-way 45, named port 15, three times 5.
        self.assertEqual(f["score"], 65)
        # UDP says nothing of sides: the named port does.
        udp = row(host=CONTROLLER, controller=HOST, id_orig_p=PORT, id_resp_p=80, proto="udp", history="Dd")
        self.assertEqual(self.finding(self.judge(udp))["score"], 60)

    def test_attempts_betray_a_host(self):
        f = self.finding(self.judge(*[row(at=300 * i, **S0) for i in range(40)]))
        # Attempt 25, named port 15, at least thirty 15, regular 20.
        self.assertEqual((f["score"], f["established"], f["confidence"]), (75, 0, "high"))

    def test_established_without_payload(self):
        f = self.finding(self.judge(row(orig_bytes=0, resp_bytes=0, history="ShAFf")))
        self.assertEqual((f["score"], f["established"]), (50, 1))

    def test_another_port_counts_less(self):
        f = self.finding(self.judge(row(id_resp_p=8443)))
        self.assertEqual((f["score"], f["records"], f["records_other_port"]), (22, 0, 1))
        f = self.finding(self.judge(row(), *[row(at=i, id_resp_p=8443) for i in range(9)]))
        self.assertEqual((f["score"], f["records"], f["records_other_port"]), (60, 1, 9))

    def test_validity(self):
        self.put("list", "value,first_seen,valid_until\n%s,2018-12-01,2018-12-02\n" % CONTROLLER)
        at = {"inside": 0, "to the end of its last day": 16 * 3600 - 1, "grace": 16 * 3600, "30 days": 30 * DAY, "beyond": 31 * DAY}
        want = {"inside": 45, "to the end of its last day": 45, "grace": 30, "30 days": 30, "beyond": None}
        for what, t in at.items():
            with self.subTest(what=what):
                a = self.judge(row(at=t))
                if want[what] is None:
                    self.assertEqual((a["findings"], self.excluded(a)), ([], [(HOST, "outside-validity", 1)]))
                else:
                    self.assertEqual(self.finding(a)["score"], want[what])

    def test_hosts_that_are_no_victims(self):
        for kind in ("scanner", "sinkhole", "research", "resolver", "hosting"):
            with self.subTest(kind=kind):
                self.put("orgs", organisations((HOST, "x", "X", "", "US", kind), ("203.0.113.0/24", "lan", "Lan", "", "MX", "isp")))
                a = self.judge(row(), row(host=HOST2), args=["-o", "orgs"])
                self.assertEqual(self.excluded(a), [(HOST, kind, 1)])
                self.assertEqual(self.finding(a)["host"], HOST2)
        for kind, reason in (("scanner", "scanner"), ("sinkhole", "sinkhole"), ("research", "research"), ("provider", "hosting"),
                             ("benign", "allow-listed")):
            with self.subTest(list=kind):
                self.put("aside.txt", HOST + "/32\n")
                a = self.judge(row(), row(host=HOST2), args=["--exclusions-as", kind, "-x", "aside.txt"])
                self.assertEqual([(x["host"], x["reason"]) for x in a["excluded"]], [(HOST, reason)])
                self.assertIn("aside", a["excluded"][0]["detail"])
        # An organisation of another kind in the table does not shield from a list.
        self.put("orgs", organisations((HOST, "x", "X", "", "US", "enterprise")))
        a = self.judge(row(), args=["-o", "orgs", "--exclusions-as", "scanner", "-x", "aside.txt"])
        self.assertEqual(self.excluded(a), [(HOST, "scanner", 1)])

    def test_scanner_and_sinkhole_indicators_shield(self):
        for name in ("mass_scanner.txt", "sinkhole_sample.txt"):
            with self.subTest(name=name):
                self.put("shield/" + name, "# Copyright (c) Maltrail developers\n%s\n" % HOST)
                a = self.judge(row(), args=["-i", "shield"])
                self.assertEqual([x["reason"] for x in a["excluded"]], ["scanner" if "scanner" in name else "sinkhole"])
                self.put("shield/" + name, "")

    def test_a_benign_name_on_a_shared_address(self):
        self.put("names.txt", "ipinfo.io\n")
        sni = lambda name: {"ssl": [row("ssl", server_name=name)]}
        aside = ["--exclusions-as", "benign", "-x", "names.txt"]
        a = self.judge(row(), args=aside, **sni("ipinfo.io"))
        self.assertEqual([(x["host"], x["reason"]) for x in a["excluded"]], [(HOST, "benign-name")])
        a = self.judge(row(), args=aside, **sni("evil-example.com"))
        self.assertEqual(self.finding(a)["records"], 2)
        # By a DNS answer that was fresh for this client, and only for it.
        self.put("logs/ssl.log", "")
        dns = [row("dns", at=-30, query="ipinfo.io", answers=CONTROLLER, TTLs="60.000000")]
        a = self.judge(row(), row(host=HOST2), args=aside, dns=dns)
        self.assertEqual(self.excluded(a), [(HOST, "benign-name", 1)])
        self.assertEqual(self.finding(a)["host"], HOST2)
        a = self.judge(row(at=600), args=aside, dns=dns)
        self.assertEqual(self.finding(a)["host"], HOST)

    def test_an_unlisted_site_at_a_provider_is_at_most_low(self):
        self.put("list", CONTROLLER + "\n")
        self.put("cloud.txt", "45.123.0.0/16\n")
        rows = [row(at=300 * i) for i in range(120)]
        sni = [row("ssl", at=300 * i, server_name="shop.example.com") for i in range(120)]
        aside = ["--exclusions-as", "provider", "-x", "cloud.txt"]
        f = self.finding(self.judge(*rows, ssl=sni, args=aside))
        self.assertEqual((f["score"], f["confidence"]), (40, "low"))
        self.assertGreater(self.finding(self.judge(*rows, ssl=[], args=aside))["score"], 75)
        self.assertGreater(self.finding(self.judge(*rows, ssl=sni))["score"], 75)

    def test_a_domain_by_each_kind_of_record(self):
        self.put("list", DOMAIN + "\n")
        self.put("logs/conn.log", "")
        for kind, score in {"dns": 20, "ssl": 45, "http": 45}.items():
            with self.subTest(kind=kind):
                a = self.judge(**{kind: [row(kind, **({"query": "a." + DOMAIN} if kind == "dns" else {}))]})
                f = self.finding(a)
                self.assertEqual((f["controller"], f["score"], f["evidence"][0]["kind"]),
                                 (DOMAIN, score, {"ssl": "tls"}.get(kind, kind)))
                self.put("logs/%s.log" % kind, "")

    def test_a_domain_by_what_it_resolved_to(self):
        self.put("list", DOMAIN + "\n")
        dns = [row("dns", at=-10, answers="151.101.1.9", TTLs="300.000000")]
        a = self.judge(row(controller="151.101.1.9"), row(at=900, controller="151.101.1.9"), dns=dns)
        f = self.finding(a)
        self.assertEqual((f["controller"], f["records"], f["port"], [e["kind"] for e in f["evidence"]]), (DOMAIN, 2, PORT, ["dns", "flow"]))
        # Two-way 45, two kinds of record 10.
        self.assertEqual(f["score"], 55)
        answer = eve("dns", -10, type="answer", answers=[{"rrname": DOMAIN, "rrtype": "A", "ttl": 300, "rdata": "151.101.1.9"}])
        self.put("eve.json", ndjson([eve("flow", controller="151.101.1.9"), answer]))
        done = self.nezumi("analyze", *e2e.FIXED, "--json", "-i", "list", "eve.json", status=0)
        self.assertEqual(self.finding(self.answer(done.out))["records"], 2)

    def test_a_url(self):
        self.put("list", "hxxp://evil-example[.]com:80/gate.php?id=1#x\n")
        http = [dict(row("http", uri=uri), host=h) for h, uri in (
            ("EVIL-example.com", "/gate.php?id=1"), ("evil-example.com:80", "/gate.php?id=1"), ("evil-example.com", "/gate.php"),
            ("evil-example.com:8080", "/gate.php?id=1"), ("other.example.com", "/gate.php?id=1"))]
        f = self.finding(self.judge(http=http))
        self.assertEqual((f["controller"], f["records"], f["protocol"]), ("http://evil-example.com/gate.php?id=1", 2, "tcp"))

    def test_two_controllers_of_one_family(self):
        self.put("list", "value,family\n%s,Emotet\n%s,EMOTET\n9.9.9.1,Dridex\n" % (CONTROLLER, OTHER))
        a = self.judge(row(), row(controller=OTHER), row(controller="9.9.9.1"))
        self.assertEqual({f["controller"]: f["score"] for f in a["findings"]}, {CONTROLLER: 55, OTHER: 55, "9.9.9.1": 45})
        self.assertEqual({tuple(f["families"]) for f in a["findings"]}, {("Emotet",), ("Dridex",)})

    def test_days_and_sources(self):
        self.put("second", "%s\n" % CONTROLLER)
        a = self.judge(*[row(at=i * DAY) for i in range(5)], args=["-i", "second"])
        # Two-way 45, named port 15, three times 5, five days 10, two sources 5.
        self.assertEqual((self.finding(a)["score"], self.finding(a)["days"]), (80, 5))

    def test_a_payload_server_is_never_more_than_low(self):
        self.put("list", "value,role\n%s,payload\n" % CONTROLLER)
        f = self.finding(self.judge(*[row(at=300 * i) for i in range(200)]))
        self.assertEqual((f["score"], f["confidence"]), (49, "low"))

    def test_networks_and_ports_in_a_list(self):
        self.put("list", "45.123.0.0/20\n%s:9999\n" % CONTROLLER)
        a = self.judge(row(), row(controller="45.123.15.255"), row(controller="45.123.16.0"))
        self.assertEqual({f["controller"]: f["score"] for f in a["findings"]}, {CONTROLLER: 45, "45.123.15.255": 45})

    def test_by_the_number_of_the_network(self):
        hosts = {"9.8.1.1": 64501, "9.8.2.1": 64502, "9.8.3.1": 64503}
        self.put("as.csv", "".join("%s,%s,%d,Network %d\n" % (h[:-1] + "0", h[:-1] + "255", n, n) for h, n in hosts.items()))
        self.nezumi("owners", "compile", "--asn", "as.csv", "-o", "owners.nzo", status=0)
        self.put("orgs", organisations(("AS64501", "bank", "Bank", "", "MX", "enterprise"), ("9.8.2.1", "one", "One", "", "MX", "enterprise")))
        self.put("logs/conn.log", zeek([row(host=h) for h in [*hosts, "9.9.9.77"]]))
        args = ["analyze", "--owners", "owners.nzo", "--no-builtin", "--json", "-i", "list", "-o", "orgs", "logs"]
        a = self.answer(self.nezumi(*args, status=0).out)
        self.assertEqual({f["host"]: (f["organisation"]["id"], f["asn"]) for f in a["findings"]}, {
            "9.8.1.1": ("bank", 64501), "9.8.2.1": ("one", 64502), "9.8.3.1": ("AS64503", 64503), "9.9.9.77": ("unknown", 0)})
        self.put("hosting.csv", "ASN,Entity\n64503,Cloud\n")
        a = self.answer(self.nezumi(*args, "--exclusions-as", "provider", "-x", "hosting.csv", status=0).out)
        self.assertEqual(self.excluded(a), [("9.8.3.1", "hosting", 1)])
        self.assertIn("64503", a["excluded"][0]["detail"])

    def test_a_host_that_talks_to_itself(self):
        self.assertEqual(self.judge(row(host=CONTROLLER))["totals"]["matched"], 0)

    def test_listed_addresses_on_both_sides(self):
        self.put("list", "%s\n%s\n" % (CONTROLLER, OTHER))
        a = self.judge(row(host=OTHER))
        self.assertEqual({(f["host"], f["controller"]) for f in a["findings"]}, {(OTHER, CONTROLLER), (CONTROLLER, OTHER)})


if __name__ == "__main__":
    e2e.main()
