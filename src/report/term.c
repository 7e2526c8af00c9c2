/* SPDX-License-Identifier: Apache-2.0 */
#include "report/term.h"

#include "base/escape.h"
#include "base/vec.h"

#include <stdio.h>
#include <stdlib.h>

/* How many rows a summary shows of each table. */
enum { SHOW_ORGS = 8, SHOW_CONTROLLERS = 5, SHOW_ALERTS = 5, SHOW_TROUBLE = 2 };

enum align { LEFT, RIGHT };

struct column {
	const char *title[2]; /* English, Japanese */
	enum align align;
	unsigned least, most; /* width; most 0: takes what is left */
};

struct term {
	const struct answer *a;
	const struct term_options *o;
	struct buf *b;
	struct buf cell, raw;
};

/* A macro, so that the compiler sees the formats. */
#define SAY(t, en, ja) ((t)->o->japanese ? (ja) : (en))

static void style(struct term *t, const char *code)
{
	if (t->o->colour)
		buf_fmt(t->b, "\033[%sm", code);
}

static void plain(struct term *t)
{
	style(t, "0");
}

static const char *const confidence_style[] = { "2", "33", "1;31" };

/* 1234567 -> 1,234,567 */
static void grouped(struct buf *b, uint64_t v)
{
	char digits[24];
	int n = snprintf(digits, sizeof digits, "%llu", (unsigned long long)v);

	for (int i = 0; i < n; i++) {
		if (i && (n - i) % 3 == 0)
			buf_ch(b, ',');
		buf_ch(b, digits[i]);
	}
}

/* A number and its noun. */
static void count(struct term *t, uint64_t v, const char *one, const char *many, const char *ja)
{
	grouped(t->b, v);
	if (t->o->japanese)
		buf_c(t->b, ja);
	else
		buf_fmt(t->b, " %s", v == 1 ? one : many);
}

static void pad(struct term *t, size_t n)
{
	while (n--)
		buf_ch(t->b, ' ');
}

/* What stands in t->cell, cut to the width; `last` cells get no trailing blanks. */
static void put_cell(struct term *t, const struct column *c, unsigned width, bool last)
{
	struct str s = buf_str(&t->cell);
	size_t n = text_width(s);

	if (n > width) {
		s = text_head(s, width - 1);
		n = text_width(s) + 1;
	} else {
		width = width < n ? (unsigned)n : width;
		if (c->align == RIGHT)
			pad(t, width - n);
		buf_puts(t->b, s);
		if (c->align == LEFT && !last)
			pad(t, width - n);
		return;
	}
	buf_puts(t->b, s);
	buf_c(t->b, "…");
	if (!last)
		pad(t, width > n ? width - n : 0);
}

/*
 * A table: measure every cell, give each column what it needs within its bounds and the elastic
 * ones the rest, then write. fill() puts the text of a cell into t->cell; the style of a row's
 * first cell is given by row_style().
 */
struct table {
	const struct column *columns;
	size_t n_columns, n_rows;
	void (*fill)(struct term *t, size_t row, size_t column);
	const char *(*row_style)(struct term *t, size_t row);
};

static void measure(struct term *t, const struct table *tb, unsigned *width)
{
	unsigned used = 2;

	for (size_t c = 0; c < tb->n_columns; c++) {
		const struct column *col = &tb->columns[c];
		size_t need = text_width(str_of(SAY(t, col->title[0], col->title[1])));

		for (size_t r = 0; r < tb->n_rows; r++) {
			size_t w;

			buf_clear(&t->cell);
			tb->fill(t, r, c);
			w = text_width(buf_str(&t->cell));
			need = w > need ? w : need;
		}
		if (col->most && need > col->most)
			need = col->most;
		if (need < col->least)
			need = col->least;
		width[c] = (unsigned)need;
		used += width[c] + (c ? 2 : 0);
	}
	/* Too wide: take from the elastic columns down to their least, then from the right. */
	for (int round = 0; round < 2; round++)
		for (size_t c = tb->n_columns; used > t->o->width && c--;) {
			unsigned spare = width[c] - tb->columns[c].least;

			if (round == 0 && tb->columns[c].most != 0)
				continue;
			if (width[c] <= tb->columns[c].least)
				continue;
			if (spare > used - t->o->width)
				spare = used - t->o->width;
			width[c] -= spare;
			used -= spare;
		}
}

