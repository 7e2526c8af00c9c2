/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Flows as CSV with a header, from whatever exports them: columns by the names that nfdump, SiLK,
 * NetFlow and IPFIX collectors and firewalls give them, or as the user says. Without a column for
 * the way back a record is one-way.
 */
#include "format/flow_csv.h"
#include "format/telemetry.h"

/* Ethernet, IP and TCP headers: what a packet weighs without its payload. */
#define OVERHEAD 60

struct layout {
	struct flow_csv csv;
	bool one_way; /* nothing tells of the way back */
	bool nfdump;  /* has columns for the way back, but they are 0 unless flows were joined */
};

/* in_bytes and out_bytes are a router's: in from the source. bytes_out and bytes_in are a host's:
 * out of the source. */
static const struct flow_name known[] = {
	{ FLOW_TIME, "ts" },
	{ FLOW_TIME, "time" },
	{ FLOW_TIME, "start" },
	{ FLOW_TIME, "starttime" },
	{ FLOW_TIME, "timestart" },
	{ FLOW_TIME, "stime" },
	{ FLOW_TIME, "first" },
	{ FLOW_TIME, "firstseen" },
	{ FLOW_TIME, "datefirstseen" },
	{ FLOW_TIME, "firstswitched" },
	{ FLOW_TIME, "flowstart" },
	{ FLOW_TIME, "flowstarttime" },
	{ FLOW_TIME, "flowstartmilliseconds" },
	{ FLOW_TIME, "flowstartseconds" },
	{ FLOW_TIME, "timeflowstartns" },
	{ FLOW_TIME, "timeflowstart" },
	{ FLOW_TIME, "begin" },
	{ FLOW_TIME, "timestamp" },
	{ FLOW_TIME, "datetime" },
	{ FLOW_TIME, "date" },
	{ FLOW_TIME, "eventtime" },
	{ FLOW_TIME, "timereceivedns" },
	{ FLOW_TIME, "timereceived" },
	{ FLOW_TIME, "te" },
	{ FLOW_END, "te" },
	{ FLOW_END, "end" },
	{ FLOW_END, "endtime" },
	{ FLOW_END, "timeend" },
	{ FLOW_END, "etime" },
	{ FLOW_END, "last" },
	{ FLOW_END, "lastseen" },
	{ FLOW_END, "lastswitched" },
	{ FLOW_END, "flowend" },
	{ FLOW_END, "flowendtime" },
	{ FLOW_END, "flowendmilliseconds" },
	{ FLOW_END, "flowendseconds" },
	{ FLOW_END, "timeflowendns" },
	{ FLOW_END, "timeflowend" },
	{ FLOW_DURATION, "td" },
	{ FLOW_DURATION, "duration" },
	{ FLOW_DURATION, "dur" },
	{ FLOW_DURATION_MS, "durationms" },
	{ FLOW_DURATION_MS, "durationmilliseconds" },
	{ FLOW_DURATION_MS, "flowdurationmilliseconds" },
	{ FLOW_SRC, "sa" },
	{ FLOW_SRC, "src" },
	{ FLOW_SRC, "srcaddr" },
	{ FLOW_SRC, "srcaddress" },
	{ FLOW_SRC, "srcip" },
	{ FLOW_SRC, "srcipaddr" },
	{ FLOW_SRC, "srcipaddress" },
	{ FLOW_SRC, "source" },
	{ FLOW_SRC, "sourceip" },
	{ FLOW_SRC, "sourceaddr" },
	{ FLOW_SRC, "sourceaddress" },
	{ FLOW_SRC, "sourceipaddress" },
	{ FLOW_SRC, "sourceipv4address" },
	{ FLOW_SRC, "sourceipv6address" },
	{ FLOW_SRC, "ipv4srcaddr" },
	{ FLOW_SRC, "ipv6srcaddr" },
	{ FLOW_SRC, "saddr" },
	{ FLOW_SRC, "sip" },
	{ FLOW_SRC, "ipsrc" },
	{ FLOW_SRC, "idorigh" },
	{ FLOW_SRC, "clientip" },
	{ FLOW_DST, "da" },
	{ FLOW_DST, "dst" },
	{ FLOW_DST, "dstaddr" },
	{ FLOW_DST, "dstaddress" },
	{ FLOW_DST, "dstip" },
	{ FLOW_DST, "dstipaddr" },
	{ FLOW_DST, "dstipaddress" },
	{ FLOW_DST, "dest" },
	{ FLOW_DST, "destip" },
	{ FLOW_DST, "destaddr" },
	{ FLOW_DST, "destination" },
	{ FLOW_DST, "destinationip" },
	{ FLOW_DST, "destinationaddr" },
	{ FLOW_DST, "destinationaddress" },
	{ FLOW_DST, "destinationipaddress" },
	{ FLOW_DST, "destinationipv4address" },
	{ FLOW_DST, "destinationipv6address" },
	{ FLOW_DST, "ipv4dstaddr" },
	{ FLOW_DST, "ipv6dstaddr" },
	{ FLOW_DST, "daddr" },
	{ FLOW_DST, "dip" },
	{ FLOW_DST, "ipdst" },
	{ FLOW_DST, "idresph" },
	{ FLOW_DST, "serverip" },
	{ FLOW_SPORT, "sp" },
	{ FLOW_SPORT, "sport" },
	{ FLOW_SPORT, "srcport" },
	{ FLOW_SPORT, "sourceport" },
	{ FLOW_SPORT, "sourcetransportport" },
	{ FLOW_SPORT, "l4srcport" },
	{ FLOW_SPORT, "idorigp" },
	{ FLOW_SPORT, "clientport" },
	{ FLOW_DPORT, "dp" },
	{ FLOW_DPORT, "dport" },
	{ FLOW_DPORT, "dstport" },
	{ FLOW_DPORT, "dsport" },
	{ FLOW_DPORT, "destport" },
	{ FLOW_DPORT, "destinationport" },
	{ FLOW_DPORT, "destinationtransportport" },
	{ FLOW_DPORT, "l4dstport" },
	{ FLOW_DPORT, "idrespp" },
	{ FLOW_DPORT, "serverport" },
	{ FLOW_PROTO, "pr" },
	{ FLOW_PROTO, "proto" },
	{ FLOW_PROTO, "protocol" },
	{ FLOW_PROTO, "pro" },
	{ FLOW_PROTO, "prot" },
	{ FLOW_PROTO, "ipproto" },
	{ FLOW_PROTO, "ipprotocol" },
	{ FLOW_PROTO, "protocolidentifier" },
	{ FLOW_BYTES, "ibyt" },
	{ FLOW_BYTES, "inbytes" },
	{ FLOW_BYTES, "bytesout" },
	{ FLOW_BYTES, "srcbytes" },
	{ FLOW_BYTES, "origbytes" },
	{ FLOW_BYTES, "sbytes" },
	{ FLOW_BYTES, "sentbytes" },
	{ FLOW_BYTES, "bytessent" },
	{ FLOW_BYTES, "bytestoserver" },
	{ FLOW_BYTES, "sentbyte" },
	{ FLOW_BYTES, "octetdeltacount" },
	{ FLOW_BYTES, "bytes" },
	{ FLOW_BYTES, "octets" },
	{ FLOW_BYTES, "doctets" },
	{ FLOW_BYTES_BACK, "obyt" },
	{ FLOW_BYTES_BACK, "outbytes" },
	{ FLOW_BYTES_BACK, "bytesin" },
	{ FLOW_BYTES_BACK, "dstbytes" },
	{ FLOW_BYTES_BACK, "respbytes" },
	{ FLOW_BYTES_BACK, "dbytes" },
	{ FLOW_BYTES_BACK, "receivedbytes" },
	{ FLOW_BYTES_BACK, "bytesreceived" },
	{ FLOW_BYTES_BACK, "rcvdbyte" },
	{ FLOW_BYTES_BACK, "rcvdbytes" },
	{ FLOW_BYTES_BACK, "bytestoclient" },
	{ FLOW_BYTES_BACK, "reversebytes" },
	{ FLOW_BYTES_BACK, "reverseoctets" },
	{ FLOW_BYTES_BACK, "reverseoctetdeltacount" },
	{ FLOW_BYTES_BACK, "revbytes" },
	{ FLOW_BYTES_BACK, "bytesrev" },
	{ FLOW_BYTES_BACK, "bytesback" },
	{ FLOW_PACKETS, "ipkt" },
	{ FLOW_PACKETS, "inpkts" },
	{ FLOW_PACKETS, "inpackets" },
	{ FLOW_PACKETS, "pktsout" },
	{ FLOW_PACKETS, "packetsout" },
	{ FLOW_PACKETS, "srcpkts" },
	{ FLOW_PACKETS, "srcpackets" },
	{ FLOW_PACKETS, "origpkts" },
	{ FLOW_PACKETS, "origpackets" },
	{ FLOW_PACKETS, "pktssent" },
	{ FLOW_PACKETS, "packetssent" },
	{ FLOW_PACKETS, "sentpkt" },
	{ FLOW_PACKETS, "pktstoserver" },
	{ FLOW_PACKETS, "packetdeltacount" },
	{ FLOW_PACKETS, "pkts" },
	{ FLOW_PACKETS, "packets" },
	{ FLOW_PACKETS_BACK, "opkt" },
	{ FLOW_PACKETS_BACK, "outpkts" },
	{ FLOW_PACKETS_BACK, "outpackets" },
	{ FLOW_PACKETS_BACK, "pktsin" },
	{ FLOW_PACKETS_BACK, "packetsin" },
	{ FLOW_PACKETS_BACK, "dstpkts" },
	{ FLOW_PACKETS_BACK, "dstpackets" },
	{ FLOW_PACKETS_BACK, "resppkts" },
	{ FLOW_PACKETS_BACK, "resppackets" },
	{ FLOW_PACKETS_BACK, "pktsreceived" },
	{ FLOW_PACKETS_BACK, "packetsreceived" },
	{ FLOW_PACKETS_BACK, "rcvdpkt" },
	{ FLOW_PACKETS_BACK, "pktstoclient" },
	{ FLOW_PACKETS_BACK, "reversepackets" },
	{ FLOW_PACKETS_BACK, "reversepacketdeltacount" },
	{ FLOW_PACKETS_BACK, "revpackets" },
	{ FLOW_PACKETS_BACK, "revpkts" },
	{ FLOW_PACKETS_BACK, "packetsrev" },
	{ FLOW_PACKETS_BACK, "packetsback" },
	{ FLOW_FLAGS, "flg" },
	{ FLOW_FLAGS, "flags" },
	{ FLOW_FLAGS, "tcpflags" },
	{ FLOW_FLAGS, "tcpcontrolbits" },
};
#define N_KNOWN (sizeof known / sizeof known[0])

