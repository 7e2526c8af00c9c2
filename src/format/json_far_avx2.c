/* SPDX-License-Identifier: Apache-2.0 */
#define JSON_FAR json_far_avx2
#include "format/json_far_body.h"
