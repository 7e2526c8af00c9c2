/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Inside assemble: what its parts share. assemble.c makes findings and the documented order,
 * assemble_rows.c the rows that findings are summed up in, assemble_aside.c what was set aside.
 * Everything lives in the answer's arena.
 */
#ifndef NEZUMI_APP_ASSEMBLE_PARTS_H
#define NEZUMI_APP_ASSEMBLE_PARTS_H

#include "app/assemble.h"

/* A pair that becomes a finding, on its way. */
struct candidate {
	struct pair *pair;
	uint32_t host; /* index into hosts */
	struct str host_text, controller_text;
	struct str *families; /* sorted, distinct */
	size_t n_families;
	struct str *sources;
	size_t n_sources;
	bool role_controller;
	uint64_t family_controllers;
	uint32_t controller, org; /* rows, before sorting */
};

struct making {
	const struct assembly *in;
	struct answer *out;
	struct arena *arena;
	struct candidate *c;
	size_t n;
	struct buf text;
};

/* Edges between controllers and organisations, in order, with the records of all hosts together. */
struct tie {
	uint32_t controller, org;
	uint64_t records;
};

/* Texts in the arena; p is NULL without memory. */
struct str making_ip(struct making *m, struct ip ip);
struct str making_controller(struct making *m, const struct pair *p);
/* Sort, drop empty and equal texts; returns how many are left. */
size_t making_distinct(struct str *v, size_t n);
/* The same for families, which compare without case; of several spellings the smallest stays. */
size_t making_families(struct str *v, size_t n);
const struct host *making_host(const struct making *m, const struct candidate *c);

/* Rows for the controllers and organisations of all candidates, numbered in candidate.controller
 * and .org. */
MUST enum err make_controllers(struct making *m);
MUST enum err make_orgs(struct making *m);
/* Which controller holds which organisation, by both; the caller frees *out. Also counts
 * answer_controller.orgs. */
MUST enum err make_ties(struct making *m, struct tie **out, size_t *n_out);
/* Of the sorted answer; ties sorted by controller, then organisation. */
MUST enum err make_clusters(struct making *m, const struct tie *ties, size_t n_ties);
MUST enum err make_alerts(struct making *m, const struct tie *ties, size_t n_ties);
MUST enum err make_excluded(struct making *m);

#endif
