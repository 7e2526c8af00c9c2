/* SPDX-License-Identifier: Apache-2.0 */
#include "core/snapshot_parts.h"

#include <stdlib.h>

/* What rows are put together from on the way to the block. */
struct making {
	struct snapshot_stage *g;
	struct snapshot_net *nets;
	size_t n_nets;
	struct snapshot_name *domains, *urls; /* one more than there are */
	size_t n_domains, n_urls;
	struct str *names; /* of domains */
	size_t distinct_v4, distinct_v6;
	struct lpm net;
	struct lpm_head head;
	struct nameset domain;
	size_t url_bytes;
	char *block;
	struct snapshot_header *h;
};

/* ---- the gate ---- */

static void name_of_row(const struct snapshot_stage *g, const struct stage_name *n, enum itype type,
			struct indicator *out)
{
	out->type = type;
	out->value = text_at((struct part){ g->values.p, g->values.n }, n->at);
}

static enum err ask(const struct snapshot_stage *g, const struct sieve *by, uint32_t attribute,
		    struct indicator *i, bool *keep)
{
	struct indicator whole;

	attribute_tell((struct part){ g->text.p, g->text.n }, &g->attributes.v[attribute], &whole);
	whole.type = i->type;
	whole.net = i->net;
	whole.value = i->value;
	return by->ask(by->ctx, &whole, keep);
}

static enum err sieve_v4(struct snapshot_stage *g, const struct sieve *by)
{
	uint64_t cleared = 0; /* addresses below it need no question ... */
	size_t kept = 0;
	enum err e = ERR_OK;

	for (size_t i = 0; !e && i < g->v4.n; i++) {
		uint32_t v4 = (uint32_t)(g->v4.v[i] >> 32), a = (uint32_t)g->v4.v[i], last;
		struct indicator one = { .type = IT_IP, .net = { ip_v4(v4), 128 }, .value = STR_NONE };
		bool keep = true;

		if (v4 >= cleared && by->clear && by->clear(by->ctx, v4, &last))
			cleared = (uint64_t)last + 1;
		/* ... unless the source has something to say itself. */
		if (v4 >= cleared || (g->revoked && g->attributes.v[a].revoked))
			e = ask(g, by, a, &one, &keep);
		if (keep)
			g->v4.v[kept++] = g->v4.v[i];
	}
	g->v4.n = kept;
	return e;
}

static enum err sieve_nets(struct snapshot_stage *g, const struct sieve *by, enum itype type,
			   struct stage_net *v, size_t *n)
{
	size_t kept = 0;
	enum err e = ERR_OK;

	for (size_t i = 0; !e && i < *n; i++) {
		struct indicator one = { .type = type, .net = { v[i].ip, v[i].len }, .value = STR_NONE };
		bool keep = true;

		e = ask(g, by, v[i].attribute, &one, &keep);
		if (keep)
			v[kept++] = v[i];
	}
	*n = kept;
	return e;
}

static enum err sieve_names(struct snapshot_stage *g, const struct sieve *by, enum itype type,
			    struct stage_name *v, size_t *n)
{
	size_t kept = 0;
	enum err e = ERR_OK;

	for (size_t i = 0; !e && i < *n; i++) {
		struct indicator one = { .net = { ip_v4(0), 0 } };
		bool keep = true;

		name_of_row(g, &v[i], type, &one);
		e = ask(g, by, v[i].attribute, &one, &keep);
		if (keep)
			v[kept++] = v[i];
	}
	*n = kept;
	return e;
}

enum err snapshot_sieve(struct snapshot *s, const struct sieve *by)
{
	struct snapshot_stage *g = s->stage;
	enum err e;

	if (!g)
		return ERR_OK;
	e = stage_sort(g);
	if (!e)
		e = sieve_v4(g, by);
	if (!e)
		e = sieve_nets(g, by, IT_IP, g->v6.v, &g->v6.n);
	if (!e)
		e = sieve_nets(g, by, IT_CIDR, g->nets.v, &g->nets.n);
	if (!e)
		e = sieve_names(g, by, IT_DOMAIN, g->domains.v, &g->domains.n);
	return e ? e : sieve_names(g, by, IT_URL, g->urls.v, &g->urls.n);
}

