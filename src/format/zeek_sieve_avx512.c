/* SPDX-License-Identifier: Apache-2.0 */
#define ZEEK_SIEVE zeek_sieve_avx512
#include "format/zeek_sieve_body.h"
