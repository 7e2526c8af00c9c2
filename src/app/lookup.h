/* SPDX-License-Identifier: Apache-2.0 */
/*
 * All that is known about a value: what sources say of it, of what holds it and of its host;
 * whether the safety gate withholds it; which lists know it; what analysts decided; whose it is.
 *
 * Workload: a few values a run, out of a store of ten million. Only point look-ups: a value takes
 * some hundred microseconds, whatever the store's size. Memory: below 1 MiB, beside the store's.
 */
#ifndef NEZUMI_APP_LOOKUP_H
#define NEZUMI_APP_LOOKUP_H

#include "app/carried.h"
#include "app/ownership.h"
#include "core/overrides.h"
#include "core/trust.h"
#include "store/store.h"

enum opinion { OPINION_UNKNOWN, OPINION_BENIGN, OPINION_SUSPICIOUS, OPINION_MALICIOUS };
const char *opinion_text(enum opinion o);

/* A statement, and what it is worth. */
struct looked_said {
	struct store_said said;
	struct str value;     /* that it is about: the one asked for, or one that holds it */
	bool exact;           /* it is about the one asked for */
	const char *withheld; /* what it is about holds the one asked for, and is withheld: why */
	bool weighed;         /* it speaks of harm, and counts in the score */
	struct trust_part part;
	struct str repeats; /* the source whose statement it repeats, where it does not count */
};

/* An entry of a list that holds the value, or lies in it. */
struct looked_entry {
	struct str list, entry, reason;
	enum xclass class;
	bool lies_in; /* ... the value; it does not hold it */
};

struct looked_decision {
	struct str value, author, reason;
	enum decision verdict;
	int64_t made, expires;
	bool expired;
	bool lies_in; /* it is about something in the value */
};

struct looked {
	struct indicator ind;
	struct str value; /* canonical */
	enum opinion opinion;
	uint8_t score;
	bool found; /* anything is known of it */
	VEC(struct looked_said) said;
	VEC(struct str) urls; /* on it, as a host, of which sources speak; they weigh nothing */
	bool more_urls;       /* ... and more than these */
	/* What may be done with it, and by which list, entry or statement. */
	struct verdict_facts facts;
	enum verdict_why why;
	struct str detail;
	const char *withheld; /* the safety gate's reason not to act on it, or NULL */
	VEC(struct looked_entry) entries;
	VEC(struct looked_decision) decisions;
	bool has_org;
	struct org org;
	struct owner owner; /* of its address; asn 0: none */
	struct arena arena; /* owns all strings */
};

struct lookup {
	struct store *store; /* NULL: there is no data directory */
	struct carried carried;
	struct ownership *ownership;
	int64_t now;
	uint64_t seed;
	bool builtin; /* the lists that the program carries count */
};

/* store, ownership, now, seed and builtin are the caller's to set. Errors: ERR_NOMEM. */
MUST enum err lookup_init(struct lookup *l);
void lookup_free(struct lookup *l);

/*
 * text: as people write values, defanged or not. Free *out, whatever came of it. Errors: ERR_PARSE:
 * it is no value, with the reason; those of the store.
 */
MUST enum err lookup_value(struct lookup *l, struct str text, struct looked *out, struct errinfo *ei);
void looked_free(struct looked *k);

#endif
