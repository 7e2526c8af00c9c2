/* SPDX-License-Identifier: Apache-2.0 */
#include "base/arena.h"

#include <stdalign.h>
#include <stdlib.h>

struct arena_chunk {
	struct arena_chunk *next;
	size_t n, cap;
	alignas(max_align_t) char p[];
};

void arena_init(struct arena *a, size_t limit)
{
	*a = (struct arena){ .limit = limit ? limit : (size_t)16 << 30 };
}

void arena_free(struct arena *a)
{
	while (a->chunk) {
		struct arena_chunk *next = a->chunk->next;

		free(a->chunk);
		a->chunk = next;
	}
	a->used = 0;
}

static void *take(struct arena *a, size_t n, size_t align)
{
	struct arena_chunk *c = a->chunk;
	size_t at = c ? (c->n + align - 1) & ~(align - 1) : 0;
	size_t cap;

	if (n > a->limit || a->used > a->limit - n)
		return NULL;
	if (!c || at > c->cap || n > c->cap - at) {
		/* Chunks grow with use: few calls for large arenas, little waste for small ones. */
		cap = a->used / 4;
		if (cap < 4096)
			cap = 4096;
		if (cap > (size_t)8 << 20)
			cap = (size_t)8 << 20;
		if (cap < n)
			cap = n;
		c = malloc(sizeof *c + cap);
		if (!c)
			return NULL;
		*c = (struct arena_chunk){ .next = a->chunk, .cap = cap };
		a->chunk = c;
		at = 0;
	}
	c->n = at + n;
	a->used += n;
	return c->p + at;
}

void *arena_alloc(struct arena *a, size_t n)
{
	void *p = take(a, n, alignof(max_align_t));

	return p ? memset(p, 0, n) : NULL;
}

void *arena_array(struct arena *a, size_t n, size_t size)
{
	if (size && n > SIZE_MAX / size)
		return NULL;
	return arena_alloc(a, n * size);
}

struct str arena_str(struct arena *a, struct str s)
{
	char *p = s.n == SIZE_MAX ? NULL : take(a, s.n + 1, 1);

	if (!p)
		return (struct str){ NULL, 0 };
	if (s.n)
		memcpy(p, s.p, s.n);
	p[s.n] = 0;
	return (struct str){ p, s.n };
}
