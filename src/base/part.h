/* SPDX-License-Identifier: Apache-2.0 */
/* A stretch of memory that something is kept in: a section of a file that is mapped or about to be
 * written. Not owned; never written to through it by who only looks up. */
#ifndef NEZUMI_BASE_PART_H
#define NEZUMI_BASE_PART_H

#include <stddef.h>

struct part {
	void *p;
	size_t n; /* bytes */
};

#endif
