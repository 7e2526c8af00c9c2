/* SPDX-License-Identifier: Apache-2.0 */
/* Readers of lists and tables: indicators, organisations, exclusions. */
#include "list_probe.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <dirent.h>
#include <cmocka.h>

static const struct golden goldens[] = {
	{ "list.txt", READS_INDICATORS, NULL },
	{ "list.truncated.txt", READS_INDICATORS, NULL },
	{ "list.corrupt.txt", READS_INDICATORS, NULL },
	{ "written.txt", READS_INDICATORS, NULL },
	{ "written.corrupt.txt", READS_INDICATORS, "list" },
	{ "lines.csv", READS_INDICATORS, NULL },
	{ "lines.corrupt.csv", READS_INDICATORS, NULL },
	{ "organisations-lines.csv", READS_ORGS, NULL },
	{ "exclusions-lines.csv", READS_EXCLUSIONS, NULL },
	{ "adblock.txt", READS_INDICATORS, NULL },
	{ "adblock.corrupt.txt", READS_INDICATORS, NULL },
	{ "resolver.conf", READS_INDICATORS, NULL },
	{ "resolver.corrupt.conf", READS_INDICATORS, "resolver" },
	{ "tor-exits.txt", READS_INDICATORS, NULL },
	{ "tor-exits.corrupt.txt", READS_INDICATORS, NULL },
	{ "dshield.txt", READS_INDICATORS, NULL },
	{ "dshield.corrupt.txt", READS_INDICATORS, NULL },
	{ "json-texts.json", READS_INDICATORS, NULL },
	{ "json-lines.json", READS_INDICATORS, NULL },
	{ "json-objects.json", READS_INDICATORS, NULL },
	{ "json.corrupt.json", READS_INDICATORS, "json" },
	{ "json-drop.json", READS_INDICATORS, NULL },
	{ "json-drop.truncated.json", READS_INDICATORS, NULL },
	{ "ranges.txt", READS_INDICATORS, NULL },
	{ "ranges.corrupt.txt", READS_INDICATORS, NULL },
	{ "phishtank.csv", READS_INDICATORS, NULL },
	{ "table.csv", READS_INDICATORS, NULL },
	{ "table.truncated.csv", READS_INDICATORS, NULL },
	{ "table.corrupt.csv", READS_INDICATORS, NULL },
	{ "dates.csv", READS_INDICATORS, NULL },
	{ "typed.csv", READS_INDICATORS, NULL },
	{ "misp-export.csv", READS_INDICATORS, NULL },
	{ "feodo.csv", READS_INDICATORS, NULL },
	{ "feodo-commented.csv", READS_INDICATORS, NULL },
	{ "sslbl.csv", READS_INDICATORS, NULL },
	{ "feodo.truncated.csv", READS_INDICATORS, NULL },
	{ "feodo.corrupt.csv", READS_INDICATORS, NULL },
	{ "urlhaus.csv", READS_INDICATORS, NULL },
	{ "urlhaus-commented.csv", READS_INDICATORS, NULL },
	{ "urlhaus-country.csv", READS_INDICATORS, NULL },
	{ "urlhaus-country.corrupt.csv", READS_INDICATORS, NULL },
	{ "hash-columns.csv", READS_INDICATORS, NULL },
	{ "urlhaus.truncated.csv", READS_INDICATORS, NULL },
	{ "urlhaus.corrupt.csv", READS_INDICATORS, NULL },
	{ "threatfox.csv", READS_INDICATORS, NULL },
	{ "threatfox-14.csv", READS_INDICATORS, NULL },
	{ "threatfox.truncated.csv", READS_INDICATORS, NULL },
	{ "threatfox.corrupt.csv", READS_INDICATORS, NULL },
	{ "intervals.csv", READS_INDICATORS, NULL },
	{ "intervals.truncated.csv", READS_INDICATORS, NULL },
	{ "intervals.corrupt.csv", READS_INDICATORS, NULL },
	{ "examplebot-1.txt", READS_INDICATORS, NULL },
	{ "examplebot.truncated.txt", READS_INDICATORS, NULL },
	{ "examplebot.corrupt.txt", READS_INDICATORS, NULL },
	{ "mass_scanner.txt", READS_INDICATORS, NULL },
	{ "sinkhole_example.txt", READS_INDICATORS, NULL },
	{ "organisations.csv", READS_ORGS, NULL },
	{ "organisations.truncated.csv", READS_ORGS, NULL },
	{ "organisations.corrupt.csv", READS_ORGS, NULL },
	{ "exclusions.txt", READS_EXCLUSIONS, NULL },
	{ "exclusions-as.csv", READS_EXCLUSIONS, NULL },
	{ "exclusions-own.csv", READS_EXCLUSIONS, NULL },
	{ "exclusions.truncated.txt", READS_EXCLUSIONS, NULL },
	{ "exclusions.corrupt.txt", READS_EXCLUSIONS, NULL },
	{ "exclusions-own.corrupt.csv", READS_EXCLUSIONS, NULL },
	{ "galaxy.json", READS_ALIASES, NULL },
	{ "galaxy.truncated.json", READS_ALIASES, NULL },
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
		golden_broken(&goldens[i], i + 1, 40);
}

