/* SPDX-License-Identifier: Apache-2.0 */
#include "read_records.h"

#include <bzlib.h>
#include <lz4.h>
#include <lzo/lzo1x.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <zstd.h>

#include <cmocka.h>

extern const struct reader reader_nfcapd;

enum packing { PLAIN, LZO, BZIP2, LZ4, ZSTD, PACKINGS };

/* A file in the making. All files are made for the machine that runs the test to be little-endian,
 * whatever it is. */
struct file {
	struct buf b, block;
	unsigned layout, packing, records, blocks;
	bool plain_block;
};

static void u8(struct buf *b, unsigned v)
{
	buf_ch(b, (char)v);
}

static void u16(struct buf *b, unsigned v)
{
	u8(b, v & 0xff);
	u8(b, v >> 8 & 0xff);
}

static void u32(struct buf *b, uint64_t v)
{
	u16(b, v & 0xffff);
	u16(b, v >> 16 & 0xffff);
}

static void u64(struct buf *b, uint64_t v)
{
	u32(b, v);
	u32(b, v >> 32);
}

static void fill(struct buf *b, size_t n)
{
	while (n--)
		u8(b, 0);
}

static void change(struct buf *b, size_t at, unsigned v)
{
	assert_true(at + 1 < b->n);
	b->p[at] = (char)(v & 0xff);
	b->p[at + 1] = (char)(v >> 8);
}

static struct file start(unsigned layout, unsigned packing)
{
	static const unsigned flags[] = { 0, 1, 8, 16, 0 };
	struct file f = { .layout = layout, .packing = packing };

	buf_init(&f.b, 0);
	buf_init(&f.block, 0);
	u16(&f.b, 0xa50c);
	u16(&f.b, layout);
	if (layout == 1) {
		u32(&f.b, flags[packing]);
		fill(&f.b, 4 + 128 + 136);
	} else {
		fill(&f.b, 12);
		u8(&f.b, packing);
		fill(&f.b, 23);
	}
	return f;
}

static size_t pack(unsigned packing, struct str in, char *out, size_t room)
{
	static char work[LZO1X_1_MEM_COMPRESS];
	lzo_uint n = room;
	unsigned m = (unsigned)room;

	switch (packing) {
	case LZO:
		assert_int_equal(lzo1x_1_compress((const unsigned char *)in.p, in.n,
						  (unsigned char *)out, &n, work),
				 LZO_E_OK);
		return n;
	case BZIP2: {
		char *copy = malloc(in.n);

		assert_non_null(copy);
		memcpy(copy, in.p, in.n);
		assert_int_equal(BZ2_bzBuffToBuffCompress(out, &m, copy, (unsigned)in.n, 9, 0, 0),
				 BZ_OK);
		free(copy);
		return m;
	}
	case LZ4:
		return (size_t)LZ4_compress_default(in.p, out, (int)in.n, (int)room);
	case ZSTD:
		return ZSTD_compress(out, room, in.p, in.n, 3);
	default:
		memcpy(out, in.p, in.n);
		return in.n;
	}
}

/* Close the block: of a type, with what was put into it. Where it begins in the file. */
static size_t block_of(struct file *f, unsigned type)
{
	size_t at = f->b.n, room = f->block.n + f->block.n / 8 + 700;
	char *out = malloc(room);
	size_t n;

	assert_non_null(out);
	n = pack(f->plain_block ? PLAIN : f->packing, buf_str(&f->block), out, room);
	u32(&f->b, f->records);
	u32(&f->b, n);
	u16(&f->b, type);
	u16(&f->b, f->plain_block);
	buf_add(&f->b, out, n);
	free(out);
	buf_clear(&f->block);
	f->records = 0;
	f->blocks++;
	return at;
}

static size_t block(struct file *f)
{
	return block_of(f, f->layout == 1 ? 2 : 3);
}

static void blocks_stated(struct file *f, unsigned n)
{
	change(&f->b, f->layout == 1 ? 8 : 36, n);
}

static struct reading reading(struct file *f, size_t pieces)
{
	struct reading x = { .quiet = false };

	buf_init(&x.out, 0);
	read_text(&x, &reader_nfcapd, buf_str(&f->b), pieces, NULL);
	buf_ch(&x.out, 0);
	return x;
}

static void end(struct file *f)
{
	buf_free(&f->b);
	buf_free(&f->block);
}

static int by_line(const void *a, const void *b)
{
	long x = strtol(((const struct str *)a)->p, NULL, 10);
	long y = strtol(((const struct str *)b)->p, NULL, 10);

	return (x > y) - (x < y);
}

/* What was told, as it is numbered: rejects come behind records. */
static size_t in_order(const char *text, struct str *lines, size_t max)
{
	struct str rest = str_of(text);
	size_t n = 0;

	while (n < max && rest.n && str_line(&rest, &lines[n]))
		n++;
	qsort(lines, n, sizeof *lines, by_line);
	return n;
}

