/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/override_parts.h"

#include "app/gate.h"
#include "app/worth.h"
#include "base/stop.h"

#include <stdlib.h>

enum { OPT_REASON = OPT_OWN, OPT_AUTHOR, OPT_EXPIRES, OPT_ALL, OPT_FORCE };

static const struct option_row options[] = {
	{ OPT_REASON, "reason", "TEXT", "why, for who looks at it later (must be given)" },
	{ OPT_AUTHOR, "author", "NAME", "who decides; else $NEZUMI_AUTHOR, else the login name" },
	{ OPT_EXPIRES, "expires", "WHEN", "a span (90d, the default), a day, a time, or never" },
	{ OPT_FORCE, "force", NULL, "also for what is as broad as the safety gate withholds" },
	{ OPT_ALL, "all", NULL, "list: those that have expired, too" },
	{ 0, NULL, NULL, NULL },
};

static int own(void *ctx, int id, const char *arg)
{
	struct override_wish *w = ctx;

	if (id == OPT_REASON)
		w->reason = arg;
	else if (id == OPT_AUTHOR)
		w->author = arg;
	else if (id == OPT_EXPIRES)
		w->expires = arg;
	else if (id == OPT_ALL)
		w->all = true;
	else
		w->force = true;
	return -1;
}

/* ---- who, why, until when ---- */

static enum err text_option(struct override_work *k, const char *name, struct str s, size_t most,
			    struct str *out)
{
	s = str_trim(s);
	if (s.n == 0)
		return err_set(&k->ei, ERR_USAGE, "%s is missing", name);
	if (s.n > most)
		return err_set(&k->ei, ERR_USAGE, "%s: at most %zu bytes", name, most);
	*out = s;
	return ERR_OK;
}

/* ---- deciding ---- */

struct finding_out {
	struct override_work *k;
	struct override_item *item;
};

static enum err on_before(void *ctx, const struct store_override *o)
{
	struct finding_out *f = ctx;

	f->item->there = true;
	return override_keep(f->k, o, &f->item->was);
}

static enum err look_before(struct override_work *k)
{
	enum err e = ERR_OK;

	for (size_t i = 0; !e && i < k->items.n; i++) {
		struct finding_out f = { k, &k->items.v[i] };

		e = store_override_of(k->store, &f.item->o.value, on_before, &f, &k->ei);
	}
	return e;
}

/* What the safety gate does not let through in any case. */
static enum err forbidden(struct override_work *k, enum decision verdict)
{
	struct special special = { 0 };
	struct buf detail;
	enum err e = special_load(&special);

	buf_init(&detail, 1 << 16);
	for (size_t i = 0; !e && i < k->items.n; i++) {
		const struct override_item *item = &k->items.v[i];
		const char *why;

		buf_clear(&detail);
		why = gate_forbids(&special, &item->o.value, &detail);
		if (!why)
			continue;
		if (strcmp(why, "too-broad") == 0 && !k->w->force)
			e = err_set(&k->ei, ERR_USAGE, "%.*s is too broad: %.*s (--force)",
				    STR_ARG(str_head(item->value, 80)),
				    STR_ARG(str_head(buf_str(&detail), 100)));
		else if (verdict != DECIDED_ALLOW)
			warn(&k->w->c, "%.*s stays withheld, whatever is decided: %s, %.*s",
			     STR_ARG(str_head(item->value, 80)), why, STR_ARG(buf_str(&detail)));
	}
	buf_free(&detail);
	special_free(&special);
	return e;
}

/*
 * A source that listed what an analyst allows was wrong. Of a large data directory that is found
 * out with the next import or update: nobody waits for it here. What was decided holds, whatever
 * comes of this.
 */
static void settle_worth(const struct override_work *k)
{
	enum { AT_ONCE = 1 << 20 /* statements */ };
	struct errinfo ei = { 0 };
	uint64_t n = 0;
	enum err e = store_said_count(k->store, &n, &ei);

	if (!e && n <= AT_ONCE)
		e = worth_update(k->store, unknowable(), &ei);
	if (e)
		warn(&k->w->c, "what sources are worth is as it was before: %s",
		     ei.msg[0] ? ei.msg : err_text(e));
}

static enum err put_all(struct override_work *k)
{
	struct store_override *v = calloc(k->items.n, sizeof *v);
	enum err e = v ? ERR_OK : ERR_NOMEM;

