/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Objects of VirusTotal (API v3, JSON) that somebody saved: files, addresses, domains and URLs, one
 * or a list, and those that are related to them. Looking something up is no claim about it, and
 * what malware talks to is often harmless, so an object counts only if at least MALICIOUS_MIN
 * engines call it malicious, or VirusTotal's own assessment does; all others, and relations that
 * are mere names, are counted as unused.
 */
#include "format/doc.h"
#include "format/ind_row.h"
#include "format/text.h"

#define MALICIOUS_MIN 3
#define DEPTH_MAX     4

static int virustotal_sniff(const struct sample *s)
{
	if (doc_begins(s) != '{' && doc_begins(s) != '[')
		return 0;
	if (doc_has_key(s, "attributes") &&
	    (doc_has_key(s, "last_analysis_stats") || doc_has_key(s, "last_analysis_results")))
		return 92;
	return doc_has_key(s, "data") && doc_has_key(s, "type") &&
			       str_find(s->head, STR("virustotal.com/api/v3")) != SIZE_MAX
		       ? 88
		       : 0;
}

/* ---- what is said about an object ------------------------------------------------------------- */

static bool malicious(const json_t *attributes)
{
	const json_t *verdict =
		json_object_get(json_object_get(attributes, "gti_assessment"), "verdict");
	uint64_t n;

	if (str_is(doc_get(verdict, "value"), "VERDICT_MALICIOUS"))
		return true;
	return doc_u64(json_object_get(json_object_get(attributes, "last_analysis_stats"), "malicious"),
		       &n) &&
	       n >= MALICIOUS_MIN;
}

/* Do more engines call it phishing than anything else? */
static bool phishing(const json_t *attributes)
{
	const json_t *engine;
	const char *key;
	size_t phish = 0, others = 0;
	json_t *results = json_object_get(attributes, "last_analysis_results");
	json_t *v;

	json_object_foreach(results, key, v)
	{
		engine = v;
		if (!str_is(doc_get(engine, "category"), "malicious"))
			continue;
		if (str_istarts(doc_get(engine, "result"), STR("phish")))
			phish++;
		else
			others++;
	}
	return phish > others;
}

static struct str family_of(const json_t *attributes)
{
	const json_t *classes = json_object_get(attributes, "popular_threat_classification");
	const json_t *names = json_object_get(classes, "popular_threat_name");
	const json_t *first = json_array_get(names, 0);
	const json_t *config = json_object_get(attributes, "malware_config");
	struct str name;

	name = ind_family(doc_get(json_array_get(json_object_get(config, "families"), 0), "family"));
	if (name.n == 0)
		name = ind_family(doc_get(first, "value"));
	if (name.n == 0)
		name = ind_family(doc_str(json_array_get(first, 0)));
	if (name.n == 0)
		name = ind_family(
			doc_str(json_array_get(json_object_get(attributes, "threat_names"), 0)));
	return name;
}

/* A moment in seconds since 1970. */
static int64_t moment(const json_t *v)
{
	uint64_t s;

	if (!doc_u64(v, &s) || s == 0 || s > (uint64_t)(TIME_MAX / TIME_S))
		return TIME_NONE;
	return (int64_t)s * TIME_S;
}

/* ---- objects ---------------------------------------------------------------------------------- */

static void give(struct str text, enum said said, const struct indicator *like, struct sink *sink)
{
	struct indicator ind = *like;

	buf_clear(&sink->scratch);
	(void)ind_give(text, said, &ind, sink);
}

static void file(const json_t *o, const json_t *attributes, struct indicator *ind, struct sink *sink)
{
	static const char *const hashes[] = { "sha256", "sha1", "md5" };
	bool any = false;

	ind->role = ROLE_PAYLOAD;
	for (size_t i = 0; i < sizeof hashes / sizeof hashes[0]; i++) {
		struct str hash = doc_get(attributes, hashes[i]);

		if (hash.n)
			give(hash, SAID_HASH, ind, sink);
		any |= hash.n > 0;
	}
	if (!any)
		give(doc_get(o, "id"), SAID_HASH, ind, sink);
}

