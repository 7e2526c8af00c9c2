/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Pulses of AlienVault OTX (API v1, JSON): one, a page of them, or a list of indicators. What a
 * pulse says about all of its indicators (author, references, families, tags) is said of each;
 * roles come from the indicator, else from the pulse's tags. Withdrawn ones are revoked, expired
 * ones end.
 */
#include "format/doc.h"
#include "format/ind_row.h"
#include "format/text.h"

#define DEPTH_MAX 4

/* What a pulse says about its indicators. */
struct pulse {
	struct str source, reference, family;
	enum role role; /* where an indicator says none; a file is a payload */
	bool said;      /* some tag says it */
};

static int otx_sniff(const struct sample *s)
{
	static const char *const pulses[] = { "author_name", "adversary",    "targeted_countries",
					      "attack_ids",  "pulse_source", "malware_families",
					      "tlp",         "TLP" };
	static const char *const indicators[] = { "pulse_key", "slug", "is_active", "expiration",
						  "content" };
	char first = doc_begins(s);

	if (first != '{' && first != '[')
		return 0;
	for (size_t i = 0; i < sizeof pulses / sizeof pulses[0]; i++)
		if (doc_has_key(s, "indicators") && doc_has_key(s, pulses[i]))
			return 90;
	for (size_t i = 0; i < sizeof indicators / sizeof indicators[0]; i++)
		if (doc_has_key(s, "indicator") && doc_has_key(s, "type") &&
		    doc_has_key(s, indicators[i]))
			return 86;
	return 0;
}

/* ---- roles ------------------------------------------------------------------------------------ */

static bool role_word(struct str s, enum role *out)
{
	static const struct {
		const char *word;
		enum role role;
	} words[] = {
		{ "scanning_host", ROLE_SCANNER },
		{ "bruteforce", ROLE_SCANNER },
		{ "brute force", ROLE_SCANNER },
		{ "brute-force", ROLE_SCANNER },
		{ "honeypot", ROLE_SCANNER },
		{ "delivery_email", ROLE_PHISHING },
		{ "exploit_kit", ROLE_PAYLOAD },
		{ "exploit_source", ROLE_OTHER },
		{ "web_attack", ROLE_OTHER },
		{ "malvertising", ROLE_OTHER },
		{ "adware", ROLE_OTHER },
		{ "hunting", ROLE_OTHER },
		{ "domain_owner", ROLE_OTHER },
		{ "file_scanning", ROLE_OTHER },
		{ "spam", ROLE_OTHER },
	};

	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
		if (str_iis(s, words[i].word)) {
			*out = words[i].role;
			return true;
		}
	return s.n && role_find(s, out);
}

/* ---- indicators ------------------------------------------------------------------------------- */

/* False: nothing that networks or files show. */
static bool said_of(struct str type, enum said *out)
{
	static const struct {
		const char *type;
		enum said said;
	} types[] = {
		{ "IPv4", SAID_ADDRESS },         { "IPv6", SAID_ADDRESS },
		{ "CIDR", SAID_ADDRESS },         { "domain", SAID_DOMAIN },
		{ "hostname", SAID_DOMAIN },      { "URL", SAID_URL },
		{ "FileHash-MD5", SAID_HASH },    { "FileHash-SHA1", SAID_HASH },
		{ "FileHash-SHA256", SAID_HASH },
	};

	for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
		if (str_iis(type, types[i].type)) {
			*out = types[i].said;
			return true;
		}
	return false;
}

static bool withdrawn(const json_t *v)
{
	const json_t *wrong = json_object_get(v, "false_positive");
	const json_t *active = json_object_get(v, "is_active");
	uint64_t n;

	if (str_iis(doc_get(wrong, "assessment"), "accepted") || doc_true(wrong))
		return true;
	return doc_get(v, "expiration").n == 0 &&
	       (json_is_false(active) || (doc_u64(active, &n) && n == 0));
}

static void indicator(struct doc *d, struct str part, const json_t *v, const struct pulse *of)
{
	struct sink *sink = d->sink;
	struct indicator ind = indicator_init();
	struct str text = str_trim(doc_get(v, "indicator"));
	const char *why = NULL;
	struct errinfo ei;
	enum said said;

	/* A look-up of one value is no claim about it. */
	if (!said_of(doc_get(v, "type"), &said) || json_object_get(v, "pulse_info")) {
		sink->unused++;
		return;
	}
	buf_clear(&sink->scratch);
	if (!ind_validity(doc_get(v, "created"), doc_get(v, "expiration"), &ind, &why)) {
		doc_at(d, part.p);
		sink_bad(sink, "indicator %.*s: %s", STR_ARG(str_head(text, 40)), why);
		return;
	}
	ind.source = of->source;
	ind.reference = of->reference;
	ind.family = of->family;
	ind.revoked = withdrawn(v);
	ind.role_said = role_word(doc_get(v, "role"), &ind.role);
	if (!ind.role_said) {
		ind.role = said == SAID_HASH ? ROLE_PAYLOAD : of->role;
		ind.role_said = of->said;
	}
	if (indicator_said(text, said, &sink->scratch, &ind, &ei)) {
		doc_at(d, part.p);
		sink_bad(sink, "indicator %.*s: %s", STR_ARG(str_head(text, 40)), ei.msg);
	} else {
		sink->indicator(sink->ctx, &ind);
	}
}

/* ---- pulses ----------------------------------------------------------------------------------- */

