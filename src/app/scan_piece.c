/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The bytes of one job: read piece by piece, headers understood on the way, whole lines given to
 * the reader, and what comes of it handed over in blocks.
 */
#include "app/scan_parts.h"

#include "base/stop.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

void reading_init(struct reading *g, struct scan_files *f, const struct scan_client *c, size_t piece)
{
	*g = (struct reading){ .f = f, .c = c, .piece = piece, .fd = -1 };
	g->hints = (struct reader_hints){ .columns = c->columns, .n_columns = c->n_columns };
}

void reading_free(struct reading *g)
{
	source_close(g->source);
	if (g->fd >= 0)
		close(g->fd);
	free(g->p);
	heading_drop(&g->heading);
}

/* ---- bytes ---- */

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

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
	g->total += n;
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
	if (g->from + want > g->cap) {
		g->n -= g->from;
		if (g->from && g->n)
			memmove(g->p, g->p + g->from, g->n);
		g->from = 0;
	}
	if (g->cap < want) {
		char *p = realloc(g->p, want + SLACK);

		if (!p)
			return ERR_NOMEM;
		g->p = p;
		g->cap = want + SLACK;
	}
	while (!e && !g->ended && rest(g).n < want)
		e = read_on(g, want - rest(g).n);
	return e;
}

/* What a reader may look at behind the lines that it reads. */
static size_t ahead_of(const struct reader *rd)
{
	return rd->spans ? SPAN_AHEAD : 0;
}

/* The whole lines at the front; the last line of a file may lack its LF. `ahead` bytes at least are
 * left behind them, unless the file ends. */
static struct str whole_lines(const struct reading *g, size_t ahead)
{
	struct str all = rest(g);
	const char *lf;

	if (g->ended)
		return all;
	lf = all.n > ahead ? memrchr(all.p, '\n', all.n - ahead) : NULL;
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
	b->over = false;
	b->ended = (struct errinfo){ 0 };
	s = &b->sink;
	s->line = s->malformed = s->unused = s->undated = 0;
	s->n_rejects = 0;
	s->partial = NULL;
	s->lacks = (struct lacks){ 0 };
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
	b->end = g->stands;
	b->end.at = place(g);
	heading_take(b->after, &g->heading);
	g->block = NULL;
	return lane_hand(lane, b);
}

/* After each piece: a block that holds enough makes room for another. One that only stands for much
 * that was read need not wait for it. */
static enum err next_block(struct reading *g, const struct job *j, struct lane *lane)
{
	const struct scan_block *b = g->block;
	enum err e;

	if (!b->full && (g->held < BATCH_LIMIT * g->piece || !lane_spare(lane)))
		return ERR_OK;
	e = hand_over(g, lane);
	return e ? e : begin_block(g, j, lane, false);
}

/* ---- lines ---- */

struct meaning {
	atomic_uint headings;
	struct arena arena;
};

void heading_drop(struct heading *h)
{
	struct meaning *m = h->meaning;

	if (m && atomic_fetch_sub(&m->headings, 1) == 1) {
		arena_free(&m->arena);
		free(m);
	}
	*h = (struct heading){ .layout = NULL };
}

void heading_take(struct heading *to, const struct heading *from)
{
	struct heading copy = *from;

	if (copy.meaning)
		atomic_fetch_add(&copy.meaning->headings, 1);
	heading_drop(to);
	*to = copy;
}

static enum err understand(struct reading *g, const struct reader *rd, struct str lines)
{
	struct meaning *m = malloc(sizeof *m);
	struct heading next = { .layout = g->heading.layout, .meaning = m, .seen = true };
	unsigned kinds = rd->kinds;
	enum err e;

