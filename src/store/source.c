/* SPDX-License-Identifier: Apache-2.0 */
#include "store/db.h"

#include "base/stop.h"

struct store_source store_source_init(struct str name)
{
	return (struct store_source){ .name = name,
				      .url = STR_NONE,
				      .format = STR_NONE,
				      .licence = STR_NONE,
				      .settings = STR_NONE,
				      .state = STR_NONE,
				      .path = STR_NONE,
				      .last_time = TIME_NONE };
}

static void read_source(sqlite3_stmt *st, struct store_source *out)
{
	struct str reliability = col_str(st, 3);
	int64_t role = sqlite3_column_int64(st, 5);

	*out = (struct store_source){
		.id = sqlite3_column_int64(st, 0),
		.name = col_str(st, 1),
		.kind = (enum source_kind)sqlite3_column_int(st, 2),
		.enabled = sqlite3_column_int(st, 4) != 0,
		.lifetime_days = (uint32_t)sqlite3_column_int64(st, 6),
		.interval_s = (uint32_t)sqlite3_column_int64(st, 7),
		.url = col_str(st, 8),
		.format = col_str(st, 9),
		.licence = col_str(st, 10),
		.settings = col_str(st, 11),
		.state = col_str(st, 12),
		.last_run = sqlite3_column_int64(st, 13),
		.last_time = col_time(st, 14),
		.listed = (uint64_t)sqlite3_column_int64(st, 15),
		.aside = (uint64_t)sqlite3_column_int64(st, 16),
		.path = col_str(st, 17),
		.values = (uint64_t)sqlite3_column_int64(st, 18),
		.wrong = (uint64_t)sqlite3_column_int64(st, 19),
		.judged = sqlite3_column_type(st, 19) != SQLITE_NULL && sqlite3_column_int(st, 20),
		.judged_by = (uint64_t)sqlite3_column_int64(st, 21),
	};
	if (reliability.n == 1 && reliability.p[0] >= 'A' && reliability.p[0] <= 'F')
		out->reliability = reliability.p[0];
	if (sqlite3_column_type(st, 5) != SQLITE_NULL && role >= 0 && role <= ROLE_INFECTED_HOST) {
		out->has_role = true;
		out->role = (enum role)role;
	}
}

/* The first row of a statement that asks for sources by one text. */
static enum err find(struct store *s, enum sql which, struct str by, struct store_source *out,
		     struct errinfo *ei)
{
	struct store_source found;
	struct str *text[] = { &found.name,     &found.url,   &found.format, &found.licence,
			       &found.settings, &found.state, &found.path };
	sqlite3_stmt *st = NULL;
	bool row = false;
	size_t at = 0;
	enum err e = db_use(s, which, &st, ei);

	if (e)
		return e;
	bind_str(st, 1, by);
	e = db_row(s, st, &row, ei);
	if (!e && !row)
		e = err_set(ei, ERR_NOENT, "no source is called %.*s", STR_ARG(str_head(by, 100)));
	if (!e) {
		read_source(st, &found);
		/* The statement's memory is for its next use. */
		buf_clear(&s->text);
		for (size_t i = 0; i < sizeof text / sizeof text[0]; i++)
			buf_puts(&s->text, *text[i]);
		e = buf_err(&s->text);
		for (size_t i = 0; !e && i < sizeof text / sizeof text[0]; i++) {
			text[i]->p = s->text.p ? s->text.p + at : "";
			at += text[i]->n;
		}
	}
	(void)sqlite3_reset(st);
	if (!e)
		*out = found;
	return e;
}

enum err store_source_find(struct store *s, struct str name, struct store_source *out,
			   struct errinfo *ei)
{
	return find(s, SQL_SOURCE_BY_NAME, name, out, ei);
}

enum err store_source_at(struct store *s, struct str path, struct store_source *out, struct errinfo *ei)
{
	return find(s, SQL_SOURCE_BY_PATH, path, out, ei);
}

enum err store_sources(struct store *s, source_fn tell, void *ctx, struct errinfo *ei)
{
	sqlite3_stmt *st = NULL;
	bool row = true;
	enum err e = db_use(s, SQL_SOURCES, &st, ei);

	while (!e && row) {
		struct store_source source;

		e = db_row(s, st, &row, ei);
		if (e || !row)
			break;
		read_source(st, &source);
		e = tell(ctx, &source);
	}
	if (!e || row)
		(void)sqlite3_reset(st);
	return e;
}

enum err store_source_holds(struct store *s, int64_t id, struct store_holds *out, struct errinfo *ei)
{
	sqlite3_stmt *st = NULL;
	bool row = false;
	enum err e = db_use(s, SQL_SOURCE_HOLDS, &st, ei);

	if (e)
		return e;
	bind_i64(st, 1, id);
	e = db_row(s, st, &row, ei);
	if (!e && row)
		*out = (struct store_holds){ (uint64_t)sqlite3_column_int64(st, 0),
					     (uint64_t)sqlite3_column_int64(st, 1),
					     (uint64_t)sqlite3_column_int64(st, 2) };
	(void)sqlite3_reset(st);
	return e;
}

