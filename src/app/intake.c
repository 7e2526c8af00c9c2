/* SPDX-License-Identifier: Apache-2.0 */
#include "app/intake.h"

#include "base/stop.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SAMPLE = 64 << 10, MEMORY = 192 << 20, NOBODY = UINT32_MAX };

/* ---- what a file is ---- */

/* The surest reader of each kind. On a par, indicators are the likelier: they are what is
 * imported. */
static const enum reads order[] = { READS_INDICATORS, READS_ORGS, READS_EXCLUSIONS, READS_ALIASES,
				    READS_RECORDS };

static bool kind_of(const struct sample *s, enum reads *out)
{
	enum { MARKED = 85 }; /* a reader this sure has seen more than values */
	int best = 0;

	for (size_t k = 0; k < sizeof order / sizeof order[0]; k++)
		for (size_t i = 0; readers[i]; i++) {
			int sure = readers[i]->reads == order[k] ? readers[i]->sniff(s) : 0;

			/* What is special has to show by a mark of its own that it is: a column of
			 * addresses alone never makes an allow list, for that would declare
			 * controllers harmless. Nor is what is surely something else telemetry. */
			if ((order[k] == READS_EXCLUSIONS && sure < MARKED) ||
			    (order[k] == READS_RECORDS && best >= MARKED))
				sure = 0;
			if (sure > best) {
				best = sure;
				*out = order[k];
			}
		}
	return best > 0;
}

/* Can it be opened twice? What a pipe has given is gone. */
static bool may_look(const char *path)
{
	struct stat st;

	return (strcmp(path, "-") == 0 ? fstat(STDIN_FILENO, &st) : stat(path, &st)) == 0 &&
	       S_ISREG(st.st_mode);
}

/* Look at the head of a file. What cannot be opened is told when it is read. */
static enum err look(const struct str *path, enum reads *out)
{
	struct source *src = NULL;
	struct sample s = { .name = path_name(*path) };
	struct errinfo ei;
	enum err e;

	*out = READS_INDICATORS;
	if (!may_look(path->p))
		return ERR_OK;
	e = source_open(path->p, &src, &ei);
	if (!e)
		e = source_peek(src, SAMPLE, &s.head, &s.whole, &ei);
	if (!e && str_starts(s.head, STR("\xef\xbb\xbf")))
		s.head = str_skip(s.head, 3);
	if (!e && s.head.n)
		(void)kind_of(&s, out);
	source_close(src);
	return e == ERR_NOMEM || e == ERR_STOP ? e : ERR_OK;
}

static size_t place_of(enum reads kind)
{
	return kind == READS_INDICATORS   ? 0
	       : kind == READS_ORGS       ? 1
	       : kind == READS_EXCLUSIONS ? 2
					  : 3;
}

static enum err set_trouble(struct scan_files *f, struct scan_file *file, const char *why)
{
	file->trouble = arena_str(&f->arena, str_of(why));
	return file->trouble.p ? ERR_OK : ERR_NOMEM;
}

static enum err add_path(struct intake *in, const char *path, struct errinfo *ei)
{
	struct scan_files walked;
	enum err e;

	scan_files_init(&walked);
	e = scan_add(&walked, path, ei);
	for (size_t i = 0; !e && i < walked.n; i++) {
		enum reads kind = in->o->kind;
		struct scan_files *to;
		size_t at;

		if (in->o->any_kind && !in->o->as)
			e = look(&walked.v[i].path, &kind);
		else if (in->o->any_kind)
			kind = in->o->as->reads;
		to = kind == READS_RECORDS ? &in->others : &in->files[place_of(kind)];
		at = to->n;
		if (!e)
			e = scan_add(to, walked.v[i].path.p, ei);
		if (e || to->n == at)
			break;
		to->v[at].from_folder = walked.v[i].from_folder;
		if (kind == READS_RECORDS)
			e = set_trouble(to, &to->v[at], "records of a network, for nezumi analyze");
	}
	scan_files_free(&walked);
	return e;
}

/* ---- rows ---- */

static void failed(struct intake *in, enum err e)
{
	if (!in->err)
		in->err = e;
}

/* Rows of the file at hand belong to it. */
static enum err tells(struct intake *in, uint32_t source)
{
	while (in->told.n <= source) {
		const struct scan_file **more = VEC_PUSH(&in->told);

		if (!more)
			return ERR_NOMEM;
		*more = NULL;
	}
	in->told.v[source] = in->file;
	return ERR_OK;
}

/* The source that a row belongs to. */
static enum err source_of(struct intake *in, struct str named, uint32_t *at)
{
	struct store_source src = in->o->source;
	enum err e;

