/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Statements of an edition against those of the one before. Both come in the order of the database
 * and are walked side by side: what only the old one holds is gone, what both hold is compared,
 * what only the new one holds is queued to be inserted (load_stream.c).
 */
#include "store/load.h"

#include <stdlib.h>

/* References are many, and mostly the same ones again: the last few are known by hash. */
enum { REFERENCES_KNOWN = 1 << 14 };

struct known_reference {
	uint64_t hash;
	int64_t id;
};

enum err says_begin(struct writing *w)
{
	buf_init(&w->group_text, (size_t)64 << 20);
	w->references = calloc(REFERENCES_KNOWN, sizeof *w->references);
	return w->references ? ERR_OK : ERR_NOMEM;
}

void says_end(struct writing *w)
{
	free(w->references);
	free(w->group.v);
	free(w->old.v);
	free(w->queue.v);
	buf_free(&w->group_text);
}

static enum err reference_id(struct writing *w, struct str text, int64_t *id)
{
	uint64_t hash = str_hash(text, w->seed);
	struct known_reference *k = &w->references[hash % REFERENCES_KNOWN];
	sqlite3_stmt *st = NULL;
	enum err e;

	*id = 0;
	if (text.n == 0)
		return ERR_OK;
	if (k->id && k->hash == hash) {
		*id = k->id;
		return ERR_OK;
	}
	e = db_use(w->s, SQL_REFERENCE_INSERT, &st, w->ei);
	if (e)
		return e;
	bind_str(st, 1, text);
	e = db_run(w->s, st, w->ei);
	*id = sqlite3_last_insert_rowid(w->s->db);
	*k = (struct known_reference){ hash, *id };
	return e;
}

/* Is it the text that the database has under that number? */
static enum err same_reference(struct writing *w, int64_t id, struct str text, bool *same)
{
	uint64_t hash = str_hash(text, w->seed);
	struct known_reference *k = &w->references[hash % REFERENCES_KNOWN];
	sqlite3_stmt *st = NULL;
	bool row = false;
	enum err e;

	*same = !id && !text.n;
	if (!id || !text.n || (k->id == id && k->hash == hash)) {
		*same |= id && text.n;
		return ERR_OK;
	}
	e = db_use(w->s, SQL_REFERENCE_TEXT, &st, w->ei);
	if (e)
		return e;
	bind_i64(st, 1, id);
	e = db_row(w->s, st, &row, w->ei);
	*same = row && str_eq(col_str(st, 0), text);
	(void)sqlite3_reset(st);
	if (!e && *same)
		*k = (struct known_reference){ hash, id };
	return e;
}

/* ---- the old edition ---- */

/* The next statement of its last edition. */
static enum err old_next(struct writing *w, struct load_source *src)
{
	return db_row(w->s, src->old, &src->more, w->ei);
}

/* It stays listed. passed: of a value that this load does not speak of. */
static void keep_old(struct load_source *src, int type, struct str key, bool passed)
{
	uint64_t value = str_hash(key, (uint64_t)type + 1);

	src->tally.values += passed && (src->kept == 0 || value != src->kept_last);
	src->kept_last = value;
	src->kept++;
}

static enum err mark_gone(struct writing *w, struct load_source *src, int type, struct str key, int64_t n)
{
	sqlite3_stmt *st = NULL;
	enum err e = db_use(w->s, SQL_SAID_GONE, &st, w->ei);

	if (e)
		return e;
	(void)sqlite3_bind_int(st, 1, type);
	(void)sqlite3_bind_blob(st, 2, key.p, (int)key.n, SQLITE_TRANSIENT);
	bind_i64(st, 3, src->is.id);
	bind_i64(st, 4, n);
	bind_i64(st, 5, src->previous);
	src->tally.gone++;
	w->changed = true;
	return db_run(w->s, st, w->ei);
}

/* The old statement at hand against the group's value: <0 before it, 0 about it. */
static int old_compare(const struct load_source *src, const struct key *k)
{
	int type = sqlite3_column_int(src->old, 0), d;
	struct str key = col_str(src->old, 1);

	if (type != k->type)
		return type < k->type ? -1 : 1;
	d = memcmp(key.p, k->p, key.n < k->n ? key.n : k->n);
	return d ? d : (key.n > k->n) - (key.n < k->n);
}

/* Everything of the old edition before the group's value (k NULL: all the rest) is gone. */
enum err says_pass(struct writing *w, struct load_source *src, const struct key *k)
{
	enum err e = ERR_OK;

