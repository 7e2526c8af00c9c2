/* SPDX-License-Identifier: Apache-2.0 */
#include "format/nf_store.h"

#include "base/clock.h"

#include <stdlib.h>

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
	return n + NF_MALLOC_EXTRA <= NF_STORE_MAX - s->used;
}

static bool forget_some(struct nf_store *s, const struct nf_row rows[NF_WORTHS]);

enum err nf_take(struct nf_store *s, size_t n, void **out)
{
	void *p;

	while (!has_room(s, n))
		if (!forget_some(s, s->rows))
			return ERR_LIMIT;
	p = calloc(1, n);
	if (!p)
		return ERR_NOMEM;
	s->used += n + NF_MALLOC_EXTRA;
	*out = p;
	return ERR_OK;
}

void nf_give_back(struct nf_store *s, void *p, size_t n)
{
	if (p)
		s->used -= n + NF_MALLOC_EXTRA;
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

static bool is_domain(const struct nf_domain *d, struct ip exporter, uint32_t port,
		      uint16_t version, uint32_t id)
{
	return d->id == id && d->port == port && d->version == version && ip_eq(d->exporter, exporter);
}

static struct nf_domain *find_domain(struct nf_store *s, struct ip exporter, uint32_t port,
				     uint16_t version, uint32_t id)
{
	struct nf_domain *d = *domain_bucket(s, exporter, port, version, id);

	while (d && !is_domain(d, exporter, port, version, id))
		d = d->next;
	return d;
}

static enum err make_domain(struct nf_store *s, struct ip exporter, uint32_t port, uint16_t version,
			    uint32_t id, struct nf_domain **out)
{
	struct nf_domain **bucket = domain_bucket(s, exporter, port, version, id), *d;
	void *p;
	enum err e = nf_take(s, sizeof *d, &p);

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
	nf_give_back(s, d->rates, sizeof *d->rates);
	nf_give_back(s, d, sizeof *d);
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
	nf_give_back(s, x, sizeof *x);
}

static enum err exporter_of(struct nf_store *s, struct ip ip, struct nf_exporter **out)
{
	struct nf_exporter *x = *exporter_at(s, ip);
	void *p;
	enum err e;

	if (!x) {
		e = nf_take(s, sizeof *x, &p);
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

	/* Mostly the same as before. */
	if (s->current && is_domain(s->current, exporter, port, (uint16_t)version, id)) {
		*out = s->current;
		return ERR_OK;
	}
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
		     : has_room(s, sizeof *d->rates) ? nf_take(s, sizeof *d->rates, &p)
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
