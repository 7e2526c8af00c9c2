/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the packets of a TCP connection prove: who opened it, whether it was answered, whether it is
 * over, how much was said. The states are those that Zeek keeps for each side, with its answers to
 * what real networks do: a SYN/ACK before its SYN, connections that began before the capture, ports
 * used again. No memory of its own, no time.
 */
#ifndef NEZUMI_FORMAT_TCP_H
#define NEZUMI_FORMAT_TCP_H

#include "format/packet.h"

enum tcp_state {
	TCP_INACTIVE, /* has sent nothing */
	TCP_SYN_SENT,
	TCP_SYN_ACK_SENT,
	TCP_PARTIAL, /* its beginning was not seen */
	TCP_ESTABLISHED,
	TCP_CLOSED,
	TCP_RESET,
};

struct tcp_side {
	uint32_t start, last, acked; /* sequence numbers: its SYN's, behind what it sent, and what
					the other side has */
	uint16_t last_wraps, acked_wraps;
	uint8_t state : 4, before : 4; /* enum tcp_state */
	bool fin : 1;
	bool closed : 1;
	bool syn : 1, syn_ack : 1; /* it sent such a packet */
};

/* Sides: the originator's, the responder's. */
struct tcp {
	struct tcp_side side[2];
};

enum tcp_end { TCP_OPEN, TCP_ATTEMPT, TCP_OVER, TCP_FLIP };

/* Does this packet begin a new connection between the same ports? */
bool tcp_anew(const struct tcp *c, const struct packet *p);
/* Take a packet into account. TCP_FLIP: the sides were exchanged, their owner has to follow. */
enum tcp_end tcp_packet(struct tcp *c, bool from_orig, const struct packet *p);
/* The originator was the responder after all. */
void tcp_flip(struct tcp *c);
/* Is nothing more expected of either side? */
static inline bool tcp_closed(const struct tcp *c)
{
	return c->side[0].closed && c->side[1].closed;
}
/* Bytes of payload. */
uint64_t tcp_size(const struct tcp *c, unsigned side);
enum opener tcp_opener(const struct tcp *c);
enum handshake tcp_handshake(const struct tcp *c);

#endif
