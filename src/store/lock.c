/* SPDX-License-Identifier: Apache-2.0 */
/* Who writes: a lock on DIR/lock, with what its holder does in it for others to read. It goes with
 * the process, however that ends. */
#include "store/db.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static void lock_path(const char *dir, char path[4096 + 16])
{
	(void)snprintf(path, 4096 + 16, "%s/lock", dir);
}

/* What its holder wrote into it, and when. */
static void describe_lock(int fd, char text[160])
{
	char who[96] = "";
	struct stat st;
	struct buf b;
	ssize_t n = pread(fd, who, sizeof who - 1, 0);

	who[n > 0 ? n : 0] = 0;
	for (char *p = who; *p; p++)
		if (*p < ' ' || *p > '~')
			*p = '?';
	buf_init(&b, 64);
	if (fstat(fd, &st) == 0 && st.st_mtim.tv_sec > 0)
		time_format(&b, (int64_t)st.st_mtim.tv_sec * TIME_S);
	(void)snprintf(text, 160, "%s, since %.*s", who[0] ? who : "an unknown process",
		       STR_ARG(buf_str(&b)));
	buf_free(&b);
}

bool store_locked(const char *dir, char text[160])
{
	char path[4096 + 16];
	bool locked = false;
	int fd;

	lock_path(dir, path);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return false;
	/* A shared lock is had whenever nobody writes; it is let go at once. */
	if (flock(fd, LOCK_SH | LOCK_NB) != 0) {
		locked = true;
		describe_lock(fd, text);
	}
	close(fd);
	return locked;
}

/* Somebody looks who holds it (store_locked), which may take a while on a busy machine; nobody
 * writes. */
static bool only_looked_at(int fd)
{
	if (flock(fd, LOCK_SH | LOCK_NB) != 0)
		return false;
	(void)flock(fd, LOCK_UN);
	return true;
}

enum err lock_take(struct store *s, const char *who, struct errinfo *ei)
{
	enum { TRIES = 1000, PAUSE_US = 10000 };
	unsigned pid = (unsigned)getpid();
	char path[4096 + 16], text[160];
	int n;

	lock_path(s->dir, path);
	s->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (s->lock < 0)
		return err_set(ei, ERR_IO, "cannot open %s: %s", path, strerror(errno));
	for (unsigned tries = 0; flock(s->lock, LOCK_EX | LOCK_NB) != 0; tries++) {
		if (tries < TRIES && only_looked_at(s->lock)) {
			/* Not in step with another one who is about to write, too. */
			(void)usleep(PAUSE_US + (pid + tries) * 7919 % PAUSE_US);
			continue;
		}
		describe_lock(s->lock, text);
		close(s->lock);
		s->lock = -1;
		return err_set(ei, ERR_IO, "%s is being written by another nezumi (%s)", s->dir, text);
	}
	n = snprintf(text, sizeof text, "%.60s, process %ld", who, (long)pid);
	(void)!ftruncate(s->lock, 0);
	(void)!pwrite(s->lock, text, (size_t)n, 0);
	return ERR_OK;
}
