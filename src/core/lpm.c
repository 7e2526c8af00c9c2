/* SPDX-License-Identifier: Apache-2.0 */
#include "core/lpm.h"

#include <assert.h>
#include <stdlib.h>

#define NONE     UINT32_MAX
#define NO_ID    LPM_ID_MAX
#define IN_GROUP UINT32_C(0x80000000)
#define FANOUT   16
#define BUCKETS  65536
#define NETS_MAX ((size_t)1 << 28)

struct lpm_net {
	struct ip ip;
	uint32_t id;
	uint32_t parent; /* the longest of the other nets that contains this one, or NONE */
	unsigned char len;
};

struct lpm_leaf {
	uint64_t key[FANOUT];
	uint32_t value[FANOUT];
};

/* A range that begins within an upper half. The first of a group begins at 0. */
struct lpm_range {
	uint64_t low;
	uint32_t id;
	uint32_t n; /* of the first: how many the group has */
};

/* While sorting, id is the place in the caller's array: first given, first found. */
static int by_net(const void *x, const void *y)
{
	const struct lpm_net *a = x, *b = y;
	int d = ip_cmp(a->ip, b->ip);

	if (d)
		return d;
	if (a->len != b->len)
		return a->len < b->len ? -1 : 1;
	return a->id < b->id ? -1 : 1;
}

static enum err nets_make(struct lpm *l, const struct lpm_entry *e, size_t n)
{
	bool sorted = true;
	uint32_t m = 0;

	l->nets = malloc(n * sizeof *l->nets);
	if (!l->nets)
		return ERR_NOMEM;
	for (size_t i = 0; i < n; i++) {
		assert(e[i].net.len <= 128 && e[i].id < NO_ID);
		l->nets[i] = (struct lpm_net){ .ip = ip_mask(e[i].net.ip, e[i].net.len),
					       .len = e[i].net.len,
					       .id = (uint32_t)i };
		sorted = sorted && (i == 0 || by_net(&l->nets[i - 1], &l->nets[i]) < 0);
	}
	if (!sorted)
		qsort(l->nets, n, sizeof *l->nets, by_net);
	for (size_t i = 0; i < n; i++) {
		const struct lpm_net *s = &l->nets[i];

		if (m && ip_eq(l->nets[m - 1].ip, s->ip) && l->nets[m - 1].len == s->len)
			continue;
		l->nets[m] = *s;
		l->nets[m++].id = e[s->id].id;
	}
	l->n = m;
	return ERR_OK;
}

/*
 * The ranges, told in ascending order. The same walk runs twice: it counts, and when there is
 * room (fill) it writes.
 */
struct walk {
	struct lpm *l;
	bool fill;
	struct ip at; /* the range that is about to be put, unless another begins there too */
	uint32_t id;
	uint32_t here; /* id of the range put last, of either family */
	bool any4;     /* an IPv4 address is held by something */
	bool past4;
	uint32_t bucket, n4, last4; /* the /16s begun, ranges put, id of the last */
	uint32_t keys, n6, last6;
	uint64_t key6;
	bool grouped;   /* ranges begin within the last key */
	uint32_t group; /* the first of them */
};

static void push4(struct walk *w, uint32_t low, uint32_t id)
{
	if (w->fill && w->l->v4_index) {
		w->l->v4_low[w->n4] = (uint16_t)low;
		w->l->v4_id[w->n4] = id;
	}
	w->any4 = w->any4 || id != NO_ID;
	w->n4++;
	w->last4 = id;
}

/* Begin all /16s up to and with `last`: each has a first range of its own. */
static void buckets(struct walk *w, uint32_t last)
{
	for (; w->bucket <= last; w->bucket++) {
		if (w->fill && w->l->v4_index)
			w->l->v4_index[w->bucket] = w->n4;
		push4(w, 0, w->here);
	}
}

static void put4(struct walk *w, uint32_t at, uint32_t id)
{
	if (at & 0xffff) {
		buckets(w, at >> 16);
		if (id != w->last4)
			push4(w, at & 0xffff, id);
	} else {
		if (at)
			buckets(w, (at >> 16) - 1);
		w->here = id;
		buckets(w, at >> 16);
	}
}

static void push6(struct walk *w, uint64_t low, uint32_t id)
{
	if (w->fill) {
		w->l->v6_range[w->n6] = (struct lpm_range){ .low = low, .id = id };
		w->l->v6_range[w->group].n++;
	}
	w->n6++;
}

static void set_value(struct walk *w, uint32_t value)
{
	if (w->fill)
		w->l->v6_leaf[(w->keys - 1) / FANOUT].value[(w->keys - 1) % FANOUT] = value;
}

