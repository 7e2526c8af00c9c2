/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What may be done with an indicator: block it, only watch for it, or neither; and why
 * (docs/judgement.md, section 1). One pure function from facts to an answer, so that matching, a
 * person's question and every list that goes out cannot disagree.
 *
 * Workload: a value a person asks about, or each of ten million when a list goes out: some dozen
 * comparisons. No memory, no errors. Times are microseconds since 1970.
 */
#ifndef NEZUMI_CORE_VERDICT_H
#define NEZUMI_CORE_VERDICT_H

#include "base/clock.h"

/* What an analyst decided about a value. The numbers are kept in the data directory. */
enum decision { DECIDED_BLOCK, DECIDED_INFORM, DECIDED_ALLOW };
const char *decision_text(enum decision v);
bool decision_parse(struct str s, enum decision *out);

/* In rising order. */
enum action {
	ACTION_NONE,   /* neither: it is withheld, over, or nobody lists it */
	ACTION_INFORM, /* tell who met it, block nothing */
	ACTION_BLOCK,
};
const char *action_text(enum action v); /* "none", "inform", "block" */

/* Where a moment lies by what a source says of validity; a better one is greater. */
enum standing {
	STANDING_NOWHERE, /* nobody says anything */
	STANDING_OVER,
	STANDING_AHEAD,
	STANDING_GRACE, /* outside by no more than the grace period */
	STANDING_VALID,
};
enum { VERDICT_GRACE_DAYS = 30, VERDICT_BLOCK_SCORE = 50 };

/* from, until: both ends included, TIME_NONE: open. */
enum standing standing_at(int64_t from, int64_t until, int64_t now, int64_t grace);

/* All that counts. */
struct verdict_facts {
	/* The safety gate: these two, whatever anybody decided. */
	bool special_purpose, too_broad;
	bool allow_listed; /* a benign list holds it, lies in it, or names it */
	bool vetoed;       /* an analyst allowed something that lies in it */
	/* The narrowest override that is it or holds it and has not expired. */
	bool decided;
	enum decision decision;
	/* What sources say, of it or of what holds it. */
	bool only_withheld; /* all that was said is said of what the gate withholds */
	bool revoked;       /* all that was said was withdrawn, or is that */
	enum standing standing;
	bool sinkhole, research, scanner, infected_host; /* by a list, or by a source that holds */
	bool provider; /* in ranges or below names that many share */
	bool hash;     /* a file's: it is nobody's range */
	uint8_t score; /* 0 to 100 (core/trust.h) */
};

/* Why; in the order in which they are asked. The first that applies decides. */
enum verdict_why {
	WHY_SPECIAL_PURPOSE,
	WHY_TOO_BROAD,
	WHY_ALLOWED, /* by an analyst */
	WHY_VETOED,
	WHY_INFORM, /* by an analyst */
	WHY_BLOCK,  /* by an analyst */
	WHY_ALLOW_LISTED,
	WHY_UNLISTED,
	WHY_HOLDER, /* what holds it is listed, and withheld */
	WHY_REVOKED,
	WHY_OVER,
	WHY_AHEAD,
	WHY_SINKHOLE,
	WHY_RESEARCH,
	WHY_SCANNER,
	WHY_INFECTED_HOST,
	WHY_PROVIDER,
	WHY_GRACE,
	WHY_LOW_SCORE,
	WHY_LISTED, /* nothing speaks against it */
	WHY_COUNT,
};
/* As machines read it: "special-purpose"; several share a word, and each has a name of its own. */
const char *why_text(enum verdict_why w);
const char *why_name(enum verdict_why w);
/* What follows where it is the first that applies. */
enum action why_action(enum verdict_why w);

/* The first that applies. */
enum verdict_why verdict_of(const struct verdict_facts *f);
/* Whether that one would apply, whatever comes before it: for those who want to see every step. */
bool verdict_applies(const struct verdict_facts *f, enum verdict_why w);

#endif
