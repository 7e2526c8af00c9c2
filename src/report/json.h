/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The answer as one JSON object, keys in the documented order, values raw unless defanged on
 * demand. The same answer gives the same bytes.
 */
#ifndef NEZUMI_REPORT_JSON_H
#define NEZUMI_REPORT_JSON_H

#include "core/answer.h"

/* Errors: ERR_NOMEM, ERR_LIMIT. */
MUST enum err report_json(const struct answer *a, bool defanged, struct buf *out);

#endif
