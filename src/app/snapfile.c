/* SPDX-License-Identifier: Apache-2.0 */
#include "app/snapfile.h"

#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

bool snapfile_is(const char *path)
{
	char magic[sizeof SNAPSHOT_MAGIC - 1];
	struct stat st;
	bool is = false;
	int fd;

	/* To open a pipe would wait for its writer. */
	if (stat(path, &st) || !S_ISREG(st.st_mode))
		return false;
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return false;
	is = read(fd, magic, sizeof magic) == (ssize_t)sizeof magic &&
	     memcmp(magic, SNAPSHOT_MAGIC, sizeof magic) == 0;
	close(fd);
	return is;
}

enum err snapfile_save(struct snapshot *s, const char *path, struct errinfo *ei)
{
	return file_write(path, snapshot_image(s), ei);
}

static enum err map(struct snapfile *f, const char *path, struct errinfo *ei)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	enum err e = ERR_OK;
	struct stat st;
	void *p;

	if (fd < 0)
		return err_set(ei, errno == ENOENT ? ERR_NOENT : ERR_IO, "%s", strerror(errno));
	if (fstat(fd, &st) || !S_ISREG(st.st_mode) || st.st_size <= 0) {
		e = err_set(ei, ERR_FORMAT, "not a snapshot");
	} else {
		p = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
		if (p == MAP_FAILED)
			e = err_set(ei, ERR_IO, "%s", strerror(errno));
		else
			*f = (struct snapfile){ p, (size_t)st.st_size };
	}
	close(fd);
	return e;
}

/* Read all of it once; what was read need not stay in this process' memory. */
static enum err check_sum(const struct snapfile *f, struct errinfo *ei)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE), dropped = 0;
	struct str all = { f->map, f->n };
	uint64_t due, sum = 0;
	enum err e = snapshot_expects(all, &due, ei);

	if (e)
		return e;
	(void)madvise(f->map, f->n, MADV_SEQUENTIAL);
	for (size_t at = SNAPSHOT_SUMMED; at < f->n; at += SNAPSHOT_PIECE) {
		sum = snapshot_sum(sum, str_head(str_skip(all, at), SNAPSHOT_PIECE));
		(void)madvise((char *)f->map + dropped, at / page * page - dropped, MADV_DONTNEED);
		dropped = at / page * page;
	}
	(void)madvise((char *)f->map + dropped, f->n - dropped, MADV_DONTNEED);
	(void)madvise(f->map, f->n, MADV_NORMAL);
	return sum == due ? ERR_OK
			  : err_set(ei, ERR_PARSE, "the snapshot is damaged: its sum is wrong");
}

enum err snapfile_open(struct snapfile *f, struct snapshot *s, const char *path, struct errinfo *ei)
{
	struct snapfile made = { 0 };
	enum err e = map(&made, path, ei);

	if (!e)
		e = check_sum(&made, ei);
	if (!e)
		e = snapshot_open(s, (struct part){ made.map, made.n }, ei);
	if (e) {
		snapfile_close(&made);
		return e;
	}
	*f = made;
	return ERR_OK;
}

void snapfile_close(struct snapfile *f)
{
	if (f->map)
		munmap(f->map, f->n);
	*f = (struct snapfile){ 0 };
}