	if (src.name.n || named.n == 0) {
		if (in->file_source == NOBODY) {
			e = src.name.n ? ERR_OK : intake_name(in, &src);
			if (!e)
				e = store_load_source(in->load, &src, &in->file_source, &in->ei);
			if (!e)
				e = tells(in, in->file_source);
			if (e)
				return e;
		}
		*at = in->file_source;
		return ERR_OK;
	}
	if (in->row_source == NOBODY || !str_eq(named, in->row_name)) {
		e = intake_named_source(in, named, &in->row_source);
		if (!e)
			e = tells(in, in->row_source);
		if (e)
			return e;
		buf_clear(&in->name);
		buf_puts(&in->name, named);
		in->row_name = buf_str(&in->name);
	}
	*at = in->row_source;
	return buf_err(&in->name);
}

static void count_row(struct intake *in)
{
	in->file->records++;
	in->rows++;
	if (in->rows % 65536 == 0 && in->o->progress)
		in->o->progress(in->o->progress_ctx, INTAKE_READING, in->rows, 0);
}

static void on_indicator(void *ctx, const struct indicator *given)
{
	struct intake *in = ctx;
	struct indicator i = *given;
	uint32_t at = 0;
	enum err e;

	if (in->err)
		return;
	count_row(in);
	/* A source whose dates contradict each other means the time between them. */
	if (i.from != TIME_NONE && i.until != TIME_NONE && i.until < i.from) {
		i.from = given->until;
		i.until = given->from;
		if (i.seen != TIME_NONE && i.seen < i.until)
			i.seen = i.until;
	}
	e = source_of(in, i.source, &at);
	if (!e)
		e = store_load_indicator(in->load, at, &i, &in->ei);
	if (e)
		failed(in, e);
}

static void on_org(void *ctx, const struct org_entry *o)
{
	struct intake *in = ctx;
	uint32_t at = 0;
	enum err e;

	if (in->err)
		return;
	count_row(in);
	e = source_of(in, STR_NONE, &at);
	if (!e)
		e = store_load_org(in->load, at, o, &in->ei);
	if (e)
		failed(in, e);
}

static void on_exclusion(void *ctx, const struct exclusion *given)
{
	struct intake *in = ctx;
	struct exclusion x = *given;
	const char *note;
	uint32_t at = 0;
	enum err e;

	if (in->err)
		return;
	if (!carried_settle(&in->carried, &x, in->o->classed, in->o->class,
			    path_name(in->file->path), &note)) {
		in->file->records++;
		if (note)
			in->file->note =
				STR("a warninglist of unknown class: left out; say --class CLASS");
		return;
	}
	count_row(in);
	e = source_of(in, given->whole ? given->list : STR_NONE, &at);
	if (!e)
		e = store_load_exclusion(in->load, at, &x, &in->ei);
	if (e)
		failed(in, e);
}

static void on_alias(void *ctx, const struct alias_name *n)
{
	struct intake *in = ctx;
	struct str key = carried_key(&in->carried, n->name);
	uint32_t at = 0;
	enum err e;

	if (in->err)
		return;
	count_row(in);
	if (carried_is_kind(key))
		return;
	e = source_of(in, n->list, &at);
	if (!e)
		e = store_load_alias(in->load, at, key, n->family, &in->ei);
	if (e)
		failed(in, e);
}

static enum err slot(void *ctx, struct sink *sink)
{
	sink->ctx = ctx;
	sink->indicator = on_indicator;
	sink->org = on_org;
	sink->exclusion = on_exclusion;
	sink->alias = on_alias;
	return ERR_OK;
}

static void slot_free(void *ctx, struct sink *sink)
{
	(void)ctx;
	(void)sink;
}

static void begin(void *ctx, struct scan_block *b)
{
	struct intake *in = ctx;
	struct scan_file *file = &in->reading->v[b->file];

	if (file != in->file)
		in->file_source = in->row_source = NOBODY;
	in->file = file;
}

static enum err take(void *ctx, struct scan_block *b)
{
	struct intake *in = ctx;
	uint32_t at = in->file_source != NOBODY ? in->file_source : in->row_source;
	enum err e = in->err;

	if (b->sink.malformed && at != NOBODY)
		store_load_rejected(in->load, at, b->sink.malformed);
	/* What is not in half a list is not off the list. */
	for (size_t i = 0; in->file->partial.n && i < in->told.n; i++)
		if (in->told.v[i] == in->file)
			store_load_adds(in->load, (uint32_t)i);
	return e ? e : stop_asked() ? ERR_STOP : ERR_OK;
}

/* ---- all of it ---- */

