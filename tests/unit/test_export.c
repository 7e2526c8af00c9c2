/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What routers export, message by message: sessions and domains, templates early, late, taken back
 * and too many, sampling, sFlow. With files as arguments it prints the records of the messages in
 * them instead, for whoever compares.
 */
#include "base/mix.h"
#include "format/export.h"
#include "format/netflow.h"
#include "format/nf_template.h"
#include "read_records.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

extern const struct reader reader_netflow;

#define SENT 1710000000 /* 2024-03-09T16:00:00Z */

/* ---- messages ---------------------------------------------------------------------------------- */

static void number(struct buf *b, uint64_t v, unsigned bytes)
{
	while (bytes--)
		buf_ch(b, (char)(v >> bytes * 8));
}

/* Numbers of so many bytes each: "2:5 4:192" and so on. */
static void numbers(struct buf *b, const char *text)
{
	while (*text) {
		char *after;
		unsigned bytes = (unsigned)strtoul(text, &after, 10);

		assert_int_equal(*after, ':');
		number(b, strtoull(after + 1, &after, 10), bytes);
		text = after + strspn(after, " ");
	}
}

static void patch(struct buf *b, size_t at, size_t v)
{
	b->p[at] = (char)(v >> 8);
	b->p[at + 1] = (char)v;
}

static struct buf message_9(uint32_t domain)
{
	struct buf b;

	buf_init(&b, 1 << 20);
	numbers(&b, "2:9 2:0 4:86400000 4:1710000000 4:1");
	number(&b, domain, 4);
	return b;
}

static struct buf message_ipfix(uint32_t domain)
{
	struct buf b;

	buf_init(&b, 1 << 20);
	numbers(&b, "2:10 2:0 4:1710000000 4:1");
	number(&b, domain, 4);
	return b;
}

static void set(struct buf *b, unsigned id, const char *text)
{
	size_t at = b->n;

	number(b, id, 2);
	number(b, 0, 2);
	numbers(b, text);
	patch(b, at + 2, b->n - at);
}

/* Addresses, ports, protocol, flags, bytes, packets: 22 bytes. */
#define FIELDS "2:8 2:4 2:12 2:4 2:7 2:2 2:11 2:2 2:4 2:1 2:6 2:1 2:1 2:4 2:2 2:4 "
#define PLAIN  "2:256 2:8 " FIELDS
#define FLOW \
	"4:3221225994 4:3325256707 2:40000 2:443 1:6 1:2 4:600 4:6 " /* 192.0.2.10 198.51.100.3 */
#define TEXT "tcp 192.0.2.10 40000 198.51.100.3 443 opener=orig level=attempt one-way "

struct test {
	struct exports *x;
	struct reading r;
	struct sink *sink;
};

static struct test start(void)
{
	struct test t = { .r = { .quiet = false } };

	buf_init(&t.r.out, 0);
	assert_int_equal(exports_new(&t.x), ERR_OK);
	return t;
}

/* A message of an exporter, which is freed. */
static void from(struct test *t, uint32_t exporter, uint16_t port, struct buf *b)
{
	char *copy;

	if (b->p[1] == NETFLOW_IPFIX)
		patch(b, 2, b->n);
	assert_int_equal(buf_err(b), ERR_OK);
	if (!t->sink) {
		t->sink = open_sink(&t->r);
		empty_sink(&t->r, t->sink);
	}
	copy = exact_copy(buf_str(b));
	exports_read(t->x, ip_v4(exporter), port, SENT * TIME_S, (struct str){ copy, b->n }, t->sink);
	empty_sink(&t->r, t->sink);
	free(copy);
	buf_free(b);
}

static void says(struct test *t, const char *text)
{
	buf_ch(&t->r.out, 0);
	if (strcmp(t->r.out.p, text) != 0)
		fail_msg("instead of\n%sit says\n%s", text, t->r.out.p);
	buf_clear(&t->r.out);
}

static void end(struct test *t)
{
	exports_end(t->x, t->sink);
	empty_sink(&t->r, t->sink);
}

static void finish(struct test *t)
{
	exports_free(t->x);
	close_sink(&t->r, t->sink);
	buf_free(&t->r.out);
}

