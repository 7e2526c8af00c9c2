/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What sources are worth, as far as the database itself can tell: how many values each two have in
 * common, and how often each was wrong.
 *
 * What is counted is noted with the run it is of, so that it is counted again where a newer edition
 * came, and only there; a run that changes nothing carries it over (load_write.c).
 */
#include "store/db.h"

#include "base/mix.h"
#include "base/stop.h"

#include <stdlib.h>

enum {
	PAIRS_MAX = 1 << 22, /* of sources that have something in common; more are not counted */
	WHO_MAX = 256,       /* sources of one value; more are not looked at */
	WALKED = 1,          /* what a row costs that is walked over */
	ASKED = 8,           /* ... and one that is asked for */
};

/* ---- pairs ---- */

struct pair {
	int64_t a, b; /* a <= b; a 0: none */
	uint64_t n;
};

struct pairs {
	struct pair *v; /* open addressing */
	size_t n, slots;
};

static struct pair *slot_of(struct pair *v, size_t slots, int64_t a, int64_t b)
{
	size_t i = mix64((uint64_t)a * 0x9e3779b97f4a7c15u ^ (uint64_t)b) & (slots - 1);

	while (v[i].a && (v[i].a != a || v[i].b != b))
		i = (i + 1) & (slots - 1);
	return &v[i];
}

static enum err count_pair(struct pairs *p, int64_t a, int64_t b)
{
	struct pair *at;

	if (2 * p->n >= p->slots && p->n < PAIRS_MAX) {
		size_t slots = p->slots ? 2 * p->slots : 1024;
		struct pair *v = calloc(slots, sizeof *v);

		if (!v)
			return ERR_NOMEM;
		for (size_t i = 0; i < p->slots; i++)
			if (p->v[i].a)
				*slot_of(v, slots, p->v[i].a, p->v[i].b) = p->v[i];
		free(p->v);
		p->v = v;
		p->slots = slots;
	}
	at = slot_of(p->v, p->slots, a < b ? a : b, a < b ? b : a);
	if (!at->a && p->n >= PAIRS_MAX)
		return ERR_OK;
	if (!at->a) {
		*at = (struct pair){ a < b ? a : b, a < b ? b : a, 0 };
		p->n++;
	}
	at->n++;
	return ERR_OK;
}

/* ---- counting ---- */

struct lister {
	int64_t id;
	uint64_t listed;
	bool stale; /* it has not been counted since it changed */
	bool sized; /* it is known how many values it has */
};

struct counting {
	struct store *s;
	struct errinfo *ei;
	VEC(struct lister) v;
	size_t stale;
	uint64_t all; /* statements that are listed */
	uint64_t seen;
	struct pairs pairs;
	int64_t who[WHO_MAX];
	size_t n_who;
};

static enum err read_listers(struct counting *c)
{
	sqlite3_stmt *st = NULL;
	bool row = true;
	enum err e = db_use(c->s, SQL_LISTERS, &st, c->ei);

	while (!e && row) {
		struct lister *l;

		e = db_row(c->s, st, &row, c->ei);
		if (e || !row)
			break;
		l = VEC_PUSH(&c->v);
		if (!l) {
			e = ERR_NOMEM;
			break;
		}
		*l = (struct lister){ .id = sqlite3_column_int64(st, 0),
				      .listed = (uint64_t)sqlite3_column_int64(st, 1),
				      .stale = sqlite3_column_int(st, 2) == 0,
				      .sized = sqlite3_column_int(st, 3) != 0 };
		l->sized |= l->listed == 0;
		c->stale += l->stale;
		c->all += l->listed;
	}
	if (st)
		(void)sqlite3_reset(st);
	return e;
}

static bool is_stale(const struct counting *c, int64_t id)
{
	for (size_t i = 0; i < c->v.n; i++)
		if (c->v.v[i].id == id)
			return c->v.v[i].stale;
	return false;
}

