/* SPDX-License-Identifier: Apache-2.0 */
/* nezumi feed list, show, overlap. */
#include "cmd/feed_verbs.h"

#include <stdlib.h>

enum { RUNS_SHOWN = 20 };

static void list_json(struct buf *b, const struct feed_wish *w, const struct feeds *feeds,
		      const struct feeds_list *catalogue)
{
	bool first = true;

	buf_c(b, "{\"feeds\":[");
	for (size_t i = 0; i < feeds->n; i++, first = false) {
		buf_c(b, first ? "\n" : ",\n");
		feed_json(b, &feeds->v[i].feed, &feeds->v[i]);
	}
	for (size_t i = 0; w->catalogue && i < catalogue->n; i++) {
		if (feeds_find(feeds, str_of(catalogue->v[i].name)))
			continue;
		buf_c(b, first ? "\n" : ",\n");
		feed_json(b, &catalogue->v[i], NULL);
		first = false;
	}
	buf_c(b, "]}\n");
}

static void list_text(struct screen *p, const struct feed_wish *w, const struct feeds *feeds,
		      const struct feeds_list *catalogue)
{
	if (w->catalogue) {
		feed_say_catalogue(p, catalogue, feeds);
		buf_c(p->b,
		      SAY(p, "\nTo use one: nezumi feed enable NAME. Its terms: nezumi feed show NAME.\n",
			  "\n使うには: nezumi feed enable 名前　利用条件は: nezumi feed show 名前\n"));
		return;
	}
	if (feeds->n)
		feed_say_list(p, feeds, feed_now(NULL));
	else
		buf_c(p->b, SAY(p, "No feed is enabled.\n", "有効なフィードはありません。\n"));
	buf_fmt(p->b,
		SAY(p, "\n%zu feeds are known by name: nezumi feed list --catalogue\n",
		    "\n名前で使えるフィードが %zu あります: nezumi feed list --catalogue\n"),
		catalogue->n);
}

int feed_list(struct feed_wish *w)
{
	struct feeds_list catalogue = { 0 };
	struct feeds feeds = { 0 };
	struct errinfo ei = { 0 };
	struct arena a;
	struct feed_page page;
	size_t n;
	enum err e;

	if (w->all)
		return feed_sources(w);
	e = feed_load(w, &feeds, &catalogue, &a, &ei);

	feed_page_open(&page, w);
	if (!e && w->c.json)
		list_json(&page.b, w, &feeds, &catalogue);
	else if (!e)
		list_text(&page.screen, w, &feeds, &catalogue);
	n = feeds.n + (w->catalogue ? catalogue.n : 0);
	feeds_free(&feeds);
	free(catalogue.v);
	arena_free(&a);
	if (e) {
		feed_page_drop(&page);
		return feed_trouble(e, &ei);
	}
	return feed_page_close(&page, w, n ? EXIT_FOUND : EXIT_NOTHING, NULL);
}

struct runs {
	struct store_run v[RUNS_SHOWN];
	size_t n;
	struct arena a;
};

static enum err take_run(void *ctx, const struct store_run *run)
{
	struct runs *r = ctx;
	struct store_run *to = &r->v[r->n];

	if (r->n == RUNS_SHOWN)
		return ERR_OK;
	*to = *run;
	to->error = run->error.n ? arena_str(&r->a, run->error) : STR_NONE;
	r->n++;
	return to->error.p ? ERR_OK : ERR_NOMEM;
}

static enum err history(const struct feed_wish *w, const struct feed_known *k, struct runs *r,
			struct errinfo *ei)
{
	struct store *s = NULL;
	enum err e = store_open(w->c.data, STORE_READ, "feed", &s, ei);

	if (!e)
		e = store_runs(s, k->id, RUNS_SHOWN, take_run, r, ei);
	store_close(s);
	return e;
}

static void show_one(struct feed_page *page, const struct feed_wish *w, const struct feed_known *k,
		     const struct runs *r)
{
	if (!w->c.json) {
		feed_say_one(&page->screen, k, feed_now(NULL));
		feed_say_runs(&page->screen, r->v, r->n);
		return;
	}
	feed_json(&page->b, &k->feed, k);
	page->b.n--; /* the closing brace */
	buf_c(&page->b, ",\"history\":[");
	for (size_t i = 0; i < r->n; i++) {
		buf_c(&page->b, i ? ",\n" : "\n");
		feed_json_run(&page->b, &r->v[i]);
	}
	buf_c(&page->b, "]}\n");
}

int feed_show(struct feed_wish *w)
{
	struct feeds_list catalogue = { 0 };
	struct feeds feeds = { 0 };
	struct errinfo ei = { 0 };
	struct runs r = { 0 };
	struct arena a;
	struct feed_page page;
	int status = feed_names(w, 1, 1, "show NAME");
	enum err e;

	if (status >= 0)
		return status;
	arena_init(&r.a, 1 << 20);
	feed_page_open(&page, w);
	e = feed_load(w, &feeds, &catalogue, &a, &ei);
	if (!e) {
		const struct feed_known *k = feeds_find(&feeds, str_of(w->args[0]));
		const struct feed *f = feed_known_as(&catalogue, w->args[0]);
		struct feed_known only = { .last_done = TIME_NONE, .tried = TIME_NONE, .due = TIME_NONE };

		if (k)
			e = history(w, k, &r, &ei);
		else if (f)
			only.feed = *f;
		else
			e = err_set(&ei, ERR_NOENT, "no feed is called %s", w->args[0]);
		if (!e)
			show_one(&page, w, k ? k : &only, &r);
	}
	feeds_free(&feeds);
	free(catalogue.v);
	arena_free(&a);
	arena_free(&r.a);
	if (e) {
		feed_page_drop(&page);
		return feed_trouble(e, &ei);
	}
	return feed_page_close(&page, w, EXIT_FOUND, NULL);
}

int feed_overlap(struct feed_wish *w)
{
	struct feeds_overlap o;
	struct errinfo ei = { 0 };
	struct feed_page page;
	bool any;
	enum err e = feeds_overlap(w->c.data, &o, &ei);

	if (e)
		return feed_trouble(e, &ei);
	feed_page_open(&page, w);
	if (w->c.json) {
		feed_json_overlap(&page.b, &o);
		buf_ch(&page.b, '\n');
	} else {
		feed_say_overlap(&page.screen, &o);
	}
	any = o.o.n > 1;
	feeds_overlap_free(&o);
	return feed_page_close(&page, w, any ? EXIT_FOUND : EXIT_NOTHING, NULL);
}
