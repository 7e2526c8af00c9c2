/* SPDX-License-Identifier: Apache-2.0 */
#define WAYS json_ways_avx512
#include "base/json_index_body.h"
