/* SPDX-License-Identifier: Apache-2.0 */
/* For json_sieve.c alone: the look-up of a batch's addresses, once for each instruction set. */
#ifndef NEZUMI_FORMAT_JSON_FAR_H
#define NEZUMI_FORMAT_JSON_FAR_H

#include "format/json_sieve.h"

uint64_t json_far_avx2(const struct sieve_batch *b, const struct sink *sink, const char *end);
uint64_t json_far_avx512(const struct sieve_batch *b, const struct sink *sink, const char *end);

#endif
