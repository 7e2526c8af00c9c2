/* SPDX-License-Identifier: Apache-2.0 */
#include "core/snapshot_parts.h"

#include <stdlib.h>

void snapshot_init(struct snapshot *s, uint64_t seed)
{
	*s = (struct snapshot){ .seed = seed };
}

void snapshot_free(struct snapshot *s)
{
	stage_free(s->stage);
	if (s->owned)
		free(s->block.p);
	snapshot_init(s, s->seed);
}

/* ---- addresses ---- */

/* The first key that is not below it, of those that begin alike. */
static inline size_t v4_place(const struct snapshot *s, uint32_t v4)
{
	const uint32_t *index = s->v4.index + (v4 >> s->v4.shift), *key = s->v4.key + index[0];
	size_t n = index[1] - index[0];

	if (n == 0)
		return index[0];
	while (n > 1) {
		size_t half = n / 2;

		key += key[half - 1] < v4 ? half : 0;
		n -= half;
	}
	return (size_t)(key - s->v4.key) + (*key < v4);
}

static bool v4_rows(const struct snapshot *s, uint32_t v4, struct ind_range *out)
{
	size_t at = v4_place(s, v4), n = 0;

	while (at + n < s->v4.n && s->v4.key[at + n] == v4)
		n++;
	*out = (struct ind_range){ (uint32_t)at, (uint32_t)n };
	return n > 0;
}

static bool v6_rows(const struct snapshot *s, struct ip ip, struct ind_range *out)
{
	size_t n = 0, first, slots = s->v6.slots;

	if (!slots)
		return false;
	for (size_t at = slot_of(ip_hash(ip, s->table_seed), slots);; at = slot_next(at, slots)) {
		if (!s->v6.slot[at])
			return false;
		first = s->v6.slot[at] - 1;
		if (ip_eq(s->v6.key[first], ip))
			break;
	}
	while (first + n < s->v6.n && ip_eq(s->v6.key[first + n], ip))
		n++;
	*out = (struct ind_range){ (uint32_t)(s->v4.n + first), (uint32_t)n };
	return true;
}

bool snapshot_lists(const struct snapshot *s, struct ip ip)
{
	struct ind_range rows;
	uint32_t net;

	if (ip_is_v4(ip)) {
		uint32_t v4 = (uint32_t)ip.lo;

		if (near_bit(s->v4.filter, near_v4_hash(v4, s->v4.filter_shift))) {
			size_t at = v4_place(s, v4);

			if (at < s->v4.n && s->v4.key[at] == v4)
				return true;
		}
	} else if (v6_rows(s, ip, &rows)) {
		return true;
	}
	return s->nets.n && lpm_find(&s->net, ip, &net);
}

size_t snapshot_addr(const struct snapshot *s, struct ip ip, struct ind_range out[ADDR_RANGES_MAX])
{
	size_t n = 0;
	uint32_t net;

	if (!snapshot_near(s, ip))
		return 0;
	if (ip_is_v4(ip) ? v4_rows(s, (uint32_t)ip.lo, &out[0]) : v6_rows(s, ip, &out[0]))
		n++;
	if (lpm_find(&s->net, ip, &net))
		for (; net != UINT32_MAX && n < ADDR_RANGES_MAX; net = s->nets.v[net].parent)
			out[n++] = (struct ind_range){ s->nets.v[net].first, s->nets.v[net].n };
	return n;
}

/* ---- names ---- */

static struct ind_range name_rows(const struct snapshot_names *names, uint32_t i)
{
	return (struct ind_range){ names->v[i].first, names->v[i + 1].first - names->v[i].first };
}

static struct str name_text(const struct snapshot_names *names, uint32_t i)
{
	return (struct str){ names->text + names->v[i].at, names->v[i + 1].at - names->v[i].at };
}

bool snapshot_domain(const struct snapshot *s, struct str name, uint32_t *domain, size_t *labels)
{
	return s->domains.n && nameset_find(&s->domain, name, domain, labels);
}

bool snapshot_url(const struct snapshot *s, struct str url, uint32_t *index)
{
	size_t slots = s->url_slots, at;

	if (!slots)
		return false;
	for (at = slot_of(str_hash(url, s->table_seed), slots); s->url_slot[at];
	     at = slot_next(at, slots))
		if (str_eq(name_text(&s->urls, s->url_slot[at] - 1), url)) {
			*index = s->url_slot[at] - 1;
			return true;
		}
	return false;
}

