/* SPDX-License-Identifier: Apache-2.0 */
#include "app/feeds.h"

#include "app/edition.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LOCK_WAIT_MS = 200, LOCK_TRIES = 300, SETTINGS_MAX = 1 << 16 };

/* ---- folders and locks ---- */

enum err feeds_folder(const char *dir, const char *name, bool make, char *out, size_t room,
		      struct errinfo *ei)
{
	int n = snprintf(out, room, "%s/feeds", dir);

	if (n < 0 || (size_t)n + strlen(name) + 2 > room)
		return err_set(ei, ERR_USAGE, "the path of the data directory is too long");
	if (make && ((mkdir(dir, 0700) && errno != EEXIST) || (mkdir(out, 0700) && errno != EEXIST)))
		return err_set(ei, ERR_IO, "cannot make %s: %s", out, strerror(errno));
	if (*name)
		(void)snprintf(out + n, room - (size_t)n, "/%s", name);
	if (make && *name && mkdir(out, 0700) && errno != EEXIST)
		return err_set(ei, ERR_IO, "cannot make %s: %s", out, strerror(errno));
	return ERR_OK;
}

enum err feeds_lock(const char *dir, int *fd, struct errinfo *ei)
{
	char path[PATH_MAX], lock[PATH_MAX + 8];
	enum err e = feeds_folder(dir, "", true, path, sizeof path, ei);
	int made;

	if (e)
		return e;
	(void)snprintf(lock, sizeof lock, "%s/lock", path);
	made = open(lock, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (made < 0)
		return err_set(ei, ERR_IO, "cannot open %s: %s", lock, strerror(errno));
	if (flock(made, LOCK_EX | LOCK_NB)) {
		close(made);
		return err_set(ei, ERR_IO, "feeds are being updated by another process");
	}
	*fd = made;
	return ERR_OK;
}

enum err feeds_store(const char *dir, const struct fetch_world *world, struct store **out,
		     struct errinfo *ei)
{
	enum { LOCK_FREE = 10 };
	unsigned free_again = 0;
	char who[160];
	enum err e = store_open(dir, STORE_WRITE, "feed", out, ei);

	for (int i = 0; e == ERR_IO && world && i < LOCK_TRIES && free_again < LOCK_FREE; i++) {
		/* Whoever had it may be gone by now. */
		if (store_locked(dir, who))
			world->wait(world->ctx, LOCK_WAIT_MS);
		else
			free_again++;
		e = store_open(dir, STORE_WRITE, "feed", out, ei);
	}
	return e;
}

/* ---- what the database keeps ---- */

static const char *keep(struct arena *a, struct str s)
{
	return s.n ? arena_str(a, s).p : NULL;
}

static int64_t time_in(const json_t *state, const char *name)
{
	const json_t *v = json_object_get(state, name);

	return json_is_integer(v) ? json_integer_value(v) : TIME_NONE;
}

static const char *text_in(const json_t *state, const char *name)
{
	const char *s = json_string_value(json_object_get(state, name));

	return s && *s ? s : NULL;
}

static uint64_t count_in(const json_t *state, const char *name)
{
	json_int_t n = json_integer_value(json_object_get(state, name));

	return n < 0 ? 0 : (uint64_t)n;
}

static void read_state(struct feed_known *k)
{
	const json_t *held = json_object_get(k->state, "held");

	k->tried = time_in(k->state, "tried");
	k->due = time_in(k->state, "due");
	k->fails = (unsigned)count_in(k->state, "fails");
	k->error = text_in(k->state, "error");
	k->note = text_in(k->state, "note");
	k->held = text_in(held, "why");
	k->held_rows = count_in(held, "rows");
	k->rows = count_in(json_object_get(k->state, "last"), "rows");
}

bool feed_is_due(const struct feed_known *k, int64_t now)
{
	int64_t most = (int64_t)k->feed.interval_s * TIME_S;

	/* As long as that a server may ask for. */
	most = most < TIME_DAY ? TIME_DAY : most;
	return k->enabled && k->feed.interval_s &&
	       (k->due == TIME_NONE || k->due <= now || k->due - now > most);
}

static enum err take_source(struct feeds *f, const struct store_source *s, struct errinfo *ei)
{
	struct feed_known *k = VEC_PUSH(f);
	struct feed *d;

