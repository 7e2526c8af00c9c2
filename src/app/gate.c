/* SPDX-License-Identifier: Apache-2.0 */
#include "app/gate.h"

#include "app/catalogue.h"
#include "app/special.h"
#include "core/name.h"

#include <libpsl.h>
#include <stdlib.h>

/* Changes with the rules below, so that no snapshot outlives them. */
enum { RULES = 2 };

/* What holds around the address asked about last. */
struct around {
	bool known, held;
	uint32_t from, last;
};

struct gate {
	struct lists *l;
	bool keep; /* what is withheld stays in the snapshot, too */
	struct around by_special, by_benign;
	struct special special;
	struct buf text, detail;
};

enum err gate_decided(const struct store_override *o, struct overrides *to, struct exset *set)
{
	struct exclusion x = { .net = o->value.net,
			       .name = o->value.value,
			       .list = STR("override"),
			       .class = X_BENIGN,
			       .reason = STR_NONE };
	enum err e = overrides_add(to, &(struct override){ .type = o->value.type,
							   .verdict = o->verdict,
							   .net = o->value.net,
							   .value = o->value.value,
							   .author = o->author,
							   .reason = o->reason,
							   .made = o->made,
							   .expires = o->expires });

	x.type = o->value.type <= IT_CIDR ? ENTRY_NET : ENTRY_NAME_BELOW;
	return e || o->verdict != DECIDED_ALLOW || o->value.type > IT_DOMAIN ? e : exset_add(set, &x);
}

/* The host of a URL in normal form. */
struct str gate_url_host(struct str url)
{
	size_t at = str_find(url, STR("://"));
	struct str rest = at == SIZE_MAX ? url : str_skip(url, at + 3);

	if (rest.n && rest.p[0] == '[') {
		rest = str_skip(rest, 1);
		return str_head(rest, str_chr(rest, ']'));
	}
	rest = str_head(rest, str_chr(rest, '/'));
	return str_head(rest, str_chr(rest, ':'));
}

int64_t gate_until(const struct store_said *said)
{
	const struct indicator *i = &said->ind;

	if (said->listed || i->until != TIME_NONE)
		return i->until;
	if (i->from != TIME_NONE && said->listed_last != TIME_NONE && said->listed_last < i->from)
		return i->from;
	return said->listed_last;
}

/* What an indicator is about: an address or network, or a name; of a URL its host. */
struct about {
	bool address;
	struct cidr net;
	struct str name;
};

static struct about about(const struct indicator *i)
{
	struct about a = { .address = i->type == IT_IP || i->type == IT_CIDR,
			   .net = i->net,
			   .name = i->type == IT_DOMAIN ? i->value : STR_NONE };

	if (i->type == IT_URL) {
		a.name = gate_url_host(i->value);
		a.address = cidr_parse(a.name, &a.net) && a.net.len == 128;
	}
	return a;
}

static bool broad_net(const struct indicator *i)
{
	bool v4 = ip_is_v4(i->net.ip) && i->net.len >= 96;

	return i->type == IT_CIDR && i->net.len < (v4 ? 96 + 16 : 32);
}

static bool broad_name(const struct indicator *i)
{
	return i->type == IT_DOMAIN && name_is_public_suffix(i->value);
}

/* ---- what is known ---- */

/* The decision about the value itself goes before that about a URL's host. */
static const struct override *decision(const struct overrides *o, const struct indicator *i,
				       const struct about *a)
{
	const struct override *d = overrides_find(o, i);
	struct indicator host;

	if (d || i->type != IT_URL)
		return d;
	host = indicator_init();
	host.type = a->address ? IT_IP : IT_DOMAIN;
	host.net = a->net;
	host.value = a->name;
	return overrides_find(o, &host);
}

/* The benign entry that holds it or lies in it. */
static const struct exentry *benign(const struct exset *set, const struct indicator *i,
				    const struct about *a)
{
	const struct exentry *x;
	size_t labels;

	if (a->address)
		return exset_overlap(set, X_BENIGN, a->net);
	x = exset_name(set, a->name, &labels);
	if (x && x->class == X_BENIGN)
		return x;
	return i->type == IT_DOMAIN ? exset_benign_below(set, a->name) : NULL;
}

/* The entry of that class that holds it; of a network also one that lies in it, if `within`. */
static const struct exentry *holder(const struct exset *set, enum xclass c, const struct about *a,
				    uint32_t as, bool within)
{
	const struct exentry *x = NULL;
	size_t labels;

	if (a->address)
		x = exset_overlap(set, c, a->net);
	else if (a->name.n)
		x = exset_name(set, a->name, &labels);
	if (x && (x->class != c || (a->address && !within && x->net.len > a->net.len)))
		x = NULL;
	return x || !as ? x : exset_as(set, c, as);
}

