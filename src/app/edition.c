/* SPDX-License-Identifier: Apache-2.0 */
#include "app/edition.h"

#include "base/stop.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	TIMES = 6,         /* so many times what one document may take */
	TOTAL_FACTOR = 16, /* bytes of all documents, in limits of one */
	NAME_MOST = 64,
	SWEEP_DEPTH = 3,
	CHUNK = 1 << 16,
};

enum err edition_open(struct edition *ed, const struct feed *feed, struct fetcher *fetcher,
		      const struct fetch_world *world, const char *folder, const struct json_t *was,
		      uint64_t serial)
{
	*ed = (struct edition){
		.feed = feed, .fetcher = fetcher, .world = *world, .folder = folder, .was = was, .serial = serial
	};
	arena_init(&ed->arena, (size_t)256 << 20);
	ed->began = world->now(world->ctx);
	ed->next = json_object();
	if (!ed->next ||
	    json_object_set_new_nocheck(ed->next, "edition", json_integer((json_int_t)serial)))
		return ERR_NOMEM;
	return ERR_OK;
}

void edition_close(struct edition *ed)
{
	json_decref(ed->next);
	free(ed->files.v);
	arena_free(&ed->arena);
}

/* ---- notes ---- */

struct str edition_was(const struct edition *ed, const char *name, const char *below)
{
	const json_t *v = ed->afresh ? NULL : json_object_get(ed->was, name);

	if (below)
		v = json_object_get(v, below);
	if (!json_is_string(v))
		return STR_NONE;
	return (struct str){ json_string_value(v), json_string_length(v) };
}

enum err edition_note(struct edition *ed, const char *name, const char *below, struct str text)
{
	json_t *to = ed->next, *in;

	if (below) {
		in = json_object_get(to, name);
		if (!in) {
			in = json_object();
			if (json_object_set_new_nocheck(to, name, in))
				return ERR_NOMEM;
		}
		to = in;
		name = below;
	}
	return json_object_set_new(to, name, json_stringn(text.p, text.n)) ? ERR_NOMEM : ERR_OK;
}

/* ---- files ---- */

static enum err make_folder(const char *path, struct errinfo *ei)
{
	if (mkdir(path, 0700) && errno != EEXIST)
		return err_set(ei, ERR_IO, "cannot make %s: %s", path, strerror(errno));
	return ERR_OK;
}

enum err edition_path(struct edition *ed, const char *folder, struct str name, struct str *path,
		      struct errinfo *ei)
{
	char serial[24];
	struct buf b;
	enum err e;

	(void)snprintf(serial, sizeof serial, "%llu", (unsigned long long)ed->serial);
	buf_init(&b, PATH_MAX);
	buf_fmt(&b, "%s/%s", ed->folder, folder ? folder : serial);
	buf_ch(&b, 0);
	e = buf_err(&b) ? err_set(ei, ERR_USAGE, "the path of the data directory is too long")
			: make_folder(b.p, ei);
	if (!e && name.n) {
		b.p[b.n - 1] = '/';
		buf_puts(&b, name);
	} else {
		b.n -= b.n > 0;
	}
	if (!e)
		e = buf_err(&b);
	if (!e) {
		*path = arena_str(&ed->arena, buf_str(&b));
		e = path->p ? ERR_OK : ERR_NOMEM;
	}
	buf_free(&b);
	return e;
}

enum err edition_add(struct edition *ed, struct str path)
{
	struct str *at = VEC_PUSH(&ed->files);

	if (!at)
		return ERR_NOMEM;
	*at = path;
	return ERR_OK;
}

static bool digits(const char *s)
{
	return *s && strspn(s, "0123456789") == strlen(s);
}

static void remove_all(int dir, const char *name, unsigned depth)
{
	struct dirent *d;
	DIR *in;
	int fd;

	if (unlinkat(dir, name, 0) == 0 || depth == 0)
		return;
	fd = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	in = fd >= 0 ? fdopendir(fd) : NULL;
	if (!in) {
		if (fd >= 0)
			close(fd);
		return;
	}
	while ((d = readdir(in)))
		if (strcmp(d->d_name, ".") != 0 && strcmp(d->d_name, "..") != 0)
			remove_all(fd, d->d_name, depth - 1);
	closedir(in);
	(void)unlinkat(dir, name, AT_REMOVEDIR);
}

