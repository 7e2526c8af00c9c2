/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Is anything listed near an address? The question that is asked of every address of all telemetry,
 * and nearly always answered "no" by one bit. "Yes" may be wrong, "no" is not. The bits belong to
 * whoever made them (the snapshot; the names for `led`) and do not change while anybody asks.
 */
#ifndef NEZUMI_CORE_NEAR_H
#define NEZUMI_CORE_NEAR_H

#include "base/lanes.h"
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
	/* Where looking up an IPv4 address that is near begins, for who looks up many: bits by
	 * near_v4_hash(). NULL: nowhere. */
	const uint64_t *v4_filter;
	unsigned v4_shift;
};

static inline bool near_bit(const uint64_t *bits, uint64_t at)
{
	return bits[at >> 6] >> (at & 63) & 1;
}

/* In a filter of 2^(32 - shift) bits. */
static inline uint32_t near_v4_hash(uint32_t v4, unsigned shift)
{
	return (v4 * UINT32_C(0x9e3779b1)) >> shift;
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

#ifdef __AVX2__

enum { NEAR_LANES = LANES_512 ? 16 : 8 };

/* As bits: near which of so many IPv4 addresses, of four bytes each, is something listed? */
static inline unsigned near_lanes(const struct near *n, const void *v4)
{
	const int *words = (const int *)(const void *)n->v4;
#if LANES_512
	__m512i at = _mm512_srli_epi32(_mm512_loadu_si512(v4), 8);
	__m512i word = _mm512_i32gather_epi32(_mm512_srli_epi32(at, 5), words, 4);
	__m512i bit = _mm512_and_si512(at, _mm512_set1_epi32(31));

	return _mm512_test_epi32_mask(word, _mm512_sllv_epi32(_mm512_set1_epi32(1), bit));
#else
	__m256i at = _mm256_srli_epi32(_mm256_loadu_si256((const __m256i *)v4), 8);
	__m256i word = _mm256_i32gather_epi32(words, _mm256_srli_epi32(at, 5), 4);
	/* The bit asked for becomes the sign. */
	__m256i bit = _mm256_andnot_si256(at, _mm256_set1_epi32(31));

	return (unsigned)_mm256_movemask_ps(_mm256_castsi256_ps(_mm256_sllv_epi32(word, bit)));
#endif
}

#endif
#endif
