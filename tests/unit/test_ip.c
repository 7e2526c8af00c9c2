/* SPDX-License-Identifier: Apache-2.0 */
/* Addresses and networks: RFC 4291 text, RFC 5952 form, mapped addresses, edges of prefixes. */
#include "core/ip.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

static void addresses_have_one_form(void **state)
{
	/* NULL: refused. */
	static const struct {
		const char *in, *out;
	} t[] = {
		{ "0.0.0.0", "0.0.0.0" },
		{ "255.255.255.255", "255.255.255.255" },
		{ "192.0.2.1", "192.0.2.1" },
		{ "256.0.0.1", NULL },
		{ "1.2.3", NULL },
		{ "1.2.3.4.5", NULL },
		{ "1.2.3.4.", NULL },
		{ ".1.2.3.4", NULL },
		{ "1..2.3", NULL },
		{ "1.2.3.04", NULL },
		{ "00.0.0.0", NULL },
		{ "1.2.3.4 ", NULL },
		{ " 1.2.3.4", NULL },
		{ "1.2.3.-4", NULL },
		{ "1.2.3.0x4", NULL },
		{ "16909060", NULL },
		{ "1.2.3.1000", NULL },
		{ "1.2.3.4294967297", NULL },
		{ "", NULL },
		{ ".", NULL },
		/* RFC 5952, section 4: what it says about each. */
		{ "2001:0db8::0001", "2001:db8::1" },
		{ "2001:db8:0:0:0:0:2:1", "2001:db8::2:1" },
		{ "2001:db8::1:1:1:1:1", "2001:db8:0:1:1:1:1:1" },
		{ "2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1" },
		{ "2001:0:0:1:0:0:0:1", "2001:0:0:1::1" },
		{ "2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1" },
		{ "2001:DB8::ABCD", "2001:db8::abcd" },
		{ "2001:db8:aaaa:bbbb:cccc:dddd:eeee:aaa", "2001:db8:aaaa:bbbb:cccc:dddd:eeee:aaa" },
		{ "0:0:0:0:0:0:0:0", "::" },
		{ "::", "::" },
		{ "::1", "::1" },
		{ "1::", "1::" },
		{ "1:0:0:0:0:0:0:0", "1::" },
		{ "0:1:0:1:0:1:0:1", "0:1:0:1:0:1:0:1" },
		{ "1:0:0:2:0:0:3:4", "1::2:0:0:3:4" },
		{ "1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8" },
		{ "1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0" },
		{ "::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8" },
		{ "fe80::ffff:ffff:ffff:ffff", "fe80::ffff:ffff:ffff:ffff" },
		{ "64:ff9b::192.0.2.33", "64:ff9b::c000:221" },
		{ "::13.1.68.3", "::d01:4403" },
		{ "1:2:3:4:5:6:1.2.3.4", "1:2:3:4:5:6:102:304" },
		/* Mapped addresses are the IPv4 addresses; their neighbours are not. */
		{ "::ffff:192.0.2.1", "192.0.2.1" },
		{ "::FFFF:c000:201", "192.0.2.1" },
		{ "0:0:0:0:0:ffff:c000:0201", "192.0.2.1" },
		{ "::ffff:0:0", "0.0.0.0" },
		{ "::fffe:192.0.2.1", "::fffe:c000:201" },
		{ "::1:ffff:192.0.2.1", "::1:ffff:c000:201" },
		{ "1::ffff:192.0.2.1", "1::ffff:c000:201" },
		/* Refused. */
		{ ":", NULL },
		{ ":::", NULL },
		{ "1:::2", NULL },
		{ "1::2::3", NULL },
		{ ":1", NULL },
		{ "1:", NULL },
		{ ":1:2:3:4:5:6:7:8", NULL },
		{ "1:2:3:4:5:6:7:8:", NULL },
		{ "1:2:3:4:5:6:7", NULL },
		{ "1:2:3:4:5:6:7:8:9", NULL },
		{ "1:2:3:4:5:6:7:8::", NULL },
		{ "::1:2:3:4:5:6:7:8", NULL },
		{ "1:2:3:4::5:6:7:8", NULL },
		{ "12345::", NULL },
		{ "::g", NULL },
		{ "::1.2.3", NULL },
		{ "::1.2.3.256", NULL },
		{ "::1.2.3.4:5", NULL },
		{ "1.2.3.4::", NULL },
		{ "1:2:3:4:5:6:7:1.2.3.4", NULL },
		{ "1:2:3:4:5:1.2.3.4", NULL },
		{ "fe80::1%eth0", NULL },
		{ "[::1]", NULL },
		{ "::1/64", NULL },
		{ "0000:0000:0000:0000:0000:0000:0000:00001", NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof t / sizeof t[0]; i++) {
		const struct ip none = { 7, 7 };
		struct ip ip = none;
		struct buf b;

		buf_init(&b, 0);
		if (ip_parse(str_of(t[i].in), &ip) != (t[i].out != NULL))
			fail_msg("\"%s\"", t[i].in);
		if (t[i].out)
			ip_format(&b, ip);
		else
			assert_true(ip_eq(ip, none));
		if (t[i].out && !str_is(buf_str(&b), t[i].out))
			fail_msg("\"%s\" became \"%.*s\"", t[i].in, (int)b.n, b.p);
		buf_free(&b);
	}
}

/* Slices have no NUL behind them, and may have no bytes at all. */
static void slices(void **state)
{
	struct ip ip;
	struct cidr c;

	(void)state;
	assert_true(ip_parse(str_head(STR("10.0.0.123"), 8), &ip));
	assert_true(ip_eq(ip, ip_v4(0x0a000001)));
	assert_true(ip_parse(str_head(STR("::12"), 3), &ip));
	assert_true(ip_eq(ip, (struct ip){ 0, 1 }));
	assert_false(ip_parse(STR("1.2.3.4\0"), &ip));
	assert_false(ip_parse((struct str){ NULL, 0 }, &ip));
	assert_false(cidr_parse((struct str){ NULL, 0 }, &c));
	assert_false(ip_parse(str_head(STR("1.2.3.4"), 0), &ip));
	assert_false(cidr_parse(str_head(STR("::/0"), 0), &c));
}

static void networks(void **state)
{
	static const struct {
		const char *in, *out, *last;
	} t[] = {
		{ "0.0.0.0/0", "0.0.0.0/0", "255.255.255.255" },
		{ "1.2.3.4/0", "0.0.0.0/0", "255.255.255.255" },
		{ "10.1.2.3/8", "10.0.0.0/8", "10.255.255.255" },
		{ "192.0.2.129/25", "192.0.2.128/25", "192.0.2.255" },
		{ "192.0.2.1/31", "192.0.2.0/31", "192.0.2.1" },
		{ "192.0.2.1/32", "192.0.2.1", "192.0.2.1" },
		{ "192.0.2.1", "192.0.2.1", "192.0.2.1" },
		{ "192.0.2.1/33", NULL, NULL },
		{ "192.0.2.1/128", NULL, NULL },
		{ "::/0", "::/0", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff" },
		{ "ffff::/1", "8000::/1", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff" },
		{ "2001:db8:ffff::/33", "2001:db8:8000::/33", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff" },
		{ "2001:db8::ffff/63", "2001:db8::/63", "2001:db8:0:1:ffff:ffff:ffff:ffff" },
		{ "2001:db8::ffff/64", "2001:db8::/64", "2001:db8::ffff:ffff:ffff:ffff" },
		{ "2001:db8::ffff/65", "2001:db8::/65", "2001:db8::7fff:ffff:ffff:ffff" },
		{ "2001:db8::ffff/127", "2001:db8::fffe/127", "2001:db8::ffff" },
		{ "2001:db8::1/128", "2001:db8::1", "2001:db8::1" },
		{ "2001:db8::1/129", NULL, NULL },
		/* Written as IPv6 its length counts as IPv6, and it still is the IPv4 network. */
		{ "::ffff:10.0.0.0/104", "10.0.0.0/8", "10.255.255.255" },
		{ "::ffff:0:0/96", "0.0.0.0/0", "255.255.255.255" },
		{ "::ffff:10.0.0.0/95", "::fffe:0:0/95", "255.255.255.255" },
		{ "10/8", NULL, NULL },
		{ "10.0.0.0/", NULL, NULL },
		{ "10.0.0.0/-1", NULL, NULL },
		{ "10.0.0.0/8/8", NULL, NULL },
		{ "10.0.0.0/ 8", NULL, NULL },
		{ "10.0.0.0/255.0.0.0", NULL, NULL },
		{ "/8", NULL, NULL },
		{ "/", NULL, NULL },
		{ "", NULL, NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof t / sizeof t[0]; i++) {
		struct cidr c = { { 7, 7 }, 7 };
		struct buf b;

		buf_init(&b, 0);
		if (cidr_parse(str_of(t[i].in), &c) != (t[i].out != NULL))
			fail_msg("\"%s\"", t[i].in);
		if (t[i].out) {
			cidr_format(&b, c);
			if (!str_is(buf_str(&b), t[i].out))
				fail_msg("\"%s\" became \"%.*s\"", t[i].in, (int)b.n, b.p);
			buf_clear(&b);
			ip_format(&b, cidr_last(c));
			if (!str_is(buf_str(&b), t[i].last))
				fail_msg("\"%s\" ends at \"%.*s\"", t[i].in, (int)b.n, b.p);
			assert_true(cidr_has(c, c.ip));
			assert_true(cidr_has(c, cidr_last(c)));
		} else {
			assert_int_equal(c.len, 7);
		}
		buf_free(&b);
	}
}

static struct cidr net(const char *s)
{
	struct cidr c;

	assert_true(cidr_parse(str_of(s), &c));
	return c;
}

static void holding_and_overlapping(void **state)
{
	static const struct {
		const char *a, *b;
		bool overlap;
	} t[] = {
		{ "10.0.0.0/8", "10.255.255.255", true },
		{ "10.0.0.0/8", "11.0.0.0", false },
		{ "10.0.0.0/8", "9.255.255.255", false },
		{ "10.0.0.0/8", "10.1.0.0/16", true },
		{ "10.0.0.0/9", "10.128.0.0/9", false },
		{ "0.0.0.0/0", "203.0.113.7", true },
		{ "0.0.0.0/0", "2001:db8::1", false },
		{ "::/0", "203.0.113.7", true },
		{ "::/0", "0.0.0.0/0", true },
		{ "2001:db8::/32", "2001:db8:ffff::/48", true },
		{ "2001:db8::/32", "2001:db9::", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof t / sizeof t[0]; i++) {
		assert_int_equal(cidr_overlaps(net(t[i].a), net(t[i].b)), t[i].overlap);
		assert_int_equal(cidr_overlaps(net(t[i].b), net(t[i].a)), t[i].overlap);
		assert_int_equal(cidr_has(net(t[i].a), net(t[i].b).ip), t[i].overlap);
	}
}

static void order(void **state)
{
	static const char *const sorted[] = { "0.0.0.0",         "9.0.0.0",    "10.0.0.0",
					      "255.255.255.255", "64:ff9b::1", "2001:db8::",
					      "2001:db8::1",     "ff02::1" };

	(void)state;
	for (size_t i = 0; i < sizeof sorted / sizeof sorted[0]; i++)
		for (size_t k = 0; k < sizeof sorted / sizeof sorted[0]; k++) {
			int d = ip_cmp(net(sorted[i]).ip, net(sorted[k]).ip);

			assert_int_equal((d > 0) - (d < 0), (i > k) - (i < k));
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses_have_one_form),
		cmocka_unit_test(slices),
		cmocka_unit_test(networks),
		cmocka_unit_test(holding_and_overlapping),
		cmocka_unit_test(order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