void edition_sweep(const char *folder, uint64_t current, uint64_t held)
{
	DIR *in = opendir(folder);
	struct dirent *d;

	while (in && (d = readdir(in))) {
		uint64_t serial = digits(d->d_name) ? strtoull(d->d_name, NULL, 10) : 0;

		if (d->d_name[0] == '.' || strcmp(d->d_name, "events") == 0 ||
		    (serial && (serial == current || serial == held)))
			continue;
		remove_all(dirfd(in), d->d_name, SWEEP_DEPTH);
	}
	if (in)
		closedir(in);
}

static struct str last_part(struct str path)
{
	const char *slash = memrchr(path.p, '/', path.n);

	return slash ? str_range(slash + 1, path.p + path.n) : path;
}

void edition_sweep_events(const struct edition *ed)
{
	struct str *names = calloc(ed->files.n + 1, sizeof *names);
	struct buf path;
	struct dirent *d;
	DIR *in;

	buf_init(&path, PATH_MAX);
	buf_fmt(&path, "%s/events", ed->folder);
	buf_ch(&path, 0);
	in = names && !buf_err(&path) ? opendir(path.p) : NULL;
	for (size_t i = 0; names && i < ed->files.n; i++)
		names[i] = last_part(ed->files.v[i]);
	if (names && ed->files.n)
		qsort(names, ed->files.n, sizeof *names, str_order);
	while (in && (d = readdir(in))) {
		struct str name = str_of(d->d_name);

		if (d->d_name[0] != '.' && !bsearch(&name, names, ed->files.n, sizeof *names, str_order))
			(void)unlinkat(dirfd(in), d->d_name, 0);
	}
	if (in)
		closedir(in);
	buf_free(&path);
	free(names);
}

/* ---- fetching ---- */

static enum err in_time(const struct edition *ed, struct errinfo *ei)
{
	uint32_t one = ed->feed->total_s ? ed->feed->total_s : fetch_rules_init().total_s;
	int64_t most = (int64_t)one * TIMES * TIME_S;

	if (stop_asked())
		return ERR_STOP;
	if (ed->world.now(ed->world.ctx) - ed->began > most)
		return err_set(ei, ERR_LIMIT, "it took longer than %u s in all", one * TIMES);
	return ERR_OK;
}

static uint64_t limit_of(const struct feed *f)
{
	return f->max_mib ? (uint64_t)f->max_mib << 20 : fetch_rules_init().max_plain;
}

enum err edition_fetch(struct edition *ed, const struct fetch_request *r, const char *to,
		       struct fetch_answer *answer, struct errinfo *ei)
{
	enum err e = in_time(ed, ei);

	*answer = (struct fetch_answer){ 0 };
	if (e)
		return e;
	e = fetch_file(ed->fetcher, r, to, answer, ei);
	ed->wait_s = answer->wait_s;
	ed->bytes += answer->plain;
	if (!e && ed->bytes > TOTAL_FACTOR * limit_of(ed->feed))
		e = err_set(ei, ERR_LIMIT, "all its documents together are more than %llu MiB",
			    (unsigned long long)(TOTAL_FACTOR * limit_of(ed->feed) >> 20));
	return e;
}

enum err edition_get(struct edition *ed, const struct fetch_request *r, struct buf *doc,
		     struct fetch_answer *answer, struct errinfo *ei)
{
	struct str path;
	size_t before = doc->n;
	enum err e = edition_path(ed, NULL, STR("answer"), &path, ei);

	if (!e)
		e = edition_fetch(ed, r, path.p, answer, ei);
	if (e || answer->unchanged)
		return e;
	e = fetch_judge(path.p, ei);
	if (!e)
		e = file_slurp(path.p, limit_of(ed->feed), doc, ei);
	(void)unlink(path.p);
	if (!e && !edition_whole_json((struct str){ doc->p + before, doc->n - before }))
		e = err_set(ei, ERR_PARSE, "what came is no JSON, or cut off");
	return e;
}

/* ---- a list: one document ---- */

