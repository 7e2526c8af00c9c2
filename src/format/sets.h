/* SPDX-License-Identifier: Apache-2.0 */
/* Elements of the sets that packet filters have: addresses, networks, ranges, addresses with ports. */
#ifndef NEZUMI_FORMAT_SETS_H
#define NEZUMI_FORMAT_SETS_H

#include "format/ind_row.h"

/* Does the name of a set say that it lists what is let through? */
bool set_lets_through(struct str name);

/*
 * An address, a network, or a range of addresses `a-b` as the networks that it is made of (at most
 * 254), given to the sink with what *like says; what is wrong is told. The scratch buffer is
 * cleared.
 */
void set_give(struct str text, const struct indicator *like, struct sink *sink);

#endif
