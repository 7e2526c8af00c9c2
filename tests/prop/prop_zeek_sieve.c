/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Zeek's own log format with the sieve against the plain way: the same records, counts, rejects
 * and times, for all instruction sets of this machine. The seed is printed; NEZUMI_SEED repeats a
 * run.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/mix.h"
#include "format/reader.h"

#define ROUNDS 1500

static uint64_t state;
static bool messy; /* half of the lines are none */
static unsigned long n_lines, n_passed, n_wanted, n_bad;

static uint64_t below(uint64_t n)
{
	return mix_next(&state) % n;
}

static bool one_in(uint64_t n)
{
	return below(n) == 0;
}

/* ---- what is listed ---------------------------------------------------------------------- */

static uint64_t v4_bits[1 << (NEAR_V4_BITS - 6)], v6_bits[1 << (NEAR_V6_BITS - 6)],
	wide_bits[1 << (NEAR_WIDE_BITS - 6)], led_bits[1 << (NEAR_LED_BITS - 6)];

static void set_bit(uint64_t *bits, uint64_t at)
{
	bits[at >> 6] |= UINT64_C(1) << (at & 63);
}

/* Half of what is near. */
static bool listed(void *ctx, struct ip ip)
{
	(void)ctx;
	return ip_hash(ip, 5) & 1;
}

static void set_near(struct near *near)
{
	static const char *const six[] = { "2001:db8::1", "::", "fe80::1:2:3:4", "2001:db8:1::" };
	struct ip ip;

	memset(v4_bits, 0, sizeof v4_bits);
	memset(v6_bits, 0, sizeof v6_bits);
	memset(wide_bits, 0, sizeof wide_bits);
	memset(led_bits, 0, sizeof led_bits);
	for (uint64_t i = below(40); i; i--)
		set_bit(v4_bits, (10u << 16 | (uint32_t)below(3) << 8 | (uint32_t)below(64)));
	if (one_in(4))
		set_bit(v4_bits, 0);
	for (size_t i = 0; i < sizeof six / sizeof six[0]; i++) {
		if (!ip_parse(str_of(six[i]), &ip))
			abort();
		if (one_in(4))
			set_bit(v6_bits, near_v6_hash(ip));
		if (one_in(6))
			set_bit(wide_bits, near_wide_hash(ip));
	}
	for (uint64_t i = 1000 * below(8); i; i--)
		set_bit(led_bits, below(UINT64_C(1) << NEAR_LED_BITS));
	*near = (struct near){
		.v4 = v4_bits, .v6 = v6_bits, .wide = wide_bits, .led = one_in(2) ? led_bits : NULL
	};
}

/* ---- what comes out ---------------------------------------------------------------------- */

struct outcome {
	struct buf out;
	struct sink sink;
	uint64_t lines;
	const struct near *near;
};

static bool wanted(const struct near *near, struct ip ip)
{
	return near_any(near, ip) && listed(NULL, ip);
}

/* What the sieve may pass over is counted by the client as a record that nobody wants. */
static void record(void *ctx, struct record *r)
{
	struct outcome *o = ctx;
	bool want = wanted(o->near, r->orig) || wanted(o->near, r->resp);

	for (unsigned i = 0; i < r->n_answers; i++)
		want |= wanted(o->near, r->answers[i].ip);
	if (!want) {
		sink_pass(&o->sink, r->ts);
		return;
	}
	buf_fmt(&o->out, "%llu kind %d ", (unsigned long long)(o->lines + r->line), (int)r->kind);
	time_format(&o->out, r->ts);
	buf_fmt(&o->out, "+%lld proto %u ", (long long)r->duration, r->proto);
	ip_format(&o->out, r->orig);
	buf_fmt(&o->out, " %u ", r->orig_port);
	ip_format(&o->out, r->resp);
	buf_fmt(&o->out, " %u %d %d %llu %llu %llu %llu %u", r->resp_port, (int)r->opener,
		(int)r->level, (unsigned long long)r->orig_bytes, (unsigned long long)r->resp_bytes,
		(unsigned long long)r->orig_packets, (unsigned long long)r->resp_packets, r->n_answers);
	buf_ch(&o->out, ' ');
	buf_puts(&o->out, r->name);
	buf_ch(&o->out, ' ');
	buf_puts(&o->out, r->path);
	buf_ch(&o->out, '\n');
}

