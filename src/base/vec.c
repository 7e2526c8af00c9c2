/* SPDX-License-Identifier: Apache-2.0 */
#include "base/vec.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

bool vec_grow(void *v, size_t *cap, size_t size, size_t want)
{
	size_t n = *cap ? *cap + *cap / 2 + 1 : 8;
	void *old, *p;

	if (n < want)
		n = want;
	if (n > SIZE_MAX / 2 / size)
		return false;
	/* By its bytes: a T * must not be read or written as a void *. */
	memcpy(&old, v, sizeof old);
	p = realloc(old, n * size);
	if (!p)
		return false;
	memcpy(v, &p, sizeof p);
	*cap = n;
	/* cppcheck-suppress memleak ; the bytes of p are in *v */
	return true;
}
