/* SPDX-License-Identifier: Apache-2.0 */
#include "format/zeek.h"

#include "format/telemetry.h"

static const char *const names[ZEEK_COLUMNS] = {
	[ZEEK_TS] = "ts",
	[ZEEK_ORIG_H] = "id.orig_h",
	[ZEEK_ORIG_P] = "id.orig_p",
	[ZEEK_RESP_H] = "id.resp_h",
	[ZEEK_RESP_P] = "id.resp_p",
	[ZEEK_PROTO] = "proto",
	[ZEEK_IP_PROTO] = "ip_proto",
	[ZEEK_DURATION] = "duration",
	[ZEEK_ORIG_BYTES] = "orig_bytes",
	[ZEEK_RESP_BYTES] = "resp_bytes",
	[ZEEK_ORIG_PKTS] = "orig_pkts",
	[ZEEK_RESP_PKTS] = "resp_pkts",
	[ZEEK_CONN_STATE] = "conn_state",
	[ZEEK_HISTORY] = "history",
	[ZEEK_QUERY] = "query",
	[ZEEK_ANSWERS] = "answers",
	[ZEEK_TTLS] = "TTLs",
	[ZEEK_SERVER_NAME] = "server_name",
	[ZEEK_ESTABLISHED] = "established",
	[ZEEK_HOST] = "host",
	[ZEEK_URI] = "uri",
	[ZEEK_STATUS_CODE] = "status_code",
	[ZEEK_MISSED_BYTES] = "missed_bytes",
	[ZEEK_QTYPE] = "qtype",
	[ZEEK_REJECTED] = "rejected",
	[ZEEK_RESUMED] = "resumed",
	[ZEEK_BODY_LEN] = "request_body_len",
	[ZEEK_REQUEST_PATH] = "request_path",
};

static inline bool is(struct str name, enum zeek_column c)
{
	return memcmp(name.p, names[c], name.n) == 0;
}

/*
 * By length first: this is asked for every key of every JSON line. Sites rename the addresses
 * (id_orig_h, src, src_ip), so the usual other names are known too.
 */
enum zeek_column zeek_column(struct str name)
{
#define TRY(c)           \
	if (is(name, c)) \
	return c
	switch (name.n) {
	case 2:
		TRY(ZEEK_TS);
		break;
	case 3:
		TRY(ZEEK_URI);
		if (memcmp(name.p, "src", 3) == 0)
			return ZEEK_ORIG_H;
		if (memcmp(name.p, "dst", 3) == 0)
			return ZEEK_RESP_H;
		break;
	case 4:
		TRY(ZEEK_TTLS);
		TRY(ZEEK_HOST);
		break;
	case 5:
		TRY(ZEEK_PROTO);
		TRY(ZEEK_QUERY);
		TRY(ZEEK_QTYPE);
		break;
	case 6:
		if (memcmp(name.p, "src_ip", 6) == 0)
			return ZEEK_ORIG_H;
		if (memcmp(name.p, "dst_ip", 6) == 0)
			return ZEEK_RESP_H;
		break;
	case 7:
		TRY(ZEEK_HISTORY);
		TRY(ZEEK_ANSWERS);
		TRY(ZEEK_RESUMED);
		break;
	case 8:
		TRY(ZEEK_DURATION);
		TRY(ZEEK_IP_PROTO);
		TRY(ZEEK_REJECTED);
		if (memcmp(name.p, "src_port", 8) == 0)
			return ZEEK_ORIG_P;
		if (memcmp(name.p, "dst_port", 8) == 0)
			return ZEEK_RESP_P;
		break;
	case 9:
		if (memcmp(name.p, "id", 2) == 0 && (name.p[2] == '.' || name.p[2] == '_')) {
			if (memcmp(name.p + 3, "orig_", 5) == 0)
				return name.p[8] == 'h'   ? ZEEK_ORIG_H
				       : name.p[8] == 'p' ? ZEEK_ORIG_P
							  : ZEEK_COLUMNS;
			if (memcmp(name.p + 3, "resp_", 5) == 0)
				return name.p[8] == 'h'   ? ZEEK_RESP_H
				       : name.p[8] == 'p' ? ZEEK_RESP_P
							  : ZEEK_COLUMNS;
		}
		TRY(ZEEK_ORIG_PKTS);
		TRY(ZEEK_RESP_PKTS);
		break;
	case 10:
		TRY(ZEEK_ORIG_BYTES);
		TRY(ZEEK_RESP_BYTES);
		TRY(ZEEK_CONN_STATE);
		break;
	case 11:
		TRY(ZEEK_SERVER_NAME);
		TRY(ZEEK_ESTABLISHED);
		TRY(ZEEK_STATUS_CODE);
		break;
	case 12:
		TRY(ZEEK_MISSED_BYTES);
		TRY(ZEEK_REQUEST_PATH);
		break;
	case 16:
		TRY(ZEEK_BODY_LEN);
		break;
	default:
		break;
	}
	return ZEEK_COLUMNS;
#undef TRY
}