/* Text as blocks of at most `room` bytes of whole lines; header lines apart. */
static void read_text(struct outcome *o, struct str text, size_t room)
{
	const struct reader *reader = reader_named(READS_RECORDS, STR("zeek-tsv"));
	const struct layout *l = NULL;
	const struct reader_hints hints = { 0 };
	struct errinfo ei;
	struct arena arena;
	unsigned kinds;

	arena_init(&arena, 0);
	while (text.n) {
		const struct layout *to;
		size_t n = 0;
		char *copy;

		while (n < text.n && text.p[n] == '#') {
			size_t lf = str_chr(str_skip(text, n), '\n');

			n += lf == SIZE_MAX ? text.n - n : lf + 1;
		}
		if (n) {
			if (!reader->header(str_head(text, n), l, &hints, &arena, &to, &kinds, &ei))
				l = to;
			else
				buf_c(&o->out, "header\n");
			text = str_skip(text, n);
			continue;
		}
		while (n < text.n && (n == 0 || n < room)) {
			size_t lf = str_chr(str_skip(text, n), '\n');

			n += lf == SIZE_MAX ? text.n - n : lf + 1;
		}
		copy = malloc(n);
		if (!copy)
			abort();
		memcpy(copy, text.p, n);
		reader->block(l, &hints, (struct str){ copy, n }, &o->sink);
		free(copy);
		if (o->sink.used == 0 || o->sink.used > n ||
		    (o->sink.used < n && text.p[o->sink.used] != '#')) {
			printf("used %zu of %zu\n", o->sink.used, n);
			exit(1);
		}
		for (unsigned i = 0; i < o->sink.n_rejects; i++)
			buf_fmt(&o->out, "reject %llu %s\n",
				(unsigned long long)(o->lines + o->sink.rejects[i].line),
				o->sink.rejects[i].why);
		o->sink.n_rejects = 0;
		o->lines += o->sink.line;
		o->sink.line = 0;
		text = str_skip(text, o->sink.used);
	}
	arena_free(&arena);
}

static void outcome_of(struct outcome *o, struct str text, size_t room, const struct near *near,
		       enum isa isa, bool select, int64_t from, int64_t to)
{
	memset(o, 0, sizeof *o);
	buf_init(&o->out, 0);
	buf_init(&o->sink.scratch, 0);
	o->near = near;
	o->sink.ctx = o;
	o->sink.record = record;
	o->sink.listed = listed;
	o->sink.near = select ? near : NULL;
	o->sink.near_kinds = KIND_ALL;
	o->sink.isa = isa;
	o->sink.from = from;
	o->sink.to = to;
	o->sink.passed.first = INT64_MAX;
	o->sink.passed.last = INT64_MIN;
	read_text(o, text, room);
}

static void outcome_free(struct outcome *o)
{
	buf_free(&o->out);
	buf_free(&o->sink.scratch);
}

static bool same(const struct outcome *a, const struct outcome *b)
{
	return a->lines == b->lines && a->sink.malformed == b->sink.malformed &&
	       memcmp(&a->sink.passed, &b->sink.passed, sizeof a->sink.passed) == 0 &&
	       str_eq(buf_str(&a->out), buf_str(&b->out));
}

static void say_outcome(const char *name, const struct outcome *o, struct str first)
{
	printf("%s: %llu lines, %llu bad, %llu passed, %llu in the window, %lld to %lld\n\t%.*s\n",
	       name, (unsigned long long)o->lines, (unsigned long long)o->sink.malformed,
	       (unsigned long long)o->sink.passed.all, (unsigned long long)o->sink.passed.in_window,
	       (long long)o->sink.passed.first, (long long)o->sink.passed.last, STR_ARG(first));
}

