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
#include "core/overrides.h"
#include "store/store.h"

/*
 * Take what must not be matched out of l->snapshot (not yet built) into l->withheld, by l->exset
 * (built). keep: it stays in the snapshot among what is only kept. Errors: ERR_NOMEM, ERR_LIMIT.
 */
MUST enum err gate_indicators(struct lists *l, bool keep);

/* What it asks of. */
struct gate_rules {
	const struct exset *set;         /* built */
	const struct special *special;   /* loaded */
	const struct overrides *decided; /* built, none expired */
};

/*
 * All that the gate knows of one indicator, for verdict_of(): what sources say of it (standing,
 * score) counts as good unless the caller says otherwise. as: of its address, 0: not known.
 */
struct verdict_facts gate_facts(const struct gate_rules *r, const struct indicator *i, uint32_t as);
/* The list and entry, the override, the range behind that answer; nothing where another reason than
 * the gate's made it. Appended to *detail. */
void gate_detail(const struct gate_rules *r, const struct indicator *i, uint32_t as,
		 enum verdict_why why, struct buf *detail);

/* Why it must not be acted on, with the detail; NULL lets it pass. */
const char *gate_reason(const struct gate_rules *r, const struct indicator *i, struct buf *detail);

/*
 * Why nobody acts on it, whatever analysts decided: "special-purpose", "too-broad"; NULL where it
 * is neither. The detail is appended to *detail.
 */
const char *gate_forbids(const struct special *special, const struct indicator *i, struct buf *detail);

/* Until when a statement holds: what its source no longer lists, until it was listed last. */
int64_t gate_until(const struct store_said *said);

/* A decision that has not expired joins the others; what is allowed is benign, too, with all that
 * lies in it, as the list "override". Strings are copied. Errors: ERR_NOMEM, ERR_LIMIT. */
MUST enum err gate_decided(const struct store_override *o, struct overrides *to, struct exset *set);

/* The host of a URL in normal form. */
struct str gate_url_host(struct str url);

/* What the gate's answers depend on besides the indicators themselves, in one number; x: the
 * entries of all exclusion lists, before any scanners or sinkholes among the indicators join them;
 * o: what analysts decided. */
uint64_t gate_digest(const struct exset *x, const struct overrides *o);

#endif
