/* SPDX-License-Identifier: Apache-2.0 */
#include "format/table.h"

struct table table_begin(struct str block, struct sink *sink)
{
	return (struct table){ .sink = sink, .begin = block.p, .rest = block, .ahead = sink->ahead };
}

static uint64_t count_lines(struct str s)
{
	struct str line;
	uint64_t n = 0;

	while (str_line(&s, &line))
		n++;
	return n;
}

/* The row that goes on behind its first line, which is left as it is where none does. */
static bool whole_row(struct table *t, struct str *line, char sep, int want)
{
	struct str behind = { t->rest.p, t->rest.n + t->ahead };
	size_t n = csv_span(*line, behind, sep, want);
	const char *end = behind.p + n;

	if (n == 0)
		return false;
	t->more = count_lines(str_head(behind, n));
	t->beyond = n > t->rest.n ? n - t->rest.n : 0;
	t->rest = str_skip(t->rest, n);
	while (end > line->p && (end[-1] == '\n' || end[-1] == '\r'))
		end--;
	*line = str_range(line->p, end);
	return true;
}

int table_split(struct table *t, struct str line, char sep, int want, size_t times, size_t plus,
		struct str fields[CSV_FIELDS_MAX])
{
	struct buf *scratch = &t->sink->scratch;
	const char *why = "no memory for the line";
	int n = -1;

	do {
		buf_clear(scratch);
		if (!buf_room(scratch, times * line.n + plus)) {
			why = "no memory for the line";
			break;
		}
		n = csv_split(line, sep, scratch, fields, &why);
	} while (n == CSV_OPEN && whole_row(t, &line, sep, want));
	if (n >= 0)
		return n;
	sink_bad(t->sink, "%s", why);
	return -1;
}
