/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sets of Linux's ipset: what `ipset save` writes and `ipset restore` reads, the same as commands
 * of a shell script, and what `ipset list` shows. Sets of other things than addresses and sets
 * whose name says that they let through are counted as unused, as are exceptions (nomatch).
 * Timeouts count from a moment that the file does not know. Read whole, because what a set holds
 * is said where it is made.
 */
#include "format/sets.h"
#include "format/text.h"

#define ASIDE_MAX   256 /* sets that are not read; they are few */
#define SNIFF_LINES 200

struct ipset {
	struct sink *sink;
	struct str aside[ASIDE_MAX];
	unsigned n_aside;
	struct str last; /* the set of the element before, and whether it is read */
	bool last_read;
	struct set_budget budget;
	bool members; /* elements one a line follow, of the set called last */
};

enum command { NOTHING, CREATE, ADD, OTHER };

static enum command command_of(struct str *rest)
{
	static const struct {
		const char *word;
		enum command command;
	} commands[] = {
		{ "create", CREATE }, { "-N", CREATE }, { "--create", CREATE }, { "add", ADD },
		{ "-A", ADD },        { "--add", ADD }, { "flush", OTHER },     { "-F", OTHER },
		{ "destroy", OTHER }, { "-X", OTHER },  { "swap", OTHER },      { "-W", OTHER },
		{ "rename", OTHER },  { "-E", OTHER },  { "del", OTHER },       { "-D", OTHER },
		{ "COMMIT", OTHER },
	};
	struct str w;

	while (str_word(rest, &w)) {
		for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++)
			if (str_is(w, commands[i].word))
				return commands[i].command;
		if (!str_is(w, "ipset") && !str_ends(w, STR("/ipset")) && !str_is(w, "-exist") &&
		    !str_is(w, "--exist") && !str_is(w, "-!") && !str_is(w, "-q") && !str_is(w, "sudo"))
			break;
	}
	return NOTHING;
}

/* Does a set of this type begin with addresses? */
static bool of_addresses(struct str type)
{
	size_t colon = str_chr(type, ':');
	struct str what = colon == SIZE_MAX ? type : str_skip(type, colon + 1);

	if (str_istarts(type, STR("list:")))
		return false;
	/* "iphash" and the like are of old. */
	return str_istarts(what, STR("ip")) || str_istarts(what, STR("net"));
}

static int ipset_sniff(const struct sample *s)
{
	struct str rest = s->head, line;
	unsigned lines = 0, commands = 0, elements = 0;
	bool shown = false;

	if (sample_binary(s))
		return 0;
	while (lines < SNIFF_LINES && sample_entry(s, &rest, &line)) {
		struct str tail = line, name, what;
		enum command c;

		lines++;
		c = command_of(&tail);
		if ((c == ADD || c == CREATE) && str_word(&tail, &name) && str_word(&tail, &what))
			elements++;
		else
			commands += c == OTHER;
		shown |= str_starts(line, STR("Type: hash:")) ||
			 str_starts(line, STR("Type: bitmap:"));
	}
	if (shown)
		return 88;
	return elements && (elements + commands) * 10 >= lines * 7 ? 88 : 0;
}

/* ---- sets ------------------------------------------------------------------------------------- */

static bool is_read(struct ipset *p, struct str name)
{
	if (p->last.n == 0 || !str_eq(p->last, name)) {
		p->last = name;
		p->last_read = !set_lets_through(name);
		for (unsigned i = 0; i < p->n_aside && p->last_read; i++)
			p->last_read = !str_eq(p->aside[i], name);
	}
	return p->last_read;
}

static void made(struct ipset *p, struct str name, struct str type)
{
	if (!of_addresses(type) && p->n_aside < ASIDE_MAX)
		p->aside[p->n_aside++] = name;
	p->last = STR_NONE;
}

