/* SPDX-License-Identifier: Apache-2.0 */
#include "base/json.h"
#include "base/mix.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

/* Walk all of a text, down to the leaves; what was met goes to out as key=value pairs. False if any
 * of it is malformed. */
static bool walk(struct str text, struct buf *out)
{
	struct json_walk w;
	struct json v;
	struct str key;

	if (!json_begin(&w, text))
		return false;
	buf_ch(out, w.array ? '[' : '{');
	while (json_next(&w, &key, &v)) {
		buf_puts(out, key);
		buf_ch(out, '=');
		if (v.type == JSON_OBJECT || v.type == JSON_ARRAY) {
			if (!walk(v.raw, out))
				return false;
		} else {
			buf_ch(out, "nb#s"[v.type]);
			buf_puts(out, v.raw);
		}
		buf_ch(out, ' ');
	}
	buf_ch(out, w.array ? ']' : '}');
	return !w.failed && json_rest(&w).n == 0;
}

/* want NULL: malformed. The text is copied to where its end is the end of memory. */
static void check(struct str text, const char *want)
{
	char *copy = malloc(text.n ? text.n : 1);
	struct buf out;
	bool ok;

	assert_non_null(copy);
	memcpy(copy, text.p, text.n);
	buf_init(&out, 0);
	ok = walk((struct str){ copy, text.n }, &out);
	if (ok && !want)
		fail_msg("accepted: %.*s", STR_ARG(text));
	if (!ok && want)
		fail_msg("refused: %.*s", STR_ARG(text));
	buf_ch(&out, 0);
	if (want)
		assert_string_equal(out.p, want);
	buf_free(&out);
	free(copy);
}

static void walks(void **state)
{
	(void)state;
	check(STR("{}"), "{}");
	check(STR(" \t\r\n[ ] "), "[]");
	check(STR("{\"a\":1,\"b\":\"x\",\"c\":true,\"d\":false,\"e\":null}"),
	      "{a=#1 b=sx c=btrue d=bfalse e=nnull }");
	check(STR("{ \"a\" : { \"b\" : [ 1 , [ ] , { } , \"]}\\\"\" ] } , \"c\" : -0.5e+3 }"),
	      "{a={b=[=#1 =[] ={} =s]}\\\" ] } c=#-0.5e+3 }");
	check(STR("{\"a\":1,\"a\":2}"), "{a=#1 a=#2 }");
	check(STR("[0,-0,10,0.1,1E9,1e-9]"), "[=#0 =#-0 =#10 =#0.1 =#1E9 =#1e-9 ]");
	check(STR("{\"\\u0061\":1}"), "{\\u0061=#1 }");
	/* Long strings cross the steps in which they are scanned. */
	check(STR("[\"0123456789abcdef0123456789abcdef\\n\",\"0123456789abcde\\\"\"]"),
	      "[=s0123456789abcdef0123456789abcdef\\n =s0123456789abcde\\\" ]");
	check(STR("[\"\xff\xc3\"]"), "[=s\xff\xc3 ]");
}

static void refuses(void **state)
{
	static const char *const bad[] = {
		"",
		" ",
		"1",
		"\"a\"",
		"null",
		"{",
		"[",
		"}",
		"]",
		"{]",
		"[}",
		"[1",
		"[1,",
		"[1,]",
		"[,1]",
		"[1 2]",
		"[1]]",
		"{} {}",
		"{\"a\"}",
		"{\"a\":}",
		"{\"a\":1,}",
		"{a:1}",
		"{'a':1}",
		"{1:1}",
		"{\"a\":1 \"b\":2}",
		"{\"a\"1}",
		"[01]",
		"[1.]",
		"[.5]",
		"[+1]",
		"[1e]",
		"[1e+]",
		"[-]",
		"[0x1]",
		"[NaN]",
		"[Infinity]",
		"[tru]",
		"[True]",
		"[nul]",
		"[\"a]",
		"[\"a\\\"]",
		"[\"\\x41\"]",
		"[\"\\u12\"]",
		"[\"\\u12g4\"]",
		"[\"\\u123\"]",
		"[\"a\nb\"]",
		"[\"0123456789abcdef\t\"]",
		"[[1,2}]",
		"[{\"a\":1]]",
		"[{\"a\":[}]]",
		"[[[[1]]]",
		"{\"a\":{\"b\":1}",
		"[1]x",
		"//\n[1]",
	};

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		check(str_of(bad[i]), NULL);
	check(STR("[\"a\0b\"]"), NULL);
	check(STR("[1\0]"), NULL);
}

