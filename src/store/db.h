/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files of the store share: the connection, its statements, keys of values. Every text of
 * SQL is in sql.c (statements) or schema.c (tables); values are bound, never written into it.
 */
#ifndef NEZUMI_STORE_DB_H
#define NEZUMI_STORE_DB_H

#include "base/arena.h"
#include "base/vec.h"
#include "store/store.h"

#include <sqlite3.h>

enum sql {
	SQL_BEGIN,
	SQL_BEGIN_READ,
	SQL_COMMIT,
	SQL_ROLLBACK,
	SQL_META,
	SQL_PRESUMED,
	SQL_CHANGED,
	SQL_SOURCE_BY_NAME,
	SQL_SOURCE_BY_PATH,
	SQL_SOURCES,
	SQL_SOURCE_INSERT,
	SQL_SOURCE_UPDATE,
	SQL_SOURCE_STATE,
	SQL_SOURCE_READ,
	SQL_SOURCE_REMOVE,
	SQL_SOURCE_HOLDS,
	SQL_SOURCE_SAME,
	SQL_SOURCE_COUNTED,
	SQL_SOURCE_JUDGED,
	SQL_SPECIALS,
	SQL_SPECIALS_CHANGED,
	SQL_RUN_INSERT,
	SQL_RUN_UPDATE,
	SQL_RUNS,
	SQL_RUN_TIMES,
	SQL_RUNS_REMOVE,
	SQL_OVERLAP_PUT,
	SQL_OVERLAP,
	SQL_OVERLAPS,
	SQL_OVERLAP_PAIRS_REMOVE,
	SQL_LISTERS,
	SQL_OVERLAP_OF_REMOVE,
	SQL_FAMILY_FIND,
	SQL_FAMILY_INSERT,
	SQL_FAMILIES,
	SQL_REFERENCE_TEXT,
	SQL_REFERENCE_INSERT,
	SQL_SAID_UPDATE,
	SQL_SAID_GONE,
	SQL_SAID_LISTED, /* of a source, in order of value */
	SQL_SAID_LISTED_ALL,
	SQL_SAID_VALUES, /* the same without numbers */
	SQL_SAID_VALUES_ALL,
	SQL_IS_MOST,
	SQL_SAID_WHO,   /* who lists a value */
	SQL_SAID_LISTS, /* whether a source does */
	SQL_SAID_HARM,  /* ... as something harmful */
	SQL_SAID_EVERY,
	SQL_SAID_BY, /* of a source on a value */
	SQL_SAID_OF,
	SQL_SAID_URLS,
	SQL_SAID_ALL,
	SQL_SAID_REMOVE,
	SQL_LIST_INSERT,
	SQL_LIST_REMOVE,
	SQL_EXCLUSION_INSERT,
	SQL_EXCLUSIONS_REMOVE,
	SQL_EXCLUSIONS,
	SQL_EXCLUSION_AT,
	SQL_EXCLUSION_WITHIN,
	SQL_ORG_INSERT,
	SQL_ORGS_REMOVE,
	SQL_ORGS,
	SQL_ORG_AT,
	SQL_ALIAS_INSERT,
	SQL_ALIAS_OF,
	SQL_ALIASES_REMOVE,
	SQL_OVERRIDE_PUT,
	SQL_OVERRIDE_REMOVE,
	SQL_OVERRIDE_OF,
	SQL_OVERRIDE_WITHIN,
	SQL_OVERRIDES,
	SQL_COUNT_SOURCES,
	SQL_COUNT_SAID,
	SQL_COUNT_EXCLUSIONS,
	SQL_COUNT_ORGS,
	SQL_COUNT_OVERRIDES,
	SQL_N
};

extern const char *const sql_text[SQL_N];
extern const char sql_incoming[]; /* see load_stream.c */

struct store {
	sqlite3 *db;
	sqlite3_stmt *st[SQL_N];
	int lock; /* descriptor, or -1 */
	enum store_mode mode;
	bool held; /* a transaction for reading is open */
	char dir[4096], path[4096 + 16];
	char why[240];      /* what the system last said, for messages */
	struct arena arena; /* of answers that live as long as the store */
	struct buf text;    /* of the answer that is being told */
};

/* What SQLite said last, as an error of ours. */
enum err db_err(struct store *s, int rc, struct errinfo *ei);

/*
 * A statement, ready to be bound: prepared when it is first asked for, kept until the store is
 * closed.
 */
