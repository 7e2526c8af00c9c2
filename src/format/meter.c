/* SPDX-License-Identifier: Apache-2.0 */
#include "format/meter.h"

#include "format/give.h"
#include "format/talk.h"
#include "format/tcp.h"

#include <stdlib.h>
#include <sys/mman.h>

#define NONE  UINT32_MAX
#define HOUR  (3600 * TIME_S)
#define LARGE ((size_t)2 << 20)
#define CHUNK (LARGE / sizeof(struct flow)) /* flows are made room for so many at a time */

enum { BUCKETS_MIN = 1 << 10, BUCKETS_MAX = 1 << 19, TIDY = 32 };

/* Why a flow may end: a queue for each, in which it stands by when it was put there. */
enum wait { WAIT_ATTEMPT, WAIT_CLOSED, WAIT_LOOKUP, WAIT_OTHER, WAIT_TCP, WAIT_COUNT };

static const struct {
	int64_t time;
	bool fixed; /* from when it was queued, whatever it does then; else from its last packet */
} waits[WAIT_COUNT] = {
	[WAIT_ATTEMPT] = { 5 * TIME_S, true },  [WAIT_CLOSED] = { 5 * TIME_S, true },
	[WAIT_LOOKUP] = { 10 * TIME_S, false }, [WAIT_OTHER] = { 60 * TIME_S, false },
	[WAIT_TCP] = { 300 * TIME_S, false },
};

/* Two cache lines: what tells it apart, and what it is. */
struct flow {
	struct ip orig, resp;
	uint16_t orig_port, resp_port;
	uint8_t proto, wait, looks;
	bool lookup; /* its port is one of DNS */
	uint32_t chain, older, newer;
	uint32_t queued; /* ms since the meter's first packet */
	int64_t first;   /* of its packets, by their own time */

	int64_t last;
	struct talk *talk;
	uint32_t packets[2];
	union {
		struct tcp tcp;
		uint64_t bytes[2];
	};
};
_Static_assert(sizeof(struct flow) == 128, "a flow takes two cache lines");

struct meter {
	uint64_t seed, seed4;
	int64_t now, epoch;
	struct talks *talks;
	uint32_t *buckets, n_buckets; /* a power of two, at least as many as flows until the last */
	struct flow *chunks[METER_FLOWS / CHUNK];
	uint32_t made, unused; /* of the unused ones `chain` is the next */
	struct {
		uint32_t oldest, newest, n;
	} queues[WAIT_COUNT];
};

static inline struct flow *at(const struct meter *m, uint32_t i)
{
	return &m->chunks[i / CHUNK][i % CHUNK];
}

/* Flows are met at random: without large pages each costs a walk through page tables too. */
static void *large_page(void)
{
	void *p = aligned_alloc(LARGE, LARGE);

	if (p)
		(void)madvise(p, LARGE, MADV_HUGEPAGE);
	return p;
}

enum err meter_new(uint64_t seed, struct meter **out)
{
	struct meter *m = calloc(1, sizeof *m);

	if (!m)
		return ERR_NOMEM;
	m->n_buckets = BUCKETS_MIN;
	m->buckets = malloc(BUCKETS_MIN * sizeof *m->buckets);
	m->talks = talks_new();
	if (!m->buckets || !m->talks) {
		meter_free(m);
		return ERR_NOMEM;
	}
	memset(m->buckets, 0xff, BUCKETS_MIN * sizeof *m->buckets);
	m->seed = seed;
	m->seed4 = mix64(seed);
	m->unused = NONE;
	for (unsigned i = 0; i < WAIT_COUNT; i++)
		m->queues[i].oldest = m->queues[i].newest = NONE;
	*out = m;
	return ERR_OK;
}

void meter_free(struct meter *m)
{
	if (!m)
		return;
	talks_free(m->talks);
	for (unsigned i = 0; i < METER_FLOWS / CHUNK; i++)
		free(m->chunks[i]);
	free(m->buckets);
	free(m);
}

/* ---- table and queues --------------------------------------------------------------------------- */

