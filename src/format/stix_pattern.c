/* SPDX-License-Identifier: Apache-2.0 */
#include "format/stix_pattern.h"

#include "base/vec.h"
#include "format/stix_lex.h"

#include <stdio.h>
#include <stdlib.h>

/* Reasons kept a pattern: who writes a thousand wrong terms need not hear of each. */
#define REASONS_MAX 3

struct found {
	struct stix_value v;
	struct str needs; /* what it holds only together with; empty: stands for itself */
};

/* What a part of a pattern comes to. Its values and ports are the last ones found. */
struct part {
	size_t values, ports; /* where they begin */
	size_t n_values, n_ports;
	struct str foreign; /* something beyond network and hashes must (or may) hold; empty:
			       nothing */
	struct str detail;  /* something that makes no difference was said */
	bool ported, bound; /* its values have their port; all of them need something foreign */
	bool told;          /* that it yields nothing */
};

struct parser {
	struct stix_lex lex;
	unsigned depth;
	VEC(struct found) found;
	uint16_t ports[STIX_PORTS_MAX];
	size_t n_ports;
	char reasons[REASONS_MAX][120];
	unsigned n_reasons;
};

static void reason(struct parser *p, const char *before, struct str of, const char *after)
{
	if (p->n_reasons == REASONS_MAX)
		return;
	(void)snprintf(p->reasons[p->n_reasons++], sizeof p->reasons[0], "%s%.*s%s", before,
		       STR_ARG(str_head(of, 60)), after);
}

/* ---- what is compared ------------------------------------------------------------------------- */

enum means { MEANS_VALUE, MEANS_PORT, MEANS_DETAIL, MEANS_FOREIGN };

static bool hash_path(struct str path)
{
	static const char *const names[] = { "md5",    "sha-1",   "sha1",  "sha-256",
					     "sha256", "sha-512", "sha512" };

	if (!str_istarts(path, STR("file:hashes.")))
		return false;
	path = str_skip(path, 12);
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		if (str_iis(path, names[i]))
			return true;
	return false;
}

static enum means meaning(struct str path, enum said *said)
{
	static const struct {
		const char *path;
		enum means means;
		enum said said;
	} known[] = {
		{ "ipv4-addr:value", MEANS_VALUE, SAID_ADDRESS },
		{ "ipv6-addr:value", MEANS_VALUE, SAID_ADDRESS },
		{ "domain-name:value", MEANS_VALUE, SAID_DOMAIN },
		{ "url:value", MEANS_VALUE, SAID_URL },
		{ "network-traffic:dst_ref.value", MEANS_VALUE, SAID_DOMAIN },
		{ "network-traffic:dst_port", MEANS_PORT, SAID_NOTHING },
		{ "network-traffic:dst_ref.type", MEANS_DETAIL, SAID_NOTHING },
		{ "network-traffic:src_ref.type", MEANS_DETAIL, SAID_NOTHING },
		{ "network-traffic:src_ref.value", MEANS_DETAIL, SAID_NOTHING },
		{ "network-traffic:src_port", MEANS_DETAIL, SAID_NOTHING },
		{ "network-traffic:protocols[*]", MEANS_DETAIL, SAID_NOTHING },
		{ "network-traffic:protocols[0]", MEANS_DETAIL, SAID_NOTHING },
		{ "network-traffic:protocols[1]", MEANS_DETAIL, SAID_NOTHING },
		{ "network-traffic:protocols[2]", MEANS_DETAIL, SAID_NOTHING },
		{ "network-traffic:is_active", MEANS_DETAIL, SAID_NOTHING },
		{ "domain-name:resolves_to_refs[*].value", MEANS_DETAIL, SAID_NOTHING },
		{ "domain-name:resolves_to_refs[*].type", MEANS_DETAIL, SAID_NOTHING },
	};

	*said = SAID_HASH;
	if (hash_path(path))
		return MEANS_VALUE;
	for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
		if (str_iis(path, known[i].path)) {
			*said = known[i].said;
			return known[i].means;
		}
	return MEANS_FOREIGN;
}

