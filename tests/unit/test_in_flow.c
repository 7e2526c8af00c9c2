/* SPDX-License-Identifier: Apache-2.0 */
#include "format/reader.h"
#include "format/telemetry.h"
#include "read_records.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

extern const struct reader reader_argus, reader_csv_flow;

static struct reading reading(const struct reader *r, const char *text, const struct reader_hints *h)
{
	struct reading x = { .quiet = false };

	buf_init(&x.out, 0);
	read_text(&x, r, str_of(text), 1 << 20, h);
	buf_ch(&x.out, 0);
	return x;
}

static void has(const struct reader *r, const char *text, const char *part)
{
	struct reading x = reading(r, text, NULL);

	if (!strstr(x.out.p, part))
		fail_msg("\"%s\" is not in:\n%s", part, x.out.p);
	buf_free(&x.out);
}

/* ---- Argus ------------------------------------------------------------------------------- */

#define BINETFLOW \
	"StartTime,Dur,Proto,SrcAddr,Sport,Dir,DstAddr,Dport,State,sTos,dTos,TotPkts,TotBytes,SrcBytes\n"

/* One flow with 100 bytes from the source and 60 back, unless said otherwise. */
static void argus(const char *proto, const char *dir, const char *state, const char *sizes,
		  const char *part)
{
	char text[1000];

	(void)snprintf(text, sizeof text,
		       BINETFLOW
		       "2011/08/10 09:46:59.607825,1.5,%s,10.0.0.1,4000,%s,192.0.2.1,80,%s,0,0,%s\n",
		       proto, dir, state, sizes ? sizes : "4,160,100");
	has(&reader_argus, text, part);
}

static void argus_judges(void **state)
{
	(void)state;
	argus("tcp", "   ->", "SPA_SPA", NULL,
	      "opener=orig level=two-way bytes=100/60 packets=-/- payload=100/60");
	argus("tcp", "->", "S_RA", NULL, "opener=orig level=attempt");
	argus("tcp", "->", "S_", "2,120,120", "opener=orig level=attempt bytes=120/0");
	argus("tcp", "->", "S_SA", NULL, "opener=orig level=attempt");
	argus("tcp", "->", "SA_SA", "4,160,160", "opener=orig level=established");
	argus("tcp", "->", "PA_PA", NULL, "opener=unknown level=two-way");
	argus("tcp", "->", "_SPA", NULL, "opener=unknown level=attempt");
	argus("tcp", "<-", "SPA_SPA", NULL, "opener=resp level=two-way");
	argus("tcp", "<?>", "SPA_SPA", NULL, "opener=unknown level=two-way");
	argus("tcp", "  ?>", "SPA_SPA", NULL, "opener=unknown");
	argus("tcp", "<?", "SPA_SPA", NULL, "opener=unknown");
	argus("tcp", "", "", NULL, "opener=unknown level=two-way");
	argus("tcp", "->", "REQ", NULL, "level=attempt");
	argus("tcp", "->", "RST", "4,240,120", "level=attempt");
	argus("tcp", "->", "RST", "40,24000,12000", "level=two-way");
	argus("tcp", "->", "CON", NULL, "level=two-way");
	argus("udp", "->", "INT", "1,64,64", "opener=unknown level=attempt");
	argus("udp", "<->", "CON", NULL, "opener=unknown level=two-way");
	argus("icmp", "->", "ECO", "1,64,64",
	      " icmp 10.0.0.1 0 192.0.2.1 0 opener=unknown level=attempt");
	argus("rtp", "->", "INT", "1,64,64", " udp 10.0.0.1 4000 ");
	argus("arp", "who", "CON", NULL, " unknown 10.0.0.1 4000 ");
}

