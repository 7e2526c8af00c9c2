/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/cmd.h"

#include "app/extract.h"
#include "base/escape.h"
#include "base/file.h"
#include "base/json.h"
#include "base/stop.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

enum { OPT_ALL = OPT_OWN, OPT_EVERY, OPT_AS };

static const struct option_row options[] = {
	{ OPT_ALL, "all", NULL, "references, file names and other context too, each with its class" },
	{ OPT_EVERY, "every", NULL, "every place of a value, not the first one of each document" },
	{ OPT_AS, "as", "KIND", "text, html, mail or pdf instead of by content" },
	{ 0, NULL, NULL, NULL },
};

struct wish {
	bool all;
	struct extract_how how;
};

static int own(void *ctx, int id, const char *arg)
{
	struct wish *w = ctx;

	switch (id) {
	case OPT_ALL:
		w->all = true;
		return -1;
	case OPT_EVERY:
		w->how.every = true;
		return -1;
	default:
		if (!text_kind_named(str_of(arg), &w->how.as))
			return complain("--as is one of text, html, mail and pdf, not %s", arg);
		return -1;
	}
}

/* ---- JSON ------------------------------------------------------------------------------------- */

static void key(struct buf *b, const char *name, struct str value)
{
	buf_c(b, ",\"");
	buf_c(b, name);
	buf_c(b, "\":");
	json_put(b, value);
}

static void number(struct buf *b, const char *name, uint64_t v)
{
	buf_c(b, ",\"");
	buf_c(b, name);
	buf_c(b, "\":");
	buf_u64(b, v);
}

static bool blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* A sentence as one line. */
static void folded(struct buf *to, struct str s)
{
	buf_clear(to);
	for (size_t i = 0; i < s.n;) {
		size_t from;

		while (i < s.n && blank(s.p[i]))
			i++;
		from = i;
		/* Single blanks stay in the piece. */
		while (i < s.n &&
		       !(blank(s.p[i]) && (s.p[i] != ' ' || i + 1 == s.n || blank(s.p[i + 1]))))
			i++;
		if (i > from && to->n)
			buf_ch(to, ' ');
		buf_add(to, s.p + from, i - from);
	}
}

static bool defangs(enum ex_type t)
{
	return t <= EX_EMAIL;
}

static void row_json(struct buf *b, struct buf *scratch, const struct common *c, const char *path,
		     const struct extracted *e)
{
	buf_c(b, "{\"value\":");
	if (c->defang && defangs(e->type)) {
		buf_clear(scratch);
		defang(scratch, e->value);
		json_put(b, buf_str(scratch));
	} else {
		json_put(b, e->value);
	}
	buf_c(b, ",\"type\":\"");
	buf_c(b, ex_type_text(e->type));
	buf_ch(b, '"');
	folded(scratch, e->original);
	key(b, "original", buf_str(scratch));
	key(b, "path", str_of(path));
	number(b, "line", e->line);
	number(b, "offset", e->at);
	folded(scratch, e->context);
	key(b, "context", buf_str(scratch));
	buf_c(b, ",\"class\":\"");
	buf_c(b, ex_class_text(e->class));
	buf_c(b, "\",\"status\":\"");
	buf_c(b, ex_status_text(e->status));
	buf_c(b, e->defanged ? "\",\"defanged\":true" : "\",\"defanged\":false");
	if (e->note.n)
		key(b, "note", e->note);
	if (e->port)
		number(b, "port", e->port);
	if (e->family.n)
		key(b, "family", e->family);
	if (e->has_role)
		key(b, "role", str_of(role_text(e->role)));
	if (e->date != TIME_NONE) {
		buf_c(b, ",\"date\":\"");
		time_format_date(b, e->date);
		buf_ch(b, '"');
	}
	if (e->heading.n) {
		folded(scratch, e->heading);
		key(b, "heading", buf_str(scratch));
	}
	number(b, "count", e->count);
	buf_c(b, "}\n");
}

