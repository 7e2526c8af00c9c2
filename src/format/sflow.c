/* SPDX-License-Identifier: Apache-2.0 */
#include "format/sflow.h"

#include "base/clock.h"
#include "base/wire.h"
#include "format/nf_flow.h"
#include "format/telemetry.h"

/* Format numbers: enterprise (0: sFlow's) and format. */
enum { SAMPLE_FLOW = 1, SAMPLE_FLOW_EXPANDED = 3 };
enum { FLOW_HEADER = 1, FLOW_IPV4 = 3, FLOW_IPV6 = 4 };
enum { LINK_ETHERNET = 1, LINK_IPV4 = 11, LINK_IPV6 = 12 };
enum {
	ETHER_IPV4 = 0x0800,
	ETHER_IPV6 = 0x86dd,
	ETHER_MPLS = 0x8847,
	ETHER_MPLS_MULTICAST = 0x8848
};

/* What is known of a sampled packet. */
struct packet {
	bool ip;
	uint8_t proto, flags;
	struct ip src, dst;
	uint16_t sport, dport;
	uint64_t bytes;
};

/* ---- the sampled packet ------------------------------------------------------------------------ */

static void transport(struct packet *p, struct wire *w)
{
	struct wire ports = *w;

	if (p->proto != PROTO_TCP && p->proto != PROTO_UDP && p->proto != 132 && p->proto != 33 &&
	    p->proto != 136)
		return; /* SCTP, DCCP and UDP-Lite have their ports there too */
	p->sport = wire_be16(&ports);
	p->dport = wire_be16(&ports);
	if (ports.bad)
		p->sport = p->dport = 0;
	wire_skip(w, 13);
	if (p->proto == PROTO_TCP)
		p->flags = wire_u8(w);
}

static struct ip v6(struct wire *w)
{
	struct ip ip;

	ip.hi = wire_be64(w);
	ip.lo = wire_be64(w);
	return ip;
}

static void packet_4(struct packet *p, struct wire *w)
{
	unsigned version = wire_u8(w), fragment;
	size_t header = (version & 15) * 4u;

	wire_skip(w, 1);
	p->bytes = wire_be16(w);
	wire_skip(w, 2);
	fragment = wire_be16(w) & 0x1fff;
	wire_skip(w, 1);
	p->proto = wire_u8(w);
	wire_skip(w, 2);
	p->src = ip_v4(wire_be32(w));
	p->dst = ip_v4(wire_be32(w));
	p->ip = !w->bad && version >> 4 == 4 && header >= 20;
	if (!p->ip || fragment)
		return;
	wire_skip(w, header - 20);
	transport(p, w);
}

/* Hop-by-hop and destination options, routing, fragment, authentication (RFC 8200 4). */
static void packet_6(struct packet *p, struct wire *w)
{
	unsigned version = wire_u8(w);

	wire_skip(w, 3);
	p->bytes = wire_be16(w);
	p->bytes += p->bytes ? 40 : 0; /* 0: a jumbogram */
	p->proto = wire_u8(w);
	wire_skip(w, 1);
	p->src = v6(w);
	p->dst = v6(w);
	p->ip = !w->bad && version >> 4 == 6;
	for (int i = 0; p->ip && i < 8 && !w->bad; i++) {
		uint8_t next, length;
		uint16_t fragment;

		if (p->proto != 0 && p->proto != 60 && p->proto != 43 && p->proto != 44 &&
		    p->proto != 51) {
			transport(p, w);
			return;
		}
		next = wire_u8(w);
		length = wire_u8(w);
		fragment = wire_be16(w) & 0xfff8;
		wire_skip(w, p->proto == 44   ? 4
			     : p->proto == 51 ? (length + 2) * 4u - 4
					      : (length + 1) * 8u - 4);
		if (w->bad)
			return;
		if (p->proto == 44 && fragment) {
			p->proto = next;
			return;
		}
		p->proto = next;
	}
}

static void packet_ethernet(struct packet *p, struct wire *w)
{
	unsigned type;

	wire_skip(w, 12);
	type = wire_be16(w);
	for (int i = 0; i < 8 && (type == 0x8100 || type == 0x88a8 || type == 0x9100); i++) {
		wire_skip(w, 2);
		type = wire_be16(w);
	}
	if (type == ETHER_MPLS || type == ETHER_MPLS_MULTICAST) {
		uint32_t label = wire_be32(w);

		for (int i = 0; i < 16 && !(label & 0x100); i++)
			label = wire_be32(w);
		type = !wire_left(w)     ? 0
		       : *w->p >> 4 == 4 ? ETHER_IPV4
		       : *w->p >> 4 == 6 ? ETHER_IPV6
					 : 0;
	}
	if (type == ETHER_IPV4)
		packet_4(p, w);
	else if (type == ETHER_IPV6)
		packet_6(p, w);
}

static struct packet packet(struct wire *w)
{
	struct packet p = { .ip = false };
	uint32_t link = wire_be32(w), length = wire_be32(w);
	struct wire head;

