/* SPDX-License-Identifier: Apache-2.0 */
/* Lists out of the data directory, and the snapshot that is kept there. */
#include "app/lists_parts.h"

#include "app/gate.h"
#include "base/mix.h"

#include <stdio.h>

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
	struct lists_load *s = ctx;

	return orgs_add(&s->l->orgs, o);
}

static enum err add_override(void *ctx, const struct store_override *o)
{
	struct lists_load *s = ctx;

	return o->expires != TIME_NONE && o->expires <= s->now
		       ? ERR_OK
		       : gate_decided(o, &s->l->overrides, &s->l->exset);
}

enum err lists_specials(struct lists_load *s, struct store *db, struct errinfo *ei)
{
	size_t had = s->l->exset.entries.n;
	enum err e = store_exclusions(db, lists_exclusion, s, ei);

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
static enum err own_indicators(struct lists_load *s, struct store *db, struct errinfo *ei)
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

enum err lists_organisations(struct lists_load *s, struct store *db, struct errinfo *ei)
{
	size_t had = s->l->orgs.entries.n;
	enum err e = store_orgs(db, add_org, s, ei);

	if (!e && s->l->orgs.entries.n > had)
		e = note_store(&s->l->organisation_files, db, s->l->orgs.entries.n - had);
	return e;
}

/* Hashes do not pass the gate: nothing in network records meets them. */
static enum err withhold_allowed(struct lists_load *s, const struct indicator *i,
				 const struct override *o)
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
	struct lists_load *s = ctx;
	struct indicator i = said->ind;
	const struct override *o = NULL;

	s->l->snapshot.records++;
	i.family = carried_family(&s->carried, i.family);
	i.until = gate_until(said);
	if (i.type == IT_HASH && s->l->overrides.texts)
		o = overrides_find(&s->l->overrides, &i);
	if (o && o->verdict == DECIDED_ALLOW)
		return withhold_allowed(s, &i, o);
	return lists_take(s, &i);
}

static void cache_path(const char *data, char path[4096])
{
	(void)snprintf(path, 4096, "%s/snapshot.nzs", data);
}

/* By what the gate was asked with and by the state of the database. */
static enum err cache_digest(struct lists_load *s, struct store *db, struct errinfo *ei)
{
	uint64_t edition;
	enum err e = store_edition(db, &edition, ei);

	if (e)
		return e;
	s->digest = mix64(s->digest ^ mix64(edition));
	return ERR_OK;
}

/* The snapshot that an earlier run left, if it is of this state. */
static enum err adopt_cache(struct lists_load *s, const char *data)
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
	return lists_adopt(s, &opened, &map);
}

enum err lists_indicators(struct lists_load *s, struct store *db, const char *data, bool cache,
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
		e = lists_take(s, &s->own.v[i]);
	return e ? e : note_store(&s->l->indicator_files, db, s->l->snapshot.records);
}

void lists_save(struct lists *l, const char *data)
{
	struct errinfo ei;
	char path[4096];

	cache_path(data, path);
	(void)!snapfile_save(&l->snapshot, path, &ei);
}
