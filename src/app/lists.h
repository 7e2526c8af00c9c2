/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Everything that an analysis is told before it looks at telemetry: indicators, organisations,
 * lists of what is special; gathered from files, normalised, and the indicators put through the
 * safety gate (docs/judgement.md, section 1). A snapshot that was saved before
 * is told from lists by its content.
 */
#ifndef NEZUMI_APP_LISTS_H
#define NEZUMI_APP_LISTS_H

#include "app/scan.h"
#include "app/snapfile.h"
#include "core/answer.h"
#include "core/exset.h"
#include "core/orgs.h"
#include "core/overrides.h"

struct list_option {
	const char *path;
	bool classed; /* exclusions: a class was given for it */
	enum xclass class;
};

struct list_options {
	const struct list_option *indicators, *organisations, *exclusions;
	size_t n_indicators, n_organisations, n_exclusions;
	const struct reader *indicators_as; /* NULL: by content */
	const struct str (*columns)[2];
	size_t n_columns;
	bool no_builtin; /* leave out the lists that the program carries */
	bool keep;       /* the snapshot shall be saved: keep in it what is not matched, too */
	/*
	 * A data directory, in place of indicators; its organisations and exclusions come on top of
	 * those given. The snapshot made of it is kept there (snapshot.nzs) and used as long as
	 * neither the database nor the exclusions change; not with `keep`. NULL: none.
	 */
	const char *data;
	int64_t now; /* what analysts decided may have expired */
};

struct lists {
	struct scan_files indicator_files, organisation_files, exclusion_files;
	struct snapshot snapshot;
	struct snapfile snapfile; /* where it lies, if it was not made from lists */
	struct orgs orgs;
	struct exset exset;
	struct overrides overrides; /* what analysts decided and has not expired */
	struct arena arena;
	VEC(struct withheld) withheld; /* sorted by value, source; distinct */
};

/* seed: see ip_hash. */
void lists_init(struct lists *l, uint64_t seed);
void lists_free(struct lists *l);
/* Trouble with single files is noted in them. Errors: ERR_NOMEM, ERR_LIMIT, folders that cannot be
 * walked. */
MUST enum err lists_load(struct lists *l, const struct list_options *o, struct errinfo *ei);

#endif
