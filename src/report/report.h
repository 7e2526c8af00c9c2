/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An answer as a document that can be handed to people: one HTML file that needs nothing else, and
 * a shorter Markdown text. Both are composed from the answer alone, in English or Japanese, and are
 * the same bytes for the same answer. Values that attackers write are escaped for the document's
 * syntax and defanged on sight.
 *
 * Workload: up to tens of thousands of findings in about a second; long tables are cut with a count
 * of the rest, so that a document stays below some megabytes. Memory: an arena of their own, freed
 * on return. No globals, no clock, no files.
 */
#ifndef NEZUMI_REPORT_REPORT_H
#define NEZUMI_REPORT_REPORT_H

#include "core/answer.h"

enum report_lang { REPORT_EN, REPORT_JA };

/* The texts of catalogue/sectors.csv and catalogue/countries.csv; empty ones leave codes as they
 * are. */
struct report_names {
	struct str sectors, countries;
};

struct report_options {
	enum report_lang lang;
	bool anonymise;   /* organisations by sector and country, hosts by number, no file names */
	struct str title; /* empty: the report finds its own */
	struct report_names names;
};

/* Append the document to out. Errors: ERR_NOMEM, ERR_LIMIT; then what stands in out is of no use. */
MUST enum err report_html(const struct answer *a, const struct report_options *o, struct buf *out);
MUST enum err report_md(const struct answer *a, const struct report_options *o, struct buf *out);

#endif
