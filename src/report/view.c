/* SPDX-License-Identifier: Apache-2.0 */
#include "report/view_parts.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

/* ---- hosts ---- */

int view_by_key(const void *x, const void *y)
{
	const struct keyed *a = x, *b = y;
	int d = str_cmp(a->key, b->key);

	if (d)
		return d;
	if (a->id != b->id)
		return a->id < b->id ? -1 : 1;
	return a->at < b->at ? -1 : a->at > b->at;
}

static struct str print(struct arena *arena, const char *fmt, ...) PRINTF(2, 3);
static struct str print(struct arena *arena, const char *fmt, ...)
{
	char text[64];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	return arena_str(arena, (struct str){ text, n > 0 ? (size_t)n : 0 });
}

static enum err count_hosts(struct view *v)
{
	const struct answer *a = v->a;
	struct keyed *keys = malloc((a->n_findings + 1) * sizeof *keys);
	uint32_t *group = malloc((a->n_findings + 1) * sizeof *group);
	uint32_t *number = malloc((a->n_findings + 1) * sizeof *number);
	size_t groups = 0;
	enum err e = ERR_NOMEM;

	if (!keys || !group || !number)
		goto out;
	for (uint32_t i = 0; i < a->n_findings; i++)
		keys[i] = (struct keyed){ .key = a->findings[i].host, .id = i };
	qsort(keys, a->n_findings, sizeof *keys, view_by_key);
	for (size_t i = 0; i < a->n_findings; i++) {
		if (i == 0 || !str_eq(keys[i].key, keys[i - 1].key))
			number[groups++] = UINT32_MAX;
		group[keys[i].id] = (uint32_t)groups - 1;
	}
	v->hosts = arena_array(&v->arena, groups + 1, sizeof *v->hosts);
	v->host_of = arena_array(&v->arena, a->n_findings + 1, sizeof *v->host_of);
	if (!v->hosts || !v->host_of)
		goto out;
	for (size_t i = 0; i < a->n_findings; i++) {
		const struct finding *f = &a->findings[i];
		struct view_host *h;

		if (number[group[i]] == UINT32_MAX) {
			number[group[i]] = (uint32_t)v->n_hosts;
			h = &v->hosts[v->n_hosts++];
			*h = (struct view_host){ .host = f->host, .label = f->host, .org = f->org };
			if (v->o->anonymise)
				h->label = print(&v->arena,
						 v->o->lang == REPORT_JA ? "ホスト%zu" : "host %zu",
						 v->n_hosts);
			if (!h->label.p)
				goto out;
		}
		v->host_of[i] = number[group[i]];
		h = &v->hosts[v->host_of[i]];
		h->records += f->records + f->records_other_port;
		if (f->confidence > h->best)
			h->best = f->confidence;
		if (f->level > h->level)
			h->level = f->level;
	}
	e = ERR_OK;
out:
	free(keys);
	free(group);
	free(number);
	return e;
}

/* ---- findings ---- */

static void add_port(struct view_controller *c, uint16_t port)
{
	for (size_t i = 0; i < sizeof c->ports / sizeof c->ports[0] && port; i++) {
		if (!c->ports[i])
			c->ports[i] = port;
		if (c->ports[i] == port)
			return;
	}
}

static enum err count_findings(struct view *v)
{
	const struct answer *a = v->a;
	int64_t end = a->seen_last != TIME_NONE && a->seen_last > TIME_DAY ? a->seen_last - TIME_DAY
									   : INT64_MAX;

	v->controllers = arena_array(&v->arena, a->n_controllers + 1, sizeof *v->controllers);
	if (!v->controllers)
		return ERR_NOMEM;
	v->first = v->last = TIME_NONE;
	for (size_t i = 0; i < a->n_findings; i++) {
		const struct finding *f = &a->findings[i];
		struct view_org *o = &v->orgs[f->org];
		struct view_controller *c = &v->controllers[f->controller];

		v->findings_by[f->confidence]++;
		v->steady += f->regularity >= 80;
		if (v->first == TIME_NONE || f->first < v->first)
			v->first = f->first;
		if (v->last == TIME_NONE || f->last > v->last)
			v->last = f->last;
		o->findings++;
		o->records += f->records;
		if (f->confidence > o->best)
			o->best = f->confidence;
		if (f->level > o->level)
			o->level = f->level;
		if (f->confidence > c->best)
			c->best = f->confidence;
		if (f->level > c->level)
			c->level = f->level;
		c->bytes_out += f->bytes_out;
		add_port(c, f->port);
	}
	for (size_t i = 0; i < v->n_hosts; i++) {
		v->hosts_by[v->hosts[i].best]++;
		v->silent_hosts += v->hosts[i].level <= LEVEL_ATTEMPT;
		v->two_way_hosts += v->hosts[i].level == LEVEL_TWO_WAY;
	}
	for (size_t i = 0; i < a->n_orgs; i++) {
		const struct answer_org *o = &a->orgs[i];

		if (!v->orgs[i].known) {
			v->ownerless_hosts += o->hosts;
			continue;
		}
		v->known_orgs++;
		v->orgs_by[v->orgs[i].best]++;
		v->silent_orgs += v->orgs[i].level <= LEVEL_ATTEMPT;
		/* Records of a day or two say nothing about what goes on. */
		v->active_orgs += o->last >= end && a->seen_last - a->seen_first >= 3 * TIME_DAY;
	}
	for (size_t i = 0; i < a->n_controllers; i++)
		v->controllers[i].country = namebook_country(&v->names, a->controllers[i].country);
	return ERR_OK;
}

