/* SPDX-License-Identifier: Apache-2.0 */
#include "format/nf_template.h"

#include "base/clock.h"

#include <stdlib.h>

enum { EXPORTER_BUCKETS = 1 << 12, DOMAIN_BUCKETS = 1 << 12, TEMPLATE_BUCKETS = 1 << 14 };

/* What malloc adds to a piece, roughly. */
#define OVERHEAD 16

struct nf_store {
	uint64_t seed;
	size_t used, held; /* bytes of templates and domains; of data sets */
	struct nf_held *first, *last;
	struct nf_forgotten forgotten;
	bool forgot;               /* ever */
	struct nf_domain *current; /* of the message being read: in no row, so it stays */
	struct nf_row rows[NF_WORTHS];
	struct nf_exporter *exporters[EXPORTER_BUCKETS];
	struct nf_domain *domains[DOMAIN_BUCKETS];
	struct nf_template *templates[TEMPLATE_BUCKETS];
};

enum err nf_store_new(struct nf_store **out)
{
	struct nf_store *s = calloc(1, sizeof *s);

	if (!s)
		return ERR_NOMEM;
	/* Whoever writes messages cannot know where this lies, and so not which keys collide; what
	 * comes out does not depend on it. */
	s->seed = mix64((uint64_t)(uintptr_t)s);
	*out = s;
	return ERR_OK;
}

void nf_store_free(struct nf_store *s)
{
	if (!s)
		return;
	while (s->first)
		nf_held_drop(s, s->first);
	for (size_t i = 0; i < TEMPLATE_BUCKETS; i++) {
		for (struct nf_template *t = s->templates[i], *next; t; t = next) {
			next = t->next;
			free(t->stretches);
			free(t);
		}
	}
	for (size_t i = 0; i < DOMAIN_BUCKETS; i++) {
		for (struct nf_domain *d = s->domains[i], *next; d; d = next) {
			next = d->next;
			free(d->rates);
			free(d);
		}
	}
	for (size_t i = 0; i < EXPORTER_BUCKETS; i++) {
		for (struct nf_exporter *x = s->exporters[i], *next; x; x = next) {
			next = x->next;
			free(x);
		}
	}
	free(s);
}

static bool has_room(const struct nf_store *s, size_t n)
{
	return n + OVERHEAD <= NF_STORE_MAX - s->used;
}

static bool forget_some(struct nf_store *s, const struct nf_row rows[NF_WORTHS]);

/* Zeroed memory that counts; what matters less is forgotten for it. */
static enum err take(struct nf_store *s, size_t n, void **out)
{
	void *p;

	while (!has_room(s, n))
		if (!forget_some(s, s->rows))
			return ERR_LIMIT;
	p = calloc(1, n);
	if (!p)
		return ERR_NOMEM;
	s->used += n + OVERHEAD;
	*out = p;
	return ERR_OK;
}

static void give_back(struct nf_store *s, void *p, size_t n)
{
	if (p)
		s->used -= n + OVERHEAD;
	free(p);
}

/* ---- domains ----------------------------------------------------------------------------------- */

static enum nf_worth worth_of(const struct nf_domain *d)
{
	if (d->kinds[NF_FLOWS] || d->kinds[NF_OPTIONS])
		return d->useful ? NF_USEFUL : NF_DEFINED;
	return d->kinds[NF_UNKNOWN] ? NF_WAITING : NF_IDLE;
}

/* Two rows, the store's and the exporter's, by the links that belong to them. */
#define JOIN(row, d, link)                                                       \
	do {                                                                     \
		(d)->link = (struct nf_link){ NULL, (row)->first };              \
		*((row)->first ? &(row)->first->link.prev : &(row)->last) = (d); \
		(row)->first = (d);                                              \
	} while (0)
#define LEAVE(row, d, link)                                                                      \
	do {                                                                                     \
		*((d)->link.prev ? &(d)->link.prev->link.next : &(row)->first) = (d)->link.next; \
		*((d)->link.next ? &(d)->link.next->link.prev : &(row)->last) = (d)->link.prev;  \
	} while (0)

static void join_rows(struct nf_store *s, struct nf_domain *d)
{
	d->worth = worth_of(d);
	JOIN(&s->rows[d->worth], d, in_all);
	JOIN(&d->of->rows[d->worth], d, in_own);
}

static void leave_rows(struct nf_store *s, struct nf_domain *d)
{
	LEAVE(&s->rows[d->worth], d, in_all);
	LEAVE(&d->of->rows[d->worth], d, in_own);
}

static struct nf_domain **domain_bucket(struct nf_store *s, struct ip exporter, uint32_t port,
					uint32_t version, uint32_t id)
{
	uint64_t h = mix64(ip_hash(exporter, s->seed) ^ ((uint64_t)id << 32 | port)) + version;

	return &s->domains[mix64(h) % DOMAIN_BUCKETS];
}

static struct nf_domain *find_domain(struct nf_store *s, struct ip exporter, uint32_t port,
				     uint16_t version, uint32_t id)
{
	struct nf_domain *d = *domain_bucket(s, exporter, port, version, id);

	while (d && (d->id != id || d->port != port || d->version != version ||
		     !ip_eq(d->exporter, exporter)))
		d = d->next;
	return d;
}

static enum err make_domain(struct nf_store *s, struct ip exporter, uint32_t port, uint16_t version,
			    uint32_t id, struct nf_domain **out)
{
	struct nf_domain **bucket = domain_bucket(s, exporter, port, version, id), *d;
	void *p;
	enum err e = take(s, sizeof *d, &p);

	if (e)
		return e;
	d = p;
	d->next = *bucket;
	d->exporter = exporter;
	d->id = id;
	d->port = port;
	d->version = version;
	d->init = TIME_NONE;
	*bucket = *out = d;
	return ERR_OK;
}

