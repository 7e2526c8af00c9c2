/* SPDX-License-Identifier: Apache-2.0 */
/*
 * For tests of readers of records: read a file as the driver would (header lines apart, blocks of
 * whole lines; streams in pieces) and say in text what came out, a line for each record and each
 * line that could not be read.
 */
#ifndef NEZUMI_TESTS_READ_RECORDS_H
#define NEZUMI_TESTS_READ_RECORDS_H

#include <stdlib.h>

#include "base/clock.h"
#include "format/reader.h"
#include "sieve.h"

struct reading {
	struct buf out;
	uint64_t base; /* lines before this block */
	uint64_t records, malformed, lines, unused;
	unsigned kinds; /* as header() narrowed them, all together */
	char header_error[240];
	bool quiet; /* count only */

	enum isa isa;
	/* A client to whom only some addresses matter: the records that must reach it begin with
	 * `+`, the others with `-`; those may be passed over if `pass`. */
	const struct near *near;
	unsigned near_kinds;
	bool pass;
	bool windowed;
	int64_t from, to;
	/* Of all records, handed over or passed. */
	uint64_t passed, in_window;
	int64_t first, last;
};

static void say_size(struct buf *b, uint64_t v)
{
	if (v == UNSTATED)
		buf_ch(b, '-');
	else
		buf_u64(b, v);
}

/* Bytes outside printable ASCII as \xNN. */
static void say_text(struct buf *b, struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] > ' ' && s.p[i] < 0x7f && s.p[i] != '\\')
			buf_ch(b, s.p[i]);
		else
			buf_fmt(b, "\\x%02x", (unsigned char)s.p[i]);
}

static void say_record(void *ctx, struct record *r)
{
	static const char *const openers[] = { "unknown", "orig", "resp" };
	struct reading *x = ctx;
	struct buf *b = &x->out;

	x->records++;
	if (!x->windowed || (x->from <= r->ts && r->ts < x->to)) {
		x->first = x->in_window == 0 || r->ts < x->first ? r->ts : x->first;
		x->last = x->in_window == 0 || r->ts > x->last ? r->ts : x->last;
		x->in_window++;
	}
	if (x->quiet)
		return;
	if (x->near)
		buf_c(b, sieve_must(x->near, x->near_kinds, r) ? "+ " : "- ");
	buf_fmt(b, "%llu %s ", (unsigned long long)(x->base + r->line), kind_text(r->kind));
	time_format(b, r->ts);
	buf_fmt(b, "+%lld %s ", (long long)r->duration, proto_text(r->proto));
	ip_format(b, r->orig);
	buf_fmt(b, " %u ", r->orig_port);
	ip_format(b, r->resp);
	buf_fmt(b, " %u opener=%s level=%s", r->resp_port, openers[r->opener], level_text(r->level));
	if (r->passive)
		buf_c(b, " passive");
	if (r->one_way)
		buf_fmt(b, " one-way%s%s", r->ack ? " ack" : "", r->refused ? " refused" : "");
	if (r->kind == KIND_FLOW) {
		buf_c(b, " bytes=");
		say_size(b, r->orig_bytes);
		buf_ch(b, '/');
		say_size(b, r->resp_bytes);
		buf_c(b, " packets=");
		say_size(b, r->orig_packets);
		buf_ch(b, '/');
		say_size(b, r->resp_packets);
		buf_c(b, " payload=");
		say_size(b, r->orig_payload);
		buf_ch(b, '/');
		say_size(b, r->resp_payload);
	}
	if (r->name.n) {
		buf_c(b, " name=");
		say_text(b, r->name);
	}
	if (r->http_port)
		buf_fmt(b, " port=%u", r->http_port);
	if (r->path.n) {
		buf_c(b, " path=");
		say_text(b, r->path);
	}
	for (unsigned i = 0; i < r->n_answers; i++) {
		buf_c(b, i ? "," : " answers=");
		ip_format(b, r->answers[i].ip);
		buf_ch(b, '@');
		say_size(b, r->answers[i].ttl == TTL_UNSTATED ? UNSTATED : r->answers[i].ttl);
	}
	buf_ch(b, '\n');
}

static struct sink *open_sink(struct reading *x)
{
	struct sink *sink = calloc(1, sizeof *sink);

	if (!sink)
		abort();
	sink->ctx = x;
	sink->record = say_record;
	sink->near = x->pass ? x->near : NULL;
	sink->listed = sieve_listed;
	sink->near_kinds = x->near_kinds;
	sink->isa = x->isa;
	sink->from = x->windowed ? x->from : INT64_MIN;
	sink->to = x->windowed ? x->to : INT64_MAX;
	buf_init(&sink->scratch, (size_t)64 << 20);
	return sink;
}

