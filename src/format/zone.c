/* SPDX-License-Identifier: Apache-2.0 */
#include "format/zone.h"

static bool blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

/* ---- entries ---------------------------------------------------------------------------------- */

struct lexer {
	struct zone_entry *e;
	unsigned depth;
};

static void word(struct zone_entry *e, struct str w)
{
	if (e->n < ZONE_WORDS)
		e->word[e->n++] = w;
}

/* The words of one line; false when a quote is not closed on it. */
static bool lex(struct lexer *l, struct str line)
{
	while (line.n) {
		char c = line.p[0];
		size_t n = 0;

		if (blank(c)) {
			line = str_skip(line, 1);
		} else if (c == ';') {
			if (l->e->comment.n == 0)
				l->e->comment = str_trim(str_skip(line, 1));
			return true;
		} else if (c == '(' || c == ')') {
			if (c == '(')
				l->depth++;
			else if (l->depth)
				l->depth--;
			line = str_skip(line, 1);
		} else if (c == '"') {
			for (n = 1; n < line.n && line.p[n] != '"'; n++)
				n += line.p[n] == '\\';
			if (n >= line.n)
				return false;
			word(l->e, (struct str){ line.p + 1, n - 1 });
			line = str_skip(line, n + 1);
		} else {
			while (n < line.n && !blank(line.p[n]) && line.p[n] != ';' &&
			       line.p[n] != '(' && line.p[n] != ')')
				n += line.p[n] == '\\' && n + 1 < line.n ? 2 : 1;
			word(l->e, str_head(line, n));
			line = str_skip(line, n);
		}
	}
	return true;
}

static bool take_line(struct zone *z, struct str *line)
{
	if (!str_line(&z->rest, line))
		return false;
	z->line++;
	return true;
}

bool zone_next(struct zone *z, struct zone_entry *e, const char **why)
{
	struct str line;

	*why = NULL;
	while (take_line(z, &line)) {
		struct str rest = z->rest;
		uint64_t number = z->line;
		struct lexer l = { .e = e };
		bool closed;

		*e = (struct zone_entry){ .comment = STR_NONE, .line = z->line };
		e->same_owner = line.n && blank(line.p[0]);
		closed = lex(&l, line);
		for (unsigned i = 0; closed && l.depth && i < ZONE_LINES_MAX && take_line(z, &line); i++)
			closed = lex(&l, line);
		if (!closed || l.depth) {
			*why = closed ? "a bracket that is not closed" : "a quote that is not closed";
			z->rest = rest;
			z->line = number;
			return true;
		}
		if (e->n)
			return true;
	}
	return false;
}

/* ---- records ---------------------------------------------------------------------------------- */

static char lower(char c)
{
	return (char)(c >= 'A' && c <= 'Z' ? c + 32 : c);
}

/* A name made absolute, into a buffer of 256 bytes; false if it is too long. */
static bool absolute(const struct zone *z, struct str name, char to[256], uint8_t *to_n)
{
	struct str origin = { z->origin, z->origin_n };
	char out[256];
	size_t n = 0;

	if (str_is(name, "@")) {
		name = STR_NONE;
	} else if (name.n && name.p[name.n - 1] == '.') {
		name.n--;
		origin = STR_NONE;
	}
	if (name.n + 1 + origin.n >= sizeof out)
		return false;
	for (size_t i = 0; i < name.n; i++)
		out[n++] = lower(name.p[i]);
	if (n && origin.n)
		out[n++] = '.';
	memcpy(out + n, origin.p, origin.n);
	n += origin.n;
	memcpy(to, out, n);
	*to_n = (uint8_t)n;
	return true;
}

/* Seconds, or numbers with units: 1h30m. */
static bool is_ttl(struct str s)
{
	bool digits = false;

	for (size_t i = 0; i < s.n; i++) {
		char c = lower(s.p[i]);

		if (c >= '0' && c <= '9')
			digits = true;
		else if (!digits || !(c == 's' || c == 'm' || c == 'h' || c == 'd' || c == 'w'))
			return false;
	}
	return digits;
}

static bool is_class(struct str s)
{
	return str_iis(s, "IN") || str_iis(s, "CH") || str_iis(s, "HS") || str_iis(s, "ANY") ||
	       str_istarts(s, STR("CLASS"));
}

static bool is_type(struct str s)
{
	if (s.n == 0 || !((s.p[0] >= 'A' && s.p[0] <= 'Z') || (s.p[0] >= 'a' && s.p[0] <= 'z')))
		return false;
	for (size_t i = 0; i < s.n; i++) {
		char c = lower(s.p[i]);

		if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'))
			return false;
	}
	return true;
}

static bool directive(struct zone *z, const struct zone_entry *e, const char **why)
{
	struct str name = e->word[0];

	if (str_iis(name, "$TTL"))
		return true;
	if (str_iis(name, "$ORIGIN")) {
		if (e->n < 2 || !absolute(z, e->word[1], z->origin, &z->origin_n)) {
			*why = "an $ORIGIN without a name";
			return false;
		}
		z->has_origin = true;
		return true;
	}
	*why = str_iis(name, "$INCLUDE") ? "an $INCLUDE is not followed: read that file by itself"
	       : str_iis(name, "$GENERATE") ? "a $GENERATE is not understood"
					    : "a directive that is not known";
	return false;
}

bool zone_entry_rr(struct zone *z, const struct zone_entry *e, struct zone_rr *out, const char **why)
{
	unsigned at = 0;

	*out = (struct zone_rr){ .owner = STR_NONE, .type = STR_NONE };
	if (!e->same_owner && e->word[0].n && e->word[0].p[0] == '$')
		return directive(z, e, why);
	if (!e->same_owner) {
		if (!absolute(z, e->word[0], z->owner, &z->owner_n)) {
			*why = "a name of more than 255 bytes";
			return false;
		}
		z->has_owner = true;
		at = 1;
	}
	if (!z->has_owner) {
		*why = "a record before any owner";
		return false;
	}
	/* TTL and class may stand either way round. */
	while (at < e->n && at < 3 && (is_ttl(e->word[at]) || is_class(e->word[at])))
		at++;
	if (at >= e->n || !is_type(e->word[at])) {
		*why = "a record without a type";
		return false;
	}
	out->owner = (struct str){ z->owner, z->owner_n };
	out->type = e->word[at];
	out->data = &e->word[at + 1];
	out->n_data = e->n - at - 1;
	return true;
}
