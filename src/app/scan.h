/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Driving readers over files: which reader, decompression, blocks, headers, threads, line numbers,
 * counts. What a record means is the client's affair.
 *
 * Large plain files of lines, and of blocks that can be read each by itself, are cut into stretches
 * that several threads read at once; each other file is read by one thread, several files at once.
 * The client gets what came of it in input order.
 *
 * Memory: a few MiB for each thread, whatever the size of the files (and what readers of streams
 * keep, see there); documents (MISP, STIX, ...) are
 * read whole, at most 1 GiB. A line longer than 1 MiB is passed over and counted.
 */
#ifndef NEZUMI_APP_SCAN_H
#define NEZUMI_APP_SCAN_H

#include "base/file.h"
#include "base/vec.h"
#include "format/reader.h"

struct reject {
	uint32_t file;
	uint64_t line; /* 0: the file as a whole */
	struct str why;
};

/* One file, what is known about it before, and what came of reading it. */
struct scan_file {
	struct str path;
	bool from_folder;            /* found by walking: may be something else altogether */
	const struct reader *reader; /* NULL: nobody reads it */
	unsigned kinds;              /* of records it may hold */
	int kept_fd;                 /* ... and kept for more than one pass, or -1 */
	bool once;                   /* a pipe: cannot be opened again */
	struct source *open;         /* what cannot be opened again, open since it was recognised */
	uint64_t id;                 /* which file it is, see file_id */
	uint64_t size; /* of a plain regular file, which may be read from the middle; else 0 */
	const struct layout *head; /* what its header means, of head_n bytes; in the files' arena */
	size_t head_n;
	uint64_t head_lines;
	bool cut; /* several lanes may read it at once */
	uint64_t records, malformed, bytes, unused;
	uint64_t undated, undated_line; /* lines taken without a date that they have; the first */
	struct lacks lacks;
	bool end_told;   /* that it ended otherwise than it should */
	bool unreadable; /* could not be opened or read; with trouble alone it is not ours */
	unsigned n_rejects;
	struct str note;    /* something its reader's user should know, or empty */
	struct str trouble; /* why it could not be read (to the end), or empty */
	struct str partial; /* why something at its end is missing though the rest was read: it is
			       damaged or cut off; or empty */
};

struct scan_files {
	struct scan_file *v;
	size_t n, cap;
	bool grew; /* a later header in a file promised kinds that the first had not: its `kinds`
		      say so now */
	VEC(struct reject) rejects; /* at most 100 a file; sorted by scan_rejects_sort */
	struct arena arena;
};

/* Columns by the names that the user gave them: {field, name in the file}. */
struct scan_columns {
	const struct str (*v)[2];
	size_t n;
};

void scan_files_init(struct scan_files *f);
void scan_files_free(struct scan_files *f);

/* Take a path or everything below a folder. Errors: only a folder that cannot be walked, ERR_NOMEM. */
MUST enum err scan_add(struct scan_files *f, const char *path, struct errinfo *ei);

/*
 * Choose a reader of that class for each file from `from` on: by `as` where given (NULL: by
 * content). What cannot be opened or recognised gets its trouble set.
 */
MUST enum err scan_recognise(struct scan_files *f, size_t from, enum reads reads,
			     const struct reader *as, const struct scan_columns *columns);

/* Keep what cannot be opened again (a pipe), recognised before, so that it can be read more than
 * once. */
MUST enum err scan_keep(struct scan_files *f, size_t file);

/* By file, then line. */
void scan_rejects_sort(struct scan_files *f);
/* Forget what came of reading the files, so that they can be read anew. */
void scan_forget(struct scan_files *f);

/* What came of reading a stretch of a file. */
struct scan_block {
	uint32_t file;
	uint64_t lines_before; /* of the file, before this block; set for take() */
	bool full;             /* the client holds enough of it: hand it over soon */
	struct sink sink;      /* sink.ctx is the block's output, made by the client */
	/* the driver's */
	uint64_t bytes;
	unsigned kinds; /* that its headers promise */
	bool first;     /* of its job */
	bool whole;     /* ... which is all of a file */
	/* Of a file that is cut: where the first line (or block) of the job stood, where the next
	 * one stands. */
	struct block_place began, end;
	bool over;             /* the reader is done with the file */
	struct heading *after; /* in force at its end */
	enum err bad;          /* the file could not be read on */
	struct errinfo ended;  /* msg set: the file ended in this way */
};

struct scan_client {
	void *ctx;
	unsigned threads;
	size_t piece;   /* bytes read at once; 0: what is best. Results do not depend on it */
	unsigned kinds; /* only files that may hold one of these; 0 all */
	unsigned lacks; /* ... and none of these */
	bool again;     /* files were read before: count and report nothing a second time */
	const struct str (*columns)[2];
	size_t n_columns;
	/* For each block slot, once: make its output and set the sink's functions. */
	enum err (*slot)(void *ctx, struct sink *sink);
	void (*slot_free)(void *ctx, struct sink *sink);
	/* Before a block is filled (in a lane). May be NULL. */
	void (*begin)(void *ctx, struct scan_block *b);
	/* In input order, in the caller's thread. Lines of the block begin at lines_before + 1.
	 * What begin() was called for may be thrown away and read again. */
	enum err (*take)(void *ctx, struct scan_block *b);
	/* Progress: bytes read so far. May be NULL. */
	void (*progress)(void *ctx, uint64_t bytes);
};

/* Read all files from `from` on. Errors: of the client, ERR_NOMEM, ERR_STOP; what is wrong with a
 * file is noted in it. */
MUST enum err scan_run(struct scan_files *f, size_t from, const struct scan_client *c);

#endif
