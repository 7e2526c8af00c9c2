/* SPDX-License-Identifier: Apache-2.0 */
/*
 * DShield's block list: networks that attack most, apart by tabs, under comments and a title:
 *
 *   Start   End     Netmask Attacks Name    Country email
 *
 * First and last address are what is taken, as networks; role `scanner`. Whose they are is not.
 */
#include "format/sets.h"
#include "format/text.h"

#include <stdio.h>

static bool title(struct str line)
{
	struct str start, end, mask;

	return str_cut(&line, '\t', &start) && str_cut(&line, '\t', &end) &&
	       str_cut(&line, '\t', &mask) && str_iis(str_trim(start), "start") &&
	       str_iis(str_trim(end), "end") && str_iis(str_trim(mask), "netmask");
}

static int dshield_sniff(const struct sample *s)
{
	struct str rest = s->head, line;

	while (sample_line(s, &rest, &line)) {
		size_t hash = line.n && line.p[0] == '#';

		if (title(str_skip(line, hash)))
			return 95;
		if (!hash && str_trim(line).n)
			break;
	}
	return 0;
}

static void row(struct str line, struct set_budget *budget, struct sink *sink)
{
	struct indicator ind = indicator_init();
	struct str start, end = STR_NONE;
	struct ip a, b;
	char range[2 * 64];
	int n;

	(void)str_cut(&line, '\t', &start);
	if (!str_cut(&line, '\t', &end) || !ip_parse(str_trim(start), &a) ||
	    !ip_parse(str_trim(end), &b)) {
		sink_bad(sink, "not a first and a last address");
		return;
	}
	n = snprintf(range, sizeof range, "%.*s-%.*s", STR_ARG(str_trim(start)),
		     STR_ARG(str_trim(end)));
	if (n < 0 || n >= (int)sizeof range) {
		sink_bad(sink, "not a first and a last address");
		return;
	}
	ind.role = ROLE_SCANNER;
	set_give((struct str){ range, (size_t)n }, &ind, budget, sink);
}

static void dshield_block(const struct layout *l, const struct reader_hints *h, struct str block,
			  struct sink *sink)
{
	struct set_budget budget = set_budget(block);
	struct str line;

	(void)l;
	(void)h;
	while (block_entry(&block, &line, sink))
		if (!title(line))
			row(line, &budget, sink);
}

const struct reader reader_dshield = {
	.name = "dshield",
	.title = "DShield's block list (first address, last address, netmask)",
	.reads = READS_INDICATORS,
	.frame = FRAME_LINES,
	.sniff = dshield_sniff,
	.block = dshield_block,
};
