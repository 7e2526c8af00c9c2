/* SPDX-License-Identifier: Apache-2.0 */
#include "report/phrases.h"

void ja_hosts(struct buf *b, uint64_t n)
{
	say_num(b, n);
	buf_c(b, "台のホスト");
}

void ja_organisations(struct buf *b, uint64_t n)
{
	/* Native counting words go up to nine. */
	say_num(b, n);
	buf_c(b, n < 10 ? "つの組織" : "の組織");
}

void ja_controllers(struct buf *b, uint64_t n)
{
	buf_c(b, "C2サーバー");
	say_num(b, n);
	buf_c(b, "件");
}

const char *ja_called(bool answered)
{
	return answered ? "と通信していました" : "への接続を試みていました";
}

bool ja_has_families(const struct view *v)
{
	return v->n_families && v->families[0].name.n;
}

void ja_families(const struct view *v, struct buf *b, size_t max)
{
	size_t n = v->n_families, shown;

	while (n && !v->families[n - 1].name.n)
		n--;
	shown = n > max ? max : n;
	for (size_t i = 0; i < shown; i++) {
		buf_c(b, i ? "、" : "");
		say_strong(b, v->families[i].name);
	}
	if (n > shown) {
		buf_c(b, "など");
		say_num(b, n);
		buf_c(b, "ファミリー");
	}
}

/* Two are joined by と, more by 、 */
static void between(struct buf *b, size_t i, size_t n)
{
	if (i)
		buf_c(b, n == 2 ? "と" : "、");
}

static void place_list(struct buf *b, const struct facts *f, size_t max)
{
	size_t n = f->n < max ? f->n : max;

	for (size_t i = 0; i < n; i++) {
		between(b, i, n);
		say_text(b, f->v[i].country->ja);
	}
}

static void region_list(struct buf *b, const struct facts *f, size_t max)
{
	size_t n = f->n < max ? f->n : max;

	for (size_t i = 0; i < n; i++) {
		between(b, i, n);
		say_text(b, namebook_region(REPORT_JA, f->v[i].key));
	}
}

/* 「メキシコとエクアドル」「ヨーロッパと中東」「14か国」; false, and nothing said, when no country
 * is known. */
bool ja_where(const struct view *v, struct buf *b, const uint32_t *idx, size_t n)
{
	struct facts countries, regions;

	facts_countries(v, idx, n, &countries);
	if (!countries.n)
		return false;
	if (countries.n <= 4) {
		place_list(b, &countries, 4);
		return true;
	}
	facts_regions(v, idx, n, &regions);
	if (regions.n <= 3 && regions.all == countries.all) {
		region_list(b, &regions, 3);
		return true;
	}
	say_num(b, countries.n + countries.rest);
	buf_c(b, "か国");
	return true;
}

/* 「メキシコとエクアドルの金融会社」 */
void ja_alike(const struct view *v, struct buf *b, const struct view_org *like, const uint32_t *idx,
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
	if (ja_where(v, b, same, k))
		buf_c(b, "の");
	say_text(b, like->ja_noun);
	if (countries.n != k || k > 4) {
		buf_c(b, "（");
		say_num(b, k);
		buf_c(b, "組織）");
	}
}

void ja_who(const struct view *v, struct buf *b, const uint32_t *idx, size_t n, size_t max)
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
			buf_c(b, i ? "、" : "");
			ja_alike(v, b, f.v[i].like, idx, n);
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
			buf_c(b, shown++ ? "、" : "");
			say_text(b, o->text);
			if (o->country) {
				buf_c(b, "（");
				say_text(b, o->country->ja);
				buf_c(b, "）");
			}
		}
	}
	if (rest) {
		buf_c(b, "、ほか");
		say_num(b, rest);
		buf_c(b, "組織");
	}
	if (ownerless)
		buf_c(b, known ? "、および所有者不明のホスト" : "所有者不明のホスト");
}

void ja_controller(const struct view *v, struct buf *b, uint32_t i)
{
	const struct answer_controller *c = &v->a->controllers[i];
	const struct country_name *country = v->controllers[i].country;

	say_value(b, c->value);
	if (!country && !c->as_name.n)
		return;
	buf_c(b, "（");
	if (country)
		say_text(b, country->ja);
	if (country && c->as_name.n)
		buf_c(b, "、");
	say_text(b, c->as_name);
	buf_c(b, "）");
}

/* The place that holds most of three or more: 「ラテンアメリカ（26組織のうち18組織）」 */
bool ja_mostly(struct buf *b, const struct facts *regions, const struct facts *countries,
	       const char *counter)
{
	const struct fact *x = NULL;
	bool region = false;

	if (countries->n && countries->all >= 3 && countries->v[0].n * 3 >= countries->all * 2)
		x = &countries->v[0];
	else if (regions->n && regions->all >= 3 && regions->v[0].n * 2 > regions->all)
		x = &regions->v[0], region = true;
	if (!x)
		return false;
	say_text(b, region ? namebook_region(REPORT_JA, x->key) : x->country->ja);
	buf_c(b, "（");
	say_num(b, countries->all);
	buf_c(b, counter);
	if (x->n == countries->all) {
		buf_c(b, "のすべて）");
	} else {
		buf_c(b, "のうち");
		say_num(b, x->n);
		buf_c(b, counter);
		buf_c(b, "）");
	}
	return true;
}
