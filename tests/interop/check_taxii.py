# SPDX-License-Identifier: Apache-2.0
"""Collections of medallion, OASIS's own TAXII 2.1 server: discovery, pages, what was added since, Basic authentication."""

import json
import os
import socket
import subprocess
import sys

from interop import BINARY, SECONDS, check, main, put, same

MEDIA = "application/taxii+json;version=2.1"
COLLECTION = "91a7b528-80eb-42ed-a74d-c6fbd5a26116"
KEY = "Password0"


def stamp(n):
    return "2019-01-01T00:00:%02d.%06dZ" % (n // 1000, n % 1000)


def indicator(n, modified="2018-12-01T00:00:00.000Z"):
    return {"type": "indicator", "spec_version": "2.1", "id": "indicator--5c0a0001-0000-4000-8000-%012d" % n,
            "created": "2018-12-01T00:00:00.000Z", "modified": modified, "pattern_type": "stix",
            "pattern": "[ipv4-addr:value = '45.99.%d.%d']" % (n // 250, n % 250 + 1), "valid_from": "2018-11-20T00:00:00Z"}


def medallion(objects, port, page):
    """Its data and its settings, as files."""
    put("data.json", json.dumps({
        "/discovery": {"title": "Server", "description": "", "contact": "", "default": "http://127.0.0.1:%d/root/" % port,
                       "api_roots": ["http://127.0.0.1:%d/root/" % port]},
        "root": {
            "information": {"title": "Root", "description": "", "versions": [MEDIA], "max_content_length": 9765625},
            "status": [],
            "collections": [{
                "id": COLLECTION, "title": "All", "description": "", "can_read": True, "can_write": False,
                "media_types": ["application/stix+json;version=2.1"], "objects": objects,
                "manifest": [{"id": o["id"], "date_added": stamp(i), "version": o["modified"],
                              "media_type": "application/stix+json;version=2.1"} for i, o in enumerate(objects)]}]}}))
    put("medallion.json", json.dumps({"backend": {"module": "medallion.backends.memory_backend", "module_class": "MemoryBackend", "filename": "data.json"},
                                      "users": {"me": KEY}, "taxii": {"max_page_size": page}}))


class Running:
    """medallion in a process of its own, on a port that was free."""

    def __init__(self, objects, page=10, port=None):
        with socket.socket() as s:
            s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            s.bind(("127.0.0.1", port or 0))
            self.port = s.getsockname()[1]
        medallion(objects, self.port, page)

    def __enter__(self):
        code = "import sys; sys.argv = ['medallion', '--port', '%d', 'medallion.json']\nfrom medallion.scripts.run import main; main()"
        self.p = subprocess.Popen([sys.executable, "-u", "-c", code % self.port], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        self.said = []
        for line in self.p.stderr:
            self.said.append(line)
            if "Running on" in line:
                return self
        raise AssertionError("medallion does not start: %s" % "".join(self.said))

    def __exit__(self, *_):
        self.p.kill()
        self.p.communicate()

    @property
    def url(self):
        return "http://127.0.0.1:%d" % self.port


def feed(*args, status=0):
    p = subprocess.run([BINARY, "feed", *args, "--data", "data"], capture_output=True, text=True, timeout=SECONDS,
                       env={**os.environ, "no_proxy": "*"})
    same(p.returncode, status, p.stderr)
    return p


def update(status=0):
    return json.loads(feed("update", "t", "--json", status=status).stdout)["feeds"][0]


def add(url, *args):
    put("key", KEY + "\n")
    feed("add", "t", url, "--format", "taxii", "--http", "yes", "--private", "yes", "--tries", "1", *args)


def with_key():
    return ["--user", "me", "--key-file", os.path.abspath("key")]


@check
def pages():
    """from discovery all objects of a collection come, page by page."""
    for page in (1, 7, 100):
        with Running([indicator(i) for i in range(25)], page) as server:
            add(server.url + "/taxii2/", *with_key())
            same(update()["rows"], 25, "pages of %d" % page)
            same(update()["status"], "unchanged")
            feed("remove", "t")


@check
def since():
    """only what was added since is asked for, and put together with what was there."""
    objects = [indicator(i) for i in range(30)]
    with Running(objects) as server:
        add(server.url + "/root/collections/%s/" % COLLECTION, *with_key())
        same(update()["rows"], 30)
        port = server.port
    objects += [indicator(40), indicator(41)]
    with Running(objects, port=port):
        r = update()
        same((r["rows"], r["added"], r["gone"]), (32, 2, 0))


@check
def refused():
    """without the key nothing is had, and that is said."""
    with Running([indicator(1)]) as server:
        add(server.url + "/taxii2/")
        r = update(status=2)
        assert "key" in r["error"], r


if __name__ == "__main__":
    main()
