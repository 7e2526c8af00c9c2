/* SPDX-License-Identifier: Apache-2.0 */
/* What came of an import: troubles, then the result, for people and for programs. */
#include "cmd/import_say.h"

#include "base/escape.h"
#include "base/file.h"
#include "base/json.h"

#include <stdio.h>

/* Of what is for people; why a line could not be read is said in English. */
#define SAY(c, en, ja) ((c)->japanese ? (ja) : (en))

/* ---- troubles ---- */

/* How many lines, and why the first of them. */
static void tell_malformed(const struct scan_file *file, const struct reject *first,
			   const struct common *c)
{
	char line[40] = "";

	if (first && first->line)
		(void)snprintf(line, sizeof line, SAY(c, "line %llu: ", "%llu 行目: "),
			       (unsigned long long)first->line);
	warn(c,
	     SAY(c, "%.*s: %llu %s could not be read%s%s%.*s%s",
		 "%.*s: %llu %s読めませんでした%s%s%.*s%s"),
	     STR_ARG(file->path), (unsigned long long)file->malformed,
	     SAY(c, file->malformed == 1 ? "line" : "lines", "行が"), first ? " (" : "", line,
	     STR_ARG(first ? first->why : STR_NONE), first ? ")" : "");
}

static void tell_undated(const struct scan_file *file, const struct common *c)
{
	warn(c,
	     SAY(c,
		 "%.*s: a date of %llu %s is not understood (first in line %llu): taken without "
		 "it; write 2026-01-30",
		 "%.*s: %llu %sの日付が読めません（最初は %llu 行目）。日付なしで取り込みました。"
		 "2026-01-30 のように書いてください"),
	     STR_ARG(file->path), (unsigned long long)file->undated,
	     SAY(c, file->undated == 1 ? "line" : "lines", "行"),
	     (unsigned long long)file->undated_line);
}

static void tell_files(const struct scan_files *f, const struct common *c)
{
	size_t at = 0; /* in what was rejected, which is in the order of the files */

	for (size_t i = 0; i < f->n; i++) {
		const struct scan_file *file = &f->v[i];
		bool ours = file->unreadable || file->reader || !file->from_folder;
		const struct reject *first;

		if (file->trouble.n && ours)
			(void)complain("%.*s: %.*s", STR_ARG(file->path), STR_ARG(file->trouble));
		else if (file->trouble.n)
			warn(c, SAY(c, "%.*s was passed over: %.*s", "%.*s は読みませんでした: %.*s"),
			     STR_ARG(file->path), STR_ARG(file->trouble));
		if (file->partial.n)
			warn(c,
			     SAY(c,
				 "%.*s: %.*s; what stands behind is missing, and nothing is taken "
				 "off the list",
				 "%.*s: %.*s。以降が欠けているため、リストからは何も外しません"),
			     STR_ARG(file->path), STR_ARG(file->partial));
		if (file->note.n)
			warn(c, "%.*s: %.*s", STR_ARG(file->path), STR_ARG(file->note));
		while (at < f->rejects.n && f->rejects.v[at].file < i)
			at++;
		first = at < f->rejects.n && f->rejects.v[at].file == i ? &f->rejects.v[at] : NULL;
		/* That it ends early was told. */
		if (file->malformed > (file->partial.n && first && !first->line))
			tell_malformed(file, first, c);
		if (file->undated)
			tell_undated(file, c);
	}
}

void import_tell(struct intake *in, const struct common *c)
{
	for (int k = 0; k < 4; k++)
		tell_files(&in->files[k], c);
	tell_files(&in->others, c);
}

/* ---- the result ---- */

static void json_file(struct buf *b, const struct scan_file *f, const char *kind, bool *first)
{
	buf_c(b, *first ? "" : ",");
	*first = false;
	buf_c(b, "\n  {\"path\":");
	json_put(b, f->path);
	buf_fmt(b, ",\"kind\":\"%s\",\"format\":", kind);
	if (f->reader)
		json_put(b, str_of(f->reader->name));
	else
		buf_c(b, "null");
	buf_fmt(b, ",\"records\":%llu,\"malformed\":%llu,\"bytes\":%llu", (unsigned long long)f->records,
		(unsigned long long)f->malformed, (unsigned long long)f->bytes);
	if (f->undated)
		buf_fmt(b, ",\"undated\":%llu", (unsigned long long)f->undated);
	if (f->partial.n) {
		buf_c(b, ",\"partial\":");
		json_put(b, f->partial);
	}
	if (f->trouble.n) {
		buf_c(b, ",\"trouble\":");
		json_put(b, f->trouble);
	}
	buf_ch(b, '}');
}

