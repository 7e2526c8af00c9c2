/* SPDX-License-Identifier: Apache-2.0 */
/* Between the parts of the JSON index alone: what there is once for each instruction set. */
#ifndef NEZUMI_BASE_JSON_WAYS_H
#define NEZUMI_BASE_JSON_WAYS_H

#include "base/json_index.h"

struct json_ways {
	size_t (*index)(struct json_index *x, struct str text);
	/* Are the points of a line those of the shape, of which there are as many, but for what
	 * its words say? At least 31 bytes before the first can be read. */
	bool (*same)(const struct json_shape *s, const char *text, const uint16_t *points);
};

extern const struct json_ways json_ways_avx2, json_ways_avx512;

#endif
