/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/cmd.h"

#include "base/escape.h"
#include "base/parallel.h"

#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

enum { OPTIONS_MAX = 64 };

const struct option_row common_options[] = {
	{ OPT_DATA, "data", "DIR", "data directory (else $NEZUMI_DATA, else $XDG_DATA_HOME/nezumi)" },
	{ OPT_JSON, "json", "[=FILE]", "the answer as JSON, to standard output or into FILE" },
	{ OPT_COLOR, "color", "WHEN", "auto, always or never (NO_COLOR is honoured)" },
	{ OPT_DEFANG, "defang", NULL, "defang values in JSON too" },
	{ OPT_LANG, "lang", "LANG", "en or ja: the language of what people read" },
	{ OPT_THREADS, "threads", "N", "threads to work with (all cores)" },
	{ 'q', "quiet", NULL, "no progress and no warnings" },
	{ 'v', "verbose", NULL, "everything instead of a summary" },
	{ OPT_VERSION, "version", NULL, "the version" },
	{ OPT_HELP, "help", NULL, "this help" },
	{ 0, NULL, NULL, NULL },
};

int complain(const char *fmt, ...)
{
	struct buf b, safe;
	char text[1024];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	buf_init(&b, 8192);
	buf_init(&safe, 8192);
	esc_term(&safe, str_of(text));
	buf_c(&b, "nezumi: ");
	buf_puts(&b, buf_str(&safe));
	buf_ch(&b, '\n');
	(void)!write(STDERR_FILENO, b.p ? b.p : "", b.n);
	buf_free(&b);
	buf_free(&safe);
	return EXIT_ERROR;
}

void warn(const struct common *c, const char *fmt, ...)
{
	char text[1024];
	va_list ap;

	if (c->quiet)
		return;
	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	(void)complain("%s", text);
}

unsigned columns_of_terminal(void)
{
	struct winsize ws;
	const char *env = getenv("COLUMNS");
	uint64_t n;

	if (isatty(STDOUT_FILENO) && ioctl(STDOUT_FILENO, TIOCGWINSZ, &ws) == 0 && ws.ws_col)
		n = ws.ws_col;
	else if (!env || !str_u64(str_of(env), 1000, &n))
		n = 80;
	return (unsigned)(n < 60 ? 60 : n > 160 ? 160 : n);
}

uint64_t unknowable(void)
{
	uint64_t seed;

	if (getrandom(&seed, sizeof seed, GRND_NONBLOCK) != (ssize_t)sizeof seed)
		seed = (uint64_t)time(NULL);
	return seed;
}

static int takes(const struct option_row *o)
{
	return !o->arg ? no_argument : o->arg[0] == '[' ? optional_argument : required_argument;
}

/* The tables as getopt wants them. */
static void translate(const struct option_row *rows, struct option *longs, size_t *n, char *shorts)
{
	for (; rows->name; rows++) {
		longs[(*n)++] = (struct option){ rows->name, takes(rows), NULL, rows->id };
		if (rows->id < 256) {
			char *end = shorts + strlen(shorts);

			*end++ = (char)rows->id;
			if (takes(rows) == required_argument)
				*end++ = ':';
			*end = 0;
		}
	}
}

static bool colour_by_default(void)
{
	const char *no_colour = getenv("NO_COLOR"), *term = getenv("TERM");

	return isatty(STDOUT_FILENO) && !(no_colour && *no_colour) && term && strcmp(term, "dumb") != 0;
}

static int common_option(const struct command *self, struct common *c, int id, const char *arg)
{
	uint64_t n;

	switch (id) {
	case OPT_DATA:
		c->data = arg;
		break;
	case OPT_JSON:
		c->json = true;
		c->json_file = arg;
		break;
	case OPT_COLOR:
		c->colour = colour_by_default();
		if (strcmp(arg, "always") == 0)
			c->colour = true;
		else if (strcmp(arg, "never") == 0)
			c->colour = false;
		else if (strcmp(arg, "auto") != 0)
			return complain("--color is one of auto, always and never, not %s", arg);
		break;
	case OPT_DEFANG:
		c->defang = true;
		break;
	case OPT_LANG:
		c->japanese = strcmp(arg, "ja") == 0;
		if (!c->japanese && strcmp(arg, "en") != 0)
			return complain("--lang is en or ja, not %s", arg);
		break;
	case OPT_THREADS:
		if (!str_u64(str_of(arg), 1024, &n) || n == 0)
			return complain("--threads is a number from 1 to 1024, not %s", arg);
		c->threads = (unsigned)n;
		break;
	case 'q':
		c->quiet = true;
		break;
	case 'v':
		c->verbose = true;
		break;
	case OPT_VERSION:
		printf("nezumi %s\n", NEZUMI_VERSION);
		return EXIT_FOUND;
	case OPT_HELP:
		print_help(self);
		return EXIT_FOUND;
	default:
		break;
	}
	return -1;
}

