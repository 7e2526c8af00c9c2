/* SPDX-License-Identifier: Apache-2.0 */
/* Stirring bits: the finaliser for hash tables, and a small generator for tests. */
#ifndef NEZUMI_BASE_MIX_H
#define NEZUMI_BASE_MIX_H

#include <stdint.h>

/* A bijection on 64 bits in which every input bit reaches every output bit. */
static inline uint64_t mix64(uint64_t x)
{
	x ^= x >> 32;
	x *= 0xd6e8feb86659fd93u;
	x ^= x >> 32;
	x *= 0xd6e8feb86659fd93u;
	x ^= x >> 32;
	return x;
}

/* The next of a reproducible sequence; *state is the seed. */
static inline uint64_t mix_next(uint64_t *state)
{
	*state += 0x9e3779b97f4a7c15u;
	return mix64(*state);
}

#endif
