/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Errors. Functions that can fail return enum err and set their outputs, which come last, only
 * on ERR_OK. Where input is judged they also fill a struct errinfo with what a person needs: the
 * reason in plain words and, if there is one, the line.
 */
#ifndef NEZUMI_BASE_ERR_H
#define NEZUMI_BASE_ERR_H

#include <stdint.h>

#define MUST              __attribute__((warn_unused_result))
#define PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))

enum err {
	ERR_OK = 0,
	ERR_NOMEM,  /* memory is exhausted */
	ERR_LIMIT,  /* a limit of this program was reached: size, depth, count */
	ERR_IO,     /* the operating system refused to read or write */
	ERR_NOENT,  /* not there */
	ERR_PARSE,  /* input that does not follow its format */
	ERR_FORMAT, /* input of a format nobody here reads */
	ERR_USAGE,  /* the caller on the command line asked for something impossible */
	ERR_STOP,   /* told to stop */
};

struct errinfo {
	char msg[240]; /* one line, no trailing stop */
	uint64_t line; /* 1 = first, 0 = does not apply */
};

const char *err_text(enum err e);

/* Fill ei (may be NULL) and return e, so that `return err_set(ei, ERR_PARSE, "...")` reads well. */
enum err err_set(struct errinfo *ei, enum err e, const char *fmt, ...) PRINTF(3, 4);

#endif
