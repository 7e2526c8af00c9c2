/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The bytes of one job: read piece by piece, headers understood on the way, whole lines given to
 * the reader, and what comes of it handed over in blocks.
 */
#include "app/scan_parts.h"

#include "base/stop.h"

#include <stdlib.h>
#include <unistd.h>

void reading_init(struct reading *g, struct scan_files *f, const struct scan_client *c, size_t piece)
{
	*g = (struct reading){ .f = f, .c = c, .piece = piece, .fd = -1 };
	arena_init(&g->layouts, LAYOUTS_LIMIT);
	g->hints = (struct reader_hints){ .columns = c->columns, .n_columns = c->n_columns };
}

void reading_free(struct reading *g)
{
	source_close(g->source);
	if (g->fd >= 0)
		close(g->fd);
	free(g->p);
	arena_free(&g->layouts);
}

/* ---- bytes ---- */

/* What was read and not used. */
static struct str rest(const struct reading *g)
{
	return (struct str){ g->p + g->from, g->n - g->from };
}

/* Where in a cut file the rest begins. */
static uint64_t place(const struct reading *g)
{
	return g->at - (g->n - g->from);
}

static void use(struct reading *g, size_t n)
{
	g->from += n;
	g->held += n;
}

static enum err read_on(struct reading *g, size_t n)
{
	size_t got = 0;
	enum err e;

	if (g->source) {
		e = source_read(g->source, g->p + g->n, n, &got, &g->end);
		g->ended = got == 0;
	} else {
		e = file_pread(g->fd, g->at, g->p + g->n, n, &got, &g->end);
		g->ended = got < n;
	}
	if (e == ERR_STOP)
		return e;
	if (e && !g->end.msg[0])
		(void)err_set(&g->end, e, "%s", err_text(e));
	g->bad = e;
	g->ended |= e != ERR_OK;
	g->n += got;
	g->at += got;
	return ERR_OK;
}

/* Have `want` bytes that are not used, unless the file ends before. */
static enum err fill(struct reading *g, size_t want)
{
	enum err e = ERR_OK;

	if (g->ended || rest(g).n >= want)
		return ERR_OK;
	g->n -= g->from;
	if (g->from && g->n)
		memmove(g->p, g->p + g->from, g->n);
	g->from = 0;
	if (g->cap < want) {
		char *p = realloc(g->p, want);

		if (!p)
			return ERR_NOMEM;
		g->p = p;
		g->cap = want;
	}
	while (!e && !g->ended && g->n < want)
		e = read_on(g, want - g->n);
	return e;
}

/* The whole lines at the front; the last line of a file may lack its LF. */
static struct str whole_lines(const struct reading *g)
{
	struct str all = rest(g);
	const char *lf = all.n && !g->ended ? memrchr(all.p, '\n', all.n) : NULL;

	if (g->ended)
		return all;
	return lf ? (struct str){ all.p, (size_t)(lf - all.p) + 1 } : STR_NONE;
}

/* ---- blocks ---- */

static enum err begin_block(struct reading *g, const struct job *j, struct lane *lane, bool first)
{
	struct scan_block *b = lane_batch(lane);
	struct sink *s;

	if (!b)
		return ERR_STOP;
	b->file = j->file;
	b->first = first;
	b->whole = j->whole;
	b->full = false;
	b->kinds = 0;
	b->bad = ERR_OK;
	b->ended = (struct errinfo){ 0 };
	s = &b->sink;
	s->line = s->malformed = s->unused = 0;
	s->n_rejects = 0;
	s->passed.all = s->passed.in_window = 0;
	s->passed.first = INT64_MAX;
	s->passed.last = INT64_MIN;
	g->block = b;
	g->held = 0;
	if (g->c->begin)
		g->c->begin(g->c->ctx, b);
	return ERR_OK;
}

static enum err hand_over(struct reading *g, struct lane *lane)
{
	struct scan_block *b = g->block;

	b->bytes = g->held;
	b->end = place(g);
	*b->after = g->heading;
	g->block = NULL;
	return lane_hand(lane, b);
}

/* After each piece: a block that holds enough makes room for another. */
static enum err next_block(struct reading *g, const struct job *j, struct lane *lane)
{
	const struct scan_block *b = g->block;
	enum err e;

	if (!b->full && g->held < BATCH_LIMIT * g->piece)
		return ERR_OK;
	e = hand_over(g, lane);
	return e ? e : begin_block(g, j, lane, false);
}

/* ---- lines ---- */

