/* SPDX-License-Identifier: Apache-2.0 */
/*
 * MISP attributes: what their types and categories say (MISP core format, section 2.2.2). For
 * events in JSON and for exports in CSV alike.
 */
#ifndef NEZUMI_FORMAT_MISP_H
#define NEZUMI_FORMAT_MISP_H

#include "core/indicator.h"

struct misp_value {
	enum said said;
	struct str text; /* slice of the attribute's value */
	struct str port; /* or empty */
};

/* The values that an attribute holds; 0 where its type is nothing that networks or files show. */
int misp_values(struct str type, struct str value, struct misp_value out[2]);

enum role misp_role(struct str category);

/*
 * Does an attribute, as it stands in a document, say that it is for detection, and is it one that
 * this program can use? Without a tree: an event may have a million.
 */
bool misp_flagged(struct str attribute);

#endif
