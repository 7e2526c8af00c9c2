/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Captures, piece by piece: every container and layer around the same datagram, the life of TCP
 * connections, names over several segments, and all that lies. Frames are made here. With files as
 * arguments it prints what is in those.
 */
#include "format/meter.h"
#include "format/reader.h"
#include "read_records.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

extern const struct reader reader_pcap;

enum { SYN = TCP_SYN, ACK = TCP_ACK, FIN = TCP_FIN, RST = TCP_RST, PSH = TCP_PSH };
enum { ETHERNET = 1, RAW = 101 };

/* ---- what frames are made of -------------------------------------------------------------------- */

static void be(struct buf *b, uint64_t v, unsigned n)
{
	while (n--)
		buf_ch(b, n < 8 ? (char)(v >> n * 8) : 0);
}

static void le(struct buf *b, uint64_t v, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		buf_ch(b, i < 8 ? (char)(v >> i * 8) : 0);
}

static void bytes(struct buf *b, const char *hex)
{
	unsigned v;

	for (; *hex; hex += *hex == ' ' ? 1 : 2)
		if (*hex != ' ' && sscanf(hex, "%2x", &v) == 1)
			buf_ch(b, (char)v);
}

static uint32_t v4(const char *text)
{
	struct ip ip;

	assert_true(ip_parse(str_of(text), &ip));
	return (uint32_t)ip.lo;
}

static void v6(struct buf *b, const char *text)
{
	struct ip ip;

	assert_true(ip_parse(str_of(text), &ip));
	be(b, ip.hi, 8);
	be(b, ip.lo, 8);
}

/* An IPv4 header; `field` is flags and offset. */
static void ip4(struct buf *b, const char *from, const char *to, unsigned proto, size_t n,
		unsigned id, unsigned field)
{
	be(b, 0x4500, 2);
	be(b, 20 + n, 2);
	be(b, id, 2);
	be(b, field, 2);
	be(b, 64u << 8 | proto, 2);
	be(b, 0, 2);
	be(b, v4(from), 4);
	be(b, v4(to), 4);
}

static void ip6(struct buf *b, const char *from, const char *to, unsigned next, size_t n)
{
	be(b, 0x60000000, 4);
	be(b, n, 2);
	be(b, next << 8 | 64u, 2);
	v6(b, from);
	v6(b, to);
}

static void udp(struct buf *b, unsigned from, unsigned to, size_t n)
{
	be(b, from, 2);
	be(b, to, 2);
	be(b, 8 + n, 2);
	be(b, 0, 2);
}

/* The datagram that is looked for: 13 bytes from 192.0.2.1:1111 to 203.0.113.2:2222. */
static void datagram(struct buf *b)
{
	ip4(b, "192.0.2.1", "203.0.113.2", 17, 8 + 13, 0, 0);
	udp(b, 1111, 2222, 13);
	buf_c(b, "thirteen char");
}
#define DATAGRAM_N (20 + 8 + 13)
#define DATAGRAM   "udp 192.0.2.1 1111 203.0.113.2 2222"

/* ---- captures ----------------------------------------------------------------------------------- */

static void pcap(struct buf *b, unsigned link)
{
	buf_init(b, 0);
	le(b, 0xa1b2c3d4, 4);
	bytes(b, "0200 0400 00000000 00000000 00000400");
	le(b, link, 4);
}

/* A frame; `ms` after the year 2020 began, as long on the wire as `wire` says (0: as captured). */
static void frame(struct buf *b, unsigned ms, const struct buf *f, size_t wire)
{
	le(b, 1577836800u + ms / 1000, 4);
	le(b, ms % 1000 * 1000, 4);
	le(b, f->n, 4);
	le(b, wire ? wire : f->n, 4);
	buf_add(b, f->p, f->n);
}

static struct reading read_all(const struct buf *capture, size_t piece)
{
	struct reading x = { .quiet = false };

	buf_init(&x.out, 0);
	read_text(&x, &reader_pcap, buf_str(capture), piece, NULL);
	buf_ch(&x.out, 0);
	assert_int_equal(buf_err(&x.out), ERR_OK);
	return x;
}

/* Lines without their number and time, one of which has to be `want`. */
static void holds(const struct reading *x, const char *want)
{
	if (!strstr(x->out.p, want))
		fail_msg("no \"%s\" in\n%s", want, x->out.p);
}

/* What one frame gives. */
static void gives(unsigned link, struct buf *f, uint64_t records, uint64_t malformed, const char *want)
{
	struct buf capture;
	struct reading x;

	pcap(&capture, link);
	frame(&capture, 0, f, 0);
	x = read_all(&capture, SIZE_MAX / 2);
	if (x.records != records || x.malformed != malformed)
		fail_msg("%llu records and %llu malformed, not %llu and %llu, looking for \"%s\":\n%s",
			 (unsigned long long)x.records, (unsigned long long)x.malformed,
			 (unsigned long long)records, (unsigned long long)malformed, want, x.out.p);
	holds(&x, want);
	buf_free(&x.out);
	buf_free(&capture);
	buf_free(f);
}

/* ---- containers --------------------------------------------------------------------------------- */

