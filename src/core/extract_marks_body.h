/* SPDX-License-Identifier: Apache-2.0 */
/* The text of extract_marks_avx2.c and extract_marks_avx512.c, on top of base/lanes.h. What the
 * masks mean is in extract_marks.c. */
#include "core/extract_marks.h"

#ifdef __x86_64__

#include "base/lanes.h"

static inline uint64_t high(struct lanes x)
{
	return lanes_span(x, (char)0x80, 0x7f);
}

static inline uint64_t alnum(struct lanes x)
{
	return lanes_span(lanes_or(x, 32), 'a', 25) | lanes_span(x, '0', 9);
}

static uint64_t undone(const char *p)
{
	const struct lanes x = lanes_load(p), before = lanes_load(p - 1), next = lanes_load(p + 1);
	const struct lanes low = lanes_or(x, 32);
	uint64_t bits, some;

	bits = lanes_eq(x, '[') | lanes_eq(x, '\\') | lanes_eq(x, 0) | lanes_eq(x, (char)0xc2) |
	       lanes_span(x, (char)0xe2, 1) | lanes_eq(x, (char)0xef);
	some = lanes_eq(x, '(') | lanes_eq(x, '{') | lanes_eq(x, '<');
	if (some) {
		const struct lanes l = lanes_or(next, 32);

		bits |= some & (~alnum(next) | lanes_eq(l, 'd') | lanes_eq(l, 'p') | lanes_eq(l, 'a'));
	}
	some = lanes_eq(x, '.');
	if (some) {
		const struct lanes third = lanes_load(p + 2);

		bits |= some &
			(lanes_eq(next, ']') | lanes_eq(before, 0) | lanes_eq(before, ' ') |
			 lanes_eq(before, '\t') | high(before) |
			 (lanes_eq(next, ' ') & (lanes_span(third, 'a', 25) |
						 lanes_span(third, '0', 9) | lanes_eq(third, ' '))));
	}
	some = lanes_eq(x, '\n');
	if (some)
		bits |= some & ~(alnum(before) | lanes_eq(before, ' ') | lanes_eq(before, '\n') |
				 lanes_eq(before, ':') | lanes_eq(before, ',') | lanes_eq(before, '"'));
	some = lanes_eq(low, 'd') & lanes_eq(lanes_or(next, 32), 'o');
	if (some)
		bits |= some & lanes_eq(lanes_or(lanes_load(p + 2), 32), 't') &
			lanes_eq(lanes_load(p + 3), ' ');
	return bits;
}

static void marks(const char *p, size_t words, uint64_t *const map[MARKS])
{
	uint64_t carry = 0;

	for (size_t k = 0; k < words; k++, p += 64) {
		const struct lanes x = lanes_load(p), next = lanes_load(p + 1),
				   third = lanes_load(p + 2);
		const struct lanes low = lanes_or(x, 32);
		uint64_t digit = lanes_span(x, '0', 9), dot = lanes_eq(x, '.');
		uint64_t letter = lanes_span(low, 'a', 25), any = letter | digit, wide = high(x);
		uint64_t blank = lanes_eq(x, ' '), then_blank = lanes_eq(next, ' ');
		uint64_t name = any | dot | lanes_eq(x, '-') | lanes_eq(x, '_'), anchor, colon;
		uint64_t bar = lanes_eq(x, '|'), tab = lanes_eq(x, '\t'), newline = lanes_eq(x, '\n');

		map[MARK_NAME][k] = name;
		map[MARK_HEX][k] = digit | lanes_span(low, 'a', 5);
		map[MARK_LINE][k] = newline;
		map[MARK_SEPARATOR][k] = bar | tab | lanes_eq(x, ',') | lanes_eq(x, ';') | newline;
		/* In paths: letters, digits, and from `!` to `/`, : ; = ? @ [ ] _ ~ */
		map[MARK_NO_PATH][k] = ~(any | lanes_span(x, '#', 3) | lanes_span(x, '*', 1) |
					 lanes_span(x, '-', 2) | lanes_eq(x, '!') |
					 lanes_eq(x, ':') | lanes_eq(x, '=') | lanes_span(x, '?', 1) |
					 lanes_eq(x, '_') | lanes_eq(x, '~'));
		map[MARK_DOT][k] = dot;
		map[MARK_DIGIT][k] = digit;
		anchor = digit | wide | lanes_eq(x, '*') | lanes_eq(x, '@') | lanes_eq(x, '\\') |
			 lanes_eq(x, ']') | (lanes_eq(x, '/') & lanes_eq(next, '/')) |
			 (blank & lanes_eq(next, ':'));
		if (dot)
			anchor |= dot & (alnum(next) | lanes_eq(next, '.') | lanes_eq(next, '-') |
					 lanes_eq(next, '_') | high(next));
		colon = lanes_eq(x, ':');
		if (colon)
			anchor |= colon &
				  ~(lanes_eq(next, '\n') | lanes_eq(next, '\r') |
				    (then_blank & ~(lanes_eq(third, '/') | lanes_eq(third, '\\'))));
		map[MARK_ANCHOR][k] = anchor;
		map[MARK_WORD][k] = (any & ~(any << 1 | carry)) | lanes_span(x, (char)0xc0, 0x3f);
		carry = any >> 63;
		map[MARK_CELL][k] =
			lanes_eq(x, '|') | lanes_eq(x, '\t') |
			(blank & (then_blank | (lanes_eq(next, '-') & lanes_eq(third, ' '))));
		map[MARK_STOP][k] = lanes_eq(x, '\n') | lanes_eq(x, (char)0xe3) |
				    lanes_eq(x, (char)0xef) |
				    ((dot | lanes_eq(x, '!') | lanes_eq(x, '?')) & then_blank);
	}
}

static size_t lines(const char *p, size_t n, size_t readable)
{
	size_t found = 0;

	for (; n >= 64; p += 64, n -= 64, readable -= 64)
		found += (size_t)_mm_popcnt_u64(lanes_eq(lanes_load(p), '\n'));
	if (readable >= 64)
		return found +
		       (size_t)_mm_popcnt_u64(_bzhi_u64(lanes_eq(lanes_load(p), '\n'), (unsigned)n));
	for (; n; n--)
		found += *p++ == '\n';
	return found;
}

const struct ex_ways WAYS = { undone, marks, lines };

#endif
