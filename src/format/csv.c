/* SPDX-License-Identifier: Apache-2.0 */
#include "format/csv.h"

/* A field that begins with a quote; *rest begins after that quote. */
static bool quoted(struct str *rest, struct buf *scratch, struct str *out)
{
	size_t begin = scratch->n;
	struct str s = *rest;
	bool copied = false;

	for (;;) {
		size_t at = str_chr(s, '"');

		if (at == SIZE_MAX)
			return false;
		if (at + 1 < s.n && s.p[at + 1] == '"') {
			buf_add(scratch, s.p, at + 1);
			s = str_skip(s, at + 2);
			copied = true;
			continue;
		}
		if (copied) {
			buf_add(scratch, s.p, at);
			*out = (struct str){ scratch->p + begin, scratch->n - begin };
		} else {
			*out = str_head(s, at);
		}
		*rest = str_skip(s, at + 1);
		return true;
	}
}

int csv_split(struct str line, char sep, struct buf *scratch, struct str *fields, const char **why)
{
	int n = 0;

	if (!buf_room(scratch, line.n + 1)) {
		*why = "no memory for the line";
		return -1;
	}
	for (;;) {
		struct str field;
		size_t at;

		if (n == CSV_FIELDS_MAX) {
			*why = "more than 256 fields";
			return -1;
		}
		while (line.n && line.p[0] == ' ')
			line = str_skip(line, 1);
		if (line.n && line.p[0] == '"') {
			line = str_skip(line, 1);
			if (!quoted(&line, scratch, &field)) {
				*why = "a quote is not closed on its line";
				return CSV_OPEN;
			}
			at = str_chr(line, sep);
			if (str_trim(str_head(line, at)).n) {
				*why = "text after a closing quote";
				return -1;
			}
		} else {
			at = str_chr(line, sep);
			field = str_trim(str_head(line, at));
		}
		fields[n++] = field;
		if (at == SIZE_MAX)
			return n;
		line = str_skip(line, at + 1);
	}
}

/* Behind the closing quote of a field that begins at p; NULL where there is none before end. */
static const char *past_quoted(const char *p, const char *end)
{
	while ((p = p < end ? memchr(p, '"', (size_t)(end - p)) : NULL) != NULL) {
		if (p + 1 == end || p[1] != '"')
			return p + 1;
		p += 2;
	}
	return NULL;
}

static const char *past_blanks(const char *p, const char *end)
{
	while (p < end && *p == ' ')
		p++;
	return p;
}

size_t csv_span(struct str line, struct str behind, char sep, int want)
{
	const char *p = line.p, *first = behind.p;
	const char *end = behind.p + (behind.n < CSV_SPAN_MAX ? behind.n : CSV_SPAN_MAX);
	int breaks = 0;

	for (int fields = 1; fields <= want; fields++) {
		p = past_blanks(p, end);
		if (p < end && *p == '"') {
			const char *begin = p + 1, *limit = begin + CSV_FIELD_MAX;

			p = past_quoted(begin, (size_t)(end - begin) > CSV_FIELD_MAX ? limit : end);
			if (!p)
				return 0;
			breaks += memchr(begin, '\n', (size_t)(p - begin)) != NULL;
			while (p < end && (*p == ' ' || *p == '\t' || *p == '\r') && *p != sep)
				p++;
			if (breaks > CSV_BREAKS_MAX || (p < end && *p != sep && *p != '\n'))
				return 0;
		} else {
			while (p < end && *p != sep && *p != '\n')
				p++;
		}
		if (p == end || *p == '\n') {
			/* Of the end of the text nobody knows whether it is the row's. */
			bool whole = p < end || behind.n < CSV_SPAN_MAX;

			p += p < end;
			return whole && fields == want && p > first ? (size_t)(p - first) : 0;
		}
		p++;
	}
	return 0;
}

char csv_separator(struct str header)
{
	static const char seps[] = { ',', ';', '\t', '|' };
	size_t count[sizeof seps] = { 0 }, best = 0;
	bool in_quotes = false;

	for (size_t i = 0; i < header.n; i++) {
		if (header.p[i] == '"')
			in_quotes = !in_quotes;
		for (size_t k = 0; !in_quotes && k < sizeof seps; k++)
			count[k] += header.p[i] == seps[k];
	}
	for (size_t k = 1; k < sizeof seps; k++)
		if (count[k] > count[best])
			best = k;
	return seps[best];
}

bool csv_named(struct str column, const char *plain)
{
	for (size_t i = 0; i < column.n; i++) {
		char c = column.p[i];

		if (c >= 'A' && c <= 'Z')
			c = (char)(c + 32);
		if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')))
			continue;
		if (*plain++ != c)
			return false;
	}
	return *plain == 0;
}
