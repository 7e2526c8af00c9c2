/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Zeek's and Suricata's JSON lines, constructed and damaged, read in every way: the walk through
 * all of a line says what is right; every instruction set, with and without a client to whom only
 * some addresses matter, must say the same. The seed is printed; NEZUMI_SEED repeats a run,
 * NEZUMI_ROUNDS makes it longer.
 */
#include "../unit/read_records.h"

#include "base/mix.h"

#include <stdio.h>

#define ROUNDS 400

static uint64_t state;
static unsigned long compared;

static uint64_t below(uint64_t n)
{
	return mix_next(&state) % n;
}

static bool once_in(unsigned n)
{
	return below(n) == 0;
}

/* ---- lines --------------------------------------------------------------------------------- */

static const char *some(const char *const *of, size_t n)
{
	return of[below(n)];
}
#define SOME(...)                                  \
	some((const char *const[]){ __VA_ARGS__ }, \
	     sizeof((const char *const[]){ __VA_ARGS__ }) / sizeof(char *))

static void address(struct buf *b)
{
	if (once_in(30))
		buf_c(b, SOME("1.2.3", "01.2.3.4", "1.2.3.4.5", "256.1.1.1", "", "::", "1.2.3.4 ",
			      "fe80::1%eth0", "::ffff:1.2.3.4", "-", "1.2.3.1234", "9.9.9.9\\u0030"));
	else if (once_in(6))
		buf_fmt(b, "2001:db8:%x::%x", (unsigned)below(65536), (unsigned)below(65536));
	else
		buf_fmt(b, "%u.%u.%u.%u", (unsigned)below(256), (unsigned)below(256),
			(unsigned)below(256), (unsigned)below(256));
}

static void text(struct buf *b)
{
	buf_ch(b, '"');
	for (uint64_t n = below(once_in(10) ? 200 : 16); n; n--)
		if (once_in(60))
			buf_c(b, SOME("\\n", "\\\"", "\\\\", "\\/", "\\u00e9", "\\ud83d\\ude00",
				      ",", ":", "{", "}", "[", "]", "\xc3\xa9", "\\\\\\\"", "\",\"",
				      "\\x", "\\u12", "\t", "\xff", " "));
		else
			buf_ch(b, (char)('a' + below(26)));
	buf_ch(b, '"');
}

static void number(struct buf *b)
{
	if (once_in(12))
		buf_c(b, SOME("0", "-1", "00", "01", "1.", ".5", "1e5", "5.0067901611328125e-06",
			      "1E+2", "-0.5", "1.5.5", "123456789012345678", "1234567890123456789012",
			      "65535", "65536", "99999", "0.0", "1e400", "4133980800", "1e", "--1",
			      "1a", "0x10", "80.5", "10.10", "9999999999.5", "+1"));
	else if (once_in(3))
		buf_fmt(b, "%llu.%06u", (unsigned long long)below(100000), (unsigned)below(1000000));
	else
		buf_fmt(b, "%llu", (unsigned long long)(mix_next(&state) >> (20 + below(44))));
}

static void value(struct buf *b, unsigned depth)
{
	switch (below(depth < 5 ? 12 : 8)) {
	case 0:
	case 1:
	case 2:
		text(b);
		break;
	case 3:
	case 4:
	case 5:
		number(b);
		break;
	case 6:
		buf_c(b, SOME("true", "false", "null", "true", "false", "tru", "nullx", "True"));
		break;
	case 7:
		buf_ch(b, '"');
		address(b);
		buf_ch(b, '"');
		break;
	case 8:
	case 9:
		buf_ch(b, '[');
		for (uint64_t n = below(4); n; n--) {
			if (once_in(40))
				buf_c(b, "\"orig_h\":");
			value(b, depth + 1);
			if (n > 1)
				buf_ch(b, ',');
		}
		buf_ch(b, ']');
		break;
	default:
		buf_ch(b, '{');
		for (uint64_t n = below(4); n; n--) {
			buf_c(b, SOME("\"a\":", "\"b\":", "\"orig_h\":", "\"\":", "\"a\\\"b\":",
				      "\"start\":", "\"type\":"));
			value(b, depth + 1);
			if (n > 1)
				buf_ch(b, ',');
		}
		buf_ch(b, '}');
	}
}

