/* SPDX-License-Identifier: Apache-2.0 */
/* What makes up a population, for those that write it down. */
#ifndef NEZUMI_TESTS_GEN_PARTS_H
#define NEZUMI_TESTS_GEN_PARTS_H

#include "base/mix.h"
#include "gen_pop.h"

#define DAY_START (INT64_C(1767225600) * 1000000) /* 2026-01-01 */
#define DAY       (INT64_C(86400) * 1000000)

enum { NETWORKS_MAX = 4, CALLS = 18, MIXED_MAX = 1000000, OWN_MAX = 2 };

struct org {
	uint32_t base[NETWORKS_MAX];
	unsigned len[NETWORKS_MAX], networks, hosts;
	uint64_t net6;
};

/* An entry of the mixed list. until = 0: open. */
struct entry {
	uint16_t port;
	int64_t from, until;
};

struct controller {
	bool v6;
	unsigned char address[16];
	uint16_t port; /* where it listens */
	struct entry own[OWN_MAX];
	unsigned n_own;
};

struct hit {
	int64_t ts;
	uint32_t controller, org, host;
	bool inbound;
};

struct population {
	uint64_t seed, flows, made, step, lists;
	int64_t now;
	struct org *org;
	uint32_t *destination, *scanner, *listed;
	uint64_t (*destination6)[2];
	unsigned char *used; /* a bit for each IPv4 address */
	struct controller controller[CONTROLLERS];
	struct hit *hit;
	size_t n_hits, next_hit;
};

static inline uint64_t below(struct population *p, uint64_t n)
{
	return mix_next(&p->seed) % n;
}

/* A public IPv4 network of which no address is in use; it is not marked as used. */
uint32_t free_network(struct population *p, unsigned len);
/* An IPv4 address that was not in use before. */
uint32_t fresh_address(struct population *p);
void set4(unsigned char to[16], uint32_t address);
void set6(unsigned char to[16], uint64_t hi, uint64_t lo);

#endif
