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
#include "format/rule_facts.h"
#include "format/text.h"

#define RULE_MAX   ((size_t)1 << 20) /* with its continuation lines */
#define EXCEPT_MAX 256
#define PORTS_MAX  16

struct rules {
	struct sink *sink;
	struct buf joined, bytes, words; /* a rule of many lines; contents; names with blanks */
};

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
static bool about_policy(const struct rule_facts *f)
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

static enum role role_of(const struct rule_facts *f, bool *said)
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

	*said = true;
	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
		if (has_word(f->msg, words[i].word))
			return words[i].role;
	*said = f->classtype.n > 0;
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

enum { DATE = sizeof "2020_12_31" - 1 };

/* 2020_12_31, as a date; else nothing. */
static struct str date_of(struct str s, char out[DATE])
{
	if (s.n != DATE)
		return STR_NONE;
	for (size_t i = 0; i < DATE; i++)
		out[i] = (char)(s.p[i] == '_' ? '-' : s.p[i]);
	return (struct str){ out, DATE };
}

static void describe(struct rules *r, const struct rule_facts *f, struct indicator *ind)
{
	char created[DATE], updated[DATE];
	struct str from, seen;
	const char *why;

	ind->role = role_of(f, &ind->role_said);
	ind->confidence = ind_confidence(f->confidence);
	ind->reference = f->url.n ? f->url : f->msg;
	ind->family = ind_family(f->family);
	if (ind->family.n == 0)
		ind->family = family_of_msg(f->msg);
	else if (buf_room(&r->words, ind->family.n))
		ind->family = with_blanks(&r->words, ind->family);
	/* Groups of addresses keep their rule for years, and are renewed every day. */
	from = date_of(f->created, created);
	seen = date_of(f->updated, updated);
	if (seen.n == 0 || !ind_sighted(from, seen, false, ind, &why))
		(void)ind_validity(from, STR_NONE, ind, &why);
}

/* ---- telling ---------------------------------------------------------------------------------- */

static void bad(struct rules *r, const struct rule_facts *f, const char *why)
{
	if (f->sid.n)
		sink_bad(r->sink, "rule %.*s: %s", STR_ARG(f->sid), why);
	else
		sink_bad(r->sink, "%s", why);
}

/* quiet: contents that are no whole name are what most rules are made of. */
static bool give(struct rules *r, const struct rule_facts *f, struct str text, enum said said,
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
static size_t side(struct rules *r, const struct rule_facts *f, struct str list, struct str ports,
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

static size_t addresses(struct rules *r, const struct rule *rule, const struct rule_facts *f,
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

/* Does the regular expression look for the name, too? Some only say with it where the name begins. */
static bool same_name(struct str pattern, struct str name)
{
	/* Longer ones are no names, and nobody writes such patterns. */
	for (; name.n <= 255 && pattern.n <= 2000 && pattern.n >= name.n;
	     pattern = str_skip(pattern, 1)) {
		size_t at = 0, n = 0;

		while (at < pattern.n && n < name.n) {
			at += pattern.p[at] == '\\' && at + 1 < pattern.n;
			if (!str_ieq((struct str){ pattern.p + at, 1 }, (struct str){ name.p + n, 1 }))
				break;
			at++;
			n++;
		}
		if (n == name.n)
			return true;
	}
	return false;
}

static size_t names(struct rules *r, const struct rule *rule, const struct rule_facts *f,
		    const struct indicator *like)
{
	const struct rule_sought *c = &f->names[0], *uri = &f->uris[0];
	struct indicator ind = *like;
	struct str name = rule_bytes(&r->bytes, c);
	size_t given;

	if (f->n_patterns > 1 || (f->n_patterns && !same_name(f->pattern, name)))
		return 0;
	if (f->n_names != 1 || f->n_uris > 1 || f->narrow || about_policy(f) ||
	    (c->begins && !c->ends && c->where != RULE_HOST) ||
	    str_chr(str_skip(name, 1), '.') == SIZE_MAX)
		return 0;
	if (c->where == RULE_HOST || c->where == RULE_SERVER_NAME)
		ind.port = one_port(rule->dport);
	if (f->n_uris == 0)
		return give(r, f, name, SAID_DOMAIN, &ind, true);
	if (c->where != RULE_HOST || uri->n == 0 || rule_bytes(&r->bytes, uri).p[0] != '/')
		return 0;
	{
		struct buf url;

		buf_init(&url, 0);
		buf_c(&url, "http://");
		buf_puts(&url, name);
		if (ind.port && str_chr(name, ':') == SIZE_MAX)
			buf_fmt(&url, ":%u", ind.port);
		buf_puts(&url, rule_bytes(&r->bytes, uri));
		ind.port = 0;
		given = give(r, f, buf_str(&url), SAID_URL, &ind, true);
		buf_free(&url);
	}
	return given;
}

static void one_rule(struct rules *r, struct str text)
{
	struct rule_facts f = { .msg = STR_NONE };
	struct indicator ind = indicator_init();
	struct rule rule;
	const char *why = NULL;
	size_t given = 0;

	buf_clear(&r->bytes);
	buf_clear(&r->words);
	if (!rule_parse(text, &rule, &why) || !rule_understand(&r->bytes, &rule, &f, &why)) {
		bad(r, &f, why);
		return;
	}
	if (f.silent || str_is(rule.action, "pass") || str_is(rule.action, "log")) {
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
