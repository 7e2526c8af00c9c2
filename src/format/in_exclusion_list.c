/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lists of what is special: one address, network, AS number (`AS64500`, `64500`) or name a line,
 * comments after #; the same as first column of a table whose header names it (`ASN,Entity`); and
 * our own table, which says what each entry is: `value,class,reason,list`. Read whole, because only
 * the header tells them apart.
 */
#include "format/entry.h"
#include "format/table.h"
#include "format/text.h"

enum column { VALUE, CLASS, REASON, LIST, COLUMNS };

struct heading {
	char sep;
	int n;
	int at[COLUMNS]; /* -1: there is none */
	bool named;      /* the first line is a header */
};

static const char *const value_names[] = { "value",     "asn",    "as",     "asnumber",
					   "network",   "cidr",   "prefix", "ip",
					   "ipaddress", "subnet", "range",  "ipprefix",
					   "address",   "domain", "name",   "hostname" };

static struct heading understand(struct str line)
{
	static const char *const own[] = { [CLASS] = "class", [REASON] = "reason", [LIST] = "list" };
	struct heading t = { .sep = csv_separator(line), .at = { 0, -1, -1, -1 } };
	struct str f[CSV_FIELDS_MAX];
	struct buf scratch;
	const char *why;
	int n;

	buf_init(&scratch, 0);
	t.n = n = csv_split(line, t.sep, &scratch, f, &why);
	for (int i = 0; i < n && !t.named; i++)
		for (size_t k = 0; k < sizeof value_names / sizeof value_names[0]; k++)
			if (csv_named(f[i], value_names[k])) {
				t.at[VALUE] = i;
				t.named = true;
				break;
			}
	for (int i = 0; i < n && t.named; i++)
		for (size_t k = CLASS; k < COLUMNS; k++)
			if (csv_named(f[i], own[k]))
				t.at[k] = i;
	if (!t.named)
		t.sep = ',';
	buf_free(&scratch);
	return t;
}

/* The first value of a plain line: before a comment, a blank or a comma. */
static struct str first_value(struct str line)
{
	size_t n = 0;

	line = str_trim(line);
	while (n < line.n && line.p[n] != '#' && line.p[n] != ';' && line.p[n] != ' ' &&
	       line.p[n] != '\t' && line.p[n] != ',')
		n++;
	line = str_head(line, n);
	if (line.n > 1 && line.p[0] == '"' && line.p[line.n - 1] == '"')
		line = (struct str){ line.p + 1, line.n - 2 };
	return line;
}

static bool comment(struct str line)
{
	line = str_trim(line);
	return line.n == 0 || line.p[0] == '#' || line.p[0] == ';' || str_starts(line, STR("//"));
}

/* Is a line of the sample an entry? A table goes on behind its value, a list with nothing or a
 * comment. */
static bool sure(const struct heading *t, struct str line, struct buf *scratch)
{
	struct str f[CSV_FIELDS_MAX], v, tail;
	const char *why;
	struct entry e;

	buf_clear(scratch);
	if (t->named) {
		if (!buf_room(scratch, line.n + 1024) ||
		    csv_split(line, t->sep, scratch, f, &why) <= t->at[VALUE])
			return false;
		v = f[t->at[VALUE]];
	} else {
		v = first_value(line);
		tail = str_trim(str_skip(str_trim(line), v.n));
		if (!comment(tail) && tail.p[0] != ',')
			return false;
	}
	return entry_parse(v, true, scratch, &e, NULL) == ERR_OK;
}

static int exclusion_sniff(const struct sample *s)
{
	struct str rest = s->head, line;
	unsigned lines = 0, good = 0;
	struct heading t = { .named = false };
	struct buf scratch;
	bool first = true;

	if (sample_binary(s))
		return 0;
	buf_init(&scratch, 0);
	while (lines < 200 && sample_line(s, &rest, &line)) {
		if (comment(line))
			continue;
		if (first)
			t = understand(line);
		if (!first || !t.named) {
			lines++;
			good += sure(&t, line, &scratch);
		}
		first = false;
	}
	buf_free(&scratch);
	/* Our own header is a signature. */
	if (t.named && t.at[CLASS] >= 0)
		return 85;
	if (lines == 0)
		return t.named ? 50 : s->whole ? 1 : 0;
	return good * 10 >= lines * 7 ? t.named ? 60 : 40 : 0;
}

static void give(struct str value, const struct exclusion *said, struct sink *sink)
{
	struct exclusion x = *said;
	struct entry e;
	struct errinfo ei;

	if (entry_parse(value, true, &sink->scratch, &e, &ei)) {
		sink_bad(sink, "%s", ei.msg);
		return;
	}
	x.type = e.type;
	x.net = e.net;
	x.as = e.as;
	x.name = e.name;
	sink->exclusion(sink->ctx, &x);
}

static void one_row(const struct heading *t, const struct str *f, int n, struct sink *sink)
{
	struct exclusion x = { .list = STR_NONE, .reason = STR_NONE };
	struct str c[COLUMNS];

	for (size_t i = 0; i < COLUMNS; i++)
		c[i] = t->at[i] >= 0 && t->at[i] < n ? str_trim(f[t->at[i]]) : STR_NONE;
	if (c[CLASS].n) {
		if (!xclass_parse(c[CLASS], &x.class)) {
			sink_bad(sink,
				 "the class is not benign, provider, scanner, sinkhole or research");
			return;
		}
		x.classed = true;
		x.reason = c[REASON];
	} else if (t->at[CLASS] >= 0) {
		sink_bad(sink, "no class");
		return;
	}
	x.list = c[LIST];
	give(c[VALUE], &x, sink);
}

static void exclusion_block(const struct layout *l, const struct reader_hints *h, struct str block,
			    struct sink *sink)
{
	static const struct exclusion plain = { .list = { "", 0 }, .reason = { "", 0 } };
	struct table t = table_begin(block, sink);
	struct heading head = { .named = false };
	struct str f[CSV_FIELDS_MAX], line;
	bool first = true;

	(void)l;
	(void)h;
	while (table_line(&t, &line)) {
		int n;

		if (comment(line))
			continue;
		if (first) {
			first = false;
			head = understand(line);
			if (head.named)
				continue;
		}
		if (head.named) {
			n = table_split(&t, line, head.sep, head.n, 1, 1024, f);
			if (n >= 0)
				one_row(&head, f, n, sink);
			continue;
		}
		buf_clear(&sink->scratch);
		if (buf_room(&sink->scratch, line.n + 1024))
			give(first_value(line), &plain, sink);
		else
			sink_bad(sink, "no memory for the line");
	}
}

const struct reader reader_exclusion_list = {
	.name = "exclusion-list",
	.title = "addresses, networks, AS numbers or names that are special",
	.reads = READS_EXCLUSIONS,
	.frame = FRAME_DOCUMENT,
	.sniff = exclusion_sniff,
	.block = exclusion_block,
};
