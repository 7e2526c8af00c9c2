/* SPDX-License-Identifier: Apache-2.0 */
/* The sections of the HTML report about what was found. */
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

static void port(struct page *pg, const struct finding *f)
{
	buf_fmt(pg->b, "<td class=\"n\" data-s=\"%u\">", f->port);
	if (f->port)
		buf_u64(pg->b, f->port);
	else
		buf_c(pg->b, "–");
	if (f->protocol.n) {
		buf_c(pg->b, " <span class=\"dim\">");
		page_text(pg, f->protocol);
		buf_c(pg->b, "</span>");
	}
	buf_c(pg->b, "</td>");
}

/* ---- families ---- */

static void controller_cells(struct page *pg, uint32_t i)
{
	const struct answer_controller *c = &pg->v->a->controllers[i];

	page_td(pg, "wrap");
	page_value(pg, c->value);
	page_c(pg, "</td>");
	page_td(pg, "ctry");
	page_country(pg, c->country);
	page_c(pg, "</td>");
	page_td(pg, "name");
	page_text(pg, c->as_name.n ? c->as_name : STR("–"));
	if (c->asn)
		buf_fmt(pg->b, " <span class=\"dim\">AS%u</span>", c->asn);
	page_c(pg, "</td>");
	page_td_num(pg, c->hosts);
	page_td_num(pg, pg->v->controllers[i].orgs);
}

static void family_controllers(struct page *pg, const struct view_family *f)
{
	static const struct column columns[] = {
		{ W_CONTROLLER, "" }, { W_COUNTRY, "ctry" },    { W_ISP, "name" },
		{ W_HOSTS, "n" },     { W_ORGANISATIONS, "n" }, { W_FIRST, "date" },
		{ W_LAST, "date" },
	};
	size_t shown = page_limit(f->n_controllers, ROWS_FAMILY);

	page_table(pg, "ct", W_CONTROLLERS, f->n_controllers, COLUMNS(columns));
	for (size_t i = 0; i < shown; i++) {
		const struct answer_controller *c = &pg->v->a->controllers[f->controllers[i]];

		page_c(pg, "<tr>");
		controller_cells(pg, f->controllers[i]);
		page_td_date(pg, c->first);
		page_td_date(pg, c->last);
		page_c(pg, "</tr>\n");
	}
	page_table_end(pg, f->n_controllers, shown);
}

static void org_cells(struct page *pg, uint32_t i)
{
	const struct view *v = pg->v;
	const struct answer_org *o = &v->a->orgs[i];

	page_c(pg, "<th scope=\"row\" class=\"name\">");
	page_text(pg, v->orgs[i].name);
	page_c(pg, "</th>");
	page_td_text(pg, "sec", namebook_sector_text(&v->names, v->o->lang, o->org.sector, STR("–")));
	page_td(pg, "ctry");
	page_country(pg, o->org.country);
	page_c(pg, "</td>");
	page_td_num(pg, o->hosts);
}

static void confidence_cell(struct page *pg, enum confidence c, int score)
{
	buf_fmt(pg->b, "<td class=\"date\" data-s=\"%d\">", score);
	page_confidence(pg, c);
	buf_fmt(pg->b, " %d</td>", score);
}

static void family_orgs(struct page *pg, const struct view_family *f)
{
	static const struct column columns[] = {
		{ W_ORGANISATION, "name" }, { W_SECTOR, "sec" }, { W_COUNTRY, "ctry" },
		{ W_HOSTS, "n" },           { W_FIRST, "date" }, { W_LAST, "date" },
		{ W_CONFIDENCE, "date" },
	};
	size_t shown = page_limit(f->n_orgs, ROWS_FAMILY);

	page_table(pg, "ot", W_ORGANISATIONS, f->known_orgs, COLUMNS(columns));
	for (size_t i = 0; i < shown; i++) {
		const struct answer_org *o = &pg->v->a->orgs[f->orgs[i]];

		page_c(pg, "<tr>");
		org_cells(pg, f->orgs[i]);
		page_td_date(pg, o->first);
		page_td_date(pg, o->last);
		confidence_cell(pg, pg->v->orgs[f->orgs[i]].best, o->score);
		page_c(pg, "</tr>\n");
	}
	page_table_end(pg, f->n_orgs, shown);
}

