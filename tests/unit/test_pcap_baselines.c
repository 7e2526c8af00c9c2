/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Captures against what Zeek says of them: its own tests have the logs that it has to write for
 * traces. Each log is read by the reader of such logs, each trace by that of captures; both must
 * give the same flows (addresses, ports, protocol, duration, payload, packets, opener, level) and
 * the same look-ups. Which trace a log belongs to is found by what they have in common. Skipped
 * where $NEZUMI_SHARED has no such data.
 */
#include "base/clock.h"
#include "base/vec.h"
#include "format/reader.h"
#include "format/telemetry.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

/* At least so many logs agree with their trace. */
#define AGREE 81

/* How the names of logs begin that do not, and why that is right. */
static const struct {
	const char *log, *why;
} others[] = {
	{ "core.expire-all-timers_conn-limited", "asks Zeek to be late with its timers" },
	{ "core.pcap.dynamic-filter_conn", "of a part of the packets" },
	{ "core.pcap.read-trace-with-filter_conn", "of a part of the packets" },
	{ "core.print-bpf-filters_conn", "of a part of the packets" },
	{ "core.tcp.rxmit-history_conn-2", "its trace is not here" },
	{ "core.tunnels.vxlan-unknown-internal-packet_conn", "wrong checksums, which are not looked at" },
	{ "core.unknown-ip-protocol_conn", "SCTP has ports" },
	{ "core.vntag-in-vlan_conn", "the ports are there, though the header is cut off" },
	{ "core.wlanmon_conn", "its trace is not here" },
	{ "opt.basic_conn", "its trace is not here" },
	{ "opt.basic_dns", "its trace is not here" },
	{ "plugins.pktsrc_conn", "its trace is not here" },
	{ "scripts.base.frameworks.analyzer.request-analyzer_conn", "its trace is not here" },
	{ "scripts.base.frameworks.logging.", "their trace is not here" },
	{ "scripts.base.protocols.dhcp.dhcp-all-msg-types_conn", "its trace is not here" },
	{ "scripts.base.protocols.dns.dynamic-update_dns", "updates are no look-ups" },
	{ "scripts.base.protocols.dns.mdns-no-assoc_dns", "answers without a question have no name" },
	{ "scripts.base.protocols.dns.notify_dns", "notifications are no look-ups" },
	{ "scripts.policy.protocols.conn.mac-logging_conn1", "its trace is not here" },
	{ "scripts.policy.protocols.conn.speculative-service_conn-wiki", "its trace is not here" },
};

struct kept {
	struct record r;
	char name[256];
	bool matched;
};

struct source_file {
	char name[256];
	VEC(struct kept) v;
};

static void keep(void *ctx, struct record *r)
{
	struct source_file *f = ctx;
	struct kept *k = VEC_PUSH(&f->v);

	if (!k)
		abort();
	*k = (struct kept){ .r = *r };
	if (r->proto == PROTO_ICMPV6) /* which Zeek calls icmp */
		k->r.proto = PROTO_ICMP;
	assert_true(r->name.n < sizeof k->name);
	for (size_t i = 0; i < r->name.n; i++)
		k->name[i] = (char)(r->name.p[i] >= 'A' && r->name.p[i] <= 'Z' ? r->name.p[i] | 0x20
									       : r->name.p[i]);
}

static bool load(const char *folder, const char *name, struct buf *out)
{
	char path[1024], part[4096];
	FILE *f;
	size_t n;

	(void)snprintf(path, sizeof path, "%s/%s", folder, name);
	f = fopen(path, "rb");
	if (!f)
		return false;
	buf_clear(out);
	while ((n = fread(part, 1, sizeof part, f)) > 0)
		buf_add(out, part, n);
	(void)fclose(f);
	return buf_err(out) == ERR_OK;
}

static struct sink *new_sink(struct source_file *f)
{
	struct sink *s = calloc(1, sizeof *s);

	assert_non_null(s);
	s->ctx = f;
	s->record = keep;
	buf_init(&s->scratch, 0);
	return s;
}

