/* SPDX-License-Identifier: Apache-2.0 */
#include "store/load.h"

#include "base/mix.h"

#include <stdlib.h>

enum {
	FAMILIES_MAX = 1 << 20,
	LISTS_MAX = 1 << 16,
	NAME_MAX_BYTES = 4096, /* of a source, family, list or organisation; longer ones are cut */
	NAMES_TEXT = 64 << 20,
};

/* ---- names ---- */

void intern_init(struct intern *n, uint64_t seed, size_t limit)
{
	*n = (struct intern){ .seed = seed };
	arena_init(&n->arena, limit);
}

void intern_free(struct intern *n)
{
	free(n->v.v);
	free(n->slot);
	arena_free(&n->arena);
}

static bool intern_grow(struct intern *n)
{
	size_t slots = n->slots ? 2 * n->slots : 64;
	uint32_t *slot = calloc(slots, sizeof *slot);

	if (!slot)
		return false;
	for (size_t i = 0; i < n->v.n; i++) {
		size_t at = str_hash(n->v.v[i], n->seed) & (slots - 1);

		while (slot[at])
			at = (at + 1) & (slots - 1);
		slot[at] = (uint32_t)i + 1;
	}
	free(n->slot);
	n->slot = slot;
	n->slots = slots;
	return true;
}

enum err intern_add(struct intern *n, struct str name, uint32_t *at)
{
	struct str *made;
	size_t i;

	if (2 * n->v.n >= n->slots && !intern_grow(n))
		return ERR_NOMEM;
	i = str_hash(name, n->seed) & (n->slots - 1);
	for (; n->slot[i]; i = (i + 1) & (n->slots - 1))
		if (str_eq(n->v.v[n->slot[i] - 1], name)) {
			*at = n->slot[i] - 1;
			return ERR_OK;
		}
	name = arena_str(&n->arena, name);
	if (!name.p)
		return ERR_LIMIT;
	made = VEC_PUSH(&n->v);
	if (!made)
		return ERR_NOMEM;
	*made = name;
	n->slot[i] = (uint32_t)n->v.n;
	*at = (uint32_t)n->v.n - 1;
	return ERR_OK;
}

/* ---- records ---- */

static void put_be(struct buf *b, uint64_t v, size_t n)
{
	char *p = buf_room(b, n);

	if (!p)
		return;
	for (size_t i = n; i-- > 0; v >>= 8)
		p[i] = (char)v;
	b->n += n;
}

static uint64_t get_be(const char *p, size_t n)
{
	uint64_t v = 0;

	for (size_t i = 0; i < n; i++)
		v = v << 8 | (unsigned char)p[i];
	return v;
}

uint32_t load_u32(const char *p)
{
	return (uint32_t)get_be(p, 4);
}

/* Times so that bytes sort as they do, none first. */
#define SIGN (UINT64_C(1) << 63)

void says_write(struct buf *b, const struct load_says *s)
{
	put_be(b, s->source, 4);
	put_be(b, s->port, 2);
	put_be(b, s->role, 1);
	put_be(b, s->family, 4);
	put_be(b, (uint64_t)s->first ^ SIGN, 8);
	put_be(b, (uint64_t)s->until ^ SIGN, 8);
	put_be(b, (uint64_t)s->seen ^ SIGN, 8);
	put_be(b, s->confidence, 1);
	put_be(b, s->revoked, 1);
	buf_puts(b, s->reference);
}

void says_read(struct str rest, struct load_says *s)
{
	const char *p = rest.p;

	s->source = (uint32_t)get_be(p, 4);
	s->port = (uint16_t)get_be(p + 4, 2);
	s->role = (uint8_t)p[6];
	s->family = (uint32_t)get_be(p + 7, 4);
	s->first = (int64_t)(get_be(p + 11, 8) ^ SIGN);
	s->until = (int64_t)(get_be(p + 19, 8) ^ SIGN);
	s->seen = (int64_t)(get_be(p + 27, 8) ^ SIGN);
	s->confidence = (uint8_t)p[35];
	s->revoked = (uint8_t)p[36];
	s->reference = str_skip(rest, 37);
}

void load_org_write(struct buf *b, const struct load_org *o)
{
	put_be(b, o->order, 8);
	put_be(b, o->kind, 1);
	for (int i = 0; i < 5; i++) {
		put_be(b, o->text[i].n, 4);
		buf_puts(b, o->text[i]);
	}
}

void load_org_read(struct str rest, struct load_org *o)
{
	o->order = get_be(rest.p, 8);
	o->kind = (uint8_t)rest.p[8];
	rest = str_skip(rest, 9);
	for (int i = 0; i < 5; i++) {
		size_t n = (size_t)get_be(rest.p, 4);

		o->text[i] = str_head(str_skip(rest, 4), n);
		rest = str_skip(rest, 4 + n);
	}
}

/* ---- gathering ---- */

