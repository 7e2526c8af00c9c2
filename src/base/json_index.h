/* SPDX-License-Identifier: Apache-2.0 */
/*
 * JSON lines (RFC 8259, one object a line) by vector instructions: a chunk of text is indexed at
 * once, so that most of the grammar has been checked before anybody looks at a line, and lines of a
 * shape that was met before (the same keys, in the same order, with the same brackets) are known
 * for what they are by comparing the keys alone.
 *
 * What is sure here is sure: a line that has a shape is valid by the grammar of base/json.h, and
 * its members are those that the walk there would find. What is not (blanks between tokens,
 * negative numbers, exponents, keys of more than 28 bytes, the same key twice, more than JSON_KEYS
 * keys, and all that is wrong) has none, and is for the walk to judge.
 *
 * Memory: one struct json_lines of about 150 KiB, made by the caller (its stack will do), for one
 * thread. Time: linear; nothing depends on what was met before but speed. Nothing fails.
 */
#ifndef NEZUMI_BASE_JSON_INDEX_H
#define NEZUMI_BASE_JSON_INDEX_H

#include "base/cpu.h"
#include "base/json.h"

enum {
	JSON_CHUNK = 16384, /* bytes indexed at once; longer lines have no index */
	JSON_STEP = 512,    /* the index grows by at most so many points before it looks */
	JSON_POINTS = 80,   /* of a shape */
	JSON_WORDS = 40,
	JSON_SLOTS = 40, /* the keys a reader asks for */
	JSON_SHAPES = 32,
	JSON_KEY_MAX = 28,
};

struct json_line {
	uint16_t end;    /* where its LF stands */
	uint16_t points; /* how many of them stand before that */
};

struct json_index {
	const char *text;
	size_t n; /* bytes of text, to its real end */
	unsigned n_lines;
	bool any_wrong;
	struct json_line lines[JSON_CHUNK / 16 + JSON_STEP + 1]; /* [0] is where the first begins */
	/*
	 * Where something stands that tells lines apart: the colons behind keys, brackets, true,
	 * false and null (and all that is no plain number), and what only an array may hold: the
	 * comma behind a string, the first byte of anything else.
	 */
	uint16_t points[JSON_CHUNK / 4 + JSON_STEP + 65];
	/* Bit for bit of the text: points, line ends, what is wrong; points before a word. */
	uint64_t point[JSON_CHUNK / 64], line[JSON_CHUNK / 64], wrong[JSON_CHUNK / 64];
	uint16_t before[JSON_CHUNK / 64];
};

/* Where the value of a slot lies: from behind one point to a place before or at another. */
struct json_slot {
	uint8_t colon, to;
	int8_t add;
};

struct json_shape {
	uint32_t hash;
	uint16_t n_points, n_words;
	bool known;
	uint64_t present; /* bit set of slots */
	struct json_slot slots[JSON_SLOTS];
	uint8_t words[JSON_WORDS]; /* the points that are scalars */
	/* The 32 bytes up to each point, and which of them count: `,"key":`, a bracket with what
	 * stands before it. */
	struct {
		uint8_t text[32], mask[32];
	} windows[JSON_POINTS];
};

/*
 * What a key of an object is to the reader: the slot its value goes to, if `parent` is the slot of
 * the object it stands in, or of the array that object is in (JSON_TOP for the line's own object).
 * JSON_NO_SLOT for what nobody asks for. From slot `many` on there are slots for what may come more
 * than once: the next that is free is taken.
 */
enum { JSON_TOP = 254, JSON_NO_SLOT = 255 };
typedef uint8_t json_slot_of(uint8_t parent, struct str key);

struct json_ways; /* of one instruction set */

struct json_lines {
	const struct json_ways *ways;
	json_slot_of *slot_of;
	uint8_t many;
	const char *floor; /* from here on the text can be read */
	struct json_index index;
	unsigned turn;
	uint8_t recent[JSON_POINTS + 1]; /* the shape met last that has so many points */
	struct json_shape shapes[JSON_SHAPES];
};

/* The ways of an instruction set; NULL where there are none but the walk. */
const struct json_ways *json_ways(enum isa isa);
/* For a block that begins at `floor`. */
void json_lines_begin(struct json_lines *w, const struct json_ways *ways, json_slot_of *slot_of,
		      uint8_t many, const char *floor);

/*
 * Index the whole lines at the start of text, as many as a chunk holds (the last line of the text
 * may lack its LF). Returns how many bytes they take; 0 when not even one fits: its end must be
 * found in another way.
 */
size_t json_lines_index(struct json_lines *w, struct str text);

/* A line of the index, and where its parts are. */
struct json_at {
	const struct json_shape *shape; /* NULL: not sure of anything */
	struct str line;
	const char *text;
	const uint16_t *points;
};

/* Line i of the index, from 0. */
void json_lines_at(struct json_lines *w, unsigned i, struct json_at *out);

static inline bool json_has(const struct json_at *at, unsigned slot)
{
	return at->shape->present >> slot & 1;
}

/* The raw text of a slot's value, a string with its quotes. The slot must be present. */
static inline struct str json_slot(const struct json_at *at, unsigned slot)
{
	const struct json_slot *s = &at->shape->slots[slot];

	return str_range(at->text + at->points[s->colon] + 1, at->text + at->points[s->to] + s->add);
}

/* The same as the walk would give it. */
void json_slot_value(const struct json_at *at, unsigned slot, struct json *out);

#endif
