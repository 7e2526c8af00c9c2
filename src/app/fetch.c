/* SPDX-License-Identifier: Apache-2.0 */
#include "app/fetch.h"

#include "app/fetch_parts.h"
#include "base/file.h"
#include "base/stop.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	REDIRECTS = 5,
	LAYERS = 2, /* a packed file that was packed once more for the way */
	CHUNK = 1 << 16,
	KEY_MAX = 4096,
	KEY_ROOM = 1 << 17, /* files are read in large pieces */
};

struct fetch_rules fetch_rules_init(void)
{
	return (struct fetch_rules){ .max_wire = UINT64_C(256) << 20,
				     .max_plain = UINT64_C(256) << 20,
				     .total_s = 600,
				     .idle_s = 60,
				     .tries = 3,
				     .wait_ms = 2000,
				     .wait_most_s = 60 };
}

/* ---- keys ---- */

enum err fetch_key_read(const char *env, const char *file, struct buf *out, struct errinfo *ei)
{
	const char *value = env ? getenv(env) : NULL;
	struct errinfo why = { 0 };
	struct str line, rest;

	buf_init(out, KEY_ROOM);
	if (env && (!value || !*value))
		return err_set(ei, ERR_USAGE, "its key is wanted in the environment variable %s", env);
	if (env)
		buf_c(out, value);
	else if (file_slurp(file, KEY_MAX - 1, out, &why))
		return err_set(ei, ERR_USAGE, "its key is wanted in the file %s: %s", file, why.msg);
	rest = buf_str(out);
	if (!str_line(&rest, &line) || str_trim(line).n == 0)
		return err_set(ei, ERR_USAGE, "%s holds no key", env ? env : file);
	line = str_trim(line);
	for (size_t i = 0; i < line.n; i++)
		if ((unsigned char)line.p[i] < 0x20 || line.p[i] == 0x7f)
			return err_set(ei, ERR_USAGE, "the key in %s has a control character in it",
				       env ? env : file);
	memmove(out->p, line.p, line.n);
	out->n = line.n;
	return buf_err(out);
}

void fetch_key_forget(struct buf *key)
{
	if (key->p)
		explicit_bzero(key->p, key->cap);
	buf_free(key);
}

/* ---- one try: hops ---- */

/* From answer to answer until one has the document. */
static enum err follow(struct fetcher *f, const struct fetch_request *r, struct hop *hop,
		       struct errinfo *ei)
{
	enum err e = hop_first(f, r->url, hop, ei);

	for (int n = 0; !e; n++) {
		e = hop_go(f, r, hop, ei);
		if (e || !hop->redirect)
			return e;
		if (n == REDIRECTS)
			return err_set(ei, ERR_LIMIT, "more than %d redirects", REDIRECTS);
		e = hop_next(f, hop, ei);
	}
	return e;
}

/* ---- unpacking ---- */

static enum err write_all(int fd, const char *p, size_t n, struct errinfo *ei)
{
	while (n) {
		ssize_t w = write(fd, p, n);

		if (w < 0 && errno == EINTR)
			continue;
		if (w < 0)
			return err_set(ei, ERR_IO, "cannot keep what came: %s", strerror(errno));
		p += w;
		n -= (size_t)w;
	}
	return ERR_OK;
}

static bool is_packed(int fd)
{
	char head[4] = { 0 };
	ssize_t n = pread(fd, head, sizeof head, 0);

	return n > 0 && source_is_packed((struct str){ head, (size_t)n });
}

/* All of one file into the other, at most `most` bytes. */
static enum err unpack_into(int from, int to, uint64_t most, uint64_t *plain, struct errinfo *ei)
{
	struct source *s;
	char *chunk = malloc(CHUNK);
	uint64_t all = 0;
	size_t n = 1;
	enum err e = chunk ? source_open_fd(from, &s, ei) : ERR_NOMEM;

	if (e) {
		free(chunk);
		return e;
	}
	while (!e && n) {
		e = stop_asked() ? ERR_STOP : source_read(s, chunk, CHUNK, &n, ei);
		all += e ? 0 : n;
		if (!e && all > most)
			e = err_set(ei, ERR_LIMIT, "unpacked it is more than %llu MiB",
				    (unsigned long long)(most >> 20));
		if (!e)
			e = write_all(to, chunk, n, ei);
	}
	source_close(s);
	free(chunk);
	*plain = all;
	return e;
}

/* Of what lies packed in *fd, named *path, an unpacked file in its place. */
static enum err unpack(int *fd, char *path, const char *to, uint64_t most, uint64_t *plain,
		       struct errinfo *ei)
{
	char beside[PATH_MAX];
	int other = -1;
	enum err e = fetch_temporary(to, beside, &other, ei);

