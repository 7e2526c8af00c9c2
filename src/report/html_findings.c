/* SPDX-License-Identifier: Apache-2.0 */
/* The sections of the HTML report about what was found. */
#include "report/html.h"

#define COLUMNS(c) c, sizeof(c) / sizeof(c)[0]

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
	page_hosts_chart(pg);
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
		if (why_action(c->why) == ACTION_INFORM) {
			page_c(pg, "<br><span class=\"small\">");
			page_words(pg, W_INFORM_ONLY);
			page_c(pg, "</span>");
		}
		page_c(pg, "</td>");
		page_td_num(pg, c->hosts);
		page_td_num(pg, v->controllers[i].orgs);
		page_td_num(pg, c->records);
		page_td_date(pg, c->first);
		page_td_date(pg, c->last);
		page_td(pg, "n");
		page_cluster_mark(pg, c->cluster);
		page_c(pg, "</td></tr>\n");
	}
	page_table_end(pg, v->a->n_controllers, shown);
}

/* ---- organisations ---- */

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
		page_tally_chart(pg, "ch-sector", W_BY_SECTOR, &v->sectors);
		page_tally_chart(pg, "ch-country", W_BY_COUNTRY, &v->countries);
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
