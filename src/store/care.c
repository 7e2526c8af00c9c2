/* SPDX-License-Identifier: Apache-2.0 */
#include "store/db.h"

#include "base/stop.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static enum err problem(struct store *s, struct store_health *h, const char *what, struct str detail)
{
	struct buf b;
	struct str kept;

	if (h->n_problems == sizeof h->problems / sizeof h->problems[0])
		return ERR_OK;
	buf_init(&b, 8192);
	buf_c(&b, what);
	buf_puts(&b, str_head(detail, 400));
	kept = arena_str(&s->arena, buf_str(&b));
	buf_free(&b);
	if (!kept.p)
		return ERR_NOMEM;
	h->problems[h->n_problems++] = kept;
	return ERR_OK;
}

/* Each row of a check but `fine` is a problem. What cannot be read at all is one, too. */
static enum err check(struct store *s, const char *sql, const char *what, const char *fine,
		      int column, struct store_health *h)
{
	sqlite3_stmt *st = NULL;
	int rc = sqlite3_prepare_v2(s->db, sql, -1, &st, NULL);
	enum err e = ERR_OK;

	while (!e && rc == SQLITE_OK && (rc = sqlite3_step(st)) == SQLITE_ROW) {
		struct str text = col_str(st, column);

		if (!fine || !str_is(text, fine))
			e = problem(s, h, what, text);
		rc = SQLITE_OK;
	}
	if (!e && rc != SQLITE_DONE)
		e = rc == SQLITE_NOMEM ? ERR_NOMEM
				       : problem(s, h, what, str_of(sqlite3_errmsg(s->db)));
	(void)sqlite3_finalize(st);
	return e;
}

static enum err count(struct store *s, enum sql which, uint64_t *out, struct store_health *h)
{
	struct errinfo ei = { 0 };
	enum err e = db_number(s, which, out, &ei);

	return e && e != ERR_NOMEM ? problem(s, h, "", str_of(ei.msg)) : e;
}

/* The tables are as the steps make them: nobody added triggers or views, or took an index away. */
static enum err check_schema(struct store *s, struct store_health *h)
{
	static const char sql[] = "SELECT type || ' ' || name || ' ' || coalesce(sql, '')"
				  " FROM sqlite_schema WHERE name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"
				  " ORDER BY name";
	sqlite3_stmt *st[2] = { NULL, NULL };
	sqlite3 *fresh = NULL;
	bool same = true, more = true;
	int rc = sqlite3_open(":memory:", &fresh);

	for (int v = 0; rc == SQLITE_OK && v < STORE_VERSION; v++)
		rc = sqlite3_exec(fresh, migrations[v], NULL, NULL, NULL);
	if (rc == SQLITE_OK)
		rc = sqlite3_prepare_v2(s->db, sql, -1, &st[0], NULL);
	if (rc == SQLITE_OK)
		rc = sqlite3_prepare_v2(fresh, sql, -1, &st[1], NULL);
	while (rc == SQLITE_OK && same && more) {
		int a = sqlite3_step(st[0]), b = sqlite3_step(st[1]);

		more = a == SQLITE_ROW;
		same = a == b && (!more || str_eq(col_str(st[0], 0), col_str(st[1], 0)));
	}
	(void)sqlite3_finalize(st[0]);
	(void)sqlite3_finalize(st[1]);
	(void)sqlite3_close(fresh);
	return same && rc == SQLITE_OK
		       ? ERR_OK
		       : problem(s, h, "its tables are not as this program makes them", STR_NONE);
}

static uint64_t size_of(const char *path, const char *suffix)
{
	char full[4096 + 64];
	struct stat st;

	(void)snprintf(full, sizeof full, "%s%s", path, suffix);
	return stat(full, &st) == 0 ? (uint64_t)st.st_size : 0;
}

enum err store_examine(struct store *s, bool full, struct store_health *out, struct errinfo *ei)
{
	struct store_health h = { .version = STORE_VERSION };
	struct {
		enum sql which;
		uint64_t *to;
	} counts[] = { { SQL_COUNT_SOURCES, &h.sources },
		       { SQL_COUNT_SAID, &h.statements },
		       { SQL_COUNT_EXCLUSIONS, &h.exclusions },
		       { SQL_COUNT_ORGS, &h.organisations },
		       { SQL_COUNT_OVERRIDES, &h.overrides } };
	enum err e = check(s, full ? "PRAGMA integrity_check(8)" : "PRAGMA quick_check(8)", "",
			   "ok", 0, &h);

	if (!e)
		e = check(s, "PRAGMA foreign_key_check", "a row without what it refers to, in ",
			  NULL, 0, &h);
	if (!e)
		e = check_schema(s, &h);
	for (size_t i = 0; !e && i < sizeof counts / sizeof counts[0]; i++)
		e = count(s, counts[i].which, counts[i].to, &h);
	h.bytes = size_of(s->path, "") + size_of(s->path, "-wal");
	if (e)
		return err_set(ei, e, "%s", err_text(e));
	*out = h;
	return ERR_OK;
}

