/* SPDX-License-Identifier: Apache-2.0 */
/* Options about lists: the same for every command that reads some. */
#ifndef NEZUMI_CMD_LIST_OPTIONS_H
#define NEZUMI_CMD_LIST_OPTIONS_H

#include "app/lists.h"
#include "cmd/cmd.h"

/* Ids of the options that LIST_OPTIONS adds; a command's further ones begin at OPT_BEYOND_LISTS. */
enum {
	OPT_EXCLUSIONS_AS = OPT_OWN,
	OPT_INDICATORS_AS,
	OPT_COLUMN,
	OPT_NO_BUILTIN,
	OPT_BEYOND_LISTS
};

/* Rows of a command's table. */
#define LIST_OPTIONS                                                                              \
	{ 'i', "indicators", "FILE", "indicators: a file or folder (may be repeated)" },          \
		{ 'x', "exclusions", "FILE",                                                      \
		  "what is special: MISP warninglists, lists of networks, AS numbers, names" },   \
		{ OPT_EXCLUSIONS_AS, "exclusions-as", "CLASS",                                    \
		  "what the lists behind this option prove: benign, provider, scanner, sinkhole " \
		  "or research (else benign)" },                                                  \
		{ OPT_INDICATORS_AS, "indicators-as", "FORMAT",                                   \
		  "read indicators as this format instead of by content" },                       \
		{ OPT_COLUMN, "column", "FIELD=NAME",                                             \
		  "a CSV column by its name in the file; FIELD is any common name for what it "   \
		  "holds: value, port, family, first_seen; src, dst, sport, dport, ts, proto, "   \
		  "bytes" },                                                                      \
	{                                                                                         \
		OPT_NO_BUILTIN, "no-builtin", NULL,                                               \
			"without the lists of benign services that the program carries"           \
	}

enum { LISTS_MAX = 1024, COLUMNS_MAX = 64 };

/* What was chosen, all zero at first; o points into it. */
struct list_choice {
	struct list_options o;
	struct list_option indicators[LISTS_MAX], organisations[LISTS_MAX], exclusions[LISTS_MAX];
	struct str columns[COLUMNS_MAX][2];
	bool classed; /* exclusions that follow are of this class */
	enum xclass class;
};

/* Take an option; like the callback of parse_options, and LIST_OPTION_UNKNOWN for what is none of
 * these. */
enum { LIST_OPTION_UNKNOWN = -2 };
int list_option(struct list_choice *c, int id, const char *arg);
/* Take another list: READS_INDICATORS, READS_ORGS or READS_EXCLUSIONS. */
int list_add(struct list_choice *c, enum reads what, const char *path);
/* A format by its name. */
int reader_option(enum reads what, const char *arg, const struct reader **out);

#endif
