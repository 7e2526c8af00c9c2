/* SPDX-License-Identifier: Apache-2.0 */
/* Updating feeds: by which rules and with which key an edition is fetched. */
#include "app/feeds_parts.h"

#include <stdio.h>
#include <sys/stat.h>

/* ---- rules and keys ---- */

static struct fetch_rules rules_of(const struct feed *f)
{
	struct fetch_rules r = fetch_rules_init();

	r.http = f->http;
	r.inside = f->inside;
	r.ca_file = f->ca_file;
	r.proxy = f->proxy;
	if (f->max_mib)
		r.max_wire = r.max_plain = (uint64_t)f->max_mib << 20;
	if (f->total_s)
		r.total_s = f->total_s;
	if (f->idle_s)
		r.idle_s = f->idle_s;
	if (f->tries)
		r.tries = f->tries;
	if (f->wait_ms)
		r.wait_ms = f->wait_ms;
	return r;
}

static enum err key_of(const struct feed *f, struct buf *bytes, struct fetch_key *key,
		       struct errinfo *ei)
{
	enum err e;

	*key = (struct fetch_key){ .how = FETCH_OPEN };
	buf_init(bytes, 1);
	if (f->how == FETCH_OPEN)
		return ERR_OK;
	if (!f->key_env && !f->key_file) {
		if (f->key_needed || f->how == FETCH_URL)
			return err_set(ei, ERR_USAGE,
				       "it wants a key: nezumi feed set %s --key-file FILE", f->name);
		return ERR_OK;
	}
	e = fetch_key_read(f->key_env, f->key_env ? NULL : f->key_file, bytes, ei);
	if (!e)
		*key = (struct fetch_key){ f->how, f->key_header, f->key_user, buf_str(bytes) };
	return e;
}

/* Secrets that systems for containers hand out are often for all to read, so it is only told. */
static void note_open_key(const struct feed *f, char *note, size_t n)
{
	struct stat st;

	if (!note[0] && f->how != FETCH_OPEN && !f->key_env && f->key_file &&
	    stat(f->key_file, &st) == 0 && (st.st_mode & 077))
		(void)snprintf(note, n, "others may use its key: chmod 600 %.120s", f->key_file);
}

/* The world of the client, with a progress of our own; only it is called with our context. */
struct world_of {
	const struct update *u;
};

static int64_t world_now(void *ctx)
{
	return update_now(((struct world_of *)ctx)->u);
}

static uint64_t world_random(void *ctx)
{
	const struct fetch_world *w = &((struct world_of *)ctx)->u->client->world;

	return w->random(w->ctx);
}

static void world_wait(void *ctx, unsigned ms)
{
	const struct fetch_world *w = &((struct world_of *)ctx)->u->client->world;

	w->wait(w->ctx, ms);
}

static void world_progress(void *ctx, uint64_t bytes)
{
	const struct update *u = ((struct world_of *)ctx)->u;

	if (u->client->progress)
		u->client->progress(u->client->ctx, u->known->feed.name, 0, bytes);
}

/* ---- editions ---- */

uint64_t update_serial(const json_t *state, const char *name)
{
	const json_t *v = json_object_get(state, name);

	if (strcmp(name, "held") == 0)
		v = json_object_get(v, "noted");
	return (uint64_t)json_integer_value(json_object_get(v, "edition"));
}

void update_sweep(const struct update *u)
{
	edition_sweep(u->folder, update_serial(u->known->state, "last"),
		      update_serial(u->known->state, "held"));
}

/* ---- one feed ---- */

/* Put an edition aside until somebody has looked at it. */
enum err update_fetch(struct update *u, bool force, struct edition *ed, struct fetcher **fetcher,
		      struct buf *secret, struct errinfo *ei)
{
	struct fetch_rules rules = rules_of(&u->known->feed);
	struct world_of own = { u };
	struct fetch_world world = { &own, world_now, world_random, world_wait, world_progress };
	const json_t *last = json_object_get(u->known->state, "last");
	uint64_t serial = update_serial(u->known->state, "last"),
		 other = update_serial(u->known->state, "held");
	struct fetch_key key;
	struct judged judged;
	enum err e = key_of(&u->known->feed, secret, &key, ei);

	if (!e)
		e = feeds_folder(u->dir, u->known->feed.name, true, u->folder, sizeof u->folder, ei);
	if (e)
		return e;
	update_sweep(u);
	e = fetcher_open(&rules, &key, &world, fetcher, ei);
	if (!e)
		e = edition_open(ed, &u->known->feed, *fetcher, &world, u->folder, last,
				 (serial > other ? serial : other) + 1);
	ed->afresh = force;
	if (!e)
		e = edition_make(ed, ei);
	u->r->bytes = ed->bytes;
	(void)snprintf(u->r->note, sizeof u->r->note, "%s", ed->note);
	note_open_key(&u->known->feed, u->r->note, sizeof u->r->note);
	if (e || ed->unchanged)
		return e;
	e = edition_judge(ed, &judged, ei);
	if (!e) {
		u->r->rows = judged.rows;
		u->r->malformed = judged.malformed;
	}
	return e;
}
