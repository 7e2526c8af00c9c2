/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The text of json_index_avx2.c and json_index_avx512.c, on top of a few primitives that differ.
 *
 * A step takes LANES blocks of 64 bytes. Of each block it makes one word for each class of bytes,
 * bit i for byte i; then it works on all LANES words of a class at once. A byte outside strings is
 * right or wrong by what stands before it, so each rule is a handful of operations on whole words.
 * What words cannot tell (brackets that match, what is in an array) is left to marks.
 */
#include "base/json_ways.h"

#include <immintrin.h>

typedef uint64_t lanes __attribute__((vector_size(LANES * 8)));

enum { STEP = LANES * 64, AHEAD = 4096 };
_Static_assert(STEP <= (int)JSON_STEP && (int)JSON_CHUNK % STEP == 0, "lists have room for a step");

/* The words of a step, by class. */
struct classes {
	lanes quote, control, comma, colon, open, close, digit, dot, zero;
	bool rare; /* a byte is a backslash, or a control character but LF */
};

/* What a step hands to the next. */
struct carry {
	lanes colon, comma, open, key_end, value_end, scalar, digit, dot, odd, zero;
	uint64_t string; /* all ones inside a string */
	unsigned key, fraction;
	uint64_t escape;
};

static inline lanes get(const uint64_t *words)
{
	lanes x;

	memcpy(&x, words, sizeof x);
	return x;
}

static inline void put(uint64_t *words, lanes x)
{
	memcpy(words, &x, sizeof x);
}

/* ---- primitives: what the two instruction sets do differently ------------------------------ */

#if LANES == 8
#define IN_512(x)  ((__m512i)(x))
#define OUT_512(x) ((lanes)(x))

/* The lanes moved up by one; the last of `low` comes in. */
static inline lanes lanes_up(lanes x, lanes low)
{
	return OUT_512(_mm512_alignr_epi64(IN_512(x), IN_512(low), 7));
}

/* Bit for bit one further. */
static inline lanes after(lanes x, lanes *carry)
{
	lanes low = lanes_up(x, *carry);

	*carry = x;
	return OUT_512(_mm512_shldi_epi64(IN_512(x), IN_512(low), 1));
}

static inline unsigned lanes_sign(lanes x)
{
	return _mm512_movepi64_mask(IN_512(x));
}

static inline unsigned lanes_any(lanes x)
{
	return _mm512_test_epi64_mask(IN_512(x), IN_512(x));
}

static inline unsigned lanes_full(lanes x)
{
	return _mm512_cmpeq_epi64_mask(IN_512(x), _mm512_set1_epi64(-1));
}

/* All ones where the bit is set. */
static inline lanes lanes_spread(unsigned bits)
{
	return OUT_512(_mm512_movm_epi64((__mmask8)bits));
}

/*
 * Eight bytes are a matrix of 8 × 8 bits. Turned over, they are eight bytes of which the first
 * holds bit 0 of each; so 64 bytes become eight words, one for each bit, and a step eight times
 * eight of them. Classes are then what the bits of a character say, for all lanes at once.
 */
static inline __m512i bit_words(const char *p)
{
	const __m512i units = _mm512_set1_epi64((long long)UINT64_C(0x8040201008040201));
	const __m512i reverse = _mm512_set_epi8(
		56, 57, 58, 59, 60, 61, 62, 63, 48, 49, 50, 51, 52, 53, 54, 55, 40, 41, 42, 43, 44,
		45, 46, 47, 32, 33, 34, 35, 36, 37, 38, 39, 24, 25, 26, 27, 28, 29, 30, 31, 16, 17,
		18, 19, 20, 21, 22, 23, 8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7);
	const __m512i gather = _mm512_set_epi8(
		63, 55, 47, 39, 31, 23, 15, 7, 62, 54, 46, 38, 30, 22, 14, 6, 61, 53, 45, 37, 29,
		21, 13, 5, 60, 52, 44, 36, 28, 20, 12, 4, 59, 51, 43, 35, 27, 19, 11, 3, 58, 50, 42,
		34, 26, 18, 10, 2, 57, 49, 41, 33, 25, 17, 9, 1, 56, 48, 40, 32, 24, 16, 8, 0);
	__m512i in = _mm512_shuffle_epi8(_mm512_loadu_si512(p), reverse);

	return _mm512_permutexvar_epi8(gather, _mm512_gf2p8affine_epi64_epi8(units, in, 0));
}

