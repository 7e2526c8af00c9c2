/* SPDX-License-Identifier: Apache-2.0 */
#include "format/defrag.h"

#include <stdlib.h>

enum {
	UNIT = 8, /* bytes that offsets count in */
	LENGTH_MAX = 65535,
	MAP_WORDS = (LENGTH_MAX + 1) / UNIT / 64,
	BUCKETS = 1024,
	NONE = 0xffff,
};

struct entry {
	struct defrag_key key;
	int64_t ts;
	unsigned char *data;
	uint32_t cap;
	uint32_t length; /* where the last fragment ends; 0 while it has not come */
	uint32_t end;    /* of what has come */
	uint32_t units;  /* that have come */
	uint16_t chain, older, newer;
	uint64_t map[MAP_WORDS]; /* units that are there */
};

struct defrag {
	uint64_t seed;
	size_t bytes;
	struct entry *entries[DEFRAG_MAX];
	uint16_t bucket[BUCKETS];
	uint16_t oldest, newest, unused; /* of the unused ones `chain` is the next */
	uint16_t made;
};

enum err defrag_new(uint64_t seed, struct defrag **out)
{
	struct defrag *x = calloc(1, sizeof *x);

	if (!x)
		return ERR_NOMEM;
	x->seed = seed;
	memset(x->bucket, 0xff, sizeof x->bucket);
	x->oldest = x->newest = x->unused = NONE;
	*out = x;
	return ERR_OK;
}

void defrag_free(struct defrag *x)
{
	if (!x)
		return;
	for (unsigned i = 0; i < x->made; i++) {
		free(x->entries[i]->data);
		free(x->entries[i]);
	}
	free(x);
}

static bool same(const struct defrag_key *a, const struct defrag_key *b)
{
	return a->id == b->id && a->proto == b->proto && a->v6 == b->v6 && ip_eq(a->src, b->src) &&
	       ip_eq(a->dst, b->dst);
}

static uint16_t *bucket_of(struct defrag *x, const struct defrag_key *k)
{
	uint64_t h = mix64(ip_hash(k->src, x->seed) + k->id) ^ ip_hash(k->dst, ~x->seed) ^ k->proto;

	return &x->bucket[mix64(h) % BUCKETS];
}

static void drop(struct defrag *x, uint16_t i)
{
	struct entry *e = x->entries[i];
	uint16_t *link = bucket_of(x, &e->key);

	while (*link != i)
		link = &x->entries[*link]->chain;
	*link = e->chain;
	if (e->older != NONE)
		x->entries[e->older]->newer = e->newer;
	else
		x->oldest = e->newer;
	if (e->newer != NONE)
		x->entries[e->newer]->older = e->older;
	else
		x->newest = e->older;
	x->bytes -= e->cap;
	e->data = NULL;
	e->cap = 0;
	e->chain = x->unused;
	x->unused = i;
}

static uint16_t make(struct defrag *x, const struct defrag_key *key, int64_t now)
{
	uint16_t i = x->unused, *link;
	struct entry *e;

	if (i != NONE) {
		e = x->entries[i];
		x->unused = e->chain;
	} else {
		if (x->made == DEFRAG_MAX || !(e = malloc(sizeof *e)))
			return NONE;
		i = x->made++;
		x->entries[i] = e;
	}
	*e = (struct entry){ .key = *key, .ts = now, .older = x->newest, .newer = NONE };
	link = bucket_of(x, key);
	e->chain = *link;
	*link = i;
	if (x->newest != NONE)
		x->entries[x->newest]->newer = i;
	else
		x->oldest = i;
	x->newest = i;
	return i;
}

static void hand_over(struct defrag *x, uint16_t i, struct datagram *out)
{
	struct entry *e = x->entries[i];
	uint32_t unit = 0;

	while (unit < MAP_WORDS * 64 && e->map[unit / 64] >> unit % 64 & 1)
		unit++;
	*out = (struct datagram){ .key = e->key, .ts = e->ts, .data = e->data };
	out->n = unit * UNIT < e->end ? unit * UNIT : e->end;
	out->length = e->length ? e->length : e->end;
	drop(x, i);
}

static bool room(struct defrag *x, struct entry *e, uint32_t end)
{
	uint32_t cap = e->cap * 2 > end ? e->cap * 2 : end;
	unsigned char *p;

	if (end <= e->cap)
		return true;
	cap = cap > LENGTH_MAX + 1 ? LENGTH_MAX + 1 : cap;
	p = realloc(e->data, cap);
	if (!p)
		return false;
	x->bytes += cap - e->cap;
	e->data = p;
	e->cap = cap;
	return true;
}

enum defrag_state defrag_add(struct defrag *x, const struct defrag_key *key, int64_t now,
			     uint32_t offset, bool more, struct str data, struct datagram *out)
{
	uint32_t end = offset + (uint32_t)data.n;
	uint16_t i = *bucket_of(x, key);
	struct entry *e;

	if (data.n == 0 || data.n > LENGTH_MAX || end > LENGTH_MAX || (more && data.n % UNIT))
		return DEFRAG_BAD;
	while (i != NONE && !same(&x->entries[i]->key, key))
		i = x->entries[i]->chain;
	if (i == NONE)
		i = make(x, key, now);
	if (i == NONE)
		return DEFRAG_FULL;
	e = x->entries[i];
	if (e->length ? end > e->length || (!more && end != e->length) : !more && end < e->end)
		return DEFRAG_BAD;
	if (!room(x, e, end)) {
		free(e->data);
		drop(x, i);
		return DEFRAG_FULL;
	}
	for (uint32_t at = 0; at < data.n; at += UNIT) {
		uint32_t unit = (offset + at) / UNIT;
		uint64_t bit = UINT64_C(1) << unit % 64;

		if (e->map[unit / 64] & bit)
			continue;
		e->map[unit / 64] |= bit;
		e->units++;
		memcpy(e->data + offset + at, data.p + at, data.n - at < UNIT ? data.n - at : UNIT);
	}
	e->end = end > e->end ? end : e->end;
	if (!more)
		e->length = end;
	if (!e->length || e->units < (e->length + UNIT - 1) / UNIT)
		return DEFRAG_KEPT;
	hand_over(x, i, out);
	return DEFRAG_WHOLE;
}

bool defrag_due(struct defrag *x, int64_t now, bool all, struct datagram *out)
{
	if (x->oldest == NONE)
		return false;
	if (!all && now - x->entries[x->oldest]->ts < DEFRAG_WAIT &&
	    x->bytes + LENGTH_MAX < DEFRAG_BYTES && (x->unused != NONE || x->made < DEFRAG_MAX))
		return false;
	hand_over(x, x->oldest, out);
	return true;
}
