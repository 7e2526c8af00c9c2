#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every feed of the catalogue, as it is written there, reads a document as its publisher writes it."""

import json
import os
import urllib.parse

import e2e
from feed_server import Case

MD5, SHA256 = "d41d8cd98f00b204e9800998ecf8427e", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
UUID = "5c0a0001-0000-4000-8000-%012d"
PLAIN = "".join("45.61.%d.1\n" % i for i in range(1, 13))
RULER = "#" * 64 + "\n"
HEAD = RULER + "# abuse.ch %s\n# Last updated: 2024-01-01 00:00:00 UTC #\n# Terms Of Use: see the site #\n" + RULER

# name: (what is served, how many indicators there are in it)
FEODO = (HEAD % "Feodo Tracker Botnet C2 IP Blocklist (CSV)" +
         '"first_seen_utc","dst_ip","dst_port","c2_status","last_online","malware"\r\n'
         '"2024-01-01 00:00:00","45.61.1.1","443","online","2024-01-03","Pikabot"\r\n'
         '"2024-01-02 00:00:00","45.61.1.2","8080","offline","2024-01-03","QakBot"\r\n# END 2 entries\r\n', 2)
THREATFOX = (RULER + "# ThreatFox IOCs: recent additions - CSV format #\n" + RULER +
             '# "first_seen_utc","ioc_id","ioc_value","ioc_type","threat_type","fk_malware","malware_alias","malware_printable",'
             '"last_seen_utc","confidence_level","is_compromised","reference","tags","anonymous","reporter"\n'
             '"2024-01-01 00:00:00", "1", "45.61.1.1:443", "ip:port", "botnet_cc", "win.cobalt_strike", "Agentemis", "Cobalt Strike", '
             '"", "100", "False", "https://bazaar.example/", "c2", "0", "someone"\n'
             '"2024-01-01 00:00:00", "2", "evil.example.net", "domain", "botnet_cc", "win.remcos", "", "Remcos", "", "75", "False", '
             '"", "remcos", "1", "someone"\n# Number of entries: 2\n', 2)
URLHAUS = (HEAD % "URLhaus Database Dump (CSV - recent URLs)" +
           "# id,dateadded,url,url_status,last_online,threat,tags,urlhaus_link,reporter\r\n"
           '"1","2024-01-01 00:00:00","http://45.61.1.1:8080/i","online","2024-01-01 00:00:00","malware_download","elf,Mozi",'
           '"https://urlhaus.abuse.ch/url/1/","someone"\r\n'
           '"2","2024-01-01 00:00:00","https://evil.example.net/a.exe","offline","","malware_download","None",'
           '"https://urlhaus.abuse.ch/url/2/","someone"\r\n', 2)
ZONE = ("$TTL 30\n@ SOA rpz.urlhaus.abuse.ch. hostmaster.urlhaus.abuse.ch. 2401010000 300 1800 604800 30\n NS localhost.\n;\n"
        "; abuse.ch URLhaus Response Policy Zones\n;\ntestentry.rpz.urlhaus.abuse.ch CNAME . ; Test entry\n"
        "evil.example.net CNAME . ; Malware download (2024-01-01), see https://urlhaus.abuse.ch/host/evil.example.net/\n", 2)
EMERGING = ('#alert tcp $HOME_NET any -> $EXTERNAL_NET any (msg:"ET DELETED Old"; sid:1; rev:1;)\n'
            'alert dns $HOME_NET any -> any any (msg:"ET MALWARE Observed DNS Query to Example Domain (evil .example .net)"; dns.query; '
            'bsize:16; content:"evil.example.net"; nocase; reference:md5,%s; classtype:domain-c2; sid:2; rev:1; '
            'metadata:affected_product Windows, attack_target Client_Endpoint, created_at 2024_01_01, malware_family Example;)\n' % MD5, 2)
EVENT = {"Event": {"uuid": UUID % 1, "info": "An event", "date": "2024-01-01", "timestamp": "1704067200", "published": True,
                   "Orgc": {"name": "Example"}, "Attribute": [
                       {"uuid": UUID % (10 + i), "type": "ip-dst", "category": "Network activity", "to_ids": True,
                        "value": "45.61.1.%d" % i, "timestamp": "1704067200"} for i in range(1, 4)]}}
FOLDER = {"manifest.json": json.dumps({UUID % 1: {"Orgc": {"name": "Example"}, "info": "An event", "date": "2024-01-01",
                                                   "analysis": "2", "threat_level_id": "1", "timestamp": 1704067200}}),
          UUID % 1 + ".json": json.dumps(EVENT)}
PULSES = (json.dumps({"results": [{
    "id": "5c0a", "name": "A pulse", "author_name": "someone", "tags": ["c2"], "references": [], "indicators": [
        {"id": 1, "indicator": "45.61.1.1", "type": "IPv4", "created": "2024-01-01T00:00:00", "is_active": 1},
        {"id": 2, "indicator": "evil.example.net", "type": "hostname", "created": "2024-01-01T00:00:00", "is_active": 1}]}],
    "count": 1, "next": None, "previous": None}), 2)
PHISHTANK = ("phish_id,url,phish_detail_url,submission_time,verified,verification_time,online,target\n"
             "1,https://evil.example.net/login,http://www.phishtank.com/phish_detail.php?phish_id=1,2024-01-01T00:00:00+00:00,yes,"
             '2024-01-01T01:00:00+00:00,yes,"Example, Inc."\n'
             "2,http://45.61.1.1/a,http://www.phishtank.com/phish_detail.php?phish_id=2,2024-01-01T00:00:00+00:00,yes,"
             "2024-01-01T01:00:00+00:00,yes,Other\n", 2)
