/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a sieve does, for the instruction set that the file which includes this is compiled for;
 * ZEEK_SIEVE is the name it shall have.
 *
 * A batch is the lines that fit in CHUNK bytes. Nothing is read outside the block: a batch leaves
 * the last MARGIN bytes alone, which is as far as the reads of a field go beyond its line.
 */
#include "base/lanes.h"
#include "core/quads.h"
#include "core/sixes.h"
#include "format/telemetry.h"
#include "format/zeek_sieve.h"

enum {
	CHUNK = 16 << 10, /* with its tables this stays in the first-level cache */
	MARGIN = 64,
	STOPS_MAX = 4096,                /* kept ones of a batch */
	LINES_MAX = (STOPS_MAX + 64) / 3 /* a line keeps three at least */
};

struct batch {
	const struct zeek_sieve *z;
	const char *p;
	size_t n_lines;
	size_t done; /* bytes of these lines */
	bool broken; /* the line behind them is not as planned */
	bool first;  /* it begins where the block begins */

	uint64_t odd[LINES_MAX / 64 + 1];    /* lines for the plain way */
	uint64_t six[LINES_MAX / 64 + 1];    /* lines whose addresses have been looked up */
	uint64_t pair[LINES_MAX + 8];        /* IPv4: originator in the lower half */
	int64_t ts[LINES_MAX + 8];           /* first as two halves of eight digits */
	uint16_t found[2 * LINES_MAX + 2];   /* twice the line, one more for the responder */
	uint16_t stops[16 + STOPS_MAX + 96]; /* from 16 on; before it the LF before the first line */
};

static inline void mark(uint64_t *bits, size_t i)
{
	bits[i >> 6] |= UINT64_C(1) << (i & 63);
}

static inline bool marked(const uint64_t *bits, size_t i)
{
	return bits[i >> 6] >> (i & 63) & 1;
}

/* ---- first pass: where fields end, and that numbers are numbers ---------------------------- */

/* The places of the set bits, n of them, from `base` on; up to 64 are written. */
static inline void places(uint64_t bits, unsigned n, uint16_t base, uint16_t *to)
{
#if LANES_512
	const __m512i all = _mm512_set_epi8(
		63, 62, 61, 60, 59, 58, 57, 56, 55, 54, 53, 52, 51, 50, 49, 48, 47, 46, 45, 44, 43,
		42, 41, 40, 39, 38, 37, 36, 35, 34, 33, 32, 31, 30, 29, 28, 27, 26, 25, 24, 23, 22,
		21, 20, 19, 18, 17, 16, 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0);
	const __m512i from = _mm512_set1_epi16((short)base);
	__m512i at = _mm512_maskz_compress_epi8(bits, all);
	__m512i wide = _mm512_add_epi16(_mm512_cvtepu8_epi16(_mm512_castsi512_si256(at)), from);

	_mm256_storeu_si256((__m256i *)(void *)to, _mm512_castsi512_si256(wide));
	if (__builtin_expect(n <= 16, 1))
		return;
	_mm512_storeu_si512(to, wide);
	wide = _mm512_cvtepu8_epi16(_mm512_extracti64x4_epi64(at, 1));
	_mm512_storeu_si512(to + 32, _mm512_add_epi16(wide, from));
#else
	(void)n;
	do {
		for (int i = 0; i < 8; i++) {
			to[i] = (uint16_t)(base + _tzcnt_u64(bits));
			bits = _blsr_u64(bits);
		}
		to += 8;
	} while (__builtin_expect(bits != 0, 0));
#endif
}

