/* SPDX-License-Identifier: Apache-2.0 */
/* The window of the folded text, and the way back from it to the text. */
#include "core/extract_parts.h"

#include <stdlib.h>

/* ---- writing ---------------------------------------------------------------------------------- */

static enum err sync(struct fold *f, size_t src)
{
	struct fold_edit *e;

	if (!f->dirty)
		return ERR_OK;
	f->dirty = false;
	if (f->edits.n && f->edits.v[f->edits.n - 1].at == f->n) {
		f->edits.v[f->edits.n - 1].src = (uint32_t)src;
		return ERR_OK;
	}
	e = VEC_PUSH(&f->edits);
	if (!e)
		return ERR_NOMEM;
	*e = (struct fold_edit){ (uint32_t)f->n, (uint32_t)src };
	return ERR_OK;
}

enum err fold_put(struct fold *f, size_t src, char c)
{
	enum err e;

	f->dirty = true;
	e = sync(f, src);
	f->p[f->n++] = c;
	f->dirty = true;
	return e;
}

enum err fold_put_hard(struct fold *f, size_t src, const char *s)
{
	enum err e = ERR_OK;

	for (; *s && !e; s++) {
		fold_mark(f->hard, f->n);
		e = fold_put(f, src, *s);
	}
	return e;
}

void fold_drop(struct fold *f, size_t n)
{
	f->n -= n;
	while (f->edits.n && f->edits.v[f->edits.n - 1].at > f->n)
		f->edits.n--;
	f->dirty = true;
}

/* ---- the window ------------------------------------------------------------------------------- */

enum {
	/* What undoing looks back at and takes back, in the folded text: a broken URL's beginning. */
	FOLD_BACK = 2048,
	/* The most that undoing one thing writes. */
	FOLD_WRITES = 64,
};

static void place(struct fold *f)
{
	/* Before what was allocated, on purpose: only places in the window are ever used. */
	f->p = (char *)((uintptr_t)f->room - f->base);
	f->hard = (uint64_t *)((uintptr_t)f->hard_room - f->base / 8);
	f->soft = (uint64_t *)((uintptr_t)f->soft_room - f->base / 8);
}

static bool resize(uint64_t **map, size_t had, size_t words)
{
	uint64_t *more = realloc(*map, words * sizeof **map);

	if (!more)
		return false;
	memset(more + had, 0, (words - had) * sizeof **map);
	*map = more;
	return true;
}

static enum err make_room(struct fold *f, size_t size)
{
	size_t had = f->size ? f->size / 64 + 2 : 0, words = size / 64 + 2;
	char *more = realloc(f->room, size + FOLD_PAD);

	if (!more)
		return ERR_NOMEM;
	f->room = more;
	if (!resize(&f->hard_room, had, words) || !resize(&f->soft_room, had, words))
		return ERR_NOMEM;
	f->size = size;
	place(f);
	return ERR_OK;
}

enum err fold_init(struct fold *f, struct str text, size_t size, const struct ex_ways *ways)
{
	*f = (struct fold){ .src = text, .ways = ways };
	if (size < 4 * (size_t)FOLD_BACK)
		size = 4 * (size_t)FOLD_BACK;
	/* The folded text is never longer. */
	if (size > text.n + FOLD_WRITES)
		size = text.n + FOLD_WRITES;
	return make_room(f, (size + 63) / 64 * 64);
}

void fold_free(struct fold *f)
{
	free(f->room);
	free(f->hard_room);
	free(f->soft_room);
	free(f->edits.v);
	*f = (struct fold){ 0 };
}

static void slide_map(uint64_t *map, size_t by, size_t words)
{
	memmove(map, map + by, (words - by) * sizeof *map);
	memset(map + (words - by), 0, by * sizeof *map);
}

/* What stands before `keep` goes. */
static void slide(struct fold *f, size_t keep)
{
	size_t by, words = f->size / 64 + 2, gone = 0;

	if (keep + FOLD_BACK > f->n)
		keep = f->n > FOLD_BACK ? f->n - FOLD_BACK : 0;
	keep = keep / 64 * 64;
	if (keep <= f->base)
		return;
	by = keep - f->base;
	memmove(f->room, f->room + by, f->n - keep);
	slide_map(f->hard_room, by / 64, words);
	slide_map(f->soft_room, by / 64, words);
	f->base = keep;
	place(f);
	/* One edit at or before the window says where it begins. */
	while (gone + 1 < f->edits.n && f->edits.v[gone + 1].at <= keep)
		gone++;
	if (gone)
		memmove(f->edits.v, f->edits.v + gone, (f->edits.n - gone) * sizeof *f->edits.v);
	f->edits.n -= gone;
	f->near = 0;
}

