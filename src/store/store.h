/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The data directory's database: what sources say of values (indicators), the sources and the
 * history of reading them, lists of what is special, organisations, and what analysts decided.
 * SQLite below; no other part of the program knows that.
 *
 * Workload: ten million statements, imported in some ten seconds and replaced by their next edition
 * in less; single values looked up within a millisecond; all of it read once to make a snapshot.
 *
 * One process writes: whoever opens for writing holds a lock on DIR/lock until store_close, and
 * another one is told whose it is. Readers never wait; each sees the state of one commit. What a
 * source says is replaced in one transaction: after a crash there is the old or the new, whole.
 * What was committed is on the disk.
 *
 * Memory: 16 MiB of cached pages for readers, 64 MiB for a writer. Threads: one at a time for each
 * store. Times are microseconds since 1970, TIME_NONE where there is none. Errors, with the reason:
 * ERR_NOENT: there is no database; ERR_IO: the system refused (no right, no room, another process
 * writes); ERR_PARSE: it is damaged; ERR_FORMAT: not this program's, or of a newer version of it;
 * ERR_NOMEM, ERR_LIMIT, ERR_STOP.
 */
#ifndef NEZUMI_STORE_STORE_H
#define NEZUMI_STORE_STORE_H

#include "core/indicator.h"
#include "core/org.h"
#include "core/verdict.h"

struct store;

enum store_mode { STORE_READ, STORE_WRITE };

/*
 * STORE_WRITE makes the directory and the database where there are none, takes the lock and brings
 * an older database up to date (a reader that meets one does that first). who: what is being done,
 * for others to read in the lock: "import".
 */
MUST enum err store_open(const char *dir, enum store_mode mode, const char *who, struct store **out,
			 struct errinfo *ei);
/* NULL is nothing. What was not committed is undone. */
void store_close(struct store *s);
/* Is there a database in that directory? */
bool store_there(const char *dir);
/* Its path; lives as long as the store. */
struct str store_path(const struct store *s);
/*
 * A number that changes whenever what is said, special, whose or decided does, and is another for
 * each database: by it what was made of its content (a snapshot) is known to be up to date.
 */
MUST enum err store_edition(struct store *s, uint64_t *out, struct errinfo *ei);
/* All reading until store_rest sees the state of one commit. */
MUST enum err store_hold(struct store *s, struct errinfo *ei);
void store_rest(struct store *s);

/* ---- sources and their history (source.c) ---- */

enum source_kind { SOURCE_FILE, SOURCE_FEED, SOURCE_ANALYST };

struct store_source {
	int64_t id; /* 0: not in the database yet */
	struct str name;
	enum source_kind kind;
	char reliability; /* 'A'..'F', 0: nobody said */
	bool enabled;
	bool has_role;
	enum role role;         /* what its values are where it does not say, if has_role */
	uint32_t lifetime_days; /* how long what it says holds; 0: nobody said */
	uint32_t interval_s;    /* how often to fetch it; 0: by hand */
	struct str url, format, licence;
	/* Two texts of who fetches it, which nobody else reads: how, and where it left off. */
	struct str settings, state;
	/* The file that it is called after, where nobody named it: see store_source_at. */
	struct str path;
	int64_t last_run;  /* the last that was done, 0 none */
	int64_t last_time; /* ... when it ended */
	uint64_t listed;   /* statements in it */
	uint64_t aside;    /* statements of earlier runs that it no longer lists */
	uint64_t values;   /* that it lists, each once */
	/* Of these so many were wrong, as store_record_put was told of the last run; by what it was
	 * told that. Where it was not: false. */
	uint64_t wrong, judged_by;
	bool judged;
};

/* With everything unknown. */
struct store_source store_source_init(struct str name);
/* Strings live until the next call on the store. Errors: ERR_NOENT: no source has that name. */
MUST enum err store_source_find(struct store *s, struct str name, struct store_source *out,
				struct errinfo *ei);
/* The one that was read from this file, and is called after it. The same. */
MUST enum err store_source_at(struct store *s, struct str path, struct store_source *out,
			      struct errinfo *ei);
