/* SPDX-License-Identifier: Apache-2.0 */
/* DNS messages as hexadecimal digits, cut everywhere, and with compression that leads astray. */
#include "format/dns_wire.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

/* Blanks are for people. */
static struct str bytes(const char *hex)
{
	static char out[70000];
	size_t n = 0;

	for (; *hex; hex++) {
		unsigned v;

		if (*hex == ' ')
			continue;
		assert_int_equal(sscanf(hex, "%2x", &v), 1);
		out[n++] = (char)v;
		hex++;
	}
	return (struct str){ out, n };
}

static enum dns_state decode(struct str wire, struct buf *out)
{
	struct dns_answer answers[DNS_ANSWERS_MAX];
	char text[DNS_TEXT_MAX], *exact = malloc(wire.n ? wire.n : 1);
	struct dns_message m;
	enum dns_state state;

	assert_non_null(exact);
	memcpy(exact, wire.p, wire.n);
	state = dns_message((struct str){ exact, wire.n }, text, answers, &m);
	assert_true(m.left == 0 || (m.n_answers == DNS_ANSWERS_MAX && state == DNS_WHOLE));
	buf_clear(out);
	buf_fmt(out, "%s%s", m.response ? "answer" : "query", m.truncated ? " tc" : "");
	if (m.opcode || m.rcode)
		buf_fmt(out, " op %u rcode %u", m.opcode, m.rcode);
	if (m.asked)
		buf_fmt(out, " \"%.*s\" %u/%u", STR_ARG(m.name), m.type, m.class);
	for (;;) {
		for (unsigned i = 0; i < m.n_answers; i++) {
			buf_ch(out, ' ');
			ip_format(out, answers[i].ip);
			buf_fmt(out, "@%u", answers[i].ttl);
		}
		if (state || m.left == 0)
			break;
		buf_c(out, " and");
		state = dns_more(&m, answers);
	}
	free(exact);
	return state;
}

static void check(const char *hex, enum dns_state state, const char *want)
{
	struct buf got;

	buf_init(&got, 0);
	assert_int_equal(decode(bytes(hex), &got), state);
	if (!str_is(buf_str(&got), want))
		fail_msg("%s: \"%.*s\", not \"%s\"", hex, STR_ARG(buf_str(&got)), want);
	buf_free(&got);
}

#define QUERY     "abcd 0100 0001 0000 0000 0000"
#define ANSWER(n) "abcd 8180 0001 " n " 0000 0000"
#define NAME      "03 777777 04 4576694c 07 6578616d706c65 00"
#define ASKS      NAME "0001 0001"
#define A(ttl)    "c00c 0001 0001 " ttl " 0004 c0000207"

static void questions(void **state)
{
	(void)state;
	check(QUERY ASKS, DNS_WHOLE, "query \"www.evil.example\" 1/1");
	check(QUERY "00 0002 0001", DNS_WHOLE, "query \"\" 2/1");
	/* What would look like two labels, like an escape, or be lost on a terminal. */
	check(QUERY "07 61 2e 62 5c 20 00 ff 00 0001 0001", DNS_WHOLE,
	      "query \"a\\046b\\092\\032\\000\\255\" 1/1");
	check("abcd 0100 0002 0000 0000 0000" ASKS "c00c 001c 0001", DNS_WHOLE,
	      "query \"www.evil.example\" 1/1");
	check("abcd 2800 0001 0000 0001 0000" ASKS, DNS_WHOLE,
	      "query op 5 rcode 0 \"www.evil.example\" 1/1");
	check("abcd 0100 0000 0000 0000 0000", DNS_WHOLE, "query");
}

static void answers(void **state)
{
	(void)state;
	check(ANSWER("0001") ASKS A("0000003c"), DNS_WHOLE,
	      "answer \"www.evil.example\" 1/1 192.0.2.7@60");
	check(ANSWER("0003") ASKS "c00c 0005 0001 0000003c 0002 c010"
				  "c010 0001 0001 00000e10 0004 c6336401"
				  "c010 001c 0001 ffffffff 0010 20010db8000000000000000000000001",
	      DNS_WHOLE, "answer \"www.evil.example\" 1/1 198.51.100.1@3600 2001:db8::1@0");
	/* Another class, another length; mDNS marks the class. */
	check(ANSWER("0003") ASKS "c00c 0001 0003 0000003c 0004 c0000207"
				  "c00c 0001 0001 0000003c 0005 c000020700"
				  "c00c 0001 8001 0000003c 0004 c0000208",
	      DNS_WHOLE, "answer \"www.evil.example\" 1/1 192.0.2.8@60");
	check("abcd 8583 0001 0000 0000 0000" ASKS, DNS_WHOLE,
	      "answer op 0 rcode 3 \"www.evil.example\" 1/1");
	/* No answers: a query has none, an update other sections. */
	check("abcd 0100 0001 0001 0000 0000" ASKS A("0000003c"), DNS_WHOLE,
	      "query \"www.evil.example\" 1/1");
	check("abcd a800 0001 0001 0000 0000" ASKS A("0000003c"), DNS_WHOLE,
	      "answer op 5 rcode 0 \"www.evil.example\" 1/1");
	check("abcd 8380 0001 0001 0000 0000" ASKS A("0000003c"), DNS_WHOLE,
	      "answer tc \"www.evil.example\" 1/1 192.0.2.7@60");
	check("0000 8400 0000 0001 0000 0000" NAME "0001 8001 00000078 0004 c0000207", DNS_WHOLE,
	      "answer 192.0.2.7@120");
}

