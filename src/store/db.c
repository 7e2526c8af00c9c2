/* SPDX-License-Identifier: Apache-2.0 */
#include "store/db.h"

#include "base/mix.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	PAGE = 8192,          /* bytes */
	WAIT = 60000,         /* ms, for the moments in which SQLite locks readers out */
	READ_CACHE = 16384,   /* KiB */
	WRITE_CACHE = 65536,  /* KiB */
	LOG_KEPT = 64 << 20,  /* bytes of the log that stay for the next transaction */
	VALUE_MAX = 16 << 20, /* bytes of any single value */
};

/* ---- errors ---- */

enum err db_err(struct store *s, int rc, struct errinfo *ei)
{
	int system = s->db ? sqlite3_system_errno(s->db) : errno;
	const char *msg = s->db ? sqlite3_errmsg(s->db) : sqlite3_errstr(rc);

	switch (rc & 0xff) {
	case SQLITE_NOMEM:
		return err_set(ei, ERR_NOMEM, "out of memory");
	case SQLITE_FULL:
		return err_set(ei, ERR_IO, "%s: no room left; what was there before is unharmed",
			       s->path);
	case SQLITE_IOERR:
		if (rc == SQLITE_IOERR_NOMEM)
			return err_set(ei, ERR_NOMEM, "out of memory");
		return err_set(ei, ERR_IO, "%s: %s", s->path, system ? strerror(system) : msg);
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return err_set(ei, ERR_IO, "%s: another program holds it locked", s->path);
	case SQLITE_READONLY:
		return err_set(ei, ERR_IO, "%s cannot be written", s->path);
	case SQLITE_CANTOPEN:
	case SQLITE_PERM:
	case SQLITE_AUTH:
		return err_set(ei, ERR_IO, "cannot open %s: %s", s->path,
			       system ? strerror(system) : "no right to it, or to its folder");
	case SQLITE_CORRUPT:
		return err_set(ei, ERR_PARSE, "%s is damaged (%s); nezumi doctor tells more",
			       s->path, msg);
	case SQLITE_INTERRUPT:
		return err_set(ei, ERR_STOP, "stopped");
	case SQLITE_NOTADB:
		return err_set(ei, ERR_FORMAT, "%s is not a database", s->path);
	case SQLITE_TOOBIG:
		return err_set(ei, ERR_LIMIT, "%s: a value is too long", s->path);
	default:
		return err_set(ei, ERR_PARSE, "%s: %s", s->path, msg);
	}
}

/* ---- statements ---- */

enum err db_use(struct store *s, enum sql which, sqlite3_stmt **out, struct errinfo *ei)
{
	int rc = SQLITE_OK;

	if (s->st[which]) {
		(void)sqlite3_reset(s->st[which]);
		(void)sqlite3_clear_bindings(s->st[which]);
	} else {
		rc = sqlite3_prepare_v3(s->db, sql_text[which], -1, SQLITE_PREPARE_PERSISTENT,
					&s->st[which], NULL);
	}
	if (rc != SQLITE_OK)
		return db_err(s, rc, ei);
	*out = s->st[which];
	return ERR_OK;
}

enum err db_row(struct store *s, sqlite3_stmt *st, bool *row, struct errinfo *ei)
{
	int rc = sqlite3_step(st);

	if (rc != SQLITE_ROW && rc != SQLITE_DONE)
		return db_err(s, rc, ei);
	*row = rc == SQLITE_ROW;
	return ERR_OK;
}

enum err db_run(struct store *s, sqlite3_stmt *st, struct errinfo *ei)
{
	int rc = sqlite3_step(st);
	enum err e = rc == SQLITE_DONE || rc == SQLITE_ROW ? ERR_OK : db_err(s, rc, ei);

	(void)sqlite3_reset(st);
	return e;
}

enum err db_do(struct store *s, enum sql which, struct errinfo *ei)
{
	sqlite3_stmt *st = NULL;
	enum err e = db_use(s, which, &st, ei);

	return e ? e : db_run(s, st, ei);
}

enum err db_number(struct store *s, enum sql which, uint64_t *out, struct errinfo *ei)
{
	sqlite3_stmt *st = NULL;
	bool row = false;
	enum err e = db_use(s, which, &st, ei);

	if (e)
		return e;
	e = db_row(s, st, &row, ei);
	if (!e)
		*out = row ? (uint64_t)sqlite3_column_int64(st, 0) : 0;
	(void)sqlite3_reset(st);
	return e;
}

enum err db_exec(struct store *s, const char *sql, struct errinfo *ei)
{
	int rc = sqlite3_exec(s->db, sql, NULL, NULL, NULL);

	return rc == SQLITE_OK ? ERR_OK : db_err(s, rc, ei);
}

enum err db_begin(struct store *s, struct errinfo *ei)
{
	assert(s->mode == STORE_WRITE);
	return db_do(s, SQL_BEGIN, ei);
}

enum err db_commit(struct store *s, bool changed, struct errinfo *ei)
{
	enum err e = changed ? db_do(s, SQL_CHANGED, ei) : ERR_OK;

	return e ? e : db_do(s, SQL_COMMIT, ei);
}

