/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Captures: pcap (draft-ietf-opsawg-pcap) in both byte orders, with micro- and nanoseconds, and
 * with the longer record headers that some Linux kernels wrote; pcapng (draft-ietf-opsawg-pcapng)
 * with any number of sections and interfaces. Frames become flows, and dns, tls and http records
 * (format/meter.h); datagrams that are exports of NetFlow, IPFIX or sFlow are read as such too.
 *
 * A file without an end is told; what lies about its own length ends the reading, because nobody
 * knows where the next thing begins.
 */
#include "base/wire.h"
#include "format/export.h"
#include "format/meter.h"

#include <stdlib.h>
#include <sys/random.h>

enum {
	FRAME_MAX = 1 << 20,         /* bytes of a frame that were captured */
	UNIT_MAX = FRAME_MAX + 4096, /* ... and what stands around it */
	INTERFACES_MAX = 4096,
	AHEAD = 4, /* packets that are looked at before their turn; a power of two */
};

enum {
	MAGIC_MICRO = 0xa1b2c3d4, /* all begin with a1b2 */
	MAGIC_NANO = 0xa1b23c4d,
	MAGIC_LONG = 0xa1b2cd34,
	MAGIC_ORDER = 0x1a2b3c4d,
};

enum {
	BLOCK_SECTION = 0x0a0d0d0a,
	BLOCK_INTERFACE = 1,
	BLOCK_OLD_PACKET = 2,
	BLOCK_SIMPLE_PACKET = 3,
	BLOCK_PACKET = 6,
};

enum kind_of_file { NOT_KNOWN_YET, PCAP, PCAPNG, GIVEN_UP };

struct interface {
	unsigned link;
	uint32_t snaplen;
	uint64_t per_second; /* units of its timestamps */
	int64_t offset;      /* s */
};

struct stream {
	struct packets *packets;
	struct meter *meter;
	struct exports *exports;
	enum kind_of_file kind;
	bool swapped; /* another byte order than this machine's */
	/* pcap */
	unsigned link, header;
	bool nano;
	size_t ahead; /* bytes from the next packet to the first that was not looked at */
	unsigned first_ahead, n_ahead;
	uint32_t expected[AHEAD];
	/* pcapng */
	struct interface *interfaces;
	size_t n_interfaces, cap_interfaces;
	bool too_many; /* interfaces: told */
	uint64_t skip; /* bytes of a block that nobody wants */
	int64_t last;  /* time of the last packet that had one */
};

/* ---- bytes -------------------------------------------------------------------------------------- */

static uint32_t u32(const struct stream *st, struct wire *w)
{
	uint32_t v = 0;
	const unsigned char *p = wire_take(w, 4);

	if (p)
		memcpy(&v, p, 4);
	return st->swapped ? __builtin_bswap32(v) : v;
}

static uint16_t u16(const struct stream *st, struct wire *w)
{
	uint16_t v = 0;
	const unsigned char *p = wire_take(w, 2);

	if (p)
		memcpy(&v, p, 2);
	return st->swapped ? __builtin_bswap16(v) : v;
}

static void complain(struct sink *sink, const char *why)
{
	sink_line(sink);
	sink_bad(sink, "%s", why);
}

static size_t give_up(struct stream *st, struct sink *sink, const char *why)
{
	complain(sink, why);
	st->kind = GIVEN_UP;
	return 0;
}

/* A capture of which nothing can be used must not look like one in which nothing happened. */
static void check_link(unsigned link, struct sink *sink)
{
	if (packets_know(link))
		return;
	sink_line(sink);
	sink_bad(sink, "frames of link type %u, which are not understood", link);
}

/* ---- recognition -------------------------------------------------------------------------------- */

static bool is_pcap(struct str s, bool *swapped, uint32_t *magic)
{
	struct wire w = wire_of(s);
	const unsigned char *p = wire_take(&w, 24);
	uint32_t m;
	uint16_t major;

	if (!p)
		return false;
	memcpy(&m, p, 4);
	memcpy(&major, p + 4, 2);
	*swapped = m != MAGIC_MICRO && m != MAGIC_NANO && m != MAGIC_LONG;
	if (*swapped) {
		m = __builtin_bswap32(m);
		major = __builtin_bswap16(major);
	}
	*magic = m;
	return (m == MAGIC_MICRO || m == MAGIC_NANO || m == MAGIC_LONG) && major == 2;
}

