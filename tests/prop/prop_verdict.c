/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What may be done with an indicator, against twins: the rules against a maximum of bounds, for all
 * facts there can be; decisions against a walk over all of them; the gate against the plain reading
 * of docs/judgement.md. The seed is printed; NEZUMI_SEED repeats a run.
 */
#include "app/gate.h"
#include "core/name.h"

#include <stdio.h>
#include <stdlib.h>

enum { ROUNDS = 600, LOOKUPS = 200, N_MAX = 40 };

static uint64_t state;
static unsigned long checked;

static uint64_t below(uint64_t n)
{
	return mix_next(&state) % n;
}

static void must(enum err e)
{
	if (e)
		abort();
}

static void fail(const char *what, unsigned long long a, long b, long c)
{
	printf("%s: %llx: got %ld, want %ld\n", what, a, b, c);
	exit(1);
}

/* ---- the rules ---- */

/*
 * Another way to say them: what nobody may overrule; then what an analyst decided; then the least
 * of what each fact allows.
 */
static enum action twin_action(const struct verdict_facts *f)
{
	enum action most = ACTION_BLOCK;

	if (f->special_purpose || f->too_broad || f->vetoed)
		return ACTION_NONE;
	if (f->decided)
		return f->decision == DECIDED_ALLOW    ? ACTION_NONE
		       : f->decision == DECIDED_INFORM ? ACTION_INFORM
						       : ACTION_BLOCK;
	if (f->sinkhole || f->research || f->scanner || f->infected_host ||
	    (f->provider && !f->hash) || f->score < 50 || f->standing == STANDING_GRACE)
		most = ACTION_INFORM;
	if (f->allow_listed || f->revoked || f->only_withheld || f->standing < STANDING_GRACE)
		most = ACTION_NONE;
	return most;
}

static void all_facts(void)
{
	static const uint8_t scores[] = { 0, 49, 50, 100 };

	for (uint32_t bits = 0; bits < 1U << 13; bits++)
		for (int standing = 0; standing <= STANDING_VALID; standing++)
			for (int k = 0; k < 16; k++) {
				struct verdict_facts f = {
					.special_purpose = bits & 1,
					.too_broad = bits >> 1 & 1,
					.allow_listed = bits >> 2 & 1,
					.vetoed = bits >> 3 & 1,
					.revoked = bits >> 4 & 1,
					.only_withheld = bits >> 5 & 1,
					.sinkhole = bits >> 6 & 1,
					.research = bits >> 7 & 1,
					.scanner = bits >> 8 & 1,
					.infected_host = bits >> 9 & 1,
					.provider = bits >> 10 & 1,
					.hash = bits >> 11 & 1,
					.decided = k & 3 ? true : false,
					.decision = (enum decision)((k & 3) ? (k & 3) - 1 : 0),
					.standing = (enum standing)standing,
					.score = scores[k >> 2],
				};
				enum verdict_why why = verdict_of(&f);

				if (why_action(why) != twin_action(&f))
					fail("facts", bits << 8 | (unsigned)k, why, twin_action(&f));
				if (!verdict_applies(&f, why))
					fail("does not apply", bits, why, 0);
				for (int w = 0; w < (int)why; w++)
					if (verdict_applies(&f, (enum verdict_why)w))
						fail("not the first", bits, why, w);
				checked++;
			}
}

static void standings(void)
{
	for (int i = 0; i < 20000; i++) {
		int64_t from = below(4) ? (int64_t)below(20) : TIME_NONE;
		int64_t until = below(4) ? (int64_t)below(20) : TIME_NONE;
		int64_t now = (int64_t)below(30), grace = (int64_t)below(5);
		enum standing got = standing_at(from, until, now, grace);
		bool early = from != TIME_NONE && now < from, late = until != TIME_NONE && now > until;
		bool ahead = early && from - now > grace, over = late && now - until > grace;

		if ((got == STANDING_VALID) != (!early && !late) ||
		    (got == STANDING_AHEAD) != ahead || (got == STANDING_OVER) != (over && !early) ||
		    (got == STANDING_GRACE && !early && !late))
			fail("standing", (unsigned long long)now, got, 0);
		checked++;
	}
}

