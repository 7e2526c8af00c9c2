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

static void bad(const json_t *a, const char *why, struct sink *sink)
{
	struct str uuid = doc_get(a, "uuid");

	if (uuid.n)
		sink_bad(sink, "attribute %.*s: %s", STR_ARG(str_head(uuid, 36)), why);
	else
		sink_bad(sink, "attribute: %s", why);
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

static void attribute(const json_t *a, const struct event *event, const struct ports *ports,
		      struct sink *sink)
{
	struct indicator ind = indicator_init();
	struct str value = str_trim(doc_get(a, "value")), type = doc_get(a, "type");
	struct misp_value v[2];
	const char *why = NULL;
	struct errinfo ei;
	int n = for_detection(a, event) ? misp_values(type, value, v) : 0;

	if (n == 0) {
		sink->unused++;
		return;
	}
	if (!ind_validity(doc_get(a, "first_seen"), doc_get(a, "last_seen"), &ind, &why)) {
		bad(a, why, sink);
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

		buf_clear(&sink->scratch);
		if (v[i].port.n && !set_port(v[i].port, &port, &why)) {
			bad(a, why, sink);
			continue;
		}
		if (indicator_said(v[i].text, v[i].said, &sink->scratch, &one, &ei)) {
			bad(a, ei.msg, sink);
			continue;
		}
		if (one.port == 0)
			one.port = port;
		/* The address that a connection came from says nothing by the port that it went to. */
		give(&one, str_is(type, "ip-src") ? NULL : ports, sink);
	}
}

static void attributes(const json_t *list, const struct event *event, const struct ports *ports,
		       struct sink *sink)
{
	json_t *a;
	size_t i;

	json_array_foreach(list, i, a)
	{
		attribute(a, event, ports, sink);
	}
}

/* An object names its ports beside its addresses (ip-port, domain-ip, network-connection). */
static void object(const json_t *o, const struct event *event, struct sink *sink)
{
	const json_t *list = json_object_get(o, "Attribute");
	struct ports ports = { .n = 0 };
	json_t *a;
	size_t i;

	if (doc_true(json_object_get(o, "deleted"))) {
		sink->unused += json_array_size(list);
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
	attributes(list, event, &ports, sink);
}

static bool any_flagged(const json_t *list)
{
	struct misp_value v[2];
	json_t *a;
	size_t i;

	json_array_foreach(list, i, a)
	{
		if (flagged(a) && misp_values(doc_get(a, "type"), str_trim(doc_get(a, "value")), v))
			return true;
	}
	return false;
}

static bool event_is_unflagged(const json_t *e)
{
	const json_t *objects = json_object_get(e, "Object");
	json_t *o;
	size_t i;

	if (any_flagged(json_object_get(e, "Attribute")))
		return false;
	json_array_foreach(objects, i, o)
	{
		if (any_flagged(json_object_get(o, "Attribute")))
			return false;
	}
	return true;
}

static void read_event(const json_t *e, struct sink *sink)
{
	struct str info = doc_get(e, "info"), uuid = doc_get(e, "uuid");
	const json_t *objects = json_object_get(e, "Object");
	struct event event = {
		.source = doc_get(json_object_get(e, "Orgc"), "name"),
		.family = family_of(e),
	};
	struct buf reference;
	json_t *o;
	size_t i;

	if (!json_is_object(e)) {
		sink_bad(sink, "an event that is no object");
		return;
	}
	buf_init(&reference, 0);
	buf_puts(&reference, str_head(info, 1000));
	if (uuid.n) {
		buf_c(&reference, info.n ? " (" : "");
		buf_puts(&reference, str_head(uuid, 36));
		buf_c(&reference, info.n ? ")" : "");
	}
	event.reference = buf_str(&reference);
	event.unflagged = event_is_unflagged(e);
	attributes(json_object_get(e, "Attribute"), &event, NULL, sink);
	json_array_foreach(objects, i, o)
	{
		object(o, &event, sink);
	}
	buf_free(&reference);
}

static bool is_bare_event(const json_t *v)
{
	static const char *const keys[] = { "Object", "Orgc", "info", "date" };
	bool any = false;

	for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
		any |= json_object_get(v, keys[i]) != NULL;
	return any && (json_is_array(json_object_get(v, "Attribute")) ||
		       json_is_array(json_object_get(v, "Object")));
}

/* An event, or something that wraps events or attributes; false if it is none of these. */
static bool read_value(const json_t *v, unsigned depth, struct sink *sink)
{
	const json_t *in = json_object_get(v, "Event");
	bool any = false;
	json_t *one;
	size_t i;

	if (json_is_array(v)) {
		json_array_foreach(v, i, one)
		{
			any |= depth < 3 && read_value(one, depth + 1, sink);
		}
		return any || i == 0;
	}
	if (in && json_object_get(v, "type") == NULL) {
		read_event(in, sink);
		return true;
	}
	in = json_object_get(v, "response");
	if (in)
		return depth < 3 && read_value(in, depth + 1, sink);
	/* An event without "Event" around it, as some programs save them. */
	if (is_bare_event(v)) {
		read_event(v, sink);
		return true;
	}
	in = json_object_get(v, "Attribute");
	if (json_is_array(in)) {
		/* The answer of a search for attributes; each may name its event. */
		json_array_foreach(in, i, one)
		{
			const json_t *of = json_object_get(one, "Event");
			struct event event = {
				.source = doc_get(json_object_get(of, "Orgc"), "name"),
				.reference = doc_get(of, "info"),
				.family = STR_NONE,
			};

			attribute(one, &event, NULL, sink);
		}
		return true;
	}
	return false;
}

static void misp_block(const struct layout *l, const struct reader_hints *h, struct str block,
		       struct sink *sink)
{
	json_t *tree = doc_load(block, sink);

	(void)l;
	(void)h;
	if (!tree)
		return;
	if (!read_value(tree, 0, sink))
		sink_bad(sink, "no MISP event in it");
	json_decref(tree);
}

const struct reader reader_misp = {
	.name = "misp",
	.title = "MISP events (JSON)",
	.reads = READS_INDICATORS,
	.frame = FRAME_DOCUMENT,
	.sniff = misp_sniff,
	.block = misp_block,
};
