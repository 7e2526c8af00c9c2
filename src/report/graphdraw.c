/* SPDX-License-Identifier: Apache-2.0 */
#include "report/graphdraw.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/escape.h"

/* px; letters are wider in monospace. The font is 12 px, see report.css. */
enum { ROW = 21, HEAD = 34, FOOT = 14, PAD = 14, SYMBOL = 12, GAP = 128, LABEL_COLUMNS = 30 };
#define COLUMN_PX      6.7
#define COLUMN_PX_MONO 7.3

/* ---- choosing ---- */

struct choice {
	uint32_t *node_of; /* by index: node, NONE or the group's */
	uint32_t *list;    /* indices that belong here */
	size_t n, of;
};
#define NONE UINT32_MAX

struct chosen {
	const struct view *v;
	uint32_t id;     /* of the cluster */
	uint32_t number; /* index + 1 */
	struct choice left, right;
	uint32_t *degree_left, *degree_right;
};

static bool controller_here(const struct chosen *c, uint32_t i)
{
	return c->v->a->controllers[i].cluster == c->id;
}

static bool org_here(const struct chosen *c, uint32_t i)
{
	return c->v->orgs[i].cluster == c->number;
}

static bool edge_here(const struct chosen *c, const struct view_edge *e)
{
	return controller_here(c, e->controller) || org_here(c, e->org);
}

struct rank {
	bool here;
	uint32_t degree, index;
};

static int by_rank(const void *x, const void *y)
{
	const struct rank *a = x, *b = y;

	if (a->here != b->here)
		return a->here ? -1 : 1;
	if (a->degree != b->degree)
		return a->degree > b->degree ? -1 : 1;
	return a->index < b->index ? -1 : a->index > b->index;
}

static struct str cut(struct arena *arena, struct str s)
{
	struct buf b;
	struct str out;

	if (text_width(s) <= LABEL_COLUMNS)
		return s;
	buf_init(&b, 0);
	buf_puts(&b, text_head(s, LABEL_COLUMNS - 1));
	buf_c(&b, "…");
	out = arena_str(arena, buf_str(&b));
	buf_free(&b);
	return out;
}

static struct str around(struct arena *arena, const char *before, unsigned n, const char *after)
{
	char text[64];
	int len = snprintf(text, sizeof text, "%s%u%s", before, n, after);

	return arena_str(arena, (struct str){ text, len > 0 ? (size_t)len : 0 });
}

/* An empty text may have no pointer, which here would mean that memory ran out. */
static struct str shown(struct str s)
{
	return s.n ? s : STR_NONE;
}

/* Fill in what is seen of a node; false without memory. */
static bool dress(const struct chosen *c, struct arena *arena, struct graph_node *n)
{
	const struct view *v = c->v;
	bool ja = v->o->lang == REPORT_JA;

	if (n->grouped) {
		n->label = around(arena, ja ? "ほか" : "", n->grouped,
				  n->controller ? (ja ? "件" : " more")
						: (ja ? "組織" : " more organisations"));
		n->suffix = STR_NONE;
	} else if (n->controller) {
		struct buf b;

		buf_init(&b, 0);
		defang(&b, v->a->controllers[n->index].value);
		n->label = cut(arena, buf_str(&b));
		if (n->label.p == b.p)
			n->label = arena_str(arena, n->label);
		buf_free(&b);
		n->suffix = shown(v->a->controllers[n->index].country);
		if (!controller_here(c, n->index))
			n->elsewhere = v->a->controllers[n->index].cluster;
	} else {
		n->label = cut(arena, v->orgs[n->index].name);
		n->suffix = v->o->anonymise ? STR_NONE : shown(v->a->orgs[n->index].org.country);
		if (!org_here(c, n->index) && v->orgs[n->index].cluster)
			n->elsewhere = v->a->clusters[v->orgs[n->index].cluster - 1].id;
	}
	if (n->elsewhere)
		n->suffix = around(arena, "→ ", n->elsewhere, "");
	if (!n->label.p || !n->suffix.p)
		return false;
	n->suffix = text_head(n->suffix, 12);
	n->width = (double)text_width(n->label) *
		   (n->controller && !n->grouped ? COLUMN_PX_MONO : COLUMN_PX);
	if (n->suffix.n)
		n->width += (double)(text_width(n->suffix) + 1) * COLUMN_PX;
	return true;
}

