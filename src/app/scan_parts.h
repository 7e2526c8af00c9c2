/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of scan share with each other: scan.c (the files), recognise.c, scan_run.c (the
 * driver), scan_piece.c (the bytes of one job). */
#ifndef NEZUMI_APP_SCAN_PARTS_H
#define NEZUMI_APP_SCAN_PARTS_H

#include "app/scan.h"
#include "base/parallel.h"

enum {
	LINE_LIMIT = 1 << 20,     /* a line, with its LF */
	DOCUMENT_LIMIT = 1 << 30, /* a document read whole */
	PIECE = 512 << 10,        /* bytes read at once: they stay in the processor's cache */
	SLACK = 4 << 10, /* so that the head of a file that was used does not move all behind it */
	JOB = 16,        /* pieces of a large file that make a job */
	BATCH_LIMIT = 8, /* pieces whose outcome is handed over together */
	LAYOUT_LIMIT = 1 << 20, /* what one header means */
};

/* ---- scan.c ---- */

/* Why a file cannot be read (to the end). */
void scan_trouble(struct scan_files *f, struct scan_file *file, enum err e, const struct errinfo *ei);
/* Note something that cannot be read. Of the lines of a file only the first hundred are kept;
 * damage to the whole takes the place of the last. */
MUST enum err scan_note(struct scan_files *f, uint32_t file, uint64_t line, const char *why);

/* ---- recognise.c ---- */

/* How many bytes at the start of text are lines that begin with mark. */
size_t marked_run(struct str text, char mark);
/* The title line of a file: the first that is neither blank nor a comment. The bytes up to its end;
 * 0 without one. */
size_t title_end(struct str text, struct str *title);
uint64_t count_lines(struct str s);

/* ---- scan_piece.c ---- */

/* What a header meant: kept as long as some heading is of it. By several threads. */
struct meaning;

/* Which header is in force. */
struct heading {
	const struct layout *layout;
	struct meaning *meaning; /* whose layout it is; NULL: of the file's head, or there is none */
	bool seen;               /* there was one, understood or not */
	bool refused;            /* it was not understood */
	struct errinfo refusal;
};

/* *to becomes the same as *from, and lets go of what it was; heading_drop: of nothing. */
void heading_take(struct heading *to, const struct heading *from);
void heading_drop(struct heading *h);

/* A stretch of a file; all of it where the file cannot be cut. */
struct job {
	uint32_t file;
	bool first, whole;
	bool again; /* the heading it began with was wrong: read once more with `begin` */
	struct block_place from;
	uint64_t to; /* lines or blocks that begin before; UINT64_MAX: up to the end */
	struct heading begin;
};

/* What a lane needs to do its jobs, one after the other. */
struct reading {
	struct scan_files *f;
	const struct scan_client *c;
	size_t piece; /* bytes */
	int fd;       /* of a file that is cut, kept open from job to job; -1 none */
	uint32_t fd_file;
	struct source *source;
	char *p; /* bytes read; [from, n) are not used yet */
	size_t cap, from, n;
	uint64_t at;               /* where in a cut file p[n] stands */
	uint64_t held, total;      /* bytes used for the block, for the job */
	struct block_place stands; /* between two blocks */
	bool ended;                /* there are no more bytes */
	enum err bad;              /* ... because of this */
	struct errinfo end;
	struct heading heading;
	struct reader_hints hints;
	struct scan_block *block; /* being filled */
};

void reading_init(struct reading *g, struct scan_files *f, const struct scan_client *c, size_t piece);
void reading_free(struct reading *g);
/* Errors: ERR_NOMEM, ERR_STOP, of lane_hand. What is wrong with the file is told in the blocks. */
MUST enum err reading_do(struct reading *g, const struct job *j, struct lane *lane);

#endif
