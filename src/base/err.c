/* SPDX-License-Identifier: Apache-2.0 */
#include "base/err.h"

#include <stdarg.h>
#include <stdio.h>

const char *err_text(enum err e)
{
	static const char *const text[] = {
		[ERR_OK] = "no error",           [ERR_NOMEM] = "out of memory",
		[ERR_LIMIT] = "limit reached",   [ERR_IO] = "input/output error",
		[ERR_NOENT] = "not found",       [ERR_PARSE] = "malformed input",
		[ERR_FORMAT] = "unknown format", [ERR_USAGE] = "bad usage",
		[ERR_STOP] = "stopped",
	};

	if ((unsigned)e >= sizeof text / sizeof text[0])
		return "unknown error";
	return text[e];
}

enum err err_set(struct errinfo *ei, enum err e, const char *fmt, ...)
{
	if (ei) {
		va_list ap;

		va_start(ap, fmt);
		(void)vsnprintf(ei->msg, sizeof ei->msg, fmt, ap);
		va_end(ap);
	}
	return e;
}