/* Make nodes for one side, the weightiest first; what is too much becomes the last node. */
static bool choose(struct chosen *c, struct arena *arena, bool controllers,
		   struct graph_node *nodes, size_t *n_nodes, uint32_t first)
{
	struct choice *side = controllers ? &c->left : &c->right;
	const uint32_t *degree = controllers ? c->degree_left : c->degree_right;
	struct rank *ranks = arena_array(arena, side->n + 1, sizeof *ranks);
	size_t shown = side->n > GRAPH_SIDE_MAX ? GRAPH_SIDE_MAX - 1 : side->n;

	if (!ranks)
		return false;
	for (size_t i = 0; i < side->n; i++) {
		uint32_t x = side->list[i];

		ranks[i] = (struct rank){ controllers ? controller_here(c, x) : org_here(c, x),
					  degree[x], x };
	}
	qsort(ranks, side->n, sizeof *ranks, by_rank);
	for (size_t i = 0; i < side->n; i++)
		side->node_of[ranks[i].index] = first + (uint32_t)(i < shown ? i : shown);
	for (size_t i = 0; i < shown; i++)
		nodes[i] = (struct graph_node){ .controller = controllers, .index = ranks[i].index };
	if (shown < side->n)
		nodes[shown] = (struct graph_node){ .controller = controllers,
						    .index = ranks[shown].index,
						    .grouped = (uint32_t)(side->n - shown) };
	*n_nodes = shown + (shown < side->n);
	for (size_t i = 0; i < *n_nodes; i++)
		if (!dress(c, arena, &nodes[i]))
			return false;
	return true;
}

static void meet(struct choice *side, uint32_t *degree, uint32_t i)
{
	if (!degree[i]++)
		side->list[side->n++] = i;
}

static int by_ends(const void *x, const void *y)
{
	const struct graph_edge *a = x, *b = y;

	if (a->a != b->a)
		return a->a < b->a ? -1 : 1;
	return a->b < b->b ? -1 : a->b > b->b;
}

static bool collect(struct chosen *c, struct graph *g)
{
	const struct view *v = c->v;
	size_t nc = v->a->n_controllers + 1, no = v->a->n_orgs + 1, kept = 0;

	c->left = (struct choice){ arena_array(&g->arena, nc, 4), arena_array(&g->arena, nc, 4), 0, nc };
	c->right = (struct choice){ arena_array(&g->arena, no, 4), arena_array(&g->arena, no, 4), 0, no };
	c->degree_left = arena_array(&g->arena, nc, 4);
	c->degree_right = arena_array(&g->arena, no, 4);
	if (!c->left.node_of || !c->left.list || !c->right.node_of || !c->right.list ||
	    !c->degree_left || !c->degree_right)
		return false;
	for (size_t i = 0; i < v->n_edges; i++) {
		if (!edge_here(c, &v->edges[i]))
			continue;
		meet(&c->left, c->degree_left, v->edges[i].controller);
		meet(&c->right, c->degree_right, v->edges[i].org);
		kept++;
	}
	g->nodes = arena_array(&g->arena, 2 * (GRAPH_SIDE_MAX + 1), sizeof *g->nodes);
	g->edges = arena_array(&g->arena, kept + 1, sizeof *g->edges);
	if (!g->nodes || !g->edges || !choose(c, &g->arena, true, g->nodes, &g->n_left, 0) ||
	    !choose(c, &g->arena, false, g->nodes + g->n_left, &g->n_right, (uint32_t)g->n_left))
		return false;
	for (size_t i = 0; i < v->n_edges; i++) {
		const struct view_edge *e = &v->edges[i];

		if (edge_here(c, e))
			g->edges[g->n_edges++] = (struct graph_edge){ c->left.node_of[e->controller],
								      c->right.node_of[e->org],
								      e->records,
								      e->level <= LEVEL_ATTEMPT };
	}
	/* Edges that end at a group fall together. */
	qsort(g->edges, g->n_edges, sizeof *g->edges, by_ends);
	kept = 0;
	for (size_t i = 0; i < g->n_edges; i++) {
		if (kept && !by_ends(&g->edges[kept - 1], &g->edges[i])) {
			g->edges[kept - 1].records += g->edges[i].records;
			g->edges[kept - 1].attempt &= g->edges[i].attempt;
			continue;
		}
		g->edges[kept++] = g->edges[i];
	}
	g->n_edges = kept;
	for (size_t i = 0; i < kept; i++) {
		g->nodes[g->edges[i].a].degree++;
		g->nodes[g->edges[i].b].degree++;
	}
	return true;
}

/* ---- placing ---- */

struct slot {
	double want;
	uint32_t node;
	bool last; /* groups stay at the bottom */
};

