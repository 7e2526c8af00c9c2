/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What analysts decided, as one set: which decision counts for a value (docs/judgement.md,
 * section 1). A decision about a network or a domain holds for all that lies in it, and the
 * narrowest counts.
 *
 * Workload: mostly none to some hundred; tens of thousands must do. Filled, built once, then read
 * by any number of threads; asked about each of some million names, when a snapshot is made. A
 * look-up is a binary search for each length of network, or each parent of a name, at which
 * anything was decided. Memory: about 150 bytes each and their texts, on the heap.
 */
#ifndef NEZUMI_CORE_OVERRIDES_H
#define NEZUMI_CORE_OVERRIDES_H

#include "base/arena.h"
#include "base/vec.h"
#include "core/indicator.h"
#include "core/verdict.h"

struct override {
	enum itype type;
	enum decision verdict;
	struct cidr net;  /* of addresses and networks */
	struct str value; /* canonical text of the others */
	struct str author, reason;
	int64_t made, expires; /* TIME_NONE: never */
	size_t nth;            /* in the order in which they were given */
};

struct overrides {
	VEC(struct override) v;    /* sorted by kind of value, then value */
	size_t nets, names, texts; /* how many of each; in that order */
	uint64_t lengths[3];       /* a bit for each length of network that occurs */
	struct arena arena;        /* owns all strings */
};

void overrides_init(struct overrides *o);
void overrides_free(struct overrides *o);
/* Copies the strings. What has expired is the caller's to leave out. Errors: ERR_NOMEM, ERR_LIMIT. */
MUST enum err overrides_add(struct overrides *o, const struct override *one);
/* Of several about one value, the one given last counts. */
void overrides_build(struct overrides *o);

/*
 * The narrowest decision about this value or what holds it, by type, net and value; URLs and hashes
 * are held by nothing here: see to a URL's host afterwards. NULL: nobody decided.
 */
const struct override *overrides_find(const struct overrides *o, const struct indicator *i);
/* An `allow` of something that lies in the network or below the name, not of itself. NULL: none. */
const struct override *overrides_allowed_in(const struct overrides *o, const struct indicator *i);

/* "override: 192.0.2.7 (mika: our own relay)", for people. */
void override_detail(struct buf *b, const struct override *o);

#endif
