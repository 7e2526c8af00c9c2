/* SPDX-License-Identifier: Apache-2.0 */
/* dnstap: what the samples do not show: streams longer than a piece, frames of any length. */
#include "format/reader.h"
#include "read_records.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

extern const struct reader reader_dnstap;

#define CONTENT "protobuf:dnstap.Dnstap"

static void be32(struct buf *b, uint32_t v)
{
	const unsigned char bytes[] = { (unsigned char)(v >> 24), (unsigned char)(v >> 16),
					(unsigned char)(v >> 8), (unsigned char)v };

	buf_add(b, bytes, 4);
}

static void start(struct buf *b, const char *content)
{
	be32(b, 0);
	be32(b, (uint32_t)(12 + strlen(content)));
	be32(b, 2);
	be32(b, 1);
	be32(b, (uint32_t)strlen(content));
	buf_c(b, content);
}

/* A CLIENT_QUERY of 198.51.100.9 for "evil.example" in 2024; with so many bytes of `extra` besides. */
static void query(struct buf *b, size_t extra)
{
	static const char message[] = "\x08\x05\x22\x04\xc6\x33\x64\x09\x40\xa0\x81\x89\xb1\x06\x52\x1e"
				      "\x00\x07\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00"
				      "\x04"
				      "evil"
				      "\x07"
				      "example"
				      "\x00\x00\x01\x00\x01";
	const size_t n = sizeof message - 1;
	char *filler = calloc(1, extra + 1);

	assert_non_null(filler);
	be32(b, (uint32_t)(2 + n + (extra ? 5 + extra : 0)));
	if (extra) {
		/* A length of four bytes. */
		buf_ch(b, 0x1a);
		for (unsigned shift = 0; shift < 28; shift += 7)
			buf_ch(b, (char)((extra >> shift & 0x7f) | (shift < 21 ? 0x80 : 0)));
		buf_add(b, filler, extra);
	}
	buf_ch(b, 0x72);
	buf_ch(b, (char)n);
	buf_add(b, message, n);
	free(filler);
}

static void read_all(const struct buf *b, size_t piece, struct reading *x)
{
	*x = (struct reading){ .quiet = false };
	buf_init(&x->out, 0);
	read_text(x, &reader_dnstap, buf_str(b), piece, NULL);
}

/* More than a piece, cut anywhere. */
static void long_stream(void **state)
{
	struct reading x;
	struct buf b;

	(void)state;
	buf_init(&b, 0);
	start(&b, CONTENT);
	for (int i = 0; i < 50; i++)
		query(&b, i % 2 ? 0 : (size_t)99991);
	for (size_t piece = 60000; piece < 4000000; piece = piece * 3 + 1) {
		read_all(&b, piece, &x);
		assert_int_equal(x.records, 50);
		assert_int_equal(x.lines, 50);
		assert_int_equal(x.malformed, 0);
		assert_true(str_find(buf_str(&x.out),
				     STR("50 dns 2024-04-19T10:00:00Z+0 udp 198.51.100.9 0 :: 0 "
					 "opener=orig level=lookup name=evil.example\n")) != SIZE_MAX);
		buf_free(&x.out);
	}
	buf_free(&b);
}

/* What comes before a frame that is too long is kept. */
static void too_long(void **state)
{
	struct reading x;
	struct buf b;

	(void)state;
	buf_init(&b, 0);
	start(&b, CONTENT);
	query(&b, ((size_t)1 << 20) - 53);
	query(&b, ((size_t)1 << 20) - 52);
	query(&b, 0);
	read_all(&b, 100000, &x);
	assert_int_equal(x.records, 1);
	assert_int_equal(x.malformed, 1);
	assert_true(str_find(buf_str(&x.out), STR("2 ! a frame of 1048577 bytes: the rest cannot be "
						  "read\n")) != SIZE_MAX);
	buf_free(&x.out);
	buf_free(&b);
}

/* A response of 192.0.2.53 to 198.51.100.9 with so many addresses, of which `there` are there. */
static void response(struct buf *b, unsigned stated, unsigned there)
{
	static const char head[] = "\x08\x06\x22\x04\xc6\x33\x64\x09\x2a\x04\xc0\x00\x02\x35"
				   "\x60\xa0\x81\x89\xb1\x06\x72";
	size_t n = 12 + 18 + (size_t)there * 16, length = sizeof head - 1 + 2 + n;

	be32(b, (uint32_t)(3 + length));
	buf_ch(b, 0x72);
	buf_ch(b, (char)((length & 0x7f) | 0x80));
	buf_ch(b, (char)(length >> 7));
	buf_add(b, head, sizeof head - 1);
	buf_ch(b, (char)((n & 0x7f) | 0x80));
	buf_ch(b, (char)(n >> 7));
	be32(b, 0x00078180);
	be32(b, 0x00010000 | stated);
	be32(b, 0);
	buf_add(b,
		"\x04"
		"evil"
		"\x07"
		"example"
		"\x00\x00\x01\x00\x01",
		18);
	for (unsigned i = 0; i < there; i++) {
		be32(b, 0xc00c0001);
		be32(b, 0x00010000);
		be32(b, 0x003c0004);
		be32(b, 0xcb007100 + i);
	}
}

/* More addresses than a record holds: all come out, and where they end early that is told once. */
static void many_answers(void **state)
{
	static const struct {
		unsigned stated, there, records, malformed;
	} cases[] = { { 64, 64, 1, 0 }, { 65, 65, 2, 0 }, { 150, 150, 3, 0 }, { 128, 128, 2, 0 },
		      { 66, 65, 2, 1 }, { 65, 64, 1, 1 }, { 10, 9, 1, 1 } };

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct reading x;
		struct buf b;
		char last[40];

		buf_init(&b, 0);
		start(&b, CONTENT);
		response(&b, cases[i].stated, cases[i].there);
		read_all(&b, 1 << 20, &x);
		assert_int_equal(x.records, cases[i].records);
		assert_int_equal(x.malformed, cases[i].malformed);
		assert_int_equal(x.lines, 1);
		for (unsigned k = 0; k < cases[i].there; k++) {
			(void)snprintf(last, sizeof last, "203.0.113.%u@60%c", k,
				       k % 64 == 63 || k + 1 == cases[i].there ? '\n' : ',');
			assert_true(str_find(buf_str(&x.out), str_of(last)) != SIZE_MAX);
		}
		buf_free(&x.out);
		buf_free(&b);
	}
}

static int sure(const struct buf *b)
{
	struct sample s = { .head = buf_str(b), .whole = false, .name = STR_NONE };

	return reader_dnstap.sniff(&s);
}

static void recognised(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 0);
	assert_int_equal(sure(&b), 0);
	start(&b, CONTENT);
	assert_int_equal(sure(&b), 100);
	b.n--;
	assert_int_equal(sure(&b), 0);
	buf_clear(&b);
	start(&b, "protobuf:other.Thing");
	assert_int_equal(sure(&b), 0);
	buf_clear(&b);
	query(&b, 0);
	assert_int_equal(sure(&b), 0);
	buf_free(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(long_stream),
		cmocka_unit_test(too_long),
		cmocka_unit_test(many_answers),
		cmocka_unit_test(recognised),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