void page_families(struct page *pg)
{
	static const struct column columns[] = {
		{ W_FAMILY, "name" },   { W_ORGANISATIONS, "n" }, { W_HOSTS, "n" },
		{ W_CONTROLLERS, "n" }, { W_FIRST, "date" },      { W_LAST, "date" },
	};
	const struct view *v = pg->v;
	size_t full = page_limit(v->n_families, FAMILIES_MAX);

	for (size_t i = 0; i < full; i++) {
		page_c(pg, "<h3>");
		page_text(pg, view_family_text(v, &v->families[i]));
		page_c(pg, "</h3>\n");
		pg->p->family(v, &pg->text, &v->families[i]);
		page_paragraphs(pg);
		/* One of each: the sentences have said all of it. */
		if (v->families[i].n_controllers == 1 && v->families[i].n_orgs == 1)
			continue;
		family_controllers(pg, &v->families[i]);
		family_orgs(pg, &v->families[i]);
	}
	if (full == v->n_families)
		return;
	page_table(pg, "ft", W_OTHER_FAMILIES, v->n_families - full, COLUMNS(columns));
	for (size_t i = full; i < v->n_families && i < full + ROWS_CONTROLLERS; i++) {
		const struct view_family *f = &v->families[i];

		page_c(pg, "<tr><th scope=\"row\">");
		page_text(pg, view_family_text(v, f));
		page_c(pg, "</th>");
		page_td_num(pg, f->known_orgs);
		page_td_num(pg, f->hosts);
		page_td_num(pg, f->n_controllers);
		page_td_date(pg, f->first);
		page_td_date(pg, f->last);
		page_c(pg, "</tr>\n");
	}
	page_table_end(pg, v->n_families - full, ROWS_CONTROLLERS);
}

/* ---- controllers ---- */

static int by_hosts(const void *x, const void *y)
{
	const struct chart_bar *a = x, *b = y;

	if (a->value != b->value)
		return a->value > b->value ? -1 : 1;
	return str_cmp(a->label, b->label);
}

static void hosts_chart(struct page *pg)
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

static void cluster_mark(struct page *pg, uint32_t id)
{
	if (id)
		buf_fmt(pg->b, "<span class=\"cl\">%u</span>", id);
	else
		page_c(pg, "–");
}

void page_controllers(struct page *pg)
{
	static const struct column columns[] = {
		{ W_CONTROLLER, "" }, { W_FAMILY, "fam" }, { W_COUNTRY, "ctry" },
		{ W_ISP, "name" },    { W_HOSTS, "n" },    { W_ORGANISATIONS, "n" },
		{ W_RECORDS, "n" },   { W_FIRST, "date" }, { W_LAST, "date" },
		{ W_CLUSTER, "n" },
	};
	const struct view *v = pg->v;
	size_t shown = page_limit(v->a->n_controllers, ROWS_CONTROLLERS);

	pg->p->controllers(v, &pg->text);
	page_paragraphs(pg);
	hosts_chart(pg);
	page_table(pg, "ct values", W_CONTROLLERS, v->a->n_controllers, COLUMNS(columns));
	for (uint32_t i = 0; i < shown; i++) {
		const struct answer_controller *c = &v->a->controllers[i];

		page_c(pg, "<tr><th scope=\"row\" class=\"wrap\">");
		page_value(pg, c->value);
		if (c->n_hostnames && c->type != IT_DOMAIN) {
			page_c(pg, "<br><span class=\"small\">");
			for (size_t k = 0; k < c->n_hostnames && k < 2; k++) {
				page_c(pg, k ? " " : "");
				page_value(pg, c->hostnames[k]);
			}
			if (c->n_hostnames > 2)
				buf_fmt(pg->b, " +%zu", c->n_hostnames - 2);
			page_c(pg, "</span>");
		}
		page_c(pg, "</th>");
		page_td(pg, "");
		page_list(pg, c->families, c->n_families, 3);
		page_c(pg, "</td>");
		page_td(pg, "ctry");
		page_country(pg, c->country);
		page_c(pg, "</td>");
		page_td(pg, "name");
		page_text(pg, c->as_name.n ? c->as_name : STR("–"));
		if (c->asn)
			buf_fmt(pg->b, " <span class=\"dim\">AS%u</span>", c->asn);
		if (c->context.n) {
			page_c(pg, "<br><span class=\"small\">");
			page_text(pg, c->context);
			page_c(pg, "</span>");
		}
		page_c(pg, "</td>");
		page_td_num(pg, c->hosts);
		page_td_num(pg, v->controllers[i].orgs);
		page_td_num(pg, c->records);
		page_td_date(pg, c->first);
		page_td_date(pg, c->last);
		page_td(pg, "n");
		cluster_mark(pg, c->cluster);
		page_c(pg, "</td></tr>\n");
	}
	page_table_end(pg, v->a->n_controllers, shown);
}

