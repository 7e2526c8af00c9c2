/* SPDX-License-Identifier: Apache-2.0 */
#include "format/stix_graph.h"

#include "base/json.h"
#include "format/ind_row.h"

#include <stdlib.h>

enum { INDEX_FIRST = 1024, ARENA_MAX = 256 << 20 };

void stix_graph_init(struct stix_graph *g, struct doc *d)
{
	*g = (struct stix_graph){ .doc = d, .seed = str_hash(d->text, 0) };
	arena_init(&g->arena, ARENA_MAX);
}

void stix_graph_free(struct stix_graph *g)
{
	free(g->nodes.v);
	free(g->families.v);
	free(g->index);
	arena_free(&g->arena);
}

/* ---- by id ---- */

static uint32_t *place_of(const struct stix_graph *g, struct str id)
{
	size_t i = (size_t)str_hash(id, g->seed) & (g->index_cap - 1);

	while (g->index[i] && !str_eq(g->nodes.v[g->index[i] - 1].id, id))
		i = (i + 1) & (g->index_cap - 1);
	return &g->index[i];
}

static enum err index_grow(struct stix_graph *g)
{
	uint32_t *old = g->index;
	size_t had = g->index_cap, cap = had ? 2 * had : INDEX_FIRST;

	g->index = calloc(cap, sizeof *g->index);
	if (!g->index) {
		g->index = old;
		return ERR_NOMEM;
	}
	g->index_cap = cap;
	for (size_t i = 0; i < had; i++)
		if (old[i])
			*place_of(g, g->nodes.v[old[i] - 1].id) = old[i];
	free(old);
	return ERR_OK;
}

struct stix_node *stix_graph_find(const struct stix_graph *g, struct str id)
{
	const uint32_t *at = id.n && g->index_cap ? place_of(g, id) : NULL;

	return at && *at ? &g->nodes.v[*at - 1] : NULL;
}

/* ---- facts ---- */

enum member {
	TYPE,
	ID,
	MODIFIED,
	NAME,
	VALUE,
	REVOKED,
	RELATION,
	SOURCE,
	TARGET,
	DST,
	SRC,
	DST_PORT,
	USES,
	MEMBERS
};

/* Whatever is said twice counts as it was said last, as in a tree. */
static bool members(struct str object, struct json m[MEMBERS])
{
	static const char *const names[MEMBERS] = {
		[TYPE] = "type",
		[ID] = "id",
		[MODIFIED] = "modified",
		[NAME] = "name",
		[VALUE] = "value",
		[REVOKED] = "revoked",
		[RELATION] = "relationship_type",
		[SOURCE] = "source_ref",
		[TARGET] = "target_ref",
		[DST] = "dst_ref",
		[SRC] = "src_ref",
		[DST_PORT] = "dst_port",
		[USES] = "infrastructure_types",
	};
	struct json_walk w;
	struct json v;
	struct str key;

	for (int i = 0; i < MEMBERS; i++)
		m[i] = (struct json){ .type = JSON_NULL, .raw = STR_NONE };
	if (!json_begin(&w, object) || w.array)
		return false;
	while (json_next(&w, &key, &v))
		for (int i = 0; i < MEMBERS; i++)
			if (str_is(key, names[i]))
				m[i] = v;
	return !w.failed;
}

/* Most strings stand in the document as they are. */
static struct str text(struct stix_graph *g, const struct json *v)
{
	struct str out;
	char *room;

	if (v->type != JSON_STRING)
		return STR_NONE;
	if (!v->escaped)
		return v->raw;
	room = arena_alloc(&g->arena, v->raw.n);
	return room && json_text(v, room, &out) ? out : STR_NONE;
}

enum stix_kind stix_kind_of(struct str type)
{
	static const struct {
		const char *type;
		enum stix_kind kind;
	} kinds[] = {
		{ "relationship", STIX_RELATION },
		{ "indicator", STIX_INDICATOR },
		{ "malware", STIX_MALWARE },
		{ "tool", STIX_TOOL },
		{ "ipv4-addr", STIX_ADDRESS },
		{ "ipv6-addr", STIX_ADDRESS },
		{ "domain-name", STIX_DOMAIN },
		{ "url", STIX_URL },
		{ "observed-data", STIX_OBSERVED },
		{ "network-traffic", STIX_TRAFFIC },
		{ "infrastructure", STIX_INFRASTRUCTURE },
	};

	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
		if (str_is(type, kinds[i].type))
			return kinds[i].kind;
	return STIX_OTHER;
}