/* Both directions have the same. */
static inline uint32_t *bucket(const struct meter *m, struct ip a, uint16_t a_port, struct ip b,
			       uint16_t b_port, uint8_t proto)
{
	/* Of IPv6 the port must not meet bits that whoever sends may choose to undo it. */
	uint64_t x = (a.hi ? mix64(mix64(a.hi ^ m->seed) ^ a.lo) : m->seed4 ^ a.lo) ^
		     (uint64_t)a_port << 48;
	uint64_t y = (b.hi ? mix64(mix64(b.hi ^ m->seed) ^ b.lo) : m->seed4 ^ b.lo) ^
		     (uint64_t)b_port << 48;

	return &m->buckets[(mix64(mix64(x) + mix64(y) + proto) ^ m->seed) & (m->n_buckets - 1)];
}

/* Few flows take few buckets: then all of them are near. */
static void more_buckets(struct meter *m)
{
	uint32_t n = m->n_buckets * 8 < BUCKETS_MAX ? m->n_buckets * 8 : BUCKETS_MAX,
		 n_old = m->n_buckets;
	uint32_t *old = m->buckets;
	void *p = n == BUCKETS_MAX ? large_page() : malloc(n * sizeof *m->buckets);

	if (!p)
		return; /* the chains grow */
	m->buckets = p;
	m->n_buckets = n;
	memset(m->buckets, 0xff, n * sizeof *m->buckets);
	for (uint32_t k = 0; k < n_old; k++)
		for (uint32_t i = old[k], next; i != NONE; i = next) {
			struct flow *f = at(m, i);
			uint32_t *link =
				bucket(m, f->orig, f->orig_port, f->resp, f->resp_port, f->proto);

			next = f->chain;
			f->chain = *link;
			*link = i;
		}
	free(old);
}

static inline bool is_between(const struct flow *f, const struct packet *p, bool *from_orig)
{
	if (f->proto != p->proto)
		return false;
	if (f->orig_port == p->src_port && f->resp_port == p->dst_port && ip_eq(f->orig, p->src) &&
	    ip_eq(f->resp, p->dst)) {
		*from_orig = true;
		return true;
	}
	*from_orig = false;
	return f->orig_port == p->dst_port && f->resp_port == p->src_port &&
	       ip_eq(f->orig, p->dst) && ip_eq(f->resp, p->src);
}

/* It wraps after 49 days, which is longer than anything waits. */
static uint32_t clock_ms(const struct meter *m)
{
	return (uint32_t)((m->now - m->epoch) / 1000);
}

static int64_t queued_at(const struct meter *m, const struct flow *f)
{
	return m->now - (int64_t)(int32_t)(clock_ms(m) - f->queued) * 1000;
}

static void leave_queue(struct meter *m, uint32_t i)
{
	struct flow *f = at(m, i);

	if (f->older != NONE)
		at(m, f->older)->newer = f->newer;
	else
		m->queues[f->wait].oldest = f->newer;
	if (f->newer != NONE)
		at(m, f->newer)->older = f->older;
	else
		m->queues[f->wait].newest = f->older;
	m->queues[f->wait].n--;
}

static void enter_queue(struct meter *m, uint32_t i, enum wait wait)
{
	struct flow *f = at(m, i);

	f->wait = (uint8_t)wait;
	f->queued = clock_ms(m);
	f->newer = NONE;
	f->older = m->queues[wait].newest;
	if (f->older != NONE)
		at(m, f->older)->newer = i;
	else
		m->queues[wait].oldest = i;
	m->queues[wait].newest = i;
	m->queues[wait].n++;
}

/* When nothing comes until then, it has ended. */
static inline int64_t deadline(const struct meter *m, const struct flow *f)
{
	/* Look-ups are looked at every 10 s, whether they have been quiet for 9 s. */
	if (f->wait == WAIT_LOOKUP) {
		int64_t quiet = f->last - f->first + 9 * TIME_S, every = 10 * TIME_S;

		return f->first + (quiet + every - 1) / every * every;
	}
	if (f->wait == WAIT_ATTEMPT)
		return f->first + waits[WAIT_ATTEMPT].time;
	return (waits[f->wait].fixed ? queued_at(m, f) : f->last) + waits[f->wait].time;
}

/* ---- the end ------------------------------------------------------------------------------------ */

