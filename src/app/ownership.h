/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where ownership data comes from: the compiled file, or the user's own MMDB files (GeoLite2,
 * IPinfo), which go first. And compiling it from the CSV tables that are published.
 */
#ifndef NEZUMI_APP_OWNERSHIP_H
#define NEZUMI_APP_OWNERSHIP_H

#include "app/special.h"
#include "base/arena.h"
#include "core/owners.h"

#include <maxminddb.h>

#define MMDB_MAX 4

struct ownership {
	struct owners owners;
	void *map;
	size_t map_n;
	MMDB_s mmdb[MMDB_MAX];
	size_t n_mmdb;
	struct arena arena; /* strings found in MMDB files */
	struct special special;
	bool hasty; /* set after ownership_init: for a few addresses the sum of the compiled file is
		       not looked at (owners_open) */
};

/* Errors: ERR_NOMEM; then, too, free it. */
MUST enum err ownership_init(struct ownership *o);
void ownership_free(struct ownership *o);
/* A compiled file or an MMDB file, told apart by content. Errors: ERR_NOENT, ERR_IO, ERR_PARSE. */
MUST enum err ownership_load(struct ownership *o, const char *path, struct errinfo *ei);
/* The file beside the program or installed with it; none is no error. `data` is the data directory
 * or NULL. */
MUST enum err ownership_load_default(struct ownership *o, const char *data, struct errinfo *ei);
/* Slices live as long as o. Addresses in special-purpose ranges have no owner. Not for several
 * threads. */
void ownership_find(struct ownership *o, struct ip ip, struct owner *out);

/*
 * Compile tables `first,last,number,name` (AS) and `first,last,country` into one file. Overlapping
 * rows: the first counts. Errors: ERR_PARSE with the line, ERR_IO, ERR_NOMEM.
 */
MUST enum err ownership_compile(const char *const *as_files, size_t n_as,
				const char *const *country_files, size_t n_country, const char *out,
				struct errinfo *ei);

#endif
