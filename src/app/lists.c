/* SPDX-License-Identifier: Apache-2.0 */
#include "app/lists_parts.h"

#include "app/gate.h"

#include <stdlib.h>

void lists_init(struct lists *l, uint64_t seed)
{
	*l = (struct lists){ 0 };
	scan_files_init(&l->indicator_files);
	scan_files_init(&l->organisation_files);
	scan_files_init(&l->exclusion_files);
	snapshot_init(&l->snapshot, seed);
	orgs_init(&l->orgs);
	exset_init(&l->exset, seed);
	overrides_init(&l->overrides);
	arena_init(&l->arena, (size_t)4 << 30);
}

void lists_free(struct lists *l)
{
	scan_files_free(&l->indicator_files);
	scan_files_free(&l->organisation_files);
	scan_files_free(&l->exclusion_files);
	snapshot_free(&l->snapshot);
	snapfile_close(&l->snapfile);
	orgs_free(&l->orgs);
	exset_free(&l->exset);
	overrides_free(&l->overrides);
	arena_free(&l->arena);
	free(l->withheld.v);
}

static void failed(struct lists_load *s, enum err e)
{
	if (!s->err)
		s->err = e;
}

/* ---- what the program carries ---- */

enum err lists_exclusion(void *ctx, const struct exclusion *x)
{
	struct lists_load *s = ctx;

	return exset_add(&s->l->exset, x);
}

/* ---- files ---- */

/* Nothing in network records meets it; only who makes a snapshot has a use for it. */
static enum err set_aside(struct lists_load *s, const struct indicator *i)
{
	return s->keep ? snapshot_add_other(&s->l->snapshot, i) : ERR_OK;
}

/* Say of addresses and names whose they are, as an exclusion list would. */
static enum err exclude(struct lists_load *s, const struct indicator *i)
{
	struct exclusion x = { .net = i->net,
			       .list = i->source,
			       .class = i->role == ROLE_SCANNER ? X_SCANNER : X_SINKHOLE };

	x.type = i->type <= IT_CIDR ? ENTRY_NET : ENTRY_NAME;
	x.name = i->type == IT_DOMAIN ? i->value : STR_NONE;
	return i->type == IT_URL ? ERR_OK : exset_add(&s->l->exset, &x);
}

enum err lists_take(void *ctx, const struct indicator *i)
{
	struct lists_load *s = ctx;
	enum err e;

	if (i->type == IT_HASH || i->role == ROLE_INFECTED_HOST)
		return set_aside(s, i);
	if (i->role != ROLE_SCANNER && i->role != ROLE_SINKHOLE)
		return snapshot_add(&s->l->snapshot, i);
	e = exclude(s, i);
	return e ? e : set_aside(s, i);
}

static void on_indicator(void *ctx, const struct indicator *given)
{
	struct lists_load *s = ctx;
	struct indicator i = *given;
	enum err e;

	if (s->err)
		return;
	s->file->records++;
	i.family = carried_family(&s->carried, i.family);
	if (i.source.n == 0)
		i.source = s->file_name;
	/* A source whose dates contradict each other means the time between them. */
	if (i.from != TIME_NONE && i.until != TIME_NONE && i.until < i.from) {
		int64_t later = i.from;

		i.from = i.until;
		i.until = later;
	}
	e = lists_take(s, &i);
	if (e)
		failed(s, e);
}

static void on_org(void *ctx, const struct org_entry *o)
{
	struct lists_load *s = ctx;
	enum err e = s->err ? s->err : orgs_add(&s->l->orgs, o);

	s->file->records++;
	if (e)
		failed(s, e);
}

static void on_exclusion(void *ctx, const struct exclusion *given)
{
	struct lists_load *s = ctx;
	struct exclusion x = *given;
	const char *note;
	enum err e;

	if (s->err)
		return;
	s->file->records++;
	if (!carried_settle(&s->carried, &x, s->class_of->classed, s->class_of->class,
			    path_name(s->file->path), &note)) {
		if (note)
			s->file->note = STR("a warninglist of unknown class: left out; put "
					    "--exclusions-as CLASS before it");
		return;
	}
	e = exset_add(&s->l->exset, &x);
	if (e)
		failed(s, e);
}

