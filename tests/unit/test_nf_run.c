/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs of NetFlow's data records: whatever is passed over at a glance, a client to whom only some
 * addresses matter is told the same as when nothing is. Templates, records and clients by chance.
 */
#include "base/mix.h"
#include "read_records.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

extern const struct reader reader_netflow;

#define SENT   UINT64_C(1710000000) /* 2024-03-09T16:00:00Z */
#define UPTIME UINT64_C(86400000)

struct field {
	unsigned number, length;
};

static void number(struct buf *b, uint64_t v, unsigned bytes)
{
	while (bytes--)
		buf_ch(b, (char)(bytes < 8 ? v >> bytes * 8 : 0));
}

static uint64_t any_of(uint64_t *seed, uint64_t n)
{
	return mix_next(seed) % n;
}

/* ---- messages ---------------------------------------------------------------------------------- */

/* Often what a plain exporter would write, else what lies at an edge of what is understood. */
static uint64_t start_in(uint64_t *seed, unsigned element, bool plain)
{
	const uint64_t edges[] = { 0,
				   1,
				   UPTIME + 5,
				   UPTIME + (UINT64_C(1) << 31),
				   UPTIME + (UINT64_C(1) << 31) + 1,
				   UINT32_MAX,
				   (uint64_t)TIME_MAX / TIME_S,
				   (uint64_t)TIME_MAX / TIME_S + 1,
				   (uint64_t)TIME_MAX / 1000,
				   (uint64_t)TIME_MAX / 1000 + 1,
				   UINT64_MAX / 1000 + 7,
				   UINT64_MAX };
	uint64_t ago = any_of(seed, 100);

	if (!plain && any_of(seed, 4) == 0)
		return edges[any_of(seed, sizeof edges / sizeof edges[0])];
	return element == 22    ? UPTIME - ago * 500
	       : element == 150 ? SENT - ago
				: SENT * 1000 - ago * 500;
}

static void addresses(struct buf *b, uint64_t *seed, unsigned length)
{
	if (length == 16) {
		/* Mapped ones are IPv4. */
		number(b, any_of(seed, 4) ? any_of(seed, 64) << 32 : 0, 8);
		number(b, any_of(seed, 2) << 47 | any_of(seed, 1 << 16), 8);
		return;
	}
	number(b, any_of(seed, 8) ? mix_next(seed) : 0, length);
}

static void field(struct buf *b, uint64_t *seed, struct field f, bool plain)
{
	switch (f.number) {
	case 8:
	case 12:
	case 27:
	case 28:
		addresses(b, seed, f.length);
		break;
	case 22:
	case 150:
	case 152:
	case 154:
	case 158:
		number(b, start_in(seed, f.number, plain), f.length);
		break;
	default:
		number(b, any_of(seed, 3), f.length);
	}
}

static void random_5(struct buf *b, uint64_t *seed, bool plain)
{
	unsigned n = 1 + (unsigned)any_of(seed, 30);

	number(b, 5 << 16 | n, 4);
	number(b, any_of(seed, 4) ? UPTIME : UINT32_MAX, 4);
	number(b, any_of(seed, 8) ? SENT : 0, 4);
	number(b, 0, 12);
	while (n--) {
		addresses(b, seed, 4);
		addresses(b, seed, 4);
		number(b, 1, 16);
		number(b, start_in(seed, 22, plain), 4);
		number(b, UPTIME, 4);
		number(b, 6 << 8, 16);
	}
}

static unsigned random_fields(struct field f[8], uint64_t *seed)
{
	static const struct field starts[] = { { 22, 4 },  { 150, 4 }, { 152, 8 }, { 22, 4 },
					       { 152, 8 }, { 152, 4 }, { 150, 8 }, { 22, 8 },
					       { 150, 3 }, { 154, 8 }, { 158, 4 }, { 96, 5 } };
	unsigned n = 0, first = (unsigned)any_of(seed, 3);

	f[n++] = starts[any_of(seed, sizeof starts / sizeof starts[0])];
	if (any_of(seed, 4) == 0)
		f[n++] = starts[any_of(seed, sizeof starts / sizeof starts[0])];
	if (first != 0) {
		f[n++] = (struct field){ 8, 4 };
		f[n++] = (struct field){ 12, 4 };
	}
	if (first != 1) {
		f[n++] = (struct field){ 28, 16 };
		f[n++] = (struct field){ 27, 16 };
	}
	for (unsigned i = n; i > 1; i--) {
		unsigned k = (unsigned)any_of(seed, i);
		struct field swap = f[k];

		f[k] = f[i - 1];
		f[i - 1] = swap;
	}
	f[n++] = (struct field){ 2, 1 + (unsigned)any_of(seed, 4) };
	return n;
}

