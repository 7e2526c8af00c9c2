/* SPDX-License-Identifier: Apache-2.0 */
#include "base/escape.h"

#include <stdio.h>

#define REPLACEMENT 0xfffd

struct range {
	uint32_t from, to;
};

static bool in_ranges(const struct range *r, size_t n, uint32_t c)
{
	size_t lo = 0, hi = n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (c > r[mid].to)
			lo = mid + 1;
		else if (c < r[mid].from)
			hi = mid;
		else
			return true;
	}
	return false;
}

/*
 * Take one character from the front of a non-empty *s. Bytes that are no UTF-8 (RFC 3629) yield
 * REPLACEMENT once for each longest piece that could have begun a character, as the Unicode
 * Standard advises (3.9).
 */
static uint32_t take(struct str *s, bool *valid)
{
	const unsigned char *p = (const unsigned char *)s->p;
	uint32_t c = p[0];
	unsigned more, lo = 0x80, hi = 0xbf;
	size_t n = 1;

	*valid = true;
	if (c < 0x80) {
		*s = str_skip(*s, 1);
		return c;
	}
	more = c < 0xc2 || c > 0xf4 ? 0 : c < 0xe0 ? 1 : c < 0xf0 ? 2 : 3;
	if (c == 0xe0)
		lo = 0xa0;
	else if (c == 0xed)
		hi = 0x9f;
	else if (c == 0xf0)
		lo = 0x90;
	else if (c == 0xf4)
		hi = 0x8f;
	*valid = more > 0;
	c &= 0x3fu >> more;
	for (; more; more--, n++, lo = 0x80, hi = 0xbf) {
		if (n >= s->n || p[n] < lo || p[n] > hi) {
			*valid = false;
			break;
		}
		c = c << 6 | (p[n] & 0x3fu);
	}
	*s = str_skip(*s, n);
	return *valid ? c : REPLACEMENT;
}

/* Controls that turn or hide text around them: what a reader sees would not be what is there. */
static bool is_bidi(uint32_t c)
{
	return c == 0x61c || c == 0x200e || c == 0x200f || (c >= 0x202a && c <= 0x202e) ||
	       (c >= 0x2066 && c <= 0x2069);
}

static bool is_control(uint32_t c)
{
	return c < 0x20 || (c >= 0x7f && c < 0xa0);
}

static bool is_nonchar(uint32_t c)
{
	return (c & 0xfffe) == 0xfffe || (c >= 0xfdd0 && c <= 0xfdef);
}

/* Nothing is seen where they stand. Variation selectors stay: Japanese names need them. */
static bool is_invisible(uint32_t c)
{
	static const struct range r[] = {
		{ 0xad, 0xad },       { 0x34f, 0x34f },     { 0x61c, 0x61c },
		{ 0x115f, 0x1160 },   { 0x17b4, 0x17b5 },   { 0x180b, 0x180f },
		{ 0x200b, 0x200f },   { 0x2028, 0x202e },   { 0x2060, 0x206f },
		{ 0x3164, 0x3164 },   { 0xfeff, 0xfeff },   { 0xffa0, 0xffa0 },
		{ 0xfff0, 0xfffb },   { 0x1bca0, 0x1bca3 }, { 0x1d173, 0x1d17a },
		{ 0xe0000, 0xe00ff }, { 0xe01f0, 0xe0fff },
	};

	return in_ranges(r, sizeof r / sizeof r[0], c);
}

/*
 * What an escape does with one character: KEEP it, or write the n bytes that stand for it (n may
 * be 0) and return n.
 */
#define KEEP     (-1)
#define STAND_IN 16

struct place {
	struct str all;  /* the whole input */
	size_t at;       /* where the character begins */
	struct str rest; /* what follows it */
};
typedef int change_fn(char out[STAND_IN], uint32_t c, const struct place *pl);

static int text(char out[STAND_IN], const char *cstr)
{
	size_t n = strlen(cstr);

	memcpy(out, cstr, n);
	return (int)n;
}

static int replacement(char out[STAND_IN])
{
	return text(out, "\xef\xbf\xbd");
}

/* Copies runs of kept characters in one go. */
static void walk(struct buf *b, struct str s, change_fn *change)
{
	struct str rest = s;
	const char *run = s.p;
	char out[STAND_IN];

	while (rest.n && !buf_err(b)) {
		const char *at = rest.p;
		bool valid;
		uint32_t c = take(&rest, &valid);
		struct place pl = { s, (size_t)(at - s.p), rest };
		int n = valid ? change(out, c, &pl) : replacement(out);

		if (n == KEEP)
			continue;
		buf_add(b, run, (size_t)(at - run));
		buf_add(b, out, (size_t)n);
		run = rest.p;
	}
	buf_add(b, run, (size_t)(rest.p - run));
}

