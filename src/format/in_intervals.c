/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Listing intervals: who was on a list from when until when (`ip,listed_from,listed_until`), as
 * histories of lists are published. An open end is empty.
 */
#include "format/ind_row.h"
#include "format/text.h"

struct layout {
	struct ind_columns columns;
};

static int intervals_sniff(const struct sample *s)
{
	struct str rest = s->head, title;
	struct ind_columns c;
	const char *why;

	if (!sample_title(s, &rest, &title) || ind_columns(title, NULL, &c, &why) != 3 ||
	    str_find(title, STR("listed_from")) == SIZE_MAX ||
	    str_find(title, STR("listed_until")) == SIZE_MAX)
		return 0;
	return 90;
}

static enum err intervals_header(struct str lines, const struct layout *prev,
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
	if (!str_line(&lines, &line) || ind_columns(line, h, &l->columns, &why) < 0)
		return err_set(ei, ERR_PARSE, "header: %s", why);
	if (l->columns.at[IND_FROM] < 0 || l->columns.at[IND_UNTIL] < 0 ||
	    (l->columns.at[IND_ADDRESS] < 0 && l->columns.at[IND_VALUE] < 0))
		return err_set(ei, ERR_PARSE, "the header is not ip,listed_from,listed_until");
	l->columns.dates_matter = true;
	*out = l;
	return ERR_OK;
}

static void intervals_block(const struct layout *l, const struct reader_hints *h, struct str block,
			    struct sink *sink)
{
	(void)h;
	ind_rows(l ? &l->columns : NULL, block, sink);
}

const struct reader reader_intervals = {
	.name = "intervals",
	.title = "listing intervals (ip,listed_from,listed_until)",
	.reads = READS_INDICATORS,
	.frame = FRAME_LINES,
	.titled = true,
	.spans = true,
	.sniff = intervals_sniff,
	.header = intervals_header,
	.block = intervals_block,
};
