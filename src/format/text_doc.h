/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The text that a reader of a document sees, as UTF-8: of plain text and Markdown the whole, of HTML
 * what is shown, with the targets of links beside it, of mail its parts that are text. Any bytes may
 * come in: time is linear in them, depth is bounded, and what cannot be decoded becomes U+FFFD.
 *
 * HTML (WHATWG, as far as it matters here): blocks begin lines, cells of a row stand behind " | ",
 * headings behind "#". Mail: RFC 5322, 2045-2047, 2231. Character sets by iconv(3).
 */
#ifndef NEZUMI_FORMAT_TEXT_DOC_H
#define NEZUMI_FORMAT_TEXT_DOC_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/vec.h"
#include "core/extract.h"

enum text_kind { TEXT_GUESS, TEXT_PLAIN, TEXT_HTML, TEXT_MAIL, TEXT_PDF, TEXT_BINARY };

struct text_doc {
	struct buf text;
	VEC(struct text_link) links; /* their URLs lie in the arena */
	struct arena arena;
	struct str title; /* or empty */
	enum text_kind kind;
	const char *charset; /* what it was decoded from */
};

#define TEXT_DEPTH_MAX 16

void text_doc_init(struct text_doc *d);
void text_doc_free(struct text_doc *d);

/* By content. TEXT_BINARY: nothing that holds text for people. */
enum text_kind text_guess(struct str file);
/* A name for --as; false when there is none. */
bool text_kind_named(struct str name, enum text_kind *out);

/* Errors with the reason: ERR_FORMAT (TEXT_BINARY, TEXT_PDF), ERR_NOMEM, ERR_LIMIT. */
MUST enum err text_read(struct str file, enum text_kind kind, struct text_doc *d, struct errinfo *ei);

/* ---- parts ------------------------------------------------------------------------------------ */

/*
 * Append bytes as UTF-8. charset: as a document states it, or empty: by its marks and by trial
 * (UTF-8, UTF-16 with mark, ISO-2022-JP by its escapes, then the best of Shift_JIS, EUC-JP, GB18030
 * and Windows-1252). Returns the name that was used. Errors: ERR_NOMEM, ERR_LIMIT.
 */
MUST enum err text_decode(struct str bytes, struct str charset, struct buf *out, const char **used);

/* Is it UTF-8 as it stands, so that text_decode would but copy it? */
bool text_is_utf8(struct str bytes);

/* Append what HTML shows; it is UTF-8. */
MUST enum err text_html(struct str html, struct text_doc *d);
/* Append the readable parts of a message. */
MUST enum err text_mail(struct str mail, unsigned depth, struct text_doc *d);

#endif