static void argus_sizes(void **state)
{
	(void)state;
	/* Without the source's share nobody knows whose bytes they are. */
	has(&reader_argus,
	    "StartTime,SrcAddr,Dir,DstAddr,State,Proto,TotBytes\n1,10.0.0.1,<->,192.0.2.1,CON,udp,99\n",
	    "level=established bytes=99/- packets=-/- payload=99/-");
	has(&reader_argus,
	    "StartTime,SrcAddr,Dir,DstAddr,State,Proto,TotPkts,SrcPkts,TotBytes,SrcBytes\n"
	    "1,10.0.0.1,<->,192.0.2.1,CON,udp,5,2,500,200\n",
	    "bytes=200/300 packets=2/3 payload=80/120");
	has(&reader_argus,
	    "StartTime,SrcAddr,Dir,DstAddr,State,Proto,SrcBytes,DstBytes,SAppBytes,DAppBytes\n"
	    "1,10.0.0.1,<->,192.0.2.1,CON,udp,200,300,7,0\n",
	    "level=established bytes=200/300 packets=-/- payload=7/0");
	argus("udp", "->", "INT", "1,64,65",
	      "! the bytes of the source are more than those of both sides");
	argus("udp", "->", "INT", "1,64,", "bytes=64/-");
	argus("udp", "->", "INT", "1,x,64", "! TotBytes is no count: \"x\"");
	has(&reader_argus,
	    "StartTime,SrcAddr,Dir,DstAddr,State,TotPkts,SrcPkts\n1,10.0.0.1,->,192.0.2.1,CON,1,2\n",
	    "! the packets of the source are more than those of both sides");
}

static void argus_lines(void **state)
{
	(void)state;
	has(&reader_argus,
	    "StartTime;Dur;Proto;SrcAddr;Sport;Dir;DstAddr;Dport;State\n"
	    "2011-08-10T09:46:59.5Z;1;tcp;::1;0x50;->;::2;0xFFFF;S_\n",
	    "2011-08-10T09:46:59.500000Z+1000000 tcp ::1 80 ::2 65535 opener=orig");
	has(&reader_argus,
	    "StartTime\tLastTime\tSrcAddr\tDir\tDstAddr\tState\n1.5\t2.5\t10.0.0.1\t->\t192.0.2.1\t\n",
	    "1970-01-01T00:00:01.500000Z+1000000 unknown");
	argus("tcp", "->", "S_", "1,2", "! 13 fields where the header names 14");
	has(&reader_argus, BINETFLOW "09:46:59,1,tcp,10.0.0.1,1,->,192.0.2.1,2,S_,,,1,2,1\n",
	    "! StartTime is no time with date");
	has(&reader_argus, BINETFLOW "1,1,tcp,10.0.0.1,http,->,192.0.2.1,2,S_,,,1,2,1\n",
	    "! Sport is no port number: \"http\"");
	has(&reader_argus, BINETFLOW "1,1,tcp,10.0.0.1,1,->,192.0.2.1,0x10000,S_,,,1,2,1\n",
	    "! Dport is no port number");
	has(&reader_argus, BINETFLOW "1,-1,tcp,10.0.0.1,1,->,192.0.2.1,2,S_,,,1,2,1\n",
	    "! Dur is no number of seconds: \"-1\"");
	/* Below IP, joined files, blank lines: neither records nor malformed. */
	has(&reader_argus,
	    BINETFLOW "1,1,llc,00:15:17:2c:e5:2d,0,->,10.0.0.1,0,INT,,,1,2,1\n\n  \n" BINETFLOW
		      "1,1,tcp,10.0.0.1,1,->,,2,S_,,,1,2,1\n",
	    "6 ! no DstAddr\n");
}

/* ---- other flows ------------------------------------------------------------------------- */

static void csv(const char *header, const char *line, const char *part)
{
	char text[2000];

	(void)snprintf(text, sizeof text, "%s\n%s\n", header, line);
	has(&reader_csv_flow, text, part);
}

#define SIDES "1,10.0.0.1,4000,192.0.2.1,80"

