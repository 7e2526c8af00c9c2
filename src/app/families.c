/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One name for each family. Names are compared by their letters and digits, without case. In order:
 *
 * - What the program carries counts before anything imported, so that no galaxy moves Emotet.
 * - Malpedia's identifiers (win.emotet) are the name behind the platform, if that is known.
 * - An imported name that is listed below one other family goes by that family's name, which may be
 *   listed below another one in turn (16 steps at most). In a circle the name whose key sorts
 *   first counts. A name that is listed below several different families says nothing and stays as
 *   it is written.
 */
#include "app/carried.h"

#include "store/store.h"

#include <stdlib.h>

enum { STEPS = 16, MET_MAX = 1 << 16, MET_SLOTS = 1 << 17 };

struct str carried_key(struct carried *c, struct str name)
{
	buf_clear(&c->key);
	for (size_t i = 0; i < name.n; i++) {
		char ch = name.p[i];

		if (ch >= 'A' && ch <= 'Z')
			ch = (char)(ch + 32);
		/* Bytes beyond ASCII stay. */
		if ((ch >= 'a' && ch <= 'z') || (ch >= '0' && ch <= '9') || (ch & 0x80))
			buf_ch(&c->key, ch);
	}
	return buf_str(&c->key);
}

bool carried_is_kind(struct str key)
{
	static const char *const kinds[] = {
		"rat",       "bot",        "trojan",   "malware",     "ransomware", "ransom",
		"loader",    "stealer",    "backdoor", "miner",       "worm",       "generic",
		"agent",     "downloader", "dropper",  "unknown",     "botnet",     "banker",
		"keylogger", "rootkit",    "spyware",  "infostealer", "coinminer",  "cryptominer",
		"wiper",     "webshell",   "exploit",  "virus",
	};

	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
		if (str_is(key, kinds[i]))
			return true;
	return key.n < 2;
}

/* ---- imported names ---- */

/* What is said of one key. */
struct claims {
	struct carried *c;
	struct str key;
	struct buf own, other, other_key; /* its own spelling; the one family it is listed below */
	unsigned n;                       /* different families it is listed below */
};

static enum err on_claim(void *ctx, struct str key, struct str family)
{
	struct claims *l = ctx;
	struct str name = carried_own_name(l->c, carried_key(l->c, family)), of;

	(void)key;
	if (name.n == 0)
		name = family;
	of = carried_key(l->c, name);
	if (str_eq(of, l->key)) {
		if (l->own.n == 0)
			buf_puts(&l->own, name);
	} else if (l->n == 0 || !str_eq(of, buf_str(&l->other_key))) {
		l->n++;
		buf_clear(&l->other);
		buf_clear(&l->other_key);
		buf_puts(&l->other, name);
		buf_puts(&l->other_key, of);
	}
	return buf_err(&l->other);
}

/* The keys on the way, with their spellings. */
struct way {
	struct str key[STEPS], name[STEPS];
	size_t n;
	struct arena arena;
};

/* The way is closed at `from`: the name whose key sorts first. */
static struct str first_of(const struct way *w, size_t from)
{
	size_t best = from;

	for (size_t i = from + 1; i < w->n; i++)
		if (str_cmp(w->key[i], w->key[best]) < 0)
			best = i;
	return w->name[best];
}

/* One step; false: the way ends here. */
static bool step(struct claims *l, struct way *w, struct str *name)
{
	struct errinfo ei;

	buf_clear(&l->own);
	buf_clear(&l->other);
	buf_clear(&l->other_key);
	l->n = 0;
	/* A database that cannot be read says so elsewhere; a family's name is no reason to stop. */
	if (store_alias_of(l->c->names, l->key, on_claim, l, &ei))
		return false;
	/* From the second step on the name is that of the family itself. */
	if (w->n == 0 && l->own.n)
		*name = arena_str(&w->arena, buf_str(&l->own));
	if (l->n != 1)
		return false;
	for (size_t i = 0; i < w->n; i++)
		if (str_eq(w->key[i], l->key)) {
			*name = first_of(w, i);
			return false;
		}
	w->key[w->n] = l->key;
	w->name[w->n++] = *name;
	*name = arena_str(&w->arena, buf_str(&l->other));
	l->key = arena_str(&w->arena, buf_str(&l->other_key));
	return true;
}

