/* SPDX-License-Identifier: Apache-2.0 */
#include "base/source_parts.h"

#include "base/mix.h"
#include "base/stop.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	RAW_MAX = 256 << 10,
	CR_SAMPLE = 64 << 10,    /* text without LF that is looked at for CR */
	RAW_KEPT_MAX = 32 << 20, /* of a stream that may have to be kept, while it is peeked at */
};

/* read(2) until it succeeds, fails for good, or somebody wants us to stop. */
static enum err read_some(int fd, void *to, size_t cap, size_t *n, struct errinfo *ei)
{
	ssize_t got;
	int ready;

	/* Whoever asks for a stop wakes one thread only, perhaps not this one. */
	do {
		if (stop_asked())
			return ERR_STOP;
		ready = poll(&(struct pollfd){ .fd = fd, .events = POLLIN }, 1, 200);
		got = ready > 0 ? read(fd, to, cap) : -1;
	} while (ready == 0 || (got < 0 && errno == EINTR));
	if (got < 0)
		return err_set(ei, ERR_IO, "cannot read: %s", strerror(errno));
	*n = (size_t)got;
	return ERR_OK;
}

/* Room for `want` raw bytes behind those that are kept. */
static enum err raw_grow(struct source *s, size_t want)
{
	size_t room = s->raw_room;
	unsigned char *p;

	while (room < s->raw_at + want || room == s->raw_n)
		room *= 2;
	if (room == s->raw_room)
		return ERR_OK;
	if (room > RAW_KEPT_MAX)
		return ERR_LIMIT;
	p = realloc(s->raw, room);
	if (!p)
		return ERR_NOMEM;
	s->raw = p;
	s->raw_room = room;
	return ERR_OK;
}

/* Have at least `want` unused raw bytes unless the file has ended. */
static enum err fill_to(struct source *s, size_t want, struct errinfo *ei)
{
	size_t n;
	enum err e = ERR_OK;

	if (s->raw_n - s->raw_at >= want || s->raw_end)
		return ERR_OK;
	if (s->raw_all)
		e = raw_grow(s, want);
	if (e == ERR_LIMIT) { /* so it cannot be kept */
		s->raw_all = false;
		e = ERR_OK;
	}
	if (!s->raw_all) {
		s->raw_n -= s->raw_at;
		memmove(s->raw, s->raw + s->raw_at, s->raw_n);
		s->raw_at = 0;
	}
	while (!e && !s->raw_end && s->raw_n - s->raw_at < want) {
		e = read_some(s->fd, s->raw + s->raw_n, s->raw_room - s->raw_n, &n, ei);
		if (e)
			break;
		s->raw_n += n;
		s->raw_end = n == 0;
	}
	return e;
}

enum err source_fill(struct source *s, struct errinfo *ei)
{
	return fill_to(s, 1, ei);
}

static enum err plain_read(struct source *s, char *dst, size_t cap, size_t *n, struct errinfo *ei)
{
	enum err e = s->raw_all ? source_fill(s, ei) : ERR_OK;

	if (e)
		return e;
	if (s->raw_at < s->raw_n) {
		size_t have = s->raw_n - s->raw_at;

		*n = have < cap ? have : cap;
		memcpy(dst, s->raw + s->raw_at, *n);
		s->raw_at += *n;
		return ERR_OK;
	}
	*n = 0;
	return s->raw_end ? ERR_OK : read_some(s->fd, dst, cap, n, ei);
}

static const struct codec plain = { plain_read };

static enum err choose_codec(struct source *s, struct errinfo *ei)
{
	enum err e = fill_to(s, 4, ei);
	struct str head;

	s->codec = &plain;
	if (e)
		return e;
	head = (struct str){ (const char *)s->raw, s->raw_n };
	if (source_is_gzip(head)) {
		s->gz = calloc(1, sizeof *s->gz);
		if (!s->gz)
			return ERR_NOMEM;
		isal_inflate_init(s->gz);
		s->codec = &source_gzip;
	} else if (source_is_packed(head)) {
		s->zs = ZSTD_createDStream();
		if (!s->zs)
			return ERR_NOMEM;
		s->codec = &source_zstd;
	}
	return ERR_OK;
}

static enum err wide_read(struct source *s, char *dst, size_t cap, size_t *n, struct errinfo *ei)
{
	struct wide *w = s->wide;
	size_t got = 0;
	enum err e;

	while (w->at == w->n && !w->ended) {
		e = w->inner->read(s, w->in, sizeof w->in, &got, ei);
		if (e)
			return e;
		w->at = 0;
		w->ended = got == 0;
		w->n = w->ended ? utf16_finish(&w->state, w->out)
				: utf16_convert(&w->state, (struct str){ w->in, got }, w->out);
	}
	*n = w->n - w->at < cap ? w->n - w->at : cap;
	memcpy(dst, w->out + w->at, *n);
	w->at += *n;
	return ERR_OK;
}

static const struct codec wide = { wide_read };

