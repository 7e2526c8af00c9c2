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
	AHEAD = 2 << 10,  /* processors look ahead in memory by themselves, but not across pages */
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

	uint64_t odd[LINES_MAX / 64 + 1];    /* lines for the plain way, as bits */
	uint64_t six[LINES_MAX / 64 + 1];    /* lines of which an address is no quad */
	uint64_t pair[LINES_MAX + 32];       /* IPv4: originator in the lower half */
	int64_t ts[LINES_MAX + 8];           /* packed: see pack_time() */
	int64_t from, to;                    /* the client's window, packed */
	uint16_t found[2 * LINES_MAX + 2];   /* addresses: see address() */
	uint16_t begins[1 + STOPS_MAX + 96]; /* behind the kept stops, line by line */
};

static inline void mark(uint64_t *bits, size_t i)
{
	bits[i >> 6] |= UINT64_C(1) << (i & 63);
}

static inline bool marked(const uint64_t *bits, size_t i)
{
	return bits[i >> 6] >> (i & 63) & 1;
}

/* Of odd[] and six[]. */
static inline size_t words(const struct batch *b)
{
	return (b->n_lines + 63) / 64;
}

/* ---- first pass: where fields end, and that numbers are numbers ---------------------------- */

/* The places behind the set bits, n of them, from `base` on; up to 64 are written. */
static inline void places(uint64_t bits, unsigned n, uint16_t base, uint16_t *to)
{
#if LANES_512
	const __m512i all = _mm512_set_epi8(
		64, 63, 62, 61, 60, 59, 58, 57, 56, 55, 54, 53, 52, 51, 50, 49, 48, 47, 46, 45, 44,
		43, 42, 41, 40, 39, 38, 37, 36, 35, 34, 33, 32, 31, 30, 29, 28, 27, 26, 25, 24, 23,
		22, 21, 20, 19, 18, 17, 16, 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1);
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
			to[i] = (uint16_t)(base + 1 + _tzcnt_u64(bits));
			bits = _blsr_u64(bits);
		}
		to += 8;
	} while (__builtin_expect(bits != 0, 0));
#endif
}

