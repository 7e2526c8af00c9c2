/* SPDX-License-Identifier: Apache-2.0 */
/* The special-purpose ranges of the IANA registries and multicast: addresses that belong to nobody
 * in particular. */
#ifndef NEZUMI_APP_SPECIAL_H
#define NEZUMI_APP_SPECIAL_H

#include "base/arena.h"
#include "base/vec.h"
#include "core/lpm.h"

struct special {
	struct lpm net;
	struct arena arena;
	VEC(struct lpm_entry) ranges;
	VEC(struct str) names; /* "10.0.0.0/8: Private-Use" */
};

MUST enum err special_load(struct special *s);
/* For lpm_find and lpm_find_run on s->net, too: half a millisecond, which pays from some ten
 * thousand questions on. */
MUST enum err special_index(struct special *s);
void special_free(struct special *s);
/* The name of a range that overlaps the network, or an empty string. */
struct str special_overlap(const struct special *s, struct cidr net);

#endif