/* What stands behind an element: nomatch, comment "why". */
static bool options(struct str rest, struct str *comment)
{
	struct str w;

	while (str_word(&rest, &w)) {
		if (str_is(w, "nomatch"))
			return false;
		if (str_is(w, "comment")) {
			struct str text = str_trim(rest);
			size_t end;

			if (text.n && text.p[0] == '"') {
				text = str_skip(text, 1);
				end = str_chr(text, '"');
				*comment = str_head(text, end);
				rest = end == SIZE_MAX ? STR_NONE : str_skip(text, end + 1);
			} else {
				(void)str_word(&rest, comment);
			}
		}
	}
	return true;
}

/* 192.0.2.1,tcp:443 and the like; what is neither protocol nor port does not matter. */
static void element(struct ipset *p, struct str name, struct str text, struct str rest)
{
	struct indicator ind = indicator_init();
	struct str first = STR_NONE, part, comment = STR_NONE;
	uint64_t port;

	if (!is_read(p, name) || !options(rest, &comment)) {
		p->sink->unused++;
		return;
	}
	(void)str_cut(&text, ',', &first);
	if (text.p && str_cut(&text, ',', &part)) {
		size_t colon = str_chr(part, ':');

		/* "tcp:80" and "80" are ports; a second address holds colons without a protocol. */
		if (colon != SIZE_MAX &&
		    (str_iis(str_head(part, colon), "tcp") || str_iis(str_head(part, colon), "udp")))
			part = str_skip(part, colon + 1);
		if (str_u64(part, 65535, &port))
			ind.port = (uint16_t)port;
	}
	ind.reference = comment.n ? comment : name;
	set_give(first, &ind, &p->budget, p->sink);
}

/* ---- files ------------------------------------------------------------------------------------ */

/* A line of `ipset list`; false if it is none. */
static bool shown(struct ipset *p, struct str line)
{
	static const char *const heads[] = { "Revision:", "Header:", "Size in memory:",
					     "References:", "Number of entries:" };
	struct str text, rest = line;

	if (str_starts(line, STR("Name: "))) {
		p->last = str_trim(str_skip(line, 6));
		p->members = false;
		return true;
	}
	if (str_starts(line, STR("Type: "))) {
		struct str name = p->last;

		made(p, name, str_trim(str_skip(line, 6)));
		p->last = STR_NONE;
		(void)is_read(p, name);
		return true;
	}
	if (str_is(line, "Members:")) {
		p->members = true;
		return true;
	}
	for (size_t i = 0; i < sizeof heads / sizeof heads[0]; i++)
		if (str_starts(line, str_of(heads[i])))
			return true;
	if (!p->members || !str_word(&rest, &text))
		return false;
	element(p, p->last, text, rest);
	return true;
}

static void ipset_line(struct ipset *p, struct str line)
{
	struct str rest = line, name, what;
	enum command c = command_of(&rest);

	if (c == OTHER)
		return;
	if (c == NOTHING) {
		if (!shown(p, line))
			sink_bad(p->sink, "no command of ipset");
		return;
	}
	p->members = false;
	if (!str_word(&rest, &name) || !str_word(&rest, &what))
		sink_bad(p->sink, "%s", c == ADD ? "an element is missing" : "a set without a type");
	else if (c == CREATE)
		made(p, name, what);
	else
		element(p, name, what, rest);
}

static void ipset_block(const struct layout *l, const struct reader_hints *h, struct str block,
			struct sink *sink)
{
	struct ipset p = { .sink = sink, .last = STR_NONE, .budget = set_budget(block) };
	struct str line;

	(void)l;
	(void)h;
	while (str_line(&block, &line)) {
		sink_line(sink);
		line = str_trim(line);
		if (line.n && line.p[0] != '#')
			ipset_line(&p, line);
	}
}

const struct reader reader_ipset = {
	.name = "ipset",
	.title = "sets of ipset (save, restore, list)",
	.reads = READS_INDICATORS,
	.frame = FRAME_DOCUMENT,
	.sniff = ipset_sniff,
	.block = ipset_block,
};
