/* SPDX-License-Identifier: Apache-2.0 */
/*
 * For readers of JSON lines: is a value surely one that the reader would accept, told by its first
 * byte and its length where that is enough? The values are those of a line that has a shape
 * (base/json_index.h), so that numbers are digits with or without a fraction. A value that is
 * absent is accepted, but for times and addresses. "No" means only: not sure.
 */
#ifndef NEZUMI_FORMAT_JSON_SIEVE_H
#define NEZUMI_FORMAT_JSON_SIEVE_H

#include "base/json_index.h"
#include "format/reader.h"
#include "format/telemetry.h"

struct sieve {
	struct sink *sink;
	const char *end; /* of the block: what lies before it can be read */
};

static inline bool sieve_digit(char c)
{
	return (unsigned char)(c - '0') <= 9;
}

/* A string without its quotes; anything else as it is. */
static inline struct str sieve_text(const struct json_at *at, unsigned slot)
{
	struct str s = json_slot(at, slot);

	return s.p[0] == '"' ? (struct str){ s.p + 1, s.n - 2 } : s;
}

static inline bool sieve_count(const struct json_at *at, unsigned slot)
{
	struct str s;

	if (!json_has(at, slot))
		return true;
	s = json_slot(at, slot);
	return s.n <= 18 && sieve_digit(s.p[0]);
}

static inline bool sieve_port(const struct json_at *at, unsigned slot)
{
	uint16_t port;

	return !json_has(at, slot) || port_parse(sieve_text(at, slot), &port);
}

/* Seconds as a number: short enough, or the point among the first ten. */
static inline bool sieve_seconds(const struct json_at *at, unsigned slot)
{
	struct str s;

	if (!json_has(at, slot))
		return true;
	s = json_slot(at, slot);
	return sieve_digit(s.p[0]) && (s.n <= 9 || s.p[1] == '.' || s.p[2] == '.' ||
				       s.p[3] == '.' || s.p[4] == '.' || s.p[5] == '.');
}

static inline bool sieve_moment(const struct json_at *at, unsigned slot, int64_t *out)
{
	return json_has(at, slot) && moment_parse(sieve_text(at, slot), out);
}

/* Passes the record over if neither address is wanted. */
static inline bool sieve_far(struct sieve *s, const struct json_at *at, unsigned a, unsigned b,
			     int64_t ts)
{
	struct ip ip;

	for (int i = 0; i < 2; i++) {
		unsigned slot = i ? b : a;

		if (!json_has(at, slot) || !ip_parse(sieve_text(at, slot), &ip) ||
		    sink_wants(s->sink, ip))
			return false;
	}
	sink_pass(s->sink, ts);
	return true;
}

#endif
