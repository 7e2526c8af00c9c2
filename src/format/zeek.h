/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What Zeek's conn, dns, ssl and http logs mean, whether they come as TSV or as JSON: which columns
 * count, which kind of log they make, and how values become a record. The readers find the values,
 * this judges them. Nothing is allocated; safe from any thread.
 */
#ifndef NEZUMI_FORMAT_ZEEK_H
#define NEZUMI_FORMAT_ZEEK_H

#include "format/reader.h"

enum zeek_column {
	ZEEK_TS,
	ZEEK_ORIG_H,
	ZEEK_ORIG_P,
	ZEEK_RESP_H,
	ZEEK_RESP_P,
	ZEEK_PROTO,
	ZEEK_IP_PROTO,
	ZEEK_DURATION,
	ZEEK_ORIG_BYTES,
	ZEEK_RESP_BYTES,
	ZEEK_ORIG_PKTS,
	ZEEK_RESP_PKTS,
	ZEEK_CONN_STATE,
	ZEEK_HISTORY,
	ZEEK_QUERY,
	ZEEK_ANSWERS,
	ZEEK_TTLS,
	ZEEK_SERVER_NAME,
	ZEEK_ESTABLISHED,
	ZEEK_HOST,
	ZEEK_URI,
	ZEEK_STATUS_CODE,
	ZEEK_VALUES,
	/* Only seen, to tell the logs apart. */
	ZEEK_MISSED_BYTES = ZEEK_VALUES,
	ZEEK_QTYPE,
	ZEEK_REJECTED,
	ZEEK_RESUMED,
	ZEEK_BODY_LEN,
	ZEEK_REQUEST_PATH,
	ZEEK_COLUMNS
};
#define ZEEK_BIT(column) (UINT32_C(1) << (column))

/* The values of a line as text; p is NULL where nothing is stated. */
struct zeek_row {
	struct str v[ZEEK_VALUES];
};

/* The column of that name ("id.orig_h"), ZEEK_COLUMNS for the rest. */
enum zeek_column zeek_column(struct str name);
/* By the log's name ("conn", "conn_red", "dns"); KIND_COUNT when it is another log's. */
enum kind zeek_kind_of_path(struct str path);
/* By the columns seen, ZEEK_BIT each; KIND_COUNT when they are another log's. */
enum kind zeek_kind_of_columns(uint32_t seen);
/* What of a kind's values is used, ZEEK_BIT each. */
uint32_t zeek_used(enum kind kind);

/* The text of a TTL in seconds, as a number with or without a fraction; TTL_UNSTATED for anything
 * else. */
uint32_t zeek_ttl(struct str s);

/*
 * Hand the record of a row to the sink, or sink_bad() it. Names are as they shall stand in the
 * record (escapes undone); the first n_answers of sink->answers belong to it.
 */
void zeek_record(enum kind kind, const struct zeek_row *row, unsigned n_answers, struct sink *sink);

#endif
