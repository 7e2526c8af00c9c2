/* SPDX-License-Identifier: Apache-2.0 */
/*
 * All readers. The first byte of an input lets a class of readers be sniffed (r records, i
 * indicators, o organisations, x exclusions) or chooses one by its place in readers.def; the rest
 * is the file. It is driven as the program drives it: header lines, titles, blocks of whole lines,
 * documents, streams, each in memory of exactly its length. Every file is read twice, cut
 * differently, and must mean the same: blocks are read by any thread in any order. Telemetry is
 * read again for a client to whom only some addresses matter, by another instruction set: what is
 * passed over then must be counted, and nothing that matters to him may be.
 *
 * What is handed over is looked at byte by byte and held to what the headers promise.
 */
#include "../unit/sieve.h"
#include "base/mix.h"
#include "base/vec.h"
#include "core/name.h"
#include "format/reader.h"

#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define need(ok) ((ok) ? (void)0 : broken(#ok, __LINE__))

static void broken(const char *what, int line)
{
	fprintf(stderr, "fuzz_readers.c:%d: does not hold: %s\n", line, what);
	abort();
}

/* Reading one file: what is checked against, and a digest of all that was handed over. */
struct run {
	const struct reader *reader;
	const struct sink *sink;
	struct str block;
	unsigned kinds;
	uint64_t lines;          /* in the block */
	uint64_t lines_before;   /* the block, in the file */
	uint64_t digest, things; /* in order */
	uint64_t malformed, rejected, unused;

	/* The client. */
	const struct near *near;
	unsigned near_kinds;
	bool pass; /* what does not matter to him may be passed over */
	enum isa isa;
	int64_t from, to;
	/* Records one by one, those that must be handed over marked; and all of them. */
	VEC(uint64_t) records;
	uint64_t passed, in_window;
	int64_t first, last;
};

static uint64_t count_lines(struct str s)
{
	uint64_t n = 0;
	struct str line;

	while (str_line(&s, &line))
		n++;
	return n;
}

/* ---- what was handed over --------------------------------------------------------------------- */

static void number(struct run *r, uint64_t v)
{
	r->digest = mix64(r->digest ^ v) + 1;
}

/* Reads every byte, so that a slice of what is not there is noticed. */
static void text(struct run *r, struct str s)
{
	need(s.p || s.n == 0);
	number(r, s.n);
	number(r, s.n ? str_hash(s, 1) : 0);
}

static void moment(struct run *r, int64_t t)
{
	need(t >= 0 && t <= TIME_MAX);
	number(r, (uint64_t)t);
}

static void validity(struct run *r, int64_t t)
{
	if (t == TIME_NONE)
		number(r, 1);
	else
		moment(r, t);
}

static void address(struct run *r, struct ip ip)
{
	number(r, ip.hi);
	number(r, ip.lo);
}

static void network(struct run *r, struct cidr c)
{
	need(c.len <= 128);
	need(ip_eq(ip_mask(c.ip, c.len), c.ip));
	address(r, c.ip);
	number(r, c.len);
}

/* In the form in which names are compared: normalising changes nothing. */
static void normal_name(struct run *r, struct str name)
{
	struct buf b;

	text(r, name);
	buf_init(&b, 0);
	need(name_normalise(name, true, &b) == ERR_OK);
	need(str_eq(name, buf_str(&b)));
	buf_free(&b);
}

static void normal_url(struct run *r, const struct indicator *i)
{
	struct str host;
	struct buf b;
	uint16_t port;

	text(r, i->value);
	buf_init(&b, 0);
	need(url_normalise(i->value, &b, &host, &port) == ERR_OK);
	need(str_eq(i->value, buf_str(&b)));
	need(port == i->port);
	buf_free(&b);
}

static void hash(struct run *r, struct str s)
{
	text(r, s);
	need(s.n == 32 || s.n == 40 || s.n == 64 || s.n == 128);
	for (size_t i = 0; i < s.n; i++)
		need((s.p[i] >= '0' && s.p[i] <= '9') || (s.p[i] >= 'a' && s.p[i] <= 'f'));
}

static void handed_over(struct run *r, enum reads reads)
{
	need(r->reader->reads == reads);
	r->things++;
}

