/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the events of Suricata's eve.json say and which records they make, for the reader that finds
 * them. An event is read from the values of its own object; the objects in it are walked only when
 * a record is made of it. Nothing is allocated but escapes undone into skim.scratch; safe from any
 * thread.
 */
#ifndef NEZUMI_FORMAT_EVE_H
#define NEZUMI_FORMAT_EVE_H

#include "format/reader.h"
#include "format/telemetry.h"

/* The keys of an event, by their place in eve_keys. */
enum eve_key_id {
	EVE_TIMESTAMP,
	EVE_TYPE,
	EVE_SRC_IP,
	EVE_SRC_PORT,
	EVE_DEST_IP,
	EVE_DEST_PORT,
	EVE_PROTO,
	EVE_FLOW,
	EVE_NETFLOW,
	EVE_TCP,
	EVE_DNS,
	EVE_TLS,
	EVE_HTTP,
	EVE_KEYS
};

struct eve_event {
	struct str timestamp, type, src_ip, src_port, dest_ip, dest_port, proto;
	struct json flow, netflow, tcp, dns, tls, http;
};

struct eve_key {
	const char *name;
	size_t n;
	size_t at; /* of a struct str, or of a struct json, in struct eve_event */
	bool object;
};
extern const struct eve_key eve_keys[EVE_KEYS];

struct eve_skim {
	size_t line_n; /* of the whole line */
	struct buf *scratch;
};

/* The events that become records, and the object each is about. */
struct eve_type {
	const char *name;
	enum eve_key_id object;
	enum kind kind;
	void (*read)(const struct eve_event *e, struct record *r, const struct eve_skim *x,
		     struct sink *sink);
};
enum { EVE_TYPES = 5 };
extern const struct eve_type eve_types[EVE_TYPES];

extern const char eve_no_memory[]; /* why a line cannot be read */

/* The values of a line's object; NULL, or why it cannot be read. */
const char *eve_event(struct str line, struct eve_event *e, const struct eve_skim *x);
/* Hand over what an event says, or sink_bad() it, or pass it over: it is near nothing, or of a type
 * that makes no records. It has a type. */
void eve_read(const struct eve_event *e, const struct eve_skim *x, struct sink *sink);

#endif