/* ---- templates --------------------------------------------------------------------------------- */

static void early_sets_wait(void **state)
{
	struct test t = start();
	struct buf b = message_9(1);

	(void)state;
	set(&b, 256, FLOW FLOW "2:0");
	from(&t, 1, 9, &b);
	says(&t, "");
	b = message_9(1);
	set(&b, 0, PLAIN);
	from(&t, 1, 9, &b);
	says(&t, "1 flow 2024-03-09T16:00:00Z+0 " TEXT "bytes=600/- packets=6/- payload=240/-\n"
		 "2 flow 2024-03-09T16:00:00Z+0 " TEXT "bytes=600/- packets=6/- payload=240/-\n");
	end(&t);
	says(&t, "");
	finish(&t);
}

/* A template belongs to exporter, session and domain; for what would be lost that of another
 * session of the same exporter does. */
static void sessions(void **state)
{
	struct test t = start();
	struct buf b = message_9(1);

	(void)state;
	set(&b, 0, PLAIN);
	from(&t, 1, 9, &b);
	for (int i = 0; i < 3; i++) {
		b = message_9(i == 0 ? 2 : 1);
		set(&b, 256, FLOW);
		from(&t, i == 1 ? 2 : 1, i == 2 ? 10 : 9, &b);
	}
	says(&t, "");
	end(&t);
	says(&t,
	     "3 flow 2024-03-09T16:00:00Z+0 " TEXT "bytes=600/- packets=6/- payload=240/-\n"
	     "1 ! NetFlow 9: 22 bytes of records by template 256, which never came in this file\n"
	     "2 ! NetFlow 9: 22 bytes of records by template 256, which never came in this file\n");
	assert_int_equal(t.r.records, 1);
	finish(&t);
}

static void taken_back(void **state)
{
	struct test t = start();
	struct buf b = message_ipfix(1);

	(void)state;
	set(&b, 2, PLAIN "2:257 2:8 " FIELDS);
	set(&b, 3, "2:258 2:2 2:1 2:149 2:4 2:34 2:4");
	set(&b, 258, "4:1 4:10");
	set(&b, 2, "2:256 2:0");
	set(&b, 256, FLOW);
	set(&b, 257, FLOW);
	set(&b, 2, "2:2 2:0");
	set(&b, 257, FLOW);
	set(&b, 258, "4:1 4:1");
	set(&b, 3, "2:3 2:0");
	set(&b, 258, "4:1 4:20");
	from(&t, 1, 9, &b);
	says(&t, "1 flow 2024-03-09T16:00:00Z+0 " TEXT "bytes=6000/- packets=60/- payload=2400/-\n");
	b = message_ipfix(1);
	set(&b, 2, PLAIN);
	from(&t, 1, 9, &b);
	says(&t, "2 flow 2024-03-09T16:00:00Z+0 " TEXT "bytes=600/- packets=6/- payload=240/-\n");
	end(&t);
	says(&t, "3 ! IPFIX: 22 bytes of records by template 257, which never came in this file\n"
		 "4 ! IPFIX: 8 bytes of records by template 258, which never came in this file\n");
	finish(&t);
}

/* The same number with other fields. */
static void redefined(void **state)
{
	struct test t = start();
	struct buf b = message_ipfix(1);

	(void)state;
	set(&b, 2, PLAIN);
	set(&b, 256, FLOW);
	set(&b, 2, "2:256 2:6 2:27 2:16 2:28 2:16 2:96 2:65535 2:4 2:1 2:32769 2:3 4:29305 2:1 2:5");
	set(&b, 256,
	    "8:2306139568115548160 8:1 8:2306139568115548160 8:2 1:255 2:3 3:0 1:17 3:300 5:500 "
	    "8:2306139568115548160 8:1 8:2306139568115548160 8:2 1:0 1:17 3:0 5:500 2:0");
	from(&t, 1, 9, &b);
	says(&t, "1 flow 2024-03-09T16:00:00Z+0 " TEXT "bytes=600/- packets=6/- payload=240/-\n"
		 "2 flow 2024-03-09T16:00:00Z+0 udp 2001:db8::1 0 2001:db8::2 0 opener=unknown "
		 "level=two-way bytes=500/300 packets=-/- payload=500/300\n"
		 "3 flow 2024-03-09T16:00:00Z+0 udp 2001:db8::1 0 2001:db8::2 0 opener=unknown "
		 "level=attempt bytes=500/0 packets=-/- payload=500/0\n");
	finish(&t);
}

