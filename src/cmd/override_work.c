/* SPDX-License-Identifier: Apache-2.0 */
/* What a run of `nezumi override` works on: values as they were given, what was decided before. */
#include "cmd/override_parts.h"

#include "base/file.h"

#include <stdlib.h>
#include <time.h>

enum { VALUES_TEXT = 64 << 20 };

void override_begin(struct override_work *k, const struct override_wish *w)
{
	*k = (struct override_work){ .w = w, .now = (int64_t)time(NULL) * TIME_S };
	arena_init(&k->arena, (size_t)1 << 30);
	buf_init(&k->text, (size_t)1 << 20);
	buf_init(&k->out, (size_t)1 << 30);
	screen_init(&k->p, &k->out);
	k->p.colour = w->c.colour;
	k->p.japanese = w->c.japanese;
	k->p.width = columns_of_terminal();
}

/* Write what there is to say; status unless something went wrong. */
int override_end(struct override_work *k, enum err e, int status)
{
	const struct common *c = &k->w->c;

	store_close(k->store);
	if (!e)
		e = buf_err(&k->out);
	if (!e && k->out.n)
		e = file_write(c->json && c->json_file ? c->json_file : "-", buf_str(&k->out), &k->ei);
	if (e)
		status = complain("%s%s", k->kept ? "all is decided, but this could not be told: " : "",
				  k->ei.msg[0] ? k->ei.msg : err_text(e));
	screen_free(&k->p);
	buf_free(&k->out);
	buf_free(&k->text);
	free(k->items.v);
	arena_free(&k->arena);
	return status;
}

/* ---- values ---- */

enum err override_value_text(struct override_work *k, const struct indicator *i, struct str *out)
{
	buf_clear(&k->text);
	if (i->type == IT_IP || i->type == IT_CIDR)
		cidr_format(&k->text, i->net);
	else
		buf_puts(&k->text, i->value);
	*out = arena_str(&k->arena, buf_str(&k->text));
	return out->p ? buf_err(&k->text) : ERR_NOMEM;
}

static enum err add_value(struct override_work *k, struct str text)
{
	struct override_item *item = VEC_PUSH(&k->items);
	struct indicator *i;
	struct errinfo ei = { 0 };
	enum err e;

	if (!item)
		return ERR_NOMEM;
	*item = (struct override_item){ .o.value = indicator_init() };
	i = &item->o.value;
	buf_clear(&k->text);
	e = indicator_recognise(text, &k->text, i, &ei);
	if (e)
		return err_set(&k->ei, e, "%.*s: %s", STR_ARG(str_head(text, 100)), ei.msg);
	i->value = arena_str(&k->arena, i->value);
	if (!i->value.p)
		return ERR_NOMEM;
	if (i->port && i->type != IT_URL)
		warn(&k->w->c, "%.*s: decided for all of its ports", STR_ARG(str_head(text, 100)));
	return override_value_text(k, i, &item->value);
}

static enum err add_stdin(struct override_work *k)
{
	struct str rest, text;
	struct buf in;
	enum err e;

	buf_init(&in, VALUES_TEXT + (1 << 17));
	e = file_slurp("-", VALUES_TEXT, &in, &k->ei);
	rest = buf_str(&in);
	while (!e && str_line(&rest, &text))
		if (str_trim(text).n)
			e = add_value(k, str_trim(text));
	buf_free(&in);
	return e;
}

enum err override_values(struct override_work *k)
{
	enum err e = ERR_OK;

	for (int i = 0; !e && i < k->w->n; i++)
		e = strcmp(k->w->args[i], "-") == 0 ? add_stdin(k)
						    : add_value(k, str_of(k->w->args[i]));
	if (!e && k->items.n == 0)
		e = err_set(&k->ei, ERR_USAGE, "what about? addresses, networks, domains, URLs, hashes");
	return e;
}

/* What is there stays valid only until the next question to the store. */
enum err override_keep(struct override_work *k, const struct store_override *o,
		       struct store_override *out)
{
	*out = *o;
	out->value.value = arena_str(&k->arena, o->value.value);
	out->author = arena_str(&k->arena, o->author);
	out->reason = arena_str(&k->arena, o->reason);
	return out->value.value.p && out->author.p && out->reason.p ? ERR_OK : ERR_NOMEM;
}
