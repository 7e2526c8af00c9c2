/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Extraction by marks and through a small window against its naive twin, which looks at every byte
 * and has all of the text before it: the same values, places, classes and reasons. And the marks of
 * each instruction set against those of the plain way. The texts are made of what means something
 * to extraction, and of real reports. The seed is printed and can be given again.
 */
#include "app/catalogue.h"
#include "core/extract.h"
#include "core/extract_marks.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

enum { ROUNDS = 400, LARGE_ROUNDS = 12, MARK_ROUNDS = 4000, BLOCKS = 4 };

static uint64_t seed;

static uint32_t below(uint32_t n)
{
	seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (uint32_t)(seed >> 33) % n;
}

#define PICK(v) (v)[below(sizeof(v) / sizeof(v)[0])]

static const char *const pieces[] = {
	"evil[.]com",
	"evil.com",
	"hxxp://bad[.]example-c2.ru/gate.php?id=1",
	"http://files.bad-host.net:8080/a(b)/[c]",
	"45.77.12[.]9",
	"45.77.12.9",
	"45.77.12.9:443",
	"45.77.12.0/24",
	"2001:db8::1",
	"2a02:4780:1::7",
	"0a1b2c3d4e5f60718293a4b5c6d7e8f9",
	"e3b0c44298fc1c149afbf4c8996fb924\n27ae41e4649b934ca495991b7852b855",
	"CVE-2021-44228",
	"CVE 2021-44228",
	"cve: 2021-44228",
	"AS4134",
	"AS 4134",
	"ASN: 4134",
	"as #4134",
	"T1059.001",
	"T1059",
	"a@evil.com",
	"john.doe@bad-host.net",
	"HKLM\\Software\\Run\\x",
	"C:\\Users\\x\\evil.exe",
	"1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa",
	"h**p://evil.com",
	"meow://evil[.]com",
	"hxxp ://evil.com/",
	"evil dot com",
	"evil . com",
	"1 . 2 . 3 . 44",
	"\xe6\x82\xaa\xe3\x81\x84.com",
	"evil\xe3\x80\x82"
	"com",
	"evil\xef\xbc\x8e"
	"com",
	"\xe3\x81\x82"
	"evil[.]\xe3\x82\xb3\xe3\x83\xa0",
	"caf\xc3\xa9.fr",
	"\xc2\xa0",
	"\xe2\x80\x8b",
	"C2 servers:",
	"Indicators of compromise",
	"# References",
	"Emotet",
	"downloads",
	"the payload connects to",
	"version 1.2.3.4",
	"2018-12-16",
	"on 16 December 2018",
	"SHA256 hash:",
	"From:",
	"and",
	"a",
	"as",
	"is seen.",
	"Yes! No? So.",
	"| cell | 1 |",
	"- ",
	"* ",
	"\t",
	"\r\n",
	"\n",
	"\n\n",
	". ",
	".",
	",",
	":",
	"::",
	"@",
	"/",
	"//",
	"\\",
	"\\.",
	"[",
	"]",
	"[.]",
	"(",
	"(dot)",
	")",
	"<",
	"=",
	"-",
	"_",
	"\xff",
	"\xe3",
	"'",
	"\"",
	";",
	"&",
};

static void fill(struct buf *b, size_t n)
{
	while (b->n < n) {
		if (below(300) == 0)
			buf_add(b, "", 1);
		else if (below(40) == 0)
			buf_ch(b, (char)below(256));
		else
			buf_c(b, PICK(pieces));
		if (below(3))
			buf_ch(b, below(6) ? ' ' : '\n');
	}
}

static void put(struct buf *b, const struct extracted *e)
{
	buf_fmt(b, "%s %s %s %d%d %u %d at %llu line %u x%u of %u, %lld\n", ex_type_text(e->type),
		ex_class_text(e->class), ex_status_text(e->status), e->defanged, e->has_role,
		e->port, e->has_role ? (int)e->role : 0, (unsigned long long)e->at, e->line,
		e->count, e->first, (long long)e->date);
	for (int i = 0; i < 6; i++) {
		const struct str s[] = { e->value,   e->original, e->context,
					 e->heading, e->family,   e->note };

		buf_puts(b, s[i]);
		buf_ch(b, '\n');
	}
}

