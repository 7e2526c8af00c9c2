/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which line a reader of documents is at, for what it tells the sink. Best used in the order of the
 * text: then counting is linear. Once the sink has as much as it keeps, nothing is counted any more.
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

/* What is told next stands at this offset. */
static inline void place_set(struct place *p, size_t offset, struct sink *sink)
{
	if (offset > p->text.n)
		offset = p->text.n;
	while (p->at < offset && sink->n_rejects < SINK_REJECTS) {
		const char *lf = memchr(p->text.p + p->at, '\n', offset - p->at);

		p->at = lf ? (size_t)(lf - p->text.p) + 1 : offset;
		p->line += lf != NULL;
	}
	while (p->at > offset && sink->n_rejects < SINK_REJECTS) {
		const char *lf = memrchr(p->text.p + offset, '\n', p->at - offset);

		p->at = lf ? (size_t)(lf - p->text.p) : offset;
		p->line -= lf != NULL;
	}
	sink->line = p->line;
}

#endif
