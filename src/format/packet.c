/* SPDX-License-Identifier: Apache-2.0 */
#include "format/packet.h"

#include "base/wire.h"
#include "format/defrag.h"
#include "format/packet_parts.h"

#include <stdlib.h>

enum {
	HOPOPTS = 0,
	IPIP = 4,
	IPV6 = 41,
	ROUTING = 43,
	FRAGMENT = 44,
	GRE = 47,
	AH = 51,
	NO_NEXT = 59,
	DSTOPTS = 60,
	ETHERIP = 97,
	DCCP = 33,
	SCTP = 132,
	MOBILITY = 135,
	UDPLITE = 136,
	MPLS_IN_IP = 137,
	HIP = 139,
	SHIM6 = 140,
};
enum { EXTENSIONS_MAX = 16, STEPS_MAX = 64, GRE_FLAG_C = 0x8000, GRE_FLAG_R = 0x4000 };

struct packets {
	void (*take)(void *ctx, const struct packet *p, struct sink *sink);
	void *ctx;
	struct defrag *defrag;
};

enum err packets_new(uint64_t seed, void (*take)(void *ctx, const struct packet *p, struct sink *sink),
		     void *ctx, struct packets **out)
{
	struct packets *x = malloc(sizeof *x);

	if (!x)
		return ERR_NOMEM;
	*x = (struct packets){ take, ctx, NULL };
	if (defrag_new(seed, &x->defrag)) {
		free(x);
		return ERR_NOMEM;
	}
	*out = x;
	return ERR_OK;
}

void packets_free(struct packets *x)
{
	if (!x)
		return;
	defrag_free(x->defrag);
	free(x);
}

/* ---- what goes wrong ---------------------------------------------------------------------------- */

void packet_lie(struct decode *d, const char *why)
{
	if (d->told)
		return;
	d->told = true;
	sink_line(d->sink);
	sink_bad(d->sink, "%s", why);
}

void packet_useless(struct decode *d)
{
	if (!d->told && !d->given)
		d->sink->unused++;
	d->told = true;
}

bool packet_need(struct decode *d, uint32_t n)
{
	if (d->have >= n)
		return true;
	if (d->wire < n && !d->part)
		packet_lie(d, "a packet that ends within a header");
	else
		packet_useless(d);
	return false;
}

/* ---- IP ---------------------------------------------------------------------------------------- */

static struct ip ip6_at(const unsigned char *p)
{
	return (struct ip){ (uint64_t)get32(p) << 32 | get32(p + 4),
			    (uint64_t)get32(p + 8) << 32 | get32(p + 12) };
}

/* What the receiver frees when the packet is done with, since what is inside points into it. */
static bool keep(struct decode *d, unsigned char *data)
{
	if (d->n_kept == sizeof d->kept / sizeof d->kept[0]) {
		free(data);
		return false;
	}
	d->kept[d->n_kept++] = data;
	return true;
}

static enum layer transport(struct decode *d);

/* Let go of what will never be whole, as far as it goes. */
static void give_up(struct packets *x, int64_t now, bool all, struct sink *sink)
{
	struct datagram g;

	while (defrag_due(x->defrag, now, all, &g)) {
		struct decode d = { .x = x,
				    .sink = sink,
				    .ts = g.ts,
				    .p = g.data,
				    .have = g.n,
				    .wire = g.length,
				    .src = g.key.src,
				    .dst = g.key.dst,
				    .proto = g.key.proto,
				    .part = true,
				    .ips = 1 };

		if (g.n)
			packet_layers(&d, transport(&d));
		else
			packet_useless(&d);
		free(g.data);
	}
}

static enum layer fragment(struct decode *d, uint32_t id, uint32_t offset, bool more, bool v6)
{
	struct defrag_key key = { d->src, d->dst, id, d->proto, v6 };
	struct datagram whole;

