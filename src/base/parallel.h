/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Jobs side by side, results in order. Each thread (a lane) takes the next job, works on it, and
 * hands over what came of it in batches; the caller's thread takes all batches of the first job,
 * then all of the second, and so on. So whoever takes needs no lock, and what comes out does not
 * depend on the number of threads. A job may be a piece of a file or a whole one: while the first
 * is being taken, lanes work ahead until their batches are full, and wait.
 *
 * Memory: LANE_BATCHES batches for each lane, made by the client. With one thread there are no
 * others: each batch is taken as soon as it is handed over.
 */
#ifndef NEZUMI_BASE_PARALLEL_H
#define NEZUMI_BASE_PARALLEL_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>

enum { LANE_BATCHES = 3 };

struct lane;

struct parallel {
	void *ctx;
	size_t job_size;
	/* The next job in order, into *job; false when there are no more. By any lane, one at a
	 * time. */
	bool (*next)(void *ctx, void *job);
	/* Do a job. By several lanes at once. An error ends everything once all before was taken. */
	enum err (*work)(void *ctx, const void *job, struct lane *lane);
	/* A batch, in order, in the caller's thread; NULL: the job has ended. */
	enum err (*take)(void *ctx, const void *job, void *batch);
	void **batches; /* LANE_BATCHES for each thread */
	void *spare;    /* one for parallel_inline */
};

/* Run to the end or to the first error, which is returned after all threads have ended. Also
 * ERR_NOMEM. */
MUST enum err parallel_run(const struct parallel *p, unsigned threads);

/* For take(): do a job here and now, with the spare batch; its batches go to `take` of *p, of which
 * everything else may differ from what is running. */
MUST enum err parallel_inline(const struct parallel *p, const void *job);

/* For work(): the number of this lane, from 0; UINT_MAX inline. */
unsigned lane_number(const struct lane *l);
/* A batch to be filled, perhaps after waiting. NULL: all is to end, return ERR_STOP. */
void *lane_batch(struct lane *l);
/* Would there be another one at once? Then what was filled so far can be handed over without loss
 * of time. */
bool lane_spare(struct lane *l);
/* Hand over the batch got last. Errors: whatever take said, when it is taken at once; ERR_STOP. */
MUST enum err lane_hand(struct lane *l, void *batch);

unsigned cpu_count(void);

#endif
