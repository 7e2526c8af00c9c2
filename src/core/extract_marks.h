/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where in a text something may be, found 64 bytes at a time: most bytes of a text are part of no
 * indicator, and whoever looks for one goes from mark to mark. A mark too many costs time; one too
 * few would lose something, so each says below what it must not miss.
 *
 * One map of bits for each kind, bit i of word k for byte 64 k + i. The ways of the instruction
 * sets give the same maps, bit for bit. Nothing fails, nothing is kept.
 */
#ifndef NEZUMI_CORE_EXTRACT_MARKS_H
#define NEZUMI_CORE_EXTRACT_MARKS_H

#include <stddef.h>
#include <stdint.h>

#include "base/cpu.h"

/* Of the folded text. */
enum {
	/* Characters of names: letters, digits, `-`, `_`, `.` */
	MARK_NAME,
	MARK_DOT,
	MARK_DIGIT,
	MARK_HEX,
	/* Digits, dots before more of a name, what is beyond ASCII, and what may follow a run of
	 * name characters where that begins something: `@`, `\`, `]`, `//`, ` :`, and colons that
	 * end no label. A run without any of them is a word. */
	MARK_ANCHOR,
	/* Where a word begins: letters and digits behind others, and characters beyond ASCII. */
	MARK_WORD,
	/* What makes a line one of cells: `|`, tabs, two blanks, " - ". */
	MARK_CELL,
	MARK_LINE, /* line ends */
	/* What separates cells, and line ends: `|`, tabs, `,`, `;`. */
	MARK_SEPARATOR,
	/* Where a path of a URL may end, or must be looked at: what stands in none, `'`, `,`, `;`
	 * and brackets. */
	MARK_NO_PATH,
	/* What may end a sentence: line ends, `. ` and its kin, bytes that begin wide full stops. */
	MARK_STOP,
	MARKS
};

struct ex_ways {
	/* Of 64 bytes of the text that is to be folded: which may stand for something else, alone
	 * or with those behind them. p[-1] to p[66] can be read. */
	uint64_t (*undone)(const char *p);
	/* Marks of 64 * words bytes, of which p[64 * words] and the next can be read. What stands
	 * before them is no letter and no digit. */
	void (*marks)(const char *p, size_t words, uint64_t *const map[MARKS]);
	/* How many line ends are in n bytes; `readable` can be read. */
	size_t (*lines)(const char *p, size_t n, size_t readable);
};

extern const struct ex_ways ex_ways_plain, ex_ways_avx2, ex_ways_avx512;

const struct ex_ways *ex_ways(enum isa isa);

/* The first mark in [i, to), or `to`. */
static inline size_t ex_next(const uint64_t *map, size_t i, size_t to)
{
	size_t k = i / 64;
	uint64_t bits;

	if (i >= to)
		return to;
	bits = map[k] >> (i % 64) << (i % 64);
	while (!bits) {
		if (++k * 64 >= to)
			return to;
		bits = map[k];
	}
	i = k * 64 + (size_t)__builtin_ctzll(bits);
	return i < to ? i : to;
}

/* Behind the last byte before `i` that has no mark, but not before `from`. */
static inline size_t ex_run_begin(const uint64_t *map, size_t from, size_t i)
{
	while (i > from) {
		size_t in = i % 64 ? i % 64 : 64;
		/* The highest bit is that of the byte before i. */
		uint64_t bits = ~(map[(i - 1) / 64] << (64 - in));
		size_t n = bits ? (size_t)__builtin_clzll(bits) : 64;

		if (n < in)
			return i - n > from ? i - n : from;
		i -= in;
	}
	return from;
}

/* The last mark in [from, i) and one; `from` if there is none. */
static inline size_t ex_last(const uint64_t *map, size_t from, size_t i)
{
	while (i > from) {
		size_t in = i % 64 ? i % 64 : 64;
		uint64_t bits = map[(i - 1) / 64] << (64 - in);

		if (bits) {
			i -= (size_t)__builtin_clzll(bits);
			return i > from ? i : from;
		}
		i -= in;
	}
	return from;
}

static inline size_t ex_count(const uint64_t *map, size_t from, size_t to)
{
	size_t n = 0;

	while (from < to) {
		size_t in = 64 - from % 64 < to - from ? 64 - from % 64 : to - from;
		uint64_t bits = map[from / 64] >> (from % 64) << (64 - in);

		n += (size_t)__builtin_popcountll(bits);
		from += in;
	}
	return n;
}

/* The first byte in [i, to) without a mark, or `to`. */
static inline size_t ex_run_end(const uint64_t *map, size_t i, size_t to)
{
	while (i < to) {
		uint64_t bits = ~(map[i / 64] >> (i % 64));
		size_t n = bits ? (size_t)__builtin_ctzll(bits) : 64, in = 64 - i % 64;

		if (n < in)
			return i + n < to ? i + n : to;
		i += in;
	}
	return to;
}

#endif
