/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The rows of a table in a block: lines that are neither blank nor comments (#), and what belongs
 * to them of the lines that follow, where a quoted field holds line ends. For readers with `spans`,
 * or of documents.
 */
#ifndef NEZUMI_FORMAT_TABLE_H
#define NEZUMI_FORMAT_TABLE_H

#include "format/csv.h"
#include "format/reader.h"

struct table {
	struct sink *sink;
	const char *begin;
	struct str rest;
	size_t ahead;  /* bytes that may be looked at behind the block */
	uint64_t more; /* lines of the row at hand behind its first */
	size_t beyond; /* bytes of it behind the block */
};

struct table table_begin(struct str block, struct sink *sink);

/* The next line that begins a row, begun. False at the end of the block: then the sink knows how
 * far it was read. */
static inline bool table_line(struct table *t, struct str *line)
{
	/* What was told of a row stands where it begins. */
	t->sink->line += t->more;
	t->more = 0;
	if (!str_line(&t->rest, line)) {
		t->sink->used = (size_t)(t->rest.p - t->begin) + t->beyond;
		return false;
	}
	sink_line(t->sink);
	return true;
}

/* The same without blank lines and comments. */
static inline bool table_row(struct table *t, struct str *line)
{
	while (table_line(t, line))
		if (str_trim(*line).n && line->p[0] != '#')
			return true;
	return false;
}

/*
 * Split the row whose first line is at hand, as csv_split does; the sink's scratch buffer is
 * cleared and gets room for `times` its bytes and `plus`. want: the fields that a row over several
 * lines must have. The number of fields; -1 when it was told to the sink why there are none.
 */
int table_split(struct table *t, struct str line, char sep, int want, size_t times, size_t plus,
		struct str fields[CSV_FIELDS_MAX]);

#endif
