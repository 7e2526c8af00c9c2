/* SPDX-License-Identifier: Apache-2.0 */
/* Sentences, and what is an indicator in them. */
#include "app/catalogue.h"
#include "core/extract.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static struct lexicon *lexicon(void)
{
	static const struct family_name names[] = {
		{ STR("Emotet"), STR("Emotet") },
		{ STR("Emotet"), STR("Heodo") },
		{ STR("QakBot"), STR("QakBot") },
		{ STR("QakBot"), STR("Qbot") },
		{ STR("Cobalt Strike"), STR("Cobalt Strike") },
	};
	struct lexicon *l;

	assert_int_equal(lexicon_new(catalogue_words(), names, sizeof names / sizeof names[0], &l),
			 ERR_OK);
	return l;
}

/* "type value[:port][?!]; ..." of the indicators; `?` uncertain, `!` mended. */
static void told(struct str text, bool all, struct buf *b)
{
	struct lexicon *l = lexicon();
	struct extract_in in = { .text = text };
	struct extraction x;
	struct arena arena;

	arena_init(&arena, 0);
	assert_int_equal(extract(l, &in, &arena, &x), ERR_OK);
	for (size_t i = 0; i < x.n; i++) {
		const struct extracted *e = &x.v[i];

		if (!all && e->class != EX_INDICATOR)
			continue;
		if (b->n)
			buf_c(b, "; ");
		if (e->class != EX_INDICATOR)
			buf_fmt(b, "(%s) ", ex_class_text(e->class));
		buf_fmt(b, "%s %.*s", ex_type_text(e->type), STR_ARG(e->value));
		if (e->port)
			buf_fmt(b, " port %u", e->port);
		if (e->status == EX_MENDED)
			buf_ch(b, '!');
		if (e->status == EX_UNCERTAIN)
			buf_ch(b, '?');
		assert_true(e->at <= text.n && e->line >= 1);
		assert_true(e->status == EX_AS_WRITTEN || e->note.n);
	}
	buf_ch(b, 0);
	b->n--;
	arena_free(&arena);
	lexicon_free(l);
}

struct row {
	const char *text, *due;
};

static void check(const struct row *rows, size_t n, bool all)
{
	size_t bad = 0;

	for (size_t i = 0; i < n; i++) {
		struct buf b;

		buf_init(&b, 0);
		told(str_of(rows[i].text), all, &b);
		if (strcmp(b.p, rows[i].due) != 0) {
			print_error("%s\n  is  %s\n  due %s\n", rows[i].text, b.p, rows[i].due);
			bad++;
		}
		buf_free(&b);
	}
	assert_int_equal(bad, 0);
}

#define CHECK(rows, all) check(rows, sizeof(rows) / sizeof(rows)[0], all)

