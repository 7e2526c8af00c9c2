# SPDX-License-Identifier: Apache-2.0
"""Values as they stand in files: addresses, networks, names, URLs, times.

An address is the pair (family, number) with family 4 or 6; a network is (family, number, length).
Times are integers, microseconds since 1970 UTC. Everything here is slow and obvious on purpose.
"""

import datetime
import ipaddress
import re
from decimal import Decimal, InvalidOperation

MICRO = 1000000
DAY = 86400 * MICRO
BITS = {4: 32, 6: 128}

_addresses = {}


def address(text):
    """'192.0.2.1' -> (4, n); IPv4-mapped IPv6 is the IPv4 address; None if it is no address."""
    if text in _addresses:
        return _addresses[text]
    found = None
    if text and "%" not in text:
        try:
            ip = ipaddress.ip_address(text)
            if ip.version == 6 and ip.ipv4_mapped is not None:
                ip = ip.ipv4_mapped
            found = (ip.version, int(ip))
        except ValueError:
            found = None
    _addresses[text] = found
    return found


def address_text(ip):
    family, number = ip
    return str(ipaddress.IPv4Address(number) if family == 4 else ipaddress.IPv6Address(number))


def mask(ip, length):
    family, number = ip
    shift = BITS[family] - length
    return (number >> shift) << shift


def network(text):
    """'198.51.100.7/24' -> (4, n, 24) with the host bits cleared; None if it is none."""
    if text.count("/") != 1:
        return None
    head, tail = text.split("/")
    ip = address(head)
    if ip is None or not tail.isascii() or not tail.isdigit() or len(tail) > 3:
        return None
    length = int(tail)
    if ip[0] == 4 and ":" in head:
        length -= 96  # a mapped network is the IPv4 network
    if length < 0 or length > BITS[ip[0]]:
        return None
    return (ip[0], mask(ip, length), length)


def network_text(net):
    return "%s/%d" % (address_text((net[0], net[1])), net[2])


def holds(net, ip):
    return net[0] == ip[0] and mask(ip, net[2]) == net[1]


_LABEL = re.compile(r"^[a-z0-9_-]{1,63}$")


def domain(text):
    """A name in its normal form (lower case, no trailing dot), or None. Addresses are no names."""
    text = text.strip().lower()
    if text.endswith("."):
        text = text[:-1]
    if not text or len(text) > 253 or address(text) is not None:
        return None
    labels = text.split(".")
    for label in labels:
        if not _LABEL.match(label):
            try:
                if label.isascii() or not _LABEL.match(label.encode("idna").decode("ascii")):
                    return None
            except UnicodeError:
                return None
    if labels[-1].isdigit():
        return None
    return text


def parents(name):
    """The name itself, then every name above it: a.b.c, b.c, c."""
    labels = name.split(".")
    return [".".join(labels[i:]) for i in range(len(labels))]


def labels(name):
    return name.count(".") + 1


def under(name, top):
    return name == top or name.endswith("." + top)


_URL = re.compile(r"^([a-z][a-z0-9+.-]*)://([^/?#]*)([^#]*)(?:#.*)?$", re.I | re.S)


def split_host(text):
    """'Host:80' or '[2001:db8::1]:80' -> (host, port or 0). The host in lower case, no brackets."""
    text = text.strip()
    if text.startswith("["):
        host, _, rest = text[1:].partition("]")
        port = rest[1:] if rest.startswith(":") else ""
    elif text.count(":") == 1:
        host, port = text.split(":")
    else:
        host, port = text, ""
    host = host.lower()
    if host.endswith("."):
        host = host[:-1]
    ip = address(host)
    if ip is not None:
        host = address_text(ip)
    return host, int(port) if port.isascii() and port.isdigit() else 0


def url(text):
    """Normalised URL text and its host, or None: scheme and host lower case, port 80 dropped
    (of http), fragment dropped, empty path '/'."""
    m = _URL.match(text)
    if not m:
        return None
    scheme, place, path = m.group(1).lower(), m.group(2), m.group(3)
    if scheme not in ("http", "https", "ftp"):
        return None
    place = place.rpartition("@")[2]
    host, port = split_host(place)
    if address(host) is None and domain(host) is None:
        return None
    return make_url(scheme, host, port, path), host


