/* SPDX-License-Identifier: Apache-2.0 */
#include "format/netflow.h"

#include "base/clock.h"
#include "format/nf_flow.h"
#include "format/nf_run.h"
#include "format/nf_template.h"
#include "format/telemetry.h"

#include <stdarg.h>
#include <stdio.h>

enum { HEADER_5 = 24, RECORD_5 = 48, HEADER_9 = 20, HEADER_IPFIX = 16, SET_HEADER = 4 };
enum { RECORDS_5_MAX = 30 }; /* more do not fit into a packet; headers that say so lie */
/* A set of templates has a header, a template's, and a field at least. */
enum { SET_TEMPLATES_MIN = 12 };
enum {
	SET_TEMPLATES_9 = 0,
	SET_OPTIONS_9 = 1,
	SET_TEMPLATES = 2,
	SET_OPTIONS = 3,
	SET_DATA_MIN = 256
};

/* One message being read. */
struct message {
	struct nf_store *store;
	struct nf_domain *domain;
	struct nf_when when;
	unsigned version;
	const char *name;
	struct sink *sink;
	bool cut; /* the set being read is, and that is told */
};

static bool zeros(const unsigned char *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (p[i])
			return false;
	return true;
}

/* ---- what is wrong ----------------------------------------------------------------------------- */

/* A line of its own, for what is no record. */
static void PRINTF(2, 3) bad(struct sink *sink, const char *why, ...)
{
	char text[120];
	va_list args;

	va_start(args, why);
	(void)vsnprintf(text, sizeof text, why, args);
	va_end(args);
	sink_line(sink);
	sink_bad(sink, "%s", text);
}

/* An exporter without a clock states 0: then when the message came is the best there is. */
static void sent_at(struct nf_when *when, const struct nf_from *from)
{
	if (when->sent < TIME_S && from->ts != TIME_NONE)
		when->sent = from->ts;
}

/* ---- version 5 --------------------------------------------------------------------------------- */

struct header_5 {
	unsigned records;
	struct nf_when when;
	uint32_t rate;
};

static struct header_5 header_5(struct wire *w)
{
	struct header_5 h;
	uint32_t ns;

	wire_skip(w, 2);
	h.records = wire_be16(w);
	h.when.uptime = wire_be32(w);
	h.when.has_uptime = true;
	h.when.sent = (int64_t)wire_be32(w) * TIME_S;
	ns = wire_be32(w);
	/* Milliseconds are what the rest is given in. */
	if (ns < 1000000000)
		h.when.sent += ns / 1000000 * 1000;
	wire_skip(w, 6);
	/* The two bits above are the way of sampling. */
	h.rate = wire_be16(w) & 0x3fff;
	return h;
}

static void record_5(const struct header_5 *h, const unsigned char *p, struct sink *sink)
{
	uint32_t first = (uint32_t)nf_number(p + 24, 4), last = (uint32_t)nf_number(p + 28, 4);
	struct ip src = ip_v4((uint32_t)nf_number(p, 4)), dst = ip_v4((uint32_t)nf_number(p + 4, 4));
	struct record r;
	int64_t ts = nf_moment(&h->when, first);

	if (ts < 0 || ts > TIME_MAX) {
		sink_bad(sink, "a time outside 1970 to 2100");
		return;
	}
	if (sink_selects(sink, KIND_FLOW) && !sink_wants(sink, src) && !sink_wants(sink, dst)) {
		sink_pass(sink, ts);
		return;
	}
	r = (struct record){
		.kind = KIND_FLOW,
		.one_way = true,
		.proto = p[38],
		.orig = src,
		.resp = dst,
		.ts = ts,
		.orig_packets = nf_number(p + 16, 4),
		.orig_bytes = nf_number(p + 20, 4),
		.resp_packets = UNSTATED,
		.resp_bytes = UNSTATED,
		.name = STR_NONE,
		.path = STR_NONE,
		.line = sink->line,
	};
	if (nf_moment(&h->when, last) > ts)
		r.duration = nf_moment(&h->when, last) - ts;
	if (h->rate > 1) {
		r.orig_packets *= h->rate;
		r.orig_bytes *= h->rate;
	}
	if (proto_has_ports(r.proto)) {
		r.orig_port = (uint16_t)nf_number(p + 32, 2);
		r.resp_port = (uint16_t)nf_number(p + 34, 2);
	}
	nf_flow_judge(&r, p[37], 0, false);
	sink->record(sink->ctx, &r);
}