static void understand(struct reading *g, const struct reader *rd, struct str lines)
{
	const struct layout *layout = g->heading.layout;
	unsigned kinds = rd->kinds;
	struct errinfo ei = { 0 };
	enum err e = rd->header(lines, layout, &g->hints, &g->layouts, &layout, &kinds, &ei);

	g->heading.seen = true;
	g->heading.refused = e != ERR_OK;
	if (e) {
		if (!ei.msg[0])
			(void)err_set(&ei, e, "%s", err_text(e));
		g->heading.refusal = ei;
		g->heading.layout = NULL;
	} else {
		g->heading.layout = layout;
		g->block->kinds |= kinds;
	}
}

/* Header lines at the front of the text, understood. How many bytes they are. */
static size_t take_header(struct reading *g, const struct reader *rd, struct str text)
{
	struct str title = STR_NONE;
	size_t n = 0;

	if (rd->mark) {
		n = marked_run(text, rd->mark);
		if (n)
			understand(g, rd, str_head(text, n));
	} else if (rd->titled && !g->heading.seen) {
		n = title_end(text, &title);
		if (title.n)
			understand(g, rd, title);
		else
			n = text.n; /* nothing but comments so far */
	}
	g->block->sink.line += count_lines(str_head(text, n));
	return n;
}

/* Lines under a header that was not understood, up to the next one. */
static size_t refuse(struct reading *g, const struct reader *rd, struct str text)
{
	struct str left = text, line;

	while (left.n && !(rd->mark && left.p[0] == rd->mark)) {
		(void)str_line(&left, &line);
		sink_line(&g->block->sink);
		sink_bad(&g->block->sink, "%.100s", g->heading.refusal.msg);
	}
	return text.n - left.n;
}

static void read_lines(struct reading *g, const struct reader *rd, struct str text)
{
	struct sink *s = &g->block->sink;

	while (text.n) {
		size_t n = take_header(g, rd, text);

		if (!n && g->heading.refused) {
			n = refuse(g, rd, text);
		} else if (!n) {
			s->used = text.n;
			rd->block(g->heading.layout, &g->hints, text, s);
			n = rd->mark ? s->used : text.n;
			buf_clear(&s->scratch);
		}
		text = str_skip(text, n);
	}
}

/* How many bytes at the end of whole lines are lines that begin with mark. */
static size_t marked_tail(struct str lines, char mark)
{
	size_t n = lines.n;

	while (n) {
		const char *lf = n > 1 ? memrchr(lines.p, '\n', n - 1) : NULL;
		size_t start = lf ? (size_t)(lf - lines.p) + 1 : 0;

		if (lines.p[start] != mark)
			break;
		n = start;
	}
	return lines.n - n;
}

/*
 * Of whole lines those that begin before the job ends. Header lines that follow each other belong
 * together, to the job in which they begin: where they may go on behind what was read they are left
 * for later, if that can be (*more: there is nothing else).
 */
static struct str of_job(const struct reading *g, const struct reader *rd, const struct job *j,
			 struct str all, bool *more)
{
	struct str lines = all;
	size_t tail, behind;

	if (!j->whole && j->to - place(g) < all.n) {
		size_t left = (size_t)(j->to - place(g));
		size_t lf = str_chr(str_skip(all, left - 1), '\n');

		lines = lf == SIZE_MAX ? all : str_head(all, left + lf);
	}
	tail = rd->mark ? marked_tail(lines, rd->mark) : 0;
	if (!tail)
		return lines;
	behind = marked_run(str_skip(all, lines.n), rd->mark);
	tail += behind;
	lines.n += behind;
	if (lines.n < all.n || g->ended || rest(g).n >= LINE_LIMIT)
		return lines;
	*more = lines.n == tail;
	return str_head(lines, lines.n - tail);
}

static bool job_done(const struct reading *g, const struct job *j)
{
	return (g->ended && rest(g).n == 0) || (!j->whole && place(g) >= j->to);
}

/* Throw away what there is of a line that is too long, or that began in the job before. */
static enum err pass_over(struct reading *g, const struct job *j)
{
	enum err e = ERR_OK;

	while (!e && !job_done(g, j)) {
		size_t at = str_chr(rest(g), '\n');

		use(g, at == SIZE_MAX ? rest(g).n : at + 1);
		if (at != SIZE_MAX)
			break;
		e = fill(g, g->piece);
	}
	return e;
}

static enum err do_lines(struct reading *g, const struct reader *rd, const struct job *j,
			 struct lane *lane)
{
	enum err e = fill(g, g->piece);

