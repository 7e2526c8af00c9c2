#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""MISP feeds: manifest and events, what is fetched again, and names that are none."""

import json
import os

import e2e
from feed_server import PAGE, Case

U = "5c0a0001-0000-4000-8000-%012d"


def event(n, *values, org="Example CERT"):
    return json.dumps({"Event": {"uuid": U % n, "info": "Event %d" % n, "date": "2018-12-02", "timestamp": "1543737600",
                                 "Orgc": {"name": org, "uuid": U % 999}, "Attribute": [
        {"type": "ip-dst", "category": "Network activity", "to_ids": True, "value": v, "uuid": U % (1000 + i)}
        for i, v in enumerate(values)]}}).encode()


class Feed(Case):
    def setUp(self):
        super().setUp()
        self.manifest = {U % i: {"info": "Event %d" % i, "timestamp": str(1543737600 + i), "Orgc": {"name": "X"}} for i in range(1, 6)}
        for i in range(1, 6):
            self.answers["/f/%s.json" % (U % i)] = event(i, *("45.99.%d.%d" % (i, k) for k in range(1, 4)), org="Org %d" % i)
        self.answers["/f/manifest.json"] = lambda h: h.json(self.manifest)
        self.add("m", "/f/", "--format", "misp-feed")

    def test_only_what_changed_is_fetched(self):
        self.assertEqual(self.update("m")[0]["m"]["rows"], 15)
        self.assertEqual(len(self.server.paths()), 6)
        self.assertEqual(self.update("m")[0]["m"]["status"], "unchanged")
        self.assertEqual(self.server.paths(), ["/f/manifest.json"])
        # One event changes, one comes, one goes.
        self.manifest[U % 2]["timestamp"] = 1543799999
        self.answers["/f/%s.json" % (U % 2)] = event(2, "45.99.2.1", "45.99.2.77")
        self.manifest[U % 6] = {"timestamp": "1543737700"}
        self.answers["/f/%s.json" % (U % 6)] = event(6, "45.99.6.1")
        del self.manifest[U % 5]
        r = self.update("m")[0]["m"]
        self.assertEqual([r[k] for k in ("rows", "added", "gone")], [12, 2, 5])
        self.assertEqual(sorted(self.server.paths()), sorted(["/f/manifest.json", "/f/%s.json" % (U % 2), "/f/%s.json" % (U % 6)]))
        self.assertEqual(self.listed("m"), 12)
        self.assertEqual(len(os.listdir(self.path("data/feeds/m/events"))), 5)
        # All authors are one source.
        self.assertEqual([f["name"] for f in json.loads(self.feed("list", "--json").out)["feeds"]], ["m"])
        self.feed("remove", "m")
        self.assertFalse(os.path.exists(self.path("data/feeds/m")))

    def test_the_manifest_itself(self):
        self.feed("set", "m", "--url", self.server.url + "/f/manifest.json")
        self.assertEqual(self.update("m")[0]["m"]["rows"], 15)

    def test_names_that_are_no_uuids(self):
        odd = ["../../../etc/passwd", "a", U % 1 + "/../x", (U % 1)[:-1] + "\n", "x" * 5000, (U % 3).upper(), "..", "",
               "5c0a0001-0000-4000-8000-00000000000g"]
        for name in odd:
            self.manifest[name] = {"timestamp": "1"}
        self.manifest[U % 8] = {"timestamp": "../1"}
        self.manifest[U % 9] = ["x"]
        r = self.update("m")[0]["m"]
        self.assertEqual(r["status"], "done")
        self.assertIn("odd names", r["note"])
        self.assertEqual([p for p in self.server.paths() if not p.lower().startswith("/f/5c0a0001-") and "manifest" not in p], [])
        self.assertEqual(sorted(os.listdir(self.path("data/feeds"))), [b"lock", b"m"])
        for name in os.listdir(self.path("data/feeds/m/events")):
            self.assertRegex(name, rb"^[0-9a-f-]{36}\.[0-9]+\.json$")

    def test_events_that_cannot_be_had(self):
        del self.answers["/f/%s.json" % (U % 3)]
        r = self.update("m")[0]["m"]
        self.assertEqual((r["rows"], r["status"]), (12, "done"))
        self.assertIn("1 events are named but missing", r["note"])
        # One that is broken is asked for again.
        self.manifest[U % 3]["timestamp"] = "1543999999"
        self.answers["/f/%s.json" % (U % 3)] = PAGE
        r = self.update("m")[0]["m"]
        self.assertIn("1 cannot be read", r["note"])
        self.answers["/f/%s.json" % (U % 3)] = event(3, "45.99.3.3")
        self.assertEqual(self.update("m")[0]["m"]["rows"], 13)
        # Many: then it is not what it was.
        for i in range(1, 6):
            self.manifest[U % i]["timestamp"] = "1544000000"
            self.answers["/f/%s.json" % (U % i)] = event(i)[:-5] if i > 2 else event(i, "45.99.1.1")
        self.assertIn("cannot be had", self.update("m", status=2)[1])
        self.assertEqual(self.listed("m"), 13)

    def test_an_update_that_stops_goes_on(self):
        self.answers["/f/%s.json" % (U % 4)] = lambda h: h.say(500, b"")
        self.assertIn("500", self.update("m", status=2)[1])
        self.assertEqual(self.listed("m"), 0)
        self.server.paths()
        self.answers["/f/%s.json" % (U % 4)] = event(4, "45.99.4.4")
        self.assertEqual(self.update("m")[0]["m"]["rows"], 13)
        self.assertEqual(len(self.server.paths()), 3)

    def test_what_is_no_manifest(self):
        self.update("m")
        for bad in (PAGE, b"", b"[1]", b"[]x", b'{"a":1', b'{"a":{"timestamp":"1"}}', b"45.61.1.1\n", "{}".encode("utf-32"), b"[" * 100000):
            self.answers["/f/manifest.json"] = bad
            self.update("m", status=2)
            self.assertEqual(self.listed("m"), 15)


if __name__ == "__main__":
    e2e.main()