static enum err header(struct str lines, const struct layout *prev, const struct reader_hints *hints,
		       struct arena *a, const struct layout **out, unsigned *kinds, struct errinfo *ei)
{
	struct layout *l = arena_alloc(a, sizeof *l);
	struct str line = STR_NONE;
	const struct flow_csv *c;
	enum err e;

	(void)prev;
	if (!l)
		return ERR_NOMEM;
	(void)str_line(&lines, &line);
	e = flow_csv_header(line, known, N_KNOWN, hints, a, &l->csv, ei);
	if (e)
		return e;
	c = &l->csv;
	l->one_way = c->at[FLOW_BYTES_BACK] < 0 && c->at[FLOW_PACKETS_BACK] < 0;
	l->nfdump = csv_named(c->names[FLOW_BYTES_BACK], "obyt") ||
		    csv_named(c->names[FLOW_PACKETS_BACK], "opkt");
	*kinds = KIND_BIT(KIND_FLOW);
	*out = l;
	return ERR_OK;
}

static bool nothing(uint64_t size)
{
	return size == 0 || size == UNSTATED;
}

/* nfdump ends its output with "Summary", a header of its own and one line of sums. */
static bool summary(const struct layout *l, struct str line)
{
	unsigned commas = 0;

	if (!l->nfdump)
		return false;
	if (str_is(line, "Summary") || str_starts(line, STR("flows,bytes,packets,")) ||
	    str_is(line, "No matched flows") || str_is(line, "No matching flows"))
		return true;
	for (size_t i = 0; i < line.n; i++) {
		commas += line.p[i] == ',';
		if (line.p[i] != ',' && (line.p[i] < '0' || line.p[i] > '9'))
			return false;
	}
	return commas == 5;
}

