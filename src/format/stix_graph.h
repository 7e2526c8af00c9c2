/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the objects of a STIX document are to each other: for each the few facts that others ask for
 * (what it is, its id, a name or value, the ends of a relation), and where its text stands. The
 * rest is read, as a tree, when it is needed.
 *
 * Workload: a million objects, most of them relations. Memory: some 100 bytes an object beside the
 * document, which must stay where it is. Time is linear: objects are found by a hash whose seed is
 * drawn from the whole document, so that nobody can choose ids for it.
 */
#ifndef NEZUMI_FORMAT_STIX_GRAPH_H
#define NEZUMI_FORMAT_STIX_GRAPH_H

#include "base/arena.h"
#include "base/vec.h"
#include "core/indicator.h"
#include "format/doc_parts.h"

#define STIX_FAMILIES_MAX 8

enum stix_kind {
	STIX_OTHER,
	STIX_INDICATOR,
	STIX_MALWARE,
	STIX_TOOL,
	STIX_INFRASTRUCTURE,
	STIX_OBSERVED,
	STIX_ADDRESS,
	STIX_DOMAIN,
	STIX_URL,
	STIX_TRAFFIC,
	STIX_RELATION,
};

enum stix_relation {
	STIX_REL_OTHER,
	STIX_INDICATES,
	STIX_BASED_ON,
	STIX_CONSISTS_OF,
	STIX_COMMUNICATES_WITH,
	STIX_BEACONS_TO,
	STIX_EXFILTRATES_TO,
	STIX_CONTROLS,
	STIX_LINK, /* delivers, uses, hosts: ties malware and infrastructure, and no more */
};

struct stix_node {
	struct str object; /* in the document */
	struct str id, modified;
	/* A relation's ends, as ids; of traffic its destination and its source, as ids; of an
	 * address, name or URL the value; of all others the name. */
	struct str one, two;
	unsigned char kind, relation, role;
	bool malicious; /* infrastructure: what it is for (its role), or whose it is */
	bool revoked;
	bool used; /* observed data: something was told of it */
	uint16_t port;
	uint32_t families; /* place in the graph's, from 1; 0: none */
};

/* By the nodes that give the names. */
struct stix_families {
	uint32_t node[STIX_FAMILIES_MAX];
	unsigned n;
};

struct stix_graph {
	struct doc *doc;
	VEC(struct stix_node) nodes;
	VEC(struct stix_families) families;
	uint32_t *index; /* by id: place in nodes from 1, open addressing */
	size_t index_cap, index_n;
	uint64_t seed;
	struct arena arena; /* texts that had to be undone */
};

void stix_graph_init(struct stix_graph *g, struct doc *d);
void stix_graph_free(struct stix_graph *g);

/* Of several versions of an object the last one modified counts. What is no object is told.
 * ERR_NOMEM. */
MUST enum err stix_graph_add(struct stix_graph *g, struct str object);

enum stix_kind stix_kind_of(struct str type);

/* NULL: there is none. Holds until the next is added. */
struct stix_node *stix_graph_find(const struct stix_graph *g, struct str id);

static inline bool stix_is_family(const struct stix_node *n)
{
	return n->kind == STIX_MALWARE || n->kind == STIX_TOOL;
}

/* Once all objects are there: families of indicators and infrastructure, and whose infrastructure
 * it is, as relations say. ERR_NOMEM. */
MUST enum err stix_graph_learn(struct stix_graph *g);

/* The name of the i-th family of an object, empty beyond the last. */
struct str stix_graph_family(const struct stix_graph *g, const struct stix_node *n, unsigned i);

/* Of a relation that is not revoked: both ends, where they are there. */
bool stix_graph_ends(const struct stix_graph *g, const struct stix_node *relation,
		     struct stix_node **from, struct stix_node **to);

#endif
