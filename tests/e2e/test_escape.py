#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Whatever an attacker or a careless table writes into any field comes out harmless everywhere."""

import base64
import collections
import csv
import html.parser
import io
import json
import os
import re
import unicodedata

import e2e
from make import CONTROLLER, gz, row, zeek_json
from samples import TELEMETRY

MARK = "zq7"
HOSTILE = [
    "\x1b[31mzq7\x1b]0;zq7\x07\x1b[2J", "\u202ezq7\u2066\u200f\u200b", "\u009b31mzq7\x7f\u2028zq7", "\ufffezq7\U000e0041",
    "\"><script>zq7()</script><img src=x onerror=zq7()>", "' onmouseover='zq7()' x='", "</title></style></script><!--zq7",
    "&lt;zq7&#x3c;", "javascript:zq7()", "]]><svg/onload=zq7()>", "{{zq7}} ${zq7} %s%n zq7",
    "=cmd|'/c zq7'!A1", "@SUM(zq7)", "+zq7", "-zq7",
    "](javascript:zq7) ![zq7](http://zq7.example/a.png) **zq7** `zq7` <b>zq7", "| zq7 | zq7 |", "# zq7", "\\zq7\\", "zq7\tzq7"]
TAME = [re.sub(r"[^a-z0-9]", "x", h) for h in HOSTILE]
BREAKS = ["zq7\nzq7 line", "zq7\r\n# zq7\r\n", "zq7\0zq7"]


def table(header, rows):
    out = io.StringIO()
    csv.writer(out, lineterminator="\n", quoting=csv.QUOTE_ALL).writerows([header, *rows])
    return out.getvalue()


