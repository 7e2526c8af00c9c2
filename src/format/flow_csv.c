/* SPDX-License-Identifier: Apache-2.0 */
#include "format/flow_csv.h"

#include "format/telemetry.h"

static bool map(struct flow_csv *c, const struct str *names, const struct flow_name *known, size_t n_known)
{
	for (size_t i = 0; i < n_known; i++) {
		enum flow_column column = known[i].column;

		for (unsigned f = 0; f < c->n_fields && c->at[column] < 0; f++)
			if (csv_named(names[f], known[i].name))
				c->at[column] = (int)f;
	}
	return c->at[FLOW_SRC] >= 0 && c->at[FLOW_DST] >= 0 && c->at[FLOW_TIME] >= 0;
}

/* The columns of a line whose names then lie in names[]. */
static enum err split(struct str line, struct buf *scratch, struct str *names, struct flow_csv *c,
		      struct errinfo *ei)
{
	const char *why = "";
	int n;

	*c = (struct flow_csv){ .separator = csv_separator(line) };
	for (int i = 0; i < FLOW_COLUMNS; i++)
		c->at[i] = -1;
	n = csv_split(line, c->separator, scratch, names, &why);
	if (n < 0)
		return err_set(ei, ERR_PARSE, "the header line: %s", why);
	c->n_fields = (unsigned)n;
	return ERR_OK;
}

static enum err hinted(struct flow_csv *c, const struct str *names, const struct flow_name *known,
		       size_t n_known, const struct reader_hints *hints, struct errinfo *ei)
{
	for (size_t h = 0; h < hints->n_columns; h++) {
		struct str field = hints->columns[h][0], column = str_trim(hints->columns[h][1]);
		unsigned f = 0;

		/* Other readers' fields are none of ours. */
		for (size_t i = 0; i < n_known; i++) {
			if (!csv_named(field, known[i].name))
				continue;
			while (f < c->n_fields && !str_ieq(names[f], column))
				f++;
			if (f == c->n_fields)
				return err_set(ei, ERR_PARSE, "the header has no column \"%.*s\"",
					       (int)(column.n < 60 ? column.n : 60), column.p);
			c->at[known[i].column] = (int)f;
			break;
		}
	}
	return ERR_OK;
}

enum err flow_csv_header(struct str line, const struct flow_name *known, size_t n_known,
			 const struct reader_hints *hints, struct arena *a, struct flow_csv *out,
			 struct errinfo *ei)
{
	struct str names[CSV_FIELDS_MAX];
	struct buf scratch;
	struct flow_csv c;
	enum err e;

	buf_init(&scratch, 4 << 20);
	e = split(line, &scratch, names, &c, ei);
	if (!e)
		e = hinted(&c, names, known, n_known, hints, ei);
	if (!e && !map(&c, names, known, n_known))
		e = err_set(ei, ERR_PARSE,
			    "the header names no column for %s%s%s (say which by --column)",
			    c.at[FLOW_SRC] < 0 ? "the source address, " : "",
			    c.at[FLOW_DST] < 0 ? "the destination address, " : "",
			    c.at[FLOW_TIME] < 0 ? "the time, " : "that");
	for (int i = 0; i < FLOW_COLUMNS && !e; i++) {
		if (c.at[i] < 0)
			continue;
		c.names[i] = arena_str(a, names[c.at[i]]);
		if (!c.names[i].p)
			e = ERR_NOMEM;
	}
	buf_free(&scratch);
	if (!e)
		*out = c;
	return e;
}

bool flow_csv_recognise(struct str head, const struct flow_name *known, size_t n_known,
			struct flow_csv *out)
{
	struct str names[CSV_FIELDS_MAX], line;
	struct buf scratch;
	bool ok;

	if (!str_line(&head, &line) || str_trim(line).n == 0 || str_trim(line).p[0] == '{')
		return false;
	buf_init(&scratch, 1 << 20);
	ok = !split(line, &scratch, names, out, NULL) && map(out, names, known, n_known);
	buf_free(&scratch);
	return ok;
}

static bool wrong(const struct flow_csv *c, const struct flow_row *row, enum flow_column column,
		  const char *what, struct sink *sink)
{
	struct str name = c->names[column], v = flow_field(c, row, column);

	if (!v.p)
		sink_bad(sink, "no %.*s", (int)(name.n < 40 ? name.n : 40), name.p);
	else
		sink_bad(sink, "%.*s is no %s: \"%.*s\"", (int)(name.n < 40 ? name.n : 40), name.p,
			 what, (int)(v.n < 40 ? v.n : 40), v.p);
	return false;
}

bool flow_size(const struct flow_csv *c, const struct flow_row *row, enum flow_column column,
	       uint64_t *out, struct sink *sink)
{
	struct str v = flow_field(c, row, column);

	if (!v.p)
		*out = UNSTATED;
	else if (!count_parse(v, out))
		return wrong(c, row, column, "count", sink);
	return true;
}

/* Besides what moment_parse knows: whole milli-, micro- and nanoseconds since 1970, told by their
 * number of digits. */