	while (!e && src->more && (!k || old_compare(src, k) < 0)) {
		int type = sqlite3_column_int(src->old, 0);
		struct str key = col_str(src->old, 1);
		int64_t n = sqlite3_column_int64(src->old, 2);

		/* The row leaves the index that is being walked: copy it, then step off it. */
		buf_clear(&w->s->text);
		buf_puts(&w->s->text, key);
		e = buf_err(&w->s->text);
		if (!e)
			e = old_next(w, src);
		if (!e && src->adds)
			keep_old(src, type, buf_str(&w->s->text), true);
		else if (!e)
			e = mark_gone(w, src, type, buf_str(&w->s->text), n);
	}
	return e;
}

static void bind_says(sqlite3_stmt *st, int at, const struct load_says *says, int64_t reference)
{
	bind_time(st, at, says->first);
	bind_time(st, at + 1, says->until);
	if (says->confidence <= 100)
		(void)sqlite3_bind_int(st, at + 2, says->confidence);
	else
		(void)sqlite3_bind_null(st, at + 2);
	if (reference)
		bind_i64(st, at + 3, reference);
	else
		(void)sqlite3_bind_null(st, at + 3);
	(void)sqlite3_bind_int(st, at + 4, says->revoked);
}

/* It is inserted when the stream comes to it, before anything else of the edition is looked at. */
static enum err insert(struct writing *w, struct load_source *src, const struct load_says *says,
		       int64_t n)
{
	struct queued *q = VEC_PUSH(&w->queue);
	int64_t reference = 0;
	enum err e = q ? ERR_OK : ERR_NOMEM;

	if (!e && says->reference.n)
		e = reference_id(w, says->reference, &reference);
	if (e)
		return e;
	*q = (struct queued){ *says, n, reference };
	src->tally.added++;
	w->changed = true;
	return ERR_OK;
}

static enum err update(struct writing *w, struct load_source *src, const struct load_says *says,
		       const struct old_says *old)
{
	sqlite3_stmt *st = NULL;
	int64_t reference = old->reference;
	bool same;
	enum err e = same_reference(w, old->reference, says->reference, &same);

	if (!e && same && old->listed && old->role == says->role && old->first == says->first &&
	    old->until == says->until && old->seen == says->seen && old->revoked == says->revoked &&
	    old->confidence == (says->confidence <= 100 ? says->confidence : 255))
		return ERR_OK;
	if (!e && !same)
		e = reference_id(w, says->reference, &reference);
	if (!e)
		e = db_use(w->s, SQL_SAID_UPDATE, &st, w->ei);
	if (e)
		return e;
	bind_key(st, 1, &w->key);
	bind_i64(st, 3, src->is.id);
	bind_i64(st, 4, old->n);
	bind_says(st, 5, says, reference);
	bind_i64(st, 10, says->role);
	bind_time(st, 11, says->seen);
	src->tally.changed++;
	src->aside -= !old->listed;
	w->changed = true;
	return db_run(w->s, st, w->ei);
}

/* What the database has of this source on this value. */
static enum err read_old(struct writing *w, const struct load_source *src)
{
	sqlite3_stmt *st = NULL;
	bool row = true;
	enum err e = db_use(w->s, SQL_SAID_BY, &st, w->ei);

	w->old.n = 0;
	if (e)
		return e;
	bind_key(st, 1, &w->key);
	bind_i64(st, 3, src->is.id);
	while (!e && row) {
		struct old_says *o;

		e = db_row(w->s, st, &row, w->ei);
		if (e || !row)
			break;
		o = VEC_PUSH(&w->old);
		if (!o) {
			e = ERR_NOMEM;
			break;
		}
		*o = (struct old_says){ .n = sqlite3_column_int64(st, 0),
					.port = sqlite3_column_int64(st, 1),
					.role = sqlite3_column_int64(st, 2),
					.family = sqlite3_column_int64(st, 3),
					.first = col_time(st, 4),
					.until = col_time(st, 5),
					.confidence = 255,
					.reference = sqlite3_column_int64(st, 7),
					.revoked = sqlite3_column_int(st, 8) != 0,
					.listed = sqlite3_column_type(st, 9) == SQLITE_NULL,
					.older = sqlite3_column_int64(st, 10) <= w->presumed,
					.seen = col_time(st, 11) };
		if (sqlite3_column_type(st, 6) != SQLITE_NULL)
			o->confidence = sqlite3_column_int(st, 6);
	}
	(void)sqlite3_reset(st);
	return e;
}