static enum err slot(void *ctx, struct sink *sink)
{
	sink->ctx = ctx;
	sink->indicator = on_indicator;
	sink->org = on_org;
	sink->exclusion = on_exclusion;
	return ERR_OK;
}

static void slot_free(void *ctx, struct sink *sink)
{
	(void)ctx;
	(void)sink;
}

static void begin(void *ctx, struct scan_block *b)
{
	struct lists_load *s = ctx;

	s->file = &s->files->v[b->file];
	s->file_name = path_name(s->file->path);
}

static enum err take(void *ctx, struct scan_block *b)
{
	(void)b;
	return ((struct lists_load *)ctx)->err;
}

/* ---- snapshots among the indicators ---- */

/* For its name and title only: such files are not read but mapped. */
static const struct reader snapshot_reader = {
	.name = "snapshot",
	.title = "indicators as they were prepared by nezumi snapshot",
	.reads = READS_INDICATORS,
	.frame = FRAME_DOCUMENT,
};

/* What was withheld when it was made is so still. */
static enum err adopt_withheld(struct lists *l)
{
	for (size_t i = 0; i < l->snapshot.n_withheld; i++) {
		struct withheld *w = VEC_PUSH(&l->withheld);
		struct str text[4];

		if (!w)
			return ERR_NOMEM;
		snapshot_withheld(&l->snapshot, i, text);
		*w = (struct withheld){ text[0], text[1], text[2], text[3] };
	}
	return ERR_OK;
}

/* Of a snapshot that is read like a list: what analysts had decided when it was made. The rest the
 * gate is asked about again. */
static enum err adopt_decided(struct lists *l, const struct snapshot *from)
{
	for (size_t i = 0; i < from->n_withheld; i++) {
		struct str text[4];
		struct withheld *w;

		snapshot_withheld(from, i, text);
		if (!str_is(text[1], "allow-listed") || !str_starts(text[2], STR("override: ")))
			continue;
		w = VEC_PUSH(&l->withheld);
		if (!w)
			return ERR_NOMEM;
		for (int k = 0; k < 4; k++) {
			text[k] = arena_str(&l->arena, text[k]);
			if (!text[k].p)
				return ERR_NOMEM;
		}
		*w = (struct withheld){ text[0], text[1], text[2], text[3] };
	}
	return ERR_OK;
}

static enum err adopt_other(void *ctx, const struct indicator *i)
{
	bool excludes = i->type != IT_HASH && (i->role == ROLE_SCANNER || i->role == ROLE_SINKHOLE);

	return excludes ? exclude(ctx, i) : ERR_OK;
}

enum err lists_adopt(struct lists_load *s, const struct snapshot *opened, const struct snapfile *map)
{
	struct lists *l = s->l;
	enum err e;

	l->snapshot = *opened;
	l->snapfile = *map;
	s->adopted = true;
	e = snapshot_others(&l->snapshot, adopt_other, s);
	return e ? e : adopt_withheld(l);
}

/*
 * A snapshot alone, made with the same exclusion lists, is used where it lies. Otherwise what it
 * holds is taken as if it were read from a list: the gate may have changed its mind.
 */
static enum err take_snapshot(struct lists_load *s, struct scan_files *files, size_t at, bool alone)
{
	struct scan_file *file = &files->v[at];
	struct snapfile map = { 0 };
	struct lists *l = s->l;
	struct snapshot opened;
	struct errinfo ei = { 0 };
	enum err e;

	snapshot_init(&opened, l->snapshot.seed);
	e = snapfile_open(&map, &opened, file->path.p, &ei);
	file->reader = &snapshot_reader;
	if (e) {
		file->trouble = arena_str(&files->arena, str_of(ei.msg));
		file->unreadable = true;
		return file->trouble.p ? ERR_OK : ERR_NOMEM;
	}
	file->records = opened.records;
	file->bytes = map.n;
	if (alone && opened.digest == s->digest)
		return lists_adopt(s, &opened, &map);
	e = snapshot_each(&opened, lists_take, s);
	if (!e)
		e = snapshot_others(&opened, lists_take, s);
	if (!e)
		e = adopt_decided(l, &opened);
	snapshot_free(&opened);
	snapfile_close(&map);
	return e;
}