static bool moment(struct str s, int64_t *out)
{
	uint64_t v;

	if ((s.n == 13 || s.n == 16 || s.n == 19) && str_u64(s, UINT64_MAX, &v)) {
		v = s.n == 13 ? v * 1000 : s.n == 16 ? v : v / 1000;
		if (v > (uint64_t)TIME_MAX)
			return false;
		*out = (int64_t)v;
		return true;
	}
	return moment_parse(s, out);
}

/* Argus writes some as 0x0303. */
static bool port(struct str s, uint16_t *out)
{
	unsigned v = 0;

	if (s.n < 3 || s.p[0] != '0' || (s.p[1] | 0x20) != 'x')
		return port_parse(s, out);
	if (s.n > 6)
		return false;
	for (size_t i = 2; i < s.n; i++) {
		unsigned d = (unsigned)(unsigned char)s.p[i] - '0';
		unsigned letter = ((unsigned char)s.p[i] | 0x20u) - 'a';

		if (d > 9 && letter > 5)
			return false;
		v = v << 4 | (d > 9 ? letter + 10 : d);
	}
	*out = (uint16_t)v;
	return true;
}

/* 00:15:17:2c:e5:2d: a conversation below IP. */
static bool is_mac(struct str s)
{
	if (s.n != 17)
		return false;
	for (size_t i = 2; i < s.n; i += 3)
		if (s.p[i] != ':')
			return false;
	return true;
}

static bool ends(const struct flow_csv *c, struct flow_row *row, struct sink *sink)
{
	struct str src = flow_field(c, row, FLOW_SRC), dst = flow_field(c, row, FLOW_DST);
	struct str sport = flow_field(c, row, FLOW_SPORT), dport = flow_field(c, row, FLOW_DPORT);
	struct str proto = flow_field(c, row, FLOW_PROTO);
	struct record *r = &row->record;

	if (is_mac(src) || is_mac(dst))
		return false;
	if (!src.p || !ip_parse(src, &r->orig)) {
		/* Files that were joined bring their headers along. */
		return src.n && str_eq(src, c->names[FLOW_SRC])
			       ? false
			       : wrong(c, row, FLOW_SRC, "address", sink);
	}
	if (!dst.p || !ip_parse(dst, &r->resp))
		return wrong(c, row, FLOW_DST, "address", sink);
	if (proto.p)
		(void)proto_parse(proto, &r->proto);
	if (sport.p && !port(sport, &r->orig_port)) {
		if (proto_has_ports(r->proto))
			return wrong(c, row, FLOW_SPORT, "port number", sink);
	}
	if (dport.p && !port(dport, &r->resp_port)) {
		/* nfdump writes type.code of ICMP here. */
		if (proto_has_ports(r->proto))
			return wrong(c, row, FLOW_DPORT, "port number", sink);
	}
	if (!proto_has_ports(r->proto))
		r->orig_port = r->resp_port = 0;
	return true;
}

static bool times(const struct flow_csv *c, struct flow_row *row, struct sink *sink)
{
	struct str start = flow_field(c, row, FLOW_TIME), end = flow_field(c, row, FLOW_END);
	struct str span = flow_field(c, row, FLOW_DURATION), ms = flow_field(c, row, FLOW_DURATION_MS);
	struct record *r = &row->record;
	int64_t until;
	uint64_t v;

	if (!start.p || !moment(start, &r->ts))
		return wrong(c, row, FLOW_TIME, "time with date from 1970 to 2100", sink);
	if (span.p) {
		if (!seconds_parse(span, &r->duration))
			return wrong(c, row, FLOW_DURATION, "number of seconds", sink);
	} else if (ms.p) {
		if (!json_decimal(ms, 3, &v) || v > (uint64_t)TIME_MAX)
			return wrong(c, row, FLOW_DURATION_MS, "number of milliseconds", sink);
		r->duration = (int64_t)v;
	} else if (end.p) {
		if (!moment(end, &until))
			return wrong(c, row, FLOW_END, "time with date from 1970 to 2100", sink);
		r->duration = until > r->ts ? until - r->ts : 0;
	}
	return true;
}

bool flow_csv_row(const struct flow_csv *c, struct str line, struct sink *sink, struct flow_row *out)
{
	const char *why = "";
	int n;

	if (str_trim(line).n == 0 || line.p[0] == '#')
		return false;
	buf_clear(&sink->scratch);
	n = csv_split(line, c->separator, &sink->scratch, out->field, &why);
	if (n < 0) {
		sink_bad(sink, "%s", why);
		return false;
	}
	if ((unsigned)n != c->n_fields) {
		sink_bad(sink, "%d field%s where the header names %u", n, n == 1 ? "" : "s",
			 c->n_fields);
		return false;
	}
	out->record = (struct record){
		.kind = KIND_FLOW,
		.opener = OPENER_UNKNOWN,
		.name = STR_NONE,
		.path = STR_NONE,
		.orig_payload = UNSTATED,
		.resp_payload = UNSTATED,
		.line = sink->line,
	};
	return ends(c, out, sink) && times(c, out, sink) &&
	       flow_size(c, out, FLOW_BYTES, &out->record.orig_bytes, sink) &&
	       flow_size(c, out, FLOW_BYTES_BACK, &out->record.resp_bytes, sink) &&
	       flow_size(c, out, FLOW_PACKETS, &out->record.orig_packets, sink) &&
	       flow_size(c, out, FLOW_PACKETS_BACK, &out->record.resp_packets, sink);
}