/* ---- distinct values ---- */

static enum err group_nets(struct making *m)
{
	const struct stage_net *v = m->g->nets.v;
	uint32_t first = (uint32_t)(m->g->v4.n + m->g->v6.n);
	uint32_t open[ADDR_RANGES_MAX]; /* the networks around the current one */
	size_t depth = 0, n;

	m->nets = calloc(m->g->nets.n + 1, sizeof *m->nets);
	if (!m->nets)
		return ERR_NOMEM;
	for (size_t i = 0; i < m->g->nets.n; i += n) {
		struct snapshot_net *at = &m->nets[m->n_nets];

		for (n = 1;
		     i + n < m->g->nets.n && ip_eq(v[i].ip, v[i + n].ip) && v[i].len == v[i + n].len;
		     n++)
			;
		while (depth) {
			const struct snapshot_net *around = &m->nets[open[depth - 1]];

			if (cidr_has((struct cidr){ around->ip, (unsigned char)around->len }, v[i].ip))
				break;
			depth--;
		}
		*at = (struct snapshot_net){ v[i].ip, first + (uint32_t)i, (uint32_t)n,
					     depth ? open[depth - 1] : UINT32_MAX, v[i].len };
		open[depth++] = (uint32_t)m->n_nets++;
	}
	return ERR_OK;
}

static enum err build_nets(struct making *m)
{
	struct lpm_entry *e = calloc(m->n_nets + 1, sizeof *e);
	enum err err;

	if (!e)
		return ERR_NOMEM;
	for (size_t i = 0; i < m->n_nets; i++)
		e[i] = (struct lpm_entry){ { m->nets[i].ip, (unsigned char)m->nets[i].len },
					   (uint32_t)i };
	err = lpm_build(&m->net, e, m->n_nets);
	free(e);
	return err;
}

/* Places and rows of distinct texts, which lie one behind the other. */
static enum err group_names(const struct snapshot_stage *g, const struct stage_name *v, size_t rows,
			    uint32_t first, struct snapshot_name **out, struct str **texts,
			    size_t *n_out, size_t *bytes)
{
	struct part values = { g->values.p, g->values.n };
	struct snapshot_name *names = malloc((rows + 1) * sizeof *names);
	size_t n = 0, at = 0;
	struct str before = STR_NONE;

	*out = names;
	*texts = calloc(rows + 1, sizeof **texts);
	if (!names || !*texts)
		return ERR_NOMEM;
	for (size_t i = 0; i < rows; i++) {
		struct str t = text_at(values, v[i].at);

		if (i && str_eq(t, before))
			continue;
		before = t;
		(*texts)[n] = t;
		names[n++] = (struct snapshot_name){ (uint32_t)at, first + (uint32_t)i };
		at += t.n;
	}
	names[n] = (struct snapshot_name){ (uint32_t)at, first + (uint32_t)rows };
	*n_out = n;
	*bytes = at;
	return ERR_OK;
}

static enum err build_domains(struct making *m, uint64_t seed)
{
	struct nameset_entry *e = calloc(m->n_domains + 1, sizeof *e);
	enum err err;

	if (!e)
		return ERR_NOMEM;
	for (size_t i = 0; i < m->n_domains; i++)
		e[i] = (struct nameset_entry){ .name = m->names[i], .below = true, .id = (uint32_t)i };
	err = nameset_build(&m->domain, e, m->n_domains, seed);
	free(e);
	return err;
}

/* ---- the block ---- */

static unsigned index_bits(size_t n)
{
	unsigned bits = 8;

	while (bits < 24 && (n >> bits) > 8)
		bits++;
	return bits;
}

/* 8 to 16 bits for each key, as long as they are not more than what a cache holds. */
static unsigned filter_bits(size_t n)
{
	unsigned bits = 10;

	while (bits < 26 && ((size_t)1 << bits) < n * 8)
		bits++;
	return bits;
}

static size_t slots_for(size_t n)
{
	return n ? n + n / 2 + 1 : 0;
}