/* Find the stops of up to n bytes, which is a multiple of 64. */
static inline void find_stops(struct batch *b, size_t n)
{
	const struct zeek_sieve *const z = b->z;
	const char *const p = b->p;
	const char separator = z->separator, unset = z->unset;
	unsigned at = 0, k;
	unsigned char open = z->number_open;
	uint64_t stop_before = 1, unset_before = 0, wrong = 0;
	uint16_t *const begin = b->stops + 16, *to = begin;

	for (size_t off = 0; off < n && to < begin + STOPS_MAX && !wrong; off += 64) {
		const struct zeek_phase *ph = &z->phase[at];
		struct lanes x = lanes_load(p + off);
		uint64_t lf = lanes_eq(x, '\n'), stop = lanes_eq(x, separator) | lf;
		uint64_t other = lanes_beyond(x, '0', 9), none = lanes_eq(x, unset);
		uint64_t kept = _pdep_u64(ph->kept, stop);
		unsigned long long number;

		/* Bits from where numbers open (their separator too) to where they close. */
		open = _subborrow_u64(open, _pdep_u64(ph->closes, stop), _pdep_u64(ph->opens, stop),
				      &number);
		/* Digits, or the byte for "unset" and nothing behind it. */
		none &= stop << 1 | stop_before;
		wrong = (other | none << 1 | unset_before) & ~(stop | none) & number;
		wrong |= lf ^ _pdep_u64(ph->last, stop);
		if (__builtin_expect(wrong != 0, 0))
			kept &= _blsmsk_u64(wrong) >> 1;
		k = (unsigned)_mm_popcnt_u64(kept);
		places(kept, k, (uint16_t)off, to);
		to += k;
		stop_before = stop >> 63;
		unset_before = none >> 63;
		at = z->next[at + (unsigned)_mm_popcnt_u64(stop)];
	}
	b->broken = wrong != 0;
	b->n_lines = (size_t)(to - begin) / z->n_kept;
	b->done = b->n_lines ? begin[b->n_lines * z->n_kept - 1] + (size_t)1 : 0;
}

/* ---- second pass: times, addresses, lengths ------------------------------------------------ */

/* An address that is no quad: can it be read, and is it wanted? */
static __attribute__((noinline)) bool six_unwanted(const char *p, unsigned n, const struct sink *sink)
{
	struct ip ip;

	if (!six_parse(p, n, &ip) && !ip_parse((struct str){ p, n }, &ip))
		return false;
	return !sink_wants(sink, ip);
}

static __attribute__((noinline)) bool answers_unwanted(const struct zeek_sieve *z, struct str names,
						       const struct sink *sink)
{
	struct str name;
	struct ip ip;

	/* In the last column this may belong to the end of the line. */
	if (names.n && names.p[names.n - 1] == '\r')
		return false;
	while (str_cut(&names, z->set_separator, &name))
		if (ip_parse(name, &ip) && sink_wants(sink, ip))
			return false;
	return true;
}

/* A field between two kept stops. */
struct field {
	unsigned at, n;
};

static inline struct field field(const uint16_t *stops, int slot)
{
	unsigned at = slot < 0 ? (uint16_t)(stops[slot] + 1) : stops[slot] + 1u;

	return (struct field){ at, stops[slot + 1] - at };
}

/* 0.136721, or unset; n from 1 to 15. */
static inline bool sure_duration(const char *p, unsigned n, char unset)
{
	__m128i x = _mm_loadu_si128((const __m128i *)(const void *)p);
	__m128i d = _mm_sub_epi8(x, _mm_set1_epi8('0'));
	uint32_t digits =
		(uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(_mm_min_epu8(d, _mm_set1_epi8(9)), d));
	unsigned dot = (n - 7) & 15;

	return (n == 1 && p[0] == unset) |
	       (n >= 8 && _bzhi_u32(~digits, n) == UINT32_C(1) << dot && p[dot] == '.');
}

/* Ports that are digits are at most 65535; n from 1 to 5. Eight bytes are read. */
static inline bool sure_port(const char *p, unsigned n)
{
	uint64_t v;

	memcpy(&v, p, sizeof v);
	return __builtin_bswap64(v) >> ((64 - 8 * n) & 63) <= 0x3635353335;
}

