/* SPDX-License-Identifier: Apache-2.0 */
/* Readers of JSON documents: MISP events and warninglists, STIX bundles and patterns. */
#include "format/stix_pattern.h"
#include "list_probe.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const struct golden goldens[] = {
	{ "misp.json", READS_INDICATORS, NULL },
	{ "misp-attributes.json", READS_INDICATORS, NULL },
	{ "misp-latin1.json", READS_INDICATORS, NULL },
	{ "misp.truncated.json", READS_INDICATORS, NULL },
	{ "misp.corrupt.json", READS_INDICATORS, NULL },
	{ "stix21.json", READS_INDICATORS, NULL },
	{ "stix20.json", READS_INDICATORS, NULL },
	{ "stix21.truncated.json", READS_INDICATORS, NULL },
	{ "stix21.corrupt.json", READS_INDICATORS, NULL },
	{ "stix-deep.corrupt.json", READS_INDICATORS, NULL },
	{ "warninglist-cidr.json", READS_EXCLUSIONS, NULL },
	{ "warninglist-hostname.json", READS_EXCLUSIONS, NULL },
	{ "warninglist-string.json", READS_EXCLUSIONS, NULL },
	{ "warninglist-substring.json", READS_EXCLUSIONS, NULL },
	{ "warninglist-regex.json", READS_EXCLUSIONS, NULL },
	{ "warninglist.truncated.json", READS_EXCLUSIONS, NULL },
	{ "warninglist.corrupt.json", READS_EXCLUSIONS, NULL },
	{ "warninglist-type.corrupt.json", READS_EXCLUSIONS, NULL },
};

#define GOLDENS (sizeof goldens / sizeof goldens[0])

static void samples_say_what_is_expected(void **state)
{
	bool ok = true;

	(void)state;
	for (size_t i = 0; i < GOLDENS; i++)
		ok &= golden_holds(&goldens[i]);
	assert_true(ok);
}

static void broken_samples_are_survived(void **state)
{
	(void)state;
	for (size_t i = 0; i < GOLDENS; i++)
		golden_broken(&goldens[i], i + 1, 60);
}

static void put_value(void *ctx, const struct stix_value *v)
{
	struct buf *b = ctx;

	buf_fmt(b, "%.*s", STR_ARG(v->text));
	if (v->port)
		buf_fmt(b, ":%u", v->port);
	if (v->from != TIME_NONE || v->until != TIME_NONE) {
		buf_ch(b, '@');
		time_format(b, v->from);
		buf_ch(b, '/');
		time_format(b, v->until);
	}
	buf_ch(b, ' ');
}

static void put_bad(void *ctx, const char *why)
{
	buf_fmt(ctx, "(%s) ", why);
}

static const char *pattern(struct str text, char *out, size_t n)
{
	struct buf b;
	struct stix_sink sink = { &b, put_value, put_bad };
	struct errinfo ei;
	enum err e;

	buf_init(&b, 0);
	e = stix_pattern(text, &sink, &ei);
	if (e)
		(void)snprintf(out, n, "%s: %s", e == ERR_LIMIT ? "limit" : "refused", ei.msg);
	else
		(void)snprintf(out, n, "%.*s", STR_ARG(str_trim(buf_str(&b))));
	buf_free(&b);
	return out;
}

