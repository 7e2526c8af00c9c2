/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a file is that is no list and no telemetry, by its first bytes, and what to do with it:
 * archives, packings, documents, web pages. For messages only: who can read something does. Pure;
 * linear in the head.
 */
#ifndef NEZUMI_APP_CONTENT_H
#define NEZUMI_APP_CONTENT_H

#include "base/err.h"
#include "base/str.h"
#include "format/reader.h"

struct content {
	const char *what;  /* "a ZIP archive", "packed by xz" */
	const char *to_do; /* "unpack it first (unxz)", for whoever has it as a file */
	struct str title;  /* of a web page, a slice of the head, may be empty */
	bool page;
};

/* False: nothing that is known here; it may be text. The head is without a mark of UTF-8. */
bool content_of(struct str head, struct content *out);

/* ERR_FORMAT, with the reason why no reader takes it and what to do. */
enum err content_refuse(const struct sample *s, enum reads reads, struct errinfo *ei);

#endif