static void report(const struct flow *f, struct sink *sink)
{
	bool ports = proto_has_ports(f->proto);
	struct record r = {
		.kind = KIND_FLOW,
		.opener = OPENER_UNKNOWN,
		.proto = f->proto,
		.orig_port = ports ? f->orig_port : 0,
		.resp_port = ports ? f->resp_port : 0,
		.orig = f->orig,
		.resp = f->resp,
		.ts = f->first,
		.duration = f->last - f->first,
		.orig_packets = f->packets[0],
		.resp_packets = f->packets[1],
		.name = STR_NONE,
		.path = STR_NONE,
	};
	enum handshake handshake = HANDSHAKE_UNSAID;

	if (f->proto == PROTO_TCP) {
		r.orig_bytes = tcp_size(&f->tcp, 0);
		r.resp_bytes = tcp_size(&f->tcp, 1);
		r.opener = tcp_opener(&f->tcp);
		handshake = tcp_handshake(&f->tcp);
	} else {
		r.orig_bytes = f->bytes[0];
		r.resp_bytes = f->bytes[1];
	}
	r.orig_payload = r.orig_bytes;
	r.resp_payload = r.resp_bytes;
	record_level(&r, handshake);
	give(&r, sink);
}

static void end(struct meter *m, uint32_t i, struct sink *sink)
{
	struct flow *f = at(m, i);
	uint32_t *link = bucket(m, f->orig, f->orig_port, f->resp, f->resp_port, f->proto);

	talk_end(m->talks, &f->talk, sink);
	report(f, sink);
	while (*link != i)
		link = &at(m, *link)->chain;
	*link = f->chain;
	leave_queue(m, i);
	f->chain = m->unused;
	m->unused = i;
}

/* Queues are only roughly in order: who was active since goes to the back. */
static void tidy(struct meter *m, struct sink *sink)
{
	unsigned left = TIDY;

	for (unsigned w = 0; w < WAIT_COUNT; w++) {
		uint32_t i;

		while ((i = m->queues[w].oldest) != NONE && left) {
			struct flow *f = at(m, i);

			if (queued_at(m, f) + waits[w].time > m->now && queued_at(m, f) <= m->now)
				break;
			left--;
			if (deadline(m, f) <= m->now) {
				end(m, i, sink);
			} else {
				leave_queue(m, i);
				enter_queue(m, i, (enum wait)w);
				if (waits[w].fixed)
					break;
			}
		}
	}
}

/* Unanswered calls go first when they crowd out the rest; else whoever was quiet for longest, as
 * far as the queues know. */
static void make_room(struct meter *m, struct sink *sink)
{
	uint32_t victim = NONE;

	if (m->queues[WAIT_ATTEMPT].n > METER_FLOWS / 2) {
		end(m, m->queues[WAIT_ATTEMPT].oldest, sink);
		return;
	}
	for (unsigned w = 0; w < WAIT_COUNT; w++) {
		uint32_t i = m->queues[w].oldest;

		for (unsigned tries = 0; i != NONE && tries < TIDY && !waits[w].fixed &&
					 at(m, i)->last > queued_at(m, at(m, i));
		     tries++) {
			leave_queue(m, i);
			enter_queue(m, i, (enum wait)w);
			i = m->queues[w].oldest;
		}
		if (i != NONE && (victim == NONE || at(m, i)->last < at(m, victim)->last))
			victim = i;
	}
	end(m, victim, sink);
}

void meter_end(struct meter *m, struct sink *sink)
{
	for (unsigned w = 0; w < WAIT_COUNT; w++)
		while (m->queues[w].oldest != NONE)
			end(m, m->queues[w].oldest, sink);
}

/* ---- the beginning ------------------------------------------------------------------------------ */

