/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A sieve for Zeek's own log format: nearly all lines of telemetry are readable records that
 * concern nobody, and it is enough to be certain of that. What the sieve is not certain of (a line
 * with other columns, an odd form of a number, an address that is near) is left to the plain way,
 * line by line, so that what comes out is the same with it and without.
 *
 * A plan says for one layout what has to be certain: that there are as many fields as columns, and
 * that all fields for which the plain way would refuse a line are as they usually are. It is made
 * once, does not change and is used by many threads.
 *
 * How it is done: one pass over some KiB finds all separators and LFs as bit masks. Which of them
 * is the how manieth of its line follows from counting (the phase), so all fields that hold
 * numbers are checked together as differences of masks, in the same pass. The second pass
 * parses times and addresses, the third looks addresses up.
 */
#ifndef NEZUMI_FORMAT_ZEEK_SIEVE_H
#define NEZUMI_FORMAT_ZEEK_SIEVE_H

#include <limits.h>

#include "format/zeek.h"

#define ZEEK_SIEVE_FIELDS 128 /* the most columns of a layout with a plan */
#define ZEEK_SIEVE_KEPT   32  /* the most stops of a line that are kept; more are never needed */
#define ZEEK_SIEVE_NONE   UINT_MAX

/* Of the stops (separators and LFs) from one on: bit i stands for the i-th of them. */
struct zeek_phase {
	uint64_t opens, closes; /* a number begins behind it, has ended before it */
	uint64_t last;          /* the LF */
	uint64_t kept;          /* its place is needed */
};

/* Which of the kept stops of its line a field ends at (it begins behind the one before, or with the
 * line); ZEEK_SIEVE_NONE if there is no such column. */
struct zeek_slots {
	unsigned ts, orig, resp, orig_port, resp_port, duration, answers;
};

struct zeek_sieve {
	enum kind kind;
	unsigned n_fields;
	unsigned n_kept; /* of a line; the LF is always the last */
	char separator, set_separator;
	char unset; /* one byte that stands for nothing; LF if there is no such byte */
	struct zeek_slots at;
	/* How far a kept stop may be behind the one before it: from min to min + span bytes. */
	uint16_t min[ZEEK_SIEVE_KEPT], span[ZEEK_SIEVE_KEPT];
	unsigned char next[ZEEK_SIEVE_FIELDS + 64]; /* which of a line's stops the n-th is */
	struct zeek_phase phase[ZEEK_SIEVE_FIELDS];
};

/* What a plan depends on. */
struct zeek_columns {
	enum kind kind;
	unsigned n_fields;
	uint16_t field[ZEEK_VALUES]; /* UINT16_MAX: no such column */
	char separator, set_separator;
	struct str unset, empty;
};

/* *out is NULL when these columns cannot be sieved. Errors: ERR_NOMEM. */
MUST enum err zeek_sieve_plan(const struct zeek_columns *c, struct arena *a,
			      const struct zeek_sieve **out);

/* The plain way: reads lines of a block up to one that begins with '#' (but the first of them) and
 * returns how many bytes it read. */
typedef size_t zeek_plain(const struct layout *l, struct str lines, struct sink *sink);

/* Read a block as `plain` would, but pass over what is not near. Returns the bytes read. Only for
 * sinks that select the plan's kind. */
size_t zeek_sieve_avx2(const struct zeek_sieve *z, const struct layout *l, zeek_plain *plain,
		       struct str block, struct sink *sink);
size_t zeek_sieve_avx512(const struct zeek_sieve *z, const struct layout *l, zeek_plain *plain,
			 struct str block, struct sink *sink);

#endif
