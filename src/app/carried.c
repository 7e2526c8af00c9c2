/* SPDX-License-Identifier: Apache-2.0 */
#include "app/carried.h"

#include "app/catalogue.h"
#include "core/name.h"

#include <assert.h>
#include <stdlib.h>

enum { ALIAS_SLOTS = 8192 /* some 1,300 names */ };

/* What a catalogue says of a MISP warninglist. */
struct known_list {
	struct str name, reason;
	bool ignore;
	enum xclass class;
};

struct alias {
	struct str key, family; /* key: lower case letters and digits only */
};

static enum err known_row(void *ctx, const struct str field[ROW_FIELDS])
{
	struct carried *c = ctx;
	struct known_list *k = VEC_PUSH(&c->known);

	if (!k)
		return ERR_NOMEM;
	*k = (struct known_list){ .name = arena_str(&c->arena, field[1]),
				  .reason = arena_str(&c->arena, field[3]) };
	k->ignore = !xclass_parse(field[2], &k->class);
	return k->name.p && k->reason.p ? ERR_OK : ERR_NOMEM;
}

/* The slot of a name: it is there, or there is room for it. The names are the program's own: nobody
 * chooses them so that they meet in one slot. */
static size_t slot_of_alias(const struct carried *c, struct str key)
{
	size_t i = str_hash(key, 0) & (ALIAS_SLOTS - 1);

	while (c->alias_slot[i] && !str_eq(c->aliases.v[c->alias_slot[i] - 1].key, key))
		i = (i + 1) & (ALIAS_SLOTS - 1);
	return i;
}

static enum err alias_row(void *ctx, const struct str field[ROW_FIELDS])
{
	struct carried *c = ctx;
	struct alias a = { arena_str(&c->arena, carried_key(c, field[1])), STR_NONE };
	struct alias *before = c->aliases.n ? &c->aliases.v[c->aliases.n - 1] : NULL, *made;
	size_t at;

	/* Names of one family stand together. */
	a.family = before && str_eq(before->family, field[0]) ? before->family
							      : arena_str(&c->arena, field[0]);
	if (!a.key.p || !a.family.p)
		return ERR_NOMEM;
	at = slot_of_alias(c, a.key);
	if (c->alias_slot[at])
		return ERR_OK;
	assert(c->aliases.n < ALIAS_SLOTS / 2);
	made = VEC_PUSH(&c->aliases);
	if (!made)
		return ERR_NOMEM;
	*made = a;
	c->alias_slot[at] = (uint16_t)c->aliases.n;
	return ERR_OK;
}

static int by_name(const void *x, const void *y)
{
	return str_cmp(((const struct known_list *)x)->name, ((const struct known_list *)y)->name);
}

enum err carried_load(struct carried *c)
{
	enum err e;

	*c = (struct carried){ 0 };
	arena_init(&c->arena, (size_t)64 << 20);
	buf_init(&c->key, 1 << 20);
	buf_init(&c->name, 1 << 20);
	c->alias_slot = calloc(ALIAS_SLOTS, sizeof *c->alias_slot);
	e = c->alias_slot ? catalogue_rows(catalogue_warninglists(), known_row, c) : ERR_NOMEM;
	if (!e)
		e = catalogue_rows(catalogue_families(), alias_row, c);
	if (c->known.n)
		qsort(c->known.v, c->known.n, sizeof *c->known.v, by_name);
	return e;
}

void carried_free(struct carried *c)
{
	free(c->known.v);
	free(c->aliases.v);
	free(c->alias_slot);
	free(c->entries.v);
	free(c->met.v);
	free(c->met_slot);
	buf_free(&c->key);
	buf_free(&c->name);
	arena_free(&c->arena);
}

struct str carried_own_name(const struct carried *c, struct str key)
{
	uint16_t at = c->alias_slot && key.n ? c->alias_slot[slot_of_alias(c, key)] : 0;

	return at ? c->aliases.v[at - 1].family : STR_NONE;
}

static const struct known_list *known_list(struct carried *c, struct str name)
{
	struct known_list key = { .name = name };

	if (c->last_list.n && str_eq(c->last_list, name))
		return c->last_known;
	c->last_known = c->known.n ? bsearch(&key, c->known.v, c->known.n, sizeof key, by_name) : NULL;
	c->last_list = c->last_known ? c->last_known->name : STR_NONE;
	return c->last_known;
}

bool carried_settle(struct carried *c, struct exclusion *x, bool classed, enum xclass class,
		    struct str file, const char **note)
{
	*note = NULL;
	if (!x->classed) {
		const struct known_list *k = x->list.n ? known_list(c, x->list) : NULL;

		if (k && k->ignore)
			return false;
		if (!k && x->list.n && !classed) {
			/* To believe it benign could hide a controller. */
			*note = "a warninglist of unknown class: left out";
			return false;
		}
		x->class = k ? k->class : classed ? class : X_BENIGN;
		if (k)
			x->reason = k->reason;
	}
	if (x->list.n == 0)
		x->list = file;
	return true;
}

/* ---- the lists themselves ---- */

struct telling {
	enum err (*tell)(void *ctx, const struct exclusion *x);
	void *ctx;
	enum xclass class;
};

static enum err builtin_row(void *ctx, const struct str field[ROW_FIELDS])
{
	const struct telling *t = ctx;
	struct exclusion e = { .list = STR("built-in"), .class = t->class, .reason = STR_NONE };
	struct str value = field[0];

	if (t->class == X_BENIGN && str_is(field[1], "resolver"))
		e.reason = STR("resolver");
	if (cidr_parse(value, &e.net)) {
		e.type = ENTRY_NET;
	} else {
		e.type = value.p[0] == '.' ? ENTRY_NAME_BELOW : ENTRY_NAME;
		e.name = e.type == ENTRY_NAME_BELOW ? str_skip(value, 1) : value;
	}
	return t->tell(t->ctx, &e);
}

enum err carried_exclusions(enum err (*tell)(void *ctx, const struct exclusion *x), void *ctx)
{
	struct telling t = { tell, ctx, X_BENIGN };
	enum err e = catalogue_rows(catalogue_benign(), builtin_row, &t);

	t.class = X_PROVIDER;
	return e ? e : catalogue_rows(catalogue_platforms(), builtin_row, &t);
}

static enum err keep_entry(void *ctx, const struct exclusion *x)
{
	struct carried *c = ctx;
	struct exclusion *to = VEC_PUSH(&c->entries);

	if (!to)
		return ERR_NOMEM;
	*to = *x;
	if (x->type == ENTRY_NET)
		return ERR_OK;
	to->name = arena_str(&c->arena, x->name);
	return to->name.p ? ERR_OK : ERR_NOMEM;
}

enum err carried_exclusions_at(struct carried *c, const struct indicator *host,
			       enum err (*tell)(void *ctx, const struct exclusion *x), void *ctx)
{
	bool address = host->type == IT_IP || host->type == IT_CIDR;
	enum err e = ERR_OK;

	if (!address && host->type != IT_DOMAIN)
		return ERR_OK;
	if (c->entries.n == 0)
		e = carried_exclusions(keep_entry, c);
	/* Some hundred of them: to look at each is a matter of microseconds. */
	for (size_t i = 0; !e && i < c->entries.n; i++) {
		const struct exclusion *x = &c->entries.v[i];

		if (x->type == ENTRY_NET ? address && cidr_overlaps(x->net, host->net)
					 : !address && (name_under(host->value, x->name) ||
							name_under(x->name, host->value)))
			e = tell(ctx, x);
	}
	return e;
}