static inline void classify(const char *p, struct classes *c)
{
	__m512i t[8];
	lanes b[8], plain, two, three, control, bracket, ac, bc, word;

#pragma GCC unroll 4
	for (int i = 0; i < 8; i += 2) {
		__m512i lo = bit_words(p + 64 * i), hi = bit_words(p + 64 * i + 64);

		t[i] = _mm512_unpacklo_epi64(lo, hi);
		t[i + 1] = _mm512_unpackhi_epi64(lo, hi);
	}
#pragma GCC unroll 2
	for (int e = 0; e < 2; e++) {
		__m512i lo = _mm512_shuffle_i64x2(t[e], t[e + 2], 0x44),
			hi = _mm512_shuffle_i64x2(t[e], t[e + 2], 0xee),
			lo2 = _mm512_shuffle_i64x2(t[e + 4], t[e + 6], 0x44),
			hi2 = _mm512_shuffle_i64x2(t[e + 4], t[e + 6], 0xee);

		b[e] = OUT_512(_mm512_shuffle_i64x2(lo, lo2, 0x88));
		b[e + 2] = OUT_512(_mm512_shuffle_i64x2(lo, lo2, 0xdd));
		b[e + 4] = OUT_512(_mm512_shuffle_i64x2(hi, hi2, 0x88));
		b[e + 6] = OUT_512(_mm512_shuffle_i64x2(hi, hi2, 0xdd));
	}
	/* By the upper half: 0x and 1x, 2x, 3x, brackets in 5x and 7x. */
	plain = ~(b[7] | b[6]);
	control = plain & ~b[5];
	two = plain & b[5] & ~b[4];
	three = plain & b[5] & b[4];
	bracket = ~b[7] & b[6] & b[4];
	/* And by the lower. */
	ac = b[3] & b[2];
	bc = b[3] & ~b[2];
	c->quote = two & ~(b[3] | b[2]) & b[1] & ~b[0];
	c->comma = two & ac & ~(b[1] | b[0]);
	c->dot = two & ac & b[1] & ~b[0];
	word = bc & b[1] & ~b[0];
	c->colon = three & word;
	c->open = bracket & bc & b[1] & b[0];
	c->close = bracket & ac & ~b[1] & b[0];
	c->zero = three & ~(b[3] | b[2]) & ~(b[1] | b[0]);
	c->digit = three & ~(b[3] & (b[2] | b[1]));
	c->control = control;
	c->rare = lanes_any((control & ~(word & ~b[4])) | (bracket & ~b[5] & ac & ~(b[1] | b[0]))) != 0;
}

static inline uint64_t equal(const char *p, char ch)
{
	return _mm512_cmpeq_epi8_mask(_mm512_loadu_si512(p), _mm512_set1_epi8(ch));
}

