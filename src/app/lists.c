/* SPDX-License-Identifier: Apache-2.0 */
#include "app/lists.h"

#include "app/catalogue.h"
#include "app/gate.h"

#include <stdlib.h>

/* What a catalogue says of a MISP warninglist. */
struct known_list {
	struct str name, reason;
	bool ignore;
	enum xclass class;
};

struct alias {
	struct str key, family; /* key: lower case letters and digits only */
};

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
	struct arena arena;
	VEC(struct known_list) known;
	VEC(struct alias) aliases;
	const struct list_option *class_of; /* exclusions: the option of the files being read */
	const struct known_list *last_known;
	struct str last_list;
	struct buf key;
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
	arena_free(&l->arena);
	free(l->withheld.v);
}

static void failed(struct load *s, enum err e)
{
	if (!s->err)
		s->err = e;
}

/* ---- what the program carries ---- */

static enum err known_row(void *ctx, const struct str field[ROW_FIELDS])
{
	struct load *s = ctx;
	struct known_list *k = VEC_PUSH(&s->known);

	if (!k)
		return ERR_NOMEM;
	*k = (struct known_list){ .name = arena_str(&s->arena, field[1]),
				  .reason = arena_str(&s->arena, field[3]) };
	k->ignore = !xclass_parse(field[2], &k->class);
	return k->name.p && k->reason.p ? ERR_OK : ERR_NOMEM;
}

/* Letters and digits of a name, in lower case; bytes beyond ASCII stay. */
static struct str plain_key(struct buf *b, struct str s)
{
	buf_clear(b);
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];

		if (c >= 'A' && c <= 'Z')
			c = (char)(c + 32);
		if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || (c & 0x80))
			buf_ch(b, c);
	}
	return buf_str(b);
}

static enum err alias_row(void *ctx, const struct str field[ROW_FIELDS])
{
	struct load *s = ctx;
	struct alias *a = VEC_PUSH(&s->aliases);

	if (!a)
		return ERR_NOMEM;
	*a = (struct alias){ arena_str(&s->arena, plain_key(&s->key, field[1])),
			     arena_str(&s->arena, field[0]) };
	return a->key.p && a->family.p ? ERR_OK : ERR_NOMEM;
}

static int by_key(const void *x, const void *y)
{
	return str_cmp(((const struct alias *)x)->key, ((const struct alias *)y)->key);
}

static int by_name(const void *x, const void *y)
{
	return str_cmp(((const struct known_list *)x)->name, ((const struct known_list *)y)->name);
}

static enum err builtin_row(struct load *s, const struct str field[ROW_FIELDS], enum xclass class,
			    const char *list)
{
	struct exclusion e = { .list = str_of(list), .class = class };
	struct str value = field[0];

	if (class == X_BENIGN && str_is(field[1], "resolver"))
		e.reason = STR("resolver");
	if (cidr_parse(value, &e.net)) {
		e.type = ENTRY_NET;
	} else {
		e.type = value.p[0] == '.' ? ENTRY_NAME_BELOW : ENTRY_NAME;
		e.name = e.type == ENTRY_NAME_BELOW ? str_skip(value, 1) : value;
	}
	return exset_add(&s->l->exset, &e);
}

static enum err benign_row(void *ctx, const struct str field[ROW_FIELDS])
{
	return builtin_row(ctx, field, X_BENIGN, "built-in");
}

static enum err platform_row(void *ctx, const struct str field[ROW_FIELDS])
{
	return builtin_row(ctx, field, X_PROVIDER, "built-in");
}

static enum err load_catalogue(struct load *s, bool builtin)
{
	enum err e = catalogue_rows(catalogue_warninglists(), known_row, s);

	if (!e)
		e = catalogue_rows(catalogue_families(), alias_row, s);
	if (!e && builtin)
		e = catalogue_rows(catalogue_benign(), benign_row, s);
	if (!e && builtin)
		e = catalogue_rows(catalogue_platforms(), platform_row, s);
	if (s->known.n)
		qsort(s->known.v, s->known.n, sizeof *s->known.v, by_name);
	if (s->aliases.n)
		qsort(s->aliases.v, s->aliases.n, sizeof *s->aliases.v, by_key);
	return e;
}

/* ---- files ---- */

static struct str family_name(struct load *s, struct str family)
{
	struct alias key, *found;

	if (family.n == 0)
		return STR_NONE;
	key.key = plain_key(&s->key, family);
	found = s->aliases.n && key.key.n
			? bsearch(&key, s->aliases.v, s->aliases.n, sizeof key, by_key)
			: NULL;
	return found ? found->family : str_trim(family);
}

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
	i.family = family_name(s, i.family);
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

static const struct known_list *known_list(struct load *s, struct str name)
{
	struct known_list key = { .name = name };

	if (s->last_list.n && str_eq(s->last_list, name))
		return s->last_known;
	s->last_known = s->known.n ? bsearch(&key, s->known.v, s->known.n, sizeof key, by_name) : NULL;
	s->last_list = s->last_known ? s->last_known->name : STR_NONE;
	return s->last_known;
}

static void on_exclusion(void *ctx, const struct exclusion *given)
{
	struct load *s = ctx;
	struct exclusion x = *given;
	enum err e;

	if (s->err)
		return;
	s->file->records++;
	if (!x.classed) {
		const struct known_list *k = x.list.n ? known_list(s, x.list) : NULL;

		if (k && k->ignore)
			return;
		if (!k && x.list.n && !s->class_of->classed) {
			/* To believe it benign could hide a controller. */
			s->file->note = STR("a warninglist of unknown class: left out; put "
					    "--exclusions-as CLASS before it");
			return;
		}
		x.class = k ? k->class : s->class_of->classed ? s->class_of->class : X_BENIGN;
		if (k)
			x.reason = k->reason;
	}
	if (x.list.n == 0)
		x.list = path_name(s->file->path);
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

enum err lists_load(struct lists *l, const struct list_options *o, struct errinfo *ei)
{
	struct load s = { .l = l, .keep = o->keep };
	enum err e;

	arena_init(&s.arena, (size_t)16 << 20);
	buf_init(&s.key, 1 << 20);
	e = load_catalogue(&s, !o->no_builtin);
	for (size_t i = 0; !e && i < o->n_exclusions; i++)
		e = read_files(&s, &l->exclusion_files, &o->exclusions[i], READS_EXCLUSIONS, NULL,
			       o, ei);
	s.digest = gate_digest(&l->exset);
	for (size_t i = 0; !e && i < o->n_organisations; i++)
		e = read_files(&s, &l->organisation_files, &o->organisations[i], READS_ORGS, NULL,
			       o, ei);
	for (size_t i = 0; !e && i < o->n_indicators; i++)
		e = read_files(&s, &l->indicator_files, &o->indicators[i], READS_INDICATORS,
			       o->indicators_as, o, ei);
	if (!e)
		e = exset_build(&l->exset);
	if (!e)
		e = orgs_build(&l->orgs);
	if (!e && !s.adopted)
		e = gate_indicators(l, o->keep);
	if (!e && !s.adopted) {
		l->snapshot.digest = s.digest;
		for (size_t i = 0; i < l->indicator_files.n; i++)
			l->snapshot.records += l->indicator_files.v[i].records;
		e = snapshot_build(&l->snapshot);
	}
	free(s.known.v);
	free(s.aliases.v);
	buf_free(&s.key);
	arena_free(&s.arena);
	return e;
}