enum kind zeek_kind_of_path(struct str path)
{
	static const char *const paths[KIND_COUNT] = { "conn", "dns", "ssl", "http" };

	for (unsigned k = 0; k < KIND_COUNT; k++)
		if (str_is(path, paths[k]))
			return (enum kind)k;
	return KIND_COUNT;
}

enum kind zeek_kind_of_columns(uint32_t seen)
{
	if (seen & (ZEEK_BIT(ZEEK_CONN_STATE) | ZEEK_BIT(ZEEK_MISSED_BYTES) | ZEEK_BIT(ZEEK_ORIG_PKTS)))
		return KIND_FLOW;
	if (seen & (ZEEK_BIT(ZEEK_QUERY) | ZEEK_BIT(ZEEK_QTYPE) | ZEEK_BIT(ZEEK_REJECTED)))
		return KIND_DNS;
	if (seen & (ZEEK_BIT(ZEEK_ESTABLISHED) | ZEEK_BIT(ZEEK_RESUMED)))
		return KIND_TLS;
	/* sip.log has the columns of http.log too, and the paths of the call. */
	if ((seen & (ZEEK_BIT(ZEEK_BODY_LEN) | ZEEK_BIT(ZEEK_STATUS_CODE))) &&
	    !(seen & ZEEK_BIT(ZEEK_REQUEST_PATH)))
		return KIND_HTTP;
	return KIND_COUNT;
}

uint32_t zeek_used(enum kind kind)
{
	uint32_t ids = ZEEK_BIT(ZEEK_TS) | ZEEK_BIT(ZEEK_ORIG_H) | ZEEK_BIT(ZEEK_ORIG_P) |
		       ZEEK_BIT(ZEEK_RESP_H) | ZEEK_BIT(ZEEK_RESP_P);

	switch (kind) {
	case KIND_FLOW:
		return ids | ZEEK_BIT(ZEEK_PROTO) | ZEEK_BIT(ZEEK_IP_PROTO) |
		       ZEEK_BIT(ZEEK_DURATION) | ZEEK_BIT(ZEEK_ORIG_BYTES) |
		       ZEEK_BIT(ZEEK_RESP_BYTES) | ZEEK_BIT(ZEEK_ORIG_PKTS) |
		       ZEEK_BIT(ZEEK_RESP_PKTS) | ZEEK_BIT(ZEEK_CONN_STATE) | ZEEK_BIT(ZEEK_HISTORY);
	case KIND_DNS:
		return ids | ZEEK_BIT(ZEEK_PROTO) | ZEEK_BIT(ZEEK_QUERY) | ZEEK_BIT(ZEEK_ANSWERS) |
		       ZEEK_BIT(ZEEK_TTLS);
	case KIND_TLS:
		return ids | ZEEK_BIT(ZEEK_SERVER_NAME) | ZEEK_BIT(ZEEK_ESTABLISHED);
	default:
		return ids | ZEEK_BIT(ZEEK_HOST) | ZEEK_BIT(ZEEK_URI) | ZEEK_BIT(ZEEK_STATUS_CODE);
	}
}

uint32_t zeek_ttl(struct str s)
{
	uint64_t v;

	if (!json_decimal(s, 6, &v))
		return TTL_UNSTATED;
	v /= 1000000;
	return v < TTL_UNSTATED ? (uint32_t)v : TTL_UNSTATED - 1;
}

