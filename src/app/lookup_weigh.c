/* SPDX-License-Identifier: Apache-2.0 */
/* What the statements about a value are worth together: who their witnesses are, and the score. */
#include "app/lookup_parts.h"

#include <stdlib.h>

static bool harmful(enum role r)
{
	return r <= ROLE_OTHER;
}

/* Nobody has seen what is to come: a clock is wrong, or somebody wants to be believed for ever. A
 * day is for time zones and days that have not ended. */
static int64_t past(int64_t t, int64_t now)
{
	return t != TIME_NONE && t > now + TIME_DAY ? TIME_NONE : t;
}

/* When somebody last saw it in use, as far as its source shows. A list that is fetched every day
 * sees what it lists; a file shows no more than its dates. */
static int64_t seen(const struct store_said *s, int64_t now)
{
	int64_t t = past(s->ind.from, now), last = past(s->ind.seen, now);

	if (last != TIME_NONE && last > t)
		t = last < now ? last : now;
	if (s->kind == SOURCE_FEED && s->listed_last != TIME_NONE && s->listed_last > t)
		t = s->listed_last;
	return t;
}

/* The sources among the statements, numbered, and what they have in common. */
struct witnesses {
	size_t n, room;
	int64_t *id;
	uint64_t *size, *both;
};

/* Beyond that many sources of one value copies are not looked for. */
enum { WITNESSES_MAX = 256 };

static enum err room_for(struct witnesses *w, size_t said)
{
	w->room = said < WITNESSES_MAX ? said + 1 : WITNESSES_MAX;
	w->id = calloc(w->room, sizeof *w->id);
	w->size = calloc(w->room, sizeof *w->size);
	w->both = calloc(w->room * w->room, sizeof *w->both);
	return w->id && w->size && w->both ? ERR_OK : ERR_NOMEM;
}

static uint32_t witness(struct witnesses *w, int64_t id)
{
	size_t i = 0;

	while (i < w->n && w->id[i] != id)
		i++;
	if (i == w->n && w->n < w->room)
		w->id[w->n++] = id;
	return (uint32_t)i;
}

static enum err overlaps(struct lookup *l, struct witnesses *w, struct errinfo *ei)
{
	enum err e = ERR_OK;

	for (size_t i = 0; !e && i < w->n; i++)
		for (size_t k = i; !e && k < w->n; k++) {
			uint64_t both = 0;

			e = store_overlap_get(l->store, w->id[i], w->id[k], &both, ei);
			w->both[i * w->n + k] = w->both[k * w->n + i] = both;
			if (i == k)
				w->size[i] = both;
		}
	return e;
}

/* Parts are numbered by the statements that are weighed. */
static const struct looked_said *weighed(const struct looked *k, size_t number)
{
	for (size_t i = 0; i < k->said.n; i++)
		if (k->said.v[i].weighed && number-- == 0)
			return &k->said.v[i];
	return NULL;
}

static void name_repeated(struct looked *k)
{
	for (size_t i = 0; i < k->said.n; i++) {
		struct looked_said *s = &k->said.v[i];
		const struct looked_said *first;

		if (!s->weighed || s->part.counts)
			continue;
		first = weighed(k, s->part.repeats);
		s->repeats = first ? first->said.ind.source : STR_NONE;
	}
}

enum err lookup_weigh(struct lookup *l, struct looked *k, struct errinfo *ei)
{
	struct trust_said *said = calloc(k->said.n + 1, sizeof *said);
	struct trust_part *parts = calloc(k->said.n + 1, sizeof *parts);
	struct witnesses many = { 0 }, *w = &many;
	size_t n = 0;
	enum err e = said && parts ? room_for(w, k->said.n) : ERR_NOMEM;

	for (size_t i = 0; !e && i < k->said.n; i++) {
		struct looked_said *s = &k->said.v[i];
		const struct indicator *ind = &s->said.ind;

		s->weighed = harmful(ind->role) && !ind->revoked && !s->withheld;
		if (!s->weighed)
			continue;
		said[n++] = (struct trust_said){
			.reliability = s->said.reliability,
			.confidence = ind->confidence,
			.record = trust_record(s->said.source_values, s->said.source_wrong),
			.source = witness(w, s->said.source_id),
			.type = ind->type,
			.role = ind->role,
			.lifetime = (uint16_t)(s->said.lifetime_days < UINT16_MAX ? s->said.lifetime_days
										  : UINT16_MAX),
			.seen = seen(&s->said, l->now),
			.dropped = s->said.listed ? TIME_NONE : s->said.listed_last,
			.until = ind->until,
		};
	}
	if (!e && w->n > 1)
		e = overlaps(l, w, ei);
	if (!e && n) {
		struct overlap o = { .n = w->n, .size = w->size, .both = w->both };

		/* Sources beyond those that are numbered are few, and no copies of anybody. */
		k->score = trust_score(said, n, w->n > 1 && w->n < w->room ? &o : NULL, l->now, parts);
		n = 0;
		for (size_t i = 0; i < k->said.n; i++)
			if (k->said.v[i].weighed)
				k->said.v[i].part = parts[n++];
		name_repeated(k);
	}
	free(said);
	free(parts);
	free(w->id);
	free(w->size);
	free(w->both);
	return e;
}
