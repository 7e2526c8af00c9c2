/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sets of nftables: `nft list ruleset` and `nft list set`, files that nft reads, `add element`
 * commands, definitions (`define bad = { ... }`). Of a set the elements count, alone, as networks
 * or ranges, or joined with a port; of maps the keys. Sets of other things than addresses and sets
 * whose name says that they let through are counted as unused. Rules are passed over.
 */
#include "format/place.h"
#include "format/sets.h"
#include "format/text.h"

struct nft {
	struct sink *sink;
	struct place place;
	struct str text; /* what is left of the document */
	const char *begin;
	struct set_budget budget;
};

/* ---- words ------------------------------------------------------------------------------------ */

static bool alone(char c)
{
	return c == '{' || c == '}' || c == ',' || c == ';' || c == '=';
}

static bool blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* The next word, or one of { } , ; = alone. Line ends are blanks, comments go to them. */
static bool word(struct nft *n, struct str *out)
{
	for (;;) {
		struct str s = n->text;
		size_t len = 0;

		while (len < s.n && blank(s.p[len]))
			len++;
		s = n->text = str_skip(s, len);
		len = 0;
		if (s.n == 0)
			return false;
		if (s.p[0] == '#') {
			n->text = str_skip(s, str_chr(s, '\n') == SIZE_MAX ? s.n : str_chr(s, '\n'));
			continue;
		}
		if (s.p[0] == '\\') { /* a line that goes on */
			n->text = str_skip(s, 1);
			continue;
		}
		if (alone(s.p[0])) {
			len = 1;
		} else if (s.p[0] == '"') {
			len = str_chr(str_skip(s, 1), '"');
			len = len == SIZE_MAX ? s.n : len + 2;
		} else {
			while (len < s.n && !alone(s.p[len]) && !blank(s.p[len]) &&
			       s.p[len] != '"' && s.p[len] != '#')
				len++;
		}
		*out = str_head(s, len);
		n->text = str_skip(s, len);
		return true;
	}
}

static void here(struct nft *n, struct str at)
{
	place_set(&n->place, (size_t)(at.p - n->begin), n->sink);
}

/* Passes over { ... }, whose opening bracket was taken. */
static void pass(struct nft *n)
{
	unsigned depth = 1;
	struct str w;

	while (depth && word(n, &w)) {
		depth += str_is(w, "{");
		depth -= str_is(w, "}");
	}
}

/* ---- elements --------------------------------------------------------------------------------- */

struct element {
	struct str value, port, comment;
	bool joined; /* more than one part */
};

/*
 * One element up to a comma or the closing bracket: parts joined by lone dots, then options, then
 * what a map maps it to. *last is what ended it; empty at the end of the text.
 */
static void take_element(struct nft *n, struct element *e, struct str *last)
{
	bool parts = true, dot = true;
	struct str w;

	*e = (struct element){ STR_NONE, STR_NONE, STR_NONE, false };
	*last = STR_NONE;
	while (word(n, &w)) {
		uint64_t port;

		if (str_is(w, ",") || str_is(w, "}")) {
			*last = w;
			return;
		}
		if (str_is(w, "{"))
			pass(n);
		if (str_is(w, "comment")) {
			if (word(n, &w) && w.n > 1 && w.p[0] == '"')
				e->comment = (struct str){ w.p + 1, w.n - 2 };
			parts = false;
		} else if (str_is(w, ".") && parts) {
			dot = true;
		} else if (parts && dot) {
			if (e->value.n == 0) {
				e->value = w;
			} else {
				e->joined = true;
				if (e->port.n == 0 && str_u64(w, 65535, &port))
					e->port = w;
			}
			dot = false;
		} else {
			parts = false; /* timeout 1h expires 5m counter ... : verdict */
		}
	}
}

/* Behind an opening bracket, up to the one that closes it. */
static void elements(struct nft *n, struct str set, bool read)
{
	struct element e;
	struct str last;

	do {
		struct indicator ind = indicator_init();
		uint64_t port = 0;

		take_element(n, &e, &last);
		/* What the text ends in may be half of something. */
		if (e.value.n == 0 || last.n == 0)
			continue;
		here(n, e.value);
		/* Names of other definitions, the rest of a map. */
		if (!read || e.value.p[0] == '$' || e.value.p[0] == '@' || str_is(e.value, "*")) {
			n->sink->unused++;
			continue;
		}
		if (e.port.n && str_u64(e.port, 65535, &port))
			ind.port = (uint16_t)port;
		ind.reference = e.comment.n ? e.comment : set;
		set_give(e.value, &ind, &n->budget, n->sink);
	} while (str_is(last, ","));
	if (last.n == 0) {
		if (n->place.text.n)
			place_set(&n->place, n->place.text.n, n->sink);
		sink_bad(n->sink, "the set \"%.*s\" is not closed", STR_ARG(str_head(set, 40)));
	}
}

