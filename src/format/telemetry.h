/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Values that every source of telemetry writes alike: numbers, ports, times, flags, Host headers.
 * For the readers of records, hundreds of millions of times: nothing is allocated.
 */
#ifndef NEZUMI_FORMAT_TELEMETRY_H
#define NEZUMI_FORMAT_TELEMETRY_H

#include "base/clock.h"
#include "base/json.h"
#include "core/record.h"

enum tcp_flag { TCP_FIN = 1, TCP_SYN = 2, TCP_RST = 4, TCP_PSH = 8, TCP_ACK = 16 };

#define PROTO_ICMP   1
#define PROTO_TCP    6
#define PROTO_UDP    17
#define PROTO_ICMPV6 58

/* A count; an unsigned decimal number, also as JSON writes one (fraction, exponent). */
static inline bool count_parse(struct str s, uint64_t *out)
{
	uint64_t v = 0;

	if (s.n == 0 || s.n > 18)
		return json_decimal(s, 0, out);
	for (size_t i = 0; i < s.n; i++) {
		unsigned d = (unsigned)(unsigned char)s.p[i] - '0';

		if (d > 9)
			return json_decimal(s, 0, out);
		v = v * 10 + d;
	}
	*out = v;
	return true;
}

static inline bool port_parse(struct str s, uint16_t *out)
{
	unsigned v = 0;

	if (s.n == 0 || s.n > 5)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		unsigned d = (unsigned)(unsigned char)s.p[i] - '0';

		if (d > 9)
			return false;
		v = v * 10 + d;
	}
	if (v > UINT16_MAX)
		return false;
	*out = (uint16_t)v;
	return true;
}

/* Seconds, rounded to the microsecond, from 0 to 2100. */
static inline bool seconds_parse(struct str s, int64_t *out)
{
	uint64_t v;

	if (!json_decimal(s, 6, &v) || v > (uint64_t)TIME_MAX)
		return false;
	*out = (int64_t)v;
	return true;
}

/* Seconds since 1970 or calendar text. */
static inline bool moment_parse(struct str s, int64_t *out)
{
	return seconds_parse(s, out) || time_parse(s, out, NULL);
}

/* Payload by the wire bytes where only those are known: what is left without `overhead` bytes for
 * each packet. */
static inline uint64_t payload_of(uint64_t bytes, uint64_t packets, unsigned overhead)
{
	if (bytes == UNSTATED || packets == UNSTATED)
		return bytes;
	return packets > bytes / overhead ? 0 : bytes - packets * overhead;
}

/* Protocols without ports carry other numbers in their place (ICMP type and code). */
static inline bool proto_has_ports(uint8_t proto)
{
	return proto != PROTO_ICMP && proto != PROTO_ICMPV6;
}

/* A Host header without its port and without brackets; *port is 0 where it names none. */
struct str host_split(struct str host, uint16_t *port);

/*
 * The text of a JSON string, number or boolean; p is NULL for the rest. Escapes are undone into
 * scratch, which the caller clears for each line; it is given room for the `line_n` bytes of the
 * whole line at once, so that what was undone before stays where it is. False without memory.
 */
bool json_value(const struct json *v, size_t line_n, struct buf *scratch, struct str *out);

/* TCP flags: letters (`...AP.SF`, `SA`, `FS PA`), a decimal number, or hexadecimal digits (0x1b,
 * 1b). False if it is none of them. */
bool tcp_flags_parse(struct str s, uint8_t *out);

/* What the TCP flags of a one-way record say; its payload is known by then. */
void record_one_way_flags(struct record *r, unsigned flags);

/*
 * The level of a one-way record: its sender was answered if it acknowledges. While the opener is
 * unknown the sender is taken for it; who settles that must look again.
 */
void record_level_one_way(struct record *r);

#endif