static bool is_section(struct str s, bool *swapped)
{
	struct wire w = wire_of(s);
	uint32_t type = wire_be32(&w), order;
	const unsigned char *p;

	wire_skip(&w, 4);
	p = wire_take(&w, 4);
	if (!p || type != BLOCK_SECTION)
		return false;
	memcpy(&order, p, 4);
	*swapped = order != MAGIC_ORDER;
	return order == MAGIC_ORDER || __builtin_bswap32(order) == MAGIC_ORDER;
}

static int sniff(const struct sample *s)
{
	bool swapped;
	uint32_t magic;

	return is_pcap(s->head, &swapped, &magic) || is_section(s->head, &swapped) ? 100 : 0;
}

/* ---- packets ------------------------------------------------------------------------------------ */

static void on_packet(void *ctx, const struct packet *p, struct sink *sink)
{
	struct stream *st = ctx;

	/* One that was cut short is only known by its port; what is there of it is read. */
	if (p->proto == PROTO_UDP && p->data.n >= 16 && export_looks(p->data, p->src_port, p->dst_port))
		exports_read(st->exports, p->src, p->src_port, p->ts, p->data, sink);
	meter_packet(st->meter, p, sink);
}

static void frame(struct stream *st, unsigned link, int64_t ts, struct str bytes, uint32_t wire,
		  struct sink *sink)
{
	if (ts < 0 || ts > TIME_MAX) {
		complain(sink, "a packet whose time is not between 1970 and 2100");
		return;
	}
	st->last = ts;
	sink->lacks.truncated += bytes.n < wire;
	packets_read(st->packets, link, ts, bytes, wire, sink);
}

/* ---- pcap --------------------------------------------------------------------------------------- */

static void pcap_begin(struct stream *st, struct str have, bool swapped, uint32_t magic,
		       struct sink *sink)
{
	struct wire w = wire_of(str_skip(have, 20));

	st->kind = PCAP;
	st->ahead = st->n_ahead = 0;
	st->swapped = swapped;
	st->nano = magic == MAGIC_NANO;
	st->header = magic == MAGIC_LONG ? 24 : 16;
	st->link = u32(st, &w) & 0xffff; /* above it: what is known of checksums of frames */
	check_link(st->link, sink);
}

/* What is wrong with packets that are looked at too early is seen when they have their turn. */
static void look_ahead(struct stream *st, struct str have)
{
	while (st->n_ahead < AHEAD && st->ahead + st->header <= have.n) {
		struct wire w = wire_of(str_skip(have, st->ahead + 8));
		uint32_t captured = u32(st, &w), expected = UINT32_MAX;
		const char *frame = have.p + st->ahead + st->header;
		struct packet p;

		if (captured > have.n - st->ahead - st->header)
			break;
		if (packet_guess(st->link, (const unsigned char *)frame, captured, &p))
			expected = meter_expect(st->meter, &p);
		st->expected[(st->first_ahead + st->n_ahead++) % AHEAD] = expected;
		st->ahead += st->header + captured;
	}
	if (st->n_ahead >= 2)
		meter_expect_soon(st->meter, st->expected[(st->first_ahead + 1) % AHEAD]);
}

static void step(struct stream *st, size_t n)
{
	if (st->n_ahead == 0)
		return;
	st->ahead -= n;
	st->n_ahead--;
	st->first_ahead++;
}

/* How many bytes the next packet takes; 0: it is not all there, or nothing is. */
static size_t pcap_packet(struct stream *st, struct str have, bool ended, struct sink *sink)
{
	struct wire w = wire_of(have);
	uint32_t seconds, part, captured, sent, magic;
	const unsigned char *p;
	bool swapped;

	if (have.n < st->header) {
		if (ended && have.n)
			(void)give_up(st, sink, "the capture ends in the middle of a packet's header");
		return 0;
	}
	/* Captures written one behind the other; as a packet this would be of 2055 or 2106. */
	seconds = u32(st, &w);
	if (seconds >> 16 == MAGIC_MICRO >> 16 || (seconds & 0xffff) == 0xb2a1) {
		if (have.n < 24 && !ended)
			return 0;
		if (is_pcap(have, &swapped, &magic)) {
			pcap_begin(st, have, swapped, magic, sink);
			return 24;
		}
	}
	look_ahead(st, have);
	part = u32(st, &w);
	captured = u32(st, &w);
	sent = u32(st, &w);
	wire_skip(&w, st->header - 16u);
	if (captured > FRAME_MAX)
		return give_up(st, sink, "a packet of more than a MiB: whatever comes next is lost");
	p = wire_take(&w, captured);
	if (!p) {
		if (ended)
			(void)give_up(st, sink, "the capture ends in the middle of a packet");
		return 0;
	}
	step(st, st->header + captured);
	frame(st, st->link, (int64_t)seconds * TIME_S + (st->nano ? part / 1000 : part),
	      (struct str){ (const char *)p, captured }, sent, sink);
	return st->header + captured;
}

