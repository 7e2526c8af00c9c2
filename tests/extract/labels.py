# SPDX-License-Identifier: Apache-2.0
"""Labels: what texts hold, in one form, and how an answer is judged against them.

A label is {"type","value"} with "port" where the text names one, and "or" where something else is right too (a list of
labels), and "status" where it matters whether it was mended (a list of what will do), and "family", "role" and "date" where
the text says them of the value. "maybe" beside "expect" lists values that are neither demanded nor wrong. A host that stands
in an expected URL or mail address is neither as well: some tools print it as a value of its own.
"""

import base64
import hashlib
import ipaddress
import json
import os
import re
import shutil

import pdf

HERE = os.path.dirname(os.path.abspath(__file__))
SHARED = os.environ.get("NEZUMI_SHARED") or os.path.join(os.path.dirname(os.path.dirname(HERE)), "..", "shared")

HASHES = {32: "md5", 40: "sha1", 64: "sha256", 128: "sha512"}
PORTS = {"http": "80", "https": "443", "ftp": "21", "ws": "80", "wss": "443", "smb": "445", "ldap": "389", "ldaps": "636"}
TYPES = ["ipv4", "ipv6", "cidr", "domain", "url", "email", "md5", "sha1", "sha256", "sha512", "ja3", "jarm", "ssdeep",
         "cve", "attack", "asn", "bitcoin"]
# Those that are told apart without a word about them.
CHARSETS = ("utf-8", "utf-16", "iso2022_jp", "shift_jis", "euc_jp", "gb18030", "cp1252")
SAID = ("family", "role", "date")

# ---- one form of a value ---------------------------------------------------------------------------


def name(v):
    """A host name in lower case, A-labels, without the last dot; as it stands where IDNA knows no way."""
    v = v.lower().rstrip(".")
    try:
        if v.isascii():
            return v
        return ".".join(p if p.isascii() else "xn--" + p.encode("punycode").decode("ascii") for p in v.split("."))
    except UnicodeError:
        return v


def host(v):
    """A host of a URL: address or name."""
    try:
        a = ipaddress.ip_address(v.strip("[]"))
        return "[%s]" % a if a.version == 6 else str(a)
    except ValueError:
        return name(v)


URL = re.compile(r"([a-z][a-z0-9+.-]*)://(?:[^/?#]*@)?(\[[^\]/?#]*\]|[^:/?#]*)(?::(\d*))?([^#]*)", re.I | re.S)


def url(v):
    """Scheme and host in lower case; user information, the scheme's own port and the fragment dropped. How
    far a URL inside a path or query is refanged makes no difference here."""
    m = URL.match(v if "://" in v else "http://" + v)
    if not m:
        return v
    scheme, h, port, path = m.group(1).lower(), host(m.group(2)), m.group(3), m.group(4)
    port = "" if not port or PORTS.get(scheme) == port else ":" + port
    path = path.replace("[.]", ".").replace("hxxp", "http")
    return scheme + "://" + h + port + (path if path.startswith("/") else "/" + path)


def canonical(kind, value):
    """(type, value) in the one form, of a type in TYPES or not."""
    kind = {"ja3s": "ja3", "mitre": "attack", "as": "asn", "hash": HASHES.get(len(value), "hash")}.get(kind, kind)
    try:
        if kind in ("ipv4", "ipv6"):
            a = ipaddress.ip_address(value.split("%")[0])
            return "ipv%d" % a.version, str(a)
        if kind == "cidr":
            return kind, str(ipaddress.ip_network(value, strict=False))
    except ValueError:
        return kind, value
    if kind == "domain":
        return kind, name(value)
    if kind == "url":
        return kind, url(value)
    if kind == "email":
        local, _, domain = value.lower().rpartition("@")
        return kind, local + "@" + name(domain)
    if kind in ("md5", "sha1", "sha256", "sha512", "ja3", "jarm"):
        return kind, value.lower()
    if kind in ("cve", "attack", "asn"):
        return kind, value.upper().replace(" ", "")
    return kind, value


def hosts(pair):
    """What a URL or mail address holds as values of their own."""
    kind, value = pair
    if kind == "email":
        return {("domain", value.rpartition("@")[2])}
    if kind == "url":
        h = URL.match(value).group(2)
        return {("domain", h), canonical("ipv4", h.strip("[]"))}
    return set()


# ---- texts and what they hold ------------------------------------------------------------------------


