/* SPDX-License-Identifier: Apache-2.0 */
#define WAYS json_ways_avx2
#include "base/json_index_body.h"