static void test_defanging(void **state)
{
	static const struct row rows[] = {
		{ "It beacons to 45.77.12[.]9 daily.", "ipv4 45.77.12.9" },
		{ "45[.]77[.]12[.]9, 45(.)77(.)12(.)10 and 45{.}77{.}12{.}11",
		  "ipv4 45.77.12.9; ipv4 45.77.12.10; ipv4 45.77.12.11" },
		{ "see bad-domain[.]com and bad-domain[dot]net and bad-domain(dot)org",
		  "domain bad-domain.com; domain bad-domain.net; domain bad-domain.org" },
		{ "hxxp://bad-domain[.]com/a.php, hXXps://bad-domain[.]com/b",
		  "url http://bad-domain.com/a.php; url https://bad-domain.com/b" },
		{ "hxxp[:]//bad-domain[.]com/a http[:]//bad-domain[.]com/b hxxp[://]bad-domain.com/c",
		  "url http://bad-domain.com/a; url http://bad-domain.com/b; url "
		  "http://bad-domain.com/c" },
		{ "h**p://bad-domain.com/x meow://bad-domain.com/y hxxps:\\\\bad-domain.com\\z",
		  "url http://bad-domain.com/x; url http://bad-domain.com/y; url "
		  "https://bad-domain.com/z" },
		{ "bad-domain [.] com; bad-domain\\.net; www.bad-domain . org",
		  "domain bad-domain.com; domain bad-domain.net; domain www.bad-domain.org" },
		{ "bad-domain dot com and mail bad-domain dot co dot uk",
		  "domain bad-domain.com; domain bad-domain.co.uk" },
		{ "first[.]half[.com and other.]net", "domain first.half.com; domain other.net" },
		{ "bad-domain[.]\n    com is down", "domain bad-domain.com!" },
		{ "joe[@]bad-domain[.]com, joe[at]bad-domain[.]net, joe(at)bad-domain(dot)org",
		  "email joe@bad-domain.com; email joe@bad-domain.net; email joe@bad-domain.org" },
		{ "bad-domain[.]com[/]path[.]php", "url http://bad-domain.com/path.php" },
		{ "bad\xe2\x80\x8b-domain[.]c\xe2\x80\x8bom", "domain bad-domain.com" },
		{ "evi[l]-name no; hxxp://bad-domai[n].com/q", "url http://bad-domain.com/q" },
		{ "45 . 77 . 12 . 9 was the server", "ipv4 45.77.12.9" },
		{ "bad\\[.\\]com (Markdown)", "domain bad.com" },
		{ "http:\\/\\/bad-domain[.]com\\/a", "url http://bad-domain.com/a" },
	};

	(void)state;
	CHECK(rows, false);
}

static void test_scripts(void **state)
{
	static const struct row rows[] = {
		{ "IPアドレス108[.]179[.]21[.]38.について", "ipv4 108.179.21.38" },
		{ "韓国のIP 115.88.7[.]245およびU.S. IP 192.155.9[.]90.",
		  "ipv4 115.88.7.245; ipv4 192.155.9.90" },
		{ "通信先は「bad-domain[.]com」と「bad2[.]net」です。",
		  "domain bad-domain.com; domain bad2.net" },
		{ "ＩＰ：４５．７７．１２．９、ドメイン：ｂａｄ［．］ｃｏｍ。",
		  "ipv4 45.77.12.9; domain bad.com" },
		{ "恶意域名：bad-domain[.]com，IP：45.77.12[.]9。",
		  "domain bad-domain.com; ipv4 45.77.12.9" },
		{ "C2サーバbad-domain[.]comに接続する", "domain bad-domain.com" },
		{ "ホスト名 test.bad[.]コム 中国のIP", "domain test.bad.com!" },
		{ "ホスト名は campus.bad.ac[.]これは、大学です", "domain campus.bad.ac?" },
		{ "サイト「例え[.]jp」", "domain xn--r8jz45g.jp" },
		{ "hxxp://例え[.]jp/a にアクセス", "url http://xn--r8jz45g.jp/a" },
		{ "mit m\xc3\xbcller-shop[.]de verbunden", "domain xn--mller-shop-9db.de" },
		{ "подключается к вредонос[.]рф", "domain xn--b1aec7aebjn.xn--p1ai" },
		{ "악성 서버 bad-domain[.]com에 접속", "domain bad-domain.com" },
		{ "evil。com へ", "" },
		{ "アクセス先: evil。com", "domain evil.com" },
	};

	(void)state;
	CHECK(rows, false);
}