static int html(char out[STAND_IN], uint32_t c, const struct place *pl)
{
	(void)pl;
	switch (c) {
	case '&':
		return text(out, "&amp;");
	case '<':
		return text(out, "&lt;");
	case '>':
		return text(out, "&gt;");
	case '"':
		return text(out, "&quot;");
	case '\'':
		return text(out, "&#39;");
	case '\t':
	case '\n':
		return KEEP;
	default:
		break;
	}
	if (is_control(c))
		return 0;
	if (is_bidi(c) || is_nonchar(c))
		return replacement(out);
	return KEEP;
}

void esc_html(struct buf *b, struct str s)
{
	walk(b, s, html);
}

static int term(char out[STAND_IN], uint32_t c, const struct place *pl)
{
	(void)pl;
	if (is_control(c))
		return snprintf(out, STAND_IN, "\\x%02x", (unsigned)c);
	if (is_invisible(c) || is_nonchar(c))
		return snprintf(out, STAND_IN, c > 0xffff ? "\\U%08x" : "\\u%04x", (unsigned)c);
	return KEEP;
}

void esc_term(struct buf *b, struct str s)
{
	walk(b, s, term);
}

static int csv(char out[STAND_IN], uint32_t c, const struct place *pl)
{
	(void)pl;
	if (c == '"')
		return text(out, "\"\"");
	if (c == '\t' || c == '\n' || c == '\r')
		return KEEP;
	if (is_control(c) || is_bidi(c) || is_nonchar(c))
		return replacement(out);
	return KEEP;
}

/* Spreadsheets begin a formula with these, some of them also in their full-width forms. */
static bool begins_formula(struct str s)
{
	static const char *const wide[] = { "\xef\xbc\x9d", "\xef\xbc\x8b", "\xef\xbc\x8d",
					    "\xef\xbc\xa0" };

	if (s.n && memchr("=+-@\t\r\n", s.p[0], 7))
		return true;
	for (size_t i = 0; i < sizeof wide / sizeof wide[0]; i++)
		if (str_starts(s, str_of(wide[i])))
			return true;
	return false;
}

void esc_csv(struct buf *b, struct str s)
{
	bool formula = begins_formula(s), quote = formula;

	for (size_t i = 0; i < s.n && !quote; i++)
		quote = memchr(",;\t\r\n\"", s.p[i], 6) != NULL;
	/* Readers may drop blanks at the edges of a bare field. */
	if (s.n && (s.p[0] == ' ' || s.p[s.n - 1] == ' '))
		quote = true;
	if (quote)
		buf_ch(b, '"');
	if (formula)
		buf_ch(b, '\'');
	walk(b, s, csv);
	if (quote)
		buf_ch(b, '"');
}

static int md(char out[STAND_IN], uint32_t c, const struct place *pl)
{
	struct str before = str_head(pl->all, pl->at);
	size_t line = before.n;

	switch (c) {
	case '&':
		return text(out, "&amp;");
	case '<':
		return text(out, "&lt;");
	case '>':
		return text(out, "&gt;");
	case '\n':
	case '\r':
	case '\t':
	case 0x2028:
	case 0x2029:
		return text(out, " ");
	/* `:` and `@` because addresses of web and mail become links by themselves, `$` begins
	 * mathematics. */
	case '\\':
	case '`':
	case '*':
	case '_':
	case '{':
	case '}':
	case '[':
	case ']':
	case '#':
	case '|':
	case '~':
	case '@':
	case '$':
	case '^':
		out[0] = '\\';
		out[1] = (char)c;
		return 2;
	/* `http://` becomes a link, `:name:` a picture; before a blank it is punctuation. */
	case ':':
		if (pl->rest.n == 0 || pl->rest.p[0] == ' ')
			return KEEP;
		out[0] = '\\';
		out[1] = ':';
		return 2;
	/* What means something only at the beginning of a line. */
	case '-':
	case '+':
	case '=':
		if (line)
			return KEEP;
		out[0] = '\\';
		out[1] = (char)c;
		return 2;
	/* `1. ` and `1) ` begin a list, `www.` a link. */
	case '.':
	case ')':
		while (line && before.p[line - 1] >= '0' && before.p[line - 1] <= '9')
			line--;
		if ((line == 0 && before.n && (pl->rest.n == 0 || pl->rest.p[0] == ' ')) ||
		    (c == '.' && before.n >= 3 && str_iis(str_skip(before, before.n - 3), "www"))) {
			out[0] = '\\';
			out[1] = (char)c;
			return 2;
		}
		return KEEP;
	default:
		break;
	}
	if (is_control(c))
		return 0;
	if (is_bidi(c) || is_nonchar(c))
		return replacement(out);
	return KEEP;
}

