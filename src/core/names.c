/* SPDX-License-Identifier: Apache-2.0 */
#include "core/names.h"

#include "core/name.h"

#include <stdlib.h>

#define ANSWER_EARLY   (1 * TIME_S)
#define ANSWER_LEAST   (60 * TIME_S)
#define ANSWER_DEFAULT 3600u
#define ANSWER_MOST    (7 * TIME_DAY)
#define CONV_SLACK     (1 * TIME_S)

enum { NEAR_WORDS = 1 << (NEAR_LED_BITS - 6) };

enum err names_init(struct names *n, const struct snapshot *snap, const struct exset *ex)
{
	*n = (struct names){ .snap = snap, .ex = ex };
	arena_init(&n->arena, (size_t)2 << 30);
	spans_init(&n->answers, 0);
	spans_init(&n->resolved, 0);
	spans_init(&n->servers, INT64_MAX / 4);
	/* Windows are at least twice the slack wide, so no point between two this close is missed. */
	spans_init(&n->conversations, 2 * CONV_SLACK);
	n->near = calloc(NEAR_WORDS, sizeof *n->near);
	n->slot = calloc(1024, sizeof *n->slot);
	n->mask = 1023;
	return n->near && n->slot ? ERR_OK : ERR_NOMEM;
}

void names_free(struct names *n)
{
	spans_free(&n->answers);
	spans_free(&n->resolved);
	spans_free(&n->servers);
	spans_free(&n->conversations);
	free(n->v.v);
	free(n->slot);
	free(n->near);
	arena_free(&n->arena);
}

struct str name_of(struct str raw, char dst[256])
{
	struct ip ip;

	if (raw.n && raw.p[raw.n - 1] == '.')
		raw.n--;
	if (raw.n == 0 || raw.n > 253)
		return STR_NONE;
	if (raw.p[0] == '[' || ip_parse(raw, &ip))
		return STR_NONE;
	return name_lower(raw, dst);
}

struct name_info names_classify(const struct names *n, struct str text)
{
	struct name_info i = { .text = text, .class = NAME_OTHER, .domain = UINT32_MAX };
	size_t listed = 0, covered = 0;

	(void)snapshot_domain(n->snap, text, &i.domain, &listed);
	i.entry = exset_name(n->ex, text, &covered);
	if (listed && listed >= covered)
		i.class = NAME_LISTED;
	else if (i.entry && i.entry->class == X_BENIGN)
		i.class = NAME_BENIGN;
	i.longer_benign = listed && i.entry && i.entry->class == X_BENIGN && covered > listed;
	return i;
}

static enum err grow_slots(struct names *n)
{
	size_t mask = n->mask * 2 + 1;
	uint32_t *slot = calloc(mask + 1, sizeof *slot);

	if (!slot)
		return ERR_NOMEM;
	for (size_t i = 0; i < n->v.n; i++) {
		size_t at = str_hash(n->v.v[i].text, n->snap->seed) & mask;

		while (slot[at])
			at = (at + 1) & mask;
		slot[at] = (uint32_t)i + 1;
	}
	free(n->slot);
	n->slot = slot;
	n->mask = mask;
	return ERR_OK;
}

enum err names_intern(struct names *n, struct str raw, uint32_t *id)
{
	char lower[256];
	struct str name = name_of(raw, lower);
	struct name_info *info;
	size_t at;

	if (name.n == 0) {
		*id = UINT32_MAX;
		return ERR_OK;
	}
	for (at = str_hash(name, n->snap->seed) & n->mask; n->slot[at]; at = (at + 1) & n->mask)
		if (str_eq(n->v.v[n->slot[at] - 1].text, name)) {
			*id = n->slot[at] - 1;
			return ERR_OK;
		}
	if (n->v.n >= SPANS_MAX) {
		n->answers.dropped++;
		*id = UINT32_MAX;
		return ERR_OK;
	}
	name = arena_str(&n->arena, name);
	info = name.p ? (struct name_info *)VEC_PUSH(&n->v) : NULL;
	if (!info)
		return ERR_NOMEM;
	*info = names_classify(n, name);
	n->slot[at] = (uint32_t)n->v.n;
	*id = (uint32_t)n->v.n - 1;
	return n->v.n * 2 > n->mask ? grow_slots(n) : ERR_OK;
}

static int64_t fresh_until(int64_t ts, uint32_t ttl)
{
	int64_t span = (int64_t)(ttl == TTL_UNSTATED ? ANSWER_DEFAULT : ttl) * TIME_S;

	if (span < ANSWER_LEAST)
		span = ANSWER_LEAST;
	return ts + (span > ANSWER_MOST ? ANSWER_MOST : span);
}

bool names_wants_resolved(const struct names *n, const struct record *r)
{
	char lower[256];
	uint32_t domain;

	return (r->kind != KIND_DNS || r->n_answers) && r->name.n &&
	       snapshot_domain(n->snap, name_of(r->name, lower), &domain, NULL);
}

