# SPDX-License-Identifier: Apache-2.0
"""What feed tests share: a server on 127.0.0.1 that answers as it is told, and certificates of its own."""

import gzip
import http.server
import json
import os
import ssl
import subprocess
import sys
import threading

import e2e

PAGE = (b"<!DOCTYPE html>\n<html><head><title>Sign in to the guest network</title></head>"
        b"<body><form action=/login><input name=user></form></body></html>\n")


def addresses(n, first="45.61"):
    """A list of n addresses."""
    return "".join("%s.%d.%d\n" % (first, i // 250, i % 250 + 1) for i in range(n)).encode()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        server = self.server
        server.asked.append((self.path, dict(self.headers)))
        keys = [k for k in (self.path, self.path.split("?")[0], "*") if k in server.answers]
        answer = server.answers[keys[0]] if keys else None
        try:
            if answer is None:
                self.say(404, b"no\n")
            elif callable(answer):
                answer(self)
            else:
                self.say(200, answer)
        except (BrokenPipeError, ConnectionResetError, ssl.SSLError):
            pass

    def say(self, status, body=b"", **headers):
        self.send_response(status)
        for k, v in {"Content-Length": len(body), "Content-Type": "text/plain", **headers}.items():
            if v is not None:
                self.send_header(k.replace("_", "-"), str(v))
        self.end_headers()
        self.wfile.write(body)

    def json(self, what, **headers):
        self.say(200, json.dumps(what).encode(), **{"Content-Type": "application/json", **headers})

    def log_message(self, *_):
        pass


class Threads(http.server.ThreadingHTTPServer):
    def handle_error(self, request, client_address):
        """A client that was ended in the middle is none."""
        if not isinstance(sys.exc_info()[1], (ConnectionError, ssl.SSLError)):
            super().handle_error(request, client_address)


class Server:
    """A server in threads. answers: path -> bytes, or a function of the handler."""

    def __init__(self, address=("127.0.0.1", 0), context=None, handler=Handler):
        self.http = Threads(address, handler)
        self.http.daemon_threads = True
        self.http.asked, self.http.answers = [], {}
        self.answers, self.asked = self.http.answers, self.http.asked
        if context:
            self.http.socket = context.wrap_socket(self.http.socket, server_side=True)
        self.port = self.http.server_address[1]
        self.url = "%s://127.0.0.1:%d" % ("https" if context else "http", self.port)
        threading.Thread(target=self.http.serve_forever, args=(0.05,), daemon=True).start()

    def close(self):
        self.http.shutdown()
        self.http.server_close()

    def paths(self):
        """What was asked for so far, and forget it."""
        paths = [p for p, _ in self.asked]
        self.asked.clear()
        return paths


def certificates(folder, names="IP:127.0.0.1"):
    """An authority, and a certificate of it for those names: (path of the authority's, context for a server)."""
    path = lambda name: os.path.join(folder, name)
    run = lambda *args: subprocess.run(["openssl", *args], check=True, capture_output=True, cwd=folder)
    run("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", "ca.key",
        "-out", "ca.pem", "-days", "2", "-subj", "/CN=Test authority")
    run("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", "server.key",
        "-out", "server.csr", "-subj", "/CN=server")
    with open(path("names.ext"), "w") as f:
        f.write("subjectAltName=%s\n" % names)
    run("x509", "-req", "-in", "server.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2",
        "-out", "server.pem", "-extfile", "names.ext")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path("server.pem"), path("server.key"))
    return path("ca.pem"), context


def packed(body):
    return lambda h: h.say(200, gzip.compress(body), Content_Encoding="gzip")


class Case(e2e.Case):
    """Tests with a server and a data directory."""

    # No name server is asked, and no proxy.
    ENV = {"no_proxy": "*", "http_proxy": "", "https_proxy": "", "all_proxy": ""}

    def setUp(self):
        super().setUp()
        self.server = Server()
        self.addCleanup(self.server.close)
        self.answers = self.server.answers

    def feed(self, *args, status=0, env=None, **kw):
        return self.nezumi("feed", *args, "--data", "data", status=status, env={**self.ENV, **(env or {})}, **kw)

    def add(self, name, path, *args, server=None, **kw):
        """A feed of the test's server."""
        return self.feed("add", name, (server or self.server).url + path, "--http", "yes", "--private", "yes", "--tries", "1",
                         *args, **kw)

    def update(self, *args, status=0, **kw):
        """{name: result}, and what was said on standard error."""
        done = self.feed("update", "--json", *args, status=status, **kw)
        return {f["name"]: f for f in json.loads(done.out)["feeds"]}, done.err

    def known(self, name):
        return json.loads(self.feed("show", name, "--json").out)

    def listed(self, name):
        return self.known(name)["listed"]