static const struct nf_glance glance_5 = { .size = RECORD_5,
					   .address = 4,
					   .start_slot = NF_START_UP,
					   .start_length = 4,
					   .src = 0,
					   .dst = 4,
					   .start = 24 };

static void read_5(const struct nf_from *from, struct str text, struct sink *sink)
{
	struct wire w = wire_of(text);
	struct header_5 h = header_5(&w);
	size_t n = wire_left(&w) / RECORD_5;
	struct nf_run flows;
	const unsigned char *record;

	if (w.bad) {
		bad(sink, "NetFlow 5: %zu bytes are no header", text.n);
		return;
	}
	if (h.records == 0 || (h.records > RECORDS_5_MAX && n != h.records)) {
		bad(sink, "NetFlow 5: %u records, it says, in %zu bytes", h.records, text.n);
		return;
	}
	sent_at(&h.when, from);
	flows = nf_run(&glance_5, w.p, n < h.records ? n : h.records, &h.when, sink);
	while ((record = nf_run_next(&flows)))
		record_5(&h, record, sink);
	wire_skip(&w, n < h.records ? n * RECORD_5 : h.records * RECORD_5);
	if (n < h.records)
		bad(sink, "NetFlow 5: cut off after %zu of %u records", n, h.records);
	else if (!zeros(w.p, wire_left(&w)))
		bad(sink, "NetFlow 5: %zu bytes behind the last record", wire_left(&w));
}

/* ---- options ----------------------------------------------------------------------------------- */

/* What an exporter says of itself: when it started, and that it counts one packet of so many. */
static void options(struct message *m, const struct nf_template *t, const uint16_t at[NF_SLOTS],
		    const unsigned char *p)
{
	struct nf_domain *d = m->domain;
	uint32_t rate = nf_rate(t, at, p);
	struct nf_rates *rates;
	uint64_t v;
	unsigned i = 0;
	enum err e;

	if (t->has & NF_BIT(NF_INIT_MS)) {
		v = nf_number(p + at[NF_INIT_MS], t->length[NF_INIT_MS]);
		if (v && v <= (uint64_t)TIME_MAX / 1000)
			d->init = (int64_t)v * 1000;
	}
	if (rate == 0)
		return;
	if (!(t->has & NF_BIT(NF_SAMPLER))) {
		d->rate = rate;
		return;
	}
	v = nf_number(p + at[NF_SAMPLER], t->length[NF_SAMPLER]);
	e = nf_domain_rates(m->store, d, &rates);
	if (e) {
		bad(m->sink, "%s: %s: there are too many exporters or templates", m->name, err_text(e));
		return;
	}
	while (i < rates->n && rates->of[i].sampler != v)
		i++;
	if (i == NF_RATES_MAX) {
		bad(m->sink, "%s: more than %d samplers", m->name, NF_RATES_MAX);
		return;
	}
	rates->n += i == rates->n;
	rates->of[i].sampler = v;
	rates->of[i].rate = rate;
}

/* ---- data sets --------------------------------------------------------------------------------- */

/* Records of variable length; returns how many bytes they take. */
static size_t walk(struct message *m, const struct nf_template *t, const struct nf_when *when,
		   const unsigned char *p, size_t n)
{
	uint16_t at[NF_SLOTS];
	size_t done = 0, size;

	while (n - done >= t->record_min && (size = nf_record_places(t, p + done, n - done, at))) {
		if (t->options) {
			options(m, t, at, p + done);
		} else {
			sink_line(m->sink);
			nf_flow(t, at, p + done, when, m->sink);
		}
		done += size;
	}
	return done;
}

/* Those that all lie alike. */
static size_t run(struct message *m, const struct nf_template *t, const struct nf_when *when,
		  const unsigned char *p, size_t n)
{
	size_t records = n / t->record_min;
	struct nf_run flows;
	const unsigned char *record;

	if (t->options) {
		for (size_t i = 0; i < records; i++)
			options(m, t, t->at, p + i * t->record_min);
	} else {
		flows = nf_run(&t->glance, p, records, when, m->sink);
		while ((record = nf_run_next(&flows)))
			nf_flow(t, t->at, record, when, m->sink);
	}
	return records * t->record_min;
}

/* The records of a set, and padding behind the last, which is shorter than any (RFC 7011 3.3.1). */
static void data(struct message *m, const struct nf_template *t, const struct nf_when *when,
		 const unsigned char *p, size_t n)
{
	size_t done;

	t->domain->useful = true;
	done = t->n_stretches == 1 ? run(m, t, when, p, n) : walk(m, t, when, p, n);
	if (n - done >= 4 && !m->cut && !zeros(p + done, n - done))
		bad(m->sink, "%s: template %u: %zu bytes that are no record of its", m->name, t->id,
		    n - done);
}

