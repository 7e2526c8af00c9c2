/* SPDX-License-Identifier: Apache-2.0 */
/* What stands in brackets for a dot, a colon, an at sign or a slash. */
#include "core/extract_parts.h"

static size_t starts_any(const char *p, const char *end, const char *const *v, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		size_t len = strlen(v[i]);

		if ((size_t)(end - p) >= len &&
		    str_ieq((struct str){ p, len }, (struct str){ v[i], len }))
			return len;
	}
	return 0;
}

static const char *const openers[] = {
	"[", "(", "{", "<", "\xef\xbc\x88", "\xef\xbc\xbb", "\xef\xbd\x9b", "\xe3\x80\x90", "\xe3\x80\x94", "\xe3\x80\x8c"
};
static const char *const closers[] = {
	"]", ")", "}", ">", "\xef\xbc\x89", "\xef\xbc\xbd", "\xef\xbd\x9d", "\xe3\x80\x91", "\xe3\x80\x95", "\xe3\x80\x8d"
};
enum { BRACKETS = sizeof openers / sizeof openers[0] };

/* Longer ones before what they begin with. */
static const struct {
	const char *word, *stands;
} inside[] = { { "://", "://" },
	       { "::", "::" },
	       { ":/", ":/" },
	       { "//", "//" },
	       { ":", ":" },
	       { "\xef\xbc\x9a", ":" },
	       { "/", "/" },
	       { ".", "." },
	       { ",", "." },
	       { "dot", "." },
	       { "d0t", "." },
	       { "punkt", "." },
	       { "punto", "." },
	       { "ponto", "." },
	       { "point", "." },
	       { "nokta", "." },
	       { "kropka", "." },
	       { "titik", "." },
	       { "tecka", "." },
	       { "te\xc4\x8dka", "." },
	       { "bod", "." },
	       { "ch\xe1\xba\xa5m", "." },                                  /* chấm */
	       { "\xd1\x82\xd0\xbe\xd1\x87\xd0\xba\xd0\xb0", "." },         /* точка */
	       { "\xd0\xba\xd1\x80\xd0\xb0\xd0\xbf\xd0\xba\xd0\xb0", "." }, /* крапка */
	       { "\xe9\xbb\x9e", "." },                                     /* 點 */
	       { "\xeb\x8b\xb7", "." },                                     /* 닷 */
	       { "\xec\xa0\x90", "." },                                     /* 점 */
	       { "\xe0\xb8\x88\xe0\xb8\xb8\xe0\xb8\x94", "." },             /* จุด */
	       { "\xd9\x86\xd9\x82\xd8\xb7\xd8\xa9", "." },                 /* نقطة */
	       { "arroba", "@" },
	       { "chiocciola", "@" },
	       { "malpa", "@" },
	       { "ma\xc5\x82pa", "@" },
	       { "\xd1\x81\xd0\xbe\xd0\xb1\xd0\xb0\xd0\xba\xd0\xb0", "@" }, /* собака */
	       { "\xe3\x83\x89\xe3\x83\x83\xe3\x83\x88", "." },             /* ドット */
	       { "\xe7\x82\xb9", "." },                                     /* 点 */
	       { "\xe3\x80\x82", "." },                                     /* 。 */
	       { "\xef\xbc\x8e", "." },                                     /* ． */
	       { "\xe3\x83\xbb", "." },                                     /* ・ */
	       { "\xef\xbd\xa1", "." },                                     /* ｡ */
	       { "@", "@" },
	       { "\xef\xbc\xa0", "@" },
	       { "at", "@" },
	       { "\xe3\x82\xa2\xe3\x83\x83\xe3\x83\x88", "@" } }; /* アット */

/* What may stand beside the dot within brackets: a line's end, too. */
static bool filler(char c)
{
	return ex_blank(c) || c == '\\' || c == '"' || c == '\'' || c == '\n' || c == '\r';
}

