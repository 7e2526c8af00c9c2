/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The text of a PDF, by poppler's pdftotext in a process of its own: no shell, limits on its
 * processor time, memory and output, nothing but its three streams open. A parser of PDF is where
 * an attacker would begin.
 */
#ifndef NEZUMI_APP_PDF_TEXT_H
#define NEZUMI_APP_PDF_TEXT_H

#include "format/text_doc.h"

#define PDF_SECONDS  60
#define PDF_MEMORY   ((size_t)1 << 30)
#define PDF_TEXT_MAX ((size_t)128 << 20)

/* Errors with the reason: ERR_NOENT (pdftotext is not installed), ERR_PARSE (damaged, encrypted),
 * ERR_LIMIT (too long, too large), ERR_IO, ERR_NOMEM, ERR_STOP. */
MUST enum err pdf_text(struct str file, struct text_doc *d, struct errinfo *ei);

#endif
