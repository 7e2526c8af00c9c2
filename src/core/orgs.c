/* SPDX-License-Identifier: Apache-2.0 */
#include "core/orgs.h"

#include <stdlib.h>

void orgs_init(struct orgs *o)
{
	*o = (struct orgs){ 0 };
	arena_init(&o->arena, (size_t)4 << 30);
}

void orgs_free(struct orgs *o)
{
	lpm_free(&o->net);
	free(o->entries.v);
	free(o->as.v);
	arena_free(&o->arena);
	orgs_init(o);
}

enum err orgs_add(struct orgs *o, const struct org_entry *e)
{
	struct org_entry copy = *e, *at;
	struct str *const strings[] = { &copy.name,       &copy.org.id,      &copy.org.name,
					&copy.org.sector, &copy.org.country, &copy.org.extra };

	if (o->entries.n >= UINT32_MAX - 1)
		return ERR_LIMIT;
	for (size_t i = 0; i < sizeof strings / sizeof strings[0]; i++) {
		*strings[i] = arena_str(&o->arena, *strings[i]);
		if (!strings[i]->p)
			return ERR_NOMEM;
	}
	at = VEC_PUSH(&o->entries);
	if (!at)
		return ERR_NOMEM;
	*at = copy;
	return ERR_OK;
}

static int by_number(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

enum err orgs_build(struct orgs *o)
{
	struct lpm_entry *e = calloc(o->entries.n + 1, sizeof *e);
	size_t n = 0;
	enum err err = ERR_OK;

	if (!e)
		return ERR_NOMEM;
	for (size_t i = 0; !err && i < o->entries.n; i++) {
		const struct org_entry *one = &o->entries.v[i];

		if (one->type == ENTRY_NET) {
			e[n++] = (struct lpm_entry){ one->net, (uint32_t)i };
		} else if (one->type == ENTRY_AS) {
			uint64_t *at = VEC_PUSH(&o->as);

			if (at)
				*at = (uint64_t)one->as << 32 | i;
			else
				err = ERR_NOMEM;
		}
	}
	if (!err)
		err = lpm_build(&o->net, e, n);
	if (o->as.n)
		qsort(o->as.v, o->as.n, sizeof *o->as.v, by_number);
	free(e);
	return err;
}

const struct org_entry *orgs_find(const struct orgs *o, struct ip ip, uint32_t as)
{
	uint64_t key = (uint64_t)as << 32;
	size_t lo = 0, hi = o->as.n;
	uint32_t id;

	if (lpm_find(&o->net, ip, &id))
		return &o->entries.v[id];
	if (!as)
		return NULL;
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (o->as.v[mid] < key)
			lo = mid + 1;
		else
			hi = mid;
	}
	if (lo < o->as.n && o->as.v[lo] >> 32 == as)
		return &o->entries.v[(uint32_t)o->as.v[lo]];
	return NULL;
}
