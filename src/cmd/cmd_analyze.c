/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/list_options.h"

#include "app/analyze.h"
#include "app/catalogue.h"
#include "base/escape.h"
#include "base/stop.h"
#include "report/json.h"
#include "report/report.h"
#include "report/term.h"
#include "store/store.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum {
	OPT_FROM = OPT_BEYOND_LISTS,
	OPT_TO,
	OPT_VALIDITY,
	OPT_SHARED,
	OPT_AS,
	OPT_OWNERS,
	OPT_HTML,
	OPT_MD,
	OPT_TITLE,
	OPT_ANONYMISE,
	OPT_KEEP_GOING,
};

static const struct option_row options[] = {
	LIST_OPTIONS,
	{ 'o', "organisations", "FILE", "table network,id,name,sector,country,kind (may be repeated)" },
	{ OPT_FROM, "from", "T", "only records from this time on (2018-12-02, 2018-12-02T08:00:00Z)" },
	{ OPT_TO, "to", "T", "only records before this time" },
	{ OPT_VALIDITY, "validity", "HOW",
	  "when an indicator holds: strict, grace[=30d] (the default) or any" },
	{ OPT_SHARED, "shared", "N", "alert when a controller holds this many organisations (4)" },
	{ OPT_AS, "as", "FORMAT", "read telemetry as this format instead of by content" },
	{ OPT_OWNERS, "owners", "FILE",
	  "compiled owners or MMDB files (may be repeated); none: no AS data" },
	{ OPT_HTML, "html", "FILE", "the report as one HTML file" },
	{ OPT_MD, "md", "FILE", "the report as Markdown" },
	{ OPT_TITLE, "title", "TEXT", "the report's title" },
	{ OPT_ANONYMISE, "anonymise", NULL, "name organisations by sector and country in reports" },
	{ OPT_KEEP_GOING, "keep-going", NULL, "an unreadable file is no error" },
	{ 0, NULL, NULL, NULL },
};

struct wish {
	struct analysis_options o;
	struct list_choice lists;
	const char *owners[8];
	const char *html, *md, *title;
	bool anonymise, keep_going;
};

static int set_validity(struct wish *w, const char *arg)
{
	struct rules *r = &w->o.rules;

	r->any_validity = false;
	if (strcmp(arg, "strict") == 0)
		r->grace = 0;
	else if (strcmp(arg, "any") == 0)
		r->any_validity = true;
	else if (strncmp(arg, "grace=", 6) == 0 && time_span(str_of(arg + 6), &r->grace))
		return -1;
	else if (strcmp(arg, "grace") != 0)
		return complain("--validity is strict, grace, grace=30d or any, not %s", arg);
	return -1;
}

static int own(void *ctx, int id, const char *arg)
{
	struct wish *w = ctx;
	int status = list_option(&w->lists, id, arg);

	if (status != LIST_OPTION_UNKNOWN)
		return status;
	switch (id) {
	case 'o':
		return list_add(&w->lists, READS_ORGS, arg);
	case OPT_FROM:
	case OPT_TO:
		/* Seconds since 1970 are accepted, a bare year or 20181202 is not taken for them. */
		if ((strspn(arg, "0123456789") == strlen(arg) && strlen(arg) < 9) ||
		    !time_parse(str_of(arg), id == OPT_FROM ? &w->o.from : &w->o.to, NULL))
			return complain("%s is not a time between 1970 and 2100 such as 2018-12-02",
					arg);
		return -1;
	case OPT_VALIDITY:
		return set_validity(w, arg);
	case OPT_SHARED:
		if (!str_u64(str_of(arg), 1000000, &w->o.shared) || w->o.shared == 0)
			return complain("--shared is a number from 1 on, not %s", arg);
		return -1;
	case OPT_AS:
		return reader_option(READS_RECORDS, arg, &w->o.telemetry_as);
	case OPT_OWNERS:
		if (w->o.n_owners == sizeof w->owners / sizeof w->owners[0])
			return complain("too many files of owners");
		w->owners[w->o.n_owners++] = arg;
		return -1;
	case OPT_HTML:
		w->html = arg;
		return -1;
	case OPT_MD:
		w->md = arg;
		return -1;
	case OPT_TITLE:
		w->title = arg;
		return -1;
	case OPT_ANONYMISE:
		w->anonymise = true;
		return -1;
	default:
		w->keep_going = true;
		return -1;
	}
}

/* ---- progress: one line on standard error, when somebody watches ---- */

struct progress {
	bool shown;
	double last, begun;
};

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void on_progress(void *ctx, int pass, uint64_t bytes)
{
	static const char *const doing[] = { "", "names: where listed domains lead",
					     "names: what addresses are called", "matching" };
	struct progress *p = ctx;
	double t = now();

	if (p->begun == 0)
		p->begun = t;
	if (t - p->last < 0.2 || t - p->begun < 0.5 || !isatty(STDERR_FILENO))
		return;
	p->last = t;
	p->shown = true;
	fprintf(stderr, "\r\033[K%s  %.1f MB  %.0f s", doing[pass], (double)bytes / 1e6, t - p->begun);
}

