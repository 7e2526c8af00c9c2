/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The traffic that is measured with, made up: a day of 2,000 organisations whose hosts meet two
 * million destinations, few of them often (frequency falls with rank), 3 % of it IPv6, 2 % scans
 * from outside, and one flow in 10,000 with one of 200 controllers: nine of ten of these are hosts
 * that call one every 80 minutes, the rest controllers that knock. The same seed and number give
 * the same flows on every machine: integers only.
 *
 * No address of organisations, destinations and scanners is on any list, so what matches is known
 * by construction; what validity and ports make of it is worked out here from the entries that were
 * written, one by one, with none of the program's code.
 *
 * Memory: 512 MiB for the addresses in use, and the population.
 */
#ifndef NEZUMI_TESTS_GEN_POP_H
#define NEZUMI_TESTS_GEN_POP_H

#include "gen_out.h"

enum {
	ORGS = 2000,
	DESTINATIONS = 2000000,
	DESTINATIONS6 = 100000,
	SCANNERS = 500,
	CONTROLLERS = 200
};

enum service {
	SERVICE_NONE,
	SERVICE_DNS,
	SERVICE_TLS,
	SERVICE_HTTP,
	SERVICE_QUIC,
	SERVICE_NTP,
	SERVICE_SSH,
	SERVICE_SMTP
};
/* How a conversation went, by Zeek's names. */
enum state {
	STATE_SF,
	STATE_S0,
	STATE_REJ,
	STATE_RSTO,
	STATE_RSTR,
	STATE_OTH,
	STATE_SHR,
	STATE_S1
};

struct flow {
	uint64_t n; /* from 1 */
	int64_t ts; /* microseconds since 1970 */
	uint64_t duration;
	unsigned char orig[16], resp[16]; /* network order; IPv4 in the first four */
	uint16_t orig_port, resp_port;
	unsigned char proto;
	bool v6;
	enum service service;
	enum state state;
	uint64_t orig_bytes, resp_bytes; /* payload */
	uint32_t orig_packets, resp_packets;
	int controller; /* -1: none */
	bool inbound;   /* the controller knocked */
};

struct population;

/* flows: how many there will be; lists: how many listed addresses are wanted. NULL: no memory. */
struct population *population_new(uint64_t seed, uint64_t flows, uint64_t lists);
void population_free(struct population *p);
/* The next in order of time, `flows` of them. */
void population_next(struct population *p, struct flow *out);

/* Lists of addresses DIR/list-N.txt with N = 1,000, 100,000, 1 M, 10 M as far as there are
 * addresses, DIR/mixed.csv with at most 1 M entries, and the table of organisations. */
bool population_lists(struct population *p, const char *dir);

/* What must come out for one file of records. */
struct tally {
	uint64_t records;
	/* With a list of addresses: records that meet one, and those of them that are no knocking. */
	uint64_t plain, plain_controller[CONTROLLERS];
	/* With the mixed list, validity strict. */
	uint64_t mixed, inbound, outside, on, off, mixed_controller[CONTROLLERS];
};

/* A record was written whose time is ts, of this flow. */
void tally_record(const struct population *p, struct tally *t, const struct flow *f, int64_t ts);
/* As members of a JSON object. */
void tally_print(const struct population *p, const struct tally *t, FILE *f);

/* An address as text, by RFC 5952. */
char *put_address(char *p, const unsigned char address[16], bool v6);

#endif