	if (d->have < d->wire || d->part) {
		/* Of what was cut short only the beginning is of use. */
		if (offset) {
			packet_useless(d);
			return LAYER_END;
		}
		d->part = true;
		return transport(d);
	}
	give_up(d->x, d->ts, false, d->sink);
	switch (defrag_add(d->x->defrag, &key, d->ts, offset, more,
			   (struct str){ (const char *)d->p, d->have }, &whole)) {
	case DEFRAG_BAD:
		packet_lie(d, "a fragment that contradicts its length or another one");
		return LAYER_END;
	case DEFRAG_FULL:
		packet_useless(d);
		return LAYER_END;
	case DEFRAG_KEPT:
		return LAYER_END;
	case DEFRAG_WHOLE:
		break;
	}
	if (!keep(d, whole.data))
		return LAYER_END;
	d->p = whole.data;
	d->have = d->wire = whole.n;
	return transport(d);
}

static bool another_ip(struct decode *d)
{
	if (d->ips++ <= PACKET_TUNNELS)
		return true;
	packet_lie(d, "tunnels in tunnels, deeper than anybody needs");
	return false;
}

static enum layer ip4(struct decode *d)
{
	uint32_t header, total, offset;
	const unsigned char *p = d->p;

	if (!another_ip(d) || !packet_need(d, 20))
		return LAYER_END;
	header = (p[0] & 15u) * 4;
	total = get16(p + 2);
	/* The card cuts it into packets later: then nobody has written the length yet. */
	if (total == 0)
		total = d->wire;
	if (header < 20 || total < header) {
		packet_lie(d, "an IPv4 header that is longer than its packet");
		return LAYER_END;
	}
	if (total > d->wire) {
		packet_lie(d, "an IPv4 packet that is longer than what carried it");
		return LAYER_END;
	}
	packet_trim(d, total);
	if (!packet_need(d, header))
		return LAYER_END;
	d->src = ip_v4(get32(p + 12));
	d->dst = ip_v4(get32(p + 16));
	d->proto = p[9];
	offset = get16(p + 6);
	packet_skip(d, header);
	if (offset & 0x3fff)
		return fragment(d, get16(p + 4), (offset & 0x1fff) * 8, offset & 0x2000, false);
	return transport(d);
}

/* Where packets with a routing header are going in the end (RFC 8200 4.4, RFC 6275 6.4, RFC 8754). */
static void routing(struct decode *d, const unsigned char *p, uint32_t n)
{
	if (n < 24 || p[3] == 0)
		return;
	if (p[2] == 0)
		d->dst = ip6_at(p + n - 16);
	else if (p[2] == 2 || p[2] == 4)
		d->dst = ip6_at(p + 8);
}

/* The home address of a mobile node stands in an option (RFC 6275 6.3). */
static void destination_options(struct decode *d, const unsigned char *p, uint32_t n)
{
	for (uint32_t at = 2; at + 1 < n;) {
		uint32_t length = p[at] ? p[at + 1] + 2u : 1;

		if (p[at] == 201 && length == 18 && at + 18 <= n)
			d->src = ip6_at(p + at + 2);
		at += length;
	}
}

static enum layer ip6(struct decode *d)
{
	const unsigned char *p = d->p;
	uint32_t total;
	uint8_t next;

	if (!another_ip(d) || !packet_need(d, 40))
		return LAYER_END;
	total = get16(p + 4) + 40;
	next = p[6];
	if (total == 40 && next != NO_NEXT) /* a jumbogram, or as above */
		total = d->wire;
	if (total > d->wire) {
		packet_lie(d, "an IPv6 packet that is longer than what carried it");
		return LAYER_END;
	}
	packet_trim(d, total);
	d->src = ip6_at(p + 8);
	d->dst = ip6_at(p + 24);
	packet_skip(d, 40);
	for (unsigned i = 0; i < EXTENSIONS_MAX; i++) {
		uint32_t n;

		switch (next) {
		case HOPOPTS:
		case ROUTING:
		case DSTOPTS:
		case AH:
		case HIP:
		case SHIM6:
		case FRAGMENT:
			break;
		default:
			d->proto = next;
			return transport(d);
		}
		if (!packet_need(d, 8))
			return LAYER_END;
		p = d->p;
		n = next == FRAGMENT ? 8 : next == AH ? (p[1] + 2u) * 4 : (p[1] + 1u) * 8;
		if (!packet_need(d, n))
			return LAYER_END;
		if (next == ROUTING)
			routing(d, p, n);
		else if (next == DSTOPTS)
			destination_options(d, p, n);
		packet_skip(d, n);
		if (next == FRAGMENT && get16(p + 2) & 0xfff9) {
			d->proto = p[0];
			return fragment(d, get32(p + 4), get16(p + 2) & 0xfff8, p[3] & 1, true);
		}
		next = p[0];
	}
	packet_lie(d, "an IPv6 packet of nothing but extension headers");
	return LAYER_END;
}

