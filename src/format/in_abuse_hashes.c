/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lists of hashes by abuse.ch in their native CSV. Their header is a comment (or a row); the number
 * of columns tells which it is:
 *
 *   first_seen_utc,sha256_hash,md5_hash,sha1_hash,reporter,file_name,file_type_guess,mime_type,
 *   signature,clamav,vtpercent,imphash,ssdeep,tlsh          MalwareBazaar: samples of malware
 *   Listingdate,SHA1,Listingreason                          SSLBL: certificates of controllers
 *
 * Reporters are people, not sources.
 */
#include "format/ind_row.h"
#include "format/text.h"

enum { BAZAAR_MIN = 9, SSLBL = 3, SHA1_DIGITS = 40 };

static bool header_row(struct str line)
{
	static const char *const first[][2] = { { "firstseenutc", "sha256hash" },
						{ "listingdate", "sha1" } };
	struct str one, two;

	while (line.n && (line.p[0] == '#' || line.p[0] == ' '))
		line = str_skip(line, 1);
	if (!str_cut(&line, ',', &one) || !str_cut(&line, ',', &two))
		return false;
	for (size_t i = 0; i < sizeof first / sizeof first[0]; i++)
		if (csv_named(one, first[i][0]) && csv_named(two, first[i][1]))
			return true;
	return false;
}

static int abuse_hashes_sniff(const struct sample *s)
{
	struct str rest = s->head, line;

	/* In the comments at the top, or the first row. */
	while (sample_line(s, &rest, &line)) {
		if (header_row(line))
			return 95;
		if (str_trim(line).n && line.p[0] != '#')
			break;
	}
	return 0;
}

/* "Vidar C&C" is of the family Vidar; "Malware C&C", and what else there is, of none. */
static struct str family_of(struct str reason)
{
	struct str end = STR(" C&C");

	reason = str_trim(reason);
	if (!str_ends(reason, end) || str_iis(reason, "malware c&c"))
		return STR_NONE;
	return ind_family(str_head(reason, reason.n - end.n));
}

static void one_row(struct str line, struct sink *sink)
{
	struct str f[CSV_FIELDS_MAX];
	struct indicator ind = indicator_init();
	const char *why = NULL;
	int n = ind_split(line, ',', f, sink), given = 0;

	if (n < 0)
		return;
	if (n != SSLBL && n < BAZAAR_MIN) {
		sink_bad(sink, "%d fields where lists of this kind have 3 or 14", n);
		return;
	}
	if (!ind_validity(f[0], STR_NONE, &ind, &why)) {
		sink_bad(sink, "%s", why);
		return;
	}
	if (n == SSLBL) {
		/* A longer one is the beginning of a sample's row. */
		if (str_trim(f[1]).n != SHA1_DIGITS) {
			sink_bad(sink, "not a SHA-1 where a certificate's is listed");
			return;
		}
		ind.role_said = true; /* by the list's nature, and what its reason says */
		ind.role = str_ends(str_trim(f[2]), STR("distribution")) ? ROLE_PAYLOAD : ind.role;
		ind.family = family_of(f[2]);
		(void)ind_give(f[1], SAID_HASH, &ind, sink);
		return;
	}
	ind.role = ROLE_PAYLOAD;
	ind.family = ind_family(f[8]);
	for (int i = 1; i <= 3; i++) {
		struct indicator one = ind;

		if (text_none(str_trim(f[i])))
			continue;
		given++;
		(void)ind_give(f[i], SAID_HASH, &one, sink);
	}
	if (!given)
		sink_bad(sink, "an entry without a hash");
}

static void abuse_hashes_block(const struct layout *l, const struct reader_hints *h,
			       struct str block, struct sink *sink)
{
	struct str line;

	(void)l;
	(void)h;
	while (str_line(&block, &line)) {
		sink_line(sink);
		if (str_trim(line).n && line.p[0] != '#' && !header_row(line))
			one_row(line, sink);
	}
}

const struct reader reader_abuse_hashes = {
	.name = "abuse-hashes",
	.title = "MalwareBazaar samples and SSLBL certificates (abuse.ch CSV)",
	.reads = READS_INDICATORS,
	.frame = FRAME_LINES,
	.sniff = abuse_hashes_sniff,
	.block = abuse_hashes_block,
};
