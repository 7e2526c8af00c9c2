/* SPDX-License-Identifier: Apache-2.0 */
/* Domain names and URLs in normal form. */
#include "core/name.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

struct pair {
	const char *in, *out; /* NULL: refused */
};

static void assert_normal(struct str in, bool single, const char *want)
{
	struct buf b;
	enum err e;

	buf_init(&b, 0);
	buf_c(&b, "before ");
	e = name_normalise(in, single, &b);
	if (want) {
		assert_int_equal(e, ERR_OK);
		buf_ch(&b, 0);
		assert_string_equal(b.p + 7, want);
	} else {
		assert_int_equal(e, ERR_PARSE);
		assert_int_equal(b.n, 7);
	}
	buf_free(&b);
}

static void names_have_one_form(void **state)
{
	static const struct pair pairs[] = {
		{ "Example.COM", "example.com" },
		{ "example.com.", "example.com" },
		{ "a-b.c_d.example", "a-b.c_d.example" },
		{ "_dmarc.example.org", "_dmarc.example.org" },
		{ "-250.starlink.example", "-250.starlink.example" },
		{ "Ünïcode.COM", "xn--ncode-cta3g.com" },
		{ "faß.de", "xn--fa-hia.de" },
		{ "ｅｖｉｌ．com", "evil.com" },
		{ "日本語。jp", "xn--wgv71a119e.jp" },
		{ "XN--WGV71A119E.jp", "xn--wgv71a119e.jp" },
		{ "1.2.3.4.in-addr.arpa", "1.2.3.4.in-addr.arpa" },
		{ "", NULL },
		{ ".", NULL },
		{ "com", NULL },
		{ "a..b", NULL },
		{ ".a.b", NULL },
		{ "a.b..", NULL },
		{ "a b.com", NULL },
		{ "a,b.com", NULL },
		{ "a/b.com", NULL },
		{ "1.2.3", NULL },
		{ "1.2.3.4", NULL },
		{ "1.0x7f", NULL },
		{ "a\x80.com", NULL },
		{ "\xed\xa0\x80.com", NULL },
		{ "💩.example", NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++)
		assert_normal(str_of(pairs[i].in), false, pairs[i].out);
	assert_normal(str_of("LocalHost"), true, "localhost");
	assert_normal((struct str){ "a\0b.com", 7 }, false, NULL);
	assert_normal((struct str){ "ü\0.com", 7 }, false, NULL);
}

static void names_have_limits(void **state)
{
	char text[1200];

	(void)state;
	memset(text, 'a', sizeof text);
	for (size_t i = 63; i < sizeof text; i += 64)
		text[i] = '.';
	assert_normal((struct str){ text, 63 + 1 + 63 }, false,
		      "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa."
		      "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa");
	assert_normal((struct str){ text, 254 }, false, NULL);
	text[63] = 'a';
	assert_normal((struct str){ text, 80 }, false, NULL);
	/* Much Unicode must not reach the conversion. */
	for (size_t i = 0; i + 1 < sizeof text; i += 2)
		memcpy(text + i, "ü", 2);
	assert_normal((struct str){ text, sizeof text }, true, NULL);
	assert_normal((struct str){ text, 1024 }, true, NULL);
}

static void names_lie_under_names(void **state)
{
	char dst[32];

	(void)state;
	assert_true(name_under(STR("a.b.c"), STR("b.c")));
	assert_true(name_under(STR("b.c"), STR("b.c")));
	assert_false(name_under(STR("ab.c"), STR("b.c")));
	assert_false(name_under(STR("c"), STR("b.c")));
	assert_false(name_under(STR("b.c"), STR("")));
	assert_int_equal(name_labels(STR("a.b.c")), 3);
	assert_int_equal(name_labels(STR("")), 0);
	assert_true(str_is(name_parent(STR("a.b.c")), "b.c"));
	assert_int_equal(name_parent(STR("c")).n, 0);
	assert_true(str_is(name_lower(STR("A.Bc."), dst), "a.bc"));
}

static void public_suffixes_are_known(void **state)
{
	(void)state;
	assert_true(name_is_public_suffix(STR("com")));
	assert_true(name_is_public_suffix(STR("co.uk")));
	assert_true(name_is_public_suffix(STR("blogspot.com")));
	assert_false(name_is_public_suffix(STR("example.co.uk")));
	assert_false(name_is_public_suffix(STR("")));
}

static void urls_have_one_form(void **state)
{
	static const struct {
		const char *in, *out, *host;
		unsigned port;
	} rows[] = {
		{ "HTTP://User:pw@Evil.Example:80?q#frag", "http://evil.example/?q", "evil.example", 80 },
		{ "https://a.example:443/B/C?d=E", "https://a.example/B/C?d=E", "a.example", 443 },
		{ "http://a.example:8080", "http://a.example:8080/", "a.example", 8080 },
		{ "http://a.example:/x", "http://a.example/x", "a.example", 80 },
		{ "http://192.0.2.1/i", "http://192.0.2.1/i", "192.0.2.1", 80 },
		{ "http://[2001:DB8::1]:81/", "http://[2001:db8::1]:81/", "2001:db8::1", 81 },
		{ "http://[::ffff:192.0.2.1]/", "http://192.0.2.1/", "192.0.2.1", 80 },
		{ "http://a.example/\xff?x=http://b@c", "http://a.example/\xff?x=http://b@c",
		  "a.example", 80 },
		{ "tcp://a.example:5/", "tcp://a.example:5/", "a.example", 5 },
		{ "tcp://a.example", "tcp://a.example/", "a.example", 0 },
		{ "http://intranet/x", "http://intranet/x", "intranet", 80 },
		{ "a.example/x", NULL, NULL, 0 },
		{ "://a.example/x", NULL, NULL, 0 },
		{ "1http://a.example/x", NULL, NULL, 0 },
		{ "http:///x", NULL, NULL, 0 },
		{ "http://a.example:0/", NULL, NULL, 0 },
		{ "http://a.example:65536/", NULL, NULL, 0 },
		{ "http://a.example:8x/", NULL, NULL, 0 },
		{ "http://1.2.3/", NULL, NULL, 0 },
		{ "http://1.2.3.400/", NULL, NULL, 0 },
		{ "http://3232235777/", NULL, NULL, 0 },
		{ "http://0x7f000001/", NULL, NULL, 0 },
		{ "http://2001:db8::1/", NULL, NULL, 0 },
		{ "http://[2001:db8::1/", NULL, NULL, 0 },
		{ "http://[a.example]/", NULL, NULL, 0 },
		{ "http://a.example/\x01", NULL, NULL, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct buf b;
		struct str host = STR_NONE;
		uint16_t port = 0;
		enum err e;

		buf_init(&b, 0);
		e = url_normalise(str_of(rows[i].in), &b, &host, &port);
		if (rows[i].out) {
			assert_int_equal(e, ERR_OK);
			assert_int_equal(port, rows[i].port);
			assert_true(str_is(host, rows[i].host));
			buf_ch(&b, 0);
			assert_string_equal(b.p, rows[i].out);
		} else {
			assert_int_equal(e, ERR_PARSE);
			assert_int_equal(b.n, 0);
		}
		buf_free(&b);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_have_one_form),
		cmocka_unit_test(names_have_limits),
		cmocka_unit_test(names_lie_under_names),
		cmocka_unit_test(public_suffixes_are_known),
		cmocka_unit_test(urls_have_one_form),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
