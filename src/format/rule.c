/* SPDX-License-Identifier: Apache-2.0 */
#include "format/rule.h"

#define LIST_DEPTH 60

static bool blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static struct str first_word(struct str s)
{
	size_t n = 0;

	while (n < s.n && !blank(s.p[n]) && s.p[n] != '(')
		n++;
	return str_head(s, n);
}

bool rule_begins(struct str line)
{
	static const char *const actions[] = { "alert",     "drop",       "reject", "rejectsrc",
					       "rejectdst", "rejectboth", "pass",   "log",
					       "sdrop",     "block",      "react",  "rewrite",
					       "activate",  "dynamic" };
	struct str word;

	line = str_trim(line);
	word = first_word(line);
	/* A rule goes on behind its first word. */
	for (size_t i = 0; word.n < line.n && i < sizeof actions / sizeof actions[0]; i++)
		if (str_is(word, actions[i]))
			return true;
	return false;
}

/* The next part of a header: a word, or a list in brackets that may hold blanks. */
static bool part(struct str *rest, struct str *out)
{
	struct str s = str_trim(*rest);
	size_t n = 0, depth = 0;

	while (n < s.n && (depth || (!blank(s.p[n]) && s.p[n] != '('))) {
		depth += s.p[n] == '[';
		if (s.p[n] == ']' && depth)
			depth--;
		n++;
		/* "! [a, b]" is one list. */
		if (n == 1 && s.p[0] == '!')
			while (n < s.n && blank(s.p[n]))
				n++;
	}
	*out = str_head(s, n);
	*rest = str_skip(s, n);
	return n > 0 && depth == 0;
}

bool rule_parse(struct str text, struct rule *out, const char **why)
{
	struct rule r = {
		.src = STR_NONE, .sport = STR_NONE, .way = STR_NONE, .dst = STR_NONE, .dport = STR_NONE
	};
	struct str *parts[] = { &r.src, &r.sport, &r.way, &r.dst, &r.dport };
	struct str rest = str_trim(text);
	size_t n = 0;

	/* "alert ( ... )" of Snort 3 has no protocol. */
	r.proto = STR_NONE;
	if (!part(&rest, &r.action) ||
	    (str_trim(rest).n && str_trim(rest).p[0] != '(' && !part(&rest, &r.proto))) {
		*why = "a rule without action and protocol";
		return false;
	}
	for (rest = str_trim(rest); rest.n && rest.p[0] != '(' && n < 5; rest = str_trim(rest))
		if (!part(&rest, parts[n++])) {
			*why = "a list in a rule's header that is not closed";
			return false;
		}
	if (rest.n == 0 || rest.p[0] != '(') {
		*why = "a rule without options in brackets";
		return false;
	}
	if (n != 0 && (n != 5 || (!str_is(r.way, "->") && !str_is(r.way, "<>") &&
				  !str_is(r.way, "<-") && !str_is(r.way, "=>")))) {
		*why = "a rule's header is: action protocol address port -> address port";
		return false;
	}
	if (rest.p[rest.n - 1] != ')' || rest.n < 2) {
		*why = "a rule whose options are not closed";
		return false;
	}
	r.options = (struct str){ rest.p + 1, rest.n - 2 };
	*out = r;
	return true;
}

bool rule_option(struct str *rest, struct str *name, struct str *value, const char **why)
{
	struct str s = str_trim(*rest), option;
	bool quoted = false;
	size_t n = 0, colon;

	*why = NULL;
	while (s.n && s.p[0] == ';')
		s = str_trim(str_skip(s, 1));
	if (s.n == 0)
		return false;
	for (; n < s.n && (quoted || s.p[n] != ';'); n++) {
		if (s.p[n] == '\\' && n + 1 < s.n)
			n++;
		else if (s.p[n] == '"')
			quoted = !quoted;
	}
	if (n > s.n)
		n = s.n;
	if (quoted) {
		*why = "a quote that is not closed in a rule's options";
		return false;
	}
	if (n == s.n) {
		*why = "an option that does not end in a semicolon";
		return false;
	}
	option = str_head(s, n);
	*rest = str_skip(s, n + 1);
	colon = str_chr(option, ':');
	/* "content" has one, and so may its text; a name has no quotes. */
	if (colon > str_chr(option, '"'))
		colon = SIZE_MAX;
	*name = str_trim(str_head(option, colon));
	*value = colon == SIZE_MAX ? STR_NONE : str_trim(str_skip(option, colon + 1));
	return true;
}

bool rule_list_next(struct rule_list *l, struct str *entry, bool *denied)
{
	while (l->rest.n) {
		char c = l->rest.p[0];
		size_t n = 0;

		if (blank(c) || c == ',') {
			l->rest = str_skip(l->rest, 1);
			continue;
		}
		if (c == '!') {
			l->deny = !l->deny;
			l->rest = str_skip(l->rest, 1);
			continue;
		}
		if (c == '[') {
			l->too_deep = l->depth == LIST_DEPTH;
			if (l->too_deep)
				return false;
			l->depth++;
			l->denied = l->denied << 1 | ((l->denied & 1) ^ (unsigned)l->deny);
			l->deny = false;
			l->rest = str_skip(l->rest, 1);
			continue;
		}
		if (c == ']') {
			if (l->depth) {
				l->depth--;
				l->denied >>= 1;
			}
			l->deny = false;
			l->rest = str_skip(l->rest, 1);
			continue;
		}
		while (n < l->rest.n && !blank(l->rest.p[n]) && l->rest.p[n] != ',' &&
		       l->rest.p[n] != ']' && l->rest.p[n] != '[')
			n++;
		*entry = str_head(l->rest, n);
		*denied = ((l->denied & 1) ^ (unsigned)l->deny) != 0;
		l->deny = false;
		l->rest = str_skip(l->rest, n);
		return true;
	}
	return false;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* `2e 0d0a` between bars; *s begins behind the first and ends up behind the second. */
static bool hex_bytes(struct str *s, struct buf *out)
{
	while (s->n && s->p[0] != '|') {
		int high, low;

		if (blank(s->p[0])) {
			*s = str_skip(*s, 1);
			continue;
		}
		high = hex_digit(s->p[0]);
		low = s->n > 1 ? hex_digit(s->p[1]) : -1;
		if (high < 0 || low < 0)
			return false;
		buf_ch(out, (char)(high << 4 | low));
		*s = str_skip(*s, 2);
	}
	if (s->n == 0)
		return false;
	*s = str_skip(*s, 1);
	return true;
}

bool rule_content(struct str value, struct buf *out, struct str *rest, const char **why)
{
	struct str s = str_trim(value);
	size_t begin = out->n;

	*why = NULL;
	if (s.n && s.p[0] == '!')
		return false;
	if (s.n == 0 || s.p[0] != '"') {
		*why = "a content without quotes";
		return false;
	}
	s = str_skip(s, 1);
	while (s.n && s.p[0] != '"') {
		if (s.p[0] == '|') {
			s = str_skip(s, 1);
			if (!hex_bytes(&s, out)) {
				*why = "a content with hexadecimal digits missing";
				break;
			}
			continue;
		}
		if (s.p[0] == '\\' && s.n > 1)
			s = str_skip(s, 1);
		buf_ch(out, s.p[0]);
		s = str_skip(s, 1);
	}
	if (!*why && s.n == 0)
		*why = "a content that is not closed";
	if (!*why && buf_err(out))
		*why = "no memory for a content";
	if (*why) {
		out->n = begin;
		return false;
	}
	*rest = str_trim(str_skip(s, 1));
	return true;
}