/* The positions of the bits of a word, `base` added, to a list with room for 64. */
static inline unsigned positions(uint64_t word, unsigned base, uint16_t *to)
{
	const __m512i iota = _mm512_set_epi8(
		63, 62, 61, 60, 59, 58, 57, 56, 55, 54, 53, 52, 51, 50, 49, 48, 47, 46, 45, 44, 43,
		42, 41, 40, 39, 38, 37, 36, 35, 34, 33, 32, 31, 30, 29, 28, 27, 26, 25, 24, 23, 22,
		21, 20, 19, 18, 17, 16, 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0);
	const __m512i from = _mm512_set1_epi16((short)base);
	__m512i at = _mm512_maskz_compress_epi8(word, iota);
	unsigned n = (unsigned)_mm_popcnt_u64(word);

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
#else
#define IN_256(x)  ((__m256i)(x))
#define OUT_256(x) ((lanes)(x))

static inline lanes lanes_up(lanes x, lanes low)
{
	return OUT_256(_mm256_permute4x64_epi64(_mm256_blend_epi32(IN_256(x), IN_256(low), 0xc0), 0x93));
}

static inline lanes after(lanes x, lanes *carry)
{
	lanes low = lanes_up(x, *carry);

	*carry = x;
	return x << 1 | low >> 63;
}

static inline unsigned lanes_sign(lanes x)
{
	return (unsigned)_mm256_movemask_pd((__m256d)x);
}

static inline unsigned lanes_any(lanes x)
{
	return ~lanes_sign(OUT_256(_mm256_cmpeq_epi64(IN_256(x), _mm256_setzero_si256()))) & 15;
}

static inline unsigned lanes_full(lanes x)
{
	return lanes_sign(OUT_256(_mm256_cmpeq_epi64(IN_256(x), _mm256_set1_epi64x(-1))));
}

static inline lanes lanes_spread(unsigned bits)
{
	const __m256i each = _mm256_set_epi64x(8, 4, 2, 1);

	return OUT_256(_mm256_cmpeq_epi64(_mm256_and_si256(_mm256_set1_epi64x(bits), each), each));
}

static inline uint64_t word_of(__m256i lo, __m256i hi)
{
	return (uint32_t)_mm256_movemask_epi8(lo) | (uint64_t)(uint32_t)_mm256_movemask_epi8(hi) << 32;
}

static inline uint64_t equals(__m256i lo, __m256i hi, char ch)
{
	const __m256i c = _mm256_set1_epi8(ch);

	return word_of(_mm256_cmpeq_epi8(lo, c), _mm256_cmpeq_epi8(hi, c));
}

/* At most `top`, as unsigned bytes. */
static inline __m256i at_most(__m256i x, char top)
{
	return _mm256_cmpeq_epi8(_mm256_min_epu8(x, _mm256_set1_epi8(top)), x);
}

static inline void classify(const char *p, struct classes *to)
{
	struct {
		uint64_t quote[LANES], control[LANES], comma[LANES], colon[LANES], open[LANES],
			close[LANES], digit[LANES], dot[LANES], zero[LANES];
	} *c = (void *)to;
	const __m256i lift = _mm256_set1_epi8(0x20), zero = _mm256_set1_epi8('0'),
		      slash = _mm256_set1_epi8('\\'), lf = _mm256_set1_epi8('\n');
	__m256i rare = _mm256_setzero_si256();

#pragma GCC unroll 4
	for (int i = 0; i < LANES; i++) {
		__m256i lo = _mm256_loadu_si256((const __m256i *)(const void *)(p + 64 * i)),
			hi = _mm256_loadu_si256((const __m256i *)(const void *)(p + 64 * i + 32));
		__m256i high_lo = _mm256_or_si256(lo, lift), high_hi = _mm256_or_si256(hi, lift);
		__m256i control_lo = at_most(lo, 0x1f), control_hi = at_most(hi, 0x1f);

		rare = _mm256_or_si256(rare, _mm256_andnot_si256(_mm256_cmpeq_epi8(lo, lf), control_lo));
		rare = _mm256_or_si256(rare, _mm256_andnot_si256(_mm256_cmpeq_epi8(hi, lf), control_hi));
		rare = _mm256_or_si256(rare, _mm256_or_si256(_mm256_cmpeq_epi8(lo, slash),
							     _mm256_cmpeq_epi8(hi, slash)));
		c->control[i] = word_of(control_lo, control_hi);
		c->quote[i] = equals(lo, hi, '"');
		c->comma[i] = equals(lo, hi, ',');
		c->colon[i] = equals(lo, hi, ':');
		c->open[i] = equals(high_lo, high_hi, '{');
		c->close[i] = equals(high_lo, high_hi, '}');
		c->dot[i] = equals(lo, hi, '.');
		c->zero[i] = equals(lo, hi, '0');
		c->digit[i] = word_of(at_most(_mm256_sub_epi8(lo, zero), 9),
				      at_most(_mm256_sub_epi8(hi, zero), 9));
	}
	to->rare = !_mm256_testz_si256(rare, rare);
}

static inline uint64_t equal(const char *p, char ch)
{
	return equals(_mm256_loadu_si256((const __m256i *)(const void *)p),
		      _mm256_loadu_si256((const __m256i *)(const void *)(p + 32)), ch);
}

static inline unsigned positions(uint64_t word, unsigned base, uint16_t *to)
{
	unsigned n = (unsigned)_mm_popcnt_u64(word);

	for (unsigned i = 0; i < 6; i++) {
		to[i] = (uint16_t)(base + (unsigned)_tzcnt_u64(word));
		word &= word - 1;
	}
	if (__builtin_expect(n > 6, 0))
		for (unsigned i = 6; i < n; i++) {
			to[i] = (uint16_t)(base + (unsigned)_tzcnt_u64(word));
			word &= word - 1;
		}
	return n;
}
#endif

/* ---- the rules ----------------------------------------------------------------------------- */

/* Each bit the parity of those up to it: ones from an opening quote to before the closing one. */
static inline lanes inside(lanes quotes, uint64_t *string)
{
	unsigned odd;

	quotes ^= quotes << 1;
	quotes ^= quotes << 2;
	quotes ^= quotes << 4;
	quotes ^= quotes << 8;
	quotes ^= quotes << 16;
	quotes ^= quotes << 32;
	/* The same from lane to lane. */
	odd = lanes_sign(quotes) << 1 | (unsigned)(*string & 1);
	odd ^= odd << 1;
	odd ^= odd << 2;
	odd ^= odd << 4;
	odd ^= odd << 8 & 0x100;
	*string = odd >> LANES & 1;
	return quotes ^ lanes_spread(odd & ((1u << LANES) - 1));
}

/*
 * `from` holds the lowest bits of some runs of `runs`: the bits behind the ends of these runs (and
 * other bits, inside other runs). It is an addition, as carries go through a run of ones.
 */
static inline lanes behind(lanes runs, lanes from, unsigned *carry)
{
	lanes sum = runs + from;
	unsigned out = lanes_sign(runs & ~sum) << 1 | *carry, through = lanes_full(runs & sum);
	unsigned in = (through + out) ^ through;

	*carry = in >> LANES & 1;
	return sum - lanes_spread(in & ((1u << LANES) - 1));
}

static bool hex_at(const char *p)
{
	return (*p >= '0' && *p <= '9') || ((*p | 0x20) >= 'a' && (*p | 0x20) <= 'f');
}

/* Takes escaped quotes out of the words, and says which bytes are wrong: controls, escapes. */
static void escapes(const char *p, const char *end, struct classes *c, uint64_t *escape, lanes *wrong)
{
	uint64_t quote[LANES], control[LANES], bad[LANES];

	put(quote, c->quote);
	put(control, c->control);
	for (int i = 0; i < LANES; i++) {
		const char *at = p + 64 * i;
		uint64_t escaped = *escape, slash = equal(at, '\\') & ~escaped, lf = equal(at, '\n');

		bad[i] = control[i] & ~lf;
		control[i] = lf;
		*escape = 0;
		while (slash) {
			uint64_t bit = slash & -slash;
			const char *q = at + _tzcnt_u64(slash) + 1;

			escaped |= bit << 1;
			*escape = bit >> 63;
			slash &= ~(bit | bit << 1);
			if (q < end && *q && strchr("\"\\/bfnrt", *q))
				continue;
			if (end - q < 5 || *q != 'u' || !hex_at(q + 1) || !hex_at(q + 2) ||
			    !hex_at(q + 3) || !hex_at(q + 4))
				bad[i] |= bit;
		}
		quote[i] &= ~escaped;
	}
	c->quote = get(quote);
	c->control = get(control);
	*wrong = get(bad);
}

/* What is in a step. */
struct found {
	lanes point, line, wrong, inside;
};

/* p: the text of the step, for what is rare. */
static inline __attribute__((always_inline)) void rules(const char *p, const char *end,
							struct classes *c, struct carry *k,
							struct found *f)
{
	lanes wrong = { 0 }, quote, in, out, opening, closing, comma, colon, open, close, line,
	      scalar, digit, dot, odd, start, after_colon, after_open, after_begin, after_end,
	      after_scalar, after_key, after_dot, key_end, element;

	if (__builtin_expect(c->rare || k->escape, 0))
		escapes(p, end, c, &k->escape, &wrong);
	quote = c->quote;
	in = inside(quote, &k->string);
	out = ~(in | quote);
	opening = quote & in;
	closing = quote & ~in;
	comma = c->comma & out;
	colon = c->colon & out;
	open = c->open & out;
	close = c->close & out;
	line = c->control;
	f->inside = in;
	scalar = out & ~(comma | colon | open | close | line);
	digit = c->digit & scalar;
	dot = c->dot & scalar;
	odd = scalar & ~(digit | dot);

	/* Strings: one that does not stand behind a colon is a key or an element of an array. */
	after_colon = after(colon, &k->colon);
	after_open = after(open, &k->open);
	after_begin = after(comma, &k->comma) | after_open;
	key_end = behind(in, opening & ~after_colon, &k->key) & closing;
	after_key = after(key_end, &k->key_end);
	wrong |= colon & ~after_key;

	/* What may follow what. */
	after_end = after(closing | close | scalar, &k->value_end);
	after_scalar = after(scalar, &k->scalar);
	start = scalar & ~after_scalar;
	wrong |= (opening | start) & ~(after_colon | after_begin);
	wrong |= comma & ~after_end;
	wrong |= close & ~(after_end | after_open);

	/* Numbers: digits, a fraction; what is odd is a mark. */
	after_dot = after(dot, &k->dot);
	wrong |= dot & ~after(digit, &k->digit);
	wrong |= after_dot & ~digit;
	wrong |= behind(digit, after_dot & digit, &k->fraction) & dot;
	wrong |= after(start & c->zero, &k->zero) & digit;

	/* An element: a string with no colon behind it, or a scalar with none before it. */
	element = after_key & ~colon;
	if (__builtin_expect(lanes_any(element & close) != 0, 0)) {
		uint64_t at[LANES], bad[LANES];

		put(at, element & close);
		for (int i = 0; i < LANES; i++) {
			bad[i] = 0;
			for (; at[i]; at[i] &= at[i] - 1)
				if (p[64 * i + (int)_tzcnt_u64(at[i])] == '}')
					bad[i] |= at[i] & -at[i];
		}
		wrong |= get(bad);
	}
	f->point = colon | open | close | element | (start & after_begin) |
		   (odd & ~after(odd, &k->odd));
	f->line = line;
	f->wrong = wrong;
}

/* ---- lists --------------------------------------------------------------------------------- */

/* Of the words from `from` on only the bits up to position `last`. */
static void cut_words(struct json_index *x, unsigned from, unsigned last)
{
	uint64_t keep = ~UINT64_C(0) >> (63 - last % 64);

	for (unsigned i = last / 64; i < from + LANES; i++, keep = 0) {
		x->point[i] &= keep;
		x->line[i] &= keep;
	}
}

/* A line that ends inside a string is the last of the index: what follows was misread. */
static bool cut_in_string(struct json_index *x, unsigned from, lanes bad)
{
	uint64_t words[LANES];

	put(words, bad);
	for (unsigned i = 0; i < LANES; i++) {
		if (!words[i])
			continue;
		x->wrong[from + i] |= words[i] & -words[i];
		x->any_wrong = true;
		cut_words(x, from, (from + i) * 64 + (unsigned)_tzcnt_u64(words[i]));
		return true;
	}
	return false;
}

/* The words of text, from its start; how many. */
static unsigned index_words(struct json_index *x, struct str text)
{
	const char *end = text.p + text.n;
	struct carry k = { 0 };
	struct classes classes[2];
	struct found f;
	lanes any = { 0 };
	char last[STEP + 8]; /* the end of the text, followed by line ends */
	size_t steps = (text.n < JSON_CHUNK ? text.n + STEP - 1 : JSON_CHUNK) / STEP;

	memset(last, '\n', sizeof last);
	if (text.n >= STEP) {
		classify(text.p, &classes[0]);
	} else {
		memcpy(last, text.p, text.n);
		classify(last, &classes[0]);
	}
	for (size_t step = 0; step < steps; step++) {
		const unsigned word = (unsigned)step * LANES;
		const char *p = text.p + step * STEP;
		const size_t left = text.n - step * STEP;

		/* The words of a step are made one step ahead: they are in memory by then. */
		for (unsigned i = 0; i < LANES; i++)
			__builtin_prefetch(p + AHEAD + 64 * i);
		if (left >= 2 * STEP) {
			classify(p + STEP, &classes[(step + 1) & 1]);
		} else if (left > STEP) {
			memcpy(last, p + STEP, left - STEP);
			classify(last, &classes[(step + 1) & 1]);
		}
		if (left < STEP) {
			p = last;
			end = last + sizeof last;
		}
		rules(p, end, &classes[step & 1], &k, &f);
		put(x->point + word, f.point);
		put(x->line + word, f.line);
		put(x->wrong + word, f.wrong);
		any |= f.wrong;
		if (__builtin_expect(left < STEP, 0)) {
			/* Of the line ends behind the text only the first may count. */
			cut_words(x, word, word * 64 + (unsigned)left - (last[left - 1] == '\n'));
			f.line = get(x->line + word);
		}
		if (__builtin_expect(lanes_any(f.line & f.inside) != 0, 0) &&
		    cut_in_string(x, word, f.line & f.inside)) {
			steps = step + 1;
			break;
		}
	}
	x->any_wrong |= lanes_any(any) != 0;
	return (unsigned)steps * LANES;
}

static size_t index_lines(struct json_index *x, struct str text)
{
	unsigned n_words, n_points = 0, n_lines = 0;

	x->text = text.p;
	x->n = text.n;
	x->any_wrong = false;
	n_words = index_words(x, text);
	for (unsigned i = 0; i < n_words; i += LANES) {
		if (n_points > JSON_CHUNK / 4) {
			n_words = i;
			break;
		}
#pragma GCC unroll 8
		for (unsigned k = i; k < i + LANES; k++) {
			x->before[k] = (uint16_t)n_points;
			n_points += positions(x->point[k], 64 * k, x->points + n_points);
		}
	}
	for (unsigned i = 0; i < n_words && n_lines < JSON_CHUNK / 16; i += LANES)
		for (unsigned any = lanes_any(get(x->line + i)); any; any &= any - 1) {
			unsigned k = i + (unsigned)__builtin_ctz(any);

			for (uint64_t ends = x->line[k]; ends; ends &= ends - 1) {
				uint64_t bits = x->point[k] & ((ends & -ends) - 1);

				x->lines[++n_lines] = (struct json_line){
					(uint16_t)(64 * k + (unsigned)_tzcnt_u64(ends)),
					(uint16_t)(x->before[k] + (unsigned)_mm_popcnt_u64(bits)),
				};
			}
		}
	x->n_lines = n_lines;
	if (n_lines == 0)
		return 0;
	return x->lines[n_lines].end < text.n ? x->lines[n_lines].end + 1u : text.n;
}

/* ---- shapes -------------------------------------------------------------------------------- */

static inline __m256i differs(const struct json_shape *s, unsigned i, const char *point)
{
	const __m256i *window = (const __m256i *)(const void *)&s->windows[i];
	__m256i t = _mm256_loadu_si256((const __m256i *)(const void *)(point - 31));

	return _mm256_and_si256(_mm256_xor_si256(t, _mm256_loadu_si256(window)),
				_mm256_loadu_si256(window + 1));
}

static bool same(const struct json_shape *s, const char *text, const uint16_t *points)
{
	__m256i a = _mm256_setzero_si256(), b = a;
	unsigned i = 0;

	for (; i + 4 <= s->n_points; i += 4) {
		a = _mm256_or_si256(a, differs(s, i, text + points[i]));
		b = _mm256_or_si256(b, differs(s, i + 1, text + points[i + 1]));
		a = _mm256_or_si256(a, differs(s, i + 2, text + points[i + 2]));
		b = _mm256_or_si256(b, differs(s, i + 3, text + points[i + 3]));
	}
	for (; i < s->n_points; i++)
		a = _mm256_or_si256(a, differs(s, i, text + points[i]));
	a = _mm256_or_si256(a, b);
	return _mm256_testz_si256(a, a);
}

const struct json_ways WAYS = { index_lines, same };