static void put_table(struct term *t, const struct table *tb)
{
	unsigned width[12];

	measure(t, tb, width);
	buf_c(t->b, "  ");
	style(t, "2");
	for (size_t c = 0; c < tb->n_columns; c++) {
		buf_clear(&t->cell);
		buf_c(&t->cell, SAY(t, tb->columns[c].title[0], tb->columns[c].title[1]));
		if (c)
			buf_c(t->b, "  ");
		put_cell(t, &tb->columns[c], width[c], c + 1 == tb->n_columns);
	}
	plain(t);
	buf_ch(t->b, '\n');
	for (size_t r = 0; r < tb->n_rows; r++) {
		buf_c(t->b, "  ");
		for (size_t c = 0; c < tb->n_columns; c++) {
			if (c)
				buf_c(t->b, "  ");
			buf_clear(&t->cell);
			tb->fill(t, r, c);
			if (c == 0 && tb->row_style)
				style(t, tb->row_style(t, r));
			else if (c == 1)
				style(t, "1");
			put_cell(t, &tb->columns[c], width[c], c + 1 == tb->n_columns);
			if (c <= 1)
				plain(t);
		}
		buf_ch(t->b, '\n');
	}
}

static void heading(struct term *t, const char *en, const char *ja)
{
	buf_ch(t->b, '\n');
	style(t, "1");
	buf_c(t->b, SAY(t, en, ja));
	plain(t);
}

static void more(struct term *t, size_t all, size_t shown)
{
	if (all <= shown)
		return;
	style(t, "2");
	buf_fmt(t->b, SAY(t, "  … and %zu more\n", "  … ほか %zu 件\n"), all - shown);
	plain(t);
}

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

static void cell_text(struct term *t, struct str s)
{
	esc_term(&t->cell, s);
}

static void cell_value(struct term *t, struct str value)
{
	buf_clear(&t->raw);
	defang(&t->raw, value);
	esc_term(&t->cell, buf_str(&t->raw));
}

/* The first of some, and how many more. */
static void cell_some(struct term *t, const struct str *v, size_t n, bool values)
{
	if (n && values)
		cell_value(t, v[0]);
	else if (n)
		cell_text(t, v[0]);
	if (n > 1)
		buf_fmt(&t->cell, " +%zu", n - 1);
}

/* ---- organisations ---- */

static const struct column org_columns[] = {
	{ { "score", "スコア" }, RIGHT, 5, 6 },
	{ { "organisation", "組織" }, LEFT, 14, 0 },
	{ { "", "国" }, LEFT, 2, 2 },
	{ { "hosts", "ホスト" }, RIGHT, 5, 9 },
	{ { "controllers", "C2" }, RIGHT, 4, 11 },
	{ { "family", "ファミリー" }, LEFT, 8, 18 },
	{ { "since", "初回" }, LEFT, 10, 10 },
};

static void org_cell(struct term *t, size_t row, size_t column)
{
	const struct answer_org *g = &t->a->orgs[row];

	switch (column) {
	case 0:
		buf_fmt(&t->cell, "%d", g->score);
		break;
	case 1:
		cell_text(t, g->org.name.n ? g->org.name : g->org.id);
		break;
	case 2:
		cell_text(t, g->org.country);
		break;
	case 3:
		grouped(&t->cell, g->hosts);
		break;
	case 4:
		grouped(&t->cell, g->n_controllers);
		break;
	case 5:
		cell_some(t, g->families, g->n_families, false);
		break;
	default:
		time_format_date(&t->cell, g->first);
	}
}

static const char *org_style(struct term *t, size_t row)
{
	return confidence_style[confidence_of(t->a->orgs[row].score)];
}

