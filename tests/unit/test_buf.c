/* SPDX-License-Identifier: Apache-2.0 */
/* The growing buffer: content, limit, sticky error. And the growing array. */
#include "base/buf.h"
#include "base/vec.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

static void content(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 0);
	assert_non_null(buf_str(&b).p);
	assert_int_equal(buf_str(&b).n, 0);
	buf_add(&b, NULL, 0);
	buf_c(&b, "a");
	buf_puts(&b, STR("b\0c"));
	buf_puts(&b, (struct str){ NULL, 0 });
	buf_ch(&b, '-');
	buf_u64(&b, 0);
	buf_ch(&b, ' ');
	buf_u64(&b, UINT64_MAX);
	buf_fmt(&b, " %s%d", "x", -7);
	assert_int_equal(buf_err(&b), ERR_OK);
	assert_true(str_eq(buf_str(&b), STR("ab\0c-0 18446744073709551615 x-7")));
	buf_clear(&b);
	assert_int_equal(buf_str(&b).n, 0);
	buf_c(&b, "again");
	assert_true(str_is(buf_str(&b), "again"));
	buf_free(&b);
	assert_int_equal(buf_str(&b).n, 0);
	buf_c(&b, "and again");
	assert_true(str_is(buf_str(&b), "and again"));
	buf_free(&b);
}

/* Text longer than the first guess, and around its edge. */
static void formats_of_any_length(void **state)
{
	static const int lengths[] = { 0, 1, 254, 255, 256, 257, 5000 };

	(void)state;
	for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
		struct buf b;

		buf_init(&b, 0);
		buf_fmt(&b, "<%*s>", lengths[i], "");
		assert_int_equal(buf_err(&b), ERR_OK);
		assert_int_equal(b.n, lengths[i] + 2);
		assert_int_equal(b.p[0], '<');
		assert_int_equal(b.p[b.n - 1], '>');
		buf_free(&b);
	}
}

static void limit_is_sticky(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 10);
	buf_c(&b, "0123456789");
	assert_int_equal(buf_err(&b), ERR_OK);
	buf_ch(&b, 'x');
	assert_int_equal(buf_err(&b), ERR_LIMIT);
	assert_int_equal(b.n, 10);
	/* Nothing is added after an error, not even what would fit. */
	buf_clear(&b);
	buf_ch(&b, 'y');
	assert_int_equal(b.n, 0);
	assert_null(buf_room(&b, 1));
	buf_free(&b);
	assert_int_equal(buf_err(&b), ERR_OK);

	buf_init(&b, 10);
	assert_null(buf_room(&b, SIZE_MAX));
	assert_int_equal(buf_err(&b), ERR_LIMIT);
	buf_free(&b);
}

static void room_does_not_move_the_end(void **state)
{
	struct buf b;
	char *p;

	(void)state;
	buf_init(&b, 0);
	buf_c(&b, "head");
	p = buf_room(&b, 100000);
	assert_non_null(p);
	assert_ptr_equal(p, b.p + 4);
	assert_int_equal(b.n, 4);
	memset(p, 'x', 100000);
	b.n += 100000;
	assert_true(str_starts(buf_str(&b), STR("headxxx")));
	buf_free(&b);
}

static void vectors_grow(void **state)
{
	VEC(uint32_t) v = { 0 };

	(void)state;
	for (uint32_t i = 0; i < 1000; i++) {
		uint32_t *slot = VEC_PUSH(&v);

		if (!slot)
			fail_msg("no memory");
		else
			*slot = i * 3;
	}
	assert_int_equal(v.n, 1000);
	assert_true(v.cap >= 1000 && v.cap < 2000);
	for (uint32_t i = 0; i < 1000; i++)
		assert_int_equal(v.v[i], i * 3);
	/* More than there can be is refused, and what was there stays. */
	assert_false(vec_grow((void **)&v.v, &v.cap, sizeof *v.v, SIZE_MAX / 2));
	assert_int_equal(v.v[999], 2997);
	free(v.v);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(content),         cmocka_unit_test(formats_of_any_length),
		cmocka_unit_test(limit_is_sticky), cmocka_unit_test(room_does_not_move_the_end),
		cmocka_unit_test(vectors_grow),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
