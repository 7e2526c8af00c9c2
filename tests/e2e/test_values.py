#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Values that cannot be right, in telemetry and in lists: counted, told with file, line and reason; the rest counts."""

import json

import e2e
from make import CONTROLLER, DOMAIN, HOST, OTHER, PORT, T0, csv_flow, eve, ndjson, organisations, row, zeek, zeek_json
from samples import CALLS, LIST, TELEMETRY

DEEP = 1000000


class Telemetry(e2e.Case):
    def setUp(self):
        super().setUp()
        self.put("list", LIST)

    def only_good(self, text, good, bad):
        """The answer, when `good` records count and `bad` lines are told."""
        self.put("log", text)
        answer = self.analyze("-i", "list", "log", status=0 if good else 2)
        self.assertEqual(sum(f["records"] + f["records_other_port"] for f in answer["findings"]), good)
        self.assertEqual((self.input(answer, "log")["malformed"], len(self.whys(answer, "log"))), (bad, bad))
        self.assertTrue(all(w and w.isprintable() for w in self.whys(answer)))
        return answer

    def test_times(self):
        good = ["1543737600", "1543737600.5", "0.000001", "4102444799.9", "1.5e9", "1543737600.123456789"]
        bad = ["-1", "-0.5", "4133980800", "1e30", "99999999999999999999", "nan", "inf", "", "yesterday", "15437376OO", "0x10"]
        for t in bad:
            with self.subTest(t=t):
                self.only_good(zeek([row(), row(ts=t), row(at=1)]), 2, 1)
        for t in good:
            with self.subTest(t=t):
                self.only_good(zeek([row(ts=t)]), 1, 0)
        for t in ("1969-12-31T23:59:59Z", "2101-01-01T00:00:00Z", "2018-13-01T00:00:00Z", "2018-02-30T00:00:00Z",
                  "2018-12-02T25:00:00Z", "0000-00-00", "9999-99-99T99:99:99Z", "12/02/2018"):
            with self.subTest(t=t):
                event = eve("flow", start=t)
                self.only_good(ndjson([eve("flow"), event]), 1, 1)

    def test_ports(self):
        for port in ("65536", "99999999999", "-1", "4e1", "http", "44 3"):
            with self.subTest(port=port):
                self.only_good(zeek([row(), row(id_resp_p=port)]), 1, 1)
                self.only_good(csv_flow(2).replace(",443,TCP", ",%s,TCP" % port, 1), 1, 1)
        self.only_good(ndjson([eve("flow"), eve("flow", port=70000), eve("flow", port=-3), eve("flow", port=1.5)]), 1, 3)
        # At the edges.
        self.only_good(zeek([row(id_orig_p=65535), row(id_resp_p=0), row(id_orig_p=0)]), 3, 0)

    def test_addresses(self):
        for a in ("256.1.1.1", "1.2.3", "1.2.3.4.5", "01.2.3.4x", "::g", "1:2:3:4:5:6:7:8:9", "", "localhost", "203.0.113.5 "):
            with self.subTest(a=a):
                self.only_good(zeek([row(), row(host=a)]), 1, 1)

    def test_counts(self):
        for n in ("-1", "1e400", "lots", "184467440737095516160"):
            with self.subTest(n=n):
                self.only_good(zeek([row(), row(orig_bytes=n)]), 1, 1)
        huge = row(orig_bytes=2**63, resp_bytes=2**63)
        answer = self.only_good(zeek([huge, {**huge, "ts": str(T0 + 9)}, row(at=20)]), 3, 0)
        self.assertGreaterEqual(self.finding(answer)["bytes_out"], 2**63)  # no wrapping round

    def test_a_header_that_lies(self):
        lines = TELEMETRY["zeek-tsv"].splitlines()
        self.only_good("\n".join(lines[:8] + [lines[8] + "\tmore"] + [lines[9].rsplit("\t", 1)[0]] + lines[10:]), 3, 2)
        csv = TELEMETRY["csv-flow"].splitlines()
        self.only_good("\n".join(csv[:2] + [csv[2] + ",more"] + [csv[3].rsplit(",", 1)[0]] + csv[4:]), 3, 2)
        # Columns twice, thousands of columns, no columns that matter.
        self.only_good(zeek([row()], columns="ts id.orig_h id.orig_p id.resp_h id.resp_p proto conn_state ts"), 1, 0)
        many = "ts id.orig_h id.resp_h id.resp_p conn_state " + " ".join("c%d" % i for i in range(3000))
        for columns, why in ((many, "columns"), ("uid conn_state orig_pkts", "ts")):
            self.put("good", TELEMETRY["zeek-tsv"])
            self.put("bad", zeek([row()], columns=columns))
            answer = self.answer(self.nezumi("analyze", *e2e.FIXED, "--json", "-i", "list", "good", "bad").out)
            self.assertEqual(self.finding(answer)["records"], CALLS)
            self.assertIn(why, " ".join(self.whys(answer, "bad")) + self.input(answer, "bad").get("error", ""))

    def test_json_nested_a_million_deep(self):
        deep = "[" * DEEP + "]" * DEEP
        for what, good, line in (
                ("zeek-json", zeek_json([row(), row(at=1)]), '{"ts":%d,"uid":%s}' % (T0, deep)),
                ("eve", ndjson([eve("flow"), eve("flow", 1)]), '{"timestamp":"2018-12-02T08:00:00+0000","event_type":"flow","flow":%s}' % deep),
                ("eve", ndjson([eve("flow"), eve("flow", 1)]), "[" * (DEEP // 2)),
                ("eve", ndjson([eve("flow"), eve("flow", 1)]), '{"a":' * (DEEP // 10) + "1" + "}" * (DEEP // 10))):
            with self.subTest(what=what, line=line[:40]):
                first, second = good.splitlines()
                self.only_good("\n".join([first, line, second]) + "\n", 2, 1)
                # As the first line, on which recognition would look.
                self.put("log", line + "\n" + good)
                answer = self.analyze("--as", what, "-i", "list", "log", seconds=10)
                self.assertEqual(self.finding(answer)["records"], 2)

    def test_eve_oddities(self):
        good = eve("flow")
        odd = [{}, {"event_type": "flow"}, {**good, "src_ip": None}, {**good, "flow": [1, 2]}, {**good, "flow": "x"},
               {**good, "event_type": 7}, {**good, "dest_ip": {"a": "b"}}]
        text = ndjson([good]) + "null\n7\n\"text\"\n[]\n{\n}\n{\"a\":1} trailing\n"
        self.put("log", text + ndjson(odd) + ndjson([eve("flow", 1)]))
        answer = self.analyze("-i", "list", "log")
        self.assertEqual(self.finding(answer)["records"], 2)
        self.assertEqual(self.input(answer, "log")["malformed"], 13)

    def test_eve_skips_what_is_no_record(self):
        other = [{"timestamp": "2018-12-02T08:00:00+0000", "event_type": t, t: {}} for t in ("alert", "stats", "fileinfo")]
        self.only_good(ndjson(other + [eve("flow")]), 1, 0)


class Lists(e2e.Case):
    def setUp(self):
        super().setUp()
        self.put("log", zeek([row(at=60 * i) for i in range(CALLS)]))

    def test_rubbish_in_a_list(self):
        good = ["45.123.3[.]54:443", "hxxps://evil-example[.]com/gate", "*.evil-example.org", "2a01:4f8::/48",
                "45.124.0.0/16", "d41d8cd98f00b204e9800998ecf8427e"]
        bad = ["45.123.3.54:65536", "45.123.3.54:99999", "45.123.3.54/33", "1.2.3.4.5", "applications. [To", "a..b",
               "http://", "x" * 70000, "evil example com", "196.200.160[.]20,1", "\0", "\udcff\udcfe"]
        text = "\n".join(good + bad + [CONTROLLER])
        self.put("list", text.encode("utf-8", "surrogateescape") + b"\n")
        answer = self.analyze("-i", "list", "--indicators-as", "list", "log")
        told = self.input(answer, "list")
        self.assertEqual((told["records"], told["malformed"]), (len(good) + 1, len(bad)))
        self.assertEqual([r["line"] for r in answer["rejected"]], list(range(len(good) + 1, len(good) + len(bad) + 1)))
        self.assertTrue(all(w and w.isprintable() for w in self.whys(answer)))
        self.assertEqual(self.finding(answer)["records"], CALLS)

    def test_what_must_not_be_acted_on(self):
        values = {"0.0.0.0": "special-purpose", "0.0.0.0/0": "special-purpose", "10.0.0.0/8": "special-purpose",
                  "127.0.0.1": "special-purpose", "203.0.113.5": "special-purpose", "224.0.0.1": "special-purpose",
                  "::/0": "special-purpose", "2001:db8::1": "special-purpose", "http://192.168.1.1/a": "special-purpose",
                  "45.0.0.0/8": "too-broad", "45.122.0.0/15": "too-broad", "2a01::/20": "too-broad",
                  "co.uk": "too-broad", "8.8.8.8": "allow-listed", "1.1.1.1:53": "allow-listed",
                  "www.google.com": "allow-listed"}
        self.put("list", "\n".join(values) + "\n" + CONTROLLER + "\n")
        done = self.nezumi("analyze", "--owners", "none", "--json", "-i", "list", "log", status=0)
        answer = self.answer(done.out)
        told = {w["value"]: w["reason"] for w in answer["withheld"]}
        self.assertEqual(told, {**{k: v for k, v in values.items() if ":53" not in k}, "1.1.1.1": "allow-listed"})
        self.assertTrue(all(w["detail"] and w["source"] == "list" for w in answer["withheld"]))
        self.assertEqual(self.finding(answer)["controller"], CONTROLLER)

    def test_csv_rows(self):
        rows = ["value,port,first_seen,valid_until,family", "%s,443,,,Emotet" % CONTROLLER, "%s,65536,,," % OTHER,
                "%s,-1,,," % OTHER, "%s,,1969-12-31,," % OTHER, "%s,,2018-12-01,2101-01-01," % OTHER,
                "%s,,,,Emotet,more" % OTHER, "%s,\"443,,," % OTHER, ",,,,"]
        self.put("list", "\n".join(rows) + "\n")
        answer = self.analyze("-i", "list", "log")
        # A date that is none costs the date (lines 5 and 6), not the value.
        self.assertEqual([r["line"] for r in answer["rejected"]], [3, 4, 7, 8, 9])
        self.assertEqual(self.finding(answer)["families"], ["Emotet"])

    def test_documents_nested_a_million_deep(self):
        deep = "[" * DEEP + "]" * DEEP
        for what, text in (
                ("misp", '{"Event":{"uuid":"5c0a0001-0000-4000-8000-000000000001","info":"x","Attribute":%s}}' % deep),
                ("stix", '{"type":"bundle","id":"bundle--5c0a0001-0000-4000-8000-000000000003","objects":%s}' % deep),
                ("stix", '{"type":"bundle","id":"bundle--5c0a0001-0000-4000-8000-000000000003","objects":' + '[{"x":' * DEEP)):
            with self.subTest(what=what, text=text[-10:]):
                self.put("deep.json", text)
                self.put("list", CONTROLLER + "\n")
                answer = self.analyze("-i", "deep.json", "-i", "list", "log", seconds=20)
                told = self.input(answer, "deep.json")
                self.assertEqual((told["format"], told["records"], told["malformed"]), (what, 0, 1))
                self.assertEqual(self.finding(answer)["records"], CALLS)

    def test_documents_cut_off_or_odd(self):
        from samples import INDICATORS
        self.put("list", CONTROLLER + "\n")
        for what in ("misp", "stix"):
            whole = INDICATORS[what][0]
            for text in (whole[:-20], whole[:len(whole) // 2], whole.replace('"%s' % CONTROLLER, '"\\ud800%s' % CONTROLLER),
                         whole + whole, whole.replace("5c0a0001", "\x005c0a0001")):
                with self.subTest(what=what, text=text[:60], n=len(text)):
                    self.put("doc.json", text)
                    answer = self.analyze("-i", "doc.json", "-i", "list", "log")
                    self.assertLessEqual(len(self.whys(answer, "doc.json")), 2)

    def test_encodings_that_lie(self):
        from samples import INDICATORS
        self.put("log", zeek([row(at=60 * i) for i in range(CALLS)]))
        xml = INDICATORS["openioc"][0].split("?>", 1)[1].replace("<definition>", "<links><link rel='family'>\u00c9motet</link></links><definition>")
        for declared in ("", "utf-8", "UTF-16", "iso-8859-1", "no-such-thing"):
            for really in ("utf-8", "latin-1", "utf-16", "utf-16-be"):
                with self.subTest(declared=declared, really=really):
                    head = '<?xml version="1.0"%s?>' % (' encoding="%s"' % declared if declared else "")
                    self.put("a.ioc", (head + xml).encode(really))
                    answer = self.analyze("-i", "a.ioc", "log")
                    self.assertEqual(self.finding(answer)["families"], ["\u00c9motet"])
                    self.assertEqual(self.input(answer, "a.ioc")["malformed"], 0)
        text = "# caf\u00e9\n%s\nnonsense here\n\U0001f42d\n%s\n" % (CONTROLLER, "\n".join(["9.9.9.1", "9.9.9.2"] * 5))
        for really, lines in (("utf-8", [3, 4]), ("utf-16", [3, 4]), ("utf-16-le", [3, 4])):
            with self.subTest(really=really):
                data = text.encode(really)
                self.put("list", data if really != "utf-16-le" else data.replace(b"\xe9\0", b"e\0"))
                answer = self.analyze("-i", "list", "log")
                self.assertEqual(self.input(answer, "list")["records"], 11)
                self.assertEqual([r["line"] for r in answer["rejected"]], lines)
        self.put("list", text.replace("\U0001f42d", "\u00bf").encode("latin-1"))
        answer = self.analyze("-i", "list", "log")
        self.assertEqual([r["line"] for r in answer["rejected"]], [3, 4])

    def test_sums_of_values_are_no_files(self):
        sums = "".join("%032x,5c0a0001-0000-4000-8000-%012d\n" % (i * 7919, i % 3) for i in range(1, 50))
        self.put("feed/hashes.csv", sums)
        done = self.nezumi("import", "--data", "data", "feed/hashes.csv", status=2)
        self.assertIn("hashes.csv: 1 line could not be read (MD5 sums of values", done.err)
        from samples import INDICATORS
        self.put("feed/5c0a0001.json", INDICATORS["misp"][0])
        done = self.nezumi("import", "--json", "--data", "data", "feed")
        self.assertEqual(sum(f["records"] for f in json.loads(done.out)["inputs"]), 1)

    def test_stix_patterns(self):
        hits = ["[ipv4-addr:value = '%s']" % CONTROLLER, "[ipv4-addr:value IN ('9.9.9.1', '%s')]" % CONTROLLER,
                "[ipv4-addr:value ISSUBSET '45.123.3.0/24']", "[domain-name:value = 'x.example.com' OR ipv4-addr:value = '%s']" % CONTROLLER,
                "[network-traffic:dst_ref.type = 'ipv4-addr' AND network-traffic:dst_ref.value = '%s']" % CONTROLLER]
        broken = ["[ipv4-addr:value = ", "[[[[[[" * 1000, "ipv4-addr:value = '%s'" % CONTROLLER, "[ipv4-addr:value = '%s' AND" % CONTROLLER,
                  "(" * 100000, "[ipv4-addr:value IN (%s)]" % ",".join(["'1.2.3.4'"] * 10), "", "\u0000"]
        for pattern in hits:
            with self.subTest(pattern=pattern):
                self.put("b.json", self.bundle(pattern))
                self.assertEqual(self.finding(self.analyze("-i", "b.json", "log"))["host"], HOST)
        self.put("b.json", self.bundle(*broken, hits[0]))
        answer = self.analyze("-i", "b.json", "log")
        self.assertEqual(self.finding(answer)["records"], CALLS)
        self.assertGreaterEqual(self.input(answer, "b.json")["malformed"], 5)

    @staticmethod
    def bundle(*patterns):
        return json.dumps({"type": "bundle", "id": "bundle--5c0a0001-0000-4000-8000-000000000003", "objects": [
            {"type": "indicator", "spec_version": "2.1", "id": "indicator--5c0a0001-0000-4000-8000-%012d" % i,
             "created": "2018-12-01T00:00:00Z", "modified": "2018-12-01T00:00:00Z", "pattern": p,
             "pattern_type": "stix", "valid_from": "2018-11-01T00:00:00Z"} for i, p in enumerate(patterns)]})

    def test_overlapping_organisations(self):
        self.put("list", CONTROLLER + "\n")
        self.put("orgs", organisations(
            ("203.0.0.0/8", "wide", "Wide", "", "US", "isp"), ("203.0.113.0/24", "lan", "Lan", "", "MX", "enterprise"),
            ("203.0.113.0/24", "twin", "Twin", "", "MX", "enterprise"), ("203.0.113.5", "one", "One", "", "MX", "enterprise"),
            ("203.0.113.4/30", "four", "Four", "", "MX", "enterprise"), ("0.0.0.0/0", "all", "All", "", "", "unknown")))
        self.put("log", zeek([row(host=h) for h in ("203.0.113.5", "203.0.113.6", "203.0.113.99", "203.1.1.1", "9.9.9.9")]))
        answer = self.analyze("-i", "list", "-o", "orgs", "log")
        self.assertEqual({f["host"]: f["organisation"]["id"] for f in answer["findings"]}, {
            "203.0.113.5": "one", "203.0.113.6": "four", "203.0.113.99": "lan", "203.1.1.1": "wide", "9.9.9.9": "all"})

    def test_bad_rows_of_organisations(self):
        rows = [("203.0.113.0/24", "ok", "Ok", "", "MX", "enterprise"), ("203.0.113.5/33", "a", "", "", "", ""),
                ("nonsense..", "a", "", "", "", ""), ("AS99999999999", "a", "", "", "", ""), ("", "a", "", "", "", ""),
                ("203.0.113.5", "", "", "", "", ""), ("203.0.113.5", "a", "", "", "", "castle"),
                ("203.0.113.5", "a", "b", "c", "MX", "isp", "more")]
        self.put("list", CONTROLLER + "\n")
        self.put("orgs", organisations(*rows))
        answer = self.analyze("-i", "list", "-o", "orgs", "log")
        self.assertEqual([r["line"] for r in answer["rejected"]], list(range(3, 10)))
        self.assertEqual(self.finding(answer)["organisation"]["id"], "ok")

    def test_columns_in_any_order_quotes_and_extra_ones(self):
        self.put("list", CONTROLLER + "\n")
        self.put("orgs", 'contact,kind,name,network,sector,id,country\n'
                         'x@example.com,enterprise,"Banco ""Azul"", S.A.",203.0.113.0/24,"finance, retail",azul,mx\n')
        self.assertEqual(self.finding(self.analyze("-i", "list", "-o", "orgs", "log"))["organisation"], {
            "id": "azul", "name": 'Banco "Azul", S.A.', "sector": "finance, retail", "country": "MX", "kind": "enterprise"})

    def test_a_quoted_field_over_two_lines_costs_no_other_row(self):
        self.put("list", CONTROLLER + "\n")
        self.put("orgs", organisations(("198.51.100.0/24", "two", '"Two\nlines"', "", "MX", "enterprise"),
                                       ("203.0.113.0/24", "ok", "Ok", "", "MX", "enterprise")))
        answer = self.analyze("-i", "list", "-o", "orgs", "log")
        self.assertEqual(self.finding(answer)["organisation"]["id"], "ok")

    def test_no_organisation_table(self):
        self.put("list", CONTROLLER + "\n")
        self.put("orgs", "just,some,columns\n1,2,3\n")
        done = self.nezumi("analyze", *e2e.FIXED, "--json", "-i", "list", "-o", "orgs", "log", status=2)
        self.assertIn("orgs", done.err)
        self.assertEqual(self.finding(self.answer(done.out))["records"], CALLS)

    def test_domains(self):
        self.put("list", "*.%s.\nEVIL.Example.ORG\nb\u00fccher.example\n" % DOMAIN.upper())
        self.put("log", zeek([row("ssl", server_name=n) for n in (DOMAIN, "a.b." + DOMAIN, "x" + DOMAIN, "evil.example.org",
                                                                 "xn--bcher-kva.example", "")], "ssl"))
        answer = self.analyze("-i", "list", "log")
        self.assertEqual({f["controller"]: f["records"] for f in answer["findings"]},
                         {DOMAIN: 2, "evil.example.org": 1, "xn--bcher-kva.example": 1})


if __name__ == "__main__":
    e2e.main()
