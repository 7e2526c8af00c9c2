/* SPDX-License-Identifier: Apache-2.0 */
/* Between lookup.c and lookup_weigh.c. */
#ifndef NEZUMI_APP_LOOKUP_PARTS_H
#define NEZUMI_APP_LOOKUP_PARTS_H

#include "app/lookup.h"

/* Weigh k->said (core/trust.h): which statements count, what each is worth, the score. Errors:
 * ERR_NOMEM, those of the store. */
MUST enum err lookup_weigh(struct lookup *l, struct looked *k, struct errinfo *ei);

#endif
