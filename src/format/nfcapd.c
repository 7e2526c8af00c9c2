/* SPDX-License-Identifier: Apache-2.0 */
#include "format/nfcapd.h"

#include "format/telemetry.h"

/* Ethernet, IP and TCP headers: what a packet weighs without its payload. */
#define OVERHEAD 60

#define MS     INT64_C(1000) /* in µs */
#define MS_MAX ((uint64_t)(TIME_MAX / MS))

#define INLINE static inline __attribute__((always_inline))

enum { HEAD = 4 };

/* Types of records. The rest tells of exporters, samplers and names. */
enum { FLOW_1_6_0 = 1, EXTENSION_MAP = 2, FLOW_1_6 = 10, FLOW_1_7 = 11 };

/* What is looked for among the elements of a flow of 1.7. */
enum { OTHER, GENERIC, V4, V6, BACK, EVENT, SLOTS };

#define SHAPES         8
#define SHAPE_ELEMENTS 16 /* a multiple of 4 */

/* Which elements a record is made of: nearly all of a file are of a few kinds, and one that is like
 * another before is understood without a step from element to element. */
struct shape {
	uint32_t head;      /* type and size; 0: not used */
	uint16_t n;         /* elements */
	uint16_t at[SLOTS]; /* where in the record; 0: not there */
	uint16_t where[SHAPE_ELEMENTS];
	uint32_t heads[SHAPE_ELEMENTS];
};

/* What must be known of a flow to pass it over. */
struct ends {
	bool v4;
	uint32_t src4, dst4;  /* if so */
	struct ip src, dst;   /* if not */
	uint64_t first, last; /* ms since 1970 */
};

/*
 * Flows between IPv4 addresses wait a little before it is asked whether anything is near them, so
 * that the bits that say so are at hand by then.
 */
#define WAITING 64

struct reading {
	struct sink *sink;
	struct nfcapd_maps *maps;
	bool selects;
	struct {
		uint64_t all, in_window;
		int64_t first, last;
	} passed; /* as the sink has them, added there at the end */
	unsigned n;
	uint32_t src[WAITING], dst[WAITING];
	uint64_t first[WAITING], line[WAITING];
	const unsigned char *record[WAITING];
	struct shape shapes[SHAPES];
};

struct rest {
	uint64_t packets, bytes, packets_back, bytes_back;
	uint16_t sport, dport;
	uint8_t proto, flags;
};

INLINE bool times_wrong(struct sink *sink, const struct ends *e)
{
	if (e->first <= MS_MAX && e->last <= MS_MAX)
		return false;
	sink_bad(sink, "a time that is not from 1970 to 2100");
	return true;
}

INLINE void addresses_v4(const unsigned char *p, struct ends *e)
{
	e->v4 = true;
	e->src4 = nfcapd_u32(p);
	e->dst4 = nfcapd_u32(p + 4);
}

INLINE bool addresses_v6(const unsigned char *p, struct ends *e)
{
	e->v4 = false;
	e->src = (struct ip){ nfcapd_u64(p), nfcapd_u64(p + 8) };
	e->dst = (struct ip){ nfcapd_u64(p + 16), nfcapd_u64(p + 24) };
	return e->src.hi | e->src.lo | e->dst.hi | e->dst.lo;
}

/* ---- nfdump 1.7 ----------------------------------------------------------------------------------*/

/* Head of the record: type, size, number of elements (16 bits each), engine, exporter, flags. */
enum { HEAD_1_7 = 12 };

#define ELEMENTS 26

static const struct {
	uint8_t slot, least; /* bytes with the head; longer ones are read as far as they are known */
} elements[ELEMENTS] = {
	[1] = { GENERIC, HEAD + 48 }, /* first, last, received; packets, bytes; ports, proto, flags */
	[2] = { V4, HEAD + 8 },       [3] = { V6, HEAD + 32 },
	[5] = { BACK, HEAD + 24 },  /* flows, packets back, bytes back */
	[19] = { EVENT, HEAD + 8 }, /* of a firewall; begins with its time */
	[25] = { EVENT, HEAD + 8 }, /* of address translation; likewise */
};

INLINE bool like(const struct shape *s, const unsigned char *p)
{
	uint32_t other = (s->head ^ nfcapd_u32(p)) | (uint32_t)(s->n ^ nfcapd_u16(p + 4));

	if (other)
		return false;
	/* Four at a time; those behind the last are the head of the record itself. */
	for (unsigned i = 0; i < s->n; i += 4) {
		const uint16_t *where = &s->where[i];
		const uint32_t *heads = &s->heads[i];

		other |= heads[0] ^ nfcapd_u32(p + where[0]);
		other |= heads[1] ^ nfcapd_u32(p + where[1]);
		other |= heads[2] ^ nfcapd_u32(p + where[2]);
		other |= heads[3] ^ nfcapd_u32(p + where[3]);
	}
	return !other;
}

