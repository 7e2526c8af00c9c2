/* SPDX-License-Identifier: Apache-2.0 */
/* Records that are made rather than read: begun, looked at for what is near, handed over. */
#ifndef NEZUMI_FORMAT_GIVE_H
#define NEZUMI_FORMAT_GIVE_H

#include "format/reader.h"

static inline bool give_wanted(const struct record *r, const struct sink *s)
{
	if (!sink_selects(s, r->kind) || sink_wants(s, r->orig) || sink_wants(s, r->resp))
		return true;
	for (unsigned i = 0; i < r->n_answers; i++)
		if (sink_wants(s, r->answers[i].ip))
			return true;
	return false;
}

static inline void give(struct record *r, struct sink *s)
{
	sink_line(s);
	r->line = s->line;
	if (give_wanted(r, s))
		s->record(s->ctx, r);
	else
		sink_pass(s, r->ts);
}

#endif
