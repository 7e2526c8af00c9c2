/* SPDX-License-Identifier: Apache-2.0 */
#include "app/assemble.h"

#include "core/cluster.h"
#include "core/judge.h"

#include <stdio.h>
#include <stdlib.h>

/* Components of more nodes than this are divided into communities. */
enum { CLUSTER_LARGE = 12 };

/* A pair that becomes a finding, on its way. */
struct candidate {
	struct pair *pair;
	uint32_t host; /* index into hosts */
	struct str host_text, controller_text;
	struct str *families; /* sorted, distinct */
	size_t n_families;
	struct str *sources;
	size_t n_sources;
	bool role_controller;
	uint64_t family_controllers;
	uint32_t controller, org; /* rows, before sorting */
};

struct making {
	const struct assembly *in;
	struct answer *out;
	struct arena *arena;
	struct candidate *c;
	size_t n;
	struct buf text;
};

static int by_text(const void *a, const void *b)
{
	return str_cmp(*(const struct str *)a, *(const struct str *)b);
}

static struct str ip_text(struct making *m, struct ip ip)
{
	buf_clear(&m->text);
	ip_format(&m->text, ip);
	return arena_str(m->arena, buf_str(&m->text));
}

static struct str controller_text(struct making *m, const struct pair *p)
{
	const struct snapshot *s = &m->in->lists->snapshot;

	if (p->type == IT_IP)
		return ip_text(m, p->addr);
	return p->type == IT_DOMAIN ? s->domains.v[p->target].value : s->urls.v[p->target].value;
}

static size_t distinct(struct str *v, size_t n)
{
	size_t kept = 0;

	if (n)
		qsort(v, n, sizeof *v, by_text);
	for (size_t i = 0; i < n; i++)
		if (v[i].n && (kept == 0 || !str_eq(v[kept - 1], v[i])))
			v[kept++] = v[i];
	return kept;
}

static enum err describe(struct making *m, struct candidate *c)
{
	const struct snapshot *s = &m->in->lists->snapshot;
	const struct pair *p = c->pair;

	c->families = arena_array(m->arena, p->inds.n + 1, sizeof *c->families);
	c->sources = arena_array(m->arena, p->inds.n + 1, sizeof *c->sources);
	c->host_text = ip_text(m, p->host);
	c->controller_text = controller_text(m, p);
	if (!c->families || !c->sources || !c->host_text.p || !c->controller_text.p)
		return ERR_NOMEM;
	for (size_t i = 0; i < p->inds.n; i++) {
		const struct indicator *ind = &s->v.v[p->inds.v[i]];

		c->families[i] = ind->family;
		c->sources[i] = ind->source;
		c->role_controller |= ind->role == ROLE_CONTROLLER;
	}
	c->n_families = distinct(c->families, p->inds.n);
	c->n_sources = distinct(c->sources, p->inds.n);
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
		if (!s->v.v[i].counted)
			continue;
		m->c[m->n].pair = &s->v.v[i];
		e = describe(m, &m->c[m->n++]);
	}
	if (m->n)
		qsort(m->c, m->n, sizeof *m->c, by_host_and_controller);
	return e;
}

/* For each candidate of one host: how many of its controllers share a family with this one. */
static enum err count_families(struct candidate *c, size_t n)
{
	VEC(struct str) all = { 0 };
	enum err e = ERR_OK;

	for (size_t i = 0; !e && i < n; i++)
		for (size_t k = 0; !e && k < c[i].n_families; k++) {
			struct str *at = VEC_PUSH(&all);

			if (at)
				*at = c[i].families[k];
			else
				e = ERR_NOMEM;
		}
	if (!e && all.n)
		qsort(all.v, all.n, sizeof *all.v, by_text);
	for (size_t i = 0; !e && i < n; i++)
		for (size_t k = 0; k < c[i].n_families; k++) {
			size_t lo = 0, hi = all.n, count = 0;

			while (lo < hi) {
				size_t mid = lo + (hi - lo) / 2;

				if (str_cmp(all.v[mid], c[i].families[k]) < 0)
					lo = mid + 1;
				else
					hi = mid;
			}
			while (lo + count < all.n && str_eq(all.v[lo + count], c[i].families[k]))
				count++;
			if (count > c[i].family_controllers)
				c[i].family_controllers = count;
		}
	free(all.v);
	return e;
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

/* ---- rows ---- */

/* Number candidates by a text of theirs: rows in the order of that text. */
struct keyed {
	struct str key;
	size_t candidate;
};

static int by_key(const void *a, const void *b)
{
	const struct keyed *x = a, *y = b;
	int d = str_cmp(x->key, y->key);

	return d ? d : (x->candidate > y->candidate) - (x->candidate < y->candidate);
}

static const struct host *host_of(const struct making *m, const struct candidate *c)
{
	return &m->in->hosts->v.v[c->host];
}

static enum err number_rows(struct making *m, bool orgs, size_t *n_rows, struct keyed **out)
{
	struct keyed *k = calloc(m->n + 1, sizeof *k);
	size_t rows = 0;