/* What has failed or ended stays so. */
static void stays_ended(void **state)
{
	struct json_walk w;
	struct json v;
	struct str key;

	(void)state;
	assert_true(json_begin(&w, STR("[1] rest ")));
	assert_true(json_next(&w, &key, &v));
	assert_false(json_next(&w, &key, &v));
	assert_false(json_next(&w, &key, &v));
	assert_false(w.failed);
	assert_true(str_is(json_rest(&w), "rest"));
	assert_true(json_begin(&w, STR("[1;2]")));
	assert_true(json_next(&w, &key, &v));
	assert_false(json_next(&w, &key, &v));
	assert_false(json_next(&w, &key, &v));
	assert_true(w.failed);
	assert_false(json_begin(&w, STR("7")));
	assert_false(json_next(&w, &key, &v));
}

static bool nests(size_t depth, char open, char close)
{
	struct buf text, out;
	struct json_walk w;
	struct json v;
	struct str key;
	bool ok;

	buf_init(&text, 0);
	buf_init(&out, 0);
	for (size_t i = 0; i < depth; i++) {
		buf_ch(&text, open);
		if (open == '{' && i + 1 < depth)
			buf_c(&text, "\"a\":");
	}
	for (size_t i = 0; i < depth; i++)
		buf_ch(&text, close);
	ok = json_begin(&w, buf_str(&text)) && (json_next(&w, &key, &v) || !w.failed);
	buf_free(&text);
	buf_free(&out);
	return ok;
}

static void depth(void **state)
{
	(void)state;
	assert_true(nests(64, '[', ']'));
	assert_false(nests(65, '[', ']'));
	assert_true(nests(64, '{', '}'));
	assert_false(nests(65, '{', '}'));
	assert_false(nests(1000000, '[', ']'));
	assert_false(nests(1000000, '{', '}'));
}

static void text_of(struct str raw, const char *want, size_t want_n)
{
	struct json v = { .type = JSON_STRING, .escaped = str_chr(raw, '\\') != SIZE_MAX, .raw = raw };
	char *dst = malloc(raw.n ? raw.n : 1);
	struct str got;

	assert_non_null(dst);
	assert_true(json_text(&v, dst, &got));
	assert_int_equal(got.n, want_n);
	assert_memory_equal(got.p, want, want_n);
	free(dst);
}

#define TEXT_OF(raw, want) text_of(STR(raw), want, sizeof(want) - 1)

static void texts(void **state)
{
	struct json number = { .type = JSON_NUMBER, .raw = STR("1") };
	struct str got;

	(void)state;
	TEXT_OF("plain", "plain");
	TEXT_OF("", "");
	TEXT_OF("\\\"\\\\\\/\\b\\f\\n\\r\\t", "\"\\/\b\f\n\r\t");
	TEXT_OF("a\\u0062c\\u00e9\\u9f20", "abc\xc3\xa9\xe9\xbc\xa0");
	TEXT_OF("\\ud83d\\ude00", "\xf0\x9f\x98\x80");
	TEXT_OF("\\uDBFF\\uDFFF", "\xf4\x8f\xbf\xbf");
	TEXT_OF("\\u0000", "\0");
	/* Halves of pairs. */
	TEXT_OF("\\ud83d", "\xef\xbf\xbd");
	TEXT_OF("\\ude00x", "\xef\xbf\xbdx");
	TEXT_OF("\\ud83d\\ud83d\\ude00", "\xef\xbf\xbd\xf0\x9f\x98\x80");
	TEXT_OF("\\ud83d\\n", "\xef\xbf\xbd\n");
	TEXT_OF("\xff\\n", "\xff\n");
	assert_false(json_text(&number, NULL, &got));
}

static void decimal(const char *s, unsigned scale, const char *want)
{
	char text[32];
	uint64_t v = 0;
	bool ok = json_decimal(str_of(s), scale, &v);

	(void)snprintf(text, sizeof text, "%llu", (unsigned long long)v);
	if (!want && ok)
		fail_msg("%s is accepted", s);
	if (want && (!ok || strcmp(text, want) != 0))
		fail_msg("%s gives %s, not %s", s, ok ? text : "nothing", want);
}

