/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"

/* Days since 1970-01-01 of a proleptic Gregorian date, counting years from March. */
static int64_t days_from_civil(int64_t y, unsigned m, unsigned d)
{
	int64_t era, yoe, doy;

	y -= m <= 2;
	era = (y >= 0 ? y : y - 399) / 400;
	yoe = y - era * 400;
	doy = (153 * (int64_t)(m > 2 ? m - 3 : m + 9) + 2) / 5 + (int64_t)d - 1;
	return era * 146097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719468;
}

static void civil_from_days(int64_t z, int64_t *y, unsigned *m, unsigned *d)
{
	int64_t era, doe, yoe, doy, mp;

	z += 719468;
	era = (z >= 0 ? z : z - 146096) / 146097;
	doe = z - era * 146097;
	yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	mp = (5 * doy + 2) / 153;
	*d = (unsigned)(doy - (153 * mp + 2) / 5 + 1);
	*m = (unsigned)(mp < 10 ? mp + 3 : mp - 9);
	*y = yoe + era * 400 + (*m <= 2);
}

static unsigned month_days(unsigned y, unsigned m)
{
	static const unsigned char days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };

	return m == 2 && (y % 4 == 0 && (y % 100 != 0 || y % 400 == 0)) ? 29 : days[m - 1];
}

/* Take exactly n digits from the front of *s. */
static bool digits(struct str *s, size_t n, unsigned *out)
{
	unsigned v = 0;

	if (s->n < n)
		return false;
	for (size_t i = 0; i < n; i++) {
		unsigned d = (unsigned)(unsigned char)s->p[i] - '0';

		if (d > 9)
			return false;
		v = v * 10 + d;
	}
	*s = str_skip(*s, n);
	*out = v;
	return true;
}

static bool take(struct str *s, char c)
{
	if (s->n == 0 || s->p[0] != c)
		return false;
	*s = str_skip(*s, 1);
	return true;
}

/* A fraction without its point, one digit or more, as microseconds; more digits are cut. */
static bool fraction(struct str *s, int64_t *us)
{
	int64_t v = 0, unit = 100000;
	size_t n = 0;

	for (; n < s->n && s->p[n] >= '0' && s->p[n] <= '9'; n++) {
		v += (s->p[n] - '0') * unit;
		unit /= 10;
	}
	if (n == 0)
		return false;
	*s = str_skip(*s, n);
	*us = v;
	return true;
}

static bool zone(struct str s, int64_t *offset)
{
	unsigned h, m = 0;
	bool minus;

	*offset = 0;
	s = str_trim(s);
	if (s.n == 0 || str_is(s, "Z") || str_is(s, "z") || str_iis(s, "UTC") || str_iis(s, "GMT"))
		return true;
	if (s.p[0] != '+' && s.p[0] != '-')
		return false;
	minus = s.p[0] == '-';
	s = str_skip(s, 1);
	if (!digits(&s, 2, &h))
		return false;
	(void)take(&s, ':');
	if (s.n && !digits(&s, 2, &m))
		return false;
	if (s.n || h > 23 || m > 59)
		return false;
	*offset = (int64_t)(h * 3600 + m * 60) * TIME_S;
	if (minus)
		*offset = -*offset;
	return true;
}

static bool calendar(struct str s, int64_t *out, bool *is_date)
{
	unsigned y, mo, d, h = 0, mi = 0, sec = 0;
	int64_t us = 0, offset = 0, t;
	char sep;

	if (!digits(&s, 4, &y) || s.n == 0 || (s.p[0] != '-' && s.p[0] != '/'))
		return false;
	sep = s.p[0];
	if (!take(&s, sep) || !digits(&s, 2, &mo) || !take(&s, sep) || !digits(&s, 2, &d))
		return false;
	if (mo < 1 || mo > 12 || d < 1 || d > month_days(y, mo))
		return false;
	*is_date = s.n == 0;
	if (s.n) {
		if (!take(&s, 'T') && !take(&s, 't') && !take(&s, ' '))
			return false;
		if (!digits(&s, 2, &h) || !take(&s, ':') || !digits(&s, 2, &mi))
			return false;
		if (take(&s, ':')) {
			if (!digits(&s, 2, &sec))
				return false;
			if ((take(&s, '.') || take(&s, ',')) && !fraction(&s, &us))
				return false;
		}
		if (h > 23 || mi > 59 || sec > 60 || !zone(s, &offset))
			return false;
	}
	t = (days_from_civil(y, mo, d) * 86400 + h * 3600 + mi * 60 + sec) * TIME_S + us - offset;
	if (t < 0 || t > TIME_MAX)
		return false;
	*out = t;
	return true;
}

bool time_seconds(struct str s, int64_t *out)
{
	uint64_t sec = 0;
	int64_t us = 0;
	size_t n = 0;

	for (; n < s.n && (unsigned)(unsigned char)s.p[n] - '0' <= 9; n++) {
		if (n >= 10)
			return false;
		sec = sec * 10 + (unsigned)(s.p[n] - '0');
	}
	if (n == 0)
		return false;
	s = str_skip(s, n);
	if (s.n && (!take(&s, '.') || !fraction(&s, &us) || s.n))
		return false;
	if (sec > (uint64_t)(TIME_MAX / TIME_S))
		return false;
	*out = (int64_t)sec * TIME_S + us;
	return true;
}

bool time_parse(struct str s, int64_t *out, bool *is_date)
{
	bool date = false;

	s = str_trim(s);
	if (!time_seconds(s, out) && !calendar(s, out, &date))
		return false;
	if (is_date)
		*is_date = date;
	return true;
}

bool time_span(struct str s, int64_t *out)
{
	static const struct {
		char unit;
		int64_t us;
	} units[] = { { 's', TIME_S },
		      { 'm', 60 * TIME_S },
		      { 'h', 3600 * TIME_S },
		      { 'd', TIME_DAY },
		      { 'w', 7 * TIME_DAY } };
	uint64_t v;

	if (s.n < 2 || !str_u64(str_head(s, s.n - 1), 100000000, &v))
		return false;
	for (size_t i = 0; i < sizeof units / sizeof units[0]; i++)
		if (units[i].unit == s.p[s.n - 1]) {
			if ((int64_t)v > TIME_MAX / units[i].us)
				return false;
			*out = (int64_t)v * units[i].us;
			return true;
		}
	return false;
}

void time_format_date(struct buf *b, int64_t t)
{
	int64_t y;
	unsigned m, d;

	civil_from_days(time_day(t), &y, &m, &d);
	buf_fmt(b, "%04lld-%02u-%02u", (long long)y, m, d);
}

void time_format(struct buf *b, int64_t t)
{
	int64_t in_day = t - time_day(t) * TIME_DAY, s = in_day / TIME_S, us = in_day % TIME_S;

	time_format_date(b, t);
	buf_fmt(b, "T%02d:%02d:%02d", (int)(s / 3600), (int)(s / 60 % 60), (int)(s % 60));
	if (us)
		buf_fmt(b, ".%06d", (int)us);
	buf_ch(b, 'Z');
}
