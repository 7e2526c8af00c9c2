/* SPDX-License-Identifier: Apache-2.0 */
/*
 * JSON documents (RFC 8259) cut into parts by base/json_parts: a list of a million costs no more
 * memory than its largest entry, a damaged entry costs no other, and what stands before the place
 * where a document is cut off counts. What is wrong is told with its line.
 */
#ifndef NEZUMI_FORMAT_DOC_PARTS_H
#define NEZUMI_FORMAT_DOC_PARTS_H

#include "base/json_parts.h"
#include "format/doc_keys.h"
#include "format/place.h"

struct doc {
	struct str text;
	struct place place;
	struct sink *sink;
	struct str rest; /* what of the text was not taken yet */
	const char *end; /* of the text, without blanks */
	const char *cut; /* where it was told to be cut off or broken last */
	bool lines;      /* a value so far was a line, as in dumps that are put together */
	unsigned longer; /* so often none was at the beginning of the next */
};

/* An empty document is told. */
void doc_begin(struct doc *d, struct str text, struct sink *sink);
/* The next value; most documents are one. False at the end. Of values that are a line each one that
 * is cut off costs no other. */
bool doc_next(struct doc *d, struct str *value);

/*
 * Read the values of a document one after the other. What read() knows nothing of (false) is told
 * as `none`.
 */
void doc_each(struct str text, struct sink *sink, bool (*read)(struct doc *d, struct str value),
	      const char *none);

/* What is told next stands here, a place in the text. */
static inline void doc_at(struct doc *d, const char *p)
{
	place_set(&d->place, (size_t)(p - d->text.p), d->sink);
}

static inline bool doc_is(struct str value, char bracket)
{
	return value.n && value.p[0] == bracket;
}

/*
 * Walk the parts of an object or a list: the next one, or false at its end, where damage is told.
 */
bool doc_part(struct doc *d, struct json_parts *w, struct str *key, struct str *value);
/* The parts of it, if it is what the bracket begins; else false, and there are none. */
bool doc_parts(struct json_parts *w, struct str value, char bracket);

/* The value of a member as it stands, empty where there is none. */
struct str doc_member(struct str object, const char *key);

/* Tell what is wrong with a part that could not be read; `otherwise`: where it is well-formed. */
void doc_refuse(struct doc *d, struct str part, const char *otherwise);

#endif
