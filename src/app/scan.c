/* SPDX-License-Identifier: Apache-2.0 */
#include "app/scan.h"

#include "base/parallel.h"
#include "base/stop.h"

#include <stdlib.h>
#include <unistd.h>

enum {
	SAMPLE = 64 << 10,      /* what recognition looks at */
	LINES_HURT = 64,        /* lines at the top that may be unusable */
	BLOCK = 1 << 20,        /* a block, and so the longest line */
	DOCUMENT_MAX = 1 << 30, /* a document read whole */
};

void scan_files_init(struct scan_files *f)
{
	*f = (struct scan_files){ 0 };
	arena_init(&f->arena, 0);
}

void scan_files_free(struct scan_files *f)
{
	for (size_t i = 0; i < f->n; i++) {
		source_close(f->v[i].open);
		if (f->v[i].kept_fd >= 0)
			close(f->v[i].kept_fd);
	}
	free(f->v);
	free(f->rejects.v);
	arena_free(&f->arena);
}

enum err scan_add(struct scan_files *f, const char *path, struct errinfo *ei)
{
	struct path_list list = { 0 };
	bool is_folder;
	enum err e = path_walk(path, &f->arena, &list, &is_folder, ei);

	for (size_t i = 0; !e && i < list.n; i++) {
		struct scan_file *file = VEC_PUSH(f);

		if (!file)
			e = ERR_NOMEM;
		else
			*file = (struct scan_file){ .path = list.v[i],
						    .from_folder = is_folder,
						    .kept_fd = -1 };
	}
	free(list.v);
	return e;
}

static void trouble(struct scan_files *f, struct scan_file *file, enum err e, const struct errinfo *ei)
{
	struct str s = arena_str(&f->arena, str_of(ei->msg[0] ? ei->msg : err_text(e)));

	file->trouble = s.p ? s : STR("out of memory");
}

/* How many bytes at the start of text are lines that begin with mark. */
static size_t marked_run(struct str text, char mark)
{
	struct str rest = text;

	while (rest.n && rest.p[0] == mark) {
		size_t at = str_chr(rest, '\n');

		rest = str_skip(rest, at == SIZE_MAX ? rest.n : at + 1);
	}
	return text.n - rest.n;
}

/*
 * Which kinds of records the first header of a file promises. ERR_FORMAT: it is about something
 * else. Whatever else is wrong with it will be told line by line.
 */
static enum err promised_kinds(struct scan_file *file, const struct sample *s, struct arena *a,
			       struct errinfo *ei)
{
	const struct reader *rd = file->reader;
	struct reader_hints hints = { .name = s->name, .path = file->path };
	const struct layout *layout = NULL;
	unsigned kinds = rd->kinds;
	struct str head = s->head;
	enum err e;

	file->kinds = rd->kinds;
	if (!rd->mark || head.n == 0 || head.p[0] != rd->mark)
		return ERR_OK;
	e = rd->header(str_head(head, marked_run(head, rd->mark)), NULL, &hints, a, &layout, &kinds, ei);
	if (!e)
		file->kinds = kinds;
	return e == ERR_FORMAT ? e : ERR_OK;
}

/* The title line of a file: the first that is neither blank nor a comment. The bytes up to its end,
 * or 0 without one. */
