/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The snapshot against a twin that asks every indicator; the same where its image lies elsewhere;
 * and images that were tampered with, in which no look-up may leave them. The seed is printed;
 * NEZUMI_SEED repeats a run.
 */
#include "core/snapshot.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

enum { ROUNDS = 120, N_MAX = 150, LOOKUPS = 200, TAMPERED = 12 };

static uint64_t state;
static unsigned long checked, refused, opened;

static uint64_t below(uint64_t n)
{
	return mix_next(&state) % n;
}

/* Few bits vary, so that values meet, nest and repeat. */
static struct ip some_ip(void)
{
	uint64_t r = mix_next(&state);

	switch (below(4)) {
	case 0:
		return ip_v4((uint32_t)r);
	case 1:
		return ip_v4((uint32_t)(0x2d7c0000 | (r & 0x30307)));
	case 2:
		return (struct ip){ 0x20010db800000000 | (r & 0x3000300030003), r >> 62 };
	default:
		return (struct ip){ 0x2a00000000000000, r & 7 };
	}
}

static struct str some_name(char room[64])
{
	static const char *const label[] = { "a", "b", "www", "example", "evil", "x1" };
	static const char *const last[] = { "com", "net", "org" };
	int n = 0;

	for (uint64_t i = below(4) + 1; i; i--)
		n += snprintf(room + n, (size_t)(64 - n), "%s.", label[below(6)]);
	n += snprintf(room + n, (size_t)(64 - n), "%s", last[below(3)]);
	return (struct str){ room, (size_t)n };
}

static struct str some_url(char room[128])
{
	char name[64];
	int n = snprintf(room, 128, "http://%.*s/%llu", STR_ARG(some_name(name)),
			 (unsigned long long)below(4));

	return (struct str){ room, (size_t)n };
}

/* One indicator with the text that its value points to. */
struct one {
	struct indicator i;
	char value[128];
};

static void make(struct one *o)
{
	static const char *const word[] = { "", "Emotet", "a list", "https://example.org/" };

	o->i = indicator_init();
	o->i.type = (enum itype)below(4);
	if (o->i.type == IT_IP) {
		o->i.net = (struct cidr){ some_ip(), 128 };
	} else if (o->i.type == IT_CIDR) {
		struct ip ip = some_ip();
		unsigned len = ip_is_v4(ip) ? 96 + (unsigned)below(32) : (unsigned)below(128);

		if (below(3))
			len = 108 + (unsigned)below(20);
		o->i.net = (struct cidr){ ip_mask(ip, len), (unsigned char)len };
	} else {
		o->i.value = o->i.type == IT_DOMAIN ? some_name(o->value) : some_url(o->value);
	}
	o->i.port = (uint16_t)(below(3) ? 0 : below(2) + 1);
	o->i.role = (enum role)below(3);
	o->i.revoked = below(8) == 0;
	o->i.family = str_of(word[below(3)]);
	o->i.source = str_of(word[below(3)]);
	o->i.reference = str_of(word[below(4)]);
	o->i.confidence = (uint8_t)below(3);
	if (below(3) == 0)
		o->i.from = (int64_t)below(3);
	if (below(3) == 0)
		o->i.until = (int64_t)below(3);
}

/* The same statement of the same source, whatever else differs. */
static bool same_statement(const struct indicator *a, const struct indicator *b)
{
	return a->port == b->port && a->role == b->role && a->from == b->from &&
	       a->until == b->until && a->revoked == b->revoked && str_eq(a->source, b->source) &&
	       str_eq(a->family, b->family);
}

static bool same_value(const struct indicator *a, const struct indicator *b)
{
	return a->type == b->type &&
	       (a->type <= IT_CIDR ? ip_eq(a->net.ip, b->net.ip) && a->net.len == b->net.len
				   : str_eq(a->value, b->value));
}

static void fail(const char *what)
{
	printf("%s\n", what);
	exit(1);
}

/* How many different statements there are of a value. */
static size_t twin_rows(const struct one *v, size_t n, const struct indicator *value)
{
	size_t rows = 0;

	for (size_t i = 0; i < n; i++) {
		bool first = same_value(&v[i].i, value);

		for (size_t k = 0; first && k < i; k++)
			first = !same_value(&v[k].i, value) || !same_statement(&v[k].i, &v[i].i);
		rows += first;
	}
	return rows;
}