static void on_record(void *ctx, struct record *rec)
{
	struct run *r = ctx;
	uint64_t before, *one;

	handed_over(r, READS_RECORDS);
	need((unsigned)rec->kind < KIND_COUNT && (r->kinds & KIND_BIT(rec->kind)));
	need((unsigned)rec->opener <= OPENER_RESP);
	need((unsigned)rec->level <= LEVEL_TWO_WAY);
	need((rec->kind == KIND_DNS) == (rec->level == LEVEL_LOOKUP));
	need(rec->kind == KIND_FLOW || (rec->opener == OPENER_ORIG && !rec->one_way));
	need(rec->kind != KIND_FLOW || rec->name.n == 0);
	need(rec->kind == KIND_HTTP || rec->path.n == 0);
	need(rec->kind == KIND_DNS || rec->n_answers == 0);
	need(!rec->passive || (rec->kind == KIND_DNS && ip_eq(rec->orig, (struct ip){ 0, 0 }) &&
			       ip_eq(rec->resp, (struct ip){ 0, 0 })));
	need(rec->n_answers <= DNS_ANSWERS_MAX && (rec->answers || rec->n_answers == 0));
	need(rec->duration >= 0 && rec->duration <= TIME_MAX);
	if (r->reader->frame != FRAME_DOCUMENT)
		need(rec->line >= 1 && rec->line == r->sink->line);
	if (r->reader->frame == FRAME_LINES)
		need(rec->line <= r->lines);

	/* Each record by itself, then all of them in order. */
	before = r->digest;
	r->digest = 0;
	number(r, rec->kind);
	number(r, rec->opener);
	number(r, rec->level);
	number(r, rec->one_way);
	number(r, rec->passive);
	number(r, rec->ack);
	number(r, rec->proto);
	number(r, rec->orig_port);
	number(r, rec->resp_port);
	address(r, rec->orig);
	address(r, rec->resp);
	moment(r, rec->ts);
	number(r, (uint64_t)rec->duration);
	number(r, rec->orig_bytes);
	number(r, rec->resp_bytes);
	number(r, rec->orig_packets);
	number(r, rec->resp_packets);
	number(r, rec->orig_payload);
	number(r, rec->resp_payload);
	text(r, rec->name);
	text(r, rec->path);
	for (unsigned i = 0; i < rec->n_answers; i++) {
		address(r, rec->answers[i].ip);
		number(r, rec->answers[i].ttl);
	}
	number(r, r->lines_before + rec->line);

	one = VEC_PUSH(&r->records);
	if (!one)
		abort();
	*one = r->digest << 1 | sieve_must(r->near, r->near_kinds, rec);
	r->digest = mix64(before ^ r->digest);
	if (r->from <= rec->ts && rec->ts < r->to) {
		r->in_window++;
		if (rec->ts < r->first)
			r->first = rec->ts;
		if (rec->ts > r->last)
			r->last = rec->ts;
	}
}

static void on_indicator(void *ctx, const struct indicator *i)
{
	struct run *r = ctx;

	handed_over(r, READS_INDICATORS);
	need((unsigned)i->role <= ROLE_INFECTED_HOST);
	need(i->confidence <= 100 || i->confidence == 255);
	number(r, i->type);
	number(r, i->role);
	number(r, i->port);
	number(r, i->revoked);
	number(r, i->confidence);
	validity(r, i->from);
	validity(r, i->until);
	validity(r, i->seen);
	text(r, i->family);
	text(r, i->source);
	text(r, i->reference);
	switch (i->type) {
	case IT_IP:
		need(i->net.len == 128);
		network(r, i->net);
		text(r, i->value);
		break;
	case IT_CIDR:
		network(r, i->net);
		text(r, i->value);
		break;
	case IT_DOMAIN:
		normal_name(r, i->value);
		break;
	case IT_URL:
		normal_url(r, i);
		break;
	case IT_HASH:
		hash(r, i->value);
		break;
	default:
		need(!"a type of indicator");
	}
}

static void entry(struct run *r, enum entry_type type, struct cidr net, uint32_t as, struct str name)
{
	number(r, type);
	switch (type) {
	case ENTRY_NET:
		network(r, net);
		break;
	case ENTRY_AS:
		number(r, as);
		break;
	case ENTRY_NAME:
	case ENTRY_NAME_BELOW:
		normal_name(r, name);
		break;
	default:
		need(!"a type of entry");
	}
}

