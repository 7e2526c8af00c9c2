/* SPDX-License-Identifier: Apache-2.0 */
#include "app/lookup.h"

#include "app/gate.h"
#include "app/lookup_parts.h"
#include "core/name.h"

#include <stdlib.h>

enum {
	SAID_MAX = 1000, /* statements about a value and what holds it */
	WITHIN = 16,     /* entries that lie in a network or below a name */
	URLS = 16,       /* URLs on a host */
	ALLOWED = 1000,  /* overrides that do */
};

const char *opinion_text(enum opinion o)
{
	static const char *const texts[] = {
		[OPINION_UNKNOWN] = "unknown", [OPINION_BENIGN] = "benign", [OPINION_SUSPICIOUS] = "suspicious", [OPINION_MALICIOUS] = "malicious"
	};

	return texts[o];
}

enum err lookup_init(struct lookup *l)
{
	return carried_load(&l->carried);
}

void lookup_free(struct lookup *l)
{
	carried_free(&l->carried);
}

void looked_free(struct looked *k)
{
	free(k->said.v);
	free(k->urls.v);
	free(k->entries.v);
	free(k->decisions.v);
	arena_free(&k->arena);
}

/* State of one look-up. */
struct asking {
	struct lookup *l;
	struct looked *k;
	struct exset set;
	struct overrides decided;
	struct buf text;
	bool exact;  /* statements are about the value itself */
	bool within; /* decisions are about what lies in it */
};

/* Canonical text of a value, in the arena. */
static enum err value_text(struct asking *a, const struct indicator *i, struct str *out)
{
	if (i->type != IT_IP && i->type != IT_CIDR) {
		*out = arena_str(&a->k->arena, i->value);
	} else {
		buf_clear(&a->text);
		cidr_format(&a->text, i->net);
		*out = arena_str(&a->k->arena, buf_str(&a->text));
	}
	return out->p ? buf_err(&a->text) : ERR_NOMEM;
}

static enum err keep_all(struct arena *a, struct str *const *text, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		*text[i] = arena_str(a, *text[i]);
		if (!text[i]->p)
			return ERR_NOMEM;
	}
	return ERR_OK;
}

/* ---- what sources say ---- */

static enum err on_said(void *ctx, const struct store_said *said)
{
	struct asking *a = ctx;
	struct looked_said *to;
	struct indicator *i;
	enum err e;

	if (a->k->said.n == SAID_MAX)
		return ERR_OK;
	to = VEC_PUSH(&a->k->said);
	if (!to)
		return ERR_NOMEM;
	*to = (struct looked_said){ .said = *said, .exact = a->exact };
	i = &to->said.ind;
	e = value_text(a, &said->ind, &to->value);
	if (e)
		return e;
	i->value = to->value;
	/* What its source saw last has not ended by that. */
	if (i->until == i->seen)
		i->until = TIME_NONE;
	i->family = carried_family(&a->l->carried, i->family);
	return keep_all(&a->k->arena, (struct str *const[]){ &i->family, &i->source, &i->reference }, 3);
}

static enum err ask_said(struct asking *a, const struct indicator *host, struct errinfo *ei)
{
	struct store *s = a->l->store;
	enum err e;

	if (!s)
		return ERR_OK;
	a->exact = true;
	e = store_said_of(s, &a->k->ind, on_said, a, ei);
	a->exact = false;
	if (!e && host != &a->k->ind)
		e = store_said_of(s, host, on_said, a, ei);
	return e ? e : store_said_around(s, host, on_said, a, ei);
}

static enum err on_url(void *ctx, struct str url)
{
	struct asking *a = ctx;
	struct str *to;

	a->k->more_urls |= a->k->urls.n == URLS;
	if (a->k->more_urls)
		return ERR_OK;
	to = VEC_PUSH(&a->k->urls);
	if (!to)
		return ERR_NOMEM;
	*to = arena_str(&a->k->arena, url);
	return to->p ? ERR_OK : ERR_NOMEM;
}

/* ---- lists and decisions ---- */

static enum err on_exclusion(void *ctx, const struct exclusion *x)
{
	struct asking *a = ctx;

	return exset_add(&a->set, x);
}

static enum err on_decision(void *ctx, const struct store_override *o)
{
	struct asking *a = ctx;
	struct looked_decision *d = VEC_PUSH(&a->k->decisions);
	enum err e;

