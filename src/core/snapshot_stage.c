/* SPDX-License-Identifier: Apache-2.0 */
#include "core/snapshot_parts.h"

#include <stdlib.h>

#define TEXT_MAX ((size_t)UINT32_MAX)

void stage_free(struct snapshot_stage *g)
{
	if (!g)
		return;
	free(g->v4.v);
	free(g->v6.v);
	free(g->nets.v);
	free(g->domains.v);
	free(g->urls.v);
	free(g->attributes.v);
	free(g->others.v);
	free(g->withheld.v);
	buf_free(&g->values);
	buf_free(&g->text);
	free(g->attribute_slot);
	free(g->text_slot);
	free(g);
}

struct str text_at(struct part text, uint32_t at)
{
	uint32_t n;

	if (text.n < sizeof n || at > text.n - sizeof n)
		return STR_NONE;
	memcpy(&n, (const char *)text.p + at, sizeof n);
	if (n > text.n - sizeof n - at)
		return STR_NONE;
	return (struct str){ (const char *)text.p + at + sizeof n, n };
}

static inline struct part part_of(const struct buf *b)
{
	return (struct part){ b->p, b->n };
}

static enum err append(struct buf *b, struct str s, uint32_t *at)
{
	uint32_t n = (uint32_t)s.n, from = (uint32_t)b->n;

	if (s.n > TEXT_MAX || !buf_room(b, sizeof n + s.n))
		return buf_err(b) ? buf_err(b) : ERR_LIMIT;
	buf_add(b, &n, sizeof n);
	buf_puts(b, s);
	*at = from;
	return buf_err(b);
}

static enum err begin(struct snapshot *s)
{
	struct snapshot_stage *g;
	uint32_t none;
	enum err e;

	if (s->stage)
		return ERR_OK;
	g = calloc(1, sizeof *g);
	if (!g)
		return ERR_NOMEM;
	s->stage = g;
	buf_init(&g->values, TEXT_MAX);
	buf_init(&g->text, TEXT_MAX);
	g->attribute_mask = g->text_mask = 63;
	g->last = UINT32_MAX;
	g->attribute_slot = calloc(g->attribute_mask + 1, sizeof *g->attribute_slot);
	g->text_slot = calloc(g->text_mask + 1, sizeof *g->text_slot);
	if (!g->attribute_slot || !g->text_slot)
		return ERR_NOMEM;
	/* Place 0 is the empty text. */
	e = append(&g->text, STR_NONE, &none);
	return e;
}

/* ---- what rows share ---- */

static enum err more_texts(struct snapshot_stage *g, uint64_t seed)
{
	size_t mask = g->text_mask * 2 + 1;
	uint32_t *slot = calloc(mask + 1, sizeof *slot);

	if (!slot)
		return ERR_NOMEM;
	for (size_t i = 0; i <= g->text_mask; i++) {
		size_t at;

		if (!g->text_slot[i])
			continue;
		at = str_hash(text_at(part_of(&g->text), g->text_slot[i]), seed) & mask;
		while (slot[at])
			at = (at + 1) & mask;
		slot[at] = g->text_slot[i];
	}
	free(g->text_slot);
	g->text_slot = slot;
	g->text_mask = mask;
	return ERR_OK;
}

/* The place of a text, the same for the same. */
static enum err text(struct snapshot *s, struct str t, uint32_t *out)
{
	struct snapshot_stage *g = s->stage;
	size_t at;
	enum err e;

	if (t.n == 0) {
		*out = 0;
		return ERR_OK;
	}
	for (at = str_hash(t, s->seed) & g->text_mask; g->text_slot[at]; at = (at + 1) & g->text_mask)
		if (str_eq(text_at(part_of(&g->text), g->text_slot[at]), t)) {
			*out = g->text_slot[at];
			return ERR_OK;
		}
	e = append(&g->text, t, out);
	if (e)
		return e;
	g->text_slot[at] = *out;
	return ++g->texts * 2 > g->text_mask ? more_texts(g, s->seed) : ERR_OK;
}

