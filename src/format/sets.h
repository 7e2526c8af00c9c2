/* SPDX-License-Identifier: Apache-2.0 */
/* Elements of the sets that packet filters have: addresses, networks, ranges, addresses with ports. */
#ifndef NEZUMI_FORMAT_SETS_H
#define NEZUMI_FORMAT_SETS_H

#include "format/ind_row.h"

/* Does the name of a set say that it lists what is let through? */
bool set_lets_through(struct str name);

/*
 * How many networks ranges may make in all: a range of 60 bytes can make 254, so that a file of
 * nothing but such ranges would make more than any memory holds. Begin with set_budget of the file.
 */
struct set_budget {
	uint64_t left;
	bool told;
};
static inline struct set_budget set_budget(struct str text)
{
	return (struct set_budget){ .left = 65536 + text.n / 4 };
}

/*
 * An address, a network, or a range of addresses `a-b` as the networks that it is made of, given to
 * the sink with what *like says; what is wrong is told. The scratch buffer is cleared.
 */
void set_give(struct str text, const struct indicator *like, struct set_budget *budget,
	      struct sink *sink);

#endif