/* Step through the elements; of two that are the same the last counts. */
static bool learn(struct shape *s, const unsigned char *p, size_t size, struct sink *sink)
{
	size_t at = HEAD_1_7;
	unsigned n;

	*s = (struct shape){ .head = 0 };
	if (size < HEAD_1_7) {
		sink_bad(sink, "a flow of %zu bytes", size);
		return false;
	}
	n = nfcapd_u16(p + 4);
	for (unsigned i = 0; i < n; i++) {
		unsigned type, length, known;

		if (size - at < HEAD) {
			sink_bad(sink, "%u of %u elements", i, n);
			return false;
		}
		type = nfcapd_u16(p + at);
		length = nfcapd_u16(p + at + 2);
		known = type < ELEMENTS ? type : 0;
		if (length > size - at) {
			sink_bad(sink, "element %u of %u bytes where %zu are left", type, length,
				 size - at);
			return false;
		}
		if (length < HEAD || length < elements[known].least) {
			sink_bad(sink, "element %u of %u bytes", type, length);
			return false;
		}
		if (i < SHAPE_ELEMENTS) {
			s->where[i] = (uint16_t)at;
			s->heads[i] = nfcapd_u32(p + at);
		}
		s->at[elements[known].slot] = (uint16_t)(at + HEAD);
		at += length;
	}
	s->n = (uint16_t)n;
	if (n > SHAPE_ELEMENTS)
		return true;
	s->head = nfcapd_u32(p);
	for (unsigned i = n; i < SHAPE_ELEMENTS; i++)
		s->heads[i] = s->head;
	return true;
}

/* NULL: the record cannot be read, which was told. Good until the next call. */
INLINE const struct shape *shape_of(struct reading *x, const unsigned char *p, size_t size)
{
	struct shape *s = &x->shapes[(size >> 2) % SHAPES];

	return size >= HEAD_1_7 && like(s, p) ? s : learn(s, p, size, x->sink) ? s : NULL;
}

/* False: it is told, or counted: without addresses it is a conversation below IP. */
INLINE bool ends_1_7(struct reading *x, const struct shape *s, const unsigned char *p, struct ends *e)
{
	const unsigned char *g = p + s->at[GENERIC];

	if (!s->at[GENERIC]) {
		sink_bad(x->sink, "a flow without times and counters");
		return false;
	}
	e->first = nfcapd_u64(g);
	e->last = nfcapd_u64(g + 8);
	if (e->first == 0 && s->at[EVENT])
		e->first = nfcapd_u64(p + s->at[EVENT]);
	if (times_wrong(x->sink, e))
		return false;
	/* Some exporters fill both families; the one they do not mean is 0. */
	if (s->at[V6] && (addresses_v6(p + s->at[V6], e) || !s->at[V4]))
		return true;
	if (!s->at[V4]) {
		x->sink->unused++;
		return false;
	}
	addresses_v4(p + s->at[V4], e);
	return true;
}

static void rest_1_7(const struct shape *s, const unsigned char *p, struct rest *f)
{
	const unsigned char *g = p + s->at[GENERIC], *back = p + s->at[BACK];

	f->packets = nfcapd_u64(g + 24);
	f->bytes = nfcapd_u64(g + 32);
	f->sport = nfcapd_u16(g + 40);
	f->dport = nfcapd_u16(g + 42);
	f->proto = g[44];
	f->flags = g[45];
	f->packets_back = s->at[BACK] ? nfcapd_u64(back + 8) : 0;
	f->bytes_back = s->at[BACK] ? nfcapd_u64(back + 16) : 0;
}

/* ---- nfdump 1.6 ----------------------------------------------------------------------------------*/

/* Bits of the flags of a flow. */
enum { IS_V6 = 1, PACKETS_64 = 2, BYTES_64 = 4 };

static const struct nfcapd_map *map_of(const struct nfcapd_maps *maps, unsigned id)
{
	static const struct nfcapd_map absent;
	const struct nfcapd_map *page = maps->page[id / NFCAPD_PAGE];

	return page ? &page[id % NFCAPD_PAGE] : &absent;
}

/*
 * Head of the record: type, size, flags (8 bits, and 8 of the exporter, before 1.6.17), map;
 * milliseconds of first and last, first, last (s); status, TCP flags, protocol, TOS; ports. 1.6.17
 * has 4 bytes more. Then addresses, packets and bytes, as the flags say, and the extensions.
 */
struct parts {
	size_t addresses, packets, bytes, more; /* where they begin */
};

