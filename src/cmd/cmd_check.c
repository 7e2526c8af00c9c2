/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/cmd.h"

#include "app/lookup.h"
#include "base/escape.h"
#include "base/file.h"
#include "base/json.h"
#include "base/stop.h"
#include "report/screen.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum { OPT_EXPLAIN = OPT_OWN, OPT_OWNERS, OPT_NO_BUILTIN };

static const struct option_row options[] = {
	{ OPT_EXPLAIN, "explain", NULL, "every number that makes the score" },
	{ OPT_OWNERS, "owners", "FILE",
	  "compiled owners or MMDB files (may be repeated); none: no AS data" },
	{ OPT_NO_BUILTIN, "no-builtin", NULL,
	  "without the lists of benign services that the program carries" },
	{ 0, NULL, NULL, NULL },
};

enum { OWNERS_MAX = 8, VALUES_TEXT = 64 << 20 };

struct wish {
	bool explain, no_builtin;
	const char *owners[OWNERS_MAX];
	size_t n_owners;
};

static int own(void *ctx, int id, const char *arg)
{
	struct wish *w = ctx;

	if (id == OPT_EXPLAIN)
		w->explain = true;
	else if (id == OPT_NO_BUILTIN)
		w->no_builtin = true;
	else if (w->n_owners == OWNERS_MAX)
		return complain("too many files of owners");
	else
		w->owners[w->n_owners++] = arg;
	return -1;
}

/* ---- JSON ---- */

static void json_value(struct buf *b, struct str value, bool safe)
{
	struct buf d;

	if (!safe) {
		json_put(b, value);
		return;
	}
	buf_init(&d, 1 << 16);
	defang(&d, value);
	json_put(b, buf_str(&d));
	buf_free(&d);
}

static void put_text(struct buf *b, const char *key, struct str s)
{
	buf_fmt(b, ",\"%s\":", key);
	json_put(b, s);
}

static void put_time(struct buf *b, const char *key, int64_t t)
{
	buf_fmt(b, ",\"%s\":", key);
	if (t == TIME_NONE) {
		buf_c(b, "null");
		return;
	}
	buf_ch(b, '"');
	time_format(b, t);
	buf_ch(b, '"');
}

static void json_said(struct buf *b, const struct looked_said *s, bool safe, bool explain)
{
	const struct indicator *i = &s->said.ind;
	const struct trust_part *p = &s->part;

	buf_c(b, "{\"value\":");
	json_value(b, s->value, safe);
	put_text(b, "source", i->source);
	put_text(b, "role", str_of(role_text(i->role)));
	put_text(b, "family", i->family);
	put_time(b, "first_seen", i->from);
	put_time(b, "last_seen", s->said.listed_last);
	put_time(b, "valid_until", i->until);
	if (i->confidence <= 100)
		buf_fmt(b, ",\"confidence\":%u", i->confidence);
	else
		buf_c(b, ",\"confidence\":null");
	put_text(b, "reference", i->reference);
	buf_c(b, ",\"port\":");
	if (i->port)
		buf_u64(b, i->port);
	else
		buf_c(b, "null");
	buf_c(b, ",\"reliability\":");
	if (s->said.reliability)
		json_put(b, (struct str){ &s->said.reliability, 1 });
	else
		buf_c(b, "null");
	buf_fmt(b, ",\"listed\":%s,\"revoked\":%s", s->said.listed ? "true" : "false",
		i->revoked ? "true" : "false");
	put_time(b, "listed_first", s->said.listed_first);
	put_time(b, "listed_last", s->said.listed_last);
	if (explain && s->weighed)
		buf_fmt(b,
			",\"explain\":{\"reliability\":%.3f,\"confidence\":%.3f,\"record\":%.3f,"
			"\"freshness\":%.3f,\"age_days\":%.1f,\"lifetime_days\":%u,\"delta\":%.2f,"
			"\"weight\":%.4f,\"counts\":%s}",
			p->source, p->said, p->record, p->fresh, p->age, p->curve.days,
			p->curve.delta, p->weight, p->counts ? "true" : "false");
	buf_ch(b, '}');
}