static void put6(struct walk *w, struct ip at, uint32_t id)
{
	if (w->keys && id == w->last6)
		return;
	if (w->keys == 0 || at.hi != w->key6) {
		if (w->fill)
			w->l->v6_leaf[w->keys / FANOUT].key[w->keys % FANOUT] = at.hi;
		w->keys++;
		w->key6 = at.hi;
		w->grouped = false;
		set_value(w, at.lo ? w->last6 : id);
	}
	if (at.lo) {
		if (!w->grouped) {
			w->group = w->n6;
			set_value(w, IN_GROUP | w->group);
			push6(w, 0, w->last6);
			w->grouped = true;
		}
		push6(w, at.lo, id);
	}
	w->last6 = id;
}

static void put(struct walk *w, struct ip at, uint32_t id)
{
	const struct ip after4 = { 0, (IP_V4_PREFIX | UINT32_MAX) + 1 };

	if (ip_is_v4(at)) {
		put4(w, (uint32_t)at.lo, id);
	} else {
		int d = w->past4 ? -1 : ip_cmp(at, after4);

		/* The ranges of IPv4 are kept elsewhere: say again what holds behind them. */
		if (d >= 0) {
			w->past4 = true;
			buckets(w, BUCKETS - 1);
			if (d > 0)
				put6(w, after4, w->here);
		}
		put6(w, at, id);
	}
	w->here = id;
}

/* From `at` on it is id, until told otherwise. */
static void begin(struct walk *w, struct ip at, uint32_t id)
{
	if (!ip_eq(at, w->at))
		put(w, w->at, w->id);
	w->at = at;
	w->id = id;
}

/* Leave net i; what contains it holds behind its end. False where there is nothing behind. */
static bool leave(struct walk *w, uint32_t i)
{
	const struct lpm_net *s = &w->l->nets[i];
	struct ip next = cidr_last((struct cidr){ s->ip, s->len });

	next.lo++;
	next.hi += next.lo == 0;
	if (next.hi == 0 && next.lo == 0)
		return false;
	begin(w, next, s->parent == NONE ? NO_ID : w->l->nets[s->parent].id);
	return true;
}

/* Also finds the parents, the first time. */
static void walk(struct walk *w)
{
	struct lpm *l = w->l;
	uint32_t open = NONE;

	w->id = w->last6 = NO_ID;
	for (uint32_t i = 0; i < l->n; i++) {
		struct lpm_net *s = &l->nets[i];

		while (open != NONE &&
		       !cidr_has((struct cidr){ l->nets[open].ip, l->nets[open].len }, s->ip)) {
			(void)leave(w, open);
			open = l->nets[open].parent;
		}
		s->parent = open;
		begin(w, s->ip, s->id);
		open = i;
	}
	for (; open != NONE && leave(w, open); open = l->nets[open].parent)
		;
	put(w, w->at, w->id);
	if (!w->past4) {
		buckets(w, BUCKETS - 1);
		put6(w, (struct ip){ 0, (IP_V4_PREFIX | UINT32_MAX) + 1 }, w->here);
	}
}

static size_t nodes_of(uint32_t keys)
{
	return ((size_t)keys + FANOUT - 1) / FANOUT;
}

static enum err room(struct lpm *l, const struct walk *count)
{
	size_t n = nodes_of(count->keys);

	if (count->any4) {
		l->v4_index = malloc((BUCKETS + 1) * sizeof *l->v4_index);
		l->v4_low = malloc(count->n4 * sizeof *l->v4_low);
		l->v4_id = malloc(count->n4 * sizeof *l->v4_id);
		if (!l->v4_index || !l->v4_low || !l->v4_id)
			return ERR_NOMEM;
		l->v4_index[BUCKETS] = count->n4;
	}
	l->v6_leaf = aligned_alloc(64, n * sizeof *l->v6_leaf);
	l->v6_range = malloc(((size_t)count->n6 + 1) * sizeof *l->v6_range);
	if (!l->v6_leaf || !l->v6_range)
		return ERR_NOMEM;
	/* What pads the last node is not below any key looked for. */
	memset(&l->v6_leaf[n - 1], 0xff, sizeof *l->v6_leaf);
	l->v6_n = count->keys;
	while (n > 1) {
		size_t size = (n = nodes_of((uint32_t)n)) * FANOUT * sizeof **l->v6_level;
		uint64_t *keys = aligned_alloc(64, size);

		if (!keys)
			return ERR_NOMEM;
		memset(keys, 0xff, size);
		l->v6_level[l->v6_levels++] = keys;
	}
	return ERR_OK;
}

