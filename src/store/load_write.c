/* SPDX-License-Identifier: Apache-2.0 */
/* Writing an edition: its sources, runs and lists; what it says is the affair of load_says.c. */
#include "store/load.h"

#include "base/stop.h"

#include <stdlib.h>

enum { LOOK_AROUND = 8192 /* records between looks at the stop flag and words about progress */ };

/* ---- sources, runs, families ---- */

static enum err put_source(struct writing *w, struct load_source *src, int64_t began, int64_t ended)
{
	struct store_source had;
	enum err e = store_source_find(w->s, src->is.name, &had, w->ei);
	sqlite3_stmt *st = NULL;

	if (e && e != ERR_NOENT)
		return e;
	if (!e)
		source_merge(&src->is, &had);
	if (!e && (src->is.has_role != had.has_role || src->is.role != had.role))
		w->changed = true;
	src->is.id = e ? 0 : had.id;
	src->previous = e ? 0 : had.last_run;
	src->is.listed = e ? 0 : had.listed;
	src->is.aside = e ? 0 : had.aside;
	e = source_write(w->s, &src->is, e == ERR_NOENT, &src->is.id, w->ei);
	if (!e)
		e = db_use(w->s, SQL_RUN_INSERT, &st, w->ei);
	if (e)
		return e;
	bind_run(st, &(struct store_run){ .source_id = src->is.id,
					  .began = began,
					  .ended = ended,
					  .status = RUN_DONE,
					  .error = STR_NONE });
	e = db_run(w->s, st, w->ei);
	src->run = sqlite3_last_insert_rowid(w->s->db);
	return e;
}

static enum err begin_source(struct writing *w, struct load_source *src)
{
	enum err e;

	if (!src->says || !src->is.listed)
		return ERR_OK;
	e = source_walk(w->s, src->is.id, SQL_SAID_LISTED, SQL_SAID_LISTED_ALL, &src->old, w->ei);
	return e ? e : db_row(w->s, src->old, &src->more, w->ei);
}

static enum err put_families(struct writing *w)
{
	size_t n = w->l->families.v.n;
	enum err e = ERR_OK;

	w->family_id = calloc(n + 1, sizeof *w->family_id);
	if (!w->family_id)
		return ERR_NOMEM;
	for (size_t i = 0; !e && i < n; i++) {
		sqlite3_stmt *st = NULL;
		bool row = false;

		e = db_use(w->s, SQL_FAMILY_FIND, &st, w->ei);
		if (e)
			break;
		bind_str(st, 1, w->l->families.v.v[i]);
		e = db_row(w->s, st, &row, w->ei);
		if (row)
			w->family_id[i + 1] = sqlite3_column_int64(st, 0);
		(void)sqlite3_reset(st);
		if (e || row)
			continue;
		e = db_use(w->s, SQL_FAMILY_INSERT, &st, w->ei);
		if (e)
			break;
		bind_str(st, 1, w->l->families.v.v[i]);
		e = db_run(w->s, st, w->ei);
		w->family_id[i + 1] = sqlite3_last_insert_rowid(w->s->db);
	}
	return e;
}

/* ---- entries ---- */

static void entry_key(struct str key, struct key *k)
{
	struct str bytes = str_skip(key, 6);

	k->type = (uint8_t)key.p[5];
	k->n = (uint16_t)bytes.n;
	memcpy(k->p, bytes.p, bytes.n);
}

static enum err take_exclusion(struct writing *w, struct str key)
{
	struct load_list *list = &w->l->lists.v[load_u32(key.p + 1)];
	sqlite3_stmt *st = NULL;
	enum err e = db_use(w->s, SQL_EXCLUSION_INSERT, &st, w->ei);

	if (e)
		return e;
	entry_key(key, &w->entry);
	bind_i64(st, 1, list->id);
	bind_key(st, 2, &w->entry);
	w->l->sources.v[list->source].tally.exclusions++;
	return db_run(w->s, st, w->ei);
}

static enum err take_org(struct writing *w, struct str key, struct str rest)
{
	struct load_source *src = &w->l->sources.v[load_u32(key.p + 1)];
	struct load_org o;
	sqlite3_stmt *st = NULL;
	enum err e = db_use(w->s, SQL_ORG_INSERT, &st, w->ei);