static void test_not_indicators(void **state)
{
	static const struct row rows[] = {
		{ "Update to version 1.2.3.4 of the product.", "" },
		{ "Chrome/96.0.66.110 and v10.2.30.41 and build 7.6.10.200", "" },
		{ "See section 3.2.1.1 and figure 4.1.2.3.", "" },
		{ "OID 1.3.6.1.4.1.311 and OID 1.3.6.1", "" },
		{ "On 2021.03.04 at 12:34:56 the MAC 00:1a:2b:3c:4d:5e was seen.", "" },
		{ "setup.exe drops invoice.zip, README.md, run.sh, script.py and a.pl", "" },
		{ "System.Net.Sockets, foo.bar(), obj.method, com.android.vending", "" },
		{ "Visit example.com, www.example.org or 192.0.2.1.invalid", "" },
		{ "applications. [To do this, click] and array[:] and x[.5]", "" },
		{ "Trojan.Win32.Agent.ai, Win32/Emotet.PA and HEUR:Trojan.Script.Generic", "" },
		{ "Read https://www.vendor-blog.com/2020/01/report for details.", "" },
		{ "[the report](https://www.vendor-blog.com/report)", "" },
		{ "std::cout << a::b; c::d::e", "" },
		{ "commit 3f786850e387550fdab836ed7e6dc881de23001b fixes it", "" },
		{ "e.g. this, i.e. that, U.S.A., Inc.The", "" },
		{ "We paid $1.000.000 and 45.12.300.1 is no address", "" },
		{ "AS 400 people left as 4134 came", "" },
		{ "{6BF52A52394A4E1E9B8D3C2A1F0E5D4C} and guid 6bf52a52394a4e1e9b8d3c2a1f0e5d4c", "" },
		{ "an empty file is d41d8cd98f00b204e9800998ecf8427e", "" },
		{ "key 00000000000000000000000000000000 11111111111111111111111111111111", "" },
		{ "We use .NET and a .com domain. Com isso, node.js and ASP.NET", "" },
	};

	(void)state;
	CHECK(rows, false);
}

static void test_types(void **state)
{
	static const struct row rows[] = {
		{ "C2 2001:db9:0:0::1, [2a02:6b8::99]:8080 and 2a02:6b8::/32",
		  "ipv6 2001:db9::1; ipv6 2a02:6b8::99 port 8080; cidr 2a02:6b8::/32" },
		{ "ranges 45.77.0.0/16 and 45.77.12.9-45.77.12.20",
		  "cidr 45.77.0.0/16; ipv4 45.77.12.9; ipv4 45.77.12.20" },
		{ "45.77.12[.]9:8443/tcp, 45.77.12[.]10 port 99", "ipv4 45.77.12.9 port 8443; ipv4 "
								  "45.77.12.10 port 99" },
		{ "bad-domain[.]com:8080", "domain bad-domain.com port 8080" },
		{ "45.77.12[.]9/bins/arm7", "url http://45.77.12.9/bins/arm7" },
		{ "MD5 9E107D9D372BB6826BD81D3542A419D6", "md5 9e107d9d372bb6826bd81d3542a419d6" },
		{ "2fd4e1c67a2d28fced849ee1bb76e7391b93eb12",
		  "sha1 2fd4e1c67a2d28fced849ee1bb76e7391b93eb12" },
		{ "d7a8fbb307d7809469ca9abcb0082e4f8d5651e46d3cdb76\n2d02d0bf37c9e592",
		  "sha256 d7a8fbb307d7809469ca9abcb0082e4f8d5651e46d3cdb762d02d0bf37c9e592!" },
		{ "JA3: 6734f37431670b3ab4292b8f60f29984", "ja3 6734f37431670b3ab4292b8f60f29984" },
		{ "jarm 07d14d16d21d21d07c42d41d00041d24a458a375eef0c576d23a7bab9a9fb1",
		  "jarm 07d14d16d21d21d07c42d41d00041d24a458a375eef0c576d23a7bab9a9fb1" },
		{ "ssdeep 3072:kTfhSdJzK8xL1nYwq2mPb0r:kTfhSdJzK8xL1nY",
		  "ssdeep 3072:kTfhSdJzK8xL1nYwq2mPb0r:kTfhSdJzK8xL1nY" },
		{ "exploits cve-2017-11882 and CVE 2021-44228", "cve CVE-2017-11882; cve CVE-2021-44228" },
		{ "T1059.001, TA0011, G0007 and S0154", "attack T1059.001; attack TA0011; attack G0007; "
							"attack S0154" },
		{ "hosted in AS4134 (AS 9009, ASN: 13335)", "asn AS4134; asn AS9009; asn AS13335" },
		{ "pay to 1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa, not 1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNb",
		  "bitcoin 1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa" },
		{ "bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq",
		  "bitcoin "
		  "bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq" },
		{ "sets HKLM\\Software\\Microsoft\\Windows NT\\CurrentVersion\\Run and exits",
		  "registry HKLM\\Software\\Microsoft\\Windows NT\\CurrentVersion\\Run" },
		{ "(hxxp://bad[.]com/a_(b)/c?u=hxxps://x[.]org/), next",
		  "url http://bad.com/a_(b)/c?u=https://x.org/" },
		{ "hxxp://u:p@bad[.]com:8080/x#frag.", "url http://bad.com:8080/x" },
		{ "hxxp://45.77.12[.]9/", "url http://45.77.12.9/" },
		{ "see https://www.virustotal.com/gui/file/"
		  "d7a8fbb307d7809469ca9abcb0082e4f8d5651e46d3cdb762d02d0bf37c9e592",
		  "sha256 d7a8fbb307d7809469ca9abcb0082e4f8d5651e46d3cdb762d02d0bf37c9e592" },
	};

	(void)state;
	CHECK(rows, false);
}

