/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/feed_verbs.h"

#include "base/file.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum {
	OPT_FORCE = OPT_OWN,
	OPT_CATALOGUE,
	OPT_ALL,
	OPT_FIELD, /* and those that follow: in the order of field_names */
};

#define FIELD(n, name, arg, help)                \
	{                                        \
		OPT_FIELD + (n), name, arg, help \
	}
static const struct option_row options[] = {
	{ OPT_FORCE, "force", NULL, "update: whether due or not, as if no copy were at hand" },
	{ OPT_CATALOGUE, "catalogue", NULL, "list: the feeds that the program knows, too" },
	{ OPT_ALL, "all", NULL, "list: every source, what was imported among them" },
	FIELD(0, "format", "FORMAT", "as nezumi formats lists them, or auto, taxii, misp-feed, otx-feed"),
	FIELD(1, "reliability", "A..F",
	      "how reliable it is, from A (completely) to E (not), F (cannot be judged)"),
	FIELD(2, "interval", "SPAN", "time between two updates (6h, 1d); 0: only by name"),
	FIELD(3, "lifetime", "DAYS", "how long what it says holds (30d); else by role"),
	FIELD(4, "role", "ROLE", "what its values are where it does not say: controller, payload, ..."),
	FIELD(5, "licence", "TEXT", "on what terms it may be used"),
	FIELD(6, "title", "TEXT", "what it is, for people"),
	FIELD(7, "key", "HOW",
	      "how it takes a key: none, bearer, basic, url ({key} in the URL), header:NAME"),
	FIELD(8, "key-file", "FILE", "the key is the first line of this file"),
	FIELD(9, "key-env", "NAME", "the key is in this environment variable"),
	FIELD(10, "user", "NAME", "the user for basic; else the key is user:password"),
	FIELD(11, "ca", "FILE", "certificates to trust in place of the system's"),
	FIELD(12, "proxy", "URL", "a proxy for it; else as the environment says"),
	FIELD(13, "http", "YESNO", "yes: plain http is allowed, too"),
	FIELD(14, "private", "YESNO", "yes: hosts in private networks are allowed, too"),
	FIELD(15, "collection", "NAME", "TAXII: only this collection (id, alias or title)"),
	FIELD(16, "max-size", "MIB", "the most that a document may be, also unpacked (256)"),
	FIELD(17, "timeout", "SPAN", "the most time for a document (10m)"),
	FIELD(18, "idle", "SPAN", "... without progress (60s)"),
	FIELD(19, "tries", "N", "questions in all where a server is overloaded or unreachable (3)"),
	FIELD(20, "wait", "MS", "before the second one (2000); doubles"),
	FIELD(21, "url", "URL", "set: another address"),
	{ 0, NULL, NULL, NULL },
};
#undef FIELD

static int own(void *ctx, int id, const char *arg)
{
	struct feed_wish *w = ctx;

	if (id == OPT_FORCE) {
		w->force = true;
	} else if (id == OPT_CATALOGUE) {
		w->catalogue = true;
	} else if (id == OPT_ALL) {
		w->all = true;
	} else {
		for (const struct option_row *o = options; o->name; o++)
			if (o->id == id && w->n_set < FEED_SET_MAX) {
				w->set[w->n_set].field = str_of(o->name);
				w->set[w->n_set++].value = str_of(arg);
			}
	}
	return -1;
}

/* ---- what all verbs share ---- */

int64_t feed_now(void *ctx)
{
	struct timespec t;

	(void)ctx;
	(void)clock_gettime(CLOCK_REALTIME, &t);
	return (int64_t)t.tv_sec * TIME_S + t.tv_nsec / 1000;
}

int feed_trouble(enum err e, const struct errinfo *ei)
{
	return complain("%s", ei->msg[0] ? ei->msg : err_text(e));
}

void feed_page_open(struct feed_page *p, const struct feed_wish *w)
{
	buf_init(&p->b, 0);
	screen_init(&p->screen, &p->b);
	p->screen.colour = w->c.colour;
	p->screen.japanese = w->c.japanese;
}

void feed_page_drop(struct feed_page *p)
{
	screen_free(&p->screen);
	buf_free(&p->b);
}