static void say_json(struct buf *b, struct intake *in, const struct store *s)
{
	static const char *const kinds[] = { "indicators", "organisations", "exclusions", "families" };
	const struct load_tally *t;
	size_t n = store_load_tallies(in->load, &t);
	bool first = true;

	buf_c(b, "{\"nezumi\":\"" NEZUMI_VERSION "\",\"database\":");
	json_put(b, store_path(s));
	buf_c(b, ",\n \"inputs\":[");
	for (int k = 0; k < 4; k++)
		for (size_t i = 0; i < in->files[k].n; i++)
			json_file(b, &in->files[k].v[i], kinds[k], &first);
	for (size_t i = 0; i < in->others.n; i++)
		json_file(b, &in->others.v[i], "telemetry", &first);
	buf_c(b, "],\n \"sources\":[");
	for (size_t i = 0; i < n; i++) {
		buf_c(b, i ? ",\n  {\"name\":" : "\n  {\"name\":");
		json_put(b, t[i].source);
		buf_fmt(b,
			",\"indicators\":%llu,\"added\":%llu,\"changed\":%llu,\"gone\":%llu,"
			"\"left_out\":%llu,\"exclusions\":%llu,\"organisations\":%llu,\"families\":%llu}",
			(unsigned long long)t[i].rows, (unsigned long long)t[i].added,
			(unsigned long long)t[i].changed, (unsigned long long)t[i].gone,
			(unsigned long long)t[i].excess, (unsigned long long)t[i].exclusions,
			(unsigned long long)t[i].organisations, (unsigned long long)t[i].aliases);
	}
	buf_c(b, "]}\n");
}

static void count(struct buf *b, const char **between, const struct common *c, uint64_t n,
		  const char *en, const char *ja)
{
	if (n == 0)
		return;
	buf_fmt(b, SAY(c, "%s%llu %s", "%s%llu %s"), *between, (unsigned long long)n, SAY(c, en, ja));
	*between = SAY(c, ", ", "、");
}

static void say_one(struct buf *b, const struct load_tally *t, const struct common *c)
{
	const char *between = "";

	esc_term(b, t->source);
	buf_c(b, ": ");
	if (t->rows) {
		count(b, &between, c, t->rows, "indicators", "件のインジケーター");
		buf_fmt(b,
			SAY(c, " (%llu new, %llu changed, %llu no longer listed)",
			    "（新規 %llu、変更 %llu、掲載終了 %llu）"),
			(unsigned long long)t->added, (unsigned long long)t->changed,
			(unsigned long long)t->gone);
	}
	count(b, &between, c, t->exclusions, "exclusions", "件の除外");
	count(b, &between, c, t->organisations, "networks of organisations", "件の組織のネットワーク");
	count(b, &between, c, t->aliases, "names of families", "件のファミリー名");
	if (t->excess)
		buf_fmt(b,
			SAY(c, "; %llu more statements about values with more than %d were left out",
			    "。ほかに %llu 件は、一つの値について %d 件を超えるため省きました"),
			(unsigned long long)t->excess, LOAD_SAYS_MAX);
	buf_ch(b, '\n');
}

static void say_text(struct buf *b, const struct intake *in, const struct store *s, double took,
		     const struct common *c)
{
	enum { SHOWN = 20 };
	const struct load_tally *t;
	size_t n = store_load_tallies(in->load, &t);

	for (size_t i = 0; i < n && (c->verbose || i < SHOWN); i++)
		say_one(b, &t[i], c);
	if (!c->verbose && n > SHOWN)
		buf_fmt(b,
			SAY(c, "… and %zu more sources (-v shows all)\n",
			    "… ほか %zu 件の情報源（-v ですべて表示）\n"),
			n - SHOWN);
	buf_fmt(b, SAY(c, "done: %llu rows in %.1f s, kept in ", "完了: %llu 行、%.1f 秒、保存先 "),
		(unsigned long long)in->rows, took);
	esc_term(b, store_path(s));
	buf_ch(b, '\n');
}

static int put(const char *path, struct buf *b)
{
	struct errinfo ei = { 0 };
	enum err e = buf_err(b);

	if (!e)
		e = file_write(path, buf_str(b), &ei);
	buf_free(b);
	return e ? complain("all is imported, but this could not be told: %s",
			    ei.msg[0] ? ei.msg : err_text(e))
		 : -1;
}

int import_say(struct intake *in, const struct store *s, const struct common *c, double took)
{
	int status = -1;
	struct buf b;

	if (c->json) {
		buf_init(&b, 0);
		say_json(&b, in, s);
		status = put(c->json_file ? c->json_file : "-", &b);
	}
	if (status < 0 && !c->quiet && (!c->json || c->json_file)) {
		buf_init(&b, 0);
		say_text(&b, in, s, took, c);
		status = put("-", &b);
	}
	return status < 0 ? EXIT_FOUND : status;
}

int import_say_forgotten(const struct common *c, struct str name, const struct store_source *was)
{
	struct errinfo ei = { 0 };
	struct buf b;
	enum err e;

	buf_init(&b, 1 << 20);
	esc_term(&b, name);
	buf_fmt(&b,
		SAY(c, ": forgotten, with %lld indicators listed\n", ": 忘れました（掲載 %lld 件）\n"),
		(long long)was->listed);
	e = buf_err(&b);
	if (!e)
		e = file_write("-", buf_str(&b), &ei);
	buf_free(&b);
	return e ? complain("it is forgotten, but this could not be told: %s",
			    ei.msg[0] ? ei.msg : err_text(e))
		 : EXIT_FOUND;
}