static void patterns_give_what_stands_by_itself(void **state)
{
	static const char *const rows[][2] = {
		{ "[ipv4-addr:value = '1.1.1.1']", "1.1.1.1" },
		{ " [ ipv6-addr:value='2001:db8::1' ] ", "2001:db8::1" },
		{ "[ipv4-addr:value IN ('1.1.1.1', '1.1.1.2')]", "1.1.1.1 1.1.1.2" },
		{ "[ipv4-addr:value ISSUBSET '1.1.1.0/24']", "1.1.1.0/24" },
		{ "[ipv4-addr:value LIKE '1.1.%']", "1.1.0.0/16" },
		{ "[domain-name:value LIKE '%.a.example']", "a.example" },
		{ "[domain-name:value LIKE 'a.example']", "a.example" },
		{ "[domain-name:value LIKE '%a.example']",
		  "(domain-name:value LIKE names no value that records show)" },
		{ "[url:value = 'http://a.example/it\\'s\\\\']", "http://a.example/it's\\" },
		{ "[file:hashes.'SHA-256' = 'aa' OR file:hashes.MD5 = 'bb']", "aa bb" },
		{ "[file:hashes.\"SHA-1\" = 'aa' AND file:name = 'x']", "aa" },
		{ "[ipv4-addr:value = '1.1.1.1' AND network-traffic:dst_port = 80]", "1.1.1.1:80" },
		{ "[network-traffic:dst_port = 80 AND network-traffic:dst_ref.value = '1.1.1.1']",
		  "1.1.1.1:80" },
		{ "[network-traffic:dst_ref.value = '1.1.1.1' AND "
		  "network-traffic:dst_ref.type = 'ipv4-addr' AND network-traffic:protocols[*] = 'tcp' "
		  "AND network-traffic:src_ref.value ISSUBSET '10.0.0.0/8']",
		  "1.1.1.1" },
		{ "[ipv4-addr:value = '1.1.1.1' OR ipv4-addr:value = '1.1.1.2' AND "
		  "network-traffic:dst_port IN (80, 443)]",
		  "1.1.1.1 1.1.1.2:80 1.1.1.2:443" },
		{ "[(ipv4-addr:value = '1.1.1.1' OR ipv4-addr:value = '1.1.1.2') AND "
		  "(network-traffic:dst_port = 80 OR network-traffic:dst_port = 443)]",
		  "1.1.1.1:80 1.1.1.2:80 1.1.1.1:443 1.1.1.2:443" },
		{ "[domain-name:value = 'a.example'] FOLLOWEDBY [url:value = 'http://b.example/']",
		  "a.example http://b.example/" },
		{ "[domain-name:value = 'a.example'] AND [file:hashes.MD5 = 'aa'] OR "
		  "[ipv4-addr:value = '1.1.1.1'] WITHIN 5 SECONDS REPEATS 3 TIMES",
		  "a.example aa 1.1.1.1" },
		{ "([ipv4-addr:value = '1.1.1.1']) START t'2020-01-01T00:00:00Z' STOP "
		  "t'2021-01-01T00:00:00Z'",
		  "1.1.1.1@2020-01-01T00:00:00Z/2020-12-31T23:59:59.999999Z" },
		{ "[ipv4-addr:value = '1.1.1.1' /* a remark */] // another", "1.1.1.1" },
		{ "[domain-name:value = 'a.example' AND process:name = 'x']",
		  "(its values hold only together with process:name)" },
		{ "[process:name = 'x'] FOLLOWEDBY [domain-name:value = 'a.example']",
		  "(its values hold only together with process:name)" },
		{ "[domain-name:value = 'a.example' AND network-traffic:dst_port != 53]",
		  "(its values hold only together with network-traffic:dst_port !=)" },
		{ "[ipv4-addr:value = '1.1.1.1' AND network-traffic:dst_port = 80 AND "
		  "network-traffic:dst_port = 81]",
		  "(its values hold only together with another port)" },
		{ "[process:name = 'x' OR ipv4-addr:value = '1.1.1.1']",
		  "1.1.1.1 (process:name names no value that records show)" },
		{ "[NOT ipv4-addr:value = '1.1.1.1']", "(a negation names no value that records show)" },
		{ "[ipv4-addr:value NOT IN ('1.1.1.1')]",
		  "(ipv4-addr:value NOT IN names no value that records show)" },
		{ "[EXISTS ipv4-addr:value]", "(ipv4-addr:value names no value that records show)" },
		{ "[ipv4-addr:value MATCHES '^1']",
		  "(ipv4-addr:value MATCHES names no value that records show)" },
		{ "[ipv4-addr:value = 1]", "(ipv4-addr:value = names no value that records show)" },
		{ "[network-traffic:dst_port = 80]",
		  "(network-traffic:dst_port names no value that records show)" },
		{ "[network-traffic:dst_port = 80] AND [ipv4-addr:value = '1.1.1.1']",
		  "(its values hold only together with network-traffic:dst_port)" },
		{ "", "refused: pattern, byte 1: a [ is due" },
		{ "[", "refused: pattern, byte 2: an object path is due" },
		{ "[]", "refused: pattern, byte 2: an object path is due" },
		{ "[ipv4-addr]", "refused: pattern, byte 11: an object path is due" },
		{ "[ipv4-addr:value '1.1.1.1']",
		  "refused: pattern, byte 18: a comparison operator is due" },
		{ "[ipv4-addr:value = ]", "refused: pattern, byte 20: a literal is due" },
		{ "[ipv4-addr:value = '1.1.1.1", "refused: pattern, byte 21: the string is not closed" },
		{ "[ipv4-addr:value = '1.1.1.1\\", "refused: pattern, byte 21: the string is not closed" },
		{ "[ipv4-addr:value = '1.1.1.1'", "refused: pattern, byte 29: a ] is due" },
		{ "[ipv4-addr:value IN '1.1.1.1']",
		  "refused: pattern, byte 21: a list in parentheses is due" },
		{ "[ipv4-addr:value = '1.1.1.1'] x",
		  "refused: pattern, byte 31: text behind the end of the pattern" },
		{ "[ipv4-addr:value = '1.1.1.1'] START t'x' STOP t'y'",
		  "refused: pattern, byte 41: no time from 1970 to 2100" },
	};
	char out[500];

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		assert_string_equal(pattern(str_of(rows[i][0]), out, sizeof out), rows[i][1]);
}