static enum err take_snapshots(struct lists_load *s, struct scan_files *files, size_t from, bool only)
{
	enum err e = ERR_OK;

	for (size_t i = from; !e && i < files->n; i++)
		if (snapfile_is(files->v[i].path.p))
			e = take_snapshot(s, files, i, only && files->n == 1);
	return e;
}

/* Whatever the driver thinks of them, snapshots are not for it. */
static void pass_snapshots(struct scan_files *files, size_t from)
{
	for (size_t i = from; i < files->n; i++)
		if (snapfile_is(files->v[i].path.p)) {
			files->v[i].reader = NULL;
			files->v[i].trouble = STR_NONE;
			files->v[i].unreadable = false;
		}
}

/* ---- all lists ---- */

static enum err read_files(struct lists_load *s, struct scan_files *files,
			   const struct list_option *o, enum reads reads, const struct reader *as,
			   const struct list_options *all, struct errinfo *ei)
{
	struct scan_client c = { .ctx = s,
				 .threads = 1,
				 .columns = all->columns,
				 .n_columns = all->n_columns,
				 .slot = slot,
				 .slot_free = slot_free,
				 .begin = begin,
				 .take = take };
	size_t from = files->n;
	enum err e = scan_add(files, o->path, ei);

	s->files = files;
	s->class_of = o;
	if (!e)
		e = scan_recognise(files, from, reads, as,
				   &(struct scan_columns){ all->columns, all->n_columns });
	if (!e && reads == READS_INDICATORS) {
		pass_snapshots(files, from);
		e = scan_run(files, from, &c);
		return e ? e : take_snapshots(s, files, from, all->n_indicators == 1 && !all->keep);
	}
	return e ? e : scan_run(files, from, &c);
}

/* All exclusions before the indicators: what the gate says depends on them. */
static enum err load_all(struct lists_load *s, const struct list_options *o, struct store *db,
			 struct errinfo *ei)
{
	struct lists *l = s->l;
	enum err e = carried_load(&s->carried);

	s->carried.names = db;
	s->carried.seed = l->snapshot.seed;
	if (!e && !o->no_builtin)
		e = carried_exclusions(lists_exclusion, s);
	for (size_t i = 0; !e && i < o->n_exclusions; i++)
		e = read_files(s, &l->exclusion_files, &o->exclusions[i], READS_EXCLUSIONS, NULL, o, ei);
	if (!e && db)
		e = lists_specials(s, db, ei);
	s->digest = gate_digest(&l->exset, &l->overrides);
	for (size_t i = 0; !e && i < o->n_organisations; i++)
		e = read_files(s, &l->organisation_files, &o->organisations[i], READS_ORGS, NULL, o, ei);
	if (!e && db)
		e = lists_organisations(s, db, ei);
	for (size_t i = 0; !e && i < o->n_indicators; i++)
		e = read_files(s, &l->indicator_files, &o->indicators[i], READS_INDICATORS,
			       o->indicators_as, o, ei);
	if (!e && db)
		e = lists_indicators(s, db, o->data, !o->keep, ei);
	return e;
}

enum err lists_load(struct lists *l, const struct list_options *o, struct errinfo *ei)
{
	struct lists_load s = { .l = l, .keep = o->keep, .now = o->now };
	struct store *db = NULL;
	enum err e = ERR_OK;

	if (o->data)
		e = store_open(o->data, STORE_READ, "reading", &db, ei);
	if (!e && db)
		e = store_hold(db, ei);
	if (!e)
		e = load_all(&s, o, db, ei);
	store_close(db);
	if (!e)
		e = exset_build(&l->exset);
	if (!e)
		e = orgs_build(&l->orgs);
	if (!e && !s.adopted)
		e = gate_indicators(l, s.keep);
	if (!e && !s.adopted) {
		l->snapshot.digest = s.digest;
		for (size_t i = 0; !o->data && i < l->indicator_files.n; i++)
			l->snapshot.records += l->indicator_files.v[i].records;
		e = snapshot_build(&l->snapshot);
		if (!e && o->data && !o->keep)
			lists_save(l, o->data);
	}
	free(s.own.v);
	carried_free(&s.carried);
	return e;
}