/* Who was called answers with a reset: nothing was established, unless more came. */
static void refused(void **state)
{
	static const struct {
		unsigned direction, proto, flags, flags_back, bytes, back;
		const char *says;
	} flows[] = {
		{ 0, 6, 0x02, 0x14, 60, 40,
		  "opener=orig level=attempt bytes=60/40 packets=1/1 payload=0/0" },
		{ 0, 6, 0x02, 0x04, 60, 0,
		  "opener=orig level=attempt bytes=60/0 packets=1/1 payload=0/0" },
		{ 0, 6, 0x1e, 0x14, 60, 40,
		  "opener=unknown level=established bytes=60/40 packets=1/1 payload=0/0" },
		{ 0, 6, 0x02, 0x16, 60, 40,
		  "opener=orig level=established bytes=60/40 packets=1/1 payload=0/0" },
		{ 0, 6, 0x02, 0x14, 90, 90,
		  "opener=orig level=two-way bytes=90/90 packets=1/1 payload=30/30" },
		{ 1, 6, 0x1a, 0x14, 90, 40,
		  "opener=orig level=attempt bytes=90/40 packets=1/1 payload=30/0" },
		{ 2, 6, 0x14, 0x02, 40, 60,
		  "opener=resp level=attempt bytes=40/60 packets=1/1 payload=0/0" },
		{ 2, 6, 0x02, 0x14, 40, 60,
		  "opener=resp level=established bytes=40/60 packets=1/1 payload=0/0" },
		{ 1, 17, 0x02, 0x14, 60, 40,
		  "opener=orig level=established bytes=60/40 packets=1/1 payload=0/0" },
	};
	struct test t = start();
	struct buf b = message_ipfix(1);

	(void)state;
	set(&b, 2,
	    "2:256 2:10 2:8 2:4 2:12 2:4 2:4 2:1 2:239 2:1 2:6 2:1 2:32774 2:1 4:29305 2:1 2:4 "
	    "2:2 2:4 2:32769 2:4 4:29305 2:32770 2:4 4:29305");
	from(&t, 1, 9, &b);
	for (size_t i = 0; i < sizeof flows / sizeof flows[0]; i++) {
		char text[200];

		b = message_ipfix(1);
		(void)snprintf(text, sizeof text,
			       "4:3221225994 4:3325256707 1:%u 1:%u 1:%u 1:%u 4:%u 4:1 4:%u 4:1",
			       flows[i].proto, flows[i].direction, flows[i].flags,
			       flows[i].flags_back, flows[i].bytes, flows[i].back);
		set(&b, 256, text);
		from(&t, 1, 9, &b);
		(void)snprintf(text, sizeof text,
			       "%zu flow 2024-03-09T16:00:00Z+0 %s 192.0.2.10 0 198.51.100.3 0 %s\n",
			       i + 1, flows[i].proto == 6 ? "tcp" : "udp", flows[i].says);
		says(&t, text);
	}
	finish(&t);
}

/* An exporter without a clock: what counts from its uptime counts from when the message came. */
static void without_a_clock(void **state)
{
	struct test t = start();
	struct buf b = message_9(1);

	(void)state;
	memset(b.p + 8, 0, 4);
	set(&b, 0, "2:256 2:9 " FIELDS "2:22 2:4");
	set(&b, 256, FLOW "4:86390000 2:0");
	from(&t, 1, 9, &b);
	says(&t, "1 flow 2024-03-09T15:59:50Z+0 " TEXT "bytes=600/- packets=6/- payload=240/-\n");
	b = message_ipfix(1);
	memset(b.p + 4, 0, 4);
	set(&b, 2, PLAIN);
	set(&b, 256, FLOW);
	from(&t, 1, 9, &b);
	says(&t, "2 flow 2024-03-09T16:00:00Z+0 " TEXT "bytes=600/- packets=6/- payload=240/-\n");
	finish(&t);
}

