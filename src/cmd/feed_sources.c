/* SPDX-License-Identifier: Apache-2.0 */
/* nezumi feed list --all: every source of the data directory, fetched or imported, in one place. */
#include "cmd/feed_verbs.h"
#include "cmd/members.h"

#include "store/store.h"

#include <stdlib.h>

struct row {
	struct store_source is; /* its strings are in the arena; the others are not kept */
	struct store_holds holds;
};

struct sources {
	VEC(struct row) v;
	struct arena arena;
};

static enum err keep_source(void *ctx, const struct store_source *s)
{
	struct sources *all = ctx;
	struct row *r = VEC_PUSH(&all->v);

	if (!r)
		return ERR_NOMEM;
	*r = (struct row){ .is = *s };
	r->is.name = arena_str(&all->arena, s->name);
	r->is.url = r->is.format = r->is.licence = r->is.settings = r->is.state = STR_NONE;
	r->is.path = arena_str(&all->arena, s->path);
	return r->is.name.p && r->is.path.p ? ERR_OK : ERR_NOMEM;
}

static enum err read_sources(const char *data, struct sources *all, struct errinfo *ei)
{
	struct store *s = NULL;
	enum err e = store_open(data, STORE_READ, "feed", &s, ei);

	if (!e)
		e = store_hold(s, ei);
	if (!e)
		e = store_sources(s, keep_source, all, ei);
	for (size_t i = 0; !e && i < all->v.n; i++)
		e = store_source_holds(s, all->v.v[i].is.id, &all->v.v[i].holds, ei);
	store_close(s);
	return e;
}

/* ---- saying it ---- */

static void put_number(struct buf *b, const char *key, uint64_t n)
{
	buf_fmt(b, ",\"%s\":%llu", key, (unsigned long long)n);
}

static void put_letter(struct buf *b, const char *key, char letter)
{
	if (letter)
		put_text(b, key, (struct str){ &letter, 1 });
	else
		buf_fmt(b, ",\"%s\":null", key);
}

static void sources_json(struct buf *b, const struct sources *all)
{
	buf_c(b, "{\"sources\":[");
	for (size_t i = 0; i < all->v.n; i++) {
		const struct row *r = &all->v.v[i];
		bool feed = r->is.kind == SOURCE_FEED;

		buf_fmt(b, "%s\n{\"kind\":\"%s\"", i ? "," : "", feed ? "feed" : "import");
		put_text(b, "name", r->is.name);
		if (feed)
			buf_fmt(b, ",\"enabled\":%s", r->is.enabled ? "true" : "false");
		else if (r->is.path.n)
			put_text(b, "path", r->is.path);
		put_letter(b, "reliability", r->is.reliability);
		if (r->is.has_role)
			put_text(b, "role", str_of(role_text(r->is.role)));
		put_number(b, "listed", r->is.listed);
		put_number(b, "aged", r->is.aside);
		put_number(b, "values", r->is.values);
		put_number(b, "wrong", r->is.wrong);
		put_number(b, "exclusions", r->holds.exclusions);
		put_number(b, "organisations", r->holds.organisations);
		put_number(b, "families", r->holds.families);
		put_time(b, "last_done", r->is.last_time);
		buf_ch(b, '}');
	}
	buf_c(b, "]}\n");
}

static void put_some(struct screen *p, uint64_t n, const char *en, const char *ja)
{
	if (!n)
		return;
	if (p->cell.n)
		buf_c(&p->cell, SAY(p, ", ", "、"));
	put_grouped(&p->cell, n);
	buf_fmt(&p->cell, " %s", SAY(p, en, ja));
}

static void fill(void *ctx, struct screen *p, size_t row, size_t column)
{
	const struct sources *all = ctx;
	const struct row *r = &all->v.v[row];

	switch (column) {
	case 0:
		cell_text(p, r->is.name);
		break;
	case 1:
		buf_c(&p->cell, r->is.kind == SOURCE_FEED ? SAY(p, "feed", "取得")
							  : SAY(p, "import", "取込"));
		break;
	case 2:
		buf_ch(&p->cell, r->is.reliability ? r->is.reliability : '-');
		break;
	case 3:
		put_grouped(&p->cell, r->is.listed);
		break;
	case 4:
		put_grouped(&p->cell, r->is.aside);
		break;
	case 5:
		if (r->is.last_time == TIME_NONE)
			buf_c(&p->cell, SAY(p, "never", "なし"));
		else
			time_format_date(&p->cell, r->is.last_time);
		break;
	default:
		put_some(p, r->holds.exclusions, "exclusions", "除外");
		put_some(p, r->holds.organisations, "networks", "ネットワーク");
		put_some(p, r->holds.families, "names of families", "ファミリー名");
		break;
	}
}

static void sources_text(struct screen *p, struct sources *all)
{
	static const struct column columns[] = {
		{ { "source", "情報源" }, LEFT, 8, 30 }, { { "kind", "種類" }, LEFT, 4, 6 },
		{ { "rel", "信頼" }, LEFT, 3, 4 },       { { "listed", "件数" }, RIGHT, 6, 11 },
		{ { "aged", "旧" }, RIGHT, 4, 11 },      { { "last", "最終" }, LEFT, 5, 10 },
		{ { "and", "ほか" }, LEFT, 0, 0 },
	};
	struct table t = { .columns = columns,
			   .n_columns = sizeof columns / sizeof columns[0],
			   .n_rows = all->v.n,
			   .ctx = all,
			   .fill = fill };

	if (all->v.n)
		screen_table(p, &t);
	else
		buf_c(p->b, SAY(p, "Nothing was imported or fetched yet.\n",
				"まだ何も取り込まれていません。\n"));
}

int feed_sources(struct feed_wish *w)
{
	struct sources all = { 0 };
	struct errinfo ei = { 0 };
	struct feed_page page;
	int status;
	enum err e = ERR_OK;

	arena_init(&all.arena, (size_t)256 << 20);
	if (store_there(w->c.data))
		e = read_sources(w->c.data, &all, &ei);
	if (e) {
		status = feed_trouble(e, &ei);
	} else {
		feed_page_open(&page, w);
		if (w->c.json)
			sources_json(&page.b, &all);
		else
			sources_text(&page.screen, &all);
		status = feed_page_close(&page, w, all.v.n ? EXIT_FOUND : EXIT_NOTHING, NULL);
	}
	free(all.v.v);
	arena_free(&all.arena);
	return status;
}
