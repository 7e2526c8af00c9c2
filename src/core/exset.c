/* SPDX-License-Identifier: Apache-2.0 */
#include "core/exset.h"

#include "core/name.h"

#include <stdlib.h>

void exset_init(struct exset *x, uint64_t seed)
{
	*x = (struct exset){ .seed = seed };
	arena_init(&x->arena, (size_t)4 << 30);
}

void exset_free(struct exset *x)
{
	for (int c = 0; c < X_COUNT; c++)
		lpm_free(&x->net[c]);
	nameset_free(&x->names);
	nameset_free(&x->above_benign);
	free(x->entries.v);
	free(x->as.v);
	arena_free(&x->arena);
	exset_init(x, x->seed);
}

/* The list of an entry. They come whole: mostly it is that of the one before. */
static const struct exlist *list_of(struct exset *x, const struct exclusion *e)
{
	const struct exlist *last = x->entries.n ? x->entries.v[x->entries.n - 1].list : NULL;
	struct exlist *made;

	if (last && str_eq(last->name, e->list) && str_eq(last->reason, e->reason))
		return last;
	made = arena_alloc(&x->arena, sizeof *made);
	if (!made)
		return NULL;
	made->name = arena_str(&x->arena, e->list);
	made->reason = arena_str(&x->arena, e->reason);
	return made->name.p && made->reason.p ? made : NULL;
}

enum err exset_add(struct exset *x, const struct exclusion *e)
{
	struct exentry copy = { .type = (uint8_t)e->type, .class = (uint8_t)e->class };
	struct exentry *at;

	if (x->entries.n >= UINT32_MAX - 1)
		return ERR_LIMIT;
	copy.list = list_of(x, e);
	if (e->type == ENTRY_NET)
		copy.net = e->net;
	else if (e->type == ENTRY_AS)
		copy.as = e->as;
	else
		copy.name = arena_str(&x->arena, e->name);
	if (!copy.list || (exentry_is_name(&copy) && !copy.name.p))
		return ERR_NOMEM;
	at = VEC_PUSH(&x->entries);
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

static enum err build_nets(struct exset *x, enum xclass c)
{
	struct lpm_entry *e = calloc(x->entries.n + 1, sizeof *e);
	size_t n = 0;
	enum err err;

	if (!e)
		return ERR_NOMEM;
	for (size_t i = 0; i < x->entries.n; i++)
		if (x->entries.v[i].type == ENTRY_NET && x->entries.v[i].class == c)
			e[n++] = (struct lpm_entry){ x->entries.v[i].net, (uint32_t)i };
	err = lpm_build(&x->net[c], e, n);
	free(e);
	return err;
}

static enum err build_names(struct exset *x)
{
	/* At equal names the first given wins: provider before benign before the rest. */
	static const enum xclass order[] = { X_PROVIDER, X_BENIGN, X_SCANNER, X_SINKHOLE, X_RESEARCH };
	struct nameset_entry *e = calloc(x->entries.n + 1, sizeof *e);
	size_t n = 0;
	enum err err;

	if (!e)
		return ERR_NOMEM;
	for (size_t k = 0; k < sizeof order / sizeof order[0]; k++)
		for (size_t i = 0; i < x->entries.n; i++) {
			const struct exentry *one = &x->entries.v[i];

			if (one->class == order[k] && exentry_is_name(one))
				e[n++] = (struct nameset_entry){ .name = one->name,
								 .below = one->type == ENTRY_NAME_BELOW,
								 .id = (uint32_t)i };
		}
	err = nameset_build(&x->names, e, n, x->seed);
	free(e);
	return err;
}

/* Every name strictly above a benign one, so that asking for what lies below takes one look-up.
 * Most names share those above them, and often with the one just before. */
static enum err build_above_benign(struct exset *x)
{
	VEC(struct nameset_entry) v = { 0 };
	struct str seen[256] = { { "", 0 } };
	enum err e = ERR_OK;

	for (size_t i = 0; !e && i < x->entries.n; i++) {
		const struct exentry *one = &x->entries.v[i];
		struct str above;

		if (one->class != X_BENIGN || !exentry_is_name(one))
			continue;
		for (above = name_parent(one->name); !e && above.n; above = name_parent(above)) {
			struct str *same = &seen[(above.n * 31 + (unsigned char)above.p[0]) % 256];
			struct nameset_entry *at;

			if (str_eq(*same, above))
				break; /* and with it all above it */
			*same = above;
			at = VEC_PUSH(&v);
			if (at)
				*at = (struct nameset_entry){ .name = above, .id = (uint32_t)i };
			else
				e = ERR_NOMEM;
		}
	}
	if (!e)
		e = nameset_build(&x->above_benign, v.v, v.n, x->seed);
	free(v.v);
	return e;
}

enum err exset_build(struct exset *x)
{
	enum err e = build_names(x);