/* Without names of files numbers among all values say nothing. */
static void list(const struct extracted *v, size_t n, bool files, struct buf *out)
{
	for (size_t i = 0; i < n; i++) {
		struct extracted e = v[i];

		if (!files && e.type == EX_FILENAME)
			continue;
		e.first = files ? e.first : 0;
		put(out, &e);
	}
}

static void told(const struct lexicon *l, const struct extract_in *in, bool files, struct buf *out)
{
	struct extraction x;
	struct arena arena;

	arena_init(&arena, 0);
	assert_int_equal(extract(l, in, &arena, &x), ERR_OK);
	list(x.v, x.n, files, out);
	list(x.every, x.n_every, files, out);
	arena_free(&arena);
}

static void both(const struct lexicon *l, struct str text, uint64_t was)
{
	struct extract_in twin = { .text = text, .every_byte = true, .window = text.n + 4096 };
	enum isa best = cpu_isa();
	bool files = below(2);
	struct buf due, is;

	twin.every = below(2);
	buf_init(&due, 0);
	buf_init(&is, 0);
	told(l, &twin, files, &due);
	for (int isa = ISA_PLAIN; isa <= (int)best; isa++) {
		struct extract_in in = { .text = text,
					 .every = twin.every,
					 .no_files = !files,
					 .isa = (enum isa)isa,
					 .window = below(2) ? 1 : 0 };

		buf_clear(&is);
		told(l, &in, files, &is);
		if (!str_eq(buf_str(&is), buf_str(&due))) {
			size_t at = 0;

			while (at < is.n && at < due.n && is.p[at] == due.p[at])
				at++;
			print_error("seed %llu, %s, differs at byte %zu:\n%.600s\n  due\n%.600s\n",
				    (unsigned long long)was, isa_text((enum isa)isa), at,
				    is.n ? is.p + at - (at < 200 ? at : 200) : "",
				    due.n ? due.p + at - (at < 200 ? at : 200) : "");
			fail();
		}
	}
	buf_free(&due);
	buf_free(&is);
}

static struct lexicon *lexicon(void)
{
	static const struct family_name names[] = { { STR("Emotet"), STR("Emotet") },
						    { STR("QakBot"), STR("Qbot") },
						    { STR("QakBot"), STR("QakBot") } };
	struct lexicon *l;

	assert_int_equal(lexicon_new(catalogue_words(), names, sizeof names / sizeof names[0], &l),
			 ERR_OK);
	return l;
}

static void test_the_same(void **state)
{
	struct lexicon *l = lexicon();

	(void)state;
	for (int round = 0; round < ROUNDS + LARGE_ROUNDS; round++) {
		uint64_t was = seed;
		struct buf text;

		buf_init(&text, 0);
		fill(&text, round < ROUNDS ? 1 + below(3000) : 60000 + below(60000));
		both(l, buf_str(&text), was);
		buf_free(&text);
	}
	lexicon_free(l);
}

/* One line that is longer than any window, and many without anything. */
static void test_long_lines(void **state)
{
	struct lexicon *l = lexicon();
	struct buf text;

	(void)state;
	buf_init(&text, 0);
	while (text.n < 300000) {
		buf_c(&text, PICK(pieces));
		buf_ch(&text, ' ');
	}
	for (size_t i = 0; i < text.n; i++)
		if (text.p[i] == '\n')
			text.p[i] = ' ';
	buf_c(&text, "\nC2 servers:\n\n- evil[.]com\n");
	for (int i = 0; i < 9000; i++)
		buf_c(&text, "nothing is here\n");
	buf_c(&text, "connects to evil2.com\n");
	both(l, buf_str(&text), seed);
	buf_free(&text);
	lexicon_free(l);
}

