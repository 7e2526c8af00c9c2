/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Clusters against what must hold of them: components as a naive twin finds them, groups in order
 * and connected, modularity of each divided component not below that of the whole (0) and not to
 * be raised by joining two groups; the same again on a second run, with edges shuffled and turned
 * round, and with unrelated nodes added; small components the same under any numbering. Two
 * cliques on a bridge come apart. The seed is printed; NEZUMI_SEED repeats a run.
 */
#include "base/mix.h"
#include "core/cluster.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROUNDS 3000
#define N_MAX  70
#define E_MAX  400

static uint64_t state;
static unsigned long graphs;

static uint64_t below(uint64_t n)
{
	return mix_next(&state) % n;
}

static void need(bool ok, const char *what)
{
	if (ok)
		return;
	printf("failed: %s\n", what);
	exit(1);
}

/* Spread the smallest number along edges until nothing changes. Only edges inside groups if given. */
static void twin(uint32_t n, const struct edge *e, size_t n_edges, const uint32_t *group, uint32_t *out)
{
	bool again = true;

	for (uint32_t v = 0; v < n; v++)
		out[v] = v;
	while (again) {
		again = false;
		for (size_t i = 0; i < n_edges; i++) {
			uint32_t *a = &out[e[i].a], *b = &out[e[i].b];

			if (*a == *b || (group && group[e[i].a] != group[e[i].b]))
				continue;
			*a = *b = *a < *b ? *a : *b;
			again = true;
		}
	}
}

static size_t make(uint32_t n, struct edge *e)
{
	size_t m = 0, want = below(E_MAX);
	uint32_t camps = 1 + (uint32_t)below(6);
	bool bipartite = below(2) != 0;

	for (size_t i = 0; i < want && n > 1; i++) {
		uint32_t a = (uint32_t)below(n), b = (uint32_t)below(n);
		bool known = a == b || (bipartite && (a & 1) == (b & 1)) ||
			     (a % camps != b % camps && below(12));

		for (size_t k = 0; k < m && !known; k++)
			known = (e[k].a == a && e[k].b == b) || (e[k].a == b && e[k].b == a);
		if (!known)
			e[m++] = (struct edge){ a, b,
						below(10) ? 1 + (uint32_t)below(5)
							  : UINT32_MAX - (uint32_t)below(5) };
	}
	return m;
}

/* What all groups must keep to, whatever was divided. */
static void check_shape(uint32_t n, const struct edge *e, size_t m, const uint32_t *group,
			uint32_t groups, const uint32_t *component, size_t large)
{
	uint32_t part[2 * N_MAX], size[2 * N_MAX] = { 0 }, smallest[2 * N_MAX],
					   whole[2 * N_MAX] = { 0 };

	twin(n, e, m, group, part);
	for (uint32_t v = n; v--;) {
		need(group[v] < groups, "groups are numbered below their count");
		size[group[v]]++;
		smallest[group[v]] = v;
		whole[component[v]]++;
	}
	for (uint32_t k = 0; k < groups; k++) {
		need(size[k] > 0, "no group is empty");
		need(k == 0 || size[k - 1] > size[k] ||
			     (size[k - 1] == size[k] && smallest[k - 1] < smallest[k]),
		     "by size, then by smallest node");
	}
	for (uint32_t v = 0; v < n; v++) {
		need(part[v] == smallest[group[v]], "every group is connected");
		need(component[v] == component[smallest[group[v]]], "a group lies in one component");
		if (whole[component[v]] <= large)
			need(size[group[v]] == whole[component[v]], "small components stay whole");
	}
}

/* In long double: exact enough for a comparison with some slack. */
static void check_modularity(uint32_t n, const struct edge *e, size_t m, const uint32_t *group,
			     uint32_t groups, const uint32_t *component)
{
	long double degree[2 * N_MAX] = { 0 }, inside[2 * N_MAX] = { 0 }, total[2 * N_MAX] = { 0 };
	static long double between[2 * N_MAX][2 * N_MAX];
	long double q[2 * N_MAX] = { 0 };
	uint32_t of[2 * N_MAX] = { 0 };

	memset(between, 0, sizeof between);
	for (size_t i = 0; i < m; i++) {
		uint32_t a = group[e[i].a], b = group[e[i].b];

		degree[a] += e[i].weight;
		degree[b] += e[i].weight;
		total[component[e[i].a]] += 2.0L * e[i].weight;
		if (a == b)
			inside[a] += 2.0L * e[i].weight;
		else
			between[a][b] = between[b][a] = between[a][b] + e[i].weight;
	}
	for (uint32_t v = 0; v < n; v++)
		of[group[v]] = component[v];
	for (uint32_t k = 0; k < groups; k++) {
		long double all = total[of[k]];

		if (all > 0)
			q[of[k]] += inside[k] / all - (degree[k] / all) * (degree[k] / all);
		for (uint32_t j = 0; j < k; j++)
			need(between[k][j] <= 0 ||
				     between[k][j] * all <= degree[k] * degree[j] * (1 + 1e-12L),
			     "joining two groups does not raise modularity");
	}
	for (uint32_t v = 0; v < n; v++)
		need(q[v] >= -1e-12L, "modularity is not below that of the component");
}

