/* SPDX-License-Identifier: Apache-2.0 */
#include "core/touch.h"

#include "core/name.h"

bool touch_possible(const struct names *n, const struct record *r)
{
	const struct snapshot *s = n->snap;
	char lower[256];
	uint32_t domain;

	if (snapshot_near(s, r->resp) || (r->kind != KIND_DNS && snapshot_near(s, r->orig)))
		return true;
	if (r->kind == KIND_FLOW)
		return names_near(n, r->resp) || names_near(n, r->orig);
	if (s->domains.n && r->name.n && snapshot_domain(s, name_of(r->name, lower), &domain, NULL))
		return true;
	return r->kind == KIND_HTTP && s->urls.n;
}

enum validity indicator_validity(const struct indicator *i, const struct rules *rules, int64_t ts)
{
	int64_t off = 0;

	if (rules->any_validity)
		return VALID_IN;
	if (i->from != TIME_NONE && ts < i->from)
		off = i->from - ts;
	else if (i->until != TIME_NONE && ts > i->until)
		off = ts - i->until;
	if (off == 0)
		return VALID_IN;
	return off <= rules->grace ? VALID_GRACE : VALID_OUT;
}

size_t touch_indicators(const struct snapshot *s, const struct touch *t,
			struct ind_range out[ADDR_RANGES_MAX])
{
	if (t->type == IT_IP)
		return snapshot_addr(s, t->addr, out);
	out[0] = t->type == IT_DOMAIN ? s->domains.v[t->target].inds : s->urls.v[t->target].inds;
	return 1;
}

bool touch_url(const struct record *r, struct buf *out)
{
	struct buf raw;
	struct str host;
	uint16_t port;
	bool ok;

	buf_clear(out);
	if (r->kind != KIND_HTTP || r->path.n == 0)
		return false;
	buf_init(&raw, 1 << 17);
	if (r->path.p[0] == '/' || !str_istarts(r->path, STR("http://"))) {
		bool v6 = str_chr(r->name, ':') != SIZE_MAX;

		if (r->name.n == 0 || r->path.p[0] != '/') {
			buf_free(&raw);
			return false;
		}
		buf_fmt(&raw, v6 ? "http://[%.*s]:%u" : "http://%.*s:%u", STR_ARG(r->name),
			r->http_port ? r->http_port : r->resp_port);
	}
	buf_puts(&raw, r->path);
	ok = !buf_err(&raw) && url_normalise(buf_str(&raw), out, &host, &port) == ERR_OK;
	buf_free(&raw);
	return ok;
}

/* Does an indicator of the controller name this port? */
static bool names_port(const struct snapshot *s, const struct ind_range *ranges, size_t n, uint16_t port)
{
	for (size_t i = 0; i < n; i++)
		for (uint32_t k = 0; k < ranges[i].n; k++)
			if (s->v.v[ranges[i].first + k].port == port)
				return true;
	return false;
}

/* Did the controller's side open the conversation? */
static bool opened_by_controller(const struct record *r, const struct touch *t, bool port_named)
{
	uint16_t controller = t->port, host = t->by_orig ? r->resp_port : r->orig_port;

	if (r->kind != KIND_FLOW)
		return t->by_orig;
	if (r->opener != OPENER_UNKNOWN)
		return (r->opener == OPENER_ORIG) == t->by_orig;
	if (port_named && controller)
		return false;
	if (controller != host)
		return controller > host;
	return t->by_orig;
}

static uint64_t stated(uint64_t v)
{
	return v == UNSTATED ? 0 : v;
}

/* Sizes, and what one-way records prove, seen from the host. */
static void measure(const struct record *r, struct touch *t, bool controller_opened)
{
	bool from_host = !t->by_orig; /* the originator sends what orig_* counts */

	t->level = r->level;
	if (r->kind != KIND_FLOW)
		return;
	t->bytes_out = stated(from_host ? r->orig_bytes : r->resp_bytes);
	t->bytes_in = stated(from_host ? r->resp_bytes : r->orig_bytes);
	if (!r->one_way)
		return;
	t->sent_out = from_host && stated(r->orig_payload) > 0;
	t->sent_in = !from_host && stated(r->orig_payload) > 0;
	/* The exporter shows the sender only: what the opener sent without an ACK may be all there
	 * was. */
	t->level = from_host != controller_opened && !r->ack ? LEVEL_ATTEMPT : LEVEL_ESTABLISHED;
}

