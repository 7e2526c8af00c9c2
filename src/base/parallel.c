/* SPDX-License-Identifier: Apache-2.0 */
#include "base/parallel.h"

#include <assert.h>
#include <limits.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>

/* Batches that wait to be taken and ends of jobs, of one lane. */
enum { QUEUE = 2 * LANE_BATCHES };

struct entry {
	void *batch; /* NULL: the job ended, with `err` */
	enum err err;
};

struct lane {
	struct run *run;
	unsigned number;
	pthread_t thread;
	struct entry queue[QUEUE];
	size_t put, got;  /* entries so far */
	size_t n_batches; /* free ones */
	void *batches[LANE_BATCHES];
	pthread_cond_t room; /* an entry was taken, or a batch has come back */
};

/* Jobs are numbered as they are taken; `who` is a ring of those that are not wholly taken yet. */
struct run {
	const struct parallel *p;
	struct lane *lanes;
	unsigned n;
	size_t started; /* jobs */
	struct who {
		unsigned lane;
		void *job;
	} * who;
	size_t n_who;
	bool no_more, stop;
	unsigned ended; /* lanes */
	pthread_mutex_t lock;
	pthread_cond_t news; /* for the caller: a job began, an entry was put, a lane ended */
};

static bool may_put(const struct lane *l)
{
	return l->run->stop || l->put - l->got < QUEUE;
}

/* With the lock held. False: all is to end. */
static bool put(struct lane *l, void *batch, enum err e)
{
	while (!may_put(l))
		pthread_cond_wait(&l->room, &l->run->lock);
	if (l->run->stop)
		return false;
	l->queue[l->put++ % QUEUE] = (struct entry){ batch, e };
	pthread_cond_signal(&l->run->news);
	return true;
}

unsigned lane_number(const struct lane *l)
{
	return l->number;
}

void *lane_batch(struct lane *l)
{
	void *batch = NULL;

	if (!l->run)
		return l->batches[0];
	pthread_mutex_lock(&l->run->lock);
	while (!l->n_batches && !l->run->stop)
		pthread_cond_wait(&l->room, &l->run->lock);
	if (!l->run->stop)
		batch = l->batches[--l->n_batches];
	pthread_mutex_unlock(&l->run->lock);
	return batch;
}

bool lane_spare(struct lane *l)
{
	bool spare;

	if (!l->run)
		return true;
	pthread_mutex_lock(&l->run->lock);
	spare = l->n_batches && may_put(l);
	pthread_mutex_unlock(&l->run->lock);
	return spare;
}

/* A lane without a run does its job in the caller's thread. */
struct inline_lane {
	struct lane lane;
	const struct parallel *p;
	const void *job;
};

enum err lane_hand(struct lane *l, void *batch)
{
	bool ok;

	if (!l->run) {
		const struct inline_lane *in = (const void *)l;

		return in->p->take(in->p->ctx, in->job, batch);
	}
	pthread_mutex_lock(&l->run->lock);
	ok = put(l, batch, ERR_OK);
	pthread_mutex_unlock(&l->run->lock);
	return ok ? ERR_OK : ERR_STOP;
}

enum err parallel_inline(const struct parallel *p, const void *job)
{
	struct inline_lane l = { .lane = { .number = UINT_MAX, .batches = { p->spare } },
				 .p = p,
				 .job = job };
	enum err e = p->work(p->ctx, job, &l.lane);

	return e ? e : p->take(p->ctx, job, NULL);
}

/* With the lock held: the next job, its place in the ring; NULL when there is none. */
static void *begin_job(struct lane *l)
{
	struct run *r = l->run;
	struct who *w = &r->who[r->started % r->n_who];

	if (r->no_more || r->stop)
		return NULL;
	if (!r->p->next(r->p->ctx, w->job)) {
		r->no_more = true;
		return NULL;
	}
	w->lane = l->number;
	r->started++;
	pthread_cond_signal(&r->news);
	return w->job;
}

static void *lane_main(void *arg)
{
	struct lane *l = arg;
	struct run *r = l->run;
	void *job;
	bool ok = true;

	pthread_mutex_lock(&r->lock);
	while (ok && (job = begin_job(l))) {
		enum err e;

		pthread_mutex_unlock(&r->lock);
		e = r->p->work(r->p->ctx, job, l);
		pthread_mutex_lock(&r->lock);
		ok = put(l, NULL, e) && !e;
	}
	r->ended++;
	pthread_cond_signal(&r->news);
	pthread_mutex_unlock(&r->lock);
	return NULL;
}

