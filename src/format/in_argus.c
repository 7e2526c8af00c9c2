/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Argus flows as `ra` and the binetflow files made with it print them: CSV with a header, both
 * directions in one line, the state of a TCP connection as the flags seen from each side
 * (FSPA_FSPA). Often only the bytes of both sides together and of the source are printed.
 */
#include "format/flow_csv.h"
#include "format/telemetry.h"

/* Ethernet, IP and TCP headers: what a packet weighs without its payload. */
#define OVERHEAD 60

/* What a packet of a refused connection may weigh at most. */
#define BARE_PACKET 80

struct layout {
	struct flow_csv csv;
};

static const struct flow_name known[] = {
	{ FLOW_TIME, "starttime" },
	{ FLOW_TIME, "stime" },
	{ FLOW_END, "lasttime" },
	{ FLOW_END, "ltime" },
	{ FLOW_DURATION, "dur" },
	{ FLOW_DURATION, "runtime" },
	{ FLOW_PROTO, "proto" },
	{ FLOW_SRC, "srcaddr" },
	{ FLOW_SRC, "saddr" },
	{ FLOW_SPORT, "sport" },
	{ FLOW_DIR, "dir" },
	{ FLOW_DST, "dstaddr" },
	{ FLOW_DST, "daddr" },
	{ FLOW_DPORT, "dport" },
	{ FLOW_STATE, "state" },
	{ FLOW_BYTES_BOTH, "totbytes" },
	{ FLOW_BYTES_BOTH, "bytes" },
	{ FLOW_BYTES, "srcbytes" },
	{ FLOW_BYTES, "sbytes" },
	{ FLOW_BYTES_BACK, "dstbytes" },
	{ FLOW_BYTES_BACK, "dbytes" },
	{ FLOW_PACKETS, "srcpkts" },
	{ FLOW_PACKETS, "spkts" },
	{ FLOW_PACKETS_BACK, "dstpkts" },
	{ FLOW_PACKETS_BACK, "dpkts" },
	{ FLOW_PAYLOAD, "sappbytes" },
	{ FLOW_PAYLOAD, "sabytes" },
	{ FLOW_PAYLOAD_BACK, "dappbytes" },
	{ FLOW_PAYLOAD_BACK, "dabytes" },
	{ FLOW_PACKETS_BOTH, "totpkts" },
	{ FLOW_PACKETS_BOTH, "pkts" },
};
#define N_KNOWN (sizeof known / sizeof known[0])

/* Where only sums are printed, the other side is what the source leaves of them. */
static bool sums(const struct flow_csv *c, struct flow_row *row, uint64_t *packets, uint64_t *bytes,
		 struct sink *sink)
{
	struct record *r = &row->record;

	if (!flow_size(c, row, FLOW_BYTES_BOTH, bytes, sink) ||
	    !flow_size(c, row, FLOW_PACKETS_BOTH, packets, sink))
		return false;
	if (*bytes != UNSTATED && r->resp_bytes == UNSTATED) {
		if (r->orig_bytes == UNSTATED) {
			r->orig_bytes = *bytes;
		} else if (r->orig_bytes > *bytes) {
			sink_bad(sink, "the bytes of the source are more than those of both sides");
			return false;
		} else {
			r->resp_bytes = *bytes - r->orig_bytes;
		}
	}
	if (*packets != UNSTATED && r->resp_packets == UNSTATED && r->orig_packets != UNSTATED) {
		if (r->orig_packets > *packets) {
			sink_bad(sink, "the packets of the source are more than those of both sides");
			return false;
		}
		r->resp_packets = *packets - r->orig_packets;
	}
	return true;
}

static bool payload(const struct flow_csv *c, struct flow_row *row, struct sink *sink)
{
	struct record *r = &row->record;

	if (!flow_size(c, row, FLOW_PAYLOAD, &r->orig_payload, sink) ||
	    !flow_size(c, row, FLOW_PAYLOAD_BACK, &r->resp_payload, sink))
		return false;
	if (r->orig_payload == UNSTATED)
		r->orig_payload = payload_of(r->orig_bytes, r->orig_packets, OVERHEAD);
	if (r->resp_payload == UNSTATED)
		r->resp_payload = payload_of(r->resp_bytes, r->resp_packets, OVERHEAD);
	return true;
}

