/* SPDX-License-Identifier: Apache-2.0 */
#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

void buf_init(struct buf *b, size_t limit)
{
	*b = (struct buf){ .limit = limit ? limit : (size_t)1 << 30 };
}

void buf_free(struct buf *b)
{
	free(b->p);
	*b = (struct buf){ .limit = b->limit };
}

char *buf_room(struct buf *b, size_t n)
{
	size_t cap;
	char *p;

	if (b->err)
		return NULL;
	if (n > b->limit || b->n > b->limit - n) {
		b->err = ERR_LIMIT;
		return NULL;
	}
	if (b->n + n <= b->cap)
		return b->p + b->n;
	cap = b->cap ? b->cap : 64;
	while (cap < b->n + n)
		cap = cap > b->limit / 2 ? b->limit : cap * 2;
	p = realloc(b->p, cap);
	if (!p) {
		b->err = ERR_NOMEM;
		return NULL;
	}
	b->p = p;
	b->cap = cap;
	return p + b->n;
}

void buf_add(struct buf *b, const void *p, size_t n)
{
	char *to = n ? buf_room(b, n) : NULL;

	if (to) {
		memcpy(to, p, n);
		b->n += n;
	}
}

void buf_puts(struct buf *b, struct str s)
{
	buf_add(b, s.p, s.n);
}

void buf_c(struct buf *b, const char *cstr)
{
	buf_add(b, cstr, strlen(cstr));
}

void buf_ch(struct buf *b, char c)
{
	buf_add(b, &c, 1);
}

void buf_u64(struct buf *b, uint64_t v)
{
	char digits[20];
	size_t at = sizeof digits;

	do {
		digits[--at] = (char)('0' + v % 10);
		v /= 10;
	} while (v);
	buf_add(b, digits + at, sizeof digits - at);
}

void buf_fmt(struct buf *b, const char *fmt, ...)
{
	char text[512], *to;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	if (n < (int)sizeof text) {
		buf_add(b, text, n > 0 ? (size_t)n : 0);
		return;
	}
	to = buf_room(b, (size_t)n + 1);
	if (!to)
		return;
	va_start(ap, fmt);
	(void)vsnprintf(to, (size_t)n + 1, fmt, ap);
	va_end(ap);
	b->n += (size_t)n;
}
