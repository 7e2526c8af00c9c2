/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/cmd.h"

#include "app/fetch.h"
#include "base/buf.h"
#include "base/escape.h"
#include "base/file.h"
#include "base/json.h"
#include "base/stop.h"
#include "store/store.h"

#include <libpsl.h>
#include <maxminddb.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>
#include <zstd.h>

enum { OPT_FULL = OPT_OWN, OPT_BACKUP };

static const struct option_row options[] = {
	{ OPT_FULL, "full", NULL, "compare every index with its table, too" },
	{ OPT_BACKUP, "backup", "FILE",
	  "copy the database into FILE, while others go on reading and writing" },
	{ 0, NULL, NULL, NULL },
};

struct wish {
	bool full;
	const char *backup;
};

static int own(void *ctx, int id, const char *arg)
{
	struct wish *w = ctx;

	if (id == OPT_FULL)
		w->full = true;
	else
		w->backup = arg;
	return -1;
}

/* ---- findings ---- */

enum level { FINE, NOTE, WRONG };

/* What a finding is about. */
enum topic {
	SQLITE,
	ZSTD,
	MAXMINDDB,
	PSL,
	CURL,
	PLACE,
	RIGHTS,
	ROOM,
	LOCK,
	DATABASE,
	CONTENT,
	SOURCE
};

/* English names are those of the JSON, too; a library is called the same everywhere. */
static const char *const topics[][2] = {
	[SQLITE] = { "SQLite", "SQLite" },
	[ZSTD] = { "zstd", "zstd" },
	[MAXMINDDB] = { "libmaxminddb", "libmaxminddb" },
	[PSL] = { "libpsl", "libpsl" },
	[CURL] = { "libcurl", "libcurl" },
	[PLACE] = { "data directory", "データ領域" },
	[RIGHTS] = { "rights", "権限" },
	[ROOM] = { "room", "空き容量" },
	[LOCK] = { "lock", "ロック" },
	[DATABASE] = { "database", "データベース" },
	[CONTENT] = { "content", "内容" },
	[SOURCE] = { "source", "情報源" },
};

struct finding {
	enum level level;
	enum topic topic;
	char text[512];
};

struct examination {
	bool japanese; /* what people read; JSON is English */
	struct finding v[128];
	size_t n;
	bool wrong;
};

/* A macro, so that the compiler sees the formats. */
#define TELL(x, en, ja) ((x)->japanese ? (ja) : (en))

static void find(struct examination *x, enum level level, enum topic topic, const char *fmt, ...)
	PRINTF(4, 5);

static void find(struct examination *x, enum level level, enum topic topic, const char *fmt, ...)
{
	struct finding *f = &x->v[x->n];
	va_list ap;

	x->wrong |= level == WRONG;
	if (x->n == sizeof x->v / sizeof x->v[0])
		return;
	x->n++;
	f->level = level;
	f->topic = topic;
	va_start(ap, fmt);
	(void)vsnprintf(f->text, sizeof f->text, fmt, ap);
	va_end(ap);
}

/* ---- what is looked at ---- */

static void libraries(struct examination *x)
{
	struct errinfo ei = { 0 };
	struct buf text;

	if (store_library_number() < 3051003)
		find(x, FINE, SQLITE,
		     TELL(x,
			  "%s; before 3.51.3 several writers could damage a database when its log is "
			  "begun anew: there is only one at a time here (the lock)",
			  "%s、3.51.3 より前の版では、複数の書き手がログを更新する際にデータベースを損なう"
			  "ことがあります。ここでは書き手は常に一つです（ロック）"),
		     store_library());
	else
		find(x, FINE, SQLITE, "%s", store_library());
	find(x, FINE, ZSTD, "%s", ZSTD_versionString());
	find(x, FINE, MAXMINDDB, "%s", MMDB_lib_version());
	find(x, FINE, PSL, "%s", psl_get_version());
	buf_init(&text, 4096);
	if (fetch_library(&text, &ei))
		find(x, NOTE, CURL, "%s", ei.msg);
	else
		find(x, FINE, CURL, "%.*s", STR_ARG(buf_str(&text)));
	buf_free(&text);
}

static void directory(struct examination *x, const char *data)
{
	struct statvfs fs;
	struct stat st;
	uint64_t left;

	if (stat(data, &st)) {
		find(x, NOTE, PLACE,
		     TELL(x, "%s is not there yet; nezumi import makes it",
			  "%s はまだありません（nezumi import が作ります）"),
		     data);
		return;
	}
	if (!S_ISDIR(st.st_mode)) {
		find(x, WRONG, PLACE,
		     TELL(x, "%s is no directory", "%s はディレクトリではありません"), data);
		return;
	}
	find(x, FINE, PLACE, "%s", data);
	if (access(data, R_OK | X_OK))
		find(x, WRONG, RIGHTS, "%s",
		     TELL(x, "it cannot be read by this user", "この利用者には読めません"));
	else if (access(data, W_OK))
		find(x, NOTE, RIGHTS, "%s",
		     TELL(x, "it cannot be written by this user", "この利用者には書けません"));
	if (st.st_mode & S_IWOTH)
		find(x, WRONG, RIGHTS,
		     TELL(x, "anybody may write in it (mode %o): chmod o-w",
			  "誰でも書き込めます（モード %o）: chmod o-w"),
		     st.st_mode & 07777);
	else if (st.st_mode & S_IROTH)
		find(x, NOTE, RIGHTS,
		     TELL(x, "anybody may read what is in it (mode %o)", "誰でも読めます（モード %o）"),
		     st.st_mode & 07777);
	if (statvfs(data, &fs))
		return;
	left = (uint64_t)fs.f_bavail * fs.f_frsize;
	find(x, left < ((uint64_t)1 << 30) ? NOTE : FINE, ROOM,
	     TELL(x, "%.1f GB free", "残り %.1f GB"), (double)left / 1e9);
}

