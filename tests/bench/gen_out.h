/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writing much, fast: a buffer before a file, and numbers as text without printf. Errors of the
 * disk are kept and told by out_close(). Generators of measuring data only: no bounds but the
 * caller's word that one piece is at most OUT_PIECE bytes.
 */
#ifndef NEZUMI_TESTS_GEN_OUT_H
#define NEZUMI_TESTS_GEN_OUT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { OUT_PIECE = 64 * 1024, OUT_FULL = 1024 * 1024 };

struct out {
	FILE *f;
	char *buf;
	size_t n;
	bool failed;
};

static inline bool out_open(struct out *o, const char *dir, const char *name)
{
	char path[4096];

	(void)snprintf(path, sizeof path, "%s/%s", dir, name);
	*o = (struct out){ .f = fopen(path, "wb"), .buf = malloc(OUT_FULL + OUT_PIECE) };
	if (o->f && o->buf)
		return true;
	perror(path);
	if (o->f)
		(void)fclose(o->f);
	free(o->buf);
	*o = (struct out){ 0 };
	return false;
}

static inline void out_flush(struct out *o)
{
	o->failed |= fwrite(o->buf, 1, o->n, o->f) != o->n;
	o->n = 0;
}

/* Where the next piece goes; the caller ends it with out_end(). */
static inline char *out_begin(struct out *o)
{
	if (o->n >= OUT_FULL)
		out_flush(o);
	return o->buf + o->n;
}

static inline void out_end(struct out *o, const char *end)
{
	o->n = (size_t)(end - o->buf);
}

static inline bool out_close(struct out *o)
{
	bool good;

	if (!o->f)
		return true;
	out_flush(o);
	good = fclose(o->f) == 0 && !o->failed;
	free(o->buf);
	*o = (struct out){ 0 };
	return good;
}

/* ---- pieces of text: each gives the place behind what it wrote --------------------------- */

#define PUT_LITERAL(p, text) put_bytes(p, text, sizeof(text) - 1)

static inline char *put_bytes(char *p, const void *text, size_t n)
{
	memcpy(p, text, n);
	return p + n;
}

static inline char *put_text(char *p, const char *text)
{
	return put_bytes(p, text, strlen(text));
}

static inline char *put_u64(char *p, uint64_t v)
{
	char t[20];
	size_t i = sizeof t;

	do {
		t[--i] = (char)('0' + v % 10);
		v /= 10;
	} while (v);
	return put_bytes(p, t + i, sizeof t - i);
}

/* Exactly n digits. */
static inline char *put_digits(char *p, uint64_t v, unsigned n)
{
	for (unsigned i = n; i-- > 0; v /= 10)
		p[i] = (char)('0' + v % 10);
	return p + n;
}

/* Microseconds as seconds with six decimals. */
static inline char *put_seconds(char *p, uint64_t us)
{
	p = put_u64(p, us / 1000000);
	*p++ = '.';
	return put_digits(p, us % 1000000, 6);
}

static inline char *put_hex(char *p, uint64_t v, unsigned digits)
{
	for (unsigned i = digits; i-- > 0; v >>= 4)
		p[i] = "0123456789abcdef"[v & 15];
	return p + digits;
}

#endif