static enum stix_relation relation_of(struct str type)
{
	static const struct {
		const char *type;
		enum stix_relation relation;
	} types[] = {
		{ "indicates", STIX_INDICATES },
		{ "based-on", STIX_BASED_ON },
		{ "consists-of", STIX_CONSISTS_OF },
		{ "communicates-with", STIX_COMMUNICATES_WITH },
		{ "beacons-to", STIX_BEACONS_TO },
		{ "exfiltrates-to", STIX_EXFILTRATES_TO },
		{ "controls", STIX_CONTROLS },
		{ "delivers", STIX_LINK },
		{ "uses", STIX_LINK },
		{ "hosts", STIX_LINK },
	};

	for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
		if (str_is(type, types[i].type))
			return types[i].relation;
	return STIX_REL_OTHER;
}

/* What infrastructure is for; false when that is not malicious. */
static bool use_of(struct stix_graph *g, const struct json *uses, enum role *out)
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
	struct json_walk w;
	struct json v;
	struct str key;

	if (uses->type != JSON_ARRAY || !json_begin(&w, uses->raw))
		return false;
	while (json_next(&w, &key, &v))
		for (size_t k = 0; k < sizeof types / sizeof types[0]; k++)
			if (str_is(text(g, &v), types[k].type)) {
				*out = types[k].role;
				return true;
			}
	return false;
}

static bool truth(struct stix_graph *g, const struct json *v)
{
	return json_true(v) || (v->type == JSON_NUMBER && str_is(v->raw, "1")) ||
	       str_is(text(g, v), "1") || str_iis(text(g, v), "true");
}

static struct stix_node facts(struct stix_graph *g, struct str object, const struct json m[MEMBERS])
{
	struct stix_node n = { .object = object,
			       .id = text(g, &m[ID]),
			       .one = STR_NONE,
			       .two = STR_NONE,
			       .modified = m[MODIFIED].raw,
			       .kind = (unsigned char)stix_kind_of(text(g, &m[TYPE])) };
	enum role role = ROLE_CONTROLLER;
	uint64_t port = 0;

	n.revoked = truth(g, &m[REVOKED]);
	switch ((enum stix_kind)n.kind) {
	case STIX_RELATION:
		n.relation = (unsigned char)relation_of(text(g, &m[RELATION]));
		n.one = text(g, &m[SOURCE]);
		n.two = text(g, &m[TARGET]);
		break;
	case STIX_TRAFFIC:
		n.one = text(g, &m[DST]);
		n.two = text(g, &m[SRC]);
		if (str_u64(m[DST_PORT].type == JSON_NUMBER ? m[DST_PORT].raw : text(g, &m[DST_PORT]),
			    65535, &port))
			n.port = (uint16_t)port;
		break;
	case STIX_ADDRESS:
	case STIX_DOMAIN:
	case STIX_URL:
		n.one = text(g, &m[VALUE]);
		break;
	case STIX_MALWARE:
	case STIX_TOOL:
		n.one = ind_family(text(g, &m[NAME]));
		break;
	case STIX_INFRASTRUCTURE:
		n.malicious = use_of(g, &m[USES], &role);
		n.role = (unsigned char)role;
		break;
	default:
		n.one = text(g, &m[NAME]);
	}
	return n;
}

/* ---- objects ---- */

enum err stix_graph_add(struct stix_graph *g, struct str object)
{
	struct json m[MEMBERS];
	struct stix_node *at, n;
	uint32_t *place;

