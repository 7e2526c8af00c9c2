/* SPDX-License-Identifier: Apache-2.0 */
/* The sections of the HTML report about how it was made: method, what was set aside, what was read,
 * indicators. */
#include <stdlib.h>

#include "base/sha.h"
#include "report/html.h"
#include "report/stix.h"

#define COLUMNS(c) c, sizeof(c) / sizeof(c)[0]

/* ---- method ---- */

void page_method(struct page *pg)
{
	static const struct column columns[] = { { W_PART, "name" }, { W_POINTS, "n" } };
	/* docs/judgement.md, section 7. */
	static const struct {
		const char *part, *points;
	} parts[] = {
		{ "evidence", "20–45" }, { "port", "15" },          { "repetition", "5–20" },
		{ "days", "5–10" },      { "regularity", "10–20" }, { "family", "10" },
		{ "names", "10" },       { "sources", "5" },        { "grace", "−15" },
		{ "cap", "≤ 30–49" },
	};

	pg->p->method(pg->v, &pg->text);
	page_paragraphs(pg);
	page_c(pg, "<div class=\"tw narrow\"><table><caption>");
	page_words(pg, W_SCORE_PARTS);
	page_c(pg, "</caption>\n<thead><tr>");
	for (size_t i = 0; i < 2; i++) {
		buf_fmt(pg->b, "<th scope=\"col\" class=\"%s\">", columns[i].class);
		page_words(pg, columns[i].word);
		page_c(pg, "</th>");
	}
	page_c(pg, "</tr></thead><tbody>\n");
	for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
		page_c(pg, "<tr><td>");
		pg->p->part(&pg->text, str_of(parts[i].part));
		page_line(pg);
		buf_fmt(pg->b, "</td><td class=\"n\">%s</td></tr>\n", parts[i].points);
	}
	page_c(pg, "</tbody></table></div>\n");
}

/* ---- set aside ---- */

/* The reasons in short, with what they mean; hosts and records only where they are counted. */
static void tally_table(struct page *pg, enum word caption, const struct view_tallies *t,
			bool hosts, void (*why)(struct buf *, struct str))
{
	static const struct column of_hosts[] = {
		{ W_REASON, "" }, { W_MEANING, "long" }, { W_HOSTS, "n" }, { W_RECORDS, "n" }
	};
	static const struct column of_values[] = { { W_REASON, "" },
						   { W_MEANING, "long" },
						   { W_ENTRIES, "n" } };

	if (hosts)
		page_table(pg, "at", caption, 0, COLUMNS(of_hosts));
	else
		page_table(pg, "at", caption, 0, COLUMNS(of_values));
	for (size_t i = 0; i < t->n; i++) {
		page_c(pg, "<tr><th scope=\"row\" class=\"date\">");
		pg->p->label(&pg->text, t->v[i].key);
		page_line(pg);
		page_c(pg, "</th>");
		page_td(pg, "long");
		why(&pg->text, t->v[i].key);
		page_line(pg);
		page_c(pg, "</td>");
		page_td_num(pg, hosts ? t->v[i].hosts : t->v[i].rows);
		if (hosts)
			page_td_num(pg, t->v[i].records);
		page_c(pg, "</tr>\n");
	}
	page_table_end(pg, 0, 0);
}

static void reason_cell(struct page *pg, struct str reason)
{
	page_td(pg, "date");
	pg->p->label(&pg->text, reason);
	page_line(pg);
	page_c(pg, "</td>");
}

static void open_details(struct page *pg, enum word w, uint64_t n)
{
	page_c(pg, "<details class=\"screen\"><summary>");
	page_words(pg, w);
	page_c(pg, ": ");
	page_num(pg, n);
	page_c(pg, "</summary>\n");
}

static void excluded(struct page *pg)
{
	static const struct column columns[] = { { W_HOST, "" },
						 { W_CONTROLLER, "" },
						 { W_REASON, "" },
						 { W_DETAIL, "long" },
						 { W_RECORDS, "n" } };
	const struct answer *a = pg->v->a;
	size_t shown = page_limit(a->n_excluded, ROWS_ASIDE);

	tally_table(pg, W_ASIDE_HOSTS, &pg->v->excluded, true, pg->p->why_excluded);
	/* Single hosts and the entries that name their owners stay out of an anonymised document. */
	if (pg->v->o->anonymise)
		return;
	open_details(pg, W_ENTRIES, a->n_excluded);
	page_table(pg, "xt", W_ASIDE_HOSTS, a->n_excluded, COLUMNS(columns));
	for (size_t i = 0; i < shown; i++) {
		const struct excluded *x = &a->excluded[i];

		page_c(pg, "<tr>");
		page_td(pg, "wrap");
		page_value(pg, x->host);
		page_c(pg, "</td>");
		page_td(pg, "wrap");
		page_value(pg, x->controller);
		page_c(pg, "</td>");
		reason_cell(pg, x->reason);
		page_td_text(pg, "long", x->detail);
		page_td_num(pg, x->records);
		page_c(pg, "</tr>\n");
	}
	page_table_end(pg, a->n_excluded, shown);
	page_c(pg, "</details>\n");
}