enum err store_load_begin(struct store *s, size_t memory, struct store_load **out)
{
	struct store_load *l = calloc(1, sizeof *l);
	uint64_t seed;
	enum err e;

	if (!l)
		return ERR_NOMEM;
	sqlite3_randomness(sizeof seed, &seed);
	l->s = s;
	arena_init(&l->arena, NAMES_TEXT);
	intern_init(&l->source_names, seed, NAMES_TEXT);
	intern_init(&l->families, seed, NAMES_TEXT);
	buf_init(&l->text, 1 << 20);
	e = sorter_init(&l->sorter, memory < (1 << 20) ? 1 << 20 : memory, s->dir);
	if (e) {
		store_load_free(l);
		return e;
	}
	*out = l;
	return ERR_OK;
}

void store_load_free(struct store_load *l)
{
	if (!l)
		return;
	for (size_t i = 0; i < l->sources.n; i++)
		(void)sqlite3_finalize(l->sources.v[i].old);
	sorter_free(&l->sorter);
	intern_free(&l->source_names);
	intern_free(&l->families);
	arena_free(&l->arena);
	buf_free(&l->text);
	free(l->sources.v);
	free(l->lists.v);
	free(l->tallies.v);
	free(l);
}

enum err store_load_source(struct store_load *l, const struct store_source *source, uint32_t *at,
			   struct errinfo *ei)
{
	struct load_source *made;
	struct str *text[6];
	uint32_t i;
	enum err e;

	if (source->name.n == 0)
		return err_set(ei, ERR_USAGE, "a source without a name");
	e = intern_add(&l->source_names, str_head(source->name, NAME_MAX_BYTES), &i);
	if (e)
		return err_set(ei, e, "%s", err_text(e));
	if (i < l->sources.n) {
		*at = i;
		return ERR_OK;
	}
	if (i >= LOAD_SOURCES_MAX)
		return err_set(ei, ERR_LIMIT,
			       "more than %d sources at once: name the source of all (--source)",
			       LOAD_SOURCES_MAX);
	made = VEC_PUSH(&l->sources);
	if (!made)
		return err_set(ei, ERR_NOMEM, "out of memory");
	*made = (struct load_source){ .is = *source };
	made->is.name = l->source_names.v.v[i];
	made->tally.source = made->is.name;
	text[0] = &made->is.url;
	text[1] = &made->is.format;
	text[2] = &made->is.licence;
	text[3] = &made->is.settings;
	text[4] = &made->is.state;
	text[5] = &made->is.path;
	for (int k = 0; k < 6; k++) {
		*text[k] = arena_str(&l->arena, *text[k]);
		if (!text[k]->p)
			return err_set(ei, ERR_NOMEM, "out of memory");
	}
	*at = i;
	return ERR_OK;
}

enum err store_load_indicator(struct store_load *l, uint32_t source, const struct indicator *i,
			      struct errinfo *ei)
{
	struct load_says says = { .source = source,
				  .port = i->port,
				  .role = (uint8_t)i->role,
				  .first = i->from,
				  .until = i->until,
				  .seen = i->seen,
				  .confidence = i->confidence,
				  .revoked = i->revoked,
				  .reference = str_head(i->reference, LOAD_REFERENCE_MAX) };
	struct str family = str_head(str_trim(i->family), NAME_MAX_BYTES);
	struct key k;
	size_t key_end;
	enum err e;

	if (!key_value(&k, i->type, i->net, i->value))
		return err_set(ei, ERR_LIMIT, "a value that is too long");
	if (i->role == ROLE_CONTROLLER && !i->role_said)
		says.role |= SAID_PRESUMED;
	if (family.n) {
		e = intern_add(&l->families, family, &says.family);
		if (e || ++says.family > FAMILIES_MAX)
			return err_set(ei, e ? e : ERR_LIMIT, "more names of families than %d",
				       FAMILIES_MAX);
	}
	buf_clear(&l->text);
	buf_ch(&l->text, (char)k.type);
	buf_add(&l->text, k.p, k.n);
	key_end = l->text.n;
	says_write(&l->text, &says);
	e = buf_err(&l->text);
	if (e)
		return err_set(ei, e, "%s", err_text(e));
	l->sources.v[source].says = true;
	return sorter_add(&l->sorter, str_head(buf_str(&l->text), key_end),
			  str_skip(buf_str(&l->text), key_end), ei);
}

void store_load_emptied(struct store_load *l, uint32_t source)
{
	l->sources.v[source].says = true;
}

void store_load_adds(struct store_load *l, uint32_t source)
{
	l->sources.v[source].adds = true;
}

enum err store_load_state(struct store_load *l, uint32_t source, struct str state)
{
	struct load_source *s = &l->sources.v[source];

	s->is.state = arena_str(&l->arena, state);
	return s->is.state.p ? ERR_OK : ERR_NOMEM;
}