static void judge(const struct layout *l, struct record *r, struct str text)
{
	uint8_t flags = 0;

	if (r->proto == PROTO_TCP && text.p && tcp_flags_parse(text, &flags) &&
	    (flags & (TCP_SYN | TCP_ACK)) == TCP_SYN)
		r->opener = OPENER_ORIG;
	r->orig_payload = payload_of(r->orig_bytes, r->orig_packets, OVERHEAD);
	r->resp_payload = payload_of(r->resp_bytes, r->resp_packets, OVERHEAD);
	r->one_way = l->one_way || (l->nfdump && nothing(r->resp_bytes) && nothing(r->resp_packets));
	if (r->one_way) {
		record_one_way_flags(r, flags);
		r->resp_bytes = r->resp_packets = r->resp_payload = UNSTATED;
		record_level_one_way(r);
	} else {
		record_level(r, HANDSHAKE_UNSAID);
	}
}

static void block(const struct layout *l, const struct reader_hints *hints, struct str text,
		  struct sink *sink)
{
	struct flow_row row;
	struct str line;

	(void)hints;
	while (str_line(&text, &line)) {
		sink_line(sink);
		if (!l) {
			sink_bad(sink, "no header before this line");
			continue;
		}
		if (summary(l, line) || !flow_csv_row(&l->csv, line, sink, &row))
			continue;
		judge(l, &row.record, flow_field(&l->csv, &row, FLOW_FLAGS));
		sink->record(sink->ctx, &row.record);
	}
}

static int sniff(const struct sample *sample)
{
	struct flow_csv c;

	return flow_csv_recognise(sample->head, known, N_KNOWN, &c) ? 60 : 0;
}

const struct reader reader_csv_flow = {
	.name = "csv-flow",
	.title = "flows as CSV with a header (nfdump -o csv, SiLK, IPFIX and NetFlow collectors)",
	.reads = READS_RECORDS,
	.frame = FRAME_LINES,
	.titled = true,
	.kinds = KIND_BIT(KIND_FLOW),
	.sniff = sniff,
	.header = header,
	.block = block,
};