struct pair {
	uint64_t key; /* controller, organisation */
	uint32_t finding;
};

static int by_pair(const void *x, const void *y)
{
	const struct pair *a = x, *b = y;

	if (a->key != b->key)
		return a->key < b->key ? -1 : 1;
	return a->finding < b->finding ? -1 : a->finding > b->finding;
}

/* Who calls whom. A finding is one host and one controller, so the findings of a pair are its
 * hosts. */
static enum err count_edges(struct view *v)
{
	const struct answer *a = v->a;
	struct pair *pairs = malloc((a->n_findings + 1) * sizeof *pairs);
	size_t n = 0;

	if (!pairs)
		return ERR_NOMEM;
	for (uint32_t i = 0; i < a->n_findings; i++)
		pairs[i] = (struct pair){ (uint64_t)a->findings[i].controller << 32 | a->findings[i].org,
					  i };
	qsort(pairs, a->n_findings, sizeof *pairs, by_pair);
	for (size_t i = 0; i < a->n_findings; i++)
		n += i == 0 || pairs[i].key != pairs[i - 1].key;
	v->edges = arena_array(&v->arena, n + 1, sizeof *v->edges);
	if (!v->edges) {
		free(pairs);
		return ERR_NOMEM;
	}
	for (size_t i = 0; i < a->n_findings; i++) {
		const struct finding *f = &a->findings[pairs[i].finding];
		struct view_edge *e;

		if (i == 0 || pairs[i].key != pairs[i - 1].key) {
			struct view_controller *c = &v->controllers[f->controller];

			if (!c->n_edges++)
				c->edge = v->n_edges;
			c->orgs += v->orgs[f->org].known;
			v->edges[v->n_edges++] = (struct view_edge){ .first = f->first,
								     .last = f->last,
								     .controller = f->controller,
								     .org = f->org };
		}
		e = &v->edges[v->n_edges - 1];
		e->hosts++;
		if (f->first < e->first)
			e->first = f->first;
		if (f->last > e->last)
			e->last = f->last;
		e->records += f->records + f->records_other_port;
		if (f->level > e->level)
			e->level = f->level;
		if (f->confidence > e->best)
			e->best = f->confidence;
	}
	free(pairs);
	return ERR_OK;
}

static int by_u64(const void *x, const void *y)
{
	const uint64_t *a = x, *b = y;

	return *a < *b ? -1 : *a > *b;
}

/* ---- families ---- */

static int by_weight(const void *x, const void *y)
{
	const struct view_family *a = x, *b = y;

	if (!a->name.n != !b->name.n)
		return a->name.n ? -1 : 1;
	if (a->known_orgs != b->known_orgs)
		return a->known_orgs > b->known_orgs ? -1 : 1;
	if (a->hosts != b->hosts)
		return a->hosts > b->hosts ? -1 : 1;
	return str_cmp(a->name, b->name);
}

/* The distinct ones of v[0..n), in ascending order, at the front; how many. */
static size_t distinct(uint64_t *v, size_t n)
{
	size_t kept = 0;

	qsort(v, n, sizeof *v, by_u64);
	for (size_t i = 0; i < n; i++)
		if (i == 0 || v[i] != v[kept - 1])
			v[kept++] = v[i];
	return kept;
}

static uint32_t *as_indices(struct view *v, const uint64_t *from, size_t n)
{
	uint32_t *to = arena_array(&v->arena, n + 1, sizeof *to);

	for (size_t i = 0; to && i < n; i++)
		to[i] = (uint32_t)from[i];
	return to;
}

/* keys[0..n): all findings of one family. */
static enum err one_family(struct view *v, const struct keyed *keys, size_t n, uint64_t *scratch,
			   struct view_family *out)
{
	struct view_family f = { .name = keys[0].key, .findings = n, .first = TIME_NONE, .last = TIME_NONE };
	const struct finding *fs = v->a->findings;

