/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Driving readers over files, many at once and large ones in stretches. Jobs are cut here, and what
 * came of them is put together again, in order.
 *
 * A stretch from the middle of a file is read with the header that stands at its top. If another
 * header turns up before it (logs that were put together), what came of it is thrown away and it is
 * read once more, here, with the right one.
 */
#include "app/scan_parts.h"

#include <assert.h>
#include <stdlib.h>
#include <unistd.h>

struct run {
	struct scan_files *f;
	const struct scan_client *c;
	const struct parallel *parallel;
	unsigned threads;
	size_t piece;
	/* Where the next job begins. */
	size_t file;
	struct block_place at;
	int fd;                /* of a file of blocks that is being cut; -1 none */
	struct reading *lanes; /* and one more for what is read again */
	/* Taking: of the file that is being taken. */
	uint64_t bytes; /* of all, for progress */
	uint64_t lines;
	struct heading now;
	struct block_place end; /* where the next line stands */
	bool over;              /* there is nothing more to read of it */
	bool wrong;             /* the job began with another heading, or elsewhere */
};

static bool same_heading(const struct heading *a, const struct heading *b)
{
	return a->layout == b->layout && a->seen == b->seen && a->refused == b->refused;
}

static struct heading head_of(const struct scan_file *file)
{
	return (struct heading){ .layout = file->head, .seen = file->head_n > 0 };
}

/* ---- jobs ---- */

static bool wanted(const struct run *r, const struct scan_file *file)
{
	return file->reader && !file->trouble.n && (!r->c->kinds || (file->kinds & r->c->kinds)) &&
	       (!r->c->lacks || !(file->kinds & r->c->lacks));
}

static bool same_place(const struct block_place *a, const struct block_place *b)
{
	return a->at == b->at && a->blocks == b->blocks && a->looks == b->looks && a->debt == b->debt;
}

/*
 * Where the first block stands that begins at `to` or behind, as far as the heads of those before
 * tell. False: they lead nowhere.
 */
static bool step(struct run *r, const struct scan_file *file, uint64_t to)
{
	const struct blocks *b = file->reader->blocks;
	char page[4096]; /* of small blocks it holds the heads of many */
	struct errinfo ei;
	uint64_t at = 0;
	size_t got = 0;

	assert(b->head <= sizeof page);
	if (r->fd < 0 && file_open(file->path.p, &r->fd, &ei))
		return false;
	if (!r->at.at)
		r->at.at = file->head_n;
	while (r->at.at < to) {
		size_t n;

		if (r->at.at < at || r->at.at + b->head > at + got) {
			at = r->at.at;
			if (file_pread(r->fd, at, page, sizeof page, &got, &ei) || got < b->head)
				return false;
		}
		n = b->size((struct str){ page + (r->at.at - at), b->head });
		if (!n)
			return false;
		r->at.at += n;
		r->at.blocks++;
	}
	return true;
}

/* Cut the next job off a file. False: what is left is one. */
static bool cut(struct run *r, const struct scan_file *file, uint64_t size)
{
	uint64_t to = r->at.at + size;

	if (to + size >= file->size)
		return false;
	if (file->reader->blocks)
		return step(r, file, to) && r->at.at < file->size;
	r->at.at = to;
	return true;
}

static bool next_job(void *ctx, void *out)
{
	struct run *r = ctx;
	struct job *j = out;
	const struct scan_file *file;
	uint64_t size = (uint64_t)JOB * r->piece;

	while (r->at.at == 0 && r->file < r->f->n && !wanted(r, &r->f->v[r->file]))
		r->file++;
	if (r->file == r->f->n)
		return false;
	file = &r->f->v[r->file];
	*j = (struct job){
		.file = (uint32_t)r->file, .first = r->at.at == 0, .from = r->at, .to = UINT64_MAX
	};
	j->whole = !file->cut || r->threads < 2 || file->size < 2 * size;
	if (!j->whole) {
		j->begin = head_of(file);
		if (j->first && !file->reader->blocks)
			j->from.at = file->head_n;
		if (cut(r, file, size)) {
			j->to = r->at.at;
			return true;
		}
	}
	/* The last one may be longer. */
	r->at = (struct block_place){ 0 };
	r->file++;
	if (r->fd >= 0)
		close(r->fd);
	r->fd = -1;
	return true;
}

static struct reading *lane_of(struct run *r, const struct lane *lane)
{
	unsigned n = lane_number(lane);

	return &r->lanes[n < r->threads ? n : r->threads];
}

static enum err work(void *ctx, const void *job, struct lane *lane)
{
	return reading_do(lane_of(ctx, lane), job, lane);
}

/* ---- what came of them ---- */

/* Kinds that only a later header of a file promised. Flows need no pass of their own. */
static void grow(struct run *r, struct scan_file *file, unsigned kinds)
{
	r->f->grew |= (kinds & ~file->kinds & ~KIND_BIT(KIND_FLOW)) != 0;
	file->kinds |= kinds;
}

static enum err note_partial(struct run *r, struct scan_file *file, const char *why)
{
	if (file->partial.n)
		return ERR_OK;
	file->partial = arena_str(&r->f->arena, str_of(why));
	return file->partial.p ? ERR_OK : ERR_NOMEM;
}

static enum err note_end(struct run *r, struct scan_block *b)
{
	struct scan_file *file = &r->f->v[b->file];
	enum err e;