class Text:
    """A text with its labels: `want` is a list of lists of (type, value), any one of which will do. `raw` is the file;
    `plain` is what line and offset count in, None where that is not for us to know (pages, mails, PDF)."""

    def __init__(self, label, lang, body, expect, maybe=(), about=""):
        self.label, self.lang, self.body, self.about = label, lang, body, about
        self.raw, self.suffix = body.encode("utf-8"), ".txt"
        self.want = [[canonical(e["type"], e["value"]) for e in [w] + w.get("or", [])] for w in expect]
        self.ports = {canonical(e["type"], e["value"]): e["port"] for e in expect if "port" in e}
        self.status = {canonical(e["type"], e["value"]): e["status"] for e in expect if "status" in e}
        self.plain = self.raw
        self.said = {canonical(e["type"], e["value"]): {k: e[k] for k in SAID if k in e} for e in expect}
        self.references = set()
        self.maybe = {canonical(m["type"], m["value"]) for m in maybe}
        for ways in self.want:
            for way in ways:
                self.maybe |= hosts(way)

    def judge(self, got):
        """(met, missed, wrong) of a set of (type, value)."""
        met = [w for w in self.want if got & set(w)]
        missed = [w[0] for w in self.want if not got & set(w)]
        allowed = self.maybe.union(*[set(w) for w in self.want])
        return [w[0] for w in met], missed, sorted(got - allowed)


def sentences(path):
    """The texts of a file of sentences."""
    texts = []
    with open(os.path.join(HERE, path), encoding="utf-8") as f:
        for line in f:
            s = json.loads(line)
            texts.append(Text(s["id"], s["id"].split("-")[0], s["text"], s["expect"], s.get("maybe", ()), s["about"]))
    return texts


def pages(path):
    """Whole documents of a few kinds (pages, mails, other character sets), with the name that they have as files."""
    texts = []
    with open(os.path.join(HERE, path), encoding="utf-8") as f:
        for line in f:
            s = json.loads(line)
            raw = base64.b64decode(s["base64"]) if "base64" in s else s["text"].encode("utf-8")
            texts.append(Text(s["id"], "doc", decoded(raw), s["expect"], s.get("maybe", ()), s["name"] + ", " + s["about"]))
            texts[-1].raw, texts[-1].suffix = raw, os.path.splitext(s["name"])[1]
            texts[-1].plain = None
    return texts


def exam(path):
    """The texts of an examination: like sentences and pages both. A name in .pdf makes a PDF of the text, "charset" a file
    in that character set. Without poppler there are no texts in PDF."""
    texts = []
    with open(os.path.join(HERE, path), encoding="utf-8") as f:
        for line in f:
            s = json.loads(line)
            t = Text(s["id"], s["lang"], s["text"], s["expect"], s.get("maybe", ()), s["about"])
            t.suffix = os.path.splitext(s["name"])[1]
            if t.suffix == ".pdf" and not shutil.which("pdftotext"):
                continue
            if t.suffix == ".pdf":
                t.raw = pdf.document(s["text"])
            elif "charset" in s:
                t.raw = s["text"].encode(s["charset"])
            known = s.get("charset", "utf-8") in CHARSETS
            t.plain = s["text"].encode("utf-8") if t.suffix in (".txt", ".md") and known else None
            texts.append(t)
    return texts


def documents(path, folder):
    """The texts of documents in ../shared, whose labels alone are kept here; none where they are absent."""
    with open(os.path.join(HERE, path), encoding="utf-8") as f:
        labels = json.load(f)
    texts = []
    for label in sorted(labels):
        where = os.path.join(SHARED, folder, label)
        if not os.path.exists(where):
            continue
        with open(where, "rb") as f:
            raw = f.read()
        d = labels[label]
        texts.append(Text(label, d.get("lang", "en"), decoded(raw), unpack(d["expect"]), d.get("maybe", ())))
        texts[-1].raw = raw
        texts[-1].plain = decoded(raw).encode("utf-8")
        texts[-1].references = {canonical(r["type"], r["value"]) for r in d.get("references", ())}
    return texts


def decoded(raw):
    """UTF-8, or else what Windows of the west writes."""
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("cp1252", "replace")


def unpack(values):
    """Labels, or values by type (as the reports have them) as labels."""
    if isinstance(values, dict):
        return [v if isinstance(v, dict) else {"type": t, "value": v} for t in values for v in values[t]]
    return values


# ---- addresses in base58 and bech32, to check the labels themselves -----------------------------------

B58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
BECH = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"


def _polymod(values):
    c = 1
    for v in values:
        top, c = c >> 25, (c & 0x1FFFFFF) << 5 ^ v
        for i, g in enumerate((0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)):
            c ^= g if top >> i & 1 else 0
    return c


def bitcoin(v):
    """Does the checksum hold?"""
    if v.lower().startswith("bc1"):
        v = v.lower() if v in (v.lower(), v.upper()) else ""
        if len(v) < 14 or any(c not in BECH for c in v[3:]):
            return False
        data = [BECH.index(c) for c in v[3:]]
        return _polymod([3, 3, 0, 2, 3] + data) in (1, 0x2BC830A3)
    if not 25 < len(v) < 36 or any(c not in B58 for c in v):
        return False
    n = 0
    for c in v:
        n = n * 58 + B58.index(c)
    raw = n.to_bytes(25, "big") if n < 1 << 200 else b"?" * 25
    return raw[0] in (0, 5) and hashlib.sha256(hashlib.sha256(raw[:21]).digest()).digest()[:4] == raw[21:]