	if (!k)
		return ERR_NOMEM;
	for (size_t i = 0; i < m->n; i++)
		k[i] = (struct keyed){ orgs ? host_of(m, &m->c[i])->org.id : m->c[i].controller_text, i };
	if (m->n)
		qsort(k, m->n, sizeof *k, by_key);
	for (size_t i = 0; i < m->n; i++) {
		if (i == 0 || !str_eq(k[i - 1].key, k[i].key))
			rows++;
		*(orgs ? &m->c[k[i].candidate].org : &m->c[k[i].candidate].controller) =
			(uint32_t)rows - 1;
	}
	*n_rows = rows;
	*out = k;
	return ERR_OK;
}

static void span(int64_t *first, int64_t *last, bool begun, const struct pair *p)
{
	if (!begun || p->first < *first)
		*first = p->first;
	if (!begun || p->last > *last)
		*last = p->last;
}

/* When the indicators of a controller hold: from the earliest to the latest that any of them
 * states. */
static void listed(const struct making *m, const struct pair *p, struct answer_controller *row, bool begun)
{
	for (size_t i = 0; i < p->inds.n; i++, begun = true) {
		const struct indicator *x = &m->in->lists->snapshot.v.v[p->inds.v[i]];

		if (!begun || x->from == TIME_NONE ||
		    (row->listed_from != TIME_NONE && x->from < row->listed_from))
			row->listed_from = x->from;
		if (!begun || x->until == TIME_NONE ||
		    (row->listed_until != TIME_NONE && x->until > row->listed_until))
			row->listed_until = x->until;
	}
}

static enum err controller_names(struct making *m, const struct keyed *k, size_t n,
				 struct answer_controller *row)
{
	size_t all = 0, families = 0;

	for (size_t i = 0; i < n; i++) {
		all += m->c[k[i].candidate].pair->n_hostnames;
		families += m->c[k[i].candidate].n_families;
	}
	row->hostnames = arena_array(m->arena, all + 1, sizeof *row->hostnames);
	row->families = arena_array(m->arena, families + 1, sizeof *row->families);
	if (!row->hostnames || !row->families)
		return ERR_NOMEM;
	all = families = 0;
	for (size_t i = 0; i < n; i++) {
		const struct candidate *c = &m->c[k[i].candidate];

		for (unsigned h = 0; h < c->pair->n_hostnames; h++) {
			/* Names of others that share the address say nothing about the controller. */
			row->hostnames[all] = arena_str(m->arena, c->pair->hostnames[h]);
			if (!row->hostnames[all++].p)
				return ERR_NOMEM;
		}
		memcpy(row->families + families, c->families, c->n_families * sizeof *c->families);
		families += c->n_families;
	}
	row->n_hostnames = distinct(row->hostnames, all);
	row->n_families = distinct(row->families, families);
	if (row->n_hostnames > HOSTNAMES_MAX)
		row->n_hostnames = HOSTNAMES_MAX;
	return ERR_OK;
}

/* What lists say of a controller's address: context, no excuse. */
static struct str context_of(struct making *m, struct ip ip)
{
	static const enum xclass order[] = { X_SINKHOLE, X_PROVIDER, X_SCANNER, X_RESEARCH };
	const struct exclusion *x = NULL;

	for (size_t i = 0; !x && i < sizeof order / sizeof order[0]; i++)
		x = exset_ip(&m->in->lists->exset, order[i], ip);
	if (!x)
		return STR_NONE;
	buf_clear(&m->text);
	buf_fmt(&m->text, "%s, ", xclass_text(x->class));
	exclusion_detail(&m->text, x);
	return arena_str(m->arena, buf_str(&m->text));
}

static enum err make_controllers(struct making *m)
{
	struct answer *w = m->out;
	struct keyed *k = NULL;
	enum err e = number_rows(m, false, &w->n_controllers, &k);

