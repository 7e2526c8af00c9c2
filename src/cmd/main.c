/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/cmd.h"

#include <signal.h>
#include <stdio.h>

extern const struct command cmd_analyze, cmd_check, cmd_doctor, cmd_extract, cmd_feed, cmd_formats,
	cmd_import, cmd_override, cmd_owners, cmd_snapshot;

const struct command *const commands[] = { &cmd_analyze,  &cmd_import,  &cmd_feed,     &cmd_check,
					   &cmd_override, &cmd_extract, &cmd_snapshot, &cmd_doctor,
					   &cmd_formats,  &cmd_owners,  NULL };

static void usage(FILE *to)
{
	fprintf(to,
		"nezumi %s: which organisations are talking to malware controllers?\n\n"
		"  nezumi COMMAND [options] [arguments]\n\n",
		NEZUMI_VERSION);
	for (size_t i = 0; commands[i]; i++)
		fprintf(to, "  %-10s %s\n", commands[i]->name, commands[i]->summary);
	fprintf(to, "\nnezumi COMMAND --help tells more. To begin:\n"
		    "  nezumi analyze -i controllers.txt /var/log/zeek\n");
}

/* What printf could not write is an error, too. */
static int done(int status)
{
	return fflush(stdout) || ferror(stdout) ? complain("cannot write to standard output") : status;
}

int main(int argc, char **argv)
{
	(void)signal(SIGPIPE, SIG_IGN);
	if (argc < 2) {
		usage(stderr);
		return EXIT_ERROR;
	}
	for (size_t i = 0; commands[i]; i++)
		if (strcmp(argv[1], commands[i]->name) == 0)
			return done(commands[i]->run(commands[i], argc - 1, argv + 1));
	if (strcmp(argv[1], "--version") == 0) {
		printf("nezumi %s\n", NEZUMI_VERSION);
		return done(EXIT_FOUND);
	}
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "help") == 0) {
		usage(stdout);
		return done(EXIT_FOUND);
	}
	if (strcmp(argv[1], "--man") == 0) {
		print_man();
		return done(EXIT_FOUND);
	}
	if (strcmp(argv[1], "--completion") == 0) {
		print_completion();
		return done(EXIT_FOUND);
	}
	(void)complain("%s: no such command", argv[1]);
	usage(stderr);
	return EXIT_ERROR;
}