/* Was there nothing from the host's side, though the record would show it? */
static bool host_silent(const struct record *r, const struct touch *t)
{
	bool orig = !t->by_orig;
	uint64_t sent = stated(orig ? r->orig_packets : r->resp_packets) |
			stated(orig ? r->orig_bytes : r->resp_bytes);
	uint64_t got = stated(orig ? r->resp_packets : r->orig_packets) |
		       stated(orig ? r->resp_bytes : r->orig_bytes);

	return !r->one_way && sent == 0 && got != 0;
}

static void judge(const struct names *n, const struct rules *rules, const struct record *r,
		  struct touch *t)
{
	struct ind_range ranges[ADDR_RANGES_MAX];
	size_t n_ranges = touch_indicators(n->snap, t, ranges);
	bool addressed = t->type == IT_IP, compares = addressed && r->kind != KIND_DNS;
	bool flow = r->kind == KIND_FLOW;
	int best = 4; /* (in, on) (grace, on) (in, off) (grace, off) */

	t->inbound = opened_by_controller(
		r, t, flow && addressed && names_port(n->snap, ranges, n_ranges, t->port));
	measure(r, t, t->inbound);
	for (size_t i = 0; i < n_ranges; i++)
		for (uint32_t k = 0; k < ranges[i].n; k++) {
			const struct indicator *ind = &n->snap->v.v[ranges[i].first + k];
			enum validity v = indicator_validity(ind, rules, r->ts);
			bool on = !compares || !ind->port || ind->port == t->port;
			int as = (on ? 0 : 2) + (v == VALID_GRACE);

			if (v == VALID_OUT)
				continue;
			if (compares && ind->port && ind->port == t->port)
				t->named_port = true;
			if (as < best)
				best = as;
		}
	t->on_port = best < 2;
	t->grace = best & 1;
	if ((t->inbound && (r->one_way || t->level < LEVEL_TWO_WAY)) || (flow && host_silent(r, t)))
		t->verdict = TOUCH_INBOUND_ONLY;
	else if (best == 4)
		t->verdict = TOUCH_OUTSIDE_VALIDITY;
	else if (addressed && t->names == NAME_BENIGN)
		t->verdict = TOUCH_BENIGN_NAME;
}

struct touches {
	struct touch *v;
	size_t n;
};

/* What a record's host may be calling the controller. */
struct called {
	struct name_info v[NAMES_MAX];
	size_t n;
};

static struct touch *add(struct touches *ts, const struct record *r, enum itype type, bool by_orig)
{
	struct touch *t;

	if (ts->n == TOUCHES_MAX)
		return NULL;
	t = &ts->v[ts->n++];
	*t = (struct touch){ .type = type,
			     .by_orig = by_orig,
			     .addr = by_orig ? r->orig : r->resp,
			     .host = by_orig ? r->resp : r->orig,
			     .port = by_orig ? r->orig_port : r->resp_port,
			     .name = STR_NONE };
	return t;
}

/* The class of several names, and the one that stands for it: listed > benign > other, then by
 * text. */
static void classify(struct touch *t, const struct called *c)
{
	const struct name_info *best = NULL;

	for (size_t i = 0; i < c->n; i++) {
		const struct name_info *one = &c->v[i];

		if (!best || one->class > best->class ||
		    (one->class == best->class && str_cmp(one->text, best->text) < 0))
			best = one;
	}
	if (best) {
		t->names = best->class;
		t->name = best->text;
		t->benign = best->entry;
	}
}

/* Domains by their own name or by resolution: benign when a longer benign entry covers all names
 * that lead there. */
static void judge_domain(const struct names *n, const struct rules *rules, const struct record *r,
			 const struct called *c, struct touch *t)
{
	bool benign = false, other = false;

	for (size_t i = 0; i < c->n; i++) {
		const struct name_info *one = &c->v[i];

		if (one->domain != t->target)
			continue;
		if (!t->name.n || str_cmp(one->text, t->name) < 0)
			t->name = one->text;
		if (one->longer_benign)
			t->benign = one->entry;
		benign |= one->longer_benign;
		other |= !one->longer_benign;
	}
	judge(n, rules, r, t);
	if (t->verdict == TOUCH_COUNTED && benign && !other)
		t->verdict = TOUCH_BENIGN_NAME;
}

/* The domains to which a flow with this address leads: by its names, or by what others were told. */
static size_t domains_behind(const struct names *n, struct ip addr, int64_t ts, bool unnamed,
			     const struct called *lead, uint32_t out[NAMES_MAX])
{
	size_t many = 0;

	if (unnamed)
		return names_resolved(n, addr, ts, out);
	for (size_t i = 0; i < lead->n; i++) {
		bool known = lead->v[i].domain == UINT32_MAX;

		for (size_t k = 0; k < many; k++)
			known |= out[k] == lead->v[i].domain;
		if (!known)
			out[many++] = lead->v[i].domain;
	}
	return many;
}

