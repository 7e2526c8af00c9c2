/* SPDX-License-Identifier: Apache-2.0 */
#include "format/nf_store.h"

#include <stdlib.h>

/* ---- templates --------------------------------------------------------------------------------- */

static size_t bucket_of(const struct nf_store *s, const struct nf_domain *d, uint16_t id)
{
	return mix64(mix64(s->seed ^ (uint64_t)(uintptr_t)d) ^ id) % TEMPLATE_BUCKETS;
}

/* Known or not. */
static struct nf_template *find(const struct nf_store *s, const struct nf_domain *d, uint16_t id)
{
	struct nf_template *t = s->templates[bucket_of(s, d, id)];

	while (t && (t->domain != d || t->id != id))
		t = t->next;
	return t;
}

struct nf_template *nf_template_find(const struct nf_store *s, const struct nf_domain *d, uint16_t id)
{
	struct nf_template *t = find(s, d, id);

	return t && t->known ? t : NULL;
}

struct nf_template *nf_template_guess(const struct nf_store *s, const struct nf_domain *d, uint16_t id)
{
	const struct nf_domain *other = d->any->latest;

	return other && other != d ? nf_template_find(s, other, id) : NULL;
}

static void join_kind(struct nf_template *t, enum nf_kind kind)
{
	struct nf_template **first = &t->domain->kinds[kind];

	t->kind = (uint8_t)kind;
	t->kind_prev = NULL;
	t->kind_next = *first;
	if (*first)
		(*first)->kind_prev = t;
	*first = t;
}

static void leave_kind(struct nf_template *t)
{
	if (t->kind_next)
		t->kind_next->kind_prev = t->kind_prev;
	*(t->kind_prev ? &t->kind_prev->kind_next : &t->domain->kinds[t->kind]) = t->kind_next;
}

static enum err make(struct nf_store *s, struct nf_domain *d, uint16_t id, struct nf_template **out)
{
	struct nf_template *t = find(s, d, id), **bucket;
	void *p;
	enum err e;

	if (!t) {
		if (d->n_templates == NF_TEMPLATES_MAX)
			return ERR_LIMIT;
		e = nf_take(s, sizeof *t, &p);
		if (e)
			return e;
		t = p;
		bucket = &s->templates[bucket_of(s, d, id)];
		t->next = *bucket;
		t->domain = d;
		t->id = id;
		t->held_end = &t->held;
		join_kind(t, NF_UNKNOWN);
		d->n_templates++;
		*bucket = t;
	}
	*out = t;
	return ERR_OK;
}

static void remember(struct nf_template *t)
{
	t->known = true;
	leave_kind(t);
	join_kind(t, t->options ? NF_OPTIONS : NF_FLOWS);
}

static void forget(struct nf_store *s, struct nf_template *t)
{
	if (!t->known)
		return;
	leave_kind(t);
	join_kind(t, NF_UNKNOWN);
	nf_give_back(s, t->stretches, t->n_stretches * sizeof *t->stretches);
	t->stretches = NULL;
	t->n_stretches = 0;
	t->known = false;
}

/* Take what is unknown and has nothing waiting out of its bucket. */
static void drop_empty(struct nf_store *s, struct nf_template *t)
{
	struct nf_template **at = &s->templates[bucket_of(s, t->domain, t->id)];

	if (t->known || t->held)
		return;
	while (*at != t)
		at = &(*at)->next;
	*at = t->next;
	leave_kind(t);
	t->domain->n_templates--;
	nf_give_back(s, t, sizeof *t);
}

void nf_template_withdraw(struct nf_store *s, struct nf_domain *d, uint16_t id)
{
	struct nf_template *t = find(s, d, id);

	if (!t)
		return;
	forget(s, t);
	drop_empty(s, t);
}

void nf_template_withdraw_all(struct nf_store *s, struct nf_domain *d, bool options)
{
	enum nf_kind kind = options ? NF_OPTIONS : NF_FLOWS;

	while (d->kinds[kind]) {
		struct nf_template *t = d->kinds[kind];

		forget(s, t);
		drop_empty(s, t);
	}
}

/* ---- what a template says ---------------------------------------------------------------------- */

struct specifier {
	uint32_t enterprise;
	unsigned number, length;
};

static struct specifier specifier(struct wire *w, unsigned version)
{
	struct specifier f = { .number = wire_be16(w) };

