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

struct carried {
	struct arena arena;
	VEC(struct known_list) known;
	VEC(struct alias) aliases;
	VEC(struct exclusion) entries; /* of the lists, once they were asked for */
	struct buf key;
	const struct known_list *last_known;
	struct str last_list;
};

/* Free it, whatever came of it. */
MUST enum err carried_load(struct carried *c);
void carried_free(struct carried *c);

/* The one name that a family goes by (Heodo: Emotet); as written where nobody knows another. */
struct str carried_family(struct carried *c, struct str family);

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
