/* SPDX-License-Identifier: Apache-2.0 */
#include "core/extract_parts.h"

#include <stdlib.h>

/* ---- characters ------------------------------------------------------------------------------- */

#define D  (C_DIGIT | C_NAME | C_PATH | C_LOCAL)
#define H  (C_ALPHA | C_HEX | C_NAME | C_PATH | C_LOCAL)
#define A  (C_ALPHA | C_NAME | C_PATH | C_LOCAL)
#define N  (C_NAME | C_PATH | C_LOCAL)
#define L  (C_PATH | C_LOCAL)
#define P  C_PATH
#define W1 C_WIDE
#define W8 W1, W1, W1, W1, W1, W1, W1, W1

const unsigned char ex_class_of[256] = {
	['!'] = P, ['#'] = L, ['$'] = P, ['%'] = L, ['&'] = L, ['\''] = P, ['('] = P, [')'] = P,
	['*'] = P, ['+'] = L, [','] = P, ['-'] = N, ['.'] = N, ['/'] = P,  ['0'] = D, ['1'] = D,
	['2'] = D, ['3'] = D, ['4'] = D, ['5'] = D, ['6'] = D, ['7'] = D,  ['8'] = D, ['9'] = D,
	[':'] = P, [';'] = P, ['='] = L, ['?'] = P, ['@'] = P, ['A'] = H,  ['B'] = H, ['C'] = H,
	['D'] = H, ['E'] = H, ['F'] = H, ['G'] = A, ['H'] = A, ['I'] = A,  ['J'] = A, ['K'] = A,
	['L'] = A, ['M'] = A, ['N'] = A, ['O'] = A, ['P'] = A, ['Q'] = A,  ['R'] = A, ['S'] = A,
	['T'] = A, ['U'] = A, ['V'] = A, ['W'] = A, ['X'] = A, ['Y'] = A,  ['Z'] = A, ['['] = P,
	[']'] = P, ['_'] = N, ['a'] = H, ['b'] = H, ['c'] = H, ['d'] = H,  ['e'] = H, ['f'] = H,
	['g'] = A, ['h'] = A, ['i'] = A, ['j'] = A, ['k'] = A, ['l'] = A,  ['m'] = A, ['n'] = A,
	['o'] = A, ['p'] = A, ['q'] = A, ['r'] = A, ['s'] = A, ['t'] = A,  ['u'] = A, ['v'] = A,
	['w'] = A, ['x'] = A, ['y'] = A, ['z'] = A, ['~'] = L, [128] = W8, W8,        W8,
	W8,        W8,        W8,        W8,        W8,        W8,         W8,        W8,
	W8,        W8,        W8,        W8,        W8,
};

size_t ex_char(const char *p, size_t n, enum script *script)
{
	const unsigned char *u = (const unsigned char *)p;
	size_t len = u[0] < 0xc2 ? 1 : u[0] < 0xe0 ? 2 : u[0] < 0xf0 ? 3 : u[0] < 0xf5 ? 4 : 1;
	uint32_t c;

	*script = SCRIPT_NONE;
	if (u[0] < 0x80)
		return 1;
	if (len == 1 || len > n)
		return 1;
	c = u[0] & (0x7fu >> len);
	for (size_t i = 1; i < len; i++) {
		if ((u[i] & 0xc0) != 0x80)
			return 1;
		c = c << 6 | (u[i] & 0x3f);
	}
	/* Alphabets up to Georgian, extended Latin and Greek. */
	if ((c >= 0xc0 && c <= 0x1fff && c != 0xd7 && c != 0xf7 && !(c >= 0x1100 && c <= 0x11ff)) ||
	    (c >= 0x2c00 && c <= 0x2dff))
		*script = SCRIPT_LETTER;
	/* Kana, bopomofo, ideographs, Hangul: the iteration mark and the long vowel are letters
	 * too. */
	else if ((c >= 0x3041 && c <= 0x30ff && c != 0x30fb && c != 0x30a0) ||
		 (c >= 0x3105 && c <= 0x31ff) || (c >= 0x3400 && c <= 0x9fff) ||
		 (c >= 0xac00 && c <= 0xd7a3) || (c >= 0xf900 && c <= 0xfaff) ||
		 (c >= 0x20000 && c <= 0x3ffff) || c == 0x3005 || c == 0x3007 ||
		 (c >= 0x1100 && c <= 0x11ff) || (c >= 0xff66 && c <= 0xff9f))
		*script = SCRIPT_CJK;
	return len;
}