/* The same of one direction, by all three versions. */
static void refused_one_way(void **state)
{
	struct test t = start();

	(void)state;
	for (unsigned version = 5, n = 1; version <= 10; version += version == 5 ? 4 : 1, n++) {
		struct buf b = version == 10 ? message_ipfix(1) : message_9(1);
		char text[200];

		if (version == 5) {
			buf_clear(&b);
			numbers(&b,
				"2:5 2:1 4:86400000 4:1710000000 4:0 8:0 4:3221225994 4:3325256707 "
				"8:0 4:1 4:40 4:86400000 4:86400000 2:443 2:40000 1:0 1:20 1:6 1:0 8:0");
		} else {
			set(&b, version == 10 ? 2 : 0, PLAIN);
			set(&b, 256, "4:3221225994 4:3325256707 2:443 2:40000 1:6 1:20 4:40 4:1 2:0");
		}
		from(&t, 1, 9, &b);
		(void)snprintf(text, sizeof text,
			       "%u flow 2024-03-09T16:00:00Z+0 tcp 192.0.2.10 443 198.51.100.3 40000 "
			       "opener=unknown level=attempt one-way ack refused bytes=40/- packets=1/- payload=0/-\n",
			       n);
		says(&t, text);
	}
	finish(&t);
}

/* More than anybody has: told, and what is known goes on. */
static void floods(void **state)
{
	struct test t = start();
	struct buf b = message_9(1);

	(void)state;
	t.r.quiet = true;
	set(&b, 0, PLAIN);
	from(&t, 1, 9, &b);
	for (unsigned id = 256; id < 65536; id += 256) {
		b = message_9(1);
		for (unsigned k = 0; k < 256; k++) {
			size_t at = b.n;

			set(&b, 0, "2:0 2:1 2:8 2:4");
			patch(&b, at + 4, id + k == 256 ? 257 : id + k);
		}
		from(&t, 1, 9, &b);
	}
	assert_int_equal(t.r.malformed, 65536 - 256 - NF_TEMPLATES_MAX);
	t.r.malformed = 0;
	for (uint32_t domain = 2; domain < 60000; domain++) {
		b = message_9(domain);
		set(&b, 999, "4:1");
		from(&t, domain, 9, &b);
	}
	assert_in_range(t.r.malformed, 1, 59000);
	assert_int_equal(t.r.records, 0);
	b = message_9(1);
	set(&b, 256, FLOW);
	from(&t, 1, 9, &b);
	assert_int_equal(t.r.records, 1);
	finish(&t);
}

/* Exporters that do not exist, with templates or with records without: whoever was read before is
 * read after, and so is a new one. That there are too many is told once. */
static void made_up(void **state)
{
	(void)state;
	for (int templates = 0; templates < 2; templates++) {
		struct test t = start();
		struct buf b = message_9(1);

		t.r.quiet = true;
		set(&b, 0, PLAIN);
		set(&b, 1, "2:300 2:4 2:8 2:1 2:4 2:48 2:1 2:34 2:4");
		set(&b, 300, "4:1 1:7 4:10");
		set(&b, 256, FLOW);
		from(&t, 7, 9, &b);
		for (uint32_t i = 0; i < 27000; i++) {
			b = message_9(i % 3);
			if (templates)
				set(&b, 0, PLAIN);
			else
				set(&b, 256, FLOW);
			from(&t, 1000 + i, (uint16_t)i, &b);
		}
		assert_int_equal(t.r.records, 1);
		if (templates)
			assert_int_equal(t.r.malformed, 1);
		else
			assert_in_range(t.r.malformed, 2, 27000);
		for (int n = 0; n < 2; n++) {
			b = message_9(1);
			if (n)
				set(&b, 0, PLAIN);
			set(&b, 256, FLOW FLOW);
			from(&t, n ? 8 : 7, 9, &b);
		}
		assert_int_equal(t.r.records, 5);
		end(&t);
		finish(&t);
	}
}

/* One exporter with more sessions and domains than any has: its own are forgotten, those of others
 * are not, though they were silent for longer. */
