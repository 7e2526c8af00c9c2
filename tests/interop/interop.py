# SPDX-License-Identifier: Apache-2.0
"""What all checks share: the binary, a folder of their own, telemetry to look through, and a line for each check.

The binary is $NEZUMI (else build/release/nezumi). Hostile input goes to the one with sanitizers as well, where there is
one no older. What is not the program itself gets no network.
"""

import collections
import json
import os
import socket
import subprocess
import sys
import tempfile
import traceback

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BINARY = os.path.abspath(os.environ.get("NEZUMI") or os.path.join(ROOT, "build/release/nezumi"))
SANITIZED = os.environ.get("NEZUMI_ASAN") or os.path.join(ROOT, "build/asan/nezumi")
SECONDS = 900  # against what hangs
FIXED = ["--owners", "none", "--no-builtin"]

T0 = 1543737600  # 2018-12-02T08:00:00Z
DAY = 86400


def _refuse(*_):
    raise OSError("checks have no network")


socket.socket.connect = socket.create_connection = socket.getaddrinfo = _refuse

# ---- checks ----------------------------------------------------------------------------------------

_checks = []


def check(function):
    """A function without arguments is a check; the first line of its docstring says what is true."""
    _checks.append(function)
    return function


def same(got, want, about=""):
    """Equal, or say both."""
    if got != want:
        raise AssertionError("%s%s\n  instead of %s" % (about and about + ": ", _short(got), _short(want)))


def _short(v):
    text = v if isinstance(v, str) else repr(v)
    return text if len(text) < 1200 else text[:1200] + " ..."


def main():
    """Run the checks of a script in a folder of their own; the last line counts them."""
    if not os.access(BINARY, os.X_OK):
        print("there is no %s; build it or set NEZUMI\n0 passed, 1 failed" % BINARY)
        sys.exit(1)
    passed = failed = 0
    for one in _checks:
        title = one.__doc__.split("\n")[0].rstrip(".")
        with tempfile.TemporaryDirectory(prefix="nezumi-interop-") as folder:
            os.chdir(folder)
            try:
                one()
                passed += 1
                print("ok      " + title)
            except Exception as e:  # whatever a client raises is a failed check
                failed += 1
                what = str(e) if isinstance(e, AssertionError) and str(e) else traceback.format_exc(limit=-4)
                print("FAILED  %s (%s)\n%s" % (title, one.__name__, "\n".join("  " + x for x in what.split("\n"))))
            os.chdir("/")
        sys.stdout.flush()
    print("%d passed, %d failed" % (passed, failed))
    sys.exit(1 if failed or not passed else 0)


# ---- the program -----------------------------------------------------------------------------------

def _environment():
    keep = {k: v for k, v in os.environ.items() if not k.startswith(("NEZUMI", "XDG_", "LC_")) and k != "NO_COLOR"}
    # Status 1 means "nothing found", so that a sanitizer must end with another one.
    keep.update(LANG="C.UTF-8", TZ="UTC", COLUMNS="80", HOME=os.getcwd(), ASAN_OPTIONS="exitcode=99",
                LSAN_OPTIONS="exitcode=99", UBSAN_OPTIONS="print_stacktrace=1:exitcode=99")
    return keep


def hostile_binaries():
    """The binary, and the one with sanitizers unless it is older (then it is another program)."""
    out = [BINARY]
    if os.access(SANITIZED, os.X_OK) and os.path.getmtime(SANITIZED) >= os.path.getmtime(BINARY):
        out.append(os.path.abspath(SANITIZED))
    return out


def nezumi(*args, status=None, binary=BINARY, stdin=b"", leaks=True):
    """Run to the end: the finished process, out in bytes and err in text. A crash is a failed check."""
    env = _environment()
    env["ASAN_OPTIONS"] += ":detect_leaks=%d" % leaks
    p = subprocess.run([binary, *args], input=stdin, capture_output=True, timeout=SECONDS, env=env)
    p.stderr = p.stderr.decode("utf-8", "replace")
    if p.returncode not in (0, 1, 2) or "runtime error:" in p.stderr or "Sanitizer" in p.stderr:
        raise AssertionError("status %d from %s\n%s" % (p.returncode, " ".join(args), p.stderr))
    if status is not None:
        same(p.returncode, status, "exit status\n%s" % p.stderr)
    return p


