/* SPDX-License-Identifier: Apache-2.0 */
/* What recognition asks of documents in JSON, whichever way they are read then. */
#ifndef NEZUMI_FORMAT_DOC_KEYS_H
#define NEZUMI_FORMAT_DOC_KEYS_H

#include "format/reader.h"

/*
 * Does "key": stand in the sample, blanks allowed before the colon? For recognition only: it does
 * not know whether it looks into a string.
 */
bool doc_has_key(const struct sample *s, const char *key);
/* The first character that is not blank; 0 when there is none. */
char doc_begins(const struct sample *s);

#endif
