/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Indicators out of the text of a report: addresses, names, URLs, hashes and the like, defanged or
 * not, each with its place, and with what the text around says of it. The rules are told in
 * docs/extract.md.
 *
 * Three steps: defanging and odd forms are undone beside the text, with a map back to it (fold), of
 * which only a window is there at a time; one pass over that finds candidates; then all of them are
 * judged together, because whether an undefanged name is meant as an indicator depends on how the
 * whole document writes them.
 *
 * Workload: a report of some kilobytes to a few megabytes, hundreds of them in a run; 100 MB/s a
 * core and more. Time is linear in the text, whatever it holds; memory besides the text is less
 * than a megabyte (and as much as the longest line) and some 400 bytes for each value, or for each
 * place if all are asked for. No I/O, no state between calls; a lexicon is read only and may be
 * shared by threads.
 */
#ifndef NEZUMI_CORE_EXTRACT_H
#define NEZUMI_CORE_EXTRACT_H

#include "base/arena.h"
#include "base/clock.h"
#include "base/cpu.h"
#include "core/indicator.h"

enum ex_type {
	EX_IPV4,
	EX_IPV6,
	EX_CIDR,
	EX_DOMAIN,
	EX_URL,
	EX_EMAIL,
	EX_MD5,
	EX_SHA1,
	EX_SHA256,
	EX_SHA512,
	EX_SSDEEP,
	EX_IMPHASH,
	EX_JA3, /* JA3S too */
	EX_JARM,
	EX_CVE,
	EX_ATTACK,
	EX_ASN,
	EX_BITCOIN,
	EX_REGISTRY,
	EX_FILENAME,
	EX_TYPES
};

enum ex_class {
	EX_INDICATOR,
	EX_REFERENCE, /* the text points its readers there */
	EX_CONTEXT    /* the text speaks of it, and does not hold it against anybody */
};

enum ex_status {
	EX_AS_WRITTEN,
	EX_MENDED,    /* the text has a mistake with one good reading */
	EX_UNCERTAIN, /* the text has a mistake or is cut: the value may be wrong or a part only */
};

const char *ex_type_text(enum ex_type t);
const char *ex_class_text(enum ex_class c);
const char *ex_status_text(enum ex_status s);

/* A value and the first place where it stands. Strings are slices of the text or of the arena. */
struct extracted {
	enum ex_type type;
	enum ex_class class;
	enum ex_status status;
	bool defanged; /* somewhere in the document */
	uint16_t port; /* 0: none said */
	bool has_role;
	enum role role;
	struct str value;    /* normal form */
	struct str original; /* as it is written there */
	struct str context;  /* the sentence or row around it, cut to some 200 bytes */
	struct str heading;  /* of the section, or empty */
	struct str family;   /* or empty */
	struct str note;     /* why it is not as written, or not an indicator; or empty */
	int64_t date;        /* that the text puts to it; TIME_NONE */
	uint64_t at;         /* byte of the text */
	uint32_t line;       /* from 1 */
	uint32_t count;      /* places where it stands */
	uint32_t first;      /* index among `every`: its first place, or for a place its value */
};

struct extraction {
	struct extracted *v; /* each value of each type once, in the order of the text */
	size_t n;
	struct extracted *every; /* all places, when asked for */
	size_t n_every;
};

/* ---- what the words mean ---------------------------------------------------------------------- */

/* Families by their names, and the words by which reports say what a value is. */
struct lexicon;

struct family_name {
	struct str family, name;
};

/* words: a file like catalogue/words.csv. Strings are copied. Errors: ERR_NOMEM; ERR_PARSE for
 * words that mean what nobody knows. */
MUST enum err lexicon_new(struct str words, const struct family_name *v, size_t n, struct lexicon **out);
void lexicon_free(struct lexicon *l);

/* ---- the work --------------------------------------------------------------------------------- */

/* A link of the document that its visible text does not show. */
struct text_link {
	size_t at; /* where in the text */
	struct str url;
};

struct extract_in {
	struct str text; /* UTF-8; what is not is passed over */
	const struct text_link *links;
	size_t n_links;
	bool every;
	/* Leave out the names of files, which are no indicators, for who shows only those. */
	bool no_files;
	enum isa isa; /* ISA_PLAIN will do */
	/* For tests: another window, and every byte looked at. The answer is the same. */
	size_t window;
	bool every_byte;
};

#define EXTRACT_TEXT_MAX ((size_t)1 << 30)

/* Everything of *out lies in the arena or points into the text. Errors: ERR_NOMEM, ERR_LIMIT. */
MUST enum err extract(const struct lexicon *l, const struct extract_in *in, struct arena *arena,
		      struct extraction *out);

#endif
