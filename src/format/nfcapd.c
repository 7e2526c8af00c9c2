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
#define SHAPE_ELEMENTS 16

/* Which elements a record is made of: nearly all of a file are of a few kinds, and one that is like
 * another before is understood without a step from element to element. */
struct shape {
	uint32_t head;      /* type and size; 0: not used */
	uint16_t n;         /* elements */
	uint16_t at[SLOTS]; /* where in the record; 0: not there */
	uint16_t where[SHAPE_ELEMENTS];
	uint32_t heads[SHAPE_ELEMENTS];
};

/*
 * A flow that can be read, so far as it must be known to pass it over. It waits a little before it
 * is asked whether anything is near, so that the bits that say so are at hand by then.
 */
struct waiting {
	struct ip src, dst;
	uint64_t first, last; /* ms since 1970 */
	uint64_t line;
	const unsigned char *record;
	uint16_t generic, back; /* of 1.7: where in it */
};

#define WAITING 32

struct reading {
	struct sink *sink;
	struct nfcapd_map *maps;
	bool selects;
	unsigned n;
	struct waiting waiting[WAITING];
	struct shape shapes[SHAPES];
};

struct rest {
	uint64_t packets, bytes, packets_back, bytes_back;
	uint16_t sport, dport;
	uint8_t proto, flags;
};

/* Exporters of one direction leave the counters of the way back at 0, or out. */
static void hand_over(struct sink *sink, const struct waiting *w, const struct rest *f)
{
	bool tcp = f->proto == PROTO_TCP, ports = proto_has_ports(f->proto);
	bool opens = tcp && (f->flags & (TCP_SYN | TCP_ACK)) == TCP_SYN;
	struct record r = {
		.kind = KIND_FLOW,
		.opener = opens ? OPENER_ORIG : OPENER_UNKNOWN,
		.one_way = !f->packets_back && !f->bytes_back,
		.proto = f->proto,
		.orig_port = ports ? f->sport : 0,
		.resp_port = ports ? f->dport : 0,
		.orig = w->src,
		.resp = w->dst,
		.ts = (int64_t)w->first * MS,
		/* Events have no end. */
		.duration = w->last > w->first ? (int64_t)(w->last - w->first) * MS : 0,
		.orig_bytes = f->bytes,
		.orig_packets = f->packets,
		.orig_payload = payload_of(f->bytes, f->packets, OVERHEAD),
		.name = STR_NONE,
		.path = STR_NONE,
		.line = w->line,
	};

	if (r.one_way) {
		r.ack = tcp && (f->flags & TCP_ACK);
		r.resp_bytes = r.resp_packets = r.resp_payload = UNSTATED;
		record_level_one_way(&r);
	} else {
		r.resp_bytes = f->bytes_back;
		r.resp_packets = f->packets_back;
		r.resp_payload = payload_of(f->bytes_back, f->packets_back, OVERHEAD);
		record_level(&r, HANDSHAKE_UNSAID);
	}
	sink->record(sink->ctx, &r);
}

INLINE bool addresses_v6(const unsigned char *p, struct waiting *w)
{
	w->src = (struct ip){ nfcapd_u64(p), nfcapd_u64(p + 8) };
	w->dst = (struct ip){ nfcapd_u64(p + 16), nfcapd_u64(p + 24) };
	return w->src.hi | w->src.lo | w->dst.hi | w->dst.lo;
}

INLINE void addresses_v4(const struct reading *x, const unsigned char *p, struct waiting *w)
{
	uint32_t src = nfcapd_u32(p), dst = nfcapd_u32(p + 4);

	if (x->selects) {
		__builtin_prefetch(&x->sink->near->v4[src >> 14]);
		__builtin_prefetch(&x->sink->near->v4[dst >> 14]);
	}
	w->src = ip_v4(src);
	w->dst = ip_v4(dst);
}