	if (e)
		return e;
	e = unpack_into(*fd, other, most, plain, ei);
	if (e) {
		(void)unlink(beside);
		close(other);
		return e;
	}
	(void)unlink(path);
	close(*fd);
	*fd = other;
	memcpy(path, beside, sizeof beside);
	return ERR_OK;
}

static enum err unpack_all(const struct fetcher *f, const struct hop *hop, int *fd, char *path,
			   const char *to, uint64_t *plain, struct errinfo *ei)
{
	enum err e = ERR_OK;

	*plain = hop->got;
	if (hop->gzip && !is_packed(*fd))
		return err_set(ei, ERR_PARSE,
			       "the server says that it is packed by gzip, but it is not");
	for (int i = 0; !e && i < LAYERS && is_packed(*fd); i++)
		e = unpack(fd, path, to, f->rules.max_plain, plain, ei);
	/* Whoever reads it would go on unpacking, without a limit. */
	if (!e && is_packed(*fd))
		e = err_set(ei, ERR_PARSE, "it is packed more than twice");
	if (!e && *plain > f->rules.max_plain)
		e = err_set(ei, ERR_LIMIT, "it is more than %llu MiB",
			    (unsigned long long)(f->rules.max_plain >> 20));
	return e;
}

/* ---- documents ---- */

enum err fetch_temporary(const char *to, char path[PATH_MAX], int *fd, struct errinfo *ei)
{
	int n = snprintf(path, PATH_MAX, "%s.fetch.XXXXXX", to), made;

	if (n < 0 || n >= PATH_MAX)
		return err_set(ei, ERR_USAGE, "the path of the data directory is too long");
	made = mkostemp(path, O_CLOEXEC);
	if (made < 0)
		return err_set(ei, ERR_IO, "cannot write in the data directory: %s", strerror(errno));
	*fd = made;
	return ERR_OK;
}

static enum err keep(int fd, const char *path, const char *to, struct errinfo *ei)
{
	if (fsync(fd) || rename(path, to))
		return err_set(ei, ERR_IO, "cannot keep what came: %s", strerror(errno));
	return ERR_OK;
}

static void tell(const struct hop *hop, struct fetch_answer *a)
{
	a->status = hop->status;
	a->wait_s = hop->wait_s;
	a->unchanged = hop->status == 304;
	a->wire = hop->got;
	memcpy(a->etag, hop->etag, FETCH_TEXT);
	memcpy(a->last_modified, hop->last_modified, FETCH_TEXT);
	memcpy(a->content_type, hop->content_type, FETCH_TEXT);
	memcpy(a->kept, hop->kept, FETCH_TEXT);
}

static enum err one_try(struct fetcher *f, const struct fetch_request *r, const char *to,
			struct fetch_answer *a, bool *again, struct errinfo *ei)
{
	struct hop hop = { .fd = -1 };
	char path[PATH_MAX];
	enum err e = fetch_temporary(to, path, &hop.fd, ei);

	if (e)
		return e;
	e = follow(f, r, &hop, ei);
	*again = hop.again;
	tell(&hop, a);
	if (!e && !a->unchanged)
		e = unpack_all(f, &hop, &hop.fd, path, to, &a->plain, ei);
	if (!e && !a->unchanged)
		e = keep(hop.fd, path, to, ei);
	if (e || a->unchanged)
		(void)unlink(path);
	close(hop.fd);
	hop_free(&hop);
	return e;
}

/* Before try number `n` (from 1): doubled each time, and anything from half of it on, so that many
 * who were turned away together do not come back together. */
static unsigned back_off(const struct fetcher *f, unsigned n, unsigned asked_s)
{
	uint64_t ms = (uint64_t)f->rules.wait_ms << (n < 10 ? n - 1 : 9);
	uint64_t most = (uint64_t)f->rules.wait_most_s * 1000;

	ms = ms < most ? ms : most;
	ms = ms / 2 + (ms ? f->world.random(f->world.ctx) % (ms / 2 + 1) : 0);
	return (unsigned)(ms > (uint64_t)asked_s * 1000 ? ms : (uint64_t)asked_s * 1000);
}

enum err fetch_file(struct fetcher *f, const struct fetch_request *r, const char *to,
		    struct fetch_answer *answer, struct errinfo *ei)
{
	enum err e = ERR_OK;

	for (unsigned n = 1;; n++) {
		bool again = false;

		*answer = (struct fetch_answer){ 0 };
		e = one_try(f, r, to, answer, &again, ei);
		if (!e || !again || n >= f->rules.tries || answer->wait_s > f->rules.wait_most_s)
			return e;
		f->world.wait(f->world.ctx, back_off(f, n, answer->wait_s));
		if (stop_asked())
			return ERR_STOP;
	}
}
