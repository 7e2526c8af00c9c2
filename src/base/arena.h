/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An arena: many small allocations that live and die together. Not for several threads at once.
 * Has a limit, so that input cannot take all memory; at the limit allocation returns NULL.
 */
#ifndef NEZUMI_BASE_ARENA_H
#define NEZUMI_BASE_ARENA_H

#include "base/str.h"

struct arena_chunk;
struct arena {
	struct arena_chunk *chunk; /* newest first */
	size_t used, limit;        /* bytes handed out; the most that may be */
};

/* limit in bytes; 0 stands for 16 GiB. */
void arena_init(struct arena *a, size_t limit);
/* Frees all at once; the arena can be used again. */
void arena_free(struct arena *a);
/* Zeroed, aligned for any type; NULL at the limit or without memory. */
void *arena_alloc(struct arena *a, size_t n);
/* Zeroed array; NULL also when n * size overflows. */
void *arena_array(struct arena *a, size_t n, size_t size);
/* A copy of s that lives in the arena, NUL-terminated behind its end; p is NULL on failure. */
struct str arena_str(struct arena *a, struct str s);

#endif
