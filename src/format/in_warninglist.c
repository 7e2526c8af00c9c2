/* SPDX-License-Identifier: Apache-2.0 */
/*
 * MISP warninglists: a JSON object with name, type and list. Entries of type cidr are networks, of
 * hostname names with all below, of string names as they stand; those written `.d` or `*.d` cover
 * all below in any list. Addresses are addresses wherever they stand. What else there is (hashes,
 * expressions, parts of texts) says nothing about hosts.
 */
#include "format/doc.h"
#include "format/entry.h"

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
	return keys >= 3 ? 90 : keys ? 60 : 0;
}

static void one_entry(struct str text, enum type type, struct exclusion *x, struct sink *sink)
{
	struct entry e;
	struct errinfo ei;

	text = str_trim(text);
	buf_clear(&sink->scratch);
	if (type == TYPE_REGEX || (type == TYPE_SUBSTRING && !str_starts(text, STR("."))) ||
	    text.n == 0) {
		sink->unused++;
		return;
	}
	if (entry_parse(text, false, &sink->scratch, &e, &ei) || e.type == ENTRY_AS ||
	    (type == TYPE_CIDR && e.type != ENTRY_NET)) {
		if (type == TYPE_CIDR)
			sink_bad(sink, "an entry of \"%.40s\" is no address or network",
				 x->list.n ? x->list.p : "a list");
		else
			sink->unused++;
		return;
	}
	x->type = e.type == ENTRY_NAME && type == TYPE_HOSTNAME ? ENTRY_NAME_BELOW : e.type;
	x->net = e.net;
	x->name = e.name;
	sink->exclusion(sink->ctx, x);
}

static void warninglist_block(const struct layout *l, const struct reader_hints *h,
			      struct str block, struct sink *sink)
{
	struct exclusion x = { .list = STR_NONE, .reason = STR_NONE };
	json_t *tree = doc_load(block, sink), *list, *v;
	enum type type;
	size_t i;

	(void)l;
	(void)h;
	if (!tree)
		return;
	list = json_object_get(tree, "list");
	x.list = doc_get(tree, "name");
	if (!json_is_array(list) || !type_of(doc_get(tree, "type"), &type)) {
		sink_bad(sink, "no warninglist: it lacks a list, or a type that is known");
	} else {
		json_array_foreach(list, i, v)
		{
			if (json_is_string(v))
				one_entry(doc_str(v), type, &x, sink);
			else
				sink_bad(sink, "entry %zu of the list is no string", i + 1);
		}
	}
	json_decref(tree);
}

const struct reader reader_warninglist = {
	.name = "warninglist",
	.title = "MISP warninglists (JSON)",
	.reads = READS_EXCLUSIONS,
	.frame = FRAME_DOCUMENT,
	.sniff = warninglist_sniff,
	.block = warninglist_block,
};