	wire_skip(w, 4);
	head = wire_sub(w, wire_be32(w));
	if (link == LINK_ETHERNET)
		packet_ethernet(&p, &head);
	else if (link == LINK_IPV4)
		packet_4(&p, &head);
	else if (link == LINK_IPV6)
		packet_6(&p, &head);
	if (p.ip && p.bytes == 0)
		p.bytes = length;
	return p;
}

static struct packet described(struct wire *w, bool is_6)
{
	struct packet p = { .ip = true };

	p.bytes = wire_be32(w);
	p.proto = (uint8_t)wire_be32(w);
	if (is_6) {
		p.src = v6(w);
		p.dst = v6(w);
	} else {
		p.src = ip_v4(wire_be32(w));
		p.dst = ip_v4(wire_be32(w));
	}
	p.sport = (uint16_t)wire_be32(w);
	p.dport = (uint16_t)wire_be32(w);
	p.flags = (uint8_t)wire_be32(w);
	return p;
}

/* ---- samples ----------------------------------------------------------------------------------- */

static void hand_over(const struct packet *p, uint32_t rate, int64_t ts, struct sink *sink)
{
	struct record r;

	if (sink_selects(sink, KIND_FLOW) && !sink_wants(sink, p->src) && !sink_wants(sink, p->dst)) {
		sink_pass(sink, ts);
		return;
	}
	r = (struct record){
		.kind = KIND_FLOW,
		.one_way = true,
		.proto = p->proto,
		.orig = p->src,
		.resp = p->dst,
		.ts = ts,
		.orig_packets = rate,
		.orig_bytes = p->bytes * rate,
		.resp_packets = UNSTATED,
		.resp_bytes = UNSTATED,
		.name = STR_NONE,
		.path = STR_NONE,
		.line = sink->line,
	};
	if (proto_has_ports(p->proto)) {
		r.orig_port = p->sport;
		r.resp_port = p->dport;
	}
	nf_flow_judge(&r, p->flags, 0, false);
	sink->record(sink->ctx, &r);
}

/* The packet of a sample: by its header, else by what the switch says of it. */
static bool sampled(struct wire *w, struct packet *out)
{
	uint32_t n = wire_be32(w);

	for (uint32_t i = 0; i < n && !w->bad; i++) {
		uint32_t format = wire_be32(w), length = wire_be32(w);
		struct wire body = wire_sub(w, length);

		if (format == FLOW_HEADER)
			*out = packet(&body);
		else if (!out->ip && (format == FLOW_IPV4 || format == FLOW_IPV6))
			*out = described(&body, format == FLOW_IPV6);
		if (body.bad)
			return false;
		if (format == FLOW_HEADER)
			return true;
	}
	return !w->bad;
}

/* A flow sample is a line, whatever is found in it. */
static void sample(struct wire *w, bool expanded, int64_t ts, struct sink *sink)
{
	struct packet p = { .ip = false };
	uint32_t rate;

	sink_line(sink);
	wire_skip(w, expanded ? 12 : 8);
	rate = wire_be32(w);
	wire_skip(w, expanded ? 24 : 16);
	if (!sampled(w, &p))
		sink_bad(sink, "sFlow: a sample that is cut off");
	else if (!p.ip)
		sink->unused++;
	else
		hand_over(&p, rate ? rate : 1, ts, sink);
}

struct header {
	uint32_t version, samples;
};

static struct header header(struct wire *w)
{
	struct header h = { .version = wire_be32(w) };
	uint32_t family = wire_be32(w);

	wire_skip(w, family == 1 ? 4 : 16);
	w->bad |= family != 1 && family != 2;
	wire_skip(w, 12);
	h.samples = wire_be32(w);
	return h;
}

static void told(struct sink *sink, const char *why)
{
	sink_line(sink);
	sink_bad(sink, "sFlow: %s", why);
}

void sflow_read(int64_t ts, struct str message, struct sink *sink)
{
	struct wire w = wire_of(message);
	struct header h = header(&w);

	if (w.bad || h.version != 5) {
		told(sink, "no datagram of version 5");
		return;
	}
	if (ts == TIME_NONE) {
		told(sink, "a datagram that came at no known time");
		return;
	}
	for (uint32_t i = 0; i < h.samples && !w.bad; i++) {
		uint32_t format = wire_be32(&w), length = wire_be32(&w);
		struct wire body = wire_sub(&w, length);

		if (w.bad)
			told(sink, "a datagram that is cut off");
		else if (format == SAMPLE_FLOW || format == SAMPLE_FLOW_EXPANDED)
			sample(&body, format == SAMPLE_FLOW_EXPANDED, ts, sink);
	}
}

bool sflow_looks(struct str message)
{
	struct wire w = wire_of(message);
	struct header h = header(&w);

	/* A sample takes 8 bytes or more. */
	if (w.bad || h.version != 5 || h.samples == 0 || h.samples > wire_left(&w) / 8)
		return false;
	for (uint32_t i = 0; i < h.samples; i++) {
		wire_skip(&w, 4);
		wire_skip(&w, wire_be32(&w));
	}
	return !w.bad && wire_left(&w) == 0;
}