static enum err look_up(struct counting *c)
{
	return ++c->seen % 65536 == 0 && stop_asked() ? err_set(c->ei, ERR_STOP, "stopped") : ERR_OK;
}

static void add_who(struct counting *c, int64_t id)
{
	if (c->n_who < WHO_MAX && (c->n_who == 0 || c->who[c->n_who - 1] != id))
		c->who[c->n_who++] = id;
}

/* One value more, of all who list it. */
static enum err count_value(struct counting *c)
{
	enum err e = ERR_OK;

	for (size_t i = 0; !e && i < c->n_who; i++)
		for (size_t k = i; !e && k < c->n_who; k++)
			e = count_pair(&c->pairs, c->who[i], c->who[k]);
	c->n_who = 0;
	return e;
}

/* All that is listed, from one end to the other. */
static enum err walk_all(struct counting *c)
{
	struct key last = { .type = 0 };
	sqlite3_stmt *st = NULL;
	bool row = true;
	enum err e = db_use(c->s, SQL_SAID_EVERY, &st, c->ei);

	while (!e && row) {
		struct str key;
		int type;

		e = db_row(c->s, st, &row, c->ei);
		if (e || !row)
			break;
		type = sqlite3_column_int(st, 0);
		key = col_str(st, 1);
		if (type != last.type || key.n != last.n || memcmp(key.p, last.p, key.n) != 0) {
			e = count_value(c);
			last.type = (uint8_t)type;
			last.n = (uint16_t)(key.n < KEY_MAX ? key.n : KEY_MAX);
			memcpy(last.p, key.p, last.n);
		}
		add_who(c, sqlite3_column_int64(st, 2));
		if (!e)
			e = look_up(c);
	}
	if (!e)
		e = count_value(c);
	if (st)
		(void)sqlite3_reset(st);
	return e;
}

/* Step to the next value of a source (its own statement, of SQL_SAID_VALUES). */
static enum err next_value(struct store *s, sqlite3_stmt *st, struct key *last, bool *row,
			   struct errinfo *ei)
{
	enum err e;

	for (;;) {
		struct str key;
		int type;

		e = db_row(s, st, row, ei);
		if (e || !*row)
			return e;
		type = sqlite3_column_int(st, 0);
		key = col_str(st, 1);
		if (key.n > KEY_MAX)
			continue;
		if (type == last->type && key.n == last->n && memcmp(key.p, last->p, key.n) == 0)
			continue;
		last->type = (uint8_t)type;
		last->n = (uint16_t)key.n;
		memcpy(last->p, key.p, key.n);
		return ERR_OK;
	}
}

static enum err open_values(struct store *s, int64_t source, sqlite3_stmt **out, struct errinfo *ei)
{
	return source_walk(s, source, SQL_SAID_VALUES, SQL_SAID_VALUES_ALL, out, ei);
}

/* Who else lists that value? */
static enum err ask_who(struct counting *c, const struct lister *l, const struct key *k)
{
	sqlite3_stmt *st = NULL;
	bool row = true;
	int64_t last = 0;
	enum err e = db_use(c->s, SQL_SAID_WHO, &st, c->ei);

	if (e)
		return e;
	bind_key(st, 1, k);
	while (!e && row) {
		int64_t id;

		e = db_row(c->s, st, &row, c->ei);
		if (e || !row)
			break;
		id = sqlite3_column_int64(st, 0);
		if (id != l->id && id != last)
			e = count_pair(&c->pairs, l->id, id);
		last = id;
	}
	(void)sqlite3_reset(st);
	return e;
}

/* Does that source list the value, too? */
static enum err ask_one(struct counting *c, int64_t source, int64_t other, const struct key *k)
{
	sqlite3_stmt *st = NULL;
	bool row = false;
	enum err e = db_use(c->s, SQL_SAID_LISTS, &st, c->ei);

	if (e)
		return e;
	bind_key(st, 1, k);
	bind_i64(st, 3, source);
	e = db_row(c->s, st, &row, c->ei);
	(void)sqlite3_reset(st);
	return !e && row ? count_pair(&c->pairs, source, other) : e;
}

