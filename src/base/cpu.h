/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What this machine's processor can do, asked once at the start and handed to whoever has more than
 * one way to do the same. Every way gives the same results.
 */
#ifndef NEZUMI_BASE_CPU_H
#define NEZUMI_BASE_CPU_H

enum isa {
	ISA_PLAIN,  /* what every processor of the family can do */
	ISA_AVX2,   /* with BMI1, BMI2, POPCNT and LZCNT */
	ISA_AVX512, /* F, BW, DQ, VL, VBMI, VBMI2 and GFNI besides */
};

/* The best there is, or less if $NEZUMI_ISA says so ("plain", "avx2", "avx512"). */
enum isa cpu_isa(void);
const char *isa_text(enum isa isa);

#endif