/* ---- after the analysis ---- */

static int put(const char *path, struct buf *b, enum err e)
{
	struct errinfo ei = { 0 };

	if (!e)
		e = file_write(path, buf_str(b), &ei);
	buf_free(b);
	return e ? complain("%s", ei.msg[0] ? ei.msg : err_text(e)) : -1;
}

/* Each document by itself: one that cannot be written must not cost the others. -1 when all is
 * well. */
static int write_reports(const struct analysis *a, const struct wish *w, const struct common *c)
{
	struct report_options r = { .lang = c->japanese ? REPORT_JA : REPORT_EN,
				    .anonymise = w->anonymise,
				    .title = w->title ? str_of(w->title) : STR_NONE,
				    .names = { catalogue_sectors(), catalogue_countries() } };
	int html = -1, md = -1, json = -1;
	struct buf b;

	buf_init(&b, (size_t)16 << 30);
	if (w->html)
		html = put(w->html, &b, report_html(&a->answer, &r, &b));
	if (w->md)
		md = put(w->md, &b, report_md(&a->answer, &r, &b));
	if (c->json)
		json = put(c->json_file ? c->json_file : "-", &b,
			   report_json(&a->answer, c->defang, &b));
	return html >= 0 ? html : md >= 0 ? md : json;
}

/* Does a document go where the summary would: "-", or another name of standard output? */
static bool to_stdout(const char *path)
{
	struct stat out, st;

	if (!path)
		return false;
	return strcmp(path, "-") == 0 || (fstat(STDOUT_FILENO, &out) == 0 && stat(path, &st) == 0 &&
					  out.st_dev == st.st_dev && out.st_ino == st.st_ino);
}

/* The terminal summary, unless a document goes to standard output. */
static int write_summary(const struct analysis *a, const struct wish *w, const struct common *c)
{
	struct term_options t = { .colour = c->colour,
				  .verbose = c->verbose,
				  .japanese = c->japanese,
				  .width = columns_of_terminal() };
	struct buf b;
	enum err e;

	if ((c->json && (!c->json_file || to_stdout(c->json_file))) || to_stdout(w->html) ||
	    to_stdout(w->md))
		return -1;
	buf_init(&b, (size_t)1 << 30);
	e = report_term(&a->answer, &t, &b);
	if (!e && !c->verbose && a->answer.n_findings)
		buf_c(&b, c->japanese
				  ? "\n根拠と全件: -v、報告書: --html FILE、機械可読: --json\n"
				  : "\nEvery finding and why: -v.  A report: --html FILE.  For machines: --json.\n");
	return put("-", &b, e);
}

static void tell_malformed(const struct answer_input *in, const struct common *c)
{
	if (in->malformed)
		warn(c, "%.*s: %llu %s could not be read", STR_ARG(in->path),
		     (unsigned long long)in->malformed, in->malformed == 1 ? "line" : "lines");
}

/* What could not be read. Says whether any telemetry could. */
static bool tell_trouble(const struct analysis *a, const struct common *c)
{
	const struct answer_input *passed = NULL;
	size_t n_passed = 0;
	bool usable = false;

	for (size_t i = 0; i < a->answer.n_inputs; i++) {
		const struct answer_input *in = &a->answer.inputs[i];

		if (in->passed_over) {
			passed = passed ? passed : in;
			n_passed++;
		} else if (in->trouble.n) {
			(void)complain("%.*s: %.*s", STR_ARG(in->path), STR_ARG(in->trouble));
		} else {
			usable |= str_is(in->kind, "telemetry") && (in->records || !in->malformed);
		}
		if (in->truncated || in->missed || in->dropped)
			warn(c,
			     "%.*s: the capture is not whole: %llu frames cut short, %llu bytes of "
			     "conversations missing, %llu packets dropped",
			     STR_ARG(in->path), (unsigned long long)in->truncated,
			     (unsigned long long)in->missed, (unsigned long long)in->dropped);
		if (in->note.n)
			warn(c, "%.*s: %.*s", STR_ARG(in->path), STR_ARG(in->note));
		tell_malformed(in, c);
	}
	if (n_passed == 1)
		warn(c, "%.*s was passed over: %.*s", STR_ARG(passed->path), STR_ARG(passed->trouble));
	else if (n_passed)
		warn(c, "%zu files in folders were passed over, among them %.*s: %.*s", n_passed,
		     STR_ARG(passed->path), STR_ARG(passed->trouble));
	if (a->names_dropped)
		warn(c, "more names were seen than are kept: %llu were left out",
		     (unsigned long long)a->names_dropped);
	return usable;
}