	if (!m)
		return ERR_NOMEM;
	atomic_init(&m->headings, 1);
	arena_init(&m->arena, LAYOUT_LIMIT);
	e = rd->header(lines, next.layout, &g->hints, &m->arena, &next.layout, &kinds, &next.refusal);
	next.refused = e != ERR_OK;
	if (e && !next.refusal.msg[0])
		(void)err_set(&next.refusal, e, "%s", err_text(e));
	if (e)
		next.layout = NULL;
	else
		g->block->kinds |= kinds;
	/* Most headers in the middle of a file say what the one before said. */
	if (!e && g->heading.seen && next.layout == g->heading.layout)
		g->heading.refused = false;
	else
		heading_take(&g->heading, &next);
	heading_drop(&next);
	return ERR_OK;
}

/* Header lines at the front of the text, understood. How many bytes they are. */
static enum err take_header(struct reading *g, const struct reader *rd, struct str text, size_t *n)
{
	struct str title = STR_NONE;
	enum err e = ERR_OK;

	*n = 0;
	if (rd->mark) {
		*n = marked_run(text, rd->mark);
		if (*n)
			e = understand(g, rd, str_head(text, *n));
	} else if (rd->titled && !g->heading.seen) {
		*n = title_end(text, &title);
		if (title.n)
			e = understand(g, rd, title);
		else
			*n = text.n; /* nothing but comments so far */
	}
	g->block->sink.line += count_lines(str_head(text, *n));
	return e;
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

/* *used: bytes that were read, more than there are in the text where its last row ends behind it. */
static enum err read_lines(struct reading *g, const struct reader *rd, struct str text, size_t *used)
{
	struct sink *s = &g->block->sink;
	const char *begin = text.p;

	*used = text.n;
	while (text.n) {
		size_t n;
		enum err e = take_header(g, rd, text, &n);

		if (e)
			return e;
		if (!n && g->heading.refused) {
			n = refuse(g, rd, text);
		} else if (!n) {
			s->used = text.n;
			s->ahead = rd->spans ? rest(g).n - (size_t)(text.p + text.n - rest(g).p) : 0;
			rd->block(g->heading.layout, &g->hints, text, s);
			n = rd->mark || rd->spans ? s->used : text.n;
			buf_clear(&s->scratch);
			if (n > text.n)
				*used = (size_t)(text.p - begin) + n;
		}
		text = str_skip(text, n);
	}
	return ERR_OK;
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
	size_t ahead = ahead_of(rd), want = g->piece + ahead;
	enum err e = fill(g, want);