static void json_entries(struct buf *b, const struct looked *k)
{
	buf_c(b, ",\"lists\":[");
	for (size_t i = 0; i < k->entries.n; i++) {
		const struct looked_entry *e = &k->entries.v[i];

		buf_c(b, i ? ",{\"list\":" : "{\"list\":");
		json_put(b, e->list);
		put_text(b, "class", str_of(xclass_text(e->class)));
		put_text(b, "entry", e->entry);
		put_text(b, "reason", e->reason);
		buf_fmt(b, ",\"within\":%s}", e->lies_in ? "true" : "false");
	}
	buf_c(b, "],\"overrides\":[");
	for (size_t i = 0; i < k->decisions.n; i++) {
		const struct looked_decision *d = &k->decisions.v[i];

		buf_c(b, i ? ",{\"value\":" : "{\"value\":");
		json_put(b, d->value);
		put_text(b, "verdict", str_of(decision_text(d->verdict)));
		put_text(b, "author", d->author);
		put_text(b, "reason", d->reason);
		put_time(b, "made", d->made);
		put_time(b, "expires", d->expires);
		buf_fmt(b, ",\"expired\":%s}", d->expired ? "true" : "false");
	}
	buf_ch(b, ']');
}

static void json_owner(struct buf *b, const struct looked *k)
{
	const struct owner *o = &k->owner;

	if (o->asn)
		buf_fmt(b, ",\"asn\":%u", o->asn);
	else
		buf_c(b, ",\"asn\":null");
	put_text(b, "as_name", o->as_name);
	put_text(b, "country", o->country);
	buf_c(b, ",\"organisation\":");
	if (!k->has_org) {
		buf_c(b, "null");
		return;
	}
	buf_c(b, "{\"id\":");
	json_put(b, k->org.id);
	put_text(b, "name", k->org.name);
	put_text(b, "sector", k->org.sector);
	put_text(b, "country", k->org.country);
	put_text(b, "kind", str_of(org_kind_text(k->org.kind)));
	buf_ch(b, '}');
}

static void say_json(struct buf *b, const struct looked *k, const struct wish *w, const struct common *c)
{
	buf_c(b, "{\"value\":");
	json_value(b, k->value, c->defang);
	put_text(b, "type", str_of(itype_text(k->ind.type)));
	put_text(b, "verdict", str_of(opinion_text(k->opinion)));
	buf_fmt(b, ",\"score\":%u,\"indicators\":[", k->score);
	for (size_t i = 0; i < k->said.n; i++) {
		if (i)
			buf_ch(b, ',');
		json_said(b, &k->said.v[i], c->defang, w->explain);
	}
	buf_c(b, "],\"withheld\":");
	if (k->withheld) {
		buf_fmt(b, "{\"reason\":\"%s\"", k->withheld);
		put_text(b, "detail", k->detail);
		buf_ch(b, '}');
	} else {
		buf_c(b, "null");
	}
	json_entries(b, k);
	json_owner(b, k);
	/* What telemetry taught is not kept yet. */
	buf_c(b, ",\"passive_dns\":[],\"relations\":[],\"sightings\":[]}\n");
}

/* ---- the terminal ---- */

static void line(struct screen *p, const char *en, const char *ja, struct str text, bool value)
{
	buf_c(p->b, "  ");
	buf_clear(&p->cell);
	cell_text(p, str_of(SAY(p, en, ja)));
	screen_cell(p, LEFT, 14, false);
	buf_c(p->b, "  ");
	buf_clear(&p->cell);
	if (value)
		cell_value(p, text);
	else
		cell_text(p, text);
	screen_cell(p, LEFT, p->width - 18, true);
	buf_ch(p->b, '\n');
}

