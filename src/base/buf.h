/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A growing byte buffer with a limit and a sticky error: write as much as you like, look at
 * buf_err() once at the end. After an error nothing is added. Owns its bytes; free with buf_free.
 */
#ifndef NEZUMI_BASE_BUF_H
#define NEZUMI_BASE_BUF_H

#include "base/err.h"
#include "base/str.h"

struct buf {
	char *p;
	size_t n, cap, limit;
	enum err err;
};

/* limit in bytes; 0 stands for 1 GiB. No memory is taken yet. */
void buf_init(struct buf *b, size_t limit);
void buf_free(struct buf *b);
static inline void buf_clear(struct buf *b)
{
	b->n = 0;
}
static inline enum err buf_err(const struct buf *b)
{
	return b->err;
}
static inline struct str buf_str(const struct buf *b)
{
	return (struct str){ b->p ? b->p : "", b->n };
}

/* Make room for n more bytes and return where they go (b->n is not moved), or NULL. */
char *buf_room(struct buf *b, size_t n);
void buf_add(struct buf *b, const void *p, size_t n);
void buf_puts(struct buf *b, struct str s);
void buf_c(struct buf *b, const char *cstr);
void buf_ch(struct buf *b, char c);
void buf_u64(struct buf *b, uint64_t v);
void buf_fmt(struct buf *b, const char *fmt, ...) PRINTF(2, 3);

#endif