/* `unit` again and again between two ends. */
static struct str repeated(const char *before, const char *unit, const char *after, size_t n)
{
	struct buf b;

	buf_init(&b, 0);
	buf_c(&b, before);
	for (size_t i = 0; i < n; i++)
		buf_c(&b, unit);
	buf_c(&b, after);
	assert_int_equal(buf_err(&b), ERR_OK);
	return buf_str(&b);
}

static void patterns_are_bounded(void **state)
{
	static const struct {
		const char *before, *unit, *after, *begins;
		size_t n;
	} rows[] = {
		{ "", "(", "", "limit: pattern, byte 65: deeper than 64", 1000000 },
		{ "[", "(", "", "limit: pattern, byte 65: deeper than 64", 1000000 },
		{ "[", "NOT ", "", "limit: pattern, byte 253: deeper than 64", 1000000 },
		{ "[a:b IN ('x'", ",'x'", ")]", "(a:b names no value", 1000000 },
		{ "[url:value IN ('x'", ",'x'", ")]", "limit: pattern, byte 262163: more values", 100000 },
		{ "[network-traffic:dst_port IN (1", ",2", ")]",
		  "limit: pattern, byte 160: more ports", 100 },
		{ "[url:value='x'", " OR a:b=1", "]", "x (a:b names", 60000 },
		{ "[url:value='x'", " AND a:b=1", "]", "(its values hold only", 60000 },
		{ "[url:value='x'", " AND url:value='x'", " AND a:b=1]", "(its values hold only", 60000 },
		{ "[ipv4-addr:value='x'", " AND network-traffic:dst_port=1", "]", "(its values", 20000 },
		{ "[a:b=1]", " OR [a:b=1]", "", "(a:b names", 60000 },
		{ "[url:value='x']", " WITHIN 1 SECONDS", "", "x", 60000 },
		{ "", " ", "", "refused", 1000000 },
		{ "", "/*", "", "refused", 1000000 },
		{ "[", "'", "", "refused", 1000000 },
		{ "[", "a", "", "refused", 1000000 },
		{ "[", "\\", "", "refused", 1000000 },
	};
	char out[500];

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct str text = repeated(rows[i].before, rows[i].unit, rows[i].after, rows[i].n);

		(void)pattern(text, out, sizeof out);
		if (!str_starts(str_of(out), str_of(rows[i].begins)))
			fail_msg("pattern %zu: %s", i, out);
		free((void *)(uintptr_t)text.p);
	}
}

static void patterns_of_any_bytes_are_survived(void **state)
{
	static const char *const words[] = {
		"[",
		"]",
		"(",
		")",
		" AND ",
		" OR ",
		" FOLLOWEDBY ",
		" NOT ",
		" IN ",
		" LIKE ",
		"ISSUBSET",
		"EXISTS ",
		"'",
		"\\",
		"=",
		"!=",
		",",
		"ipv4-addr:value",
		"url:value",
		"'1.1.1.1'",
		"80",
		" ",
		"t'2020-01-01'",
		" START ",
		" STOP ",
		"network-traffic:dst_port",
		"file:name",
		"[*]",
		"/*",
		"WITHIN 1 SECONDS",
	};
	uint64_t seed = 11;
	char text[400], out[500];

	(void)state;
	for (int round = 0; round < 30000; round++) {
		size_t n = 0, k = mix_next(&seed) % 16;
		char *exact;

		while (k--) {
			const char *w = words[mix_next(&seed) % (sizeof words / sizeof words[0])];

			memcpy(text + n, w, strlen(w));
			n += strlen(w);
		}
		exact = malloc(n + 1);
		assert_non_null(exact);
		memcpy(exact, text, n);
		(void)pattern((struct str){ exact, n }, out, sizeof out);
		free(exact);
	}
}