static struct str family_of(const json_t *pulse)
{
	json_t *v;
	size_t i;

	json_array_foreach(json_object_get(pulse, "malware_families"), i, v)
	{
		struct str name = doc_str(v);

		if (name.n == 0)
			name = doc_get(v, "display_name");
		name = ind_family(name);
		if (name.n)
			return name;
	}
	return STR_NONE;
}

static struct str reference_of(const json_t *pulse)
{
	json_t *v;
	size_t i;

	json_array_foreach(json_object_get(pulse, "references"), i, v)
	{
		if (str_istarts(str_trim(doc_str(v)), STR("http")))
			return str_head(str_trim(doc_str(v)), 2000);
	}
	return str_head(str_trim(doc_get(pulse, "name")), 1000);
}

/* What a pulse says about all of its indicators, as a tree. */
static json_t *about(struct doc *d, struct str pulse, struct str *list)
{
	static const char *const keys[] = { "author_name", "author", "name",
					    "references",  "tags",   "malware_families" };
	json_t *tree = json_object(), *member;
	struct json_parts w;
	struct str key, v;

	(void)json_parts_begin(&w, pulse);
	while (tree && doc_part(d, &w, &key, &v)) {
		if (str_is(key, "indicators"))
			*list = v;
		for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
			member = str_is(key, keys[i]) ? doc_tree(d, v) : NULL;
			if (member)
				(void)json_object_set_new(tree, keys[i], member);
		}
	}
	return tree;
}

static void pulse(struct doc *d, struct str text)
{
	struct str list = STR_NONE, key, part;
	json_t *p = about(d, text, &list), *v;
	struct pulse of = {
		.source = doc_get(p, "author_name"),
		.reference = reference_of(p),
		.family = family_of(p),
	};
	struct json_parts w;
	size_t i;

	if (of.source.n == 0)
		of.source = doc_get(json_object_get(p, "author"), "username");
	json_array_foreach(json_object_get(p, "tags"), i, v)
	{
		of.said = role_word(str_trim(doc_str(v)), &of.role);
		if (of.said)
			break;
	}
	(void)doc_parts(&w, list, '[');
	while (doc_part(d, &w, &key, &part)) {
		v = doc_tree(d, part);
		if (json_is_object(v)) {
			indicator(d, part, v, &of);
		} else if (v) {
			doc_at(d, part.p);
			sink_bad(d->sink, "an indicator that is no object");
		}
		json_decref(v);
	}
	json_decref(p);
}

/* An indicator without its pulse. */
static void alone(struct doc *d, struct str text)
{
	static const struct pulse none = { .source = { "", 0 },
					   .reference = { "", 0 },
					   .family = { "", 0 } };
	json_t *v = doc_tree(d, text);

	if (v)
		indicator(d, text, v, &none);
	json_decref(v);
}

static bool read_value(struct doc *d, struct str text, unsigned depth);

static void read_list(struct doc *d, struct str text, unsigned depth)
{
	struct json_parts w;
	struct str key, v;

	(void)json_parts_begin(&w, text);
	while (doc_part(d, &w, &key, &v))
		if (depth == DEPTH_MAX || !read_value(d, v, depth + 1)) {
			doc_at(d, v.p);
			sink_bad(d->sink, "an entry that is neither pulse nor indicator");
		}
}

enum member { INDICATORS, INDICATOR, TYPE, NAME, ID, RESULTS, PULSES, DATA, MEMBERS };

/* A pulse, an indicator, or something that holds a list of them; false if it is none of these. */
static bool read_value(struct doc *d, struct str text, unsigned depth)
{
	static const char *const names[MEMBERS] = {
		[INDICATORS] = "indicators",
		[INDICATOR] = "indicator",
		[TYPE] = "type",
		[NAME] = "name",
		[ID] = "id",
		[RESULTS] = "results",
		[PULSES] = "pulses",
		[DATA] = "data",
	};
	struct str m[MEMBERS] = { 0 }, key, v;
	struct json_parts w;

	if (doc_is(text, '[')) {
		read_list(d, text, depth);
		return true;
	}
	if (!doc_parts(&w, text, '{'))
		return false;
	while (json_part(&w, &key, &v))
		for (size_t i = 0; i < MEMBERS; i++)
			if (str_is(key, names[i]))
				m[i] = v;
	if (doc_is(m[INDICATORS], '[')) {
		pulse(d, text);
		return true;
	}
	if (m[INDICATOR].n && m[TYPE].n) {
		alone(d, text);
		return true;
	}
	for (size_t i = RESULTS; i <= DATA; i++)
		if (doc_is(m[i], '['))
			return depth < DEPTH_MAX && read_value(d, m[i], depth + 1);
	/* A pulse in a list of what was found, without its indicators. */
	d->sink->unused += m[NAME].n && m[ID].n;
	return m[NAME].n && m[ID].n;
}

static bool read_document(struct doc *d, struct str text)
{
	return read_value(d, text, 0);
}

static void otx_block(const struct layout *l, const struct reader_hints *h, struct str block,
		      struct sink *sink)
{
	(void)l;
	(void)h;
	doc_each(block, sink, read_document, "no pulse in it");
}

const struct reader reader_otx = {
	.name = "otx",
	.title = "pulses of AlienVault OTX (JSON)",
	.reads = READS_INDICATORS,
	.frame = FRAME_DOCUMENT,
	.sniff = otx_sniff,
	.block = otx_block,
};
