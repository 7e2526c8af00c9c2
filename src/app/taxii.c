/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A TAXII 2.1 client (OASIS TAXII Version 2.1): from wherever the URL points (discovery, an API
 * root, its collections, one of them, or its objects) to the objects of the collections, page by
 * page, as far as they are newer than the last ones. What was there before and what came is put
 * together into one bundle, so that relations find both their ends.
 *
 * A server may page for ever: by pages that bring nothing new, or simply by many. Then nothing of
 * what it said is taken. (That `next` stays the same proves nothing: medallion's names the question,
 * not the page.) Once a week all is read afresh, as a server cannot say that something is gone.
 */
#include "app/edition_json.h"

#include "app/bundle.h"

#include <stdlib.h>

#define MEDIA "application/taxii+json;version=2.1"

enum {
	PAGE = 1000, /* objects asked for at once; a server may give fewer */
	PAGES_MAX = 20000,
	COLLECTIONS_MAX = 1000,
	ROOTS_MAX = 100,
	ID_MAX = 256,
	TEXT_MOST = 16 * ID_MAX,
	AFRESH_DAYS = 7,
};

struct collection {
	struct str url, id;
};

struct taxii {
	struct edition *ed;
	struct buf doc; /* the answer at hand */
	struct fetch_answer answer;
	VEC(struct collection) collections;
	struct str seen; /* titles of those that were passed over, for people */
	struct bundle bundle;
	unsigned pages;
};

/* application/taxii+json, of version 2.1 or without saying which; parameters in any order. */
static bool media_ok(const char *type)
{
	struct str rest = str_of(type), part;

	if (!str_cut(&rest, ';', &part) || !str_iis(str_trim(part), "application/taxii+json"))
		return false;
	while (str_cut(&rest, ';', &part)) {
		struct str name, value = str_trim(part);

		if (!str_cut(&value, '=', &name) || !str_iis(str_trim(name), "version"))
			continue;
		value = str_trim(value);
		if (!str_is(value, "2.1") && !str_is(value, "\"2.1\""))
			return false;
	}
	return true;
}

static enum err get(struct taxii *t, const char *url, struct errinfo *ei)
{
	struct fetch_request r = { .url = url, .accept = MEDIA, .keep_header = "X-TAXII-Date-Added-Last" };
	enum err e;

	buf_clear(&t->doc);
	e = edition_get(t->ed, &r, &t->doc, &t->answer, ei);
	if (e)
		return e;
	if (!media_ok(t->answer.content_type))
		return err_set(ei, ERR_PARSE, "the server does not speak TAXII 2.1 (it says %.80s)",
			       t->answer.content_type[0] ? t->answer.content_type : "nothing");
	return ERR_OK;
}

/* A text of the object, undone; empty where there is none. */
static struct str text_of(struct taxii *t, struct str object, const char *name)
{
	return edition_text(t->ed, object, name, TEXT_MOST);
}

/* base + name + "/", in the arena; an id becomes part of a path, whatever it is made of. */
static enum err below(struct taxii *t, struct str base, struct str name, struct str *out)
{
	struct buf b;
	enum err e;

	buf_init(&b, 1 << 16);
	buf_puts(&b, base);
	if (base.n && base.p[base.n - 1] != '/')
		buf_ch(&b, '/');
	fetch_escape(&b, name);
	buf_ch(&b, '/');
	e = buf_err(&b);
	if (!e) {
		*out = arena_str(&t->ed->arena, buf_str(&b));
		e = out->p ? ERR_OK : ERR_NOMEM;
	}
	buf_free(&b);
	return e;
}

/* ---- finding the collections ---- */

static enum err add_collection(struct taxii *t, struct str url, struct str id)
{
	struct collection *c;

	for (size_t i = 0; i < t->collections.n; i++)
		if (str_eq(t->collections.v[i].url, url))
			return ERR_OK;
	c = t->collections.n < COLLECTIONS_MAX ? VEC_PUSH(&t->collections) : NULL;
	if (!c)
		return ERR_NOMEM;
	*c = (struct collection){ url, id };
	return ERR_OK;
}

static bool readable(struct str object)
{
	struct json v;

	return !edition_member(object, "can_read", &v) || json_true(&v);
}

/* One that a server lists, below the URL of its list. */
static enum err list_one(struct taxii *t, struct str base, struct str object)
{
	const char *wanted = t->ed->feed->collection;
	struct str id = text_of(t, object, "id"), title = text_of(t, object, "title"),
		   alias = text_of(t, object, "alias"), url;
	enum err e;

	if (id.n == 0 || id.n > ID_MAX || !readable(object))
		return ERR_OK;
	if (wanted && !str_is(id, wanted) && !str_is(title, wanted) && !str_is(alias, wanted)) {
		t->seen = title.n ? title : id;
		return ERR_OK;
	}
	e = below(t, base, id, &url);
	return e ? e : add_collection(t, url, id);
}

