/* SPDX-License-Identifier: Apache-2.0 */
/* Passive DNS: which files are taken for it, and what rows teach (core/names) and do not (touches). */
#include "base/clock.h"
#include "core/touch.h"
#include "format/reader.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

extern const struct reader reader_cof;

static void recognised(void **state)
{
	static const struct {
		const char *text;
		int sure;
	} t[] = {
		{ "{\"rrname\":\"a.\",\"rrtype\":\"A\",\"rdata\":[],\"time_first\":1,\"time_last\":2}\n",
		  95 },
		{ "\n{\"zone_time_first\":1,\"rrname\":\"a.\",\"rrtype\":1,\"rdata\":\"x\",\"cut", 95 },
		{ "{\"rrname\":\"a.\",\"rrtype\":\"A\",\"rdata\":[]}\n", 60 },
		{ "{\"rrname\":\"a.\",\"rrtype\":\"A\"}\n", 0 },
		{ "{\"event_type\":\"dns\",\"dns\":{\"rrname\":\"a\",\"rrtype\":\"A\",\"rdata\":\"x\"}}\n",
		  0 },
		{ "rrname,rrtype,rdata,time_first\n", 0 },
		{ "", 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof t / sizeof t[0]; i++) {
		struct sample s = { .head = str_of(t[i].text), .whole = true, .name = STR_NONE };

		if (reader_cof.sniff(&s) != t[i].sure)
			fail_msg("\"%s\"", t[i].text);
	}
}

struct lesson {
	struct names *names;
	unsigned touching, domains;
};

static void learn(void *ctx, struct record *r)
{
	struct lesson *l = ctx;
	char lower[256];
	static struct touch touches[TOUCHES_MAX];
	struct rules rules = { .any_validity = true };

	assert_true(r->passive);
	assert_false(names_wants(l->names, r));
	l->touching += touch_possible(l->names, r);
	l->touching += touch_record(l->names, &rules, r, lower, touches) > 0;
	if (names_wants_resolved(l->names, r))
		assert_int_equal(names_learn_resolved(l->names, r), ERR_OK);
}

static bool count(void *ctx, uint32_t domain)
{
	struct lesson *l = ctx;

	(void)domain;
	l->domains++;
	return true;
}

static unsigned domains_at(struct lesson *l, const char *addr, int64_t s)
{
	struct ip ip;

	assert_true(ip_parse(str_of(addr), &ip));
	l->domains = 0;
	names_resolved(l->names, ip, s * TIME_S, count, l);
	return l->domains;
}

static void where_listed_domains_led(void **state)
{
	static const char rows[] =
		"{\"rrname\":\"c2.Evil.example.\",\"rrtype\":\"A\",\"rdata\":[\"203.0.113.7\",\"203.0.113.8\"],"
		"\"time_first\":1000000,\"time_last\":2000000}\n"
		"{\"rrname\":\"fine.example.\",\"rrtype\":\"A\",\"rdata\":\"203.0.113.9\",\"time_first\":1000000,"
		"\"time_last\":2000000}\n";
	struct indicator i = { .type = IT_DOMAIN,
			       .value = STR("evil.example"),
			       .family = STR_NONE,
			       .source = STR_NONE,
			       .reference = STR_NONE,
			       .from = TIME_NONE,
			       .until = TIME_NONE };
	struct sink *sink = calloc(1, sizeof *sink);
	struct lesson l = { 0 };
	struct snapshot snap;
	struct names names;
	struct exset ex;
	struct reader_hints none = { 0 };

	(void)state;
	assert_non_null(sink);
	snapshot_init(&snap, 1);
	assert_int_equal(snapshot_add(&snap, &i), ERR_OK);
	assert_int_equal(snapshot_build(&snap), ERR_OK);
	exset_init(&ex, 1);
	assert_int_equal(exset_build(&ex), ERR_OK);
	assert_int_equal(names_init(&names, &snap, &ex), ERR_OK);
	l.names = &names;
	sink->ctx = &l;
	sink->record = learn;
	buf_init(&sink->scratch, 0);
	reader_cof.block(NULL, &none, str_of(rows), sink);
	names_settle(&names);

	assert_int_equal(sink->malformed, 0);
	assert_int_equal(l.touching, 0);
	assert_int_equal(domains_at(&l, "203.0.113.7", 999998), 0);
	assert_int_equal(domains_at(&l, "203.0.113.7", 999999), 1);
	assert_int_equal(domains_at(&l, "203.0.113.8", 1500000), 1);
	assert_int_equal(domains_at(&l, "203.0.113.8", 2003600), 1);
	assert_int_equal(domains_at(&l, "203.0.113.8", 2003601), 0);
	assert_int_equal(domains_at(&l, "203.0.113.9", 1500000), 0);

	buf_free(&sink->scratch);
	free(sink);
	names_free(&names);
	exset_free(&ex);
	snapshot_free(&snap);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(recognised),
		cmocka_unit_test(where_listed_domains_led),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
