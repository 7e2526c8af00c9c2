/* SPDX-License-Identifier: Apache-2.0 */
/* What the parts of the packet decoder share: where it stands, and how it goes on. Internal. */
#ifndef NEZUMI_FORMAT_PACKET_PARTS_H
#define NEZUMI_FORMAT_PACKET_PARTS_H

#include "format/packet.h"

enum layer {
	LAYER_END,
	LAYER_IP,
	LAYER_ETHER,
	LAYER_TYPE, /* what the EtherType in `type` says */
	LAYER_MPLS,
	LAYER_PPP,
	LAYER_LLC,
	LAYER_WIFI,
	LAYER_GRE,
};

struct decode {
	struct packets *x;
	struct sink *sink;
	int64_t ts;
	const unsigned char *p; /* what is still to be read: */
	uint32_t have, wire;    /* captured of it, and sent; have <= wire */
	uint32_t type;          /* EtherType */
	struct ip src, dst;
	uint8_t proto;
	bool part;  /* of a datagram whose end is missing: lengths say nothing */
	bool told;  /* that it is malformed, or counted as useless */
	bool given; /* a packet came out of it */
	unsigned ips;
	unsigned n_kept;
	unsigned char *kept[PACKET_TUNNELS]; /* datagrams put together, which `p` may point into */
};

static inline uint32_t get16(const unsigned char *p)
{
	return (uint32_t)p[0] << 8 | p[1];
}
static inline uint32_t get32(const unsigned char *p)
{
	return get16(p) << 16 | get16(p + 2);
}

/* Go on behind n bytes, however many of them there are. */
static inline void packet_skip(struct decode *d, uint32_t n)
{
	uint32_t captured = n < d->have ? n : d->have;

	d->p += captured;
	d->have -= captured;
	d->wire -= n < d->wire ? n : d->wire;
}
/* What follows n bytes is padding. */
static inline void packet_trim(struct decode *d, uint32_t n)
{
	if (n < d->wire)
		d->wire = n;
	if (n < d->have)
		d->have = n;
}

/* Are n bytes there? If not this is counted: as malformed, where they were never sent. */
bool packet_need(struct decode *d, uint32_t n);
/* Once for each frame at most. */
void packet_lie(struct decode *d, const char *why);
void packet_useless(struct decode *d);

/* Each takes its header and says what comes next. */
enum layer packet_link(struct decode *d, unsigned link);
enum layer packet_layer(struct decode *d, enum layer layer);
enum layer packet_ip(struct decode *d);
enum layer packet_gre(struct decode *d);
enum layer packet_udp_tunnel(struct decode *d, unsigned src_port, unsigned dst_port);
void packet_layers(struct decode *d, enum layer layer);

#endif
