#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Lists as people have them, and files that are none: taken as far as they are values, else refused by their names."""

import io
import json
import lzma
import zipfile

import e2e
from make import gz, zeek

DOCX = io.BytesIO()
with zipfile.ZipFile(DOCX, "w") as archive:
    archive.writestr("[Content_Types].xml", "x")
    archive.writestr("word/document.xml", "y")
PROSE = ("The group used 45.77.10.1 as its controller in May.\nIt was seen in forty organisations of three countries.\n"
         "45.77.10.2 was another one, as far as anybody can tell.\nNothing else is known about who is behind it.\n")


class Lists(e2e.Case):
    def imported(self, name, text, *args, status=0):
        self.put(name, text)
        done = self.nezumi("import", "--json", "--data", "data-" + name, *args, name, status=status)
        return done, json.loads(done.out)["inputs"][0] if done.status == 0 else None

    def test_written_by_hand(self):
        for name, text, good, bad in (
                ("title", "IP list\n45.77.10.1\n45.77.10.2\n", 2, 1),
                ("sentence", "List of bad IPs (2024)\n\n45.77.10.1\n", 1, 1),
                ("amid", "45.77.10.1\nnonsense here\n45.77.10.2\n", 2, 1),
                ("numbers", "1. 45.77.10.1\n2. 45.77.10.2\n10) bad-one.com\n", 3, 0),
                ("bullets", "- 45.77.10.1\n* hxxp://bad-one[.]com/a\n\u2022 bad-two.com\n", 3, 0),
                ("bars", "45.77.10.1|Emotet\nbad-one.com|Emotet\n", 2, 0),
                ("sums", "%s  invoice.doc\n%s *b.xyz\n" % ("a" * 64, "b" * 64), 2, 0),
                ("mac", "# list\r45.77.10.1\rbad-one.com", 2, 0)):
            with self.subTest(name):
                done, told = self.imported(name, text)
                self.assertEqual((told["kind"], told["format"], told["records"], told["malformed"]), ("indicators", "list", good, bad))
                self.assertEqual(done.err.count("could not be read (line "), bad)
                one = "a" * 64 if name == "sums" else "45.77.10.1"
                self.nezumi("check", "--data", "data-" + name, "--owners", "none", one, status=0)

    def test_refused_by_name(self):
        for name, data, words in (
                ("empty", b"", "empty: it is empty"),
                ("blank", b"\n \r\n", "no value in it"),
                ("comments", b"# nothing\n; today\n", "no value in it, blank lines and comments alone"),
                ("header.csv", b"value,family,first_seen\n", "nothing is listed in it"),
                ("page.html", b"<!DOCTYPE html>\n<html><head><title>Log in \x1b[2J</title></head><body>45.77.10.1</body>", 'a web page, "Log in'),
                ("list.xz", lzma.compress(b"45.77.10.1\n"), "packed by xz: unpack it first (unxz)"),
                ("list.7z", b"7z\xbc\xaf\x27\x1c\0\4", "a 7z archive"),
                ("list.rar", b"Rar!\x1a\7\1\0", "a RAR archive"),
                ("list.bz2", b"BZh91AY&SY", "packed by bzip2"),
                ("report.docx", DOCX.getvalue(), "a Word document (docx): save it as PDF or text for nezumi extract"),
                ("report.pdf", b"%PDF-1.7\n", "a PDF document: nezumi extract"),
                ("prose", PROSE.encode(), "nezumi extract finds what a report names; --as list"),
                ("bullets", b"EMOTET AGAIN\n\nREFERENCE:\n\n- https://blog.vendor.net/1\n\nDOMAINS:\n\n- evil-1[.]net\n- evil-2[.]net\n- evil-3[.]net\n",
                 "nezumi extract finds what a report names; --as list"),
                ("log", b"See the history of versions.\n\nhttps://git.vendor.net/log\n", "nezumi extract finds what a report names; --as list"),
                ("table", b"45.77.10.1,Emotet\n45.77.10.2,QakBot\n", "a table without a header"),
                ("ours", b"AS64500\n45.77.10.0/24\n45.77.11.0/24\n", "no reader recognises this content")):
            with self.subTest(name):
                done, _ = self.imported(name, data, status=2)
                self.assertIn(words, done.err)
                self.assertIn(name, done.err)
                self.assertIn("nothing was changed", done.err)
                self.assertNotIn("\x1b", done.err)
        done, told = self.imported("prose", PROSE, "--as", "list")
        self.assertEqual((told["records"], told["malformed"]), (1, 3))

    def test_lines_that_end_with_cr(self):
        values = ["45.%d.%d.1" % (70 + i // 256, i % 256) for i in range(20000)]
        for name, text, good in (("all", "\r".join(values), 20000), ("packed", gz(("\r".join(values) + "\r").encode()), 20000),
                                 ("table", "value,family\r" + "".join(v + ",Emotet\r" for v in values), 20000),
                                 ("both", "\r\n".join(values), 20000), ("some", "\n".join(values) + "\r45.90.1.1\n", 19999)):
            with self.subTest(name):
                self.assertEqual(self.imported(name, text)[1]["records"], good)

    def test_quotes_that_are_never_closed(self):
        for name, line in (("alternately", 'a","\n'), ("alone", '"\n'), ("within", 'a,"b\n')):
            with self.subTest(name):
                head = ",".join(["value"] + ["c%d" % i for i in range(255)]) + "\n45.77.10.1,x,y\n"
                self.put(name, head + line * ((4 << 20) // len(line)))
                done = self.nezumi("import", "--json", "--data", "data", name, status=0, seconds=10)
                self.assertEqual(json.loads(done.out)["inputs"][0]["records"], 1)

    def test_lines_in_quotes_wherever_a_file_is_cut(self):
        """Rows of several lines, one of which is not closed, read by one and by more threads."""
        pad = "p" * 900
        rows, bad = ["value,comment,family,first_seen"], []
        lines = 1
        for i in range(20000):
            value = "45.%d.%d.%d" % (70 + i // 40000, i // 200 % 256, i % 200 + 1)
            comment = '"%s\r\n\r\n# ""%d""\n%s"' % (pad, i, pad[:i % 700]) if i % 3 else '"%s' % pad if i % 999 == 0 else pad
            if i % 999 == 0:
                bad.append(lines + 1)
            rows.append("%s,%s,Emotet,2018-11-20" % (value, comment))
            lines += rows[-1].count("\n") + 1
        self.put("big.csv", "\n".join(rows) + "\n")
        self.put("log", zeek([]))
        answers = [self.nezumi("analyze", *e2e.FIXED, "--json", "--threads", n, "-i", "big.csv", "log", status=1).out for n in ("1", "2", "5")]
        self.assertEqual(answers[0], answers[1])
        self.assertEqual(answers[0], answers[2])
        answer = json.loads(answers[0])
        self.assertEqual((answer["inputs"][0]["records"], answer["inputs"][0]["malformed"]), (20000 - len(bad), len(bad)))
        self.assertEqual([r["line"] for r in answer["rejected"]], bad)


if __name__ == "__main__":
    e2e.main()
