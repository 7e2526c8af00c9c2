/* SPDX-License-Identifier: Apache-2.0 */
/* Recognising a value, defanged or not, and the names of roles. */
#include "core/indicator.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

/* "type value port", or "refused: reason". */
static const char *told(struct str text, enum said said, char *out, size_t n)
{
	struct indicator ind = indicator_init();
	struct errinfo ei = { "", 0 };
	struct buf b, text_of;
	enum err e;

	buf_init(&b, 0);
	buf_init(&text_of, 0);
	/* What was there before must not matter, nor be touched. */
	buf_c(&b, "before");
	e = indicator_said(text, said, &b, &ind, &ei);
	assert_memory_equal(b.p, "before", 6);
	if (e) {
		snprintf(out, n, "refused: %s", ei.msg);
	} else {
		if (ind.type == IT_IP || ind.type == IT_CIDR)
			cidr_format(&text_of, ind.net);
		else
			buf_puts(&text_of, ind.value);
		snprintf(out, n, "%s %.*s %u", itype_text(ind.type), STR_ARG(buf_str(&text_of)),
			 ind.port);
	}
	assert_true(b.n <= 6 + INDICATOR_ROOM(text.n));
	buf_free(&b);
	buf_free(&text_of);
	return out;
}

#define NOTHING "refused: not an address, domain, URL or hash"
#define NO_V4                                                                                   \
	"refused: not an IPv4 address (four numbers up to 255 without leading zeros), domain, " \
	"URL or hash"
#define NO_URL "refused: a URL whose scheme, host or port cannot be read"