void db_rollback(struct store *s)
{
	struct errinfo ei;

	/* Some errors have undone it already. */
	if (s->db && !sqlite3_get_autocommit(s->db))
		(void)!db_do(s, SQL_ROLLBACK, &ei);
}

void bind_str(sqlite3_stmt *st, int at, struct str t)
{
	(void)sqlite3_bind_text64(st, at, t.n ? t.p : "", t.n, SQLITE_STATIC, SQLITE_UTF8);
}

void bind_str_or_null(sqlite3_stmt *st, int at, struct str t)
{
	if (t.n)
		bind_str(st, at, t);
	else
		(void)sqlite3_bind_null(st, at);
}

void bind_time(sqlite3_stmt *st, int at, int64_t t)
{
	if (t == TIME_NONE)
		(void)sqlite3_bind_null(st, at);
	else
		(void)sqlite3_bind_int64(st, at, t);
}

struct str col_str(sqlite3_stmt *st, int at)
{
	const void *p = sqlite3_column_blob(st, at);
	int n = sqlite3_column_bytes(st, at);

	return p && n > 0 ? (struct str){ p, (size_t)n } : STR_NONE;
}

int64_t col_time(sqlite3_stmt *st, int at)
{
	int64_t t = sqlite3_column_int64(st, at);

	return sqlite3_column_type(st, at) == SQLITE_NULL || t < 0 || t > TIME_MAX ? TIME_NONE : t;
}

/* ---- opening ---- */

/* The folder with those above it, as far as they are missing. Indicators are not everybody's to
 * read. */
static enum err make_folder(const char *dir, struct errinfo *ei)
{
	char path[4096];

	(void)snprintf(path, sizeof path, "%s", dir);
	for (char *p = path + 1; *p; p++)
		if (*p == '/') {
			*p = 0;
			(void)mkdir(path, 0700);
			*p = '/';
		}
	if (mkdir(path, 0700) && errno != EEXIST)
		return err_set(ei, ERR_IO, "cannot make the data directory %s: %s", dir,
			       strerror(errno));
	return ERR_OK;
}

/* An empty file, which SQLite takes for a new database; with narrow rights that its companions
 * inherit. */
static enum err make_file(struct store *s, struct errinfo *ei)
{
	int fd = open(s->path, O_RDWR | O_CREAT | O_CLOEXEC, 0600), dir;

	if (fd < 0)
		return err_set(ei, ERR_IO, "cannot open %s: %s", s->path, strerror(errno));
	close(fd);
	dir = open(s->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir >= 0) {
		(void)fsync(dir);
		close(dir);
	}
	return ERR_OK;
}

/* The path as a URI, which cannot be misread. */
static void uri_of(const struct store *s, bool immutable, char uri[3 * 4200])
{
	static const char digits[] = "0123456789abcdef";
	char *to = uri + snprintf(uri, 8, "file:");

	for (const unsigned char *p = (const unsigned char *)s->path; *p; p++)
		if (*p <= ' ' || *p > '~' || strchr("?#%:", *p)) {
			*to++ = '%';
			*to++ = digits[*p >> 4];
			*to++ = digits[*p & 15];
		} else {
			*to++ = (char)*p;
		}
	(void)snprintf(to, 32, "%s", immutable ? "?immutable=1" : "");
}

static enum err connect(struct store *s, bool immutable, struct errinfo *ei)
{
	int flags = SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE |
		    SQLITE_OPEN_EXRESCODE;
	char uri[3 * 4200], set[256];
	int rc, version;
	enum err e;

