/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/cmd.h"

#include "format/reader.h"

#include <stdio.h>

static int run(const struct command *self, int argc, char **argv)
{
	static const char *const what[] = { "Telemetry", "Indicators", "Organisations",
					    "Exclusions", "Names of families" };
	struct common c;
	char **args;
	int n_args, status = parse_options(self, argc, argv, &c, NULL, NULL, &args, &n_args);

	if (status >= 0)
		return status;
	for (int reads = READS_RECORDS; reads <= READS_ALIASES; reads++) {
		printf("%s%s\n", reads ? "\n" : "", what[reads]);
		for (size_t i = 0; readers[i]; i++)
			if (readers[i]->reads == (enum reads)reads)
				printf("  %-16s %s\n", readers[i]->name, readers[i]->title);
	}
	printf("\nAll of them also compressed by gzip or zstd; recognised by content.\n");
	return EXIT_FOUND;
}

const struct command cmd_formats = { "formats", "", "list what can be read", NULL, run, NULL };
