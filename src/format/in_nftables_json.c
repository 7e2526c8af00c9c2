/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sets of nftables in JSON (libnftables-json(5)): `nft -j list ruleset`, `list set`, and files of
 * commands. The same is taken as of sets in nft's own language: elements, alone, as networks or
 * ranges, or joined with a port; of maps the keys. Elements are read one at a time.
 */
#include "format/doc.h"
#include "format/sets.h"

#include <stdio.h>

#define DEPTH_MAX 4

struct nft {
	struct doc doc;
	struct set_budget budget;
	struct buf value; /* the text of the element at hand */
};

struct element {
	struct str text; /* empty: there is none */
	struct str comment;
	uint16_t port;
};

static int nftables_json_sniff(const struct sample *s)
{
	if (doc_begins(s) != '{' || !doc_has_key(s, "nftables"))
		return 0;
	return doc_has_key(s, "metainfo") || doc_has_key(s, "set") || doc_has_key(s, "map") ||
			       doc_has_key(s, "table") || doc_has_key(s, "add")
		       ? 92
		       : 60;
}

/* ---- elements --------------------------------------------------------------------------------- */

static void put_text(struct nft *n, struct element *e, const char *separator, struct str a, struct str b)
{
	buf_clear(&n->value);
	buf_puts(&n->value, a);
	buf_c(&n->value, separator);
	buf_puts(&n->value, b);
	e->text = buf_err(&n->value) ? STR_NONE : buf_str(&n->value);
}

static void understand(struct nft *n, const json_t *v, unsigned depth, struct element *e);

/* The first part is the address, the first number behind it the port. */
static void joined(struct nft *n, const json_t *parts, unsigned depth, struct element *e)
{
	json_t *v;
	size_t i;

	json_array_foreach(parts, i, v)
	{
		uint64_t port;

		if (i == 0)
			understand(n, v, depth, e);
		else if (e->port == 0 && doc_u64(v, &port) && port <= 65535)
			e->port = (uint16_t)port;
	}
}

static void understand(struct nft *n, const json_t *v, unsigned depth, struct element *e)
{
	const json_t *in;
	uint64_t len;

	if (json_is_string(v)) {
		e->text = doc_str(v);
		return;
	}
	if (depth == DEPTH_MAX)
		return;
	if ((in = json_object_get(v, "elem"))) {
		e->comment = doc_get(in, "comment");
		understand(n, json_object_get(in, "val"), depth + 1, e);
	} else if ((in = json_object_get(v, "prefix"))) {
		char text[8] = "";

		if (doc_u64(json_object_get(in, "len"), &len) && len <= 128)
			(void)snprintf(text, sizeof text, "%u", (unsigned)len);
		put_text(n, e, "/", doc_get(in, "addr"), str_of(text));
	} else if ((in = json_object_get(v, "range"))) {
		put_text(n, e, "-", doc_str(json_array_get(in, 0)), doc_str(json_array_get(in, 1)));
	} else if ((in = json_object_get(v, "concat"))) {
		joined(n, in, depth + 1, e);
	}
}

/* Of a map an element is a list of key and value. */
static void element(struct nft *n, struct str part, struct str set, bool read)
{
	struct sink *sink = n->doc.sink;
	struct indicator ind = indicator_init();
	struct element e = { STR_NONE, STR_NONE, 0 };
	json_t *v = doc_tree(&n->doc, part);

	if (!v)
		return;
	understand(n, json_is_array(v) ? json_array_get(v, 0) : v, 0, &e);
	/* Names of other sets, the rest of a map. */
	if (!read || e.text.n == 0 || e.text.p[0] == '@' || e.text.p[0] == '$' || str_is(e.text, "*")) {
		sink->unused++;
	} else {
		doc_at(&n->doc, part.p);
		ind.port = e.port;
		ind.reference = e.comment.n ? e.comment : set;
		set_give(e.text, &ind, &n->budget, sink);
	}
	json_decref(v);
}

/* ---- sets ------------------------------------------------------------------------------------- */

/* A type is a word, a list of words, or what its values look like. */
static bool speaks_of_addresses(struct str type)
{
	static const char *const words[] = { "\"ipv4_addr\"", "\"ipv6_addr\"", "\"saddr\"", "\"daddr\"" };

	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
		if (str_find(type, str_of(words[i])) != SIZE_MAX)
			return true;
	return false;
}

static struct str without_quotes(struct str s)
{
	return s.n > 1 && s.p[0] == '"' ? (struct str){ s.p + 1, s.n - 2 } : STR_NONE;
}

static void set(struct nft *n, struct str object)
{
	struct str list = STR_NONE, name = STR_NONE, type = STR_NONE, key, v;
	struct json_parts w;
	bool read;

	(void)doc_parts(&w, object, '{');
	while (doc_part(&n->doc, &w, &key, &v)) {
		if (str_is(key, "elem"))
			list = v;
		else if (str_is(key, "name"))
			name = without_quotes(v);
		else if (str_is(key, "type"))
			type = v;
	}
	read = (type.n == 0 || speaks_of_addresses(type)) && !set_lets_through(name);
	if (doc_parts(&w, list, '['))
		while (doc_part(&n->doc, &w, &key, &v))
			element(n, v, name, read);
	else if (list.n)
		element(n, list, name, read);
}

/* {"set": ...}, {"map": ...}, {"element": ...}, or a command that holds one of them. */
static void entry(struct nft *n, struct str object, unsigned depth)
{
	struct json_parts w;
	struct str key, v;

	if (!doc_parts(&w, object, '{')) {
		doc_at(&n->doc, object.p);
		sink_bad(n->doc.sink, "what is no object among the rules");
		return;
	}
	while (doc_part(&n->doc, &w, &key, &v)) {
		if (str_is(key, "set") || str_is(key, "map") || str_is(key, "element"))
			set(n, v);
		else if (depth == 0 &&
			 (str_is(key, "add") || str_is(key, "create") || str_is(key, "insert")))
			entry(n, v, 1);
	}
}

static void nftables_json_block(const struct layout *l, const struct reader_hints *h,
				struct str block, struct sink *sink)
{
	struct nft n = { .budget = set_budget(block) };
	struct json_parts w;
	struct str text, key, v;

	(void)l;
	(void)h;
	buf_init(&n.value, 1 << 16);
	doc_begin(&n.doc, block, sink);
	while (doc_next(&n.doc, &text)) {
		if (!doc_parts(&w, doc_member(text, "nftables"), '[')) {
			doc_at(&n.doc, text.p);
			sink_bad(sink, "no rules of nftables in it");
			continue;
		}
		while (doc_part(&n.doc, &w, &key, &v))
			entry(&n, v, 0);
	}
	buf_free(&n.value);
}

const struct reader reader_nftables_json = {
	.name = "nftables-json",
	.title = "sets of nftables in JSON (nft -j list)",
	.reads = READS_INDICATORS,
	.frame = FRAME_DOCUMENT,
	.sniff = nftables_json_sniff,
	.block = nftables_json_block,
};