static void drop_held(struct message *m, const struct nf_template *t)
{
	while (t->held) {
		struct nf_held *h = t->held;

		data(m, t, &h->when, h->bytes, h->n);
		nf_held_drop(m->store, h);
	}
}

static void data_set(struct message *m, uint16_t id, struct wire *w)
{
	const struct nf_template *t = nf_template_find(m->store, m->domain, id);
	struct str set = { (const char *)w->p, wire_left(w) };
	enum err e;

	if (!t) {
		e = nf_hold(m->store, m->domain, id, &m->when, set);
		if (!e)
			return;
		t = nf_template_guess(m->store, m->domain, id);
	}
	if (t)
		data(m, t, &m->when, w->p, set.n);
	else
		bad(m->sink,
		    "%s: %zu bytes of records by template %u, which has not come yet, are too many to "
		    "keep",
		    m->name, set.n, id);
}

/* ---- templates --------------------------------------------------------------------------------- */

static bool define(struct message *m, uint16_t id, bool is_options, unsigned scopes,
		   unsigned fields, struct wire *w)
{
	struct nf_template *t;
	struct errinfo ei;
	enum err e = nf_template_define(m->store, m->domain, id, is_options, scopes, fields, w, &t, &ei);

	if (e)
		bad(m->sink, "%s: template %u: %s", m->name, id, e == ERR_NOMEM ? err_text(e) : ei.msg);
	else
		drop_held(m, t);
	return !w->bad;
}

/* RFC 7011 8.1: a template without fields takes it back, with the number of the set all of them. */
static bool withdraw(struct message *m, uint16_t id, bool is_options)
{
	if (m->version != NETFLOW_IPFIX)
		return false;
	if (id == (is_options ? SET_OPTIONS : SET_TEMPLATES))
		nf_template_withdraw_all(m->store, m->domain, is_options);
	else if (id >= SET_DATA_MIN)
		nf_template_withdraw(m->store, m->domain, id);
	else
		return false;
	return true;
}

static void templates(struct message *m, struct wire *w)
{
	while (wire_left(w) >= 4 && !zeros(w->p, wire_left(w))) {
		uint16_t id = wire_be16(w), fields = wire_be16(w);

		if (fields == 0 && withdraw(m, id, false))
			continue;
		if (id < SET_DATA_MIN) {
			bad(m->sink, "%s: a template with the reserved number %u", m->name, id);
			return;
		}
		if (!define(m, id, false, 0, fields, w))
			return;
	}
}

static void option_templates(struct message *m, struct wire *w)
{
	while (wire_left(w) >= 4 && !zeros(w->p, wire_left(w))) {
		uint16_t id = wire_be16(w), a = wire_be16(w), b;
		unsigned scopes, fields;

		if (a == 0 && withdraw(m, id, true))
			continue;
		b = wire_be16(w);
		/* v9 gives the bytes of scope and option fields, IPFIX the fields in all and of the
		 * scope. */
		fields = m->version == NETFLOW_9 ? (a + b) / 4u : a;
		scopes = m->version == NETFLOW_9 ? a / 4u : b;
		if (w->bad || id < SET_DATA_MIN ||
		    (m->version == NETFLOW_9 ? a % 4 || b % 4 : scopes == 0 || scopes > fields)) {
			bad(m->sink, "%s: options template %u: scope and fields of %u and %u",
			    m->name, id, a, b);
			return;
		}
		if (!define(m, id, true, scopes, fields, w))
			return;
	}
}

/* ---- messages ---------------------------------------------------------------------------------- */

static void set(struct message *m, uint16_t id, struct wire *w)
{
	bool v9 = m->version == NETFLOW_9;

	if (id >= SET_DATA_MIN)
		data_set(m, id, w);
	else if (id == (v9 ? SET_TEMPLATES_9 : SET_TEMPLATES))
		templates(m, w);
	else if (id == (v9 ? SET_OPTIONS_9 : SET_OPTIONS))
		option_templates(m, w);
	else
		bad(m->sink, "%s: a set with the reserved number %u", m->name, id);
}

/* Sets are short where two families take turns, so all of a message's are looked through before the
 * first is read. What is wrong with them is told later. */
