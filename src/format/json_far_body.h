/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The text of json_far_avx2.c and json_far_avx512.c. Two passes: what the second asks memory for
 * was asked for by the first.
 */
#include "core/quads.h"
#include "format/json_far.h"

/* Addresses of which one is no dotted quad. */
static __attribute__((noinline)) bool unwanted(const struct sieve_batch *b, unsigned i,
					       const struct sink *sink)
{
	for (int k = 0; k < 2; k++) {
		struct ip ip;

		if (!ip_parse((struct str){ b->p[i][k], b->len[i][k] }, &ip) || sink_wants(sink, ip))
			return false;
	}
	return true;
}

static bool listed(const struct sink *sink, uint32_t v4)
{
	return sink->listed(sink->ctx, ip_v4(v4));
}

uint64_t JSON_FAR(const struct sieve_batch *b, const struct sink *sink, const char *end)
{
	const struct near *near = sink->near;
	const char *bits = (const char *)near->v4;
	uint64_t pairs[SIEVE_ROOM], quads = 0, far = 0;

	for (unsigned i = 0; i < b->n; i++) {
		const char *p0 = b->p[i][0], *p1 = b->p[i][1];

		if (end - p0 >= 16 && end - p1 >= 16 &&
		    quads_parse(p0, b->len[i][0], p1, b->len[i][1], &pairs[i])) {
			quads |= UINT64_C(1) << i;
			__builtin_prefetch(bits + ((uint32_t)pairs[i] >> 17) * 8);
			__builtin_prefetch(bits + (pairs[i] >> 49) * 8);
		} else if (unwanted(b, i, sink)) {
			far |= UINT64_C(1) << i;
		}
	}
	far |= quads;
	for (uint64_t m = quads; m; m &= m - 1) {
		unsigned i = (unsigned)__builtin_ctzll(m);
		uint32_t orig = (uint32_t)pairs[i], resp = (uint32_t)(pairs[i] >> 32);

		if ((near_bit(near->v4, orig >> 8) && listed(sink, orig)) ||
		    (near_bit(near->v4, resp >> 8) && listed(sink, resp)))
			far &= ~(m & -m);
	}
	for (uint64_t m = near->led ? quads & far : 0; m; m &= m - 1) {
		unsigned i = (unsigned)__builtin_ctzll(m);
		uint32_t orig = (uint32_t)pairs[i], resp = (uint32_t)(pairs[i] >> 32);

		if ((near_bit(near->led, near_led_hash(ip_v4(orig))) && listed(sink, orig)) ||
		    (near_bit(near->led, near_led_hash(ip_v4(resp))) && listed(sink, resp)))
			far &= ~(m & -m);
	}
	return far;
}
