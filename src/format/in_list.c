/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Plain lists of indicators: one value a line, defanged or not, comments after # ; or //, further
 * columns after a blank, TAB or |. Lines of a hosts file ("0.0.0.0 evil.example") give their names.
 * Addresses may be a range ("a-b"). What people put before values when they write lists by hand is
 * passed over: bullets and numbers ("- ", "* ", "1. ", "2) ").
 *
 * A list may hold lines that are none: a title, a remark. What is surely a list is 70 of 100 lines;
 * with half of them, and no prose to speak of, it is one where no other reader claims the file.
 */
#include "core/name.h"
#include "format/ind_row.h"
#include "format/sets.h"
#include "format/text.h"

enum { SNIFF_LINES = 200, NUMBER_MAX = 6, PROSE_WORDS = 6 };

static bool blank(char c)
{
	return c == ' ' || c == '\t';
}

static bool comment(struct str s)
{
	return s.n == 0 || s.p[0] == '#' || s.p[0] == ';' || str_starts(s, STR("//"));
}

/* "1. " or "(12) ": what is behind it, or nothing. */
static struct str past_number(struct str s)
{
	size_t n = 0;

	s = str_skip(s, s.n && s.p[0] == '(');
	while (n < s.n && n < NUMBER_MAX && s.p[n] >= '0' && s.p[n] <= '9')
		n++;
	return n && n < s.n && (s.p[n] == '.' || s.p[n] == ')') ? str_skip(s, n + 1) : STR_NONE;
}

/* Without a bullet or a number before it; the line is trimmed. */
static struct str past_bullet(struct str line)
{
	static const char *const bullets[] = { "-", "*", "+", "•", "·", "‣", "–", "—", "・" };
	struct str rest = STR_NONE;

	if (line.n == 0 || ((line.p[0] | 0x20) >= 'a' && (line.p[0] | 0x20) <= 'z'))
		return line;
	for (size_t i = 0; i < sizeof bullets / sizeof bullets[0] && !rest.n; i++)
		if (str_starts(line, str_of(bullets[i])))
			rest = str_skip(line, strlen(bullets[i]));
	if (!rest.n)
		rest = past_number(line);
	return rest.n && blank(rest.p[0]) ? str_trim(rest) : line;
}

/*
 * Take the first value of a line. Inside what has a slash # ; and | may belong to a URL, so there
 * only a blank ends it.
 */
static struct str take(struct str *line)
{
	struct str s = str_trim(*line);
	bool slash = false;
	size_t n = 0;

	while (n < s.n && !blank(s.p[n]) &&
	       (slash || (s.p[n] != '#' && s.p[n] != ';' && s.p[n] != '|'))) {
		slash |= s.p[n] == '/';
		n++;
	}
	*line = str_trim(str_skip(s, n));
	return str_head(s, n);
}

/* "192.0.2.1-192.0.2.9", blanks around the dash or not; *rest is what comes after it. */
static bool range_of(struct str line, struct str *range, struct str *rest)
{
	size_t dash = str_chr(line, '-');
	struct str after;
	struct ip ip;

	if (dash == SIZE_MAX || !ip_parse(str_trim(str_head(line, dash)), &ip))
		return false;
	after = str_skip(line, dash + 1);
	*range = take(&after);
	if (!ip_parse(*range, &ip))
		return false;
	*range = str_range(line.p, range->p + range->n);
	*rest = after;
	return true;
}

/* The address that hosts files give to names that nobody shall reach. */
static bool nowhere(const struct indicator *ind)
{
	struct ip a = ind->net.ip;

	return ind->type == IT_IP && ind->port == 0 &&
	       (ip_eq(a, ip_v4(0)) || ip_eq(a, ip_v4(0x7f000001)) || (a.hi == 0 && a.lo <= 1));
}

/*
 * Is there another value beside the first? Then the line is a table, and who knows which is meant.
 * Beside a hash stands the name of its file, which may look like that of a host.
 */
