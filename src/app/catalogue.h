/* SPDX-License-Identifier: Apache-2.0 */
/* The data that the program carries: the files of catalogue/, as they are. */
#ifndef NEZUMI_APP_CATALOGUE_H
#define NEZUMI_APP_CATALOGUE_H

#include "base/arena.h"
#include "base/err.h"

struct str catalogue_special_purpose(void);
struct str catalogue_warninglists(void);
struct str catalogue_benign(void);
struct str catalogue_platforms(void);
struct str catalogue_families(void);
struct str catalogue_words(void); /* see core/extract.h */
struct str catalogue_sectors(void);
struct str catalogue_countries(void);
struct str catalogue_feeds(void); /* YAML: see app/feed.h */

/*
 * Walk the rows of such a file: comments and blank lines are passed over, so is the header. Calls
 * back with the fields of each row, missing ones empty. Errors: those of row; ERR_NOMEM.
 */
#define ROW_FIELDS 8
MUST enum err catalogue_rows(struct str file,
			     enum err (*row)(void *ctx, const struct str field[ROW_FIELDS]), void *ctx);

#endif
