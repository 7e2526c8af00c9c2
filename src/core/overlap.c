/* SPDX-License-Identifier: Apache-2.0 */
#include "core/overlap.h"

static uint64_t smaller(const struct overlap *o, size_t a, size_t b)
{
	return o->size[a] < o->size[b] ? o->size[a] : o->size[b];
}

unsigned overlap_share(const struct overlap *o, size_t a, size_t b)
{
	uint64_t all = smaller(o, a, b);

	return all ? (unsigned)(o->both[a * o->n + b] * 100 / all) : 0;
}

bool overlap_copy(const struct overlap *o, size_t a, size_t b)
{
	return o->both[a * o->n + b] >= OVERLAP_LEAST && overlap_share(o, a, b) >= OVERLAP_COPY;
}
