/* SPDX-License-Identifier: Apache-2.0 */
#include "format/reader.h"
#include "read_records.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

extern const struct reader reader_eve;

#define AT   "\"timestamp\":\"2024-03-01T02:00:00.5+0200\","
#define ENDS "\"src_ip\":\"10.0.0.1\",\"src_port\":4000,\"dest_ip\":\"192.0.2.1\",\"dest_port\":80"
#define TCP  AT ENDS ",\"proto\":\"TCP\","
#define UDP  AT ENDS ",\"proto\":\"UDP\","

/* What comes out of the lines is `want`. */
static void check(const char *text, const char *want)
{
	struct reading x = { .quiet = false };

	buf_init(&x.out, 0);
	read_text(&x, &reader_eve, str_of(text), 1 << 20, NULL);
	buf_ch(&x.out, 0);
	assert_string_equal(x.out.p, want);
	buf_free(&x.out);
}

static void has(const char *text, const char *part)
{
	struct reading x = { .quiet = false };

	buf_init(&x.out, 0);
	read_text(&x, &reader_eve, str_of(text), 1 << 20, NULL);
	buf_ch(&x.out, 0);
	if (!strstr(x.out.p, part))
		fail_msg("\"%s\" is not in:\n%s", part, x.out.p);
	buf_free(&x.out);
}

/* A TCP flow of that state and flags. */
static void flow(const char *state, const char *tcp, const char *part)
{
	char text[2000];

	(void)snprintf(text, sizeof text,
		       "{" TCP "\"event_type\":\"flow\",\"flow\":{\"pkts_toserver\":3,\"pkts_toclient\":2,"
		       "\"bytes_toserver\":422,\"bytes_toclient\":149,\"state\":\"%s\"}%s%s}",
		       state, *tcp ? ",\"tcp\":" : "", tcp);
	has(text, part);
}

static void flows(void **state)
{
	(void)state;
	flow("new", "", "opener=orig level=attempt bytes=422/149 packets=3/2 payload=200/1");
	flow("established", "", "opener=unknown level=two-way");
	flow("closed", "", "opener=unknown level=two-way");
	flow("bypassed", "", "opener=unknown level=two-way");
	flow("closed", "{\"syn\":true}", "opener=orig level=two-way");
	flow("closed", "{\"tcp_flags_ts\":\"1b\",\"tcp_flags_tc\":\"1b\"}", "opener=orig level=two-way");
	flow("closed", "{\"tcp_flags_ts\":\"18\",\"tcp_flags_tc\":\"18\"}",
	     "opener=unknown level=two-way");
	flow("established", "{\"tcp_flags_ts\":\"10\",\"tcp_flags_tc\":\"14\"}", "level=two-way");
	/* Refused: the client's SYN was answered by a reset. */
	flow("closed", "{\"tcp_flags_ts\":\"02\",\"tcp_flags_tc\":\"14\",\"syn\":true}",
	     "opener=orig level=attempt");
	flow("closed", "{\"tcp_flags_ts\":\"c2\",\"tcp_flags_tc\":\"14\"}", "opener=orig level=attempt");
	/* Reset after a handshake. */
	flow("closed", "{\"tcp_flags_ts\":\"1e\",\"tcp_flags_tc\":\"16\"}", "level=two-way");
	/* Not what they should be. */
	flow("closed", "{\"tcp_flags_ts\":\"xyz\",\"tcp_flags_tc\":7}", "opener=unknown level=two-way");
	flow("closed", "[]", "opener=unknown level=two-way");
	has("{" UDP "\"event_type\":\"flow\",\"flow\":{\"pkts_toserver\":1,\"pkts_toclient\":1,"
	    "\"bytes_toserver\":100,\"bytes_toclient\":60,\"state\":\"new\"}}",
	    "udp 10.0.0.1 4000 192.0.2.1 80 opener=unknown level=established bytes=100/60 "
	    "packets=1/1 payload=26/0");
	has("{" UDP "\"event_type\":\"flow\",\"flow\":{\"pkts_toserver\":1,\"pkts_toclient\":0,"
	    "\"bytes_toserver\":100,\"bytes_toclient\":0}}",
	    "level=attempt");
	has("{" UDP "\"event_type\":\"flow\",\"flow\":{}}",
	    "level=attempt bytes=-/- packets=-/- payload=-/-");
	has("{" AT "\"src_ip\":\"fe80::1\",\"dest_ip\":\"ff02::1\",\"proto\":\"IPv6-ICMP\","
	    "\"icmp_type\":134,\"event_type\":\"flow\",\"flow\":{\"pkts_toserver\":1}}",
	    "ipv6-icmp fe80::1 0 ff02::1 0 opener=unknown level=attempt");
}

