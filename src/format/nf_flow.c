/* SPDX-License-Identifier: Apache-2.0 */
#include "format/nf_flow.h"

#include "format/telemetry.h"

#include <stdlib.h>

/* One record being read. */
struct reading {
	const struct nf_template *t;
	const uint16_t *at;
	const unsigned char *p;
	const struct nf_when *when;
};

static inline bool has(const struct reading *r, enum nf_slot slot)
{
	return r->t->has & NF_BIT(slot);
}

/* 0 where it is not there. */
static inline uint64_t number(const struct reading *r, enum nf_slot slot)
{
	return has(r, slot) ? nf_number(r->p + r->at[slot], r->t->length[slot]) : 0;
}

/* ---- times ------------------------------------------------------------------------------------- */

#define ENDS  NF_SLOTS_FROM(NF_END_MS, NF_END_UP)
#define SEENS NF_SLOTS_FROM(NF_SEEN_MS, NF_SEEN_S)

static int64_t scaled(uint64_t v, uint64_t unit)
{
	return v > (uint64_t)TIME_MAX / unit ? TIME_MAX + 1 : (int64_t)(v * unit);
}

/*
 * Seconds since 1900 and a fraction (RFC 7011 6.1.9, 6.1.10). Some write µs or ns since 1970: read
 * as the former those lie before 1970, where there is nothing; but there the next era begins too
 * (2036), so the one nearer to when the message was sent is taken.
 */
static int64_t ntp(uint64_t v, bool nanoseconds, int64_t sent)
{
	static const int64_t from_1900 = INT64_C(2208988800);
	int64_t s = (int64_t)(v >> 32) - from_1900, era, plain;
	int64_t fraction = (int64_t)((v & UINT32_MAX) * 1000000 >> 32);

	if (s >= 0)
		return s * TIME_S + fraction;
	era = (s + (INT64_C(1) << 32)) * TIME_S + fraction;
	plain = nanoseconds ? (int64_t)(v / 1000) : scaled(v, 1);
	return llabs(era - sent) < llabs(plain - sent) ? era : plain;
}

/* The uptime of an exporter when it sent a message that does not say so, where it said when it
 * started. */
static bool uptime_then(const struct reading *r, struct nf_when *out)
{
	uint64_t init = number(r, NF_INIT_MS);
	int64_t started = init ? scaled(init, 1000) : r->t->domain->init;

	if (started == TIME_NONE)
		return false;
	*out = *r->when;
	out->uptime = (uint32_t)((out->sent - started) / 1000);
	return true;
}

static int64_t by_uptime(const struct reading *r, enum nf_slot slot)
{
	uint32_t at = (uint32_t)number(r, slot), end;
	struct nf_when when;

	if (r->when->has_uptime)
		return nf_moment(r->when, at);
	if (uptime_then(r, &when))
		return nf_moment(&when, at);
	if (slot == NF_END_UP || !has(r, NF_END_UP))
		return r->when->sent;
	end = (uint32_t)number(r, NF_END_UP);
	return r->when->sent - (int64_t)(uint32_t)(end - at) * 1000;
}

/* The first of the slots that says something. */
static inline bool moment(const struct reading *r, uint64_t slots, int64_t *out)
{
	for (slots &= r->t->has; slots; slots &= slots - 1) {
		enum nf_slot slot = (enum nf_slot)__builtin_ctzll(slots);
		uint64_t v = nf_number(r->p + r->at[slot], r->t->length[slot]);

		/* Of uptimes both have to be 0: the exporter's start is a moment. */
		if (v == 0 && !((slot == NF_START_UP || slot == NF_END_UP) && number(r, NF_END_UP) != 0))
			continue;
		switch (slot) {
		case NF_START_UP:
		case NF_END_UP:
			*out = by_uptime(r, slot);
			break;
		case NF_START_MS:
		case NF_END_MS:
		case NF_SEEN_MS:
			*out = scaled(v, 1000);
			break;
		case NF_START_S:
		case NF_END_S:
		case NF_SEEN_S:
			*out = scaled(v, TIME_S);
			break;
		case NF_START_DELTA:
		case NF_END_DELTA:
			*out = r->when->sent - scaled(v, 1);
			break;
		default:
			*out = ntp(v, slot == NF_START_NS || slot == NF_END_NS || slot == NF_SEEN_NS,
				   r->when->sent);
		}
		return true;
	}
	return false;
}

static int64_t stated_duration(const struct reading *r)
{
	uint64_t ms = number(r, NF_DURATION_MS), us = number(r, NF_DURATION_US);
	int64_t duration = ms ? scaled(ms, 1000) : us ? scaled(us, 1) : 0;

	return duration > TIME_MAX ? 0 : duration;
}

/* *started: by what the record says of its start. */
static int64_t start(const struct reading *r, bool *started)
{
	int64_t ts;

	*started = moment(r, NF_STARTS, &ts);
	if (*started)
		return ts;
	if (!moment(r, ENDS, &ts)) {
		if (moment(r, SEENS, &ts))
			return ts;
		ts = r->when->sent;
	}
	return ts - stated_duration(r);
}

