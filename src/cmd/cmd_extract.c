/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/cmd.h"

#include "app/extract.h"
#include "base/file.h"
#include "base/parallel.h"
#include "base/stop.h"
#include "base/vec.h"
#include "cmd/extract_say.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

enum { OPT_ALL = OPT_OWN, OPT_EVERY, OPT_AS };

static const struct option_row options[] = {
	{ OPT_ALL, "all", NULL, "references, file names and other context too, each with its class" },
	{ OPT_EVERY, "every", NULL, "every place of a value, not the first one of each document" },
	{ OPT_AS, "as", "KIND", "text, html, mail or pdf instead of by content" },
	{ 0, NULL, NULL, NULL },
};

struct wish {
	bool all;
	struct extract_how how;
};

static int own(void *ctx, int id, const char *arg)
{
	struct wish *w = ctx;

	switch (id) {
	case OPT_ALL:
		w->all = w->how.all = true;
		return -1;
	case OPT_EVERY:
		w->how.every = true;
		return -1;
	default:
		if (!text_kind_named(str_of(arg), &w->how.as))
			return complain("--as is one of text, html, mail and pdf, not %s", arg);
		return -1;
	}
}

/* ---- documents side by side ------------------------------------------------------------------ */

/* A path to look at, or why there is none. */
struct job {
	const char *path;
	const char *wrong; /* NULL: nothing */
	bool in_folder;
};

/* What a document says, or a part of it. */
struct reply {
	struct buf out, scratch;
	size_t shown;
	bool begins; /* first part of a text for people */
	enum err e;
	struct errinfo ei;
};

/* Rows are handed over when they are as many bytes. */
enum { PART = 1 << 18 };

struct extracting {
	const struct extractor *x;
	const struct wish *wish;
	const struct common *common;
	VEC(struct job) jobs;
	size_t next;
	FILE *to;
	bool wrote;
	bool left, cut; /* by a stop: files that were not begun, one that was */
	size_t found, bad, good;
	int failed; /* status, or -1 */
};

static bool next_job(void *ctx, void *job)
{
	struct extracting *x = ctx;

	if (x->next == x->jobs.n)
		return false;
	if (stop_asked()) {
		x->left = true;
		return false;
	}
	*(struct job *)job = x->jobs.v[x->next++];
	return true;
}

static void clear(struct reply *s)
{
	buf_clear(&s->out);
	s->shown = 0;
	s->begins = false;
	s->e = ERR_OK;
	s->ei = (struct errinfo){ 0 };
}

static enum err rows(const struct extracting *x, const struct job *j, const struct document *d,
		     struct lane *lane, struct reply **said)
{
	const struct wish *w = x->wish;
	const struct extracted *v = w->how.every ? d->found.every : d->found.v;
	size_t n = w->how.every ? d->found.n_every : d->found.n;
	struct reply *s = *said;

	for (size_t i = 0; i < n; i++) {
		if (!w->all && v[i].class != EX_INDICATOR)
			continue;
		s->shown++;
		if (x->common->json)
			extract_row_json(&s->out, &s->scratch, x->common, j->path, &v[i]);
		if (s->out.n > PART) {
			enum err e = lane_hand(lane, s);

			*said = s = e ? NULL : lane_batch(lane);
			if (!s)
				return e ? e : ERR_STOP;
			clear(s);
		}
	}
	if (!x->common->json && s->shown) {
		s->begins = true;
		extract_document_text(&s->out, x->common, j->path, v, n, w->all);
	}
	return ERR_OK;
}

static enum err work(void *ctx, const void *job, struct lane *lane)
{
	const struct extracting *x = ctx;
	const struct job *j = job;
	struct reply *s = lane_batch(lane);
	struct document d;
	enum err e = ERR_OK;

	if (!s)
		return ERR_STOP;
	clear(s);
	if (j->wrong)
		return lane_hand(lane, s);
	s->e = document_extract(x->x, j->path, &x->wish->how, &d, &s->ei);
	if (!s->e)
		e = rows(x, j, &d, lane, &s);
	document_free(&d);
	return e ? e : lane_hand(lane, s);
}

/* What it says of a file goes out in the order of the files. */
static enum err take(void *ctx, const void *job, void *batch)
{
	struct extracting *x = ctx;
	const struct job *j = job;
	const struct reply *s = batch;

	if (!s)
		return ERR_OK;
	if (j->wrong || s->e) {
		if (j->wrong)
			(void)complain("%s: %s", j->path, j->wrong);
		else
			(void)complain("%s: %s", j->path, s->ei.msg[0] ? s->ei.msg : err_text(s->e));
		x->cut |= s->e == ERR_STOP;
		/* A folder may hold pictures. */
		x->bad += !j->in_folder;
		return ERR_OK;
	}
	x->good++;
	x->found += s->shown;
	if (buf_err(&s->out)) {
		x->failed = complain("%s", err_text(buf_err(&s->out)));
		return ERR_NOMEM;
	}
	if (s->begins && x->wrote && fputc('\n', x->to) == EOF)
		x->failed = complain("cannot write: %s", strerror(errno));
	x->wrote |= s->begins;
	if (s->out.n && fwrite(s->out.p, 1, s->out.n, x->to) != s->out.n)
		x->failed = complain("cannot write: %s", strerror(errno));
	return x->failed < 0 ? ERR_OK : ERR_IO;
}

