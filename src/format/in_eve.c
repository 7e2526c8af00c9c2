/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Suricata's eve.json, one event a line: flow, netflow, dns (all three versions of its form), tls
 * and http become records; alerts, statistics and the like are passed over. Source and destination
 * are client and server, as Suricata sees them, but for old dns answers, which are told from the
 * packet's side.
 */
#include "format/eve.h"
#include "format/json_sieve.h"

static void walk(struct str line, struct sink *sink)
{
	struct eve_skim x = { .scratch = &sink->scratch };
	struct eve_event e = { 0 };
	const char *why;

	line = str_trim(line);
	if (line.n == 0)
		return;
	buf_clear(&sink->scratch);
	x.line_n = line.n;
	why = eve_event(line, &e, &x);
	if (!why && !e.type.p)
		why = "no event_type";
	if (why)
		sink_bad(sink, "%s", why);
	else
		eve_read(&e, &x, sink);
}

/* ---- by the index -------------------------------------------------------------------------- */

/* The values that are looked at before anybody knows whether the event matters: those of eve_keys,
 * and these of objects in it. */
enum slot {
	SLOT_FLOW_START = EVE_KEYS,
	SLOT_FLOW_END,
	SLOT_FLOW_SIZES, /* four */
	SLOT_NETFLOW_START = SLOT_FLOW_SIZES + 4,
	SLOT_NETFLOW_END,
	SLOT_NETFLOW_SIZES, /* two */
	SLOT_DNS_QUERIES = SLOT_NETFLOW_SIZES + 2,
	SLOT_DNS_ANSWERS,
	SLOT_DNS_GROUPED,
	SLOT_ADDRESS, /* all from here on: what may be the address in an answer */
	SLOTS
};
_Static_assert(SLOTS <= (int)JSON_SLOTS, "a shape has as many slots");

static uint8_t slot_of(uint8_t parent, struct str key)
{
	static const struct {
		const char *name;
		uint8_t parent, slot;
	} inner[] = { { "start", EVE_FLOW, SLOT_FLOW_START },
		      { "end", EVE_FLOW, SLOT_FLOW_END },
		      { "pkts_toserver", EVE_FLOW, SLOT_FLOW_SIZES },
		      { "pkts_toclient", EVE_FLOW, SLOT_FLOW_SIZES + 1 },
		      { "bytes_toserver", EVE_FLOW, SLOT_FLOW_SIZES + 2 },
		      { "bytes_toclient", EVE_FLOW, SLOT_FLOW_SIZES + 3 },
		      { "start", EVE_NETFLOW, SLOT_NETFLOW_START },
		      { "end", EVE_NETFLOW, SLOT_NETFLOW_END },
		      { "pkts", EVE_NETFLOW, SLOT_NETFLOW_SIZES },
		      { "bytes", EVE_NETFLOW, SLOT_NETFLOW_SIZES + 1 },
		      { "queries", EVE_DNS, SLOT_DNS_QUERIES },
		      { "answers", EVE_DNS, SLOT_DNS_ANSWERS },
		      { "grouped", EVE_DNS, SLOT_DNS_GROUPED },
		      { "rdata", EVE_DNS, SLOT_ADDRESS },
		      { "rdata", SLOT_DNS_ANSWERS, SLOT_ADDRESS },
		      { "A", SLOT_DNS_GROUPED, SLOT_ADDRESS },
		      { "AAAA", SLOT_DNS_GROUPED, SLOT_ADDRESS } };

	if (parent == JSON_TOP) {
		for (size_t i = 0; i < EVE_KEYS; i++)
			if (key.n == eve_keys[i].n && memcmp(key.p, eve_keys[i].name, key.n) == 0)
				return (uint8_t)i;
		return JSON_NO_SLOT;
	}
	for (size_t i = 0; i < sizeof inner / sizeof inner[0]; i++)
		if (inner[i].parent == parent && str_is(key, inner[i].name))
			return inner[i].slot;
	return JSON_NO_SLOT;
}

/* The record's time and the end of its event, if it is told: start, or else the timestamp. */
static inline bool spans(const struct json_at *at, unsigned start, unsigned end,
			 struct sieve *sieve, int64_t *ts)
{
	int64_t until;

	if (!sieve_moment(sieve, at, json_has(at, start) ? start : EVE_TIMESTAMP, ts))
		return false;
	return !json_has(at, end) || sieve_moment(sieve, at, end, &until);
}

