/* SPDX-License-Identifier: Apache-2.0 */
#include "core/sightings.h"

#include <stdlib.h>

enum err sightings_init(struct sightings *s, const struct snapshot *snap)
{
	*s = (struct sightings){ .snap = snap, .mask = 1023 };
	arena_init(&s->arena, (size_t)1 << 30);
	s->slot = calloc(s->mask + 1, sizeof *s->slot);
	return s->slot ? ERR_OK : ERR_NOMEM;
}

void sightings_free(struct sightings *s)
{
	for (size_t i = 0; i < s->v.n; i++) {
		struct counted *c = s->v.v[i].c;

		free(s->v.v[i].benign.v);
		if (!c)
			continue;
		free(c->days.v);
		free(c->on.v);
		free(c->off.v);
		free(c->inds.v);
		free(c->main.calls.v);
		free(c);
	}
	free(s->v.v);
	free(s->slot);
	arena_free(&s->arena);
}

static uint64_t key_hash(uint64_t seed, const struct ip *host, enum itype type,
			 const struct ip *addr, uint32_t target)
{
	uint64_t other = type == IT_IP ? ip_hash(*addr, seed) : mix64((uint64_t)type << 32 | target);

	return mix64(ip_hash(*host, seed) ^ (other << 1 | other >> 63));
}

static enum err grow(struct sightings *s)
{
	size_t mask = s->mask * 2 + 1;
	uint32_t *slot = calloc(mask + 1, sizeof *slot);

	if (!slot)
		return ERR_NOMEM;
	for (size_t i = 0; i < s->v.n; i++) {
		const struct pair *p = &s->v.v[i];
		size_t at = key_hash(s->snap->seed, &p->host, p->type, &p->addr, p->target) & mask;

		while (slot[at])
			at = (at + 1) & mask;
		slot[at] = (uint32_t)i + 1;
	}
	free(s->slot);
	s->slot = slot;
	s->mask = mask;
	return ERR_OK;
}

static enum err find_or_add(struct sightings *s, const struct touch *t, struct pair **out)
{
	struct ip addr = t->type == IT_IP ? t->addr : (struct ip){ 0, 0 };
	uint32_t target = t->type == IT_IP ? 0 : t->target;
	size_t at = key_hash(s->snap->seed, &t->host, t->type, &addr, target) & s->mask;
	struct pair *p;

	for (; s->slot[at]; at = (at + 1) & s->mask) {
		p = &s->v.v[s->slot[at] - 1];
		if (p->type == t->type && p->target == target && ip_eq(p->addr, addr) &&
		    ip_eq(p->host, t->host)) {
			*out = p;
			return ERR_OK;
		}
	}
	if (s->v.n >= INT32_MAX)
		return ERR_LIMIT;
	p = VEC_PUSH(&s->v);
	if (!p)
		return ERR_NOMEM;
	*p = (struct pair){ .host = t->host, .type = t->type, .addr = addr, .target = target };
	s->slot[at] = (uint32_t)s->v.n;
	*out = p;
	return s->v.n * 2 > s->mask ? grow(s) : ERR_OK;
}

/* Insert into a sorted set; most often the value is there already, or the largest. */
#define SET_ADD(set, value, e)                                                                        \
	do {                                                                                          \
		size_t lo_ = 0, hi_ = (set)->n;                                                       \
		if (hi_ && (set)->v[hi_ - 1] < (value))                                               \
			lo_ = hi_;                                                                    \
		while (lo_ < hi_) {                                                                   \
			size_t mid_ = lo_ + (hi_ - lo_) / 2;                                          \
			if ((set)->v[mid_] < (value))                                                 \
				lo_ = mid_ + 1;                                                       \
			else                                                                          \
				hi_ = mid_;                                                           \
		}                                                                                     \
		if (lo_ < (set)->n && (set)->v[lo_] == (value))                                       \
			break;                                                                        \
		if (!VEC_PUSH(set)) {                                                                 \
			(e) = ERR_NOMEM;                                                              \
			break;                                                                        \
		}                                                                                     \
		memmove((set)->v + lo_ + 1, (set)->v + lo_, ((set)->n - 1 - lo_) * sizeof *(set)->v); \
		(set)->v[lo_] = (value);                                                              \
	} while (0)

