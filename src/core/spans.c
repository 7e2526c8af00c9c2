/* SPDX-License-Identifier: Apache-2.0 */
#include "core/spans.h"

#include <stdlib.h>

enum { TIDY_LEAST = 1 << 16 };

void spans_init(struct spans *s, int64_t gap)
{
	*s = (struct spans){ .gap = gap, .tidy_at = TIDY_LEAST };
}

void spans_free(struct spans *s)
{
	free(s->v.v);
	spans_init(s, s->gap);
}

static int by_key(const struct span *x, const struct span *y)
{
	int d = ip_cmp(x->a, y->a);

	if (!d)
		d = ip_cmp(x->b, y->b);
	if (!d)
		d = (x->ports > y->ports) - (x->ports < y->ports);
	return d;
}

static int in_order(const void *a, const void *b)
{
	const struct span *x = a, *y = b;
	int d = by_key(x, y);

	if (!d)
		d = (x->what > y->what) - (x->what < y->what);
	if (!d)
		d = (x->from > y->from) - (x->from < y->from);
	if (!d)
		d = (x->until > y->until) - (x->until < y->until);
	return d;
}

static void tidy(struct spans *s)
{
	size_t n = 0;

	if (s->v.n == 0)
		return;
	qsort(s->v.v, s->v.n, sizeof *s->v.v, in_order);
	for (size_t i = 1; i < s->v.n; i++) {
		struct span *last = &s->v.v[n];
		const struct span *next = &s->v.v[i];

		if (by_key(last, next) == 0 && last->what == next->what &&
		    next->from <= last->until + s->gap) {
			if (next->until > last->until)
				last->until = next->until;
		} else {
			s->v.v[++n] = *next;
		}
	}
	s->v.n = n + 1;
}

enum err spans_add(struct spans *s, const struct span *one)
{
	struct span *at;

	if (s->v.n >= s->tidy_at) {
		tidy(s);
		/* Room to gather in until the next time; what is kept stays within SPANS_MAX. */
		s->full = s->v.n >= SPANS_MAX;
		s->tidy_at = s->v.n * 2 < TIDY_LEAST      ? TIDY_LEAST
			     : s->v.n * 2 > 2 * SPANS_MAX ? 2 * SPANS_MAX
							  : s->v.n * 2;
	}
	if (s->full) {
		s->dropped++;
		return ERR_OK;
	}
	at = VEC_PUSH(&s->v);
	if (!at)
		return ERR_NOMEM;
	*at = *one;
	return ERR_OK;
}

void spans_build(struct spans *s)
{
	tidy(s);
}

/* The first span whose key is not less (or, after, greater) than the key. */
static size_t bound(const struct spans *s, const struct span *key, bool after)
{
	size_t lo = 0, hi = s->v.n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		int d = by_key(&s->v.v[mid], key);

		if (d < 0 || (after && d == 0))
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

const struct span *spans_find(const struct spans *s, struct ip a, struct ip b, uint32_t ports, size_t *n)
{
	struct span key = { .a = a, .b = b, .ports = ports };
	size_t first = bound(s, &key, false);

	*n = bound(s, &key, true) - first;
	return *n ? &s->v.v[first] : NULL;
}
