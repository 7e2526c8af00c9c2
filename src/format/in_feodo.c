/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Block lists of botnet controllers by abuse.ch in their native CSV: Feodo Tracker, and the address
 * list of SSLBL. Their header is sometimes a row and sometimes a comment, but each number of
 * columns has one order:
 *
 *   first_seen_utc,dst_ip,dst_port,c2_status,last_online,malware
 *   Firstseen,DstIP,DstPort,LastOnline,Malware
 *   Firstseen,DstIP,DstPort
 */
#include "format/ind_row.h"
#include "format/text.h"

static bool header_begins(struct str line)
{
	while (line.n && (line.p[0] == '#' || line.p[0] == ' ' || line.p[0] == '"'))
		line = str_skip(line, 1);
	line = str_head(line, str_chr(line, ','));
	return csv_named(line, "firstseenutc") || csv_named(line, "firstseen");
}

static bool row_of(struct str line)
{
	return str_find(line, STR("dst_ip")) != SIZE_MAX || str_find(line, STR("DstIP")) != SIZE_MAX;
}

static int feodo_sniff(const struct sample *s)
{
	struct str rest = s->head, line;

	/* In the comments at the top, or the first row. */
	while (sample_line(s, &rest, &line)) {
		if (header_begins(line) && row_of(line))
			return 95;
		if (str_trim(line).n && line.p[0] != '#')
			break;
	}
	return 0;
}

static void feodo_row(struct str line, struct sink *sink)
{
	struct str f[CSV_FIELDS_MAX];
	struct indicator ind = indicator_init();
	const char *why = NULL;
	uint64_t port;
	int n = ind_split(line, ',', f, sink);

	if (n < 0)
		return;
	if (n != 6 && n != 5 && n != 3) {
		sink_bad(sink, "%d fields where a block list of this kind has 6, 5 or 3", n);
		return;
	}
	if (!ind_sighted(f[0], n == 6 ? f[4] : n == 5 ? f[3] : STR_NONE, true, &ind, &why)) {
		sink_bad(sink, "%s", why);
		return;
	}
	if (!str_u64(f[2], UINT64_MAX, &port)) {
		sink_bad(sink, "the port is no number");
		return;
	}
	if (port > 65535) {
		sink_bad(sink, "port over 65535");
		return;
	}
	ind.role_said = true; /* by the list's nature */
	ind.port = (uint16_t)port;
	ind.family = ind_family(n == 6 ? f[5] : n == 5 ? f[4] : STR_NONE);
	(void)ind_give(f[1], SAID_ADDRESS, &ind, sink);
}

static void feodo_block(const struct layout *l, const struct reader_hints *h, struct str block,
			struct sink *sink)
{
	struct str line;

	(void)l;
	(void)h;
	while (str_line(&block, &line)) {
		sink_line(sink);
		if (str_trim(line).n && line.p[0] != '#' && !header_begins(line))
			feodo_row(line, sink);
	}
}

const struct reader reader_feodo = {
	.name = "feodo",
	.title = "Feodo Tracker and SSLBL block lists (abuse.ch CSV)",
	.reads = READS_INDICATORS,
	.frame = FRAME_LINES,
	.sniff = feodo_sniff,
	.block = feodo_block,
};
