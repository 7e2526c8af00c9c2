# SPDX-License-Identifier: Apache-2.0
"""The oracle's own table of the IANA special-purpose address registries (RFC 6890 and updates),
with multicast (RFC 5771, RFC 4291) beside them. Written down apart from the program's catalogue."""

from values import BITS, network

RANGES = [
    # IPv4 special-purpose address registry
    "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12",
    "192.0.0.0/24", "192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24",
    "192.168.0.0/16", "192.175.48.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24",
    "240.0.0.0/4",
    # IPv6 special-purpose address registry (::ffff:0:0/96 is handled as IPv4)
    "::/128", "::1/128", "64:ff9b::/96", "64:ff9b:1::/48", "100::/64", "100:0:0:1::/64",
    "2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20", "5f00::/16",
    "fc00::/7", "fe80::/10",
    # multicast
    "224.0.0.0/4", "ff00::/8",
]
MAPPED = (6, 0xffff << 32, 96)
NETWORKS = [network(r) for r in RANGES] + [MAPPED]


def first_last(net):
    return net[1], net[1] + (1 << (BITS[net[0]] - net[2])) - 1


ENDS = {family: [first_last(n) for n in NETWORKS if n[0] == family] for family in (4, 6)}


def overlaps(net):
    """Does the network share an address with one of the ranges?"""
    low, high = first_last(net)
    for first, last in ENDS[net[0]]:
        if low <= last and first <= high:
            return True
    return False