static const char *read_as(enum reads reads, const char *text, char *out, size_t n)
{
	struct probe p = { .block = 0 };

	buf_init(&p.out, 0);
	(void)probe_text(&p, reads, str_of(text), STR("sample"));
	(void)snprintf(out, n, "%.*s", STR_ARG(buf_str(&p.out)));
	buf_free(&p.out);
	return out;
}

static void what_is_no_list_is_left_alone(void **state)
{
	static const char *const texts[] = {
		"Permission is hereby granted, free of charge, to any person\nobtaining a copy\n",
		"# Title\n\nSee https://example.org/ for more.\nA text about example.com and others.\n",
		"{\n\"198.51.100.7\",\n\"198.51.100.8\"\n}\n",
		"[\n\"one\",\n\"two\"\n]\n",
		"{\"name\": \"x\", \"url\": \"https://example.org/\", \"bugs\": {\"url\": \"https://example.org/b\"}}",
		"{\"src_ip\": \"10.0.0.1\", \"ip\": \"192.0.2.1\"}\n{\"src_ip\": \"10.0.0.1\", \"ip\": \"192.0.2.2\"}\n",
		"{\"host\": \"a.example.com\", \"message\": \"up\"}\n{\"host\": \"b.example.com\", \"message\": \"up\"}\n",
		"They used 192.0.2.7 as controller in May.\nNobody else saw it before.\n192.0.2.8\n",
		"- buy milk\n- call bad-one.com and ask\n- read the paper\n",
		"192.0.2.7,Emotet\n192.0.2.8,Emotet\n",
		"<html>\nexample.com\n</html>\n",
		"{\"a\": [1, 2, 3]}",
		"1\n2\n3\n",
		"one,two\n1,2\n",
	};
	char out[400];

	(void)state;
	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
		assert_string_equal(read_as(READS_INDICATORS, texts[i], out, sizeof out), "no reader\n");
	assert_string_equal(read_as(READS_EXCLUSIONS, texts[0], out, sizeof out), "no reader\n");
	assert_string_equal(read_as(READS_ORGS, texts[0], out, sizeof out), "no reader\n");
	/* Nothing today is a list, too. */
	assert_string_equal(read_as(READS_INDICATORS, "# nothing today\n", out, sizeof out),
			    "as list\n0 told, 0 malformed, 0 unused\n");
}

/* Does FILE.expect say that this reader takes it? */
static bool expected(const char *path, const char *reader)
{
	char name[600], as[80];
	struct str want;
	bool is;

	(void)snprintf(name, sizeof name, "%s.expect", path);
	(void)snprintf(as, sizeof as, "as %s\n", reader);
	want = probe_file(name);
	is = want.p && str_starts(want, str_of(as));
	free((void *)(uintptr_t)want.p);
	return is;
}

static bool another_is_surer(const struct reader *r, const struct sample *s)
{
	int sure = r->sniff(s);

	for (size_t i = 0; readers[i]; i++)
		if (readers[i] != r && readers[i]->sniff(s) > sure)
			return true;
	return false;
}

/* Readers of what is told by little claim no sample of another format. */
static void samples_of_others_are_left_alone(void **state)
{
	static const char *const folders[] = { GOLDEN, "tests/golden/telemetry/" };
	static const char *const ours[] = { "json", "adblock", "resolver", "tor-exits", "dshield" };
	unsigned seen = 0;

	(void)state;
	for (size_t k = 0; k < 2; k++) {
		DIR *d = opendir(folders[k]);

		assert_non_null(d);
		for (const struct dirent *e; (e = readdir(d)) != NULL;) {
			char path[500];
			struct sample s = { .name = str_of(e->d_name) };
			struct str text;

			(void)snprintf(path, sizeof path, "%s%s", folders[k], e->d_name);
			text = probe_file(path);
			if (e->d_name[0] == '.' || str_ends(s.name, STR(".expect")) || !text.p) {
				free((void *)(uintptr_t)text.p);
				continue;
			}
			s.head = str_head(text, 65536);
			s.whole = text.n <= 65536;
			for (size_t i = 0; i < sizeof ours / sizeof ours[0]; i++) {
				const struct reader *r =
					reader_named(READS_INDICATORS, str_of(ours[i]));

				if (r->sniff(&s) && !another_is_surer(r, &s) && !expected(path, ours[i]))
					fail_msg("%s claims %s", ours[i], path);
			}
			seen++;
			free((void *)(uintptr_t)text.p);
		}
		(void)closedir(d);
	}
	assert_true(seen > 150);
}

