/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is known of a feed: where it is, what it is written in, how far it is believed, how it is
 * fetched. From the catalogue that the program carries, from the user, from the database.
 *
 * Workload: some dozen feeds. Strings live in the arena of whoever made them and end in NUL.
 */
#ifndef NEZUMI_APP_FEED_H
#define NEZUMI_APP_FEED_H

#include "app/fetch.h"
#include "base/arena.h"
#include "base/vec.h"
#include "core/indicator.h"

/* How an edition of it comes about: one document; what is new in a collection; a folder of events;
 * pages of pulses. */
enum feed_kind { FEED_LIST, FEED_TAXII, FEED_MISP, FEED_OTX };

struct feed {
	const char *name, *title, *url;
	const char *format; /* a reader's name, "auto", "taxii", "misp-feed", "otx-feed" */
	const char *licence, *terms, *homepage, *note;
	char reliability;    /* A to F */
	uint32_t interval_s; /* between two updates; 0: only by hand */
	uint32_t lifetime_d; /* how long what it says holds; 0: by role */
	bool has_role;
	enum role role; /* where its lines do not say */
	/* How to fetch it. */
	bool http, inside; /* see fetch_rules */
	const char *ca_file, *proxy;
	enum fetch_how how; /* in which way it takes a key */
	bool key_needed;    /* it does not answer without */
	const char *key_env, *key_file, *key_header, *key_user;
	const char *collection; /* TAXII: id, alias or title; NULL: all that can be read */
	uint32_t max_mib, total_s, idle_s, tries, wait_ms; /* 0: as usual */
};

struct feeds_list {
	struct feed *v;
	size_t n, cap;
};

enum feed_kind feed_kind(const struct feed *f);
/* Letters, digits, - _ . in lower case, at most 40, the first a letter or digit: a folder's name. */
bool feed_name_ok(struct str name);
/* Is it a format that feeds may have? */
bool feed_format_ok(struct str format);
/* Seconds as `1h`, `30m`, `1d`. */
bool feed_span(struct str s, uint32_t *seconds);

/*
 * The catalogue (catalogue/feeds.yaml): a list of mappings of scalars. Strict: it is the project's
 * own. Errors: ERR_PARSE, with name and field; ERR_NOMEM.
 */
MUST enum err feed_catalogue(struct arena *a, struct feeds_list *out, struct errinfo *ei);

/* Set one thing by its name in the catalogue and on the command line; `feed set` and the catalogue
 * use the same words. ERR_USAGE with the reason. */
MUST enum err feed_set(struct feed *f, struct arena *a, struct str field, struct str value,
		       struct errinfo *ei);

/* What the database keeps of it in one text, and back; unknown members are passed over. */
MUST enum err feed_settings_write(const struct feed *f, struct buf *out);
MUST enum err feed_settings_read(struct feed *f, struct arena *a, struct str settings,
				 struct errinfo *ei);

#endif