/* The first key of every node goes into the level above. */
static void index_keys(struct lpm *l)
{
	size_t n = nodes_of(l->v6_n);

	for (unsigned k = 0; k < l->v6_levels; k++) {
		for (size_t i = 0; i < n; i++)
			l->v6_level[k][i] = k ? l->v6_level[k - 1][i * FANOUT] : l->v6_leaf[i].key[0];
		n = nodes_of((uint32_t)n);
	}
}

enum err lpm_build(struct lpm *l, const struct lpm_entry *e, size_t n)
{
	struct lpm made = { 0 };
	struct walk count = { .l = &made }, fill = { .l = &made, .fill = true };
	enum err err;

	if (n > NETS_MAX)
		return ERR_LIMIT;
	if (n == 0) {
		*l = made;
		return ERR_OK;
	}
	err = nets_make(&made, e, n);
	if (err)
		goto out;
	walk(&count);
	err = room(&made, &count);
	if (err)
		goto out;
	walk(&fill);
	index_keys(&made);
	*l = made;
	return ERR_OK;
out:
	lpm_free(&made);
	return err;
}

void lpm_free(struct lpm *l)
{
	free(l->nets);
	free(l->v4_index);
	free(l->v4_low);
	free(l->v4_id);
	for (unsigned k = 0; k < l->v6_levels; k++)
		free(l->v6_level[k]);
	free(l->v6_leaf);
	free(l->v6_range);
	*l = (struct lpm){ 0 };
}

static uint32_t find4(const struct lpm *l, uint32_t ip)
{
	uint32_t at = l->v4_index[ip >> 16], n = l->v4_index[(ip >> 16) + 1] - at;
	uint16_t low = (uint16_t)ip;

	/* The last range that begins at or before low; the first one always does. */
	while (n > 1) {
		uint32_t half = n / 2;

		at = l->v4_low[at + half] <= low ? at + half : at;
		n -= half;
	}
	return l->v4_id[at];
}

/* The last key of a node at or below x; the first one always is. */
static inline size_t in_node(const uint64_t *key, uint64_t x)
{
	size_t at = key[8] <= x ? 8 : 0;

	at += key[at + 4] <= x ? 4 : 0;
	at += key[at + 2] <= x ? 2 : 0;
	return at + (key[at + 1] <= x ? 1 : 0);
}

static uint32_t find6(const struct lpm *l, struct ip ip)
{
	const struct lpm_leaf *leaf;
	const struct lpm_range *from;
	size_t node = 0, at;
	uint32_t value, n;

	for (unsigned k = l->v6_levels; k--;)
		node = node * FANOUT + in_node(l->v6_level[k] + node * FANOUT, ip.hi);
	/* Only the last address of all is not below what pads the levels. */
	if (node * FANOUT >= l->v6_n)
		node = (l->v6_n - 1) / FANOUT;
	leaf = &l->v6_leaf[node];
	__builtin_prefetch(leaf->value);
	at = in_node(leaf->key, ip.hi);
	if (node * FANOUT + at >= l->v6_n)
		at = (l->v6_n - 1) % FANOUT;
	value = leaf->value[at];
	if (!(value & IN_GROUP))
		return value;

	from = &l->v6_range[value & ~IN_GROUP];
	n = from->n;
	if (leaf->key[at] < ip.hi)
		return from[n - 1].id;
	while (n > 1) {
		uint32_t half = n / 2;

		from = from[half].low <= ip.lo ? from + half : from;
		n -= half;
	}
	return from->id;
}

bool lpm_find(const struct lpm *l, struct ip ip, uint32_t *id)
{
	uint32_t found;

	if (l->n == 0)
		return false;
	if (!ip_is_v4(ip))
		found = find6(l, ip);
	else
		found = l->v4_index ? find4(l, (uint32_t)ip.lo) : NO_ID;
	if (found == NO_ID)
		return false;
	*id = found;
	return true;
}

bool lpm_overlap(const struct lpm *l, struct cidr c, uint32_t *id)
{
	uint32_t from = 0, to = l->n, i;

	/* What lies after c in the order of nets and within its addresses is inside c. */
	while (from < to) {
		uint32_t mid = from + (to - from) / 2;
		int d = ip_cmp(l->nets[mid].ip, c.ip);

		if (d < 0 || (d == 0 && l->nets[mid].len <= c.len))
			from = mid + 1;
		else
			to = mid;
	}
	/* All that contains c contains the net before that place, or is it. */
	for (i = from ? from - 1 : NONE; i != NONE; i = l->nets[i].parent)
		if (l->nets[i].len <= c.len &&
		    cidr_has((struct cidr){ l->nets[i].ip, l->nets[i].len }, c.ip)) {
			*id = l->nets[i].id;
			return true;
		}
	if (from == l->n || !cidr_has(c, l->nets[from].ip))
		return false;
	*id = l->nets[from].id;
	return true;
}
