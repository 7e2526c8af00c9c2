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

/* Begin all /16s up to and with `last`: each has a first range of its own. Where few networks are
 * kept nearly all of the table is written here, at every start of the program. */
static void buckets(struct walk *w, uint32_t last)
{
	uint32_t n = last + 1 - w->bucket, id = w->here;

	if (w->bucket > last)
		return;
	if (w->fill && w->l->v4_index) {
		uint32_t *index = w->l->v4_index + w->bucket, *ids = w->l->v4_id + w->n4;

		for (uint32_t i = 0; i < n; i++)
			index[i] = w->n4 + i;
		memset(w->l->v4_low + w->n4, 0, n * sizeof *w->l->v4_low);
		for (uint32_t i = 0; i < n; i++)
			ids[i] = id;
	}
	w->any4 = w->any4 || id != NO_ID;
	w->bucket = last + 1;
	w->n4 += n;
	w->last4 = id;
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

static void find_parents(struct lpm *l)
{
	uint32_t open = NONE;

	for (uint32_t i = 0; i < l->n; i++) {
		struct lpm_net *s = &l->nets[i];

		while (open != NONE &&
		       !cidr_has((struct cidr){ l->nets[open].ip, l->nets[open].len }, s->ip))
			open = l->nets[open].parent;
		s->parent = open;
		open = i;
	}
}

static void walk(struct walk *w)
{
	struct lpm *l = w->l;
	uint32_t open = NONE;

	w->id = w->last6 = NO_ID;
	for (uint32_t i = 0; i < l->n; i++) {
		const struct lpm_net *s = &l->nets[i];

		for (; open != s->parent; open = l->nets[open].parent)
			(void)leave(w, open);
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

/* How many levels there are over the leaves, and how many bytes they take. */
static size_t set_levels(struct lpm *l)
{
	size_t bytes = 0, n = nodes_of(l->v6_n);

	for (l->v6_levels = 0; n > 1; l->v6_levels++) {
		n = nodes_of((uint32_t)n);
		l->v6_nodes[l->v6_levels] = (uint32_t)n;
		bytes += n * FANOUT * sizeof *l->v6_keys;
	}
	return bytes;
}

static void place_levels(struct lpm *l)
{
	uint64_t *at = l->v6_keys;

	for (unsigned k = 0; k < l->v6_levels; k++) {
		l->v6_level[k] = at;
		at += (size_t)l->v6_nodes[k] * FANOUT;
	}
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
	l->n4 = count->any4 ? count->n4 : 0;
	l->n6 = count->n6;
	n = set_levels(l);
	l->v6_keys = n ? aligned_alloc(64, n) : NULL;
	if (n && !l->v6_keys)
		return ERR_NOMEM;
	if (n)
		memset(l->v6_keys, 0xff, n);
	place_levels(l);
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

enum err lpm_nest(struct lpm *l, const struct lpm_entry *e, size_t n)
{
	struct lpm made = { 0 };
	enum err err = ERR_OK;

	if (n > NETS_MAX)
		return ERR_LIMIT;
	if (n)
		err = nets_make(&made, e, n);
	if (err)
		return err;
	find_parents(&made);
	*l = made;
	return ERR_OK;
}

enum err lpm_index(struct lpm *l)
{
	struct walk count = { .l = l }, fill = { .l = l, .fill = true };
	enum err err;

	if (l->n == 0)
		return ERR_OK;
	walk(&count);
	err = room(l, &count);
	if (err)
		return err;
	walk(&fill);
	index_keys(l);
	return ERR_OK;
}

enum err lpm_build(struct lpm *l, const struct lpm_entry *e, size_t n)
{
	struct lpm made;
	enum err err = lpm_nest(&made, e, n);

	if (err)
		return err;
	err = lpm_index(&made);
	if (err)
		lpm_free(&made);
	else
		*l = made;
	return err;
}

void lpm_free(struct lpm *l)
{
	free(l->nets);
	free(l->v4_index);
	free(l->v4_low);
	free(l->v4_id);
	free(l->v6_keys);
	free(l->v6_leaf);
	free(l->v6_range);
	*l = (struct lpm){ 0 };
}

/* The place of the range that holds it. */
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
	return at;
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

	/* Only the last /64 of all is not below what pads a node: then the last node counts. */
	for (unsigned k = l->v6_levels; k--;) {
		if (node >= l->v6_nodes[k])
			node = l->v6_nodes[k] - 1;
		node = node * FANOUT + in_node(l->v6_level[k] + node * FANOUT, ip.hi);
	}
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
		found = l->v4_index ? l->v4_id[find4(l, (uint32_t)ip.lo)] : NO_ID;
	if (found == NO_ID)
		return false;
	*id = found;
	return true;
}

bool lpm_find_run(const struct lpm *l, uint32_t v4, uint32_t *id, uint32_t *last)
{
	uint32_t at, end;

	*last = UINT32_MAX;
	if (l->n == 0 || !l->v4_index)
		return false;
	at = find4(l, v4);
	end = l->v4_index[(v4 >> 16) + 1];
	*last = v4 | 0xffff;
	if (at + 1 < end) {
		*last = (v4 & ~UINT32_C(0xffff)) + l->v4_low[at + 1] - 1;
	} else {
		/* /16s that hold one range only, the same, follow each other. */
		for (uint32_t b = (v4 >> 16) + 1; b < BUCKETS; b++, *last += 0x10000)
			if (l->v4_index[b + 1] - l->v4_index[b] != 1 ||
			    l->v4_id[l->v4_index[b]] != l->v4_id[at])
				break;
	}
	if (l->v4_id[at] == NO_ID)
		return false;
	*id = l->v4_id[at];
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

/* ---- kept elsewhere ---- */

enum { P_HEAD, P_V4_INDEX, P_V4_LOW, P_V4_ID, P_V6_LEAF, P_V6_KEYS, P_V6_RANGE };

void lpm_parts(const struct lpm *l, struct lpm_head *head, struct part part[LPM_PARTS])
{
	struct lpm sizes = { .v6_n = l->v6_n };
	bool any4 = l->v4_index != NULL;

	*head = (struct lpm_head){ l->n, l->v6_n, l->n4, l->n6 };
	part[P_HEAD] = (struct part){ head, sizeof *head };
	part[P_V4_INDEX] = (struct part){ l->v4_index, any4 ? (BUCKETS + 1) * sizeof *l->v4_index : 0 };
	part[P_V4_LOW] = (struct part){ l->v4_low, l->n4 * sizeof *l->v4_low };
	part[P_V4_ID] = (struct part){ l->v4_id, l->n4 * sizeof *l->v4_id };
	part[P_V6_LEAF] = (struct part){ l->v6_leaf, nodes_of(l->v6_n) * sizeof *l->v6_leaf };
	part[P_V6_KEYS] = (struct part){ l->v6_keys, set_levels(&sizes) };
	part[P_V6_RANGE] = (struct part){ l->v6_range, l->n6 * sizeof *l->v6_range };
}

static bool id_right(uint32_t id, uint32_t ids)
{
	return id == NO_ID || id < ids;
}

/* Places within bounds, ids known: what look-ups rely on. */
static bool right4(const struct lpm *l, uint32_t ids)
{
	if (!l->v4_index)
		return l->n4 == 0;
	if (l->v4_index[0] != 0 || l->v4_index[BUCKETS] != l->n4)
		return false;
	for (uint32_t b = 0; b < BUCKETS; b++)
		if (l->v4_index[b] >= l->v4_index[b + 1])
			return false;
	for (uint32_t i = 0; i < l->n4; i++)
		if (!id_right(l->v4_id[i], ids))
			return false;
	return true;
}

static bool right6(const struct lpm *l, uint32_t ids)
{
	for (uint32_t i = 0; i < l->v6_n; i++) {
		uint32_t value = l->v6_leaf[i / FANOUT].value[i % FANOUT], at = value & ~IN_GROUP;

		if (!(value & IN_GROUP)
			    ? !id_right(value, ids)
			    : at >= l->n6 || l->v6_range[at].n == 0 || l->v6_range[at].n > l->n6 - at)
			return false;
	}
	for (uint32_t i = 0; i < l->n6; i++)
		if (!id_right(l->v6_range[i].id, ids))
			return false;
	return true;
}

enum err lpm_attach(struct lpm *l, const struct part part[LPM_PARTS], uint32_t ids)
{
	struct lpm made = { .v4_index = part[P_V4_INDEX].n ? part[P_V4_INDEX].p : NULL,
			    .v4_low = part[P_V4_LOW].p,
			    .v4_id = part[P_V4_ID].p,
			    .v6_leaf = part[P_V6_LEAF].p,
			    .v6_keys = part[P_V6_KEYS].p,
			    .v6_range = part[P_V6_RANGE].p };
	struct part due[LPM_PARTS];
	struct lpm_head h, again;

	if (part[P_HEAD].n != sizeof h)
		return ERR_PARSE;
	memcpy(&h, part[P_HEAD].p, sizeof h);
	made.n = h.n;
	made.v6_n = h.v6_n;
	made.n4 = h.n4;
	made.n6 = h.n6;
	lpm_parts(&made, &again, due);
	for (int i = 0; i < LPM_PARTS; i++)
		if (part[i].n != due[i].n)
			return ERR_PARSE;
	if (h.n && (h.v6_n == 0 || h.v6_n > UINT32_MAX - FANOUT))
		return ERR_PARSE;
	(void)set_levels(&made);
	place_levels(&made);
	if (!right4(&made, ids) || !right6(&made, ids))
		return ERR_PARSE;
	*l = made;
	return ERR_OK;
}
