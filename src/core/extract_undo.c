/* SPDX-License-Identifier: Apache-2.0 */
/* What else stands for something: dots with blanks, backslashes, odd characters, broken lines. */
#include "core/extract_parts.h"

/* ---- dots and blanks -------------------------------------------------------------------------- */

size_t fold_plain_tld(const char *p, const char *end)
{
	static const char *const tlds[] = { "com", "net", "org", "info", "biz",  "xyz", "top", "ru",
					    "cn",  "co",  "io",  "club", "site", "cc",  "pw",  "su",
					    "ua",  "de",  "uk",  "jp",   "kr",   "br",  "ir",  "eu",
					    "tk",  "gov", "edu", "live", "shop", "icu", "tw",  "vip" };
	size_t n = 0;

	while (p + n < end && p[n] >= 'a' && p[n] <= 'z')
		n++;
	for (size_t i = 0; i < sizeof tlds / sizeof tlds[0]; i++)
		if (strlen(tlds[i]) == n && memcmp(tlds[i], p, n) == 0 &&
		    (p + n == end || (!ex_alnum(p[n]) && p[n] != '_' && p[n] != '-')))
			return n;
	return 0;
}

/* A dotted quad with blanks around its dots, `digits` of it written: where it ends, or NULL. */
static const char *spaced_quad(const struct fold *f, const char *dot, const char *end, size_t back)
{
	size_t digits = 0, most = 0;
	const char *s = dot;
	uint32_t v = 0;

	while (digits < 4 && digits + back < f->n && ex_is(f->p[f->n - 1 - back - digits], C_DIGIT))
		digits++;
	if (digits == 0 || digits > 3 ||
	    (digits + back < f->n && ex_is(f->p[f->n - 1 - back - digits], C_NAME)))
		return NULL;
	for (size_t i = 0; i < digits; i++)
		v = v * 10 + (uint32_t)(f->p[f->n - back - digits + i] - '0');
	if (v == 0 || v > 255)
		return NULL;
	most = v;
	for (int k = 0; k < 3; k++) {
		size_t blank = 0;

		while (s < end && *s == ' ' && blank < 2)
			s++, blank++;
		if (s >= end || *s != '.')
			return NULL;
		s++;
		while (s < end && *s == ' ' && blank < 3)
			s++, blank++;
		if (blank == 0 && !(k == 0 && back))
			return NULL;
		for (v = 0, digits = 0; s < end && ex_is(*s, C_DIGIT) && digits < 4; s++, digits++)
			v = v * 10 + (uint32_t)(*s - '0');
		if (digits == 0 || digits > 3 || v > 255)
			return NULL;
		if (v > most)
			most = v;
	}
	return most >= 20 && (s >= end || !ex_alnum(*s)) ? s : NULL;
}

/* A dot of the text. */
static enum err dot(struct fold *f, size_t at, size_t *took)
{
	const char *p = f->src.p + at, *end = f->src.p + f->src.n, *s;
	size_t back = fold_blanks_before(f);
	enum err e;