/* False: not of a type that this program knows. */
static bool object(const json_t *o, struct sink *sink)
{
	const json_t *attributes = json_object_get(o, "attributes");
	struct str type = doc_get(o, "type"), url = doc_get(attributes, "url");
	struct indicator ind = indicator_init();
	bool is_file = str_is(type, "file"), is_url = str_is(type, "url");

	if (!is_file && !is_url && !str_is(type, "ip_address") && !str_is(type, "domain"))
		return false;
	if (!malicious(attributes)) {
		sink->unused++;
		return true;
	}
	ind.family = family_of(attributes);
	ind.reference = doc_get(json_object_get(o, "links"), "self");
	ind.from = moment(json_object_get(attributes, "first_submission_date"));
	if (is_file) {
		file(o, attributes, &ind, sink);
		return true;
	}
	/* What it is malicious for nobody says but for phishing. */
	ind.role = phishing(attributes) ? ROLE_PHISHING : is_url ? ROLE_PAYLOAD : ROLE_OTHER;
	if (is_url) {
		if (url.n == 0)
			url = doc_get(json_object_get(o, "context_attributes"), "url");
		give(url, SAID_URL, &ind, sink);
	} else {
		give(doc_get(o, "id"), str_is(type, "domain") ? SAID_DOMAIN : SAID_ADDRESS, &ind, sink);
	}
	return true;
}

/* An object, and those that are related to it. False: it is none. */
static bool tree(const json_t *v, unsigned depth, struct sink *sink)
{
	json_t *one, *related;
	const char *key;
	size_t i;

	if (json_is_array(v)) {
		json_array_foreach(v, i, one)
		{
			if (depth == DEPTH_MAX || !tree(one, depth + 1, sink))
				sink_bad(sink, "an entry that is no object of VirusTotal");
		}
		return true;
	}
	if (!json_object_get(v, "type") || !json_object_get(v, "id"))
		return false;
	/* Comments, votes, resolutions and the like are objects, too. */
	if (!object(v, sink))
		sink->unused++;
	json_object_foreach(json_object_get(v, "relationships"), key, related)
	{
		one = json_object_get(related, "data");
		if (depth < DEPTH_MAX && one && !json_is_null(one))
			(void)tree(one, depth + 1, sink);
	}
	return true;
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
			sink_bad(d->sink, "an entry that is no object of VirusTotal");
		}
}

/* An answer: an object or a list of them, in "data" or not. */
static bool read_value(struct doc *d, struct str text, unsigned depth)
{
	struct str data = STR_NONE, error = STR_NONE, key, v;
	struct json_parts w;
	bool any = false;
	json_t *t;

	if (doc_is(text, '[')) {
		read_list(d, text, depth);
		return true;
	}
	if (!doc_parts(&w, text, '{'))
		return false;
	while (json_part(&w, &key, &v))
		if (str_is(key, "data"))
			data = v;
		else if (str_is(key, "error"))
			error = doc_member(v, "code");
	if (error.n) {
		doc_at(d, error.p);
		if (error.n > 1 && error.p[0] == '"')
			error = (struct str){ error.p + 1, error.n - 2 };
		sink_bad(d->sink, "the answer is an error: %.*s", STR_ARG(str_head(error, 60)));
		return true;
	}
	if (data.n)
		return depth < DEPTH_MAX && read_value(d, data, depth + 1);
	t = doc_tree(d, text);
	if (t) {
		doc_at(d, text.p);
		any = tree(t, 0, d->sink);
	}
	json_decref(t);
	return any || !t;
}

static bool read_document(struct doc *d, struct str text)
{
	return read_value(d, text, 0);
}

static void virustotal_block(const struct layout *l, const struct reader_hints *h, struct str block,
			     struct sink *sink)
{
	(void)l;
	(void)h;
	doc_each(block, sink, read_document, "no object of VirusTotal in it");
}

const struct reader reader_virustotal = {
	.name = "virustotal",
	.title = "objects of VirusTotal (API v3, JSON)",
	.reads = READS_INDICATORS,
	.frame = FRAME_DOCUMENT,
	.sniff = virustotal_sniff,
	.block = virustotal_block,
};
