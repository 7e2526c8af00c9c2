/* SPDX-License-Identifier: Apache-2.0 */
/* What organisations are called in this document. */
#include <stdlib.h>

#include "report/view_parts.h"

static bool is_as(struct str id)
{
	uint64_t n;

	return str_starts(id, STR("AS")) && str_u64(str_skip(id, 2), UINT32_MAX, &n);
}

static void what_it_is(const struct view *v, const struct org *org, struct view_org *out)
{
	static const char *const by_kind[][4] = {
		[ORG_GOVERNMENT] = { "government body", "a", "政府機関" },
		[ORG_UNIVERSITY] = { "university", "a", "大学" },
		[ORG_ISP] = { "internet service provider", "an", "インターネットサービスプロバイダー" },
		[ORG_ENTERPRISE] = { "company", "a", "企業" },
		[ORG_UNKNOWN] = { NULL },
		[ORG_SINKHOLE] = { NULL },
	};
	const struct sector_name *s =
		str_iis(org->sector, "unknown") ? NULL : namebook_sector(&v->names, org->sector);
	const char *const *k;

	out->sector = s;
	out->country = namebook_country(&v->names, org->country);
	if (s) {
		out->en_noun = s->en_noun;
		out->en_article = s->en_article.n ? s->en_article : STR("a");
		out->ja_noun = s->ja_noun;
		return;
	}
	k = by_kind[(unsigned)org->kind < sizeof by_kind / sizeof by_kind[0] ? org->kind : ORG_UNKNOWN];
	if (k[0]) {
		out->en_noun = str_of(k[0]);
		out->en_article = str_of(k[1]);
		out->ja_noun = str_of(k[2]);
	} else if (is_as(org->id)) {
		out->en_noun = STR("network");
		out->en_article = STR("a");
		out->ja_noun = STR("ネットワーク");
	} else {
		out->en_noun = STR("organisation");
		out->en_article = STR("an");
		out->ja_noun = STR("組織");
	}
}

/* A, B, … Z, AA, AB, … */
static void put_letter(struct buf *b, uint64_t n)
{
	char s[16];
	size_t at = sizeof s;

	for (; n; n = (n - 1) / 26)
		s[--at] = (char)('A' + (n - 1) % 26);
	buf_add(b, s + at, sizeof s - at);
}

static struct str kept(struct view *v, struct buf *b, size_t from)
{
	return arena_str(&v->arena, str_skip(buf_str(b), from));
}

static enum err name_org(struct view *v, size_t i, struct buf *b)
{
	const struct org *org = &v->a->orgs[i].org;
	struct view_org *out = &v->orgs[i];
	bool ja = v->o->lang == REPORT_JA;
	size_t from;

	buf_clear(b);
	if (!out->known) {
		out->name = ja ? STR("所有者不明") : STR("Owner unknown");
		out->text = ja ? STR("所有者不明のホスト") : STR("hosts without a known owner");
		return ERR_OK;
	}
	if (!v->o->anonymise) {
		buf_puts(b, org->name.n ? org->name : org->id);
		if (is_as(org->id) && org->name.n && !str_eq(org->name, org->id)) {
			buf_c(b, " (");
			buf_puts(b, org->id);
			buf_ch(b, ')');
		}
		out->name = out->text = kept(v, b, 0);
		return buf_err(b) ? buf_err(b) : out->name.p ? ERR_OK : ERR_NOMEM;
	}
	if (ja) {
		if (out->country) {
			buf_puts(b, out->country->ja);
			buf_c(b, "の");
		}
		buf_puts(b, out->ja_noun);
		put_letter(b, out->letter);
		out->name = out->text = kept(v, b, 0);
		return buf_err(b) ? buf_err(b) : out->name.p ? ERR_OK : ERR_NOMEM;
	}
	/* In a sentence "a bank in Ecuador", in a table "Bank in Ecuador"; with a letter "bank A in
	 * Ecuador". */
	if (!out->letter) {
		buf_puts(b, out->en_article);
		buf_ch(b, ' ');
	}
	from = b->n;
	buf_puts(b, out->en_noun);
	if (out->letter) {
		buf_ch(b, ' ');
		put_letter(b, out->letter);
	}
	if (out->country) {
		buf_c(b, " in ");
		buf_puts(b, out->country->en_in);
	}
	out->text = kept(v, b, 0);
	if (b->n > from && b->p[from] >= 'a' && b->p[from] <= 'z')
		b->p[from] = (char)(b->p[from] - 32);
	out->name = kept(v, b, from);
	return buf_err(b) ? buf_err(b) : out->name.p && out->text.p ? ERR_OK : ERR_NOMEM;
}

/* Organisations that would bear the same name get letters, in the order of the answer. */
static enum err give_letters(struct view *v)
{
	const struct answer *a = v->a;
	struct keyed *keys = malloc((a->n_orgs + 1) * sizeof *keys);
	uint64_t letter = 0;

	if (!keys)
		return ERR_NOMEM;
	for (uint32_t i = 0; i < a->n_orgs; i++) {
		struct str noun = v->orgs[i].en_noun, code = a->orgs[i].org.country;
		char *key = arena_alloc(&v->arena, noun.n + code.n + 1);

		if (!key) {
			free(keys);
			return ERR_NOMEM;
		}
		if (noun.n)
			memcpy(key, noun.p, noun.n);
		key[noun.n] = '\n';
		if (v->orgs[i].country && code.n)
			memcpy(key + noun.n + 1, code.p, code.n);
		keys[i] = (struct keyed){ .key = { key, noun.n + code.n + 1 }, .id = i };
		if (!v->orgs[i].known)
			keys[i].key = STR("\n\n");
	}
	qsort(keys, a->n_orgs, sizeof *keys, view_by_key);
	for (size_t i = 0; i < a->n_orgs; i++) {
		bool as_before = i && str_eq(keys[i].key, keys[i - 1].key);
		bool as_next = i + 1 < a->n_orgs && str_eq(keys[i].key, keys[i + 1].key);

		letter = as_before ? letter + 1 : 1;
		v->orgs[keys[i].id].letter = as_before || as_next ? letter : 0;
	}
	free(keys);
	return ERR_OK;
}

enum err view_name_orgs(struct view *v)
{
	const struct answer *a = v->a;
	struct buf b;
	enum err e = ERR_OK;

	v->orgs = arena_array(&v->arena, a->n_orgs + 1, sizeof *v->orgs);
	if (!v->orgs)
		return ERR_NOMEM;
	for (size_t i = 0; i < a->n_orgs; i++) {
		v->orgs[i].known = !str_is(a->orgs[i].org.id, "unknown");
		what_it_is(v, &a->orgs[i].org, &v->orgs[i]);
	}
	if (v->o->anonymise)
		e = give_letters(v);
	buf_init(&b, 0);
	for (size_t i = 0; i < a->n_orgs && !e; i++)
		e = name_org(v, i, &b);
	buf_free(&b);
	for (uint32_t c = 0; c < a->n_clusters; c++)
		for (size_t i = 0; i < a->clusters[c].n_orgs; i++)
			if (a->clusters[c].orgs[i] < a->n_orgs)
				v->orgs[a->clusters[c].orgs[i]].cluster = c + 1;
	return e;
}