static void made_up_sessions(void **state)
{
	struct test t = start();
	struct buf b = message_9(1);

	(void)state;
	set(&b, 0, PLAIN);
	from(&t, 7, 9, &b);
	for (uint32_t i = 0; i < 50000; i++) {
		b = message_9(i % 5000);
		set(&b, 0, PLAIN);
		from(&t, 8, (uint16_t)(i / 5000), &b);
		if (i < NF_DOMAINS_MAX)
			says(&t, "");
	}
	says(&t, "1 ! more exporters and templates than are kept: who was silent longest is "
		 "forgotten\n");
	b = message_9(1);
	set(&b, 256, FLOW);
	from(&t, 7, 9, &b);
	says(&t, "2 flow 2024-03-09T16:00:00Z+0 " TEXT "bytes=600/- packets=6/- payload=240/-\n");
	b = message_9(0);
	set(&b, 256, FLOW);
	from(&t, 8, 0, &b);
	b = message_9(4999);
	set(&b, 256, FLOW);
	from(&t, 8, 9, &b);
	says(&t, "3 flow 2024-03-09T16:00:00Z+0 " TEXT "bytes=600/- packets=6/- payload=240/-\n");
	end(&t);
	finish(&t);
}

static void held_up_to_a_limit(void **state)
{
	struct test t = start();
	unsigned n = 0;

	(void)state;
	t.r.quiet = true;
	for (; t.r.malformed == 0; n++) {
		struct buf b = message_9(1);

		set(&b, 256, FLOW);
		while (b.n < 60000)
			numbers(&b, FLOW FLOW FLOW FLOW FLOW FLOW FLOW FLOW);
		patch(&b, 22, b.n - 20);
		assert_in_range(n, 0, NF_HELD_MAX / 60000);
		from(&t, 1, 9, &b);
	}
	assert_in_range(n, NF_HELD_MAX / 61000, NF_HELD_MAX / 60000 + 1);
	finish(&t);
}

/* ---- what lies --------------------------------------------------------------------------------- */

static void hostile(void **state)
{
	static const struct {
		unsigned id;
		const char *set, *says;
	} lies[] = {
		{ 2, "2:256 2:65535 2:8 2:4", "template 256: 65535 fields, but it ends before them" },
		{ 2, "2:256 2:1 2:8 2:0", "template 256: records of no bytes" },
		{ 2, "2:256 2:2 2:96 2:60000 2:97 2:60000",
		  "template 256: records longer than a message can be" },
		{ 2, "2:7 2:1 2:8 2:4", "a template with the reserved number 7" },
		{ 3, "2:256 2:1 2:2 2:149 2:4", "options template 256: scope and fields of 1 and 2" },
		{ 3, "2:256 2:1 2:0 2:149 2:4", "options template 256: scope and fields of 1 and 0" },
		{ 0, "4:1", "a set with the reserved number 0" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof lies / sizeof lies[0]; i++) {
		struct test t = start();
		struct buf b = message_ipfix(1);
		char want[200];

		set(&b, lies[i].id, lies[i].set);
		from(&t, 1, 9, &b);
		(void)snprintf(want, sizeof want, "1 ! IPFIX: %s\n", lies[i].says);
		says(&t, want);
		assert_int_equal(t.r.malformed, 1);
		finish(&t);
	}
}

/* The same length of message costs the same, whatever stands in it. */
static void never_long(void **state)
{
	static const char *const parts[] = {
		"2:2 2:0",                 /* all is taken back, again and again */
		"2:256 2:1 2:8 2:1",       /* the same template */
		"2:300 2:1 2:96 2:65535 ", /* a field of variable length */
		"4:0",
	};

	(void)state;
	for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
		struct test t = start();
		struct buf b;

		t.r.quiet = true;
		for (int round = 0; round < 8; round++) {
			b = message_ipfix(1);
			number(&b, 2, 2);
			number(&b, 0, 2);
			while (b.n < 65000)
				numbers(&b, parts[i]);
			patch(&b, 18, b.n - 16);
			b.p[b.n - 1] |= 1;
			from(&t, 1, 9, &b);
		}
		finish(&t);
	}
}

