/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Messages of NetFlow v5, v9 and IPFIX one behind the other, as collectors and test sets keep them
 * and as IPFIX files are (RFC 5655). Who sent them is not known, so all count as one exporter's.
 * Bytes between messages are told, and the next message is searched.
 */
#include "base/wire.h"
#include "format/export.h"
#include "format/netflow.h"

#include <stdlib.h>

/* A message, and the head of the next, which may have to prove it. */
#define UNIT_MAX ((size_t)1 << 17)

struct stream {
	struct exports *exports;
	bool lost; /* no message began where one should, and that was told */
};

static enum err open_stream(const struct reader_hints *hints, struct stream **out)
{
	struct stream *st = calloc(1, sizeof *st);
	enum err e = st ? exports_new(&st->exports) : ERR_NOMEM;

	(void)hints;
	if (e) {
		free(st);
		return e;
	}
	*out = st;
	return ERR_OK;
}

static void close_stream(struct stream *st)
{
	exports_free(st->exports);
	free(st);
}

/* Where the next message begins after here; all of it when none does. */
static size_t search(struct str have)
{
	for (size_t i = 1; i + 1 < have.n; i++) {
		const char *zero = memchr(have.p + i, 0, have.n - 1 - i);

		if (!zero)
			break;
		i = (size_t)(zero - have.p);
		if (netflow_begins(str_skip(have, i)))
			return i;
	}
	return have.n;
}

/* No message begins here: tell it once, and go on to the next. */
static size_t skip(struct stream *st, struct str have, bool ended, struct sink *sink)
{
	/* A header may lie across the end of what is at hand. */
	enum { HEAD = 64 };
	size_t n = search(have);

	if (!st->lost) {
		sink_line(sink);
		sink_bad(sink, "no message of NetFlow 5, 9 or IPFIX begins here");
		st->lost = true;
	}
	return n == have.n && !ended ? n - HEAD : n;
}

static size_t feed(struct stream *st, struct str have, bool ended, struct sink *sink)
{
	size_t done = 0;

	while (ended ? done < have.n : have.n - done >= UNIT_MAX) {
		struct str rest = str_skip(have, done);
		bool whole;
		size_t n = st->lost && !netflow_begins(rest) ? 0 : netflow_frame(rest, &whole);

		if (n == 0) {
			done += skip(st, rest, ended, sink);
			continue;
		}
		exports_read(st->exports, (struct ip){ 0, 0 }, 0, TIME_NONE, str_head(rest, n), sink);
		done += n;
		/* That its end is wrong has been told with it. */
		st->lost = !whole;
	}
	if (ended)
		exports_end(st->exports, sink);
	return done;
}

/* A version 5 whose number of records lies is still one. */
static bool lies(struct str head)
{
	struct wire w = wire_of(head);
	unsigned v = wire_be16(&w);
	uint32_t sent, ns;

	wire_skip(&w, 6);
	sent = wire_be32(&w);
	ns = wire_be32(&w);
	return !w.bad && v == NETFLOW_5 && sent > 946684800 && sent < 2524608000 && ns < 1000000000;
}

/* Some messages that end where the next begins. */
static int sniff(const struct sample *s)
{
	struct str rest = s->head;

	for (int i = 0; i < 8; i++) {
		bool whole;
		size_t n = netflow_frame(rest, &whole);

		if (n == 0)
			return i == 0 && lies(rest) ? 30 : 0;
		if (!whole && i == 0)
			break;
		rest = str_skip(rest, n);
		if (rest.n == 0 || !whole)
			return 90;
	}
	return netflow_begins(s->head) ? rest.n == s->head.n ? 30 : 90 : 0;
}

const struct reader reader_netflow = {
	.name = "netflow",
	.title = "NetFlow 5, 9 and IPFIX messages one behind the other (IPFIX files)",
	.reads = READS_RECORDS,
	.frame = FRAME_STREAM,
	.kinds = KIND_BIT(KIND_FLOW),
	.sniff = sniff,
	.unit_max = UNIT_MAX,
	.open = open_stream,
	.feed = feed,
	.close = close_stream,
};
