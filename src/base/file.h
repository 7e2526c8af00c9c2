/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files: reading them decompressed, walking folders, and writing so that a document is there whole
 * or not at all.
 */
#ifndef NEZUMI_BASE_FILE_H
#define NEZUMI_BASE_FILE_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

/*
 * A stream of bytes: a file or standard input ("-"), gzip (RFC 1952, several members too) and zstd
 * (RFC 8878) undone, text in UTF-16 as UTF-8, lines that end with CR alone with LF, all recognised
 * by content. Memory: under 1 MiB, and
 * the window that a zstd frame asks for, at most 128 MiB.
 */
struct source;

MUST enum err source_open(const char *path, struct source **out, struct errinfo *ei);
void source_close(struct source *s);
/*
 * Up to cap bytes into dst; *n is 0 only at the end. ERR_PARSE: the compressed stream is damaged or
 * ends early; all that could be read before has been delivered.
 */
MUST enum err source_read(struct source *s, char *dst, size_t cap, size_t *n, struct errinfo *ei);
/* Up to `want` (at most PEEK_MAX) bytes without taking them; again with more gives more. *whole:
 * there are no others. Nothing must have been read before. Damage behind some bytes is told by
 * source_read after them. */
#define PEEK_MAX ((size_t)8 << 20)
MUST enum err source_peek(struct source *s, size_t want, struct str *head, bool *whole,
			  struct errinfo *ei);

/*
 * Put a source that cannot be opened again, of which nothing was read (but peeked), into an unnamed
 * temporary file ($TMPDIR or /tmp) as it is, compressed or not: with source_open_fd it can be read
 * more than once. The source is of no further use. Errors: ERR_IO, ERR_STOP.
 */
MUST enum err source_keep(struct source *s, int *fd, struct errinfo *ei);
/* By its first bytes (four are enough): is it packed in a way that sources undo? */
bool source_is_packed(struct str head);
/* Is it a regular file, which may be opened again? Else (pipes, devices) what was read is gone. */
bool source_can_reopen(const struct source *s);
uint64_t source_id(const struct source *s);
/* The size of a regular file that is read as it is (neither packed nor UTF-16 nor with CR alone),
 * else 0: it may be read from the middle. */
uint64_t source_plain_size(const struct source *s);
/* Read a descriptor from its beginning (it is duplicated, seekable). */
MUST enum err source_open_fd(int fd, struct source **out, struct errinfo *ei);

/*
 * Open a plain file to read pieces of it with file_pread: up to n bytes from `at` on, *got fewer
 * only at its end. "-" is standard input, which must be a regular file.
 */
MUST enum err file_open(const char *path, int *fd, struct errinfo *ei);
/* Which file it is: the same number for no two of a machine, unless one is gone. */
uint64_t file_id(int fd);
MUST enum err file_pread(int fd, uint64_t at, void *to, size_t n, size_t *got, struct errinfo *ei);

/* One path or all regular files below a folder (links to folders are not followed), sorted by name,
 * into the arena. */
struct path_list {
	struct str *v;
	size_t n, cap;
};
MUST enum err path_walk(const char *path, struct arena *a, struct path_list *out, bool *is_folder,
			struct errinfo *ei);

/*
 * Write the whole of a document: into a temporary file beside it, flushed to disk, then renamed. On
 * any error nothing of it is left and an older file stays. "-" is standard output.
 */
MUST enum err file_write(const char *path, struct str bytes, struct errinfo *ei);
/* The whole of a file, at most limit bytes, decompressed. */
MUST enum err file_slurp(const char *path, size_t limit, struct buf *out, struct errinfo *ei);

/* The path's last part without .gz, .zst. */
struct str path_name(struct str path);

#endif