/* Read it: what comes out is this, however it is cut. */
static void gives(struct file *f, const char *text)
{
	static const size_t pieces[] = { 1 << 20, 7, 1000 };
	struct str want[100], got[100];
	size_t n = in_order(text, want, 100);

	for (size_t i = 0; i < sizeof pieces / sizeof pieces[0]; i++) {
		struct reading x = reading(f, pieces[i]);
		size_t m = in_order(x.out.p, got, 100);

		for (size_t k = 0; k < m || k < n; k++)
			if (k >= m || k >= n || !str_eq(got[k], want[k]))
				fail_msg("in pieces of %zu:\n%.*s\ninstead of\n%.*s", pieces[i],
					 STR_ARG(k < m ? got[k] : STR("nothing")),
					 STR_ARG(k < n ? want[k] : STR("nothing")));
		buf_free(&x.out);
	}
	end(f);
}

/* Of 1.7: head, then elements; the size is put in at the end. */
static size_t flow(struct file *f, unsigned elements)
{
	size_t at = f->block.n;

	f->records++;
	u16(&f->block, 11);
	u16(&f->block, 0);
	u16(&f->block, elements);
	fill(&f->block, 6);
	return at;
}

static void end_record(struct file *f, size_t at)
{
	change(&f->block, at + 2, (unsigned)(f->block.n - at));
}

#define T0 UINT64_C(1543737600123) /* 2018-12-02T08:00:00.123Z */

static void element(struct file *f, unsigned type, unsigned n)
{
	u16(&f->block, type);
	u16(&f->block, n + 4);
}

static void generic(struct file *f, uint64_t first, uint64_t last, unsigned proto, unsigned flags)
{
	element(f, 1, 48);
	u64(&f->block, first);
	u64(&f->block, last);
	u64(&f->block, 0);
	u64(&f->block, 3);
	u64(&f->block, 400);
	u16(&f->block, 50000);
	u16(&f->block, 443);
	u8(&f->block, proto);
	u8(&f->block, flags);
	u16(&f->block, 0);
}

static void v4(struct file *f, uint32_t src, uint32_t dst)
{
	element(f, 2, 8);
	u32(&f->block, src);
	u32(&f->block, dst);
}

static void v6(struct file *f, uint64_t hi, uint64_t src, uint64_t dst)
{
	element(f, 3, 32);
	u64(&f->block, hi);
	u64(&f->block, src);
	u64(&f->block, hi);
	u64(&f->block, dst);
}

static void back(struct file *f, uint64_t packets, uint64_t bytes)
{
	element(f, 5, 24);
	u64(&f->block, 1);
	u64(&f->block, packets);
	u64(&f->block, bytes);
}

static void other(struct file *f, unsigned type, unsigned n)
{
	element(f, type, n);
	fill(&f->block, n);
}

/* A flow from 1.1.1.n to 9.9.9.9. */
static void plain_flow(struct file *f, unsigned n)
{
	size_t at = flow(f, 2);

	generic(f, T0, T0, 17, 0);
	v4(f, 0x01010100 + n, 0x09090909);
	end_record(f, at);
}

#define PLAIN_FLOW(line, n)                                                                          \
	line " flow 2018-12-02T08:00:00.123000Z+0 udp 1.1.1." n " 50000 9.9.9.9 443 opener=unknown " \
	     "level=attempt one-way bytes=400/- packets=3/- payload=220/-\n"

/* ---- flows of 1.7 ------------------------------------------------------------------------------ */

static void flows_1_7(void **state)
{
	struct file f = start(2, PLAIN);
	size_t at = flow(&f, 2);

	(void)state;
	generic(&f, T0, T0 + 1500, 6, 2);
	v4(&f, 0x01020304, 0x05060708);
	end_record(&f, at);
	/* Both directions; what is not known is stepped over, in any order. */
	at = flow(&f, 5);
	other(&f, 77, 3);
	back(&f, 2, 500);
	v6(&f, 0x20010db800000000, 1, 2);
	other(&f, 12, 4);
	generic(&f, T0, T0 - 1, 6, 0x1b);
	end_record(&f, at);
	/* Answers of one direction; ICMP has no ports. */
	at = flow(&f, 2);
	generic(&f, T0, T0, 6, 0x12);
	v4(&f, 1 << 24, 2 << 24);
	end_record(&f, at);
	at = flow(&f, 3);
	generic(&f, T0, T0, 1, 16);
	v4(&f, 1 << 24, 2 << 24);
	back(&f, 0, 0);
	end_record(&f, at);
	(void)block(&f);
	gives(&f, "1 flow 2018-12-02T08:00:00.123000Z+1500000 tcp 1.2.3.4 50000 5.6.7.8 443 opener=orig "
		  "level=attempt one-way bytes=400/- packets=3/- payload=220/-\n"
		  "2 flow 2018-12-02T08:00:00.123000Z+0 tcp 2001:db8::1 50000 2001:db8::2 443 "
		  "opener=unknown level=two-way bytes=400/500 packets=3/2 payload=220/380\n"
		  "3 flow 2018-12-02T08:00:00.123000Z+0 tcp 1.0.0.0 50000 2.0.0.0 443 opener=unknown "
		  "level=established one-way ack bytes=400/- packets=3/- payload=220/-\n"
		  "4 flow 2018-12-02T08:00:00.123000Z+0 icmp 1.0.0.0 0 2.0.0.0 0 opener=unknown "
		  "level=attempt one-way bytes=400/- packets=3/- payload=220/-\n");
}

