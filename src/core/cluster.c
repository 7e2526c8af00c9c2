/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Louvain's method (Blondel et al. 2008): every node moves to the neighbouring community that
 * raises modularity most, until none does; then communities become nodes and it begins anew.
 * Modularity is that of the component by itself, so what is elsewhere in the graph does not
 * change its groups. Gains are compared as integers: no rounding, the same on every machine.
 */
#include "core/cluster.h"

#include "base/arena.h"

#include <assert.h>
#include <stdlib.h>

/* Modularity rises with every move, so it ends by itself; this bounds the time it takes. */
#define SWEEPS_MAX 32
#define LEVELS_MAX 64

typedef __int128 wide; /* a product of two sums of weights */

struct graph {
	uint32_t n;
	uint32_t *from; /* the arcs of node v: from[v] to before from[v + 1] */
	uint32_t *to;
	uint64_t *weight;
	uint64_t *degree; /* of each node, what lies inside it (counted twice) included */
	uint64_t *total;  /* of all degrees in the component of each node */
};

/* Union by the smaller index: the root of a set is its smallest node. */
static uint32_t root(uint32_t *up, uint32_t v)
{
	while (up[v] != v) {
		up[v] = up[up[v]];
		v = up[v];
	}
	return v;
}

static void unite(uint32_t *up, uint32_t a, uint32_t b)
{
	a = root(up, a);
	b = root(up, b);
	if (a < b)
		up[b] = a;
	else
		up[a] = b;
}

static bool graph_room(struct graph *g, struct arena *a, uint32_t n, size_t arcs)
{
	*g = (struct graph){ .n = n,
			     .from = arena_array(a, (size_t)n + 1, sizeof *g->from),
			     .to = arena_array(a, arcs, sizeof *g->to),
			     .weight = arena_array(a, arcs, sizeof *g->weight),
			     .degree = arena_array(a, n, sizeof *g->degree),
			     .total = arena_array(a, n, sizeof *g->total) };
	return g->from && g->to && g->weight && g->degree && g->total;
}

/* Both arcs of every edge among the nodes that have a place (the others: UINT32_MAX). */
static enum err graph_make(struct graph *g, struct arena *a, uint32_t n, const uint32_t *place,
			   const struct edge *edges, size_t n_edges)
{
	size_t arcs = 0;

	for (size_t i = 0; i < n_edges; i++)
		arcs += place[edges[i].a] != UINT32_MAX && edges[i].a != edges[i].b ? 2 : 0;
	if (arcs > UINT32_MAX || !graph_room(g, a, n, arcs))
		return ERR_NOMEM;
	for (int fill = 0; fill < 2; fill++) {
		for (size_t i = 0; i < n_edges; i++) {
			const struct edge *e = &edges[i];
			uint32_t ends[2] = { place[e->a], place[e->b] };

			if (ends[0] == UINT32_MAX || e->a == e->b)
				continue;
			for (int k = 0; k < 2; k++) {
				uint32_t at = g->from[ends[k]]++;

				if (!fill)
					continue;
				g->to[at] = ends[1 - k];
				g->weight[at] = e->weight;
				g->degree[ends[k]] += e->weight;
			}
		}
		/* Counts become beginnings, and filling makes those the ends. */
		for (uint32_t v = 0, sum = 0; !fill && v <= n; v++) {
			uint32_t count = g->from[v];

			g->from[v] = sum;
			sum += count;
		}
	}
	memmove(g->from + 1, g->from, n * sizeof *g->from);
	g->from[0] = 0;
	return ERR_OK;
}

/* Weights from one node to the communities about it. */
struct near {
	uint64_t *weight; /* by community; 0 where not near */
	uint32_t *list;
	uint32_t n;
};

static void near_add(struct near *near, uint32_t c, uint64_t weight)
{
	if (near->weight[c] == 0)
		near->list[near->n++] = c;
	near->weight[c] += weight;
}

static void near_clear(struct near *near)
{
	while (near->n)
		near->weight[near->list[--near->n]] = 0;
}

