/* SPDX-License-Identifier: Apache-2.0 */
#include "store/sorter.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* A record lies as its two lengths, the key, the rest. */
enum { HEAD = 4 };

/* Records that are asked for from memory before they are needed. */
enum { AHEAD = 12 };

/* A stretch of sorted records in the file. */
struct sort_run {
	uint64_t at, end; /* what was not read yet */
	unsigned char *buf;
	size_t from, n; /* in buf: not given yet */
};

static size_t key_n(const unsigned char *r)
{
	return (size_t)r[0] | (size_t)r[1] << 8;
}

static size_t rest_n(const unsigned char *r)
{
	return (size_t)r[2] | (size_t)r[3] << 8;
}

static size_t size_of(const unsigned char *r)
{
	return HEAD + key_n(r) + rest_n(r);
}

static int compare_bytes(const unsigned char *a, size_t an, const unsigned char *b, size_t bn)
{
	int d = memcmp(a, b, an < bn ? an : bn);

	return d ? d : (an > bn) - (an < bn);
}

static int compare(const unsigned char *a, const unsigned char *b)
{
	int d = compare_bytes(a + HEAD, key_n(a), b + HEAD, key_n(b));

	return d ? d : compare_bytes(a + HEAD + key_n(a), rest_n(a), b + HEAD + key_n(b), rest_n(b));
}

enum err sorter_init(struct sorter *s, size_t memory, const char *dir)
{
	*s = (struct sorter){ .fd = -1 };
	(void)snprintf(s->dir, sizeof s->dir, "%s", dir);
	/* A record of an address takes some 40 bytes, and twice 16 for sorting. */
	s->room = memory / 2 < ((size_t)1 << 31) ? memory / 2 : (size_t)1 << 31;
	s->max = memory / 2 / (2 * sizeof *s->items);
	s->bytes = malloc(s->room);
	s->items = malloc(s->max * sizeof *s->items);
	s->other = malloc(s->max * sizeof *s->other);
	if (s->bytes && s->items && s->other)
		return ERR_OK;
	sorter_free(s);
	return ERR_NOMEM;
}

static void free_memory(struct sorter *s)
{
	free(s->bytes);
	free(s->items);
	free(s->other);
	s->bytes = NULL;
	s->items = s->other = NULL;
}

void sorter_free(struct sorter *s)
{
	free_memory(s);
	for (size_t i = 0; i < s->runs.n; i++)
		free(s->runs.v[i].buf);
	free(s->runs.v);
	free(s->heap);
	free(s->last_bytes);
	if (s->fd >= 0)
		close(s->fd);
	*s = (struct sorter){ .fd = -1 };
}

/* ---- sorting what is in memory ---- */

static int by_bytes(const void *x, const void *y, void *bytes)
{
	const struct sort_item *a = x, *b = y;

	return compare((const unsigned char *)bytes + a->at, (const unsigned char *)bytes + b->at);
}

/* By prefix, a byte at a time from the last; bytes in which all agree are passed over. */
static void sort_prefixes(struct sorter *s)
{
	uint32_t count[8][256] = { { 0 } };

	for (size_t i = 0; i < s->n; i++)
		for (int b = 0; b < 8; b++)
			count[b][s->items[i].prefix >> (8 * b) & 255]++;
	for (int b = 0; b < 8; b++) {
		uint32_t sum = 0;
		bool same = false;
		struct sort_item *t = s->items;

		for (int v = 0; v < 256; v++) {
			uint32_t n = count[b][v];

			same |= n == s->n;
			count[b][v] = sum;
			sum += n;
		}
		if (same)
			continue;
		for (size_t i = 0; i < s->n; i++)
			s->other[count[b][s->items[i].prefix >> (8 * b) & 255]++] = s->items[i];
		s->items = s->other;
		s->other = t;
	}
}

static void sort_memory(struct sorter *s)
{
	size_t from = 0;

	sort_prefixes(s);
	for (size_t i = 1; i <= s->n; i++)
		if (i == s->n || s->items[i].prefix != s->items[from].prefix) {
			if (i - from > 1)
				qsort_r(s->items + from, i - from, sizeof *s->items, by_bytes, s->bytes);
			from = i;
		}
}