static void on_org(void *ctx, const struct org_entry *o)
{
	struct run *r = ctx;

	handed_over(r, READS_ORGS);
	entry(r, o->type, o->net, o->as, o->name);
	need((unsigned)o->org.kind <= ORG_SINKHOLE);
	need(o->org.country.n == 0 || o->org.country.n == 2);
	text(r, o->org.id);
	text(r, o->org.name);
	text(r, o->org.sector);
	text(r, o->org.country);
	number(r, o->org.kind);
}

static void on_exclusion(void *ctx, const struct exclusion *x)
{
	struct run *r = ctx;

	handed_over(r, READS_EXCLUSIONS);
	entry(r, x->type, x->net, x->as, x->name);
	text(r, x->list);
	number(r, x->classed);
	if (x->classed)
		need((unsigned)x->class < X_COUNT);
	number(r, x->classed ? x->class : 0);
	text(r, x->reason);
}

static void on_alias(void *ctx, const struct alias_name *n)
{
	struct run *r = ctx;

	handed_over(r, READS_ALIASES);
	need(n->family.n > 0 && n->name.n > 0);
	text(r, n->list);
	text(r, n->family);
	text(r, n->name);
}

/* ---- as the driver does it -------------------------------------------------------------------- */

/* A copy without a byte to spare on either side, as far as the sanitizer can see. */
static struct str exact(struct str s)
{
	char *p = malloc(s.n ? s.n : 1);

	if (!p)
		abort();
	if (s.n)
		memcpy(p, s.p, s.n);
	return (struct str){ p, s.n };
}

static void let_go(struct str s)
{
	free((char *)(uintptr_t)s.p);
}

static void open_sink(struct run *r, struct sink *sink)
{
	*sink = (struct sink){ .ctx = r,
			       .record = on_record,
			       .indicator = on_indicator,
			       .org = on_org,
			       .exclusion = on_exclusion,
			       .alias = on_alias,
			       .near = r->pass ? r->near : NULL,
			       .listed = sieve_listed,
			       .near_kinds = r->near_kinds,
			       .isa = r->isa,
			       .from = r->from,
			       .to = r->to,
			       .passed = { .first = INT64_MAX, .last = INT64_MIN },
			       .used = SIEVE_UNSAID };
	buf_init(&sink->scratch, (size_t)64 << 20);
	r->sink = sink;
}

/* What a block or a piece of a stream left in the sink. */
static void look(struct run *r, struct sink *sink)
{
	need(sink->n_rejects == (sink->malformed < SINK_REJECTS ? sink->malformed : SINK_REJECTS));
	for (unsigned i = 0; i < sink->n_rejects; i++) {
		need(sink->rejects[i].line <= sink->line);
		need(sink->rejects[i].line || r->reader->frame != FRAME_LINES);
		need(memchr(sink->rejects[i].why, 0, sizeof sink->rejects[i].why) != NULL);
		need(sink->rejects[i].why[0]);
		r->rejected += mix64(r->lines_before + sink->rejects[i].line) ^
			       str_hash(str_of(sink->rejects[i].why), 2);
	}
	r->malformed += sink->malformed;
	r->unused += sink->unused;
	r->lines_before += sink->line;
	need(sink->passed.all == 0 || r->pass);
	need(sink->passed.in_window <= sink->passed.all);
	if (sink->passed.in_window) {
		need(sink->passed.first >= r->from && sink->passed.last < r->to);
		if (sink->passed.first < r->first)
			r->first = sink->passed.first;
		if (sink->passed.last > r->last)
			r->last = sink->passed.last;
	}
	r->passed += sink->passed.all;
	r->in_window += sink->passed.in_window;
	sink->line = sink->malformed = sink->unused = 0;
	sink->n_rejects = 0;
	sink->passed.all = sink->passed.in_window = 0;
	sink->passed.first = INT64_MAX;
	sink->passed.last = INT64_MIN;
}

/* How much of it was read. ahead: bytes behind it in memory. */
static size_t read_block(struct run *r, const struct layout *layout, const struct reader_hints *h,
			 struct str block, size_t ahead)
{
	static struct sink sink;
	size_t used = block.n, more = r->reader->spans ? ahead : 0;
	struct str all = exact((struct str){ block.p, block.n + more }), copy = str_head(all, block.n);