static uint64_t attribute_hash(const struct attribute *a, uint64_t seed)
{
	return str_hash((struct str){ (const void *)a, sizeof *a }, seed);
}

static enum err more_attributes(struct snapshot_stage *g, uint64_t seed)
{
	size_t mask = g->attribute_mask * 2 + 1;
	uint32_t *slot = calloc(mask + 1, sizeof *slot);

	if (!slot)
		return ERR_NOMEM;
	for (size_t i = 0; i < g->attributes.n; i++) {
		size_t at = attribute_hash(&g->attributes.v[i], seed) & mask;

		while (slot[at])
			at = (at + 1) & mask;
		slot[at] = (uint32_t)i + 1;
	}
	free(g->attribute_slot);
	g->attribute_slot = slot;
	g->attribute_mask = mask;
	return ERR_OK;
}

/* Lists say the same of one value after the other. */
static bool same_again(const struct snapshot_stage *g, const struct indicator *i)
{
	const struct attribute *a;
	struct part t = part_of(&g->text);

	if (g->last == UINT32_MAX)
		return false;
	a = &g->attributes.v[g->last];
	return a->from == i->from && a->until == i->until && a->port == i->port &&
	       a->role == i->role && a->revoked == i->revoked && a->confidence == i->confidence &&
	       str_eq(text_at(t, a->source), i->source) && str_eq(text_at(t, a->family), i->family) &&
	       str_eq(text_at(t, a->reference), i->reference);
}

static enum err attribute(struct snapshot *s, const struct indicator *i, uint32_t *out)
{
	struct snapshot_stage *g = s->stage;
	struct attribute a = { .from = i->from,
			       .until = i->until,
			       .port = i->port,
			       .role = (uint8_t)(i->role & 0x7f),
			       .revoked = i->revoked,
			       .confidence = i->confidence };
	struct attribute *added;
	size_t at;
	enum err e;

	if (same_again(g, i)) {
		*out = g->last;
		return ERR_OK;
	}
	e = text(s, i->family, &a.family);
	if (!e)
		e = text(s, i->source, &a.source);
	if (!e)
		e = text(s, i->reference, &a.reference);
	if (e)
		return e;
	for (at = attribute_hash(&a, s->seed) & g->attribute_mask; g->attribute_slot[at];
	     at = (at + 1) & g->attribute_mask)
		if (memcmp(&g->attributes.v[g->attribute_slot[at] - 1], &a, sizeof a) == 0) {
			*out = g->last = g->attribute_slot[at] - 1;
			return ERR_OK;
		}
	if (g->attributes.n >= UINT32_MAX - 1)
		return ERR_LIMIT;
	added = VEC_PUSH(&g->attributes);
	if (!added)
		return ERR_NOMEM;
	*added = a;
	g->revoked |= i->revoked;
	*out = g->last = (uint32_t)g->attributes.n - 1;
	g->attribute_slot[at] = *out + 1;
	return g->attributes.n * 2 > g->attribute_mask ? more_attributes(g, s->seed) : ERR_OK;
}

/* ---- rows ---- */

static enum err add_name(struct snapshot_stage *g, bool url, struct str value, uint32_t a)
{
	struct stage_name n = { .attribute = a }, *at;
	unsigned char first[8] = { 0 };
	enum err e = append(&g->values, value, &n.at);

	if (e)
		return e;
	if (value.n)
		memcpy(first, value.p, value.n < 8 ? value.n : 8);
	for (int i = 0; i < 8; i++)
		n.begin = n.begin << 8 | first[i];
	at = url ? VEC_PUSH(&g->urls) : VEC_PUSH(&g->domains);
	if (!at)
		return ERR_NOMEM;
	*at = n;
	return ERR_OK;
}

enum err snapshot_add(struct snapshot *s, const struct indicator *i)
{
	struct snapshot_stage *g;
	struct stage_net *net;
	uint64_t *v4;
	uint32_t a;
	enum err e = begin(s);