static enum err list_all(struct taxii *t, struct str base, struct json *array)
{
	struct json_walk w;
	struct json v;
	struct str key;
	enum err e = ERR_OK;

	if (!json_begin(&w, array->raw))
		return ERR_OK;
	while (!e && json_next(&w, &key, &v))
		if (v.type == JSON_OBJECT)
			e = list_one(t, base, v.raw);
	return e;
}

static enum err in_root(struct taxii *t, struct str root, struct errinfo *ei)
{
	struct str url;
	struct json v;
	enum err e = below(t, root, STR("collections"), &url);

	if (!e)
		e = get(t, url.p, ei);
	if (!e && edition_member(buf_str(&t->doc), "collections", &v) && v.type == JSON_ARRAY)
		e = list_all(t, url, &v);
	return e;
}

/* API roots, absolute or not; only on the host that the key is meant for. */
static enum err in_roots(struct taxii *t, struct json *array, struct errinfo *ei)
{
	VEC(struct str) roots = { 0 };
	struct json_walk w;
	struct json v;
	struct str key;
	struct errinfo why = { 0 };
	struct buf b;
	enum err e = ERR_OK;

	if (!json_begin(&w, array->raw))
		return ERR_OK;
	buf_init(&b, 1 << 16);
	while (!e && roots.n < ROOTS_MAX && json_next(&w, &key, &v)) {
		struct str text, *at, whole;
		char *room = v.type == JSON_STRING ? arena_alloc(&t->ed->arena, v.raw.n + 1) : NULL;

		buf_clear(&b);
		if (!room || !json_text(&v, room, &text) || fetch_join(t->ed->feed->url, text, &b, &why))
			continue;
		whole = arena_str(&t->ed->arena, buf_str(&b));
		at = whole.p ? VEC_PUSH(&roots) : NULL;
		if (at)
			*at = whole;
		else
			e = ERR_NOMEM;
	}
	if (!e && roots.n == 0)
		e = err_set(ei, ERR_USAGE, "%s", why.msg[0] ? why.msg : "the server has no API roots");
	/* One root that cannot be used does not hide the others. */
	for (size_t i = 0; !e && i < roots.n; i++) {
		e = in_root(t, roots.v[i], ei);
		if (e == ERR_IO && (t->answer.status == 404 || t->answer.status == 403) && roots.n > 1)
			e = ERR_OK;
	}
	free(roots.v);
	buf_free(&b);
	return e;
}

/* The part of a URL before its query, which must not hold `objects` yet. */
static struct str plain_url(const char *url, bool *objects)
{
	struct str s = str_head(str_of(url), strcspn(url, "?#"));

	*objects = str_ends(s, STR("/objects/")) || str_ends(s, STR("/objects"));
	if (*objects)
		s.n -= str_ends(s, STR("/")) ? strlen("objects/") : strlen("objects");
	return s;
}

static enum err find(struct taxii *t, struct errinfo *ei)
{
	bool objects;
	struct str url = plain_url(t->ed->feed->url, &objects), doc;
	struct json v;
	enum err e;

	if (objects)
		return add_collection(t, arena_str(&t->ed->arena, url), STR("objects"));
	e = get(t, t->ed->feed->url, ei);
	if (e)
		return e;
	doc = buf_str(&t->doc);
	if (edition_member(doc, "collections", &v) && v.type == JSON_ARRAY)
		return list_all(t, url, &v);
	if (edition_member(doc, "api_roots", &v) && v.type == JSON_ARRAY)
		return in_roots(t, &v, ei);
	if (edition_member(doc, "can_read", &v)) {
		struct str id = text_of(t, doc, "id");

		if (!json_true(&v))
			return err_set(ei, ERR_USAGE, "the collection may not be read");
		return add_collection(t, arena_str(&t->ed->arena, url), id.n ? id : STR("objects"));
	}
	if (edition_member(doc, "versions", &v))
		return in_root(t, url, ei);
	return err_set(ei, ERR_PARSE, "what the server says there is no part of TAXII");
}

/* ---- reading one ---- */

static enum err page_url(const struct collection *c, struct str after, struct str next, struct buf *b)
{
	buf_clear(b);
	buf_puts(b, c->url);
	buf_fmt(b, "%sobjects/?limit=%d", str_ends(c->url, STR("/")) ? "" : "/", PAGE);
	if (after.n) {
		buf_c(b, "&added_after=");
		fetch_escape(b, after);
	}
	if (next.n) {
		buf_c(b, "&next=");
		fetch_escape(b, next);
	}
	buf_ch(b, 0);
	return buf_err(b);
}

