/* SPDX-License-Identifier: Apache-2.0 */
/*
 * STIX 2.0 and 2.1: bundles, TAXII envelopes and bare lists of objects. Indicators come from
 * patterns; from observed data that an indicator is based on; and from what malware or its
 * infrastructure is said to communicate with or to consist of. Malware and tools that an indicator
 * indicates give it its families, identities are the sources. Observations that nothing calls
 * malicious are context: victims are in them.
 */
#include "base/vec.h"
#include "format/doc.h"
#include "format/ind_row.h"
#include "format/stix_pattern.h"

#include <stdio.h>
#include <stdlib.h>

#define FAMILIES_MAX 8

struct node {
	const json_t *object;
	struct str families[FAMILIES_MAX];
	unsigned n_families;
	bool malicious; /* infrastructure: what it is for, or whose it is */
	bool used;      /* observed data */
	enum role role; /* of infrastructure */
};

struct reading {
	struct node *nodes;
	size_t n;
	json_t *index; /* id -> place in nodes */
	struct sink *sink;
	uint64_t budget; /* so many indicators at most: relations multiply */
	/* The indicator being told, for the callbacks. */
	struct indicator ind;
	const struct node *node;
};

static int stix_sniff(const struct sample *s)
{
	char first = doc_begins(s);
	bool objects;

	if (first != '{' && first != '[')
		return 0;
	objects = doc_has_key(s, "objects");
	if (objects && doc_has_key(s, "type") && str_find(s->head, STR("\"bundle\"")) != SIZE_MAX)
		return 95;
	/* The head of a large bundle may show its objects only, and an envelope has no type. */
	if ((objects || first == '[') && doc_has_key(s, "type") &&
	    (str_find(s->head, STR("\"indicator--")) != SIZE_MAX || doc_has_key(s, "spec_version")))
		return 85;
	if (str_find(s->head, STR("\"bundle--")) != SIZE_MAX)
		return 80;
	if (doc_has_key(s, "pattern") && str_find(s->head, STR("\"indicator--")) != SIZE_MAX)
		return 70;
	return 0;
}

static struct str type_of(const struct node *n)
{
	return doc_get(n->object, "type");
}

static struct node *find(struct reading *r, struct str id)
{
	const json_t *at = id.n ? json_object_getn(r->index, id.p, id.n) : NULL;

	return at ? &r->nodes[json_integer_value(at)] : NULL;
}

/* ---- what objects say about themselves -------------------------------------------------------- */

/* 2.1 calls them indicator_types, 2.0 labels. False: benign. */
static bool indicator_role(const struct node *n, enum role *out)
{
	static const char *const lists[] = { "indicator_types", "labels" };
	const json_t *phases = json_object_get(n->object, "kill_chain_phases");
	bool anomalous = false, named = false;
	enum role role = ROLE_CONTROLLER;
	json_t *v;
	size_t i;

	for (size_t k = 0; k < 2; k++)
		json_array_foreach(json_object_get(n->object, lists[k]), i, v)
		{
			struct str word = doc_str(v);

			if (str_is(word, "benign"))
				return false;
			anomalous |= str_is(word, "anomalous-activity") ||
				     str_is(word, "anonymization");
			if (!named)
				named = role_find(word, &role);
		}
	json_array_foreach(phases, i, v)
	{
		if (!named)
			named = role_find(doc_get(v, "phase_name"), &role);
	}
	*out = !named && anomalous ? ROLE_OTHER : role;
	return true;
}

/* What infrastructure is for; true when that is malicious. */
static bool infrastructure_role(const json_t *o, enum role *out)
{
	static const struct {
		const char *type;
		enum role role;
	} types[] = {
		{ "command-and-control", ROLE_CONTROLLER },
		{ "botnet", ROLE_CONTROLLER },
		{ "exfiltration", ROLE_CONTROLLER },
		{ "hosting-malware", ROLE_PAYLOAD },
		{ "staging", ROLE_PAYLOAD },
		{ "phishing", ROLE_PHISHING },
	};
	json_t *v;
	size_t i;

	json_array_foreach(json_object_get(o, "infrastructure_types"), i, v)
	{
		for (size_t k = 0; k < sizeof types / sizeof types[0]; k++)
			if (str_is(doc_str(v), types[k].type)) {
				*out = types[k].role;
				return true;
			}
	}
	return false;
}

static void add_family(struct node *n, struct str name)
{
	name = ind_family(name);
	for (unsigned i = 0; i < n->n_families; i++)
		if (str_ieq(n->families[i], name))
			return;
	if (name.n && n->n_families < FAMILIES_MAX)
		n->families[n->n_families++] = name;
}

static bool is_family(const struct node *n)
{
	struct str type = type_of(n);

	return str_is(type, "malware") || str_is(type, "tool");
}