static bool add_value(struct parser *p, enum said said, struct str text)
{
	struct found *f;

	if (p->found.n >= STIX_VALUES_MAX)
		return stix_fail(&p->lex, ERR_LIMIT, "more values than 65536");
	f = VEC_PUSH(&p->found);
	if (!f)
		return stix_fail(&p->lex, ERR_NOMEM, "no memory");
	/* What a network's destination is compared to may be a network. */
	if (said == SAID_DOMAIN && str_chr(text, '/') != SIZE_MAX)
		said = SAID_ADDRESS;
	*f = (struct found){ .v = { .said = said, .text = text, .from = TIME_NONE, .until = TIME_NONE },
			     .needs = STR_NONE };
	return true;
}

static bool add_port(struct parser *p, struct str text, bool *ok)
{
	uint64_t v;

	if (!str_u64(text, 65535, &v) || v == 0) {
		*ok = false;
		return true;
	}
	if (p->n_ports == STIX_PORTS_MAX)
		return stix_fail(&p->lex, ERR_LIMIT, "more ports than 64");
	p->ports[p->n_ports++] = (uint16_t)v;
	return true;
}

/*
 * LIKE: % is any text, _ any character. '%.evil.example' is the domain with all below, '192.0.2.%'
 * a network, and what has neither sign is itself; anything else is no one value.
 */
static bool like(struct parser *p, enum said said, struct str *text)
{
	struct str s = *text;
	size_t dots = 0;
	char *copy;

	if (said == SAID_DOMAIN && str_starts(s, STR("%.")))
		s = str_skip(s, 2);
	if (str_chr(s, '%') == SIZE_MAX && str_chr(s, '_') == SIZE_MAX) {
		*text = s;
		return true;
	}
	if ((said != SAID_ADDRESS && said != SAID_DOMAIN) || s.n < 3 || s.n > 13 ||
	    !str_ends(s, STR(".%")))
		return false;
	for (size_t i = 0; i + 1 < s.n; i++) {
		if (s.p[i] != '.' && !(s.p[i] >= '0' && s.p[i] <= '9'))
			return false;
		dots += s.p[i] == '.';
	}
	copy = dots > 3 ? NULL : arena_alloc(&p->lex.arena, 32);
	if (!copy)
		return false;
	(void)snprintf(copy, 32, "%.*s%s/%zu", (int)(s.n - 1), s.p,
		       dots == 1   ? "0.0.0"
		       : dots == 2 ? "0.0"
				   : "0",
		       dots * 8);
	*text = str_of(copy);
	return true;
}

enum op { OP_EQ, OP_LIKE, OP_SUBSET, OP_OTHER };

static bool operator(struct parser *p, enum op *op, bool *list)
{
	static const char *const signs[] = { "!=", "<>", "<=", ">=", "<", ">" };
	struct str rest;

	*list = false;
	*op = OP_OTHER;
	if (stix_word(&p->lex, "IN")) {
		*list = true;
		*op = OP_EQ;
		return true;
	}
	if (stix_word(&p->lex, "LIKE")) {
		*op = OP_LIKE;
		return true;
	}
	if (stix_word(&p->lex, "ISSUBSET")) {
		*op = OP_SUBSET;
		return true;
	}
	if (stix_word(&p->lex, "MATCHES") || stix_word(&p->lex, "ISSUPERSET"))
		return true;
	if (stix_take(&p->lex, '=')) {
		(void)stix_take(&p->lex, '=');
		*op = OP_EQ;
		return true;
	}
	rest = str_skip(p->lex.text, p->lex.at);
	for (size_t i = 0; i < sizeof signs / sizeof signs[0]; i++)
		if (str_starts(rest, str_of(signs[i]))) {
			p->lex.at += strlen(signs[i]);
			return true;
		}
	return stix_fail(&p->lex, ERR_PARSE, "a comparison operator is due");
}

static void set_foreign(struct parser *p, struct part *out, struct str what)
{
	p->found.n = out->values;
	p->n_ports = out->ports;
	out->n_values = out->n_ports = 0;
	out->foreign = what;
}

