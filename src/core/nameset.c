/* SPDX-License-Identifier: Apache-2.0 */
#include "core/nameset.h"

#include "base/mix.h"

#include <assert.h>
#include <stdlib.h>

#define NONE           UINT32_MAX
#define NAME_MAX_BYTES 253

/*
 * A tail of labels that some entry ends in. Where self is NONE no entry has exactly this name, and
 * below then tells which entry under it was given first.
 */
struct nameset_node {
	uint32_t tag; /* 24 bits of the hash, then the length of the tail; 0: free */
	uint32_t at;  /* of the tail in the text */
	uint32_t self, below;
};

/* One tail after the other, from the last label to the whole name. */
struct tails {
	struct str name;
	size_t at;     /* where the present tail begins */
	uint64_t hash; /* of the present tail */
};

static struct tails tails_begin(const struct nameset *s, struct str name)
{
	return (struct tails){ name, name.n + 1, s->seed };
}

/* False when the name is used up, or its next tail is longer than any name in the set. */
static bool tails_next(struct tails *t)
{
	size_t end, from;

	if (t->at == 0)
		return false;
	end = t->at - 1;
	for (from = end; from && t->name.p[from - 1] != '.'; from--)
		if (t->name.n - from >= NAME_MAX_BYTES)
			return false;
	if (t->name.n - from > NAME_MAX_BYTES)
		return false;
	t->hash = str_hash((struct str){ t->name.p + from, end - from }, t->hash);
	t->at = from;
	return true;
}

static inline struct str tail(const struct tails *t)
{
	return (struct str){ t->name.p + t->at, t->name.n - t->at };
}

static inline uint32_t tag_of(uint64_t hash, size_t n)
{
	return (uint32_t)(hash >> 40) << 8 | (uint32_t)n;
}

static inline uint64_t filter_bits(uint64_t hash)
{
	return UINT64_C(1) << (hash >> 58) | UINT64_C(1) << (hash >> 52 & 63);
}

static inline size_t filter_word(const struct nameset *s, uint64_t hash)
{
	return hash >> 20 & s->filter_mask;
}

/* The node of a tail, or the free one where it would be. */
static struct nameset_node *place(const struct nameset *s, uint64_t hash, struct str t)
{
	uint32_t tag = tag_of(hash, t.n);

	for (size_t i = hash & s->mask;; i = (i + 1) & s->mask) {
		struct nameset_node *node = &s->nodes[i];

		if (node->tag == 0)
			return node;
		if (node->tag == tag && memcmp(s->text + node->at, t.p, t.n) == 0)
			return node;
	}
}

static const struct nameset_node *known(const struct nameset *s, const struct tails *t)
{
	uint64_t bits = filter_bits(t->hash);
	const struct nameset_node *node;

	if ((s->filter[filter_word(s, t->hash)] & bits) != bits)
		return NULL;
	node = place(s, t->hash, tail(t));
	return node->tag ? node : NULL;
}

bool nameset_find(const struct nameset *s, struct str lower, uint32_t *id, size_t *labels)
{
	struct tails t = tails_begin(s, lower);
	const struct nameset_node *node;
	uint32_t best = NONE;
	size_t best_depth = 0;

	if (s->n == 0 || lower.n == 0)
		return false;
	for (size_t depth = 1; tails_next(&t) && (node = known(s, &t)); depth++) {
		uint32_t covers = t.at == 0 ? node->self : node->below;

		if (node->self != NONE && covers != NONE) {
			best = covers;
			best_depth = depth;
		}
	}
	if (best == NONE)
		return false;
	*id = best;
	if (labels)
		*labels = best_depth;
	return true;
}

bool nameset_has_below(const struct nameset *s, struct str d, uint32_t *id)
{
	struct tails t = tails_begin(s, d);
	const struct nameset_node *node = NULL;

	if (s->n == 0 || d.n == 0)
		return false;
	while (tails_next(&t) && (node = known(s, &t)))
		;
	if (!node || t.at)
		return false;
	*id = node->self != NONE ? node->self : node->below;
	return true;
}

/* Twice the room. The hashes were not kept: they are made again from the text. */
static enum err grow(struct nameset *s)
{
	struct nameset to = *s;

	to.mask = s->mask * 2 + 1;
	to.nodes = calloc(to.mask + 1, sizeof *to.nodes);
	if (!to.nodes)
		return ERR_NOMEM;
	for (size_t i = 0; i <= s->mask; i++) {
		const struct nameset_node *node = &s->nodes[i];
		struct str name = { s->text + node->at, node->tag & 0xff };
		struct tails t = tails_begin(s, name);

		if (node->tag == 0)
			continue;
		while (tails_next(&t))
			;
		*place(&to, t.hash, name) = *node;
	}
	free(s->nodes);
	*s = to;
	return ERR_OK;
}

static enum err add(struct nameset *s, const struct nameset_entry *e, size_t at)
{
	struct str name = { s->text + at, e->name.n };
	struct tails t = tails_begin(s, name);