/* Is there a letter or digit of any script at p? */
static bool label_at(const char *p, const char *end)
{
	enum script script;

	if (p >= end)
		return false;
	if (ex_alnum(*p))
		return true;
	if (!ex_is(*p, C_WIDE))
		return false;
	/* Full-width digits and letters. */
	if (end - p >= 3 && (unsigned char)p[0] == 0xef &&
	    ((unsigned char)p[1] == 0xbc || (unsigned char)p[1] == 0xbd))
		return true;
	(void)ex_char(p, (size_t)(end - p), &script);
	return script != SCRIPT_NONE;
}

/* ---- writing ---------------------------------------------------------------------------------- */

static enum err sync(struct fold *f, size_t src)
{
	struct fold_edit *e;

	if (!f->dirty)
		return ERR_OK;
	f->dirty = false;
	if (f->edits.n && f->edits.v[f->edits.n - 1].at == f->n) {
		f->edits.v[f->edits.n - 1].src = (uint32_t)src;
		return ERR_OK;
	}
	e = VEC_PUSH(&f->edits);
	if (!e)
		return ERR_NOMEM;
	*e = (struct fold_edit){ (uint32_t)f->n, (uint32_t)src };
	return ERR_OK;
}

/* One character in place of others; the text goes on elsewhere. */
static enum err put(struct fold *f, size_t src, char c)
{
	enum err e;

	f->dirty = true;
	e = sync(f, src);
	f->p[f->n++] = c;
	f->dirty = true;
	return e;
}

static void mark(uint64_t *map, size_t i)
{
	map[i / 64] |= UINT64_C(1) << (i % 64);
}

static enum err put_hard(struct fold *f, size_t src, const char *s)
{
	enum err e = ERR_OK;

	for (; *s && !e; s++) {
		mark(f->hard, f->n);
		f->n_hard++;
		e = put(f, src, *s);
	}
	return e;
}

static bool label_before(const struct fold *f, size_t back)
{
	return f->n > back && (ex_alnum(f->p[f->n - 1 - back]) || ex_is(f->p[f->n - 1 - back], C_WIDE));
}

static size_t blanks_before(const struct fold *f)
{
	size_t n = 0;

	while (n < 3 && n < f->n && ex_blank(f->p[f->n - 1 - n]))
		n++;
	return n;
}

/* Take back what was written last. */
static void drop(struct fold *f, size_t n)
{
	f->n -= n;
	while (f->edits.n && f->edits.v[f->edits.n - 1].at > f->n)
		f->edits.n--;
	f->dirty = true;
}

