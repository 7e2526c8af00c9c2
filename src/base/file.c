/* SPDX-License-Identifier: Apache-2.0 */
#include "base/file.h"

#include "base/stop.h"
#include "base/vec.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { WALK_DEPTH_MAX = 32, WALK_FILES_MAX = 10000000, WRITE_STEP = 1 << 20 };

static enum err add_path(struct str path, struct arena *a, struct path_list *out)
{
	struct str copy = arena_str(a, path), *at;

	if (out->n >= WALK_FILES_MAX)
		return ERR_LIMIT;
	at = copy.p ? VEC_PUSH(out) : NULL;
	if (!at)
		return ERR_NOMEM;
	*at = copy;
	return ERR_OK;
}

/* Everything below the folder whose path stands in *path; the path is as before on return. */
static enum err walk(struct buf *path, unsigned depth, struct arena *a, struct path_list *out,
		     struct errinfo *ei)
{
	size_t n = path->n;
	struct dirent *d;
	enum err e = ERR_OK;
	DIR *dir;

	buf_ch(path, 0);
	if (buf_err(path))
		return buf_err(path);
	dir = depth > WALK_DEPTH_MAX ? NULL : opendir(path->p);
	if (!dir) {
		/* Listed as it is: whoever reads it will say that it cannot. */
		path->n = n;
		return add_path(buf_str(path), a, out);
	}
	while (!e && (d = readdir(dir))) {
		struct stat st;

		if (d->d_name[0] == '.') /* hidden files are not data */
			continue;
		path->n = n;
		if (n && path->p[n - 1] != '/')
			buf_ch(path, '/');
		buf_c(path, d->d_name);
		buf_ch(path, 0);
		if (buf_err(path)) {
			e = buf_err(path);
			break;
		}
		if (fstatat(dirfd(dir), d->d_name, &st, AT_SYMLINK_NOFOLLOW))
			continue; /* gone since */
		/* Links to files are followed, those to folders are not: they may lead back. One
		 * that leads nowhere is listed, so that it is told. */
		if (S_ISLNK(st.st_mode)) {
			if (fstatat(dirfd(dir), d->d_name, &st, 0))
				st.st_mode = S_IFREG;
			else if (S_ISDIR(st.st_mode))
				continue;
		}
		path->n--;
		if (S_ISDIR(st.st_mode))
			e = walk(path, depth + 1, a, out, ei);
		else if (S_ISREG(st.st_mode))
			e = add_path(buf_str(path), a, out);
	}
	closedir(dir);
	path->n = n;
	return e;
}

enum err path_walk(const char *path, struct arena *a, struct path_list *out, bool *is_folder,
		   struct errinfo *ei)
{
	size_t first = out->n;
	struct stat st;
	struct buf b;
	enum err e;

	*is_folder = strcmp(path, "-") != 0 && stat(path, &st) == 0 && S_ISDIR(st.st_mode);
	if (!*is_folder)
		return add_path(str_of(path), a, out);
	buf_init(&b, 1 << 16);
	buf_c(&b, path);
	e = walk(&b, 0, a, out, ei);
	buf_free(&b);
	if (out->n > first)
		qsort(out->v + first, out->n - first, sizeof *out->v, str_order);
	return e;
}

static bool takes_now(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLOUT };

	return poll(&p, 1, 0) == 1;
}

/* What fits into one step is written although a stop was asked for: it may be the word that all is
 * done. What waits for a reader, and what is longer, stops. */
static enum err write_all(int fd, const char *path, struct str bytes, struct errinfo *ei)
{
	bool begun = false;

	while (bytes.n) {
		ssize_t n;

		if (stop_asked() && (begun || !takes_now(fd)))
			return err_set(ei, ERR_STOP, "stopped");
		n = write(fd, bytes.p, bytes.n < WRITE_STEP ? bytes.n : WRITE_STEP);
		if (n < 0 && errno != EINTR)
			return err_set(ei, ERR_IO, "cannot write %s: %s", path, strerror(errno));
		if (n > 0)
			bytes = str_skip(bytes, (size_t)n);
		begun = true;
	}
	return ERR_OK;
}

