/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The words of STIX patterns: a cursor that passes over blanks and comments, with an error that
 * sticks. What is undone (quoted text with escapes, object paths) lives in the arena.
 */
#ifndef NEZUMI_FORMAT_STIX_LEX_H
#define NEZUMI_FORMAT_STIX_LEX_H

#include "base/arena.h"
#include "base/err.h"

struct stix_lex {
	struct str text;
	size_t at;
	struct arena arena;
	enum err err; /* the first one */
	struct errinfo *ei;
};

/* Note an error at this place; always false. */
bool stix_fail(struct stix_lex *p, enum err e, const char *why);
/* Pass over blanks and comments. */
void stix_blanks(struct stix_lex *p);
/* Take a character, or a whole word in any case, if it comes next. */
bool stix_take(struct stix_lex *p, char c);
bool stix_word(struct stix_lex *p, const char *word);
/* A string, or a number, truth value, timestamp or binary as text. *is_string tells. */
bool stix_literal(struct stix_lex *p, struct str *out, bool *is_string);
/* type:property.'quoted property'[*].property, written without quotes and blanks; at most 254
 * bytes. */
bool stix_path(struct stix_lex *p, struct str *out);

#endif
