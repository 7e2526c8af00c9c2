/* SPDX-License-Identifier: Apache-2.0 */
/* What lies below IP. */
#include "format/packet_parts.h"

enum {
	TYPE_IP4 = 0x0800,
	TYPE_BRIDGED = 0x6558,
	TYPE_VLAN = 0x8100,
	TYPE_IP6 = 0x86dd,
	TYPE_PPP = 0x880b,
	TYPE_MPLS = 0x8847,
	TYPE_MPLS_UP = 0x8848,
	TYPE_PPPOE = 0x8864,
	TYPE_QINQ = 0x88a8,
	TYPE_ERSPAN2 = 0x88be,
	TYPE_PBB = 0x88e7,
	TYPE_FABRICPATH = 0x8903,
	TYPE_VNTAG = 0x8926,
	TYPE_QINQ_OLD = 0x9100,
	TYPE_QINQ_OLDER = 0x9200,
	TYPE_ERSPAN3 = 0x22eb,
	TYPE_ARUBA = 0x8200,
	TYPE_ARUBA_LAST = 0x8210,
	TYPE_ARUBA_WLAN = 0x9000,
};

/* Numbers of the LINKTYPE_ registry. */
enum {
	LINK_NULL = 0,
	LINK_ETHERNET = 1,
	LINK_PPP = 9,
	LINK_DLT_RAW = 12,
	LINK_DLT_RAW_BSD = 14,
	LINK_PPP_HDLC = 50,
	LINK_PPP_ETHER = 51,
	LINK_RAW = 101,
	LINK_C_HDLC = 104,
	LINK_80211 = 105,
	LINK_LOOP = 108,
	LINK_SLL = 113,
	LINK_PRISM = 119,
	LINK_RADIOTAP = 127,
	LINK_PPI = 192,
	LINK_IPV4 = 228,
	LINK_IPV6 = 229,
	LINK_NFLOG = 239,
	LINK_SLL2 = 276,
};

static enum layer skip_to(struct decode *d, uint32_t n, enum layer next)
{
	if (!packet_need(d, n))
		return LAYER_END;
	packet_skip(d, n);
	return next;
}

/* The EtherType stands at `at` of a header of n bytes. */
static enum layer typed(struct decode *d, uint32_t n, uint32_t at)
{
	if (!packet_need(d, n))
		return LAYER_END;
	d->type = get16(d->p + at);
	packet_skip(d, n);
	return LAYER_TYPE;
}

static enum layer ether(struct decode *d)
{
	/* Cisco FabricPath puts a header before it that looks like another one. */
	if (d->have >= 30 && get16(d->p + 12) == TYPE_FABRICPATH)
		packet_skip(d, 16);
	return typed(d, 14, 12);
}

/* RFC 3032; what is inside nobody says: IP begins with its version, a control word with 0 (RFC
 * 4385). */
static enum layer mpls(struct decode *d)
{
	bool last = false;

	while (!last) {
		if (!packet_need(d, 4))
			return LAYER_END;
		last = d->p[2] & 1;
		packet_skip(d, 4);
	}
	if (!packet_need(d, 1))
		return LAYER_END;
	switch (d->p[0] >> 4) {
	case 4:
	case 6:
		return LAYER_IP;
	case 0:
		return skip_to(d, 4, LAYER_ETHER);
	default:
		return LAYER_ETHER;
	}
}

/* RFC 1661, RFC 1662: address and control may be left out, and half of the protocol too. */
static enum layer ppp(struct decode *d)
{
	uint32_t protocol, n = 1;

	if (d->have >= 2 && d->p[0] == 0xff && d->p[1] == 3)
		packet_skip(d, 2);
	if (!packet_need(d, 1))
		return LAYER_END;
	protocol = d->p[0];
	if (!(protocol & 1)) {
		if (!packet_need(d, 2))
			return LAYER_END;
		protocol = get16(d->p);
		n = 2;
	}
	packet_skip(d, n);
	switch (protocol) {
	case 0x21:
	case 0x57:
		return LAYER_IP;
	case 0x281:
	case 0x283:
		return LAYER_MPLS;
	case 0x31: /* bridged frames (RFC 3518): flags, kind of network */
		return skip_to(d, 2, LAYER_ETHER);
	default:
		packet_useless(d);
		return LAYER_END;
	}
}

