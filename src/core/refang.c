/* SPDX-License-Identifier: Apache-2.0 */
#include "core/refang.h"

static inline char lower(char c)
{
	return (char)(c >= 'A' && c <= 'Z' ? c + 32 : c);
}

/* ---- what stands around a value --------------------------------------------------------------- */

/* Blanks, quotes, brackets and punctuation beyond ASCII that no value begins or ends with. */
static const char *const around[] = {
	"\xc2\xa0",     /* no-break space */
	"\xc2\xab",     /* « */
	"\xc2\xbb",     /* » */
	"\xe2\x80\x8b", /* zero width space and its kin */
	"\xe2\x80\x8c", "\xe2\x80\x8d", "\xe2\x80\x8e", "\xe2\x80\x8f",
	"\xe2\x81\xa0", /* word joiner */
	"\xef\xbb\xbf", /* byte order mark */
	"\xe3\x80\x80", /* ideographic space */
	"\xe2\x80\x98", /* ‘ ’ ‚ “ ” „ */
	"\xe2\x80\x99", "\xe2\x80\x9a", "\xe2\x80\x9c", "\xe2\x80\x9d",
	"\xe2\x80\x9e", "\xe2\x80\xa2", /* • */
	"\xe2\x80\xa6",                 /* … */
	"\xe3\x80\x81",                 /* 、 。 */
	"\xe3\x80\x82", "\xe3\x80\x88", /* 〈 〉 《 》 「 」 『 』 【 】 */
	"\xe3\x80\x89", "\xe3\x80\x8a", "\xe3\x80\x8b", "\xe3\x80\x8c",
	"\xe3\x80\x8d", "\xe3\x80\x8e", "\xe3\x80\x8f", "\xe3\x80\x90",
	"\xe3\x80\x91", "\xef\xbc\x81", /* ！ （ ） ， ． ； ？ */
	"\xef\xbc\x88", "\xef\xbc\x89", "\xef\xbc\x8c", "\xef\xbc\x8e",
	"\xef\xbc\x9b", "\xef\xbc\x9f", "\xef\xbd\xa1", /* ｡ ､ */
	"\xef\xbd\xa4",
};

static size_t wide_around(struct str s, bool at_end)
{
	/* All of them are bytes beyond ASCII from end to end; nearly all values begin and end
	 * within. */
	if ((unsigned char)s.p[at_end ? s.n - 1 : 0] < 0x80)
		return 0;
	for (size_t i = 0; i < sizeof around / sizeof around[0]; i++) {
		struct str a = str_of(around[i]);

		if (at_end ? str_ends(s, a) : str_starts(s, a))
			return a.n;
	}
	return 0;
}

static char closer(char c)
{
	switch (c) {
	case '(':
		return ')';
	case '[':
		return ']';
	case '{':
		return '}';
	case '<':
		return '>';
	default:
		return 0;
	}
}

/* Does the bracket that s begins with close at its very end? */
static bool enclosed(struct str s)
{
	char open = s.p[0], close = closer(open);
	size_t depth = 0;

	for (size_t i = 0; close && i < s.n; i++) {
		depth += s.p[i] == open;
		depth -= s.p[i] == close;
		if (depth == 0)
			return i + 1 == s.n;
	}
	return false;
}

/* A closing bracket at the end that nothing in s opens. */
static bool stray_closer(struct str s)
{
	size_t open = 0, close = 0;
	char last = s.p[s.n - 1];

	if (last != ')' && last != ']' && last != '}' && last != '>')
		return false;
	for (size_t i = 0; i < s.n; i++) {
		open += closer(s.p[i]) == last;
		close += s.p[i] == last;
	}
	return close > open;
}

/* A quote at the end of a URL belongs to it when another one inside does. */
static bool odd_quotes(struct str s)
{
	bool odd = false;

	for (size_t i = 0; i < s.n; i++)
		odd ^= s.p[i] == '"';
	return odd;
}

/* Rounds are few: nobody puts a value into more than some brackets. */
struct str refang_strip(struct str s)
{
	bool url = str_find(s, STR("//")) != SIZE_MAX;