typedef enum err (*source_fn)(void *ctx, const struct store_source *source);
/* All, by name. */
MUST enum err store_sources(struct store *s, source_fn tell, void *ctx, struct errinfo *ei);
/* What else than indicators a source brought. */
struct store_holds {
	uint64_t exclusions, organisations, families; /* entries of lists; networks; names */
};
MUST enum err store_source_holds(struct store *s, int64_t id, struct store_holds *out,
				 struct errinfo *ei);
/* Add it, or replace what is known about the one of that name (not what it says, nor its runs). In
 * a transaction of its own. */
MUST enum err store_source_put(struct store *s, const struct store_source *source, int64_t *id,
			       struct errinfo *ei);
/* Forget a source with all that it says. Errors: ERR_NOENT. */
MUST enum err store_source_remove(struct store *s, struct str name, struct errinfo *ei);

enum run_status { RUN_DONE, RUN_FAILED, RUN_HELD, RUN_UNCHANGED };

struct store_run {
	int64_t id, source_id;
	int64_t began, ended;
	enum run_status status;
	uint64_t rows;           /* statements in the edition that was read, equal ones once */
	uint64_t added, changed; /* of these */
	uint64_t gone;           /* statements that it no longer holds */
	uint64_t rejected;       /* lines that could not be read */
	struct str error;        /* why it failed or was held */
};

typedef enum err (*run_fn)(void *ctx, const struct store_run *run);
/* The last `many` runs of a source, newest first. */
MUST enum err store_runs(struct store *s, int64_t source_id, unsigned many, run_fn tell, void *ctx,
			 struct errinfo *ei);
/* Note a run that came to nothing: failed, held, unchanged. */
MUST enum err store_run_note(struct store *s, const struct store_run *run, struct errinfo *ei);
/* Keep a source's `state` and note a run (NULL: none) in one transaction. */
MUST enum err store_source_state(struct store *s, int64_t id, struct str state,
				 const struct store_run *run, struct errinfo *ei);

/* ---- what sources are worth (worth.c) ---- */

/*
 * How many values two sources have in common, in their last editions (core/overlap.h); of one with
 * itself how many it has. Counting looks only at sources that changed since it was done last, and
 * costs at most one walk over all that is listed: 0.2 µs a statement. In a transaction of its own.
 */
struct store_overlap {
	int64_t a, b; /* a <= b */
	uint64_t both;
};
MUST enum err store_overlap_count(struct store *s, struct errinfo *ei);
/* *both: 0 where they were not counted. */
MUST enum err store_overlap_get(struct store *s, int64_t a, int64_t b, uint64_t *both,
				struct errinfo *ei);
typedef enum err (*overlap_fn)(void *ctx, const struct store_overlap *o);
/* All that is not 0. */
MUST enum err store_overlaps(struct store *s, overlap_fn tell, void *ctx, struct errinfo *ei);

/* The values of a source's last edition, each once, in order; only type, net and value are told, as
 * slices until tell returns. */
typedef enum err (*listed_fn)(void *ctx, const struct indicator *value);
MUST enum err store_listed(struct store *s, int64_t source, listed_fn tell, void *ctx,
			   struct errinfo *ei);
/* Does it list the value as something harmful, and did not withdraw it? */
MUST enum err store_harms(struct store *s, const struct store_source *source,
			  const struct indicator *value, bool *out, struct errinfo *ei);
/* A number that changes with what is special and with what analysts decided. */
MUST enum err store_special_state(struct store *s, uint64_t *out, struct errinfo *ei);
/* How many of a source's values are wrong, in which of its runs, and by what that was judged (any
 * number). In a transaction of its own. */
struct store_record {
	int64_t source, run;
	uint64_t wrong, by;
};
MUST enum err store_record_put(struct store *s, const struct store_record *v, size_t n,
			       struct errinfo *ei);

/* ---- taking in an edition (load.c) ---- */

/*
 * What files say is gathered first, sorted, as far as it needs in a temporary file in the data
 * directory; then written at once, in the order of the database. Memory: `memory` bytes (at least
 * 1 MiB) and 8 MiB. Nothing is changed before store_load_commit.
 */
struct store_load;

enum {
	LOAD_SOURCES_MAX = 4096,   /* in one load */
	LOAD_SAYS_MAX = 256,       /* statements of one source about one value; more are left out */
	LOAD_REFERENCE_MAX = 4096, /* bytes; longer ones are cut */
	LOAD_EXTRA_MAX = 16384,    /* bytes of an organisation's other columns; longer: left out */
};

