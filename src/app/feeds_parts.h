/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of updates of feeds share. */
#ifndef NEZUMI_APP_FEEDS_PARTS_H
#define NEZUMI_APP_FEEDS_PARTS_H

#include "app/edition.h"
#include "app/feeds.h"

#include <jansson.h>
#include <limits.h>

/* One update: of a feed, from the first question to the note of what came of it. */
struct update {
	const char *dir;
	const struct feeds_client *client;
	struct feed_known *known;
	struct feeds_result *r;
	char folder[PATH_MAX];
	int64_t began;
};

static inline int64_t update_now(const struct update *u)
{
	return u->client->world.now(u->client->world.ctx);
}

/* The serial of the last edition, or of the one that is held; 0: there is none. */
uint64_t update_serial(const json_t *state, const char *name);
/* Remove what belongs to neither of them. */
void update_sweep(const struct update *u);

/*
 * Fetch the next edition and judge it: ed, *fetcher and secret are to be freed on errors, too. What
 * its user should know goes to u->r->note.
 */
MUST enum err update_fetch(struct update *u, bool force, struct edition *ed,
			   struct fetcher **fetcher, struct buf *secret, struct errinfo *ei);

#endif
