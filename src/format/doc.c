/* SPDX-License-Identifier: Apache-2.0 */
#include "format/doc.h"

#include <stdlib.h>

#define LONGER_MAX 16

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

void doc_begin(struct doc *d, struct str text, struct sink *sink)
{
	struct str rest = str_trim(text);

	*d = (struct doc){ .text = text,
			   .place = place_begin(text),
			   .sink = sink,
			   .rest = rest,
			   .end = rest.p + rest.n };
	if (rest.n == 0)
		sink_bad(sink, "the document is empty");
}

/* Where the document ends within something. */
static bool at_end(const struct doc *d, const char *p)
{
	return p >= d->end;
}

/* What ends too early is told once, by whichever of the parts that it ends within. */
static void broken(struct doc *d, const char *p)
{
	if (p == d->cut || (at_end(d, p) && d->cut == d->end))
		return;
	d->cut = at_end(d, p) ? d->end : p;
	/* A line that is broken takes no other with it. */
	if (at_end(d, p))
		d->sink->partial = "the document ends too early";
	else if (!d->lines)
		d->sink->partial = "the document is broken";
	doc_at(d, p);
	sink_bad(d->sink,
		 at_end(d, p) ? "JSON: the document ends too early"
			      : "JSON: broken here; the rest of this list or object was not read");
}

/*
 * A value, which may be a line. One that is cut off would else take all lines behind it for its
 * rest; whether it is only longer than a line is tried so often and no more, as each time may go
 * over the whole document.
 */
static void take_value(struct doc *d, struct str all, struct str *value)
{
	size_t lf = str_chr(all, '\n');
	struct str line = str_head(all, lf), behind;
	bool whole = json_cut(line, value, &behind);

	if (whole) {
		d->lines |= lf != SIZE_MAX && str_trim(behind).n == 0;
		d->rest = str_skip(all, (size_t)(value->p - all.p) + value->n);
		return;
	}
	if (lf == SIZE_MAX || d->longer == LONGER_MAX || !json_cut(all, value, &behind)) {
		/* The line alone, or all that there is. */
		*value = d->lines && lf != SIZE_MAX ? line : all;
		d->rest = str_skip(all, value->n);
		d->longer += d->lines && d->longer < LONGER_MAX;
		return;
	}
	d->rest = behind;
}

bool doc_next(struct doc *d, struct str *value)
{
	struct str all;

	while ((all = str_trim(d->rest)).n && all.p[0] != '{' && all.p[0] != '[') {
		doc_at(d, all.p);
		sink_bad(d->sink, all.p == str_trim(d->text).p ? "JSON: neither an object nor a list"
							       : "JSON: something else follows it");
		if (!d->lines)
			return false;
		/* The next one may be better. */
		d->rest = str_skip(all, str_chr(all, '\n'));
	}
	if (all.n == 0)
		return false;
	take_value(d, all, value);
	return true;
}

void doc_each(struct str text, struct sink *sink, bool (*read)(struct doc *d, struct str value),
	      const char *none)
{
	struct str value;
	struct doc d;

	doc_begin(&d, text, sink);
	while (doc_next(&d, &value))
		if (!read(&d, value)) {
			doc_at(&d, value.p);
			sink_bad(sink, "%s", none);
		}
}

bool doc_part(struct doc *d, struct json_parts *w, struct str *key, struct str *value)
{
	if (json_part(w, key, value))
		return true;
	if (w->broken)
		broken(d, w->p);
	return false;
}

bool doc_parts(struct json_parts *w, struct str value, char bracket)
{
	*w = (struct json_parts){ .p = value.p, .end = value.p + value.n, .ended = true };
	return doc_is(value, bracket) && json_parts_begin(w, value);
}

/* What is wrong with a part, where it is by its lines. */
static void refuse(struct doc *d, struct str part, const json_error_t *e)
{
	struct str value, rest;

	if (!json_cut(part, &value, &rest)) {
		broken(d, part.p + part.n);
		return;
	}
	doc_at(d, part.p);
	d->sink->line += e->line > 1 ? (uint64_t)e->line - 1 : 0;
	sink_bad(d->sink, "JSON: %.90s", e->text);
}

json_t *doc_tree(struct doc *d, struct str part)
{
	const size_t flags = JSON_ALLOW_NUL | JSON_DECODE_ANY;
	struct str text = part;
	json_error_t e;
	json_t *tree;
	char *copy = NULL;

	if (part.n > DOC_PART_MAX || values_at_most(part) > DOC_VALUES) {
		doc_at(d, part.p);
		sink_bad(d->sink, "a part of more than %zu MiB or %d values", DOC_PART_MAX >> 20,
			 DOC_VALUES);
		return NULL;
	}
	if (!str_utf8(part)) {
		copy = repaired(part, &text.n);
		text.p = copy;
		if (!copy) {
			doc_at(d, part.p);
			sink_bad(d->sink, "no memory for the document");
			return NULL;
		}
	}
	tree = json_loadb(text.p, text.n, flags, &e);
	if (!tree)
		refuse(d, part, &e);
	free(copy);
	return tree;
}

void doc_refuse(struct doc *d, struct str part, const char *otherwise)
{
	uint64_t before = d->sink->malformed;
	json_t *tree = doc_tree(d, part);

	if (tree && before == d->sink->malformed) {
		doc_at(d, part.p);
		sink_bad(d->sink, "%s", otherwise);
	}
	json_decref(tree);
}

struct str doc_member(struct str object, const char *key)
{
	struct json_parts w;
	struct str k, v, found = STR_NONE;

	if (!doc_parts(&w, object, '{'))
		return found;
	while (json_part(&w, &k, &v))
		if (str_is(k, key))
			found = v;
	return found;
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
