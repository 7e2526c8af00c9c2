# SPDX-License-Identifier: Apache-2.0
"""Making binary telemetry: captured packets, and messages of NetFlow and IPFIX."""

import ipaddress
import struct

from make import CONTROLLER, DOMAIN, HOST, T0

RESOLVER = "192.0.2.53"


def packed(address):
    return ipaddress.ip_address(address).packed


# ---- packets -----------------------------------------------------------------------------------------

def ip(src, dst, proto, payload):
    if ":" in src:
        return struct.pack(">IHBB", 6 << 28, len(payload), proto, 64) + packed(src) + packed(dst) + payload
    return struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(payload), 1, 0, 64, proto, 0) + packed(src) + packed(dst) + payload


def udp(src, sport, dst, dport, payload):
    return ip(src, dst, 17, struct.pack(">HHHH", sport, dport, 8 + len(payload), 0) + payload)


def tcp(src, sport, dst, dport, seq, ack, flags, payload=b""):
    return ip(src, dst, 6, struct.pack(">HHIIBBHHH", sport, dport, seq, ack, 0x50, flags, 64000, 0, 0) + payload)


def ether(packet):
    return b"\x02" * 6 + b"\x04" * 6 + (b"\x86\xdd" if packet[0] >> 4 == 6 else b"\x08\x00") + packet


def pcap(packets, snaplen=262144):
    """packets: (seconds after T0, bytes from the IP header on)."""
    out = struct.pack("<IHHIIII", 0xa1b2c3d4, 2, 4, 0, 0, snaplen, 1)
    for at, packet in packets:
        frame = ether(packet)
        out += struct.pack("<IIII", T0 + int(at), round(at % 1 * 1e6), len(frame), len(frame)) + frame
    return out


def pcapng(packets):
    def block(kind, body):
        body += b"\0" * (-len(body) % 4)
        return struct.pack("<II", kind, 12 + len(body)) + body + struct.pack("<I", 12 + len(body))
    out = block(0x0a0d0d0a, struct.pack("<IHHq", 0x1a2b3c4d, 1, 0, -1)) + block(1, struct.pack("<HHI", 1, 0, 0))
    for at, packet in packets:
        frame, ts = ether(packet), round((T0 + at) * 1e6)
        out += block(6, struct.pack("<IIIII", 0, ts >> 32, ts & 0xffffffff, len(frame), len(frame)) + frame)
    return out


def session(at, host, sport, server, port, sent, got):
    """A TCP connection from the first SYN to the last ACK, with the payloads of both sides."""
    c = lambda seq, ack, flags, data=b"": tcp(host, sport, server, port, seq, ack, flags, data)
    s = lambda seq, ack, flags, data=b"": tcp(server, port, host, sport, seq, ack, flags, data)
    a, b = 1001 + len(sent), 5001 + len(got)
    return [(at, c(1000, 0, 2)), (at + .01, s(5000, 1001, 18)), (at + .02, c(1001, 5001, 16)),
            (at + .03, c(1001, 5001, 24, sent)), (at + .04, s(5001, a, 24, got)), (at + .05, c(a, b, 17)),
            (at + .06, s(b, a + 1, 17)), (at + .07, c(a + 1, b + 1, 16))]


def dns_name(name):
    return b"".join(bytes([len(label)]) + label.encode() for label in name.split(".")) + b"\0"


def look_up(at, host, name, address, ttl=300):
    """A question to the resolver and its answer."""
    question = dns_name(name) + struct.pack(">HH", 1, 1)
    ask = struct.pack(">HHHHHH", 7, 0x0100, 1, 0, 0, 0) + question
    answer = (struct.pack(">HHHHHH", 7, 0x8180, 1, 1, 0, 0) + question + b"\xc0\x0c" +
              struct.pack(">HHIH", 1, 1, ttl, 4) + packed(address))
    return [(at, udp(host, 41000, RESOLVER, 53, ask)), (at + .02, udp(RESOLVER, 53, host, 41000, answer))]


def client_hello(name, padding=0):
    sni = struct.pack(">HBH", len(name) + 3, 0, len(name)) + name.encode()
    ext = struct.pack(">HH", 0, len(sni)) + sni + struct.pack(">HH", 21, padding) + b"\0" * padding
    body = b"\x03\x03" + b"R" * 32 + b"\0" + b"\0\x02\x13\x01" + b"\x01\0" + struct.pack(">H", len(ext)) + ext
    hello = b"\x01" + struct.pack(">I", len(body))[1:] + body
    return b"\x16\x03\x01" + struct.pack(">H", len(hello)) + hello


def get(host, path):
    return ("GET %s HTTP/1.1\r\nHost: %s\r\nUser-Agent: x\r\n\r\n" % (path, host)).encode()


OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

# ---- exported flows ----------------------------------------------------------------------------------


def netflow5(n, host=HOST, controller=CONTROLLER, port=443):
    """n flows of a minute each, from the host and back."""
    records = b""
    for i in range(n):
        for src, dst, sport, dport in ((host, controller, 50000, port), (controller, host, port, 50000)):
            records += packed(src) + packed(dst) + bytes(4) + struct.pack(
                ">HHIIIIHHBBBBHHBBH", 1, 2, 10, 2000, 60000 * i, 60000 * i + 1500, sport, dport, 0, 0x1b, 6, 0, 0, 0, 0, 0, 0)
    return struct.pack(">HHIIIIBBH", 5, 2 * n, 0, T0, 0, 0, 0, 0, 0) + records


TEMPLATE = [(8, 4), (12, 4), (7, 2), (11, 2), (4, 1), (6, 1), (152, 8), (153, 8), (1, 8), (2, 8)]


def ipfix(sets, domain=1):
    body = b"".join(struct.pack(">HH", i, 4 + len(s)) + s for i, s in sets)
    return struct.pack(">HHIII", 10, 16 + len(body), T0, 0, domain) + body


def ipfix_template(number=256, fields=TEMPLATE):
    return 2, struct.pack(">HH", number, len(fields)) + b"".join(struct.pack(">HH", *f) for f in fields)


def ipfix_flows(n, host=HOST, controller=CONTROLLER, port=443, number=256, before=b""):
    data = b""
    for i in range(n):
        ms = (T0 + 60 * i) * 1000
        for src, dst, sport, dport in ((host, controller, 50000, port), (controller, host, port, 50000)):
            data += before + packed(src) + packed(dst) + struct.pack(">HHBBQQQQ", sport, dport, 6, 0x1b, ms, ms + 1500, 2000, 10)
    return number, data
