/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The sentences of a report, composed from its figures. Each language is written for itself: a
 * table of functions that put marked text (say.h) into a buffer, and the words of headings and
 * columns. Text is lines: a paragraph or an item each; MARK_DEEPER begins an item that belongs to
 * the line before it. Nothing to say leaves the buffer as it is.
 *
 * Kept honest by rule: "called" is what the records prove; "talked to" needs an answer that was
 * seen; infection is what the findings conclude and the confidence qualifies.
 */
#ifndef NEZUMI_REPORT_PROSE_H
#define NEZUMI_REPORT_PROSE_H

#include "report/say.h"
#include "report/view.h"

enum word {
	W_LANG, /* of the document: en, ja */
	W_TITLE,
	W_CONTENTS,
	W_SUMMARY,
	W_JUDGEMENTS,
	W_FAMILIES,
	W_CONTROLLERS,
	W_CHART,
	W_CLUSTERS,
	W_CLUSTER,
	W_ORGANISATIONS,
	W_PLACES,
	W_BY_SECTOR,
	W_BY_COUNTRY,
	W_TIMELINE,
	W_TIMELINE_ORGS,
	W_TIMELINE_CONTROLLERS,
	W_FINDINGS,
	W_METHOD,
	W_SCORE_PARTS,
	W_ASIDE,
	W_ASIDE_HOSTS,
	W_ASIDE_WITHHELD,
	W_ASIDE_REJECTED,
	W_RECOMMENDATIONS,
	W_APPENDIX,
	W_INPUTS,
	W_FIRST_TO_TELL,
	W_CONFIDENCE,
	W_HIGH,
	W_MEDIUM,
	W_LOW,
	W_SCORE,
	W_HOST,
	W_HOSTS,
	W_ORGANISATION,
	W_CONTROLLER,
	W_COUNTRY,
	W_COUNTRIES,
	W_SECTOR,
	W_ISP,
	W_FAMILY,
	W_PORT,
	W_RECORDS,
	W_FIRST,
	W_LAST,
	W_DAYS,
	W_SINCE,
	W_NAMES,
	W_NOTE,
	W_REASON,
	W_REASONS,
	W_DETAIL,
	W_MEANING,
	W_EVIDENCE,
	W_SOURCE,
	W_SOURCES,
	W_VALUE,
	W_FILE,
	W_LINE,
	W_KIND,
	W_FORMAT,
	W_MALFORMED,
	W_SIZE,
	W_POINTS,
	W_PART,
	W_TYPE,
	W_TRAFFIC,
	W_TIME,
	W_WHY,
	W_CSV,
	W_STIX,
	W_COPY,
	W_COPY_RAW,
	W_COPY_DEFANGED,
	W_COPY_COMMAND,
	W_COPIED,
	W_SORT,
	W_INFORM_ONLY,
	W_MORE_ROWS, /* has one "%s" for the number */
	W_ENTRIES,
	W_MADE,
	W_FOOT,
	W_NONE,
	W_OTHERS,
	W_MAP_KEY, /* what shapes and lines of the graph mean */
	W_ANONYMISED,
	W_N_HOSTS, /* beside figures */
	W_N_FAMILIES,
	W_FIRST_LAST,
	W_BY_CONFIDENCE,
	W_PAIRS,
	W_OTHER_FAMILIES,
	W_OTHER_CLUSTERS,
	W_N_FILES,
	W_MORE_LINES, /* as W_MORE_ROWS, of what could not be read */
	W_COUNT
};