	if (!e) {
		w->controllers = arena_array(m->arena, w->n_controllers + 1, sizeof *w->controllers);
		e = w->controllers ? ERR_OK : ERR_NOMEM;
	}
	for (size_t i = 0, n; !e && i < m->n; i += n) {
		const struct candidate *c = &m->c[k[i].candidate];
		struct answer_controller *row = &w->controllers[c->controller];
		struct owner owner = { 0 };

		for (n = 1; i + n < m->n && str_eq(k[i].key, k[i + n].key); n++)
			;
		*row = (struct answer_controller){ .value = c->controller_text, .type = c->pair->type };
		if (c->pair->type == IT_IP) {
			ownership_find(m->in->hosts->ownership, c->pair->addr, &owner);
			row->asn = owner.asn;
			row->as_name = owner.as_name.p ? arena_str(m->arena, owner.as_name) : STR_NONE;
			row->country = owner.country.p ? arena_str(m->arena, owner.country) : STR_NONE;
			row->context = context_of(m, c->pair->addr);
		}
		row->hosts = n; /* one candidate a host and controller */
		for (size_t t = 0; t < n; t++) {
			const struct pair *p = m->c[k[i + t].candidate].pair;

			span(&row->first, &row->last, t > 0, p);
			listed(m, p, row, t > 0);
			row->records += p->on_port;
		}
		e = controller_names(m, k + i, n, row);
	}
	free(k);
	return e;
}

static enum err make_orgs(struct making *m)
{
	struct answer *w = m->out;
	struct keyed *k = NULL;
	enum err e = number_rows(m, true, &w->n_orgs, &k);

	if (!e) {
		w->orgs = arena_array(m->arena, w->n_orgs + 1, sizeof *w->orgs);
		e = w->orgs ? ERR_OK : ERR_NOMEM;
	}
	for (size_t i = 0, n; !e && i < m->n; i += n) {
		const struct candidate *c = &m->c[k[i].candidate];
		struct answer_org *row = &w->orgs[c->org];
		const struct org *org = &host_of(m, c)->org;
		size_t families = 0;
		struct str last = STR_NONE;

		for (n = 1; i + n < m->n && str_eq(k[i].key, k[i + n].key); n++)
			;
		for (size_t t = 0; t < n; t++)
			families += m->c[k[i + t].candidate].n_families;
		*row = (struct answer_org){ .org = { arena_str(m->arena, org->id),
						     arena_str(m->arena, org->name),
						     arena_str(m->arena, org->sector),
						     arena_str(m->arena, org->country), org->kind } };
		row->controllers = arena_array(m->arena, n, sizeof *row->controllers);
		row->families = arena_array(m->arena, families + 1, sizeof *row->families);
		if (!row->org.id.p || !row->org.name.p || !row->org.sector.p ||
		    !row->org.country.p || !row->controllers || !row->families) {
			e = ERR_NOMEM;
			break;
		}
		families = 0;
		for (size_t t = 0; t < n; t++) {
			const struct candidate *one = &m->c[k[i + t].candidate];

			span(&row->first, &row->last, t > 0, one->pair);
			row->controllers[t] = one->controller_text;
			memcpy(row->families + families, one->families,
			       one->n_families * sizeof *one->families);
			families += one->n_families;
			/* Candidates are in the order of hosts, and so are those of an
			 * organisation. */
			row->hosts += t == 0 || !str_eq(last, one->host_text);
			last = one->host_text;
		}
		row->n_controllers = distinct(row->controllers, n);
		row->n_families = distinct(row->families, families);
	}
	free(k);
	return e;
}

/* How many organisations each controller holds. */
static int by_controller_org(const void *a, const void *b)
{
	const struct candidate *x = *(const struct candidate *const *)a,
			       *y = *(const struct candidate *const *)b;

	if (x->controller != y->controller)
		return x->controller < y->controller ? -1 : 1;
	return x->org < y->org ? -1 : x->org > y->org;
}

/* Edges between controllers and organisations, in order, with the records of all hosts together. */
struct tie {
	uint32_t controller, org;
	uint64_t records;
};

static enum err make_ties(struct making *m, struct tie **out, size_t *n_out)
{
	const struct candidate **p = calloc(m->n + 1, sizeof *p);
	struct tie *t = calloc(m->n + 1, sizeof *t);
	size_t n = 0;