static void csv_judges(void **state)
{
	static const char both[] = "ts,src,sport,dst,dport,proto,flags,bytes,packets,bytes_in,packets_in";
	static const char one[] = "ts,src,sport,dst,dport,proto,flags,bytes,packets";

	(void)state;
	csv(both, SIDES ",tcp,S,300,2,200,1",
	    "opener=orig level=two-way bytes=300/200 packets=2/1 payload=180/140");
	csv(both, SIDES ",tcp,SA,300,2,200,1", "opener=unknown level=two-way");
	csv(both, SIDES ",tcp,S,100,2,0,0", "opener=orig level=attempt");
	csv(both, SIDES ",tcp,,100,2,40,1", "opener=unknown level=established");
	csv(both, SIDES ",udp,S,100,1,0,0", "opener=unknown level=attempt");
	csv(both, SIDES ",udp,,100,1,100,", "level=two-way bytes=100/100 packets=1/- payload=40/100");
	csv(one, SIDES ",tcp,S,300,2",
	    "opener=orig level=attempt one-way bytes=300/- packets=2/- payload=180/-");
	csv(one, SIDES ",tcp,SA,300,2", "opener=unknown level=established one-way ack ");
	csv(one, SIDES ",tcp,0x02,300,2", "opener=orig level=attempt one-way ");
	csv(one, SIDES ",6,18,300,2",
	    "tcp 10.0.0.1 4000 192.0.2.1 80 opener=unknown level=established one-way ack");
	csv(one, SIDES ",6,?,300,2", "opener=unknown level=attempt one-way bytes");
	csv(one, SIDES ",17,,300,2",
	    "udp 10.0.0.1 4000 192.0.2.1 80 opener=unknown level=attempt one-way ");
	/* nfdump has the columns, but says nothing in them unless flows were joined. */
	csv("ts,td,sa,da,pr,flg,ipkt,ibyt,opkt,obyt", "1,2,10.0.0.1,192.0.2.1,TCP,...A..S.,2,300,0,0",
	    "level=established one-way ack bytes=300/- packets=2/- payload=180/-");
	csv("ts,td,sa,da,pr,flg,ipkt,ibyt,opkt,obyt", "1,2,10.0.0.1,192.0.2.1,TCP,...A..S.,2,300,1,60",
	    "level=established bytes=300/60 packets=2/1 payload=180/0");
}

