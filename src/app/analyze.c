/* SPDX-License-Identifier: Apache-2.0 */
#include "app/analyze.h"

#include "app/assemble.h"

#include <assert.h>
#include <stdlib.h>

#define NAMED_KINDS (KIND_BIT(KIND_DNS) | KIND_BIT(KIND_TLS) | KIND_BIT(KIND_HTTP))

/* Names and touches are gathered in one pass; where more touch than can be kept until all names are
 * known, everything is read once more to be judged. */
enum pass { PASS_RESOLVED = 1, PASS_NAMES, PASS_JUDGE };

/* Records kept until all names are known, and the bytes of their names; records of a block. */
enum { BACKLOG_MAX = 1 << 16, BACKLOG_TEXT = 16 << 20, BLOCK_HOLDS = 1 << 12 };

/* A record that touches something, and where it stood. */
struct kept {
	struct record r;
	struct place at;
};

struct run {
	struct analysis *a;
	const struct analysis_options *o;
	enum pass pass;
	struct names names;
	struct near near;  /* what the pass looks for */
	uint64_t *nothing; /* bits of a `near` that is near nothing */
	unsigned near_kinds;
	VEC(struct kept) backlog; /* in order */
	struct arena backlog_arena;
	bool overflow; /* there was more */
	struct sightings sightings;
	struct hosts hosts;
	bool again;          /* what is read now was counted before */
	uint32_t *path_rank; /* by file */
	struct str *paths;   /* by rank */
	uint64_t records, matched, excluded;
	int64_t first, last;
};

/* What a worker leaves of a block: copies of the records that may matter, and counts. */
struct hits {
	const struct run *run;
	struct arena arena;
	VEC(struct record) v;
	uint64_t all, in_window;
	int64_t first, last;
	struct scan_block *block;
	bool failed; /* no memory: the block cannot be trusted */
};

void analysis_init(struct analysis *a, uint64_t seed)
{
	*a = (struct analysis){ 0 };
	lists_init(&a->lists, seed);
	scan_files_init(&a->telemetry);
	arena_init(&a->arena, (size_t)8 << 30);
}

void analysis_free(struct analysis *a)
{
	lists_free(&a->lists);
	scan_files_free(&a->telemetry);
	ownership_free(&a->ownership);
	arena_free(&a->arena);
}

/* ---- in the workers ---- */

/* A copy whose strings and answers live in the arena; false without memory. */
static bool copy_record(struct record *copy, const struct record *r, struct arena *a)
{
	struct dns_answer *answers = NULL;

	*copy = *r;
	copy->name = arena_str(a, r->name);
	copy->path = arena_str(a, r->path);
	if (r->n_answers) {
		answers = arena_array(a, r->n_answers, sizeof *answers);
		if (answers)
			memcpy(answers, r->answers, r->n_answers * sizeof *answers);
	}
	copy->answers = answers;
	return copy->name.p && copy->path.p && (!r->n_answers || answers);
}

static bool wanted(const struct run *run, const struct record *r)
{
	switch (run->pass) {
	case PASS_RESOLVED:
		return names_wants_resolved(&run->names, r);
	case PASS_NAMES:
		return names_wants(&run->names, r) || touch_possible(&run->names, r);
	default:
		return touch_possible(&run->names, r);
	}
}

static void on_record(void *ctx, struct record *r)
{
	struct hits *h = ctx;
	const struct run *run = h->run;
	int64_t last = r->passive ? r->ts + r->duration : r->ts;
	struct record *copy;

	h->all++;
	if ((run->o->from != TIME_NONE && last < run->o->from) ||
	    (run->o->to != TIME_NONE && r->ts >= run->o->to))
		return;
	/* Passive DNS may be older than all traffic, and is none. */
	h->in_window += !r->passive;
	if (!r->passive && r->ts < h->first)
		h->first = r->ts;
	if (!r->passive && r->ts > h->last)
		h->last = r->ts;
	if (!wanted(run, r))
		return;
	copy = VEC_PUSH(&h->v);
	if (!copy || !copy_record(copy, r, &h->arena))
		h->failed = true;
	if (h->v.n >= BLOCK_HOLDS)
		h->block->full = true;
}

