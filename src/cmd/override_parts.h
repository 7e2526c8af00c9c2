/* SPDX-License-Identifier: Apache-2.0 */
/* Parts of `nezumi override`: who decides, until when, and which benign lists that goes over. */
#ifndef NEZUMI_CMD_OVERRIDE_PARTS_H
#define NEZUMI_CMD_OVERRIDE_PARTS_H

#include "cmd/cmd.h"
#include "store/store.h"

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