/* The community that node v had best be in. sum[] no longer counts v itself. */
static uint32_t best_for(const struct graph *g, const struct near *near, const uint64_t *sum,
			 uint32_t v, uint32_t own)
{
	uint32_t best = own;
	wide most = (wide)g->total[v] * near->weight[own] - (wide)sum[own] * g->degree[v];

	for (uint32_t i = 0; i < near->n; i++) {
		uint32_t c = near->list[i];
		wide gain = (wide)g->total[v] * near->weight[c] - (wide)sum[c] * g->degree[v];

		/* Equal gain: stay, else the smallest, whatever the order of edges. */
		if (gain > most || (gain == most && best != own && c < best)) {
			best = c;
			most = gain;
		}
	}
	return best;
}

/* One level: community[] of each node, numbered from 0 in order of first node; how many. */
static enum err move_nodes(const struct graph *g, struct arena *a, uint32_t *community,
			   uint32_t *n_communities)
{
	struct near near = { .weight = arena_array(a, g->n, sizeof *near.weight),
			     .list = arena_array(a, g->n, sizeof *near.list) };
	uint64_t *sum = arena_array(a, g->n, sizeof *sum);
	uint32_t *up = arena_array(a, g->n, sizeof *up), n = 0;
	bool moved = true;

	if (!near.weight || !near.list || !sum || !up)
		return ERR_NOMEM;
	for (uint32_t v = 0; v < g->n; v++) {
		community[v] = v;
		sum[v] = g->degree[v];
	}
	for (int sweep = 0; moved && sweep < SWEEPS_MAX; sweep++) {
		moved = false;
		for (uint32_t v = 0; v < g->n; v++) {
			uint32_t own = community[v];

			for (uint32_t k = g->from[v]; k < g->from[v + 1]; k++)
				near_add(&near, community[g->to[k]], g->weight[k]);
			sum[own] -= g->degree[v];
			community[v] = best_for(g, &near, sum, v, own);
			sum[community[v]] += g->degree[v];
			moved = moved || community[v] != own;
			near_clear(&near);
		}
	}
	/*
	 * A node that moved away may leave behind a community whose parts touch no more. Apart
	 * they are worth more, and every group stays connected.
	 */
	for (uint32_t v = 0; v < g->n; v++)
		up[v] = v;
	for (uint32_t v = 0; v < g->n; v++)
		for (uint32_t k = g->from[v]; k < g->from[v + 1]; k++)
			if (community[v] == community[g->to[k]])
				unite(up, v, g->to[k]);
	for (uint32_t v = 0; v < g->n; v++) {
		uint32_t first = root(up, v);

		if (first == v)
			near.list[v] = n++;
		community[v] = near.list[first];
	}
	*n_communities = n;
	return ERR_OK;
}

/* Communities become the nodes of a smaller graph. */
static enum err merge(const struct graph *g, struct arena *a, const uint32_t *community, uint32_t n,
		      struct graph *out)
{
	struct near near = { .weight = arena_array(a, n, sizeof *near.weight),
			     .list = arena_array(a, n, sizeof *near.list) };
	uint32_t *first = arena_array(a, n, sizeof *first); /* a list of members each, from 1 */
	uint32_t *next = arena_array(a, g->n, sizeof *next);
	uint32_t arcs = 0;

	if (!near.weight || !near.list || !first || !next || !graph_room(out, a, n, g->from[g->n]))
		return ERR_NOMEM;
	for (uint32_t v = g->n; v--;) {
		next[v] = first[community[v]];
		first[community[v]] = v + 1;
		out->degree[community[v]] += g->degree[v];
		out->total[community[v]] = g->total[v];
	}
	for (uint32_t c = 0; c < n; c++) {
		out->from[c] = arcs;
		for (uint32_t v = first[c]; v; v = next[v - 1])
			for (uint32_t k = g->from[v - 1]; k < g->from[v]; k++)
				if (community[g->to[k]] != c)
					near_add(&near, community[g->to[k]], g->weight[k]);
		for (uint32_t i = 0; i < near.n; i++) {
			out->to[arcs] = near.list[i];
			out->weight[arcs++] = near.weight[near.list[i]];
		}
		near_clear(&near);
	}
	out->from[n] = arcs;
	return ERR_OK;
}

/* The community of every node. */
static enum err louvain(struct graph g, struct arena *a, uint32_t *part)
{
	uint32_t *community = arena_array(a, g.n, sizeof *community), all = g.n, n = 0;
	struct graph smaller;
	enum err err;