	f.length = wire_be16(w);
	/* RFC 7011 3.2; in v9 the number has all sixteen bits. */
	if (version == 10 && f.number & 0x8000) {
		f.number &= 0x7fff;
		f.enterprise = wire_be32(w);
	}
	return f;
}

static void place(struct nf_template *t, enum nf_slot slot, unsigned length, uint32_t at, uint32_t stretch)
{
	/* The first of several is the outermost. */
	if (slot == NF_NONE || t->has & NF_BIT(slot))
		return;
	t->has |= NF_BIT(slot);
	t->at[slot] = (uint16_t)at;
	t->length[slot] = (uint8_t)length;
	t->places[t->n_places++] = (struct nf_place){ (uint16_t)at, (uint16_t)stretch,
						      (uint8_t)slot, (uint8_t)length };
}

/* Sizes first, so that a bad template changes nothing but that it is unknown. */
static enum err measure(struct wire w, unsigned version, unsigned fields, uint32_t *record_min,
			uint32_t *n_stretches, struct errinfo *ei)
{
	uint32_t bytes = 0, variable = 0;

	for (unsigned i = 0; i < fields && !w.bad; i++) {
		struct specifier f = specifier(&w, version);

		variable += f.length == NF_VARIABLE;
		bytes += f.length == NF_VARIABLE ? 1 : f.length; /* at most 65,535 times that */
		if (bytes > UINT16_MAX)
			return err_set(ei, ERR_PARSE, "records longer than a message can be");
	}
	if (w.bad)
		return err_set(ei, ERR_PARSE, "%u fields, but it ends before them", fields);
	if (bytes == 0)
		return err_set(ei, ERR_PARSE, "records of no bytes");
	*record_min = bytes;
	*n_stretches = variable + 1;
	return ERR_OK;
}

/* Which of two pairs of addresses counts says each record, and so do times that need others. */
static struct nf_glance glance(const struct nf_template *t)
{
	const uint64_t v4 = NF_BIT(NF_SRC4) | NF_BIT(NF_DST4), v6 = NF_BIT(NF_SRC6) | NF_BIT(NF_DST6);
	struct nf_glance g = { .size = (uint16_t)t->record_min };
	bool has4 = (t->has & v4) == v4, has6 = (t->has & v6) == v6;
	uint64_t starts = t->has & NF_STARTS;

	if (t->n_stretches > 1 || has4 == has6 || !starts)
		return g;
	g.start_slot = (uint8_t)__builtin_ctzll(starts);
	g.start_length = t->length[g.start_slot];
	g.start = t->at[g.start_slot];
	g.src = t->at[has4 ? NF_SRC4 : NF_SRC6];
	g.dst = t->at[has4 ? NF_DST4 : NF_DST6];
	/* Uptimes are counted in 32 bits. */
	if (((g.start_slot == NF_START_MS || g.start_slot == NF_START_S) &&
	     (g.start_length == 4 || g.start_length == 8)) ||
	    (g.start_slot == NF_START_UP && g.start_length == 4))
		g.address = has4 ? 4 : 16;
	return g;
}

static void plan(struct nf_template *t, unsigned scopes, unsigned fields, struct wire *w)
{
	unsigned version = t->domain->version;
	uint32_t stretch = 0, at = 0;

	t->has = 0;
	t->n_places = 0;
	for (unsigned i = 0; i < fields; i++) {
		struct specifier f = specifier(w, version);

		if (f.length == NF_VARIABLE) {
			t->stretches[stretch++] = (uint16_t)at;
			at = 0;
			continue;
		}
		/* Scopes of v9 have numbers of their own. */
		if (i >= scopes || version == 10)
			place(t, nf_slot_of(f.enterprise, f.number, f.length), f.length, at, stretch);
		at += f.length;
	}
	if (t->stretches)
		t->stretches[stretch] = (uint16_t)at;
	/* Some use one of these numbers for something else. */
	if (!(t->has & NF_BIT(NF_BYTES_INITIATOR)))
		t->has &= ~NF_BIT(NF_BYTES_RESPONDER);
	if (!(t->has & NF_BIT(NF_PACKETS_INITIATOR)))
		t->has &= ~NF_BIT(NF_PACKETS_RESPONDER);
	t->flow = (t->has & NF_BIT(NF_SRC4) && t->has & NF_BIT(NF_DST4)) ||
		  (t->has & NF_BIT(NF_SRC6) && t->has & NF_BIT(NF_DST6));
	t->glance = glance(t);
}