static void values_are_recognised(void **state)
{
	static const char *const rows[][2] = {
		{ "192.0.2.1", "ip 192.0.2.1 0" },
		{ " \"192.0.2.1\" ", "ip 192.0.2.1 0" },
		{ "<192.0.2.1>,", "ip 192.0.2.1 0" },
		{ "(192.0.2.1)", "ip 192.0.2.1 0" },
		{ "192.0.2.1).", "ip 192.0.2.1 0" },
		{ "192.155.90[.]90.", "ip 192.155.90.90 0" },
		{ "45.123.3[.]54、", "ip 45.123.3.54 0" },
		{ "「45.123.3[.]54」。", "ip 45.123.3.54 0" },
		{ "１９２．０。2｡1", "ip 192.0.2.1 0" },
		{ "192[.]0(.)2{.}1", "ip 192.0.2.1 0" },
		{ "192[dot]0(DOT)2[ . ]1", "ip 192.0.2.1 0" },
		{ "192\\.0\\.2\\.1", "ip 192.0.2.1 0" },
		{ "192.0.2[.1", "ip 192.0.2.1 0" },
		{ "192.0.2.]1", "ip 192.0.2.1 0" },
		{ "192.0.2.1:4444", "ip 192.0.2.1 4444" },
		{ "192.0.2.1[:]4444", "ip 192.0.2.1 4444" },
		{ "192.0.2.1：４４４４", "ip 192.0.2.1 4444" },
		{ "192.0.2.1:443/tcp", "ip 192.0.2.1 443" },
		{ "tcp://192.0.2.1:443/", "ip 192.0.2.1 443" },
		{ "192.0.2.1:0", "ip 192.0.2.1 0" },
		{ "::ffff:192.0.2.1", "ip 192.0.2.1 0" },
		{ "2001:DB8:0::1", "ip 2001:db8::1 0" },
		{ "[2001:db8::1]", "ip 2001:db8::1 0" },
		{ "[2001:db8::1]:443", "ip 2001:db8::1 443" },
		{ "2001[:]db8[:][:]1", "ip 2001:db8::1 0" },
		{ "192.0.2.77/24", "cidr 192.0.2.0/24 0" },
		{ "192.0.2[.]0/24", "cidr 192.0.2.0/24 0" },
		{ "192.0.2.77/255.255.255.0", "cidr 192.0.2.0/24 0" },
		{ "192.0.2.1/32", "ip 192.0.2.1 0" },
		{ "0.0.0.0/0", "cidr 0.0.0.0/0 0" },
		{ "2001:db8::/32", "cidr 2001:db8::/32 0" },
		{ "Evil.Example.COM.", "domain evil.example.com 0" },
		{ "evil[.]example[.]com", "domain evil.example.com 0" },
		{ "evil[.com", "domain evil.com 0" },
		{ "evil.]com", "domain evil.com 0" },
		{ "*.evil.com", "domain evil.com 0" },
		{ ".evil.com", "domain evil.com 0" },
		{ "evil.com:8443", "domain evil.com 8443" },
		{ "ünïcode.com", "domain xn--ncode-cta3g.com 0" },
		{ "evil。中国", "domain evil.xn--fiqs8s 0" },
		{ "x.xn--p1ai", "domain x.xn--p1ai 0" },
		{ "hxxp://evil[.]com/a.php?x=[1]", "url http://evil.com/a.php?x=[1] 80" },
		{ "hXXps[://]evil[.]com", "url https://evil.com/ 443" },
		{ "h**p://evil(.)com:8080/", "url http://evil.com:8080/ 8080" },
		{ "fxp://192.0.2[.]1/x", "url ftp://192.0.2.1/x 21" },
		{ "http[:]//evil.com/a.", "url http://evil.com/a. 80" },
		{ "\"http://evil.com/a;b,\"", "url http://evil.com/a;b, 80" },
		{ "<http://evil.com/(x)>", "url http://evil.com/(x) 80" },
		{ "http://evil.com/a\\.b", "url http://evil.com/a\\.b 80" },
		{ "//evil.com/x", "url http://evil.com/x 80" },
		{ "evil.com/gate.php", "url http://evil.com/gate.php 80" },
		{ "192.0.2.1/gate.php", "url http://192.0.2.1/gate.php 80" },
		{ "evil.com:8080/?u=http://x", "url http://evil.com:8080/?u=http://x 8080" },
		{ "http://[2001:db8::1]/x", "url http://[2001:db8::1]/x 80" },
		{ "D41D8CD98F00B204E9800998ECF8427E", "hash d41d8cd98f00b204e9800998ecf8427e 0" },
		{ "da39a3ee5e6b4b0d3255bfef95601890afd80709",
		  "hash da39a3ee5e6b4b0d3255bfef95601890afd80709 0" },
		{ "", "refused: no value" },
		{ " \"\" ", "refused: no value" },
		{ "://", "refused: no value" },
		{ "localhost", NOTHING },
		{ "1.2.3", NO_V4 },
		{ "1.2.3.4.5", NO_V4 },
		{ "1.2.3.256", NO_V4 },
		{ "192.168.001.001", NO_V4 },
		{ "1.2.3-4", NOTHING },
		{ "v1.2.3b4", NOTHING },
		{ "applications. [To", NOTHING },
		{ "e.g.", NOTHING },
		{ "user@evil.com", "refused: a mail address is no indicator" },
		{ "1.2.3.4/33", "refused: prefix length over 32" },
		{ "2001:db8::/129", "refused: prefix length over 128" },
		{ "1.2.3.4:65536", "refused: port over 65535" },
		{ "evil.com:99999999999999999999", "refused: what follows the colon is no port" },
		{ "evil.com:", "refused: what follows the colon is no port" },
		{ "[1.2.3]:80", "refused: no IPv6 address in the brackets" },
		{ "1:2:3", NOTHING },
		{ "/gate.php", "refused: a path without a host" },
		{ "http://", NO_URL },
		{ "http://evil.com:99999/", NO_URL },
		{ "http://1.2.3/", NO_URL },
		{ "evil com", NOTHING },
	};
	char out[400];

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		assert_string_equal(told(str_of(rows[i][0]), SAID_NOTHING, out, sizeof out),
				    rows[i][1]);
}