/* ---- sets ------------------------------------------------------------------------------------- */

/* Does a word of a set's type speak of addresses? */
static bool speaks_of_addresses(struct str w)
{
	return str_is(w, "ipv4_addr") || str_is(w, "ipv6_addr") || str_is(w, "saddr") ||
	       str_is(w, "daddr");
}

/* set NAME { type ...; elements = { ... } } */
static void set_body(struct nft *n, struct str name)
{
	bool addresses = false, typed = false, in_type = false;
	struct str w;

	while (word(n, &w)) {
		if (str_is(w, "}"))
			return;
		if (str_is(w, "type") || str_is(w, "typeof")) {
			typed = in_type = true;
		} else if (str_is(w, ";") || str_is(w, "flags") || str_is(w, "size")) {
			in_type = false;
		} else if (str_is(w, "elements")) {
			in_type = false;
			if (word(n, &w) && str_is(w, "=") && word(n, &w) && str_is(w, "{"))
				elements(n, name, (addresses || !typed) && !set_lets_through(name));
		} else if (str_is(w, "{")) {
			pass(n);
		} else if (in_type) {
			addresses |= speaks_of_addresses(w);
		}
	}
}

/* The words up to an opening bracket; the last of them is a name. False without such a bracket. */
static bool named(struct nft *n, struct str *name)
{
	struct str w, last = STR_NONE;

	for (unsigned i = 0; i < 5 && word(n, &w); i++) {
		if (str_is(w, "{")) {
			*name = last;
			return last.n > 0;
		}
		if (str_is(w, "}") || str_is(w, ";"))
			return false;
		if (!str_is(w, "="))
			last = w;
	}
	return false;
}

/* define NAME = { */
static bool defined(struct nft *n, struct str *name)
{
	struct str w;

	return word(n, name) && word(n, &w) && str_is(w, "=") && word(n, &w) && str_is(w, "{");
}

static void nftables_block(const struct layout *l, const struct reader_hints *h, struct str block,
			   struct sink *sink)
{
	struct nft n = { .sink = sink,
			 .place = place_begin(block),
			 .text = block,
			 .begin = block.p,
			 .budget = set_budget(block) };
	struct str w, name, before;

	(void)l;
	(void)h;
	before = STR_NONE;
	while (word(&n, &w)) {
		struct nft at = n;

		if ((str_is(w, "set") || str_is(w, "map")) && named(&n, &name)) {
			set_body(&n, name);
		} else if ((str_is(w, "element") &&
			    (str_is(before, "add") || str_is(before, "create")) && named(&n, &name)) ||
			   (str_is(w, "define") && defined(&n, &name))) {
			elements(&n, name, !set_lets_through(name));
		} else {
			/* What looked like one was something else. */
			n.text = at.text;
		}
		before = w;
	}
}

/* ---- recognition ------------------------------------------------------------------------------ */

static int nftables_sniff(const struct sample *s)
{
	struct str rest = s->head, line;
	bool defines = false;

	if (sample_binary(s))
		return 0;
	while (sample_line(s, &rest, &line)) {
		line = str_trim(line);
		if (str_starts(line, STR("add element ")) || str_starts(line, STR("nft add element ")))
			return 88;
		defines |= str_starts(line, STR("define ")) && str_find(line, STR("= {")) != SIZE_MAX;
	}
	if (str_find(s->head, STR("elements = {")) != SIZE_MAX &&
	    (str_find(s->head, STR("set ")) != SIZE_MAX || str_find(s->head, STR("map ")) != SIZE_MAX))
		return 88;
	return defines ? 60 : 0;
}

const struct reader reader_nftables = {
	.name = "nftables",
	.title = "sets of nftables (list, files, add element)",
	.reads = READS_INDICATORS,
	.frame = FRAME_DOCUMENT,
	.sniff = nftables_sniff,
	.block = nftables_block,
};
