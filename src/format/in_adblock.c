/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Filter lists of browsers (Adblock Plus, uBlock, AdGuard) as far as they block names: `||name^`,
 * options after $. What is let through (@@), hidden in pages (##), a piece of a path, a pattern, or
 * blocked on some sites alone says nothing about a name and is counted as unused. Plain names,
 * which AdGuard allows, count too.
 */
#include "format/ind_row.h"
#include "format/text.h"

enum { SNIFF_LINES = 200 };

static bool comment(struct str line)
{
	return line.n == 0 || line.p[0] == '!' || line.p[0] == '[' ||
	       (line.p[0] == '#' && (line.n == 1 || line.p[1] == ' ' || line.p[1] == '#'));
}

static bool limited(struct str options)
{
	struct str one;

	while (str_cut(&options, ',', &one)) {
		one = str_trim(one);
		if (str_istarts(one, STR("domain=")) || str_istarts(one, STR("from=")) ||
		    str_istarts(one, STR("denyallow=")) || str_istarts(one, STR("app=")) ||
		    str_istarts(one, STR("client=")) || str_iis(one, "badfilter"))
			return true;
	}
	return false;
}

/* The name that a line blocks with all below it; false for any other line. */
static bool blocked(struct str line, struct str *name)
{
	size_t option = str_chr(line, '$');

	if (!str_starts(line, STR("||")))
		return false;
	if (option != SIZE_MAX && limited(str_skip(line, option + 1)))
		return false;
	line = str_skip(str_head(line, option), 2);
	while (line.n && (line.p[line.n - 1] == '^' || line.p[line.n - 1] == '|'))
		line.n--;
	for (size_t i = 0; i < line.n; i++)
		if (strchr("/^*|?=&", line.p[i]))
			return false;
	*name = line;
	return line.n > 0;
}

/* A name or address and nothing else. */
static bool plain(struct str line)
{
	for (size_t i = 0; i < line.n; i++)
		if (strchr("/^*|?=&$#@,: \t~", line.p[i]) && line.p[i])
			return false;
	return line.n > 0;
}

/* Lines that only such lists have. */
static bool telling(struct str line)
{
	return str_starts(line, STR("||")) || str_starts(line, STR("@@||")) ||
	       str_find(line, STR("##")) != SIZE_MAX || str_find(line, STR("#@#")) != SIZE_MAX;
}

static int adblock_sniff(const struct sample *s)
{
	struct str rest = s->head, line, name;
	unsigned lines = 0, good = 0, names = 0;
	bool marked = false;

	if (sample_binary(s))
		return 0;
	while (lines < SNIFF_LINES && sample_line(s, &rest, &line)) {
		line = str_trim(line);
		marked |= str_istarts(line, STR("[adblock")) || str_istarts(line, STR("[adguard"));
		if (comment(line))
			continue;
		lines++;
		good += telling(line);
		names += blocked(line, &name);
	}
	return names && (marked || good * 2 >= lines) ? 86 : 0;
}

static void adblock_block(const struct layout *l, const struct reader_hints *h, struct str block,
			  struct sink *sink)
{
	struct str line, name;

	(void)l;
	(void)h;
	while (str_line(&block, &line)) {
		struct indicator ind = indicator_init();

		sink_line(sink);
		line = str_trim(line);
		if (comment(line))
			continue;
		buf_clear(&sink->scratch);
		if (blocked(line, &name) || (plain(line) && (name = line, true)))
			(void)ind_give(name, SAID_DOMAIN, &ind, sink);
		else
			sink->unused++;
	}
}

const struct reader reader_adblock = {
	.name = "adblock",
	.title = "filter lists of browsers: names that they block",
	.reads = READS_INDICATORS,
	.frame = FRAME_LINES,
	.sniff = adblock_sniff,
	.block = adblock_block,
};
