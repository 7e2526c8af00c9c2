/* SPDX-License-Identifier: Apache-2.0 */
/*
 * JSON (RFC 8259) without a tree, for telemetry: walk the members of one object in place. No
 * recursion, no allocation; nesting deeper than 64 is an error of that line. Numbers and
 * strings come back as slices of the input; strings that hold escapes are undone on demand.
 */
#ifndef NEZUMI_BASE_JSON_H
#define NEZUMI_BASE_JSON_H

#include "base/buf.h"

enum json_type { JSON_NULL, JSON_BOOL, JSON_NUMBER, JSON_STRING, JSON_OBJECT, JSON_ARRAY };

struct json {
	enum json_type type;
	bool escaped;   /* a string with at least one backslash */
	struct str raw; /* a string without its quotes; an object or array with its brackets */
};

struct json_walk {
	const char *p, *end;
	bool array, begun, failed;
};

/* Begin with an object or an array (leading blanks allowed). False if it is neither. */
bool json_begin(struct json_walk *w, struct str text);
/*
 * The next member (key is empty in arrays; keys are raw, compare them as they stand). False at the
 * end or on malformed text: tell them apart by w->failed. What stands behind the closing bracket is
 * not looked at: see json_rest.
 */
bool json_next(struct json_walk *w, struct str *key, struct json *val);
/* After json_next returned false without failing: what follows the value, blanks removed. */
struct str json_rest(const struct json_walk *w);

/* The text of a string: its own slice, or undone into dst (room for raw.n bytes). */
bool json_text(const struct json *v, char *dst, struct str *out);
static inline bool json_true(const struct json *v)
{
	return v->type == JSON_BOOL && v->raw.n == 4;
}

/*
 * A number that is not negative, times 10^scale (at most 9), rounded to the nearest; exponents are
 * understood, as programs write 5.0067901611328125e-06 for five microseconds. Also for the digits
 * of a number kept in a string. False for anything else and where the result passes UINT64_MAX.
 */
bool json_decimal(struct str number, unsigned scale, uint64_t *out);

/* Writing: s in quotes. Invalid UTF-8 becomes U+FFFD, control characters become \u00xx; `<`, `>`,
 * `&`, U+2028/9 escaped too, so that it may stand inside a script element. */
void json_put(struct buf *b, struct str s);

#endif