static enum layer llc(struct decode *d)
{
	if (!packet_need(d, 3))
		return LAYER_END;
	if (d->p[0] == 0xaa && d->p[1] == 0xaa && d->p[2] == 3)
		return typed(d, 8, 6);
	if (d->p[0] == 6 && d->p[1] == 6)
		return skip_to(d, 3, LAYER_IP);
	packet_useless(d);
	return LAYER_END;
}

/* Frames of data that are not encrypted; of several in one (A-MSDU) the first. */
static enum layer wifi(struct decode *d)
{
	uint32_t control, n = 24;
	bool qos, several = false;

	if (!packet_need(d, 24))
		return LAYER_END;
	control = get16(d->p);
	qos = control & 0x8000;
	if ((control & 0x0c00) != 0x0800 || control & 0x4000 || control & 0x0040) {
		packet_useless(d); /* no data, or none to be read */
		return LAYER_END;
	}
	n += (control & 3) == 3 ? 6 : 0; /* from one access point to another */
	if (qos) {
		if (!packet_need(d, n + 2))
			return LAYER_END;
		several = d->p[n] & 0x80;
		n += 2;
		n += control & 0x80 ? 4 : 0;
	}
	if (!packet_need(d, n))
		return LAYER_END;
	packet_skip(d, n);
	return several ? skip_to(d, 14, LAYER_LLC) : LAYER_LLC;
}

static enum layer ether_type(struct decode *d)
{
	switch (d->type) {
	case TYPE_IP4:
	case TYPE_IP6:
		return LAYER_IP;
	case TYPE_VLAN:
	case TYPE_QINQ:
	case TYPE_QINQ_OLD:
	case TYPE_QINQ_OLDER:
		return typed(d, 4, 2);
	case TYPE_VNTAG:
		return typed(d, 6, 4);
	case TYPE_PBB: /* IEEE 802.1ah: a tag, and the customer's frame */
		return skip_to(d, 4, LAYER_ETHER);
	case TYPE_MPLS:
	case TYPE_MPLS_UP:
		return LAYER_MPLS;
	case TYPE_PPPOE:
		return skip_to(d, 6, LAYER_PPP);
	case TYPE_PPP:
		return LAYER_PPP;
	case TYPE_BRIDGED:
		return LAYER_ETHER;
	case TYPE_ERSPAN2:
		return skip_to(d, 8, LAYER_ETHER);
	case TYPE_ERSPAN3:
		if (!packet_need(d, 12))
			return LAYER_END;
		return skip_to(d, d->p[11] & 1 ? 20 : 12, LAYER_ETHER);
	case TYPE_ARUBA_WLAN:
		return LAYER_WIFI;
	default:
		if (d->type >= TYPE_ARUBA && d->type <= TYPE_ARUBA_LAST)
			return LAYER_WIFI;
		if (d->type <= 1500)
			return LAYER_LLC;
		packet_useless(d);
		return LAYER_END;
	}
}

enum layer packet_layer(struct decode *d, enum layer layer)
{
	switch (layer) {
	case LAYER_ETHER:
		return ether(d);
	case LAYER_TYPE:
		return ether_type(d);
	case LAYER_MPLS:
		return mpls(d);
	case LAYER_PPP:
		return ppp(d);
	case LAYER_LLC:
		return llc(d);
	case LAYER_WIFI:
		return wifi(d);
	case LAYER_GRE:
		return packet_gre(d);
	default:
		return LAYER_END;
	}
}

/* ---- links -------------------------------------------------------------------------------------- */