static void random_message(struct buf *b, uint64_t *seed, unsigned version, bool plain)
{
	struct field f[8];
	unsigned n = random_fields(f, seed), records = (unsigned)any_of(seed, 200);
	size_t at;

	number(b, version, 2);
	number(b, 0, 2);
	if (version == 9)
		number(b, any_of(seed, 4) ? UPTIME : 7, 4);
	number(b, any_of(seed, 8) ? SENT : 0, 4);
	number(b, 1, 4);
	number(b, 1, 4);
	number(b, version == 9 ? 0 : 2, 2);
	number(b, 8 + 4 * n, 2);
	number(b, 256 << 16 | n, 4);
	for (unsigned i = 0; i < n; i++)
		number(b, f[i].number << 16 | f[i].length, 4);
	at = b->n;
	number(b, 256 << 16, 4);
	for (; records; records--)
		for (unsigned i = 0; i < n; i++)
			field(b, seed, f[i], plain);
	b->p[at + 2] = (char)((b->n - at) >> 8);
	b->p[at + 3] = (char)(b->n - at);
	if (version == 10) {
		b->p[2] = (char)(b->n >> 8);
		b->p[3] = (char)b->n;
	}
}

/* ---- clients ----------------------------------------------------------------------------------- */

static bool line_of(struct str *rest, struct str *out)
{
	return rest->n && str_line(rest, out);
}

/* What is missing was passed over, and might be. Rejected lines come behind the records. */
static void same_but_passed(const struct reading *want, const struct reading *got)
{
	struct str w = buf_str(&want->out), g = buf_str(&got->out), line, told = STR_NONE;
	bool more = line_of(&g, &told);
	uint64_t missing = 0;

	while (line_of(&w, &line)) {
		if (more && str_eq(line, told))
			more = line_of(&g, &told);
		else if (line.p[0] == '-')
			missing++;
		else
			fail_msg("not told: %.*s", STR_ARG(line));
	}
	if (more)
		fail_msg("told besides: %.*s", STR_ARG(told));
	assert_int_equal(missing, got->passed);
	assert_int_equal(want->records, got->records + got->passed);
	assert_int_equal(want->in_window, got->in_window);
	assert_int_equal(want->malformed, got->malformed);
	assert_int_equal(want->unused, got->unused);
	assert_int_equal(want->lines, got->lines);
	if (want->in_window) {
		assert_int_equal(want->first, got->first);
		assert_int_equal(want->last, got->last);
	}
}

static void passed_over(void **state)
{
	uint64_t seed = 11, passed = 0, records = 0, malformed = 0;
	struct buf b;

	(void)state;
	buf_init(&b, 0);
	for (int round = 0; round < 3000; round++) {
		bool plain = any_of(&seed, 2);
		struct reading want = { .near = sieve_near(round & 1), .near_kinds = KIND_ALL }, got;

		if (any_of(&seed, 3) == 0) {
			want.windowed = true;
			want.from = (int64_t)(SENT - 45 - any_of(&seed, 10)) * TIME_S;
			want.to = (int64_t)(SENT - any_of(&seed, 3)) * TIME_S;
		}
		buf_clear(&b);
		if (any_of(&seed, 3) == 0)
			random_5(&b, &seed, plain);
		else
			random_message(&b, &seed, any_of(&seed, 2) ? 9 : 10, plain);
		assert_int_equal(buf_err(&b), ERR_OK);
		got = want;
		got.pass = true;
		buf_init(&want.out, 0);
		buf_init(&got.out, 0);
		read_text(&want, &reader_netflow, buf_str(&b), 1 << 20, NULL);
		read_text(&got, &reader_netflow, buf_str(&b), 1 << 20, NULL);
		same_but_passed(&want, &got);
		passed += got.passed;
		records += want.records;
		malformed += want.malformed;
		buf_free(&want.out);
		buf_free(&got.out);
	}
	buf_free(&b);
	assert_in_range(passed, records / 2, records * 9 / 10);
	assert_true(malformed > 1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(passed_over) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
