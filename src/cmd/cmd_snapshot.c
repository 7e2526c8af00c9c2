/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/cmd.h"

#include "app/lists.h"
#include "base/stop.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

enum { OPT_EXCLUSIONS_AS = OPT_OWN, OPT_INDICATORS_AS, OPT_COLUMN, OPT_NO_BUILTIN, OPT_KEEP_GOING };

enum { MANY = 1024, COLUMNS = 64 };

static const struct option_row options[] = {
	{ 'i', "indicators", "FILE", "indicators: a file or folder (may be repeated)" },
	{ 'x', "exclusions", "FILE",
	  "what is special: MISP warninglists, lists of networks, AS numbers, names" },
	{ OPT_EXCLUSIONS_AS, "exclusions-as", "CLASS",
	  "what the lists behind this option prove: benign, provider, scanner, sinkhole or research "
	  "(else benign)" },
	{ OPT_INDICATORS_AS, "indicators-as", "FORMAT",
	  "read indicators as this format instead of by content" },
	{ OPT_COLUMN, "column", "FIELD=NAME", "a CSV column by its name in the file" },
	{ OPT_NO_BUILTIN, "no-builtin", NULL,
	  "without the lists of benign services that the program carries" },
	{ OPT_KEEP_GOING, "keep-going", NULL, "an unreadable file is no error" },
	{ 'o', "output", "FILE", "the snapshot (else snapshot.nzs in the data directory)" },
	{ 0, NULL, NULL, NULL },
};

struct wish {
	struct list_option list[2][MANY]; /* indicators, exclusions */
	size_t n_list[2];
	struct str columns[COLUMNS][2];
	size_t n_columns;
	const struct reader *indicators_as;
	bool classed, no_builtin, keep_going;
	enum xclass class;
	const char *out;
};

static int add_list(struct wish *w, int which, const char *path)
{
	if (w->n_list[which] == MANY)
		return complain("more than %d lists; give a folder instead", MANY);
	w->list[which][w->n_list[which]++] = (struct list_option){ path, w->classed, w->class };
	return -1;
}

static int set_column(struct wish *w, const char *arg)
{
	const char *eq = strchr(arg, '=');

	if (w->n_columns == COLUMNS)
		return complain("more than %d --column", COLUMNS);
	if (!eq || eq == arg || !eq[1])
		return complain("--column is FIELD=NAME, not %s", arg);
	w->columns[w->n_columns][0] = str_range(arg, eq);
	w->columns[w->n_columns++][1] = str_of(eq + 1);
	return -1;
}

static int own(void *ctx, int id, const char *arg)
{
	struct wish *w = ctx;

	switch (id) {
	case 'i':
		return add_list(w, 0, arg);
	case 'x':
		return add_list(w, 1, arg);
	case 'o':
		w->out = arg;
		return -1;
	case OPT_EXCLUSIONS_AS:
		w->classed = xclass_parse(str_of(arg), &w->class);
		return w->classed ? -1 : complain("%s: no such class of exclusions", arg);
	case OPT_INDICATORS_AS:
		w->indicators_as = reader_named(READS_INDICATORS, str_of(arg));
		return w->indicators_as
			       ? -1
			       : complain("%s: no such format; nezumi formats lists them", arg);
	case OPT_COLUMN:
		return set_column(w, arg);
	case OPT_NO_BUILTIN:
		w->no_builtin = true;
		return -1;
	default:
		w->keep_going = true;
		return -1;
	}
}

/* What could not be read; how many files. A folder may hold a licence or a picture. */
static size_t tell_trouble(const struct scan_files *files, const struct common *c)
{
	size_t unread = 0;

	for (size_t i = 0; i < files->n; i++) {
		const struct scan_file *f = &files->v[i];
		bool ours = f->unreadable || f->reader || !f->from_folder;

		if (f->trouble.n && ours)
			(void)complain("%.*s: %.*s", STR_ARG(f->path), STR_ARG(f->trouble));
		else if (f->trouble.n)
			warn(c, "%.*s was passed over: %.*s", STR_ARG(f->path), STR_ARG(f->trouble));
		unread += f->trouble.n && ours;
		if (f->note.n)
			warn(c, "%.*s: %.*s", STR_ARG(f->path), STR_ARG(f->note));
		if (f->malformed)
			warn(c, "%.*s: %llu %s could not be read", STR_ARG(f->path),
			     (unsigned long long)f->malformed, f->malformed == 1 ? "line" : "lines");
	}
	return unread;
}

