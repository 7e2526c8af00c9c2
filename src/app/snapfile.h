/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Snapshots as files (*.nzs): written whole or not at all, mapped where they lie. A million
 * addresses are ready in a few milliseconds, ten million in some ten, and several processes share
 * the memory.
 *
 * A file is never changed in place: a new one takes its name (rename), and whoever has mapped the
 * old one keeps that until he closes it. So a long-running reader swaps without a lock: the thread
 * that watches the file opens the new one beside the old, publishes its address with one atomic
 * exchange, and closes the old one when every thread that may have taken the address before has
 * since come to rest once (ended its block). Readers take the address once for each block.
 */
#ifndef NEZUMI_APP_SNAPFILE_H
#define NEZUMI_APP_SNAPFILE_H

#include "core/snapshot.h"

/* A file that is mapped. All zero: none. */
struct snapfile {
	void *map;
	size_t n;
};

/* Does a snapshot lie there, whole or damaged? Only regular files are looked at. */
bool snapfile_is(const char *path);
/* Errors: ERR_IO, with the reason. */
MUST enum err snapfile_save(struct snapshot *s, const char *path, struct errinfo *ei);
/*
 * Map a file into *f, check it and open it as *s (initialised, and not built), which lives as long
 * as *f. Everything is read once, and dropped from memory again. Errors, with the reason:
 * ERR_NOENT, ERR_IO; ERR_PARSE: damaged; ERR_FORMAT: of another version or machine, or no snapshot.
 */
MUST enum err snapfile_open(struct snapfile *f, struct snapshot *s, const char *path,
			    struct errinfo *ei);
void snapfile_close(struct snapfile *f);

#endif