	if (!e && j->whole && str_starts(rest(g), STR("\xef\xbb\xbf")))
		use(g, 3); /* such a file is not cut */
	if (!e && !j->first)
		e = pass_over(g, j);
	g->block->began = (struct block_place){ .at = place(g) };
	while (!e && !job_done(g, j)) {
		struct str lines;
		bool more = false;
		size_t used;

		if (stop_asked())
			return ERR_STOP;
		if (rest(g).n < g->piece / 2 + ahead)
			e = fill(g, want);
		lines = e ? STR_NONE : whole_lines(g, ahead);
		if (!e && !lines.n) {
			e = fill(g, LINE_LIMIT + ahead);
			lines = e ? STR_NONE : whole_lines(g, ahead);
		}
		if (e)
			break;
		if (lines.n) {
			lines = of_job(g, rd, j, lines, &more);
			e = read_lines(g, rd, lines, &used);
			use(g, used);
			if (!e && more)
				e = fill(g, least(rest(g).n + g->piece, LINE_LIMIT));
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
		if (rest(g).n > DOCUMENT_LIMIT) {
			g->bad = err_set(&g->end, ERR_LIMIT, "larger than 1 GiB");
			return ERR_OK;
		}
		e = fill(g, least(want, (size_t)DOCUMENT_LIMIT + 1));
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

/* A stream that goes on in the middle of a file. */
static enum err resume(struct reading *g, const struct reader *rd, const struct job *j,
		       struct stream *st)
{
	char head[4096];
	size_t n = least(g->f->v[j->file].head_n, sizeof head);
	enum err e = file_pread(g->fd, 0, head, n, &n, &g->end);

	if (!e)
		rd->blocks->resume(st, (struct str){ head, n }, &j->from);
	return e;
}

static enum err feed_all(struct reading *g, const struct reader *rd, const struct job *j,
			 struct stream *st, struct lane *lane)
{
	size_t want = g->piece;
	/* Blocks that begin in the job, and no others, unless something is wrong with them. */
	size_t beyond = rd->blocks && j->to != UINT64_MAX ? rd->blocks->head : SIZE_MAX;
	enum err e = ERR_OK;
	bool over = false;

	while (!e && !over) {
		struct str have;
		bool all;
		size_t n;

		e = stop_asked() ? ERR_STOP : fill(g, want);
		if (e)
			break;
		have = rest(g);
		if (beyond < SIZE_MAX)
			have = str_head(have, (j->to > place(g) ? j->to - place(g) : 0) + beyond);
		all = have.n == rest(g).n;
		n = rd->feed(st, have, g->ended && all, &g->block->sink);
		over = (g->ended && all) || (n == 0 && have.n >= rd->unit_max);
		/* Few things are as long as they may be: more is read at once when it was asked
		 * for. */
		if (n == 0 && all)
			want *= 2;
		else if (n == 0)
			beyond *= 2;
		use(g, g->ended && all ? rest(g).n : n);
		buf_clear(&g->block->sink.scratch);
		g->block->over = over;
		if (rd->blocks)
			over |= rd->blocks->place(st, &g->stands) && place(g) >= j->to;
		if (!over)
			e = next_block(g, j, lane);
	}
	return e;
}

static enum err do_stream(struct reading *g, const struct reader *rd, const struct job *j,
			  struct lane *lane)
{
	struct stream *st;
	enum err e = rd->open(&g->hints, &st);

	if (e)
		return e;
	g->block->began = g->stands = j->from;
	if (j->from.at)
		e = resume(g, rd, j, st);
	if (e && e != ERR_STOP) {
		g->bad = e;
		e = ERR_OK;
	} else if (!e) {
		e = feed_all(g, rd, j, st, lane);
	}
	rd->close(st);
	return e;
}

/* ---- a job ---- */

static enum err open_file(struct reading *g, const struct job *j, struct errinfo *ei)
{
	struct scan_file *file = &g->f->v[j->file];
	enum err e;

	source_close(g->source);
	g->source = NULL;
	if (!j->whole) {
		if (g->fd >= 0 && g->fd_file == j->file)
			return ERR_OK;
		if (g->fd >= 0)
			close(g->fd);
		g->fd = -1;
		g->fd_file = j->file;
		e = file_open(file->path.p, &g->fd, ei);
		if (!e && file_id(g->fd) != file->id)
			e = err_set(ei, ERR_IO, "another file has taken its place while it was read");
		/* Nor may the next job take it for what it was. */
		if (e && g->fd >= 0) {
			close(g->fd);
			g->fd = -1;
		}
		return e;
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

/* The file ended before the size that it had. */
static bool shrunk(const struct reading *g, const struct job *j)
{
	uint64_t size = g->f->v[j->file].size;

	return j->whole ? g->total < size : g->at < (j->to < size ? j->to : size);
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
	heading_take(&g->heading, &j->begin);
	g->from = g->n = 0;
	g->total = 0;
	g->stands = (struct block_place){ 0 };
	if (j->first && !j->whole) {
		g->block->sink.line = file->head_lines;
		g->block->kinds = file->kinds;
	}
	/* From the byte before: it tells whether a line begins here. */
	g->at = j->from.at - (rd->blocks || j->first || !j->from.at ? 0 : 1);
	g->ended = false;
	g->end = (struct errinfo){ 0 };
	g->bad = open_file(g, j, &g->end);
	if (g->bad == ERR_NOMEM || g->bad == ERR_STOP)
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
	if (!g->bad && g->ended && shrunk(g, j))
		g->bad = err_set(&g->end, ERR_PARSE, "it became shorter while it was read");
	g->block->bad = g->bad;
	g->block->ended = g->end;
	return hand_over(g, lane);
}