/* `[.]` and its kin at p, twice bracketed and with blanks too: its length, or 0. */
size_t fold_bracketed(const char *p, const char *end, const char **stands)
{
	const char *s = p;
	size_t open = 0, n;

	/* Nearly always. */
	if (end - p > 2 && p[0] == '[' && p[1] == '.' && p[2] == ']') {
		*stands = ".";
		return 3;
	}

	while (open < 2 && s < end) {
		if (*s == '[' || *s == '(' || *s == '{' || *s == '<')
			n = 1;
		else
			n = ex_is(*s, C_WIDE) ? starts_any(s, end, openers, BRACKETS) : 0;
		if (n == 0)
			break;
		s += n;
		open++;
	}
	while (s < end && s - p < 12 && filler(*s))
		s++;
	if (!open || s >= end || (!ex_is(*s, C_WIDE) && !strchr(".:/,@dDpPaAnNkKtTbBcCmM", *s)))
		return 0;
	for (size_t i = 0; i < sizeof inside / sizeof inside[0]; i++) {
		const char *t, *word = inside[i].word;

		if (ex_lower(*s) != word[0])
			continue;
		n = strlen(word);
		if ((size_t)(end - s) < n || !str_ieq((struct str){ s, n }, (struct str){ word, n }))
			continue;
		for (t = s + n; t < end && t - s < 12 && filler(*t); t++)
			;
		for (n = open; n; n--) {
			size_t len = starts_any(t, end, closers, BRACKETS);

			if (len == 0)
				break;
			t += len;
		}
		if (n == 0) {
			*stands = inside[i].stands;
			return (size_t)(t - p);
		}
	}
	return 0;
}

/* Soft hyphens, joiners and the like. */
static const char *over_unseen(const char *p, const char *end)
{
	for (;;) {
		const unsigned char *u = (const unsigned char *)p;

		if (end - p >= 2 && u[0] == 0xc2 && u[1] == 0xad)
			p += 2;
		else if (end - p >= 3 && u[0] == 0xe2 &&
			 ((u[1] == 0x80 && u[2] >= 0x8b && u[2] <= 0x8f) ||
			  (u[1] == 0x81 && u[2] == 0xa0)))
			p += 3;
		else if (end - p >= 3 && u[0] == 0xef && u[1] == 0xbb && u[2] == 0xbf)
			p += 3;
		else
			return p;
	}
}

/* Blanks behind a defanged dot, and the end of a line that it was broken over. */
static const char *over_blanks(const char *p, const char *end, bool line_too)
{
	const char *s = over_unseen(p, end);

	while (s < end && s - p < 3 && ex_blank(*s))
		s++;
	if (line_too && s < end && (*s == '\n' || (*s == '\r' && end - s > 1 && s[1] == '\n'))) {
		s += *s == '\r' ? 2 : 1;
		p = s;
		while (s < end && s - p < 80 && ex_blank(*s))
			s++;
	}
	return s;
}

/* "com", "evil.com": not the member of an element, as in `list[i].name`. */
static bool name_follows(const char *p, const char *end)
{
	size_t n = 0;

	if (fold_plain_tld(p, end))
		return true;
	while (p + n < end && n < 64 && (ex_alnum(p[n]) || p[n] == '-'))
		n++;
	return n && end - p > (ptrdiff_t)n + 2 && p[n] == '.' && fold_plain_tld(p + n + 1, end);
}

/* `paths.h[.in]`, `major[.minor[.patch]]`: parts that may be left out, none of which is a usual
 * ending of a name. `evil[.co[.uk` is a name. */
static bool optional(const char *p, const char *end)
{
	for (int depth = 0; depth < 4; depth++) {
		const char *stands;
		size_t n = 0;

		while (p + n < end && n < 64 && ex_is(p[n], C_ALPHA))
			n++;
		if (n == 0 || p + n >= end || fold_plain_tld(p, end))
			return false;
		if (p[n] == ']')
			return true;
		if (p[n] != '[' || fold_bracketed(p + n, end, &stands))
			return false;
		if (end - (p + n) < 2 || p[n + 1] != '.')
			return true;
		p += n + 2;
	}
	return false;
}

