/* SPDX-License-Identifier: Apache-2.0 */
#include "report/phrases.h"

void en_hosts(struct buf *b, uint64_t n)
{
	say_en_count(b, n, "host", "hosts");
}

void en_organisations(struct buf *b, uint64_t n)
{
	say_en_count(b, n, "organisation", "organisations");
}

void en_controllers(struct buf *b, uint64_t n)
{
	say_en_count(b, n, "controller", "controllers");
}

void en_findings(struct buf *b, uint64_t n)
{
	say_en_count(b, n, "finding", "findings");
}

/* The verb that the records bear out. */
const char *en_called(bool answered)
{
	return answered ? "talked to" : "called";
}

void en_families(const struct view *v, struct buf *b, size_t max)
{
	size_t n = v->n_families, shown;

	while (n && !v->families[n - 1].name.n)
		n--;
	shown = n > max ? max - 1 : n;
	for (size_t i = 0; i < shown; i++) {
		say_en_and(b, i, n > shown ? shown + 1 : shown);
		say_strong(b, v->families[i].name);
	}
	if (n > shown) {
		buf_c(b, " and ");
		say_num(b, n - shown);
		buf_c(b, " other families");
	}
}

bool en_has_families(const struct view *v)
{
	return v->n_families && v->families[0].name.n;
}

static void place_list(struct buf *b, const struct facts *f, size_t max)
{
	for (size_t i = 0; i < f->n && i < max; i++) {
		say_en_and(b, i, f->n < max ? f->n : max);
		say_text(b, f->v[i].country->en_in);
	}
}

static void region_list(struct buf *b, const struct facts *f, size_t max)
{
	for (size_t i = 0; i < f->n && i < max; i++) {
		say_en_and(b, i, f->n < max ? f->n : max);
		say_text(b, namebook_region(REPORT_EN, f->v[i].key));
	}
}

/* " in Mexico and Ecuador", " in Europe and the Middle East", " in 14 countries"; nothing when no
 * country is known. */
void en_where(const struct view *v, struct buf *b, const uint32_t *idx, size_t n)
{
	struct facts countries, regions;

	facts_countries(v, idx, n, &countries);
	if (!countries.n)
		return;
	buf_c(b, " in ");
	if (countries.n <= 4) {
		place_list(b, &countries, 4);
		return;
	}
	facts_regions(v, idx, n, &regions);
	if (regions.n <= 3 && regions.all == countries.all)
		region_list(b, &regions, 3);
	else
		say_en_count(b, countries.n + countries.rest, "country", "countries");
}

/* Organisations of one kind: "financial companies in Mexico and Ecuador". */
void en_alike(const struct view *v, struct buf *b, const struct view_org *like, const uint32_t *idx,
	      size_t n)
{
	uint32_t same[256];
	size_t k = 0;
	struct facts countries;

	for (size_t i = 0; i < n && k < sizeof same / sizeof same[0]; i++)
		if (v->orgs[idx[i]].known && str_eq(v->orgs[idx[i]].en_noun, like->en_noun))
			same[k++] = idx[i];
	if (k == 1) {
		say_text(b, v->orgs[same[0]].text);
		return;
	}
	facts_countries(v, same, k, &countries);
	if (countries.n != k) {
		say_en_num(b, k);
		buf_ch(b, ' ');
	}
	say_en_plural(b, like->en_noun);
	en_where(v, b, same, k);
}

/* Who: by kind when anonymised, else by name with the country. */
void en_who(const struct view *v, struct buf *b, const uint32_t *idx, size_t n, size_t max)
{
	struct facts f;
	uint64_t rest = 0;
	size_t known = 0, shown = 0, ownerless = 0;

	for (size_t i = 0; i < n; i++)
		v->orgs[idx[i]].known ? known++ : ownerless++;
	if (v->o->anonymise) {
		facts_nouns(v, idx, n, &f);
		rest = f.rest;
		max += f.n == max + 1;
		for (size_t i = max; i < f.n; i++)
			rest += f.v[i].n;
		known = f.n < max ? f.n : max;
		for (size_t i = 0; i < known; i++) {
			say_en_and(b, i, known + (rest || ownerless));
			en_alike(v, b, f.v[i].like, idx, n);
		}
	} else {
		/* Rather one more name than "one other". */
		if (known > max + 1)
			rest = known - max;
		known -= rest;
		for (size_t i = 0; i < n && shown < known; i++) {
			const struct view_org *o = &v->orgs[idx[i]];

			if (!o->known)
				continue;
			say_en_and(b, shown++, known + (rest || ownerless));
			say_text(b, o->text);
			if (o->country) {
				buf_c(b, " (");
				say_text(b, o->country->en);
				buf_ch(b, ')');
			}
		}
	}
	if (rest) {
		buf_c(b, " and ");
		say_en_count(b, rest, "other", "others");
	} else if (ownerless) {
		if (known)
			buf_c(b, " and ");
		buf_c(b, "hosts without a known owner");
	}
}

/* "115.88.75[.]245 (South Korea, LG DACOM Corporation)" */
void en_controller(const struct view *v, struct buf *b, uint32_t i)
{
	const struct answer_controller *c = &v->a->controllers[i];
	const struct country_name *country = v->controllers[i].country;

	say_value(b, c->value);
	if (!country && !c->as_name.n)
		return;
	buf_c(b, " (");
	if (country)
		say_text(b, country->en);
	if (country && c->as_name.n)
		buf_c(b, ", ");
	say_text(b, c->as_name);
	buf_ch(b, ')');
}

/* Most of `of` things are in one place: says it when one region, else one country, holds more than
 * half of three or more. */
bool en_mostly(struct buf *b, const struct facts *regions, const struct facts *countries)
{
	const struct fact *x = NULL;
	bool region = false;

	if (countries->n && countries->all >= 3 && countries->v[0].n * 3 >= countries->all * 2)
		x = &countries->v[0];
	else if (regions->n && regions->all >= 3 && regions->v[0].n * 2 > regions->all)
		x = &regions->v[0], region = true;
	if (!x)
		return false;
	say_text(b, region ? namebook_region(REPORT_EN, x->key) : x->country->en_in);
	buf_c(b, " (");
	if (x->n == countries->all) {
		buf_c(b, "all ");
		say_en_num(b, x->n);
	} else {
		say_en_num(b, x->n);
		buf_c(b, " of ");
		say_en_num(b, countries->all);
	}
	buf_ch(b, ')');
	return true;
}