int feed_page_close(struct feed_page *p, const struct feed_wish *w, int status, const char *done)
{
	struct errinfo ei = { 0 };
	enum err e = buf_err(&p->b);

	if (!e)
		e = file_write(w->c.json && w->c.json_file ? w->c.json_file : "-", buf_str(&p->b), &ei);
	feed_page_drop(p);
	if (e && done)
		return complain("%s, but this could not be told: %s", done,
				ei.msg[0] ? ei.msg : err_text(e));
	return e ? feed_trouble(e, &ei) : status;
}

int feed_names(const struct feed_wish *w, int least, int most, const char *what)
{
	if (w->n >= least && (most < 0 || w->n <= most))
		return -1;
	return complain("nezumi feed %s", what);
}

int feed_no_fields(const struct feed_wish *w, const char *verb)
{
	if (w->n_set)
		return complain("--%.*s is nothing that feed %s knows", STR_ARG(w->set[0].field), verb);
	return -1;
}

enum err feed_load(struct feed_wish *w, struct feeds *feeds, struct feeds_list *catalogue,
		   struct arena *a, struct errinfo *ei)
{
	enum err e = feeds_load(w->c.data, feeds, ei);

	arena_init(a, (size_t)16 << 20);
	return e ? e : feed_catalogue(a, catalogue, ei);
}

const struct feed *feed_known_as(const struct feeds_list *l, const char *name)
{
	for (size_t i = 0; i < l->n; i++)
		if (strcmp(l->v[i].name, name) == 0)
			return &l->v[i];
	return NULL;
}

static int run(const struct command *self, int argc, char **argv)
{
	static const struct {
		const char *verb;
		int (*run)(struct feed_wish *w);
	} verbs[] = {
		{ "list", feed_list },       { "show", feed_show },     { "add", feed_add },
		{ "set", feed_change },      { "enable", feed_enable }, { "disable", feed_disable },
		{ "remove", feed_remove },   { "update", feed_update }, { "approve", feed_approve },
		{ "overlap", feed_overlap },
	};
	struct feed_wish *w = calloc(1, sizeof *w);
	const char *verb;
	char **args;
	int n, status;

	if (!w)
		return complain("%s", err_text(ERR_NOMEM));
	status = parse_options(self, argc, argv, &w->c, own, w, &args, &n);
	if (status < 0 && n == 0)
		status = complain("nezumi feed list, show, add, set, enable, disable, remove, update, "
				  "approve or overlap");
	if (status < 0 && !w->c.data)
		status = complain("there is no data directory: --data DIR");
	if (status >= 0) {
		free(w);
		return status;
	}
	verb = args[0];
	w->args = args + 1;
	w->n = n - 1;
	for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++)
		if (strcmp(verb, verbs[i].verb) == 0) {
			status = verbs[i].run(w);
			free(w);
			return status;
		}
	free(w);
	return complain("feed has no %s", verb);
}

static const char notes[] =
	"Feeds are fetched into the data directory when they are due: nezumi feed\n"
	"update, as often as you like, for instance every ten minutes by a timer. None\n"
	"is fetched before it is enabled. What a feed says is replaced as a whole or not\n"
	"at all; when it cannot be had, or is no list, or grew or shrank tenfold, what\n"
	"it said last stays.\n\n"
	"  list                     the feeds in use\n"
	"  list --catalogue         those that can be enabled by name\n"
	"  list --all               every source, imported files among them\n"
	"  show NAME                all about one, its terms and its history\n"
	"  enable NAME...           use one of the catalogue, or one that was disabled\n"
	"  add NAME URL             use one that is not in the catalogue\n"
	"  set NAME --OPTION ...    change what is known of one\n"
	"  disable, remove NAME...  no longer fetch it; forget it and what it said\n"
	"  update [NAME...]         fetch those that are due, or these\n"
	"  approve NAME...          take over what was held\n"
	"  overlap                  what sources have in common, which copy each other\n\n"
	"Keys are read from files or the environment, never given as arguments. Status\n"
	"of update: 2 when one could not be fetched, 1 when one waits for approval, else\n"
	"0.\n\n"
	"Examples\n"
	"  nezumi feed enable feodo urlhaus && nezumi feed update\n"
	"  nezumi feed enable otx --key-file /etc/nezumi/otx.key\n"
	"  nezumi feed add ours https://misp.example.org/feed/ --format misp-feed \\\n"
	"    --reliability B\n";

const struct command cmd_feed = { "feed",
				  "list|show|add|set|enable|disable|remove|update|approve|overlap [NAME...]",
				  "fetch indicators by schedule",
				  options,
				  run,
				  notes };
