/* SPDX-License-Identifier: Apache-2.0 */
#include "format/tcp.h"

/* A window is at most 2^30 bytes (RFC 7323 2.3): nothing honest jumps further. */
#define WINDOW_MAX INT32_C(0x40000000)
/* Those of SYN and RST are often made up. */
#define CREDIBLE INT32_C(0x100000)

static int32_t distance(uint32_t a, uint32_t b)
{
	return (int32_t)(a - b);
}

static void advance_last(struct tcp_side *s, uint32_t seq)
{
	s->last_wraps = (uint16_t)(s->last_wraps + (seq < s->last));
	s->last = seq;
}

static void begin(struct tcp_side *s, uint32_t start, uint32_t last)
{
	s->start = s->acked = start;
	s->last = last;
	s->last_wraps = s->acked_wraps = 0;
}

static void set_state(struct tcp_side *s, enum tcp_state state)
{
	if (s->state == state)
		return;
	s->before = s->state;
	s->state = state & 15u;
}

bool tcp_anew(const struct tcp *c, const struct packet *p)
{
	const struct tcp_side *orig = &c->side[0], *resp = &c->side[1], *caller = orig;

	if (!(p->flags & TCP_SYN))
		return false;
	if (p->flags & TCP_ACK) {
		if (orig->state != TCP_INACTIVE)
			return false;
		caller = resp;
	}
	if (tcp_closed(c))
		return true;
	if (p->seq == caller->start)
		return false;
	/* The capture has the SYN/ACK before its SYN. */
	return !(!(p->flags & TCP_ACK) && caller->state == TCP_SYN_ACK_SENT &&
		 resp->state == TCP_INACTIVE && p->seq == resp->start);
}

/* Where its sequence begins: with a SYN, or as if there had been one. */
static void first_sequence(struct tcp_side *s, const struct packet *p, uint32_t end)
{
	bool syn = p->flags & TCP_SYN;

	switch (s->state) {
	case TCP_INACTIVE:
		if (syn)
			begin(s, p->seq, end);
		else
			begin(s, p->seq - 1, p->seq);
		break;
	case TCP_SYN_SENT:
	case TCP_SYN_ACK_SENT:
		if (syn && p->seq != s->start)
			begin(s, p->seq, end);
		break;
	case TCP_ESTABLISHED:
	case TCP_PARTIAL:
		if (syn)
			begin(s, p->seq, end);
		break;
	case TCP_RESET:
		if (syn && s->before == TCP_INACTIVE)
			begin(s, p->seq, end);
		break;
	default:
		break;
	}
}

static void remember_flags(struct tcp_side *s, unsigned flags)
{
	if ((flags & (TCP_SYN | TCP_FIN | TCP_RST)) != TCP_SYN)
		return;
	if (flags & TCP_ACK)
		s->syn_ack = true;
	else
		s->syn = true;
}

/* What the other side says that it has. */
static void acknowledged(struct tcp_side *peer, const struct packet *p)
{
	int32_t delta = distance(p->ack, peer->acked);

	if (peer->state == TCP_INACTIVE) {
		begin(peer, p->ack - 1, p->ack - 1);
		return;
	}
	if (p->flags & TCP_RST || delta <= 0 || delta > WINDOW_MAX)
		return;
	if (p->ack == 0 && delta > CREDIBLE)
		return;
	if (peer->acked_wraps == 0 && p->ack >= peer->acked && distance(p->ack, peer->start) < 0)
		return;
	peer->acked_wraps = (uint16_t)(peer->acked_wraps + (p->ack < peer->acked));
	peer->acked = p->ack;
}

static void sent_until(struct tcp_side *s, const struct packet *p, uint32_t end)
{
	int32_t delta = distance(end, s->last);

	if (p->flags & (TCP_SYN | TCP_RST) && (delta > CREDIBLE || delta < -CREDIBLE))
		return;
	/* Of a connection of more than 2 GB whose payload was not captured. */
	if (p->flags & TCP_FIN && s->last == s->start + 1 && delta != 0) {
		advance_last(s, end);
		return;
	}
	if (s->state != TCP_RESET && delta > 0 && delta <= WINDOW_MAX)
		advance_last(s, end);
}

/* The first packet of a side. */
static bool inactive(struct tcp *c, unsigned me, const struct packet *p, bool *flip)
{
	struct tcp_side *s = &c->side[me], *peer = &c->side[!me];
	bool closes = false;

	if (p->flags & TCP_SYN) {
		if (me == 0) {
			set_state(s, p->flags & TCP_ACK ? TCP_SYN_ACK_SENT : TCP_SYN_SENT);
		} else {
			if (!(p->flags & TCP_ACK) && peer->state == TCP_SYN_ACK_SENT &&
			    p->seq == s->start) {
				*flip = true;
				set_state(peer, TCP_ESTABLISHED);
			}
			if (peer->state == TCP_SYN_SENT)
				set_state(peer, TCP_ESTABLISHED);
			set_state(s, TCP_ESTABLISHED);
		}
	}
	if (p->flags & TCP_FIN) {
		set_state(s, TCP_CLOSED);
		closes = true;
	}
	if (p->flags & TCP_RST) {
		set_state(s, TCP_RESET);
		closes = true;
	}
	if (s->state != TCP_INACTIVE)
		return closes;
	if (me == 1 && p->length == 0 && peer->state == TCP_SYN_SENT)
		return closes; /* some acknowledge a SYN before they answer it */
	if (p->flags & TCP_ACK && peer->state == TCP_ESTABLISHED)
		set_state(s, TCP_ESTABLISHED); /* only its SYN was missed */
	else
		set_state(s, TCP_PARTIAL);
	return closes;
}

