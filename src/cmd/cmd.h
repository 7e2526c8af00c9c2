/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Commands: one file and one row of a table each. The same rows make the option parser, --help, the
 * man page and shell completion, so that these cannot disagree.
 */
#ifndef NEZUMI_CMD_CMD_H
#define NEZUMI_CMD_CMD_H

#include "base/err.h"
#include "base/str.h"

enum exit_status { EXIT_FOUND = 0, EXIT_NOTHING = 1, EXIT_ERROR = 2 };

struct option_row {
	int id; /* the letter, or a number above 255 */
	const char *name;
	const char *arg;  /* NULL: takes none; "[=X]": optional; else its name */
	const char *help; /* one sentence */
};

struct command {
	const char *name, *args, *summary;
	const struct option_row *options; /* ends with a NULL name; the common ones come on top */
	int (*run)(const struct command *self, int argc, char **argv);
	const char *notes; /* what else the manual says; may be NULL */
};

extern const struct command *const commands[]; /* ends with NULL */
extern const struct option_row common_options[];
/* Ids of the common options. */
enum {
	OPT_DATA = 256,
	OPT_JSON,
	OPT_COLOR,
	OPT_DEFANG,
	OPT_LANG,
	OPT_THREADS,
	OPT_VERSION,
	OPT_HELP,
	OPT_OWN
};

/* What the common options said. */
struct common {
	const char *data; /* data directory; NULL when there is no home either */
	char default_data[4096];
	bool json;
	const char *json_file; /* NULL: standard output */
	bool colour, defang, japanese, quiet, verbose;
	unsigned threads;
};

/*
 * Parse: calls back with the id and argument of each of the command's own options, in order; what
 * is left are the arguments
 * (*args, *n_args; argv is permuted). Returns -1 to go on, or an exit status: help was shown, usage
 * was wrong.
 */
int parse_options(const struct command *self, int argc, char **argv, struct common *common,
		  int (*own)(void *ctx, int id, const char *arg), void *ctx, char ***args, int *n_args);

/* "nezumi: ..." on standard error; returns EXIT_ERROR. */
int complain(const char *fmt, ...) PRINTF(1, 2);
void warn(const struct common *c, const char *fmt, ...) PRINTF(2, 3);

/* How wide what people read may be: the terminal's columns, else $COLUMNS, else 80; from 60 to 160. */
unsigned columns_of_terminal(void);

/* A seed for hash tables; when the system has none to give, the time must do. */
uint64_t unknowable(void);

void print_help(const struct command *self);
void print_man(void);
void print_completion(void); /* for bash */

#endif