	if (!p || !t) {
		free(p);
		free(t);
		return ERR_NOMEM;
	}
	for (size_t i = 0; i < m->n; i++)
		p[i] = &m->c[i];
	if (m->n)
		qsort(p, m->n, sizeof *p, by_controller_org);
	for (size_t i = 0; i < m->n; i++) {
		if (n == 0 || t[n - 1].controller != p[i]->controller || t[n - 1].org != p[i]->org)
			t[n++] = (struct tie){ p[i]->controller, p[i]->org, 0 };
		t[n - 1].records += p[i]->pair->counted;
	}
	free(p);
	for (size_t i = 0; i < n; i++)
		m->out->controllers[t[i].controller].orgs++;
	*out = t;
	*n_out = n;
	return ERR_OK;
}

/* ---- findings ---- */

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
	const struct host *h = host_of(m, c);
	struct pair *p = c->pair;
	struct surroundings around = {
		.family_controllers = c->family_controllers,
		.sources = c->n_sources,
		.provider = p->type == IT_IP && exset_ip(&m->in->lists->exset, X_PROVIDER, p->addr),
		.controller = c->role_controller,
	};
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
		.protocol = arena_str(m->arena, str_of(proto_text(p->evidence[0].proto))),
		.families = c->families,
		.n_families = c->n_families,
		.sources = c->sources,
		.n_sources = c->n_sources,
		.records = p->on_port,
		.records_other_port = p->off_port,
		.established = p->established,
		.bytes_out = p->bytes_out,
		.bytes_in = p->bytes_in,
		.first = p->first,
		.last = p->last,
		.days = (unsigned)p->days.n,
		.level = j.level,
		.regularity = j.regularity,
		.interval = j.regularity >= 60 ? j.interval : 0,
		.score = j.score,
		.confidence = j.confidence,
	};
	f->evidence = arena_array(m->arena, p->n_evidence, sizeof *f->evidence);
	if (!f->evidence || !f->as_name.p || !f->country.p || !f->protocol.p)
		return ERR_NOMEM;
	for (unsigned i = 0; i < p->n_evidence; i++)
		f->evidence[i] = (struct evidence){ m->in->paths[p->evidence[i].path_rank],
						    p->evidence[i].line, p->evidence[i].ts,
						    p->evidence[i].kind };
	f->n_evidence = p->n_evidence;
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

static enum err make_clusters(struct making *m, const struct tie *ties, size_t n_ties)
{
	struct answer *w = m->out;
	size_t n = w->n_controllers + w->n_orgs;
	struct edge *edges = calloc(n_ties + 1, sizeof *edges);
	uint32_t *group = calloc(n + 1, sizeof *group), n_groups = 0;
	enum err e = edges && group ? ERR_OK : ERR_NOMEM;

	for (size_t i = 0; !e && i < n_ties; i++) {
		uint32_t weight = 1;

		for (uint64_t r = ties[i].records; r > 1; r >>= 1)
			weight++;
		edges[i] = (struct edge){ ties[i].controller,
					  (uint32_t)w->n_controllers + ties[i].org, weight };
	}
	if (!e)
		e = cluster(n, edges, n_ties, CLUSTER_LARGE, group, &n_groups);
	if (!e) {
		w->clusters = arena_array(m->arena, n_groups + 1, sizeof *w->clusters);
		e = w->clusters ? ERR_OK : ERR_NOMEM;
	}
	for (size_t i = 0; !e && i < n; i++) {
		struct cluster_row *row = &w->clusters[group[i]];

		*(i < w->n_controllers ? &row->n_controllers : &row->n_orgs) += 1;
	}
	for (uint32_t g = 0; !e && g < n_groups; g++) {
		struct cluster_row *row = &w->clusters[g];

		row->id = g + 1;
		row->controllers = arena_array(m->arena, row->n_controllers + 1, sizeof(uint32_t));
		row->orgs = arena_array(m->arena, row->n_orgs + 1, sizeof(uint32_t));
		if (!row->controllers || !row->orgs)
			e = ERR_NOMEM;
		row->n_controllers = row->n_orgs = 0;
	}
	for (size_t i = 0; !e && i < n; i++) {
		struct cluster_row *row = &w->clusters[group[i]];

		if (i < w->n_controllers) {
			w->controllers[i].cluster = row->id;
			row->controllers[row->n_controllers++] = (uint32_t)i;
		} else {
			row->orgs[row->n_orgs++] = (uint32_t)(i - w->n_controllers);
		}
	}
	w->n_clusters = e ? 0 : n_groups;
	free(edges);
	free(group);
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
	if (!e)
		qsort_r(w->findings, w->n_findings, sizeof *w->findings, finding_order, w->controllers);
	free(controller);
	free(org);
	return e;
}

