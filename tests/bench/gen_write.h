/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One population of flows as the formats that are measured. A writer takes flow after flow in order
 * of time and tells the tally what must be found in what it wrote.
 */
#ifndef NEZUMI_TESTS_GEN_WRITE_H
#define NEZUMI_TESTS_GEN_WRITE_H

#include "gen_pop.h"

struct writer {
	const char *name; /* of the file or folder below the folder of all data */
	/* NULL: could not be opened (told). */
	void *(*open)(const char *dir);
	void (*write)(void *state, const struct flow *f, const struct population *p, struct tally *t);
	bool (*close)(void *state);
};

/* Zeek's connections, tab-separated and as JSON; Suricata's flow, dns, tls and http events. */
extern const struct writer write_conn_log, write_conn_json, write_eve;
/* nfdump's files of layout 2, one for each hour, plain and LZ4; IPFIX datagrams in a capture. */
extern const struct writer write_nfcapd, write_nfcapd_lz4, write_ipfix;

#endif
