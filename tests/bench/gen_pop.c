/* SPDX-License-Identifier: Apache-2.0 */
#include "gen_parts.h"

#include <arpa/inet.h>

/* A rank from 0 to n - 1: its frequency falls as 1 / (rank + 1), in steps of doubling. */
static uint64_t ranked(struct population *p, uint64_t n)
{
	unsigned doublings = 64 - (unsigned)__builtin_clzll(n);
	uint64_t rank;

	do {
		uint64_t first = UINT64_C(1) << below(p, doublings);

		rank = first - 1 + below(p, first);
	} while (rank >= n);
	return rank;
}

/* Sizes of many magnitudes, middling ones most often. */
static uint64_t sized(struct population *p, unsigned magnitude)
{
	uint64_t v = UINT64_C(1) << (below(p, magnitude) + below(p, magnitude));

	return v + below(p, v);
}

/* ---- addresses --------------------------------------------------------------------------- */

/* IANA's special-purpose ranges are nobody's. */
static bool public_address(uint32_t a)
{
	static const struct {
		uint32_t base;
		unsigned len;
	} special[] = {
		{ 0x00000000, 8 },  { 0x0a000000, 8 },  { 0x64400000, 10 }, { 0x7f000000, 8 },
		{ 0xa9fe0000, 16 }, { 0xac100000, 12 }, { 0xc0000000, 16 }, { 0xc01fc400, 24 },
		{ 0xc034c100, 24 }, { 0xc0586300, 24 }, { 0xc0a80000, 16 }, { 0xc0af3000, 24 },
		{ 0xc6120000, 15 }, { 0xc6336400, 24 }, { 0xcb007100, 24 }, { 0xe0000000, 3 },
	};

	for (size_t i = 0; i < sizeof special / sizeof special[0]; i++)
		if ((a ^ special[i].base) >> (32 - special[i].len) == 0)
			return false;
	return true;
}

static bool is_used(const struct population *p, uint32_t a)
{
	return p->used[a >> 3] >> (a & 7) & 1;
}

static void use(struct population *p, uint32_t base, unsigned len)
{
	for (uint64_t a = base; a < base + (UINT64_C(1) << (32 - len)); a++)
		p->used[a >> 3] |= (unsigned char)(1u << (a & 7));
}

uint32_t free_network(struct population *p, unsigned len)
{
	for (;;) {
		uint32_t base = (uint32_t)(mix_next(&p->seed) >> 32) &
				~(uint32_t)((UINT64_C(1) << (32 - len)) - 1);
		uint64_t a = base, end = base + (UINT64_C(1) << (32 - len));

		if (!public_address(base))
			continue;
		while (a < end && !is_used(p, (uint32_t)a))
			a++;
		if (a == end)
			return base;
	}
}

uint32_t fresh_address(struct population *p)
{
	uint32_t a = free_network(p, 32);

	use(p, a, 32);
	return a;
}

void set4(unsigned char to[16], uint32_t a)
{
	uint32_t wire = htonl(a);

	memset(to, 0, 16);
	memcpy(to, &wire, 4);
}

void set6(unsigned char to[16], uint64_t hi, uint64_t lo)
{
	for (unsigned i = 0; i < 8; i++) {
		to[i] = (unsigned char)(hi >> (56 - 8 * i));
		to[8 + i] = (unsigned char)(lo >> (56 - 8 * i));
	}
}

char *put_address(char *p, const unsigned char address[16], bool v6)
{
	if (v6) {
		if (!inet_ntop(AF_INET6, address, p, INET6_ADDRSTRLEN))
			abort();
		return p + strlen(p);
	}
	for (unsigned i = 0; i < 4; i++) {
		p = put_u64(p, address[i]);
		*p++ = '.';
	}
	return p - 1;
}

/* ---- who there is ------------------------------------------------------------------------ */

