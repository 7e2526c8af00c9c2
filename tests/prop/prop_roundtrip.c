/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is written can be read back as the same: times, spans of days, addresses, networks. Times
 * are also compared with the C library's calendar, addresses with its inet_ntop() and inet_pton().
 * The seed is printed; NEZUMI_SEED repeats a run.
 */
#include "base/clock.h"
#include "core/ip.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define ROUNDS 300000

static uint64_t state;

static void need(bool ok, const char *what, struct str text)
{
	if (ok)
		return;
	printf("failed: %s: \"%.*s\"\n", what, STR_ARG(text));
	exit(1);
}

static void put_be(unsigned char *to, struct ip ip)
{
	for (int i = 0; i < 8; i++) {
		to[i] = (unsigned char)(ip.hi >> (56 - 8 * i));
		to[i + 8] = (unsigned char)(ip.lo >> (56 - 8 * i));
	}
}

static void times(struct buf *b)
{
	int64_t t = (int64_t)(mix_next(&state) % ((uint64_t)TIME_MAX + 1)), back = -1;
	time_t seconds;
	struct tm tm;
	char want[64];
	size_t n;
	bool date;

	/* Whole seconds, whole days and both ends come up as often as the rest. */
	if (mix_next(&state) % 4 == 0)
		t -= t % TIME_S;
	if (mix_next(&state) % 8 == 0)
		t -= t % TIME_DAY;
	if (mix_next(&state) % 64 == 0)
		t = mix_next(&state) % 2 ? TIME_MAX : 0;

	buf_clear(b);
	time_format(b, t);
	need(time_parse(buf_str(b), &back, &date) && back == t && !date, "time", buf_str(b));

	seconds = (time_t)(t / TIME_S);
	n = strftime(want, sizeof want, "%Y-%m-%dT%H:%M:%S", gmtime_r(&seconds, &tm));
	need(str_eq(str_head(buf_str(b), n), (struct str){ want, n }), "calendar", buf_str(b));

	buf_clear(b);
	time_format_date(b, t);
	need(time_parse(buf_str(b), &back, &date) && back == time_day(t) * TIME_DAY && date, "date",
	     buf_str(b));

	buf_clear(b);
	buf_fmt(b, "%lld.%06d", (long long)(t / TIME_S), (int)(t % TIME_S));
	need(time_seconds(buf_str(b), &back) && back == t, "seconds", buf_str(b));
	need(time_parse(buf_str(b), &back, &date) && back == t && !date, "seconds", buf_str(b));

	/* The same instant in another zone. */
	if (t >= TIME_DAY && t <= TIME_MAX - TIME_DAY) {
		int minutes = (int)(mix_next(&state) % 2879) - 1439;

		buf_clear(b);
		time_format(b, t + minutes * 60 * TIME_S);
		b->n--;
		buf_fmt(b, "%c%02d:%02d", minutes < 0 ? '-' : '+', abs(minutes) / 60, abs(minutes) % 60);
		need(time_parse(buf_str(b), &back, NULL) && back == t, "zone", buf_str(b));
	}

	buf_clear(b);
	buf_fmt(b, "%lldd", (long long)time_day(t));
	need(time_span(buf_str(b), &back) && back == time_day(t) * TIME_DAY, "span", buf_str(b));
}

static struct ip some_ip(void)
{
	struct ip ip = { mix_next(&state), mix_next(&state) };
	uint64_t holes = mix_next(&state);

	if (holes % 3 == 0)
		return ip_v4((uint32_t)ip.lo);
	/* Groups of zeros and small groups, so that "::" has something to do. */
	for (int i = 0; i < 8; i++) {
		uint64_t *half = i < 4 ? &ip.hi : &ip.lo;
		int shift = 48 - 16 * (i & 3);

		if (holes >> (8 + 2 * i) & 1)
			*half &= ~(UINT64_C(0xffff) << shift);
		else if (holes >> (9 + 2 * i) & 1)
			*half &= ~(UINT64_C(0xfff0) << shift);
	}
	return ip;
}

static void addresses(struct buf *b)
{
	struct ip ip = some_ip(), back;
	unsigned char be[16], got[16];
	struct cidr c, cback;
	char text[INET6_ADDRSTRLEN];
	unsigned len = (unsigned)(mix_next(&state) % 129);

	buf_clear(b);
	ip_format(b, ip);
	need(ip_parse(buf_str(b), &back) && ip_eq(ip, back), "address", buf_str(b));

	/* The C library reads what is written here, and what it writes is read the same. */
	put_be(be, ip);
	buf_ch(b, 0);
	if (ip_is_v4(ip))
		need(inet_pton(AF_INET, b->p, got) == 1 && memcmp(got, be + 12, 4) == 0, "pton",
		     buf_str(b));
	else
		need(inet_pton(AF_INET6, b->p, got) == 1 && memcmp(got, be, 16) == 0, "pton",
		     buf_str(b));
	if (!inet_ntop(AF_INET6, be, text, sizeof text))
		abort();
	need(ip_parse(str_of(text), &back) && ip_eq(ip, back), "ntop", str_of(text));

	c = (struct cidr){ ip_mask(ip, len), (unsigned char)len };
	buf_clear(b);
	cidr_format(b, c);
	need(cidr_parse(buf_str(b), &cback) && ip_eq(cback.ip, c.ip) && cback.len == c.len,
	     "network", buf_str(b));
	need(cidr_has(c, ip) && cidr_has(c, cidr_last(c)) && ip_cmp(cidr_last(c), ip) >= 0 &&
		     ip_cmp(c.ip, ip) <= 0,
	     "bounds", buf_str(b));
	/* One bit before the end of the prefix changed: another network. */
	if (len) {
		struct ip other = ip;
		unsigned bit = (unsigned)(mix_next(&state) % len);

		*(bit < 64 ? &other.hi : &other.lo) ^= UINT64_C(1) << (63 - bit % 64);
		need(!cidr_has(c, other), "outside", buf_str(b));
	}
}

int main(void)
{
	const char *given = getenv("NEZUMI_SEED");
	uint64_t seed = given ? strtoull(given, NULL, 0) : 1;
	struct buf b;

	printf("seed %llu\n", (unsigned long long)seed);
	(void)fflush(stdout);
	state = seed;
	buf_init(&b, 0);
	for (int i = 0; i < ROUNDS; i++) {
		times(&b);
		addresses(&b);
	}
	buf_free(&b);
	printf("%d times and addresses came back as they were\n", ROUNDS);
	printf("1 passed, 0 failed\n");
	return 0;
}
