/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The Tor project's list of exits, as its checks found them:
 *
 *   ExitNode 0011BD2485AD45D984EC4159C88FC066E5E3300E
 *   Published 2026-01-02 03:04:05
 *   LastStatus 2026-01-02 04:00:00
 *   ExitAddress 192.0.2.1 2026-01-02 04:07:08
 *
 * An exit is a host from which others come (role `scanner`), seen when it was checked.
 */
#include "format/ind_row.h"
#include "format/text.h"

static const struct str exit_address = { "ExitAddress ", 12 };

static int tor_exits_sniff(const struct sample *s)
{
	struct str rest = s->head, line;

	while (sample_entry(s, &rest, &line)) {
		if (str_starts(line, exit_address))
			return 95;
		if (!str_starts(line, STR("ExitNode ")) && !str_starts(line, STR("Published ")) &&
		    !str_starts(line, STR("LastStatus ")))
			break;
	}
	return 0;
}

static void tor_exits_block(const struct layout *l, const struct reader_hints *h, struct str block,
			    struct sink *sink)
{
	struct str line, address;

	(void)l;
	(void)h;
	while (block_entry(&block, &line, sink)) {
		struct indicator ind = indicator_init();
		const char *why = NULL;

		if (!str_starts(line, exit_address)) {
			if (!str_starts(line, STR("ExitNode ")) &&
			    !str_starts(line, STR("Published ")) &&
			    !str_starts(line, STR("LastStatus ")))
				sink_bad(sink, "not a line of a list of exits");
			continue;
		}
		line = str_trim(str_skip(line, exit_address.n));
		(void)str_cut(&line, ' ', &address);
		if (!ind_sighted(STR_NONE, str_trim(line), false, &ind, &why)) {
			sink_undated(sink);
			ind = indicator_init();
		}
		ind.role = ROLE_SCANNER;
		buf_clear(&sink->scratch);
		(void)ind_give(address, SAID_ADDRESS, &ind, sink);
	}
}

const struct reader reader_tor_exits = {
	.name = "tor-exits",
	.title = "the Tor project's list of exit addresses",
	.reads = READS_INDICATORS,
	.frame = FRAME_LINES,
	.sniff = tor_exits_sniff,
	.block = tor_exits_block,
};
