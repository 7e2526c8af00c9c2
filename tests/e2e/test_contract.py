#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The JSON answer: keys, order, sums, places; one scenario with something in every list, reckoned by hand."""

import os

import e2e
from make import CONTROLLER, DAY, HOST, OTHER, PORT, gz, organisations, row, zeek


class Rich(e2e.Case):
    """Four organisations on one controller, one of them on another, and something set aside for each reason."""

    def setUp(self):
        super().setUp()
        self.put("lists/emotet.csv", "value,family\n%s:%d,Emotet\n8.8.8.8,Emotet\n0.0.0.0/0,Emotet\nnot a value,\n"
                 % (CONTROLLER, PORT))
        self.put("lists/xtrat.csv", "value,family\n%s,Xtreme RAT\n" % OTHER)
        self.put("orgs.csv", organisations(("203.0.113.0/26", "bank", "Bank S.A.", "finance", "MX", "enterprise"),
                                           ("203.0.113.64/26", "mines", "Mines", "mining", "CL", "enterprise"),
                                           ("203.0.113.128/26", "uni", "University", "education", "EC", "university"),
                                           ("198.51.100.0/24", "labs", "Labs", "research", "CA", "research"),
                                           ("2001:db8::/32", "six", "Six", "", "CA", "enterprise")))
        self.put("scan.txt", "203.0.113.200\n")
        flows = [row(at=600 * i, host="203.0.113.5") for i in range(12)]
        flows += [row(at=DAY + 60 * i, host="203.0.113.6", controller=OTHER, id_resp_p=9999) for i in range(3)]
        flows += [row(at=60 * i, host="203.0.113.70") for i in range(2)]
        flows += [row(at=60 * i, host="203.0.113.130", id_resp_p=8080) for i in range(2)]
        flows += [row(at=5, host="2001:db8::5"), row(at=5, host="192.0.2.1")]
        flows += [row(at=5, host="203.0.113.200"), row(at=5, host="198.51.100.1")]
        # A scan: opened by the controller, refused.
        flows += [row(at=7, host=CONTROLLER, controller="203.0.113.9", id_resp_p=22, conn_state="REJ", history="Sr",
                      orig_bytes=0, resp_bytes=0, orig_pkts=1, resp_pkts=1)]
        flows += [row(at=9, host="203.0.113.9", controller="9.9.9.9")]
        self.put("logs/conn.log", zeek(flows) + "cut off\n")
        self.args = ["-i", "lists", "-o", "orgs.csv", "--exclusions-as", "scanner", "-x", "scan.txt", "logs"]

    def test_answer(self):
        a = self.analyze(*self.args)
        self.assertEqual(a["window"], {"from": None, "to": None})
        self.assertEqual([(i["path"], i["kind"], i["format"], i["records"], i["malformed"]) for i in a["inputs"]], [
            ("lists/emotet.csv", "indicators", "csv", 3, 1), ("lists/xtrat.csv", "indicators", "csv", 1, 0),
            ("orgs.csv", "organisations", "organisations", 5, 0), ("scan.txt", "exclusions", "exclusion-list", 1, 0),
            ("logs/conn.log", "telemetry", "zeek-tsv", 25, 1)])
        for i in a["inputs"]:
            self.assertEqual(i["bytes"], os.path.getsize(self.path(i["path"])))
        self.assertEqual(a["totals"], {"records": 25, "matched": 24, "excluded": 3, "controllers": 2, "hosts": 6,
                                       "organisations": 5, "findings": 6})
        self.assertEqual([(c["value"], c["hosts"], c["organisations"], c["records"]) for c in a["controllers"]],
                         [(CONTROLLER, 5, 5, 16), (OTHER, 1, 1, 3)])
        self.assertEqual({o["id"]: (o["hosts"], o["controllers"]) for o in a["organisations"]}, {
            "bank": (2, [OTHER, CONTROLLER]), "mines": (1, [CONTROLLER]), "uni": (1, [CONTROLLER]),
            "six": (1, [CONTROLLER]), "unknown": (1, [CONTROLLER])})
        self.assertEqual([(c["controllers"], sorted(c["organisations"])) for c in a["clusters"]],
                         [([CONTROLLER, OTHER], ["bank", "mines", "six", "uni", "unknown"])])
        self.assertEqual([(x["host"], x["controller"], x["reason"], x["records"]) for x in a["excluded"]], [
            ("198.51.100.1", CONTROLLER, "research", 1), ("203.0.113.200", CONTROLLER, "scanner", 1),
            ("203.0.113.9", CONTROLLER, "inbound-only", 1)])
        self.assertTrue(all(x["detail"] for x in a["excluded"]))
        self.assertEqual([(w["value"], w["reason"]) for w in a["withheld"]],
                         [("0.0.0.0/0", "special-purpose")])
        self.assertEqual([(r["path"], r["line"]) for r in a["rejected"]], [("lists/emotet.csv", 5), ("logs/conn.log", 33)])

    def test_finding(self):
        f = self.finding(self.analyze(*self.args), HOST)
        told = {k: f[k] for k in ("organisation", "controller", "port", "protocol", "families", "sources", "records",
                                  "records_other_port", "established", "bytes_out", "bytes_in", "first_seen",
                                  "last_seen", "days", "confidence")}
        self.assertEqual(told, {
            "organisation": {"id": "bank", "name": "Bank S.A.", "sector": "finance", "country": "MX",
                             "kind": "enterprise"},
            "controller": CONTROLLER, "port": PORT, "protocol": "tcp", "families": ["Emotet"],
            "sources": ["emotet.csv"], "records": 12, "records_other_port": 0, "established": 12, "bytes_out": 3600,
            "bytes_in": 8400, "first_seen": "2018-12-02T08:00:00Z", "last_seen": "2018-12-02T09:50:00Z", "days": 1,
            "confidence": "high"})
        # two-way 45, named port 15, at least ten times 10, as regular as can be 20
        self.assertEqual(f["score"], 90)
        self.assertEqual(f["evidence"][0], {"path": "logs/conn.log", "line": 8, "time": "2018-12-02T08:00:00Z",
                                            "kind": "flow"})
        self.assertEqual([e["line"] for e in f["evidence"]], list(range(8, 18)))

    def test_other_port_counts_apart(self):
        f = self.finding(self.analyze(*self.args), "203.0.113.130")
        self.assertEqual((f["records"], f["records_other_port"], f["port"], f["confidence"]), (0, 2, 8080, "low"))

    def test_shared_controller_alert(self):
        a = self.analyze(*self.args)
        self.assertEqual([(x["rule"], x["subject"], x["evidence"]) for x in a["alerts"]],
                         [("controller-shared", CONTROLLER, ["bank", "mines", "six", "uni"])])
        self.assertEqual(self.analyze("--shared", "5", *self.args)["alerts"], [])
        self.assertEqual(len(self.analyze("--shared=1", *self.args)["alerts"]), 2)

    def test_defanged_on_request_only(self):
        raw = self.nezumi("analyze", *e2e.FIXED, "--json", *self.args).text
        self.assertNotIn("[.]", raw)
        self.assertIn('"45.123.3[.]54"', self.nezumi("analyze", *e2e.FIXED, "--json", "--defang", *self.args).text)
        self.assertIn("45.123.3[.]54", self.nezumi("analyze", *e2e.FIXED, *self.args).text)
        self.assertNotIn(CONTROLLER, self.nezumi("analyze", *e2e.FIXED, "-v", *self.args).text)

    def test_into_a_file(self):
        out = self.nezumi("analyze", *e2e.FIXED, "--json", *self.args, status=0).out
        done = self.nezumi("analyze", *e2e.FIXED, "--json=answer.json", *self.args, status=0)
        self.assertEqual(self.get("answer.json"), out)
        self.assertIn("45.123.3[.]54", done.text)

    def test_reports(self):
        self.nezumi("analyze", *e2e.FIXED, "--html", "r.html", "--md", "r.md", *self.args, status=0)
        self.assertTrue(self.get("r.html").lstrip().lower().startswith(b"<!doctype html>"))
        for name in ("r.html", "r.md"):
            text = self.get(name).decode()
            for word in ("University", "45.123.3", "Xtreme RAT"):
                self.assertIn(word, text, name)
        one = self.nezumi("analyze", *e2e.FIXED, "--html", "-", *self.args, status=0)
        self.assertIn(b"</html>", one.out[-20:])

    def test_anonymised_reports_name_nobody(self):
        for lang in ("en", "ja"):
            self.nezumi("analyze", *e2e.FIXED, "--lang", lang, "--anonymise", "--html", "r.html", "--md", "r.md",
                        *self.args, status=0)
            for name in ("r.html", "r.md"):
                text = self.get(name).decode()
                for word in ("Bank S.A.", "Mines", "University"):
                    self.assertNotIn(word, text, name)


