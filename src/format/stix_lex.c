/* SPDX-License-Identifier: Apache-2.0 */
#include "format/stix_lex.h"

bool stix_fail(struct stix_lex *p, enum err e, const char *why)
{
	if (!p->err)
		p->err = err_set(p->ei, e, "pattern, byte %zu: %s", p->at + 1, why);
	return false;
}

void stix_blanks(struct stix_lex *p)
{
	while (p->at < p->text.n) {
		struct str rest = str_skip(p->text, p->at);
		size_t end;

		if (rest.p[0] == ' ' || rest.p[0] == '\t' || rest.p[0] == '\r' || rest.p[0] == '\n') {
			p->at++;
		} else if (str_starts(rest, STR("/*"))) {
			end = str_find(str_skip(rest, 2), STR("*/"));
			if (end == SIZE_MAX && !p->err)
				(void)stix_fail(p, ERR_PARSE, "a comment is not closed");
			p->at = end == SIZE_MAX ? p->text.n : p->at + end + 4;
		} else if (str_starts(rest, STR("//"))) {
			end = str_chr(rest, '\n');
			p->at = end == SIZE_MAX ? p->text.n : p->at + end;
		} else {
			break;
		}
	}
}

bool stix_take(struct stix_lex *p, char c)
{
	stix_blanks(p);
	if (p->at >= p->text.n || p->text.p[p->at] != c)
		return false;
	p->at++;
	return true;
}

static bool word_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '_' || c == '-';
}

bool stix_word(struct stix_lex *p, const char *word)
{
	struct str w = str_of(word), rest;

	stix_blanks(p);
	rest = str_skip(p->text, p->at);
	if (!str_istarts(rest, w) || (rest.n > w.n && word_char(rest.p[w.n])))
		return false;
	p->at += w.n;
	return true;
}

/* A string in quotes; the escapes \' and \\ are undone. */
static bool string(struct stix_lex *p, char quote, struct str *out)
{
	struct str rest;
	size_t end = 0, n = 0;
	bool escaped = false;
	char *copy;

	if (!stix_take(p, quote))
		return stix_fail(p, ERR_PARSE, "a string in single quotes is due");
	rest = str_skip(p->text, p->at);
	while (end < rest.n && rest.p[end] != quote) {
		escaped |= rest.p[end] == '\\';
		end += rest.p[end] == '\\' ? 2 : 1;
	}
	if (end >= rest.n)
		return stix_fail(p, ERR_PARSE, "the string is not closed");
	p->at += end + 1;
	*out = str_head(rest, end);
	if (!escaped)
		return true;
	copy = arena_alloc(&p->arena, end);
	if (!copy)
		return stix_fail(p, ERR_NOMEM, "no memory");
	for (size_t i = 0; i < end; i++) {
		if (rest.p[i] == '\\')
			i++;
		copy[n++] = rest.p[i];
	}
	*out = (struct str){ copy, n };
	return true;
}

/* A string, or a number, truth value, timestamp or binary as text. *is_string tells. */
bool stix_literal(struct stix_lex *p, struct str *out, bool *is_string)
{
	size_t begin;

	stix_blanks(p);
	begin = p->at;
	if (p->at + 1 < p->text.n && p->text.p[p->at + 1] == '\'' &&
	    (p->text.p[p->at] == 't' || p->text.p[p->at] == 'b' || p->text.p[p->at] == 'h'))
		p->at++;
	if (p->at < p->text.n && p->text.p[p->at] == '\'') {
		*is_string = p->at == begin;
		return string(p, '\'', out);
	}
	while (p->at < p->text.n &&
	       (word_char(p->text.p[p->at]) || p->text.p[p->at] == '.' || p->text.p[p->at] == '+'))
		p->at++;
	*out = (struct str){ p->text.p + begin, p->at - begin };
	*is_string = false;
	return out->n ? true : stix_fail(p, ERR_PARSE, "a literal is due");
}

/* type:property.'quoted property'[*].property, written without quotes and blanks. */
bool stix_path(struct stix_lex *p, struct str *out)
{
	size_t n = 0;
	bool colon = false;

	char to[256];

	stix_blanks(p);

	while (p->at < p->text.n && n < 255) {
		char c = p->text.p[p->at];

		if (c == '\'' || c == '"') {
			struct str s;

			if (!string(p, c, &s))
				return false;
			s = str_head(s, 255 - n);
			memcpy(to + n, s.p, s.n);
			n += s.n;
		} else if (word_char(c) || c == '.' || c == ':' || c == '[' || c == '*' ||
			   (c == ']' && n && memchr(to, '[', n))) {
			/* A bracket that no bracket of the path opened closes the observation. */
			if (c == ']' && to[n - 1] != '*' && !(to[n - 1] >= '0' && to[n - 1] <= '9'))
				break;
			if (c == ']' && n > 1 && to[n - 1] == ']')
				break;
			colon |= c == ':';
			to[n++] = c;
			p->at++;
		} else {
			break;
		}
	}
	if (!colon || n == 255)
		return stix_fail(p, ERR_PARSE, "an object path is due");
	*out = arena_str(&p->arena, (struct str){ to, n });
	return out->p ? true : stix_fail(p, ERR_NOMEM, "no memory");
}
