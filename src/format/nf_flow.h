/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One data record of NetFlow v9 or IPFIX to a record of kind flow, by the plan of its template; what
 * it means says netflow.h. The hot part: a hundred million times an hour. Nothing is allocated.
 */
#ifndef NEZUMI_FORMAT_NF_FLOW_H
#define NEZUMI_FORMAT_NF_FLOW_H

#include "format/nf_template.h"
#include "format/reader.h"

/* An Ethernet, an IP and a TCP header: what a packet weighs without its payload. */
#define NF_OVERHEAD 60

/* An unsigned number in network byte order. */
static inline uint64_t nf_number(const unsigned char *p, unsigned length)
{
	uint16_t v2;
	uint32_t v4;
	uint64_t v = 0;

	switch (length) {
	case 1:
		return *p;
	case 2:
		memcpy(&v2, p, sizeof v2);
		return be16toh(v2);
	case 4:
		memcpy(&v4, p, sizeof v4);
		return be32toh(v4);
	case 8:
		memcpy(&v, p, sizeof v);
		return be64toh(v);
	default:
		for (unsigned i = 0; i < length; i++)
			v = v << 8 | p[i];
		return v;
	}
}

/* How many packets one stands for, by what the record says itself; 0 where it does not. */
uint32_t nf_rate(const struct nf_template *t, const uint16_t at[NF_SLOTS], const unsigned char *record);

/* A moment that is given in ms of an exporter's uptime, by what its clock and uptime were then. */
static inline int64_t nf_moment(const struct nf_when *when, uint32_t uptime)
{
	int64_t ago = (int64_t)when->uptime - uptime;

	/* The counter begins anew after 49.7 days; a moment a little ahead is one that came while
	 * the message was made. */
	if (ago < -(INT64_C(1) << 31))
		ago += INT64_C(1) << 32;
	return when->sent - ago * 1000;
}

/* Hand the record over, pass it over, or tell what is wrong with it; it was begun as a line. */
void nf_flow(const struct nf_template *t, const uint16_t at[NF_SLOTS], const unsigned char *record,
	     const struct nf_when *when, struct sink *sink);

/* Fill in what follows from the sizes and the TCP flags of both ways (0 where nobody says):
 * payloads, and the level. */
void nf_flow_judge(struct record *r, uint8_t flags, uint8_t flags_back, bool denied);

#endif
