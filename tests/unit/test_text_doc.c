/* SPDX-License-Identifier: Apache-2.0 */
/* Documents as text: pages, mails, character sets. */
#include "format/text_doc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

struct row {
	enum text_kind kind; /* TEXT_GUESS: recognised by content, too */
	const char *file, *text;
	const char *links; /* joined by blanks */
};

static void check(const struct row *r, size_t n)
{
	size_t bad = 0;

	for (size_t i = 0; i < n; i++) {
		struct str file = str_of(r[i].file);
		struct errinfo ei = { 0 };
		struct text_doc d;
		struct buf links;

		text_doc_init(&d);
		buf_init(&links, 0);
		assert_int_equal(text_read(file, r[i].kind ? r[i].kind : text_guess(file), &d, &ei),
				 ERR_OK);
		buf_ch(&d.text, 0);
		d.text.n--;
		for (size_t k = 0; k < d.links.n; k++) {
			assert_true(d.links.v[k].at <= d.text.n);
			if (k)
				buf_ch(&links, ' ');
			buf_puts(&links, d.links.v[k].url);
		}
		if (strcmp(d.text.p, r[i].text) != 0 || !str_is(buf_str(&links), r[i].links)) {
			print_error("%s\n  is  \"%s\" %.*s\n  due \"%s\" %s\n", r[i].file, d.text.p,
				    STR_ARG(buf_str(&links)), r[i].text, r[i].links);
			bad++;
		}
		buf_free(&links);
		text_doc_free(&d);
	}
	assert_int_equal(bad, 0);
}

static void test_html(void **state)
{
	static const struct row rows[] = {
		{ TEXT_GUESS, "<html><body><p>One  two</p><p>three</p></body></html>",
		  "One two\n\nthree\n", "" },
		{ TEXT_HTML, "evil<b>[</b>.<i>]</i>com", "evil[.]com\n", "" },
		{ TEXT_HTML, "<h2>IOCs</h2><ul><li>a<li>b</ul>", "## IOCs\n\n- a\n- b\n", "" },
		{ TEXT_HTML, "<table><tr><th>A<th>B<tr><td>1<td>2</table>", "A | B\n1 | 2\n", "" },
		{ TEXT_HTML, "a<script>b<p></script>c<style>d</style>e<!-- f -->g", "aceg\n", "" },
		{ TEXT_HTML, "<div hidden>x<div>y</div></div>z<span style='display:none'>q</span>",
		  "z\n", "" },
		{ TEXT_HTML, "<a href='https://a.com/?x=1&amp;y=2'>see</a> <a href=/local>it</a>",
		  "see it\n", "https://a.com/?x=1&y=2" },
		{ TEXT_HTML, "a&#46;com b&period;com c&#x2e;com &lt;d&gt; &amp;amp; &unknown;",
		  "a.com b.com c.com <d> &amp; &unknown;\n", "" },
		{ TEXT_HTML, "<pre>a\n  b</pre>c", "a\n  b\n\nc\n", "" },
		{ TEXT_HTML, "1 < 2 and <3", "1 < 2 and <3\n", "" },
		{ TEXT_HTML, "<a href=\"http://a.com", "", "http://a.co" },
		{ TEXT_HTML, "\xe9t\xe9 evil[.]fr", "\xc3\xa9t\xc3\xa9 evil[.]fr\n", "" },
	};

	(void)state;
	check(rows, sizeof rows / sizeof rows[0]);
}

static void test_mail(void **state)
{
	static const struct row rows[] = {
		{ TEXT_GUESS,
		  "From: a@b.com\nTo: c@d.com\nSubject: =?utf-8?Q?a_=C3=A9?= =?utf-8?B?w6k=?=\n\nbody\n",
		  "From: a@b.com\nTo: c@d.com\nSubject: a \xc3\xa9\xc3\xa9\n\nbody\n\n", "" },
		{ TEXT_MAIL,
		  "Content-Type: multipart/alternative; boundary=x\n\npreamble\n--x\n"
		  "Content-Transfer-Encoding: quoted-printable\n\nbad=5B.]c=\nom\n--x\n"
		  "Content-Type: text/html\nContent-Transfer-Encoding: base64\n\nPGI+YmFkWy5dbmV0PC9iPg==\n--x--\n"
		  "epilogue\n",
		  "\nbad[.]com\n\nbad[.]net\n\n", "" },
		{ TEXT_MAIL,
		  "Content-Type: text/plain; charset=\"iso-2022-jp\"\n\n\x1b$B$\"\x1b(B bad[.]com\n",
		  "\n\xe3\x81\x82 bad[.]com\n\n", "" },
		{ TEXT_MAIL, "Content-Type: multipart/mixed; boundary=x\n\n--x\n\ncut", "\ncut\n", "" },
		{ TEXT_MAIL, "Content-Type: image/png; name=a.png\nContent-Disposition: attachment\n\nxx",
		  "\nattachment: a.png\n", "" },
	};

	(void)state;
	check(rows, sizeof rows / sizeof rows[0]);
}