/* A reset and nothing else, of one direction: with payload, SYN or FIN it is something else. */
static void refused(void **state)
{
	static const unsigned flags[] = { 0x14, 0x04, 0x14, 0x16, 0x15, 0x1c };
	struct file f = start(2, PLAIN);

	(void)state;
	for (unsigned k = 0; k < 6; k++) {
		size_t at = flow(&f, 2);

		generic(&f, T0, T0, 6, flags[k]);
		if (k != 2)
			change(&f.block, at + 48, 120); /* bytes */
		v4(&f, 0x01010101, 0x09090909);
		end_record(&f, at);
	}
	(void)block(&f);
#define RESET(line, more) \
	line " flow 2018-12-02T08:00:00.123000Z+0 tcp 1.1.1.1 50000 9.9.9.9 443 opener=unknown level=" more
	gives(&f,
	      RESET("1", "attempt one-way ack refused bytes=120/- packets=3/- payload=0/-\n") RESET(
		      "2", "attempt one-way refused bytes=120/- packets=3/- payload=0/-\n")
		      RESET("3", "established one-way ack bytes=400/- packets=3/- payload=220/-\n") RESET(
			      "4", "established one-way ack bytes=120/- packets=3/- payload=0/-\n")
			      RESET("5", "established one-way ack bytes=120/- packets=3/- payload=0/-\n")
				      RESET("6",
					    "established one-way ack bytes=120/- packets=3/- payload=0/-\n"));
}

/* Two flows, one below IP, which is nothing to look for. */
static void without_addresses(void **state)
{
	struct file f = start(2, PLAIN);
	size_t at = flow(&f, 1);
	struct reading x;

	(void)state;
	generic(&f, T0, T0, 17, 0);
	end_record(&f, at);
	plain_flow(&f, 1);
	(void)block(&f);
	x = reading(&f, 1 << 20);
	assert_int_equal(x.records, 1);
	assert_int_equal(x.unused, 1);
	assert_int_equal(x.malformed, 0);
	assert_int_equal(x.lines, 2);
	buf_free(&x.out);
	end(&f);
}

static void addresses_and_events(void **state)
{
	struct file f = start(2, PLAIN);
	size_t at;

	(void)state;
	for (int k = 0; k < 4; k++) { /* both families: the one that is not 0 */
		at = flow(&f, 3);
		generic(&f, T0, T0, 17, 0);
		if (k & 1)
			v4(&f, 0x01010101, 0x09090909);
		v6(&f, 0, k & 2 ? 0xffff01010102 : 0, k & 2 ? 0xffff09090909 : 0);
		if (!(k & 1))
			v4(&f, 0x01010101, 0x09090909);
		end_record(&f, at);
	}
	at = flow(&f, 2); /* below IP */
	generic(&f, T0, T0, 17, 0);
	other(&f, 15, 32);
	end_record(&f, at);
	for (unsigned type = 19; type <= 25; type += 6) { /* events state their time elsewhere */
		at = flow(&f, 3);
		generic(&f, 0, 0, 17, 0);
		v4(&f, 0x01010106, 0x09090909);
		element(&f, type, 16);
		u64(&f.block, T0);
		fill(&f.block, 8);
		end_record(&f, at);
	}
	at = flow(&f, 22);
	for (int k = 0; k < 20; k++)
		other(&f, 20, 8);
	generic(&f, T0, T0, 17, 0);
	v4(&f, 0x01010108, 0x09090909);
	end_record(&f, at);
	(void)block(&f);
	gives(&f, PLAIN_FLOW("1", "1") PLAIN_FLOW("2", "1") PLAIN_FLOW("3", "2") PLAIN_FLOW("4", "2")
			  PLAIN_FLOW("6", "6") PLAIN_FLOW("7", "6") PLAIN_FLOW("8", "8"));
}