	if (!k)
		return ERR_NOMEM;
	*k = (struct feed_known){ .enabled = s->enabled,
				  .id = s->id,
				  .listed = s->listed,
				  .aside = s->aside,
				  .values = s->values,
				  .wrong = s->wrong,
				  .last_done = s->last_run ? s->last_time : TIME_NONE };
	d = &k->feed;
	d->name = keep(&f->arena, s->name);
	d->url = keep(&f->arena, s->url);
	d->format = s->format.n ? keep(&f->arena, s->format) : "auto";
	d->licence = keep(&f->arena, s->licence);
	d->reliability = s->reliability ? s->reliability : 'F';
	d->interval_s = s->interval_s;
	d->lifetime_d = s->lifetime_days;
	d->has_role = s->has_role;
	d->role = s->role;
	if (!d->name || !d->url || !d->format)
		return err_set(ei, ERR_PARSE, "a feed in the database has no name or URL");
	k->state = s->state.n ? json_loadb(s->state.p, s->state.n, 0, NULL) : NULL;
	if (!json_is_object(k->state)) {
		json_decref(k->state);
		k->state = json_object();
	}
	read_state(k);
	return k->state ? feed_settings_read(d, &f->arena, s->settings, ei) : ERR_NOMEM;
}

struct loading {
	struct feeds *feeds;
	struct errinfo *ei;
};

static enum err on_source(void *ctx, const struct store_source *s)
{
	struct loading *l = ctx;

	return s->kind == SOURCE_FEED ? take_source(l->feeds, s, l->ei) : ERR_OK;
}

enum err feeds_load(const char *dir, struct feeds *out, struct errinfo *ei)
{
	struct store *s = NULL;
	enum err e = ERR_OK;

	*out = (struct feeds){ 0 };
	arena_init(&out->arena, (size_t)64 << 20);
	if (store_there(dir)) {
		struct loading l = { out, ei };

		e = store_open(dir, STORE_READ, "feed", &s, ei);
		if (!e)
			e = store_sources(s, on_source, &l, ei);
		store_close(s);
	}
	if (e)
		feeds_free(out);
	return e;
}

void feeds_free(struct feeds *f)
{
	for (size_t i = 0; i < f->n; i++)
		json_decref(f->v[i].state);
	free(f->v);
	arena_free(&f->arena);
	*f = (struct feeds){ 0 };
}

struct feed_known *feeds_find(const struct feeds *f, struct str name)
{
	for (size_t i = 0; i < f->n; i++)
		if (str_is(name, f->v[i].feed.name))
			return &f->v[i];
	return NULL;
}

static struct str text_of(const char *s)
{
	return s ? str_of(s) : STR_NONE;
}

static bool same_text(const char *a, const char *b)
{
	return str_eq(text_of(a), text_of(b));
}

/* Another document than before: what was noted about the old one means nothing for it. */
static bool is_other(const struct feed *a, const struct feed *b)
{
	return !same_text(a->url, b->url) || !same_text(a->format, b->format) ||
	       !same_text(a->collection, b->collection);
}

static enum err check_name(struct store *s, const char *name, struct errinfo *ei)
{
	struct store_source is;
	struct errinfo why;
	enum err e = store_source_find(s, str_of(name), &is, &why);

	if (e == ERR_NOENT)
		return ERR_OK;
	if (e)
		return err_set(ei, e, "%s", why.msg);
	return is.kind == SOURCE_FEED
		       ? ERR_OK
		       : err_set(ei, ERR_USAGE, "a source that is no feed is called %s already", name);
}

static enum err put(struct store *s, const struct feed *f, bool enabled, bool other, struct errinfo *ei)
{
	struct store_source is = store_source_init(str_of(f->name));
	struct store_source had;
	struct buf settings, state;
	int64_t id;
	enum err e;

	buf_init(&settings, SETTINGS_MAX);
	buf_init(&state, (size_t)64 << 20);
	e = feed_settings_write(f, &settings);
	buf_c(&state, "{}");
	if (!other && !e) {
		buf_clear(&state);
		e = store_source_find(s, str_of(f->name), &had, ei);
		if (!e)
			buf_puts(&state, had.state);
	}
	is.kind = SOURCE_FEED;
	is.reliability = f->reliability;
	is.enabled = enabled;
	is.has_role = f->has_role;
	is.role = f->role;
	is.lifetime_days = f->lifetime_d;
	is.interval_s = f->interval_s;
	is.url = text_of(f->url);
	is.format = text_of(f->format);
	is.licence = text_of(f->licence);
	is.settings = buf_str(&settings);
	is.state = buf_str(&state);
	if (!e)
		e = buf_err(&state);
	if (!e)
		e = store_source_put(s, &is, &id, ei);
	buf_free(&settings);
	buf_free(&state);
	return e;
}

enum err feeds_put(const char *dir, const struct feed *feed, bool enabled, struct errinfo *ei)
{
	struct feed_known *had;
	struct feeds all;
	struct store *s = NULL;
	bool other;
	int lock = -1;
	enum err e = feeds_load(dir, &all, ei);