enum layer packet_ip(struct decode *d)
{
	if (!packet_need(d, 1))
		return LAYER_END;
	switch (d->p[0] >> 4) {
	case 4:
		return ip4(d);
	case 6:
		return ip6(d);
	default:
		packet_lie(d, "a packet that is of neither IPv4 nor IPv6");
		return LAYER_END;
	}
}

/* ---- what is in it ------------------------------------------------------------------------------ */

static void give(struct decode *d, struct packet *p)
{
	p->ts = d->ts;
	p->src = d->src;
	p->dst = d->dst;
	p->proto = d->proto;
	p->length = d->wire;
	p->data = (struct str){ (const char *)d->p, d->have };
	d->x->take(d->x->ctx, p, d->sink);
	d->given = true;
}

/* Ports and flags stand in the first 14 bytes, which is what was captured of many an IPv6 packet. */
static enum layer tcp(struct decode *d)
{
	const unsigned char *p = d->p;
	struct packet out = { 0 };
	uint32_t header;

	if (!packet_need(d, 14))
		return LAYER_END;
	header = (p[12] >> 4) * 4u;
	if (header < 20 || (header > d->wire && !d->part)) {
		packet_lie(d, "a TCP header that is longer than its packet");
		return LAYER_END;
	}
	out.src_port = (uint16_t)get16(p);
	out.dst_port = (uint16_t)get16(p + 2);
	out.seq = get32(p + 4);
	out.ack = get32(p + 8);
	out.flags = p[13];
	packet_skip(d, header);
	give(d, &out);
	return LAYER_END;
}

static enum layer udp(struct decode *d)
{
	const unsigned char *p = d->p;
	struct packet out = { 0 };
	uint32_t length;

	if (!packet_need(d, 8))
		return LAYER_END;
	length = get16(p + 4);
	out.src_port = (uint16_t)get16(p);
	out.dst_port = (uint16_t)get16(p + 2);
	if (length && length < 8) {
		packet_lie(d, "a UDP datagram that is shorter than its header");
		return LAYER_END;
	}
	if (length > d->wire && !d->part)
		packet_lie(d, "a UDP datagram that is longer than its packet");
	else if (length)
		packet_trim(d, length);
	packet_skip(d, 8);
	give(d, &out);
	return packet_udp_tunnel(d, out.src_port, out.dst_port);
}

/* The type that answers, or -1 (RFC 792, 950, 1256, 4443, 4861). */
static int counterpart(uint8_t proto, unsigned type)
{
	static const unsigned char v4[][2] = { { 8, 0 }, { 13, 14 }, { 15, 16 }, { 17, 18 }, { 10, 9 } };
	static const unsigned char v6[][2] = { { 128, 129 }, { 130, 131 }, { 133, 134 },
					       { 135, 136 }, { 139, 140 }, { 144, 145 } };
	const unsigned char(*pairs)[2] = proto == PROTO_ICMP ? v4 : v6;
	size_t n = proto == PROTO_ICMP ? sizeof v4 / 2 : sizeof v6 / 2;

	for (size_t i = 0; i < n; i++)
		if (pairs[i][0] == type || pairs[i][1] == type)
			return pairs[i][pairs[i][0] == type];
	return -1;
}

static enum layer icmp(struct decode *d)
{
	struct packet out = { 0 };
	int answer;

	if (!packet_need(d, 2) || (d->wire < 8 && !packet_need(d, 8)))
		return LAYER_END;
	out.src_port = d->p[0];
	answer = counterpart(d->proto, d->p[0]);
	out.dst_port = (uint16_t)(answer >= 0 ? (unsigned)answer : 256u + d->p[1]);
	packet_skip(d, 8);
	give(d, &out);
	return LAYER_END;
}

static enum layer other(struct decode *d)
{
	struct packet out = { 0 };

	if (d->proto == SCTP || d->proto == DCCP || d->proto == UDPLITE) {
		if (!packet_need(d, 4))
			return LAYER_END;
		out.src_port = (uint16_t)get16(d->p);
		out.dst_port = (uint16_t)get16(d->p + 2);
	}
	give(d, &out);
	return LAYER_END;
}

