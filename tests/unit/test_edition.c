/* SPDX-License-Identifier: Apache-2.0 */
/* Bundles put together from answers, what counts as whole, what is suspicious. */
#include "app/bundle.h"
#include "app/edition.h"
#include "app/feeds.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static void assert_bundle(struct bundle *b, const char *path, const char *want)
{
	struct buf text;
	struct str s;

	buf_init(&text, 0);
	assert_int_equal(bundle_write(b, path, NULL), ERR_OK);
	assert_int_equal(file_slurp(path, 1 << 20, &text, NULL), ERR_OK);
	assert_true(edition_whole_json(str_trim(buf_str(&text))));
	s = str_skip(buf_str(&text), str_find(buf_str(&text), STR("[\n")) + 2);
	s = str_head(s, str_find(s, STR("\n]}")));
	if (!str_is(s, want))
		print_message("%.*s\n", STR_ARG(s));
	assert_true(str_is(s, want));
	buf_free(&text);
}

static void versions(void **state)
{
	char path[] = "/tmp/nezumi-bundle-XXXXXX";
	int fd = mkstemp(path);
	struct errinfo ei;
	struct bundle b, again;
	uint64_t fresh;

	(void)state;
	close(fd);
	bundle_init(&b, 1 << 20);
	assert_int_equal(bundle_add(&b,
				    STR("[{\"id\":\"b\",\"modified\":\"2\",\"x\":\"}]\"}, {\"id\":\"a\"},3,"
					"{\"id\":\"b\",\"modified\":\"1\"}]"),
				    &fresh, &ei),
			 ERR_OK);
	assert_int_equal(fresh, 3);
	/* What came already is nothing new; in another question it may be. */
	assert_int_equal(bundle_add(&b, STR("[{\"id\":\"a\"}]"), &fresh, &ei), ERR_OK);
	assert_int_equal(fresh, 0);
	bundle_forget(&b);
	assert_int_equal(bundle_add(&b, STR("[{\"id\":\"a\"}]"), &fresh, &ei), ERR_OK);
	assert_int_equal(fresh, 1);
	/* Without an id nobody knows which it replaces. */
	assert_int_equal(bundle_add(&b, STR("[{\"y\":1},{\"y\":1}]"), &fresh, &ei), ERR_OK);
	assert_int_equal(fresh, 1);
	assert_bundle(&b, path,
		      "{\"y\":1},\n{\"y\":1},\n{\"id\":\"a\"},\n"
		      "{\"id\":\"b\",\"modified\":\"2\",\"x\":\"}]\"}");

	bundle_init(&again, 1 << 20);
	assert_int_equal(bundle_load(&again, path), ERR_OK);
	assert_int_equal(again.fresh, 0);
	assert_int_equal(bundle_add(&again, STR("[{\"modified\":\"3\",\"id\":\"b\"}]"), &fresh, &ei),
			 ERR_OK);
	assert_int_equal(again.fresh, 1);
	assert_bundle(&again, path,
		      "{\"y\":1},\n{\"y\":1},\n{\"id\":\"a\"},\n{\"modified\":\"3\",\"id\":\"b\"}");
	assert_int_equal(bundle_add(&again, STR("{\"id\":\"b\"}"), &fresh, &ei), ERR_PARSE);
	assert_int_equal(bundle_add(&again, STR("[{\"id\":\"b\"}"), &fresh, &ei), ERR_PARSE);
	bundle_free(&again);
	bundle_free(&b);
	(void)unlink(path);
	bundle_init(&b, 1 << 20);
	assert_int_equal(bundle_load(&b, path), ERR_NOENT);
	bundle_free(&b);
}

static void limit(void **state)
{
	struct errinfo ei;
	struct bundle b;
	uint64_t fresh, i = 0;
	char text[64];
	enum err e = ERR_OK;

	(void)state;
	bundle_init(&b, 100000);
	while (!e && i < 100000) {
		(void)snprintf(text, sizeof text, "[{\"id\":\"indicator--%llu\"}]",
			       (unsigned long long)i++);
		e = bundle_add(&b, str_of(text), &fresh, &ei);
	}
	assert_int_equal(e, ERR_LIMIT);
	assert_in_range(i, 3000, 5000);
	bundle_free(&b);
}

