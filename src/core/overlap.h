/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which sources copy each other: two lists that say the same are not two witnesses
 * (docs/confidence.md). How many values each two have in common is counted elsewhere; here it is
 * judged.
 *
 * Workload: some dozen to some hundred sources.
 */
#ifndef NEZUMI_CORE_OVERLAP_H
#define NEZUMI_CORE_OVERLAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Fewer values than this in common prove nothing. */
#define OVERLAP_LEAST 20
/* The smaller of two lists is a copy when this share of it is in the other, in percent. */
#define OVERLAP_COPY 80

struct overlap {
	size_t n;             /* sources */
	const uint64_t *size; /* values of each */
	const uint64_t *both; /* n * n: values that two have in common */
};

/* In percent of the smaller of two; 0 where one is empty. */
unsigned overlap_share(const struct overlap *o, size_t a, size_t b);

/*
 * Is one of two sources a copy of the other, or of most of it? The relation is not passed on: a
 * list of lists is a copy of each, they are none of each other.
 */
bool overlap_copy(const struct overlap *o, size_t a, size_t b);

#endif
