/* SPDX-License-Identifier: Apache-2.0 */
#include "app/assemble_parts.h"

#include "core/judge.h"

#include <stdlib.h>

struct str making_ip(struct making *m, struct ip ip)
{
	buf_clear(&m->text);
	ip_format(&m->text, ip);
	return arena_str(m->arena, buf_str(&m->text));
}

struct str making_controller(struct making *m, const struct pair *p)
{
	const struct snapshot *s = &m->in->lists->snapshot;

	if (p->type == IT_IP)
		return making_ip(m, p->addr);
	return p->type == IT_DOMAIN ? snapshot_domain_text(s, p->target)
				    : snapshot_url_text(s, p->target);
}

size_t making_distinct(struct str *v, size_t n)
{
	size_t kept = 0;

	if (n)
		qsort(v, n, sizeof *v, str_order);
	for (size_t i = 0; i < n; i++)
		if (v[i].n && (kept == 0 || !str_eq(v[kept - 1], v[i])))
			v[kept++] = v[i];
	return kept;
}

static int by_spelling(const void *a, const void *b)
{
	struct str x = *(const struct str *)a, y = *(const struct str *)b;
	int d = str_icmp(x, y);

	return d ? d : str_cmp(x, y);
}

size_t making_families(struct str *v, size_t n)
{
	size_t kept = 0;

	if (n)
		qsort(v, n, sizeof *v, by_spelling);
	for (size_t i = 0; i < n; i++)
		if (v[i].n && (kept == 0 || !str_ieq(v[kept - 1], v[i])))
			v[kept++] = v[i];
	return kept;
}

static enum err describe(struct making *m, struct candidate *c)
{
	const struct snapshot *s = &m->in->lists->snapshot;
	const struct pair *p = c->pair;

	c->families = arena_array(m->arena, p->c->inds.n + 1, sizeof *c->families);
	c->sources = arena_array(m->arena, p->c->inds.n + 1, sizeof *c->sources);
	c->host_text = making_ip(m, p->host);
	c->controller_text = making_controller(m, p);
	if (!c->families || !c->sources || !c->host_text.p || !c->controller_text.p)
		return ERR_NOMEM;
	for (size_t i = 0; i < p->c->inds.n; i++) {
		const struct attribute *ind = snapshot_attribute(s, p->c->inds.v[i]);

		c->families[i] = snapshot_text(s, ind->family);
		c->sources[i] = snapshot_text(s, ind->source);
		c->role_controller |= ind->role == ROLE_CONTROLLER;
	}
	c->n_families = making_families(c->families, p->c->inds.n);
	c->n_sources = making_distinct(c->sources, p->c->inds.n);
	return hosts_find(m->in->hosts, p->host, &c->host);
}

static int by_host_and_controller(const void *a, const void *b)
{
	const struct candidate *x = a, *y = b;
	int d = str_cmp(x->host_text, y->host_text);

	return d ? d : str_cmp(x->controller_text, y->controller_text);
}

static enum err gather(struct making *m)
{
	struct sightings *s = m->in->sightings;
	enum err e = ERR_OK;

	m->c = calloc(s->v.n + 1, sizeof *m->c);
	if (!m->c)
		return ERR_NOMEM;
	for (size_t i = 0; !e && i < s->v.n; i++) {
		if (!s->v.v[i].c)
			continue;
		m->c[m->n].pair = &s->v.v[i];
		e = describe(m, &m->c[m->n++]);
	}
	if (m->n)
		qsort(m->c, m->n, sizeof *m->c, by_host_and_controller);
	return e;
}

/* How many candidates of one host have a family. */
struct family_count {
	struct str family;
	uint64_t n;
};

static int by_family(const void *a, const void *b)
{
	return str_icmp(((const struct family_count *)a)->family,
			((const struct family_count *)b)->family);
}

/* For each candidate of one host: how many of its controllers share a family with this one. */
static enum err count_families(struct candidate *c, size_t n)
{
	struct family_count *f;
	size_t all = 0, kept = 0;

	for (size_t i = 0; i < n; i++)
		all += c[i].n_families;
	if (all == 0)
		return ERR_OK;
	f = calloc(all, sizeof *f);
	if (!f)
		return ERR_NOMEM;
	all = 0;
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < c[i].n_families; k++)
			f[all++] = (struct family_count){ c[i].families[k], 1 };
	qsort(f, all, sizeof *f, by_family);
	for (size_t i = 1; i < all; i++)
		if (str_ieq(f[i].family, f[kept].family))
			f[kept].n++;
		else
			f[++kept] = f[i];
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < c[i].n_families; k++) {
			struct family_count key = { c[i].families[k], 0 }, *at;

			at = bsearch(&key, f, kept + 1, sizeof *f, by_family);
			if (at && at->n > c[i].family_controllers)
				c[i].family_controllers = at->n;
		}
	free(f);
	return ERR_OK;
}

