/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rules of Suricata and Snort: what in them names somebody. Addresses and networks in a header
 * (with the port, where it names one), the names and URLs that dns, tls and http rules look for,
 * hashes among the references. Most of a rule set looks for behaviour and names nobody; such rules
 * are counted as unused, as are those that let pass. Rules in comments are switched off and are
 * not read.
 *
 * A name is an indicator only if the rule looks for nothing but it: beside a path it makes a URL,
 * beside other conditions (a user agent, a regular expression) it is half of a description, and
 * often the harmless half. Rules of categories that describe use and policy name services that
 * many use, so only their header's addresses are taken.
 */
#include "format/ind_row.h"
#include "format/rule.h"
#include "format/text.h"

#define RULE_MAX    ((size_t)1 << 20) /* with its continuation lines */
#define OPTIONS_MAX 1000
#define NAMES_MAX   4
#define HASHES_MAX  32
#define EXCEPT_MAX  256
#define PORTS_MAX   16

/* Where contents are looked for. */
enum where { PAYLOAD, QUERY, SERVER_NAME, SUBJECT, HOST, URI, HEADER, HARMLESS, OTHER };

struct content {
	enum where where;
	size_t at, n; /* in the reading's buffer */
	bool begins, ends;
};

struct facts {
	struct str msg, classtype, sid, url;
	struct str family, confidence, created, severity;
	struct str hashes[HASHES_MAX];
	unsigned n_hashes;
	struct content names[NAMES_MAX], uris[NAMES_MAX], last;
	unsigned n_names, n_uris;
	bool pending; /* last waits for what comes behind it */
	bool narrow;  /* there are conditions of which this program knows nothing */
};

struct rules {
	struct sink *sink;
	struct buf joined, bytes, words; /* a rule of many lines; contents; names with blanks */
};

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

static bool buffer_of(struct str name, enum where *out)
{
	static const struct {
		const char *name;
		enum where where;
	} buffers[] = {
		{ "dns.query", QUERY },          { "dns.query.name", QUERY },
		{ "dns.queries.rrname", QUERY }, { "tls.sni", SERVER_NAME },
		{ "quic.sni", SERVER_NAME },     { "tls.cert_subject", SUBJECT },
		{ "http.host", HOST },           { "http.host.raw", HOST },
		{ "http.raw_host", HOST },       { "http.uri", URI },
		{ "http.uri.raw", URI },         { "http.raw_uri", URI },
		{ "http.header", HEADER },       { "http.header.raw", HEADER },
		{ "http.raw_header", HEADER },   { "http.request_header", HEADER },
		{ "http.method", HARMLESS },     { "http.protocol", HARMLESS },
		{ "http.version", HARMLESS },    { "pkt_data", PAYLOAD },
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
			*out = OTHER;
			return true;
		}
	}
	if (str_is(name, "base64_data") || str_is(name, "raw_data") || str_is(name, "ja3") ||
	    str_is(name, "js_data") || str_is(name, "vba_data")) {
		*out = OTHER;
		return true;
	}
	return false;
}

static struct str bytes_of(const struct rules *r, const struct content *c)
{
	return (struct str){ r->bytes.p ? r->bytes.p + c->at : "", c->n };
}

