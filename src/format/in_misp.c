/* SPDX-License-Identifier: Apache-2.0 */
/*
 * MISP events in JSON (MISP core format): one event, a list of them, the answer of a search for
 * events or for attributes. Attributes and attributes of objects become indicators where to_ids
 * says that they are meant for detection (or says nothing); the rest is context and only counted.
 * Some authors never set the flag: in an event that flags nothing, what its category calls
 * malicious counts. Families come from tags and galaxies that name malware or tools; what an event
 * is called is no family.
 */
#include "format/doc.h"
#include "format/ind_row.h"
#include "format/misp.h"
#include "format/text.h"

#define PORTS_MAX 16
#define DEPTH_MAX 4

struct reading {
	struct doc *doc;
	struct sink *sink;
	const char *at; /* the attribute or object at hand, in the document */
};

/* What an event says about all its attributes. */
struct event {
	struct str source, reference, family;
	bool unflagged; /* its author flags nothing for detection, so the flag says nothing */
};

/* The ports that an object names for its addresses. */
struct ports {
	uint16_t port[PORTS_MAX];
	unsigned n;
};

static int misp_sniff(const struct sample *s)
{
	char first = doc_begins(s);

	if (first != '{' && first != '[')
		return 0;
	if (doc_has_key(s, "Event") && (doc_has_key(s, "Attribute") || doc_has_key(s, "info") ||
					doc_has_key(s, "Orgc") || doc_has_key(s, "Object")))
		return 90;
	/* Attributes without an event, and events whose attributes lie beyond the sample. */
	if (doc_has_key(s, "Attribute") && (doc_has_key(s, "to_ids") || doc_has_key(s, "category")))
		return 80;
	if (doc_has_key(s, "response") && (doc_has_key(s, "Event") || str_trim(s->head).n < 64))
		return 50;
	return 0;
}

/* ---- families --------------------------------------------------------------------------------- */

/* Galaxies whose clusters are malware or the tools of attackers. */
static bool names_malware(struct str galaxy)
{
	static const char *const galaxies[] = {
		"malpedia",    "malware",
		"tool",        "mitre-malware",
		"mitre-tool",  "mitre-enterprise-attack-malware",
		"rat",         "mitre-enterprise-attack-tool",
		"ransomware",  "banker",
		"botnet",      "stealer",
		"backdoor",    "cryptominers",
		"exploit-kit", "mitre-mobile-attack-malware",
		"android",     "mitre-mobile-attack-tool",
		"tds",
	};

	for (size_t i = 0; i < sizeof galaxies / sizeof galaxies[0]; i++)
		if (str_iis(galaxy, galaxies[i]))
			return true;
	return false;
}

/* ATT&CK puts its number behind the name: "Emotet - S0367". */
static struct str without_number(struct str s)
{
	size_t i = s.n;

	while (i && s.p[i - 1] >= '0' && s.p[i - 1] <= '9')
		i--;
	if (i < s.n && i > 4 && s.p[i - 1] == 'S' && str_ends(str_head(s, i - 1), STR(" - ")))
		return str_head(s, i - 4);
	return s;
}

/* misp-galaxy:GALAXY="NAME" */
static struct str family_of_tag(struct str tag)
{
	struct str prefix = STR("misp-galaxy:"), galaxy, name;
	size_t eq;

	if (!str_istarts(tag, prefix))
		return STR_NONE;
	tag = str_skip(tag, prefix.n);
	eq = str_find(tag, STR("=\""));
	if (eq == SIZE_MAX || tag.p[tag.n - 1] != '"' || tag.n < eq + 3)
		return STR_NONE;
	galaxy = str_head(tag, eq);
	name = (struct str){ tag.p + eq + 2, tag.n - eq - 3 };
	return names_malware(galaxy) ? without_number(name) : STR_NONE;
}

