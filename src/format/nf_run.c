/* SPDX-License-Identifier: Apache-2.0 */
#include "format/nf_run.h"

#include "format/nf_flow.h"

/* As many as a word has bits. */
#define AT_ONCE 64

#define INLINE static inline __attribute__((always_inline))

INLINE struct ip address(const unsigned char *p, unsigned length)
{
	return length == 4 ? ip_v4((uint32_t)nf_number(p, 4))
			   : (struct ip){ nf_number(p, 8), nf_number(p + 8, 8) };
}

/* ---- a glance ---------------------------------------------------------------------------------- */

/* What is seen of the records at hand. */
struct seen {
	uint64_t near;        /* bit i: an address of record i is near something listed */
	uint64_t least, most; /* of the numbers of their starts */
};

/* For each kind of records apart, so that nothing in the loop depends on what stands in them: of
 * IPv4 one in ten is near something. */
INLINE struct seen seen(const struct nf_run *run, unsigned length, unsigned start_length)
{
	const struct near *bits = run->sink->near;
	const uint64_t *v4 = bits->v4;
	const size_t size = run->glance->size, src = run->glance->src, dst = run->glance->dst,
		     start = run->glance->start;
	const unsigned char *p = run->p;
	struct seen s = { .least = UINT64_MAX };

	for (unsigned i = 0; i < run->n; i++, p += size) {
		struct ip a = address(p + src, length), b = address(p + dst, length);
		uint64_t v = nf_number(p + start, start_length);
		bool near = length == 4 ? (unsigned)near_bit(v4, (uint32_t)a.lo >> 8) |
						  (unsigned)near_bit(v4, (uint32_t)b.lo >> 8)
					: near_listed(bits, a) || near_listed(bits, b);

		s.near |= (uint64_t)near << i;
		s.least = v < s.least ? v : s.least;
		s.most = v > s.most ? v : s.most;
	}
	return s;
}

static struct seen glance(const struct nf_run *run)
{
	unsigned start_length = run->glance->start_length;

	if (run->glance->address != 4)
		return seen(run, 16, start_length);
	return start_length == 8 ? seen(run, 4, 8) : seen(run, 4, 4);
}

/* ---- of what may be near ------------------------------------------------------------------------ */

static const unsigned char *record(const struct nf_run *run, unsigned i)
{
	return run->p + (size_t)i * run->glance->size;
}

static struct ip end_of(const struct nf_run *run, unsigned i, unsigned at)
{
	return address(record(run, i) + at, run->glance->address);
}

/* Those to whose addresses a listed domain may lead. */
static uint64_t led(const struct nf_run *run)
{
	const uint64_t *bits = run->sink->near->led;
	uint64_t near = 0;

	for (unsigned i = 0; bits && i < run->n; i++) {
		struct ip a = end_of(run, i, run->glance->src), b = end_of(run, i, run->glance->dst);

		if (near_bit(bits, near_led_hash(a)) || near_bit(bits, near_led_hash(b)))
			near |= UINT64_C(1) << i;
	}
	return near;
}

/* Of the records `near` those that the client wants. */
static uint64_t wanted(const struct nf_run *run, uint64_t near)
{
	uint64_t out = 0;

	for (; near; near &= near - 1) {
		unsigned i = (unsigned)__builtin_ctzll(near);

		if (sink_wants(run->sink, end_of(run, i, run->glance->src)) ||
		    sink_wants(run->sink, end_of(run, i, run->glance->dst)))
			out |= UINT64_C(1) << i;
	}
	return out;
}

/* ---- to pass over ------------------------------------------------------------------------------- */

static uint64_t start_number(const struct nf_run *run, unsigned i)
{
	return nf_number(record(run, i) + run->glance->start, run->glance->start_length);
}

/* Those whose start is 0, which is no time, or too late, or takes more to tell. */
static uint64_t odd_starts(const struct nf_run *run)
{
	uint64_t odd = 0;

	for (unsigned i = 0; i < run->n; i++)
		odd |= (uint64_t)(start_number(run, i) - 1 >= run->most) << i;
	return odd;
}

static int64_t moment(const struct nf_run *run, uint64_t number)
{
	return run->zero + (int64_t)number * run->unit;
}

static void pass(const struct nf_run *run, uint64_t closer, const struct seen *s)
{
	struct sink *sink = run->sink;

	/* Nearly always it is all of them, and the client's window does not end among them. */
	if (closer == 0 && moment(run, s->least) >= sink->from && moment(run, s->most) < sink->to) {
		sink_pass(sink, moment(run, s->least));
		sink_pass(sink, moment(run, s->most));
		sink->passed.all += run->n - UINT64_C(2);
		sink->passed.in_window += run->n - UINT64_C(2);
		return;
	}
	for (unsigned i = 0; i < run->n; i++)
		if (!(closer >> i & 1))
			sink_pass(sink, moment(run, start_number(run, i)));
}

static uint64_t look(const struct nf_run *run)
{
	struct seen s = glance(run);
	uint64_t closer = s.least == 0 || s.most > run->most ? odd_starts(run) : 0;

	closer |= wanted(run, (s.near | led(run)) & ~closer);
	pass(run, closer, &s);
	return closer;
}

/* ---- runs --------------------------------------------------------------------------------------- */

void nf_run_soon(const struct nf_glance *g, const unsigned char *p, size_t n, const struct sink *sink)
{
	const uint64_t *v4 = sink->near->v4;
	const size_t size = g->size, src = g->src, dst = g->dst;

	if (g->address != 4)
		return;
	for (; n >= size; n -= size, p += size) {
		__builtin_prefetch(&v4[nf_number(p + src, 4) >> 14]);
		__builtin_prefetch(&v4[nf_number(p + dst, 4) >> 14]);
	}
}

struct nf_run nf_run(const struct nf_glance *g, const unsigned char *p, size_t records,
		     const struct nf_when *when, struct sink *sink)
{
	struct nf_run run = { .glance = g, .sink = sink, .p = p, .line = sink->line, .left = records };

	run.closer_all = g->address == 0 || !sink_selects(sink, KIND_FLOW);
	switch (g->start_slot) {
	case NF_START_S:
		run.unit = TIME_S;
		run.most = (uint64_t)TIME_MAX / TIME_S;
		break;
	case NF_START_MS:
		run.unit = 1000;
		run.most = (uint64_t)TIME_MAX / 1000;
		break;
	default: /* NF_START_UP: what is more is from before the counter began anew */
		run.zero = nf_moment(when, 0);
		run.unit = 1000;
		run.most = when->uptime + (UINT64_C(1) << 31);
		run.closer_all |= !when->has_uptime || run.zero < 0 ||
				  run.zero + (int64_t)run.most * 1000 > TIME_MAX;
	}
	return run;
}

/* To the next records at hand. */
static void advance(struct nf_run *run)
{
	run->p += (size_t)run->n * run->glance->size;
	run->line = run->sink->line;
	run->n = run->left < AT_ONCE ? (unsigned)run->left : AT_ONCE;
	run->left -= run->n;
	run->closer = run->closer_all ? UINT64_MAX >> (AT_ONCE - run->n) : look(run);
}

const unsigned char *nf_run_next(struct nf_run *run)
{
	unsigned i;

	while (run->closer == 0) {
		run->sink->line = run->line + run->n;
		if (run->left == 0)
			return NULL;
		advance(run);
	}
	i = (unsigned)__builtin_ctzll(run->closer);
	run->closer &= run->closer - 1;
	run->sink->line = run->line + i + 1;
	return run->p + (size_t)i * run->glance->size;
}