/* The first line of what came out that is not the same. */
static void say_difference(const struct outcome *a, const struct outcome *b, const char *name)
{
	struct str x = buf_str(&a->out), y = buf_str(&b->out), in_x, in_y;

	do {
		if (!str_line(&x, &in_x))
			in_x = STR_NONE;
		if (!str_line(&y, &in_y))
			in_y = STR_NONE;
	} while (str_eq(in_x, in_y) && (x.n || y.n));
	say_outcome("plain", a, in_x);
	say_outcome(name, b, in_y);
}

/* ---- logs -------------------------------------------------------------------------------- */

static const char *const logs[] = {
	"conn ts uid id.orig_h id.orig_p id.resp_h id.resp_p proto service duration orig_bytes "
	"resp_bytes conn_state local_orig local_resp missed_bytes history orig_pkts orig_ip_bytes "
	"resp_pkts resp_ip_bytes tunnel_parents ip_proto",
	"conn ts uid id.orig_h id.orig_p id.resp_h id.resp_p proto service duration orig_bytes "
	"resp_bytes conn_state local_orig local_resp missed_bytes history orig_pkts orig_ip_bytes "
	"resp_pkts resp_ip_bytes",
	"conn _node_name ts uid id.orig_h id.orig_p id.resp_h id.resp_p proto duration orig_bytes "
	"resp_bytes conn_state history orig_pkts resp_pkts",
	"conn id.orig_p resp_pkts id.resp_p duration id.resp_h id.orig_h orig_bytes ts resp_bytes",
	"conn duration id.resp_h ts id.orig_h orig_pkts",
	"conn ts id.orig_h id.resp_h orig_bytes",
	"conn orig_bytes resp_bytes ts id.orig_h id.resp_h orig_pkts resp_pkts",
	"dns ts uid id.orig_h id.orig_p id.resp_h id.resp_p proto trans_id query answers TTLs rejected",
	"dns ts id.orig_h id.resp_h answers",
	"ssl ts uid id.orig_h id.orig_p id.resp_h id.resp_p version cipher server_name resumed "
	"established",
	"http ts uid id.orig_h id.orig_p id.resp_h id.resp_p trans_depth method host uri status_code",
	"http uri host id.resp_h ts id.orig_h",
};

#define PICK(b, ...)                                                    \
	do {                                                            \
		static const char *const some_[] = { __VA_ARGS__ };     \
		buf_c(b, some_[below(sizeof some_ / sizeof some_[0])]); \
	} while (0)

static void number(struct buf *b)
{
	if (one_in(60))
		PICK(b, "", "--", "-5", "5-", "(empty)", "1e3", "1.5", "123456789012345678",
		     "1234567890123456789", "12345678901234567890", "18446744073709551616", " 7",
		     "7 ", "+7", "0x10", "00", "\xff", "1,2", "a", "5\r");
	else if (one_in(3))
		buf_c(b, "-");
	else
		buf_u64(b, below(UINT64_C(1) << below(59)));
}

static void port(struct buf *b)
{
	if (one_in(60))
		PICK(b, "", "--", "-1", "65535", "65536", "99999", "065535", "00080", "1a",
		     "(empty)", ":", "70000", "655350", " 1", "/", "6553:");
	else if (one_in(20))
		buf_c(b, "-");
	else
		buf_u64(b, below(one_in(2) ? 65536 : 1024));
}

static void time_of(struct buf *b)
{
	if (one_in(40))
		PICK(b, "", "-", "1713484795", "1713484795.9", "1713484795.94323",
		     "1713484795.9432391", "4133980799.999999", "4133980800.000000",
		     "9999999999.999999", "0.000000", "999999999.123456", "2024-04-19T10:11:12Z",
		     "1713484795,943239", "17134847951943239", "-713484795.943239",
		     "1713484795.94323x", "a713484795.943239", "(empty)", "1713484795.9432-9",
		     "171348479 .943239", "1.71348479543239e9");
	else
		buf_fmt(b, "%llu.%06llu", (unsigned long long)(1713484000 + below(100)),
			(unsigned long long)below(1000000));
}

static void duration(struct buf *b)
{
	if (one_in(40))
		PICK(b, "", "--", "0", "5", "0.5", "-0.500000", "0.0000001", "123456789.123456",
		     "12345678.123456", "99999999999.123456", ".123456", "1.12345x", "1.1234567",
		     "1234.56789", "(empty)", "1.23456.", "1e-05", "0,123456", "12345678");
	else if (one_in(4))
		buf_c(b, "-");
	else
		buf_fmt(b, "%llu.%06llu", (unsigned long long)below(1u << below(20)),
			(unsigned long long)below(1000000));
}

