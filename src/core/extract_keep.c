/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is kept of candidates. A document may name the same address a million times; of those that
 * are written alike, in surroundings that say the same, one is enough, with their number. That one
 * gets slices of the text for what will be shown of it, because the folded text goes by.
 */
#include "core/extract_parts.h"

#include <stdlib.h>

/* ---- values ----------------------------------------------------------------------------------- */

static bool more_slots(struct ex *x)
{
	size_t slots = x->value_slot ? (x->value_mask + 1) * 2 : 1024;
	uint32_t *slot = calloc(slots, sizeof *slot);

	if (!slot)
		return false;
	free(x->value_slot);
	x->value_slot = slot;
	x->value_mask = slots - 1;
	for (size_t k = 0; k < x->values.n; k++) {
		size_t i = x->values.v[k].hash & x->value_mask;

		while (slot[i])
			i = (i + 1) & x->value_mask;
		slot[i] = (uint32_t)k + 1;
	}
	return true;
}

void ex_value(struct ex *x, struct found *f, struct str text)
{
	f->hash = ex_hash(text);
	f->value = text;
	f->equal = EX_UNSET;
	if (x->value_slot)
		__builtin_prefetch(&x->value_slot[f->hash & x->value_mask]);
	if (text.n > LINE_TEXT - x->line_n) {
		ex_value_set(x, f);
		return;
	}
	memcpy(x->line_text + x->line_n, text.p, text.n);
	f->value.p = x->line_text + x->line_n;
	x->line_n += text.n;
}

/* Its value, most likely. */
static const struct ex_value *likely(const struct ex *x, const struct found *f)
{
	uint32_t slot = x->value_slot ? x->value_slot[f->hash & x->value_mask] : 0;

	return slot ? &x->values.v[slot - 1] : NULL;
}

void ex_value_slot_near(const struct ex *x, const struct found *f)
{
	const struct ex_value *v = likely(x, f);

	if (v) {
		__builtin_prefetch(v);
		__builtin_prefetch((const char *)(v + 1) - 1);
	}
}

void ex_value_text_near(const struct ex *x, const struct found *f)
{
	const struct ex_value *v = likely(x, f);

	if (v)
		__builtin_prefetch(v->text.p);
}

static bool number_of(struct ex *x, struct str text, uint32_t hash, uint32_t *number)
{
	struct ex_value *v;
	struct str copy;
	size_t i;

	if (x->values.n * 2 >= x->value_mask && !more_slots(x))
		return false;
	for (i = hash & x->value_mask; x->value_slot[i]; i = (i + 1) & x->value_mask) {
		v = &x->values.v[x->value_slot[i] - 1];
		if (v->hash == hash && str_eq(v->text, text)) {
			*number = x->value_slot[i] - 1;
			return true;
		}
	}
	copy = arena_str(x->arena, text);
	v = copy.p ? VEC_PUSH(&x->values) : NULL;
	if (!v)
		return false;
	*v = (struct ex_value){ .text = copy, .hash = hash };
	x->value_slot[i] = (uint32_t)x->values.n;
	*number = (uint32_t)x->values.n - 1;
	return true;
}

void ex_value_set(struct ex *x, struct found *f)
{
	struct str was = f->value;

	if (f->equal != EX_UNSET)
		return;
	if (!number_of(x, was, f->hash, &f->equal)) {
		x->err = ERR_NOMEM;
		return;
	}
	f->value = x->values.v[f->equal].text;
	if (f->host.n)
		f->host.p = f->value.p + (f->host.p - was.p);
}

/* ---- places ----------------------------------------------------------------------------------- */

struct str ex_source(const struct ex *x, size_t from, size_t to)
{
	size_t a = fold_src(&x->fold, from), b = to > from ? fold_src(&x->fold, to - 1) + 1 : a;
	struct str s;

	/* To the end of a character that was several bytes, or brackets. */
	if (to > from && to <= x->n) {
		size_t next = to < x->n ? fold_src(&x->fold, to) : x->fold.src.n;

		if (next > b)
			b = next;
	}
	if (b > x->fold.src.n)
		b = x->fold.src.n;
	s = (struct str){ x->fold.src.p + a, b > a ? b - a : 0 };
	while (s.n && (s.p[s.n - 1] == ' ' || s.p[s.n - 1] == '\r' || s.p[s.n - 1] == '\n' ||
		       s.p[s.n - 1] == '\t' || s.p[s.n - 1] == 0))
		s.n--;
	return s;
}

enum { CONTEXT_SIDE = 110 };

/* The row, or the part of the line around the value that ends at `end`. */
static struct str context(const struct ex *x, const struct found *f, size_t end)
{
	size_t from = f->line_at, to = f->line_end < end ? end : f->line_end;

	if (f->at - from > CONTEXT_SIDE) {
		from = f->at - CONTEXT_SIDE;
		while (from < f->at && (((unsigned char)x->p[from] & 0xc0) == 0x80 ||
					(x->p[from] != ' ' && f->at - from > CONTEXT_SIDE - 20 &&
					 (unsigned char)x->p[from] < 0x80)))
			from++;
	}
	if (to - end > CONTEXT_SIDE) {
		to = end + CONTEXT_SIDE;
		while (to > end && ((unsigned char)x->p[to] & 0xc0) == 0x80)
			to--;
	}
	return ex_source(x, from, to);
}

