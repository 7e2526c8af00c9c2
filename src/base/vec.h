/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A growing array of anything: struct { T *v; size_t n, cap; }. VEC_PUSH makes room and yields a
 * pointer to the new last element (not initialised), or NULL without memory. Heap; free(x.v).
 */
#ifndef NEZUMI_BASE_VEC_H
#define NEZUMI_BASE_VEC_H

#include <stdbool.h>
#include <stddef.h>

#define VEC(T)                 \
	struct {               \
		T *v;          \
		size_t n, cap; \
	}

/* v: the address of the array's pointer, of whatever type. */
bool vec_grow(void *v, size_t *cap, size_t size, size_t want);

#define VEC_PUSH(x)                                                                    \
	((x)->n < (x)->cap || vec_grow(&(x)->v, &(x)->cap, sizeof *(x)->v, (x)->n + 1) \
		 ? &(x)->v[(x)->n++]                                                   \
		 : NULL)

#endif