static void random_changes(void **state)
{
	uint64_t seed = 5;
	struct test t = start();

	(void)state;
	t.r.quiet = true;
	for (int round = 0; round < 20000; round++) {
		struct buf b = round & 1 ? message_9(1) : message_ipfix(1);

		set(&b, round & 1 ? 0 : 2, PLAIN);
		set(&b, round & 1 ? 1 : 3, "2:300 2:4 2:4 2:149 2:4 2:34 2:4");
		set(&b, 300, "4:1 4:10");
		set(&b, 256, FLOW FLOW FLOW);
		for (uint64_t k = mix_next(&seed) % 5; k; k--)
			b.p[2 + mix_next(&seed) % (b.n - 2)] = (char)mix_next(&seed);
		if (mix_next(&seed) % 4 == 0)
			b.n -= mix_next(&seed) % (b.n - 4);
		from(&t, 1, 9, &b);
	}
	end(&t);
	assert_true(t.r.records > 20000);
	assert_true(t.r.malformed > 1000);
	finish(&t);
}

/* ---- recognition ------------------------------------------------------------------------------- */

static void looks(void **state)
{
	struct buf b = message_9(1);
	struct str s;

	(void)state;
	set(&b, 0, PLAIN);
	s = buf_str(&b);
	assert_true(export_looks(s, 50000, 50001));
	for (size_t n = 0; n < s.n; n++) {
		assert_false(export_looks(str_head(s, n), 50000, 50001));
		assert_int_equal(export_looks(str_head(s, n), 50000, 2055), n >= 4);
	}
	b.p[1] = 8;
	assert_false(export_looks(buf_str(&b), 50000, 2055));
	buf_free(&b);
	assert_false(export_looks(STR("\0\5\0\1 something else that is long enough for it"), 1, 2));
	assert_false(export_looks(
		STR("\0\0\0\5\0\0\0\1\12\0\0\1\0\0\0\0\0\0\0\1\0\0\0\1\377\377\377\377"), 1, 2));
	assert_true(export_looks(STR("\0\0\0\5\0\0\0\1\12\0\0\1\0\0\0\0\0\0\0\1\0\0\0\1\0\0\0\1\0\0\0\2\0"
				     "\0\0\0"),
				 1, 2));
}

/* ---- sFlow ------------------------------------------------------------------------------------- */

#define SFLOW "4:5 4:1 4:167772161 4:0 4:1 4:1000 "
#define IPV4_TCP \
	"1:69 1:0 2:1500 2:1 2:0 1:64 1:6 2:0 4:3221225994 4:3325256707 2:40000 2:443 4:1 4:2 1:80 1:18 "

static struct buf message_sflow(void)
{
	struct buf b;

	buf_init(&b, 1 << 16);
	/* Counters; a header behind a VLAN tag and an extended record; addresses alone; no IP. */
	numbers(&b, SFLOW "4:4 4:2 4:4 4:0 ");
	numbers(&b, "4:1 4:124 4:1 4:1 4:512 4:1 4:0 4:1 4:2 4:2 4:1001 4:8 8:0 4:1 4:68 4:1 4:1518 "
		    "4:4 4:52 8:0 4:0 2:33024 2:7 2:2048 " IPV4_TCP);
	numbers(&b, "4:3 4:108 4:1 4:0 4:1 4:10 4:1 4:0 4:0 4:1 4:0 4:2 4:1 4:4 4:56 4:90 4:17 "
		    "8:2306139568115548160 8:1 8:2306139568115548160 8:2 4:53 4:5353 4:0 4:0 ");
	numbers(&b, "4:1 4:72 4:1 4:1 4:512 4:1 4:0 4:1 4:2 4:1 4:1 4:32 4:1 4:64 4:4 4:16 8:0 4:0 "
		    "2:2054 2:0");
	return b;
}

static void sflow(void **state)
{
	struct test t = start();
	struct buf b = message_sflow();

	(void)state;
	from(&t, 1, 9, &b);
	says(&t, "1 flow 2024-03-09T16:00:00Z+0 tcp 192.0.2.10 40000 198.51.100.3 443 opener=unknown "
		 "level=established one-way ack bytes=768000/- packets=512/- payload=737280/-\n"
		 "2 flow 2024-03-09T16:00:00Z+0 udp 2001:db8::1 53 2001:db8::2 5353 opener=unknown "
		 "level=attempt one-way bytes=900/- packets=10/- payload=300/-\n");
	assert_int_equal(t.r.unused, 1);
	assert_int_equal(t.r.malformed, 0);
	finish(&t);
}

