/* SPDX-License-Identifier: Apache-2.0 */
/* Times: every form that is read, the edges of what is kept, and what is refused. */
#include "base/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

/* Not a time at all. */
#define NO TIME_NONE

static void parsed(void **state)
{
	static const struct {
		const char *s;
		int64_t us;
	} t[] = {
		/* The two ends. */
		{ "1970-01-01T00:00:00Z", 0 },
		{ "1970-01-01", 0 },
		{ "0", 0 },
		{ "0.000001", 1 },
		{ "2100-12-31T23:59:59.999999Z", TIME_MAX },
		{ "4133980799.999999", TIME_MAX },
		{ "2101-01-01T00:00:00Z", NO },
		{ "2101-01-01", NO },
		{ "4133980800", NO },
		{ "1969-12-31T23:59:59Z", NO },
		{ "1969-12-31T23:59:59.999999Z", NO },
		{ "-1", NO },
		{ "0000-01-01", NO },
		{ "9999-12-31T23:59:59Z", NO },
		/* Zones move the ends. */
		{ "1970-01-01T00:00:00+00:01", NO },
		{ "1970-01-01T00:59:59+01:00", NO },
		{ "1970-01-01T01:00:00+01:00", 0 },
		{ "1969-12-31T23:00:00-01:00", 0 },
		{ "2101-01-01T00:59:59.999999+01:00", TIME_MAX },
		{ "2100-12-31T23:00:00-01:00", NO },
		/* Zones are written in many ways. */
		{ "2018-12-16T12:00:00", INT64_C(1544961600) * TIME_S },
		{ "2018-12-16T12:00:00Z", INT64_C(1544961600) * TIME_S },
		{ "2018-12-16t12:00:00z", INT64_C(1544961600) * TIME_S },
		{ "2018-12-16 12:00:00 UTC", INT64_C(1544961600) * TIME_S },
		{ "2018-12-16 12:00:00 utc", INT64_C(1544961600) * TIME_S },
		{ "2018-12-16 12:00:00 GMT", INT64_C(1544961600) * TIME_S },
		{ "2018-12-16T17:30:00+05:30", INT64_C(1544961600) * TIME_S },
		{ "2018-12-16T17:30:00+0530", INT64_C(1544961600) * TIME_S },
		{ "2018-12-16T17:30:00 +05:30", INT64_C(1544961600) * TIME_S },
		{ "2018-12-16T04:00:00-08", INT64_C(1544961600) * TIME_S },
		{ "2018-12-16T12:00:00-00:00", INT64_C(1544961600) * TIME_S },
		{ "2018-12-16T12:00:00+24:00", NO },
		{ "2018-12-16T12:00:00+05:60", NO },
		{ "2018-12-16T12:00:00+5", NO },
		{ "2018-12-16T12:00:00+05:3", NO },
		{ "2018-12-16T12:00:00+05:300", NO },
		{ "2018-12-16T12:00:00 CET", NO },
		{ "2018-12-16T12:00:00ZZ", NO },
		/* Dates and times of day. */
		{ "2018-12-16", INT64_C(1544918400) * TIME_S },
		{ "2018/12/16 12:00:00", INT64_C(1544961600) * TIME_S },
		{ "2018/12/16 12:00:00.5", INT64_C(1544961600) * TIME_S + 500000 },
		{ "2018-12-16 12:00", INT64_C(1544961600) * TIME_S },
		{ "  2018-12-16T12:00:00Z \r\n", INT64_C(1544961600) * TIME_S },
		{ "2018-12/16", NO },
		{ "2018-12-16X12:00:00", NO },
		{ "2018-12-16T", NO },
		{ "2018-12-16T12", NO },
		{ "2018-12-16T12:0", NO },
		{ "2018-12-16T1:00:00", NO },
		{ "2018-12-16T24:00:00", NO },
		{ "2018-12-16T12:60:00", NO },
		{ "2018-12-16T12:00:61", NO },
		{ "2018-12-16T12:00:00.", NO },
		{ "2018-12-16T12:00:00.Z", NO },
		{ "2018-00-16", NO },
		{ "2018-13-16", NO },
		{ "2018-12-00", NO },
		{ "2018-12-32", NO },
		{ "2018-6-1", NO },
		{ "18-12-16", NO },
		{ "", NO },
		{ " ", NO },
		{ "never", NO },
		{ "2018-12-16T12:00:00Z\0", INT64_C(1544961600) * TIME_S },
		/* A leap second is the first of the next minute, and no more than that. */
		{ "2016-12-31T23:59:60Z", INT64_C(1483228800) * TIME_S },
		{ "2100-12-31T23:59:60Z", NO },
		/* Fractions are cut, not rounded. */
		{ "1970-01-01T00:00:01.5Z", 1500000 },
		{ "1970-01-01T00:00:01,25Z", 1250000 },
		{ "1970-01-01T00:00:01.123456Z", 1123456 },
		{ "1970-01-01T00:00:01.123456789Z", 1123456 },
		{ "1970-01-01T00:00:01.9999999Z", 1999999 },
		{ "1970-01-01T00:00:01.000000999+00:00", 1000000 },
		{ "1.999999999", 1999999 },
		/* Seconds. */
		{ "1544961600", INT64_C(1544961600) * TIME_S },
		{ "1544961600.000001", INT64_C(1544961600) * TIME_S + 1 },
		{ "1544961600.", NO },
		{ ".5", NO },
		{ "1e9", NO },
		{ "+5", NO },
		{ "0x10", NO },
		{ "99999999999", NO },
		{ "18446744073709551617", NO },
		/* Leap years: every fourth, but 2100 is none and 2000 is one. */
		{ "2000-02-29", INT64_C(951782400) * TIME_S },
		{ "2000-03-01", INT64_C(951868800) * TIME_S },
		{ "2004-02-29", INT64_C(1078012800) * TIME_S },
		{ "2001-02-29", NO },
		{ "2100-02-28", INT64_C(4107456000) * TIME_S },
		{ "2100-02-29", NO },
		{ "2100-03-01", INT64_C(4107542400) * TIME_S },
		{ "2000-02-30", NO },
		{ "2018-04-31", NO },
		{ "2018-12-31T23:59:59Z", INT64_C(1546300799) * TIME_S },
	};

	(void)state;
	for (size_t i = 0; i < sizeof t / sizeof t[0]; i++) {
		int64_t us = 77;
		bool ok = time_parse(str_of(t[i].s), &us, NULL);

		if (ok != (t[i].us != NO) || us != (ok ? t[i].us : 77))
			fail_msg("\"%s\": %d %lld", t[i].s, ok, (long long)us);
	}
	/* Bytes that no text holds. */
	int64_t us;
	assert_false(time_parse(STR("2018-12-16\0"), &us, NULL));
	assert_false(time_parse(STR("2018-12-16T12:00:00\xff"), &us, NULL));
	assert_false(time_parse((struct str){ NULL, 0 }, &us, NULL));
}