/* Does every row of a range say what some indicator of that value says? */
static void check_rows(const struct snapshot *s, struct ind_range r, const struct one *v, size_t n,
		       const struct indicator *value)
{
	if (r.n != twin_rows(v, n, value))
		fail("another number of rows");
	for (uint32_t k = r.first; k < r.first + r.n; k++) {
		const struct attribute *a = snapshot_attribute(s, k);
		bool found = false;

		for (size_t i = 0; !found && i < n; i++)
			found = same_value(&v[i].i, value) && v[i].i.port == a->port &&
				v[i].i.from == a->from && v[i].i.until == a->until &&
				(unsigned)v[i].i.role == a->role && v[i].i.revoked == a->revoked &&
				v[i].i.confidence == a->confidence &&
				str_eq(v[i].i.family, snapshot_text(s, a->family)) &&
				str_eq(v[i].i.source, snapshot_text(s, a->source)) &&
				str_eq(v[i].i.reference, snapshot_text(s, a->reference));
		if (!found)
			fail("a row that nobody stated");
	}
}

static void check_ip(const struct snapshot *s, const struct one *v, size_t n, struct ip ip)
{
	struct ind_range got[ADDR_RANGES_MAX];
	size_t many = snapshot_addr(s, ip, got), at = 0;

	/* From the address itself to the widest network around it. */
	for (int len = 129; len >= 0; len--) {
		struct indicator value = { .type = len == 129 ? IT_IP : IT_CIDR };

		value.net.len = (unsigned char)(len == 129 ? 128 : len);
		value.net.ip = ip_mask(ip, value.net.len);
		if (!twin_rows(v, n, &value))
			continue;
		if (at == many)
			fail("an indicator was not found");
		check_rows(s, got[at++], v, n, &value);
	}
	if (at != many)
		fail("more was found than there is");
	if (snapshot_lists(s, ip) != (many > 0))
		fail("snapshot_lists disagrees with snapshot_addr");
	if (many && !snapshot_near(s, ip))
		fail("listed, but not near");
	checked++;
}

static void check_name(const struct snapshot *s, const struct one *v, size_t n, struct str name)
{
	const struct indicator *best = NULL;
	uint32_t domain;
	size_t labels;
	bool got = snapshot_domain(s, name, &domain, &labels);

	for (size_t i = 0; i < n; i++) {
		struct str d = v[i].i.value;

		if (v[i].i.type == IT_DOMAIN && str_ends(name, d) &&
		    (d.n == name.n || name.p[name.n - d.n - 1] == '.') &&
		    (!best || d.n > best->value.n))
			best = &v[i].i;
	}
	if (got != (best != NULL))
		fail("a domain");
	if (best) {
		if (!str_eq(snapshot_domain_text(s, domain), best->value))
			fail("another domain");
		check_rows(s, snapshot_domain_rows(s, domain), v, n, best);
	}
	checked++;
}

static void check_url(const struct snapshot *s, const struct one *v, size_t n, struct str url)
{
	struct indicator value = { .type = IT_URL, .value = url };
	uint32_t at;
	bool got = snapshot_url(s, url, &at);

	if (got != (twin_rows(v, n, &value) > 0))
		fail("a URL");
	if (got) {
		if (!str_eq(snapshot_url_text(s, at), url))
			fail("another URL");
		check_rows(s, snapshot_url_rows(s, at), v, n, &value);
	}
	checked++;
}

static void compare(const struct snapshot *s, const struct one *v, size_t n)
{
	char room[128];

	for (size_t i = 0; i < n; i++) {
		if (v[i].i.type <= IT_CIDR)
			check_ip(s, v, n, v[i].i.net.ip);
		else if (v[i].i.type == IT_DOMAIN)
			check_name(s, v, n, v[i].i.value);
		else
			check_url(s, v, n, v[i].i.value);
	}
	for (int i = 0; i < LOOKUPS; i++) {
		check_ip(s, v, n, some_ip());
		check_name(s, v, n, some_name(room));
		check_url(s, v, n, some_url(room));
	}
	check_ip(s, v, n, (struct ip){ UINT64_MAX, UINT64_MAX });
	check_ip(s, v, n, ip_v4(UINT32_MAX));
	check_ip(s, v, n, ip_v4(0));
	check_name(s, v, n, STR_NONE);
}

/* ---- what lies in a file need not be what was written ---- */

static enum err nothing(void *ctx, const struct indicator *i)
{
	uint64_t *sum = ctx;

	*sum = str_hash(i->value, str_hash(i->source, *sum + (uint64_t)i->role));
	return ERR_OK;
}

