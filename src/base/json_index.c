/* SPDX-License-Identifier: Apache-2.0 */
#include "base/json_ways.h"

/* Four characters as the first of eight, in the order of this machine's bytes. */
#define WORD(a, b, c, d) \
	((uint64_t)(a) | (uint64_t)(b) << 8 | (uint64_t)(c) << 16 | (uint64_t)(d) << 24)

/* Deeper lines are for the walk, which has the same end a little further on. */
enum { DEPTH_SURE = 32 };

const struct json_ways *json_ways(enum isa isa)
{
#ifdef __x86_64__
	if (isa == ISA_AVX512)
		return &json_ways_avx512;
	if (isa == ISA_AVX2)
		return &json_ways_avx2;
#endif
	(void)isa;
	return NULL;
}

void json_lines_begin(struct json_lines *w, const struct json_ways *ways, json_slot_of *slot_of,
		      uint8_t many, const char *floor)
{
	w->ways = ways;
	w->slot_of = slot_of;
	w->many = many;
	w->floor = floor;
	w->turn = 0;
	memset(w->recent, 0, sizeof w->recent);
	for (unsigned i = 0; i < JSON_SHAPES; i++)
		w->shapes[i].known = false;
}

size_t json_lines_index(struct json_lines *w, struct str text)
{
	struct json_index *x = &w->index;

	/* The first line, told as if one ended before it. */
	x->lines[0] = (struct json_line){ UINT16_MAX, 0 };
	return w->ways->index(x, text);
}

/* Is anything wrong in [from, end]? */
static bool wrong_in(const struct json_index *x, unsigned from, unsigned end)
{
	for (unsigned i = from / 64; i <= end / 64; i++) {
		uint64_t wrong = x->wrong[i];

		if (i == from / 64)
			wrong &= ~UINT64_C(0) << from % 64;
		if (i == end / 64)
			wrong &= ~UINT64_C(0) >> (63 - end % 64);
		if (wrong)
			return true;
	}
	return false;
}

/* true, false or null with what may follow a value behind it, before `end` (where `}` stands
 * last). */
static inline bool word(const char *p, const char *end)
{
	char room[8] = { 0 };
	uint64_t w, behind;
	bool four, five;

	if (end - p < 8) {
		memcpy(room, p, (size_t)(end - p));
		p = room;
	}
	memcpy(&w, p, 8);
	four = ((w ^ WORD('t', 'r', 'u', 'e')) & UINT32_MAX) == 0 ||
	       ((w ^ WORD('n', 'u', 'l', 'l')) & UINT32_MAX) == 0;
	five = ((w ^ WORD('f', 'a', 'l', 's') ^ (uint64_t)'e' << 32) & UINT64_C(0xffffffffff)) == 0;
	behind = w >> (five ? 40 : 32) & 0xff;
	return (four | five) & ((behind == ',') | (behind == '}') | (behind == ']'));
}

static inline bool scalar_ok(const char *p, const char *end)
{
	return (*p >= '0' && *p <= '9') || word(p, end);
}

/* The key before a colon: its length, or -1 if it is too long to tell. */
static int key_length(const char *colon, const char *line)
{
	const char *open = colon - 2;

	/* The quote that opens it stands behind a bracket or comma; an escaped one does not. */
	for (; open > line && colon - open <= JSON_KEY_MAX + 2; open--)
		if (*open == '"' && (open[-1] == ',' || open[-1] == '{'))
			return (int)(colon - open) - 2;
	return -1;
}

struct learning {
	struct json_shape *s;
	const struct json_at *at;
	const struct json_lines *w;
	uint64_t objects; /* the open brackets, the innermost in bit 0: 1 for an object */
	unsigned depth;
	uint8_t slots[DEPTH_SURE + 1]; /* of what stands in the open brackets */
	uint8_t pending;               /* the slot of a value whose end is not known yet */
};

