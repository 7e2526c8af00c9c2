/* SPDX-License-Identifier: Apache-2.0 */
/* For json_sieve.c alone: two addresses at once, once for each instruction set. */
#ifndef NEZUMI_FORMAT_JSON_FAR_H
#define NEZUMI_FORMAT_JSON_FAR_H

#include "format/json_sieve.h"

/*
 * Two dotted quads, the first in the lower half of *out; 16 bytes are read of each. What near->v4
 * says of them is asked for, so that it is at hand later. False if one is none.
 */
bool json_far_avx2(const struct str ends[2], const struct near *near, uint64_t *out);
bool json_far_avx512(const struct str ends[2], const struct near *near, uint64_t *out);

#endif