/* Into c->name. */
static void follow(struct carried *c, struct str key, struct str written)
{
	struct claims l = { .c = c };
	struct way w = { .n = 0 };
	struct str name = written, own;

	arena_init(&w.arena, 1 << 20);
	buf_init(&l.own, 1 << 16);
	buf_init(&l.other, 1 << 16);
	buf_init(&l.other_key, 1 << 16);
	l.key = arena_str(&w.arena, key);
	while (w.n < STEPS && l.key.n && step(&l, &w, &name)) {
		own = carried_own_name(c, l.key);
		if (own.n == 0)
			continue;
		name = own;
		break;
	}
	buf_puts(&c->name, name.p ? name : written);
	buf_free(&l.own);
	buf_free(&l.other);
	buf_free(&l.other_key);
	arena_free(&w.arena);
}

/* ---- asking ---- */

static struct str behind_platform(struct str name)
{
	static const char *const platforms[] = { "win.", "elf.", "osx.", "apk.",    "js.",  "py.",
						 "ps1.", "vbs.", "jar.", "php.",    "asp.", "ios.",
						 "sh.",  "fas.", "aix.", "symbian." };

	for (size_t i = 0; i < sizeof platforms / sizeof platforms[0]; i++)
		if (str_istarts(name, str_of(platforms[i])))
			return str_skip(name, strlen(platforms[i]));
	return STR_NONE;
}

/* Into c->name. */
static void find(struct carried *c, struct str family)
{
	struct str own = carried_own_name(c, carried_key(c, family)), bare = behind_platform(family);

	buf_clear(&c->name);
	if (own.n == 0 && bare.n)
		own = carried_own_name(c, carried_key(c, bare));
	if (own.n) {
		buf_puts(&c->name, own);
		return;
	}
	if (c->names) {
		follow(c, carried_key(c, family), family);
		if (!bare.n || !str_eq(buf_str(&c->name), family))
			return;
		/* Nobody knows it with its platform. */
		buf_clear(&c->name);
		follow(c, carried_key(c, bare), bare);
		if (!str_eq(buf_str(&c->name), bare))
			return;
		buf_clear(&c->name);
	}
	buf_puts(&c->name, family);
}

/* The slot of a family: it is there, or there is room for it. */
static size_t slot_of(const struct carried *c, struct str family)
{
	size_t i = str_hash(family, c->seed) & (MET_SLOTS - 1);

	while (c->met_slot[i] && !str_eq(c->met.v[c->met_slot[i] - 1].written, family))
		i = (i + 1) & (MET_SLOTS - 1);
	return i;
}

struct str carried_family(struct carried *c, struct str family)
{
	struct met_family *made;
	size_t at;

	family = str_trim(family);
	if (family.n == 0)
		return STR_NONE;
	if (!c->met_slot)
		c->met_slot = calloc(MET_SLOTS, sizeof *c->met_slot);
	at = c->met_slot ? slot_of(c, family) : 0;
	if (c->met_slot && c->met_slot[at])
		return c->met.v[c->met_slot[at] - 1].name;
	find(c, family);
	made = c->met_slot && c->met.n < MET_MAX && family.n < 256 ? VEC_PUSH(&c->met) : NULL;
	if (!made)
		return buf_str(&c->name);
	*made = (struct met_family){ arena_str(&c->arena, family),
				     arena_str(&c->arena, buf_str(&c->name)) };
	if (!made->written.p || !made->name.p) {
		c->met.n--;
		return buf_str(&c->name);
	}
	c->met_slot[at] = (uint32_t)c->met.n;
	return made->name;
}