/* Times are struck out in the logs; any will do. */
static void read_log(struct source_file *f, struct str text)
{
	const struct reader *r = reader_named(READS_RECORDS, STR("zeek-tsv"));
	static const struct reader_hints none;
	struct sink *sink = new_sink(f);
	const struct layout *layout = NULL;
	struct str rest = text, line, head = { text.p, 0 };
	unsigned kinds = KIND_ALL;
	struct errinfo ei;
	struct arena a;

	arena_init(&a, 0);
	while (rest.n && rest.p[0] == '#')
		(void)str_line(&rest, &line);
	head.n = (size_t)(rest.p - text.p);
	if (rest.n && r->header(head, NULL, &none, &a, &layout, &kinds, &ei) == ERR_OK)
		r->block(layout, &none, str_head(rest, str_find(rest, STR("#close"))), sink);
	arena_free(&a);
	buf_free(&sink->scratch);
	free(sink);
}

static void read_trace(struct source_file *f, struct str bytes)
{
	const struct reader *r = reader_named(READS_RECORDS, STR("pcap"));
	static const struct reader_hints none;
	struct sink *sink = new_sink(f);
	struct stream *st;

	assert_int_equal(r->open(&none, &st), ERR_OK);
	assert_int_equal(r->feed(st, bytes, true, sink), bytes.n);
	r->close(st);
	buf_free(&sink->scratch);
	free(sink);
}

/* ---- the same ----------------------------------------------------------------------------------- */

static bool same_ends(const struct record *a, const struct record *b)
{
	return a->kind == b->kind && ip_eq(a->orig, b->orig) && ip_eq(a->resp, b->resp) &&
	       a->orig_port == b->orig_port && a->resp_port == b->resp_port && a->proto == b->proto;
}

static bool same_size(uint64_t zeek, uint64_t ours)
{
	return zeek == UNSTATED || zeek == ours;
}

static bool same(const struct kept *zeek, const struct kept *ours)
{
	const struct record *a = &zeek->r, *b = &ours->r;

	if (!same_ends(a, b))
		return false;
	if (a->kind == KIND_DNS)
		return strcmp(zeek->name, ours->name) == 0;
	/* Zeek says nothing of sizes when there was one moment only, and rounds durations. */
	return (a->duration == 0 || (b->duration - a->duration <= 1 && a->duration - b->duration <= 1)) &&
	       same_size(a->orig_bytes, b->orig_bytes) && same_size(a->resp_bytes, b->resp_bytes) &&
	       same_size(a->orig_packets, b->orig_packets) &&
	       same_size(a->resp_packets, b->resp_packets) && a->opener == b->opener &&
	       a->level == b->level;
}

/* How many of the log's records the trace has; *left: of the trace's of that kind how many are in
 * no log, and of the log's how many are in no trace. */
static size_t compare(struct source_file *log, struct source_file *trace, size_t *left)
{
	size_t n = 0;

	*left = 0;
	for (size_t k = 0; k < trace->v.n; k++)
		trace->v.v[k].matched = false;
	for (size_t i = 0; i < log->v.n; i++) {
		struct kept *found = NULL;

		for (size_t k = 0; k < trace->v.n && !found; k++)
			if (!trace->v.v[k].matched && same(&log->v.v[i], &trace->v.v[k]))
				found = &trace->v.v[k];
		log->v.v[i].matched = found != NULL;
		if (found)
			found->matched = true;
		n += found != NULL;
		*left += !found;
	}
	for (size_t k = 0; k < trace->v.n; k++)
		*left += trace->v.v[k].r.kind == log->v.v[0].r.kind && !trace->v.v[k].matched;
	return n;
}

static bool related(const struct source_file *log, const struct source_file *trace)
{
	for (size_t i = 0; i < log->v.n; i++)
		for (size_t k = 0; k < trace->v.n; k++)
			if (ip_eq(log->v.v[i].r.orig, trace->v.v[k].r.orig) &&
			    ip_eq(log->v.v[i].r.resp, trace->v.v[k].r.resp) &&
			    log->v.v[i].r.orig_port == trace->v.v[k].r.orig_port &&
			    log->v.v[i].r.resp_port == trace->v.v[k].r.resp_port)
				return true;
	return false;
}

static const char *excused(const char *log)
{
	for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
		if (strncmp(log, others[i].log, strlen(others[i].log)) == 0)
			return others[i].why;
	return NULL;
}