static void address(struct buf *b)
{
	struct ip ip = { 0, 0 };

	if (one_in(40)) {
		PICK(b, "", "-", "1.2.3", "1.2.3.4.5", "1.2.3.256", "01.2.3.4", "1.2.3.04",
		     "1.2.3.00", "1.2.3.4 ", "1.2.3.999", "1..2.3", ".1.2.3", "1.2.3.", "1.2.3.a",
		     "1.2.3.-4", "255.255.255.255", "0.0.0.0", "10.2.3.4\r", "1.2.3.4/32",
		     "(empty)", "1.2.3.4:5", "10.1.2.3000", "1234.1.2.3", "100.200.100.2000",
		     "1.3.5.7xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
		     "1.3.5.7xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
		     "1.2,3.4");
	} else if (one_in(30)) {
		PICK(b, ":", "::", ":::", "::1", "1::", "1::2::3", "1:2:3:4:5:6:7:8",
		     "1:2:3:4:5:6:7::", "::2:3:4:5:6:7:8", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9",
		     "::ffff:10.1.2.3", "::ffff:a01:203", "12345::", "1:2:3:4::5:6:7:8",
		     ":1::", "::1:", "1:", "g::1", "fe80::1%eth0", "FE80::ABCD", "2001:DB8::1", "[::1]",
		     "1:2:3:4:5:6:10.1.2.3", "::1.2.3.256", "0000:0000:0000:0000:0000:0000:0000:0000",
		     "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
		     "ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255", "2001:db8::00001", "a", "abcd");
	} else if (one_in(6)) {
		ip.hi = UINT64_C(0x20010db800000000) | below(2) << 32 | (one_in(2) ? below(3) : 0);
		ip.lo = one_in(2) ? below(UINT64_C(1) << below(63)) : below(3);
		ip_format(b, ip);
	} else if (one_in(20)) {
		ip.hi = mix_next(&state) >> below(64);
		ip.lo = mix_next(&state) << below(64);
		ip_format(b, ip);
	} else {
		ip_format(b,
			  ip_v4((uint32_t)(10u << 24 | below(3) << 16 | below(64) << 8 | below(256))));
	}
}

static void answers(struct buf *b)
{
	if (one_in(3)) {
		buf_c(b, "-");
		return;
	}
	for (uint64_t n = 1 + below(one_in(50) ? 2 * DNS_ANSWERS_MAX : 4); n; n--) {
		if (one_in(3))
			PICK(b, "www.example.com", "TXT 5 hello", "", "\\x2c", "-", "(empty)");
		else
			address(b);
		if (n > 1)
			buf_ch(b, ',');
	}
}

static void other(struct buf *b)
{
	if (one_in(300)) {
		for (uint64_t n = below(one_in(20) ? 20000 : 300); n; n--)
			buf_ch(b, 'x');
		return;
	}
	PICK(b, "-", "tcp", "udp", "icmp", "SF", "S0", "ShADadFf", "T", "(empty)", "",
	     "example.com", "\\x09\\\\x", "/index.html?a=b#c", "CAbCdEf0123456789a", "200", "#",
	     "caf\xc3\xa9", "\xff");
}

static void value(struct buf *b, struct str column)
{
	if (str_is(column, "ts"))
		time_of(b);
	else if (str_ends(column, STR("_h")))
		address(b);
	else if (str_ends(column, STR("_p")))
		port(b);
	else if (str_is(column, "duration"))
		duration(b);
	else if (str_is(column, "answers"))
		answers(b);
	else if (str_ends(column, STR("_bytes")) || str_ends(column, STR("_pkts")))
		number(b);
	else
		other(b);
}