static void sflow_changed_at_random(void **state)
{
	uint64_t seed = 6;
	struct test t = start();

	(void)state;
	t.r.quiet = true;
	for (int round = 0; round < 20000; round++) {
		struct buf b = message_sflow();

		for (uint64_t k = mix_next(&seed) % 5; k; k--)
			b.p[4 + mix_next(&seed) % (b.n - 4)] = (char)mix_next(&seed);
		if (mix_next(&seed) % 4 == 0)
			b.n -= mix_next(&seed) % (b.n - 4);
		(void)export_looks(buf_str(&b), 1, 2);
		from(&t, 1, 9, &b);
	}
	assert_in_range(t.r.records, 20000, 40000);
	assert_true(t.r.malformed > 1000);
	finish(&t);
}

/* ---- files ------------------------------------------------------------------------------------- */

static bool load(const char *path, struct buf *out)
{
	FILE *f = fopen(path, "rb");
	char part[4096];
	size_t n;

	if (!f)
		return false;
	while ((n = fread(part, 1, sizeof part, f)) > 0)
		buf_add(out, part, n);
	(void)fclose(f);
	return buf_err(out) == ERR_OK;
}

static struct reading read_file(struct str text)
{
	struct reading x = { .quiet = false };

	buf_init(&x.out, 0);
	read_text(&x, &reader_netflow, text, 1 << 20, NULL);
	return x;
}

static void recognised(void **state)
{
	struct buf b = message_9(1), next = message_ipfix(1);
	struct sample s = { .whole = true };

	(void)state;
	set(&b, 0, PLAIN);
	set(&next, 2, PLAIN);
	patch(&next, 2, next.n);
	buf_puts(&b, buf_str(&next));
	s.head = buf_str(&b);
	assert_int_equal(reader_netflow.sniff(&s), 90);
	s.head.n = 60;
	assert_int_equal(reader_netflow.sniff(&s), 90);
	s.head.n = 50;
	assert_int_equal(reader_netflow.sniff(&s), 30);
	s.head = STR("0005 is the beginning of a text");
	assert_int_equal(reader_netflow.sniff(&s), 0);
	buf_free(&b);
	buf_free(&next);
}

/* Bytes between messages are told once; what follows is read. */
static void found_again(void **state)
{
	struct buf b = message_ipfix(1), all;
	struct reading x;

	(void)state;
	set(&b, 2, PLAIN);
	set(&b, 256, FLOW);
	patch(&b, 2, b.n);
	buf_init(&all, 0);
	for (int i = 0; i < 40000; i++) {
		buf_puts(&all, buf_str(&b));
		buf_add(&all, "rubbish \0\5 \0\12 \0", (size_t)i % 17);
	}
	x = read_file(buf_str(&all));
	assert_int_equal(x.records, 40000);
	assert_int_equal(x.malformed, 40000 - 40000 / 17 - 1);
	buf_free(&x.out);
	buf_free(&all);
	buf_free(&b);
}

