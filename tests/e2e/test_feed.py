#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Feeds: what is fetched and when, what is believed, and what becomes of what was there before."""

import bz2
import functools
import gzip
import json
import lzma
import os
import random
import select
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time

import e2e
from make import zst, zst_repeat
from feed_server import PAGE, Case, Handler, Server, addresses, certificates, packed


class Use(Case):
    """The commands."""

    def test_all_sources(self):
        """What was imported and what is fetched, in one place."""
        self.assertEqual(json.loads(self.feed("list", "--all", "--json", status=1).out), {"sources": []})
        self.assertIn("Nothing was imported", self.feed("list", "--all", status=1).text)
        for name, text in (("iocs", "45.1.1.1\n45.1.1.2\n"), ("iocs", "45.1.1.2\n45.1.1.3\n45.1.1.4\n"), ("orgs.csv", "network,id\n203.0.113.0/24,a\n")):
            self.put(name, text)
            self.nezumi("import", "--data", "data", *["--reliability", "B"] * (name == "iocs"), name, status=0)
        self.put("special", "45.7.7.0/24\n45.8.8.8\n")
        self.nezumi("import", "--data", "data", "--kind", "exclusions", "--class", "provider", "special", status=0)
        self.answers["/a"] = addresses(7)
        self.add("a", "/a", "--reliability", "C")
        self.add("b", "/b")
        self.update("a")
        keys = ("name", "kind", "reliability", "listed", "aged", "exclusions", "organisations", "families")
        got = json.loads(self.feed("list", "--all", "--json").out)["sources"]
        self.assertEqual([tuple(s[k] for k in keys) for s in got], [
            ("a", "feed", "C", 7, 0, 0, 0, 0), ("b", "feed", "F", 0, 0, 0, 0, 0), ("iocs", "import", "B", 3, 1, 0, 0, 0),
            ("orgs.csv", "import", None, 0, 0, 0, 1, 0), ("special", "import", None, 0, 0, 2, 0, 0)])
        self.assertEqual([s["last_done"] is None for s in got], [False, True, False, False, False])
        for lang in ("en", "ja"):
            rows = self.feed("list", "--all", "--lang", lang).text.splitlines()
            self.assertEqual([r.split()[0] for r in rows[-5:]], [s["name"] for s in got])
        self.nezumi("import", "--data", "data", "--forget", "special", status=0)
        self.assertEqual(len(json.loads(self.feed("list", "--all", "--json").out)["sources"]), 4)

    def test_nothing_yet(self):
        self.assertIn("No feed is enabled", self.feed("list", status=1).text)
        self.assertEqual(json.loads(self.feed("list", "--json", status=1).out), {"feeds": []})
        self.assertIn("No feed is due", self.feed("update").text)
        self.feed("overlap", status=1)
        self.assertFalse(os.path.exists(self.path("data")))
        for wrong in (["update", "x"], ["show", "x"], ["remove", "x"], ["approve", "x"], ["disable", "x"], ["enable", "x"],
                      ["set", "x", "--interval", "1h"], ["dance"], [], ["show"], ["add", "x"]):
            self.feed(*wrong, status=2)

    def test_the_catalogue(self):
        feeds = json.loads(self.feed("list", "--catalogue", "--json").out)["feeds"]
        self.assertGreaterEqual(len(feeds), 30)
        self.assertFalse(any(f["enabled"] for f in feeds))
        for f in feeds:
            self.assertTrue(f["url"].startswith("https://") and f["licence"] and f["terms"] and f["homepage"], f)
        self.assertLessEqual(max(len(x) for x in self.feed("list", "--catalogue").text.split("\n")), 80)
        self.feed("enable", "feodo", "spamhaus-drop")
        self.assertIn("wants a key", self.feed("enable", "otx").err)
        self.assertEqual([(f["name"], f["enabled"]) for f in json.loads(self.feed("list", "--json").out)["feeds"]],
                         [("feodo", True), ("otx", True), ("spamhaus-drop", True)])
        self.feed("disable", "feodo", "otx", "spamhaus-drop")
        self.assertIn("No feed is due", self.feed("update").text)
        self.assertIn("CC0", self.feed("show", "feodo").text)
        self.assertIn("wants a key", self.update("otx", status=2)[1])

    def test_from_add_to_remove(self):
        self.answers["/a.txt"] = addresses(30)
        self.add("ours", "/a.txt", "--reliability", "B", "--interval", "6h", "--lifetime", "30d", "--role", "phishing")
        result, _ = self.update("ours")
        self.assertEqual({k: result["ours"][k] for k in ("status", "rows", "added", "gone", "error")},
                         {"status": "done", "rows": 30, "added": 30, "gone": 0, "error": None})
        k = self.known("ours")
        self.assertEqual((k["listed"], k["reliability"], k["interval_s"], k["lifetime_days"], k["role"], k["failures"]),
                         (30, "B", 21600, 30, "phishing", 0))
        self.assertEqual([r["status"] for r in k["history"]], ["done"])
        self.answers["/a.txt"] = addresses(28) + b"45.99.1.1\n"
        result, _ = self.update("ours")
        self.assertEqual([result["ours"][k] for k in ("rows", "added", "gone")], [29, 1, 2])
        k = self.known("ours")
        self.assertEqual((k["listed"], k["aged"]), (29, 2))
        self.feed("set", "ours", "--reliability", "C", "--interval", "0")
        self.assertEqual((self.known("ours")["reliability"], self.known("ours")["listed"]), ("C", 29))
        for text in (self.feed("list").text, self.feed("show", "ours").text, self.feed("list", "--lang", "ja").text):
            self.assertIn("ours", text)
            self.assertLessEqual(max(len(x) for x in text.split("\n")), 80)
        self.feed("add", "ours", self.server.url + "/b", status=2)
        self.feed("remove", "ours")
        self.feed("show", "ours", status=2)
        self.assertNotIn("ours", os.listdir(self.path("data/feeds").decode()))

    def test_wrong_wishes(self):
        for args, why in ((["x", "ftp://a/b"], "https"), (["x", "http://a/b"], "--http yes"), (["X", "https://a/b"], "name"),
                          (["../x", "https://a/b"], "name"), (["x", "https://a/b", "--format", "zip"], "format"),
                          (["x", "https://a/b", "--interval", "soon"], "interval"),
                          (["x", "https://a/b", "--key", "cookie"], "key"), (["x", "https://a/b", "--ca", "ca.pem"], "ca"),
                          (["x", "https://a/b", "--proxy", "http://a:b@c"], "proxy")):
            self.assertIn(why, self.feed("add", *args, status=2).err)
        self.assertFalse(os.path.exists(self.path("data/nezumi.db")))

    def test_libcurl_is_loaded_by_what_fetches_only(self):
        for what in ("", "no library " * 400):
            self.put("lib/libcurl.so.4", what)
            env = {"LD_LIBRARY_PATH": os.fsdecode(self.path("lib"))}
            self.answers["/a"] = addresses(3)
            self.add("a", "/a", env=env)
            self.feed("list", env=env)
            self.assertIn("nothing can be fetched without libcurl: ", self.update("a", status=2, env=env)[1])
            self.assertEqual(self.known("a")["history"][0]["status"], "failed")
            doctor = self.nezumi("doctor", "--data", "data", env=env)
            self.assertIn("without libcurl", doctor.text)
            self.feed("remove", "a")
        self.assertIn("libcurl/", self.nezumi("doctor", "--data", "data").text)
        with open(e2e.BINARY, "rb") as f:
            # As a library that is needed its name would stand twice: in .dynstr, and in what dlopen() is called with.
            self.assertEqual(f.read().count(b"libcurl.so.4\0"), 1)

    def test_a_control_character_in_an_error_is_shown_not_sent(self):
        self.answers["/a"] = b"<html><title>\x1b[2Jgone\x07</title>"
        self.add("a", "/a")
        _, err = self.update("a", status=2)
        self.assertNotIn("\x1b", err)
        self.assertNotIn("\x1b", self.feed("list").text + self.feed("show", "a").text)
        self.assertIn("web page", err)