/* ---- brackets --------------------------------------------------------------------------------- */

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
	       { "\xe3\x83\x89\xe3\x83\x83\xe3\x83\x88", "." }, /* ドット */
	       { "\xe7\x82\xb9", "." },                         /* 点 */
	       { "\xe3\x80\x82", "." },                         /* 。 */
	       { "\xef\xbc\x8e", "." },                         /* ． */
	       { "\xe3\x83\xbb", "." },                         /* ・ */
	       { "\xef\xbd\xa1", "." },                         /* ｡ */
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
static size_t bracketed(const char *p, const char *end, const char **stands)
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
	if (!open || s >= end || (!ex_is(*s, C_WIDE) && !strchr(".:/,@dDpPaA", *s)))
		return 0;
	for (size_t i = 0; i < sizeof inside / sizeof inside[0]; i++) {
		const char *t, *word = inside[i].word;

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

/* Blanks behind a defanged dot, and the end of a line that it was broken over. */
static const char *over_blanks(const char *p, const char *end, bool line_too)
{
	const char *s = p;

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

/* The bytes of the text from `at` on that stand for something else: 0 if they do not. */
static enum err bracket(struct fold *f, size_t at, size_t *took)
{
	const char *begin = f->src.p + at, *end = f->src.p + f->src.n, *stands, *next;
	size_t n = bracketed(begin, end, &stands), back = blanks_before(f);
	bool dot;

	*took = 0;
	if (n == 0) {
		/* Half of it: evil[.com */
		if (begin[0] == '[' && end - begin > 3 && begin[1] == '.' && label_before(f, 0) &&
		    label_at(begin + 2 + (begin[2] == '['), end)) {
			*took = 2 + (begin[2] == '[');
			return put_hard(f, at, ".");
		}
		/* A letter in brackets: hxxp://evi[l].com */
		if (begin[0] == '[' && end - begin > 4 && ex_is(begin[1], C_ALPHA) &&
		    begin[2] == ']' && label_before(f, 0) && (begin[3] == '.' || begin[3] == '[') &&
		    (label_at(begin + 4, end) || begin[4] == '.')) {
			const char letter[2] = { begin[1], 0 };

			*took = 3;
			return put_hard(f, at, letter);
		}
		return ERR_OK;
	}
	dot = stands[0] == '.';
	/* The line's end before it. */
	if ((dot || stands[0] == '@') && f->n > back && f->p[f->n - 1 - back] == '\n' &&
	    label_before(f, back + 1))
		back++;
	/* "[.].com" */
	if (dot && end - begin > (ptrdiff_t)n + 1 && begin[n] == '.' && label_at(begin + n + 1, end))
		n++;
	next = over_blanks(begin + n, end, dot);
	if (dot || stands[0] == '@') {
		if (!label_at(next, end) && !(*stands == '.' && next < end && *next == '['))
			return ERR_OK;
		if (!label_before(f, back)) {
			if (!dot || back || next != begin + n)
				return ERR_OK;
			back = 0;
		}
	} else {
		back = 0;
		next = begin + n;
		if (!label_before(f, 0) && !(f->n && (f->p[f->n - 1] == ':' || f->p[f->n - 1] == '/' ||
						      f->p[f->n - 1] == '*')))
			return ERR_OK;
		/* A slice of Python is no colon of an address. */
		if (stands[0] == ':' && stands[1] == 0 && next < end && *next != '/' &&
		    *next != ':' && !ex_alnum(*next) && *next != '[')
			return ERR_OK;
	}
	if (back)
		drop(f, back);
	*took = (size_t)(next - begin);
	return put_hard(f, at, stands);
}

/* ---- dots and blanks -------------------------------------------------------------------------- */

/* Ends of names that are no words, so that blanks around the dot before them are defanging. */
static size_t plain_tld(const char *p, const char *end)
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
	size_t back = blanks_before(f);
	enum err e;

	*took = 0;
	/* The other half: evil.]com */
	if (end - p > 2 && p[1] == ']' && label_before(f, 0) && label_at(p + 2, end)) {
		size_t i = f->n, least = f->n > 40 ? f->n - 40 : 0;

		while (i > least && f->p[i - 1] != '[' && f->p[i - 1] != '\n')
			i--;
		if (i > least && f->p[i - 1] == '[')
			return ERR_OK;
		*took = 2;
		return put_hard(f, at, ".");
	}
	if (end - p < 2 || (p[1] != ' ' && back == 0))
		return ERR_OK;
	s = spaced_quad(f, p, end, back);
	if (s) {
		drop(f, back);
		for (const char *t = p; t < s; t++)
			if (*t != ' ') {
				if (*t == '.') {
					mark(f->hard, f->n);
					f->n_hard++;
				}
				e = put(f, (size_t)(t - f->src.p), *t);
				if (e)
					return e;
			}
		*took = (size_t)(s - p);
		return ERR_OK;
	}
	/* "evil . com"; "www.evil. com" */
	if (p[1] == ' ' && back <= 1 && label_before(f, back) && plain_tld(p + 2, end) &&
	    !ex_upper(f->p[f->n - 1 - back])) {
		bool dotted = back == 1;

		for (size_t i = f->n - back, n = 0; i && n < 64 && ex_is(f->p[i - 1], C_NAME); i--, n++)
			dotted |= ex_is(f->p[i - 1], C_DIGIT) || f->p[i - 1] == '.';
		if (!dotted)
			return ERR_OK;
		drop(f, back);
		*took = 2;
		return put_hard(f, at, ".");
	}
	return ERR_OK;
}

/* " dot " in words. */
static enum err dot_word(struct fold *f, size_t at, size_t *took)
{
	const char *p = f->src.p + at, *end = f->src.p + f->src.n, *next = p + 4;
	size_t n = 0;

	*took = 0;
	if (f->n < 2 || f->p[f->n - 1] != ' ' || !label_before(f, 1) || end - p < 6 ||
	    !str_ieq((struct str){ p, 4 }, STR("dot ")))
		return ERR_OK;
	/* What follows ends a name, or goes on with another " dot ". */
	while (next + n < end && ex_alnum(next[n]) && n < 40)
		n++;
	if (plain_tld(next, end) == 0 && !((size_t)(end - next) > n + 5 && n &&
					   str_ieq((struct str){ next + n, 5 }, STR(" dot "))))
		return ERR_OK;
	drop(f, 1);
	*took = 4;
	return put_hard(f, at, ".");
}

/* `\.` `\/` `\_` of regular expressions, Markdown and JSON, but not in paths of Windows. */
static enum err backslash(struct fold *f, size_t at, size_t *took)
{
	const char *p = f->src.p + at, *end = f->src.p + f->src.n, *stands;
	char c = end - p > 1 ? p[1] : 0;
	size_t n;

	*took = 0;
	if (c == '[' && bracketed(p + 1, end, &stands)) {
		enum err e = bracket(f, at + 1, &n);

		*took = n ? n + 1 : 0;
		return e;
	}
	if (!c || !strchr("./:-_@", c) || end - p < 3)
		return ERR_OK;
	if (c == '/' ? !(label_at(p + 2, end) || p[2] == '\\')
		     : (!label_at(p + 2, end) && !(c == ':' && (p[2] == '/' || p[2] == '\\'))))
		return ERR_OK;
	if (!label_before(f, 0) &&
	    !(c == '/' && f->n && (f->p[f->n - 1] == ':' || f->p[f->n - 1] == '/')))
		return ERR_OK;
	for (n = 0; n < 80 && n < f->n; n++) {
		char b = f->p[f->n - 1 - n];

		if (b == '\\')
			return ERR_OK;
		if (b == ' ' || b == '\n' || b == '\t')
			break;
	}
	*took = 2;
	if (c == '.') {
		mark(f->hard, f->n);
		f->n_hard++;
	}
	return put(f, at, c);
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
			return put(f, at, ' ');
		if (p[1] == 0xad) {
			f->dirty = true;
			return ERR_OK;
		}
		if (p[1] == 0xb7 && ex_alnum(before) && label_at(s + 2, end) && ex_alnum(s[2])) {
			mark(f->soft, f->n);
			return put(f, at, '.');
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
		return put(f, at, ' ');
	if (c == 0x2010 || c == 0x2011 ||
	    ((c == 0x2012 || c == 0x2013 || c == 0x2212) &&
	     ((ex_is(before, C_DIGIT) && digit_at(s + 3, end)) ||
	      (f->n > 2 && str_ieq((struct str){ f->p + f->n - 3, 3 }, STR("cve"))))))
		return put(f, at, '-');
	/* Full stops and middle dots between Latin letters or digits: a dot, perhaps. */
	if (c == 0x3002 || c == 0xff61 || c == 0x30fb || c == 0xff65 || c == 0x2024 || c == 0x2022) {
		if (ex_alnum(before) && label_at(s + 3, end) &&
		    (ex_alnum(s[3]) || (unsigned char)s[3] == 0xef)) {
			if (c != 0x2024)
				mark(f->soft, f->n);
			return put(f, at, '.');
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
		return put(f, at, ascii);
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
	while (width < at && width < 80 && f->src.p[at - 1 - width] != '\n')
		width++;
	while (s < end && ex_blank(*s) && s - f->src.p - (ptrdiff_t)at < 80)
		s++;
	indent = s > f->src.p + at + 1;
	for (t = s; t < end && t - s < 400 && !ex_blank(*t) && *t != '\n' && *t != '\r'; t++) {
		dotted |= *t == '[' && end - t > 2 && t[1] == '.' && t[2] == ']';
		pathy |= strchr("/?=&", *t) != NULL;
		digits |= ex_is(*t, C_DIGIT);
		if (end - t > 3 && memcmp(t, "://", 3) == 0)
			return ERR_OK;
	}
	if (s >= end || t == s || (last == '.' && !ex_is(*s, C_DIGIT)))
		return ERR_OK;
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
		drop(f, 1);
	f->dirty = true;
	*took = (size_t)(s - (f->src.p + at));
	return ERR_OK;
}

/* ---- all of it -------------------------------------------------------------------------------- */

static enum err special(struct fold *f, size_t at, size_t *took)
{
	switch (f->src.p[at]) {
	case '[':
	case '(':
	case '{':
	case '<':
		return bracket(f, at, took);
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
		return put(f, at, ' ');
	default: {
		enum err e = bracket(f, at, took);

		return e || *took ? e : wide(f, at, took);
	}
	}
}

/* " dot " in any case: without branches, so that compilers take many bytes at once. */
static bool has_dot_words(struct str s)
{
	const unsigned char *p = (const unsigned char *)s.p;
	unsigned char any = 0;

	for (size_t i = 0; i + 5 <= s.n; i++)
		any |= (unsigned char)((p[i] == ' ') & ((p[i + 1] | 32) == 'd') &
				       ((p[i + 2] | 32) == 'o') & ((p[i + 3] | 32) == 't') &
				       (p[i + 4] == ' '));
	return any;
}

enum err fold_text(struct str text, struct fold *f)
{
	bool stop[256] = { false };
	enum err e = ERR_OK;

	*f = (struct fold){ .src = text };
	f->p = malloc(text.n + FOLD_PAD);
	f->hard = calloc(text.n / 64 + 2, sizeof *f->hard);
	f->soft = calloc(text.n / 64 + 2, sizeof *f->soft);
	if (!f->p || !f->hard || !f->soft)
		return ERR_NOMEM;
	for (const char *s = "[({<.\\\n"; *s; s++)
		stop[(unsigned char)*s] = true;
	stop[0] = stop[0xc2] = stop[0xe2] = stop[0xe3] = stop[0xef] = true;
	stop['d'] = stop['D'] = has_dot_words(text);
	for (size_t i = 0; i < text.n && !e;) {
		size_t from = i, took = 0;

		while (i < text.n && !stop[(unsigned char)text.p[i]])
			i++;
		if (i > from) {
			e = sync(f, from);
			memcpy(f->p + f->n, text.p + from, i - from);
			f->n += i - from;
			if (e || i == text.n)
				break;
		}
		e = special(f, i, &took);
		if (took) {
			i += took;
			f->dirty = true;
		} else if (!e) {
			e = sync(f, i);
			f->p[f->n++] = text.p[i++];
		}
	}
	memset(f->p + f->n, 0, FOLD_PAD);
	return e;
}

void fold_free(struct fold *f)
{
	free(f->p);
	free(f->hard);
	free(f->soft);
	free(f->edits.v);
	*f = (struct fold){ 0 };
}

size_t fold_src(const struct fold *f, size_t at)
{
	size_t lo = 0, hi = f->edits.n, near = f->near;

	/* Questions come in the text's order, mostly. */
	if (near < hi && f->edits.v[near].at <= at) {
		size_t most = near + 8 < hi ? near + 8 : hi;

		while (near + 1 < most && f->edits.v[near + 1].at <= at)
			near++;
		lo = near;
		if (near + 1 == hi || f->edits.v[near + 1].at > at) {
			((struct fold *)(uintptr_t)f)->near = near;
			return f->edits.v[near].src + (at - f->edits.v[near].at);
		}
	}
	/* The last edit at or before it. */
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (f->edits.v[mid].at <= at)
			lo = mid + 1;
		else
			hi = mid;
	}
	if (lo == 0)
		return at;
	((struct fold *)(uintptr_t)f)->near = lo - 1;
	return f->edits.v[lo - 1].src + (at - f->edits.v[lo - 1].at);
}
