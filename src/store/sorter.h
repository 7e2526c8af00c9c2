/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sorting more than fits into memory: records of a key and more bytes are gathered, and come back in
 * the order of their bytes (key, then the rest; a shorter one before those it begins), equal ones
 * once. Ten to a hundred million records; what does not fit is kept, sorted, in an unnamed file.
 *
 * Memory: as told to sorter_init, and SORT_READ bytes for each stretch in the file. Cost: some
 * 100 ns a record, 30 more for each time the stretches double.
 */
#ifndef NEZUMI_STORE_SORTER_H
#define NEZUMI_STORE_SORTER_H

#include "base/err.h"
#include "base/str.h"
#include "base/vec.h"

struct sort_item {
	uint64_t prefix; /* the first eight bytes of the key */
	uint32_t at;     /* of the record in `bytes` */
	uint32_t unused;
};

struct sort_run;

struct sorter {
	char dir[4096]; /* where the file is to lie */
	unsigned char *bytes;
	size_t used, room;
	struct sort_item *items, *other;
	size_t n, max;
	int fd; /* -1: nothing was put aside */
	uint64_t file_size;
	VEC(struct sort_run) runs;
	uint64_t records; /* taken in */
	/* Giving back. */
	size_t next;
	uint32_t *heap; /* runs by their first record */
	size_t heap_n;
	unsigned char *last_bytes; /* the record before, for telling equal ones */
	size_t last_room;
	bool begun, has_last;
};

enum {
	SORT_KEY_MAX = 32768,
	SORT_REST_MAX = 32768,
	SORT_READ = 256 << 10,
};

/* memory: bytes, at least 1 MiB. Errors: ERR_NOMEM. */
MUST enum err sorter_init(struct sorter *s, size_t memory, const char *dir);
void sorter_free(struct sorter *s);
/* Errors: ERR_NOMEM, ERR_LIMIT: too long; ERR_IO: no room for the file. */
MUST enum err sorter_add(struct sorter *s, struct str key, struct str rest, struct errinfo *ei);
/* The next; *more false at the end. Slices live until the next call. Nothing can be added any more. */
MUST enum err sorter_next(struct sorter *s, struct str *key, struct str *rest, bool *more,
			  struct errinfo *ei);

#endif