class When(Case):
    """The schedule."""

    def test_due(self):
        self.answers.update({"/a": addresses(10), "/b": addresses(10)})
        self.add("a", "/a", "--interval", "1h")
        self.add("b", "/b", "--interval", "0")
        self.assertEqual(set(self.update()[0]), {"a"})
        self.assertEqual(set(self.update()[0]), set())
        self.assertEqual(set(self.update("b")[0]), {"b"})
        self.assertEqual(set(self.update("--force")[0]), {"a", "b"})
        self.feed("disable", "a")
        self.assertEqual(set(self.update("--force")[0]), {"b"})

    def test_a_clock_that_went_ahead(self):
        self.answers["/a"] = addresses(10)
        self.add("a", "/a", "--interval", "2d")
        self.assertEqual(set(self.update(env=e2e.later(10 * 365 * 86400))[0]), {"a"})
        self.assertEqual(set(self.update()[0]), {"a"})
        self.assertEqual(set(self.update()[0]), set())
        self.assertEqual(set(self.update(env=e2e.later(86400))[0]), set())
        self.assertEqual(set(self.update(env=e2e.later(3 * 86400))[0]), {"a"})

    def test_a_failure_is_tried_again_sooner_and_noted(self):
        self.answers["/a"] = lambda h: h.say(500, b"no")
        self.add("a", "/a", "--interval", "1d")
        before = time.time()
        self.update(status=2)
        k = self.known("a")
        due = time.mktime(time.strptime(k["next_due"], "%Y-%m-%dT%H:%M:%SZ")) - time.timezone
        self.assertTrue(100 <= due - before <= 310, due - before)
        self.assertEqual((k["failures"], k["history"][0]["status"]), (1, "failed"))
        self.assertIn("500", k["error"])
        self.assertEqual(self.update()[0], {})
        self.answers["/a"] = addresses(10)
        self.update("a")
        self.assertEqual((self.known("a")["failures"], self.known("a")["error"]), (0, None))

    def test_the_server_says_when(self):
        self.answers["/a"] = lambda h: h.say(429, b"", Retry_After="7200")
        self.add("a", "/a", "--tries", "3")
        before = time.time()
        _, err = self.update(status=2)
        self.assertIn("7200 s", err)
        self.assertEqual(len(self.server.asked), 1)
        due = time.mktime(time.strptime(self.known("a")["next_due"], "%Y-%m-%dT%H:%M:%SZ")) - time.timezone
        self.assertGreaterEqual(due - before, 7100)

    def test_an_overloaded_server_is_asked_again(self):
        left = [503, 502]
        self.answers["/a"] = lambda h: h.say(left.pop(), b"") if left else h.say(200, addresses(5))
        self.add("a", "/a", "--tries", "3", "--wait", "10")
        self.update()
        self.assertEqual(self.listed("a"), 5)

    def test_nothing_new(self):
        def answer(h):
            if h.headers.get("If-None-Match") == '"v1"' and h.headers.get("If-Modified-Since"):
                h.say(304, b"", Content_Length=None, Content_Type=None)
            else:
                h.say(200, addresses(40), ETag='"v1"', Last_Modified="Mon, 01 Jan 2018 00:00:00 GMT")
        self.answers["/a"] = answer
        self.add("a", "/a")
        self.update("a")
        self.assertEqual(self.update("a")[0]["a"]["status"], "unchanged")
        self.assertEqual(self.listed("a"), 40)
        self.assertEqual(self.update("a", "--force")[0]["a"]["status"], "done")
        # Another address is another document.
        self.answers["/b"] = answer
        self.feed("set", "a", "--url", self.server.url + "/b")
        self.assertEqual(self.update("a")[0]["a"]["status"], "done")

    def test_nothing_new_although_the_server_does_not_say_so(self):
        self.answers["/a"] = addresses(4000)
        self.add("a", "/a")
        self.assertEqual([self.update("a")[0]["a"]["status"] for _ in range(3)], ["done", "unchanged", "unchanged"])
        self.assertEqual(self.update("a", "--force")[0]["a"]["status"], "done")
        self.answers["/a"] = addresses(3999) + b"45.99.1.1\n"
        self.assertEqual(self.update("a")[0]["a"]["status"], "done")

    def test_one_at_a_time(self):
        go = threading.Event()
        self.addCleanup(go.set)
        self.answers["/a"] = lambda h: (go.wait(e2e.PATIENCE), h.say(200, addresses(5)))
        self.add("a", "/a", "--idle", "15m", "--timeout", "15m")
        p = self.start("feed", "update", "--data", "data", env=self.ENV)
        while not self.server.asked and p.poll() is None:
            time.sleep(0.02)
        self.assertIn("another process", self.feed("update", status=2).err)
        # The database is nobody's meanwhile.
        self.feed("set", "a", "--reliability", "A")
        go.set()
        self.assertEqual(p.communicate(timeout=e2e.PATIENCE)[1], b"")
        self.assertEqual(p.returncode, 0)
        self.assertEqual((self.known("a")["reliability"], self.listed("a")), ("A", 5))