static void *at(const struct making *m, enum section which)
{
	return m->block + m->h->section[which].at;
}

static enum err make_block(struct making *m, struct part lpm[LPM_PARTS],
			   struct part set[NAMESET_PARTS], size_t *bytes)
{
	const struct snapshot_stage *g = m->g;
	size_t rows = g->v4.n + g->v6.n + g->nets.n + g->domains.n + g->urls.n;
	uint64_t n[SECTIONS] = {
		[SEC_NEAR] = NEAR_WORDS * sizeof(uint64_t),
		[SEC_V4] = g->v4.n * sizeof(uint32_t),
		[SEC_V4_INDEX] = ((1u << index_bits(g->v4.n)) + 1) * sizeof(uint32_t),
		[SEC_V4_FILTER] = ((size_t)1 << filter_bits(g->v4.n)) / 8,
		[SEC_V6] = g->v6.n * sizeof(struct ip),
		[SEC_V6_SLOT] = slots_for(m->distinct_v6) * sizeof(uint32_t),
		[SEC_NETS] = m->n_nets * sizeof(struct snapshot_net),
		[SEC_DOMAINS] = (m->n_domains + 1) * sizeof(struct snapshot_name),
		[SEC_URLS] = (m->n_urls + 1) * sizeof(struct snapshot_name),
		[SEC_URL_TEXT] = m->url_bytes,
		[SEC_URL_SLOT] = slots_for(m->n_urls) * sizeof(uint32_t),
		[SEC_ROW] = rows * sizeof(uint32_t),
		[SEC_ATTRIBUTES] = g->attributes.n * sizeof(struct attribute),
		[SEC_TEXT] = g->text.n,
		[SEC_OTHERS] = g->others.n * sizeof(struct snapshot_other),
		[SEC_WITHHELD] = g->withheld.n * sizeof(struct snapshot_withheld),
	};
	uint64_t end = sizeof *m->h;

	for (int i = 0; i < LPM_PARTS; i++)
		n[SEC_LPM + i] = lpm[i].n;
	for (int i = 0; i < NAMESET_PARTS; i++)
		n[SEC_NAMESET + i] = set[i].n;
	for (int i = 0; i < SECTIONS; i++)
		end = (end + SECTION_ALIGN - 1) / SECTION_ALIGN * SECTION_ALIGN + n[i];
	end = (end + 4095) / 4096 * 4096;
	m->block = aligned_alloc(4096, end);
	if (!m->block)
		return ERR_NOMEM;
	m->h = (struct snapshot_header *)m->block;
	*m->h = (struct snapshot_header){ .version = SNAPSHOT_VERSION,
					  .order = SNAPSHOT_ORDER,
					  .bytes = end };
	memcpy(m->h->magic, SNAPSHOT_MAGIC, sizeof m->h->magic);
	*bytes = end;
	end = sizeof *m->h;
	for (int i = 0; i < SECTIONS; i++) {
		uint64_t from = (end + SECTION_ALIGN - 1) / SECTION_ALIGN * SECTION_ALIGN;

		memset(m->block + end, 0, from - end);
		m->h->section[i].at = from;
		m->h->section[i].n = n[i];
		end = from + n[i];
	}
	memset(m->block + end, 0, *bytes - end);
	memset(at(m, SEC_NEAR), 0, n[SEC_NEAR]);
	memset(at(m, SEC_V4_FILTER), 0, n[SEC_V4_FILTER]);
	for (int i = 0; i < LPM_PARTS; i++)
		if (lpm[i].n)
			memcpy(at(m, (enum section)(SEC_LPM + i)), lpm[i].p, lpm[i].n);
	for (int i = 0; i < NAMESET_PARTS; i++)
		if (set[i].n)
			memcpy(at(m, (enum section)(SEC_NAMESET + i)), set[i].p, set[i].n);
	return ERR_OK;
}

static void set(uint64_t *bits, uint64_t i)
{
	bits[i >> 6] |= UINT64_C(1) << (i & 63);
}

