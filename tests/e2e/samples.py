# SPDX-License-Identifier: Apache-2.0
"""One small input for each reader, all of the same meaning: the host calls the controller five times.

What is done to one format (a byte-order mark, other line ends, compression, damage) can so be done to all of them.
"""

import base64
import json

from make import (CONTROLLER, DOMAIN, HOST, PORT, T0, argus, csv_flow, eve, ndjson, organisations, row, zeek, zeek_json)

CALLS = 5
LIST = "%s:%d\n%s\nhttp://%s/gate.php\n" % (CONTROLLER, PORT, DOMAIN, DOMAIN)

# Telemetry: met by LIST, every one with CALLS flows to the controller.
_rows = [row(at=60 * i) for i in range(CALLS)]
TELEMETRY = {
    "zeek-tsv": zeek(_rows),
    "zeek-json": zeek_json(_rows),
    "eve": ndjson(eve("flow", 60 * i) for i in range(CALLS)),
    "argus": argus(CALLS),
    "csv-flow": csv_flow(CALLS)}

# Indicators: (text, how many there are in it). All of them meet SEEN.
SEEN = zeek(_rows) + zeek([row("http", 400 + i, uri="/gate.php") for i in range(CALLS)], "http")
_ABUSE = "################\n# abuse.ch\n################\n"
INDICATORS = {
    "list": (LIST, 3),
    "csv": ("value,family,first_seen,valid_until\n%s:%d,Emotet,2018-11-01,2018-12-31\n%s,,,\n"
            % (CONTROLLER, PORT, DOMAIN), 2),
    "feodo": (_ABUSE.replace("abuse.ch", "abuse.ch Feodo Tracker Botnet C2 IP Blocklist (CSV)") +
              '"first_seen_utc","dst_ip","dst_port","c2_status","last_online","malware"\n'
              '"2018-11-20 10:00:00","%s","%d","online","2018-12-05","Emotet"\n' % (CONTROLLER, PORT), 1),
    "urlhaus": (_ABUSE.replace("abuse.ch", "abuse.ch URLhaus Database Dump (CSV - online URLs only)") +
                "# id,dateadded,url,url_status,last_online,threat,tags,urlhaus_link,reporter\n"
                '"1","2018-12-01 00:00:00","http://%s/gate.php","online","2018-12-03 00:00:00","malware_download",'
                '"emotet","https://urlhaus.abuse.ch/url/1/","anonymous"\n' % DOMAIN, 1),
    "threatfox": (_ABUSE.replace("abuse.ch", "ThreatFox IOCs: recent additions - CSV format") +
                  '# "first_seen_utc","ioc_id","ioc_value","ioc_type","threat_type","fk_malware","malware_alias",'
                  '"malware_printable","last_seen_utc","confidence_level","is_compromised","reference","tags",'
                  '"anonymous","reporter"\n'
                  '"2018-11-20 10:00:00", "1", "%s:%d", "ip:port", "botnet_cc", "win.emotet", "Heodo", "Emotet", '
                  '"", "100", "False", "", "emotet", "0", "someone"\n' % (CONTROLLER, PORT), 1),
    "intervals": ("ip,listed_from,listed_until\n%s,2018-11-20T00:00:00Z,2018-12-20T00:00:00Z\n" % CONTROLLER, 1),
    "maltrail": ("# Copyright (c) Maltrail developers\n\n# Reference: https://example.com/report\n\n%s:%d\n%s\n"
                 % (CONTROLLER, PORT, DOMAIN), 2),
    "misp": (json.dumps({"Event": {"uuid": "5c0a0001-0000-4000-8000-000000000001", "info": "Emotet", "date": "2018-12-01",
                                   "published": True, "timestamp": str(T0), "Attribute": [
                                       {"uuid": "5c0a0001-0000-4000-8000-000000000002", "type": "ip-dst|port",
                                        "category": "Network activity", "value": "%s|%d" % (CONTROLLER, PORT),
                                        "to_ids": True, "timestamp": str(T0)}]}}, indent=1), 1),
    "stix": (json.dumps({"type": "bundle", "id": "bundle--5c0a0001-0000-4000-8000-000000000003", "objects": [
        {"type": "indicator", "spec_version": "2.1", "id": "indicator--5c0a0001-0000-4000-8000-000000000004",
         "created": "2018-12-01T00:00:00.000Z", "modified": "2018-12-01T00:00:00.000Z",
         "pattern": "[ipv4-addr:value = '%s']" % CONTROLLER, "pattern_type": "stix",
         "valid_from": "2018-11-20T00:00:00Z"}]}, indent=1), 1),
    "zeek-intel": ("#fields\tindicator\tindicator_type\tmeta.source\n%s\tIntel::ADDR\tExample CERT\n"
                   "%s\tIntel::DOMAIN\tExample CERT\n" % (CONTROLLER, DOMAIN), 2),
    "openioc": ('<?xml version="1.0"?>\n<ioc xmlns="http://schemas.mandiant.com/2010/ioc" id="5c0a0001">\n'
                '<short_description>Emotet</short_description>\n<definition><Indicator operator="OR">\n'
                '<IndicatorItem condition="is"><Context document="PortItem" search="PortItem/remoteIP"/>'
                '<Content type="IP">%s</Content></IndicatorItem>\n</Indicator></definition>\n</ioc>\n' % CONTROLLER, 1),
    "rules": ('alert tcp $HOME_NET any -> [%s] %d (msg:"Feodo Tracker: potential Emotet CnC Traffic detected"; '
              'classtype:trojan-activity; sid:1; rev:1;)\n'
              'alert dns $HOME_NET any -> any any (msg:"Emotet CnC"; dns.query; content:"%s"; endswith; sid:2;)\n'
              % (CONTROLLER, PORT, DOMAIN), 2),
    "threatfox-json": (json.dumps({"1": [{
        "ioc_value": "%s:%d" % (CONTROLLER, PORT), "ioc_type": "ip:port", "threat_type": "botnet_cc", "malware": "win.emotet",
        "malware_printable": "Emotet", "first_seen_utc": "2018-11-20 10:00:00", "last_seen_utc": None,
        "confidence_level": 100, "reference": None, "tags": "emotet", "anonymous": "0", "reporter": "someone"}]}, indent=1), 1),
    "urlhaus-json": (json.dumps({"query_status": "ok", "urls": [{
        "id": "1", "urlhaus_reference": "https://urlhaus.abuse.ch/url/1/", "url": "http://%s/gate.php" % DOMAIN,
        "url_status": "online", "host": DOMAIN, "date_added": "2018-12-01 00:00:00 UTC", "threat": "malware_download",
        "blacklists": {"spamhaus_dbl": "not listed"}, "reporter": "someone", "larted": "true",
        "tags": ["emotet"]}]}, indent=1), 1),
    "feodo-json": (json.dumps([{
        "ip_address": CONTROLLER, "port": PORT, "status": "online", "hostname": None, "as_number": 64500, "as_name": "EXAMPLE",
        "country": "US", "first_seen": "2018-11-20 10:00:00", "last_online": "2018-12-05", "malware": "Emotet"}], indent=1), 1),
    "rpz": ("$TTL 60\n$ORIGIN rpz.example.org.\n@ SOA localhost. root.localhost. ( 1 1h 15m 30d 2h )\n NS localhost.\n"
            "%s CNAME .\n*.%s CNAME .\n32.%s.rpz-ip CNAME .\n"
            % (DOMAIN, DOMAIN, ".".join(reversed(CONTROLLER.split(".")))), 2),
    "otx": (json.dumps({
        "id": "5c0a0001", "name": "Emotet", "author_name": "example-cert", "tlp": "green", "malware_families": ["Emotet"],
        "references": [], "indicators": [
            {"id": 1, "indicator": CONTROLLER, "type": "IPv4", "created": "2018-11-20T10:00:00", "expiration": None, "is_active": 1},
            {"id": 2, "indicator": DOMAIN, "type": "hostname", "created": "2018-11-20T10:00:00", "expiration": None,
             "is_active": 1}]}, indent=1), 2),
    "virustotal": (json.dumps({"data": {
        "id": CONTROLLER, "type": "ip_address", "links": {"self": "https://www.virustotal.com/api/v3/ip_addresses/" + CONTROLLER},
        "attributes": {"last_analysis_stats": {"malicious": 9, "harmless": 60, "undetected": 10}}}}, indent=1), 1),
    "shodan": (json.dumps({"matches": [{
        "ip_str": CONTROLLER, "port": PORT, "transport": "tcp", "tags": ["c2"], "product": "Emotet",
        "timestamp": "2018-11-20T10:00:00.123456", "_shodan": {"module": "https"}}], "total": 1}, indent=1), 1),
    "ipset": ("create bad hash:ip,port family inet\nadd bad %s,tcp:%d\n" % (CONTROLLER, PORT), 1),
    "nftables": ("table inet filter {\n\tset bad {\n\t\ttype ipv4_addr\n\t\telements = { %s timeout 1h }\n\t}\n}\n"
                 % CONTROLLER, 1),
    "nftables-json": (json.dumps({"nftables": [{"metainfo": {"version": "1.0.6"}}, {"set": {
        "family": "inet", "name": "bad", "table": "filter", "type": "ipv4_addr", "handle": 2,
        "elem": [{"elem": {"val": CONTROLLER, "timeout": 3600}}]}}]}, indent=1), 1),
    "hosts": ("# blocked\n127.0.0.1 localhost\n0.0.0.0 %s\n0.0.0.0 other.%s\n" % (DOMAIN, DOMAIN), 2),
    "iprep": ("%s,1,100\n" % CONTROLLER, 1),
    "dataset": (base64.b64encode(DOMAIN.encode()).decode() + "\n", 1),
    "extracted": ("".join(json.dumps({
        "value": v, "type": t, "original": v, "path": "a/report.txt", "line": 3, "offset": 70, "context": "Emotet calls " + v,
        "class": "indicator", "status": "as-written", "defanged": False, "family": "Emotet", "role": "controller",
        "count": 1}) + "\n" for v, t in ((CONTROLLER, "ipv4"), (DOMAIN, "domain"))), 2)}
