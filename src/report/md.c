/* SPDX-License-Identifier: Apache-2.0 */
/* The report as Markdown (CommonMark with the tables of GitHub): the same sentences, the tables cut
 * shorter. */
#include "base/escape.h"
#include "report/prose.h"

enum { ROWS = 50, ROWS_ASIDE = 20 };

struct doc {
	struct buf *b;
	const struct view *v;
	const struct prose *p;
	struct buf text;
};

static void word(struct doc *d, enum word w)
{
	esc_md(d->b, str_of(d->p->words[w]));
}

static void heading(struct doc *d, const char *level, enum word w)
{
	buf_fmt(d->b, "\n%s ", level);
	word(d, w);
	buf_c(d->b, "\n\n");
}

static void value(struct doc *d, struct str s)
{
	buf_clear(&d->text);
	defang(&d->text, s);
	say_md_value(d->b, buf_str(&d->text));
	buf_clear(&d->text);
}

static void list(struct doc *d, const struct str *s, size_t n)
{
	for (size_t i = 0; i < n && i < 4; i++) {
		buf_c(d->b, i ? (d->v->o->lang == REPORT_JA ? "、" : ", ") : "");
		esc_md(d->b, s[i]);
	}
	if (n > 4)
		buf_fmt(d->b, " +%zu", n - 4);
}

static void paragraphs(struct doc *d)
{
	struct str rest = buf_str(&d->text), line;

	while (str_line(&rest, &line)) {
		if (!line.n)
			continue;
		say_as_md(d->b, line);
		buf_c(d->b, "\n\n");
	}
	buf_clear(&d->text);
}

static void items(struct doc *d, bool headed)
{
	struct str rest = buf_str(&d->text), line;
	bool in_list = false;

	while (str_line(&rest, &line)) {
		bool deeper = line.n && line.p[0] == MARK_DEEPER;

		if (!line.n)
			continue;
		if (headed && !deeper) {
			buf_c(d->b, in_list ? "\n### " : "### ");
			say_as_md(d->b, line);
			buf_c(d->b, "\n\n");
			in_list = true;
			continue;
		}
		buf_c(d->b, deeper && !headed ? "  - " : "- ");
		say_as_md(d->b, line);
		buf_ch(d->b, '\n');
	}
	buf_clear(&d->text);
}

/* Columns that begin with a space hold numbers. */
static void table(struct doc *d, const enum word *columns, const char *numbers, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		buf_c(d->b, "| ");
		word(d, columns[i]);
		buf_ch(d->b, ' ');
	}
	buf_c(d->b, "|\n");
	for (size_t i = 0; i < n; i++)
		buf_c(d->b, numbers[i] == 'n' ? "|---:" : "|---");
	buf_c(d->b, "|\n");
}

static void more(struct doc *d, enum word w, uint64_t all, uint64_t shown)
{
	const char *text = d->p->words[w], *at = strstr(text, "%s");

	buf_ch(d->b, '\n');
	if (all <= shown || !at)
		return;
	esc_md(d->b, str_range(text, at));
	say_num(d->b, all - shown);
	esc_md(d->b, str_of(at + 2));
	buf_c(d->b, "\n\n");
}

static void cell(struct doc *d)
{
	buf_c(d->b, " | ");
}

static void controllers(struct doc *d)
{
	static const enum word columns[] = { W_CONTROLLER,    W_FAMILY,  W_COUNTRY, W_ISP, W_HOSTS,
					     W_ORGANISATIONS, W_RECORDS, W_FIRST,   W_LAST };
	const struct answer *a = d->v->a;
	size_t shown = a->n_controllers < ROWS ? a->n_controllers : ROWS;

	heading(d, "##", W_CONTROLLERS);
	d->p->controllers(d->v, &d->text);
	paragraphs(d);
	table(d, columns, "----nnn--", sizeof columns / sizeof columns[0]);
	for (size_t i = 0; i < shown; i++) {
		const struct answer_controller *c = &a->controllers[i];

		buf_c(d->b, "| ");
		value(d, c->value);
		cell(d);
		list(d, c->families, c->n_families);
		cell(d);
		esc_md(d->b, namebook_country_text(&d->v->names, d->v->o->lang, c->country, STR("–")));
		cell(d);
		esc_md(d->b, c->as_name);
		if (why_action(c->why) == ACTION_INFORM) {
			buf_c(d->b, " (");
			word(d, W_INFORM_ONLY);
			buf_ch(d->b, ')');
		}
		cell(d);
		say_num(d->b, c->hosts);
		cell(d);
		say_num(d->b, d->v->controllers[i].orgs);
		cell(d);
		say_num(d->b, c->records);
		cell(d);
		time_format_date(d->b, c->first);
		cell(d);
		time_format_date(d->b, c->last);
		buf_c(d->b, " |\n");
	}
	more(d, W_MORE_ROWS, a->n_controllers, shown);
}

