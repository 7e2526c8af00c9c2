/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Read – work in parallel – write in order. One thread (the caller's) produces jobs into slots and
 * consumes them in the order in which they were produced; the others work on them. So the consumer
 * needs no lock and what comes out does not depend on the number of threads. With one thread there
 * are no others: each job is produced, worked on and consumed before the next.
 */
#ifndef NEZUMI_BASE_PARALLEL_H
#define NEZUMI_BASE_PARALLEL_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>

struct pipeline {
	void *ctx;
	/* Fill the slot; *more false: there was nothing left, the slot stays unused. */
	enum err (*produce)(void *ctx, void *slot, bool *more);
	/* Called by several threads at once, each with its own slot. Cannot fail: note it in the
	 * slot. */
	void (*work)(void *ctx, void *slot);
	enum err (*consume)(void *ctx, void *slot);
};

/*
 * Run to the end or to the first error of produce or consume, which is returned after all threads
 * have ended. n_slots bounds what is in flight: at least 1, better 2 for each thread. Also ERR_NOMEM.
 */
MUST enum err pipeline_run(const struct pipeline *p, unsigned threads, void **slots, size_t n_slots);

unsigned cpu_count(void);

#endif
