/* SPDX-License-Identifier: Apache-2.0 */
#include "app/bundle.h"

#include "base/file.h"
#include "base/json.h"
#include "base/sha.h"

#include <stdlib.h>

enum { SEEN_FIRST = 4096 };

void bundle_init(struct bundle *b, size_t limit)
{
	*b = (struct bundle){ 0 };
	buf_init(&b->text, limit);
}

void bundle_free(struct bundle *b)
{
	buf_free(&b->text);
	free(b->objects.v);
	free(b->seen);
}

void bundle_clear(struct bundle *b)
{
	buf_clear(&b->text);
	b->objects.n = 0;
	b->fresh = 0;
	bundle_forget(b);
}

void bundle_forget(struct bundle *b)
{
	if (b->seen)
		memset(b->seen, 0, b->seen_cap * sizeof *b->seen);
	b->seen_n = 0;
}

/* ---- what came already ---- */

static bool put_seen(uint64_t *table, size_t cap, uint64_t h)
{
	size_t i = (size_t)h & (cap - 1);

	while (table[i] && table[i] != h)
		i = (i + 1) & (cap - 1);
	if (table[i])
		return false;
	table[i] = h;
	return true;
}

static enum err grow_seen(struct bundle *b)
{
	size_t cap = b->seen_cap ? 2 * b->seen_cap : SEEN_FIRST;
	uint64_t *table = calloc(cap, sizeof *table);

	if (!table)
		return ERR_NOMEM;
	for (size_t i = 0; i < b->seen_cap; i++)
		if (b->seen[i])
			(void)put_seen(table, cap, b->seen[i]);
	free(b->seen);
	b->seen = table;
	b->seen_cap = cap;
	return ERR_OK;
}

static enum err see(struct bundle *b, struct str object, uint64_t *fresh)
{
	uint64_t h = str_hash(object, 0) | 1;
	enum err e = 2 * b->seen_n >= b->seen_cap ? grow_seen(b) : ERR_OK;

	if (!e && put_seen(b->seen, b->seen_cap, h)) {
		b->seen_n++;
		++*fresh;
	}
	return e;
}

/* ---- objects ---- */

static enum err add_object(struct bundle *b, struct str raw)
{
	struct bundle_object *o = VEC_PUSH(&b->objects);
	struct json_walk w;
	struct json v;
	struct str key;

	if (!o)
		return ERR_NOMEM;
	*o = (struct bundle_object){ .at = b->text.n, .n = raw.n };
	buf_puts(&b->text, raw);
	if (buf_err(&b->text) || !json_begin(&w, raw))
		return buf_err(&b->text);
	while (json_next(&w, &key, &v)) {
		if (v.type != JSON_STRING)
			continue;
		if (str_is(key, "id")) {
			o->id_at = o->at + (size_t)(v.raw.p - raw.p);
			o->id_n = v.raw.n;
		} else if (str_is(key, "modified")) {
			o->stamp_at = o->at + (size_t)(v.raw.p - raw.p);
			o->stamp_n = v.raw.n;
		}
	}
	return ERR_OK;
}

enum err bundle_add(struct bundle *b, struct str list, uint64_t *fresh, struct errinfo *ei)
{
	struct json_walk w;
	struct json v;
	struct str key;
	uint64_t new = 0;
	enum err e = ERR_OK;

	if (!json_begin(&w, list) || !w.array)
		return err_set(ei, ERR_PARSE, "objects are no list");
	while (!e && json_next(&w, &key, &v)) {
		if (v.type != JSON_OBJECT)
			continue;
		e = add_object(b, v.raw);
		if (!e)
			e = see(b, v.raw, &new);
	}
	if (e == ERR_LIMIT)
		return err_set(ei, e, "all its objects together are more than %zu MiB",
			       b->text.limit >> 20);
	if (!e && w.failed)
		e = err_set(ei, ERR_PARSE, "objects are no list");
	if (e)
		return e;
	b->fresh += new;
	*fresh = new;
	return ERR_OK;
}

enum err bundle_load(struct bundle *b, const char *path)
{
	struct buf text;
	struct json_walk w;
	struct json v;
	struct str key;
	uint64_t fresh = 0;
	enum err e;

	buf_init(&text, b->text.limit + (1 << 20));
	e = file_slurp(path, b->text.limit + (1 << 19), &text, NULL);
	if (!e && !json_begin(&w, buf_str(&text)))
		e = ERR_PARSE;
	while (!e && json_next(&w, &key, &v))
		if (str_is(key, "objects"))
			e = bundle_add(b, v.raw, &fresh, NULL);
	if (!e && w.failed)
		e = ERR_PARSE;
	b->fresh = 0;
	buf_free(&text);
	return e;
}

/* ---- writing ---- */

/* By id, then from the earliest version to the latest; what came later is later. */
static int by_id(const void *x, const void *y, void *ctx)
{
	const struct bundle_object *a = x, *b = y;
	const char *text = ctx;
	int c = str_cmp((struct str){ text + a->id_at, a->id_n },
			(struct str){ text + b->id_at, b->id_n });

	if (!c)
		c = str_cmp((struct str){ text + a->stamp_at, a->stamp_n },
			    (struct str){ text + b->stamp_at, b->stamp_n });
	return c ? c : a->at < b->at ? -1 : a->at > b->at;
}

static bool same_id(const struct bundle *b, size_t i, size_t j)
{
	const struct bundle_object *x = &b->objects.v[i], *y = &b->objects.v[j];

	return x->id_n && x->id_n == y->id_n &&
	       memcmp(b->text.p + x->id_at, b->text.p + y->id_at, x->id_n) == 0;
}

enum err bundle_write(struct bundle *b, const char *path, struct errinfo *ei)
{
	static const unsigned char space[16] = { 0x9d, 0x1c, 0x7a, 0x52, 0x3b, 0x0e, 0x4f, 0x66,
						 0x8e, 0x21, 0x5d, 0xc4, 0x70, 0xb9, 0x1f, 0x38 };
	struct buf out;
	bool first = true;
	enum err e;

	if (b->objects.n)
		qsort_r(b->objects.v, b->objects.n, sizeof *b->objects.v, by_id, b->text.p);
	buf_init(&out, b->text.limit + b->text.limit / 2 + (1 << 20));
	buf_c(&out, "{\"type\":\"bundle\",\"id\":\"bundle--");
	uuid5(&out, space, str_of(path));
	buf_c(&out, "\",\"objects\":[\n");
	for (size_t i = 0; i < b->objects.n; i++) {
		const struct bundle_object *o = &b->objects.v[i];

		if (i + 1 < b->objects.n && same_id(b, i, i + 1))
			continue;
		buf_c(&out, first ? "" : ",\n");
		buf_add(&out, b->text.p + o->at, o->n);
		first = false;
	}
	buf_c(&out, "\n]}\n");
	e = buf_err(&out);
	if (!e)
		e = file_write(path, buf_str(&out), ei);
	buf_free(&out);
	return e;
}