static void withheld(struct page *pg)
{
	static const struct column columns[] = {
		{ W_VALUE, "" }, { W_REASON, "" }, { W_DETAIL, "long" }, { W_SOURCE, "" }
	};
	const struct answer *a = pg->v->a;
	size_t shown = page_limit(a->n_withheld, ROWS_ASIDE);

	tally_table(pg, W_ASIDE_WITHHELD, &pg->v->withheld, false, pg->p->why_withheld);
	open_details(pg, W_ENTRIES, a->n_withheld);
	page_table(pg, "wt", W_ASIDE_WITHHELD, a->n_withheld, COLUMNS(columns));
	for (size_t i = 0; i < shown; i++) {
		const struct withheld *w = &a->withheld[i];

		page_c(pg, "<tr>");
		page_td(pg, "wrap");
		page_value(pg, w->value);
		page_c(pg, "</td>");
		reason_cell(pg, w->reason);
		page_td_text(pg, "long", w->detail);
		page_td_text(pg, "", w->source);
		page_c(pg, "</tr>\n");
	}
	page_table_end(pg, a->n_withheld, shown);
	page_c(pg, "</details>\n");
}

static void rejected(struct page *pg)
{
	static const struct column columns[] = { { W_FILE, "" }, { W_LINE, "n" }, { W_REASON, "long" } };
	const struct answer *a = pg->v->a;
	size_t shown = page_limit(a->n_rejected, ROWS_ASIDE);
	char scratch[32];

	page_table(pg, "rt", W_ASIDE_REJECTED, pg->v->malformed, COLUMNS(columns));
	for (size_t i = 0; i < shown; i++) {
		const struct rejected *r = &a->rejected[i];

		page_c(pg, "<tr>");
		page_td_text(pg, "", view_path(pg->v, r->path, scratch));
		page_td_num(pg, r->line);
		page_td_text(pg, "long", r->why);
		page_c(pg, "</tr>\n");
	}
	page_table_end(pg, 0, 0);
	page_more_lines(pg, pg->v->malformed, shown);
}

void page_aside(struct page *pg)
{
	const struct answer *a = pg->v->a;

	pg->p->aside(pg->v, &pg->text);
	page_paragraphs(pg);
	if (a->n_excluded)
		excluded(pg);
	if (a->n_withheld)
		withheld(pg);
	if (a->n_rejected)
		rejected(pg);
}

/* ---- what was read ---- */

/* What comes before the name; below the folder of all telemetry only the first step. */
static struct str folder_of(const struct view *v, const struct answer_input *in)
{
	size_t n = in->path.n;

	if (v->base.n && str_is(in->kind, "telemetry") && str_starts(in->path, v->base)) {
		size_t step = str_chr(str_skip(in->path, v->base.n), '/');

		return str_head(in->path, v->base.n + (step == SIZE_MAX ? 0 : step + 1));
	}
	while (n && in->path.p[n - 1] != '/')
		n--;
	return str_head(in->path, n);
}

/* Files of one folder and format count as one row; those in trouble stand by themselves. */
struct placed {
	struct str folder;
	const struct answer_input *in;
};

static int by_place(const void *x, const void *y)
{
	const struct placed *a = x, *b = y;
	int d = str_cmp(a->in->kind, b->in->kind);

	if (!d)
		d = str_cmp(a->folder, b->folder);
	if (!d)
		d = str_cmp(a->in->format, b->in->format);
	if (!d)
		d = (a->in->trouble.n > 0) - (b->in->trouble.n > 0);
	return d ? d : str_cmp(a->in->path, b->in->path);
}

static bool together(const struct placed *a, const struct placed *b)
{
	return !a->in->trouble.n == !b->in->trouble.n && a->in->passed_over == b->in->passed_over &&
	       (!a->in->trouble.n || a->in->passed_over) && str_eq(a->in->kind, b->in->kind) &&
	       str_eq(a->in->format, b->in->format) && str_eq(a->folder, b->folder);
}

