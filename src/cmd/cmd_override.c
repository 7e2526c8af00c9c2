/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/cmd.h"
#include "cmd/members.h"
#include "cmd/override_parts.h"

#include "app/gate.h"
#include "app/worth.h"
#include "base/escape.h"
#include "base/file.h"
#include "base/json.h"
#include "base/stop.h"
#include "report/screen.h"
#include "store/store.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { OPT_REASON = OPT_OWN, OPT_AUTHOR, OPT_EXPIRES, OPT_ALL, OPT_FORCE };

static const struct option_row options[] = {
	{ OPT_REASON, "reason", "TEXT", "why, for who looks at it later (must be given)" },
	{ OPT_AUTHOR, "author", "NAME", "who decides; else $NEZUMI_AUTHOR, else the login name" },
	{ OPT_EXPIRES, "expires", "WHEN", "a span (90d, the default), a day, a time, or never" },
	{ OPT_FORCE, "force", NULL, "also for what is as broad as the safety gate withholds" },
	{ OPT_ALL, "all", NULL, "list: those that have expired, too" },
	{ 0, NULL, NULL, NULL },
};

enum { VALUES_TEXT = 64 << 20 };

struct wish {
	const char *reason, *author, *expires;
	bool all, force;
	struct common c;
	char **args; /* behind the verb */
	int n;
};

