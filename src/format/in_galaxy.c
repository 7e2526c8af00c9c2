/* SPDX-License-Identifier: Apache-2.0 */
/*
 * MISP galaxies: what malware is called, and what else it is called. Read are cluster files
 * ({"name", "type", "values": [{"value", "meta": {"synonyms": [...]}}]}), and what a MISP instance
 * exports: lists of {"GalaxyCluster": {"value", "GalaxyElement": [{"key": "synonyms", "value"}]}},
 * or a
 * {"Galaxy", "GalaxyCluster": [...]}. A galaxy's definition (without values) says nothing. Galaxies
 * of something else than malware (actors, countries, techniques) are passed over: an actor's name
 * is no family's, though some share one.
 */
#include "base/json.h"
#include "format/doc_keys.h"
#include "format/place.h"

enum {
	NAMES_MAX = 256, /* of one family; what has more maps everything to itself */
	NAME_BYTES = 200,
	WRAPPED = 4, /* {"Galaxy": {"GalaxyCluster": [{"GalaxyCluster": ...}]}} */
};

struct reading {
	struct sink *sink;
	struct place place;
	struct str text;
	struct str galaxy; /* its name; a slice of the document or of `copy` */
	char copy[NAME_BYTES];
};

static int galaxy_sniff(const struct sample *s)
{
	char first = doc_begins(s);
	unsigned keys = 0;

	if (first != '{' && first != '[')
		return 0;
	if (doc_has_key(s, "GalaxyCluster") || doc_has_key(s, "galaxy_id"))
		return doc_has_key(s, "Event") || doc_has_key(s, "Attribute") ? 0 : 92;
	/* The keys behind a long list are out of sight; those before it are sorted. */
	keys += doc_has_key(s, "values");
	keys += doc_has_key(s, "authors");
	keys += doc_has_key(s, "category");
	keys += doc_has_key(s, "uuid");
	keys += doc_has_key(s, "synonyms");
	keys += doc_has_key(s, "namespace") && doc_has_key(s, "icon");
	if (first != '{' || doc_has_key(s, "list") || doc_has_key(s, "Event"))
		return 0;
	if (doc_has_key(s, "values") && doc_has_key(s, "value") && keys >= 2)
		return keys >= 3 ? 91 : 70;
	return doc_has_key(s, "namespace") && doc_has_key(s, "icon") && doc_has_key(s, "uuid") ? 75 : 0;
}

/* The text of a string, undone into the scratch buffer where it must be; false: no string. */
static bool text_of(struct reading *g, const struct json *v, struct str *out)
{
	struct buf *scratch = &g->sink->scratch;
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

/* Types of galaxies that name malware or tools, by a word in them. */
static bool is_malware(struct str type)
{
	static const char *const words[] = { "malpedia",    "malware", "tool",    "banker",
					     "botnet",      "ransom",  "rat",     "stealer",
					     "backdoor",    "miner",   "android", "exploit-kit",
					     "malicious",   "family",  "trojan",  "worm",
					     "cryptominers" };

	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
		struct str w = str_of(words[i]);

		/* "rat" as a word of its own: it ends "corporation" otherwise. */
		if (w.n > 3 ? str_find(type, w) != SIZE_MAX : str_eq(type, w))
			return true;
	}
	return false;
}

static void tell(struct reading *g, struct str family, struct str name)
{
	struct alias_name a = { .list = g->galaxy, .family = family, .name = name };

	if (name.n == 0 || name.n > NAME_BYTES || !str_utf8(name)) {
		g->sink->unused++;
		return;
	}
	g->sink->alias(g->sink->ctx, &a);
}

/* A name, or a list of names. */
static void synonyms(struct reading *g, struct str family, const struct json *v, unsigned *n)
{
	struct json_walk w;
	struct str key, name;
	struct json one;

	if (v->type == JSON_STRING && (*n)++ < NAMES_MAX) {
		if (text_of(g, v, &name))
			tell(g, family, name);
		return;
	}
	if (v->type != JSON_ARRAY || !json_begin(&w, v->raw))
		return;
	while (json_next(&w, &key, &one)) {
		if (++*n > NAMES_MAX) {
			sink_bad(g->sink, "a family of more than %d names: the rest was left out",
				 NAMES_MAX);
			return;
		}
		if (text_of(g, &one, &name))
			tell(g, family, name);
	}
}

/* [{"key": "synonyms", "value": "..."}] */
static void elements(struct reading *g, struct str family, struct str list, unsigned *n)
{
	struct json_walk w, e;
	struct str none, key;
	struct json one, v;

	if (!json_begin(&w, list))
		return;
	while (json_next(&w, &none, &one)) {
		struct json value = { .type = JSON_NULL };
		bool is = false;

		if (one.type != JSON_OBJECT || !json_begin(&e, one.raw))
			continue;
		while (json_next(&e, &key, &v))
			if (str_is(key, "key"))
				is = v.type == JSON_STRING && str_is(v.raw, "synonyms");
			else if (str_is(key, "value"))
				value = v;
		if (is)
			synonyms(g, family, &value, n);
	}
}