static void decimals(void **state)
{
	(void)state;
	decimal("0", 0, "0");
	decimal("007", 0, "7");
	decimal("12.0", 0, "12");
	decimal("1e3", 0, "1000");
	decimal("1.5E+2", 0, "150");
	decimal("18446744073709551615", 0, "18446744073709551615");
	decimal("18446744073709551615.5", 0, "18446744073709551615");
	decimal("184467440737095516159", 0, NULL);
	decimal("18446744073709551619999e-9", 0, "18446744073710");
	decimal("1844674407370955161", 0, "1844674407370955161");
	decimal("18446744073709551616", 0, NULL);
	decimal("1e19", 0, "10000000000000000000");
	decimal("1e20", 0, NULL);
	decimal("1e999999999999", 0, NULL);
	decimal("0e999999999999", 0, "0");
	decimal("1e-999999999999", 6, "0");
	decimal("1713484795.943239", 6, "1713484795943239");
	decimal("1713484795.9432387", 6, "1713484795943239");
	decimal("1713484795.9432384", 6, "1713484795943238");
	decimal("0.9999995", 6, "1000000");
	decimal("0.9999994999", 6, "999999");
	decimal("5.0067901611328125e-06", 6, "5");
	decimal("0.00000000000000000000000000000000000000001e41", 0, "1");
	decimal("1.", 0, NULL);
	decimal(".5", 0, NULL);
	decimal("", 0, NULL);
	decimal("-1", 0, NULL);
	decimal("+1", 0, NULL);
	decimal("1e", 0, NULL);
	decimal("1e+", 0, NULL);
	decimal("1 ", 0, NULL);
	decimal("1.2.3", 0, NULL);
	decimal("abc", 0, NULL);
}

static void put(struct str s, const char *want)
{
	struct json_walk w;
	struct buf b;
	struct json v;
	struct str key;

	buf_init(&b, 0);
	buf_ch(&b, '[');
	json_put(&b, s);
	buf_ch(&b, ']');
	/* What is written is valid, and UTF-8. */
	assert_true(json_begin(&w, buf_str(&b)));
	assert_true(json_next(&w, &key, &v));
	assert_false(json_next(&w, &key, &v));
	assert_false(w.failed);
	assert_true(str_utf8(buf_str(&b)));
	assert_int_equal(v.raw.n, strlen(want));
	assert_memory_equal(v.raw.p, want, v.raw.n);
	buf_free(&b);
}

static void puts_strings(void **state)
{
	(void)state;
	put(STR(""), "");
	put(STR("plain"), "plain");
	put(STR("\"\\/"), "\\\"\\\\/");
	put(STR("\0\x01\n\x1f\x7f"), "\\u0000\\u0001\\u000a\\u001f\\u007f");
	put(STR("</script><!-- &"), "\\u003c/script\\u003e\\u003c!-- \\u0026");
	put(STR("\xe2\x80\xa8|\xe2\x80\xa9|\xe2\x80\xaa"), "\\u2028|\\u2029|\xe2\x80\xaa");
	put(STR("\xe9\xbc\xa0\xf0\x9f\x90\xad"), "\xe9\xbc\xa0\xf0\x9f\x90\xad");
	put(STR("a\xff"
		"b\xc3"),
	    "a\xef\xbf\xbd"
	    "b\xef\xbf\xbd");
	put(STR("\xed\xa0\x80\xc0\xaf\xf4\x90\x80\x80\xe2\x82|"),
	    "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"
	    "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd|");
}

/* Any bytes, written and read again, are the same but for what is no UTF-8. */
static void round_trips(void **state)
{
	uint64_t seed = 7;

	(void)state;
	for (int round = 0; round < 2000; round++) {
		char in[40], back[400];
		size_t n = mix_next(&seed) % sizeof in;
		struct json_walk w;
		struct json v;
		struct buf b;
		struct str key, got;

		for (size_t i = 0; i < n; i++)
			in[i] = (char)(mix_next(&seed) % (round % 2 ? 256 : 128));
		buf_init(&b, 0);
		buf_ch(&b, '[');
		json_put(&b, (struct str){ in, n });
		buf_ch(&b, ']');
		assert_true(json_begin(&w, buf_str(&b)) && json_next(&w, &key, &v));
		assert_true(v.raw.n <= sizeof back);
		assert_true(json_text(&v, back, &got));
		if (str_utf8((struct str){ in, n })) {
			assert_int_equal(got.n, n);
			assert_memory_equal(got.p, in, n);
		}
		buf_free(&b);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(walks),        cmocka_unit_test(refuses),
		cmocka_unit_test(stays_ended),  cmocka_unit_test(depth),
		cmocka_unit_test(texts),        cmocka_unit_test(decimals),
		cmocka_unit_test(puts_strings), cmocka_unit_test(round_trips),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
