/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fragments of datagrams (RFC 791 3.2, RFC 8200 4.5) put together. What came first counts where
 * they overlap. A datagram that does not become whole in time, or for whom there is no room any
 * more, is handed back as far as it goes from its beginning: its ports are worth knowing.
 *
 * Memory: DEFRAG_BYTES and DEFRAG_MAX datagrams at most, whatever arrives. One thread.
 */
#ifndef NEZUMI_FORMAT_DEFRAG_H
#define NEZUMI_FORMAT_DEFRAG_H

#include "core/ip.h"

#define DEFRAG_BYTES (4u << 20)
#define DEFRAG_MAX   1024
#define DEFRAG_WAIT  INT64_C(60000000) /* µs */

struct defrag_key {
	struct ip src, dst;
	uint32_t id;
	uint8_t proto;
	bool v6;
};

/* A datagram without its IP header. */
struct datagram {
	struct defrag_key key;
	int64_t ts;          /* of its first fragment to come */
	unsigned char *data; /* the receiver frees it */
	uint32_t n;          /* bytes that are there, from the beginning */
	uint32_t length;     /* bytes that there are known to be */
};

enum defrag_state {
	DEFRAG_KEPT,
	DEFRAG_WHOLE, /* *out is set */
	DEFRAG_BAD,   /* contradicts itself or another one; thrown away */
	DEFRAG_FULL,  /* no memory */
};

struct defrag;

MUST enum err defrag_new(uint64_t seed, struct defrag **out);
void defrag_free(struct defrag *x);

enum defrag_state defrag_add(struct defrag *x, const struct defrag_key *key, int64_t now,
			     uint32_t offset, bool more, struct str data, struct datagram *out);

/* Take one that will not become whole: too old, or (`all`) any. Its n may be 0. To be asked until
 * there is none before anything is added. */
bool defrag_due(struct defrag *x, int64_t now, bool all, struct datagram *out);

#endif
