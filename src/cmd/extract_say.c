/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/extract_say.h"

#include "base/escape.h"
#include "base/json.h"

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

void extract_row_json(struct buf *b, struct buf *scratch, const struct common *c, const char *path,
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

void extract_document_text(struct buf *out, const struct common *c, const char *path,
			   const struct extracted *v, size_t n, bool all)
{
	size_t total = 0, shown = 0;
	struct buf name;

	for (size_t i = 0; i < n; i++)
		total += all || v[i].class == EX_INDICATOR;
	buf_init(&name, 1 << 16);
	esc_term(&name, str_of(path));
	buf_fmt(out, c->japanese ? "%.*s: インジケーター %zu 件\n" : "%.*s: %zu %s\n",
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