/* A short piece of structure, often nearly right: lines that look alike to who does not look well. */
static void soup(struct buf *b, unsigned depth)
{
	bool object = once_in(2);

	if (depth == 0 || once_in(3)) {
		buf_c(b, SOME("1", "1", "\"s\"", "\"s\"", "true", "1.5", "[]", "{}", "-1"));
		return;
	}
	buf_ch(b, object ? '{' : '[');
	for (uint64_t n = below(3); n; n--) {
		if (object != once_in(25))
			buf_c(b, "\"k\":");
		if (!once_in(30))
			soup(b, depth - 1);
		if (n > 1 ? !once_in(30) : once_in(30))
			buf_ch(b, once_in(30) ? ':' : ',');
	}
	if (!once_in(40))
		buf_ch(b, object != once_in(40) ? '}' : ']');
}

static void moment(struct buf *b, bool iso)
{
	if (once_in(40))
		number(b);
	else if (once_in(60))
		text(b);
	else if (iso)
		buf_fmt(b, "\"2024-%02u-%02uT%02u:%02u:%02u.%06u%s\"", (unsigned)below(12) + 1,
			(unsigned)below(once_in(20) ? 40 : 28) + 1,
			(unsigned)below(once_in(20) ? 30 : 24), (unsigned)below(60),
			(unsigned)below(once_in(20) ? 70 : 61), (unsigned)below(1000000),
			once_in(20) ? SOME("Z", "", "+02:00", "+0260", "+2400", "-11", " UTC", "x", "+00000")
				    : SOME("+0000", "+0200", "-0730"));
	else if (once_in(4))
		buf_fmt(b, "17%08u.%u", (unsigned)below(100000000), (unsigned)below(10000000));
	else
		buf_fmt(b, "17%08u.%06u", (unsigned)below(100000000), (unsigned)below(1000000));
}

/*
 * A line by a pattern: %A an address in quotes, %P a port, %N a number, %T seconds, %D calendar
 * text, %S a string, %B a word, %G structure, %V anything; ' is a quote, the rest stands for
 * itself. Now and then a value is another's.
 */
static void by_pattern(struct buf *b, const char *p)
{
	for (; *p; p++) {
		if (*p != '%') {
			buf_ch(b, *p == '\'' ? '"' : *p);
			continue;
		}
		p++;
		switch (once_in(150) ? 'V' : *p) {
		case 'A':
			buf_ch(b, '"');
			address(b);
			buf_ch(b, '"');
			break;
		case 'P':
			buf_u64(b, below(once_in(50) ? 100000 : 65536));
			break;
		case 'N':
			number(b);
			break;
		case 'T':
			moment(b, false);
			break;
		case 'D':
			moment(b, true);
			break;
		case 'S':
			text(b);
			break;
		case 'B':
			buf_c(b, SOME("true", "false", "null"));
			break;
		case 'G':
			soup(b, 3);
			break;
		default:
			value(b, 0);
		}
	}
}