static void test_marks(void **state)
{
	static const char common[] =
		"aZ09-_. ./:@\\]*|\t\n\r?!,;'()[]{}<>=&#%$~`^\"dDotT\0\xc2\xe2\xe3\xef\x80\xff";
	char text[1 + 64 * BLOCKS + 3];
	uint64_t due[MARKS][BLOCKS], is[MARKS][BLOCKS];
	uint64_t *to_due[MARKS], *to_is[MARKS];
	size_t n;

	(void)state;
	for (int m = 0; m < MARKS; m++) {
		to_due[m] = due[m];
		to_is[m] = is[m];
	}
	for (int round = 0; round < MARK_ROUNDS; round++) {
		for (size_t i = 0; i < sizeof text; i++)
			text[i] = below(8) ? common[below(sizeof common)] : (char)below(256);
		ex_ways_plain.marks(text + 1, BLOCKS, to_due);
		for (int isa = ISA_AVX2; isa <= (int)cpu_isa(); isa++) {
			const struct ex_ways *w = ex_ways((enum isa)isa);

			w->marks(text + 1, BLOCKS, to_is);
			for (int m = 0; m < MARKS; m++)
				for (int k = 0; k < BLOCKS; k++)
					if (is[m][k] != due[m][k])
						fail_msg("%s: map %d is %llx, due %llx",
							 isa_text((enum isa)isa), m,
							 (unsigned long long)is[m][k],
							 (unsigned long long)due[m][k]);
			assert_true(w->undone(text + 1) == ex_ways_plain.undone(text + 1));
			n = below(sizeof text);
			assert_int_equal(w->lines(text, n, n + below((uint32_t)(sizeof text - n))),
					 ex_ways_plain.lines(text, n, n));
		}
	}
}

/* Bit by bit. */
static void test_runs(void **state)
{
	uint64_t map[BLOCKS];

	(void)state;
	for (int round = 0; round < MARK_ROUNDS; round++) {
		size_t from = below(64 * BLOCKS), to = from + below(64 * BLOCKS - (uint32_t)from),
		       i, n = 0;

		for (int k = 0; k < BLOCKS; k++) {
			map[k] = (uint64_t)below(UINT32_MAX) << 32 | below(UINT32_MAX);
			if (below(3) == 0)
				map[k] = below(2) ? ~UINT64_C(0) : 0;
		}
#define BIT(i) (map[(i) / 64] >> ((i) % 64) & 1)
		for (i = from; i < to && !BIT(i); i++)
			;
		assert_int_equal(ex_next(map, from, to), i);
		for (i = from; i < to && BIT(i); i++)
			;
		assert_int_equal(ex_run_end(map, from, to), i);
		for (i = to; i > from && BIT(i - 1); i--)
			;
		assert_int_equal(ex_run_begin(map, from, to), i);
		for (i = to; i > from && !BIT(i - 1); i--)
			;
		assert_int_equal(ex_last(map, from, to), i);
		for (i = from; i < to; i++)
			n += BIT(i);
		assert_int_equal(ex_count(map, from, to), n);
	}
}

static void test_shared_reports(void **state)
{
	const char *shared = getenv("NEZUMI_SHARED");
	struct lexicon *l = lexicon();
	struct buf path, all;
	struct dirent *d;
	DIR *dir;

	(void)state;
	buf_init(&path, 0);
	buf_init(&all, 0);
	buf_fmt(&path, "%s/data/reports/unit42", shared ? shared : "../shared");
	buf_ch(&path, 0);
	dir = opendir(path.p);
	if (!dir) {
		buf_free(&path);
		lexicon_free(l);
		skip();
	}
	while ((d = readdir(dir))) {
		size_t n = path.n - 1;
		char *to;
		FILE *f;

		if (d->d_name[0] == '.')
			continue;
		path.n = n;
		buf_fmt(&path, "/%s", d->d_name);
		buf_ch(&path, 0);
		f = fopen(path.p, "rb");
		assert_non_null(f);
		while ((to = buf_room(&all, 65536)) && (n = fread(to, 1, 65536, f)) > 0)
			all.n += n;
		(void)fclose(f);
		path.n = strrchr(path.p, '/') - path.p + 1;
	}
	closedir(dir);
	both(l, buf_str(&all), seed);
	buf_free(&path);
	buf_free(&all);
	lexicon_free(l);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_marks),          cmocka_unit_test(test_runs),
		cmocka_unit_test(test_the_same),       cmocka_unit_test(test_long_lines),
		cmocka_unit_test(test_shared_reports),
	};
	const char *again = argc > 1 ? argv[1] : getenv("NEZUMI_SEED");

	seed = again ? strtoull(again, NULL, 10) : 1;
	printf("seed %llu\n", (unsigned long long)seed);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
