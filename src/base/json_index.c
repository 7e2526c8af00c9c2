/* SPDX-License-Identifier: Apache-2.0 */
#include "base/json_ways.h"

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
		      const char *floor)
{
	w->ways = ways;
	w->slot_of = slot_of;
	w->floor = floor;
	w->turn = 0;
	for (unsigned i = 0; i < JSON_SHAPES; i++)
		w->shapes[i].known = false;
}

size_t json_lines_index(struct json_lines *w, struct str text)
{
	struct json_index *x = &w->index;

	/* The first line, told as if one ended before it. */
	x->lines[0] = (struct json_line){ UINT16_MAX, 1, 1 };
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
	uint32_t four;
	unsigned n = 4;

	if (end - p < 6)
		return end - p == 5 && p[4] == '}' &&
		       (memcmp(p, "true", 4) == 0 || memcmp(p, "null", 4) == 0);
	memcpy(&four, p, 4);
	if (memcmp(&four, "fals", 4) == 0 && p[4] == 'e')
		n = 5;
	else if (memcmp(&four, "true", 4) != 0 && memcmp(&four, "null", 4) != 0)
		return false;
	return p[n] == ',' || p[n] == '}' || p[n] == ']';
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
	json_slot_of *slot_of;
	uint64_t objects; /* the open brackets, the innermost in bit 0: 1 for an object */
	unsigned depth;
	uint8_t slots[DEPTH_SURE + 1]; /* of what stands in the open brackets */
	uint8_t pending;               /* the slot of a value whose end is not known yet */
};

/* The key before a colon, and what it is. */
static bool learn_key(struct learning *l, unsigned i)
{
	const char *colon = l->at->text + l->at->colons[i];
	int n = key_length(colon, l->at->line.p);
	size_t room;
	uint8_t slot;

	if (n < 0 || !(l->objects & 1))
		return false;
	room = (size_t)n + 3;
	memset(&l->s->keys[i], 0, sizeof l->s->keys[i]);
	memcpy(l->s->keys[i].text + 32 - room, colon - room, room);
	memset(l->s->keys[i].mask + 32 - room, 0xff, room);
	if (l->pending != JSON_NO_SLOT) {
		l->s->slots[l->pending].to = (uint8_t)i;
		l->s->slots[l->pending].add = (int8_t) - (int)room;
	}
	slot = l->slots[l->depth];
	if (slot != JSON_NO_SLOT)
		slot = l->slot_of(slot, (struct str){ colon - 1 - n, (size_t)n });
	l->pending = slot;
	if (slot == JSON_NO_SLOT)
		return true;
	if (l->s->present >> slot & 1)
		return false;
	l->s->present |= UINT64_C(1) << slot;
	l->s->slots[slot] = (struct json_slot){ .colon = (uint8_t)i };
	return true;
}

/* The value that was waiting for its end has it at a mark. */
static void learn_end(struct learning *l, uint8_t slot, unsigned mark, int add)
{
	if (slot >= JSON_SLOTS)
		return;
	l->s->slots[slot].in_marks = 1;
	l->s->slots[slot].to = (uint8_t)mark;
	l->s->slots[slot].add = (int8_t)add;
}

static bool learn_open(struct learning *l, const char *p)
{
	bool object = *p == '{', in_array = l->depth && !(l->objects & 1);
	uint8_t slot = JSON_NO_SLOT;

	if (l->depth == 0) {
		if (!object || p != l->at->line.p)
			return false;
		slot = JSON_TOP;
	} else if (p[-1] == ':') {
		slot = l->pending;
	} else if ((p[-1] != ',' && p[-1] != '[') || !in_array) {
		return false;
	}
	/* A line ends with a bracket, so there is a byte more. */
	if (l->depth == DEPTH_SURE || (object && p[1] != '"' && p[1] != '}'))
		return false;
	l->objects = l->objects << 1 | object;
	l->slots[++l->depth] = slot;
	l->pending = JSON_NO_SLOT;
	return true;
}

static bool learn_close(struct learning *l, const char *p, unsigned mark)
{
	uint8_t slot = l->slots[l->depth];

	if (p[-1] == ',' || *p != (l->objects & 1 ? '}' : ']'))
		return false;
	learn_end(l, l->pending, mark, 0);
	learn_end(l, slot, mark, 1);
	l->objects >>= 1;
	l->depth--;
	l->pending = JSON_NO_SLOT;
	return l->depth > 0 || p + 1 == l->at->line.p + l->at->line.n;
}

