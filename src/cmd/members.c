/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/members.h"

#include "base/clock.h"
#include "base/json.h"

void put_text(struct buf *b, const char *key, struct str s)
{
	buf_fmt(b, ",\"%s\":", key);
	json_put(b, s);
}

void put_time(struct buf *b, const char *key, int64_t t)
{
	buf_fmt(b, ",\"%s\":", key);
	if (t == TIME_NONE) {
		buf_c(b, "null");
		return;
	}
	buf_ch(b, '"');
	time_format(b, t);
	buf_ch(b, '"');
}