/* ---- values that nest ---- */

static char texts[8192][64];
static size_t n_texts;

static struct str text(const char *s)
{
	char *to = texts[n_texts++ % 8192];

	(void)snprintf(to, 64, "%s", s);
	return str_of(to);
}

static struct indicator some_value(void)
{
	struct indicator i = indicator_init();
	uint64_t r = mix_next(&state);
	char s[64];

	switch (below(8)) {
	case 0:
	case 1:
		i.type = IT_IP;
		i.net = (struct cidr){ ip_v4((uint32_t)(0x2d010000 | (r & 0x0303))), 128 };
		break;
	case 2:
	case 3:
		i.type = IT_CIDR;
		i.net.len = (unsigned char)(below(6) ? 110 + below(18) : 96 + below(20));
		i.net.ip = ip_mask(ip_v4((uint32_t)(0x2d010000 | (r & 0x0303))), i.net.len);
		break;
	case 4:
		i.type = below(2) ? IT_IP : IT_CIDR;
		i.net.len = (unsigned char)(i.type == IT_IP ? 128 : 24 + below(104));
		i.net.ip = ip_mask((struct ip){ 0x2a00145000000000 | (r & 0x30003), r >> 62 },
				   i.net.len);
		break;
	case 5:
	case 6:
		i.type = IT_DOMAIN;
		(void)snprintf(s, sizeof s, "%s%s%s",
			       below(2)   ? "www."
			       : below(2) ? "b."
					  : "",
			       below(2) ? "a." : "",
			       below(2)   ? "example.org"
			       : below(2) ? "x-example.org"
					  : "xample.org");
		i.value = text(s);
		break;
	default:
		i.type = below(4) ? IT_URL : IT_HASH;
		if (i.type == IT_HASH)
			(void)snprintf(s, sizeof s, "%032llx", (unsigned long long)(r & 3));
		else if (below(2))
			(void)snprintf(s, sizeof s, "http://45.1.%u.%u/%c", (unsigned)(r & 3),
				       (unsigned)(r >> 8 & 3), "xy"[r >> 20 & 1]);
		else
			(void)snprintf(s, sizeof s, "http://%sexample.org/%c", below(2) ? "a." : "",
				       "xy"[r >> 20 & 1]);
		i.value = text(s);
		break;
	}
	return i;
}

/* ---- decisions ---- */

static bool is_net(enum itype t)
{
	return t == IT_IP || t == IT_CIDR;
}

static bool holds(const struct override *o, const struct indicator *i)
{
	if (is_net(o->type))
		return is_net(i->type) && o->net.len <= i->net.len && cidr_has(o->net, i->net.ip);
	if (o->type == IT_DOMAIN)
		return i->type == IT_DOMAIN && name_under(i->value, o->value);
	return o->type == i->type && str_eq(o->value, i->value);
}

static bool lies_in(const struct override *o, const struct indicator *i)
{
	if (is_net(o->type))
		return is_net(i->type) && o->net.len > i->net.len && cidr_has(i->net, o->net.ip);
	return o->type == IT_DOMAIN && i->type == IT_DOMAIN && !str_eq(o->value, i->value) &&
	       name_under(o->value, i->value);
}

static size_t width(const struct override *o)
{
	return is_net(o->type) ? o->net.len : o->value.n;
}

/* The narrowest that is it or holds it; the last of equals. */
static const struct override *twin_find(const struct override *v, size_t n, const struct indicator *i)
{
	const struct override *best = NULL;

	for (size_t k = 0; k < n; k++)
		if (holds(&v[k], i) && (!best || width(&v[k]) >= width(best)))
			best = &v[k];
	return best;
}

/* Is anything allowed in it? What was decided again counts as it was decided last. */
static bool twin_allowed_in(const struct override *v, size_t n, const struct indicator *i)
{
	for (size_t k = 0; k < n; k++) {
		bool again = false;

		for (size_t j = k + 1; j < n; j++)
			again |= is_net(v[j].type) == is_net(v[k].type) &&
				 (is_net(v[k].type)
					  ? v[j].net.len == v[k].net.len &&
						    ip_eq(v[j].net.ip, v[k].net.ip)
					  : v[j].type == v[k].type && str_eq(v[j].value, v[k].value));
		if (!again && v[k].verdict == DECIDED_ALLOW && lies_in(&v[k], i))
			return true;
	}
	return false;
}

