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

/* The places of the bits, `base` added, to a list with room for 64; how many. */
static inline unsigned lanes_places(uint64_t bits, unsigned base, uint16_t *to)
{
	const __m512i each = _mm512_set_epi8(
		63, 62, 61, 60, 59, 58, 57, 56, 55, 54, 53, 52, 51, 50, 49, 48, 47, 46, 45, 44, 43,
		42, 41, 40, 39, 38, 37, 36, 35, 34, 33, 32, 31, 30, 29, 28, 27, 26, 25, 24, 23, 22,
		21, 20, 19, 18, 17, 16, 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0);
	const __m512i from = _mm512_set1_epi16((short)base);
	__m512i at = _mm512_maskz_compress_epi8(bits, each);
	unsigned n = (unsigned)_mm_popcnt_u64(bits);

	_mm256_storeu_si256((__m256i *)(void *)to,
			    _mm256_add_epi16(_mm256_cvtepu8_epi16(_mm512_castsi512_si128(at)),
					     _mm512_castsi512_si256(from)));
	if (__builtin_expect(n > 16, 0)) {
		_mm512_storeu_si512(
			to, _mm512_add_epi16(_mm512_cvtepu8_epi16(_mm512_castsi512_si256(at)), from));
		_mm512_storeu_si512(
			to + 32,
			_mm512_add_epi16(_mm512_cvtepu8_epi16(_mm512_extracti64x4_epi64(at, 1)), from));
	}
	return n;
}

/* Of 32 bytes, bit for bit: which are no digits, and which are dots. */
struct lanes_digits {
	uint32_t others, dots;
};

static inline struct lanes_digits lanes_digits(const char *p)
{
	const __m256i v = _mm256_loadu_si256((const __m256i *)(const void *)p);

	return (struct lanes_digits){
		_mm256_cmpgt_epu8_mask(_mm256_sub_epi8(v, _mm256_set1_epi8('0')), _mm256_set1_epi8(9)),
		_mm256_cmpeq_epi8_mask(v, _mm256_set1_epi8('.')),
	};
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

/* The places of the bits, `base` added, to a list with room for 64; how many. */
static inline unsigned lanes_places(uint64_t bits, unsigned base, uint16_t *to)
{
	unsigned n = (unsigned)_mm_popcnt_u64(bits);

	for (unsigned i = 0; i < 12; i++, bits &= bits - 1)
		to[i] = (uint16_t)(base + (unsigned)_tzcnt_u64(bits));
	if (__builtin_expect(n > 12, 0))
		for (unsigned i = 12; i < n; i++, bits &= bits - 1)
			to[i] = (uint16_t)(base + (unsigned)_tzcnt_u64(bits));
	return n;
}

/* Of 32 bytes, bit for bit: which are no digits, and which are dots. */
struct lanes_digits {
	uint32_t others, dots;
};

static inline struct lanes_digits lanes_digits(const char *p)
{
	const __m256i v = _mm256_loadu_si256((const __m256i *)(const void *)p);
	/* What is more than nine gets its highest bit. */
	__m256i others = _mm256_adds_epu8(_mm256_sub_epi8(v, _mm256_set1_epi8('0')),
					  _mm256_set1_epi8(127 - 9));

	return (struct lanes_digits){
		(uint32_t)_mm256_movemask_epi8(others),
		(uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(v, _mm256_set1_epi8('.'))),
	};
}
#endif

#endif
#endif
