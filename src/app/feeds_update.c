/* SPDX-License-Identifier: Apache-2.0 */
/* Updating feeds: when, what is believed, what is noted. */
#include "app/feeds_parts.h"

#include "app/intake.h"
#include "app/worth.h"
#include "base/stop.h"

#include <jansson.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum {
	TIMES = 10, /* so much larger or smaller is suspicious */
	SHRUNK_LEAST = 10,
	GREW_LEAST = 20,
	FAIL_WAIT_S = 300, /* after the first failure; doubles */
	FAIL_DOUBLINGS = 8,
};

const char *feeds_outcome_text(enum feeds_outcome o)
{
	static const char *const texts[] = {
		[FEEDS_DONE] = "done", [FEEDS_UNCHANGED] = "unchanged", [FEEDS_HELD] = "held", [FEEDS_FAILED] = "failed", [FEEDS_NOT_DUE] = "not due"
	};

	return texts[o];
}

bool feeds_suspicious(uint64_t was, uint64_t is)
{
	if (was == 0)
		return false;
	return is == 0 || (was >= SHRUNK_LEAST && is <= was / TIMES) ||
	       (is >= GREW_LEAST && is / TIMES >= was);
}

/* ---- what is noted ---- */

static bool set_new(json_t *state, const char *name, json_t *v)
{
	return json_object_set_new(state, name, v) == 0;
}

/* When to try again: as agreed; after failures sooner, but ever later; never sooner than the server
 * likes. */
static int64_t next_due(const struct update *u, bool failed, unsigned wait_s)
{
	const struct fetch_world *w = &u->client->world;
	uint64_t interval = u->known->feed.interval_s, s = interval;
	unsigned fails = u->known->fails;

	if (interval == 0)
		return TIME_NONE;
	if (failed) {
		s = (uint64_t)FAIL_WAIT_S << (fails < FAIL_DOUBLINGS ? fails : FAIL_DOUBLINGS);
		s = s < interval ? s : interval;
		s = s / 2 + w->random(w->ctx) % (s / 2 + 1);
	}
	if (s < wait_s)
		s = wait_s;
	return u->began + (int64_t)s * TIME_S;
}

/* What is to stand in the database after this try, as far as it does not depend on its success. */
static enum err note_try(struct update *u, bool failed, unsigned wait_s, const char *note)
{
	json_t *state = u->known->state;
	unsigned fails = failed ? u->known->fails + 1 : 0;
	bool ok;

	u->r->due = next_due(u, failed, wait_s);
	ok = set_new(state, "tried", json_integer(u->began)) &&
	     set_new(state, "fails", json_integer(fails));
	if (u->r->due != TIME_NONE)
		ok &= set_new(state, "due", json_integer(u->r->due));
	else
		(void)json_object_del(state, "due");
	if (failed)
		ok &= set_new(state, "error", json_stringn(u->r->error, strlen(u->r->error)));
	else
		(void)json_object_del(state, "error");
	if (note && *note)
		ok &= set_new(state, "note", json_string(note));
	else
		(void)json_object_del(state, "note");
	return ok ? ERR_OK : ERR_NOMEM;
}

static enum err state_text(const json_t *state, struct buf *out)
{
	char *text = json_dumps(state, JSON_COMPACT);

	if (!text)
		return ERR_NOMEM;
	buf_c(out, text);
	free(text);
	return buf_err(out);
}

/* The feed as the database has it now, if it is still that one. */
static enum err find_again(const struct update *u, struct store *s, struct store_source *out,
			   struct errinfo *ei)
{
	enum err e = store_source_find(s, str_of(u->known->feed.name), out, ei);

	if (!e && out->id != u->known->id)
		e = err_set(ei, ERR_NOENT, "it was removed while it was fetched");
	return e;
}

/* A try without a new edition: the state, and a line in the history. */
static enum err write_try(struct update *u, enum run_status status, struct errinfo *ei)
{
	struct store_source is = { 0 };
	struct store *s = NULL;
	struct buf text;
	enum err e = feeds_store(u->dir, &u->client->world, &s, ei);