/* State is the flags of both sides, `FSPA_FSPA`: the arrow is proof when the source's SYN was seen. */
static enum opener opener(struct str dir, struct str state, uint8_t proto)
{
	struct str source = str_head(state, str_chr(state, '_'));

	if (str_is(dir, "<-"))
		return OPENER_RESP;
	return str_is(dir, "->") && proto == PROTO_TCP && str_chr(source, 'S') != SIZE_MAX
		       ? OPENER_ORIG
		       : OPENER_UNKNOWN;
}

static enum handshake handshake(struct str state, const struct record *r, uint64_t packets, uint64_t bytes)
{
	size_t middle = str_chr(state, '_');

	if (r->proto == PROTO_TCP && middle != SIZE_MAX)
		return str_chr(str_head(state, middle), 'A') != SIZE_MAX &&
				       str_chr(str_skip(state, middle), 'A') != SIZE_MAX
			       ? HANDSHAKE_DONE
			       : HANDSHAKE_FAILED;
	if (r->proto == PROTO_TCP && str_is(state, "REQ"))
		return HANDSHAKE_FAILED;
	/* RST is said of connections refused and of those that ended so; the refused ones carried
	 * nothing. */
	if (r->proto == PROTO_TCP && str_is(state, "RST") && packets != UNSTATED &&
	    bytes != UNSTATED && bytes / BARE_PACKET <= packets)
		return HANDSHAKE_FAILED;
	/* Nothing tells the sides apart but the word for it. */
	if (r->resp_bytes == UNSTATED && r->resp_packets == UNSTATED &&
	    (str_is(state, "CON") || str_is(state, "EST") || str_is(state, "RSP")))
		return HANDSHAKE_DONE;
	return HANDSHAKE_UNSAID;
}

static void block(const struct layout *l, const struct reader_hints *hints, struct str text,
		  struct sink *sink)
{
	struct flow_row row;
	struct str line;

	(void)hints;
	while (str_line(&text, &line)) {
		struct record *r = &row.record;
		uint64_t packets, bytes;
		struct str state;

		sink_line(sink);
		if (!l) {
			sink_bad(sink, "no header before this line");
			continue;
		}
		if (!flow_csv_row(&l->csv, line, sink, &row))
			continue;
		/* RTP and the like are what Argus recognised inside of UDP. */
		state = flow_field(&l->csv, &row, FLOW_PROTO);
		if (str_iis(state, "rtp") || str_iis(state, "rtcp") || str_iis(state, "udt"))
			r->proto = PROTO_UDP;
		if (!sums(&l->csv, &row, &packets, &bytes, sink) || !payload(&l->csv, &row, sink))
			continue;
		state = flow_field(&l->csv, &row, FLOW_STATE);
		r->opener = opener(flow_field(&l->csv, &row, FLOW_DIR), state, r->proto);
		record_level(r, handshake(state, r, packets, bytes));
		sink->record(sink->ctx, r);
	}
}

static enum err header(struct str lines, const struct layout *prev, const struct reader_hints *hints,
		       struct arena *a, const struct layout **out, unsigned *kinds, struct errinfo *ei)
{
	struct layout *l = arena_alloc(a, sizeof *l);
	struct str line = STR_NONE;
	enum err e;

	(void)prev;
	if (!l)
		return ERR_NOMEM;
	(void)str_line(&lines, &line);
	e = flow_csv_header(line, known, N_KNOWN, hints, a, &l->csv, ei);
	if (e)
		return e;
	*kinds = KIND_BIT(KIND_FLOW);
	*out = l;
	return ERR_OK;
}

static int sniff(const struct sample *sample)
{
	struct flow_csv c;

	return flow_csv_recognise(sample->head, known, N_KNOWN, &c) && c.at[FLOW_DIR] >= 0 &&
			       c.at[FLOW_STATE] >= 0
		       ? 90
		       : 0;
}

const struct reader reader_argus = {
	.name = "argus",
	.title = "Argus flows printed by ra as CSV with a header (binetflow)",
	.reads = READS_RECORDS,
	.frame = FRAME_LINES,
	.titled = true,
	.kinds = KIND_BIT(KIND_FLOW),
	.sniff = sniff,
	.header = header,
	.block = block,
};
