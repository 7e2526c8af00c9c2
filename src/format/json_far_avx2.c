/* SPDX-License-Identifier: Apache-2.0 */
#include "format/json_far.h"

#include "core/quads.h"

bool json_far_avx2(const struct str ends[2], const struct near *near, uint64_t *out)
{
	uint64_t pair;

	if (!quads_parse(ends[0].p, (unsigned)ends[0].n, ends[1].p, (unsigned)ends[1].n, &pair))
		return false;
	__builtin_prefetch(near->v4 + ((uint32_t)pair >> 14));
	__builtin_prefetch(near->v4 + (pair >> 46));
	*out = pair;
	return true;
}
