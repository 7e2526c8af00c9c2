/* SPDX-License-Identifier: Apache-2.0 */
/* UTF-16 by its marks and NULs, and as UTF-8, in whatever pieces it comes. */
#include "base/utf16.h"

#include "base/mix.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#define LIT(s) ((struct str){ s, sizeof(s) - 1 })

static void guess(struct str s, enum utf16_order order, size_t skip)
{
	size_t got = 99;

	assert_int_equal(utf16_guess(s, &got), order);
	if (order)
		assert_int_equal(got, skip);
}

static void guesses(void **state)
{
	(void)state;
	guess(LIT("\xff\xfe"
		  "1\0"),
	      UTF16_LITTLE, 2);
	guess(LIT("\xfe\xff\0"
		  "1"),
	      UTF16_BIG, 2);
	guess(LIT("\xef\xbb\xbf\xff\xfe"
		  "1\0"),
	      UTF16_LITTLE, 5);
	guess(LIT("\xef\xbb\xbf"
		  "1\0.\0"
		  "2\0\r\0\n\0"),
	      UTF16_LITTLE, 3);
	guess(LIT("1\0.\0"
		  "2\0\n\0"),
	      UTF16_LITTLE, 0);
	guess(LIT("\0"
		  "1\0.\0"
		  "2\0\n"),
	      UTF16_BIG, 0);
	/* Too short, text, UTF-32, the heads of binary formats. */
	guess(LIT("1\0.\0"
		  "2\0"),
	      UTF16_NOT, 0);
	guess(LIT(""), UTF16_NOT, 0);
	guess(LIT("\xff"), UTF16_NOT, 0);
	guess(LIT("1.2.3.4\n5.6.7.8\n"), UTF16_NOT, 0);
	guess(LIT("\xff\xfe\0\0"
		  "1\0\0\0"),
	      UTF16_NOT, 0);
	guess(LIT("\xd4\xc3\xb2\xa1\2\0\4\0\0\0\0\0\0\0\0\0\0\0\4\0\1\0\0\0"), UTF16_NOT, 0);
	guess(LIT("\0\0\0\0\0\0\0\0\0\0\0\0"), UTF16_NOT, 0);
	guess(LIT("a\0b\0c\0d\0e\0\1\0"), UTF16_NOT, 0);
}

/* One unit after the other, from a whole text. */
static size_t naive(struct str s, bool big, char *out)
{
	size_t n = 0, i = 0;

	while (i < s.n) {
		uint32_t c, d = 0;

		if (i + 1 == s.n) {
			memcpy(out + n, "\xef\xbf\xbd", 3);
			return n + 3;
		}
		c = (unsigned char)s.p[i + !big] * 256u + (unsigned char)s.p[i + big];
		if (i + 3 < s.n)
			d = (unsigned char)s.p[i + 2 + !big] * 256u + (unsigned char)s.p[i + 2 + big];
		i += 2;
		if (c >= 0xd800 && c < 0xdc00 && d >= 0xdc00 && d < 0xe000) {
			c = 0x10000 + (c - 0xd800) * 1024 + (d - 0xdc00);
			i += 2;
			out[n++] = (char)(0xf0 + (c >> 18));
			out[n++] = (char)(0x80 + (c >> 12) % 64);
		} else {
			if (c >= 0xd800 && c < 0xe000)
				c = 0xfffd;
			if (c < 0x80) {
				out[n++] = (char)c;
				continue;
			}
			if (c < 0x800) {
				out[n++] = (char)(0xc0 + c / 64);
				out[n++] = (char)(0x80 + c % 64);
				continue;
			}
			out[n++] = (char)(0xe0 + (c >> 12));
		}
		out[n++] = (char)(0x80 + (c >> 6) % 64);
		out[n++] = (char)(0x80 + c % 64);
	}
	return n;
}

static void converts_in_any_pieces(void **state)
{
	uint64_t seed = 11;

	(void)state;
	for (int round = 0; round < 50000; round++) {
		static const uint16_t some[] = { 'a',    '\n',   0,      0x7f,   0x80,
						 0x7ff,  0x800,  0xd7ff, 0xd800, 0xdbff,
						 0xdc00, 0xdfff, 0xe000, 0xffff };
		size_t n = mix_next(&seed) % 24, at = 0, got = 0, want;
		bool big = round % 2;
		struct utf16 u = { .order = big ? UTF16_BIG : UTF16_LITTLE };
		char in[24], out[200], expected[200];

		for (size_t i = 0; i < n; i++) {
			uint16_t c = some[mix_next(&seed) % (sizeof some / sizeof some[0])];

			in[i] = (char)((i % 2 == 0) == big ? c >> 8 : c & 255);
		}
		want = naive((struct str){ in, n }, big, expected);
		while (at < n) {
			size_t k = 1 + mix_next(&seed) % (n - at);
			size_t more;
			char *dst = malloc(UTF16_ROOM(k)); /* of its own: a step beyond it is seen */

			assert_non_null(dst);
			more = utf16_convert(&u, (struct str){ in + at, k }, dst);
			assert_true(more <= UTF16_ROOM(k));
			memcpy(out + got, dst, more);
			got += more;
			at += k;
			free(dst);
		}
		got += utf16_finish(&u, out + got);
		/* An odd byte behind half a character stands for both. */
		if (n % 2 && got == want + 3 &&
		    str_starts(str_skip((struct str){ out, got }, want - 3), STR("\xef\xbf\xbd")))
			got = want;
		assert_int_equal(got, want);
		assert_memory_equal(out, expected, want);
		assert_true(str_utf8((struct str){ out, got }));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(guesses),
		cmocka_unit_test(converts_in_any_pieces),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
