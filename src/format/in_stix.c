/* SPDX-License-Identifier: Apache-2.0 */
/*
 * STIX 2.0 and 2.1: bundles, TAXII envelopes and bare lists of objects. Indicators come from
 * patterns; from observed data that an indicator is based on; and from what malware or its
 * infrastructure is said to communicate with or to consist of. Malware and tools that an indicator
 * indicates give it its families, identities are the sources. Observations that nothing calls
 * malicious are context: victims are in them.
 */
#include "format/doc.h"
#include "format/ind_row.h"
#include "format/stix_graph.h"
#include "format/stix_pattern.h"

struct reading {
	struct doc doc;
	struct stix_graph graph;
	struct sink *sink;
	uint64_t budget; /* so many indicators at most: relations multiply */
	uint64_t work;   /* so many bytes of objects are read: what many refer to is read often */
	/* The indicator being told, for the callbacks. */
	struct indicator ind;
	const struct stix_node *node;
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

/* May so much be read once more? */
static bool take_work(struct reading *r, const struct stix_node *n)
{
	if (r->work < n->object.n) {
		r->work = r->budget = 0;
		return false;
	}
	r->work -= n->object.n;
	return true;
}

/* The tree of an object, or NULL: then it was told why, or there is no more to be read. */
static json_t *tree_of(struct reading *r, const struct stix_node *n)
{
	return take_work(r, n) ? doc_tree(&r->doc, n->object) : NULL;
}

/* ---- what objects say about themselves -------------------------------------------------------- */

/* 2.1 calls them indicator_types, 2.0 labels. False: benign. */
static bool indicator_role(const json_t *o, struct indicator *out)
{
	static const char *const lists[] = { "indicator_types", "labels" };
	const json_t *phases = json_object_get(o, "kill_chain_phases");
	bool anomalous = false, named = false;
	enum role role = ROLE_CONTROLLER;
	json_t *v;
	size_t i;

	for (size_t k = 0; k < 2; k++)
		json_array_foreach(json_object_get(o, lists[k]), i, v)
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
	out->role = !named && anomalous ? ROLE_OTHER : role;
	out->role_said = named;
	return true;
}

/* Source, reference, validity and the like; false with the reason. */
static bool describe(struct reading *r, const json_t *o, const char *from, const char *until,
		     struct indicator *ind, const char **why)
{
	const struct stix_node *by = stix_graph_find(&r->graph, doc_get(o, "created_by_ref"));
	const json_t *external = json_array_get(json_object_get(o, "external_references"), 0);
	uint64_t confidence;

