/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Suricata's datasets of type string: a value in base64 (RFC 4648 4) a line, with a reputation
 * behind a comma in those for datarep. Names, addresses and URLs count; whatever else somebody
 * keeps in such sets (paths, user agents) is counted as unused. Sets of other types are plain
 * lists.
 */
#include "format/ind_row.h"
#include "format/text.h"

#define SNIFF_LINES 200
#define VALUE_MAX   16384

static int digit(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* The text of a line's base64, appended to out; false if it is none. */
static bool decode(struct str s, struct buf *out, struct str *text)
{
	size_t begin = out->n, n = s.n;
	unsigned bits = 0, held = 0;

	if (n == 0 || n % 4 || n > VALUE_MAX)
		return false;
	for (unsigned pad = 0; pad < 2 && s.p[n - 1] == '='; pad++)
		n--;
	for (size_t i = 0; i < n; i++) {
		int d = digit(s.p[i]);

		if (d < 0)
			return false;
		bits = bits << 6 | (unsigned)d;
		held += 6;
		if (held >= 8) {
			held -= 8;
			buf_ch(out, (char)(bits >> held));
			bits &= (1u << held) - 1;
		}
	}
	*text = (struct str){ out->p ? out->p + begin : "", out->n - begin };
	return text->n > 0 && bits == 0 && !buf_err(out);
}

static bool value(struct str line, struct buf *scratch, struct str *text)
{
	struct str base64 = STR_NONE;
	uint64_t score;

	buf_clear(scratch);
	(void)str_cut(&line, ',', &base64);
	if (line.p && !str_u64(str_trim(line), UINT16_MAX, &score))
		return false;
	/* Room for the value and for what is made of it, so that slices stay. */
	return buf_room(scratch, base64.n + INDICATOR_ROOM(base64.n)) != NULL &&
	       decode(str_trim(base64), scratch, text);
}

static int dataset_sniff(const struct sample *s)
{
	struct str rest = s->head, line, text;
	unsigned lines = 0, good = 0;
	struct buf scratch;

	if (sample_binary(s))
		return 0;
	buf_init(&scratch, 0);
	while (lines < SNIFF_LINES && sample_entry(s, &rest, &line)) {
		struct indicator ind;

		lines++;
		good += line.n <= 2 * VALUE_MAX && value(line, &scratch, &text) &&
			indicator_recognise(text, &scratch, &ind, NULL) == ERR_OK;
	}
	buf_free(&scratch);
	return good && good * 10 >= lines * 8 ? 60 : 0;
}

static void dataset_block(const struct layout *l, const struct reader_hints *h, struct str block,
			  struct sink *sink)
{
	struct str line, text;

	(void)l;
	(void)h;
	while (block_entry(&block, &line, sink)) {
		struct indicator ind = indicator_init();

		if (line.n > 2 * VALUE_MAX || !value(line, &sink->scratch, &text))
			sink_bad(sink, "not a value in base64");
		else if (indicator_recognise(text, &sink->scratch, &ind, NULL))
			sink->unused++;
		else
			sink->indicator(sink->ctx, &ind);
	}
}

const struct reader reader_dataset = {
	.name = "dataset",
	.title = "Suricata's datasets of strings (base64)",
	.reads = READS_INDICATORS,
	.frame = FRAME_LINES,
	.sniff = dataset_sniff,
	.block = dataset_block,
};
