/* SPDX-License-Identifier: Apache-2.0 */
/* The sections of the HTML report that are drawn: bars, graphs of clusters, timelines. */
#include <stdio.h>
#include <stdlib.h>

#include "base/escape.h"
#include "report/chart.h"
#include "report/graphdraw.h"
#include "report/html.h"

#define COLUMNS(c) c, sizeof(c) / sizeof(c)[0]

static struct str arena_defanged(struct arena *arena, struct str value)
{
	struct buf b;
	struct str out;

	buf_init(&b, 0);
	defang(&b, value);
	out = arena_str(arena, buf_str(&b));
	buf_free(&b);
	return out.p ? out : STR_NONE;
}

/* ---- bars ---- */

static int by_hosts(const void *x, const void *y)
{
	const struct chart_bar *a = x, *b = y;

	if (a->value != b->value)
		return a->value > b->value ? -1 : 1;
	return str_cmp(a->label, b->label);
}

void page_hosts_chart(struct page *pg)
{
	const struct view *v = pg->v;
	size_t n = v->a->n_controllers;
	struct arena arena;
	struct chart_bar *bars;

	arena_init(&arena, 0);
	bars = arena_array(&arena, n + 1, sizeof *bars);
	for (size_t i = 0; bars && i < n; i++)
		bars[i] = (struct chart_bar){
			.label = arena_defanged(&arena, v->a->controllers[i].value),
			.note = namebook_country_text(&v->names, v->o->lang,
						      v->a->controllers[i].country, STR_NONE),
			.kind = "mal",
			.mono = true,
			.value = v->a->controllers[i].hosts
		};
	if (!bars) {
		arena_free(&arena);
		pg->err = ERR_NOMEM;
		return;
	}
	qsort(bars, n, sizeof *bars, by_hosts);
	page_c(pg, "<figure><figcaption>");
	page_words(pg, W_CHART);
	page_c(pg, "</figcaption>\n");
	pg->p->controllers(v, &pg->text);
	{
		struct str desc = buf_str(&pg->text);

		chart_bars(pg->b, "ch-hosts", str_of(page_word(pg, W_CHART)),
			   str_head(desc, str_chr(desc, '\n')), bars, page_limit(n, BARS_MAX));
	}
	buf_clear(&pg->text);
	page_c(pg, "</figure>\n");
	page_more(pg, n, page_limit(n, BARS_MAX));
	arena_free(&arena);
}

void page_tally_chart(struct page *pg, const char *id, enum word title, const struct view_tallies *t)
{
	struct chart_bar bars[BARS_MAX + BARS_MAX / 10];
	size_t n = page_limit(t->n, BARS_MAX);
	uint64_t rest = 0;

	if (n < t->n)
		n--;
	for (size_t i = 0; i < n; i++)
		bars[i] = (struct chart_bar){ .label = t->v[i].label,
					      .kind = "org",
					      .value = t->v[i].orgs };
	for (size_t i = n; i < t->n; i++)
		rest += t->v[i].orgs;
	if (rest)
		bars[n++] = (struct chart_bar){ .label = str_of(page_word(pg, W_OTHERS)),
						.kind = "off",
						.value = rest };
	if (!n)
		return;
	page_c(pg, "<figure><figcaption>");
	page_words(pg, title);
	page_c(pg, "</figcaption>\n");
	chart_bars(pg->b, id, str_of(page_word(pg, title)), STR_NONE, bars, n);
	page_c(pg, "</figure>\n");
}

/* ---- clusters ---- */

void page_cluster_mark(struct page *pg, uint32_t id)
{
	if (id)
		buf_fmt(pg->b, "<span class=\"cl\">%u</span>", id);
	else
		page_c(pg, "–");
}

/* What the graph shows, as a list: the way in for those who do not see it. */
static void cluster_pairs(struct page *pg, size_t i)
{
	static const struct column columns[] = {
		{ W_CONTROLLER, "" }, { W_ORGANISATION, "name" }, { W_HOSTS, "n" }, { W_RECORDS, "n" }
	};
	const struct view *v = pg->v;
	const struct cluster_row *c = &v->a->clusters[i];
	size_t all = 0, shown = 0;

	page_table(pg, "pt", W_PAIRS, 0, COLUMNS(columns));
	for (size_t k = 0; k < c->n_controllers; k++) {
		const struct view_controller *ctl = &v->controllers[c->controllers[k]];

		for (size_t e = ctl->edge; e < ctl->edge + ctl->n_edges; e++, all++) {
			if (all >= 60)
				continue;
			shown++;
			page_c(pg, "<tr>");
			page_td(pg, "wrap");
			page_value(pg, v->a->controllers[c->controllers[k]].value);
			page_c(pg, "</td>");
			page_td_text(pg, "name", v->orgs[v->edges[e].org].name);
			page_td_num(pg, v->edges[e].hosts);
			page_td_num(pg, v->edges[e].records);
			page_c(pg, "</tr>\n");
		}
	}
	page_table_end(pg, all, shown);
}

