/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One record of telemetry, whatever program wrote it. A reader fills one on its stack and hands it
 * over; slices point into the block being read and die with it. Hundreds of millions pass through
 * here: everything fits in a few cache lines, nothing is allocated.
 */
#ifndef NEZUMI_CORE_RECORD_H
#define NEZUMI_CORE_RECORD_H

#include "core/ip.h"

enum kind { KIND_FLOW, KIND_DNS, KIND_TLS, KIND_HTTP, KIND_COUNT };
#define KIND_BIT(k) (1u << (k))
#define KIND_ALL    ((1u << KIND_COUNT) - 1)

/* Who opened the conversation, as far as the record itself proves it. */
enum opener { OPENER_UNKNOWN, OPENER_ORIG, OPENER_RESP };

/* What came of it, seen from the opener (docs/judgement.md, section 3). */
enum level { LEVEL_LOOKUP, LEVEL_ATTEMPT, LEVEL_ESTABLISHED, LEVEL_TWO_WAY };

/* Sizes that a record does not state are UNSTATED. */
#define UNSTATED UINT64_MAX

#define DNS_ANSWERS_MAX 64
#define TTL_UNSTATED    UINT32_MAX

struct dns_answer {
	struct ip ip; /* names in the chain are left out: only A and AAAA answers matter */
	uint32_t ttl; /* s */
};

struct record {
	enum kind kind;
	enum opener opener;
	enum level level;
	bool one_way;  /* the exporter reports one direction only: orig sent this */
	bool ack;      /* one-way TCP: an ACK was seen */
	bool refused;  /* one-way TCP: nothing but a reset, which answers nothing */
	bool passive;  /* dns: nobody's, without addresses; says to which a name led, from ts to ts
			  + duration, and touches nothing */
	uint8_t proto; /* IANA protocol number; 0 unknown */
	uint16_t orig_port, resp_port;
	struct ip orig, resp;
	int64_t ts, duration;            /* µs; duration 0 when not stated */
	uint64_t orig_bytes, resp_bytes; /* as the source counts them, or UNSTATED */
	uint64_t orig_packets, resp_packets;
	uint64_t orig_payload, resp_payload; /* payload by the rule of its source, or UNSTATED (then
						0) */
	struct str name;                     /* dns query, SNI, Host without port: raw, any case */
	struct str path;                     /* http: path with query, or an absolute URI */
	uint16_t http_port; /* http: as the Host header or the event says; 0 not stated */
	const struct dns_answer *answers;
	unsigned n_answers;
	uint64_t line; /* within the file, from 1; the driver completes it */
};

/* A record that the originator opened, of which nothing else is stated yet. */
static inline struct record record_new(enum kind kind, uint64_t line)
{
	return (struct record){
		.kind = kind,
		.opener = OPENER_ORIG,
		.level = LEVEL_LOOKUP,
		.name = STR_NONE,
		.path = STR_NONE,
		.orig_bytes = UNSTATED,
		.resp_bytes = UNSTATED,
		.orig_packets = UNSTATED,
		.resp_packets = UNSTATED,
		.orig_payload = UNSTATED,
		.resp_payload = UNSTATED,
		.line = line,
	};
}

/* What the source itself says came of a connection; UNSAID where it does not, or the protocol has
 * none. */
enum handshake { HANDSHAKE_UNSAID, HANDSHAKE_FAILED, HANDSHAKE_DONE };

/*
 * Set the level of a two-way flow whose opener, sizes and payload are known: what the handshake
 * says, else whether the side that was called sent packets or bytes (both sides, while the opener
 * is unknown).
 */
void record_level(struct record *r, enum handshake h);

const char *kind_text(enum kind k);
const char *level_text(enum level l);
/* "tcp", "udp", "icmp", "ipv6-icmp", ... or the number; "unknown" for 0. Static text. */
const char *proto_text(uint8_t proto);
/* By name in any case or by number; false when unknown. */
bool proto_parse(struct str s, uint8_t *out);

#endif
