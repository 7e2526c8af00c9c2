/* SPDX-License-Identifier: Apache-2.0 */
#include "store/db.h"

#include "base/stop.h"

#include <stdlib.h>

static bool is_role(int64_t v)
{
	return v >= 0 && v <= ROLE_INFECTED_HOST;
}

enum role said_role(int64_t v, bool has_role, enum role of_source)
{
	if (v >= SAID_PRESUMED) {
		if (has_role)
			return of_source;
		v -= SAID_PRESUMED;
	}
	return is_role(v) ? (enum role)v : ROLE_OTHER;
}

/* ---- one value ---- */

static enum err read_said(sqlite3_stmt *st, const struct key *k, struct buf *text, struct store_said *out)
{
	struct str reliability = col_str(st, 11);
	int64_t confidence = sqlite3_column_int64(st, 5), role = sqlite3_column_int64(st, 16);

	*out = (struct store_said){ .ind = indicator_init() };
	buf_clear(text);
	if (!key_read(k->type, (struct str){ (const char *)k->p, k->n }, text, &out->ind.type,
		      &out->ind.net, &out->ind.value))
		return buf_err(text) ? buf_err(text) : ERR_PARSE;
	out->ind.port = (uint16_t)sqlite3_column_int(st, 0);
	out->ind.role = said_role(sqlite3_column_int64(st, 1),
				  sqlite3_column_type(st, 16) != SQLITE_NULL && is_role(role),
				  (enum role)role);
	out->ind.role_said = sqlite3_column_int64(st, 1) < SAID_PRESUMED;
	out->ind.family = col_str(st, 2);
	out->ind.from = col_time(st, 3);
	out->ind.until = col_time(st, 4);
	out->ind.seen = col_time(st, 19);
	if (sqlite3_column_type(st, 5) != SQLITE_NULL && confidence >= 0 && confidence <= 100)
		out->ind.confidence = (uint8_t)confidence;
	out->ind.reference = col_str(st, 6);
	out->ind.revoked = sqlite3_column_int(st, 7) != 0;
	out->source_id = sqlite3_column_int64(st, 8);
	out->ind.source = col_str(st, 9);
	out->kind = (enum source_kind)sqlite3_column_int(st, 10);
	if (reliability.n == 1 && reliability.p[0] >= 'A' && reliability.p[0] <= 'F')
		out->reliability = reliability.p[0];
	out->lifetime_days = (uint32_t)sqlite3_column_int64(st, 12);
	out->listed = sqlite3_column_int(st, 13) != 0;
	out->listed_first = col_time(st, 14);
	out->listed_last = col_time(st, 15);
	out->source_values = (uint64_t)sqlite3_column_int64(st, 17);
	out->source_wrong = (uint64_t)sqlite3_column_int64(st, 18);
	return ERR_OK;
}

static enum err said_of_key(struct store *s, const struct key *k, said_fn tell, void *ctx,
			    struct errinfo *ei)
{
	sqlite3_stmt *st = NULL;
	bool row = true;
	enum err e = db_use(s, SQL_SAID_OF, &st, ei);

	if (e)
		return e;
	bind_key(st, 1, k);
	while (!e && row) {
		struct store_said said;

		e = db_row(s, st, &row, ei);
		if (e || !row)
			break;
		e = read_said(st, k, &s->text, &said);
		if (e)
			(void)err_set(ei, e, "%s is damaged: a value that is none", s->path);
		else
			e = tell(ctx, &said);
	}
	(void)sqlite3_reset(st);
	return e;
}

static enum err too_long(struct errinfo *ei)
{
	return err_set(ei, ERR_LIMIT, "a value that is too long");
}

enum err store_said_of(struct store *s, const struct indicator *value, said_fn tell, void *ctx,
		       struct errinfo *ei)
{
	struct key k;

	if (!key_value(&k, value->type, value->net, value->value))
		return too_long(ei);
	return said_of_key(s, &k, tell, ctx, ei);
}

enum err store_said_around(struct store *s, const struct indicator *value, said_fn tell, void *ctx,
			   struct errinfo *ei)
{
	struct key k;
	enum err e = ERR_OK;

	if (value->type == IT_URL || value->type == IT_HASH)
		return ERR_OK;
	if (!key_value(&k, value->type, value->net, value->value))
		return too_long(ei);
	while (!e && key_wider(&k))
		e = said_of_key(s, &k, tell, ctx, ei);
	return e;
}

/* ---- the URLs on a host ---- */

/* Those that begin so, the last byte being what stands behind the host. */
static enum err urls_from(struct store *s, struct str begin, unsigned most, url_fn tell, void *ctx,
			  struct errinfo *ei)
{
	char end[KEY_MAX];
	sqlite3_stmt *st = NULL;
	bool row = true;
	enum err e;