static enum err make_alerts(struct making *m, const struct tie *ties, size_t n_ties)
{
	struct answer *w = m->out;

	w->alerts = arena_array(m->arena, w->n_controllers + 1, sizeof *w->alerts);
	if (!w->alerts)
		return ERR_NOMEM;
	for (size_t c = 0; c < w->n_controllers; c++) {
		struct alert *a = &w->alerts[w->n_alerts];
		struct str *ids;
		size_t n = 0;

		if (w->controllers[c].orgs < m->in->shared)
			break; /* they are sorted by organisations */
		ids = arena_array(m->arena, w->controllers[c].orgs + 1, sizeof *ids);
		if (!ids)
			return ERR_NOMEM;
		for (size_t i = 0; i < n_ties; i++)
			if (ties[i].controller == c && !str_is(w->orgs[ties[i].org].org.id, "unknown"))
				ids[n++] = w->orgs[ties[i].org].org.id;
		if (n < m->in->shared)
			continue;
		qsort(ids, n, sizeof *ids, by_text);
		buf_clear(&m->text);
		buf_fmt(&m->text, "%zu organisations have hosts that contact %.*s", n,
			STR_ARG(w->controllers[c].value));
		*a = (struct alert){ STR("controller-shared"),
				     STR("high"),
				     w->controllers[c].value,
				     arena_str(m->arena, buf_str(&m->text)),
				     ids,
				     n };
		if (!a->message.p)
			return ERR_NOMEM;
		w->n_alerts++;
	}
	return ERR_OK;
}

/* ---- what was set aside ---- */

static int excluded_order(const void *a, const void *b)
{
	const struct excluded *x = a, *y = b;
	int d = str_cmp(x->host, y->host);

	if (!d)
		d = str_cmp(x->controller, y->controller);
	if (!d)
		d = str_cmp(x->reason, y->reason);
	return d ? d : str_cmp(x->detail, y->detail);
}

static enum err exclude(struct making *m, const struct pair *p, struct str reason,
			struct str detail, uint64_t records)
{
	struct excluded *x = &m->out->excluded[m->out->n_excluded];

	if (records == 0)
		return ERR_OK;
	*x = (struct excluded){ ip_text(m, p->host), controller_text(m, p),
				arena_str(m->arena, reason), arena_str(m->arena, detail), records };
	if (!x->host.p || !x->controller.p || !x->reason.p || !x->detail.p)
		return ERR_NOMEM;
	m->out->n_excluded++;
	return ERR_OK;
}

static enum err make_excluded(struct making *m)
{
	const struct sightings *s = m->in->sightings;
	size_t most = 0;
	enum err e = ERR_OK;
	struct buf detail;

	for (size_t i = 0; i < s->v.n; i++)
		most += 3 + s->v.v[i].benign.n;
	m->out->excluded = arena_array(m->arena, most + 1, sizeof *m->out->excluded);
	if (!m->out->excluded)
		return ERR_NOMEM;
	buf_init(&detail, 1 << 16);
	for (size_t i = 0; !e && i < s->v.n; i++) {
		const struct pair *p = &s->v.v[i];
		const struct host *h;
		uint32_t host;

		e = exclude(m, p, STR("inbound-only"),
			    STR("opened by the controller and not answered"), p->inbound_only);
		if (!e)
			e = exclude(m, p, STR("outside-validity"),
				    STR("the indicator was not valid at that time"), p->outside);
		for (size_t k = 0; !e && k < p->benign.n; k++) {
			buf_clear(&detail);
			exclusion_detail(&detail, p->benign.v[k].entry);
			e = exclude(m, p, STR("benign-name"), buf_str(&detail), p->benign.v[k].n);
		}
		if (!e && p->of_host)
			e = hosts_find(m->in->hosts, p->host, &host);
		if (!e && p->of_host) {
			h = &m->in->hosts->v.v[host];
			e = exclude(m, p, h->excluded, h->detail, p->of_host);
		}
	}
	buf_free(&detail);
	if (m->out->n_excluded)
		qsort(m->out->excluded, m->out->n_excluded, sizeof *m->out->excluded, excluded_order);
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
