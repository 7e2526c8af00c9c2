/* SPDX-License-Identifier: Apache-2.0 */
/* The verbs of `nezumi feed`, and what they share. Each returns an exit status. */
#ifndef NEZUMI_CMD_FEED_VERBS_H
#define NEZUMI_CMD_FEED_VERBS_H

#include "cmd/cmd.h"
#include "cmd/feed_say.h"

enum { FEED_SET_MAX = 64 };

/* What the command line says. */
struct feed_wish {
	struct {
		struct str field, value;
	} set[FEED_SET_MAX];
	size_t n_set;
	bool force, catalogue, all;
	const struct command *self;
	struct common c;
	char **args; /* behind the verb */
	int n;
};

int feed_list(struct feed_wish *w);
int feed_sources(struct feed_wish *w); /* list --all */
int feed_show(struct feed_wish *w);
int feed_add(struct feed_wish *w);
int feed_change(struct feed_wish *w);
int feed_enable(struct feed_wish *w);
int feed_disable(struct feed_wish *w);
int feed_remove(struct feed_wish *w);
int feed_update(struct feed_wish *w);
int feed_approve(struct feed_wish *w);
int feed_overlap(struct feed_wish *w);

/* ---- what they share (cmd_feed.c) ---- */

/* Something to write to, with the user's wishes about it. */
struct feed_page {
	struct buf b;
	struct screen screen;
};
void feed_page_open(struct feed_page *p, const struct feed_wish *w);
void feed_page_drop(struct feed_page *p);
/* Write what people read, or JSON where that is wanted; status unless it cannot be written. done:
 * what is so although it cannot, or NULL. */
int feed_page_close(struct feed_page *p, const struct feed_wish *w, int status, const char *done);

int feed_trouble(enum err e, const struct errinfo *ei);
/* -1: so many arguments are right (most -1: any number); else a complaint was made. */
int feed_names(const struct feed_wish *w, int least, int most, const char *what);
/* -1: no option says what a feed is; else a complaint was made. */
int feed_no_fields(const struct feed_wish *w, const char *verb);
int64_t feed_now(void *ctx);

/* The feeds in use and the catalogue; free all three, whatever came of it. */
MUST enum err feed_load(struct feed_wish *w, struct feeds *feeds, struct feeds_list *catalogue,
			struct arena *a, struct errinfo *ei);
/* NULL: not in the catalogue. */
const struct feed *feed_known_as(const struct feeds_list *l, const char *name);

#endif