	if (begin.n > sizeof end)
		return ERR_OK;
	memcpy(end, begin.p, begin.n);
	end[begin.n - 1]++;
	e = db_use(s, SQL_SAID_URLS, &st, ei);
	if (e)
		return e;
	bind_i64(st, 1, V_URL);
	(void)sqlite3_bind_blob(st, 2, begin.p, (int)begin.n, SQLITE_STATIC);
	(void)sqlite3_bind_blob(st, 3, end, (int)begin.n, SQLITE_STATIC);
	bind_i64(st, 4, most);
	while (!e && row) {
		e = db_row(s, st, &row, ei);
		if (!e && row)
			e = tell(ctx, col_str(st, 0));
	}
	(void)sqlite3_reset(st);
	return e;
}

enum err store_said_urls(struct store *s, const struct indicator *host, unsigned most, url_fn tell,
			 void *ctx, struct errinfo *ei)
{
	static const char *const schemes[] = { "http", "https", "ftp" };
	static const char behind[] = { '/', ':', '?' };
	struct buf b;
	enum err e = ERR_OK;

	if (host->type != IT_DOMAIN && host->type != IT_IP)
		return ERR_OK;
	buf_init(&b, 2 * KEY_MAX);
	for (size_t i = 0; !e && i < sizeof schemes / sizeof schemes[0]; i++)
		for (size_t k = 0; !e && k < sizeof behind; k++) {
			bool v6 = host->type == IT_IP && !ip_is_v4(host->net.ip);

			buf_clear(&b);
			buf_fmt(&b, "%s://%s", schemes[i], v6 ? "[" : "");
			if (host->type == IT_IP)
				ip_format(&b, host->net.ip);
			else
				buf_puts(&b, host->value);
			buf_c(&b, v6 ? "]" : "");
			buf_ch(&b, behind[k]);
			e = buf_err(&b);
			if (!e)
				e = urls_from(s, buf_str(&b), most, tell, ctx, ei);
		}
	buf_free(&b);
	return e;
}

/* ---- all values ---- */

/* What rows name by number. */
struct numbered {
	VEC(struct str) families;
	VEC(struct store_source) sources;
	struct times {
		int64_t began, ended;
	} * runs;
	size_t n_runs;
	struct arena arena;
};

static void numbered_free(struct numbered *n)
{
	free(n->families.v);
	free(n->sources.v);
	free(n->runs);
	arena_free(&n->arena);
}

/* Room for the number `id`; NULL for one that cannot be, or without memory. */
#define AT(vec, id)                                                                                  \
	((id) < 0 || (id) > (1 << 28) ? NULL                                                         \
	 : (size_t)(id) < (vec)->n ||                                                                \
			 grow(&(vec)->v, &(vec)->n, &(vec)->cap, sizeof *(vec)->v, (size_t)(id) + 1) \
		 ? &(vec)->v[id]                                                                     \
		 : NULL)

static bool grow(void *v, size_t *n, size_t *cap, size_t size, size_t want)
{
	char *base;

	if (want > *cap && !vec_grow(v, cap, size, want))
		return false;
	memcpy(&base, v, sizeof base);
	memset(base + *n * size, 0, (want - *n) * size);
	*n = want;
	return true;
}

static enum err keep_source(void *ctx, const struct store_source *source)
{
	struct numbered *n = ctx;
	struct store_source *to = AT(&n->sources, source->id);

	if (!to)
		return ERR_NOMEM;
	*to = *source;
	to->name = arena_str(&n->arena, source->name);
	return to->name.p ? ERR_OK : ERR_NOMEM;
}

static enum err read_families(struct store *s, struct numbered *n, struct errinfo *ei)
{
	sqlite3_stmt *st = NULL;
	bool row = true;
	enum err e = db_use(s, SQL_FAMILIES, &st, ei);

	while (!e && row) {
		struct str *to;

		e = db_row(s, st, &row, ei);
		if (e || !row)
			break;
		to = AT(&n->families, sqlite3_column_int64(st, 0));
		if (to)
			*to = arena_str(&n->arena, col_str(st, 1));
		if (!to || !to->p)
			e = ERR_NOMEM;
	}
	(void)sqlite3_reset(st);
	return e;
}

static enum err read_runs(struct store *s, struct numbered *n, struct errinfo *ei)
{
	VEC(struct times) runs = { 0 };
	sqlite3_stmt *st = NULL;
	bool row = true;
	enum err e = db_use(s, SQL_RUN_TIMES, &st, ei);

	while (!e && row) {
		struct times *to;

		e = db_row(s, st, &row, ei);
		if (e || !row)
			break;
		to = AT(&runs, sqlite3_column_int64(st, 0));
		if (to)
			*to = (struct times){ col_time(st, 1), col_time(st, 2) };
		else
			e = ERR_NOMEM;
	}
	(void)sqlite3_reset(st);
	n->runs = runs.v;
	n->n_runs = runs.n;
	return e;
}