/* The first family that the tags and galaxies of an event or attribute name. */
static struct str family_of(const json_t *of)
{
	const json_t *tags = json_object_get(of, "Tag"), *galaxies = json_object_get(of, "Galaxy");
	struct str family;
	json_t *v, *c;
	size_t i, k;

	json_array_foreach(tags, i, v)
	{
		family = family_of_tag(doc_get(v, "name"));
		if (family.n)
			return family;
	}
	json_array_foreach(galaxies, i, v)
	{
		const json_t *clusters = json_object_get(v, "GalaxyCluster");

		if (!names_malware(doc_get(v, "type")))
			continue;
		json_array_foreach(clusters, k, c)
		{
			family = without_number(doc_get(c, "value"));
			if (family.n)
				return family;
		}
	}
	return STR_NONE;
}

/* ---- attributes ------------------------------------------------------------------------------- */

static bool flagged(const json_t *a)
{
	const json_t *to_ids = json_object_get(a, "to_ids");

	return !to_ids || json_is_null(to_ids) || doc_true(to_ids);
}

static bool for_detection(const json_t *a, const struct event *event)
{
	struct str category = doc_get(a, "category");

	if (doc_true(json_object_get(a, "deleted")))
		return false;
	return flagged(a) ||
	       (event->unflagged &&
		(str_is(category, "Network activity") || str_is(category, "Payload delivery") ||
		 str_is(category, "Payload installation") || str_is(category, "Artifacts dropped")));
}

static void bad(struct reading *r, const json_t *a, const char *why)
{
	struct str uuid = doc_get(a, "uuid");

	doc_at(r->doc, r->at);
	if (uuid.n)
		sink_bad(r->sink, "attribute %.*s: %s", STR_ARG(str_head(uuid, 36)), why);
	else
		sink_bad(r->sink, "attribute: %s", why);
}

static bool set_port(struct str s, uint16_t *out, const char **why)
{
	uint64_t v;

	if (!str_u64(str_trim(s), UINT64_MAX, &v))
		*why = "the port is no number";
	else if (v > 65535)
		*why = "port over 65535";
	else {
		*out = (uint16_t)v;
		return true;
	}
	return false;
}

/* Once for each port that its object names, unless it names one itself. */
static void give(struct indicator *ind, const struct ports *ports, struct sink *sink)
{
	bool many = ports && ports->n && ind->port == 0 && ind->type != IT_HASH && ind->type != IT_URL;

	for (unsigned i = 0; i < (many ? ports->n : 1); i++) {
		if (many)
			ind->port = ports->port[i];
		sink->indicator(sink->ctx, ind);
	}
}

static void attribute(struct reading *r, const json_t *a, const struct event *event,
		      const struct ports *ports)
{
	struct indicator ind = indicator_init();
	struct str value = str_trim(doc_get(a, "value")), type = doc_get(a, "type");
	struct misp_value v[2];
	const char *why = NULL;
	struct errinfo ei;
	int n = for_detection(a, event) ? misp_values(type, value, v) : 0;

	if (n == 0) {
		r->sink->unused++;
		return;
	}
	if (!ind_sighted(doc_get(a, "first_seen"), doc_get(a, "last_seen"), true, &ind, &why)) {
		bad(r, a, why);
		return;
	}
	ind.role = misp_role(doc_get(a, "category"));
	ind.family = family_of(a);
	if (ind.family.n == 0)
		ind.family = event->family;
	ind.source = event->source;
	ind.reference = event->reference;
	for (int i = 0; i < n; i++) {
		struct indicator one = ind;
		uint16_t port = 0;

		buf_clear(&r->sink->scratch);
		if (v[i].port.n && !set_port(v[i].port, &port, &why)) {
			bad(r, a, why);
			continue;
		}
		if (indicator_said(v[i].text, v[i].said, &r->sink->scratch, &one, &ei)) {
			bad(r, a, ei.msg);
			continue;
		}
		if (one.port == 0)
			one.port = port;
		/* The address that a connection came from says nothing by the port that it went to. */
		give(&one, str_is(type, "ip-src") ? NULL : ports, r->sink);
	}
}

