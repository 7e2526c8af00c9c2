/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Zeek's logs as JSON, one object a line, of one kind or mixed (`_path` tells, or the keys do).
 * Keys are flat as Zeek writes them
 * ("id.orig_h") or nested as shippers make of them. Other logs among them are passed over.
 */
#include "format/json_sieve.h"
#include "format/zeek.h"

struct found {
	struct zeek_row row;
	struct json answers, ttls;
	struct str path;
	uint32_t seen;
};

static bool keep(struct found *f, enum zeek_column c, const struct json *v, size_t line_n,
		 struct buf *scratch)
{
	f->seen |= ZEEK_BIT(c);
	if (c >= ZEEK_VALUES)
		return true;
	if (c == ZEEK_ANSWERS)
		f->answers = *v;
	else if (c == ZEEK_TTLS)
		f->ttls = *v;
	return json_value(v, line_n, scratch, &f->row.v[c]);
}

/* {"id": {"orig_h": …}}; its text was found valid before. */
static bool keep_id(struct found *f, struct str object, size_t line_n, struct buf *scratch)
{
	static const struct {
		const char *name;
		enum zeek_column column;
	} keys[] = { { "orig_h", ZEEK_ORIG_H },
		     { "orig_p", ZEEK_ORIG_P },
		     { "resp_h", ZEEK_RESP_H },
		     { "resp_p", ZEEK_RESP_P } };
	struct json_walk w;
	struct json v;
	struct str key;

	(void)json_begin(&w, object);
	while (json_next(&w, &key, &v))
		for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
			if (str_is(key, keys[i].name) && !keep(f, keys[i].column, &v, line_n, scratch))
				return false;
	return true;
}

/* NULL, or why the line cannot be read. */
static const char *skim(struct str line, struct found *f, struct buf *scratch)
{
	struct json_walk w;
	struct json v;
	struct str key;

	if (!json_begin(&w, line) || w.array)
		return "not a JSON object";
	while (json_next(&w, &key, &v)) {
		enum zeek_column c = zeek_column(key);
		bool ok = true;

		if (c != ZEEK_COLUMNS)
			ok = keep(f, c, &v, line.n, scratch);
		else if (str_is(key, "_path"))
			ok = json_value(&v, line.n, scratch, &f->path);
		else if (v.type == JSON_OBJECT && str_is(key, "id"))
			ok = keep_id(f, v.raw, line.n, scratch);
		if (!ok)
			return "no memory to undo escapes";
	}
	if (w.failed)
		return "not valid JSON (cut off?), or nested too deeply";
	if (json_rest(&w).n)
		return "text after the JSON object";
	return NULL;
}

static unsigned answers(const struct found *f, struct dns_answer *out)
{
	struct json_walk names, ttls;
	struct json name, ttl;
	bool with_ttls = f->ttls.type == JSON_ARRAY && json_begin(&ttls, f->ttls.raw);
	struct str key;
	unsigned n = 0;

	if (f->answers.type != JSON_ARRAY || !json_begin(&names, f->answers.raw))
		return 0;
	while (n < DNS_ANSWERS_MAX && json_next(&names, &key, &name)) {
		with_ttls = with_ttls && json_next(&ttls, &key, &ttl);
		if (name.type == JSON_STRING && ip_parse(name.raw, &out[n].ip))
			out[n++].ttl = with_ttls ? zeek_ttl(ttl.raw) : TTL_UNSTATED;
	}
	return n;
}

static enum kind kind_of(struct str path, uint32_t seen)
{
	enum kind k = path.n ? zeek_kind_of_path(path) : KIND_COUNT;

	return k == KIND_COUNT ? zeek_kind_of_columns(seen) : k;
}

static void finish(struct found *f, const char *why, struct sink *sink)
{
	enum kind kind = kind_of(f->path, f->seen);

	if (!why && kind == KIND_COUNT && !(f->seen & ZEEK_BIT(ZEEK_TS)))
		why = "not a record of a Zeek log";
	if (why)
		sink_bad(sink, "%s", why);
	else if (kind != KIND_COUNT)
		zeek_record(kind, &f->row, kind == KIND_DNS ? answers(f, sink->answers) : 0, sink);
}

static void walk(struct str line, struct sink *sink)
{
	struct found f = { 0 };
	const char *why;

	line = str_trim(line);
	if (line.n == 0)
		return;
	buf_clear(&sink->scratch);
	why = skim(line, &f, &sink->scratch);
	finish(&f, why, sink);
}

/* ---- by the index -------------------------------------------------------------------------- */

enum { SLOT_PATH = ZEEK_COLUMNS, SLOT_ID };