static size_t title_end(struct str text, struct str *title)
{
	struct str rest = text, line;

	while (str_line(&rest, &line))
		if (str_trim(line).n && line.p[0] != '#') {
			*title = line;
			return text.n - rest.n;
		}
	return 0;
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

/*
 * The first lines may be hostile or hurt: look for a format without header behind them, as far as a
 * peek reaches.
 */
static enum err recognise_behind(enum reads reads, struct source *s, const struct sample *sample,
				 const struct reader **out)
{
	struct sample later = *sample;
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
	enum err e = source_open(file->path.p, &s, &ei);

	if (!e)
		e = source_peek(s, SAMPLE, &sample.head, &sample.whole, &ei);
	file->unreadable = e != ERR_OK;
	if (!e && str_starts(sample.head, STR("\xef\xbb\xbf")))
		sample.head = str_skip(sample.head, 3);
	if (!e && as)
		file->reader = as;
	else if (!e && sample.head.n)
		e = reader_find(reads, &sample, &file->reader);
	if (e == ERR_FORMAT) {
		file->reader = table_by_columns(reads, &sample, columns, &f->arena);
		if (file->reader)
			e = ERR_OK;
		else if (reads == READS_RECORDS) /* lists are too easily recognised in anything */
			e = recognise_behind(reads, s, &sample, &file->reader);
	}
	if (e == ERR_FORMAT)
		(void)err_set(&ei, e, "no reader recognises this content");
	if (!e && file->reader)
		e = promised_kinds(file, &sample, &f->arena, &ei);
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
		trouble(f, file, e, &ei);
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

/* Note something that cannot be read. Of the lines of a file only the first hundred are kept;
 * damage to the whole takes the place of the last. */
static enum err note(struct scan_files *f, uint32_t file, uint64_t line, const char *why)
{
	struct scan_file *of = &f->v[file];
	struct reject *r = NULL;
	struct str text;

	if (of->n_rejects == SINK_REJECTS && line)
		return ERR_OK;
	text = arena_str(&f->arena, str_of(why));
	if (!text.p)
		return ERR_NOMEM;
	for (size_t i = f->rejects.n; of->n_rejects == SINK_REJECTS && !r && i; i--)
		if (f->rejects.v[i - 1].file == file)
			r = &f->rejects.v[i - 1];
	if (!r) {
		r = VEC_PUSH(&f->rejects);
		of->n_rejects++;
	}
	if (!r)
		return ERR_NOMEM;
	*r = (struct reject){ file, line, text };
	return ERR_OK;
}

static enum err note_damage(struct scan_files *f, size_t i)
{
	f->v[i].malformed++;
	return note(f, (uint32_t)i, 0, f->v[i].damage.p);
}

static int by_place(const void *a, const void *b)
{
	const struct reject *x = a, *y = b;

	if (x->file != y->file)
		return x->file < y->file ? -1 : 1;
	return x->line < y->line ? -1 : x->line > y->line;
}

void scan_rejects_sort(struct scan_files *f)
{
	if (f->rejects.n)
		qsort(f->rejects.v, f->rejects.n, sizeof *f->rejects.v, by_place);
}

enum err scan_keep(struct scan_files *f, size_t i)
{
	struct scan_file *file = &f->v[i];
	struct errinfo ei = { 0 };
	enum err e = source_keep(file->open, &file->kept_fd, &ei);

	source_close(file->open);
	file->open = NULL;
	if (e == ERR_NOMEM)
		return e;
	if (e) {
		trouble(f, file, e, &ei);
	} else if (ei.msg[0]) {
		file->damage = arena_str(&f->arena, str_of(ei.msg));
		e = file->damage.p ? note_damage(f, i) : ERR_NOMEM;
	}
	return e == ERR_NOMEM ? e : ERR_OK;
}

enum err scan_forget(struct scan_files *f)
{
	enum err e = ERR_OK;

	f->rejects.n = 0;
	f->grew = false;
	for (size_t i = 0; i < f->n; i++) {
		struct scan_file *file = &f->v[i];

		file->records = file->malformed = file->bytes = 0;
		file->n_rejects = 0;
		if (!e && file->damage.n)
			e = note_damage(f, i);
	}
	return e;
}

/* The state of cutting the current file into blocks; lives in the producing thread. */
struct run {
	struct scan_files *f;
	const struct scan_client *c;
	size_t at; /* current file */
	struct source *source;
	struct reader_hints hints;
	const struct layout *layout;
	struct arena *layouts; /* one for all files of the run */
	bool has_header;       /* a header was seen (understood or not) */
	bool refused;          /* ... and not understood */
	struct errinfo refusal;
	uint64_t bytes;   /* all files, for progress */
	uint64_t lines;   /* of this file, handed out so far */
	struct buf carry; /* bytes read; those from `from` on are not yet handed out */
	size_t from;
	size_t whole;  /* where the last whole line in carry ends; all of it counts once the source
			  has ended */
	bool ended;    /* the source has no more */
	bool at_start; /* nothing of the file was looked at yet */
	bool skipping; /* inside an overlong line */
	struct errinfo end;
};

/* Open the next file that is wanted; false when there is none. */
static bool next_file(struct run *r)
{
	for (; r->at < r->f->n; r->at++) {
		struct scan_file *file = &r->f->v[r->at];
		struct errinfo ei = { 0 };
		enum err e = ERR_OK;

		if (!file->reader || file->trouble.n || (r->c->kinds && !(file->kinds & r->c->kinds)))
			continue;
		if (file->open) {
			r->source = file->open;
			file->open = NULL;
		} else if (file->once && file->kept_fd < 0) {
			e = err_set(&ei, ERR_IO,
				    "logs of several kinds follow each other in a pipe; "
				    "give them as files");
		} else if (file->kept_fd >= 0) {
			e = source_open_fd(file->kept_fd, &r->source, &ei);
		} else {
			e = source_open(file->path.p, &r->source, &ei);
		}
		if (e) {
			file->unreadable = true;
			trouble(r->f, file, e, &ei);
			continue;
		}
		r->hints.name = path_name(file->path);
		r->hints.path = file->path;
		r->layout = NULL;
		r->has_header = r->refused = r->ended = r->skipping = false;
		r->at_start = true;
		r->lines = 0;
		r->end = (struct errinfo){ 0 };
		buf_clear(&r->carry);
		r->from = r->whole = 0;
		return true;
	}
	return false;
}

/* What was read and not handed out. */
static struct str rest(const struct run *r)
{
	return str_skip(buf_str(&r->carry), r->from);
}

/* ... of it only whole lines. */
static struct str rest_whole(const struct run *r)
{
	return r->whole > r->from ? (struct str){ r->carry.p + r->from, r->whole - r->from } : STR_NONE;
}

static enum err read_on(struct run *r, size_t want)
{
	size_t n = 0, step = want - r->carry.n;
	char *room;
	enum err e;

	/* Documents are read in growing steps: most are small. */
	if (step > r->carry.n + BLOCK)
		step = r->carry.n + BLOCK;
	room = buf_room(&r->carry, step);
	if (!room)
		return buf_err(&r->carry);
	e = source_read(r->source, room, step, &n, &r->end);
	if (e == ERR_STOP)
		return e;
	r->carry.n += n;
	r->bytes += n;
	if (!r->c->again)
		r->f->v[r->at].bytes += n;
	if (e && !r->end.msg[0])
		(void)err_set(&r->end, e, "%s", err_text(e));
	if (e == ERR_IO && !r->c->again) {
		r->f->v[r->at].unreadable = true;
		trouble(r->f, &r->f->v[r->at], e, &r->end);
	}
	r->ended = e || n == 0;
	return ERR_OK;
}

/* Have `want` bytes that are not handed out, unless the source ends before. */
static enum err fill(struct run *r, size_t want)
{
	const char *lf;
	enum err e = ERR_OK;

	if (r->ended || r->carry.n - r->from >= want)
		return ERR_OK;
	r->carry.n -= r->from;
	if (r->carry.n)
		memmove(r->carry.p, r->carry.p + r->from, r->carry.n);
	r->from = 0;
	while (!e && !r->ended && r->carry.n < want)
		e = read_on(r, want);
	if (e)
		return e;
	if (r->at_start && r->carry.n >= 3 && memcmp(r->carry.p, "\xef\xbb\xbf", 3) == 0)
		r->from = 3;
	r->at_start = false;
	lf = r->carry.n ? memrchr(r->carry.p, '\n', r->carry.n) : NULL;
	r->whole = r->ended ? r->carry.n : lf ? (size_t)(lf - r->carry.p) + 1 : 0;
	return ERR_OK;
}

static uint64_t count_lines(struct str s)
{
	uint64_t n = 0;

	while (s.n) {
		size_t at = str_chr(s, '\n');

		n++;
		s = at == SIZE_MAX ? str_skip(s, s.n) : str_skip(s, at + 1);
	}
	return n;
}

/* Where the first line behind the first that begins with mark starts, or text.n. */
static size_t next_mark(struct str text, char mark)
{
	char needle[2] = { '\n', mark };
	size_t at = str_find(text, (struct str){ needle, 2 });

	return at == SIZE_MAX ? text.n : at + 1;
}

static void understand(struct run *r, struct str lines)
{
	struct scan_file *file = &r->f->v[r->at];
	const struct layout *layout = r->layout;
	unsigned kinds = file->reader->kinds;
	struct errinfo ei = { 0 };
	enum err e = file->reader->header(lines, r->layout, &r->hints, r->layouts, &layout, &kinds, &ei);

	r->has_header = true;
	r->refused = e != ERR_OK;
	if (e) {
		if (!ei.msg[0])
			(void)err_set(&ei, e, "%s", err_text(e));
		r->refusal = ei;
		r->layout = NULL;
	} else {
		r->layout = layout;
		/* Flows need no pass of their own. */
		r->f->grew |= (kinds & ~file->kinds & ~KIND_BIT(KIND_FLOW)) != 0;
		file->kinds |= kinds;
	}
}

/*
 * Take header lines off the front of carry and understand them. Returns how many bytes they are; 0:
 * the front is data, or an overlong line whose end is not here (then it is passed over like any
 * other).
 */
static size_t take_header(struct run *r)
{
	const struct reader *rd = r->f->v[r->at].reader;
	struct str text = rest_whole(r), title = STR_NONE;
	size_t n = 0;

	if (rd->mark) {
		n = marked_run(text, rd->mark);
		if (n)
			understand(r, str_head(text, n));
	} else if (rd->titled && !r->has_header) {
		n = title_end(text, &title);
		if (title.n)
			understand(r, title);
		else
			n = text.n; /* nothing but comments so far */
	}
	return n;
}

/* Copy the first n bytes of carry into the block and take them off. */
static enum err hand_out(struct run *r, struct scan_block *b, size_t n)
{
	if (b->cap < n) {
		char *p = realloc(b->bytes, n);

		if (!p)
			return ERR_NOMEM;
		b->bytes = p;
		b->cap = n;
	}
	if (n)
		memcpy(b->bytes, rest(r).p, n);
	b->text = (struct str){ b->bytes, n };
	r->from += n;
	return ERR_OK;
}

/* How much makes the next block: whole lines, up to the next header line. */
static size_t block_length(const struct run *r)
{
	const struct reader *rd = r->f->v[r->at].reader;

	if (rd->frame == FRAME_DOCUMENT)
		return rest(r).n;
	return rd->mark ? next_mark(rest_whole(r), rd->mark) : rest_whole(r).n;
}

/* An overlong line at the front: throw away what there is of it. True when its end was found. */
static bool pass_over(struct run *r)
{
	size_t at = str_chr(rest(r), '\n');

	r->from += at == SIZE_MAX ? rest(r).n : at + 1;
	return at != SIZE_MAX || r->ended;
}

static void finish_file(struct run *r, struct scan_block *b)
{
	b->last = true;
	b->ended = r->end;
	source_close(r->source);
	r->source = NULL;
	r->at++;
}

/* One block of the current file. */
static enum err cut(struct run *r, struct scan_block *b)
{
	const struct scan_file *file = &r->f->v[r->at];
	bool document = file->reader->frame == FRAME_DOCUMENT;
	size_t n;
	enum err e = ERR_OK;

	/* Half-full will do for lines, so that many small headers do not move the rest again and
	 * again. */
	if (document)
		e = fill(r, DOCUMENT_MAX);
	else if (rest(r).n < BLOCK / 2 || !rest_whole(r).n)
		e = fill(r, BLOCK);
	if (e)
		return e;
	if (document && !r->ended) {
		(void)err_set(&r->end, ERR_LIMIT, "larger than 1 GiB");
		if (!r->c->again)
			trouble(r->f, &r->f->v[r->at], ERR_LIMIT, &r->end);
		r->from = r->carry.n;
		r->ended = true;
	}
	if (r->skipping) {
		r->skipping = !pass_over(r);
		return ERR_OK;
	}
	n = take_header(r);
	if (n) {
		b->lines_before = r->lines;
		r->lines += count_lines(str_head(rest(r), n));
		r->from += n;
		return ERR_OK;
	}
	n = block_length(r);
	b->layout = r->layout;
	b->lines_before = r->lines;
	if (n == 0 && !r->ended) {
		r->skipping = true;
		b->passed_over = true;
		r->lines++;
		return ERR_OK;
	}
	e = hand_out(r, b, n);
	if (e)
		return e;
	if (!document)
		r->lines += count_lines(b->text);
	if (r->refused) {
		b->refused = r->refusal;
		b->refused_lines = count_lines(b->text);
	}
	return ERR_OK;
}

static enum err produce(void *ctx, void *slot, bool *more)
{
	struct run *r = ctx;
	struct scan_block *b = slot;
	enum err e;

	if (stop_asked())
		return ERR_STOP;
	if (r->c->progress)
		r->c->progress(r->c->ctx, r->bytes);
	if (!r->source && !next_file(r)) {
		*more = false;
		return ERR_OK;
	}
	b->file = (uint32_t)r->at;
	b->reader = r->f->v[r->at].reader;
	b->hints = r->hints;
	b->layout = NULL;
	b->text = STR_NONE;
	b->last = b->passed_over = false;
	b->refused_lines = 0;
	b->ended = (struct errinfo){ 0 };
	b->sink.line = b->sink.malformed = b->sink.n_rejects = 0;
	e = cut(r, b);
	if (!e && r->ended && rest(r).n == 0)
		finish_file(r, b);
	*more = true;
	return e;
}

static void work(void *ctx, void *slot)
{
	struct run *r = ctx;
	struct scan_block *b = slot;

	if (r->c->begin)
		r->c->begin(r->c->ctx, b);
	if (b->passed_over) {
		b->sink.line = 1;
		sink_bad(&b->sink, "longer than 1 MiB");
	} else if (b->refused_lines) {
		for (b->sink.line = 1; b->sink.line <= b->refused_lines; b->sink.line++)
			sink_bad(&b->sink, "%.100s", b->refused.msg);
	} else if (b->text.n) {
		b->reader->block(b->layout, &b->hints, b->text, &b->sink);
	}
	buf_clear(&b->sink.scratch);
}

static enum err consume(void *ctx, void *slot)
{
	struct run *r = ctx;
	struct scan_block *b = slot;
	struct scan_file *file = &r->f->v[b->file];
	enum err e;

	if (!r->c->again) {
		file->malformed += b->sink.malformed;
		for (unsigned i = 0; i < b->sink.n_rejects; i++) {
			uint64_t line = b->sink.rejects[i].line;

			e = note(r->f, b->file, line ? b->lines_before + line : 0,
				 b->sink.rejects[i].why);
			if (e)
				return e;
		}
		if (b->last && b->ended.msg[0] && !file->trouble.n) {
			file->malformed++;
			e = note(r->f, b->file, 0, b->ended.msg);
			if (e)
				return e;
		}
	}
	return r->c->take(r->c->ctx, b);
}

static void slots_free(const struct scan_client *c, void **slots, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct scan_block *b = slots[i];

		if (!b)
			continue;
		c->slot_free(c->ctx, &b->sink);
		buf_free(&b->sink.scratch);
		free(b->bytes);
		free(b);
	}
	free(slots);
}

enum err scan_run(struct scan_files *f, size_t from, const struct scan_client *c)
{
	struct run r = { .f = f, .c = c, .at = from };
	struct pipeline p = { &r, produce, work, consume };
	size_t n = c->threads > 1 ? 2 * (size_t)c->threads + 1 : 1;
	void **slots = calloc(n, sizeof *slots);
	struct arena layouts;
	enum err e = slots ? ERR_OK : ERR_NOMEM;

	arena_init(&layouts, (size_t)256 << 20);
	r.layouts = &layouts;
	r.hints = (struct reader_hints){ .columns = c->columns, .n_columns = c->n_columns };
	buf_init(&r.carry, (size_t)DOCUMENT_MAX + 1);
	for (size_t i = 0; !e && i < n; i++) {
		struct scan_block *b = calloc(1, sizeof *b);

		if (!b) {
			e = ERR_NOMEM;
			break;
		}
		slots[i] = b;
		buf_init(&b->sink.scratch, (size_t)64 << 20);
		e = c->slot(c->ctx, &b->sink);
	}
	if (!e)
		e = pipeline_run(&p, c->threads ? c->threads : 1, slots, n);
	source_close(r.source);
	buf_free(&r.carry);
	if (slots)
		slots_free(c, slots, n);
	arena_free(&layouts);
	return e;
}