static void put_orgs(struct term *t)
{
	size_t n = t->o->verbose ? t->a->n_orgs : least(t->a->n_orgs, SHOW_ORGS);
	size_t sure[3] = { 0 };
	const struct table tb = { org_columns, sizeof org_columns / sizeof org_columns[0], n,
				  org_cell, org_style };

	for (size_t i = 0; i < t->a->n_orgs; i++)
		sure[confidence_of(t->a->orgs[i].score)]++;
	heading(t, "Organisations", "組織");
	style(t, "2");
	buf_fmt(t->b, SAY(t, "   high %zu, medium %zu, low %zu\n", "   高 %zu、中 %zu、低 %zu\n"),
		sure[CONF_HIGH], sure[CONF_MEDIUM], sure[CONF_LOW]);
	plain(t);
	put_table(t, &tb);
	more(t, t->a->n_orgs, n);
}

/* ---- controllers ---- */

static const struct column controller_columns[] = {
	{ { "orgs", "組織" }, RIGHT, 4, 6 },    { { "controller", "C2" }, LEFT, 17, 32 },
	{ { "", "国" }, LEFT, 2, 2 },           { { "network", "ネットワーク" }, LEFT, 10, 0 },
	{ { "hosts", "ホスト" }, RIGHT, 5, 8 }, { { "family", "ファミリー" }, LEFT, 8, 15 },
	{ { "last", "最終" }, LEFT, 10, 10 },
};

static void controller_cell(struct term *t, size_t row, size_t column)
{
	const struct answer_controller *c = &t->a->controllers[row];

	switch (column) {
	case 0:
		grouped(&t->cell, c->orgs);
		break;
	case 1:
		cell_value(t, c->value);
		break;
	case 2:
		cell_text(t, c->country);
		break;
	case 3:
		cell_text(t, c->as_name);
		break;
	case 4:
		grouped(&t->cell, c->hosts);
		break;
	case 5:
		cell_some(t, c->families, c->n_families, false);
		break;
	default:
		time_format_date(&t->cell, c->last);
	}
}

static void put_controllers(struct term *t)
{
	size_t n = t->o->verbose ? t->a->n_controllers : least(t->a->n_controllers, SHOW_CONTROLLERS);
	const struct table tb = { controller_columns,
				  sizeof controller_columns / sizeof controller_columns[0], n,
				  controller_cell, NULL };

	heading(t, "Controllers", "C2 サーバー");
	buf_ch(t->b, '\n');
	put_table(t, &tb);
	more(t, t->a->n_controllers, n);
}

/* ---- findings, one by one ---- */

static void put_finding(struct term *t, const struct finding *f)
{
	const struct answer *a = t->a;

	buf_c(t->b, "  ");
	style(t, confidence_style[f->confidence]);
	buf_fmt(t->b, "%3d %-6s", f->score, confidence_text(f->confidence));
	plain(t);
	buf_ch(t->b, ' ');
	style(t, "1");
	buf_clear(&t->cell);
	cell_text(t, f->host);
	buf_puts(t->b, buf_str(&t->cell));
	plain(t);
	buf_c(t->b, " → ");
	buf_clear(&t->cell);
	cell_value(t, a->controllers[f->controller].value);
	if (f->port && a->controllers[f->controller].type != IT_URL)
		buf_fmt(&t->cell, ":%u", f->port);
	buf_c(&t->cell, " (");
	cell_some(t, f->families, f->n_families, false);
	buf_c(&t->cell, f->n_families ? ", " : "");
	cell_text(t, a->orgs[f->org].org.name);
	buf_c(&t->cell, ")\n");
	buf_puts(t->b, buf_str(&t->cell));
	for (size_t i = 0; i < f->n_reasons; i++) {
		style(t, "2");
		if (f->reasons[i].points)
			buf_fmt(t->b, "      %+4d  ", f->reasons[i].points);
		else
			buf_c(t->b, "       cap  ");
		buf_puts(t->b, f->reasons[i].text);
		buf_ch(t->b, '\n');
		plain(t);
	}
	if (f->n_evidence) {
		const struct evidence *v = &f->evidence[0];

		style(t, "2");
		buf_c(t->b, "            ");
		buf_clear(&t->cell);
		cell_text(t, v->path);
		buf_fmt(&t->cell, ":%llu ", (unsigned long long)v->line);
		time_format(&t->cell, v->ts);
		buf_puts(t->b, buf_str(&t->cell));
		if (f->n_evidence > 1)
			buf_fmt(t->b, SAY(t, " and %zu more", " ほか %zu か所"), f->n_evidence - 1);
		buf_ch(t->b, '\n');
		plain(t);
	}
}

