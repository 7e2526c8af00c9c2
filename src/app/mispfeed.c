/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A MISP feed: a folder with manifest.json, an object that names events by their UUIDs with the
 * times of their last changes, and an event in UUID.json each. Events are fetched when they are new
 * or changed, and kept; an edition is all that the manifest names. Names of files are made of what
 * is a UUID, and of digits, only. hashes.csv is not read: it says no more than the events.
 */
#include "app/edition_json.h"

#include <stdio.h>
#include <sys/stat.h>

enum { EVENTS_MAX = 200000, UUID_N = 36, TIME_N_MAX = 12, SHARE = 4 };

struct mirror {
	struct edition *ed;
	struct str base; /* of the URLs, ends in '/' */
	uint64_t named, odd, missing, broken;
	char why[120]; /* of the last that is broken */
};

static bool is_uuid(struct str s)
{
	if (s.n != UUID_N)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];
		bool dash = i == 8 || i == 13 || i == 18 || i == 23;
		bool hex = (c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'f');

		if (dash ? c != '-' : !hex)
			return false;
	}
	return true;
}

/* The time of the last change: a number, or a string of digits; else empty. */
static struct str change_of(struct str event)
{
	struct json_walk w;
	struct json v;
	struct str key, time = STR_NONE;
	uint64_t n;

	if (!json_begin(&w, event) || w.array)
		return STR_NONE;
	while (json_next(&w, &key, &v))
		if (str_is(key, "timestamp") && (v.type == JSON_STRING || v.type == JSON_NUMBER))
			time = v.raw;
	return time.n <= TIME_N_MAX && str_u64(time, UINT64_MAX, &n) ? time : STR_NONE;
}

/* Is it what its name says? */
static enum err judge_event(const char *path, struct errinfo *ei)
{
	struct buf b;
	enum err e = fetch_judge(path, ei);

	buf_init(&b, (size_t)1 << 30);
	if (!e)
		e = file_slurp(path, (size_t)1 << 29, &b, ei);
	if (!e && !edition_whole_json(str_trim(buf_str(&b))))
		e = err_set(ei, ERR_PARSE, "it is no JSON, or cut off");
	if (!e && str_find(buf_str(&b), STR("\"Event\"")) == SIZE_MAX)
		e = err_set(ei, ERR_PARSE, "there is no event in it");
	buf_free(&b);
	return e;
}

static enum err fetch_event(struct mirror *m, struct str uuid, const char *path, struct errinfo *ei)
{
	struct fetch_answer a;
	struct buf url;
	enum err e;

	buf_init(&url, 1 << 16);
	buf_puts(&url, m->base);
	buf_puts(&url, uuid);
	buf_c(&url, ".json");
	buf_ch(&url, 0);
	e = buf_err(&url);
	if (!e)
		e = edition_fetch(m->ed, &(struct fetch_request){ .url = url.p }, path, &a, ei);
	/* Manifests name events that were taken back. */
	if (e == ERR_IO && (a.status == 404 || a.status == 410)) {
		m->missing++;
		e = ERR_NOENT;
	}
	if (!e && judge_event(path, ei)) {
		(void)remove(path);
		m->broken++;
		(void)snprintf(m->why, sizeof m->why, "%.36s.json: %.70s", uuid.p, ei->msg);
		e = ERR_NOENT;
	}
	buf_free(&url);
	return e;
}

static enum err take_event(struct mirror *m, struct str uuid, struct str event, struct errinfo *ei)
{
	struct str time = change_of(event), path;
	char name[UUID_N + TIME_N_MAX + 8];
	struct stat st;
	enum err e;

	if (!is_uuid(uuid) || time.n == 0) {
		m->odd++;
		return ERR_OK;
	}
	if (++m->named > EVENTS_MAX)
		return err_set(ei, ERR_LIMIT, "its manifest names more than %d events", EVENTS_MAX);
	(void)snprintf(name, sizeof name, "%.*s.%.*s.json", STR_ARG(uuid), STR_ARG(time));
	for (size_t i = 0; i < UUID_N; i++)
		name[i] = (char)(name[i] >= 'A' && name[i] <= 'F' ? name[i] + 32 : name[i]);
	e = edition_path(m->ed, "events", str_of(name), &path, ei);
	if (e)
		return e;
	/* What was fetched is there whole, also when the update was stopped behind it. */
	if (stat(path.p, &st))
		e = fetch_event(m, uuid, path.p, ei);
	if (e)
		return e == ERR_NOENT ? ERR_OK : e;
	return edition_add(m->ed, path);
}