static int own(void *ctx, int id, const char *arg)
{
	struct wish *w = ctx;

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

/* An override, beside what there was. */
struct item {
	struct store_override o;
	struct str value; /* canonical text */
	bool there;       /* something was decided before: */
	struct store_override was;
};

struct work {
	const struct wish *w;
	int64_t now;
	struct store *store;
	VEC(struct item) items;
	struct arena arena; /* owns all strings */
	struct buf text;    /* of a value */
	struct buf out;
	struct screen p;
	struct errinfo ei;
	bool kept; /* what was decided is on the disk */
};

static void work_init(struct work *k, const struct wish *w)
{
	*k = (struct work){ .w = w, .now = (int64_t)time(NULL) * TIME_S };
	arena_init(&k->arena, (size_t)1 << 30);
	buf_init(&k->text, (size_t)1 << 20);
	buf_init(&k->out, (size_t)1 << 30);
	screen_init(&k->p, &k->out);
	k->p.colour = w->c.colour;
	k->p.japanese = w->c.japanese;
	k->p.width = columns_of_terminal();
}

/* Write what there is to say; status unless something went wrong. */
static int work_end(struct work *k, enum err e, int status)
{
	const struct common *c = &k->w->c;

	store_close(k->store);
	if (!e)
		e = buf_err(&k->out);
	if (!e && k->out.n)
		e = file_write(c->json && c->json_file ? c->json_file : "-", buf_str(&k->out), &k->ei);
	if (e)
		status = complain("%s%s", k->kept ? "all is decided, but this could not be told: " : "",
				  k->ei.msg[0] ? k->ei.msg : err_text(e));
	screen_free(&k->p);
	buf_free(&k->out);
	buf_free(&k->text);
	free(k->items.v);
	arena_free(&k->arena);
	return status;
}

/* ---- values ---- */

static enum err value_text(struct work *k, const struct indicator *i, struct str *out)
{
	buf_clear(&k->text);
	if (i->type == IT_IP || i->type == IT_CIDR)
		cidr_format(&k->text, i->net);
	else
		buf_puts(&k->text, i->value);
	*out = arena_str(&k->arena, buf_str(&k->text));
	return out->p ? buf_err(&k->text) : ERR_NOMEM;
}

static enum err add_value(struct work *k, struct str text)
{
	struct item *item = VEC_PUSH(&k->items);
	struct indicator *i;
	struct errinfo ei = { 0 };
	enum err e;

	if (!item)
		return ERR_NOMEM;
	*item = (struct item){ .o.value = indicator_init() };
	i = &item->o.value;
	buf_clear(&k->text);
	e = indicator_recognise(text, &k->text, i, &ei);
	if (e)
		return err_set(&k->ei, e, "%.*s: %s", STR_ARG(str_head(text, 100)), ei.msg);
	i->value = arena_str(&k->arena, i->value);
	if (!i->value.p)
		return ERR_NOMEM;
	if (i->port && i->type != IT_URL)
		warn(&k->w->c, "%.*s: decided for all of its ports", STR_ARG(str_head(text, 100)));
	return value_text(k, i, &item->value);
}

static enum err add_stdin(struct work *k)
{
	struct str rest, text;
	struct buf in;
	enum err e;

	buf_init(&in, VALUES_TEXT + (1 << 17));
	e = file_slurp("-", VALUES_TEXT, &in, &k->ei);
	rest = buf_str(&in);
	while (!e && str_line(&rest, &text))
		if (str_trim(text).n)
			e = add_value(k, str_trim(text));
	buf_free(&in);
	return e;
}

static enum err add_values(struct work *k)
{
	enum err e = ERR_OK;

	for (int i = 0; !e && i < k->w->n; i++)
		e = strcmp(k->w->args[i], "-") == 0 ? add_stdin(k)
						    : add_value(k, str_of(k->w->args[i]));
	if (!e && k->items.n == 0)
		e = err_set(&k->ei, ERR_USAGE, "what about? addresses, networks, domains, URLs, hashes");
	return e;
}

/* ---- who, why, until when ---- */

static enum err text_option(struct work *k, const char *name, struct str s, size_t most, struct str *out)
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

/* What is there stays valid only until the next question to the store. */
static enum err keep(struct work *k, const struct store_override *o, struct store_override *out)
{
	*out = *o;
	out->value.value = arena_str(&k->arena, o->value.value);
	out->author = arena_str(&k->arena, o->author);
	out->reason = arena_str(&k->arena, o->reason);
	return out->value.value.p && out->author.p && out->reason.p ? ERR_OK : ERR_NOMEM;
}

struct finding_out {
	struct work *k;
	struct item *item;
};

static enum err on_before(void *ctx, const struct store_override *o)
{
	struct finding_out *f = ctx;

	f->item->there = true;
	return keep(f->k, o, &f->item->was);
}

static enum err look_before(struct work *k)
{
	enum err e = ERR_OK;

	for (size_t i = 0; !e && i < k->items.n; i++) {
		struct finding_out f = { k, &k->items.v[i] };

		e = store_override_of(k->store, &f.item->o.value, on_before, &f, &k->ei);
	}
	return e;
}

/* What the safety gate does not let through in any case. */
static enum err forbidden(struct work *k, enum decision verdict)
{
	struct special special = { 0 };
	struct buf detail;
	enum err e = special_load(&special);

	buf_init(&detail, 1 << 16);
	for (size_t i = 0; !e && i < k->items.n; i++) {
		const struct item *item = &k->items.v[i];
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

static void put_until(struct screen *p, int64_t expires)
{
	if (expires == TIME_NONE)
		buf_c(&p->cell, SAY(p, "for good", "無期限"));
	else
		time_format_date(&p->cell, expires);
}

static const char *decision_word(const struct screen *p, enum decision v)
{
	static const char *const words[][2] = {
		[DECIDED_BLOCK] = { "block", "遮断" }, [DECIDED_INFORM] = { "inform", "通知のみ" }, [DECIDED_ALLOW] = { "allow", "許可" }
	};

	return words[v][p->japanese];
}

static bool expired(const struct work *k, const struct store_override *o)
{
	return o->expires != TIME_NONE && o->expires <= k->now;
}

static void item_json(struct work *k, const struct item *item)
{
	const struct store_override *o = &item->o;
	struct buf *b = &k->out;

	buf_c(b, "{\"value\":");
	if (k->w->c.defang) {
		buf_clear(&k->text);
		defang(&k->text, item->value);
		json_put(b, buf_str(&k->text));
	} else {
		json_put(b, item->value);
	}
	put_text(b, "type", str_of(indicator_kind(&o->value)));
	put_text(b, "verdict", str_of(decision_text(o->verdict)));
	put_text(b, "author", o->author);
	put_text(b, "reason", o->reason);
	put_time(b, "made", o->made);
	put_time(b, "expires", o->expires);
	buf_fmt(b, ",\"expired\":%s}", expired(k, o) ? "true" : "false");
}

static void items_json(struct work *k, const char *key)
{
	buf_fmt(&k->out, "{\"%s\":[", key);
	for (size_t i = 0; i < k->items.n; i++) {
		buf_c(&k->out, i ? ",\n" : "\n");
		item_json(k, &k->items.v[i]);
	}
	buf_c(&k->out, "]}\n");
}

/* A line of a value and what became of it. */
static void item_line(struct work *k, const struct item *item, bool removed)
{
	struct screen *p = &k->p;

	buf_clear(&p->cell);
	cell_value(p, item->value);
	buf_fmt(&p->cell, ": %s",
		removed ? SAY(p, "removed", "削除しました") : decision_word(p, item->o.verdict));
	if (!removed) {
		if (item->o.expires != TIME_NONE)
			buf_c(&p->cell, SAY(p, " until ", "、期限 "));
		else
			buf_ch(&p->cell, ' ');
		put_until(p, item->o.expires);
	}
	if (item->there) {
		buf_fmt(&p->cell, SAY(p, " (was: %s, by ", "（以前: %s、"),
			decision_word(p, item->was.verdict));
		cell_text(p, item->was.author);
		buf_c(&p->cell, SAY(p, ")", "）"));
	}
	buf_puts(p->b, buf_str(&p->cell));
	buf_ch(p->b, '\n');
}

/*
 * A source that listed what an analyst allows was wrong. Of a large data directory that is found
 * out with the next import or update: nobody waits for it here. What was decided holds, whatever
 * comes of this.
 */
static void settle_worth(const struct work *k)
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

static enum err put_all(struct work *k)
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
static enum err tell_vouched(struct work *k)
{
	struct str text[VOUCHED_MAX];
	size_t n = k->items.n < VOUCHED_MAX ? k->items.n : VOUCHED_MAX;

	for (size_t i = 0; i < n; i++)
		text[i] = k->items.v[i].value;
	return override_warn_vouched(&k->w->c, k->store, text, n, k->now, &k->ei);
}

static int decide(const struct wish *w, enum decision verdict)
{
	struct store_override common = { .verdict = verdict };
	struct work k;
	enum err e;

	work_init(&k, w);
	common.made = k.now;
	e = text_option(&k, "--reason", w->reason ? str_of(w->reason) : STR_NONE,
			OVERRIDE_REASON_MAX, &common.reason);
	if (!e)
		e = text_option(&k, "--author", override_author(w->author), OVERRIDE_AUTHOR_MAX,
				&common.author);
	if (!e)
		e = override_expiry(w->expires, k.now, &common.expires, &k.ei);
	if (!e)
		e = add_values(&k);
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
		items_json(&k, "overrides");
	for (size_t i = 0; !e && !w->c.json && !w->c.quiet && i < k.items.n; i++)
		item_line(&k, &k.items.v[i], false);
	return work_end(&k, e, EXIT_FOUND);
}

static int allow(const struct wish *w)
{
	return decide(w, DECIDED_ALLOW);
}

static int block(const struct wish *w)
{
	return decide(w, DECIDED_BLOCK);
}

static int inform(const struct wish *w)
{
	return decide(w, DECIDED_INFORM);
}

/* ---- removing ---- */

static enum err remove_there(struct work *k)
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
	const struct item *x = a, *y = b;

	return str_cmp(x->value, y->value);
}

/* Said twice, it is still one. */
static void drop_twins(struct work *k)
{
	size_t n = 0;

	if (k->items.n)
		qsort(k->items.v, k->items.n, sizeof *k->items.v, by_value);
	for (size_t i = 0; i < k->items.n; i++)
		if (n == 0 || !str_eq(k->items.v[i].value, k->items.v[n - 1].value))
			k->items.v[n++] = k->items.v[i];
	k->items.n = n;
}

static int take_back(const struct wish *w)
{
	struct work k;
	int status;
	enum err e;

	work_init(&k, w);
	e = add_values(&k);
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
		items_json(&k, "removed");
	for (size_t i = 0; !e && !w->c.json && !w->c.quiet && i < k.items.n; i++) {
		k.items.v[i].there = false;
		item_line(&k, &k.items.v[i], true);
	}
	status = k.items.n ? EXIT_FOUND : EXIT_NOTHING;
	return work_end(&k, e, status);
}

/* ---- listing ---- */

static enum err on_listed(void *ctx, const struct store_override *o)
{
	struct work *k = ctx;
	struct item *item;
	enum err e;

	if (!k->w->all && expired(k, o))
		return ERR_OK;
	item = VEC_PUSH(&k->items);
	if (!item)
		return ERR_NOMEM;
	*item = (struct item){ .there = false };
	e = keep(k, o, &item->o);
	return e ? e : value_text(k, &item->o.value, &item->value);
}

static const struct column list_columns[] = {
	{ { "value", "値" }, LEFT, 12, 40 },   { { "verdict", "判断" }, LEFT, 6, 8 },
	{ { "until", "期限" }, LEFT, 8, 20 },  { { "author", "担当者" }, LEFT, 5, 16 },
	{ { "reason", "理由" }, LEFT, 12, 0 },
};

static void list_cell(void *ctx, struct screen *p, size_t row, size_t column)
{
	const struct work *k = ctx;
	const struct item *item = &k->items.v[row];

	switch (column) {
	case 0:
		cell_value(p, item->value);
		break;
	case 1:
		cell_text(p, str_of(decision_word(p, item->o.verdict)));
		break;
	case 2:
		put_until(p, item->o.expires);
		if (expired(k, &item->o))
			buf_c(&p->cell, SAY(p, " expired", " 失効"));
		break;
	case 3:
		cell_text(p, item->o.author);
		break;
	default:
		cell_text(p, item->o.reason);
		break;
	}
}

static const char *list_style(void *ctx, size_t row)
{
	const struct work *k = ctx;

	return expired(k, &k->items.v[row].o) ? "2" : NULL;
}

static void list_text(struct work *k)
{
	struct screen *p = &k->p;
	struct table t = { .columns = list_columns,
			   .n_columns = sizeof list_columns / sizeof list_columns[0],
			   .n_rows = k->items.n,
			   .ctx = k,
			   .fill = list_cell,
			   .row_style = list_style };

	if (k->items.n)
		screen_table(p, &t);
	else
		buf_c(p->b, SAY(p, "Nothing is decided by hand.\n", "手動の判断はありません。\n"));
}

static int list(const struct wish *w)
{
	struct work k;
	int status;
	enum err e = ERR_OK;

	work_init(&k, w);
	if (w->n)
		e = err_set(&k.ei, ERR_USAGE,
			    "nezumi override list [--all]; of one value: nezumi check");
	if (!e && store_there(w->c.data)) {
		e = store_open(w->c.data, STORE_READ, "override", &k.store, &k.ei);
		if (!e)
			e = store_overrides(k.store, on_listed, &k, &k.ei);
	}
	if (!e && w->c.json)
		items_json(&k, "overrides");
	else if (!e)
		list_text(&k);
	status = k.items.n ? EXIT_FOUND : EXIT_NOTHING;
	return work_end(&k, e, status);
}

/* ---- all of it ---- */

static int run(const struct command *self, int argc, char **argv)
{
	static const struct {
		const char *verb;
		int (*run)(const struct wish *w);
	} verbs[] = {
		{ "allow", allow }, { "block", block },      { "inform", inform },
		{ "list", list },   { "remove", take_back },
	};
	struct wish w = { 0 };
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
