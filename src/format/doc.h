/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Parts of JSON documents as trees, by jansson: MISP, STIX, pulses, objects of VirusTotal.
 *
 * Bounded: a part is at most DOC_PART_MAX bytes and DOC_VALUES values (a tree takes about a hundred
 * bytes for each) and as deep as jansson allows, 2,048. Bytes that are not UTF-8 become U+FFFD, so
 * that one Latin-1 letter does not cost the part.
 */
#ifndef NEZUMI_FORMAT_DOC_H
#define NEZUMI_FORMAT_DOC_H

#include "format/doc_parts.h"

#include <jansson.h>

#define DOC_PART_MAX ((size_t)32 << 20)
#define DOC_VALUES   2000000

/* The tree (json_decref), or NULL: then the sink was told why. */
json_t *doc_tree(struct doc *d, struct str part);

/* The string v, or empty when it is none. Lives as long as the tree. */
static inline struct str doc_str(const json_t *v)
{
	if (!json_is_string(v))
		return STR_NONE;
	return (struct str){ json_string_value(v), json_string_length(v) };
}
static inline struct str doc_get(const json_t *object, const char *key)
{
	return doc_str(json_object_get(object, key));
}

/* true, 1 and "1": MISP writes truth in all three ways. */
bool doc_true(const json_t *v);

/* A number, or a string that holds one. */
bool doc_u64(const json_t *v, uint64_t *out);

#endif