INLINE bool times_wrong(struct sink *sink, const struct waiting *w)
{
	if (w->first <= MS_MAX && w->last <= MS_MAX)
		return false;
	sink_bad(sink, "a time that is not from 1970 to 2100");
	return true;
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

static bool like(const struct shape *s, const unsigned char *p)
{
	uint32_t other = (s->head ^ nfcapd_u32(p)) | (uint32_t)(s->n ^ nfcapd_u16(p + 4));

	if (other)
		return false;
	for (unsigned i = 0; i < s->n; i++)
		other |= s->heads[i] ^ nfcapd_u32(p + s->where[i]);
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
	if (n <= SHAPE_ELEMENTS)
		s->head = nfcapd_u32(p);
	return true;
}

/* NULL: the record cannot be read, which was told. Good until the next call. */
INLINE const struct shape *shape_of(struct reading *x, const unsigned char *p, size_t size)
{
	struct shape *s = &x->shapes[(size >> 2) % SHAPES];

	return size >= HEAD_1_7 && like(s, p) ? s : learn(s, p, size, x->sink) ? s : NULL;
}

INLINE bool look_1_7(struct reading *x, const unsigned char *p, size_t size, struct waiting *w)
{
	const struct shape *s = shape_of(x, p, size);
	const unsigned char *g;

	if (!s)
		return false;
	if (!s->at[GENERIC]) {
		sink_bad(x->sink, "a flow without times and counters");
		return false;
	}
	g = p + s->at[GENERIC];
	w->first = nfcapd_u64(g);
	w->last = nfcapd_u64(g + 8);
	if (w->first == 0 && s->at[EVENT])
		w->first = nfcapd_u64(p + s->at[EVENT]);
	if (times_wrong(x->sink, w))
		return false;
	w->generic = s->at[GENERIC];
	w->back = s->at[BACK];
	/* Some exporters fill both families; the one they do not mean is 0. */
	if (s->at[V6] && (addresses_v6(p + s->at[V6], w) || !s->at[V4]))
		return true;
	if (!s->at[V4])
		return false; /* a conversation below IP */
	addresses_v4(x, p + s->at[V4], w);
	return true;
}

static void rest_1_7(const struct waiting *w, struct rest *f)
{
	const unsigned char *g = w->record + w->generic, *back = w->record + w->back;

	f->packets = nfcapd_u64(g + 24);
	f->bytes = nfcapd_u64(g + 32);
	f->sport = nfcapd_u16(g + 40);
	f->dport = nfcapd_u16(g + 42);
	f->proto = g[44];
	f->flags = g[45];
	f->packets_back = w->back ? nfcapd_u64(back + 8) : 0;
	f->bytes_back = w->back ? nfcapd_u64(back + 16) : 0;
}

/* ---- nfdump 1.6 ----------------------------------------------------------------------------------*/

/* Bits of the flags of a flow. */
enum { IS_V6 = 1, PACKETS_64 = 2, BYTES_64 = 4 };

#define EXTENSIONS 49

/* The sizes of extensions; 0 are those that no program writes. */
static const uint8_t extensions[EXTENSIONS] = {
	[4] = 4,   [5] = 8,   [6] = 4,   [7] = 8,   [8] = 4,   [9] = 4,  [10] = 16,
	[11] = 4,  [12] = 16, [13] = 4,  [14] = 4,  [15] = 8,  [16] = 4, [17] = 8,
	[18] = 4,  [19] = 8,  [20] = 16, [21] = 16, [22] = 40, [23] = 4, [24] = 16,
	[25] = 4,  [26] = 8,  [27] = 8,  [37] = 20, [38] = 4,  [39] = 8, [40] = 32,
	[41] = 24, [42] = 24, [43] = 72, [45] = 24, [46] = 12, [48] = 8,
};

enum { EX_PACKETS_32 = 14, EX_PACKETS_64, EX_BYTES_32, EX_BYTES_64, EX_EVENT = 37 };

/* Head of the record: type, size, number of the map, bytes of all extensions; then their numbers. A
 * later map of the same number replaces the one before. */
static void extension_map(const unsigned char *p, size_t size, struct nfcapd_map *maps, struct sink *sink)
{
	struct nfcapd_map m = { .state = NFCAPD_MAP_READ };
	uint32_t at = 0;
	bool blind = false;

	if (size < 8) {
		sink_line(sink);
		sink_bad(sink, "an extension map of %zu bytes", size);
		return;
	}
	for (size_t i = 8; i + 2 <= size; i += 2) {
		unsigned id = nfcapd_u16(p + i);

		if (id == 0)
			break;
		if (id <= 3) /* always there, so that they are not listed */
			continue;
		if (id == EX_PACKETS_32 || id == EX_PACKETS_64) {
			m.packets = extensions[id];
			m.packets_at = at;
		} else if (id == EX_BYTES_32 || id == EX_BYTES_64) {
			m.octets = extensions[id];
			m.octets_at = at;
		} else if (id == EX_EVENT) {
			m.event = true;
			m.event_at = at;
		} else if (id >= EXTENSIONS || !extensions[id]) {
			blind = true;
			continue;
		} else {
			at += extensions[id];
			continue;
		}
		/* Where it lies is not known. */
		if (blind)
			m.state = NFCAPD_MAP_UNKNOWN;
		at += extensions[id];
	}
	maps[nfcapd_u16(p + 4)] = m;
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

INLINE bool look_1_6(struct reading *x, const unsigned char *p, size_t size, struct waiting *w)
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
	m = &x->maps[id];
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
	w->first = (uint64_t)nfcapd_u32(p + 12) * 1000 + nfcapd_u16(p + 8);
	w->last = (uint64_t)nfcapd_u32(p + 16) * 1000 + nfcapd_u16(p + 10);
	if (w->first == 0 && m->event && (size_t)m->event_at + 8 <= room)
		w->first = nfcapd_u64(p + at.more + m->event_at);
	if (times_wrong(x->sink, w))
		return false;
	if (p[4] & IS_V6)
		(void)addresses_v6(p + at.addresses, w);
	else
		addresses_v4(x, p + at.addresses, w);
	return true;
}

INLINE uint64_t counter(const unsigned char *p, bool wide)
{
	return wide ? nfcapd_u64(p) : nfcapd_u32(p);
}

static void rest_1_6(const struct reading *x, const unsigned char *p, struct rest *f)
{
	const struct nfcapd_map *m = &x->maps[nfcapd_u16(p + 6)];
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

/* Those that wait: of interest, or counted. */
static void settle(struct reading *x)
{
	struct sink *sink = x->sink;

	for (unsigned i = 0; i < x->n; i++) {
		const struct waiting *w = &x->waiting[i];
		struct rest f;

		if (x->selects && !sink_wants(sink, w->src) && !sink_wants(sink, w->dst)) {
			sink_pass(sink, (int64_t)w->first * MS);
			continue;
		}
		if (nfcapd_u16(w->record) == FLOW_1_7)
			rest_1_7(w, &f);
		else
			rest_1_6(x, w->record, &f);
		hand_over(sink, w, &f);
	}
	x->n = 0;
}

void nfcapd_records(struct str block, struct nfcapd_map maps[NFCAPD_MAPS], struct sink *sink,
		    struct nfcapd_walk *out)
{
	const unsigned char *p = (const unsigned char *)block.p, *end = p + block.n;
	struct reading x;
	uint32_t records = 0, size = 0;

	x.sink = sink;
	x.maps = maps;
	x.selects = sink_selects(sink, KIND_FLOW);
	x.n = 0;
	memset(x.shapes, 0, sizeof x.shapes);
	while ((size_t)(end - p) >= HEAD) {
		uint32_t head = nfcapd_u32(p), type = head & 0xffff;
		struct waiting *w = &x.waiting[x.n];

		size = head >> 16;
		if (size < HEAD || size > (size_t)(end - p))
			break;
		if (type == FLOW_1_7 || type == FLOW_1_6 || type == FLOW_1_6_0) {
			sink_line(sink);
			w->line = sink->line;
			w->record = p;
			x.n += type == FLOW_1_7 ? look_1_7(&x, p, size, w) : look_1_6(&x, p, size, w);
			if (x.n == WAITING)
				settle(&x);
		} else if (type == EXTENSION_MAP) {
			settle(&x); /* they may mean the map that it replaces */
			extension_map(p, size, maps, sink);
		}
		records++;
		p += size;
		size = 0;
	}
	settle(&x);
	*out = (struct nfcapd_walk){ records, (size_t)((const char *)p - block.p), size };
}