/* ---- what was set aside ---- */

struct reason_sum {
	struct str reason;
	uint64_t n;
};

struct reason_sums {
	struct reason_sum *v;
	size_t n, cap;
};

static int by_number(const void *a, const void *b)
{
	const struct reason_sum *x = a, *y = b;

	if (x->n != y->n)
		return x->n > y->n ? -1 : 1;
	return str_cmp(x->reason, y->reason);
}

/* A handful of reasons, so a linear look is enough. */
static void sum_reason(struct reason_sums *s, struct str reason, uint64_t n)
{
	struct reason_sum *at = NULL;

	for (size_t i = 0; i < s->n && !at; i++)
		if (str_eq(s->v[i].reason, reason))
			at = &s->v[i];
	if (!at) {
		at = VEC_PUSH(s);
		if (!at)
			return;
		*at = (struct reason_sum){ reason, 0 };
	}
	at->n += n;
}

/* The reason in the reader's language; the English words are those of the JSON. */
static struct str reason_word(const struct term *t, struct str reason)
{
	static const char *const words[][2] = {
		{ "inbound-only", "受信のみ" },
		{ "outside-validity", "有効期間外" },
		{ "benign-name", "正規サービス名" },
		{ "scanner", "スキャナー" },
		{ "hosting", "ホスティング" },
		{ "resolver", "リゾルバー" },
		{ "research", "研究" },
		{ "sinkhole", "シンクホール" },
		{ "allow-listed", "許可リスト" },
		{ "special-purpose", "特殊用途" },
		{ "too-broad", "範囲が広すぎる" },
		{ "expired", "失効" },
	};

	for (size_t i = 0; t->o->japanese && i < sizeof words / sizeof words[0]; i++)
		if (str_is(reason, words[i][0]))
			return str_of(words[i][1]);
	return reason;
}

/* "hosting 230, inbound-only 134, ..." on as many lines as it takes. */
static void put_sums(struct term *t, struct reason_sums *s)
{
	size_t column = t->o->width;

	if (s->n)
		qsort(s->v, s->n, sizeof *s->v, by_number);
	for (size_t i = 0; i < s->n; i++) {
		bool more_follow = i + 1 < s->n;
		size_t w;

		buf_clear(&t->cell);
		cell_text(t, reason_word(t, s->v[i].reason));
		buf_ch(&t->cell, ' ');
		grouped(&t->cell, s->v[i].n);
		if (more_follow)
			buf_ch(&t->cell, ',');
		w = text_width(buf_str(&t->cell));
		if (column + 1 + w > t->o->width) {
			buf_c(t->b, i ? "\n  " : "  ");
			column = 2;
		} else {
			buf_ch(t->b, ' ');
			column++;
		}
		buf_puts(t->b, buf_str(&t->cell));
		column += w;
	}
	buf_ch(t->b, '\n');
}

static const char *explain(const struct term *t, struct str reason)
{
	static const char *const words[][3] = {
		{ "inbound-only", "the controller called and was not answered",
		  "C2 側からの接続で、応答なし" },
		{ "outside-validity", "the indicator was not valid at that time", "指標の有効期間外" },
		{ "benign-name", "a benign service on a shared address was named",
		  "共有アドレス上の正規サービス名" },
		{ "scanner", "known scanners", "既知のスキャナー" },
		{ "hosting", "customers of hosting, cloud and VPN providers",
		  "ホスティング・クラウド・VPN" },
		{ "resolver", "resolvers asking for others", "他者のために問い合わせる DNS リゾルバー" },
		{ "research", "researchers and sandboxes", "研究者・サンドボックス" },
		{ "sinkhole", "sinkholes", "シンクホール" },
		{ "tor", "Tor exits", "Tor 出口ノード" },
		{ "allow-listed", "hosts on an allow list", "許可リストのホスト" },
	};

	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
		if (str_is(reason, words[i][0]))
			return words[i][t->o->japanese ? 2 : 1];
	return "";
}

