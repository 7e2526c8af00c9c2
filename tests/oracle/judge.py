# SPDX-License-Identifier: Apache-2.0
"""Matching and judgement, rule by rule as docs/judgement.md states them. The numbers of the
sections stand beside the code."""

import values as v
import special
from inputs import Suffixes

SECOND = v.MICRO
LOOKUP, ATTEMPT, ESTABLISHED, TWO_WAY = 20, 25, 35, 45  # in order, and worth as many points
ROLES_KEPT = ("scanner", "sinkhole", "infected-host")


class Settings:
    def __init__(self, since=None, until=None, validity="grace", grace=30 * v.DAY, shared=4):
        self.since, self.until = since, until
        self.validity, self.grace, self.shared = validity, 0 if validity == "strict" else grace, shared


# -- 1. indicators ------------------------------------------------------------------------------

def add_role_lists(indicators, lists):
    """Scanner and sinkhole indicators join the exclusions of that class."""
    from inputs import Entry
    for i in indicators:
        if i.role not in ("scanner", "sinkhole"):
            continue
        entry = Entry(i.role, i.role, i.source, i.value)
        if i.net:
            lists.add_net(i.net, entry)
        elif i.kind == "domain":
            lists.add_name(i.value, False, entry)


def withheld_reason(i, lists, suffixes):
    net = i.net
    if i.kind == "url":
        ip = v.address(i.host)
        net = (ip[0], ip[1], v.BITS[ip[0]]) if ip else None
    if net and special.overlaps(net):
        return "special-purpose"
    if i.kind == "cidr" and net[2] < (16 if net[0] == 4 else 32):
        return "too-broad"
    if i.kind == "domain" and suffixes.is_suffix(i.value):
        return "too-broad"
    if net and "benign" in lists.nets:
        if i.kind == "cidr":
            if lists.nets["benign"].overlapping(net):
                return "allow-listed"
        elif lists.holder("benign", (net[0], net[1])):
            return "allow-listed"
    if i.kind == "domain" or (i.kind == "url" and not net):
        if lists.lookup(i.host)[0] == "benign":
            return "allow-listed"
    if i.kind == "domain" and lists.benign_below(i.value):
        return "allow-listed"
    if i.revoked:
        return "expired"
    return None


class Listed:
    """The indicators that are matched."""

    def __init__(self, indicators, lists, suffixes=None):
        suffixes = suffixes or Suffixes()
        self.nets, self.domains, self.urls, self.withheld = v.Networks(), {}, {}, []
        known = {}
        for i in indicators:
            if i.kind == "hash" or i.role in ROLES_KEPT:
                continue
            if i.value not in known:
                known[i.value] = withheld_reason(i, lists, suffixes)
            reason = "expired" if i.revoked and known[i.value] is None else known[i.value]
            if reason:
                self.withheld.append((i.value, reason, i.source))
            elif i.net:
                self.nets.add(i.net, i)
            elif i.kind == "domain":
                self.domains.setdefault(i.value, []).append(i)
            else:
                self.urls.setdefault(i.value, []).append(i)

    def domain_of(self, name):
        """The longest listed domain that the name is or lies under."""
        if name:
            for top in v.parents(name):
                if top in self.domains:
                    return top
        return None


# -- 4. names -----------------------------------------------------------------------------------

class Names:
    def __init__(self, records):
        self.answers = {}        # (client, address) -> [(from, until, name)]
        self.clients = {}        # address -> [(from, until, name, client)]
        self.conversations = {}  # (originator, port, responder, port) -> [(ts, name)]
        for r in records:
            if r.kind == "dns" and r.name:
                for ip, ttl in r.answers:
                    life = min(max(3600 * SECOND if ttl is None else ttl, 60 * SECOND), 7 * v.DAY)
                    since, until = r.ts - SECOND, r.ts + life
                    if r.passive:  # seen again and again, for no client
                        until += r.duration
                    self.answers.setdefault((r.oip, ip), []).append((since, until, r.name))
                    self.clients.setdefault(ip, []).append((since, until, r.name, r.oip))
            elif r.kind in ("tls", "http") and r.name:
                key = (r.oip, r.oport, r.rip, r.rport)
                self.conversations.setdefault(key, []).append((r.ts, r.name))

    def conversation(self, flow):
        """{name: sides} of the flow's conversation; the side is that of the one who was called."""
        out = {}
        forth = (flow.oip, flow.oport, flow.rip, flow.rport)
        back = (flow.rip, flow.rport, flow.oip, flow.oport)
        for key, side in ((forth, "resp"), (back, "orig")):
            for ts, name in self.conversations.get(key, ()):
                if flow.ts - SECOND <= ts <= flow.ts + flow.duration + SECOND:
                    out.setdefault(name, set()).add(side)
        return out

    def fresh(self, host, ip, ts):
        return {n for since, until, n in self.answers.get((host, ip), ()) if since <= ts <= until}

    def fresh_of_others(self, host, ip, ts):
        return {n for since, until, n, c in self.clients.get(ip, ())
                if c != host and since <= ts <= until}

    def of(self, r, host, ip):
        """The names of an address touch of record r between host and the controller's address ip."""
        if r.kind == "dns":
            return set()
        if r.kind == "flow":
            called = set(self.conversation(r))
            return called or self.fresh(host, ip, r.ts)
        return {r.name} if r.name else self.fresh(host, ip, r.ts)