/* CR and nothing else ends lines here, as Macintoshes once wrote them. */
static void to_lf(char *p, size_t n)
{
	const char *end = p + n;

	while (p < end && (p = memchr(p, '\r', (size_t)(end - p))) != NULL)
		*p++ = '\n';
}

static enum err cr_read(struct source *s, char *dst, size_t cap, size_t *n, struct errinfo *ei)
{
	enum err e = s->with_cr->read(s, dst, cap, n, ei);

	if (!e)
		to_lf(dst, *n);
	return e;
}

static const struct codec cr_only = { cr_read };

enum line_ends { LINES_USUAL, LINES_CR, LINES_UNSEEN };

/* UNSEEN: the sample is text without an end of a line. */
static enum line_ends line_ends(struct str sample, bool whole)
{
	bool cr = false;

	for (size_t i = 0; i < sample.n; i++) {
		unsigned char c = (unsigned char)sample.p[i];

		if (c == '\n' || (c < ' ' && c != '\t' && c != '\r' && c != '\f'))
			return LINES_USUAL;
		/* The last one's LF may come next. */
		cr |= c == '\r' && (whole || i + 1 < sample.n);
	}
	return cr ? LINES_CR : LINES_UNSEEN;
}

/* Look as far as a line may reach before LF is missed. */
static enum err choose_lines(struct source *s, struct str head, bool whole)
{
	enum line_ends ends = line_ends(head, whole);
	enum err e = ERR_OK;

	if (ends != LINES_USUAL && !whole) {
		struct errinfo why = { 0 };

		e = source_peek(s, CR_SAMPLE, &head, &whole, &why);
		if (e == ERR_NOMEM || e == ERR_STOP)
			return e;
		ends = e ? LINES_USUAL : line_ends(head, whole);
	}
	if (ends != LINES_CR)
		return ERR_OK;
	to_lf(s->head, s->head_n);
	s->with_cr = s->codec;
	s->codec = &cr_only;
	return ERR_OK;
}

/*
 * Text in UTF-16 comes out as UTF-8, whatever it is said to be: readers know ASCII and what is
 * built on it only. A beginning that is looked at for that is like one that was peeked at.
 */
static enum err choose_text(struct source *s, struct errinfo *ei)
{
	struct errinfo why = { 0 };
	struct str head;
	enum utf16_order order;
	bool whole;
	size_t skip = 0;
	enum err e = source_peek(s, UTF16_SAMPLE, &head, &whole, &why);

	if (e == ERR_NOMEM || e == ERR_STOP)
		return e;
	/* What is damaged is told when it is read. */
	order = e ? UTF16_NOT : utf16_guess(head, &skip);
	if (order == UTF16_NOT)
		return e ? ERR_OK : choose_lines(s, head, whole);
	s->wide = calloc(1, sizeof *s->wide);
	if (!s->wide)
		return err_set(ei, ERR_NOMEM, "no memory to read it");
	s->wide->inner = s->codec;
	s->wide->state.order = order;
	s->wide->n = utf16_convert(&s->wide->state, str_skip(head, skip), s->wide->out);
	s->wide->ended = whole && !s->head_err;
	if (s->wide->ended)
		s->wide->n += utf16_finish(&s->wide->state, s->wide->out + s->wide->n);
	s->codec = &wide;
	s->head_n = 0;
	s->finished = false;
	return ERR_OK;
}

static enum err open_owned(int fd, struct source **out, struct errinfo *ei)
{
	struct source *s = calloc(1, sizeof *s);
	enum err e = ERR_NOMEM;

	if (s) {
		s->fd = fd;
		s->raw = malloc(RAW_MAX);
		s->raw_room = RAW_MAX;
		s->raw_all = !source_can_reopen(s);
		if (s->raw)
			e = choose_codec(s, ei);
		if (s->raw && !e)
			e = choose_text(s, ei);
	}
	if (e) {
		if (s)
			source_close(s);
		else
			close(fd);
		return e;
	}
	(void)posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL);
	*out = s;
	return ERR_OK;
}

enum err file_open(const char *path, int *out, struct errinfo *ei)
{
	int fd = strcmp(path, "-") == 0 ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3)
					: open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);

	if (fd < 0 && errno == EINTR && stop_asked())
		return ERR_STOP;
	if (fd < 0)
		return err_set(ei, errno == ENOENT ? ERR_NOENT : ERR_IO, "cannot open: %s",
			       strerror(errno));
	/* A file on standard input is read from its beginning each time. */
	if (strcmp(path, "-") == 0)
		(void)lseek(fd, 0, SEEK_SET);
	*out = fd;
	return ERR_OK;
}

uint64_t file_id(int fd)
{
	struct stat st;

	return fstat(fd, &st) ? 0 : mix64((uint64_t)st.st_dev) ^ (uint64_t)st.st_ino;
}

enum err file_pread(int fd, uint64_t at, void *to, size_t n, size_t *got, struct errinfo *ei)
{
	size_t have = 0;