static void test_places(void **state)
{
	static const struct row rows[] = {
		{ "Indicators of compromise\n\nbad-domain.com\n45.77.12.9\nhttp://bad-domain.com/x\n",
		  "domain bad-domain.com; ipv4 45.77.12.9; url http://bad-domain.com/x" },
		{ "IOCs:\n- bad-domain.com\n- other-bad.net\n\nReferences\n- "
		  "https://news-site.com/article\n",
		  "domain bad-domain.com; domain other-bad.net" },
		{ "付録A 通信先\nbad-domain.com\nother-bad.net\n", "domain bad-domain.com; domain "
								   "other-bad.net" },
		{ "| Domain | Role |\n|---|---|\n| bad-domain.com | C2 |\n| other.net | payload |\n",
		  "domain bad-domain.com; domain other.net" },
		{ "The malware connects to bad-domain.com over port 443.",
		  "domain bad-domain.com port 443" },
		{ "bad[.]com is bad. It is http://bad.com/x that serves it; https://good.com/ does not.",
		  "domain bad.com; url http://bad.com/x" },
		{ "## IOC\n### Domains\nbad-domain.com\n## About us\nwww.vendor.com\n",
		  "domain bad-domain.com" },
	};

	(void)state;
	CHECK(rows, false);
}

static void test_mistakes(void **state)
{
	static const struct row rows[] = {
		{ "196.20.16[.]201 and then 3人が、196.20.16[.]20,1 に", "ipv4 196.20.16.201" },
		{ "3人が、196.20.16[.]20,1 ホスト名に", "ipv4 196.20.16.201?" },
		{ "45.77.12[.]20,1\n45.77.12[.]30,4\n", "ipv4 45.77.12.20; ipv4 45.77.12.30" },
		{ "045.077.012[.]009", "ipv4 45.77.12.9!" },
		{ "196.20.16[.]20,1\n45.77.12[.]30\n", "ipv4 196.20.16.201?; ipv4 45.77.12.30" },
		{ "from 45.77.12.20,1 it went", "ipv4 45.77.12.20?" },
		{ "It is hxxp://bad-\ndomain[.]com/a.exe", "url http://bad-domain.com/a.exe!" },
		{ "The payload was fetched from hxxp://bad-domain[.]com/a/very\n"
		  "/long/path/with/many/segments/that/will/wrap/a.dll by\nthe loader.\n",
		  "url http://bad-domain.com/a/very/long/path/with/many/segments/that/will/wrap/a.dll!" },
		{ "The payload was fetched from hxxp://bad-domain[.]com/a\nand then it slept.\n",
		  "url http://bad-domain.com/a" },
	};

	(void)state;
	CHECK(rows, false);
}