static void defaults(struct common *c)
{
	*c = (struct common){ .threads = cpu_count(), .data = getenv("NEZUMI_DATA") };
	if (!c->data || !*c->data) {
		const char *xdg = getenv("XDG_DATA_HOME"), *home = getenv("HOME");

		if (xdg && *xdg == '/') /* relative ones are to be ignored */
			(void)snprintf(c->default_data, sizeof c->default_data, "%s/nezumi", xdg);
		else if (home && *home)
			(void)snprintf(c->default_data, sizeof c->default_data,
				       "%s/.local/share/nezumi", home);
		c->data = c->default_data[0] ? c->default_data : NULL;
	}
	c->colour = colour_by_default();
}

int parse_options(const struct command *self, int argc, char **argv, struct common *common,
		  int (*own)(void *ctx, int id, const char *arg), void *ctx, char ***args, int *n_args)
{
	struct option longs[OPTIONS_MAX] = { 0 };
	char shorts[2 * OPTIONS_MAX + 2] = ":";
	size_t n = 0;
	int id;

	translate(common_options, longs, &n, shorts);
	if (self->options)
		translate(self->options, longs, &n, shorts);
	defaults(common);
	optind = 1;
	while ((id = getopt_long(argc, argv, shorts, longs, NULL)) != -1) {
		bool is_own = false;
		int status;

		if (id == ':' || id == '?') {
			/* Within a cluster of letters optind still points before it. */
			char letter[] = { '-', (char)optopt, 0 };
			bool is_letter = optopt > 0 && optopt < 256 &&
					 strncmp(argv[optind - 1], "--", 2) != 0;

			(void)complain(id == ':' ? "%s needs an argument" : "%s: no such option",
				       is_letter ? letter : argv[optind - 1]);
			return complain("nezumi %s --help lists the options", self->name);
		}
		for (const struct option_row *o = self->options; o && o->name; o++)
			is_own |= o->id == id;
		status = is_own ? own(ctx, id, optarg) : common_option(self, common, id, optarg);
		if (status >= 0)
			return status;
	}
	*args = argv + optind;
	*n_args = argc - optind;
	return -1;
}

enum { HELP_WIDTH = 80, HELP_COLUMN = 28 };

/* Text from a column on, broken between words to stay within 80; later lines begin at `indent`. */
static void wrap(const char *text, size_t at, size_t indent)
{
	struct str rest = str_of(text), word;
	size_t column = 0;

	while (str_cut(&rest, ' ', &word)) {
		size_t w = text_width(word);

		if (column && at + column + 1 + w > HELP_WIDTH) {
			printf("\n%*s", (int)indent, "");
			at = indent;
			column = 0;
		}
		column += (size_t)printf("%s%.*s", column ? " " : "", STR_ARG(word)) - word.n + w;
	}
}

static void help_rows(const struct option_row *rows)
{
	for (; rows->name; rows++) {
		char left[64];
		const char *arg = rows->arg ? rows->arg : "";
		int n;

		n = snprintf(left, sizeof left, "  %c%c%s--%s%s%s", rows->id < 256 ? '-' : ' ',
			     rows->id < 256 ? rows->id : ' ', rows->id < 256 ? ", " : "  ",
			     rows->name, *arg && *arg != '[' ? " " : "", arg);
		printf("%-*s", HELP_COLUMN, left);
		if (n >= HELP_COLUMN)
			printf("\n%*s", HELP_COLUMN, "");
		wrap(rows->help, HELP_COLUMN, HELP_COLUMN);
		putchar('\n');
	}
}

void print_help(const struct command *self)
{
	printf("nezumi %s ", self->name);
	wrap(self->args, strlen("nezumi  ") + strlen(self->name), 4);
	printf("\n\n");
	wrap(self->summary, 0, 0);
	printf("\n\n");
	if (self->options)
		help_rows(self->options);
	printf("\nCommon options\n");
	help_rows(common_options);
	if (self->notes)
		printf("\n%s", self->notes);
}

/* Text for roff: a leading dot or quote and every backslash and hyphen must not be markup. */
static void roff(const char *s)
{
	for (const char *p = s; *p; p++) {
		if ((*p == '.' || *p == '\'') && (p == s || p[-1] == '\n'))
			printf("\\&");
		if (*p == '\\')
			printf("\\e");
		else if (*p == '-')
			printf("\\-");
		else
			putchar(*p);
	}
}

