#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every format: recognised by content, from files, pipes and compressed, with a BOM, with CRLF, with broken lines."""

import e2e
from make import CONTROLLER, HOST, PORT, gz, row, zeek, zst
from samples import CALLS, EXCLUSIONS, INDICATORS, LIST, ORGANISATIONS, SCANNERS, SEEN, TELEMETRY, name_of

BOM = b"\xef\xbb\xbf"
LINES = ("zeek-tsv", "zeek-json", "eve", "argus", "csv-flow")


def crlf(data):
    return data.replace(b"\n", b"\r\n")


def wide(data, how):
    return data.decode("utf-8").encode(how)


WAYS = {
    "as it is": lambda d: d,
    "BOM": lambda d: BOM + d,
    "CRLF": crlf,
    "CR alone": lambda d: d.replace(b"\n", b"\r"),
    "BOM and CRLF": lambda d: BOM + crlf(d),
    "no newline at the end": lambda d: d.rstrip(b"\n"),
    "blank lines at the end": lambda d: d + b"\n\n",
    "gzip": gz,
    "gzip in two members": lambda d: gz(d[:len(d) // 2]) + gz(d[len(d) // 2:]),
    "zstd": zst,
    "zstd behind a skippable frame": lambda d: b"\x50\x2a\x4d\x18\x04\x00\x00\x00skip" + zst(d),
    "zstd in two frames": lambda d: zst(d[:len(d) // 2]) + zst(d[len(d) // 2:]),
    "UTF-16": lambda d: wide(d, "utf-16"),
    "UTF-16 without a mark": lambda d: wide(d, "utf-16-le"),
    "UTF-16, high bytes first, packed": lambda d: gz(b"\xfe\xff" + wide(crlf(d), "utf-16-be")),
    "UTF-16 behind a BOM of UTF-8": lambda d: zst(BOM + wide(d, "utf-16-be"))}
if e2e.sanitized():  # which make everything slow: the ways that differ for the code
    WAYS = {k: v for k, v in WAYS.items() if k not in ("BOM", "CRLF", "gzip", "zstd")}


class Telemetry(e2e.Case):
    def check(self, reader, answer):
        f = self.finding(answer)
        self.assertEqual((f["host"], f["controller"], f["port"], f["records"], f["established"]),
                         (HOST, CONTROLLER, PORT, CALLS, CALLS))
        told = answer["inputs"][-1]
        self.assertEqual((told["kind"], told["format"], told["records"], told["malformed"]),
                         ("telemetry", reader, CALLS, 0))

    def test_recognised_by_content_whatever_the_name(self):
        self.put("list", LIST)
        for reader, text in TELEMETRY.items():
            for way, change in WAYS.items():
                with self.subTest(reader=reader, way=way):
                    self.put("evidence.bin", change(text.encode()))
                    self.check(reader, self.analyze("-i", "list", "evidence.bin"))

    def test_standard_input(self):
        self.put("list", LIST)
        for reader, text in TELEMETRY.items():
            for way in ("as it is", "BOM and CRLF", "gzip in two members", "zstd in two frames"):
                with self.subTest(reader=reader, way=way):
                    data = WAYS[way](text.encode())
                    whole = self.analyze("-i", "list", "-", stdin=data)
                    self.check(reader, whole)
                    drops = self.analyze("-i", "list", "-", stdin=(data[i:i + 7] for i in range(0, len(data), 7)))
                    self.assertEqual(whole, drops)

    def test_named_format(self):
        self.put("list", LIST)
        for reader, text in TELEMETRY.items():
            with self.subTest(reader=reader):
                self.put("log", text)
                self.check(reader, self.analyze("-i", "list", "--as", reader, "log"))

    def test_zeek_columns_in_any_order_with_extra_ones(self):
        self.put("list", LIST)
        columns = "_node_name resp_bytes orig_bytes proto id.resp_p id.resp_h community_id id.orig_p id.orig_h " \
                  "conn_state ts uid"
        self.put("log", zeek([row(_node_name="sensor", at=60 * i) for i in range(CALLS)], columns=columns))
        self.check("zeek-tsv", self.analyze("-i", "list", "log"))

    def test_zeek_headers_that_change_within_a_file(self):
        self.put("list", LIST)
        first = zeek([row()], columns="ts id.orig_h id.orig_p id.resp_h id.resp_p proto conn_state")
        second = zeek([row(at=60 * i) for i in range(1, CALLS)],
                      columns="uid id.resp_p id.resp_h conn_state proto id.orig_p id.orig_h ts orig_bytes resp_bytes")
        self.put("log", first + "#close\t2018-12-02-09-00-00\n" + second)
        self.check("zeek-tsv", self.analyze("-i", "list", "log"))

    def test_zeek_of_other_separators(self):
        self.put("list", LIST)
        text = TELEMETRY["zeek-tsv"].replace("\t", "|").replace("\\x09", "\\x7c").replace("|-|", "|?|").replace("|-|", "|?|")
        self.put("log", text.replace("#unset_field|-", "#unset_field|?"))
        self.check("zeek-tsv", self.analyze("-i", "list", "log"))

    def test_times_with_an_offset(self):
        self.put("list", LIST)
        text = TELEMETRY["eve"].replace("+0000", "+0900").replace("T08:", "T17:")
        self.put("log", text)
        f = self.finding(self.analyze("-i", "list", "log"))
        self.assertEqual((f["first_seen"], f["last_seen"]), ("2018-12-02T08:00:00Z", "2018-12-02T08:04:00Z"))

    def test_gzip_with_every_field_in_its_header(self):
        self.put("list", LIST)
        body = gz(TELEMETRY["zeek-tsv"])[10:]
        head = b"\x1f\x8b\x08\x1c\0\0\0\0\0\x03" + b"\xff\xff" + b"e" * 65535 + b"n" * 100000 + b"\0" + b"c" * 100000 + b"\0"
        self.check("zeek-tsv", self.analyze("-i", "list", "-", stdin=head + body))
        data = head + body
        self.check("zeek-tsv", self.analyze("-i", "list", "-", stdin=(data[i:i + 997] for i in range(0, len(data), 997))))

    def test_csv_columns_by_option(self):
        self.put("list", LIST)
        text = TELEMETRY["csv-flow"].replace("src_ip", "Gerät").replace("dst_ip", "Ziel").replace("start,", "Zeit,")
        self.put("log", text)
        self.check("csv-flow", self.analyze("-i", "list", "--as", "csv-flow", "--column", "src=Gerät",
                                            "--column=dst=Ziel", "--column", "start=Zeit", "log"))

    def test_a_broken_line_costs_only_itself(self):
        self.put("list", LIST)
        nul_in_address = HOST.replace(".5", "\0.5")
        breaks = {
            "NUL bytes": lambda line: b"\0\0" + line + b"\0",
            "NUL in an address": lambda line: line.replace(HOST.encode(), nul_in_address.encode()),
            "invalid UTF-8": lambda line: b"\xff\xfe\xc3(" + line,
            "cut off": lambda line: line[:len(line) // 2],
            "prose": lambda line: b"Connection reset, see the manual",
            "deep nesting": lambda line: b"[" * 5000,
            "overlong": lambda line: b"x" * (3 << 20)}
        for reader in LINES:
            lines = TELEMETRY[reader].encode().splitlines()
            for what, change in breaks.items():
                with self.subTest(reader=reader, what=what):
                    broken = lines[:-2] + [change(lines[-2])] + lines[-1:]
                    self.put("log", b"\n".join(broken) + b"\n")
                    answer = self.analyze("-i", "list", "log")
                    self.assertEqual(self.finding(answer)["records"], CALLS - 1)
                    self.assertEqual([(r["path"], r["line"]) for r in answer["rejected"]], [("log", len(lines) - 1)])
                    self.assertTrue(all(self.whys(answer)))
                    self.assertEqual(self.input(answer, "log")["malformed"], 1)
                    done = self.nezumi("analyze", *e2e.FIXED, "-i", "list", "log", status=0)
                    self.assertIn("log", done.err)
                    self.assertIn("log:%d" % (len(lines) - 1), done.text)


class Indicators(e2e.Case):
    def test_recognised_by_content(self):
        self.put("log", SEEN)
        for reader, (text, n) in INDICATORS.items():
            for way, change in WAYS.items():
                with self.subTest(reader=reader, way=way):
                    self.put(name_of(reader), change(text.encode()))
                    answer = self.analyze("-i", name_of(reader), "log")
                    told = answer["inputs"][0]
                    self.assertEqual((told["kind"], told["format"], told["records"], told["malformed"]),
                                     ("indicators", reader, n, 0))
                    self.assertTrue(all(f["host"] == HOST for f in answer["findings"]))

    def test_hosts_that_scan(self):
        self.put("log", SEEN)
        for reader, (text, n) in SCANNERS.items():
            for way, change in WAYS.items():
                with self.subTest(reader=reader, way=way):
                    self.put(name_of(reader), change(text.encode()))
                    told = self.analyze("-i", name_of(reader), "log", status=1)["inputs"][0]
                    self.assertEqual((told["format"], told["records"], told["malformed"]), (reader, n, 0))

    def test_family_port_and_source(self):
        self.put("log", SEEN)
        for reader in ("csv", "feodo", "threatfox"):
            with self.subTest(reader=reader):
                f = self.finding(self.analyze("-i", self.put(name_of(reader), INDICATORS[reader][0]), "log"),
                                 controller=CONTROLLER)
                self.assertEqual((f["families"], f["port"], f["records"]), (["Emotet"], PORT, CALLS))
        self.put("lists/njrat.txt", INDICATORS["maltrail"][0])
        f = self.finding(self.analyze("-i", "lists", "log"), controller=CONTROLLER)
        self.assertEqual([x.lower() for x in f["families"]], ["njrat"])

    def test_standard_input(self):
        self.put("log", SEEN)
        for reader, (text, _) in INDICATORS.items():
            with self.subTest(reader=reader):
                answer = self.analyze("-i", "-", "log", stdin=text.encode())
                self.assertEqual(self.input(answer, "-")["format"], reader)

    def test_many_sources_meet(self):
        for reader in ("list", "feodo", "misp"):
            self.put("lists/" + name_of(reader), INDICATORS[reader][0])
        self.put("log", SEEN)
        f = self.finding(self.analyze("-i", "lists", "log"), controller=CONTROLLER)
        self.assertEqual(len(f["sources"]), 3)


class Others(e2e.Case):
    def test_organisation_table(self):
        self.put("list", LIST)
        self.put("log", TELEMETRY["zeek-tsv"])
        for way, change in WAYS.items():
            with self.subTest(way=way):
                self.put("orgs", change(ORGANISATIONS.encode()))
                f = self.finding(self.analyze("-i", "list", "-o", "orgs", "log"))
                self.assertEqual(f["organisation"], {"id": "acme", "name": "Acme Bank", "sector": "finance",
                                                     "country": "MX", "kind": "enterprise"})

    def test_exclusions(self):
        self.put("list", LIST)
        self.put("log", TELEMETRY["zeek-tsv"])
        for reader, text in EXCLUSIONS.items():
            for way, change in WAYS.items():
                with self.subTest(reader=reader, way=way):
                    self.put("exclusions", change(text.encode()))
                    answer = self.analyze("-i", "list", "--exclusions-as", "scanner", "-x", "exclusions", "log",
                                          status=1)
                    self.assertEqual([(x["host"], x["reason"]) for x in answer["excluded"]], [(HOST, "scanner")])


if __name__ == "__main__":
    e2e.main()
