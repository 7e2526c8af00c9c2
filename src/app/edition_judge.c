/* SPDX-License-Identifier: Apache-2.0 */
/* Whether the documents of an edition are what they should be. */
#include "app/edition.h"

#include "app/scan.h"
#include "base/json_parts.h"

enum { SAMPLE = 64 << 10, BAD_LEAST = 10 };

const struct reader *edition_reader(const struct feed *f)
{
	const char *name = feed_kind(f) == FEED_TAXII  ? "stix"
			   : feed_kind(f) == FEED_MISP ? "misp"
			   : feed_kind(f) == FEED_OTX  ? "otx"
						       : f->format;

	return reader_named(READS_INDICATORS, str_of(name));
}

/* What stands at its beginning: another format than the one that was agreed on? */
static enum err check_format(const struct feed *f, const char *path, const struct reader **out,
			     struct errinfo *ei)
{
	const struct reader *want = edition_reader(f), *found = NULL;
	struct sample sample = { .name = path_name(str_of(strrchr(path, '/') + 1)) };
	struct source *s;
	enum err e = source_open(path, &s, ei);

	if (e)
		return e;
	e = source_peek(s, SAMPLE, &sample.head, &sample.whole, ei);
	if (!e && str_starts(sample.head, STR("\xef\xbb\xbf")))
		sample.head = str_skip(sample.head, 3);
	if (!e && reader_find(READS_INDICATORS, &sample, &found))
		found = NULL;
	if (!e && !want && !found)
		e = err_set(ei, ERR_PARSE, "no list of indicators: nobody knows its format");
	else if (!e && want && found && found != want && want->sniff(&sample) == 0)
		e = err_set(ei, ERR_PARSE, "it is in another format (%s) than it should be (%s)",
			    found->name, want->name);
	source_close(s);
	*out = want ? want : found;
	return e;
}

/* Values of JSON that follow each other, each whole; most documents are one. */
static bool whole_values(struct str text)
{
	struct str value, rest;

	while (text.n && json_cut(text, &value, &rest) && edition_whole_json(value))
		text = str_trim(rest);
	return text.n == 0;
}

/* A document of JSON that ends early may still give its first half to a reader that needs no tree. */
static enum err check_whole(const char *path, struct errinfo *ei)
{
	struct buf b;
	struct str text;
	enum err e;

	buf_init(&b, (size_t)2 << 30);
	e = file_slurp(path, (size_t)1 << 30, &b, ei);
	text = str_trim(buf_str(&b));
	if (str_starts(text, STR("\xef\xbb\xbf")))
		text = str_skip(text, 3);
	if (!e && text.n && (text.p[0] == '{' || text.p[0] == '[') && !whole_values(text))
		e = err_set(ei, ERR_PARSE, "the document is cut off, or no JSON");
	buf_free(&b);
	return e;
}

/* ---- counting ---- */

static void on_indicator(void *ctx, const struct indicator *i)
{
	(void)i;
	++*(uint64_t *)ctx;
}

static enum err slot(void *ctx, struct sink *sink)
{
	sink->ctx = ctx;
	sink->indicator = on_indicator;
	return ERR_OK;
}

static void slot_free(void *ctx, struct sink *sink)
{
	(void)ctx;
	(void)sink;
}

static enum err take(void *ctx, struct scan_block *b)
{
	(void)ctx;
	(void)b;
	return ERR_OK;
}

static enum err count(const struct edition *ed, struct judged *out, struct errinfo *ei)
{
	struct scan_client c = {
		.ctx = &out->rows, .threads = 1, .slot = slot, .slot_free = slot_free, .take = take
	};
	const struct scan_columns none = { 0 };
	struct scan_files files;
	enum err e = ERR_OK;

	scan_files_init(&files);
	for (size_t i = 0; !e && i < ed->files.n; i++)
		e = scan_add(&files, ed->files.v[i].p, ei);
	if (!e)
		e = scan_recognise(&files, 0, READS_INDICATORS, edition_reader(ed->feed), &none);
	if (!e)
		e = scan_run(&files, 0, &c);
	for (size_t i = 0; !e && i < files.n; i++) {
		out->malformed += files.v[i].malformed;
		if (files.v[i].trouble.n)
			e = err_set(ei, ERR_PARSE, "%.*s", STR_ARG(files.v[i].trouble));
		else if (files.v[i].partial.n)
			e = err_set(ei, ERR_PARSE, "%.*s; what stands behind is missing",
				    STR_ARG(files.v[i].partial));
	}
	if (!e && files.rejects.n && out->malformed && !out->rows)
		e = err_set(ei, ERR_PARSE, "nothing in it can be read (line %llu: %.*s)",
			    (unsigned long long)files.rejects.v[0].line,
			    STR_ARG(files.rejects.v[0].why));
	scan_files_free(&files);
	return e;
}

enum err edition_judge(const struct edition *ed, struct judged *out, struct errinfo *ei)
{
	struct judged j = { 0 };
	enum err e = ERR_OK;

	for (size_t i = 0; !e && i < ed->files.n; i++) {
		const char *path = ed->files.v[i].p;
		const struct reader *as = NULL;

		/* What is made of answers was looked at when they came. */
		if (feed_kind(ed->feed) == FEED_LIST) {
			e = fetch_judge(path, ei);
			if (!e)
				e = check_format(ed->feed, path, &as, ei);
			if (!e && as->frame == FRAME_DOCUMENT)
				e = check_whole(path, ei);
		}
	}
	if (!e)
		e = count(ed, &j, ei);
	if (!e && j.rows == 0 && j.malformed)
		e = err_set(ei, ERR_PARSE, "nothing in it can be read");
	if (!e && j.malformed >= BAD_LEAST && j.malformed > j.rows)
		e = err_set(ei, ERR_PARSE, "%llu of its lines cannot be read, and only %llu can",
			    (unsigned long long)j.malformed, (unsigned long long)j.rows);
	if (!e)
		*out = j;
	return e;
}
