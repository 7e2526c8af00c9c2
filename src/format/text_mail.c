/* SPDX-License-Identifier: Apache-2.0 */
#include "format/text_doc.h"

/* ---- header fields ---------------------------------------------------------------------------- */

/* What is longer is cut. */
enum { FIELD_MAX = 1 << 16 };

/* One field, unfolded into b; false behind the last. *rest then begins with the body. */
static bool field(struct str *rest, struct str *name, struct buf *b)
{
	struct str line;

	buf_clear(b);
	if (!str_line(rest, &line) || line.n == 0)
		return false;
	if (str_chr(line, ':') == SIZE_MAX) {
		/* No header any more, though no blank line stood before it ("From " of an mbox
		 * aside). */
		*name = STR_NONE;
		return str_starts(line, STR("From "));
	}
	*name = str_head(line, str_chr(line, ':'));
	buf_puts(b, str_head(str_trim(str_skip(line, name->n + 1)), FIELD_MAX));
	while (rest->n && (rest->p[0] == ' ' || rest->p[0] == '\t')) {
		(void)str_line(rest, &line);
		buf_ch(b, ' ');
		line = str_trim(line);
		if (b->n < FIELD_MAX)
			buf_puts(b, str_head(line, FIELD_MAX));
	}
	return true;
}

static int hex_of(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 32;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* RFC 2045 6.7; `_` is a blank in header words (RFC 2047 4.2). */
static void quoted_printable(struct str s, bool word, struct buf *out)
{
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];

		if (c == '=' && i + 2 < s.n && hex_of(s.p[i + 1]) >= 0 && hex_of(s.p[i + 2]) >= 0) {
			buf_ch(out, (char)(hex_of(s.p[i + 1]) * 16 + hex_of(s.p[i + 2])));
			i += 2;
		} else if (c == '=' && !word && i + 1 < s.n &&
			   (s.p[i + 1] == '\n' || s.p[i + 1] == '\r')) {
			i += s.p[i + 1] == '\r' && i + 2 < s.n && s.p[i + 2] == '\n' ? 2 : 1;
		} else {
			buf_ch(out, word && c == '_' ? ' ' : c);
		}
	}
}

static void base64_undo(struct str s, struct buf *out)
{
	uint32_t v = 0;
	unsigned bits = 0;

	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];
		int d = c >= 'A' && c <= 'Z'   ? c - 'A'
			: c >= 'a' && c <= 'z' ? c - 'a' + 26
			: c >= '0' && c <= '9' ? c - '0' + 52
			: c == '+' || c == '-' ? 62
			: c == '/' || c == '_' ? 63
					       : -1;

		if (c == '=')
			break;
		if (d < 0)
			continue;
		v = v << 6 | (uint32_t)d;
		bits += 6;
		if (bits >= 8) {
			bits -= 8;
			buf_ch(out, (char)(v >> bits & 255));
		}
	}
}

/* =?charset?B?...?= within a header (RFC 2047); blanks between two of them go. */
static enum err words(struct str s, struct buf *out)
{
	bool was_word = false;
	enum err e = ERR_OK;

	while (s.n && !e) {
		size_t at = str_find(s, STR("=?")), q1, q2, end;
		struct str charset, code, data;
		struct buf bytes;
		const char *used;

		if (at == SIZE_MAX) {
			const char *ignored;

			return text_decode(s, STR_NONE, out, &ignored);
		}
		if (!was_word || str_trim(str_head(s, at)).n)
			buf_puts(out, str_head(s, at));
		s = str_skip(s, at);
		q1 = str_find(str_skip(s, 2), STR("?"));
		q2 = q1 == SIZE_MAX ? SIZE_MAX : str_find(str_skip(s, q1 + 3), STR("?"));
		end = q2 == SIZE_MAX ? SIZE_MAX : str_find(str_skip(s, q1 + q2 + 4), STR("?="));
		if (end == SIZE_MAX || q1 > 60 || q2 != 1) {
			buf_puts(out, str_head(s, 2));
			s = str_skip(s, 2);
			was_word = false;
			continue;
		}
		charset = (struct str){ s.p + 2, q1 };
		charset = str_head(charset, str_chr(charset, '*'));
		code = str_head(str_skip(s, q1 + 3), 1);
		data = str_head(str_skip(s, q1 + q2 + 4), end);
		buf_init(&bytes, 1 << 20);
		if (str_iis(code, "b"))
			base64_undo(data, &bytes);
		else
			quoted_printable(data, true, &bytes);
		e = buf_err(&bytes);
		if (!e)
			e = text_decode(buf_str(&bytes), charset, out, &used);
		buf_free(&bytes);
		s = str_skip(s, q1 + q2 + end + 6);
		was_word = true;
	}
	return e ? e : buf_err(out);
}

/* The value of a parameter: name=value or name="value". */
static struct str parameter(struct str s, const char *name)
{
	size_t n = strlen(name);

	for (size_t i = 0; i + n < s.n; i++) {
		struct str v;

		if (!str_istarts(str_skip(s, i), (struct str){ name, n }) || s.p[i + n] != '=' ||
		    (i && !strchr("; \t", s.p[i - 1])))
			continue;
		v = str_skip(s, i + n + 1);
		if (v.n && v.p[0] == '"')
			return str_head(str_skip(v, 1), str_chr(str_skip(v, 1), '"'));
		for (n = 0; n < v.n && !strchr("; \t", v.p[n]); n++)
			;
		return str_head(v, n);
	}
	return STR_NONE;
}

