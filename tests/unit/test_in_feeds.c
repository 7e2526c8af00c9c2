/* SPDX-License-Identifier: Apache-2.0 */
/* Readers of what feeds and other programs exchange: intelligence files, rules, zones, sets. */
#include "list_probe.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const struct golden goldens[] = {
	{ "zeek-intel.dat", READS_INDICATORS, NULL },
	{ "zeek-intel-two.dat", READS_INDICATORS, NULL },
	{ "zeek-intel.truncated.dat", READS_INDICATORS, NULL },
	{ "zeek-intel.corrupt.dat", READS_INDICATORS, "zeek-intel" },
	{ "openioc10.ioc", READS_INDICATORS, NULL },
	{ "openioc11.ioc", READS_INDICATORS, NULL },
	{ "openioc-terms.ioc", READS_INDICATORS, NULL },
	{ "openioc.truncated.ioc", READS_INDICATORS, NULL },
	{ "openioc.corrupt.ioc", READS_INDICATORS, NULL },
	{ "openioc-entities.ioc", READS_INDICATORS, NULL },
	{ "openioc-deep.corrupt.ioc", READS_INDICATORS, NULL },
	{ "rules.rules", READS_INDICATORS, NULL },
	{ "rules.truncated.rules", READS_INDICATORS, NULL },
	{ "rules.corrupt.rules", READS_INDICATORS, NULL },
	{ "threatfox.json", READS_INDICATORS, NULL },
	{ "threatfox.truncated.json", READS_INDICATORS, NULL },
	{ "threatfox.corrupt.json", READS_INDICATORS, NULL },
	{ "threatfox-api.json", READS_INDICATORS, NULL },
	{ "threatfox-one.json", READS_INDICATORS, NULL },
	{ "abuse-refused.json", READS_INDICATORS, NULL },
	{ "urlhaus.json", READS_INDICATORS, NULL },
	{ "urlhaus.truncated.json", READS_INDICATORS, NULL },
	{ "urlhaus.corrupt.json", READS_INDICATORS, NULL },
	{ "urlhaus-info.json", READS_INDICATORS, NULL },
	{ "urlhaus-payloads.json", READS_INDICATORS, NULL },
	{ "feodo.json", READS_INDICATORS, NULL },
	{ "feodo.truncated.json", READS_INDICATORS, NULL },
	{ "feodo.corrupt.json", READS_INDICATORS, NULL },
	{ "malwarebazaar.json", READS_INDICATORS, NULL },
	{ "malwarebazaar.truncated.json", READS_INDICATORS, NULL },
	{ "malwarebazaar.corrupt.json", READS_INDICATORS, NULL },
	{ "rpz.zone", READS_INDICATORS, NULL },
	{ "rpz-bare.zone", READS_INDICATORS, NULL },
	{ "rpz.truncated.zone", READS_INDICATORS, NULL },
	{ "rpz.corrupt.zone", READS_INDICATORS, "rpz" },
	{ "otx.json", READS_INDICATORS, NULL },
	{ "otx.truncated.json", READS_INDICATORS, NULL },
	{ "otx-page.json", READS_INDICATORS, NULL },
	{ "otx-indicators.json", READS_INDICATORS, NULL },
	{ "otx.corrupt.json", READS_INDICATORS, NULL },
	{ "virustotal-file.json", READS_INDICATORS, NULL },
	{ "virustotal-list.json", READS_INDICATORS, NULL },
	{ "virustotal.truncated.json", READS_INDICATORS, NULL },
	{ "virustotal.corrupt.json", READS_INDICATORS, NULL },
	{ "virustotal-error.json", READS_INDICATORS, NULL },
	{ "shodan-host.json", READS_INDICATORS, NULL },
	{ "shodan.truncated.json", READS_INDICATORS, NULL },
	{ "shodan-host-tags.json", READS_INDICATORS, NULL },
	{ "shodan-host-harmless.json", READS_INDICATORS, NULL },
	{ "shodan-search.json", READS_INDICATORS, NULL },
	{ "shodan-download.json", READS_INDICATORS, NULL },
	{ "shodan.corrupt.json", READS_INDICATORS, NULL },
	{ "shodan-lines.corrupt.json", READS_INDICATORS, NULL },
	{ "ipset.save", READS_INDICATORS, NULL },
	{ "ipset.sh", READS_INDICATORS, NULL },
	{ "ipset-list.txt", READS_INDICATORS, NULL },
	{ "ipset.truncated.save", READS_INDICATORS, NULL },
	{ "ipset.corrupt.save", READS_INDICATORS, NULL },
	{ "nftables.nft", READS_INDICATORS, NULL },
	{ "nftables.truncated.nft", READS_INDICATORS, NULL },
	{ "nftables.corrupt.nft", READS_INDICATORS, NULL },
	{ "nftables.json", READS_INDICATORS, NULL },
	{ "nftables.truncated.json", READS_INDICATORS, NULL },
	{ "nftables.corrupt.json", READS_INDICATORS, NULL },
	{ "hashes.csv", READS_INDICATORS, NULL },
	{ "hashes.corrupt.csv", READS_INDICATORS, "misp-hashes" },
	{ "hosts.hosts", READS_INDICATORS, NULL },
	{ "hosts.truncated.hosts", READS_INDICATORS, NULL },
	{ "hosts.corrupt.hosts", READS_INDICATORS, "hosts" },
	{ "iprep.list", READS_INDICATORS, NULL },
	{ "iprep.truncated.list", READS_INDICATORS, "iprep" },
	{ "iprep.corrupt.list", READS_INDICATORS, "iprep" },
	{ "dataset.lst", READS_INDICATORS, NULL },
	{ "dataset-rep.lst", READS_INDICATORS, NULL },
	{ "dataset.truncated.lst", READS_INDICATORS, "dataset" },
	{ "dataset.corrupt.lst", READS_INDICATORS, "dataset" },
	{ "abuse-hashes.csv", READS_INDICATORS, NULL },
	{ "abuse-hashes.truncated.csv", READS_INDICATORS, NULL },
	{ "abuse-hashes.corrupt.csv", READS_INDICATORS, NULL },
	{ "sslbl-certificates.csv", READS_INDICATORS, NULL },
	{ "sslbl-certificates.corrupt.csv", READS_INDICATORS, NULL },
	{ "extracted.json", READS_INDICATORS, NULL },
	{ "extracted.truncated.json", READS_INDICATORS, NULL },
	{ "extracted.corrupt.json", READS_INDICATORS, NULL },
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