void esc_md(struct buf *b, struct str s)
{
	walk(b, s, md);
}

/* Copy s with the byte at `dot` in brackets; SIZE_MAX: none. `http:` and `https:` become hxxp
 * wherever a link begins. */
static void put_bracketed(struct buf *b, struct str s, size_t dot)
{
	size_t i = 0;

	while (i < s.n) {
		struct str here = str_skip(s, i);

		if (i == dot) {
			buf_ch(b, '[');
			buf_ch(b, s.p[i++]);
			buf_ch(b, ']');
		} else if (str_istarts(here, STR("http://")) || str_istarts(here, STR("https://"))) {
			buf_ch(b, here.p[0]);
			buf_c(b, here.p[1] == 'T' ? "XX" : "xx");
			buf_ch(b, here.p[3]);
			i += 4;
		} else {
			buf_ch(b, s.p[i++]);
		}
	}
}

/* Where in host (an address or a name, no port) the bracket goes. */
static size_t dot_of(struct str host)
{
	size_t end = host.n;
	bool v6 = false;

	for (size_t i = 0, colons = 0; i < host.n; i++)
		if (host.p[i] == ':' && ++colons > 1)
			v6 = true;
	while (end && host.p[end - 1] == '.')
		end--;
	while (end--)
		if (host.p[end] == (v6 ? ':' : '.'))
			return end && host.p[end - 1] == '[' ? SIZE_MAX : end;
	return SIZE_MAX;
}

void defang(struct buf *b, struct str value)
{
	size_t scheme = str_find(value, STR("://"));
	size_t from = scheme == SIZE_MAX ? 0 : scheme + 3, end = from, at, dot;
	struct str host;

	while (end < value.n && !memchr("/?#\\", value.p[end], 4))
		end++;
	host = (struct str){ value.p + from, end - from };
	/* User information goes before the last @, a port behind the last colon. */
	for (at = host.n; at > 0 && host.p[at - 1] != '@'; at--)
		;
	host = str_skip(host, at);
	from += at;
	if (host.n && host.p[0] == '[' && str_chr(host, ']') != SIZE_MAX &&
	    str_chr(host, ':') < str_chr(host, ']')) {
		host = str_skip(str_head(host, str_chr(host, ']')), 1);
		from++;
	} else {
		at = str_chr(host, ':');
		if (at != SIZE_MAX && str_chr(str_skip(host, at + 1), ':') == SIZE_MAX)
			host = str_head(host, at);
	}
	dot = dot_of(host);
	put_bracketed(b, value, dot == SIZE_MAX ? SIZE_MAX : from + dot);
}

/* Columns of one character, near enough to what terminals do (Unicode 15, East Asian Width W and F,
 * categories Mn, Me, Cf). */
