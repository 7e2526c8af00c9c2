/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which line a reader of documents is at, for what it tells the sink. Goes forward only, so that
 * counting is linear however much is told.
 */
#ifndef NEZUMI_FORMAT_PLACE_H
#define NEZUMI_FORMAT_PLACE_H

#include "format/reader.h"

struct place {
	struct str text; /* the document, without what is blank at its end */
	size_t at;
	uint64_t line; /* of text.p[at], from 1 */
};

static inline struct place place_begin(struct str text)
{
	while (text.n && (text.p[text.n - 1] == '\n' || text.p[text.n - 1] == '\r'))
		text.n--;
	return (struct place){ text, 0, text.n > 0 };
}

/* What is told next stands at this offset (what lies before the last one has its line). */
static inline void place_set(struct place *p, size_t offset, struct sink *sink)
{
	if (offset > p->text.n)
		offset = p->text.n;
	while (p->at < offset) {
		const char *lf = memchr(p->text.p + p->at, '\n', offset - p->at);

		p->at = lf ? (size_t)(lf - p->text.p) + 1 : offset;
		p->line += lf != NULL;
	}
	sink->line = p->line;
}

#endif