/* An object names its ports beside its addresses (ip-port, domain-ip, network-connection). */
static void object(struct reading *r, const json_t *o, const struct event *event)
{
	const json_t *list = json_object_get(o, "Attribute");
	struct ports ports = { .n = 0 };
	json_t *a;
	size_t i;

	if (doc_true(json_object_get(o, "deleted"))) {
		r->sink->unused += json_array_size(list);
		return;
	}
	json_array_foreach(list, i, a)
	{
		struct str relation = doc_get(a, "object_relation");
		const char *why;

		if (str_is(doc_get(a, "type"), "port") && ports.n < PORTS_MAX &&
		    (str_is(relation, "dst-port") || str_is(relation, "port")) &&
		    set_port(doc_get(a, "value"), &ports.port[ports.n], &why) && ports.port[ports.n])
			ports.n++;
	}
	json_array_foreach(list, i, a)
	{
		attribute(r, a, event, &ports);
	}
}

/* ---- events ------------------------------------------------------------------------------------ */

static bool any_flagged(struct str list)
{
	struct json_parts w;
	struct str key, v;

	if (!doc_parts(&w, list, '['))
		return false;
	while (json_part(&w, &key, &v))
		if (misp_flagged(v))
			return true;
	return false;
}

static bool event_is_unflagged(struct str list, struct str objects)
{
	struct json_parts w;
	struct str key, v;

	if (any_flagged(list))
		return false;
	if (!doc_parts(&w, objects, '['))
		return true;
	while (json_part(&w, &key, &v))
		if (any_flagged(doc_member(v, "Attribute")))
			return false;
	return true;
}

static void attributes(struct reading *r, struct str list, const struct event *event)
{
	struct json_parts w;
	struct str key, v;

	if (!doc_parts(&w, list, '['))
		return;
	while (doc_part(r->doc, &w, &key, &v)) {
		json_t *a = doc_tree(r->doc, v);

		r->at = v.p;
		if (a)
			attribute(r, a, event, NULL);
		json_decref(a);
	}
}

static void objects(struct reading *r, struct str list, const struct event *event)
{
	struct json_parts w;
	struct str key, v;

	if (!doc_parts(&w, list, '['))
		return;
	while (doc_part(r->doc, &w, &key, &v)) {
		json_t *o = doc_tree(r->doc, v);

		r->at = v.p;
		if (o)
			object(r, o, event);
		json_decref(o);
	}
}

/* What an event says about all its attributes, as a tree. */
static json_t *about(struct reading *r, struct str event, struct str *list, struct str *of_objects)
{
	json_t *tree = json_object(), *member;
	struct json_parts w;
	struct str key, v;

	(void)json_parts_begin(&w, event);
	while (tree && doc_part(r->doc, &w, &key, &v)) {
		if (str_is(key, "Attribute"))
			*list = v;
		else if (str_is(key, "Object"))
			*of_objects = v;
		if (!str_is(key, "info") && !str_is(key, "uuid") && !str_is(key, "Orgc") &&
		    !str_is(key, "Tag") && !str_is(key, "Galaxy"))
			continue;
		member = doc_tree(r->doc, v);
		if (member)
			(void)json_object_setn_new_nocheck(tree, key.p, key.n, member);
	}
	return tree;
}