static void say_head(struct screen *p, const struct looked *k)
{
	static const char *const words[][2] = { [OPINION_UNKNOWN] = { "unknown", "不明" },
						[OPINION_BENIGN] = { "benign", "無害" },
						[OPINION_SUSPICIOUS] = { "suspicious", "疑わしい" },
						[OPINION_MALICIOUS] = { "malicious", "悪性" } };
	static const char *const style[] = { "2", "32", "33", "1;31" };

	buf_clear(&p->cell);
	cell_value(p, k->value);
	screen_cell(p, LEFT, p->width - 24, false);
	screen_style(p, style[k->opinion]);
	buf_fmt(p->b, "  %s", words[k->opinion][p->japanese]);
	screen_plain(p);
	if (k->score)
		buf_fmt(p->b, "  %u", k->score);
	buf_ch(p->b, '\n');
}

static const struct column said_columns[] = {
	{ { "source", "情報源" }, LEFT, 8, 0 }, { { "role", "役割" }, LEFT, 5, 13 },
	{ { "family", "系統" }, LEFT, 6, 14 },  { { "port", "ポート" }, RIGHT, 4, 6 },
	{ { "first", "初認" }, LEFT, 5, 10 },   { { "listed", "掲載" }, LEFT, 6, 10 },
	{ { "weight", "重み" }, RIGHT, 6, 6 },
};

static void day(struct screen *p, int64_t t)
{
	if (t != TIME_NONE)
		time_format_date(&p->cell, t);
}

static void said_cell(void *ctx, struct screen *p, size_t row, size_t column)
{
	const struct looked *k = ctx;
	const struct looked_said *s = &k->said.v[row];

	switch (column) {
	case 0:
		cell_text(p, s->said.ind.source);
		if (!s->exact) {
			buf_c(&p->cell, " (");
			cell_value(p, s->value);
			buf_ch(&p->cell, ')');
		}
		break;
	case 1:
		cell_text(p, str_of(role_text(s->said.ind.role)));
		break;
	case 2:
		cell_text(p, s->said.ind.family);
		break;
	case 3:
		if (s->said.ind.port)
			buf_u64(&p->cell, s->said.ind.port);
		break;
	case 4:
		day(p, s->said.ind.from);
		break;
	case 5:
		if (s->said.listed)
			cell_text(p, str_of(SAY(p, "now", "現在")));
		else
			day(p, s->said.listed_last);
		break;
	default:
		if (s->weighed)
			buf_fmt(&p->cell, "%.0f%s", 100 * s->part.weight, s->part.counts ? "" : "*");
		break;
	}
}

static void say_explained(struct screen *p, const struct looked *k)
{
	screen_heading(p, "Why this score", "点数の内訳");
	buf_ch(p->b, '\n');
	for (size_t i = 0; i < k->said.n; i++) {
		const struct looked_said *s = &k->said.v[i];
		const struct trust_part *t = &s->part;

		if (!s->weighed)
			continue;
		buf_c(p->b, "  ");
		buf_clear(&p->cell);
		cell_text(p, s->said.ind.source);
		screen_cell(p, LEFT, p->width - 2, true);
		buf_fmt(p->b,
			SAY(p,
			    "\n    reliability %c %.2f × own word %.2f × record %.2f × freshness %.2f = "
			    "%.2f",
			    "\n    信頼性 %c %.2f × 自己申告 %.2f × 実績 %.2f × 鮮度 %.2f = %.2f"),
			s->said.reliability ? s->said.reliability : '?', t->source, t->said,
			t->record, t->fresh, t->weight);
		if (!t->counts)
			buf_c(p->b, SAY(p, "; repeats another source", "（他の情報源の写し）"));
		buf_ch(p->b, '\n');
		if (t->age >= 0)
			buf_fmt(p->b,
				SAY(p, "    seen %.0f days ago; fades over %u days: 1 - (t/%u)^(1/%.2g)\n",
				    "    確認 %.0f 日前、%u 日で減衰: 1 - (t/%u)^(1/%.2g)\n"),
				t->age, t->curve.days, t->curve.days, t->curve.delta);
	}
	buf_fmt(p->b,
		SAY(p, "  score: 100 × (1 - Π(1 - weight)) = %u\n",
		    "  点数: 100 × (1 - Π(1 - 重み)) = %u\n"),
		k->score);
}