	s = str_trim(s);
	for (int round = 0; round < 64 && s.n; round++) {
		char first = s.p[0], last = s.p[s.n - 1];
		size_t n;

		if ((unsigned char)first <= ' ' || first == '"' || first == '`' || first == ',' ||
		    first == ';' || first == '\'')
			s = str_skip(s, 1);
		else if ((unsigned char)last <= ' ' || last == '`' ||
			 (last == '"' && (!url || odd_quotes(s))) ||
			 (!url && (last == ',' || last == ';' || last == '.' || last == '\'')))
			s.n--;
		else if (s.n > 1 && enclosed(s))
			s = (struct str){ s.p + 1, s.n - 2 };
		else if (!url && stray_closer(s))
			s.n--;
		else if (first == '<')
			s = str_skip(s, 1);
		else if ((n = wide_around(s, false)) != 0)
			s = str_skip(s, n);
		else if ((n = wide_around(s, true)) != 0)
			s.n -= n;
		else
			break;
	}
	return s;
}

/* ---- defanging undone ------------------------------------------------------------------------- */

/* A full-width or ideographic character that stands for an ASCII one; its length, or 0. */
static size_t wide(struct str s, char *out)
{
	const unsigned char *p = (const unsigned char *)s.p;

	if (s.n < 3)
		return 0;
	if (p[0] == 0xef && p[1] == 0xbc && p[2] >= 0x81 && p[2] <= 0xbf)
		*out = (char)(p[2] - 0x81 + '!'); /* ！ to ＿ */
	else if (p[0] == 0xef && p[1] == 0xbd && p[2] >= 0x80 && p[2] <= 0x9e)
		*out = (char)(p[2] - 0x80 + '`'); /* ｀ to ～ */
	else if ((p[0] == 0xe3 && p[1] == 0x80 && p[2] == 0x82) ||
		 (p[0] == 0xef && p[1] == 0xbd && p[2] == 0xa1))
		*out = '.'; /* 。 ｡ */
	else
		return 0;
	return 3;
}

/* `[.]` and its kin at the start of s; their length, or 0. */
static size_t bracketed(struct str s, const char **out)
{
	static const struct {
		const char *word, *stands;
	} words[] = { { ".", "." },   { "dot", "." }, { "\xe3\x80\x82", "." },
		      { ",", "." },   { ":", ":" },   { "://", "://" },
		      { ":/", ":/" }, { "/", "/" },   { "//", "//" },
		      { "@", "@" },   { "at", "@" } };
	size_t n, end;
	struct str word;

	if (s.n < 2 || !closer(s.p[0]) || s.p[0] == '<')
		return 0;
	for (end = 1; end < s.n && end < 12; end++)
		if (s.p[end] == ')' || s.p[end] == ']' || s.p[end] == '}')
			break;
	if (end < s.n && end < 12) {
		word = str_trim((struct str){ s.p + 1, end - 1 });
		for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
			if (str_iis(word, words[i].word)) {
				*out = words[i].stands;
				return end + 1;
			}
	}
	/* Half of it: evil[.com */
	n = s.n > 2 && s.p[1] == '.' && s.p[2] != '.' ? 2 : 0;
	*out = ".";
	return n;
}

/* hxxp and its kin are as long as what they stand for. */
static void scheme(char *p, size_t n)
{
	static const char *const http[] = { "hxxp", "h**p", "htxp", "hxtp", "httx", "meow" };
	bool s = n == 5 && lower(p[4]) == 's';

	if (n == 3 && str_iis((struct str){ p, n }, "fxp"))
		memcpy(p, "ftp", 3);
	for (size_t i = 0; (n == 4 || s) && i < sizeof http / sizeof http[0]; i++)
		if (str_iis((struct str){ p, 4 }, http[i]))
			memcpy(p, "http", 4);
}

struct str refang(struct str s, char *to)
{
	bool path = false, opened = false;
	size_t n = 0, at;

	while (s.n) {
		const char *stands;
		size_t took = bracketed(s, &stands);
		char c = s.p[0];

		if (took) {
			for (; *stands; stands++)
				to[n++] = *stands;
			s = str_skip(s, took);
			continue;
		}
		took = 1;
		if (!path) {
			size_t w = wide(s, &c);

			if (w)
				took = w;
			else if (c == '\\' && s.n > 1 &&
				 (s.p[1] == '.' || s.p[1] == ':' || s.p[1] == '/'))
				c = s.p[took++];
			else if (c == '.' && s.n > 1 && s.p[1] == ']' && n && !opened)
				took = 2; /* the other half: evil.]com */
			opened |= c == '[';
			if (c == '/' && n && to[n - 1] != ':' &&
			    !(n > 1 && to[n - 1] == '/' && to[n - 2] == ':'))
				path = true;
		}
		to[n++] = c;
		s = str_skip(s, took);
	}
	at = str_find((struct str){ to, n }, STR("://"));
	if (at != SIZE_MAX)
		scheme(to, at);
	return (struct str){ to, n };
}
