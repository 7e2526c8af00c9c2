/* SPDX-License-Identifier: Apache-2.0 */
#include "format/talk.h"

#include "format/talk_parts.h"

#include <stdlib.h>

struct talks {
	size_t bytes;
	struct talk *oldest, *newest;
};

struct talks *talks_new(void)
{
	return calloc(1, sizeof(struct talks));
}

/* ---- memory ------------------------------------------------------------------------------------- */

static void *take(struct talk *t, size_t n)
{
	void *p = malloc(n);

	if (p)
		t->all->bytes += n;
	return p;
}

static void let_go(struct talk *t, void *p, size_t n)
{
	if (p)
		t->all->bytes -= n;
	free(p);
}

bool talk_add(struct talk *t, struct bytes *b, const char *p, size_t n)
{
	if (n > b->cap - b->n) {
		size_t cap = b->n + n < 512 ? 512 : (b->n + n) * 3 / 2;
		char *to = realloc(b->p, cap);

		if (!to)
			return false;
		t->all->bytes += cap - b->cap;
		b->p = to;
		b->cap = (uint32_t)cap;
	}
	memcpy(b->p + b->n, p, n);
	b->n += (uint32_t)n;
	return true;
}

void talk_clear(struct talk *t, struct bytes *b)
{
	let_go(t, b->p, b->cap);
	*b = (struct bytes){ NULL, 0, 0 };
}

static size_t question_size(const struct question *q)
{
	return sizeof *q + q->name_n + q->path_n;
}

struct question *talk_ask(struct talk *t, struct str name, struct str path)
{
	struct question *q = take(t, sizeof *q + name.n + path.n);

	if (!q)
		return NULL;
	*q = (struct question){ .name_n = (uint32_t)name.n, .path_n = (uint32_t)path.n };
	memcpy(q->text, name.p, name.n);
	memcpy(q->text + name.n, path.p, path.n);
	if (t->questions.last)
		t->questions.last->next = q;
	else
		t->questions.first = q;
	t->questions.last = q;
	t->questions.n++;
	return q;
}

void talk_answered(struct talk *t, struct question *q)
{
	struct question **link = &t->questions.first, *before = NULL;

	while (*link != q) {
		before = *link;
		link = &before->next;
	}
	*link = q->next;
	if (t->questions.last == q)
		t->questions.last = before;
	t->questions.n--;
	let_go(t, q, question_size(q));
}

static void leave(struct talk *t)
{
	struct talks *x = t->all;

	if (x->oldest == t)
		x->oldest = t->newer;
	else
		t->older->newer = t->newer;
	if (x->newest == t)
		x->newest = t->older;
	else
		t->newer->older = t->older;
}

static void forget(struct talk *t)
{
	leave(t);
	*t->home = NULL;
	for (unsigned i = 0; i < 2; i++) {
		while (t->lane[i].held) {
			struct held *h = t->lane[i].held;

			t->lane[i].held = h->next;
			let_go(t, h, sizeof *h + h->n);
		}
		talk_clear(t, &t->dns[i]);
		if (t->tls)
			talk_clear(t, &t->tls->lane[i].message);
		if (t->http)
			talk_clear(t, &t->http->lane[i].head);
	}
	let_go(t, t->tls, sizeof *t->tls);
	let_go(t, t->http, sizeof *t->http);
	while (t->questions.first)
		talk_answered(t, t->questions.first);
	t->all->bytes -= sizeof *t;
	free(t);
}

void talks_free(struct talks *x)
{
	if (!x)
		return;
	for (struct talk *t = x->oldest, *next; t; t = next) {
		next = t->newer;
		forget(t);
	}
	free(x);
}

/* ---- beginning and end -------------------------------------------------------------------------- */

static void deliver_held(struct talk *t, unsigned from, bool all, struct sink *sink);

static void finish(struct talk *t, struct sink *sink)
{
	switch (t->speaks) {
	case SPEAKS_DNS:
		dns_end(t, sink);
		break;
	case SPEAKS_TLS:
		tls_end(t, sink);
		break;
	case SPEAKS_HTTP:
		http_end(t, sink);
		break;
	}
	forget(t);
}