static void damaged_flows_1_7(void **state)
{
	struct file f = start(2, PLAIN);
	size_t at;

	(void)state;
	for (unsigned k = 0; k < 7; k++) {
		plain_flow(&f, k); /* of the same shape before */
		at = f.block.n;
		plain_flow(&f, 100);
		switch (k) {
		case 0:
			change(&f.block, at + 66, 13); /* the addresses leave it */
			break;
		case 1:
			change(&f.block, at + 14, 3);
			break;
		case 2:
			change(&f.block, at + 14, 40);
			break;
		case 3:
			change(&f.block, at + 4, 3);
			break;
		case 4:
			change(&f.block, at + 4, 0);
			break;
		case 5:
			change(&f.block, at + 22, 1); /* year 10889 */
			break;
		default:
			change(&f.block, at + 30, 1);
			break;
		}
	}
	at = flow(&f, 0);
	f.block.n -= 2;
	end_record(&f, at);
	(void)block(&f);
	gives(&f, PLAIN_FLOW("1", "0") PLAIN_FLOW("3", "1") PLAIN_FLOW("5", "2")
			  PLAIN_FLOW("7", "3") PLAIN_FLOW("9", "4") PLAIN_FLOW("11", "5")
				  PLAIN_FLOW("13", "6") "2 ! element 2 of 13 bytes where 12 are left\n"
							"4 ! element 1 of 3 bytes\n"
							"6 ! element 1 of 40 bytes\n"
							"8 ! 2 of 3 elements\n"
							"10 ! a flow without times and counters\n"
							"12 ! a time that is not from 1970 to 2100\n"
							"14 ! a time that is not from 1970 to 2100\n"
							"15 ! a flow of 10 bytes\n");
}

/* ---- flows of 1.6 ------------------------------------------------------------------------------ */

static void map_1_6(struct file *f, unsigned id, const uint16_t *ids)
{
	size_t at = f->block.n;

	f->records++;
	u16(&f->block, 2);
	u16(&f->block, 0);
	u16(&f->block, id);
	u16(&f->block, 0);
	do
		u16(&f->block, *ids);
	while (*ids++);
	end_record(f, at);
}

/* Up to its extensions. */
static size_t flow_1_6(struct file *f, unsigned type, unsigned flags, unsigned map, unsigned n)
{
	size_t at = f->block.n;

	f->records++;
	u16(&f->block, type);
	u16(&f->block, 0);
	u16(&f->block, type == 1 ? flags | 0x700 : flags); /* of the exporter */
	u16(&f->block, map);
	u16(&f->block, 123);
	u16(&f->block, 123);
	u32(&f->block, T0 / 1000);
	u32(&f->block, T0 / 1000);
	u8(&f->block, 0);
	u8(&f->block, 0);
	u8(&f->block, 17);
	u8(&f->block, 0);
	u16(&f->block, 50000);
	u16(&f->block, 443);
	if (type == 10)
		u32(&f->block, 0xffffffff);
	if (flags & 1) {
		u64(&f->block, 0);
		u64(&f->block, 0xffff01010100 + n);
		u64(&f->block, 0);
		u64(&f->block, 0xffff09090909);
	} else {
		u32(&f->block, 0x01010100 + n);
		u32(&f->block, 0x09090909);
	}
	if (flags & 2)
		u64(&f->block, 3);
	else
		u32(&f->block, 3);
	if (flags & 4)
		u64(&f->block, 400);
	else
		u32(&f->block, 400);
	return at;
}

static void flows_1_6(void **state)
{
	static const uint16_t none[] = { 4, 6, 8, 0 }, narrow[] = { 8, 16, 21, 14, 0 },
			      wide[] = { 17, 99, 0 }, all[] = { 22, 43, 15, 37, 17, 0 };
	struct file f = start(1, PLAIN);
	size_t at;

	(void)state;
	map_1_6(&f, 0, none);
	map_1_6(&f, 65535, narrow);
	map_1_6(&f, 7, wide);
	for (unsigned k = 0; k < 16; k++) {
		at = flow_1_6(&f, k & 8 ? 1 : 10, k & 7, 0, k);
		fill(&f.block, 12);
		end_record(&f, at);
	}
	at = flow_1_6(&f, 10, 0, 65535, 20);
	fill(&f.block, 4);
	u32(&f.block, 100);
	fill(&f.block, 16);
	u32(&f.block, 0);
	end_record(&f, at);
	at = flow_1_6(&f, 1, 6, 7, 21);
	u64(&f.block, 100);
	end_record(&f, at);
	/* Of two maps with a number the later. */
	map_1_6(&f, 7, all);
	at = flow_1_6(&f, 10, 7, 7, 22);
	fill(&f.block, 40 + 72);
	u64(&f.block, 2);
	u64(&f.block, T0 + 1);
	fill(&f.block, 12);
	u64(&f.block, 1200);
	end_record(&f, at);
	at = flow_1_6(&f, 10, 0, 7, 23);
	change(&f.block, at + 8, 0);
	change(&f.block, at + 12, 0);
	change(&f.block, at + 14, 0);
	fill(&f.block, 40 + 72 + 8);
	u64(&f.block, T0);
	fill(&f.block, 12 + 8);
	end_record(&f, at);
	(void)block(&f);
	gives(&f,
	      PLAIN_FLOW("1", "0") PLAIN_FLOW("2", "1") PLAIN_FLOW("3", "2") PLAIN_FLOW(
		      "4", "3") PLAIN_FLOW("5", "4") PLAIN_FLOW("6", "5") PLAIN_FLOW("7", "6")
		      PLAIN_FLOW("8", "7") PLAIN_FLOW("9", "8") PLAIN_FLOW("10", "9") PLAIN_FLOW(
			      "11", "10") PLAIN_FLOW("12", "11") PLAIN_FLOW("13", "12")
			      PLAIN_FLOW("14", "13") PLAIN_FLOW("15", "14") PLAIN_FLOW(
				      "16",
				      "15") "17 flow 2018-12-02T08:00:00.123000Z+0 udp 1.1.1.20 50000 9.9.9.9 443 opener=unknown "
					    "level=two-way bytes=400/100 packets=3/0 payload=220/100\n"
					    "18 flow 2018-12-02T08:00:00.123000Z+0 udp 1.1.1.21 50000 9.9.9.9 443 opener=unknown "
					    "level=two-way bytes=400/100 packets=3/0 payload=220/100\n"
					    "19 flow 2018-12-02T08:00:00.123000Z+0 udp 1.1.1.22 50000 9.9.9.9 443 opener=unknown "
					    "level=two-way bytes=400/1200 packets=3/2 payload=220/1080\n" PLAIN_FLOW(
						    "20", "23"));
}