static enum err count_port(struct port_counts *c, uint16_t port)
{
	size_t lo = 0, hi = c->n;
	struct port_count *at;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (c->v[mid].port < port)
			lo = mid + 1;
		else
			hi = mid;
	}
	if (lo < c->n && c->v[lo].port == port) {
		c->v[lo].n++;
		return ERR_OK;
	}
	at = VEC_PUSH(c);
	if (!at)
		return ERR_NOMEM;
	memmove(c->v + lo + 1, c->v + lo, (c->n - 1 - lo) * sizeof *c->v);
	c->v[lo] = (struct port_count){ port, 1 };
	return ERR_OK;
}

static int place_cmp(const struct place *a, const struct place *b)
{
	if (a->ts != b->ts)
		return a->ts < b->ts ? -1 : 1;
	if (a->path_rank != b->path_rank)
		return a->path_rank < b->path_rank ? -1 : 1;
	return a->line < b->line ? -1 : a->line > b->line;
}

static void add_evidence(struct pair *p, const struct place *at)
{
	unsigned i = p->c->n_evidence;

	if (i == EVIDENCE_MAX && place_cmp(at, &p->c->evidence[i - 1]) >= 0)
		return;
	if (i < EVIDENCE_MAX)
		p->c->n_evidence++;
	else
		i--;
	for (; i && place_cmp(at, &p->c->evidence[i - 1]) < 0; i--)
		p->c->evidence[i] = p->c->evidence[i - 1];
	p->c->evidence[i] = *at;
}

static enum err add_hostname(struct sightings *s, struct pair *p, struct str name)
{
	unsigned at = p->c->n_hostnames;
	struct str copy;

	while (at && str_cmp(p->c->hostnames[at - 1], name) > 0)
		at--;
	if ((at && str_eq(p->c->hostnames[at - 1], name)) || at == HOSTNAMES_MAX)
		return ERR_OK;
	copy = arena_str(&s->arena, name);
	if (!copy.p)
		return ERR_OK; /* names beside the evidence may be missing, evidence may not */
	if (p->c->n_hostnames < HOSTNAMES_MAX)
		p->c->n_hostnames++;
	memmove(p->c->hostnames + at + 1, p->c->hostnames + at,
		(p->c->n_hostnames - 1 - at) * sizeof *p->c->hostnames);
	p->c->hostnames[at] = copy;
	return ERR_OK;
}

/* Keep the BEACON_CALLS smallest: gather twice as many, then sort and cut. */
static enum err add_call(struct main_part *m, int64_t ts, uint64_t bytes)
{
	struct call *c;

	if (m->calls.n == 2 * (size_t)BEACON_CALLS) {
		qsort(m->calls.v, m->calls.n, sizeof *m->calls.v, call_cmp);
		m->calls.n = BEACON_CALLS;
	}
	c = VEC_PUSH(&m->calls);
	if (!c)
		return ERR_NOMEM;
	*c = (struct call){ ts, bytes };
	return ERR_OK;
}

static enum err add_main(struct pair *p, const struct touch *t, const struct place *at)
{
	struct main_part *m = &p->c->main;
	int tier = !t->on_port ? 2 : t->inbound ? 1 : 0;
	int rank = at->kind == KIND_FLOW ? 0 : at->kind == KIND_DNS ? 1 : 2;

	if (tier > m->tier)
		return ERR_OK;
	if (tier < m->tier) {
		/* Better touches: what was gathered from worse ones no longer decides anything. */
		struct call *v = m->calls.v;
		size_t cap = m->calls.cap;

		*m = (struct main_part){ .tier = tier, .call_rank = 3 };
		m->calls.v = v;
		m->calls.cap = cap;
	}
	m->n++;
	m->two_way += t->level == LEVEL_TWO_WAY;
	if (t->level > m->level)
		m->level = t->level;
	m->named_port |= t->named_port;
	m->listed_name |= t->type == IT_IP && t->names == NAME_LISTED;
	m->kinds |= KIND_BIT(at->kind);
	if (rank > m->call_rank)
		return ERR_OK;
	if (rank < m->call_rank) {
		m->call_rank = rank;
		m->calls.n = 0;
	}
	return add_call(m, at->ts, t->bytes_out);
}