/* Of the page at hand: its objects into the bundle, how many of them are news. */
static enum err take_page(struct taxii *t, uint64_t *fresh, bool *more, struct str *next,
			  struct errinfo *ei)
{
	struct str doc = buf_str(&t->doc);
	struct json v;
	enum err e = ERR_OK;

	*fresh = 0;
	*more = edition_member(doc, "more", &v) && json_true(&v);
	*next = text_of(t, doc, "next");
	if (edition_member(doc, "objects", &v)) {
		if (v.type != JSON_ARRAY)
			return err_set(ei, ERR_PARSE, "the server's objects are no list");
		e = bundle_add(&t->bundle, v.raw, fresh, ei);
	}
	return e;
}

static enum err read_one(struct taxii *t, const struct collection *c, struct errinfo *ei)
{
	struct str after = edition_was(t->ed, "added_after", c->id.p), next = STR_NONE, last = after;
	bool more = true;
	struct buf url;
	enum err e = ERR_OK;

	buf_init(&url, 1 << 16);
	bundle_forget(&t->bundle);
	while (!e && more) {
		uint64_t fresh;

		if (++t->pages > PAGES_MAX)
			e = err_set(ei, ERR_LIMIT, "the server pages on: more than %d pages", PAGES_MAX);
		if (!e)
			e = page_url(c, after, next, &url);
		if (!e)
			e = get(t, url.p, ei);
		if (!e)
			e = take_page(t, &fresh, &more, &next, ei);
		if (e)
			break;
		if (t->answer.kept[0]) {
			last = arena_str(&t->ed->arena, str_of(t->answer.kept));
			e = last.p ? e : ERR_NOMEM;
		}
		if (!more || e)
			break;
		if (fresh == 0)
			e = err_set(ei, ERR_LIMIT,
				    "the server pages for ever: a page brings nothing new");
		else if (!next.n && (!t->answer.kept[0] || str_eq(last, after)))
			e = err_set(ei, ERR_PARSE, "there is more, but the server does not say where");
		else if (!next.n)
			after = last;
	}
	buf_free(&url);
	if (!e && last.n)
		e = edition_note(t->ed, "added_after", c->id.p, last);
	return e;
}

/* ---- all of it ---- */

/* What was there before; where it is gone or damaged, everything is read anew. */
static enum err begin(struct taxii *t)
{
	struct str old = edition_was(t->ed, "bundle", NULL),
		   full = edition_was(t->ed, "full", NULL), path;
	int64_t since = 0, now = t->ed->world.now(t->ed->world.ctx);
	struct buf text;
	enum err e = ERR_OK;

	buf_init(&text, 64);
	if (!time_parse(full, &since, NULL) || now - since > AFRESH_DAYS * TIME_DAY || old.n == 0 ||
	    edition_path(t->ed, ".", old, &path, NULL) || bundle_load(&t->bundle, path.p)) {
		t->ed->afresh = true;
		bundle_clear(&t->bundle);
		time_format(&text, now - now % TIME_S);
		full = buf_str(&text);
	}
	e = edition_note(t->ed, "full", NULL, full);
	buf_free(&text);
	return e;
}

static enum err finish(struct taxii *t, struct errinfo *ei)
{
	struct str path, name = { t->ed->folder, strlen(t->ed->folder) };
	enum err e;

	if (t->bundle.fresh == 0 && !t->ed->afresh) {
		t->ed->unchanged = true;
		return ERR_OK;
	}
	e = edition_path(t->ed, NULL, STR("bundle.json"), &path, ei);
	if (!e)
		e = bundle_write(&t->bundle, path.p, ei);
	if (!e)
		e = edition_add(t->ed, path);
	return e ? e : edition_note(t->ed, "bundle", NULL, str_skip(path, name.n + 1));
}

enum err taxii_edition(struct edition *ed, struct errinfo *ei)
{
	struct taxii t = { .ed = ed };
	enum err e;

	buf_init(&t.doc, (size_t)2 << 30);
	bundle_init(&t.bundle, (ed->feed->max_mib ? (size_t)ed->feed->max_mib : 256) << 20);
	e = begin(&t);
	if (!e)
		e = find(&t, ei);
	if (!e && t.collections.n == 0)
		e = t.seen.n ? err_set(ei, ERR_USAGE,
				       "the server has no collection %.60s that may be read; one is %.60s",
				       ed->feed->collection, t.seen.p)
			     : err_set(ei, ERR_USAGE, "the server has no collection that may be read");
	for (size_t i = 0; !e && i < t.collections.n; i++)
		e = read_one(&t, &t.collections.v[i], ei);
	if (!e)
		e = finish(&t, ei);
	free(t.collections.v);
	bundle_free(&t.bundle);
	buf_free(&t.doc);
	return e;
}
