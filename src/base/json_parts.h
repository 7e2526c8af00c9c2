/* SPDX-License-Identifier: Apache-2.0 */
/*
 * JSON (RFC 8259) cut into the values that it is made of, for documents that are too large for a
 * tree. Only quotes and brackets are looked at: what stands between them is for whoever reads the
 * value. So one value that is malformed costs no other, and of a document that ends early all comes
 * that stands before its end.
 *
 * Workload: documents up to 1 GiB, a million values in a list. No allocation, no recursion, depth
 * without limit; about 1 GB/s. A value is gone over once for each list or object that it is in and
 * that is walked.
 */
#ifndef NEZUMI_BASE_JSON_PARTS_H
#define NEZUMI_BASE_JSON_PARTS_H

#include "base/str.h"

struct json_parts {
	const char *p, *end; /* once it has ended: where, or where it is broken */
	bool array, begun, broken, ended;
};

/*
 * The value that the text begins with, blanks before it allowed, and what is behind it. False: the
 * text ends within it; then it is all there is, and may be empty.
 */
bool json_cut(struct str text, struct str *value, struct str *rest);

/* Begin with an object or a list (blanks before it allowed). False if it is neither. */
bool json_parts_begin(struct json_parts *w, struct str text);
/*
 * The next value as it stands, strings with their quotes, and its key, raw (empty in lists). False
 * at the end: tell it from damage by w->broken. A value within which the text ends still comes, as
 * the last.
 */
bool json_part(struct json_parts *w, struct str *key, struct str *value);
/* At the end, when it is not broken: what follows it. */
struct str json_parts_rest(const struct json_parts *w);

#endif
