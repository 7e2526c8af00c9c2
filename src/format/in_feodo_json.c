/* SPDX-License-Identifier: Apache-2.0 */
/* Feodo Tracker's block lists of botnet controllers (abuse.ch) in JSON: a list of entries. */
#include "format/doc_keys.h"
#include "format/feed.h"
#include "format/text.h"

enum member { ADDRESS, PORT, FROM, UNTIL, FAMILY, MEMBERS };

static const char *const names[MEMBERS] = {
	[ADDRESS] = "ip_address", [PORT] = "port",      [FROM] = "first_seen",
	[UNTIL] = "last_online",  [FAMILY] = "malware",
};

static int feodo_json_sniff(const struct sample *s)
{
	char first = doc_begins(s);

	return (first == '[' || first == '{') && doc_has_key(s, "ip_address") &&
			       doc_has_key(s, "last_online") && doc_has_key(s, "malware")
		       ? 92
		       : 0;
}

static void feodo_item(struct feed *f, struct str key, struct str object)
{
	struct indicator ind = indicator_init();
	struct json m[MEMBERS];
	const char *why = NULL;
	uint64_t port = 0;

	(void)key;
	feed_members(object, names, MEMBERS, m);
	if (m[ADDRESS].type == JSON_NULL) {
		sink_bad(f->sink, "an entry without an address");
		return;
	}
	if (!ind_sighted(feed_text(f, &m[FROM]), feed_text(f, &m[UNTIL]), true, &ind, &why)) {
		sink_bad(f->sink, "%s", why);
		return;
	}
	if (m[PORT].type && !str_u64(feed_text(f, &m[PORT]), 65535, &port)) {
		sink_bad(f->sink, "the port is no number up to 65535");
		return;
	}
	ind.role_said = true; /* by the list's nature */
	ind.port = (uint16_t)port;
	ind.family = ind_family(feed_text(f, &m[FAMILY]));
	(void)feed_give(f, &m[ADDRESS], SAID_ADDRESS, &ind);
}

static void feodo_json_block(const struct layout *l, const struct reader_hints *h, struct str block,
			     struct sink *sink)
{
	struct feed f = { .sink = sink, .item = feodo_item };

	(void)l;
	(void)h;
	feed_read(&f, block);
}

const struct reader reader_feodo_json = {
	.name = "feodo-json",
	.title = "Feodo Tracker block lists (abuse.ch JSON)",
	.reads = READS_INDICATORS,
	.frame = FRAME_DOCUMENT,
	.sniff = feodo_json_sniff,
	.block = feodo_json_block,
};
