/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Samples of every format of telemetry, whole, cut off and corrupted, against what must come out of
 * them. Each is also read in other blocks, by every instruction set there is, for a client to whom
 * only some addresses matter, cut at many places and with bytes changed at random: that must give
 * no other records, or none, but never trouble. NEZUMI_GOLDEN=write writes what came out in place
 * of what must.
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
#define SAMPLES  256

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

/* In a way that the bytes choose. */
static void run_quietly(struct str text)
{
	const struct reader *r = reader_of(text);
	uint64_t way = text.n ? str_hash(text, 0) : 0;
	struct reading x = { .quiet = true,
			     .isa = (enum isa)(way % (cpu_isa() + 1u)),
			     .near = sieve_near(way >> 8 & 1),
			     .near_kinds = KIND_ALL,
			     .pass = way >> 9 & 1 };

	if (!r)
		return;
	buf_init(&x.out, 0);
	read_text(&x, r, text, way >> 10 & 1 ? 300 : 1 << 20, NULL);
	assert_true(r->frame == FRAME_STREAM || x.malformed <= x.lines);
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

		(void)snprintf(path, sizeof path, FOLDER "/%.255s", names[i]);
		assert_true(load(path, &text));
		tell(buf_str(&text), 1 << 20, &got);
		(void)snprintf(path, sizeof path, FOLDER "/%.255s" EXPECTED, names[i]);
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

static const size_t sizes[] = { 1 << 20, 1, 43, 169, 547, 4099 };
#define SIZES (sizeof sizes / sizeof sizes[0])
#define LINES 4000

static void in_any_blocks(void **state)
{
	static char names[SAMPLES][256];
	static struct str a[LINES], b[LINES];
	struct buf text, whole, parts;
	int n = samples(names);

	(void)state;
	buf_init(&text, 0);
	buf_init(&whole, 0);
	buf_init(&parts, 0);
	for (int i = 0; i < n; i++) {
		char path[600];

		(void)snprintf(path, sizeof path, FOLDER "/%.255s", names[i]);
		assert_true(load(path, &text));
		tell(buf_str(&text), 1 << 20, &whole);
		for (size_t k = 1; k < SIZES; k++) {
			size_t m = sorted(buf_str(&whole), a, LINES);

			tell(buf_str(&text), sizes[k], &parts);
			if (sorted(buf_str(&parts), b, LINES) != m)
				fail_msg("%s in blocks of %zu gives\n%.*s", names[i], sizes[k],
					 STR_ARG(buf_str(&parts)));
			for (size_t l = 0; l < m; l++)
				if (!str_eq(a[l], b[l]))
					fail_msg("%s in blocks of %zu: \"%.*s\", not \"%.*s\"",
						 names[i], sizes[k], STR_ARG(b[l]), STR_ARG(a[l]));
		}
	}
	buf_free(&text);
	buf_free(&whole);
	buf_free(&parts);
}

/* What must be the same, whatever was passed over. */
static void same_counts(const struct reading *a, const struct reading *b, const char *name)
{
	if (a->records != b->records + b->passed || a->malformed != b->malformed ||
	    a->lines != b->lines || a->unused != b->unused || a->in_window != b->in_window ||
	    (a->in_window && (a->first != b->first || a->last != b->last)))
		fail_msg("%s: other counts: %llu records, %llu handed over, %llu passed", name,
			 (unsigned long long)a->records, (unsigned long long)b->records,
			 (unsigned long long)b->passed);
}

/* All that was told of `a` is told of `b`, but for records that need not be handed over. */
static void same_but_passed(struct str a, struct str b, uint64_t passed, const char *name)
{
	static struct str x[LINES], y[LINES];
	size_t n = sorted(a, x, LINES), m = sorted(b, y, LINES), k = 0;

	for (size_t i = 0; i < n; i++) {
		if (k < m && str_eq(x[i], y[k]))
			k++;
		else if (passed == 0 || x[i].p[0] != '-')
			fail_msg("%s: not told: %.*s", name, STR_ARG(x[i]));
		else
			passed--;
	}
	if (k < m)
		fail_msg("%s: told besides: %.*s", name, STR_ARG(y[k]));
	assert_int_equal(passed, 0);
}

/* One sample for one client. */
static void sift(const struct reader *r, struct str text, const struct reading *client, const char *name)
{
	struct reading want = *client;

	buf_init(&want.out, 0);
	read_text(&want, r, text, 1 << 20, NULL);
	for (unsigned isa = 0; isa <= (unsigned)cpu_isa(); isa++)
		for (size_t k = 0; k < SIZES; k++)
			for (int pass = 0; pass < 2; pass++) {
				struct reading got = *client;
				char what[400];

				(void)snprintf(what, sizeof what, "%s by %s in blocks of %zu", name,
					       isa_text((enum isa)isa), sizes[k]);
				got.isa = (enum isa)isa;
				got.pass = pass;
				buf_init(&got.out, 0);
				read_text(&got, r, text, sizes[k], NULL);
				same_counts(&want, &got, what);
				same_but_passed(buf_str(&want.out), buf_str(&got.out), got.passed, what);
				buf_free(&got.out);
			}
	buf_free(&want.out);
}

static void for_any_client(void **state)
{
	static char names[SAMPLES][256];
	int n = samples(names);
	struct buf text;

	(void)state;
	buf_init(&text, 0);
	for (int i = 0; i < n; i++) {
		const struct reader *r;
		char path[600];

		(void)snprintf(path, sizeof path, FOLDER "/%.255s", names[i]);
		assert_true(load(path, &text));
		r = reader_of(buf_str(&text));
		if (!r)
			continue;
		for (unsigned client = 0; client < 4; client++) {
			struct reading x = { .near = sieve_near(client & 1),
					     .near_kinds = client & 2 ? KIND_ALL : KIND_BIT(KIND_FLOW) };

			sift(r, buf_str(&text), &x, names[i]);
			/* A window that ends in the middle of it. */
			buf_init(&x.out, 0);
			read_text(&x, r, buf_str(&text), 1 << 20, NULL);
			buf_free(&x.out);
			sift(r, buf_str(&text),
			     &(struct reading){ .near = x.near,
						.near_kinds = x.near_kinds,
						.windowed = true,
						.from = x.first + 1,
						.to = x.first + (x.last - x.first) / 2 + 2 },
			     names[i]);
		}
	}
	buf_free(&text);
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

		(void)snprintf(path, sizeof path, FOLDER "/%.255s", names[i]);
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

		(void)snprintf(path, sizeof path, FOLDER "/%.255s", names[i]);
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
		cmocka_unit_test(as_expected),       cmocka_unit_test(in_any_blocks),
		cmocka_unit_test(for_any_client),    cmocka_unit_test(cut_anywhere),
		cmocka_unit_test(changed_at_random),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