static void test_charsets(void **state)
{
	static const struct row rows[] = {
		/* これはテストです in Shift_JIS, EUC-JP, ISO-2022-JP */
		{ TEXT_GUESS, "\x82\xb1\x82\xea\x82\xcd\x83\x65\x83\x58\x83\x67\x82\xc5\x82\xb7 a[.]jp",
		  "\xe3\x81\x93\xe3\x82\x8c\xe3\x81\xaf\xe3\x83\x86\xe3\x82\xb9\xe3\x83\x88\xe3\x81\xa7\xe3\x81"
		  "\x99 a[.]jp",
		  "" },
		{ TEXT_GUESS, "\xa4\xb3\xa4\xec\xa4\xcf\xa5\xc6\xa5\xb9\xa5\xc8\xa4\xc7\xa4\xb9 a[.]jp",
		  "\xe3\x81\x93\xe3\x82\x8c\xe3\x81\xaf\xe3\x83\x86\xe3\x82\xb9\xe3\x83\x88\xe3\x81\xa7\xe3\x81"
		  "\x99 a[.]jp",
		  "" },
		{ TEXT_GUESS, "\x1b$B$3$l$O\x1b(B a[.]jp",
		  "\xe3\x81\x93\xe3\x82\x8c\xe3\x81\xaf a[.]jp", "" },
		/* 恶意域名 in GB18030 */
		{ TEXT_GUESS, "\xb6\xf1\xd2\xe2\xd3\xf2\xc3\xfb a[.]cn",
		  "\xe6\x81\xb6\xe6\x84\x8f\xe5\x9f\x9f\xe5\x90\x8d a[.]cn", "" },
		{ TEXT_GUESS, "caf\xe9 na\xefve a[.]fr", "caf\xc3\xa9 na\xc3\xafve a[.]fr", "" },
		/* One bad byte in much UTF-8 is a bad byte. */
		{ TEXT_GUESS,
		  "\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9 a[.]fr \xff",
		  "\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9 a[.]fr \xff",
		  "" },
	};
	struct errinfo ei = { 0 };
	struct text_doc d;

	(void)state;
	check(rows, sizeof rows / sizeof rows[0]);
	text_doc_init(&d);
	assert_int_equal(text_read((struct str){ "\xff\xfe"
						 "a\0[\0.\0]\0",
						 10 },
				   TEXT_PLAIN, &d, &ei),
			 ERR_OK);
	assert_true(str_is(buf_str(&d.text), "a[.]"));
	text_doc_free(&d);
}

static void test_kinds(void **state)
{
	struct errinfo ei = { 0 };
	struct text_doc d;

	(void)state;
	assert_int_equal(text_guess(STR("%PDF-1.7\n")), TEXT_PDF);
	assert_int_equal(text_guess(STR("\x7f"
					"ELF\0\0\0\0\0\0\0\0\0")),
			 TEXT_BINARY);
	assert_int_equal(text_guess(STR("a plain sentence: and\nanother: one\n")), TEXT_PLAIN);
	assert_int_equal(text_guess(STR("")), TEXT_PLAIN);
	text_doc_init(&d);
	assert_int_equal(text_read(STR("\x7f"
				       "ELF\0\0\0\0"),
				   TEXT_BINARY, &d, &ei),
			 ERR_FORMAT);
	text_doc_free(&d);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_html), cmocka_unit_test(test_mail),
					    cmocka_unit_test(test_charsets),
					    cmocka_unit_test(test_kinds) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
