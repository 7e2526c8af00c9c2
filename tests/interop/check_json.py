# SPDX-License-Identifier: Apache-2.0
"""`analyze --json` by a strict parser and by the JSON Schema beside this file, whatever stands in the inputs."""

import json
import os

import jsonschema
import orjson
from mmdb_writer import MMDBWriter
from netaddr import IPSet

from interop import FIXED, T0, check, conn, main, nezumi, put, same, zeek

CONTROLLER, OTHER = "45.123.3.54", "115.88.75.245"
with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "analyze.schema.json"), encoding="utf-8") as f:
    SCHEMA = json.load(f)
jsonschema.Draft202012Validator.check_schema(SCHEMA)
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA, format_checker=jsonschema.FormatChecker())

# What attackers write where names and texts are due.
HOSTILE = [b"\xff\xfe\x80", b"\xed\xa0\x80", b"\xc0\xaf", b"\xf4\x90\x80\x80", b"\x1b[31mred\x07", b"\"},{\"x\":\"", b"\\",
           b"\\u0000", b"\xe2\x80\xa8\xe2\x80\xa9", b"\xef\xbf\xbf\xef\xb7\x90", b"\x7f\xc2\x85", b"</script><!--", b"=1+1", b"\xf0\x9f\x90\x80" * 20]


def unique(pairs):
    keys = [k for k, _ in pairs]
    same(len(set(keys)), len(keys), "members named twice: %s" % keys)
    return dict(pairs)


def in_order(v, schema, where="answer"):
    """Members that the schema names come in its order."""
    schema = SCHEMA["$defs"].get(schema.get("$ref", "").rpartition("/")[2], schema)
    if isinstance(v, dict) and "properties" in schema:
        named = [k for k in v if k in schema["properties"]]
        same(named, [k for k in schema["properties"] if k in v or k in schema.get("required", ())], where)
        for k in named:
            in_order(v[k], schema["properties"][k], "%s.%s" % (where, k))
    if isinstance(v, list):
        for one in v:
            in_order(one, schema.get("items", {}), where + "[]")


def right(data):
    """The answer, after everything that can be said of any answer was checked."""
    answer = orjson.loads(data)
    same(json.loads(data, object_pairs_hook=unique, parse_constant=lambda c: 1 / 0), answer, "two parsers")
    found = sorted(VALIDATOR.iter_errors(answer), key=lambda e: list(map(str, e.path)))
    same(["%s: %s" % ("/".join(map(str, e.path)), e.message[:200]) for e in found[:5]], [])
    in_order(answer, SCHEMA)
    for name, key in (("findings", lambda f: (-f["score"], f["host"].encode(), f["controller"].encode())),
                      ("controllers", lambda c: (-c["organisations"], -c["hosts"], c["value"].encode()))):
        same([key(x) for x in answer[name]], sorted(key(x) for x in answer[name]), "order of " + name)
    return answer


def run(*args, status=0, fixed=FIXED):
    return right(nezumi("analyze", *fixed, "--json", *args, status=status).stdout)


def much():
    """Arguments of an analysis with some of everything."""
    put("list.csv", "indicator,port,malware,first_seen,last_seen,revoked\n%s,443,Emotet,2018-12-01,2018-12-05,\n%s,,,,,\n"
                    "evil-one.com,,njRAT,,,\nhttp://evil-two.com/x?y=1,,,,,\n10.0.0.1,,,,,\n8.8.8.8,,,,,\n31.0.0.0/8,,,,,\n"
                    "31.5.229.224,,,,,1\n999.1.1.1,,,,,\n%s,,Other,2017-01-01,2017-01-02,\n" % (CONTROLLER, OTHER, OTHER))
    put("orgs.csv", "network,id,name,sector,country,kind\n" + "".join(
        "10.1.%d.0/24,o%d,Organisation %d,finance,MX,enterprise\n" % (i, i, i) for i in range(6))
        + "10.1.200.0/24,scan,Scanner,,,scanner\nAS64500,isp,Carrier,,CL,isp\n")
    flows = [conn("10.1.%d.%d" % (i % 8, 1 + i % 3), c, at=T0 + 600 * i) for i in range(200) for c in (CONTROLLER, OTHER)]
    flows += [conn("31.5.0.9", CONTROLLER, 8080), conn("10.1.200.7", CONTROLLER), conn("2a01:4f8:1:2::7", CONTROLLER)]
    flows += [{**conn(CONTROLLER, "10.1.3.77", 22), "conn_state": "S0", "history": "S", "orig_bytes": 0, "resp_bytes": 0,
               "resp_pkts": 0}]
    names = [{**conn("10.1.4.4", "192.0.2.53", 53), "proto": "udp", "query": "X.Evil-One.com.", "rcode": 0,
              "answers": "9.9.9.9", "TTLs": "300"}]
    urls = [{**conn("10.1.5.5", "9.9.9.10", 80), "host": "evil-two.com", "uri": "/x?y=1", "status_code": 200}]
    w = MMDBWriter(6, "x", ipv4_compatible=True, int_type="u32")
    w.insert_network(IPSet(["31.5.0.0/16"]), {"autonomous_system_number": 64500, "autonomous_system_organization": "x",
                                              "country": {"iso_code": "CL"}})
    w.to_db_file("asn.mmdb")
    return ["-i", "list.csv", "-o", "orgs.csv", "--owners", "asn.mmdb", put("conn.log", zeek("conn", flows) + "broken\n"),
            put("dns.log", zeek("dns", names)), put("http.log", zeek("http", urls))]