static void times(void **state)
{
	(void)state;
	has("{" UDP "\"event_type\":\"flow\",\"flow\":{}}", "2024-03-01T00:00:00.500000Z+0 ");
	has("{" UDP "\"event_type\":\"flow\",\"flow\":{\"start\":\"2024-03-01T00:00:00.000001-0530\","
	    "\"end\":\"2024-03-01T00:00:02-0530\"}}",
	    "2024-03-01T05:30:00.000001Z+1999999 ");
	has("{" UDP "\"event_type\":\"flow\",\"flow\":{\"start\":\"2024-03-01T00:00:02Z\","
	    "\"end\":\"2024-03-01T00:00:01Z\"}}",
	    "2024-03-01T00:00:02Z+0 ");
	has("{" UDP "\"event_type\":\"flow\",\"flow\":{\"start\":\"yesterday\"}}",
	    "! start is no time from 1970 to 2100: \"yesterday\"");
	has("{" UDP "\"event_type\":\"flow\",\"flow\":{\"end\":\"2101-01-01T00:00:00Z\"}}",
	    "! end is no time");
	has("{" ENDS ",\"event_type\":\"flow\",\"flow\":{}}", "! no timestamp");
	has("{" ENDS ",\"event_type\":\"dns\",\"dns\":{}}", "! no timestamp");
}

static void netflows(void **state)
{
	(void)state;
	has("{" TCP "\"event_type\":\"netflow\",\"netflow\":{\"pkts\":3,\"bytes\":322},"
	    "\"tcp\":{\"tcp_flags\":\"02\",\"syn\":true}}",
	    "opener=orig level=attempt one-way bytes=322/- packets=3/- payload=100/-");
	has("{" TCP "\"event_type\":\"netflow\",\"netflow\":{\"pkts\":3,\"bytes\":322},"
	    "\"tcp\":{\"tcp_flags\":\"1b\",\"syn\":true,\"ack\":true}}",
	    "opener=unknown level=established one-way ack");
	has("{" UDP "\"event_type\":\"netflow\",\"netflow\":{\"pkts\":1}}",
	    "opener=unknown level=attempt one-way bytes=-/- packets=1/- payload=-/-");
}

#define ANSWER "{" UDP "\"event_type\":\"dns\",\"dns\":{\"type\":\"answer\","

static void dns(void **state)
{
	(void)state;
	has("{" UDP "\"event_type\":\"dns\",\"dns\":{\"type\":\"query\",\"rrname\":\"a.test\","
	    "\"rrtype\":\"A\",\"rdata\":\"192.0.2.9\"}}",
	    "udp 10.0.0.1 4000 192.0.2.1 80 opener=orig level=lookup name=a.test\n");
	/* Version 1: an event for each answer; the server sent it. */
	has("{" AT "\"src_ip\":\"192.0.2.53\",\"src_port\":53,\"dest_ip\":\"10.0.0.1\",\"dest_port\":4000,"
	    "\"proto\":\"UDP\",\"event_type\":\"dns\",\"dns\":{\"type\":\"answer\",\"rrname\":\"a.test\","
	    "\"rrtype\":\"A\",\"ttl\":5,\"rdata\":\"192.0.2.9\"}}",
	    "udp 10.0.0.1 4000 192.0.2.53 53 opener=orig level=lookup name=a.test answers=192.0.2.9@5\n");
	has("{" AT "\"src_ip\":\"192.0.2.53\",\"src_port\":53,\"dest_ip\":\"10.0.0.1\",\"dest_port\":53,"
	    "\"event_type\":\"dns\",\"dns\":{\"type\":\"answer\"}}",
	    "udp 192.0.2.53 53 10.0.0.1 53 ");
	/* Answers that are no addresses, of another type, without TTL. */
	has(ANSWER
	    "\"rrname\":\"a.test\",\"answers\":[{\"rrtype\":\"CNAME\",\"rdata\":\"192.0.2.1\"},"
	    "{\"rrtype\":\"A\",\"rdata\":\"b.test\"},{\"rrtype\":\"A\",\"rdata\":\"192.0.2.2\"},"
	    "{\"rrtype\":\"AAAA\",\"ttl\":9,\"rdata\":\"2001:db8::1\"},{\"rrtype\":\"A\"},1,[]]}}",
	    "name=a.test answers=192.0.2.2@-,2001:db8::1@9\n");
	/* Grouped ones count where there are no others. */
	has(ANSWER "\"rrname\":\"a\",\"grouped\":{\"A\":[\"192.0.2.1\",7,\"\\u0031.2.3.4\"],\"MX\":[\"192.0.2.7\"],"
		   "\"AAAA\":\"::1\"}}}",
	    "name=a answers=192.0.2.1@-,1.2.3.4@-\n");
	has(ANSWER "\"rrname\":\"a\",\"answers\":[{\"rrtype\":\"A\",\"ttl\":1,\"rdata\":\"192.0.2.1\"}],"
		   "\"grouped\":{\"A\":[\"192.0.2.1\"]}}}",
	    "name=a answers=192.0.2.1@1\n");
	/* Version 3. */
	check("{" UDP "\"event_type\":\"dns\",\"dns\":{\"version\":3,\"type\":\"response\",\"queries\":["
	      "{\"rrname\":\"a\",\"rrtype\":\"A\"},{\"rrname\":\"b\"}],\"answers\":[{\"rrtype\":\"A\","
	      "\"ttl\":1,\"rdata\":\"192.0.2.1\"}]}}",
	      "1 dns 2024-03-01T00:00:00.500000Z+0 udp 10.0.0.1 4000 192.0.2.1 80 opener=orig "
	      "level=lookup name=a answers=192.0.2.1@1\n"
	      "1 dns 2024-03-01T00:00:00.500000Z+0 udp 10.0.0.1 4000 192.0.2.1 80 opener=orig "
	      "level=lookup name=b\n");
	has("{" UDP "\"event_type\":\"dns\",\"dns\":{\"type\":\"request\",\"queries\":[]}}",
	    "level=lookup\n");
}