class Held(Case):
    """What changes too much waits for somebody."""

    def test_shrinking_and_growing(self):
        self.answers["/a"] = addresses(100)
        self.add("a", "/a")
        self.update()
        for n, status in ((11, 0), (110, 1), (90, 0), (9, 1), (900, 1)):
            self.answers["/a"] = addresses(n)
            before = self.listed("a")
            result, _ = self.update("a", status=status)
            k = self.known("a")
            self.assertEqual(result["a"]["status"], "held" if status else "done", n)
            self.assertEqual(k["listed"], before if status else n)
            self.assertEqual(k["held"] and k["held"]["rows"], n if status else None)
        self.assertIn("approve a", self.feed("show", "a").text)
        self.assertIn("held", self.feed("list").text)
        self.answers.clear()
        self.assertIn("900 indicators", self.feed("approve", "a").text)
        k = self.known("a")
        self.assertEqual((k["listed"], k["held"]), (900, None))
        self.assertIn("nothing of a waits", self.feed("approve", "a", status=2).err)
        self.assertEqual([r["status"] for r in k["history"]][:4], ["done", "held", "held", "done"])

    def test_nothing_left(self):
        self.answers["/a"] = b"# nothing today\n"
        self.add("a", "/a", "--format", "list")
        self.assertEqual(self.update("a")[0]["a"]["status"], "done")
        self.answers["/a"] = addresses(3)
        self.update("a")
        self.answers["/a"] = b"# nothing today\n"
        self.assertEqual(self.update("a", status=1)[0]["a"]["status"], "held")
        self.assertEqual(self.listed("a"), 3)
        self.feed("approve", "a")
        k = self.known("a")
        self.assertEqual((k["listed"], k["aged"]), (0, 3))

    def test_what_waited_is_dropped_when_the_feed_comes_to_its_senses(self):
        self.answers["/a"] = addresses(100)
        self.add("a", "/a")
        self.update()
        self.answers["/a"] = addresses(2)
        self.update("a", status=1)
        self.answers["/a"] = addresses(101)
        self.assertEqual(self.update("a")[0]["a"]["status"], "done")
        self.assertIsNone(self.known("a")["held"])
        self.assertEqual(len(os.listdir(self.path("data/feeds/a"))), 1)


