# SPDX-License-Identifier: Apache-2.0
"""Telemetry compressed by other people's gzip and zstd: every way to cut it into members and frames gives the same answer."""

import bz2
import functools
import gzip
import io
import json
import lzma
import os
import random
import struct
import subprocess
import time
import zipfile
import zlib

import zstandard

from interop import BINARY, SECONDS, T0, analyze, check, conn, hostile_binaries, main, nezumi, put, same, zeek

CONTROLLER = "45.123.3.54"
LOG = zeek("conn", [conn("10.1.%d.%d" % (i >> 8, i & 255), CONTROLLER if i % 10 == 0 else "9.9.9.9", at=T0 + i)
                    for i in range(2000)]).encode()
RECORDS = LOG.count(b"\n") - LOG.count(b"\n#") - 1


def pieces(data, n):
    """Cut into n pieces, at places that are no line ends."""
    at = [len(data) * i // n for i in range(n + 1)]
    return [data[a:b] for a, b in zip(at, at[1:])]


def run(data, binary=None):
    put("list.txt", CONTROLLER + "\n")
    return analyze("-i", "list.txt", put("conn.log", data), **({"binary": binary} if binary else {}))


@functools.lru_cache
def log_itself():
    return run(LOG)


def plain(data, about):
    """It reads like the log itself, as a file and from standard input."""
    expected, answer = log_itself(), run(data)
    same(answer["findings"], expected["findings"], about)
    same((answer["inputs"][1]["records"], answer["inputs"][1]["malformed"], answer["rejected"]), (RECORDS, 0, []), about)
    piped = analyze("-i", "list.txt", "-", stdin=data)
    same(piped["totals"], expected["totals"], about + " on standard input")


# ---- gzip ------------------------------------------------------------------------------------------

def member(data, level=6, extra=b"", name=b"", comment=b"", head_crc=False, text=False):
    """A gzip member with any of the optional fields of RFC 1952."""
    flags = text | head_crc << 1 | bool(extra) << 2 | bool(name) << 3 | bool(comment) << 4
    head = b"\x1f\x8b\x08" + bytes([flags]) + struct.pack("<IBB", 1543737600, 0, 3)
    if extra:
        head += struct.pack("<H", len(extra)) + extra
    head += (name + b"\0" if name else b"") + (comment + b"\0" if comment else b"")
    if head_crc:
        head += struct.pack("<H", zlib.crc32(head) & 0xffff)
    c = zlib.compressobj(level, zlib.DEFLATED, -15)
    return head + c.compress(data) + c.flush() + struct.pack("<II", zlib.crc32(data), len(data) & 0xffffffff)


@check
def gzip_levels():
    """gzip of every level, stored blocks and fixed codes among them."""
    for level in range(10):
        plain(gzip.compress(LOG, level), "level %d" % level)
    c = zlib.compressobj(9, zlib.DEFLATED, 31, 9, zlib.Z_FIXED)
    plain(c.compress(LOG) + c.flush(), "fixed codes")
    c = zlib.compressobj(9, zlib.DEFLATED, 31, 9, zlib.Z_HUFFMAN_ONLY)
    plain(c.compress(LOG) + c.flush(), "Huffman only")


@check
def gzip_members():
    """several members, as logs that were appended, empty ones among them, with zeros behind the last."""
    for n in (2, 7, 200):
        plain(b"".join(gzip.compress(p) for p in pieces(LOG, n)), "%d members" % n)
    empty = gzip.compress(b"")
    plain(empty + b"".join(gzip.compress(p) + empty * 3 for p in pieces(LOG, 5)), "empty members")
    plain(gzip.compress(LOG) + b"\0" * 100000, "padding")
    plain(b"".join(member(p, level=i % 10) for i, p in enumerate(pieces(LOG, 20))), "levels mixed")


@check
def gzip_flushed():
    """one member cut by flushes, as pigz and log shippers write it."""
    for how in (zlib.Z_SYNC_FLUSH, zlib.Z_FULL_FLUSH, zlib.Z_PARTIAL_FLUSH, zlib.Z_BLOCK):
        c = zlib.compressobj(6, zlib.DEFLATED, 31)
        plain(b"".join(c.compress(p) + c.flush(how) for p in pieces(LOG, 50)) + c.flush(), "flush %d" % how)


@check
def gzip_headers():
    """members with names, comments, extra fields and header checksums; bgzip's blocks with their empty end."""
    plain(member(LOG, name=b"conn.log", comment=b"\xe9 comment", extra=b"AB\x02\0xy", text=True), "all fields")
    plain(member(LOG, name=b"n" * 70000, extra=b"e" * 65535), "large fields")
    plain(member(LOG, name=b"conn.log", extra=b"AB\x02\0xy", head_crc=True), "header checksum")
    blocks = b"".join(member(p, extra=b"BC\x02\0" + struct.pack("<H", 0)) for p in pieces(LOG, 30))
    plain(blocks + member(b"", extra=b"BC\x02\0\x1b\0"), "bgzip")


@check
def gzip_streams():
    """what Python's GzipFile writes in small writes, and lists and tables compressed too."""
    out = io.BytesIO()
    with gzip.GzipFile("x", "wb", fileobj=out) as f:
        for p in pieces(LOG, 1000):
            f.write(p)
    plain(out.getvalue(), "GzipFile")
    put("list.gz", gzip.compress((CONTROLLER + "\n").encode()))
    put("orgs.zst", zstandard.compress(b"network,id,name,sector,country,kind\n10.1.0.0/16,one,One,,,\n"))
    answer = analyze("-i", "list.gz", "-o", "orgs.zst", put("conn.log.gz", gzip.compress(LOG)))
    same([o["id"] for o in answer["organisations"]], ["one"])


# ---- zstd ------------------------------------------------------------------------------------------

def skippable(data, n=0):
    return struct.pack("<II", 0x184D2A50 + n, len(data)) + data


@check
def zstd_levels():
    """zstd of low, high and negative levels, with and without checksum and size, by several threads."""
    for level in (-50, -1, 1, 3, 9, 19):
        for more in ({}, {"write_checksum": True, "write_content_size": False}):
            plain(zstandard.ZstdCompressor(level=level, **more).compress(LOG), "level %d %s" % (level, more))
    plain(zstandard.ZstdCompressor(threads=2).compress(LOG), "threads")


@check
def zstd_frames():
    """several frames, empty ones and skippable ones before, between and behind."""
    z = zstandard.ZstdCompressor()
    for n in (2, 7, 200):
        plain(b"".join(z.compress(p) for p in pieces(LOG, n)), "%d frames" % n)
    empty = z.compress(b"")
    plain(b"".join(skippable(b"x" * 300 * i, i % 16) + z.compress(p) + empty for i, p in enumerate(pieces(LOG, 9)))
          + skippable(b"") + skippable(b"y" * 600000, 15), "skippable frames")
    # The seek table of the seekable format stands in a skippable frame at the end, pzstd's sizes before each frame.
    plain(b"".join(skippable(struct.pack("<I", 12)) + z.compress(p) for p in pieces(LOG, 6)), "pzstd")


@check
def zstd_streams():
    """frames of a stream that was flushed by blocks, without a size."""
    for how in (zstandard.COMPRESSOBJ_FLUSH_BLOCK, zstandard.COMPRESSOBJ_FLUSH_FINISH):
        data = b""
        c = zstandard.ZstdCompressor(level=5).compressobj()
        for p in pieces(LOG, 40):
            data += c.compress(p) + c.flush(how)
            if how == zstandard.COMPRESSOBJ_FLUSH_FINISH:
                c = zstandard.ZstdCompressor(level=5).compressobj()
        if how == zstandard.COMPRESSOBJ_FLUSH_BLOCK:
            data += c.flush()
        plain(data, "flush %d" % how)


@check
def zstd_long():
    """windows up to 128 MiB (zstd --long) are read; larger ones are refused with a word, as zstd itself does."""
    filler = b"".join(b"#%064x\n" % random.Random(i).getrandbits(256) for i in range(75000))  # 5 MB, not compressible
    log = LOG + filler + LOG[LOG.index(b"\n1") + 1:]

    def compressed(window):
        p = zstandard.ZstdCompressionParameters.from_level(1, window_log=window, enable_ldm=True)
        c = zstandard.ZstdCompressor(compression_params=p).compressobj()
        return c.compress(log) + c.flush()

    want = run(log)["totals"]
    for window in (10, 23, 25, 27):
        data = compressed(window)
        same(zstandard.get_frame_parameters(data).window_size, 1 << window)
        same(run(data)["totals"], want, "window of 2^%d" % window)
    refused(compressed(31), "memory")


def refused(data, word):
    """Nothing is read, and that is an error with the file's name and the reason."""
    put("list.txt", CONTROLLER + "\n")
    for binary in hostile_binaries():
        p = nezumi("analyze", "--json", "-i", "list.txt", put("conn.log.z", data), status=2, binary=binary)
        assert "conn.log.z" in p.stderr and word in p.stderr.lower(), "refused without saying why: %r" % p.stderr


@check
def zstd_dictionary():
    """a frame that needs a dictionary is refused with a word, also behind frames that need none."""
    lines = LOG.split(b"\n")
    dictionary = zstandard.train_dictionary(4096, [b"\n".join(lines[i:i + 5]) for i in range(0, 2000, 5)])
    z = zstandard.ZstdCompressor(dict_data=dictionary)
    refused(z.compress(LOG), "dictionary")
    head, tail = pieces(LOG, 2)
    answer = run(zstandard.compress(head) + z.compress(tail))
    assert 0 < answer["inputs"][1]["records"] < RECORDS, "what was readable counts"
    assert "dictionary" in answer["rejected"][0]["why"].lower(), answer["rejected"]


# ---- pipes -----------------------------------------------------------------------------------------

def in_pieces(data, *at):
    """Totals of what comes through a pipe in pieces, cut at these places."""
    put("list.txt", CONTROLLER + "\n")
    p = subprocess.Popen([BINARY, "analyze", "--json", "--owners", "none", "-i", "list.txt", "-"], stdin=subprocess.PIPE,
                         stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    for a, b in zip((0, *at), at):
        p.stdin.write(data[a:b])
        p.stdin.flush()
        time.sleep(0.02)
    out, err = p.communicate(data[at[-1]:], timeout=SECONDS)
    assert p.returncode == 0, "cut at %s: status %d, %s" % (at, p.returncode, err.decode())
    return json.loads(out)["totals"]


@check
def slow_pipes():
    """a writer that gives its first bytes one by one is read like any other."""
    want = log_itself()["totals"]
    z = zstandard.compress(LOG)
    for data in (gzip.compress(LOG), skippable(b"x" * 40) + z, z, LOG):
        for at in ((1,), (2,), (3,), (5,), (12,), range(1, 12)):
            same(in_pieces(data, *at), want, "cut at %s" % (at,))
    whole = gzip.compress(LOG)
    for at in (len(whole) - 3, len(whole) + 1, len(whole) + 4):
        same(in_pieces(whole * 2, at)["records"], 2 * RECORDS, "second member cut at %d" % at)


@check
def slow_header_checksum():
    """a gzip header with a checksum of its own may come in two pieces."""
    data = member(LOG, name=b"conn.log", head_crc=True)
    same(in_pieces(data, 15), log_itself()["totals"])


# ---- damage, and other compression -----------------------------------------------------------------

@check
def cut():
    """a stream that was cut keeps what was readable and says so; nothing is lost in silence."""
    z = zstandard.ZstdCompressor(write_checksum=True)
    for name, data in (("gzip", gzip.compress(LOG)), ("members", b"".join(gzip.compress(p) for p in pieces(LOG, 5))),
                       ("zstd", z.compress(LOG)), ("frames", b"".join(z.compress(p) for p in pieces(LOG, 5)))):
        for part in (0.3, 0.7, 0.95):
            answer = run(data[:int(len(data) * part)])
            log = answer["inputs"][1]
            about = "%s cut at %.2f: %d records" % (name, part, log["records"])
            assert log["malformed"] and answer["rejected"] or "ends early" in log.get("error", ""), about + " and not a word"
            assert log["records"] or name == "zstd", about  # its blocks hold 128 KiB each
        answer = run(data[:-1])
        assert answer["rejected"], "%s without its last byte" % name


@check
def damaged():
    """random damage to gzip and zstd never ends the program, and is told."""
    r = random.Random(int(os.environ.get("NEZUMI_SEED", "1")))
    for i in range(30):
        data = bytearray([gzip.compress(LOG, 6), zstandard.ZstdCompressor(write_checksum=True).compress(LOG),
                          b"".join(member(p) for p in pieces(LOG, 30)) + b"\0" * 20][i % 3])
        for _ in range(r.choice([1, 1, 5])):
            at = r.randrange(12, len(data) - 100)
            data[at] ^= 1 << r.randrange(8)
        for binary in hostile_binaries():
            put("list.txt", CONTROLLER + "\n")
            p = nezumi("analyze", "--json", "-i", "list.txt", put("conn.log", bytes(data)), binary=binary)
            assert p.returncode == 2 or b'"rejected":[]' not in p.stdout, "damage %d passed without a word" % i


@check
def others():
    """bzip2, xz, ZIP, lz4 and the like are refused by name and not read as text."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as f:
        f.writestr("conn.log", LOG)
    for data in (bz2.compress(LOG), lzma.compress(LOG), archive.getvalue(), b"\x04\x22\x4d\x18\x64\x40\xa7" + b"\x80" * 5000,
                 zlib.compress(LOG)):
        refused(data, "")


if __name__ == "__main__":
    main()
