/* SPDX-License-Identifier: Apache-2.0 */
/* Which reader a file is for, and what its head promises. */
#include "app/content.h"
#include "app/scan.h"
#include "app/scan_parts.h"

enum {
	SAMPLE = 64 << 10, /* what recognition looks at */
	LINES_HURT = 64,   /* lines at the top that may be unusable */
};

size_t marked_run(struct str text, char mark)
{
	struct str rest = text;

	while (rest.n && rest.p[0] == mark) {
		size_t at = str_chr(rest, '\n');

		rest = str_skip(rest, at == SIZE_MAX ? rest.n : at + 1);
	}
	return text.n - rest.n;
}

size_t title_end(struct str text, struct str *title)
{
	struct str rest = text, line;

	while (str_line(&rest, &line))
		if (str_trim(line).n && line.p[0] != '#') {
			*title = line;
			return text.n - rest.n;
		}
	return 0;
}

uint64_t count_lines(struct str s)
{
	uint64_t n = 0;

	while (s.n) {
		size_t at = str_chr(s, '\n');

		n++;
		s = at == SIZE_MAX ? str_skip(s, s.n) : str_skip(s, at + 1);
	}
	return n;
}

/*
 * Which kinds of records the first header of a file promises, and what it means if it is all in the
 * sample: then the file can be read from the middle. ERR_FORMAT: it is about something else.
 * Whatever else is wrong with it will be told line by line.
 */
static enum err read_head(struct scan_file *file, const struct sample *s,
			  const struct scan_columns *columns, struct arena *a, struct errinfo *ei)
{
	const struct reader *rd = file->reader;
	struct reader_hints hints = {
		.columns = columns->v, .n_columns = columns->n, .name = s->name, .path = file->path
	};
	unsigned kinds = rd->kinds;
	struct str lines = STR_NONE;
	const struct layout *layout = NULL;
	struct arena once;
	enum err e;

	file->kinds = rd->kinds;
	file->head = NULL;
	file->head_n = 0;
	if (rd->mark) {
		file->head_n = marked_run(s->head, rd->mark);
		lines = str_head(s->head, file->head_n);
	} else if (rd->titled) {
		file->head_n = title_end(s->head, &lines);
	}
	if (rd->blocks)
		file->head_n = rd->blocks->first(s->head);
	file->cut = rd->blocks ? file->head_n && file->size
			       : rd->frame == FRAME_LINES && !s->whole && file->size &&
					 (file->head_n ? file->head_n < s->head.n
						       : !rd->mark && !rd->titled);
	if (!file->head_n || rd->blocks)
		return ERR_OK;
	file->head_lines = count_lines(str_head(s->head, file->head_n));
	arena_init(&once, 1 << 20);
	e = rd->header(lines, NULL, &hints, &once, &layout, &kinds, ei);
	arena_free(&once);
	if (!e)
		file->kinds = kinds;
	else
		file->cut = false;
	/* There may be many files; what their heads mean is kept only where it is needed. */
	if (file->cut && rd->header(lines, NULL, &hints, a, &file->head, &kinds, ei))
		file->cut = false;
	return e == ERR_FORMAT && rd->mark ? e : ERR_OK;
}

/*
 * The user has named columns: a table whose header is understood with their help. Tables that need
 * no help were recognised before.
 */
static const struct reader *table_by_columns(enum reads reads, const struct sample *s,
					     const struct scan_columns *columns, struct arena *a)
{
	struct reader_hints hints = { .columns = columns->v, .n_columns = columns->n, .name = s->name };
	const struct reader *found = NULL;
	struct str title = STR_NONE;

	(void)title_end(s->head, &title);
	for (size_t i = 0; title.n && columns->n && readers[i]; i++) {
		const struct layout *layout = NULL;
		unsigned kinds = readers[i]->kinds;
		struct errinfo ei;

		/* The plainest reader comes last in the table. */
		if (readers[i]->reads == reads && readers[i]->titled &&
		    readers[i]->header(title, NULL, &hints, a, &layout, &kinds, &ei) == ERR_OK)
			found = readers[i];
	}
	return found;
}