	if (!e && j->first && str_starts(rest(g), STR("\xef\xbb\xbf")))
		use(g, 3);
	if (!e && !j->first)
		e = pass_over(g, j);
	g->block->began = place(g);
	while (!e && !job_done(g, j)) {
		struct str lines;
		bool more = false;

		if (stop_asked())
			return ERR_STOP;
		if (rest(g).n < g->piece / 2)
			e = fill(g, g->piece);
		lines = e ? STR_NONE : whole_lines(g);
		if (!e && !lines.n) {
			e = fill(g, LINE_LIMIT);
			lines = e ? STR_NONE : whole_lines(g);
		}
		if (e)
			break;
		if (lines.n) {
			lines = of_job(g, rd, j, lines, &more);
			read_lines(g, rd, lines);
			use(g, lines.n);
			if (more)
				e = fill(g, rest(g).n + g->piece);
		} else if (rest(g).n) {
			sink_line(&g->block->sink);
			sink_bad(&g->block->sink, "longer than 1 MiB");
			e = pass_over(g, j);
		}
		if (!e)
			e = next_block(g, j, lane);
	}
	return e;
}

/* ---- documents and streams ---- */

static enum err do_document(struct reading *g, const struct reader *rd)
{
	enum err e = ERR_OK;

	/* In growing steps: most are small. */
	for (size_t want = g->piece; !e && !g->ended; want *= 2) {
		if (want > DOCUMENT_LIMIT) {
			g->bad = err_set(&g->end, ERR_LIMIT, "larger than 1 GiB");
			return ERR_OK;
		}
		e = fill(g, want);
	}
	if (!e && str_starts(rest(g), STR("\xef\xbb\xbf")))
		use(g, 3);
	if (!e && rest(g).n)
		rd->block(NULL, &g->hints, rest(g), &g->block->sink);
	buf_clear(&g->block->sink.scratch);
	if (!e)
		use(g, rest(g).n);
	return e;
}

static enum err do_stream(struct reading *g, const struct reader *rd, const struct job *j,
			  struct lane *lane)
{
	struct stream *st;
	size_t want = g->piece;
	enum err e = rd->open(&g->hints, &st);
	bool over = false;

	if (e)
		return e;
	while (!e && !over) {
		size_t n;

		e = stop_asked() ? ERR_STOP : fill(g, want);
		if (e)
			break;
		n = rd->feed(st, rest(g), g->ended, &g->block->sink);
		over = g->ended || (n == 0 && rest(g).n >= rd->unit_max);
		/* Few things are as long as they may be: more is read at once when it was asked
		 * for. */
		want *= n ? 1 : 2;
		use(g, g->ended ? rest(g).n : n);
		buf_clear(&g->block->sink.scratch);
		if (!over)
			e = next_block(g, j, lane);
	}
	rd->close(st);
	return e;
}

/* ---- a job ---- */

static enum err open_file(struct reading *g, const struct job *j, struct errinfo *ei)
{
	struct scan_file *file = &g->f->v[j->file];

	source_close(g->source);
	g->source = NULL;
	if (!j->whole) {
		if (g->fd >= 0 && g->fd_file == j->file)
			return ERR_OK;
		if (g->fd >= 0)
			close(g->fd);
		g->fd = -1;
		g->fd_file = j->file;
		return file_open(file->path.p, &g->fd, ei);
	}
	if (file->open) {
		g->source = file->open;
		file->open = NULL;
		return ERR_OK;
	}
	if (file->kept_fd >= 0)
		return source_open_fd(file->kept_fd, &g->source, ei);
	if (file->once)
		return err_set(ei, ERR_IO,
			       "logs of several kinds follow each other in a pipe; give them as files");
	return source_open(file->path.p, &g->source, ei);
}

enum err reading_do(struct reading *g, const struct job *j, struct lane *lane)
{
	const struct scan_file *file = &g->f->v[j->file];
	const struct reader *rd = file->reader;
	enum err e = begin_block(g, j, lane, true);

	if (e)
		return e;
	g->hints.name = path_name(file->path);
	g->hints.path = file->path;
	g->heading = j->begin;
	g->from = g->n = 0;
	if (j->first && !j->whole) {
		g->block->sink.line = file->head_lines;
		g->block->kinds = file->kinds;
	}
	/* From the byte before: it tells whether a line begins here. */
	g->at = j->first ? j->from : j->from - 1;
	g->ended = false;
	g->bad = ERR_OK;
	g->end = (struct errinfo){ 0 };
	g->bad = open_file(g, j, &g->end);
	if (g->bad == ERR_NOMEM)
		return g->bad;
	if (!g->bad && rd->frame == FRAME_LINES)
		e = do_lines(g, rd, j, lane);
	else if (!g->bad && rd->frame == FRAME_DOCUMENT)
		e = do_document(g, rd);
	else if (!g->bad)
		e = do_stream(g, rd, j, lane);
	source_close(g->source);
	g->source = NULL;
	if (e)
		return e;
	g->block->bad = g->bad;
	g->block->ended = g->end;
	return hand_over(g, lane);
}