static enum err add_indicators(struct sightings *s, const struct rules *rules, struct pair *p,
			       const struct touch *t, int64_t ts)
{
	struct ind_range ranges[ADDR_RANGES_MAX];
	size_t n = touch_indicators(s->snap, t, ranges), all = 0;
	enum err e = ERR_OK;

	for (size_t i = 0; i < n; i++)
		all += ranges[i].n;
	if (p->c->inds.n == all)
		return ERR_OK; /* they have all held at some time */
	for (size_t i = 0; i < n; i++)
		for (uint32_t k = 0; k < ranges[i].n; k++) {
			uint32_t id = ranges[i].first + k;

			if (attribute_validity(snapshot_attribute(s->snap, id), rules, ts) != VALID_OUT)
				SET_ADD(&p->c->inds, id, e);
		}
	return e;
}

/* Sizes are what the source claims; their sum must not wrap round to something harmless. */
static void add_bytes(uint64_t *sum, uint64_t v)
{
	*sum = v > UINT64_MAX - *sum ? UINT64_MAX : *sum + v;
}

static enum err add_counted(struct sightings *s, const struct rules *rules, struct pair *p,
			    const struct touch *t, const struct place *at)
{
	int32_t day = (int32_t)time_day(at->ts);
	enum err e = ERR_OK;

	if (!p->c) {
		p->c = calloc(1, sizeof *p->c);
		if (!p->c)
			return ERR_NOMEM;
		p->c->main.tier = p->c->main.call_rank = 3;
	}
	if (!p->c->counted || at->ts < p->c->first)
		p->c->first = at->ts;
	if (!p->c->counted || at->ts > p->c->last)
		p->c->last = at->ts;
	p->c->counted++;
	*(t->on_port ? &p->c->on_port : &p->c->off_port) += 1;
	p->c->established += t->level >= LEVEL_ESTABLISHED;
	p->c->inbound += t->inbound;
	p->c->in_grace += t->grace;
	p->c->other_named += t->type == IT_IP && t->names == NAME_OTHER;
	add_bytes(&p->c->bytes_out, t->bytes_out);
	add_bytes(&p->c->bytes_in, t->bytes_in);
	p->c->sent_out |= t->sent_out;
	p->c->sent_in |= t->sent_in;
	add_evidence(p, at);
	if (at->kind != KIND_DNS && (!p->c->spoken.line || place_cmp(at, &p->c->spoken) < 0))
		p->c->spoken = *at;
	SET_ADD(&p->c->days, day, e);
	if (!e && at->kind != KIND_DNS)
		e = count_port(t->on_port ? &p->c->on : &p->c->off, t->port);
	if (!e)
		e = add_indicators(s, rules, p, t, at->ts);
	if (!e && t->name.n)
		e = add_hostname(s, p, t->name);
	return e ? e : add_main(p, t, at);
}

static enum err count_benign(struct pair *p, const struct exentry *entry)
{
	struct benign_count *b;

	for (size_t i = 0; i < p->benign.n; i++)
		if (p->benign.v[i].entry == entry) {
			p->benign.v[i].n++;
			return ERR_OK;
		}
	b = VEC_PUSH(&p->benign);
	if (!b)
		return ERR_NOMEM;
	*b = (struct benign_count){ entry, 1 };
	return ERR_OK;
}

enum err sightings_add(struct sightings *s, const struct rules *rules, const struct touch *t,
		       const struct place *at)
{
	struct pair *p;
	enum err e = find_or_add(s, t, &p);

	if (e)
		return e;
	if (t->verdict == TOUCH_COUNTED)
		return add_counted(s, rules, p, t, at);
	if (t->verdict == TOUCH_BENIGN_NAME)
		return count_benign(p, t->benign);
	p->inbound_only += t->verdict == TOUCH_INBOUND_ONLY;
	p->outside += t->verdict == TOUCH_OUTSIDE_VALIDITY;
	p->of_host += t->verdict == TOUCH_HOST;
	return ERR_OK;
}
