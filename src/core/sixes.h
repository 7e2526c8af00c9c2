/* SPDX-License-Identifier: Apache-2.0 */
/*
 * IPv6 addresses by masks, as ip_parse() reads them. For files that are compiled for one
 * instruction set (base/lanes.h).
 */
#ifndef NEZUMI_CORE_SIXES_H
#define NEZUMI_CORE_SIXES_H

#ifdef __AVX2__

#include "base/lanes.h"
#include "core/ip.h"

/* The digits of such text, each at the place of its group where `taken` has a bit. */
#if LANES_512
static inline struct ip six_join(const char *p, struct lanes x, unsigned n, uint64_t digit, uint64_t taken)
{
	__m512i v = _mm512_and_si512(x.v, _mm512_set1_epi8(15));
	__m256i nibbles;
	uint64_t half[2];

	(void)p;
	(void)n;
	v = _mm512_mask_add_epi8(v, _mm512_cmpge_epu8_mask(x.v, _mm512_set1_epi8('A')), v,
				 _mm512_set1_epi8(9));
	nibbles = _mm512_castsi512_si256(_mm512_maskz_compress_epi8(digit, v));
	nibbles = _mm256_maskz_expand_epi8((uint32_t)taken, nibbles);
	nibbles = _mm256_maddubs_epi16(nibbles, _mm256_set1_epi16(0x0110));
	_mm_storeu_si128((__m128i *)(void *)half, _mm256_cvtepi16_epi8(nibbles));
	return (struct ip){ __builtin_bswap64(half[0]), __builtin_bswap64(half[1]) };
}
#else
/* Eight or fewer hexadecimal digits and colons to nibbles, the first the lowest. */
static inline uint64_t six_nibbles(uint64_t text, uint64_t digits)
{
	uint64_t v = (text & 0x0f0f0f0f0f0f0f0f) + 9 * (text >> 6 & 0x0101010101010101);

	return _pext_u64(v, _pdep_u64(digits, 0x0101010101010101) * 15);
}

/* The other way about: the first nibble the highest. */
static inline uint64_t six_turned(uint64_t v)
{
	v = __builtin_bswap64(v);
	return (v >> 4 & 0x0f0f0f0f0f0f0f0f) | (v & 0x0f0f0f0f0f0f0f0f) << 4;
}

static inline struct ip six_join(const char *p, struct lanes x, unsigned n, uint64_t digit, uint64_t taken)
{
	uint64_t low = 0, high = 0, hi, lo, text;
	unsigned have = 0, n_hi;

	(void)x;
	/* Up to 32 nibbles, from words of eight characters. */
	for (unsigned i = 0; i < 48 && i < n; i += 8) {
		unsigned k = (unsigned)_mm_popcnt_u64(digit >> i & 0xff);
		uint64_t v;

		memcpy(&text, p + i, 8);
		v = six_nibbles(text, digit >> i & 0xff);
		if (have < 64) {
			low |= v << have;
			if (have + 4 * k > 64)
				high |= v >> (64 - have);
		} else if (have < 128) {
			high |= v << (have - 64);
		}
		have += 4 * k;
	}
	n_hi = 4 * (unsigned)_mm_popcnt_u64(taken & 0xffff);
	hi = _pdep_u64(low, _pdep_u64(taken, 0x1111111111111111) * 15);
	lo = n_hi == 0 ? low : n_hi == 64 ? high : low >> n_hi | high << (64 - n_hi);
	lo = _pdep_u64(lo, _pdep_u64(taken >> 16, 0x1111111111111111) * 15);
	return (struct ip){ six_turned(hi), six_turned(lo) };
}
#endif

/*
 * RFC 4291 text without a quad at its end, n from 2 to 45; 64 bytes are read. False if it may be
 * something else. Each group has four places for its digits; which of them are taken follows from
 * where groups end and whether there are one, two, three digits before that.
 */
static inline bool six_parse(const char *p, unsigned n, struct ip *out)
{
	const uint64_t all = (UINT64_C(1) << n) - 1;
	struct lanes x = lanes_load(p);
	uint64_t colon = lanes_eq(x, ':') & all, gap = colon & colon >> 1;
	uint64_t digit = (lanes_span(x, '0', 9) | lanes_span(lanes_or(x, 0x20), 'a', 5)) & all;
	uint64_t ends = digit & ~(digit >> 1), two = digit & digit << 1, three = two & digit << 2;
	unsigned groups = (unsigned)_mm_popcnt_u64(ends), before;
	uint64_t taken;

	/* A lone colon neither begins nor ends it. */
	if ((colon | digit) != all || (three & digit << 3 & digit << 4) || _blsr_u64(gap) ||
	    (colon & 1 & ~gap) || (colon >> (n - 1) & ~(gap >> (n - 2)) & 1) ||
	    (gap ? groups > 7 : groups != 8))
		return false;
	taken = _pdep_u64(UINT64_MAX, 0x88888888) & _bzhi_u64(UINT64_MAX, 4 * groups);
	taken |= _pdep_u64(_pext_u64(two, ends), 0x44444444);
	taken |= _pdep_u64(_pext_u64(three, ends), 0x22222222);
	taken |= _pdep_u64(_pext_u64(three & digit << 3, ends), 0x11111111);
	/* Without a gap all is before it. */
	before = 4 * (unsigned)_mm_popcnt_u64(ends & (gap - 1));
	taken = _bzhi_u64(taken, before) | (taken >> before) << (before + 32 - 4 * groups);
	*out = six_join(p, x, n, digit, taken);
	return true;
}

#endif
#endif
