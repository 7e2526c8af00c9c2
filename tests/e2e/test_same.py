#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The same answer, byte for byte, whatever the number of threads, the block boundaries and the wrapping."""

import bz2
import functools
import json
import random
import struct

import e2e
from make import (CONTROLLER, DOMAIN, OTHER, eve, gz, heading, lines, ndjson, nfdump, nfdump_1_6, nfdump_flow, nfdump_head,
                  nfdump_map, organisations, row, zeek, zst)

HOSTS = ["203.0.113.%d" % i for i in range(40)] + ["2001:db8::%x" % i for i in range(10)]


@functools.lru_cache
def flows(n):
    """Mostly traffic that nobody lists, as wide as real lines are."""
    rng, out = random.Random(20181202), []
    for i in range(n):
        listed = rng.random() < 0.05
        out.append(row(at=i * 0.5, host=rng.choice(HOSTS), uid="C%016x" % rng.getrandbits(64),
                       controller=rng.choice([CONTROLLER, OTHER, "45.124.9.9"]) if listed else
                       "151.101.%d.%d" % (rng.randrange(256), rng.randrange(256)),
                       id_resp_p=rng.choice([443, 443, 80, 9999]), id_orig_p=rng.randrange(1024, 65536),
                       orig_bytes=rng.choice([0, 300, 310, 5000]),
                       conn_state=rng.choice(["SF", "SF", "S0", "REJ", "OTH", "RSTO"])))
    return out