	if (e)
		return e;
	load_org_read(rest, &o);
	entry_key(key, &w->entry);
	bind_i64(st, 1, src->is.id);
	bind_key(st, 2, &w->entry);
	bind_str(st, 4, o.text[0]);
	bind_str(st, 5, o.text[1]);
	bind_str_or_null(st, 6, o.text[2]);
	bind_str_or_null(st, 7, o.text[3]);
	(void)sqlite3_bind_int(st, 8, o.kind);
	bind_str_or_null(st, 9, o.text[4]);
	src->tally.organisations++;
	return db_run(w->s, st, w->ei);
}

static enum err take_alias(struct writing *w, struct str key, struct str family)
{
	struct load_source *src = &w->l->sources.v[load_u32(key.p + 1)];
	sqlite3_stmt *st = NULL;
	enum err e = db_use(w->s, SQL_ALIAS_INSERT, &st, w->ei);

	if (e)
		return e;
	bind_i64(st, 1, src->is.id);
	bind_str(st, 2, str_skip(key, 5));
	bind_str(st, 3, family);
	src->tally.aliases++;
	return db_run(w->s, st, w->ei);
}

static enum err remove_of(struct writing *w, enum sql which, int64_t source)
{
	sqlite3_stmt *st = NULL;
	enum err e = db_use(w->s, which, &st, w->ei);

	if (e)
		return e;
	bind_i64(st, 1, source);
	w->changed = true;
	return db_run(w->s, st, w->ei);
}

static enum err begin_entries(struct writing *w)
{
	enum err e = ERR_OK;

	if (w->l->lists.n)
		e = db_do(w->s, SQL_SPECIALS_CHANGED, w->ei);
	for (size_t i = 0; !e && i < w->l->sources.n; i++) {
		const struct load_source *src = &w->l->sources.v[i];

		if (src->lists)
			e = remove_of(w, SQL_EXCLUSIONS_REMOVE, src->is.id);
		if (!e && src->lists)
			e = remove_of(w, SQL_LIST_REMOVE, src->is.id);
		if (!e && src->owns)
			e = remove_of(w, SQL_ORGS_REMOVE, src->is.id);
		if (!e && src->names)
			e = remove_of(w, SQL_ALIASES_REMOVE, src->is.id);
	}
	for (size_t i = 0; !e && i < w->l->lists.n; i++) {
		struct load_list *list = &w->l->lists.v[i];
		sqlite3_stmt *st = NULL;

		e = db_use(w->s, SQL_LIST_INSERT, &st, w->ei);
		if (e)
			break;
		bind_i64(st, 1, w->l->sources.v[list->source].is.id);
		bind_str(st, 2, list->name);
		(void)sqlite3_bind_int(st, 3, list->class);
		bind_str_or_null(st, 4, list->reason);
		e = db_run(w->s, st, w->ei);
		list->id = sqlite3_last_insert_rowid(w->s->db);
	}
	return e;
}

/* ---- all of it ---- */

enum err load_next(struct writing *w, bool *more)
{
	struct str key, rest;
	enum err e = sorter_next(&w->l->sorter, &key, &rest, more, w->ei);

	if (e)
		return e;
	if (!*more)
		return says_settle(w);
	if (++w->n % LOOK_AROUND == 0) {
		if (stop_asked())
			return err_set(w->ei, ERR_STOP, "stopped; nothing was changed");
		if (w->progress && w->progress->tell)
			w->progress->tell(w->progress->ctx, w->n, w->l->sorter.records);
	}
	if (key.p[0] <= TAG_SAID_LAST)
		return says_take(w, key, rest);
	if (key.p[0] == TAG_ALIAS)
		return take_alias(w, key, rest);
	return key.p[0] == TAG_EXCLUSION ? take_exclusion(w, key) : take_org(w, key, rest);
}

/* How many values it lists now. */
static enum err keep_size(struct writing *w, const struct load_source *src)
{
	sqlite3_stmt *st = NULL;
	enum err e = db_use(w->s, SQL_OVERLAP_PUT, &st, w->ei);

