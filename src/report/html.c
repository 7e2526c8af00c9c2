/* SPDX-License-Identifier: Apache-2.0 */
#include "report/html.h"

#include "base/escape.h"
#include "base/sha.h"

/* catalogue/report.css and report.js, put into the program by the build. */
extern const char catalogue_report_css_begin[], catalogue_report_css_end[];
extern const char catalogue_report_js_begin[], catalogue_report_js_end[];

/* ---- the sections ---- */

static void summary(struct page *pg)
{
	pg->p->summary(pg->v, &pg->text);
	page_paragraphs(pg);
	if (pg->v->o->anonymise) {
		page_c(pg, "<p class=\"small\">");
		page_words(pg, W_ANONYMISED);
		page_c(pg, "</p>\n");
	}
}

static void judgements(struct page *pg)
{
	page_c(pg, "<div class=\"prose\">");
	pg->p->judgements(pg->v, &pg->text);
	page_items(pg);
	page_c(pg, "</div>\n");
}

static void recommendations(struct page *pg)
{
	page_c(pg, "<div class=\"advice prose\">");
	pg->p->recommendations(pg->v, &pg->text);
	page_headed_items(pg);
	page_c(pg, "</div>\n");
}

/* In the order of the page. Those marked stand only where there are findings. */
static const struct section {
	const char *id;
	enum word title;
	bool findings;
	void (*write)(struct page *pg);
} sections[] = {
	{ "summary", W_SUMMARY, false, summary },
	{ "judgements", W_JUDGEMENTS, true, judgements },
	{ "families", W_FAMILIES, true, page_families },
	{ "controllers", W_CONTROLLERS, true, page_controllers },
	{ "clusters", W_CLUSTERS, true, page_clusters },
	{ "organisations", W_PLACES, true, page_organisations },
	{ "timeline", W_TIMELINE, true, page_timeline },
	{ "findings", W_FINDINGS, true, page_findings },
	{ "method", W_METHOD, false, page_method },
	{ "inputs", W_INPUTS, false, page_inputs },
	{ "aside", W_ASIDE, false, page_aside },
	{ "recommendations", W_RECOMMENDATIONS, false, recommendations },
	{ "appendix", W_APPENDIX, true, page_appendix },
};

static bool shown(const struct page *pg, const struct section *s)
{
	if (s->write == page_clusters && !facts_clustered(pg->v))
		return false;
	return !s->findings || pg->v->a->n_findings;
}

/* ---- the first screen ---- */

static void figure(struct page *pg, const char *class, enum word w, uint64_t n)
{
	buf_fmt(pg->b, "<div class=\"%s\"><dt>", class);
	page_words(pg, w);
	page_c(pg, "</dt><dd>");
	page_num(pg, n);
	page_c(pg, "</dd></div>");
}

static void figures(struct page *pg)
{
	const struct view *v = pg->v;
	static const char *const class[] = { "low", "medium", "high" };
	static const enum word word[] = { W_LOW, W_MEDIUM, W_HIGH };
	size_t families = v->n_families;

	while (families && !v->families[families - 1].name.n)
		families--;
	page_c(pg, "<div><dl class=\"figures\">");
	figure(pg, "org", W_ORGANISATIONS, v->known_orgs);
	figure(pg, "", W_N_HOSTS, v->n_hosts);
	figure(pg, "mal", W_CONTROLLERS, v->a->n_controllers);
	figure(pg, "", W_N_FAMILIES, families);
	page_c(pg, "<div class=\"wide\"><dt>");
	page_words(pg, W_FIRST_LAST);
	page_c(pg, "</dt><dd class=\"date\">");
	page_date(pg, v->first);
	if (time_day(v->first) != time_day(v->last)) {
		page_c(pg, " – ");
		page_date(pg, v->last);
	}
	page_c(pg, "</dd></div></dl>\n<p class=\"split\">");
	for (int c = CONF_HIGH; c >= CONF_LOW; c--) {
		if (!v->findings_by[c])
			continue;
		buf_fmt(pg->b, "<span class=\"%s\" style=\"flex:%llu 0 auto\">", class[c],
			(unsigned long long)v -> findings_by[c]);
		page_words(pg, word[c]);
		page_c(pg, " ");
		page_num(pg, v->findings_by[c]);
		page_c(pg, "</span>");
	}
	page_c(pg, "</p>\n<p class=\"small\">");
	page_words(pg, W_BY_CONFIDENCE);
	page_c(pg, ": ");
	page_num(pg, v->a->n_findings);
	page_c(pg, "</p></div>\n");
}

static void first_to_tell(struct page *pg)
{
	static const struct column columns[] = { { W_ORGANISATION, "name" },
						 { W_FAMILY, "fam" },
						 { W_HOSTS, "n" },
						 { W_SINCE, "date" },
						 { W_CONFIDENCE, "" } };
	const struct view *v = pg->v;
	uint32_t idx[6];
	size_t n = facts_first_to_tell(v, idx, 6);

	if (!n)
		return;
	page_table(pg, "tell", W_FIRST_TO_TELL, 0, columns, sizeof columns / sizeof columns[0]);
	for (size_t i = 0; i < n; i++) {
		const struct answer_org *o = &v->a->orgs[idx[i]];

		page_c(pg, "<tr><th scope=\"row\" class=\"name\">");
		page_text(pg, v->orgs[idx[i]].name);
		page_c(pg, "</th>");
		page_td(pg, "fam");
		page_list(pg, o->families, o->n_families, 2);
		page_c(pg, "</td>");
		page_td_num(pg, o->hosts);
		page_td_date(pg, o->first);
		buf_fmt(pg->b, "<td data-s=\"%d\">", o->score);
		page_confidence(pg, v->orgs[idx[i]].best);
		page_c(pg, "</td></tr>\n");
	}
	page_table_end(pg, 0, 0);
}

