/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rules of Suricata (4 to 8) and Snort (2 and 3), taken apart: header, lists of addresses and
 * ports, options, the bytes of a content. What they mean is the reader's affair. No allocation but
 * in the caller's buffer, linear in time, nothing kept; slices are of the rule's text.
 */
#ifndef NEZUMI_FORMAT_RULE_H
#define NEZUMI_FORMAT_RULE_H

#include "base/buf.h"

struct rule {
	struct str action, proto;
	struct str src, sport, way, dst, dport; /* empty in headers of Snort 3 that name none */
	struct str options;                     /* between the brackets */
};

/* The first word is what a rule does: alert, drop, pass, ... */
bool rule_begins(struct str line);

/* One rule, continuation lines joined. False with the reason. */
bool rule_parse(struct str text, struct rule *out, const char **why);

/*
 * The next option with its value as it stands, quotes and all, or empty where there is none. False
 * at the end, and with *why set where the options cannot be read.
 */
bool rule_option(struct str *rest, struct str *name, struct str *value, const char **why);

/* A list of addresses or ports: nested brackets, `!` before an entry or a bracket. */
struct rule_list {
	struct str rest;
	uint64_t denied; /* for each open bracket, the innermost in bit 0 */
	unsigned depth;
	bool deny;     /* a `!` was seen */
	bool too_deep; /* the rest was not looked at */
};

static inline struct rule_list rule_list(struct str text)
{
	return (struct rule_list){ .rest = text };
}
/* The next entry; *denied says that it is an exception. False at the end, and (too_deep) where
 * brackets are nested more than 60 deep. */
bool rule_list_next(struct rule_list *l, struct str *entry, bool *denied);

/*
 * What a content stands for: `|2e|` and escapes undone, appended to out. *rest gets what follows
 * the quoted text (modifiers of Snort 3). False when it is denied or cannot be read; then *why is
 * NULL or the reason, and out as before.
 */
bool rule_content(struct str value, struct buf *out, struct str *rest, const char **why);

#endif
