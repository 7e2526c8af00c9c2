/* SPDX-License-Identifier: Apache-2.0 */
#include "format/eve.h"

/* Ethernet, IP and TCP headers without and with a few options: what a packet weighs without its
 * payload. */
#define OVERHEAD 74

/* A bound on records of one line: a message asks one question, and hostile ones not thousands. */
#define QUERIES_MAX 16

#define KEY(type, field, key, object)                              \
	{                                                          \
		key, sizeof key - 1, offsetof(type, field), object \
	}
#define TEXT(type, field, key)   KEY(type, field, key, false)
#define OBJECT(type, field, key) KEY(type, field, key, true)

const char eve_no_memory[] = "no memory to undo escapes";

/* The members of a (sub-)object that keys[] names go to `to`; nothing else of it is looked at. */
static const char *members(struct str object, const struct eve_key *keys, size_t n_keys, void *to,
			   const struct eve_skim *x)
{
	struct json_walk w;
	struct json v;
	struct str key;

	if (!json_begin(&w, object) || w.array)
		return "not a JSON object";
	while (json_next(&w, &key, &v))
		for (size_t i = 0; i < n_keys; i++) {
			void *field = (char *)to + keys[i].at;

			if (key.n != keys[i].n || memcmp(key.p, keys[i].name, key.n) != 0)
				continue;
			if (keys[i].object)
				*(struct json *)field = v;
			else if (!json_value(&v, x->line_n, x->scratch, field))
				return eve_no_memory;
			break;
		}
	if (w.failed)
		return "not valid JSON (cut off?), or nested too deeply";
	return json_rest(&w).n ? "text after the JSON object" : NULL;
}

/* The same of a sub-object; what is no object has no members. */
static const char *part(const struct json *v, const struct eve_key *keys, size_t n_keys, void *to,
			const struct eve_skim *x)
{
	return v->type == JSON_OBJECT ? members(v->raw, keys, n_keys, to, x) : NULL;
}

static const struct str absent = { NULL, 0 };

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

const struct eve_key eve_keys[EVE_KEYS] = {
	[EVE_TIMESTAMP] = TEXT(struct eve_event, timestamp, "timestamp"),
	[EVE_TYPE] = TEXT(struct eve_event, type, "event_type"),
	[EVE_SRC_IP] = TEXT(struct eve_event, src_ip, "src_ip"),
	[EVE_SRC_PORT] = TEXT(struct eve_event, src_port, "src_port"),
	[EVE_DEST_IP] = TEXT(struct eve_event, dest_ip, "dest_ip"),
	[EVE_DEST_PORT] = TEXT(struct eve_event, dest_port, "dest_port"),
	[EVE_PROTO] = TEXT(struct eve_event, proto, "proto"),
	[EVE_FLOW] = OBJECT(struct eve_event, flow, "flow"),
	[EVE_NETFLOW] = OBJECT(struct eve_event, netflow, "netflow"),
	[EVE_TCP] = OBJECT(struct eve_event, tcp, "tcp"),
	[EVE_DNS] = OBJECT(struct eve_event, dns, "dns"),
	[EVE_TLS] = OBJECT(struct eve_event, tls, "tls"),
	[EVE_HTTP] = OBJECT(struct eve_event, http, "http"),
};

const char *eve_event(struct str line, struct eve_event *e, const struct eve_skim *x)
{
	return members(line, eve_keys, COUNT(eve_keys), e, x);
}

/* ---- one event --------------------------------------------------------------------------- */

/* "no X" or "X is no Y", told once; false for the caller's return. */
static bool wrong(struct sink *sink, const char *name, struct str v, const char *what)
{
	if (!v.p)
		sink_bad(sink, "no %s", name);
	else
		sink_bad(sink, "%s is no %s: \"%.*s\"", name, what, (int)(v.n < 48 ? v.n : 48), v.p);
	return false;
}

static bool size(struct str v, const char *name, uint64_t *out, struct sink *sink)
{
	if (!v.p)
		*out = UNSTATED;
	else if (!count_parse(v, out))
		return wrong(sink, name, v, "count");
	return true;
}