	if (e)
		return e;
	g = s->stage;
	if (g->v4.n + g->v6.n + g->nets.n + g->domains.n + g->urls.n >= UINT32_MAX / 2)
		return ERR_LIMIT;
	e = attribute(s, i, &a);
	if (e)
		return e;
	g->sorted = false;
	if (i->type == IT_DOMAIN || i->type == IT_URL)
		return add_name(g, i->type == IT_URL, i->value, a);
	if (i->type == IT_IP && ip_is_v4(i->net.ip)) {
		v4 = VEC_PUSH(&g->v4);
		if (!v4)
			return ERR_NOMEM;
		*v4 = (i->net.ip.lo & UINT32_MAX) << 32 | a;
		return ERR_OK;
	}
	if (i->type != IT_IP && i->type != IT_CIDR)
		return ERR_FORMAT;
	net = i->type == IT_IP ? VEC_PUSH(&g->v6) : VEC_PUSH(&g->nets);
	if (!net)
		return ERR_NOMEM;
	*net = (struct stage_net){ i->net.ip, a, i->type == IT_IP ? 128 : i->net.len };
	return ERR_OK;
}

enum err snapshot_add_other(struct snapshot *s, const struct indicator *i)
{
	struct snapshot_other o = { .ip = i->net.ip, .type = i->type, .len = i->net.len }, *at;
	enum err e = begin(s);

	if (!e)
		e = attribute(s, i, &o.attribute);
	if (!e && i->type > IT_CIDR)
		e = append(&s->stage->text, i->value, &o.value);
	if (e)
		return e;
	if (s->stage->others.n >= UINT32_MAX / 2)
		return ERR_LIMIT;
	at = VEC_PUSH(&s->stage->others);
	if (!at)
		return ERR_NOMEM;
	*at = o;
	return ERR_OK;
}

enum err snapshot_add_withheld(struct snapshot *s, const struct str said[4])
{
	struct snapshot_withheld w, *at;
	enum err e = begin(s);

	if (!e)
		e = append(&s->stage->text, said[0], &w.text[0]);
	for (int i = 1; !e && i < 4; i++)
		e = text(s, said[i], &w.text[i]);
	if (e)
		return e;
	at = VEC_PUSH(&s->stage->withheld);
	if (!at)
		return ERR_NOMEM;
	*at = w;
	return ERR_OK;
}

/* ---- in order ---- */

/*
 * By value, then by everything else that may show, so that the order of files does not: what is
 * left out is all the same in the answer. Equal in the first part: the same statement of the same
 * source, which counts once; the second says which of them stays.
 */
static int by_statement(const struct snapshot_stage *g, uint32_t x, uint32_t y)
{
	const struct attribute *a = &g->attributes.v[x], *b = &g->attributes.v[y];
	struct part t = part_of(&g->text);
	int d = (a->port > b->port) - (a->port < b->port);

	if (!d && a->source != b->source)
		d = str_cmp(text_at(t, a->source), text_at(t, b->source));
	if (!d && a->family != b->family)
		d = str_cmp(text_at(t, a->family), text_at(t, b->family));
	if (!d)
		d = (a->from > b->from) - (a->from < b->from);
	if (!d)
		d = (a->until > b->until) - (a->until < b->until);
	if (!d)
		d = (a->role > b->role) - (a->role < b->role);
	return d ? d : a->revoked - b->revoked;
}

static int by_attribute(const struct snapshot_stage *g, uint32_t x, uint32_t y)
{
	const struct attribute *a = &g->attributes.v[x], *b = &g->attributes.v[y];
	struct part t = part_of(&g->text);
	int d = by_statement(g, x, y);

	if (!d)
		d = (a->confidence > b->confidence) - (a->confidence < b->confidence);
	return d ? d : str_cmp(text_at(t, a->reference), text_at(t, b->reference));
}

static int v4_order(const void *x, const void *y, void *g)
{
	return by_attribute(g, (uint32_t) * (const uint64_t *)x, (uint32_t) * (const uint64_t *)y);
}

static int net_order(const void *x, const void *y, void *g)
{
	const struct stage_net *a = x, *b = y;
	int d = ip_cmp(a->ip, b->ip);

	if (!d)
		d = (a->len > b->len) - (a->len < b->len);
	return d ? d : by_attribute(g, a->attribute, b->attribute);
}