/* Most addresses are IPv4 without surprises; ip_parse has the last word on the rest. */
static inline bool address(struct str s, struct ip *out)
{
	const char *p = s.p, *end;
	uint32_t v4 = 0;

	if (!p)
		return false;
	end = p + s.n;
	if (s.n > 15)
		return ip_parse(s, out);
	for (int i = 0; i < 4; i++) {
		unsigned d, octet;

		if (p == end || (octet = (unsigned)(unsigned char)*p - '0') > 9)
			return ip_parse(s, out);
		p++;
		if (octet && p < end && (d = (unsigned)(unsigned char)*p - '0') <= 9) {
			octet = octet * 10 + d;
			p++;
			if (p < end && (d = (unsigned)(unsigned char)*p - '0') <= 9) {
				octet = octet * 10 + d;
				p++;
			}
		}
		if (octet > 255)
			return ip_parse(s, out);
		v4 = v4 << 8 | octet;
		if (i < 3 && (p == end || *p++ != '.'))
			return ip_parse(s, out);
	}
	if (p != end)
		return ip_parse(s, out);
	*out = ip_v4(v4);
	return true;
}

/* 1713484795.943239, digit by digit; other lengths and forms go the long way. */
static inline bool timestamp(struct str s, int64_t *out)
{
	uint64_t v = 0;
	unsigned wrong = 0;

	if (s.n != 17)
		return s.p && moment_parse(s, out);
	for (int i = 0; i < 17; i++) {
		unsigned d = (unsigned)(unsigned char)s.p[i] - '0';

		if (i == 10) {
			wrong |= s.p[i] != '.';
			continue;
		}
		wrong |= d > 9;
		v = v * 10 + d;
	}
	if (wrong)
		return moment_parse(s, out);
	if (v > (uint64_t)TIME_MAX)
		return false;
	*out = (int64_t)v;
	return true;
}

/* 0.136721 likewise: a few digits, a point, six digits. */
static inline bool interval(struct str s, int64_t *out)
{
	uint64_t v = 0;

	if (s.n < 8 || s.n > 15 || s.p[s.n - 7] != '.')
		return seconds_parse(s, out);
	for (size_t i = 0; i < s.n; i++) {
		unsigned d = (unsigned)(unsigned char)s.p[i] - '0';

		if (i == s.n - 7)
			continue;
		if (d > 9)
			return seconds_parse(s, out);
		v = v * 10 + d;
	}
	*out = (int64_t)v;
	return true;
}

static void bad(struct sink *sink, const struct zeek_row *row, enum zeek_column c, const char *what)
{
	struct str v = row->v[c];

	if (!v.p)
		sink_bad(sink, "no %s", names[c]);
	else
		sink_bad(sink, "%s is no %s: \"%.*s\"", names[c], what, (int)(v.n < 48 ? v.n : 48),
			 v.p);
}

static inline bool size(const struct zeek_row *row, enum zeek_column c, uint64_t *out, struct sink *sink)
{
	if (!row->v[c].p) {
		*out = UNSTATED;
		return true;
	}
	if (count_parse(row->v[c], out))
		return true;
	bad(sink, row, c, "count");
	return false;
}

static inline void proto(const struct zeek_row *row, struct record *r)
{
	struct str s = row->v[ZEEK_PROTO];

	if (s.n == 3 && memcmp(s.p, "tcp", 3) == 0)
		r->proto = PROTO_TCP;
	else if (s.n == 3 && memcmp(s.p, "udp", 3) == 0)
		r->proto = PROTO_UDP;
	else if (!(s.p && proto_parse(s, &r->proto)) && row->v[ZEEK_IP_PROTO].p)
		(void)proto_parse(row->v[ZEEK_IP_PROTO], &r->proto);
	if (!proto_has_ports(r->proto))
		r->orig_port = r->resp_port = 0;
}

static inline enum opener opener(const struct zeek_row *row, uint8_t protocol)
{
	struct str h = row->v[ZEEK_HISTORY], state = row->v[ZEEK_CONN_STATE];
	bool resp = false;

	if (protocol != PROTO_TCP)
		return OPENER_UNKNOWN;
	if (h.n == 0)
		return state.n == 3 && memcmp(state.p, "OTH", 3) == 0 ? OPENER_UNKNOWN : OPENER_ORIG;
	for (size_t i = 0; i < h.n; i++) {
		if (h.p[i] == 'S' || h.p[i] == 'h')
			return OPENER_ORIG;
		resp |= h.p[i] == 'H' || h.p[i] == 's';
	}
	return resp ? OPENER_RESP : OPENER_UNKNOWN;
}

