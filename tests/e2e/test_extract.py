#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`extract` as a user runs it: kinds of documents, character sets, classes, places, hostile files, the two real documents."""

import base64
import gzip
import json
import os
import shutil
import subprocess
import unittest

import e2e

TEXT = """Emotet again

The C2 server at 45.77.12[.]9:443 served hxxps://bad-domain[.]com/a.php on 2018-12-16.
See https://www.vendor-blog.com/report for more. It drops invoice.zip and calls example.com.
C2サーバ「bad-domain[.]com」と 10.0.0[.]1 に接続する。
"""
MEGA = 1 << 20
HOSTILE = {
    "dots": ".", "open": "[", "hxxp": "hxxp", "urls": "hxxp://", "ats": "a@", "defanged": "a[.]", "pairs": "[.]", "colons": "1:",
    "hex": "a1", "numbers": "1.", "names": "a.com,", "hyphens": "a-\n", "words": "a dot ", "cjk": "あ.", "escapes": "\\.", "keys": "HKLM\\a ",
    "c2": "C2 ", "headings": "# a\n", "addresses": "45.77.12.9 ", "broken": "hxxp://a.com/?\n", "six": "::", "cells": "|", "tags": "<",
    "links": '<a href="', "hidden": "<div hidden>", "comments": "<!--", "entities": "&", "stars": "h**p", "sentences": "a. B",
    "commas": "1.2.3[.]4,", "spaced": " . ", "bullets": "- a[.]com\n", "dates": "2020-01-01 a[.]com ", "path": "http://a.com/((((((",
}


def pdf(lines):
    """A page with these lines, each by itself."""
    text = "BT /F 10 Tf 50 750 Td 14 TL %s ET" % " ".join(
        "(%s) Tj T*" % line.replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)") for line in lines)
    parts = ["<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Kids[3 0 R]/Count 1>>",
             "<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]/Contents 4 0 R/Resources<</Font<</F 5 0 R>>>>>>",
             "<</Length %d>>stream\n%s\nendstream" % (len(text), text), "<</Type/Font/Subtype/Type1/BaseFont/Courier>>"]
    out, at = b"%PDF-1.4\n", []
    for i, part in enumerate(parts, 1):
        at.append(len(out))
        out += b"%d 0 obj%s endobj\n" % (i, part.encode())
    start = len(out)
    out += b"xref\n0 6\n0000000000 65535 f \n" + b"".join(b"%010d 00000 n \n" % n for n in at)
    return out + b"trailer<</Root 1 0 R/Size 6>>\nstartxref\n%d\n%%%%EOF\n" % start


