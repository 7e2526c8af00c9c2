/* SPDX-License-Identifier: Apache-2.0 */
#include "report/term.h"

#include "base/escape.h"
#include "base/vec.h"
#include "report/screen.h"

#include <stdio.h>
#include <stdlib.h>

/* How many rows a summary shows of each table. */
enum { SHOW_ORGS = 8, SHOW_CONTROLLERS = 5, SHOW_ALERTS = 5, SHOW_TROUBLE = 2 };

struct term {
	const struct answer *a;
	bool verbose;
	struct screen p;
};

static const char *const confidence_style[] = { "2", "33", "1;31" };

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
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

static void org_cell(void *ctx, struct screen *p, size_t row, size_t column)
{
	const struct term *t = ctx;
	const struct answer_org *g = &t->a->orgs[row];

	switch (column) {
	case 0:
		buf_fmt(&p->cell, "%d", g->score);
		break;
	case 1:
		cell_text(p, g->org.name.n ? g->org.name : g->org.id);
		break;
	case 2:
		cell_text(p, g->org.country);
		break;
	case 3:
		put_grouped(&p->cell, g->hosts);
		break;
	case 4:
		put_grouped(&p->cell, g->n_controllers);
		break;
	case 5:
		cell_some(p, g->families, g->n_families, false);
		break;
	default:
		time_format_date(&p->cell, g->first);
	}
}

static const char *org_style(void *ctx, size_t row)
{
	const struct term *t = ctx;

	return confidence_style[confidence_of(t->a->orgs[row].score)];
}

static void put_orgs(struct term *t)
{
	size_t n = t->verbose ? t->a->n_orgs : least(t->a->n_orgs, SHOW_ORGS);
	size_t sure[3] = { 0 };
	const struct table tb = { .columns = org_columns,
				  .n_columns = sizeof org_columns / sizeof org_columns[0],
				  .n_rows = n,
				  .ctx = t,
				  .fill = org_cell,
				  .row_style = org_style };

	for (size_t i = 0; i < t->a->n_orgs; i++)
		sure[confidence_of(t->a->orgs[i].score)]++;
	screen_heading(&t->p, "Organisations", "組織");
	screen_style(&t->p, "2");
	buf_fmt(t->p.b, SAY(&t->p, "   high %zu, medium %zu, low %zu\n", "   高 %zu、中 %zu、低 %zu\n"),
		sure[CONF_HIGH], sure[CONF_MEDIUM], sure[CONF_LOW]);
	screen_plain(&t->p);
	screen_table(&t->p, &tb);
	screen_more(&t->p, t->a->n_orgs, n);
}

/* ---- controllers ---- */

static const struct column controller_columns[] = {
	{ { "orgs", "組織" }, RIGHT, 4, 6 },    { { "controller", "C2" }, LEFT, 17, 32 },
	{ { "", "国" }, LEFT, 2, 2 },           { { "network", "ネットワーク" }, LEFT, 10, 0 },
	{ { "hosts", "ホスト" }, RIGHT, 5, 8 }, { { "family", "ファミリー" }, LEFT, 8, 15 },
	{ { "last", "最終" }, LEFT, 10, 10 },
};

static void controller_cell(void *ctx, struct screen *p, size_t row, size_t column)
{
	const struct term *t = ctx;
	const struct answer_controller *c = &t->a->controllers[row];

	switch (column) {
	case 0:
		put_grouped(&p->cell, c->orgs);
		break;
	case 1:
		cell_value(p, c->value);
		break;
	case 2:
		cell_text(p, c->country);
		break;
	case 3:
		cell_text(p, c->as_name);
		break;
	case 4:
		put_grouped(&p->cell, c->hosts);
		break;
	case 5:
		cell_some(p, c->families, c->n_families, false);
		break;
	default:
		time_format_date(&p->cell, c->last);
	}
}

/* How many of them are shared with others, or an analyst wants told only. */
static void put_inform(struct term *t)
{
	size_t n = 0;

	for (size_t i = 0; i < t->a->n_controllers; i++)
		n += why_action(t->a->controllers[i].why) == ACTION_INFORM;
	if (!n)
		return;
	buf_c(t->p.b, "  ");
	screen_count(&t->p, n, "controller", "controllers", "件の C2 サーバー");
	buf_c(t->p.b, SAY(&t->p, ": inform only; shared ranges, or an analyst said so\n",
			  "：通知のみ（共用の範囲、または担当者の判断）\n"));
}