static void damaged_flows_1_6(void **state)
{
	static const uint16_t blind[] = { 28, 14, 0 }, both[] = { 15, 17, 0 };
	struct file f = start(1, PLAIN);
	size_t at;

	(void)state;
	at = f.block.n;
	map_1_6(&f, 1, both);
	f.block.n = at + 6;
	end_record(&f, at);
	at = flow_1_6(&f, 10, 0, 1, 0);
	end_record(&f, at);
	map_1_6(&f, 1, blind);
	at = flow_1_6(&f, 10, 0, 1, 0);
	end_record(&f, at);
	map_1_6(&f, 1, both);
	at = flow_1_6(&f, 10, 0, 1, 0);
	fill(&f.block, 15);
	end_record(&f, at);
	at = flow_1_6(&f, 10, 0, 1, 0);
	change(&f.block, at + 4, 1);
	end_record(&f, at);
	at = flow_1_6(&f, 10, 0, 1, 0);
	f.block.n = at + 27;
	end_record(&f, at);
	at = flow_1_6(&f, 10, 0, 1, 0);
	fill(&f.block, 16);
	change(&f.block, at + 18, 0xffff);
	end_record(&f, at);
	(void)block(&f);
	gives(&f, "1 ! an extension map of 6 bytes\n"
		  "2 ! no extension map 1 before this flow\n"
		  "3 ! extension map 1, which names some that are not known\n"
		  "4 ! 15 bytes of extensions, less than map 1 says\n"
		  "5 ! a flow of 48 bytes where its flags say 72\n"
		  "6 ! a flow of 27 bytes\n"
		  "7 ! a time that is not from 1970 to 2100\n");
}

/* ---- blocks ------------------------------------------------------------------------------------ */

/* Three blocks of three flows, and where the second begins. */
static struct file three(unsigned layout, unsigned packing, size_t *second)
{
	struct file f = start(layout, packing);

	for (unsigned k = 0; k < 9; k++) {
		plain_flow(&f, k);
		if (k % 3 == 2 && k == 5)
			*second = block(&f);
		else if (k % 3 == 2)
			(void)block(&f);
	}
	blocks_stated(&f, 3);
	return f;
}

#define FIRST  PLAIN_FLOW("1", "0") PLAIN_FLOW("2", "1") PLAIN_FLOW("3", "2")
#define SECOND PLAIN_FLOW("4", "3") PLAIN_FLOW("5", "4") PLAIN_FLOW("6", "5")
#define THIRD  PLAIN_FLOW("7", "6") PLAIN_FLOW("8", "7") PLAIN_FLOW("9", "8")
#define FLOW   76 /* bytes of such a record */

static void packed(void **state)
{
	size_t at;

	(void)state;
	for (unsigned layout = 1; layout <= 2; layout++)
		for (unsigned packing = PLAIN; packing < PACKINGS - (layout == 1); packing++) {
			struct file f = three(layout, packing, &at);

			gives(&f, FIRST SECOND THIRD);
		}
}

static void mixed_blocks(void **state)
{
	struct file f = start(2, LZ4);

	(void)state;
	plain_flow(&f, 0);
	(void)block_of(&f, 2); /* as nfdump 1.7 leaves them when it packs a file of 1.6 anew */
	fill(&f.block, 100);
	(void)block_of(&f, 4);
	f.plain_block = true;
	plain_flow(&f, 1);
	(void)block(&f);
	f.plain_block = false;
	/* Exporters, samplers, names, what is not known. */
	for (unsigned type = 3; type < 300; type++)
		if (type != 10 && type != 11) {
			u16(&f.block, type);
			u16(&f.block, 4 + type % 8);
			fill(&f.block, type % 8);
			f.records++;
		}
	(void)block(&f);
	plain_flow(&f, 2);
	(void)block_of(&f, 9);
	plain_flow(&f, 2);
	(void)block_of(&f, 1);
	plain_flow(&f, 2);
	(void)block(&f);
	gives(&f, PLAIN_FLOW("1", "0") PLAIN_FLOW("2", "1")
			  PLAIN_FLOW("5", "2") "3 ! block 5: of type 9, which is not known\n"
					       "4 ! block 6: of nfdump 1.5, which is not read\n");

	f = start(1, PLAIN);
	fill(&f.block, 100); /* histograms */
	(void)block_of(&f, 3);
	plain_flow(&f, 0);
	(void)block(&f);
	gives(&f, PLAIN_FLOW("1", "0"));
}