/* Ports that servers listen on: where a beginning was not seen they say who called. */
static bool serves(uint8_t proto, uint16_t port)
{
	static const uint16_t tcp[] = {
		21,   22,   23,   25,   53,   79,   80,   81,   88,   110,  111,  113,   135,  139,
		143,  389,  443,  445,  502,  514,  524,  563,  585,  587,  614,  631,   636,  989,
		990,  992,  993,  995,  1080, 1434, 1883, 2811, 3128, 3268, 3306, 3389,  5222, 5223,
		5269, 5432, 6379, 6666, 6667, 6668, 6669, 8000, 8080, 8883, 8888, 20000,
	};
	static const uint16_t udp[] = {
		53,   67,   68,   88,   111,  123,  137,  161,  162,  389,  443,  514,   784,
		1812, 2123, 2152, 3544, 4011, 4789, 5060, 5072, 5353, 5355, 6081, 20000,
	};
	const uint16_t *ports = proto == PROTO_TCP ? tcp : udp;
	size_t n = proto == PROTO_TCP ? sizeof tcp / 2 : sizeof udp / 2;

	if (proto != PROTO_TCP && proto != PROTO_UDP)
		return false;
	for (size_t i = 0; i < n; i++)
		if (ports[i] == port)
			return true;
	return false;
}

/* Was the first packet to be seen of a flow an answer? */
static bool answers(const struct packet *p)
{
	bool from = serves(p->proto, p->src_port), to = serves(p->proto, p->dst_port);

	if (p->proto != PROTO_TCP)
		return from && !to;
	/* A SYN/ACK says itself whose answer it is, unless it is a scan. */
	return from && !(p->flags & TCP_SYN) && (!to || p->src_port < p->dst_port);
}

static bool speaks_dns(const struct packet *p)
{
	static const uint16_t ports[] = { 53, 5353, 5355, 137 };

	for (unsigned i = 0; i < sizeof ports / sizeof ports[0]; i++)
		if (p->src_port == ports[i] || p->dst_port == ports[i])
			return p->proto == PROTO_UDP;
	return false;
}

static uint32_t new_slot(struct meter *m, struct sink *sink)
{
	uint32_t i = m->unused;

	if (i == NONE && m->made == METER_FLOWS) {
		make_room(m, sink);
		i = m->unused;
	}
	if (i != NONE) {
		m->unused = at(m, i)->chain;
		return i;
	}
	if (m->made % CHUNK == 0 && !m->chunks[m->made / CHUNK]) {
		m->chunks[m->made / CHUNK] = large_page();
		if (!m->chunks[m->made / CHUNK]) {
			if (m->made == 0)
				return NONE;
			make_room(m, sink);
			i = m->unused;
			m->unused = at(m, i)->chain;
			return i;
		}
	}
	return m->made++;
}

static uint32_t begin(struct meter *m, const struct packet *p, bool *from_orig, struct sink *sink)
{
	uint32_t i = new_slot(m, sink), *link;
	struct flow *f;

	if (i == NONE)
		return NONE;
	f = at(m, i);
	*from_orig = !answers(p);
	*f = (struct flow){
		.orig = *from_orig ? p->src : p->dst,
		.resp = *from_orig ? p->dst : p->src,
		.orig_port = *from_orig ? p->src_port : p->dst_port,
		.resp_port = *from_orig ? p->dst_port : p->src_port,
		.proto = p->proto,
		.looks = p->proto == PROTO_TCP ? TALK_LOOKS : 0,
		.lookup = speaks_dns(p),
		.first = p->ts,
		.last = p->ts,
	};
	if (i >= m->n_buckets && m->n_buckets < BUCKETS_MAX)
		more_buckets(m);
	link = bucket(m, p->src, p->src_port, p->dst, p->dst_port, p->proto);
	f->chain = *link;
	*link = i;
	enter_queue(m, i, f->proto == PROTO_TCP ? WAIT_TCP : f->lookup ? WAIT_LOOKUP : WAIT_OTHER);
	return i;
}

/* ---- packets ------------------------------------------------------------------------------------ */

/* The two change places. */
static void exchange(struct flow *f)
{
	struct flow old = *f;

	f->orig = old.resp;
	f->orig_port = old.resp_port;
	f->resp = old.orig;
	f->resp_port = old.orig_port;
	f->packets[0] = old.packets[1];
	f->packets[1] = old.packets[0];
	if (f->talk)
		talk_flip(f->talk);
}

static struct parties parties_of(const struct flow *f)
{
	return (struct parties){ { f->orig, f->resp }, { f->orig_port, f->resp_port }, f->proto };
}