	for (size_t i = 0; v && i < k->items.n; i++)
		v[i] = k->items.v[i].o;
	if (!e)
		e = store_override_put(k->store, v, k->items.n, &k->ei);
	k->kept = !e;
	if (!e)
		settle_worth(k);
	free(v);
	return e;
}

/* Nobody goes over a benign list without being told. */
static enum err tell_vouched(struct override_work *k)
{
	struct str text[VOUCHED_MAX];
	size_t n = k->items.n < VOUCHED_MAX ? k->items.n : VOUCHED_MAX;

	for (size_t i = 0; i < n; i++)
		text[i] = k->items.v[i].value;
	return override_warn_vouched(&k->w->c, k->store, text, n, k->now, &k->ei);
}

static int decide(const struct override_wish *w, enum decision verdict)
{
	struct store_override common = { .verdict = verdict };
	struct override_work k;
	enum err e;

	override_begin(&k, w);
	common.made = k.now;
	e = text_option(&k, "--reason", w->reason ? str_of(w->reason) : STR_NONE,
			OVERRIDE_REASON_MAX, &common.reason);
	if (!e)
		e = text_option(&k, "--author", override_author(w->author), OVERRIDE_AUTHOR_MAX,
				&common.author);
	if (!e)
		e = override_expiry(w->expires, k.now, &common.expires, &k.ei);
	if (!e)
		e = override_values(&k);
	if (!e)
		e = forbidden(&k, verdict);
	for (size_t i = 0; !e && i < k.items.n; i++) {
		common.value = k.items.v[i].o.value;
		k.items.v[i].o = common;
	}
	/* What is decided is told, and what was stopped is not decided. */
	stop_on_signals();
	if (!e)
		e = store_open(w->c.data, STORE_WRITE, "override", &k.store, &k.ei);
	if (!e)
		e = look_before(&k);
	if (!e && verdict != DECIDED_ALLOW)
		e = tell_vouched(&k);
	if (!e)
		e = put_all(&k);
	if (!e && w->c.json)
		override_json(&k, "overrides");
	for (size_t i = 0; !e && !w->c.json && !w->c.quiet && i < k.items.n; i++)
		override_line(&k, &k.items.v[i], false);
	return override_end(&k, e, EXIT_FOUND);
}

static int allow(const struct override_wish *w)
{
	return decide(w, DECIDED_ALLOW);
}

static int block(const struct override_wish *w)
{
	return decide(w, DECIDED_BLOCK);
}

static int inform(const struct override_wish *w)
{
	return decide(w, DECIDED_INFORM);
}

/* ---- removing ---- */

static enum err remove_there(struct override_work *k)
{
	struct indicator *v = calloc(k->items.n + 1, sizeof *v);
	size_t n = 0;
	enum err e = v ? ERR_OK : ERR_NOMEM;

	for (size_t i = 0; v && i < k->items.n; i++) {
		k->items.v[n] = k->items.v[i];
		if (k->items.v[n].there) {
			k->items.v[n].o = k->items.v[n].was;
			v[n] = k->items.v[n].o.value;
			n++;
			continue;
		}
		warn(&k->w->c, "%.*s: nothing was decided about it",
		     STR_ARG(str_head(k->items.v[i].value, 200)));
	}
	k->items.n = n;
	if (!e && n)
		e = store_override_remove(k->store, v, n, &k->ei);
	k->kept = !e && n;
	if (k->kept)
		settle_worth(k);
	free(v);
	return e;
}

static int by_value(const void *a, const void *b)
{
	const struct override_item *x = a, *y = b;

	return str_cmp(x->value, y->value);
}

/* Said twice, it is still one. */
static void drop_twins(struct override_work *k)
{
	size_t n = 0;

	if (k->items.n)
		qsort(k->items.v, k->items.n, sizeof *k->items.v, by_value);
	for (size_t i = 0; i < k->items.n; i++)
		if (n == 0 || !str_eq(k->items.v[i].value, k->items.v[n - 1].value))
			k->items.v[n++] = k->items.v[i];
	k->items.n = n;
}