static const char *const zeek[] = {
	"{'ts':%T,'uid':%S,'id.orig_h':%A,'id.orig_p':%P,'id.resp_h':%A,'id.resp_p':%P,'proto':'tcp','duration':%N,"
	"'orig_bytes':%N,'resp_bytes':%N,'conn_state':'SF','local_orig':%B,'local_resp':%B,'missed_bytes':0,"
	"'history':%S,'orig_pkts':%N,'orig_ip_bytes':%N,'resp_pkts':%N,'resp_ip_bytes':%N,'ip_proto':6}",
	"{'ts':%T,'uid':%S,'id.orig_h':%A,'id.orig_p':%P,'id.resp_h':%A,'id.resp_p':%P,'proto':'udp','conn_state':%S,"
	"'missed_bytes':0,'orig_pkts':%N,'resp_pkts':%N,'tunnel_parents':[%S,%S]}",
	"{'ts':%T,'id.orig_h':%A,'id.orig_p':%P,'id.resp_h':%A,'id.resp_p':%P,'proto':'udp','query':%S,'qtype':%N,"
	"'rejected':%B,'answers':[%A,%S,%A],'TTLs':[%N,%N,%N]}",
	"{'ts':%T,'id.orig_h':%A,'id.orig_p':%P,'id.resp_h':%A,'id.resp_p':%P,'query':%S,'qtype':%N,'rejected':false}",
	"{'_path':'ssl','ts':%T,'id':{'orig_h':%A,'orig_p':%P,'resp_h':%A,'resp_p':%P},'server_name':%S,'established':%B}",
	"{'_path':'http','ts':%D,'src_ip':%A,'src_port':%P,'dst_ip':%A,'dst_port':%P,'host':%S,'uri':%S,'status_code':%N}",
	"{'ts':%T,'id.orig_h':%A,'id.resp_h':%A,'host':%S,'uri':%S,'request_body_len':%N,'status_code':%N,'x':%V}",
	"{'ts':%T,'name':%S,'note':%S}",
	"{'_path':%S,'ts':%T,'id_orig_h':%A,'id_resp_h':%A,'x':%V,'orig_pkts':%N}",
	"{'a':%V,'b':%V}",
	"{'ts':%T,'x':%G}",
	"{'ts':%T,'id.orig_h':%A,'id.resp_h':%A,'orig_pkts':1,'x':%G,'resp_pkts':%G}",
	"{'ts':%T,'id.orig_h':%A,'id.resp_h':%A,'orig_pkts':%N,'orig_pkts':%N}",
	"{'ts':%T,'id.orig_h':%A,'id.resp_h':%A,'id.orig_h':%V,'orig_pkts':%N}",
	"{'_path':'conn','ts':%T,'id':[{'orig_h':%A,'resp_h':%A}],'x':%V}",
	"{'_path':'conn','ts':%T,'id':%V,'src':%A,'dst':%A}",
	"{}",
};
static const char *const eve[] = {
	"{'timestamp':%D,'flow_id':%N,'in_iface':%S,'event_type':'flow','src_ip':%A,'src_port':%P,'dest_ip':%A,'dest_port':%P,"
	"'proto':'TCP','flow':{'pkts_toserver':%N,'pkts_toclient':%N,'bytes_toserver':%N,'bytes_toclient':%N,"
	"'start':%D,'end':%D,'age':%N,'state':'closed','alerted':%B},'tcp':{'tcp_flags':'1b','tcp_flags_ts':'1b','syn':%B}}",
	"{'timestamp':%D,'event_type':'flow','src_ip':%A,'dest_ip':%A,'proto':%S,'flow':{'start':%D,'state':'new'}}",
	"{'timestamp':%D,'event_type':'netflow','src_ip':%A,'src_port':%P,'dest_ip':%A,'dest_port':%P,'proto':'6',"
	"'netflow':{'pkts':%N,'bytes':%N,'start':%D,'end':%D}}",
	"{'timestamp':%D,'event_type':'dns','src_ip':%A,'src_port':%P,'dest_ip':%A,'dest_port':53,'proto':'udp',"
	"'dns':{'type':'query','id':%N,'rrname':%S,'rrtype':'A','tx_id':0}}",
	"{'timestamp':%D,'event_type':'dns','src_ip':%A,'src_port':53,'dest_ip':%A,'dest_port':%P,"
	"'dns':{'version':2,'type':'answer','rrname':%S,'answers':[{'rrname':%S,'rrtype':'A','rdata':%A,'ttl':%N},"
	"{'rrname':%S,'rrtype':'AAAA','rdata':%A}],'grouped':{'A':[%A,%A]}}}",
	"{'timestamp':%D,'event_type':'dns','src_ip':%A,'dest_ip':%A,'dns':{'type':'response','queries':[{'rrname':%S},{'rrname':%S}],"
	"'grouped':{'A':[%A]}}}",
	"{'timestamp':%D,'event_type':'tls','src_ip':%A,'src_port':%P,'dest_ip':%A,'dest_port':%P,'tls':{'sni':%S,'version':%S,'x':%V}}",
	"{'timestamp':%D,'event_type':'http','src_ip':%A,'src_port':%P,'dest_ip':%A,'dest_port':%P,"
	"'http':{'hostname':%S,'http_port':%P,'url':%S,'status':%N}}",
	"{'timestamp':%D,'event_type':'alert','src_ip':%A,'alert':{'action':%S,'metadata':{'x':[%S]}},'flow':%V}",
	"{'timestamp':%D,'event_type':%S,'src_ip':%A,'dest_ip':%A,'flow':%V,'tls':%V}",
	"{'timestamp':%D,'event_type':'flow','src_ip':%A,'dest_ip':%A,'flow':%V}",
	"{'timestamp':%D,'event_type':'tls','src_ip':%A,'dest_ip':%A,'tls':%V}",
	"{'timestamp':%D,'event_type':'flow','src_ip':%A,'dest_ip':%A,'flow':{'start':%D},'flow':{'end':%D}}",
	"{'timestamp':%D,'event_type':'tls','src_ip':%A,'dest_ip':%A,'tls':{'a':1,'a':2},'x':%G}",
	"{'event_type':'stats','stats':{'a':{'b':{'c':%V}}}}",
};

