/* SPDX-License-Identifier: Apache-2.0 */
#include "app/lists.h"

#include "app/carried.h"
#include "app/gate.h"
#include "base/mix.h"
#include "store/store.h"

#include <stdio.h>
#include <stdlib.h>

/* State while files are read; everything here is used by one thread. */
struct load {
	struct lists *l;
	struct scan_files *files;
	struct scan_file *file; /* being read */
	struct str file_name;   /* of it, without folders */
	enum err err;           /* the first one that a callback met */
	bool keep;              /* what is not matched, too */
	bool adopted;           /* the snapshot is one that was opened, with all it needs */
	uint64_t digest;        /* of the exclusion lists */
	struct carried carried;
	const struct list_option *class_of; /* exclusions: the option of the files being read */
	VEC(struct indicator) own;          /* what only analysts say */
	int64_t now;
};

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

static void failed(struct load *s, enum err e)
{
	if (!s->err)
		s->err = e;
}

/* ---- what the program carries ---- */

static enum err add_exclusion(void *ctx, const struct exclusion *x)
{
	struct load *s = ctx;

	return exset_add(&s->l->exset, x);
}

/* ---- files ---- */

/* Nothing in network records meets it; only who makes a snapshot has a use for it. */
static enum err set_aside(struct load *s, const struct indicator *i)
{
	return s->keep ? snapshot_add_other(&s->l->snapshot, i) : ERR_OK;
}

/* Say of addresses and names whose they are, as an exclusion list would. */
static enum err exclude(struct load *s, const struct indicator *i)
{
	struct exclusion x = { .net = i->net,
			       .list = i->source,
			       .class = i->role == ROLE_SCANNER ? X_SCANNER : X_SINKHOLE };

	x.type = i->type <= IT_CIDR ? ENTRY_NET : ENTRY_NAME;
	x.name = i->type == IT_DOMAIN ? i->value : STR_NONE;
	return i->type == IT_URL ? ERR_OK : exset_add(&s->l->exset, &x);
}

static enum err take_indicator(void *ctx, const struct indicator *i)
{
	struct load *s = ctx;
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
	struct load *s = ctx;
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
	e = take_indicator(s, &i);
	if (e)
		failed(s, e);
}

static void on_org(void *ctx, const struct org_entry *o)
{
	struct load *s = ctx;
	enum err e = s->err ? s->err : orgs_add(&s->l->orgs, o);

	s->file->records++;
	if (e)
		failed(s, e);
}

static void on_exclusion(void *ctx, const struct exclusion *given)
{
	struct load *s = ctx;
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
	struct load *s = ctx;

	s->file = &s->files->v[b->file];
	s->file_name = path_name(s->file->path);
}

static enum err take(void *ctx, struct scan_block *b)
{
	(void)b;
	return ((struct load *)ctx)->err;
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

/*
 * A snapshot alone, made with the same exclusion lists, is used where it lies. Otherwise what it
 * holds is taken as if it were read from a list: the gate may have changed its mind.
 */
static enum err take_snapshot(struct load *s, struct scan_files *files, size_t at, bool alone)
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
	if (alone && opened.digest == s->digest) {
		l->snapshot = opened;
		l->snapfile = map;
		s->adopted = true;
		e = snapshot_others(&l->snapshot, adopt_other, s);
		return e ? e : adopt_withheld(l);
	}
	e = snapshot_each(&opened, take_indicator, s);
	if (!e)
		e = snapshot_others(&opened, take_indicator, s);
	if (!e)
		e = adopt_decided(l, &opened);
	snapshot_free(&opened);
	snapfile_close(&map);
	return e;
}

static enum err take_snapshots(struct load *s, struct scan_files *files, size_t from, bool only)
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

/* ---- the data directory ---- */

/* For their names only. */
static const struct reader store_reader = { .name = "store", .title = "the data directory" };

/* What was taken from there, as one of the inputs. */
static enum err note_store(struct scan_files *files, struct store *db, uint64_t records)
{
	struct scan_file *file = VEC_PUSH(files);

