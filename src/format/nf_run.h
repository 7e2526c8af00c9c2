/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs of data records of one length that lie alike: those of NetFlow v5, and those of v9 and IPFIX
 * whose template has no field of variable length. Nearly all of them matter to nobody, and two
 * addresses and a time are all that must be seen to know that: such records are passed over here,
 * some ten to some hundred in a row, without a branch that depends on what stands in them. The
 * others are handed out for a closer look, in their order. Nothing is allocated; a run belongs to
 * one thread.
 */
#ifndef NEZUMI_FORMAT_NF_RUN_H
#define NEZUMI_FORMAT_NF_RUN_H

#include "format/nf_template.h"
#include "format/reader.h"

struct nf_run {
	const struct nf_glance *glance;
	struct sink *sink;
	int64_t zero, unit;     /* a record's start is zero + number * unit, µs, */
	uint64_t most;          /* where the number is from 1 to this */
	bool closer_all;        /* each needs a closer look */
	const unsigned char *p; /* records at hand, */
	unsigned n;             /* so many, */
	uint64_t closer;        /* bit i: record i needs a closer look, and has not had it */
	uint64_t line;          /* lines before them */
	size_t left;            /* records behind them */
};

/* Ask for the bits that the n bytes of records at p will need, which are seldom in the processor's
 * cache: only if the sink selects flows, and without any effect but on time. */
void nf_run_soon(const struct nf_glance *g, const unsigned char *p, size_t n, const struct sink *sink);

/* So many whole records at p, sent as `when` says; all of them must stay until the run is at its
 * end. */
struct nf_run nf_run(const struct nf_glance *g, const unsigned char *p, size_t records,
		     const struct nf_when *when, struct sink *sink);

/* The next record that needs a closer look, begun as a line; NULL at the end, where all are begun
 * and the others passed over. */
const unsigned char *nf_run_next(struct nf_run *run);

#endif
