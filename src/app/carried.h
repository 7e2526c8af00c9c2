/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the program carries about names, ready for use: what families are called, and what each MISP
 * warninglist proves. A few thousand rows, a few hundred KiB.
 */
#ifndef NEZUMI_APP_CARRIED_H
#define NEZUMI_APP_CARRIED_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/vec.h"
#include "core/exset.h"
#include "core/indicator.h"

struct store;

/* A family as it was written, and what it goes by. */
struct met_family {
	struct str written, name;
};

struct carried {
	struct arena arena;
	VEC(struct known_list) known;
	VEC(struct alias) aliases;
	uint16_t *alias_slot;          /* by key */
	VEC(struct exclusion) entries; /* of the lists, once they were asked for */
	/* Whose imported names of families count, too; the caller's to set, NULL: nobody's. */
	struct store *names;
	uint64_t seed; /* the caller's, too: see ip_hash */
	/* Families that were asked for: see carried_family(). */
	VEC(struct met_family) met;
	uint32_t *met_slot;
	struct buf key, name;
	const struct known_list *last_known;
	struct str last_list;
};

/* Free it, whatever came of it. */
MUST enum err carried_load(struct carried *c);
void carried_free(struct carried *c);

/*
 * The one name that a family goes by (Heodo: Emotet), until the next call; as written where nobody
 * knows another. families.c says how that is found. A few hundred families are asked for again and
 * again: what was found is kept (65,536 of them).
 */
struct str carried_family(struct carried *c, struct str family);
/* A name as names are compared: its letters and digits, in lower case; until the next call. */
struct str carried_key(struct carried *c, struct str name);
/* Does a name say nothing but what kind of thing it is ("RAT", "loader")? */
bool carried_is_kind(struct str key);
/* What the program itself calls the family of that key; empty: it does not know it. */
struct str carried_own_name(const struct carried *c, struct str key);

/*
 * Settle what a list's entry proves: its class, list and reason. `classed`: the user said the class
 * of lists that do not say it themselves; `file`: the list's name where it has none. False: it is
 * to be left out, *note (else NULL) says why where the user should know.
 */
bool carried_settle(struct carried *c, struct exclusion *x, bool classed, enum xclass class,
		    struct str file, const char **note);

/* The lists of benign services and of platforms. */
MUST enum err carried_exclusions(enum err (*tell)(void *ctx, const struct exclusion *x), void *ctx);

/* Of these those that hold an address, a network or a domain, or lie in it; for one value after the
 * other: the lists are read once. */
MUST enum err carried_exclusions_at(struct carried *c, const struct indicator *host,
				    enum err (*tell)(void *ctx, const struct exclusion *x), void *ctx);

#endif
