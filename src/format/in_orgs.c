/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The user's organisation table: CSV with a header, `network,id,name,sector,country,kind` in any
 * order; other columns are kept as they are. network is an address, a network, an AS number or a
 * domain.
 */
#include "base/json.h"
#include "format/entry.h"
#include "format/table.h"
#include "format/text.h"

enum column { NETWORK, ID, NAME, SECTOR, COUNTRY, KIND, COLUMNS };

static const char *const names[COLUMNS] = { "network", "id", "name", "sector", "country", "kind" };

struct layout {
	char sep;
	int n;
	int at[COLUMNS]; /* -1: there is none */
	/* The names of the others, as keys of JSON with their colon; of the rest empty. In the
	 * layout's arena; NULL while it is only looked at. */
	struct str *others;
	size_t room; /* for these names */
};

static bool understand(struct str line, const struct reader_hints *h, struct layout *l, const char **why)
{
	struct str f[CSV_FIELDS_MAX];
	struct buf scratch;

	buf_init(&scratch, 0);
	l->others = NULL;
	l->room = 0;
	l->sep = csv_separator(line);
	l->n = csv_split(line, l->sep, &scratch, f, why);
	for (size_t c = 0; c < COLUMNS; c++)
		l->at[c] = -1;
	for (int i = 0; i < l->n; i++)
		for (size_t c = 0; c < COLUMNS; c++)
			if (l->at[c] < 0 && csv_named(f[i], names[c]))
				l->at[c] = i;
	for (size_t k = 0; h && k < h->n_columns; k++)
		for (size_t c = 0; c < COLUMNS; c++)
			for (int i = 0; i < l->n && csv_named(h->columns[k][0], names[c]); i++)
				if (str_ieq(f[i], str_trim(h->columns[k][1])))
					l->at[c] = i;
	buf_free(&scratch);
	if (l->n < 0)
		return false;
	if (l->at[NETWORK] < 0)
		*why = "no column is called network";
	else if (l->at[ID] < 0 && l->at[NAME] < 0)
		*why = "no column is called id or name";
	else
		return true;
	return false;
}

static bool is_field(const struct layout *l, int column)
{
	for (size_t c = 0; c < COLUMNS; c++)
		if (l->at[c] == column)
			return true;
	return false;
}

static enum err name_others(struct layout *l, struct str line, struct arena *a)
{
	struct str f[CSV_FIELDS_MAX];
	struct buf scratch, key;
	const char *why;
	enum err e = ERR_OK;

	l->others = arena_array(a, (size_t)l->n, sizeof *l->others);
	if (!l->others)
		return ERR_NOMEM;
	buf_init(&scratch, 0);
	buf_init(&key, 0);
	if (csv_split(line, l->sep, &scratch, f, &why) != l->n)
		e = ERR_NOMEM;
	for (int i = 0; !e && i < l->n; i++) {
		l->others[i] = STR_NONE;
		buf_clear(&key);
		if (is_field(l, i) || str_trim(f[i]).n == 0)
			continue;
		json_put(&key, str_trim(f[i]));
		buf_ch(&key, ':');
		l->others[i] = arena_str(a, buf_str(&key));
		l->room += key.n + 4;
		if (!l->others[i].p || buf_err(&key))
			e = ERR_NOMEM;
		/* Of columns of one name the first counts. */
		for (int k = 0; !e && k < i; k++)
			if (str_eq(l->others[k], l->others[i]))
				l->others[i] = STR_NONE;
	}
	buf_free(&scratch);
	buf_free(&key);
	return e;
}

static int orgs_sniff(const struct sample *s)
{
	struct str rest = s->head, title;
	struct layout l;
	const char *why;

	return sample_title(s, &rest, &title) && understand(title, NULL, &l, &why) ? 90 : 0;
}

static enum err orgs_header(struct str lines, const struct layout *prev,
			    const struct reader_hints *h, struct arena *a,
			    const struct layout **out, unsigned *kinds, struct errinfo *ei)
{
	struct layout *l = arena_alloc(a, sizeof *l);
	const char *why = "it is empty";
	struct str line;

	(void)prev;
	(void)kinds;
	if (!l)
		return err_set(ei, ERR_NOMEM, "no memory for the header");
	if (!str_line(&lines, &line) || !understand(line, h, l, &why))
		return err_set(ei, ERR_PARSE, "header of the organisation table: %s", why);
	if (name_others(l, line, a))
		return err_set(ei, ERR_NOMEM, "no memory for the header");
	*out = l;
	return ERR_OK;
}