TRAILER = '{"type":"metadata","timestamp":1704067200,"size":90,"records":2,"copyright":"(c) 2024","terms":"https://x.example/"}\n'
DROP = ('{"cidr":"45.61.0.0/20","sblid":"SBL1","rir":"arin"}\n{"cidr":"45.62.0.0/16","sblid":"SBL2","rir":"arin"}\n' + TRAILER, 2)
DROP6 = ('{"cidr":"2a0d:1000::/29","sblid":"SBL1","rir":"ripencc"}\n{"cidr":"2a0d:2000::/32","sblid":"SBL2","rir":"ripencc"}\n' + TRAILER, 2)
DSHIELD = ("#\n#  DShield.org Recommended Block List\n#\nStart\tEnd\tNetmask\tAttacks\tName\tCountry\temail\n"
           "45.61.0.0\t45.61.0.255\t24\t99\tX\tUS\tx@example.org\n45.61.9.0\t45.61.9.255\t24\t98\t\t\t\n", 2)
NETSET = ("#\n# some_list\n#\n# ipv4 hash:net ipset\n#\n# Maintainer : someone\n# Category        : attacks\n# Entries         : 2 subnets\n#\n"
          "45.61.0.0/24\n45.61.9.9\n", 2)
MALTRAIL = ("# Copyright (c) 2014-2024 Maltrail developers (https://github.com/stamparm/maltrail/)\n# See the file 'LICENSE'\n\n"
            "# Reference: https://x.example/1\n\n45.61.1.1:8080\nevil.example.net\n", 2)
HASHES = (HEAD % "MalwareBazaar recent malware samples (SHA256 hashes)" + "# sha256_hash\n" + SHA256 + "\n# Number of entries: 1\n", 1)
NAMES = ("evil.example.net\nphish.example.org\n", 2)

SAMPLES = {
    "feodo": FEODO, "feodo-all": FEODO, "threatfox": THREATFOX, "threatfox-misp": (FOLDER, 3), "urlhaus": URLHAUS,
    "urlhaus-key": URLHAUS, "urlhaus-online": URLHAUS, "urlhaus-rpz": ZONE, "malwarebazaar": HASHES,
    "malwarebazaar-misp": (FOLDER, 3), "circl-osint": (FOLDER, 3), "botvrij-misp": (FOLDER, 3),
    "botvrij-domains": ("# Domains\n" + NAMES[0], 2), "botvrij-addresses": (PLAIN, 12), "otx": PULSES, "spamhaus-drop": DROP,
    "spamhaus-drop6": DROP6, "dshield": DSHIELD, "et-compromised": (PLAIN, 12),
    "et-block": ("# Emerging Threats fwip rules.\n\n# Rev 1\n\n#Feodo\n45.61.1.1\n\n#Spamhaus DROP Nets\n45.62.0.0/16\n", 2),
    "et-malware": EMERGING, "cins": (PLAIN, 12), "blocklist-de": (PLAIN + "2a0d:1000::1\n", 13), "greensnow": (PLAIN, 12),
    "bruteforceblocker": ("# IP\t\t\t# Last Reported\t\tCount\tID\n45.61.1.1\t\t# 2024-01-01 00:00:00\t\t2\t1\n45.61.1.2\t\t# "
                          "2024-01-01 00:00:00\t\t1\t2\n", 2),
    "binarydefense": ("#\n# Binary Defense Systems Artillery Threat Intelligence Feed and Banlist Feed\n# https://x.example\n#\n\n" + PLAIN, 12),
    "tor-exits": (PLAIN, 12), "ipsum3": (PLAIN, 12), "ipsum5": (PLAIN, 12), "firehol-level1": NETSET, "firehol-level2": NETSET,
    "maltrail-emotet": MALTRAIL, "maltrail-cobaltstrike": MALTRAIL,
    "threatview-addresses": ("#Threatview.io IP Blocklist High Confidence\n" + PLAIN, 12),
    "threatview-domains": ("#Threatview.io Domain Blocklist\n" + NAMES[0], 2),
    "openphish": ("https://evil.example.net/login\nhttp://45.61.1.1/a/b.php?c=d\n", 2), "phishtank": PHISHTANK, "phishtank-key": PHISHTANK,
    "phishing-army": (RULER + "# Phishing Army | The Blocklist to filter Phishing!\n" + RULER + NAMES[0], 2),
    "cert-pl": NAMES}


class Catalogue(Case):
    def test_every_feed(self):
        feeds = json.loads(self.feed("list", "--catalogue", "--json").out)["feeds"]
        self.assertEqual(sorted(f["name"] for f in feeds), sorted(SAMPLES))
        key = os.path.join(self.dir, "key")
        self.put("key", "0123456789\n")
        os.chmod(key, 0o600)
        for f in feeds:
            name, (text, _) = f["name"], SAMPLES[f["name"]]
            url = urllib.parse.urlsplit(f["url"])
            path = "/" + name + url.path
            if isinstance(text, dict):
                for file, content in text.items():
                    self.answers[path.rstrip("/") + "/" + file] = content.encode()
            else:
                self.answers[path.replace("{key}", "0123456789")] = text.encode()
            options = ["--format", f["format"]]
            if f.get("role"):
                options += ["--role", f["role"]]
            if "{key}" in f["url"]:
                options += ["--key", "url", "--key-file", key]
            self.add(name, path + ("?" + url.query if url.query else ""), *options)
        done = {f["name"]: f for f in json.loads(self.feed("update", "--json").out)["feeds"]}
        for name, (_, n) in SAMPLES.items():
            with self.subTest(name):
                self.assertEqual((done[name]["status"], done[name]["rows"], done[name]["malformed"]), ("done", n, 0), done[name])


if __name__ == "__main__":
    e2e.main()