	open_sink(r, &sink);
	sink.ahead = more;
	r->block = copy;
	r->lines = count_lines(copy);
	r->reader->block(layout, h, copy, &sink);
	if (r->reader->mark && sink.used != SIEVE_UNSAID) {
		used = sink.used;
		need(used > 0 && used <= block.n);
		need(used == block.n || (copy.p[used] == r->reader->mark && copy.p[used - 1] == '\n'));
		r->lines = count_lines(str_head(copy, used));
	} else if (r->reader->spans) {
		used = sink.used;
		need(used >= block.n && used <= all.n && used <= block.n + SPAN_AHEAD);
		need(used == all.n || all.p[used - 1] == '\n');
		r->lines = count_lines(str_head(all, used));
	} else {
		need(sink.used == SIEVE_UNSAID || r->reader->frame == FRAME_DOCUMENT);
	}
	if (r->reader->frame == FRAME_LINES) {
		need(sink.line == r->lines);
	} else {
		need(sink.line <= r->lines);
		sink.line = r->lines;
	}
	look(r, &sink);
	buf_free(&sink.scratch);
	let_go(all);
	return used;
}

/*
 * A stream whole or in pieces that grow bit by bit. That the file has ended may be known with the
 * last piece or only behind it.
 */
static void read_stream(struct run *r, const struct reader_hints *h, struct str file, uint64_t *cuts)
{
	static struct sink sink;
	struct stream *st = NULL;
	size_t from = 0, until = 0;
	bool ended = false;

	open_sink(r, &sink);
	need(r->reader->unit_max > 0 && r->reader->unit_max <= (size_t)16 << 20);
	need(r->reader->open(h, &st) == ERR_OK);
	for (;;) {
		size_t more = file.n - until, done;
		struct str have;

		if (cuts && more > 1) {
			size_t most = mix_next(cuts) % 4 ? 64 : 4096;

			more = 1 + mix_next(cuts) % (more < most ? more : most);
		}
		until += more;
		ended = ended || more == 0 || (until == file.n && (!cuts || mix_next(cuts) % 2));
		have = exact((struct str){ file.p + from, until - from });
		done = r->reader->feed(st, have, ended, &sink);
		let_go(have);
		need(done <= until - from);
		from += done;
		look(r, &sink);
		if (ended || (done == 0 && until - from >= r->reader->unit_max))
			break;
	}
	/* What is given up is told. */
	need(from == file.n || r->malformed > 0);
	r->reader->close(st);
	buf_free(&sink.scratch);
}

/* Feed all there is up to the end, or until nothing more is taken. */
static void feed_rest(struct run *r, struct sink *sink, struct stream *st, struct str file, bool ends)
{
	struct str have = exact(file), left = have;
	size_t done;

	do {
		done = r->reader->feed(st, left, ends, sink);
		need(done <= left.n);
		left = str_skip(left, done);
		look(r, sink);
	} while (done && !ends);
	let_go(have);
}

/*
 * A file of blocks is read up to one of them, and from there by another stream: if the first says
 * that it stands there, the same must come of it. False: it cannot be cut, or does not stand there.
 */
static bool read_in_two(struct run *r, const struct reader_hints *h, struct str file, uint64_t *cuts)
{
	static struct sink sink;
	const struct blocks *b = r->reader->blocks;
	struct str head = exact(file);
	size_t first = b->first(head), many = mix_next(cuts) % 8;
	struct block_place at = { .at = first }, stands = { 0 };
	struct stream *st = NULL;
	bool there;

	let_go(head);
	for (size_t n = first; n && at.at + b->head <= file.n && many--; at.blocks += n != 0) {
		head = exact(str_head(str_skip(file, at.at), b->head));
		n = b->size(head);
		let_go(head);
		at.at += n;
	}
	if (!first || at.at + b->head > file.n)
		return false;
	open_sink(r, &sink);
	need(r->reader->open(h, &st) == ERR_OK);
	feed_rest(r, &sink, st, str_head(file, at.at + b->head), false);
	there = b->place(st, &stands) && stands.at == at.at && stands.blocks == at.blocks &&
		stands.looks == at.looks && stands.debt == at.debt;
	r->reader->close(st);
	need(r->reader->open(h, &st) == ERR_OK);
	head = exact(str_head(file, first));
	b->resume(st, head, &at);
	let_go(head);
	feed_rest(r, &sink, st, str_skip(file, at.at), true);
	r->reader->close(st);
	buf_free(&sink.scratch);
	return there;
}

static struct str take_line(struct str *rest)
{
	size_t at = str_chr(*rest, '\n');
	struct str line = str_head(*rest, at == SIZE_MAX ? rest->n : at + 1);

