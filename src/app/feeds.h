/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The feeds of a data directory: what is fetched, when, what came of it; and which sources copy
 * each other. Settings and state of a feed lie in the database beside what it says; below
 * DIR/feeds/NAME lie documents that later editions are made of, and what waits for approval.
 *
 * An update changes what a feed says in one transaction, with the note of where it goes on: before
 * that nothing is changed, whatever happens. Updates hold DIR/feeds/lock, so that two do not fetch
 * the same; the database is locked only while it is written.
 *
 * Workload: some dozen feeds. Memory: that of one edition (edition.h) or one import. Times are
 * microseconds since 1970. Errors: those of the store; ERR_NOENT: no such feed; ERR_USAGE.
 */
#ifndef NEZUMI_APP_FEEDS_H
#define NEZUMI_APP_FEEDS_H

#include "app/feed.h"
#include "core/overlap.h"
#include "store/store.h"

struct json_t;

/* A feed and what is known of it. */
struct feed_known {
	struct feed feed;
	bool enabled;
	int64_t id;
	uint64_t listed, aside; /* statements in its last edition; of earlier ones, no longer listed */
	uint64_t values, wrong;   /* what it lists, each once; of these wrong ones */
	int64_t last_done;        /* when an edition was taken over; TIME_NONE */
	int64_t tried, due;       /* when it was last asked; when it will be; TIME_NONE: never */
	unsigned fails;           /* in a row */
	const char *error, *note; /* of the last try, or NULL */
	const char *held;         /* why an edition waits for approval, or NULL */
	uint64_t held_rows, rows; /* indicators in that, and in the last that was taken over */
	struct json_t *state;
};

/* Enabled, by schedule, and its time has come. What waits longer than it ever would was asked when
 * a clock went ahead. */
bool feed_is_due(const struct feed_known *k, int64_t now);

struct feeds {
	struct feed_known *v;
	size_t n, cap;
	struct arena arena;
};

/* All feeds of a data directory, by name; none where there is no database yet. */
MUST enum err feeds_load(const char *dir, struct feeds *out, struct errinfo *ei);
void feeds_free(struct feeds *f);
struct feed_known *feeds_find(const struct feeds *f, struct str name);

/* Add a feed or change what is known of it. What makes it another document (URL, format,
 * collection) lets the next update begin afresh. */
MUST enum err feeds_put(const char *dir, const struct feed *feed, bool enabled, struct errinfo *ei);
/* Forget a feed with all that it said. */
MUST enum err feeds_remove(const char *dir, const char *name, struct errinfo *ei);

/* ---- updating ---- */

enum feeds_outcome { FEEDS_DONE, FEEDS_UNCHANGED, FEEDS_HELD, FEEDS_FAILED, FEEDS_NOT_DUE };
const char *feeds_outcome_text(enum feeds_outcome o);

struct feeds_result {
	const char *name; /* lives as long as the feeds do */
	enum feeds_outcome outcome;
	uint64_t rows, malformed;      /* in the edition that came */
	uint64_t added, changed, gone; /* by it */
	uint64_t bytes;                /* that came */
	int64_t due;                   /* the next time; TIME_NONE: by hand */
	char error[240], note[160];
};

struct feeds_client {
	struct fetch_world world;
	void *ctx;
	/* Now and then. phase: 0 fetching (bytes), 1 reading (rows), 2 writing (rows). May be NULL. */
	void (*progress)(void *ctx, const char *name, int phase, uint64_t n);
	/* When a feed is finished. */
	void (*result)(void *ctx, const struct feeds_result *r);
};

/*
 * Update the feeds that are due, or those that are named, due or not; force: as if there were no
 * copy at hand. What goes wrong with one is told and noted, and the next one's turn comes. Errors
 * are of the whole: the database, the lock, a name that nobody knows (then nothing was done).
 */
MUST enum err feeds_update(const char *dir, const char *const *names, size_t n, bool force,
			   const struct feeds_client *c, struct errinfo *ei);
/* Take over the edition that waits. ERR_NOENT: none does. */
MUST enum err feeds_approve(const char *dir, const char *name, const struct feeds_client *c,
			    struct errinfo *ei);

/*
 * Is an edition too different from the last one to be believed without a look? A tenth of it or
 * less (of 10 and more, or nothing at all), ten times as much or more (20 and more).
 */
bool feeds_suspicious(uint64_t was, uint64_t is);

/* ---- who copies whom ---- */

struct feeds_overlap {
	struct str *names; /* of sources that list something, by name */
	struct overlap o;
	struct arena arena;
};

/* Errors: ERR_LIMIT: more than OVERLAP_SOURCES list something. */
#define OVERLAP_SOURCES 1024
MUST enum err feeds_overlap(const char *dir, struct feeds_overlap *out, struct errinfo *ei);
void feeds_overlap_free(struct feeds_overlap *o);

/* ---- between feeds.c and feeds_update.c ---- */

/* Open for writing; waits for up to a minute while another process writes. */
MUST enum err feeds_store(const char *dir, const struct fetch_world *world, struct store **out,
			  struct errinfo *ei);
MUST enum err feeds_lock(const char *dir, int *fd, struct errinfo *ei);
/* DIR/feeds/NAME, made if make says so. */
MUST enum err feeds_folder(const char *dir, const char *name, bool make, char *out, size_t room,
			   struct errinfo *ei);

#endif