static void tls_and_http(void **state)
{
	(void)state;
	has("{" TCP "\"event_type\":\"tls\",\"tls\":{\"sni\":\"A.test\",\"version\":\"TLS 1.3\"}}",
	    "tls 2024-03-01T00:00:00.500000Z+0 tcp 10.0.0.1 4000 192.0.2.1 80 opener=orig "
	    "level=two-way name=A.test\n");
	has("{" TCP "\"event_type\":\"tls\",\"tls\":{\"version\":\"UNDETERMINED\"}}",
	    "level=established\n");
	has("{" TCP "\"event_type\":\"tls\",\"tls\":{\"version\":\"\"}}", "level=established\n");
	has("{" TCP "\"event_type\":\"tls\",\"tls\":{}}", "level=established\n");
	has("{" TCP "\"event_type\":\"http\",\"http\":{\"hostname\":\"a.test\",\"http_port\":8080,"
	    "\"url\":\"\\/x?y\",\"status\":404}}",
	    "level=two-way name=a.test port=8080 path=/x?y\n");
	has("{" TCP "\"event_type\":\"http\",\"http\":{\"hostname\":\"a.test:81\",\"http_port\":8080}}",
	    "level=established name=a.test port=81\n");
	has("{" TCP "\"event_type\":\"http\",\"http\":{\"hostname\":\"[2001:db8::1]:99999\"}}",
	    "level=established name=2001:db8::1\n");
	has("{" TCP "\"event_type\":\"http\",\"http\":{\"hostname\":null,\"url\":{\"a\":1}}}",
	    "level=established\n");
}

static void others(void **state)
{
	(void)state;
	check("{" TCP "\"event_type\":\"alert\",\"alert\":{}}\n\n{\"event_type\":\"stats\"}\n"
	      "{" TCP "\"event_type\":\"fileinfo\",\"http\":{},\"flow\":{}}\n",
	      "");
	has("{" TCP "\"event_type\":\"flow\"}", "! a flow event without its object");
	has("{" TCP "\"event_type\":\"dns\",\"dns\":[]}", "! a dns event without its object");
	has("{" TCP "\"flow\":{}}", "! no event_type");
	has("{" TCP "\"event_type\":7}", "");
	has("{" AT "\"src_ip\":\"10.0.0.1\",\"event_type\":\"flow\",\"flow\":{}}", "! no dest_ip");
	has("{" AT "\"src_ip\":\"x\",\"event_type\":\"flow\",\"flow\":{}}",
	    "! src_ip is no address: \"x\"");
	has("{" AT ENDS "9,\"event_type\":\"flow\",\"flow\":{}}", "192.0.2.1 809 opener");
	has("{" AT ENDS "999,\"event_type\":\"flow\",\"flow\":{}}", "! dest_port is no port: \"80999\"");
	has("{" TCP "\"event_type\":\"flow\",\"flow\":{\"pkts_toclient\":1.5e99}}",
	    "! pkts_toclient is no count: \"1.5e99\"");
	has("{" TCP "\"event_type\":\"flow\",\"flow\":{\"pkts_toclient\":1}", "! not valid JSON");
	has("{" TCP "\"event_type\":\"flow\",\"flow\":{}},", "! text after the JSON object");
	has("[]", "! not a JSON object");
	has("{" TCP "\"event_type\":\"al\\u0065rt\"}", "");
}

static void recognised(void **state)
{
	static const struct {
		const char *text;
		bool eve;
	} t[] = {
		{ "{" TCP "\"event_type\":\"alert\"}\n", true },
		{ "\n{" TCP "\"event_type\":\"flow\",\"flow\":{\"cut", true },
		{ "not one\n", false },
		{ "{\"event_type\":\"x\"}\n", false },
		{ "{\"timestamp\":\"x\"}\n", false },
		{ "[{" TCP "\"event_type\":\"alert\"}]\n", false },
		{ "", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof t / sizeof t[0]; i++) {
		struct sample s = { .head = str_of(t[i].text), .whole = true, .name = STR_NONE };

		if ((reader_eve.sniff(&s) > 0) != t[i].eve)
			fail_msg("\"%s\"", t[i].text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(flows),        cmocka_unit_test(times),
		cmocka_unit_test(netflows),     cmocka_unit_test(dns),
		cmocka_unit_test(tls_and_http), cmocka_unit_test(others),
		cmocka_unit_test(recognised),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