	*rest = str_skip(*rest, line.n);
	return line;
}

/* The bytes of lines that make the next header, 0 where data stands; *lines is what header() gets. */
static size_t header_length(const struct reader *rd, bool seen, struct str text, struct str *lines)
{
	struct str rest = text;

	*lines = STR_NONE;
	if (rd->mark) {
		while (rest.n && rest.p[0] == rd->mark)
			(void)take_line(&rest);
		*lines = str_head(text, text.n - rest.n);
	} else if (rd->titled && !seen) {
		while (rest.n && lines->n == 0) {
			struct str line;

			(void)str_line(&rest, &line);
			if (str_trim(line).n && line.p[0] != '#')
				*lines = line;
		}
	}
	return text.n - rest.n;
}

/*
 * Whole lines up to the next header line, or beyond it where the reader stops there by itself;
 * fewer of them where `cuts` says so.
 */
static size_t block_length(const struct reader *rd, struct str text, bool beyond, uint64_t *cuts)
{
	struct str rest = text;

	do {
		(void)take_line(&rest);
		if (cuts && mix_next(cuts) % 3 == 0)
			break;
	} while (rest.n && (beyond || !(rd->mark && rest.p[0] == rd->mark)));
	return text.n - rest.n;
}

static void read_lines(struct run *r, const struct reader_hints *h, struct str text, uint64_t *cuts)
{
	const struct layout *layout = NULL;
	bool seen = false, refused = false, beyond = cuts && sieve_stops_at_marks(r->reader);
	struct arena arena;

	arena_init(&arena, (size_t)64 << 20);
	r->kinds = r->reader->kinds;
	while (text.n) {
		struct str lines;
		size_t n = header_length(r->reader, seen, text, &lines);

		if (n == 0) {
			n = block_length(r->reader, text, beyond && !refused, cuts);
			if (refused)
				r->lines_before += count_lines(str_head(text, n));
			else
				n = read_block(r, layout, h, str_head(text, n), text.n - n);
		} else if (lines.n) {
			const struct layout *made = (const void *)&arena;
			struct str copy = exact(lines);
			struct errinfo ei = { 0 };
			unsigned kinds = r->reader->kinds;
			enum err e = r->reader->header(copy, layout, h, &arena, &made, &kinds, &ei);

			/* ERR_FORMAT: of another kind altogether. */
			need(e == ERR_OK || e == ERR_PARSE || e == ERR_FORMAT || e == ERR_NOMEM);
			need((kinds & ~r->reader->kinds) == 0);
			need(e == ERR_OK || made == (const void *)&arena);
			need(e == ERR_OK || ei.msg[0]);
			number(r, e);
			seen = true;
			refused = e != ERR_OK;
			layout = refused ? NULL : made;
			r->kinds = kinds;
			r->lines_before += count_lines(str_head(text, n));
			/* A layout may not lean on the text it was made from. */
			memset((char *)(uintptr_t)copy.p, 0xa5, copy.n);
			let_go(copy);
		} else {
			r->lines_before += count_lines(str_head(text, n));
		}
		text = str_skip(text, n);
	}
	arena_free(&arena);
}

static void read_file(struct run *r, const struct reader_hints *h, struct str text, uint64_t *cuts)
{
	r->kinds = r->reader->kinds;
	r->first = INT64_MAX;
	r->last = INT64_MIN;
	if (r->reader->frame == FRAME_LINES)
		read_lines(r, h, text, cuts);
	else if (r->reader->frame == FRAME_STREAM)
		read_stream(r, h, text, cuts);
	else if (text.n)
		(void)read_block(r, NULL, h, text, 0);
}

