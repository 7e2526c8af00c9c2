# SPDX-License-Identifier: Apache-2.0
"""Files of nfdump: what nfdump itself says about each flow is what is judged, in every layout and compression."""

import glob
import os
import shutil
import subprocess

import nfcapd_files
from interop import BINARY, ROOT, analyze, check, hostile_binaries, main, put, read, same

SHARED = os.path.abspath(os.environ.get("NEZUMI_SHARED") or os.path.join(ROOT, "..", "shared"))
FLOWS = nfcapd_files.flows(2000)
SAID = nfcapd_files.without_icmp_ports(FLOWS)


def needs_nfdump(function):
    """Without nfdump a check says so by its name and is done."""
    def without():
        print("skipped (no nfdump): " + function.__doc__)
    without.__doc__ = function.__doc__
    return check(function if nfcapd_files.NFDUMP else without)


def counted(v, header):
    """The same without names of files, and lines counted without the header."""
    if isinstance(v, list):
        return [counted(x, header) for x in v]
    if isinstance(v, dict):
        return {k: x - header if k == "line" else counted(x, header) for k, x in v.items() if k != "path"}
    return v


def judged(path, listed, header=0, binary=BINARY):
    """What is found when all these addresses are listed."""
    put("list.txt", "\n".join(listed) + "\n")
    answer = analyze("-i", "list.txt", path, binary=binary)
    return answer, {k: counted(answer[k], header) for k in ("findings", "excluded", "totals")}


def like_nfdump(path, about=""):
    """The file is judged as a CSV of what nfdump says, flow by flow (each has its own controller)."""
    flows = nfcapd_files.said(path)
    listed = sorted({f["dst"] for f in flows})
    csv = put("flows.csv", nfcapd_files.as_csv(flows))
    answer, got = judged(path, listed)
    same(read(answer, path), (len(flows), 0), about + ": records, malformed")
    same(got, judged(csv, listed, header=1)[1], about)
    return flows, got


@needs_nfdump
def layout_1():
    """nfdump reads what is written in the layout of 1.6, and so does this."""
    said, got = like_nfdump(put("f", nfcapd_files.file_1_6(FLOWS)))
    same(said, SAID)
    if len(got["findings"]) < len(FLOWS) // 4:
        raise AssertionError("only %d findings" % len(got["findings"]))
    like_nfdump(put("f", nfcapd_files.file_1_6(FLOWS[:100], packing=8)), "bzip2")


@needs_nfdump
def layout_2():
    """nfdump reads what is written in the layout of 1.7, and so does this."""
    said, _ = like_nfdump(put("f", nfcapd_files.file_1_7(FLOWS)))
    same(said, SAID)


@needs_nfdump
def written_by_nfdump():
    """What nfdump writes, in every compression it has."""
    put("f", nfcapd_files.file_1_6(FLOWS))
    for option in ("", "-z", "-j", "-y"):
        nfcapd_files.nfdump("-r", "f", "-w", "g", *([option] if option else []))
        same(like_nfdump("g", option)[0], SAID, option)


@needs_nfdump
def packed_anew():
    """Files that were packed anew by nfdump -J, which leaves blocks of 1.6 in files of 1.7."""
    for method in "0123":
        put("f", nfcapd_files.file_1_6(FLOWS, packing=0 if method != "0" else 8))
        nfcapd_files.nfdump("-J", method, "-r", "f")
        same(like_nfdump("f", method)[0], SAID, method)


@needs_nfdump
def renamed():
    """Another name in the file, longer or shorter, leaves its flows as they are."""
    put("f", nfcapd_files.file_1_7(FLOWS))
    nfcapd_files.nfdump("-r", "f", "-w", "g")
    for name in ("a-name-that-is-long", "b", "c" * 100, "d"):
        nfcapd_files.nfdump("-i", name, "-r", "g")
        like_nfdump("g", name)


@needs_nfdump
def joined():
    """Flows that nfdump joined to both directions, and aggregated ones."""
    back = [dict(f, src=f["dst"], dst=f["src"], sport=f["dport"], dport=f["sport"]) for f in FLOWS[::3]]
    put("f", nfcapd_files.file_1_7([dict(f, packets_back=0, bytes_back=0) for f in FLOWS + back]))
    for option in ("-b", "-B", "-a"):
        nfcapd_files.nfdump("-r", "f", option, "-w", "g")
        like_nfdump("g", option)


@needs_nfdump
def shared_file():
    """A file of 1.6 from a real network."""
    path = os.path.join(SHARED, "data/telemetry/netflow/test1-malicious.nfdump")
    if not os.path.exists(path):
        print("skipped: no " + os.path.basename(path))
        return
    shutil.copy(path, "f")
    like_nfdump("f")
    nfcapd_files.nfdump("-r", "f", "-b", "-y", "-w", "g")
    like_nfdump("g", "joined")


@needs_nfdump
def from_traces():
    """What nfpcapd makes of traces, addresses made public ones by nfanon."""
    traces = [t for t in sorted(glob.glob(os.path.join(SHARED, "data/telemetry/pcap/zeek/*.pcap")))
              if os.path.getsize(t) < 200000][::20]
    if not traces or not shutil.which("nfpcapd") or not shutil.which("nfanon"):
        print("skipped: no traces or no nfpcapd")
    seen = 0
    for trace in traces if shutil.which("nfpcapd") and shutil.which("nfanon") else []:
        os.makedirs("flows")
        subprocess.run(["nfpcapd", "-r", trace, "-w", "flows", "-o", "fat,payload"], stdin=subprocess.DEVNULL,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=900, check=False)
        for path in glob.glob("flows/*"):
            if not nfcapd_files.said(path):
                continue
            subprocess.run(["nfanon", "-K", "abcdefghijklmnopqrstuvwxyz012345", "-r", path, "-w", "anon"], check=True,
                           stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            seen += len(like_nfdump("anon", os.path.basename(trace))[0])
        shutil.rmtree("flows")
    if traces and not seen:
        raise AssertionError("no flows")


@check
def damaged():
    """A block that is damaged is lost alone, and told."""
    data = bytearray(nfcapd_files.file_1_7(FLOWS[:400], per_block=40))
    at = 40
    for _ in range(3):
        at += 12 + int.from_bytes(data[at + 4:at + 8], "little")
    data[at + 4:at + 8] = b"\xff\xff\xff\x7f"
    for binary in hostile_binaries():
        answer, got = judged(put("f", data), [f["dst"] for f in FLOWS[:400]], binary=binary)
        same(read(answer, "f"), (360, 2))
        lost = {f["dst"] for f in FLOWS[120:160]}
        same([f["controller"] for f in got["findings"] if f["controller"] in lost], [])


if __name__ == "__main__":
    main()