/* ---- for people ------------------------------------------------------------------------------- */

static const char *title_of(enum ex_type t, bool ja)
{
	static const char *const titles[][2] = {
		[EX_IPV4] = { "IPv4 addresses", "IPv4 アドレス" },
		[EX_IPV6] = { "IPv6 addresses", "IPv6 アドレス" },
		[EX_CIDR] = { "networks", "ネットワーク" },
		[EX_DOMAIN] = { "domains", "ドメイン" },
		[EX_URL] = { "URLs", "URL" },
		[EX_EMAIL] = { "mail addresses", "メールアドレス" },
		[EX_MD5] = { "MD5", "MD5" },
		[EX_SHA1] = { "SHA-1", "SHA-1" },
		[EX_SHA256] = { "SHA-256", "SHA-256" },
		[EX_SHA512] = { "SHA-512", "SHA-512" },
		[EX_SSDEEP] = { "ssdeep", "ssdeep" },
		[EX_IMPHASH] = { "import hashes", "インポートハッシュ" },
		[EX_JA3] = { "JA3", "JA3" },
		[EX_JARM] = { "JARM", "JARM" },
		[EX_CVE] = { "vulnerabilities", "脆弱性" },
		[EX_ATTACK] = { "ATT&CK", "ATT&CK" },
		[EX_ASN] = { "AS numbers", "AS 番号" },
		[EX_BITCOIN] = { "bitcoin addresses", "ビットコインアドレス" },
		[EX_REGISTRY] = { "registry keys", "レジストリキー" },
		[EX_FILENAME] = { "file names", "ファイル名" },
	};

	return titles[t][ja];
}

static const char *class_word(enum ex_class c, bool ja)
{
	static const char *const words[][2] = {
		[EX_INDICATOR] = { "", "" }, [EX_REFERENCE] = { "reference", "参照" }, [EX_CONTEXT] = { "context", "文脈" }
	};

	return words[c][ja];
}

static const char *status_word(enum ex_status s, bool ja)
{
	static const char *const words[][2] = {
		[EX_AS_WRITTEN] = { "", "" }, [EX_MENDED] = { "mended", "修復" }, [EX_UNCERTAIN] = { "uncertain", "不確か" }
	};

	return words[s][ja];
}

enum { WIDTH = 80, VALUE_COLUMN = 42 };

static void word(struct buf *b, const char *s)
{
	if (*s) {
		if (b->n)
			buf_c(b, " · ");
		buf_c(b, s);
	}
}

/* What is said of it, short: family, role, port, date, class, status. */
static void said(struct buf *b, const struct extracted *e, bool ja)
{
	struct buf t;

	buf_clear(b);
	buf_init(&t, 8192);
	word(b, status_word(e->status, ja));
	word(b, class_word(e->class, ja));
	if (e->family.n) {
		esc_term(&t, e->family);
		buf_ch(&t, 0);
		word(b, t.p);
	}
	if (e->has_role)
		word(b, role_text(e->role));
	if (e->port) {
		buf_clear(&t);
		buf_fmt(&t, ":%u", e->port);
		buf_ch(&t, 0);
		word(b, t.p);
	}
	if (e->date != TIME_NONE) {
		buf_clear(&t);
		time_format_date(&t, e->date);
		buf_ch(&t, 0);
		word(b, t.p);
	}
	buf_free(&t);
}

static void value_shown(struct buf *b, struct buf *scratch, const struct extracted *e)
{
	buf_clear(b);
	buf_clear(scratch);
	if (defangs(e->type))
		defang(scratch, e->value);
	else
		buf_puts(scratch, e->value);
	esc_term(b, buf_str(scratch));
}

