/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The indicators that telemetry is matched against, as one immutable index: addresses and networks
 * of both families, domains with what lies under them, URLs. Built once from 10 to 10,000,000
 * indicators, then read by any number of threads without a lock. Nearly every look-up misses: an
 * IPv4 address that is not listed costs one bit of a 2 MiB bitmap (is anything in this /24
 * listed?), a name one hash a label.
 *
 * Several sources may list the same value: all that hold a value count together.
 *
 * Memory: 96 bytes an indicator, its strings, 24 bytes a distinct value.
 */
#ifndef NEZUMI_CORE_SNAPSHOT_H
#define NEZUMI_CORE_SNAPSHOT_H

#include "base/arena.h"
#include "base/vec.h"
#include "core/indicator.h"
#include "core/lpm.h"
#include "core/nameset.h"
#include "core/near.h"

/* Indicators of one value: snapshot.v[first .. first + n). */
struct ind_range {
	uint32_t first, n;
};

/* A distinct network, domain or URL. */
struct target {
	struct str value;
	struct ind_range inds;
	uint32_t parent; /* networks: the next larger listed one that holds it; UINT32_MAX none */
};

struct snapshot {
	struct arena arena;
	VEC(struct indicator) v; /* grouped by value once built */

	uint64_t *bits;   /* near's */
	struct near near; /* without `led` */
	uint64_t seed;    /* of all tables; results do not depend on it */
	struct ip *slot;  /* open addressing: address and its range */
	struct ind_range *slot_inds;
	size_t slot_mask;

	VEC(struct target) nets;
	struct lpm net;
	VEC(struct target) domains;
	struct nameset domain;
	VEC(struct target) urls;
	uint32_t *url_slot; /* open addressing: index + 1 into urls */
	size_t url_mask;
	uint64_t distinct; /* values */
};

/* seed: see ip_hash. */
void snapshot_init(struct snapshot *s, uint64_t seed);
void snapshot_free(struct snapshot *s);
/* Take an indicator over: its strings are copied (family, source and reference are kept once when
 * repeated). Errors: ERR_NOMEM, ERR_LIMIT. */
MUST enum err snapshot_add(struct snapshot *s, const struct indicator *i);
MUST enum err snapshot_build(struct snapshot *s);

static inline bool snapshot_near(const struct snapshot *s, struct ip ip)
{
	return near_listed(&s->near, ip);
}

/* Everything that lists an address: itself and the networks around it, innermost first. */
#define ADDR_RANGES_MAX 130
size_t snapshot_addr(const struct snapshot *s, struct ip ip, struct ind_range out[ADDR_RANGES_MAX]);
/* The longest listed domain that is the name (lower case) or lies above it: its index, or false. */
bool snapshot_domain(const struct snapshot *s, struct str name, uint32_t *domain, size_t *labels);
bool snapshot_url(const struct snapshot *s, struct str url, uint32_t *index);

#endif