	if (!d)
		return ERR_NOMEM;
	*d = (struct looked_decision){ .author = o->author,
				       .reason = o->reason,
				       .verdict = o->verdict,
				       .made = o->made,
				       .expires = o->expires,
				       .lies_in = a->within };
	d->expired = o->expires != TIME_NONE && o->expires <= a->l->now;
	e = value_text(a, &o->value, &d->value);
	if (!e)
		e = keep_all(&a->k->arena, (struct str *const[]){ &d->author, &d->reason }, 2);
	return e || d->expired ? e : gate_decided(o, &a->decided, &a->set);
}

static enum err ask_lists(struct asking *a, const struct indicator *host, struct errinfo *ei)
{
	struct store *s = a->l->store;
	enum err e = ERR_OK;

	if (a->l->builtin)
		e = carried_exclusions_at(&a->l->carried, host, on_exclusion, a);
	if (!e && s)
		e = store_exclusions_at(s, host, WITHIN, on_exclusion, a, ei);
	if (!e && s)
		e = store_override_of(s, &a->k->ind, on_decision, a, ei);
	if (!e && s && host != &a->k->ind)
		e = store_override_of(s, host, on_decision, a, ei);
	if (!e && s)
		e = store_override_around(s, host, on_decision, a, ei);
	a->within = true;
	if (!e && s)
		e = store_override_within(s, &a->k->ind, DECIDED_ALLOW, ALLOWED, on_decision, a, ei);
	overrides_build(&a->decided);
	return e ? e : exset_build(&a->set);
}

/* Does it hold the host, or lie in it? A name of its own is for itself and its www only. */
static bool concerns(const struct exentry *x, const struct indicator *host)
{
	if (x->type != ENTRY_NAME || x->name.n >= host->value.n)
		return true;
	return host->value.n == x->name.n + 4 && str_starts(host->value, STR("www."));
}

static enum err keep_entries(struct asking *a, const struct indicator *host)
{
	for (size_t i = 0; i < a->set.entries.n; i++) {
		const struct exentry *x = &a->set.entries.v[i];
		struct looked_entry *to;
		enum err e;

		if (!concerns(x, host))
			continue;
		to = VEC_PUSH(&a->k->entries);
		if (!to)
			return ERR_NOMEM;
		buf_clear(&a->text);
		if (x->type == ENTRY_NET)
			cidr_format(&a->text, x->net);
		else if (x->type == ENTRY_AS)
			buf_fmt(&a->text, "AS%u", x->as);
		else
			buf_fmt(&a->text, "%s%.*s", x->type == ENTRY_NAME_BELOW ? "." : "",
				STR_ARG(x->name));
		*to = (struct looked_entry){ .list = x->list->name,
					     .entry = buf_str(&a->text),
					     .reason = exentry_reason(x),
					     .class = (enum xclass)x->class };
		to->lies_in = x->type == ENTRY_NET ? x->net.len > host->net.len
						   : exentry_is_name(x) && x->name.n > host->value.n;
		e = keep_all(&a->k->arena,
			     (struct str *const[]){ &to->list, &to->entry, &to->reason }, 3);
		if (e)
			return e;
	}
	return ERR_OK;
}

/* ---- whose it is ---- */

static enum err on_org(void *ctx, const struct org_entry *o)
{
	struct asking *a = ctx;
	struct org *to = &a->k->org;

	*to = o->org;
	a->k->has_org = true;
	return keep_all(
		&a->k->arena,
		(struct str *const[]){ &to->id, &to->name, &to->sector, &to->country, &to->extra }, 5);
}

static enum err ask_owner(struct asking *a, const struct indicator *host, struct errinfo *ei)
{
	struct owner *o = &a->k->owner;
	struct errinfo none;
	enum err e = ERR_OK;

	if (host->type != IT_IP && host->type != IT_CIDR)
		return ERR_OK;
	ownership_find(a->l->ownership, host->net.ip, o);
	if (host->type == IT_CIDR && !o->asn)
		return ERR_OK;
	if (a->l->store)
		e = store_org_at(a->l->store, host->net.ip, o->asn, on_org, a, &none);
	if (e && e != ERR_NOENT)
		return err_set(ei, e, "%s", none.msg);
	e = ERR_OK;
	if (a->l->store && o->asn)
		e = store_exclusions_as(a->l->store, o->asn, on_exclusion, a, ei);
	return e;
}

/* ---- judging ---- */

/* Is a network or a name that holds the value withheld, with its lists and decisions? */
static enum err ask_holder(struct lookup *l, const struct indicator *holder, const char **why,
			   struct errinfo *ei)
{
	struct looked aside = { .ind = *holder };
	struct asking a = { .l = l, .k = &aside };
	const struct gate_rules rules = { &a.set, &l->ownership->special, &a.decided };
	enum err e;

