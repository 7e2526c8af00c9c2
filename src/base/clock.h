/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Time as this program keeps it: microseconds since 1970-01-01T00:00:00Z in an int64_t, UTC.
 * What lies outside 1970–2100 is refused on reading, so sums of times cannot overflow.
 */
#ifndef NEZUMI_BASE_CLOCK_H
#define NEZUMI_BASE_CLOCK_H

#include "base/buf.h"

#define TIME_NONE INT64_MIN
#define TIME_S    INT64_C(1000000)
#define TIME_DAY  (86400 * TIME_S)
#define TIME_MAX  (INT64_C(4133980799) * TIME_S + 999999) /* the end of the year 2100 */

/*
 * Read a time. Accepted: ISO 8601 with `T` or a blank between date and time (fraction of a second
 * up to nanoseconds, cut to microseconds; zone `Z`, `+hh:mm`, `+hhmm`, `+hh` or none = UTC; `
 * UTC`), a date alone (its first instant), `YYYY/MM/DD hh:mm:ss[.f]`, and seconds since 1970 with
 * optional fraction. *is_date (may be NULL) says that only a date was given. False for anything
 * else and outside 1970–2100.
 */
bool time_parse(struct str s, int64_t *out, bool *is_date);

/* Seconds with optional fraction, as Zeek writes times and intervals: the fast path. */
bool time_seconds(struct str s, int64_t *out);

/* A span for options: number and unit s m h d w (`30d`). */
bool time_span(struct str s, int64_t *out);

/* 2018-12-16T00:00:00Z; microseconds are added (.123456) where there are any. */
void time_format(struct buf *b, int64_t t);
/* 2018-12-16 */
void time_format_date(struct buf *b, int64_t t);

static inline int64_t time_day(int64_t t)
{
	return t >= 0 ? t / TIME_DAY : (t - TIME_DAY + 1) / TIME_DAY;
}

#endif
