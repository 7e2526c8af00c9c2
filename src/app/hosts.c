/* SPDX-License-Identifier: Apache-2.0 */
#include "app/hosts.h"

#include <stdlib.h>

enum err hosts_init(struct hosts *h, const struct lists *l, struct ownership *o)
{
	*h = (struct hosts){ .lists = l, .ownership = o, .mask = 1023 };
	arena_init(&h->arena, (size_t)4 << 30);
	h->slot = calloc(h->mask + 1, sizeof *h->slot);
	return h->slot ? ERR_OK : ERR_NOMEM;
}

void hosts_free(struct hosts *h)
{
	free(h->v.v);
	free(h->slot);
	arena_free(&h->arena);
}

/* The organisation of an address that no entry of the table holds. */
static enum err org_of_owner(struct hosts *h, const struct host *at, struct org *out)
{
	struct org org = { STR("unknown"), STR("unknown"), STR_NONE, STR_NONE, ORG_UNKNOWN, STR_NONE };
	char id[16];
	int n;

	if (at->owner.asn) {
		n = snprintf(id, sizeof id, "AS%u", at->owner.asn);
		org.id = arena_str(&h->arena, (struct str){ id, (size_t)n });
		org.name = at->owner.as_name.n ? at->owner.as_name : org.id;
		org.country = at->owner.country;
		if (exset_as(&h->lists->exset, X_PROVIDER, at->owner.asn) ||
		    exset_ip(&h->lists->exset, X_PROVIDER, at->ip))
			org.kind = ORG_HOSTING;
		if (!org.id.p)
			return ERR_NOMEM;
	}
	*out = org;
	return ERR_OK;
}

/* What the table's kind says about a host that it holds, or an empty string. */
static struct str excluding_kind(enum org_kind k)
{
	bool excludes = k == ORG_SCANNER || k == ORG_SINKHOLE || k == ORG_RESEARCH ||
			k == ORG_RESOLVER || k == ORG_HOSTING;

	return excludes ? str_of(org_kind_text(k)) : STR_NONE;
}

static enum err look_up(struct hosts *h, struct host *at)
{
	const struct org_entry *entry;
	const struct exentry *x;
	struct buf detail;
	enum err e = ERR_OK;

	ownership_find(h->ownership, at->ip, &at->owner);
	entry = orgs_find(&h->lists->orgs, at->ip, at->owner.asn);
	if (entry)
		at->org = entry->org;
	else
		e = org_of_owner(h, at, &at->org);
	if (e)
		return e;
	buf_init(&detail, 1 << 16);
	if (entry && excluding_kind(entry->org.kind).n) {
		at->excluded = excluding_kind(entry->org.kind);
		buf_c(&detail, "organisations: ");
		if (entry->type == ENTRY_NET)
			cidr_format(&detail, entry->net);
		else
			buf_fmt(&detail, "AS%u", entry->as);
	} else {
		x = exset_host(&h->lists->exset, at->ip, at->owner.asn);
		if (x) {
			at->excluded = exentry_reason(x);
			exentry_detail(&detail, x);
		}
	}
	at->detail = arena_str(&h->arena, buf_str(&detail));
	e = buf_err(&detail);
	buf_free(&detail);
	return e || at->detail.p ? e : ERR_NOMEM;
}

static enum err grow(struct hosts *h)
{
	size_t mask = h->mask * 2 + 1;
	uint32_t *slot = calloc(mask + 1, sizeof *slot);

	if (!slot)
		return ERR_NOMEM;
	for (size_t i = 0; i < h->v.n; i++) {
		size_t at = ip_hash(h->v.v[i].ip, h->lists->snapshot.seed) & mask;

		while (slot[at])
			at = (at + 1) & mask;
		slot[at] = (uint32_t)i + 1;
	}
	free(h->slot);
	h->slot = slot;
	h->mask = mask;
	return ERR_OK;
}

enum err hosts_find(struct hosts *h, struct ip ip, uint32_t *index)
{
	size_t at = ip_hash(ip, h->lists->snapshot.seed) & h->mask;
	struct host *new;
	enum err e;

	for (; h->slot[at]; at = (at + 1) & h->mask)
		if (ip_eq(h->v.v[h->slot[at] - 1].ip, ip)) {
			*index = h->slot[at] - 1;
			return ERR_OK;
		}
	new = h->v.n < UINT32_MAX - 1 ? VEC_PUSH(&h->v) : NULL;
	if (!new)
		return ERR_NOMEM;
	*new = (struct host){ .ip = ip };
	e = look_up(h, new);
	if (e)
		return e;
	h->slot[at] = (uint32_t)h->v.n;
	*index = (uint32_t)h->v.n - 1;
	return h->v.n * 2 > h->mask ? grow(h) : ERR_OK;
}
