/* SPDX-License-Identifier: Apache-2.0 */
/* What the kinds of feeds ask of the answers of servers, which are whole (edition_get checks that). */
#ifndef NEZUMI_APP_EDITION_JSON_H
#define NEZUMI_APP_EDITION_JSON_H

#include "app/edition.h"
#include "base/json.h"

/* A member of an object, raw; false where there is none. */
bool edition_member(struct str object, const char *name, struct json *out);
/* A text of it, undone, in the edition's arena; empty where there is none, or one of more than
 * `most` bytes. */
struct str edition_text(struct edition *ed, struct str object, const char *name, size_t most);

#endif
