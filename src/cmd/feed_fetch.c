/* SPDX-License-Identifier: Apache-2.0 */
/* nezumi feed update, approve. */
#include "cmd/feed_verbs.h"

#include "base/stop.h"

#include <stdio.h>
#include <time.h>
#include <unistd.h>

static uint64_t chance(void *ctx)
{
	(void)ctx;
	return unknowable();
}

static void wait_ms(void *ctx, unsigned ms)
{
	(void)ctx;
	for (unsigned step = 100; ms && !stop_asked(); ms -= step) {
		if (step > ms)
			step = ms;
		(void)nanosleep(&(struct timespec){ 0, (long)step * 1000000 }, NULL);
	}
}

struct updating {
	struct feed_wish *w;
	struct feed_page page;
	size_t done, failed, held;
	bool shown;
	double last;
};

static double seconds(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void wipe(struct updating *u)
{
	if (u->shown)
		fputs("\r\033[K", stderr);
	u->shown = false;
}

/* One line on standard error, when somebody watches. */
static void on_progress(void *ctx, const char *name, int phase, uint64_t n)
{
	static const char *const doing[] = { "fetching", "reading", "writing" };
	struct updating *u = ctx;
	double t = seconds();

	if (u->w->c.quiet || t - u->last < 0.2 || !isatty(STDERR_FILENO))
		return;
	u->last = t;
	u->shown = true;
	fprintf(stderr, "\r\033[K%s: %s  %.1f %s", name, doing[phase],
		phase ? (double)n / 1e3 : (double)n / 1e6, phase ? "thousand" : "MB");
}

static void on_result(void *ctx, const struct feeds_result *r)
{
	struct updating *u = ctx;
	struct feed_page line;

	wipe(u);
	u->failed += r->outcome == FEEDS_FAILED;
	u->held += r->outcome == FEEDS_HELD;
	if (u->w->c.json) {
		buf_c(&u->page.b, u->done ? ",\n" : "\n");
		feed_json_result(&u->page.b, r);
	}
	u->done++;
	if (r->outcome == FEEDS_FAILED) {
		(void)complain("%s: %s", r->name, r->error);
		return;
	}
	if (u->w->c.json || (u->w->c.quiet && r->outcome != FEEDS_HELD))
		return;
	feed_page_open(&line, u->w);
	feed_say_result(&line.screen, r);
	(void)fwrite(line.b.p, 1, line.b.n, stdout);
	(void)fflush(stdout);
	feed_page_drop(&line);
}

static int finish(struct updating *u, enum err e, const struct errinfo *ei)
{
	struct feed_wish *w = u->w;
	int status = u->failed ? EXIT_ERROR : u->held ? EXIT_NOTHING : EXIT_FOUND;

	wipe(u);
	/* What was done before something went wrong is done, and is told. */
	if (e)
		status = feed_trouble(e, ei);
	if (w->c.json && (!e || u->done)) {
		buf_c(&u->page.b, "]}\n");
		return feed_page_close(&u->page, w, status, u->done ? "it is done" : NULL);
	}
	feed_page_drop(&u->page);
	if (e)
		return status;
	if (u->done == 0 && !w->c.quiet)
		puts(w->c.japanese ? "時期の来たフィードはありません。" : "No feed is due.");
	return status;
}

int feed_update(struct feed_wish *w)
{
	struct updating u = { .w = w };
	struct feeds_client c = { { NULL, feed_now, chance, wait_ms, NULL }, &u, on_progress, on_result };
	struct errinfo ei = { 0 };
	int status = feed_no_fields(w, "update");
	enum err e;

	if (status >= 0)
		return status;
	stop_on_signals();
	feed_page_open(&u.page, w);
	buf_c(&u.page.b, "{\"feeds\":[");
	e = feeds_update(w->c.data, (const char *const *)w->args, (size_t)w->n, w->force, &c, &ei);
	return finish(&u, e, &ei);
}

int feed_approve(struct feed_wish *w)
{
	struct updating u = { .w = w };
	struct feeds_client c = { { NULL, feed_now, chance, wait_ms, NULL }, &u, on_progress, on_result };
	struct errinfo ei = { 0 };
	int status = feed_names(w, 1, -1, "approve NAME...");
	enum err e = ERR_OK;

	if (status >= 0)
		return status;
	stop_on_signals();
	feed_page_open(&u.page, w);
	buf_c(&u.page.b, "{\"feeds\":[");
	for (int i = 0; !e && i < w->n; i++)
		e = feeds_approve(w->c.data, w->args[i], &c, &ei);
	return finish(&u, e, &ei);
}