static void row_text(struct buf *out, const struct extracted *e, const struct common *c)
{
	struct buf shown, scratch, about;
	size_t width;

	buf_init(&shown, 1 << 17);
	buf_init(&scratch, 1 << 17);
	buf_init(&about, 1 << 16);
	value_shown(&shown, &scratch, e);
	said(&about, e, c->japanese);
	width = text_width(buf_str(&shown));
	buf_c(out, "  ");
	buf_puts(out, buf_str(&shown));
	if (about.n && width > VALUE_COLUMN) {
		buf_ch(out, '\n');
		width = 0;
		buf_c(out, "  ");
	}
	if (about.n) {
		struct str line = text_head(buf_str(&about), WIDTH - VALUE_COLUMN - 4);

		for (; width < VALUE_COLUMN + 2; width++)
			buf_ch(out, ' ');
		if (c->colour)
			buf_c(out, "\033[2m");
		buf_puts(out, line);
		if (c->colour)
			buf_c(out, "\033[0m");
	}
	buf_ch(out, '\n');
	if (e->note.n && (e->class == EX_INDICATOR || c->verbose)) {
		/* The note, within the width. */
		struct str rest = e->note, w;
		size_t column = 0;

		buf_clear(&scratch);
		folded(&scratch, e->original);
		buf_clear(&about);
		if (e->status != EX_AS_WRITTEN) {
			esc_term(&about, text_head(buf_str(&scratch), 40));
			buf_c(&about, ": ");
		}
		esc_term(&about, rest);
		rest = buf_str(&about);
		while (str_cut(&rest, ' ', &w)) {
			size_t n = text_width(w);

			if (column && column + 1 + n > WIDTH - 6) {
				buf_ch(out, '\n');
				column = 0;
			}
			buf_c(out, column ? " " : "      ");
			buf_puts(out, w);
			column += n + (column ? 1 : 0);
		}
		buf_ch(out, '\n');
	}
	buf_free(&shown);
	buf_free(&scratch);
	buf_free(&about);
}

static void document_text(struct buf *out, const struct common *c, const char *path,
			  const struct extracted *v, size_t n, bool all)
{
	size_t total = 0, shown = 0;
	struct buf name;

	for (size_t i = 0; i < n; i++)
		total += all || v[i].class == EX_INDICATOR;
	buf_init(&name, 1 << 16);
	esc_term(&name, str_of(path));
	buf_fmt(out, c->japanese ? "%.*s: 指標 %zu 件\n" : "%.*s: %zu %s\n",
		STR_ARG(buf_str(&name)), total, total == 1 ? "value" : "values");
	buf_free(&name);
	for (int t = 0; t < EX_TYPES; t++) {
		size_t count = 0;

		for (size_t i = 0; i < n; i++)
			count += v[i].type == (enum ex_type)t && (all || v[i].class == EX_INDICATOR);
		if (!count)
			continue;
		buf_fmt(out, "\n%s%s%s (%zu)\n", c->colour ? "\033[1m" : "",
			title_of((enum ex_type)t, c->japanese), c->colour ? "\033[0m" : "", count);
		for (size_t i = 0; i < n; i++)
			if (v[i].type == (enum ex_type)t && (all || v[i].class == EX_INDICATOR)) {
				row_text(out, &v[i], c);
				shown++;
			}
	}
}

/* ---- the command ------------------------------------------------------------------------------ */

struct output {
	const struct common *common;
	struct buf out;
	FILE *to;
	bool wrote;
};

static int flush(struct output *o)
{
	if (buf_err(&o->out))
		return complain("%s", err_text(buf_err(&o->out)));
	if (o->out.n && fwrite(o->out.p, 1, o->out.n, o->to) != o->out.n)
		return complain("cannot write: %s", strerror(errno));
	buf_clear(&o->out);
	return -1;
}

