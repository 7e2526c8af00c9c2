/* SPDX-License-Identifier: Apache-2.0 */
/* Inside of view: the steps in which it is made. */
#ifndef NEZUMI_REPORT_VIEW_PARTS_H
#define NEZUMI_REPORT_VIEW_PARTS_H

#include "report/view.h"

/* For sorting things by a text of theirs, stably. */
struct keyed {
	struct str key;
	uint32_t id; /* which finding */
	uint32_t at; /* which part of it */
};
int view_by_key(const void *x, const void *y);

/* Errors of all: ERR_NOMEM. */
MUST enum err view_name_orgs(struct view *v);
MUST enum err view_count_places(struct view *v);
MUST enum err view_count_aside(struct view *v);

#endif