static int64_t duration(const struct reading *r, int64_t ts, bool started)
{
	int64_t stated = stated_duration(r), end;

	if (stated || !started || !(moment(r, ENDS, &end) || moment(r, SEENS, &end)) || end < ts ||
	    end > TIME_MAX)
		return stated;
	return end - ts;
}

/* ---- sizes ------------------------------------------------------------------------------------- */

/* The first of the slots: what was counted since the last report before what was in all. UNSTATED
 * where there is none. */
static uint64_t size(const struct reading *r, uint64_t slots)
{
	slots &= r->t->has;
	return slots ? number(r, (enum nf_slot)__builtin_ctzll(slots)) : UNSTATED;
}

#define FORTH(bytes) (NF_BIT(bytes) | NF_BIT((bytes) + 1) | NF_BIT((bytes) + 2))
#define BACK(bytes)  (NF_BIT((bytes) + 4) | NF_BIT((bytes) + 5) | NF_BIT((bytes) + 6))
#define POST(bytes)  NF_BIT((bytes) + 3)
#define COUNTERS     NF_SLOTS_FROM(NF_BYTES, NF_PACKETS_BACK_TOTAL)
_Static_assert(NF_BYTES + 3 == NF_BYTES_POST && NF_BYTES + 6 == NF_BYTES_BACK_TOTAL &&
		       NF_PACKETS + 3 == NF_PACKETS_POST && NF_PACKETS + 6 == NF_PACKETS_BACK_TOTAL,
	       "bytes and packets are in the same order");

static bool nothing(uint64_t bytes, uint64_t packets)
{
	return (bytes == 0 || bytes == UNSTATED) && (packets == 0 || packets == UNSTATED);
}

/*
 * OUT_BYTES and OUT_PKTS. RFC 3954 does not say of which direction; exporters that count both ways
 * put the way back there, those that count behind themselves the same packets again, or only them.
 * IPFIX has them as the latter.
 */
static void posts(const struct reading *r, struct record *out)
{
	uint64_t bytes = size(r, POST(NF_BYTES)), packets = size(r, POST(NF_PACKETS));

	if (nothing(bytes, packets))
		return;
	if (nothing(out->orig_bytes, out->orig_packets)) {
		out->orig_bytes = bytes;
		out->orig_packets = packets;
	} else if (r->t->domain->version == 9 && nothing(out->resp_bytes, out->resp_packets) &&
		   (bytes != out->orig_bytes || packets != out->orig_packets)) {
		out->resp_bytes = bytes;
		out->resp_packets = packets;
	}
}

static void sizes(const struct reading *r, struct record *out)
{
	out->orig_bytes = size(r, FORTH(NF_BYTES));
	out->orig_packets = size(r, FORTH(NF_PACKETS));
	out->resp_bytes = size(r, BACK(NF_BYTES));
	out->resp_packets = size(r, BACK(NF_PACKETS));
	if (r->t->has & (POST(NF_BYTES) | POST(NF_PACKETS)))
		posts(r, out);
	out->one_way = !(r->t->has & (BACK(NF_BYTES) | BACK(NF_PACKETS))) &&
		       nothing(out->resp_bytes, out->resp_packets);
}

static uint64_t times_rate(uint64_t size, uint32_t rate)
{
	uint64_t v;

	return size == UNSTATED                                          ? UNSTATED
	       : __builtin_mul_overflow(size, rate, &v) || v == UNSTATED ? UNSTATED - 1
									 : v;
}

uint32_t nf_rate(const struct nf_template *t, const uint16_t at[NF_SLOTS], const unsigned char *record)
{
	struct reading r = { .t = t, .at = at, .p = record };
	uint64_t rate = number(&r, NF_RATE), of = 0, taken = 0;

	if (rate == 0 && has(&r, NF_RATE_TAKEN)) {
		taken = number(&r, NF_RATE_TAKEN);
		of = taken + number(&r, NF_RATE_LEFT);
	} else if (rate == 0 && has(&r, NF_RATE_OF)) {
		taken = number(&r, NF_RATE_SIZE);
		of = number(&r, NF_RATE_OF);
	}
	if (taken)
		rate = of / taken;
	return rate > UINT32_MAX ? 0 : (uint32_t)rate;
}

static uint32_t rate_of(const struct reading *r)
{
	const struct nf_domain *d = r->t->domain;
	const struct nf_rates *rates = d->rates;
	uint64_t sampler = number(r, NF_SAMPLER);
	uint32_t rate = nf_rate(r->t, r->at, r->p);

	for (unsigned i = 0; rate == 0 && rates && has(r, NF_SAMPLER) && i < rates->n; i++)
		if (rates->of[i].sampler == sampler)
			rate = rates->of[i].rate;
	return rate ? rate : d->rate;
}

/* Of a record with both ways: who was called answered with a reset and nothing else. */
static bool was_reset(const struct record *r, uint8_t flags, uint8_t flags_back)
{
	uint8_t called = r->opener == OPENER_RESP ? flags : flags_back;
	uint64_t payload = r->opener == OPENER_RESP ? r->orig_payload : r->resp_payload;

	return r->proto == PROTO_TCP && r->opener != OPENER_UNKNOWN &&
	       (called & (TCP_RST | TCP_SYN)) == TCP_RST && (payload == 0 || payload == UNSTATED);
}