static uint8_t slot_of(uint8_t parent, struct str key)
{
	if (parent == JSON_TOP) {
		enum zeek_column c = zeek_column(key);

		if (c != ZEEK_COLUMNS)
			return (uint8_t)c;
		return str_is(key, "_path") ? SLOT_PATH
		       : str_is(key, "id")  ? SLOT_ID
					    : JSON_NO_SLOT;
	}
	if (parent != SLOT_ID)
		return JSON_NO_SLOT;
	return str_is(key, "orig_h")   ? ZEEK_ORIG_H
	       : str_is(key, "orig_p") ? ZEEK_ORIG_P
	       : str_is(key, "resp_h") ? ZEEK_RESP_H
	       : str_is(key, "resp_p") ? ZEEK_RESP_P
				       : JSON_NO_SLOT;
}

/* Of a shape's line: would it be a record? If so it waits for the look-up of its addresses. */
static inline bool waits(const struct json_at *at, enum kind kind, struct sieve *sieve)
{
	int64_t ts;

	if (kind == KIND_DNS && json_has(at, ZEEK_ANSWERS) && !sieve_unwanted(sieve, at, ZEEK_ANSWERS))
		return false;
	if (!sieve_moment(sieve, at, ZEEK_TS, &ts) || !sieve_port(sieve, at, ZEEK_ORIG_P) ||
	    !sieve_port(sieve, at, ZEEK_RESP_P))
		return false;
	if (kind == KIND_FLOW &&
	    !(sieve_seconds(at, ZEEK_DURATION) && sieve_count(at, ZEEK_ORIG_BYTES) &&
	      sieve_count(at, ZEEK_RESP_BYTES) && sieve_count(at, ZEEK_ORIG_PKTS) &&
	      sieve_count(at, ZEEK_RESP_PKTS)))
		return false;
	return sieve_wait(sieve, at, ZEEK_ORIG_H, ZEEK_RESP_H, ts);
}

static const char *fill(const struct json_at *at, enum kind kind, struct found *f, struct buf *scratch)
{
	uint32_t used = kind == KIND_COUNT ? 0 : zeek_used(kind) & f->seen;

	for (; used; used &= used - 1) {
		unsigned c = (unsigned)__builtin_ctz(used);
		struct json v;

		json_slot_value(at, c, &v);
		if (!keep(f, (enum zeek_column)c, &v, at->line.n, scratch))
			return "no memory to undo escapes";
	}
	return NULL;
}

/* False: not sure what the line says. */
static bool indexed(const struct json_at *at, struct sieve *sieve)
{
	struct sink *sink = sieve->sink;
	struct found f;
	struct json v;
	enum kind kind;

	f.path = STR_NONE;
	f.seen = (uint32_t)(at->shape->present & (ZEEK_BIT(ZEEK_COLUMNS) - 1));
	if (json_has(at, SLOT_PATH)) {
		json_slot_value(at, SLOT_PATH, &v);
		if (v.type != JSON_STRING || v.escaped)
			return false;
		f.path = v.raw;
	}
	/* Addresses in anything but an object are none. */
	if (json_has(at, SLOT_ID) && json_slot(at, SLOT_ID).p[0] != '{')
		return false;
	kind = kind_of(f.path, f.seen);
	if (kind != KIND_COUNT && sink_selects(sink, kind) && waits(at, kind, sieve))
		return true;
	sieve_flush(sieve);
	buf_clear(&sink->scratch);
	memset(&f.row, 0, sizeof f.row);
	f.answers.type = f.ttls.type = JSON_NULL;
	finish(&f, fill(at, kind, &f, &sink->scratch), sink);
	return true;
}

static void block(const struct layout *l, const struct reader_hints *hints, struct str text,
		  struct sink *sink)
{
	static const struct json_reading how = { slot_of, JSON_SLOTS, indexed, walk };

	(void)l;
	(void)hints;
	sieve_lines(&how, text, sink);
}

/* The first lines may be of other logs, so a few are tried; the last may be cut off by the sample's
 * end. */
static int sniff(const struct sample *sample)
{
	const uint32_t ends = ZEEK_BIT(ZEEK_ORIG_H) | ZEEK_BIT(ZEEK_RESP_H);
	struct str rest = sample->head, line;
	struct buf scratch;
	int sure = 0;

	buf_init(&scratch, 1 << 20);
	for (int i = 0; i < 20 && sure < 90 && str_line(&rest, &line); i++) {
		struct found f = { 0 };

		line = str_trim(line);
		if (line.n == 0)
			continue;
		if (line.p[0] != '{')
			break;
		buf_clear(&scratch);
		(void)skim(line, &f, &scratch);
		if (!(f.seen & ZEEK_BIT(ZEEK_TS)))
			continue;
		if (kind_of(f.path, f.seen) != KIND_COUNT && (f.seen & ends))
			sure = 95;
		else if (f.path.n)
			sure = 50;
	}
	buf_free(&scratch);
	return sure;
}

const struct reader reader_zeek_json = {
	.name = "zeek-json",
	.title = "Zeek conn, dns, ssl and http logs as JSON, one object a line",
	.reads = READS_RECORDS,
	.frame = FRAME_LINES,
	.kinds = KIND_ALL,
	.sniff = sniff,
	.block = block,
};