class Extract(e2e.Case):
    def found(self, *args, status=0, **kw):
        done = self.nezumi("extract", "--json", *args, status=status, **kw)
        return [json.loads(line) for line in done.out.decode().splitlines()]

    def values(self, *args, **kw):
        return [(row["type"], row["value"]) for row in self.found(*args, **kw)]

    DUE = [("ipv4", "45.77.12.9"), ("url", "https://bad-domain.com/a.php"), ("domain", "bad-domain.com")]

    def test_contract(self):
        self.put("report.txt", TEXT)
        rows = self.found("report.txt")
        self.assertEqual([(r["type"], r["value"]) for r in rows], self.DUE)
        first = rows[0]
        self.assertEqual(list(first)[:7], ["value", "type", "original", "path", "line", "offset", "context"])
        self.assertEqual((first["original"], first["path"], first["line"]), ("45.77.12[.]9", "report.txt", 3))
        self.assertEqual((first["class"], first["status"], first["port"]), ("indicator", "as-written", 443))
        self.assertEqual((first["family"], first["role"], first["date"]), ("Emotet", "controller", "2018-12-16"))
        for row in rows:
            self.assertTrue(TEXT.encode()[row["offset"]:].startswith(row["original"].encode()), row)
            self.assertIn(row["original"], row["context"])

    def test_classes(self):
        self.put("report.txt", TEXT)
        kinds = {(r["type"], r["value"]): r["class"] for r in self.found("--all", "report.txt")}
        self.assertEqual(kinds["url", "https://www.vendor-blog.com/report"], "reference")
        self.assertEqual(kinds["ipv4", "10.0.0.1"], "context")
        self.assertEqual(kinds["domain", "example.com"], "context")
        self.assertTrue(any(t == "filename" and c == "context" for (t, _), c in kinds.items()) or
                        kinds.get(("domain", "invoice.zip")) == "context", kinds)

    def test_every(self):
        self.put("report.txt", TEXT + "bad-domain[.]com\n")
        self.assertEqual(self.values("report.txt").count(("domain", "bad-domain.com")), 1)
        self.assertEqual(self.values("--every", "report.txt").count(("domain", "bad-domain.com")), 2)
        self.assertEqual([r["count"] for r in self.found("report.txt") if r["type"] == "domain"], [2])

    def test_threads(self):
        """Many files, some of them long, missing or no documents: the same bytes in the same order, whatever the threads."""
        for i in range(40):
            self.put("d/%02d.txt" % i, "".join("45.%d.%d[.]%d is a C2 server\n" % (i + 1, k // 250, k % 250 + 1)
                                              for k in range(9000 if i % 9 == 0 else i)))
        self.put("d/20.png", b"\x89PNG\r\n\x1a\n" + bytes(100))
        for options in ([], ["--json"], ["--json", "--every", "--all"]):
            one = self.nezumi("extract", *options, "--threads", "1", "d", "missing", "d/03.txt", status=2)
            self.assertGreater(len(one.out), 100000)
            for n in ("2", "5", "64"):
                many = self.nezumi("extract", *options, "--threads", n, "d", "missing", "d/03.txt", status=2)
                self.assertTrue(many.out == one.out and many.err == one.err)

    def test_status(self):
        self.put("nothing", "Nothing of that kind here.\n")
        self.nezumi("extract", "nothing", status=1)
        self.nezumi("extract", "--json", "nothing", status=1)
        self.nezumi("extract", "no-such-file", status=2)
        self.nezumi("extract", status=2)
        self.nezumi("extract", "--as", "picture", "nothing", status=2)
        self.put("report.txt", TEXT)
        done = self.nezumi("extract", "report.txt", "no-such-file", status=2)
        self.assertIn("no-such-file", done.err)
        self.assertIn(b"45.77.12[.]9", done.out)

    def test_terminal(self):
        self.put("report.txt", TEXT + "\x1b[31mevil[.]net\n" + "x" * 300 + "[.]com hxxp://a[.]com/" + "y" * 300 + "\n")
        for lang, word in (("en", "domains"), ("ja", "ドメイン")):
            text = self.nezumi("extract", "--lang", lang, "report.txt", status=0).text
            self.assertIn(word, text)
            self.assertIn("45.77.12[.]9", text)
            self.assertNotIn("bad-domain.com", text)
            self.assertNotIn("\x1b", text)
            self.assertIn("evil[.]net", text)

    def test_from_a_pipe_and_compressed(self):
        self.assertEqual(self.values("-", stdin=TEXT.encode()), self.DUE)
        self.put("report.gz", gzip.compress(TEXT.encode()))
        self.assertEqual(self.values("report.gz"), self.DUE)

    def test_charsets(self):
        text = "これはテストです。C2サーバは「bad-domain[.]com」です。通信先は 45.77.12[.]9 です。\n"
        for charset in ("utf-8", "utf-8-sig", "utf-16", "shift_jis", "euc-jp", "iso-2022-jp"):
            with self.subTest(charset=charset):
                self.put("f", text.encode(charset))
                rows = self.found("f")
                self.assertEqual([r["value"] for r in rows], ["bad-domain.com", "45.77.12.9"])
                self.assertIn("これはテスト", rows[0]["context"])
        self.put("f", "恶意软件连接域名 bad-domain[.]com，请及时封禁该服务器。".encode("gb18030"))
        self.assertIn("恶意软件", self.found("f")[0]["context"])
        self.put("f", "Un d\xe9tail\xe9 C2 : bad-domain[.]fr \xe0 bloquer".encode("latin-1"))
        self.assertIn("détailé", self.found("f")[0]["context"])

    def test_html(self):
        self.put("page", """<!DOCTYPE html><html><head><title>t</title><script>var a="45.1.1.1"</script></head><body>
<h1>Report</h1><p>See <a href="https://www.vendor-blog.com/x">our post</a>.</p><h2>Indicators of compromise</h2>
<table><tr><th>Domain</th><th>IP</th></tr><tr><td>bad-domain.com</td><td>45.77.12.9</td></tr></table>
<p>evil<b>[.]</b>net</p><div style="display:none">hidden[.]com</div></body></html>""")
        self.assertEqual(self.values("page"), [("domain", "bad-domain.com"), ("ipv4", "45.77.12.9"), ("domain", "evil.net")])
        self.assertIn({"reference"}, [{r["class"]} for r in self.found("--all", "page") if "vendor-blog" in r["value"]])

    def test_mail(self):
        body = base64.encodebytes("<p>bad-domain[.]com 通信先</p>".encode("euc-jp")).decode()
        self.put("mail", """Received: from x.example.net by y; Mon, 1 Jan 2020 00:00:00 +0000
From: =?utf-8?B?44GC?= <boss@some-sender.com>
To: me@my-company.com
Subject: indicators
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary="=x"

--=x
Content-Type: text/plain
Content-Transfer-Encoding: quoted-printable

45.77=
.12[.]9
--=x
Content-Type: text/html; charset=euc-jp
Content-Transfer-Encoding: base64

""" + body + "--=x--\n")
        got = self.values("mail")
        self.assertIn(("ipv4", "45.77.12.9"), got)
        self.assertIn(("domain", "bad-domain.com"), got)
        self.assertNotIn(("email", "me@my-company.com"), got)

    @unittest.skipUnless(shutil.which("pdftotext"), "no pdftotext")
    def test_pdf(self):
        self.put("f.pdf", pdf(["Indicators of compromise", "bad-domain[.]com", "45.77.12[.]9"]))
        self.assertEqual(self.values("f.pdf"), [("domain", "bad-domain.com"), ("ipv4", "45.77.12.9")])
        self.assertEqual(self.values("-", stdin=pdf(["bad-domain[.]com"])), [("domain", "bad-domain.com")])

    def test_bad_pdf(self):
        self.put("f.pdf", b"%PDF-1.7\nnothing of that kind\n" + os.urandom(5000))
        done = self.nezumi("extract", "f.pdf", status=2)
        self.assertIn("PDF", done.err)

    def test_no_pdftotext(self):
        self.put("f.pdf", b"%PDF-1.7\n")
        done = self.nezumi("extract", "f.pdf", env={"PATH": self.dir}, status=2)
        self.assertIn("poppler-utils", done.err)

    def test_not_documents(self):
        self.put("elf", b"\x7fELF" + bytes(4000))
        done = self.nezumi("extract", "elf", status=2)
        self.assertIn("elf", done.err)
        self.put("d/elf", b"\x7fELF" + bytes(4000))
        self.put("d/report.txt", TEXT)
        self.assertEqual(self.values("d"), self.DUE)

    def test_hostile(self):
        size = MEGA // 8 if e2e.sanitized() else MEGA
        for name, piece in HOSTILE.items():
            text = (piece * (size // len(piece.encode()) + 1)).encode()
            for kind in ("text", "html", "mail"):
                with self.subTest(name=name, kind=kind):
                    done = self.nezumi("extract", "--as", kind, "--json", "-", stdin=text, seconds=20)
                    self.assertIn(done.status, (0, 1), done.err)
                    if not e2e.sanitized():
                        self.assertLess(done.rss, 700 * MEGA)

    def test_linear(self):
        if e2e.sanitized():
            self.skipTest("times mean nothing there")
        for name in ("dots", "open", "hxxp", "defanged", "urls", "cjk", "broken", "sentences"):
            times = []
            for size in (MEGA, 4 * MEGA):
                text = (HOSTILE[name] * (size // len(HOSTILE[name].encode()))).encode()
                times.append(min(self.nezumi("extract", "--json", "-", stdin=text).cpu for _ in range(3)))
            self.assertLess(times[1], 12 * times[0] + 0.5, name)

    def test_shared_documents(self):
        shared = os.path.join(os.environ.get("NEZUMI_SHARED", os.path.join(e2e.ROOT, "../shared")), "sources")
        if not os.path.isdir(shared):
            self.skipTest("no shared data")
        rows = self.found(*[os.path.join(shared, f) for f in sorted(os.listdir(shared))])
        got = {r["value"]: r for r in rows}
        self.assertEqual(len(rows), 16)
        self.assertEqual(got["test.zzjzpt.com"]["status"], "mended")
        self.assertEqual(got["campus.miim.ac"]["status"], "uncertain")
        self.assertIn("20,1", got["196.200.160.201"]["note"])
        for value in ("test.zzjzpt.com", "campus.miim.ac"):
            self.assertTrue(got[value]["note"])
        self.assertEqual(got["115.88.75.245"]["family"], "Emotet")
        self.assertEqual(got["101.132.69.78"]["family"], "Xtreme RAT")


if __name__ == "__main__":
    e2e.main()
