/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What Shodan saw (JSON): a host, the matches of a search, or banners one a line as downloads have
 * them. Most of the internet is harmless: a host is an indicator only where a tag calls it a
 * controller, malicious, compromised or a scanner, with the port of the banner that says so; all
 * others are counted as unused.
 */
#include "format/doc_keys.h"
#include "format/feed.h"
#include "format/text.h"

#define PORTS_MAX 16

enum member { ADDRESS, PORT, PORTS, TAGS, TIME, UPDATED, PRODUCT, MEMBERS };

static const char *const names[MEMBERS] = {
	[ADDRESS] = "ip_str", [PORT] = "port",           [PORTS] = "ports",     [TAGS] = "tags",
	[TIME] = "timestamp", [UPDATED] = "last_update", [PRODUCT] = "product",
};

struct shodan {
	struct feed feed; /* first: the callback gets it */
	bool told;        /* a banner of the host at hand was */
};

static int shodan_sniff(const struct sample *s)
{
	char first = doc_begins(s);

	if ((first != '{' && first != '[') || !doc_has_key(s, "ip_str"))
		return 0;
	return doc_has_key(s, "_shodan") || doc_has_key(s, "transport") ||
			       doc_has_key(s, "ports") || doc_has_key(s, "matches")
		       ? 90
		       : 0;
}

static bool role_of(const struct json *tags, enum role *out)
{
	static const struct {
		const char *tag;
		enum role role;
	} known[] = {
		{ "c2", ROLE_CONTROLLER },
		{ "malware", ROLE_CONTROLLER },
		{ "compromised", ROLE_INFECTED_HOST },
		{ "scanner", ROLE_SCANNER },
	};
	size_t best = sizeof known / sizeof known[0];
	struct json_walk w;
	struct str none;
	struct json v;

	if (tags->type != JSON_ARRAY)
		return false;
	(void)json_begin(&w, tags->raw);
	while (json_next(&w, &none, &v))
		for (size_t i = 0; v.type == JSON_STRING && i < best; i++)
			if (str_iis(v.raw, known[i].tag))
				best = i;
	if (best == sizeof known / sizeof known[0])
		return false;
	*out = known[best].role;
	return true;
}

/* For each port of a host, or without any where it names none or very many. */
static void give_ports(struct feed *f, const struct json m[MEMBERS], struct indicator *ind)
{
	uint16_t ports[PORTS_MAX];
	struct json_walk w;
	struct str none;
	struct json v;
	unsigned n = 0;
	uint64_t port;

	if (m[PORTS].type == JSON_ARRAY) {
		(void)json_begin(&w, m[PORTS].raw);
		while (json_next(&w, &none, &v)) {
			if (n == PORTS_MAX || !str_u64(v.raw, 65535, &port) || port == 0) {
				n = 0;
				break;
			}
			ports[n++] = (uint16_t)port;
		}
	}
	for (unsigned i = 0; i < (n ? n : 1); i++) {
		ind->port = n ? ports[i] : 0;
		(void)feed_give(f, &m[ADDRESS], SAID_ADDRESS, ind);
	}
}

static void shodan_item(struct feed *f, struct str key, struct str object)
{
	struct shodan *s = (struct shodan *)f;
	struct indicator ind = indicator_init();
	bool of_host = str_is(key, "data"), told = s->told;
	struct json m[MEMBERS];
	const char *why = NULL;
	uint64_t port = 0;

	if (key.n && !of_host && !str_is(key, "matches"))
		return;
	if (key.n == 0)
		s->told = false;
	feed_members(object, names, MEMBERS, m);
	if (m[ADDRESS].type == JSON_NULL && !of_host) {
		sink_bad(f->sink, "an entry without an address");
		return;
	}
	if (!role_of(&m[TAGS], &ind.role)) {
		/* Banners of a host are counted with it. */
		f->sink->unused += !of_host && !told;
		return;
	}
	if (m[ADDRESS].type == JSON_NULL)
		return;
	if (!ind_validity(feed_text(f, &m[m[TIME].type ? TIME : UPDATED]), STR_NONE, &ind, &why)) {
		sink_bad(f->sink, "%s", why);
		return;
	}
	ind.seen = ind.from;
	if (m[PORT].type && !str_u64(feed_text(f, &m[PORT]), 65535, &port)) {
		sink_bad(f->sink, "the port is no number up to 65535");
		return;
	}
	if (ind.role == ROLE_CONTROLLER)
		ind.family = ind_family(feed_text(f, &m[PRODUCT]));
	ind.role_said = true;
	ind.port = (uint16_t)port;
	if (m[PORT].type)
		s->told |= feed_give(f, &m[ADDRESS], SAID_ADDRESS, &ind) && of_host;
	else if (!told)
		give_ports(f, m, &ind);
}

static void shodan_block(const struct layout *l, const struct reader_hints *h, struct str block,
			 struct sink *sink)
{
	struct shodan s = { .feed = { .sink = sink, .item = shodan_item, .self = "ip_str" } };

	(void)l;
	(void)h;
	feed_read(&s.feed, block);
}

const struct reader reader_shodan = {
	.name = "shodan",
	.title = "hosts and banners of Shodan (JSON)",
	.reads = READS_INDICATORS,
	.frame = FRAME_DOCUMENT,
	.sniff = shodan_sniff,
	.block = shodan_block,
};