static bool is_infrastructure(const struct node *n)
{
	return str_is(type_of(n), "infrastructure");
}

/* Source, reference, validity and the like; false with the reason. */
static bool describe(struct reading *r, const json_t *o, const char *from, const char *until,
		     struct indicator *ind, const char **why)
{
	const struct node *by = find(r, doc_get(o, "created_by_ref"));
	const json_t *external = json_array_get(json_object_get(o, "external_references"), 0);
	uint64_t confidence;

	ind->source = by ? doc_get(by->object, "name") : STR_NONE;
	ind->reference = doc_get(external, "url");
	if (ind->reference.n == 0)
		ind->reference = doc_get(o, "id");
	if (doc_u64(json_object_get(o, "confidence"), &confidence) && confidence <= 100)
		ind->confidence = (uint8_t)confidence;
	ind->revoked = doc_true(json_object_get(o, "revoked"));
	return ind_validity(doc_get(o, from), doc_get(o, until), ind, why);
}

static void bad(struct reading *r, const json_t *o, const char *why)
{
	struct str id = str_head(doc_get(o, "id"), 60);

	if (id.n)
		sink_bad(r->sink, "%.*s: %s", STR_ARG(id), why);
	else
		sink_bad(r->sink, "an object without id: %s", why);
}

/* ---- telling indicators ----------------------------------------------------------------------- */

static bool told(struct reading *r, const struct node *n, struct indicator *ind)
{
	unsigned i = 0;

	do {
		if (r->budget == 0)
			return false;
		r->budget--;
		ind->family = n->n_families ? n->families[i] : STR_NONE;
		r->sink->indicator(r->sink->ctx, ind);
	} while (++i < n->n_families);
	return true;
}

/* One value with what r->ind says. */
static void tell(struct reading *r, const json_t *o, struct str text, enum said said, uint16_t port)
{
	struct indicator ind = r->ind;
	struct errinfo ei;

	buf_clear(&r->sink->scratch);
	if (indicator_said(text, said, &r->sink->scratch, &ind, &ei)) {
		bad(r, o, ei.msg);
		return;
	}
	if (ind.port == 0)
		ind.port = port;
	(void)told(r, r->node, &ind);
}

static void on_value(void *ctx, const struct stix_value *v)
{
	struct reading *r = ctx;
	struct indicator before = r->ind;

	if (v->from != TIME_NONE && (r->ind.from == TIME_NONE || v->from > r->ind.from))
		r->ind.from = v->from;
	if (v->until != TIME_NONE && (r->ind.until == TIME_NONE || v->until < r->ind.until))
		r->ind.until = v->until;
	tell(r, r->node->object, v->text, v->said, v->port);
	r->ind = before;
}

static void on_bad(void *ctx, const char *why)
{
	struct reading *r = ctx;

	bad(r, r->node->object, why);
}

static void tell_pattern(struct reading *r, struct node *n)
{
	const struct stix_sink sink = { r, on_value, on_bad };
	struct str language = doc_get(n->object, "pattern_type");
	struct str pattern = doc_get(n->object, "pattern");
	struct errinfo ei;

	if (language.n && !str_iis(language, "stix"))
		bad(r, n->object, "its pattern is not in the STIX language");
	else if (pattern.n == 0)
		bad(r, n->object, "no pattern");
	else if (stix_pattern(pattern, &sink, &ei))
		bad(r, n->object, ei.msg);
}

/* ---- observed things (SCOs) ------------------------------------------------------------------- */

/* By reference: inside the observed data (2.0), else in the bundle. */
static const json_t *resolve(struct reading *r, const json_t *inside, struct str ref)
{
	const struct node *n;

	if (inside)
		return ref.n ? json_object_getn(inside, ref.p, ref.n) : NULL;
	n = find(r, ref);
	return n ? n->object : NULL;
}

static enum said sco_said(const json_t *o)
{
	struct str type = doc_get(o, "type");

	if (str_is(type, "ipv4-addr") || str_is(type, "ipv6-addr"))
		return SAID_ADDRESS;
	if (str_is(type, "domain-name"))
		return SAID_DOMAIN;
	return str_is(type, "url") ? SAID_URL : SAID_NOTHING;
}

/* An address, name or URL; of traffic its destination. `of` is the object whose claim this is. */
static void tell_sco(struct reading *r, const json_t *of, const json_t *inside, const json_t *sco)
{
	enum said said = sco_said(sco);
	uint64_t port = 0;

	if (said) {
		tell(r, of, doc_get(sco, "value"), said, 0);
		return;
	}
	if (!str_is(doc_get(sco, "type"), "network-traffic"))
		return;
	if (!doc_u64(json_object_get(sco, "dst_port"), &port) || port > 65535)
		port = 0;
	sco = resolve(r, inside, doc_get(sco, "dst_ref"));
	said = sco ? sco_said(sco) : SAID_NOTHING;
	if (said == SAID_ADDRESS || said == SAID_DOMAIN)
		tell(r, of, doc_get(sco, "value"), said, (uint16_t)port);
}

