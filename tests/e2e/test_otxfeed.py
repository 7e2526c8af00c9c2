#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Pages of pulses: read to their end, on one host, with a key that nobody sees, from servers that never end."""

import os
import urllib.parse

import e2e
from feed_server import PAGE, Case, Server

KEY = "0123456789abcdef0123456789abcdef"


def pulse(n, *values):
    return {"id": "5c0a%020d" % n, "name": "Pulse %d" % n, "author_name": "Example CERT", "tags": [], "references": [],
            "indicators": [{"id": i, "indicator": v, "type": "IPv4", "created": "2018-11-20T10:00:00", "is_active": 1}
                           for i, v in enumerate(values or ("45.99.%d.1" % n, "45.99.%d.2" % n))]}


class Pulses(Case):
    def setUp(self):
        super().setUp()
        self.pulses = [pulse(i) for i in range(1, 24)]
        self.answers["/api/v1/pulses/subscribed"] = self.page
        self.put("key", KEY + "\n")
        self.key = os.fsdecode(self.path("key"))
        os.chmod(self.path("key"), 0o600)

    def page(self, h):
        if h.headers.get("X-OTX-API-KEY") != KEY:
            return h.say(403, b'{"detail":"Authentication required"}')
        query = {k: int(v[0]) for k, v in urllib.parse.parse_qs(urllib.parse.urlparse(h.path).query).items()}
        at, size = query.get("page", 1), query.get("limit", 10)
        more = at * size < len(self.pulses)
        h.json({"results": self.pulses[(at - 1) * size:at * size], "count": len(self.pulses), "previous": None,
                "next": self.server.url + "/api/v1/pulses/subscribed?limit=%d&page=%d"
                % (size, at + 1) if more else None})

    def follow(self, path="/api/v1/pulses/subscribed?limit=10", **kw):
        self.add("o", path, "--format", "otx-feed", "--key", "header:X-OTX-API-KEY", "--key-file", self.key, **kw)

    def test_all_pages(self):
        self.follow()
        r, err = self.update()
        self.assertEqual((r["o"]["status"], r["o"]["rows"]), ("done", 46), err)
        self.assertEqual(self.server.paths(), ["/api/v1/pulses/subscribed?limit=10"] +
                         ["/api/v1/pulses/subscribed?limit=10&page=%d" % i for i in (2, 3)])
        self.assertEqual(self.update("o")[0]["o"]["status"], "unchanged")
        self.pulses = self.pulses[1:] + [pulse(30), pulse(31)]
        r = self.update("o")[0]["o"]
        self.assertEqual([r[k] for k in ("rows", "added", "gone")], [48, 4, 2])
        self.assertEqual(len(os.listdir(self.path("data/feeds/o"))), 1)
        for text in (self.feed("list").text, self.feed("show", "o", "--json").text, err):
            self.assertNotIn(KEY, text)

    def test_one_page_and_none(self):
        self.follow("/api/v1/pulses/subscribed?limit=50")
        self.assertEqual(self.update()[0]["o"]["rows"], 46)
        self.assertEqual(len(self.server.paths()), 1)
        self.pulses = []
        r, err = self.update("o", status=None)
        self.assertEqual(self.listed("o"), 46)
        self.assertNotEqual(r["o"]["status"], "done", err)

    def test_a_wrong_key(self):
        self.put("key", "f" * 32)
        self.follow()
        r, err = self.update("o", status=2)
        self.assertIn("key", err)
        self.assertNotIn("f" * 32, err)

    def refused(self, make, why, most=100):
        """Nothing of it is taken."""
        self.answers["/api/v1/pulses/subscribed"] = make
        self.server.paths()
        r, err = self.update("o", status=2)
        self.assertEqual((r["o"]["status"], self.listed("o")), ("failed", 46))
        self.assertIn(why, r["o"]["error"])
        self.assertLess(len(self.server.paths()), most)

    def test_servers_that_do_not_end(self):
        self.follow()
        self.update()
        url = self.server.url + "/api/v1/pulses/subscribed?page="
        count = iter(range(100, 10 ** 9))
        self.refused(lambda h: h.json({"results": [pulse(next(count) % 250)], "next": url + "1"}), "pages for ever")
        self.refused(lambda h: h.json({"results": [pulse(1)], "next": url + str(next(count))}), "pages for ever")
        self.refused(lambda h: h.json({"results": [], "next": url + str(next(count))}), "pages for ever")
        self.refused(lambda h: h.json({"results": [pulse(1)], "next": "http://localhost:%d/x" % self.server.port}), "another host", 2)
        self.refused(lambda h: h.json({"results": [pulse(1)], "next": "file:///etc/passwd"}), "another host", 2)
        self.refused(lambda h: h.json({"results": [pulse(1)], "next": "http://\u0000"}), "none", 2)
        self.refused(lambda h: h.json({"detail": "Throttled"}), "no page of pulses", 2)
        self.refused(lambda h: h.json([pulse(1)]), "no page of pulses", 2)
        self.refused(lambda h: h.say(200, PAGE, Content_Type="text/html"), "web page", 2)
        self.refused(lambda h: h.say(200, b'{"results":[{"id":1'), "cut off", 2)

    def test_a_key_stays_on_its_host(self):
        other = Server(("127.0.0.2", 0))
        self.addCleanup(other.close)
        self.follow()
        self.update()
        self.refused(lambda h: h.json({"results": [pulse(1)], "next": other.url + "/x"}), "another host", 2)
        self.refused(lambda h: h.say(302, b"", Location=other.url + "/x"), "", 2)
        self.assertFalse([1 for _, headers in other.asked if KEY in str(headers)])


if __name__ == "__main__":
    e2e.main()