static enum err count_all_families(struct making *m)
{
	enum err e = ERR_OK;

	for (size_t i = 0, n; !e && i < m->n; i += n) {
		for (n = 1; i + n < m->n && str_eq(m->c[i].host_text, m->c[i + n].host_text); n++)
			;
		e = count_families(m->c + i, n);
	}
	return e;
}

const struct host *making_host(const struct making *m, const struct candidate *c)
{
	return &m->in->hosts->v.v[c->host];
}

static enum err make_reasons(struct making *m, const struct judgement *j, struct finding *f)
{
	f->reasons = arena_array(m->arena, j->n_reasons + 1, sizeof *f->reasons);
	if (!f->reasons)
		return ERR_NOMEM;
	for (size_t i = 0; i < j->n_reasons; i++) {
		f->reasons[i] = j->reasons[i];
		buf_clear(&m->text);
		reason_text(&j->reasons[i], &m->text);
		f->reasons[i].text = arena_str(m->arena, buf_str(&m->text));
		if (!f->reasons[i].text.p)
			return ERR_NOMEM;
	}
	f->n_reasons = j->n_reasons;
	return ERR_OK;
}

static enum err make_finding(struct making *m, const struct candidate *c, struct finding *f)
{
	const struct host *h = making_host(m, c);
	struct pair *p = c->pair;
	struct surroundings around = {
		.family_controllers = c->family_controllers,
		.sources = c->n_sources,
		.provider = p->type == IT_IP && exset_ip(&m->in->lists->exset, X_PROVIDER, p->addr),
		.controller = c->role_controller,
	};
	const struct place *first = p->c->spoken.line ? &p->c->spoken : &p->c->evidence[0];
	struct judgement j;
	enum err e;

	judge_pair(p, &around, &j);
	*f = (struct finding){
		.host = c->host_text,
		.org = c->org,
		.controller = c->controller,
		.asn = h->owner.asn,
		.as_name = arena_str(m->arena, h->owner.as_name),
		.country = arena_str(m->arena, h->owner.country),
		.port = j.port,
		.protocol = arena_str(m->arena, str_of(proto_text(first->proto))),
		.families = c->families,
		.n_families = c->n_families,
		.sources = c->sources,
		.n_sources = c->n_sources,
		.records = p->c->on_port,
		.records_other_port = p->c->off_port,
		.established = p->c->established,
		.bytes_out = p->c->bytes_out,
		.bytes_in = p->c->bytes_in,
		.first = p->c->first,
		.last = p->c->last,
		.days = (unsigned)p->c->days.n,
		.level = j.level,
		.regularity = j.regularity,
		.interval = j.regularity >= 60 ? j.interval : 0,
		.score = j.score,
		.confidence = j.confidence,
	};
	f->evidence = arena_array(m->arena, p->c->n_evidence, sizeof *f->evidence);
	if (!f->evidence || !f->as_name.p || !f->country.p || !f->protocol.p)
		return ERR_NOMEM;
	for (unsigned i = 0; i < p->c->n_evidence; i++)
		f->evidence[i] = (struct evidence){ m->in->paths[p->c->evidence[i].path_rank],
						    p->c->evidence[i].line, p->c->evidence[i].ts,
						    p->c->evidence[i].kind };
	f->n_evidence = p->c->n_evidence;
	e = make_reasons(m, &j, f);
	if (!e && j.score > m->out->orgs[c->org].score)
		m->out->orgs[c->org].score = j.score;
	return e;
}

static enum err make_findings(struct making *m)
{
	struct answer *w = m->out;
	enum err e = ERR_OK;

	w->findings = arena_array(m->arena, m->n + 1, sizeof *w->findings);
	if (!w->findings)
		return ERR_NOMEM;
	for (size_t i = 0; !e && i < m->n; i++) {
		e = make_finding(m, &m->c[i], &w->findings[i]);
		w->hosts += i == 0 || !str_eq(m->c[i - 1].host_text, m->c[i].host_text);
	}
	w->n_findings = m->n;
	return e;
}

/* ---- the documented order ---- */

