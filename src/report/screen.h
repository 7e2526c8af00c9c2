/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What people read on a terminal: tables that fit its width, headings, numbers, colours where they
 * are wanted. Whatever comes from outside goes through cell_text or cell_value: control characters
 * become visible, values are defanged.
 *
 * Workload: some dozen rows; a table's cells are made twice, once to be measured. Memory: the
 * caller's buffer, and two of a screen's own for a cell.
 */
#ifndef NEZUMI_REPORT_SCREEN_H
#define NEZUMI_REPORT_SCREEN_H

#include "base/buf.h"

struct screen {
	struct buf *b; /* where it is written */
	bool colour, japanese;
	unsigned width;  /* columns, at least 60 */
	struct buf cell; /* what stands in the cell that is being made */
	struct buf raw;
};

/* A macro, so that the compiler sees the formats. */
#define SAY(screen, en, ja) ((screen)->japanese ? (ja) : (en))

void screen_init(struct screen *p, struct buf *b);
void screen_free(struct screen *p);

/* ANSI's number of a style, "1;31"; plain: none. */
void screen_style(struct screen *p, const char *code);
void screen_plain(struct screen *p);
/* An empty line, then the heading, without an end of line. */
void screen_heading(struct screen *p, const char *en, const char *ja);
/* How many of all are not shown; nothing when all are. */
void screen_more(struct screen *p, size_t all, size_t shown);

/* 1234567 -> 1,234,567; and with its noun. */
void put_grouped(struct buf *b, uint64_t v);
void screen_count(struct screen *p, uint64_t v, const char *one, const char *many, const char *ja);

/* ---- cells ---- */

enum align { LEFT, RIGHT };

void cell_text(struct screen *p, struct str s);
void cell_value(struct screen *p, struct str value);
/* The first of some, and how many more. */
void cell_some(struct screen *p, const struct str *v, size_t n, bool values);
/* Write the cell, cut or filled to the width; the last of a line is not filled. */
void screen_cell(struct screen *p, enum align align, unsigned width, bool last);

/* ---- tables ---- */

struct column {
	const char *title[2]; /* English, Japanese */
	enum align align;
	unsigned least, most; /* width; most 0: takes what is left */
};

/*
 * Every cell is measured, each column gets what it needs within its bounds and the elastic ones the
 * rest. fill() puts the text of a cell into screen->cell; the style of a row's first cell is given
 * by row_style(), or NULL.
 */
struct table {
	const struct column *columns;
	size_t n_columns, n_rows;
	void *ctx;
	void (*fill)(void *ctx, struct screen *p, size_t row, size_t column);
	const char *(*row_style)(void *ctx, size_t row);
};
#define TABLE_COLUMNS_MAX 12
void screen_table(struct screen *p, const struct table *tb);

#endif
