/* SPDX-License-Identifier: Apache-2.0 */
/* Indicators as comma-separated values with a header: columns by the names in use or as the user
 * says. */
#include "format/ind_row.h"
#include "format/text.h"

struct layout {
	struct ind_columns columns;
};

static bool holds_value(struct str field, struct buf *scratch)
{
	struct indicator ind;

	buf_clear(scratch);
	return indicator_recognise(field, scratch, &ind, NULL) == ERR_OK;
}

/* What has values where a header should be is a table without one. */
static bool is_row(struct str title, const struct ind_columns *c)
{
	struct str fields[CSV_FIELDS_MAX];
	struct buf text, scratch;
	bool found = false;
	const char *why;
	int n;

	buf_init(&text, 0);
	buf_init(&scratch, 0);
	n = csv_split(title, c->sep, &text, fields, &why);
	for (int i = 0; i < n && !found; i++)
		found = holds_value(fields[i], &scratch);
	buf_free(&text);
	buf_free(&scratch);
	return found;
}

/* Does any of the first rows hold a value in one of these columns (any column if there are none)? */
static bool rows_hold(const struct sample *s, struct str rest, const struct ind_columns *c, bool named)
{
	struct buf text, scratch;
	struct str line;
	bool found = false, any = false;

	buf_init(&text, 0);
	buf_init(&scratch, 0);
	for (int rows = 0; rows < 20 && !found && sample_line(s, &rest, &line);) {
		struct str fields[CSV_FIELDS_MAX];
		const char *why;
		int n;

		if (str_trim(line).n == 0 || line.p[0] == '#')
			continue;
		rows++;
		any = true;
		buf_clear(&text);
		n = csv_split(line, c->sep, &text, fields, &why);
		if (n == CSV_OPEN) {
			size_t more = csv_span(line, rest, c->sep, (int)c->n);

			line = str_range(line.p, rest.p + more);
			rest = str_skip(rest, more);
			buf_clear(&text);
			n = more ? csv_split(line, c->sep, &text, fields, &why) : n;
		}
		if (n < 0 || (unsigned)n > c->n || (!named && (unsigned)n != c->n))
			continue;
		for (int i = 0; i < n && !found; i++)
			found = (!named || i == c->at[IND_VALUE] || i == c->at[IND_URL] ||
				 i == c->at[IND_DOMAIN] || i == c->at[IND_ADDRESS] ||
				 i == c->at[IND_HASH]) &&
				holds_value(fields[i], &scratch);
	}
	buf_free(&text);
	buf_free(&scratch);
	return found || (named && !any);
}

static int csv_sniff(const struct sample *s)
{
	struct str rest = s->head, title;
	struct ind_columns c;
	const char *why;
	int known;

	if (!sample_title(s, &rest, &title))
		return 0;
	known = ind_columns(title, NULL, &c, &why);
	if (known > 0)
		return !rows_hold(s, rest, &c, true) ? 0 : known >= 3 ? 70 : known == 2 ? 60 : 45;
	/* A table whose columns the user must name. */
	return known == 0 && c.n > 1 && title.p[0] != ';' && title.p[0] != '/' &&
			       !is_row(title, &c) && rows_hold(s, rest, &c, false)
		       ? 10
		       : 0;
}

static enum err csv_header(struct str lines, const struct layout *prev,
			   const struct reader_hints *h, struct arena *a, const struct layout **out,
			   unsigned *kinds, struct errinfo *ei)
{
	struct layout *l = arena_alloc(a, sizeof *l);
	const char *why = NULL;
	struct str line;
	int known;

	(void)prev;
	(void)kinds;
	if (!l)
		return err_set(ei, ERR_NOMEM, "no memory for the header");
	if (!str_line(&lines, &line))
		return err_set(ei, ERR_PARSE, "the header is empty");
	known = ind_columns(line, h, &l->columns, &why);
	if (known < 0)
		return err_set(ei, ERR_PARSE, "header: %s", why);
	if (known == 0)
		return err_set(ei, ERR_PARSE,
			       "no column of the header is known to hold indicators: name one "
			       "with --column value=NAME");
	*out = l;
	return ERR_OK;
}

static void csv_block(const struct layout *l, const struct reader_hints *h, struct str block,
		      struct sink *sink)
{
	(void)h;
	ind_rows(l ? &l->columns : NULL, block, sink);
}

const struct reader reader_csv = {
	.name = "csv",
	.title = "indicators as CSV with a header (columns by name or by --column)",
	.reads = READS_INDICATORS,
	.frame = FRAME_LINES,
	.titled = true,
	.spans = true,
	.sniff = csv_sniff,
	.header = csv_header,
	.block = csv_block,
};
