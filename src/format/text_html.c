/* SPDX-License-Identifier: Apache-2.0 */
#include "format/text_doc.h"

struct page {
	struct text_doc *d;
	struct buf *out;
	bool blank; /* a blank is due before the next word */
	bool pre;   /* white space as it stands */
	bool in_title;
	size_t cells; /* of this row */
	size_t title_at;
	enum err err;
};

static char low(char c)
{
	return (char)(c >= 'A' && c <= 'Z' ? c + 32 : c);
}

static bool space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f';
}

static bool name_char(char c)
{
	return (low(c) >= 'a' && low(c) <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == ':';
}

/* ---- writing ---------------------------------------------------------------------------------- */

static bool at_line(const struct page *p)
{
	return p->out->n == 0 || p->out->p[p->out->n - 1] == '\n';
}

static void new_line(struct page *p)
{
	if (!at_line(p))
		buf_ch(p->out, '\n');
	p->blank = false;
}

static void new_block(struct page *p)
{
	new_line(p);
	if (p->out->n > 1 && p->out->p[p->out->n - 2] != '\n')
		buf_ch(p->out, '\n');
}

static void put_bytes(struct page *p, const char *s, size_t n)
{
	if (p->blank && !at_line(p))
		buf_ch(p->out, ' ');
	p->blank = false;
	buf_add(p->out, s, n);
}

static void put_code(struct page *p, uint32_t c)
{
	char u[4];
	size_t n;

	if (c == 0 || c > 0x10ffff || (c >= 0xd800 && c < 0xe000))
		c = 0xfffd;
	if (c < 0x80) {
		if (space((char)c) && !p->pre) {
			p->blank = true;
			return;
		}
		u[0] = (char)c;
		n = 1;
	} else if (c < 0x800) {
		u[0] = (char)(0xc0 | c >> 6);
		u[1] = (char)(0x80 | (c & 63));
		n = 2;
	} else if (c < 0x10000) {
		u[0] = (char)(0xe0 | c >> 12);
		u[1] = (char)(0x80 | (c >> 6 & 63));
		u[2] = (char)(0x80 | (c & 63));
		n = 3;
	} else {
		u[0] = (char)(0xf0 | c >> 18);
		u[1] = (char)(0x80 | (c >> 12 & 63));
		u[2] = (char)(0x80 | (c >> 6 & 63));
		u[3] = (char)(0x80 | (c & 63));
		n = 4;
	}
	put_bytes(p, u, n);
}

/* ---- entities --------------------------------------------------------------------------------- */

static const struct {
	const char *name;
	uint32_t code;
} entities[] = {
	{ "amp", '&' },       { "lt", '<' },
	{ "gt", '>' },        { "quot", '"' },
	{ "apos", '\'' },     { "nbsp", 0xa0 },
	{ "period", '.' },    { "colon", ':' },
	{ "sol", '/' },       { "commat", '@' },
	{ "lpar", '(' },      { "rpar", ')' },
	{ "lsqb", '[' },      { "lbrack", '[' },
	{ "rsqb", ']' },      { "rbrack", ']' },
	{ "lcub", '{' },      { "rcub", '}' },
	{ "lbrace", '{' },    { "rbrace", '}' },
	{ "num", '#' },       { "equals", '=' },
	{ "quest", '?' },     { "excl", '!' },
	{ "comma", ',' },     { "semi", ';' },
	{ "ast", '*' },       { "plus", '+' },
	{ "percnt", '%' },    { "dollar", '$' },
	{ "lowbar", '_' },    { "bsol", '\\' },
	{ "vert", '|' },      { "grave", '`' },
	{ "Tab", '\t' },      { "NewLine", '\n' },
	{ "shy", 0xad },      { "ZeroWidthSpace", 0x200b },
	{ "zwnj", 0x200c },   { "zwj", 0x200d },
	{ "ndash", 0x2013 },  { "mdash", 0x2014 },
	{ "lsquo", 0x2018 },  { "rsquo", 0x2019 },
	{ "ldquo", 0x201c },  { "rdquo", 0x201d },
	{ "hellip", 0x2026 }, { "bull", 0x2022 },
	{ "middot", 0xb7 },   { "laquo", 0xab },
	{ "raquo", 0xbb },    { "copy", 0xa9 },
	{ "reg", 0xae },      { "trade", 0x2122 },
	{ "hyphen", 0x2010 }, { "ensp", 0x2002 },
	{ "emsp", 0x2003 },   { "thinsp", 0x2009 },
	{ "rarr", 0x2192 },   { "larr", 0x2190 },
	{ "times", 0xd7 },    { "auml", 0xe4 },
	{ "ouml", 0xf6 },     { "uuml", 0xfc },
	{ "Auml", 0xc4 },     { "Ouml", 0xd6 },
	{ "Uuml", 0xdc },     { "szlig", 0xdf },
	{ "eacute", 0xe9 },   { "egrave", 0xe8 },
	{ "agrave", 0xe0 },   { "ccedil", 0xe7 },
	{ "ntilde", 0xf1 },   { "aacute", 0xe1 },
	{ "iacute", 0xed },   { "oacute", 0xf3 },
	{ "uacute", 0xfa },   { "atilde", 0xe3 },
	{ "otilde", 0xf5 },   { "bdquo", 0x201e },
	{ "sbquo", 0x201a },  { "lsaquo", 0x2039 },
	{ "rsaquo", 0x203a }, { "acirc", 0xe2 },
	{ "ecirc", 0xea },    { "icirc", 0xee },
	{ "ocirc", 0xf4 },    { "ucirc", 0xfb },
	{ "igrave", 0xec },   { "ograve", 0xf2 },
	{ "ugrave", 0xf9 },   { "euml", 0xeb },
	{ "iuml", 0xef },     { "aring", 0xe5 },
	{ "aelig", 0xe6 },    { "oslash", 0xf8 },
	{ "oelig", 0x153 },   { "Eacute", 0xc9 },
	{ "Egrave", 0xc8 },   { "Agrave", 0xc0 },
	{ "Ccedil", 0xc7 },   { "Aacute", 0xc1 },
	{ "Iacute", 0xcd },   { "Oacute", 0xd3 },
	{ "Uacute", 0xda },   { "Aring", 0xc5 },
	{ "Oslash", 0xd8 },   { "iexcl", 0xa1 },
	{ "iquest", 0xbf },   { "sect", 0xa7 },
	{ "deg", 0xb0 },      { "dash", 0x2010 },
};

/* At `&`: what it stands for and how long it is, or 0. */
static size_t entity(struct str s, uint32_t *code)
{
	size_t i = 1;

	if (s.n > 3 && s.p[1] == '#') {
		bool hex = low(s.p[2]) == 'x';
		uint32_t v = 0;

		for (i = hex ? 3 : 2; i < s.n && i < 12; i++) {
			char c = low(s.p[i]);

			if (c >= '0' && c <= '9')
				v = v * (hex ? 16 : 10) + (uint32_t)(c - '0');
			else if (hex && c >= 'a' && c <= 'f')
				v = v * 16 + (uint32_t)(c - 'a' + 10);
			else
				break;
			if (v > 0x110000)
				v = 0x110000;
		}
		if (i == (hex ? 3u : 2u))
			return 0;
		*code = v;
		return i < s.n && s.p[i] == ';' ? i + 1 : i;
	}
	while (i < s.n && i < 20 && name_char(s.p[i]))
		i++;
	for (size_t k = 0; k < sizeof entities / sizeof entities[0]; k++)
		if (str_is((struct str){ s.p + 1, i - 1 }, entities[k].name)) {
			/* "&copy=" in a query is no entity. */
			if (i >= s.n || s.p[i] != ';') {
				if (k > 5 || (i < s.n && s.p[i] == '='))
					return 0;
				*code = entities[k].code;
				return i;
			}
			*code = entities[k].code;
			return i + 1;
		}
	return 0;
}

/* ---- tags ------------------------------------------------------------------------------------- */

struct tag {
	struct str name;
	struct str href;
	bool close, hidden, empty;
};

static bool has_word(struct str s, const char *word)
{
	size_t n = strlen(word);

	for (size_t i = 0; i + n <= s.n; i++)
		if (str_istarts(str_skip(s, i), (struct str){ word, n }))
			return true;
	return false;
}

static bool hides(struct str style)
{
	return has_word(style, "display:none") || has_word(style, "display: none") ||
	       has_word(style, "visibility:hidden") || has_word(style, "visibility: hidden");
}

/* At `<`: its length, or 0 if it is none. */
static size_t tag_at(struct str s, struct tag *t)
{
	size_t i = 1, begin;

	*t = (struct tag){ .href = STR_NONE };
	if (i < s.n && s.p[i] == '/') {
		t->close = true;
		i++;
	}
	begin = i;
	if (i >= s.n || low(s.p[i]) < 'a' || low(s.p[i]) > 'z')
		return 0;
	while (i < s.n && name_char(s.p[i]))
		i++;
	t->name = (struct str){ s.p + begin, i - begin };
	while (i < s.n && s.p[i] != '>') {
		struct str name, value = STR_NONE;

		if (space(s.p[i]) || s.p[i] == '/') {
			t->empty = s.p[i] == '/' && i + 1 < s.n && s.p[i + 1] == '>';
			i++;
			continue;
		}
		begin = i;
		while (i < s.n && !space(s.p[i]) && s.p[i] != '=' && s.p[i] != '>')
			i++;
		name = (struct str){ s.p + begin, i - begin };
		if (name.n == 0) {
			i++;
			continue;
		}
		while (i < s.n && space(s.p[i]))
			i++;
		if (i < s.n && s.p[i] == '=') {
			for (i++; i < s.n && space(s.p[i]); i++)
				;
			if (i < s.n && (s.p[i] == '"' || s.p[i] == '\'')) {
				const char *end = memchr(s.p + i + 1, s.p[i], s.n - i - 1);

				/* A quote that nobody closes ends with the tag. */
				if (!end)
					end = memchr(s.p + i + 1, '>', s.n - i - 1);
				if (!end)
					end = s.p + s.n - 1;
				value = str_range(s.p + i + 1, end);
				i = (size_t)(end - s.p) + (*end != '>');
			} else {
				begin = i;
				while (i < s.n && !space(s.p[i]) && s.p[i] != '>')
					i++;
				value = (struct str){ s.p + begin, i - begin };
			}
		}
		if (str_iis(name, "href"))
			t->href = value;
		else if (str_iis(name, "hidden"))
			t->hidden = true;
		else if (str_iis(name, "style"))
			t->hidden |= hides(str_head(value, 400));
	}
	return i < s.n ? i + 1 : s.n;
}

static bool one_of(struct str s, const char *const *v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (str_iis(s, v[i]))
			return true;
	return false;
}

#define ONE_OF(s, v) one_of(s, v, sizeof(v) / sizeof(v)[0])

/* Elements whose text nobody sees, or that is no text. */
static const char *const unseen[] = { "script", "style", "template", "svg",    "noscript", "iframe",
				      "object", "math",  "select",   "canvas", "audio",    "video" };
static const char *const voids[] = { "br",   "hr",  "img",   "input", "meta",   "link",  "area",
				     "base", "col", "embed", "param", "source", "track", "wbr" };
static const char *const blocks[] = { "p",          "ul",      "ol",      "table",  "blockquote",
				      "pre",        "article", "section", "aside",  "header",
				      "footer",     "nav",     "main",    "figure", "address",
				      "figcaption", "details", "dl" };
static const char *const liners[] = { "div",     "br",    "tr",      "li",     "dt",    "dd",
				      "hr",      "title", "summary", "option", "thead", "tbody",
				      "caption", "form",  "label",   "body" };

/* Behind the end of an element whose content is passed over; `at` stands behind its tag. */
static size_t behind_element(struct str html, size_t at, struct str name)
{
	size_t depth = 1;

	while (at < html.n) {
		const char *lt = memchr(html.p + at, '<', html.n - at);
		struct tag t;
		size_t n;

		if (!lt)
			return html.n;
		at = (size_t)(lt - html.p);
		if (str_starts(str_skip(html, at), STR("<!--")) && !str_iis(name, "script") &&
		    !str_iis(name, "style")) {
			const char *end = memmem(lt + 4, html.n - at - 4, "-->", 3);

			at = end ? (size_t)(end - html.p) + 3 : html.n;
			continue;
		}
		/* Inside scripts only their own end counts. */
		if (str_iis(name, "script") || str_iis(name, "style")) {
			if (html.n - at > name.n + 2 && lt[1] == '/' &&
			    str_ieq((struct str){ lt + 2, name.n }, name)) {
				const char *gt = memchr(lt, '>', html.n - at);

				return gt ? (size_t)(gt - html.p) + 1 : html.n;
			}
			at++;
			continue;
		}
		n = tag_at(str_skip(html, at), &t);
		if (n == 0) {
			at++;
			continue;
		}
		at += n;
		if (str_ieq(t.name, name) && !t.empty) {
			depth += t.close ? -(size_t)1 : 1;
			if (depth == 0)
				return at;
		}
	}
	return html.n;
}

static void link(struct page *p, struct str href)
{
	struct text_link *l;
	struct buf b;
	size_t i = 0;

	href = str_trim(href);
	if (!str_istarts(href, STR("http")) || href.n > 4096 ||
	    str_find(str_head(href, 12), STR("://")) == SIZE_MAX)
		return;
	buf_init(&b, 8192);
	while (i < href.n) {
		uint32_t c;
		size_t n = href.p[i] == '&' ? entity(str_skip(href, i), &c) : 0;

		if (n && c < 0x80) {
			buf_ch(&b, (char)c);
			i += n;
		} else {
			buf_ch(&b, href.p[i++]);
		}
	}
	l = VEC_PUSH(&p->d->links);
	if (l)
		*l = (struct text_link){ p->out->n, arena_str(&p->d->arena, buf_str(&b)) };
	if (!l || !l->url.p) {
		p->err = ERR_NOMEM;
		p->d->links.n -= l != NULL;
	}
	buf_free(&b);
}

static void open_tag(struct page *p, const struct tag *t)
{
	struct str n = t->name;

	if (n.n == 2 && low(n.p[0]) == 'h' && n.p[1] >= '1' && n.p[1] <= '6') {
		new_block(p);
		if (!t->close) {
			for (char c = '0'; c < n.p[1]; c++)
				buf_ch(p->out, '#');
			buf_ch(p->out, ' ');
		}
		return;
	}
	if (ONE_OF(n, blocks)) {
		new_block(p);
		if (str_iis(n, "pre"))
			p->pre = !t->close;
		return;
	}
	if (str_iis(n, "td") || str_iis(n, "th")) {
		if (!t->close && p->cells++) {
			buf_c(p->out, " | ");
			p->blank = false;
		}
		return;
	}
	if (ONE_OF(n, liners)) {
		new_line(p);
		if (str_iis(n, "tr"))
			p->cells = 0;
		if (str_iis(n, "li") && !t->close)
			buf_c(p->out, "- ");
		if (str_iis(n, "title")) {
			if (!t->close)
				p->title_at = p->out->n;
			else if (p->in_title)
				p->d->title =
					arena_str(&p->d->arena,
						  str_trim(str_skip(buf_str(p->out), p->title_at)));
			p->in_title = !t->close;
			if (t->close)
				new_block(p);
		}
		return;
	}
	/* The number of a footnote is no part of the name before it. */
	if (str_iis(n, "sup") && !p->pre)
		buf_ch(p->out, ' ');
	if (str_iis(n, "a") && !t->close && t->href.n)
		link(p, t->href);
}

enum err text_html(struct str html, struct text_doc *d)
{
	struct page page = { .d = d, .out = &d->text }, *p = &page;
	size_t i = 0;

	while (i < html.n && !p->err && !buf_err(p->out)) {
		char c = html.p[i];

		if (c == '<') {
			struct str rest = str_skip(html, i);
			struct tag t;
			size_t n;

			if (str_starts(rest, STR("<!--"))) {
				const char *end = rest.n > 4 ? memmem(rest.p + 4, rest.n - 4, "-->", 3)
							     : NULL;

				i = end ? (size_t)(end - html.p) + 3 : html.n;
				continue;
			}
			if (rest.n > 1 && (rest.p[1] == '!' || rest.p[1] == '?')) {
				const char *end = memchr(rest.p, '>', rest.n);

				i = end ? (size_t)(end - html.p) + 1 : html.n;
				continue;
			}
			n = tag_at(rest, &t);
			if (n) {
				i += n;
				if (!t.close && !t.empty && !ONE_OF(t.name, voids) &&
				    (t.hidden || ONE_OF(t.name, unseen)))
					i = behind_element(html, i, t.name);
				else
					open_tag(p, &t);
				continue;
			}
		}
		if (c == '&') {
			uint32_t code;
			size_t n = entity(str_skip(html, i), &code);

			if (n) {
				put_code(p, code);
				i += n;
				continue;
			}
		}
		if (space(c)) {
			if (p->pre)
				buf_ch(p->out, c);
			else
				p->blank = true;
			i++;
			continue;
		}
		{
			size_t from = i++;

			while (i < html.n && html.p[i] != '<' && html.p[i] != '&' && !space(html.p[i]))
				i++;
			put_bytes(p, html.p + from, i - from);
		}
	}
	new_line(p);
	while (p->out->n > 1 && p->out->p[p->out->n - 2] == '\n')
		p->out->n--;
	return p->err ? p->err : buf_err(p->out);
}