static void man_options(const struct option_row *rows)
{
	for (; rows->name; rows++) {
		printf(".TP\n.B ");
		if (rows->id < 256)
			printf("\\-%c, ", rows->id);
		printf("\\-\\-");
		roff(rows->name);
		if (rows->arg) {
			printf(rows->arg[0] == '[' ? "" : " ");
			roff(rows->arg);
		}
		putchar('\n');
		roff(rows->help);
		putchar('\n');
	}
}

void print_man(void)
{
	printf(".TH NEZUMI 1 \"\" \"nezumi %s\" \"User commands\"\n.SH NAME\n"
	       "nezumi \\- which organisations are talking to malware controllers\n.SH SYNOPSIS\n"
	       ".B nezumi\n.I command\n[options] [arguments]\n.SH DESCRIPTION\n"
	       "Reads lists of malware controllers and the records of a network, and answers which\n"
	       "organisations are infected, by what, since when and on what evidence. Everything that\n"
	       "was set aside is listed with its reason.\n.SH COMMANDS\n",
	       NEZUMI_VERSION);
	for (size_t i = 0; commands[i]; i++) {
		printf(".SS nezumi %s ", commands[i]->name);
		roff(commands[i]->args);
		putchar('\n');
		roff(commands[i]->summary);
		putchar('\n');
		if (commands[i]->options)
			man_options(commands[i]->options);
		if (commands[i]->notes) {
			printf(".PP\n.nf\n");
			roff(commands[i]->notes);
			printf(".fi\n");
		}
	}
	printf(".SH COMMON OPTIONS\n");
	man_options(common_options);
	printf(".SH EXIT STATUS\n0 found or done, 1 nothing found, 2 error: bad usage, unreadable input, nothing usable.\n"
	       ".SH ENVIRONMENT\n.B NEZUMI_DATA\nthe data directory;\n.B NO_COLOR\nno colours;\n.B TMPDIR\n"
	       "where standard input is kept when it must be read twice.\n");
}

/* "list|show [NAME...]": the verbs that a command begins with, or none. */
static struct str verbs_of(const struct command *c)
{
	struct str verbs = str_head(str_of(c->args), str_chr(str_of(c->args), ' '));

	/* What is in capitals stands for something. */
	return str_chr(verbs, '|') != SIZE_MAX && verbs.p[0] >= 'a' ? verbs : STR_NONE;
}

/* Behind a verb of `feed` come names of feeds, the user's own too: asked for when they are wanted. */
static void complete_verbs(const struct command *c)
{
	struct str verbs = verbs_of(c), one;

	if (verbs.n == 0)
		return;
	printf("\t\t\t[ \"$COMP_CWORD\" -eq 2 ] && words+='");
	while (str_cut(&verbs, '|', &one))
		printf(" %.*s", STR_ARG(one));
	printf("' && verbs=1\n");
	if (strcmp(c->name, "feed") == 0)
		printf("\t\t\t[ \"$COMP_CWORD\" -gt 2 ] && verbs=1 && words+=\" $(nezumi feed list "
		       "--catalogue --json 2>/dev/null |\n"
		       "\t\t\t\tsed -n 's/^{\"name\":\"\\([A-Za-z0-9._-]*\\)\".*/\\1/p')\"\n");
}

void print_completion(void)
{
	printf("# nezumi: completion for bash\n"
	       "_nezumi() {\n\tlocal cur=${COMP_WORDS[COMP_CWORD]} words= verbs=\n"
	       "\tif [ \"$COMP_CWORD\" -eq 1 ]; then\n\t\twords='");
	for (size_t i = 0; commands[i]; i++)
		printf("%s%s", i ? " " : "", commands[i]->name);
	printf("'\n\telse\n\t\tcase ${COMP_WORDS[1]} in\n");
	for (size_t i = 0; commands[i]; i++) {
		printf("\t\t%s)\n\t\t\twords='", commands[i]->name);
		for (const struct option_row *o = commands[i]->options; o && o->name; o++)
			printf("--%s ", o->name);
		for (const struct option_row *o = common_options; o->name; o++)
			printf("--%s%s", o->name, o[1].name ? " " : "");
		printf("'\n");
		complete_verbs(commands[i]);
		printf("\t\t\t;;\n");
	}
	printf("\t\tesac\n\tfi\n\tcase $cur in\n\t-* | '') ;;\n\t*) [ \"$COMP_CWORD\" -gt 1 ] && [ -z \"$verbs\" ] && words= ;;\n\tesac\n"
	       "\tmapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$cur\")\n}\n"
	       "complete -o default -F _nezumi nezumi\n");
}