/* What the index could not see: brackets that match, what stands in objects and what in arrays. */
static bool learn(struct json_shape *s, const struct json_at *at, unsigned n_colons,
		  unsigned n_marks, json_slot_of *slot_of)
{
	struct learning l = { .s = s, .at = at, .slot_of = slot_of, .pending = JSON_NO_SLOT };
	const char *end = at->line.p + at->line.n;
	unsigned colon = 0;

	if (n_colons > JSON_KEYS || n_marks > JSON_MARKS || n_marks < 2)
		return false;
	s->present = 0;
	s->n_colons = (uint16_t)n_colons;
	s->n_marks = (uint16_t)n_marks;
	for (unsigned i = 0; i < n_marks; i++) {
		const char *p = at->text + at->marks[i];
		bool bracket = *p == '{' || *p == '[' || *p == '}' || *p == ']';

		for (; colon < n_colons && at->colons[colon] < at->marks[i]; colon++)
			if (l.depth == 0 || !learn_key(&l, colon))
				return false;
		if (l.depth == 0 && i)
			return false;
		s->marks[i].byte = bracket || *p == ',' ? (uint8_t)*p : 0;
		s->marks[i].before = i ? (uint8_t)p[-1] : 0;
		s->marks[i].colons = (uint8_t)colon;
		if (*p == '{' || *p == '[') {
			if (!learn_open(&l, p))
				return false;
		} else if (*p == '}' || *p == ']') {
			if (!learn_close(&l, p, i))
				return false;
		} else if (*p == ',') {
			if (l.depth == 0 || (l.objects & 1))
				return false;
		} else {
			bool alone = l.depth && !(l.objects & 1) && (p[-1] == ',' || p[-1] == '[');

			if ((!alone && p[-1] != ':') || !scalar_ok(p, end))
				return false;
		}
	}
	return l.depth == 0 && colon == n_colons;
}

/* Has the line, whose keys are those of the shape, its brackets as well, and are its words words? */
static bool same_marks(const struct json_shape *s, const struct json_at *at)
{
	const char *end = at->line.p + at->line.n;
	unsigned last = s->n_marks - 1u;
	bool same = at->text + at->marks[0] == at->line.p && *at->line.p == '{' &&
		    at->text + at->marks[last] + 1 == end && end[-1] == '}' && end[-2] != ',';

	for (unsigned i = 1; i < last; i++) {
		const char *p = at->text + at->marks[i];
		const uint16_t *colon = at->colons + s->marks[i].colons;

		same &= (colon[-1] <= at->marks[i]) & (at->marks[i] < colon[0]);
		if (s->marks[i].byte == 0)
			same &= (uint8_t)p[-1] == s->marks[i].before && scalar_ok(p, end);
		else if (s->marks[i].byte == '{' || s->marks[i].byte == '[')
			same &= ((uint8_t)*p == s->marks[i].byte) &
				((uint8_t)p[-1] == s->marks[i].before);
		else
			same &= ((uint8_t)*p == s->marks[i].byte) & (p[-1] != ',');
	}
	return same;
}

void json_lines_at(struct json_lines *w, unsigned i, struct json_at *out)
{
	const struct json_index *x = &w->index;
	const struct json_line *line = &x->lines[i + 1], *before = &x->lines[i];
	unsigned start = (uint16_t)(before->end + 1u), n_colons = line->colons - before->colons,
		 n_marks = line->marks - before->marks;
	struct json_shape *s;
	uint32_t tails[2] = { 0, 0 };
	uint64_t hash;

	*out = (struct json_at){
		.line = { x->text + start, (size_t)(line->end - start) },
		.text = x->text,
		.colons = x->colons + before->colons,
		.marks = x->marks + before->marks,
	};
	if ((x->any_wrong && wrong_in(x, start, line->end)) || n_colons == 0 ||
	    n_colons > JSON_KEYS || n_marks < 2 || n_marks > JSON_MARKS)
		return;
	if (x->text + out->colons[0] - w->floor >= 32) {
		memcpy(&tails[0], x->text + out->colons[n_colons / 2] - 4, 4);
		memcpy(&tails[1], x->text + out->colons[n_colons - 1] - 4, 4);
		hash = ((uint64_t)tails[0] << 32 | tails[1]) * UINT64_C(0x9e3779b97f4a7c15);
		hash = (hash ^ (n_colons * 67u + n_marks)) * UINT64_C(0xd6e8feb86659fd93);
		hash >>= 40;
		s = &w->shapes[hash % (JSON_SHAPES / 2) * 2];
		for (unsigned way = 0; way < 2; way++, s++)
			if (s->known && s->hash == hash && s->n_colons == n_colons &&
			    s->n_marks == n_marks && w->ways->same_keys(s, x->text, out->colons) &&
			    same_marks(s, out)) {
				out->shape = s;
				return;
			}
		s = &w->shapes[hash % (JSON_SHAPES / 2) * 2 + (w->turn++ & 1)];
	} else {
		hash = 0;
		s = &w->shapes[0];
	}
	s->hash = (uint32_t)hash;
	s->known = learn(s, out, n_colons, n_marks, w->slot_of);
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