/* Walk over the values of `l`, and ask of each who else lists it; or only whether `of` does. */
static enum err walk_one(struct counting *c, const struct lister *l, const struct lister *of)
{
	struct key k = { .type = 0 };
	sqlite3_stmt *st = NULL;
	bool row = true;
	enum err e = open_values(c->s, l->id, &st, c->ei);

	while (!e && row) {
		e = next_value(c->s, st, &k, &row, c->ei);
		if (e || !row)
			break;
		e = of ? ask_one(c, of->id, l->id, &k) : ask_who(c, l, &k);
		if (!e)
			e = look_up(c);
	}
	(void)sqlite3_finalize(st);
	return e;
}

/* Of what differs from all others in size the smaller side is walked over. */
static enum err count_one(struct counting *c, const struct lister *l)
{
	enum err e = ERR_OK;

	if (l->listed <= c->all - l->listed)
		return walk_one(c, l, NULL);
	for (size_t i = 0; !e && i < c->v.n; i++)
		if (c->v.v[i].id != l->id)
			e = walk_one(c, &c->v.v[i], l);
	return e;
}

static enum err forget_pairs(struct counting *c, const struct lister *l)
{
	sqlite3_stmt *st = NULL;
	enum err e = db_use(c->s, SQL_OVERLAP_PAIRS_REMOVE, &st, c->ei);

	if (e)
		return e;
	bind_i64(st, 1, l->id);
	e = db_run(c->s, st, c->ei);
	if (!e)
		e = db_use(c->s, SQL_SOURCE_COUNTED, &st, c->ei);
	if (e)
		return e;
	bind_i64(st, 1, l->id);
	return db_run(c->s, st, c->ei);
}

/* What was counted of those that are stale; `sizes`: how many values each has, too. */
static enum err keep_pairs(struct counting *c, const struct pairs *p, bool sizes)
{
	enum err e = ERR_OK;

	for (size_t i = 0; !e && i < c->v.n; i++)
		if (c->v.v[i].stale)
			e = forget_pairs(c, &c->v.v[i]);
	for (size_t i = 0; !e && i < p->slots; i++) {
		const struct pair *one = &p->v[i];
		sqlite3_stmt *st = NULL;

		if (!one->a || (one->a == one->b && !sizes) ||
		    (!is_stale(c, one->a) && !is_stale(c, one->b)))
			continue;
		e = db_use(c->s, SQL_OVERLAP_PUT, &st, c->ei);
		if (e)
			break;
		bind_i64(st, 1, one->a);
		bind_i64(st, 2, one->b);
		bind_i64(st, 3, (int64_t)one->n);
		e = db_run(c->s, st, c->ei);
	}
	return e;
}

/*
 * Whichever way is the shortest: over everything, or for each that is stale over the smaller of it
 * and all the others. Pairs of two that are stale are counted by each, to the same end; they must
 * not be added up.
 */
static enum err count_stale(struct counting *c)
{
	uint64_t one_by_one = 0;
	bool sized = true;
	enum err e = ERR_OK;

	for (size_t i = 0; i < c->v.n; i++) {
		const struct lister *l = &c->v.v[i];

		if (!l->stale)
			continue;
		sized &= l->sized;
		one_by_one += l->listed < c->all - l->listed ? l->listed : c->all - l->listed;
	}
	if (!sized || one_by_one * ASKED > c->all * WALKED) {
		e = walk_all(c);
		return e ? e : keep_pairs(c, &c->pairs, true);
	}
	for (size_t i = 0; !e && i < c->v.n; i++) {
		struct lister *l = &c->v.v[i];
		struct pairs *p = &c->pairs;

		if (!l->stale)
			continue;
		e = count_one(c, l);
		if (!e)
			e = keep_pairs(c, p, false);
		l->stale = false;
		free(p->v);
		*p = (struct pairs){ 0 };
	}
	return e;
}