static void promises(void **state)
{
	char text[2000];
	size_t at;
	struct file f = three(2, PLAIN, &at);

	(void)state;
	change(&f.b, at, 4);
	gives(&f, FIRST SECOND PLAIN_FLOW("8", "6") PLAIN_FLOW("9", "7")
			  PLAIN_FLOW("10", "8") "7 ! block 2: 4 records were promised, there are 3\n");
	f = three(2, LZ4, &at);
	change(&f.b, at, 2);
	blocks_stated(&f, 5);
	gives(&f, FIRST SECOND PLAIN_FLOW("8", "6") PLAIN_FLOW("9", "7")
			  PLAIN_FLOW("10", "8") "7 ! block 2: 2 records were promised, there are 3\n"
						"11 ! 5 blocks were promised, there are 3\n");
	f = three(2, LZ4, &at);
	blocks_stated(&f, 0); /* still being written */
	gives(&f, FIRST SECOND THIRD);
	f = three(2, LZ4, &at);
	buf_c(&f.b, "what was left of a longer one");
	gives(&f, FIRST SECOND THIRD);
	f = three(2, LZ4, &at);
	blocks_stated(&f, 4);
	(void)snprintf(text, sizeof text,
		       FIRST SECOND THIRD "10 ! 29 bytes at %zu that are no block\n"
					  "11 ! 4 blocks were promised, there are 3\n",
		       f.b.n);
	buf_c(&f.b, "what was left of a longer one");
	gives(&f, text);
	f = three(2, LZ4, &at);
	(void)snprintf(text, sizeof text,
		       FIRST SECOND THIRD "10 ! 1025 bytes at %zu that are no block\n", f.b.n);
	fill(&f.b, 1025);
	gives(&f, text);
	f = three(2, LZ4, &at);
	fill(&f.b, 500);
	plain_flow(&f, 9);
	(void)block(&f);
	gives(&f, FIRST SECOND THIRD PLAIN_FLOW("10", "9"));
}

/* Files end to end; of the first all blocks must be there. */
static void joined(void **state)
{
	size_t at;
	struct file f = three(2, PLAIN, &at), g = start(2, LZ4);

	(void)state;
	plain_flow(&g, 9);
	(void)block(&g);
	buf_puts(&f.b, buf_str(&g.b));
	blocks_stated(&f, 4);
	gives(&f, FIRST SECOND THIRD "10 ! 4 blocks were promised, there are 3\n" PLAIN_FLOW("11", "9"));
	f = three(1, LZO, &at);
	blocks_stated(&g, 7);
	buf_puts(&f.b, buf_str(&g.b));
	f.b.n--;
	gives(&f, FIRST SECOND THIRD
	      "10 ! block 4: LZ4 of 57 bytes that cannot be decompressed; up to 1 records lost\n");
	end(&g);
}

static void damaged_records(void **state)
{
	size_t at;
	struct file f = three(2, PLAIN, &at);

	(void)state;
	/* The second record: of no bytes, of more than there are. */
	change(&f.b, at + 12 + FLOW + 2, 3);
	gives(&f, FIRST PLAIN_FLOW("4", "3") PLAIN_FLOW("6", "6") PLAIN_FLOW("7", "7") PLAIN_FLOW(
			  "8", "8") "5 ! block 2: record 2 of 3 bytes where 152 are left; 3 records were promised\n");
	f = three(2, PLAIN, &at);
	change(&f.b, at + 12 + FLOW + 2, 153);
	gives(&f, FIRST PLAIN_FLOW("4", "3") PLAIN_FLOW("6", "6") PLAIN_FLOW("7", "7") PLAIN_FLOW(
			  "8", "8") "5 ! block 2: record 2 of 153 bytes where 152 are left; 3 records were promised\n");
	/* Of the last one. */
	f = three(2, PLAIN, &at);
	change(&f.b, f.b.n - FLOW + 2, 77);
	gives(&f, FIRST SECOND PLAIN_FLOW("7", "6") PLAIN_FLOW(
			  "8", "7") "9 ! block 3: record 3 of 77 bytes where 76 are left; 3 records were promised\n");
}

