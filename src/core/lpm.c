/* SPDX-License-Identifier: Apache-2.0 */
#include "core/lpm.h"

#include <assert.h>
#include <stdlib.h>

#define NONE     UINT32_MAX
#define FANOUT   16
#define BUCKETS  65536
#define NETS_MAX ((size_t)1 << 28)

struct lpm_net {
	struct ip ip;
	uint32_t id;
	uint32_t parent; /* the longest of the other nets that contains this one, or NONE */
	unsigned char len;
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
		assert(e[i].net.len <= 128 && e[i].id < NONE);
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
};

static void push4(struct walk *w, uint32_t low, uint32_t id)
{
	if (w->fill && w->l->v4_index) {
		w->l->v4_low[w->n4] = (uint16_t)low;
		w->l->v4_id[w->n4] = id;
	}
	w->any4 = w->any4 || id != NONE;
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

static void put6(struct walk *w, struct ip at, uint32_t id)
{
	if (w->n6 && id == w->last6)
		return;
	if (w->n6 == 0 || at.hi != w->key6) {
		if (w->fill) {
			w->l->v6_level[0][w->keys] = at.hi;
			w->l->v6_first[w->keys] = w->n6;
		}
		w->keys++;
		w->key6 = at.hi;
	}
	if (w->fill) {
		w->l->v6_low[w->n6] = at.lo;
		w->l->v6_id[w->n6] = id;
	}
	w->n6++;
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
	begin(w, next, s->parent == NONE ? NONE : w->l->nets[s->parent].id);
	return true;
}

/* Also finds the parents, the first time. */
static void walk(struct walk *w)
{
	struct lpm *l = w->l;
	uint32_t open = NONE;

	w->id = NONE;
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

static enum err room(struct lpm *l, const struct walk *count)
{
	uint32_t n = count->keys;

	if (count->any4) {
		l->v4_index = malloc((BUCKETS + 1) * sizeof *l->v4_index);
		l->v4_low = malloc(count->n4 * sizeof *l->v4_low);
		l->v4_id = malloc(count->n4 * sizeof *l->v4_id);
		if (!l->v4_index || !l->v4_low || !l->v4_id)
			return ERR_NOMEM;
		l->v4_index[BUCKETS] = count->n4;
	}
	do {
		size_t size = ((size_t)n + FANOUT - 1) / FANOUT * FANOUT * sizeof **l->v6_level;
		uint64_t *keys = aligned_alloc(64, size);

		if (!keys)
			return ERR_NOMEM;
		/* What pads the last node is larger than any key looked for, or equal to it. */
		memset(keys, 0xff, size);
		l->v6_level[l->v6_levels] = keys;
		l->v6_n[l->v6_levels++] = n;
		n = (n + FANOUT - 1) / FANOUT;
	} while (l->v6_n[l->v6_levels - 1] > FANOUT);
	l->v6_first = malloc(((size_t)count->keys + 1) * sizeof *l->v6_first);
	l->v6_low = malloc(count->n6 * sizeof *l->v6_low);
	l->v6_id = malloc(count->n6 * sizeof *l->v6_id);
	return l->v6_first && l->v6_low && l->v6_id ? ERR_OK : ERR_NOMEM;
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
	made.v6_first[fill.keys] = fill.n6;
	for (unsigned k = 1; k < made.v6_levels; k++)
		for (uint32_t i = 0; i < made.v6_n[k]; i++)
			made.v6_level[k][i] = made.v6_level[k - 1][(size_t)i * FANOUT];
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
	free(l->v6_first);
	free(l->v6_low);
	free(l->v6_id);
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

static uint32_t find6(const struct lpm *l, struct ip ip)
{
	size_t at = 0;
	uint32_t from, n;

	for (unsigned k = l->v6_levels; k--;) {
		const uint64_t *node = l->v6_level[k] + at * FANOUT;
		size_t below = 0;

		for (size_t i = 0; i < FANOUT; i++)
			below += node[i] <= ip.hi;
		/* The first key of all is 0, and a node is entered through its first key. */
		at = at * FANOUT + below - 1;
		if (at >= l->v6_n[k])
			at = l->v6_n[k] - 1;
	}
	from = l->v6_first[at];
	n = l->v6_first[at + 1] - from;
	if (l->v6_level[0][at] < ip.hi)
		return l->v6_id[from + n - 1];
	if (l->v6_low[from] > ip.lo)
		return l->v6_id[from - 1];
	while (n > 1) {
		uint32_t half = n / 2;

		from = l->v6_low[from + half] <= ip.lo ? from + half : from;
		n -= half;
	}
	return l->v6_id[from];
}

bool lpm_find(const struct lpm *l, struct ip ip, uint32_t *id)
{
	uint32_t found;

	if (l->n == 0)
		return false;
	if (!ip_is_v4(ip))
		found = find6(l, ip);
	else
		found = l->v4_index ? find4(l, (uint32_t)ip.lo) : NONE;
	if (found == NONE)
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