	if (!members(object, m)) {
		doc_refuse(g->doc, object,
			   doc_is(object, '{') ? "an object deeper than 64"
					       : "what is no object among the objects");
		return ERR_OK;
	}
	n = facts(g, object, m);
	if (n.id.n && 2 * g->index_n >= g->index_cap && index_grow(g))
		return ERR_NOMEM;
	place = n.id.n ? place_of(g, n.id) : NULL;
	if (place && *place) {
		at = &g->nodes.v[*place - 1];
		if (str_cmp(at->modified, n.modified) <= 0) {
			n.id = at->id;
			*at = n;
		}
		return ERR_OK;
	}
	if (g->nodes.n == UINT32_MAX - 1)
		return ERR_NOMEM;
	at = VEC_PUSH(&g->nodes);
	if (!at)
		return ERR_NOMEM;
	*at = n;
	if (place) {
		*place = (uint32_t)g->nodes.n;
		g->index_n++;
	}
	return ERR_OK;
}

/* ---- relations ---- */

bool stix_graph_ends(const struct stix_graph *g, const struct stix_node *relation,
		     struct stix_node **from, struct stix_node **to)
{
	if (relation->kind != STIX_RELATION || relation->revoked)
		return false;
	*from = stix_graph_find(g, relation->one);
	*to = *from ? stix_graph_find(g, relation->two) : NULL;
	return *to != NULL;
}

struct str stix_graph_family(const struct stix_graph *g, const struct stix_node *n, unsigned i)
{
	const struct stix_families *f;

	if (stix_is_family(n) && i == 0)
		return n->one;
	if (!n->families)
		return STR_NONE;
	f = &g->families.v[n->families - 1];
	return i < f->n ? g->nodes.v[f->node[i]].one : STR_NONE;
}

static enum err add_family(struct stix_graph *g, struct stix_node *n, uint32_t family)
{
	struct str name = g->nodes.v[family].one;
	struct stix_families *f;

	if (name.n == 0 || stix_is_family(n))
		return ERR_OK;
	if (!n->families) {
		f = VEC_PUSH(&g->families);
		if (!f)
			return ERR_NOMEM;
		f->n = 0;
		n->families = (uint32_t)g->families.n;
	}
	f = &g->families.v[n->families - 1];
	for (unsigned i = 0; i < f->n; i++)
		if (str_ieq(g->nodes.v[f->node[i]].one, name))
			return ERR_OK;
	if (f->n < STIX_FAMILIES_MAX)
		f->node[f->n++] = family;
	return ERR_OK;
}

static enum err learn(struct stix_graph *g, enum stix_relation type, struct stix_node *from,
		      struct stix_node *to)
{
	struct stix_node *family = stix_is_family(from) ? from : to;
	struct stix_node *infra = from->kind == STIX_INFRASTRUCTURE ? from : to;
	enum err e = ERR_OK;

	if (type == STIX_INDICATES)
		return stix_is_family(to) ? add_family(g, from, (uint32_t)(to - g->nodes.v)) : ERR_OK;
	if (type < STIX_COMMUNICATES_WITH || !stix_is_family(family) || infra->kind != STIX_INFRASTRUCTURE)
		return ERR_OK;
	e = add_family(g, infra, (uint32_t)(family - g->nodes.v));
	/* Malware reports to what it beacons to, whatever else that is. */
	if (type == STIX_BEACONS_TO || type == STIX_EXFILTRATES_TO || type == STIX_CONTROLS)
		infra->malicious = true;
	return e;
}

/* An indicator of infrastructure is one of its malware. */
static enum err inherit(struct stix_graph *g, struct stix_node *n, const struct stix_node *infra)
{
	enum err e = ERR_OK;

	for (unsigned i = 0; !e && i < STIX_FAMILIES_MAX && infra->families &&
			     i < g->families.v[infra->families - 1].n;
	     i++)
		e = add_family(g, n, g->families.v[infra->families - 1].node[i]);
	return e;
}

enum err stix_graph_learn(struct stix_graph *g)
{
	struct stix_node *from, *to;
	enum err e = ERR_OK;

	for (size_t i = 0; !e && i < g->nodes.n; i++)
		if (stix_graph_ends(g, &g->nodes.v[i], &from, &to))
			e = learn(g, g->nodes.v[i].relation, from, to);
	for (size_t i = 0; !e && i < g->nodes.n; i++)
		if (g->nodes.v[i].relation == STIX_INDICATES &&
		    stix_graph_ends(g, &g->nodes.v[i], &from, &to) && to->kind == STIX_INFRASTRUCTURE)
			e = inherit(g, from, to);
	return e;
}