/* "Host: name CRLF" in the headers is a name; false if it is something else. */
static bool host_header(const struct rules *r, struct content *c)
{
	struct str s = bytes_of(r, c);
	size_t colon = str_chr(s, ':');

	if (colon == SIZE_MAX || !str_iis(str_trim(str_head(s, colon)), "host"))
		return false;
	c->at += colon + 1;
	c->n -= colon + 1;
	s = bytes_of(r, c);
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
static bool wire_name(struct rules *r, struct content *c)
{
	char *p = r->bytes.p + c->at;

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
		p = r->bytes.p + c->at - 1;
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
static void content_done(struct rules *r, const struct rule *rule, struct facts *f)
{
	struct content *c = &f->last;
	bool dns = str_iis(rule->proto, "dns") || str_is(rule->dport, "53");

	if (!f->pending)
		return;
	f->pending = false;
	if (c->where == HEADER && host_header(r, c))
		c->where = HOST;
	if (c->where == PAYLOAD && dns) {
		if (wire_name(r, c))
			c->where = QUERY;
		else
			return; /* flags and counts of the message */
	}
	if (c->where == SUBJECT && str_istarts(bytes_of(r, c), STR("CN="))) {
		c->at += 3;
		c->n -= 3;
	}
	if (c->where == URI) {
		if (f->n_uris++ < NAMES_MAX)
			f->uris[f->n_uris - 1] = *c;
	} else if (c->where == QUERY || c->where == SERVER_NAME || c->where == SUBJECT ||
		   c->where == HOST) {
		if (f->n_names++ < NAMES_MAX)
			f->names[f->n_names - 1] = *c;
	} else if (c->where != HARMLESS) {
		f->narrow = true;
	}
}

/* What narrows where a content may stand. */
static void modifier(struct facts *f, struct str name, struct str value)
{
	struct content *c = &f->last;
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

static void reference(struct facts *f, struct str value)
{
	size_t comma = str_chr(value, ',');
	struct str scheme = str_trim(str_head(value, comma));
	struct str text = comma == SIZE_MAX ? STR_NONE : str_trim(str_skip(value, comma + 1));

	if (str_iis(scheme, "url") && f->url.n == 0)
		f->url = text;
	else if ((str_iis(scheme, "md5") || str_iis(scheme, "sha1") || str_iis(scheme, "sha256")) &&
		 text.n && f->n_hashes < HASHES_MAX)
		f->hashes[f->n_hashes++] = text;
}

static void metadata(struct facts *f, struct str value)
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
		else if (str_iis(key, "confidence") || str_iis(key, "confidence_level"))
			f->confidence = v;
		else if (str_iis(key, "signature_severity"))
			f->severity = v;
	}
}

static bool content(struct rules *r, struct facts *f, enum where where, struct str value,
		    bool *commas, const char **why)
{
	struct str rest, one;
	size_t at = r->bytes.n;

	if (!rule_content(value, &r->bytes, &rest, why))
		return *why == NULL;
	f->last = (struct content){ .where = where, .at = at, .n = r->bytes.n - at };
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

static bool understand(struct rules *r, const struct rule *rule, struct facts *f, const char **why)
{
	struct str rest = rule->options, name, value;
	enum where sticky = PAYLOAD, where;
	bool commas = false; /* Snort 3: buffers always stand before what is looked for */
	unsigned n = 0;

	while (rule_option(&rest, &name, &value, why)) {
		if (++n > OPTIONS_MAX) {
			*why = "a rule of more than 1000 options";
			return false;
		}
		if (str_is(name, "content") || str_is(name, "uricontent")) {
			content_done(r, rule, f);
			if (!content(r, f, str_is(name, "content") ? sticky : URI, value, &commas, why))
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
		} else if (str_is(name, "pcre") || str_is(name, "dataset") ||
			   str_is(name, "datarep") || str_is(name, "iprep") || str_is(name, "lua") ||
			   (str_is(name, "flowbits") && str_starts(value, STR("isset")))) {
			f->narrow = true;
		} else if (value.n == 0 && buffer_of(name, &where)) {
			/* A modifier of the content before it, or what the next ones are looked for
			 * in. */
			if (f->pending && f->last.where == PAYLOAD && sticky == PAYLOAD &&
			    !commas && str_starts(name, STR("http_"))) {
				f->last.where = where;
			} else {
				content_done(r, rule, f);
				sticky = where;
			}
		} else if (str_is(name, "http_header") && str_iis(value, "field host")) {
			content_done(r, rule, f);
			sticky = HOST;
		} else {
			modifier(f, name, value);
		}
	}
	content_done(r, rule, f);
	return *why == NULL;
}

/* ---- what a rule is about --------------------------------------------------------------------- */

static bool has_word(struct str s, const char *word)
{
	struct str w = str_of(word);

	for (; s.n >= w.n; s = str_skip(s, 1))
		if (str_ieq(str_head(s, w.n), w))
			return true;
	return false;
}

static bool one_of(struct str s, const char *const *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (str_iis(s, list[i]))
			return true;
	return false;
}

/* What is used and what a house may forbid: names in such rules are not malicious by themselves. */
static bool about_policy(const struct facts *f)
{
	static const char *const classes[] = {
		"policy-violation", "not-suspicious",        "external-ip-check",
		"icmp-event",       "inappropriate-content", "protocol-command-decode",
		"network-event",    "string-detect",         "unknown",
		"tcp-connection",
	};
	static const char *const categories[] = {
		"INFO", "POLICY", "HUNTING",       "CHAT",          "GAMES",
		"P2P",  "TOR",    "INAPPROPRIATE", "DYN_DNS",       "FILE_SHARING",
		"TFTP", "VOIP",   "USER_AGENTS",   "REMOTE_ACCESS", "TA_ABUSED_SERVICES",
	};
	struct str rest = f->msg, word = STR_NONE;

	if (one_of(f->classtype, classes, sizeof classes / sizeof classes[0]) ||
	    str_iis(f->severity, "Informational"))
		return true;
	(void)str_cut(&rest, ' ', &word);
	if (str_istarts(word, STR("POLICY-")) || str_iis(word, "APP-DETECT"))
		return true;
	if ((str_is(word, "ET") || str_is(word, "ETPRO") || str_is(word, "GPL")) &&
	    str_cut(&rest, ' ', &word))
		return one_of(word, categories, sizeof categories / sizeof categories[0]);
	return false;
}

static enum role role_of(const struct facts *f)
{
	static const struct {
		const char *word;
		enum role role;
	} words[] = {
		{ "sinkhole", ROLE_SINKHOLE },
		{ "phish", ROLE_PHISHING },
		{ "payload delivery", ROLE_PAYLOAD },
		{ "malware download", ROLE_PAYLOAD },
		{ "malware distribution", ROLE_PAYLOAD },
		{ "exploit kit", ROLE_PAYLOAD },
		{ "botnet", ROLE_CONTROLLER },
		{ "cnc ", ROLE_CONTROLLER },
		{ "c2 ", ROLE_CONTROLLER },
		{ "c&c", ROLE_CONTROLLER },
	};
	static const struct {
		const char *name;
		enum role role;
	} classes[] = {
		{ "exploit-kit", ROLE_PAYLOAD },
		{ "credential-theft", ROLE_PHISHING },
		{ "social-engineering", ROLE_PHISHING },
		{ "attempted-recon", ROLE_SCANNER },
		{ "successful-recon-limited", ROLE_SCANNER },
		{ "network-scan", ROLE_SCANNER },
		{ "command-and-control", ROLE_CONTROLLER },
		{ "domain-c2", ROLE_CONTROLLER },
		{ "trojan-activity", ROLE_CONTROLLER },
		{ "targeted-activity", ROLE_CONTROLLER },
		{ "", ROLE_CONTROLLER },
	};

	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
		if (has_word(f->msg, words[i].word))
			return words[i].role;
	for (size_t i = 0; i < sizeof classes / sizeof classes[0]; i++)
		if (str_iis(f->classtype, classes[i].name))
			return classes[i].role;
	return ROLE_OTHER;
}

/* Between the words that abuse.ch puts around it. */
static struct str family_of_msg(struct str msg)
{
	static const char *const shapes[][2] = {
		{ "Feodo Tracker: potential ", " CnC" },
		{ "ThreatFox ", " botnet C2" },
		{ "ThreatFox ", " payload delivery" },
	};

	for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++) {
		struct str before = str_of(shapes[i][0]), after = str_of(shapes[i][1]);
		size_t end = str_find(msg, after);

		if (str_istarts(msg, before) && end != SIZE_MAX && end > before.n)
			return ind_family((struct str){ msg.p + before.n, end - before.n });
	}
	return STR_NONE;
}

/* "Cobalt_Strike" is written so because its key ends at a blank. */
static struct str with_blanks(struct buf *b, struct str s)
{
	size_t begin = b->n;

	for (size_t i = 0; i < s.n; i++)
		buf_ch(b, s.p[i] == '_' ? ' ' : s.p[i]);
	return (struct str){ b->p ? b->p + begin : "", b->n - begin };
}

static void describe(struct rules *r, const struct facts *f, struct indicator *ind)
{
	const char *why;
	char date[10];

	ind->role = role_of(f);
	ind->confidence = ind_confidence(f->confidence);
	ind->reference = f->url.n ? f->url : f->msg;
	ind->family = ind_family(f->family);
	if (ind->family.n == 0)
		ind->family = family_of_msg(f->msg);
	else if (buf_room(&r->words, ind->family.n))
		ind->family = with_blanks(&r->words, ind->family);
	/* 2020_12_31 */
	if (f->created.n == sizeof date) {
		for (size_t i = 0; i < sizeof date; i++)
			date[i] = (char)(f->created.p[i] == '_' ? '-' : f->created.p[i]);
		(void)ind_validity((struct str){ date, sizeof date }, STR_NONE, ind, &why);
	}
}

/* ---- telling ---------------------------------------------------------------------------------- */

static void bad(struct rules *r, const struct facts *f, const char *why)
{
	if (f->sid.n)
		sink_bad(r->sink, "rule %.*s: %s", STR_ARG(f->sid), why);
	else
		sink_bad(r->sink, "%s", why);
}

/* quiet: contents that are no whole name are what most rules are made of. */
static bool give(struct rules *r, const struct facts *f, struct str text, enum said said,
		 const struct indicator *like, bool quiet)
{
	struct indicator ind = *like;
	struct errinfo ei;

	buf_clear(&r->sink->scratch);
	if (indicator_said(text, said, &r->sink->scratch, &ind, &ei)) {
		if (!quiet)
			bad(r, f, ei.msg);
		return false;
	}
	if (ind.port == 0 && ind.type != IT_HASH)
		ind.port = like->port;
	r->sink->indicator(r->sink->ctx, &ind);
	return true;
}

/* The ports that a list names one by one; 0 where there are ranges, exceptions or too many. */
static unsigned ports_of(struct str list, uint16_t out[PORTS_MAX])
{
	struct rule_list l = rule_list(list);
	struct str entry;
	unsigned n = 0;
	bool denied;
	uint64_t v;

	while (rule_list_next(&l, &entry, &denied)) {
		if (denied || n == PORTS_MAX || !str_u64(entry, 65535, &v))
			return 0;
		out[n++] = (uint16_t)v;
	}
	return n;
}

static uint16_t one_port(struct str list)
{
	uint16_t ports[PORTS_MAX];

	return ports_of(list, ports) == 1 ? ports[0] : 0;
}

static bool literal(struct str entry)
{
	return entry.n && entry.p[0] != '$' && !str_iis(entry, "any");
}

static bool any_literal(struct str text)
{
	struct rule_list l = rule_list(text);
	struct str entry;
	bool denied;

	while (rule_list_next(&l, &entry, &denied))
		if (!denied && literal(entry))
			return true;
	return false;
}

/* Are some of its addresses excepted, or are there too many exceptions to tell? */
static bool excepted(const struct cidr *except, size_t n, struct str entry)
{
	struct cidr net;

	if (n == 0 || !cidr_parse(entry, &net))
		return false;
	for (size_t i = 0; i < n && n < EXCEPT_MAX; i++)
		if (cidr_overlaps(net, except[i]))
			return true;
	return n == EXCEPT_MAX;
}

/* The addresses of one side; how many were given. */
static size_t side(struct rules *r, const struct facts *f, struct str list, struct str ports,
		   const struct indicator *like)
{
	struct cidr except[EXCEPT_MAX];
	struct rule_list l = rule_list(list);
	struct indicator ind = *like;
	size_t n_except = 0, given = 0;
	uint16_t port[PORTS_MAX];
	unsigned n_ports = ports_of(ports, port);
	struct str entry;
	bool denied;

	while (rule_list_next(&l, &entry, &denied))
		if (denied && literal(entry) && n_except < EXCEPT_MAX &&
		    cidr_parse(entry, &except[n_except]))
			n_except++;
	if (l.too_deep)
		bad(r, f, "addresses in brackets nested too deep");
	l = rule_list(list);
	while (rule_list_next(&l, &entry, &denied)) {
		if (denied || !literal(entry))
			continue;
		if (excepted(except, n_except, entry)) {
			r->sink->unused++;
			continue;
		}
		for (unsigned i = 0; i < (n_ports ? n_ports : 1); i++) {
			ind.port = n_ports ? port[i] : 0;
			if (!give(r, f, entry, SAID_ADDRESS, &ind, false))
				break;
			given++;
		}
	}
	return given;
}

static size_t addresses(struct rules *r, const struct rule *rule, const struct facts *f,
			const struct indicator *like)
{
	bool src = any_literal(rule->src), dst = any_literal(rule->dst);

	if (str_is(rule->way, "<-"))
		return side(r, f, src ? rule->src : rule->dst, src ? rule->sport : rule->dport, like);
	/* What is called from outside is what the rule protects. */
	if (dst && str_is(rule->src, "$EXTERNAL_NET"))
		return 0;
	/* Of two sides that are named the one that is called is who the rule is about. */
	if (dst)
		return side(r, f, rule->dst, rule->dport, like) +
		       (src && str_is(rule->way, "<>") ? side(r, f, rule->src, rule->sport, like) : 0);
	return src ? side(r, f, rule->src, rule->sport, like) : 0;
}

static size_t names(struct rules *r, const struct rule *rule, const struct facts *f,
		    const struct indicator *like)
{
	const struct content *c = &f->names[0], *uri = &f->uris[0];
	struct indicator ind = *like;
	struct str name = bytes_of(r, c);
	size_t given;

	if (f->n_names != 1 || f->n_uris > 1 || f->narrow || about_policy(f) ||
	    (c->begins && !c->ends && c->where != HOST) || str_chr(str_skip(name, 1), '.') == SIZE_MAX)
		return 0;
	if (c->where == HOST || c->where == SERVER_NAME)
		ind.port = one_port(rule->dport);
	if (f->n_uris == 0)
		return give(r, f, name, SAID_DOMAIN, &ind, true);
	if (c->where != HOST || uri->n == 0 || bytes_of(r, uri).p[0] != '/')
		return 0;
	{
		struct buf url;

		buf_init(&url, 0);
		buf_c(&url, "http://");
		buf_puts(&url, name);
		if (ind.port && str_chr(name, ':') == SIZE_MAX)
			buf_fmt(&url, ":%u", ind.port);
		buf_puts(&url, bytes_of(r, uri));
		ind.port = 0;
		given = give(r, f, buf_str(&url), SAID_URL, &ind, true);
		buf_free(&url);
	}
	return given;
}

static void one_rule(struct rules *r, struct str text)
{
	struct facts f = { .msg = STR_NONE };
	struct indicator ind = indicator_init();
	struct rule rule;
	const char *why = NULL;
	size_t given = 0;

	buf_clear(&r->bytes);
	buf_clear(&r->words);
	if (!rule_parse(text, &rule, &why) || !understand(r, &rule, &f, &why)) {
		bad(r, &f, why);
		return;
	}
	if (str_is(rule.action, "pass") || str_is(rule.action, "log")) {
		r->sink->unused++;
		return;
	}
	describe(r, &f, &ind);
	given += addresses(r, &rule, &f, &ind);
	given += names(r, &rule, &f, &ind);
	ind.role = ROLE_PAYLOAD;
	for (unsigned i = 0; i < f.n_hashes && !about_policy(&f); i++)
		given += give(r, &f, f.hashes[i], SAID_HASH, &ind, false);
	r->sink->unused += given == 0;
}

/* ---- files ------------------------------------------------------------------------------------ */

static int rules_sniff(const struct sample *s)
{
	struct str rest = s->head, line;
	unsigned rules = 0, off = 0, others = 0;
	bool within = false;

	if (sample_binary(s))
		return 0;
	while (sample_line(s, &rest, &line)) {
		bool goes_on = str_ends(str_trim(line), STR("\\"));

		line = str_trim(line);
		if (within || line.n == 0) {
			within = line.n && goes_on;
			continue;
		}
		within = goes_on;
		if (line.p[0] == '#') {
			while (line.n && line.p[0] == '#')
				line = str_trim(str_skip(line, 1));
			off += rule_begins(line) && str_find(line, STR("sid:")) != SIZE_MAX;
		} else if (rule_begins(line) && (goes_on || str_chr(line, '(') != SIZE_MAX)) {
			rules++;
		} else {
			others++;
		}
	}
	if (rules == 0)
		return off && others == 0 ? 60 : 0;
	return rules * 10 >= (rules + others) * 7 ? 90 : 0;
}

/* Settings of Snort, which stand among rules in local files. */
static bool setting(struct str line)
{
	static const char *const words[] = { "var",     "ipvar",        "portvar", "config",
					     "include", "preprocessor", "output",  "ruletype" };
	size_t n = str_chr(line, ' ');

	return one_of(str_head(line, n), words, sizeof words / sizeof words[0]);
}

static void rules_block(const struct layout *l, const struct reader_hints *h, struct str block,
			struct sink *sink)
{
	struct rules r = { .sink = sink };
	struct str line;

	(void)l;
	(void)h;
	buf_init(&r.joined, RULE_MAX);
	buf_init(&r.bytes, RULE_MAX);
	buf_init(&r.words, RULE_MAX);
	while (str_line(&block, &line)) {
		sink_line(sink);
		line = str_trim(line);
		/* A comment does not go on behind its line, not even with a backslash. */
		if (r.joined.n == 0 && (line.n == 0 || line.p[0] == '#'))
			continue;
		if (line.n && line.p[line.n - 1] == '\\' && block.n) {
			buf_puts(&r.joined, str_head(line, line.n - 1));
			buf_ch(&r.joined, ' ');
			continue;
		}
		if (r.joined.n || buf_err(&r.joined)) {
			buf_puts(&r.joined, line);
			line = str_trim(buf_str(&r.joined));
		}
		if (buf_err(&r.joined))
			sink_bad(sink, "a rule of more than %zu bytes", RULE_MAX);
		else if (rule_begins(line))
			one_rule(&r, line);
		else if (setting(line))
			sink->unused++;
		else if (line.n)
			sink_bad(sink, "not a rule");
		buf_clear(&r.joined);
		r.joined.err = r.bytes.err = r.words.err = ERR_OK;
	}
	buf_free(&r.joined);
	buf_free(&r.bytes);
	buf_free(&r.words);
}

const struct reader reader_rules = {
	.name = "rules",
	.title = "Suricata and Snort rules (the addresses, names and hashes in them)",
	.reads = READS_INDICATORS,
	.frame = FRAME_DOCUMENT,
	.sniff = rules_sniff,
	.block = rules_block,
};