/* path [NOT] operator literal */
static bool test(struct parser *p, struct part *out)
{
	struct str of, text, as_written;
	size_t begin_at = p->lex.at;
	enum means means;
	enum said said;
	enum op op;
	bool list, is_string, known, ok = true;

	if (!stix_path(&p->lex, &of))
		return false;
	means = meaning(of, &said);
	known = means != MEANS_FOREIGN;

	if (stix_word(&p->lex, "NOT"))
		means = means == MEANS_DETAIL ? means : MEANS_FOREIGN;
	if (!operator(p, &op, &list))
		return false;
	as_written = str_trim((struct str){ p->lex.text.p + begin_at, p->lex.at - begin_at });
	if (list && !stix_take(&p->lex, '('))
		return stix_fail(&p->lex, ERR_PARSE, "a list in parentheses is due");
	do {
		if (!stix_literal(&p->lex, &text, &is_string))
			return false;
		if (means == MEANS_PORT && op == OP_EQ) {
			if (!add_port(p, text, &ok))
				return false;
		} else if (means == MEANS_VALUE && is_string && op != OP_OTHER) {
			if (op == OP_LIKE)
				ok &= like(p, said, &text);
			if (op == OP_SUBSET)
				ok &= said == SAID_ADDRESS || said == SAID_DOMAIN;
			if (!add_value(p, op == OP_SUBSET && ok ? SAID_ADDRESS : said, text))
				return false;
		} else if (means != MEANS_DETAIL) {
			ok = false;
		}
	} while (list && stix_take(&p->lex, ','));
	if (list && !stix_take(&p->lex, ')'))
		return stix_fail(&p->lex, ERR_PARSE, "the list is not closed");
	if (means == MEANS_DETAIL)
		out->detail = of;
	else if (means == MEANS_FOREIGN || !ok)
		set_foreign(p, out, known ? as_written : of);
	out->n_values = p->found.n - out->values;
	out->n_ports = p->n_ports - out->ports;
	return true;
}

/* ---- putting parts together ------------------------------------------------------------------- */

static struct part begin(const struct parser *p)
{
	return (struct part){
		.values = p->found.n, .ports = p->n_ports, .foreign = STR_NONE, .detail = STR_NONE
	};
}

/* The values of a part hold only together with something. */
static void bind(struct parser *p, const struct part *part, struct str needs)
{
	for (size_t i = 0; i < part->n_values && !part->bound; i++) {
		struct found *f = &p->found.v[part->values + i];

		if (f->needs.n == 0 && f->v.said != SAID_HASH)
			f->needs = needs;
	}
}

static bool portable(const struct found *f)
{
	return f->v.port == 0 && (f->v.said == SAID_ADDRESS || f->v.said == SAID_DOMAIN);
}

/* Give the values of `to` (the last ones found, or followed by those of `also`) each of the ports. */
static bool join_ports(struct parser *p, const struct part *to, const uint16_t *ports, size_t n)
{
	size_t end = to->values + to->n_values;

	for (size_t i = to->values; i < end; i++) {
		if (!portable(&p->found.v[i]))
			continue;
		p->found.v[i].v.port = ports[0];
		for (size_t k = 1; k < n; k++) {
			struct found copy = p->found.v[i], *f;

			if (p->found.n >= STIX_VALUES_MAX)
				return stix_fail(&p->lex, ERR_LIMIT, "more values than 65536");
			f = VEC_PUSH(&p->found);
			if (!f)
				return stix_fail(&p->lex, ERR_NOMEM, "no memory");
			copy.v.port = ports[k];
			*f = copy;
		}
	}
	return true;
}

static bool only_ports(const struct part *a)
{
	return a->n_ports && !a->n_values;
}

