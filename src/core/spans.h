/* SPDX-License-Identifier: Apache-2.0 */
/*
 * "Between these two addresses this was so from then until then": spans of time by key, merged
 * where they overlap. Holds which name an answer gave to an address, and what a conversation was
 * called. Filled in any order (the result does not depend on it), built, then read by any number of
 * threads.
 *
 * Memory: 56 bytes a span; repeated answers merge, so it follows the number of distinct (client,
 * name, address), not the size of the telemetry. Some more than SPANS_MAX are kept; what comes
 * after is counted in `dropped`.
 */
#ifndef NEZUMI_CORE_SPANS_H
#define NEZUMI_CORE_SPANS_H

#include "base/vec.h"
#include "core/ip.h"

#define SPANS_MAX ((size_t)4 << 20)

struct span {
	struct ip a, b;
	uint32_t ports;      /* two 16-bit ports, or 0 */
	uint32_t what;       /* a name, a domain */
	int64_t from, until; /* µs, both ends included */
};

struct spans {
	VEC(struct span) v;
	size_t tidy_at; /* merge when this many have come together */
	int64_t gap;    /* spans at most this far apart are one */
	bool full;      /* SPANS_MAX different ones: no more are taken */
	uint64_t dropped;
};

void spans_init(struct spans *s, int64_t gap);
void spans_free(struct spans *s);
MUST enum err spans_add(struct spans *s, const struct span *one);
void spans_build(struct spans *s);
/* The spans of (a, b, ports), a slice of s->v. */
const struct span *spans_find(const struct spans *s, struct ip a, struct ip b, uint32_t ports,
			      size_t *n);

#endif