/* "b[i]ttern.com", "w[w]w.name[.]com": does what follows the bracket end a label of a name? */
static bool label_goes_on(const char *p, const char *end)
{
	size_t n = 0, left = (size_t)(end - p);

	while (n < left && n < 64 && (ex_alnum(p[n]) || p[n] == '-'))
		n++;
	if (n == 0 || left < n + 3)
		return false;
	if (p[n] == '[')
		return p[n + 1] == '.';
	if (p[n] != '.')
		return false;
	left -= n;
	return name_follows(p + n + 1, end) ||
	       (ex_alnum(p[n + 1]) && memmem(p + n, left < 64 ? left : 64, "[.]", 3));
}

/* The bytes of the text from `at` on that stand for something else: 0 if they do not. */
enum err fold_bracket(struct fold *f, size_t at, size_t *took)
{
	const char *begin = f->src.p + at, *end = f->src.p + f->src.n, *stands, *next;
	size_t n = fold_bracketed(begin, end, &stands), back = fold_blanks_before(f);
	bool dot;

	*took = 0;
	if (n == 0) {
		/* Half of it: evil[.com */
		if (begin[0] == '[' && end - begin > 3 && begin[1] == '.' && fold_label_before(f, 0) &&
		    ex_label_at(begin + 2 + (begin[2] == '['), end) && !optional(begin + 2, end)) {
			*took = 2 + (begin[2] == '[');
			return fold_put_hard(f, at, ".");
		}
		/* A letter in brackets: hxxp://evi[l].com */
		if (begin[0] == '[' && end - begin > 4 && ex_is(begin[1], C_ALPHA) &&
		    begin[2] == ']' && fold_label_before(f, 0) &&
		    (label_goes_on(begin + 3, end) ||
		     (begin[3] == '[' ? ex_label_at(begin + 4, end) || begin[4] == '.'
				      : begin[3] == '.' && name_follows(begin + 4, end)))) {
			const char letter[2] = { begin[1], 0 };

			*took = 3;
			return fold_put_hard(f, at, letter);
		}
		return ERR_OK;
	}
	dot = stands[0] == '.';
	/* The line's end before it. */
	if ((dot || stands[0] == '@') && f->n > back && f->p[f->n - 1 - back] == '\n' &&
	    fold_label_before(f, back + 1))
		back++;
	/* "[.].com" */
	if (dot && end - begin > (ptrdiff_t)n + 1 && begin[n] == '.' && ex_label_at(begin + n + 1, end))
		n++;
	next = over_blanks(begin + n, end, dot);
	/* "delimited by a comma (,) to allow", "a dot (.) in a path", split('.') */
	if ((begin[1] == ',' && (back || next != begin + n)) ||
	    (begin[0] == '(' && (begin[1] == '\'' || begin[1] == '"')) ||
	    (dot && begin[0] == '(' && back && next != begin + n && !name_follows(next, end)))
		return ERR_OK;
	if (dot || stands[0] == '@') {
		if (!ex_label_at(next, end) && !(*stands == '.' && next < end && *next == '['))
			return ERR_OK;
		if (!fold_label_before(f, back)) {
			if (!dot || back || next != begin + n)
				return ERR_OK;
			back = 0;
		}
	} else {
		back = 0;
		next = begin + n;
		if (!fold_label_before(f, 0) &&
		    !(f->n && (f->p[f->n - 1] == ':' || f->p[f->n - 1] == '/' || f->p[f->n - 1] == '*')))
			return ERR_OK;
		/* A slice of Python is no colon of an address. */
		if (stands[0] == ':' && stands[1] == 0 && next < end && *next != '/' &&
		    *next != ':' && !ex_alnum(*next) && *next != '[')
			return ERR_OK;
	}
	if (back)
		fold_drop(f, back);
	*took = (size_t)(next - begin);
	return fold_put_hard(f, at, stands);
}