void source_merge(struct store_source *is, const struct store_source *had)
{
	const struct str *from[] = { &had->url,      &had->format, &had->licence,
				     &had->settings, &had->state,  &had->path };
	struct str *to[] = { &is->url,      &is->format, &is->licence,
			     &is->settings, &is->state,  &is->path };

	for (size_t i = 0; i < sizeof to / sizeof to[0]; i++)
		if (to[i]->n == 0)
			*to[i] = *from[i];
	if (!is->reliability)
		is->reliability = had->reliability;
	if (!is->has_role) {
		is->has_role = had->has_role;
		is->role = had->role;
	}
	if (!is->lifetime_days)
		is->lifetime_days = had->lifetime_days;
	if (!is->interval_s)
		is->interval_s = had->interval_s;
	if (is->kind == SOURCE_FILE)
		is->kind = had->kind;
	is->enabled |= had->enabled;
}

enum err source_write(struct store *s, const struct store_source *is, bool fresh, int64_t *id,
		      struct errinfo *ei)
{
	sqlite3_stmt *st = NULL;
	enum err e = db_use(s, fresh ? SQL_SOURCE_INSERT : SQL_SOURCE_UPDATE, &st, ei);

	if (e)
		return e;
	bind_str(st, 1, is->name);
	(void)sqlite3_bind_int(st, 2, is->kind);
	bind_str_or_null(st, 3, (struct str){ &is->reliability, is->reliability != 0 });
	(void)sqlite3_bind_int(st, 4, is->enabled);
	if (is->has_role)
		(void)sqlite3_bind_int(st, 5, is->role);
	if (is->lifetime_days)
		bind_i64(st, 6, is->lifetime_days);
	if (is->interval_s)
		bind_i64(st, 7, is->interval_s);
	bind_str_or_null(st, 8, is->url);
	bind_str_or_null(st, 9, is->format);
	bind_str_or_null(st, 10, is->licence);
	bind_str_or_null(st, 11, is->settings);
	bind_str_or_null(st, 12, is->state);
	bind_str_or_null(st, 13, is->path);
	e = db_run(s, st, ei);
	if (!e)
		*id = fresh ? sqlite3_last_insert_rowid(s->db) : is->id;
	return e;
}

enum err store_source_put(struct store *s, const struct store_source *source, int64_t *id,
			  struct errinfo *ei)
{
	struct store_source is = *source, had;
	bool other = false;
	enum err e = db_begin(s, ei);

	if (e)
		return e;
	e = store_source_find(s, is.name, &had, ei);
	if (!e) {
		/* Then what it says is something else. */
		other = is.has_role != had.has_role || (is.has_role && is.role != had.role);
		/* As it is given, but for the texts of whoever fetches it. */
		is.id = had.id;
		if (!is.settings.p)
			is.settings = had.settings;
		if (!is.state.p)
			is.state = had.state;
		if (!is.path.n)
			is.path = had.path;
	}
	if (!e || e == ERR_NOENT)
		e = source_write(s, &is, e == ERR_NOENT, &is.id, ei);
	if (!e)
		e = db_commit(s, other, ei);
	if (e) {
		db_rollback(s);
		return e;
	}
	*id = is.id;
	return ERR_OK;
}

static int is_stopped(void *ctx)
{
	(void)ctx;
	return stop_asked();
}

enum err store_source_remove(struct store *s, struct str name, struct errinfo *ei)
{
	enum { STEPS = 100000 /* of SQLite's machine, between two looks at the flag */ };
	static const enum sql steps[] = { SQL_OVERLAP_OF_REMOVE, SQL_SAID_REMOVE,
					  SQL_EXCLUSIONS_REMOVE, SQL_LIST_REMOVE,
					  SQL_ORGS_REMOVE,       SQL_ALIASES_REMOVE,
					  SQL_RUNS_REMOVE,       SQL_SOURCE_REMOVE };
	struct store_source had;
	enum err e = db_begin(s, ei);

	if (e)
		return e;
	/* Of millions of rows it takes seconds. */
	sqlite3_progress_handler(s->db, STEPS, is_stopped, NULL);
	e = store_source_find(s, name, &had, ei);
	for (size_t i = 0; !e && i < sizeof steps / sizeof steps[0]; i++) {
		sqlite3_stmt *st = NULL;

		e = db_use(s, steps[i], &st, ei);
		if (e)
			break;
		bind_i64(st, 1, had.id);
		e = db_run(s, st, ei);
	}
	sqlite3_progress_handler(s->db, 0, NULL, NULL);
	if (stop_asked() && (!e || e == ERR_STOP))
		e = err_set(ei, ERR_STOP, "stopped");
	if (!e)
		e = db_do(s, SQL_SPECIALS_CHANGED, ei);
	if (!e)
		e = db_commit(s, true, ei);
	if (e)
		db_rollback(s);
	return e;
}

