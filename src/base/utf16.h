/* SPDX-License-Identifier: Apache-2.0 */
/*
 * UTF-16 (RFC 2781) to UTF-8, piece by piece, for files whose bytes show that they are in it,
 * whatever they are said to be. Halves of characters that lack the other become U+FFFD. No
 * allocation; about 400 MB/s.
 */
#ifndef NEZUMI_BASE_UTF16_H
#define NEZUMI_BASE_UTF16_H

#include "base/str.h"

enum utf16_order { UTF16_NOT, UTF16_LITTLE, UTF16_BIG };

#define UTF16_SAMPLE 256 /* bytes that are enough to tell */

/*
 * By its mark (also behind one of UTF-8), or by its NULs: a text in which seven of eight characters
 * of the sample, or more, are ASCII and none is NUL. *skip: bytes of marks before the text.
 */
enum utf16_order utf16_guess(struct str sample, size_t *skip);

struct utf16 {
	enum utf16_order order;
	unsigned char odd; /* half a unit, from the piece before */
	bool has_odd;
	uint16_t high; /* a surrogate that waits for its other half; 0: none */
};

/* UTF-8 that n bytes can become, with what was kept before. */
#define UTF16_ROOM(n) (((n) + 1) / 2 * 3 + 6)

/* Append what the bytes are to dst, which has room for it; how much. */
size_t utf16_convert(struct utf16 *u, struct str bytes, char *dst);
/* At the end: what is left of a character. */
size_t utf16_finish(struct utf16 *u, char *dst);

#endif
