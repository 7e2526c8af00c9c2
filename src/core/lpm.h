/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which network holds this address: longest prefix match for both families. Built once from 10 to
 * 2,000,000 networks, then only read, so any number of threads may look up in it without a lock.
 *
 * A network holds what cidr_has() says: IPv4 is the part ::ffff:0:0/96 of IPv6, so a network
 * shorter than that, such as ::/0, holds every IPv4 address too.
 *
 * Nested networks are flattened into ranges without overlap. IPv4: a table by the upper 16 bits,
 * then a search among the lower halves that begin a range; 3 cache misses. IPv6: a search tree of
 * 16 keys a node over the upper 64 bits, values beside the keys of its leaves; only where ranges
 * end within a /64 another search over the rest. 2 or 3 cache misses.
 *
 * Memory: 32 bytes an entry; for IPv4 640 KiB and at most 12 bytes an entry more, for IPv6 26 bytes
 * an entry up to /64 and 63 beyond. On the heap, owned by the struct. While it is being built:
 * nothing beside that. What lpm_find needs can be kept elsewhere and used where it lies.
 */
#ifndef NEZUMI_CORE_LPM_H
#define NEZUMI_CORE_LPM_H

#include "base/part.h"
#include "core/ip.h"

#define LPM_ID_MAX UINT32_C(0x7fffffff)

struct lpm_entry {
	struct cidr net;
	uint32_t id; /* less than LPM_ID_MAX */
};

#define LPM_LEVELS 8

/* All zero is a valid one without entries. */
struct lpm {
	struct lpm_net *nets; /* sorted, distinct; for lpm_overlap */
	uint32_t n;

	/* IPv4: the ranges of x.y/16 are those from v4_index[x.y] to before v4_index[x.y + 1]. */
	uint32_t *v4_index; /* 65537 of them; NULL when nothing holds an IPv4 address */
	uint16_t *v4_low;   /* a range begins at x.y.low; the first of each /16 at 0 */
	uint32_t *v4_id;

	/*
	 * IPv6: the leaves hold the distinct upper halves of range starts, the first level above
	 * them every 16th, and so on; the top level is last. A value is an id, or where ranges
	 * begin within that upper half, the place of the first of them.
	 */
	struct lpm_leaf *v6_leaf;
	uint64_t *v6_keys; /* of all levels, the lowest first */
	uint64_t *v6_level[LPM_LEVELS];
	uint32_t v6_nodes[LPM_LEVELS];
	unsigned v6_levels;
	uint32_t v6_n; /* keys in the leaves */
	struct lpm_range *v6_range;

	uint32_t n4, n6; /* ranges of IPv4, of upper halves */
};

/*
 * Of equal networks the one given first counts; otherwise the order of entries does not matter.
 * Entries already sorted by address, then length, are built fastest. Errors: ERR_NOMEM; ERR_LIMIT
 * above 2^28 entries.
 */
MUST enum err lpm_build(struct lpm *l, const struct lpm_entry *e, size_t n);
void lpm_free(struct lpm *l);

/* lpm_build in two steps. After the first there is what lpm_overlap needs: 32 bytes an entry and
 * nothing besides, which where few values are asked about is made in no time. Errors of the second:
 * ERR_NOMEM; then it is only good for lpm_free. */
MUST enum err lpm_nest(struct lpm *l, const struct lpm_entry *e, size_t n);
MUST enum err lpm_index(struct lpm *l);

/* The id of the longest entry that holds ip; *id is set only on true. */
bool lpm_find(const struct lpm *l, struct ip ip, uint32_t *id);

/*
 * The same for an IPv4 address, for all that follow it up to *last at once: what is true of it is
 * true of them. *last is set always.
 */
bool lpm_find_run(const struct lpm *l, uint32_t v4, uint32_t *id, uint32_t *last);

/*
 * Does any entry overlap c? The id is that of the longest entry that contains c (c itself
 * included), else of the first entry inside c: lowest address, then the shortest.
 */
bool lpm_overlap(const struct lpm *l, struct cidr c, uint32_t *id);

/*
 * What lpm_find follows, as parts that can be copied elsewhere, each to where it is aligned to 64;
 * and an lpm over such copies, which others own and which need not be what they were: then look-ups
 * may be wrong, but stay within them, and ids are below `ids`. Only for lpm_find. Errors: ERR_PARSE.
 */
#define LPM_PARTS 7
struct lpm_head {
	uint32_t n, v6_n, n4, n6;
};
void lpm_parts(const struct lpm *l, struct lpm_head *head, struct part part[LPM_PARTS]);
MUST enum err lpm_attach(struct lpm *l, const struct part part[LPM_PARTS], uint32_t ids);

#endif