static bool established(struct tcp_side *s, struct tcp_side *peer, const struct packet *p)
{
	bool closes = false;

	if (p->flags & TCP_SYN && s->state == TCP_PARTIAL && peer->state == TCP_INACTIVE &&
	    !(p->flags & TCP_ACK))
		set_state(s, TCP_SYN_SENT);
	if ((p->flags & (TCP_FIN | TCP_RST)) == TCP_FIN) {
		set_state(s, TCP_CLOSED);
		/* A reset behind its FIN was a normal end after all. */
		if (peer->state == TCP_RESET && peer->before == TCP_CLOSED)
			set_state(peer, TCP_CLOSED);
		closes = true;
	}
	if (p->flags & TCP_RST) {
		set_state(s, TCP_RESET);
		closes = true;
	}
	return closes;
}

static bool next_state(struct tcp *c, unsigned me, const struct packet *p, bool *flip)
{
	struct tcp_side *s = &c->side[me], *peer = &c->side[!me];

	switch (s->state) {
	case TCP_INACTIVE:
		return inactive(c, me, p, flip);
	case TCP_SYN_SENT:
	case TCP_SYN_ACK_SENT:
		if (p->flags & TCP_FIN)
			set_state(s, TCP_CLOSED);
		if (p->flags & TCP_RST)
			set_state(s, TCP_RESET);
		return p->flags & (TCP_FIN | TCP_RST);
	case TCP_PARTIAL:
	case TCP_ESTABLISHED:
		return established(s, peer, p);
	case TCP_CLOSED:
		if (!(p->flags & TCP_RST) || peer->state == TCP_CLOSED)
			return false;
		set_state(s, TCP_RESET);
		return !s->closed;
	default:
		return false;
	}
}

void tcp_flip(struct tcp *c)
{
	struct tcp_side s = c->side[0];

	c->side[0] = c->side[1];
	c->side[1] = s;
}

enum tcp_end tcp_packet(struct tcp *c, bool from_orig, const struct packet *p)
{
	unsigned me = !from_orig;
	struct tcp_side *s = &c->side[me], *peer = &c->side[!me];
	uint32_t end = p->seq + !!(p->flags & TCP_SYN) + !!(p->flags & TCP_FIN) +
		       (p->flags & TCP_RST ? 0 : p->length);
	bool flip = false, closes;

	first_sequence(s, p, end);
	remember_flags(s, p->flags);
	if (p->flags & TCP_FIN)
		s->fin = true;
	if (p->flags & TCP_ACK)
		acknowledged(peer, p);
	sent_until(s, p, end);
	closes = next_state(c, me, p, &flip);
	if (flip) {
		tcp_flip(c);
		return TCP_FLIP;
	}
	if (closes && !s->closed) {
		s->closed = true;
		if (s->state == TCP_RESET || peer->closed || peer->state == TCP_INACTIVE)
			return TCP_OVER;
	}
	if ((c->side[0].state == TCP_SYN_SENT || c->side[0].state == TCP_SYN_ACK_SENT) &&
	    c->side[1].state == TCP_INACTIVE)
		return TCP_ATTEMPT;
	return TCP_OPEN;
}

uint64_t tcp_size(const struct tcp *c, unsigned side)
{
	const struct tcp_side *s = &c->side[side], *peer = &c->side[!side];
	uint64_t last = (uint64_t)s->last_wraps << 32 | s->last;
	uint64_t acked = (uint64_t)s->acked_wraps << 32 | s->acked;
	uint64_t size;

	/* A half-open connection that was found and dropped: its numbers say nothing. */
	if (s->before == TCP_SYN_SENT && s->state == TCP_RESET && peer->state == TCP_INACTIVE &&
	    s->acked != s->start && s->acked != s->start + 1)
		return 0;
	last = last > acked ? last : acked;
	size = last > s->start ? last - s->start : 0;
	size -= size != 0; /* the SYN */
	size -= s->fin && size != 0;
	return size;
}

enum opener tcp_opener(const struct tcp *c)
{
	if (c->side[0].syn || c->side[1].syn_ack)
		return OPENER_ORIG;
	return c->side[0].syn_ack || c->side[1].syn ? OPENER_RESP : OPENER_UNKNOWN;
}

enum handshake tcp_handshake(const struct tcp *c)
{
	unsigned o = c->side[0].state, r = c->side[1].state;
	bool o_absent = o == TCP_INACTIVE || o == TCP_PARTIAL;
	bool r_absent = r == TCP_INACTIVE || r == TCP_PARTIAL;

	if (r == TCP_RESET) {
		if (o == TCP_SYN_SENT || o == TCP_SYN_ACK_SENT ||
		    (o == TCP_RESET && tcp_size(c, 0) == 0 && tcp_size(c, 1) == 0))
			return HANDSHAKE_FAILED;
		return o_absent ? HANDSHAKE_FAILED : HANDSHAKE_DONE;
	}
	if (o == TCP_RESET)
		return r_absent ? HANDSHAKE_FAILED : HANDSHAKE_DONE;
	if (o == TCP_CLOSED)
		return r != TCP_CLOSED && r_absent ? HANDSHAKE_FAILED : HANDSHAKE_DONE;
	if (r == TCP_CLOSED)
		return o_absent ? HANDSHAKE_UNSAID : HANDSHAKE_DONE;
	if (o == TCP_SYN_SENT && r == TCP_INACTIVE)
		return HANDSHAKE_FAILED;
	return o == TCP_ESTABLISHED && r == TCP_ESTABLISHED ? HANDSHAKE_DONE : HANDSHAKE_UNSAID;
}