/*
 * Take all of one job. The entry at the head of its lane's queue is its own: what the lane did
 * before was taken before.
 */
static enum err take_job(struct run *r, const struct who *w)
{
	struct lane *l = &r->lanes[w->lane];
	struct entry one;
	enum err e;

	do {
		pthread_mutex_lock(&r->lock);
		while (l->put == l->got)
			pthread_cond_wait(&r->news, &r->lock);
		one = l->queue[l->got % QUEUE];
		pthread_mutex_unlock(&r->lock);
		e = one.err ? one.err : r->p->take(r->p->ctx, w->job, one.batch);
		pthread_mutex_lock(&r->lock);
		l->got++;
		if (one.batch)
			l->batches[l->n_batches++] = one.batch;
		pthread_cond_signal(&l->room);
		pthread_mutex_unlock(&r->lock);
	} while (!e && one.batch);
	return e;
}

static enum err conduct(struct run *r)
{
	enum err e = ERR_OK;

	for (size_t taken = 0; !e; taken++) {
		bool more;

		pthread_mutex_lock(&r->lock);
		while (taken == r->started && r->ended < r->n)
			pthread_cond_wait(&r->news, &r->lock);
		more = taken < r->started;
		pthread_mutex_unlock(&r->lock);
		if (!more)
			break;
		e = take_job(r, &r->who[taken % r->n_who]);
	}
	return e;
}

static enum err alone(const struct parallel *p)
{
	char *job = malloc(p->job_size);
	struct parallel inner = *p;
	enum err e = job ? ERR_OK : ERR_NOMEM;

	inner.spare = p->batches[0];
	while (!e && p->next(p->ctx, job))
		e = parallel_inline(&inner, job);
	free(job);
	return e;
}

static void end_lanes(struct run *r, unsigned started)
{
	pthread_mutex_lock(&r->lock);
	r->stop = true;
	for (unsigned i = 0; i < r->n; i++)
		pthread_cond_signal(&r->lanes[i].room);
	pthread_mutex_unlock(&r->lock);
	for (unsigned i = 0; i < started; i++)
		pthread_join(r->lanes[i].thread, NULL);
}

static enum err with_lanes(struct run *r)
{
	unsigned started = 0, wanted = r->n;
	enum err e;

	pthread_mutex_init(&r->lock, NULL);
	pthread_cond_init(&r->news, NULL);
	for (unsigned i = 0; i < wanted; i++)
		pthread_cond_init(&r->lanes[i].room, NULL);
	/* No lane may run before it is known how many there are. */
	pthread_mutex_lock(&r->lock);
	while (started < wanted &&
	       pthread_create(&r->lanes[started].thread, NULL, lane_main, &r->lanes[started]) == 0)
		started++;
	r->n = started;
	pthread_mutex_unlock(&r->lock);
	e = started ? conduct(r) : alone(r->p);
	end_lanes(r, started);
	for (unsigned i = 0; i < wanted; i++)
		pthread_cond_destroy(&r->lanes[i].room);
	pthread_cond_destroy(&r->news);
	pthread_mutex_destroy(&r->lock);
	return e;
}

enum err parallel_run(const struct parallel *p, unsigned threads)
{
	struct run r = { .p = p, .n = threads };
	char *jobs;
	enum err e = ERR_NOMEM;

	assert(threads >= 1);
	if (threads == 1)
		return alone(p);
	/* Each job that is not wholly taken has an entry, or a lane that works on it. */
	r.n_who = (size_t)threads * (QUEUE + 2);
	r.lanes = calloc(threads, sizeof *r.lanes);
	r.who = calloc(r.n_who, sizeof *r.who);
	jobs = calloc(r.n_who, p->job_size);
	if (r.lanes && r.who && jobs) {
		for (size_t i = 0; i < r.n_who; i++)
			r.who[i].job = jobs + i * p->job_size;
		for (unsigned i = 0; i < threads; i++) {
			r.lanes[i] = (struct lane){ .run = &r, .number = i, .n_batches = LANE_BATCHES };
			for (size_t k = 0; k < LANE_BATCHES; k++)
				r.lanes[i].batches[k] = p->batches[i * LANE_BATCHES + k];
		}
		e = with_lanes(&r);
	}
	free(r.lanes);
	free(r.who);
	free(jobs);
	return e;
}

unsigned cpu_count(void)
{
	cpu_set_t set;
	int n;

	if (sched_getaffinity(0, sizeof set, &set))
		return 1;
	n = CPU_COUNT(&set);
	return n > 0 ? (unsigned)n : 1;
}
