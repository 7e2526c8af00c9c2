/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who a host is: its owner, its organisation, and what speaks against its being a victim
 * (docs/judgement.md, sections 6 and 9). Asked for each touch, so answers are kept. Not for several
 * threads.
 */
#ifndef NEZUMI_APP_HOSTS_H
#define NEZUMI_APP_HOSTS_H

#include "app/lists.h"
#include "app/ownership.h"

struct host {
	struct ip ip;
	struct owner owner;
	struct org org;
	struct str excluded; /* the reason, or empty */
	struct str detail;
};

struct hosts {
	const struct lists *lists;
	struct ownership *ownership;
	struct arena arena;
	VEC(struct host) v;
	uint32_t *slot;
	size_t mask;
};

MUST enum err hosts_init(struct hosts *h, const struct lists *l, struct ownership *o);
void hosts_free(struct hosts *h);
/* *index stays valid; pointers into v do not. Errors: ERR_NOMEM. */
MUST enum err hosts_find(struct hosts *h, struct ip ip, uint32_t *index);

#endif
