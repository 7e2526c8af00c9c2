/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/feed_say.h"

#include "base/json.h"
#include "core/trust.h"

#include <stdio.h>
#include <stdlib.h>

enum { PAIRS_SHOWN = 40 };

const char *run_status_text(enum run_status s)
{
	static const char *const texts[] = {
		[RUN_DONE] = "done", [RUN_FAILED] = "failed", [RUN_HELD] = "held", [RUN_UNCHANGED] = "unchanged"
	};

	return (unsigned)s < sizeof texts / sizeof texts[0] ? texts[s] : "unknown";
}

static struct str text_of(const char *s)
{
	return s ? str_of(s) : STR_NONE;
}

/* ---- times ---- */

/* 40s 12m 5h 3d */
static void put_span(struct buf *b, int64_t span)
{
	int64_t s = span / TIME_S;

	if (s < 100)
		buf_fmt(b, "%llds", (long long)s);
	else if (s < 100 * 60)
		buf_fmt(b, "%lldm", (long long)(s / 60));
	else if (s < 48 * 3600)
		buf_fmt(b, "%lldh", (long long)(s / 3600));
	else
		buf_fmt(b, "%lldd", (long long)(s / 86400));
}

static void put_ago(struct screen *p, struct buf *b, int64_t t, int64_t now)
{
	if (t == TIME_NONE) {
		buf_c(b, SAY(p, "never", "なし"));
		return;
	}
	put_span(b, t < now ? now - t : 0);
	buf_c(b, SAY(p, " ago", "前"));
}

static void put_due(struct screen *p, struct buf *b, const struct feed_known *k, int64_t now)
{
	if (!k->enabled || !k->feed.interval_s) {
		buf_c(b, k->enabled ? SAY(p, "by hand", "手動") : "-");
	} else if (feed_is_due(k, now)) {
		buf_c(b, SAY(p, "now", "今"));
	} else {
		buf_c(b, SAY(p, "in ", ""));
		put_span(b, k->due - now);
		buf_c(b, SAY(p, "", "後"));
	}
}

/* ---- the list ---- */

struct listing {
	const struct feeds *feeds;
	int64_t now;
};

static const char *status_of(struct screen *p, const struct feed_known *k)
{
	if (k->held)
		return SAY(p, "held", "保留");
	if (!k->enabled)
		return SAY(p, "off", "停止");
	return k->fails ? SAY(p, "failing", "失敗") : SAY(p, "on", "有効");
}

static void fill_list(void *ctx, struct screen *p, size_t row, size_t column)
{
	const struct listing *l = ctx;
	const struct feed_known *k = &l->feeds->v[row];

	switch (column) {
	case 0:
		cell_text(p, text_of(k->feed.name));
		break;
	case 1:
		buf_c(&p->cell, status_of(p, k));
		break;
	case 2:
		put_grouped(&p->cell, k->listed);
		break;
	case 3:
		put_ago(p, &p->cell, k->last_done, l->now);
		break;
	case 4:
		put_due(p, &p->cell, k, l->now);
		break;
	default:
		cell_text(p, text_of(k->held ? k->held : k->error ? k->error : k->note));
		break;
	}
}

void feed_say_list(struct screen *p, const struct feeds *f, int64_t now)
{
	static const struct column columns[] = {
		{ { "feed", "フィード" }, LEFT, 8, 22 }, { { "state", "状態" }, LEFT, 4, 8 },
		{ { "listed", "件数" }, RIGHT, 6, 11 },  { { "taken", "取込" }, RIGHT, 5, 9 },
		{ { "next", "次回" }, RIGHT, 4, 8 },     { { "trouble", "問題" }, LEFT, 12, 0 },
	};
	struct listing l = { f, now };
	struct table t = { .columns = columns, .n_columns = 6, .n_rows = f->n, .ctx = &l, .fill = fill_list };

	screen_table(p, &t);
}

/* ---- the catalogue ---- */

struct shelf {
	const struct feeds_list *list;
	const struct feeds *have;
};