static void lying_sizes(void **state)
{
	size_t at;
	struct file f = three(2, PLAIN, &at);

	(void)state;
	/* Into the next block. */
	change(&f.b, at + 4, 3 * FLOW + 100);
	gives(&f, FIRST SECOND PLAIN_FLOW("8", "6") PLAIN_FLOW("9", "7") PLAIN_FLOW(
			  "10", "8") "7 ! block 2: record 4 of 0 bytes where 100 are left; 3 records were promised\n");
	/* Behind the end of the file. */
	f = three(2, PLAIN, &at);
	change(&f.b, at + 4, 3000);
	gives(&f, FIRST SECOND PLAIN_FLOW("8", "6") PLAIN_FLOW("9", "7") PLAIN_FLOW(
			  "10", "8") "7 ! block 2: 468 of its 3000 bytes are there, 3 of 3 records\n");
	/* Too small. */
	f = three(2, PLAIN, &at);
	change(&f.b, at + 4, 3 * FLOW - 1);
	gives(&f,
	      FIRST PLAIN_FLOW("4", "3") PLAIN_FLOW("5", "4") PLAIN_FLOW("7", "6") PLAIN_FLOW("8", "7")
		      PLAIN_FLOW("9", "8") "6 ! block 2: record 3 of 76 bytes where 75 are left; 3 records were promised\n");
	/* None at all, and more than any. */
	for (unsigned k = 0; k < 2; k++) {
		char text[2000];
		size_t size;

		f = three(2, k ? LZ4 : PLAIN, &at);
		size = 12 + (unsigned char)f.b.p[at + 4];
		change(&f.b, at + 4, 0);
		change(&f.b, at + 6, k ? 0x81 : 0);
		(void)snprintf(text, sizeof text,
			       FIRST "4 ! %zu bytes at %zu that are no block\n" PLAIN_FLOW("5", "6")
				       PLAIN_FLOW("6", "7") PLAIN_FLOW(
					       "7", "8") "8 ! 3 blocks were promised, there are 2\n",
			       size, at);
		gives(&f, text);
	}
}

static void cut_off(void **state)
{
	size_t at;
	struct file f = three(2, PLAIN, &at);

	(void)state;
	f.b.n -= FLOW + 1;
	gives(&f, FIRST SECOND PLAIN_FLOW(
			  "7", "6") "8 ! block 3: 151 of its 228 bytes are there, 1 of 3 records\n");
	f = three(2, PLAIN, &at);
	f.b.n = at + 11;
	gives(&f, FIRST "4 ! 11 bytes at 280 that are no block\n"
			"5 ! 3 blocks were promised, there are 1\n");
	f = three(2, PLAIN, &at);
	f.b.n = at;
	gives(&f, FIRST "4 ! 3 blocks were promised, there are 1\n");
	for (unsigned packing = LZO; packing < PACKINGS; packing++) {
		static const char *const names[] = { "", "LZO", "bzip2", "LZ4", "zstd" };
		char text[2000];
		struct reading x;

		f = three(2, packing, &at);
		f.b.n -= 5;
		(void)snprintf(text, sizeof text, "7 ! block 3: %s of ", names[packing]);
		x = reading(&f, 1 << 20);
		assert_non_null(strstr(x.out.p, FIRST SECOND));
		assert_non_null(strstr(x.out.p, text));
		assert_non_null(strstr(x.out.p,
				       "bytes that cannot be decompressed; up to 3 records lost\n"));
		assert_int_equal(x.records, 6);
		assert_int_equal(x.malformed, 1);
		buf_free(&x.out);
		end(&f);
	}
}

static void damaged_packing(void **state)
{
	(void)state;
	for (unsigned packing = LZO; packing < PACKINGS; packing++) {
		size_t at;
		struct file f = three(2, packing, &at);
		struct reading x;

		for (size_t k = 0; k < 6; k += 2)
			change(&f.b, at + 12 + k, 0xffff);
		x = reading(&f, 1 << 20);
		assert_int_equal(x.records, 6);
		assert_int_equal(x.malformed, 1);
		assert_int_equal(x.lines, 7);
		buf_free(&x.out);
		end(&f);
	}
}

/* A few bytes that become many are not let. */
static void bombs(void **state)
{
	static const unsigned by[] = { BZIP2, LZ4, ZSTD };

	(void)state;
	for (size_t k = 0; k < 3; k++) {
		struct file f = start(2, by[k]);
		struct reading x;

		fill(&f.block, (8 << 20) + 1);
		f.records = 1;
		(void)block(&f);
		plain_flow(&f, 0);
		(void)block(&f);
		x = reading(&f, 1 << 20);
		assert_non_null(strstr(x.out.p, PLAIN_FLOW("2", "0")));
		assert_non_null(strstr(x.out.p, "1 ! block 1: "));
		assert_non_null(strstr(x.out.p, "that cannot be decompressed; up to 1 records lost"));
		buf_free(&x.out);
		end(&f);
	}
}

/* Many small blocks that become much each: the first are read, the rest are not; one that is not
 * packed costs nothing. */