/* ---- pcapng ------------------------------------------------------------------------------------- */

static uint64_t resolution(unsigned char v)
{
	uint64_t n = 1;

	if (v & 0x80)
		return UINT64_C(1) << (v & 63);
	for (unsigned i = 0; i < v && i < 18; i++)
		n *= 10;
	return n;
}

static void interface(struct stream *st, struct wire w, struct sink *sink)
{
	struct interface i = { .per_second = 1000000 };

	i.link = u16(st, &w);
	wire_skip(&w, 2);
	i.snaplen = u32(st, &w);
	if (w.bad) {
		complain(sink, "an interface block that is too short");
		return;
	}
	while (wire_left(&w) >= 4) {
		unsigned code = u16(st, &w), n = u16(st, &w);
		struct wire option = wire_sub(&w, n);

		wire_skip(&w, (4 - n % 4) % 4);
		if (code == 0 || option.bad)
			break;
		if (code == 9 && n == 1)
			i.per_second = resolution(wire_u8(&option));
		else if (code == 14 && n == 8)
			i.offset = (int64_t)(st->swapped ? __builtin_bswap64(wire_le64(&option))
							 : wire_le64(&option));
	}
	if (st->n_interfaces == st->cap_interfaces) {
		size_t cap = st->cap_interfaces ? st->cap_interfaces * 2 : 4;
		struct interface *v = cap > INTERFACES_MAX ? NULL
							   : realloc(st->interfaces, cap * sizeof *v);

		if (!v) {
			if (!st->too_many)
				complain(sink, "more interfaces than are kept");
			st->too_many = true;
			return;
		}
		st->interfaces = v;
		st->cap_interfaces = cap;
	}
	check_link(i.link, sink);
	st->interfaces[st->n_interfaces++] = i;
}

static int64_t time_of(const struct interface *i, uint64_t units)
{
	uint64_t s = units / i->per_second, rest = units % i->per_second;
	unsigned __int128 us = (unsigned __int128)rest * 1000000 / i->per_second;

	if (s > INT32_MAX * UINT64_C(4) || i->offset > INT32_MAX * INT64_C(4) ||
	    i->offset < -INT32_MAX * INT64_C(4))
		return -1;
	return ((int64_t)s + i->offset) * TIME_S + (int64_t)us;
}

static void packet_block(struct stream *st, uint32_t type, struct wire w, struct sink *sink)
{
	uint32_t id = 0, captured = 0, sent;
	uint64_t units = 0;
	const struct interface *i;
	const unsigned char *p;

	if (type == BLOCK_PACKET) {
		id = u32(st, &w);
	} else if (type == BLOCK_OLD_PACKET) {
		id = u16(st, &w);
		wire_skip(&w, 2);
	}
	if (type != BLOCK_SIMPLE_PACKET) {
		units = (uint64_t)u32(st, &w) << 32;
		units |= u32(st, &w);
		captured = u32(st, &w);
	}
	sent = u32(st, &w);
	if (id >= st->n_interfaces) {
		complain(sink, "a packet of an interface that there is none of");
		return;
	}
	i = &st->interfaces[id];
	if (type == BLOCK_SIMPLE_PACKET) {
		captured = sent;
		if (i->snaplen && captured > i->snaplen)
			captured = i->snaplen;
		if (captured > wire_left(&w))
			captured = (uint32_t)wire_left(&w);
	}
	p = wire_take(&w, captured);
	if (!p) {
		complain(sink, "a packet that is longer than its block");
		return;
	}
	frame(st, i->link, type == BLOCK_SIMPLE_PACKET ? st->last : time_of(i, units),
	      (struct str){ (const char *)p, captured }, sent, sink);
}

/* How many bytes the next block takes, as for a packet. Large ones that nobody wants are skipped as
 * they come. */