/* Of an address that is near: is it one that matters? */
static bool on_near(void *ctx, struct ip ip)
{
	const struct hits *h = ctx;

	return names_near(&h->run->names, ip) || snapshot_lists(&h->run->a->lists.snapshot, ip);
}

static enum err slot(void *ctx, struct sink *sink)
{
	const struct run *run = ctx;
	struct hits *h = calloc(1, sizeof *h);

	if (!h)
		return ERR_NOMEM;
	h->run = run;
	arena_init(&h->arena, (size_t)512 << 20);
	sink->ctx = h;
	sink->record = on_record;
	sink->near = &run->near;
	sink->listed = on_near;
	sink->near_kinds = run->near_kinds;
	sink->isa = run->o->isa;
	if (run->o->from != TIME_NONE)
		sink->from = run->o->from;
	if (run->o->to != TIME_NONE)
		sink->to = run->o->to;
	return ERR_OK;
}

static void slot_free(void *ctx, struct sink *sink)
{
	struct hits *h = sink->ctx;

	(void)ctx;
	if (!h)
		return;
	free(h->v.v);
	arena_free(&h->arena);
	free(h);
}

static void begin(void *ctx, struct scan_block *b)
{
	struct hits *h = b->sink.ctx;

	(void)ctx;
	arena_free(&h->arena);
	h->block = b;
	h->v.n = 0;
	h->all = h->in_window = 0;
	h->first = INT64_MAX;
	h->last = INT64_MIN;
	h->failed = false;
}

/* ---- in order, in one thread ---- */

static enum err judge_one(struct run *run, const struct record *r, const struct place *at)
{
	struct touch touches[TOUCHES_MAX];
	char lower[256];
	size_t n = touch_record(&run->names, &run->o->rules, r, lower, touches);
	bool counted = false;
	enum err e = ERR_OK;

	for (size_t i = 0; !e && i < n; i++) {
		uint32_t host;

		e = hosts_find(&run->hosts, touches[i].host, &host);
		if (!e && touches[i].verdict == TOUCH_COUNTED && run->hosts.v.v[host].excluded.n)
			touches[i].verdict = TOUCH_HOST;
		counted |= touches[i].verdict == TOUCH_COUNTED;
		if (!e)
			e = sightings_add(&run->sightings, &run->o->rules, &touches[i], at);
	}
	run->matched += n > 0;
	run->excluded += n > 0 && !counted;
	return e;
}

/* Keep a touch until all names are known, if there are not too many. */
static enum err put_back(struct run *run, const struct record *r, const struct place *at)
{
	struct kept *k;

	if (run->overflow)
		return ERR_OK;
	k = run->backlog.n < BACKLOG_MAX ? VEC_PUSH(&run->backlog) : NULL;
	if (k && copy_record(&k->r, r, &run->backlog_arena)) {
		k->at = *at;
		return ERR_OK;
	}
	run->overflow = true;
	run->backlog.n = 0;
	arena_free(&run->backlog_arena);
	return ERR_OK;
}

static enum err learn_or_judge(struct run *run, const struct record *r, const struct place *at)
{
	enum err e = ERR_OK;

	switch (run->pass) {
	case PASS_RESOLVED:
		return names_learn_resolved(&run->names, r);
	case PASS_NAMES:
		if (names_wants(&run->names, r))
			e = names_learn(&run->names, r);
		return e || !touch_possible(&run->names, r) ? e : put_back(run, r, at);
	default:
		return judge_one(run, r, at);
	}
}

