/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The lists of what is special, as one set: which class an address, network, AS number or name has,
 * and which list and entry says so (docs/judgement.md, sections 1 and 6). Tens to a few million
 * entries; filled, built once, then read by any number of threads.
 */
#ifndef NEZUMI_CORE_EXSET_H
#define NEZUMI_CORE_EXSET_H

#include "base/arena.h"
#include "base/vec.h"
#include "core/lpm.h"
#include "core/nameset.h"
#include "core/org.h"

/* What all entries of a list (or of a part of it) have in common. */
struct exlist {
	struct str name, reason; /* as in struct exclusion */
};

/* An entry as it is kept: there may be millions. */
struct exentry {
	union {
		struct cidr net;
		struct str name;
		uint32_t as;
	};
	const struct exlist *list;
	uint8_t type, class; /* enum entry_type, enum xclass */
};

struct exset {
	struct arena arena; /* owns all strings and lists */
	VEC(struct exentry) entries;
	struct lpm net[X_COUNT];
	VEC(uint64_t) as; /* sorted: AS number << 32 | entry */
	struct nameset names;
	struct nameset above_benign; /* names strictly above benign ones */
	uint64_t seed;
};

/* seed: see ip_hash. */
void exset_init(struct exset *x, uint64_t seed);
void exset_free(struct exset *x);
/* Copies the strings; class, list and reason must be settled. Errors: ERR_NOMEM, ERR_LIMIT. */
MUST enum err exset_add(struct exset *x, const struct exclusion *e);
MUST enum err exset_build(struct exset *x);

/* The longest entry of that class that holds ip; NULL when none does. */
const struct exentry *exset_ip(const struct exset *x, enum xclass c, struct ip ip);
/* An entry of that class that holds the network or lies in it. */
const struct exentry *exset_overlap(const struct exset *x, enum xclass c, struct cidr net);
/* The entry that decides the class of a name (lower case), and its labels. */
const struct exentry *exset_name(const struct exset *x, struct str name, size_t *labels);
/* A benign name strictly under d. */
const struct exentry *exset_benign_below(const struct exset *x, struct str d);
/* Why a host is no victim: by address, then by AS number (0 unknown); NULL when nothing speaks
 * against it. */
const struct exentry *exset_host(const struct exset *x, struct ip ip, uint32_t as);
/* Is the AS in a list of that class? */
const struct exentry *exset_as(const struct exset *x, enum xclass c, uint32_t as);

/* What a host in it is called: the entry's own reason, else by its class. */
struct str exentry_reason(const struct exentry *e);
/* "list: entry", for people. */
void exentry_detail(struct buf *b, const struct exentry *e);
static inline bool exentry_is_name(const struct exentry *e)
{
	return e->type == ENTRY_NAME || e->type == ENTRY_NAME_BELOW;
}

#endif