class Same(e2e.Case):
    def setUp(self):
        super().setUp()
        self.put("lists/a.csv", "value,family\n%s:443,Emotet\n45.124.0.0/16,Emotet\n%s,Emotet\n" % (CONTROLLER, DOMAIN))
        self.put("lists/b.csv", "value,family\n%s,Xtreme RAT\nhttp://%s/gate.php,Emotet\n" % (OTHER, DOMAIN))
        self.put("orgs", organisations(*[("203.0.113.%d/29" % (8 * i), "org%d" % i, "Organisation %d" % i, "", "MX", "enterprise")
                                         for i in range(5)]))
        self.rows = flows(12000 if e2e.sanitized() else 24000)
        names = [row("dns", at=i * 60, host=h, answers="151.101.%d.7" % (i % 7), TTLs="300.000000")
                 for i, h in enumerate(HOSTS * 3)]
        tls = [row("ssl", at=i * 90, host=h, controller="45.124.9.9") for i, h in enumerate(HOSTS)]
        http = [row("http", at=i * 70, host=h, controller="151.101.1.1", uri="/gate.php") for i, h in enumerate(HOSTS[:9])]
        self.conn = zeek(self.rows) + "broken line\n" * 3 + lines("conn", self.rows[:50])
        self.put("logs/conn.log", self.conn)
        self.put("logs/dns.log", zeek(names, "dns"))
        self.put("logs/ssl.log.gz", gz(zeek(tls, "ssl")))
        self.put("logs/http.json", "".join(json.dumps({**r, "ts": float(r["ts"])}) + "\n" for r in http))
        self.put("logs/eve.json", ndjson(eve(k, i, HOSTS[i % 50]) for i in range(3000) for k in ("flow", "tls")))
        self.put("scanners", "\n".join(HOSTS[:6]) + "\n")
        self.args = ["analyze", *e2e.FIXED, "-i", "lists", "-o", "orgs", "--exclusions-as", "scanner", "-x", "scanners"]

    def out(self, *args, **kw):
        done = self.nezumi(*self.args, "--json", *args, status=0, **kw)
        self.answer(done.out)
        return done.out

    def test_threads(self):
        want = self.out("--threads", "1", "logs")
        answer = json.loads(want)
        self.assertGreater(len(answer["findings"]), 100)
        self.assertGreater(len(answer["excluded"]), 10)
        self.assertGreater(len(answer["controllers"]), 3)
        for n in ("2", "7"):
            self.assertEqual(self.out("--threads", n, "logs"), want, "%s threads" % n)
        self.assertEqual(self.out("logs"), want)
        self.assertEqual(self.out("--threads", "64", "logs"), want)

    def test_pieces_and_instructions(self):
        """Large files are read in stretches of 16 pieces by several threads; small pieces make many of them."""
        want = self.out("--threads", "1", "logs")
        for threads in ("1", "7") if e2e.sanitized() else ("1", "2", "7"):
            for piece in ("4096",) if e2e.sanitized() else ("1000", "4096", "65536"):
                for isa in ("plain", "avx2", "avx512"):
                    with self.subTest(threads=threads, piece=piece, isa=isa):
                        env = {"NEZUMI_PIECE": piece, "NEZUMI_ISA": isa}
                        self.assertEqual(self.out("--threads", threads, "logs", env=env), want)

    def test_headers_anywhere(self):
        """Headers in the middle of a file that is read in stretches: the same columns again, others, and ones that
        cannot be understood."""
        rows, text = self.rows[:6000], ""
        for i in range(0, len(rows), 500):
            text += zeek(rows[i:i + 500])
            if i % 1500 == 0:
                text += "#fields\n" + lines("conn", rows[:20]) + "#separator \\x09\n#fields\tts\tuid\n" + "1\t2\n" * 30
        text += "x" * 1500000 + "\n" + zeek(rows[:300])
        self.put("logs/conn.log", text)
        want = self.out("--threads", "1", "logs/conn.log")
        self.assertGreater(json.loads(want)["totals"]["records"], 6000)
        for threads in ("2", "7"):
            for piece in ("500", "20000") if e2e.sanitized() else ("500", "1000", "3333", "20000"):
                with self.subTest(threads=threads, piece=piece):
                    env = {"NEZUMI_PIECE": piece}
                    self.assertEqual(self.out("--threads", threads, "logs/conn.log", env=env), want)

    def test_blocks_of_nfdump(self):
        """Large files of blocks are read in stretches too: whole ones, packed ones, and with blocks that are damaged,
        lie about their size, or are missing at the end; with a second file behind the first."""
        rng = random.Random(7)
        flows = [nfdump_flow(i, HOSTS[i % 40], rng.choice([CONTROLLER, OTHER] + ["151.101.1.%d" % j for j in range(20)]))
                 for i in range(6000)]

        def damage(i, block):
            at = {7: 0, 19: 4, 20: 8, 33: 14, 50: 100, 51: 4, 77: 0, 90: 5}.get(i)
            return block if at is None else block[:at] + bytes([block[at] ^ 0x5a]) + block[at + 1:]

        def hurt(i, block):
            return block if i % 3 else block[:30] + bytes([block[30] ^ 0x5a]) + block[31:]

        whole = nfdump(flows)
        older = [nfdump_1_6(i, HOSTS[i % 40]) for i in range(6000)]
        # A head in the middle whose fields could be the head of a block as long as itself and the block behind it.
        packed = nfdump(flows[3000:], pack=zst)[40:]
        first = 12 + struct.unpack_from("<I", packed, 4)[0]
        head = nfdump_head(0, pack=zst, version=28 + first, time=3)
        for name, data in (("plain", whole), ("packed", nfdump(flows, pack=zst)), ("bzip2", nfdump(flows, pack=bz2.compress)),
                           ("damaged", nfdump(flows, damage=damage)),
                           ("packed and damaged", nfdump(flows, pack=zst, damage=damage)),
                           ("many damaged", nfdump(flows, pack=bz2.compress, damage=hurt)), ("short", whole[:-5000]),
                           ("two", whole + nfdump(flows[:500])), ("behind", whole + b"\1" * 3000),
                           ("of 1.6", nfdump([nfdump_map()] + older, kind=2)), ("mixed", nfdump([nfdump_map()] + flows + older)),
                           ("disguised", nfdump(flows[:3000]) + head + packed)):
            self.put("flows", data)
            want = self.out("--threads", "1", "flows")
            self.assertGreater(json.loads(want)["totals"]["records"], 3000)
            self.assertEqual([i["malformed"] for i in json.loads(want)["inputs"] if i["kind"] == "telemetry"][0] > 0, name not in ("plain", "packed", "bzip2", "two", "of 1.6", "mixed", "disguised"), name)
            for threads in ("2", "7"):
                for piece in ("500",) if e2e.sanitized() else ("500", "1000", "3333", "9000"):
                    with self.subTest(name, threads=threads, piece=piece):
                        self.assertEqual(self.out("--threads", threads, "flows", env={"NEZUMI_PIECE": piece}), want)

    def test_a_file_on_standard_input(self):
        self.put("-copy", self.conn)
        want = json.loads(self.out("logs/conn.log").replace(b"logs/conn.log", b"-"))
        with open(self.path("logs/conn.log"), "rb") as f:
            got = self.out("-", stdin=f)
        self.assertEqual(json.loads(got), want)

    def test_locale_and_time_zone(self):
        want = self.out("logs")
        for env in ({"TZ": "Asia/Tokyo"}, {"TZ": "America/St_Johns", "LC_ALL": "tr_TR.UTF-8"}, {"LC_ALL": "C", "LANG": "C"}):
            self.assertEqual(self.out("logs", env=env), want, env)

    def test_reports_and_summary_by_threads(self):
        docs = []
        for n in ("1", "2", "7"):
            done = self.nezumi(*self.args, "--threads", n, "-v", "--html", "r.html", "--md", "r.md", "logs", status=0)
            docs.append((done.out, done.err, self.get("r.html"), self.get("r.md")))
        self.assertEqual(docs[0], docs[1])
        self.assertEqual(docs[0], docs[2])

    @staticmethod
    def neutral(out, *drop):
        """An answer without what says how the input was wrapped."""
        answer = json.loads(out)
        for i in answer["inputs"]:
            i["bytes"] = 0
        for k in drop:
            answer.pop(k)
        return answer

    def bare(self, out):
        """An answer without what says in which file and line a record stood."""
        answer = self.neutral(out, "inputs", "rejected")
        for f in answer["findings"]:
            f["evidence"] = sorted(e["time"] for e in f["evidence"])
        return answer

    def test_block_boundaries(self):
        """Blocks are about 1 MiB: a remark of another length at the top moves every boundary."""
        want = self.neutral(self.out("logs/conn.log"))
        first, rest = self.conn.split("\n", 1)
        for n in (1, 17, 4093, 70000):
            self.put("logs/conn.log", first + "\n#remark " + "x" * n + "\n" + rest)
            got = self.out("--threads", "2", "logs/conn.log")
            got = json.loads(got)
            # One line more at the top.
            for f in got["findings"]:
                for e in f["evidence"]:
                    e["line"] -= 1
            for r in got["rejected"]:
                r["line"] -= 1
            self.assertEqual(self.neutral(json.dumps(got)), want, "remark of %d bytes" % n)

    def test_wrapping(self):
        want = self.neutral(self.out("logs/conn.log"))
        for how, data in (("gzip", gz(self.conn)), ("zstd", zst(self.conn)), ("zstd in small blocks", zst(self.conn, 999)),
                          ("CRLF", self.conn.replace("\n", "\r\n")), ("BOM", "\ufeff" + self.conn)):
            with self.subTest(how=how):
                self.put("logs/conn.log", data)
                self.assertEqual(self.neutral(self.out("logs/conn.log")), want)

    def test_standard_input_with_names(self):
        """Domains need names, and names a second look at the same data."""
        for name in ("logs/eve.json", "logs/dns.log", "logs/http.json"):
            with self.subTest(name=name):
                self.put("-copy", self.get(name))
                want = json.loads(self.out(name).replace(name.encode(), b"-"))
                data = self.get(name)
                for pieces in ([data], [data[i:i + 50001] for i in range(0, len(data), 50001)]):
                    self.assertEqual(json.loads(self.out("-", stdin=pieces)), want)

    def test_order_of_arguments(self):
        names = ["logs/conn.log", "logs/dns.log", "logs/eve.json", "logs/http.json", "logs/ssl.log.gz"]
        want = self.neutral(self.out("logs"), "inputs", "rejected")
        for order in (names, names[::-1]):
            self.assertEqual(self.neutral(self.out(*order), "inputs", "rejected"), want)

    def test_logs_joined_into_one_file(self):
        """cat conn.log dns.log: names are learnt from it whatever its first header says."""
        dns, conn = self.get("logs/dns.log").decode(), zeek(self.rows[:3000])
        self.put("a/conn.log", conn)
        self.put("a/dns.log", dns)
        want = self.bare(self.out("a"))
        for what, text in (("conn first", conn + dns), ("dns first", dns + conn)):
            with self.subTest(what=what):
                self.put("joined", text)
                self.assertEqual(self.bare(self.out("joined")), want)
        # A pipe whose head promises names is kept; one that brings them behind flows cannot be read twice and says so.
        self.assertEqual(self.bare(self.out("-", stdin=(dns + conn).encode())), want)
        done = self.nezumi(*self.args, "--json", "-", stdin=(conn + dns).encode(), status=2)
        self.assertIn("several kinds", done.err)

    def test_cut_into_many_files(self):
        want = self.bare(self.out("logs/conn.log"))
        for i in range(0, len(self.rows), 4000):
            self.put("parts/%06d.log" % i, heading("conn") + lines("conn", self.rows[i:i + 4000]))
        self.put("parts/last.log", zeek(self.rows[:50]))
        self.assertEqual(self.bare(self.out("parts")), want)


if __name__ == "__main__":
    e2e.main()
