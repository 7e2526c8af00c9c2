# SPDX-License-Identifier: Apache-2.0
"""Extractors behind one face: run(texts) -> for each text a dict of (type, value) -> what else is said about it."""

import collections
import json
import os
import re
import subprocess
import sys
import tempfile

import labels

ROOT = os.path.dirname(os.path.dirname(labels.HERE))
BINARY = os.environ.get("NEZUMI") or os.path.join(ROOT, "build/release/nezumi")


def rows(texts, *options):
    """One run over a file for each text: for each the objects that are printed, in order."""
    found = [[] for _ in texts]
    with tempfile.TemporaryDirectory() as folder:
        paths = {}
        for i, t in enumerate(texts):
            path = os.path.join(folder, "%05d%s" % (i, t.suffix))
            paths[path] = i
            with open(path, "wb") as f:
                f.write(t.raw)
        env = dict(os.environ, NEZUMI_DATA=os.path.join(folder, "data"))
        p = subprocess.run([BINARY, "extract", "--json", *options, *sorted(paths)], env=env, stdout=subprocess.PIPE,
                           stderr=subprocess.PIPE, timeout=600)
        if p.returncode not in (0, 1):
            sys.exit("%s extract: status %d\n%s" % (BINARY, p.returncode, p.stderr.decode("utf-8", "replace")[:2000]))
        for line in p.stdout.splitlines():
            o = json.loads(line)
            found[paths[o["path"]]].append(o)
    return found


def nezumi(texts, *options):
    """Only what is printed as an indicator, unless options ask for all, and of a type that the labels know."""
    found = []
    for printed in rows(texts, *options):
        found.append({})
        for o in printed:
            pair = labels.canonical(o["type"], o["value"])
            if (options or o.get("class", "indicator") == "indicator") and pair[0] in labels.TYPES:
                found[-1][pair] = o
    return found


FINDER = {"urls": "url", "email_addresses": "email", "domains": "domain", "ipv4s": "ipv4", "ipv6s": "ipv6",
          "ipv4_cidrs": "cidr", "ipv6_cidrs": "cidr", "md5s": "md5", "sha1s": "sha1", "sha256s": "sha256",
          "sha512s": "sha512", "ssdeeps": "ssdeep", "asns": "asn", "cves": "cve", "bitcoin_addresses": "bitcoin",
          "attack_tactics": "attack", "attack_techniques": "attack", "attack_mitigations": "attack"}


def ioc_finder(texts):
    """It refangs by itself. All types of ours that it knows; hosts of URLs and mail addresses and addresses of CIDRs
    are not asked for a second time; names beyond ASCII are."""
    from ioc_finder import find_iocs
    found = []
    for t in texts:
        got = {}
        o = find_iocs(t.body, included_ioc_types=list(FINDER), parse_domain_from_url=False, parse_from_url_path=False,
                      parse_domain_from_email_address=False, parse_address_from_cidr=False, parse_unicode_iocs=True)
        for key, kind in FINDER.items():
            values = o.get(key, ())
            for v in sum(values.values(), []) if isinstance(values, dict) else values:
                got[labels.canonical(kind, v.replace("ASN", "AS") if kind == "asn" else v)] = {}
        found.append(got)
    return found


def iocextract(texts):
    """With refang=True for everything that has it. Host names come out as URLs only: what was written without a scheme
    and has no path counts as the name or address (with port) that it is."""
    import iocextract as peer
    found = []
    for t in texts:
        got = {}
        written, refanged = (list(peer.extract_urls(t.body, refang=r)) for r in (False, True))
        for w, v in zip(written, refanged) if len(written) == len(refanged) else ((v, v) for v in refanged):
            m = re.fullmatch(r"https?://([^/:]+)(?::\d+)?/?", v)
            if m and "//" not in w:
                a = re.fullmatch(r"[\d.]+", m.group(1))
                got[labels.canonical("ipv4" if a else "domain", m.group(1))] = {}
            else:
                got[labels.canonical("url", v)] = {}
        for kind, values in (("ipv4", peer.extract_ipv4s(t.body, refang=True)), ("ipv6", peer.extract_ipv6s(t.body)),
                             ("email", peer.extract_emails(t.body, refang=True)),
                             ("hash", peer.extract_hashes(t.body))):
            for v in values:
                got[labels.canonical(kind, v)] = {}
        found.append(got)
    return found


RUN = collections.OrderedDict([("nezumi", nezumi), ("ioc-finder", ioc_finder), ("iocextract", iocextract)])