static void whole(void **state)
{
	(void)state;
	assert_true(edition_whole_json(STR("{\"a\":[1,{}]}")));
	assert_true(edition_whole_json(STR(" [] \n")));
	assert_false(edition_whole_json(STR("")));
	assert_false(edition_whole_json(STR("{\"a\":[1,{}]")));
	assert_false(edition_whole_json(STR("[1,2")));
	assert_false(edition_whole_json(STR("{}x")));
	assert_false(edition_whole_json(STR("12")));
	assert_false(edition_whole_json(STR("{\"a\":\"")));
}

static void suspicion(void **state)
{
	static const struct {
		uint64_t was, is;
		bool suspicious;
	} cases[] = {
		{ 0, 0, false },         { 0, 1000000, false }, { 100, 100, false },
		{ 100, 11, false },      { 100, 10, true },     { 100, 0, true },
		{ 1, 0, true },          { 9, 1, false },       { 10, 1, true },
		{ 100, 999, false },     { 100, 1000, true },   { 1, 10, false },
		{ 1, 19, false },        { 2, 20, true },       { UINT64_MAX, 1, true },
		{ 1, UINT64_MAX, true },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
		assert_int_equal(feeds_suspicious(cases[i].was, cases[i].is), cases[i].suspicious);
}

static void touch(const char *folder, const char *name)
{
	char path[128];
	int fd, n = snprintf(path, sizeof path, "%s/%sXXXXXX", folder, name);

	assert_true(n > 0 && (size_t)n < sizeof path);
	fd = mkstemp(path);
	assert_true(fd >= 0);
	close(fd);
}

static bool there(const char *folder, const char *name)
{
	char path[128];

	(void)snprintf(path, sizeof path, "%s/%s", folder, name);
	return access(path, F_OK) == 0;
}

/* Only what belongs to the feed's own folder goes, and links lead nowhere. */
static void sweeping(void **state)
{
	static const char *const folders[] = { "1", "2", "3", "2/deep", "events", "other" };
	char folder[] = "/tmp/nezumi-sweep-XXXXXX", outside[] = "/tmp/nezumi-outside-XXXXXX", path[128];

	(void)state;
	assert_non_null(mkdtemp(folder));
	assert_non_null(mkdtemp(outside));
	touch(outside, "x");
	for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++) {
		(void)snprintf(path, sizeof path, "%s/%s", folder, folders[i]);
		assert_int_equal(mkdir(path, 0700), 0);
		touch(path, "list.txt");
	}
	touch(folder, "list.fetch.");
	(void)snprintf(path, sizeof path, "%s/link", folder);
	assert_int_equal(symlink(outside, path), 0);
	(void)snprintf(path, sizeof path, "%s/2/link", folder);
	assert_int_equal(symlink(outside, path), 0);
	edition_sweep(folder, 1, 3);
	assert_true(there(folder, "1") && there(folder, "3") && there(folder, "events"));
	assert_false(there(folder, "2") || there(folder, "other") || there(folder, "link"));
	edition_sweep(folder, 0, 0);
	assert_false(there(folder, "1") || there(folder, "3"));
	edition_sweep_events(&(struct edition){ .folder = folder });
	(void)snprintf(path, sizeof path, "%s/events", folder);
	assert_int_equal(rmdir(path), 0);
	assert_int_equal(rmdir(folder), 0);
	assert_int_equal(rmdir(outside), -1);
	edition_sweep(outside, 0, 0);
	assert_int_equal(rmdir(outside), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(versions),  cmocka_unit_test(limit),    cmocka_unit_test(whole),
		cmocka_unit_test(suspicion), cmocka_unit_test(sweeping),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