	if (b->bad && b->bad != ERR_PARSE) {
		file->unreadable |= b->bad != ERR_LIMIT;
		if (!file->trouble.n)
			scan_trouble(r->f, file, b->bad, &b->ended);
		return ERR_OK;
	}
	/* Of a file that is cut each stretch may meet the same end. */
	if (!b->ended.msg[0] || r->c->again || file->end_told)
		return ERR_OK;
	file->end_told = true;
	file->malformed++;
	e = note_partial(r, file, b->ended.msg);
	return e ? e : scan_note(r->f, b->file, 0, b->ended.msg);
}

static enum err note_block(struct run *r, struct scan_block *b)
{
	struct scan_file *file = &r->f->v[b->file];

	if (r->c->again)
		return ERR_OK;
	file->bytes += b->bytes;
	file->malformed += b->sink.malformed;
	file->unused += b->sink.unused;
	if (b->sink.undated && !file->undated)
		file->undated_line = b->lines_before + b->sink.undated_line;
	file->undated += b->sink.undated;
	file->lacks.truncated += b->sink.lacks.truncated;
	file->lacks.missed += b->sink.lacks.missed;
	file->lacks.dropped += b->sink.lacks.dropped;
	for (unsigned i = 0; i < b->sink.n_rejects; i++) {
		uint64_t line = b->sink.rejects[i].line;
		enum err e = scan_note(r->f, b->file, line ? b->lines_before + line : 0,
				       b->sink.rejects[i].why);

		if (e)
			return e;
	}
	return b->sink.partial ? note_partial(r, file, b->sink.partial) : ERR_OK;
}

static enum err take_block(struct run *r, struct scan_block *b)
{
	enum err e;

	b->lines_before = r->lines;
	r->lines += b->sink.line;
	heading_take(&r->now, b->after);
	/* Of a file that is cut what counts is how far it was read. */
	if (!b->whole)
		b->bytes = b->end.at - r->end.at;
	r->end = b->end;
	r->bytes += b->bytes;
	r->over = b->over;
	if (b->kinds)
		grow(r, &r->f->v[b->file], b->kinds);
	e = note_block(r, b);
	if (!e)
		e = note_end(r, b);
	if (!e)
		e = r->c->take(r->c->ctx, b);
	if (r->c->progress)
		r->c->progress(r->c->ctx, r->bytes);
	return e;
}

static enum err take(void *ctx, const void *job, void *batch)
{
	struct run *r = ctx;
	const struct job *j = job;
	struct scan_block *b = batch;

	if (b && b->first && !j->again) {
		if (j->first) {
			r->lines = 0;
			heading_take(&r->now, &j->begin);
			r->end = (struct block_place){ 0 };
			r->over = false;
		}
		r->wrong = !j->first && (r->over || !same_heading(&r->now, &j->begin) ||
					 !same_place(&r->end, &b->began));
	}
	if (b)
		return r->wrong ? ERR_OK : take_block(r, b);
	if (r->wrong && !r->over) {
		struct job once_more = *j;

		once_more.again = true;
		once_more.begin = r->now;
		once_more.from = r->end;
		r->wrong = false;
		return parallel_inline(r->parallel, &once_more);
	}
	return ERR_OK;
}

static void free_block(const struct scan_client *c, struct scan_block *b)
{
	if (!b)
		return;
	c->slot_free(c->ctx, &b->sink);
	buf_free(&b->sink.scratch);
	if (b->after)
		heading_drop(b->after);
	free(b->after);
	free(b);
}

static enum err new_block(const struct scan_client *c, struct scan_block **out)
{
	struct scan_block *b = calloc(1, sizeof *b);

	if (!b)
		return ERR_NOMEM;
	*out = b;
	b->after = calloc(1, sizeof *b->after);
	if (!b->after)
		return ERR_NOMEM;
	buf_init(&b->sink.scratch, (size_t)64 << 20);
	b->sink.from = INT64_MIN;
	b->sink.to = INT64_MAX;
	return c->slot(c->ctx, &b->sink);
}

enum err scan_run(struct scan_files *f, size_t from, const struct scan_client *c)
{
	struct run r = { .f = f, .c = c, .file = from, .fd = -1, .piece = c->piece ? c->piece : PIECE };
	unsigned threads = c->threads ? c->threads : 1;
	size_t n = (size_t)threads * LANE_BATCHES + 1;
	struct parallel p = {
		.ctx = &r, .job_size = sizeof(struct job), .next = next_job, .work = work, .take = take
	};
	enum err e = ERR_OK;

	r.parallel = &p;
	r.threads = threads;
	if (r.piece > LINE_LIMIT)
		r.piece = LINE_LIMIT;
	r.lanes = calloc((size_t)threads + 1, sizeof *r.lanes);
	p.batches = calloc(n, sizeof *p.batches);
	if (!r.lanes || !p.batches)
		e = ERR_NOMEM;
	for (size_t i = 0; r.lanes && i <= threads; i++)
		reading_init(&r.lanes[i], f, c, r.piece);
	for (size_t i = 0; !e && i < n; i++)
		e = new_block(c, (struct scan_block **)&p.batches[i]);
	if (!e) {
		p.spare = p.batches[n - 1];
		e = parallel_run(&p, threads);
	}
	for (size_t i = 0; p.batches && i < n; i++)
		free_block(c, p.batches[i]);
	for (size_t i = 0; r.lanes && i <= threads; i++)
		reading_free(&r.lanes[i]);
	heading_drop(&r.now);
	if (r.fd >= 0)
		close(r.fd);
	free(p.batches);
	free(r.lanes);
	return e;
}
