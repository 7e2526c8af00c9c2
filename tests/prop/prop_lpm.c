/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Longest prefix match against a twin that asks every entry. The seed is printed; NEZUMI_SEED
 * repeats a run.
 */
#include "core/lpm.h"

#include <stdio.h>
#include <stdlib.h>

#define ROUNDS  1500
#define LOOKUPS 250
#define N_MAX   120

static uint64_t state;
static unsigned long checked;

static uint64_t below(uint64_t n)
{
	return mix_next(&state) % n;
}

/* Few bits vary, so that networks nest, touch and repeat. */
static struct ip some_ip(unsigned world)
{
	uint64_t r = mix_next(&state);
	struct ip a = { 0, 0 };

	switch (world) {
	case 0: /* IPv4, all over and at its edges */
		return below(4) ? ip_v4((uint32_t)r) : ip_v4(r & 1 ? 0 : UINT32_MAX);
	case 1: /* IPv4, a handful of /16s */
		return ip_v4((uint32_t)(0x0a000000 | (r & 0x00030303)));
	case 2:
		a = (struct ip){ 0x20010db800000000 | (r & 0x0000000300030003),
				 (r >> 32) & 0x8000000000000303 };
		return a;
	case 3: /* one /64 */
		return (struct ip){ 0x20010db800000000, r & 0xf00000000000000f };
	case 4: /* around the IPv4 part, and the ends of all */
		a.lo = IP_V4_PREFIX + (r & 0x3ffffffff) - 0x100000000;
		if (below(6) == 0)
			a = r & 1 ? (struct ip){ 0, r >> 62 }
				  : (struct ip){ UINT64_MAX, UINT64_MAX - (r >> 62) };
		return a;
	default:
		return (struct ip){ r, mix_next(&state) };
	}
}

static struct cidr some_net(unsigned world)
{
	struct ip ip = some_ip(world);
	unsigned least = ip_is_v4(ip) && below(20) ? 96 : 0;
	unsigned len = below(3) ? 128 - (unsigned)below(20) : least + (unsigned)below(129 - least);

	if (below(30) == 0)
		len = least;
	return (struct cidr){ ip_mask(ip, len), (unsigned char)len };
}

static const struct lpm_entry *twin_find(const struct lpm_entry *e, size_t n, struct ip ip)
{
	const struct lpm_entry *best = NULL;

	for (size_t i = 0; i < n; i++)
		if (cidr_has(e[i].net, ip) && (!best || e[i].net.len > best->net.len))
			best = &e[i];
	return best;
}

static const struct lpm_entry *twin_overlap(const struct lpm_entry *e, size_t n, struct cidr c)
{
	const struct lpm_entry *best = NULL;

	for (size_t i = 0; i < n; i++)
		if (e[i].net.len <= c.len && cidr_has(e[i].net, c.ip) &&
		    (!best || e[i].net.len > best->net.len))
			best = &e[i];
	if (best)
		return best;
	for (size_t i = 0; i < n; i++) {
		int d;

		if (!cidr_overlaps(e[i].net, c))
			continue;
		d = best ? ip_cmp(e[i].net.ip, best->net.ip) : -1;
		if (d < 0 || (d == 0 && e[i].net.len < best->net.len))
			best = &e[i];
	}
	return best;
}

static void fail(const char *what, struct cidr c, bool got, uint32_t id, const struct lpm_entry *want)
{
	struct buf b;

	buf_init(&b, 0);
	cidr_format(&b, c);
	buf_fmt(&b, ": got %d id %u, want %d id %u ", got, id, want != NULL, want ? want->id : 0);
	if (want)
		cidr_format(&b, want->net);
	printf("%s %.*s\n", what, (int)b.n, b.p);
	buf_free(&b);
	exit(1);
}

static struct ip step(struct ip a, int by)
{
	struct ip to = { a.hi, a.lo + (uint64_t)(int64_t)by };

	if (by > 0 && to.lo < a.lo)
		to.hi++;
	if (by < 0 && to.lo > a.lo)
		to.hi--;
	return to;
}

static void compare(const struct lpm *l, const struct lpm_entry *e, size_t n, struct ip ip)
{
	const struct lpm_entry *want = twin_find(e, n, ip);
	uint32_t id = 12345;
	bool got = lpm_find(l, ip, &id);

	if (got != (want != NULL) || (got && id != want->id) || (!got && id != 12345))
		fail("find", (struct cidr){ ip, 128 }, got, id, want);
	checked++;
}

/* One answer for all addresses of a run. */
static void compare_run(const struct lpm *l, uint32_t v4)
{
	uint32_t id = 1, again = 1, last = 0;
	bool got = lpm_find_run(l, v4, &id, &last);
	uint32_t some[] = { v4, last, v4 + (uint32_t)below((uint64_t)(last - v4) + 1) };

	if (last < v4)
		fail("run", (struct cidr){ ip_v4(v4), 128 }, got, id, NULL);
	for (int i = 0; i < 3; i++)
		if (lpm_find(l, ip_v4(some[i]), &again) != got || again != id)
			fail("run", (struct cidr){ ip_v4(some[i]), 128 }, got, id, NULL);
	checked++;
}