/* The oldest have waited for longest; the caller's own may be among them. */
static void relieve(struct talks *x, size_t more, struct sink *sink)
{
	for (struct talk *t = x->oldest, *next; t && x->bytes + more > TALK_BYTES; t = next) {
		next = t->newer;
		finish(t, sink);
	}
}

static struct talk *begin(struct talks *x, struct talk **home, const struct parties *who,
			  enum speaks speaks, unsigned client, struct sink *sink)
{
	struct talk *t;

	relieve(x, sizeof *t + sizeof *t->tls + sizeof *t->http, sink);
	t = calloc(1, sizeof *t);
	if (!t)
		return NULL;
	x->bytes += sizeof *t;
	t->all = x;
	t->home = home;
	t->who = *who;
	t->speaks = speaks;
	t->client = client;
	t->older = x->newest;
	if (x->newest)
		x->newest->newer = t;
	else
		x->oldest = t;
	x->newest = t;
	*home = t;
	if (speaks == SPEAKS_TLS && (t->tls = take(t, sizeof *t->tls)))
		*t->tls = (struct tls){ .ts = 0 };
	else if (speaks == SPEAKS_HTTP && (t->http = take(t, sizeof *t->http)))
		*t->http = (struct http){ .ts = 0 };
	else if (speaks != SPEAKS_DNS)
		forget(t);
	return *home;
}

void talk_end(struct talks *x, struct talk **talk, struct sink *sink)
{
	struct talk *t = *talk;

	(void)x;
	for (unsigned i = 0; t && i < 2; i++) {
		deliver_held(t, i, true, sink);
		t = *talk;
	}
	if (t)
		finish(t, sink);
}

#define SWAP(a, b)                       \
	do {                             \
		__typeof__(a) old = (a); \
                                         \
		(a) = (b);               \
		(b) = old;               \
	} while (0)

void talk_flip(struct talk *t)
{
	t->client = !t->client;
	SWAP(t->who.ip[0], t->who.ip[1]);
	SWAP(t->who.port[0], t->who.port[1]);
	SWAP(t->lane[0], t->lane[1]);
	SWAP(t->dns[0], t->dns[1]);
	if (t->tls)
		SWAP(t->tls->lane[0], t->tls->lane[1]);
	if (t->http)
		SWAP(t->http->lane[0], t->http->lane[1]);
	for (struct question *q = t->questions.first; t->speaks == SPEAKS_DNS && q; q = q->next)
		q->asker = !q->asker;
}

struct record talk_record(const struct talk *t, enum kind kind, unsigned client, int64_t ts)
{
	struct record r = record_new(kind, 0);

	r.proto = t->who.proto;
	r.orig = t->who.ip[client];
	r.resp = t->who.ip[!client];
	r.orig_port = t->who.port[client];
	r.resp_port = t->who.port[!client];
	r.ts = ts;
	return r;
}

/* ---- the order of things ------------------------------------------------------------------------ */

static enum talking data(struct talk *t, const struct utterance *u, struct sink *sink)
{
	switch (t->speaks) {
	case SPEAKS_DNS:
		return dns_data(t, u, sink);
	case SPEAKS_TLS:
		return tls_data(t, u, sink);
	default:
		return http_data(t, u, sink);
	}
}

static void gap(struct talk *t, unsigned from, uint32_t n, struct sink *sink)
{
	t->lane[from].next += n;
	sink->lacks.missed += n;
	if (t->speaks == SPEAKS_DNS)
		dns_gap(t, from);
	else if (t->speaks == SPEAKS_TLS)
		tls_gap(t, from, n);
	else
		http_gap(t, from, n, sink);
}

/* What begins at `next` or before. When it is over, so is the talk. */
static enum talking in_order(struct talk *t, struct utterance u, struct sink *sink)
{
	uint32_t seen = t->lane[u.from].next - u.seq;
	enum talking state = TALK_ON;

	if (seen >= u.length)
		return TALK_ON;
	u.length -= seen;
	u.data = str_skip(u.data, seen);
	t->lane[u.from].next += (uint32_t)u.data.n;
	if (u.data.n)
		state = data(t, &u, sink);
	if (state == TALK_ON && u.length > u.data.n)
		gap(t, u.from, u.length - (uint32_t)u.data.n, sink);
	return state;
}

