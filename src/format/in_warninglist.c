/* SPDX-License-Identifier: Apache-2.0 */
/*
 * MISP warninglists: a JSON object with name, type and list. Entries of type cidr are networks, of
 * hostname names with all below, of string names as they stand; those written `.d` or `*.d` cover
 * all below in any list. Addresses are addresses wherever they stand. What else there is (hashes,
 * expressions, parts of texts) says nothing about hosts.
 */
#include "base/json.h"
#include "format/doc_keys.h"
#include "format/entry.h"
#include "format/place.h"

enum type { TYPE_CIDR, TYPE_HOSTNAME, TYPE_STRING, TYPE_SUBSTRING, TYPE_REGEX };

static bool type_of(struct str s, enum type *out)
{
	static const char *const types[] = {
		[TYPE_CIDR] = "cidr",     [TYPE_HOSTNAME] = "hostname",
		[TYPE_STRING] = "string", [TYPE_SUBSTRING] = "substring",
		[TYPE_REGEX] = "regex",
	};

	for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
		if (str_iis(s, types[i])) {
			*out = (enum type)i;
			return true;
		}
	return false;
}

static int warninglist_sniff(const struct sample *s)
{
	unsigned keys = 0;

	if (doc_begins(s) != '{' || !doc_has_key(s, "list"))
		return 0;
	/* The keys behind a long list are out of sight. */
	keys += doc_has_key(s, "name");
	keys += doc_has_key(s, "type");
	keys += doc_has_key(s, "description");
	keys += doc_has_key(s, "matching_attributes");
	keys += doc_has_key(s, "version");
	if (keys >= 3 || (keys && !s->whole && doc_has_key(s, "description")))
		return 90;
	return keys ? 60 : 0;
}

struct reading {
	struct sink *sink;
	struct place place;
	struct str text;
	enum type type;
	struct exclusion like; /* what all entries have in common */
};

static void at(struct reading *g, const char *p)
{
	place_set(&g->place, (size_t)(p - g->text.p), g->sink);
}

/* An entry, in the scratch buffer or before it. */
static void one_entry(struct reading *g, struct str text)
{
	struct sink *sink = g->sink;
	struct entry e;
	struct errinfo ei;

	if (g->type == TYPE_REGEX || (g->type == TYPE_SUBSTRING && !str_starts(text, STR("."))) ||
	    text.n == 0) {
		sink->unused++;
		return;
	}
	if (entry_parse(text, false, &sink->scratch, &e, &ei) || e.type == ENTRY_AS ||
	    (g->type == TYPE_CIDR && e.type != ENTRY_NET)) {
		if (g->type == TYPE_CIDR)
			sink_bad(sink, "an entry of \"%.*s\" is no address or network",
				 STR_ARG(str_head(g->like.list, 40)));
		else
			sink->unused++;
		return;
	}
	g->like.type = e.type == ENTRY_NAME && g->type == TYPE_HOSTNAME ? ENTRY_NAME_BELOW : e.type;
	g->like.net = e.net;
	g->like.name = e.name;
	sink->exclusion(sink->ctx, &g->like);
}

/* The text of a string, undone into the scratch buffer where it must be; false: no string. */
static bool text_of(const struct json *v, struct buf *scratch, struct str *out)
{
	char *room = v->escaped ? buf_room(scratch, v->raw.n) : NULL;

	if (v->type != JSON_STRING || (v->escaped && (!room || !json_text(v, room, out))))
		return false;
	if (v->escaped)
		scratch->n += v->raw.n;
	else
		*out = v->raw;
	*out = str_trim(*out);
	return true;
}

static void entries(struct reading *g, struct str list)
{
	struct json_walk w;
	struct str key, text;
	struct json v;

	if (!json_begin(&w, list))
		return;
	for (size_t n = 1; json_next(&w, &key, &v); n++) {
		buf_clear(&g->sink->scratch);
		at(g, v.raw.p);
		if (text_of(&v, &g->sink->scratch, &text))
			one_entry(g, text);
		else
			sink_bad(g->sink, "entry %zu of the list is no string", n);
	}
}

/* The keys may stand behind the list, so all is looked at before any entry is. */
static void warninglist_block(const struct layout *l, const struct reader_hints *h,
			      struct str block, struct sink *sink)
{
	struct reading g = { .sink = sink, .place = place_begin(block), .text = block };
	struct json name = { .type = JSON_NULL }, type = name, list = name, v;
	struct str key, text = STR_NONE;
	struct json_walk w = { .failed = false };
	char copy[256];

	(void)l;
	(void)h;
	g.like.list = g.like.reason = STR_NONE;
	if (!json_begin(&w, block)) {
		at(&g, block.p);
		sink_bad(sink, block.n ? "JSON: no object" : "the document is empty");
		return;
	}
	while (json_next(&w, &key, &v)) {
		if (str_is(key, "name"))
			name = v;
		else if (str_is(key, "type"))
			type = v;
		else if (str_is(key, "list"))
			list = v;
	}
	if (w.failed || json_rest(&w).n) {
		at(&g, w.failed ? w.p : json_rest(&w).p);
		sink_bad(sink, "JSON: it is broken or ends behind here; nothing of it was taken");
		return;
	}
	if (list.type != JSON_ARRAY || !text_of(&type, &sink->scratch, &text) ||
	    !type_of(text, &g.type)) {
		at(&g, block.p);
		sink_bad(sink, "no warninglist: it lacks a list, or a type that is known");
		return;
	}
	/* The buffer is cleared for each entry. */
	if (text_of(&name, &sink->scratch, &text)) {
		text = str_head(text, sizeof copy);
		memcpy(copy, text.p, text.n);
		g.like.list = (struct str){ copy, text.n };
		g.like.whole = text.n > 0;
	}
	entries(&g, list.raw);
}

const struct reader reader_warninglist = {
	.name = "warninglist",
	.title = "MISP warninglists (JSON)",
	.reads = READS_EXCLUSIONS,
	.frame = FRAME_DOCUMENT,
	.sniff = warninglist_sniff,
	.block = warninglist_block,
};
