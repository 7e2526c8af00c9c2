/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From what was seen between a host and a controller to a score with named parts
 * (docs/judgement.md, sections 7 and 8). Pure.
 *
 * Parts and their numbers (a, b), so that documents can say them in any language:
 *   evidence-two-way a of b main records had payload both ways (a = 0: by one-way records)
 * evidence-established, evidence-attempt, evidence-lookup: b records port        a = the port
 * repetition a = records      days         a = days regularity  a = 0-100, b = commonest interval
 * in s family a = controllers of one family names       a = 1 a listed name, 2 several kinds of
 * record    sources a = sources grace       (points -15) cap-port    no record on a named port
 * cap-inbound   the controller opened all a records cap-provider  shared hosting and another name
 * was asked for cap-role  no controller: a download address or the like
 */
#ifndef NEZUMI_CORE_JUDGE_H
#define NEZUMI_CORE_JUDGE_H

#include "core/sightings.h"

#define REASONS_MAX 12

struct judgement {
	int score;
	enum confidence confidence;
	enum level level;
	unsigned regularity;
	int64_t interval;
	uint16_t port;
	struct reason reasons[REASONS_MAX]; /* part is static text; text is empty: see reason_text */
	size_t n_reasons;
};

/* What a pair cannot know by itself. */
struct surroundings {
	uint64_t family_controllers; /* counted controllers of this host that share a family with
					this one, itself included */
	size_t sources;
	bool provider;   /* the controller's address is in a list of providers */
	bool controller; /* an indicator counted has the role controller */
};

/* p must have counted touches; its calls are sorted and cut. */
void judge_pair(struct pair *p, const struct surroundings *s, struct judgement *out);

/* The reason as an English fragment: "payload both ways in 12 of 14 records". */
void reason_text(const struct reason *r, struct buf *b);

#endif