/* ---- putting it aside ---- */

static enum err no_room(struct sorter *s, struct errinfo *ei)
{
	return err_set(ei, ERR_IO, "%s: no room to sort what was read: %s", s->dir, strerror(errno));
}

static enum err put(struct sorter *s, const unsigned char *p, size_t n, struct errinfo *ei)
{
	while (n) {
		ssize_t w = pwrite(s->fd, p, n, (off_t)s->file_size);

		if (w < 0 && errno == EINTR)
			continue;
		if (w <= 0)
			return no_room(s, ei);
		p += w;
		n -= (size_t)w;
		s->file_size += (uint64_t)w;
	}
	return ERR_OK;
}

static enum err put_aside(struct sorter *s, struct errinfo *ei)
{
	unsigned char *out = malloc(SORT_READ);
	struct sort_run *run;
	size_t n = 0;
	enum err e = out ? ERR_OK : ERR_NOMEM;

	if (!e && s->fd < 0) {
		s->fd = open(s->dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
		if (s->fd < 0)
			e = no_room(s, ei);
	}
	run = e ? NULL : VEC_PUSH(&s->runs);
	if (!run) {
		free(out);
		return e ? e : ERR_NOMEM;
	}
	*run = (struct sort_run){ .at = s->file_size };
	sort_memory(s);
	for (size_t i = 0; !e && i < s->n; i++) {
		const unsigned char *r = s->bytes + s->items[i].at;
		size_t size = size_of(r);

		if (i + AHEAD < s->n)
			__builtin_prefetch(s->bytes + s->items[i + AHEAD].at);
		if (n + size > SORT_READ) {
			e = put(s, out, n, ei);
			n = 0;
		}
		memcpy(out + n, r, size);
		n += size;
	}
	if (!e)
		e = put(s, out, n, ei);
	run->end = s->file_size;
	s->n = 0;
	s->used = 0;
	free(out);
	return e;
}

static uint64_t prefix_of(struct str key)
{
	uint64_t v = 0;

	for (size_t i = 0; i < 8; i++)
		v = v << 8 | (i < key.n ? (unsigned char)key.p[i] : 0);
	return v;
}

enum err sorter_add(struct sorter *s, struct str key, struct str rest, struct errinfo *ei)
{
	size_t size = HEAD + key.n + rest.n;
	unsigned char *r;
	enum err e = ERR_OK;

	if (key.n > SORT_KEY_MAX || rest.n > SORT_REST_MAX)
		return err_set(ei, ERR_LIMIT, "a value of more than %d bytes", SORT_KEY_MAX);
	if (s->n == s->max || s->used + size > s->room)
		e = put_aside(s, ei);
	if (e)
		return e;
	r = s->bytes + s->used;
	r[0] = (unsigned char)key.n;
	r[1] = (unsigned char)(key.n >> 8);
	r[2] = (unsigned char)rest.n;
	r[3] = (unsigned char)(rest.n >> 8);
	memcpy(r + HEAD, key.p, key.n);
	memcpy(r + HEAD + key.n, rest.p, rest.n);
	s->items[s->n++] = (struct sort_item){ prefix_of(key), (uint32_t)s->used, 0 };
	s->used += size;
	s->records++;
	return ERR_OK;
}

/* ---- giving it back ---- */

/* Have the run's next record whole in its buffer; false at its end. */
static enum err fill(struct sorter *s, struct sort_run *r, bool *more, struct errinfo *ei)
{
	size_t have = r->n - r->from, want;