static void astray(void **state)
{
	(void)state;
	/* To itself, forward, to and fro, and to a label that comes back here. */
	check(QUERY "c00c 0001 0001", DNS_BAD, "query");
	check(QUERY "c00e 00 0001 0001", DNS_BAD, "query");
	check(QUERY "01 61 c00c 0001 0001", DNS_BAD, "query");
	check("c00c 0100 0001 0000 0000 0000"
	      "c000 0001 0001",
	      DNS_BAD, "query");
	check("01 62 01 00 0001 0000 0000 0000"
	      "01 61 c001 0001 0001",
	      DNS_BAD, "query");
	/* Lengths that are none. */
	check(QUERY "40 61 00 0001 0001", DNS_BAD, "query");
	check(QUERY "80 61 00 0001 0001", DNS_BAD, "query");
	check(ANSWER("0001") ASKS "40 0001 0001 0000003c 0004 c0000207", DNS_BAD,
	      "answer \"www.evil.example\" 1/1");
	check("", DNS_BAD, "query");
	check("abcd 0100 0001 0000 0000 00", DNS_BAD, "query");
	check(ANSWER("ffff") ASKS A("00000001") "c00c 0001 0001 00000001 ffff c0000208", DNS_CUT,
	      "answer \"www.evil.example\" 1/1 192.0.2.7@1");
}

static void long_names(void **state)
{
	char hex[2000] = QUERY;
	struct buf got;

	(void)state;
	buf_init(&got, 0);
	/* 255 bytes on the wire: three labels of 63, one of 61. */
	for (int label = 0; label < 4; label++) {
		int n = label < 3 ? 63 : 61;

		(void)sprintf(hex + strlen(hex), "%02x", (unsigned)n);
		for (int i = 0; i < n; i++)
			strcat(hex, "ff");
	}
	strcat(hex, "00 0001 0001");
	assert_int_equal(decode(bytes(hex), &got), DNS_WHOLE);
	assert_int_equal(got.n, strlen("query \"\" 1/1") + 250 * 4 + 3);
	/* One more. */
	*strrchr(hex, '0') = '0';
	(void)sprintf(hex + strlen(hex) - strlen("00 0001 0001"), "01 61 00 0001 0001");
	assert_int_equal(decode(bytes(hex), &got), DNS_BAD);
	buf_free(&got);
}

/* More answers than there is room for come in parts. */
static void many(void **state)
{
	static char hex[40000];
	struct buf got;

	(void)state;
	buf_init(&got, 0);
	strcpy(hex, ANSWER("0100") ASKS);
	for (int i = 0; i < 256; i++)
		strcat(hex, A("0000003c"));
	assert_int_equal(decode(bytes(hex), &got), DNS_WHOLE);
	assert_int_equal(got.n, strlen("answer \"www.evil.example\" 1/1") +
					strlen(" 192.0.2.7@60") * 256 + strlen(" and") * 3);
	/* The last part may be empty, and may be cut off. */
	strcpy(hex, ANSWER("0042") ASKS);
	for (int i = 0; i < 64; i++)
		strcat(hex, A("0000003c"));
	strcat(hex, "c00c 0005 0001 0000003c 0002 c00c");
	assert_int_equal(decode(bytes(hex), &got), DNS_CUT);
	strcat(hex, "c00c 0005 0001 0000003c 0002 c00c");
	assert_int_equal(decode(bytes(hex), &got), DNS_WHOLE);
	assert_int_equal(got.n, strlen("answer \"www.evil.example\" 1/1") +
					strlen(" 192.0.2.7@60") * 64 + strlen(" and"));
	buf_free(&got);
}

static void cut_anywhere(void **state)
{
	struct str whole = bytes(ANSWER("0002") ASKS A("0000003c") A("0000003d"));
	struct buf got;

	(void)state;
	buf_init(&got, 0);
	for (size_t n = 0; n < whole.n; n++)
		assert_int_equal(decode(str_head(whole, n), &got), n < DNS_HEADER ? DNS_BAD : DNS_CUT);
	buf_free(&got);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(questions), cmocka_unit_test(answers),
		cmocka_unit_test(astray),    cmocka_unit_test(long_names),
		cmocka_unit_test(many),      cmocka_unit_test(cut_anywhere),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
