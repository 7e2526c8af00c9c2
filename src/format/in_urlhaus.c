/* SPDX-License-Identifier: Apache-2.0 */
/*
 * URLhaus (abuse.ch) CSV: URLs that served malware. The header is sometimes a row and sometimes a
 * comment, but each number of columns has one order:
 *
 *   id,dateadded,url,url_status,last_online,threat,tags,urlhaus_link,reporter
 *   id,dateadded,url,url_status,threat,tags,urlhaus_link,reporter
 *
 * and that of what a country or an AS hosts, whose first column is the date:
 *
 *   Dateadded (UTC),URL,URL_status,Threat,Host,IPaddress,ASnumber,Country
 *
 * A URL is valid from its listing until it was last seen online, and without end while it still is.
 * Reporters are people, not sources: the same list does not become two sources by having two of them.
 */
#include "format/abuse.h"
#include "format/ind_row.h"
#include "format/text.h"

static bool header_row(struct str line)
{
	static const struct str begins = { "id,dateadded,url,url_status", 27 };
	struct str part;

	while (line.n && (line.p[0] == '#' || line.p[0] == ' '))
		line = str_skip(line, 1);
	if (str_istarts(line, begins) ||
	    str_istarts(line, STR("\"id\",\"dateadded\",\"url\",\"url_status\"")))
		return true;
	/* Dateadded (UTC),URL,URL_status */
	return str_cut(&line, ',', &part) && csv_named(part, "dateaddedutc") &&
	       str_cut(&line, ',', &part) && csv_named(part, "url") && str_cut(&line, ',', &part) &&
	       csv_named(part, "urlstatus");
}

static int urlhaus_sniff(const struct sample *s)
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

/* A row of what a country or an AS hosts: when and which; the rest is where it is. */
static bool hosted_row(const struct str *f, int n, struct indicator *ind, struct sink *sink)
{
	const char *why = NULL;
	uint64_t id;

	if (n < 6 || str_u64(str_trim(f[0]), UINT64_MAX, &id))
		return false;
	ind->role = ROLE_PAYLOAD;
	if (ind_sighted(f[0], STR_NONE, !str_iis(str_trim(f[2]), "online"), ind, &why))
		(void)ind_give(f[1], SAID_URL, ind, sink);
	else
		sink_bad(sink, "%s", why);
	return true;
}

static void urlhaus_row(struct str line, struct sink *sink)
{
	struct str f[CSV_FIELDS_MAX];
	struct indicator ind = indicator_init();
	const char *why = NULL;
	int n = ind_split(line, ',', f, sink);
	bool online;

	if (n < 0 || hosted_row(f, n, &ind, sink))
		return;
	if (n != 9 && n != 8) {
		sink_bad(sink, "%d fields where this list has 9 or 8", n);
		return;
	}
	online = str_iis(f[3], "online");
	if (!ind_sighted(f[1], n == 9 ? f[4] : STR_NONE, !online, &ind, &why)) {
		sink_bad(sink, "%s", why);
		return;
	}
	ind.role = ROLE_PAYLOAD;
	ind.family = urlhaus_family(f[n - 3]);
	ind.reference = str_trim(f[n - 2]);
	(void)ind_give(f[2], SAID_URL, &ind, sink);
}

static void urlhaus_block(const struct layout *l, const struct reader_hints *h, struct str block,
			  struct sink *sink)
{
	struct str line;

	(void)l;
	(void)h;
	while (str_line(&block, &line)) {
		sink_line(sink);
		if (str_trim(line).n && line.p[0] != '#' && !header_row(line))
			urlhaus_row(line, sink);
	}
}

const struct reader reader_urlhaus = {
	.name = "urlhaus",
	.title = "URLhaus lists of malware URLs (abuse.ch CSV)",
	.reads = READS_INDICATORS,
	.frame = FRAME_LINES,
	.sniff = urlhaus_sniff,
	.block = urlhaus_block,
};
