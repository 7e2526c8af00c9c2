/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Suricata's lists of the reputation of addresses: `address or network,category,score`. Categories
 * are numbers (1–60) that only the user's own file of categories explains, scores go from 1 to 127;
 * so the role is unknown and the confidence follows the score.
 */
#include "format/ind_row.h"
#include "format/text.h"

#define SNIFF_LINES  200
#define CATEGORY_MAX 60
#define SCORE_MAX    127

/* NULL, or what is wrong. */
static const char *split(struct str line, struct str *net, uint64_t *score)
{
	struct str category = STR_NONE, last = STR_NONE;
	uint64_t n;

	if (!str_cut(&line, ',', net) || !str_cut(&line, ',', &category) ||
	    !str_cut(&line, ',', &last) || line.p)
		return "three fields are due: address, category, score";
	*net = str_trim(*net);
	if (!str_u64(str_trim(category), CATEGORY_MAX, &n) || n == 0)
		return "the category is no number from 1 to 60";
	if (!str_u64(str_trim(last), SCORE_MAX, score) || *score == 0)
		return "the score is no number from 1 to 127";
	return NULL;
}

static int iprep_sniff(const struct sample *s)
{
	struct str rest = s->head, line, text;
	unsigned lines = 0, good = 0;
	struct cidr net;
	uint64_t score;

	while (lines < SNIFF_LINES && sample_entry(s, &rest, &line)) {
		lines++;
		good += !split(line, &text, &score) && cidr_parse(text, &net);
	}
	return good && good * 10 >= lines * 9 ? 70 : 0;
}

static void iprep_block(const struct layout *l, const struct reader_hints *h, struct str block,
			struct sink *sink)
{
	struct str line, text;

	(void)l;
	(void)h;
	while (block_entry(&block, &line, sink)) {
		struct indicator ind = indicator_init();
		const char *why;
		uint64_t score = 0;

		why = split(line, &text, &score);
		if (why) {
			sink_bad(sink, "%s", why);
			continue;
		}
		ind.role = ROLE_OTHER;
		ind.confidence = (uint8_t)((score * 100 + SCORE_MAX / 2) / SCORE_MAX);
		buf_clear(&sink->scratch);
		(void)ind_give(text, SAID_ADDRESS, &ind, sink);
	}
}

const struct reader reader_iprep = {
	.name = "iprep",
	.title = "Suricata's reputation of addresses (iprep)",
	.reads = READS_INDICATORS,
	.frame = FRAME_LINES,
	.sniff = iprep_sniff,
	.block = iprep_block,
};