/* What all events have. ts is left to the caller. */
static bool ends(const struct eve_event *e, struct record *r, struct sink *sink)
{
	if (!e->src_ip.p || !ip_parse(e->src_ip, &r->orig))
		return wrong(sink, "src_ip", e->src_ip, "address");
	if (!e->dest_ip.p || !ip_parse(e->dest_ip, &r->resp))
		return wrong(sink, "dest_ip", e->dest_ip, "address");
	if (e->src_port.p && !port_parse(e->src_port, &r->orig_port))
		return wrong(sink, "src_port", e->src_port, "port");
	if (e->dest_port.p && !port_parse(e->dest_port, &r->resp_port))
		return wrong(sink, "dest_port", e->dest_port, "port");
	if (e->proto.p)
		(void)proto_parse(e->proto, &r->proto);
	if (!proto_has_ports(r->proto))
		r->orig_port = r->resp_port = 0;
	return true;
}

/* From start, or without one the event's own time, to end. */
static bool span(const struct eve_event *e, struct str start, struct str end, struct record *r,
		 struct sink *sink)
{
	const char *name = start.p ? "start" : "timestamp";
	int64_t until;

	if (!start.p)
		start = e->timestamp;
	if (!start.p || !moment_parse(start, &r->ts))
		return wrong(sink, name, start, "time from 1970 to 2100");
	if (end.p) {
		if (!moment_parse(end, &until))
			return wrong(sink, "end", end, "time from 1970 to 2100");
		r->duration = until > r->ts ? until - r->ts : 0;
	}
	return true;
}

static unsigned hex_flags(struct str s)
{
	unsigned v = 0;

	if (s.n > 2)
		return 0;
	for (size_t i = 0; i < s.n; i++) {
		unsigned d = (unsigned)(unsigned char)s.p[i] - '0',
			 letter = ((unsigned char)s.p[i] | 0x20u) - 'a';

		if (d > 9 && letter > 5)
			return 0;
		v = v << 4 | (d > 9 ? letter + 10 : d);
	}
	return v;
}

/* The record is whole. One that is near nothing may be passed over. */
static void emit(struct record *r, struct sink *sink)
{
	bool pass = sink_selects(sink, r->kind) && !sink_wants(sink, r->orig) &&
		    !sink_wants(sink, r->resp);

	for (unsigned i = 0; pass && i < r->n_answers; i++)
		pass = !sink_wants(sink, r->answers[i].ip);
	if (pass)
		sink_pass(sink, r->ts);
	else
		sink->record(sink->ctx, r);
}

struct tcp {
	struct str syn, ack, both, to_server, to_client;
};

static const struct eve_key tcp_keys[] = {
	TEXT(struct tcp, syn, "syn"),
	TEXT(struct tcp, ack, "ack"),
	TEXT(struct tcp, both, "tcp_flags"),
	TEXT(struct tcp, to_server, "tcp_flags_ts"),
	TEXT(struct tcp, to_client, "tcp_flags_tc"),
};

/* To Suricata `closed` is also what was reset at once, and what only one side ever spoke in. */
static enum handshake handshake(struct str state, const struct tcp *t, const struct record *r)
{
	unsigned client = hex_flags(t->to_server), server = hex_flags(t->to_client);

	if (str_is(state, "new"))
		return HANDSHAKE_FAILED;
	if (!str_is(state, "established") && !str_is(state, "closed"))
		return HANDSHAKE_UNSAID;
	if (r->orig_packets == 0 || r->resp_packets == 0)
		return HANDSHAKE_FAILED;
	return (client & TCP_SYN) && (server & TCP_RST) && !(server & TCP_SYN) ? HANDSHAKE_FAILED
									       : HANDSHAKE_DONE;
}

