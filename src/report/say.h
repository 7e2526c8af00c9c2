/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Small words: numbers, dates and lists as people write them, and the marks that sentences carry.
 *
 * A composed text is UTF-8 with four control characters as marks, so that one text serves HTML,
 * Markdown and a terminal; a line break ends a paragraph or an item. What comes from input is put
 * in by say_text and its like, which take all control characters out, so that nobody can forge a
 * mark. It is not yet escaped: the say_as functions do that.
 */
#ifndef NEZUMI_REPORT_SAY_H
#define NEZUMI_REPORT_SAY_H

#include "base/clock.h"

#define MARK_VALUE  '\1' /* an indicator follows */
#define MARK_STRONG '\2'
#define MARK_END    '\3' /* of either */
#define MARK_DEEPER '\4' /* first in a line: an item below the last one */

void say_text(struct buf *b, struct str s);
void say_strong(struct buf *b, struct str s);
/* An indicator, defanged. */
void say_value(struct buf *b, struct str value);
/* 1,234,567 */
void say_num(struct buf *b, uint64_t n);
/* 12 MB, 3.4 kB, 17 bytes; decimal units. */
void say_bytes(struct buf *b, uint64_t n);
/* The first ASCII letter at or after `from` as a capital; marks are passed over. */
void say_capital(struct buf *b, size_t from);

struct date {
	int year, month, day;
};
struct date say_date(int64_t t);

/* English: words up to nine. say_en_count(b, 3, "host", "hosts") is "three hosts", with 0 "no
 * hosts". */
void say_en_num(struct buf *b, uint64_t n);
void say_en_count(struct buf *b, uint64_t n, const char *one, const char *many);
/* What stands before element i of n: "", ", " or " and ". */
void say_en_and(struct buf *b, size_t i, size_t n);
void say_en_plural(struct buf *b, struct str noun);
void say_en_date(struct buf *b, int64_t t);
/* "on 2 December 2018" or "between 2 December 2018 and 8 January 2019"; the year once where it is
 * the same. */
void say_en_span(struct buf *b, int64_t first, int64_t last);
void say_en_interval(struct buf *b, int64_t us);

void say_ja_date(struct buf *b, int64_t t);
/* 「2018年12月2日から2019年1月8日まで」 or 「2018年12月2日」 */
void say_ja_span(struct buf *b, int64_t first, int64_t last);
void say_ja_interval(struct buf *b, int64_t us);

/* One line, marks as <code> and <strong>. */
void say_as_html(struct buf *out, struct str line);
void say_as_md(struct buf *out, struct str line);
/* A value that is already defanged, as a code span. */
void say_md_value(struct buf *out, struct str s);
/* Without marks, not escaped. */
void say_as_plain(struct buf *out, struct str line);

#endif