	if (e)
		return e;
	bind_i64(st, 1, src->is.id);
	bind_i64(st, 2, src->is.id);
	bind_i64(st, 3, (int64_t)src->tally.values);
	return db_run(w->s, st, w->ei);
}

static enum err keep_worth(struct writing *w, const struct load_source *src)
{
	sqlite3_stmt *st = NULL;
	enum err e = db_use(w->s, SQL_SOURCE_SAME, &st, w->ei);

	if (e)
		return e;
	bind_i64(st, 1, src->is.id);
	bind_i64(st, 2, src->previous);
	bind_i64(st, 3, src->run);
	return db_run(w->s, st, w->ei);
}

static enum err end_source(struct writing *w, struct load_source *src)
{
	struct load_tally *t = &src->tally;
	uint64_t entries = t->exclusions + t->organisations + t->aliases;
	sqlite3_stmt *st = NULL;
	enum err e = ERR_OK;

	if (src->says)
		e = says_pass(w, src, NULL);
	if (!e)
		e = db_use(w->s, SQL_RUN_UPDATE, &st, w->ei);
	if (e)
		return e;
	bind_i64(st, 1, src->run);
	bind_i64(st, 2, (int64_t)(t->rows + entries));
	bind_i64(st, 3, (int64_t)t->added);
	bind_i64(st, 4, (int64_t)t->changed);
	bind_i64(st, 5, (int64_t)t->gone);
	bind_i64(st, 6, (int64_t)src->rejected);
	e = db_run(w->s, st, w->ei);
	if (!e)
		e = db_use(w->s, SQL_SOURCE_READ, &st, w->ei);
	if (e)
		return e;
	bind_i64(st, 1, src->is.id);
	bind_i64(st, 2, src->run);
	bind_i64(st, 3, (int64_t)(src->says ? t->rows + src->kept : src->is.listed));
	bind_i64(st, 4, (int64_t)src->is.aside + src->aside + (int64_t)t->gone);
	e = db_run(w->s, st, w->ei);
	if (!e && src->says)
		e = keep_size(w, src);
	if (!e && !t->added && !t->gone && !src->aside)
		e = keep_worth(w, src);
	if (!e) {
		struct load_tally *told = VEC_PUSH(&w->l->tallies);

		if (!told)
			return ERR_NOMEM;
		*told = *t;
	}
	return e;
}

static enum err read_presumed(struct writing *w)
{
	sqlite3_stmt *st = NULL;
	bool row = false;
	enum err e = db_use(w->s, SQL_PRESUMED, &st, w->ei);

	if (e)
		return e;
	e = db_row(w->s, st, &row, w->ei);
	w->presumed = !e && row ? sqlite3_column_int64(st, 0) : 0;
	(void)sqlite3_reset(st);
	return e;
}

static enum err write_all(struct writing *w, int64_t began, int64_t ended)
{
	struct store_load *l = w->l;
	enum err e = read_presumed(w);

	for (size_t i = 0; !e && i < l->sources.n; i++)
		e = put_source(w, &l->sources.v[i], began, ended);
	if (!e)
		e = put_families(w);
	if (!e)
		e = begin_entries(w);
	for (size_t i = 0; !e && i < l->sources.n; i++)
		e = begin_source(w, &l->sources.v[i]);
	if (!e)
		e = load_stream(w);
	for (size_t i = 0; !e && i < l->sources.n; i++)
		e = end_source(w, &l->sources.v[i]);
	/* A transaction does not end while one of its statements is being walked. */
	for (size_t i = 0; i < l->sources.n; i++) {
		(void)sqlite3_finalize(l->sources.v[i].old);
		l->sources.v[i].old = NULL;
	}
	return e;
}

enum err store_load_commit(struct store_load *l, int64_t began, int64_t ended,
			   const struct load_progress *progress, struct errinfo *ei)
{
	struct writing w = { .l = l, .s = l->s, .ei = ei, .seed = l->families.seed, .progress = progress };
	enum err e = says_begin(&w);

	if (!e)
		e = db_begin(l->s, ei);
	if (!e)
		e = write_all(&w, began, ended);
	if (!e)
		e = db_commit(l->s, w.changed, ei);
	if (e)
		db_rollback(l->s);
	free(w.family_id);
	says_end(&w);
	return e;
}
