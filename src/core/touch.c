/* SPDX-License-Identifier: Apache-2.0 */
#include "core/touch.h"

#include "core/name.h"

enum validity attribute_validity(const struct attribute *a, const struct rules *rules, int64_t ts)
{
	int64_t off = 0;

	if (rules->any_validity)
		return VALID_IN;
	if (a->from != TIME_NONE && ts < a->from)
		off = a->from - ts;
	else if (a->until != TIME_NONE && ts > a->until)
		off = ts - a->until;
	if (off == 0)
		return VALID_IN;
	return off <= rules->grace ? VALID_GRACE : VALID_OUT;
}

size_t touch_indicators(const struct snapshot *s, const struct touch *t,
			struct ind_range out[ADDR_RANGES_MAX])
{
	if (t->type == IT_IP)
		return snapshot_addr(s, t->addr, out);
	out[0] = t->type == IT_DOMAIN ? snapshot_domain_rows(s, t->target)
				      : snapshot_url_rows(s, t->target);
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

/* Is the URL of an http record listed? Its index. */
static bool listed_url(const struct snapshot *s, const struct record *r, uint32_t *index)
{
	struct buf url;
	bool is;

	if (!s->urls.n || r->kind != KIND_HTTP)
		return false;
	buf_init(&url, 1 << 17);
	is = touch_url(r, &url) && snapshot_url(s, buf_str(&url), index);
	buf_free(&url);
	return is;
}

bool touch_possible(const struct names *n, const struct record *r)
{
	const struct snapshot *s = n->snap;
	char lower[256];
	uint32_t domain, url;

	if (r->passive)
		return false;
	if (snapshot_near(s, r->resp) || (r->kind != KIND_DNS && snapshot_near(s, r->orig)))
		return true;
	if (r->kind == KIND_FLOW)
		return names_near(n, r->resp) || names_near(n, r->orig);
	if (s->domains.n && r->name.n && snapshot_domain(s, name_of(r->name, lower), &domain, NULL))
		return true;
	return listed_url(s, r, &url);
}

/* Does an indicator of the controller name this port? */
static bool names_port(const struct snapshot *s, const struct ind_range *ranges, size_t n, uint16_t port)
{
	for (size_t i = 0; i < n; i++)
		for (uint32_t k = 0; k < ranges[i].n; k++)
			if (snapshot_attribute(s, ranges[i].first + k)->port == port)
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
	 * was, and a reset alone is no answer. */
	t->level = r->refused || (from_host != controller_opened && !r->ack) ? LEVEL_ATTEMPT
									     : LEVEL_ESTABLISHED;
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
	bool flow = r->kind == KIND_FLOW, answered;
	int best = 4; /* (in, on) (grace, on) (in, off) (grace, off) */

	t->inbound = opened_by_controller(
		r, t, flow && addressed && names_port(n->snap, ranges, n_ranges, t->port));
	measure(r, t, t->inbound);
	for (size_t i = 0; i < n_ranges; i++)
		for (uint32_t k = 0; k < ranges[i].n; k++) {
			const struct attribute *ind = snapshot_attribute(n->snap, ranges[i].first + k);
			enum validity v = attribute_validity(ind, rules, r->ts);
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
	answered = r->one_way ? t->sent_out : t->level == LEVEL_TWO_WAY;
	if ((t->inbound && !answered) || (flow && host_silent(r, t)))
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

/* A listed domain to which names lead, and how they do. */
struct lead {
	uint32_t domain;
	struct str name; /* the smallest of them */
	bool benign;     /* a longer benign entry covers one of them */
	bool other;      /* ... and another one not */
	const struct exentry *entry;
};

/* What a record's host calls the controller, summed up; in any order, and any number of names. */
struct called {
	const struct names *names;
	size_t n;
	struct name_info best;        /* listed > benign > other, then by text */
	struct lead leads[LEADS_MAX]; /* sorted by domain; the smallest, should there be more */
	size_t n_leads;
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

static void lead_to(struct called *c, uint32_t domain, const struct name_info *by)
{
	size_t at = c->n_leads;
	struct lead *l;

	while (at && c->leads[at - 1].domain > domain)
		at--;
	if (!at || c->leads[at - 1].domain != domain) {
		if (at == LEADS_MAX)
			return;
		if (c->n_leads < LEADS_MAX)
			c->n_leads++;
		memmove(c->leads + at + 1, c->leads + at, (c->n_leads - 1 - at) * sizeof *c->leads);
		c->leads[at++] = (struct lead){ .domain = domain, .name = STR_NONE };
	}
	if (!by)
		return;
	l = &c->leads[at - 1];
	if (!l->name.n || str_cmp(by->text, l->name) < 0)
		l->name = by->text;
	if (by->longer_benign)
		l->entry = by->entry;
	l->benign |= by->longer_benign;
	l->other |= !by->longer_benign;
}

static void call(struct called *c, const struct name_info *name)
{
	if (!c->n || name->class > c->best.class ||
	    (name->class == c->best.class && str_cmp(name->text, c->best.text) < 0))
		c->best = *name;
	c->n++;
	if (name->domain != UINT32_MAX)
		lead_to(c, name->domain, name);
}

static bool on_name(void *ctx, uint32_t id)
{
	struct called *c = ctx;

	call(c, &c->names->v.v[id]);
	return true;
}

static bool on_domain(void *ctx, uint32_t domain)
{
	struct called *c = ctx;

	lead_to(c, domain, NULL);
	return c->n_leads < LEADS_MAX;
}

static void uncalled(struct called *c, const struct names *n)
{
	c->names = n;
	c->n = c->n_leads = 0;
}

/* A domain by its own name or by where it leads: benign when a longer benign entry covers all names
 * that say so. */
static void touch_domain(const struct names *n, const struct rules *rules, const struct record *r,
			 bool by_orig, const struct lead *l, struct touches *ts)
{
	struct touch *t = add(ts, r, IT_DOMAIN, by_orig);

	if (!t)
		return;
	t->target = l->domain;
	t->name = l->name;
	t->benign = l->entry;
	if (r->kind == KIND_DNS)
		t->port = 0;
	judge(n, rules, r, t);
	if (t->verdict == TOUCH_COUNTED && l->benign && !l->other)
		t->verdict = TOUCH_BENIGN_NAME;
}

/*
 * What a flow is called: by its conversations whichever side answered, else by answers. Only what
 * names the address itself leads to a domain: conversations that it answered, and answers; and what
 * others were told, if the flow has no name at all.
 */
static void names_of_flow(const struct names *n, const struct record *r, bool by_orig,
			  struct called *all, struct called *lead)
{
	struct ip host = by_orig ? r->resp : r->orig, addr = by_orig ? r->orig : r->resp;

	names_of_conversation(n, r, by_orig, on_name, lead);
	names_of_conversation(n, r, by_orig, on_name, all);
	names_of_conversation(n, r, !by_orig, on_name, all);
	if (all->n)
		return;
	names_of_answers(n, host, addr, r->ts, on_name, lead);
	names_of_answers(n, host, addr, r->ts, on_name, all);
	if (!all->n)
		names_resolved(n, addr, r->ts, on_domain, lead);
}

/* The address on one side is listed, or a listed domain leads to it. */
static void touch_side(const struct names *n, const struct rules *rules, const struct record *r,
		       bool by_orig, const struct name_info *own, struct touches *ts)
{
	struct ip addr = by_orig ? r->orig : r->resp, host = by_orig ? r->resp : r->orig;
	struct ind_range ranges[ADDR_RANGES_MAX];
	struct called all, lead;
	bool listed = snapshot_addr(n->snap, addr, ranges) > 0;
	bool maybe = r->kind == KIND_FLOW && names_near(n, addr);

	if (!listed && !maybe)
		return;
	uncalled(&all, n);
	uncalled(&lead, n);
	if (own->class != NAME_NONE)
		call(&all, own);
	else if (r->kind == KIND_FLOW)
		names_of_flow(n, r, by_orig, &all, &lead);
	else if (r->kind != KIND_DNS)
		names_of_answers(n, host, addr, r->ts, on_name, &all);
	if (listed) {
		struct touch *t = add(ts, r, IT_IP, by_orig);

		if (t) {
			if (all.n) {
				t->names = all.best.class;
				t->name = all.best.text;
				t->benign = all.best.entry;
			}
			judge(n, rules, r, t);
		}
	}
	for (size_t i = 0; maybe && i < lead.n_leads; i++)
		touch_domain(n, rules, r, by_orig, &lead.leads[i], ts);
}

static void touch_url_of(const struct names *n, const struct rules *rules, const struct record *r,
			 struct touches *ts)
{
	struct touch *t;
	uint32_t index;

	if (!listed_url(n->snap, r, &index))
		return;
	t = add(ts, r, IT_URL, false);
	if (t) {
		t->target = index;
		judge(n, rules, r, t);
	}
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
	if (own.domain != UINT32_MAX)
		touch_domain(n, rules, r, false,
			     &(struct lead){ own.domain, own.text, own.longer_benign,
					     !own.longer_benign, own.entry },
			     &ts);
	touch_url_of(n, rules, r, &ts);
	return ts.n;
}
