/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every statement. None but those that are for all of a table looks at more of it than it needs
 * (tests ask SQLite how it goes about each).
 */
#include "store/db.h"

#define SOURCE_COLUMNS                                                                           \
	"s.id, s.name, s.kind, s.reliability, s.enabled, s.role, s.lifetime_days, s.interval_s," \
	" s.url, s.format, s.licence, s.settings, s.state, s.last_run, r.ended,"                 \
	" s.listed, s.aside, s.path, ifnull(o.both, s.listed), s.wrong, s.judged IS s.last_run," \
	" s.judged_by FROM source s LEFT JOIN import_run r ON r.id = s.last_run"                 \
	" LEFT JOIN overlap o ON o.a = s.id AND o.b = s.id"

/* OR ROLLBACK: all of an edition or nothing, so that SQLite need not remember what it could take
 * back of one statement. */
const char sql_incoming[] = "INSERT OR ROLLBACK INTO said SELECT * FROM incoming";

const char *const sql_text[SQL_N] = {
	[SQL_BEGIN] = "BEGIN IMMEDIATE",
	[SQL_BEGIN_READ] = "BEGIN",
	[SQL_COMMIT] = "COMMIT",
	[SQL_ROLLBACK] = "ROLLBACK",
	[SQL_META] = "SELECT uuid, generation FROM meta WHERE id = 1",
	[SQL_PRESUMED] = "SELECT presumed FROM meta WHERE id = 1",
	[SQL_CHANGED] = "UPDATE meta SET generation = generation + 1 WHERE id = 1",

	[SQL_SOURCE_BY_NAME] = "SELECT " SOURCE_COLUMNS " WHERE s.name = ?1",
	[SQL_SOURCE_BY_PATH] = "SELECT " SOURCE_COLUMNS " WHERE s.path = ?1 ORDER BY s.id LIMIT 1",
	[SQL_SOURCES] = "SELECT " SOURCE_COLUMNS " ORDER BY s.name",
	[SQL_SOURCE_INSERT] =
		"INSERT INTO source(name, kind, reliability, enabled, role, lifetime_days, interval_s,"
		" url, format, licence, settings, state, path, listed, aside)"
		" VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, 0, 0)",
	[SQL_SOURCE_UPDATE] = "UPDATE source SET kind = ?2, reliability = ?3, enabled = ?4, role = ?5,"
			      " lifetime_days = ?6, interval_s = ?7, url = ?8, format = ?9, licence = ?10,"
			      " settings = ?11, state = ?12, path = ?13 WHERE name = ?1",
	[SQL_SOURCE_STATE] = "UPDATE source SET state = ?2 WHERE id = ?1",
	[SQL_SOURCE_READ] = "UPDATE source SET last_run = ?2, listed = ?3, aside = ?4 WHERE id = ?1",
	[SQL_SOURCE_REMOVE] = "DELETE FROM source WHERE id = ?1",

	[SQL_SOURCE_HOLDS] =
		"SELECT (SELECT count(*) FROM exclusion_list l JOIN exclusion x ON x.list_id = l.id"
		" WHERE l.source_id = s.id), (SELECT count(*) FROM organisation WHERE source_id = s.id),"
		" (SELECT count(*) FROM alias WHERE source_id = s.id) FROM source s WHERE s.id = ?1",

	/* A run that changed nothing of what is listed: what was counted before is so still. */
	[SQL_SOURCE_SAME] = "UPDATE source SET counted = CASE WHEN counted = ?2 THEN ?3 ELSE counted END,"
			    " judged = CASE WHEN judged = ?2 THEN ?3 ELSE judged END WHERE id = ?1",
	[SQL_SOURCE_COUNTED] = "UPDATE source SET counted = last_run WHERE id = ?1",
	[SQL_SOURCE_JUDGED] = "UPDATE source SET wrong = ?2, judged = ?3, judged_by = ?4 WHERE id = ?1",
	[SQL_SPECIALS] = "SELECT specials FROM meta WHERE id = 1",
	[SQL_SPECIALS_CHANGED] = "UPDATE meta SET specials = specials + 1 WHERE id = 1",

	[SQL_RUN_INSERT] = "INSERT INTO import_run(source_id, began, ended, status, rows, added, changed, gone,"
			   " rejected, error) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
	[SQL_RUN_UPDATE] = "UPDATE import_run SET rows = ?2, added = ?3, changed = ?4, gone = ?5,"
			   " rejected = ?6 WHERE id = ?1",
	[SQL_RUNS] = "SELECT id, source_id, began, ended, status, rows, added, changed, gone,"
		     " rejected, error FROM import_run WHERE source_id = ?1 ORDER BY id DESC"
		     " LIMIT ?2",
	[SQL_RUN_TIMES] = "SELECT id, began, ended FROM import_run ORDER BY id",
	[SQL_RUNS_REMOVE] = "DELETE FROM import_run WHERE source_id = ?1",

	[SQL_OVERLAP_PUT] = "INSERT OR REPLACE INTO overlap VALUES(?1, ?2, ?3)",
	[SQL_OVERLAP] = "SELECT both FROM overlap WHERE a = ?1 AND b = ?2",
	[SQL_OVERLAPS] = "SELECT a, b, both FROM overlap ORDER BY a, b",
	[SQL_OVERLAP_PAIRS_REMOVE] = "DELETE FROM overlap WHERE (a = ?1 OR b = ?1) AND a <> b",
	[SQL_LISTERS] = "SELECT s.id, s.listed, s.counted IS s.last_run, o.both IS NOT NULL FROM source s"
			" LEFT JOIN overlap o ON o.a = s.id AND o.b = s.id"
			" WHERE s.listed > 0 OR s.counted IS NOT s.last_run ORDER BY s.id",
	[SQL_OVERLAP_OF_REMOVE] = "DELETE FROM overlap WHERE a = ?1 OR b = ?1",

	[SQL_FAMILY_FIND] = "SELECT id FROM family WHERE name = ?1",
	[SQL_FAMILY_INSERT] = "INSERT INTO family(name) VALUES(?1)",
	[SQL_FAMILIES] = "SELECT id, name FROM family ORDER BY id",
	[SQL_REFERENCE_TEXT] = "SELECT text FROM reference WHERE id = ?1",
	[SQL_REFERENCE_INSERT] = "INSERT INTO reference(text) VALUES(?1)",

	[SQL_SAID_UPDATE] = "UPDATE said SET first = ?5, until = ?6, confidence = ?7, reference_id = ?8,"
			    " revoked = ?9, role = ?10, run_last = NULL, seen = ?11"
			    " WHERE type = ?1 AND key = ?2 AND source_id = ?3 AND n = ?4",
	[SQL_SAID_GONE] = "UPDATE said SET run_last = ?5"
			  " WHERE type = ?1 AND key = ?2 AND source_id = ?3 AND n = ?4",
	[SQL_SAID_LISTED] = "SELECT type, key, n FROM said INDEXED BY said_listed"
			    " WHERE source_id = ?1 AND run_last IS NULL ORDER BY type, key, n",
	[SQL_SAID_LISTED_ALL] =
		"SELECT type, key, n FROM said"
		" WHERE +source_id = ?1 AND +run_last IS NULL ORDER BY type, key, source_id, n",
	[SQL_SAID_VALUES] = "SELECT type, key FROM said INDEXED BY said_listed"
			    " WHERE source_id = ?1 AND run_last IS NULL ORDER BY type, key, n",
	[SQL_SAID_VALUES_ALL] =
		"SELECT type, key FROM said"
		" WHERE +source_id = ?1 AND +run_last IS NULL ORDER BY type, key, source_id, n",
	[SQL_IS_MOST] = "SELECT 3 * listed > (SELECT sum(listed + aside) FROM source) FROM source WHERE id = ?1",
	[SQL_SAID_WHO] = "SELECT source_id FROM said WHERE type = ?1 AND key = ?2 AND run_last IS NULL"
			 " ORDER BY source_id",
	[SQL_SAID_LISTS] = "SELECT 1 FROM said INDEXED BY said_listed WHERE source_id = ?3"
			   " AND type = ?1 AND key = ?2 AND run_last IS NULL LIMIT 1",
	[SQL_SAID_HARM] =
		"SELECT 1 FROM said WHERE type = ?1 AND key = ?2 AND source_id = ?3"
		" AND run_last IS NULL AND NOT revoked AND (role < 4 OR (role >= 16 AND ?4)) LIMIT 1",
	[SQL_SAID_EVERY] = "SELECT type, key, source_id FROM said WHERE run_last IS NULL"
			   " ORDER BY type, key, source_id",
	[SQL_SAID_BY] = "SELECT n, port, role, family_id, first, until, confidence, reference_id,"
			" revoked, run_last, run_first, seen FROM said"
			" WHERE type = ?1 AND key = ?2 AND source_id = ?3 ORDER BY n",
	[SQL_SAID_OF] = "SELECT d.port, d.role, f.name, d.first, d.until, d.confidence, t.text, d.revoked,"
			" s.id, s.name, s.kind, s.reliability, s.lifetime_days, d.run_last IS NULL,"
			" a.ended, z.ended, s.role, ifnull(o.both, s.listed), s.wrong, d.seen FROM said d JOIN source s ON s.id = d.source_id"
			" LEFT JOIN family f ON f.id = d.family_id"
			" LEFT JOIN reference t ON t.id = d.reference_id"
			" LEFT JOIN import_run a ON a.id = d.run_first"
			" LEFT JOIN overlap o ON o.a = s.id AND o.b = s.id"
			" LEFT JOIN import_run z ON z.id = ifnull(d.run_last, s.last_run)"
			" WHERE d.type = ?1 AND d.key = ?2 ORDER BY d.source_id, d.n",
	[SQL_SAID_URLS] = "SELECT DISTINCT key FROM said WHERE type = ?1 AND key >= ?2 AND key < ?3"
			  " ORDER BY key LIMIT ?4",
	[SQL_SAID_ALL] = "SELECT type, key, source_id, port, role, family_id, first, until,"
			 " confidence, reference_id, revoked, run_first, run_last, seen FROM said"
			 " ORDER BY type, key, source_id, n",
	[SQL_SAID_REMOVE] = "DELETE FROM said WHERE source_id = ?1",

	[SQL_LIST_INSERT] = "INSERT INTO exclusion_list(source_id, name, class, reason)"
			    " VALUES(?1, ?2, ?3, ?4)",
	[SQL_LIST_REMOVE] = "DELETE FROM exclusion_list WHERE source_id = ?1",
	[SQL_EXCLUSION_INSERT] = "INSERT OR IGNORE INTO exclusion VALUES(?1, ?2, ?3)",
	[SQL_EXCLUSIONS_REMOVE] = "DELETE FROM exclusion WHERE list_id IN"
				  " (SELECT id FROM exclusion_list WHERE source_id = ?1)",
	[SQL_EXCLUSIONS] = "SELECT x.type, x.key, l.name, l.class, l.reason FROM exclusion_list l"
			   " CROSS JOIN exclusion x ON x.list_id = l.id"
			   " ORDER BY l.id, x.type, x.key",
	[SQL_EXCLUSION_AT] = "SELECT x.type, x.key, l.name, l.class, l.reason FROM exclusion x"
			     " CROSS JOIN exclusion_list l ON l.id = x.list_id"
			     " WHERE x.type = ?1 AND x.key = ?2 ORDER BY x.list_id",
	[SQL_EXCLUSION_WITHIN] = "SELECT x.type, x.key, l.name, l.class, l.reason FROM exclusion x"
				 " CROSS JOIN exclusion_list l ON l.id = x.list_id"
				 " WHERE x.type = ?1 AND x.key > ?2 AND x.key < ?3 ORDER BY x.key LIMIT ?4",

	[SQL_ORG_INSERT] = "INSERT OR IGNORE INTO organisation"
			   " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
	[SQL_ORGS_REMOVE] = "DELETE FROM organisation WHERE source_id = ?1",
	[SQL_ORGS] = "SELECT type, key, id, name, sector, country, kind, extra FROM organisation"
		     " ORDER BY source_id, type, key",
	[SQL_ORG_AT] = "SELECT type, key, id, name, sector, country, kind, extra FROM organisation"
		       " WHERE type = ?1 AND key = ?2 ORDER BY source_id LIMIT 1",

	[SQL_ALIAS_INSERT] = "INSERT OR IGNORE INTO alias VALUES(?1, ?2, ?3)",
	[SQL_ALIAS_OF] = "SELECT DISTINCT key, family FROM alias WHERE key = ?1 ORDER BY family",
	[SQL_ALIASES_REMOVE] = "DELETE FROM alias WHERE source_id = ?1",

	[SQL_OVERRIDE_PUT] = "INSERT OR REPLACE INTO override VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7)",
	[SQL_OVERRIDE_REMOVE] = "DELETE FROM override WHERE type = ?1 AND key = ?2",
	[SQL_OVERRIDE_OF] = "SELECT type, key, verdict, author, reason, made, expires FROM override"
			    " WHERE type = ?1 AND key = ?2",
	[SQL_OVERRIDE_WITHIN] = "SELECT type, key, verdict, author, reason, made, expires FROM override"
				" WHERE type = ?1 AND key > ?2 AND key < ?3 AND verdict = ?4"
				" ORDER BY key LIMIT ?5",
	[SQL_OVERRIDES] = "SELECT type, key, verdict, author, reason, made, expires FROM override"
			  " ORDER BY type, key",

	[SQL_COUNT_SOURCES] = "SELECT count(*) FROM source",
	[SQL_COUNT_SAID] = "SELECT coalesce(sum(listed + aside), 0) FROM source",
	[SQL_COUNT_EXCLUSIONS] = "SELECT count(*) FROM exclusion",
	[SQL_COUNT_ORGS] = "SELECT count(*) FROM organisation",
	[SQL_COUNT_OVERRIDES] = "SELECT count(*) FROM override",
};