void nf_flow_judge(struct record *r, uint8_t flags, uint8_t flags_back, bool denied)
{
	if (r->opener == OPENER_UNKNOWN && r->proto == PROTO_TCP &&
	    (flags & (TCP_SYN | TCP_ACK)) == TCP_SYN)
		r->opener = OPENER_ORIG;
	r->orig_payload = payload_of(r->orig_bytes, r->orig_packets, NF_OVERHEAD);
	r->resp_payload = payload_of(r->resp_bytes, r->resp_packets, NF_OVERHEAD);
	if (r->one_way) {
		record_one_way_flags(r, flags);
		record_level_one_way(r);
	} else {
		record_level(r, denied || was_reset(r, flags, flags_back) ? HANDSHAKE_FAILED
									  : HANDSHAKE_UNSAID);
	}
}

/* ---- records ----------------------------------------------------------------------------------- */

static struct ip v4(const unsigned char *p)
{
	return ip_v4((uint32_t)nf_number(p, 4));
}

static struct ip v6(const unsigned char *p)
{
	return (struct ip){ nf_number(p, 8), nf_number(p + 8, 8) };
}

/* Templates for both families leave that of the other zero. */
static void ends(const struct reading *r, struct ip *src, struct ip *dst)
{
	bool has4 = has(r, NF_SRC4) && has(r, NF_DST4), has6 = has(r, NF_SRC6) && has(r, NF_DST6);

	if (has4) {
		*src = v4(r->p + r->at[NF_SRC4]);
		*dst = v4(r->p + r->at[NF_DST4]);
		if (!has6 || (uint32_t)src->lo || (uint32_t)dst->lo)
			return;
		if (number(r, NF_IP_VERSION) == 4)
			return;
	}
	*src = v6(r->p + r->at[NF_SRC6]);
	*dst = v6(r->p + r->at[NF_DST6]);
}

enum { EVENT_CREATED = 1, EVENT_DENIED = 3 };            /* firewallEvent */
enum { DIRECTION_INITIATOR = 1, DIRECTION_REVERSE = 2 }; /* biflowDirection */

static enum opener opener(const struct reading *r)
{
	uint64_t direction = number(r, NF_DIRECTION), event = number(r, NF_EVENT);
	const uint64_t sides = NF_BIT(NF_BYTES_RESPONDER) | NF_BIT(NF_PACKETS_RESPONDER);

	if (direction == DIRECTION_INITIATOR)
		return OPENER_ORIG;
	if (direction == DIRECTION_REVERSE)
		return OPENER_RESP;
	if (r->t->has & sides)
		return OPENER_ORIG;
	/* Records with counters name the event for each direction. */
	return (event == EVENT_CREATED || event == EVENT_DENIED) && !(r->t->has & COUNTERS)
		       ? OPENER_ORIG
		       : OPENER_UNKNOWN;
}

static void hand_over(const struct reading *r, struct record *out, struct sink *sink)
{
	uint8_t flags = (uint8_t)number(r, NF_FLAGS);
	uint32_t rate = rate_of(r);

	out->kind = KIND_FLOW;
	out->name = out->path = STR_NONE;
	out->line = sink->line;
	out->proto = (uint8_t)number(r, NF_PROTO);
	if (proto_has_ports(out->proto)) {
		out->orig_port = (uint16_t)number(r, NF_SPORT);
		out->resp_port = (uint16_t)number(r, NF_DPORT);
	}
	out->opener = opener(r);
	sizes(r, out);
	if (rate > 1) {
		out->orig_bytes = times_rate(out->orig_bytes, rate);
		out->resp_bytes = times_rate(out->resp_bytes, rate);
		out->orig_packets = times_rate(out->orig_packets, rate);
		out->resp_packets = times_rate(out->resp_packets, rate);
	}
	nf_flow_judge(out, flags, (uint8_t)number(r, NF_FLAGS_BACK),
		      number(r, NF_EVENT) == EVENT_DENIED);
	sink->record(sink->ctx, out);
}

void nf_flow(const struct nf_template *t, const uint16_t at[NF_SLOTS], const unsigned char *record,
	     const struct nf_when *when, struct sink *sink)
{
	struct reading r = { t, at, record, when };
	struct record out;
	struct ip src, dst;
	bool started;
	int64_t ts;

	if (!t->flow) {
		sink->unused++;
		return;
	}
	ends(&r, &src, &dst);
	ts = start(&r, &started);
	if (ts < 0 || ts > TIME_MAX) {
		sink_bad(sink, "template %u: a time outside 1970 to 2100", t->id);
		return;
	}
	if (sink_selects(sink, KIND_FLOW) && !sink_wants(sink, src) && !sink_wants(sink, dst)) {
		sink_pass(sink, ts);
		return;
	}
	out = (struct record){ .orig = src, .resp = dst, .ts = ts };
	out.duration = duration(&r, ts, started);
	hand_over(&r, &out, sink);
}