static void flow(const struct eve_event *e, struct record *r, const struct eve_skim *x, struct sink *sink)
{
	struct {
		struct str start, end, state, orig_packets, resp_packets, orig_bytes, resp_bytes;
	} f = { 0 };
	static const struct eve_key keys[] = {
		TEXT(__typeof__(f), start, "start"),
		TEXT(__typeof__(f), end, "end"),
		TEXT(__typeof__(f), state, "state"),
		TEXT(__typeof__(f), orig_packets, "pkts_toserver"),
		TEXT(__typeof__(f), resp_packets, "pkts_toclient"),
		TEXT(__typeof__(f), orig_bytes, "bytes_toserver"),
		TEXT(__typeof__(f), resp_bytes, "bytes_toclient"),
	};
	struct tcp t = { 0 };

	if (part(&e->flow, keys, COUNT(keys), &f, x) ||
	    part(&e->tcp, tcp_keys, COUNT(tcp_keys), &t, x)) {
		sink_bad(sink, "%s", eve_no_memory);
		return;
	}
	if (!ends(e, r, sink) || !span(e, f.start, f.end, r, sink) ||
	    !size(f.orig_packets, "pkts_toserver", &r->orig_packets, sink) ||
	    !size(f.resp_packets, "pkts_toclient", &r->resp_packets, sink) ||
	    !size(f.orig_bytes, "bytes_toserver", &r->orig_bytes, sink) ||
	    !size(f.resp_bytes, "bytes_toclient", &r->resp_bytes, sink))
		return;
	r->orig_payload = payload_of(r->orig_bytes, r->orig_packets, OVERHEAD);
	r->resp_payload = payload_of(r->resp_bytes, r->resp_packets, OVERHEAD);
	r->opener = OPENER_UNKNOWN;
	if (r->proto != PROTO_TCP) {
		record_level(r, HANDSHAKE_UNSAID);
	} else {
		if (str_is(f.state, "new") || str_is(t.syn, "true") ||
		    (hex_flags(t.to_server) & TCP_SYN))
			r->opener = OPENER_ORIG;
		record_level(r, handshake(f.state, &t, r));
	}
	emit(r, sink);
}

/* One direction of a flow, as NetFlow has it. */
static void netflow(const struct eve_event *e, struct record *r, const struct eve_skim *x,
		    struct sink *sink)
{
	struct {
		struct str start, end, packets, bytes;
	} f = { 0 };
	static const struct eve_key keys[] = {
		TEXT(__typeof__(f), start, "start"),
		TEXT(__typeof__(f), end, "end"),
		TEXT(__typeof__(f), packets, "pkts"),
		TEXT(__typeof__(f), bytes, "bytes"),
	};
	struct tcp t = { 0 };
	unsigned flags;

	if (part(&e->netflow, keys, COUNT(keys), &f, x) ||
	    part(&e->tcp, tcp_keys, COUNT(tcp_keys), &t, x)) {
		sink_bad(sink, "%s", eve_no_memory);
		return;
	}
	if (!ends(e, r, sink) || !span(e, f.start, f.end, r, sink) ||
	    !size(f.packets, "pkts", &r->orig_packets, sink) ||
	    !size(f.bytes, "bytes", &r->orig_bytes, sink))
		return;
	r->orig_payload = payload_of(r->orig_bytes, r->orig_packets, OVERHEAD);
	r->one_way = true;
	r->opener = OPENER_UNKNOWN;
	if (r->proto == PROTO_TCP) {
		flags = hex_flags(t.both) | (str_is(t.ack, "true") ? TCP_ACK : 0);
		record_one_way_flags(r, flags);
		if (!r->ack && ((flags & TCP_SYN) || str_is(t.syn, "true")))
			r->opener = OPENER_ORIG;
	}
	record_level_one_way(r);
	emit(r, sink);
}

/* ---- dns --------------------------------------------------------------------------------- */

struct answer {
	struct str rrname, type, rdata, ttl;
};

static const struct eve_key answer_keys[] = {
	TEXT(struct answer, rrname, "rrname"),
	TEXT(struct answer, type, "rrtype"),
	TEXT(struct answer, rdata, "rdata"),
	TEXT(struct answer, ttl, "ttl"),
};

