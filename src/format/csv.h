/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Comma-separated lines (RFC 4180, and what is found in the wild: other separators, blanks around
 * quotes, a comment sign before the header). A row is a line unless a quoted field goes on in the
 * next one: csv_split says so, csv_span finds where such a row ends.
 */
#ifndef NEZUMI_FORMAT_CSV_H
#define NEZUMI_FORMAT_CSV_H

#include "base/buf.h"
#include "base/str.h"

#define CSV_FIELDS_MAX 256
#define CSV_OPEN       (-2)

/* Of rows over several lines: bytes of a field, fields that go over line ends, bytes behind the
 * first line (SPAN_AHEAD of format/reader.h must not be less). What is longer is no such row. */
#define CSV_FIELD_MAX  ((size_t)64 << 10)
#define CSV_BREAKS_MAX 8
#define CSV_SPAN_MAX   ((size_t)128 << 10)

/*
 * Split a line. Fields without doubled quotes are slices of the line, others are undone into
 * scratch (not cleared here; give it room for line.n bytes first or slices may move: csv_split does
 * that). Returns the number of fields (at most CSV_FIELDS_MAX; more is an error), or -1 with *why
 * set; CSV_OPEN where the quote of the last field is not closed.
 */
int csv_split(struct str line, char sep, struct buf *scratch, struct str *fields, const char **why);

/*
 * Where the row ends that begins with a line that csv_split found open: bytes of the text behind
 * that line (which follows it in memory), whole lines. 0: there is no such row within the bounds
 * above that has `want` fields: then the quote is not closed, and the line is one by itself.
 *
 * It depends on nothing but the row's own lines, and takes linear time over all lines of a text:
 * one that is scanned because a quote is open in it ends the search of all but CSV_BREAKS_MAX rows
 * before it.
 */
size_t csv_span(struct str line, struct str behind, char sep, int want);

/* The separator of a header line: the most frequent of , ; TAB | outside quotes; ',' when there is
 * none. */
char csv_separator(struct str header);

/* Column names compared without regard to case, blanks, `_`, `-`, `.` and `#`: "First Seen (UTC)"
 * is "firstseenutc". */
bool csv_named(struct str column, const char *plain);

#endif
