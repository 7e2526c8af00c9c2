/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The store against a naive twin in memory: random editions of a few sources over a small world of
 * values, decisions, removals of sources; closed and opened again at random. Sorting with so little
 * memory that it goes through the file. The seed is printed; NEZUMI_SEED repeats a run.
 */
#include "base/mix.h"
#include "store/store.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { ROUNDS = 12, STEPS = 25, SOURCES = 4, SAYS = 8000, DAY_ONE = 1543622400 };

static uint64_t state;
static unsigned long checked;

static uint64_t below(uint64_t n)
{
	return mix_next(&state) % n;
}

/* ---- the twin ---- */

struct statement {
	bool used, listed, fresh;
	unsigned source;
	struct indicator ind;
	char text[64], family[16], reference[16];
	int64_t first, last; /* runs, by their end */
};

static struct statement twin[SAYS];
static bool source_known[SOURCES];
static int64_t source_run[SOURCES]; /* when the last one ended */
static const char *const names[SOURCES] = { "alpha", "beta's; DROP TABLE said", "γ", "delta" };
static int decided[64]; /* by value; decision + 1 */

/* A world of so few values that sources meet. */
static void some_value(unsigned n, struct indicator *i, char text[64])
{
	*i = indicator_init();
	switch (n % 8) {
	case 0:
	case 1:
		i->type = IT_IP;
		i->net = (struct cidr){ ip_v4(0x2d000000 + n), 128 };
		break;
	case 2:
		i->type = IT_CIDR;
		i->net = (struct cidr){ ip_mask(ip_v4(0x2d000000 + n), 120 - n % 3), 0 };
		i->net.len = (unsigned char)(120 - n % 3);
		break;
	case 3:
		i->type = IT_IP;
		i->net = (struct cidr){ { 0x2a00000100020000, n }, 128 };
		break;
	case 4:
	case 5:
		i->type = IT_DOMAIN;
		(void)snprintf(text, 64, "%s%u.example.%s", n & 16 ? "www.a-" : "", n / 16,
			       n & 8 ? "org" : "com");
		i->value = str_of(text);
		break;
	case 6:
		i->type = IT_URL;
		(void)snprintf(text, 64, "http://e%u.example/%u?'%%00", n % 3, n);
		i->value = str_of(text);
		break;
	default:
		i->type = IT_HASH;
		(void)snprintf(text, 64, "%032x", n);
		i->value = str_of(text);
		break;
	}
}

static bool same_value(const struct indicator *a, const struct indicator *b)
{
	if (a->type != b->type)
		return false;
	if (a->type <= IT_CIDR)
		return ip_eq(a->net.ip, b->net.ip) && a->net.len == b->net.len;
	return str_eq(a->value, b->value);
}

static bool same_key(const struct statement *t, const struct indicator *i)
{
	return t->ind.port == i->port && t->ind.role == i->role &&
	       (i->role != ROLE_CONTROLLER || t->ind.role_said == i->role_said) &&
	       str_eq(t->ind.family, i->family);
}

static void some_statement(struct statement *s, unsigned source)
{
	*s = (struct statement){ .source = source };
	some_value((unsigned)below(64), &s->ind, s->text);
	s->ind.port = below(3) ? 0 : (uint16_t)(443 + below(2));
	s->ind.role = (enum role)below(3);
	s->ind.role_said = s->ind.role != ROLE_CONTROLLER || below(2);
	if (below(3)) {
		(void)snprintf(s->family, sizeof s->family, "F%u", (unsigned)below(3));
		s->ind.family = str_of(s->family);
	}
	if (below(3)) {
		(void)snprintf(s->reference, sizeof s->reference, "ref %u", (unsigned)below(5));
		s->ind.reference = str_of(s->reference);
	}
	s->ind.from = below(2) ? TIME_NONE : (int64_t)(DAY_ONE + below(3)) * TIME_S;
	s->ind.until = below(2) ? TIME_NONE : (int64_t)(DAY_ONE + 10 + below(2)) * TIME_S;
	s->ind.confidence = below(2) ? 255 : (uint8_t)below(101);
	s->ind.revoked = below(10) == 0;
}

/* The strings of a copy are its own. */
static void settle(struct statement *to, const struct statement *from)
{
	*to = *from;
	if (to->ind.type > IT_CIDR)
		to->ind.value = str_of(to->text);
	to->ind.family = str_of(to->family);
	to->ind.reference = str_of(to->reference);
}