static void put_controllers(struct term *t)
{
	size_t n = t->verbose ? t->a->n_controllers : least(t->a->n_controllers, SHOW_CONTROLLERS);
	const struct table tb = { .columns = controller_columns,
				  .n_columns = sizeof controller_columns / sizeof controller_columns[0],
				  .n_rows = n,
				  .ctx = t,
				  .fill = controller_cell };

	screen_heading(&t->p, "Controllers", "C2 サーバー");
	buf_ch(t->p.b, '\n');
	screen_table(&t->p, &tb);
	screen_more(&t->p, t->a->n_controllers, n);
	put_inform(t);
}

/* ---- findings, one by one ---- */

static void put_finding(struct term *t, const struct finding *f)
{
	const struct answer *a = t->a;

	buf_c(t->p.b, "  ");
	screen_style(&t->p, confidence_style[f->confidence]);
	buf_fmt(t->p.b, "%3d %-6s", f->score, confidence_text(f->confidence));
	screen_plain(&t->p);
	buf_ch(t->p.b, ' ');
	screen_style(&t->p, "1");
	buf_clear(&t->p.cell);
	cell_text(&t->p, f->host);
	buf_puts(t->p.b, buf_str(&t->p.cell));
	screen_plain(&t->p);
	buf_c(t->p.b, " → ");
	buf_clear(&t->p.cell);
	cell_value(&t->p, a->controllers[f->controller].value);
	if (f->port && a->controllers[f->controller].type != IT_URL)
		buf_fmt(&t->p.cell, ":%u", f->port);
	buf_c(&t->p.cell, " (");
	cell_some(&t->p, f->families, f->n_families, false);
	buf_c(&t->p.cell, f->n_families ? ", " : "");
	cell_text(&t->p, a->orgs[f->org].org.name);
	buf_c(&t->p.cell, ")\n");
	buf_puts(t->p.b, buf_str(&t->p.cell));
	for (size_t i = 0; i < f->n_reasons; i++) {
		screen_style(&t->p, "2");
		if (f->reasons[i].points)
			buf_fmt(t->p.b, "      %+4d  ", f->reasons[i].points);
		else
			buf_c(t->p.b, "       cap  ");
		buf_puts(t->p.b, f->reasons[i].text);
		buf_ch(t->p.b, '\n');
		screen_plain(&t->p);
	}
	if (f->n_evidence) {
		const struct evidence *v = &f->evidence[0];

		screen_style(&t->p, "2");
		buf_c(t->p.b, "            ");
		buf_clear(&t->p.cell);
		cell_text(&t->p, v->path);
		buf_fmt(&t->p.cell, ":%llu ", (unsigned long long)v->line);
		time_format(&t->p.cell, v->ts);
		buf_puts(t->p.b, buf_str(&t->p.cell));
		if (f->n_evidence > 1)
			buf_fmt(t->p.b, SAY(&t->p, " and %zu more", " ほか %zu か所"),
				f->n_evidence - 1);
		buf_ch(t->p.b, '\n');
		screen_plain(&t->p);
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

	for (size_t i = 0; t->p.japanese && i < sizeof words / sizeof words[0]; i++)
		if (str_is(reason, words[i][0]))
			return str_of(words[i][1]);
	return reason;
}

/* "hosting 230, inbound-only 134, ..." on as many lines as it takes. */
static void put_sums(struct term *t, struct reason_sums *s)
{
	size_t column = t->p.width;

	if (s->n)
		qsort(s->v, s->n, sizeof *s->v, by_number);
	for (size_t i = 0; i < s->n; i++) {
		bool more_follow = i + 1 < s->n;
		size_t w;

		buf_clear(&t->p.cell);
		cell_text(&t->p, reason_word(t, s->v[i].reason));
		buf_ch(&t->p.cell, ' ');
		put_grouped(&t->p.cell, s->v[i].n);
		if (more_follow)
			buf_ch(&t->p.cell, ',');
		w = text_width(buf_str(&t->p.cell));
		if (column + 1 + w > t->p.width) {
			buf_c(t->p.b, i ? "\n  " : "  ");
			column = 2;
		} else {
			buf_ch(t->p.b, ' ');
			column++;
		}
		buf_puts(t->p.b, buf_str(&t->p.cell));
		column += w;
	}
	buf_ch(t->p.b, '\n');
}

static const char *explain(const struct term *t, struct str reason)
{
	static const char *const words[][3] = {
		{ "inbound-only", "the controller called and was not answered",
		  "C2 側からの接続で、応答なし" },
		{ "outside-validity", "the indicator was not valid at that time",
		  "インジケーターの有効期間外" },
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
			return words[i][t->p.japanese ? 2 : 1];
	return "";
}

static void put_excluded(struct term *t)
{
	const struct answer *a = t->a;
	struct reason_sums sums = { 0 };

	for (size_t i = 0; i < a->n_excluded; i++)
		sum_reason(&sums, a->excluded[i].reason, a->excluded[i].records);
	screen_heading(&t->p, "Set aside", "除外したもの");
	buf_c(t->p.b, "   ");
	screen_style(&t->p, "2");
	screen_count(&t->p, a->excluded_records, "record", "records", " 件");
	screen_plain(&t->p);
	buf_ch(t->p.b, '\n');
	if (!t->verbose) {
		put_sums(t, &sums);
		free(sums.v);
		return;
	}
	qsort(sums.v, sums.n, sizeof *sums.v, by_number);
	for (size_t i = 0; i < sums.n; i++) {
		buf_clear(&t->p.cell);
		cell_text(&t->p, reason_word(t, sums.v[i].reason));
		buf_c(t->p.b, "  ");
		screen_cell(&t->p, LEFT, 16, false);
		buf_clear(&t->p.cell);
		put_grouped(&t->p.cell, sums.v[i].n);
		screen_cell(&t->p, RIGHT, 9, false);
		buf_c(t->p.b, "  ");
		screen_style(&t->p, "2");
		buf_c(t->p.b, explain(t, sums.v[i].reason));
		screen_plain(&t->p);
		buf_ch(t->p.b, '\n');
	}
	free(sums.v);
}

static void put_withheld_row(struct term *t, const struct withheld *w)
{
	buf_clear(&t->p.cell);
	cell_value(&t->p, w->value);
	buf_c(t->p.b, "  ");
	screen_cell(&t->p, LEFT, 25, false);
	buf_c(t->p.b, "  ");
	buf_clear(&t->p.cell);
	cell_text(&t->p, reason_word(t, w->reason));
	buf_c(&t->p.cell, ": ");
	cell_text(&t->p, w->detail);
	screen_style(&t->p, "2");
	screen_cell(&t->p, LEFT, t->p.width - 29, true);
	screen_plain(&t->p);
	buf_ch(t->p.b, '\n');
}

static void put_withheld(struct term *t)
{
	const struct answer *a = t->a;
	struct reason_sums sums = { 0 };

	if (!a->n_withheld)
		return;
	screen_heading(&t->p, "Withheld", "使わなかったインジケーター");
	buf_c(t->p.b, "   ");
	screen_style(&t->p, "2");
	screen_count(&t->p, a->n_withheld, "indicator", "indicators", " 件");
	screen_plain(&t->p);
	buf_ch(t->p.b, '\n');
	for (size_t i = 0; i < a->n_withheld; i++) {
		if (t->verbose)
			put_withheld_row(t, &a->withheld[i]);
		else
			sum_reason(&sums, a->withheld[i].reason, 1);
	}
	if (!t->verbose)
		put_sums(t, &sums);
	free(sums.v);
}

static void put_trouble(struct term *t)
{
	const struct answer *a = t->a;
	uint64_t malformed = 0;
	size_t n = t->verbose ? a->n_rejected : least(a->n_rejected, SHOW_TROUBLE);

	for (size_t i = 0; i < a->n_inputs; i++)
		malformed += a->inputs[i].malformed;
	if (!malformed)
		return;
	screen_heading(&t->p, "Unreadable", "読めなかった行");
	screen_style(&t->p, "2");
	buf_c(t->p.b, "   ");
	screen_count(&t->p, malformed, "line", "lines", " 行");
	screen_plain(&t->p);
	buf_ch(t->p.b, '\n');
	for (size_t i = 0; i < n; i++) {
		const struct rejected *r = &a->rejected[i];

		buf_clear(&t->p.cell);
		cell_text(&t->p, r->path);
		if (r->line)
			buf_fmt(&t->p.cell, ":%llu", (unsigned long long)r->line);
		buf_c(&t->p.cell, "  ");
		cell_text(&t->p, r->why);
		buf_c(t->p.b, "  ");
		screen_style(&t->p, "2");
		screen_cell(&t->p, LEFT, t->p.width - 2, true);
		screen_plain(&t->p);
		buf_ch(t->p.b, '\n');
	}
	screen_more(&t->p, (size_t)malformed, n);
}

static void put_headline(struct term *t)
{
	const struct answer *a = t->a;
	size_t files = 0;

	for (size_t i = 0; i < a->n_inputs; i++)
		files += str_is(a->inputs[i].kind, "telemetry") && !a->inputs[i].trouble.n;
	buf_ch(t->p.b, '\n');
	screen_style(&t->p, "1");
	if (!a->n_findings) {
		buf_c(t->p.b, SAY(&t->p, "No host was found talking to a controller.",
				  "C2 サーバーと通信するホストは見つかりませんでした。"));
	} else if (t->p.japanese) {
		buf_fmt(t->p.b, "%zu の組織の %llu 台のホストが、%zu 台の C2 サーバーと通信しています。",
			a->n_orgs, (unsigned long long)a->hosts, a->n_controllers);
	} else {
		screen_count(&t->p, a->n_orgs, "organisation", "organisations", "");
		buf_c(t->p.b, a->n_orgs == 1 ? " has " : " have ");
		screen_count(&t->p, a->hosts, "host", "hosts", "");
		buf_c(t->p.b, a->hosts == 1 ? " that talks to " : " that talk to ");
		screen_count(&t->p, a->n_controllers, "controller", "controllers", "");
		buf_ch(t->p.b, '.');
	}
	screen_plain(&t->p);
	buf_ch(t->p.b, '\n');
	screen_style(&t->p, "2");
	screen_count(&t->p, a->records, "record", "records", " 件の記録");
	buf_c(t->p.b, SAY(&t->p, " in ", "、"));
	screen_count(&t->p, files, "file", "files", " ファイル");
	if (a->seen_first != TIME_NONE) {
		buf_c(t->p.b, SAY(&t->p, ", ", "、"));
		time_format_date(t->p.b, a->seen_first);
		buf_c(t->p.b, SAY(&t->p, " to ", " から "));
		time_format_date(t->p.b, a->seen_last);
	}
	buf_c(t->p.b, SAY(&t->p, ", against ", "、"));
	screen_count(&t->p, a->indicators, "indicator", "indicators", " 件のインジケーター");
	buf_ch(t->p.b, '\n');
	screen_plain(&t->p);
}

static void put_alerts(struct term *t)
{
	const struct answer *a = t->a;
	size_t n = t->verbose ? a->n_alerts : least(a->n_alerts, SHOW_ALERTS);

	for (size_t i = 0; i < n; i++) {
		if (i == 0)
			buf_ch(t->p.b, '\n');
		screen_style(&t->p, "1;31");
		buf_c(t->p.b, SAY(&t->p, "ALERT", "警告"));
		screen_plain(&t->p);
		buf_c(t->p.b, "  ");
		buf_clear(&t->p.cell);
		cell_value(&t->p, a->alerts[i].subject);
		buf_puts(t->p.b, buf_str(&t->p.cell));
		buf_fmt(t->p.b,
			SAY(&t->p, " is shared by %zu organisations\n", " は %zu の組織に共通します\n"),
			a->alerts[i].n_evidence);
	}
}

enum err report_term(const struct answer *a, const struct term_options *o, struct buf *out)
{
	struct term t = { .a = a, .verbose = o->verbose };
	enum err e;

	screen_init(&t.p, out);
	t.p.colour = o->colour;
	t.p.japanese = o->japanese;
	t.p.width = o->width;
	put_headline(&t);
	put_alerts(&t);
	if (a->n_findings) {
		put_orgs(&t);
		put_controllers(&t);
	}
	if (o->verbose && a->n_findings) {
		screen_heading(&t.p, "Findings", "検出");
		buf_ch(out, '\n');
		for (size_t i = 0; i < a->n_findings; i++)
			put_finding(&t, &a->findings[i]);
	}
	if (a->n_excluded)
		put_excluded(&t);
	put_withheld(&t);
	put_trouble(&t);
	e = buf_err(out) ? buf_err(out) : buf_err(&t.p.cell);
	screen_free(&t.p);
	return e;
}
