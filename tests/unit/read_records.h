/* SPDX-License-Identifier: Apache-2.0 */
/*
 * For tests of readers of records: read a text as the driver would (header lines apart, blocks of
 * whole lines) and say in text what came out, a line for each record and each line that could not
 * be read.
 */
#ifndef NEZUMI_TESTS_READ_RECORDS_H
#define NEZUMI_TESTS_READ_RECORDS_H

#include <stdlib.h>

#include "base/clock.h"
#include "format/reader.h"

struct reading {
	struct buf out;
	struct buf copy; /* the block, exactly as long as it is: so that ASan sees a step outside */
	uint64_t base;   /* lines before this block */
	uint64_t records, malformed, lines;
	unsigned kinds; /* as header() narrowed them, all together */
	char header_error[240];
	bool quiet; /* count only */
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
	if (x->quiet)
		return;
	buf_fmt(b, "%llu %s ", (unsigned long long)(x->base + r->line), kind_text(r->kind));
	time_format(b, r->ts);
	buf_fmt(b, "+%lld %s ", (long long)r->duration, proto_text(r->proto));
	ip_format(b, r->orig);
	buf_fmt(b, " %u ", r->orig_port);
	ip_format(b, r->resp);
	buf_fmt(b, " %u opener=%s level=%s", r->resp_port, openers[r->opener], level_text(r->level));
	if (r->one_way)
		buf_fmt(b, " one-way%s", r->ack ? " ack" : "");
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

static void read_block(struct reading *x, const struct reader *r, const struct layout *l,
		       const struct reader_hints *h, struct str block)
{
	struct sink *sink = calloc(1, sizeof *sink);
	char *copy = malloc(block.n ? block.n : 1);

	if (!sink || !copy)
		abort();
	memcpy(copy, block.p, block.n);
	sink->ctx = x;
	sink->record = say_record;
	buf_init(&sink->scratch, (size_t)64 << 20);
	r->block(l, h, (struct str){ copy, block.n }, sink);
	for (unsigned i = 0; i < sink->n_rejects && !x->quiet; i++)
		buf_fmt(&x->out, "%llu ! %s\n",
			(unsigned long long)(x->base + sink->rejects[i].line), sink->rejects[i].why);
	x->malformed += sink->malformed;
	x->base += sink->line;
	buf_free(&sink->scratch);
	free(sink);
	free(copy);
}

/* Blocks end with the first line that makes them reach `size`. */
static void read_text(struct reading *x, const struct reader *r, struct str text, size_t size,
		      const struct reader_hints *hints)
{
	static const struct reader_hints none;
	const struct layout *l = NULL;
	bool unreadable = false, first = true;
	struct str rest = text, line;
	struct arena a;

	arena_init(&a, 0);
	hints = hints ? hints : &none;
	while (rest.n) {
		struct str part = { rest.p, 0 };
		bool head = (r->titled && first) || (r->mark && rest.p[0] == r->mark);
		uint64_t lines = 0;

		while (rest.n) {
			struct str before = rest;

			if (head ? lines && !(r->mark && rest.p[0] == r->mark)
				 : part.n && ((r->mark && rest.p[0] == r->mark) || part.n >= size))
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
			read_block(x, r, l, hints, part);
		}
	}
	x->lines = x->base;
	arena_free(&a);
}

#endif