INLINE struct parts parts_1_6(const unsigned char *p)
{
	size_t head = nfcapd_u16(p) == FLOW_1_6_0 ? 28 : 32;
	unsigned flags = p[4];
	struct parts at = { .addresses = head };

	at.packets = head + (flags & IS_V6 ? 32 : 8);
	at.bytes = at.packets + (flags & PACKETS_64 ? 8 : 4);
	at.more = at.bytes + (flags & BYTES_64 ? 8 : 4);
	return at;
}

INLINE bool ends_1_6(struct reading *x, const unsigned char *p, size_t size, struct ends *e)
{
	const struct nfcapd_map *m;
	struct parts at;
	unsigned id;
	size_t room;

	if (size < 28) {
		sink_bad(x->sink, "a flow of %zu bytes", size);
		return false;
	}
	at = parts_1_6(p);
	if (size < at.more) {
		sink_bad(x->sink, "a flow of %zu bytes where its flags say %zu", size, at.more);
		return false;
	}
	id = nfcapd_u16(p + 6);
	m = map_of(x->maps, id);
	room = size - at.more;
	if (m->state != NFCAPD_MAP_READ) {
		sink_bad(x->sink,
			 m->state ? "extension map %u, which names some that are not known"
				  : "no extension map %u before this flow",
			 id);
		return false;
	}
	if (m->packets_at + m->packets > room || m->octets_at + m->octets > room) {
		sink_bad(x->sink, "%zu bytes of extensions, less than map %u says", room, id);
		return false;
	}
	e->first = (uint64_t)nfcapd_u32(p + 12) * 1000 + nfcapd_u16(p + 8);
	e->last = (uint64_t)nfcapd_u32(p + 16) * 1000 + nfcapd_u16(p + 10);
	if (e->first == 0 && m->event && (size_t)m->event_at + 8 <= room)
		e->first = nfcapd_u64(p + at.more + m->event_at);
	if (times_wrong(x->sink, e))
		return false;
	if (p[4] & IS_V6)
		(void)addresses_v6(p + at.addresses, e);
	else
		addresses_v4(p + at.addresses, e);
	return true;
}

INLINE uint64_t counter(const unsigned char *p, bool wide)
{
	return wide ? nfcapd_u64(p) : nfcapd_u32(p);
}

static void rest_1_6(const struct reading *x, const unsigned char *p, struct rest *f)
{
	const struct nfcapd_map *m = map_of(x->maps, nfcapd_u16(p + 6));
	struct parts at = parts_1_6(p);

	f->packets = counter(p + at.packets, p[4] & PACKETS_64);
	f->bytes = counter(p + at.bytes, p[4] & BYTES_64);
	f->flags = p[21];
	f->proto = p[22];
	f->sport = nfcapd_u16(p + 24);
	f->dport = nfcapd_u16(p + 26);
	f->packets_back = m->packets ? counter(p + at.more + m->packets_at, m->packets == 8) : 0;
	f->bytes_back = m->octets ? counter(p + at.more + m->octets_at, m->octets == 8) : 0;
}

/* ---- both ----------------------------------------------------------------------------------------*/

INLINE bool ends_of(struct reading *x, const unsigned char *p, uint32_t head, struct ends *e)
{
	const struct shape *s;

	if ((head & 0xffff) != FLOW_1_7)
		return ends_1_6(x, p, head >> 16, e);
	s = shape_of(x, p, head >> 16);
	return s && ends_1_7(x, s, p, e);
}

/* Exporters of one direction leave the counters of the way back at 0, or out. */
static void make_record(const struct ends *e, const struct rest *f, struct record *r)
{
	bool tcp = f->proto == PROTO_TCP, ports = proto_has_ports(f->proto);
	bool opens = tcp && (f->flags & (TCP_SYN | TCP_ACK)) == TCP_SYN;

	*r = (struct record){
		.kind = KIND_FLOW,
		.opener = opens ? OPENER_ORIG : OPENER_UNKNOWN,
		.one_way = !f->packets_back && !f->bytes_back,
		.proto = f->proto,
		.orig_port = ports ? f->sport : 0,
		.resp_port = ports ? f->dport : 0,
		.orig = e->v4 ? ip_v4(e->src4) : e->src,
		.resp = e->v4 ? ip_v4(e->dst4) : e->dst,
		.ts = (int64_t)e->first * MS,
		/* Events have no end. */
		.duration = e->last > e->first ? (int64_t)(e->last - e->first) * MS : 0,
		.orig_bytes = f->bytes,
		.orig_packets = f->packets,
		.orig_payload = payload_of(f->bytes, f->packets, OVERHEAD),
		.name = STR_NONE,
		.path = STR_NONE,
	};
	if (r->one_way) {
		record_one_way_flags(r, f->flags);
		r->resp_bytes = r->resp_packets = r->resp_payload = UNSTATED;
		record_level_one_way(r);
	} else {
		r->resp_bytes = f->bytes_back;
		r->resp_packets = f->packets_back;
		r->resp_payload = payload_of(f->bytes_back, f->packets_back, OVERHEAD);
		record_level(r, HANDSHAKE_UNSAID);
	}
}