static bool same_role(const struct load_source *src, const struct old_says *old, int64_t now)
{
	return old->role == now ||
	       (old->older && now >= SAID_PRESUMED &&
		(old->role == now - SAID_PRESUMED ||
		 old->role == (int64_t)said_role(now, src->is.has_role, src->is.role)));
}

/*
 * The old statement that this one continues: the same port, role and family, and the same
 * beginning; failing that, one whose beginning was changed. Groups are small, and bounded.
 */
static struct old_says *find_old(struct writing *w, const struct load_source *src,
				 const struct load_says *says, bool exact)
{
	for (size_t i = 0; i < w->old.n; i++) {
		struct old_says *o = &w->old.v[i];

		if (!o->met && o->port == says->port && same_role(src, o, says->role) &&
		    o->family == w->family_id[says->family] && (!exact || o->first == says->first))
			return o;
	}
	return NULL;
}

static enum err compare_group(struct writing *w, struct load_source *src)
{
	int64_t n = 0;
	size_t left = 0;
	enum err e = read_old(w, src);

	for (size_t i = 0; i < w->old.n; i++)
		if (w->old.v[i].n >= n)
			n = w->old.v[i].n + 1;
	/* Exact ones first, so that none of them is taken for another's. */
	for (int exact = 1; !e && exact >= 0; exact--) {
		size_t had = exact ? w->group.n : left;

		left = 0;
		for (size_t i = 0; !e && i < had; i++) {
			struct load_says says = w->group.v[i];
			struct old_says *o = find_old(w, src, &says, exact != 0);

			if (o) {
				o->met = true;
				e = update(w, src, &says, o);
			} else {
				w->group.v[left++] = says;
			}
		}
	}
	for (size_t i = 0; !e && i < left; i++)
		e = insert(w, src, &w->group.v[i], n++);
	for (size_t i = 0; !e && i < w->old.n; i++) {
		struct str key = { (const char *)w->key.p, w->key.n };

		if (w->old.v[i].met || !w->old.v[i].listed)
			continue;
		if (src->adds)
			keep_old(src, w->key.type, key, false);
		else
			e = mark_gone(w, src, w->key.type, key, w->old.v[i].n);
	}
	return e;
}

enum err says_settle(struct writing *w)
{
	struct load_source *src = &w->l->sources.v[w->source];
	bool there;
	enum err e = ERR_OK;

	w->queue.n = 0;
	w->queue_at = 0;
	if (w->group.n == 0)
		return ERR_OK;
	w->queue_source = w->source;
	w->queue_key.type = w->key.type;
	w->queue_key.n = w->key.n;
	memcpy(w->queue_key.p, w->key.p, w->key.n);
	if (w->group.n > 1)
		for (size_t i = 0, at = 0; i < w->group.n; i++) {
			w->group.v[i].reference.p = w->group_text.p + at;
			at += w->group.v[i].reference.n;
		}
	src->tally.rows += w->group.n;
	src->tally.values++;
	e = says_pass(w, src, &w->key);
	there = src->more && old_compare(src, &w->key) == 0;
	while (!e && src->more && old_compare(src, &w->key) == 0)
		e = old_next(w, src);
	if (!e && (there || src->is.aside))
		e = compare_group(w, src);
	else
		for (size_t i = 0; !e && i < w->group.n; i++)
			e = insert(w, src, &w->group.v[i], (int64_t)i);
	w->group.n = 0;
	buf_clear(&w->group_text);
	return e;
}

enum err says_take(struct writing *w, struct str key, struct str rest)
{
	struct load_says says, *made;
	struct str value = str_skip(key, 1);
	enum err e = ERR_OK;

	says_read(rest, &says);
	if (w->group.n == 0 || says.source != w->source || (uint8_t)key.p[0] != w->key.type ||
	    value.n != w->key.n || memcmp(value.p, w->key.p, value.n) != 0) {
		e = says_settle(w);
		w->source = says.source;
		w->key.type = (uint8_t)key.p[0];
		w->key.n = (uint16_t)value.n;
		memcpy(w->key.p, value.p, value.n);
	}
	if (e)
		return e;
	if (w->group.n == LOAD_SAYS_MAX) {
		w->l->sources.v[says.source].tally.excess++;
		return ERR_OK;
	}
	made = VEC_PUSH(&w->group);
	if (!made)
		return ERR_NOMEM;
	*made = says;
	/* The record's bytes are gone when the next one is asked for. */
	buf_puts(&w->group_text, says.reference);
	if (w->group.n == 1)
		made->reference.p = w->group_text.p ? w->group_text.p : "";
	return buf_err(&w->group_text);
}
