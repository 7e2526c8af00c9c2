/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/list_options.h"

#include "base/stop.h"
#include "store/store.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { OPT_KEEP_GOING = OPT_BEYOND_LISTS };

static const struct option_row options[] = {
	LIST_OPTIONS,
	{ OPT_KEEP_GOING, "keep-going", NULL, "an unreadable file is no error" },
	{ 'o', "output", "FILE", "the snapshot (else snapshot.nzs in the data directory)" },
	{ 0, NULL, NULL, NULL },
};

struct wish {
	struct list_choice lists;
	bool keep_going;
	const char *out;
};

static int own(void *ctx, int id, const char *arg)
{
	struct wish *w = ctx;
	int status = list_option(&w->lists, id, arg);

	if (status != LIST_OPTION_UNKNOWN)
		return status;
	if (id == 'o')
		w->out = arg;
	else
		w->keep_going = true;
	return -1;
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

static int save(struct wish *w, const struct common *c, struct lists *l)
{
	struct errinfo ei = { 0 };
	uint64_t read = l->snapshot.records;
	size_t unread = tell_trouble(&l->exclusion_files, c) + tell_trouble(&l->indicator_files, c);
	char in_data[4096];
	enum err e = ERR_OK;

	if (read == 0)
		return complain("no indicator could be read");
	if (unread && !w->keep_going)
		return complain("nothing was written: it would lack what could not be read");
	if (!w->out) {
		(void)snprintf(in_data, sizeof in_data, "%s/snapshot.nzs", c->data);
		w->out = in_data;
	} else {
		e = snapfile_save(&l->snapshot, w->out, &ei);
	}
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
	struct errinfo ei = { 0 };
	struct lists l;
	int status;
	enum err e;

	stop_on_signals();
	/* What is made of the data directory is kept there by those who make it. */
	w->lists.o.keep = w->out != NULL;
	lists_init(&l, unknowable());
	e = lists_load(&l, &w->lists.o, &ei);
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
	if (status < 0 && w->lists.o.n_indicators == 0) {
		if (!c.data || !store_there(c.data))
			status = complain("no indicators: give some (-i FILE), or nezumi import them");
		w->lists.o.data = c.data;
		w->lists.o.now = (int64_t)time(NULL) * TIME_S;
	} else if (status < 0 && !w->out) {
		status = complain("where is the snapshot to go: -o FILE");
	}
	if (status < 0)
		status = make(w, &c);
	free(w);
	return status;
}

static const char notes[] =
	"Lists are read, normalised and put through the safety gate once; analyze then\n"
	"maps the file, which it knows by its content, in no time. Its answer is the\n"
	"same as with the lists. With other exclusion lists than those given here, or\n"
	"beside further indicators, the file is read as a list is, which takes longer.\n"
	"Without -i the indicators are those of the data directory; then analyze makes a\n"
	"snapshot by itself when something has changed, and this command does so before.\n"
	"With -o it may be used elsewhere: what analysts allowed is not in it, but the\n"
	"exclusion lists of the data directory have to be given there, too.\n\n"
	"Examples\n"
	"  nezumi snapshot -i iocs.csv -o iocs.nzs && nezumi analyze -i iocs.nzs flows/\n"
	"  nezumi import feeds/ && nezumi snapshot && nezumi analyze /var/log/zeek\n";

const struct command cmd_snapshot = { "snapshot",
				      "[-i INDICATORS] [-x EXCLUSIONS] [-o FILE]",
				      "prepare indicators, so that they are ready at once",
				      options,
				      run,
				      notes };
