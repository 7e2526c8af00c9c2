/* SPDX-License-Identifier: Apache-2.0 */
/* The text of json_index_avx2.c and json_index_avx512.c, on top of base/lanes.h. */
#include "base/json_ways.h"
#include "base/lanes.h"

enum { AHEAD = 4096 };

/* Four characters as a word, in the order of this machine's bytes. */
#define WORD(a, b, c, d) \
	((uint32_t)(a) | (uint32_t)(b) << 8 | (uint32_t)(c) << 16 | (uint32_t)(d) << 24)

/* ---- index --------------------------------------------------------------------------------- */

static bool hex_at(const char *p)
{
	return (*p >= '0' && *p <= '9') || ((*p | 0x20) >= 'a' && (*p | 0x20) <= 'f');
}

static bool escape_ok(const char *p, const char *end)
{
	if (p < end && *p && strchr("\"\\/bfnrt", *p))
		return true;
	return end - p >= 5 && *p == 'u' && hex_at(p + 1) && hex_at(p + 2) && hex_at(p + 3) &&
	       hex_at(p + 4);
}

/* What is counted while blocks are taken. */
struct count {
	unsigned points, lines;
	uint64_t escape; /* is the first byte of the next escaped? */
};

/* Is a string open before a byte of the block that follows, which has these quotes and LFs? */
static bool in_string(const struct json_index *x, const struct count *c, uint64_t quote,
		      uint64_t lf, uint64_t bit)
{
	unsigned before = c->points - x->lines[c->lines - 1] - 1;

	lf &= bit - 1;
	quote &= bit - 1;
	if (lf) {
		before = 0;
		quote &= ~(UINT64_MAX >> _lzcnt_u64(lf));
	}
	return (before + (unsigned)_mm_popcnt_u64(quote)) % 2;
}

/* The quotes that are not escaped, of the 64 bytes at p; what is wrong is noted. */
static uint64_t escapes(struct json_index *x, struct count *c, const char *p, const char *end,
			unsigned at)
{
	const struct lanes text = lanes_load(p);
	const uint64_t quote = lanes_eq(text, '"'), lf = lanes_eq(text, '\n');
	uint64_t escaped = c->escape, slash = lanes_eq(text, '\\') & ~escaped;
	uint64_t wrong = lanes_span(text, 0, 0x1f) & ~lf;

	c->escape = 0;
	while (slash) {
		uint64_t bit = slash & -slash;

		if (!escape_ok(p + _tzcnt_u64(bit) + 1, end) ||
		    !in_string(x, c, quote & ~escaped, lf, bit))
			wrong |= bit;
		escaped |= bit << 1;
		c->escape = bit >> 63;
		slash &= ~(bit | bit << 1);
	}
	if (wrong && !x->any_wrong) {
		x->any_wrong = true;
		memset(x->wrong, 0, sizeof x->wrong);
	}
	if (wrong)
		x->wrong[at / 64] = wrong;
	return quote & ~escaped;
}

/* Is a byte a backslash, or a control character but LF? */
static inline uint64_t unusual(struct lanes x)
{
#if LANES_512
	__mmask64 other = _mm512_cmpneq_epi8_mask(x.v, _mm512_set1_epi8('\n'));

	return _mm512_mask_cmplt_epu8_mask(other, x.v, _mm512_set1_epi8(0x20)) |
	       _mm512_cmpeq_epi8_mask(x.v, _mm512_set1_epi8('\\'));
#else
	const __m256i slash = _mm256_set1_epi8('\\'), lf = _mm256_set1_epi8('\n');
	/* A byte below 0x20 is zero with the lower bits gone; LF becomes something else before. */
	__m256i low = _mm256_and_si256(_mm256_or_si256(x.lo, _mm256_cmpeq_epi8(x.lo, lf)),
				       _mm256_set1_epi8((char)0xe0)),
		high = _mm256_and_si256(_mm256_or_si256(x.hi, _mm256_cmpeq_epi8(x.hi, lf)),
					_mm256_set1_epi8((char)0xe0)),
		any = _mm256_cmpeq_epi8(_mm256_min_epu8(low, high), _mm256_setzero_si256());

	any = _mm256_or_si256(any, _mm256_or_si256(_mm256_cmpeq_epi8(x.lo, slash),
						   _mm256_cmpeq_epi8(x.hi, slash)));
	return (uint32_t)_mm256_movemask_epi8(any);
#endif
}

