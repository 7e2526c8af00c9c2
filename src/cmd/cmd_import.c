/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/import_say.h"
#include "cmd/list_options.h"

#include "app/intake.h"
#include "app/worth.h"
#include "base/clock.h"
#include "base/stop.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum {
	OPT_KIND = OPT_BEYOND_LISTS,
	OPT_AS,
	OPT_SOURCE,
	OPT_RELIABILITY,
	OPT_ROLE,
	OPT_CLASS,
	OPT_KEEP_GOING,
	OPT_FORGET
};

static const struct option_row options[] = {
	{ OPT_KIND, "kind", "KIND",
	  "what the files are, where content leaves doubt: indicators, organisations, "
	  "exclusions or families" },
	{ OPT_AS, "as", "FORMAT", "read them as this format instead of by content" },
	{ OPT_SOURCE, "source", "NAME",
	  "who says it (else the source that a row names, else the file's name)" },
	{ OPT_RELIABILITY, "reliability", "A..F",
	  "how reliable that source is, from A (completely) to E (not), F (cannot be judged)" },
	{ OPT_ROLE, "role", "ROLE",
	  "what its values are where they do not say it: controller, payload, phishing, scanner …" },
	{ OPT_CLASS, "class", "CLASS",
	  "what lists of exclusions prove that do not say it: benign, provider, scanner, sinkhole or "
	  "research" },
	{ OPT_COLUMN, "column", "FIELD=NAME", "a CSV column by its name in the file" },
	{ OPT_KEEP_GOING, "keep-going", NULL, "an unreadable file is no error" },
	{ OPT_FORGET, "forget", "NAME", "forget that source with all that it said; imports nothing" },
	{ 0, NULL, NULL, NULL },
};

struct wish {
	struct intake_options o;
	struct list_choice lists;
	const char *as;
	struct str forget;
};

static int set_kind(struct wish *w, const char *arg)
{
	static const struct {
		const char *name;
		enum reads kind;
	} kinds[] = { { "indicators", READS_INDICATORS },
		      { "organisations", READS_ORGS },
		      { "exclusions", READS_EXCLUSIONS },
		      { "families", READS_ALIASES } };

	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
		if (strcmp(arg, kinds[i].name) == 0) {
			w->o.any_kind = false;
			w->o.kind = kinds[i].kind;
			return -1;
		}
	return complain("--kind is indicators, organisations, exclusions or families, not %s", arg);
}

/* Of the kind that was said, else of any. */
static int set_reader(struct wish *w)
{
	static const enum reads kinds[] = { READS_INDICATORS, READS_ORGS, READS_EXCLUSIONS,
					    READS_ALIASES };

	for (size_t i = 0; w->as && !w->o.as && i < sizeof kinds / sizeof kinds[0]; i++)
		if (w->o.any_kind || w->o.kind == kinds[i])
			w->o.as = reader_named(kinds[i], str_of(w->as));
	return !w->as || w->o.as ? -1
				 : complain("%s: no such format; nezumi formats lists them", w->as);
}

static int own(void *ctx, int id, const char *arg)
{
	struct wish *w = ctx;

	switch (id) {
	case OPT_KIND:
		return set_kind(w, arg);
	case OPT_AS:
		w->as = arg;
		return -1;
	case OPT_SOURCE:
		w->o.source.name = str_trim(str_of(arg));
		return w->o.source.name.n ? -1 : complain("--source needs a name");
	case OPT_RELIABILITY:
		if (strlen(arg) != 1 || arg[0] < 'A' || arg[0] > 'F')
			return complain("--reliability is a letter from A to F, not %s", arg);
		w->o.source.reliability = arg[0];
		return -1;
	case OPT_ROLE:
		w->o.source.has_role = role_find(str_of(arg), &w->o.source.role);
		return w->o.source.has_role ? -1 : complain("%s: no such role of indicators", arg);
	case OPT_FORGET:
		w->forget = str_of(arg);
		return -1;
	case OPT_CLASS:
		w->o.classed = xclass_parse(str_of(arg), &w->o.class);
		return w->o.classed ? -1 : complain("%s: no such class of exclusions", arg);
	case OPT_COLUMN:
		return list_option(&w->lists, id, arg);
	default:
		w->o.keep_going = true;
		return -1;
	}
}

/* ---- progress ---- */

static double seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return (int64_t)t.tv_sec * TIME_S + t.tv_nsec / 1000;
}

struct progress {
	double begun, last;
	bool shown;
};

static void on_progress(void *ctx, enum intake_phase phase, uint64_t rows, uint64_t all)
{
	struct progress *p = ctx;
	double t = seconds();

	if (t - p->last < 0.2 || t - p->begun < 0.5 || !isatty(STDERR_FILENO))
		return;
	p->last = t;
	p->shown = true;
	fprintf(stderr, "\r\033[K%s  %llu", phase == INTAKE_READING ? "reading" : "writing",
		(unsigned long long)rows);
	if (all)
		fprintf(stderr, " of %llu", (unsigned long long)all);
	fprintf(stderr, " rows  %.0f k/s", (double)rows / 1e3 / (t - p->begun + 1e-9));
}

