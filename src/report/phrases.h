/* SPDX-License-Identifier: Apache-2.0 */
/* The small phrases that sentences of one language are made of. See prose.h. */
#ifndef NEZUMI_REPORT_PHRASES_H
#define NEZUMI_REPORT_PHRASES_H

#include "report/prose.h"

/* Organisations named in one sentence; organisations of a family that are listed one by one. */
enum { NAMED_MAX = 6, LISTED_MAX = 12 };

/* ---- English ---- */

/* Counts in words: "three hosts". */
void en_hosts(struct buf *b, uint64_t n);
void en_organisations(struct buf *b, uint64_t n);
void en_controllers(struct buf *b, uint64_t n);
void en_findings(struct buf *b, uint64_t n);
/* The verb that the records bear out: "talked to" needs answers to all. */
const char *en_called(bool answered);
/* The families by name, at most max. */
void en_families(const struct view *v, struct buf *b, size_t max);
bool en_has_families(const struct view *v);
/* " in Mexico and Ecuador", " in Europe and the Middle East", " in 14 countries"; nothing when no
 * country is known. */
void en_where(const struct view *v, struct buf *b, const uint32_t *idx, size_t n);
/* Organisations of one kind: "financial companies in Mexico and Ecuador". */
void en_alike(const struct view *v, struct buf *b, const struct view_org *like, const uint32_t *idx,
	      size_t n);
/* Who: by kind when anonymised, else by name with the country; at most max and how many others. */
void en_who(const struct view *v, struct buf *b, const uint32_t *idx, size_t n, size_t max);
/* "115.88.75[.]245 (South Korea, LG DACOM Corporation)" */
void en_controller(const struct view *v, struct buf *b, uint32_t i);
/* "Latin America (17 of 26)" when one region or country holds most of three or more; else false. */
bool en_mostly(struct buf *b, const struct facts *regions, const struct facts *countries);

/* ---- Japanese: the same; ja_where says whether it said anything ---- */

void ja_hosts(struct buf *b, uint64_t n);
void ja_organisations(struct buf *b, uint64_t n);
void ja_controllers(struct buf *b, uint64_t n);
const char *ja_called(bool answered);
bool ja_has_families(const struct view *v);
void ja_families(const struct view *v, struct buf *b, size_t max);
bool ja_where(const struct view *v, struct buf *b, const uint32_t *idx, size_t n);
void ja_alike(const struct view *v, struct buf *b, const struct view_org *like, const uint32_t *idx,
	      size_t n);
void ja_who(const struct view *v, struct buf *b, const uint32_t *idx, size_t n, size_t max);
void ja_controller(const struct view *v, struct buf *b, uint32_t i);
bool ja_mostly(struct buf *b, const struct facts *regions, const struct facts *countries,
	       const char *counter);

#endif