static void put_excluded(struct term *t)
{
	const struct answer *a = t->a;
	struct reason_sums sums = { 0 };

	for (size_t i = 0; i < a->n_excluded; i++)
		sum_reason(&sums, a->excluded[i].reason, a->excluded[i].records);
	heading(t, "Set aside", "除外したもの");
	buf_c(t->b, "   ");
	style(t, "2");
	count(t, a->excluded_records, "record", "records", " 件");
	plain(t);
	buf_ch(t->b, '\n');
	if (!t->o->verbose) {
		put_sums(t, &sums);
		free(sums.v);
		return;
	}
	qsort(sums.v, sums.n, sizeof *sums.v, by_number);
	for (size_t i = 0; i < sums.n; i++) {
		buf_clear(&t->cell);
		cell_text(t, reason_word(t, sums.v[i].reason));
		buf_c(t->b, "  ");
		put_cell(t, &(struct column){ .align = LEFT }, 16, false);
		buf_clear(&t->cell);
		grouped(&t->cell, sums.v[i].n);
		put_cell(t, &(struct column){ .align = RIGHT }, 9, false);
		buf_c(t->b, "  ");
		style(t, "2");
		buf_c(t->b, explain(t, sums.v[i].reason));
		plain(t);
		buf_ch(t->b, '\n');
	}
	free(sums.v);
}

static void put_withheld_row(struct term *t, const struct withheld *w)
{
	buf_clear(&t->cell);
	cell_value(t, w->value);
	buf_c(t->b, "  ");
	put_cell(t, &(struct column){ .align = LEFT }, 25, false);
	buf_c(t->b, "  ");
	buf_clear(&t->cell);
	cell_text(t, reason_word(t, w->reason));
	buf_c(&t->cell, ": ");
	cell_text(t, w->detail);
	style(t, "2");
	put_cell(t, &(struct column){ .align = LEFT }, t->o->width - 29, true);
	plain(t);
	buf_ch(t->b, '\n');
}

static void put_withheld(struct term *t)
{
	const struct answer *a = t->a;
	struct reason_sums sums = { 0 };

	if (!a->n_withheld)
		return;
	heading(t, "Withheld", "使わなかった指標");
	buf_c(t->b, "   ");
	style(t, "2");
	count(t, a->n_withheld, "indicator", "indicators", " 件");
	plain(t);
	buf_ch(t->b, '\n');
	for (size_t i = 0; i < a->n_withheld; i++) {
		if (t->o->verbose)
			put_withheld_row(t, &a->withheld[i]);
		else
			sum_reason(&sums, a->withheld[i].reason, 1);
	}
	if (!t->o->verbose)
		put_sums(t, &sums);
	free(sums.v);
}

static void put_trouble(struct term *t)
{
	const struct answer *a = t->a;
	uint64_t malformed = 0;
	size_t n = t->o->verbose ? a->n_rejected : least(a->n_rejected, SHOW_TROUBLE);

	for (size_t i = 0; i < a->n_inputs; i++)
		malformed += a->inputs[i].malformed;
	if (!malformed)
		return;
	heading(t, "Unreadable", "読めなかった行");
	style(t, "2");
	buf_c(t->b, "   ");
	count(t, malformed, "line", "lines", " 行");
	plain(t);
	buf_ch(t->b, '\n');
	for (size_t i = 0; i < n; i++) {
		const struct rejected *r = &a->rejected[i];

		buf_clear(&t->cell);
		cell_text(t, r->path);
		if (r->line)
			buf_fmt(&t->cell, ":%llu", (unsigned long long)r->line);
		buf_c(&t->cell, "  ");
		cell_text(t, r->why);
		buf_c(t->b, "  ");
		style(t, "2");
		put_cell(t, &(struct column){ .align = LEFT }, t->o->width - 2, true);
		plain(t);
		buf_ch(t->b, '\n');
	}
	more(t, (size_t)malformed, n);
}

