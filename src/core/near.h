/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Is anything listed near an address? The question that is asked of every address of all telemetry,
 * and nearly always answered "no" by one bit. "Yes" may be wrong, "no" is not. The bits belong to
 * whoever made them (the snapshot; the names for `led`) and do not change while anybody asks.
 */
#ifndef NEZUMI_CORE_NEAR_H
#define NEZUMI_CORE_NEAR_H

#include "core/ip.h"

enum {
	NEAR_V4_BITS = 24,   /* 2 MiB: something in this IPv4 /24 is listed */
	NEAR_V6_BITS = 20,   /* 128 KiB: something under this hash of an IPv6 /64 */
	NEAR_WIDE_BITS = 16, /* 8 KiB: a network shorter than /64 under this hash of an IPv6 /32 */
	NEAR_LED_BITS = 16,  /* 8 KiB: a listed domain leads to an address of this hash */
};

struct near {
	const uint64_t *v4, *v6, *wide;
	const uint64_t *led; /* NULL: listed domains lead nowhere */
};

static inline bool near_bit(const uint64_t *bits, uint64_t at)
{
	return bits[at >> 6] >> (at & 63) & 1;
}

static inline uint64_t near_v6_hash(struct ip ip)
{
	return mix64(ip.hi) >> (64 - NEAR_V6_BITS);
}

static inline uint64_t near_wide_hash(struct ip ip)
{
	return mix64(ip.hi >> 32) >> (64 - NEAR_WIDE_BITS);
}

static inline uint64_t near_led_hash(struct ip ip)
{
	return ip_hash(ip, 0) >> (64 - NEAR_LED_BITS);
}

/* May the address be listed, itself or in a network? */
static inline bool near_listed(const struct near *n, struct ip ip)
{
	return ip_is_v4(ip)
		       ? near_bit(n->v4, (uint32_t)ip.lo >> 8)
		       : near_bit(n->v6, near_v6_hash(ip)) || near_bit(n->wide, near_wide_hash(ip));
}

/* ... or may a listed domain lead to it? */
static inline bool near_any(const struct near *n, struct ip ip)
{
	return near_listed(n, ip) || (n->led && near_bit(n->led, near_led_hash(ip)));
}

#endif
