/* SPDX-License-Identifier: Apache-2.0 */
/* What reading lists from files (lists.c) and from the data directory (lists_store.c) share. */
#ifndef NEZUMI_APP_LISTS_PARTS_H
#define NEZUMI_APP_LISTS_PARTS_H

#include "app/carried.h"
#include "app/lists.h"
#include "store/store.h"

/* State while files are read; everything here is used by one thread. */
struct lists_load {
	struct lists *l;
	struct scan_files *files;
	struct scan_file *file; /* being read */
	struct str file_name;   /* of it, without folders */
	enum err err;           /* the first one that a callback met */
	bool keep;              /* what is not matched, too */
	bool adopted;           /* the snapshot is one that was opened, with all it needs */
	uint64_t digest;        /* of the exclusion lists */
	struct carried carried;
	const struct list_option *class_of; /* exclusions: the option of the files being read */
	VEC(struct indicator) own;          /* what only analysts say */
	int64_t now;
};

/* ---- lists.c ---- */

/* An indicator, normalised, to where its role belongs: the snapshot, the exclusions, aside. */
MUST enum err lists_take(void *load, const struct indicator *i);
MUST enum err lists_exclusion(void *load, const struct exclusion *x);
/* Use a snapshot where it lies, with what was withheld when it was made; both are the load's then. */
MUST enum err lists_adopt(struct lists_load *s, const struct snapshot *opened,
			  const struct snapfile *map);

/* ---- lists_store.c ---- */

/* Exclusions and what analysts decided; before the digest is made. */
MUST enum err lists_specials(struct lists_load *s, struct store *db, struct errinfo *ei);
MUST enum err lists_organisations(struct lists_load *s, struct store *db, struct errinfo *ei);
/* cache: use the snapshot that an earlier run left, if it is of this state. */
MUST enum err lists_indicators(struct lists_load *s, struct store *db, const char *data, bool cache,
			       struct errinfo *ei);
/* Leave it to the next run; who cannot write there does without. */
void lists_save(struct lists *l, const char *data);

#endif
