/* SPDX-License-Identifier: Apache-2.0 */
#include "app/assemble_parts.h"

#include "app/gate.h"
#include "core/cluster.h"

#include <stdlib.h>

/* Components of more nodes than this are divided into communities. */
enum { CLUSTER_LARGE = 12 };

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

static enum err number_rows(struct making *m, bool orgs, size_t *n_rows, struct keyed **out)
{
	struct keyed *k = calloc(m->n + 1, sizeof *k);
	size_t rows = 0;

	if (!k)
		return ERR_NOMEM;
	for (size_t i = 0; i < m->n; i++)
		k[i] = (struct keyed){ orgs ? making_host(m, &m->c[i])->org.id : m->c[i].controller_text,
				       i };
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
	if (!begun || p->c->first < *first)
		*first = p->c->first;
	if (!begun || p->c->last > *last)
		*last = p->c->last;
}

/* When the indicators of a controller hold: from the earliest to the latest that any of them
 * states. */
static void listed(const struct making *m, const struct pair *p, struct answer_controller *row, bool begun)
{
	for (size_t i = 0; i < p->c->inds.n; i++, begun = true) {
		const struct attribute *x =
			snapshot_attribute(&m->in->lists->snapshot, p->c->inds.v[i]);

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
		all += m->c[k[i].candidate].pair->c->n_hostnames;
		families += m->c[k[i].candidate].n_families;
	}
	row->hostnames = arena_array(m->arena, all + 1, sizeof *row->hostnames);
	row->families = arena_array(m->arena, families + 1, sizeof *row->families);
	if (!row->hostnames || !row->families)
		return ERR_NOMEM;
	all = families = 0;
	for (size_t i = 0; i < n; i++) {
		const struct candidate *c = &m->c[k[i].candidate];

		for (unsigned h = 0; h < c->pair->c->n_hostnames; h++) {
			/* Names of others that share the address say nothing about the controller. */
			row->hostnames[all] = arena_str(m->arena, c->pair->c->hostnames[h]);
			if (!row->hostnames[all++].p)
				return ERR_NOMEM;
		}
		memcpy(row->families + families, c->families, c->n_families * sizeof *c->families);
		families += c->n_families;
	}
	row->n_hostnames = making_distinct(row->hostnames, all);
	row->n_families = making_families(row->families, families);
	if (row->n_hostnames > HOSTNAMES_MAX)
		row->n_hostnames = HOSTNAMES_MAX;
	return ERR_OK;
}

/* What lists say of a controller's address: context, no excuse. */
static struct str context_of(struct making *m, struct ip ip)
{
	static const enum xclass order[] = { X_SINKHOLE, X_PROVIDER, X_SCANNER, X_RESEARCH };
	const struct exentry *x = NULL;

	for (size_t i = 0; !x && i < sizeof order / sizeof order[0]; i++)
		x = exset_ip(&m->in->lists->exset, order[i], ip);
	if (!x)
		return STR_NONE;
	buf_clear(&m->text);
	buf_fmt(&m->text, "%s, ", xclass_text(x->class));
	exentry_detail(&m->text, x);
	return arena_str(m->arena, buf_str(&m->text));
}

/* What may be done with it, by lists and decisions. How old it is and how far it is believed counts
 * when it is acted on, which is not now. */
static enum verdict_why why_of(struct making *m, const struct pair *p, struct str value, uint32_t as)
{
	const struct gate_rules rules = { &m->in->lists->exset, &m->in->hosts->ownership->special,
					  &m->in->lists->overrides };
	struct indicator i = indicator_init();
	struct verdict_facts f;

	i.type = p->type;
	i.net = (struct cidr){ p->addr, 128 };
	i.value = value;
	f = gate_facts(&rules, &i, as);
	return verdict_of(&f);
}

enum err make_controllers(struct making *m)
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
		row->why = why_of(m, c->pair, row->value, owner.asn);
		row->hosts = n; /* one candidate a host and controller */
		for (size_t t = 0; t < n; t++) {
			const struct pair *p = m->c[k[i + t].candidate].pair;

			span(&row->first, &row->last, t > 0, p);
			listed(m, p, row, t > 0);
			row->records += p->c->on_port;
		}
		e = controller_names(m, k + i, n, row);
	}
	free(k);
	return e;
}

enum err make_orgs(struct making *m)
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
		const struct org *org = &making_host(m, c)->org;
		size_t families = 0;
		struct str last = STR_NONE;

		for (n = 1; i + n < m->n && str_eq(k[i].key, k[i + n].key); n++)
			;
		for (size_t t = 0; t < n; t++)
			families += m->c[k[i + t].candidate].n_families;
		*row = (struct answer_org){
			.org = { arena_str(m->arena, org->id), arena_str(m->arena, org->name),
				 arena_str(m->arena, org->sector), arena_str(m->arena, org->country),
				 org->kind, arena_str(m->arena, org->extra) }
		};
		row->controllers = arena_array(m->arena, n, sizeof *row->controllers);
		row->families = arena_array(m->arena, families + 1, sizeof *row->families);
		if (!row->org.id.p || !row->org.name.p || !row->org.sector.p ||
		    !row->org.country.p || !row->org.extra.p || !row->controllers || !row->families) {
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
		row->n_controllers = making_distinct(row->controllers, n);
		row->n_families = making_families(row->families, families);
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

enum err make_ties(struct making *m, struct tie **out, size_t *n_out)
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
		t[n - 1].records += p[i]->pair->c->counted;
	}
	free(p);
	for (size_t i = 0; i < n; i++)
		m->out->controllers[t[i].controller].orgs++;
	*out = t;
	*n_out = n;
	return ERR_OK;
}

enum err make_clusters(struct making *m, const struct tie *ties, size_t n_ties)
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

enum err make_alerts(struct making *m, const struct tie *ties, size_t n_ties)
{
	struct answer *w = m->out;

	w->alerts = arena_array(m->arena, w->n_controllers + 1, sizeof *w->alerts);
	if (!w->alerts)
		return ERR_NOMEM;
	for (size_t c = 0, at = 0; c < w->n_controllers; c++) {
		struct alert *a = &w->alerts[w->n_alerts];
		struct str *ids;
		size_t n = 0;

		if (w->controllers[c].orgs < m->in->shared)
			break; /* they are sorted by organisations */
		ids = arena_array(m->arena, w->controllers[c].orgs + 1, sizeof *ids);
		if (!ids)
			return ERR_NOMEM;
		while (at < n_ties && ties[at].controller < c)
			at++;
		for (; at < n_ties && ties[at].controller == c; at++)
			if (!str_is(w->orgs[ties[at].org].org.id, "unknown"))
				ids[n++] = w->orgs[ties[at].org].org.id;
		if (n < m->in->shared)
			continue;
		qsort(ids, n, sizeof *ids, str_order);
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