static enum err read_numbered(struct store *s, struct numbered *n, struct errinfo *ei)
{
	enum err e = read_families(s, n, ei);

	if (!e)
		e = read_runs(s, n, ei);
	return e ? e : store_sources(s, keep_source, n, ei);
}

static int64_t run_end(const struct numbered *n, int64_t run)
{
	return run > 0 && (size_t)run < n->n_runs ? n->runs[run].ended : TIME_NONE;
}

/* The text of a reference, kept in *text until another one is asked for: rows that lie together
 * share them. */
static enum err reference(struct store *s, int64_t id, int64_t *last, struct buf *text,
			  struct errinfo *ei)
{
	sqlite3_stmt *st = NULL;
	bool row = false;
	enum err e;

	if (id == *last)
		return ERR_OK;
	e = db_use(s, SQL_REFERENCE_TEXT, &st, ei);
	if (e)
		return e;
	bind_i64(st, 1, id);
	e = db_row(s, st, &row, ei);
	buf_clear(text);
	if (!e && row)
		buf_puts(text, col_str(st, 0));
	(void)sqlite3_reset(st);
	*last = id;
	return e ? e : buf_err(text);
}

static bool read_row(sqlite3_stmt *st, const struct numbered *n, struct buf *text, struct store_said *out)
{
	static const struct store_source nobody = { .name = STR_NONE };
	int64_t source = sqlite3_column_int64(st, 2), family = sqlite3_column_int64(st, 5);
	int64_t confidence = sqlite3_column_int64(st, 8);
	const struct store_source *of = &nobody;

	*out = (struct store_said){ .ind = indicator_init() };
	buf_clear(text);
	if (!key_read((uint8_t)sqlite3_column_int(st, 0), col_str(st, 1), text, &out->ind.type,
		      &out->ind.net, &out->ind.value))
		return false;
	if (source > 0 && (size_t)source < n->sources.n)
		of = &n->sources.v[source];
	out->source_id = source;
	out->ind.source = of->name;
	out->kind = of->kind;
	out->reliability = of->reliability;
	out->lifetime_days = of->lifetime_days;
	out->ind.port = (uint16_t)sqlite3_column_int(st, 3);
	out->ind.role = said_role(sqlite3_column_int64(st, 4), of->has_role, of->role);
	out->ind.role_said = sqlite3_column_int64(st, 4) < SAID_PRESUMED;
	if (family > 0 && (size_t)family < n->families.n)
		out->ind.family = n->families.v[family];
	out->ind.from = col_time(st, 6);
	out->ind.until = col_time(st, 7);
	out->ind.seen = col_time(st, 13);
	if (sqlite3_column_type(st, 8) != SQLITE_NULL && confidence >= 0 && confidence <= 100)
		out->ind.confidence = (uint8_t)confidence;
	out->ind.revoked = sqlite3_column_int(st, 10) != 0;
	out->listed = sqlite3_column_type(st, 12) == SQLITE_NULL;
	out->listed_first = run_end(n, sqlite3_column_int64(st, 11));
	out->listed_last = out->listed ? of->last_time : run_end(n, sqlite3_column_int64(st, 12));
	return true;
}

enum err store_said_all(struct store *s, said_fn tell, void *ctx, struct errinfo *ei)
{
	struct numbered n = { 0 };
	struct buf text, link;
	sqlite3_stmt *st = NULL;
	int64_t last_link = 0;
	uint64_t count = 0;
	bool row = true;
	enum err e;

	arena_init(&n.arena, (size_t)256 << 20);
	buf_init(&text, 1 << 20);
	buf_init(&link, 1 << 20);
	e = read_numbered(s, &n, ei);
	if (!e)
		e = db_use(s, SQL_SAID_ALL, &st, ei);
	while (!e && row) {
		struct store_said said;

		e = db_row(s, st, &row, ei);
		if (e || !row)
			break;
		if (++count % 65536 == 0 && stop_asked())
			e = err_set(ei, ERR_STOP, "stopped");
		if (!e && !read_row(st, &n, &text, &said))
			e = err_set(ei, ERR_PARSE, "%s is damaged: a value that is none", s->path);
		if (!e && sqlite3_column_type(st, 9) != SQLITE_NULL) {
			e = reference(s, sqlite3_column_int64(st, 9), &last_link, &link, ei);
			if (!e)
				said.ind.reference = buf_str(&link);
		}
		if (!e)
			e = tell(ctx, &said);
	}
	if (st)
		(void)sqlite3_reset(st);
	numbered_free(&n);
	buf_free(&text);
	buf_free(&link);
	return e;
}

enum err store_said_count(struct store *s, uint64_t *out, struct errinfo *ei)
{
	return db_number(s, SQL_COUNT_SAID, out, ei);
}
