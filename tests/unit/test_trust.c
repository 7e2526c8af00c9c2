/* SPDX-License-Identifier: Apache-2.0 */
/* How far an indicator is believed: the numbers of docs/confidence.md. */
#include "core/trust.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#define DAY ((int64_t)86400 * 1000000)
#define NOW (1000 * DAY)

static struct trust_said says(char reliability, int64_t days_ago)
{
	return (struct trust_said){ .reliability = reliability,
				    .confidence = 255,
				    .record = 1,
				    .type = IT_IP,
				    .role = ROLE_CONTROLLER,
				    .seen = NOW - days_ago * DAY,
				    .dropped = TIME_NONE,
				    .until = TIME_NONE };
}

static int score(const struct trust_said *s, size_t n)
{
	struct trust_part parts[8];

	return trust_score(s, n, NULL, NOW, parts);
}

static void one_source(void **state)
{
	static const struct {
		char letter;
		int score;
	} fresh[] = { { 'A', 95 }, { 'B', 80 }, { 'C', 60 }, { 'D', 35 },
		      { 'E', 15 }, { 'F', 40 }, { '?', 40 } };
	struct trust_said s;

	(void)state;
	for (size_t i = 0; i < sizeof fresh / sizeof fresh[0]; i++) {
		s = says(fresh[i].letter, 0);
		assert_int_equal(score(&s, 1), fresh[i].score);
	}
	s = says('A', 0);
	s.confidence = 50;
	assert_int_equal(score(&s, 1), 48);
	s.confidence = 0;
	assert_int_equal(score(&s, 1), 0);
	assert_int_equal(score(NULL, 0), 0);
}

/* What nobody dated counts half while it is listed, and fades from there when it no longer is. */
static void undated(void **state)
{
	struct trust_said s = says('A', 0);
	int last = 49;

	(void)state;
	s.seen = TIME_NONE;
	assert_int_equal(score(&s, 1), 48);
	for (int days = 0; days <= 130; days++) {
		int now;

		s.dropped = NOW - days * DAY;
		now = score(&s, 1);
		assert_true(now <= last);
		assert_true(days < 120 ? now > 0 || days > 117 : now == 0);
		/* Half of what it would be, had it been seen then. */
		if (days == 60)
			assert_int_equal(now, 30);
		last = now;
	}
	/* A date of its own counts. */
	s.seen = NOW;
	assert_int_equal(score(&s, 1), 95);
}

static void ages(void **state)
{
	struct trust_said s = says('A', 60);
	int last = 101;

	(void)state;
	/* 0.95 * (1 - (60/120)^(1/0.7)) */
	assert_int_equal(score(&s, 1), 60);
	for (int days = 0; days <= 130; days++) {
		int now;

		s = says('A', days);
		now = score(&s, 1);
		assert_true(now <= last);
		assert_true(days < 120 ? now > 0 || days > 118 : now == 0);
		last = now;
	}
	s.type = IT_HASH;
	assert_int_equal(score(&s, 1), 95);
	s = says('A', 60);
	s.lifetime = 60;
	assert_int_equal(score(&s, 1), 0);
	s = says('A', 0);
	s.until = NOW - 1;
	assert_int_equal(score(&s, 1), 0);
	s.until = NOW;
	s.seen = TIME_NONE;
	assert_int_equal(score(&s, 1), 48);
	/* What was seen tomorrow is as fresh as can be. */
	s.seen = NOW + DAY;
	assert_int_equal(score(&s, 1), 95);
}

static void agreement(void **state)
{
	struct trust_said s[3] = { says('C', 0), says('C', 0), says('B', 0) };
	uint64_t size[3] = { 100, 1000, 500 }, both[9] = { 0 };
	struct overlap o = { .n = 3, .size = size, .both = both };
	struct trust_part parts[3];

	(void)state;
	s[1].source = 1;
	s[2].source = 2;
	assert_int_equal(score(s, 2), 84);
	assert_int_equal(score(s, 3), 97);
	assert_int_equal(trust_score(s, 3, &o, NOW, parts), 97);
	/* Four fifths of the smaller list: a copy. One less: none. */
	both[0 * 3 + 1] = both[1 * 3 + 0] = 80;
	assert_int_equal(trust_score(s, 3, &o, NOW, parts), 92);
	assert_true(parts[0].counts && !parts[1].counts && parts[2].counts);
	both[0 * 3 + 1] = both[1 * 3 + 0] = 79;
	assert_int_equal(trust_score(s, 3, &o, NOW, parts), 97);
	/* A list of both others, itself believed more: one witness. */
	both[0 * 3 + 2] = both[2 * 3 + 0] = 100;
	both[1 * 3 + 2] = both[2 * 3 + 1] = 450;
	assert_int_equal(trust_score(s, 3, &o, NOW, parts), 80);
	assert_true(!parts[0].counts && !parts[1].counts && parts[2].counts);
	/* Believed less it does not tie the two together. */
	s[2].reliability = 'D';
	assert_int_equal(trust_score(s, 3, &o, NOW, parts), 84);
	assert_true(parts[0].counts && parts[1].counts && !parts[2].counts);
	/* The same source twice (two ports) is one. */
	s[1].source = 0;
	assert_int_equal(trust_score(s, 2, &o, NOW, parts), 60);
	/* A handful in common proves nothing. */
	s[1].source = 1;
	size[0] = both[0 * 3 + 1] = both[1 * 3 + 0] = 19;
	assert_int_equal(trust_score(s, 2, &o, NOW, parts), 84);
}

static void records(void **state)
{
	(void)state;
	assert_true(trust_record(0, 0) == 1);
	assert_true(trust_record(1, 1) > 0.95);
	assert_true(trust_record(1000000, 500000) < 0.51);
	assert_true(trust_record(10, 20) > 0.6 && trust_record(10, 20) < 0.7);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(one_source), cmocka_unit_test(ages),
					    cmocka_unit_test(undated), cmocka_unit_test(agreement),
					    cmocka_unit_test(records) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