static struct str value_of(const struct snapshot_stage *g, const struct stage_name *n)
{
	return text_at(part_of(&g->values), n->at);
}

static int name_order(const void *x, const void *y, void *g)
{
	const struct stage_name *a = x, *b = y;
	int d = (a->begin > b->begin) - (a->begin < b->begin);

	if (!d)
		d = str_cmp(value_of(g, a), value_of(g, b));
	return d ? d : by_attribute(g, a->attribute, b->attribute);
}

enum { DIGIT = 11, DIGITS = 3, FAN = 1 << DIGIT };

/* By address: three rounds of counting, each keeping the order of the one before. */
static enum err v4_radix(uint64_t *v, size_t n)
{
	uint32_t(*count)[FAN] = calloc(DIGITS, sizeof *count);
	uint64_t *other = malloc(n * sizeof *other), *from = v, *to = other;
	enum err e = count && other ? ERR_OK : ERR_NOMEM;

	for (size_t i = 0; !e && i < n; i++)
		for (int d = 0; d < DIGITS; d++)
			count[d][v[i] >> (32 + d * DIGIT) & (FAN - 1)]++;
	for (int d = 0; !e && d < DIGITS; d++) {
		uint32_t at = 0;

		for (int k = 0; k < FAN; k++) {
			uint32_t many = count[d][k];

			count[d][k] = at;
			at += many;
		}
		for (size_t i = 0; i < n; i++)
			to[count[d][from[i] >> (32 + d * DIGIT) & (FAN - 1)]++] = from[i];
		from = to;
		to = to == v ? other : v;
	}
	if (!e && from != v)
		memcpy(v, from, n * sizeof *v);
	free(count);
	free(other);
	return e;
}

/* The rows of each address in order, each statement once. */
static void v4_settle(struct snapshot_stage *g)
{
	uint64_t *v = g->v4.v;
	size_t kept = 0;

	for (size_t i = 0, n; i < g->v4.n; i += n) {
		for (n = 1; i + n < g->v4.n && v[i + n] >> 32 == v[i] >> 32; n++)
			;
		if (n > 1)
			qsort_r(v + i, n, sizeof *v, v4_order, g);
		for (size_t k = 0; k < n; k++)
			if (k == 0 || by_statement(g, (uint32_t)v[kept - 1], (uint32_t)v[i + k]) != 0)
				v[kept++] = v[i + k];
	}
	g->v4.n = kept;
}

static void nets_settle(struct snapshot_stage *g, struct stage_net *v, size_t *n)
{
	size_t kept = 0;

	if (*n)
		qsort_r(v, *n, sizeof *v, net_order, g);
	for (size_t i = 0; i < *n; i++)
		if (i == 0 || !ip_eq(v[kept - 1].ip, v[i].ip) || v[kept - 1].len != v[i].len ||
		    by_statement(g, v[kept - 1].attribute, v[i].attribute) != 0)
			v[kept++] = v[i];
	*n = kept;
}

static void texts_settle(struct snapshot_stage *g, struct stage_name *v, size_t *n)
{
	size_t kept = 0;

	if (*n)
		qsort_r(v, *n, sizeof *v, name_order, g);
	for (size_t i = 0; i < *n; i++)
		if (i == 0 || !str_eq(value_of(g, &v[kept - 1]), value_of(g, &v[i])) ||
		    by_statement(g, v[kept - 1].attribute, v[i].attribute) != 0)
			v[kept++] = v[i];
	*n = kept;
}

enum err stage_sort(struct snapshot_stage *g)
{
	enum err e;

	if (g->sorted)
		return ERR_OK;
	e = g->v4.n > 1 ? v4_radix(g->v4.v, g->v4.n) : ERR_OK;
	if (e)
		return e;
	v4_settle(g);
	nets_settle(g, g->v6.v, &g->v6.n);
	nets_settle(g, g->nets.v, &g->nets.n);
	texts_settle(g, g->domains.v, &g->domains.n);
	texts_settle(g, g->urls.v, &g->urls.n);
	g->sorted = true;
	return ERR_OK;
}