static void lock(struct examination *x, const char *data)
{
	char who[160];

	if (store_locked(data, who))
		find(x, NOTE, LOCK, TELL(x, "held: %s", "使用中: %s"), who);
	else
		find(x, FINE, LOCK, "%s", TELL(x, "nobody is writing", "書き込み中のものはありません"));
}

static void put_day(char to[16], int64_t t)
{
	struct buf b;

	buf_init(&b, 64);
	if (t != TIME_NONE)
		time_format_date(&b, t);
	(void)snprintf(to, 16, "%.*s", STR_ARG(buf_str(&b)));
	buf_free(&b);
}

struct telling {
	struct examination *x;
	struct store *s;
	int64_t ids[64];
	char names[64][48];
	size_t n;
	uint64_t more;
};

static enum err on_source(void *ctx, const struct store_source *src)
{
	struct telling *t = ctx;

	if (t->n == sizeof t->ids / sizeof t->ids[0]) {
		t->more++;
		return ERR_OK;
	}
	t->ids[t->n] = src->id;
	(void)snprintf(t->names[t->n++], sizeof t->names[0], "%.*s", STR_ARG(src->name));
	return ERR_OK;
}

struct named_run {
	struct examination *x;
	const char *name;
	bool any;
};

static enum err on_run(void *ctx, const struct store_run *run)
{
	static const char *const status[][2] = { [RUN_DONE] = { "done", "完了" },
						 [RUN_FAILED] = { "failed", "失敗" },
						 [RUN_HELD] = { "held", "保留" },
						 [RUN_UNCHANGED] = { "unchanged", "変更なし" } };
	struct named_run *n = ctx;
	char when[16];

	put_day(when, run->ended);
	n->any = true;
	find(n->x, run->status == RUN_FAILED || run->status == RUN_HELD ? NOTE : FINE, SOURCE,
	     TELL(n->x, "%s: %s %s, %llu rows%s%.*s", "%s: %s %s、%llu 行%s%.*s"), n->name,
	     run->status <= RUN_UNCHANGED ? status[run->status][n->x->japanese] : "?", when,
	     (unsigned long long)run->rows, run->error.n ? ": " : "", STR_ARG(run->error));
	return ERR_OK;
}

static enum err sources(struct examination *x, struct store *s, struct errinfo *ei)
{
	struct telling *t = calloc(1, sizeof *t);
	enum err e = t ? ERR_OK : ERR_NOMEM;

	if (!e)
		e = store_sources(s, on_source, t, ei);
	for (size_t i = 0; !e && i < t->n; i++) {
		struct named_run n = { .x = x, .name = t->names[i] };

		e = store_runs(s, t->ids[i], 1, on_run, &n, ei);
	}
	if (!e && t->more)
		find(x, FINE, SOURCE, TELL(x, "and %llu more", "ほか %llu 件"),
		     (unsigned long long)t->more);
	free(t);
	return e;
}

static enum err database(struct examination *x, struct store *s, bool full, struct errinfo *ei)
{
	struct store_health h;
	enum err e = store_examine(s, full, &h, ei);

	if (e)
		return e;
	for (unsigned i = 0; i < h.n_problems; i++)
		find(x, WRONG, DATABASE, "%.*s", STR_ARG(h.problems[i]));
	if (!h.n_problems)
		find(x, FINE, DATABASE,
		     TELL(x, "whole (%s check), version %d of its tables, %.1f MB",
			  "健全（%s検査）、表の版 %d、%.1f MB"),
		     full ? TELL(x, "full", "完全") : TELL(x, "quick", "簡易"), h.version,
		     (double)h.bytes / 1e6);
	find(x, FINE, CONTENT,
	     TELL(x,
		  "%llu sources, %llu statements, %llu exclusions, %llu networks of organisations, "
		  "%llu decisions",
		  "情報源 %llu、記載 %llu、除外 %llu、組織のネットワーク %llu、判断 %llu"),
	     (unsigned long long)h.sources, (unsigned long long)h.statements,
	     (unsigned long long)h.exclusions, (unsigned long long)h.organisations,
	     (unsigned long long)h.overrides);
	return sources(x, s, ei);
}

/* ---- saying it ---- */

