/* SPDX-License-Identifier: Apache-2.0 */
/* Members of JSON objects that several commands write, each with the comma before it. */
#ifndef NEZUMI_CMD_MEMBERS_H
#define NEZUMI_CMD_MEMBERS_H

#include "base/buf.h"

void put_text(struct buf *b, const char *key, struct str s);
/* t: microseconds since 1970; TIME_NONE is null. */
void put_time(struct buf *b, const char *key, int64_t t);

#endif
