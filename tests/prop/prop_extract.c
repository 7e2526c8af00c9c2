/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Texts made of words and of values that are defanged in a random way, in random company. The twin
 * is what they were made from: every value must come out, in normal form, at its place, and nothing
 * else may. The seed is printed and can be given again.
 */
#include "app/catalogue.h"
#include "core/extract.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

enum { ROUNDS = 3000, MOST = 12 };

static uint64_t seed;

static uint32_t below(uint32_t n)
{
	seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (uint32_t)(seed >> 33) % n;
}

#define PICK(v) (v)[below(sizeof(v) / sizeof(v)[0])]

static void word(struct buf *b, bool first)
{
	unsigned n = 4 + below(8);

	for (unsigned i = 0; i < n; i++)
		buf_ch(b, (char)((first && i == 0 ? 'g' : 'a') + (int)below(first && i == 0 ? 20 : 26)));
}

static const char *const dots[] = { "[.]",   "(.)",   "{.}", "[dot]", "(dot)", "[DOT]",
				    " [.] ", "[ . ]", "\\.", "[.",    "[[.]]" };
static const char *const tlds[] = { "com", "net", "org", "info", "ru", "jp", "xyz", "top" };

/* A value as it is, and as it is written. */
static void name(struct buf *plain, struct buf *written)
{
	unsigned labels = 1 + below(3), hard = below(labels);

	for (unsigned i = 0; i < labels; i++) {
		struct buf w;

		buf_init(&w, 0);
		word(&w, true);
		buf_puts(plain, buf_str(&w));
		buf_puts(written, buf_str(&w));
		buf_free(&w);
		buf_ch(plain, '.');
		buf_c(written, i == hard || below(3) == 0 ? PICK(dots) : ".");
	}
	{
		const char *tld = PICK(tlds);

		buf_c(plain, tld);
		buf_c(written, tld);
	}
}

static void address(struct buf *plain, struct buf *written)
{
	unsigned hard = below(3);

	for (unsigned i = 0; i < 4; i++) {
		/* In no special range. */
		unsigned v = i == 0 ? 40 + below(50) : below(256);

		buf_fmt(plain, "%s%u", i ? "." : "", v);
		if (i)
			buf_c(written, i - 1 == hard ? (below(4) ? "[.]" : "(.)") : ".");
		buf_fmt(written, "%u", v);
	}
}

static void url(struct buf *plain, struct buf *written)
{
	static const char *const schemes[][2] = {
		{ "http://", "hxxp://" },   { "https://", "hxxps://" },
		{ "http://", "hXXp[:]//" }, { "https://", "hxxps[://]" },
		{ "http://", "h**p://" },   { "http://", "meow://" }
	};
	const char *const *s = PICK(schemes);

	buf_c(plain, s[0]);
	buf_c(written, s[1]);
	if (below(3))
		name(plain, written);
	else
		address(plain, written);
	buf_ch(plain, '/');
	buf_ch(written, '/');
	for (unsigned i = below(3); i; i--) {
		struct buf w;

		buf_init(&w, 0);
		word(&w, false);
		buf_fmt(&w, i > 1 ? "/" : ".php?id=%u", below(1000));
		buf_puts(plain, buf_str(&w));
		buf_puts(written, buf_str(&w));
		buf_free(&w);
	}
}

static void hash(struct buf *plain, struct buf *written)
{
	static const unsigned sizes[] = { 32, 40, 64, 128 };
	unsigned n = PICK(sizes);
	bool upper = below(4) == 0;

	/* Two of each digit, so that it is no pattern. */
	for (unsigned i = 0; i < n; i++) {
		char c = "0123456789abcdef"[i < 32 ? (i * 7 + below(3) * 5) % 16 : below(16)];

		buf_ch(plain, c);
		buf_ch(written, (char)(upper && c >= 'a' ? c - 32 : c));
	}
}

static void test_all_and_nothing_else(void **state)
{
	static const char *const ends[] = { " ",  ", ", ".\n",    "; ",  "\n- ",  " and ",
					    "、", "。", "」、「", ") (", "\" \"", " | " };
	struct lexicon *l;

	(void)state;
	assert_int_equal(lexicon_new(catalogue_words(), NULL, 0, &l), ERR_OK);
	for (unsigned round = 0; round < ROUNDS; round++) {
		uint64_t was = seed;
		struct str due[MOST], as[MOST];
		size_t at[MOST], n = 0;
		struct extract_in in = { .every = true };
		struct extraction x;
		struct arena arena;
		struct buf text;

		arena_init(&arena, 0);
		buf_init(&text, 0);
		for (unsigned i = 1 + below(MOST); i; i--) {
			struct buf plain, written;

			buf_init(&plain, 0);
			buf_init(&written, 0);
			switch (below(5)) {
			case 0:
				address(&plain, &written);
				break;
			case 1:
				url(&plain, &written);
				break;
			case 2:
				hash(&plain, &written);
				break;
			default:
				name(&plain, &written);
				break;
			}
			for (unsigned k = below(4); k; k--) {
				word(&text, false);
				buf_ch(&text, ' ');
			}
			at[n] = text.n;
			due[n] = arena_str(&arena, buf_str(&plain));
			as[n] = arena_str(&arena, buf_str(&written));
			n++;
			buf_puts(&text, buf_str(&written));
			buf_c(&text, PICK(ends));
			buf_free(&plain);
			buf_free(&written);
		}
		in.text = buf_str(&text);
		assert_int_equal(extract(l, &in, &arena, &x), ERR_OK);
		for (size_t i = 0; i < n || i < x.n_every; i++) {
			const struct extracted *e = i < x.n_every ? &x.every[i] : NULL;

			if (e && i < n && str_eq(e->value, due[i]) && e->at == at[i] &&
			    str_eq(e->original, str_trim(as[i])) && e->class == EX_INDICATOR)
				continue;
			print_error("seed %llu\n%.*s\n  is  %.*s (%.*s) at %zu\n  due %.*s (%.*s) at %zu\n",
				    (unsigned long long)was, STR_ARG(in.text),
				    STR_ARG(e ? e->value : STR_NONE),
				    STR_ARG(e ? e->original : STR_NONE), e ? (size_t)e->at : 0,
				    STR_ARG(i < n ? due[i] : STR_NONE),
				    STR_ARG(i < n ? as[i] : STR_NONE), i < n ? at[i] : 0);
			fail();
		}
		buf_free(&text);
		arena_free(&arena);
	}
	lexicon_free(l);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_all_and_nothing_else) };
	const char *again = argc > 1 ? argv[1] : getenv("NEZUMI_SEED");

	seed = again ? strtoull(again, NULL, 10) : 1;
	printf("seed %llu\n", (unsigned long long)seed);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
