/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A cluster as a picture: controllers (◆) in the left column, organisations (■) in the right one,
 * an edge for each pair that met, inside a pale hull that bears the cluster's number. Columns with
 * one row a node keep labels apart by construction; rows are ordered so that few edges cross. Nodes
 * of other clusters that are called from here, or call here, are drawn hollow with the number of
 * theirs.
 *
 * Workload: clusters of some thousand nodes; at most 50 rows a side are drawn, the rest is one row
 * with a count. Always the same picture for the same answer. Memory: an arena of its own.
 */
#ifndef NEZUMI_REPORT_GRAPHDRAW_H
#define NEZUMI_REPORT_GRAPHDRAW_H

#include "report/view.h"

enum { GRAPH_SIDE_MAX = 50 };

struct graph_node {
	bool controller;
	uint32_t index;     /* into answer.controllers or answer.orgs */
	uint32_t grouped;   /* 0, or stands for so many nodes */
	uint32_t elsewhere; /* 0, or the number of the cluster it belongs to */
	uint32_t degree;
	struct str label;  /* as drawn, cut to fit */
	struct str suffix; /* dim, behind it: country, or where it belongs */
	double y;          /* middle of its row, px */
	double width;      /* of label and suffix, px, estimated */
};

struct graph_edge {
	uint32_t a, b; /* nodes: controller, organisation */
	uint64_t records;
	bool attempt; /* no answer was seen */
};

struct graph {
	struct arena arena;
	struct graph_node *nodes; /* controllers, then organisations, each from top to bottom */
	size_t n_left, n_right;
	struct graph_edge *edges;
	size_t n_edges;
	double width, height, left, right; /* px; left and right: middle of the symbols */
};

/* Choose the nodes of cluster i (an index), order and place them. Errors: ERR_NOMEM; then *out is
 * untouched. */
MUST enum err graph_make(const struct view *v, size_t i, struct graph *out);
void graph_free(struct graph *g);
/* As inline SVG; id is unique in the document, number is what the text calls the cluster. */
void graph_draw(struct buf *b, const struct graph *g, const char *id, uint32_t number,
		struct str title, struct str desc);

#endif
