/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Regularity: does a host call at the same intervals with the same sizes? (docs/judgement.md,
 * section 8.) Malware sleeps between calls; a dead controller is tried again on a timer, often with
 * two alternating gaps (the pause, and the retry), which is why two modes count.
 */
#ifndef NEZUMI_CORE_BEACON_H
#define NEZUMI_CORE_BEACON_H

#include "base/err.h"

#include <stddef.h>

struct call {
	int64_t ts;     /* µs */
	uint64_t bytes; /* from the host */
};

#define BEACON_CALLS 512
#define BEACON_MIN   8 /* calls kept; with fewer nothing is said */

/*
 * calls: at most BEACON_CALLS, sorted by (ts, bytes). Returns 0–100; *interval is the commonest
 * interval (its centre) in µs, 0 where nothing is said.
 */
unsigned beacon_regularity(const struct call *calls, size_t n, int64_t *interval);

/* Order for sorting calls. */
int call_cmp(const void *a, const void *b);

#endif