/* As it would be with what stands behind the comma. */
static bool slip(struct ex *x, struct found *f)
{
	struct slip *s = arena_alloc(x->arena, sizeof *s);
	size_t end = f->end + 1;

	if (!s)
		return false;
	while (ex_is(x->p[end], C_DIGIT))
		end++;
	s->original = ex_source(x, f->at, end);
	s->context = context(x, f, end);
	f->slip = s;
	return true;
}

/* ---- lines ------------------------------------------------------------------------------------ */

static bool is_hash(uint8_t type)
{
	return type >= EX_MD5 && type <= EX_SHA512;
}

static bool is_net(uint8_t type)
{
	return type <= EX_URL;
}

/* What the candidates of a line say of each other. */
static void neighbours(struct ex *x)
{
	uint32_t near = 0;
	bool hash = false;

	for (size_t i = 0; i < x->found.n; i++) {
		const struct found *f = &x->found.v[i];

		near += (f->flags & F_HARD) != 0 && is_net(f->type);
		hash |= is_hash(f->type);
	}
	for (size_t i = 0; i < x->found.n; i++) {
		struct found *f = &x->found.v[i];
		bool self = (f->flags & F_HARD) != 0 && is_net(f->type);

		if (near > (uint32_t)self)
			f->flags |= F_NEAR_HARD;
		if (hash && !is_hash(f->type))
			f->flags |= F_NEAR_HASH;
	}
}

static struct ex_like like_of(const struct found *f)
{
	return (struct ex_like){
		.form = f->flags | (uint64_t)f->port << 32 | (uint64_t)f->type << 48 |
			(uint64_t)f->status << 56,
		.note = f->note,
		.bits = (uint32_t)f->alarm | (uint32_t)f->escaped << 1 | (uint32_t)f->angle << 2 |
			(uint32_t)f->note_mail << 3 | (uint32_t)f->pointed << 4 |
			(uint32_t)f->assigned << 5 | (uint32_t)(f->has_role != 0) << 6 |
			(uint32_t)(f->family.n > 0) << 7 | (uint32_t)f->traits << 8,
	};
}

/* Would judging say the same of both? What is only shown (where it stands, family, role, date) is
 * that of the first anyway. */
static bool alike(const struct ex_like *a, const struct ex_like *b)
{
	return a->form == b->form && a->bits == b->bits && a->note == b->note && !(a->form & F_COMMA);
}

static void count_more(struct ex *x, struct ex_value *v)
{
	if (v->like.more)
		x->kept.v[v->kept - 1].count += v->like.more;
	v->like.more = 0;
}

/* Does another one stand for this one, too? */
static bool stood_for(struct ex *x, struct ex_value *v, const struct ex_like *like)
{
	uint32_t kept = v->kept;

	if (!kept)
		return false;
	if (alike(&v->like, like)) {
		v->like.more++;
		return true;
	}
	/* The ways in which a value is spoken of are few; if not, some are kept twice. */
	for (int most = 16; kept && most; most--) {
		struct found *k = &x->kept.v[kept - 1];
		struct ex_like other = like_of(k);

		if (alike(&other, like)) {
			k->count++;
			return true;
		}
		kept = k->before;
	}
	return false;
}

void ex_keep(struct ex *x)
{
	neighbours(x);
	for (size_t i = 0; i < x->found.n && !x->err; i++) {
		struct found *f = &x->found.v[i], *k;
		struct ex_like like = like_of(f);
		struct ex_value *v;

		ex_value_set(x, f);
		if (x->err)
			return;
		v = &x->values.v[f->equal];

		if (f->flags & F_HARD || (f->escaped && f->alarm)) {
			x->hard_all += f->type != EX_EMAIL;
			x->hard_hosts += f->type == EX_DOMAIN || f->type == EX_URL;
		}
		if (f->flags & F_ALONE && f->line_at != x->bare_line && f->type != EX_FILENAME &&
		    !(f->flags & F_FILE)) {
			x->bare++;
			x->bare_line = f->line_at;
		}
		if (!x->every && stood_for(x, v, &like))
			continue;
		f->original = ex_source(x, f->at, f->end);
		f->context = context(x, f, f->end);
		f->date = f->dated ? ex_date_of(x, f) : TIME_NONE;
		k = f->flags & F_COMMA && !slip(x, f) ? NULL : VEC_PUSH(&x->kept);
		if (!k) {
			x->err = ERR_NOMEM;
			return;
		}
		*k = *f;
		k->before = v->kept;
		count_more(x, v);
		v->kept = (uint32_t)x->kept.n;
		v->like = like;
	}
}

void ex_keep_end(struct ex *x)
{
	for (size_t i = 0; i < x->values.n; i++)
		count_more(x, &x->values.v[i]);
}