static int take_back(const struct override_wish *w)
{
	struct override_work k;
	int status;
	enum err e;

	override_begin(&k, w);
	e = override_values(&k);
	if (!e)
		drop_twins(&k);
	if (!e && !store_there(w->c.data))
		e = err_set(&k.ei, ERR_NOENT, "there is nothing in the data directory yet");
	stop_on_signals();
	if (!e)
		e = store_open(w->c.data, STORE_WRITE, "override", &k.store, &k.ei);
	if (!e)
		e = look_before(&k);
	if (!e)
		e = remove_there(&k);
	if (!e && w->c.json)
		override_json(&k, "removed");
	for (size_t i = 0; !e && !w->c.json && !w->c.quiet && i < k.items.n; i++) {
		k.items.v[i].there = false;
		override_line(&k, &k.items.v[i], true);
	}
	status = k.items.n ? EXIT_FOUND : EXIT_NOTHING;
	return override_end(&k, e, status);
}

/* ---- listing ---- */

static enum err on_listed(void *ctx, const struct store_override *o)
{
	struct override_work *k = ctx;
	struct override_item *item;
	enum err e;

	if (!k->w->all && override_expired(k, o))
		return ERR_OK;
	item = VEC_PUSH(&k->items);
	if (!item)
		return ERR_NOMEM;
	*item = (struct override_item){ .there = false };
	e = override_keep(k, o, &item->o);
	return e ? e : override_value_text(k, &item->o.value, &item->value);
}

static int list(const struct override_wish *w)
{
	struct override_work k;
	int status;
	enum err e = ERR_OK;

	override_begin(&k, w);
	if (w->n)
		e = err_set(&k.ei, ERR_USAGE,
			    "nezumi override list [--all]; of one value: nezumi check");
	if (!e && store_there(w->c.data)) {
		e = store_open(w->c.data, STORE_READ, "override", &k.store, &k.ei);
		if (!e)
			e = store_overrides(k.store, on_listed, &k, &k.ei);
	}
	if (!e && w->c.json)
		override_json(&k, "overrides");
	else if (!e)
		override_list(&k);
	status = k.items.n ? EXIT_FOUND : EXIT_NOTHING;
	return override_end(&k, e, status);
}

/* ---- all of it ---- */

static int run(const struct command *self, int argc, char **argv)
{
	static const struct {
		const char *verb;
		int (*run)(const struct override_wish *w);
	} verbs[] = {
		{ "allow", allow }, { "block", block },      { "inform", inform },
		{ "list", list },   { "remove", take_back },
	};
	struct override_wish w = { 0 };
	char **args;
	int n, status = parse_options(self, argc, argv, &w.c, own, &w, &args, &n);

	if (status < 0 && n == 0)
		status = complain("nezumi override allow, block, inform, list or remove");
	if (status < 0 && !w.c.data)
		status = complain("there is no data directory: --data DIR");
	if (status >= 0)
		return status;
	w.args = args + 1;
	w.n = n - 1;
	for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++)
		if (strcmp(args[0], verbs[i].verb) == 0)
			return verbs[i].run(&w);
	return complain("override has no %s", args[0]);
}

static const char notes[] =
	"What an analyst decides goes before what sources and lists say, from the next\n"
	"question on: in check, in analyze, and in every list that goes out. A decision\n"
	"about a network or a domain holds for all in it; the narrowest counts. Only\n"
	"special-purpose ranges and what is too broad stay withheld whatever is decided.\n"
	"Where analyze is given files (-i), the data directory does not count, and so no\n"
	"decision does: import them.\n\n"
	"  allow VALUE...           never act on it; it is withheld\n"
	"  inform VALUE...          tell who met it, block nothing\n"
	"  block VALUE...           block it, although benign or provider lists hold it\n"
	"  list [--all]             what is decided\n"
	"  remove VALUE...          no longer\n\n"
	"Values may be defanged; - reads them from standard input, one a line. Several\n"
	"values are decided at once or not at all. Exit status: 0 done, 1 nothing to\n"
	"list or to remove, 2 error.\n\n"
	"Examples\n"
	"  nezumi override allow mail.example.org --reason 'our own relay, ticket 4711'\n"
	"  nezumi override block 115.88.75[.]245 --reason 'memory image' \\\n"
	"    --expires 30d\n"
	"  nezumi override remove mail.example.org\n";

const struct command cmd_override = { "override",
				      "allow|block|inform|list|remove [VALUE...]",
				      "what analysts decide about values, with reason and expiry",
				      options,
				      run,
				      notes };
