/* SPDX-License-Identifier: Apache-2.0 */
/* The part of each language's prose that speaks of families, controllers, clusters and findings.
 * See prose.h. */
#ifndef NEZUMI_REPORT_PARTS_H
#define NEZUMI_REPORT_PARTS_H

#include "report/prose.h"

#define PARTS(lang)                                                                                   \
	void parts_##lang##_family(const struct view *v, struct buf *b, const struct view_family *f); \
	void parts_##lang##_controllers_lead(const struct view *v, struct buf *b);                    \
	void parts_##lang##_clusters_lead(const struct view *v, struct buf *b);                       \
	void parts_##lang##_cluster(const struct view *v, struct buf *b, size_t i);                   \
	void parts_##lang##_places(const struct view *v, struct buf *b);                              \
	void parts_##lang##_timeline(const struct view *v, struct buf *b);                            \
	void parts_##lang##_findings_lead(const struct view *v, struct buf *b);                       \
	void parts_##lang##_finding(const struct view *v, struct buf *b, const struct finding *f)

PARTS(en);
PARTS(ja);

#endif