/* ---- copies ---- */

enum { PAGES_AT_ONCE = 1024 };

/* Several steps, between which somebody may want to stop, of the state of one commit: the store is
 * held. */
static enum err copy_pages(struct store *s, sqlite3 *to, const char *path, struct errinfo *ei)
{
	sqlite3_backup *b = sqlite3_backup_init(to, "main", s->db, "main");
	int rc;

	if (!b)
		return err_set(ei, ERR_IO, "cannot write %s: %s", path, sqlite3_errmsg(to));
	do
		rc = sqlite3_backup_step(b, PAGES_AT_ONCE);
	while (rc == SQLITE_OK && !stop_asked());
	(void)sqlite3_backup_finish(b);
	if (rc == SQLITE_DONE)
		return ERR_OK;
	if (rc == SQLITE_OK)
		return err_set(ei, ERR_STOP, "stopped; there is no copy");
	return err_set(ei, rc == SQLITE_NOMEM ? ERR_NOMEM : ERR_IO, "cannot write %s: %s", path,
		       rc == SQLITE_FULL ? "no room left" : sqlite3_errstr(rc));
}

static void remove_all(const char *path)
{
	static const char *const suffix[] = { "", "-journal", "-wal", "-shm" };
	char full[PATH_MAX + 16];

	for (size_t i = 0; i < sizeof suffix / sizeof suffix[0]; i++) {
		(void)snprintf(full, sizeof full, "%s%s", path, suffix[i]);
		(void)unlink(full);
	}
}

/* On the disk, then under its name. */
static enum err settle(const char *tmp, const char *path, struct errinfo *ei)
{
	char folder[PATH_MAX];
	char *slash;
	int fd = open(tmp, O_RDWR | O_CLOEXEC);
	bool bad = fd < 0 || fsync(fd);

	if (fd >= 0)
		close(fd);
	if (bad || rename(tmp, path))
		return err_set(ei, ERR_IO, "cannot write %s: %s", path, strerror(errno));
	(void)snprintf(folder, sizeof folder, "%s", path);
	slash = strrchr(folder, '/');
	if (slash)
		slash[slash == folder] = 0;
	fd = open(slash ? folder : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd >= 0) {
		(void)fsync(fd);
		close(fd);
	}
	return ERR_OK;
}

/*
 * What stands at the path is replaced, and whoever has it open goes on writing into what is gone:
 * so never a database in use, and never what is no ordinary file (root may replace devices).
 */
static enum err may_replace(const struct store *s, const char *path, struct errinfo *ei)
{
	char log[PATH_MAX];
	struct stat there, own;

	if (lstat(path, &there))
		return errno == ENOENT
			       ? ERR_OK
			       : err_set(ei, ERR_IO, "cannot write %s: %s", path, strerror(errno));
	if (!S_ISREG(there.st_mode))
		return err_set(ei, ERR_USAGE, "%s is no ordinary file: a copy does not replace it",
			       path);
	if (stat(s->path, &own) == 0 && own.st_dev == there.st_dev && own.st_ino == there.st_ino)
		return err_set(ei, ERR_USAGE, "%s is the database itself", path);
	(void)snprintf(log, sizeof log, "%s-wal", path);
	if (access(log, F_OK) == 0)
		return err_set(ei, ERR_USAGE,
			       "%s is a database in use: its log stands beside it, %s", path, log);
	return ERR_OK;
}

enum err store_backup(struct store *s, const char *path, struct errinfo *ei)
{
	char tmp[PATH_MAX];
	sqlite3 *to = NULL;
	bool held;
	int n = snprintf(tmp, sizeof tmp - 16, "%s.XXXXXX", path), fd, rc;
	enum err e;

	if (n < 0 || (size_t)n >= sizeof tmp - 16)
		return err_set(ei, ERR_USAGE, "cannot write %s: the path is too long", path);
	e = may_replace(s, path, ei);
	if (e)
		return e;
	fd = mkostemp(tmp, O_CLOEXEC);
	if (fd < 0)
		return err_set(ei, ERR_IO, "cannot write %s: %s", path, strerror(errno));
	close(fd);
	rc = sqlite3_open_v2(tmp, &to, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);
	e = rc == SQLITE_OK ? ERR_OK
			    : err_set(ei, ERR_IO, "cannot write %s: %s", path, sqlite3_errstr(rc));
	/* Nobody else knows it yet: it needs neither a log nor to be on the disk before its end. */
	if (!e)
		(void)sqlite3_exec(to, "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF", NULL,
				   NULL, NULL);
	held = s->held;
	if (!e && !held)
		e = store_hold(s, ei);
	if (!e)
		e = copy_pages(s, to, path, ei);
	if (!held)
		store_rest(s);
	(void)sqlite3_close(to);
	if (!e)
		e = settle(tmp, path, ei);
	if (e)
		remove_all(tmp);
	return e;
}