/* The last part of the URL, as far as it makes a name of a file: some formats tell a family by it. */
static struct str list_name(const char *url, char name[NAME_MOST + 1])
{
	struct str path = str_head(str_of(url), strcspn(url, "?#"));
	size_t at = path.n, n = 0;

	while (at && path.p[at - 1] != '/')
		at--;
	path = str_skip(path, at);
	if (path.n > NAME_MOST)
		path = str_skip(path, path.n - NAME_MOST);
	for (size_t i = 0; i < path.n; i++) {
		char c = path.p[i];
		bool word = ((c | 32) >= 'a' && (c | 32) <= 'z') || (c >= '0' && c <= '9');

		if (word || (n && (c == '-' || c == '_' || c == '.')))
			name[n++] = c;
	}
	name[n] = 0;
	return n ? (struct str){ name, n } : STR("list");
}

/* Not every server says that nothing is new. */
static bool same_as_before(struct edition *ed, struct str path)
{
	struct str before = edition_was(ed, "file", NULL);
	char *chunk = before.n ? malloc(2 * CHUNK) : NULL;
	int a = -1, b = -1;
	size_t n = 1, m = 1;
	bool same = false;

	if (chunk && !edition_path(ed, ".", before, &before, NULL) &&
	    !file_open(before.p, &a, NULL) && !file_open(path.p, &b, NULL))
		same = true;
	for (uint64_t at = 0; same && n; at += n)
		same = !file_pread(a, at, chunk, CHUNK, &n, NULL) &&
		       !file_pread(b, at, chunk + CHUNK, CHUNK, &m, NULL) && n == m &&
		       memcmp(chunk, chunk + CHUNK, n) == 0;
	if (a >= 0)
		close(a);
	if (b >= 0)
		close(b);
	free(chunk);
	return same;
}

static enum err list_edition(struct edition *ed, struct errinfo *ei)
{
	struct str etag = edition_was(ed, "etag", NULL), date = edition_was(ed, "last_modified", NULL);
	struct fetch_request r = { .url = ed->feed->url,
				   .etag = etag.n ? etag.p : NULL,
				   .last_modified = date.n ? date.p : NULL };
	char name[NAME_MOST + 1];
	struct fetch_answer a;
	struct str path;
	enum err e = edition_path(ed, NULL, list_name(ed->feed->url, name), &path, ei);

	if (!e)
		e = edition_fetch(ed, &r, path.p, &a, ei);
	if (e)
		return e;
	ed->unchanged = a.unchanged || same_as_before(ed, path);
	if (ed->unchanged)
		return ERR_OK;
	e = edition_add(ed, path);
	if (!e)
		e = edition_note(ed, "file", NULL, str_skip(path, strlen(ed->folder) + 1));
	if (!e && a.etag[0])
		e = edition_note(ed, "etag", NULL, str_of(a.etag));
	if (!e && a.last_modified[0])
		e = edition_note(ed, "last_modified", NULL, str_of(a.last_modified));
	return e;
}

enum err edition_make(struct edition *ed, struct errinfo *ei)
{
	switch (feed_kind(ed->feed)) {
	case FEED_TAXII:
		return taxii_edition(ed, ei);
	case FEED_MISP:
		return misp_edition(ed, ei);
	case FEED_OTX:
		return otx_edition(ed, ei);
	case FEED_LIST:
		break;
	}
	return list_edition(ed, ei);
}

/* ---- one that was made before ---- */

enum err edition_files(struct edition *ed, const struct json_t *noted, struct errinfo *ei)
{
	const json_t *files = json_object_get(noted, "files"), *v;
	size_t i;
	enum err e = json_array_size(files) ? ERR_OK : ERR_NOENT;

	json_array_foreach(files, i, v)
	{
		struct str name = { json_string_value(v), json_string_length(v) }, path;

		if (!name.p || name.p[0] == '.' || str_find(name, STR("/.")) != SIZE_MAX)
			e = ERR_NOENT;
		if (e)
			break;
		e = edition_path(ed, ".", name, &path, ei);
		if (!e && access(path.p, R_OK))
			e = ERR_NOENT;
		if (!e)
			e = edition_add(ed, path);
	}
	return e == ERR_NOENT ? err_set(ei, e, "its files are gone; update it again") : e;
}