/* The parts of a report about which prose has something to say. */
struct prose {
	const char *const *words; /* [W_COUNT] */
	void (*headline)(const struct view *v, struct buf *b);
	void (*standfirst)(const struct view *v, struct buf *b); /* one sentence or two below it */
	void (*summary)(const struct view *v, struct buf *b);
	void (*judgements)(const struct view *v, struct buf *b); /* items */
	void (*family)(const struct view *v, struct buf *b, const struct view_family *f);
	void (*controllers)(const struct view *v, struct buf *b);
	void (*clusters)(const struct view *v, struct buf *b);
	void (*cluster)(const struct view *v, struct buf *b, size_t i);
	void (*places)(const struct view *v, struct buf *b);
	void (*timeline)(const struct view *v, struct buf *b);
	void (*findings)(const struct view *v, struct buf *b);
	void (*finding)(const struct view *v, struct buf *b, const struct finding *f);
	void (*reason)(const struct view *v, struct buf *b, const struct finding *f,
		       const struct reason *r);
	void (*part)(struct buf *b, struct str part); /* a part of the score, a few words */
	void (*method)(const struct view *v, struct buf *b);
	void (*aside)(const struct view *v, struct buf *b);
	void (*label)(struct buf *b, struct str reason); /* of an exclusion or a withheld indicator,
							    in short */
	void (*kind)(struct buf *b, struct str kind);    /* of an input */
	void (*why_excluded)(struct buf *b, struct str reason);
	void (*why_withheld)(struct buf *b, struct str reason);
	void (*recommendations)(const struct view *v, struct buf *b); /* headings with items below */
	void (*appendix)(const struct view *v, struct buf *b);
	void (*date)(struct buf *b, int64_t t);
	void (*span)(struct buf *b, int64_t first, int64_t last);
};

const struct prose *prose_in(enum report_lang lang);
extern const struct prose prose_en, prose_ja;
extern const char *const words_en[W_COUNT];
extern const char *const words_ja[W_COUNT];

/* ---- facts that both languages need ---- */

enum { FACTS_MAX = 64 };

struct fact {
	struct str key;
	const struct country_name *country; /* of facts_countries */
	const struct view_org *like;        /* of facts_nouns: one of them */
	uint64_t n;
};

struct facts {
	struct fact v[FACTS_MAX]; /* the most first, equals in order of appearance */
	size_t n;
	uint64_t all, rest; /* counted; counted but not in v */
};

/* Which countries, regions, kinds of organisation are among orgs idx[0..n); the unknown one is
 * passed over. */
void facts_countries(const struct view *v, const uint32_t *idx, size_t n, struct facts *out);
void facts_regions(const struct view *v, const uint32_t *idx, size_t n, struct facts *out);
void facts_nouns(const struct view *v, const uint32_t *idx, size_t n, struct facts *out);
void facts_sectors(const struct view *v, const uint32_t *idx, size_t n, struct facts *out);
/* Of controllers. */
void facts_sources(const struct view *v, const uint32_t *idx, size_t n, struct facts *out);
void facts_source_regions(const struct view *v, const uint32_t *idx, size_t n, struct facts *out);

/* The organisations of one controller into idx (room for max); how many there are to show. */
size_t facts_callers(const struct view *v, uint32_t controller, uint32_t *idx, size_t max);
/* Controllers that stand out by organisations or hosts, at most max. */
size_t facts_outstanding(const struct view *v, uint32_t *idx, size_t max);
/* Organisations of high confidence that should hear of it first, at most max; any when none is
 * high. */
size_t facts_first_to_tell(const struct view *v, uint32_t *idx, size_t max);
/* Smallest number of controllers, in the order of the answer, that hold at least `percent` of all
 * edges. */
size_t facts_cover(const struct view *v, unsigned percent);
/* Controllers that alerts name as shared, the order of the answer, at most max. */
size_t facts_shared(const struct view *v, uint32_t *idx, size_t max);
/* Does any controller have indicators that state when they hold? */
bool facts_bounded(const struct view *v);
/* The records date from 1970, which is what clocks say that nobody set. */
bool facts_clock_unset(const struct view *v);
/* Is there a cluster of more than one controller and one organisation? */
bool facts_clustered(const struct view *v);
uint64_t facts_domains(const struct view *v);
uint64_t facts_rented(const struct view *v); /* controllers at providers */

#endif
