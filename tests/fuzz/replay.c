/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A main for fuzz targets without a fuzzer: gives every file named on the command line, and every
 * file below a folder named there, to LLVMFuzzerTestOneInput once. So the corpus is a regression
 * test for any compiler and sanitizer. Names each file before it is tried with -v, so that a
 * crash is known by its input; the last line counts the inputs.
 */
#include <fts.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static unsigned long replayed;

static int replay(const char *path)
{
	FILE *f = fopen(path, "rb");
	size_t n = 0, cap = 1 << 16;
	uint8_t *data, *exact;

	if (!f)
		return -1;
	data = malloc(cap);
	while (data && (n += fread(data + n, 1, cap - n, f)) == cap) {
		uint8_t *more = realloc(data, cap *= 2);

		if (!more)
			free(data);
		data = more;
	}
	(void)fclose(f);
	/* Exactly as long as the input, so that one byte too far is seen. */
	exact = data ? malloc(n ? n : 1) : NULL;
	if (!exact) {
		free(data);
		return -1;
	}
	memcpy(exact, data, n);
	free(data);
	(void)LLVMFuzzerTestOneInput(exact, n);
	free(exact);
	replayed++;
	return 0;
}

int main(int argc, char **argv)
{
	char *none[] = { NULL };
	int verbose = argc > 1 && strcmp(argv[1], "-v") == 0;
	FTS *tree = fts_open(argc > 1 + verbose ? argv + 1 + verbose : none,
			     FTS_LOGICAL | FTS_NOCHDIR, NULL);
	FTSENT *e;
	int status = 0;

	while (tree && (e = fts_read(tree))) {
		if (e->fts_info != FTS_F)
			continue;
		if (verbose) {
			printf("%s\n", e->fts_path);
			(void)fflush(stdout);
		}
		if (replay(e->fts_path) < 0) {
			perror(e->fts_path);
			status = 2;
		}
	}
	if (tree)
		(void)fts_close(tree);
	printf("%lu inputs replayed\n", replayed);
	return status;
}