static int controller_order(const void *a, const void *b, void *rows)
{
	const struct answer_controller *v = rows, *x = &v[*(const uint32_t *)a],
				       *y = &v[*(const uint32_t *)b];

	if (x->orgs != y->orgs)
		return x->orgs > y->orgs ? -1 : 1;
	if (x->hosts != y->hosts)
		return x->hosts > y->hosts ? -1 : 1;
	return str_cmp(x->value, y->value);
}

static int org_order(const void *a, const void *b, void *rows)
{
	const struct answer_org *v = rows, *x = &v[*(const uint32_t *)a],
				*y = &v[*(const uint32_t *)b];

	if (x->score != y->score)
		return x->score > y->score ? -1 : 1;
	if (x->hosts != y->hosts)
		return x->hosts > y->hosts ? -1 : 1;
	return str_cmp(x->org.id, y->org.id);
}

/* Sort rows of `size` bytes in place; place[old] becomes the new row. */
static enum err reorder(void *rows, size_t n, size_t size,
			int (*order)(const void *, const void *, void *), uint32_t *place)
{
	uint32_t *old = calloc(n + 1, sizeof *old);
	char *copy = malloc(n * size + 1);

	if (!old || !copy) {
		free(old);
		free(copy);
		return ERR_NOMEM;
	}
	for (size_t i = 0; i < n; i++)
		old[i] = (uint32_t)i;
	qsort_r(old, n, sizeof *old, order, rows);
	memcpy(copy, rows, n * size);
	for (size_t i = 0; i < n; i++) {
		memcpy((char *)rows + i * size, copy + old[i] * size, size);
		place[old[i]] = (uint32_t)i;
	}
	free(old);
	free(copy);
	return ERR_OK;
}

static int finding_order(const void *a, const void *b, void *controllers)
{
	const struct finding *x = a, *y = b;
	const struct answer_controller *c = controllers;
	int d;

	if (x->score != y->score)
		return x->score > y->score ? -1 : 1;
	d = str_cmp(x->host, y->host);
	return d ? d : str_cmp(c[x->controller].value, c[y->controller].value);
}

static int by_controller_and_org(const void *a, const void *b)
{
	const struct tie *x = a, *y = b;

	if (x->controller != y->controller)
		return x->controller < y->controller ? -1 : 1;
	return x->org < y->org ? -1 : x->org > y->org;
}

static enum err sort_answer(struct making *m, struct tie *ties, size_t n_ties)
{
	struct answer *w = m->out;
	uint32_t *controller = calloc(w->n_controllers + 1, sizeof *controller);
	uint32_t *org = calloc(w->n_orgs + 1, sizeof *org);
	enum err e = controller && org ? ERR_OK : ERR_NOMEM;

	if (!e)
		e = reorder(w->controllers, w->n_controllers, sizeof *w->controllers,
			    controller_order, controller);
	if (!e)
		e = reorder(w->orgs, w->n_orgs, sizeof *w->orgs, org_order, org);
	for (size_t i = 0; !e && i < w->n_findings; i++) {
		w->findings[i].controller = controller[w->findings[i].controller];
		w->findings[i].org = org[w->findings[i].org];
	}
	for (size_t i = 0; !e && i < n_ties; i++) {
		ties[i].controller = controller[ties[i].controller];
		ties[i].org = org[ties[i].org];
	}
	if (!e && n_ties)
		qsort(ties, n_ties, sizeof *ties, by_controller_and_org);
	if (!e)
		qsort_r(w->findings, w->n_findings, sizeof *w->findings, finding_order, w->controllers);
	free(controller);
	free(org);
	return e;
}

enum err assemble(const struct assembly *in, struct answer *out)
{
	struct making m = { .in = in, .out = out, .arena = in->arena };
	struct tie *ties = NULL;
	size_t n_ties = 0;
	enum err e;

	buf_init(&m.text, 1 << 20);
	e = gather(&m);
	if (!e)
		e = count_all_families(&m);
	if (!e)
		e = make_controllers(&m);
	if (!e)
		e = make_orgs(&m);
	if (!e)
		e = make_ties(&m, &ties, &n_ties);
	if (!e)
		e = make_findings(&m);
	if (!e)
		e = sort_answer(&m, ties, n_ties);
	if (!e)
		e = make_clusters(&m, ties, n_ties);
	if (!e)
		e = make_alerts(&m, ties, n_ties);
	if (!e)
		e = make_excluded(&m);
	free(ties);
	free(m.c);
	buf_free(&m.text);
	return e;
}