static void byte_orders(void **state)
{
	static const struct {
		uint32_t magic;
		unsigned more; /* bytes in each record's header */
		uint32_t part; /* of a second, 0.25 */
	} kinds[] = { { 0xa1b2c3d4, 0, 250000 }, { 0xa1b23c4d, 0, 250000000 }, { 0xa1b2cd34, 8, 250000 } };

	(void)state;
	for (unsigned i = 0; i < 6; i++) {
		void (*number)(struct buf *, uint64_t, unsigned) = i % 2 ? be : le;
		struct buf b;
		struct reading x;

		buf_init(&b, 0);
		number(&b, kinds[i / 2].magic, 4);
		number(&b, 2, 2);
		number(&b, 4, 2);
		number(&b, 0, 8);
		number(&b, 65535, 4);
		number(&b, 0x10000000 | RAW, 4); /* with a length of a checksum */
		number(&b, 1577836800, 4);
		number(&b, kinds[i / 2].part, 4);
		number(&b, DATAGRAM_N, 4);
		number(&b, DATAGRAM_N, 4);
		number(&b, 0, kinds[i / 2].more);
		datagram(&b);
		x = read_all(&b, 7);
		holds(&x, "1 flow 2020-01-01T00:00:00.250000Z+0 " DATAGRAM
			  " opener=unknown level=attempt bytes=13/0 packets=1/0 payload=13/0\n");
		assert_int_equal(x.malformed, 0);
		buf_free(&x.out);
		buf_free(&b);
	}
}

static void block(struct buf *b, uint32_t type, const struct buf *body)
{
	size_t n = (body->n + 3) & ~(size_t)3;

	le(b, type, 4);
	le(b, 12 + n, 4);
	buf_add(b, body->p, body->n);
	le(b, 0, (unsigned)(n - body->n));
	le(b, 12 + n, 4);
}

static void section(struct buf *b)
{
	struct buf body;

	buf_init(&body, 0);
	le(&body, 0x1a2b3c4d, 4);
	bytes(&body, "0100 0000 ffffffffffffffff");
	block(b, 0x0a0d0d0a, &body);
	buf_free(&body);
}

static void interface(struct buf *b, const char *options)
{
	struct buf body;

	buf_init(&body, 0);
	le(&body, RAW, 2);
	le(&body, 0, 6);
	bytes(&body, options);
	block(b, 1, &body);
	buf_free(&body);
}

static void packet_block(struct buf *b, uint32_t at, uint64_t units)
{
	struct buf body;

	buf_init(&body, 0);
	le(&body, at, 4);
	le(&body, units >> 32, 4);
	le(&body, units & UINT32_MAX, 4);
	le(&body, DATAGRAM_N, 4);
	le(&body, DATAGRAM_N, 4);
	datagram(&body);
	block(b, 6, &body);
	buf_free(&body);
}

/* Units of 10^-3, 2^-10 and 10^-9 s, an hour's offset, a section that forgets interfaces. */
static void pcapng(void **state)
{
	static const uint64_t s = 1577836800;
	struct buf b, none;
	struct reading x;

	(void)state;
	buf_init(&b, 0);
	buf_init(&none, 0);
	section(&b);
	interface(&b, "0900 0100 03000000");
	interface(&b, "0900 0100 8a000000 0e00 0800 100e000000000000 00000000");
	interface(&b, "ffff ffff 09");
	packet_block(&b, 0, s * 1000 + 500);
	packet_block(&b, 1, (s + 100 - 3600) * 1024 + 512);
	packet_block(&b, 2, (s + 200) * 1000000 + 1);
	section(&b);
	packet_block(&b, 0, s * 1000);
	interface(&b, "0900 0100 09000000");
	block(&b, 0xbad, &none);
	packet_block(&b, 0, (s + 300) * 1000000000 + 999);
	for (unsigned i = 0; i < 2; i++) {
		x = read_all(&b, i ? 5 : SIZE_MAX / 2);
		assert_int_equal(x.records, 4);
		assert_int_equal(x.malformed, 1);
		holds(&x, "T00:00:00.500000Z+0 " DATAGRAM);
		holds(&x, "T00:01:40.500000Z+0 " DATAGRAM);
		holds(&x, "T00:03:20.000001Z+0 " DATAGRAM);
		holds(&x, "T00:05:00Z+0 " DATAGRAM);
		holds(&x, "! a packet of an interface that there is none of");
		buf_free(&x.out);
	}
	buf_free(&b);
}