static void one_cluster(struct page *pg, size_t i)
{
	const struct view *v = pg->v;
	const struct cluster_row *c = &v->a->clusters[i];
	struct graph g;
	struct buf title;
	char id[32];

	if (graph_make(v, i, &g)) {
		pg->err = ERR_NOMEM;
		return;
	}
	buf_fmt(pg->b, "<div class=\"cluster\" id=\"cluster-%u\"><div class=\"what prose\"><h3>", c->id);
	page_words(pg, W_CLUSTER);
	buf_fmt(pg->b, " %u</h3>\n", c->id);
	pg->p->cluster(v, &pg->text, i);
	page_paragraphs(pg);
	page_c(pg, "</div>\n<figure><div class=\"graphbox\">");
	buf_init(&title, 0);
	buf_fmt(&title, "%s %u", page_word(pg, W_CLUSTER), c->id);
	(void)snprintf(id, sizeof id, "gr-%zu", i + 1);
	pg->p->cluster(v, &pg->text, i);
	{
		struct buf plain;

		buf_init(&plain, 0);
		say_as_plain(&plain, str_head(buf_str(&pg->text), str_chr(buf_str(&pg->text), '\n')));
		graph_draw(pg->b, &g, id, c->id, buf_str(&title), buf_str(&plain));
		buf_free(&plain);
	}
	buf_clear(&pg->text);
	buf_free(&title);
	graph_free(&g);
	page_c(pg, "</div></figure>\n<div>");
	cluster_pairs(pg, i);
	page_c(pg, "</div></div>\n");
}

void page_clusters(struct page *pg)
{
	static const struct column columns[] = { { W_CLUSTER, "" },
						 { W_CONTROLLERS, "" },
						 { W_ORGANISATIONS, "name" } };
	const struct answer *a = pg->v->a;
	size_t drawn = 0;

	pg->p->clusters(pg->v, &pg->text);
	page_paragraphs(pg);
	page_c(pg, "<p class=\"small\">");
	page_words(pg, W_MAP_KEY);
	page_c(pg, "</p>\n");
	/* The largest come first; a pair of one controller and one organisation makes no picture,
	 * unless there are only pairs. */
	while (drawn < page_limit(a->n_clusters, CLUSTERS_MAX) &&
	       (a->clusters[drawn].n_controllers + a->clusters[drawn].n_orgs > 2 || drawn < 2 ||
		a->n_clusters < 9))
		one_cluster(pg, drawn++);
	if (drawn == a->n_clusters)
		return;
	page_table(pg, "kt", W_OTHER_CLUSTERS, a->n_clusters - drawn, COLUMNS(columns));
	for (size_t i = drawn; i < a->n_clusters && i < drawn + ROWS_CONTROLLERS; i++) {
		const struct cluster_row *c = &a->clusters[i];

		page_c(pg, "<tr><td>");
		page_cluster_mark(pg, c->id);
		page_c(pg, "</td>");
		page_td(pg, "wrap");
		for (size_t k = 0; k < c->n_controllers && k < 5; k++) {
			page_c(pg, k ? " " : "");
			page_value(pg, a->controllers[c->controllers[k]].value);
		}
		if (c->n_controllers > 5)
			buf_fmt(pg->b, " +%zu", c->n_controllers - 5);
		page_c(pg, "</td>");
		page_td(pg, "name");
		for (size_t k = 0; k < c->n_orgs && k < 5; k++) {
			page_c(pg, k ? ", " : "");
			page_text(pg, pg->v->orgs[c->orgs[k]].name);
		}
		if (c->n_orgs > 5)
			buf_fmt(pg->b, " +%zu", c->n_orgs - 5);
		page_c(pg, "</td></tr>\n");
	}
	page_table_end(pg, a->n_clusters - drawn, ROWS_CONTROLLERS);
}