/* Ten digits, a point, six digits: as two numbers of eight digits. */
static inline bool sure_time(const char *p, int64_t *halves)
{
	__m128i x = _mm_loadu_si128((const __m128i *)(const void *)p);

	x = _mm_shuffle_epi8(x, _mm_setr_epi8(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 12, 13, 14, 15, -1));
	x = _mm_insert_epi8(x, p[16], 15);
	x = _mm_sub_epi8(x, _mm_set1_epi8('0'));
	if (_mm_movemask_epi8(_mm_cmpeq_epi8(_mm_min_epu8(x, _mm_set1_epi8(9)), x)) != 0xffff ||
	    p[10] != '.') {
		*halves = 0;
		return false;
	}
	x = _mm_maddubs_epi16(x, _mm_set1_epi16(0x010a));
	x = _mm_madd_epi16(x, _mm_set1_epi32(0x00010064));
	x = _mm_packus_epi32(x, x);
	x = _mm_madd_epi16(x, _mm_set1_epi32(0x00012710));
	*halves = _mm_cvtsi128_si64(x);
	return true;
}

static inline bool sure_lengths(const struct zeek_sieve *z, const uint16_t *stops, unsigned n_kept)
{
	for (unsigned k = 0; k < n_kept; k += 16) {
		__m256i to = _mm256_loadu_si256((const __m256i *)(const void *)(stops + k));
		__m256i from = _mm256_loadu_si256((const __m256i *)(const void *)(stops + k - 1));
		__m256i min = _mm256_loadu_si256((const __m256i *)(const void *)(z->min + k));
		__m256i span = _mm256_loadu_si256((const __m256i *)(const void *)(z->span + k));
		__m256i n = _mm256_sub_epi16(_mm256_sub_epi16(to, from), min);

		/* The stop itself counts: min is one more. */
		if (_mm256_movemask_epi8(_mm256_cmpeq_epi16(_mm256_min_epu16(n, span), n)) != -1)
			return false;
	}
	return true;
}

static inline __attribute__((always_inline)) void parse_lines(struct batch *b, const struct near *near,
							      const struct zeek_slots at, bool usual)
{
	const struct zeek_sieve *const z = b->z;
	const char *const near_v4 = (const char *)near->v4, *const p = b->p, unset = z->unset;
	const uint16_t *stops = b->stops + 16;
	const size_t n_kept = z->n_kept, n_lines = b->n_lines;

	for (size_t i = 0; i < n_lines; i++, stops += n_kept) {
		struct field orig = field(stops, at.orig), resp = field(stops, at.resp), f;
		uint64_t pair;
		bool sure, quads;

		sure = sure_lengths(z, stops, usual ? 16 : (unsigned)n_kept);
		sure &= sure_time(p + field(stops, at.ts).at, &b->ts[i]);
		if (at.ts != -1)
			sure &= p[field(stops, -1).at] != '#';
		if (at.orig_port != ZEEK_SIEVE_NONE) {
			f = field(stops, at.orig_port);
			sure &= sure_port(p + f.at, f.n);
		}
		if (at.resp_port != ZEEK_SIEVE_NONE) {
			f = field(stops, at.resp_port);
			sure &= sure_port(p + f.at, f.n);
		}
		if (at.duration != ZEEK_SIEVE_NONE) {
			f = field(stops, at.duration);
			sure &= sure_duration(p + f.at, f.n, unset);
		}
		quads = quads_parse(p + orig.at, orig.n, p + resp.at, resp.n, &pair);
		b->pair[i] = pair;
		__builtin_prefetch(near_v4 + ((uint32_t)pair >> 13) * 4);
		__builtin_prefetch(near_v4 + (pair >> 45) * 4);
		if (!(sure & quads)) {
			mark(b->six, i);
			if (!sure)
				mark(b->odd, i);
		}
	}
}

/* The lines of which an address is no quad, and the answers of all. */
static void look_up_rest(struct batch *b, const struct sink *sink)
{
	const struct zeek_sieve *z = b->z;
	const unsigned n_kept = z->n_kept;

	for (size_t w = 0; w <= b->n_lines / 64; w++)
		for (uint64_t m = b->six[w] & ~b->odd[w]; m; m &= m - 1) {
			size_t i = 64 * w + _tzcnt_u64(m);
			const uint16_t *stops = b->stops + 16 + i * n_kept;
			struct field orig = field(stops, z->at.orig), resp = field(stops, z->at.resp);

			if (!six_unwanted(b->p + orig.at, orig.n, sink) ||
			    !six_unwanted(b->p + resp.at, resp.n, sink))
				mark(b->odd, i);
		}
	if (z->at.answers == ZEEK_SIEVE_NONE)
		return;
	for (size_t i = 0; i < b->n_lines; i++) {
		struct field f = field(b->stops + 16 + i * n_kept, z->at.answers);

		if ((f.n != 1 || b->p[f.at] != z->unset) && !marked(b->odd, i) &&
		    !answers_unwanted(z, (struct str){ b->p + f.at, f.n }, sink))
			mark(b->odd, i);
	}
}

