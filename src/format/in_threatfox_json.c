/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ThreatFox (abuse.ch) in JSON: exports (lists by the number of an entry, times with _utc) and
 * answers of its API (`data` holds a list, or one entry).
 */
#include "format/abuse.h"
#include "format/doc_keys.h"
#include "format/feed.h"
#include "format/text.h"

enum member {
	VALUE,
	IOC,
	TYPE,
	THREAT,
	FAMILY,
	FROM_UTC,
	FROM,
	UNTIL_UTC,
	UNTIL,
	CONFIDENCE,
	REFERENCE,
	MEMBERS
};

static const char *const names[MEMBERS] = {
	[VALUE] = "ioc_value",
	[IOC] = "ioc",
	[TYPE] = "ioc_type",
	[THREAT] = "threat_type",
	[FAMILY] = "malware_printable",
	[FROM_UTC] = "first_seen_utc",
	[FROM] = "first_seen",
	[UNTIL_UTC] = "last_seen_utc",
	[UNTIL] = "last_seen",
	[CONFIDENCE] = "confidence_level",
	[REFERENCE] = "reference",
};

static int threatfox_json_sniff(const struct sample *s)
{
	char first = doc_begins(s);

	if (first != '{' && first != '[')
		return 0;
	if (doc_has_key(s, "ioc_type") && doc_has_key(s, "threat_type"))
		return 92;
	/* An answer without any entry says only that. */
	return s->whole && s->head.n < 400 && doc_has_key(s, "query_status") ? 30 : 0;
}

static void threatfox_item(struct feed *f, struct str key, struct str object)
{
	struct indicator ind = indicator_init();
	struct json m[MEMBERS];
	const char *why = NULL;
	enum said said;

	(void)key;
	feed_members(object, names, MEMBERS, m);
	if (m[TYPE].type == JSON_NULL) {
		sink_bad(f->sink, "an entry without a type");
		return;
	}
	if (!threatfox_said(feed_text(f, &m[TYPE]), &said)) {
		f->sink->unused++;
		return;
	}
	if (!ind_sighted(feed_text(f, &m[m[FROM_UTC].type ? FROM_UTC : FROM]),
			 feed_text(f, &m[m[UNTIL_UTC].type ? UNTIL_UTC : UNTIL]), true, &ind, &why)) {
		sink_bad(f->sink, "%s", why);
		return;
	}
	ind.role = role_parse(feed_text(f, &m[THREAT]));
	ind.role_said = str_trim(feed_text(f, &m[THREAT])).n > 0;
	ind.family = ind_family(feed_text(f, &m[FAMILY]));
	ind.confidence = ind_confidence(feed_text(f, &m[CONFIDENCE]));
	ind.reference = feed_text(f, &m[REFERENCE]);
	if (text_none(ind.reference))
		ind.reference = STR_NONE;
	if (m[VALUE].type == JSON_NULL && m[IOC].type == JSON_NULL)
		sink_bad(f->sink, "an entry without a value");
	else
		(void)feed_give(f, &m[m[VALUE].type ? VALUE : IOC], said, &ind);
}

static void threatfox_json_block(const struct layout *l, const struct reader_hints *h,
				 struct str block, struct sink *sink)
{
	struct feed f = { .sink = sink, .item = threatfox_item };

	(void)l;
	(void)h;
	feed_read(&f, block);
}

const struct reader reader_threatfox_json = {
	.name = "threatfox-json",
	.title = "ThreatFox exports and answers (abuse.ch JSON)",
	.reads = READS_INDICATORS,
	.frame = FRAME_DOCUMENT,
	.sniff = threatfox_json_sniff,
	.block = threatfox_json_block,
};
