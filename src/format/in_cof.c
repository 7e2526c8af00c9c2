/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Passive DNS in the Common Output Format (draft-dulaunoy-dnsop-passive-dns-cof), one object a
 * line, as dnsdbq and other passive DNS databases write it: a name led to these addresses, seen
 * first then and last then. Nobody asks here: each row becomes a passive record, which says
 * where a listed domain led, and is no sighting of anybody.
 *
 * rdata is a string or an array, rrtype a name or a number, times are numbers (some write them as
 * strings, or as calendar text); rows that only a zone file has shown state zone_time_* in place of
 * time_*. Rows of other types than A and AAAA lead to no address and are counted as unused; count,
 * bailiwick and the rest of a row are not looked at.
 */
#include "format/reader.h"
#include "format/telemetry.h"

struct row {
	struct str name, type, first, last, zone_first, zone_last;
	struct json data;
};

static const struct {
	const char *key;
	size_t at; /* of a struct str */
} columns[] = {
	{ "rrname", offsetof(struct row, name) },
	{ "rrtype", offsetof(struct row, type) },
	{ "time_first", offsetof(struct row, first) },
	{ "time_last", offsetof(struct row, last) },
	{ "zone_time_first", offsetof(struct row, zone_first) },
	{ "zone_time_last", offsetof(struct row, zone_last) },
};

/* NULL, or why the line cannot be read. */
static const char *skim(struct str line, struct row *row, struct buf *scratch)
{
	struct json_walk w;
	struct json v;
	struct str key;

	if (!json_begin(&w, line) || w.array)
		return "not a JSON object";
	while (json_next(&w, &key, &v)) {
		if (str_is(key, "rdata"))
			row->data = v;
		for (size_t i = 0; i < sizeof columns / sizeof columns[0]; i++)
			if (str_is(key, columns[i].key) &&
			    !json_value(&v, line.n, scratch,
					(struct str *)(void *)((char *)row + columns[i].at)))
				return "no memory to undo escapes";
	}
	if (w.failed)
		return "not valid JSON (cut off?), or nested too deeply";
	return json_rest(&w).n ? "text after the JSON object" : NULL;
}

static bool wrong(struct sink *sink, const char *name, struct str v, const char *what)
{
	if (!v.p)
		sink_bad(sink, "no %s", name);
	else
		sink_bad(sink, "%s is no %s: \"%.*s\"", name, what, (int)(v.n < 48 ? v.n : 48), v.p);
	return false;
}

static bool times(const struct row *row, struct record *r, struct sink *sink)
{
	bool zone = !row->first.p && row->zone_first.p;
	struct str first = zone ? row->zone_first : row->first, last = zone ? row->zone_last : row->last;
	int64_t until;

	if (!first.p || !moment_parse(first, &r->ts))
		return wrong(sink, "time_first", first, "time from 1970 to 2100");
	if (!last.p || !moment_parse(last, &until))
		return wrong(sink, "time_last", last, "time from 1970 to 2100");
	if (until < r->ts) {
		sink_bad(sink, "time_last is before time_first");
		return false;
	}
	r->duration = until - r->ts;
	return true;
}

static bool leads_to_addresses(struct str type)
{
	return str_iis(type, "A") || str_iis(type, "AAAA") || str_is(type, "1") || str_is(type, "28");
}

/*
 * All of rdata as addresses; with `r` handed over, as many in a record as one holds. Twice, so that
 * a row is taken as a whole or not at all.
 */
static bool addresses(const struct json *data, struct record *r, struct sink *sink)
{
	struct json_walk w;
	struct json v = *data;
	struct str key;
	bool array = data->type == JSON_ARRAY, more = !array;
	unsigned n = 0;

	if (array)
		more = json_begin(&w, data->raw) && json_next(&w, &key, &v);
	while (more) {
		if (v.type != JSON_STRING || !ip_parse(v.raw, &sink->answers[n].ip))
			return wrong(sink, "rdata", v.raw, "address");
		sink->answers[n++].ttl = TTL_UNSTATED;
		more = array && json_next(&w, &key, &v);
		if (r && (n == DNS_ANSWERS_MAX || !more)) {
			r->n_answers = n;
			sink->record(sink->ctx, r);
		}
		if (n == DNS_ANSWERS_MAX)
			n = 0;
	}
	return true;
}

static void read_row(const struct row *row, struct sink *sink)
{
	struct record r = record_new(KIND_DNS, sink->line);

	r.passive = true;
	r.proto = PROTO_UDP;
	r.name = row->name;
	r.answers = sink->answers;
	if (!row->name.p) {
		(void)wrong(sink, "rrname", row->name, "name");
	} else if (!row->type.p) {
		(void)wrong(sink, "rrtype", row->type, "type");
	} else if (row->data.type != JSON_STRING && row->data.type != JSON_ARRAY) {
		sink_bad(sink, "no rdata");
	} else if (times(row, &r, sink)) {
		if (!leads_to_addresses(row->type))
			sink->unused++;
		else if (addresses(&row->data, NULL, sink))
			(void)addresses(&row->data, &r, sink);
	}
}

static void block(const struct layout *l, const struct reader_hints *hints, struct str text,
		  struct sink *sink)
{
	struct str line;

	(void)l;
	(void)hints;
	while (str_line(&text, &line)) {
		struct row row = { 0 };
		const char *why;

		sink_line(sink);
		line = str_trim(line);
		if (line.n == 0)
			continue;
		buf_clear(&sink->scratch);
		why = skim(line, &row, &sink->scratch);
		if (why)
			sink_bad(sink, "%s", why);
		else
			read_row(&row, sink);
	}
}

/* The first line that is a row; the last may be cut off by the sample's end. */
static int sniff(const struct sample *sample)
{
	struct str rest = sample->head, line;
	struct buf scratch;
	int sure = 0;

	buf_init(&scratch, 1 << 20);
	for (int i = 0; i < 20 && sure == 0 && str_line(&rest, &line); i++) {
		struct row row = { 0 };

		line = str_trim(line);
		if (line.n == 0)
			continue;
		if (line.p[0] != '{')
			break;
		buf_clear(&scratch);
		(void)skim(line, &row, &scratch);
		if (row.name.p && row.type.p && row.data.raw.p)
			sure = row.first.p || row.zone_first.p ? 95 : 60;
	}
	buf_free(&scratch);
	return sure;
}

const struct reader reader_cof = {
	.name = "cof",
	.title = "passive DNS in the Common Output Format, one JSON object a line",
	.reads = READS_RECORDS,
	.frame = FRAME_LINES,
	.kinds = KIND_BIT(KIND_DNS),
	.sniff = sniff,
	.block = block,
};