/* Entries of networks, AS numbers and names as keys. */
static void key_entry(struct key *k, enum entry_type type, struct cidr net, uint32_t as, struct str name)
{
	if (type == ENTRY_NET)
		key_net(k, net);
	else if (type == ENTRY_AS)
		key_as(k, as);
	else
		key_name(k, type == ENTRY_NAME ? V_NAME : V_NAME_BELOW, name);
}

static enum err add_entry(struct store_load *l, enum load_tag tag, uint32_t of, const struct key *k,
			  const struct load_org *o, struct errinfo *ei)
{
	size_t key_end;
	enum err e;

	buf_clear(&l->text);
	buf_ch(&l->text, (char)tag);
	put_be(&l->text, of, 4);
	buf_ch(&l->text, (char)k->type);
	buf_add(&l->text, k->p, k->n);
	key_end = l->text.n;
	if (o)
		load_org_write(&l->text, o);
	e = buf_err(&l->text);
	if (e)
		return err_set(ei, e, "%s", err_text(e));
	return sorter_add(&l->sorter, str_head(buf_str(&l->text), key_end),
			  str_skip(buf_str(&l->text), key_end), ei);
}

enum err store_load_org(struct store_load *l, uint32_t source, const struct org_entry *o,
			struct errinfo *ei)
{
	struct load_org org = { .order = l->orgs++,
				.kind = (uint8_t)o->org.kind,
				.text = { str_head(o->org.id, NAME_MAX_BYTES),
					  str_head(o->org.name, NAME_MAX_BYTES),
					  str_head(o->org.sector, NAME_MAX_BYTES),
					  str_head(o->org.country, NAME_MAX_BYTES),
					  o->org.extra.n <= LOAD_EXTRA_MAX ? o->org.extra : STR_NONE } };
	struct key k;

	key_entry(&k, o->type, o->net, o->as, o->name);
	l->sources.v[source].owns = true;
	return add_entry(l, TAG_ORG, source, &k, &org, ei);
}

/* The list of an entry: mostly that of the one before. */
static enum err list_of(struct store_load *l, uint32_t source, const struct exclusion *x,
			uint32_t *at, struct errinfo *ei)
{
	struct load_list *made;

	for (size_t i = l->lists.n; i-- > 0;) {
		const struct load_list *it = &l->lists.v[i];

		if (it->source == source && it->class == x->class && str_eq(it->name, x->list) &&
		    str_eq(it->reason, x->reason)) {
			*at = (uint32_t)i;
			return ERR_OK;
		}
		if (l->lists.n - i > 64)
			break; /* it may come twice then: no harm */
	}
	if (l->lists.n >= LISTS_MAX)
		return err_set(ei, ERR_LIMIT, "more than %d lists of what is special", LISTS_MAX);
	made = VEC_PUSH(&l->lists);
	if (!made)
		return err_set(ei, ERR_NOMEM, "out of memory");
	*made = (struct load_list){ .source = source,
				    .class = x->class,
				    .name = arena_str(&l->arena, str_head(x->list, NAME_MAX_BYTES)),
				    .reason = arena_str(&l->arena, str_head(x->reason, NAME_MAX_BYTES)) };
	if (!made->name.p || !made->reason.p)
		return err_set(ei, ERR_NOMEM, "out of memory");
	*at = (uint32_t)l->lists.n - 1;
	return ERR_OK;
}

enum err store_load_exclusion(struct store_load *l, uint32_t source, const struct exclusion *x,
			      struct errinfo *ei)
{
	uint32_t list = 0;
	struct key k;
	enum err e = list_of(l, source, x, &list, ei);

	if (e)
		return e;
	key_entry(&k, x->type, x->net, x->as, x->name);
	l->sources.v[source].lists = true;
	return add_entry(l, TAG_EXCLUSION, list, &k, NULL, ei);
}

enum err store_load_alias(struct store_load *l, uint32_t source, struct str key, struct str family,
			  struct errinfo *ei)
{
	size_t key_end;
	enum err e;

	buf_clear(&l->text);
	buf_ch(&l->text, (char)TAG_ALIAS);
	put_be(&l->text, source, 4);
	buf_puts(&l->text, str_head(key, NAME_MAX_BYTES));
	key_end = l->text.n;
	buf_puts(&l->text, str_head(family, NAME_MAX_BYTES));
	e = buf_err(&l->text);
	if (e)
		return err_set(ei, e, "%s", err_text(e));
	l->sources.v[source].names = true;
	return sorter_add(&l->sorter, str_head(buf_str(&l->text), key_end),
			  str_skip(buf_str(&l->text), key_end), ei);
}

void store_load_rejected(struct store_load *l, uint32_t source, uint64_t lines)
{
	l->sources.v[source].rejected += lines;
}

size_t store_load_tallies(const struct store_load *l, const struct load_tally **out)
{
	*out = l->tallies.v;
	return l->tallies.n;
}
