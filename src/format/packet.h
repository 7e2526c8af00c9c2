/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One captured frame taken apart, down to what two ports said to each other: link layers, VLAN,
 * MPLS, PPPoE and what else carries packets, IPv4 and IPv6 with their fragments put together, and
 * tunnels in tunnels. Called for every frame of a capture: some 100 ns each.
 *
 * What runs inside a tunnel is seen by itself. A tunnel over UDP (VXLAN, Geneve, Teredo, GTP,
 * AYIYA) is a packet of its own besides; GRE, IP in IP and all below IP are not.
 *
 * Checksums are not looked at. A frame whose headers promise more than was on the wire is malformed
 * and told to the sink; one of which the capture holds too little is not, but counts as unused, as
 * does what is no packet of an IP (ARP) or of a layer nobody here knows.
 *
 * Memory: DEFRAG_BYTES for fragments. One thread.
 */
#ifndef NEZUMI_FORMAT_PACKET_H
#define NEZUMI_FORMAT_PACKET_H

#include "format/reader.h"
#include "format/telemetry.h"

#define PACKET_TUNNELS 8 /* one in another */

struct packet {
	int64_t ts;
	struct ip src, dst;
	/* ICMP: the type, and that of the answer; for messages that have none 256 more than the
	 * code. */
	uint16_t src_port, dst_port;
	uint8_t proto;
	uint8_t flags; /* TCP: enum tcp_flag */
	uint32_t seq, ack;
	uint32_t length; /* of the payload when it was sent */
	struct str data; /* what was captured of it */
};

struct packets;

/* `take` gets each packet, the outermost first; it dies with the call. */
MUST enum err packets_new(uint64_t seed,
			  void (*take)(void *ctx, const struct packet *p, struct sink *sink),
			  void *ctx, struct packets **out);
void packets_free(struct packets *x);

/* Is that link type (the registry of pcap's LINKTYPE_ values) one that is understood? */
bool packets_know(unsigned link);

/* A frame as captured; `wire` is how long it was when it was sent. */
void packets_read(struct packets *x, unsigned link, int64_t ts, struct str frame, uint32_t wire,
		  struct sink *sink);

/* Whose it probably is, by a glance at the usual places: for those who may be wrong. */
bool packet_guess(unsigned link, const unsigned char *frame, size_t n, struct packet *out);

/* No more will come: hand over what was kept of datagrams that never became whole. */
void packets_end(struct packets *x, struct sink *sink);

#endif
