/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Inside of the HTML report: one page being written, and the pieces that its sections are made of.
 * All text goes through esc_html; only the names of classes and ids here are written as they are.
 * See report.h for the document.
 */
#ifndef NEZUMI_REPORT_HTML_H
#define NEZUMI_REPORT_HTML_H

#include "report/prose.h"

struct page {
	struct buf *b;
	const struct view *v;
	const struct prose *p;
	struct buf text; /* scratch for composed sentences */
	enum err err;    /* the first thing that failed beside the buffer */
};

/* Rows shown of long tables; the JSON output has the rest. */
enum {
	ROWS_FINDINGS = 300,
	ROWS_CONTROLLERS = 200,
	ROWS_ORGANISATIONS = 200,
	ROWS_ASIDE = 200,
	ROWS_INPUTS = 100,
	ROWS_FAMILY = 30,
	ROWS_APPENDIX = 500,
	BARS_MAX = 20,
	SPANS_MAX = 30,
	FAMILIES_MAX = 12,
	CLUSTERS_MAX = 12,
	STIX_MAX = 2000,
};

/* ---- pieces (html_pieces.c) ---- */

/* How many of `all` are shown: a few more than `max` rather than a rest of a few. */
static inline size_t page_limit(uint64_t all, size_t max)
{
	return all <= max + max / 10 ? (size_t)all : max;
}

static inline const char *page_word(const struct page *pg, enum word w)
{
	return pg->p->words[w];
}

void page_text(struct page *pg, struct str s);
void page_words(struct page *pg, enum word w);
void page_num(struct page *pg, uint64_t n);
/* An indicator, defanged, in monospace. */
void page_value(struct page *pg, struct str value);
void page_confidence(struct page *pg, enum confidence c);
void page_country(struct page *pg, struct str code);
/* "A, B, C" of families and the like, in cells; at most `max`. */
void page_list(struct page *pg, const struct str *v, size_t n, size_t max);
/* 2018-12-16, with the exact time for machines. */
void page_date(struct page *pg, int64_t t);

/* Take what the prose put into pg->text, as paragraphs, as nested lists, as headings with lists;
 * and empty it. */
void page_paragraphs(struct page *pg);
void page_items(struct page *pg);
void page_headed_items(struct page *pg);
/* The first line only, without an element around it. */
void page_line(struct page *pg);

struct column {
	enum word word;
	const char *class; /* "n" for numbers, "date", "name", "long", or "" */
};
/* Up to <tbody>; W_NONE as caption leaves it out. `rows` is said beside the caption, 0 is not. */
void page_table(struct page *pg, const char *id, enum word caption, uint64_t rows,
		const struct column *columns, size_t n);
/* From </tbody> on; what lies beyond `shown` of `all` rows is said below. */
void page_table_end(struct page *pg, uint64_t all, uint64_t shown);
void page_more(struct page *pg, uint64_t all, uint64_t shown);
/* Likewise of what nobody keeps in full. */
void page_more_lines(struct page *pg, uint64_t all, uint64_t shown);
/* <td>; class may be NULL. */
void page_td(struct page *pg, const char *class);
void page_td_num(struct page *pg, uint64_t n);
void page_td_text(struct page *pg, const char *class, struct str s);
void page_td_date(struct page *pg, int64_t t);
void page_c(struct page *pg, const char *markup);

/* ---- sections: what stands between <section> and </section>, below the heading ---- */

/* html_drawn.c: pieces and sections */
void page_cluster_mark(struct page *pg, uint32_t id);
void page_hosts_chart(struct page *pg);
void page_tally_chart(struct page *pg, const char *id, enum word title, const struct view_tallies *t);
void page_clusters(struct page *pg);
void page_timeline(struct page *pg);
/* html_findings.c */
void page_families(struct page *pg);
void page_controllers(struct page *pg);
void page_organisations(struct page *pg);
void page_findings(struct page *pg);
/* html_aside.c */
void page_method(struct page *pg);
void page_aside(struct page *pg);
void page_appendix(struct page *pg);
void page_inputs(struct page *pg);

#endif