static int one(const struct extractor *x, const struct wish *w, const char *path, struct output *o,
	       size_t *found)
{
	struct errinfo ei = { 0 };
	struct document d;
	struct buf scratch;
	int status = -1;
	enum err e = document_extract(x, path, &w->how, &d, &ei);

	buf_init(&scratch, 1 << 20);
	if (e) {
		status = complain("%s: %s", path, ei.msg[0] ? ei.msg : err_text(e));
	} else {
		const struct extracted *v = w->how.every ? d.found.every : d.found.v;
		size_t n = w->how.every ? d.found.n_every : d.found.n, shown = 0;

		for (size_t i = 0; i < n && status < 0; i++) {
			if (!w->all && v[i].class != EX_INDICATOR)
				continue;
			shown++;
			if (o->common->json)
				row_json(&o->out, &scratch, o->common, path, &v[i]);
			if (o->out.n > 1 << 16)
				status = flush(o);
		}
		if (!o->common->json && shown && status < 0) {
			if (o->wrote)
				buf_ch(&o->out, '\n');
			document_text(&o->out, o->common, path, v, n, w->all);
			o->wrote = true;
		}
		*found += shown;
		if (status < 0)
			status = flush(o);
	}
	buf_free(&scratch);
	document_free(&d);
	return status;
}

static int all(const struct wish *w, const struct common *c, char **args, int n_args)
{
	struct output o = { .common = c, .to = stdout };
	struct extractor x;
	size_t found = 0, bad = 0, good = 0;
	int status = -1;
	enum err e = extractor_init(&x);

	if (e) {
		extractor_free(&x);
		return complain("%s", err_text(e));
	}
	if (c->json_file && strcmp(c->json_file, "-") != 0) {
		o.to = fopen(c->json_file, "we");
		if (!o.to) {
			extractor_free(&x);
			return complain("%s: %s", c->json_file, strerror(errno));
		}
	}
	buf_init(&o.out, 0);
	for (int i = 0; i < n_args && !stop_asked(); i++) {
		struct path_list files = { 0 };
		struct errinfo ei = { 0 };
		struct arena arena;
		bool folder = false;

		arena_init(&arena, 0);
		if (strcmp(args[i], "-") == 0) {
			status = one(&x, w, "-", &o, &found);
			bad += status >= 0;
			good += status < 0;
		} else if (path_walk(args[i], &arena, &files, &folder, &ei) != ERR_OK) {
			(void)complain("%s: %s", args[i], ei.msg);
			bad++;
		} else {
			for (size_t k = 0; k < files.n && !stop_asked(); k++) {
				status = one(&x, w, files.v[k].p, &o, &found);
				/* A folder may hold pictures. */
				bad += status >= 0 && !folder;
				good += status < 0;
			}
		}
		free(files.v);
		arena_free(&arena);
	}
	if (o.to != stdout && fclose(o.to))
		bad += complain("%s: %s", c->json_file, strerror(errno)) > 0;
	buf_free(&o.out);
	extractor_free(&x);
	if (stop_asked())
		return EXIT_ERROR;
	if (bad || !good)
		return EXIT_ERROR;
	return found ? EXIT_FOUND : EXIT_NOTHING;
}

static int run(const struct command *self, int argc, char **argv)
{
	struct wish w = { 0 };
	struct common c;
	char **args;
	int n, status = parse_options(self, argc, argv, &c, own, &w, &args, &n);

	if (status >= 0)
		return status;
	if (n == 0)
		return complain("no file given: nezumi extract FILE, or - for standard input");
	stop_on_signals();
	return all(&w, &c, args, n);
}

static const char notes[] =
	"Reads text, Markdown, HTML, mail (.eml) and PDF, in any of the usual character sets, plain or\n"
	"compressed; folders are walked. Defanging of every common kind is undone. What a document only\n"
	"points to (its own references), file names, versions, code and examples are kept out; --all\n"
	"shows them with their class. A value that had to be mended says so, with the reason.\n\n"
	"Examples\n"
	"  nezumi extract report.pdf\n"
	"  nezumi extract --json advisories/ | jq -r 'select(.type == \"ipv4\") | .value'\n"
	"  curl -s https://www.example/report | nezumi extract --json -\n";

const struct command cmd_extract = { "extract", "FILE|-...", "indicators out of reports",
				     options,   run,         notes };