	buf_init(&text, (size_t)64 << 20);
	if (!e)
		e = find_again(u, s, &is, ei);
	if (!e)
		e = state_text(u->known->state, &text);
	if (!e) {
		struct store_run run = { .source_id = is.id,
					 .began = u->began,
					 .ended = update_now(u),
					 .status = status,
					 .rows = u->r->rows,
					 .rejected = u->r->malformed,
					 .error = str_of(u->r->error) };

		e = store_source_state(s, is.id, buf_str(&text), &run, ei);
	}
	store_close(s);
	buf_free(&text);
	return e;
}

/* ---- taking an edition over ---- */

static int64_t clock_now(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_REALTIME, &t);
	return (int64_t)t.tv_sec * TIME_S + t.tv_nsec / 1000;
}

static void on_intake(void *ctx, enum intake_phase phase, uint64_t rows, uint64_t all)
{
	const struct update *u = ctx;

	(void)all;
	if (u->client->progress)
		u->client->progress(u->client->ctx, u->known->feed.name,
				    phase == INTAKE_WRITING ? 2 : 1, rows);
}

static void tell_tally(struct update *u, const struct store_load *load)
{
	const struct load_tally *t = NULL;
	size_t n = store_load_tallies(load, &t);

	for (size_t i = 0; i < n; i++) {
		u->r->added += t[i].added;
		u->r->changed += t[i].changed;
		u->r->gone += t[i].gone;
	}
}

/* An edition that says nothing any more: nothing is left to read, but it has to be noted. */
static enum err take_nothing(struct update *u, struct store *s, const struct store_source *is,
			     struct errinfo *ei)
{
	struct store_load *load = NULL;
	uint32_t at;
	enum err e = store_load_begin(s, 1 << 20, &load);

	if (!e)
		e = store_load_source(load, is, &at, ei);
	if (!e)
		store_load_emptied(load, at);
	if (!e)
		e = store_load_commit(load, u->began, update_now(u), NULL, ei);
	if (!e)
		tell_tally(u, load);
	store_load_free(load);
	return e;
}

static enum err take_files(struct update *u, struct store *s, const struct store_source *is,
			   const struct edition *ed, struct errinfo *ei)
{
	const char **paths = calloc(ed->files.n + 1, sizeof *paths);
	struct intake_options o = { .paths = paths,
				    .n_paths = ed->files.n,
				    .kind = READS_INDICATORS,
				    .as = edition_reader(&u->known->feed),
				    .source = *is,
				    .clock = clock_now,
				    .progress = on_intake,
				    .progress_ctx = u };
	struct intake in;
	enum err e;

	if (!paths)
		return ERR_NOMEM;
	for (size_t i = 0; i < ed->files.n; i++)
		paths[i] = ed->files.v[i].p;
	e = intake_read(&in, s, &o, ei);
	if (!e)
		e = intake_commit(&in, ei);
	if (!e)
		tell_tally(u, in.load);
	intake_free(&in);
	free(paths);
	return e;
}

/* All that the edition says, and the note of it, in one transaction. */
static enum err take_over(struct update *u, const struct edition *ed, struct errinfo *ei)
{
	struct store_source is = store_source_init(str_of(u->known->feed.name)), there = { 0 };
	struct store *s = NULL;
	struct buf text;
	enum err e = feeds_store(u->dir, &u->client->world, &s, ei);

	buf_init(&text, (size_t)64 << 20);
	if (!e)
		e = find_again(u, s, &there, ei);
	if (!e)
		e = state_text(u->known->state, &text);
	if (!e) {
		is.kind = SOURCE_FEED;
		is.has_role = there.has_role;
		is.role = there.role;
		is.state = buf_str(&text);
		e = u->r->rows ? take_files(u, s, &is, ed, ei) : take_nothing(u, s, &is, ei);
	}
	store_close(s);
	buf_free(&text);
	return e;
}

