/* SPDX-License-Identifier: Apache-2.0 */
/*
 * JSON lines (RFC 8259, one object a line) by vector instructions. A chunk of text is indexed at
 * once: where its quotes and line ends stand, and whether anything in it can be in no string. Lines
 * of a shape that was met before (the same keys, in the same order, with the same brackets) are
 * then known for what they are by comparing all that stands between values, and looking at values
 * that are no strings. A line of another shape is read byte by byte, once.
 *
 * What is sure here is sure: a line that has a shape is valid by the grammar of base/json.h, and
 * its members are those that the walk there would find. What is not (blanks between tokens,
 * negative numbers, exponents, keys with escapes, the same key twice, more of anything than a shape
 * has room for, and all that is wrong) has none, and is for the walk to judge.
 *
 * Memory: one struct json_lines of about 190 KiB, made by the caller (its stack will do), for one
 * thread. Time: linear; nothing depends on what was met before but speed. Nothing fails.
 */
#ifndef NEZUMI_BASE_JSON_INDEX_H
#define NEZUMI_BASE_JSON_INDEX_H

#include "base/cpu.h"
#include "base/json.h"

enum {
	JSON_CHUNK = 16384, /* bytes indexed at once; longer lines have no index */
	JSON_STEP = 512,    /* the index looks how much it holds before it takes so many */
	JSON_POINTS = JSON_CHUNK / 4,
	JSON_LINES = JSON_CHUNK / 16,
	JSON_QUOTES = 250, /* of a shape, as the next three */
	JSON_WINDOWS = 128,
	JSON_SCALARS = 64,
	JSON_SLOTS = 40, /* the keys a reader asks for */
	JSON_SHAPES = 32,
	JSON_MARGIN = 160, /* readable before a line that is compared with a shape */
};

struct json_index {
	const char *text;
	size_t n; /* bytes of text, to its real end */
	unsigned n_lines;
	bool any_wrong;
	/* Where the quotes that open and close strings stand, and the LFs. First comes one as if
	 * a line had ended before the text. */
	uint16_t points[JSON_POINTS + JSON_STEP + 128];
	/* Which of these are LFs. */
	uint16_t lines[JSON_LINES + JSON_STEP + 64];
	/* If any_wrong, bit for bit of the text: escapes that are none, control characters. */
	uint64_t wrong[JSON_CHUNK / 64];
};

/*
 * What lines have in common. Points are counted from the first quote of a line to its end, which is
 * the last. Marks are places in a line: that of a point with something added.
 *
 * What stands between values is compared as windows: of the 16 bytes before a mark those count that
 * the mask says. Scalars lie between two marks: first the numbers of at most 15 bytes (and not more
 * than 32 of them), then other numbers, then words, as they were in the line that was learnt from;
 * in arrays one stands for all that have but commas between.
 */
enum {
	JSON_ENDS = 0,                      /* marks: of windows, */
	JSON_FROM = JSON_WINDOWS,           /* where scalars begin, */
	JSON_TO = JSON_FROM + JSON_SCALARS, /* and where they end */
	JSON_MARKS = JSON_TO + JSON_SCALARS,
};

struct json_shape {
	_Alignas(64) uint8_t text[JSON_WINDOWS][16], mask[JSON_WINDOWS][16];
	uint16_t point[JSON_MARKS];
	int16_t add[JSON_MARKS];
	uint32_t hash, middle; /* of some keys' text, and of the middle one's alone */
	bool known;
	uint8_t n_quotes, n_windows, n_short, n_numbers, n_scalars;
	uint64_t list;    /* bit set of scalars: those in arrays */
	uint64_t present; /* bit set of slots */
	struct json_slot {
		uint8_t key;   /* the point that closes it: the value stands two further on */
		uint8_t point; /* and ends here, */
		int8_t add;    /* with this added */
	} slots[JSON_SLOTS];
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
	uint8_t recent[JSON_QUOTES / 2 + 1]; /* the shape met last that has so many strings */
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

	return str_range(at->text + at->points[s->key] + 2, at->text + at->points[s->point] + s->add);
}

/* The same as the walk would give it. */
void json_slot_value(const struct json_at *at, unsigned slot, struct json *out);

#endif
