/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ThreatFox (abuse.ch) CSV exports. The header is a comment (or a row); the first ten columns are
 * always these, those behind them grew:
 *
 *   first_seen_utc,ioc_id,ioc_value,ioc_type,threat_type,fk_malware,malware_alias,malware_printable,
 *   last_seen_utc,confidence_level,[is_compromised,]reference,tags,anonymous,reporter
 */
#include "format/abuse.h"
#include "format/ind_row.h"
#include "format/text.h"

#define COLUMNS_MIN 10

static bool header_row(struct str line)
{
	static const char *const first[] = { "firstseenutc", "iocid", "iocvalue", "ioctype" };
	struct str part;

	while (line.n && (line.p[0] == '#' || line.p[0] == ' '))
		line = str_skip(line, 1);
	for (size_t i = 0; i < sizeof first / sizeof first[0]; i++)
		if (!str_cut(&line, ',', &part) || !csv_named(part, first[i]))
			return false;
	return true;
}

static int threatfox_sniff(const struct sample *s)
{
	struct str rest = s->head, line;

	while (sample_line(s, &rest, &line)) {
		if (header_row(line))
			return 95;
		if (str_trim(line).n && line.p[0] != '#')
			break;
	}
	return 0;
}

static void threatfox_row(struct str line, struct sink *sink)
{
	struct str f[CSV_FIELDS_MAX];
	struct indicator ind = indicator_init();
	const char *why = NULL;
	enum said said;
	int n = ind_split(line, ',', f, sink);

	if (n < 0)
		return;
	if (n < COLUMNS_MIN) {
		sink_bad(sink, "%d fields where this list has at least %d", n, COLUMNS_MIN);
		return;
	}
	if (!threatfox_said(f[3], &said)) {
		sink->unused++;
		return;
	}
	if (!ind_sighted(f[0], f[8], true, &ind, &why)) {
		sink_bad(sink, "%s", why);
		return;
	}
	ind.role = role_parse(f[4]);
	ind.role_said = str_trim(f[4]).n > 0;
	ind.family = ind_family(f[7]);
	ind.confidence = ind_confidence(f[9]);
	/* 14 columns at first; is_compromised came to stand before the reference. */
	if (n > 11 && !text_none(f[n > 14 ? 11 : 10]))
		ind.reference = f[n > 14 ? 11 : 10];
	(void)ind_give(f[2], said, &ind, sink);
}

static void threatfox_block(const struct layout *l, const struct reader_hints *h, struct str block,
			    struct sink *sink)
{
	struct str line;

	(void)l;
	(void)h;
	while (str_line(&block, &line)) {
		sink_line(sink);
		if (str_trim(line).n && line.p[0] != '#' && !header_row(line))
			threatfox_row(line, sink);
	}
}

const struct reader reader_threatfox = {
	.name = "threatfox",
	.title = "ThreatFox exports (abuse.ch CSV)",
	.reads = READS_INDICATORS,
	.frame = FRAME_LINES,
	.sniff = threatfox_sniff,
	.block = threatfox_block,
};
