/* SPDX-License-Identifier: Apache-2.0 */
#include "format/rule_facts.h"

#include "format/sets.h"

#define OPTIONS_MAX 1000

/* ---- options ---------------------------------------------------------------------------------- */

/* A buffer's name as it is written today ("http.uri") and as it was ("http_uri"). */
static bool is_buffer(struct str name, const char *plain)
{
	if (name.n != strlen(plain))
		return false;
	for (size_t i = 0; i < name.n; i++)
		if (name.p[i] != plain[i] && !(name.p[i] == '_' && plain[i] == '.'))
			return false;
	return true;
}

static bool buffer_of(struct str name, enum rule_where *out)
{
	static const struct {
		const char *name;
		enum rule_where where;
	} buffers[] = {
		{ "dns.query", RULE_QUERY },          { "dns.query.name", RULE_QUERY },
		{ "dns.queries.rrname", RULE_QUERY }, { "tls.sni", RULE_SERVER_NAME },
		{ "quic.sni", RULE_SERVER_NAME },     { "tls.cert_subject", RULE_SUBJECT },
		{ "http.host", RULE_HOST },           { "http.host.raw", RULE_HOST },
		{ "http.raw_host", RULE_HOST },       { "http.uri", RULE_URI },
		{ "http.uri.raw", RULE_URI },         { "http.raw_uri", RULE_URI },
		{ "http.header", RULE_HEADER },       { "http.header.raw", RULE_HEADER },
		{ "http.raw_header", RULE_HEADER },   { "http.request_header", RULE_HEADER },
		{ "http.method", RULE_HARMLESS },     { "http.protocol", RULE_HARMLESS },
		{ "http.version", RULE_HARMLESS },    { "pkt_data", RULE_PAYLOAD },
	};
	static const char *const families[] = { "http", "tls", "ssl", "dns",  "ja3", "ja4",  "file",
						"smb",  "ssh", "ftp", "smtp", "sip", "snmp", "krb5",
						"mqtt", "rfb", "ike", "dce",  "quic" };

	for (size_t i = 0; i < sizeof buffers / sizeof buffers[0]; i++)
		if (is_buffer(name, buffers[i].name)) {
			*out = buffers[i].where;
			return true;
		}
	for (size_t i = 0; i < sizeof families / sizeof families[0]; i++) {
		struct str f = str_of(families[i]);

		if (str_starts(name, f) && name.n > f.n && (name.p[f.n] == '.' || name.p[f.n] == '_')) {
			*out = RULE_OTHER;
			return true;
		}
	}
	if (str_is(name, "base64_data") || str_is(name, "raw_data") || str_is(name, "ja3") ||
	    str_is(name, "js_data") || str_is(name, "vba_data")) {
		*out = RULE_OTHER;
		return true;
	}
	return false;
}

struct str rule_bytes(const struct buf *bytes, const struct rule_sought *c)
{
	return (struct str){ bytes->p ? bytes->p + c->at : "", c->n };
}

/* "Host: name CRLF" in the headers is a name; false if it is something else. */
static bool host_header(const struct buf *bytes, struct rule_sought *c)
{
	struct str s = rule_bytes(bytes, c);
	size_t colon = str_chr(s, ':');

	if (colon == SIZE_MAX || !str_iis(str_trim(str_head(s, colon)), "host"))
		return false;
	c->at += colon + 1;
	c->n -= colon + 1;
	s = rule_bytes(bytes, c);
	while (c->n && s.p[0] == ' ') {
		c->at++;
		c->n--;
		s = str_skip(s, 1);
	}
	c->begins = true;
	if (str_ends(s, STR("\r\n"))) {
		c->n -= 2;
		c->ends = true;
	}
	return c->n > 0;
}

/*
 * A name as it goes over the wire (RFC 1035 3.1), from the first place from which labels follow
 * each other to the end or to the root: put in place of the bytes, with dots. False if it is none.
 */
