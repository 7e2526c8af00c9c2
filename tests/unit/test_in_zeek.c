/* SPDX-License-Identifier: Apache-2.0 */
#include "base/file.h"
#include "format/reader.h"
#include "read_records.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

extern const struct reader reader_zeek_tsv, reader_zeek_json;

#define ENDS "id.orig_h\tid.orig_p\tid.resp_h\tid.resp_p"
#define CONN                                                \
	"#separator \\x09\n#path\tconn\n#fields\tts\t" ENDS \
	"\tproto\tduration\torig_bytes\tresp_bytes\tconn_state\thistory\torig_pkts\tresp_pkts\n"
#define FROM_TO "10.0.0.1\t4000\t192.0.2.1\t80"

static struct reading reading(const struct reader *r, struct str text)
{
	struct reading x = { .quiet = false };

	buf_init(&x.out, 0);
	read_text(&x, r, text, 1 << 20, NULL);
	buf_ch(&x.out, 0);
	return x;
}

/* What comes out of the text is `want`, line by line. */
static void check(const struct reader *r, struct str text, const char *want)
{
	struct reading x = reading(r, text);

	assert_string_equal(x.out.p, want);
	buf_free(&x.out);
}

/* The one line that comes out holds `part`. */
static void has(const struct reader *r, const char *text, const char *part)
{
	struct reading x = reading(r, str_of(text));

	if (!strstr(x.out.p, part))
		fail_msg("\"%s\" is not in:\n%s", part, x.out.p);
	buf_free(&x.out);
}

static void conn(const char *rest, const char *part)
{
	char text[2000];

	(void)snprintf(text, sizeof text, CONN "1.0\t" FROM_TO "\t%s\n", rest);
	has(&reader_zeek_tsv, text, part);
}

/* ---- what a connection says -------------------------------------------------------------- */

