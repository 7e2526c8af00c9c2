/* SPDX-License-Identifier: Apache-2.0 */
#include "app/special.h"

#include "app/catalogue.h"

#include <stdlib.h>

static enum err row(void *ctx, const struct str field[ROW_FIELDS])
{
	struct special *s = ctx;
	struct str *name = VEC_PUSH(&s->names), copy;
	struct lpm_entry *e = VEC_PUSH(&s->ranges);
	struct buf b;

	if (!name || !e)
		return ERR_NOMEM;
	if (!cidr_parse(field[0], &e->net))
		return ERR_PARSE;
	e->id = (uint32_t)s->names.n - 1;
	buf_init(&b, 1024);
	buf_fmt(&b, "%.*s: %.*s", STR_ARG(field[0]), STR_ARG(field[1]));
	copy = arena_str(&s->arena, buf_str(&b));
	buf_free(&b);
	*name = copy;
	return copy.p ? ERR_OK : ERR_NOMEM;
}

enum err special_load(struct special *s)
{
	enum err e;

	*s = (struct special){ 0 };
	arena_init(&s->arena, 1 << 20);
	e = catalogue_rows(catalogue_special_purpose(), row, s);
	return e ? e : lpm_nest(&s->net, s->ranges.v, s->ranges.n);
}

enum err special_index(struct special *s)
{
	return lpm_index(&s->net);
}

void special_free(struct special *s)
{
	lpm_free(&s->net);
	free(s->ranges.v);
	free(s->names.v);
	arena_free(&s->arena);
}

struct str special_overlap(const struct special *s, struct cidr net)
{
	uint32_t id;

	return lpm_overlap(&s->net, net, &id) ? s->names.v[id] : STR_NONE;
}