static enum err note_lead(struct names *n, struct spans *to, const struct span *s)
{
	uint64_t h = near_led_hash(s->a);

	n->near[h >> 6] |= UINT64_C(1) << (h & 63);
	return spans_add(to, s);
}

enum err names_learn_resolved(struct names *n, const struct record *r)
{
	char lower[256];
	uint32_t domain;
	enum err e = ERR_OK;

	if (!snapshot_domain(n->snap, name_of(r->name, lower), &domain, NULL))
		return ERR_OK;
	if (r->kind != KIND_DNS) {
		struct span s = { .a = r->resp, .from = r->ts, .until = r->ts };

		return note_lead(n, &n->servers, &s);
	}
	for (unsigned i = 0; !e && i < r->n_answers; i++) {
		struct span s = { .a = r->answers[i].ip,
				  .what = domain,
				  .from = r->ts - ANSWER_EARLY,
				  .until = fresh_until(r->passive ? r->ts + r->duration : r->ts,
						       r->answers[i].ttl) };

		e = note_lead(n, &n->resolved, &s);
	}
	return e;
}

static bool matters(const struct names *n, struct ip ip)
{
	return snapshot_near(n->snap, ip) || names_near(n, ip);
}

bool names_wants(const struct names *n, const struct record *r)
{
	if (r->name.n == 0 || r->passive)
		return false;
	if (r->kind != KIND_DNS)
		return matters(n, r->orig) || matters(n, r->resp);
	for (unsigned i = 0; i < r->n_answers; i++)
		if (matters(n, r->answers[i].ip))
			return true;
	return false;
}

/* More exactly than `matters`, which may be wrong in its yes. */
static bool counts(const struct names *n, struct ip ip)
{
	struct ind_range ranges[ADDR_RANGES_MAX];
	size_t some;

	return snapshot_addr(n->snap, ip, ranges) ||
	       spans_find(&n->resolved, ip, (struct ip){ 0, 0 }, 0, &some) ||
	       spans_find(&n->servers, ip, (struct ip){ 0, 0 }, 0, &some);
}

static uint32_t ports_of(uint16_t orig, uint16_t resp)
{
	return (uint32_t)orig << 16 | resp;
}

enum err names_learn(struct names *n, const struct record *r)
{
	uint32_t name;
	enum err e = ERR_OK;

	if (r->kind != KIND_DNS) {
		struct span s = { .a = r->orig,
				  .b = r->resp,
				  .ports = ports_of(r->orig_port, r->resp_port),
				  .from = r->ts,
				  .until = r->ts };

		if (!counts(n, r->orig) && !counts(n, r->resp))
			return ERR_OK;
		e = names_intern(n, r->name, &name);
		s.what = name;
		return e || name == UINT32_MAX ? e : spans_add(&n->conversations, &s);
	}
	for (unsigned i = 0; !e && i < r->n_answers; i++) {
		struct span s = { .a = r->answers[i].ip,
				  .b = r->orig,
				  .from = r->ts - ANSWER_EARLY,
				  .until = fresh_until(r->ts, r->answers[i].ttl) };

		if (!counts(n, s.a))
			continue;
		e = names_intern(n, r->name, &name);
		s.what = name;
		if (!e && name != UINT32_MAX)
			e = spans_add(&n->answers, &s);
	}
	return e;
}

void names_settle(struct names *n)
{
	spans_build(&n->answers);
	spans_build(&n->resolved);
	spans_build(&n->servers);
	spans_build(&n->conversations);
}

static void in_force(const struct span *s, size_t n, int64_t from, int64_t until, name_fn tell, void *ctx)
{
	for (size_t i = 0; i < n; i++)
		if (s[i].from <= until && s[i].until >= from && !tell(ctx, s[i].what))
			break;
}

void names_of_answers(const struct names *n, struct ip client, struct ip addr, int64_t ts,
		      name_fn tell, void *ctx)
{
	size_t many;
	const struct span *s = spans_find(&n->answers, addr, client, 0, &many);

	in_force(s, many, ts, ts, tell, ctx);
}

void names_of_conversation(const struct names *n, const struct record *r, bool orig_answered,
			   name_fn tell, void *ctx)
{
	struct ip asked = orig_answered ? r->resp : r->orig,
		  answered = orig_answered ? r->orig : r->resp;
	uint32_t ports = orig_answered ? ports_of(r->resp_port, r->orig_port)
				       : ports_of(r->orig_port, r->resp_port);
	size_t many;
	const struct span *s = spans_find(&n->conversations, asked, answered, ports, &many);

	in_force(s, many, r->ts - CONV_SLACK, r->ts + r->duration + CONV_SLACK, tell, ctx);
}

void names_resolved(const struct names *n, struct ip addr, int64_t ts, name_fn tell, void *ctx)
{
	size_t many;
	const struct span *s = spans_find(&n->resolved, addr, (struct ip){ 0, 0 }, 0, &many);

	in_force(s, many, ts, ts, tell, ctx);
}