static void mark_near(uint64_t *bits, struct cidr c)
{
	if (ip_is_v4(c.ip) && c.len >= 96) {
		uint32_t net = (uint32_t)c.ip.lo >> 8, last = (uint32_t)cidr_last(c).lo >> 8;

		for (;; net++) {
			set(bits, net);
			if (net == last)
				break;
		}
	} else if (c.len < 32 || cidr_has(c, ip_v4(0))) {
		/* Wider than any hash, or around all of IPv4. */
		memset(bits, 0xff, NEAR_WORDS * sizeof *bits);
	} else if (c.len >= 64) {
		set(bits + V4_WORDS, near_v6_hash(c.ip));
	} else {
		set(bits + V4_WORDS + V6_WORDS, near_wide_hash(c.ip));
	}
}

static void put_v4(const struct making *m)
{
	const struct snapshot_stage *g = m->g;
	uint32_t *key = at(m, SEC_V4), *index = at(m, SEC_V4_INDEX), *row = at(m, SEC_ROW);
	unsigned bits = index_bits(g->v4.n);
	uint64_t *near = at(m, SEC_NEAR), *filter = at(m, SEC_V4_FILTER);
	unsigned shift = 32 - filter_bits(g->v4.n);
	size_t next = 0;

	for (size_t i = 0; i < g->v4.n; i++) {
		key[i] = (uint32_t)(g->v4.v[i] >> 32);
		row[i] = (uint32_t)g->v4.v[i];
		while (next <= key[i] >> (32 - bits))
			index[next++] = (uint32_t)i;
		set(near, key[i] >> 8);
		set(filter, near_v4_hash(key[i], shift));
	}
	while (next <= (size_t)1 << bits)
		index[next++] = (uint32_t)g->v4.n;
}

static void put_v6(const struct making *m, uint64_t seed)
{
	const struct snapshot_stage *g = m->g;
	struct ip *key = at(m, SEC_V6);
	uint32_t *slot = at(m, SEC_V6_SLOT), *row = (uint32_t *)at(m, SEC_ROW) + g->v4.n;
	size_t slots = slots_for(m->distinct_v6);

	if (slots)
		memset(slot, 0, slots * sizeof *slot);
	for (size_t i = 0; i < g->v6.n; i++) {
		size_t where;

		key[i] = g->v6.v[i].ip;
		row[i] = g->v6.v[i].attribute;
		if (i && ip_eq(key[i], key[i - 1]))
			continue;
		where = slot_of(ip_hash(key[i], seed), slots);
		while (slot[where])
			where = slot_next(where, slots);
		slot[where] = (uint32_t)i + 1;
		mark_near(at(m, SEC_NEAR), (struct cidr){ key[i], 128 });
	}
}

static void put_nets(const struct making *m)
{
	const struct snapshot_stage *g = m->g;
	uint32_t *row = (uint32_t *)at(m, SEC_ROW) + g->v4.n + g->v6.n;

	for (size_t i = 0; i < g->nets.n; i++)
		row[i] = g->nets.v[i].attribute;
	for (size_t i = 0; i < m->n_nets; i++)
		mark_near(at(m, SEC_NEAR),
			  (struct cidr){ m->nets[i].ip, (unsigned char)m->nets[i].len });
	if (m->n_nets)
		memcpy(at(m, SEC_NETS), m->nets, m->n_nets * sizeof *m->nets);
}

static void put_domains(const struct making *m)
{
	const struct snapshot_stage *g = m->g;
	uint32_t *row = (uint32_t *)at(m, SEC_ROW) + g->v4.n + g->v6.n + g->nets.n;

	for (size_t i = 0; i < g->domains.n; i++)
		row[i] = g->domains.v[i].attribute;
	memcpy(at(m, SEC_DOMAINS), m->domains, (m->n_domains + 1) * sizeof *m->domains);
}

