/* SPDX-License-Identifier: Apache-2.0 */
#include "app/lookup.h"

#include "app/gate.h"
#include "app/lookup_parts.h"
#include "core/name.h"

#include <stdlib.h>

enum {
	SAID_MAX = 1000, /* statements about a value and what holds it */
	WITHIN = 16,     /* entries that lie in a network or below a name */
	MALICIOUS = 50,  /* from this score on */
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
	free(k->entries.v);
	free(k->decisions.v);
	arena_free(&k->arena);
}

/* State of one look-up. */
struct asking {
	struct lookup *l;
	struct looked *k;
	struct exset set;
	struct buf text;
	bool exact;
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
	struct exclusion x = { .net = o->value.net,
			       .name = o->value.value,
			       .list = STR("override"),
			       .class = X_BENIGN,
			       .reason = STR_NONE };
	enum err e;

	if (!d)
		return ERR_NOMEM;
	*d = (struct looked_decision){ .author = o->author,
				       .reason = o->reason,
				       .verdict = o->verdict,
				       .made = o->made,
				       .expires = o->expires };
	d->expired = o->expires != TIME_NONE && o->expires <= a->l->now;
	e = value_text(a, &o->value, &d->value);
	if (!e)
		e = keep_all(&a->k->arena, (struct str *const[]){ &d->author, &d->reason }, 2);
	x.type = o->value.type <= IT_CIDR ? ENTRY_NET : ENTRY_NAME;
	if (e || d->expired || o->verdict != DECIDED_ALLOW || o->value.type > IT_DOMAIN)
		return e;
	return exset_add(&a->set, &x);
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
	return e ? e : exset_build(&a->set);
}

static enum err keep_entries(struct asking *a, const struct indicator *host)
{
	for (size_t i = 0; i < a->set.entries.n; i++) {
		const struct exentry *x = &a->set.entries.v[i];
		struct looked_entry *to = VEC_PUSH(&a->k->entries);
		enum err e;

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
	return keep_all(&a->k->arena,
			(struct str *const[]){ &to->id, &to->name, &to->sector, &to->country }, 4);
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

/* What analysts decided last about the narrowest value counts first. */
static const struct looked_decision *decision(const struct looked *k)
{
	for (size_t i = 0; i < k->decisions.n; i++)
		if (!k->decisions.v[i].expired)
			return &k->decisions.v[i];
	return NULL;
}

static enum opinion opinion(const struct looked *k)
{
	const struct looked_decision *d = decision(k);
	bool harm = false, provider = false;

	for (size_t i = 0; i < k->said.n; i++)
		harm |= k->said.v[i].weighed;
	for (size_t i = 0; i < k->entries.n; i++)
		provider |= k->entries.v[i].class == X_PROVIDER && !k->entries.v[i].lies_in;
	if (d && d->verdict != DECIDED_ALLOW)
		return d->verdict == DECIDED_BLOCK ? OPINION_MALICIOUS : OPINION_SUSPICIOUS;
	if (d || (k->withheld && str_is(str_of(k->withheld), "allow-listed")))
		return OPINION_BENIGN;
	if (k->withheld && !harm)
		return OPINION_UNKNOWN;
	/* What must not be acted on, or is shared with others, is never more than suspicious. */
	if (harm)
		return k->score >= MALICIOUS && !k->withheld && !provider ? OPINION_MALICIOUS
									  : OPINION_SUSPICIOUS;
	return k->said.n ? OPINION_SUSPICIOUS : OPINION_UNKNOWN;
}

static enum err judge(struct asking *a, struct errinfo *ei)
{
	struct looked *k = a->k;
	enum err e = lookup_weigh(a->l, k, ei);

	if (e)
		return e;
	buf_clear(&a->text);
	if (k->ind.type != IT_HASH)
		k->withheld = gate_reason(&a->set, &a->l->ownership->special, &k->ind, &a->text);
	k->detail = arena_str(&k->arena, buf_str(&a->text));
	k->opinion = opinion(k);
	k->found = k->said.n || k->entries.n || k->decisions.n || k->withheld || k->has_org;
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
	exset_init(&a.set, l->seed);
	e = indicator_recognise(text, &scratch, &out->ind, ei);
	if (!e)
		e = value_text(&a, &out->ind, &out->value);
	out->ind.value = out->value;
	host = host_of(out, &other);
	if (!e)
		e = ask_said(&a, host, ei);
	if (!e)
		e = ask_owner(&a, host, ei);
	if (!e)
		e = ask_lists(&a, host, ei);
	if (!e)
		e = keep_entries(&a, host);
	if (!e)
		e = judge(&a, ei);
	exset_free(&a.set);
	buf_free(&a.text);
	buf_free(&scratch);
	return e;
}