/* As the driver looks at a sink between two blocks. */
static void empty_sink(struct reading *x, struct sink *sink)
{
	for (unsigned i = 0; i < sink->n_rejects && !x->quiet; i++)
		buf_fmt(&x->out, "%llu ! %s\n",
			(unsigned long long)(x->base + sink->rejects[i].line), sink->rejects[i].why);
	x->malformed += sink->malformed;
	x->unused += sink->unused;
	x->passed += sink->passed.all;
	if (sink->passed.in_window) {
		if (x->in_window == 0 || sink->passed.first < x->first)
			x->first = sink->passed.first;
		if (x->in_window == 0 || sink->passed.last > x->last)
			x->last = sink->passed.last;
		x->in_window += sink->passed.in_window;
	}
	x->base += sink->line;
	sink->line = sink->malformed = sink->unused = 0;
	sink->n_rejects = 0;
	sink->passed.all = sink->passed.in_window = 0;
	sink->passed.first = INT64_MAX;
	sink->passed.last = INT64_MIN;
	sink->used = SIEVE_UNSAID;
}

static void close_sink(struct reading *x, struct sink *sink)
{
	empty_sink(x, sink);
	buf_free(&sink->scratch);
	free(sink);
}

/* Exactly as long as it is, so that ASan sees a step outside. */
static char *exact_copy(struct str s)
{
	char *copy = malloc(s.n ? s.n : 1);

	if (!copy)
		abort();
	if (s.n)
		memcpy(copy, s.p, s.n);
	return copy;
}

/* How much of the block was read. */
static size_t read_block(struct reading *x, const struct reader *r, const struct layout *l,
			 const struct reader_hints *h, struct str block)
{
	struct sink *sink = open_sink(x);
	char *copy = exact_copy(block);
	size_t used;

	empty_sink(x, sink);
	r->block(l, h, (struct str){ copy, block.n }, sink);
	used = sink->used == SIEVE_UNSAID ? block.n : sink->used;
	if (used > block.n ||
	    (used < block.n && (used == 0 || block.p[used] != r->mark || block.p[used - 1] != '\n')))
		abort();
	close_sink(x, sink);
	free(copy);
	return used;
}

/* In pieces that grow by `size` bytes until something can be done with them. */
static void read_stream(struct reading *x, const struct reader *r, struct str file, size_t size,
			const struct reader_hints *h)
{
	struct sink *sink = open_sink(x);
	struct stream *st = NULL;
	size_t from = 0, until = 0;
	bool ended = false;

	if (r->open(h, &st))
		abort();
	empty_sink(x, sink);
	if (size < file.n / 4096) /* not for ever */
		size = file.n / 4096;
	while (!ended) {
		size_t more = file.n - until, done;
		char *copy;

		more = more < size ? more : size;
		ended = more == 0;
		until += more;
		copy = exact_copy((struct str){ file.p + from, until - from });
		done = r->feed(st, (struct str){ copy, until - from }, ended, sink);
		free(copy);
		if (done > until - from)
			abort();
		from += done;
		empty_sink(x, sink);
		if (done == 0 && until - from >= r->unit_max)
			break;
	}
	/* What is given up is told. */
	if (from < file.n && x->malformed == 0)
		abort();
	r->close(st);
	close_sink(x, sink);
	x->kinds |= r->kinds;
	x->lines = x->base;
}

/*
 * Blocks end with the first line that makes them reach `size`. Header lines lie in them, where
 * readers stop at such.
 */
static void read_text(struct reading *x, const struct reader *r, struct str text, size_t size,
		      const struct reader_hints *hints)
{
	static const struct reader_hints none;
	const struct layout *l = NULL;
	bool unreadable = false, first = true, stops = sieve_stops_at_marks(r);
	struct str rest = text, line;
	struct arena a;

	hints = hints ? hints : &none;
	if (r->frame == FRAME_STREAM) {
		read_stream(x, r, text, size, hints);
		return;
	}
	arena_init(&a, 0);
	while (rest.n) {
		struct str part = { rest.p, 0 };
		bool head = (r->titled && first) || (r->mark && rest.p[0] == r->mark);
		bool over = stops && !unreadable;
		uint64_t lines = 0;

		while (rest.n) {
			struct str before = rest;

			if (head ? lines && !(r->mark && rest.p[0] == r->mark)
				 : part.n && ((!over && r->mark && rest.p[0] == r->mark) ||
					      part.n >= size))
				break;
			(void)str_line(&rest, &line);
			part.n += before.n - rest.n;
			lines++;
		}
		first = false;
		if (head) {
			struct errinfo ei = { .line = 0 };
			unsigned kinds = r->kinds;

			unreadable = r->header(part, l, hints, &a, &l, &kinds, &ei) != ERR_OK;
			if (unreadable) {
				memcpy(x->header_error, ei.msg, sizeof ei.msg);
				buf_fmt(&x->out, "%llu # %s\n", (unsigned long long)x->base + 1, ei.msg);
			} else {
				x->kinds |= kinds;
			}
			x->base += lines;
		} else if (unreadable) {
			x->malformed += lines;
			x->base += lines;
		} else {
			size_t used = read_block(x, r, l, hints, part);

			rest = str_skip(text, (size_t)(part.p - text.p) + used);
		}
	}
	x->lines = x->base;
	arena_free(&a);
}

#endif
