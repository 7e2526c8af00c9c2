/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Objects of STIX put together from many answers into one bundle, as the texts they are: only the
 * id and the time of the last change are looked at, and of several versions of an object the latest
 * stays.
 *
 * Workload: 1,000 objects at a time, up to some 100,000. Memory: the texts, at most `limit`, and 56
 * bytes an object.
 */
#ifndef NEZUMI_APP_BUNDLE_H
#define NEZUMI_APP_BUNDLE_H

#include "base/buf.h"
#include "base/vec.h"

struct bundle_object {
	size_t at, n;         /* its text */
	size_t id_n, stamp_n; /* id and modified, as they stand in it */
	size_t id_at, stamp_at;
};

struct bundle {
	struct buf text;
	VEC(struct bundle_object) objects;
	uint64_t *seen; /* what came since bundle_forget, by hash; open addressing */
	size_t seen_n, seen_cap;
	uint64_t fresh; /* objects that came by bundle_add and were not there before */
};

void bundle_init(struct bundle *b, size_t limit);
void bundle_free(struct bundle *b);
void bundle_clear(struct bundle *b);
/* What was written before. ERR_PARSE, ERR_IO, ERR_NOENT: it is of no use. */
MUST enum err bundle_load(struct bundle *b, const char *path);
/* A list of objects. *fresh: how many of them did not come since bundle_forget. */
MUST enum err bundle_add(struct bundle *b, struct str list, uint64_t *fresh, struct errinfo *ei);
void bundle_forget(struct bundle *b);
/* The latest version of each object, by id; into a file that is there whole or not at all. */
MUST enum err bundle_write(struct bundle *b, const char *path, struct errinfo *ei);

#endif