static void a_date_is_told_from_a_time(void **state)
{
	int64_t us;
	bool date = false;

	(void)state;
	assert_true(time_parse(STR("2018-12-16"), &us, &date));
	assert_true(date);
	assert_true(time_parse(STR("2018/12/16"), &us, &date));
	assert_true(date);
	assert_true(time_parse(STR("2018-12-16 00:00:00"), &us, &date));
	assert_false(date);
	date = true;
	assert_true(time_parse(STR("1544918400"), &us, &date));
	assert_false(date);
	date = true;
	assert_false(time_parse(STR("2018-12-1"), &us, &date));
	assert_true(date);
}

static void spans(void **state)
{
	static const struct {
		const char *s;
		int64_t us;
	} t[] = {
		{ "0s", 0 },
		{ "1s", TIME_S },
		{ "90m", 5400 * TIME_S },
		{ "24h", TIME_DAY },
		{ "30d", 30 * TIME_DAY },
		{ "2w", 14 * TIME_DAY },
		{ "47846d", 47846 * TIME_DAY },
		{ "47847d", NO }, /* longer than all of time */
		{ "100000000w", NO },
		{ "99999999999999999999s", NO },
		{ "30", NO },
		{ "d", NO },
		{ "", NO },
		{ "-1d", NO },
		{ "1.5h", NO },
		{ "1D", NO },
		{ "1 d", NO },
		{ "1y", NO },
	};

	(void)state;
	for (size_t i = 0; i < sizeof t / sizeof t[0]; i++) {
		int64_t us = 77;
		bool ok = time_span(str_of(t[i].s), &us);

		if (ok != (t[i].us != NO) || us != (ok ? t[i].us : 77))
			fail_msg("\"%s\": %d %lld", t[i].s, ok, (long long)us);
	}
}

static void formatted(void **state)
{
	static const struct {
		int64_t us;
		const char *time, *date;
	} t[] = {
		{ 0, "1970-01-01T00:00:00Z", "1970-01-01" },
		{ 1, "1970-01-01T00:00:00.000001Z", "1970-01-01" },
		{ TIME_DAY - 1, "1970-01-01T23:59:59.999999Z", "1970-01-01" },
		{ INT64_C(951782400) * TIME_S, "2000-02-29T00:00:00Z", "2000-02-29" },
		{ INT64_C(1544961600) * TIME_S + 120000, "2018-12-16T12:00:00.120000Z", "2018-12-16" },
		{ TIME_MAX, "2100-12-31T23:59:59.999999Z", "2100-12-31" },
		/* A second before 1970 is no time of a record, but grace periods reach there. */
		{ -TIME_S, "1969-12-31T23:59:59Z", "1969-12-31" },
		{ -1, "1969-12-31T23:59:59.999999Z", "1969-12-31" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof t / sizeof t[0]; i++) {
		struct buf b;

		buf_init(&b, 0);
		time_format(&b, t[i].us);
		assert_true(str_is(buf_str(&b), t[i].time));
		buf_clear(&b);
		time_format_date(&b, t[i].us);
		assert_true(str_is(buf_str(&b), t[i].date));
		buf_free(&b);
	}
}

static void days(void **state)
{
	(void)state;
	assert_int_equal(time_day(0), 0);
	assert_int_equal(time_day(TIME_DAY - 1), 0);
	assert_int_equal(time_day(TIME_DAY), 1);
	assert_int_equal(time_day(-1), -1);
	assert_int_equal(time_day(-TIME_DAY), -1);
	assert_int_equal(time_day(-TIME_DAY - 1), -2);
	assert_int_equal(time_day(TIME_MAX), 47846);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parsed), cmocka_unit_test(a_date_is_told_from_a_time),
		cmocka_unit_test(spans),  cmocka_unit_test(formatted),
		cmocka_unit_test(days),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
