/* SPDX-License-Identifier: Apache-2.0 */
#include "report/prose.h"

const struct prose *prose_in(enum report_lang lang)
{
	return lang == REPORT_JA ? &prose_ja : &prose_en;
}

static void note(struct facts *f, struct fact x)
{
	f->all++;
	for (size_t i = 0; i < f->n; i++) {
		if (!str_eq(f->v[i].key, x.key))
			continue;
		f->v[i].n++;
		return;
	}
	if (f->n == FACTS_MAX) {
		f->rest++;
		return;
	}
	x.n = 1;
	f->v[f->n++] = x;
}

/* Insertion sort: stable, and there are few. */
static void settle(struct facts *f)
{
	for (size_t i = 1; i < f->n; i++) {
		struct fact x = f->v[i];
		size_t at = i;

		for (; at && f->v[at - 1].n < x.n; at--)
			f->v[at] = f->v[at - 1];
		f->v[at] = x;
	}
}

static void note_country(struct facts *f, const struct country_name *c, bool region)
{
	if (c && (!region || c->region.n))
		note(f, (struct fact){ .key = region ? c->region : c->code, .country = c });
}

static void of_orgs(const struct view *v, const uint32_t *idx, size_t n, bool region, struct facts *out)
{
	*out = (struct facts){ 0 };
	for (size_t i = 0; i < n; i++)
		if (v->orgs[idx[i]].known)
			note_country(out, v->orgs[idx[i]].country, region);
	settle(out);
}

void facts_countries(const struct view *v, const uint32_t *idx, size_t n, struct facts *out)
{
	of_orgs(v, idx, n, false, out);
}

void facts_regions(const struct view *v, const uint32_t *idx, size_t n, struct facts *out)
{
	of_orgs(v, idx, n, true, out);
}

static void of_controllers(const struct view *v, const uint32_t *idx, size_t n, bool region,
			   struct facts *out)
{
	*out = (struct facts){ 0 };
	for (size_t i = 0; i < n; i++)
		note_country(out, v->controllers[idx[i]].country, region);
	settle(out);
}

void facts_sources(const struct view *v, const uint32_t *idx, size_t n, struct facts *out)
{
	of_controllers(v, idx, n, false, out);
}

void facts_source_regions(const struct view *v, const uint32_t *idx, size_t n, struct facts *out)
{
	of_controllers(v, idx, n, true, out);
}

void facts_nouns(const struct view *v, const uint32_t *idx, size_t n, struct facts *out)
{
	*out = (struct facts){ 0 };
	for (size_t i = 0; i < n; i++) {
		const struct view_org *o = &v->orgs[idx[i]];

		if (o->known)
			note(out, (struct fact){ .key = o->en_noun, .like = o });
	}
	settle(out);
}

void facts_sectors(const struct view *v, const uint32_t *idx, size_t n, struct facts *out)
{
	*out = (struct facts){ 0 };
	for (size_t i = 0; i < n; i++) {
		const struct view_org *o = &v->orgs[idx[i]];
		struct str key;

		if (!o->known)
			continue;
		key = namebook_sector_text(&v->names, v->o->lang, v->a->orgs[idx[i]].org.sector,
					   STR_NONE);
		if (key.n)
			note(out, (struct fact){ .key = key, .like = o });
	}
	settle(out);
}

size_t facts_callers(const struct view *v, uint32_t controller, uint32_t *idx, size_t max)
{
	const struct view_controller *c = &v->controllers[controller];
	size_t n = 0;

	for (size_t i = 0; i < c->n_edges && n < max; i++)
		idx[n++] = v->edges[c->edge + i].org;
	return n;
}

size_t facts_outstanding(const struct view *v, uint32_t *idx, size_t max)
{
	uint64_t orgs = 0, hosts = 0;
	size_t n = 0;

	for (size_t i = 0; i < v->a->n_controllers; i++) {
		if (v->controllers[i].orgs > orgs)
			orgs = v->controllers[i].orgs;
		if (v->a->controllers[i].hosts > hosts)
			hosts = v->a->controllers[i].hosts;
	}
	for (uint32_t i = 0; i < v->a->n_controllers && n < max; i++)
		if ((orgs > 1 && v->controllers[i].orgs * 2 >= orgs) ||
		    (hosts >= 10 && v->a->controllers[i].hosts * 2 >= hosts))
			idx[n++] = i;
	return n;
}

size_t facts_first_to_tell(const struct view *v, uint32_t *idx, size_t max)
{
	size_t n = 0;

	/* Organisations come by score, so those of high confidence are at the front. */
	for (int best = CONF_HIGH; best >= CONF_LOW && !n; best--)
		for (uint32_t i = 0; i < v->a->n_orgs && n < max; i++)
			if (v->orgs[i].known && v->orgs[i].best == (enum confidence)best)
				idx[n++] = i;
	return n;
}

size_t facts_cover(const struct view *v, unsigned percent)
{
	size_t held = 0, n = 0;

	while (n < v->a->n_controllers && held * 100 < v->n_edges * percent)
		held += v->controllers[n++].n_edges;
	return n;
}

size_t facts_shared(const struct view *v, uint32_t *idx, size_t max)
{
	size_t n = 0;

	for (uint32_t c = 0; c < v->a->n_controllers && n < max; c++)
		for (size_t i = 0; i < v->a->n_alerts; i++)
			if (str_is(v->a->alerts[i].rule, "controller-shared") &&
			    str_eq(v->a->alerts[i].subject, v->a->controllers[c].value)) {
				idx[n++] = c;
				break;
			}
	return n;
}

bool facts_bounded(const struct view *v)
{
	for (size_t i = 0; i < v->a->n_controllers; i++)
		if (v->a->controllers[i].listed_from != TIME_NONE ||
		    v->a->controllers[i].listed_until != TIME_NONE)
			return true;
	return false;
}

bool facts_clock_unset(const struct view *v)
{
	return v->first != TIME_NONE && v->first < 365 * TIME_DAY;
}

bool facts_clustered(const struct view *v)
{
	/* The largest come first. */
	return v->a->n_clusters > 1 ||
	       (v->a->n_clusters && v->a->clusters[0].n_controllers + v->a->clusters[0].n_orgs > 2);
}

uint64_t facts_domains(const struct view *v)
{
	uint64_t n = 0;

	for (size_t i = 0; i < v->a->n_controllers; i++)
		n += v->a->controllers[i].type == IT_DOMAIN || v->a->controllers[i].type == IT_URL;
	return n;
}

uint64_t facts_rented(const struct view *v)
{
	uint64_t n = 0;

	for (size_t i = 0; i < v->a->n_controllers; i++)
		n += str_starts(v->a->controllers[i].context, STR("provider"));
	return n;
}