	*took = 0;
	/* The other half: evil.]com */
	if (end - p > 2 && p[1] == ']' && fold_label_before(f, 0) && ex_label_at(p + 2, end)) {
		size_t i = f->n, least = f->n > 40 ? f->n - 40 : 0;

		while (i > least && f->p[i - 1] != '[' && f->p[i - 1] != '\n')
			i--;
		if (i > least && f->p[i - 1] == '[')
			return ERR_OK;
		*took = 2;
		return fold_put_hard(f, at, ".");
	}
	if (end - p < 2 || (p[1] != ' ' && back == 0))
		return ERR_OK;
	s = spaced_quad(f, p, end, back);
	if (s) {
		fold_drop(f, back);
		for (const char *t = p; t < s; t++)
			if (*t != ' ') {
				if (*t == '.') {
					fold_mark(f->hard, f->n);
				}
				e = fold_put(f, (size_t)(t - f->src.p), *t);
				if (e)
					return e;
			}
		*took = (size_t)(s - p);
		return ERR_OK;
	}
	/* "evil . com"; "www.evil. com" */
	if (p[1] == ' ' && back <= 1 && fold_label_before(f, back) && fold_plain_tld(p + 2, end) &&
	    !ex_upper(f->p[f->n - 1 - back]) &&
	    /* "e.g. info" */
	    !(f->n > back + 1 && f->p[f->n - 2 - back] == '.')) {
		bool dotted = back == 1;

		for (size_t i = f->n - back, n = 0; i && n < 64 && ex_is(f->p[i - 1], C_NAME); i--, n++)
			dotted |= ex_is(f->p[i - 1], C_DIGIT) || f->p[i - 1] == '.';
		if (!dotted)
			return ERR_OK;
		fold_drop(f, back);
		*took = 2;
		return fold_put_hard(f, at, ".");
	}
	return ERR_OK;
}

/* " dot " in words. */
static enum err dot_word(struct fold *f, size_t at, size_t *took)
{
	const char *p = f->src.p + at, *end = f->src.p + f->src.n, *next = p + 4;
	size_t n = 0;

	*took = 0;
	if (f->n < 2 || f->p[f->n - 1] != ' ' || !fold_label_before(f, 1) || end - p < 6 ||
	    !str_ieq((struct str){ p, 4 }, STR("dot ")))
		return ERR_OK;
	/* What follows ends a name, or goes on with another " dot ". */
	while (next + n < end && ex_alnum(next[n]) && n < 40)
		n++;
	if (fold_plain_tld(next, end) == 0 && !((size_t)(end - next) > n + 5 && n &&
						str_ieq((struct str){ next + n, 5 }, STR(" dot "))))
		return ERR_OK;
	fold_drop(f, 1);
	*took = 4;
	return fold_put_hard(f, at, ".");
}

/* `\.` `\/` `\_` of regular expressions, Markdown and JSON, but not in paths of Windows. */
static enum err backslash(struct fold *f, size_t at, size_t *took)
{
	const char *p = f->src.p + at, *end = f->src.p + f->src.n, *stands;
	char c = end - p > 1 ? p[1] : 0;
	size_t n;

	*took = 0;
	if (c == '[' && fold_bracketed(p + 1, end, &stands)) {
		enum err e = fold_bracket(f, at + 1, &n);

		*took = n ? n + 1 : 0;
		return e;
	}
	if (!c || !strchr("./:-_@", c) || end - p < 3)
		return ERR_OK;
	if (c == '/' ? !(ex_label_at(p + 2, end) || p[2] == '\\')
		     : (!ex_label_at(p + 2, end) && !(c == ':' && (p[2] == '/' || p[2] == '\\'))))
		return ERR_OK;
	if (!fold_label_before(f, 0) &&
	    !(c == '/' && f->n && (f->p[f->n - 1] == ':' || f->p[f->n - 1] == '/')))
		return ERR_OK;
	for (n = 0; n < 80 && n < f->n; n++) {
		char b = f->p[f->n - 1 - n];

		if (b == '\\')
			return ERR_OK;
		if (b == ' ' || b == '\n' || b == '\t' || b == '|' || b == '(' || b == ')')
			break;
	}
	*took = 2;
	if (c == '.') {
		fold_mark(f->hard, f->n);
	}
	return fold_put(f, at, c);
}

/* ---- characters beyond ASCII ------------------------------------------------------------------ */

static bool digit_at(const char *p, const char *end)
{
	return p < end && ex_is(*p, C_DIGIT);
}

static enum err wide(struct fold *f, size_t at, size_t *took)
{
	const unsigned char *p = (const unsigned char *)f->src.p + at;
	const char *s = f->src.p + at, *end = f->src.p + f->src.n;
	size_t left = f->src.n - at;
	char before = f->n ? f->p[f->n - 1] : '\n';
	uint32_t c;