def make_url(scheme, host, port, path):
    shown = "[%s]" % host if ":" in host else host
    if port and not (port == 80 and scheme == "http"):
        shown += ":%d" % port
    if path == "":
        path = "/"
    elif not path.startswith("/"):
        path = "/" + path
    return "%s://%s%s" % (scheme, shown, path)


def refang(text):
    """Undo what people do so that nobody clicks: hxxp, [.], (.), [dot], [:]."""
    text = re.sub(r"^h(?:xx|tt)p(s?)(?:\[://\]|\[:\]//|://)", lambda m: "http%s://" % m.group(1), text, flags=re.I)
    text = re.sub(r"\[\.\]|\(\.\)|\{\.\}|\[\.|\.\]|\[dot\]|\(dot\)|\{dot\}", ".", text, flags=re.I)
    text = re.sub(r"\[:\]", ":", text)
    return text


def seconds(text):
    """'1517422326.539915' -> microseconds, rounded down; None if it is no number."""
    try:
        value = Decimal(str(text).strip())
    except InvalidOperation:
        return None
    if not value.is_finite():
        return None
    return int((value * MICRO).to_integral_value(rounding="ROUND_FLOOR"))


_TIME = re.compile(
    r"^(\d{4})[-/](\d\d)[-/](\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d+))?)?\s*(Z|z|UTC|[+-]\d\d:?\d\d)?)?$")
_EPOCH = datetime.datetime(1970, 1, 1)


def time(text, end=False):
    """A moment out of ISO 8601 (or epoch seconds). `end`: a bare date means the end of its day."""
    text = text.strip()
    m = _TIME.match(text)
    if not m:
        if re.match(r"^\d{9,}(\.\d+)?$", text):
            return seconds(text)
        return None
    try:
        day = datetime.datetime(int(m.group(1)), int(m.group(2)), int(m.group(3)))
        at = (day - _EPOCH).days * DAY
        if m.group(4) is None:
            return at + DAY - 1 if end else at
        h, mi, s = int(m.group(4)), int(m.group(5)), int(m.group(6) or 0)
        if h > 23 or mi > 59 or s > 60:
            return None
        at += ((h * 60 + mi) * 60 + s) * MICRO + int(((m.group(7) or "") + "000000")[:6])
        zone = m.group(8)
        if zone and zone[0] in "+-":
            offset = (int(zone[1:3]) * 60 + int(zone[-2:])) * 60 * MICRO
            at += -offset if zone[0] == "+" else offset
        return at
    except ValueError:
        return None


def time_text(us):
    if us is None:
        return None
    whole, part = divmod(us, MICRO)
    at = (_EPOCH + datetime.timedelta(seconds=whole)).strftime("%Y-%m-%dT%H:%M:%S")
    return at + (".%06d" % part if part else "") + "Z"


class Networks:
    """Values hung on addresses and networks; one dictionary for each prefix length."""

    def __init__(self):
        self.by_length = {}

    def add(self, net, value):
        family, number, length = net
        self.by_length.setdefault((family, length), {}).setdefault(number, []).append(value)

    def holding(self, ip):
        """All (length, value) of entries that hold ip, longest first, in the order they were added."""
        out = []
        for length in range(BITS[ip[0]], -1, -1):
            table = self.by_length.get((ip[0], length))
            if table:
                out += [(length, v) for v in table.get(mask(ip, length), ())]
        return out

    def overlapping(self, net):
        """Some value whose network shares an address with net, or None."""
        for (family, length), table in sorted(self.by_length.items()):
            if family != net[0]:
                continue
            if length <= net[2]:
                found = table.get(mask((net[0], net[1]), length))
                if found:
                    return found[0]
            else:
                for number in table:
                    if mask((family, number), net[2]) == net[1]:
                        return table[number][0]
        return None
