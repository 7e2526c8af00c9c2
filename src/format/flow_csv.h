/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Flow records as CSV with a header: which column is what, and the parts of a line that all such
 * files share (time, ends, protocol). in_argus.c and in_csv_flow.c differ in the names they know
 * and in how they judge a line. Layouts are made once and then only read, by any thread.
 */
#ifndef NEZUMI_FORMAT_FLOW_CSV_H
#define NEZUMI_FORMAT_FLOW_CSV_H

#include "format/csv.h"
#include "format/reader.h"

enum flow_column {
	FLOW_SRC,
	FLOW_DST,
	FLOW_TIME,
	FLOW_SPORT,
	FLOW_DPORT,
	FLOW_PROTO,
	FLOW_END,
	FLOW_DURATION,
	FLOW_DURATION_MS,
	FLOW_BYTES, /* from source to destination */
	FLOW_BYTES_BACK,
	FLOW_PACKETS,
	FLOW_PACKETS_BACK,
	FLOW_PAYLOAD,
	FLOW_PAYLOAD_BACK,
	FLOW_BYTES_BOTH,
	FLOW_PACKETS_BOTH,
	FLOW_FLAGS,
	FLOW_DIR,
	FLOW_STATE,
	FLOW_COLUMNS
};

/* A name that a column goes by, plain as csv_named() wants it. Where several of a column's names
 * are present, the first of the list counts. */
struct flow_name {
	enum flow_column column;
	const char *name;
};

struct flow_csv {
	char separator;
	unsigned n_fields;
	int at[FLOW_COLUMNS];           /* the field's number, -1 where there is none */
	struct str names[FLOW_COLUMNS]; /* as the header has them, for messages */
};

/*
 * Understand a header line. `--column src=ADDR` pairs go before the names. Errors: ERR_PARSE with
 * the reason where source, destination or time have no column.
 */
MUST enum err flow_csv_header(struct str line, const struct flow_name *known, size_t n_known,
			      const struct reader_hints *hints, struct arena *a,
			      struct flow_csv *out, struct errinfo *ei);

/* The same without hints, for recognition; nothing is kept of the line. */
bool flow_csv_recognise(struct str head, const struct flow_name *known, size_t n_known,
			struct flow_csv *out);

/* One line's fields, and the record as far as it goes without judgement. */
struct flow_row {
	struct str field[CSV_FIELDS_MAX];
	struct record record;
};

/*
 * Read a line. False when there is nothing to hand on: blank lines, remarks, repeated headers, and
 * what was told to the sink. The record has ends, times, protocol, sizes (UNSTATED where there is
 * no column); opener unknown, no payload.
 */
bool flow_csv_row(const struct flow_csv *c, struct str line, struct sink *sink, struct flow_row *out);

/* A column's field of the row; p is NULL where there is none or it is empty. */
static inline struct str flow_field(const struct flow_csv *c, const struct flow_row *row,
				    enum flow_column column)
{
	int at = c->at[column];

	return at < 0 || row->field[at].n == 0 ? (struct str){ NULL, 0 } : row->field[at];
}

/* A size; UNSTATED where there is none. False (and told) if it is not a number. */
bool flow_size(const struct flow_csv *c, const struct flow_row *row, enum flow_column column,
	       uint64_t *out, struct sink *sink);

#endif