	*more = true;
	if (have >= HEAD && have >= size_of(r->buf + r->from))
		return ERR_OK;
	memmove(r->buf, r->buf + r->from, have);
	r->from = 0;
	r->n = have;
	want = SORT_READ - have;
	if (want > r->end - r->at)
		want = (size_t)(r->end - r->at);
	while (want) {
		ssize_t got = pread(s->fd, r->buf + r->n, want, (off_t)r->at);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return err_set(ei, ERR_IO, "%s: cannot read back what was sorted: %s",
				       s->dir, got ? strerror(errno) : "it is gone");
		r->n += (size_t)got;
		r->at += (uint64_t)got;
		want -= (size_t)got;
	}
	*more = r->n > 0;
	return ERR_OK;
}

static const unsigned char *top(const struct sorter *s, uint32_t run)
{
	return s->runs.v[run].buf + s->runs.v[run].from;
}

static void sift(struct sorter *s, size_t i)
{
	for (;;) {
		size_t least = i;

		for (size_t c = 2 * i + 1; c <= 2 * i + 2 && c < s->heap_n; c++)
			if (compare(top(s, s->heap[c]), top(s, s->heap[least])) < 0)
				least = c;
		if (least == i)
			return;

		uint32_t t = s->heap[i];

		s->heap[i] = s->heap[least];
		s->heap[least] = t;
		i = least;
	}
}

static enum err begin_merge(struct sorter *s, struct errinfo *ei)
{
	enum err e = s->n ? put_aside(s, ei) : ERR_OK;

	free_memory(s);
	s->heap = calloc(s->runs.n + 1, sizeof *s->heap);
	if (!e && !s->heap)
		e = ERR_NOMEM;
	for (size_t i = 0; !e && i < s->runs.n; i++) {
		bool more = false;

		s->runs.v[i].buf = malloc(SORT_READ);
		e = s->runs.v[i].buf ? fill(s, &s->runs.v[i], &more, ei) : ERR_NOMEM;
		if (!e && more)
			s->heap[s->heap_n++] = (uint32_t)i;
	}
	for (size_t i = s->heap_n; !e && i-- > 0;)
		sift(s, i);
	return e;
}

/* What was given last is compared with the next, and so must outlive its buffer. */
static enum err remember(struct sorter *s, const unsigned char *r)
{
	size_t size = size_of(r);

	if (size > s->last_room) {
		unsigned char *p = realloc(s->last_bytes, 2 * size);

		if (!p)
			return ERR_NOMEM;
		s->last_bytes = p;
		s->last_room = 2 * size;
	}
	memcpy(s->last_bytes, r, size);
	s->has_last = true;
	return ERR_OK;
}

/* The next record of those that all stayed in memory, where they lie in no order. */
static const unsigned char *in_memory(struct sorter *s, bool *fresh)
{
	const struct sort_item *it = &s->items[s->next++];
	const unsigned char *r = s->bytes + it->at;

	if (s->next + AHEAD < s->n)
		__builtin_prefetch(s->bytes + it[AHEAD].at);
	*fresh = s->next == 1 || it->prefix != it[-1].prefix || compare(s->bytes + it[-1].at, r) != 0;
	return r;
}

/* The next record, equal or not, as it lies in memory; NULL at the end. It is passed over. */
static enum err step(struct sorter *s, const unsigned char **out, bool *fresh, struct errinfo *ei)
{
	struct sort_run *run;
	bool more;
	enum err e;

	*out = NULL;
	if (s->fd < 0) {
		if (s->next < s->n)
			*out = in_memory(s, fresh);
		return ERR_OK;
	}
	if (!s->heap_n)
		return ERR_OK;
	run = &s->runs.v[s->heap[0]];
	*fresh = !s->has_last || compare(s->last_bytes, run->buf + run->from) != 0;
	if (*fresh) {
		e = remember(s, run->buf + run->from);
		if (e)
			return e;
	}
	run->from += size_of(run->buf + run->from);
	e = fill(s, run, &more, ei);
	if (!e && !more)
		s->heap[0] = s->heap[--s->heap_n];
	if (!e)
		sift(s, 0);
	*out = s->last_bytes;
	return e;
}

enum err sorter_next(struct sorter *s, struct str *key, struct str *rest, bool *more, struct errinfo *ei)
{
	const unsigned char *r;
	bool fresh = false;
	enum err e = ERR_OK;

	if (!s->begun) {
		s->begun = true;
		if (s->fd >= 0)
			e = begin_merge(s, ei);
		else
			sort_memory(s);
	}
	do
		e = e ? e : step(s, &r, &fresh, ei);
	while (!e && r && !fresh);
	if (e)
		return e;
	*more = r != NULL;
	if (r) {
		*key = (struct str){ (const char *)r + HEAD, key_n(r) };
		*rest = (struct str){ (const char *)r + HEAD + key_n(r), rest_n(r) };
	}
	return ERR_OK;
}