static void header(struct buf *b, struct str columns, char separator, bool brief)
{
	struct str name, path;

	(void)str_cut(&columns, ' ', &path);
	if (!brief)
		buf_fmt(b, "#separator \\x%02x\n#set_separator%c,\n#empty_field%c(empty)\n",
			separator, separator, separator);
	if (!one_in(10) && !brief)
		buf_fmt(b, "#unset_field%c%s\n", separator,
			one_in(10)   ? ""
			: one_in(10) ? "*"
				     : "-");
	buf_fmt(b, "#path%c", separator);
	buf_puts(b, path);
	buf_fmt(b, "\n#fields");
	while (str_cut(&columns, ' ', &name)) {
		buf_ch(b, separator);
		buf_puts(b, name);
	}
	buf_ch(b, '\n');
}

static void line(struct buf *b, struct str columns, char separator)
{
	size_t start = b->n;
	struct str name;

	if (one_in(messy ? 2 : 150)) {
		PICK(b, "", "\r", "x", "\t", "\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t", "#close",
		     "#\t#", "1713484795.943239", "-");
		buf_ch(b, '\n');
		return;
	}
	(void)str_cut(&columns, ' ', &name);
	while (str_cut(&columns, ' ', &name)) {
		if (one_in(1500))
			continue;
		if (b->n > start)
			buf_ch(b, one_in(2500) ? '\t' : separator);
		if (one_in(2000))
			other(b);
		else
			value(b, name);
	}
	if (one_in(1000))
		buf_ch(b, separator);
	while (one_in(400) && b->n > start)
		b->p[start + below(b->n - start)] = (char)below(256);
	if (one_in(1000) && b->n > start)
		b->p[start] = '#';
	if (one_in(300))
		buf_ch(b, '\r');
	if (!one_in(1000))
		buf_ch(b, '\n');
}

static void round_of(const struct near *near, enum isa best)
{
	static const char separators[] = "\t\t\t\t\t\t,| ;";
	char separator = separators[below(sizeof separators - 1)];
	struct str columns = str_of(logs[below(sizeof logs / sizeof logs[0])]);
	size_t room = one_in(3) ? 1 + below(3000) : 1 + below(100000);
	int64_t from = one_in(2) ? INT64_MIN : INT64_C(1713484000000000) + (int64_t)below(100000000);
	int64_t to = one_in(2) ? INT64_MAX : from + (int64_t)below(50000000);
	struct outcome plain, sieved;
	struct buf b;

	if (from == INT64_MIN && to != INT64_MAX)
		to = INT64_C(1713484000000000) + (int64_t)below(100000000);
	messy = one_in(8);
	buf_init(&b, 0);
	header(&b, columns, separator, false);
	for (uint64_t n = below(one_in(10) ? 1500 : 150); n; n--) {
		line(&b, columns, separator);
		if (one_in(200) && separator == '\t')
			header(&b, columns, separator, one_in(2));
	}
	outcome_of(&plain, buf_str(&b), room, near, ISA_PLAIN, false, from, to);
	for (int isa = ISA_PLAIN; isa <= (int)best; isa++) {
		outcome_of(&sieved, buf_str(&b), room, near, (enum isa)isa, true, from, to);
		if (!same(&plain, &sieved)) {
			printf("---- text\n%.*s\n----\n", STR_ARG(buf_str(&b)));
			say_difference(&plain, &sieved, isa_text((enum isa)isa));
			exit(1);
		}
		outcome_free(&sieved);
	}
	n_lines += plain.lines;
	n_passed += plain.sink.passed.all;
	n_bad += plain.sink.malformed;
	n_wanted += plain.lines - plain.sink.passed.all - plain.sink.malformed;
	outcome_free(&plain);
	buf_free(&b);
}

int main(void)
{
	const char *given = getenv("NEZUMI_SEED");
	struct near near = { 0 };

	state = given ? strtoull(given, NULL, 0) : 1;
	printf("seed %llu, up to %s\n", (unsigned long long)state, isa_text(cpu_isa()));
	for (int i = 0; i < ROUNDS; i++) {
		if (i % 50 == 0)
			set_near(&near);
		round_of(&near, cpu_isa());
	}
	printf("%lu lines, %lu passed over, %lu wanted, %lu unreadable\n", n_lines, n_passed,
	       n_wanted, n_bad);
	printf("1 passed, 0 failed\n");
	return 0;
}