def name_class(names, listed, lists):
    if not names:
        return "none"
    for name in names:
        top = listed.domain_of(name)
        if top:
            longest = max([n for n, _ in lists.covering(name)] or [0])
            if v.labels(top) >= longest:
                return "listed"
    if any(lists.lookup(name)[0] == "benign" for name in names):
        return "benign"
    return "other"


def benign_beyond(name, top, lists):
    """Has the name a longer benign entry than the listed domain top?"""
    cls, length = lists.lookup(name)
    return cls == "benign" and length > v.labels(top)


# -- 2. touches ---------------------------------------------------------------------------------

class Touch:
    __slots__ = ("record", "kind", "controller", "side", "ip", "host", "indicators", "names",
                 "opened", "level", "excluded", "grace", "on", "named", "inbound", "live", "cls")

    def __init__(self, record, kind, controller, side, indicators, names=()):
        """side: the controller's, 'orig' or 'resp'."""
        self.record, self.kind, self.controller, self.side = record, kind, controller, side
        self.ip = record.oip if side == "orig" else record.rip
        self.host = record.rip if side == "orig" else record.oip
        self.indicators, self.names = indicators, set(names)
        self.excluded, self.cls = None, None
        self.grace = self.on = self.named = self.inbound = False
        self.live = []

    def port(self):
        return self.record.oport if self.side == "orig" else self.record.rport

    def host_first(self, orig, resp):
        """(host's, controller's) out of the originator's and responder's."""
        return (resp, orig) if self.side == "orig" else (orig, resp)

    def bytes(self):
        r = self.record
        return self.host_first(r.obytes, r.rbytes) if r.kind == "flow" else (0, 0)

    def order(self):
        return (self.record.ts, self.record.path, self.record.line)


def touches(r, listed, names):
    if r.passive or r.oip == r.rip:
        return []
    out = []
    for side, ip in (("orig", r.oip), ("resp", r.rip)):
        if r.kind == "dns" and side == "orig":
            continue
        held = [i for _, i in listed.nets.holding(ip)]
        if held:
            out.append(Touch(r, "address", v.address_text(ip), side, held))
    if r.kind != "flow":
        top = listed.domain_of(r.name)
        if top:
            out.append(Touch(r, "domain", top, "resp", listed.domains[top], [r.name]))
        if r.kind == "http" and r.url in listed.urls:
            out.append(Touch(r, "url", r.url, "resp", listed.urls[r.url]))
        return out
    if not listed.domains:
        return out
    called = names.conversation(r)
    for side, ip, host in (("orig", r.oip, r.rip), ("resp", r.rip, r.oip)):
        if called:
            mine = {n for n, sides in called.items() if side in sides}
        else:
            mine = names.fresh(host, ip, r.ts) or names.fresh_of_others(host, ip, r.ts)
        tops = {}
        for n in mine:
            top = listed.domain_of(n)
            if top:
                tops.setdefault(top, set()).add(n)
        for top in sorted(tops):
            out.append(Touch(r, "resolution", top, side, listed.domains[top], tops[top]))
    return out


# -- 3. opener and level ------------------------------------------------------------------------

def settle_opener(t):
    """'orig' or 'resp'."""
    r = t.record
    if r.opener != "unknown":
        return r.opener
    if t.kind == "address" and t.port() and any(i.port == t.port() for i in t.indicators):
        return "resp" if t.side == "orig" else "orig"
    if r.oport < r.rport:
        return "resp"
    return "orig"


