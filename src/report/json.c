/* SPDX-License-Identifier: Apache-2.0 */
#include "report/json.h"

#include "base/escape.h"
#include "base/json.h"

/* A writer that knows where commas and line breaks go: one row of a list a line. */
struct out {
	struct buf *b;
	bool comma, defanged;
	struct buf value;
};

static void key(struct out *o, const char *name)
{
	if (o->comma)
		buf_ch(o->b, ',');
	if (name) {
		buf_ch(o->b, '"');
		buf_c(o->b, name);
		buf_c(o->b, "\":");
	}
	o->comma = true;
}

static void text(struct out *o, const char *name, struct str s)
{
	key(o, name);
	json_put(o->b, s);
}

/* An address, domain or URL. */
static void value(struct out *o, const char *name, struct str s)
{
	if (o->defanged) {
		buf_clear(&o->value);
		defang(&o->value, s);
		s = buf_str(&o->value);
	}
	text(o, name, s);
}

static void number(struct out *o, const char *name, uint64_t v)
{
	key(o, name);
	buf_u64(o->b, v);
}

static void when(struct out *o, const char *name, int64_t t)
{
	key(o, name);
	if (t == TIME_NONE) {
		buf_c(o->b, "null");
		return;
	}
	buf_ch(o->b, '"');
	time_format(o->b, t);
	buf_ch(o->b, '"');
}

static void open(struct out *o, const char *name, char bracket)
{
	key(o, name);
	buf_ch(o->b, bracket);
	o->comma = false;
}

static void close(struct out *o, char bracket)
{
	buf_ch(o->b, bracket);
	o->comma = true;
}

/* A row of a list, on a line of its own. */
static void row(struct out *o)
{
	if (o->comma)
		buf_ch(o->b, ',');
	buf_c(o->b, "\n  {");
	o->comma = false;
}

static void texts(struct out *o, const char *name, const struct str *v, size_t n)
{
	open(o, name, '[');
	for (size_t i = 0; i < n; i++)
		text(o, NULL, v[i]);
	close(o, ']');
}

static void values(struct out *o, const char *name, const struct str *v, size_t n)
{
	open(o, name, '[');
	for (size_t i = 0; i < n; i++)
		value(o, NULL, v[i]);
	close(o, ']');
}

static void list_begin(struct out *o, const char *name)
{
	key(o, NULL);
	buf_c(o->b, "\n \"");
	buf_c(o->b, name);
	buf_c(o->b, "\":[");
	o->comma = false;
}

static void put_org(struct out *o, const struct org *g)
{
	text(o, "id", g->id);
	text(o, "name", g->name);
	text(o, "sector", g->sector);
	text(o, "country", g->country);
	text(o, "kind", str_of(org_kind_text(g->kind)));
}

static void put_inputs(struct out *o, const struct answer *a)
{
	list_begin(o, "inputs");
	for (size_t i = 0; i < a->n_inputs; i++) {
		const struct answer_input *in = &a->inputs[i];

		row(o);
		text(o, "path", in->path);
		text(o, "kind", in->kind);
		text(o, "format", in->format);
		number(o, "records", in->records);
		number(o, "malformed", in->malformed);
		number(o, "bytes", in->bytes);
		if (in->unused)
			number(o, "unused", in->unused);
		if (in->truncated)
			number(o, "truncated", in->truncated);
		if (in->missed)
			number(o, "missed_bytes", in->missed);
		if (in->dropped)
			number(o, "dropped", in->dropped);
		if (in->trouble.n)
			text(o, "error", in->trouble);
		close(o, '}');
	}
	close(o, ']');
}

static void put_totals(struct out *o, const struct answer *a)
{
	key(o, NULL);
	buf_c(o->b, "\n \"totals\":{");
	o->comma = false;
	number(o, "records", a->records);
	number(o, "matched", a->matched);
	number(o, "excluded", a->excluded_records);
	number(o, "controllers", a->n_controllers);
	number(o, "hosts", a->hosts);
	number(o, "organisations", a->n_orgs);
	number(o, "findings", a->n_findings);
	close(o, '}');
}

static void put_evidence(struct out *o, const struct finding *f)
{
	open(o, "evidence", '[');
	for (size_t i = 0; i < f->n_evidence; i++) {
		open(o, NULL, '{');
		text(o, "path", f->evidence[i].path);
		number(o, "line", f->evidence[i].line);
		when(o, "time", f->evidence[i].ts);
		text(o, "kind", str_of(kind_text(f->evidence[i].kind)));
		close(o, '}');
	}
	close(o, ']');
}

static void put_finding(struct out *o, const struct answer *a, const struct finding *f)
{
	row(o);
	value(o, "host", f->host);
	open(o, "organisation", '{');
	put_org(o, &a->orgs[f->org].org);
	close(o, '}');
	number(o, "asn", f->asn);
	text(o, "as_name", f->as_name);
	text(o, "country", f->country);
	value(o, "controller", a->controllers[f->controller].value);
	number(o, "port", f->port);
	text(o, "protocol", f->protocol);
	texts(o, "families", f->families, f->n_families);
	texts(o, "sources", f->sources, f->n_sources);
	number(o, "records", f->records);
	number(o, "records_other_port", f->records_other_port);
	number(o, "established", f->established);
	number(o, "bytes_out", f->bytes_out);
	number(o, "bytes_in", f->bytes_in);
	when(o, "first_seen", f->first);
	when(o, "last_seen", f->last);
	number(o, "days", f->days);
	number(o, "score", (uint64_t)f->score);
	text(o, "confidence", str_of(confidence_text(f->confidence)));
	open(o, "reasons", '[');
	for (size_t i = 0; i < f->n_reasons; i++)
		text(o, NULL, f->reasons[i].text);
	close(o, ']');
	put_evidence(o, f);
	open(o, "score_parts", '[');
	for (size_t i = 0; i < f->n_reasons; i++) {
		open(o, NULL, '{');
		text(o, "part", f->reasons[i].part);
		key(o, "points");
		buf_fmt(o->b, "%d", f->reasons[i].points);
		close(o, '}');
	}
	close(o, ']');
	number(o, "regularity", f->regularity);
	number(o, "interval_s", (uint64_t)(f->interval / TIME_S));
	close(o, '}');
}