	for (size_t i = 0; i < n; i++) {
		const struct finding *x = &fs[keys[i].id];

		scratch[i] = x->controller;
		f.records += x->records;
		f.by_conf[x->confidence]++;
		if (f.first == TIME_NONE || x->first < f.first)
			f.first = x->first;
		if (f.last == TIME_NONE || x->last > f.last)
			f.last = x->last;
	}
	f.n_controllers = distinct(scratch, n);
	f.controllers = as_indices(v, scratch, f.n_controllers);
	for (size_t i = 0; i < n; i++)
		scratch[i] = fs[keys[i].id].org;
	f.n_orgs = distinct(scratch, n);
	f.orgs = as_indices(v, scratch, f.n_orgs);
	if (!f.controllers || !f.orgs)
		return ERR_NOMEM;
	for (size_t i = 0; i < f.n_orgs; i++)
		f.known_orgs += v->orgs[f.orgs[i]].known;
	/* The highest level of each host within the family: host and level in one number, the last
	 * of each host counts. */
	for (size_t i = 0; i < n; i++)
		scratch[i] = (uint64_t)v->host_of[keys[i].id] << 8 | (unsigned)fs[keys[i].id].level;
	n = distinct(scratch, n);
	for (size_t i = 0; i < n; i++) {
		if (i + 1 < n && scratch[i + 1] >> 8 == scratch[i] >> 8)
			continue;
		f.hosts++;
		f.silent_hosts += (scratch[i] & 0xff) <= LEVEL_ATTEMPT;
	}
	*out = f;
	return ERR_OK;
}

static enum err count_families(struct view *v)
{
	const struct answer *a = v->a;
	struct keyed *keys = NULL;
	uint64_t *scratch = NULL;
	size_t n = 0, groups = 0;
	enum err e = ERR_NOMEM;

	for (size_t i = 0; i < a->n_findings; i++)
		n += a->findings[i].n_families ? a->findings[i].n_families : 1;
	keys = malloc((n + 1) * sizeof *keys);
	scratch = malloc((n + 1) * sizeof *scratch);
	if (!keys || !scratch)
		goto out;
	n = 0;
	for (uint32_t i = 0; i < a->n_findings; i++) {
		const struct finding *f = &a->findings[i];

		if (!f->n_families)
			keys[n++] = (struct keyed){ .key = STR_NONE, .id = i };
		for (uint32_t k = 0; k < f->n_families; k++)
			keys[n++] = (struct keyed){ .key = f->families[k], .id = i, .at = k };
	}
	qsort(keys, n, sizeof *keys, view_by_key);
	for (size_t i = 0; i < n; i++)
		groups += i == 0 || !str_eq(keys[i].key, keys[i - 1].key);
	v->families = arena_array(&v->arena, groups + 1, sizeof *v->families);
	if (!v->families)
		goto out;
	for (size_t from = 0, to; from < n; from = to) {
		for (to = from + 1; to < n && str_eq(keys[to].key, keys[from].key); to++)
			;
		e = one_family(v, keys + from, to - from, scratch, &v->families[v->n_families++]);
		if (e)
			goto out;
	}
	qsort(v->families, v->n_families, sizeof *v->families, by_weight);
	e = ERR_OK;
out:
	free(keys);
	free(scratch);
	return e;
}

/* The longest folder that all telemetry lies in. */
static void find_base(struct view *v)
{
	const struct answer *a = v->a;
	bool begun = false;

	for (size_t i = 0; i < a->n_inputs; i++) {
		struct str path = a->inputs[i].path;
		size_t n = 0;

		if (!str_is(a->inputs[i].kind, "telemetry"))
			continue;
		if (!begun)
			v->base = path;
		begun = true;
		while (n < v->base.n && n < path.n && v->base.p[n] == path.p[n])
			n++;
		while (n && path.p[n - 1] != '/')
			n--;
		v->base = str_head(path, n);
	}
}

/* ---- all of it ---- */

enum err view_make(const struct answer *a, const struct report_options *o, struct view *out)
{
	struct view v = { .a = a, .o = o, .base = STR_NONE };
	enum err e;

	arena_init(&v.arena, 0);
	find_base(&v);
	e = namebook_load(&v.arena, &o->names, &v.names);
	if (!e)
		e = count_hosts(&v);
	if (!e)
		e = view_name_orgs(&v);
	if (!e)
		e = count_findings(&v);
	if (!e)
		e = count_edges(&v);
	if (!e)
		e = count_families(&v);
	if (!e)
		e = view_count_places(&v);
	if (!e)
		e = view_count_aside(&v);
	if (e)
		arena_free(&v.arena);
	else
		*out = v;
	return e;
}

void view_free(struct view *v)
{
	arena_free(&v->arena);
}

struct str view_family_text(const struct view *v, const struct view_family *f)
{
	if (f->name.n)
		return f->name;
	return v->o->lang == REPORT_JA ? STR("ファミリー名のないインジケーター")
				       : STR("No family named");
}

struct str view_path(const struct view *v, struct str path, char scratch[32])
{
	int n;

	if (!v->o->anonymise)
		return v->base.n && str_starts(path, v->base) ? str_skip(path, v->base.n) : path;
	for (size_t i = 0; i < v->a->n_inputs; i++) {
		if (!str_eq(v->a->inputs[i].path, path))
			continue;
		n = snprintf(scratch, 32, v->o->lang == REPORT_JA ? "ファイル%zu" : "file %zu", i + 1);
		return (struct str){ scratch, n > 0 ? (size_t)n : 0 };
	}
	return v->o->lang == REPORT_JA ? STR("ファイル") : STR("a file");
}