static int by_number(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

/* All that was counted is the same, whatever was passed over. */
static void same_counts(const struct run *a, const struct run *b)
{
	need(a->things == b->things + b->passed);
	need(a->malformed == b->malformed);
	need(a->unused == b->unused);
	need(a->lines_before == b->lines_before);
	need(a->in_window == b->in_window);
	need(a->first == b->first && a->last == b->last);
	/* What is beyond a block's worth of rejects is only counted. */
	need(a->malformed > SINK_REJECTS || a->rejected == b->rejected);
}

/* What was handed over is some of what there is, and all of it that matters. */
static void same_but_passed(const struct run *all, const struct run *some)
{
	size_t k = 0;

	if (all->records.n)
		qsort(all->records.v, all->records.n, sizeof *all->records.v, by_number);
	if (some->records.n)
		qsort(some->records.v, some->records.n, sizeof *some->records.v, by_number);
	for (size_t i = 0; i < all->records.n; i++)
		if (k < some->records.n && some->records.v[k] == all->records.v[i])
			k++;
		else
			need((all->records.v[i] & 1) == 0);
	need(k == some->records.n);
}

/* Whatever reader was asked for, all of them look at the sample. */
static const struct reader *recognise(unsigned choice, struct str text, struct str name)
{
	struct sample s = { .head = exact(str_head(text, 65536)), .whole = text.n <= 65536, .name = name };
	const struct reader *chosen = NULL;
	static const char classes[] = "riox"; /* as in enum reads */
	const char *class = choice ? strchr(classes, (int)choice) : NULL;
	unsigned n = 0;

	for (; readers[n]; n++) {
		int sure = readers[n]->sniff(&s);

		need(sure >= 0 && sure <= 100);
		need(sure == readers[n]->sniff(&s));
		if (s.whole && s.head.n) {
			/* The same bytes as the head of something longer: no lines but whole ones. */
			struct sample part = { s.head, false, name };

			sure = readers[n]->sniff(&part);
			need(sure >= 0 && sure <= 100);
		}
	}
	if (!class)
		chosen = readers[choice % n];
	else if (reader_find((enum reads)(class - classes), &s, &chosen) != ERR_OK)
		chosen = NULL;
	let_go(s.head);
	return chosen;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct str columns[][2] = {
		{ { "value", 5 }, { "a", 1 } },
		{ { "family", 6 }, { "b", 1 } },
		{ { "ts", 2 }, { "c", 1 } },
		{ { "no such field", 13 }, { "d", 1 } },
	};
	static const char *const names[] = { "",         "njrat.txt",
					     "conn.log", "dns.00:00:00-01:00:00.log",
					     "feed.csv", "warninglist.json" };
	struct str text = { (const char *)data + 1, size - 1 };
	struct reader_hints h = { 0 };
	struct run whole = { 0 }, pieces, sifted, halves;
	uint64_t cuts;

	if (size == 0)
		return 0;
	/* The driver takes it away. */
	if (str_starts(text, STR("\xef\xbb\xbf")))
		text = str_skip(text, 3);
	cuts = str_hash(text, data[0]);
	h.name = h.path = str_of(names[cuts % (sizeof names / sizeof names[0])]);
	if (cuts >> 32 & 1) {
		h.columns = columns;
		h.n_columns = 1 + (cuts >> 33 & 3);
	}
	whole.reader = recognise(data[0], text, h.name);
	if (!whole.reader)
		return 0;
	/* A client of some kind, and the best way to look. */
	whole.near = sieve_near(cuts >> 35 & 1);
	whole.near_kinds = cuts >> 36 & 1 ? KIND_ALL : (unsigned)(cuts >> 37) & KIND_ALL;
	whole.from = INT64_MIN;
	whole.to = INT64_MAX;
	if (cuts >> 41 & 1) {
		whole.from = (int64_t)(cuts >> 42 & 3) * 400000000 * TIME_S;
		whole.to = whole.from + 1000000000 * TIME_S;
	}
	pieces = sifted = halves = whole;
	pieces.isa = cpu_isa();
	sifted.isa = (enum isa)((cuts >> 44) % (cpu_isa() + 1u));
	sifted.pass = true;
	read_file(&whole, &h, text, NULL);
	read_file(&pieces, &h, text, &cuts);
	same_counts(&whole, &pieces);
	need(whole.digest == pieces.digest);
	if (whole.reader->reads == READS_RECORDS) {
		read_file(&sifted, &h, text, cuts >> 46 & 1 ? &cuts : NULL);
		same_counts(&whole, &sifted);
		same_but_passed(&whole, &sifted);
	}
	if (whole.reader->blocks) {
		halves.kinds = whole.reader->kinds;
		halves.first = INT64_MAX;
		halves.last = INT64_MIN;
		if (read_in_two(&halves, &h, text, &cuts)) {
			same_counts(&whole, &halves);
			need(whole.digest == halves.digest);
		}
		free(halves.records.v);
	}
	free(whole.records.v);
	free(pieces.records.v);
	free(sifted.records.v);
	return 0;
}