static void fill_catalogue(void *ctx, struct screen *p, size_t row, size_t column)
{
	const struct shelf *s = ctx;
	const struct feed *f = &s->list->v[row];
	const struct feed_known *k = feeds_find(s->have, str_of(f->name));

	switch (column) {
	case 0:
		cell_text(p, text_of(f->name));
		break;
	case 1:
		buf_c(&p->cell, k ? status_of(p, k) : "-");
		break;
	case 2:
		buf_ch(&p->cell, f->reliability);
		break;
	case 3:
		buf_c(&p->cell, f->key_needed ? SAY(p, "needed", "必要")
				: f->how      ? SAY(p, "taken", "任意")
					      : "-");
		break;
	case 4:
		cell_text(p, text_of(f->licence));
		break;
	default:
		cell_text(p, text_of(f->title));
		break;
	}
}

void feed_say_catalogue(struct screen *p, const struct feeds_list *l, const struct feeds *have)
{
	static const struct column columns[] = {
		{ { "feed", "フィード" }, LEFT, 8, 21 },    { { "state", "状態" }, LEFT, 4, 8 },
		{ { "rel", "信頼" }, LEFT, 3, 4 },          { { "key", "鍵" }, LEFT, 3, 6 },
		{ { "licence", "利用条件" }, LEFT, 8, 12 }, { { "what", "内容" }, LEFT, 20, 0 },
	};
	struct shelf s = { l, have };
	struct table t = {
		.columns = columns, .n_columns = 6, .n_rows = l->n, .ctx = &s, .fill = fill_catalogue
	};

	screen_table(p, &t);
}

/* ---- one ---- */

static void line(struct screen *p, const char *en, const char *ja, struct str value)
{
	if (value.n == 0)
		return;
	buf_clear(&p->cell);
	buf_c(&p->cell, SAY(p, en, ja));
	buf_c(p->b, "  ");
	screen_style(p, "2");
	screen_cell(p, LEFT, 12, false);
	screen_plain(p);
	buf_c(p->b, "  ");
	buf_clear(&p->cell);
	cell_text(p, value);
	buf_puts(p->b, buf_str(&p->cell));
	buf_ch(p->b, '\n');
}

static void time_line(struct screen *p, const char *en, const char *ja, int64_t t)
{
	struct buf b;

	buf_init(&b, 64);
	if (t != TIME_NONE)
		time_format(&b, t - t % TIME_S);
	line(p, en, ja, buf_str(&b));
	buf_free(&b);
}

static void count_line(struct screen *p, const char *en, const char *ja, uint64_t n)
{
	struct buf b;

	buf_init(&b, 64);
	put_grouped(&b, n);
	line(p, en, ja, buf_str(&b));
	buf_free(&b);
}

static void key_line(struct screen *p, const struct feed *f)
{
	struct buf b;

	if (f->how == FETCH_OPEN)
		return;
	buf_init(&b, 1 << 13);
	if (f->key_env)
		buf_fmt(&b, SAY(p, "from the environment, %s", "環境変数 %s"), f->key_env);
	else if (f->key_file)
		buf_fmt(&b, SAY(p, "from the file %s", "ファイル %s"), f->key_file);
	else
		buf_c(&b, f->key_needed ? SAY(p, "needed, not given (--key-file FILE)",
					      "必要・未設定 (--key-file FILE)")
					: SAY(p, "none given; it takes one", "未設定・任意"));
	line(p, "key", "鍵", buf_str(&b));
	buf_free(&b);
}

/* As it is given to --interval: in the largest unit that has no rest. */
static void buf_put_span(struct buf *b, uint32_t seconds)
{
	static const struct {
		uint32_t seconds;
		char unit;
	} units[] = { { 86400, 'd' }, { 3600, 'h' }, { 60, 'm' }, { 1, 's' } };
	size_t i = 0;

	while (seconds % units[i].seconds)
		i++;
	buf_fmt(b, "%u%c", seconds / units[i].seconds, units[i].unit);
}

