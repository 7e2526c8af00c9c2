/* SPDX-License-Identifier: Apache-2.0 */
/* What `nezumi check` answers about a value: a line of JSON, or a page for people. */
#ifndef NEZUMI_CMD_CHECK_SAY_H
#define NEZUMI_CMD_CHECK_SAY_H

#include "app/lookup.h"
#include "report/screen.h"

/* safe: values defanged; explain: every number that makes the score, every step to the action. */
void check_json(struct buf *b, const struct looked *k, bool safe, bool explain);
void check_text(struct screen *p, const struct looked *k, bool explain);

#endif
