/* SPDX-License-Identifier: Apache-2.0 */
/* What `import` tells: troubles on standard error, the result on standard output or as JSON. */
#ifndef NEZUMI_CMD_IMPORT_SAY_H
#define NEZUMI_CMD_IMPORT_SAY_H

#include "app/intake.h"
#include "cmd/cmd.h"

/* File by file: what could not be read, and why. */
void import_tell(struct intake *in, const struct common *c);

/* The sources and what became of each. took: seconds. Returns an exit status: all is imported, but
 * it may be that nobody can be told. */
int import_say(struct intake *in, const struct store *s, const struct common *c, double took);

/* That a source was forgotten, with how much it listed. Returns an exit status. */
int import_say_forgotten(const struct common *c, struct str name, const struct store_source *was);

#endif