	ind->source = by && by->kind == STIX_OTHER ? by->one : STR_NONE;
	ind->reference = doc_get(external, "url");
	if (ind->reference.n == 0)
		ind->reference = doc_get(o, "id");
	if (doc_u64(json_object_get(o, "confidence"), &confidence) && confidence <= 100)
		ind->confidence = (uint8_t)confidence;
	ind->revoked = doc_true(json_object_get(o, "revoked"));
	return ind_validity(doc_get(o, from), doc_get(o, until), ind, why);
}

static void bad(struct reading *r, const struct stix_node *n, const char *why)
{
	struct str id = str_head(n->id, 60);

	doc_at(&r->doc, n->object.p);
	if (id.n)
		sink_bad(r->sink, "%.*s: %s", STR_ARG(id), why);
	else
		sink_bad(r->sink, "an object without id: %s", why);
}

/* ---- telling indicators ----------------------------------------------------------------------- */

static void told(struct reading *r, const struct stix_node *n, struct indicator *ind)
{
	struct str family = stix_graph_family(&r->graph, n, 0);
	unsigned i = 0;

	do {
		if (r->budget == 0)
			return;
		r->budget--;
		ind->family = family;
		r->sink->indicator(r->sink->ctx, ind);
		family = stix_graph_family(&r->graph, n, ++i);
	} while (family.n);
}

/* One value with what r->ind says; `of` is the object whose claim this is. */
static void tell(struct reading *r, const struct stix_node *of, struct str text, enum said said,
		 uint16_t port)
{
	struct indicator ind = r->ind;
	struct errinfo ei;

	buf_clear(&r->sink->scratch);
	if (indicator_said(text, said, &r->sink->scratch, &ind, &ei)) {
		bad(r, of, ei.msg);
		return;
	}
	if (ind.port == 0)
		ind.port = port;
	told(r, r->node, &ind);
}

static void on_value(void *ctx, const struct stix_value *v)
{
	struct reading *r = ctx;
	struct indicator before = r->ind;

	if (v->from != TIME_NONE && (r->ind.from == TIME_NONE || v->from > r->ind.from))
		r->ind.from = v->from;
	if (v->until != TIME_NONE && (r->ind.until == TIME_NONE || v->until < r->ind.until))
		r->ind.until = v->until;
	tell(r, r->node, v->text, v->said, v->port);
	r->ind = before;
}

static void on_bad(void *ctx, const char *why)
{
	struct reading *r = ctx;

	bad(r, r->node, why);
}

static void tell_pattern(struct reading *r, const struct stix_node *n, const json_t *o)
{
	const struct stix_sink sink = { r, on_value, on_bad };
	struct str language = doc_get(o, "pattern_type");
	struct str pattern = doc_get(o, "pattern");
	struct errinfo ei;

	if (language.n && !str_iis(language, "stix"))
		bad(r, n, "its pattern is not in the STIX language");
	else if (pattern.n == 0)
		bad(r, n, "no pattern");
	else if (stix_pattern(pattern, &sink, &ei))
		bad(r, n, ei.msg);
}

/* ---- observed things (SCOs) ------------------------------------------------------------------- */

/* An address, name, URL or traffic: beside the others in the document, or inside observed data. */
struct thing {
	enum stix_kind kind;
	struct str one, two; /* as in struct stix_node */
	uint16_t port;
};

static enum said said_of(enum stix_kind kind)
{
	if (kind == STIX_ADDRESS)
		return SAID_ADDRESS;
	if (kind == STIX_DOMAIN)
		return SAID_DOMAIN;
	return kind == STIX_URL ? SAID_URL : SAID_NOTHING;
}

/* By reference: inside the observed data (2.0), else in the document. */
static struct thing thing_of(struct reading *r, const json_t *inside, struct str ref)
{
	struct thing t = { STIX_OTHER, STR_NONE, STR_NONE, 0 };
	const struct stix_node *n;
	const json_t *o;
	uint64_t port;

	if (!inside) {
		n = stix_graph_find(&r->graph, ref);
		return n ? (struct thing){ n->kind, n->one, n->two, n->port } : t;
	}
	o = ref.n ? json_object_getn(inside, ref.p, ref.n) : NULL;
	t.kind = stix_kind_of(doc_get(o, "type"));
	t.one = doc_get(o, t.kind == STIX_TRAFFIC ? "dst_ref" : "value");
	t.two = doc_get(o, "src_ref");
	if (doc_u64(json_object_get(o, "dst_port"), &port) && port <= 65535)
		t.port = (uint16_t)port;
	return t;
}

/* An address, name or URL; of traffic its destination. */
static void tell_thing(struct reading *r, const struct stix_node *of, const json_t *inside,
		       struct thing t)
{
	enum said said = said_of(t.kind);
	uint16_t port = t.port;