/* Find the fields of up to n bytes, which is a multiple of 64. */
static inline void find_fields(struct batch *b, size_t n)
{
	const struct zeek_sieve *const z = b->z;
	const char *const p = b->p;
	const char separator = z->separator;
	unsigned at = 0, k;
	uint64_t stop = UINT64_C(1) << 63, none = 0, wrong = 0; /* as the LF before has left them */
	uint16_t *const begin = b->begins + 1, *to = begin;

	for (size_t off = 0; off < n && to < begin + STOPS_MAX; off += 64) {
		const struct zeek_phase *ph = &z->phase[at];
		const uint64_t stop_before = stop, none_before = none >> 63;
		struct lanes x = lanes_load(p + off);
		uint64_t lf = lanes_eq(x, '\n'), kept, number;

		__builtin_prefetch(p + off + AHEAD);
		stop = lanes_eq(x, separator) | lf;
		kept = _pdep_u64(ph->kept, stop);
		/* Bits from where numbers open (their separator too) to where they close. */
		number = _pdep_u64(ph->closes, stop) - _pdep_u64(ph->opens, stop) - (ph->closes & 1);
		number &= ~stop;
		none = 0;
		wrong = (lanes_beyond(x, '0', 9) | none_before) & number;
		if (__builtin_expect(wrong != 0, 0)) {
			/* The byte for "unset", and nothing behind it. */
			none = lanes_eq(x, z->unset) & (stop << 1 | stop_before >> 63);
			wrong = (wrong | (none << 1 & number)) & ~none;
			wrong |= none_before & number;
		}
		wrong |= lf ^ _pdep_u64(ph->last, stop);
		if (__builtin_expect(wrong != 0, 0))
			kept &= _blsmsk_u64(wrong) >> 1;
		k = (unsigned)_mm_popcnt_u64(kept);
		places(kept, k, (uint16_t)off, to);
		to += k;
		if (__builtin_expect(wrong != 0, 0))
			break;
		at = z->next[at + (unsigned)_mm_popcnt_u64(stop)];
	}
	b->broken = wrong != 0;
	b->n_lines = (size_t)(to - begin) / z->n_kept;
	b->done = b->begins[b->n_lines * z->n_kept];
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

struct field {
	unsigned at, n;
};

static inline struct field field(const uint16_t *begins, unsigned f)
{
	return (struct field){ begins[f], begins[f + 1] - begins[f] - 1u };
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
	return (n != 5) | (__builtin_bswap64(v) <= 0x3635353335ffffff);
}

/*
 * Times of ten digits, a point and six digits are kept as their digits, four bits each: these sort
 * as the times do. None has the highest bit, since such a time is far behind the last one allowed.
 */
static int64_t pack_time(int64_t ts)
{
	int64_t packed = 0;

	if (ts < 0)
		return 0;
	ts = ts > TIME_MAX ? TIME_MAX + 1 : ts;
	for (int shift = 0; ts; shift += 4, ts /= 10)
		packed |= ts % 10 << shift;
	return packed;
}

static int64_t unpack_time(int64_t packed)
{
	int64_t ts = 0;

	for (int shift = 60; shift >= 0; shift -= 4)
		ts = 10 * ts + (packed >> shift & 15);
	return ts;
}

/* 17 bytes: is it such a time? Up to 32 bytes are read. */
static inline bool sure_time(const char *p, int64_t *packed)
{
	/* Pairs of digits from the last to the first one. */
	const __m128i pairs = _mm_setr_epi8(15, 16, 13, 14, 11, 12, 8, 9, 6, 7, 4, 5, 2, 3, 0, 1);
	const __m128i most = _mm_setr_epi8(9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 7, 9);
#if LANES_512
	/* The upper half is the point again and again. */
	const __m256i places = _mm256_setr_m128i(pairs, _mm_set1_epi8(10));
	const __m256i least = _mm256_setr_m128i(_mm_set1_epi8('0'), _mm_set1_epi8('.'));
	const __m256i span = _mm256_setr_m128i(most, _mm_setzero_si128());
	__m256i x = _mm256_loadu_si256((const __m256i *)(const void *)p);
	__m128i d;
	bool sure;

	x = _mm256_sub_epi8(_mm256_permutexvar_epi8(places, x), least);
	sure = _mm256_cmpgt_epu8_mask(x, span) == 0;
	d = _mm256_castsi256_si128(x);
#else
	__m128i d = _mm_loadu_si128((const __m128i *)(const void *)p);
	bool sure;

	/* The last digit is the only one that 16 bytes do not hold. */
	d = _mm_sub_epi8(_mm_insert_epi8(_mm_shuffle_epi8(d, pairs), p[16], 1), _mm_set1_epi8('0'));
	sure = (_mm_movemask_epi8(_mm_cmpeq_epi8(_mm_min_epu8(d, most), d)) == 0xffff) & (p[10] == '.');
#endif
	d = _mm_maddubs_epi16(d, _mm_set1_epi16(0x0110));
	_mm_storel_epi64((__m128i *)(void *)packed, _mm_packus_epi16(d, d));
	return sure;
}

static inline bool sure_lengths(const struct zeek_sieve *z, const uint16_t *begins)
{
#if LANES_512
	__m512i n = _mm512_sub_epi16(_mm512_loadu_si512(begins + 1), _mm512_loadu_si512(begins));

	n = _mm512_sub_epi16(n, _mm512_loadu_si512(z->min));
	return _mm512_cmpgt_epu16_mask(n, _mm512_loadu_si512(z->span)) == 0;
#else
	__m256i all = _mm256_set1_epi8(-1);

	for (unsigned k = 0; k < ZEEK_SIEVE_KEPT; k += 16) {
		__m256i to = _mm256_loadu_si256((const __m256i *)(const void *)(begins + k + 1));
		__m256i from = _mm256_loadu_si256((const __m256i *)(const void *)(begins + k));
		__m256i min = _mm256_loadu_si256((const __m256i *)(const void *)(z->min + k));
		__m256i span = _mm256_loadu_si256((const __m256i *)(const void *)(z->span + k));
		__m256i n = _mm256_sub_epi16(_mm256_sub_epi16(to, from), min);

		all = _mm256_and_si256(all, _mm256_cmpeq_epi16(_mm256_min_epu16(n, span), n));
	}
	return _mm256_movemask_epi8(all) == -1;
#endif
}

/* Times, ports, durations; how long fields are. */
static void check_lines(struct batch *b)
{
	const struct zeek_sieve *const z = b->z;
	const struct zeek_slots at = z->at;
	const char *const p = b->p, unset = z->unset;
	const uint16_t *begins = b->begins;

	for (size_t from = 0; from < b->n_lines; from += 64) {
		size_t to = from + 64 < b->n_lines ? from + 64 : b->n_lines;
		uint64_t odd = 0;

		for (size_t i = from; i < to; i++, begins += z->n_kept) {
			struct field f;
			bool sure;

			sure = sure_lengths(z, begins);
			sure &= sure_time(p + begins[at.ts], &b->ts[i]);
			if (at.ts != 0)
				sure &= p[begins[0]] != '#';
			if (at.orig_port != ZEEK_SIEVE_NONE) {
				f = field(begins, at.orig_port);
				sure &= sure_port(p + f.at, f.n);
			}
			if (at.resp_port != ZEEK_SIEVE_NONE) {
				f = field(begins, at.resp_port);
				sure &= sure_port(p + f.at, f.n);
			}
			if (at.duration != ZEEK_SIEVE_NONE) {
				f = field(begins, at.duration);
				sure &= sure_duration(p + f.at, f.n, unset);
			}
			odd |= (uint64_t)!sure << (i & 63);
		}
		b->odd[from / 64] = odd;
	}
}

static void parse_addresses(struct batch *b, const struct near *near)
{
	const unsigned n_kept = b->z->n_kept, orig_at = b->z->at.orig, resp_at = b->z->at.resp;
	const char *const near_v4 = (const char *)near->v4, *const p = b->p;
	const uint16_t *begins = b->begins;

	for (size_t from = 0; from < b->n_lines; from += 64) {
		size_t to = from + 64 < b->n_lines ? from + 64 : b->n_lines;
		uint64_t six = 0;

		for (size_t i = from; i < to; i++, begins += n_kept) {
			struct field orig = field(begins, orig_at), resp = field(begins, resp_at);
			uint64_t pair;

			six |= (uint64_t)!quads_parse(p + orig.at, orig.n, p + resp.at, resp.n, &pair)
			       << (i & 63);
			b->pair[i] = pair;
			__builtin_prefetch(near_v4 + ((uint32_t)pair >> 13) * 4);
			__builtin_prefetch(near_v4 + (pair >> 45) * 4);
		}
		b->six[from / 64] = six;
	}
}

/* The lines of which an address is no quad, and the answers of all. */
static void look_up_rest(struct batch *b, const struct sink *sink)
{
	const struct zeek_sieve *z = b->z;

	for (size_t w = 0; w < words(b); w++)
		for (uint64_t m = b->six[w] & ~b->odd[w]; m; m &= m - 1) {
			size_t i = 64 * w + _tzcnt_u64(m);
			const uint16_t *begins = b->begins + i * z->n_kept;
			struct field orig = field(begins, z->at.orig), resp = field(begins, z->at.resp);

			if (!six_unwanted(b->p + orig.at, orig.n, sink) ||
			    !six_unwanted(b->p + resp.at, resp.n, sink))
				mark(b->odd, i);
		}
	if (z->at.answers == ZEEK_SIEVE_NONE)
		return;
	for (size_t i = 0; i < b->n_lines; i++) {
		struct field f = field(b->begins + i * z->n_kept, z->at.answers);

		if ((f.n != 1 || b->p[f.at] != z->unset) && !marked(b->odd, i) &&
		    !answers_unwanted(z, (struct str){ b->p + f.at, f.n }, sink))
			mark(b->odd, i);
	}
}

/* ---- third pass: what is near, when it was ------------------------------------------------- */

/* The addresses of a batch, two for each line. */
static inline uint32_t address(const struct batch *b, size_t i)
{
	return (uint32_t)(b->pair[i / 2] >> i % 2 * 32);
}

/* Near which of n addresses from `at` on (even; up to 64) something is listed, as bits. */
static inline uint64_t near_of(const struct batch *b, const struct near *near, size_t at, unsigned n)
{
	uint64_t bits = 0;

	for (unsigned i = 0; i < 64; i += NEAR_LANES)
		bits |= (uint64_t)near_lanes(near, b->pair + (at + i) / 2) << i;
	if (near->led)
		for (unsigned i = 0; i < n; i++) {
			struct ip ip = ip_v4(address(b, at + i));

			bits |= (uint64_t)near_bit(near->led, near_led_hash(ip)) << i;
		}
	return _bzhi_u64(bits, n);
}

/* Those are few, at random places. */
static void look_up_lines(struct batch *b, const struct sink *sink)
{
	const struct near *near = sink->near;
	size_t n = 0;

	for (size_t at = 0; at < 2 * b->n_lines; at += 64) {
		size_t left = 2 * b->n_lines - at;

		for (uint64_t m = near_of(b, near, at, left < 64 ? (unsigned)left : 64); m; m &= m - 1) {
			size_t i = at + _tzcnt_u64(m);

			b->found[n++] = (uint16_t)i;
			if (near->v4_filter)
				__builtin_prefetch(near->v4_filter +
						   near_v4_hash(address(b, i), near->v4_shift) / 64);
		}
	}
	for (size_t k = 0; k < n; k++) {
		size_t line = b->found[k] / 2;

		if (!marked(b->six, line) && sink->listed(sink->ctx, ip_v4(address(b, b->found[k]))))
			mark(b->odd, line);
	}
}

/* One after 2100 makes its line odd. */
static void check_times(struct batch *b)
{
	const int64_t end = pack_time(TIME_MAX + 1);
	int64_t most = 0;

	for (size_t i = 0; i < b->n_lines; i++)
		most = b->ts[i] > most ? b->ts[i] : most;
	if (__builtin_expect(most < end, 1))
		return;
	for (size_t i = 0; i < b->n_lines; i++)
		if (b->ts[i] >= end)
			mark(b->odd, i);
}

/* A line that begins with '#' ends the batch and what can be read of the block. */
static bool cut_at_mark(struct batch *b)
{
	for (size_t w = 0; w < words(b); w++)
		for (uint64_t m = b->odd[w]; m; m &= m - 1) {
			size_t i = 64 * w + _tzcnt_u64(m), from = b->begins[i * b->z->n_kept];

			if (b->p[from] == '#' && i >= b->first) {
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
	times first = none + INT64_MAX, last = none - 1, n = none, t;
	size_t odd = 0;

	/* What the window cannot hold is not counted. */
	for (size_t w = 0; w < words(b); w++)
		for (uint64_t m = b->odd[w]; m; m &= m - 1) {
			size_t i = 64 * w + _tzcnt_u64(m);

			if (i >= b->n_lines)
				break;
			b->ts[i] = b->to;
			odd++;
		}
	for (int i = 0; i < TIMES; i++)
		b->ts[b->n_lines + (size_t)i] = b->to;
	for (size_t i = 0; i < b->n_lines; i += TIMES) {
		times in;

		memcpy(&t, b->ts + i, sizeof t);
		in = (t >= b->from) & (t < b->to);
		n -= in;
		first = choose(in & (t < first), t, first);
		last = choose(in & (t > last), t, last);
	}
	sink->passed.all += b->n_lines - odd;
	for (int i = 0; i < TIMES; i++) {
		sink->passed.in_window += (uint64_t)n[i];
		first[0] = first[i] < first[0] ? first[i] : first[0];
		last[0] = last[i] > last[0] ? last[i] : last[0];
	}
	if (last[0] < 0)
		return;
	first[0] = unpack_time(first[0]);
	last[0] = unpack_time(last[0]);
	if (first[0] < sink->passed.first)
		sink->passed.first = first[0];
	if (last[0] > sink->passed.last)
		sink->passed.last = last[0];
}

static void read_odd(const struct batch *b, const struct layout *l, zeek_plain *plain, struct sink *sink)
{
	const uint64_t line = sink->line;
	const unsigned n_kept = b->z->n_kept;

	for (size_t w = 0; w < words(b); w++)
		for (uint64_t m = b->odd[w]; m; m &= m - 1) {
			size_t i = 64 * w + _tzcnt_u64(m), from, to;

			if (i >= b->n_lines)
				break;
			from = b->begins[i * n_kept];
			to = b->begins[(i + 1) * n_kept];
			sink->line = line + i;
			(void)plain(l, (struct str){ b->p + from, to - from }, sink);
		}
	sink->line = line + b->n_lines;
}

/* One batch, from b->p, which is looked at as far as n bytes. True if a mark ended it. */
static bool sift(struct batch *b, size_t n, const struct layout *l, zeek_plain *plain, struct sink *sink)
{
	bool ended;

	find_fields(b, n);
	check_lines(b);
	parse_addresses(b, sink->near);
	check_times(b);
	look_up_rest(b, sink);
	look_up_lines(b, sink);
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
	b.from = pack_time(sink->from);
	b.to = pack_time(sink->to);
	b.begins[0] = 0;
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
