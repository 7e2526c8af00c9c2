/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rows of tables that go over lines: where csv_span says that one ends, against a twin that puts
 * one more line behind it until csv_split takes it; and a table read in blocks of any number of
 * lines, which must mean the same. The seed is printed; NEZUMI_SEED repeats a run, NEZUMI_ROUNDS
 * makes it longer.
 */
#include "base/mix.h"
#include "format/table.h"

#include <stdio.h>
#include <stdlib.h>

#define ROUNDS 60000

static uint64_t state;

static uint64_t below(uint64_t n)
{
	return mix_next(&state) % n;
}

static _Noreturn void differ(const char *what, struct str text, size_t a, size_t b)
{
	printf("%s: %zu and %zu of <<%.*s>>\n0 passed, 1 failed, 0 skipped\n", what, a, b,
	       STR_ARG(text));
	exit(1);
}

/* Little else than what matters. */
static void make(struct buf *b)
{
	static const char *const pieces[] = { "\"", "\"",  "\n",  ",", "a",    "\"\"",
					      "\r", "\",", ",\"", " ", "\n\"", "bc" };

	buf_clear(b);
	for (uint64_t n = below(30); n; n--)
		buf_c(b, pieces[below(sizeof pieces / sizeof pieces[0])]);
	/* Now and then more lines in one field, and in more fields, than may be. */
	if (below(20) == 0)
		for (uint64_t n = below(24); n; n--)
			buf_c(b, below(2) ? "\"\n\"," : "x\n");
	if (below(300) == 0) {
		buf_ch(b, '"');
		for (size_t n = CSV_FIELD_MAX - 8 + below(16); n; n--)
			buf_ch(b, '\n');
		buf_ch(b, '"');
	}
}

/* Is every bound kept by a row that csv_split took? */
static bool within(const struct str *fields, int n)
{
	int breaks = 0;

	for (int i = 0; i < n; i++) {
		breaks += str_chr(fields[i], '\n') != SIZE_MAX;
		if (fields[i].n >= CSV_FIELD_MAX)
			return false;
	}
	return breaks <= CSV_BREAKS_MAX;
}

static size_t naive(struct str line, struct str behind, int want, struct buf *scratch)
{
	struct str rest = behind, more, fields[CSV_FIELDS_MAX];
	const char *why;

	while (str_line(&rest, &more)) {
		struct str row = str_range(line.p, more.p + more.n);
		int n;

		buf_clear(scratch);
		n = csv_split(row, ',', scratch, fields, &why);
		if (n == CSV_OPEN)
			continue;
		return n == want && within(fields, n) ? behind.n - rest.n : 0;
	}
	return 0;
}

static unsigned long rows(struct str text, struct buf *scratch)
{
	struct str rest = text, line, fields[CSV_FIELDS_MAX];
	unsigned long found = 0;
	const char *why;

	while (str_line(&rest, &line)) {
		int want = 1 + (int)below(12);
		size_t got, due;

		buf_clear(scratch);
		if (csv_split(line, ',', scratch, fields, &why) != CSV_OPEN)
			continue;
		got = csv_span(line, rest, ',', want);
		due = naive(line, rest, want, scratch);
		if (got != due)
			differ("the row ends", text, got, due);
		found += got > 0;
	}
	return found;
}

/* ---- blocks ----------------------------------------------------------------------------------- */

/* All that is read of a text, cut anywhere between lines, as one number. */
static uint64_t digest(struct str text, bool cut)
{
	struct sink *sink = calloc(1, sizeof *sink);
	uint64_t d = 1, line = 0;

	if (!sink)
		abort();
	buf_init(&sink->scratch, 0);
	while (text.n) {
		struct str rest = text, one, fields[CSV_FIELDS_MAX];
		struct table t;

		do
			(void)str_line(&rest, &one);
		while (rest.n && (!cut || below(3)));
		sink->line = sink->malformed = 0;
		sink->n_rejects = 0;
		sink->ahead = rest.n;
		t = table_begin(str_range(text.p, rest.p), sink);
		while (table_row(&t, &one)) {
			uint64_t at = line + sink->line;
			int n = table_split(&t, one, ',', 3, 1, 64, fields);

			d = mix64(d ^ at) + (uint64_t)(n + 1);
			for (int i = 0; i < n; i++)
				d = mix64(d ^ str_hash(fields[i], 1));
		}
		line += sink->line;
		text = str_skip(text, sink->used);
	}
	buf_free(&sink->scratch);
	free(sink);
	return mix64(d ^ line);
}

int main(void)
{
	const char *seed = getenv("NEZUMI_SEED"), *rounds = getenv("NEZUMI_ROUNDS");
	uint64_t first = seed ? strtoull(seed, NULL, 10) : 20261122;
	unsigned long n = rounds ? strtoul(rounds, NULL, 10) : ROUNDS, found = 0;
	struct buf text, scratch;

	state = first;
	printf("prop_csv: seed %llu, %lu rounds\n", (unsigned long long)first, n);
	buf_init(&text, 0);
	buf_init(&scratch, 0);
	for (unsigned long i = 0; i < n; i++) {
		uint64_t a, b;

		make(&text);
		found += rows(buf_str(&text), &scratch);
		a = digest(buf_str(&text), false);
		b = digest(buf_str(&text), true);
		if (a != b)
			differ("blocks", buf_str(&text), (size_t)a, (size_t)b);
	}
	printf("%lu rows over lines\n%d passed, %d failed, 0 skipped\n", found, found > n / 100,
	       found <= n / 100);
	buf_free(&text);
	buf_free(&scratch);
	return found <= n / 100;
}
