/* SPDX-License-Identifier: Apache-2.0 */
/* Counts by sector, country, region and reason. */
#include <stdlib.h>

#include "report/view_parts.h"

static int tally_by_key(const void *x, const void *y)
{
	return str_cmp(((const struct view_tally *)x)->key, ((const struct view_tally *)y)->key);
}

static int tally_by_count(const void *x, const void *y)
{
	const struct view_tally *a = x, *b = y;

	if (a->orgs != b->orgs)
		return a->orgs > b->orgs ? -1 : 1;
	if (a->controllers != b->controllers)
		return a->controllers > b->controllers ? -1 : 1;
	if (a->hosts != b->hosts)
		return a->hosts > b->hosts ? -1 : 1;
	if (a->rows != b->rows)
		return a->rows > b->rows ? -1 : 1;
	return str_cmp(a->key, b->key);
}

/* Add up the rows of t that have the same key, the most first. */
static void tally(struct view_tallies *t)
{
	size_t n = 0;

	if (!t->n)
		return;
	qsort(t->v, t->n, sizeof *t->v, tally_by_key);
	for (size_t i = 0; i < t->n; i++) {
		const struct view_tally *x = &t->v[i];
		struct view_tally *to;

		if (i == 0 || !str_eq(x->key, t->v[n - 1].key)) {
			t->v[n++] = *x;
			continue;
		}
		to = &t->v[n - 1];
		to->orgs += x->orgs;
		to->hosts += x->hosts;
		to->controllers += x->controllers;
		to->rows += x->rows;
		to->records += x->records;
	}
	t->n = n;
	qsort(t->v, t->n, sizeof *t->v, tally_by_count);
}

static bool tallies_init(struct view *v, struct view_tallies *t, size_t n)
{
	*t = (struct view_tallies){ .v = arena_array(&v->arena, n + 1, sizeof *t->v) };
	return t->v != NULL;
}

enum err view_count_places(struct view *v)
{
	const struct answer *a = v->a;
	bool ja = v->o->lang == REPORT_JA;
	struct str no_sector = ja ? STR("業種不明") : STR("Sector not known");
	struct str no_country = ja ? STR("国不明") : STR("Country not known");

	if (!tallies_init(v, &v->sectors, a->n_orgs) || !tallies_init(v, &v->countries, a->n_orgs) ||
	    !tallies_init(v, &v->regions, a->n_orgs) || !tallies_init(v, &v->sources, a->n_controllers))
		return ERR_NOMEM;
	for (size_t i = 0; i < a->n_orgs; i++) {
		const struct answer_org *o = &a->orgs[i];
		struct view_tally t = { .orgs = 1, .hosts = o->hosts };

		if (!v->orgs[i].known)
			continue;
		t.key = t.label = namebook_sector_text(&v->names, v->o->lang, o->org.sector, no_sector);
		v->sectors.v[v->sectors.n++] = t;
		t.key = o->org.country;
		t.label = namebook_country_text(&v->names, v->o->lang, o->org.country, no_country);
		v->countries.v[v->countries.n++] = t;
		if (!v->orgs[i].country || !v->orgs[i].country->region.n)
			continue;
		t.key = v->orgs[i].country->region;
		t.label = namebook_region(v->o->lang, t.key);
		v->regions.v[v->regions.n++] = t;
	}
	for (size_t i = 0; i < a->n_controllers; i++) {
		struct str code = a->controllers[i].country;
		struct view_tally t = { .key = code, .controllers = 1, .hosts = a->controllers[i].hosts };

		t.label = namebook_country_text(&v->names, v->o->lang, code, no_country);
		v->sources.v[v->sources.n++] = t;
	}
	tally(&v->sectors);
	tally(&v->countries);
	tally(&v->regions);
	tally(&v->sources);
	return ERR_OK;
}

static bool says_what_host_is(struct str reason)
{
	static const char *const of_hosts[] = { "scanner", "sinkhole",     "research", "resolver",
						"hosting", "allow-listed", "tor" };

	for (size_t i = 0; i < sizeof of_hosts / sizeof of_hosts[0]; i++)
		if (str_is(reason, of_hosts[i]))
			return true;
	return false;
}

enum err view_count_aside(struct view *v)
{
	const struct answer *a = v->a;
	struct str seen[16];
	size_t n_seen = 0;
	bool counted = false;

	if (!tallies_init(v, &v->excluded, a->n_excluded) ||
	    !tallies_init(v, &v->withheld, a->n_withheld))
		return ERR_NOMEM;
	for (size_t i = 0; i < a->n_excluded; i++) {
		const struct excluded *x = &a->excluded[i];
		struct view_tally t = {
			.key = x->reason, .label = x->reason, .rows = 1, .records = x->records
		};
		size_t k = 0;

		/* Rows are sorted by host: a host counts once for each reason. */
		if (i == 0 || !str_eq(x->host, a->excluded[i - 1].host)) {
			n_seen = 0;
			counted = false;
		}
		while (k < n_seen && !str_eq(seen[k], x->reason))
			k++;
		if (k == n_seen && n_seen < sizeof seen / sizeof seen[0]) {
			seen[n_seen++] = x->reason;
			t.hosts = 1;
		}
		if (!counted && says_what_host_is(x->reason)) {
			counted = true;
			v->excluded_hosts++;
		}
		v->excluded.v[v->excluded.n++] = t;
	}
	for (size_t i = 0; i < a->n_withheld; i++)
		v->withheld.v[v->withheld.n++] = (struct view_tally){ .key = a->withheld[i].reason,
								      .label = a->withheld[i].reason,
								      .rows = 1 };
	tally(&v->excluded);
	tally(&v->withheld);
	for (size_t i = 0; i < a->n_inputs; i++) {
		v->malformed += a->inputs[i].malformed;
		v->telemetry_files += str_is(a->inputs[i].kind, "telemetry");
		v->troubled_files += a->inputs[i].trouble.n > 0;
	}
	return ERR_OK;
}