static uint32_t ttl_of(struct str s)
{
	uint64_t v;

	if (!s.p || !count_parse(s, &v))
		return TTL_UNSTATED;
	return v < TTL_UNSTATED ? (uint32_t)v : TTL_UNSTATED - 1;
}

static unsigned add_answer(const struct answer *a, struct dns_answer *out, unsigned n)
{
	if (n == DNS_ANSWERS_MAX || (!str_is(a->type, "A") && !str_is(a->type, "AAAA")) ||
	    !a->rdata.p || !ip_parse(a->rdata, &out[n].ip))
		return n;
	out[n].ttl = ttl_of(a->ttl);
	return n + 1;
}

static unsigned answers_of(const struct json *list, struct dns_answer *out, const struct eve_skim *x)
{
	struct json_walk w;
	struct json v;
	struct str key;
	unsigned n = 0;

	if (list->type != JSON_ARRAY || !json_begin(&w, list->raw))
		return 0;
	while (n < DNS_ANSWERS_MAX && json_next(&w, &key, &v)) {
		struct answer a = { 0 };

		if (!part(&v, answer_keys, COUNT(answer_keys), &a, x))
			n = add_answer(&a, out, n);
	}
	return n;
}

/* {"A": ["192.0.2.1", …], "AAAA": […]}: no TTLs. */
static unsigned grouped_of(const struct json *object, struct dns_answer *out, const struct eve_skim *x)
{
	struct json_walk groups, list;
	struct json v, value;
	struct str key, none;
	unsigned n = 0;

	if (object->type != JSON_OBJECT || !json_begin(&groups, object->raw))
		return 0;
	while (json_next(&groups, &key, &v)) {
		if (v.type != JSON_ARRAY || !json_begin(&list, v.raw))
			continue;
		while (n < DNS_ANSWERS_MAX && json_next(&list, &none, &value)) {
			struct answer a = { .type = key };

			if (json_value(&value, x->line_n, x->scratch, &a.rdata))
				n = add_answer(&a, out, n);
		}
	}
	return n;
}

static bool dns_port(uint16_t port)
{
	return port == 53 || port == 5353 || port == 5355;
}

static void dns(const struct eve_event *e, struct record *r, const struct eve_skim *x, struct sink *sink)
{
	struct {
		struct str type;
		struct answer self; /* version 1: an event for each answer */
		struct json answers, grouped, queries;
	} d = { 0 };
	static const struct eve_key keys[] = {
		TEXT(__typeof__(d), type, "type"),
		TEXT(__typeof__(d), self.rrname, "rrname"),
		TEXT(__typeof__(d), self.type, "rrtype"),
		TEXT(__typeof__(d), self.rdata, "rdata"),
		TEXT(__typeof__(d), self.ttl, "ttl"),
		OBJECT(__typeof__(d), answers, "answers"),
		OBJECT(__typeof__(d), grouped, "grouped"),
		OBJECT(__typeof__(d), queries, "queries"),
	};
	struct json_walk w;
	struct json v;
	struct str key;

	if (part(&e->dns, keys, COUNT(keys), &d, x)) {
		sink_bad(sink, "%s", eve_no_memory);
		return;
	}
	r->proto = PROTO_UDP;
	if (!ends(e, r, sink) || !span(e, absent, absent, r, sink))
		return;
	r->level = LEVEL_LOOKUP;
	if (str_is(d.type, "answer") || str_is(d.type, "response")) {
		if (dns_port(r->orig_port) && !dns_port(r->resp_port)) {
			struct ip ip = r->orig;
			uint16_t port = r->orig_port;

			r->orig = r->resp;
			r->orig_port = r->resp_port;
			r->resp = ip;
			r->resp_port = port;
		}
		r->n_answers = answers_of(&d.answers, sink->answers, x);
		if (r->n_answers == 0)
			r->n_answers = grouped_of(&d.grouped, sink->answers, x);
		if (r->n_answers == 0)
			r->n_answers = add_answer(&d.self, sink->answers, 0);
		r->answers = sink->answers;
	}
	if (d.self.rrname.p || d.queries.type != JSON_ARRAY || !json_begin(&w, d.queries.raw)) {
		if (d.self.rrname.p)
			r->name = d.self.rrname;
		emit(r, sink);
		return;
	}
	/* Several questions in one message: each is asked, and the answers are the first one's. */
	for (int n = 0; n < QUERIES_MAX; n++) {
		struct answer q = { 0 };

		if (!json_next(&w, &key, &v)) {
			if (n == 0)
				emit(r, sink);
			return;
		}
		if (part(&v, answer_keys, COUNT(answer_keys), &q, x)) {
			sink_bad(sink, "%s", eve_no_memory);
			return;
		}
		r->name = q.rrname.p ? q.rrname : STR_NONE;
		emit(r, sink);
		r->n_answers = 0;
	}
}