static enum err hold(struct update *u, struct edition *ed, struct errinfo *ei)
{
	json_t *files = json_array(), *held;
	size_t prefix = strlen(u->folder) + 1;
	char why[160];
	enum err e;

	(void)snprintf(why, sizeof why, "%llu indicators where there were %llu: %s",
		       (unsigned long long)u->r->rows, (unsigned long long)u->known->rows,
		       u->r->rows > u->known->rows ? "it grew too fast" : "it shrank too fast");
	for (size_t i = 0; files && i < ed->files.n; i++)
		if (json_array_append_new(files, json_string(ed->files.v[i].p + prefix)))
			return ERR_NOMEM;
	held = json_pack("{s:O,s:o,s:I,s:I,s:s}", "noted", ed->next, "files", files, "rows",
			 (json_int_t)u->r->rows, "at", (json_int_t)u->began, "why", why);
	if (!held || json_object_set_new(u->known->state, "held", held))
		return ERR_NOMEM;
	u->r->outcome = FEEDS_HELD;
	(void)snprintf(u->r->error, sizeof u->r->error, "%s", why);
	e = note_try(u, false, 0, ed->note);
	return e ? e : write_try(u, RUN_HELD, ei);
}

static enum err accept(struct update *u, struct edition *ed, struct errinfo *ei)
{
	json_t *state = u->known->state;
	enum err e = note_try(u, false, 0, ed->note);

	if (!e && (json_object_set_new(ed->next, "rows", json_integer((json_int_t)u->r->rows)) ||
		   json_object_set(state, "last", ed->next)))
		e = ERR_NOMEM;
	(void)json_object_del(state, "held");
	if (!e)
		e = take_over(u, ed, ei);
	if (!e) {
		u->r->outcome = FEEDS_DONE;
		update_sweep(u);
		if (feed_kind(&u->known->feed) == FEED_MISP)
			edition_sweep_events(ed);
	}
	return e;
}

static enum err unchanged(struct update *u, struct edition *ed, struct errinfo *ei)
{
	enum err e = note_try(u, false, 0, ed->note);

	/* What waits is older than the server's return to what we have. */
	(void)json_object_del(u->known->state, "held");
	u->r->outcome = FEEDS_UNCHANGED;
	u->r->rows = u->known->rows;
	return e ? e : write_try(u, RUN_UNCHANGED, ei);
}

/* Whatever goes wrong with the feed itself is noted; only what is wrong with the database, or a
 * wish to stop, ends everything. */
static enum err update_one(struct update *u, bool force, struct errinfo *ei)
{
	struct edition ed = { 0 };
	struct fetcher *fetcher = NULL;
	struct errinfo why = { 0 };
	struct buf secret;
	enum err e;

	buf_init(&secret, 1);
	u->began = update_now(u);
	e = update_fetch(u, force, &ed, &fetcher, &secret, &why);
	fetch_key_forget(&secret);
	if (e == ERR_STOP || e == ERR_NOMEM) {
		/* nothing is noted: it did not happen */
	} else if (e) {
		u->r->outcome = FEEDS_FAILED;
		(void)snprintf(u->r->error, sizeof u->r->error, "%s",
			       why.msg[0] ? why.msg : err_text(e));
		e = note_try(u, true, ed.wait_s, NULL);
		if (!e)
			e = write_try(u, RUN_FAILED, ei);
		update_sweep(u);
	} else if (ed.unchanged) {
		e = unchanged(u, &ed, ei);
		update_sweep(u);
	} else if (feeds_suspicious(u->known->rows, u->r->rows)) {
		e = hold(u, &ed, ei);
		update_sweep(u);
	} else {
		e = accept(u, &ed, ei);
	}
	fetcher_close(fetcher);
	edition_close(&ed);
	return e;
}

/* ---- all of them ---- */

static struct update update_of(const char *dir, const struct feeds_client *c, struct feed_known *k,
			       struct feeds_result *r)
{
	*r = (struct feeds_result){ .name = k->feed.name, .due = k->due };
	return (struct update){ .dir = dir, .client = c, .known = k, .r = r };
}