struct ind_range snapshot_domain_rows(const struct snapshot *s, uint32_t domain)
{
	return name_rows(&s->domains, domain);
}

struct ind_range snapshot_url_rows(const struct snapshot *s, uint32_t url)
{
	return name_rows(&s->urls, url);
}

struct str snapshot_domain_text(const struct snapshot *s, uint32_t domain)
{
	return name_text(&s->domains, domain);
}

struct str snapshot_url_text(const struct snapshot *s, uint32_t url)
{
	return name_text(&s->urls, url);
}

/* ---- what rows say ---- */

/* Of an attribute by its number, which a file may have wrong. */
static const struct attribute *attribute_at(const struct snapshot *s, uint32_t number)
{
	return &s->attributes[number < s->n_attributes ? number : 0];
}

const struct attribute *snapshot_attribute(const struct snapshot *s, uint32_t row)
{
	return attribute_at(s, s->row[row]);
}

struct str snapshot_text(const struct snapshot *s, uint32_t at)
{
	return text_at(s->text, at);
}

void attribute_tell(struct part text, const struct attribute *a, struct indicator *out)
{
	*out = (struct indicator){ .role = a->role <= ROLE_INFECTED_HOST ? (enum role)a->role : ROLE_OTHER,
				   .port = a->port,
				   .revoked = a->revoked,
				   .confidence = a->confidence,
				   .value = STR_NONE,
				   .family = text_at(text, a->family),
				   .source = text_at(text, a->source),
				   .reference = text_at(text, a->reference),
				   .from = a->from,
				   .until = a->until };
}

/* ---- all of it ---- */

struct telling {
	const struct snapshot *s;
	snapshot_fn tell;
	void *ctx;
	enum err e;
};

static void tell_rows(struct telling *t, enum itype type, struct cidr net, struct str value,
		      struct ind_range rows)
{
	for (uint32_t i = 0; !t->e && i < rows.n; i++) {
		struct indicator one;

		attribute_tell(t->s->text, snapshot_attribute(t->s, rows.first + i), &one);
		one.type = type;
		one.net = net;
		one.value = value;
		t->e = t->tell(t->ctx, &one);
	}
}

enum err snapshot_each(const struct snapshot *s, snapshot_fn tell, void *ctx)
{
	struct telling t = { s, tell, ctx, ERR_OK };

	for (uint32_t i = 0; i < s->v4.n; i++)
		tell_rows(&t, IT_IP, (struct cidr){ ip_v4(s->v4.key[i]), 128 }, STR_NONE,
			  (struct ind_range){ i, 1 });
	for (uint32_t i = 0; i < s->v6.n; i++)
		tell_rows(&t, IT_IP, (struct cidr){ s->v6.key[i], 128 }, STR_NONE,
			  (struct ind_range){ (uint32_t)s->v4.n + i, 1 });
	for (size_t i = 0; i < s->nets.n; i++) {
		const struct snapshot_net *n = &s->nets.v[i];

		tell_rows(&t, IT_CIDR, (struct cidr){ ip_mask(n->ip, n->len), (unsigned char)n->len },
			  STR_NONE, (struct ind_range){ n->first, n->n });
	}
	for (uint32_t i = 0; i < s->domains.n; i++)
		tell_rows(&t, IT_DOMAIN, (struct cidr){ 0 }, name_text(&s->domains, i),
			  name_rows(&s->domains, i));
	for (uint32_t i = 0; i < s->urls.n; i++)
		tell_rows(&t, IT_URL, (struct cidr){ 0 }, name_text(&s->urls, i),
			  name_rows(&s->urls, i));
	return t.e;
}

enum err snapshot_others(const struct snapshot *s, snapshot_fn tell, void *ctx)
{
	enum err e = ERR_OK;

	for (size_t i = 0; !e && i < s->n_others; i++) {
		const struct snapshot_other *o = &s->others[i];
		struct indicator one;

		/* A file need not be what was written. */
		if (o->type > IT_HASH || o->len > 128 || !s->n_attributes)
			continue;
		attribute_tell(s->text, attribute_at(s, o->attribute), &one);
		one.type = (enum itype)o->type;
		one.net = (struct cidr){ ip_mask(o->ip, o->len), (unsigned char)o->len };
		one.value = text_at(s->text, o->value);
		e = tell(ctx, &one);
	}
	return e;
}

void snapshot_withheld(const struct snapshot *s, size_t i, struct str text[4])
{
	for (int k = 0; k < 4; k++)
		text[k] = text_at(s->text, s->withheld[i].text[k]);
}