static void free_domain(struct nf_store *s, struct nf_domain *d)
{
	struct nf_domain **at = domain_bucket(s, d->exporter, d->port, d->version, d->id);

	while (*at != d)
		at = &(*at)->next;
	*at = d->next;
	give_back(s, d->rates, sizeof *d->rates);
	give_back(s, d, sizeof *d);
}

static void drop_any(struct nf_store *s, struct nf_domain *any)
{
	if (--any->sessions == 0)
		free_domain(s, any);
}

static struct nf_exporter **exporter_at(struct nf_store *s, struct ip ip)
{
	struct nf_exporter **at = &s->exporters[mix64(ip_hash(ip, s->seed)) % EXPORTER_BUCKETS];

	while (*at && !ip_eq((*at)->ip, ip))
		at = &(*at)->next;
	return at;
}

static void drop_exporter(struct nf_store *s, struct nf_exporter *x)
{
	struct nf_exporter **at = exporter_at(s, x->ip);

	if (--x->n_domains)
		return;
	*at = x->next;
	give_back(s, x, sizeof *x);
}

static enum err exporter_of(struct nf_store *s, struct ip ip, struct nf_exporter **out)
{
	struct nf_exporter *x = *exporter_at(s, ip);
	void *p;
	enum err e;

	if (!x) {
		e = take(s, sizeof *x, &p);
		if (e)
			return e;
		x = p;
		x->ip = ip;
		*exporter_at(s, ip) = x; /* others may have left the bucket */
	}
	*out = x;
	return ERR_OK;
}

/* What is asked for later is made before what it is made for, and counted at once: so it stays. */
static enum err new_domain(struct nf_store *s, struct ip exporter, uint16_t port, uint16_t version,
			   uint32_t id, struct nf_domain **out)
{
	struct nf_exporter *x;
	struct nf_domain *any, *d;
	enum err e = exporter_of(s, exporter, &x);

	if (e)
		return e;
	if (++x->n_domains > NF_DOMAINS_MAX)
		(void)forget_some(s, x->rows);
	any = find_domain(s, exporter, NF_ANY_PORT, version, id);
	if (!any)
		e = make_domain(s, exporter, NF_ANY_PORT, version, id, &any);
	if (!e) {
		any->sessions++;
		e = make_domain(s, exporter, port, version, id, &d);
		if (e)
			drop_any(s, any);
	}
	if (e) {
		drop_exporter(s, x);
		return e;
	}
	d->any = any;
	d->of = x;
	*out = d;
	return ERR_OK;
}

enum err nf_domain_of(struct nf_store *s, struct ip exporter, uint16_t port, unsigned version,
		      uint32_t id, struct nf_domain **out)
{
	struct nf_domain *d;
	enum err e = ERR_OK;

	if (s->current)
		join_rows(s, s->current);
	s->current = NULL;
	d = find_domain(s, exporter, port, (uint16_t)version, id);
	if (d)
		leave_rows(s, d);
	else
		e = new_domain(s, exporter, port, (uint16_t)version, id, &d);
	if (e)
		return e;
	s->current = *out = d;
	return ERR_OK;
}

enum err nf_domain_rates(struct nf_store *s, struct nf_domain *d, struct nf_rates **out)
{
	void *p = d->rates;
	enum err e = p                               ? ERR_OK
		     : has_room(s, sizeof *d->rates) ? take(s, sizeof *d->rates, &p)
						     : ERR_LIMIT;

	if (e)
		return e;
	d->rates = *out = p;
	return ERR_OK;
}

struct nf_forgotten nf_forgotten(struct nf_store *s)
{
	struct nf_forgotten f = s->forgotten;

	f.first = f.domains && !s->forgot;
	s->forgot |= f.domains > 0;
	s->forgotten = (struct nf_forgotten){ 0, 0, false };
	return f;
}

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
		e = take(s, sizeof *t, &p);
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
	give_back(s, t->stretches, t->n_stretches * sizeof *t->stretches);
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
	give_back(s, t, sizeof *t);
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

/* ---- to make room ------------------------------------------------------------------------------ */

static void forget_domain(struct nf_store *s, struct nf_domain *d)
{
	leave_rows(s, d);
	/* A template that is not known goes with the last set that waits for it. */
	while (d->kinds[NF_UNKNOWN]) {
		nf_held_drop(s, d->kinds[NF_UNKNOWN]->held);
		s->forgotten.sets++;
	}
	nf_template_withdraw_all(s, d, false);
	nf_template_withdraw_all(s, d, true);
	if (d->any->latest == d)
		d->any->latest = NULL;
	drop_any(s, d->any);
	drop_exporter(s, d->of);
	free_domain(s, d);
	s->forgotten.domains++;
}

static bool forget_some(struct nf_store *s, const struct nf_row rows[NF_WORTHS])
{
	for (enum nf_worth w = NF_IDLE; w < NF_WORTHS; w++) {
		if (rows[w].last) {
			forget_domain(s, rows[w].last);
			return true;
		}
	}
	return false;
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
		e = take(s, n_stretches * sizeof *t->stretches, &p);
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
	if (options && t->has & NF_BIT(NF_SAMPLER) && !d->rates && !take(s, sizeof *d->rates, &p))
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
	size_t size = sizeof(struct nf_held) + set.n + OVERHEAD;
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
	s->held -= sizeof *h + h->n + OVERHEAD;
	free(h);
	drop_empty(s, t);
}
