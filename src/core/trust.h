/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How far an indicator is to be believed, from what its sources say, and why (docs/confidence.md):
 * a source's reliability, what it says itself, how often it was wrong before, and the age of what
 * it says; several independent witnesses agree by noisy-or, and those who copy each other are one.
 *
 * Workload: one to some dozen statements for a value, for a person who asks or for each of ten
 * million values when a list goes out. No memory.
 */
#ifndef NEZUMI_CORE_TRUST_H
#define NEZUMI_CORE_TRUST_H

#include "core/indicator.h"
#include "core/overlap.h"

/* How a statement fades: all of it at first, nothing after so many days, in between
 * 1 - (t/days)^(1/delta): a delta below 1 keeps it long and drops late, one above drops early. */
struct trust_curve {
	uint16_t days; /* 0: it does not fade (what a hash is stays so) */
	double delta;
};
struct trust_curve trust_curve(enum itype type, enum role role);

/* What a source says of a value. */
struct trust_said {
	char reliability;   /* A to F (Admiralty code); anything else counts as F */
	uint8_t confidence; /* 0-100 by the source itself; 255: it does not say */
	double record;      /* of what it said so far, the share that was right: see trust_record */
	uint32_t source;    /* which one it is, in the overlap of all */
	enum itype type;
	enum role role;
	uint16_t lifetime; /* days, as the source's own setting says; 0: by type and role */
	int64_t seen;      /* when it was last seen by anybody, own telemetry included; TIME_NONE:
			      not known, counts as gone by half */
	int64_t dropped;   /* of what was never dated and is no longer listed: when it was listed
			      last, from which on it fades; TIME_NONE */
	int64_t until;     /* the source itself says that it ends there; TIME_NONE */
};

/* Why a statement counts as it does; each 0 to 1. */
struct trust_part {
	double source; /* by the source's reliability */
	double said;   /* by its own confidence */
	double record; /* by its record */
	double fresh;  /* by age */
	double weight; /* the product of all */
	double age;    /* days; negative: not known */
	struct trust_curve curve;
	bool counts;    /* false: it repeats a stronger one, of a source that is a copy of its own
			   or its source */
	size_t repeats; /* ... which; of statements that count, itself */
};

/*
 * The score, 0 to 100. overlap: which sources copy each other; NULL: none does. now: of the
 * question. parts: room for n.
 */
uint8_t trust_score(const struct trust_said *said, size_t n, const struct overlap *overlap,
		    int64_t now, struct trust_part *parts);

/*
 * The record of a source that listed so many values, of which so many were wrong: withheld because
 * somebody vouches for them, or declared harmless by an analyst. Nobody is judged by a handful.
 */
double trust_record(uint64_t listed, uint64_t wrong);

/* By letter, 0 to 1. */
double trust_reliability(char letter);

#endif