static void hold(struct talk *t, const struct utterance *u)
{
	struct held **link = &t->lane[u->from].held, *h;

	while (*link && (int32_t)((*link)->seq - u->seq) <= 0)
		link = &(*link)->next;
	h = take(t, sizeof *h + u->data.n);
	if (!h)
		return;
	*h = (struct held){ *link, u->ts, u->seq, u->length, (uint32_t)u->data.n };
	memcpy(h->data, u->data.p, u->data.n);
	*link = h;
	t->lane[u->from].held_n += (uint32_t)(sizeof *h + u->data.n);
}

/* What was held and has its turn; all of it, when no more is waited for. The talk may end. */
static void deliver_held(struct talk *t, unsigned from, bool all, struct sink *sink)
{
	struct held *h;

	while ((h = t->lane[from].held)) {
		int32_t early = (int32_t)(h->seq - t->lane[from].next);
		struct utterance u = { from, h->ts, h->seq, h->length, { h->data, h->n } };
		enum talking state;

		if (early > 0 && !all && t->lane[from].held_n <= TALK_HOLD)
			return;
		if (early > 0)
			gap(t, from, (uint32_t)early, sink);
		t->lane[from].held = h->next;
		t->lane[from].held_n -= (uint32_t)(sizeof *h + h->n);
		state = in_order(t, u, sink);
		let_go(t, h, sizeof *h + h->n);
		if (state != TALK_ON) {
			finish(t, sink);
			break;
		}
	}
}

static enum talking segment(struct talk *t, const struct utterance *u, struct sink *sink)
{
	struct talk **home = t->home;
	enum talking state;

	if (!t->lane[u->from].begun) {
		t->lane[u->from].begun = true;
		t->lane[u->from].next = u->seq;
	}
	if ((int32_t)(u->seq - t->lane[u->from].next) > 0) {
		hold(t, u);
	} else {
		state = in_order(t, *u, sink);
		if (state != TALK_ON)
			return state;
	}
	if (t->lane[u->from].held)
		deliver_held(t, u->from, false, sink);
	return *home ? TALK_ON : TALK_DONE;
}

/* ---- what comes in ------------------------------------------------------------------------------ */

static bool recognise(const struct parties *who, const struct utterance *u, enum speaks *speaks,
		      unsigned *client)
{
	*client = 0;
	if (who->port[0] == 53 || who->port[1] == 53) {
		*speaks = SPEAKS_DNS;
		return true;
	}
	if (tls_begins(u->data, u->from, client)) {
		*speaks = SPEAKS_TLS;
		return true;
	}
	if (http_begins(u->data)) {
		*speaks = SPEAKS_HTTP;
		*client = u->from;
		return true;
	}
	return false;
}

bool talk_segment(struct talks *x, struct talk **talk, uint8_t *looks, const struct parties *who,
		  const struct utterance *u, struct sink *sink)
{
	enum talking state;
	enum speaks speaks;
	unsigned client = 0;
	bool flip = false;

	relieve(x, 0, sink);
	if (*talk) {
		(*talk)->who = *who;
		state = segment(*talk, u, sink);
		if (state == TALK_ON)
			return false;
		if (*talk)
			finish(*talk, sink);
		if (state == TALK_DONE) {
			*looks = 0;
			return false;
		}
	}
	if (*looks == 0)
		return false;
	--*looks;
	if (!recognise(who, u, &speaks, &client))
		return false;
	flip = client == 1;
	if (!begin(x, talk, who, speaks, client, sink))
		return false;
	state = segment(*talk, u, sink);
	if (state != TALK_ON && *talk)
		finish(*talk, sink);
	if (state == TALK_DONE)
		*looks = 0;
	return flip && state != TALK_LOST;
}

bool talk_datagram(struct talks *x, struct talk **talk, const struct parties *who,
		   const struct utterance *u, struct sink *sink)
{
	bool first = !*talk;

	relieve(x, 0, sink);
	if (!*talk && !begin(x, talk, who, SPEAKS_DNS, 0, sink))
		return false;
	(*talk)->who = *who;
	if (dns_datagram(*talk, u, sink) == TALK_DONE)
		finish(*talk, sink);
	return first && u->from == 0 && dns_is_answer(u->data);
}
