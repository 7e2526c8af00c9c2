/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Addresses and networks. One type for both families: IPv4 is kept IPv4-mapped (RFC 4291 2.5.5.2),
 * so ::ffff:192.0.2.1 and 192.0.2.1 are the same address, and a prefix length always counts from
 * 0 to 128 (an IPv4 /24 is 120 inside).
 */
#ifndef NEZUMI_CORE_IP_H
#define NEZUMI_CORE_IP_H

#include "base/buf.h"
#include "base/mix.h"

struct ip {
	uint64_t hi, lo; /* host byte order; hi holds the first eight bytes */
};

struct cidr {
	struct ip ip;      /* bits past len are zero */
	unsigned char len; /* 0–128 */
};

#define IP_V4_PREFIX UINT64_C(0xffff00000000)

static inline struct ip ip_v4(uint32_t v4)
{
	return (struct ip){ 0, IP_V4_PREFIX | v4 };
}

static inline bool ip_is_v4(struct ip a)
{
	return a.hi == 0 && a.lo >> 32 == 0xffff;
}

static inline bool ip_eq(struct ip a, struct ip b)
{
	return a.hi == b.hi && a.lo == b.lo;
}

/* IPv4 before IPv6 (::/96 apart), each by number: <0, 0, >0. */
int ip_cmp(struct ip a, struct ip b);

/* seed: a number that the authors of addresses cannot know, where they may be chosen to collide. */
static inline uint64_t ip_hash(struct ip a, uint64_t seed)
{
	return mix64(mix64(a.hi ^ seed) ^ a.lo);
}

/*
 * The whole of s as an address: dotted quad (exactly four decimal numbers 0–255, no leading zeros
 * beyond one digit) or RFC 4291 text, without zone or brackets.
 */
bool ip_parse(struct str s, struct ip *out);
/* Address or address/len; host bits past len are cleared. An address alone has len 128. */
bool cidr_parse(struct str s, struct cidr *out);
/* Canonical text: dotted quad, RFC 5952 for IPv6. */
void ip_format(struct buf *b, struct ip a);
/* Without "/32" or "/128" on single addresses. */
void cidr_format(struct buf *b, struct cidr c);

struct ip ip_mask(struct ip a, unsigned len);
/* The last address of the network. */
struct ip cidr_last(struct cidr c);
static inline bool cidr_has(struct cidr c, struct ip a)
{
	return ip_eq(ip_mask(a, c.len), c.ip);
}
static inline bool cidr_overlaps(struct cidr a, struct cidr b)
{
	return a.len < b.len ? cidr_has(a, b.ip) : cidr_has(b, a.ip);
}

#endif