static size_t decide(struct overrides *o, struct override *v)
{
	size_t n = below(4) ? below(N_MAX) : below(3);

	for (size_t k = 0; k < n; k++) {
		struct indicator i = some_value();

		v[k] = (struct override){ .type = i.type,
					  .net = i.net,
					  .value = i.value,
					  .verdict = (enum decision)below(3),
					  .author = STR("me"),
					  .reason = STR("x"),
					  .made = (int64_t)k };
		must(overrides_add(o, &v[k]));
	}
	overrides_build(o);
	return n;
}

static void compare_find(const struct overrides *o, const struct override *v, size_t n,
			 const struct indicator *i)
{
	const struct override *got = overrides_find(o, i), *want = twin_find(v, n, i);

	if ((got ? got->made : -1) != (want ? want->made : -1))
		fail("decision", i->net.ip.lo, got ? (long)got->made : -1, want ? (long)want->made : -1);
	if ((overrides_allowed_in(o, i) != NULL) != twin_allowed_in(v, n, i))
		fail("allowed in it", i->net.ip.lo, i->net.len, i->type);
	checked++;
}

/* ---- the gate ---- */

static size_t list(struct exset *set, struct exclusion *x)
{
	size_t n = below(12);

	for (size_t k = 0; k < n; k++) {
		struct indicator i;

		do
			i = some_value();
		while (i.type > IT_DOMAIN);
		x[k] = (struct exclusion){ .net = i.net,
					   .name = i.value,
					   .list = STR("list"),
					   .reason = STR_NONE,
					   .classed = true };
		x[k].class = (enum xclass)below(X_COUNT);
		x[k].type = is_net(i.type) ? ENTRY_NET : below(2) ? ENTRY_NAME : ENTRY_NAME_BELOW;
		must(exset_add(set, &x[k]));
	}
	must(exset_build(set));
	return n;
}

static bool covers(const struct exclusion *x, struct str name)
{
	struct str bare = str_starts(name, STR("www.")) ? str_skip(name, 4) : name;

	return x->type == ENTRY_NAME_BELOW
		       ? name_under(name, x->name)
		       : x->type == ENTRY_NAME && (str_eq(x->name, name) || str_eq(x->name, bare));
}

/* provider, benign, the rest */
static int rank(enum xclass c)
{
	return c == X_PROVIDER ? 0 : c == X_BENIGN ? 1 : 2;
}

/* The class that a name has, or -1. */
static int class_of_name(const struct exclusion *x, size_t n, struct str name)
{
	const struct exclusion *best = NULL;

	for (size_t k = 0; k < n; k++)
		if (covers(&x[k], name) &&
		    (!best || x[k].name.n > best->name.n ||
		     (x[k].name.n == best->name.n && rank(x[k].class) < rank(best->class))))
			best = &x[k];
	return best ? (int)best->class : -1;
}

static bool twin_benign(const struct exclusion *x, size_t n, const struct indicator *i,
			bool address, struct cidr net, struct str name)
{
	for (size_t k = 0; k < n; k++) {
		if (address && x[k].type == ENTRY_NET && x[k].class == X_BENIGN &&
		    cidr_overlaps(x[k].net, net))
			return true;
		if (i->type == IT_DOMAIN && x[k].type != ENTRY_NET && x[k].class == X_BENIGN &&
		    !str_eq(x[k].name, name) && name_under(x[k].name, name))
			return true;
	}
	return !address && class_of_name(x, n, name) == X_BENIGN;
}

/* By an entry that holds all of it. */
static bool twin_held(const struct exclusion *x, size_t n, enum xclass c, bool address,
		      struct cidr net, struct str name)
{
	for (size_t k = 0; address && k < n; k++)
		if (x[k].type == ENTRY_NET && x[k].class == c && x[k].net.len <= net.len &&
		    cidr_has(x[k].net, net.ip))
			return true;
	return !address && class_of_name(x, n, name) == (int)c;
}

