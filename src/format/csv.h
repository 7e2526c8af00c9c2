/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Comma-separated lines (RFC 4180, and what is found in the wild: other separators, blanks around
 * quotes, a comment sign before the header). A quoted field ends on its own line: a quote left open
 * is an error of that line.
 */
#ifndef NEZUMI_FORMAT_CSV_H
#define NEZUMI_FORMAT_CSV_H

#include "base/buf.h"
#include "base/str.h"

#define CSV_FIELDS_MAX 256

/*
 * Split a line. Fields without doubled quotes are slices of the line, others are undone into scratch
 * (not cleared here; give it room for line.n bytes first or slices may move: csv_split does that).
 * Returns the number of fields (at most CSV_FIELDS_MAX; more is an error), or -1 with *why set.
 */
int csv_split(struct str line, char sep, struct buf *scratch, struct str *fields, const char **why);

/* The separator of a header line: the most frequent of , ; TAB | outside quotes; ',' when there is
 * none. */
char csv_separator(struct str header);

/* Column names compared without regard to case, blanks, `_`, `-`, `.` and `#`: "First Seen (UTC)"
 * is "firstseenutc". */
bool csv_named(struct str column, const char *plain);

#endif
