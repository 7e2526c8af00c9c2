/* SPDX-License-Identifier: Apache-2.0 */
#include "core/record.h"

const char *kind_text(enum kind k)
{
	static const char *const text[KIND_COUNT] = { "flow", "dns", "tls", "http" };

	return (unsigned)k < KIND_COUNT ? text[k] : "?";
}

const char *level_text(enum level l)
{
	static const char *const text[] = { "lookup", "attempt", "established", "two-way" };

	return (unsigned)l < sizeof text / sizeof text[0] ? text[l] : "?";
}

/* Names of the IANA registry (and what programs call them), the preferred one first. */
static const struct {
	uint8_t number;
	const char *name;
} protocols[] = {
	{ 1, "icmp" },      { 2, "igmp" },         { 4, "ipip" },       { 4, "ipnip" },
	{ 6, "tcp" },       { 8, "egp" },          { 9, "igp" },        { 17, "udp" },
	{ 33, "dccp" },     { 41, "ipv6" },        { 46, "rsvp" },      { 47, "gre" },
	{ 50, "esp" },      { 51, "ah" },          { 58, "ipv6-icmp" }, { 58, "icmp6" },
	{ 58, "icmpv6" },   { 58, "icmp-v6" },     { 88, "eigrp" },     { 89, "ospf" },
	{ 89, "ospfigp" },  { 94, "ipip94" },      { 97, "etherip" },   { 103, "pim" },
	{ 108, "ipcomp" },  { 112, "vrrp" },       { 115, "l2tp" },     { 132, "sctp" },
	{ 136, "udplite" }, { 137, "mpls-in-ip" },
};

const char *proto_text(uint8_t proto)
{
#define TEN(t) t "0", t "1", t "2", t "3", t "4", t "5", t "6", t "7", t "8", t "9"
	static const char *const numbers[] = {
		TEN(""),   TEN("1"),  TEN("2"),  TEN("3"),  TEN("4"),  TEN("5"),  TEN("6"),
		TEN("7"),  TEN("8"),  TEN("9"),  TEN("10"), TEN("11"), TEN("12"), TEN("13"),
		TEN("14"), TEN("15"), TEN("16"), TEN("17"), TEN("18"), TEN("19"), TEN("20"),
		TEN("21"), TEN("22"), TEN("23"), TEN("24"), TEN("25"),
	};
#undef TEN

	if (proto == 0)
		return "unknown";
	for (size_t i = 0; i < sizeof protocols / sizeof protocols[0]; i++)
		if (protocols[i].number == proto)
			return protocols[i].name;
	return numbers[proto];
}

bool proto_parse(struct str s, uint8_t *out)
{
	uint64_t number;

	if (str_u64(s, 255, &number)) {
		*out = (uint8_t)number;
		return true;
	}
	for (size_t i = 0; i < sizeof protocols / sizeof protocols[0]; i++)
		if (str_iis(s, protocols[i].name)) {
			*out = protocols[i].number;
			return true;
		}
	return false;
}

/* Sizes that are not stated prove nothing. */
static bool sent(uint64_t packets, uint64_t bytes)
{
	return (packets && packets != UNSTATED) || (bytes && bytes != UNSTATED);
}

void record_level(struct record *r, enum handshake h)
{
	bool resp = sent(r->resp_packets, r->resp_bytes), orig = sent(r->orig_packets, r->orig_bytes);
	bool answered = r->opener == OPENER_ORIG   ? resp
			: r->opener == OPENER_RESP ? orig
						   : orig && resp;

	if (h != HANDSHAKE_UNSAID)
		answered = h == HANDSHAKE_DONE;
	r->level = !answered ? LEVEL_ATTEMPT : LEVEL_ESTABLISHED;
	if (answered && r->orig_payload && r->orig_payload != UNSTATED && r->resp_payload &&
	    r->resp_payload != UNSTATED)
		r->level = LEVEL_TWO_WAY;
}