/* Whether traffic in the same observation has it as an end: then the traffic tells it, or it is a
 * victim. */
static void note_ends(json_t *ends, const json_t *sco)
{
	static const char *const keys[] = { "src_ref", "dst_ref" };

	if (!str_is(doc_get(sco, "type"), "network-traffic"))
		return;
	for (size_t k = 0; k < 2; k++) {
		struct str ref = doc_get(sco, keys[k]);

		if (ref.n)
			(void)json_object_setn_new_nocheck(ends, ref.p, ref.n, json_true());
	}
}

static void tell_observed(struct reading *r, const json_t *of, struct node *observed)
{
	json_t *inside = json_object_get(observed->object, "objects");
	const json_t *refs = json_object_get(observed->object, "object_refs");
	json_t *ends = json_object(), *v;
	const char *key;
	size_t i;

	observed->used = true;
	/* 2.0 keeps the things inside, by number; 2.1 refers to them. */
	json_object_foreach(inside, key, v)
	{
		note_ends(ends, v);
	}
	json_array_foreach(refs, i, v)
	{
		note_ends(ends, resolve(r, NULL, doc_str(v)));
	}
	json_object_foreach(inside, key, v)
	{
		if (!json_object_get(ends, key))
			tell_sco(r, of, inside, v);
	}
	json_array_foreach(refs, i, v)
	{
		struct str ref = doc_str(v);

		if (ref.n && !json_object_getn(ends, ref.p, ref.n))
			tell_sco(r, of, NULL, resolve(r, NULL, ref));
	}
	json_decref(ends);
}

/* ---- relations -------------------------------------------------------------------------------- */

struct relation {
	const json_t *object;
	struct str type;
	struct node *from, *to;
};

static bool relation_of(struct reading *r, const struct node *n, struct relation *out)
{
	if (!str_is(type_of(n), "relationship") || doc_true(json_object_get(n->object, "revoked")))
		return false;
	*out = (struct relation){
		.object = n->object,
		.type = doc_get(n->object, "relationship_type"),
		.from = find(r, doc_get(n->object, "source_ref")),
		.to = find(r, doc_get(n->object, "target_ref")),
	};
	return out->from && out->to;
}

/* Families of indicators, and whose infrastructure it is. */
static void learn(const struct relation *rel)
{
	bool link = str_is(rel->type, "beacons-to") || str_is(rel->type, "exfiltrates-to") ||
		    str_is(rel->type, "communicates-with") || str_is(rel->type, "controls") ||
		    str_is(rel->type, "delivers") || str_is(rel->type, "uses") ||
		    str_is(rel->type, "hosts");
	const struct node *family = is_family(rel->from) ? rel->from : rel->to;
	struct node *infra = is_infrastructure(rel->from) ? rel->from : rel->to;

	if (str_is(rel->type, "indicates") && is_family(rel->to))
		add_family(rel->from, doc_get(rel->to->object, "name"));
	if (!link || !is_family(family) || !is_infrastructure(infra))
		return;
	add_family(infra, doc_get(family->object, "name"));
	/* Malware reports to what it beacons to, whatever else that is. */
	if (str_is(rel->type, "beacons-to") || str_is(rel->type, "exfiltrates-to") ||
	    str_is(rel->type, "controls"))
		infra->malicious = true;
}

/* An indicator of infrastructure is one of its malware. */
static void inherit(const struct relation *rel)
{
	if (!str_is(rel->type, "indicates") || !is_infrastructure(rel->to))
		return;
	for (unsigned i = 0; i < rel->to->n_families; i++)
		add_family(rel->from, rel->to->families[i]);
}

static void tell_relation(struct reading *r, const struct relation *rel)
{
	bool contact = str_is(rel->type, "communicates-with") || str_is(rel->type, "beacons-to") ||
		       str_is(rel->type, "exfiltrates-to");
	bool part = str_is(rel->type, "consists-of");
	const char *why = NULL;

	r->ind = indicator_init();
	r->node = rel->from;
	if (str_is(rel->type, "based-on") && str_is(type_of(rel->to), "observed-data") &&
	    str_is(type_of(rel->from), "indicator")) {
		/* A pattern that cannot be told was told as such already; its time was, too. */
		if (indicator_role(rel->from, &r->ind.role) &&
		    describe(r, rel->from->object, "valid_from", "valid_until", &r->ind, &why))
			tell_observed(r, rel->from->object, rel->to);
		return;
	}
	if (is_infrastructure(rel->from) ? !(rel->from->malicious && (contact || part))
					 : !(str_is(type_of(rel->from), "malware") && contact))
		return;
	if (sco_said(rel->to->object) == SAID_NOTHING && !str_is(type_of(rel->to), "network-traffic") &&
	    !str_is(type_of(rel->to), "observed-data"))
		return;
	if (!describe(r, rel->object, "start_time", "stop_time", &r->ind, &why)) {
		bad(r, rel->object, why);
		return;
	}
	if (is_infrastructure(rel->from))
		r->ind.role = rel->from->role;
	if (str_is(type_of(rel->to), "observed-data"))
		tell_observed(r, rel->object, rel->to);
	else
		tell_sco(r, rel->object, NULL, rel->to->object);
}

