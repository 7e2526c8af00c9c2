/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Feeds in JSON: objects in one list, in a list for each key, or one a line, gone over without a
 * tree (format/doc_parts), so that a dump of millions takes no memory beside its text and damage
 * costs the entry that it is in. Linear in time; one thread; strings are undone into the sink's
 * scratch buffer.
 */
#ifndef NEZUMI_FORMAT_FEED_H
#define NEZUMI_FORMAT_FEED_H

#include "base/json.h"
#include "format/ind_row.h"

#define FEED_ITEM_MAX ((size_t)4 << 20) /* bytes of an object */

struct feed {
	struct sink *sink;
	/* An object and the key that it, or the list that it is in, stands under. The scratch
	 * buffer is empty and has room for what feed_text and ind_give take for it. */
	void (*item)(struct feed *f, struct str key, struct str object);
	/* A plain member of the document by which it is an item itself, or NULL; handed over with
	 * the key "". */
	const char *self;
};

/* Everything that cannot be read is told to the sink with its line. */
void feed_read(struct feed *f, struct str text);

/* The members of an object by name, of type JSON_NULL where there is none; all of it was checked. */
void feed_members(struct str object, const char *const *names, size_t n, struct json *out);

/* A string or number as text; empty for null and anything else. */
struct str feed_text(struct feed *f, const struct json *v);

/* ind_give for a value that may be absent; true if it was given. */
bool feed_give(struct feed *f, const struct json *v, enum said said, const struct indicator *like);

#endif