/* What stands around says which of two readings is meant. */
static void test_readings(void **state)
{
	static const struct row rows[] = {
		/* An ending of files, and of names. */
		{ "C2: bad-name[.]sh\nIt asked bad-name.sh again, and ran other-name.sh.\n",
		  "domain bad-name.sh" },
		{ "C2 domains:\nbad-name.zip\nbad-name.mov\n",
		  "domain bad-name.zip; domain bad-name.mov" },
		{ "Malware files:\nbad-name.zip\nbad-name.sh\n", "" },
		/* Heads of columns. */
		{ "| Malware | Version | C2 |\n|---|---|---|\n| Qbot | 45.1.2.3 | 45.77.12.9 |\n",
		  "ipv4 45.77.12.9" },
		{ "| Phishing domain | Legitimate |\n|---|---|\n| bad-name.com | good-name.com |\n",
		  "domain bad-name.com" },
		{ "Malware in versions 9.10.31.11, 9.10.31.12 and 9.10.31.13 calls 45.77.12.9.",
		  "ipv4 45.77.12.9" },
		/* Who impersonates whom, and in which clause. */
		{ "Malware at bad-name.com impersonates good-name.com.", "domain bad-name.com" },
		{ "unblocked 45.77.12.1 (false positive); blocked 45.77.12.9 (malware)",
		  "ipv4 45.77.12.9" },
		{ "uses: actions/checkout@8e5e7e5ab8b370d6c329ec480221332ada57f0ab", "" },
	};

	(void)state;
	CHECK(rows, false);
}

static void test_facts(void **state)
{
	static const char text[] =
		"# Qbot C2 servers\n\n"
		"- 45.77.12[.]9\n\n"
		"# Notes\n\n"
		"The Emotet payload was served by hxxp://bad[.]com/x on 2018 年 12 月 16 日.\n";
	struct lexicon *l = lexicon();
	struct extract_in in = { .text = str_of(text) };
	struct extraction x;
	struct arena arena;

	(void)state;
	arena_init(&arena, 0);
	assert_int_equal(extract(l, &in, &arena, &x), ERR_OK);
	assert_int_equal(x.n, 2);
	assert_true(str_is(x.v[0].family, "QakBot"));
	assert_true(x.v[0].has_role && x.v[0].role == ROLE_CONTROLLER);
	assert_int_equal(x.v[0].line, 3);
	assert_true(str_is(x.v[0].original, "45.77.12[.]9"));
	assert_true(str_is(x.v[0].heading, "# Qbot C2 servers"));
	assert_true(str_is(x.v[1].family, "Emotet"));
	assert_true(x.v[1].has_role && x.v[1].role == ROLE_PAYLOAD);
	assert_int_equal(x.v[1].date, INT64_C(1544918400) * TIME_S);
	assert_true(str_starts(str_skip(in.text, x.v[1].at), STR("hxxp://bad[.]com/x")));
	arena_free(&arena);
	lexicon_free(l);
}

/* The file that is carried is understood (every other test would fail); others are refused. */
static void test_words(void **state)
{
	static const struct {
		struct str text;
		enum err e;
	} files[] = {
		{ STR("word,means\n# nothing\n\nc2,controller cue\r\nsubject,section label"), ERR_OK },
		{ STR("word,means\nc2,controler"), ERR_PARSE },
		{ STR("word,means\nc2"), ERR_PARSE },
		{ STR("word,means\nc2,"), ERR_PARSE },
		{ STR("word,means\nc2,label"), ERR_PARSE },
		{ STR("word,means\nc2,payload phishing"), ERR_PARSE },
		{ STR("word,means\n"
		      "0123456789012345678901234567890123456789012345678901234567890123456789"
		      "0123456789,cue"),
		  ERR_PARSE },
		{ STR(""), ERR_OK },
	};

	(void)state;
	for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
		struct lexicon *l = NULL;

		assert_int_equal(lexicon_new(files[i].text, NULL, 0, &l), files[i].e);
		lexicon_free(l);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_defanging),      cmocka_unit_test(test_scripts),
		cmocka_unit_test(test_not_indicators), cmocka_unit_test(test_types),
		cmocka_unit_test(test_places),         cmocka_unit_test(test_mistakes),
		cmocka_unit_test(test_readings),       cmocka_unit_test(test_facts),
		cmocka_unit_test(test_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