	if (said) {
		tell(r, of, t.one, said, 0);
		return;
	}
	if (t.kind != STIX_TRAFFIC)
		return;
	t = thing_of(r, inside, t.one);
	said = said_of(t.kind);
	if (said == SAID_ADDRESS || said == SAID_DOMAIN)
		tell(r, of, t.one, said, port);
}

/* Whether traffic in the same observation has it as an end: then the traffic tells it, or it is a
 * victim. */
static void note_ends(json_t *ends, struct thing t)
{
	if (t.kind != STIX_TRAFFIC)
		return;
	if (t.one.n)
		(void)json_object_setn_new_nocheck(ends, t.one.p, t.one.n, json_true());
	if (t.two.n)
		(void)json_object_setn_new_nocheck(ends, t.two.p, t.two.n, json_true());
}

/* A reference in a list, as it stands there. */
static bool next_ref(struct json_parts *w, struct str *ref)
{
	struct str key, v;

	if (!json_part(w, &key, &v))
		return false;
	*ref = v.n > 2 && v.p[0] == '"' ? (struct str){ v.p + 1, v.n - 2 } : STR_NONE;
	return true;
}

/* Many may refer to one large observation: its references are walked where they stand. */
static void tell_observed(struct reading *r, const struct stix_node *of, struct stix_node *observed)
{
	struct str refs = doc_member(observed->object, "object_refs");
	struct str numbered = doc_member(observed->object, "objects"), ref;
	json_t *inside, *ends, *v;
	struct json_parts w;
	const char *key;

	observed->used = true;
	if (!take_work(r, observed))
		return;
	inside = numbered.n ? doc_tree(&r->doc, numbered) : NULL;
	ends = json_object();
	/* 2.0 keeps the things inside, by number; 2.1 refers to them. */
	json_object_foreach(inside, key, v)
	{
		note_ends(ends, thing_of(r, inside, str_of(key)));
	}
	(void)doc_parts(&w, refs, '[');
	while (next_ref(&w, &ref))
		note_ends(ends, thing_of(r, NULL, ref));
	json_object_foreach(inside, key, v)
	{
		if (!json_object_get(ends, key))
			tell_thing(r, of, inside, thing_of(r, inside, str_of(key)));
	}
	(void)doc_parts(&w, refs, '[');
	while (next_ref(&w, &ref))
		if (ref.n && !json_object_getn(ends, ref.p, ref.n))
			tell_thing(r, of, NULL, thing_of(r, NULL, ref));
	json_decref(ends);
	json_decref(inside);
}

/* ---- objects ---------------------------------------------------------------------------------- */

static void tell_based_on(struct reading *r, const struct stix_node *from, struct stix_node *to)
{
	json_t *o = tree_of(r, from);
	const char *why = NULL;

	/* A pattern that cannot be told was told as such already; its time was, too. */
	if (o && indicator_role(o, &r->ind) &&
	    describe(r, o, "valid_from", "valid_until", &r->ind, &why))
		tell_observed(r, from, to);
	json_decref(o);
}

static void tell_contact(struct reading *r, const struct stix_node *relation,
			 const struct stix_node *from, struct stix_node *to)
{
	json_t *o = tree_of(r, relation);
	const char *why = NULL;

	if (!o)
		return;
	if (!describe(r, o, "start_time", "stop_time", &r->ind, &why)) {
		bad(r, relation, why);
	} else {
		if (from->kind == STIX_INFRASTRUCTURE)
			r->ind.role = from->role;
		r->ind.role_said = true;
		if (to->kind == STIX_OBSERVED)
			tell_observed(r, relation, to);
		else
			tell_thing(r, relation, NULL,
				   (struct thing){ to->kind, to->one, to->two, to->port });
	}
	json_decref(o);
}

static void tell_relation(struct reading *r, const struct stix_node *relation)
{
	bool contact = relation->relation == STIX_COMMUNICATES_WITH ||
		       relation->relation == STIX_BEACONS_TO ||
		       relation->relation == STIX_EXFILTRATES_TO;
	struct stix_node *from, *to;
	bool meant;

	if (!stix_graph_ends(&r->graph, relation, &from, &to))
		return;
	r->ind = indicator_init();
	r->node = from;
	if (relation->relation == STIX_BASED_ON && to->kind == STIX_OBSERVED &&
	    from->kind == STIX_INDICATOR) {
		tell_based_on(r, from, to);
		return;
	}
	if (from->kind == STIX_INFRASTRUCTURE)
		meant = from->malicious && (contact || relation->relation == STIX_CONSISTS_OF);
	else
		meant = from->kind == STIX_MALWARE && contact;
	if (meant && (said_of(to->kind) || to->kind == STIX_TRAFFIC || to->kind == STIX_OBSERVED))
		tell_contact(r, relation, from, to);
}

static void tell_indicator(struct reading *r, const struct stix_node *n)
{
	json_t *o = tree_of(r, n);
	const char *why = NULL;

	if (!o)
		return;
	r->ind = indicator_init();
	r->node = n;
	if (!indicator_role(o, &r->ind))
		r->sink->unused++;
	else if (!describe(r, o, "valid_from", "valid_until", &r->ind, &why))
		bad(r, n, why);
	else
		tell_pattern(r, n, o);
	json_decref(o);
}

static void tell_all(struct reading *r)
{
	struct stix_node *v = r->graph.nodes.v;
	size_t n = r->graph.nodes.n;

	for (size_t i = 0; i < n && r->budget; i++)
		if (v[i].kind == STIX_INDICATOR)
			tell_indicator(r, &v[i]);
	for (size_t i = 0; i < n && r->budget; i++)
		if (v[i].kind == STIX_RELATION)
			tell_relation(r, &v[i]);
	for (size_t i = 0; i < n; i++)
		r->sink->unused += v[i].kind == STIX_OBSERVED && !v[i].used;
	if (r->budget == 0) {
		r->sink->line = 0;
		sink_bad(r->sink,
			 "more indicators by relations than its size allows; the rest is left out");
	}
}

/* ---- documents -------------------------------------------------------------------------------- */

static enum err add_list(struct reading *r, struct str list)
{
	struct json_parts w;
	struct str key, v;
	enum err e = ERR_OK;

