/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hashes.csv of a MISP feed: the MD5 of each attribute's value and the UUID of its event, a pair a
 * line. It answers whether a value that one has is in the feed; the values themselves cannot be had
 * from it. So that nobody takes those sums for files, it has a reader, which says so and counts all
 * of it as unused: what it stands for is in the events beside it.
 */
#include "format/text.h"

#define SNIFF_LINES 100
#define MD5_N       32
#define UUID_N      36

static bool hex(struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];

		if (!(c >= '0' && c <= '9') && !((c | 32) >= 'a' && (c | 32) <= 'f'))
			return false;
	}
	return true;
}

static bool is_pair(struct str line)
{
	struct str uuid = str_skip(line, MD5_N + 1);

	if (line.n != MD5_N + 1 + UUID_N || line.p[MD5_N] != ',' || !hex(str_head(line, MD5_N)))
		return false;
	for (size_t i = 0; i < UUID_N; i++) {
		bool dash = i == 8 || i == 13 || i == 18 || i == 23;

		if (dash ? uuid.p[i] != '-' : !hex((struct str){ uuid.p + i, 1 }))
			return false;
	}
	return true;
}

static int misp_hashes_sniff(const struct sample *s)
{
	struct str rest = s->head, line;
	unsigned lines = 0;

	while (lines < SNIFF_LINES && sample_entry(s, &rest, &line)) {
		if (!is_pair(line))
			return 0;
		lines++;
	}
	return lines ? 96 : 0;
}

static void misp_hashes_block(const struct layout *l, const struct reader_hints *h,
			      struct str block, struct sink *sink)
{
	struct str line;

	(void)l;
	(void)h;
	sink_bad(sink,
		 "MD5 sums of values, which say nothing by themselves: import the events beside it");
	while (block_entry(&block, &line, sink)) {
		if (is_pair(line))
			sink->unused++;
		else
			sink_bad(sink, "no MD5 and UUID");
	}
}

const struct reader reader_misp_hashes = {
	.name = "misp-hashes",
	.title = "hashes.csv of a MISP feed (sums of values: nothing to import, its events are)",
	.reads = READS_INDICATORS,
	.frame = FRAME_DOCUMENT,
	.sniff = misp_hashes_sniff,
	.block = misp_hashes_block,
};
