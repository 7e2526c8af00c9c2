/* SPDX-License-Identifier: Apache-2.0 */
#include "core/quads.h"

/* Octets of a, b, c and d digits. */
#define QUAD_PATTERN(a, b, c, d)                                           \
	(1u << (a) | 1u << ((a) + (b) + 1) | 1u << ((a) + (b) + (c) + 2) | \
	 1u << ((a) + (b) + (c) + (d) + 3))
/* From where an octet of n digits that begins at s comes; the last octet is the lowest. Behind its
 * digits what must not be zero: the first of several digits, or a dot beside a single one. */
#define QUAD_GUARD(s, n) ((n) > 1 ? (s) : (s) > 0 ? (s)-1 : (n))
#define QUAD_PLACES(s, n) \
	(n) > 2 ? (s) : 128, (n) > 1 ? (s) + (n)-2 : 128, (s) + (n)-1, QUAD_GUARD(s, n)
#define QUAD_SHUFFLE(a, b, c, d)                                                    \
	{                                                                           \
		QUAD_PLACES((a) + (b) + (c) + 3, d), QUAD_PLACES((a) + (b) + 2, c), \
			QUAD_PLACES((a) + 1, b), QUAD_PLACES(0, a)                  \
	}
#define QUAD_D(what, a, b, c) \
	QUAD_ROW(what, a, b, c, 1), QUAD_ROW(what, a, b, c, 2), QUAD_ROW(what, a, b, c, 3)
#define QUAD_C(what, a, b)         QUAD_D(what, a, b, 1), QUAD_D(what, a, b, 2), QUAD_D(what, a, b, 3)
#define QUAD_B(what, a)            QUAD_C(what, a, 1), QUAD_C(what, a, 2), QUAD_C(what, a, 3)
#define QUAD_A(what)               QUAD_B(what, 1), QUAD_B(what, 2), QUAD_B(what, 3)
#define QUAD_ROW(what, a, b, c, d) [QUAD_SLOT(QUAD_PATTERN(a, b, c, d))] = what(a, b, c, d)

const uint16_t quad_pattern[256] = { QUAD_A(QUAD_PATTERN) };
const uint8_t quad_shuffle[256][16] __attribute__((aligned(16))) = { QUAD_A(QUAD_SHUFFLE) };