static void damage(struct buf *b, size_t from)
{
	static const char chars[] = "\"\"\"\\{}[]::,,0.-e1 \t\rtfn\x01\xff";
	size_t n = b->n - from, at = from + below(n);

	switch (below(6)) {
	case 0:
		b->p[at] = chars[below(sizeof chars - 1)];
		break;
	case 1: /* a byte less */
		memmove(b->p + at, b->p + at + 1, b->n - at - 1);
		b->n--;
		break;
	case 2: /* a byte more */
		buf_ch(b, 'x');
		memmove(b->p + at + 1, b->p + at, b->n - at - 1);
		b->p[at] = chars[below(sizeof chars - 1)];
		break;
	case 3: /* cut off */
		b->n = at;
		break;
	case 4:
		buf_c(b, SOME(" ", "}", ",", "x", "{}", "\\", "\"", "\n\n"));
		break;
	default: /* a piece of it again */
		n = below(b->n - at + 1) / 4;
		memmove(b->p + at, b->p + at + below(b->n - at - n + 1), n);
	}
}

static void lines(struct buf *b, bool suricata)
{
	const char *const *patterns = suricata ? eve : zeek;
	size_t n_patterns = suricata ? sizeof eve / sizeof *eve : sizeof zeek / sizeof *zeek;
	unsigned damaged = once_in(3) ? 0 : 2 + (unsigned)below(40);
	const char *few[3];

	for (int i = 0; i < 3; i++)
		few[i] = patterns[below(n_patterns)];
	for (uint64_t n = 1 + below(once_in(4) ? 300 : 40); n; n--) {
		size_t from = b->n;

		if (once_in(60))
			buf_c(b, SOME("", " ", "\r", "[]", "{", "null", "#x", "{\"ts\":1}x"));
		else
			by_pattern(b, once_in(10) ? patterns[below(n_patterns)] : few[below(3)]);
		while (damaged && b->n > from && once_in(damaged))
			damage(b, from);
		if (n > 1 || !once_in(3))
			buf_c(b, once_in(80) ? "\r\n" : "\n");
	}
}

/* ---- reading ------------------------------------------------------------------------------- */

static void fail(const char *what, struct str file, struct str want, struct str got)
{
	printf("%s differs\n---- text\n%.*s\n---- want\n%.*s\n---- got\n%.*s\n", what,
	       STR_ARG(file), STR_ARG(want), STR_ARG(got));
	exit(1);
}

/* The same records and rejects but for those that were passed over. */
static bool same(struct str want, struct str got, uint64_t passed)
{
	struct str a, b;
	bool more = str_line(&got, &b);

	while (str_line(&want, &a)) {
		if (more && str_eq(a, b)) {
			more = str_line(&got, &b);
			continue;
		}
		if (a.p[0] != '-' || passed == 0)
			return false;
		passed--;
	}
	return !more && passed == 0;
}