static void csv_columns(void **state)
{
	static const struct {
		const char *header, *line, *part;
	} t[] = {
		{ "Date first seen,Src IP Addr,Dst IP Addr,Proto,In Pkt",
		  "1,10.0.0.1,192.0.2.1,6,2", " tcp 10.0.0.1 0 192.0.2.1 0 " },
		{ "# start|end|id.orig_h|id.orig_p|id.resp_h|id.resp_p|orig_bytes|resp_bytes",
		  "1|2.5|::1|1|::2|2|3|4",
		  "+1500000 unknown ::1 1 ::2 2 opener=unknown level=two-way bytes=3/4" },
		{ "flowStartMilliseconds;flowEndMilliseconds;sourceIPv4Address;sourceTransportPort;"
		  "destinationIPv4Address;destinationTransportPort;protocolIdentifier;octetDeltaCount;"
		  "packetDeltaCount;tcpControlBits",
		  "1709251200123;1709251200223;10.0.0.1;1;192.0.2.1;2;6;100;1;2",
		  "2024-03-01T00:00:00.123000Z+100000 tcp 10.0.0.1 1 192.0.2.1 2 opener=orig level=attempt "
		  "one-way bytes=100/- packets=1/- payload=40/-" },
		{ "time_flow_start_ns,src_addr,dst_addr,bytes",
		  "1709251200123456789,10.0.0.1,192.0.2.1,5", "2024-03-01T00:00:00.123456Z" },
		{ "timestamp\tsource\tdestination\tbytes_sent\tbytes_received\tduration_ms",
		  "2024-03-01\t10.0.0.1\t192.0.2.1\t5\t6\t1500",
		  "+1500000 unknown 10.0.0.1 0 192.0.2.1 0 "
		  "opener=unknown level=two-way bytes=5/6" },
		{ "te,sa,da", "2024-03-01 00:00:00,10.0.0.1,192.0.2.1", "2024-03-01T00:00:00Z" },
		{ "bytes,in_bytes,out_bytes,src,dst,ts", "9,5,6,::1,::2,1", "bytes=5/6" },
		{ "ts,src,dst,note", "1,10.0.0.1,192.0.2.1,\"a, \"\"b\"\"\"", "10.0.0.1" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof t / sizeof t[0]; i++)
		csv(t[i].header, t[i].line, t[i].part);
}

static void csv_header_fails(void **state)
{
	static const struct {
		const char *text, *why;
	} t[] = {
		{ "src,dst\n1,2\n", "no column for the time, " },
		{ "ts\n1\n", "no column for the source address, the destination address, " },
		{ "a,b,c\n", "no column for the source address, the destination address, the time, " },
		{ "\n", "no column for" },
		{ "ts,\"src\n", "the header line: a quote is not closed" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof t / sizeof t[0]; i++) {
		struct reading x = reading(&reader_csv_flow, t[i].text, NULL);

		if (!strstr(x.header_error, t[i].why))
			fail_msg("%s: \"%s\"", t[i].text, x.header_error);
		assert_int_equal(x.records, 0);
		buf_free(&x.out);
	}
}

static void csv_hints(void **state)
{
	const struct str columns[][2] = { { STR("src"), STR("Wer") },
					  { STR("dst"), STR("wen ") },
					  { STR("time"), STR("src") },
					  { STR("value"), STR("ioc") } };
	const struct reader_hints hints = { .columns = columns, .n_columns = 4 };
	struct reading x = reading(&reader_csv_flow, "Wen,src,wer\n192.0.2.1,1,10.0.0.1\n", &hints);

	(void)state;
	assert_non_null(strstr(x.out.p, "1970-01-01T00:00:01Z+0 unknown 10.0.0.1 0 192.0.2.1 0 "));
	buf_free(&x.out);
	x = reading(&reader_csv_flow, "wen,src\n1,2\n", &hints);
	assert_string_equal(x.header_error, "the header has no column \"Wer\"");
	buf_free(&x.out);
}

static void csv_lines(void **state)
{
	(void)state;
	csv("ts,src,dst", "1,10.0.0.1", "2 ! 2 fields where the header names 3\n");
	csv("ts,src,dst", "1,10.0.0.1,192.0.2.1,", "2 ! 4 fields where the header names 3\n");
	csv("ts,src,dst", "1,\"10.0.0.1,192.0.2.1", "2 ! a quote is not closed on its line\n");
	csv("ts,src,dst", "1,10.0.0.1,", "2 ! no dst\n");
	csv("ts,src,dst", "1,,192.0.2.1", "2 ! no src\n");
	csv("ts,src,dst", ",10.0.0.1,192.0.2.1", "2 ! no ts\n");
	csv("ts,src,dst", "soon,10.0.0.1,192.0.2.1",
	    "2 ! ts is no time with date from 1970 to 2100: \"soon\"\n");
	csv("ts,src,dst", "17092512001234567,10.0.0.1,192.0.2.1", "2 ! ts is no time");
	csv("ts,src,dst,dp", "1,10.0.0.1,192.0.2.1,65536", "2 ! dp is no port number: \"65536\"\n");
	csv("ts,src,dst,dp,pr", "1,10.0.0.1,192.0.2.1,8.0,ICMP", " icmp 10.0.0.1 0 192.0.2.1 0 ");
	csv("ts,src,dst,td", "1,10.0.0.1,192.0.2.1,-3", "2 ! td is no number of seconds");
	csv("ts,src,dst,end", "1,10.0.0.1,192.0.2.1,never", "2 ! end is no time");
	csv("ts,src,dst,duration_ms", "1,10.0.0.1,192.0.2.1,1e30",
	    "2 ! duration_ms is no number of milliseconds");
	csv("ts,src,dst,bytes", "1,10.0.0.1,192.0.2.1,4 GB", "2 ! bytes is no count: \"4 GB\"\n");
	csv("ts,src,dst", "# remark\nts,src,dst\n\n1,10.0.0.1,192.0.2.1", "5 flow ");
	csv("ts\tsrc\tdst\tx", "1\t10.0.0.1\t192.0.2.1\t", "2 flow ");
}

static void many_fields(void **state)
{
	struct reading x;
	struct buf text;

	(void)state;
	buf_init(&text, 0);
	buf_c(&text, "ts,src,dst\n1,");
	for (int i = 0; i < 500000; i++)
		buf_c(&text, "x,");
	buf_c(&text, "\n1,10.0.0.1,192.0.2.1\n\"");
	for (int i = 0; i < 500000; i++)
		buf_c(&text, "\"\"");
	buf_c(&text, "\"\n");
	buf_ch(&text, 0);
	x = reading(&reader_csv_flow, text.p, NULL);
	assert_int_equal(x.records, 1);
	assert_int_equal(x.malformed, 2);
	buf_free(&x.out);
	buf_free(&text);
}

/* ---- values, recognition ----------------------------------------------------------------- */

static void flags(void **state)
{
	static const struct {
		const char *text;
		int flags; /* -1: none */
	} t[] = {
		{ "...AP.SF", 0x1b }, { ".AP.SF", 0x1b }, { "......S.", 2 }, { "CEUAPRSF", 0xff },
		{ "SA", 0x12 },       { "FS PA", 0x1b },  { "fin", -1 },     { "S|A", -1 },
		{ "......", 0 },      { "0x1b", 0x1b },   { "0X12", 0x12 },  { "27", 0x1b },
		{ "1b", 0x1b },       { "2", 2 },         { "0", 0 },        { "", -1 },
		{ " ", -1 },          { "0x", -1 },       { "0x12345", -1 }, { "99999", -1 },
		{ "-1", -1 },         { "W", 0x80 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof t / sizeof t[0]; i++) {
		uint8_t got = 0;
		bool ok = tcp_flags_parse(str_of(t[i].text), &got);

		if (ok != (t[i].flags >= 0) || (ok && got != t[i].flags))
			fail_msg("\"%s\": %s 0x%02x", t[i].text, ok ? "flags" : "none", got);
	}
}

static void hosts(void **state)
{
	static const struct {
		const char *text, *host;
		uint16_t port;
	} t[] = {
		{ "a.test", "a.test", 0 },
		{ "a.test:80", "a.test", 80 },
		{ "a.test:", "a.test", 0 },
		{ "a.test:x", "a.test", 0 },
		{ "a.test:65536", "a.test", 0 },
		{ "[::1]", "::1", 0 },
		{ "[::1]:8080", "::1", 8080 },
		{ "[::1", "[::1", 0 },
		{ "[]", "", 0 },
		{ "::1", "::1", 0 },
		{ "2001:db8::1", "2001:db8::1", 0 },
		{ "", "", 0 },
		{ ":80", "", 80 },
		{ "[::1]x:80", "::1", 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof t / sizeof t[0]; i++) {
		uint16_t port = 7;
		struct str host = host_split(str_of(t[i].text), &port);

		if (!str_is(host, t[i].host) || port != t[i].port)
			fail_msg("\"%s\": \"%.*s\" %u", t[i].text, STR_ARG(host), port);
	}
}

static void protocols(void **state)
{
	uint8_t p;

	(void)state;
	assert_true(proto_parse(STR("TCP"), &p) && p == 6);
	assert_true(proto_parse(STR("IPv6-ICMP"), &p) && p == 58);
	assert_true(proto_parse(STR("icmp6"), &p) && p == 58);
	assert_true(proto_parse(STR("255"), &p) && p == 255);
	assert_false(proto_parse(STR("256"), &p));
	assert_false(proto_parse(STR("llc"), &p));
	assert_false(proto_parse(STR(""), &p));
	assert_string_equal(proto_text(6), "tcp");
	assert_string_equal(proto_text(58), "ipv6-icmp");
	assert_string_equal(proto_text(0), "unknown");
	assert_string_equal(proto_text(99), "99");
	assert_string_equal(proto_text(255), "255");
	/* Every number is read back from its text. */
	for (unsigned i = 1; i < 256; i++)
		assert_true(proto_parse(str_of(proto_text((uint8_t)i)), &p) && p == i);
	assert_string_equal(kind_text(KIND_TLS), "tls");
	assert_string_equal(level_text(LEVEL_TWO_WAY), "two-way");
}

static void recognised(void **state)
{
	static const struct {
		const char *text, *name;
	} t[] = {
		{ BINETFLOW, "argus" },
		{ "SrcAddr;Dir;State;DstAddr;StartTime\n", "argus" },
		{ "StartTime,SrcAddr,DstAddr\n", "csv-flow" },
		{ "ts,te,td,sa,da,sp,dp,pr,flg\n", "csv-flow" },
		{ "\"Date\",\"Source IP\",\"Destination IP\"\n", "csv-flow" },
		{ "sIP|dIP|sTime|\n", "csv-flow" },
		{ "src,dst\n", NULL },
		{ "first_seen_utc,dst_ip,dst_port,c2_status,last_online,malware\n", NULL },
		{ "network,id,name,sector,country,kind\n", NULL },
		{ "{\"ts\":1,\"src\":2,\"dst\":3}\n", NULL },
		{ "", NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof t / sizeof t[0]; i++) {
		struct sample s = { .head = str_of(t[i].text), .whole = true, .name = STR_NONE };
		const struct reader *r = NULL;
		enum err e = reader_find(READS_RECORDS, &s, &r);

		if (t[i].name ? e || strcmp(r->name, t[i].name) != 0 : !e)
			fail_msg("\"%s\" is taken for %s", t[i].text, e ? "nothing" : r->name);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(argus_judges), cmocka_unit_test(argus_sizes),
		cmocka_unit_test(argus_lines),  cmocka_unit_test(csv_judges),
		cmocka_unit_test(csv_columns),  cmocka_unit_test(csv_header_fails),
		cmocka_unit_test(csv_hints),    cmocka_unit_test(csv_lines),
		cmocka_unit_test(many_fields),  cmocka_unit_test(flags),
		cmocka_unit_test(hosts),        cmocka_unit_test(protocols),
		cmocka_unit_test(recognised),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