def level_of(r, opener):
    if r.kind == "dns":
        return LOOKUP
    if r.kind in ("tls", "http"):
        return TWO_WAY if r.done else ESTABLISHED
    if r.oneway:
        return ATTEMPT if r.refused or (opener == "orig" and not r.ack) else ESTABLISHED
    if r.handshake is None:
        came_back = (r.rpkts or r.rbytes) if opener == "orig" else (r.opkts or r.obytes)
        reached = bool(came_back)
    else:
        reached = r.handshake
    if not reached:
        return ATTEMPT
    return TWO_WAY if r.opay > 0 and r.rpay > 0 else ESTABLISHED


# -- 5. each touch ------------------------------------------------------------------------------

def validity(i, ts, settings):
    if settings.validity == "any":
        return "in"
    outside = 0
    if i.since is not None and ts < i.since:
        outside = i.since - ts
    if i.until is not None and ts > i.until:
        outside = ts - i.until
    if outside == 0:
        return "in"
    return "grace" if outside <= settings.grace else "out"


def port_on(i, t):
    if t.kind != "address" or t.record.kind == "dns":
        return True
    return i.port == 0 or i.port == t.port()


def judge_touch(t, listed, lists, names, settings):
    r = t.record
    t.opened = settle_opener(t)
    t.level = level_of(r, t.opened)
    by_controller = t.opened == t.side
    if t.kind == "address":
        t.cls = name_class(names.of(r, t.host, t.ip), listed, lists)
    stated = [(i, validity(i, r.ts, settings)) for i in t.indicators]
    t.live = [i for i, how in stated if how != "out"]
    if t.kind in ("address", "resolution"):
        answered = t.side == "resp" and r.opay > 0 if r.oneway else t.level == TWO_WAY
        if by_controller and not answered:
            t.excluded = "inbound-only"
        elif r.kind == "flow" and not r.oneway:
            host, controller = t.host_first(r.opkts + r.obytes, r.rpkts + r.rbytes)
            if host == 0 and controller > 0:
                t.excluded = "inbound-only"
    if not t.excluded and not t.live:
        t.excluded = "outside-validity"
    if not t.excluded:
        if t.kind == "address":
            if t.cls == "benign":
                t.excluded = "benign-name"
        elif t.kind != "url" and all(benign_beyond(n, t.controller, lists) for n in t.names):
            t.excluded = "benign-name"
    if t.excluded:
        return
    best = min((0 if port_on(i, t) else 2) + (0 if how == "in" else 1)
               for i, how in stated if how != "out")
    t.on, t.grace = best < 2, best % 2 == 1
    t.named = (t.kind == "address" and r.kind != "dns" and t.port() != 0
               and any(i.port == t.port() for i in t.live))
    t.inbound = by_controller


# -- 6. hosts that are no victims ---------------------------------------------------------------

HOST_KINDS = ("scanner", "sinkhole", "research", "resolver", "hosting")
HOST_CLASSES = ("scanner", "sinkhole", "research", "benign", "provider")


def organisation_of(host, table):
    held = table.holding(host)
    return held[0][1] if held else None


def no_victim(host, table, lists):
    """(reason, list, entry) or None."""
    org = organisation_of(host, table)
    if org and org.kind in HOST_KINDS:
        return org.kind, org.path, org.network
    for cls in HOST_CLASSES:
        held = lists.holder(cls, host)
        if held:
            return held[1].reason, held[1].list, held[1].text
    return None


# -- 8. regularity ------------------------------------------------------------------------------

def first_mode(values, window):
    """The centre with most values in its window, the smallest of equals, and those values."""
    best, chosen = None, []
    for c in sorted(set(values)):
        near = [d for d in values if abs(d - c) <= window(c)]
        if len(near) > len(chosen):
            best, chosen = c, near
    return best, chosen