static size_t block(struct stream *st, struct str have, bool ended, struct sink *sink)
{
	struct wire w = wire_of(have), body;
	uint32_t type, length;
	bool swapped = st->swapped;

	if (have.n < 12) {
		if (ended && have.n)
			(void)give_up(st, sink, "the capture ends in the middle of a block");
		return 0;
	}
	if (is_section(have, &swapped)) {
		st->swapped = swapped;
		st->n_interfaces = 0;
	}
	type = u32(st, &w);
	length = u32(st, &w);
	if (length < 12 || length % 4)
		return give_up(st, sink, "a block that lies about its length: what comes next is lost");
	if (type == BLOCK_SECTION && !is_section(have, &swapped))
		return give_up(st, sink, "a section whose byte order nobody knows");
	if (type != BLOCK_INTERFACE && type != BLOCK_OLD_PACKET && type != BLOCK_SIMPLE_PACKET &&
	    type != BLOCK_PACKET) {
		st->skip = length;
		return 0;
	}
	if (length > UNIT_MAX) {
		complain(sink, "a block of a packet of more than a MiB, passed over");
		st->skip = length;
		return 0;
	}
	body = wire_sub(&w, length - 12);
	if (u32(st, &w) != length && !w.bad)
		return give_up(st, sink, "a block whose two lengths differ: what comes next is lost");
	if (w.bad) {
		if (ended)
			(void)give_up(st, sink, "the capture ends in the middle of a block");
		return 0;
	}
	if (type == BLOCK_INTERFACE)
		interface(st, body, sink);
	else
		packet_block(st, type, body, sink);
	return length;
}

/* ---- the reader --------------------------------------------------------------------------------- */

static void close_stream(struct stream *st)
{
	if (!st)
		return;
	packets_free(st->packets);
	meter_free(st->meter);
	exports_free(st->exports);
	free(st->interfaces);
	free(st);
}

static enum err open_stream(const struct reader_hints *h, struct stream **out)
{
	struct stream *st = calloc(1, sizeof *st);
	uint64_t seed;

	(void)h;
	if (!st)
		return ERR_NOMEM;
	/* Nothing that comes out depends on it. */
	if (getrandom(&seed, sizeof seed, GRND_NONBLOCK) != (ssize_t)sizeof seed)
		seed = (uint64_t)(uintptr_t)st;
	if (packets_new(seed, on_packet, st, &st->packets) || meter_new(seed, &st->meter) ||
	    exports_new(&st->exports)) {
		close_stream(st);
		return ERR_NOMEM;
	}
	*out = st;
	return ERR_OK;
}

static size_t begin(struct stream *st, struct str have, bool ended, struct sink *sink)
{
	bool swapped;
	uint32_t magic;

	if (is_pcap(have, &swapped, &magic)) {
		pcap_begin(st, have, swapped, magic, sink);
		return 24;
	}
	if (is_section(have, &swapped)) {
		st->kind = PCAPNG;
		return 0;
	}
	if (have.n >= 24 || (ended && have.n))
		(void)give_up(st, sink, "neither pcap nor pcapng");
	return 0;
}

static size_t feed(struct stream *st, struct str have, bool ended, struct sink *sink)
{
	struct str rest = have;

	st->ahead = st->n_ahead = 0;
	for (;;) {
		enum kind_of_file kind = st->kind;
		uint64_t skip = st->skip;
		size_t n = 0;

		if (st->skip) {
			n = st->skip < rest.n ? (size_t)st->skip : rest.n;
			st->skip -= n;
			if (st->skip && ended) {
				rest = str_skip(rest, n);
				(void)give_up(st, sink, "the capture ends in the middle of a block");
			}
		} else if (st->kind == NOT_KNOWN_YET) {
			n = begin(st, rest, ended, sink);
		} else if (st->kind == PCAP) {
			n = pcap_packet(st, rest, ended, sink);
		} else if (st->kind == PCAPNG) {
			n = block(st, rest, ended, sink);
		}
		rest = str_skip(rest, n);
		if (st->kind == GIVEN_UP || rest.n == 0 ||
		    (n == 0 && st->kind == kind && st->skip == skip))
			break;
	}
	if (ended || st->kind == GIVEN_UP) {
		packets_end(st->packets, sink);
		meter_end(st->meter, sink);
		exports_end(st->exports, sink);
	}
	return st->kind == GIVEN_UP ? (ended ? have.n : 0) : have.n - rest.n;
}

const struct reader reader_pcap = {
	.name = "pcap",
	.title = "Captured packets (pcap, pcapng), metered into flows",
	.reads = READS_RECORDS,
	.frame = FRAME_STREAM,
	.kinds = KIND_ALL,
	.sniff = sniff,
	.unit_max = UNIT_MAX,
	.open = open_stream,
	.feed = feed,
	.close = close_stream,
};