static bool twin_provider(const struct exclusion *x, size_t n, bool address, struct cidr net,
			  struct str name)
{
	for (size_t k = 0; address && k < n; k++)
		if (x[k].type == ENTRY_NET && x[k].class == X_PROVIDER && cidr_overlaps(x[k].net, net))
			return true;
	return !address && class_of_name(x, n, name) == X_PROVIDER;
}

static void compare_gate(const struct gate_rules *r, const struct override *v, size_t n,
			 const struct exclusion *x, size_t n_x, const struct indicator *i)
{
	struct verdict_facts f = gate_facts(r, i, 0);
	const struct override *d = twin_find(v, n, i);
	struct indicator host = *i;
	bool address, broad, allowed;
	struct buf detail;
	const char *got;
	enum verdict_why why = verdict_of(&f);

	if (i->type == IT_URL) {
		host.value = gate_url_host(i->value);
		host.type = cidr_parse(host.value, &host.net) ? IT_IP : IT_DOMAIN;
		d = d ? d : twin_find(v, n, &host);
	}
	address = is_net(host.type);
	broad = i->type == IT_CIDR && i->net.len < (ip_is_v4(i->net.ip) ? 112 : 32);
	allowed = i->type != IT_HASH && twin_benign(x, n_x, i, address, host.net, host.value);
	if (f.too_broad != broad)
		fail("too broad", i->net.ip.lo, f.too_broad, broad);
	if (f.decided != (d != NULL) || (d && f.decision != d->verdict))
		fail("decided", i->net.ip.lo, f.decided, d != NULL);
	if (f.allow_listed != allowed)
		fail("benign", i->net.ip.lo, f.allow_listed, allowed);
	if (i->type != IT_HASH && f.provider != twin_provider(x, n_x, address, host.net, host.value))
		fail("provider", i->net.ip.lo, f.provider, i->net.len);
	if (f.vetoed != (i->type != IT_HASH && twin_allowed_in(v, n, i)))
		fail("vetoed", i->net.ip.lo, f.vetoed, i->net.len);
	if (address && (f.scanner != twin_held(x, n_x, X_SCANNER, address, host.net, host.value) ||
			f.sinkhole != twin_held(x, n_x, X_SINKHOLE, address, host.net, host.value) ||
			f.research != twin_held(x, n_x, X_RESEARCH, address, host.net, host.value)))
		fail("held", i->net.ip.lo, f.scanner << 2 | f.sinkhole << 1 | f.research, i->net.len);
	buf_init(&detail, 1 << 16);
	got = gate_reason(r, i, &detail);
	if ((got != NULL) != (why_action(why) == ACTION_NONE) || (got && !detail.n))
		fail("reason", i->net.ip.lo, got != NULL, why);
	/* No URL and no address may be blocked that lies in what was allowed. */
	if (d && d->verdict == DECIDED_ALLOW && !got)
		fail("allowed and not withheld", i->net.ip.lo, 0, 1);
	buf_free(&detail);
	checked++;
}

static void round_of(const struct special *special)
{
	struct override v[N_MAX];
	struct exclusion x[12];
	struct overrides o;
	struct exset set;
	struct gate_rules r = { &set, special, &o };
	size_t n, n_x;

	n_texts = 0;
	overrides_init(&o);
	exset_init(&set, 7);
	n = decide(&o, v);
	n_x = list(&set, x);
	for (int i = 0; i < LOOKUPS; i++) {
		struct indicator ind = some_value();

		compare_find(&o, v, n, &ind);
		compare_gate(&r, v, n, x, n_x, &ind);
	}
	overrides_free(&o);
	exset_free(&set);
}

int main(void)
{
	const char *given = getenv("NEZUMI_SEED");
	uint64_t seed = given ? strtoull(given, NULL, 0) : 1;
	struct special special = { 0 };

	printf("seed %llu\n", (unsigned long long)seed);
	(void)fflush(stdout);
	state = seed;
	must(special_load(&special));
	all_facts();
	standings();
	for (int i = 0; i < ROUNDS; i++)
		round_of(&special);
	special_free(&special);
	printf("%lu answers agree with the twins\n", checked);
	printf("1 passed, 0 failed\n");
	return 0;
}
