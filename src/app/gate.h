/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The safety gate: which indicators must not be acted on, and why (docs/judgement.md, section 1).
 * Asked once about each; a million bare addresses cost some milliseconds, for it is asked about
 * runs of addresses between the ranges of the lists.
 */
#ifndef NEZUMI_APP_GATE_H
#define NEZUMI_APP_GATE_H

#include "app/lists.h"
#include "app/special.h"

/*
 * Take what must not be matched out of l->snapshot (not yet built) into l->withheld, by l->exset
 * (built). keep: it stays in the snapshot among what is only kept. Errors: ERR_NOMEM, ERR_LIMIT.
 */
MUST enum err gate_indicators(struct lists *l, bool keep);

/*
 * The same of one indicator: why it must not be acted on, NULL lets it pass. set: built; special:
 * loaded; the detail is appended to *detail.
 */
const char *gate_reason(const struct exset *set, const struct special *special,
			const struct indicator *i, struct buf *detail);

/*
 * Why nobody acts on it, whatever analysts decided: "special-purpose", "too-broad"; NULL where it
 * is neither. The detail is appended to *detail.
 */
const char *gate_forbids(const struct special *special, const struct indicator *i, struct buf *detail);

/* The host of a URL in normal form. */
struct str gate_url_host(struct str url);

/* What the gate's answers depend on besides the indicators themselves, in one number; x: the entries
 * of all exclusion lists, before any scanners or sinkholes among the indicators join them. */
uint64_t gate_digest(const struct exset *x);

#endif