	aside.ind.revoked = false;
	aside.ind.role = ROLE_CONTROLLER;
	arena_init(&aside.arena, (size_t)16 << 20);
	buf_init(&a.text, (size_t)1 << 20);
	exset_init(&a.set, l->seed);
	overrides_init(&a.decided);
	e = ask_lists(&a, &aside.ind, ei);
	buf_clear(&a.text);
	if (!e)
		*why = gate_reason(&rules, &aside.ind, &a.text);
	exset_free(&a.set);
	overrides_free(&a.decided);
	buf_free(&a.text);
	looked_free(&aside);
	return e;
}

/* What the gate withholds says nothing of what lies in it, either. */
static enum err ask_holders(struct asking *a, struct errinfo *ei)
{
	struct looked *k = a->k;
	enum err e = ERR_OK;

	for (size_t i = 0; !e && i < k->said.n; i++) {
		struct looked_said *s = &k->said.v[i];

		if (i && str_eq(s->value, s[-1].value))
			s->withheld = s[-1].withheld;
		else if (!s->exact)
			e = ask_holder(a->l, &s->said.ind, &s->withheld, ei);
	}
	return e;
}

/* What is said of it, as far as it was not withdrawn. */
static void hear(struct looked *k, int64_t now)
{
	struct verdict_facts *f = &k->facts;
	bool withheld = false, revoked = false;

	f->standing = STANDING_NOWHERE;
	for (size_t i = 0; i < k->said.n; i++) {
		const struct store_said *s = &k->said.v[i].said;
		enum standing is =
			standing_at(s->ind.from, gate_until(s), now, VERDICT_GRACE_DAYS * TIME_DAY);

		withheld |= k->said.v[i].withheld != NULL;
		revoked |= s->ind.revoked;
		if (s->ind.revoked || k->said.v[i].withheld)
			continue;
		f->standing = is > f->standing ? is : f->standing;
		if (is < STANDING_GRACE)
			continue;
		f->sinkhole |= s->ind.role == ROLE_SINKHOLE;
		f->scanner |= s->ind.role == ROLE_SCANNER;
		f->infected_host |= s->ind.role == ROLE_INFECTED_HOST;
	}
	f->only_withheld = withheld && !revoked && f->standing == STANDING_NOWHERE;
	f->revoked = revoked && f->standing == STANDING_NOWHERE;
	f->score = k->score;
}

/* Does a reason rest on statements like this one? */
static bool rests_on(enum verdict_why why, enum role role)
{
	switch (why) {
	case WHY_SINKHOLE:
		return role == ROLE_SINKHOLE;
	case WHY_SCANNER:
		return role == ROLE_SCANNER;
	case WHY_INFECTED_HOST:
		return role == ROLE_INFECTED_HOST;
	default:
		return why == WHY_OVER || why == WHY_GRACE || why == WHY_AHEAD || why == WHY_HOLDER;
	}
}

/* The statement that the reason rests on, of several the one that holds longest; NULL: none. */
static const struct looked_said *behind(const struct looked *k)
{
	const struct looked_said *found = NULL;

	for (size_t i = 0; i < k->said.n; i++) {
		const struct looked_said *s = &k->said.v[i];

		if (!s->said.ind.revoked && rests_on(k->why, s->said.ind.role) &&
		    (k->why == WHY_HOLDER || !s->withheld) &&
		    (!found || gate_until(&s->said) > gate_until(&found->said)))
			found = s;
	}
	return found;
}

static void detail_said(struct asking *a)
{
	const struct looked *k = a->k;
	const struct looked_said *s = behind(k);
	int64_t t = TIME_NONE;

	if (k->why == WHY_LOW_SCORE || k->why == WHY_LISTED)
		buf_fmt(&a->text, "score %u", k->score);
	if (!s)
		return;
	buf_puts(&a->text, s->said.ind.source);
	if (k->why == WHY_HOLDER) {
		buf_c(&a->text, ": ");
		buf_puts(&a->text, s->value);
		buf_fmt(&a->text, ", %s", s->withheld);
	}
	if (k->why == WHY_OVER || k->why == WHY_GRACE)
		t = gate_until(&s->said);
	else if (k->why == WHY_AHEAD)
		t = s->said.ind.from;
	if (t == TIME_NONE)
		return;
	buf_fmt(&a->text, ": %s ", k->why == WHY_AHEAD ? "from" : "until");
	time_format_date(&a->text, t);
}