static void call(const struct names *n, const uint32_t *ids, size_t many, struct called *c)
{
	for (size_t i = 0; i < many && c->n < NAMES_MAX; i++)
		c->v[c->n++] = n->v.v[ids[i]];
}

/*
 * What a flow is called: by its conversations whichever side answered, else by answers. Only what
 * names the address itself leads to a domain: conversations that it answered, and answers.
 */
static void names_of_flow(const struct names *n, const struct record *r, bool by_orig,
			  struct called *all, struct called *lead)
{
	uint32_t ids[NAMES_MAX];

	call(n, ids, names_of_conversation(n, r, by_orig, ids), lead);
	*all = *lead;
	call(n, ids, names_of_conversation(n, r, !by_orig, ids), all);
	if (all->n)
		return;
	call(n, ids,
	     by_orig ? names_of_answers(n, r->resp, r->orig, r->ts, ids)
		     : names_of_answers(n, r->orig, r->resp, r->ts, ids),
	     lead);
	*all = *lead;
}

/* The address on one side is listed, or a listed domain leads to it. */
static void touch_side(const struct names *n, const struct rules *rules, const struct record *r,
		       bool by_orig, const struct name_info *own, struct touches *ts)
{
	struct ip addr = by_orig ? r->orig : r->resp, host = by_orig ? r->resp : r->orig;
	struct ind_range ranges[ADDR_RANGES_MAX];
	struct called all, lead;
	uint32_t ids[NAMES_MAX];
	size_t many;
	bool listed = snapshot_addr(n->snap, addr, ranges) > 0;
	bool maybe = r->kind == KIND_FLOW && names_near(n, addr);

	if (!listed && !maybe)
		return;
	all.n = lead.n = 0;
	if (own->class != NAME_NONE)
		all.v[all.n++] = *own;
	else if (r->kind == KIND_FLOW)
		names_of_flow(n, r, by_orig, &all, &lead);
	else if (r->kind != KIND_DNS)
		call(n, ids, names_of_answers(n, host, addr, r->ts, ids), &all);
	if (listed) {
		struct touch *t = add(ts, r, IT_IP, by_orig);

		if (t) {
			classify(t, &all);
			judge(n, rules, r, t);
		}
	}
	many = maybe ? domains_behind(n, addr, r->ts, all.n == 0, &lead, ids) : 0;
	for (size_t i = 0; i < many; i++) {
		struct touch *t = add(ts, r, IT_DOMAIN, by_orig);

		if (t) {
			t->target = ids[i];
			judge_domain(n, rules, r, &lead, t);
		}
	}
}

static void touch_url_of(const struct names *n, const struct rules *rules, const struct record *r,
			 struct touches *ts)
{
	struct buf url;
	uint32_t index;

	if (!n->snap->urls.n || r->kind != KIND_HTTP)
		return;
	buf_init(&url, 1 << 17);
	if (touch_url(r, &url) && snapshot_url(n->snap, buf_str(&url), &index)) {
		struct touch *t = add(ts, r, IT_URL, false);

		if (t) {
			t->target = index;
			judge(n, rules, r, t);
		}
	}
	buf_free(&url);
}

size_t touch_record(const struct names *n, const struct rules *rules, const struct record *r,
		    char lower[256], struct touch out[TOUCHES_MAX])
{
	struct name_info own = { .class = NAME_NONE, .domain = UINT32_MAX }, unnamed = own;
	struct touches ts = { out, 0 };
	struct str name;

	if (ip_eq(r->orig, r->resp))
		return 0;
	name = r->kind == KIND_FLOW ? STR_NONE : name_of(r->name, lower);
	if (name.n)
		own = names_classify(n, name);
	/* A query names what is asked for, not the server that is asked. */
	touch_side(n, rules, r, false, r->kind == KIND_DNS ? &unnamed : &own, &ts);
	if (r->kind != KIND_DNS)
		touch_side(n, rules, r, true, &own, &ts);
	if (own.domain != UINT32_MAX) {
		struct called c;
		struct touch *t = add(&ts, r, IT_DOMAIN, false);

		c.v[0] = own;
		c.n = 1;
		if (t) {
			t->target = own.domain;
			if (r->kind == KIND_DNS)
				t->port = 0;
			judge_domain(n, rules, r, &c, t);
		}
	}
	touch_url_of(n, rules, r, &ts);
	return ts.n;
}