	*took = 0;
	if (p[0] == 0xc2) {
		if (left < 2)
			return ERR_OK;
		*took = 2;
		if (p[1] == 0xa0)
			return fold_put(f, at, ' ');
		if (p[1] == 0xad) {
			f->dirty = true;
			return ERR_OK;
		}
		if (p[1] == 0xb7 && ex_alnum(before) && ex_label_at(s + 2, end) && ex_alnum(s[2])) {
			fold_mark(f->soft, f->n);
			f->any_soft = true;
			return fold_put(f, at, '.');
		}
		*took = 0;
		return ERR_OK;
	}
	if (left < 3)
		return ERR_OK;
	c = (uint32_t)(p[0] & 15) << 12 | (uint32_t)(p[1] & 63) << 6 | (p[2] & 63);
	*took = 3;
	if ((c >= 0x200b && c <= 0x200f) || c == 0x2060 || c == 0xfeff || (c >= 0x202a && c <= 0x202e)) {
		f->dirty = true;
		return ERR_OK;
	}
	if ((c >= 0x2000 && c <= 0x200a) || c == 0x3000 || c == 0x202f || c == 0x205f)
		return fold_put(f, at, ' ');
	if (c == 0x2010 || c == 0x2011 ||
	    ((c == 0x2012 || c == 0x2013 || c == 0x2212) &&
	     ((ex_is(before, C_DIGIT) && digit_at(s + 3, end)) ||
	      (f->n > 2 && str_ieq((struct str){ f->p + f->n - 3, 3 }, STR("cve"))))))
		return fold_put(f, at, '-');
	/* Full stops and middle dots between Latin letters or digits: a dot, perhaps. */
	if (c == 0x3002 || c == 0xff61 || c == 0x30fb || c == 0xff65 || c == 0x2024 || c == 0x2022) {
		if (ex_alnum(before) && ex_label_at(s + 3, end) &&
		    (ex_alnum(s[3]) || (unsigned char)s[3] == 0xef)) {
			if (c != 0x2024) {
				fold_mark(f->soft, f->n);
				f->any_soft = true;
			}
			return fold_put(f, at, '.');
		}
		*took = 0;
		return ERR_OK;
	}
	if (c >= 0xff01 && c <= 0xff5e) {
		char ascii = (char)(c - 0xff01 + '!');

		/* A wide slash or dot alone separates; among wide letters or in a scheme it is one. */
		if (ascii == '/' && before != ':' && before != '/' &&
		    !(f->n > 1 && (unsigned char)s[-3] == 0xef && left > 3 && p[3] == 0xef)) {
			*took = 0;
			return ERR_OK;
		}
		return fold_put(f, at, ascii);
	}
	*took = 0;
	return ERR_OK;
}

/* ---- the ends of lines ------------------------------------------------------------------------ */

/* Digits and dots of an address that ends with a dot; the rest, defanged, begins at s. */
static bool address_goes_on(const struct fold *f, size_t token, size_t n, const char *s, const char *end)
{
	size_t dots = 0, hard = 0;

	for (size_t i = token; i < n; i++) {
		if (!ex_is(f->p[i], C_DIGIT) && f->p[i] != '.')
			return false;
		dots += f->p[i] == '.';
		hard += f->p[i] == '.' && fold_bit(f->hard, i);
	}
	for (; s < end && (ex_is(*s, C_DIGIT) || *s == '.' || *s == '[' || *s == ']'); s++) {
		/* A full stop behind it is none of them. */
		if (*s == '.' && !(end - s > 1 && (ex_is(s[1], C_DIGIT) || s[1] == ']')))
			break;
		dots += *s == '.';
		hard += *s == '[';
	}
	return dots == 3 && hard;
}