/* The address family of BSD loops differs by system; all agree on IPv4. */
static enum layer family(struct decode *d)
{
	if (!packet_need(d, 4))
		return LAYER_END;
	if (get32(d->p) != 2 && get32(d->p) != 0x02000000 && d->have > 4 && d->p[4] >> 4 != 6) {
		packet_useless(d);
		return LAYER_END;
	}
	return skip_to(d, 4, LAYER_IP);
}

/* Headers whose length stands in them, least significant byte first. */
static enum layer measured(struct decode *d, uint32_t at, enum layer next)
{
	uint32_t n;

	if (!packet_need(d, at + 2))
		return LAYER_END;
	n = d->p[at] | (uint32_t)d->p[at + 1] << 8;
	if (n < at + 2) {
		packet_lie(d, "a capture header that is shorter than itself");
		return LAYER_END;
	}
	return skip_to(d, n, next);
}

static enum layer ppi(struct decode *d)
{
	unsigned link;

	if (!packet_need(d, 8))
		return LAYER_END;
	link = d->p[4] | (unsigned)d->p[5] << 8;
	if (link == LINK_PPI || measured(d, 2, LAYER_IP) == LAYER_END)
		return LAYER_END;
	return packet_link(d, link);
}

/* Attributes of length, type and value; the packet is one of them. */
static enum layer nflog(struct decode *d)
{
	if (!packet_need(d, 4))
		return LAYER_END;
	packet_skip(d, 4);
	while (packet_need(d, 4)) {
		uint32_t n = d->p[0] | (uint32_t)d->p[1] << 8;
		uint32_t type = d->p[2] | (uint32_t)d->p[3] << 8;

		if (n < 4) {
			packet_lie(d, "an attribute of NFLOG that is shorter than itself");
			break;
		}
		if (type == 9) {
			packet_trim(d, n);
			return skip_to(d, 4, LAYER_IP);
		}
		n = (n + 3) & ~3u;
		if (!packet_need(d, n))
			break;
		packet_skip(d, n);
	}
	return LAYER_END;
}

enum layer packet_link(struct decode *d, unsigned link)
{
	switch (link) {
	case LINK_ETHERNET:
		return LAYER_ETHER;
	case LINK_DLT_RAW:
	case LINK_DLT_RAW_BSD:
	case LINK_RAW:
	case LINK_IPV4:
	case LINK_IPV6:
		return LAYER_IP;
	case LINK_NULL:
	case LINK_LOOP:
		return family(d);
	case LINK_PPP:
	case LINK_PPP_HDLC:
		return LAYER_PPP;
	case LINK_PPP_ETHER:
		return skip_to(d, 6, LAYER_PPP);
	case LINK_C_HDLC:
		return typed(d, 4, 2);
	case LINK_SLL:
		return typed(d, 16, 14);
	case LINK_SLL2:
		return typed(d, 20, 0);
	case LINK_80211:
		return LAYER_WIFI;
	case LINK_PRISM:
		return skip_to(d, 144, LAYER_WIFI);
	case LINK_RADIOTAP:
		return measured(d, 2, LAYER_WIFI);
	case LINK_PPI:
		return ppi(d);
	case LINK_NFLOG:
		return nflog(d);
	default:
		packet_useless(d);
		return LAYER_END;
	}
}

bool packets_know(unsigned link)
{
	static const unsigned known[] = {
		LINK_NULL, LINK_ETHERNET, LINK_PPP,       LINK_DLT_RAW,  LINK_DLT_RAW_BSD,
		LINK_RAW,  LINK_PPP_HDLC, LINK_PPP_ETHER, LINK_C_HDLC,   LINK_80211,
		LINK_LOOP, LINK_SLL,      LINK_PRISM,     LINK_RADIOTAP, LINK_PPI,
		LINK_IPV4, LINK_IPV6,     LINK_NFLOG,     LINK_SLL2,
	};

	for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
		if (known[i] == link)
			return true;
	return false;
}

/* ---- tunnels over UDP --------------------------------------------------------------------------- */

