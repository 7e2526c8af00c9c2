/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is said inside flows, as far as it names something: DNS messages, the beginning of TLS, HTTP
 * requests. A talk is kept for a flow while there is something to wait for, and no longer.
 *
 * TCP is put in order as it comes; what does not come is a gap, behind which the protocols find
 * their feet again or give up. Memory: TALK_BYTES in all, TALK_HOLD for what is out of order in
 * each direction; the oldest talk ends, with what is known, when there is no more.
 */
#ifndef NEZUMI_FORMAT_TALK_H
#define NEZUMI_FORMAT_TALK_H

#include "format/reader.h"

#define TALK_BYTES (12u << 20)
#define TALK_HOLD  (32u << 10)
#define TALK_LOOKS 24 /* segments in which a flow may begin to speak TLS or HTTP */

struct talks;
struct talk;

/* The flow, as it is when a record is made. */
struct parties {
	struct ip ip[2]; /* originator, responder */
	uint16_t port[2];
	uint8_t proto;
};

struct talks *talks_new(void); /* NULL: no memory */
void talks_free(struct talks *x);

struct utterance {
	unsigned from; /* 0 originator, 1 responder */
	int64_t ts;
	uint32_t seq;    /* of its first byte (TCP) */
	uint32_t length; /* bytes that were sent */
	struct str data; /* what was captured of them */
};

/*
 * A piece of payload. *talk is the flow's place for it, NULL at first; *looks how often it is still
 * worth looking whether it begins something, TALK_LOOKS at first. True: it was the responder who
 * asked.
 */
bool talk_segment(struct talks *x, struct talk **talk, uint8_t *looks, const struct parties *who,
		  const struct utterance *u, struct sink *sink);
bool talk_datagram(struct talks *x, struct talk **talk, const struct parties *who,
		   const struct utterance *u, struct sink *sink);
/* The flow's originator and responder change places. */
void talk_flip(struct talk *t);
/* The flow ends: tell what is known, and forget it. *talk is NULL afterwards. */
void talk_end(struct talks *x, struct talk **talk, struct sink *sink);

#endif