static void one_round(void)
{
	uint32_t n = (uint32_t)below(N_MAX), more = (uint32_t)below(N_MAX), groups, again_groups;
	uint32_t group[2 * N_MAX], again[2 * N_MAX], component[2 * N_MAX], other[2 * N_MAX];
	uint32_t to[N_MAX] = { 0 };
	struct edge e[2 * E_MAX], f[E_MAX];
	size_t m = make(n, e), large = below(3) ? below(30) : SIZE_MAX, extra;

	if (cluster(n, e, m, large, group, &groups))
		abort();
	twin(n, e, m, NULL, component);
	check_shape(n, e, m, group, groups, component, large);
	check_modularity(n, e, m, group, groups, component);

	/* The order of edges, and which end is first, say nothing. */
	for (size_t i = m; i > 1; i--) {
		size_t k = below(i);
		struct edge swap = e[i - 1];

		e[i - 1] = below(2) ? e[k] : (struct edge){ e[k].b, e[k].a, e[k].weight };
		e[k] = swap;
	}
	if (cluster(n, e, m, large, again, &again_groups))
		abort();
	need(groups == again_groups && memcmp(group, again, n * sizeof *group) == 0,
	     "the same graph gives the same groups");

	/* Neither does what hangs together with nothing here. */
	extra = make(more, f);
	for (size_t i = 0; i < extra; i++)
		e[m + i] = (struct edge){ f[i].a + n, f[i].b + n, f[i].weight };
	if (cluster(n + more, e, m + extra, large, again, &again_groups))
		abort();
	for (uint32_t v = 0; v < n; v++)
		for (uint32_t u = 0; u < v; u++)
			need((group[u] == group[v]) == (again[u] == again[v]),
			     "unrelated nodes change nothing");

	/* Components are the same under any numbering. */
	for (uint32_t v = 0; v < n; v++) {
		uint32_t k = (uint32_t)below(v + 1);

		to[v] = to[k];
		to[k] = v;
	}
	for (size_t i = 0; i < m; i++)
		f[i] = (struct edge){ to[e[i].a], to[e[i].b], e[i].weight };
	if (cluster(n, f, m, SIZE_MAX, other, &groups) ||
	    cluster(n, e, m, SIZE_MAX, again, &again_groups))
		abort();
	need(groups == again_groups, "as many components under another numbering");
	for (uint32_t v = 0; v < n; v++)
		for (uint32_t u = 0; u < v; u++)
			need((other[to[u]] == other[to[v]]) == (component[u] == component[v]),
			     "the same components under another numbering");
	graphs++;
}

/* Cliques in a ring: what everybody would draw a line around comes out, under any numbering. */
static void cliques(uint32_t count, uint32_t size)
{
	struct edge e[E_MAX];
	uint32_t n = count * size, group[N_MAX], groups, to[N_MAX] = { 0 };
	size_t m = 0;

	for (uint32_t v = 0; v < n; v++) {
		uint32_t k = (uint32_t)below(v + 1);

		to[v] = to[k];
		to[k] = v;
	}
	for (uint32_t c = 0; c < count; c++) {
		for (uint32_t a = 0; a < size; a++)
			for (uint32_t b = 0; b < a; b++)
				e[m++] = (struct edge){ to[c * size + a], to[c * size + b], 3 };
		if (count > 2 || c)
			e[m++] = (struct edge){ to[c * size], to[(c + 1) % count * size + 1], 1 };
	}
	if (cluster(n, e, m, 3, group, &groups))
		abort();
	need(groups == count, "as many groups as cliques");
	for (uint32_t v = 0; v < n; v++)
		need(group[to[v]] == group[to[v / size * size]], "a clique stays together");
	if (cluster(n, e, m, n, group, &groups))
		abort();
	need(groups == 1, "not divided when not larger than `large`");
}

int main(void)
{
	const char *given = getenv("NEZUMI_SEED");
	uint64_t seed = given ? strtoull(given, NULL, 0) : 1;
	uint32_t groups = 9;

	printf("seed %llu\n", (unsigned long long)seed);
	(void)fflush(stdout);
	state = seed;
	if (cluster(0, NULL, 0, 0, NULL, &groups))
		abort();
	need(groups == 0, "no nodes, no groups");
	for (int i = 0; i < ROUNDS; i++)
		one_round();
	for (int i = 0; i < 200; i++)
		cliques(2 + (uint32_t)below(5), 5 + (uint32_t)below(5));
	printf("%lu graphs hold\n", graphs);
	printf("1 passed, 0 failed\n");
	return 0;
}