	if (!e)
		e = build_above_benign(x);

	for (int c = 0; !e && c < X_COUNT; c++)
		e = build_nets(x, (enum xclass)c);
	for (size_t i = 0; !e && i < x->entries.n; i++)
		if (x->entries.v[i].type == ENTRY_AS) {
			uint64_t *at = VEC_PUSH(&x->as);

			if (at)
				*at = (uint64_t)x->entries.v[i].as << 32 | i;
			else
				e = ERR_NOMEM;
		}
	if (x->as.n)
		qsort(x->as.v, x->as.n, sizeof *x->as.v, by_number);
	return e;
}

const struct exentry *exset_ip(const struct exset *x, enum xclass c, struct ip ip)
{
	uint32_t id;

	return lpm_find(&x->net[c], ip, &id) ? &x->entries.v[id] : NULL;
}

const struct exentry *exset_overlap(const struct exset *x, enum xclass c, struct cidr net)
{
	uint32_t id;

	return lpm_overlap(&x->net[c], net, &id) ? &x->entries.v[id] : NULL;
}

/* At equal length the class decides: provider, benign, the rest. */
static int rank(enum xclass c)
{
	return c == X_PROVIDER ? 0 : c == X_BENIGN ? 1 : 2;
}

const struct exentry *exset_name(const struct exset *x, struct str name, size_t *labels)
{
	const struct exentry *best = NULL, *bare;
	size_t n = 0, n_bare;
	uint32_t id;

	if (nameset_find(&x->names, name, &id, &n))
		best = &x->entries.v[id];
	/* An exact entry speaks for its www form too. */
	if (str_starts(name, STR("www.")) && nameset_find(&x->names, str_skip(name, 4), &id, &n_bare)) {
		bare = &x->entries.v[id];
		if (bare->type == ENTRY_NAME &&
		    (!best || n_bare > n || (n_bare == n && rank(bare->class) < rank(best->class)))) {
			best = bare;
			n = n_bare;
		}
	}
	if (best)
		*labels = n;
	return best;
}

const struct exentry *exset_benign_below(const struct exset *x, struct str d)
{
	uint32_t id;

	return nameset_find(&x->above_benign, d, &id, NULL) ? &x->entries.v[id] : NULL;
}

const struct exentry *exset_as(const struct exset *x, enum xclass c, uint32_t as)
{
	uint64_t key = (uint64_t)as << 32;
	size_t lo = 0, hi = x->as.n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (x->as.v[mid] < key)
			lo = mid + 1;
		else
			hi = mid;
	}
	for (; lo < x->as.n && x->as.v[lo] >> 32 == as; lo++) {
		const struct exentry *e = &x->entries.v[(uint32_t)x->as.v[lo]];

		if (e->class == c)
			return e;
	}
	return NULL;
}

const struct exentry *exset_host(const struct exset *x, struct ip ip, uint32_t as)
{
	static const enum xclass order[] = { X_SCANNER, X_SINKHOLE, X_RESEARCH, X_BENIGN, X_PROVIDER };
	enum { N = sizeof order / sizeof order[0] };
	const struct exentry *e = NULL;

	for (int i = 0; !e && i < N; i++)
		e = exset_ip(x, order[i], ip);
	for (int i = 0; !e && as && i < N; i++)
		e = exset_as(x, order[i], as);
	return e;
}

struct str exentry_reason(const struct exentry *e)
{
	static const char *const by_class[X_COUNT] = {
		[X_BENIGN] = "allow-listed", [X_PROVIDER] = "hosting",  [X_SCANNER] = "scanner",
		[X_SINKHOLE] = "sinkhole",   [X_RESEARCH] = "research",
	};

	return e->list->reason.n ? e->list->reason : str_of(by_class[e->class]);
}

void exentry_detail(struct buf *b, const struct exentry *e)
{
	buf_puts(b, e->list->name);
	buf_c(b, ": ");
	if (e->type == ENTRY_NET)
		cidr_format(b, e->net);
	else if (e->type == ENTRY_AS)
		buf_fmt(b, "AS%u", e->as);
	else
		buf_fmt(b, "%s%.*s", e->type == ENTRY_NAME_BELOW ? "." : "", STR_ARG(e->name));
}