static void soon(const struct message *m, struct wire w)
{
	while (wire_left(&w) >= SET_HEADER) {
		uint16_t id = wire_be16(&w), length = wire_be16(&w);
		struct wire body = wire_sub(&w, (size_t)length - SET_HEADER);
		const struct nf_template *t =
			id >= SET_DATA_MIN ? nf_template_find(m->store, m->domain, id) : NULL;

		if (t)
			nf_run_soon(&t->glance, body.p, wire_left(&body), m->sink);
	}
}

static void sets(struct message *m, struct wire *w)
{
	if (sink_selects(m->sink, KIND_FLOW))
		soon(m, *w);
	while (wire_left(w)) {
		size_t left = wire_left(w);
		uint16_t id, length;
		struct wire body;

		if (zeros(w->p, left < 8 ? left : 8) && zeros(w->p, left))
			return;
		id = wire_be16(w);
		length = wire_be16(w);
		if (w->bad || length < SET_HEADER) {
			bad(m->sink, "%s: a set %u of %u bytes in the %zu left", m->name, id,
			    length, left);
			return;
		}
		m->cut = length > left;
		if (m->cut)
			bad(m->sink, "%s: a set %u of %u bytes cut off after %zu", m->name, id,
			    length, left);
		body = wire_sub(w, m->cut ? left - SET_HEADER : length - (size_t)SET_HEADER);
		set(m, id, &body);
	}
}

static bool in_domain(struct message *m, const struct nf_from *from, uint32_t id)
{
	enum err e = nf_domain_of(m->store, from->exporter, from->port, m->version, id, &m->domain);

	if (e)
		bad(m->sink, "%s: %s: there are too many exporters or templates", m->name, err_text(e));
	return !e;
}

static void read_9(struct message *m, const struct nf_from *from, struct str text)
{
	struct wire w = wire_of(text);
	uint32_t domain;

	wire_skip(&w, 4); /* the number of records is no use: many exporters count sets or nothing */
	m->when.uptime = wire_be32(&w);
	m->when.has_uptime = true;
	m->when.sent = (int64_t)wire_be32(&w) * TIME_S;
	wire_skip(&w, 4);
	domain = wire_be32(&w);
	sent_at(&m->when, from);
	if (w.bad)
		bad(m->sink, "%s: %zu bytes are no header", m->name, text.n);
	else if (in_domain(m, from, domain))
		sets(m, &w);
}

static void read_ipfix(struct message *m, const struct nf_from *from, struct str text)
{
	struct wire w = wire_of(text), body;
	uint32_t domain;
	uint16_t length;

	wire_skip(&w, 2);
	length = wire_be16(&w);
	m->when.sent = (int64_t)wire_be32(&w) * TIME_S;
	wire_skip(&w, 4);
	domain = wire_be32(&w);
	sent_at(&m->when, from);
	if (w.bad || length < HEADER_IPFIX) {
		bad(m->sink, "%s: %zu bytes are no message of %u", m->name, text.n, length);
		return;
	}
	if (!in_domain(m, from, domain))
		return;
	body = wire_sub(&w, length > text.n ? wire_left(&w) : length - (size_t)HEADER_IPFIX);
	sets(m, &body);
	if (length > text.n && !m->cut)
		bad(m->sink, "%s: a message of %u bytes cut off after %zu", m->name, length, text.n);
	else if (length <= text.n && !zeros(w.p, wire_left(&w)))
		bad(m->sink, "%s: %zu bytes behind the message", m->name, wire_left(&w));
}

/* What was given up to keep others: once that there is any, and each set of records. */
static void tell_forgotten(struct nf_store *store, struct sink *sink)
{
	struct nf_forgotten f = nf_forgotten(store);

	if (f.first)
		bad(sink,
		    "more exporters and templates than are kept: who was silent longest is forgotten");
	for (; f.sets; f.sets--)
		bad(sink, "records given up with their exporter, whose template never came");
}

void netflow_read(struct nf_store *store, const struct nf_from *from, struct str message,
		  struct sink *sink)
{
	struct message m = { .store = store, .sink = sink };
	struct wire w = wire_of(message);

	m.version = wire_be16(&w);
	m.name = m.version == NETFLOW_9 ? "NetFlow 9" : "IPFIX";
	if (m.version == NETFLOW_5)
		read_5(from, message, sink);
	else if (m.version == NETFLOW_9)
		read_9(&m, from, message);
	else if (m.version == NETFLOW_IPFIX)
		read_ipfix(&m, from, message);
	else
		bad(sink, "no message of NetFlow 5, 9 or IPFIX");
	tell_forgotten(store, sink);
}

