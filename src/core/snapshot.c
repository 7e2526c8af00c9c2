/* SPDX-License-Identifier: Apache-2.0 */
#include "core/snapshot.h"

#include <stdlib.h>

void snapshot_init(struct snapshot *s, uint64_t seed)
{
	*s = (struct snapshot){ .seed = seed };
	arena_init(&s->arena, 0);
}

void snapshot_free(struct snapshot *s)
{
	lpm_free(&s->net);
	nameset_free(&s->domain);
	free(s->v.v);
	free(s->bits);
	free(s->slot);
	free(s->slot_inds);
	free(s->nets.v);
	free(s->domains.v);
	free(s->urls.v);
	free(s->url_slot);
	arena_free(&s->arena);
	snapshot_init(s, s->seed);
}

/* The copy of a string that the indicator before may have had as well. */
static struct str keep(struct snapshot *s, struct str text, struct str before)
{
	return before.p && str_eq(text, before) ? before : arena_str(&s->arena, text);
}

enum err snapshot_add(struct snapshot *s, const struct indicator *i)
{
	static const struct indicator none;
	const struct indicator *last = s->v.n ? &s->v.v[s->v.n - 1] : &none;
	struct indicator copy = *i, *at;

	if (s->v.n >= UINT32_MAX - 1)
		return ERR_LIMIT;
	copy.value = arena_str(&s->arena, i->value);
	copy.family = keep(s, i->family, last->family);
	copy.source = keep(s, i->source, last->source);
	copy.reference = keep(s, i->reference, last->reference);
	if (!copy.value.p || !copy.family.p || !copy.source.p || !copy.reference.p)
		return ERR_NOMEM;
	at = VEC_PUSH(&s->v);
	if (!at)
		return ERR_NOMEM;
	*at = copy;
	return ERR_OK;
}

/* What makes two indicators speak of the same value, in an order in which nested networks follow
 * each other. */
static int by_value(const struct indicator *a, const struct indicator *b)
{
	if (a->type != b->type)
		return a->type < b->type ? -1 : 1;
	if (a->type == IT_IP || a->type == IT_CIDR) {
		int d = ip_cmp(a->net.ip, b->net.ip);

		return d ? d : (a->net.len > b->net.len) - (a->net.len < b->net.len);
	}
	return str_cmp(a->value, b->value);
}

/* By value, then by everything else that may show, so that the order of files does not. */
static int in_order(const void *x, const void *y)
{
	const struct indicator *a = x, *b = y;
	int d = by_value(a, b);

	if (!d)
		d = (a->port > b->port) - (a->port < b->port);
	if (!d)
		d = str_cmp(a->source, b->source);
	if (!d)
		d = str_cmp(a->family, b->family);
	if (!d)
		d = (a->from > b->from) - (a->from < b->from);
	if (!d)
		d = (a->until > b->until) - (a->until < b->until);
	if (!d)
		d = (a->role > b->role) - (a->role < b->role);
	return d;
}

/* The bits of struct near, one after the other; in words. */
enum {
	V4_WORDS = 1 << (NEAR_V4_BITS - 6),
	V6_WORDS = 1 << (NEAR_V6_BITS - 6),
	WIDE_WORDS = 1 << (NEAR_WIDE_BITS - 6),
	NEAR_WORDS = V4_WORDS + V6_WORDS + WIDE_WORDS,
};

static void set(uint64_t *bits, uint64_t at)
{
	bits[at >> 6] |= UINT64_C(1) << (at & 63);
}

static void mark_near(struct snapshot *s, struct cidr c)
{
	if (ip_is_v4(c.ip) && c.len >= 96) {
		uint32_t net = (uint32_t)c.ip.lo >> 8, last = (uint32_t)cidr_last(c).lo >> 8;

		for (;; net++) {
			set(s->bits, net);
			if (net == last)
				break;
		}
	} else if (c.len < 32 || cidr_has(c, ip_v4(0))) {
		/* Wider than any hash, or around all of IPv4. */
		memset(s->bits, 0xff, NEAR_WORDS * sizeof *s->bits);
	} else if (c.len >= 64) {
		set(s->bits + V4_WORDS, near_v6_hash(c.ip));
	} else {
		set(s->bits + V4_WORDS + V6_WORDS, near_wide_hash(c.ip));
	}
}

static enum err index_addresses(struct snapshot *s, size_t distinct)
{
	size_t cap = 16;

	while (cap < distinct * 2)
		cap *= 2;
	s->slot = calloc(cap, sizeof *s->slot);
	s->slot_inds = calloc(cap, sizeof *s->slot_inds);
	if (!s->slot || !s->slot_inds)
		return ERR_NOMEM;
	s->slot_mask = cap - 1;
	for (size_t i = 0, n; i < s->v.n && s->v.v[i].type == IT_IP; i += n) {
		size_t at = ip_hash(s->v.v[i].net.ip, s->seed) & s->slot_mask;

		for (n = 1; i + n < s->v.n && by_value(&s->v.v[i], &s->v.v[i + n]) == 0; n++)
			;
		while (s->slot_inds[at].n)
			at = (at + 1) & s->slot_mask;
		s->slot[at] = s->v.v[i].net.ip;
		s->slot_inds[at] = (struct ind_range){ (uint32_t)i, (uint32_t)n };
		mark_near(s, s->v.v[i].net);
	}
	return ERR_OK;
}

