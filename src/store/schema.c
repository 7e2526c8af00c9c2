/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The tables, as steps from version to version: a new database takes all of them, an older one
 * those it lacks. A step that was released does not change any more.
 *
 * Statements (said) lie in the order of value, so that what is said of one is read from one place,
 * and an edition that comes sorted is written from one end to the other. A value is its own key:
 * numbers for values would take two more trees, a third more time for an import and more room
 * besides, as most values are said by one source. Sources, families, references and runs are
 * numbered.
 *
 * What a source no longer lists stays: run_last says in which run it was listed last. It is NULL as
 * long as it is listed, so that an edition that changes nothing writes nothing.
 */
#include "store/db.h"

const char *const migrations[STORE_VERSION] = {
	/* 1: what sources say */
	"CREATE TABLE meta("
	"	id INTEGER PRIMARY KEY CHECK(id = 1),"
	"	uuid BLOB NOT NULL,"
	"	generation INTEGER NOT NULL"
	") STRICT;"
	"INSERT INTO meta VALUES(1, randomblob(16), 1);"

	"CREATE TABLE source("
	"	id INTEGER PRIMARY KEY,"
	"	name TEXT NOT NULL UNIQUE,"
	"	kind INTEGER NOT NULL," /* enum source_kind */
	"	reliability TEXT,"      /* A..F */
	"	enabled INTEGER NOT NULL,"
	"	role INTEGER," /* enum role */
	"	lifetime_days INTEGER,"
	"	interval_s INTEGER,"
	"	url TEXT, format TEXT, licence TEXT,"
	"	settings TEXT, state TEXT,"
	"	last_run INTEGER REFERENCES import_run(id)," /* the last that was done */
	"	listed INTEGER NOT NULL,"                    /* statements in it */
	"	aside INTEGER NOT NULL"                      /* of earlier ones */
	") STRICT;"

	"CREATE TABLE import_run("
	"	id INTEGER PRIMARY KEY,"
	"	source_id INTEGER NOT NULL REFERENCES source(id),"
	"	began INTEGER NOT NULL, ended INTEGER NOT NULL,"
	"	status INTEGER NOT NULL," /* enum run_status */
	"	rows INTEGER NOT NULL, added INTEGER NOT NULL, changed INTEGER NOT NULL,"
	"	gone INTEGER NOT NULL, rejected INTEGER NOT NULL,"
	"	error TEXT"
	") STRICT;"
	"CREATE INDEX run_of_source ON import_run(source_id, id);"

	"CREATE TABLE family(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;"
	"CREATE TABLE reference(id INTEGER PRIMARY KEY, text TEXT NOT NULL) STRICT;"

	"CREATE TABLE said("
	"	type INTEGER NOT NULL," /* enum vtype */
	"	key BLOB NOT NULL,"
	"	source_id INTEGER NOT NULL REFERENCES source(id),"
	"	n INTEGER NOT NULL," /* a source may say several things */
	"	port INTEGER,"
	"	role INTEGER NOT NULL," /* enum role */
	"	family_id INTEGER REFERENCES family(id),"
	"	first INTEGER, until INTEGER,"
	"	confidence INTEGER," /* 0..100 */
	"	reference_id INTEGER REFERENCES reference(id),"
	"	revoked INTEGER NOT NULL,"
	"	run_first INTEGER NOT NULL REFERENCES import_run(id),"
	"	run_last INTEGER REFERENCES import_run(id),"
	"	PRIMARY KEY(type, key, source_id, n)"
	") STRICT, WITHOUT ROWID;"
	/* The source's last edition, in order: what the next one is compared with. */
	"CREATE INDEX said_listed ON said(source_id, type, key, n) WHERE run_last IS NULL;",

	/* 2: what is special, whose networks are whose, what analysts decided */
	"CREATE TABLE exclusion_list("
	"	id INTEGER PRIMARY KEY,"
	"	source_id INTEGER NOT NULL REFERENCES source(id),"
	"	name TEXT NOT NULL,"
	"	class INTEGER NOT NULL," /* enum xclass */
	"	reason TEXT"
	") STRICT;"
	"CREATE INDEX list_of_source ON exclusion_list(source_id);"
	"CREATE TABLE exclusion("
	"	list_id INTEGER NOT NULL REFERENCES exclusion_list(id),"
	"	type INTEGER NOT NULL,"
	"	key BLOB NOT NULL,"
	"	PRIMARY KEY(list_id, type, key)"
	") STRICT, WITHOUT ROWID;"
	"CREATE INDEX exclusion_of ON exclusion(type, key);"

	"CREATE TABLE organisation("
	"	source_id INTEGER NOT NULL REFERENCES source(id),"
	"	type INTEGER NOT NULL,"
	"	key BLOB NOT NULL,"
	"	id TEXT NOT NULL, name TEXT NOT NULL, sector TEXT, country TEXT,"
	"	kind INTEGER NOT NULL," /* enum org_kind */
	"	PRIMARY KEY(source_id, type, key)"
	") STRICT, WITHOUT ROWID;"
	"CREATE INDEX organisation_of ON organisation(type, key);"

	/* How many values two sources have in common, a <= b. */
	"CREATE TABLE overlap("
	"	a INTEGER NOT NULL REFERENCES source(id),"
	"	b INTEGER NOT NULL REFERENCES source(id),"
	"	both INTEGER NOT NULL,"
	"	PRIMARY KEY(a, b)"
	") STRICT, WITHOUT ROWID;"

	"CREATE TABLE override("
	"	type INTEGER NOT NULL,"
	"	key BLOB NOT NULL,"
	"	verdict INTEGER NOT NULL," /* enum decision */
	"	author TEXT NOT NULL, reason TEXT NOT NULL,"
	"	made INTEGER NOT NULL, expires INTEGER,"
	"	PRIMARY KEY(type, key)"
	") STRICT, WITHOUT ROWID;",

	/* 3: what a source is worth */
	/* The file that an unnamed source was read from: another one of that name is another. */
	"ALTER TABLE source ADD COLUMN path TEXT;"
	"CREATE INDEX source_of_path ON source(path) WHERE path IS NOT NULL;"
	/* The run whose values were counted against those of the others (overlap). */
	"ALTER TABLE source ADD COLUMN counted INTEGER;"
	/* Values of its last edition that somebody vouches for; of which run, by what. */
	"ALTER TABLE source ADD COLUMN wrong INTEGER;"
	"ALTER TABLE source ADD COLUMN judged INTEGER;"
	"ALTER TABLE source ADD COLUMN judged_by INTEGER;"
	/* Grows whenever what is special or decided changes. */
	"ALTER TABLE meta ADD COLUMN specials INTEGER NOT NULL DEFAULT 1;"
	/* Runs up to this one wrote down roles that nobody had said. */
	"ALTER TABLE meta ADD COLUMN presumed INTEGER NOT NULL DEFAULT 0;"
	"UPDATE meta SET presumed = (SELECT coalesce(max(id), 0) FROM import_run);"
	/* Columns of the user's own: an object of texts. */
	"ALTER TABLE organisation ADD COLUMN extra TEXT;"
	/* Names of families by names that mean the same, without case and separators. */
	"CREATE TABLE alias("
	"	source_id INTEGER NOT NULL REFERENCES source(id),"
	"	key TEXT NOT NULL,"
	"	family TEXT NOT NULL,"
	"	PRIMARY KEY(source_id, key, family)"
	") STRICT, WITHOUT ROWID;"
	/* Lists that name themselves were kept under the name of their file, list.json for all that
	 * MISP publishes: each is a source of its own now. */
	"CREATE TEMP TABLE moved AS"
	"	SELECT l.id AS list, l.name AS name, s.id AS had FROM exclusion_list l"
	"	JOIN source s ON s.id = l.source_id"
	"	WHERE s.kind = 0 AND s.name LIKE '%.json' AND l.name <> '' AND l.name <> s.name;"
	"INSERT OR IGNORE INTO source(name, kind, reliability, enabled, listed, aside)"
	"	SELECT m.name, 0, s.reliability, s.enabled, 0, 0 FROM moved m"
	"	JOIN source s ON s.id = m.had GROUP BY m.name;"
	"INSERT INTO import_run(source_id, began, ended, status, rows, added, changed, gone, rejected)"
	"	SELECT n.id, r.began, r.ended, 0, (SELECT count(*) FROM exclusion x WHERE x.list_id = m.list),"
	"		0, 0, 0, 0"
	"	FROM moved m JOIN source n ON n.name = m.name JOIN source s ON s.id = m.had"
	"	JOIN import_run r ON r.id = s.last_run WHERE n.last_run IS NULL;"
	"UPDATE source SET last_run = (SELECT max(id) FROM import_run WHERE source_id = source.id)"
	"	WHERE last_run IS NULL AND name IN (SELECT name FROM moved);"
	"UPDATE exclusion_list SET source_id = (SELECT n.id FROM source n"
	"	WHERE n.name = exclusion_list.name) WHERE id IN (SELECT list FROM moved);"
	"DROP TABLE moved;",

	/* 4: when a source saw a value last; names of families are asked for one by one */
	("ALTER TABLE said ADD COLUMN seen INTEGER;"
	 "CREATE INDEX alias_of ON alias(key, family);"),
};

