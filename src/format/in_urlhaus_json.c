/* SPDX-License-Identifier: Apache-2.0 */
/*
 * URLhaus (abuse.ch) in JSON: dumps (lists by the number of an entry) and answers of its API about
 * recent URLs, a URL, a host, a tag, payloads. A URL is valid from its listing until it was last
 * seen online, and without end while it still is; what it served is known by its hashes.
 */
#include "format/abuse.h"
#include "format/doc_keys.h"
#include "format/feed.h"
#include "format/text.h"

enum member {
	URL,
	STATUS,
	FROM_DUMP,
	FROM,
	SEEN,
	UNTIL,
	TAGS,
	LINK,
	REFERENCE,
	SIGNATURE,
	SHA256,
	MD5,
	RESPONSE_SHA256,
	RESPONSE_MD5,
	MEMBERS
};

static const char *const names[MEMBERS] = {
	[URL] = "url",
	[STATUS] = "url_status",
	[FROM_DUMP] = "dateadded",
	[FROM] = "date_added",
	[SEEN] = "firstseen",
	[UNTIL] = "last_online",
	[TAGS] = "tags",
	[LINK] = "urlhaus_link",
	[REFERENCE] = "urlhaus_reference",
	[SIGNATURE] = "signature",
	[SHA256] = "sha256_hash",
	[MD5] = "md5_hash",
	[RESPONSE_SHA256] = "response_sha256",
	[RESPONSE_MD5] = "response_md5",
};

static int urlhaus_json_sniff(const struct sample *s)
{
	char first = doc_begins(s);

	if (first != '{' && first != '[')
		return 0;
	if (doc_has_key(s, "urlhaus_link") || doc_has_key(s, "urlhaus_reference") ||
	    doc_has_key(s, "urlhaus_download"))
		return 92;
	return doc_has_key(s, "url_status") && doc_has_key(s, "threat") ? 90 : 0;
}

/* Tags are a list, or text apart by commas. */
static struct str family_of(struct feed *f, const struct json *tags)
{
	struct json_walk w;
	struct json v;
	struct str none;

	if (tags->type != JSON_ARRAY)
		return urlhaus_family(feed_text(f, tags));
	(void)json_begin(&w, tags->raw);
	while (json_next(&w, &none, &v)) {
		struct str tag = feed_text(f, &v);

		if (v.type == JSON_STRING && urlhaus_is_family(tag))
			return tag;
	}
	return STR_NONE;
}

static void payload(struct feed *f, const struct json m[MEMBERS])
{
	static const enum member hashes[] = { SHA256, RESPONSE_SHA256, MD5, RESPONSE_MD5 };
	struct indicator ind = indicator_init();
	const char *why = NULL;

	if (!ind_validity(feed_text(f, &m[SEEN]), STR_NONE, &ind, &why)) {
		sink_bad(f->sink, "%s", why);
		return;
	}
	ind.role = ROLE_PAYLOAD;
	ind.family = ind_family(feed_text(f, &m[SIGNATURE]));
	for (size_t i = 0; i < sizeof hashes / sizeof hashes[0]; i++)
		(void)feed_give(f, &m[hashes[i]], SAID_HASH, &ind);
}

static void urlhaus_item(struct feed *f, struct str key, struct str object)
{
	struct indicator ind = indicator_init();
	struct json m[MEMBERS];
	enum member from = FROM_DUMP;
	const char *why = NULL;

	if (str_is(key, "blacklists"))
		return;
	feed_members(object, names, MEMBERS, m);
	if (m[URL].type == JSON_NULL) {
		if (m[SHA256].type || m[MD5].type || m[RESPONSE_SHA256].type || m[RESPONSE_MD5].type)
			payload(f, m);
		else
			sink_bad(f->sink, "an entry with neither a URL nor a hash");
		return;
	}
	if (m[from].type == JSON_NULL)
		from = m[FROM].type ? FROM : SEEN;
	if (!ind_sighted(feed_text(f, &m[from]), feed_text(f, &m[UNTIL]),
			 !str_is(feed_text(f, &m[STATUS]), "online"), &ind, &why)) {
		sink_bad(f->sink, "%s", why);
		return;
	}
	ind.role = ROLE_PAYLOAD;
	ind.family = family_of(f, &m[TAGS]);
	if (ind.family.n == 0)
		ind.family = ind_family(feed_text(f, &m[SIGNATURE]));
	ind.reference = feed_text(f, &m[m[LINK].type ? LINK : REFERENCE]);
	(void)feed_give(f, &m[URL], SAID_URL, &ind);
}

static void urlhaus_json_block(const struct layout *l, const struct reader_hints *h,
			       struct str block, struct sink *sink)
{
	struct feed f = { .sink = sink, .item = urlhaus_item, .self = "url" };

	(void)l;
	(void)h;
	feed_read(&f, block);
}

const struct reader reader_urlhaus_json = {
	.name = "urlhaus-json",
	.title = "URLhaus dumps and answers (abuse.ch JSON)",
	.reads = READS_INDICATORS,
	.frame = FRAME_DOCUMENT,
	.sniff = urlhaus_json_sniff,
	.block = urlhaus_json_block,
};
