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

enum { STEP = LANES * 64 };
_Static_assert(STEP <= (int)JSON_STEP && (int)JSON_CHUNK % STEP == 0, "lists have room for a step");

struct classes {
	uint64_t quote[LANES], control[LANES], comma[LANES], colon[LANES], open[LANES],
		close[LANES], digit[LANES], dot[LANES], zero[LANES];
} __attribute__((aligned(64)));

/* What a step hands to the next. */
struct carry {
	lanes colon, begin, key_end, value_end, scalar, digit, dot, odd, zero;
	uint64_t string; /* all ones inside a string */
	unsigned key, fraction;
	uint64_t escape;
};

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

/* The words of a step; true if a byte is a backslash or a control character but LF. */
static inline bool classify(const char *p, struct classes *c)
{
	const __m512i lift = _mm512_set1_epi8(0x20), zero = _mm512_set1_epi8('0');
	__mmask64 rare = 0;

#pragma GCC unroll 8
	for (int i = 0; i < LANES; i++) {
		__m512i in = _mm512_loadu_si512(p + 64 * i), high = _mm512_or_si512(in, lift);
		__mmask64 control = _mm512_cmplt_epu8_mask(in, lift);

		rare |= _mm512_mask_cmpneq_epu8_mask(control, in, _mm512_set1_epi8('\n'));
		rare |= _mm512_cmpeq_epi8_mask(in, _mm512_set1_epi8('\\'));
		c->control[i] = control;
		c->quote[i] = _mm512_cmpeq_epi8_mask(in, _mm512_set1_epi8('"'));
		c->comma[i] = _mm512_cmpeq_epi8_mask(in, _mm512_set1_epi8(','));
		c->colon[i] = _mm512_cmpeq_epi8_mask(in, _mm512_set1_epi8(':'));
		c->open[i] = _mm512_cmpeq_epi8_mask(high, _mm512_set1_epi8('{'));
		c->close[i] = _mm512_cmpeq_epi8_mask(high, _mm512_set1_epi8('}'));
		c->dot[i] = _mm512_cmpeq_epi8_mask(in, _mm512_set1_epi8('.'));
		c->zero[i] = _mm512_cmpeq_epi8_mask(in, zero);
		c->digit[i] = _mm512_cmplt_epu8_mask(_mm512_sub_epi8(in, zero), _mm512_set1_epi8(10));
	}
	return rare != 0;
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

static inline bool classify(const char *p, struct classes *c)
{
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
	return !_mm256_testz_si256(rare, rare);
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
static void escapes(const char *p, const char *end, struct classes *c, uint64_t *escape, uint64_t *wrong)
{
	for (int i = 0; i < LANES; i++) {
		const char *at = p + 64 * i;
		uint64_t escaped = *escape, slash = equal(at, '\\') & ~escaped, lf = equal(at, '\n');

		wrong[i] = c->control[i] & ~lf;
		c->control[i] = lf;
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
				wrong[i] |= bit;
		}
		c->quote[i] &= ~escaped;
	}
}

/* What is in a step, for the lists. */
struct found {
	uint64_t colon[LANES], mark[LANES], line[LANES];
	lanes wrong;
	unsigned cut; /* lanes where a line ends inside a string */
	uint64_t inside[LANES];
};

static inline void rules(const char *p, const char *end, struct carry *k, struct found *f)
{
	struct classes c;
	uint64_t rare[LANES];
	lanes wrong = { 0 }, quote, in, out, opening, closing, comma, colon, open, close, line,
	      scalar, digit, dot, odd, start, after_colon, after_begin, after_end, after_scalar,
	      after_key, after_dot, key_end, element;

	if (classify(p, &c) || k->escape) {
		escapes(p, end, &c, &k->escape, rare);
		wrong = get(rare);
	}
	quote = get(c.quote);
	in = inside(quote, &k->string);
	out = ~(in | quote);
	opening = quote & in;
	closing = quote & ~in;
	comma = get(c.comma) & out;
	colon = get(c.colon) & out;
	open = get(c.open) & out;
	close = get(c.close) & out;
	line = get(c.control);
	f->cut = lanes_any(line & in);
	put(f->inside, in);
	scalar = out & ~(comma | colon | open | close | line);
	digit = get(c.digit) & scalar;
	dot = get(c.dot) & scalar;
	odd = scalar & ~(digit | dot);

	/* Strings: one that does not stand behind a colon is a key or an element of an array. */
	after_colon = after(colon, &k->colon);
	after_begin = after(comma | open, &k->begin);
	key_end = behind(in, opening & ~after_colon, &k->key) & closing;
	after_key = after(key_end, &k->key_end);
	wrong |= colon & ~after_key;

	/* What may follow what. */
	after_end = after(closing | close | scalar, &k->value_end);
	after_scalar = after(scalar, &k->scalar);
	start = scalar & ~after_scalar;
	wrong |= (opening | start) & ~(after_colon | after_begin);
	wrong |= comma & ~after_end;
	wrong |= close & ~(after_end | after_begin);

	/* Numbers: digits, a fraction; what is odd is a mark. */
	after_dot = after(dot, &k->dot);
	wrong |= dot & ~after(digit, &k->digit);
	wrong |= after_dot & ~digit;
	wrong |= behind(digit, after_dot & digit, &k->fraction) & dot;
	wrong |= after(start & get(c.zero), &k->zero) & digit;

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
	put(f->colon, colon);
	put(f->mark, open | close | element | (start & after_begin) | (odd & ~after(odd, &k->odd)));
	put(f->line, line);
	f->wrong = wrong;
}

/* ---- lists --------------------------------------------------------------------------------- */

/* Of a word only the bits up to position `last` of the step. */
static void cut_words(struct found *f, unsigned last)
{
	for (unsigned i = 0; i < LANES; i++) {
		uint64_t keep = i < last / 64   ? ~UINT64_C(0)
				: i > last / 64 ? 0
						: ~UINT64_C(0) >> (63 - last % 64);

		f->colon[i] &= keep;
		f->mark[i] &= keep;
		f->line[i] &= keep;
	}
}

static size_t index_lines(struct json_index *x, struct str text)
{
	const char *end = text.p + text.n;
	struct carry k = { 0 };
	struct found f;
	unsigned n_colons = 1, n_marks = 1, n_lines = 0, at = 0;
	bool cut = false;
	char last[STEP + 8];

	x->text = text.p;
	x->n = text.n;
	x->any_wrong = false;
	x->colons[0] = x->marks[0] = 0;
	for (; !cut && at < JSON_CHUNK && at < text.n && n_lines < JSON_CHUNK / 16 &&
	       n_colons < JSON_CHUNK / 4 && n_marks < JSON_CHUNK / 4;
	     at += STEP) {
		unsigned colons[LANES], marks[LANES], any;
		size_t left = text.n - at;
		uint64_t wrong[LANES];

		if (left >= STEP) {
			rules(text.p + at, end, &k, &f);
		} else {
			/* The bytes behind the text are line ends; only the first may count. */
			memcpy(last, text.p + at, left);
			memset(last + left, '\n', sizeof last - left);
			rules(last, last + sizeof last, &k, &f);
			cut_words(&f, (unsigned)left - (last[left - 1] == '\n'));
			f.cut &= lanes_any(get(f.line));
		}
		put(wrong, f.wrong);
		if (__builtin_expect(f.cut != 0, 0)) {
			for (unsigned i = 0; i < LANES && !cut; i++) {
				uint64_t bad = f.line[i] & f.inside[i];

				if (bad) {
					cut = true;
					wrong[i] |= bad & -bad;
					f.wrong = get(wrong);
					cut_words(&f, i * 64 + (unsigned)_tzcnt_u64(bad));
				}
			}
		}
		if (__builtin_expect(lanes_any(f.wrong) != 0, 0))
			x->any_wrong = true;
		memcpy(x->wrong + at / 64, wrong, sizeof wrong);
#pragma GCC unroll 8
		for (unsigned i = 0; i < LANES; i++) {
			colons[i] = n_colons;
			marks[i] = n_marks;
			n_colons += positions(f.colon[i], at + 64 * i, x->colons + n_colons);
			n_marks += positions(f.mark[i], at + 64 * i, x->marks + n_marks);
		}
		for (any = lanes_any(get(f.line)); any; any &= any - 1) {
			unsigned i = (unsigned)__builtin_ctz(any);

			for (uint64_t ends = f.line[i]; ends; ends &= ends - 1) {
				uint64_t before = (ends & -ends) - 1;

				x->lines[++n_lines] = (struct json_line){
					.end = (uint16_t)(at + 64 * i + (unsigned)_tzcnt_u64(ends)),
					.colons = (uint16_t)(colons[i] + (unsigned)_mm_popcnt_u64(
										 f.colon[i] & before)),
					.marks = (uint16_t)(marks[i] + (unsigned)_mm_popcnt_u64(
									       f.mark[i] & before)),
				};
			}
		}
	}
	x->n_lines = n_lines;
	x->colons[n_colons] = x->marks[n_marks] = UINT16_MAX;
	if (n_lines == 0)
		return 0;
	return x->lines[n_lines].end < text.n ? x->lines[n_lines].end + 1u : text.n;
}

/* ---- shapes -------------------------------------------------------------------------------- */

static bool same_keys(const struct json_shape *s, const char *text, const uint16_t *colons)
{
	__m256i differ = _mm256_setzero_si256();

	for (unsigned i = 0; i < s->n_colons; i++) {
		const __m256i *key = (const __m256i *)(const void *)&s->keys[i];
		__m256i t = _mm256_loadu_si256((const __m256i *)(const void *)(text + colons[i] - 32));

		t = _mm256_and_si256(_mm256_xor_si256(t, _mm256_loadu_si256(key)),
				     _mm256_loadu_si256(key + 1));
		differ = _mm256_or_si256(differ, t);
	}
	return _mm256_testz_si256(differ, differ);
}

const struct json_ways WAYS = { index_lines, same_keys };