/* ---- third pass: what is near, when it was ------------------------------------------------- */

/* Addresses with a bit set: few, but at random places, so that branches would be guessed wrong. */
static void look_up_lines(struct batch *b, const struct sink *sink, const uint64_t *led)
{
	const uint64_t *v4 = sink->near->v4;
	uint16_t *found = b->found;
	size_t n = 0;

	for (size_t i = 0; i < b->n_lines; i++) {
		uint32_t orig = (uint32_t)b->pair[i], resp = (uint32_t)(b->pair[i] >> 32);

		found[n] = (uint16_t)(2 * i);
		n += near_bit(v4, orig >> 8) || (led && near_bit(led, near_led_hash(ip_v4(orig))));
		found[n] = (uint16_t)(2 * i + 1);
		n += near_bit(v4, resp >> 8) || (led && near_bit(led, near_led_hash(ip_v4(resp))));
	}
	for (size_t k = 0; k < n; k++) {
		size_t i = found[k] / 2;
		uint32_t v4_at = (uint32_t)(found[k] & 1 ? b->pair[i] >> 32 : b->pair[i]);

		if (!marked(b->six, i) && sink->listed(sink->ctx, ip_v4(v4_at)))
			mark(b->odd, i);
	}
}

/* Times from their halves; one after 2100 makes its line odd. */
static void join_times(struct batch *b)
{
	int64_t most = 0;

	for (size_t i = 0; i < b->n_lines; i++) {
		int64_t t = b->ts[i];

		t = (int64_t)(uint32_t)t * 100000000 + (t >> 32);
		b->ts[i] = t;
		most = t > most ? t : most;
	}
	if (__builtin_expect(most <= TIME_MAX, 1))
		return;
	for (size_t i = 0; i < b->n_lines; i++)
		if (b->ts[i] > TIME_MAX)
			mark(b->odd, i);
}

/* A line that begins with '#' ends the batch and what can be read of the block. */
static bool cut_at_mark(struct batch *b)
{
	for (size_t i = b->first; i < b->n_lines; i++) {
		size_t from;

		if (!marked(b->odd, i))
			continue;
		from = (uint16_t)(b->stops[15 + i * b->z->n_kept] + 1);
		if (b->p[from] == '#') {
			b->n_lines = i;
			b->done = from;
			return true;
		}
	}
	return false;
}

/* Several times at once; comparing gives all bits or none. */
typedef int64_t times __attribute__((vector_size(LANES_512 ? 64 : 32)));
enum { TIMES = sizeof(times) / sizeof(int64_t) };

static inline times choose(times which, times yes, times no)
{
	return (which & yes) | (~which & no);
}

/* As sink_pass() does for each line that is not odd. */
static void pass_lines(struct batch *b, struct sink *sink)
{
	const times none = { 0 };
	times first = none + sink->passed.first, last = none + sink->passed.last, n = none, t;
	size_t odd = 0;

	/* What the window cannot hold is not counted. */
	for (size_t w = 0; w <= b->n_lines / 64; w++)
		for (uint64_t m = b->odd[w]; m; m &= m - 1) {
			size_t i = 64 * w + _tzcnt_u64(m);

			if (i >= b->n_lines)
				break;
			b->ts[i] = sink->to;
			odd++;
		}
	for (int i = 0; i < TIMES; i++)
		b->ts[b->n_lines + (size_t)i] = sink->to;
	for (size_t i = 0; i < b->n_lines; i += TIMES) {
		times in;

		memcpy(&t, b->ts + i, sizeof t);
		in = (t >= sink->from) & (t < sink->to);
		n -= in;
		first = choose(in & (t < first), t, first);
		last = choose(in & (t > last), t, last);
	}
	sink->passed.all += b->n_lines - odd;
	for (int i = 0; i < TIMES; i++) {
		sink->passed.in_window += (uint64_t)n[i];
		if (first[i] < sink->passed.first)
			sink->passed.first = first[i];
		if (last[i] > sink->passed.last)
			sink->passed.last = last[i];
	}
}