static void put_controllers(struct out *o, const struct answer *a)
{
	list_begin(o, "controllers");
	for (size_t i = 0; i < a->n_controllers; i++) {
		const struct answer_controller *c = &a->controllers[i];

		row(o);
		value(o, "value", c->value);
		texts(o, "families", c->families, c->n_families);
		text(o, "country", c->country);
		number(o, "asn", c->asn);
		text(o, "as_name", c->as_name);
		number(o, "hosts", c->hosts);
		number(o, "organisations", c->orgs);
		number(o, "records", c->records);
		when(o, "first_seen", c->first);
		when(o, "last_seen", c->last);
		values(o, "hostnames", c->hostnames, c->n_hostnames);
		number(o, "cluster", c->cluster);
		text(o, "context", c->context);
		text(o, "action", str_of(action_text(why_action(c->why))));
		text(o, "action_reason", str_of(why_text(c->why)));
		close(o, '}');
	}
	close(o, ']');
}

static void put_orgs(struct out *o, const struct answer *a)
{
	list_begin(o, "organisations");
	for (size_t i = 0; i < a->n_orgs; i++) {
		const struct answer_org *g = &a->orgs[i];

		row(o);
		put_org(o, &g->org);
		number(o, "hosts", g->hosts);
		values(o, "controllers", g->controllers, g->n_controllers);
		texts(o, "families", g->families, g->n_families);
		when(o, "first_seen", g->first);
		when(o, "last_seen", g->last);
		number(o, "score", (uint64_t)g->score);
		/* An object already, made of texts by its reader. */
		if (g->org.extra.n) {
			key(o, "extra");
			buf_puts(o->b, g->org.extra);
		}
		close(o, '}');
	}
	close(o, ']');
}

static void put_clusters(struct out *o, const struct answer *a)
{
	list_begin(o, "clusters");
	for (size_t i = 0; i < a->n_clusters; i++) {
		const struct cluster_row *c = &a->clusters[i];

		row(o);
		number(o, "id", c->id);
		open(o, "controllers", '[');
		for (size_t k = 0; k < c->n_controllers; k++)
			value(o, NULL, a->controllers[c->controllers[k]].value);
		close(o, ']');
		open(o, "organisations", '[');
		for (size_t k = 0; k < c->n_orgs; k++)
			text(o, NULL, a->orgs[c->orgs[k]].org.id);
		close(o, ']');
		close(o, '}');
	}
	close(o, ']');
}

static void put_alerts(struct out *o, const struct answer *a)
{
	list_begin(o, "alerts");
	for (size_t i = 0; i < a->n_alerts; i++) {
		const struct alert *t = &a->alerts[i];

		row(o);
		text(o, "rule", t->rule);
		text(o, "severity", t->severity);
		value(o, "subject", t->subject);
		text(o, "message", t->message);
		texts(o, "evidence", t->evidence, t->n_evidence);
		close(o, '}');
	}
	close(o, ']');
}

static void put_set_aside(struct out *o, const struct answer *a)
{
	list_begin(o, "excluded");
	for (size_t i = 0; i < a->n_excluded; i++) {
		row(o);
		value(o, "host", a->excluded[i].host);
		value(o, "controller", a->excluded[i].controller);
		text(o, "reason", a->excluded[i].reason);
		text(o, "detail", a->excluded[i].detail);
		number(o, "records", a->excluded[i].records);
		close(o, '}');
	}
	close(o, ']');
	list_begin(o, "withheld");
	for (size_t i = 0; i < a->n_withheld; i++) {
		row(o);
		value(o, "value", a->withheld[i].value);
		text(o, "reason", a->withheld[i].reason);
		text(o, "detail", a->withheld[i].detail);
		text(o, "source", a->withheld[i].source);
		close(o, '}');
	}
	close(o, ']');
	list_begin(o, "rejected");
	for (size_t i = 0; i < a->n_rejected; i++) {
		row(o);
		text(o, "path", a->rejected[i].path);
		number(o, "line", a->rejected[i].line);
		text(o, "why", a->rejected[i].why);
		close(o, '}');
	}
	close(o, ']');
}

enum err report_json(const struct answer *a, bool defanged, struct buf *out)
{
	struct out o = { .b = out, .defanged = defanged };

	buf_init(&o.value, 1 << 20);
	buf_ch(out, '{');
	text(&o, "nezumi", STR(NEZUMI_VERSION));
	open(&o, "window", '{');
	when(&o, "from", a->from);
	when(&o, "to", a->to);
	close(&o, '}');
	put_inputs(&o, a);
	put_totals(&o, a);
	list_begin(&o, "findings");
	for (size_t i = 0; i < a->n_findings; i++)
		put_finding(&o, a, &a->findings[i]);
	close(&o, ']');
	put_controllers(&o, a);
	put_orgs(&o, a);
	put_clusters(&o, a);
	put_alerts(&o, a);
	put_set_aside(&o, a);
	buf_c(out, "\n}\n");
	buf_free(&o.value);
	return buf_err(out);
}