MUST enum err store_load_begin(struct store *s, size_t memory, struct store_load **out);
void store_load_free(struct store_load *l);
/*
 * A source that the load is about; *at names it from then on. What it says (indicators, lists,
 * organisations: each as far as the load has any) is replaced. Fields that are unknown leave what
 * the database knows. The same name gives the same number.
 */
MUST enum err store_load_source(struct store_load *l, const struct store_source *source,
				uint32_t *at, struct errinfo *ei);
/* Its indicators are replaced, even if none come. */
void store_load_emptied(struct store_load *l, uint32_t source);
/* Its indicators are added to, not replaced. */
void store_load_adds(struct store_load *l, uint32_t source);
/* What to note of it (store_source's state). Errors: ERR_NOMEM. */
MUST enum err store_load_state(struct store_load *l, uint32_t source, struct str state);
/* Strings are copied. */
MUST enum err store_load_indicator(struct store_load *l, uint32_t source, const struct indicator *i,
				   struct errinfo *ei);
MUST enum err store_load_org(struct store_load *l, uint32_t source, const struct org_entry *o,
			     struct errinfo *ei);
/* Its list, class and reason must be settled. */
MUST enum err store_load_exclusion(struct store_load *l, uint32_t source, const struct exclusion *x,
				   struct errinfo *ei);
/* key: the name as names are compared (app/carried.h). */
MUST enum err store_load_alias(struct store_load *l, uint32_t source, struct str key,
			       struct str family, struct errinfo *ei);
/* Lines that could not be read, for the history. */
void store_load_rejected(struct store_load *l, uint32_t source, uint64_t lines);

struct load_tally {
	struct str source; /* lives as long as the load */
	uint64_t rows, added, changed, gone, excess;
	uint64_t values;                             /* each once */
	uint64_t exclusions, organisations, aliases; /* entries in their new lists */
};

/*
 * Write it: one transaction, on the disk when this returns. began, ended: the run's times; progress
 * (may be NULL) is told now and then how many of `all` were written. Errors leave the database as
 * it was.
 */
struct load_progress {
	void (*tell)(void *ctx, uint64_t written, uint64_t all);
	void *ctx;
};
MUST enum err store_load_commit(struct store_load *l, int64_t began, int64_t ended,
				const struct load_progress *progress, struct errinfo *ei);
/* After that: what came of each source. */
size_t store_load_tallies(const struct store_load *l, const struct load_tally **out);

/* ---- what is said of values (look.c) ---- */

struct store_said {
	struct indicator ind; /* source: its name; strings live until tell returns */
	enum source_kind kind;
	char reliability;
	int64_t source_id;
	uint32_t lifetime_days;
	uint64_t source_values, source_wrong; /* its record; 0 where it is not known */
	bool listed;                          /* in the source's last edition */
	int64_t listed_first, listed_last;    /* the runs in which it was listed */
};

typedef enum err (*said_fn)(void *ctx, const struct store_said *said);
/* All that is said of exactly this value (its type, net, value). */
MUST enum err store_said_of(struct store *s, const struct indicator *value, said_fn tell, void *ctx,
			    struct errinfo *ei);
/*
 * The same of what holds it: networks around an address or network, domains above a name; the
 * narrowest first, itself not.
 */
MUST enum err store_said_around(struct store *s, const struct indicator *value, said_fn tell,
				void *ctx, struct errinfo *ei);
/*
 * The URLs on a host (an address or a name of its own, not what lies below it) that are spoken of,
 * at most `most` for each scheme and way to go on (`/`, a port, `?`). What tell is given lasts for
 * the call. Cost: some point look-ups.
 */
typedef enum err (*url_fn)(void *ctx, struct str url);
MUST enum err store_said_urls(struct store *s, const struct indicator *host, unsigned most,
			      url_fn tell, void *ctx, struct errinfo *ei);
/* Everything, by value. */
MUST enum err store_said_all(struct store *s, said_fn tell, void *ctx, struct errinfo *ei);
/* How many statements there are, as the sources' counts say. */
MUST enum err store_said_count(struct store *s, uint64_t *out, struct errinfo *ei);