/* A pipe, a device, another name for standard output: there is nothing to replace. */
static enum err write_through(const char *path, struct str bytes, struct errinfo *ei)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY);
	enum err e;

	if (fd < 0)
		return err_set(ei, ERR_IO, "cannot write %s: %s", path, strerror(errno));
	e = write_all(fd, path, bytes, ei);
	if (close(fd) && !e)
		e = err_set(ei, ERR_IO, "cannot write %s: %s", path, strerror(errno));
	return e;
}

/* /dev/stdout and its kind: behind them may be a regular file, open already. */
static bool of_the_system(const char *path)
{
	return strncmp(path, "/dev/fd/", 8) == 0 || strcmp(path, "/dev/stdout") == 0 ||
	       strcmp(path, "/dev/stderr") == 0 || strncmp(path, "/proc/", 6) == 0;
}

static enum err replace(const char *path, struct str bytes, struct errinfo *ei)
{
	char tmp[PATH_MAX];
	struct stat st;
	bool known = stat(path, &st) == 0;
	int fd, n = snprintf(tmp, sizeof tmp, "%s.XXXXXX", path);
	mode_t mask;
	enum err e;

	if (n < 0 || (size_t)n >= sizeof tmp)
		return err_set(ei, ERR_USAGE, "cannot write %s: the path is too long", path);
	fd = mkostemp(tmp, O_CLOEXEC);
	if (fd < 0)
		return err_set(ei, ERR_IO, "cannot write %s: %s", path, strerror(errno));
	mask = umask(0);
	(void)umask(mask);
	e = write_all(fd, path, bytes, ei);
	if (!e && (fchmod(fd, known ? st.st_mode & 0777 : 0666 & ~mask) || fsync(fd)))
		e = err_set(ei, ERR_IO, "cannot write %s: %s", path, strerror(errno));
	if (close(fd) && !e)
		e = err_set(ei, ERR_IO, "cannot write %s: %s", path, strerror(errno));
	if (!e && rename(tmp, path))
		e = err_set(ei, ERR_IO, "cannot write %s: %s", path, strerror(errno));
	if (e)
		(void)unlink(tmp);
	return e;
}

enum err file_write(const char *path, struct str bytes, struct errinfo *ei)
{
	char target[PATH_MAX];
	ssize_t n = readlink(path, target, sizeof target - 1);
	struct stat st;

	if (strcmp(path, "-") == 0)
		return write_all(STDOUT_FILENO, "standard output", bytes, ei);
	if (n > 0)
		target[n] = 0;
	if (of_the_system(path) || (n > 0 && of_the_system(target)) ||
	    (stat(path, &st) == 0 && !S_ISREG(st.st_mode)))
		return write_through(path, bytes, ei);
	/* A link stays; what it names is replaced. */
	if (n > 0)
		return realpath(path, target) ? replace(target, bytes, ei)
					      : write_through(path, bytes, ei);
	return replace(path, bytes, ei);
}

enum err file_slurp(const char *path, size_t limit, struct buf *out, struct errinfo *ei)
{
	struct source *s;
	size_t start = out->n, n;
	enum err e = source_open(path, &s, ei);

	if (e)
		return e;
	do {
		char *room = buf_room(out, 1 << 16);

		n = 0;
		e = room ? source_read(s, room, 1 << 16, &n, ei) : buf_err(out);
		out->n += n;
		if (!e && out->n - start > limit)
			e = err_set(ei, ERR_LIMIT, "larger than %zu bytes", limit);
	} while (!e && n);
	source_close(s);
	return e;
}

struct str path_name(struct str path)
{
	const char *slash = path.n ? memrchr(path.p, '/', path.n) : NULL;

	if (slash)
		path = str_range(slash + 1, path.p + path.n);
	if (str_ends(path, STR(".gz")))
		path.n -= 3;
	else if (str_ends(path, STR(".zst")))
		path.n -= 4;
	return path;
}