static bool is_named(const struct feed_known *k, const char *const *names, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(names[i], k->feed.name) == 0)
			return true;
	return false;
}

static enum err check_names(const struct feeds *all, const char *const *names, size_t n,
			    struct errinfo *ei)
{
	for (size_t i = 0; i < n; i++)
		if (!feeds_find(all, str_of(names[i])))
			return err_set(ei, ERR_NOENT, "no feed is called %s", names[i]);
	return ERR_OK;
}

/* Editions are there, whatever comes of this: what they are worth is found out the next time, then. */
static void settle_worth(const char *dir, const struct feeds_client *c)
{
	const struct fetch_world *w = &c->world;
	struct store *s = NULL;
	struct errinfo ei;
	enum err e = feeds_store(dir, w, &s, &ei);

	if (!e)
		e = worth_update(s, w->random(w->ctx), &ei);
	(void)e;
	store_close(s);
}

enum err feeds_update(const char *dir, const char *const *names, size_t n, bool force,
		      const struct feeds_client *c, struct errinfo *ei)
{
	struct feeds all = { 0 };
	bool any = false;
	int lock = -1;
	enum err e = ERR_OK;

	/* Without a database there is no feed, and no folder for a lock. */
	if (!store_there(dir))
		return check_names(&all, names, n, ei);
	e = feeds_lock(dir, &lock, ei);
	if (!e)
		e = feeds_load(dir, &all, ei);
	if (!e)
		e = check_names(&all, names, n, ei);
	for (size_t i = 0; !e && i < all.n; i++) {
		struct feeds_result r;
		struct update u = update_of(dir, c, &all.v[i], &r);

		if (n ? !is_named(&all.v[i], names, n)
		      : !all.v[i].enabled || (!force && !feed_is_due(&all.v[i], update_now(&u))))
			continue;
		if (stop_asked()) {
			e = err_set(ei, ERR_STOP, "stopped before %s", u.known->feed.name);
			break;
		}
		e = update_one(&u, force, ei);
		any |= !e && r.outcome == FEEDS_DONE;
		if (!e)
			c->result(c->ctx, &r);
	}
	if (any && !stop_asked())
		settle_worth(dir, c);
	feeds_free(&all);
	if (lock >= 0)
		close(lock);
	return e;
}

enum err feeds_approve(const char *dir, const char *name, const struct feeds_client *c,
		       struct errinfo *ei)
{
	struct edition ed = { 0 };
	struct feeds all = { 0 };
	struct feed_known *k = NULL;
	struct feeds_result r;
	struct update u;
	const json_t *held = NULL;
	int lock = -1;
	enum err e = ERR_OK;

	if (!store_there(dir))
		return err_set(ei, ERR_NOENT, "no feed is called %s", name);
	e = feeds_lock(dir, &lock, ei);
	if (!e)
		e = feeds_load(dir, &all, ei);
	if (!e) {
		k = feeds_find(&all, str_of(name));
		held = k ? json_object_get(k->state, "held") : NULL;
		if (!k)
			e = err_set(ei, ERR_NOENT, "no feed is called %s", name);
		else if (!held)
			e = err_set(ei, ERR_NOENT, "nothing of %s waits for approval", name);
	}
	if (!e) {
		u = update_of(dir, c, k, &r);
		u.began = update_now(&u);
		r.rows = k->held_rows;
		e = feeds_folder(dir, name, true, u.folder, sizeof u.folder, ei);
	}
	if (!e)
		e = edition_open(&ed, &k->feed, NULL, &c->world, u.folder, NULL, 0);
	if (!e)
		e = edition_files(&ed, held, ei);
	if (!e) {
		json_decref(ed.next);
		ed.next = json_incref(json_object_get(held, "noted"));
		e = accept(&u, &ed, ei);
	}
	if (!e) {
		settle_worth(dir, c);
		c->result(c->ctx, &r);
	}
	if (k && held)
		edition_close(&ed);
	feeds_free(&all);
	if (lock >= 0)
		close(lock);
	return e;
}