static void many_bombs(void **state)
{
	struct file f = start(2, BZIP2);
	struct reading x;

	(void)state;
	for (unsigned k = 0; k < 300; k++) {
		/* Records that are stepped over. */
		for (unsigned i = 0; i < 900; i++) {
			u16(&f.block, 3);
			u16(&f.block, 1024);
			u32(&f.block, i % 16 ? 0 : i * 2654435761u);
			fill(&f.block, 1016);
			f.records++;
		}
		(void)block(&f);
	}
	assert_in_range(f.b.n, 300 * 250, 300 * 600);
	f.plain_block = true;
	plain_flow(&f, 0);
	(void)block(&f);
	x = reading(&f, 1 << 20);
	/* 921,600 bytes each. */
	assert_in_range(x.malformed, 150, 300 - (64 << 20) / 921600);
	assert_non_null(strstr(x.out.p, "the blocks of this file become more than flows do; up to 900 "
					"records lost\n"));
	assert_int_equal(x.records, 1);
	buf_free(&x.out);
	end(&f);
}

static void heads(void **state)
{
	static const struct {
		size_t at;
		unsigned value;
		const char *why;
	} heads[] = {
		{ 0, 0x0ca5, "written by a machine of the other byte order; let nfdump there export it" },
		{ 0, 0x0da5, "no file of nfdump" },
		{ 2, 3, "layout 3 of nfdump is not read, only 1 and 2 are" },
		{ 16, 5, "a compression that is not known" },
		{ 16, 0x100, "the file is encrypted" },
	};
	size_t at;

	(void)state;
	for (size_t k = 0; k < sizeof heads / sizeof heads[0]; k++) {
		struct file f = three(2, PLAIN, &at);
		char text[200];

		change(&f.b, heads[k].at, heads[k].value);
		(void)snprintf(text, sizeof text, "1 ! %s\n", heads[k].why);
		gives(&f, text);
	}
	for (unsigned layout = 1; layout <= 2; layout++) {
		struct file f = start(layout, PLAIN);

		f.b.n--;
		gives(&f, "1 ! the file ends in its head\n");
		f = start(layout, PLAIN);
		gives(&f, "");
	}
}

static void recognised(void **state)
{
	static const struct {
		const char *bytes;
		int sure;
	} heads[] = { { "\x0c\xa5\1", 100 },   { "\x0c\xa5\2", 100 }, { "\x0c\xa5\3", 100 },
		      { "\xa5\x0c\0\2", 100 }, { "\x0c\xa5\7", 0 },   { "\xa5\x0c\2", 0 },
		      { "\x0c\xa4\1", 0 } };

	(void)state;
	for (size_t i = 0; i < sizeof heads / sizeof heads[0]; i++) {
		struct sample s = { .head = { heads[i].bytes, 4 } };

		assert_int_equal(reader_nfcapd.sniff(&s), heads[i].sure);
		s.head.n = 3;
		assert_int_equal(reader_nfcapd.sniff(&s), 0);
	}
}

/* A file of nfdump 1.6 from a real network. */
static void shared_file_1_6(void **state)
{
	const char *shared = getenv("NEZUMI_SHARED");
	struct reading x = { .quiet = false };
	struct file f = { .layout = 1 };
	char path[1000], part[4096];
	FILE *in;
	size_t n;

	(void)state;
	(void)snprintf(path, sizeof path, "%s/data/telemetry/netflow/test1-malicious.nfdump",
		       shared ? shared : "../shared");
	in = fopen(path, "rb");
	if (!in) {
		print_message("no %s\n", path);
		skip();
	}
	buf_init(&f.b, 0);
	buf_init(&f.block, 0);
	while ((n = fread(part, 1, sizeof part, in)) > 0)
		buf_add(&f.b, part, n);
	(void)fclose(in);
	x = reading(&f, 1 << 20);
	assert_int_equal(x.records, 4593);
	assert_int_equal(x.malformed, 0);
	assert_non_null(strstr(x.out.p, "1 flow 2018-01-12T15:37:30.942000Z+0 tcp 147.32.80.119 52324 "
					"147.32.82.62 902 opener=orig level=attempt one-way "
					"bytes=60/- packets=1/- payload=0/-\n"));
	buf_free(&x.out);
	end(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(flows_1_7),
		cmocka_unit_test(refused),
		cmocka_unit_test(without_addresses),
		cmocka_unit_test(addresses_and_events),
		cmocka_unit_test(damaged_flows_1_7),
		cmocka_unit_test(flows_1_6),
		cmocka_unit_test(damaged_flows_1_6),
		cmocka_unit_test(packed),
		cmocka_unit_test(mixed_blocks),
		cmocka_unit_test(promises),
		cmocka_unit_test(joined),
		cmocka_unit_test(damaged_records),
		cmocka_unit_test(lying_sizes),
		cmocka_unit_test(cut_off),
		cmocka_unit_test(damaged_packing),
		cmocka_unit_test(bombs),
		cmocka_unit_test(many_bombs),
		cmocka_unit_test(heads),
		cmocka_unit_test(recognised),
		cmocka_unit_test(shared_file_1_6),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