static void say_lists(struct screen *p, const struct looked *k)
{
	enum { SHOWN = 8 };

	for (size_t i = 0; i < k->entries.n && i < SHOWN; i++) {
		const struct looked_entry *e = &k->entries.v[i];
		struct buf b;

		buf_init(&b, 1 << 16);
		buf_puts(&b, e->list);
		buf_c(&b, ": ");
		buf_puts(&b, e->entry);
		if (e->lies_in)
			buf_c(&b, SAY(p, " (lies in it)", "（その内側）"));
		line(p, xclass_text(e->class), xclass_text(e->class), buf_str(&b), false);
		buf_free(&b);
	}
	if (k->entries.n > SHOWN) {
		buf_c(p->b, "  ");
		screen_more(p, k->entries.n, SHOWN);
		buf_ch(p->b, '\n');
	}
	for (size_t i = 0; i < k->decisions.n; i++) {
		const struct looked_decision *d = &k->decisions.v[i];
		struct buf b;

		buf_init(&b, 1 << 16);
		buf_fmt(&b, "%s: ", decision_text(d->verdict));
		buf_puts(&b, d->reason);
		buf_c(&b, " (");
		buf_puts(&b, d->author);
		if (d->expires != TIME_NONE) {
			buf_c(&b, d->expired ? SAY(p, ", expired ", "、失効 ")
					     : SAY(p, ", until ", "、期限 "));
			time_format_date(&b, d->expires);
		}
		buf_ch(&b, ')');
		line(p, "decided", "判断", buf_str(&b), false);
		buf_free(&b);
	}
}

static void say_owner(struct screen *p, const struct looked *k)
{
	struct buf b;

	buf_init(&b, 1 << 16);
	if (k->owner.asn) {
		buf_fmt(&b, "AS%u ", k->owner.asn);
		buf_puts(&b, k->owner.as_name);
		buf_c(&b, "  ");
		buf_puts(&b, k->owner.country);
		line(p, "network", "ネットワーク", buf_str(&b), false);
	}
	buf_clear(&b);
	if (k->has_org) {
		buf_puts(&b, k->org.name);
		buf_c(&b, "  ");
		buf_puts(&b, k->org.sector);
		line(p, "organisation", "組織", buf_str(&b), false);
	}
	buf_free(&b);
}

static void say_text(struct screen *p, const struct looked *k, const struct wish *w)
{
	struct table t = { .columns = said_columns,
			   .n_columns = sizeof said_columns / sizeof said_columns[0],
			   .n_rows = k->said.n,
			   .ctx = (void *)(uintptr_t)k,
			   .fill = said_cell };

	say_head(p, k);
	if (k->withheld) {
		struct buf b;

		buf_init(&b, 1 << 16);
		buf_fmt(&b, "%s, %.*s", k->withheld, STR_ARG(k->detail));
		line(p, "withheld", "保留", buf_str(&b), false);
		buf_free(&b);
	}
	say_owner(p, k);
	say_lists(p, k);
	if (k->said.n)
		screen_table(p, &t);
	else
		buf_c(p->b, SAY(p, "  no source says anything of it\n",
				"  これに言及する情報源はありません\n"));
	if (w->explain && k->said.n)
		say_explained(p, k);
}

/* ---- all of it ---- */

static enum err load_owners(struct ownership *o, const struct wish *w, const struct common *c,
			    struct errinfo *ei)
{
	enum err e = ownership_init(o);

	o->hasty = true;
	if (!e && w->n_owners == 0)
		return ownership_load_default(o, c->data, ei);
	for (size_t i = 0; !e && i < w->n_owners; i++)
		if (strcmp(w->owners[i], "none") != 0)
			e = ownership_load(o, w->owners[i], ei);
	return e;
}

struct checking {
	struct lookup l;
	const struct wish *w;
	const struct common *c;
	struct buf out;
	struct screen p;
	bool found, bad, first;
};

/* Errors that concern one value are told, and the next one is looked at. */
static enum err check_one(struct checking *k, struct str text, struct errinfo *ei)
{
	struct looked looked;
	enum err e = lookup_value(&k->l, text, &looked, ei);

