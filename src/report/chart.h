/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Charts as inline SVG for HTML: horizontal bars and timelines. Widths are in per cent and heights in
 * pixels, so that text keeps its size on a phone, on a desk and on paper. Colours come from classes
 * (report.css). Each has a title and a description for those who do not see it. Deterministic.
 */
#ifndef NEZUMI_REPORT_CHART_H
#define NEZUMI_REPORT_CHART_H

#include "base/clock.h"

struct chart_bar {
	struct str label; /* raw text; escaped here */
	struct str note;  /* behind the number, may be empty */
	const char *kind; /* class of the bar: "mal", "org", "off" */
	bool mono;        /* the label is an indicator (already defanged) */
	uint64_t value;
};

struct chart_part {
	int64_t first, last;
};

/* A thin line from the first to the last, and thick ones for its parts; without parts all of it is
 * thick. */
struct chart_span {
	struct str label;
	const char *kind;
	bool mono;
	int64_t first, last;
	int64_t from, until; /* band behind it, e.g. validity; both TIME_NONE: none, one: open */
	struct str title;    /* said when pointed at */
	const struct chart_part *parts;
	size_t n_parts;
};

/* id is unique in the document (an HTML id); bars come sorted. Nothing is written for n = 0. */
void chart_bars(struct buf *b, const char *id, struct str title, struct str desc,
		const struct chart_bar *bars, size_t n);
/* From `from` to `to`, which hold all spans; the axis is labelled in days or months. */
void chart_timeline(struct buf *b, const char *id, struct str title, struct str desc,
		    const struct chart_span *spans, size_t n, int64_t from, int64_t to);

#endif