void feed_say_one(struct screen *p, const struct feed_known *k, int64_t now)
{
	const struct feed *f = &k->feed;
	struct buf b;

	buf_init(&b, 1 << 12);
	screen_style(p, "1");
	buf_clear(&p->cell);
	cell_text(p, text_of(f->name));
	buf_puts(p->b, buf_str(&p->cell));
	screen_plain(p);
	buf_fmt(p->b, "  %s\n", status_of(p, k));
	line(p, "title", "名称", text_of(f->title));
	line(p, "url", "URL", text_of(f->url));
	line(p, "format", "形式", text_of(f->format));
	line(p, "collection", "コレクション", text_of(f->collection));
	buf_fmt(&b, "%c", f->reliability);
	line(p, "reliability", "信頼度", buf_str(&b));
	line(p, "role", "役割", f->has_role ? str_of(role_text(f->role)) : STR_NONE);
	buf_clear(&b);
	if (f->interval_s)
		buf_put_span(&b, f->interval_s);
	else
		buf_c(&b, SAY(p, "only when asked for", "指示したときのみ"));
	line(p, "every", "間隔", buf_str(&b));
	buf_clear(&b);
	if (f->lifetime_d)
		buf_fmt(&b, "%ud", f->lifetime_d);
	line(p, "lifetime", "有効期間", buf_str(&b));
	line(p, "licence", "利用条件", text_of(f->licence));
	line(p, "terms", "条件の全文", text_of(f->terms));
	line(p, "homepage", "発行元", text_of(f->homepage));
	line(p, "remark", "備考", text_of(f->note));
	key_line(p, f);
	count_line(p, "listed", "件数", k->listed);
	count_line(p, "aged", "過去の件数", k->aside);
	if (k->values) {
		buf_clear(&b);
		buf_fmt(&b, "%.3f (", trust_record(k->values, k->wrong));
		put_grouped(&b, k->wrong);
		buf_c(&b, SAY(p, " wrong of ", " 件の誤り、全 "));
		put_grouped(&b, k->values);
		buf_c(&b, SAY(p, ")", " 件)"));
		line(p, "record", "実績", buf_str(&b));
	}
	time_line(p, "taken", "取込", k->last_done);
	time_line(p, "tried", "試行", k->tried);
	buf_clear(&b);
	put_due(p, &b, k, now);
	line(p, "next", "次回", buf_str(&b));
	line(p, "trouble", "問題", text_of(k->error));
	line(p, "note", "注意", text_of(k->note));
	if (k->held) {
		line(p, "held", "保留", text_of(k->held));
		buf_fmt(p->b,
			SAY(p, "\n  To take it over: nezumi feed approve %s\n",
			    "\n  取り込むには: nezumi feed approve %s\n"),
			f->name);
	}
	buf_free(&b);
}

static void fill_runs(void *ctx, struct screen *p, size_t row, size_t column)
{
	const struct store_run *r = &((const struct store_run *)ctx)[row];
	const uint64_t counts[] = { r->rows, r->added, r->gone };

	if (column == 0)
		time_format(&p->cell, r->began - r->began % TIME_S);
	else if (column == 1)
		buf_c(&p->cell, run_status_text(r->status));
	else if (column < 5)
		put_grouped(&p->cell, counts[column - 2]);
	else
		cell_text(p, r->error);
}

void feed_say_runs(struct screen *p, const struct store_run *runs, size_t n)
{
	static const struct column columns[] = {
		{ { "when", "日時" }, LEFT, 20, 20 }, { { "what", "結果" }, LEFT, 4, 9 },
		{ { "rows", "件数" }, RIGHT, 4, 11 }, { { "new", "新規" }, RIGHT, 3, 11 },
		{ { "gone", "消失" }, RIGHT, 4, 11 }, { { "why", "理由" }, LEFT, 12, 0 },
	};
	struct store_run *copy = n ? malloc(n * sizeof *copy) : NULL;
	struct table t = { .columns = columns, .n_columns = 6, .n_rows = n, .ctx = copy, .fill = fill_runs };

	if (!copy)
		return;
	memcpy(copy, runs, n * sizeof *copy);
	screen_heading(p, "History", "履歴");
	buf_ch(p->b, '\n');
	screen_table(p, &t);
	free(copy);
}

/* ---- overlap ---- */

struct pair {
	size_t a, b;
	uint64_t common;
	unsigned share;
	bool copy;
};

struct pairs {
	const struct feeds_overlap *o;
	struct pair *v;
	size_t n;
};

static int by_share(const void *x, const void *y)
{
	const struct pair *a = x, *b = y;

	if (a->share != b->share)
		return a->share > b->share ? -1 : 1;
	if (a->common != b->common)
		return a->common > b->common ? -1 : 1;
	if (a->a != b->a)
		return a->a < b->a ? -1 : 1;
	return a->b < b->b ? -1 : a->b > b->b;
}

static struct pairs pairs_of(const struct feeds_overlap *o)
{
	struct pairs p = { .o = o };
	size_t n = o->o.n;