static enum err number(struct store *s, const char *pragma, int64_t *out, struct errinfo *ei)
{
	sqlite3_stmt *st = NULL;
	int rc = sqlite3_prepare_v2(s->db, pragma, -1, &st, NULL);

	if (rc == SQLITE_OK)
		rc = sqlite3_step(st);
	if (rc == SQLITE_ROW)
		*out = sqlite3_column_int64(st, 0);
	(void)sqlite3_finalize(st);
	return rc == SQLITE_ROW ? ERR_OK : db_err(s, rc, ei);
}

enum err schema_check(struct store *s, int *version, struct errinfo *ei)
{
	int64_t id = 0, v = 0, tables = 0;
	enum err e = number(s, "PRAGMA application_id", &id, ei);

	if (!e)
		e = number(s, "PRAGMA user_version", &v, ei);
	if (!e)
		e = number(s, "SELECT count(*) FROM sqlite_schema", &tables, ei);
	if (e)
		return e;
	if (id == 0 && v == 0 && tables == 0) {
		*version = 0;
		return ERR_OK;
	}
	if (id != APPLICATION_ID || v < 1)
		return err_set(ei, ERR_FORMAT, "%s is a database of another program", s->path);
	if (v > STORE_VERSION)
		return err_set(ei, ERR_FORMAT,
			       "%s was made by a newer nezumi (version %d of its tables; this one "
			       "knows %d)",
			       s->path, (int)v, STORE_VERSION);
	*version = (int)v;
	return ERR_OK;
}

enum err schema_update(struct store *s, struct errinfo *ei)
{
	char mark[96];
	int version;
	enum err e = db_do(s, SQL_BEGIN, ei);

	if (e)
		return e;
	e = schema_check(s, &version, ei);
	if (!e && version == STORE_VERSION) {
		db_rollback(s);
		return ERR_OK;
	}
	for (int v = e ? STORE_VERSION : version; !e && v < STORE_VERSION; v++)
		e = db_exec(s, migrations[v], ei);
	(void)sqlite3_snprintf(sizeof mark, mark, "PRAGMA application_id=%d; PRAGMA user_version=%d",
			       APPLICATION_ID, STORE_VERSION);
	if (!e)
		e = db_exec(s, mark, ei);
	if (!e)
		e = db_commit(s, true, ei);
	if (e)
		db_rollback(s);
	return e;
}