/* ---- documents -------------------------------------------------------------------------------- */

/* Of several versions of an object the last one modified counts. */
static bool add_node(struct reading *r, const json_t *o)
{
	struct str id = doc_get(o, "id");
	struct node *older = find(r, id);

	if (older) {
		if (str_cmp(doc_get(older->object, "modified"), doc_get(o, "modified")) <= 0)
			older->object = o;
		return true;
	}
	r->nodes[r->n].object = o;
	if (id.n && json_object_setn_new_nocheck(r->index, id.p, id.n, json_integer((json_int_t)r->n)))
		return false;
	r->n++;
	return true;
}

static void tell_indicator(struct reading *r, struct node *n)
{
	const char *why = NULL;

	r->ind = indicator_init();
	r->node = n;
	if (!indicator_role(n, &r->ind.role))
		r->sink->unused++;
	else if (!describe(r, n->object, "valid_from", "valid_until", &r->ind, &why))
		bad(r, n->object, why);
	else
		tell_pattern(r, n);
}

static void read_objects(struct reading *r)
{
	struct relation rel;

	for (size_t i = 0; i < r->n; i++) {
		struct node *n = &r->nodes[i];

		if (is_family(n))
			add_family(n, doc_get(n->object, "name"));
		if (is_infrastructure(n))
			n->malicious = infrastructure_role(n->object, &n->role);
	}
	for (size_t i = 0; i < r->n; i++)
		if (relation_of(r, &r->nodes[i], &rel))
			learn(&rel);
	for (size_t i = 0; i < r->n; i++)
		if (relation_of(r, &r->nodes[i], &rel))
			inherit(&rel);
	for (size_t i = 0; i < r->n; i++)
		if (str_is(type_of(&r->nodes[i]), "indicator"))
			tell_indicator(r, &r->nodes[i]);
	for (size_t i = 0; i < r->n; i++)
		if (relation_of(r, &r->nodes[i], &rel))
			tell_relation(r, &rel);
	for (size_t i = 0; i < r->n; i++)
		r->sink->unused += str_is(type_of(&r->nodes[i]), "observed-data") && !r->nodes[i].used;
	if (r->budget == 0)
		sink_bad(r->sink,
			 "more indicators by relations than its size allows; the rest is left out");
}

static void stix_block(const struct layout *l, const struct reader_hints *h, struct str block,
		       struct sink *sink)
{
	struct reading r = { .sink = sink, .budget = block.n / 4 + 4096 };
	json_t *tree = doc_load(block, sink), *objects, *v;
	bool ok = true;
	size_t i;

	(void)l;
	(void)h;
	if (!tree)
		return;
	objects = json_is_array(tree) ? tree : json_object_get(tree, "objects");
	if (!json_is_array(objects) && !(json_is_object(tree) && !objects)) {
		sink_bad(sink, "no STIX: its objects are no list");
		json_decref(tree);
		return;
	}
	r.index = json_object();
	r.nodes = calloc(objects ? json_array_size(objects) + 1 : 1, sizeof *r.nodes);
	ok = r.index && r.nodes;
	if (!objects && ok) {
		/* An object alone, or an empty envelope. */
		if (json_object_size(tree) && !str_is(doc_get(tree, "type"), "bundle"))
			ok = add_node(&r, tree);
	}
	json_array_foreach(objects, i, v)
	{
		if (!json_is_object(v))
			sink_bad(sink, "object %zu is no object", i + 1);
		else if (ok)
			ok = add_node(&r, v);
	}
	if (ok)
		read_objects(&r);
	else
		sink_bad(sink, "no memory for the objects");
	json_decref(r.index);
	free(r.nodes);
	json_decref(tree);
}

const struct reader reader_stix = {
	.name = "stix",
	.title = "STIX 2.0 and 2.1 bundles (JSON)",
	.reads = READS_INDICATORS,
	.frame = FRAME_DOCUMENT,
	.sniff = stix_sniff,
	.block = stix_block,
};
