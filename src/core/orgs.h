/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The user's organisation table: most specific entry first (address > longest prefix > AS number).
 * Up to a few hundred thousand entries; filled, built once, then read by any number of threads.
 */
#ifndef NEZUMI_CORE_ORGS_H
#define NEZUMI_CORE_ORGS_H

#include "base/arena.h"
#include "base/vec.h"
#include "core/lpm.h"
#include "core/org.h"

struct orgs {
	struct arena arena;
	VEC(struct org_entry) entries;
	struct lpm net;
	VEC(uint64_t) as; /* sorted: AS number << 32 | entry; of equal numbers the first given
			     counts */
};

void orgs_init(struct orgs *o);
void orgs_free(struct orgs *o);
/* Copies the strings. Errors: ERR_NOMEM, ERR_LIMIT. */
MUST enum err orgs_add(struct orgs *o, const struct org_entry *e);
MUST enum err orgs_build(struct orgs *o);
/* NULL when no entry holds it. */
const struct org_entry *orgs_find(const struct orgs *o, struct ip ip, uint32_t as);

#endif