	if (!community)
		return ERR_NOMEM;
	for (uint32_t v = 0; v < all; v++)
		part[v] = v;
	for (int level = 0; level < LEVELS_MAX; level++) {
		err = move_nodes(&g, a, community, &n);
		if (err)
			return err;
		if (n == g.n)
			break;
		for (uint32_t v = 0; v < all; v++)
			part[v] = community[part[v]];
		err = merge(&g, a, community, n, &smaller);
		if (err)
			return err;
		g = smaller;
	}
	return ERR_OK;
}

/*
 * The label of a node is the smallest node of its group: of its component on entry, with its
 * size[]; in large components then that of its community.
 */
static enum err divide(size_t n, const struct edge *edges, size_t n_edges, size_t large,
		       const uint32_t *size, uint32_t *label, uint32_t *place)
{
	uint32_t members = 0, *part, *node;
	uint64_t *total;
	struct arena a;
	struct graph g;
	enum err err = ERR_NOMEM;

	for (uint32_t v = 0; v < n; v++)
		place[v] = size[label[v]] > large ? members++ : UINT32_MAX;
	if (members == 0)
		return ERR_OK;
	arena_init(&a, 0);
	part = arena_array(&a, members, sizeof *part);
	node = arena_array(&a, members, sizeof *node);
	total = arena_array(&a, n, sizeof *total);
	if (!part || !node || !total)
		goto out;
	err = graph_make(&g, &a, members, place, edges, n_edges);
	if (err)
		goto out;
	for (uint32_t v = 0; v < n; v++)
		if (place[v] != UINT32_MAX)
			total[label[v]] += g.degree[place[v]];
	for (uint32_t v = 0; v < n; v++)
		if (place[v] != UINT32_MAX)
			g.total[place[v]] = total[label[v]];
	err = louvain(g, &a, part);
	if (err)
		goto out;
	for (uint32_t v = (uint32_t)n; v--;)
		if (place[v] != UINT32_MAX)
			node[part[place[v]]] = v;
	for (uint32_t v = 0; v < n; v++)
		if (place[v] != UINT32_MAX)
			label[v] = node[part[place[v]]];
out:
	arena_free(&a);
	return err;
}

static int by_u64(const void *x, const void *y)
{
	const uint64_t *a = x, *b = y;

	return *a < *b ? -1 : *a > *b;
}

enum err cluster(size_t n, const struct edge *edges, size_t n_edges, size_t large, uint32_t *group,
		 uint32_t *n_groups)
{
	struct arena a;
	uint32_t *up, *label, *size, *place, groups = 0;
	uint64_t *order;
	enum err err = ERR_NOMEM;

	assert(n < UINT32_MAX);
	arena_init(&a, 0);
	up = arena_array(&a, n, sizeof *up);
	label = arena_array(&a, n, sizeof *label);
	size = arena_array(&a, n, sizeof *size);
	place = arena_array(&a, n, sizeof *place);
	order = arena_array(&a, n, sizeof *order);
	if (!up || !label || !size || !place || !order)
		goto out;

	for (uint32_t v = 0; v < n; v++)
		up[v] = v;
	for (size_t i = 0; i < n_edges; i++) {
		assert(edges[i].a < n && edges[i].b < n && edges[i].weight);
		unite(up, edges[i].a, edges[i].b);
	}
	for (uint32_t v = 0; v < n; v++) {
		label[v] = root(up, v);
		size[label[v]]++;
	}
	err = divide(n, edges, n_edges, large, size, label, place);
	if (err)
		goto out;

	memset(size, 0, n * sizeof *size);
	for (uint32_t v = 0; v < n; v++)
		size[label[v]]++;
	for (uint32_t v = 0; v < n; v++)
		if (size[v])
			order[groups++] = (uint64_t)(UINT32_MAX - size[v]) << 32 | v;
	qsort(order, groups, sizeof *order, by_u64);
	for (uint32_t k = 0; k < groups; k++)
		place[(uint32_t)order[k]] = k;
	for (uint32_t v = 0; v < n; v++)
		group[v] = place[label[v]];
	*n_groups = groups;
	err = ERR_OK;
out:
	arena_free(&a);
	return err;
}