/* What anything that stands for something else begins with. */
static bool begins(char c)
{
	return c == 0 || strchr("[({<.\\\ndD\xc2\xe2\xe3\xef", c);
}

/* Which of the 64 bytes from i on (`left` of them count) may stand for something else. */
static uint64_t undone(const struct fold *f, size_t i, size_t left)
{
	uint64_t some = left < 64 ? (UINT64_C(1) << left) - 1 : ~UINT64_C(0);
	char text[1 + 64 + 3] = { '\n' };
	size_t n = f->src.n - i;

	if (!f->ways) {
		uint64_t bits = 0;

		for (size_t k = 0; k < left; k++)
			bits |= (uint64_t)begins(f->src.p[i + k]) << k;
		return bits;
	}
	if (i && n >= 64 + 3)
		return f->ways->undone(f->src.p + i) & some;
	if (i)
		text[0] = f->src.p[i - 1];
	memcpy(text + 1, f->src.p + i, n < sizeof text - 1 ? n : sizeof text - 1);
	return f->ways->undone(text + 1) & some;
}

/* Bytes as they are. */
static enum err plain(struct fold *f, size_t from, size_t n)
{
	enum err e;

	if (n == 0)
		return ERR_OK;
	e = sync(f, from);
	/* There is room for 64: what is too much is written over. */
	if (n <= 64 && f->src.n - from >= 64)
		memcpy(f->p + f->n, f->src.p + from, 64);
	else
		memcpy(f->p + f->n, f->src.p + from, n);
	f->n += n;
	return e;
}

/* Most lines that end in two bytes end in a word or a blank before them. */
static bool dull_end(const struct fold *f, size_t i)
{
	return f->src.p[i] == '\n' && i > 1 && f->src.p[i - 1] == '\r' && ex_alnum(f->src.p[i - 2]);
}

/* Fold up to 64 bytes from *at on, or as many as the last thing in them takes. */
static enum err block(struct fold *f, size_t *at, size_t left)
{
	size_t i = *at, end = i + left;
	uint64_t bits = undone(f, i, left);
	enum err e = ERR_OK;

	while (bits && !e) {
		size_t stop = *at + (size_t)__builtin_ctzll(bits), took = 0;

		bits &= bits - 1;
		if (f->ways && dull_end(f, stop))
			continue;
		e = plain(f, i, stop - i);
		i = stop;
		if (!e)
			e = fold_undo(f, i, &took);
		if (took == 0)
			continue;
		i += took;
		f->dirty = true;
		if (i >= end)
			bits = 0;
		else
			bits &= ~UINT64_C(0) << (i - *at);
	}
	if (!e && i < end)
		e = plain(f, i, end - i);
	*at = i < end ? end : i;
	return e;
}

enum err fold_more(struct fold *f, size_t keep)
{
	enum err e = ERR_OK;
	size_t most, i;

	slide(f, keep);
	if ((f->n - f->base) > f->size / 2 && !fold_ended(f)) {
		e = make_room(f, f->size * 2);
		if (e)
			return e;
	}
	most = f->base + f->size - FOLD_WRITES;
	for (i = f->next; i < f->src.n && f->n < most && !e;) {
		size_t left = f->src.n - i < most - f->n ? f->src.n - i : most - f->n;

		e = block(f, &i, left < 64 ? left : 64);
	}
	f->next = i;
	memset(f->p + f->n, 0, FOLD_PAD);
	return e;
}

/* ---- the way back ----------------------------------------------------------------------------- */

size_t fold_src(const struct fold *f, size_t at)
{
	size_t lo = 0, hi = f->edits.n, near = f->near;

	/* Questions come in the text's order, mostly. */
	if (near < hi && f->edits.v[near].at <= at) {
		size_t most = near + 8 < hi ? near + 8 : hi;

		while (near + 1 < most && f->edits.v[near + 1].at <= at)
			near++;
		lo = near;
		if (near + 1 == hi || f->edits.v[near + 1].at > at) {
			((struct fold *)(uintptr_t)f)->near = near;
			return f->edits.v[near].src + (at - f->edits.v[near].at);
		}
	}
	/* The last edit at or before it. */
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (f->edits.v[mid].at <= at)
			lo = mid + 1;
		else
			hi = mid;
	}
	if (lo == 0)
		return at;
	((struct fold *)(uintptr_t)f)->near = lo - 1;
	return f->edits.v[lo - 1].src + (at - f->edits.v[lo - 1].at);
}
