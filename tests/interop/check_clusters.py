# SPDX-License-Identifier: Apache-2.0
"""Clusters of controllers and organisations against networkx: the same components, communities as good as its Louvain's."""

import os
import random
import statistics

import networkx as nx

from interop import T0, analyze, check, conn, main, put, same, zeek

SEED = int(os.environ.get("NEZUMI_SEED", "1"))
LARGE = 12  # nodes of a component that is divided (docs/judgement.md, section 9)


def graph(edges):
    """[(controller, organisation, records)] with the weights that the clusters are made with."""
    g = nx.Graph()
    for c, o, n in edges:
        g.add_edge("c%d" % c, "o%d" % o, weight=n.bit_length())  # 1 + log2 of n, rounded down
    return g


def clusters(edges, *more):
    """The clusters that the program finds: (sets of nodes, the answer)."""
    address = lambda c: "45.%d.%d.1" % (100 + (c >> 8), c & 255)
    rows, orgs = [], ["network,id,name,sector,country,kind"]
    for o in sorted({o for _, o, _ in edges}):
        orgs.append("10.%d.%d.0/24,o%d,Organisation %d,,," % (o >> 8, o & 255, o, o))
    for c, o, n in edges:
        rows += [conn("10.%d.%d.%d" % (o >> 8, o & 255, 1 + i % 3), address(c), at=T0 + 60 * i) for i in range(n)]
    names = {address(c): "c%d" % c for c, _, _ in edges}
    answer = analyze("-i", put("list.txt", "\n".join(names) + "\n"), "-o", put("orgs.csv", "\n".join(orgs) + "\n"),
                     put("conn.log", zeek("conn", rows)), *more, status=0)
    return [{names[c] for c in x["controllers"]} | set(x["organisations"]) for x in answer["clusters"]], answer


def ordered(groups):
    return sorted(sorted(g) for g in groups)


def random_edges(r, controllers, organisations, n, first=0, most=40):
    pairs = {(first + r.randrange(controllers), first + r.randrange(organisations)) for _ in range(n)}
    return [(c, o, r.choice([1, 1, 2, 3, 8, most])) for c, o in sorted(pairs)]


def planted(r, groups, size, inside, between, first=0):
    """Groups of controllers and organisations with many edges inside and few between."""
    return [(first + c, first + o, r.choice([1, 2, 4, 16]))
            for c in range(groups * size) for o in range(groups * size)
            if r.random() < (inside if c // size == o // size else between)]


def as_good(g, found):
    """Each large component by itself: its groups are connected, and their modularity is near that of networkx."""
    ratios = []
    for nodes in nx.connected_components(g):
        groups = [x for x in found if x & nodes]
        assert all(x <= nodes for x in groups), "a cluster spans components"
        if len(nodes) <= LARGE:
            same(groups, [nodes], "a small component")
            continue
        part = g.subgraph(nodes)
        assert all(nx.is_connected(part.subgraph(x)) for x in groups), "a cluster that is not connected"
        ours = nx.community.modularity(part, groups)
        theirs = [nx.community.modularity(part, nx.community.louvain_communities(part, seed=s)) for s in range(8)]
        # Where groups are faint, runs of networkx differ by a tenth from each other.
        assert ours >= 0.95 * min(theirs), "modularity %.4f of %d nodes, networkx has %.4f to %.4f (seed %d)" % (
            ours, len(nodes), min(theirs), max(theirs), SEED)
        if max(theirs) > 0.01:  # else there are no groups in it
            ratios.append(ours / statistics.mean(theirs))
    assert statistics.mean(ratios) >= 0.95, "modularity is %.3f of that of networkx (seed %d)" % (statistics.mean(ratios), SEED)


def whole(g, found):
    """Every node lies in exactly one cluster."""
    same(sum(len(x) for x in found), len(g), "nodes in clusters")
    same(set().union(*found), set(g))


@check
def components():
    """many small graphs at once: clusters are the connected components, no more and no fewer."""
    r = random.Random(SEED)
    edges = []
    for i in range(60):
        edges += random_edges(r, r.randint(1, 6), r.randint(1, 6), r.randint(1, 14), first=8 * i, most=4)
    g = graph(edges)
    found, _ = clusters(edges)
    whole(g, found)
    same(ordered(found), ordered(nx.connected_components(g)))


@check
def communities():
    """large components are divided: modularity at least 95 % of what networkx's Louvain finds, every group connected."""
    r = random.Random(SEED)
    for edges in (planted(r, 4, 8, 0.5, 0.02) + planted(r, 1, 12, 0.3, 0.0, first=100) + planted(r, 2, 6, 0.5, 0.1, first=200),
                  planted(r, 6, 5, 0.7, 0.03), random_edges(r, 40, 60, 200),
                  planted(r, 3, 12, 0.3, 0.0) + planted(r, 5, 6, 0.6, 0.02, first=200) + random_edges(r, 30, 30, 45, first=400)):
        g = graph(edges)
        found, _ = clusters(edges)
        whole(g, found)
        as_good(g, found)


@check
def planted_groups():
    """groups that are plainly there are found as they are."""
    r = random.Random(SEED)
    edges = planted(r, 5, 6, 0.9, 0.0) + [(6 * i, 6 * i + 6, 1) for i in range(4)]
    found, _ = clusters(edges)
    same(ordered(found), ordered({"%s%d" % (k, i) for k in "co" for i in range(6 * j, 6 * j + 6)} for j in range(5)))


@check
def extremes():
    """a star, a path, a full graph and a ring of such: what Louvain can do there, ours does."""
    star = [(0, o, 1 + o % 5) for o in range(30)]
    path = [(i, i + d, 1) for i in range(100, 130) for d in (0, 1)]
    full = [(c, o, 2) for c in range(200, 208) for o in range(200, 208)]
    ring = [(300 + 4 * k + c, 300 + 4 * k + o, 1) for k in range(8) for c in range(4) for o in range(4)] \
        + [(300 + 4 * k, 300 + 4 * ((k + 1) % 8), 1) for k in range(8)]
    edges = star + path + full + ring
    g = graph(edges)
    found, _ = clusters(edges)
    whole(g, found)
    as_good(g, found)


@check
def order():
    """clusters come largest first, are numbered, and do not depend on the order of the records or on the threads."""
    r = random.Random(SEED)
    edges = planted(r, 4, 6, 0.6, 0.03) + random_edges(r, 5, 5, 8, first=100)
    found, answer = clusters(edges)
    sizes = [len(x) for x in found]
    same(sizes, sorted(sizes, reverse=True))
    same([c["id"] for c in answer["clusters"]], list(range(1, len(found) + 1)))
    for c in answer["controllers"]:
        assert c["value"] in answer["clusters"][c["cluster"] - 1]["controllers"], "the cluster of " + c["value"]
    r.shuffle(edges)
    same(clusters(edges, "--threads", "2")[1]["clusters"], answer["clusters"])


if __name__ == "__main__":
    main()
