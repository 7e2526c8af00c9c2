/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files of Zeek's intelligence framework: columns apart by TAB, named by a `#fields` line, of which
 * indicator and indicator_type must be there. What meta.whitelist or meta.removal take back is no
 * indicator. Read whole, because a header holds until the next one.
 */
#include "format/ind_row.h"
#include "format/text.h"

enum column {
	INDICATOR,
	TYPE,
	SOURCE,
	DESC,
	URL,
	FROM,
	UNTIL,
	CONFIDENCE,
	FAMILY,
	ROLE,
	WHITELIST,
	REMOVAL,
	COLUMNS
};

struct header {
	bool known; /* the columns that must be there are */
	unsigned n;
	int at[COLUMNS]; /* -1: there is none */
};

static bool fields_line(struct str line)
{
	return str_starts(line, STR("#fields\t")) || str_starts(line, STR("#fields "));
}

static struct header understand(struct str line)
{
	static const struct {
		const char *name;
		enum column column;
	} names[] = {
		{ "indicator", INDICATOR },
		{ "indicatortype", TYPE },
		{ "metasource", SOURCE },
		{ "metadesc", DESC },
		{ "metaurl", URL },
		{ "metafirstseen", FROM },
		{ "metaciffirstseen", FROM },
		{ "metalastseen", UNTIL },
		{ "metaciflastseen", UNTIL },
		{ "metaconfidence", CONFIDENCE },
		{ "metafamily", FAMILY },
		{ "metamalware", FAMILY },
		{ "metarole", ROLE },
		{ "metathreattype", ROLE },
		{ "metawhitelist", WHITELIST },
		{ "metaremoval", REMOVAL },
		{ "metaremove", REMOVAL },
	};
	struct header h = { .known = false };
	struct str rest = str_skip(line, sizeof "#fields"), name;

	for (size_t c = 0; c < COLUMNS; c++)
		h.at[c] = -1;
	while (h.n < CSV_FIELDS_MAX && str_cut(&rest, '\t', &name)) {
		for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
			if (h.at[names[i].column] < 0 && csv_named(str_trim(name), names[i].name))
				h.at[names[i].column] = (int)h.n;
		h.n++;
	}
	h.known = h.at[INDICATOR] >= 0 && h.at[TYPE] >= 0;
	return h;
}

static int zeek_intel_sniff(const struct sample *s)
{
	struct str rest = s->head, line;

	if (sample_binary(s))
		return 0;
	while (sample_line(s, &rest, &line)) {
		if (fields_line(line))
			return understand(line).known ? 95 : 0;
		if (str_trim(line).n && line.p[0] != '#')
			break;
	}
	return 0;
}

/* False: nothing that this program can use (mail addresses, certificates, software, file names). */
static bool said_of(struct str type, enum said *out)
{
	static const struct {
		const char *type;
		enum said said;
	} types[] = {
		{ "Intel::ADDR", SAID_ADDRESS },   { "Intel::SUBNET", SAID_ADDRESS },
		{ "Intel::DOMAIN", SAID_DOMAIN },  { "Intel::URL", SAID_URL },
		{ "Intel::FILE_HASH", SAID_HASH },
	};

	for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
		if (str_iis(type, types[i].type)) {
			*out = types[i].said;
			return true;
		}
	return false;
}

static struct str field(const struct header *h, const struct str *f, unsigned n, enum column c)
{
	struct str s = h->at[c] >= 0 && (unsigned)h->at[c] < n ? str_trim(f[h->at[c]]) : STR_NONE;

	return str_is(s, "-") || str_is(s, "(empty)") ? STR_NONE : s;
}

static bool zeek_true(struct str s)
{
	return str_is(s, "T") || str_iis(s, "true") || str_is(s, "1");
}

static void intel_row(const struct header *h, struct str line, struct sink *sink)
{
	struct str f[CSV_FIELDS_MAX], rest = line;
	struct indicator ind = indicator_init();
	const char *why = NULL;
	unsigned n = 0;
	enum said said;

	if (!h->known) {
		sink_bad(sink, "no #fields header with indicator and indicator_type before this line");
		return;
	}
	while (n < h->n && str_cut(&rest, '\t', &f[n]))
		n++;
	if (n < h->n || rest.p) {
		sink_bad(sink, "%s fields than the header names (%u)", rest.p ? "more" : "fewer", h->n);
		return;
	}
	if (!str_istarts(field(h, f, n, TYPE), STR("Intel::"))) {
		sink_bad(sink, "its type is none of Zeek's (Intel::ADDR and the like)");
		return;
	}
	if (zeek_true(field(h, f, n, WHITELIST)) || zeek_true(field(h, f, n, REMOVAL)) ||
	    !said_of(field(h, f, n, TYPE), &said)) {
		sink->unused++;
		return;
	}
	if (!ind_sighted(field(h, f, n, FROM), field(h, f, n, UNTIL), true, &ind, &why)) {
		sink_bad(sink, "%s", why);
		return;
	}
	buf_clear(&sink->scratch);
	ind.role = role_parse(field(h, f, n, ROLE));
	ind.role_said = str_trim(field(h, f, n, ROLE)).n > 0;
	ind.family = ind_family(field(h, f, n, FAMILY));
	ind.source = field(h, f, n, SOURCE);
	ind.confidence = ind_confidence(field(h, f, n, CONFIDENCE));
	ind.reference = field(h, f, n, URL);
	if (ind.reference.n == 0)
		ind.reference = field(h, f, n, DESC);
	(void)ind_give(field(h, f, n, INDICATOR), said, &ind, sink);
}

static void zeek_intel_block(const struct layout *l, const struct reader_hints *hints,
			     struct str block, struct sink *sink)
{
	struct header h = { .known = false };
	struct str line;

	(void)l;
	(void)hints;
	while (str_line(&block, &line)) {
		sink_line(sink);
		if (fields_line(line))
			h = understand(line);
		else if (str_trim(line).n && line.p[0] != '#')
			intel_row(&h, line, sink);
	}
}

const struct reader reader_zeek_intel = {
	.name = "zeek-intel",
	.title = "files of Zeek's intelligence framework",
	.reads = READS_INDICATORS,
	.frame = FRAME_DOCUMENT,
	.sniff = zeek_intel_sniff,
	.block = zeek_intel_block,
};