/* What the other columns say, as one object; behind all slices in the scratch buffer. */
static struct str others(const struct layout *l, const struct str *f, int n, struct buf *scratch)
{
	size_t begin = scratch->n;

	for (int i = 0; i < n; i++) {
		struct str value = str_trim(f[i]);

		if (l->others[i].n == 0 || value.n == 0)
			continue;
		buf_ch(scratch, scratch->n == begin ? '{' : ',');
		buf_puts(scratch, l->others[i]);
		json_put(scratch, value);
	}
	if (scratch->n == begin)
		return STR_NONE;
	buf_ch(scratch, '}');
	return str_skip(buf_str(scratch), begin);
}

/* Two letters in upper case, in the scratch buffer. */
static bool set_country(struct str s, struct buf *scratch, struct str *out)
{
	size_t begin = scratch->n;

	if (s.n != 2)
		return false;
	for (size_t i = 0; i < 2; i++) {
		char c = (char)(s.p[i] >= 'a' && s.p[i] <= 'z' ? s.p[i] - 32 : s.p[i]);

		if (c < 'A' || c > 'Z')
			return false;
		buf_ch(scratch, c);
	}
	*out = (struct str){ scratch->p + begin, 2 };
	return true;
}

static void one_row(const struct layout *l, const struct str *f, int n, struct sink *sink)
{
	struct org_entry o = { .org = { .kind = ORG_UNKNOWN, .country = STR_NONE, .extra = STR_NONE } };
	struct str c[COLUMNS];
	struct entry entry;
	struct errinfo ei;

	if (n > l->n) {
		sink_bad(sink, "%d fields where the header names %d", n, l->n);
		return;
	}
	for (size_t i = 0; i < COLUMNS; i++)
		c[i] = l->at[i] >= 0 && l->at[i] < n ? str_trim(f[l->at[i]]) : STR_NONE;
	if (entry_parse(c[NETWORK], false, &sink->scratch, &entry, &ei)) {
		sink_bad(sink, "network: %s", ei.msg);
		return;
	}
	if (c[ID].n == 0 && c[NAME].n == 0) {
		sink_bad(sink, "neither id nor name");
		return;
	}
	if (c[KIND].n && !org_kind_parse(c[KIND], &o.org.kind)) {
		sink_bad(sink, "an unknown kind of organisation");
		return;
	}
	/* Whose network it is matters more than where: the rest of the line stays. */
	if (c[COUNTRY].n && !set_country(c[COUNTRY], &sink->scratch, &o.org.country))
		sink_bad(sink, "the country, not two letters (ISO 3166-1 alpha-2), was left out");
	o.type = entry.type;
	o.net = entry.net;
	o.as = entry.as;
	o.name = entry.name;
	o.org.id = c[ID].n ? c[ID] : c[NAME];
	o.org.name = c[NAME].n ? c[NAME] : c[ID];
	o.org.sector = c[SECTOR];
	o.org.extra = others(l, f, n, &sink->scratch);
	sink->org(sink->ctx, &o);
}

static void orgs_block(const struct layout *l, const struct reader_hints *h, struct str block,
		       struct sink *sink)
{
	struct table t = table_begin(block, sink);
	struct str f[CSV_FIELDS_MAX], line;

	(void)h;
	while (table_row(&t, &line)) {
		int n;

		if (!l) {
			sink_bad(sink, "a row before any header");
			continue;
		}
		/* Slices must stay: room for the fields, a name, the country and the other columns
		 * (their bytes escaped, and all their names) at once. */
		n = table_split(&t, line, l->sep, l->n, 8, l->room + 1024, f);
		if (n >= 0)
			one_row(l, f, n, sink);
	}
}

const struct reader reader_orgs = {
	.name = "organisations",
	.title = "organisation table (network,id,name,sector,country,kind)",
	.reads = READS_ORGS,
	.frame = FRAME_LINES,
	.titled = true,
	.spans = true,
	.sniff = orgs_sniff,
	.header = orgs_header,
	.block = orgs_block,
};