/* The same over copies of its parts. */
static void elsewhere(const struct lpm *l, const struct lpm_entry *e, size_t n, unsigned world)
{
	struct part part[LPM_PARTS];
	struct lpm_head head;
	struct lpm other;

	lpm_parts(l, &head, part);
	for (int i = 0; i < LPM_PARTS; i++) {
		void *copy = aligned_alloc(64, (part[i].n / 64 + 1) * 64);

		if (!copy)
			abort();
		if (part[i].n)
			memcpy(copy, part[i].p, part[i].n);
		part[i].p = copy;
	}
	if (lpm_attach(&other, part, 1000))
		abort();
	for (size_t i = 0; i < n; i++)
		compare(&other, e, n, e[i].net.ip);
	for (int i = 0; i < 20; i++)
		compare(&other, e, n, some_ip(world));
	if (n && lpm_attach(&other, part, 0) != ERR_PARSE)
		fail("unknown ids", e[0].net, false, 0, NULL);
	for (int i = 0; i < LPM_PARTS; i++) {
		part[i].n++;
		if (lpm_attach(&other, part, 1000) != ERR_PARSE)
			fail("a part of another size", (struct cidr){ 0 }, false, 0, NULL);
		part[i].n--;
	}
	for (int i = 0; i < LPM_PARTS; i++)
		free(part[i].p);
}

/* So many that the tree over the upper halves has several levels; the last /64 of all is greater
 * than what pads them. */
static void many(void)
{
	enum { MANY = 70001 };
	struct lpm_entry *e = calloc(MANY, sizeof *e);
	const struct ip end = { UINT64_MAX, UINT64_MAX };
	struct lpm l;
	uint32_t id;

	if (!e)
		abort();
	for (uint32_t i = 0; i < MANY; i++)
		e[i] = (struct lpm_entry){ { { 0x2a00000000000000 + ((uint64_t)i << 9), 0 }, 64 }, i };
	for (unsigned last = 0; last < 2; last++) {
		if (last)
			e[MANY - 1].net = (struct cidr){ end, 128 };
		if (lpm_build(&l, e, MANY))
			abort();
		for (uint32_t i = 0; i < MANY; i += 7)
			if (!lpm_find(&l, e[i].net.ip, &id) || id != i)
				fail("of many", e[i].net, true, id, &e[i]);
		if (lpm_find(&l, end, &id) != (last == 1) || (last && id != MANY - 1))
			fail("the last", (struct cidr){ end, 128 }, true, id, NULL);
		if (lpm_find(&l, (struct ip){ UINT64_MAX, 0 }, &id))
			fail("near the last", (struct cidr){ end, 128 }, true, id, NULL);
		lpm_free(&l);
	}
	free(e);
}

static void round_of(unsigned world, size_t n)
{
	struct lpm_entry e[N_MAX] = { 0 };
	struct lpm l, nested;

	for (size_t i = 0; i < n; i++)
		e[i] = (struct lpm_entry){ some_net(world < 6 ? world : (unsigned)below(6)),
					   (uint32_t)below(below(3) ? 1000 : 3) };
	if (lpm_build(&l, e, n) || lpm_nest(&nested, e, n))
		abort();
	for (size_t i = 0; i < n; i++) {
		struct ip last = cidr_last(e[i].net);

		compare(&l, e, n, e[i].net.ip);
		compare(&l, e, n, last);
		compare(&l, e, n, step(e[i].net.ip, -1));
		compare(&l, e, n, step(last, 1));
	}
	for (int i = 0; i < LOOKUPS; i++) {
		unsigned w = world < 6 ? world : (unsigned)below(6);
		struct cidr c = some_net(w);
		const struct lpm_entry *want = twin_overlap(e, n, c);
		uint32_t id = 12345;
		bool got = lpm_overlap(&l, c, &id);

		if (got != (want != NULL) || (got && id != want->id) || (!got && id != 12345))
			fail("overlap", c, got, id, want);
		id = 12345;
		if (lpm_overlap(&nested, c, &id) != got || (got && id != want->id))
			fail("overlap of what is only nested", c, got, id, want);
		checked++;
		compare(&l, e, n, some_ip(w));
		compare_run(&l, (uint32_t)some_ip(w).lo);
	}
	elsewhere(&l, e, n, world < 6 ? world : 5);
	lpm_free(&l);
	lpm_free(&nested);
}

int main(void)
{
	const char *given = getenv("NEZUMI_SEED");
	uint64_t seed = given ? strtoull(given, NULL, 0) : 1;

	printf("seed %llu\n", (unsigned long long)seed);
	(void)fflush(stdout);
	state = seed;
	for (int i = 0; i < ROUNDS; i++)
		round_of((unsigned)i % 7, i < 7 ? 0 : 1 + below(i % 3 ? N_MAX : 6));
	many();
	printf("%lu look-ups agree with the twin\n", checked);
	printf("1 passed, 0 failed\n");
	return 0;
}
