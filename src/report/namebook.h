/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How to speak of sectors and countries: the two tables of the catalogue, read once into an arena.
 * A few hundred rows; look-ups walk them. What the tables do not hold is shown as it was written.
 */
#ifndef NEZUMI_REPORT_NAMEBOOK_H
#define NEZUMI_REPORT_NAMEBOOK_H

#include "base/arena.h"
#include "report/report.h"

struct sector_name {
	struct str key;
	struct str en_noun, en_article, en_sector; /* "financial company", "a", "Finance and
						      banking" */
	struct str ja_noun, ja_sector;
};

struct country_name {
	struct str code;
	struct str en, en_in; /* "Netherlands", "the Netherlands" */
	struct str ja;
	struct str region; /* English key: "Latin America" */
};

struct namebook {
	struct sector_name *sectors;
	size_t n_sectors;
	struct country_name *countries;
	size_t n_countries;
};

/* The strings of *out point into the tables or into the arena. Rows that lack a key are skipped. */
MUST enum err namebook_load(struct arena *arena, const struct report_names *tables,
			    struct namebook *out);

/* NULL when the table does not hold it. Without regard to case, blanks, `-` and `_`. */
const struct sector_name *namebook_sector(const struct namebook *n, struct str key);
const struct country_name *namebook_country(const struct namebook *n, struct str code);

/* A country for tables: its name, the code itself when it is unknown, `none` when it is empty. */
struct str namebook_country_text(const struct namebook *n, enum report_lang lang, struct str code,
				 struct str none);
/* A sector for tables, likewise. */
struct str namebook_sector_text(const struct namebook *n, enum report_lang lang, struct str key,
				struct str none);
/* A region of the table in Japanese; as it is when unknown. */
struct str namebook_region(enum report_lang lang, struct str region);

#endif
