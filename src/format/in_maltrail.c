/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Maltrail's static trails: a file a family (its name is the file's), values one a line under the
 * `# Reference:` from which they come, lists of scanners and sinkholes among them. They state no
 * validity. Read whole, because a reference holds until the next one. Paths without a host and
 * regular expressions are told as what they are.
 */
#include "format/ind_row.h"
#include "format/text.h"

#define FIELD_MAX 4096

/* "# Key: text" -> text. */
static bool remark(struct str line, const char *key, struct str *text)
{
	struct str k = str_of(key);

	while (line.n && (line.p[0] == '#' || line.p[0] == ' ' || line.p[0] == '\t'))
		line = str_skip(line, 1);
	if (!str_istarts(line, k))
		return false;
	*text = str_head(str_trim(str_skip(line, k.n)), FIELD_MAX);
	return true;
}

static int maltrail_sniff(const struct sample *s)
{
	struct str rest = s->head, line, text;
	unsigned references = 0, values = 0, others = 0;

	if (sample_binary(s))
		return 0;
	while (sample_line(s, &rest, &line)) {
		if (line.n && line.p[0] == '#') {
			if (str_find(line, STR("Maltrail developers")) != SIZE_MAX)
				return 95;
			references += remark(line, "Reference:", &text);
		} else if (str_trim(line).n) {
			/* Values have no blanks in them. */
			line = str_trim(str_head(line, str_chr(line, '#')));
			if (str_chr(line, ' ') == SIZE_MAX && str_chr(line, ',') == SIZE_MAX)
				values++;
			else
				others++;
		}
	}
	return references && values && !others ? 60 : 0;
}

struct trails {
	enum role role;
	struct str family;
	struct str reference;
};

/* The file's name without its extension and without the number that continues a long list
 * (njrat-1). */
static struct trails from_name(struct str name)
{
	struct trails t = { ROLE_CONTROLLER, STR_NONE, STR_NONE };
	size_t dot = name.n, digits;

	while (dot && name.p[dot - 1] != '.')
		dot--;
	if (dot > 1)
		name.n = dot - 1;
	for (digits = name.n; digits && name.p[digits - 1] >= '0' && name.p[digits - 1] <= '9';)
		digits--;
	if (digits > 1 && digits < name.n && name.p[digits - 1] == '-')
		name.n = digits - 1;
	name = str_head(name, FIELD_MAX);
	if (str_starts(name, STR("mass_scanner")))
		t.role = ROLE_SCANNER;
	else if (str_starts(name, STR("sinkhole_")))
		t.role = ROLE_SINKHOLE;
	else
		t.family = name;
	return t;
}

/* A # begins a comment where a blank stands before it; inside a URL it doesn't. */
static struct str without_comment(struct str line)
{
	for (size_t i = 1; i < line.n; i++)
		if (line.p[i] == '#' && (line.p[i - 1] == ' ' || line.p[i - 1] == '\t'))
			return str_trim(str_head(line, i));
	return str_trim(line);
}

static void maltrail_value(struct str text, const struct trails *t, struct sink *sink)
{
	struct indicator ind = indicator_init();

	buf_clear(&sink->scratch);
	if (text.p[0] == '/') {
		sink_bad(sink, "a path without a host");
		return;
	}
	if (text.p[0] == '^' || str_find(text, STR("(?")) != SIZE_MAX ||
	    str_find(text, STR("[a-z")) != SIZE_MAX || str_find(text, STR("\\d")) != SIZE_MAX ||
	    str_find(text, STR(".*")) != SIZE_MAX) {
		sink_bad(sink, "a regular expression");
		return;
	}
	ind.role = t->role;
	ind.family = t->family;
	ind.reference = t->reference;
	(void)ind_give(text, SAID_NOTHING, &ind, sink);
}

static void maltrail_block(const struct layout *l, const struct reader_hints *h, struct str block,
			   struct sink *sink)
{
	struct trails t = from_name(h->name);
	struct str line, text;

	(void)l;
	while (str_line(&block, &line)) {
		sink_line(sink);
		line = str_trim(line);
		if (line.n == 0)
			continue;
		if (line.p[0] != '#')
			maltrail_value(without_comment(line), &t, sink);
		else if (remark(line, "Reference:", &text))
			t.reference = text;
		else if (h->name.n == 0 && t.family.n == 0 && remark(line, "Aliases:", &text))
			t.family = str_trim(str_head(text, str_chr(text, ',')));
	}
}

const struct reader reader_maltrail = {
	.name = "maltrail",
	.title = "Maltrail static trails (family from the file's name)",
	.reads = READS_INDICATORS,
	.frame = FRAME_DOCUMENT,
	.sniff = maltrail_sniff,
	.block = maltrail_block,
};
