/* SPDX-License-Identifier: Apache-2.0 */
/*
 * JSON documents (RFC 8259) as trees, by jansson, for formats that are read whole: MISP, STIX,
 * warninglists. Bounded: at most DOC_VALUES values (a tree takes about a hundred bytes for each)
 * and jansson's own depth of 2,048. Bytes that are not UTF-8 become U+FFFD, so that one Latin-1
 * letter does not cost the document.
 */
#ifndef NEZUMI_FORMAT_DOC_H
#define NEZUMI_FORMAT_DOC_H

#include "format/doc_keys.h"

#include <jansson.h>

#define DOC_VALUES 16000000

/* The tree (json_decref), or NULL: then the sink was told why, with line and column. */
json_t *doc_load(struct str text, struct sink *sink);

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
