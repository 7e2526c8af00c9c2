/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Samples of every format of telemetry, whole, cut off and corrupted, against what must come out of
 * them. Each is also read in other blocks, cut at many places and with bytes changed at random:
 * that must give no other records, or none, but never trouble. NEZUMI_GOLDEN=write writes what came
 * out in place of what must.
 */
#include "base/mix.h"
#include "format/reader.h"
#include "read_records.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define FOLDER   "tests/golden/telemetry"
#define EXPECTED ".expected"
#define SAMPLES  64

static bool load(const char *path, struct buf *out)
{
	FILE *f = fopen(path, "rb");
	char part[4096];
	size_t n;

	buf_clear(out);
	if (!f)
		return false;
	while ((n = fread(part, 1, sizeof part, f)) > 0)
		buf_add(out, part, n);
	(void)fclose(f);
	return buf_err(out) == ERR_OK;
}

static const struct reader *reader_of(struct str text)
{
	struct sample s = { .head = str_head(text, 65536), .whole = text.n <= 65536, .name = STR_NONE };
	const struct reader *r = NULL;

	return reader_find(READS_RECORDS, &s, &r) ? NULL : r;
}

/* Everything about a file: its format, its records and rejects, the counts. */
static void tell(struct str text, size_t block, struct buf *out)
{
	const struct reader *r = reader_of(text);
	struct reading x = { .quiet = false };

	buf_clear(out);
	if (!r) {
		buf_c(out, "no reader\n");
		return;
	}
	buf_init(&x.out, 0);
	buf_fmt(out, "%s\n", r->name);
	read_text(&x, r, text, block, NULL);
	buf_puts(out, buf_str(&x.out));
	buf_fmt(out, "records %llu malformed %llu lines %llu\n", (unsigned long long)x.records,
		(unsigned long long)x.malformed, (unsigned long long)x.lines);
	buf_free(&x.out);
}

static void run_quietly(struct str text)
{
	const struct reader *r = reader_of(text);
	struct reading x = { .quiet = true };

	if (!r)
		return;
	buf_init(&x.out, 0);
	read_text(&x, r, text, 300, NULL);
	assert_true(x.malformed <= x.lines);
	buf_free(&x.out);
}

static int samples(char names[SAMPLES][256])
{
	DIR *d = opendir(FOLDER);
	const struct dirent *e;
	int n = 0;

	if (!d)
		return 0;
	while ((e = readdir(d)) && n < SAMPLES)
		if (e->d_name[0] != '.' && !str_ends(str_of(e->d_name), STR(EXPECTED)))
			(void)snprintf(names[n++], 256, "%s", e->d_name);
	(void)closedir(d);
	return n;
}

static void as_expected(void **state)
{
	static char names[SAMPLES][256];
	const char *mode = getenv("NEZUMI_GOLDEN");
	struct buf text, want, got;
	int n = samples(names), wrong = 0;

	(void)state;
	assert_true(n > 0);
	buf_init(&text, 0);
	buf_init(&want, 0);
	buf_init(&got, 0);
	for (int i = 0; i < n; i++) {
		char path[600];

		(void)snprintf(path, sizeof path, FOLDER "/%s", names[i]);
		assert_true(load(path, &text));
		tell(buf_str(&text), 1 << 20, &got);
		(void)snprintf(path, sizeof path, FOLDER "/%s" EXPECTED, names[i]);
		if (mode && strcmp(mode, "write") == 0) {
			FILE *f = fopen(path, "wb");

			assert_non_null(f);
			(void)fwrite(got.p, 1, got.n, f);
			(void)fclose(f);
		}
		if (!load(path, &want) || !str_eq(buf_str(&want), buf_str(&got))) {
			wrong++;
			(void)fprintf(stderr, "%s gives\n%.*s", names[i], STR_ARG(buf_str(&got)));
		}
	}
	buf_free(&text);
	buf_free(&want);
	buf_free(&got);
	assert_int_equal(wrong, 0);
}

/* Records and rejects come in another order when blocks are other, so only the lines are compared,
 * sorted. */
static int by_text(const void *a, const void *b)
{
	return str_cmp(*(const struct str *)a, *(const struct str *)b);
}

static size_t sorted(struct str text, struct str *lines, size_t max)
{
	size_t n = 0;

	while (n < max && str_line(&text, &lines[n]))
		n++;
	qsort(lines, n, sizeof *lines, by_text);
	return n;
}

static void in_any_blocks(void **state)
{
	static char names[SAMPLES][256];
	static struct str a[2000], b[2000];
	struct buf text, whole, parts;
	int n = samples(names);

	(void)state;
	buf_init(&text, 0);
	buf_init(&whole, 0);
	buf_init(&parts, 0);
	for (int i = 0; i < n; i++) {
		char path[600];

		(void)snprintf(path, sizeof path, FOLDER "/%s", names[i]);
		assert_true(load(path, &text));
		tell(buf_str(&text), 1 << 20, &whole);
		for (size_t size = 1; size < 1000; size = size * 3 + 40) {
			size_t m;

			tell(buf_str(&text), size, &parts);
			m = sorted(buf_str(&whole), a, 2000);
			assert_int_equal(sorted(buf_str(&parts), b, 2000), m);
			for (size_t k = 0; k < m; k++)
				assert_true(str_eq(a[k], b[k]));
		}
	}
	buf_free(&text);
	buf_free(&whole);
	buf_free(&parts);
}

static void cut_anywhere(void **state)
{
	static char names[SAMPLES][256];
	int n = samples(names);
	struct buf text;

	(void)state;
	buf_init(&text, 0);
	for (int i = 0; i < n; i++) {
		char path[600];

		(void)snprintf(path, sizeof path, FOLDER "/%s", names[i]);
		assert_true(load(path, &text));
		for (size_t len = 0; len < text.n; len += 13)
			run_quietly(str_head(buf_str(&text), len));
	}
	buf_free(&text);
}

static void changed_at_random(void **state)
{
	static const char bytes[] = "\0\xff\t\n\r\",;|\\{}[]:#-.0x9\x80";
	static char names[SAMPLES][256];
	int n = samples(names);
	uint64_t seed = 20240301;
	struct buf text;

	(void)state;
	buf_init(&text, 0);
	for (int i = 0; i < n; i++) {
		char path[600];

		(void)snprintf(path, sizeof path, FOLDER "/%s", names[i]);
		assert_true(load(path, &text));
		for (int round = 0; round < 1500 && text.n; round++) {
			for (uint64_t k = 1 + mix_next(&seed) % 4; k; k--)
				text.p[mix_next(&seed) % text.n] =
					bytes[mix_next(&seed) % (sizeof bytes - 1)];
			run_quietly(buf_str(&text));
		}
	}
	buf_free(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(as_expected),
		cmocka_unit_test(in_any_blocks),
		cmocka_unit_test(cut_anywhere),
		cmocka_unit_test(changed_at_random),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
