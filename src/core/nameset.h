/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which listed domain covers this name? A set of 10 to 2,000,000 domain names, each either exact
 * or covering everything below it too. Built once, then only read, by any number of threads.
 *
 * A trie of labels from the right, kept flat in one hash table: a look-up goes from the last label
 * to the left and stops where the set knows nothing further, so most names that are not covered
 * cost a look at their last label and one miss in a small filter. A hit costs 3 cache misses a
 * label beyond the common ones. Names being looked up may be any bytes of any length.
 *
 * Memory: names are copied (their bytes once), and a node for each distinct tail of labels costs
 * 16 bytes at a load of 1/3 to 2/3, and 1 to 4 bytes of filter; names of lists as they
 * are come to 1.2–2 tails a name, the worst possible to one for each two bytes. On the heap, owned
 * by the struct.
 */
#ifndef NEZUMI_CORE_NAMESET_H
#define NEZUMI_CORE_NAMESET_H

#include "base/err.h"
#include "base/part.h"
#include "base/str.h"

struct nameset_entry {
	struct str name; /* normalised (core/name.h): lower case, no trailing dot, 1 to 253 bytes */
	bool below;      /* covers what lies below the name, too */
	uint32_t id;     /* less than UINT32_MAX */
};

/* All zero is a valid one without entries. */
struct nameset {
	struct nameset_node *nodes; /* mask + 1 of them */
	uint64_t *filter;           /* filter_mask + 1 words */
	char *text;
	size_t text_n;
	size_t mask, filter_mask, n; /* n: nodes in use */
	uint64_t seed;
};

/*
 * Of entries with the same name the one given first counts: for the name itself among all of them,
 * for what lies below among those that cover it. seed: a number the authors of names cannot know,
 * where names may be chosen to collide; results do not depend on it. Errors: ERR_NOMEM; ERR_PARSE
 * when a name is empty or longer than 253 bytes; ERR_LIMIT above 4 GiB of names.
 */
MUST enum err nameset_build(struct nameset *s, const struct nameset_entry *e, size_t n, uint64_t seed);
void nameset_free(struct nameset *s);

/*
 * The longest entry that covers the name, and how many labels that entry has (labels may be NULL).
 * Outputs are set only on true. The name must be in lower case without trailing dot.
 */
bool nameset_find(const struct nameset *s, struct str lower, uint32_t *id, size_t *labels);

/* Is any entry d itself, or under d? The id is that of d if listed, else of the entry given first. */
bool nameset_has_below(const struct nameset *s, struct str d, uint32_t *id);

/*
 * All of a set as parts that can be copied elsewhere, each to where it is aligned to 64: nodes,
 * filter, and the names as they were given, one behind the other. And a set over such copies, which
 * others own and which need not be what they were: then look-ups may be wrong, but end and stay
 * within them, and ids are below `ids`. Errors: ERR_PARSE.
 */
#define NAMESET_PARTS 3
void nameset_parts(const struct nameset *s, struct part part[NAMESET_PARTS]);
MUST enum err nameset_attach(struct nameset *s, const struct part part[NAMESET_PARTS],
			     uint64_t seed, uint32_t ids);

#endif