/* Does the URL [token, n) end within the name of its host? */
static bool host_is_open(const struct fold *f, size_t token, size_t n)
{
	size_t i = n;

	while (i > token && ex_is(f->p[i - 1], C_NAME))
		i--;
	return i > token + 1 && f->p[i - 1] == '/' && f->p[i - 2] == '/';
}

/*
 * A value broken over two lines is taken as one where the break can be nothing else: the line ends
 * in a hyphen, or in the middle of a path or query, and what follows goes on like that.
 */
static enum err line_end(struct fold *f, size_t at, size_t *took)
{
	const char *s = f->src.p + at + 1, *end = f->src.p + f->src.n, *t;
	size_t n = f->n, token, width = 0;
	bool url = false, dotted = false, pathy = false, digits = false, join = false, indent;
	char last;

	*took = 0;
	if (n && f->p[n - 1] == '\r')
		n--;
	if (n < 2 || !strchr("-=&?%_/.", f->p[n - 1]))
		return ERR_OK;
	last = f->p[n - 1];
	while (s < end && ex_blank(*s) && s - f->src.p - (ptrdiff_t)at < 80)
		s++;
	/* Mostly. */
	if (s >= end || !(ex_alnum(*s) || strchr("=&/?%_", *s)) || (last == '.' && !ex_is(*s, C_DIGIT)))
		return ERR_OK;
	while (width < at && width < 80 && f->src.p[at - 1 - width] != '\n')
		width++;
	indent = s > f->src.p + at + 1;
	for (t = s; t < end && t - s < 400 && !ex_blank(*t) && *t != '\n' && *t != '\r'; t++) {
		dotted |= *t == '[' && end - t > 2 && t[1] == '.' && t[2] == ']';
		pathy |= strchr("/?=&", *t) != NULL;
		digits |= ex_is(*t, C_DIGIT);
		if (end - t > 3 && memcmp(t, "://", 3) == 0)
			return ERR_OK;
	}
	for (token = n; token && n - token < 1200 && f->p[token - 1] != ' ' &&
			f->p[token - 1] != '\n' && f->p[token - 1] != '\t';
	     token--)
		url |= f->p[token - 1] == '/' && token > 1 && f->p[token - 2] == '/';
	if (!ex_alnum(f->p[token]))
		return ERR_OK;
	if (!(ex_alnum(*s) || (url && strchr("=&/?%_", *s))))
		return ERR_OK;
	if (url && !fold_any(f->hard, token, n) && (f->p[token] | 32) != 'h')
		return ERR_OK;
	if (last == '-' && !url) /* evil-\ndomain[.]com */
		join = dotted && ex_alnum(f->p[n - 2]);
	else if (last == '-' && host_is_open(f, token, n)) /* hxxp://evil-\ndomain[.]com */
		join = dotted && ex_alnum(f->p[n - 2]);
	else if (last == '.' && !url)
		join = address_goes_on(f, token, n, s, end);
	else if (url && last == '/')
		join = !dotted && width >= 60 && f->p[n - 2] != '/' &&
		       (indent ? pathy || digits : pathy && width >= 70);
	else if (url && last != '.')
		join = !dotted;
	if (!join)
		return ERR_OK;
	if (f->p[f->n - 1] == '\r')
		fold_drop(f, 1);
	f->dirty = true;
	*took = (size_t)(s - (f->src.p + at));
	return ERR_OK;
}

enum err fold_undo(struct fold *f, size_t at, size_t *took)
{
	switch (f->src.p[at]) {
	case '[':
	case '(':
	case '{':
	case '<':
		return fold_bracket(f, at, took);
	case '.':
		return dot(f, at, took);
	case '\\':
		return backslash(f, at, took);
	case 'd':
	case 'D':
		return dot_word(f, at, took);
	case '\n':
		return line_end(f, at, took);
	case '\0':
		*took = 1;
		return fold_put(f, at, ' ');
	default: {
		enum err e = fold_bracket(f, at, took);

		return e || *took ? e : wide(f, at, took);
	}
	}
}