/*
 * What the store is to do with one source's edition, said in the plainest way: for each value, take
 * away pairs of old and new statements that are alike but for what may change, first those that
 * begin at the same time. To keep the twin plain an edition says one thing of each value, port,
 * role and family.
 */
static void twin_edition(unsigned source, const struct statement *v, size_t n, int64_t end)
{
	for (size_t i = 0; i < SAYS; i++)
		twin[i].fresh = false;
	for (size_t k = 0; k < n; k++) {
		struct statement *to = NULL, *gone = NULL;

		for (size_t i = 0; i < SAYS; i++)
			if (twin[i].used && twin[i].source == source && !twin[i].fresh &&
			    same_value(&twin[i].ind, &v[k].ind) && same_key(&twin[i], &v[k].ind))
				to = &twin[i];
			else if (!twin[i].used && !gone)
				gone = &twin[i];
		assert(to || gone);
		if (to) {
			int64_t first = to->first;

			settle(to, &v[k]);
			to->first = first;
		} else {
			to = gone;
			settle(to, &v[k]);
			to->first = end;
		}
		to->used = to->listed = to->fresh = true;
	}
	for (size_t i = 0; i < SAYS; i++)
		if (twin[i].used && twin[i].source == source && twin[i].listed && !twin[i].fresh) {
			twin[i].listed = false;
			twin[i].last = source_run[source];
		}
	source_known[source] = true;
	source_run[source] = end;
}

/* ---- comparing ---- */

static enum err mark(void *ctx, const struct store_said *said)
{
	size_t *n = ctx;

	(*n)++;
	for (size_t i = 0; i < SAYS; i++) {
		struct statement *t = &twin[i];
		const struct indicator *a = &t->ind, *b = &said->ind;

		if (!t->used || t->fresh || !same_value(a, b) || a->port != b->port ||
		    a->role != b->role || a->role_said != b->role_said ||
		    !str_eq(a->family, b->family) || a->from != b->from || a->until != b->until ||
		    a->confidence != b->confidence || a->revoked != b->revoked ||
		    !str_eq(a->reference, b->reference) || !str_is(b->source, names[t->source]) ||
		    t->listed != said->listed || t->first != said->listed_first ||
		    (t->listed ? source_run[t->source] : t->last) != said->listed_last)
			continue;
		t->fresh = true; /* met */
		checked++;
		return ERR_OK;
	}
	printf("what the store says of a value is not so: source %.*s\n", STR_ARG(said->ind.source));
	abort();
}

static size_t forget_marks(const struct indicator *value)
{
	size_t n = 0;

	for (size_t i = 0; i < SAYS; i++) {
		twin[i].fresh = false;
		n += twin[i].used && (!value || same_value(&twin[i].ind, value));
	}
	return n;
}

static enum err one_decision(void *ctx, const struct store_override *o)
{
	*(int *)ctx = (int)o->verdict + 1;
	return ERR_OK;
}

static enum err count_source(void *ctx, const struct store_source *s)
{
	size_t listed = 0, aside = 0;

	for (size_t i = 0; i < SAYS; i++)
		if (twin[i].used && str_is(s->name, names[twin[i].source])) {
			listed += twin[i].listed;
			aside += !twin[i].listed;
		}
	assert(s->listed == listed && s->aside == aside);
	(*(size_t *)ctx)++;
	return ERR_OK;
}

static void must(enum err e, const struct errinfo *ei)
{
	if (!e)
		return;
	printf("%s: %s\n", err_text(e), ei->msg);
	abort();
}

static void compare(struct store *s)
{
	struct errinfo ei = { 0 };
	struct store_health h;
	size_t want = forget_marks(NULL), got = 0, sources = 0;

	must(store_said_all(s, mark, &got, &ei), &ei);
	assert(got == want);
	for (unsigned v = 0; v < 64; v++) {
		struct indicator i;
		char text[64];
		int is = 0;

		some_value(v, &i, text);
		want = forget_marks(&i);
		got = 0;
		must(store_said_of(s, &i, mark, &got, &ei), &ei);
		assert(got == want);
		must(store_override_of(s, &i, one_decision, &is, &ei), &ei);
		assert(is == decided[v]);
	}
	must(store_sources(s, count_source, &sources, &ei), &ei);
	for (unsigned i = 0; i < SOURCES; i++)
		sources -= source_known[i];
	assert(sources == 0);
	must(store_examine(s, true, &h, &ei), &ei);
	if (h.n_problems)
		printf("%.*s\n", STR_ARG(h.problems[0]));
	assert(h.n_problems == 0);
}