static void broken_containers(void **state)
{
	static const struct {
		const char *hex, *why;
	} ends[] = {
		{ "06000000 00000000 00000000", "a block that lies about its length" },
		{ "06000000 0b000000 00000000", "a block that lies about its length" },
		{ "06000000 22000000 00000000", "a block that lies about its length" },
		{ "01000000 14000000 65000000 00000000 18000000", "two lengths differ" },
		{ "01000000 10000000 65000000 10000000", "an interface block that is too short" },
		{ "06000000 20000000", "ends in the middle of a block" },
		{ "ad0b0000 fcffff7c 00", "ends in the middle of a block" },
		{ "ad0b0000 fcffff7f 00000000", "ends in the middle of a block" },
		{ "06000000 00002000 00000000", "more than a MiB" },
		{ "06000000 24000000 00000000 00000000 00000000 ffff0000 ffff0000 00000000 24000000",
		  "longer than its block" },
		{ "0a0d0d0a 1c000000 00000000 00000000", "whose byte order nobody knows" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
		struct reading x;
		struct buf b;

		buf_init(&b, 0);
		section(&b);
		interface(&b, "");
		packet_block(&b, 0, 0);
		bytes(&b, ends[i].hex);
		x = read_all(&b, 1 + i);
		assert_int_equal(x.records, 1);
		assert_true(x.malformed >= 1);
		holds(&x, ends[i].why);
		buf_free(&x.out);
		buf_free(&b);
	}
}

static void broken_records(void **state)
{
	struct reading x;
	struct buf b, f;

	(void)state;
	buf_init(&f, 0);
	datagram(&f);
	/* What was captured may be more than what was sent, and nothing at all. */
	pcap(&b, RAW);
	frame(&b, 0, &f, 1);
	buf_clear(&f);
	frame(&b, 1, &f, 1500);
	frame(&b, 2, &f, 0);
	bytes(&b, "00000000 00000000 01001000 01001000 00");
	x = read_all(&b, 3);
	assert_int_equal(x.records, 1);
	assert_int_equal(x.malformed, 2);
	assert_int_equal(x.unused, 1);
	holds(&x, DATAGRAM);
	holds(&x, "a packet of more than a MiB");
	holds(&x, "a packet that ends within a header");
	buf_free(&x.out);
	for (size_t cut = 25; cut < b.n; cut += 7) {
		struct buf part = b;

		part.n = cut;
		x = read_all(&part, 11);
		assert_true(cut <= 24 || x.malformed >= 1 || x.records == 1);
		buf_free(&x.out);
	}
	buf_clear(&b);
	bytes(&b, "d4c3b2a1 0200 0400 00000000 00000000 00000400 93000000");
	bytes(&b, "00000000 00000000 04000000 04000000 00000000");
	x = read_all(&b, 3);
	holds(&x, "frames of link type 147, which are not understood");
	assert_int_equal(x.unused, 1);
	buf_free(&x.out);
	/* One capture behind another. */
	buf_free(&b);
	pcap(&b, ETHERNET);
	le(&b, 0xa1b23c4d, 4);
	bytes(&b, "0200 0400 00000000 00000000 00000400 65000000");
	bytes(&b, "00000000 e7030000 29000000 29000000");
	datagram(&b);
	x = read_all(&b, 3);
	holds(&x, "1970-01-01T00:00:00Z+0 " DATAGRAM);
	assert_int_equal(x.malformed, 0);
	buf_free(&x.out);
	buf_free(&b);
	buf_free(&f);
}

/* ---- layers ------------------------------------------------------------------------------------- */

static void links(void **state)
{
	static const struct {
		unsigned link;
		const char *header;
	} all[] = {
		{ RAW, "" },
		{ 12, "" },
		{ 228, "" },
		{ 0, "02000000" },
		{ 108, "00000002" },
		{ 9, "0021" },
		{ 9, "21" },
		{ 9, "ff030021" },
		{ 50, "ff030021" },
		{ 51, "11000001 002b 0021" },
		{ 104, "0f00 0800" },
		{ 113, "0000 0001 0006 020000000001 0000 0800" },
		{ 276, "0800 0000 00000001 0001 00 06 020000000001 0000" },
		{ 105, "0800 0000 020000000001 020000000002 020000000003 0000 aaaa03 000000 0800" },
		{ 105, "8802 0000 020000000001 020000000002 020000000003 0000 0000 aaaa03 000000 0800" },
		{ 127, "0000 0900 00000000 00 0800 0000 020000000001 020000000002 020000000003 0000 "
		       "aaaa03 000000 0800" },
		{ 192, "0000 0c00 01000000 00000000 020000000002 020000000001 0800" },
		{ 239, "02000000 08000100 00000000 2d000900" },
		{ ETHERNET, "020000000002 020000000001 0800" },
		{ ETHERNET, "020000000002 020000000001 0031 aaaa03 000000 0800" },
		{ ETHERNET, "020000000002 020000000001 8100 0064 0800" },
		{ ETHERNET, "020000000002 020000000001 88a8 0064 8100 0065 9100 0066 0800" },
		{ ETHERNET, "020000000002 020000000001 8926 00000000 8100 0064 0800" },
		{ ETHERNET, "020000000002 020000000001 8847 000140ff 000201ff" },
		{ ETHERNET, "020000000002 020000000001 8847 000141ff 00000000 "
			    "020000000002 020000000001 0800" },
		{ ETHERNET, "020000000002 020000000001 8864 11000001 002b 0021" },
		{ ETHERNET, "020000000002 020000000001 88e7 00000001 020000000002 020000000001 0800" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
		struct buf f;

		buf_init(&f, 0);
		bytes(&f, all[i].header);
		datagram(&f);
		assert_true(packets_know(all[i].link));
		if (all[i].link == ETHERNET)
			bytes(&f, "0000 0000"); /* padding, or a checksum */
		gives(all[i].link, &f, 1, 0, DATAGRAM " opener=unknown level=attempt bytes=13/0");
	}
}

static void tunnels(void **state)
{
	static const struct {
		unsigned proto;
		const char *header;
		uint64_t records; /* with that of a UDP tunnel itself */
	} all[] = {
		{ 4, "", 1 },
		{ 47, "0000 0800", 1 },
		{ 47, "b000 0800 00000000 00000001 00000002", 1 },
		{ 47, "0000 6558 020000000002 020000000001 0800", 1 },
		{ 47, "1000 88be 00000001 1000000000000000 020000000002 020000000001 0800", 1 },
		{ 47, "3081 880b 00000001 00000001 00000001 ff03 0021", 1 },
		{ 51, "0404 0000 00000001 00000001 00000000 00000000 00000000", 1 },
		{ 97, "3000 020000000002 020000000001 0800", 1 },
		{ 137, "000141ff", 1 },
		{ 17, "1388 12b5 003b 0000 08000000 00000100 020000000002 020000000001 0800", 2 },
		{ 17,
		  "1388 17c1 0043 0000 02006558 00000100 01020301 00000000 "
		  "020000000002 020000000001 0800",
		  2 },
		{ 17, "0868 0868 0039 0000 30ff 0029 00000001", 2 },
		{ 17, "1388 1292 0035 0000 0000 0800", 2 },
		{ 17, "1388 19eb 0035 0000 000141ff", 2 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
		struct buf inner, f;

		buf_init(&inner, 0);
		buf_init(&f, 0);
		bytes(&inner, all[i].header);
		datagram(&inner);
		if (all[i].proto == 17) {
			inner.p[4] = (char)(inner.n >> 8);
			inner.p[5] = (char)inner.n;
		}
		ip4(&f, "198.51.100.1", "198.51.100.2", all[i].proto, inner.n, 0, 0);
		buf_add(&f, inner.p, inner.n);
		gives(RAW, &f, all[i].records, 0, DATAGRAM);
		buf_free(&inner);
	}
}

static void deep_tunnels(void **state)
{
	(void)state;
	for (unsigned depth = 7; depth < 12; depth++) {
		struct buf f;

		buf_init(&f, 0);
		for (unsigned i = depth; i > 0; i--)
			ip4(&f, "198.51.100.1", "198.51.100.2", 4, (i - 1) * 20 + DATAGRAM_N, 0, 0);
		datagram(&f);
		if (depth <= PACKET_TUNNELS)
			gives(RAW, &f, 1, 0, DATAGRAM);
		else
			gives(RAW, &f, 0, 1, "tunnels in tunnels");
	}
}

static void extension_headers(void **state)
{
	struct buf f;

	(void)state;
	buf_init(&f, 0);
	ip6(&f, "2001:db8::1", "2001:db8::2", 0, 8 + 8 + 24 + 24 + 8 + 12);
	bytes(&f, "3c00 0104 00000000"); /* hop by hop */
	bytes(&f, "2c00 0104 00000000"); /* destination */
	bytes(&f, "2b00 0000 00000007"); /* a fragment that is all */
	bytes(&f, "3302 0201 00000000 20010db8 00000000 00000000 00000009"); /* routing, type 2 */
	bytes(&f, "1104 0000 00000001 00000001 00000000 00000000 00000000"); /* authentication */
	f.p[5] = (char)(f.n - 40 + 8 + 4);
	udp(&f, 5, 6, 4);
	buf_c(&f, "four");
	gives(RAW, &f, 1, 0, "udp 2001:db8::1 5 2001:db8::9 6 opener=unknown level=attempt bytes=4/0");

	buf_init(&f, 0);
	ip6(&f, "2001:db8::1", "2001:db8::2", 0, 8 * 20);
	for (unsigned i = 0; i < 20; i++)
		bytes(&f, "0000 0104 00000000");
	gives(RAW, &f, 0, 1, "nothing but extension headers");

	buf_init(&f, 0);
	ip6(&f, "2001:db8::1", "2001:db8::2", 0, 8);
	bytes(&f, "11ff 0104 00000000");
	gives(RAW, &f, 0, 1, "ends within a header");
}

/* Headers that promise more than was sent; what was merely not captured is no lie. */
static void lengths(void **state)
{
	static const struct {
		const char *hex, *why;
		size_t wire;
	} all[] = {
		{ "45", "ends within a header", 0 },
		{ "15000014000000004011000000000000 00000000", "neither IPv4 nor IPv6", 0 },
		{ "44000014000000004011000000000000 00000000", "longer than its packet", 0 },
		{ "4f000014000000004011000000000000 00000000", "longer than its packet", 0 },
		{ "45000015000000004011000000000000 00000000", "longer than what carried it", 0 },
		{ "45000014000000004011000000000000 00000000", "ends within a header", 0 },
		{ "45000014000000004006000000000000 00000000", "ends within a header", 0 },
		{ "45000014000000004001000000000000 00000000", "ends within a header", 0 },
		{ "4500001c00000000401100000000000000000000 0001000200070000",
		  "shorter than its header", 0 },
		{ "45000028000000004006000000000000 00000000 00010002 00000000 00000000 f0020000 00000000",
		  "a TCP header that is longer", 0 },
		{ "45000028000000004006000000000000 00000000 00010002 00000000 00000000 40020000 00000000",
		  "a TCP header that is longer", 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
		struct buf f;

		buf_init(&f, 0);
		bytes(&f, all[i].hex);
		gives(RAW, &f, 0, 1, all[i].why);
	}
	/* Cut off at every byte of it: told of none, and counted from where its ports are. */
	for (size_t n = 0; n < 60; n++) {
		struct buf capture, f;
		struct reading x;

		buf_init(&f, 0);
		ip4(&f, "192.0.2.1", "203.0.113.2", 6, 40, 0, 0);
		bytes(&f, "0001 0002 00000005 00000000 5002 0000 00000000");
		bytes(&f, "0000000000000000 0000000000000000 00000000");
		f.n = n;
		pcap(&capture, RAW);
		frame(&capture, 0, &f, 60);
		x = read_all(&capture, SIZE_MAX / 2);
		assert_int_equal(x.malformed, 0);
		assert_int_equal(x.records, n >= 34);
		assert_int_equal(x.unused, n < 34);
		if (x.records)
			holds(&x, "bytes=20/0 packets=1/0");
		buf_free(&x.out);
		buf_free(&capture);
		buf_free(&f);
	}
}

/* ---- fragments ---------------------------------------------------------------------------------- */

struct piece {
	unsigned offset, n;
	bool more;
};

static struct reading fragments(const struct piece *pieces, size_t n, bool six)
{
	struct buf whole, capture, f;
	struct reading x;

	buf_init(&whole, 0);
	buf_init(&f, 0);
	pcap(&capture, RAW);
	udp(&whole, 7, 8, 1592);
	for (unsigned i = 0; i < 1592; i++)
		buf_ch(&whole, (char)('a' + i % 26));
	for (size_t i = 0; i < n; i++) {
		buf_clear(&f);
		if (six) {
			ip6(&f, "2001:db8::1", "2001:db8::2", 44, 8 + pieces[i].n);
			be(&f, 17u << 8, 2);
			be(&f, pieces[i].offset | pieces[i].more, 2);
			be(&f, 99, 4);
		} else {
			ip4(&f, "192.0.2.1", "203.0.113.2", 17, pieces[i].n, 99,
			    pieces[i].offset / 8 | (pieces[i].more ? 0x2000 : 0));
		}
		if (pieces[i].offset + pieces[i].n <= whole.n)
			buf_add(&f, whole.p + pieces[i].offset, pieces[i].n);
		else
			for (unsigned k = 0; k < pieces[i].n; k++)
				buf_ch(&f, 'z');
		frame(&capture, (unsigned)i, &f, 0);
	}
	x = read_all(&capture, SIZE_MAX / 2);
	buf_free(&whole);
	buf_free(&f);
	buf_free(&capture);
	return x;
}

static void fragments_in_any_order(void **state)
{
	static const struct piece pieces[] = { { 0, 400, true }, { 400, 800, true }, { 1200, 400, false } };
	static const unsigned char orders[][3] = { { 0, 1, 2 }, { 2, 1, 0 }, { 1, 0, 2 }, { 2, 0, 1 } };

	(void)state;
	for (unsigned i = 0; i < 8; i++) {
		struct piece p[5];
		struct reading x;

		for (unsigned k = 0; k < 3; k++)
			p[k] = pieces[orders[i / 2][k]];
		p[3] = p[4] = p[2];
		/* The middle one again, and larger: what was there first stays. */
		if (i / 2 == 0)
			p[3] = p[2], p[2] = (struct piece){ 200, 1000, true };
		x = fragments(p, i / 2 ? 3 : 4, i % 2);
		assert_int_equal(x.malformed, 0);
		holds(&x, i % 2 ? "udp 2001:db8::1 7 2001:db8::2 8" : "udp 192.0.2.1 7 203.0.113.2 8");
		holds(&x, "bytes=1592/0 packets=1/0");
		buf_free(&x.out);
	}
}

static void fragments_that_do_not_fit(void **state)
{
	static const struct piece missing[] = { { 0, 400, true }, { 1200, 400, false } };
	static const struct piece odd[] = { { 0, 401, true } };
	static const struct piece far[] = { { 65528, 16, false } };
	static const struct piece longer[] = { { 800, 400, false }, { 0, 400, true }, { 1200, 8, true } };
	static const struct piece headless[] = { { 400, 400, true }, { 1200, 400, false } };
	struct reading x;

	(void)state;
	x = fragments(missing, 2, false);
	assert_int_equal(x.malformed, 0);
	holds(&x, "udp 192.0.2.1 7 203.0.113.2 8 opener=unknown level=attempt bytes=1592/0 packets=1/0");
	buf_free(&x.out);
	x = fragments(odd, 1, false);
	assert_int_equal(x.malformed, 1);
	assert_int_equal(x.records, 0);
	buf_free(&x.out);
	x = fragments(far, 1, true);
	assert_int_equal(x.malformed, 1);
	buf_free(&x.out);
	x = fragments(longer, 3, false);
	assert_int_equal(x.malformed, 1);
	assert_int_equal(x.records, 1);
	buf_free(&x.out);
	x = fragments(headless, 2, false);
	assert_int_equal(x.malformed + x.records, 0);
	assert_int_equal(x.unused, 1);
	buf_free(&x.out);
}

static void a_flood_of_fragments(void **state)
{
	struct reading x;
	struct buf b, f;

	(void)state;
	pcap(&b, RAW);
	buf_init(&f, 0);
	for (unsigned i = 0; i < 5000; i++) {
		buf_clear(&f);
		ip4(&f, "192.0.2.1", "203.0.113.2", 17, 16, i, i % 2 ? 0x2000 : 0x3ff0);
		udp(&f, 10000 + i, 9, 8);
		buf_c(&f, "12345678");
		frame(&b, 0, &f, 0);
	}
	x = read_all(&b, SIZE_MAX / 2);
	assert_int_equal(x.records, 2500);
	assert_int_equal(x.unused, 2500);
	assert_int_equal(x.malformed, 0);
	buf_free(&x.out);
	buf_free(&b);
	buf_free(&f);
}

/* ---- the life of connections -------------------------------------------------------------------- */

struct segment {
	unsigned at; /* ms */
	bool back;
	unsigned flags;
	uint32_t seq, ack;
	const char *payload;
};

static void segment(struct buf *b, const struct segment *s, unsigned client_port, unsigned server_port)
{
	size_t n = s->payload ? strlen(s->payload) : 0;
	struct buf f;

	buf_init(&f, 0);
	ip4(&f, s->back ? "203.0.113.2" : "192.0.2.1", s->back ? "192.0.2.1" : "203.0.113.2", 6,
	    20 + n, 0, 0);
	be(&f, s->back ? server_port : client_port, 2);
	be(&f, s->back ? client_port : server_port, 2);
	be(&f, s->seq, 4);
	be(&f, s->ack, 4);
	be(&f, 0x5000 | s->flags, 2);
	be(&f, 0, 6);
	buf_add(&f, s->payload ? s->payload : "", n);
	frame(b, s->at, &f, 0);
	buf_free(&f);
}

static void lives(void **state)
{
	static const struct {
		struct segment s[8];
		const char *want;
		unsigned flows;
	} all[] = {
		{ { { 1, false, SYN, 10, 0, NULL },
		    { 2, true, SYN | ACK, 90, 11, NULL },
		    { 3, false, ACK, 11, 91, "hello" },
		    { 4, true, ACK, 91, 16, "hi" },
		    { 5, false, FIN | ACK, 16, 93, NULL },
		    { 6, true, FIN | ACK, 93, 17, NULL },
		    { 7, false, ACK, 17, 94, NULL } },
		  "opener=orig level=two-way bytes=5/2 packets=4/3",
		  1 },
		/* What the capture missed counts, by the numbers. */
		{ { { 1, false, SYN, 10, 0, NULL },
		    { 2, true, SYN | ACK, 90, 11, NULL },
		    { 3, false, ACK, 11, 1091, NULL },
		    { 4, false, ACK, 2011, 1091, "end" } },
		  "opener=orig level=two-way bytes=2003/1000 packets=3/1",
		  1 },
		{ { { 1, false, SYN, 10, 0, NULL }, { 900, false, SYN, 10, 0, NULL } },
		  "opener=orig level=attempt bytes=0/0 packets=2/0",
		  1 },
		{ { { 1, false, SYN, 10, 0, NULL }, { 6000, false, SYN, 10, 0, NULL } },
		  "opener=orig level=attempt bytes=0/0 packets=1/0",
		  2 },
		{ { { 1, false, SYN, 10, 0, NULL }, { 2, true, RST | ACK, 0, 11, NULL } },
		  "opener=orig level=attempt bytes=0/0 packets=1/1",
		  1 },
		{ { { 1, true, SYN | ACK, 90, 11, NULL }, { 2, false, SYN, 10, 0, NULL } },
		  "tcp 192.0.2.1 3333 203.0.113.2 4444 opener=orig level=established",
		  1 },
		{ { { 1, true, SYN | ACK, 90, 11, NULL }, { 2, false, ACK, 11, 91, "x" } },
		  "tcp 203.0.113.2 4444 192.0.2.1 3333 opener=resp level=established",
		  1 },
		{ { { 1, true, ACK, 90, 11, "data" }, { 2, false, ACK, 11, 94, "more" } },
		  "opener=unknown level=two-way bytes=4/4",
		  1 },
		/* The same ports again. */
		{ { { 1, false, SYN, 10, 0, NULL },
		    { 2, true, SYN | ACK, 90, 11, NULL },
		    { 3, false, ACK, 11, 91, "one" },
		    { 4, false, SYN, 5000, 0, NULL } },
		  "opener=orig level=established bytes=3/0 packets=2/1",
		  2 },
		/* A number that nobody can have sent. */
		{ { { 1, false, SYN, 10, 0, NULL },
		    { 2, true, SYN | ACK, 90, 11, NULL },
		    { 3, false, ACK, 0x60000000, 91, "far" },
		    { 4, false, ACK, 11, 91, "near" } },
		  "bytes=4/0 packets=3/1",
		  1 },
		/* Numbers begin again from zero. */
		{ { { 1, false, SYN, 0xfffffff0, 0, NULL },
		    { 2, true, SYN | ACK, 90, 0xfffffff1, NULL },
		    { 3, false, ACK, 0xfffffff1, 91, "twenty characters..." },
		    { 4, true, ACK, 91, 5, NULL } },
		  "bytes=20/0 packets=2/2",
		  1 },
		/* Five minutes of silence end it. */
		{ { { 1, false, SYN, 10, 0, NULL },
		    { 2, true, SYN | ACK, 90, 11, NULL },
		    { 3, false, ACK, 11, 91, "one" },
		    { 299000, false, ACK, 14, 91, "two" },
		    { 599500, false, ACK, 17, 91, "three" } },
		  "opener=orig level=established bytes=6/0 packets=3/1",
		  2 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
		struct reading x;
		struct buf b;

		pcap(&b, RAW);
		for (unsigned k = 0; k < 8 && all[i].s[k].at; k++)
			segment(&b, &all[i].s[k], 3333, 4444);
		x = read_all(&b, 50);
		holds(&x, all[i].want);
		assert_int_equal(x.records, all[i].flows);
		assert_int_equal(x.malformed, 0);
		buf_free(&x.out);
		buf_free(&b);
	}
}

/* More flows than there is room for, and the one that matters among them. */
static void a_flood_of_connections(void **state)
{
	static const struct segment start[] = { { 0, false, SYN, 10, 0, NULL },
						{ 0, true, SYN | ACK, 90, 11, NULL },
						{ 0, false, ACK, 11, 91, "early" } };
	static const struct segment late = { 1, false, ACK, 16, 91, "late" };
	const unsigned n = METER_FLOWS + METER_FLOWS / 2;
	struct reading x = { .quiet = true };
	struct buf b, f;

	(void)state;
	pcap(&b, RAW);
	buf_init(&f, 0);
	for (unsigned i = 0; i < 3; i++)
		segment(&b, &start[i], 3333, 4444);
	for (unsigned i = 0; i < n; i++) {
		buf_clear(&f);
		ip4(&f, "198.51.100.1", "203.0.113.2", 6, 20, 0, 0);
		be(&f, i >> 8, 2);
		be(&f, i & 255, 2);
		bytes(&f, "00000001 00000000 5002 0000 00000000");
		f.p[15] = (char)(i >> 24);
		frame(&b, 0, &f, 0);
	}
	segment(&b, &late, 3333, 4444);
	buf_init(&x.out, 0);
	read_text(&x, &reader_pcap, buf_str(&b), SIZE_MAX / 2, NULL);
	/* Unanswered calls gave way to each other, and not it to them. */
	assert_int_equal(x.records, n + 1);
	assert_int_equal(x.malformed, 0);
	buf_free(&x.out);
	buf_free(&b);
	buf_free(&f);
}

/* ---- names -------------------------------------------------------------------------------------- */

/* A request or hello in segments of `size`, the second of them last, the first twice. */
static struct reading said(const char *p, size_t n, size_t size, const char *answer, size_t answer_n)
{
	size_t order[64], k = 0;
	struct buf b;
	struct reading x;

	pcap(&b, RAW);
	for (size_t at = 0; at < n; at += size)
		order[k++] = at;
	assert_true(k < 60);
	if (k > 2) {
		memmove(order + 1, order + 2, (k - 2) * sizeof order[0]);
		order[k - 1] = size;
	}
	order[k++] = 0;
	for (size_t i = 0; i < k; i++) {
		size_t part = n - order[i] < size ? n - order[i] : size;
		struct buf f;

		buf_init(&f, 0);
		ip4(&f, "192.0.2.1", "203.0.113.2", 6, 20 + part, 0, 0);
		be(&f, 3333, 2);
		be(&f, 4444, 2);
		be(&f, 100 + order[i], 4);
		bytes(&f, "00000000 5010 0000 00000000");
		buf_add(&f, p + order[i], part);
		frame(&b, 1 + (unsigned)i, &f, 0);
		buf_free(&f);
	}
	if (answer_n) {
		struct buf f;

		buf_init(&f, 0);
		ip4(&f, "203.0.113.2", "192.0.2.1", 6, 20 + answer_n, 0, 0);
		be(&f, 4444, 2);
		be(&f, 3333, 2);
		bytes(&f, "00000500 00000000 5010 0000 00000000");
		buf_add(&f, answer, answer_n);
		frame(&b, 900, &f, 0);
		buf_free(&f);
	}
	x = read_all(&b, SIZE_MAX / 2);
	assert_int_equal(x.malformed, 0);
	buf_free(&b);
	return x;
}

static void hello(struct buf *b, const char *name)
{
	size_t n = strlen(name), extension = n ? 9 + n : 0, body = 2 + 32 + 1 + 4 + 2 + 2 + extension;

	buf_init(b, 0);
	bytes(b, "160301");
	be(b, body + 4, 2);
	be(b, 1u << 24 | body, 4);
	bytes(b, "0303");
	be(b, 0, 32);
	bytes(b, "00 0002 1301 0100");
	be(b, extension, 2);
	if (n) {
		be(b, 0, 2);
		be(b, n + 5, 2);
		be(b, n + 3, 2);
		be(b, 0, 1);
		be(b, n, 2);
		buf_c(b, name);
	}
}

static void names_of_tls(void **state)
{
	static const size_t sizes[] = { 1000, 60, 33, 7, 3 };

	(void)state;
	for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
		struct reading x;
		struct buf b;

		hello(&b, "Controller.Example");
		x = said(b.p, b.n, sizes[i], "", 0);
		holds(&x, "tls 2020-01-01T00:00:00.001000Z+0 tcp 192.0.2.1 3333 203.0.113.2 4444 "
			  "opener=orig level=established name=Controller.Example\n");
		assert_int_equal(x.records, 2);
		buf_free(&x.out);
		buf_free(&b);
	}
}

/* Both sides have changed to what is secret; behind a client's alert neither has. */
static void agreement(void **state)
{
	static const char server[] = "\x16\x03\x03\x00\x2a\x02\x00\x00\x26\x03\x03"
				     "01234567890123456789012345678901"
				     "\x00\xc0\x2f\x00"
				     "\x14\x03\x03\x00\x01\x01";

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		struct reading x;
		struct buf b;

		hello(&b, "");
		bytes(&b, i ? "1503030002 0228" : "140303000101");
		x = said(b.p, b.n, 1000, server, sizeof server - 1);
		holds(&x, i ? "opener=orig level=established\n" : "opener=orig level=two-way\n");
		assert_int_equal(x.records, 2);
		buf_free(&x.out);
		buf_free(&b);
	}
}

static void requests(void **state)
{
	static const struct {
		const char *request, *answer, *want;
		unsigned n;
	} all[] = {
		{ "GET /a?b=c HTTP/1.1\r\nAccept: x\r\nhOsT:  Example.com:8080 \r\n\r\n",
		  "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
		  "level=two-way name=Example.com port=8080 path=/a?b=c\n", 1 },
		{ "GET / HTTP/1.0\n\n", "", "level=established path=/\n", 1 },
		{ "GET /old\r\n", "<html>", "level=established path=/old\n", 1 },
		{ "POST /a HTTP/1.1\r\nHost: x.example\r\nContent-Length: 3\r\n\r\nGETGET /b HTTP/1.1\r\n"
		  "Host: y.example\r\n\r\n",
		  "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No\r\nContent-Length: 9\r\n\r\n"
		  "HTTP/1.1 404 Not\r\n\r\n",
		  "level=two-way name=y.example path=/b\n", 2 },
		{ "PUT /c HTTP/1.1\r\nTransfer-Encoding: gzip, chunked\r\n\r\n3;x=y\r\nabc\r\n0\r\nTail: 1\r\n\r\n"
		  "HEAD http://z.example/d HTTP/1.1\r\n\r\n",
		  "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n"
		  "HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n",
		  "level=two-way path=http://z.example/d\n", 2 },
		{ "CONNECT e.example:443 HTTP/1.1\r\nHost: e.example:443\r\n\r\n",
		  "HTTP/1.1 200 Connection established\r\n\r\n",
		  "name=e.example port=443 path=e.example:443\n", 1 },
		{ "NONSENSE HTTP/1.1\r\n\r\n", "HTTP/1.1 400 Bad\r\n\r\n", "flow", 0 },
		{ "220 mail.example ESMTP\r\n", "EHLO x\r\n", "flow", 0 },
		{ "GET /unfinished HTTP/1.1\r\nHost: u.example\r\nCookie: ", "",
		  "level=established name=u.example path=/unfinished\n", 1 },
	};

	(void)state;
	for (size_t i = 0; i < 2 * (sizeof all / sizeof all[0]); i++) {
		size_t k = i / 2;
		struct reading x = said(all[k].request, strlen(all[k].request), i % 2 ? 5 : 1000,
					all[k].answer, strlen(all[k].answer));

		holds(&x, all[k].want);
		assert_int_equal(x.records, 1 + all[k].n);
		buf_free(&x.out);
	}
}

static void endless_heads(void **state)
{
	struct reading x;
	struct buf b;

	(void)state;
	buf_init(&b, 0);
	buf_c(&b, "GET /long");
	for (unsigned i = 0; i < 50000; i++)
		buf_c(&b, "/x");
	x = said(b.p, b.n, 60000, "", 0);
	assert_int_equal(x.records, 2);
	buf_free(&x.out);
	buf_clear(&b);
	buf_c(&b, "GET /here HTTP/1.1\r\nHost: h.example\r\n");
	for (unsigned i = 0; i < 10000; i++)
		buf_c(&b, "X: y\r\n");
	x = said(b.p, b.n, 1200, "", 0);
	holds(&x, "name=h.example path=/here\n");
	assert_int_equal(x.records, 2);
	buf_free(&x.out);
	buf_free(&b);
}

static void look_ups(struct buf *b, unsigned at, bool back, unsigned id, const char *tail)
{
	struct buf m, f;

	buf_init(&m, 0);
	buf_init(&f, 0);
	be(&m, id, 2);
	be(&m, back ? 0x8180 : 0x0100, 2);
	bytes(&m, back ? "0001 0001 0000 0000" : "0001 0000 0000 0000");
	bytes(&m, "01 61 07 6578616d706c65 00 0001 0001"); /* a.example */
	bytes(&m, tail);
	ip4(&f, back ? "198.51.100.53" : "192.0.2.1", back ? "192.0.2.1" : "198.51.100.53", 17,
	    8 + m.n, 0, 0);
	udp(&f, back ? 53 : 5300, back ? 5300 : 53, m.n);
	buf_add(&f, m.p, m.n);
	frame(b, at, &f, 0);
	buf_free(&m);
	buf_free(&f);
}

/* Answered, answered late, never; an answer twice; a name that points to itself. */
static void questions_and_answers(void **state)
{
	static const char a[] = "c00c 0001 0001 00000e10 0004 cb007102";
	struct reading x;
	struct buf b;

	(void)state;
	pcap(&b, RAW);
	look_ups(&b, 1, false, 1, "");
	look_ups(&b, 2, false, 2, "");
	look_ups(&b, 3, false, 3, "");
	look_ups(&b, 4, true, 2, a);
	look_ups(&b, 5, true, 1, a);
	look_ups(&b, 6, true, 1, a);
	look_ups(&b, 7, true, 9, "c01b 0001");
	x = read_all(&b, 9);
	holds(&x, "1 dns 2020-01-01T00:00:00.002000Z+0 udp 192.0.2.1 5300 198.51.100.53 53 opener=orig "
		  "level=lookup name=a.example answers=203.0.113.2@3600\n");
	holds(&x, "2 dns 2020-01-01T00:00:00.001000Z+0 udp");
	holds(&x, "3 dns 2020-01-01T00:00:00.006000Z+0 udp 192.0.2.1 5300 198.51.100.53 53 opener=orig "
		  "level=lookup name=a.example answers=203.0.113.2@3600\n");
	holds(&x, "5 dns 2020-01-01T00:00:00.003000Z+0 udp 192.0.2.1 5300 198.51.100.53 53 opener=orig "
		  "level=lookup name=a.example\n");
	holds(&x, "6 flow");
	assert_int_equal(x.malformed, 0);
	buf_free(&x.out);
	buf_free(&b);
}

/* ------------------------------------------------------------------------------------------------- */

/* What is in a capture, for who compares it with what others find. */
static int print(int n, char **paths)
{
	for (int i = 0; i < n; i++) {
		FILE *f = fopen(paths[i], "rb");
		struct reading x;
		char part[4096];
		struct buf b;
		size_t k;

		if (!f)
			return 2;
		buf_init(&b, 0);
		while ((k = fread(part, 1, sizeof part, f)) > 0)
			buf_add(&b, part, k);
		(void)fclose(f);
		x = read_all(&b, SIZE_MAX / 2);
		(void)printf("FILE %s\n%s", paths[i], x.out.p);
		buf_free(&x.out);
		buf_free(&b);
	}
	return 0;
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(byte_orders),
		cmocka_unit_test(pcapng),
		cmocka_unit_test(broken_containers),
		cmocka_unit_test(broken_records),
		cmocka_unit_test(links),
		cmocka_unit_test(tunnels),
		cmocka_unit_test(deep_tunnels),
		cmocka_unit_test(extension_headers),
		cmocka_unit_test(lengths),
		cmocka_unit_test(fragments_in_any_order),
		cmocka_unit_test(fragments_that_do_not_fit),
		cmocka_unit_test(a_flood_of_fragments),
		cmocka_unit_test(lives),
		cmocka_unit_test(a_flood_of_connections),
		cmocka_unit_test(names_of_tls),
		cmocka_unit_test(agreement),
		cmocka_unit_test(requests),
		cmocka_unit_test(endless_heads),
		cmocka_unit_test(questions_and_answers),
	};

	if (argc > 1)
		return print(argc - 1, argv + 1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
