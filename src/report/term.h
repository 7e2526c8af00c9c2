/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The answer on a terminal: a summary of at most one screen in 80 columns or the width given, all
 * of it with `verbose`. Values are defanged, control characters visible. English only for now where
 * the language has no words of its own here.
 */
#ifndef NEZUMI_REPORT_TERM_H
#define NEZUMI_REPORT_TERM_H

#include "core/answer.h"

struct term_options {
	bool colour;
	bool verbose;
	bool japanese;
	unsigned width; /* columns, at least 60 */
};

/* Errors: ERR_NOMEM, ERR_LIMIT. */
MUST enum err report_term(const struct answer *a, const struct term_options *o, struct buf *out);

#endif