/* ------------------------------------------------------------------------------------------------- */

static void tell_difference(const struct source_file *log, const struct source_file *trace)
{
	const struct source_file *both[] = { log, trace };
	struct buf b;

	buf_init(&b, 0);
	for (unsigned side = 0; side < 2; side++)
		for (size_t i = 0; i < both[side]->v.n; i++) {
			const struct kept *k = &both[side]->v.v[i];
			const struct record *r = &k->r;

			if (k->matched || r->kind != log->v.v[0].r.kind)
				continue;
			buf_fmt(&b, "  %s %s ", side ? "ours" : "zeek", proto_text(r->proto));
			ip_format(&b, r->orig);
			buf_fmt(&b, " %u ", r->orig_port);
			ip_format(&b, r->resp);
			buf_fmt(&b, " %u +%lld opener %u %s %s", r->resp_port,
				(long long)r->duration, r->opener, level_text(r->level), k->name);
			for (unsigned n = 0; n < 4; n++) {
				const uint64_t v[] = { r->orig_bytes, r->resp_bytes,
						       r->orig_packets, r->resp_packets };

				if (v[n] == UNSTATED)
					buf_c(&b, " -");
				else
					buf_fmt(&b, " %llu", (unsigned long long)v[n]);
			}
			buf_ch(&b, '\n');
		}
	(void)fprintf(stderr, "%.*s", STR_ARG(buf_str(&b)));
	buf_free(&b);
}

static void against_baselines(void **state)
{
	const char *shared = getenv("NEZUMI_SHARED");
	char logs[512], traces[512];
	VEC(struct source_file) all = { NULL, 0, 0 };
	struct dirent *e;
	struct buf text;
	unsigned agree = 0, unexpected = 0;
	DIR *d;

	(void)state;
	shared = shared ? shared : "../shared";
	(void)snprintf(logs, sizeof logs, "%s/data/telemetry/zeek/baselines", shared);
	(void)snprintf(traces, sizeof traces, "%s/data/telemetry/pcap/zeek", shared);
	d = opendir(traces);
	if (!d) {
		print_message("skipped: no %s\n", traces);
		skip();
	}
	buf_init(&text, 0);
	while ((e = readdir(d))) {
		struct source_file *f;

		if (!strstr(e->d_name, ".pcap") || strstr(e->d_name, ".gz"))
			continue;
		f = VEC_PUSH(&all);
		assert_non_null(f);
		memset(f, 0, sizeof *f);
		(void)snprintf(f->name, sizeof f->name, "%s", e->d_name);
		assert_true(load(traces, e->d_name, &text));
		read_trace(f, buf_str(&text));
	}
	(void)closedir(d);
	d = opendir(logs);
	assert_non_null(d);
	while ((e = readdir(d))) {
		struct source_file log = { .name = "" };
		struct source_file *best = NULL;
		size_t best_n = 0, best_left = SIZE_MAX, left;
		const char *why = excused(e->d_name);

		if (e->d_name[0] == '.' || !load(logs, e->d_name, &text))
			continue;
		for (char *p = text.p;
		     (p = memmem(p, (size_t)(text.p + text.n - p), "XXXXXXXXXX.XXXXXX", 17));)
			memcpy(p, "1000000000.000000", 17);
		read_log(&log, buf_str(&text));
		for (size_t i = 0; log.v.n && i < all.n; i++) {
			size_t n;

			if (!related(&log, &all.v[i]))
				continue;
			n = compare(&log, &all.v[i], &left);
			if (!best || n > best_n || (n == best_n && left < best_left)) {
				best = &all.v[i];
				best_n = n;
				best_left = left;
			}
		}
		if (best && best_left == 0) {
			agree++;
		} else if (best && !why) {
			unexpected++;
			(void)compare(&log, best, &left);
			(void)fprintf(stderr, "%s and %s\n", e->d_name, best->name);
			tell_difference(&log, best);
		}
		free(log.v.v);
	}
	(void)closedir(d);
	for (size_t i = 0; i < all.n; i++)
		free(all.v[i].v.v);
	free(all.v);
	buf_free(&text);
	print_message("%u logs agree\n", agree);
	assert_int_equal(unexpected, 0);
	assert_true(agree >= AGREE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(against_baselines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
