/* SPDX-License-Identifier: Apache-2.0 */
#include "app/worth.h"

#include "app/carried.h"
#include "app/gate.h"
#include "app/special.h"
#include "base/mix.h"

#include <stdlib.h>

/* What is wrong: all that is needed to say so of one value after the other. */
struct judging {
	struct store *s;
	struct errinfo *ei;
	struct exset set;
	struct special special;
	struct overrides decided;
	struct lpm decided_nets;
	struct gate_rules rules;
	uint64_t by; /* what it is judged by, in one number */
	/* The source at hand. */
	const struct store_source *source;
	uint64_t wrong;
	/* Between two ranges of benign lists: nothing there is wrong. */
	bool clear;
	uint32_t from, last;
};

static enum err add_entry(void *ctx, const struct exclusion *x)
{
	struct judging *j = ctx;

	/* Those of other classes decide names only: a name on many lists has one class. */
	return x->class == X_BENIGN || x->type >= ENTRY_NAME ? exset_add(&j->set, x) : ERR_OK;
}

static enum err add_override(void *ctx, const struct store_override *o)
{
	struct judging *j = ctx;
	struct override one = { .type = o->value.type,
				.verdict = o->verdict,
				.net = o->value.net,
				.value = o->value.value,
				.author = o->author,
				.reason = o->reason,
				.made = o->made,
				.expires = o->expires };

	/* Expired or not: a record is about what was, and does not change by itself. */
	return overrides_add(&j->decided, &one);
}

static enum err index_decisions(struct judging *j)
{
	struct lpm_entry *v = calloc(j->decided.v.n + 1, sizeof *v);
	size_t n = 0;
	enum err e;

	if (!v)
		return ERR_NOMEM;
	for (size_t i = 0; i < j->decided.v.n; i++)
		if (j->decided.v.v[i].type <= IT_CIDR)
			v[n++] = (struct lpm_entry){ j->decided.v.v[i].net, 0 };
	e = lpm_build(&j->decided_nets, v, n);
	free(v);
	return e;
}

static enum err load_rules(struct judging *j)
{
	enum err e = special_load(&j->special);

	if (!e)
		e = carried_exclusions(add_entry, j);
	if (!e)
		e = store_exclusions(j->s, add_entry, j, j->ei);
	if (!e)
		e = exset_build(&j->set);
	j->rules = (struct gate_rules){ &j->set, &j->special, &j->decided };
	return e ? e : index_decisions(j);
}

/* Somebody vouches for it, and no analyst says otherwise. A list that knows a host does not vouch
 * for every page on it. */
static bool is_wrong(const struct judging *j, const struct indicator *i)
{
	struct verdict_facts f = gate_facts(&j->rules, i, 0);

	/* Nobody's addresses, or too many at once: not wrong, only of no use. */
	if (f.special_purpose || f.too_broad)
		return false;
	if (f.decided)
		return f.decision == DECIDED_ALLOW;
	return f.vetoed || (f.allow_listed && i->type != IT_URL);
}

/* Most addresses lie where no list and no decision says anything: that is known for many at once. */
static bool is_clear(struct judging *j, const struct indicator *i)
{
	uint32_t v4, id, last;

	if (i->type >= IT_URL)
		return j->decided.v.n == 0;
	if (i->type != IT_IP || !ip_is_v4(i->net.ip))
		return false;
	v4 = (uint32_t)i->net.ip.lo;
	if (!j->clear || v4 < j->from || v4 > j->last) {
		bool benign = lpm_find_run(&j->set.net[X_BENIGN], v4, &id, &j->last);
		bool decided = lpm_find_run(&j->decided_nets, v4, &id, &last);

		j->clear = !benign && !decided;
		j->last = j->last < last ? j->last : last;
		j->from = v4;
	}
	return j->clear;
}

static enum err judge(void *ctx, const struct indicator *i)
{
	struct judging *j = ctx;
	bool harm = false;
	enum err e;

	if (is_clear(j, i) || !is_wrong(j, i))
		return ERR_OK;
	e = store_harms(j->s, j->source, i, &harm, j->ei);
	j->wrong += harm;
	return e;
}

struct sources {
	VEC(struct store_source) v;
	struct judging *j;
};

/* Those whose record is not of this run, or was made by other lists. */
static enum err take_source(void *ctx, const struct store_source *s)
{
	struct sources *to = ctx;
	struct store_source *copy;

	if (!s->last_run || (s->judged && s->judged_by == to->j->by))
		return ERR_OK;
	copy = VEC_PUSH(&to->v);
	if (!copy)
		return ERR_NOMEM;
	*copy = *s;
	copy->name = STR_NONE; /* it does not stay */
	return ERR_OK;
}

static enum err judge_all(struct judging *j, const struct sources *to)
{
	struct store_record *v = calloc(to->v.n + 1, sizeof *v);
	bool listed = false;
	enum err e = v ? ERR_OK : ERR_NOMEM;

	for (size_t i = 0; i < to->v.n; i++)
		listed |= to->v.v[i].listed > 0;
	if (!e && listed)
		e = load_rules(j);
	for (size_t i = 0; !e && i < to->v.n; i++) {
		j->source = &to->v.v[i];
		j->wrong = 0;
		j->clear = false;
		if (j->source->listed)
			e = store_listed(j->s, j->source->id, judge, j, j->ei);
		v[i] = (struct store_record){ .source = j->source->id,
					      .run = j->source->last_run,
					      .wrong = j->wrong,
					      .by = j->by };
	}
	if (!e && to->v.n)
		e = store_record_put(j->s, v, to->v.n, j->ei);
	free(v);
	return e;
}

/* What it is judged by: the program, what analysts decided, the state of the lists; as a number
 * that SQLite can hold. */
static enum err read_rules(struct judging *j)
{
	uint64_t specials = 0;
	enum err e = store_special_state(j->s, &specials, j->ei);

	if (!e)
		e = store_overrides(j->s, add_override, j, j->ei);
	if (e)
		return e;
	overrides_build(&j->decided);
	j->by = mix64(gate_digest(&j->set, &j->decided) ^ mix64(specials)) >> 1;
	return ERR_OK;
}

enum err worth_update(struct store *s, uint64_t seed, struct errinfo *ei)
{
	struct judging *j = calloc(1, sizeof *j);
	struct sources to = { .j = j };
	enum err e = j ? ERR_OK : ERR_NOMEM;

	if (e)
		return e;
	j->s = s;
	j->ei = ei;
	exset_init(&j->set, seed);
	overrides_init(&j->decided);
	e = store_overlap_count(s, ei);
	if (!e)
		e = read_rules(j);
	if (!e)
		e = store_sources(s, take_source, &to, ei);
	if (!e)
		e = judge_all(j, &to);
	free(to.v.v);
	special_free(&j->special);
	lpm_free(&j->decided_nets);
	overrides_free(&j->decided);
	exset_free(&j->set);
	free(j);
	return e;
}