static void read_event(struct reading *r, struct str text)
{
	struct str list = STR_NONE, of_objects = STR_NONE, info, uuid;
	struct event event = { .source = STR_NONE };
	struct buf reference;
	json_t *e;

	if (!doc_is(text, '{')) {
		doc_at(r->doc, text.p);
		sink_bad(r->sink, "an event that is no object");
		return;
	}
	e = about(r, text, &list, &of_objects);
	info = doc_get(e, "info");
	uuid = doc_get(e, "uuid");
	buf_init(&reference, 0);
	buf_puts(&reference, str_head(info, 1000));
	if (uuid.n) {
		buf_c(&reference, info.n ? " (" : "");
		buf_puts(&reference, str_head(uuid, 36));
		buf_c(&reference, info.n ? ")" : "");
	}
	event.source = doc_get(json_object_get(e, "Orgc"), "name");
	event.family = family_of(e);
	event.reference = buf_str(&reference);
	event.unflagged = event_is_unflagged(list, of_objects);
	attributes(r, list, &event);
	objects(r, of_objects, &event);
	buf_free(&reference);
	json_decref(e);
}

/* ---- documents --------------------------------------------------------------------------------- */

/* The answer of a search for attributes; each may name its event. */
static void found_attributes(struct reading *r, struct str list)
{
	struct json_parts w;
	struct str key, v;

	(void)doc_parts(&w, list, '[');
	while (doc_part(r->doc, &w, &key, &v)) {
		json_t *a = doc_tree(r->doc, v);
		const json_t *of = json_object_get(a, "Event");
		struct event event = {
			.source = doc_get(json_object_get(of, "Orgc"), "name"),
			.reference = doc_get(of, "info"),
			.family = STR_NONE,
		};

		r->at = v.p;
		if (a)
			attribute(r, a, &event, NULL);
		json_decref(a);
	}
}

static bool read_value(struct reading *r, struct str text, unsigned depth);

static bool read_list(struct reading *r, struct str text, unsigned depth)
{
	struct json_parts w;
	struct str key, v;
	bool any = false, empty = true;

	(void)json_parts_begin(&w, text);
	while (doc_part(r->doc, &w, &key, &v)) {
		empty = false;
		any |= read_value(r, v, depth + 1);
	}
	return any || empty;
}

/* An event, or something that wraps events or attributes; false if it is none of these. */
static bool read_value(struct reading *r, struct str text, unsigned depth)
{
	struct str key, v, event = STR_NONE, response = STR_NONE, list = STR_NONE, of_objects = STR_NONE;
	bool type = false, bare = false;
	struct json_parts w;

	if (depth == DEPTH_MAX)
		return false;
	if (doc_is(text, '['))
		return read_list(r, text, depth);
	if (!doc_parts(&w, text, '{'))
		return false;
	while (json_part(&w, &key, &v)) {
		if (str_is(key, "Event"))
			event = v;
		else if (str_is(key, "response"))
			response = v;
		else if (str_is(key, "Attribute"))
			list = v;
		else if (str_is(key, "Object"))
			of_objects = v;
		type |= str_is(key, "type");
		bare |= str_is(key, "Object") || str_is(key, "Orgc") || str_is(key, "info") ||
			str_is(key, "date");
	}
	if (event.n && !type) {
		read_event(r, event);
	} else if (response.n) {
		return read_value(r, response, depth + 1);
	} else if (bare && (doc_is(list, '[') || doc_is(of_objects, '['))) {
		/* An event without "Event" around it, as some programs save them. */
		read_event(r, text);
		return true;
	} else if (doc_is(list, '[')) {
		found_attributes(r, list);
	} else {
		return false;
	}
	/* What is wrong beside what was read. */
	(void)json_parts_begin(&w, text);
	while (doc_part(r->doc, &w, &key, &v))
		;
	return true;
}

static bool read_document(struct doc *d, struct str text)
{
	struct reading r = { .doc = d, .sink = d->sink };

	return read_value(&r, text, 0);
}

static void misp_block(const struct layout *l, const struct reader_hints *h, struct str block,
		       struct sink *sink)
{
	(void)l;
	(void)h;
	doc_each(block, sink, read_document, "no MISP event in it");
}

const struct reader reader_misp = {
	.name = "misp",
	.title = "MISP events (JSON)",
	.reads = READS_INDICATORS,
	.frame = FRAME_DOCUMENT,
	.sniff = misp_sniff,
	.block = misp_block,
};