static void count(struct run *run, const struct scan_block *b)
{
	const struct hits *h = b->sink.ctx;

	run->a->telemetry.v[b->file].records += h->all + b->sink.passed.all;
	run->records += h->in_window + b->sink.passed.in_window;
	if (h->first < run->first)
		run->first = h->first;
	if (b->sink.passed.first < run->first)
		run->first = b->sink.passed.first;
	if (h->last > run->last)
		run->last = h->last;
	if (b->sink.passed.last > run->last)
		run->last = b->sink.passed.last;
}

static enum err take(void *ctx, struct scan_block *b)
{
	struct run *run = ctx;
	struct hits *h = b->sink.ctx;
	enum err e = h->failed ? ERR_NOMEM : ERR_OK;

	if (!run->again)
		count(run, b);
	for (size_t i = 0; !e && i < h->v.n; i++) {
		const struct record *r = &h->v.v[i];
		struct place at = { .ts = r->ts,
				    .path_rank = run->path_rank[b->file],
				    .kind = r->kind,
				    .proto = r->proto,
				    .line = b->lines_before + r->line };

		e = learn_or_judge(run, r, &at);
	}
	return e;
}

static void progress(void *ctx, uint64_t bytes)
{
	struct run *run = ctx;

	if (run->o->progress)
		run->o->progress(run->o->progress_ctx, run->pass, bytes);
}

/*
 * What the pass looks for, so that readers may pass over the rest: flows by their addresses;
 * records with names too, as far as nothing is listed that only a name or a path could tell.
 */
static void aim(struct run *run)
{
	const struct snapshot *s = &run->a->lists.snapshot;

	run->near = s->near;
	run->near_kinds = KIND_BIT(KIND_FLOW);
	if (run->pass == PASS_RESOLVED) {
		run->near = (struct near){ .v4 = run->nothing, .v6 = run->nothing, .wide = run->nothing };
		return;
	}
	if (s->domains.n)
		run->near.led = run->names.near;
	else
		run->near_kinds |= KIND_BIT(KIND_DNS) | KIND_BIT(KIND_TLS) |
				   (s->urls.n ? 0 : KIND_BIT(KIND_HTTP));
}

/* Read the files that may hold one of `kinds` (0: all) and none of `lacks`. */
static enum err read_telemetry(struct run *run, enum pass pass, unsigned kinds, unsigned lacks, bool again)
{
	struct scan_client c = { .ctx = run,
				 .threads = run->o->threads,
				 .piece = run->o->piece,
				 .kinds = kinds,
				 .lacks = lacks,
				 .again = again,
				 .columns = run->o->lists.columns,
				 .n_columns = run->o->lists.n_columns,
				 .slot = slot,
				 .slot_free = slot_free,
				 .begin = begin,
				 .take = take,
				 .progress = progress };

	run->pass = pass;
	run->again = again;
	aim(run);
	return scan_run(&run->a->telemetry, 0, &c);
}

static enum err judge_backlog(struct run *run)
{
	enum err e = ERR_OK;

	for (size_t i = 0; !e && i < run->backlog.n; i++)
		e = judge_one(run, &run->backlog.v[i].r, &run->backlog.v[i].at);
	return e;
}

static enum err begin_run(struct run *run)
{
	enum err e;

	run->records = run->matched = run->excluded = 0;
	run->overflow = false;
	run->first = INT64_MAX;
	run->last = INT64_MIN;
	e = names_init(&run->names, &run->a->lists.snapshot, &run->a->lists.exset);
	return e ? e : sightings_init(&run->sightings, &run->a->lists.snapshot);
}

static enum err passes(struct run *run)
{
	const struct snapshot *s = &run->a->lists.snapshot;
	enum err e = ERR_OK;