static void listen_tcp(struct meter *m, struct flow *f, const struct utterance *u, struct sink *sink)
{
	struct parties who = parties_of(f);

	if (!talk_segment(m->talks, &f->talk, &f->looks, &who, u, sink))
		return;
	/* Who asks has called, where nothing else says who did. */
	if (tcp_opener(&f->tcp) == OPENER_ORIG)
		return;
	tcp_flip(&f->tcp);
	exchange(f);
}

static void listen_udp(struct meter *m, struct flow *f, const struct utterance *u, struct sink *sink)
{
	struct parties who = parties_of(f);
	uint64_t n = f->bytes[0];

	if (!talk_datagram(m->talks, &f->talk, &who, u, sink) || f->packets[1] ||
	    f->orig_port != f->resp_port || f->orig_port != 53)
		return;
	exchange(f);
	f->bytes[0] = f->bytes[1];
	f->bytes[1] = n;
}

static void tcp_on(struct meter *m, uint32_t i, bool from_orig, const struct packet *p, struct sink *sink)
{
	struct flow *f = at(m, i);
	bool was_closed = tcp_closed(&f->tcp);
	enum wait wait = WAIT_TCP;

	switch (tcp_packet(&f->tcp, from_orig, p)) {
	case TCP_FLIP:
		exchange(f);
		from_orig = !from_orig;
		break;
	case TCP_ATTEMPT:
		wait = WAIT_ATTEMPT;
		break;
	case TCP_OVER:
		wait = WAIT_CLOSED;
		break;
	case TCP_OPEN:
		break;
	}
	if (!was_closed && p->ts > f->last)
		f->last = p->ts;
	if (p->length && !(p->flags & TCP_RST) && (f->talk || f->looks)) {
		struct utterance u = { !from_orig, p->ts, p->seq + !!(p->flags & TCP_SYN),
				       p->length, p->data };

		listen_tcp(m, f, &u, sink);
	}
	if (wait != f->wait && f->wait != WAIT_CLOSED) {
		leave_queue(m, i);
		enter_queue(m, i, wait);
	}
}

uint32_t meter_expect(struct meter *m, const struct packet *p)
{
	const uint32_t *b = bucket(m, p->src, p->src_port, p->dst, p->dst_port, p->proto);

	__builtin_prefetch(b);
	return (uint32_t)(b - m->buckets);
}

void meter_expect_soon(struct meter *m, uint32_t expected)
{
	uint32_t i = expected < m->n_buckets ? m->buckets[expected] : NONE;

	if (i == NONE)
		return;
	__builtin_prefetch(at(m, i), 1);
	__builtin_prefetch(&at(m, i)->last, 1);
}

void meter_packet(struct meter *m, const struct packet *p, struct sink *sink)
{
	uint32_t i = *bucket(m, p->src, p->src_port, p->dst, p->dst_port, p->proto);
	bool from_orig = true;
	struct flow *f;

	/* Captures may be laid one behind the other. */
	if (m->made == 0)
		m->epoch = m->now = p->ts;
	if (p->ts > m->now || p->ts < m->now - HOUR)
		m->now = p->ts;
	while (i != NONE && !is_between(at(m, i), p, &from_orig))
		i = at(m, i)->chain;
	if (i != NONE && (deadline(m, at(m, i)) <= m->now ||
			  (p->proto == PROTO_TCP && tcp_anew(&at(m, i)->tcp, p)))) {
		end(m, i, sink);
		i = NONE;
	}
	tidy(m, sink);
	if (i == NONE)
		i = begin(m, p, &from_orig, sink);
	if (i == NONE) {
		sink_line(sink);
		sink_bad(sink, "no memory to follow a flow");
		return;
	}
	f = at(m, i);
	if (p->ts < f->first)
		f->first = p->ts;
	f->packets[!from_orig]++;
	if (p->proto == PROTO_TCP) {
		tcp_on(m, i, from_orig, p, sink);
		return;
	}
	if (p->ts > f->last)
		f->last = p->ts;
	f->bytes[!from_orig] += p->length;
	if (f->lookup && p->data.n) {
		struct utterance u = { !from_orig, p->ts, 0, p->length, p->data };

		listen_udp(m, f, &u, sink);
	}
}
