/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dnstap: what DNS servers tell about the messages they get and send, as Protocol Buffers
 * (dnstap.proto) in Frame Streams (fstrm), written to a file or taken from a socket, so with the
 * control frames of one or of both sides. A query and a response are a record each; a response with
 * more addresses than a record holds is several.
 *
 * dnstap says from where a message is seen, so who stands at the other end of it:
 *
 * - CLIENT, STUB, TOOL: the asker is a host that wants to know. It is the originator, the server
 *   (`::` where the program leaves it out) the responder.
 * - RESOLVER, FORWARDER, AUTH: one DNS server asks another, in somebody's stead. Its responses are
 *   passive records, its queries say nothing more.
 * - UPDATE, and NOTIFY and the like: nobody looks anything up.
 *
 * What becomes no record is counted as unused. The time is that of the message: query_time of a
 * query, response_time of a response. A message that breaks off behind its question is a record
 * with what came before, and is told.
 *
 * Frames may have 1 MiB (the limit of fstrm's own readers); behind a longer one nothing can be
 * found again. Memory: the frame.
 */
#include "base/wire.h"
#include "format/dns_wire.h"
#include "format/reader.h"
#include "format/telemetry.h"

#include <stdlib.h>

#define FRAME_MAX    (1u << 20)
#define CONTROL_MAX  512u
#define CONTENT_TYPE "protobuf:dnstap.Dnstap"

enum control { CONTROL_ACCEPT = 1, CONTROL_START, CONTROL_STOP, CONTROL_READY, CONTROL_FINISH };
enum { FIELD_CONTENT_TYPE = 1 };

struct stream {
	bool foreign; /* the last START announced something else than dnstap */
	bool over;    /* the rest cannot be read */
};

/* ---- Protocol Buffers ---------------------------------------------------------------------- */

enum pb_wire { PB_VARINT = 0, PB_64 = 1, PB_BYTES = 2, PB_32 = 5 };

struct pb_field {
	uint32_t number;
	enum pb_wire type;
	uint64_t v;       /* PB_VARINT, PB_64, PB_32 */
	struct str bytes; /* PB_BYTES */
};

static uint64_t pb_varint(struct wire *w)
{
	uint64_t v = 0;

	for (unsigned shift = 0; shift < 64; shift += 7) {
		uint64_t byte = wire_u8(w);

		v |= (byte & 0x7f) << shift;
		if (byte < 0x80)
			return v;
	}
	w->bad = true;
	return 0;
}

/* The next field; false at the end, or with w->bad. */
static bool pb_next(struct wire *w, struct pb_field *f)
{
	uint64_t key, n;

	if (w->bad || wire_left(w) == 0)
		return false;
	key = pb_varint(w);
	*f = (struct pb_field){ .number = (uint32_t)(key >> 3 & 0x1fffffff),
				.type = (enum pb_wire)(key & 7),
				.bytes = STR_NONE };
	switch (f->type) {
	case PB_VARINT:
		f->v = pb_varint(w);
		break;
	case PB_64:
		f->v = wire_le64(w);
		break;
	case PB_32:
		f->v = wire_le32(w);
		break;
	case PB_BYTES:
		n = pb_varint(w);
		f->bytes = wire_str(w, n <= wire_left(w) ? (size_t)n : SIZE_MAX);
		break;
	default: /* groups, which nobody writes any more */
		w->bad = true;
	}
	return !w->bad;
}

/* ---- a message ----------------------------------------------------------------------------- */

/* What is meant to say where a message was seen. Queries are odd, responses even. */
enum tap_type {
	TAP_AUTH = 1,
	TAP_RESOLVER = 3,
	TAP_CLIENT = 5,
	TAP_FORWARDER = 7,
	TAP_STUB = 9,
	TAP_TOOL = 11,
	TAP_UPDATE = 13,
};

struct tap_time {
	bool stated;
	uint64_t s, ns;
};

struct tap {
	uint64_t type, protocol, query_port, response_port;
	struct str query_address, response_address, query, response;
	struct tap_time query_time, response_time;
};

/* The fields that are bytes: addresses, messages, the zone, the policy. */
#define TAP_BYTES (1u << 4 | 1u << 5 | 1u << 10 | 1u << 11 | 1u << 14 | 1u << 15)

static bool tap_of(struct str message, struct tap *t)
{
	struct wire w = wire_of(message);
	struct pb_field f;

	*t = (struct tap){ .query_address = STR_NONE,
			   .response_address = STR_NONE,
			   .query = STR_NONE,
			   .response = STR_NONE };
	while (pb_next(&w, &f)) {
		if (f.number > 31 || (TAP_BYTES >> f.number & 1) != (f.type == PB_BYTES))
			continue;
		switch (f.number) {
		case 1:
			t->type = f.v;
			break;
		case 3:
			t->protocol = f.v;
			break;
		case 4:
			t->query_address = f.bytes;
			break;
		case 5:
			t->response_address = f.bytes;
			break;
		case 6:
			t->query_port = f.v;
			break;
		case 7:
			t->response_port = f.v;
			break;
		case 8:
			t->query_time.s = f.v;
			t->query_time.stated = true;
			break;
		case 9:
			t->query_time.ns = f.v;
			break;
		case 10:
			t->query = f.bytes;
			break;
		case 12:
			t->response_time.s = f.v;
			t->response_time.stated = true;
			break;
		case 13:
			t->response_time.ns = f.v;
			break;
		case 14:
			t->response = f.bytes;
			break;
		default: /* socket family (addresses tell), zone, policy, and what comes after us */
			break;
		}
	}
	return !w.bad;
}

/* The message within the envelope, empty if it holds none. */
static bool message_of(struct str frame, struct str *message)
{
	struct wire w = wire_of(frame);
	struct pb_field f;

	*message = STR_NONE;
	while (pb_next(&w, &f))
		if (f.number == 14 && f.type == PB_BYTES)
			*message = f.bytes;
	return !w.bad;
}

/* ---- a record ------------------------------------------------------------------------------ */

static bool address(struct str s, const char *whose, struct ip *out, struct sink *sink)
{
	struct wire w = wire_of(s);

	if (s.n == 4) {
		*out = ip_v4(wire_be32(&w));
	} else if (s.n == 16) {
		out->hi = wire_be64(&w);
		out->lo = wire_be64(&w);
	} else if (s.n) {
		sink_bad(sink, "an address of %zu bytes for the %s", s.n, whose);
		return false;
	}
	return true;
}

static bool moment(const struct tap *t, bool response, int64_t *ts, struct sink *sink)
{
	const struct tap_time *at = &t->query_time;

	if (response ? t->response_time.stated : !at->stated)
		at = &t->response_time;
	if (!at->stated) {
		sink_bad(sink, "no time");
		return false;
	}
	if (at->s > (uint64_t)(TIME_MAX / TIME_S) || at->ns > 999999999) {
		sink_bad(sink, "a time after 2100, or more than a second of nanoseconds");
		return false;
	}
	*ts = (int64_t)at->s * TIME_S + (int64_t)(at->ns / 1000);
	return true;
}

/* UDP 1, TCP 2, DoT 3, DoH 4, DNSCrypt by UDP 5 and by TCP 6, DoQ 7. */
static uint8_t proto_of(uint64_t protocol)
{
	return (protocol >= 2 && protocol <= 4) || protocol == 6 ? PROTO_TCP : PROTO_UDP;
}

static bool near(const struct sink *sink, const struct record *r)
{
	if (sink_wants(sink, r->orig) || sink_wants(sink, r->resp))
		return true;
	for (unsigned i = 0; i < r->n_answers; i++)
		if (sink_wants(sink, r->answers[i].ip))
			return true;
	return false;
}

static void give(struct record *r, struct sink *sink)
{
	if (!r->passive && sink_selects(sink, KIND_DNS) && !near(sink, r))
		sink_pass(sink, r->ts);
	else
		sink->record(sink->ctx, r);
}

static void hand_over(const struct tap *t, bool passive, struct sink *sink)
{
	bool response = t->type % 2 == 0;
	struct str bytes = response && t->response.n ? t->response
			   : t->query.n              ? t->query
						     : t->response;
	char text[DNS_TEXT_MAX];
	struct dns_message m;
	enum dns_state state;
	struct record r = record_new(KIND_DNS, sink->line);

	r.passive = passive;
	r.proto = proto_of(t->protocol);
	r.answers = sink->answers;
	if (!moment(t, response, &r.ts, sink) ||
	    !address(t->query_address, "query's sender", &r.orig, sink) ||
	    !address(t->response_address, "response's sender", &r.resp, sink))
		return;
	if (!passive && t->query_address.n == 0) {
		sink_bad(sink, "no address of who asked");
		return;
	}
	if (t->query_port > UINT16_MAX || t->response_port > UINT16_MAX) {
		sink_bad(sink, "a port above 65535");
		return;
	}
	r.orig_port = (uint16_t)t->query_port;
	r.resp_port = (uint16_t)t->response_port;
	if (passive) {
		r.orig = r.resp = (struct ip){ 0, 0 };
		r.orig_port = r.resp_port = 0;
	}
	state = dns_message(bytes, text, sink->answers, &m);
	if (state && (!m.asked || m.opcode != DNS_QUERY)) {
		sink_bad(sink, bytes.n ? "the DNS message in it is none" : "no DNS message in it");
		return;
	}
	if (m.opcode != DNS_QUERY) {
		sink->unused++;
		return;
	}
	r.name = m.name;
	r.n_answers = response ? m.n_answers : 0;
	if (passive && !r.n_answers)
		sink->unused++;
	else
		give(&r, sink);
	while (!state && response && m.left) {
		state = dns_more(&m, sink->answers);
		r.n_answers = m.n_answers;
		if (r.n_answers)
			give(&r, sink);
	}
	if (state)
		sink_bad(sink, "the DNS message in it %s in its answers",
			 state == DNS_CUT ? "ends" : "goes wrong");
}

static void data_frame(const struct stream *st, struct str frame, struct sink *sink)
{
	struct str message;
	struct tap t;

	sink_line(sink);
	if (st->foreign) {
		sink->unused++;
		return;
	}
	if (!message_of(frame, &message) || (message.n && !tap_of(message, &t))) {
		sink_bad(sink, "not a dnstap message");
		return;
	}
	switch (message.n ? (t.type + 1) / 2 * 2 - 1 : 0) {
	case TAP_CLIENT:
	case TAP_STUB:
	case TAP_TOOL:
		hand_over(&t, false, sink);
		break;
	case TAP_RESOLVER:
	case TAP_FORWARDER:
	case TAP_AUTH:
		hand_over(&t, true, sink);
		break;
	default: /* TAP_UPDATE, and what is none of them */
		sink->unused++;
	}
}

/* ---- frames -------------------------------------------------------------------------------- */

/* A thing wrong that is no record's counts as one. */
#define TELL(sink, ...) (sink_line(sink), sink_bad(sink, __VA_ARGS__))

/* The type of a control frame, 0 if it is none; the content type it names (the last of several). */
static unsigned control_of(struct str frame, struct str *content)
{
	struct wire w = wire_of(frame);
	unsigned type = wire_be32(&w);

	*content = (struct str){ NULL, 0 };
	while (!w.bad && wire_left(&w)) {
		unsigned field = wire_be32(&w);
		struct str v = wire_str(&w, wire_be32(&w));

		if (field == FIELD_CONTENT_TYPE)
			*content = v;
	}
	return w.bad || type < CONTROL_ACCEPT || type > CONTROL_FINISH ? 0 : type;
}

static void control_frame(struct stream *st, struct str frame, struct sink *sink)
{
	struct str content;
	unsigned type = control_of(frame, &content);

	if (!type)
		TELL(sink, "a control frame that is none");
	if (type != CONTROL_START)
		return;
	st->foreign = content.p && !str_is(content, CONTENT_TYPE);
	if (st->foreign)
		TELL(sink, "the stream says that it is not dnstap");
}

/* The frame at the beginning of `have`: how long it is with what stands before it, 0 if it is not
 * all there. */
static size_t take_frame(struct stream *st, struct str have, struct sink *sink)
{
	struct wire w = wire_of(have);
	uint32_t n = wire_be32(&w);
	bool control = !w.bad && n == 0;
	struct str frame;

	if (control)
		n = wire_be32(&w);
	if (w.bad)
		return 0;
	if (n > (control ? CONTROL_MAX : FRAME_MAX)) {
		TELL(sink, "a frame of %u bytes: the rest cannot be read", n);
		st->over = true;
		return 0;
	}
	frame = wire_str(&w, n);
	if (w.bad)
		return 0;
	if (control)
		control_frame(st, frame, sink);
	else
		data_frame(st, frame, sink);
	return have.n - wire_left(&w);
}

static size_t feed(struct stream *st, struct str have, bool ended, struct sink *sink)
{
	size_t done = 0;

	while (!st->over && done < have.n) {
		size_t n = take_frame(st, str_skip(have, done), sink);

		if (n == 0 && !st->over && ended) {
			TELL(sink, "the file ends in the middle of a frame");
			n = have.n - done;
		}
		if (n == 0)
			break;
		done += n;
	}
	return done;
}

static enum err open_stream(const struct reader_hints *h, struct stream **out)
{
	struct stream *st = calloc(1, sizeof *st);

	(void)h;
	if (!st)
		return ERR_NOMEM;
	*out = st;
	return ERR_OK;
}

static void close_stream(struct stream *st)
{
	free(st);
}

/* A START or READY (which may stand before it) that names the content. */
static int sniff(const struct sample *s)
{
	struct wire w = wire_of(s->head);
	struct str content;
	unsigned escape = wire_be32(&w), n = wire_be32(&w), type;

	if (w.bad || escape || n > CONTROL_MAX)
		return 0;
	type = control_of(wire_str(&w, n), &content);
	if (w.bad || (type != CONTROL_START && type != CONTROL_READY))
		return 0;
	if (!content.p)
		return 50;
	return str_is(content, CONTENT_TYPE) ? 100 : 0;
}

const struct reader reader_dnstap = {
	.name = "dnstap",
	.title = "dnstap in Frame Streams: DNS messages as servers saw them",
	.reads = READS_RECORDS,
	.frame = FRAME_STREAM,
	.kinds = KIND_BIT(KIND_DNS),
	.sniff = sniff,
	.unit_max = 8 + FRAME_MAX,
	.open = open_stream,
	.feed = feed,
	.close = close_stream,
};