static void cluster(struct reading *g, struct str object, unsigned depth);

static void clusters(struct reading *g, struct str list, unsigned depth)
{
	struct json_walk w;
	struct str key;
	struct json v;

	if (!json_begin(&w, list))
		return;
	while (json_next(&w, &key, &v)) {
		buf_clear(&g->sink->scratch);
		place_set(&g->place, (size_t)(v.raw.p - g->text.p), g->sink);
		if (v.type == JSON_OBJECT)
			cluster(g, v.raw, depth);
		else
			sink_bad(g->sink, "a cluster that is no object");
	}
}

/* A family with its names; or what holds more of them. */
static void cluster(struct reading *g, struct str object, unsigned depth)
{
	struct json value = { .type = JSON_NULL }, names = value, list = value, type = value, v;
	struct str family, key, inner = STR_NONE;
	struct json_walk w, m;
	unsigned n = 0;

	/* Names must stay where they are undone: room for all of them at once. */
	if (!buf_room(&g->sink->scratch, object.n) || !json_begin(&w, object))
		return;
	while (json_next(&w, &key, &v))
		if (str_is(key, "value"))
			value = v;
		else if (str_is(key, "type"))
			type = v;
		else if (str_is(key, "GalaxyElement"))
			list = v;
		else if (str_is(key, "GalaxyCluster") || str_is(key, "Galaxy"))
			inner = v.raw.n > inner.n ? v.raw : inner;
		else if (str_is(key, "meta") && v.type == JSON_OBJECT && json_begin(&m, v.raw))
			while (json_next(&m, &key, &v))
				if (str_is(key, "synonyms"))
					names = v;
	if (value.type == JSON_NULL && inner.n && depth < WRAPPED) {
		if (inner.p[0] == '[')
			clusters(g, inner, depth + 1);
		else
			cluster(g, inner, depth + 1);
		return;
	}
	if (type.type == JSON_STRING && !is_malware(type.raw)) {
		g->sink->unused++;
		return;
	}
	if (!text_of(g, &value, &family) || family.n == 0) {
		sink_bad(g->sink, "a cluster without a value");
		return;
	}
	tell(g, family, family);
	synonyms(g, family, &names, &n);
	if (list.type == JSON_ARRAY)
		elements(g, family, list.raw, &n);
}

static void object_block(struct reading *g, struct json_walk *w)
{
	struct json name = { .type = JSON_NULL }, type = name, values = name, inner = name, v;
	struct str key, text;

	while (json_next(w, &key, &v))
		if (str_is(key, "name"))
			name = v;
		else if (str_is(key, "type"))
			type = v;
		else if (str_is(key, "values"))
			values = v;
		else if (str_is(key, "GalaxyCluster"))
			inner = v;
	if (w->failed || json_rest(w).n) {
		place_set(&g->place, (size_t)((w->failed ? w->p : json_rest(w).p) - g->text.p), g->sink);
		sink_bad(g->sink, "JSON: it is broken or ends behind here; nothing of it was taken");
		return;
	}
	/* The buffer is cleared for each cluster. */
	if (text_of(g, &name, &text) && text.n) {
		text = str_head(text, sizeof g->copy);
		memcpy(g->copy, text.p, text.n);
		g->galaxy = (struct str){ g->copy, text.n };
	}
	if (values.type != JSON_ARRAY) {
		if (inner.type == JSON_NULL)
			g->sink->unused++; /* a definition */
		else
			cluster(g, g->text, 0);
		return;
	}
	if (type.type == JSON_STRING && !is_malware(type.raw)) {
		g->sink->unused++;
		return;
	}
	clusters(g, values.raw, 0);
}

static void galaxy_block(const struct layout *l, const struct reader_hints *h, struct str block,
			 struct sink *sink)
{
	struct reading g = { .sink = sink, .place = place_begin(block), .text = block, .galaxy = STR_NONE };
	struct json_walk w, all;
	struct str key;
	struct json v;

	(void)l;
	(void)h;
	if (!json_begin(&w, block)) {
		sink_bad(sink, block.n ? "JSON: neither an object nor a list" : "the document is empty");
		return;
	}
	if (!w.array) {
		object_block(&g, &w);
		return;
	}
	/* Whole, or nothing of it. */
	all = w;
	while (json_next(&all, &key, &v))
		;
	if (all.failed || json_rest(&all).n)
		sink_bad(sink,
			 "JSON: it is broken or something stands behind it; nothing of it was taken");
	else
		clusters(&g, block, 0);
}

const struct reader reader_galaxy = {
	.name = "galaxy",
	.title = "MISP galaxies of malware: what families are called (JSON)",
	.reads = READS_ALIASES,
	.frame = FRAME_DOCUMENT,
	.sniff = galaxy_sniff,
	.block = galaxy_block,
};