/* RFC 2784, RFC 2890; version 1: RFC 2637. */
enum layer packet_gre(struct decode *d)
{
	const unsigned char *p = d->p;
	uint32_t flags, n = 4;

	if (!packet_need(d, 4))
		return LAYER_END;
	flags = get16(p);
	d->type = get16(p + 2);
	if ((flags & 7) > 1 || flags & GRE_FLAG_R) {
		packet_useless(d);
		return LAYER_END;
	}
	n += flags & GRE_FLAG_C ? 4 : 0; /* with the offset of the route */
	n += flags & 0x2000 ? 4 : 0;     /* key */
	n += flags & 0x1000 ? 4 : 0;     /* sequence number */
	n += flags & 7 && flags & 0x80 ? 4 : 0;
	if (!packet_need(d, n))
		return LAYER_END;
	packet_skip(d, n);
	if (flags & 7 && d->wire == 0) /* nothing but an acknowledgement */
		return LAYER_END;
	return d->type == 0x88be && !(flags & 0x1000) ? LAYER_ETHER : LAYER_TYPE;
}

static enum layer transport(struct decode *d)
{
	switch (d->proto) {
	case PROTO_TCP:
		return tcp(d);
	case PROTO_UDP:
		return udp(d);
	case PROTO_ICMP:
	case PROTO_ICMPV6:
		return icmp(d);
	case IPIP:
	case IPV6:
		return LAYER_IP;
	case GRE:
		return packet_gre(d);
	case AH:
		if (!packet_need(d, 8))
			return LAYER_END;
		d->proto = d->p[0];
		if (!packet_need(d, (d->p[1] + 2u) * 4))
			return LAYER_END;
		packet_skip(d, (d->p[1] + 2u) * 4);
		return d->proto == AH ? other(d) : transport(d);
	case ETHERIP:
		if (!packet_need(d, 2))
			return LAYER_END;
		packet_skip(d, 2);
		return LAYER_ETHER;
	case MPLS_IN_IP:
		return LAYER_MPLS;
	case NO_NEXT:
	case MOBILITY: /* what a mobile node tells its home agent */
		packet_useless(d);
		return LAYER_END;
	default:
		return other(d);
	}
}

/* ---- frames ------------------------------------------------------------------------------------- */

void packet_layers(struct decode *d, enum layer layer)
{
	for (unsigned step = 0; layer != LAYER_END; step++) {
		if (step == STEPS_MAX) {
			packet_lie(d, "layers upon layers, more than anybody needs");
			break;
		}
		layer = layer == LAYER_IP ? packet_ip(d) : packet_layer(d, layer);
	}
	for (unsigned i = 0; i < d->n_kept; i++)
		free(d->kept[i]);
}

void packets_read(struct packets *x, unsigned link, int64_t ts, struct str frame, uint32_t wire,
		  struct sink *sink)
{
	struct decode d = { .x = x,
			    .sink = sink,
			    .ts = ts,
			    .p = (const unsigned char *)frame.p,
			    .have = (uint32_t)frame.n,
			    .wire = wire };

	if (d.wire < d.have)
		d.wire = d.have;
	packet_layers(&d, packet_link(&d, link));
}

bool packet_guess(unsigned link, const unsigned char *frame, size_t n, struct packet *out)
{
	const unsigned char *p = frame + (link == 1 ? 14 : 0), *end = frame + n;

	if (end - frame < 54)
		return false;
	if (link == 1 && get16(frame + 12) == 0x8100)
		p += 4;
	if (p[0] == 0x45) {
		out->src = ip_v4(get32(p + 12));
		out->dst = ip_v4(get32(p + 16));
		out->proto = p[9];
		p += 20;
	} else if (p[0] >> 4 == 6 && end - p >= 44) {
		out->src = ip6_at(p + 8);
		out->dst = ip6_at(p + 24);
		out->proto = p[6];
		p += 40;
	} else {
		return false;
	}
	out->src_port = (uint16_t)get16(p);
	out->dst_port = (uint16_t)get16(p + 2);
	return true;
}

void packets_end(struct packets *x, struct sink *sink)
{
	give_up(x, 0, true, sink);
}