/* Would the event be a record? If so it waits for the look-up of its addresses. */
static bool waits(const struct json_at *at, unsigned object, struct sieve *sieve)
{
	int64_t ts;
	bool sure;

	switch (object) {
	case EVE_FLOW:
		sure = spans(at, SLOT_FLOW_START, SLOT_FLOW_END, sieve, &ts) &&
		       sieve_count(at, SLOT_FLOW_SIZES) && sieve_count(at, SLOT_FLOW_SIZES + 1) &&
		       sieve_count(at, SLOT_FLOW_SIZES + 2) && sieve_count(at, SLOT_FLOW_SIZES + 3);
		break;
	case EVE_NETFLOW:
		sure = spans(at, SLOT_NETFLOW_START, SLOT_NETFLOW_END, sieve, &ts) &&
		       sieve_count(at, SLOT_NETFLOW_SIZES) && sieve_count(at, SLOT_NETFLOW_SIZES + 1);
		break;
	case EVE_DNS:
		/* Several questions would be several records. */
		sure = !json_has(at, SLOT_DNS_QUERIES) && sieve_moment(sieve, at, EVE_TIMESTAMP, &ts);
		for (unsigned slot = SLOT_ADDRESS; sure && at->shape->present >> slot; slot++)
			sure = !json_has(at, slot) || sieve_unwanted(sieve, at, slot);
		break;
	default:
		sure = sieve_moment(sieve, at, EVE_TIMESTAMP, &ts);
	}
	return sure && sieve_port(sieve, at, EVE_SRC_PORT) && sieve_port(sieve, at, EVE_DEST_PORT) &&
	       sieve_wait(sieve, at, EVE_SRC_IP, EVE_DEST_IP, ts);
}

/* As eve_event() would find it. */
static bool fill(const struct json_at *at, struct eve_event *e, const struct eve_skim *x)
{
	for (size_t i = 0; i < EVE_KEYS; i++) {
		void *field = (char *)e + eve_keys[i].at;
		struct json v;

		if (!json_has(at, (unsigned)i))
			continue;
		json_slot_value(at, (unsigned)i, &v);
		if (eve_keys[i].object)
			*(struct json *)field = v;
		else if (!json_value(&v, x->line_n, x->scratch, field))
			return false;
	}
	return true;
}

/* False: not sure what the line says. */
static bool indexed(const struct json_at *at, struct sieve *sieve)
{
	struct sink *sink = sieve->sink;
	struct eve_skim x = { at->line.n, &sink->scratch };
	struct eve_event e = { 0 };
	struct str type;
	size_t i = 0;

	if (!json_has(at, EVE_TYPE))
		return false;
	type = json_slot(at, EVE_TYPE);
	if (type.p[0] != '"')
		return false;
	type = (struct str){ type.p + 1, type.n - 2 };
	while (i < EVE_TYPES && !str_is(type, eve_types[i].name))
		i++;
	/* What the type of an event we know is may be written with escapes. */
	if (i == EVE_TYPES)
		return str_chr(type, '\\') == SIZE_MAX;
	if (!json_has(at, eve_types[i].object) || json_slot(at, eve_types[i].object).p[0] != '{')
		return false;
	if (sink_selects(sink, eve_types[i].kind) && waits(at, eve_types[i].object, sieve))
		return true;
	sieve_flush(sieve);
	buf_clear(&sink->scratch);
	if (fill(at, &e, &x))
		eve_read(&e, &x, sink);
	else
		sink_bad(sink, "%s", eve_no_memory);
	return true;
}

static void block(const struct layout *l, const struct reader_hints *hints, struct str text,
		  struct sink *sink)
{
	static const struct json_reading how = { slot_of, SLOT_ADDRESS, indexed, walk };

	(void)l;
	(void)hints;
	sieve_lines(&how, text, sink);
}

static int sniff(const struct sample *sample)
{
	struct str rest = sample->head, line;
	struct buf scratch;
	int sure = 0;

	buf_init(&scratch, 1 << 20);
	for (int i = 0; i < 20 && sure == 0 && str_line(&rest, &line); i++) {
		struct eve_event e = { 0 };

		line = str_trim(line);
		if (line.n == 0)
			continue;
		if (line.p[0] != '{')
			break;
		buf_clear(&scratch);
		(void)eve_event(line, &e, &(struct eve_skim){ line.n, &scratch });
		if (e.type.p && e.timestamp.p)
			sure = 95;
	}
	buf_free(&scratch);
	return sure;
}

const struct reader reader_eve = {
	.name = "eve",
	.title = "Suricata eve.json: flow, netflow, dns, tls and http events",
	.reads = READS_RECORDS,
	.frame = FRAME_LINES,
	.kinds = KIND_ALL,
	.sniff = sniff,
	.block = block,
};