static enum err side_by_side(struct extracting *x, unsigned threads)
{
	struct parallel p = {
		.ctx = x, .job_size = sizeof(struct job), .next = next_job, .work = work, .take = take
	};
	enum err e = ERR_OK;
	struct reply *said;
	size_t n;

	if (threads > x->jobs.n)
		threads = (unsigned)x->jobs.n;
	if (threads < 1)
		threads = 1;
	n = (size_t)threads * LANE_BATCHES;
	said = calloc(n, sizeof *said);
	p.batches = calloc(n, sizeof *p.batches);
	if (!said || !p.batches)
		e = ERR_NOMEM;
	for (size_t i = 0; i < n && !e; i++) {
		buf_init(&said[i].out, 0);
		buf_init(&said[i].scratch, 1 << 20);
		p.batches[i] = &said[i];
	}
	if (!e)
		e = parallel_run(&p, threads);
	for (size_t i = 0; i < n && said; i++) {
		buf_free(&said[i].out);
		buf_free(&said[i].scratch);
	}
	free(said);
	free(p.batches);
	return e;
}

/* ---- the command ------------------------------------------------------------------------------ */

static enum err add_job(struct extracting *x, const char *path, const char *wrong, bool in_folder)
{
	struct job *j = VEC_PUSH(&x->jobs);

	if (!j)
		return ERR_NOMEM;
	*j = (struct job){ path, wrong, in_folder };
	return ERR_OK;
}

/* What the arguments name, in order. */
static enum err add_jobs(struct extracting *x, char **args, int n_args, struct arena *arena)
{
	enum err e = ERR_OK;

	for (int i = 0; i < n_args && !e; i++) {
		struct path_list files = { 0 };
		struct errinfo ei = { 0 };
		bool folder = false;

		if (strcmp(args[i], "-") == 0)
			e = add_job(x, "-", NULL, false);
		else if (path_walk(args[i], arena, &files, &folder, &ei) != ERR_OK)
			e = add_job(x, args[i], arena_str(arena, str_of(ei.msg)).p, false);
		for (size_t k = 0; k < files.n && !e; k++)
			e = add_job(x, files.v[k].p, NULL, folder);
		free(files.v);
	}
	return e;
}

static int all(const struct wish *w, const struct common *c, char **args, int n_args)
{
	struct extracting x = { .wish = w, .common = c, .to = stdout, .failed = -1 };
	struct extractor extractor;
	struct arena arena;
	enum err e = extractor_init(&extractor);

	arena_init(&arena, 0);
	x.x = &extractor;
	if (!e)
		e = add_jobs(&x, args, n_args, &arena);
	if (e) {
		x.failed = complain("%s", err_text(e));
	} else if (c->json_file && strcmp(c->json_file, "-") != 0) {
		x.to = fopen(c->json_file, "we");
		if (!x.to)
			x.failed = complain("%s: %s", c->json_file, strerror(errno));
	}
	if (x.failed < 0) {
		e = side_by_side(&x, c->threads);
		if (e && e != ERR_STOP && x.failed < 0)
			x.failed = complain("%s", err_text(e));
	}
	if (x.to && x.to != stdout && fclose(x.to) && x.failed < 0)
		x.failed = complain("%s: %s", c->json_file, strerror(errno));
	free(x.jobs.v);
	arena_free(&arena);
	extractor_free(&extractor);
	if (x.failed < 0 && (x.left || x.cut || e == ERR_STOP))
		x.failed = complain("stopped: not all was read");
	if (x.failed >= 0 || x.bad || !x.good)
		return EXIT_ERROR;
	return x.found ? EXIT_FOUND : EXIT_NOTHING;
}

static int run(const struct command *self, int argc, char **argv)
{
	struct wish w = { 0 };
	struct common c;
	char **args;
	int n, status = parse_options(self, argc, argv, &c, own, &w, &args, &n);

	if (status >= 0)
		return status;
	if (n == 0)
		return complain("no file given: nezumi extract FILE, or - for standard input");
	stop_on_signals();
	return all(&w, &c, args, n);
}

static const char notes[] =
	"Reads text, Markdown, HTML, mail (.eml) and PDF, in any of the usual character\n"
	"sets, plain or compressed; folders are walked. Defanging of every common kind\n"
	"is undone. What a document only points to (its own references), file names,\n"
	"versions, code and examples are kept out; --all shows them with their class. A\n"
	"value that had to be mended says so, with the reason.\n\n"
	"Examples\n"
	"  nezumi extract report.pdf\n"
	"  nezumi extract --json advisories/ | jq -r 'select(.type == \"ipv4\") | .value'\n"
	"  curl -s https://www.example/report | nezumi extract --json -\n";

const struct command cmd_extract = { "extract", "FILE|-...", "indicators out of reports",
				     options,   run,         notes };