static int by_want(const void *x, const void *y)
{
	const struct slot *a = x, *b = y;

	if (a->last != b->last)
		return a->last ? 1 : -1;
	if (a->want != b->want)
		return a->want < b->want ? -1 : 1;
	return a->node < b->node ? -1 : a->node > b->node;
}

/* Where each node of one side wants to be: the mean of its neighbours, heavier edges counting no
 * more than others. */
static void wishes(const struct graph *g, const double *at, bool left, struct slot *slots)
{
	size_t from = left ? 0 : g->n_left, n = left ? g->n_left : g->n_right;

	for (size_t i = 0; i < n; i++)
		slots[i] = (struct slot){ 0, (uint32_t)(from + i), g->nodes[from + i].grouped > 0 };
	for (size_t i = 0; i < g->n_edges; i++) {
		uint32_t me = left ? g->edges[i].a : g->edges[i].b,
			 other = left ? g->edges[i].b : g->edges[i].a;

		slots[me - from].want += at[other] / g->nodes[me].degree;
	}
}

/* Give the sorted slots rows that are at least one apart, near their wishes, within [0, rows). */
static void settle(const struct slot *slots, size_t n, double rows, double *at)
{
	double next = 0;

	for (size_t i = 0; i < n; i++) {
		double y = slots[i].want > next ? slots[i].want : next;

		at[slots[i].node] = y;
		next = y + 1;
	}
	next = rows - 1;
	for (size_t i = n; i--;) {
		double *y = &at[slots[i].node];

		if (*y > next)
			*y = next;
		next = *y - 1;
	}
}

/* Order one side by its wishes and spread it evenly over all rows. */
static void order(const struct graph *g, double *at, bool left, size_t rows, struct slot *slots)
{
	size_t n = left ? g->n_left : g->n_right;

	wishes(g, at, left, slots);
	qsort(slots, n, sizeof *slots, by_want);
	for (size_t i = 0; i < n; i++)
		at[slots[i].node] = ((double)i + 0.5) * (double)rows / (double)n - 0.5;
}

/* Put the nodes of a side into the order of their rows; moved[old] = new. */
static void sort_side(struct graph *g, const double *at, bool left, struct slot *slots,
		      struct graph_node *copy, uint32_t *moved)
{
	size_t from = left ? 0 : g->n_left, n = left ? g->n_left : g->n_right;

	for (size_t i = 0; i < n; i++) {
		slots[i] = (struct slot){ at[from + i], (uint32_t)(from + i), false };
		copy[i] = g->nodes[from + i];
	}
	qsort(slots, n, sizeof *slots, by_want);
	for (size_t i = 0; i < n; i++) {
		struct graph_node *x = &g->nodes[from + i];

		*x = copy[slots[i].node - from];
		x->y = HEAD + (slots[i].want + 0.5) * ROW;
		moved[slots[i].node] = (uint32_t)(from + i);
	}
}

static double widest(const struct graph_node *nodes, size_t n)
{
	double w = 0;

	for (size_t i = 0; i < n; i++)
		w = nodes[i].width > w ? nodes[i].width : w;
	return w;
}

static bool lay_out(struct graph *g)
{
	bool left_longer = g->n_left > g->n_right;
	size_t n = g->n_left + g->n_right, rows = left_longer ? g->n_left : g->n_right;
	double *at = arena_array(&g->arena, n + 1, sizeof *at);
	struct slot *slots = arena_array(&g->arena, rows + 1, sizeof *slots);
	uint32_t *moved = arena_array(&g->arena, n + 1, sizeof *moved);
	struct graph_node *copy = arena_array(&g->arena, rows + 1, sizeof *copy);

	if (!at || !slots || !moved || !copy)
		return false;
	for (size_t i = 0; i < n; i++)
		at[i] = (double)(i < g->n_left ? i : i - g->n_left);
	/* To and fro: each side takes the order of its neighbours' means, which leaves few
	 * crossings in two columns. */
	for (int sweep = 0; sweep < 6; sweep++) {
		order(g, at, !left_longer, rows, slots);
		order(g, at, left_longer, rows, slots);
	}
	/* The longer column is even, the shorter one stands where its neighbours are. */
	wishes(g, at, !left_longer, slots);
	qsort(slots, left_longer ? g->n_right : g->n_left, sizeof *slots, by_want);
	settle(slots, left_longer ? g->n_right : g->n_left, (double)rows, at);
	sort_side(g, at, true, slots, copy, moved);
	sort_side(g, at, false, slots, copy, moved);
	for (size_t i = 0; i < g->n_edges; i++) {
		g->edges[i].a = moved[g->edges[i].a];
		g->edges[i].b = moved[g->edges[i].b];
	}
	g->left = PAD + widest(g->nodes, g->n_left) + SYMBOL;
	g->right = g->left + GAP;
	g->width = g->right + SYMBOL + widest(g->nodes + g->n_left, g->n_right) + PAD;
	g->height = HEAD + (double)rows * ROW + FOOT;
	return true;
}

