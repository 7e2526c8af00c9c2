/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Dotted quads by vector, as ip_parse() reads them. For files that are compiled for one instruction
 * set (base/lanes.h).
 *
 * The places of the three dots and of the end, as bits, are one of 81 patterns. A multiplication
 * maps these to different bytes; tables by that byte hold the pattern itself (others fall on the
 * same byte) and how to shuffle the text into four groups of hundreds, tens, ones and what must not
 * be zero (the first of several digits).
 */
#ifndef NEZUMI_CORE_QUADS_H
#define NEZUMI_CORE_QUADS_H

#include <stdbool.h>
#include <stdint.h>

#define QUAD_SLOT(pattern) ((uint32_t)((uint32_t)(pattern)*UINT32_C(0x0a62f3e3)) >> 24)

/* By slot; no pattern is 0. */
extern const uint16_t quad_pattern[256];
extern const uint8_t quad_shuffle[256][16];

#ifdef __AVX2__

#include "base/lanes.h"

static inline uint64_t quad_bits(__m128i text, unsigned n)
{
	__m128i dots = _mm_cmpeq_epi8(text, _mm_set1_epi8('.'));

	return _bzhi_u32((uint32_t)_mm_movemask_epi8(dots), n) | UINT64_C(1) << (n & 63);
}

/*
 * Two addresses at p[0] and p[1], of n[0] and n[1] bytes; 16 bytes are read of each. False if one
 * of them is no dotted quad; *out then holds anything, else the first in its lower half.
 */
static inline bool quads_parse(const char *p0, unsigned n0, const char *p1, unsigned n1, uint64_t *out)
{
	const __m128i *at0 = (const __m128i *)(const void *)p0;
	const __m128i *at1 = (const __m128i *)(const void *)p1;
	__m128i t0 = _mm_loadu_si128(at0), t1 = _mm_loadu_si128(at1);
	uint64_t b0 = quad_bits(t0, n0), b1 = quad_bits(t1, n1);
	unsigned s0 = QUAD_SLOT(b0), s1 = QUAD_SLOT(b1);
	uint64_t bad = (quad_pattern[s0] ^ b0) | (quad_pattern[s1] ^ b1);
	__m256i x = _mm256_inserti128_si256(_mm256_castsi128_si256(t0), t1, 1);
	__m256i places = _mm256_inserti128_si256(
		_mm256_castsi128_si256(_mm_load_si128((const __m128i *)(const void *)quad_shuffle[s0])),
		_mm_load_si128((const __m128i *)(const void *)quad_shuffle[s1]), 1);
	__m256i digits = _mm256_shuffle_epi8(_mm256_sub_epi8(x, _mm256_set1_epi8('0')), places);
	__m256i above = _mm256_sub_epi8(digits, _mm256_set1_epi32(0x01000000));
	const __m256i most = _mm256_set1_epi32((int)0xfe090909);
	__m256i octets = _mm256_madd_epi16(
		_mm256_maddubs_epi16(digits, _mm256_set1_epi32(0x00010a64)), _mm256_set1_epi16(1));

#if LANES_512
	bad |= _mm256_cmpgt_epu8_mask(above, most) |
	       (uint64_t)_mm256_test_epi32_mask(octets, _mm256_set1_epi32(~255));
	*out = (uint64_t)_mm_cvtsi128_si64(_mm256_cvtepi32_epi8(octets));
#else
	bad |= (uint32_t)~_mm256_movemask_epi8(_mm256_cmpeq_epi8(_mm256_max_epu8(above, most), most));
	bad |= !_mm256_testz_si256(octets, _mm256_set1_epi32(~255));
	octets = _mm256_shuffle_epi8(octets, _mm256_set1_epi32(0x0c080400));
	octets = _mm256_permutevar8x32_epi32(octets, _mm256_setr_epi32(0, 4, 0, 4, 0, 4, 0, 4));
	*out = (uint64_t)_mm256_extract_epi64(octets, 0);
#endif
	return !bad;
}

#endif
#endif