	p.v = n > 1 ? malloc(n * (n - 1) / 2 * sizeof *p.v) : NULL;
	for (size_t a = 0; p.v && a < n; a++)
		for (size_t b = a + 1; b < n; b++)
			if (o->o.both[a * n + b])
				p.v[p.n++] = (struct pair){ a, b, o->o.both[a * n + b],
							    overlap_share(&o->o, a, b),
							    overlap_copy(&o->o, a, b) };
	if (p.n)
		qsort(p.v, p.n, sizeof *p.v, by_share);
	return p;
}

static void fill_pairs(void *ctx, struct screen *p, size_t row, size_t column)
{
	const struct pairs *l = ctx;
	const struct pair *at = &l->v[row];

	if (column < 2)
		cell_text(p, l->o->names[column ? at->b : at->a]);
	else if (column == 2)
		put_grouped(&p->cell, at->common);
	else if (column == 3)
		buf_fmt(&p->cell, "%u %%", at->share);
	else
		buf_c(&p->cell, at->copy ? SAY(p, "copy: one witness", "写し（一つと数える）") : "");
}

void feed_say_overlap(struct screen *p, const struct feeds_overlap *o)
{
	static const struct column columns[] = {
		{ { "source", "情報源" }, LEFT, 8, 24 },
		{ { "and", "と" }, LEFT, 8, 24 },
		{ { "in common", "共通" }, RIGHT, 9, 11 },
		{ { "of the smaller", "小さい方の割合" }, RIGHT, 6, 14 },
		{ { "", "" }, LEFT, 0, 0 },
	};
	struct pairs l = pairs_of(o);
	struct table t = { .columns = columns,
			   .n_columns = 5,
			   .n_rows = l.n < PAIRS_SHOWN ? l.n : PAIRS_SHOWN,
			   .ctx = &l,
			   .fill = fill_pairs };

	if (l.n)
		screen_table(p, &t);
	else
		buf_c(p->b, SAY(p, "No two sources have a value in common.\n",
				"共通する値を持つ情報源はありません。\n"));
	screen_more(p, l.n, t.n_rows);
	free(l.v);
}

/* ---- results ---- */

void feed_say_result(struct screen *p, const struct feeds_result *r)
{
	buf_clear(&p->cell);
	cell_text(p, text_of(r->name));
	buf_puts(p->b, buf_str(&p->cell));
	buf_c(p->b, ": ");
	buf_clear(&p->cell);
	switch (r->outcome) {
	case FEEDS_DONE:
		screen_count(p, r->rows, "indicator", "indicators", " 件");
		buf_fmt(p->b,
			SAY(p, ", %llu new, %llu changed, %llu gone", "、新規 %llu、変更 %llu、消失 %llu"),
			(unsigned long long)r->added, (unsigned long long)r->changed,
			(unsigned long long)r->gone);
		if (r->malformed)
			buf_fmt(p->b, SAY(p, "; %llu lines could not be read", "、読めない行 %llu"),
				(unsigned long long)r->malformed);
		cell_text(p, text_of(r->note));
		break;
	case FEEDS_UNCHANGED:
		buf_c(p->b, SAY(p, "unchanged", "変更なし"));
		break;
	case FEEDS_HELD:
		buf_c(p->b, SAY(p, "held: ", "保留: "));
		cell_text(p, text_of(r->error));
		break;
	case FEEDS_FAILED:
		cell_text(p, text_of(r->error));
		break;
	case FEEDS_NOT_DUE:
		buf_c(p->b, SAY(p, "not due", "時期前"));
		break;
	}
	if (p->cell.n && r->outcome == FEEDS_DONE)
		buf_c(p->b, "; ");
	buf_puts(p->b, buf_str(&p->cell));
	if (r->outcome == FEEDS_HELD)
		buf_fmt(p->b,
			SAY(p, "; look at it, then: nezumi feed approve %s",
			    "。確かめてから: nezumi feed approve %s"),
			r->name);
	buf_ch(p->b, '\n');
}

/* ---- JSON ---- */

static void member(struct buf *b, const char *name, const char *text)
{
	buf_fmt(b, ",\"%s\":", name);
	if (text)
		json_put(b, str_of(text));
	else
		buf_c(b, "null");
}

static void time_member(struct buf *b, const char *name, int64_t t)
{
	buf_fmt(b, ",\"%s\":", name);
	if (t == TIME_NONE) {
		buf_c(b, "null");
		return;
	}
	buf_ch(b, '"');
	time_format(b, t - t % TIME_S);
	buf_ch(b, '"');
}