def analyze(*args, status=None, fixed=FIXED, **kw):
    """The answer of `analyze --json`."""
    p = nezumi("analyze", *fixed, "--json", *args, status=status, **kw)
    if not p.stdout:
        raise AssertionError("no answer, status %d\n%s" % (p.returncode, p.stderr))
    return json.loads(p.stdout)


def put(name, content):
    """Write a file into the folder of the check; its name comes back."""
    if os.path.dirname(name):
        os.makedirs(os.path.dirname(name), exist_ok=True)
    with open(name, "wb") as f:
        f.write(content.encode() if isinstance(content, str) else content)
    return name


# ---- telemetry -------------------------------------------------------------------------------------

COLUMNS = {
    "conn": "ts uid id.orig_h id.orig_p id.resp_h id.resp_p proto service duration orig_bytes resp_bytes conn_state "
            "history orig_pkts resp_pkts",
    "dns": "ts uid id.orig_h id.orig_p id.resp_h id.resp_p proto query qtype_name rcode answers TTLs",
    "http": "ts uid id.orig_h id.orig_p id.resp_h id.resp_p method host uri status_code"}


def zeek(kind, rows):
    """A Zeek log; what a row does not say is unset."""
    columns = COLUMNS[kind].split()
    return ("#separator \\x09\n#set_separator\t,\n#empty_field\t(empty)\n#unset_field\t-\n#path\t%s\n#fields\t%s\n"
            % (kind, "\t".join(columns))
            + "".join("\t".join(str(r.get(c, "-")) for c in columns) + "\n" for r in rows))


def conn(host, controller, port=443, at=T0):
    """An answered connection as a row."""
    return {"ts": "%.6f" % at, "uid": "C1", "id.orig_h": host, "id.orig_p": 50000, "id.resp_h": controller,
            "id.resp_p": port, "proto": "tcp", "duration": "1.500000", "orig_bytes": 300, "resp_bytes": 700,
            "conn_state": "SF", "history": "ShADadFf", "orig_pkts": 6, "resp_pkts": 5}


# ---- what a list says, seen through the answer -----------------------------------------------------

# Something to look for: an address with a port, a domain, or a URL; at a time.
Probe = collections.namedtuple("Probe", "value port at", defaults=(443, T0))

# What came of it. how: "named" port, "on" (no port named), "off" its port, "outside" its validity. That the role is not
# controller shows on a named port only.
Seen = collections.namedtuple("Seen", "controller how families sources role", defaults=((), (), "controller"))


def _telemetry(probes):
    """A host for each probe, and a record of it."""
    rows = {k: [] for k in COLUMNS}
    for i, p in enumerate(probes):
        host = "10.1.%d.%d" % (i >> 8, i & 255)
        row = conn(host, p.value, p.port, p.at)
        if p.value.startswith("http:"):
            where, _, path = p.value[7:].partition("/")
            rows["http"].append({**row, "id.resp_h": "192.0.2.80", "id.resp_p": 80, "method": "GET", "host": where,
                                 "uri": "/" + path, "status_code": 200})
        elif ":" not in p.value and not p.value.replace(".", "").isdigit():
            rows["dns"].append({**row, "id.resp_h": "192.0.2.53", "id.resp_p": 53, "proto": "udp", "query": p.value,
                                "qtype_name": "A", "rcode": 0})
        else:
            rows["conn"].append(row)
    return [put("look/%s.log" % k, zeek(k, r)) for k, r in rows.items() if r]


def look(files, probes, binary=BINARY):
    """What the indicators of some files say about each probe: ({probe: Seen or None}, answer)."""
    probes = list(probes)
    answer = analyze("--validity", "strict", *(x for f in files for x in ("-i", f)), *_telemetry(probes),
                     binary=binary)
    where = {"10.1.%d.%d" % (i >> 8, i & 255): p for i, p in enumerate(probes)}
    out = dict.fromkeys(probes)
    for f in answer["findings"]:
        parts = {p["part"] for p in f["score_parts"]}
        how = "off" if not f["records"] else "named" if "port" in parts else "on"
        role = "other" if "cap-role" in parts else "controller"
        out[where[f["host"]]] = Seen(f["controller"], how, tuple(f["families"]), tuple(f["sources"]), role)
    for x in answer["excluded"]:
        same(x["reason"], "outside-validity")
        out[where[x["host"]]] = Seen(x["controller"], "outside")
    return out, answer


def read(answer, path):
    """(records, malformed) of one input."""
    return next((i["records"], i["malformed"]) for i in answer["inputs"] if i["path"] == path)