/* How many of a vendor's messages must be records, with the templates they came with. */
static void shared_files(void **state)
{
	static const struct {
		const char *templates, *data;
		unsigned records, malformed;
	} files[] = {
		{ NULL, "ipfix", 12, 0 },
		{ "ipfix_test_barracuda_tpl", "ipfix_test_barracuda_data256", 8, 0 },
		{ NULL, "ipfix_test_ixia_tpldata271", 2, 0 },
		{ "ipfix_test_mikrotik_tpl", "ipfix_test_mikrotik_data258", 28, 0 },
		{ "ipfix_test_mikrotik_tpl", "ipfix_test_mikrotik_data259", 18, 0 },
		{ "ipfix_test_netscaler_tpl", "ipfix_test_netscaler_data", 3, 1 },
		{ "ipfix_test_openbsd_pflow_tpl", "ipfix_test_openbsd_pflow_data", 26, 0 },
		{ "ipfix_test_procera_tpl52935", "ipfix_test_procera_data52935", 8, 0 },
		{ "ipfix_test_yaf_tpls_option_tpl", "ipfix_test_yaf_data45873", 1, 0 },
		{ NULL, "netflow5", 30, 0 },
		{ NULL, "netflow5_test_invalid01", 0, 1 },
		{ NULL, "netflow5_test_invalid02", 0, 1 },
		{ NULL, "netflow5_test_juniper_mx80", 29, 0 },
		{ NULL, "netflow9_cisco_asr1001x_tpl259", 25, 0 },
		{ NULL, "netflow9_test_0length_fields_tpl_data", 10, 0 },
		{ "netflow9_test_cisco_aci_tpl256-258", "netflow9_test_cisco_aci_data256", 3, 0 },
		{ "netflow9_test_cisco_asa_1_tpl", "netflow9_test_cisco_asa_1_data", 14, 0 },
		{ "netflow9_test_cisco_asr9k_tpl260", "netflow9_test_cisco_asr9k_data260", 21, 0 },
		{ "netflow9_test_cisco_nbar_tpl262", "netflow9_test_cisco_nbar_data262", 5, 0 },
		{ "netflow9_test_h3c_tpl3281", "netflow9_test_h3c_data3281", 16, 0 },
		{ "netflow9_test_h3c_netstream_varstring_tpl3281",
		  "netflow9_test_h3c_netstream_varstring_data3281", 1, 0 },
		{ NULL, "netflow9_test_iptnetflow_reduced_size_encoding_tpldata260", 12, 6 },
		{ NULL, "netflow9_test_nprobe_dpi", 1, 1 },
		{ "netflow9_test_paloalto_81_tpl256-263",
		  "netflow9_test_paloalto_81_data257_1flowset_in_large_zerofilled_packet", 1, 0 },
		{ "netflow9_test_ubnt_edgerouter_tpl", "netflow9_test_ubnt_edgerouter_data1025", 8, 0 },
	};
	const char *shared = getenv("NEZUMI_SHARED");
	int wrong = 0;

	(void)state;
	for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
		struct reading x;
		struct buf b;
		bool ok = true;

		buf_init(&b, 0);
		for (int k = 0; k < 2; k++) {
			const char *name = k ? files[i].data : files[i].templates;
			char path[1000];

			(void)snprintf(path, sizeof path, "%s/data/telemetry/netflow/logstash/%s.dat",
				       shared ? shared : "../shared", name ? name : "");
			if (name && !load(path, &b)) {
				print_message("no %s\n", path);
				ok = false;
			}
		}
		if (!ok) {
			buf_free(&b);
			skip();
		}
		x = read_file(buf_str(&b));
		if (x.records != files[i].records || x.malformed != files[i].malformed) {
			print_error("%s: %llu records, %llu malformed\n", files[i].data,
				    (unsigned long long)x.records, (unsigned long long)x.malformed);
			wrong++;
		}
		buf_free(&x.out);
		buf_free(&b);
	}
	assert_int_equal(wrong, 0);
}

static int print(int n, char **paths)
{
	struct reading x;
	struct buf b;

	buf_init(&b, 0);
	for (int i = 0; i < n; i++)
		if (!load(paths[i], &b))
			return 2;
	x = read_file(buf_str(&b));
	(void)fwrite(buf_str(&x.out).p, 1, x.out.n, stdout);
	buf_free(&x.out);
	buf_free(&b);
	return 0;
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(early_sets_wait),
		cmocka_unit_test(sessions),
		cmocka_unit_test(taken_back),
		cmocka_unit_test(redefined),
		cmocka_unit_test(refused),
		cmocka_unit_test(refused_one_way),
		cmocka_unit_test(without_a_clock),
		cmocka_unit_test(floods),
		cmocka_unit_test(made_up),
		cmocka_unit_test(made_up_sessions),
		cmocka_unit_test(held_up_to_a_limit),
		cmocka_unit_test(hostile),
		cmocka_unit_test(never_long),
		cmocka_unit_test(random_changes),
		cmocka_unit_test(looks),
		cmocka_unit_test(sflow),
		cmocka_unit_test(sflow_changed_at_random),
		cmocka_unit_test(recognised),
		cmocka_unit_test(found_again),
		cmocka_unit_test(shared_files),
	};

	if (argc > 1)
		return print(argc - 1, argv + 1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