static void put_urls(const struct making *m, const struct str *texts, uint64_t seed)
{
	const struct snapshot_stage *g = m->g;
	uint32_t *row = (uint32_t *)at(m, SEC_ROW) + g->v4.n + g->v6.n + g->nets.n + g->domains.n;
	uint32_t *slot = at(m, SEC_URL_SLOT);
	size_t slots = slots_for(m->n_urls);
	char *text = at(m, SEC_URL_TEXT);

	for (size_t i = 0; i < g->urls.n; i++)
		row[i] = g->urls.v[i].attribute;
	memcpy(at(m, SEC_URLS), m->urls, (m->n_urls + 1) * sizeof *m->urls);
	if (slots)
		memset(slot, 0, slots * sizeof *slot);
	for (size_t i = 0; i < m->n_urls; i++) {
		size_t where = slot_of(str_hash(texts[i], seed), slots);

		while (slot[where])
			where = slot_next(where, slots);
		slot[where] = (uint32_t)i + 1;
		if (texts[i].n)
			memcpy(text + m->urls[i].at, texts[i].p, texts[i].n);
	}
}

static void put_rest(const struct making *m)
{
	const struct snapshot_stage *g = m->g;

	if (g->attributes.n)
		memcpy(at(m, SEC_ATTRIBUTES), g->attributes.v,
		       g->attributes.n * sizeof *g->attributes.v);
	if (g->text.n)
		memcpy(at(m, SEC_TEXT), g->text.p, g->text.n);
	if (g->others.n)
		memcpy(at(m, SEC_OTHERS), g->others.v, g->others.n * sizeof *g->others.v);
	if (g->withheld.n)
		memcpy(at(m, SEC_WITHHELD), g->withheld.v, g->withheld.n * sizeof *g->withheld.v);
}

static void count_distinct(struct making *m)
{
	const struct snapshot_stage *g = m->g;

	for (size_t i = 0; i < g->v4.n; i++)
		m->distinct_v4 += i == 0 || g->v4.v[i] >> 32 != g->v4.v[i - 1] >> 32;
	for (size_t i = 0; i < g->v6.n; i++)
		m->distinct_v6 += i == 0 || !ip_eq(g->v6.v[i].ip, g->v6.v[i - 1].ip);
}

static enum err build(struct snapshot *s, struct making *m, struct str **urls)
{
	const struct snapshot_stage *g = m->g;
	struct part lpm[LPM_PARTS], set[NAMESET_PARTS];
	uint32_t first = (uint32_t)(g->v4.n + g->v6.n + g->nets.n);
	size_t bytes, none;
	enum err e;

	count_distinct(m);
	e = group_nets(m);
	if (!e)
		e = build_nets(m);
	if (!e)
		e = group_names(g, g->domains.v, g->domains.n, first, &m->domains, &m->names,
				&m->n_domains, &none);
	if (!e)
		e = build_domains(m, s->seed);
	if (!e)
		e = group_names(g, g->urls.v, g->urls.n, first + (uint32_t)g->domains.n, &m->urls,
				urls, &m->n_urls, &m->url_bytes);
	if (e)
		return e;
	lpm_parts(&m->net, &m->head, lpm);
	nameset_parts(&m->domain, set);
	e = make_block(m, lpm, set, &bytes);
	if (e)
		return e;
	put_v4(m);
	put_v6(m, s->seed);
	put_nets(m);
	put_domains(m);
	put_urls(m, *urls, s->seed);
	put_rest(m);
	m->h->table_seed = s->seed;
	m->h->distinct = m->distinct_v4 + m->distinct_v6 + m->n_nets + m->n_domains + m->n_urls;
	m->h->records = s->records;
	m->h->digest = s->digest;
	s->block = (struct part){ m->block, bytes };
	s->owned = true;
	return snapshot_view(s, s->block);
}

enum err snapshot_build(struct snapshot *s)
{
	struct snapshot_stage none = { 0 };
	struct making m = { .g = s->stage ? s->stage : &none };
	struct str *urls = NULL;
	enum err e = stage_sort(m.g);

	if (!e)
		e = build(s, &m, &urls);
	free(m.nets);
	free(m.domains);
	free(m.names);
	free(m.urls);
	free(urls);
	lpm_free(&m.net);
	nameset_free(&m.domain);
	stage_free(s->stage);
	s->stage = NULL;
	return e;
}
