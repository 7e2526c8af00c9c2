/* SPDX-License-Identifier: Apache-2.0 */
#include "core/owners.h"

static uint64_t padded(uint64_t n)
{
	return (n + 7) & ~UINT64_C(7);
}

enum err owners_open(struct owners *o, struct str bytes, bool whole, struct errinfo *ei)
{
	const struct owners_header *h = (const void *)bytes.p;
	struct owners made = { .bytes = bytes };
	uint64_t left;
	const char *p;

	if (bytes.n < sizeof *h || memcmp(h->magic, OWNERS_MAGIC, sizeof h->magic) != 0)
		return err_set(ei, ERR_PARSE, "not a file of owners of this version");
	p = bytes.p + sizeof *h;
	left = bytes.n - sizeof *h;
	if (h->n_as > left / sizeof *made.as)
		return err_set(ei, ERR_PARSE, "the file of owners is cut off");
	made.as = (const void *)p;
	made.n_as = h->n_as;
	p += h->n_as * sizeof *made.as;
	left -= h->n_as * sizeof *made.as;
	if (h->names_bytes > left || padded(h->names_bytes) > left)
		return err_set(ei, ERR_PARSE, "the file of owners is cut off");
	made.names = (struct str){ p, h->names_bytes };
	p += padded(h->names_bytes);
	left -= padded(h->names_bytes);
	for (int i = 0; i < 4; i++) {
		uint64_t n = h->n_ranges[i];

		if (n > left / sizeof **made.ranges)
			return err_set(ei, ERR_PARSE, "the file of owners is cut off");
		made.ranges[i] = (const void *)p;
		made.n_ranges[i] = n;
		p += n * sizeof **made.ranges;
		left -= n * sizeof **made.ranges;
	}
	if (left || (whole && str_hash(str_skip(bytes, sizeof *h), 0) != h->hash))
		return err_set(ei, ERR_PARSE, "the file of owners is damaged");
	for (uint64_t i = 0; whole && i < made.n_as; i++)
		if ((uint64_t)made.as[i].name_at + made.as[i].name_n > h->names_bytes)
			return err_set(ei, ERR_PARSE, "the file of owners is damaged");
	*o = made;
	return ERR_OK;
}

static const struct owners_range *find(const struct owners_range *r, uint64_t n, struct ip ip)
{
	uint64_t lo = 0, hi = n;

	while (lo < hi) {
		uint64_t mid = lo + (hi - lo) / 2;

		if (ip_cmp(r[mid].first, ip) <= 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo && ip_cmp(ip, r[lo - 1].last) <= 0 ? &r[lo - 1] : NULL;
}

void owners_find(const struct owners *o, struct ip ip, struct owner *out)
{
	int v6 = !ip_is_v4(ip);
	const struct owners_range *as = find(o->ranges[v6], o->n_ranges[v6], ip);
	const struct owners_range *country = find(o->ranges[2 + v6], o->n_ranges[2 + v6], ip);

	*out = (struct owner){ 0, STR_NONE, STR_NONE };
	if (as && as->what < o->n_as) {
		const struct owners_as *a = &o->as[as->what];

		out->asn = a->number;
		out->as_name = str_head(str_skip(o->names, a->name_at), a->name_n);
	}
	if (country)
		out->country = (struct str){ (const char *)&country->what, 2 };
}