	if (s->domains.n)
		e = read_telemetry(run, PASS_RESOLVED, NAMED_KINDS, 0, true);
	names_settle(&run->names);
	if (e || !(s->domains.n || s->distinct > s->urls.n))
		return e ? e : read_telemetry(run, PASS_JUDGE, 0, 0, false);
	e = read_telemetry(run, PASS_NAMES, NAMED_KINDS, 0, false);
	names_settle(&run->names);
	if (!e && run->overflow)
		e = read_telemetry(run, PASS_JUDGE, NAMED_KINDS, 0, true);
	else if (!e)
		e = judge_backlog(run);
	run->backlog.n = 0;
	arena_free(&run->backlog_arena);
	return e ? e : read_telemetry(run, PASS_JUDGE, 0, NAMED_KINDS, false);
}

/*
 * Logs that were put together into one file may hold names behind a header that promised only
 * flows. Then the passes for names have passed it over, and all is done once more, now knowing.
 */
static enum err read_all(struct run *run)
{
	enum err e = passes(run);

	if (e || !run->a->telemetry.grew)
		return e;
	names_free(&run->names);
	sightings_free(&run->sightings);
	scan_forget(&run->a->telemetry);
	e = begin_run(run);
	return e ? e : passes(run);
}

struct ranked {
	struct str path;
	uint32_t file;
};

static int by_path(const void *a, const void *b)
{
	const struct ranked *x = a, *y = b;
	int d = str_cmp(x->path, y->path);

	return d ? d : (x->file > y->file) - (x->file < y->file);
}

static enum err rank_paths(struct run *run)
{
	const struct scan_files *f = &run->a->telemetry;
	struct ranked *r = calloc(f->n + 1, sizeof *r);

	run->path_rank = calloc(f->n + 1, sizeof *run->path_rank);
	run->paths = calloc(f->n + 1, sizeof *run->paths);
	if (!r || !run->path_rank || !run->paths) {
		free(r);
		return ERR_NOMEM;
	}
	for (size_t i = 0; i < f->n; i++)
		r[i] = (struct ranked){ f->v[i].path, (uint32_t)i };
	qsort(r, f->n, sizeof *r, by_path);
	for (size_t i = 0; i < f->n; i++) {
		run->path_rank[r[i].file] = (uint32_t)i;
		run->paths[i] = r[i].path;
	}
	free(r);
	return ERR_OK;
}

/* ---- the inputs, as the answer tells them ---- */

static enum err tell_inputs(struct analysis *a)
{
	const struct {
		struct scan_files *files;
		const char *kind;
	} all[] = { { &a->lists.indicator_files, "indicators" },
		    { &a->lists.organisation_files, "organisations" },
		    { &a->lists.exclusion_files, "exclusions" },
		    { &a->telemetry, "telemetry" } };
	struct answer *w = &a->answer;
	size_t n = 0, rejects = 0;

	for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
		scan_rejects_sort(all[i].files);
		n += all[i].files->n;
		rejects += all[i].files->rejects.n;
	}
	w->inputs = arena_array(&a->arena, n + 1, sizeof *w->inputs);
	w->rejected = arena_array(&a->arena, rejects + 1, sizeof *w->rejected);
	if (!w->inputs || !w->rejected)
		return ERR_NOMEM;
	for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
		const struct scan_files *f = all[i].files;

		for (size_t k = 0; k < f->n; k++) {
			const struct scan_file *file = &f->v[k];

			w->inputs[w->n_inputs++] = (struct answer_input){
				.path = file->path,
				.kind = str_of(all[i].kind),
				.format = file->reader ? str_of(file->reader->name) : STR_NONE,
				.records = file->records,
				.malformed = file->malformed,
				.bytes = file->bytes,
				.unused = file->unused,
				.truncated = file->lacks.truncated,
				.missed = file->lacks.missed,
				.dropped = file->lacks.dropped,
				.trouble = file->trouble,
				.note = file->note,
				.passed_over = file->trouble.n && file->from_folder &&
					       !file->unreadable && !file->reader,
			};
			/* A folder may hold a licence or a picture; a file that was named must be
			 * read. */
			a->trouble |= file->trouble.n &&
				      (file->unreadable || file->reader || !file->from_folder);
		}
		for (size_t k = 0; k < f->rejects.n; k++)
			w->rejected[w->n_rejected++] =
				(struct rejected){ f->v[f->rejects.v[k].file].path,
						   f->rejects.v[k].line, f->rejects.v[k].why };
	}
	for (size_t i = 0; i < a->lists.indicator_files.n; i++)
		a->indicators_read += a->lists.indicator_files.v[i].records;
	return ERR_OK;
}