static enum err index_nets(struct snapshot *s)
{
	struct lpm_entry *e = calloc(s->nets.n + 1, sizeof *e);
	uint32_t open[ADDR_RANGES_MAX]; /* the networks around the current one */
	size_t depth = 0;
	enum err err;

	if (!e)
		return ERR_NOMEM;
	for (size_t i = 0; i < s->nets.n; i++) {
		struct target *t = &s->nets.v[i];
		struct cidr c = s->v.v[t->inds.first].net;

		while (depth && !cidr_has(s->v.v[s->nets.v[open[depth - 1]].inds.first].net, c.ip))
			depth--;
		t->parent = depth ? open[depth - 1] : UINT32_MAX;
		open[depth++] = (uint32_t)i;
		e[i] = (struct lpm_entry){ c, (uint32_t)i };
		mark_near(s, c);
	}
	err = lpm_build(&s->net, e, s->nets.n);
	free(e);
	return err;
}

static enum err index_domains(struct snapshot *s)
{
	struct nameset_entry *e = calloc(s->domains.n + 1, sizeof *e);
	enum err err;

	if (!e)
		return ERR_NOMEM;
	for (size_t i = 0; i < s->domains.n; i++)
		e[i] = (struct nameset_entry){ .name = s->domains.v[i].value,
					       .below = true,
					       .id = (uint32_t)i };
	err = nameset_build(&s->domain, e, s->domains.n, s->seed);
	free(e);
	return err;
}

static enum err index_urls(struct snapshot *s)
{
	size_t cap = 16;

	while (cap < s->urls.n * 2)
		cap *= 2;
	s->url_slot = calloc(cap, sizeof *s->url_slot);
	if (!s->url_slot)
		return ERR_NOMEM;
	s->url_mask = cap - 1;
	for (size_t i = 0; i < s->urls.n; i++) {
		size_t at = str_hash(s->urls.v[i].value, s->seed) & s->url_mask;

		while (s->url_slot[at])
			at = (at + 1) & s->url_mask;
		s->url_slot[at] = (uint32_t)i + 1;
	}
	return ERR_OK;
}

enum err snapshot_build(struct snapshot *s)
{
	size_t addresses = 0;
	enum err e;

	/* Lists repeat themselves; the same statement of the same source counts once. */
	if (s->v.n) {
		size_t kept = 0;

		qsort(s->v.v, s->v.n, sizeof *s->v.v, in_order);
		for (size_t i = 1; i < s->v.n; i++)
			if (in_order(&s->v.v[kept], &s->v.v[i]) != 0)
				s->v.v[++kept] = s->v.v[i];
		s->v.n = kept + 1;
	}
	s->bits = calloc(NEAR_WORDS, sizeof *s->bits);
	if (!s->bits)
		return ERR_NOMEM;
	s->near = (struct near){ .v4 = s->bits,
				 .v6 = s->bits + V4_WORDS,
				 .wide = s->bits + V4_WORDS + V6_WORDS };
	for (size_t i = 0, n; i < s->v.n; i += n) {
		const struct indicator *one = &s->v.v[i];
		struct target t = { .value = one->value, .parent = UINT32_MAX }, *at = &t;

		for (n = 1; i + n < s->v.n && by_value(one, &s->v.v[i + n]) == 0; n++)
			;
		t.inds = (struct ind_range){ (uint32_t)i, (uint32_t)n };
		s->distinct++;
		if (one->type == IT_IP)
			addresses++;
		else if (one->type == IT_CIDR)
			at = VEC_PUSH(&s->nets);
		else if (one->type == IT_DOMAIN)
			at = VEC_PUSH(&s->domains);
		else if (one->type == IT_URL)
			at = VEC_PUSH(&s->urls);
		if (!at)
			return ERR_NOMEM;
		*at = t;
	}
	e = index_addresses(s, addresses);
	if (!e)
		e = index_nets(s);
	if (!e)
		e = index_domains(s);
	return e ? e : index_urls(s);
}

size_t snapshot_addr(const struct snapshot *s, struct ip ip, struct ind_range out[ADDR_RANGES_MAX])
{
	size_t n = 0, at;
	uint32_t net;

	if (!snapshot_near(s, ip))
		return 0;
	for (at = ip_hash(ip, s->seed) & s->slot_mask; s->slot_inds[at].n; at = (at + 1) & s->slot_mask)
		if (ip_eq(s->slot[at], ip)) {
			out[n++] = s->slot_inds[at];
			break;
		}
	if (lpm_find(&s->net, ip, &net))
		for (; net != UINT32_MAX && n < ADDR_RANGES_MAX; net = s->nets.v[net].parent)
			out[n++] = s->nets.v[net].inds;
	return n;
}

bool snapshot_domain(const struct snapshot *s, struct str name, uint32_t *domain, size_t *labels)
{
	return s->domains.n && nameset_find(&s->domain, name, domain, labels);
}

bool snapshot_url(const struct snapshot *s, struct str url, uint32_t *index)
{
	size_t at;

	if (!s->urls.n)
		return false;
	for (at = str_hash(url, s->seed) & s->url_mask; s->url_slot[at]; at = (at + 1) & s->url_mask)
		if (str_eq(s->urls.v[s->url_slot[at] - 1].value, url)) {
			*index = s->url_slot[at] - 1;
			return true;
		}
	return false;
}
