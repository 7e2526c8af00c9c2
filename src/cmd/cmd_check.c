/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/check_say.h"
#include "cmd/cmd.h"

#include "base/file.h"

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
			check_json(&k->out, &looked, k->c->defang, k->w->explain);
		} else {
			if (!k->first)
				buf_ch(&k->out, '\n');
			check_text(&k->p, &looked, k->w->explain);
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
		if (str_trim(text).n)
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
	"Values may be defanged; - reads them from standard input, one a line. How the\n"
	"score comes about: docs/confidence.md. A verdict of malicious takes a score of\n"
	"50; what is withheld, or lies in ranges of providers, is never more than\n"
	"suspicious. With --json one object a line. Exit status: 0 something is known, 1\n"
	"nothing, 2 error.\n\n"
	"Examples\n"
	"  nezumi check 115.88.75[.]245\n"
	"  nezumi check --explain evil.example hxxp://evil[.]example/gate.php\n"
	"  cut -f1 values.tsv | nezumi check --json -\n";

const struct command cmd_check = {
	"check", "VALUE…", "all that is known about an address, domain, URL or hash",
	options, run,      notes
};
