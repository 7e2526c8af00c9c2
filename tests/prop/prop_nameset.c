/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The set of names against a twin that asks every entry. The seed is printed; NEZUMI_SEED repeats
 * a run.
 */
#include "base/mix.h"
#include "core/nameset.h"

#include <stdio.h>
#include <stdlib.h>

#define ROUNDS  1500
#define LOOKUPS 300
#define N_MAX   150
#define ROOM    400

static uint64_t state;
static unsigned long checked;

static uint64_t below(uint64_t n)
{
	return mix_next(&state) % n;
}

/* A few labels of a small stock, so that names repeat and lie below each other. */
static struct str some_name(char *to, bool wild)
{
	static const char *const stock[] = {
		"com", "example",       "a", "b", "evil-long-label-of-some-size", "www", "co",
		"uk",  "xn--bcher-kva", "c2"
	};
	size_t n = 0, labels = 1 + below(5);

	if (below(40) == 0)
		labels = 100;
	for (size_t i = 0; i < labels; i++) {
		const char *label = stock[below(below(4) ? 4 : sizeof stock / sizeof stock[0])];
		size_t len = strlen(label);

		if (n + len + 1 > (wild ? ROOM : 253))
			break;
		if (i)
			to[n++] = '.';
		memcpy(to + n, label, len);
		n += len;
	}
	/* Names met in the telemetry may be anything. */
	for (size_t k = wild && below(8) == 0 ? 1 + below(3) : 0; k; k--)
		to[below(n)] = below(2) ? '.' : (char)below(256);
	return (struct str){ to, n };
}

/* Itself or below, by its definition. */
static bool under(struct str name, struct str d)
{
	return str_eq(name, d) ||
	       (name.n > d.n && str_ends(name, d) && name.p[name.n - d.n - 1] == '.');
}

static const struct nameset_entry *twin_find(const struct nameset_entry *e, size_t n, struct str name)
{
	const struct nameset_entry *best = NULL;

	for (size_t i = 0; i < n; i++)
		if ((e[i].below ? under(name, e[i].name) : str_eq(name, e[i].name)) &&
		    (!best || e[i].name.n > best->name.n))
			best = &e[i];
	return best;
}

static const struct nameset_entry *twin_below(const struct nameset_entry *e, size_t n, struct str d)
{
	const struct nameset_entry *first = NULL;

	for (size_t i = 0; i < n; i++)
		if (under(e[i].name, d) && (!first || (str_eq(e[i].name, d) && !str_eq(first->name, d))))
			first = &e[i];
	return first;
}

static void fail(const char *what, struct str name, bool got, uint32_t id, size_t labels,
		 const struct nameset_entry *want)
{
	printf("%s \"%.*s\": got %d id %u labels %zu, want ", what, STR_ARG(name), got, id, labels);
	if (want)
		printf("id %u \"%.*s\"%s\n", want->id, STR_ARG(want->name),
		       want->below ? " and below" : "");
	else
		printf("nothing\n");
	exit(1);
}

static void compare(const struct nameset *s, const struct nameset_entry *e, size_t n, struct str name)
{
	const struct nameset_entry *want = twin_find(e, n, name);
	uint32_t id = 12345;
	size_t labels = 777, dots = 1;
	bool got = nameset_find(s, name, &id, &labels);

	for (size_t i = 0; want && i < want->name.n; i++)
		dots += want->name.p[i] == '.';
	if (got != (want != NULL) || (got && (id != want->id || labels != dots)) ||
	    (!got && (id != 12345 || labels != 777)))
		fail("find", name, got, id, labels, want);

	want = twin_below(e, n, name);
	id = 12345;
	got = nameset_has_below(s, name, &id);
	if (got != (want != NULL) || (got ? id != want->id : id != 12345))
		fail("has_below", name, got, id, 0, want);
	checked++;
}

/* The same over copies of its parts. */
static void elsewhere(const struct nameset *s, const struct nameset_entry *e, size_t n)
{
	struct part part[NAMESET_PARTS];
	struct nameset other;
	char room[ROOM];

	nameset_parts(s, part);
	for (int i = 0; i < NAMESET_PARTS; i++) {
		void *copy = aligned_alloc(64, (part[i].n / 64 + 1) * 64);

		if (!copy)
			abort();
		if (part[i].n)
			memcpy(copy, part[i].p, part[i].n);
		part[i].p = copy;
	}
	if (nameset_attach(&other, part, s->seed, 100000))
		abort();
	for (size_t i = 0; i < n; i++)
		compare(&other, e, n, e[i].name);
	for (int i = 0; i < 20; i++)
		compare(&other, e, n, some_name(room, true));
	if (n && nameset_attach(&other, part, s->seed, 0) != ERR_PARSE)
		fail("unknown ids", STR_NONE, false, 0, 0, NULL);
	part[2].n = 0;
	if (n && nameset_attach(&other, part, s->seed, 100000) != ERR_PARSE)
		fail("a text cut off", STR_NONE, false, 0, 0, NULL);
	for (int i = 0; i < NAMESET_PARTS; i++)
		free(part[i].p);
}

static void round_of(size_t n)
{
	static char text[N_MAX][ROOM];
	struct nameset_entry e[N_MAX] = { 0 };
	struct nameset s;
	char room[ROOM];

	for (size_t i = 0; i < n; i++)
		e[i] = (struct nameset_entry){ some_name(text[i], false), below(2) != 0,
					       (uint32_t)below(100000) };
	if (nameset_build(&s, e, n, mix_next(&state)))
		abort();
	for (size_t i = 0; i < n; i++)
		compare(&s, e, n, e[i].name);
	for (int i = 0; i < LOOKUPS; i++)
		compare(&s, e, n, some_name(room, true));
	compare(&s, e, n, STR_NONE);
	elsewhere(&s, e, n);
	nameset_free(&s);
}

int main(void)
{
	const char *given = getenv("NEZUMI_SEED");
	uint64_t seed = given ? strtoull(given, NULL, 0) : 1;
	struct nameset s = { 0 };
	struct nameset_entry bad = { { "", 0 }, true, 1 };

	printf("seed %llu\n", (unsigned long long)seed);
	(void)fflush(stdout);
	state = seed;
	for (int i = 0; i < ROUNDS; i++)
		round_of(i < 3 ? 0 : 1 + below(i % 3 ? N_MAX : 6));
	if (nameset_build(&s, &bad, 1, 0) != ERR_PARSE || s.nodes)
		fail("build", bad.name, true, 0, 0, NULL);
	printf("%lu look-ups agree with the twin\n", checked);
	printf("1 passed, 0 failed\n");
	return 0;
}