static void organisations(struct doc *d)
{
	static const enum word columns[] = { W_ORGANISATION, W_SECTOR,     W_COUNTRY,
					     W_HOSTS,        W_FAMILY,     W_FIRST,
					     W_LAST,         W_CONFIDENCE, W_SCORE };
	static const enum word conf[] = { W_LOW, W_MEDIUM, W_HIGH };
	const struct view *v = d->v;
	size_t shown = v->a->n_orgs < ROWS ? v->a->n_orgs : ROWS;

	heading(d, "##", W_ORGANISATIONS);
	table(d, columns, "---n----n", sizeof columns / sizeof columns[0]);
	for (size_t i = 0; i < shown; i++) {
		const struct answer_org *o = &v->a->orgs[i];

		buf_c(d->b, "| ");
		esc_md(d->b, v->orgs[i].name);
		cell(d);
		esc_md(d->b, namebook_sector_text(&v->names, v->o->lang, o->org.sector, STR("–")));
		cell(d);
		esc_md(d->b, namebook_country_text(&v->names, v->o->lang, o->org.country, STR("–")));
		cell(d);
		say_num(d->b, o->hosts);
		cell(d);
		list(d, o->families, o->n_families);
		cell(d);
		time_format_date(d->b, o->first);
		cell(d);
		time_format_date(d->b, o->last);
		cell(d);
		word(d, conf[v->orgs[i].best]);
		cell(d);
		buf_fmt(d->b, "%d |\n", o->score);
	}
	more(d, W_MORE_ROWS, v->a->n_orgs, shown);
}

static void findings(struct doc *d)
{
	static const enum word columns[] = { W_CONFIDENCE, W_SCORE,  W_HOST,    W_ORGANISATION,
					     W_CONTROLLER, W_PORT,   W_RECORDS, W_FIRST,
					     W_LAST,       W_REASONS };
	static const enum word conf[] = { W_LOW, W_MEDIUM, W_HIGH };
	const struct view *v = d->v;
	size_t shown = v->a->n_findings < ROWS ? v->a->n_findings : ROWS;

	heading(d, "##", W_FINDINGS);
	table(d, columns, "-n---nn---", sizeof columns / sizeof columns[0]);
	for (size_t i = 0; i < shown; i++) {
		const struct finding *f = &v->a->findings[i];

		buf_c(d->b, "| ");
		word(d, conf[f->confidence]);
		cell(d);
		buf_fmt(d->b, "%d", f->score);
		cell(d);
		if (v->o->anonymise)
			esc_md(d->b, v->hosts[v->host_of[i]].label);
		else
			value(d, f->host);
		cell(d);
		esc_md(d->b, v->orgs[f->org].name);
		cell(d);
		value(d, v->a->controllers[f->controller].value);
		cell(d);
		if (f->port)
			buf_u64(d->b, f->port);
		cell(d);
		say_num(d->b, f->records ? f->records : f->records_other_port);
		cell(d);
		time_format_date(d->b, f->first);
		cell(d);
		time_format_date(d->b, f->last);
		cell(d);
		for (size_t k = 0; k < f->n_reasons; k++) {
			buf_c(d->b, k ? "; " : "");
			d->p->reason(v, &d->text, f, &f->reasons[k]);
			say_as_md(d->b, buf_str(&d->text));
			buf_clear(&d->text);
		}
		buf_c(d->b, " |\n");
	}
	more(d, W_MORE_ROWS, v->a->n_findings, shown);
}

static void aside_table(struct doc *d, enum word title, const struct view_tallies *t, bool hosts,
			void (*why)(struct buf *, struct str))
{
	static const enum word of_hosts[] = { W_REASON, W_MEANING, W_HOSTS, W_RECORDS };
	static const enum word of_values[] = { W_REASON, W_MEANING, W_ENTRIES };

	if (!t->n)
		return;
	heading(d, "###", title);
	table(d, hosts ? of_hosts : of_values, "--nn", hosts ? 4 : 3);
	for (size_t i = 0; i < t->n; i++) {
		buf_c(d->b, "| ");
		d->p->label(&d->text, t->v[i].key);
		say_as_md(d->b, buf_str(&d->text));
		buf_clear(&d->text);
		cell(d);
		why(&d->text, t->v[i].key);
		say_as_md(d->b, buf_str(&d->text));
		buf_clear(&d->text);
		cell(d);
		say_num(d->b, hosts ? t->v[i].hosts : t->v[i].rows);
		if (hosts) {
			cell(d);
			say_num(d->b, t->v[i].records);
		}
		buf_c(d->b, " |\n");
	}
}

