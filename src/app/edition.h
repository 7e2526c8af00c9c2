/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How a feed's next edition comes about: fetched into files of its own folder, and judged before
 * anybody believes it. An edition is whole: a collection that is read piece by piece, and a folder
 * of events, are kept in files, so that the next edition is what was there and what is new.
 *
 *	FOLDER/SERIAL/...          the documents of an edition
 *	FOLDER/events/UUID.TIME.json   events of a MISP feed, which several editions share
 *
 * Nothing of the edition before is touched, so whoever stops at any moment loses nothing: which
 * serial counts is said by the database alone, and edition_sweep() removes the rest.
 *
 * Workload: one list of some MiB; a collection of some 100,000 objects, read 1,000 at a time; some
 * thousand events. Memory: of a collection twice its size, at most twice the feed's limit (256 MiB
 * unless it has another). Time: six times what one document may take.
 */
#ifndef NEZUMI_APP_EDITION_H
#define NEZUMI_APP_EDITION_H

#include "app/feed.h"
#include "base/file.h"

struct json_t;

struct edition {
	const struct feed *feed;
	struct fetcher *fetcher;
	struct fetch_world world;
	const char *folder;       /* the feed's own; it is there */
	const struct json_t *was; /* what was noted with the last edition, an object; or NULL */
	uint64_t serial;          /* of the new one; not used before */
	bool afresh;              /* as if there had not been one before */
	/* What comes of it. */
	bool unchanged;
	struct path_list files;
	struct json_t *next; /* what is to be noted with it */
	char note[160];      /* something that its user should know, or empty */
	unsigned wait_s;     /* on errors: the server asks not to be asked sooner */
	/* Its own. */
	struct arena arena;
	int64_t began;
	uint64_t bytes;
};

MUST enum err edition_open(struct edition *ed, const struct feed *feed, struct fetcher *fetcher,
			   const struct fetch_world *world, const char *folder,
			   const struct json_t *was, uint64_t serial);
void edition_close(struct edition *ed);

/* Fetch it, by the feed's kind. Errors: those of fetch.h. */
MUST enum err edition_make(struct edition *ed, struct errinfo *ei);

/* What came of judging it. */
struct judged {
	uint64_t rows, malformed; /* indicators, lines (of documents: things) that could not be read */
};
/*
 * Is it what it should be? ERR_PARSE with the reason: no list at all, another format, cut off, of
 * which too much cannot be read (nothing but that, or 10 lines and more than half).
 */
MUST enum err edition_judge(const struct edition *ed, struct judged *out, struct errinfo *ei);
/* The reader for its files; NULL: by content. */
const struct reader *edition_reader(const struct feed *f);

/* Remove what belongs to neither of two serials (0: none). Errors are nobody's concern. */
void edition_sweep(const char *folder, uint64_t current, uint64_t held);
/* Events that the new edition does not name any more; when it has been accepted. */
void edition_sweep_events(const struct edition *ed);
/* The files of an edition that was made before, from what was noted with it. ERR_NOENT: they are
 * gone. */
MUST enum err edition_files(struct edition *ed, const struct json_t *noted, struct errinfo *ei);

/* ---- for the kinds of feeds (taxii.c, mispfeed.c, otxfeed.c) ---- */

/* A text that was noted with the last edition, below up to two names; empty if there is none. */
struct str edition_was(const struct edition *ed, const char *name, const char *below);
MUST enum err edition_note(struct edition *ed, const char *name, const char *below, struct str text);
/* A path in the new edition's own folder, or another of the feed's, which is made; in the arena. */
MUST enum err edition_path(struct edition *ed, const char *folder, struct str name,
			   struct str *path, struct errinfo *ei);
MUST enum err edition_add(struct edition *ed, struct str path);
/* fetch_file() within the limits of the whole. */
MUST enum err edition_fetch(struct edition *ed, const struct fetch_request *r, const char *to,
			    struct fetch_answer *answer, struct errinfo *ei);
/* The same for a document of JSON that is read into memory, appended to *doc and checked to be
 * whole. A file it leaves is of no use. */
MUST enum err edition_get(struct edition *ed, const struct fetch_request *r, struct buf *doc,
			  struct fetch_answer *answer, struct errinfo *ei);
/* Is the text one value of JSON, whole? */
bool edition_whole_json(struct str text);

MUST enum err taxii_edition(struct edition *ed, struct errinfo *ei);
MUST enum err misp_edition(struct edition *ed, struct errinfo *ei);
MUST enum err otx_edition(struct edition *ed, struct errinfo *ei);

#endif
