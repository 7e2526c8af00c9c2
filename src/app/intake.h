/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files into the data directory: what each is (indicators, an organisation table, a list of what is
 * special) is seen by its content; it is read as `analyze` reads it, and kept as its source says
 * it: judgement (the safety gate, names of families) comes when it is asked for.
 *
 * Two steps, so that who fetches a feed may look at what came before it takes the place of the old:
 * intake_read gathers and changes nothing, intake_commit writes all of it or nothing.
 *
 * Workload: from one line to ten million and more. Memory: store's for a load, 8 MiB for reading;
 * documents (MISP, STIX) are read whole. One thread, and the readers' lanes.
 */
#ifndef NEZUMI_APP_INTAKE_H
#define NEZUMI_APP_INTAKE_H

#include "app/carried.h"
#include "app/scan.h"
#include "store/store.h"

enum intake_phase { INTAKE_READING, INTAKE_WRITING };

struct intake_options {
	const char *const *paths; /* files, folders, "-" */
	size_t n_paths;
	bool any_kind;           /* by content; else: */
	enum reads kind;         /* READS_INDICATORS, READS_ORGS, READS_EXCLUSIONS, READS_ALIASES */
	const struct reader *as; /* NULL: by content */
	const struct str (*columns)[2];
	size_t n_columns;
	/*
	 * Who says it. Without a name: the source that a row names; a list that is a file and names
	 * itself is that source; the rest is called after its file. Files of one name from several
	 * folders are several sources: see intake_name.c.
	 */
	struct store_source source;
	bool classed; /* lists of what is special that do not say their class are of this one */
	enum xclass class;
	bool keep_going; /* a file that cannot be read is no error */
	size_t memory;   /* bytes for sorting; 0: 192 MiB */
	int64_t (*clock)(void);
	/* Called now and then; all: 0 while it is not known. May be NULL. */
	void (*progress)(void *ctx, enum intake_phase phase, uint64_t rows, uint64_t all);
	void *progress_ctx;
};

struct intake_named {
	struct str name, path;
};

struct intake {
	struct scan_files files[4]; /* indicators, organisations, exclusions, names of families */
	struct scan_files others;   /* what nobody reads */
	uint64_t rows;              /* indicators and entries that were read */
	struct store_load *load;
	int64_t began;
	const struct intake_options *o; /* must live as long */
	/* While it is read: */
	struct carried carried;
	enum err err;
	struct errinfo ei;
	struct scan_files *reading;
	struct scan_file *file;
	struct store *store;
	uint32_t file_source; /* of rows that name none; UINT32_MAX: not asked for yet */
	uint32_t row_source;
	struct str row_name; /* the source that row_source is */
	struct buf name;
	/* By source: the file of this import whose rows named it first, NULL none; and the file
	 * whose rows were said to be its last. */
	VEC(const struct scan_file *) fed;
	VEC(const struct scan_file *) told;
	/* Files that were called after themselves: see intake_name(). */
	VEC(struct intake_named) named;
	struct buf file_path;
	struct arena arena;
};

/*
 * What the file at hand is called as a source, and by what it is known again (in
 * in->arena). A source that was read from this file before; else its name; where other files have
 * that name, in this import or before it, its folder's name and its own; else its whole path. What
 * is no file (standard input) is called what it is called. Errors: those of the store, ERR_NOMEM.
 */
MUST enum err intake_name(struct intake *in, struct store_source *out);
/*
 * The source that rows of the file at hand name. The same file again brings its next edition; what
 * other files said in that name stays listed: an organisation publishes one report after another.
 * Errors: those of the store, ERR_NOMEM.
 */
MUST enum err intake_named_source(struct intake *in, struct str name, uint32_t *at);

/*
 * Half a file of indicators (damaged, cut off) adds to what its source says and takes nothing off
 * it. Errors: ERR_USAGE: a folder that cannot be walked; ERR_FORMAT: nothing usable, a file that
 * cannot be read and should be, or half a list of another kind (see the files' trouble and
 * partial); those of the store. Free it, whatever came of it.
 */
MUST enum err intake_read(struct intake *in, struct store *s, const struct intake_options *o,
			  struct errinfo *ei);
/* On the disk when it returns. store_load_tallies(in->load) tells what came of it. */
MUST enum err intake_commit(struct intake *in, struct errinfo *ei);
void intake_free(struct intake *in);

#endif