/* `n` bytes up to the point count, but for the last `spare`. */
static void learn_window(struct learning *l, unsigned i, const char *point, size_t n, size_t spare)
{
	uint8_t *text = l->s->windows[i].text, *mask = l->s->windows[i].mask;

	memset(text, 0, 32);
	memset(mask, 0, 32);
	memcpy(text + 32 - n, point + 1 - n, n - spare);
	memset(mask + 32 - n, 0xff, n - spare);
}

/* The value that was waiting for its end has it before or behind a point. */
static void learn_end(struct learning *l, uint8_t slot, unsigned point, int add)
{
	if (slot >= JSON_SLOTS)
		return;
	l->s->slots[slot].to = (uint8_t)point;
	l->s->slots[slot].add = (int8_t)add;
}

static bool learn_key(struct learning *l, unsigned i, const char *colon)
{
	int n = key_length(colon, l->at->line.p);
	uint8_t slot = l->slots[l->depth];

	if (n < 0 || !(l->objects & 1))
		return false;
	learn_window(l, i, colon, (size_t)n + 4, 0);
	learn_end(l, l->pending, i, -n - 3);
	if (slot != JSON_NO_SLOT)
		slot = l->w->slot_of(slot, (struct str){ colon - 1 - n, (size_t)n });
	if (slot == JSON_NO_SLOT) {
		l->pending = slot;
		return true;
	}
	while (l->s->present >> slot & 1)
		if (slot < l->w->many || ++slot == JSON_SLOTS)
			return false;
	l->pending = slot;
	l->s->present |= UINT64_C(1) << slot;
	l->s->slots[slot].colon = (uint8_t)i;
	return true;
}

static bool learn_open(struct learning *l, unsigned i, const char *p)
{
	bool object = *p == '{', in_array = l->depth && !(l->objects & 1);
	uint8_t slot = JSON_NO_SLOT;

	if (l->depth == 0)
		slot = JSON_TOP;
	else if (p[-1] == ':')
		slot = l->pending;
	else if ((p[-1] != ',' && p[-1] != '[') || !in_array)
		return false;
	else if (object)
		slot = l->slots[l->depth];
	if (l->depth == DEPTH_SURE || p + 1 == l->at->line.p + l->at->line.n ||
	    (object && p[1] != '"' && p[1] != '}'))
		return false;
	learn_window(l, i, p, l->depth ? 2 : 1, 0);
	l->objects = l->objects << 1 | object;
	l->slots[++l->depth] = slot;
	l->pending = JSON_NO_SLOT;
	return true;
}

static bool learn_close(struct learning *l, unsigned i, const char *p)
{
	if (*p != (l->objects & 1 ? '}' : ']'))
		return false;
	learn_window(l, i, p, 1, 0);
	learn_end(l, l->pending, i, 0);
	/* An object in an array goes by the array's slot, whose own end comes later. */
	learn_end(l, l->slots[l->depth], i, 1);
	l->objects >>= 1;
	l->depth--;
	l->pending = JSON_NO_SLOT;
	return true;
}

static bool learn_scalar(struct learning *l, unsigned i, const char *p)
{
	bool element = !(l->objects & 1) && (p[-1] == ',' || p[-1] == '[');

	if ((!element && p[-1] != ':') || l->s->n_words == JSON_WORDS)
		return false;
	learn_window(l, i, p, 2, 1);
	l->s->words[l->s->n_words++] = (uint8_t)i;
	return scalar_ok(p, l->at->line.p + l->at->line.n);
}

/* What the index could not see: brackets that match, what stands in objects and what in arrays. */
static bool learn(struct json_shape *s, const struct json_at *at, unsigned n, const struct json_lines *w)
{
	struct learning l = { .s = s, .at = at, .w = w, .pending = JSON_NO_SLOT };

	s->present = 0;
	s->n_points = (uint16_t)n;
	s->n_words = 0;
	for (unsigned i = 0; i < n; i++) {
		const char *p = at->text + at->points[i];
		bool good;

		if (i ? l.depth == 0 : *p != '{')
			return false;
		switch (*p) {
		case ':':
			good = learn_key(&l, i, p);
			break;
		case '{':
		case '[':
			good = learn_open(&l, i, p);
			break;
		case '}':
		case ']':
			good = learn_close(&l, i, p);
			break;
		case ',':
			learn_window(&l, i, p, 1, 0);
			good = !(l.objects & 1);
			break;
		default:
			good = learn_scalar(&l, i, p);
		}
		if (!good)
			return false;
	}
	return l.depth == 0;
}