/* ---- clusters ---- */

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
		cluster_mark(pg, c->id);
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

/* ---- organisations ---- */

static void tally_chart(struct page *pg, const char *id, enum word title, const struct view_tallies *t)
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

void page_organisations(struct page *pg)
{
	static const struct column columns[] = {
		{ W_ORGANISATION, "name" }, { W_SECTOR, "sec" }, { W_COUNTRY, "ctry" },
		{ W_HOSTS, "n" },           { W_FAMILY, "fam" }, { W_CONTROLLERS, "n" },
		{ W_FIRST, "date" },        { W_LAST, "date" },  { W_CONFIDENCE, "date" },
	};
	const struct view *v = pg->v;
	size_t shown = page_limit(v->a->n_orgs, ROWS_ORGANISATIONS);

	if (v->known_orgs > 1) {
		page_c(pg, "<div class=\"two\">");
		tally_chart(pg, "ch-sector", W_BY_SECTOR, &v->sectors);
		tally_chart(pg, "ch-country", W_BY_COUNTRY, &v->countries);
		page_c(pg, "</div>\n");
	}
	pg->p->places(v, &pg->text);
	page_paragraphs(pg);
	page_table(pg, "ot", W_ORGANISATIONS, v->known_orgs, COLUMNS(columns));
	for (uint32_t i = 0; i < shown; i++) {
		const struct answer_org *o = &v->a->orgs[i];

		page_c(pg, "<tr>");
		org_cells(pg, i);
		page_td(pg, "");
		page_list(pg, o->families, o->n_families, 3);
		page_c(pg, "</td>");
		page_td_num(pg, o->n_controllers);
		page_td_date(pg, o->first);
		page_td_date(pg, o->last);
		confidence_cell(pg, v->orgs[i].best, o->score);
		page_c(pg, "</tr>\n");
	}
	page_table_end(pg, v->a->n_orgs, shown);
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

/* ---- findings ---- */

static void reasons(struct page *pg, const struct finding *f)
{
	page_c(pg, "<div><h4 class=\"small\">");
	page_words(pg, W_REASONS);
	page_c(pg, "</h4><ul class=\"points\">");
	for (size_t i = 0; i < f->n_reasons; i++) {
		const struct reason *r = &f->reasons[i];

		if (r->points > 0)
			buf_fmt(pg->b, "<li><b>+%d</b> <span>", r->points);
		else if (r->points < 0)
			buf_fmt(pg->b, "<li><b>−%d</b> <span>", -r->points);
		else
			page_c(pg, "<li><b>≤</b> <span>");
		pg->p->reason(pg->v, &pg->text, f, r);
		page_line(pg);
		page_c(pg, "</span></li>");
	}
	page_c(pg, "</ul></div>\n");
}

static void evidence(struct page *pg, const struct finding *f)
{
	char scratch[32];

	page_c(pg, "<div><h4 class=\"small\">");
	page_words(pg, W_EVIDENCE);
	page_c(pg, "</h4><ul class=\"where\">");
	for (size_t i = 0; i < f->n_evidence; i++) {
		const struct evidence *e = &f->evidence[i];

		page_c(pg, "<li>");
		page_c(pg, "<span class=\"mono\">");
		page_text(pg, view_path(pg->v, e->path, scratch));
		buf_fmt(pg->b, ":%llu</span> <span class=\"dim when\">", (unsigned long long)e->line);
		time_format(pg->b, e->ts / TIME_S * TIME_S);
		buf_fmt(pg->b, " %s</span></li>", kind_text(e->kind));
	}
	if (f->n_evidence > 3)
		buf_fmt(pg->b, "<li class=\"paper dim\">+%zu</li>", f->n_evidence - 3);
	page_c(pg, "</ul>");
	if (f->n_sources) {
		page_c(pg, "<p class=\"small\">");
		page_words(pg, W_SOURCES);
		page_c(pg, ": ");
		page_list(pg, f->sources, f->n_sources, 6);
		page_c(pg, "</p>");
	}
	page_c(pg, "</div>");
}

static void one_finding(struct page *pg, size_t i, size_t columns)
{
	const struct view *v = pg->v;
	const struct finding *f = &v->a->findings[i];
	const struct view_host *h = &v->hosts[v->host_of[i]];

	page_c(pg, "<tbody><tr class=\"has-ev\">");
	confidence_cell(pg, f->confidence, f->score);
	page_c(pg, "<th scope=\"row\" class=\"date\">");
	if (v->o->anonymise)
		page_text(pg, h->label);
	else
		page_value(pg, h->host);
	page_c(pg, "</th>");
	page_td_text(pg, "name", v->orgs[f->org].name);
	page_td(pg, "wrap");
	page_value(pg, v->a->controllers[f->controller].value);
	page_c(pg, "</td>");
	port(pg, f);
	page_td(pg, "");
	page_list(pg, f->families, f->n_families, 3);
	page_c(pg, "</td>");
	page_td_num(pg, f->records ? f->records : f->records_other_port);
	page_td_num(pg, f->days);
	page_td_date(pg, f->first);
	page_td_date(pg, f->last);
	buf_fmt(pg->b,
		"</tr>\n<tr class=\"ev\"><td colspan=\"%zu\"><div class=\"in\"><details><summary>",
		columns);
	page_words(pg, W_WHY);
	page_c(pg, "</summary><div class=\"cols\"><p>");
	pg->p->finding(v, &pg->text, f);
	page_line(pg);
	page_c(pg, "</p>");
	reasons(pg, f);
	evidence(pg, f);
	page_c(pg, "</div></details></div></td></tr></tbody>\n");
}

void page_findings(struct page *pg)
{
	static const struct column columns[] = {
		{ W_CONFIDENCE, "date" }, { W_HOST, "" },  { W_ORGANISATION, "name" },
		{ W_CONTROLLER, "" },     { W_PORT, "n" }, { W_FAMILY, "fam" },
		{ W_RECORDS, "n" },       { W_DAYS, "n" }, { W_FIRST, "date" },
		{ W_LAST, "date" },
	};
	size_t all = pg->v->a->n_findings, shown = page_limit(all, ROWS_FINDINGS);
	static const struct str empty_body = { "<tbody>\n", 8 };

	pg->p->findings(pg->v, &pg->text);
	page_paragraphs(pg);
	page_table(pg, "fi", W_FINDINGS, all, COLUMNS(columns));
	/* Each finding has a body of its own instead. */
	if (pg->b->n >= empty_body.n && !buf_err(pg->b))
		pg->b->n -= empty_body.n;
	for (size_t i = 0; i < shown; i++)
		one_finding(pg, i, sizeof columns / sizeof columns[0]);
	page_c(pg, "</table></div>\n");
	page_more(pg, all, shown);
}
