/* SPDX-License-Identifier: Apache-2.0 */
#include "base/escape.h"
#include "base/mix.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

typedef void escape_fn(struct buf *b, struct str s);

static void check(escape_fn *fn, struct str in, const char *want)
{
	struct buf b;

	buf_init(&b, 0);
	fn(&b, in);
	buf_ch(&b, 0);
	assert_string_equal(b.p, want);
	buf_free(&b);
}

static void html(void **state)
{
	(void)state;
	check(esc_html, STR("plain 鼠"), "plain 鼠");
	check(esc_html, STR("<script a=\"1\" b='2'>&</script>"),
	      "&lt;script a=&quot;1&quot; b=&#39;2&#39;&gt;&amp;&lt;/script&gt;");
	check(esc_html, STR("a\x00\x1b[31m\x7f\xc2\x9b\tb\nc\rd"), "a[31m\tb\ncd");
	check(esc_html, STR("a\xff\xc3(\xe2\x82"), "a\xef\xbf\xbd\xef\xbf\xbd(\xef\xbf\xbd");
	check(esc_html, STR("\xed\xa0\x80|\xc0\xaf|\xf4\x90\x80\x80"),
	      "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd|\xef\xbf\xbd\xef\xbf\xbd|\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");
	/* Text that is turned round would read as something else. */
	check(esc_html, STR("moc.\xe2\x80\xaelive"), "moc.\xef\xbf\xbdlive");
	check(esc_html, STR(""), "");
}

static void term(void **state)
{
	(void)state;
	check(esc_term, STR("鼠 ok"), "鼠 ok");
	check(esc_term, STR("\x1b]0;x\x07\n\t\r\x7f"), "\\x1b]0;x\\x07\\x0a\\x09\\x0d\\x7f");
	check(esc_term,
	      STR("\xc2\x9b"
		  "2J"),
	      "\\x9b2J");
	check(esc_term,
	      STR("a\xe2\x80\xae"
		  "b\xe2\x80\x8b"
		  "c\xef\xbb\xbf"),
	      "a\\u202eb\\u200bc\\ufeff");
	check(esc_term, STR("\xf3\xa0\x80\x81"), "\\U000e0001");
	check(esc_term, STR("\x80\xfe"), "\xef\xbf\xbd\xef\xbf\xbd");
	/* A variant of a kanji in a name stays itself. */
	check(esc_term, STR("葛\xf3\xa0\x84\x80城"), "葛\xf3\xa0\x84\x80城");
}

static void csv(void **state)
{
	(void)state;
	check(esc_csv, STR("plain"), "plain");
	check(esc_csv, STR("a,b"), "\"a,b\"");
	check(esc_csv, STR("say \"hi\""), "\"say \"\"hi\"\"\"");
	check(esc_csv, STR("=cmd|' /C calc'!A0"), "\"'=cmd|' /C calc'!A0\"");
	check(esc_csv, STR("+1"), "\"'+1\"");
	check(esc_csv, STR("-1"), "\"'-1\"");
	check(esc_csv, STR("@SUM(A1)"), "\"'@SUM(A1)\"");
	check(esc_csv, STR("\t=1"), "\"'\t=1\"");
	check(esc_csv, STR("\r=1"), "\"'\r=1\"");
	check(esc_csv, STR("＝1"), "\"'＝1\"");
	check(esc_csv, STR("two\nlines"), "\"two\nlines\"");
	check(esc_csv, STR(" edge"), "\" edge\"");
	check(esc_csv,
	      STR("a\x00"
		  "b\x1b"),
	      "a\xef\xbf\xbd"
	      "b\xef\xbf\xbd");
	check(esc_csv, STR(""), "");
}

static void md(void **state)
{
	(void)state;
	check(esc_md, STR("plain text"), "plain text");
	check(esc_md, STR("a|b\nc"), "a\\|b c");
	check(esc_md, STR("<b>&*x*"), "&lt;b&gt;&amp;\\*x\\*");
	check(esc_md, STR("[a](http://x)"), "\\[a\\](http\\://x)");
	check(esc_md, STR("# title"), "\\# title");
	check(esc_md, STR("- item"), "\\- item");
	check(esc_md, STR("well-known"), "well-known");
	check(esc_md, STR("1. first"), "1\\. first");
	check(esc_md, STR("1) first"), "1\\) first");
	check(esc_md, STR("so: a (b) :smile:"), "so: a (b) \\:smile:");
	check(esc_md, STR("mailto:a@b"), "mailto\\:a\\@b");
	check(esc_md, STR("=== x"), "\\=== x");
	check(esc_md, STR("115.88.75.245"), "115.88.75.245");
	check(esc_md, STR("www.evil.example"), "www\\.evil.example");
	check(esc_md, STR("`code` \\ ~~x~~"), "\\`code\\` \\\\ \\~\\~x\\~\\~");
}

