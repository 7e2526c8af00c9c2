/* SPDX-License-Identifier: Apache-2.0 */
/* Slices. */
#include "base/str.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#define assert_str(s, want) assert_true(str_is((s), (want)))

static void comparing(void **state)
{
	(void)state;
	assert_true(str_eq(STR(""), (struct str){ NULL, 0 }));
	assert_true(str_ieq(STR("AbC-\xc3"), STR("aBc-\xc3")));
	/* Only ASCII letters have case: @ and [ lie just outside of A–Z. */
	assert_false(str_ieq(STR("@["), STR("`{")));
	assert_false(str_ieq(STR("\xc3\x84"), STR("\xc3\xa4")));
	assert_false(str_ieq(STR("ab"), STR("abc")));
	assert_true(str_iis(STR("ToR"), "tor"));

	assert_true(str_starts(STR("abc"), STR("")));
	assert_true(str_starts(STR("abc"), STR("abc")));
	assert_false(str_starts(STR("ab"), STR("abc")));
	assert_true(str_istarts(STR("HTTP://x"), STR("http://")));
	assert_true(str_ends(STR("a.b"), STR(".b")));
	assert_false(str_ends(STR("b"), STR(".b")));

	assert_true(str_cmp(STR("a"), STR("ab")) < 0);
	assert_true(str_cmp(STR("b"), STR("ab")) > 0);
	assert_true(str_cmp(STR("\xff"), STR("a")) > 0);
	assert_true(str_cmp(STR("a\0b"), STR("a\0c")) < 0);
	assert_int_equal(str_cmp(STR("ab"), STR("ab")), 0);
	assert_int_equal(str_cmp(STR(""), (struct str){ NULL, 0 }), 0);
}

static void finding(void **state)
{
	(void)state;
	assert_int_equal(str_find(STR("abcabc"), STR("ca")), 2);
	assert_int_equal(str_find(STR("abc"), STR("")), 0);
	assert_true(str_find(STR("ab"), STR("abc")) == SIZE_MAX);
	assert_true(str_find(STR(""), STR("a")) == SIZE_MAX);
	assert_int_equal(str_chr(STR("a\0b"), 'b'), 2);
	assert_true(str_chr(STR(""), 'a') == SIZE_MAX);
	assert_true(str_chr((struct str){ NULL, 0 }, 'a') == SIZE_MAX);
}

static void cutting(void **state)
{
	struct str s = STR("abc"), rest, part;

	(void)state;
	assert_str(str_head(s, 2), "ab");
	assert_str(str_head(s, SIZE_MAX), "abc");
	assert_str(str_skip(s, 2), "c");
	assert_int_equal(str_skip(s, 9).n, 0);
	assert_ptr_equal(str_skip(s, 9).p, s.p + 3);
	assert_str(str_trim(STR(" \t\r\n a b \n")), "a b");
	assert_str(str_trim(STR(" \n ")), "");

	rest = STR(",a,,b,");
	for (const char *const *want = (const char *const[]){ "", "a", "", "b", "", NULL }; *want;
	     want++) {
		assert_true(str_cut(&rest, ',', &part));
		assert_str(part, *want);
	}
	assert_null(rest.p);
	assert_false(str_cut(&rest, ',', &part));

	rest = STR("");
	assert_true(str_cut(&rest, ',', &part));
	assert_str(part, "");
	assert_false(str_cut(&rest, ',', &part));
}

static void lines(void **state)
{
	struct str rest = STR("a\r\n\nb\rc\n\r\nlast\r"), line;

	(void)state;
	for (const char *const *want = (const char *const[]){ "a", "", "b\rc", "", "last", NULL };
	     *want; want++) {
		assert_true(str_line(&rest, &line));
		assert_str(line, *want);
	}
	assert_false(str_line(&rest, &line));
	/* A line feed ends a line; it does not begin another. */
	rest = STR("x\n");
	assert_true(str_line(&rest, &line));
	assert_false(str_line(&rest, &line));
}

static void numbers(void **state)
{
	static const struct {
		const char *s;
		uint64_t max;
		bool ok;
		uint64_t v;
	} t[] = {
		{ "0", 0, true, 0 },
		{ "1", 0, false, 0 },
		{ "65535", 65535, true, 65535 },
		{ "65536", 65535, false, 0 },
		{ "007", 9, true, 7 },
		{ "18446744073709551615", UINT64_MAX, true, UINT64_MAX },
		{ "18446744073709551616", UINT64_MAX, false, 0 },
		{ "99999999999999999999", UINT64_MAX, false, 0 },
		{ "000000000000000000001", UINT64_MAX, false, 0 },
		{ "", 9, false, 0 },
		{ "-1", 9, false, 0 },
		{ "+1", 9, false, 0 },
		{ " 1", 9, false, 0 },
		{ "1x", 9, false, 0 },
		{ "0x1", 9, false, 0 },
		{ "\xb2", 9, false, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof t / sizeof t[0]; i++) {
		uint64_t v = 77;

		assert_int_equal(str_u64(str_of(t[i].s), t[i].max, &v), t[i].ok);
		assert_true(v == (t[i].ok ? t[i].v : 77));
	}
}

static void utf8(void **state)
{
	static const struct {
		struct str s;
		bool ok;
	} t[] = {
		{ STR(""), true },
		{ STR("plain \x7f"), true },
		{ STR("\0"), true },
		{ STR("\xc2\x80"), true },
		{ STR("\xdf\xbf"), true },
		{ STR("\xe0\xa0\x80"), true },
		{ STR("\xed\x9f\xbf"), true },
		{ STR("\xee\x80\x80"), true },
		{ STR("\xef\xbf\xbf"), true },
		{ STR("\xf0\x90\x80\x80"), true },
		{ STR("\xf4\x8f\xbf\xbf"), true },
		{ STR("\x80"), false }, /* a continuation alone */
		{ STR("\xbf"), false },
		{ STR("\xc0\xaf"), false }, /* overlong */
		{ STR("\xc1\xbf"), false },
		{ STR("\xe0\x9f\xbf"), false },
		{ STR("\xf0\x8f\xbf\xbf"), false },
		{ STR("\xed\xa0\x80"), false }, /* a surrogate */
		{ STR("\xf4\x90\x80\x80"), false },
		{ STR("\xf5\x80\x80\x80"), false },
		{ STR("\xff"), false },
		{ STR("\xc3"), false }, /* cut off */
		{ STR("\xe3\x81"), false },
		{ STR("\xf0\x9f\x90"), false },
		{ STR("\xe3\x81x"), false },
		{ STR("\xe3\x81\xc1"), false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof t / sizeof t[0]; i++)
		assert_int_equal(str_utf8(t[i].s), t[i].ok);
}

static void hashing(void **state)
{
	static const char bytes[32] = "0123456789abcdef";
	uint64_t seen[33];

	(void)state;
	/* Every length, a length of zeros included, gives another hash; so does another seed. */
	for (size_t n = 0; n <= 32; n++) {
		seen[n] = str_hash((struct str){ bytes, n }, 1);
		for (size_t k = 0; k < n; k++)
			assert_true(seen[k] != seen[n]);
		assert_true(seen[n] == str_hash((struct str){ bytes, n }, 1));
		assert_true(seen[n] != str_hash((struct str){ bytes, n }, 2));
	}
	assert_true(str_hash(STR("abcdefgh1"), 0) != str_hash(STR("abcdefgh2"), 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(comparing), cmocka_unit_test(finding), cmocka_unit_test(cutting),
		cmocka_unit_test(lines),     cmocka_unit_test(numbers), cmocka_unit_test(utf8),
		cmocka_unit_test(hashing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