/* $NEZUMI_PIECE: how many bytes are read at once, for tests; results do not depend on it. */
static size_t piece_asked(void)
{
	const char *asked = getenv("NEZUMI_PIECE");

	return asked ? strtoul(asked, NULL, 10) : 0;
}

static int run_analysis(struct wish *w, const struct common *c)
{
	struct progress p = { 0 };
	struct errinfo ei = { 0 };
	struct analysis a;
	int status;
	enum err e;

	w->o.data = c->data;
	w->o.threads = c->threads;
	w->o.isa = cpu_isa();
	w->o.piece = piece_asked();
	if (!c->quiet)
		w->o.progress = on_progress;
	w->o.progress_ctx = &p;
	stop_on_signals();
	analysis_init(&a, unknowable());
	e = analysis_run(&a, &w->o, &ei);
	if (p.shown)
		fputs("\r\033[K", stderr);
	if (e) {
		status = complain("%s", ei.msg[0] ? ei.msg : err_text(e));
	} else {
		bool usable = tell_trouble(&a, c);

		if (a.indicators_read && !a.answer.indicators)
			warn(c,
			     "no indicator is left to match: all %llu were withheld or are of kinds that "
			     "records do not show",
			     (unsigned long long)a.indicators_read);

		int summary;

		status = write_reports(&a, w, c);
		summary = write_summary(&a, w, c);
		if (status < 0)
			status = summary;
		if (status < 0 && !usable)
			status = complain("no telemetry could be read");
		if (status < 0 && a.indicators_read == 0)
			status = complain("no indicator could be read");
		if (status < 0 && a.trouble && !w->keep_going)
			status = EXIT_ERROR;
		if (status < 0)
			status = a.answer.n_findings ? EXIT_FOUND : EXIT_NOTHING;
	}
	analysis_free(&a);
	return status;
}

static int is_dash(const char *path)
{
	return path && strcmp(path, "-") == 0;
}

static unsigned dashes(const struct list_option *v, size_t n)
{
	unsigned many = 0;

	for (size_t i = 0; i < n; i++)
		many += (unsigned)is_dash(v[i].path);
	return many;
}

static unsigned readers_of_stdin(const struct list_options *o, char **args, int n)
{
	unsigned many = dashes(o->indicators, o->n_indicators) +
			dashes(o->organisations, o->n_organisations) +
			dashes(o->exclusions, o->n_exclusions);

	for (int i = 0; i < n; i++)
		many += (unsigned)is_dash(args[i]);
	return many;
}

static int run(const struct command *self, int argc, char **argv)
{
	struct wish *w = calloc(1, sizeof *w);
	char **args;
	struct common c;
	int n, status;

	if (!w)
		return complain("%s", err_text(ERR_NOMEM));
	w->o = (struct analysis_options){
		.from = TIME_NONE, .to = TIME_NONE, .rules.grace = 30 * TIME_DAY, .shared = 4
	};
	status = parse_options(self, argc, argv, &c, own, w, &args, &n);
	if (status < 0 &&
	    is_dash(w->html) + is_dash(w->md) + (c.json && (!c.json_file || is_dash(c.json_file))) > 1)
		status = complain("only one document can go to standard output");
	if (status < 0 && w->o.from != TIME_NONE && w->o.to != TIME_NONE && w->o.from >= w->o.to)
		status = complain("--from must be before --to");
	if (status < 0 && readers_of_stdin(&w->lists.o, args, n) > 1)
		status = complain("standard input (-) can be given only once");
	if (status < 0 && n == 0)
		status = complain("no telemetry given: files, folders or - for standard input");
	if (status < 0 && w->lists.o.n_indicators == 0) {
		if (!c.data || !store_there(c.data))
			status = complain("no indicators: give some (-i FILE), or nezumi import them");
		w->lists.o.data = c.data;
		w->lists.o.now = (int64_t)time(NULL) * TIME_S;
	}
	if (status < 0) {
		w->o.lists = w->lists.o;
		w->o.owners = w->owners;
		w->o.telemetry = (const char *const *)args;
		w->o.n_telemetry = (size_t)n;
		status = run_analysis(w, &c);
	}
	free(w);
	return status;
}

static const char notes[] =
	"What can be read: nezumi formats. How findings are judged: docs/judgement.md.\n"
	"Without -i the data directory counts, with its lists and what analysts decided;\n"
	"with -i nothing of it does.\n"
	"Exit status: 0 something was found, 1 nothing, 2 error.\n\n"
	"Examples\n"
	"  nezumi analyze -i controllers.txt /var/log/zeek\n"
	"  nezumi analyze -i feodo.csv -o constituents.csv -x warninglists/ \\\n"
	"    --html report.html flows/\n"
	"  zcat eve.json.gz | nezumi analyze -i iocs.csv --json -\n";

const struct command cmd_analyze = { "analyze",
				     "-i INDICATORS [options] TELEMETRY…",
				     "which organisations are talking to controllers",
				     options,
				     run,
				     notes };
