/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the options of a rule say (format/rule.h), as far as indicators may be in them: what it is
 * called and classed as, what it refers to, and which bytes it looks for in which part of the
 * traffic. Bounded: of names and paths the first RULE_NAMES are kept (all are counted), of hashes
 * the first RULE_HASHES.
 */
#ifndef NEZUMI_FORMAT_RULE_FACTS_H
#define NEZUMI_FORMAT_RULE_FACTS_H

#include "format/rule.h"

#define RULE_NAMES  4
#define RULE_HASHES 32

/* Where contents are looked for. */
enum rule_where {
	RULE_PAYLOAD,
	RULE_QUERY,
	RULE_SERVER_NAME,
	RULE_SUBJECT,
	RULE_HOST,
	RULE_URI,
	RULE_HEADER,
	RULE_HARMLESS,
	RULE_OTHER
};

struct rule_sought {
	enum rule_where where;
	size_t at, n; /* in the buffer given to rule_understand */
	bool begins, ends;
};

struct rule_facts {
	struct str msg, classtype, sid, url;
	struct str family, confidence, created, updated, severity;
	struct str hashes[RULE_HASHES];
	unsigned n_hashes;
	struct rule_sought names[RULE_NAMES], uris[RULE_NAMES], last;
	unsigned n_names, n_uris;
	bool pending;       /* last waits for what comes behind it */
	bool narrow;        /* there are conditions of which this program knows nothing */
	bool silent;        /* it only prepares others, or lets through */
	struct str pattern; /* a regular expression */
	unsigned n_patterns;
};

/* Slices are of the rule; contents are appended to *bytes. False with the reason; what was
 * understood until then is in *f, which begins as zeros. */
bool rule_understand(struct buf *bytes, const struct rule *rule, struct rule_facts *f, const char **why);

struct str rule_bytes(const struct buf *bytes, const struct rule_sought *c);

#endif