	while (have < n) {
		ssize_t r;

		if (stop_asked())
			return ERR_STOP;
		r = pread(fd, (char *)to + have, n - have, (off_t)(at + have));
		if (r < 0 && errno == EINTR)
			continue;
		if (r < 0)
			return err_set(ei, ERR_IO, "cannot read: %s", strerror(errno));
		if (r == 0)
			break;
		have += (size_t)r;
	}
	*got = have;
	return ERR_OK;
}

enum err source_open(const char *path, struct source **out, struct errinfo *ei)
{
	int fd = -1;
	enum err e = file_open(path, &fd, ei);

	return e ? e : open_owned(fd, out, ei);
}

enum err source_open_fd(int fd, struct source **out, struct errinfo *ei)
{
	int own = fcntl(fd, F_DUPFD_CLOEXEC, 3);

	if (own < 0 || lseek(own, 0, SEEK_SET) < 0) {
		if (own >= 0)
			close(own);
		return err_set(ei, ERR_IO, "cannot read again: %s", strerror(errno));
	}
	return open_owned(own, out, ei);
}

void source_close(struct source *s)
{
	if (!s)
		return;
	if (s->zs)
		ZSTD_freeDStream(s->zs);
	free(s->gz);
	free(s->raw);
	free(s->head);
	free(s->wide);
	close(s->fd);
	free(s);
}

/* Is there something that was read before whatever ended the reading? */
static bool pending(const struct source *s)
{
	return s->wide && s->wide->at < s->wide->n;
}

enum err source_read(struct source *s, char *dst, size_t cap, size_t *n, struct errinfo *ei)
{
	s->raw_all = false;
	if (s->head_at < s->head_n) {
		size_t have = s->head_n - s->head_at;

		*n = have < cap ? have : cap;
		memcpy(dst, s->head + s->head_at, *n);
		s->head_at += *n;
		return ERR_OK;
	}
	if (pending(s))
		return s->codec->read(s, dst, cap, n, ei);
	if (s->head_err) {
		enum err e = s->head_err;

		s->head_err = ERR_OK;
		s->finished = true;
		if (ei)
			*ei = s->head_ei;
		return e;
	}
	if (s->finished) {
		*n = 0;
		return ERR_OK;
	}
	return s->codec->read(s, dst, cap, n, ei);
}

enum err source_peek(struct source *s, size_t want, struct str *head, bool *whole, struct errinfo *ei)
{
	char *p = want > s->head_n ? realloc(s->head, want) : s->head;

	assert(s->head_at == 0 && want <= PEEK_MAX);
	if (!p)
		return ERR_NOMEM;
	s->head = p;
	while (s->head_n < want && (!s->finished || pending(s))) {
		size_t n = 0;
		enum err e = s->codec->read(s, s->head + s->head_n, want - s->head_n, &n, &s->head_ei);

		if (e)
			s->head_err = e;
		if (e || n == 0) {
			s->finished = true;
			break;
		}
		s->head_n += n;
	}
	if (s->head_n == 0 && s->head_err) {
		if (ei)
			*ei = s->head_ei;
		return s->head_err;
	}
	*head = (struct str){ s->head, s->head_n };
	*whole = s->finished && !pending(s);
	return ERR_OK;
}

bool source_can_reopen(const struct source *s)
{
	struct stat st;

	return fstat(s->fd, &st) == 0 && S_ISREG(st.st_mode);
}

uint64_t source_id(const struct source *s)
{
	return file_id(s->fd);
}

uint64_t source_plain_size(const struct source *s)
{
	struct stat st;

	return s->codec == &plain && fstat(s->fd, &st) == 0 && S_ISREG(st.st_mode) ? (uint64_t)st.st_size
										   : 0;
}

static enum err spill(int fd, const unsigned char *p, size_t n, struct errinfo *ei)
{
	while (n) {
		ssize_t w = write(fd, p, n);

		if (w < 0 && errno == EINTR)
			continue;
		if (w < 0)
			return err_set(ei, ERR_IO, "no room to keep standard input: %s",
				       strerror(errno));
		p += w;
		n -= (size_t)w;
	}
	return ERR_OK;
}

enum err source_keep(struct source *s, int *fd, struct errinfo *ei)
{
	const char *dir = getenv("TMPDIR");
	int to = open(dir && *dir ? dir : "/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	enum err e = ERR_OK;

	if (!s->raw_all) {
		if (to >= 0)
			close(to);
		return err_set(ei, ERR_LIMIT,
			       "it cannot be kept to be read twice: too little comes of its first 32 MiB");
	}
	if (to < 0)
		return err_set(ei, ERR_IO, "no temporary file for standard input: %s", strerror(errno));
	do {
		e = spill(to, s->raw, s->raw_n, ei);
		if (!e && !s->raw_end)
			e = read_some(s->fd, s->raw, s->raw_room, &s->raw_n, ei);
	} while (!e && !s->raw_end && s->raw_n);
	if (e) {
		close(to);
		return e;
	}
	*fd = to;
	return ERR_OK;
}