static void documents_are_bounded(void **state)
{
	static const struct {
		const char *before, *unit, *after;
		size_t n;
	} rows[] = {
		{ "", "[", "", 1000000 },
		{ "{\"type\":\"bundle\",\"objects\":", "[", "", 1000000 },
		{ "{\"Event\":", "{\"Event\":", "", 100000 },
		{ "[", "[],", "[]]", 50000 },
		{ "[", ",,,,,,,,,,,,,,,,", "]", 1100000 },
		{ "{\"list\":[\"", "\\", "\"]}", 100000 },
		{ "{\"a\":1", "0", "}", 1000000 },
		{ "\"", "\xff", "\"", 100000 },
	};
	static const char *const as[] = { "stix", "misp", "warninglist" };

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		for (size_t r = 0; r < 3; r++) {
			struct str text =
				repeated(rows[i].before, rows[i].unit, rows[i].after, rows[i].n);
			struct probe p = { .force = as[r] };

			buf_init(&p.out, 0);
			assert_true(probe_text(&p, r == 2 ? READS_EXCLUSIONS : READS_INDICATORS,
					       text, STR("x")));
			assert_int_equal(p.told, 0);
			buf_free(&p.out);
			free((void *)(uintptr_t)text.p);
		}
}

/* Relations multiply; what comes out must not grow faster than what goes in. */
static void relations_are_bounded(void **state)
{
	struct probe p = { .quiet = true };
	struct buf b;

	(void)state;
	buf_init(&b, 0);
	buf_c(&b, "{\"type\":\"bundle\",\"objects\":[");
	buf_c(&b, "{\"type\":\"observed-data\",\"id\":\"o\",\"objects\":{");
	for (int i = 0; i < 3000; i++)
		buf_fmt(&b, "%s\"%d\":{\"type\":\"ipv4-addr\",\"value\":\"198.51.100.7\"}",
			i ? "," : "", i);
	buf_c(&b, "}},{\"type\":\"indicator\",\"id\":\"i\",\"pattern\":\"[url:value='http://a.example/']\"}");
	for (int i = 0; i < 3000; i++)
		buf_fmt(&b,
			",{\"type\":\"relationship\",\"id\":\"r%d\",\"relationship_type\":\"based-on\","
			"\"source_ref\":\"i\",\"target_ref\":\"o\"}",
			i);
	buf_c(&b, "]}");
	buf_init(&p.out, 0);
	assert_true(probe_text(&p, READS_INDICATORS, buf_str(&b), STR("x")));
	assert_true(p.told <= b.n / 4 + 4096);
	assert_true(p.told > 3000);
	assert_int_equal(p.malformed, 1);
	buf_free(&p.out);
	buf_free(&b);
}

static void real_documents_have_their_numbers(void **state)
{
	static const struct {
		const char *file, *reader;
		enum reads reads;
		uint64_t told, malformed;
	} files[] = {
		{ "indicators/stix/unit42/IcedID_Malware.json", "stix", READS_INDICATORS, 206, 1 },
		{ "indicators/misp/eset/telebots_misp-telebots.json", "misp", READS_INDICATORS, 69, 0 },
		{ "indicators/misp/eset/ramsay_misp-ramsay.json", "misp", READS_INDICATORS, 51, 0 },
		{ "owner/misp-warninglists/lists/vpn-ipv4/list.json", "warninglist",
		  READS_EXCLUSIONS, 42426, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
		struct str text = shared_file(files[i].file);
		struct probe p = { .quiet = true };

		if (!text.p) {
			print_message("skipped: real documents (%s is absent)\n", files[i].file);
			skip();
		}
		buf_init(&p.out, 0);
		assert_true(probe_text(&p, files[i].reads, text, STR("x.json")));
		assert_string_equal(p.reader->name, files[i].reader);
		assert_int_equal(p.told, files[i].told);
		assert_int_equal(p.malformed, files[i].malformed);
		buf_free(&p.out);
		free((void *)(uintptr_t)text.p);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(samples_say_what_is_expected),
		cmocka_unit_test(broken_samples_are_survived),
		cmocka_unit_test(patterns_give_what_stands_by_itself),
		cmocka_unit_test(patterns_are_bounded),
		cmocka_unit_test(patterns_of_any_bytes_are_survived),
		cmocka_unit_test(documents_are_bounded),
		cmocka_unit_test(relations_are_bounded),
		cmocka_unit_test(real_documents_have_their_numbers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