enum err store_overlap_count(struct store *s, struct errinfo *ei)
{
	struct counting *c = calloc(1, sizeof *c);
	enum err e = c ? db_begin(s, ei) : ERR_NOMEM;

	if (e) {
		free(c);
		return e;
	}
	c->s = s;
	c->ei = ei;
	e = read_listers(c);
	if (!e && c->stale)
		e = count_stale(c);
	if (!e)
		e = db_commit(s, false, ei);
	if (e)
		db_rollback(s);
	free(c->pairs.v);
	free(c->v.v);
	free(c);
	return e;
}

enum err store_overlaps(struct store *s, overlap_fn tell, void *ctx, struct errinfo *ei)
{
	sqlite3_stmt *st = NULL;
	bool row = true;
	enum err e = db_use(s, SQL_OVERLAPS, &st, ei);

	while (!e && row) {
		struct store_overlap o;

		e = db_row(s, st, &row, ei);
		if (e || !row)
			break;
		o = (struct store_overlap){ sqlite3_column_int64(st, 0), sqlite3_column_int64(st, 1),
					    (uint64_t)sqlite3_column_int64(st, 2) };
		e = tell(ctx, &o);
	}
	if (st)
		(void)sqlite3_reset(st);
	return e;
}

/* ---- how often they were wrong ---- */

enum err store_listed(struct store *s, int64_t source, listed_fn tell, void *ctx, struct errinfo *ei)
{
	struct key k = { .type = 0 };
	sqlite3_stmt *st = NULL;
	struct buf text;
	bool row = true;
	uint64_t n = 0;
	enum err e = open_values(s, source, &st, ei);

	buf_init(&text, 1 << 20);
	while (!e && row) {
		struct indicator i = indicator_init();

		e = next_value(s, st, &k, &row, ei);
		if (e || !row)
			break;
		buf_clear(&text);
		if (!key_read(k.type, (struct str){ (const char *)k.p, k.n }, &text, &i.type,
			      &i.net, &i.value))
			e = err_set(ei, ERR_PARSE, "%s is damaged: a value that is none", s->path);
		else if (++n % 65536 == 0 && stop_asked())
			e = err_set(ei, ERR_STOP, "stopped");
		else
			e = tell(ctx, &i);
	}
	(void)sqlite3_finalize(st);
	buf_free(&text);
	return e;
}

enum err store_harms(struct store *s, const struct store_source *source,
		     const struct indicator *value, bool *out, struct errinfo *ei)
{
	sqlite3_stmt *st = NULL;
	bool row = false;
	struct key k;
	enum err e;

	if (!key_value(&k, value->type, value->net, value->value))
		return err_set(ei, ERR_LIMIT, "a value that is too long");
	e = db_use(s, SQL_SAID_HARM, &st, ei);
	if (e)
		return e;
	bind_key(st, 1, &k);
	bind_i64(st, 3, source->id);
	bind_i64(st, 4, !source->has_role || source->role <= ROLE_OTHER);
	e = db_row(s, st, &row, ei);
	(void)sqlite3_reset(st);
	if (!e)
		*out = row;
	return e;
}

enum err store_record_put(struct store *s, const struct store_record *v, size_t n, struct errinfo *ei)
{
	enum err e = db_begin(s, ei);

	for (size_t i = 0; !e && i < n; i++) {
		sqlite3_stmt *st = NULL;

		e = db_use(s, SQL_SOURCE_JUDGED, &st, ei);
		if (e)
			break;
		bind_i64(st, 1, v[i].source);
		bind_i64(st, 2, (int64_t)v[i].wrong);
		bind_i64(st, 3, v[i].run);
		bind_i64(st, 4, (int64_t)v[i].by);
		e = db_run(s, st, ei);
	}
	if (!e)
		e = db_commit(s, false, ei);
	if (e)
		db_rollback(s);
	return e;
}

enum err store_special_state(struct store *s, uint64_t *out, struct errinfo *ei)
{
	return db_number(s, SQL_SPECIALS, out, ei);
}
