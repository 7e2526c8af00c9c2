/* SPDX-License-Identifier: Apache-2.0 */
#include "report/namebook.h"

enum { FIELDS_MAX = 12 };

/* One field of a table of ours: bare, or in quotes without quotes inside. */
static bool field(struct str *rest, struct str *out)
{
	if (!rest->p)
		return false;
	if (rest->n && rest->p[0] == '"') {
		struct str s = str_skip(*rest, 1);
		size_t end = str_chr(s, '"');

		*out = str_head(s, end);
		s = str_skip(s, end == SIZE_MAX ? s.n : end + 1);
		*rest = s.n ? str_skip(s, 1) : (struct str){ NULL, 0 };
		return true;
	}
	return str_cut(rest, ',', out);
}

static size_t split(struct str line, struct str fields[FIELDS_MAX])
{
	size_t n = 0;

	while (n < FIELDS_MAX && field(&line, &fields[n]))
		n++;
	return n;
}

struct table {
	struct str rest;
	struct str head[FIELDS_MAX];
	size_t columns;
	struct str row[FIELDS_MAX];
	size_t n;
};

static bool table_next(struct table *t)
{
	struct str line;

	while (str_line(&t->rest, &line)) {
		if (line.n == 0 || line.p[0] == '#')
			continue;
		if (!t->columns) {
			t->columns = split(line, t->head);
			continue;
		}
		t->n = split(line, t->row);
		return true;
	}
	return false;
}

static struct str column(const struct table *t, const char *name)
{
	for (size_t i = 0; i < t->columns && i < t->n; i++)
		if (str_is(t->head[i], name))
			return t->row[i];
	return STR_NONE;
}

static size_t lines(struct str s)
{
	size_t n = 1;

	for (size_t i = 0; i < s.n; i++)
		n += s.p[i] == '\n';
	return n;
}

enum err namebook_load(struct arena *arena, const struct report_names *tables, struct namebook *out)
{
	struct table sectors = { .rest = tables->sectors }, countries = { .rest = tables->countries };
	struct namebook n = { 0 };

	n.sectors = arena_array(arena, lines(tables->sectors), sizeof *n.sectors);
	n.countries = arena_array(arena, lines(tables->countries), sizeof *n.countries);
	if (!n.sectors || !n.countries)
		return ERR_NOMEM;
	while (table_next(&sectors)) {
		struct sector_name s = {
			.key = column(&sectors, "sector"),
			.en_noun = column(&sectors, "en_noun"),
			.en_article = column(&sectors, "en_article"),
			.en_sector = column(&sectors, "en_sector"),
			.ja_noun = column(&sectors, "ja_noun"),
			.ja_sector = column(&sectors, "sector_ja"),
		};

		if (s.key.n && s.en_noun.n && s.ja_noun.n)
			n.sectors[n.n_sectors++] = s;
	}
	while (table_next(&countries)) {
		struct country_name c = {
			.code = column(&countries, "code"),
			.en = column(&countries, "en"),
			.en_in = column(&countries, "en_in"),
			.ja = column(&countries, "ja"),
			.region = column(&countries, "region"),
		};

		if (!c.en_in.n)
			c.en_in = c.en;
		if (c.code.n && c.en.n && c.ja.n)
			n.countries[n.n_countries++] = c;
	}
	*out = n;
	return ERR_OK;
}

/* The next letter or digit of *s in lower case; 0 at the end. */
static char next_plain(struct str *s)
{
	while (s->n) {
		char c = s->p[0];

		*s = str_skip(*s, 1);
		if (c == ' ' || c == '-' || c == '_')
			continue;
		return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
	}
	return 0;
}

static bool same(struct str a, struct str b)
{
	char x, y;

	do {
		x = next_plain(&a);
		y = next_plain(&b);
	} while (x && x == y);
	return x == y && !a.n && !b.n;
}

const struct sector_name *namebook_sector(const struct namebook *n, struct str key)
{
	if (!key.n)
		return NULL;
	for (size_t i = 0; i < n->n_sectors; i++)
		if (same(n->sectors[i].key, key))
			return &n->sectors[i];
	/* Tables that people keep may name the sector as reports do. */
	for (size_t i = 0; i < n->n_sectors; i++)
		if (same(n->sectors[i].en_sector, key) || str_eq(n->sectors[i].ja_sector, key))
			return &n->sectors[i];
	return NULL;
}

const struct country_name *namebook_country(const struct namebook *n, struct str code)
{
	for (size_t i = 0; i < n->n_countries; i++)
		if (str_ieq(n->countries[i].code, code))
			return &n->countries[i];
	return NULL;
}

struct str namebook_country_text(const struct namebook *n, enum report_lang lang, struct str code,
				 struct str none)
{
	const struct country_name *c = namebook_country(n, code);

	if (!code.n)
		return none;
	return !c ? code : lang == REPORT_JA ? c->ja : c->en;
}

struct str namebook_sector_text(const struct namebook *n, enum report_lang lang, struct str key,
				struct str none)
{
	const struct sector_name *s = namebook_sector(n, key);

	if (!key.n || str_iis(key, "unknown"))
		return none;
	return !s ? key : lang == REPORT_JA ? s->ja_sector : s->en_sector;
}

struct str namebook_region(enum report_lang lang, struct str region)
{
	static const char *const ja[][2] = {
		{ "Latin America", "ラテンアメリカ" },
		{ "North America", "北米" },
		{ "Europe", "ヨーロッパ" },
		{ "Middle East", "中東" },
		{ "Central Asia", "中央アジア" },
		{ "South Asia", "南アジア" },
		{ "South-East Asia", "東南アジア" },
		{ "East Asia", "東アジア" },
		{ "Africa", "アフリカ" },
		{ "Oceania", "オセアニア" },
		{ "Antarctica", "南極" },
	};

	for (size_t i = 0; lang == REPORT_JA && i < sizeof ja / sizeof ja[0]; i++)
		if (str_is(region, ja[i][0]))
			return str_of(ja[i][1]);
	if (lang == REPORT_EN && str_is(region, "Middle East"))
		return STR("the Middle East");
	return region;
}
