/* SPDX-License-Identifier: Apache-2.0 */
#include "format/text_doc.h"

#include <stdlib.h>

void text_doc_init(struct text_doc *d)
{
	*d = (struct text_doc){ .title = STR_NONE, .charset = "" };
	buf_init(&d->text, EXTRACT_TEXT_MAX);
	arena_init(&d->arena, (size_t)256 << 20);
}

void text_doc_free(struct text_doc *d)
{
	buf_free(&d->text);
	arena_free(&d->arena);
	free(d->links.v);
}

bool text_kind_named(struct str name, enum text_kind *out)
{
	static const struct {
		const char *name;
		enum text_kind kind;
	} names[] = { { "text", TEXT_PLAIN },
		      { "markdown", TEXT_PLAIN },
		      { "html", TEXT_HTML },
		      { "mail", TEXT_MAIL },
		      { "pdf", TEXT_PDF } };

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		if (str_iis(name, names[i].name)) {
			*out = names[i].kind;
			return true;
		}
	return false;
}

/* Does it begin like a message: header lines that mail has, and nothing else? */
static bool is_mail(struct str head)
{
	static const char *const marks[] = { "received",    "from",         "to",
					     "subject",     "date",         "message-id",
					     "return-path", "mime-version", "delivered-to",
					     "content-type" };
	size_t known = 0, lines = 0;
	struct str line;

	if (str_starts(head, STR("From ")) && !str_line(&head, &line))
		return false;
	while (lines < 200 && str_line(&head, &line) && line.n) {
		size_t colon = str_chr(line, ':');
		struct str name = str_head(line, colon);

		lines++;
		if (line.p[0] == ' ' || line.p[0] == '\t') {
			if (lines == 1)
				return false;
			continue;
		}
		if (colon == SIZE_MAX || colon == 0 || colon > 60)
			return false;
		for (size_t i = 0; i < name.n; i++)
			if (name.p[i] <= ' ' || (unsigned char)name.p[i] >= 0x7f)
				return false;
		for (size_t i = 0; i < sizeof marks / sizeof marks[0]; i++)
			known += str_iis(name, marks[i]);
	}
	return known >= 3;
}

/* Does it begin with an element of a page, that is closed further on? */
static bool piece(struct str s)
{
	static const char *const names[] = { "h2",      "h3",        "h4",   "h5",   "pre",
					     "ul",      "ol",        "dl",   "b",    "strong",
					     "i",       "em",        "span", "code", "tr",
					     "section", "header",    "main", "font", "a",
					     "center",  "blockquote" };
	struct str name = str_skip(s, 1);
	size_t n = 0;
	char close[16] = "</";

	while (n < name.n && n < 12 &&
	       ((name.p[n] | 32) >= 'a' ? (name.p[n] | 32) <= 'z' : name.p[n] >= '0' && name.p[n] <= '9'))
		n++;
	if (s.n < 4 || s.p[0] != '<' || n == 0 || n >= name.n || (name.p[n] != '>' && name.p[n] != ' '))
		return false;
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		if (str_iis(str_head(name, n), names[i])) {
			memcpy(close + 2, name.p, n);
			close[n + 2] = '>';
			return str_find(str_head(s, 65536), (struct str){ close, n + 3 }) != SIZE_MAX;
		}
	return false;
}