def cut(h):
    h.send_response(200)
    h.send_header("Content-Length", "100000")
    h.end_headers()
    h.wfile.write(addresses(50))
    h.close_connection = True


def chunked_cut(h):
    h.send_response(200)
    h.send_header("Transfer-Encoding", "chunked")
    h.end_headers()
    h.wfile.write(b"10\r\n45.61.1.1\n45.61\r\n")
    h.close_connection = True


def stream(h):
    h.send_response(200)
    h.end_headers()
    h.close_connection = True
    piece = addresses(5000)
    for _ in range(4 << 30):
        h.wfile.write(piece)


def loris(h):
    h.send_response(200)
    h.end_headers()
    h.close_connection = True
    for c in addresses(100):
        h.wfile.write(bytes([c]))
        time.sleep(0.1)


def slow_head(h):
    for c in b"HTTP/1.1 200 OK\r\n" + b"X-Long: " + b"x" * 1000:
        h.wfile.write(bytes([c]))
        time.sleep(0.1)


def to(place):
    return lambda h: h.say(302, b"", Location=place)


@functools.lru_cache
def bomb():
    blanks = b" " * (1 << 20)
    return gzip.compress(blanks * 64)


class Rubbish(Case):
    """Whatever comes in place of a list: the reason is told, what was there stays, and nothing hangs."""

    BAD = {
        "a log-in page": (lambda h: h.say(200, PAGE, Content_Type="text/html"), "Sign in to the guest network"),
        "a page that says it is text": (PAGE, "web page"),
        "nothing": (b"", "empty"),
        "blanks": (b"\n\n  \n", "empty"),
        "UTF-32": (addresses(50).decode().encode("utf-32"), "UTF-32"),
        "UTF-32 without a mark": (addresses(50).decode().encode("utf-32-le"), "binary"),
        "a log-in page in UTF-16": (PAGE.decode().encode("utf-16"), "Sign in to the guest network"),
        "letters of Latin-1": ("é è ü\n".encode("latin-1") * 50, "read"),
        "binary": (bytes(range(1, 256)) + bytes(20), "binary"),
        "an archive": (b"PK\3\4" + bytes(100), "ZIP"),
        "cut": (cut, "cut"),
        "cut between chunks": (chunked_cut, "cut"),
        "gzip that is none": (lambda h: h.say(200, addresses(50), Content_Encoding="gzip"), "but it is not"),
        "gzip that is cut": (lambda h: h.say(200, gzip.compress(addresses(5000))[:-200], Content_Encoding="gzip"), "gzip stream"),
        "a bomb": (lambda h: h.say(200, bomb(), Content_Encoding="gzip"), "more than 1 MiB"),
        "a bomb in a bomb": (lambda h: h.say(200, gzip.compress(bomb()), Content_Encoding="gzip"), "more than 1 MiB"),
        "a bomb as a file": (lambda h: h.say(200, bomb(), Content_Type="application/gzip"), "more than 1 MiB"),
        "a bomb of zstd": (zst_repeat(b" ", 512), "more than 1 MiB"),
        "a bomb behind a skippable frame": (b"\x50\x2a\x4d\x18\x04\x00\x00\x00skip" + zst_repeat(b" ", 512), "more than 1 MiB"),
        "packed three times": (gzip.compress(gzip.compress(gzip.compress(addresses(50)))), "packed more than twice"),
        "packed by xz": (lzma.compress(addresses(50)), "xz"),
        "packed by bzip2": (bz2.compress(addresses(50)), "bzip2"),
        "an empty archive": (b"PK\5\6" + bytes(18), "ZIP"),
        "another packing": (lambda h: h.say(200, addresses(50), Content_Encoding="br"), "br"),
        "another format": (b'{"type":"bundle","id":"bundle--1","objects":[]}', "another format"),
        "prose": (b"The list has moved. Please write to us.\n" * 40, "read"),
        "no end": (stream, "more than 1 MiB"),
        "4 GB announced": (lambda h: h.say(200, b"", Content_Length=4 << 30), "more than 1 MiB"),
        "a trickle": (loris, "stood still"),
        "a trickle of headers": (slow_head, "stood still"),
        "a captive portal": (to("/portal"), "Sign in to the guest network"),
        "a portal without a title": (b"<html><script>location='http://x'</script></html>", "web page"),
        "nothing new, of what was not asked about": (lambda h: h.say(304, b"", Content_Length=None, Content_Type=None, ETag="x"), "304"),
        "an error in JSON": (b'{"error":"rate limit exceeded"}', "read"),
        "no such place": (lambda h: h.say(404, b"x"), "404"),
        "a server in trouble": (lambda h: h.say(503, b"x"), "503"),
        "no right": (lambda h: h.say(401, b"x", WWW_Authenticate="Basic"), "key"),
        "a redirect to a file": (to("file:///etc/passwd"), "file:"),
        "a redirect to another protocol": (to("ldap://127.0.0.1/"), "ldap:"),
        "a redirect in circles": (to("/a"), "redirects"),
        "a redirect with a password": (to("http://u:p@127.0.0.1:1/"), "password"),
        "a redirect to nowhere": (to("http://127.0.0.1:1/"), "connect"),
    }

    def test_each(self):
        self.answers["/a"] = addresses(50)
        self.answers["/portal"] = lambda h: h.say(200, PAGE, Content_Type="text/html")
        self.add("a", "/a", "--format", "list", "--max-size", "1", "--idle", "5m", "--timeout", "15m")
        self.update()
        for name, (answer, why) in self.BAD.items():
            with self.subTest(name):
                self.answers["/a"] = answer
                bomb()
                # Only for those who stand still; a busy machine may make anybody wait.
                self.feed("set", "a", "--idle", "1s" if why == "stood still" else "5m")
                result, err = self.update("a", status=2)
                self.assertEqual(result["a"]["status"], "failed")
                self.assertIn(why, result["a"]["error"])
                self.assertIn(why, err)
                k = self.known("a")
                self.assertEqual((k["listed"], k["error"]), (50, result["a"]["error"]))
                self.assertEqual(sum(len(f) for _, _, f in os.walk(self.path("data/feeds/a"))), 1)
        self.feed("set", "a", "--idle", "5m")
        for n, how in ((51, "utf-8"), (52, "utf-16"), (53, "utf-16-le"), (54, "utf-8-sig")):
            self.answers["/a"] = addresses(n).decode().encode(how)
            self.update("a")
            self.assertEqual(self.listed("a"), n)

    def test_what_servers_say_wrongly(self):
        """A list is one by its content, whatever its server calls it."""
        self.add("a", "/a", "--format", "list")
        for i, (headers, pack) in enumerate((
                ({"Content-Type": "text/html; charset=utf-16"}, bytes), ({"Content-Type": None}, bytes),
                ({"Content-Type": "application/json"}, bytes), ({"Content-Type": "image/png"}, gzip.compress),
                ({"Content-Encoding": "gzip"}, lambda d: gzip.compress(gzip.compress(d))), ({}, zst),
                ({"Content-Disposition": "attachment; filename=../../../etc/passwd"}, bytes))):
            with self.subTest(headers=headers):
                self.answers["/a"] = lambda h: h.say(200, pack(addresses(20 + i)), **headers)
                self.assertEqual(self.update("a")[0]["a"]["rows"], 20 + i)

    def test_nothing_yet_and_nothing_new(self):
        """A server that says that nothing is new to whoever has nothing."""
        self.answers["/a"] = lambda h: h.say(304, b"", Content_Length=None, Content_Type=None)
        self.add("a", "/a", "--format", "list")
        self.assertIn("304", self.update("a", status=2)[1])
        self.answers["/a"] = addresses(5)
        self.assertEqual(self.update("a")[0]["a"]["rows"], 5)

    def test_documents(self):
        whole = {"type": "bundle", "id": "bundle--5c0a0001-0000-4000-8000-000000000003", "objects": [
            {"type": "indicator", "spec_version": "2.1", "id": "indicator--5c0a0001-0000-4000-8000-%012d" % i,
             "created": "2018-12-01T00:00:00.000Z", "modified": "2018-12-01T00:00:00.000Z",
             "pattern": "[ipv4-addr:value = '45.99.2.%d']" % i, "pattern_type": "stix", "valid_from": "2018-11-20T00:00:00Z"}
            for i in range(1, 30)]}
        text = json.dumps(whole).encode()
        fox = json.dumps({str(i): [{"ioc_value": "45.99.3.%d:443" % i, "ioc_type": "ip:port", "threat_type": "botnet_cc",
                                    "malware": "win.x", "malware_printable": "X", "first_seen_utc": "2024-01-01 00:00:00",
                                    "confidence_level": 75}] for i in range(1, 60)}).encode()
        for name, fmt, good, n in (("stix", "stix", text, 29), ("fox", "threatfox-json", fox, 59)):
            self.answers["/" + name] = good
            self.add(name, "/" + name, "--format", fmt)
            self.assertEqual(self.update(name)[0][name]["rows"], n)
            for bad in (good[:len(good) // 2], good[:-1], good + b"x", b"[]x", PAGE):
                self.answers["/" + name] = bad
                self.update(name, status=2)
                self.assertEqual(self.listed(name), n)

    def test_a_million_relations(self):
        sid = "indicator--5c0a0001-0000-4000-8000-000000000001"
        head = ('{"type":"bundle","id":"bundle--5c0a0001-0000-4000-8000-000000000003","objects":[{"type":"indicator",'
                '"spec_version":"2.1","id":"%s","created":"2018-12-01T00:00:00.000Z","modified":"2018-12-01T00:00:00.000Z",'
                '"pattern":"[ipv4-addr:value = \'45.99.2.1\']","pattern_type":"stix","valid_from":"2018-11-20T00:00:00Z"}' % sid)
        n = 100000 if e2e.sanitized() else 1000000
        body = head + "".join(',{"type":"relationship","id":"relationship--%d","relationship_type":"indicates","source_ref":"%s",'
                              '"target_ref":"malware--%d"}' % (i, sid, i % 1000) for i in range(n)) + "]}"
        self.answers["/a"] = packed(body.encode())
        self.add("a", "/a", "--format", "stix")
        done = self.feed("update", "--json", status=None)
        self.assertLess(done.rss, (2 << 30) if e2e.sanitized() else (450 << 20))
        self.assertEqual(json.loads(done.out)["feeds"][0]["status"], "done")
        if n == 1000000:
            print("a million relations: %.1f s of the processor, %d MiB" % (done.cpu, done.rss >> 20))


class Trust(Case):
    """Certificates, keys, hosts that nobody shall be led to."""

    def https(self, names="IP:127.0.0.1"):
        ca, context = certificates(self.dir, names)
        server = Server(context=context)
        self.addCleanup(server.close)
        server.answers["/a"] = addresses(10)
        return ca, server

    def test_certificates(self):
        ca, server = self.https()
        self.feed("add", "a", server.url + "/a", "--private", "yes", "--tries", "1")
        self.assertIn("certificate", self.update("a", status=2)[1])
        self.assertEqual(server.asked, [])
        self.feed("set", "a", "--ca", ca)
        self.update("a")
        self.assertEqual(self.listed("a"), 10)
        # From https nobody is led to http.
        self.answers["/b"] = addresses(10)
        server.answers["/a"] = to(self.server.url + "/b")
        self.assertIn("plain http", self.update("a", status=2)[1])
        self.assertEqual(self.server.asked, [])

    def test_a_certificate_for_another_host(self):
        ca, server = self.https("DNS:other.example")
        self.feed("add", "a", server.url + "/a", "--private", "yes", "--tries", "1", "--ca", ca)
        self.assertIn("127.0.0.1", self.update("a", status=2)[1])
        self.assertEqual(server.asked, [])

    def test_private_hosts_need_leave(self):
        self.answers["/a"] = addresses(10)
        for host in ("127.0.0.1", "127.1", "0x7f000001", "localhost", "[::1]", "[::ffff:127.0.0.1]", "10.0.0.1", "169.254.169.254"):
            self.feed("add", "a", "http://%s:%d/a" % (host, self.server.port), "--http", "yes", "--tries", "1")
            self.assertIn("not a public host", self.update("a", status=2)[1], host)
            self.feed("remove", "a")
        self.assertEqual(self.server.asked, [])

    def test_a_public_host_leads_nowhere_private(self):
        """In a network of its own, where a public address is this machine's."""
        script = ("import sys; sys.path.insert(0, %r)\n"
                  "from feed_server import Server, addresses\n"
                  "import subprocess\n"
                  "subprocess.run(['ip', 'link', 'set', 'lo', 'up'], check=True)\n"
                  "subprocess.run(['ip', 'addr', 'add', '9.9.9.9/32', 'dev', 'lo'], check=True)\n"
                  "inside, outside = Server(), Server(('9.9.9.9', 0))\n"
                  "inside.answers['/a'] = outside.answers['/good'] = addresses(10)\n"
                  "outside.answers['/a'] = lambda h: h.say(302, b'', Location=inside.url + '/a')\n"
                  "n = lambda *a: subprocess.run([%r, 'feed', *a, '--data', 'data'], capture_output=True, text=True)\n"
                  "base = 'http://9.9.9.9:%%d' %% outside.port\n"
                  "n('add', 'good', base + '/good', '--http', 'yes')\n"
                  "n('add', 'a', base + '/a', '--http', 'yes')\n"
                  "n('add', 'b', base + '/a', '--http', 'yes', '--private', 'yes')\n"
                  "p = n('update')\n"
                  "print(p.returncode, p.stdout, p.stderr, len(inside.asked))\n" % (os.path.dirname(os.path.abspath(__file__)), e2e.BINARY))
        p = subprocess.run(["unshare", "-rn", sys.executable, "-c", script], cwd=self.dir, capture_output=True, text=True,
                           env={**os.environ, **self.ENV})
        if p.returncode:
            self.skipTest("no network of its own: %s" % p.stderr.strip().split("\n")[-1])
        self.assertIn("good: 10 indicators", p.stdout)
        self.assertIn("a: 127.0.0.1 is not a public host", p.stdout)
        self.assertIn("a public one led there", p.stdout)
        self.assertTrue(p.stdout.startswith("2 ") and p.stdout.rstrip().endswith(" 0"), p.stdout)

    def test_keys(self):
        secret = "s3cret+/&key"
        self.put("key", secret + "\n")
        key = os.path.join(self.dir, "key")
        self.answers["*"] = addresses(10)
        ways = {"bearer": ("/a", ["--key", "bearer"], "Authorization", "Bearer " + secret),
                "header": ("/a", ["--key", "header:Auth-Key"], "Auth-Key", secret),
                "basic": ("/a", ["--user", "me"], "Authorization", "Basic bWU6czNjcmV0Ky8ma2V5")}
        for name, (path, args, header, value) in ways.items():
            self.add(name, path, "--key-file", key, *args)
            self.update(name)
            self.assertEqual(self.server.asked.pop()[1][header], value)
        self.add("url", "/x/{key}/y", "--key-env", "MY_KEY")
        self.update("url", env={"MY_KEY": secret})
        self.assertEqual(self.server.paths(), ["/x/s3cret%2B%2F%26key/y"])
        self.assertIn("MY_KEY", self.update("url", status=2)[1])
        # To another host it does not go, and nobody is told it.
        other = Server()
        self.addCleanup(other.close)
        other.answers["/b"] = addresses(10)
        self.answers["*"] = to(other.url + "/b")
        said = ""
        for name in ("bearer", "header", "basic"):
            self.feed("update", name, "-v")
        self.assertNotIn(secret, repr(other.asked))
        self.assertNotIn("Authorization", repr(other.asked))
        self.answers["*"] = lambda h: h.say(403, secret.encode())
        for name in (*ways, "url"):
            done = self.feed("update", name, "-v", status=2, env={"MY_KEY": secret})
            said += done.text + done.err + self.feed("show", name).text + self.feed("show", name, "--json").text
        for folder, _, files in os.walk(self.path("data")):
            for f in files:
                with open(os.path.join(folder, f), "rb") as d:
                    said += d.read().decode("latin-1")
        for hidden in (secret, "s3cret%2B%2F%26key", "bWU6czNjcmV0Ky8ma2V5"):
            self.assertNotIn(hidden, said)

    def test_a_key_that_others_may_read(self):
        self.put("key", "s3cret\n")
        self.answers["/a"] = addresses(10)
        self.add("a", "/a", "--key-file", os.path.join(self.dir, "key"), "--key", "bearer")
        for mode, told in ((0o644, True), (0o640, True), (0o600, False), (0o400, False)):
            os.chmod(os.path.join(self.dir, "key"), mode)
            note = self.update("a", "--force")[0]["a"]["note"] or ""
            self.assertEqual("chmod 600" in note, told, oct(mode))
        for bad, why in ((b"", "holds no key"), (b"\n\n", "holds no key"), (b"a\x1b[2Jb\n", "control character"), (b"x" * 100000, "key")):
            os.chmod(os.path.join(self.dir, "key"), 0o600)
            self.put("key", bad)
            self.assertIn(why, self.update("a", status=2)[1])
        os.remove(os.path.join(self.dir, "key"))
        os.mkdir(os.path.join(self.dir, "key"))
        self.assertIn("key", self.update("a", status=2)[1])

    def test_a_key_needs_a_safe_way(self):
        self.put("key", "secret\n")
        self.feed("add", "a", "http://192.0.2.1/a", "--http", "yes", "--key-file", os.path.join(self.dir, "key"), "--tries", "1")
        self.assertIn("plain http", self.update("a", status=2)[1])

    def test_a_proxy(self):
        seen = []

        def proxy(h):
            seen.append(h.path)
            h.say(200, addresses(10))
        self.answers["*"] = proxy
        self.feed("add", "a", "http://lists.example.net/a", "--http", "yes", "--proxy", self.server.url)
        self.update("a")
        self.assertEqual(seen, ["http://lists.example.net/a"])
        self.feed("add", "b", "http://localhost/a", "--http", "yes", "--proxy", self.server.url, "--tries", "1")
        self.assertIn("not a public host", self.update("b", status=2)[1])
        self.feed("add", "c", "http://lists.example.org/a", "--http", "yes")
        self.update("c", env={"http_proxy": self.server.url, "no_proxy": "example.net"})
        self.assertEqual(seen[-1], "http://lists.example.org/a")

    def test_a_key_is_not_shown_to_a_proxy(self):
        ca, server = self.https()
        seen = []

        class Tunnel(Handler):
            def do_CONNECT(self):
                seen.append((self.path, str(self.headers)))
                host, port = self.path.rsplit(":", 1)
                with socket.create_connection((host, int(port))) as there:
                    self.wfile.write(b"HTTP/1.1 200 OK\r\n\r\n")
                    self.close_connection = True
                    while True:
                        ready, _, _ = select.select([self.connection, there], [], [], 5)
                        for a, b in ((self.connection, there), (there, self.connection)):
                            if a in ready:
                                data = a.recv(65536)
                                if not data:
                                    return
                                b.sendall(data)
                        if not ready:
                            return

        proxy = Server(handler=Tunnel)
        self.addCleanup(proxy.close)
        self.put("key", "s3cret\n")
        self.feed("add", "a", server.url + "/a", "--private", "yes", "--tries", "1", "--ca", ca, "--proxy", proxy.url,
                  "--key-file", os.path.join(self.dir, "key"))
        self.update("a")
        self.assertEqual(self.listed("a"), 10)
        self.assertEqual(server.asked[0][1]["Authorization"], "Bearer s3cret")
        self.assertEqual([p for p, _ in seen], ["127.0.0.1:%d" % server.port])
        self.assertNotIn("s3cret", repr(seen))


class Killed(Case):
    """An update that is ended at any moment leaves the old or the new."""

    TIMES = int(os.environ.get("NEZUMI_KILLS", "40"))

    def test_kill(self):
        sizes = (3000, 2000)
        self.answers["/a"] = addresses(sizes[0])
        self.add("a", "/a")
        self.update()
        rng, now = random.Random(4), sizes[0]
        for i in range(self.TIMES // 2 if e2e.sanitized() else self.TIMES):
            want = sizes[(i + 1) % 2]
            self.answers["/a"] = addresses(want, "45.%d" % (100 + i % 50))
            p = self.start("feed", "update", "a", "--data", "data", env=self.ENV)
            time.sleep(rng.random() * (0.6 if e2e.sanitized() else 0.08))
            p.send_signal(signal.SIGKILL)
            out, _ = p.communicate()
            n = self.listed("a")
            self.assertIn(n, (want, now))
            if b"indicators" in out:
                self.assertEqual(n, want)
            now = n
        db = sqlite3.connect(self.path("data/nezumi.db").decode())
        self.assertEqual(db.execute("PRAGMA integrity_check").fetchall(), [("ok",)])
        db.close()
        self.answers["/a"] = addresses(2500)
        self.update("a")
        self.assertEqual(self.listed("a"), 2500)
        self.assertEqual(len(os.listdir(self.path("data/feeds/a"))), 1)


class Overlap(Case):
    def test_copies(self):
        self.answers.update({"/a": addresses(100), "/b": addresses(90) + addresses(5, "45.99"), "/c": addresses(30, "45.77") + addresses(15),
                             "/d": addresses(10)})
        for name in "abcd":
            self.add(name, "/" + name)
        self.update()
        o = json.loads(self.feed("overlap", "--json").out)
        self.assertEqual([(s["name"], s["listed"]) for s in o["sources"]], [("a", 100), ("b", 95), ("c", 45), ("d", 10)])
        pairs = {(p["a"], p["b"]): (p["common"], p["share"], p["copy"]) for p in o["pairs"]}
        self.assertEqual(pairs, {("a", "b"): (90, 94, True), ("a", "c"): (15, 33, False), ("a", "d"): (10, 100, False),
                                 ("b", "c"): (15, 33, False), ("b", "d"): (10, 100, False), ("c", "d"): (10, 100, False)})
        self.assertIn("copy", self.feed("overlap").text)


if __name__ == "__main__":
    e2e.main()