static void compare(const struct reader *r, struct str file)
{
	size_t size = once_in(3) ? 1 + below(2000) : SIZE_MAX;
	bool windowed = once_in(4);

	for (int wish = 0; wish < 4; wish++) {
		struct reading x = { .isa = ISA_PLAIN,
				     .near = sieve_near(wish & 1),
				     .near_kinds = wish & 2 ? KIND_ALL & ~KIND_BIT(KIND_DNS) : KIND_ALL,
				     .windowed = windowed,
				     .from = INT64_C(1712000000000000),
				     .to = INT64_C(1760000000000000) },
			       want = x;

		buf_init(&want.out, 0);
		read_text(&want, r, file, size, NULL);
		for (int way = 1; way < 6; way++) {
			struct reading got = x;

			got.isa = (enum isa)(way / 2);
			got.pass = way & 1;
			if (got.isa > cpu_isa())
				continue;
			buf_init(&got.out, 0);
			read_text(&got, r, file, size, NULL);
			if (got.records + got.passed != want.records || got.malformed != want.malformed ||
			    got.lines != want.lines || got.in_window != want.in_window ||
			    got.first != want.first || got.last != want.last ||
			    !same(buf_str(&want.out), buf_str(&got.out), got.passed))
				fail(isa_text(got.isa), file, buf_str(&want.out), buf_str(&got.out));
			compared += want.records;
			buf_free(&got.out);
		}
		buf_free(&want.out);
	}
}

