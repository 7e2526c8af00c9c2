#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""TAXII 2.1 collections: finding them, paging, going on where the last update ended, and servers that never end."""

import json
import os
import urllib.parse

import e2e
from feed_server import PAGE, Case, Server

TAXII = "application/taxii+json;version=2.1"
ONE, TWO = "91a7b528-80eb-42ed-a74d-c6fbd5a26116", "52892447-4d7e-4f70-b94d-d7f22742ff63"


def indicator(n, value=None, modified="2018-12-01T00:00:00.000Z", **more):
    return {"type": "indicator", "spec_version": "2.1", "id": "indicator--5c0a0001-0000-4000-8000-%012d" % n,
            "created": "2018-12-01T00:00:00.000Z", "modified": modified, "pattern_type": "stix",
            "pattern": "[ipv4-addr:value = '%s']" % (value or "45.99.%d.%d" % (n // 250, n % 250 + 1)),
            "valid_from": "2018-11-20T00:00:00Z", **more}


class Taxii:
    """A server: objects in order of their arrival, each with a stamp of its own."""

    def __init__(self, server, page=10, auth=None):
        self.server, self.page, self.auth = server, page, auth
        self.collections = {ONE: [], TWO: []}
        self.clock = 0
        server.answers["*"] = self.answer
        self.media = TAXII

    def put(self, *objects, collection=ONE):
        for o in objects:
            self.clock += 1
            self.collections[collection].append(("2019-01-01T00:00:00.%06dZ" % self.clock, o))

    def answer(self, h):
        url = urllib.parse.urlparse(h.path)
        query = {k: v[0] for k, v in urllib.parse.parse_qs(url.query).items()}
        if self.auth and h.headers.get("Authorization") != self.auth:
            return h.say(401, b"{}", WWW_Authenticate="Basic")
        if h.headers.get("Accept", "").replace(" ", "") != TAXII:
            return h.say(406, b"{}")
        parts = [p for p in url.path.split("/") if p]
        if parts == ["taxii2"]:
            return self.say(h, {"title": "T", "api_roots": [self.server.url + "/api/", "/other/"], "default": self.server.url + "/api/"})
        if parts == ["other", "collections"]:
            return h.say(404, b"{}")
        if parts == ["api"]:
            return self.say(h, {"title": "R", "versions": [TAXII], "max_content_length": 1})
        listed = [{"id": ONE, "title": "One", "can_read": True, "can_write": False},
                  {"id": TWO, "title": "Two \"2\"", "alias": "two", "can_read": True, "can_write": False},
                  {"id": "3" + TWO[1:], "title": "Secret", "can_read": False, "can_write": True}]
        if parts == ["api", "collections"]:
            return self.say(h, {"collections": listed})
        if parts[:2] == ["api", "collections"] and len(parts) == 3:
            return self.say(h, next(c for c in listed if c["id"] == parts[2]))
        if parts[:2] == ["api", "collections"] and parts[3:] == ["objects"] and parts[2] in self.collections:
            return self.objects(h, parts[2], query)
        h.say(404, b"{}")

    def objects(self, h, collection, query):
        found = [(t, o) for t, o in self.collections[collection] if t > query.get("added_after", "")]
        at = int(query.get("next", 0))
        page = found[at:at + min(self.page, int(query.get("limit", 10)))]
        more = at + len(page) < len(found)
        envelope = {"objects": [o for _, o in page]} if page else {}
        if more:
            envelope.update(more=True, next=str(at + len(page)))
        stamps = {"X-TAXII-Date-Added-First": page[0][0], "X-TAXII-Date-Added-Last": page[-1][0]} if page else {}
        self.say(h, envelope, **stamps)

    def say(self, h, what, **headers):
        h.say(200, json.dumps(what).encode(), **{"Content-Type": self.media, **headers})


class Collections(Case):
    def setUp(self):
        super().setUp()
        self.taxii = Taxii(self.server)
        self.taxii.put(*(indicator(i) for i in range(25)))
        self.taxii.put(*(indicator(i) for i in range(100, 105)), collection=TWO)

    def take(self, path="/taxii2/", *args, name="t"):
        self.add(name, path, "--format", "taxii", *args)
        return self.update(name)[0][name]

    def test_from_wherever(self):
        for i, (path, n) in enumerate((("/taxii2/", 30), ("/api/", 30), ("/api/collections/", 30), ("/api/collections/%s/" % ONE, 25),
                                       ("/api/collections/%s" % TWO, 5), ("/api/collections/%s/objects/" % ONE, 25),
                                       ("/api/collections/%s/objects/?limit=3" % TWO, 5))):
            self.assertEqual(self.take(path, name="t%d" % i)["rows"], n, path)

    def test_a_collection_by_name(self):
        for i, (word, n) in enumerate((("One", 25), ("two", 5), ('Two "2"', 5), (TWO, 5))):
            self.assertEqual(self.take("/taxii2/", "--collection", word, name="t%d" % i)["rows"], n)
        self.add("no", "/taxii2/", "--format", "taxii", "--collection", "Secret")
        self.assertIn("Secret", self.update("no", status=2)[1])

    def test_what_is_new(self):
        self.assertEqual(self.take()["rows"], 30)
        self.server.paths()
        self.assertEqual(self.update("t")[0]["t"]["status"], "unchanged")
        self.assertTrue(any("added_after=2019-01-01T00%3A00%3A00.000025Z" in p for p in self.server.paths()))
        # A new version of an object, a revoked one, and what is new.
        self.taxii.put(indicator(3, "45.98.1.1", modified="2019-06-01T00:00:00.000Z"), indicator(50), indicator(51))
        r = self.update("t")[0]["t"]
        self.assertEqual([r[k] for k in ("rows", "added", "gone")], [32, 3, 1])
        self.assertEqual(self.listed("t"), 32)
        self.assertEqual(len(os.listdir(self.path("data/feeds/t"))), 1)
        # What was kept is gone: everything anew.
        for f in os.listdir(self.path("data/feeds/t")):
            os.remove(os.path.join(self.path("data/feeds/t"), f, b"bundle.json"))
        self.assertEqual(self.update("t")[0]["t"]["rows"], 32)
        self.assertEqual(self.update("t", "--force")[0]["t"]["rows"], 32)

    def test_relations_over_pages(self):
        malware = {"type": "malware", "spec_version": "2.1", "id": "malware--5c0a0001-0000-4000-8000-000000000001", "name": "Emotet",
                   "is_family": True, "created": "2018-12-01T00:00:00.000Z", "modified": "2018-12-01T00:00:00.000Z"}
        relation = {"type": "relationship", "spec_version": "2.1", "id": "relationship--5c0a0001-0000-4000-8000-000000000001",
                    "relationship_type": "indicates", "source_ref": indicator(1)["id"], "target_ref": malware["id"],
                    "created": "2018-12-01T00:00:00.000Z", "modified": "2018-12-01T00:00:00.000Z"}
        self.take("/taxii2/", "--collection", "One")
        self.taxii.put(malware, relation)
        r = self.update("t")[0]["t"]
        self.assertEqual([r[k] for k in ("rows", "added", "gone")], [25, 1, 1])

    def test_more_without_next(self):
        """By the time of the last object, where the server gives no `next`."""
        def objects(h, collection, query):
            found = [(t, o) for t, o in self.taxii.collections[collection] if t > query.get("added_after", "")]
            page = found[:7]
            self.taxii.say(h, {"more": len(found) > 7, "objects": [o for _, o in page]},
                           **({"X-TAXII-Date-Added-Last": page[-1][0]} if page else {}))
        self.taxii.objects = objects
        self.assertEqual(self.take()["rows"], 30)

    def test_basic_and_bearer(self):
        self.put("key", "s3cret\n")
        key = os.path.join(self.dir, "key")
        self.taxii.auth = "Basic bWU6czNjcmV0"
        self.assertEqual(self.take("/taxii2/", "--user", "me", "--key-file", key, name="basic")["rows"], 30)
        self.taxii.auth = "Bearer s3cret"
        self.assertEqual(self.take("/taxii2/", "--key", "bearer", "--key-file", key, name="bearer")["rows"], 30)
        self.add("none", "/taxii2/", "--format", "taxii")
        self.assertIn("key", self.update("none", status=2)[1])

    def test_another_host(self):
        """A server may not send the client, and its key, elsewhere."""
        other = Server()
        self.addCleanup(other.close)
        self.server.answers["/taxii2/"] = lambda h: self.taxii.say(h, {"title": "T", "api_roots": [other.url + "/api/"]})
        self.add("t", "/taxii2/", "--format", "taxii")
        self.assertIn("another host", self.update("t", status=2)[1])
        self.assertEqual(other.asked, [])


class Endless(Case):
    """Servers that page for ever, or are none: what was there stays."""

    def setUp(self):
        super().setUp()
        self.taxii = Taxii(self.server)
        self.taxii.put(*(indicator(i) for i in range(25)))
        self.add("t", "/taxii2/", "--format", "taxii", "--collection", "One", "--max-size", "2", "--timeout", "20s")
        self.update()

    def refused(self, why, asked=None):
        self.server.paths()
        _, err = self.update("t", status=2)
        self.assertIn(why, err)
        self.assertEqual(self.listed("t"), 25)
        if asked:
            self.assertLessEqual(len(self.server.paths()), asked)
        self.assertEqual(len(os.listdir(self.path("data/feeds/t"))), 1)

    def pages(self, make):
        count = [0]

        def objects(h, collection, query):
            count[0] += 1
            self.taxii.say(h, make(count[0]), **{"X-TAXII-Date-Added-Last": "2020-01-01T00:00:00.000001Z"})
        self.taxii.objects = objects

    def test_the_same_page(self):
        self.pages(lambda n: {"more": True, "next": "x", "objects": [indicator(1000)]})
        self.refused("brings nothing new", asked=10)

    def test_the_same_next(self):
        """It may name the query instead of the page."""
        self.pages(lambda n: {"more": n < 5, "next": "x", "objects": [indicator(1000 + n)]})
        self.assertEqual(self.update("t")[0]["t"]["rows"], 30)

    def test_the_same_objects(self):
        self.pages(lambda n: {"more": True, "next": str(n), "objects": [indicator(1000 + n % 3)]})
        self.refused("brings nothing new", asked=12)

    def test_no_objects(self):
        self.pages(lambda n: {"more": True, "next": str(n), "objects": []})
        self.refused("brings nothing new", asked=8)

    def test_no_way_on(self):
        def objects(h, collection, query):
            self.taxii.say(h, {"more": True, "objects": [indicator(1000)]})
        self.taxii.objects = objects
        self.refused("does not say where", asked=8)

    def test_ever_new_ones(self):
        self.pages(lambda n: {"more": True, "next": str(n), "objects": [indicator(1000 * n + i, description="x" * 2000) for i in range(200)]})
        self.refused("more than 2 MiB", asked=20)

    def test_other_answers(self):
        objects = self.taxii.objects
        for body, media, why in ((PAGE, "text/html", "Sign in"), (b'{"objects":[]}', "application/json", "does not speak TAXII 2.1"),
                                 (b"{}", "application/vnd.oasis.taxii+json; version=2.0", "does not speak TAXII 2.1"),
                                 (b"{}", "application/taxii+json; version=2.0", "does not speak TAXII 2.1"),
                                 (b'{"objects":[', TAXII, "cut off"), (b'{"objects":{}}', TAXII, "no list"), (b"", TAXII, "empty"),
                                 (b"[" * 100000, TAXII, "cut off")):
            self.taxii.objects = lambda h, c, q: h.say(200, body, **{"Content-Type": media})
            self.refused(why)
        self.taxii.objects = lambda h, c, q: h.say(200, b"{}", **{"Content-Type": "application/taxii+json; charset=utf-8; version=\"2.1\""})
        self.assertEqual(self.update("t")[0]["t"]["status"], "unchanged")
        self.taxii.objects = objects

    def test_strange_ids(self):
        strange = ["../../../secret", "a/b?c=d&e", "\u0000", "x" * 300, "%2e%2e"]
        self.server.answers["/api/collections/"] = lambda h: self.taxii.say(h, {"collections": [
            {"id": i, "title": "One", "can_read": True} for i in strange]})
        self.update("t", status=2)
        self.assertTrue(all("/api/collections/" in p or p in ("/taxii2/", "/api/") or p.startswith("/other/")
                            for p in self.server.paths()))
        self.assertEqual(self.listed("t"), 25)


if __name__ == "__main__":
    e2e.main()