static bool second_value(enum itype first, struct str rest, struct buf *scratch)
{
	struct indicator ind;
	size_t begin = scratch->n;
	struct str word;
	bool is;

	while (rest.n && (rest.p[0] == '|' || blank(rest.p[0])))
		rest = str_skip(rest, 1);
	word = take(&rest);
	is = indicator_recognise(word, scratch, &ind, NULL) == ERR_OK &&
	     !(first == IT_HASH && ind.type == IT_DOMAIN);

	scratch->n = begin;
	return is;
}

static void hosts_names(struct str rest, struct sink *sink)
{
	while (!comment(rest)) {
		struct indicator ind = indicator_init();
		struct str name = take(&rest);

		if (name.n == 0) /* a bar, which ends values, too */
			return;
		/* localhost, ip6-loopback and the like; some lists end with 0.0.0.0 itself. */
		if (str_chr(name, '.') == SIZE_MAX || str_iis(name, "localhost.localdomain") ||
		    str_is(name, "0.0.0.0")) {
			sink->unused++;
			continue;
		}
		if (!ind_give(name, SAID_DOMAIN, &ind, sink))
			return;
	}
}

static void one_line(struct str line, struct set_budget *budget, struct sink *sink)
{
	struct indicator ind = indicator_init();
	struct str rest = line = past_bullet(line), text;
	struct errinfo ei;

	buf_clear(&sink->scratch);
	if (range_of(line, &text, &rest)) {
		if (second_value(IT_CIDR, rest, &sink->scratch))
			sink_bad(sink, "more than one value");
		else
			set_give(text, &ind, budget, sink);
		return;
	}
	text = take(&rest);
	if (!buf_room(&sink->scratch, 2 * INDICATOR_ROOM(text.n < 65536 ? text.n : 65536))) {
		sink_bad(sink, "no memory for the line");
		return;
	}
	if (indicator_recognise(text, &sink->scratch, &ind, &ei)) {
		/* "a.example,443": a table without a header. */
		size_t comma = str_chr(text, ',');

		if (comma != SIZE_MAX && comma + 1 < text.n &&
		    indicator_recognise(str_head(text, comma), &sink->scratch, &ind, NULL) == ERR_OK)
			sink_bad(sink, "more than one value (a table needs a header)");
		else
			sink_bad(sink, "%s", ei.msg);
		return;
	}
	if (!comment(rest)) {
		if (nowhere(&ind)) {
			hosts_names(rest, sink);
			return;
		}
		if (second_value(ind.type, rest, &sink->scratch)) {
			sink_bad(sink, "more than one value");
			return;
		}
	}
	sink->indicator(sink->ctx, &ind);
}

/*
 * Long lists are nearly all bare IPv4 addresses: a line of one and nothing else, as ip_parse would
 * have it. Returns its bytes with the LF, or 0.
 */
static size_t bare_quad(struct str s, uint32_t *out)
{
	const unsigned char *p = (const unsigned char *)s.p, *end = p + s.n;
	uint32_t v4 = 0;

	for (int part = 0; part < 4; part++) {
		unsigned n, d;

		if (p == end || (n = *p - (unsigned)'0') > 9)
			return 0;
		for (p++; p < end && n && n < 100 && (d = *p - (unsigned)'0') <= 9; p++)
			n = n * 10 + d;
		if (n > 255)
			return 0;
		v4 = v4 << 8 | n;
		if (part < 3 && (p == end || *p++ != '.'))
			return 0;
	}
	if (p < end && *p == '\r')
		p++;
	if (p < end && *p++ != '\n')
		return 0;
	*out = v4;
	return (size_t)(p - (const unsigned char *)s.p);
}

static void list_block(const struct layout *l, const struct reader_hints *h, struct str block,
		       struct sink *sink)
{
	struct indicator plain = indicator_init();
	struct set_budget budget = set_budget(block);
	struct str line;
	uint32_t v4;
	size_t n;

