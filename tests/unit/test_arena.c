/* SPDX-License-Identifier: Apache-2.0 */
/* The arena: alignment, zeros, limit, overflow; that pieces do not overlap. */
#include "base/arena.h"

#include "base/mix.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

static void pieces_are_zero_aligned_and_apart(void **state)
{
	enum { N = 3000 };
	static unsigned char *piece[N];
	static size_t size[N];
	struct arena a;
	uint64_t seed = 5;

	(void)state;
	arena_init(&a, 0);
	for (int round = 0; round < 2; round++) {
		size_t sum = 0;

		for (size_t i = 0; i < N; i++) {
			size[i] = mix_next(&seed) % (i % 500 ? 200 : 100000);
			piece[i] = arena_alloc(&a, size[i]);
			assert_non_null(piece[i]);
			assert_int_equal((uintptr_t)piece[i] % _Alignof(max_align_t), 0);
			for (size_t k = 0; k < size[i]; k++)
				assert_int_equal(piece[i][k], 0);
			memset(piece[i], (int)(i % 255) + 1, size[i]);
			sum += size[i];
		}
		for (size_t i = 0; i < N; i++)
			for (size_t k = 0; k < size[i]; k++)
				assert_int_equal(piece[i][k], i % 255 + 1);
		assert_int_equal(a.used, sum);
		arena_free(&a);
		assert_int_equal(a.used, 0);
	}
}

static void strings_are_copied(void **state)
{
	struct arena a;
	struct str s;
	char text[] = "a\0b";

	(void)state;
	arena_init(&a, 0);
	s = arena_str(&a, (struct str){ text, 3 });
	memset(text, 'x', sizeof text);
	assert_true(str_eq(s, STR("a\0b")));
	assert_int_equal(s.p[3], 0);
	s = arena_str(&a, (struct str){ NULL, 0 });
	assert_non_null(s.p);
	assert_int_equal(s.n, 0);
	assert_int_equal(s.p[0], 0);
	/* What comes after an odd number of bytes is aligned again. */
	assert_int_equal((uintptr_t)arena_alloc(&a, 8) % _Alignof(max_align_t), 0);
	arena_free(&a);
}

static void limit_holds(void **state)
{
	struct arena a;

	(void)state;
	arena_init(&a, 1000);
	assert_non_null(arena_alloc(&a, 600));
	assert_null(arena_alloc(&a, 401));
	assert_non_null(arena_alloc(&a, 400));
	assert_null(arena_alloc(&a, 1));
	assert_non_null(arena_alloc(&a, 0));
	assert_null(arena_str(&a, STR("")).p);
	arena_free(&a);
	assert_non_null(arena_alloc(&a, 1000));
	arena_free(&a);
}

static void impossible_sizes_are_refused(void **state)
{
	struct arena a;

	(void)state;
	arena_init(&a, 0);
	assert_null(arena_alloc(&a, SIZE_MAX));
	assert_null(arena_array(&a, SIZE_MAX / 4, 8));
	assert_null(arena_array(&a, (size_t)1 << 63, 2));
	assert_null(arena_str(&a, (struct str){ "", SIZE_MAX }).p);
	assert_non_null(arena_array(&a, 0, 8));
	assert_non_null(arena_array(&a, 8, 0));
	assert_int_equal(a.used, 0);
	arena_free(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pieces_are_zero_aligned_and_apart),
		cmocka_unit_test(strings_are_copied),
		cmocka_unit_test(limit_holds),
		cmocka_unit_test(impossible_sizes_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
