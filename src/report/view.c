/* SPDX-License-Identifier: Apache-2.0 */
#include "report/view.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

/* ---- hosts ---- */

struct keyed {
	struct str key;
	uint32_t id; /* which finding */
	uint32_t at; /* which part of it */
};

static int by_key(const void *x, const void *y)
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
	qsort(keys, a->n_findings, sizeof *keys, by_key);
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

/* ---- organisations and controllers ---- */

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
	qsort(keys, a->n_orgs, sizeof *keys, by_key);
	for (size_t i = 0; i < a->n_orgs; i++) {
		bool as_before = i && str_eq(keys[i].key, keys[i - 1].key);
		bool as_next = i + 1 < a->n_orgs && str_eq(keys[i].key, keys[i + 1].key);

		letter = as_before ? letter + 1 : 1;
		v->orgs[keys[i].id].letter = as_before || as_next ? letter : 0;
	}
	free(keys);
	return ERR_OK;
}

static enum err name_orgs(struct view *v)
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
		v->active_orgs += o->last >= end;
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
	qsort(keys, n, sizeof *keys, by_key);
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

/* ---- tallies ---- */

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

static enum err count_places(struct view *v)
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

static enum err count_aside(struct view *v)
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
		e = name_orgs(&v);
	if (!e)
		e = count_findings(&v);
	if (!e)
		e = count_edges(&v);
	if (!e)
		e = count_families(&v);
	if (!e)
		e = count_places(&v);
	if (!e)
		e = count_aside(&v);
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
	return v->o->lang == REPORT_JA ? STR("ファミリー名のない指標") : STR("No family named");
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