/* ---- tls, http --------------------------------------------------------------------------- */

static void tls(const struct eve_event *e, struct record *r, const struct eve_skim *x, struct sink *sink)
{
	struct {
		struct str sni, version;
	} t = { 0 };
	static const struct eve_key keys[] = {
		TEXT(__typeof__(t), sni, "sni"),
		TEXT(__typeof__(t), version, "version"),
	};

	if (part(&e->tls, keys, COUNT(keys), &t, x)) {
		sink_bad(sink, "%s", eve_no_memory);
		return;
	}
	if (!ends(e, r, sink) || !span(e, absent, absent, r, sink))
		return;
	r->proto = PROTO_TCP;
	r->level = t.version.n && !str_is(t.version, "UNDETERMINED") ? LEVEL_TWO_WAY : LEVEL_ESTABLISHED;
	if (t.sni.p)
		r->name = t.sni;
	emit(r, sink);
}

static void http(const struct eve_event *e, struct record *r, const struct eve_skim *x, struct sink *sink)
{
	struct {
		struct str hostname, port, url, status;
	} h = { 0 };
	static const struct eve_key keys[] = {
		TEXT(__typeof__(h), hostname, "hostname"),
		TEXT(__typeof__(h), port, "http_port"),
		TEXT(__typeof__(h), url, "url"),
		TEXT(__typeof__(h), status, "status"),
	};

	if (part(&e->http, keys, COUNT(keys), &h, x)) {
		sink_bad(sink, "%s", eve_no_memory);
		return;
	}
	if (!ends(e, r, sink) || !span(e, absent, absent, r, sink))
		return;
	r->proto = PROTO_TCP;
	r->level = h.status.p ? LEVEL_TWO_WAY : LEVEL_ESTABLISHED;
	if (h.hostname.p)
		r->name = host_split(h.hostname, &r->http_port);
	/* The event's own port, where the header names none. */
	if (r->http_port == 0 && h.port.p)
		(void)port_parse(h.port, &r->http_port);
	if (h.url.p)
		r->path = h.url;
	emit(r, sink);
}

/* ---- all together ------------------------------------------------------------------------ */

const struct eve_type eve_types[EVE_TYPES] = {
	{ "flow", EVE_FLOW, KIND_FLOW, flow }, { "netflow", EVE_NETFLOW, KIND_FLOW, netflow },
	{ "dns", EVE_DNS, KIND_DNS, dns },     { "tls", EVE_TLS, KIND_TLS, tls },
	{ "http", EVE_HTTP, KIND_HTTP, http },
};

void eve_read(const struct eve_event *e, const struct eve_skim *x, struct sink *sink)
{
	for (size_t i = 0; i < EVE_TYPES; i++) {
		struct record r = record_new(eve_types[i].kind, sink->line);
		const char *object = (const char *)e + eve_keys[eve_types[i].object].at;

		if (!str_is(e->type, eve_types[i].name))
			continue;
		if (((const struct json *)(const void *)object)->type == JSON_OBJECT)
			eve_types[i].read(e, &r, x, sink);
		else
			sink_bad(sink, "a %s event without its object", eve_types[i].name);
		return;
	}
}