	if (!file)
		return ERR_NOMEM;
	*file = (struct scan_file){ .path = arena_str(&files->arena, store_path(db)),
				    .reader = &store_reader,
				    .records = records,
				    .kept_fd = -1 };
	return file->path.p ? ERR_OK : ERR_NOMEM;
}

static enum err add_org(void *ctx, const struct org_entry *o)
{
	struct load *s = ctx;

	return orgs_add(&s->l->orgs, o);
}

static enum err add_override(void *ctx, const struct store_override *o)
{
	struct load *s = ctx;

	return o->expires != TIME_NONE && o->expires <= s->now
		       ? ERR_OK
		       : gate_decided(o, &s->l->overrides, &s->l->exset);
}

static enum err store_specials(struct load *s, struct store *db, struct errinfo *ei)
{
	size_t had = s->l->exset.entries.n;
	enum err e = store_exclusions(db, add_exclusion, s, ei);

	if (!e)
		e = store_overrides(db, add_override, s, ei);
	overrides_build(&s->l->overrides);
	if (!e && s->l->exset.entries.n > had)
		e = note_store(&s->l->exclusion_files, db, s->l->exset.entries.n - had);
	return e;
}

/* What sources say of a value that an analyst wants met: does that meet anything now? */
struct met {
	int64_t now;
	bool met;
};

static enum err on_met(void *ctx, const struct store_said *said)
{
	struct met *m = ctx;
	int64_t grace = VERDICT_GRACE_DAYS * TIME_DAY;

	m->met = m->met ||
		 (said->ind.role <= ROLE_OTHER && !said->ind.revoked &&
		  standing_at(said->ind.from, gate_until(said), m->now, grace) >= STANDING_GRACE);
	return ERR_OK;
}

/* What is to be blocked or told of, though no source lists it, the analyst lists. */
static enum err own_indicators(struct load *s, struct store *db, struct errinfo *ei)
{
	enum err e = ERR_OK;

	for (size_t i = 0; !e && i < s->l->overrides.v.n; i++) {
		const struct override *o = &s->l->overrides.v.v[i];
		struct indicator ind = indicator_init();
		struct met m = { s->now, false };
		struct indicator *own;

		ind.type = o->type;
		ind.net = o->net;
		ind.value = o->value;
		ind.source = STR("override");
		/* Who wants less done about something does not say that it is a controller. */
		if (o->verdict != DECIDED_BLOCK || o->type == IT_HASH)
			continue;
		e = store_said_of(db, &ind, on_met, &m, ei);
		if (e || m.met)
			continue;
		own = VEC_PUSH(&s->own);
		if (!own)
			return ERR_NOMEM;
		*own = ind;
		/* The snapshot is of other rows now. */
		s->digest = mix64(s->digest ^ mix64(i + 1));
	}
	return e;
}

static enum err store_organisations(struct load *s, struct store *db, struct errinfo *ei)
{
	size_t had = s->l->orgs.entries.n;
	enum err e = store_orgs(db, add_org, s, ei);

	if (!e && s->l->orgs.entries.n > had)
		e = note_store(&s->l->organisation_files, db, s->l->orgs.entries.n - had);
	return e;
}

/* Hashes do not pass the gate: nothing in network records meets them. */
static enum err withhold_allowed(struct load *s, const struct indicator *i, const struct override *o)
{
	struct withheld *w = VEC_PUSH(&s->l->withheld);
	struct buf detail;

	if (!w)
		return ERR_NOMEM;
	buf_init(&detail, 1 << 17);
	override_detail(&detail, o);
	*w = (struct withheld){ arena_str(&s->l->arena, i->value), STR("allow-listed"),
				arena_str(&s->l->arena, buf_str(&detail)),
				arena_str(&s->l->arena, i->source) };
	buf_free(&detail);
	return w->value.p && w->detail.p && w->source.p ? ERR_OK : ERR_NOMEM;
}

static enum err take_said(void *ctx, const struct store_said *said)
{
	struct load *s = ctx;
	struct indicator i = said->ind;
	const struct override *o = NULL;

	s->l->snapshot.records++;
	i.family = carried_family(&s->carried, i.family);
	i.until = gate_until(said);
	if (i.type == IT_HASH && s->l->overrides.texts)
		o = overrides_find(&s->l->overrides, &i);
	if (o && o->verdict == DECIDED_ALLOW)
		return withhold_allowed(s, &i, o);
	return take_indicator(s, &i);
}

