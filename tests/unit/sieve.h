/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A client to whom only some addresses matter, chosen by their bits: for tests that hold what
 * readers of records pass over (sink->near) against what they hand over when nothing may be passed.
 * About an eighth of all IPv4 addresses and fewer of the others are wanted, so that samples have
 * some of both.
 */
#ifndef NEZUMI_TESTS_SIEVE_H
#define NEZUMI_TESTS_SIEVE_H

#include "format/reader.h"

#include <stdlib.h>

/* Each bit with a chance of 2^-rare. */
static inline void sieve_fill(uint64_t *words, unsigned bits, unsigned rare, uint64_t seed)
{
	for (size_t i = 0; i < (size_t)1 << (bits - 6); i++) {
		words[i] = mix_next(&seed);
		for (unsigned k = 1; k < rare; k++)
			words[i] &= mix_next(&seed);
	}
}

/* Made once; with or without addresses to which listed domains lead. */
static inline const struct near *sieve_near(bool led)
{
	static uint64_t v4[1 << (NEAR_V4_BITS - 6)], v6[1 << (NEAR_V6_BITS - 6)],
		wide[1 << (NEAR_WIDE_BITS - 6)], leads[1 << (NEAR_LED_BITS - 6)];
	static const struct near without = { .v4 = v4, .v6 = v6, .wide = wide },
				 with = { .v4 = v4, .v6 = v6, .wide = wide, .led = leads };
	static bool made;

	if (!made) {
		sieve_fill(v4, NEAR_V4_BITS, 2, 4);
		sieve_fill(v6, NEAR_V6_BITS, 3, 6);
		sieve_fill(wide, NEAR_WIDE_BITS, 5, 5);
		sieve_fill(leads, NEAR_LED_BITS, 4, 1);
		made = true;
	}
	return led ? &with : &without;
}

static inline bool sieve_listed(void *ctx, struct ip ip)
{
	(void)ctx;
	return ip_hash(ip, 7) & 1;
}

/* Must the record be handed over to a client who has these wishes? */
static inline bool sieve_must(const struct near *near, unsigned near_kinds, const struct record *r)
{
	struct sink s = { .near = near, .listed = sieve_listed, .near_kinds = near_kinds };

	if (!sink_selects(&s, r->kind) || sink_wants(&s, r->orig) || sink_wants(&s, r->resp))
		return true;
	for (unsigned i = 0; i < r->n_answers; i++)
		if (sink_wants(&s, r->answers[i].ip))
			return true;
	return false;
}

/*
 * Readers with a mark say how much of a block they read (sink->used), as they stop before a header
 * line further down; only then may they be given blocks with such lines in them.
 */
#define SIEVE_UNSAID SIZE_MAX

static inline bool sieve_stops_at_marks(const struct reader *r)
{
	static const struct reader_hints none;
	struct sink *sink;
	bool says;

	if (!r->mark)
		return false;
	sink = calloc(1, sizeof *sink);
	if (!sink)
		abort();
	buf_init(&sink->scratch, 0);
	sink->used = SIEVE_UNSAID;
	r->block(NULL, &none, STR("\n"), sink);
	says = sink->used != SIEVE_UNSAID;
	buf_free(&sink->scratch);
	free(sink);
	return says;
}

#endif
