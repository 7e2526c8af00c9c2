/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What was seen between one host and one controller, added up. Touches come in any order and the
 * sums do not depend on it (sum, min, max, sets, the smallest few), so blocks can be read in
 * parallel and partial results could be merged.
 *
 * Memory: about 130 bytes a pair of host and controller, 900 more where something
 * counted, and up to 16 KiB of call times for those
 * that call again and again; it follows the number of pairs, not of records. Not for several
 * threads.
 */
#ifndef NEZUMI_CORE_SIGHTINGS_H
#define NEZUMI_CORE_SIGHTINGS_H

#include "core/answer.h"
#include "core/beacon.h"
#include "core/touch.h"

#define EVIDENCE_MAX  10
#define HOSTNAMES_MAX 16

/* Where a record stands; path_rank orders paths by their text. */
struct place {
	int64_t ts;
	uint32_t path_rank;
	enum kind kind;
	uint8_t proto;
	uint64_t line;
};

struct port_count {
	uint16_t port;
	uint64_t n;
};

struct port_counts { /* sorted by port */
	struct port_count *v;
	size_t n, cap;
};

struct benign_count {
	const struct exentry *entry;
	uint64_t n;
};

/* The part of the touches that decides the score: only of the best tier seen so far. */
struct main_part {
	int tier; /* 0 on-port outbound, 1 on-port, 2 all */
	uint64_t n, two_way;
	enum level level;
	bool named_port, listed_name;
	unsigned kinds;
	int call_rank; /* 0 flows, 1 dns, 2 others: calls are of the best rank only */
	VEC(struct call) calls;
};

/* What was counted between a host and a controller. On the heap. */
struct counted {
	uint64_t counted, on_port, off_port, established, inbound, in_grace, other_named, bytes_out,
		bytes_in;
	bool sent_out, sent_in;
	int64_t first, last;
	VEC(int32_t) days; /* sorted */
	struct port_counts on, off;
	VEC(uint32_t) inds;                  /* indicators that held, sorted */
	struct place evidence[EVIDENCE_MAX]; /* the earliest, in order */
	unsigned n_evidence;
	struct place spoken; /* the earliest that is no lookup; line 0: there is none */
	struct main_part main;
	struct str hostnames[HOSTNAMES_MAX]; /* the smallest, sorted */
	unsigned n_hostnames;
};

struct pair {
	struct ip host;
	enum itype type;
	struct ip addr;    /* IT_IP */
	uint32_t target;   /* IT_DOMAIN, IT_URL */
	struct counted *c; /* NULL when nothing was counted: most pairs are scans that were set
			      aside */

	uint64_t inbound_only, outside, of_host; /* excluded */
	VEC(struct benign_count) benign;
};

struct sightings {
	const struct snapshot *snap;
	struct arena arena; /* host names */
	VEC(struct pair) v;
	uint32_t *slot;
	size_t mask;
};

MUST enum err sightings_init(struct sightings *s, const struct snapshot *snap);
void sightings_free(struct sightings *s);
/* Errors: ERR_NOMEM, ERR_LIMIT (more than 2^31 pairs). */
MUST enum err sightings_add(struct sightings *s, const struct rules *rules, const struct touch *t,
			    const struct place *at);

#endif