/* A line, its text folded to the width of the terminal, between words where there are some. */
static void put_line(struct buf *b, const char *mark, const char *topic, struct str text, size_t width)
{
	enum { MARK = 7, TOPIC = 16 };
	size_t room = width - MARK - TOPIC;

	buf_puts(b, str_of(mark));
	for (size_t n = text_width(str_of(mark)); n < MARK; n++)
		buf_ch(b, ' ');
	buf_puts(b, str_of(topic));
	for (size_t n = text_width(str_of(topic)); n < TOPIC; n++)
		buf_ch(b, ' ');
	while (text_width(text) > room) {
		struct str head = text_head(text, room);
		size_t at = head.n;

		while (at > head.n / 2 && text.p[at] != ' ')
			at--;
		head = at > head.n / 2 ? str_head(head, at) : head;
		if (head.n == 0)
			break;
		buf_puts(b, head);
		buf_fmt(b, "\n%*s", MARK + TOPIC, "");
		text = str_trim(str_skip(text, head.n));
	}
	buf_puts(b, text);
	buf_ch(b, '\n');
}

static int say(const struct examination *x, const struct common *c)
{
	static const char *const marks[][2] = { { "ok", "正常" }, { "note", "注意" }, { "WRONG", "異常" } };
	struct errinfo ei = { 0 };
	struct buf b, text;
	enum err e;

	buf_init(&b, 0);
	buf_init(&text, 0);
	if (c->json)
		buf_fmt(&b, "{\"ok\":%s,\"findings\":[", x->wrong ? "false" : "true");
	for (size_t i = 0; i < x->n; i++) {
		const struct finding *f = &x->v[i];

		if (c->json) {
			buf_fmt(&b, "%s\n {\"level\":\"%s\",\"what\":\"%s\",\"text\":", i ? "," : "",
				f->level == WRONG ? "wrong" : marks[f->level][0], topics[f->topic][0]);
			json_put(&b, str_of(f->text));
			buf_ch(&b, '}');
		} else if (f->level != FINE || !c->quiet) {
			buf_clear(&text);
			esc_term(&text, str_of(f->text));
			put_line(&b, marks[f->level][x->japanese], topics[f->topic][x->japanese],
				 buf_str(&text), columns_of_terminal());
		}
	}
	if (c->json)
		buf_c(&b, "]}\n");
	e = buf_err(&b) ? buf_err(&b) : buf_err(&text);
	if (!e)
		e = file_write(c->json && c->json_file ? c->json_file : "-", buf_str(&b), &ei);
	buf_free(&b);
	buf_free(&text);
	if (e)
		return complain("%s", ei.msg[0] ? ei.msg : err_text(e));
	return x->wrong ? EXIT_ERROR : EXIT_FOUND;
}

static int back_up(struct store *s, const char *to, const struct common *c)
{
	struct errinfo ei = { 0 };
	enum err e;

	stop_on_signals();
	e = store_backup(s, to, &ei);
	if (e)
		return complain("%s", ei.msg[0] ? ei.msg : err_text(e));
	if (!c->quiet && !c->json)
		printf(c->japanese ? "%s: データベースの写しを作りました\n"
				   : "%s: a copy of the database\n",
		       to);
	return EXIT_FOUND;
}

static int examine(const struct wish *w, const struct common *c)
{
	struct examination *x = calloc(1, sizeof *x);
	struct errinfo ei = { 0 };
	struct store *s = NULL;
	int status = EXIT_FOUND, said;
	enum err e = ERR_OK;

	if (!x)
		return complain("%s", err_text(ERR_NOMEM));
	x->japanese = c->japanese && !c->json;
	libraries(x);
	directory(x, c->data);
	if (store_there(c->data)) {
		lock(x, c->data);
		e = store_open(c->data, STORE_READ, "doctor", &s, &ei);
		if (!e)
			e = database(x, s, w->full, &ei);
		if (e)
			find(x, WRONG, DATABASE, "%s", ei.msg[0] ? ei.msg : err_text(e));
	} else {
		find(x, NOTE, DATABASE, "%s", TELL(x, "there is none yet", "まだありません"));
	}
	if (w->backup)
		status = s ? back_up(s, w->backup, c) : complain("there is no database to copy");
	store_close(s);
	said = say(x, c);
	free(x);
	return said != EXIT_FOUND ? said : status;
}

static int run(const struct command *self, int argc, char **argv)
{
	struct wish w = { 0 };
	struct common c;
	char **args;
	int n, status = parse_options(self, argc, argv, &c, own, &w, &args, &n);

	if (status < 0 && n > 0)
		status = complain("%s: doctor takes no arguments", args[0]);
	if (status < 0 && !c.data)
		status = complain("there is no data directory: --data DIR");
	return status < 0 ? examine(&w, &c) : status;
}

static const char notes[] =
	"Looks at the data directory, its rights and room, who is writing, the database\n"
	"and the last run of each source, and at the libraries. Exit status: 0 all is\n"
	"well, 2 something is wrong.\n\n"
	"Examples\n"
	"  nezumi doctor --full\n"
	"  nezumi doctor --backup /backup/nezumi-$(date +%F).db\n";

const struct command cmd_doctor = { "doctor", "",  "is the data directory well? copy it",
				    options,  run, notes };