static void openers(void **state)
{
	static const struct {
		const char *proto, *state, *history, *opener;
	} t[] = {
		{ "tcp", "SF", "ShADadFf", "opener=orig" },
		{ "tcp", "SF", "hADadFf", "opener=orig" },
		{ "tcp", "SF", "^hADadFf", "opener=orig" },
		{ "tcp", "SF", "sSH", "opener=orig" },
		{ "tcp", "OTH", "HADad", "opener=resp" },
		{ "tcp", "OTH", "sAD", "opener=resp" },
		{ "tcp", "OTH", "DadA", "opener=unknown" },
		{ "tcp", "SF", "C", "opener=unknown" },
		{ "tcp", "SF", "-", "opener=orig" },
		{ "tcp", "-", "-", "opener=orig" },
		{ "tcp", "OTH", "-", "opener=unknown" },
		{ "tcp", "OTH", "(empty)", "opener=unknown" },
		{ "udp", "SF", "ShDd", "opener=unknown" },
		{ "icmp", "OTH", "-", "opener=unknown" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof t / sizeof t[0]; i++) {
		char rest[200];

		(void)snprintf(rest, sizeof rest, "%s\t1.0\t5\t6\t%s\t%s\t1\t1", t[i].proto,
			       t[i].state, t[i].history);
		conn(rest, t[i].opener);
	}
}

static void levels(void **state)
{
	static const struct {
		const char *rest, *level;
	} t[] = {
		/* proto, duration, bytes, state, history, packets */
		{ "tcp\t-\t5\t6\tSF\tSh\t9\t9", "level=two-way" },
		{ "tcp\t-\t5\t0\tSF\tSh\t9\t9", "level=established" },
		{ "tcp\t-\t0\t6\tS1\tSh\t9\t9", "level=established" },
		{ "tcp\t-\t-\t-\tS2\tSh\t9\t9", "level=established" },
		{ "tcp\t-\t5\t6\tS3\tSh\t9\t9", "level=two-way" },
		{ "tcp\t-\t5\t6\tRSTO\tSh\t9\t9", "level=two-way" },
		{ "tcp\t-\t5\t6\tRSTR\tSh\t9\t9", "level=two-way" },
		{ "tcp\t-\t5\t6\tS0\tS\t9\t9", "level=attempt" },
		{ "tcp\t-\t5\t6\tREJ\tSr\t9\t9", "level=attempt" },
		{ "tcp\t-\t5\t6\tRSTOS0\tSR\t9\t9", "level=attempt" },
		{ "tcp\t-\t5\t6\tRSTRH\thr\t9\t9", "level=attempt" },
		{ "tcp\t-\t5\t6\tSH\tSF\t9\t9", "level=attempt" },
		{ "tcp\t-\t0\t0\tSHR\thf\t1\t1", "level=established" },
		{ "tcp\t-\t5\t6\tOTH\tDd\t9\t9", "level=two-way" },
		{ "tcp\t-\t5\t0\tOTH\tD\t9\t0", "level=attempt" },
		{ "tcp\t-\t5\t6\t-\t-\t9\t9", "level=two-way" },
		{ "tcp\t-\t-\t-\t-\t-\t9\t1", "level=established" },
		{ "udp\t-\t5\t6\tSF\tDd\t1\t1", "level=two-way" },
		{ "udp\t-\t5\t0\tS0\tD\t1\t0", "level=attempt" },
		{ "udp\t-\t5\t0\tSF\tDd\t1\t1", "level=established" },
		{ "icmp\t-\t5\t6\tOTH\t-\t1\t1", "level=two-way" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof t / sizeof t[0]; i++)
		conn(t[i].rest, t[i].level);
}

static void sizes(void **state)
{
	(void)state;
	conn("tcp\t0.500000\t5\t6\tSF\tSh\t7\t8", "+500000 tcp 10.0.0.1 4000 192.0.2.1 80 ");
	conn("tcp\t0.5\t5\t6\tSF\tSh\t7\t8", "bytes=5/6 packets=7/8 payload=5/6");
	conn("tcp\t-\t-\t-\tSF\tSh\t-\t-", "bytes=-/- packets=-/- payload=-/-");
	conn("tcp\t-\t18446744073709551614\t6\tSF\tSh\t7\t8", "bytes=18446744073709551614/6");
	conn("tcp\t-\t18446744073709551616\t6\tSF\tSh\t7\t8", " ! orig_bytes is no count");
	conn("tcp\t-\t5\t-6\tSF\tSh\t7\t8", " ! resp_bytes is no count: \"-6\"");
	conn("tcp\t-\t5\t6\tSF\tSh\tx\t8", " ! orig_pkts is no count: \"x\"");
	conn("tcp\tlong\t5\t6\tSF\tSh\t7\t8", " ! duration is no number of seconds: \"long\"");
	conn("tcp\t-1.000000\t5\t6\tSF\tSh\t7\t8", " ! duration is no number of seconds");
	conn("icmp\t-\t5\t6\tOTH\t-\t7\t8", " icmp 10.0.0.1 0 192.0.2.1 0 ");
	conn("unknown_transport\t-\t5\t6\tOTH\t-\t7\t8", " unknown 10.0.0.1 4000 ");
	conn("sctp\t-\t5\t6\tOTH\t-\t7\t8", " sctp 10.0.0.1 4000 ");
}

static void values(void **state)
{
	static const struct {
		const char *line, *part;
	} t[] = {
		{ "0.000000\t10.0.0.1\t1\t192.0.2.1\t2", "1970-01-01T00:00:00Z" },
		{ "4133980799.999999\t10.0.0.1\t1\t192.0.2.1\t2", "2100-12-31T23:59:59.999999Z" },
		{ "2024-03-01T00:00:00.5Z\t10.0.0.1\t1\t192.0.2.1\t2", "2024-03-01T00:00:00.500000Z" },
		{ "1709251200\t10.0.0.1\t1\t192.0.2.1\t2", "2024-03-01T00:00:00Z" },
		{ "1709251200.5\t10.0.0.1\t1\t192.0.2.1\t2", "2024-03-01T00:00:00.500000Z" },
		{ "4133980800.000000\t10.0.0.1\t1\t192.0.2.1\t2", "! ts is no time" },
		{ "-1.000000\t10.0.0.1\t1\t192.0.2.1\t2", "! ts is no time" },
		{ "170925120x.000000\t10.0.0.1\t1\t192.0.2.1\t2", "! ts is no time" },
		{ "1709251200:000000\t10.0.0.1\t1\t192.0.2.1\t2", "! ts is no time" },
		{ "\t10.0.0.1\t1\t192.0.2.1\t2", "! ts is no time" },
		{ "-\t10.0.0.1\t1\t192.0.2.1\t2", "! no ts" },
		{ "1.0\t-\t1\t192.0.2.1\t2", "! no id.orig_h" },
		{ "1.0\t10.0.0\t1\t192.0.2.1\t2", "! id.orig_h is no address: \"10.0.0\"" },
		{ "1.0\t10.0.0.256\t1\t192.0.2.1\t2", "! id.orig_h is no address" },
		{ "1.0\t10.0.00.1\t1\t192.0.2.1\t2", "! id.orig_h is no address" },
		{ "1.0\t10.0.0.1.\t1\t192.0.2.1\t2", "! id.orig_h is no address" },
		{ "1.0\t010.0.0.1\t1\t192.0.2.1\t2", "! id.orig_h is no address" },
		{ "1.0\t10.0.0.1\t1\t192.0.2.1/32\t2", "! id.resp_h is no address" },
		{ "1.0\t::ffff:10.0.0.1\t1\t256::1\t2", " 10.0.0.1 1 256::1 2 " },
		{ "1.0\t0.0.0.0\t1\t255.255.255.255\t2", " 0.0.0.0 1 255.255.255.255 2 " },
		{ "1.0\t10.0.0.1\t0\t192.0.2.1\t65535", " 10.0.0.1 0 192.0.2.1 65535 " },
		{ "1.0\t10.0.0.1\t-\t192.0.2.1\t-", " 10.0.0.1 0 192.0.2.1 0 " },
		{ "1.0\t10.0.0.1\t65536\t192.0.2.1\t2", "! id.orig_p is no port: \"65536\"" },
		{ "1.0\t10.0.0.1\t1\t192.0.2.1\t4294967376", "! id.resp_p is no port" },
		{ "1.0\t10.0.0.1\t1\t192.0.2.1\t 2", "! id.resp_p is no port" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof t / sizeof t[0]; i++) {
		char text[1000];

		(void)snprintf(text, sizeof text, "#path\tconn\n#fields\tts\t" ENDS "\n%s\n", t[i].line);
		has(&reader_zeek_tsv, text, t[i].part);
	}
}

/* ---- headers ----------------------------------------------------------------------------- */

static void header_fails(const char *text, const char *why)
{
	struct reading x = reading(&reader_zeek_tsv, str_of(text));

	assert_int_equal(x.records, 0);
	if (!strstr(x.header_error, why))
		fail_msg("%s: \"%s\"", text, x.header_error);
	buf_free(&x.out);
}

static void headers(void **state)
{
	struct reading x;

	(void)state;
	header_fails("#path\tweird\n#fields\tts\t" ENDS "\tname\n1.0\t" FROM_TO "\tx\n",
		     "\"weird\" is not a log of kind conn, dns, ssl or http");
	header_fails("#fields\tts\tfuid\n", "is not a log of kind");
	header_fails("#path\tconn\n#types\ttime\n1.0\n", "no #fields header before this line");
	header_fails("#close\t2024\n1.0\n", "no #fields header before this line");
	header_fails("#path\tconn\n#fields\tts\tid.orig_h\n", "#fields does not name id.resp_h");
	header_fails("#path\tconn\n#fields\t" ENDS "\n", "#fields does not name ts");
	header_fails("#separator ab\n#path\tconn\n", "#separator is not a single byte");
	header_fails("#separator \\x0a\n#fields\tts\n", "#separator is not a single byte");
	header_fails("#separator\n#fields\tts\n", "#separator is not a single byte");
	/* The last header of several without lines between them counts. */
	x = reading(&reader_zeek_tsv, STR("#path\tfiles\n#fields\tx\n#close\n#separator \\x09\n"
					  "#path\tconn\n#fields\tts\t" ENDS "\n1.0\t" FROM_TO "\n"));
	assert_int_equal(x.records, 1);
	assert_int_equal(x.kinds, KIND_BIT(KIND_FLOW));
	buf_free(&x.out);
	/* A log that is not read does not hide the next one; remarks and #close change nothing. */
	x = reading(&reader_zeek_tsv,
		    STR("#path\tconn\n#fields\tts\t" ENDS "\n1.0\t" FROM_TO "\n#close\t2024\n2.0\t" FROM_TO
			"\n#path\tfiles\n#fields\tx\ny\nz\n#path\tdns\n#fields\tts\t" ENDS
			"\tquery\n3.0\t" FROM_TO "\ta.test\n"));
	assert_int_equal(x.records, 3);
	assert_int_equal(x.malformed, 2);
	assert_int_equal(x.kinds, KIND_BIT(KIND_FLOW) | KIND_BIT(KIND_DNS));
	buf_free(&x.out);
}

static void layouts(void **state)
{
	(void)state;
	/* Any order, columns that are not known, names by sites' own taste, no path. */
	has(&reader_zeek_tsv,
	    "#fields\tx\tresp_pkts\tdst_port\tdst\ty\tsrc_port\tsrc\tts\tproto\torig_pkts\n"
	    "?\t2\t80\t192.0.2.1\t?\t4000\t10.0.0.1\t1.0\ttcp\t3\n",
	    " tcp 10.0.0.1 4000 192.0.2.1 80 opener=orig level=established bytes=-/- packets=3/2");
	has(&reader_zeek_tsv,
	    "#fields\tid_resp_p\tid_resp_h\tid_orig_p\tid_orig_h\tts\tconn_state\n"
	    "80\t192.0.2.1\t4000\t10.0.0.1\t1.0\tSF\n",
	    " 10.0.0.1 4000 192.0.2.1 80 ");
	has(&reader_zeek_tsv,
	    "#path\tconn_red\n#fields\tts\t" ENDS "\torig_pkts\n1.0\t" FROM_TO "\t9\n", "packets=9/-");
	/* Other separators, other words for what is not there. */
	has(&reader_zeek_tsv,
	    "#separator ,\n#set_separator,|\n#empty_field,nil\n#unset_field,\n#path,dns\n"
	    "#fields,ts,id.orig_h,id.orig_p,id.resp_h,id.resp_p,query,answers,TTLs\n"
	    "1.0,10.0.0.1,,192.0.2.1,53,nil,192.0.2.7|x|192.0.2.8,1|2|3\n",
	    "10.0.0.1 0 192.0.2.1 53 opener=orig level=lookup answers=192.0.2.7@1,192.0.2.8@3\n");
	/* Fewer and more fields; blank lines; CRLF; no LF at the end. */
	check(&reader_zeek_tsv,
	      STR("#path\tconn\r\n#fields\tts\t" ENDS "\r\n1.0\t10.0.0.1\t4000\t192.0.2.1\r\n\r\n\n"
		  "1.0\t" FROM_TO "\t\n1\n1.0\t" FROM_TO "\r\n1.0\t" FROM_TO),
	      "8 flow 1970-01-01T00:00:01Z+0 unknown 10.0.0.1 4000 192.0.2.1 80 opener=unknown "
	      "level=attempt bytes=-/- packets=-/- payload=-/-\n"
	      "9 flow 1970-01-01T00:00:01Z+0 unknown 10.0.0.1 4000 192.0.2.1 80 opener=unknown "
	      "level=attempt bytes=-/- packets=-/- payload=-/-\n"
	      "3 ! 4 fields where the header names 5\n"
	      "6 ! 6 fields where the header names 5\n"
	      "7 ! 1 field where the header names 5\n");
}

/* ---- names ------------------------------------------------------------------------------- */

static void names(void **state)
{
	(void)state;
	has(&reader_zeek_tsv,
	    "#path\tdns\n#fields\tts\t" ENDS "\tquery\tanswers\tTTLs\n1.0\t" FROM_TO
	    "\ta\\x2eb\\\\c\\x\\x4\\q\\\t-\t-\n",
	    " name=a.b\\x5cc\\x5cx\\x5cx4\\x5cq\\x5c\n");
	/* Pairs by place; TTLs that are missing or no numbers. */
	has(&reader_zeek_tsv,
	    "#path\tdns\n#fields\tts\t" ENDS "\tquery\tanswers\tTTLs\n1.0\t" FROM_TO
	    "\ta\t1.1.1.1,b,2.2.2.2,3.3.3.3,::1\t1.9,5,x,99999999999\n",
	    " answers=1.1.1.1@1,2.2.2.2@-,3.3.3.3@4294967294,::1@-\n");
	has(&reader_zeek_tsv,
	    "#path\thttp\n#fields\tts\t" ENDS "\thost\turi\tstatus_code\n1.0\t" FROM_TO
	    "\tA\\x2eb:81\t/\\x5c\t-\n",
	    "level=established name=A.b port=81 path=/\\x5c\n");
	has(&reader_zeek_tsv,
	    "#path\thttp\n#fields\tts\t" ENDS "\thost\turi\tstatus_code\n1.0\t" FROM_TO
	    "\t[::1]:81\t/\t0\n",
	    "level=two-way name=::1 port=81 path=/\n");
	has(&reader_zeek_tsv,
	    "#path\tssl\n#fields\tts\t" ENDS "\tserver_name\testablished\n1.0\t" FROM_TO "\t-\tT\n",
	    " tcp 10.0.0.1 4000 192.0.2.1 80 opener=orig level=two-way\n");
	has(&reader_zeek_tsv,
	    "#path\tssl\n#fields\tts\t" ENDS "\tserver_name\n1.0\t" FROM_TO "\ta.test\n",
	    "level=established name=a.test\n");
}

static void many_answers(void **state)
{
	struct buf text;
	struct reading x;

	(void)state;
	buf_init(&text, 0);
	buf_c(&text, "#path\tdns\n#fields\tts\t" ENDS "\tquery\tanswers\tTTLs\n1.0\t" FROM_TO "\ta\t");
	for (int i = 0; i < 300; i++)
		buf_fmt(&text, "%sx,192.0.2.%d", i ? "," : "", i % 256);
	buf_c(&text, "\t1\n");
	x = reading(&reader_zeek_tsv, buf_str(&text));
	assert_int_equal(x.records, 1);
	assert_non_null(strstr(x.out.p, ",192.0.2.63@-\n"));
	buf_free(&x.out);
	buf_free(&text);
}

/* A line of a million separators, and one of a million bytes in one field. */
static void long_lines(void **state)
{
	struct buf text;
	struct reading x;

	(void)state;
	buf_init(&text, 0);
	buf_c(&text, CONN);
	for (int i = 0; i < 1000000; i++)
		buf_ch(&text, '\t');
	buf_ch(&text, '\n');
	buf_c(&text, "1.0\t");
	for (int i = 0; i < 1000000; i++)
		buf_ch(&text, '1');
	buf_c(&text, "\t4000\t192.0.2.1\t80\ttcp\t-\t-\t-\tS0\tS\t1\t0\n1.0\t" FROM_TO
		     "\ttcp\t-\t-\t-\tS0\tS\t1\t0\n");
	x = reading(&reader_zeek_tsv, buf_str(&text));
	assert_int_equal(x.records, 1);
	assert_int_equal(x.malformed, 2);
	assert_non_null(strstr(x.out.p, "! 1000001 fields where the header names 13\n"));
	assert_non_null(strstr(x.out.p, "! id.orig_h is no address: \"1111"));
	assert_true(x.out.n < 1000);
	buf_free(&x.out);
	buf_free(&text);
}

/* ---- JSON -------------------------------------------------------------------------------- */

#define JENDS \
	"\"id.orig_h\":\"10.0.0.1\",\"id.orig_p\":4000,\"id.resp_h\":\"192.0.2.1\",\"id.resp_p\":80"

static void json(void **state)
{
	static const struct {
		const char *line, *part;
	} t[] = {
		{ "{\"ts\":1.5," JENDS ",\"proto\":\"tcp\",\"conn_state\":\"SF\",\"orig_bytes\":1}",
		  "1970-01-01T00:00:01.500000Z+0 tcp 10.0.0.1 4000 192.0.2.1 80 opener=orig "
		  "level=established bytes=1/- " },
		{ "{\"ts\":1709251200.1234567," JENDS ",\"conn_state\":\"SF\"}", ":00.123457Z" },
		{ "{\"ts\":1.709251200e9," JENDS ",\"conn_state\":\"SF\"}", "2024-03-01T00:00:00Z" },
		{ "{\"ts\":\"2024-03-01T01:00:00+01:00\"," JENDS ",\"orig_pkts\":1}",
		  "2024-03-01T00:00:00Z" },
		{ "{\"ts\":\"1709251200.5\"," JENDS ",\"orig_pkts\":\"7\"}", "packets=7/-" },
		{ "{\"ts\":1," JENDS ",\"duration\":9.059906005859375e-06,\"missed_bytes\":0}", "Z+9 " },
		{ "{\"ts\":1,\"id\":{\"orig_h\":\"::1\",\"resp_h\":\"::2\",\"resp_p\":5},\"query\":\"q\"}",
		  " ::1 0 ::2 5 opener=orig level=lookup name=q\n" },
		{ "{\"ts\":1,\"id_orig_h\":\"::1\",\"id_resp_h\":\"::2\",\"query\":null}",
		  " ::1 0 ::2 0 opener=orig level=lookup\n" },
		{ "{\"ts\":1," JENDS ",\"query\":\"a\",\"query\":\"b\"}", "name=b\n" },
		{ "{\"ts\":1," JENDS ",\"query\":\"\\u0061\\/\\\"\"}", "name=a/\"\n" },
		{ "{\"ts\":1,\"id.orig_h\":\"10.0.0.\\u0031\",\"id.resp_h\":\"::2\",\"query\":\"q\"}",
		  " 10.0.0.1 0 ::2 0 " },
		{ "{\"ts\":1," JENDS ",\"host\":\"a:8080\",\"uri\":\"\\/x\",\"status_code\":null,"
		  "\"request_body_len\":0}",
		  "http 1970-01-01T00:00:01Z+0 tcp 10.0.0.1 4000 192.0.2.1 80 opener=orig "
		  "level=established name=a port=8080 path=/x\n" },
		{ "{\"ts\":1," JENDS ",\"established\":true,\"server_name\":\"s\"}",
		  "level=two-way name=s\n" },
		{ "{\"ts\":1," JENDS ",\"established\":false}", "tls" },
		{ "{\"_path\":\"dns\",\"ts\":1," JENDS "}", "dns" },
		{ "{\"_path\":\"conn_red\",\"ts\":1," JENDS ",\"conn_state\":\"S0\"}", "flow" },
		{ "{\"ts\":1," JENDS ",\"query\":\"q\",\"answers\":[1,\"192.0.2.7\",[],\"192.0.2.8\","
		  "\"::1\"],\"TTLs\":[0,1.5,2,null]}",
		  "answers=192.0.2.7@1,192.0.2.8@-,::1@-\n" },
		{ "{\"ts\":1," JENDS ",\"query\":\"q\",\"answers\":\"192.0.2.7\",\"TTLs\":1}",
		  "name=q\n" },
		{ "{\"ts\":1," JENDS ",\"query\":[\"q\"]}", "level=lookup\n" },
		{ "{\"ts\":-1," JENDS ",\"query\":\"q\"}", "! ts is no time from 1970 to 2100: \"-1\"" },
		{ "{\"ts\":true," JENDS ",\"query\":\"q\"}", "! ts is no time" },
		{ "{\"ts\":[1]," JENDS ",\"query\":\"q\"}", "! no ts" },
		{ "{\"ts\":1,\"id.orig_h\":5,\"id.resp_h\":\"::2\",\"query\":\"q\"}",
		  "! id.orig_h is no address: \"5\"" },
		{ "{\"ts\":1,\"id\":7,\"query\":\"q\"}", "! no id.orig_h" },
		{ "{\"ts\":1," JENDS ",\"orig_pkts\":-1}", "! orig_pkts is no count: \"-1\"" },
		{ "{\"ts\":1," JENDS ",\"orig_pkts\":1", "! not valid JSON" },
		{ "{\"ts\":1," JENDS ",\"query\":\"\\u00\"}", "! not valid JSON" },
		{ "{\"ts\":1," JENDS ",\"query\":\"q\"}}", "! text after the JSON object" },
		{ "[{\"ts\":1}]", "! not a JSON object" },
		{ "no JSON", "! not a JSON object" },
		{ "{\"a\":1}", "! not a record of a Zeek log" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof t / sizeof t[0]; i++)
		has(&reader_zeek_json, t[i].line, t[i].part);
	/* Other logs are neither records nor malformed. */
	check(&reader_zeek_json,
	      STR("{\"_path\":\"weird\",\"ts\":1,\"name\":\"x\"}\n\n  \n"
		  "{\"ts\":1," JENDS ",\"request_path\":[],\"status_code\":200,\"method\":\"INVITE\"}\n"
		  "{\"ts\":1," JENDS ",\"server_name\":\"quic\",\"history\":\"IS\"}\n"),
	      "");
}

/* Several values of one line that hold escapes stay apart. */
static void json_escapes(void **state)
{
	(void)state;
	has(&reader_zeek_json,
	    "{\"host\":\"a\\u0062\",\"uri\":\"\\/\\u0063\\/\",\"ts\":\"\\u0031\",\"request_body_len\":0,"
	    "\"id\":{\"orig_h\":\"\\u0031\\u0030.0.0.1\",\"resp_h\":\"192.0.2.\\u0031\"}}",
	    "1970-01-01T00:00:01Z+0 tcp 10.0.0.1 0 192.0.2.1 0 opener=orig level=established "
	    "name=ab path=/c/\n");
}

/* ---- recognition ------------------------------------------------------------------------- */

static void recognised(void **state)
{
	static const struct {
		const char *text, *name;
	} t[] = {
		{ "#separator \\x09\n", "zeek-tsv" },
		{ "\n#fields\tts\n", "zeek-tsv" },
		{ "#close\t2024\n", "zeek-tsv" },
		{ "1.0\tCx\t10.0.0.1\t1\t10.0.0.2\t2\ttcp\n", "zeek-tsv" },
		{ "{\"ts\":1," JENDS ",\"query\":\"q\"}\n", "zeek-json" },
		{ "{\"_path\":\"weird\",\"ts\":1}\n{\"_path\":\"dns\",\"ts\":1," JENDS "}\n",
		  "zeek-json" },
		{ "\n{ \"ts\" : 1, " JENDS " , \"query\":\"cut o", NULL },
		{ "{\"ts\":1," JENDS ",\"query\":\"q\",\"cut\":\"o", "zeek-json" },
		{ "{\"type\":\"bundle\",\"objects\":[]}", NULL },
		{ "{\"Event\":{\"info\":\"x\"}}", NULL },
		{ "[{\"ts\":1}]", NULL },
		{ "# a list\n192.0.2.1\n", NULL },
		{ "192.0.2.1\t2.0\n", NULL },
		{ "Lorem ipsum\n", NULL },
		{ "", NULL },
		{ "\n\n\n", NULL },
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

/* The same log as TSV and as JSON gives the same records. */
static void forms_agree_on_shared_data(void **state)
{
	static const char *const forms[] = { "log", "json" };
	const char *shared = getenv("NEZUMI_SHARED");
	struct reading x[2];

	(void)state;
	for (int i = 0; i < 2; i++) {
		char path[600];
		struct buf text;
		enum err e;

		(void)snprintf(path, sizeof path, "%s/data/telemetry/zeek/wrccdc/dns.%s.gz",
			       shared ? shared : "../shared", forms[i]);
		buf_init(&text, 0);
		e = file_slurp(path, (size_t)1 << 28, &text, NULL);
		if (e == ERR_NOENT || (i == 0 && e == ERR_IO)) {
			buf_free(&text);
			skip();
		}
		assert_int_equal(e, ERR_OK);
		x[i] = (struct reading){ .quiet = false };
		buf_init(&x[i].out, 0);
		read_text(&x[i], i ? &reader_zeek_json : &reader_zeek_tsv, buf_str(&text), 1 << 20,
			  NULL);
		buf_free(&text);
	}
	assert_int_equal(x[0].records, 53615);
	assert_int_equal(x[1].records, 53615);
	assert_int_equal(x[0].malformed + x[1].malformed, 0);
	for (struct str a = buf_str(&x[0].out), b = buf_str(&x[1].out), la, lb;
	     str_line(&a, &la) && str_line(&b, &lb);)
		assert_true(str_eq(str_skip(la, str_chr(la, ' ')), str_skip(lb, str_chr(lb, ' '))));
	buf_free(&x[0].out);
	buf_free(&x[1].out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(openers),
		cmocka_unit_test(levels),
		cmocka_unit_test(sizes),
		cmocka_unit_test(values),
		cmocka_unit_test(headers),
		cmocka_unit_test(layouts),
		cmocka_unit_test(names),
		cmocka_unit_test(many_answers),
		cmocka_unit_test(long_lines),
		cmocka_unit_test(json),
		cmocka_unit_test(json_escapes),
		cmocka_unit_test(recognised),
		cmocka_unit_test(forms_agree_on_shared_data),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