static bool wire_name(struct buf *bytes, struct rule_sought *c)
{
	char *p = bytes->p + c->at;

	for (size_t from = 0; from + 2 < c->n && from < 32; from++) {
		size_t at = from, labels = 0;

		while (at < c->n && p[at] > 0 && p[at] < 64 && at + (size_t)p[at] < c->n) {
			at += (size_t)p[at] + 1;
			labels++;
		}
		if (labels < 2 || (at < c->n && p[at] != 0) || (at + 1 < c->n && p[at + 1] > 1))
			continue;
		c->ends = at < c->n;
		c->begins = true;
		c->n = at - from - 1;
		c->at += from + 1;
		p = bytes->p + c->at - 1;
		for (at = (size_t)p[0] + 1; at < c->n + 1;) {
			size_t len = (size_t)p[at];

			p[at] = '.';
			at += len + 1;
		}
		return true;
	}
	return false;
}

/* All that is said about the last content has been seen. */
static void content_done(struct buf *bytes, const struct rule *rule, struct rule_facts *f)
{
	struct rule_sought *c = &f->last;
	bool dns = str_iis(rule->proto, "dns") || str_is(rule->dport, "53");

	if (!f->pending)
		return;
	f->pending = false;
	if (c->where == RULE_HEADER && host_header(bytes, c))
		c->where = RULE_HOST;
	if (c->where == RULE_PAYLOAD && dns) {
		if (wire_name(bytes, c))
			c->where = RULE_QUERY;
		else
			return; /* flags and counts of the message */
	}
	if (c->where == RULE_SUBJECT && str_istarts(rule_bytes(bytes, c), STR("CN="))) {
		c->at += 3;
		c->n -= 3;
	}
	if (c->where == RULE_URI) {
		if (f->n_uris++ < RULE_NAMES)
			f->uris[f->n_uris - 1] = *c;
	} else if (c->where == RULE_QUERY || c->where == RULE_SERVER_NAME ||
		   c->where == RULE_SUBJECT || c->where == RULE_HOST) {
		if (f->n_names++ < RULE_NAMES)
			f->names[f->n_names - 1] = *c;
	} else if (c->where != RULE_HARMLESS) {
		f->narrow = true;
	}
}

/* What narrows where a content may stand. */
static void modifier(struct rule_facts *f, struct str name, struct str value)
{
	struct rule_sought *c = &f->last;
	uint64_t n;

	if (!f->pending)
		return;
	if (str_is(name, "startswith"))
		c->begins = true;
	else if (str_is(name, "endswith"))
		c->ends = true;
	else if (str_is(name, "depth"))
		c->begins |= str_u64(value, UINT32_MAX, &n) && n == c->n;
	else if (str_is(name, "bsize"))
		c->ends |= str_u64(value, UINT32_MAX, &n) && n == c->n;
	else if (str_is(name, "isdataat"))
		c->ends |= str_starts(value, STR("!1"));
}

static struct str unquoted(struct str s)
{
	if (s.n > 1 && s.p[0] == '"' && s.p[s.n - 1] == '"')
		return (struct str){ s.p + 1, s.n - 2 };
	return s;
}

static void reference(struct rule_facts *f, struct str value)
{
	size_t comma = str_chr(value, ',');
	struct str scheme = str_trim(str_head(value, comma));
	struct str text = comma == SIZE_MAX ? STR_NONE : str_trim(str_skip(value, comma + 1));

	if (str_iis(scheme, "url") && f->url.n == 0)
		f->url = text;
	else if ((str_iis(scheme, "md5") || str_iis(scheme, "sha1") || str_iis(scheme, "sha256")) &&
		 text.n && f->n_hashes < RULE_HASHES)
		f->hashes[f->n_hashes++] = text;
}

