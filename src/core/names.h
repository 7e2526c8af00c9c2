/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the telemetry itself says about names: which name an answer gave to which address for whom
 * and when, what conversations were called, and of which class each name is (docs/judgement.md,
 * section 4). Only names and addresses that matter get here: those that are listed, or to which a
 * listed domain resolved. Filled before anything is judged, then read.
 */
#ifndef NEZUMI_CORE_NAMES_H
#define NEZUMI_CORE_NAMES_H

#include "core/exset.h"
#include "core/record.h"
#include "core/snapshot.h"
#include "core/spans.h"

enum name_class { NAME_NONE, NAME_OTHER, NAME_BENIGN, NAME_LISTED };

struct name_info {
	struct str text;
	enum name_class class;
	uint32_t domain;             /* the longest listed domain at or above it; UINT32_MAX none */
	bool longer_benign;          /* a benign entry covers it that is longer than that domain */
	const struct exentry *entry; /* the one that decides its class in the lists, or NULL */
};

struct names {
	const struct snapshot *snap;
	const struct exset *ex;
	struct arena arena;
	VEC(struct name_info) v;
	uint32_t *slot; /* open addressing: index + 1 into v */
	size_t mask;
	struct spans answers;  /* (address, client) was called what */
	struct spans resolved; /* (address, none) was given for listed domain what */
	struct spans servers;  /* (address, none): answered a conversation with a listed name */
	struct spans conversations; /* (originator, responder, ports) was called what */
	uint64_t *near; /* a bit for each hash of an address to which a listed domain leads */
};

MUST enum err names_init(struct names *n, const struct snapshot *snap, const struct exset *ex);
void names_free(struct names *n);

/*
 * The id of a name as telemetry wrote it (any case, perhaps with a trailing dot). UINT32_MAX: this
 * is no name (empty, an address, longer than 253 bytes), or SPANS_MAX names are kept already. Not
 * for several threads. Errors: ERR_NOMEM.
 */
MUST enum err names_intern(struct names *n, struct str raw, uint32_t *id);

/* First pass: note the addresses to which listed domains lead, by answers and by conversations.
 * Then names_settle(). */
MUST enum err names_learn_resolved(struct names *n, const struct record *r);
/* Second pass: note answers for, and conversations with, addresses that matter. Then
 * names_settle(). */
MUST enum err names_learn(struct names *n, const struct record *r);
void names_settle(struct names *n);

/* Is anything about this record worth names_learn_resolved / names_learn? Any thread, while nobody
 * learns. */
bool names_wants_resolved(const struct names *n, const struct record *r);
bool names_wants(const struct names *n, const struct record *r);

/* May a listed domain lead to it? */
static inline bool names_near(const struct names *n, struct ip ip)
{
	return near_bit(n->near, near_led_hash(ip));
}
/* What is said about a name in lower case; text must stay. Any thread. */
struct name_info names_classify(const struct names *n, struct str text);
/* Lower case without trailing dot, into dst (256 bytes); an empty string for what is no name. */
struct str name_of(struct str raw, char dst[256]);

/* What is told of each name found; what: an id of a name, or for names_resolved the index of a
 * listed domain. */
typedef bool (*name_fn)(void *ctx, uint32_t what);

/*
 * What the conversations that belong to a flow were called, its originator or its responder being
 * the one who answered. Each of these may tell a name more than once.
 */
void names_of_conversation(const struct names *n, const struct record *r, bool orig_answered,
			   name_fn tell, void *ctx);
/* The names that fresh answers give to an address for a client at a time. */
void names_of_answers(const struct names *n, struct ip client, struct ip addr, int64_t ts,
		      name_fn tell, void *ctx);
/* The listed domains for which anybody's fresh answer gave the address. */
void names_resolved(const struct names *n, struct ip addr, int64_t ts, name_fn tell, void *ctx);

#endif
