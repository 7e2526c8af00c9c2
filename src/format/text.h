/* SPDX-License-Identifier: Apache-2.0 */
/* What readers of text formats share when they look at a sample. */
#ifndef NEZUMI_FORMAT_TEXT_H
#define NEZUMI_FORMAT_TEXT_H

#include "format/reader.h"

/* The next line of a sample, *rest beginning as its head; a last line that may be cut short is left
 * out. */
static inline bool sample_line(const struct sample *s, struct str *rest, struct str *line)
{
	if (!s->whole && str_chr(*rest, '\n') == SIZE_MAX)
		return false;
	return str_line(rest, line);
}

static inline bool line_is_entry(struct str line)
{
	return line.n > 0 && line.p[0] != '#';
}

/* The next line of a sample, trimmed, that is neither blank nor a comment (#). */
static inline bool sample_entry(const struct sample *s, struct str *rest, struct str *line)
{
	while (sample_line(s, rest, line)) {
		*line = str_trim(*line);
		if (line_is_entry(*line))
			return true;
	}
	return false;
}

/* The same of a block; each line is begun. */
static inline bool block_entry(struct str *block, struct str *line, struct sink *sink)
{
	while (str_line(block, line)) {
		sink_line(sink);
		*line = str_trim(*line);
		if (line_is_entry(*line))
			return true;
	}
	return false;
}

/* The first line that is not blank and does not begin with `#`: what a titled reader gets. */
static inline bool sample_title(const struct sample *s, struct str *rest, struct str *title)
{
	while (sample_line(s, rest, title))
		if (str_trim(*title).n && title->p[0] != '#')
			return true;
	return false;
}

/* Not text, but something compiled or UTF-16: a few NUL bytes are bad lines, many are another
 * format. */
static inline bool sample_binary(const struct sample *s)
{
	size_t nuls = 0;

	for (size_t i = 0; i < s->head.n; i++)
		nuls += s->head.p[i] == 0;
	return nuls > 1 + s->head.n / 64;
}

/* A value that stands for none. */
static inline bool text_none(struct str s)
{
	return s.n == 0 || str_is(s, "-") || str_iis(s, "none") || str_iis(s, "null") ||
	       str_iis(s, "n/a") || str_iis(s, "nil");
}

#endif