INDICATORS.update({
    "json": (json.dumps([{"indicator": "%s:%d" % (CONTROLLER, PORT), "type": "ip", "family": "Emotet", "first_seen": "2018-11-20"},
                         {"indicator": DOMAIN, "type": "domain"}], indent=1), 2),
    "adblock": ("[Adblock Plus 2.0]\n! Title: bad names\n||%s^\n||other.%s^$important\n@@||good.example^\n" % (DOMAIN, DOMAIN), 2),
    "resolver": ("# blocked\naddress=/%s/0.0.0.0\nlocal-zone: \"other.%s\" always_nxdomain\n" % (DOMAIN, DOMAIN), 2)})
# Hosts that scan: known, and matched with nothing.
SCANNERS = {
    "tor-exits": ("ExitNode 0011BD2485AD45D984EC4159C88FC066E5E3300E\nPublished 2018-12-01 00:00:00\n"
                  "LastStatus 2018-12-01 01:00:00\nExitAddress %s 2018-12-01 01:02:03\n" % CONTROLLER, 1),
    "dshield": ("# DShield\nStart\tEnd\tNetmask\tAttacks\tName\tCountry\temail\n%s\t%s\t32\t7\tX\tUS\ta@example.org\n"
                % (CONTROLLER, CONTROLLER), 1)}
SUFFIX = {"misp": ".json", "stix": ".json", "list": ".txt", "maltrail": ".txt", "zeek-intel": ".dat", "openioc": ".ioc",
          "rules": ".rules", "threatfox-json": ".json", "urlhaus-json": ".json", "feodo-json": ".json", "rpz": ".zone",
          "otx": ".json", "virustotal": ".json", "shodan": ".json", "ipset": ".save", "nftables": ".nft", "nftables-json": ".json",
          "hosts": ".txt", "iprep": ".list", "dataset": ".lst", "extracted": ".json", "json": ".json", "adblock": ".txt",
          "resolver": ".conf", "tor-exits": ".txt", "dshield": ".txt"}

ORGANISATIONS = organisations(("203.0.113.0/24", "acme", "Acme Bank", "finance", "MX", "enterprise"))

# Exclusions: the host is a scanner.
EXCLUSIONS = {
    "warninglist": json.dumps({"name": "Sample scanners", "version": 1, "description": "", "type": "cidr",
                               "matching_attributes": ["ip-src"], "list": [HOST + "/32"]}),
    "exclusion-list": "# scanners\n%s\n" % HOST}


def name_of(reader):
    return reader + SUFFIX.get(reader, ".csv")