static void roam(const struct snapshot *s)
{
	struct ind_range got[ADDR_RANGES_MAX];
	uint64_t sum = 0;
	char room[128];

	for (int i = 0; i < LOOKUPS; i++) {
		struct ip ip = i % 50 ? some_ip() : (struct ip){ UINT64_MAX, UINT64_MAX };
		size_t n = snapshot_addr(s, ip, got), labels;
		uint32_t at;

		sum += snapshot_lists(s, ip);
		for (size_t k = 0; k < n; k++)
			for (uint32_t r = 0; r < got[k].n && r < 1000; r++)
				sum += snapshot_attribute(s, got[k].first + r)->port;
		if (snapshot_domain(s, some_name(room), &at, &labels))
			sum = str_hash(snapshot_domain_text(s, at), sum) +
			      snapshot_domain_rows(s, at).n;
		if (snapshot_url(s, some_url(room), &at))
			sum = str_hash(snapshot_url_text(s, at), sum) + snapshot_url_rows(s, at).n;
	}
	if (snapshot_each(s, nothing, &sum) || snapshot_others(s, nothing, &sum))
		abort();
	for (size_t i = 0; i < s->n_withheld; i++) {
		struct str text[4];

		snapshot_withheld(s, i, text);
		for (int k = 0; k < 4; k++)
			sum = str_hash(text[k], sum);
	}
	if (sum == 42)
		printf("unlikely\n");
}

/* Changes that do the most harm: numbers become others that occur, or extreme. */
static void tamper(char *p, size_t n)
{
	/* Most of an image is bits of what is near; the rest lies before and behind. */
	size_t words = n / 4,
	       at = below(3) ? words - 1 - below(words < 4000 ? words : 4000) : below(256);
	uint32_t w;

	memcpy(&w, p + 4 * at, 4);
	switch (below(5)) {
	case 0:
		w ^= 1u << below(32);
		break;
	case 1:
		w = UINT32_MAX;
		break;
	case 2:
		w += (uint32_t)below(3) - 1;
		break;
	case 3:
		memcpy(&w, p + 4 * below(words), 4);
		break;
	default:
		w = 0;
	}
	memcpy(p + 4 * at, &w, 4);
}

static void elsewhere(struct snapshot *s, const struct one *v, size_t n)
{
	struct str image = snapshot_image(s);
	char *copy = aligned_alloc(64, (image.n + 63) / 64 * 64);
	struct snapshot other;
	struct errinfo ei;

	if (!copy)
		abort();
	memcpy(copy, image.p, image.n);
	snapshot_init(&other, 7);
	if (snapshot_open(&other, (struct part){ copy, image.n }, &ei))
		fail(ei.msg);
	if (other.distinct != s->distinct || other.records != 77 || other.seed != 7)
		fail("the header");
	compare(&other, v, n);
	snapshot_free(&other);
	for (int i = 0; i < TAMPERED; i++) {
		memcpy(copy, image.p, image.n);
		for (uint64_t k = below(4) + 1; k; k--)
			tamper(copy, image.n);
		snapshot_init(&other, 7);
		if (snapshot_open(&other, (struct part){ copy, image.n }, &ei)) {
			refused++;
			continue;
		}
		opened++;
		roam(&other);
		snapshot_free(&other);
	}
	free(copy);
}

static void round_of(size_t n)
{
	static struct one v[N_MAX];
	struct snapshot s;
	struct str said[4] = { STR("10.0.0.1"), STR("special"), STR("because"), STR("a list") },
		   back[4];

	snapshot_init(&s, mix_next(&state));
	for (size_t i = 0; i < n; i++) {
		make(&v[i]);
		if (snapshot_add(&s, &v[i].i))
			abort();
		if (i % 5 == 0 && (snapshot_add_other(&s, &v[i].i) || snapshot_add_withheld(&s, said)))
			abort();
	}
	s.records = 77;
	if (snapshot_build(&s))
		abort();
	compare(&s, v, n);
	for (size_t i = 0; i < s.n_withheld; i++) {
		snapshot_withheld(&s, i, back);
		for (int k = 0; k < 4; k++)
			if (!str_eq(back[k], said[k]))
				fail("what was withheld");
	}
	elsewhere(&s, v, n);
	snapshot_free(&s);
}

int main(void)
{
	const char *given = getenv("NEZUMI_SEED");
	uint64_t seed = given ? strtoull(given, NULL, 0) : 1;

	printf("seed %llu\n", (unsigned long long)seed);
	(void)fflush(stdout);
	state = seed;
	for (int i = 0; i < ROUNDS; i++)
		round_of(i < 2 ? 0 : 1 + below(i % 3 ? N_MAX : 6));
	printf("%lu look-ups agree with the twin; of tampered images %lu were refused, %lu harmless\n",
	       checked, refused, opened);
	printf("1 passed, 0 failed\n");
	return 0;
}