/* Both must hold. b was found right after a. */
static bool both(struct parser *p, struct part *a, const struct part *b)
{
	struct part out = *a;
	static const struct str two_ports = { "another port", 12 };

	if (only_ports(a) && only_ports(b)) {
		out.foreign = two_ports;
		p->n_ports = a->ports;
	} else if ((only_ports(a) && b->n_values && !b->ported) ||
		   (only_ports(b) && a->n_values && !a->ported)) {
		const struct part *to = a->n_values ? a : b, *from = a->n_values ? b : a;

		if (!join_ports(p, to, p->ports + from->ports, from->n_ports))
			return false;
		out.ported = true;
		p->n_ports = a->ports;
	} else if (only_ports(b) && a->n_values) {
		bind(p, a, two_ports);
		out.foreign = two_ports;
		p->n_ports = a->ports;
	} else if (only_ports(a) && b->n_values) {
		bind(p, b, two_ports);
		out.foreign = two_ports;
		p->n_ports = a->ports;
	}
	if (b->foreign.n)
		bind(p, a, b->foreign);
	if (a->foreign.n)
		bind(p, b, a->foreign);
	out.ported |= a->ported || b->ported;
	out.bound = (b->foreign.n || a->bound || !a->n_values) &&
		    (a->foreign.n || b->bound || !b->n_values) && (a->n_values || b->n_values);
	if (out.foreign.n == 0)
		out.foreign = b->foreign;
	if (out.detail.n == 0)
		out.detail = b->detail;
	out.n_values = p->found.n - out.values;
	out.n_ports = p->n_ports - out.ports;
	*a = out;
	return true;
}

/* An alternative that yields nothing is lost, and said to be. */
static void lost(struct parser *p, struct part *a)
{
	struct str of = a->foreign.n ? a->foreign
			: a->n_ports ? STR("network-traffic:dst_port")
				     : a->detail;

	if (!a->told)
		reason(p, "", of, " names no value that records show");
	a->told = true;
	a->foreign = of;
}

/* One of them must hold. */
static void either(struct parser *p, struct part *a, struct part *b)
{
	bool ports = only_ports(a) && only_ports(b) && !a->foreign.n && !b->foreign.n;

	if (!ports) {
		if (a->n_values == 0)
			lost(p, a);
		if (b->n_values == 0)
			lost(p, b);
		p->n_ports = a->ports;
	}
	if (a->foreign.n == 0)
		a->foreign = b->foreign;
	if (a->detail.n == 0)
		a->detail = b->detail;
	a->bound = (a->bound || !a->n_values) && (b->bound || !b->n_values) &&
		   (a->n_values || b->n_values);
	a->ported |= b->ported;
	a->n_values = p->found.n - a->values;
	a->n_ports = p->n_ports - a->ports;
}

/* ---- grammar ---------------------------------------------------------------------------------- */

static bool alternatives(struct parser *p, struct part *out);

static bool comparison(struct parser *p, struct part *out)
{
	struct str of;
	bool ok = true;

	*out = begin(p);
	if (p->depth >= STIX_DEPTH_MAX)
		return stix_fail(&p->lex, ERR_LIMIT, "deeper than 64");
	p->depth++;
	if (stix_word(&p->lex, "NOT")) {
		ok = comparison(p, out);
		if (ok)
			set_foreign(p, out, STR("a negation"));
	} else if (stix_word(&p->lex, "EXISTS")) {
		ok = stix_path(&p->lex, &of);
		if (ok)
			out->foreign = of;
	} else if (stix_take(&p->lex, '(')) {
		ok = alternatives(p, out) &&
		     (stix_take(&p->lex, ')') || stix_fail(&p->lex, ERR_PARSE, "a ) is due"));
	} else {
		ok = test(p, out);
	}
	p->depth--;
	return ok;
}

/* comparison AND comparison OR comparison ...: AND binds more tightly. */
static bool alternatives(struct parser *p, struct part *out)
{
	struct part next, term;

	*out = begin(p);
	for (bool first = true;; first = false) {
		if (!comparison(p, &term))
			return false;
		while (stix_word(&p->lex, "AND"))
			if (!comparison(p, &next) || !both(p, &term, &next))
				return false;
		if (first)
			*out = term;
		else
			either(p, out, &term);
		if (!stix_word(&p->lex, "OR"))
			return true;
	}
}

static bool moment(struct parser *p, int64_t *out)
{
	struct str text;
	bool is_string;

	if (!stix_literal(&p->lex, &text, &is_string))
		return false;
	return time_parse(text, out, NULL) ||
	       stix_fail(&p->lex, ERR_PARSE, "no time from 1970 to 2100");
}