MUST enum err db_use(struct store *s, enum sql which, sqlite3_stmt **out, struct errinfo *ei);
/* Run it to its end; for statements that yield no rows. */
MUST enum err db_run(struct store *s, sqlite3_stmt *st, struct errinfo *ei);
/* The next row; *row false at the end. Reset it afterwards, whatever came of it. */
MUST enum err db_row(struct store *s, sqlite3_stmt *st, bool *row, struct errinfo *ei);
MUST enum err db_do(struct store *s, enum sql which, struct errinfo *ei);
/* The one number that a statement yields; 0 where it yields none. */
MUST enum err db_number(struct store *s, enum sql which, uint64_t *out, struct errinfo *ei);
MUST enum err db_exec(struct store *s, const char *sql, struct errinfo *ei);
/* changed: what is said, special, whose or decided; then the edition is another one. */
MUST enum err db_commit(struct store *s, bool changed, struct errinfo *ei);
void db_rollback(struct store *s);
/* Begin a transaction that writes. */
MUST enum err db_begin(struct store *s, struct errinfo *ei);

void bind_str(sqlite3_stmt *st, int at, struct str t);         /* bytes must stay until the reset */
void bind_str_or_null(sqlite3_stmt *st, int at, struct str t); /* empty: NULL */
void bind_time(sqlite3_stmt *st, int at, int64_t t);
struct str col_str(sqlite3_stmt *st, int at); /* until the next step */
int64_t col_time(sqlite3_stmt *st, int at);
static inline void bind_i64(sqlite3_stmt *st, int at, int64_t v)
{
	(void)sqlite3_bind_int64(st, at, v);
}

/* Joined to a statement's role where the source did not say it: then what is known of the source
 * counts, as of the moment in which somebody asks. */
enum { SAID_PRESUMED = 16 };
enum role said_role(int64_t v, bool has_role, enum role of_source);

/* ---- lock.c ---- */

/* Into s->lock. Errors: ERR_IO: another process has it, and which. */
MUST enum err lock_take(struct store *s, const char *who, struct errinfo *ei);

/* ---- source.c ---- */

/* What is unknown in *is is taken from what was known. */
void source_merge(struct store_source *is, const struct store_source *had);
MUST enum err source_write(struct store *s, const struct store_source *is, bool fresh, int64_t *id,
			   struct errinfo *ei);
/*
 * Prepare the statement that walks over what a source lists: what most statements are of is found
 * faster by walking over all of them (most) than by an index (some), which leads to each by itself.
 * The caller's to finalize.
 */
MUST enum err source_walk(struct store *s, int64_t source, enum sql some, enum sql most,
			  sqlite3_stmt **out, struct errinfo *ei);
void bind_run(sqlite3_stmt *st, const struct store_run *run);

/* ---- schema.c ---- */

/* 'NEZU' in the header of the file, so that nothing else is taken for ours. */
#define APPLICATION_ID 0x4e455a55
/* The steps from one version to the next, beginning with an empty database. */
extern const char *const migrations[STORE_VERSION];
/* Bring a database that is open for writing up to date. Errors: ERR_FORMAT: it is not ours or
 * newer. */
MUST enum err schema_update(struct store *s, struct errinfo *ei);
/* *version: 0 for an empty file. The same errors. */
MUST enum err schema_check(struct store *s, int *version, struct errinfo *ei);

/* ---- key.c: values as keys ---- */

/*
 * A key is a type and bytes, which sort as the database sorts blobs. Addresses: four or sixteen
 * bytes; a network one more, its length: all of them within a network lie between two keys. Names:
 * labels in reverse (com.example.www), so that what lies below a name lies together. Hashes: their
 * bytes. URLs: their text.
 */
enum vtype { V_IP4 = 1, V_IP6, V_NAME, V_URL, V_HASH, V_NAME_BELOW, V_AS };

enum { KEY_MAX = 16384 + 64 };

struct key {
	uint8_t type;
	uint16_t n;
	uint8_t p[KEY_MAX];
};

void key_net(struct key *k, struct cidr net);
void key_name(struct key *k, enum vtype type, struct str name);
void key_as(struct key *k, uint32_t as);
/* False: the value is longer than any can be, or a hash of no hexadecimal digits. */
bool key_value(struct key *k, enum itype type, struct cidr net, struct str text);
/* Back again; text goes into b (and *value is a slice of it). False: the bytes are none of these. */
bool key_read(uint8_t type, struct str bytes, struct buf *b, enum itype *itype, struct cidr *net,
	      struct str *value);
bool key_net_read(uint8_t type, struct str bytes, struct cidr *net);
/* The first and the last key that lie in a network, or below a name (key_name). */
void key_within(const struct key *k, struct key *first, struct key *last);
void bind_key(sqlite3_stmt *st, int at, const struct key *k); /* at: type, at + 1: bytes */
/*
 * Step from a value to the narrowest that may hold it: networks by length, names by label. False:
 * there is nothing wider. For networks every length is tried: at most 32, or 128, each a look-up of
 * some two microseconds.
 */
bool key_wider(struct key *k);

#endif
