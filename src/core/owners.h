/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who announces an address (AS number and name) and in which country it is registered, from one
 * compiled file that is mapped, not read: about 700,000 ranges, ready at once. Looked up once a
 * host and controller, not once a record. The bytes are checked when opened (sizes, checksum), so
 * that a damaged file is refused instead of believed.
 *
 * File, little-endian, every part a multiple of 8 bytes: header; AS table; names; AS ranges v4, v6;
 * country ranges v4, v6.
 */
#ifndef NEZUMI_CORE_OWNERS_H
#define NEZUMI_CORE_OWNERS_H

#include "core/ip.h"

struct owners_header {
	char magic[8]; /* OWNERS_MAGIC */
	uint64_t hash; /* of everything behind the header */
	uint64_t n_as, names_bytes;
	uint64_t n_ranges[4]; /* AS v4, AS v6, country v4, country v6 */
};

#define OWNERS_MAGIC "NZOWN2\r\n"

struct owners_as {
	uint32_t number, name_at, name_n, unused;
};

struct owners_range {
	struct ip first, last;
	uint64_t what; /* index of the AS, or two letters of the country */
};

struct owners {
	struct str bytes; /* not owned */
	const struct owners_as *as;
	struct str names;
	const struct owners_range *ranges[4];
	uint64_t n_as, n_ranges[4];
};

struct owner {
	uint32_t asn; /* 0: unknown */
	struct str as_name, country;
};

/*
 * All zero is valid: knows nobody. bytes must be aligned to 8 and stay. Unless `whole`, the sum of
 * all bytes is not looked at, nor each name's place, which takes some 20 ms: no look-up leaves the
 * bytes, but damage among them would be believed. Errors: ERR_PARSE.
 */
MUST enum err owners_open(struct owners *o, struct str bytes, bool whole, struct errinfo *ei);
/* Slices point into the bytes. Parts that are not known stay empty. */
void owners_find(const struct owners *o, struct ip ip, struct owner *out);

#endif