/* The first bytes, without the mark of UTF-8 that may stand before them; good until more is peeked
 * at. */
static enum err take_sample(struct source *s, struct sample *out, bool *marked, struct errinfo *ei)
{
	enum err e = source_peek(s, SAMPLE, &out->head, &out->whole, ei);

	if (e)
		return e;
	out->whole &= out->head.n <= SAMPLE;
	out->head = str_head(out->head, SAMPLE);
	*marked = str_starts(out->head, STR("\xef\xbb\xbf"));
	if (*marked)
		out->head = str_skip(out->head, 3);
	return ERR_OK;
}

/*
 * The first lines may be hostile or hurt: look for a format without header behind them, as far as a
 * peek reaches.
 */
static enum err recognise_behind(enum reads reads, struct source *s, struct str name,
				 const struct reader **out)
{
	struct sample later = { .name = name };
	const struct reader *r;
	struct str all;
	struct errinfo ei;
	enum err e = source_peek(s, PEEK_MAX, &all, &later.whole, &ei);

	for (int i = 0; !e && i < LINES_HURT; i++) {
		size_t lf = str_chr(all, '\n');

		if (lf == SIZE_MAX || lf + 1 == all.n)
			return ERR_FORMAT;
		all = str_skip(all, lf + 1);
		later.head = str_head(all, SAMPLE);
		if (reader_find(reads, &later, &r) == ERR_OK && r->frame == FRAME_LINES &&
		    !r->mark && !r->titled) {
			*out = r;
			return ERR_OK;
		}
	}
	return e ? e : ERR_FORMAT;
}

static enum err recognise(struct scan_files *f, struct scan_file *file, enum reads reads,
			  const struct reader *as, const struct scan_columns *columns)
{
	struct source *s = NULL;
	struct sample sample = { .name = path_name(file->path) };
	struct errinfo ei = { 0 };
	enum err again = ERR_OK, e = source_open(file->path.p, &s, &ei);
	bool marked = false;

	if (!e)
		e = take_sample(s, &sample, &marked, &ei);
	file->unreadable = e != ERR_OK;
	if (!e) {
		file->size = marked ? 0 : source_plain_size(s);
		file->id = source_id(s);
	}
	if (!e && as)
		file->reader = as;
	else if (!e && sample.head.n)
		e = reader_find(reads, &sample, &file->reader);
	if (e == ERR_FORMAT) {
		file->reader = table_by_columns(reads, &sample, columns, &f->arena);
		if (file->reader)
			e = ERR_OK;
		else if (reads == READS_RECORDS) /* lists are too easily recognised in anything */
			e = recognise_behind(reads, s, sample.name, &file->reader);
		/* What was looked at before may have moved. */
		if (e == ERR_OK || e == ERR_FORMAT)
			again = take_sample(s, &sample, &marked, &ei);
		e = again ? again : e;
	}
	if (e == ERR_FORMAT)
		e = content_refuse(&sample, reads, &ei);
	if (!e && file->reader)
		e = read_head(file, &sample, columns, &f->arena, &ei);
	if (!e && !source_can_reopen(s)) {
		file->open = s;
		file->once = true;
		return ERR_OK;
	}
	source_close(s);
	if (e == ERR_NOMEM || e == ERR_STOP)
		return e;
	if (e) {
		file->reader = NULL;
		scan_trouble(f, file, e, &ei);
	}
	return ERR_OK;
}

enum err scan_recognise(struct scan_files *f, size_t from, enum reads reads,
			const struct reader *as, const struct scan_columns *columns)
{
	enum err e = ERR_OK;

	for (size_t i = from; !e && i < f->n; i++)
		e = recognise(f, &f->v[i], reads, as, columns);
	return e;
}