/* A record that can be read, as if it had just begun. */
static __attribute__((noinline)) void hand_over(struct reading *x, const unsigned char *p, uint64_t line)
{
	struct sink *sink = x->sink;
	uint64_t now = sink->line;
	struct record r;
	struct ends e = { 0 };
	struct rest f;

	if (!ends_of(x, p, nfcapd_u32(p), &e))
		return;
	if (nfcapd_u16(p) == FLOW_1_7)
		rest_1_7(&x->shapes[(nfcapd_u16(p + 2) >> 2) % SHAPES], p, &f);
	else
		rest_1_6(x, p, &f);
	make_record(&e, &f, &r);
	r.line = sink->line = line;
	sink->record(sink->ctx, &r);
	sink->line = now;
}

/* What sink_pass() does, so that it stays in registers. */
INLINE void pass(struct reading *x, uint64_t first)
{
	const struct sink *sink = x->sink;
	int64_t ts = (int64_t)first * MS;

	x->passed.all++;
	if (ts < sink->from || ts >= sink->to)
		return;
	x->passed.in_window++;
	x->passed.first = ts < x->passed.first ? ts : x->passed.first;
	x->passed.last = ts > x->passed.last ? ts : x->passed.last;
}

/* Those that wait: of interest, or counted. */
static void settle(struct reading *x)
{
	const struct sink *sink = x->sink;
	const struct near *near = sink->near;

	for (unsigned i = 0; i < x->n; i++) {
		struct ip src = ip_v4(x->src[i]), dst = ip_v4(x->dst[i]);

		if (__builtin_expect((unsigned)near_any(near, src) | (unsigned)near_any(near, dst), 0) &&
		    (sink_wants(sink, src) || sink_wants(sink, dst)))
			hand_over(x, x->record[i], x->line[i]);
		else
			pass(x, x->first[i]);
	}
	x->n = 0;
}

INLINE void flow(struct reading *x, const unsigned char *p, uint32_t head)
{
	struct sink *sink = x->sink;
	struct ends e;

	sink_line(sink);
	if (!ends_of(x, p, head, &e))
		return;
	if (!x->selects) {
		hand_over(x, p, sink->line);
	} else if (e.v4) {
		unsigned i = x->n++;

		__builtin_prefetch(&sink->near->v4[e.src4 >> 14]);
		__builtin_prefetch(&sink->near->v4[e.dst4 >> 14]);
		x->src[i] = e.src4;
		x->dst[i] = e.dst4;
		x->first[i] = e.first;
		x->line[i] = sink->line;
		x->record[i] = p;
		if (x->n == WAITING)
			settle(x);
	} else if (sink_wants(sink, e.src) || sink_wants(sink, e.dst)) {
		settle(x); /* in order */
		hand_over(x, p, sink->line);
	} else {
		pass(x, e.first);
	}
}

void nfcapd_records(struct str block, struct nfcapd_maps *maps, struct sink *sink,
		    struct nfcapd_walk *out)
{
	const unsigned char *p = (const unsigned char *)block.p, *end = p + block.n;
	uint32_t records = 0, size = 0;
	struct reading x;

	x.sink = sink;
	x.maps = maps;
	x.selects = sink_selects(sink, KIND_FLOW);
	x.passed.all = x.passed.in_window = 0;
	x.passed.first = sink->passed.first;
	x.passed.last = sink->passed.last;
	x.n = 0;
	memset(x.shapes, 0, sizeof x.shapes);
	while ((size_t)(end - p) >= HEAD) {
		uint32_t head = nfcapd_u32(p), type = head & 0xffff;

		size = head >> 16;
		if (size < HEAD || size > (size_t)(end - p))
			break;
		if (type == FLOW_1_7 || type == FLOW_1_6 || type == FLOW_1_6_0) {
			flow(&x, p, head);
		} else if (type == EXTENSION_MAP) {
			settle(&x); /* they may mean the map that it replaces */
			nfcapd_read_map(p, size, maps, sink);
		}
		records++;
		p += size;
		size = 0;
	}
	settle(&x);
	sink->passed.all += x.passed.all;
	sink->passed.in_window += x.passed.in_window;
	sink->passed.first = x.passed.first;
	sink->passed.last = x.passed.last;
	*out = (struct nfcapd_walk){ records, (size_t)((const char *)p - block.p), size };
}