/* ---- bodies ----------------------------------------------------------------------------------- */

struct part {
	struct buf type, encoding;
};

static enum err message(struct str mail, unsigned depth, bool whole, struct text_doc *d);

static enum err multipart(struct str body, struct str boundary, bool alternative, unsigned depth,
			  struct text_doc *d)
{
	struct str line, part = STR_NONE, plain = STR_NONE;
	bool inside = false;
	enum err e = ERR_OK;

	(void)alternative;
	(void)plain;
	while (!e && str_line(&body, &line)) {
		bool close;

		if (line.n < boundary.n + 2 || line.p[0] != '-' || line.p[1] != '-' ||
		    !str_starts(str_skip(line, 2), boundary))
			continue;
		close = str_starts(str_skip(line, 2 + boundary.n), STR("--"));
		if (inside) {
			part = str_range(part.p, line.p);
			e = message(part, depth + 1, false, d);
		}
		inside = true;
		part = body;
		if (close) {
			inside = false;
			break;
		}
	}
	/* The end is missing. */
	if (!e && inside && part.p)
		e = message(part, depth + 1, false, d);
	return e;
}

static enum err leaf(struct str type, struct str encoding, struct str body, unsigned depth,
		     struct text_doc *d)
{
	bool html = str_istarts(type, STR("text/html"));
	struct str charset = parameter(type, "charset");
	struct buf bytes, utf8;
	enum err e;

	buf_init(&bytes, (size_t)256 << 20);
	buf_init(&utf8, EXTRACT_TEXT_MAX);
	if (str_iis(encoding, "base64"))
		base64_undo(body, &bytes);
	else if (str_iis(encoding, "quoted-printable"))
		quoted_printable(body, false, &bytes);
	else
		buf_puts(&bytes, body);
	e = buf_err(&bytes);
	if (!e && str_istarts(type, STR("message/rfc822"))) {
		e = message(buf_str(&bytes), depth + 1, true, d);
	} else if (!e) {
		e = text_decode(buf_str(&bytes), charset, html ? &utf8 : &d->text, &d->charset);
		if (!e && html)
			e = text_html(buf_str(&utf8), d);
		buf_ch(&d->text, '\n');
	}
	buf_free(&bytes);
	buf_free(&utf8);
	return e ? e : buf_err(&d->text);
}

static bool shown(struct str name)
{
	static const char *const names[] = {
		"from", "sender", "reply-to", "return-path", "received",
		"to",   "cc",     "subject",  "date",        "x-originating-ip"
	};

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		if (str_iis(name, names[i]))
			return true;
	return false;
}

/* A message, or one part of it. */
static enum err message(struct str mail, unsigned depth, bool whole, struct text_doc *d)
{
	struct part p;
	struct str name, type, encoding;
	bool attachment = false;
	struct buf b;
	enum err e = ERR_OK;

	if (depth > TEXT_DEPTH_MAX)
		return ERR_OK;
	buf_init(&p.type, 4 * FIELD_MAX);
	buf_init(&p.encoding, 4 * FIELD_MAX);
	buf_init(&b, 4 * FIELD_MAX);
	while (!e && field(&mail, &name, &b)) {
		if (str_iis(name, "content-type") && p.type.n == 0)
			buf_puts(&p.type, buf_str(&b));
		else if (str_iis(name, "content-transfer-encoding"))
			buf_puts(&p.encoding, buf_str(&b));
		else if (str_iis(name, "content-disposition"))
			attachment = str_istarts(buf_str(&b), STR("attachment"));
		if (whole && shown(name)) {
			size_t at;

			buf_puts(&d->text, name);
			buf_c(&d->text, ": ");
			at = d->text.n;
			e = words(buf_str(&b), &d->text);
			if (str_iis(name, "subject") && d->title.n == 0 && !e)
				d->title = arena_str(&d->arena, str_skip(buf_str(&d->text), at));
			buf_ch(&d->text, '\n');
		}
	}
	if (whole)
		buf_ch(&d->text, '\n');
	if (buf_err(&p.type) || buf_err(&b))
		e = ERR_LIMIT;
	type = p.type.n ? buf_str(&p.type) : STR("text/plain");
	encoding = str_trim(buf_str(&p.encoding));
	if (!e && str_istarts(type, STR("multipart/"))) {
		struct str boundary = parameter(type, "boundary");

		if (boundary.n)
			e = multipart(mail, boundary,
				      str_istarts(type, STR("multipart/alternative")), depth, d);
	} else if (!e && (str_istarts(type, STR("text/")) || str_istarts(type, STR("message/rfc822")))) {
		e = leaf(type, encoding, mail, depth, d);
	} else if (!e && attachment) {
		struct str file = parameter(type, "name");

		buf_c(&d->text, "attachment: ");
		buf_puts(&d->text, file);
		buf_ch(&d->text, '\n');
	}
	buf_free(&p.type);
	buf_free(&p.encoding);
	buf_free(&b);
	return e ? e : buf_err(&d->text);
}

enum err text_mail(struct str mail, unsigned depth, struct text_doc *d)
{
	return message(mail, depth, true, d);
}