static void a_stated_type_binds(void **state)
{
	static const struct {
		const char *in;
		enum said said;
		const char *out;
	} rows[] = {
		{ "192.0.2.1:80", SAID_ADDRESS, "ip 192.0.2.1 80" },
		{ "192.0.2.0/24", SAID_ADDRESS, "cidr 192.0.2.0/24 0" },
		{ "evil.com", SAID_ADDRESS, "refused: said to be an address, but is a domain" },
		{ "192.0.2.1", SAID_DOMAIN, "ip 192.0.2.1 0" },
		{ "http://evil.com/", SAID_DOMAIN, "refused: said to be a domain, but is a URL" },
		{ "evil.com", SAID_URL, "url http://evil.com/ 80" },
		{ "evil.com:81", SAID_URL, "url http://evil.com:81/ 81" },
		{ "2001:db8::1", SAID_URL, "url http://[2001:db8::1]/ 80" },
		{ "192.0.2.0/24", SAID_URL, "refused: said to be a URL, but is a network" },
		{ "d41d8cd98f00b204e9800998ecf8427e", SAID_HASH,
		  "hash d41d8cd98f00b204e9800998ecf8427e 0" },
		{ "evil.com", SAID_HASH, "refused: said to be a hash, but is a domain" },
	};
	char out[400];

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		assert_string_equal(told(str_of(rows[i].in), rows[i].said, out, sizeof out),
				    rows[i].out);
}

static void any_bytes_are_survived(void **state)
{
	static const char bits[] = "[](){}<>.:/\\*@\"' ,;%-_\xef\xbc\x8e\xe3\x80\x82"
				   "0123456789abchxpdot\0\x80\xff";
	uint64_t seed = 7;
	char text[96], out[400];

	(void)state;
	for (int round = 0; round < 60000; round++) {
		size_t n = mix_next(&seed) % sizeof text;
		char *exact = malloc(n + 1);

		assert_non_null(exact);
		for (size_t i = 0; i < n; i++)
			exact[i] = bits[mix_next(&seed) % (sizeof bits - 1)];
		(void)told((struct str){ exact, n }, (enum said)(mix_next(&seed) % 5), out, sizeof out);
		free(exact);
	}
}

static void long_values_are_refused(void **state)
{
	size_t n = (size_t)3 << 20;
	char *text = malloc(n), out[400];

	(void)state;
	assert_non_null(text);
	memset(text, 'a', n);
	assert_string_equal(told((struct str){ text, n }, SAID_NOTHING, out, sizeof out),
			    "refused: a value of more than 65536 bytes");
	memcpy(text, "http://", 7);
	assert_string_equal(told((struct str){ text, 20000 }, SAID_NOTHING, out, sizeof out), NO_URL);
	memset(text, '[', n);
	(void)told((struct str){ text, 60000 }, SAID_NOTHING, out, sizeof out);
	memset(text, '"', n);
	(void)told((struct str){ text, 60000 }, SAID_NOTHING, out, sizeof out);
	free(text);
}

static void roles_have_many_names(void **state)
{
	enum role role;

	(void)state;
	assert_int_equal(role_parse(STR("C&C")), ROLE_CONTROLLER);
	assert_int_equal(role_parse(STR("botnet_cc")), ROLE_CONTROLLER);
	assert_int_equal(role_parse(STR("Command-and-Control")), ROLE_CONTROLLER);
	assert_int_equal(role_parse(STR("")), ROLE_CONTROLLER);
	assert_int_equal(role_parse(STR("payload_delivery")), ROLE_PAYLOAD);
	assert_int_equal(role_parse(STR("malware_download")), ROLE_PAYLOAD);
	assert_int_equal(role_parse(STR("Phishing")), ROLE_PHISHING);
	assert_int_equal(role_parse(STR("mass scanner")), ROLE_SCANNER);
	assert_int_equal(role_parse(STR("sinkhole")), ROLE_SINKHOLE);
	assert_int_equal(role_parse(STR("infected-host")), ROLE_INFECTED_HOST);
	assert_int_equal(role_parse(STR("something else")), ROLE_OTHER);
	assert_false(role_find(STR("something else"), &role));
	for (enum role r = ROLE_CONTROLLER; r <= ROLE_INFECTED_HOST; r++)
		assert_int_equal(role_parse(str_of(role_text(r))), r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_are_recognised),  cmocka_unit_test(a_stated_type_binds),
		cmocka_unit_test(any_bytes_are_survived), cmocka_unit_test(long_values_are_refused),
		cmocka_unit_test(roles_have_many_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
