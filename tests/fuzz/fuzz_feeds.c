/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What servers of feeds say. The first byte of an input chooses what is tried, the rest is the text:
 *   b objects of an answer go into a bundle, which is JSON again and says the same when it is read
 *   s settings that are read are written and read again
 *   u what a server names as an address stays on its host
 */
#include "app/bundle.h"
#include "app/edition.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define need(ok) ((ok) ? (void)0 : broken(#ok, __LINE__))

static void broken(const char *what, int line)
{
	fprintf(stderr, "fuzz_feeds.c:%d: does not hold: %s\n", line, what);
	abort();
}

static void written(struct bundle *b, struct buf *out)
{
	char path[] = "/tmp/nezumi-fuzz-XXXXXX";
	int fd = mkstemp(path);

	need(fd >= 0);
	close(fd);
	need(bundle_write(b, path, NULL) == ERR_OK);
	need(file_slurp(path, 1 << 24, out, NULL) == ERR_OK);
	(void)unlink(path);
}

static void bundles(struct str text)
{
	struct bundle b, again;
	struct buf first, second;
	struct errinfo ei;
	uint64_t fresh;
	size_t at;

	bundle_init(&b, 1 << 22);
	bundle_init(&again, 1 << 22);
	buf_init(&first, 1 << 24);
	buf_init(&second, 1 << 24);
	if (bundle_add(&b, text, &fresh, &ei) == ERR_OK) {
		written(&b, &first);
		need(edition_whole_json(str_trim(buf_str(&first))));
		at = str_find(buf_str(&first), STR("[\n"));
		need(at != SIZE_MAX);
		/* Its own list, without the end of the bundle around it. */
		need(bundle_add(&again, str_head(str_skip(buf_str(&first), at), first.n - at - 2),
				&fresh, &ei) == ERR_OK);
		need(again.objects.n <= b.objects.n);
		written(&again, &second);
		need(str_eq(str_skip(buf_str(&first), at), str_skip(buf_str(&second), at)));
	}
	buf_free(&first);
	buf_free(&second);
	bundle_free(&again);
	bundle_free(&b);
}

static void settings(struct str text)
{
	struct feed f = { .format = "auto" }, g = { .format = "auto" };
	struct buf first, second;
	struct errinfo ei;
	struct arena a;

	arena_init(&a, 1 << 24);
	buf_init(&first, 1 << 24);
	buf_init(&second, 1 << 24);
	if (feed_settings_read(&f, &a, text, &ei) == ERR_OK) {
		need(feed_settings_write(&f, &first) == ERR_OK);
		need(feed_settings_read(&g, &a, buf_str(&first), &ei) == ERR_OK);
		need(feed_settings_write(&g, &second) == ERR_OK);
		need(str_eq(buf_str(&first), buf_str(&second)));
	}
	buf_free(&first);
	buf_free(&second);
	arena_free(&a);
}

static void addresses(struct str text)
{
	static const char base[] = "https://taxii.example.org:8443/api/";
	struct errinfo ei;
	struct buf b;

	buf_init(&b, 1 << 20);
	if (fetch_join(base, text, &b, &ei) == ERR_OK)
		need(str_istarts(buf_str(&b), STR("https://taxii.example.org:8443/")));
	buf_free(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str text;

	if (size == 0)
		return 0;
	text = (struct str){ (const char *)data + 1, size - 1 };
	switch (data[0]) {
	case 'b':
		bundles(text);
		break;
	case 's':
		settings(text);
		break;
	case 'u':
		addresses(text);
		break;
	default:
		break;
	}
	return 0;
}