enum err source_walk(struct store *s, int64_t source, enum sql some, enum sql most,
		     sqlite3_stmt **out, struct errinfo *ei)
{
	sqlite3_stmt *st = NULL;
	bool row = false, is_most;
	enum err e = db_use(s, SQL_IS_MOST, &st, ei);
	int rc;

	if (e)
		return e;
	bind_i64(st, 1, source);
	e = db_row(s, st, &row, ei);
	is_most = !e && row && sqlite3_column_int(st, 0);
	(void)sqlite3_reset(st);
	if (e)
		return e;
	rc = sqlite3_prepare_v2(s->db, sql_text[is_most ? most : some], -1, out, NULL);
	if (rc != SQLITE_OK)
		return db_err(s, rc, ei);
	bind_i64(*out, 1, source);
	return ERR_OK;
}

void bind_run(sqlite3_stmt *st, const struct store_run *run)
{
	bind_i64(st, 1, run->source_id);
	bind_i64(st, 2, run->began);
	bind_i64(st, 3, run->ended);
	(void)sqlite3_bind_int(st, 4, run->status);
	bind_i64(st, 5, (int64_t)run->rows);
	bind_i64(st, 6, (int64_t)run->added);
	bind_i64(st, 7, (int64_t)run->changed);
	bind_i64(st, 8, (int64_t)run->gone);
	bind_i64(st, 9, (int64_t)run->rejected);
	bind_str_or_null(st, 10, run->error);
}

static enum err add_run(struct store *s, const struct store_run *run, struct errinfo *ei)
{
	sqlite3_stmt *st = NULL;
	enum err e = db_use(s, SQL_RUN_INSERT, &st, ei);

	if (e)
		return e;
	bind_run(st, run);
	return db_run(s, st, ei);
}

/* End a transaction that changes nothing of what is said. */
static enum err end(struct store *s, enum err e, struct errinfo *ei)
{
	if (!e)
		e = db_commit(s, false, ei);
	if (e)
		db_rollback(s);
	return e;
}

enum err store_run_note(struct store *s, const struct store_run *run, struct errinfo *ei)
{
	enum err e = db_begin(s, ei);

	return e ? e : end(s, add_run(s, run, ei), ei);
}

enum err store_source_state(struct store *s, int64_t id, struct str state,
			    const struct store_run *run, struct errinfo *ei)
{
	sqlite3_stmt *st = NULL;
	enum err e = db_begin(s, ei);

	if (e)
		return e;
	e = db_use(s, SQL_SOURCE_STATE, &st, ei);
	if (!e) {
		bind_i64(st, 1, id);
		bind_str_or_null(st, 2, state);
		e = db_run(s, st, ei);
	}
	if (!e && sqlite3_changes(s->db) == 0)
		e = err_set(ei, ERR_NOENT, "there is no such source");
	if (!e && run)
		e = add_run(s, run, ei);
	return end(s, e, ei);
}

enum err store_overlap_get(struct store *s, int64_t a, int64_t b, uint64_t *both, struct errinfo *ei)
{
	sqlite3_stmt *st = NULL;
	bool row = false;
	enum err e = db_use(s, SQL_OVERLAP, &st, ei);

	if (e)
		return e;
	bind_i64(st, 1, a < b ? a : b);
	bind_i64(st, 2, a < b ? b : a);
	e = db_row(s, st, &row, ei);
	if (!e)
		*both = row ? (uint64_t)sqlite3_column_int64(st, 0) : 0;
	(void)sqlite3_reset(st);
	return e;
}

enum err store_runs(struct store *s, int64_t source_id, unsigned many, run_fn tell, void *ctx,
		    struct errinfo *ei)
{
	sqlite3_stmt *st = NULL;
	bool row = true;
	enum err e = db_use(s, SQL_RUNS, &st, ei);

	if (e)
		return e;
	bind_i64(st, 1, source_id);
	bind_i64(st, 2, many);
	while (!e && row) {
		struct store_run run;

		e = db_row(s, st, &row, ei);
		if (e || !row)
			break;
		run = (struct store_run){ .id = sqlite3_column_int64(st, 0),
					  .source_id = sqlite3_column_int64(st, 1),
					  .began = col_time(st, 2),
					  .ended = col_time(st, 3),
					  .status = (enum run_status)sqlite3_column_int(st, 4),
					  .rows = (uint64_t)sqlite3_column_int64(st, 5),
					  .added = (uint64_t)sqlite3_column_int64(st, 6),
					  .changed = (uint64_t)sqlite3_column_int64(st, 7),
					  .gone = (uint64_t)sqlite3_column_int64(st, 8),
					  .rejected = (uint64_t)sqlite3_column_int64(st, 9),
					  .error = col_str(st, 10) };
		e = tell(ctx, &run);
	}
	(void)sqlite3_reset(st);
	return e;
}