static void input_row(struct page *pg, const struct placed *p, size_t n)
{
	const struct answer_input *in = p->in;
	uint64_t records = 0, malformed = 0, bytes = 0;
	char scratch[32];

	for (size_t i = 0; i < n; i++) {
		records += p[i].in->records;
		malformed += p[i].in->malformed;
		bytes += p[i].in->bytes;
	}
	page_c(pg, "<tr>");
	page_td(pg, "long");
	if (n == 1) {
		page_text(pg, pg->v->o->anonymise ? view_path(pg->v, in->path, scratch) : in->path);
	} else {
		if (!pg->v->o->anonymise)
			page_text(pg, p->folder);
		page_c(pg, " <span class=\"dim\">");
		page_num(pg, n);
		page_c(pg, pg->v->o->lang == REPORT_JA ? "" : " ");
		page_words(pg, W_N_FILES);
		page_c(pg, "</span>");
	}
	if (in->trouble.n) {
		page_c(pg, in->passed_over ? "<br><span class=\"small\">"
					   : "<br><strong class=\"small\">");
		page_text(pg, in->trouble);
		page_c(pg, in->passed_over ? "</span>" : "</strong>");
	}
	page_c(pg, "</td>");
	page_td(pg, "");
	pg->p->kind(&pg->text, in->kind);
	page_line(pg);
	page_c(pg, "</td>");
	page_td_text(pg, "", in->format);
	page_td_num(pg, records);
	page_td_num(pg, malformed);
	buf_fmt(pg->b, "<td class=\"n\" data-s=\"%llu\">", (unsigned long long)bytes);
	say_bytes(pg->b, bytes);
	page_c(pg, "</td></tr>\n");
}

void page_inputs(struct page *pg)
{
	static const struct column columns[] = { { W_FILE, "long" },   { W_KIND, "ctry" },
						 { W_FORMAT, "" },     { W_ENTRIES, "n" },
						 { W_MALFORMED, "n" }, { W_SIZE, "n" } };
	const struct answer *a = pg->v->a;
	struct placed *in = malloc((a->n_inputs + 1) * sizeof *in);
	size_t rows = 0, shown = 0;

	if (!in) {
		pg->err = ERR_NOMEM;
		return;
	}
	for (size_t i = 0; i < a->n_inputs; i++)
		in[i] = (struct placed){ folder_of(pg->v, &a->inputs[i]), &a->inputs[i] };
	qsort(in, a->n_inputs, sizeof *in, by_place);
	page_table(pg, "it", W_INPUTS, a->n_inputs, COLUMNS(columns));
	for (size_t i = 0, n; i < a->n_inputs; i += n, rows++) {
		for (n = 1; i + n < a->n_inputs && together(&in[i], &in[i + n]); n++)
			;
		if (rows < ROWS_INPUTS) {
			input_row(pg, in + i, n);
			shown++;
		}
	}
	page_table_end(pg, rows, shown);
	free(in);
}

/* ---- indicators ---- */

static void save(struct page *pg, enum word w, const char *file, const char *type,
		 void (*write)(struct buf *, const struct view *, size_t))
{
	struct buf data;

	buf_init(&data, (size_t)64 << 20);
	write(&data, pg->v, STIX_MAX);
	buf_fmt(pg->b, "<a download=\"%s\" href=\"data:%s;base64,", file, type);
	base64(pg->b, buf_str(&data));
	page_c(pg, "\">");
	page_words(pg, w);
	page_c(pg, "</a>");
	if (buf_err(&data))
		pg->err = buf_err(&data);
	buf_free(&data);
}

void page_appendix(struct page *pg)
{
	static const struct column columns[] = {
		{ W_VALUE, "" },       { W_TYPE, "" },           { W_FAMILY, "" },
		{ W_COUNTRY, "ctry" }, { W_ORGANISATIONS, "n" }, { W_HOSTS, "n" },
		{ W_FIRST, "date" },   { W_LAST, "date" },
	};
	const struct answer *a = pg->v->a;
	size_t shown = page_limit(a->n_controllers, ROWS_APPENDIX);

	pg->p->appendix(pg->v, &pg->text);
	page_paragraphs(pg);
	page_c(pg, "<p class=\"save\">");
	save(pg, W_CSV, "nezumi-indicators.csv", "text/csv;charset=utf-8", indicators_csv);
	save(pg, W_STIX, "nezumi-indicators.stix.json", "application/json", indicators_stix);
	page_c(pg, "</p>\n");
	page_table(pg, "vt values", W_APPENDIX, a->n_controllers, COLUMNS(columns));
	for (size_t i = 0; i < shown; i++) {
		const struct answer_controller *c = &a->controllers[i];

		page_c(pg, "<tr>");
		page_td(pg, "wrap");
		page_value(pg, c->value);
		page_c(pg, "</td>");
		page_td_text(pg, "", str_of(itype_text(c->type)));
		page_td(pg, "");
		page_list(pg, c->families, c->n_families, 3);
		page_c(pg, "</td>");
		page_td(pg, "ctry");
		page_country(pg, c->country);
		page_c(pg, "</td>");
		page_td_num(pg, pg->v->controllers[i].orgs);
		page_td_num(pg, c->hosts);
		page_td_date(pg, c->first);
		page_td_date(pg, c->last);
		page_c(pg, "</tr>\n");
	}
	page_table_end(pg, a->n_controllers, shown);
}
