/* SPDX-License-Identifier: Apache-2.0 */
#define WAYS ex_ways_avx2
#include "core/extract_marks_body.h"