/* The 64 bytes at p, which are those from `at` on; of its line ends those in `ends` count. */
static inline __attribute__((always_inline)) void take(struct json_index *x, struct count *c,
						       const char *p, const char *end, unsigned at,
						       uint64_t ends)
{
	const struct lanes text = lanes_load(p);
	uint64_t quote = lanes_eq(text, '"'), lf = lanes_eq(text, '\n') & ends, points;

	if (__builtin_expect(unusual(text) | c->escape, 0))
		quote = escapes(x, c, p, end, at);
	points = quote | lf;
	for (; lf; lf &= lf - 1) {
		uint64_t before = (lf & -lf) - 1;

		x->lines[c->lines++] =
			(uint16_t)(c->points + (unsigned)_mm_popcnt_u64(points & before));
	}
	c->points += lanes_places(points, at, x->points + c->points);
}

static size_t index_lines(struct json_index *x, struct str text)
{
	const unsigned n = text.n < JSON_CHUNK ? (unsigned)text.n : JSON_CHUNK;
	struct count c = { .points = 1, .lines = 1 };
	unsigned at = 0, done;

	x->text = text.p;
	x->n = text.n;
	x->any_wrong = false;
	x->points[0] = UINT16_MAX;
	x->lines[0] = 0;
	while (at + JSON_STEP <= n && c.points < JSON_POINTS && c.lines < JSON_LINES)
		for (unsigned k = 0; k < JSON_STEP; k += 64, at += 64) {
			__builtin_prefetch(text.p + at + AHEAD);
			take(x, &c, text.p + at, text.p + text.n, at, UINT64_MAX);
		}
	while (at + 64 <= n && c.points < JSON_POINTS && c.lines < JSON_LINES) {
		take(x, &c, text.p + at, text.p + text.n, at, UINT64_MAX);
		at += 64;
	}
	if (at < n && n - at < 64) {
		/* The end of the text, followed by line ends: one of them, if it has none itself. */
		char last[64 + 8];

		memset(last, '\n', sizeof last);
		memcpy(last, text.p + at, n - at);
		take(x, &c, last, last + sizeof last, at,
		     UINT64_MAX >> (63 - (n - at) + (last[n - at - 1] == '\n')));
	}
	x->n_lines = c.lines - 1;
	if (x->n_lines == 0)
		return 0;
	done = x->points[x->lines[x->n_lines]];
	return done < text.n ? done + 1 : text.n;
}

/* ---- shapes -------------------------------------------------------------------------------- */

/* Where the marks of a shape are in a line. */
#if LANES_512
struct places {
	const char *text;
	_Alignas(64) int16_t at[JSON_MARKS];
};

static inline void find_some(const uint16_t *points, const struct json_shape *s, unsigned first,
			     unsigned n, int16_t *to)
{
	if (__builtin_expect(s->n_quotes >= 128, 0)) {
		for (unsigned i = first; i < first + (n + 7) / 8 * 8; i++)
			to[i] = (int16_t)(points[s->point[i]] + s->add[i]);
		return;
	}
	for (unsigned i = first; i < first + n; i += 32) {
		const __m512i point = _mm512_loadu_si512(s->point + i);
		__m512i at = _mm512_permutex2var_epi16(_mm512_loadu_si512(points), point,
						       _mm512_loadu_si512(points + 32));

		if (s->n_quotes >= 64)
			at = _mm512_mask_blend_epi16(
				_mm512_test_epi16_mask(point, _mm512_set1_epi16(64)), at,
				_mm512_permutex2var_epi16(_mm512_loadu_si512(points + 64), point,
							  _mm512_loadu_si512(points + 96)));
		_mm512_storeu_si512(to + i, _mm512_add_epi16(at, _mm512_loadu_si512(s->add + i)));
	}
}

