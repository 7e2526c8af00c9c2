/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The reader's face: bytes to records, and nothing else. The driver owns files, decompression,
 * threads, memory, limits, line numbers of blocks and what becomes of a record.
 *
 * A reader is one file in_*.c with one `const struct reader` and one line in readers.def.
 *
 * Line readers (frame FRAME_LINES) get blocks of whole lines (the last line of a file may lack its
 * LF) from any thread, in any order; lines are at most 1 MiB (longer ones are counted by the
 * driver). What a line means may depend on a header: either all lines at the top of the file and
 * later in it that begin with `mark`, or (`titled`) the first line that is not blank and does not
 * begin with `#` (lines before it are passed over, but counted as lines). The driver hands such
 * lines to header(), which makes a layout; blocks that follow are read with it. A layout does not
 * change and is used by many threads. Header lines are never part of a block. A block before any
 * header is read with layout NULL. Document readers (FRAME_DOCUMENT) get the whole file at once,
 * layout NULL.
 *
 * Stream readers (FRAME_STREAM) read binary formats in which what follows depends on what came
 * before: they make a state for each file and are fed its bytes in order, by one thread (but see
 * struct blocks). A record of such a file is counted as a line is: sink_line() begins it, so that
 * its "line" is its ordinal.
 *
 * Every line of a block counts in sink->line, blank or not: begin a line with sink_line(). A line
 * that cannot be read is reported by sink_bad() and the rest goes on. A BOM at the start of the
 * file was removed by the driver.
 *
 * Most records matter to nobody. A client may say what does (sink->near): then a reader may pass
 * over a record of those kinds with sink_pass() instead of making it, once it knows that the record
 * could be read and that none of its addresses (of a dns record the answers too) is near. Readers
 * that do not care hand over everything; both must count the same records and reject the same
 * lines.
 */
#ifndef NEZUMI_FORMAT_READER_H
#define NEZUMI_FORMAT_READER_H

#include "base/arena.h"
#include "base/cpu.h"
#include "base/err.h"
#include "core/indicator.h"
#include "core/near.h"
#include "core/org.h"
#include "core/record.h"

enum reads { READS_RECORDS, READS_INDICATORS, READS_ORGS, READS_EXCLUSIONS, READS_ALIASES };
enum frame { FRAME_LINES, FRAME_DOCUMENT, FRAME_STREAM };

/* What recognition looks at. */
struct sample {
	struct str head; /* the first bytes after decompression, at most 64 KiB, BOM removed */
	bool whole;      /* head is all there is */
	struct str name; /* the file's name without folders and compression suffix; may be empty */
};

/* What the user said about how to read: `--column value=ioc` pairs and the like. */
struct reader_hints {
	const struct str (*columns)[2]; /* {field, column name in the file} */
	size_t n_columns;
	struct str name; /* as in sample */
	struct str path; /* for what must be said about the file itself */
};

struct layout; /* each reader's own */
struct stream; /* each stream reader's own */

#define SINK_REJECTS 100
#define SPAN_AHEAD   ((size_t)128 << 10)

/* What a capture does not hold: frames cut short, bytes of conversations, packets dropped. */
struct lacks {
	uint64_t truncated, missed, dropped;
};

struct sink {
	void *ctx;
	void (*record)(void *ctx, struct record *r);
	void (*indicator)(void *ctx, const struct indicator *i);
	void (*org)(void *ctx, const struct org_entry *o);
	void (*exclusion)(void *ctx, const struct exclusion *x);
	void (*alias)(void *ctx, const struct alias_name *name);

	/* What may be passed over; NULL: nothing. And in which way to look (any way gives the
	 * same). */
	const struct near *near;
	bool (*listed)(void *ctx, struct ip ip); /* of an address that is near: is it one that
						    matters? */
	unsigned near_kinds; /* KIND_BIT set: of these kinds only records with such an address are
				wanted */
	enum isa isa;
	int64_t from, to; /* the client's window, from <= ts < to */
	struct {
		uint64_t all, in_window;
		int64_t first, last; /* of those in the window */
	} passed;

	uint64_t line; /* lines begun since the client looked last */
	size_t used;   /* set by readers with a mark: bytes of the block that were read; they stop
			  before a line that begins with it, unless the block begins so. Set by
			  readers with `spans`: bytes that were read, more than the block has where
			  its last row goes on behind it */
	size_t ahead;  /* for readers with `spans`: bytes of the file that stand behind the block in
			  memory, SPAN_AHEAD or more unless the file ends before */
	uint64_t malformed;
	uint64_t unused; /* items read that are nothing this program can use: mail addresses,
			    regular expressions */
	uint64_t undated, undated_line; /* lines with a date that nobody understands, whose value
					   was taken without it; the first of them, as below */
	struct {
		uint64_t line; /* counted as above, from 1; 0 the file as a whole */
		char why[120];
	} rejects[SINK_REJECTS];
	unsigned n_rejects;
	/* Set by readers of documents that are damaged or cut off: what stands behind could not be
	 * read. NULL: nothing is missing but what was rejected. */
	const char *partial;
	struct lacks lacks;

