/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Packets into two-way flows, and what those say of names into dns, tls and http records. What a
 * flow is, who opened it, when it ends and what its payload is, is what Zeek says in conn.log, so
 * that a capture and Zeek's log of it are judged alike: flows are told apart by addresses, ports
 * and protocol; a SYN with another sequence number begins a new one; a TCP flow ends 5 s after both
 * sides have closed it or one has reset it, 5 s after an unanswered SYN, else after 5 minutes
 * without a packet; others after 1 minute; look-ups after 10 s. The payload of TCP is taken from
 * sequence numbers, so that what the capture missed counts too.
 *
 * Workload: some 3 M packets/s. Memory: METER_FLOWS flows of 128 bytes and TALK_BYTES for names,
 * whatever arrives; when there are too many the one that was quiet for longest is handed over. One
 * thread.
 *
 * Records come in the order in which they end. `seed` keeps authors of packets from choosing what
 * collides; nothing else depends on it.
 */
#ifndef NEZUMI_FORMAT_METER_H
#define NEZUMI_FORMAT_METER_H

#include "format/packet.h"

#define METER_FLOWS (192u << 10)

struct meter;

MUST enum err meter_new(uint64_t seed, struct meter **out);
void meter_free(struct meter *m);

/*
 * Flows are far away: where packets to come can be seen already, say so twice, first what it will
 * be (only addresses, ports and protocol are looked at), then, some packets later, what came back.
 */
uint32_t meter_expect(struct meter *m, const struct packet *p);
void meter_expect_soon(struct meter *m, uint32_t expected);

void meter_packet(struct meter *m, const struct packet *p, struct sink *sink);
/* No more will come: hand over all that is open. */
void meter_end(struct meter *m, struct sink *sink);

#endif
