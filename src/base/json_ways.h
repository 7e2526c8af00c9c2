/* SPDX-License-Identifier: Apache-2.0 */
/* Between the parts of the JSON index alone: what there is once for each instruction set. */
#ifndef NEZUMI_BASE_JSON_WAYS_H
#define NEZUMI_BASE_JSON_WAYS_H

#include "base/json_index.h"

struct json_ways {
	size_t (*index)(struct json_index *x, struct str text);
	/* Are the keys of a line, of which there are as many, those of the shape? At least 32 bytes
	 * before the first colon can be read. */
	bool (*same_keys)(const struct json_shape *s, const char *text, const uint16_t *colons);
};

extern const struct json_ways json_ways_avx2, json_ways_avx512;

#endif
