/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What sources are worth, brought up to date (docs/confidence.md): which ones copy each other, and
 * of how many of its values each source is wrong. To be called by whoever changed what sources say,
 * what is special or what was decided, after that is on the disk: what is killed before this is
 * done has its figures of before until the next time.
 *
 * Workload: an import of ten million: a walk over its values in 0.2 µs each, besides what
 * store_overlap_count() takes; a change of a list or decision: the same for all sources. Where
 * nothing changed, nothing. Memory: the lists of what is special (some 200 bytes an entry).
 */
#ifndef NEZUMI_APP_WORTH_H
#define NEZUMI_APP_WORTH_H

#include "store/store.h"

/* s: open for writing; seed: see ip_hash. Errors: those of
 * the store, ERR_NOMEM, ERR_LIMIT. */
MUST enum err worth_update(struct store *s, uint64_t seed, struct errinfo *ei);

#endif