	struct buf scratch; /* for unescaping; cleared by the reader, freed by the driver */
	struct dns_answer answers[DNS_ANSWERS_MAX]; /* for record.answers */
};

static inline void sink_line(struct sink *s)
{
	s->line++;
}
/* The line just begun cannot be read. The text is for people: no bytes of the line without "%.*s"
 * and a bound. */
void sink_bad(struct sink *s, const char *why, ...) PRINTF(2, 3);
/* A date of the line just begun is not understood; the rest of the line is taken. */
static inline void sink_undated(struct sink *s)
{
	if (s->undated++ == 0)
		s->undated_line = s->line;
}

/* Does only what is near matter of such records? Then sink_pass() is allowed for the rest. */
static inline bool sink_selects(const struct sink *s, enum kind kind)
{
	return s->near && (s->near_kinds & KIND_BIT(kind));
}
static inline bool sink_wants(const struct sink *s, struct ip ip)
{
	return near_any(s->near, ip) && s->listed(s->ctx, ip);
}
/* The record just begun is near nothing. */
static inline void sink_pass(struct sink *s, int64_t ts)
{
	s->passed.all++;
	if (ts < s->from || ts >= s->to)
		return;
	s->passed.in_window++;
	if (ts < s->passed.first)
		s->passed.first = ts;
	if (ts > s->passed.last)
		s->passed.last = ts;
}

/* Where among the blocks of a file a stream stands, and all of what it went through before that
 * matters to what follows. */
struct block_place {
	uint64_t at, blocks; /* bytes, blocks before */
	uint64_t looks;      /* so often it was looked for blocks within a damaged one */
	uint64_t debt;       /* bytes that came out of the packed ones beyond what is usual */
};

/* Of a stream reader: files that are rows of blocks each of which can be read by itself. Several
 * threads read a large one. */
struct blocks {
	size_t head; /* bytes at the beginning of a block that tell its size */
	/* By the first bytes of a file: how many there are before its first block; 0: it must be
	 * read from there. */
	size_t (*first)(struct str sample);
	/* Of the block that begins so, with its head; 0: no block begins so. */
	size_t (*size)(struct str head);
	/* The new stream goes on at a place between two blocks; head: what is before the first. */
	void (*resume)(struct stream *st, struct str head, const struct block_place *from);
	/* False: amid something. */
	bool (*place)(const struct stream *st, struct block_place *out);
};

struct reader {
	const char *name;  /* as in --as and in reports: "zeek-tsv" */
	const char *title; /* one line for help */
	enum reads reads;
	enum frame frame;
	char mark;      /* header lines begin with it; 0 none */
	bool titled;    /* the first line that is neither blank nor a comment is a header */
	bool spans;     /* a row may go over lines: one that begins in a block is read to its end */
	unsigned kinds; /* READS_RECORDS: KIND_BIT set of what it may hold, before a header says
			   more */

	/* How sure that this is the format: 0 no, 100 certain (a signature). Bounded work. */
	int (*sniff)(const struct sample *s);
	/*
	 * Understand header lines (all the consecutive ones, with LFs). prev is the layout in force
	 * before, or NULL. The layout is allocated in the arena. *kinds may be narrowed. Errors,
	 * with the reason: ERR_PARSE: the lines up to the next header are then all counted as
	 * malformed by the driver. ERR_FORMAT: a file of this family, but of something else (Zeek's
	 * weird.log): as the first header it makes the driver pass the file over.
	 */
	enum err (*header)(struct str lines, const struct layout *prev,
			   const struct reader_hints *h, struct arena *a, const struct layout **out,
			   unsigned *kinds, struct errinfo *ei);
	/* Read a block (or the document). What is wrong is told to the sink. h->name names the file
	 * for readers that need it. */
	void (*block)(const struct layout *l, const struct reader_hints *h, struct str block,
		      struct sink *sink);

	/*
	 * FRAME_STREAM, in place of header and block. feed() reads on from where it was left and
	 * returns how many of the bytes at hand are done with; the rest comes again, with more
	 * behind it. `ended` says that the file ends behind them: then all is done with, and what
	 * was kept (open flows, sets without a template) must be handed over or told. To return 0
	 * asks for more; with unit_max bytes at hand (at most 16 MiB: the longest thing that must
	 * be seen in one piece) it means that the rest of the file is given up, and why has been
	 * told. What cannot be read is told to the sink. Errors of open: ERR_NOMEM.
	 */
	size_t unit_max;
	enum err (*open)(const struct reader_hints *h, struct stream **out);
	size_t (*feed)(struct stream *st, struct str have, bool ended, struct sink *sink);
	void (*close)(struct stream *st);
	const struct blocks *blocks; /* NULL: files are read from the beginning to the end */
};

/* All readers, by readers.def; NULL-terminated. */
extern const struct reader *const readers[];
/* The surest reader of that class; *out unset and ERR_FORMAT when none is sure by 1. Ties: first in
 * readers.def. */
MUST enum err reader_find(enum reads reads, const struct sample *s, const struct reader **out);
const struct reader *reader_named(enum reads reads, struct str name);

#endif