static void make_orgs(struct population *p)
{
	for (unsigned i = 0; i < ORGS; i++) {
		struct org *o = &p->org[i];
		uint64_t size = below(p, 1000);

		o->networks = 1 + (unsigned)below(p, NETWORKS_MAX);
		for (unsigned k = 0; k < o->networks; k++) {
			o->len[k] = 18 + (unsigned)below(p, 7);
			o->base[k] = free_network(p, o->len[k]);
			use(p, o->base[k], o->len[k]);
		}
		o->hosts = 5 + (unsigned)(size * size * size / 500000);
		o->net6 = (UINT64_C(0x2a001000) + i) << 32 | (uint64_t)(i * 7 + 1) << 16;
	}
}

static void host4(const struct org *o, uint32_t host, unsigned char to[16])
{
	uint32_t spread = host * 2654435761u, k = spread % o->networks;

	set4(to, o->base[k] + 1 + (spread >> 3) % ((1u << (32 - o->len[k])) - 2));
}

static void host6(const struct org *o, uint32_t host, unsigned char to[16])
{
	set6(to, o->net6 | host % 16, mix64(o->net6 + host) | UINT64_C(1) << 57);
}

/* The controller's entries in the mixed list: half hold all day and on its port. */
static void make_entries(struct controller *c, unsigned i)
{
	const int64_t long_ago = DAY_START - 400 * DAY, noon = DAY_START + DAY / 2;

	c->n_own = i % 8 == 3 ? 2 : 1;
	for (unsigned k = 0; k < c->n_own; k++) {
		struct entry *e = &c->own[k];

		e->port = (uint16_t)(i % 3 ? 0 : i % 6 || k ? 8443 : c->port);
		if (i % 5 == 4)
			*e = (struct entry){ e->port, long_ago, DAY_START - (90 + (int64_t)k) * DAY };
		else if (i % 5 == 3)
			*e = (struct entry){ e->port, k ? DAY_START - DAY : noon, k ? noon : 0 };
		else if (i % 2)
			*e = (struct entry){ e->port, DAY_START - 30 * DAY, DAY_START + 30 * DAY };
	}
}

static void make_controllers(struct population *p)
{
	static const uint16_t ports[] = { 443, 4444, 8080 };

	for (unsigned i = 0; i < CONTROLLERS; i++) {
		struct controller *c = &p->controller[i];

		c->v6 = i % 32 == 31;
		c->port = ports[i % 3];
		if (c->v6) {
			set6(c->address, UINT64_C(0x2a10) << 48 | (uint64_t)i << 16,
			     below(p, 65536) + 1);
		} else {
			/* Alone in a network, so that an entry may be that network. */
			uint32_t base = free_network(p, 28);

			use(p, base, 28);
			set4(c->address, base + 1 + (uint32_t)below(p, 14));
		}
		make_entries(c, i);
	}
}

static int by_time(const void *a, const void *b)
{
	const struct hit *x = a, *y = b;

	return x->ts != y->ts ? x->ts < y->ts ? -1 : 1 : 0;
}

static void make_hits(struct population *p)
{
	size_t calls = p->n_hits * 9 / 10;

	for (size_t i = 0; i < p->n_hits; i++) {
		struct hit *h = &p->hit[i];

		if (i >= calls) {
			*h = (struct hit){ DAY_START + (int64_t)below(p, DAY),
					   (uint32_t)below(p, CONTROLLERS), (uint32_t)ranked(p, ORGS),
					   (uint32_t)below(p, 1u << 30), true };
		} else if (i % CALLS == 0) {
			*h = (struct hit){ DAY_START + (int64_t)below(p, DAY / CALLS),
					   (uint32_t)(i / CALLS % CONTROLLERS),
					   (uint32_t)ranked(p, ORGS), (uint32_t)below(p, 1u << 30),
					   false };
		} else {
			*h = h[-1];
			h->ts += DAY / CALLS + (int64_t)below(p, 60000000) - 30000000;
		}
	}
	qsort(p->hit, p->n_hits, sizeof *p->hit, by_time);
}