/* ---- all of it ---- */

/* What was imported is done with, whatever comes of this. */
static void worth(struct store *s, const struct common *c)
{
	struct errinfo ei = { 0 };
	enum err e = worth_update(s, unknowable(), &ei);

	if (e)
		warn(c, "what sources are worth is as it was before: %s",
		     ei.msg[0] ? ei.msg : err_text(e));
}

static int import(struct wish *w, const struct common *c)
{
	struct progress p = { .begun = seconds() };
	struct errinfo ei = { 0 };
	struct store *s = NULL;
	struct intake in;
	int status;
	enum err e = store_open(c->data, STORE_WRITE, "import", &s, &ei);

	if (e)
		return complain("%s", ei.msg[0] ? ei.msg : err_text(e));
	if (!c->quiet)
		w->o.progress = on_progress;
	w->o.progress_ctx = &p;
	stop_on_signals();
	e = intake_read(&in, s, &w->o, &ei);
	if (!e)
		e = intake_commit(&in, &ei);
	if (!e)
		worth(s, c);
	if (p.shown)
		fputs("\r\033[K", stderr);
	import_tell(&in, c);
	status = e ? complain("%s", ei.msg[0] ? ei.msg : err_text(e))
		   : import_say(&in, s, c, seconds() - p.begun);
	intake_free(&in);
	store_close(s);
	return status;
}

static int forget(const struct wish *w, const struct common *c)
{
	struct store_source is = { 0 };
	struct errinfo ei = { 0 };
	struct store *s = NULL;
	enum err e;

	stop_on_signals();
	e = store_there(c->data) ? store_open(c->data, STORE_WRITE, "import", &s, &ei)
				 : err_set(&ei, ERR_NOENT, "there is nothing in %s", c->data);

	if (!e)
		e = store_source_find(s, w->forget, &is, &ei);
	if (!e && is.kind == SOURCE_FEED)
		e = err_set(&ei, ERR_USAGE, "it is a feed: nezumi feed remove %.*s", STR_ARG(w->forget));
	if (!e)
		e = store_source_remove(s, w->forget, &ei);
	if (!e)
		worth(s, c);
	store_close(s);
	if (e)
		return complain("%s", ei.msg[0] ? ei.msg : err_text(e));
	return c->quiet || c->json ? EXIT_FOUND : import_say_forgotten(c, w->forget, &is);
}

static int run(const struct command *self, int argc, char **argv)
{
	struct wish *w = calloc(1, sizeof *w);
	unsigned dashes = 0;
	struct common c;
	char **args;
	int n, status;

	if (!w)
		return complain("%s", err_text(ERR_NOMEM));
	w->o = (struct intake_options){ .any_kind = true,
					.clock = now,
					.source = store_source_init(STR_NONE) };
	status = parse_options(self, argc, argv, &c, own, w, &args, &n);
	if (status < 0)
		status = set_reader(w);
	for (int i = 0; status < 0 && i < n; i++)
		dashes += strcmp(args[i], "-") == 0;
	if (status < 0 && dashes > 1)
		status = complain("standard input (-) can be given only once");
	if (status < 0 && w->forget.n && n)
		status = complain("--forget imports nothing");
	if (status < 0 && n == 0 && !w->forget.n)
		status = complain("nothing to import: files, folders or - for standard input");
	if (status < 0 && !c.data)
		status = complain("there is no data directory: --data DIR");
	if (status < 0 && w->forget.n) {
		status = forget(w, &c);
	} else if (status < 0) {
		w->o.paths = (const char *const *)args;
		w->o.n_paths = (size_t)n;
		w->o.columns = w->lists.o.columns;
		w->o.n_columns = w->lists.o.n_columns;
		status = import(w, &c);
	}
	free(w);
	return status;
}

static const char notes[] =
	"What each file is, is seen by its content; nezumi formats lists what can be\n"
	"read. All that a source says is replaced in one step: after a crash there is\n"
	"the old or the new. What it no longer lists is kept, with the day on which it\n"
	"was listed last. Where nothing can be read, or a file of several cannot,\n"
	"nothing is changed.\n\n"
	"Examples\n"
	"  nezumi import --source 'Feodo Tracker' --reliability B feodo.csv\n"
	"  nezumi import warninglists/ constituents.csv\n"
	"  nezumi import --kind exclusions --class provider hosting-ranges.txt\n";

const struct command cmd_import = {
	"import", "FILE…", "indicators, organisations, exclusions into the data directory",
	options,  run,     notes
};