enum err nf_template_define(struct nf_store *s, struct nf_domain *d, uint16_t id, bool options,
			    unsigned scopes, unsigned fields, struct wire *w,
			    struct nf_template **out, struct errinfo *ei)
{
	uint32_t record_min = 0, n_stretches = 0;
	struct nf_template *t;
	void *p = NULL;
	enum err e;

	nf_template_withdraw(s, d, id);
	e = measure(*w, d->version, fields, &record_min, &n_stretches, ei);
	if (e) {
		for (unsigned i = 0; i < fields && !w->bad; i++)
			(void)specifier(w, d->version);
		return e;
	}
	e = make(s, d, id, &t);
	if (!e && n_stretches > 1) {
		e = nf_take(s, n_stretches * sizeof *t->stretches, &p);
		if (e)
			drop_empty(s, t);
	}
	if (e) {
		for (unsigned i = 0; i < fields; i++)
			(void)specifier(w, d->version);
		return err_set(ei, e, "there are too many templates");
	}
	t->stretches = p;
	t->n_stretches = n_stretches;
	t->record_min = record_min;
	t->options = options;
	plan(t, scopes, fields, w);
	remember(t);
	if (options && t->has & NF_BIT(NF_SAMPLER) && !d->rates && !nf_take(s, sizeof *d->rates, &p))
		d->rates = p;
	d->any->latest = d;
	*out = t;
	return ERR_OK;
}

/* ---- records ----------------------------------------------------------------------------------- */

size_t nf_record_places(const struct nf_template *t, const unsigned char *record, size_t n,
			uint16_t at[NF_SLOTS])
{
	const struct nf_place *next = t->places, *end = next + t->n_places;
	size_t pos = 0;

	for (uint32_t i = 0; i < t->n_stretches; i++) {
		size_t fixed = t->stretches[i], length;

		if (fixed > n - pos)
			return 0;
		for (; next < end && next->stretch == i; next++)
			at[next->slot] = (uint16_t)(pos + next->at);
		pos += fixed;
		if (i + 1 == t->n_stretches)
			return pos;
		/* RFC 7011 7: a byte, or 255 and two. */
		if (n - pos < 1)
			return 0;
		length = record[pos++];
		if (length == 255) {
			if (n - pos < 2)
				return 0;
			length = (size_t)record[pos] << 8 | record[pos + 1];
			pos += 2;
		}
		if (length > n - pos)
			return 0;
		pos += length;
	}
	return 0;
}

/* ---- data sets that wait ----------------------------------------------------------------------- */

enum err nf_hold(struct nf_store *s, struct nf_domain *d, uint16_t id, const struct nf_when *when,
		 struct str set)
{
	size_t size = sizeof(struct nf_held) + set.n + NF_MALLOC_EXTRA;
	struct nf_template *t;
	struct nf_held *h;
	enum err e;

	if (size > NF_HELD_MAX - s->held)
		return ERR_LIMIT;
	e = make(s, d, id, &t);
	if (e)
		return e;
	h = malloc(sizeof *h + set.n);
	if (!h) {
		drop_empty(s, t);
		return ERR_NOMEM;
	}
	*h = (struct nf_held){ .prev = s->last, .template = t, .when = *when, .n = set.n };
	memcpy(h->bytes, set.p, set.n);
	*(s->last ? &s->last->next : &s->first) = h;
	s->last = h;
	*t->held_end = h;
	t->held_end = &h->after;
	s->held += size;
	return ERR_OK;
}

struct nf_held *nf_held_first(const struct nf_store *s)
{
	return s->first;
}

void nf_held_drop(struct nf_store *s, struct nf_held *h)
{
	struct nf_template *t = h->template;

	/* Those of one template go in the order in which they came, so h is its first. */
	t->held = h->after;
	if (!t->held)
		t->held_end = &t->held;
	*(h->prev ? &h->prev->next : &s->first) = h->next;
	*(h->next ? &h->next->prev : &s->last) = h->prev;
	s->held -= sizeof *h + h->n + NF_MALLOC_EXTRA;
	free(h);
	drop_empty(s, t);
}
