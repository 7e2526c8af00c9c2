/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sixty-four bytes at a time, as bit masks: bit i tells of byte i. For files that are compiled for
 * one instruction set (*_avx2.c, *_avx512.c; base/cpu.h says which may be called): both have the
 * same names here, so that one text serves both. Everything reads exactly the bytes it says.
 */
#ifndef NEZUMI_BASE_LANES_H
#define NEZUMI_BASE_LANES_H

#ifdef __AVX2__

#include <immintrin.h>
#include <stdint.h>

#if defined(__AVX512BW__) && defined(__AVX512VBMI2__)
#define LANES_512 1
#else
#define LANES_512 0
#endif

/* Compilers like to put arithmetic on masks into masked compares, which moves them to and fro. */
static inline uint64_t lanes_bits(uint64_t mask)
{
	__asm__("" : "+r"(mask));
	return mask;
}

#if LANES_512
struct lanes {
	__m512i v;
};

static inline struct lanes lanes_load(const char *p)
{
	return (struct lanes){ _mm512_loadu_si512(p) };
}

static inline uint64_t lanes_eq(struct lanes x, char c)
{
	return lanes_bits(_mm512_cmpeq_epi8_mask(x.v, _mm512_set1_epi8(c)));
}

/* Bytes from first to first + span (as unsigned numbers). */
static inline uint64_t lanes_span(struct lanes x, char first, unsigned char span)
{
	return _mm512_cmple_epu8_mask(_mm512_sub_epi8(x.v, _mm512_set1_epi8(first)),
				      _mm512_set1_epi8((char)span));
}

/* The others. */
static inline uint64_t lanes_beyond(struct lanes x, char first, unsigned char span)
{
	return lanes_bits(_mm512_cmpgt_epu8_mask(_mm512_sub_epi8(x.v, _mm512_set1_epi8(first)),
						 _mm512_set1_epi8((char)span)));
}

/* With these bits set in every byte. */
static inline struct lanes lanes_or(struct lanes x, char bits)
{
	return (struct lanes){ _mm512_or_si512(x.v, _mm512_set1_epi8(bits)) };
}
#else
struct lanes {
	__m256i lo, hi;
};

static inline struct lanes lanes_load(const char *p)
{
	return (struct lanes){ _mm256_loadu_si256((const __m256i *)(const void *)p),
			       _mm256_loadu_si256((const __m256i *)(const void *)(p + 32)) };
}

static inline uint64_t lanes_mask(__m256i lo, __m256i hi)
{
	return (uint32_t)_mm256_movemask_epi8(lo) | (uint64_t)(uint32_t)_mm256_movemask_epi8(hi) << 32;
}

static inline uint64_t lanes_eq(struct lanes x, char c)
{
	const __m256i v = _mm256_set1_epi8(c);

	return lanes_mask(_mm256_cmpeq_epi8(x.lo, v), _mm256_cmpeq_epi8(x.hi, v));
}

/* Bytes from first to first + span (as unsigned numbers). */
static inline uint64_t lanes_span(struct lanes x, char first, unsigned char span)
{
	const __m256i f = _mm256_set1_epi8(first), s = _mm256_set1_epi8((char)span);
	__m256i lo = _mm256_sub_epi8(x.lo, f), hi = _mm256_sub_epi8(x.hi, f);

	return lanes_mask(_mm256_cmpeq_epi8(_mm256_min_epu8(lo, s), lo),
			  _mm256_cmpeq_epi8(_mm256_min_epu8(hi, s), hi));
}

/* The others; span is at most 127. */
static inline uint64_t lanes_beyond(struct lanes x, char first, unsigned char span)
{
	/* What is more than span gets its highest bit, by a sum that does not wrap. */
	const __m256i f = _mm256_set1_epi8(first), s = _mm256_set1_epi8((char)(127 - span));

	return lanes_mask(_mm256_adds_epu8(_mm256_sub_epi8(x.lo, f), s),
			  _mm256_adds_epu8(_mm256_sub_epi8(x.hi, f), s));
}

/* With these bits set in every byte. */
static inline struct lanes lanes_or(struct lanes x, char bits)
{
	const __m256i v = _mm256_set1_epi8(bits);

	return (struct lanes){ _mm256_or_si256(x.lo, v), _mm256_or_si256(x.hi, v) };
}
#endif

#endif
#endif
