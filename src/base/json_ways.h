/* SPDX-License-Identifier: Apache-2.0 */
/* Between the parts of the JSON index alone: what there is once for each instruction set. */
#ifndef NEZUMI_BASE_JSON_WAYS_H
#define NEZUMI_BASE_JSON_WAYS_H

#include "base/json_index.h"

struct json_ways {
	size_t (*index)(struct json_index *x, struct str text);
	/* Is the line, of as many quotes, one of the shape? JSON_MARGIN bytes before it can be
	 * read. */
	bool (*fits)(const struct json_shape *s, const struct json_at *at);
};

extern const struct json_ways json_ways_avx2, json_ways_avx512;

/* Nothing in [p, end) but true, false, null, or a number without sign and exponent; or in a list
 * some of them with a comma between? */
bool json_scalars(const char *p, const char *end, bool list);

#endif
