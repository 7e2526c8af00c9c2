/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What `nezumi extract --json` writes, one object a line: indicators out of reports, each with its
 * place. The report is the source. References and context (extract --all) and values of types that
 * are not matched (CVE, mail addresses) are counted as unused. A value whose reading is uncertain
 * is believed half. The date in a sentence is not taken for a validity: it may be that of anything.
 */
#include "format/doc_keys.h"
#include "format/feed.h"

enum { UNCERTAIN = 50 };

enum member { VALUE, TYPE, CLASS, STATUS, FAMILY, ROLE, PATH, LINE, MEMBERS };

static const char *const names[MEMBERS] = {
	[VALUE] = "value",   [TYPE] = "type", [CLASS] = "class", [STATUS] = "status",
	[FAMILY] = "family", [ROLE] = "role", [PATH] = "path",   [LINE] = "line",
};

static int extracted_sniff(const struct sample *s)
{
	return doc_begins(s) == '{' && doc_has_key(s, "original") && doc_has_key(s, "offset") &&
			       doc_has_key(s, "context") && doc_has_key(s, "value")
		       ? 91
		       : 0;
}

static enum said said_of(struct str type)
{
	static const struct {
		const char *type;
		enum said said;
	} types[] = {
		{ "ipv4", SAID_ADDRESS },  { "ipv6", SAID_ADDRESS }, { "cidr", SAID_ADDRESS },
		{ "domain", SAID_DOMAIN }, { "url", SAID_URL },      { "md5", SAID_HASH },
		{ "sha1", SAID_HASH },     { "sha256", SAID_HASH },  { "sha512", SAID_HASH },
	};

	for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
		if (str_is(type, types[i].type))
			return types[i].said;
	return SAID_NOTHING;
}

static struct str base_name(struct str path)
{
	size_t at = path.n;

	while (at && path.p[at - 1] != '/')
		at--;
	path = str_skip(path, at);
	return str_is(path, "-") ? STR_NONE : path;
}

static void value(struct feed *f, const struct json m[MEMBERS])
{
	struct sink *sink = f->sink;
	struct indicator ind = indicator_init();
	enum said said = said_of(feed_text(f, &m[TYPE]));
	size_t at;

	if (said == SAID_NOTHING ||
	    (m[CLASS].type == JSON_STRING && !str_is(m[CLASS].raw, "indicator"))) {
		sink->unused++;
		return;
	}
	ind.family = ind_family(feed_text(f, &m[FAMILY]));
	ind.role = m[ROLE].type != JSON_STRING && said == SAID_HASH
			   ? ROLE_PAYLOAD
			   : role_parse(feed_text(f, &m[ROLE]));
	if (m[PATH].type == JSON_STRING)
		ind.source = base_name(feed_text(f, &m[PATH]));
	if (str_is(m[STATUS].raw, "uncertain"))
		ind.confidence = UNCERTAIN;
	if (ind.source.n && m[LINE].type == JSON_NUMBER) {
		at = sink->scratch.n;
		buf_fmt(&sink->scratch, "%.*s:%.*s", STR_ARG(ind.source), STR_ARG(m[LINE].raw));
		ind.reference = str_skip(buf_str(&sink->scratch), at);
	}
	(void)feed_give(f, &m[VALUE], said, &ind);
}

/* NULL, or why it cannot be read. */
static const char *checked(struct str line)
{
	struct json_walk w;
	struct str key;
	struct json v;

	if (!json_begin(&w, line) || w.array)
		return "not a JSON object";
	while (json_next(&w, &key, &v))
		;
	if (w.failed)
		return "not valid JSON (cut off?), or nested too deeply";
	return json_rest(&w).n ? "text after the JSON object" : NULL;
}

static void extracted_block(const struct layout *l, const struct reader_hints *h, struct str block,
			    struct sink *sink)
{
	struct feed f = { .sink = sink };
	struct json m[MEMBERS];
	struct str line;

	(void)l;
	(void)h;
	while (str_line(&block, &line)) {
		const char *why;

		sink_line(sink);
		if (str_trim(line).n == 0)
			continue;
		why = checked(line);
		buf_clear(&sink->scratch);
		/* Slices of it stay while a line is read: texts, the reference, the value. */
		if (!why && !buf_room(&sink->scratch, 3 * line.n + INDICATOR_ROOM(line.n)))
			why = "no memory for the line";
		if (why) {
			sink_bad(sink, "%s", why);
			continue;
		}
		feed_members(line, names, MEMBERS, m);
		if (m[VALUE].type == JSON_STRING && m[TYPE].type == JSON_STRING)
			value(&f, m);
		else
			sink_bad(sink, "no value, or none with a type");
	}
}

const struct reader reader_extracted = {
	.name = "extracted",
	.title = "what nezumi extract --json writes",
	.reads = READS_INDICATORS,
	.frame = FRAME_LINES,
	.sniff = extracted_sniff,
	.block = extracted_block,
};