static void defanged(void **state)
{
	(void)state;
	check(defang, STR("115.88.75.245"), "115.88.75[.]245");
	check(defang, STR("evil.example.com"), "evil.example[.]com");
	check(defang, STR("evil.com."), "evil[.]com.");
	check(defang, STR("10.1.0.0/16"), "10.1.0[.]0/16");
	check(defang, STR("1.2.3.4:8080"), "1.2.3[.]4:8080");
	check(defang, STR("2001:db8::1"), "2001:db8:[:]1");
	check(defang, STR("2001:db8::/32"), "2001:db8:[:]/32");
	check(defang, STR("::ffff:1.2.3.4"), "::ffff[:]1.2.3.4");
	check(defang, STR("http://evil.com/a.b/c"), "hxxp://evil[.]com/a.b/c");
	check(defang, STR("HTTPS://u@x.evil.com:8443/?u=http://y.z"),
	      "HXXPS://u@x.evil[.]com:8443/?u=hxxp://y.z");
	check(defang, STR("https://[2001:db8::1]:444/"), "hxxps://[2001:db8:[:]1]:444/");
	check(defang, STR("115.88.75[.]245"), "115.88.75[.]245");
	check(defang, STR("d41d8cd98f00b204e9800998ecf8427e"), "d41d8cd98f00b204e9800998ecf8427e");
	check(defang, STR(""), "");
	check(defang, STR("..."), "...");
}

static void widths(void **state)
{
	(void)state;
	assert_int_equal(text_width(STR("abc")), 3);
	assert_int_equal(text_width(STR("鼠")), 2);
	assert_int_equal(text_width(STR("ｱ")), 1);
	assert_int_equal(text_width(STR("e\xcc\x81")), 1);
	assert_int_equal(text_width(STR("か\xe3\x82\x99")), 2);
	assert_int_equal(text_width(STR("🐀!")), 3);
	assert_int_equal(text_head(STR("鼠鼠"), 3).n, 3);
	assert_int_equal(text_head(STR("abc"), 2).n, 2);
	assert_int_equal(text_head(STR("abc"), 9).n, 3);
	assert_int_equal(text_head(STR("abc"), 0).n, 0);
	/* A combining mark stays with its letter. */
	assert_int_equal(text_head(STR("e\xcc\x81x"), 1).n, 3);
}

/* Whatever goes in, UTF-8 comes out, and nothing that its syntax would act upon. */
static void any_bytes(void **state)
{
	static escape_fn *const fns[] = { esc_html, esc_term, esc_csv, esc_md };
	static const char alphabet[] =
		"<>&\"'|*[]()\n\r\t\x1b\x00\x7f=+-@.:/ahtpw1\xc2\x9b\xe2\x80\xae\xff\xed\xf0";
	uint64_t seed = 42;

	(void)state;
	for (int round = 0; round < 20000; round++) {
		char in[24];
		size_t n = mix_next(&seed) % sizeof in;

		for (size_t i = 0; i < n; i++)
			in[i] = alphabet[mix_next(&seed) % (sizeof alphabet - 1)];
		for (size_t f = 0; f < sizeof fns / sizeof fns[0]; f++) {
			struct buf b;

			buf_init(&b, 0);
			fns[f](&b, (struct str){ in, n });
			assert_int_equal(buf_err(&b), ERR_OK);
			assert_true(str_utf8(buf_str(&b)));
			for (size_t i = 0; i < b.n; i++) {
				unsigned char c = (unsigned char)b.p[i];

				assert_true(c >= 0x20 || (fns[f] != esc_term && fns[f] != esc_md &&
							  strchr("\t\r\n", c)));
				if (fns[f] == esc_html)
					assert_null(memchr("<>\"'\r", c, 5));
				if (fns[f] == esc_md)
					assert_null(memchr("<>", c, 2));
			}
			buf_free(&b);
		}
		struct buf b;

		buf_init(&b, 0);
		defang(&b, (struct str){ in, n });
		assert_int_equal(str_find(buf_str(&b), STR("http://")), SIZE_MAX);
		buf_free(&b);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(html),      cmocka_unit_test(term),     cmocka_unit_test(csv),
		cmocka_unit_test(md),        cmocka_unit_test(defanged), cmocka_unit_test(widths),
		cmocka_unit_test(any_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
