/* SPDX-License-Identifier: Apache-2.0 */
/* The plain way, which says what the others do. */
#include "core/extract_marks.h"

#include <string.h>

#include "core/extract_parts.h"

static bool any_of(char c, const char *set)
{
	return c && strchr(set, c);
}

static bool high(char c)
{
	return (unsigned char)c >= 0x80;
}

static bool undone_at(const char *p)
{
	char next = p[1], before = p[-1];

	switch (p[0]) {
	case '[':
	case '\\':
	case 0:
	case '\xc2':
	case '\xe2':
	case '\xe3':
	case '\xef':
		return true;
	case '(':
	case '{':
	case '<':
		/* Of words within brackets only these begin so: dot, d0t, punkt, punto, ponto,
		 * point, at. */
		return !ex_alnum(next) || any_of(ex_lower(next), "dpa");
	case '.':
		if (next == ']' || before == 0 || ex_blank(before) || high(before))
			return true;
		return next == ' ' &&
		       ((p[2] >= 'a' && p[2] <= 'z') || ex_is(p[2], C_DIGIT) || p[2] == ' ');
	case '\n':
		/* A broken value has one of "-=&?%_/." there, or brackets that stand for it. */
		return !ex_alnum(before) && !any_of(before, " \n:,\"");
	case 'd':
	case 'D':
		return ex_lower(next) == 'o' && ex_lower(p[2]) == 't' && p[3] == ' ';
	default:
		return false;
	}
}

static uint64_t undone(const char *p)
{
	uint64_t bits = 0;

	for (size_t i = 0; i < 64; i++)
		bits |= (uint64_t)undone_at(p + i) << i;
	return bits;
}

static bool anchor_at(const char *p)
{
	char next = p[1];

	switch (p[0]) {
	case '.':
		return ex_is(next, C_NAME | C_WIDE);
	case '*':
	case '@':
	case '\\':
	case ']':
		return true;
	case '/':
		return next == '/';
	case ' ':
		return next == ':';
	case ':':
		if (next == ' ')
			return p[2] == '/' || p[2] == '\\';
		return next != '\n' && next != '\r';
	default:
		return ex_is(p[0], C_DIGIT | C_WIDE);
	}
}

static void marks(const char *p, size_t words, uint64_t *const map[MARKS])
{
	bool alnum = false;

	for (size_t k = 0; k < words; k++) {
		uint64_t bits[MARKS] = { 0 };

		for (size_t i = 0; i < 64; i++, p++) {
			bool was = alnum, lead = (unsigned char)p[0] >= 0xc0;
			bool cell = p[0] == '|' || p[0] == '\t';
			bool stop = p[0] == '\n' || p[0] == '\xe3' || p[0] == '\xef';

			alnum = ex_alnum(p[0]);
			if (p[0] == ' ')
				cell = p[1] == ' ' || (p[1] == '-' && p[2] == ' ');
			else if (p[0] == '.' || p[0] == '!' || p[0] == '?')
				stop = p[1] == ' ';
			bits[MARK_NAME] |= (uint64_t)ex_is(p[0], C_NAME) << i;
			bits[MARK_DOT] |= (uint64_t)(p[0] == '.') << i;
			bits[MARK_DIGIT] |= (uint64_t)ex_is(p[0], C_DIGIT) << i;
			bits[MARK_HEX] |= (uint64_t)ex_hex(p[0]) << i;
			bits[MARK_LINE] |= (uint64_t)(p[0] == '\n') << i;
			bits[MARK_SEPARATOR] |= (uint64_t)any_of(p[0], "|\t,;\n") << i;
			bits[MARK_NO_PATH] |=
				(uint64_t)(!ex_is(p[0], C_PATH) || any_of(p[0], "',;()[]")) << i;
			bits[MARK_ANCHOR] |= (uint64_t)anchor_at(p) << i;
			bits[MARK_WORD] |= (uint64_t)((alnum && !was) || lead) << i;
			bits[MARK_CELL] |= (uint64_t)cell << i;
			bits[MARK_STOP] |= (uint64_t)stop << i;
		}
		for (int m = 0; m < MARKS; m++)
			map[m][k] = bits[m];
	}
}

static size_t lines(const char *p, size_t n, size_t readable)
{
	const char *end = p + n;
	size_t found = 0;

	(void)readable;
	while (p < end && (p = memchr(p, '\n', (size_t)(end - p)))) {
		found++;
		p++;
	}
	return found;
}

const struct ex_ways ex_ways_plain = { undone, marks, lines };

const struct ex_ways *ex_ways(enum isa isa)
{
#ifdef __x86_64__
	if (isa == ISA_AVX512)
		return &ex_ways_avx512;
	if (isa == ISA_AVX2)
		return &ex_ways_avx2;
#endif
	(void)isa;
	return &ex_ways_plain;
}
