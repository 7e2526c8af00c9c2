/* SPDX-License-Identifier: Apache-2.0 */
/* Inside of judging candidates: what extract_judge.c and extract_score.c share. */
#ifndef NEZUMI_CORE_EXTRACT_JUDGE_PARTS_H
#define NEZUMI_CORE_EXTRACT_JUDGE_PARTS_H

#include "core/extract_parts.h"

/* Candidates of one value. */
struct group {
	struct str value;
	uint8_t type;
	bool hard;     /* defanged somewhere */
	bool bad;      /* an indicator somewhere, or names below it are */
	bool bad_url;  /* ... or URLs are */
	uint32_t best; /* found + 1 */
	uint32_t out;
	uint32_t count;
};

struct judge {
	struct ex *x;
	const struct extract_in *in;
	VEC(struct group) groups;
	uint32_t *slot; /* group + 1 */
	size_t mask;
	bool failed;
	size_t hard_hosts;
	size_t prose; /* bytes of the text that belong to no candidate */
	bool list;    /* the document is a list of values */
	bool sample;  /* it is a mail whose answers go to somebody else than its sender */
	bool alarm;   /* all of it is about attacks */
};

/* A text with no room for saying what it is about. */
enum { SHORT_TEXT = 800 };
/* One with no room for anything but the value. */
enum { TINY_TEXT = 280 };
/* One that would, if its lists were of indicators. */
enum { LONG_TEXT = 8000 };

/* ---- extract_judge.c -------------------------------------------------------------------------- */

/* NULL if there is none. */
struct group *judge_group(const struct judge *j, enum ex_type type, struct str value);
/* Is it defanged somewhere? */
bool judge_hard(const struct judge *j, enum ex_type type, struct str value);
/* The name that somebody registered, nearly: two labels, three where the last two are short. */
struct str judge_owner(struct str host);
/* Of a name, URL or mail address. */
struct str judge_host(const struct found *f);
/* The first two numbers of four. */
struct str judge_branch(struct str v4);
/* The mailbox of an office, not of a person. */
bool judge_office(struct str mail);

/* ---- extract_score.c -------------------------------------------------------------------------- */

/* Does the document, or the paragraph, speak of attacks at all? */
bool judge_alarmed(const struct judge *j, const struct found *f);
/* What one candidate is by itself. */
enum ex_class judge_one(const struct judge *j, struct found *f);

#endif
