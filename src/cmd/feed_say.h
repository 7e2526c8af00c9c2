/* SPDX-License-Identifier: Apache-2.0 */
/* How `nezumi feed` tells of feeds: for terminals and as JSON. Everything is appended. */
#ifndef NEZUMI_CMD_FEED_SAY_H
#define NEZUMI_CMD_FEED_SAY_H

#include "app/feeds.h"
#include "report/screen.h"

/* A table of feeds; now: for "3h ago". */
void feed_say_list(struct screen *p, const struct feeds *f, int64_t now);
void feed_say_catalogue(struct screen *p, const struct feeds_list *l, const struct feeds *have);
void feed_say_one(struct screen *p, const struct feed_known *k, int64_t now);
void feed_say_runs(struct screen *p, const struct store_run *runs, size_t n);
void feed_say_overlap(struct screen *p, const struct feeds_overlap *o);
/* "name: 12 indicators, 3 new ..." */
void feed_say_result(struct screen *p, const struct feeds_result *r);

/* Objects, without an end of line. */
void feed_json(struct buf *b, const struct feed *f, const struct feed_known *k);
void feed_json_run(struct buf *b, const struct store_run *run);
void feed_json_result(struct buf *b, const struct feeds_result *r);
void feed_json_overlap(struct buf *b, const struct feeds_overlap *o);

const char *run_status_text(enum run_status s);

#endif