enum err graph_make(const struct view *v, size_t i, struct graph *out)
{
	struct graph g = { 0 };
	struct chosen c = { .v = v, .id = v->a->clusters[i].id, .number = (uint32_t)i + 1 };

	arena_init(&g.arena, 0);
	if (!collect(&c, &g) || !lay_out(&g)) {
		arena_free(&g.arena);
		return ERR_NOMEM;
	}
	*out = g;
	return ERR_OK;
}

void graph_free(struct graph *g)
{
	arena_free(&g->arena);
}

/* ---- drawing ---- */

static void draw_edge(struct buf *b, const struct graph *g, const struct graph_edge *e)
{
	double x0 = g->left + 8, x1 = g->right - 8, y0 = g->nodes[e->a].y, y1 = g->nodes[e->b].y;
	double middle = (x0 + x1) / 2, thick = 1 + log10((double)e->records + 1);

	buf_fmt(b, "<path class=\"%s\" stroke-width=\"%.1f\" d=\"M%.0f %.1fC%.0f %.1f %.0f %.1f %.0f %.1f\"/>",
		e->attempt ? "edge try" : "edge", thick > 6 ? 6 : thick, x0, y0, middle, y0, middle,
		y1, x1, y1);
}

static void draw_node(struct buf *b, const struct graph *g, const struct graph_node *n)
{
	double x = n->controller ? g->left : g->right;
	const char *hollow = n->elsewhere ? " hollow" : "";

	if (n->controller)
		buf_fmt(b, "<path class=\"ctl%s\" d=\"M%.0f %.1fl7 7l-7 7l-7-7z\"/>", hollow, x,
			n->y - 7);
	else
		buf_fmt(b, "<rect class=\"own%s\" x=\"%.0f\" y=\"%.1f\" width=\"11\" height=\"11\"/>",
			hollow, x - 5.5, n->y - 5.5);
	buf_fmt(b, "<text class=\"%s\" x=\"%.0f\" y=\"%.1f\">",
		n->controller ? (n->grouped ? "lb end" : "lb end mono") : "lb",
		n->controller ? x - SYMBOL : x + SYMBOL, n->y + 4);
	/* What is dim stands on the far side of the label, away from the edges. */
	if (n->suffix.n && n->controller) {
		buf_c(b, "<tspan class=\"dim\">");
		esc_html(b, n->suffix);
		buf_c(b, "</tspan> ");
	}
	esc_html(b, n->label);
	if (n->suffix.n && !n->controller) {
		buf_c(b, " <tspan class=\"dim\">");
		esc_html(b, n->suffix);
		buf_c(b, "</tspan>");
	}
	buf_c(b, "</text>");
}

void graph_draw(struct buf *b, const struct graph *g, const char *id, uint32_t number,
		struct str title, struct str desc)
{
	buf_fmt(b,
		"<svg class=\"graph\" viewBox=\"0 0 %.0f %.0f\" style=\"width:%.0fpx\" role=\"img\" "
		"aria-labelledby=\"%s-t %s-d\"><title id=\"%s-t\">",
		g->width, g->height, g->width, id, id, id);
	esc_html(b, title);
	buf_fmt(b, "</title><desc id=\"%s-d\">", id);
	esc_html(b, desc);
	buf_fmt(b, "</desc><rect class=\"hull\" x=\"1\" y=\"1\" width=\"%.0f\" height=\"%.0f\" rx=\"14\"/>",
		g->width - 2, g->height - 2);
	buf_fmt(b, "<circle class=\"badge\" cx=\"20\" cy=\"19\" r=\"11\"/><text class=\"badge-n\" x=\"20\" y=\"23\">%u</text>",
		(unsigned)number);
	for (size_t i = 0; i < g->n_edges; i++)
		draw_edge(b, g, &g->edges[i]);
	for (size_t i = 0; i < g->n_left + g->n_right; i++)
		draw_node(b, g, &g->nodes[i]);
	buf_c(b, "</svg>\n");
}
