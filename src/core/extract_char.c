/* SPDX-License-Identifier: Apache-2.0 */
#include "core/extract_parts.h"

/* ---- characters ------------------------------------------------------------------------------- */

#define D  (C_DIGIT | C_NAME | C_PATH | C_LOCAL)
#define H  (C_ALPHA | C_HEX | C_NAME | C_PATH | C_LOCAL)
#define A  (C_ALPHA | C_NAME | C_PATH | C_LOCAL)
#define N  (C_NAME | C_PATH | C_LOCAL)
#define L  (C_PATH | C_LOCAL)
#define P  C_PATH
#define B  C_BREAK
#define W1 (C_WIDE | C_BREAK)
#define W8 W1, W1, W1, W1, W1, W1, W1, W1

/* clang-format off */
const unsigned char ex_class_of[256] = {
	[0] = B, ['\t'] = B, ['\n'] = B, ['\r'] = B, ['"'] = B, ['<'] = B, ['>'] = B, ['\\'] = B, ['`'] = B, ['|'] = B,
	['!'] = P, ['#'] = L, ['$'] = P, ['%'] = L, ['&'] = L, ['\''] = P | B, ['('] = P | B, [')'] = P | B,
	['*'] = P | B, ['+'] = L, [','] = P | B, ['-'] = N, ['.'] = N, ['/'] = P, [':'] = P, [';'] = P | B,
	['='] = L, ['?'] = P | B, ['@'] = P, ['['] = P, [']'] = P, ['_'] = N, ['~'] = L,
	['0'] = D, D, D, D, D, D, D, D, D, D,
	['A'] = H, H, H, H, H, H, A, A, A, A, A, A, A, A, A, A, A, A, A, A, A, A, A, A, A, A,
	['a'] = H, H, H, H, H, H, A, A, A, A, A, A, A, A, A, A, A, A, A, A, A, A, A, A, A, A,
	[128] = W8, W8, W8, W8, W8, W8, W8, W8, W8, W8, W8, W8, W8, W8, W8, W8,
};
/* clang-format on */

/* Hangul by letters, Thai, Lao, Burmese, Khmer. */
static bool without_blanks(uint32_t c)
{
	return c >= 0xe00 && c < 0x1800 &&
	       (c < 0xf00 || c >= 0x1780 || (c >= 0x1000 && c < 0x10a0) || (c >= 0x1100 && c < 0x1200));
}

size_t ex_char(const char *p, size_t n, enum script *script)
{
	const unsigned char *u = (const unsigned char *)p;
	size_t len = u[0] < 0xc2 ? 1 : u[0] < 0xe0 ? 2 : u[0] < 0xf0 ? 3 : u[0] < 0xf5 ? 4 : 1;
	uint32_t c;

	*script = SCRIPT_NONE;
	if (u[0] < 0x80)
		return 1;
	if (len == 1 || len > n)
		return 1;
	c = u[0] & (0x7fu >> len);
	for (size_t i = 1; i < len; i++) {
		if ((u[i] & 0xc0) != 0x80)
			return 1;
		c = c << 6 | (u[i] & 0x3f);
	}
	/* Alphabets up to Georgian, extended Latin and Greek. */
	if ((c >= 0xc0 && c <= 0x1fff && c != 0xd7 && c != 0xf7 && !without_blanks(c) &&
	     /* Punctuation of Arabic and Hebrew. */
	     c != 0x60c && c != 0x61b && c != 0x61f && c != 0x6d4 && c != 0x5be && c != 0x5c0) ||
	    (c >= 0x2c00 && c <= 0x2dff))
		*script = SCRIPT_LETTER;
	/* Kana, bopomofo, ideographs, Hangul: the iteration mark and the long vowel are letters
	 * too. */
	else if ((c >= 0x3041 && c <= 0x30ff && c != 0x30fb && c != 0x30a0) ||
		 (c >= 0x3105 && c <= 0x31ff) || (c >= 0x3400 && c <= 0x9fff) ||
		 (c >= 0xac00 && c <= 0xd7a3) || (c >= 0xf900 && c <= 0xfaff) ||
		 (c >= 0x20000 && c <= 0x3ffff) || c == 0x3005 || c == 0x3007 ||
		 without_blanks(c) || (c >= 0xff66 && c <= 0xff9f))
		*script = SCRIPT_CJK;
	return len;
}

/* Is there a letter or digit of any script at p? */
bool ex_label_at(const char *p, const char *end)
{
	enum script script;

	if (p >= end)
		return false;
	if (ex_alnum(*p))
		return true;
	if (!ex_is(*p, C_WIDE))
		return false;
	/* Full-width digits and letters. */
	if (end - p >= 3 && (unsigned char)p[0] == 0xef &&
	    ((unsigned char)p[1] == 0xbc || (unsigned char)p[1] == 0xbd))
		return true;
	(void)ex_char(p, (size_t)(end - p), &script);
	return script != SCRIPT_NONE;
}