	(void)l;
	(void)h;
	plain.type = IT_IP;
	plain.net.len = 128;
	for (;;) {
		while ((n = bare_quad(block, &v4)) != 0) {
			sink_line(sink);
			plain.net.ip = ip_v4(v4);
			sink->indicator(sink->ctx, &plain);
			block = str_skip(block, n);
		}
		if (!str_line(&block, &line))
			return;
		sink_line(sink);
		line = str_trim(line);
		if (!comment(line))
			one_line(line, &budget, sink);
	}
}

/* Whether a line is a value and nothing else that could be the rest of a sentence. */
static bool bare(struct str line, struct buf *scratch)
{
	struct str rest = line, text;
	struct indicator ind;

	if (range_of(line, &text, &rest))
		return true;
	text = take(&rest);
	buf_clear(scratch);
	if (indicator_recognise(text, scratch, &ind, NULL))
		return false;
	/* "evil.example 443" is a table, "evil.example is" a sentence. */
	return comment(rest) || nowhere(&ind) || ind.type != IT_DOMAIN || rest.p[0] == '|' ||
	       (rest.p[0] >= '0' && rest.p[0] <= '9');
}

/* "AS64500": what is special is listed so, and those who are hit; not who hits. */
static bool is_as(struct str line)
{
	if (!str_istarts(line, STR("AS")))
		return false;
	line = str_skip(line, 2);
	line = str_skip(line, str_istarts(line, STR("N")));
	return line.n && line.p[0] >= '0' && line.p[0] <= '9';
}

static bool is_prose(struct str line)
{
	struct str word;
	unsigned words = 0;

	while (str_cut(&line, ' ', &word))
		words += word.n > 0;
	return words >= PROSE_WORDS;
}

/* "REFERENCES:", "Sources:": what follows is whom a report quotes, not whom it accuses. */
static bool quotes(struct str line)
{
	static const char *const heads[] = { "reference", "source", "see also", "further reading",
					     "参考",      "出典",   "参照" };

	if (!str_ends(line, STR(":")) && !str_ends(line, STR("：")))
		return false;
	for (size_t i = 0; i < sizeof heads / sizeof heads[0]; i++)
		if (str_istarts(line, str_of(heads[i])))
			return true;
	return false;
}

static int list_sniff(const struct sample *s)
{
	struct str head = str_trim(s->head), rest = s->head, line;
	unsigned lines = 0, good = 0, written = 0, prose = 0, sentences = 0;
	bool as = false, quoted = false;
	struct buf scratch;

	if (sample_binary(s))
		return 0;
	/* JSON and markup have values on their lines, too. */
	if (head.n > 1 && (head.p[0] == '{' || head.p[0] == '<' ||
			   (head.p[0] == '[' && strchr("\r\n\"{[ ", head.p[1]))))
		return 0;
	buf_init(&scratch, 0);
	while (lines < SNIFF_LINES && sample_line(s, &rest, &line)) {
		line = str_trim(line);
		if (comment(line))
			continue;
		lines++;
		as |= is_as(line);
		if (bare(line, &scratch))
			good++;
		else if (bare(past_bullet(line), &scratch))
			written++;
		else {
			prose += is_prose(line);
			sentences += str_ends(line, STR(".")) || str_ends(line, STR("。"));
			quoted |= quotes(line);
		}
	}
	buf_free(&scratch);
	if (quoted || (sentences && sentences >= good + written))
		return 0; /* a report */
	if (lines == 0)
		return s->whole ? 1 : 0; /* a list that is empty today */
	if (good * 10 >= lines * 7)
		return 40;
	/* Written by a person: a sentence above it is its title, more are a report. */
	return !as && (good + written) * 2 >= lines && prose * 10 <= lines + 9 ? 5 : 0;
}

const struct reader reader_list = {
	.name = "list",
	.title = "indicators, one a line, comments after #",
	.reads = READS_INDICATORS,
	.frame = FRAME_LINES,
	.sniff = list_sniff,
	.block = list_block,
};