static void put_headline(struct term *t)
{
	const struct answer *a = t->a;
	size_t files = 0;

	for (size_t i = 0; i < a->n_inputs; i++)
		files += str_is(a->inputs[i].kind, "telemetry") && !a->inputs[i].trouble.n;
	buf_ch(t->b, '\n');
	style(t, "1");
	if (!a->n_findings) {
		buf_c(t->b, SAY(t, "No host was found talking to a controller.",
				"C2 サーバーと通信するホストは見つかりませんでした。"));
	} else if (t->o->japanese) {
		buf_fmt(t->b, "%zu の組織の %llu 台のホストが、%zu 台の C2 サーバーと通信しています。",
			a->n_orgs, (unsigned long long)a->hosts, a->n_controllers);
	} else {
		count(t, a->n_orgs, "organisation", "organisations", "");
		buf_c(t->b, a->n_orgs == 1 ? " has " : " have ");
		count(t, a->hosts, "host", "hosts", "");
		buf_c(t->b, a->hosts == 1 ? " that talks to " : " that talk to ");
		count(t, a->n_controllers, "controller", "controllers", "");
		buf_ch(t->b, '.');
	}
	plain(t);
	buf_ch(t->b, '\n');
	style(t, "2");
	count(t, a->records, "record", "records", " 件の記録");
	buf_c(t->b, SAY(t, " in ", "、"));
	count(t, files, "file", "files", " ファイル");
	if (a->seen_first != TIME_NONE) {
		buf_c(t->b, ", ");
		time_format_date(t->b, a->seen_first);
		buf_c(t->b, SAY(t, " to ", " から "));
		time_format_date(t->b, a->seen_last);
	}
	buf_c(t->b, SAY(t, ", against ", "、"));
	count(t, a->indicators, "indicator", "indicators", " 件の指標");
	buf_ch(t->b, '\n');
	plain(t);
}

static void put_alerts(struct term *t)
{
	const struct answer *a = t->a;
	size_t n = t->o->verbose ? a->n_alerts : least(a->n_alerts, SHOW_ALERTS);

	for (size_t i = 0; i < n; i++) {
		if (i == 0)
			buf_ch(t->b, '\n');
		style(t, "1;31");
		buf_c(t->b, SAY(t, "ALERT", "警告"));
		plain(t);
		buf_c(t->b, "  ");
		buf_clear(&t->cell);
		cell_value(t, a->alerts[i].subject);
		buf_puts(t->b, buf_str(&t->cell));
		buf_fmt(t->b,
			SAY(t, " is shared by %zu organisations\n", " は %zu の組織に共通します\n"),
			a->alerts[i].n_evidence);
	}
}

enum err report_term(const struct answer *a, const struct term_options *o, struct buf *out)
{
	struct term t = { .a = a, .o = o, .b = out };
	enum err e;

	buf_init(&t.cell, 1 << 20);
	buf_init(&t.raw, 1 << 20);
	put_headline(&t);
	put_alerts(&t);
	if (a->n_findings) {
		put_orgs(&t);
		put_controllers(&t);
	}
	if (o->verbose && a->n_findings) {
		heading(&t, "Findings", "検出");
		buf_ch(out, '\n');
		for (size_t i = 0; i < a->n_findings; i++)
			put_finding(&t, &a->findings[i]);
	}
	if (a->n_excluded)
		put_excluded(&t);
	put_withheld(&t);
	put_trouble(&t);
	e = buf_err(out) ? buf_err(out) : buf_err(&t.cell);
	buf_free(&t.cell);
	buf_free(&t.raw);
	return e;
}