	if (e)
		return e;
	had = feeds_find(&all, str_of(feed->name));
	other = !had || is_other(&had->feed, feed);
	/* An update that is on its way would write what it noted about the old one. */
	if (had && other)
		e = feeds_lock(dir, &lock, ei);
	if (!e)
		e = feeds_store(dir, NULL, &s, ei);
	if (!e)
		e = check_name(s, feed->name, ei);
	if (!e)
		e = put(s, feed, enabled, other, ei);
	store_close(s);
	if (lock >= 0)
		close(lock);
	feeds_free(&all);
	return e;
}

enum err feeds_remove(const char *dir, const char *name, struct errinfo *ei)
{
	char folder[PATH_MAX];
	struct feeds all;
	struct store *s = NULL;
	int lock = -1;
	enum err e = feeds_load(dir, &all, ei);

	if (e)
		return e;
	if (!feeds_find(&all, str_of(name)))
		e = err_set(ei, ERR_NOENT, "no feed is called %s", name);
	feeds_free(&all);
	if (!e)
		e = feeds_lock(dir, &lock, ei);
	if (!e)
		e = feeds_store(dir, NULL, &s, ei);
	if (!e)
		e = store_source_remove(s, str_of(name), ei);
	store_close(s);
	if (!e && !feeds_folder(dir, name, false, folder, sizeof folder, NULL)) {
		struct edition none = { .folder = folder };

		edition_sweep_events(&none);
		edition_sweep(folder, 0, 0);
		(void)snprintf(folder + strlen(folder), sizeof folder - strlen(folder), "/events");
		(void)rmdir(folder);
		folder[strlen(folder) - strlen("/events")] = 0;
		(void)rmdir(folder);
	}
	if (lock >= 0)
		close(lock);
	return e;
}

/* ---- who copies whom ---- */

struct counted {
	struct feeds_overlap *out;
	VEC(int64_t) ids;
	uint64_t *size, *both;
	struct errinfo *ei;
};

static enum err take_lister(void *ctx, const struct store_source *s)
{
	struct counted *c = ctx;
	int64_t *id;

	if (s->listed == 0)
		return ERR_OK;
	if (c->ids.n == OVERLAP_SOURCES)
		return err_set(c->ei, ERR_LIMIT, "more than %d sources list something", OVERLAP_SOURCES);
	id = VEC_PUSH(&c->ids);
	if (!id)
		return ERR_NOMEM;
	*id = s->id;
	c->out->names[c->ids.n - 1] = arena_str(&c->out->arena, s->name);
	return c->out->names[c->ids.n - 1].p ? ERR_OK : ERR_NOMEM;
}

static size_t place_of(const struct counted *c, int64_t id)
{
	size_t at = 0;

	while (at < c->ids.n && c->ids.v[at] != id)
		at++;
	return at;
}

static enum err take_pair(void *ctx, const struct store_overlap *o)
{
	struct counted *c = ctx;
	size_t a = place_of(c, o->a), b = place_of(c, o->b), n = c->ids.n;

	if (a == n || b == n)
		return ERR_OK;
	if (a == b)
		c->size[a] = o->both;
	c->both[a * n + b] = c->both[b * n + a] = o->both;
	return ERR_OK;
}

static enum err read_counted(struct counted *c, struct store *s, struct errinfo *ei)
{
	struct arena *a = &c->out->arena;
	size_t n;
	enum err e;

	c->out->names = arena_array(a, OVERLAP_SOURCES, sizeof *c->out->names);
	if (!c->out->names)
		return ERR_NOMEM;
	e = store_sources(s, take_lister, c, ei);
	if (e)
		return e;
	n = c->ids.n;
	c->size = arena_array(a, n + 1, sizeof *c->size);
	c->both = arena_array(a, n * n + 1, sizeof *c->both);
	if (!c->size || !c->both)
		return ERR_NOMEM;
	e = store_overlaps(s, take_pair, c, ei);
	c->out->o = (struct overlap){ n, c->size, c->both };
	return e;
}

/* What whoever changed something should have counted: after a crash, or an update from an older
 * version, nobody has. Who cannot write there sees what there is. */
static void count_what_is_left(const char *dir)
{
	struct store *s = NULL;
	struct errinfo ei;
	enum err e = store_open(dir, STORE_WRITE, "feed overlap", &s, &ei);

	if (!e)
		e = store_overlap_count(s, &ei);
	(void)e;
	store_close(s);
}

enum err feeds_overlap(const char *dir, struct feeds_overlap *out, struct errinfo *ei)
{
	struct counted c = { .out = out, .ei = ei };
	struct store *s = NULL;
	enum err e = ERR_OK;

	*out = (struct feeds_overlap){ 0 };
	arena_init(&out->arena, (size_t)64 << 20);
	if (store_there(dir)) {
		count_what_is_left(dir);
		e = store_open(dir, STORE_READ, "feed", &s, ei);
		if (!e)
			e = store_hold(s, ei);
		if (!e)
			e = read_counted(&c, s, ei);
		store_close(s);
	}
	free(c.ids.v);
	if (e)
		feeds_overlap_free(out);
	return e;
}

void feeds_overlap_free(struct feeds_overlap *o)
{
	arena_free(&o->arena);
}