@check
def schema():
    """an answer with some of everything fits the schema: members, their order, types and limits."""
    answer = run(*much(), fixed=[])
    for name in ("findings", "controllers", "organisations", "clusters", "alerts", "excluded", "withheld", "rejected"):
        assert answer[name], "there should be %s" % name
    same({w["reason"] for w in answer["withheld"]}, {"special-purpose", "too-broad", "allow-listed", "expired"})
    same({x["reason"] for x in answer["excluded"]} >= {"scanner", "inbound-only"}, True, str(answer["excluded"]))
    same({e["kind"] for f in answer["findings"] for e in f["evidence"]} >= {"flow", "dns", "http"}, True)


@check
def options():
    """the answer fits the schema under every option that changes it, or what people read."""
    args = much()
    plain = run(*args, fixed=[])
    defanged = nezumi("analyze", "--json", "--defang", *args, status=0).stdout
    same(right(defanged.replace(b"[.]", b".").replace(b"[:]", b":").replace(b"hxxp", b"http")), plain, "--defang")
    for more in (["--lang", "ja"], ["--anonymise"], ["--threads", "3"], ["--validity", "any"],
                 ["--validity", "strict"], ["--shared", "1"], ["-v"], ["-q"],
                 ["--from", "2018-12-02T09:00:00Z", "--to", "2018-12-03"]):
        answer = run(*args, *more, fixed=[])
        if more[0] == "--from":
            same(answer["window"], {"from": "2018-12-02T09:00:00Z", "to": "2018-12-03T00:00:00Z"})
    nezumi("analyze", "--json=out.json", *args, status=0)
    with open("out.json", "rb") as f:
        right(f.read())


@check
def nothing():
    """the answer fits the schema where nothing is found, and where an input cannot be read."""
    put("list.txt", CONTROLLER + "\n")
    empty = put("conn.log", zeek("conn", []))
    same(run("-i", "list.txt", empty, status=1)["findings"], [])
    same(run("-i", "list.txt", empty, put("rubbish.bin", bytes(range(256)) * 10), status=2)["findings"], [])
    run("-i", "list.txt", empty, "absent.log", status=2)


@check
def hostile_text():
    """whatever bytes stand in logs, lists, tables and names of files, the answer is UTF-8 and JSON."""
    for i, bad in enumerate(HOSTILE):
        name = b"f%d-%s.log" % (i, bad.replace(b"/", b"_"))
        flat = bad.replace(b"\t", b"").replace(b"\n", b"")
        log = zeek("dns", [{**conn("10.1.1.1", "192.0.2.53", 53), "proto": "udp", "query": "NAME.evil-one.com", "rcode": 0}])
        with open(name, "wb") as f:
            f.write(log.encode().replace(b"NAME", flat) + flat + b"\n")
        put("conn.log", zeek("conn", [conn("10.1.1.1", CONTROLLER)]).encode() + flat + b"\t" + flat + b"\n")
        quoted = b'"' + flat.replace(b'"', b'""') + b'"'
        put("list.csv", b"indicator,malware,source\n%s,%s,%s\nevil-one.com,%s,\n%s,,\n"
            % (CONTROLLER.encode(), quoted, quoted, quoted, quoted))
        put("orgs.csv", b"network,id,name,sector,country,kind\n10.1.0.0/16,%s,%s,%s,%s,%s\n" % ((quoted,) * 5))
        answer = run("-i", "list.csv", "-o", "orgs.csv", "conn.log", os.fsdecode(name))
        assert len(answer["findings"]) >= 1, "%r: the good lines are lost" % bad


@check
def hostile_json():
    """JSON telemetry with lone surrogates, NUL and numbers out of any range does not spoil the answer."""
    put("list.txt", CONTROLLER + "\nevil-one.com\n")
    good = {"timestamp": "2018-12-02T08:00:00.000000+0000", "event_type": "flow", "src_ip": "10.1.1.1", "src_port": 50000,
            "dest_ip": CONTROLLER, "dest_port": 443, "proto": "TCP",
            "flow": {"start": "2018-12-02T08:00:00.000000+0000", "state": "closed", "pkts_toserver": 6, "pkts_toclient": 5,
                     "bytes_toserver": 800, "bytes_toclient": 1200}}
    for n in ("18446744073709551615", "18446744073709551616", "1e400", "-1", "9007199254740993", "1.5", "\"x\"", "null", "[]"):
        put("eve.json", json.dumps(good) + "\n" + json.dumps(good).replace("800", n).replace("1200", n) + "\n")
        run("-i", "list.txt", "eve.json")
    for text in ("\\ud800", "\\udc00\\ud800", "\\u0000", "\\ud83d\\udc00", "\\\"", "\\n", "\\u2028"):
        dns = json.dumps({**good, "event_type": "dns", "dest_port": 53, "dns": {"type": "query", "rrname": "NAME.evil-one.com"}})
        put("eve.json", json.dumps(good).replace("TCP", text) + "\n" + json.dumps(good) + "\n" + dns.replace("NAME", text) + "\n")
        run("-i", "list.txt", "eve.json")


@check
def large_counts():
    """sums of counts stay numbers that the schema allows."""
    put("list.txt", CONTROLLER + "\n")
    rows = [{**conn("10.1.1.1", CONTROLLER, at=T0 + i), "orig_bytes": 2 ** 63, "resp_bytes": 2 ** 64 - 1} for i in range(5)]
    run("-i", "list.txt", put("conn.log", zeek("conn", rows)))


if __name__ == "__main__":
    main()
