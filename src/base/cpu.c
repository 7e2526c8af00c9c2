/* SPDX-License-Identifier: Apache-2.0 */
#include "base/cpu.h"

#include <stdlib.h>
#include <string.h>

static const char *const names[] = { [ISA_PLAIN] = "plain", [ISA_AVX2] = "avx2", [ISA_AVX512] = "avx512" };

static enum isa best(void)
{
#ifdef __x86_64__
	__builtin_cpu_init();
	if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("bmi") ||
	    !__builtin_cpu_supports("bmi2") || !__builtin_cpu_supports("popcnt"))
		return ISA_PLAIN;
	if (!__builtin_cpu_supports("avx512f") || !__builtin_cpu_supports("avx512bw") ||
	    !__builtin_cpu_supports("avx512dq") || !__builtin_cpu_supports("avx512vl") ||
	    !__builtin_cpu_supports("avx512vbmi") || !__builtin_cpu_supports("avx512vbmi2") ||
	    !__builtin_cpu_supports("gfni"))
		return ISA_AVX2;
	return ISA_AVX512;
#else
	return ISA_PLAIN;
#endif
}

enum isa cpu_isa(void)
{
	const char *asked = getenv("NEZUMI_ISA");
	enum isa isa = best();

	for (int i = 0; asked && i <= ISA_AVX512; i++)
		if (strcmp(asked, names[i]) == 0 && (enum isa)i < isa)
			isa = (enum isa)i;
	return isa;
}

const char *isa_text(enum isa isa)
{
	return names[isa];
}