static void aside(struct doc *d)
{
	const struct view *v = d->v;
	const struct answer *a = v->a;
	size_t shown = a->n_rejected < ROWS_ASIDE ? a->n_rejected : ROWS_ASIDE;
	char scratch[32];

	heading(d, "##", W_ASIDE);
	d->p->aside(v, &d->text);
	paragraphs(d);
	aside_table(d, W_ASIDE_HOSTS, &v->excluded, true, d->p->why_excluded);
	aside_table(d, W_ASIDE_WITHHELD, &v->withheld, false, d->p->why_withheld);
	if (!shown)
		return;
	heading(d, "###", W_ASIDE_REJECTED);
	for (size_t i = 0; i < shown; i++) {
		buf_puts(&d->text, view_path(v, a->rejected[i].path, scratch));
		buf_fmt(&d->text, ":%llu", (unsigned long long)a->rejected[i].line);
		buf_c(d->b, "- ");
		say_md_value(d->b, buf_str(&d->text));
		buf_clear(&d->text);
		buf_ch(d->b, ' ');
		esc_md(d->b, a->rejected[i].why);
		buf_ch(d->b, '\n');
	}
	more(d, W_MORE_LINES, v->malformed, shown);
}

static void families(struct doc *d)
{
	const struct view *v = d->v;

	heading(d, "##", W_FAMILIES);
	for (size_t i = 0; i < v->n_families && i < 12; i++) {
		buf_c(d->b, "### ");
		esc_md(d->b, view_family_text(v, &v->families[i]));
		buf_c(d->b, "\n\n");
		d->p->family(v, &d->text, &v->families[i]);
		paragraphs(d);
	}
}

static void clusters(struct doc *d)
{
	const struct view *v = d->v;

	if (!facts_clustered(v))
		return;
	heading(d, "##", W_CLUSTERS);
	d->p->clusters(v, &d->text);
	paragraphs(d);
	for (size_t i = 0; i < v->a->n_clusters && i < 12; i++) {
		buf_fmt(d->b, "%u. ", v->a->clusters[i].id);
		d->p->cluster(v, &d->text, i);
		say_as_md(d->b, str_head(buf_str(&d->text), str_chr(buf_str(&d->text), '\n')));
		buf_clear(&d->text);
		buf_ch(d->b, '\n');
	}
}

enum err report_md(const struct answer *a, const struct report_options *o, struct buf *out)
{
	struct view v;
	struct doc d = { .b = out, .v = &v, .p = prose_in(o->lang) };
	enum err e = view_make(a, o, &v);

	if (e)
		return e;
	buf_init(&d.text, (size_t)16 << 20);
	buf_c(out, "# ");
	if (o->title.n)
		esc_md(out, o->title);
	else
		word(&d, W_TITLE);
	buf_c(out, "\n\n**");
	d.p->headline(&v, &d.text);
	say_as_md(out, buf_str(&d.text));
	buf_clear(&d.text);
	buf_c(out, "**\n\n");
	d.p->standfirst(&v, &d.text);
	paragraphs(&d);
	heading(&d, "##", W_SUMMARY);
	d.p->summary(&v, &d.text);
	paragraphs(&d);
	if (o->anonymise) {
		word(&d, W_ANONYMISED);
		buf_c(out, "\n\n");
	}
	if (a->n_findings) {
		heading(&d, "##", W_JUDGEMENTS);
		d.p->judgements(&v, &d.text);
		items(&d, false);
		families(&d);
		controllers(&d);
		clusters(&d);
		organisations(&d);
		findings(&d);
	}
	heading(&d, "##", W_METHOD);
	d.p->method(&v, &d.text);
	paragraphs(&d);
	aside(&d);
	heading(&d, "##", W_RECOMMENDATIONS);
	d.p->recommendations(&v, &d.text);
	items(&d, true);
	buf_c(out, "\n---\n\n");
	word(&d, W_FOOT);
	buf_ch(out, '\n');
	e = buf_err(out) ? buf_err(out) : buf_err(&d.text);
	buf_free(&d.text);
	view_free(&v);
	return e;
}