static enum opinion opinion(const struct looked *k)
{
	bool harm = false;

	for (size_t i = 0; i < k->said.n; i++)
		harm |= k->said.v[i].weighed;
	switch (k->why) {
	case WHY_ALLOWED:
	case WHY_VETOED:
	case WHY_ALLOW_LISTED:
		return OPINION_BENIGN;
	case WHY_INFORM:
		return OPINION_SUSPICIOUS;
	case WHY_BLOCK:
		return OPINION_MALICIOUS;
	case WHY_SPECIAL_PURPOSE:
	case WHY_TOO_BROAD:
		return harm ? OPINION_SUSPICIOUS : OPINION_UNKNOWN;
	default:
		break;
	}
	/* What is shared with others is never more than suspicious. */
	if (harm && k->score >= VERDICT_BLOCK_SCORE && (!k->facts.provider || k->facts.hash))
		return OPINION_MALICIOUS;
	/* What only withheld networks and names hold, nobody says anything of. */
	return k->said.n && k->why != WHY_HOLDER ? OPINION_SUSPICIOUS : OPINION_UNKNOWN;
}

/* The gate withholds it; what is over or not listed at all is not the gate's affair. */
static bool gated(enum verdict_why why)
{
	return why == WHY_SPECIAL_PURPOSE || why == WHY_TOO_BROAD || why == WHY_ALLOWED ||
	       why == WHY_VETOED || why == WHY_ALLOW_LISTED;
}

static enum err judge(struct asking *a, struct errinfo *ei)
{
	const struct gate_rules rules = { &a->set, &a->l->ownership->special, &a->decided };
	struct looked *k = a->k;
	enum err e = ask_holders(a, ei);

	if (!e)
		e = lookup_weigh(a->l, k, ei);
	if (e)
		return e;
	k->facts = gate_facts(&rules, &k->ind, k->owner.asn);
	hear(k, a->l->now);
	k->why = verdict_of(&k->facts);
	buf_clear(&a->text);
	gate_detail(&rules, &k->ind, k->owner.asn, k->why, &a->text);
	if (!a->text.n)
		detail_said(a);
	k->detail = arena_str(&k->arena, buf_str(&a->text));
	k->withheld = gated(k->why) ? why_text(k->why) : NULL;
	k->opinion = opinion(k);
	k->found = k->said.n || k->urls.n || k->entries.n || k->decisions.n || k->withheld || k->has_org;
	return k->detail.p ? buf_err(&a->text) : ERR_NOMEM;
}

/* ---- all of it ---- */

/* What lists and owners speak of: the value itself, or the host of a URL. */
static const struct indicator *host_of(const struct looked *k, struct indicator *host)
{
	if (k->ind.type != IT_URL)
		return &k->ind;
	*host = indicator_init();
	host->value = gate_url_host(k->ind.value);
	host->type = IT_DOMAIN;
	if (cidr_parse(host->value, &host->net) && host->net.len == 128)
		host->type = IT_IP;
	return host;
}

enum err lookup_value(struct lookup *l, struct str text, struct looked *out, struct errinfo *ei)
{
	struct asking a = { .l = l, .k = out };
	const struct indicator *host;
	struct indicator other;
	struct buf scratch;
	enum err e;

	*out = (struct looked){ .ind = indicator_init(),
				.owner = { .as_name = STR_NONE, .country = STR_NONE } };
	arena_init(&out->arena, (size_t)16 << 20);
	buf_init(&scratch, (size_t)1 << 20);
	buf_init(&a.text, (size_t)1 << 20);
	l->carried.names = l->store;
	l->carried.seed = l->seed;
	exset_init(&a.set, l->seed);
	overrides_init(&a.decided);
	e = indicator_recognise(text, &scratch, &out->ind, ei);
	if (!e)
		e = value_text(&a, &out->ind, &out->value);
	out->ind.value = out->value;
	host = host_of(out, &other);
	if (!e)
		e = ask_said(&a, host, ei);
	if (!e && l->store)
		e = store_said_urls(l->store, &out->ind, URLS + 1, on_url, &a, ei);
	if (!e)
		e = ask_owner(&a, host, ei);
	if (!e)
		e = ask_lists(&a, host, ei);
	if (!e)
		e = keep_entries(&a, host);
	if (!e)
		e = judge(&a, ei);
	exset_free(&a.set);
	overrides_free(&a.decided);
	buf_free(&a.text);
	buf_free(&scratch);
	return e;
}
