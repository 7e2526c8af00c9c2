/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Escaping for every syntax that leaves the program. The input may be any bytes; the output is valid
 * UTF-8 in which the input is data and nothing else. Invalid UTF-8 becomes U+FFFD. JSON: see json.h.
 */
#ifndef NEZUMI_BASE_ESCAPE_H
#define NEZUMI_BASE_ESCAPE_H

#include "base/buf.h"

/* HTML text and quoted attributes, also inside SVG: & < > " ' and control characters (dropped but
 * TAB, LF). */
void esc_html(struct buf *b, struct str s);
/* Terminal: C0, C1, DEL, bidirectional controls and other invisible formats become visible escapes
 * (\x1b, \u202e). */
void esc_term(struct buf *b, struct str s);
/* One CSV field, quoted where needed; a leading = + - @ TAB CR gets a ' before it (formulas). */
void esc_csv(struct buf *b, struct str s);
/* Markdown text inside tables and sentences: markup characters get a backslash, | and line breaks
 * too, < and & as entities. */
void esc_md(struct buf *b, struct str s);

/*
 * Defang an address, domain or URL for people: the last dot becomes [.] (`115.88.75[.]245`,
 * `evil.example[.]com`: the dot before the last label), http becomes hxxp, IPv6 gets [:] at its
 * last colon. Appends raw bytes: escape afterwards.
 */
void defang(struct buf *b, struct str value);

/* Columns that the text takes on a terminal: East Asian wide characters count two, combining ones
 * none (POSIX wcwidth-like, table of ranges). */
size_t text_width(struct str s);
/* The longest head of s at most `width` columns wide, cut between characters. */
struct str text_head(struct str s, size_t width);

#endif
