/* SPDX-License-Identifier: Apache-2.0 */
#include "format/doc.h"

#include <stdlib.h>

/* Length of the valid UTF-8 sequence at the start of s (RFC 3629), or 0. */
static size_t sequence(struct str s)
{
	for (size_t n = 1; n <= 4 && n <= s.n; n++)
		if (str_utf8(str_head(s, n)))
			return n;
	return 0;
}

/* A copy in which every byte that is part of no character is U+FFFD. */
static char *repaired(struct str s, size_t *n)
{
	char *copy = s.n < SIZE_MAX / 3 ? malloc(s.n * 3) : NULL;
	size_t at = 0;

	*n = 0;
	while (copy && at < s.n) {
		size_t len = (unsigned char)s.p[at] < 0x80 ? 1 : sequence(str_skip(s, at));

		memcpy(copy + *n, len ? s.p + at : "\xef\xbf\xbd", len ? len : 3);
		*n += len ? len : 3;
		at += len ? len : 1;
	}
	return copy;
}

/* Never fewer values than there are: commas and brackets in strings count, too. */
static size_t values_at_most(struct str s)
{
	size_t n = 1;

	for (size_t i = 0; i < s.n; i++)
		n += s.p[i] == ',' || s.p[i] == '[' || s.p[i] == '{';
	return n;
}

json_t *doc_load(struct str text, struct sink *sink)
{
	json_error_t e;
	json_t *tree = NULL;
	char *copy = NULL;

	if (values_at_most(text) > DOC_VALUES) {
		sink_bad(sink, "a document of more than %d values", DOC_VALUES);
		return NULL;
	}
	if (!str_utf8(text)) {
		copy = repaired(text, &text.n);
		text.p = copy;
		if (!copy) {
			sink_bad(sink, "no memory for the document");
			return NULL;
		}
	}
	/* Nothing but blanks would be told as an odd token. */
	if (str_trim(text).n == 0) {
		sink_bad(sink, "the document is empty");
	} else {
		tree = json_loadb(text.p, text.n, JSON_ALLOW_NUL, &e);
		if (!tree) {
			uint64_t line = e.line > 0 ? (uint64_t)e.line : 0;

			sink->line += line;
			sink_bad(sink, "JSON: %.70s (line %d, column %d)", e.text, e.line, e.column);
			sink->line -= line;
		}
	}
	free(copy);
	return tree;
}

bool doc_true(const json_t *v)
{
	return json_is_true(v) || (json_is_integer(v) && json_integer_value(v) == 1) ||
	       str_is(doc_str(v), "1") || str_iis(doc_str(v), "true");
}

bool doc_u64(const json_t *v, uint64_t *out)
{
	if (json_is_integer(v) && json_integer_value(v) >= 0) {
		*out = (uint64_t)json_integer_value(v);
		return true;
	}
	return str_u64(doc_str(v), UINT64_MAX, out);
}

bool doc_has_key(const struct sample *s, const char *key)
{
	struct str rest = s->head, k = str_of(key);

	for (;;) {
		size_t at = str_find(rest, k);

		if (at == SIZE_MAX)
			return false;
		if (at && rest.p[at - 1] == '"' && at + k.n < rest.n && rest.p[at + k.n] == '"') {
			struct str after = str_trim(str_skip(rest, at + k.n + 1));

			if (after.n && after.p[0] == ':')
				return true;
		}
		rest = str_skip(rest, at + k.n);
	}
}

char doc_begins(const struct sample *s)
{
	struct str head = str_trim(str_head(s->head, 4096));

	return (char)(head.n ? head.p[0] : 0);
}