struct verdict_facts gate_facts(const struct gate_rules *r, const struct indicator *i, uint32_t as)
{
	struct verdict_facts f = { .standing = STANDING_VALID,
				   .score = 100,
				   .revoked = i->revoked,
				   .hash = i->type == IT_HASH,
				   .infected_host = i->role == ROLE_INFECTED_HOST };
	struct about a = about(i);
	const struct override *d = decision(r->decided, i, &a);

	f.decided = d != NULL;
	if (d)
		f.decision = d->verdict;
	f.sinkhole = i->role == ROLE_SINKHOLE;
	f.scanner = i->role == ROLE_SCANNER;
	if (f.hash)
		return f;
	f.special_purpose = a.address && special_overlap(r->special, a.net).n;
	f.too_broad = broad_net(i) || broad_name(i);
	f.vetoed = overrides_allowed_in(r->decided, i) != NULL;
	f.allow_listed = benign(r->set, i, &a) != NULL;
	f.sinkhole = f.sinkhole || holder(r->set, X_SINKHOLE, &a, as, false);
	f.research = holder(r->set, X_RESEARCH, &a, as, false) != NULL;
	f.scanner = f.scanner || holder(r->set, X_SCANNER, &a, as, false);
	f.provider = holder(r->set, X_PROVIDER, &a, as, true) != NULL;
	return f;
}

/* ---- in words ---- */

static void detail_entry(struct buf *detail, const struct exentry *x)
{
	if (x)
		exentry_detail(detail, x);
}

static void detail_override(struct buf *detail, const struct override *o)
{
	if (o)
		override_detail(detail, o);
}

void gate_detail(const struct gate_rules *r, const struct indicator *i, uint32_t as,
		 enum verdict_why why, struct buf *detail)
{
	struct about a = about(i);

	if (why == WHY_SPECIAL_PURPOSE) {
		buf_puts(detail, special_overlap(r->special, a.net));
	} else if (why == WHY_TOO_BROAD && i->type == IT_CIDR) {
		buf_fmt(detail, "networks shorter than %s are not acted on",
			ip_is_v4(a.net.ip) ? "/16" : "/32");
	} else if (why == WHY_TOO_BROAD) {
		buf_c(detail, "a public suffix: anybody may register below it");
	} else if (why == WHY_ALLOWED || why == WHY_INFORM || why == WHY_BLOCK) {
		detail_override(detail, decision(r->decided, i, &a));
	} else if (why == WHY_VETOED) {
		detail_override(detail, overrides_allowed_in(r->decided, i));
	} else if (why == WHY_ALLOW_LISTED) {
		detail_entry(detail, benign(r->set, i, &a));
	} else if (why == WHY_REVOKED) {
		buf_c(detail, "revoked by its source");
	} else if (why == WHY_SINKHOLE) {
		detail_entry(detail, holder(r->set, X_SINKHOLE, &a, as, false));
	} else if (why == WHY_RESEARCH) {
		detail_entry(detail, holder(r->set, X_RESEARCH, &a, as, false));
	} else if (why == WHY_SCANNER) {
		detail_entry(detail, holder(r->set, X_SCANNER, &a, as, false));
	} else if (why == WHY_PROVIDER) {
		detail_entry(detail, holder(r->set, X_PROVIDER, &a, as, true));
	}
}

const char *gate_reason(const struct gate_rules *r, const struct indicator *i, struct buf *detail)
{
	struct verdict_facts f = gate_facts(r, i, 0);
	enum verdict_why why = verdict_of(&f);

	if (why_action(why) != ACTION_NONE)
		return NULL;
	gate_detail(r, i, 0, why, detail);
	return why_text(why);
}

const char *gate_forbids(const struct special *special, const struct indicator *i, struct buf *detail)
{
	const struct gate_rules r = { .special = special };
	struct about a = about(i);
	enum verdict_why why = WHY_COUNT;

	if (a.address && special_overlap(special, a.net).n)
		why = WHY_SPECIAL_PURPOSE;
	else if (broad_net(i) || broad_name(i))
		why = WHY_TOO_BROAD;
	if (why == WHY_COUNT)
		return NULL;
	gate_detail(&r, i, 0, why, detail);
	return why_text(why);
}

/* ---- all indicators ---- */

static enum err withhold(struct gate *g, const struct indicator *i, const char *reason)
{
	struct withheld *w = VEC_PUSH(&g->l->withheld);

	if (!w)
		return ERR_NOMEM;
	buf_clear(&g->text);
	if (i->type == IT_IP || i->type == IT_CIDR)
		cidr_format(&g->text, i->net);
	else
		buf_puts(&g->text, i->value);
	*w = (struct withheld){ arena_str(&g->l->arena, buf_str(&g->text)), str_of(reason),
				arena_str(&g->l->arena, buf_str(&g->detail)),
				arena_str(&g->l->arena, i->source) };
	return w->value.p && w->detail.p && w->source.p ? buf_err(&g->text) : ERR_NOMEM;
}

