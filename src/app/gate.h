/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The safety gate: which indicators must not be acted on, and why (docs/judgement.md, section 1).
 * Asked once about each; a million bare addresses cost some milliseconds, for it is asked about
 * runs of addresses between the ranges of the lists.
 */
#ifndef NEZUMI_APP_GATE_H
#define NEZUMI_APP_GATE_H

#include "app/lists.h"

/*
 * Take what must not be matched out of l->snapshot (not yet built) into l->withheld, by l->exset
 * (built). keep: it stays in the snapshot among what is only kept. Errors: ERR_NOMEM, ERR_LIMIT.
 */
MUST enum err gate_indicators(struct lists *l, bool keep);

/* What the gate's answers depend on besides the indicators themselves, in one number; x: the entries
 * of all exclusion lists, before any scanners or sinkholes among the indicators join them. */
uint64_t gate_digest(const struct exset *x);

#endif