static bool qualifiers(struct parser *p, const struct part *part)
{
	struct str text;
	bool is_string;
	int64_t from, until;

	for (;;) {
		if (stix_word(&p->lex, "WITHIN")) {
			if (!stix_literal(&p->lex, &text, &is_string) ||
			    !(stix_word(&p->lex, "SECONDS") ||
			      stix_fail(&p->lex, ERR_PARSE, "SECONDS is due")))
				return false;
		} else if (stix_word(&p->lex, "REPEATS")) {
			if (!stix_literal(&p->lex, &text, &is_string) ||
			    !(stix_word(&p->lex, "TIMES") ||
			      stix_fail(&p->lex, ERR_PARSE, "TIMES is due")))
				return false;
		} else if (stix_word(&p->lex, "START")) {
			if (!moment(p, &from) ||
			    !(stix_word(&p->lex, "STOP") ||
			      stix_fail(&p->lex, ERR_PARSE, "STOP is due")) ||
			    !moment(p, &until))
				return false;
			for (size_t i = 0; i < part->n_values; i++) {
				struct stix_value *v = &p->found.v[part->values + i].v;

				/* STOP itself lies outside. */
				v->from = v->from == TIME_NONE || from > v->from ? from : v->from;
				v->until = v->until == TIME_NONE || until - 1 < v->until ? until - 1
											 : v->until;
			}
		} else {
			return true;
		}
	}
}

static bool sequence(struct parser *p, struct part *out);

static bool observation(struct parser *p, struct part *out)
{
	bool ok;

	*out = begin(p);
	if (p->depth >= STIX_DEPTH_MAX)
		return stix_fail(&p->lex, ERR_LIMIT, "deeper than 64");
	p->depth++;
	if (stix_take(&p->lex, '[')) {
		ok = alternatives(p, out) &&
		     (stix_take(&p->lex, ']') || stix_fail(&p->lex, ERR_PARSE, "a ] is due"));
		/* A port of one observation says nothing about another one's address. */
		if (ok && out->n_values == 0 && out->foreign.n == 0)
			set_foreign(p, out,
				    out->n_ports ? STR("network-traffic:dst_port") : out->detail);
	} else if (stix_take(&p->lex, '(')) {
		ok = sequence(p, out) &&
		     (stix_take(&p->lex, ')') || stix_fail(&p->lex, ERR_PARSE, "a ) is due"));
	} else {
		ok = stix_fail(&p->lex, ERR_PARSE, "a [ is due");
	}
	p->depth--;
	return ok && qualifiers(p, out);
}

static bool observations(struct parser *p, struct part *out)
{
	struct part next, term;

	*out = begin(p);
	for (bool first = true;; first = false) {
		if (!observation(p, &term))
			return false;
		while (stix_word(&p->lex, "AND"))
			if (!observation(p, &next) || !both(p, &term, &next))
				return false;
		if (first)
			*out = term;
		else
			either(p, out, &term);
		if (!stix_word(&p->lex, "OR"))
			return true;
	}
}

static bool sequence(struct parser *p, struct part *out)
{
	struct part next;

	if (!observations(p, out))
		return false;
	while (stix_word(&p->lex, "FOLLOWEDBY"))
		if (!observations(p, &next) || !both(p, out, &next))
			return false;
	return true;
}

enum err stix_pattern(struct str pattern, const struct stix_sink *sink, struct errinfo *ei)
{
	struct parser p = { .lex = { .text = pattern, .ei = ei } };
	struct part all = { .foreign = STR_NONE };
	unsigned told = 0;

	arena_init(&p.lex.arena, (size_t)64 << 20);
	if (sequence(&p, &all)) {
		stix_blanks(&p.lex);
		if (p.lex.at < pattern.n)
			(void)stix_fail(&p.lex, ERR_PARSE, "text behind the end of the pattern");
	}
	if (!p.lex.err) {
		if (all.n_values == 0)

			lost(&p, &all);
		for (size_t i = 0; i < p.found.n; i++) {
			struct found *f = &p.found.v[i];

			if (f->needs.n == 0)
				sink->value(sink->ctx, &f->v);
			else if (told++ == 0)
				reason(&p, "its values hold only together with ", f->needs, "");
		}
		for (unsigned i = 0; i < p.n_reasons; i++)
			sink->bad(sink->ctx, p.reasons[i]);
	}
	free(p.found.v);
	arena_free(&p.lex.arena);
	return p.lex.err;
}
