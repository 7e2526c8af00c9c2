/* SPDX-License-Identifier: Apache-2.0 */
#include "core/judge.h"

#include <stdlib.h>

/* Points for reaching a number: the first row that is reached counts. */
struct step {
	uint64_t at;
	int points;
};

static int steps(const struct step *s, size_t n, uint64_t v)
{
	for (size_t i = 0; i < n; i++)
		if (v >= s[i].at)
			return s[i].points;
	return 0;
}

#define STEPS(table, v) steps(table, sizeof(table) / sizeof(table)[0], v)

static const struct step repetition[] = { { 100, 20 }, { 30, 15 }, { 10, 10 }, { 3, 5 } };
static const struct step days[] = { { 5, 10 }, { 2, 5 } };
static const struct step regularity[] = { { 80, 20 }, { 60, 10 } };

static const struct {
	const char *part;
	int points;
} evidence[] = {
	[LEVEL_LOOKUP] = { "evidence-lookup", 20 },
	[LEVEL_ATTEMPT] = { "evidence-attempt", 25 },
	[LEVEL_ESTABLISHED] = { "evidence-established", 35 },
	[LEVEL_TWO_WAY] = { "evidence-two-way", 45 },
};

const char *confidence_text(enum confidence c)
{
	static const char *const text[] = { "low", "medium", "high" };

	return text[c];
}

enum confidence confidence_of(int score)
{
	return score >= 75 ? CONF_HIGH : score >= 50 ? CONF_MEDIUM : CONF_LOW;
}

static void give(struct judgement *j, const char *part, int points, uint64_t a, uint64_t b)
{
	j->score += points;
	j->reasons[j->n_reasons++] = (struct reason){ str_of(part), points, STR_NONE, a, b };
}

static void give_some(struct judgement *j, const char *part, int points, uint64_t a, uint64_t b)
{
	if (points)
		give(j, part, points, a, b);
}

static void cap(struct judgement *j, const char *part, int most, bool applies, uint64_t a)
{
	if (!applies || j->score <= most)
		return;
	j->score = most;
	j->reasons[j->n_reasons++] = (struct reason){ str_of(part), 0, STR_NONE, a, (uint64_t)most };
}

static uint16_t commonest(const struct port_counts *c)
{
	uint16_t port = 0;
	uint64_t n = 0;

	for (size_t i = 0; i < c->n; i++)
		if (c->v[i].n > n) {
			n = c->v[i].n;
			port = c->v[i].port;
		}
	return port;
}

static unsigned several_kinds(unsigned kinds)
{
	return (kinds & (kinds - 1)) != 0;
}

void judge_pair(struct pair *p, const struct surroundings *s, struct judgement *out)
{
	struct main_part *m = &p->c->main;
	bool off_port_only = p->c->on_port == 0;
	struct judgement j = { .level = m->level };

	if (p->c->sent_out && p->c->sent_in)
		j.level = LEVEL_TWO_WAY;
	if (m->calls.n) {
		qsort(m->calls.v, m->calls.n, sizeof *m->calls.v, call_cmp);
		if (m->calls.n > BEACON_CALLS)
			m->calls.n = BEACON_CALLS;
		j.regularity = beacon_regularity(m->calls.v, m->calls.n, &j.interval);
	}
	j.port = p->c->on.n ? commonest(&p->c->on) : commonest(&p->c->off);

	give(&j, evidence[j.level].part,
	     off_port_only ? evidence[j.level].points / 2 : evidence[j.level].points,
	     j.level == LEVEL_TWO_WAY ? m->two_way : m->n, m->n);
	if (m->named_port)
		give(&j, "port", 15, j.port, 0);
	give_some(&j, "repetition", STEPS(repetition, m->n), m->n, 0);
	give_some(&j, "days", STEPS(days, p->c->days.n), p->c->days.n, 0);
	give_some(&j, "regularity", STEPS(regularity, j.regularity), j.regularity,
		  (uint64_t)(j.interval + TIME_S / 2) / (uint64_t)TIME_S);
	if (s->family_controllers >= 2)
		give(&j, "family", 10, s->family_controllers, 0);
	if (m->listed_name || (p->type != IT_IP && several_kinds(m->kinds)))
		give(&j, "names", 10, m->listed_name ? 1 : 2, 0);
	if (s->sources >= 2)
		give(&j, "sources", 5, s->sources, 0);
	if (p->c->in_grace == p->c->counted)
		give(&j, "grace", -15, p->c->counted, 0);
	if (j.score < 0)
		j.score = 0;
	if (j.score > 100)
		j.score = 100;
	cap(&j, "cap-port", 49, off_port_only, p->c->off_port);
	cap(&j, "cap-inbound", 30, p->c->inbound == p->c->counted, p->c->counted);
	cap(&j, "cap-provider", 40,
	    s->provider && p->type == IT_IP && p->c->other_named == p->c->counted, p->c->counted);
	cap(&j, "cap-role", 49, !s->controller, 0);
	j.confidence = confidence_of(j.score);
	*out = j;
}

static void plural(struct buf *b, uint64_t n, const char *one, const char *many)
{
	buf_u64(b, n);
	buf_ch(b, ' ');
	buf_c(b, n == 1 ? one : many);
}

void reason_text(const struct reason *r, struct buf *b)
{
	struct str p = r->part;
	unsigned long long a = r->a, n = r->b;

	if (str_is(p, "evidence-two-way") && a == 0)
		buf_fmt(b, "payload both ways, seen in one-way records (%llu)", n);
	else if (str_is(p, "evidence-two-way"))
		buf_fmt(b, "payload both ways in %llu of %llu records", a, n);
	else if (str_is(p, "evidence-established"))
		(plural(b, a, "record", "records"), buf_c(b, ", answered, without payload both ways"));
	else if (str_is(p, "evidence-attempt"))
		(plural(b, a, "attempt", "attempts"), buf_c(b, ", none answered"));
	else if (str_is(p, "evidence-lookup"))
		plural(b, a, "lookup of the name", "lookups of the name");
	else if (str_is(p, "port"))
		buf_fmt(b, "on the listed port %llu", a);
	else if (str_is(p, "repetition"))
		buf_fmt(b, "%llu times", a);
	else if (str_is(p, "days"))
		buf_fmt(b, "on %llu days", a);
	else if (str_is(p, "regularity"))
		buf_fmt(b, "at regular intervals, most often %llu s (regularity %llu of 100)", n, a);
	else if (str_is(p, "family"))
		buf_fmt(b, "%llu controllers of the same family", a);
	else if (str_is(p, "names"))
		buf_c(b, a == 1 ? "a listed name was asked for" : "name and connection agree");
	else if (str_is(p, "sources"))
		buf_fmt(b, "listed by %llu sources", a);
	else if (str_is(p, "grace"))
		buf_c(b, "only shortly before or after the listed validity");
	else if (str_is(p, "cap-port"))
		buf_fmt(b, "at most %llu: never on a listed port", n);
	else if (str_is(p, "cap-inbound"))
		buf_fmt(b, "at most %llu: the controller called, the host answered", n);
	else if (str_is(p, "cap-provider"))
		buf_fmt(b, "at most %llu: shared hosting, and another name was asked for", n);
	else if (str_is(p, "cap-role"))
		buf_fmt(b, "at most %llu: listed as something else than a controller", n);
	else
		buf_puts(b, p);
}
