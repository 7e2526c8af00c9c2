/* SPDX-License-Identifier: Apache-2.0 */
/* What is known of feeds: the catalogue, and what a user may say. */
#include "app/feed.h"

#include "format/reader.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

static void the_catalogue(void **state)
{
	struct feeds_list l = { 0 };
	struct errinfo ei = { 0 };
	struct arena a;

	(void)state;
	arena_init(&a, 0);
	if (feed_catalogue(&a, &l, &ei))
		print_message("%s\n", ei.msg);
	assert_int_equal(ei.msg[0], 0);
	assert_true(l.n >= 30);
	for (size_t i = 0; i < l.n; i++) {
		const struct feed *f = &l.v[i];

		assert_true(str_starts(str_of(f->url), STR("https://")));
		assert_true(f->homepage && f->terms && *f->licence);
		assert_true(str_starts(str_of(f->homepage), STR("https://")));
		assert_true(feed_kind(f) != FEED_LIST ||
			    reader_named(READS_INDICATORS, str_of(f->format)) != NULL);
		assert_in_range(f->reliability, 'A', 'F');
		/* Publishers dislike to be asked all the time. */
		assert_true(f->interval_s >= 3600);
		assert_true(f->how != FETCH_URL || strstr(f->url, "{key}"));
		assert_true(f->how == FETCH_URL || !strchr(f->url, '{'));
		assert_true(!f->key_needed || f->how != FETCH_OPEN);
		/* What a user has to decide is not decided here. */
		assert_false(f->http || f->inside || f->proxy || f->ca_file || f->key_file ||
			     f->key_env);
		for (size_t k = 0; k < i; k++) {
			assert_string_not_equal(f->name, l.v[k].name);
			assert_string_not_equal(f->url, l.v[k].url);
		}
	}
	free(l.v);
	arena_free(&a);
}

static void settings(void **state)
{
	static const char *const said[][2] = {
		{ "title", "A \"list\"" },
		{ "http", "yes" },
		{ "private", "allowed" },
		{ "key", "header:X-Key" },
		{ "key-file", "/k" },
		{ "user", "me" },
		{ "collection", "Red \\ one" },
		{ "max-size", "17" },
		{ "timeout", "2m" },
		{ "idle", "9s" },
		{ "tries", "4" },
		{ "ca", "/etc/ca.pem" },
		{ "proxy", "http://p:3128" },
		{ "key-env", "THE_KEY" },
		{ "wait", "5" },
	};
	struct feed f = { 0 }, g = { 0 };
	struct errinfo ei;
	struct arena a;
	struct buf text, again;

	(void)state;
	arena_init(&a, 0);
	buf_init(&text, 0);
	buf_init(&again, 0);
	for (size_t i = 0; i < sizeof said / sizeof said[0]; i++)
		assert_int_equal(feed_set(&f, &a, str_of(said[i][0]), str_of(said[i][1]), &ei), ERR_OK);
	assert_int_equal(feed_settings_write(&f, &text), ERR_OK);
	assert_int_equal(feed_settings_read(&g, &a, buf_str(&text), &ei), ERR_OK);
	assert_int_equal(feed_settings_write(&g, &again), ERR_OK);
	assert_true(str_eq(buf_str(&text), buf_str(&again)));
	assert_true(g.http && g.inside && g.how == FETCH_HEADER);
	assert_string_equal(g.key_header, "X-Key");
	assert_string_equal(g.collection, "Red \\ one");
	assert_int_equal(g.total_s, 120);
	assert_int_equal(feed_settings_read(&g, &a, STR("{\"unheard\":1,\"http\":7}"), &ei), ERR_OK);
	assert_int_equal(feed_settings_read(&g, &a, STR("{"), &ei), ERR_PARSE);
	buf_free(&text);
	buf_free(&again);
	arena_free(&a);
}

static void nonsense(void **state)
{
	static const char *const said[][2] = {
		{ "format", "zeek-tsv" },
		{ "format", "zip" },
		{ "reliability", "G" },
		{ "reliability", "" },
		{ "interval", "1" },
		{ "interval", "-1h" },
		{ "lifetime", "3h" },
		{ "role", "friend" },
		{ "http", "perhaps" },
		{ "key", "cookie" },
		{ "key", "header:" },
		{ "key", "header:A B" },
		{ "key", "header:A\nB" },
		{ "ca", "ca.pem" },
		{ "key-file", "" },
		{ "max-size", "0" },
		{ "tries", "x" },
		{ "title", "a\033[2J" },
		{ "password", "x" },
		{ "terms", "javascript:1" },
		{ "proxy", "http://a:b@p" },
		{ "title", "\xff" },
	};
	struct feed f = { 0 };
	struct errinfo ei;
	struct arena a;

	(void)state;
	arena_init(&a, 0);
	for (size_t i = 0; i < sizeof said / sizeof said[0]; i++)
		assert_int_equal(feed_set(&f, &a, str_of(said[i][0]), str_of(said[i][1]), &ei),
				 ERR_USAGE);
	arena_free(&a);
	assert_true(feed_name_ok(STR("a-b_c.9")));
	assert_false(feed_name_ok(STR("")));
	assert_false(feed_name_ok(STR("..")));
	assert_false(feed_name_ok(STR("-x")));
	assert_false(feed_name_ok(STR("a/b")));
	assert_false(feed_name_ok(STR("A")));
	assert_false(feed_name_ok(STR("abcdefghijklmnopqrstuvwxyzabcdefghijklmno")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_catalogue),
		cmocka_unit_test(settings),
		cmocka_unit_test(nonsense),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