static enum err take_manifest(struct mirror *m, struct str manifest, struct errinfo *ei)
{
	struct json_walk w;
	struct json v;
	struct str key;
	uint64_t lost;
	enum err e = ERR_OK;

	if (!json_begin(&w, manifest) || (w.array && json_next(&w, &key, &v)))
		return err_set(ei, ERR_PARSE, "manifest.json is no object of events");
	while (!e && json_next(&w, &key, &v))
		e = take_event(m, key, v.raw, ei);
	if (e)
		return e;
	if (m->odd && !m->named)
		return err_set(ei, ERR_PARSE, "manifest.json names no event by a UUID and a time");
	/* Some are always missing; when many are, the manifest is not that of this folder. */
	lost = m->missing + m->broken;
	if (lost > m->named / SHARE)
		return err_set(ei, ERR_PARSE, "of %llu events %llu cannot be had%s%s",
			       (unsigned long long)m->named, (unsigned long long)lost,
			       m->why[0] ? ": " : "", m->why);
	if (lost + m->odd)
		(void)snprintf(m->ed->note, sizeof m->ed->note,
			       "%llu events are named but missing, %llu cannot be read, %llu have odd names",
			       (unsigned long long)m->missing, (unsigned long long)m->broken,
			       (unsigned long long)m->odd);
	return ERR_OK;
}

/* The folder's URL, from it or from that of its manifest. */
static enum err base_of(struct mirror *m, struct errinfo *ei)
{
	const char *url = m->ed->feed->url;
	struct str s = str_head(str_of(url), strcspn(url, "?#"));
	struct buf b;
	enum err e;

	if (str_ends(s, STR("/manifest.json")))
		s.n -= strlen("manifest.json");
	buf_init(&b, 1 << 16);
	buf_puts(&b, s);
	if (!str_ends(s, STR("/")))
		buf_ch(&b, '/');
	m->base = buf_err(&b) ? STR_NONE : arena_str(&m->ed->arena, buf_str(&b));
	e = m->base.n ? ERR_OK : err_set(ei, ERR_NOMEM, "no memory for its URL");
	buf_free(&b);
	return e;
}

enum err misp_edition(struct edition *ed, struct errinfo *ei)
{
	struct mirror m = { .ed = ed };
	struct str etag = edition_was(ed, "etag", NULL),
		   date = edition_was(ed, "last_modified", NULL),
		   known = edition_was(ed, "manifest", NULL);
	struct fetch_request r = { .etag = etag.n ? etag.p : NULL,
				   .last_modified = date.n ? date.p : NULL };
	struct fetch_answer a = { 0 };
	struct buf doc, url, digest;
	enum err e = base_of(&m, ei);

	buf_init(&doc, (size_t)1 << 30);
	buf_init(&url, 1 << 16);
	buf_init(&digest, 64);
	buf_puts(&url, m.base);
	buf_c(&url, "manifest.json");
	buf_ch(&url, 0);
	r.url = url.p;
	if (!e)
		e = buf_err(&url);
	if (!e)
		e = edition_get(ed, &r, &doc, &a, ei);
	if (!e && !a.unchanged)
		buf_fmt(&digest, "%zu:%016llx", doc.n, (unsigned long long)str_hash(buf_str(&doc), 0));
	if (!e && (a.unchanged || (known.n && str_eq(known, buf_str(&digest)))))
		ed->unchanged = true;
	else if (!e)
		e = take_manifest(&m, buf_str(&doc), ei);
	/* What came damaged is to be asked for again. */
	if (m.broken)
		a.etag[0] = a.last_modified[0] = 0;
	if (!e && !ed->unchanged && !m.broken)
		e = edition_note(ed, "manifest", NULL, buf_str(&digest));
	if (!e && a.etag[0])
		e = edition_note(ed, "etag", NULL, str_of(a.etag));
	if (!e && a.last_modified[0])
		e = edition_note(ed, "last_modified", NULL, str_of(a.last_modified));
	buf_free(&doc);
	buf_free(&url);
	buf_free(&digest);
	return e;
}