def regularity(main):
    chosen = [t for t in main if t.record.kind == "flow"]
    if not chosen:
        chosen = [t for t in main if t.record.kind == "dns"]
    if not chosen:
        chosen = main
    points = sorted((t.record.ts, t.bytes()[0]) for t in chosen)[:512]
    kept = []
    for p in points:
        if not kept or p[0] - kept[-1][0] >= SECOND:
            kept.append(p)
    if len(kept) < 8:
        return 0
    intervals = [b[0] - a[0] for a, b in zip(kept, kept[1:])]

    def time_window(c):
        return max(c // 10, SECOND // 2)

    centre, first = first_mode(intervals, time_window)
    rest = [d for d in intervals if abs(d - centre) > time_window(centre)]
    second = first_mode(rest, time_window)[1]
    i = 100 * (len(first) + len(second)) // len(intervals)
    sizes = first_mode([p[1] for p in kept], lambda c: max(c // 10, 32))[1]
    z = 100 * len(sizes) // len(kept)
    return (2 * i + z) // 3


# -- 7. findings --------------------------------------------------------------------------------

def votes(touched):
    count = {}
    for t in touched:
        if t.record.kind != "dns":
            count[t.port()] = count.get(t.port(), 0) + 1
    return min(count, key=lambda p: (-count[p], p)) if count else None


def judge_pair(counted, kin, lists):
    """The finding of one (host, controller). kin: families that the host shares with another controller."""
    counted = sorted(counted, key=Touch.order)
    on = [t for t in counted if t.on]
    off = [t for t in counted if not t.on]
    outbound = [t for t in on if not t.inbound]
    main = outbound or on or counted
    live = [i for t in counted for i in t.live]
    families = sorted({i.family for i in live if i.family})
    sources = sorted({i.source for i in live})
    one = [t for t in counted if t.record.oneway and t.record.opay > 0]
    both_ways = len({t.side for t in one}) == 2
    port = votes(on)
    if port is None:
        port = votes(off)
    days = len({t.record.ts // v.DAY for t in counted})
    evidence = max(t.level for t in main)
    if both_ways:
        evidence = max(evidence, TWO_WAY)
    if not on:
        evidence //= 2
    n = len(main)
    regular = regularity(main)
    domain_like = counted[0].kind != "address"
    parts = {
        "evidence": evidence,
        "port": 15 if any(t.named for t in main) else 0,
        "repetition": 20 if n >= 100 else 15 if n >= 30 else 10 if n >= 10 else 5 if n >= 3 else 0,
        "days": 10 if days >= 5 else 5 if days >= 2 else 0,
        "regularity": 20 if regular >= 80 else 10 if regular >= 60 else 0,
        "family": 10 if kin else 0,
        "names": 10 if (any(t.kind == "address" and t.cls == "listed" for t in main) or
                        (domain_like and len({t.record.kind for t in main}) >= 2)) else 0,
        "sources": 5 if len(sources) >= 2 else 0,
        "grace": -15 if all(t.grace for t in counted) else 0,
    }
    score = max(0, min(100, sum(parts.values())))
    if not on:
        score = min(score, 49)
    if all(t.inbound for t in counted):
        score = min(score, 30)
    if (not domain_like and lists.holder("provider", counted[0].ip)
            and all(t.cls == "other" for t in counted)):
        score = min(score, 40)
    if not any(i.role == "controller" for i in live):
        score = min(score, 49)
    return {
        "host": v.address_text(counted[0].host),
        "controller": counted[0].controller,
        "port": port or 0,
        "protocol": next((t for t in counted if t.record.kind != "dns"), counted[0]).record.proto,
        "families": families,
        "sources": sources,
        "records": len(on),
        "records_other_port": len(off),
        "established": sum(1 for t in counted if t.level >= ESTABLISHED),
        "bytes_out": sum(t.bytes()[0] for t in counted),
        "bytes_in": sum(t.bytes()[1] for t in counted),
        "first_seen": v.time_text(counted[0].record.ts),
        "last_seen": v.time_text(counted[-1].record.ts),
        "days": days,
        "score": score,
        "confidence": "high" if score >= 75 else "medium" if score >= 50 else "low",
        "evidence": [{"path": t.record.path, "line": t.record.line, "time": v.time_text(t.record.ts),
                      "kind": t.record.kind} for t in counted[:10]],
        "_parts": parts,
        "_regularity": regular,
    }


def org_fields(org):
    if org is None:
        return {"id": "unknown", "name": "", "sector": "", "country": "", "kind": "unknown"}
    return {"id": org.id, "name": org.name, "sector": org.sector, "country": org.country, "kind": org.kind}


def analyse(indicators, table, lists, records, settings, suffixes=None):
    """The judged part of `analyze --json` as one dictionary."""
    add_role_lists(indicators, lists)
    listed = Listed(indicators, lists, suffixes)
    names = Names(records)

    matched = excluded_records = 0
    aside = {}    # (host, controller, reason, list, entry) -> records
    pairs = {}    # (host, controller) -> counted touches
    per_record = []
    for r in records:
        found = touches(r, listed, names)
        if not found:
            continue
        matched += 1
        per_record.append(found)
        for t in found:
            judge_touch(t, listed, lists, names, settings)
            if t.excluded:
                key = (v.address_text(t.host), t.controller, t.excluded, "", "")
                aside[key] = aside.get(key, 0) + 1
            else:
                pairs.setdefault((t.host, t.controller), []).append(t)

    spared = {host: no_victim(host, table, lists) for host, _ in pairs}
    for (host, controller), counted in sorted(pairs.items()):
        if spared[host]:
            reason, list_name, entry = spared[host]
            key = (v.address_text(host), controller, reason, list_name, entry)
            aside[key] = aside.get(key, 0) + len(counted)
            for t in counted:
                t.excluded = reason
    pairs = {k: c for k, c in pairs.items() if not spared[k[0]]}
    excluded_records = sum(1 for found in per_record if all(t.excluded for t in found))

    holders = {}  # (host, family) -> controllers
    for (host, controller), counted in pairs.items():
        for f in {i.family.lower() for t in counted for i in t.live if i.family}:
            holders.setdefault((host, f), set()).add(controller)

    findings = []
    for (host, controller), counted in pairs.items():
        kin = {f for (h, f), cs in holders.items() if h == host and controller in cs and len(cs) >= 2}
        f = judge_pair(counted, kin, lists)
        f["_kin"] = sorted(kin)
        f["organisation"] = org_fields(organisation_of(host, table))
        findings.append(f)
    findings.sort(key=lambda f: (-f["score"], f["host"], f["controller"]))

    out = {
        "findings": findings,
        "excluded": [{"host": k[0], "controller": k[1], "reason": k[2], "detail": {"list": k[3], "entry": k[4]},
                      "records": n} for k, n in sorted(aside.items())],
        "withheld": [{"value": a, "reason": b, "source": c} for a, b, c in sorted(set(listed.withheld))],
    }
    out["controllers"] = controllers_of(findings, lists)
    out["organisations"] = organisations_of(findings)
    out["alerts"] = alerts_of(findings, settings.shared)
    out["totals"] = {
        "records": sum(not r.passive for r in records), "matched": matched, "excluded": excluded_records,
        "controllers": len(out["controllers"]), "hosts": len({f["host"] for f in findings}),
        "organisations": len(out["organisations"]), "findings": len(findings),
    }
    return out


def moments(found):
    return (min(v.time(f["first_seen"]) for f in found), max(v.time(f["last_seen"]) for f in found))


def grouped(findings, key):
    out = {}
    for f in findings:
        out.setdefault(key(f), []).append(f)
    return out


def action(value, lists):
    """(action, reason), by the lists alone: what a controller is shared with is not blocked."""
    host = value
    if "://" in value:
        host = value.split("://", 1)[1].split("/", 1)[0]
        host = host[1:host.index("]")] if host.startswith("[") else host.split(":", 1)[0]
    ip = v.address(host)
    named = None if ip else lists.lookup(host)[0]
    for cls in ("sinkhole", "research", "scanner", "provider"):
        if lists.holder(cls, ip) if ip else named == cls:
            return "inform", cls
    return "block", "listed"


def controllers_of(findings, lists):
    out = []
    for value, found in grouped(findings, lambda f: f["controller"]).items():
        first, last = moments(found)
        out.append({
            "value": value,
            "families": sorted({x for f in found for x in f["families"]}),
            "hosts": len({f["host"] for f in found}),
            "organisations": len({f["organisation"]["id"] for f in found}),
            "records": sum(f["records"] for f in found),
            "first_seen": v.time_text(first), "last_seen": v.time_text(last),
            "action": action(value, lists)[0], "action_reason": action(value, lists)[1],
        })
    out.sort(key=lambda c: (-c["organisations"], -c["hosts"], c["value"]))
    return out


def organisations_of(findings):
    out = []
    for ident, found in sorted(grouped(findings, lambda f: f["organisation"]["id"]).items()):
        first, last = moments(found)
        o = dict(found[0]["organisation"])
        o.update({
            "hosts": len({f["host"] for f in found}),
            "controllers": sorted({f["controller"] for f in found}),
            "families": sorted({x for f in found for x in f["families"]}),
            "first_seen": v.time_text(first), "last_seen": v.time_text(last),
            "score": max(f["score"] for f in found),
        })
        out.append(o)
    return out


def alerts_of(findings, shared):
    out = []
    for value, found in sorted(grouped(findings, lambda f: f["controller"]).items()):
        ids = {f["organisation"]["id"] for f in found} - {"unknown"}
        if len(ids) >= shared:
            out.append({"rule": "controller-shared", "subject": value, "organisations": sorted(ids)})
    return out