static size_t char_width(uint32_t c)
{
	static const struct range none[] = {
		{ 0x300, 0x36f },     { 0x483, 0x489 },     { 0x591, 0x5bd },
		{ 0x5bf, 0x5bf },     { 0x5c1, 0x5c2 },     { 0x5c4, 0x5c5 },
		{ 0x5c7, 0x5c7 },     { 0x610, 0x61a },     { 0x61c, 0x61c },
		{ 0x64b, 0x65f },     { 0x670, 0x670 },     { 0x6d6, 0x6dc },
		{ 0x6df, 0x6e4 },     { 0x6e7, 0x6e8 },     { 0x6ea, 0x6ed },
		{ 0x711, 0x711 },     { 0x730, 0x74a },     { 0x7a6, 0x7b0 },
		{ 0x7eb, 0x7f3 },     { 0x816, 0x82d },     { 0x859, 0x85b },
		{ 0x898, 0x89f },     { 0x8ca, 0x902 },     { 0x93a, 0x93a },
		{ 0x93c, 0x93c },     { 0x941, 0x948 },     { 0x94d, 0x94d },
		{ 0x951, 0x957 },     { 0x962, 0x963 },     { 0x981, 0x981 },
		{ 0x9bc, 0x9bc },     { 0x9c1, 0x9c4 },     { 0x9cd, 0x9cd },
		{ 0xa01, 0xa02 },     { 0xa3c, 0xa51 },     { 0xe31, 0xe31 },
		{ 0xe34, 0xe3a },     { 0xe47, 0xe4e },     { 0xeb1, 0xeb1 },
		{ 0xeb4, 0xebc },     { 0xec8, 0xece },     { 0x1160, 0x11ff },
		{ 0x135d, 0x135f },   { 0x1ab0, 0x1ace },   { 0x1dc0, 0x1dff },
		{ 0x200b, 0x200f },   { 0x202a, 0x202e },   { 0x2060, 0x2064 },
		{ 0x2066, 0x206f },   { 0x20d0, 0x20f0 },   { 0x302a, 0x302d },
		{ 0x3099, 0x309a },   { 0xa66f, 0xa672 },   { 0xfe00, 0xfe0f },
		{ 0xfe20, 0xfe2f },   { 0xfeff, 0xfeff },   { 0xfff9, 0xfffb },
		{ 0x1d167, 0x1d169 }, { 0xe0001, 0xe007f }, { 0xe0100, 0xe01ef },
	};
	static const struct range two[] = {
		{ 0x1100, 0x115f },   { 0x231a, 0x231b },   { 0x2329, 0x232a },
		{ 0x23e9, 0x23ec },   { 0x23f0, 0x23f0 },   { 0x23f3, 0x23f3 },
		{ 0x25fd, 0x25fe },   { 0x2614, 0x2615 },   { 0x2648, 0x2653 },
		{ 0x267f, 0x267f },   { 0x2693, 0x2693 },   { 0x26a1, 0x26a1 },
		{ 0x26aa, 0x26ab },   { 0x26bd, 0x26be },   { 0x26c4, 0x26c5 },
		{ 0x26ce, 0x26ce },   { 0x26d4, 0x26d4 },   { 0x26ea, 0x26ea },
		{ 0x26f2, 0x26f3 },   { 0x26f5, 0x26f5 },   { 0x26fa, 0x26fa },
		{ 0x26fd, 0x26fd },   { 0x2705, 0x2705 },   { 0x270a, 0x270b },
		{ 0x2728, 0x2728 },   { 0x274c, 0x274c },   { 0x274e, 0x274e },
		{ 0x2753, 0x2755 },   { 0x2757, 0x2757 },   { 0x2795, 0x2797 },
		{ 0x27b0, 0x27b0 },   { 0x27bf, 0x27bf },   { 0x2b1b, 0x2b1c },
		{ 0x2b50, 0x2b50 },   { 0x2b55, 0x2b55 },   { 0x2e80, 0x303e },
		{ 0x3041, 0x33ff },   { 0x3400, 0x4dbf },   { 0x4e00, 0xa4cf },
		{ 0xa960, 0xa97f },   { 0xac00, 0xd7a3 },   { 0xf900, 0xfaff },
		{ 0xfe10, 0xfe19 },   { 0xfe30, 0xfe6f },   { 0xff00, 0xff60 },
		{ 0xffe0, 0xffe6 },   { 0x16fe0, 0x18cff }, { 0x1aff0, 0x1b2ff },
		{ 0x1f004, 0x1f004 }, { 0x1f0cf, 0x1f0cf }, { 0x1f18e, 0x1f18e },
		{ 0x1f191, 0x1f19a }, { 0x1f200, 0x1f320 }, { 0x1f32d, 0x1f335 },
		{ 0x1f337, 0x1f37c }, { 0x1f37e, 0x1f393 }, { 0x1f3a0, 0x1f3ca },
		{ 0x1f3cf, 0x1f3d3 }, { 0x1f3e0, 0x1f3f0 }, { 0x1f3f4, 0x1f3f4 },
		{ 0x1f3f8, 0x1f43e }, { 0x1f440, 0x1f440 }, { 0x1f442, 0x1f4fc },
		{ 0x1f4ff, 0x1f53d }, { 0x1f54b, 0x1f54e }, { 0x1f550, 0x1f567 },
		{ 0x1f57a, 0x1f57a }, { 0x1f595, 0x1f596 }, { 0x1f5a4, 0x1f5a4 },
		{ 0x1f5fb, 0x1f64f }, { 0x1f680, 0x1f6c5 }, { 0x1f6cc, 0x1f6cc },
		{ 0x1f6d0, 0x1f6d2 }, { 0x1f6d5, 0x1f6df }, { 0x1f6eb, 0x1f6ec },
		{ 0x1f6f4, 0x1f6fc }, { 0x1f7e0, 0x1f7f0 }, { 0x1f90c, 0x1f93a },
		{ 0x1f93c, 0x1f945 }, { 0x1f947, 0x1f9ff }, { 0x1fa70, 0x1faff },
		{ 0x20000, 0x3fffd },
	};

	if (c < 0x300)
		return is_control(c) ? 0 : 1;
	if (in_ranges(none, sizeof none / sizeof none[0], c))
		return 0;
	return in_ranges(two, sizeof two / sizeof two[0], c) ? 2 : 1;
}

size_t text_width(struct str s)
{
	size_t width = 0;
	bool valid;

	while (s.n)
		width += char_width(take(&s, &valid));
	return width;
}

struct str text_head(struct str s, size_t width)
{
	struct str rest = s;
	bool valid;

	while (rest.n) {
		struct str at = rest;
		size_t w = char_width(take(&rest, &valid));

		if (w > width)
			return str_range(s.p, at.p);
		width -= w;
	}
	return s;
}