void population_free(struct population *p)
{
	if (!p)
		return;
	free(p->org);
	free(p->destination);
	free(p->scanner);
	free(p->listed);
	free(p->destination6);
	free(p->used);
	free(p->hit);
	free(p);
}

struct population *population_new(uint64_t seed, uint64_t flows, uint64_t lists)
{
	struct population *p = calloc(1, sizeof *p);

	if (!p)
		return NULL;
	*p = (struct population){ .seed = seed, .flows = flows, .lists = lists, .now = DAY_START };
	p->n_hits = flows / 10000;
	p->step = flows > p->n_hits ? 2 * (uint64_t)DAY / (flows - p->n_hits) : 1;
	p->org = calloc(ORGS, sizeof *p->org);
	p->destination = calloc(DESTINATIONS, sizeof *p->destination);
	p->destination6 = calloc(DESTINATIONS6, sizeof *p->destination6);
	p->scanner = calloc(SCANNERS, sizeof *p->scanner);
	p->listed = calloc(lists + 1, sizeof *p->listed);
	p->used = calloc(1, UINT64_C(1) << 29);
	p->hit = calloc(p->n_hits + 1, sizeof *p->hit);
	if (!p->org || !p->destination || !p->destination6 || !p->scanner || !p->listed ||
	    !p->used || !p->hit) {
		population_free(p);
		return NULL;
	}
	make_orgs(p);
	for (unsigned i = 0; i < DESTINATIONS; i++)
		p->destination[i] = fresh_address(p);
	for (unsigned i = 0; i < DESTINATIONS6; i++) {
		p->destination6[i][0] = UINT64_C(0x2600) << 48 |
					(mix_next(&p->seed) >> 8 & UINT64_C(0x7ffffffff0000));
		p->destination6[i][1] = below(p, 4) ? below(p, 65536) : mix_next(&p->seed);
	}
	for (unsigned i = 0; i < SCANNERS; i++)
		p->scanner[i] = fresh_address(p);
	make_controllers(p);
	make_hits(p);
	return p;
}

/* ---- what they do ------------------------------------------------------------------------ */

static void talk(struct population *p, struct flow *f, unsigned char proto, uint16_t port,
		 enum service service, unsigned out, unsigned in)
{
	f->proto = proto;
	f->resp_port = port;
	f->service = service;
	f->orig_bytes = 60 + sized(p, out);
	f->resp_bytes = 90 + sized(p, in);
	f->orig_packets = (uint32_t)(3 + f->orig_bytes / 700);
	f->resp_packets = (uint32_t)(3 + f->resp_bytes / 1300);
	f->duration = 20000 + sized(p, 17);
}

static void ask(struct population *p, struct flow *f)
{
	f->proto = 17;
	f->resp_port = 53;
	f->service = SERVICE_DNS;
	f->orig_bytes = 30 + below(p, 60);
	f->orig_packets = 1;
	if (below(p, 20) == 0) {
		f->state = STATE_S0;
		return;
	}
	f->resp_bytes = 60 + below(p, 400);
	f->resp_packets = 1;
	f->duration = below(p, 80000);
}

static void ordinary(struct population *p, struct flow *f)
{
	static const enum state ends[16] = { STATE_RSTO, STATE_RSTR, STATE_S1, STATE_OTH, STATE_SHR };
	uint64_t what = below(p, 100);

	f->orig_port = (uint16_t)(1024 + below(p, 64000));
	if (what < 30) {
		ask(p, f);
	} else if (what < 74) {
		talk(p, f, 6, 443, SERVICE_TLS, 10, 14);
	} else if (what < 80) {
		talk(p, f, 17, 443, SERVICE_QUIC, 10, 14);
	} else if (what < 88) {
		talk(p, f, 6, 80, SERVICE_HTTP, 9, 13);
	} else if (what < 91) {
		talk(p, f, 17, 123, SERVICE_NTP, 1, 1);
		f->orig_port = 123;
	} else if (what < 93) {
		talk(p, f, 6, 22, SERVICE_SSH, 11, 13);
	} else if (what < 94) {
		talk(p, f, 6, 25, SERVICE_SMTP, 13, 8);
	} else if (what < 96) {
		talk(p, f, 1, 0, SERVICE_NONE, 1, 1);
		f->orig_port = 8;
		f->state = STATE_OTH;
	} else {
		talk(p, f, below(p, 2) ? 6 : 17, (uint16_t)(1024 + below(p, 60000)), SERVICE_NONE,
		     9, 11);
	}
	if (f->proto == 6) {
		f->state = ends[below(p, 16)];
		if (f->state == STATE_OTH || f->state == STATE_SHR)
			f->service = SERVICE_NONE;
	}
}