class Page(html.parser.HTMLParser):
    """Tags and attributes of a document, and its text."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.tags, self.attributes, self.text, self.code, self.inside = collections.Counter(), [], "", "", []
        self.comments = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags[tag] += 1
        self.attributes += [(tag, k, v or "") for k, v in attrs]
        if tag in ("script", "style"):
            self.inside.append(tag)

    def handle_endtag(self, tag):
        if tag in ("script", "style") and self.inside:
            self.inside.pop()

    def handle_data(self, data):
        if self.inside:
            self.code += data
        else:
            self.text += data

    def handle_comment(self, data):
        self.comments.append(data)


class Escape(e2e.Case):
    def scenario(self, words, breaks=()):
        """Everything that a field can be, from these words; the arguments of the run."""
        names = list(words) + list(breaks)
        hosts = ["203.0.113.%d" % (i + 1) for i in range(len(names))]
        self.put("orgs.csv", table("network,id,name,sector,country,kind".split(","),
                                   [[h, w, w, w, "MX", "enterprise"] for h, w in zip(hosts, words)]))
        controllers = ["45.123.4.%d" % (i + 1) for i in range(len(words))]
        self.put("list.csv", table(["value", "family", "source", "reference"],
                                   [[c, w, w, w] for c, w in zip(controllers + ["0.0.0.0"] * len(words), list(words) * 2)] +
                                   [[CONTROLLER, "", "", ""]]))
        self.put("attributes.json", json.dumps({"Event": {
            "uuid": "5c0a0001-0000-4000-8000-000000000001", "info": names[-1], "date": "2018-12-01", "published": True,
            "timestamp": "1543708800", "Tag": [{"name": 'misp-galaxy:malpedia="%s"' % n} for n in names],
            "Attribute": [{"uuid": "5c0a0001-0000-4000-8000-%012d" % i, "type": "ip-dst", "category": "Network activity",
                           "value": CONTROLLER, "to_ids": True, "timestamp": "1543708800", "comment": n,
                           "Tag": [{"name": 'misp-galaxy:malpedia="%s"' % n}]} for i, n in enumerate(names)]}}))
        self.put("aside.csv", table(["value", "class", "reason", "list"],
                                    [["198.51.100.%d" % (i + 1), "scanner", w, w] for i, w in enumerate(words)]))
        owners = [[c, c, 64500 + i, w] for i, (c, w) in enumerate(zip(controllers, words))]
        self.put("as.csv", table(owners[0], owners[1:]))
        self.nezumi("owners", "compile", "--asn", "as.csv", "-o", "owners.nzo", status=0)
        flows, tls, http = [], [], []
        for i, (host, name) in enumerate(zip(hosts, names)):
            for controller in [CONTROLLER] + controllers[i:i + 1]:
                flows.append(row(at=i, host=host, controller=controller, id_orig_p=50000 + i))
                tls.append(row("ssl", at=i, host=host, controller=controller, id_orig_p=50000 + i, server_name=name))
                http.append(row("http", at=i, host=host, controller=controller, id_orig_p=50000 + i, uri=name, user_agent=name))
        flows += [row(host="198.51.100.%d" % (i + 1)) for i in range(len(words))]
        self.put("logs/conn.json", zeek_json(flows))
        self.put("logs/ssl.json", zeek_json(tls) + zeek_json([row("ssl", host=w) for w in names]))
        self.put("logs/http.json", zeek_json(http))
        for i, w in enumerate(names):
            name = w.replace("/", "_").replace("\0", "_")
            self.put("logs/%s" % name, zeek_json([row(at=500 + i)]) if i % 2 else gz("rubbish of %s" % w))
        return ["analyze", "--no-builtin", "--owners", "owners.nzo", "-i", "list.csv", "-i", "attributes.json", "-o", "orgs.csv",
                "-x", "aside.csv", "--title", words[4], "logs"]

    def check_terminal(self, text, colour=False):
        if colour:
            text = re.sub("\x1b\\[[0-9;]*m", "", text)
        odd = {c for c in text if c != "\n" and unicodedata.category(c) in ("Cc", "Cf", "Zl", "Zp", "Cn", "Co", "Cs")}
        self.assertEqual(odd, set())

    def test_terminal(self):
        args = self.scenario(HOSTILE, BREAKS)
        for more in (["-v"], [], ["-v", "--lang", "ja"]):
            for colour in ("never", "always"):
                with self.subTest(more=more, colour=colour):
                    done = self.nezumi(*args, *more, "--color", colour, status=0)
                    self.check_terminal(done.text, colour == "always")
                    self.check_terminal(done.err)
                    self.assertIn(MARK, done.text)
                    # What was a line break in a name begins no line.
                    starts = [x for x in re.sub("\x1b\\[[0-9;]*m", "", done.text).split("\n") if x.startswith((MARK, "# zq7"))]
                    self.assertEqual(starts, [])
                    self.assertEqual([x for x in done.err.splitlines() if not x.startswith("nezumi: ")], [])

    def test_complaints(self):
        for w in HOSTILE[:4] + [b.replace("\0", "") for b in BREAKS]:
            for args in (["analyze", "--" + w], ["analyze", "--lang", w], ["analyze", "-i", w, w], [w],
                         ["analyze", "-i", "list", "log", "--html", "nowhere/" + w]):
                with self.subTest(args=args):
                    self.put("list", CONTROLLER + "\n")
                    self.put("log", TELEMETRY["zeek-tsv"])
                    done = self.nezumi(*args, status=2)
                    self.check_terminal(done.err)

    def test_json(self):
        out = self.nezumi(*self.scenario(HOSTILE, BREAKS), "--json", status=0).out
        answer = self.answer(out)
        # Values come back as they were given.
        self.assertLessEqual(set(HOSTILE) - {"zq7\tzq7"}, {o["name"] for o in answer["organisations"]})
        self.assertLessEqual(set(HOSTILE), {x for f in answer["findings"] for x in f["sources"]} | {"zq7\tzq7"})
        self.assertEqual({w["source"] for w in answer["withheld"]}, set(HOSTILE))
        self.assertLessEqual(set(HOSTILE) - {"zq7\tzq7"}, {c["as_name"] for c in answer["controllers"]})
        self.assertTrue(any(MARK in n for c in answer["controllers"] for n in c["hostnames"]))
        self.assertTrue(any(MARK in x["detail"] for x in answer["excluded"]))
        self.assertTrue(any(MARK in r["why"] for r in answer["rejected"]))
        # It may be looked at on a terminal, too.
        raw = out.decode()
        self.assertEqual({c for c in raw if c != "\n" and unicodedata.category(c) in ("Cc", "Zl", "Zp")}, set())

    def test_html(self):
        pages = []
        for words, breaks in ((TAME, ["x", "y", "z"]), (HOSTILE, BREAKS)):
            args = self.scenario(words, breaks)
            for lang in ("en", "ja"):
                self.nezumi(*args, "--lang", lang, "--html", lang + ".html", status=0)
            pages.append(Page("".join(self.get(lang + ".html").decode() for lang in ("en", "ja"))))
            for name in os.listdir(self.path("logs")):
                os.unlink(os.path.join(self.path("logs"), name))
        tame, page = pages
        shape = lambda p: {(tag, k) for tag, k, _ in p.attributes}
        self.assertEqual(set(page.tags), set(tame.tags))
        self.assertEqual(shape(page) - shape(tame), set())
        self.assertEqual((page.tags["script"], page.tags["style"], page.tags["img"]),
                         (tame.tags["script"], tame.tags["style"], tame.tags["img"]))
        self.assertEqual((page.code, page.comments), (tame.code, tame.comments))
        for tag, k, v in page.attributes:
            self.assertFalse(k.startswith("on"), (tag, k, v))
            if k in ("href", "src", "action", "xlink:href"):
                self.assertRegex(v, r"^(#|data:(text/csv|application/json|image/))")
            if k in ("class", "id", "style", "d", "points", "transform"):
                self.assertNotIn(MARK, v)
        # The text is all there, but what turns or hides text.
        self.assertIn("\"><script>zq7()</script><img src=x onerror=zq7()>", page.text)
        self.assertEqual({c for c in page.text if unicodedata.category(c) == "Cc"} - {"\n", "\t"}, set())
        self.assertEqual(set("\u202e\u2066\u200f") & set(page.text), set())

    def test_html_works_alone(self):
        self.nezumi(*self.scenario(TAME), "--html", "r.html", status=0)
        page = Page(self.get("r.html").decode())
        self.assertEqual([v for tag, k, v in page.attributes if k in ("src", "href") and re.match(r"(https?:)?//", v)], [])
        self.assertEqual(page.tags["link"] + page.tags["iframe"] + page.tags["object"], 0)
        self.assertNotRegex(page.code, r"@import|url\((?!data:)|fetch\(|XMLHttpRequest|https?://(?!www\.w3\.org)")
        self.assertIn(("html", "lang", "en"), page.attributes)

    def saved(self):
        """The files that the report offers to save, by type."""
        page = Page(self.get("r.html").decode())
        out = {}
        for tag, k, v in page.attributes:
            if (tag, k) == ("a", "href") and v.startswith("data:"):
                kind, data = v[5:].split(",", 1)
                out[kind.split(";")[0]] = base64.b64decode(data).decode("utf-8")
        return out

    def test_saved_table_has_no_formulas(self):
        self.nezumi(*self.scenario(HOSTILE), "--html", "r.html", status=0)
        text = self.saved()["text/csv"]
        rows = list(csv.reader(io.StringIO(text.lstrip("\ufeff"))))
        self.assertGreater(len(rows), len(HOSTILE))
        self.assertEqual({len(r) for r in rows}, {len(rows[0])})
        for r in rows:
            for field in r:
                self.assertNotIn(field[:1], tuple("=+-@\t\r"), r)
        self.assertIn(MARK, text)

    def test_saved_bundle(self):
        self.nezumi(*self.scenario(HOSTILE), "--html", "r.html", status=0)
        bundle = json.loads(self.saved()["application/json"])
        self.assertEqual(bundle["type"], "bundle")
        patterns = [o["pattern"] for o in bundle["objects"] if o["type"] == "indicator"]
        self.assertTrue(any(CONTROLLER in p for p in patterns))
        self.assertTrue(all(re.fullmatch(r"\[[a-z0-9-]+:[a-z_]+ [=A-Z]+ '[^'\\]*'\]", p) for p in patterns), patterns)
        # What was found goes round: the bundle is a list of indicators again.
        self.put("saved.json", self.saved()["application/json"])
        self.put("log", TELEMETRY["zeek-tsv"])
        self.finding(self.analyze("-i", "saved.json", "log"), controller=CONTROLLER)

    def test_markdown(self):
        self.nezumi(*self.scenario(HOSTILE, BREAKS), "--md", "r.md", status=0)
        text = self.get("r.md").decode()
        self.assertEqual({c for c in text if c != "\n" and unicodedata.category(c) in ("Cc", "Zl", "Zp")}, set())
        self.assertEqual(set("\u202e\u2066\u200f") & set(text), set())
        width = None
        for line in text.split("\n"):
            outside = re.sub(r"`[^`]*`", "", re.sub(r"\\[\\`]", "", line))
            self.assertNotIn("<", outside, line)
            self.assertNotRegex(outside, r"(?<!\\)\]\(")
            self.assertFalse(line.lstrip().startswith((MARK, "# zq7")), line)
            if line.startswith("|"):
                bars = len(re.findall(r"(?<!\\)(?:\\\\)*\|", line))
                self.assertEqual(bars, width or bars, line)
                width = bars
            else:
                width = None
        self.assertIn(MARK, text)

    def test_paths_of_any_bytes(self):
        self.put("list", CONTROLLER + "\n")
        names = [b"caf\xe9.log", b"\xff\xfe", b"line\nbreak", b"\x1b[2Jclear", b"-dash", "日本.log".encode(), b"a\\b", b"q\"uote"]
        for name in names:
            self.put(b"logs/" + name, TELEMETRY["zeek-tsv"] + "broken\n")
        done = self.nezumi("analyze", *e2e.FIXED, "--json", "-i", "list", "logs", status=0)
        answer = self.answer(done.out)
        self.check_terminal(done.err)
        paths = [i["path"] for i in answer["inputs"] if i["kind"] == "telemetry"]
        self.assertEqual(len(set(paths)), len(names))
        self.assertIn("logs/日本.log", paths)
        self.assertIn("logs/line\nbreak", paths)
        self.assertEqual(self.finding(answer)["records"], 5 * len(names))
        self.check_terminal(self.nezumi("analyze", *e2e.FIXED, "-v", "-i", "list", "logs").text)

    def test_invalid_utf8_in_fields(self):
        self.put("list", b"value,family\n45.123.3.54,\xff\xfeEmotet\xc3\x28\n")
        self.put("orgs", b"network,id,name\n203.0.113.0/24,ac\xe9me,Soci\xe9t\xe9 \xf0\x9f\n")
        self.put("log", TELEMETRY["zeek-tsv"])
        done = self.nezumi("analyze", *e2e.FIXED, "--json", "-i", "list", "-o", "orgs", "log", "--html", "r.html", "--md", "r.md", status=0)
        f = self.finding(self.answer(done.out))
        self.assertIn("Emotet", f["families"][0])
        self.assertIn("Soci\ufffdt\ufffd", f["organisation"]["name"])
        for name in ("r.html", "r.md"):
            self.assertIn("Soci", self.get(name).decode("utf-8"))
        self.check_terminal(self.nezumi("analyze", *e2e.FIXED, "-v", "-i", "list", "-o", "orgs", "log").text)


if __name__ == "__main__":
    e2e.main()
