/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rows of indicators: what the readers of comma-separated indicator formats share. A row is split,
 * its columns are understood, and its indicators are given to the sink; what cannot be understood
 * is told to the sink once a row.
 */
#ifndef NEZUMI_FORMAT_IND_ROW_H
#define NEZUMI_FORMAT_IND_ROW_H

#include "format/csv.h"
#include "format/table.h"

enum ind_column {
	IND_VALUE, /* of any type; the next four only if it is absent */
	IND_URL,
	IND_DOMAIN,
	IND_ADDRESS,
	IND_HASH,
	IND_PORT,
	IND_TYPE,
	IND_ROLE,
	IND_FAMILY,
	IND_FROM,
	IND_UNTIL,
	IND_SEEN,
	IND_SOURCE,
	IND_CONFIDENCE,
	IND_REFERENCE,
	IND_REVOKED,
	IND_TO_IDS,
	IND_COLUMNS
};

#define IND_HASHES_MAX 3

struct ind_columns {
	char sep;
	bool misp;           /* attributes as MISP exports them: types are MISP's */
	bool dates_matter;   /* a row whose date is not understood says nothing */
	unsigned n;          /* columns of the header */
	int at[IND_COLUMNS]; /* -1: there is none */
	/* More columns of hashes: a file is known by several. */
	unsigned n_hashes;
	int hashes[IND_HASHES_MAX];
};

/*
 * Understand a header line by the names in use and by what the user said (hints may be NULL; their
 * fields are named as columns are). The number of columns that are understood, 0 when none of them
 * holds a value; -1 with *why when the line cannot be split.
 */
int ind_columns(struct str header, const struct reader_hints *h, struct ind_columns *out,
		const char **why);

/* Which column a name is of, if any, and how sure that is: the more the better. */
bool ind_column_named(struct str name, enum ind_column *out, unsigned *sure);

/* Read a block of rows, of a reader with `spans`; blank lines and comments (#) are passed over. c
 * may be NULL: no header came before. */
void ind_rows(const struct ind_columns *c, struct str block, struct sink *sink);
/* Read one row that was split: its fields, in the order of the columns. */
void ind_fields(const struct ind_columns *c, const struct str *fields, int n, struct sink *sink);

/* ---- the parts, for formats that know their columns ------------------------------------------- */

/*
 * Clear the scratch buffer, make it so large that slices stay until the row is done, and split.
 * The number of fields, or -1 when it was told to the sink.
 */
int ind_split(struct str line, char sep, struct str fields[CSV_FIELDS_MAX], struct sink *sink);

/* Validity by its text; empty text and the like leave an end open. False with the reason. */
bool ind_validity(struct str from, struct str until, struct indicator *ind, const char **why);
/* The same of a source that says when it saw it last, which ends its validity where it has ended. */
bool ind_sighted(struct str from, struct str seen, bool ended, struct indicator *ind, const char **why);

/* Recognise the text, complete *ind and give it to the sink; what is wrong is told to the sink.
 * True if given. */
bool ind_give(struct str text, enum said said, struct indicator *ind, struct sink *sink);

/* 0–100, with or without %, a part of 1 with a point (0.85), or high, medium, low; 255 for anything
 * else. */
uint8_t ind_confidence(struct str s);

/* A family's name without the words that mean none. */
struct str ind_family(struct str s);

#endif