	flags |= s->mode == STORE_WRITE ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY;
	uri_of(s, immutable, uri);
	rc = sqlite3_open_v2(uri, &s->db, flags, NULL);
	if (rc != SQLITE_OK)
		return db_err(s, rc, ei);
	(void)sqlite3_busy_timeout(s->db, WAIT);
	(void)sqlite3_db_config(s->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	(void)sqlite3_db_config(s->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
	(void)sqlite3_db_config(s->db, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL);
	(void)sqlite3_db_config(s->db, SQLITE_DBCONFIG_ENABLE_VIEW, 0, NULL);
	(void)sqlite3_limit(s->db, SQLITE_LIMIT_LENGTH, VALUE_MAX);
	(void)snprintf(set, sizeof set,
		       "PRAGMA cell_size_check = ON; PRAGMA temp_store = MEMORY; "
		       "PRAGMA cache_size = -%d;",
		       s->mode == STORE_WRITE ? WRITE_CACHE : READ_CACHE);
	e = db_exec(s, set, ei);
	if (e || s->mode == STORE_READ)
		return e;
	/* Nothing is done to a file before it is known whose it is. */
	e = schema_check(s, &version, ei);
	if (e)
		return e;
	(void)snprintf(set, sizeof set,
		       "PRAGMA page_size = %d; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; "
		       "PRAGMA journal_size_limit = %d; PRAGMA foreign_keys = OFF;",
		       PAGE, LOG_KEPT);
	return db_exec(s, set, ei);
}

static void disconnect(struct store *s)
{
	for (int i = 0; i < SQL_N; i++) {
		(void)sqlite3_finalize(s->st[i]);
		s->st[i] = NULL;
	}
	(void)sqlite3_close(s->db);
	s->db = NULL;
}

/* On a medium that cannot be written, what nobody is writing can be read as it is. */
static bool may_be_immutable(const struct store *s)
{
	char log[4096 + 32];
	struct stat st;

	(void)snprintf(log, sizeof log, "%s-wal", s->path);
	return access(s->dir, W_OK) != 0 && (stat(log, &st) != 0 || st.st_size == 0);
}

static enum err open_read(struct store *s, int *version, struct errinfo *ei)
{
	bool immutable = may_be_immutable(s);
	struct stat st;
	enum err e;

	if (stat(s->path, &st))
		return err_set(ei, errno == ENOENT || errno == ENOTDIR ? ERR_NOENT : ERR_IO,
			       "cannot open %s: %s", s->path, strerror(errno));
	e = connect(s, immutable, ei);
	return e ? e : schema_check(s, version, ei);
}

static enum err open_write(struct store *s, const char *who, struct errinfo *ei)
{
	enum err e = make_folder(s->dir, ei);

	if (!e)
		e = lock_take(s, who, ei);
	if (!e)
		e = make_file(s, ei);
	if (!e)
		e = connect(s, false, ei);
	return e ? e : schema_update(s, ei);
}

static enum err make(const char *dir, enum store_mode mode, struct store **out, struct errinfo *ei)
{
	struct store *s = calloc(1, sizeof *s);

	if (!s)
		return err_set(ei, ERR_NOMEM, "out of memory");
	s->lock = -1;
	s->mode = mode;
	arena_init(&s->arena, (size_t)64 << 20);
	buf_init(&s->text, (size_t)64 << 20);
	if (strlen(dir) >= sizeof s->dir || !*dir) {
		free(s);
		return err_set(ei, ERR_USAGE, "the data directory's name is empty or too long");
	}
	(void)snprintf(s->dir, sizeof s->dir, "%s", dir);
	(void)snprintf(s->path, sizeof s->path, "%s/nezumi.db", dir);
	*out = s;
	return ERR_OK;
}

/* A reader has met an older database. */
static enum err bring_up_to_date(const char *dir, struct errinfo *ei)
{
	struct store *s = NULL;
	enum err e = store_open(dir, STORE_WRITE, "migration", &s, ei);

	store_close(s);
	return e;
}

enum err store_open(const char *dir, enum store_mode mode, const char *who, struct store **out,
		    struct errinfo *ei)
{
	struct store *s = NULL;
	int version = STORE_VERSION;
	enum err e = make(dir, mode, &s, ei);

	if (!e && mode == STORE_WRITE)
		e = open_write(s, who, ei);
	else if (!e)
		e = open_read(s, &version, ei);
	if (!e && version == 0) {
		e = err_set(ei, ERR_NOENT, "%s is empty", s->path);
	} else if (!e && version < STORE_VERSION) {
		disconnect(s);
		e = bring_up_to_date(dir, ei);
		if (!e)
			e = open_read(s, &version, ei);
	}
	if (e) {
		store_close(s);
		return e;
	}
	*out = s;
	return ERR_OK;
}

void store_close(struct store *s)
{
	if (!s)
		return;
	if (s->db)
		db_rollback(s);
	disconnect(s);
	if (s->lock >= 0) {
		(void)!ftruncate(s->lock, 0);
		close(s->lock);
	}
	arena_free(&s->arena);
	buf_free(&s->text);
	free(s);
}

bool store_there(const char *dir)
{
	char path[4096 + 16];
	struct stat st;

	(void)snprintf(path, sizeof path, "%s/nezumi.db", dir);
	return stat(path, &st) == 0 && st.st_size > 0;
}

struct str store_path(const struct store *s)
{
	return str_of(s->path);
}

enum err store_edition(struct store *s, uint64_t *out, struct errinfo *ei)
{
	sqlite3_stmt *st = NULL;
	bool row = false;
	enum err e = db_use(s, SQL_META, &st, ei);

	if (e)
		return e;
	e = db_row(s, st, &row, ei);
	if (!e && !row)
		e = err_set(ei, ERR_PARSE, "%s is damaged: it lacks its own number", s->path);
	if (!e)
		*out = mix64(str_hash(col_str(st, 0), 1) ^ mix64((uint64_t)sqlite3_column_int64(st, 1)));
	(void)sqlite3_reset(st);
	return e;
}

enum err store_hold(struct store *s, struct errinfo *ei)
{
	uint64_t edition;
	enum err e;

	assert(!s->held);
	e = db_do(s, SQL_BEGIN_READ, ei);
	if (e)
		return e;
	s->held = true;
	/* The state is that of the first look. */
	e = store_edition(s, &edition, ei);
	if (e)
		store_rest(s);
	return e;
}

void store_rest(struct store *s)
{
	if (s->held)
		db_rollback(s);
	s->held = false;
}

const char *store_library(void)
{
	return sqlite3_libversion();
}

int store_library_number(void)
{
	return sqlite3_libversion_number();
}