static void metadata(struct rule_facts *f, struct str value)
{
	struct str pair;

	while (str_cut(&value, ',', &pair)) {
		size_t gap;
		struct str key, v;

		pair = str_trim(pair);
		gap = str_chr(pair, ' ');
		key = str_head(pair, gap);
		v = gap == SIZE_MAX ? STR_NONE : str_trim(str_skip(pair, gap + 1));
		if (str_iis(key, "malware_family") || str_iis(key, "malware"))
			f->family = f->family.n ? f->family : v;
		else if (str_iis(key, "created_at") || str_iis(key, "first_seen"))
			f->created = v;
		else if (str_iis(key, "updated_at") || str_iis(key, "last_seen"))
			f->updated = v;
		else if (str_iis(key, "confidence") || str_iis(key, "confidence_level"))
			f->confidence = v;
		else if (str_iis(key, "signature_severity"))
			f->severity = v;
	}
}

static bool content(struct buf *bytes, struct rule_facts *f, enum rule_where where,
		    struct str value, bool *commas, const char **why)
{
	struct str rest, one;
	size_t at = bytes->n;

	if (!rule_content(value, bytes, &rest, why))
		return *why == NULL;
	f->last = (struct rule_sought){ .where = where, .at = at, .n = bytes->n - at };
	f->pending = true;
	*commas |= rest.n && rest.p[0] == ',';
	while (str_cut(&rest, ',', &one)) {
		size_t gap;

		one = str_trim(one);
		gap = str_chr(one, ' ');
		modifier(f, str_head(one, gap),
			 gap == SIZE_MAX ? STR_NONE : str_trim(str_skip(one, gap + 1)));
	}
	return true;
}

bool rule_understand(struct buf *bytes, const struct rule *rule, struct rule_facts *f, const char **why)
{
	struct str rest = rule->options, name, value;
	enum rule_where sticky = RULE_PAYLOAD, where;
	bool commas = false; /* Snort 3: buffers always stand before what is looked for */
	unsigned n = 0;

	while (rule_option(&rest, &name, &value, why)) {
		if (++n > OPTIONS_MAX) {
			*why = "a rule of more than 1000 options";
			return false;
		}
		if (str_is(name, "content") || str_is(name, "uricontent")) {
			content_done(bytes, rule, f);
			if (!content(bytes, f, str_is(name, "content") ? sticky : RULE_URI, value,
				     &commas, why))
				return false;
		} else if (str_is(name, "msg")) {
			f->msg = unquoted(value);
		} else if (str_is(name, "classtype")) {
			f->classtype = value;
		} else if (str_is(name, "sid")) {
			f->sid = str_head(value, 20);
		} else if (str_is(name, "reference")) {
			reference(f, value);
		} else if (str_is(name, "metadata")) {
			metadata(f, value);
		} else if (str_is(name, "pcre")) {
			f->pattern = value;
			f->n_patterns++;
		} else if (str_is(name, "noalert") ||
			   (str_is(name, "flowbits") &&
			    (str_is(value, "noalert") || set_lets_through(value)))) {
			f->silent = true;
		} else if (str_is(name, "dataset") || str_is(name, "datarep") ||
			   str_is(name, "iprep") || str_is(name, "lua") ||
			   (str_is(name, "flowbits") && str_starts(value, STR("isset")))) {
			f->narrow = true;
		} else if (value.n == 0 && buffer_of(name, &where)) {
			/* A modifier of the content before it, or what the next ones are looked for
			 * in. */
			if (f->pending && f->last.where == RULE_PAYLOAD && sticky == RULE_PAYLOAD &&
			    !commas && str_starts(name, STR("http_"))) {
				f->last.where = where;
			} else {
				content_done(bytes, rule, f);
				sticky = where;
			}
		} else if (str_is(name, "http_header") && str_iis(value, "field host")) {
			content_done(bytes, rule, f);
			sticky = RULE_HOST;
		} else {
			modifier(f, name, value);
		}
	}
	content_done(bytes, rule, f);
	return *why == NULL;
}