/* ---- timeline ---- */

static struct str span_text(struct page *pg, struct arena *arena, struct str label, int64_t first,
			    int64_t last)
{
	struct str out;

	buf_clear(&pg->text);
	buf_puts(&pg->text, label);
	buf_c(&pg->text, ": ");
	time_format(&pg->text, first);
	buf_c(&pg->text, " – ");
	time_format(&pg->text, last);
	out = arena_str(arena, buf_str(&pg->text));
	buf_clear(&pg->text);
	return out.p ? out : STR_NONE;
}

static int by_first(const void *x, const void *y)
{
	const struct chart_span *a = x, *b = y;

	if (a->first != b->first)
		return a->first < b->first ? -1 : 1;
	if (a->last != b->last)
		return a->last < b->last ? -1 : 1;
	return str_cmp(a->label, b->label);
}

/* The organisation's controllers, one part each. */
static struct chart_part *org_parts(const struct view *v, struct arena *arena, uint32_t org, size_t *n)
{
	struct chart_part *parts;

	*n = 0;
	for (size_t i = 0; i < v->n_edges; i++)
		*n += v->edges[i].org == org;
	parts = arena_array(arena, *n + 1, sizeof *parts);
	*n = 0;
	for (size_t i = 0; parts && i < v->n_edges; i++)
		if (v->edges[i].org == org)
			parts[(*n)++] = (struct chart_part){ v->edges[i].first, v->edges[i].last };
	return parts;
}

static void timeline(struct page *pg, const char *id, enum word title, struct chart_span *spans,
		     size_t n, uint64_t all)
{
	const struct view *v = pg->v;
	/* A margin on both sides shows whether the records go on where the calls end. */
	int64_t margin = (v->last - v->first) / 12 + TIME_DAY, from = v->first - margin,
		to = v->last + margin;

	if (!n)
		return;
	if (v->a->seen_first != TIME_NONE && from < v->a->seen_first)
		from = v->a->seen_first < v->first ? v->a->seen_first : v->first;
	if (v->a->seen_last != TIME_NONE && to > v->a->seen_last)
		to = v->a->seen_last > v->last ? v->a->seen_last : v->last;
	qsort(spans, n, sizeof *spans, by_first);
	page_c(pg, "<figure><figcaption>");
	page_words(pg, title);
	page_c(pg, "</figcaption>\n");
	chart_timeline(pg->b, id, str_of(page_word(pg, title)), STR_NONE, spans, n,
		       from < 0 ? 0 : from, to);
	page_c(pg, "</figure>\n");
	page_more(pg, all, n);
}

void page_timeline(struct page *pg)
{
	const struct view *v = pg->v;
	const struct answer *a = v->a;
	struct chart_span spans[SPANS_MAX + SPANS_MAX / 10];
	struct arena arena;
	size_t n = 0;

	arena_init(&arena, 0);
	pg->p->timeline(v, &pg->text);
	page_paragraphs(pg);
	for (uint32_t i = 0; i < a->n_orgs && n < page_limit(v->known_orgs, SPANS_MAX); i++) {
		const struct answer_org *o = &a->orgs[i];
		struct chart_span *s = &spans[n];

		if (!v->orgs[i].known)
			continue;
		*s = (struct chart_span){
			.label = v->orgs[i].name, .kind = "org", .first = o->first, .last = o->last
		};
		s->from = s->until = TIME_NONE;
		s->title = span_text(pg, &arena, s->label, o->first, o->last);
		s->parts = org_parts(v, &arena, i, &s->n_parts);
		n++;
	}
	timeline(pg, "tl-orgs", W_TIMELINE_ORGS, spans, n, v->known_orgs);
	for (n = 0; n < page_limit(a->n_controllers, SPANS_MAX); n++) {
		const struct answer_controller *c = &a->controllers[n];
		struct chart_span *s = &spans[n];

		*s = (struct chart_span){ .label = arena_defanged(&arena, c->value),
					  .kind = "mal",
					  .mono = true,
					  .first = c->first,
					  .last = c->last,
					  .from = c->listed_from,
					  .until = c->listed_until };
		s->title = span_text(pg, &arena, s->label, c->first, c->last);
	}
	timeline(pg, "tl-ctl", W_TIMELINE_CONTROLLERS, spans, n, a->n_controllers);
	arena_free(&arena);
}