/* Every prefix of a sample: files that end anywhere. */
static void samples_may_end_anywhere(void **state)
{
	(void)state;
	for (size_t i = 0; i < GOLDENS; i++) {
		char path[200];
		struct str text;

		(void)snprintf(path, sizeof path, GOLDEN "%s", goldens[i].file);
		text = probe_file(path);
		assert_non_null(text.p);
		for (size_t n = 0; n < text.n; n += 1 + n / 64) {
			struct probe p = { .quiet = true, .force = goldens[i].as };

			buf_init(&p.out, 0);
			(void)probe_text(&p, goldens[i].reads, str_head(text, n),
					 str_of(goldens[i].file));
			buf_free(&p.out);
		}
		free((void *)(uintptr_t)text.p);
	}
}

/* Time and memory follow the size, also where nothing ends and everything is on one line. */
static void documents_may_be_one_line(void **state)
{
	static const char *const names[] = { "zeek-intel",     "openioc",      "rules",
					     "threatfox-json", "urlhaus-json", "feodo-json",
					     "malwarebazaar",  "rpz",          "otx",
					     "virustotal",     "shodan",       "ipset",
					     "nftables",       "hosts",        "iprep",
					     "dataset",        "extracted",    "nftables-json",
					     "misp-hashes",    "stix",         "misp" };
	static const char *const fills[] = {
		"{\"a\":1}", "{\"ip_str\":1}", "[",      "{",    "(",  "\"", "<a ",      "&amp;",
		"set ",      "define x = {",   "alert ", "a.b ", "\\", ";",  "::1-::f, "
	};
	size_t n = (size_t)1 << 20;
	char *text = malloc(n);

	(void)state;
	assert_non_null(text);
	for (size_t r = 0; r < sizeof names / sizeof names[0]; r++)
		for (size_t f = 0; f < sizeof fills / sizeof fills[0]; f++) {
			struct probe p = { .force = names[r], .quiet = true };
			size_t len = strlen(fills[f]);

			for (size_t i = 0; i < n; i++)
				text[i] = fills[f][i % len];
			buf_init(&p.out, 0);
			assert_true(probe_text(&p, READS_INDICATORS, (struct str){ text, n }, STR("x")));
			assert_int_equal(p.told, 0);
			buf_free(&p.out);
		}
	free(text);
}

/* A range can make hundreds of networks; what a file may make follows its size. */
static void ranges_have_a_budget(void **state)
{
	static const char one[] = "add x ::1-ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe\n";
	size_t len = sizeof one - 1, n = len * 2000;
	char *text = malloc(n);
	struct probe p = { .force = "ipset", .quiet = true };

	(void)state;
	assert_non_null(text);
	for (size_t i = 0; i < n; i++)
		text[i] = one[i % len];
	buf_init(&p.out, 0);
	assert_true(probe_text(&p, READS_INDICATORS, (struct str){ text, n }, STR("x")));
	assert_true(p.told > 65536 && p.told <= 65536 + n);
	assert_int_equal(p.malformed, 1);
	buf_free(&p.out);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(samples_say_what_is_expected),
		cmocka_unit_test(broken_samples_are_survived),
		cmocka_unit_test(samples_may_end_anywhere),
		cmocka_unit_test(documents_may_be_one_line),
		cmocka_unit_test(ranges_have_a_budget),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
