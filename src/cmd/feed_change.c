/* SPDX-License-Identifier: Apache-2.0 */
/* nezumi feed add, set, enable, disable, remove. */
#include "cmd/feed_verbs.h"

#include "base/stop.h"

#include <stdio.h>
#include <stdlib.h>

enum { DAY_S = 86400 };

static enum err apply(const struct feed_wish *w, struct feed *f, struct arena *a, struct errinfo *ei)
{
	enum err e = ERR_OK;

	for (size_t i = 0; !e && i < w->n_set; i++)
		e = feed_set(f, a, w->set[i].field, w->set[i].value, ei);
	if (!e && f->key_env && f->key_file)
		e = err_set(ei, ERR_USAGE, "a key comes from a file or from the environment, not both");
	/* Whoever names a key without saying how it is shown means what most servers take. */
	if (!e && (f->key_env || f->key_file) && f->how == FETCH_OPEN)
		f->how = f->key_user               ? FETCH_BASIC
			 : strstr(f->url, "{key}") ? FETCH_URL
						   : FETCH_BEARER;
	return e;
}

static int told(const struct feed_wish *w, const char *name, const char *what)
{
	struct feed_page page;
	char done[80];

	(void)snprintf(done, sizeof done, "%s is %s", name, what);
	if (w->c.quiet && !w->c.json)
		return EXIT_FOUND;
	feed_page_open(&page, w);
	if (w->c.json)
		buf_fmt(&page.b, "{\"name\":\"%s\",\"status\":\"%s\"}\n", name, what);
	else
		buf_fmt(&page.b, "%s: %s\n", name, what);
	return feed_page_close(&page, w, EXIT_FOUND, done);
}

/* What is known of a feed of that name, from the database or the catalogue, into the arena. */
static enum err known_feed(struct feed_wish *w, const char *name, struct arena *a, struct feeds *feeds,
			   struct feed *out, bool *there, bool *enabled, struct errinfo *ei)
{
	struct feeds_list catalogue = { 0 };
	const struct feed_known *k;
	const struct feed *f;
	enum err e = feed_load(w, feeds, &catalogue, a, ei);

	if (!e) {
		k = feeds_find(feeds, str_of(name));
		f = k ? &k->feed : feed_known_as(&catalogue, name);
		*there = k != NULL;
		*enabled = k && k->enabled;
		if (f)
			*out = *f;
		else
			e = err_set(ei, ERR_NOENT,
				    "no feed is called %s: nezumi feed list --catalogue", name);
	}
	free(catalogue.v);
	return e;
}

static int put_feed(struct feed_wish *w, const char *name, bool must_be_there, int enable,
		    const char *what)
{
	struct feeds feeds = { 0 };
	struct errinfo ei = { 0 };
	struct feed f = { 0 };
	struct arena a;
	bool there = false, enabled = false;
	enum err e = known_feed(w, name, &a, &feeds, &f, &there, &enabled, &ei);

	if (!e && must_be_there && !there)
		e = err_set(&ei, ERR_NOENT, "%s is not in use: nezumi feed enable %s", name, name);
	if (!e)
		e = apply(w, &f, &a, &ei);
	if (!e && enable > 0 && f.key_needed && !f.key_env && !f.key_file)
		warn(&w->c, "%s wants a key: nezumi feed set %s --key-file FILE", name, name);
	if (!e)
		e = feeds_put(w->c.data, &f, enable < 0 ? enabled : enable > 0, &ei);
	feeds_free(&feeds);
	arena_free(&a);
	return e ? feed_trouble(e, &ei) : told(w, name, what);
}

int feed_enable(struct feed_wish *w)
{
	int status = feed_names(w, 1, -1, "enable NAME...");

	for (int i = 0; status <= 0 && i < w->n; i++)
		status = put_feed(w, w->args[i], false, 1, "enabled");
	return status;
}

int feed_disable(struct feed_wish *w)
{
	int status = feed_names(w, 1, -1, "disable NAME...");

	if (status < 0)
		status = feed_no_fields(w, "disable");
	for (int i = 0; status <= 0 && i < w->n; i++)
		status = put_feed(w, w->args[i], true, 0, "disabled");
	return status;
}

int feed_change(struct feed_wish *w)
{
	int status = feed_names(w, 1, 1, "set NAME --OPTION VALUE...");

	if (status < 0 && w->n_set == 0)
		status = complain("nezumi feed set NAME --OPTION VALUE...");
	return status < 0 ? put_feed(w, w->args[0], true, -1, "changed") : status;
}

int feed_add(struct feed_wish *w)
{
	struct feeds feeds = { 0 };
	struct errinfo ei = { 0 };
	struct feed f = { .format = "auto", .reliability = 'F', .interval_s = DAY_S };
	struct arena a;
	int status = feed_names(w, 2, 2, "add NAME URL [--format FORMAT] ...");
	enum err e;

	if (status >= 0)
		return status;
	if (!feed_name_ok(str_of(w->args[0])))
		return complain("a feed's name is made of at most 40 letters a-z, digits, - _ and .");
	arena_init(&a, 1 << 20);
	f.name = w->args[0];
	e = feeds_load(w->c.data, &feeds, &ei);
	if (!e && feeds_find(&feeds, str_of(f.name)))
		e = err_set(&ei, ERR_USAGE, "there is a feed %s; nezumi feed set changes it", f.name);
	if (!e)
		e = feed_set(&f, &a, STR("url"), str_of(w->args[1]), &ei);
	if (!e)
		e = apply(w, &f, &a, &ei);
	if (!e && !str_starts(str_of(f.url), STR("https://")) &&
	    !(f.http && str_starts(str_of(f.url), STR("http://"))))
		e = err_set(&ei, ERR_USAGE,
			    str_starts(str_of(f.url), STR("http://"))
				    ? "plain http has to be allowed: --http yes"
				    : "a feed's URL begins with https://");
	if (!e)
		e = feeds_put(w->c.data, &f, true, &ei);
	feeds_free(&feeds);
	arena_free(&a);
	return e ? feed_trouble(e, &ei) : told(w, w->args[0], "added");
}

int feed_remove(struct feed_wish *w)
{
	int status = feed_names(w, 1, -1, "remove NAME...");
	struct errinfo ei = { 0 };

	/* What is gone is told, and what was stopped is there whole. */
	stop_on_signals();
	for (int i = 0; status <= 0 && i < w->n; i++) {
		enum err e = feeds_remove(w->c.data, w->args[i], &ei);

		status = e ? feed_trouble(e, &ei) : told(w, w->args[i], "removed");
	}
	return status;
}
