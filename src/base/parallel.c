/* SPDX-License-Identifier: Apache-2.0 */
#include "base/parallel.h"

#include <assert.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>

enum slot_state { SLOT_FREE, SLOT_READY, SLOT_TAKEN, SLOT_DONE };

struct run {
	const struct pipeline *p;
	void **slots;
	size_t n;
	enum slot_state *state;
	size_t next_work; /* sequence number of the next job to work on */
	size_t produced;
	bool ended;
	pthread_mutex_t lock;
	pthread_cond_t ready; /* there is a job, or the end */
	pthread_cond_t done;  /* a job was finished */
};

static void *worker(void *arg)
{
	struct run *r = arg;

	pthread_mutex_lock(&r->lock);
	for (;;) {
		size_t at;

		while (r->next_work == r->produced && !r->ended)
			pthread_cond_wait(&r->ready, &r->lock);
		if (r->next_work == r->produced)
			break;
		at = r->next_work++ % r->n;
		assert(r->state[at] == SLOT_READY);
		r->state[at] = SLOT_TAKEN;
		pthread_mutex_unlock(&r->lock);
		r->p->work(r->p->ctx, r->slots[at]);
		pthread_mutex_lock(&r->lock);
		r->state[at] = SLOT_DONE;
		pthread_cond_signal(&r->done);
	}
	pthread_mutex_unlock(&r->lock);
	return NULL;
}

static enum err alone(const struct pipeline *p, void *slot)
{
	for (;;) {
		bool more = false;
		enum err e = p->produce(p->ctx, slot, &more);

		if (e || !more)
			return e;
		p->work(p->ctx, slot);
		e = p->consume(p->ctx, slot);
		if (e)
			return e;
	}
}

/* The caller's part: keep the slots full, take finished jobs in order. */
static enum err conduct(struct run *r)
{
	size_t consumed = 0;
	bool more = true;
	enum err e = ERR_OK;

	while (!e && (more || consumed < r->produced)) {
		size_t at;

		if (more && r->produced - consumed < r->n) {
			at = r->produced % r->n;
			e = r->p->produce(r->p->ctx, r->slots[at], &more);
			if (e || !more)
				continue;
			pthread_mutex_lock(&r->lock);
			r->state[at] = SLOT_READY;
			r->produced++;
			pthread_cond_signal(&r->ready);
			pthread_mutex_unlock(&r->lock);
			continue;
		}
		at = consumed % r->n;
		pthread_mutex_lock(&r->lock);
		while (r->state[at] != SLOT_DONE)
			pthread_cond_wait(&r->done, &r->lock);
		r->state[at] = SLOT_FREE;
		pthread_mutex_unlock(&r->lock);
		e = r->p->consume(r->p->ctx, r->slots[at]);
		consumed++;
	}
	return e;
}

enum err pipeline_run(const struct pipeline *p, unsigned threads, void **slots, size_t n_slots)
{
	struct run r = { .p = p, .slots = slots, .n = n_slots };
	pthread_t *ids;
	unsigned started = 0;
	enum err e;

	assert(n_slots >= 1 && threads >= 1);
	if (threads == 1)
		return alone(p, slots[0]);
	ids = calloc(threads, sizeof *ids);
	r.state = calloc(n_slots, sizeof *r.state);
	if (!ids || !r.state) {
		free(ids);
		free(r.state);
		return ERR_NOMEM;
	}
	pthread_mutex_init(&r.lock, NULL);
	pthread_cond_init(&r.ready, NULL);
	pthread_cond_init(&r.done, NULL);
	while (started < threads && pthread_create(&ids[started], NULL, worker, &r) == 0)
		started++;
	e = started ? conduct(&r) : alone(p, slots[0]);
	pthread_mutex_lock(&r.lock);
	r.ended = true;
	pthread_cond_broadcast(&r.ready);
	pthread_mutex_unlock(&r.lock);
	for (unsigned i = 0; i < started; i++)
		pthread_join(ids[i], NULL);
	pthread_mutex_destroy(&r.lock);
	pthread_cond_destroy(&r.ready);
	pthread_cond_destroy(&r.done);
	free(r.state);
	free(ids);
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