/* ---- steps ---- */

static void load_edition(struct store *s, int64_t end)
{
	static struct statement v[3000];
	struct errinfo ei = { 0 };
	struct store_load *l = NULL;
	unsigned source = (unsigned)below(SOURCES);
	struct store_source src = store_source_init(str_of(names[source]));
	size_t n = 0, want = 1 + below(below(8) ? 60 : 2000);
	bool stop = below(6) == 0;
	uint32_t at;

	must(store_load_begin(s, 1 << 20, &l), &ei);
	must(store_load_source(l, &src, &at, &ei), &ei);
	for (size_t k = 0; k < want; k++) {
		bool twice = false;

		some_statement(&v[n], source);
		for (size_t i = 0; i < n; i++)
			twice |= same_value(&v[i].ind, &v[n].ind) && same_key(&v[i], &v[n].ind);
		if (twice)
			continue;
		must(store_load_indicator(l, at, &v[n].ind, &ei), &ei);
		if (below(10) == 0) /* the same again says nothing more */
			must(store_load_indicator(l, at, &v[n].ind, &ei), &ei);
		n++;
	}
	if (!stop) {
		must(store_load_commit(l, end - 5, end, NULL, &ei), &ei);
		twin_edition(source, v, n, end);
	}
	store_load_free(l);
}

static void step(struct store *s, int64_t now)
{
	struct errinfo ei = { 0 };
	unsigned v = (unsigned)below(64), source = (unsigned)below(SOURCES);
	struct store_override o = { .author = STR("me"), .reason = STR("x"), .made = now };
	char text[64];
	enum err e;

	switch (below(8)) {
	case 0:
		o.verdict = (enum decision)below(3);
		o.expires = TIME_NONE;
		some_value(v, &o.value, text);
		must(store_override_put(s, &o, 1, &ei), &ei);
		decided[v] = (int)o.verdict + 1;
		/* The same value may go by several numbers. */
		for (unsigned k = 0; k < 64; k++) {
			struct indicator other;
			char t[64];

			some_value(k, &other, t);
			if (same_value(&other, &o.value))
				decided[k] = decided[v];
		}
		break;
	case 1:
		if (below(4))
			break;
		e = store_source_remove(s, str_of(names[source]), &ei);
		assert(e == (source_known[source] ? ERR_OK : ERR_NOENT));
		for (size_t i = 0; i < SAYS; i++)
			twin[i].used &= twin[i].source != source;
		source_known[source] = false;
		break;
	default:
		load_edition(s, now);
	}
}

int main(void)
{
	const char *seed = getenv("NEZUMI_SEED");
	char dir[] = "/tmp/nezumi-store-XXXXXX", command[128];
	uint64_t first = seed ? strtoull(seed, NULL, 10) : 1;

	printf("seed %llu\n", (unsigned long long)first);
	for (unsigned round = 0; round < ROUNDS; round++) {
		struct errinfo ei = { 0 };
		struct store *s = NULL;

		state = first + round;
		(void)snprintf(dir, sizeof dir, "/tmp/nezumi-store-XXXXXX");
		if (!mkdtemp(dir))
			return 1;
		memset(twin, 0, sizeof twin);
		memset(source_known, 0, sizeof source_known);
		memset(decided, 0, sizeof decided);
		must(store_open(dir, STORE_WRITE, "test", &s, &ei), &ei);
		for (unsigned i = 0; i < STEPS; i++) {
			step(s, (int64_t)(DAY_ONE + 100 * i) * TIME_S);
			if (below(4) == 0) {
				store_close(s);
				s = NULL;
				must(store_open(dir, STORE_WRITE, "test", &s, &ei), &ei);
			}
			if (below(5) == 0) {
				struct store *reader = NULL;

				must(store_open(dir, STORE_READ, "", &reader, &ei), &ei);
				compare(reader);
				store_close(reader);
			}
		}
		compare(s);
		store_close(s);
		(void)snprintf(command, sizeof command, "%s/nezumi.db", dir);
		(void)unlink(command);
		(void)snprintf(command, sizeof command, "%s/nezumi.db-shm", dir);
		(void)unlink(command);
		(void)snprintf(command, sizeof command, "%s/nezumi.db-wal", dir);
		(void)unlink(command);
		(void)snprintf(command, sizeof command, "%s/lock", dir);
		(void)unlink(command);
		(void)rmdir(dir);
	}
	printf("%lu statements compared\n1 passed, 0 failed\n", checked);
	return 0;
}