	while (tails_next(&t)) {
		struct nameset_node *node;
		enum err err;

		if ((s->n + 1) * 3 > s->mask * 2 && (err = grow(s)))
			return err;
		node = place(s, t.hash, tail(&t));
		if (node->tag == 0) {
			*node = (struct nameset_node){ tag_of(t.hash, name.n - t.at),
						       (uint32_t)(at + t.at), NONE, NONE };
			s->n++;
		}
		if (t.at) {
			if (node->self == NONE && node->below == NONE)
				node->below = e->id;
		} else if (node->self == NONE) {
			node->self = e->id;
			node->below = e->below ? e->id : NONE;
		} else if (e->below && node->below == NONE) {
			node->below = e->id;
		}
	}
	return ERR_OK;
}

static enum err filter_make(struct nameset *s)
{
	size_t words = 1;

	while (words * 8 < s->n)
		words *= 2;
	s->filter = calloc(words, sizeof *s->filter);
	if (!s->filter)
		return ERR_NOMEM;
	s->filter_mask = words - 1;
	for (size_t i = 0; i <= s->mask; i++) {
		struct tails t = tails_begin(
			s, (struct str){ s->text + s->nodes[i].at, s->nodes[i].tag & 0xff });

		if (s->nodes[i].tag == 0)
			continue;
		while (tails_next(&t))
			;
		s->filter[filter_word(s, t.hash)] |= filter_bits(t.hash);
	}
	return ERR_OK;
}

enum err nameset_build(struct nameset *s, const struct nameset_entry *e, size_t n, uint64_t seed)
{
	struct nameset made = { .seed = seed, .mask = 15 };
	size_t bytes = 0, at = 0;
	enum err err = ERR_NOMEM;

	for (size_t i = 0; i < n; i++) {
		assert(e[i].id < NONE);
		if (e[i].name.n == 0 || e[i].name.n > NAME_MAX_BYTES)
			return ERR_PARSE;
		bytes += e[i].name.n;
	}
	if (bytes > UINT32_MAX)
		return ERR_LIMIT;
	while (made.mask < 2 * n)
		made.mask = made.mask * 2 + 1;
	made.text = malloc(bytes + 1);
	made.nodes = calloc(made.mask + 1, sizeof *made.nodes);
	if (!made.text || !made.nodes)
		goto out;
	for (size_t i = 0; i < n; i++) {
		memcpy(made.text + at, e[i].name.p, e[i].name.n);
		err = add(&made, &e[i], at);
		if (err)
			goto out;
		at += e[i].name.n;
	}
	made.text_n = at;
	err = filter_make(&made);
	if (err)
		goto out;
	*s = made;
	return ERR_OK;
out:
	nameset_free(&made);
	return err;
}

void nameset_free(struct nameset *s)
{
	free(s->nodes);
	free(s->filter);
	free(s->text);
	*s = (struct nameset){ 0 };
}

/* ---- kept elsewhere ---- */

void nameset_parts(const struct nameset *s, struct part part[NAMESET_PARTS])
{
	bool any = s->nodes != NULL;

	part[0] = (struct part){ s->nodes, any ? (s->mask + 1) * sizeof *s->nodes : 0 };
	part[1] = (struct part){ s->filter, any ? (s->filter_mask + 1) * sizeof *s->filter : 0 };
	part[2] = (struct part){ s->text, s->text_n };
}

static bool power_of_two(size_t n)
{
	return n && (n & (n - 1)) == 0;
}

enum err nameset_attach(struct nameset *s, const struct part part[NAMESET_PARTS], uint64_t seed,
			uint32_t ids)
{
	struct nameset made = {
		.nodes = part[0].p, .filter = part[1].p, .text = part[2].p, .text_n = part[2].n, .seed = seed
	};
	size_t n = part[0].n / sizeof *made.nodes, words = part[1].n / sizeof *made.filter;

	if (n == 0 && words == 0) {
		*s = (struct nameset){ .seed = seed };
		return part[0].n || part[1].n || part[2].n ? ERR_PARSE : ERR_OK;
	}
	if (part[0].n % sizeof *made.nodes || part[1].n % sizeof *made.filter || !power_of_two(n) ||
	    !power_of_two(words))
		return ERR_PARSE;
	made.mask = n - 1;
	made.filter_mask = words - 1;
	for (size_t i = 0; i < n; i++) {
		const struct nameset_node *node = &made.nodes[i];

		if (node->tag == 0)
			continue;
		made.n++;
		if ((uint64_t)node->at + (node->tag & 0xff) > part[2].n ||
		    (node->self != NONE && node->self >= ids) ||
		    (node->below != NONE && node->below >= ids))
			return ERR_PARSE;
	}
	/* A look-up ends at a free node. */
	if (made.n == n)
		return ERR_PARSE;
	*s = made;
	return ERR_OK;
}
