/* SPDX-License-Identifier: Apache-2.0 */
#include "core/beacon.h"

#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

int call_cmp(const void *a, const void *b)
{
	const struct call *x = a, *y = b;

	if (x->ts != y->ts)
		return x->ts < y->ts ? -1 : 1;
	return x->bytes < y->bytes ? -1 : x->bytes > y->bytes;
}

static int by_size(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

/*
 * In sorted values the centre whose window (a tenth of it, at least `least`) holds most values; the
 * smallest of equals. Its members are [*from, *from + returned).
 */
static size_t mode(const uint64_t *v, size_t n, uint64_t least, size_t *from, uint64_t *centre)
{
	size_t lo = 0, hi = 0, best = 0;

	for (size_t i = 0; i < n; i++) {
		uint64_t w = v[i] / 10 > least ? v[i] / 10 : least;

		/* Both ends of the window move up with its centre. */
		while (v[i] - v[lo] > w)
			lo++;
		if (hi < i)
			hi = i;
		while (hi < n && v[hi] - v[i] <= w)
			hi++;
		if (hi - lo > best) {
			best = hi - lo;
			*from = lo;
			*centre = v[i];
		}
	}
	return best;
}

unsigned beacon_regularity(const struct call *calls, size_t n, int64_t *interval)
{
	uint64_t gap[BEACON_CALLS], size[BEACON_CALLS], centre = 0, second;
	size_t kept = 0, gaps, first, other, sizes, from = 0;
	int64_t last = 0;

	assert(n <= BEACON_CALLS);
	*interval = 0;
	for (size_t i = 0; i < n; i++) {
		if (kept && calls[i].ts - last < 1000000)
			continue;
		if (kept)
			gap[kept - 1] = (uint64_t)(calls[i].ts - last);
		last = calls[i].ts;
		size[kept++] = calls[i].bytes;
	}
	if (kept < BEACON_MIN)
		return 0;
	gaps = kept - 1;
	qsort(gap, gaps, sizeof *gap, by_size);
	qsort(size, kept, sizeof *size, by_size);
	first = mode(gap, gaps, 500000, &from, &centre);
	*interval = (int64_t)centre;
	memmove(gap + from, gap + from + first, (gaps - from - first) * sizeof *gap);
	other = mode(gap, gaps - first, 500000, &from, &second);
	sizes = mode(size, kept, 32, &from, &second);
	return (unsigned)((2 * (100 * (first + other) / gaps) + 100 * sizes / kept) / 3);
}
