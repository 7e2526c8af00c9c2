/* SPDX-License-Identifier: Apache-2.0 */
#define ZEEK_SIEVE zeek_sieve_avx2
#include "format/zeek_sieve_body.h"
