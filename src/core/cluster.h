/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Groups in a graph of controllers and organisations: connected components, and inside components
 * of more than `large` nodes the communities that Louvain's method finds (modularity). Thousands of
 * nodes, tens of thousands of edges. The same graph always gives the same groups: nodes are visited
 * in order.
 */
#ifndef NEZUMI_CORE_CLUSTER_H
#define NEZUMI_CORE_CLUSTER_H

#include "base/err.h"

#include <stddef.h>

struct edge {
	uint32_t a, b;   /* nodes, < n; no loops; the same pair at most once */
	uint32_t weight; /* > 0 */
};

/*
 * group[i] becomes the group of node i, from 0, numbered by size (nodes) descending, then by
 * smallest node. *n_groups is their number; nodes without edges are groups of their own. Errors:
 * ERR_NOMEM.
 */
MUST enum err cluster(size_t n, const struct edge *edges, size_t n_edges, size_t large,
		      uint32_t *group, uint32_t *n_groups);

#endif