/* ---- what is special, whose is what (special.c) ---- */

typedef enum err (*exclusion_fn)(void *ctx, const struct exclusion *x);
typedef enum err (*org_fn)(void *ctx, const struct org_entry *o);
/* Every entry, by list; every organisation's entry, by source. */
MUST enum err store_exclusions(struct store *s, exclusion_fn tell, void *ctx, struct errinfo *ei);
MUST enum err store_orgs(struct store *s, org_fn tell, void *ctx, struct errinfo *ei);
/*
 * The entries that hold this address or network, and (at most `inside` of them for each class) that
 * lie in it; of a name those for it and for names above it, and those below.
 */
MUST enum err store_exclusions_at(struct store *s, const struct indicator *value, unsigned inside,
				  exclusion_fn tell, void *ctx, struct errinfo *ei);
/* Entries for an AS number. */
MUST enum err store_exclusions_as(struct store *s, uint32_t as, exclusion_fn tell, void *ctx,
				  struct errinfo *ei);
/* The organisation with the narrowest entry that holds the address; else by AS number. ERR_NOENT. */
MUST enum err store_org_at(struct store *s, struct ip ip, uint32_t as, org_fn tell, void *ctx,
			   struct errinfo *ei);

/* ---- what families are called (special.c) ---- */

/* What sources say that this name means, each meaning once, in order; as slices until tell returns. */
typedef enum err (*alias_fn)(void *ctx, struct str key, struct str family);
MUST enum err store_alias_of(struct store *s, struct str key, alias_fn tell, void *ctx,
			     struct errinfo *ei);

/* ---- what analysts decided (special.c) ---- */

struct store_override {
	struct indicator value; /* type, net, value */
	enum decision verdict;
	struct str author, reason;
	int64_t made, expires;
};

/*
 * So many at once, in a transaction of their own: all of them or none. What was decided before
 * about the same value is replaced. Remove: ERR_NOENT where nothing was decided about one of them.
 * Longer texts than these are cut.
 */
#define OVERRIDE_AUTHOR_MAX 1024
#define OVERRIDE_REASON_MAX 4096
MUST enum err store_override_put(struct store *s, const struct store_override *o, size_t n,
				 struct errinfo *ei);
MUST enum err store_override_remove(struct store *s, const struct indicator *value, size_t n,
				    struct errinfo *ei);
typedef enum err (*override_fn)(void *ctx, const struct store_override *o);
/* Of exactly this value; of what holds it (networks, domains above); all. Expired ones too. */
MUST enum err store_override_of(struct store *s, const struct indicator *value, override_fn tell,
				void *ctx, struct errinfo *ei);
MUST enum err store_override_around(struct store *s, const struct indicator *value,
				    override_fn tell, void *ctx, struct errinfo *ei);
/* Those that lie in the network or below the name, at most `most` of them, only of that verdict. */
MUST enum err store_override_within(struct store *s, const struct indicator *value,
				    enum decision verdict, unsigned most, override_fn tell,
				    void *ctx, struct errinfo *ei);
MUST enum err store_overrides(struct store *s, override_fn tell, void *ctx, struct errinfo *ei);

/* ---- care (care.c) ---- */

enum { STORE_VERSION = 4 };

struct store_health {
	int version;
	uint64_t bytes; /* of the database and its log */
	struct str problems[8];
	unsigned n_problems;
	uint64_t sources, statements, exclusions, organisations, overrides;
};

/*
 * Look at all of it: integrity, foreign keys, the schema. full: indexes against tables, too (some
 * seconds for ten million statements). What is wrong is in problems, whose strings live until
 * store_close. Errors: only where looking was impossible.
 */
MUST enum err store_examine(struct store *s, bool full, struct store_health *out, struct errinfo *ei);
/*
 * A copy as of now, beside others' reading and writing; there whole or not at all. An older copy is
 * replaced; a database in use, links and devices are not (ERR_USAGE).
 */
MUST enum err store_backup(struct store *s, const char *to, struct errinfo *ei);
/* Who holds the lock; false: nobody. text: "import, process 1234, since 2026-01-02T03:04:05Z". */
bool store_locked(const char *dir, char text[160]);
/* The version of the library: "3.40.1", 3040001. */
const char *store_library(void);
int store_library_number(void);

#endif