static inline bool words_ok(const struct json_shape *s, const struct json_at *at)
{
	const char *end = at->line.p + at->line.n;
	bool good = true;

	for (unsigned i = 0; i < s->n_words; i++)
		good &= scalar_ok(at->text + at->points[s->words[i]], end);
	return good;
}

/* What may tell shapes apart that have as many points: the end of a key. */
static inline uint32_t tail(const char *text, unsigned point)
{
	uint32_t four;

	if (text[point] != ':')
		return (unsigned char)text[point];
	memcpy(&four, text + point - 4, 4);
	return four;
}

static inline bool fits(const struct json_lines *w, const struct json_shape *s,
			const struct json_at *at, unsigned n)
{
	return s->known && s->n_points == n && w->ways->same(s, at->text, at->points) &&
	       words_ok(s, at);
}

void json_lines_at(struct json_lines *w, unsigned i, struct json_at *out)
{
	const struct json_index *x = &w->index;
	const struct json_line *line = &x->lines[i + 1], *before = &x->lines[i];
	unsigned start = (uint16_t)(before->end + 1u), n = line->points - before->points;
	const uint16_t *points = x->points + before->points;
	struct json_shape *s = &w->shapes[0];
	uint64_t hash = 0;

	*out = (struct json_at){ NULL, { x->text + start, (size_t)(line->end - start) }, x->text, points };
	if ((x->any_wrong && wrong_in(x, start, line->end)) || n < 3 || n > JSON_POINTS ||
	    points[0] != start || points[n - 1] != line->end - 1)
		return;
	if (x->text + start - w->floor >= 32) {
		s = &w->shapes[w->recent[n]];
		if (__builtin_expect(fits(w, s, out, n), 1)) {
			out->shape = s;
			return;
		}
		hash = (uint64_t)tail(x->text, points[n / 2]) << 32 | tail(x->text, points[n - 2]);
		hash = (hash * UINT64_C(0x9e3779b97f4a7c15) ^ n) * UINT64_C(0xd6e8feb86659fd93) >> 40;
		s = &w->shapes[hash % (JSON_SHAPES / 2) * 2];
		for (unsigned way = 0; way < 2; way++, s++)
			if (s->hash == hash && fits(w, s, out, n)) {
				w->recent[n] = (uint8_t)(s - w->shapes);
				out->shape = s;
				return;
			}
		s = &w->shapes[hash % (JSON_SHAPES / 2) * 2 + (w->turn++ & 1)];
		w->recent[n] = (uint8_t)(s - w->shapes);
	}
	s->hash = (uint32_t)hash;
	s->known = learn(s, out, n, w);
	if (s->known)
		out->shape = s;
}

void json_slot_value(const struct json_at *at, unsigned slot, struct json *out)
{
	struct str s = json_slot(at, slot);

	*out = (struct json){ .type = JSON_NUMBER, .raw = s };
	switch (s.p[0]) {
	case '"':
		out->type = JSON_STRING;
		out->raw = (struct str){ s.p + 1, s.n - 2 };
		out->escaped = str_chr(out->raw, '\\') != SIZE_MAX;
		break;
	case '{':
		out->type = JSON_OBJECT;
		break;
	case '[':
		out->type = JSON_ARRAY;
		break;
	case 't':
	case 'f':
		out->type = JSON_BOOL;
		break;
	case 'n':
		out->type = JSON_NULL;
		break;
	default:
		break;
	}
}
