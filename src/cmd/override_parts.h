/* SPDX-License-Identifier: Apache-2.0 */
/* Parts of `nezumi override`: what it works on, how it tells of that; who decides, until when, and
 * which benign lists that goes over. */
#ifndef NEZUMI_CMD_OVERRIDE_PARTS_H
#define NEZUMI_CMD_OVERRIDE_PARTS_H

#include "base/arena.h"
#include "base/vec.h"
#include "cmd/cmd.h"
#include "report/screen.h"
#include "store/store.h"

struct override_wish {
	const char *reason, *author, *expires;
	bool all, force;
	struct common c;
	char **args; /* behind the verb */
	int n;
};

/* An override, beside what there was. */
struct override_item {
	struct store_override o;
	struct str value; /* canonical text */
	bool there;       /* something was decided before: */
	struct store_override was;
};

struct override_work {
	const struct override_wish *w;
	int64_t now;
	struct store *store;
	VEC(struct override_item) items;
	struct arena arena; /* owns all strings */
	struct buf text;    /* of a value */
	struct buf out;
	struct screen p;
	struct errinfo ei;
	bool kept; /* what was decided is on the disk */
};

/* ---- override_work.c ---- */

void override_begin(struct override_work *k, const struct override_wish *w);
/* Write what there is to say, and let go of everything; status unless something went wrong. */
int override_end(struct override_work *k, enum err e, int status);
/* The values that the arguments name, "-" those of standard input. Errors: ERR_USAGE, ERR_PARSE. */
MUST enum err override_values(struct override_work *k);
MUST enum err override_value_text(struct override_work *k, const struct indicator *i, struct str *out);
/* What is there stays valid only until the next question to the store. */
MUST enum err override_keep(struct override_work *k, const struct store_override *o,
			    struct store_override *out);

/* ---- override_say.c ---- */

bool override_expired(const struct override_work *k, const struct store_override *o);
/* All items as a list of that name. */
void override_json(struct override_work *k, const char *key);
/* A line of a value and what became of it. */
void override_line(struct override_work *k, const struct override_item *item, bool removed);
void override_list(struct override_work *k);

/* ---- override_parts.c ---- */

/* The option's text, else $NEZUMI_AUTHOR, else who ran sudo, else the login name; empty where there
 * is none either. */
struct str override_author(const char *given);
/* A span from now, a day to its end, a time, "never" (TIME_NONE); NULL: 90 days. Errors: ERR_USAGE. */
MUST enum err override_expiry(const char *given, int64_t now, int64_t *out, struct errinfo *ei);

enum { VOUCHED_MAX = 100 }; /* of more values only these are looked at */

/*
 * Warn of the value if a benign list vouches for it, or for something in it; text is canonical.
 * Errors: ERR_NOMEM, those of the store.
 */
MUST enum err override_warn_vouched(const struct common *c, struct store *s, const struct str *text,
				    size_t n, int64_t now, struct errinfo *ei);

#endif