static void scan(struct population *p, struct flow *f, const struct org *o)
{
	static const uint16_t ports[] = { 22, 23, 80, 443, 445, 3389, 8080, 5900 };

	set4(f->orig, p->scanner[below(p, below(p, SCANNERS) + 1)]);
	set4(f->resp, o->base[0] + (uint32_t)below(p, UINT64_C(1) << (32 - o->len[0])));
	f->proto = 6;
	f->orig_port = (uint16_t)(32768 + below(p, 28000));
	f->resp_port = ports[below(p, 8)];
	f->state = below(p, 3) ? STATE_S0 : STATE_REJ;
	f->orig_packets = 1;
	f->resp_packets = f->state == STATE_REJ;
}

static void meet(struct population *p, struct flow *f, const struct hit *h)
{
	const struct controller *c = &p->controller[h->controller];
	const struct org *o = &p->org[h->org];
	unsigned char host[16];

	f->controller = (int)h->controller;
	f->inbound = h->inbound;
	f->v6 = c->v6;
	if (c->v6)
		host6(o, h->host % o->hosts, host);
	else
		host4(o, h->host % o->hosts, host);
	memcpy(h->inbound ? f->orig : f->resp, c->address, 16);
	memcpy(h->inbound ? f->resp : f->orig, host, 16);
	f->proto = 6;
	f->orig_port = (uint16_t)(40000 + below(p, 20000));
	if (h->inbound) {
		f->resp_port = 22;
		f->state = STATE_S0;
		f->orig_packets = 1;
		return;
	}
	f->resp_port = c->port;
	f->service = c->port == 443 ? SERVICE_TLS : SERVICE_NONE;
	f->orig_bytes = 300 + below(p, 200);
	f->resp_bytes = 500 + below(p, 300);
	f->orig_packets = 6;
	f->resp_packets = 5;
	f->duration = 200000 + below(p, 900000);
}

void population_next(struct population *p, struct flow *out)
{
	struct flow f = { .n = p->made + 1, .controller = -1 };
	uint64_t left = p->flows - p->made, hits_left = p->n_hits - p->next_hit;
	const struct org *o;

	p->made++;
	if (hits_left && (p->hit[p->next_hit].ts <= p->now || hits_left >= left)) {
		const struct hit *h = &p->hit[p->next_hit++];

		/* What is late because nothing else is left keeps the order of time. */
		f.ts = p->now = h->ts > p->now ? h->ts : p->now;
		meet(p, &f, h);
		*out = f;
		return;
	}
	f.ts = p->now;
	p->now += (int64_t)below(p, p->step + 1);
	if (p->now >= DAY_START + DAY)
		p->now = DAY_START + DAY - 1;
	o = &p->org[ranked(p, ORGS)];
	if (below(p, 100) < 2) {
		scan(p, &f, o);
	} else {
		f.v6 = below(p, 100) < 3;
		if (f.v6) {
			const uint64_t *d = p->destination6[ranked(p, DESTINATIONS6)];

			host6(o, (uint32_t)below(p, o->hosts), f.orig);
			set6(f.resp, d[0], d[1]);
		} else {
			host4(o, (uint32_t)below(p, o->hosts), f.orig);
			set4(f.resp, p->destination[ranked(p, DESTINATIONS)]);
		}
		ordinary(p, &f);
	}
	*out = f;
}
