/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Jobs of every length by 1 to 8 threads, some of them with an error, some done once more while
 * they are taken: what is taken, and in which order, must be what a plain loop over the jobs takes.
 */
#include "base/mix.h"
#include "base/parallel.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include <sched.h>

#include <cmocka.h>

enum { JOBS = 300, THREADS = 8 };

struct job {
	unsigned n;
};

struct batch {
	unsigned job, at;
};

/* What is to be done: for each job how many batches, and where an error comes. */
struct plan {
	unsigned batches[JOBS];
	unsigned n, next;
	unsigned work_fails, take_fails; /* in this job; UINT32_MAX in none */
	uint64_t salt;
	const struct parallel *p;
	/* What was taken. */
	unsigned job, at;
	bool inlined;
	unsigned twice; /* jobs */
};

static bool next(void *ctx, void *job)
{
	struct plan *p = ctx;

	if (p->next == p->n)
		return false;
	((struct job *)job)->n = p->next++;
	return true;
}

static enum err work(void *ctx, const void *job, struct lane *lane)
{
	const struct plan *p = ctx;
	unsigned n = ((const struct job *)job)->n;

	for (unsigned i = 0; i < p->batches[n]; i++) {
		struct batch *b = lane_batch(lane);
		enum err e;

		if (!b)
			return ERR_STOP;
		b->job = n;
		b->at = i;
		if (mix64(p->salt ^ n << 8 ^ i) % 3 == 0)
			sched_yield();
		e = lane_hand(lane, b);
		if (e)
			return e;
	}
	return n == p->work_fails ? ERR_PARSE : ERR_OK;
}

static enum err take(void *ctx, const void *job, void *batch)
{
	struct plan *p = ctx;
	const struct job *j = job;
	const struct batch *b = batch;

	assert_int_equal(j->n, p->job);
	if (b) {
		assert_int_equal(b->job, p->job);
		assert_int_equal(b->at, p->at);
		p->at++;
		return b->job == p->take_fails && b->at == 1 ? ERR_LIMIT : ERR_OK;
	}
	assert_int_equal(p->at, p->batches[p->job]);
	p->at = 0;
	/* Some jobs once more, here and now. */
	if (!p->inlined && mix64(p->salt + j->n) % 5 == 0) {
		enum err e;

		p->inlined = true;
		p->twice++;
		e = parallel_inline(p->p, j);
		p->inlined = false;
		return e;
	}
	if (p->inlined)
		p->at = 0;
	p->job++;
	return ERR_OK;
}

/* As a plain loop would: the first job that fails, and with which error. */
static enum err expected(const struct plan *p, unsigned *job)
{
	for (unsigned i = 0; i < p->n; i++) {
		*job = i;
		if (i == p->take_fails && p->batches[i] > 1)
			return ERR_LIMIT;
		if (i == p->work_fails)
			return ERR_PARSE;
	}
	*job = p->n;
	return ERR_OK;
}

static void in_order(void **state)
{
	uint64_t seed = 20261121;

	(void)state;
	for (int round = 0; round < 400; round++) {
		struct plan plan = { .salt = mix_next(&seed),
				     .work_fails = UINT32_MAX,
				     .take_fails = UINT32_MAX };
		unsigned threads = 1 + (unsigned)(mix_next(&seed) % THREADS), job;
		struct batch batches[THREADS * LANE_BATCHES + 1];
		void *slots[THREADS * LANE_BATCHES];
		struct parallel p = { .ctx = &plan,
				      .job_size = sizeof(struct job),
				      .next = next,
				      .work = work,
				      .take = take,
				      .batches = slots,
				      .spare = &batches[THREADS * LANE_BATCHES] };
		enum err want;

		for (size_t i = 0; i < THREADS * LANE_BATCHES; i++)
			slots[i] = &batches[i];
		plan.p = &p;
		plan.n = (unsigned)(mix_next(&seed) % JOBS);
		for (unsigned i = 0; i < plan.n; i++)
			plan.batches[i] = mix_next(&seed) % 7 ? (unsigned)(mix_next(&seed) % 4)
							      : (unsigned)(mix_next(&seed) % 40);
		if (mix_next(&seed) % 4 == 0)
			plan.work_fails = (unsigned)(mix_next(&seed) % JOBS);
		if (mix_next(&seed) % 4 == 0)
			plan.take_fails = (unsigned)(mix_next(&seed) % JOBS);
		want = expected(&plan, &job);
		assert_int_equal(parallel_run(&p, threads), want);
		assert_int_equal(plan.job, job);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(in_order) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