static void cache_path(const char *data, char path[4096])
{
	(void)snprintf(path, 4096, "%s/snapshot.nzs", data);
}

/* By what the gate was asked with and by the state of the database. */
static enum err cache_digest(struct load *s, struct store *db, struct errinfo *ei)
{
	uint64_t edition;
	enum err e = store_edition(db, &edition, ei);

	if (e)
		return e;
	s->digest = mix64(s->digest ^ mix64(edition));
	return ERR_OK;
}

/* The snapshot that an earlier run left, if it is of this state. */
static enum err adopt_cache(struct load *s, const char *data)
{
	struct snapfile map = { 0 };
	struct lists *l = s->l;
	struct snapshot opened;
	struct errinfo ei;
	char path[4096];
	enum err e;

	cache_path(data, path);
	snapshot_init(&opened, l->snapshot.seed);
	/* Whatever is wrong with it: it can be made again. */
	e = snapfile_is(path) ? snapfile_open(&map, &opened, path, &ei) : ERR_NOENT;
	if (e || opened.digest != s->digest) {
		if (!e) {
			snapshot_free(&opened);
			snapfile_close(&map);
		}
		return e == ERR_NOMEM ? e : ERR_OK;
	}
	l->snapshot = opened;
	l->snapfile = map;
	s->adopted = true;
	e = snapshot_others(&l->snapshot, adopt_other, s);
	return e ? e : adopt_withheld(l);
}

static enum err store_indicators(struct load *s, struct store *db, const char *data, bool cache,
				 struct errinfo *ei)
{
	enum err e = own_indicators(s, db, ei);

	if (!e && cache) {
		s->keep = true;
		e = cache_digest(s, db, ei);
		if (!e)
			e = adopt_cache(s, data);
	}
	if (!e && !s->adopted)
		e = store_said_all(db, take_said, s, ei);
	for (size_t i = 0; !e && !s->adopted && i < s->own.n; i++)
		e = take_indicator(s, &s->own.v[i]);
	return e ? e : note_store(&s->l->indicator_files, db, s->l->snapshot.records);
}

/* For the next run; who cannot write there does without. */
static void save_cache(struct lists *l, const char *data)
{
	struct errinfo ei;
	char path[4096];

	cache_path(data, path);
	(void)!snapfile_save(&l->snapshot, path, &ei);
}

/* ---- all lists ---- */

static enum err read_files(struct load *s, struct scan_files *files, const struct list_option *o,
			   enum reads reads, const struct reader *as,
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
static enum err load_all(struct load *s, const struct list_options *o, struct store *db,
			 struct errinfo *ei)
{
	struct lists *l = s->l;
	enum err e = carried_load(&s->carried);

	s->carried.names = db;
	s->carried.seed = l->snapshot.seed;
	if (!e && !o->no_builtin)
		e = carried_exclusions(add_exclusion, s);
	for (size_t i = 0; !e && i < o->n_exclusions; i++)
		e = read_files(s, &l->exclusion_files, &o->exclusions[i], READS_EXCLUSIONS, NULL, o, ei);
	if (!e && db)
		e = store_specials(s, db, ei);
	s->digest = gate_digest(&l->exset, &l->overrides);
	for (size_t i = 0; !e && i < o->n_organisations; i++)
		e = read_files(s, &l->organisation_files, &o->organisations[i], READS_ORGS, NULL, o, ei);
	if (!e && db)
		e = store_organisations(s, db, ei);
	for (size_t i = 0; !e && i < o->n_indicators; i++)
		e = read_files(s, &l->indicator_files, &o->indicators[i], READS_INDICATORS,
			       o->indicators_as, o, ei);
	if (!e && db)
		e = store_indicators(s, db, o->data, !o->keep, ei);
	return e;
}

enum err lists_load(struct lists *l, const struct list_options *o, struct errinfo *ei)
{
	struct load s = { .l = l, .keep = o->keep, .now = o->now };
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
			save_cache(l, o->data);
	}
	free(s.own.v);
	carried_free(&s.carried);
	return e;
}