void netflow_end(struct nf_store *store, struct sink *sink)
{
	struct nf_held *h;

	while ((h = nf_held_first(store))) {
		struct nf_domain *d = h->template->domain;
		struct message m = { .store = store, .domain = d, .version = d->version, .sink = sink };
		uint16_t id = h->template->id;
		const struct nf_template *t = nf_template_guess(store, d, id);

		m.name = m.version == NETFLOW_9 ? "NetFlow 9" : "IPFIX";
		if (t)
			data(&m, t, &h->when, h->bytes, h->n);
		else
			bad(sink,
			    "%s: %zu bytes of records by template %u, which never came in this file",
			    m.name, h->n, id);
		nf_held_drop(store, h);
	}
}

/* ---- where messages begin and end -------------------------------------------------------------- */

static bool version(unsigned v)
{
	return v == NETFLOW_5 || v == NETFLOW_9 || v == NETFLOW_IPFIX;
}

/* v9 does not say how long a message is: it goes on as long as sets do. The numbers 5, 9 and 10 are
 * no set's, and zeros are padding. */
static size_t frame_9(struct str have, bool *whole)
{
	struct wire w = wire_of(have);

	wire_skip(&w, HEADER_9);
	*whole = !w.bad;
	while (wire_left(&w) >= 2) {
		size_t at = have.n - wire_left(&w);
		struct wire next = w;
		unsigned id = wire_be16(&next), length = wire_be16(&next);

		if (version(id) || at > NETFLOW_MESSAGE_MAX)
			return at;
		if (id == SET_TEMPLATES_9 && (length < SET_TEMPLATES_MIN || next.bad)) {
			wire_skip(&w, 2);
			continue;
		}
		if (length < SET_HEADER) {
			*whole = false;
			return at + (next.bad ? wire_left(&w) : SET_HEADER);
		}
		wire_skip(&w, length);
		*whole &= !w.bad;
	}
	*whole &= wire_left(&w) == 0;
	return have.n;
}

/* Nothing is behind these bytes, or a message. */
static bool ends_well(struct str have, size_t n)
{
	struct wire next = wire_of(str_skip(have, n));

	return n == have.n || (n < have.n && version(wire_be16(&next)));
}

size_t netflow_frame(struct str have, bool *whole)
{
	struct wire w = wire_of(have);
	unsigned v = wire_be16(&w), count = wire_be16(&w);
	size_t n = v == NETFLOW_5 ? HEADER_5 + (size_t)count * RECORD_5 : count;

	*whole = false;
	if (w.bad || !version(v))
		return 0;
	if (v == NETFLOW_9)
		return frame_9(have, whole);
	if (v == NETFLOW_IPFIX && n < HEADER_IPFIX)
		return 0;
	if (v == NETFLOW_5 && count > RECORDS_5_MAX && !ends_well(have, n))
		return 0;
	*whole = n <= have.n;
	return *whole ? n : have.n;
}

/* What nobody uses of version 5's records is zero. */
static bool padded_5(struct str have, unsigned records)
{
	for (unsigned i = 0; i < records; i++) {
		struct str r = str_skip(have, HEADER_5 + (size_t)i * RECORD_5);

		if (r.n < RECORD_5 || r.p[36] || r.p[46] || r.p[47])
			return false;
	}
	return true;
}

bool netflow_begins(struct str have)
{
	static const uint32_t from = 946684800, to = 4102444800; /* 2000 to 2100 */
	struct wire w = wire_of(have);
	unsigned v = wire_be16(&w), count = wire_be16(&w), id, length;
	uint32_t sent;

	wire_skip(&w, v == NETFLOW_IPFIX ? 0 : 4);
	sent = wire_be32(&w);
	if (w.bad || !version(v) || sent < from || sent > to)
		return false;
	if (v == NETFLOW_5)
		return wire_be32(&w) < 1000000000 && !w.bad && count && count <= RECORDS_5_MAX &&
		       (ends_well(have, HEADER_5 + (size_t)count * RECORD_5) || padded_5(have, count));
	wire_skip(&w, 8);
	id = wire_be16(&w);
	length = wire_be16(&w);
	if (w.bad || length < SET_HEADER)
		return false;
	if (v == NETFLOW_9)
		return id == SET_TEMPLATES_9 || id == SET_OPTIONS_9 || id >= SET_DATA_MIN;
	return count >= HEADER_IPFIX + length &&
	       (id == SET_TEMPLATES || id == SET_OPTIONS || id >= SET_DATA_MIN);
}