static enum err read_kind(struct intake *in, enum reads kind)
{
	struct scan_files *f = &in->files[place_of(kind)];
	struct scan_client c = { .ctx = in,
				 .threads = 1,
				 .columns = in->o->columns,
				 .n_columns = in->o->n_columns,
				 .slot = slot,
				 .slot_free = slot_free,
				 .begin = begin,
				 .take = take };
	const struct reader *as = in->o->as && in->o->as->reads == kind ? in->o->as : NULL;
	enum err e = scan_recognise(f, 0, kind, as,
				    &(struct scan_columns){ in->o->columns, in->o->n_columns });

	in->reading = f;
	in->file = NULL;
	return e ? e : scan_run(f, 0, &c);
}

/* Files that should have been read and were not. A folder may hold a licence or a picture. */
static size_t unread(const struct scan_files *f)
{
	size_t n = 0;

	for (size_t i = 0; i < f->n; i++)
		n += f->v[i].trouble.n &&
		     (f->v[i].unreadable || f->v[i].reader || !f->v[i].from_folder);
	return n;
}

/* A file of which nothing came, and nothing was wrong with it. */
static void note_empty(struct scan_files *f)
{
	for (size_t i = 0; i < f->n; i++) {
		struct scan_file *file = &f->v[i];

		if (file->records || file->malformed || file->unused || file->trouble.n ||
		    file->note.n)
			continue;
		if (!file->reader)
			file->note = STR("it is empty");
		else if (str_is(str_of(file->reader->name), "list"))
			file->note = STR("no value in it, blank lines and comments alone");
		else
			file->note = STR("nothing is listed in it");
	}
}

/* Half an allow list would take the place of the whole one. */
static size_t halved(const struct intake *in)
{
	size_t n = 0;

	for (size_t k = 0; k < sizeof in->files / sizeof in->files[0]; k++)
		for (size_t i = 0; k != place_of(READS_INDICATORS) && i < in->files[k].n; i++)
			n += in->files[k].v[i].partial.n > 0;
	return n;
}

enum err intake_read(struct intake *in, struct store *s, const struct intake_options *o,
		     struct errinfo *ei)
{
	static const enum reads kinds[] = { READS_EXCLUSIONS, READS_ORGS, READS_ALIASES,
					    READS_INDICATORS };
	size_t missing = 0;
	enum err e;

	*in = (struct intake){ .o = o, .store = s, .file_source = NOBODY, .row_source = NOBODY };
	for (int k = 0; k < 4; k++)
		scan_files_init(&in->files[k]);
	scan_files_init(&in->others);
	buf_init(&in->name, 1 << 20);
	arena_init(&in->arena, (size_t)256 << 20);
	buf_init(&in->file_path, 1 << 20);
	in->began = o->clock();
	e = carried_load(&in->carried);
	if (!e)
		e = store_load_begin(s, o->memory ? o->memory : MEMORY, &in->load);
	for (size_t i = 0; !e && i < o->n_paths; i++)
		e = add_path(in, o->paths[i], ei);
	for (size_t i = 0; !e && i < sizeof kinds / sizeof kinds[0]; i++)
		e = read_kind(in, kinds[i]);
	if (in->err && in->ei.msg[0])
		*ei = in->ei;
	if (e)
		return e;
	for (int k = 0; k < 4; k++)
		missing += unread(&in->files[k]);
	missing += unread(&in->others) + halved(in);
	for (int k = 0; k < 4; k++)
		note_empty(&in->files[k]);
	if (in->rows == 0)
		return err_set(ei, ERR_FORMAT, "nothing usable was read; nothing was changed");
	if (missing && !o->keep_going)
		return err_set(ei, ERR_FORMAT,
			       "nothing was changed: it would lack what could not be read "
			       "(--keep-going takes the rest)");
	/* A source of several files lacks one of them. */
	if (missing && o->source.name.n && in->file_source != NOBODY)
		store_load_adds(in->load, in->file_source);
	return ERR_OK;
}

static void on_written(void *ctx, uint64_t written, uint64_t all)
{
	const struct intake *in = ctx;

	if (in->o->progress)
		in->o->progress(in->o->progress_ctx, INTAKE_WRITING, written, all);
}

enum err intake_commit(struct intake *in, struct errinfo *ei)
{
	struct load_progress p = { on_written, in };

	return store_load_commit(in->load, in->began, in->o->clock(), &p, ei);
}

void intake_free(struct intake *in)
{
	for (int k = 0; k < 4; k++)
		scan_files_free(&in->files[k]);
	scan_files_free(&in->others);
	store_load_free(in->load);
	carried_free(&in->carried);
	buf_free(&in->name);
	free(in->named.v);
	free(in->fed.v);
	free(in->told.v);
	arena_free(&in->arena);
	buf_free(&in->file_path);
}
