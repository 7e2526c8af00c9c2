/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Indicators out of files: what kind of document a file is, its text, and the engine
 * (core/extract.h) on that. Addresses of special-purpose ranges are kept apart here, because the
 * catalogue knows them.
 *
 * An extractor is read only once it is made; threads may share it. A document takes its text in
 * memory, at most DOCUMENT_MAX bytes of file.
 */
#ifndef NEZUMI_APP_EXTRACT_H
#define NEZUMI_APP_EXTRACT_H

#include "app/special.h"
#include "core/extract.h"
#include "format/text_doc.h"

#define DOCUMENT_MAX ((size_t)256 << 20)

struct extractor {
	struct lexicon *lexicon;
	struct special special;
	enum isa isa;
};

/* Errors: ERR_NOMEM, ERR_PARSE (the catalogue). Free in any case. */
MUST enum err extractor_init(struct extractor *x);
void extractor_free(struct extractor *x);

/* A file that was looked at. Everything lies in it until document_free. */
struct document {
	struct arena arena;
	struct text_doc text;
	struct extraction found;
};

struct extract_how {
	bool all;          /* references, names of files and other context too */
	bool every;        /* each place of a value */
	enum text_kind as; /* TEXT_GUESS: by content */
};

/*
 * path: "-" is standard input. *d is to be freed in any case. Errors with the reason: ERR_IO,
 * ERR_NOENT, ERR_LIMIT (too large), ERR_FORMAT (not a document: an image, a program), ERR_NOMEM.
 */
MUST enum err document_extract(const struct extractor *x, const char *path,
			       const struct extract_how *how, struct document *d, struct errinfo *ei);
void document_free(struct document *d);

#endif