/* Each a line and one that has the same keys and brackets in the same order, and yet is another. */
static void likes(void)
{
#define ENDS \
	"\"ts\":1713484795.5,\"id.orig_h\":\"192.0.2.1\",\"id.resp_h\":\"192.0.2.2\",\"orig_pkts\":1,"
	static const char *const pairs[][2] = {
		{ "{" ENDS "\"a\":{\"b\":1}}", "{" ENDS "\"a\":1,{\"b\":1}}" },
		{ "{" ENDS "\"a\":[1,{\"b\":1}]}", "{" ENDS "\"a\":[1{\"b\":1}]}" },
		{ "{" ENDS "\"a\":[[{\"b\":1}]]}", "{" ENDS "\"a\":[],[{\"b\":1}]]}" },
		{ "{" ENDS "\"a\":true,\"b\":1}", "{" ENDS "\"a\":1,true,\"b\":1}" },
		{ "{" ENDS "\"a\":true,\"b\":1}", "{" ENDS "\"a\":trues,\"b\":1}" },
		{ "{" ENDS "\"a\":true,\"b\":1}", "{" ENDS "\"a\":truth,\"b\":1}" },
		{ "{" ENDS "\"a\":null}", "{" ENDS "\"a\":nul}" },
		{ "{" ENDS "\"a\":null}", "{" ENDS "\"a\":false}" },
		{ "{" ENDS "\"a\":[1,2]}", "{" ENDS "\"a\":[1,2,]}" },
		{ "{" ENDS "\"a\":[1,2]}", "{" ENDS "\"a\":[1,2}}" },
		{ "{" ENDS "\"a\":[\"x\",\"y\"]}", "{" ENDS "\"a\":[\"x\"],\"y\"}" },
		{ "{" ENDS "\"a\":[\"x\"]}", "{" ENDS "\"a\":[\"x\":1]}" },
		{ "{" ENDS "\"a\":{}}", "{" ENDS "\"a\":{1}}" },
		{ "{" ENDS "\"a\":{}}", "{" ENDS "\"a\":{\"x\"}}" },
		{ "{" ENDS "\"a\":1}", "{" ENDS "\"a\":1},{}" },
		{ "{" ENDS "\"a\":1}", "{" ENDS "\"a\":-1}" },
		{ "{" ENDS "\"a\":1}", "{" ENDS "\"a\\\":1}" },
		{ "{" ENDS "\"a\":1}", "{{" ENDS "\"a\":1}" },
		{ "{" ENDS "\"a\":1}", "x{" ENDS "\"a\":1}" },
		{ "{" ENDS "\"a\":1}", "{" ENDS "\"a\":1}x" },
		{ "{" ENDS "\"a\":\"x\",\"b\":1}", "{" ENDS "\"a\":\"x\"y\\\",\"b\":1}" },
		{ "{" ENDS "\"a\":\"x\",\"b\":1}", "{" ENDS "\"a\":\"x\",\\\",\"b\":1}" },
		{ "{" ENDS "\"a\":\"x\",\"b\":1}", "{" ENDS "\"a\":\"x\\\",\"b\":1}" },
		{ "{" ENDS "\"a\":[1,2],\"b\":1}", "{" ENDS "\"a\":[1,\"b\":1}" },
		{ "{" ENDS "\"a\":[1],\"b\":1}", "{" ENDS "\"a\":[1,,2],\"b\":1}" },
		{ "{" ENDS "\"a\":[1],\"b\":1}", "{" ENDS "\"a\":[],\"b\":1}" },
		{ "{" ENDS "\"a\":[1],\"b\":1}", "{" ENDS "\"a\":[01],\"b\":1}" },
		{ "{" ENDS "\"a\":1,\"b\":1}", "{" ENDS "\"a\":1,2,\"b\":1}" },
		{ "{" ENDS "\"a\":1,\"b\":1}", "{" ENDS "\"a\":,\"b\":1}" },
		{ "{" ENDS "\"a\":1,\"b\":1}", "{" ENDS "\"a\":1.2.3,\"b\":1}" },
		{ "{" ENDS "\"a\":1,\"b\":1}", "{" ENDS "\"a\":.5,\"b\":1}" },
		{ "{" ENDS "\"a\":1,\"b\":1}", "{" ENDS "\"a\":5.,\"b\":1}" },
		{ "{" ENDS "\"a\":1,\"b\":1}", "{" ENDS "\"a\":00,\"b\":1}" },
		{ "{" ENDS "\"a\":1,\"b\":1}", "{" ENDS "\"a\":0123456789.123456,\"b\":1}" },
		{ "{" ENDS "\"a\":12345678901234567890,\"b\":1}",
		  "{" ENDS "\"a\":01234567890123456789,\"b\":1}" },
		{ "{" ENDS "\"a\":12345678901234567890,\"b\":1}",
		  "{" ENDS "\"a\":12345678901234567890123456789012345.,\"b\":1}" },
		{ "{" ENDS "\"orig_bytes\":1}", "{" ENDS "\"orig_bytes\":-1}" },
		{ "{" ENDS "\"orig_bytes\":1}", "{" ENDS "\"orig_bytes\":\"1\"}" },
		{ "{" ENDS "\"orig_bytes\":1}", "{" ENDS "\"orig_bytes\":true}" },
		{ "{" ENDS "\"id.orig_p\":65535}", "{" ENDS "\"id.orig_p\":65536}" },
		{ "{" ENDS "\"id.orig_p\":80}", "{" ENDS "\"id.orig_p\":80.5}" },
		{ "{" ENDS "\"duration\":1.5}", "{" ENDS "\"duration\":4133980800.5}" },
	};

	for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
		struct buf b;

		buf_init(&b, 0);
		for (int k = 0; k < 12; k++) {
			buf_c(&b, pairs[i][k % 3 == 2]);
			buf_ch(&b, '\n');
		}
		compare(reader_named(READS_RECORDS, STR("zeek-json")), buf_str(&b));
		buf_free(&b);
	}
}

int main(void)
{
	const char *seed = getenv("NEZUMI_SEED"), *longer = getenv("NEZUMI_ROUNDS");
	long rounds = longer ? atol(longer) : ROUNDS;

	state = seed ? strtoull(seed, NULL, 10) : 1;
	printf("seed %llu\n", (unsigned long long)state);
	likes();
	for (long i = 0; i < rounds; i++) {
		bool suricata = i & 1;
		struct buf b;

		buf_init(&b, 0);
		lines(&b, suricata);
		if (b.n)
			compare(reader_named(READS_RECORDS, str_of(suricata ? "eve" : "zeek-json")),
				buf_str(&b));
		buf_free(&b);
	}
	printf("%lu records compared\n", compared);
	printf("1 passed, 0 failed\n");
	return 0;
}