/* OTH and SHR are connections whose beginning was not seen: they say nothing of a handshake. */
static inline enum handshake handshake(struct str state, uint8_t protocol)
{
	if (protocol != PROTO_TCP)
		return HANDSHAKE_UNSAID;
	switch (state.n) {
	case 2:
		if (memcmp(state.p, "SF", 2) == 0 || memcmp(state.p, "S1", 2) == 0 ||
		    memcmp(state.p, "S2", 2) == 0 || memcmp(state.p, "S3", 2) == 0)
			return HANDSHAKE_DONE;
		return memcmp(state.p, "S0", 2) == 0 || memcmp(state.p, "SH", 2) == 0
			       ? HANDSHAKE_FAILED
			       : HANDSHAKE_UNSAID;
	case 3:
		return memcmp(state.p, "REJ", 3) == 0 ? HANDSHAKE_FAILED : HANDSHAKE_UNSAID;
	case 4:
		return memcmp(state.p, "RSTO", 4) == 0 || memcmp(state.p, "RSTR", 4) == 0
			       ? HANDSHAKE_DONE
			       : HANDSHAKE_UNSAID;
	case 5:
		return memcmp(state.p, "RSTRH", 5) == 0 ? HANDSHAKE_FAILED : HANDSHAKE_UNSAID;
	case 6:
		return memcmp(state.p, "RSTOS0", 6) == 0 ? HANDSHAKE_FAILED : HANDSHAKE_UNSAID;
	default:
		return HANDSHAKE_UNSAID;
	}
}

static inline bool flow(const struct zeek_row *row, struct record *r, struct sink *sink)
{
	proto(row, r);
	if (row->v[ZEEK_DURATION].p && !interval(row->v[ZEEK_DURATION], &r->duration)) {
		bad(sink, row, ZEEK_DURATION, "number of seconds");
		return false;
	}
	if (!size(row, ZEEK_ORIG_BYTES, &r->orig_bytes, sink) ||
	    !size(row, ZEEK_RESP_BYTES, &r->resp_bytes, sink) ||
	    !size(row, ZEEK_ORIG_PKTS, &r->orig_packets, sink) ||
	    !size(row, ZEEK_RESP_PKTS, &r->resp_packets, sink))
		return false;
	r->orig_payload = r->orig_bytes;
	r->resp_payload = r->resp_bytes;
	r->opener = opener(row, r->proto);
	record_level(r, handshake(row->v[ZEEK_CONN_STATE], r->proto));
	return true;
}

static inline struct str text(struct str s)
{
	return s.p ? s : STR_NONE;
}

void zeek_record(enum kind kind, const struct zeek_row *row, unsigned n_answers, struct sink *sink)
{
	struct record r = record_new(kind, sink->line);
	struct str s;

	r.proto = PROTO_TCP;
	if (!timestamp(row->v[ZEEK_TS], &r.ts)) {
		bad(sink, row, ZEEK_TS, "time from 1970 to 2100");
		return;
	}
	if (!address(row->v[ZEEK_ORIG_H], &r.orig)) {
		bad(sink, row, ZEEK_ORIG_H, "address");
		return;
	}
	if (!address(row->v[ZEEK_RESP_H], &r.resp)) {
		bad(sink, row, ZEEK_RESP_H, "address");
		return;
	}
	if (row->v[ZEEK_ORIG_P].p && !port_parse(row->v[ZEEK_ORIG_P], &r.orig_port)) {
		bad(sink, row, ZEEK_ORIG_P, "port");
		return;
	}
	if (row->v[ZEEK_RESP_P].p && !port_parse(row->v[ZEEK_RESP_P], &r.resp_port)) {
		bad(sink, row, ZEEK_RESP_P, "port");
		return;
	}
	switch (kind) {
	case KIND_FLOW:
		r.proto = 0;
		if (!flow(row, &r, sink))
			return;
		break;
	case KIND_DNS:
		r.proto = PROTO_UDP;
		if (row->v[ZEEK_PROTO].p)
			proto(row, &r);
		r.name = text(row->v[ZEEK_QUERY]);
		if (n_answers) {
			r.answers = sink->answers;
			r.n_answers = n_answers;
		}
		break;
	case KIND_TLS:
		s = row->v[ZEEK_ESTABLISHED];
		r.level = s.n && (s.p[0] == 'T' || s.p[0] == 't') ? LEVEL_TWO_WAY : LEVEL_ESTABLISHED;
		r.name = text(row->v[ZEEK_SERVER_NAME]);
		break;
	default:
		r.level = row->v[ZEEK_STATUS_CODE].p ? LEVEL_TWO_WAY : LEVEL_ESTABLISHED;
		r.name = host_split(text(row->v[ZEEK_HOST]), &r.http_port);
		r.path = text(row->v[ZEEK_URI]);
	}
	sink->record(sink->ctx, &r);
}