static inline void find(const struct json_shape *s, const struct json_at *at, struct places *out)
{
	out->text = at->text;
	find_some(at->points, s, JSON_ENDS, s->n_windows, out->at);
	find_some(at->points, s, JSON_FROM, s->n_scalars, out->at);
	find_some(at->points, s, JSON_TO, s->n_scalars, out->at);
}

static inline const char *place(const struct places *x, unsigned i)
{
	return x->text + x->at[i];
}
#else
struct places {
	const struct json_shape *s;
	const char *text;
	const uint16_t *points;
};

static inline void find(const struct json_shape *s, const struct json_at *at, struct places *out)
{
	*out = (struct places){ s, at->text, at->points };
}

static inline const char *place(const struct places *x, unsigned i)
{
	return x->text + x->points[x->s->point[i]] + x->s->add[i];
}
#endif

/*
 * Nonzero if what stands in [p, end) is not digits, perhaps with a fraction, of at most 31 bytes
 * (at end stands something else). Without branches: values of all sorts are no good to guess by.
 */
static inline uint32_t no_number(const char *p, const char *end)
{
	const unsigned n = (unsigned)(end - p), shift = (31 - n) & 31;
	const struct lanes_digits text = lanes_digits(end - 31);
	/* Bit n is set, that of what stands behind. */
	uint32_t other = text.others >> shift, inner = _bzhi_u32(other, n);

	/* Without a digit at the start, or none at all; 01; not a dot; two of them; no digit
	 * behind. */
	return (n >> 5) | (other & 1) | ((*p == '0') & ~(other >> 1)) |
	       (inner & ~(text.dots >> shift)) | (inner & (inner - 1)) | (inner << 1 & other);
}

#if LANES_512
static inline __m128i before(const struct places *x, unsigned i)
{
	return _mm_loadu_si128((const __m128i *)(const void *)(place(x, JSON_TO + i) - 15));
}

/* The same of the first n numbers, at most 32 of at most 15 bytes, at once. */
static inline uint32_t no_numbers(const struct places *x, unsigned n)
{
	const __m512i nine = _mm512_set1_epi8(9), one = _mm512_set1_epi16(1);
	uint64_t other_bits[8] = { 0 }, dot_bits[8] = { 0 }, zero_bits[8] = { 0 };
	__m512i size, shift, other, dots, zeros, inner, bad;
	__mmask32 length;

	for (unsigned i = 0; i < n; i += 4) {
		__m256i lo = _mm256_inserti128_si256(_mm256_castsi128_si256(before(x, i)),
						     before(x, i + 1), 1);
		__m256i hi = _mm256_inserti128_si256(_mm256_castsi128_si256(before(x, i + 2)),
						     before(x, i + 3), 1);
		__m512i text = _mm512_sub_epi8(_mm512_inserti64x4(_mm512_castsi256_si512(lo), hi, 1),
					       _mm512_set1_epi8('0'));

		other_bits[i / 4] = _mm512_cmpgt_epu8_mask(text, nine);
		dot_bits[i / 4] = _mm512_cmpeq_epi8_mask(text, _mm512_set1_epi8('.' - '0'));
		zero_bits[i / 4] = _mm512_testn_epi8_mask(text, text);
	}
	size = _mm512_sub_epi16(_mm512_loadu_si512(x->at + JSON_TO),
				_mm512_loadu_si512(x->at + JSON_FROM));
	length = _mm512_cmpgt_epu16_mask(size, _mm512_set1_epi16(15));
	shift = _mm512_sub_epi16(_mm512_set1_epi16(15), size);
	other = _mm512_srlv_epi16(_mm512_loadu_si512(other_bits), shift);
	dots = _mm512_srlv_epi16(_mm512_loadu_si512(dot_bits), shift);
	zeros = _mm512_srlv_epi16(_mm512_loadu_si512(zero_bits), shift);
	inner = _mm512_andnot_si512(_mm512_sllv_epi16(one, size), other);
	bad = _mm512_andnot_si512(_mm512_srli_epi16(other, 1), zeros);
	bad = _mm512_and_si512(_mm512_or_si512(bad, other), one);
	bad = _mm512_or_si512(bad, _mm512_andnot_si512(dots, inner));
	bad = _mm512_or_si512(bad, _mm512_and_si512(inner, _mm512_sub_epi16(inner, one)));
	bad = _mm512_or_si512(bad, _mm512_and_si512(_mm512_add_epi16(inner, inner), other));
	return _bzhi_u32(length | _mm512_test_epi16_mask(bad, bad), n);
}
#endif