	if (e == ERR_PARSE && looked.value.n == 0) {
		(void)complain("%.*s: %s", STR_ARG(str_head(text, 200)), ei->msg);
		k->bad = true;
		e = ERR_OK;
	} else if (!e) {
		if (k->c->json) {
			say_json(&k->out, &looked, k->w, k->c);
		} else {
			if (!k->first)
				buf_ch(&k->out, '\n');
			say_text(&k->p, &looked, k->w);
		}
		k->first = false;
		k->found |= looked.found;
		e = buf_err(&k->out);
	}
	looked_free(&looked);
	return e;
}

/* Values from standard input, one a line. */
static enum err check_stdin(struct checking *k, struct errinfo *ei)
{
	struct str rest, text;
	struct buf in;
	enum err e;

	buf_init(&in, VALUES_TEXT + (1 << 17));
	e = file_slurp("-", VALUES_TEXT, &in, ei);
	rest = buf_str(&in);
	while (!e && str_line(&rest, &text))
		if (str_trim(text).n && !stop_asked())
			e = check_one(k, str_trim(text), ei);
	buf_free(&in);
	return e;
}

static int check(const struct wish *w, const struct common *c, char **args, int n)
{
	struct checking k = { .w = w, .c = c, .first = true };
	struct ownership owners = { 0 };
	struct errinfo ei = { 0 };
	int status;
	enum err e = lookup_init(&k.l);

	buf_init(&k.out, (size_t)1 << 30);
	screen_init(&k.p, &k.out);
	k.p.colour = c->colour;
	k.p.japanese = c->japanese;
	k.p.width = columns_of_terminal();
	k.l.ownership = &owners;
	k.l.now = (int64_t)time(NULL) * TIME_S;
	k.l.seed = unknowable();
	k.l.builtin = !w->no_builtin;
	if (!e)
		e = load_owners(&owners, w, c, &ei);
	if (!e && c->data && store_there(c->data))
		e = store_open(c->data, STORE_READ, "check", &k.l.store, &ei);
	if (!e && k.l.store)
		e = store_hold(k.l.store, &ei);
	if (!e && !k.l.store)
		warn(c, "there is nothing in the data directory yet: nezumi import");
	for (int i = 0; !e && i < n; i++)
		e = strcmp(args[i], "-") == 0 ? check_stdin(&k, &ei)
					      : check_one(&k, str_of(args[i]), &ei);
	if (!e)
		e = file_write(c->json && c->json_file ? c->json_file : "-", buf_str(&k.out), &ei);
	status = e         ? complain("%s", ei.msg[0] ? ei.msg : err_text(e))
			 : k.bad ? EXIT_ERROR
		 : k.found ? EXIT_FOUND
			   : EXIT_NOTHING;
	screen_free(&k.p);
	buf_free(&k.out);
	store_close(k.l.store);
	ownership_free(&owners);
	lookup_free(&k.l);
	return status;
}

static int run(const struct command *self, int argc, char **argv)
{
	struct wish w = { 0 };
	struct common c;
	char **args;
	int n, status = parse_options(self, argc, argv, &c, own, &w, &args, &n);

	if (status < 0 && n == 0)
		status = complain("what is to be checked? addresses, networks, domains, URLs, hashes");
	return status < 0 ? check(&w, &c, args, n) : status;
}

static const char notes[] =
	"Values may be defanged; - reads them from standard input, one a line. How the score comes\n"
	"about: docs/confidence.md. A verdict of malicious takes a score of 50; what is withheld, or\n"
	"lies in ranges of providers, is never more than suspicious. With --json one object a line.\n"
	"Exit status: 0 something is known, 1 nothing, 2 error.\n\n"
	"Examples\n"
	"  nezumi check 115.88.75[.]245\n"
	"  nezumi check --explain evil.example hxxp://evil[.]example/gate.php\n"
	"  cut -f1 values.tsv | nezumi check --json -\n";

const struct command cmd_check = {
	"check", "VALUE…", "all that is known about an address, domain, URL or hash",
	options, run,      notes
};