/* The folders above a file, as far as they are missing; what cannot be made will be told when the
 * file is written. Indicators are not everybody's to read. */
static void make_folders(const char *path)
{
	char folder[4096];

	for (const char *p = path + 1; *p; p++)
		if (*p == '/' && (size_t)(p - path) < sizeof folder) {
			memcpy(folder, path, (size_t)(p - path));
			folder[p - path] = 0;
			(void)mkdir(folder, 0700);
		}
}

static int save(struct wish *w, const struct common *c, struct lists *l)
{
	struct errinfo ei = { 0 };
	uint64_t read = l->snapshot.records;
	size_t unread = tell_trouble(&l->exclusion_files, c) + tell_trouble(&l->indicator_files, c);
	char in_data[4096];
	enum err e;

	if (read == 0)
		return complain("no indicator could be read");
	if (unread && !w->keep_going)
		return complain("nothing was written: it would lack what could not be read");
	if (!w->out) {
		(void)snprintf(in_data, sizeof in_data, "%s/snapshot.nzs", c->data);
		make_folders(in_data);
		w->out = in_data;
	}
	e = snapfile_save(&l->snapshot, w->out, &ei);
	if (e)
		return complain("%s", ei.msg[0] ? ei.msg : err_text(e));
	if (!c->quiet && strcmp(w->out, "-") != 0)
		printf("%s: %llu indicators read, %llu values to match, %zu withheld, %zu bytes\n",
		       w->out, (unsigned long long)read, (unsigned long long)l->snapshot.distinct,
		       l->withheld.n, l->snapshot.block.n);
	return EXIT_FOUND;
}

static int make(struct wish *w, const struct common *c)
{
	const struct list_options o = { .indicators = w->list[0],
					.n_indicators = w->n_list[0],
					.exclusions = w->list[1],
					.n_exclusions = w->n_list[1],
					.indicators_as = w->indicators_as,
					.columns = w->columns,
					.n_columns = w->n_columns,
					.no_builtin = w->no_builtin,
					.keep = true };
	struct errinfo ei = { 0 };
	struct lists l;
	int status;
	enum err e;

	stop_on_signals();
	lists_init(&l, unknowable());
	e = lists_load(&l, &o, &ei);
	status = e ? complain("%s", ei.msg[0] ? ei.msg : err_text(e)) : save(w, c, &l);
	lists_free(&l);
	return status;
}

static int run(const struct command *self, int argc, char **argv)
{
	struct wish *w = calloc(1, sizeof *w);
	struct common c;
	char **args;
	int n, status;

	if (!w)
		return complain("%s", err_text(ERR_NOMEM));
	status = parse_options(self, argc, argv, &c, own, w, &args, &n);
	if (status < 0 && n > 0)
		status = complain("%s: lists are given by -i and -x", args[0]);
	if (status < 0 && w->n_list[0] == 0)
		status = complain("no indicators given: -i FILE");
	if (status < 0 && !w->out && !c.data)
		status = complain("there is no data directory: -o FILE");
	if (status < 0)
		status = make(w, &c);
	free(w);
	return status;
}

static const char notes[] =
	"Lists are read, normalised and put through the safety gate once; analyze then maps the file,\n"
	"which it knows by its content, in no time. Its answer is the same as with the lists. It uses\n"
	"the file in the data directory when it is given no indicators. With other exclusion lists than\n"
	"those given here, or beside further indicators, the file is read as a list is, which takes\n"
	"longer.\n\n"
	"Examples\n"
	"  nezumi snapshot -i feeds/ -x warninglists/ && nezumi analyze -x warninglists/ /var/log/zeek\n"
	"  nezumi snapshot -i iocs.csv -o iocs.nzs && nezumi analyze -i iocs.nzs flows/\n";

const struct command cmd_snapshot = { "snapshot",
				      "-i INDICATORS [-x EXCLUSIONS] [-o FILE]",
				      "prepare indicators, so that they are ready at once",
				      options,
				      run,
				      notes };