static enum err load_owners(struct analysis *a, const struct analysis_options *o, struct errinfo *ei)
{
	enum err e = ownership_init(&a->ownership);

	if (!e && o->n_owners == 0)
		return ownership_load_default(&a->ownership, o->data, ei);
	for (size_t i = 0; !e && i < o->n_owners; i++)
		if (strcmp(o->owners[i], "none") != 0)
			e = ownership_load(&a->ownership, o->owners[i], ei);
	return e;
}

static enum err open_telemetry(struct analysis *a, const struct analysis_options *o, struct errinfo *ei)
{
	enum err e = ERR_OK;

	for (size_t i = 0; !e && i < o->n_telemetry; i++)
		e = scan_add(&a->telemetry, o->telemetry[i], ei);
	if (!e)
		e = scan_recognise(&a->telemetry, 0, READS_RECORDS, o->telemetry_as,
				   &(struct scan_columns){ o->lists.columns, o->lists.n_columns });
	/* A pipe is read once; where names may be in it, it must be kept to be read again. */
	for (size_t i = 0; !e && i < a->telemetry.n; i++)
		if (a->telemetry.v[i].open && (a->telemetry.v[i].kinds & NAMED_KINDS))
			e = scan_keep(&a->telemetry, i);
	return e;
}

enum err analysis_run(struct analysis *a, const struct analysis_options *o, struct errinfo *ei)
{
	struct run run = { .a = a, .o = o };
	struct answer *w = &a->answer;
	enum err e;

	assert(o->threads >= 1);
	e = load_owners(a, o, ei);
	if (!e)
		e = lists_load(&a->lists, &o->lists, ei);
	if (!e)
		e = open_telemetry(a, o, ei);
	arena_init(&run.backlog_arena, BACKLOG_TEXT);
	run.nothing = calloc((size_t)1 << (NEAR_V4_BITS - 6), sizeof *run.nothing);
	if (!e && !run.nothing)
		e = ERR_NOMEM;
	if (!e)
		e = begin_run(&run);
	if (!e)
		e = hosts_init(&run.hosts, &a->lists, &a->ownership);
	if (!e)
		e = rank_paths(&run);
	if (!e)
		e = read_all(&run);
	if (!e) {
		struct assembly in = { .lists = &a->lists,
				       .sightings = &run.sightings,
				       .hosts = &run.hosts,
				       .paths = run.paths,
				       .shared = o->shared,
				       .arena = &a->arena };

		*w = (struct answer){ .from = o->from,
				      .to = o->to,
				      .seen_first = run.records ? run.first : TIME_NONE,
				      .seen_last = run.records ? run.last : TIME_NONE,
				      .made = TIME_NONE,
				      .records = run.records,
				      .matched = run.matched,
				      .excluded_records = run.excluded,
				      .withheld = a->lists.withheld.v,
				      .n_withheld = a->lists.withheld.n,
				      .indicators = a->lists.snapshot.distinct };
		e = assemble(&in, w);
		a->names_dropped = run.names.answers.dropped + run.names.conversations.dropped +
				   run.names.resolved.dropped + run.names.servers.dropped;
	}
	if (!e)
		e = tell_inputs(a);
	names_free(&run.names);
	sightings_free(&run.sightings);
	hosts_free(&run.hosts);
	free(run.path_rank);
	free(run.paths);
	free(run.nothing);
	free(run.backlog.v);
	arena_free(&run.backlog_arena);
	return e;
}
