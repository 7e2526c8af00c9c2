/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Master files of DNS (RFC 1035 5): entries that may go over several lines in brackets, comments,
 * quoted texts, owners that are left out because they are the last ones. Names come as they are
 * written; what $ORIGIN and @ make of them is asked for by zone_name. No allocation, slices of the
 * text; linear in time (an open bracket is followed for ZONE_LINES_MAX lines and then given up).
 */
#ifndef NEZUMI_FORMAT_ZONE_H
#define NEZUMI_FORMAT_ZONE_H

#include "base/buf.h"

#define ZONE_WORDS     24 /* of an entry; more are passed over */
#define ZONE_LINES_MAX 20

struct zone {
	struct str rest;
	uint64_t line;                /* lines taken from the text */
	char origin[256], owner[256]; /* absolute, without the last dot; empty: the root */
	uint8_t origin_n, owner_n;    /* lengths */
	bool has_origin, has_owner;
};

struct zone_entry {
	struct str word[ZONE_WORDS];
	unsigned n;
	bool same_owner;    /* it begins with a blank */
	struct str comment; /* the first one, without its semicolon */
	uint64_t line;      /* where it begins, from 1 */
};

static inline struct zone zone_begin(struct str text)
{
	return (struct zone){ .rest = text };
}

/* The next entry that has words in it. False at the end. *why is set where brackets or quotes are
 * wrong: then the entry is what could be read of its first line. */
bool zone_next(struct zone *z, struct zone_entry *e, const char **why);

/* A resource record. */
struct zone_rr {
	struct str owner; /* absolute, lower case, without the last dot: in the zone's own memory */
	struct str type;  /* as written */
	const struct str *data;
	unsigned n_data;
};

/*
 * What an entry means: a record, or a directive that was obeyed ($ORIGIN, $TTL; then type is
 * empty). False with the reason: no owner, no type, a directive that is not followed.
 */
bool zone_entry_rr(struct zone *z, const struct zone_entry *e, struct zone_rr *out, const char **why);

#endif