/* An IP packet that ends where what carries it does: chance does not bring that forth. */
static bool exactly_ip(const struct decode *d, uint32_t at)
{
	uint32_t wire = d->wire - at;
	const unsigned char *p;

	if (at > d->wire || d->have < at + 20)
		return false;
	p = d->p + at;
	if (p[0] >> 4 == 4)
		return (p[0] & 15) >= 5 && get16(p + 2) == wire;
	return p[0] >> 4 == 6 && d->have >= at + 40 && get16(p + 4) + 40 == wire;
}

/*
 * RFC 4380 5.1.1: authentication and origin may stand before the packet. Clients talk to each other
 * on any port, but one of the addresses inside is Teredo's, or those of a client and its server,
 * which are local to the link.
 */
static enum layer teredo(struct decode *d)
{
	uint32_t at = 0;
	const unsigned char *p;

	if (d->have >= 4 && get16(d->p) == 1)
		at = 13u + d->p[2] + d->p[3];
	if (d->have >= at + 8 && get16(d->p + at) == 0)
		at += 8;
	if (!exactly_ip(d, at))
		return LAYER_END;
	p = d->p + at;
	if (p[0] >> 4 != 6)
		return LAYER_END;
	if (get32(p + 8) != 0x20010000 && get32(p + 24) != 0x20010000 && get16(p + 8) != 0xfe80)
		return LAYER_END;
	return skip_to(d, at, LAYER_IP);
}

/* 3GPP TS 29.281 5.1: user data, perhaps behind extension headers. */
static enum layer gtp(struct decode *d)
{
	uint32_t at = 8;

	if (d->have < 12 || d->p[0] >> 4 != 3 || d->p[1] != 0xff)
		return LAYER_END;
	if (d->p[0] & 7) {
		unsigned next = d->p[0] & 4 ? d->p[11] : 0;

		at = 12;
		while (next && at < d->have && d->p[at]) {
			uint32_t n = d->p[at] * 4u;

			if (at + n > d->have)
				return LAYER_END;
			next = d->p[at + n - 1];
			at += n;
		}
	}
	return exactly_ip(d, at) ? skip_to(d, at, LAYER_IP) : LAYER_END;
}

/* draft-massar-v6ops-ayiya: lengths of identity and signature in units of 4 bytes and by power. */
static enum layer ayiya(struct decode *d)
{
	uint32_t at = 8;

	if (d->have < 8 || (d->p[2] & 15) != 1) /* what it wants done: forward */
		return LAYER_END;
	at += 1u << (d->p[0] >> 4);
	at += (d->p[1] >> 4) * 4u;
	if (at > d->wire || !exactly_ip(d, at))
		return LAYER_END;
	return skip_to(d, at, LAYER_IP);
}

enum layer packet_udp_tunnel(struct decode *d, unsigned src_port, unsigned dst_port)
{
	switch (dst_port) {
	case 4789: /* VXLAN, RFC 7348; before that of Linux */
	case 8472:
		if (d->have < 8 || !(d->p[0] & 8))
			return LAYER_END;
		return skip_to(d, 8, LAYER_ETHER);
	case 6081: /* Geneve, RFC 8926 */
		if (d->have < 8 || d->p[0] >> 6)
			return LAYER_END;
		d->type = get16(d->p + 2);
		return skip_to(d, 8 + (d->p[0] & 63) * 4u, LAYER_TYPE);
	case 4754: /* GRE in UDP, RFC 8086 */
		return LAYER_GRE;
	case 6635: /* MPLS in UDP, RFC 7510 */
		return LAYER_MPLS;
	default:
		break;
	}
	if (dst_port == 2152 || src_port == 2152)
		return gtp(d);
	if (dst_port == 5072 || src_port == 5072)
		return ayiya(d);
	return d->have >= 40 && (d->p[0] >> 4 == 6 || d->p[0] == 0) ? teredo(d) : LAYER_END;
}
