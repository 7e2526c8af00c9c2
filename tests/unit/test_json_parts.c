/* SPDX-License-Identifier: Apache-2.0 */
/* Documents cut into their values: by hand, and beside a cutter that looks at byte after byte. */
#include "base/json_parts.h"

#include "base/mix.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

/* All parts, `key=value` apart by blanks, then what ended it. */
static void parts(const char *text, const char *want)
{
	struct json_parts w;
	struct str key, v;
	char got[500];
	int n = 0;

	if (!json_parts_begin(&w, str_of(text))) {
		assert_string_equal("no", want);
		return;
	}
	while (json_part(&w, &key, &v) && n < 400)
		n += snprintf(got + n, sizeof got - (size_t)n, "%.*s=%.*s ", STR_ARG(key), STR_ARG(v));
	(void)snprintf(got + n, sizeof got - (size_t)n, "%s|%.*s", w.broken ? "broken" : "",
		       STR_ARG(json_parts_rest(&w)));
	assert_string_equal(got, want);
	/* Asked again, the answer is the same. */
	assert_false(json_part(&w, &key, &v));
}

static void cuts(void **state)
{
	(void)state;
	parts("", "no");
	parts(" 1", "no");
	parts("[]", "|");
	parts(" { } x", "| x");
	parts("[1, 2,3]", "=1 =2 =3 |");
	parts("[\"a,]\\\"\", {\"b\": \"]}\"} , [[],{}]]", "=\"a,]\\\"\" ={\"b\": \"]}\"} =[[],{}] |");
	parts("{\"a\": 1, \"b\" :[2] }\n{", "a=1 b=[2] |\n{");
	/* Damage inside of a value is not its affair, */
	parts("[{\"a\" 1}, {nonsense}, true]", "={\"a\" 1} ={nonsense} =true |");
	/* but between values it is. */
	parts("[1 2]", "=1 broken|2]");
	parts("[1,]", "=1 broken|,]");
	parts("[,1]", "broken|,1]");
	parts("{\"a\" 1}", "broken|\"a\" 1}");
	parts("{1:2}", "broken|1:2}");
	parts("[1", "=1 broken|");
	parts("[{\"a\":[1,2", "={\"a\":[1,2 broken|");
	parts("[1,\"ab", "=1 =\"ab broken|");
	parts("{\"a", "broken|\"a");
	parts("{\"a\":", "broken|\"a\":");
	parts("[1,\"a\\", "=1 =\"a\\ broken|");
}

/* Where the value ends that begins at i, or SIZE_MAX: one byte after the other. */
static size_t naive(const char *p, size_t n, size_t i)
{
	bool text = false;
	size_t depth = 0;

	if (p[i] != '"' && p[i] != '{' && p[i] != '[') {
		while (i < n && !strchr(",]} \n\r\t", p[i]))
			i++;
		return i;
	}
	for (; i < n; i++) {
		if (text && p[i] == '\\')
			i++;
		else if (p[i] == '"')
			text = !text;
		else if (!text && (p[i] == '{' || p[i] == '['))
			depth++;
		else if (!text && (p[i] == '}' || p[i] == ']'))
			depth--;
		if (!text && depth == 0 && i < n)
			return i + 1;
	}
	return SIZE_MAX;
}

static void cuts_as_byte_after_byte(void **state)
{
	static const char bytes[] = "\"\"\"\\{}[]{}[],: \n1ab\x7b\x5b\x1b\xfb\xdd\x02";
	uint64_t seed = 7;

	(void)state;
	for (int round = 0; round < 200000; round++) {
		size_t n = 1 + mix_next(&seed) % 70, end;
		char *p = malloc(n); /* of its own, so that a step beyond its end is seen */
		struct str value, rest;
		bool whole;

		assert_non_null(p);
		for (size_t i = 0; i < n; i++)
			p[i] = bytes[mix_next(&seed) % (sizeof bytes - 1)];
		/* Something to begin with. */
		if (round % 2)
			p[0] = "{[\""[mix_next(&seed) % 3];
		if (strchr(" \n,]}", p[0])) {
			free(p);
			continue;
		}
		end = naive(p, n, 0);
		whole = json_cut((struct str){ p, n }, &value, &rest);
		assert_int_equal(whole, end != SIZE_MAX);
		assert_int_equal(value.n, end == SIZE_MAX ? n : end);
		assert_int_equal(rest.n, end == SIZE_MAX ? 0 : n - end);
		free(p);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cuts),
		cmocka_unit_test(cuts_as_byte_after_byte),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