	if (!doc_parts(&w, list, '['))
		return ERR_OK;
	while (!e && doc_part(&r->doc, &w, &key, &v))
		e = stix_graph_add(&r->graph, v);
	return e;
}

/* A bundle or an envelope, a list, or an object alone. */
static enum err add_document(struct reading *r, struct str text)
{
	struct json_parts w;
	struct str key, v, objects = STR_NONE;
	bool any = false, bundle = false;
	enum err e = ERR_OK;

	if (doc_is(text, '['))
		return add_list(r, text);
	(void)json_parts_begin(&w, text);
	while (!e && doc_part(&r->doc, &w, &key, &v)) {
		any = true;
		bundle |= str_is(key, "type") && str_is(v, "\"bundle\"");
		if (!str_is(key, "objects"))
			continue;
		objects = v;
		e = add_list(r, v);
	}
	/* Observed data that stands alone has its objects by number. */
	if (!e && any && !bundle && (objects.n == 0 || doc_is(objects, '{')))
		return stix_graph_add(&r->graph, text);
	if (objects.n && !doc_is(objects, '[')) {
		doc_at(&r->doc, objects.p);
		sink_bad(r->sink, "no STIX: its objects are no list");
	}
	return e;
}

static void stix_block(const struct layout *l, const struct reader_hints *h, struct str block,
		       struct sink *sink)
{
	struct reading r = { .sink = sink, .budget = block.n / 4 + 4096, .work = 4 * block.n + 65536 };
	struct str text;
	enum err e = ERR_OK;

	(void)l;
	(void)h;
	doc_begin(&r.doc, block, sink);
	stix_graph_init(&r.graph, &r.doc);
	while (!e && doc_next(&r.doc, &text))
		e = add_document(&r, text);
	if (!e)
		e = stix_graph_learn(&r.graph);
	if (e)
		sink_bad(sink, "no memory for the objects");
	else
		tell_all(&r);
	stix_graph_free(&r.graph);
}

const struct reader reader_stix = {
	.name = "stix",
	.title = "STIX 2.0 and 2.1 bundles (JSON)",
	.reads = READS_INDICATORS,
	.frame = FRAME_DOCUMENT,
	.sniff = stix_sniff,
	.block = stix_block,
};