static void columns_are_named_by_the_user(void **state)
{
	static const struct str columns[][2] = {
		{ { "value", 5 }, { "Opfer", 5 } },    { { "family", 6 }, { "ART", 3 } },
		{ { "last_seen", 9 }, { "Ende", 4 } }, { { "orig", 4 }, { "Art", 3 } },
		{ { "port", 4 }, { "nowhere", 7 } },
	};
	struct probe p = { .columns = columns, .n_columns = 5 };
	char out[400];

	(void)state;
	buf_init(&p.out, 0);
	assert_true(probe_text(&p, READS_INDICATORS,
			       STR("Nr;Opfer;Art;Ende\n1;198.51.100.7;Emotet;2021-01-01\n"),
			       STR("x.csv")));
	buf_ch(&p.out, 0);
	assert_string_equal(p.out.p, "as csv\nip 198.51.100.7 controller family=Emotet "
				     "until=2021-01-01T23:59:59.999999Z "
				     "seen=2021-01-01T23:59:59.999999Z\n"
				     "1 told, 0 malformed, 0 unused\n");
	buf_free(&p.out);
	assert_string_equal(read_as(READS_INDICATORS, "Nr;Opfer\n1;198.51.100.7\n", out, sizeof out),
			    "as csv\n! header: no column of the header is known to hold indicators: "
			    "name one with --column value=NAME\n");
}

static void one_line_may_be_long(void **state)
{
	size_t n = (size_t)1 << 20;
	char *text = malloc(n);
	static const char *const readers_of_lines[] = { "list",    "csv",       "feodo",
							"urlhaus", "threatfox", "intervals",
							"maltrail" };
	static const char fill[] = "a,\"#;. [";

	(void)state;
	assert_non_null(text);
	for (size_t r = 0; r < sizeof readers_of_lines / sizeof readers_of_lines[0]; r++)
		for (size_t i = 0; i + 1 < sizeof fill; i++) {
			struct probe p = { .force = readers_of_lines[r] };

			memset(text, fill[i], n);
			memcpy(text, "ip,listed_from,listed_until\n", 28);
			buf_init(&p.out, 0);
			assert_true(probe_text(&p, READS_INDICATORS, (struct str){ text, n }, STR("x")));
			assert_int_equal(p.told, 0);
			buf_free(&p.out);
		}
	free(text);
}

static void real_lists_have_their_numbers(void **state)
{
	static const struct {
		const char *file, *reader;
		enum reads reads;
		uint64_t told, malformed;
	} files[] = {
		{ "indicators/feodo/feodo_ipblocklist_2021-12-20.csv", "feodo", READS_INDICATORS,
		  750, 0 },
		{ "indicators/urlhaus/urlhaus_online_2025-04-21.csv", "urlhaus", READS_INDICATORS,
		  11125, 0 },
		{ "indicators/maltrail/emotet.txt", "maltrail", READS_INDICATORS, 10297, 4737 },
		{ "indicators/maltrail/mass_scanner.txt", "maltrail", READS_INDICATORS, 19215, 5 },
		{ "owner/datacenter/bad-asn-list.csv", "exclusion-list", READS_EXCLUSIONS, 742, 0 },
		{ "owner/datacenter/x4bnet/ASN.txt", "exclusion-list", READS_EXCLUSIONS, 906, 0 },
		{ "owner/datacenter/x4bnet/datacenter-ipv4.txt", "exclusion-list", READS_EXCLUSIONS,
		  42566, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
		struct str text = shared_file(files[i].file);
		const char *slash = strrchr(files[i].file, '/');
		struct probe p = { .quiet = true };

		if (!text.p) {
			print_message("skipped: real lists (%s is absent)\n", files[i].file);
			skip();
		}
		buf_init(&p.out, 0);
		assert_true(probe_text(&p, files[i].reads, text, str_of(slash + 1)));
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
		cmocka_unit_test(what_is_no_list_is_left_alone),
		cmocka_unit_test(samples_of_others_are_left_alone),
		cmocka_unit_test(columns_are_named_by_the_user),
		cmocka_unit_test(one_line_may_be_long),
		cmocka_unit_test(real_lists_have_their_numbers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
