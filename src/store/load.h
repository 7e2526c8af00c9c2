/* SPDX-License-Identifier: Apache-2.0 */
/* What the two halves of taking in an edition share: load.c gathers, load_write.c writes. */
#ifndef NEZUMI_STORE_LOAD_H
#define NEZUMI_STORE_LOAD_H

#include "store/db.h"
#include "store/sorter.h"

/* Names that are kept once, numbered as they come. */
struct intern {
	VEC(struct str) v;
	uint32_t *slot; /* open addressing: index + 1 */
	size_t slots;
	uint64_t seed;
	struct arena arena;
};

void intern_init(struct intern *n, uint64_t seed, size_t limit);
void intern_free(struct intern *n);
MUST enum err intern_add(struct intern *n, struct str name, uint32_t *at);

struct load_source {
	struct store_source is; /* strings live in the load's arena */
	struct load_tally tally;
	uint64_t rejected;
	bool says, lists, owns, names; /* it has indicators, exclusions, organisations, names of
				       families in this load */
	bool adds;                     /* what it said before and does not say now stays listed */
	/* While it is written: */
	uint64_t kept, kept_last; /* statements that stay so; their last value, hashed */
	int64_t run, previous;
	sqlite3_stmt *old; /* what its last edition held, in order of value */
	bool more;         /* old stands at one */
	int64_t aside;     /* statements it no longer lists, more or less than before */
};

/* A list of what is special. */
struct load_list {
	uint32_t source;
	struct str name, reason;
	enum xclass class;
	int64_t id;
};

struct store_load {
	struct store *s;
	struct sorter sorter;
	struct arena arena;
	struct intern source_names, families;
	VEC(struct load_source) sources;
	VEC(struct load_list) lists;
	VEC(struct load_tally) tallies;
	uint64_t orgs; /* given, to keep their order */
	struct buf text;
};

/* Sorted first by what a record is. */
enum load_tag { TAG_SAID_LAST = 0x0f, TAG_EXCLUSION = 0x10, TAG_ORG = 0x20, TAG_ALIAS = 0x30 };

/* A statement as it lies behind its value in a record, and in the order of its bytes. */
struct load_says {
	uint32_t source;
	uint16_t port;
	uint8_t role;
	uint32_t family; /* index + 1, 0 none */
	int64_t first, until, seen;
	uint8_t confidence, revoked;
	struct str reference;
};

void says_write(struct buf *b, const struct load_says *s);
void says_read(struct str rest, struct load_says *s);

struct load_org {
	uint64_t order;
	uint8_t kind;
	struct str text[5]; /* id, name, sector, country, extra */
};

void load_org_write(struct buf *b, const struct load_org *o);
void load_org_read(struct str rest, struct load_org *o);
uint32_t load_u32(const char *p);

/* ---- writing ---- */

/* A statement in the database. */
struct old_says {
	int64_t n, port, role, family, first, until, seen, reference;
	int confidence;
	bool revoked, listed, met;
	bool older; /* from a version that did not note whether its role was said */
};

/* One that is to be inserted. */
struct queued {
	struct load_says says;
	int64_t n, reference;
};

struct writing {
	struct store_load *l;
	struct store *s;
	struct errinfo *ei;
	const struct load_progress *progress;
	uint64_t n;         /* records taken */
	int64_t presumed;   /* runs up to this one wrote down roles that nobody had said */
	int64_t *family_id; /* by index + 1 */
	struct known_reference *references;
	uint64_t seed;
	bool changed; /* anything that is said, special or whose */
	/* The statements of one source about one value, as they are gathered. */
	struct key key;
	uint32_t source;
	VEC(struct load_says) group;
	struct buf group_text; /* their references */
	VEC(struct old_says) old;
	struct key entry; /* of a list, while the group above waits */
	/* What is new of those gathered before. */
	struct key queue_key;
	uint32_t queue_source;
	VEC(struct queued) queue;
	size_t queue_at;
};

/* load_write.c: take the next record; *more false: there was none, and all is settled. */
MUST enum err load_next(struct writing *w, bool *more);

/* load_says.c */
MUST enum err says_begin(struct writing *w);
void says_end(struct writing *w);
/* A statement of the new edition. Those of another value than before settle the latter first: then
 * the queue must be empty, and may be filled. */
MUST enum err says_take(struct writing *w, struct str key, struct str rest);
MUST enum err says_settle(struct writing *w);
/* Everything of the old edition before that value (NULL: all the rest) is gone. */
MUST enum err says_pass(struct writing *w, struct load_source *src, const struct key *k);

/* load_stream.c: take all records, and insert what is queued. */
MUST enum err load_stream(struct writing *w);

#endif