static bool is_html(struct str s)
{
	static const char *const starts[] = { "<!doctype html", "<html", "<head", "<body",  "<!--",
					      "<title",         "<meta", "<div",  "<table", "<p>",
					      "<article",       "<h1",   "<?xml" };
	struct str t = str_trim(s);
	size_t tags = 0;

	if (str_starts(t, STR("\xef\xbb\xbf")))
		t = str_trim(str_skip(t, 3));
	for (size_t i = 0; i < sizeof starts / sizeof starts[0]; i++)
		if (str_istarts(t, str_of(starts[i])))
			return i + 1 < sizeof starts / sizeof starts[0] ||
			       str_find(str_head(s, 2048), STR("<html")) != SIZE_MAX;
	/* A piece of a page. */
	if (piece(t))
		return true;
	s = str_head(s, 65536);
	for (size_t i = 0; i + 4 < s.n && tags < 8; i++) {
		const char *next = memchr(s.p + i, '<', s.n - i);

		i = next ? (size_t)(next - s.p) : s.n;
		if (i + 4 >= s.n)
			break;
		tags += str_istarts(str_skip(s, i), STR("</p>")) ||
			str_istarts(str_skip(s, i), STR("</a>")) ||
			str_istarts(str_skip(s, i), STR("</td>")) ||
			str_istarts(str_skip(s, i), STR("</div>")) ||
			str_istarts(str_skip(s, i), STR("</li>"));
	}
	return tags >= 8;
}

enum text_kind text_guess(struct str file)
{
	struct str head = str_head(file, 4096);
	size_t nul = 0, odd = 0;

	if (str_find(str_head(file, 1024), STR("%PDF-")) != SIZE_MAX)
		return TEXT_PDF;
	if (str_starts(file, STR("\xff\xfe")) || str_starts(file, STR("\xfe\xff"))) {
		bool html = memmem(head.p, head.n, "<\0h\0", 4) ||
			    memmem(head.p, head.n, "\0<\0h", 4) || memmem(head.p, head.n, "<\0!\0", 4);

		return html ? TEXT_HTML : TEXT_PLAIN;
	}
	for (size_t i = 0; i < head.n; i++) {
		unsigned char c = (unsigned char)head.p[i];
		uint64_t x;

		/* Eight without any of them, mostly: a byte below 0x20 would borrow. */
		if (head.n - i >= 8) {
			memcpy(&x, head.p + i, 8);
			if (!((x - UINT64_C(0x2020202020202020)) & ~x & UINT64_C(0x8080808080808080))) {
				i += 7;
				continue;
			}
		}

		nul += c == 0;
		odd += c < 0x20 && c != '\t' && c != '\n' && c != '\r' && c != 0x1b && c != '\f';
	}
	if (nul > head.n / 64 || odd > head.n / 10)
		return TEXT_BINARY;
	if (is_mail(str_head(file, 65536)))
		return TEXT_MAIL;
	return is_html(file) ? TEXT_HTML : TEXT_PLAIN;
}

/* What a page says of its character set in its first kilobyte. */
static struct str html_charset(struct str html)
{
	struct str head = str_head(html, 4096);

	for (size_t i = 0; i + 9 < head.n; i++)
		if (str_istarts(str_skip(head, i), STR("charset=")) ||
		    str_istarts(str_skip(head, i), STR("encoding="))) {
			struct str s =
				str_skip(head, i + (head.p[i] == 'c' || head.p[i] == 'C' ? 8 : 9));
			size_t n = 0;

			while (s.n && (s.p[0] == '"' || s.p[0] == '\'' || s.p[0] == ' '))
				s = str_skip(s, 1);
			while (n < s.n && n < 30 && !strchr("\"'> ;/?", s.p[n]))
				n++;
			return str_head(s, n);
		}
	return STR_NONE;
}

enum err text_read(struct str file, enum text_kind kind, struct text_doc *d, struct errinfo *ei)
{
	struct buf utf8;
	enum err e;

	d->kind = kind;
	switch (kind) {
	case TEXT_PLAIN:
		e = text_decode(file, STR_NONE, &d->text, &d->charset);
		break;
	case TEXT_HTML:
		buf_init(&utf8, EXTRACT_TEXT_MAX);
		e = text_decode(file, html_charset(file), &utf8, &d->charset);
		if (!e)
			e = text_html(buf_str(&utf8), d);
		buf_free(&utf8);
		break;
	case TEXT_MAIL:
		e = text_mail(file, 0, d);
		break;
	default:
		return err_set(ei, ERR_FORMAT, "not a text, a page, a mail or a PDF");
	}
	return e ? err_set(ei, e, "%s", err_text(e)) : e;
}
