/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The main job: lists and telemetry in, one answer out. Telemetry that may hold names is read
 * first: where domains are listed, to which addresses do they lead; then what the addresses that
 * matter were called, and what touches something is kept back until that is known (or, where it is
 * too much, read once more). Then everything else is read, once, and judged as it comes.
 *
 * Memory: the snapshot, the lists, what is kept of each pair of host and controller, at most some
 * 30 MiB of touches that wait, a few MiB a thread. It does not follow the size of the telemetry.
 * The answer does not depend on the number of threads, on how much is read at once, or on the
 * instruction set.
 */
#ifndef NEZUMI_APP_ANALYZE_H
#define NEZUMI_APP_ANALYZE_H

#include "app/lists.h"
#include "app/ownership.h"
#include "base/cpu.h"
#include "core/answer.h"
#include "core/touch.h"

struct analysis_options {
	struct list_options lists;
	const char *const *telemetry;
	size_t n_telemetry;
	const struct reader *telemetry_as; /* NULL: by content */
	const char *const *owners; /* compiled or MMDB files; "none": no ownership data at all */
	size_t n_owners;
	const char *data; /* data directory, may be NULL */
	int64_t from, to; /* TIME_NONE open */
	struct rules rules;
	uint64_t shared; /* organisations that make a controller-shared alert */
	unsigned threads;
	enum isa isa; /* which instructions may be used */
	size_t piece; /* bytes read at once; 0 what is best */
	/* Called now and then with the pass (1–3) and bytes read in it. May be NULL. */
	void (*progress)(void *ctx, int pass, uint64_t bytes);
	void *progress_ctx;
};

struct analysis {
	struct lists lists;
	struct scan_files telemetry;
	struct ownership ownership;
	struct arena arena; /* the answer's */
	struct answer answer;
	uint64_t names_dropped; /* names beyond what is kept; 0 nearly always */
	bool trouble;           /* a file could not be read, see answer.inputs */
	uint64_t indicators_read;
};

/* seed: a number that the authors of input cannot know (see ip_hash); the answer does not depend on
 * it. */
void analysis_init(struct analysis *a, uint64_t seed);
void analysis_free(struct analysis *a);
/* Errors: ERR_NOMEM, ERR_LIMIT, ERR_STOP; ERR_USAGE when nothing is usable. Unreadable files are
 * noted in the answer. */
MUST enum err analysis_run(struct analysis *a, const struct analysis_options *o, struct errinfo *ei);

#endif
