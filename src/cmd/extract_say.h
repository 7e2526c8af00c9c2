/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What extraction found, as lines of JSON and as text for people. Everything is escaped for where
 * it goes. Appended to a buffer, whose error says when memory did not do; threads may each have
 * their own.
 */
#ifndef NEZUMI_CMD_EXTRACT_SAY_H
#define NEZUMI_CMD_EXTRACT_SAY_H

#include "cmd/cmd.h"

#include "app/extract.h"

/* One value, one line. scratch: for whatever is made on the way. */
void extract_row_json(struct buf *b, struct buf *scratch, const struct common *c, const char *path,
		      const struct extracted *e);
/* The values of a document by their types; all: not only indicators. */
void extract_document_text(struct buf *out, const struct common *c, const char *path,
			   const struct extracted *v, size_t n, bool all);

#endif