static void count_member(struct buf *b, const char *name, uint64_t n)
{
	buf_fmt(b, ",\"%s\":%llu", name, (unsigned long long)n);
}

void feed_json(struct buf *b, const struct feed *f, const struct feed_known *k)
{
	char reliability[] = { f->reliability, 0 };

	buf_c(b, "{\"name\":");
	json_put(b, text_of(f->name));
	buf_fmt(b, ",\"enabled\":%s", k && k->enabled ? "true" : "false");
	member(b, "title", f->title);
	member(b, "url", f->url);
	member(b, "format", f->format);
	member(b, "licence", f->licence);
	member(b, "terms", f->terms);
	member(b, "homepage", f->homepage);
	member(b, "remark", f->note);
	member(b, "reliability", reliability);
	member(b, "role", f->has_role ? role_text(f->role) : NULL);
	count_member(b, "interval_s", f->interval_s);
	count_member(b, "lifetime_days", f->lifetime_d);
	buf_fmt(b, ",\"key\":\"%s\"",
		f->key_env || f->key_file ? "given"
		: f->key_needed           ? "needed"
		: f->how                  ? "taken"
					  : "none");
	if (k) {
		count_member(b, "listed", k->listed);
		count_member(b, "aged", k->aside);
		count_member(b, "values", k->values);
		count_member(b, "wrong", k->wrong);
		buf_fmt(b, ",\"record\":%.6f", trust_record(k->values, k->wrong));
		time_member(b, "last_success", k->last_done);
		time_member(b, "last_try", k->tried);
		time_member(b, "next_due", k->enabled && f->interval_s ? k->due : TIME_NONE);
		count_member(b, "failures", k->fails);
		member(b, "error", k->error);
		member(b, "note", k->note);
		if (k->held) {
			buf_c(b, ",\"held\":{\"why\":");
			json_put(b, str_of(k->held));
			count_member(b, "rows", k->held_rows);
			count_member(b, "rows_before", k->rows);
			buf_ch(b, '}');
		} else {
			buf_c(b, ",\"held\":null");
		}
	}
	buf_ch(b, '}');
}

void feed_json_run(struct buf *b, const struct store_run *run)
{
	buf_fmt(b, "{\"status\":\"%s\"", run_status_text(run->status));
	time_member(b, "began", run->began);
	time_member(b, "ended", run->ended);
	count_member(b, "rows", run->rows);
	count_member(b, "added", run->added);
	count_member(b, "changed", run->changed);
	count_member(b, "gone", run->gone);
	count_member(b, "rejected", run->rejected);
	buf_c(b, ",\"error\":");
	if (run->error.n)
		json_put(b, run->error);
	else
		buf_c(b, "null");
	buf_ch(b, '}');
}

void feed_json_result(struct buf *b, const struct feeds_result *r)
{
	buf_c(b, "{\"name\":");
	json_put(b, text_of(r->name));
	member(b, "status", feeds_outcome_text(r->outcome));
	count_member(b, "rows", r->rows);
	count_member(b, "malformed", r->malformed);
	count_member(b, "added", r->added);
	count_member(b, "changed", r->changed);
	count_member(b, "gone", r->gone);
	count_member(b, "bytes", r->bytes);
	time_member(b, "next_due", r->due);
	member(b, "error", r->error[0] ? r->error : NULL);
	member(b, "note", r->note[0] ? r->note : NULL);
	buf_ch(b, '}');
}

void feed_json_overlap(struct buf *b, const struct feeds_overlap *o)
{
	struct pairs l = pairs_of(o);

	buf_c(b, "{\"sources\":[");
	for (size_t i = 0; i < o->o.n; i++) {
		buf_c(b, i ? ",{\"name\":" : "{\"name\":");
		json_put(b, o->names[i]);
		count_member(b, "listed", o->o.size[i]);
		buf_ch(b, '}');
	}
	buf_c(b, "],\"pairs\":[");
	for (size_t i = 0; i < l.n; i++) {
		buf_c(b, i ? ",{\"a\":" : "{\"a\":");
		json_put(b, o->names[l.v[i].a]);
		buf_c(b, ",\"b\":");
		json_put(b, o->names[l.v[i].b]);
		count_member(b, "common", l.v[i].common);
		count_member(b, "share", l.v[i].share);
		buf_fmt(b, ",\"copy\":%s}", l.v[i].copy ? "true" : "false");
	}
	buf_c(b, "]}");
	free(l.v);
}