static void top(struct page *pg)
{
	const struct view *v = pg->v;
	const struct answer *a = v->a;

	page_c(pg, "<header class=\"top\"><p class=\"brand\"><b><span class=\"mark\">鼠</span> Nezumi</b><span>");
	page_text(pg, v->o->title.n ? v->o->title : str_of(page_word(pg, W_TITLE)));
	page_c(pg, "</span>");
	if (a->seen_first != TIME_NONE && a->seen_last != TIME_NONE) {
		page_c(pg, "<span>");
		page_date(pg, a->seen_first);
		page_c(pg, " – ");
		page_date(pg, a->seen_last);
		page_c(pg, "</span>");
	}
	if (a->made != TIME_NONE) {
		page_c(pg, "<span>");
		page_words(pg, W_MADE);
		page_c(pg, " ");
		page_date(pg, a->made);
		page_c(pg, "</span>");
	}
	page_c(pg, "</p>\n<h1>");
	pg->p->headline(v, &pg->text);
	page_line(pg);
	page_c(pg, "</h1>\n<p class=\"lead\">");
	pg->p->standfirst(v, &pg->text);
	page_line(pg);
	page_c(pg, "</p>\n");
	if (a->n_findings) {
		page_c(pg, "<div class=\"glance\">\n");
		figures(pg);
		first_to_tell(pg);
		page_c(pg, "</div>\n");
	}
	page_c(pg, "<nav class=\"toc\" aria-label=\"");
	page_words(pg, W_CONTENTS);
	page_c(pg, "\"><ol>");
	for (size_t i = 0; i < sizeof sections / sizeof sections[0]; i++) {
		if (!shown(pg, &sections[i]))
			continue;
		buf_fmt(pg->b, "<li><a href=\"#%s\">", sections[i].id);
		page_words(pg, sections[i].title);
		page_c(pg, "</a></li>");
	}
	page_c(pg, "</ol></nav></header>\n<main>\n");
}

/* ---- the frame ---- */

static void data(struct page *pg, const char *name, enum word w)
{
	buf_fmt(pg->b, " data-%s=\"", name);
	page_words(pg, w);
	page_c(pg, "\"");
}

static void frame_begin(struct page *pg)
{
	struct str css = str_range(catalogue_report_css_begin, catalogue_report_css_end);
	struct str js = str_range(catalogue_report_js_begin, catalogue_report_js_end);
	unsigned char hash[32];

	/* Nothing may be fetched, and no script runs but the one whose hash stands here. */
	sha256(js, hash);
	buf_fmt(pg->b, "<!doctype html>\n<html lang=\"%s\">\n<head>\n<meta charset=\"utf-8\">\n",
		page_word(pg, W_LANG));
	page_c(pg, "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; "
		   "script-src 'sha256-");
	base64(pg->b, (struct str){ (const char *)hash, sizeof hash });
	page_c(pg, "'; base-uri 'none'; form-action 'none'\">\n");
	page_c(pg, "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
		   "<meta name=\"color-scheme\" content=\"light dark\">\n<meta name=\"referrer\" content=\"no-referrer\">\n"
		   "<meta name=\"format-detection\" content=\"telephone=no, address=no\">\n"
		   "<meta name=\"generator\" content=\"Nezumi\">\n<title>");
	page_text(pg, pg->v->o->title.n ? pg->v->o->title : str_of(page_word(pg, W_TITLE)));
	page_c(pg, "</title>\n<style>\n");
	buf_puts(pg->b, css);
	page_c(pg, "</style>\n</head>\n<body");
	data(pg, "sort", W_SORT);
	data(pg, "copy", W_COPY);
	data(pg, "raw", W_COPY_RAW);
	data(pg, "defanged", W_COPY_DEFANGED);
	data(pg, "command", W_COPY_COMMAND);
	data(pg, "copied", W_COPIED);
	page_c(pg, ">\n<div class=\"page\">\n");
}

static void frame_end(struct page *pg)
{
	page_c(pg, "</main>\n<footer class=\"foot\"><p>");
	page_words(pg, W_FOOT);
	page_c(pg, "</p></footer>\n</div>\n<script>");
	buf_puts(pg->b, str_range(catalogue_report_js_begin, catalogue_report_js_end));
	page_c(pg, "</script>\n</body>\n</html>\n");
}

enum err report_html(const struct answer *a, const struct report_options *o, struct buf *out)
{
	struct view v;
	struct page pg = { .b = out, .v = &v, .p = prose_in(o->lang) };
	enum err e = view_make(a, o, &v);

	if (e)
		return e;
	buf_init(&pg.text, (size_t)16 << 20);
	frame_begin(&pg);
	top(&pg);
	/* Summary and judgements stand side by side where there is room. */
	page_c(&pg, "<div class=\"pair\">\n");
	for (size_t i = 0; i < sizeof sections / sizeof sections[0]; i++) {
		if (i == 2)
			page_c(&pg, "</div>\n");
		if (!shown(&pg, &sections[i]))
			continue;
		buf_fmt(out, "<section id=\"%s\" aria-labelledby=\"h-%s\"><h2 id=\"h-%s\">",
			sections[i].id, sections[i].id, sections[i].id);
		page_words(&pg, sections[i].title);
		page_c(&pg, "</h2>\n");
		sections[i].write(&pg);
		page_c(&pg, "</section>\n");
	}
	frame_end(&pg);
	e = buf_err(out) ? buf_err(out) : buf_err(&pg.text) ? buf_err(&pg.text) : pg.err;
	buf_free(&pg.text);
	view_free(&v);
	return e;
}