class Small(e2e.Case):
    def setUp(self):
        super().setUp()
        self.put("list", CONTROLLER + "\n")

    def test_exit_status(self):
        self.put("met", zeek([row()]))
        self.put("unmet", zeek([row(controller="9.9.9.9")]))
        self.analyze("-i", "list", "met", status=0)
        self.assertEqual(self.analyze("-i", "list", "unmet", status=1)["totals"]["records"], 1)
        self.assertEqual(self.nezumi("analyze", "-i", "list", "missing").status, 2)

    def test_window_holds_its_beginning_and_not_its_end(self):
        self.put("log", zeek([row(at=t) for t in (-1, 0, 59, 60)]))
        a = self.analyze("-i", "list", "--from", "2018-12-02T08:00:00Z", "--to", "2018-12-02T08:01:00Z", "log")
        self.assertEqual(a["window"], {"from": "2018-12-02T08:00:00Z", "to": "2018-12-02T08:01:00Z"})
        self.assertEqual((a["totals"]["records"], self.finding(a)["records"]), (2, 2))
        self.analyze("-i", "list", "--from", "2018-12-03", "log", status=1)
        self.analyze("-i", "list", "--to", "2018-12-03", "log", status=0)

    def test_evidence_is_the_earliest_and_ten_at_most(self):
        self.put("b.log", zeek([row(at=100 - i) for i in range(30)]))
        self.put("a.log.gz", gz(zeek([row(at=50)])))
        f = self.finding(self.analyze("-i", "list", "b.log", "a.log.gz"))
        self.assertEqual(f["records"], 31)
        self.assertEqual(len(f["evidence"]), 10)
        self.assertEqual((f["evidence"][0]["path"], f["evidence"][0]["line"]), ("a.log.gz", 8))
        self.assertIn(("b.log", 37), [(e["path"], e["line"]) for e in f["evidence"]])

    def test_a_hundred_rejected_lines_a_file(self):
        bad = "x\n" * 250
        self.put("log", zeek([row()]) + bad)
        self.put("log.gz", gz(zeek([row()]) + bad)[:-9])
        self.put("bad", CONTROLLER + "\n" + "x y z\n" * 90 + "198.51.100.0/99\n" * 90)
        a = self.analyze("-i", "list", "-i", "bad", "--indicators-as", "list", "log", "log.gz")
        for path, malformed in (("log", 250), ("log.gz", 251), ("bad", 180)):
            with self.subTest(path=path):
                self.assertEqual(self.input(a, path)["malformed"], malformed)
                self.assertEqual(len(self.whys(a, path)), 100)

    def test_values_of_the_json_are_raw(self):
        self.put("log", zeek([row()]))
        self.put("defanged", "45[.]123[.]3[.]54\nhxxp://evil-example[.]com/a\n")
        self.assertEqual(self.finding(self.analyze("-i", "defanged", "log"))["controller"], CONTROLLER)

    def test_the_same_answer_in_both_languages_and_colours(self):
        self.put("log", zeek([row()]))
        want = self.nezumi("analyze", *e2e.FIXED, "--json", "-i", "list", "log").out
        for more in (["--lang", "ja"], ["--color", "always"], ["-v"], ["-q"], ["--threads", "3"]):
            with self.subTest(more=more):
                self.assertEqual(self.nezumi("analyze", *e2e.FIXED, "--json", *more, "-i", "list", "log").out, want)

    def test_ipv6_and_mapped_addresses(self):
        self.put("six", "2a01:4f8::1\n::ffff:%s\n" % OTHER)
        self.put("log", zeek([row(host="2001:db8::7", controller="2a01:04f8:0:0::1"), row(controller="::ffff:" + OTHER)]))
        a = self.analyze("-i", "six", "log")
        self.assertEqual({(f["host"], f["controller"]) for f in a["findings"]},
                         {("2001:db8::7", "2a01:4f8::1"), (HOST, OTHER)})


if __name__ == "__main__":
    e2e.main()
