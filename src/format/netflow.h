/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Messages of NetFlow v5, v9 (RFC 3954) and IPFIX (RFC 7011, biflows RFC 5103) to records of kind
 * flow. Millions of messages a minute come by, each of some thirty records.
 *
 * What a record means:
 * - Counters of sampled flows are multiplied by the rate that the exporter states (in the header of
 *   v5, in the record itself, or in options: that of the record's sampler, else the one for the
 *   whole domain), as nfcapd does unless told otherwise. Rates for single interfaces are taken for
 *   the whole domain; the last one stated holds.
 * - Start: what the record says (absolute times before those that count from the exporter's start,
 *   which IPFIX states as systemInitTimeMilliseconds), else when the event was observed, else its
 *   end, else when the message was sent (came, where its header has no time). A zero is no time.
 * Where IPFIX never says when the exporter started, the flow is taken to have ended when the
 * message was sent.
 * - The way back: counters of the reverse direction (RFC 5103), those of the responder where there
 *   are ones of the initiator too, and in v9 OUT_BYTES and OUT_PKTS beside other IN_BYTES and
 *   IN_PKTS. Where OUT is the same as IN the same packets were counted twice, where IN is zero they
 *   were counted on their way out; in IPFIX OUT always is that. Records without are one-way.
 * - Refused: what firewallEvent says was denied; and TCP of which both ways are known when who was
 *   called sent a reset, no SYN and no payload.
 * - Opener: who biflowDirection says; the source where a record counts for initiator and responder,
 *   where one without counters tells that a flow was created or refused, and where TCP flags hold
 *   SYN and no ACK.
 * - Without a source and a destination address it is no flow, and unused.
 *
 * Every data record is a line of the sink's, and so is everything that is told.
 */
#ifndef NEZUMI_FORMAT_NETFLOW_H
#define NEZUMI_FORMAT_NETFLOW_H

#include "format/reader.h"

struct nf_store;

enum { NETFLOW_5 = 5, NETFLOW_9 = 9, NETFLOW_IPFIX = 10 };

/* Where a message came from (zeros where nobody knows) and when; TIME_NONE where nobody knows. */
struct nf_from {
	struct ip exporter;
	uint16_t port;
	int64_t ts;
};

/* One message of version 5, 9 or 10, by its first two bytes; what is cut off or lies is told. */
void netflow_read(struct nf_store *store, const struct nf_from *from, struct str message,
		  struct sink *sink);

/* No more will come: tell what was kept for templates that never came. */
void netflow_end(struct nf_store *store, struct sink *sink);

/*
 * How long the message at the start of what is at hand is; 0 when none begins there. *whole says
 * that it ends where it should: before it what is at hand ends (the result is all of it) or a set's
 * length lies (the result ends with that set's header). Bounded by the longest message, 64 KiB.
 */
#define NETFLOW_MESSAGE_MAX 65535
size_t netflow_frame(struct str have, bool *whole);

/* Does a message begin here, by its header and the head of its first set (of version 5: what is
 * behind it, or the padding of its records)? For what has to be searched. */
bool netflow_begins(struct str have);

#endif