static inline uint32_t no_word(const char *p, const char *end)
{
	uint32_t w;

	memcpy(&w, end - 4, 4);
	return !(((end - p == 4) & ((w == WORD('t', 'r', 'u', 'e')) | (w == WORD('n', 'u', 'l', 'l')))) |
		 ((end - p == 5) & (w == WORD('a', 'l', 's', 'e')) & (*p == 'f')));
}

/* With the bits added in which windows i and i + 1 differ. */
static inline __m256i differs(__m256i sum, const struct json_shape *s, unsigned i,
			      const struct places *x)
{
	const __m128i *first = (const __m128i *)(const void *)(place(x, JSON_ENDS + i) - 16);
	const __m128i *second = (const __m128i *)(const void *)(place(x, JSON_ENDS + i + 1) - 16);
	__m256i text = _mm256_inserti128_si256(_mm256_castsi128_si256(_mm_loadu_si128(first)),
					       _mm_loadu_si128(second), 1);
	__m256i bits =
		_mm256_xor_si256(text, _mm256_load_si256((const __m256i *)(const void *)s->text[i]));
	__m256i mask = _mm256_load_si256((const __m256i *)(const void *)s->mask[i]);

#if LANES_512
	return _mm256_ternarylogic_epi64(sum, bits, mask, 0xf8);
#else
	return _mm256_or_si256(sum, _mm256_and_si256(bits, mask));
#endif
}

/* The slow way, each scalar for itself. */
static bool __attribute__((noinline)) scalars_fit(const struct json_shape *s, const struct places *x)
{
	for (unsigned i = 0; i < s->n_scalars; i++) {
		const char *p = place(x, JSON_FROM + i), *end = place(x, JSON_TO + i);

		if (p >= end ||
		    (no_number(p, end) && no_word(p, end) && !json_scalars(p, end, s->list >> i & 1)))
			return false;
	}
	return true;
}

static bool fits(const struct json_shape *s, const struct json_at *at)
{
	__m256i a = _mm256_setzero_si256(), b = a;
	struct places x;
	uint32_t bad = 0;
	unsigned i = 0;

	find(s, at, &x);
	/* Always whole eights: lines differ in how many windows they have, which cannot be guessed. */
	for (; i < s->n_windows; i += 8) {
		a = differs(a, s, i, &x);
		b = differs(b, s, i + 2, &x);
		a = differs(a, s, i + 4, &x);
		b = differs(b, s, i + 6, &x);
	}
	a = _mm256_or_si256(a, b);
	if (!_mm256_testz_si256(a, a))
		return false;
#if LANES_512
	i = s->n_short;
	bad = no_numbers(&x, i);
#else
	i = 0;
#endif
	for (; i < s->n_numbers; i++)
		bad |= no_number(place(&x, JSON_FROM + i), place(&x, JSON_TO + i));
	for (; i < s->n_scalars; i++)
		bad |= no_word(place(&x, JSON_FROM + i), place(&x, JSON_TO + i));
	/* A number where there was a word, or the like? */
	return __builtin_expect(bad == 0, 1) || scalars_fit(s, &x);
}

const struct json_ways WAYS = { index_lines, fits };