static int by_value(const void *a, const void *b)
{
	const struct withheld *x = a, *y = b;
	int d = str_cmp(x->value, y->value);

	if (!d)
		d = str_cmp(x->source, y->source);
	if (!d)
		d = str_cmp(x->reason, y->reason);
	return d ? d : str_cmp(x->detail, y->detail);
}

static bool held(struct around *a, const struct lpm *net, uint32_t v4, uint32_t *last)
{
	uint32_t id;

	if (!a->known || v4 < a->from || v4 > a->last) {
		a->held = lpm_find_run(net, v4, &id, &a->last);
		a->from = v4;
		a->known = true;
	}
	*last = a->last;
	return a->held;
}

/* Is there neither a special-purpose range nor a benign one? */
static bool clear(void *ctx, uint32_t v4, uint32_t *last)
{
	struct gate *g = ctx;
	uint32_t to;
	bool special = held(&g->by_special, &g->special.net, v4, last);
	bool benign = held(&g->by_benign, &g->l->exset.net[X_BENIGN], v4, &to);

	*last = *last < to ? *last : to;
	return !special && !benign;
}

static enum err ask(void *ctx, const struct indicator *i, bool *keep)
{
	struct gate *g = ctx;
	const struct gate_rules r = { &g->l->exset, &g->special, &g->l->overrides };
	struct verdict_facts f = gate_facts(&r, i, 0);
	enum verdict_why why = verdict_of(&f);
	bool decided = why == WHY_ALLOWED || why == WHY_VETOED;
	enum err e;

	*keep = why_action(why) != ACTION_NONE;
	if (*keep)
		return ERR_OK;
	buf_clear(&g->detail);
	gate_detail(&r, i, 0, why, &g->detail);
	e = withhold(g, i, why_text(why));
	/* Where the snapshot is used lists may be others, but nobody knows there what was decided. */
	return e || !g->keep || decided ? e : snapshot_add_other(&g->l->snapshot, i);
}

static enum err keep_withheld(struct lists *l)
{
	enum err e = ERR_OK;

	for (size_t i = 0; !e && i < l->withheld.n; i++) {
		const struct withheld *w = &l->withheld.v[i];
		const struct str text[4] = { w->value, w->reason, w->detail, w->source };

		e = snapshot_add_withheld(&l->snapshot, text);
	}
	return e;
}

enum err gate_indicators(struct lists *l, bool keep)
{
	struct gate g = { .l = l, .keep = keep };
	size_t kept = 0;
	enum err e;

	buf_init(&g.text, 1 << 17);
	buf_init(&g.detail, 1 << 17);
	e = special_load(&g.special);
	if (!e)
		e = special_index(&g.special);
	if (!e)
		e = snapshot_sieve(&l->snapshot,
				   &(struct sieve){ .ctx = &g, .clear = clear, .ask = ask });
	if (l->withheld.n)
		qsort(l->withheld.v, l->withheld.n, sizeof *l->withheld.v, by_value);
	for (size_t i = 1; i < l->withheld.n; i++)
		if (by_value(&l->withheld.v[kept], &l->withheld.v[i]) != 0)
			l->withheld.v[++kept] = l->withheld.v[i];
	if (l->withheld.n)
		l->withheld.n = kept + 1;
	if (!e && keep)
		e = keep_withheld(l);
	special_free(&g.special);
	buf_free(&g.text);
	buf_free(&g.detail);
	return e;
}

/* ---- what it was asked with ---- */

static void sum_str(uint64_t *sum, struct str s)
{
	*sum = str_hash(s, *sum);
}

static void sum_override(uint64_t *sum, const struct override *o)
{
	uint64_t facts[] = { o->type, o->verdict, o->net.ip.hi, o->net.ip.lo, o->net.len };

	sum_str(sum, (struct str){ (const char *)facts, sizeof facts });
	sum_str(sum, o->value);
	sum_str(sum, o->author);
	sum_str(sum, o->reason);
}

uint64_t gate_digest(const struct exset *x, const struct overrides *o)
{
	uint64_t sum = RULES;

	/* Other rules, or other data of the program, may judge otherwise. */
	sum_str(&sum, str_of(NEZUMI_VERSION));
	sum_str(&sum, str_of(psl_builtin_sha1sum()));
	sum_str(&sum, catalogue_special_purpose());
	sum_str(&sum, catalogue_families());
	for (size_t i = 0; i < x->entries.n; i++) {
		const struct exentry *e = &x->entries.v[i];
		struct cidr net = e->type == ENTRY_NET ? e->net : (struct cidr){ .len = 0 };
		uint64_t facts[] = { e->type,   e->class,  e->type == ENTRY_AS ? e->as : 0,
				     net.ip.hi, net.ip.lo, net.len };

		sum_str(&sum, (struct str){ (const char *)facts, sizeof facts });
		sum_str(&sum, exentry_is_name(e) ? e->name : STR_NONE);
		sum_str(&sum, e->list->name);
		sum_str(&sum, e->list->reason);
	}
	for (size_t i = 0; i < o->v.n; i++)
		sum_override(&sum, &o->v.v[i]);
	return sum;
}