static void read_odd(const struct batch *b, const struct layout *l, zeek_plain *plain, struct sink *sink)
{
	const uint64_t line = sink->line;
	const unsigned n_kept = b->z->n_kept;

	for (size_t w = 0; w <= b->n_lines / 64; w++)
		for (uint64_t m = b->odd[w]; m; m &= m - 1) {
			size_t i = 64 * w + _tzcnt_u64(m), from, to;

			if (i >= b->n_lines)
				break;
			from = (uint16_t)(b->stops[15 + i * n_kept] + 1);
			to = b->stops[15 + (i + 1) * n_kept] + (size_t)1;
			sink->line = line + i;
			(void)plain(l, (struct str){ b->p + from, to - from }, sink);
		}
	sink->line = line + b->n_lines;
}

/* One batch, from b->p, which is looked at as far as n bytes. True if a mark ended it. */
static bool sift(struct batch *b, size_t n, const struct layout *l, zeek_plain *plain, struct sink *sink)
{
	const struct zeek_sieve *z = b->z;
	bool ended;

	find_stops(b, n);
	memset(b->odd, 0, (b->n_lines / 64 + 1) * sizeof b->odd[0]);
	memset(b->six, 0, (b->n_lines / 64 + 1) * sizeof b->six[0]);
	/* Where fields usually are is known beforehand. */
	if (z->usual && z->at.duration != ZEEK_SIEVE_NONE)
		parse_lines(b, sink->near,
			    (struct zeek_slots){ -1, 1, 3, 2, 4, 6, ZEEK_SIEVE_NONE }, true);
	else if (z->usual)
		parse_lines(b, sink->near,
			    (struct zeek_slots){ -1, 1, 3, 2, 4, ZEEK_SIEVE_NONE, ZEEK_SIEVE_NONE },
			    true);
	else
		parse_lines(b, sink->near, z->at, false);
	join_times(b);
	look_up_rest(b, sink);
	look_up_lines(b, sink, sink->near->led);
	ended = cut_at_mark(b);
	pass_lines(b, sink);
	read_odd(b, l, plain, sink);
	return ended;
}

/* The end of up to n lines, all with LF, or p. */
static const char *lines_end(const char *p, const char *end, unsigned n)
{
	const char *lf;

	for (; n && p < end && (lf = memchr(p, '\n', (size_t)(end - p))); n--)
		p = lf + 1;
	return p;
}

size_t ZEEK_SIEVE(const struct zeek_sieve *z, const struct layout *l, zeek_plain *plain,
		  struct str block, struct sink *sink)
{
	const char *p = block.p, *end = block.p + block.n, *to;
	unsigned in_vain = 1;
	struct batch b;

	b.z = z;
	b.stops[15] = UINT16_MAX;
	while (end - p > 2 * MARGIN) {
		size_t left = (size_t)(end - p) - MARGIN;

		b.p = p;
		b.first = p == block.p;
		if (sift(&b, left < CHUNK ? left & ~(size_t)63 : CHUNK, l, plain, sink))
			return (size_t)(p - block.p) + b.done;
		p += b.done;
		if (b.n_lines && !b.broken) {
			in_vain = 1;
			continue;
		}
		/* A line with other columns, or one longer than a batch. If there are many of these
		 * the plain way alone is quicker. */
		if (p > block.p && *p == '#')
			break;
		in_vain = b.n_lines > 4 ? 1 : in_vain < 64 ? 2 * in_vain : in_vain;
		to = lines_end(p, end, in_vain);
		if (to == p)
			break;
		p += plain(l, str_range(p, to), sink);
	}
	if (p == end || (p > block.p && *p == '#'))
		return (size_t)(p - block.p);
	return (size_t)(p - block.p) + plain(l, str_range(p, end), sink);
}
