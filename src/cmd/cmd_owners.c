/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/cmd.h"

#include "app/ownership.h"
#include "base/escape.h"

#include <stdio.h>
#include <stdlib.h>

enum { FILES_MAX = 16, OPT_ASN = OPT_OWN, OPT_COUNTRY, OPT_OWNERS };

struct wish {
	const char *asn[FILES_MAX], *country[FILES_MAX], *out, *owners;
	size_t n_asn, n_country;
};

static const struct option_row options[] = {
	{ OPT_ASN, "asn", "FILE", "table first,last,number,name (may be repeated)" },
	{ OPT_COUNTRY, "country", "FILE", "table first,last,country (may be repeated)" },
	{ 'o', "output", "FILE", "the compiled file" },
	{ OPT_OWNERS, "owners", "FILE", "for look-ups: this file instead of the installed one" },
	{ 0, NULL, NULL, NULL },
};

static int own(void *ctx, int id, const char *arg)
{
	struct wish *w = ctx;

	if (id == OPT_ASN && w->n_asn < FILES_MAX)
		w->asn[w->n_asn++] = arg;
	else if (id == OPT_COUNTRY && w->n_country < FILES_MAX)
		w->country[w->n_country++] = arg;
	else if (id == 'o')
		w->out = arg;
	else if (id == OPT_OWNERS)
		w->owners = arg;
	else
		return complain("too many files");
	return -1;
}

static int look_up(const struct wish *w, const struct common *c, char **args, int n)
{
	struct ownership o;
	struct errinfo ei = { 0 };
	struct buf b;
	enum err e;
	int status = EXIT_NOTHING;

	e = ownership_init(&o);
	if (!e)
		e = w->owners ? ownership_load(&o, w->owners, &ei)
			      : ownership_load_default(&o, c->data, &ei);
	if (e) {
		ownership_free(&o);
		return complain("%s", ei.msg[0] ? ei.msg : err_text(e));
	}
	buf_init(&b, 0);
	for (int i = 0; i < n; i++) {
		struct owner owner;
		struct ip ip;

		if (!ip_parse(str_of(args[i]), &ip)) {
			status = complain("%s is not an address", args[i]);
			break;
		}
		ownership_find(&o, ip, &owner);
		if (owner.asn)
			status = EXIT_FOUND;
		ip_format(&b, ip);
		buf_fmt(&b, "  AS%u  ", owner.asn);
		esc_term(&b, owner.as_name);
		buf_c(&b, "  ");
		esc_term(&b, owner.country);
		buf_ch(&b, '\n');
	}
	(void)fwrite(b.p ? b.p : "", 1, b.n, stdout);
	buf_free(&b);
	ownership_free(&o);
	return status;
}

static int run(const struct command *self, int argc, char **argv)
{
	struct wish w = { 0 };
	struct errinfo ei = { 0 };
	struct common c;
	char **args;
	int n, status = parse_options(self, argc, argv, &c, own, &w, &args, &n);
	enum err e;

	if (status >= 0)
		return status;
	if (n >= 1 && strcmp(args[0], "compile") != 0)
		return look_up(&w, &c, args, n);
	if (n != 1 || !w.out || !(w.n_asn + w.n_country))
		return complain(
			"give addresses to look up, or: compile --asn FILE --country FILE -o FILE");
	e = ownership_compile(w.asn, w.n_asn, w.country, w.n_country, w.out, &ei);
	return e ? complain("%s", ei.msg[0] ? ei.msg : err_text(e)) : EXIT_FOUND;
}

const struct command cmd_owners = { "owners",
				    "ADDRESS… | compile --asn FILE --country FILE -o FILE",
				    "who announces an address; compile tables of owners",
				    options,
				    run,
				    NULL };
