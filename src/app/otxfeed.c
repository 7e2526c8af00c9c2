/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Pulses of AlienVault OTX (API v1) and of whoever speaks like it: answers with "results", and with
 * the URL of the next page in "next" until there is none. An edition is all pages as they came, a
 * file each; it is the same as the one before if all of them are.
 *
 * A server may page for ever: by a page that leads to one that was there, by pages that bring
 * nothing, by pages that say the same, or simply by many. Then nothing of what it said is taken.
 * What it names as the next page is asked for on its own host only, since the key goes with it.
 */
#include "app/edition_json.h"

#include "base/mix.h"
#include "base/vec.h"

#include <stdio.h>
#include <stdlib.h>

enum { PAGES_MAX = 5000, URL_MOST = 8192 };

struct pulses {
	struct edition *ed;
	struct buf doc;     /* the answer at hand */
	VEC(uint64_t) seen; /* URLs and contents so far, by hash */
	unsigned pages;
	uint64_t digest;
};

static enum err note_seen(struct pulses *p, struct str what, const char *again, struct errinfo *ei)
{
	uint64_t h = str_hash(what, 0), *at;

	for (size_t i = 0; i < p->seen.n; i++)
		if (p->seen.v[i] == h)
			return err_set(ei, ERR_LIMIT, "the server pages for ever: %s", again);
	at = VEC_PUSH(&p->seen);
	if (!at)
		return ERR_NOMEM;
	*at = h;
	return ERR_OK;
}

static enum err keep_page(struct pulses *p, struct errinfo *ei)
{
	char name[24];
	struct str path;
	enum err e;

	(void)snprintf(name, sizeof name, "page-%04u.json", p->pages);
	e = edition_path(p->ed, NULL, str_of(name), &path, ei);
	if (!e)
		e = file_write(path.p, buf_str(&p->doc), ei);
	return e ? e : edition_add(p->ed, path);
}

/* Of the page at hand: is it one, does it bring anything, and where is the next? */
static enum err take_page(struct pulses *p, const char *url, struct str *next, struct errinfo *ei)
{
	struct str doc = buf_str(&p->doc);
	struct json results, v;
	struct json_walk w;
	struct str key;
	bool any = false;
	enum err e;

	if (!edition_member(doc, "results", &results) || results.type != JSON_ARRAY)
		return err_set(ei, ERR_PARSE, "what came is no page of pulses");
	any = json_begin(&w, results.raw) && json_next(&w, &key, &v);
	*next = edition_text(p->ed, doc, "next", URL_MOST);
	if (next->n && !any)
		return err_set(ei, ERR_LIMIT, "the server pages for ever: a page brings nothing new");
	if (any) {
		e = note_seen(p, results.raw, "a page brings nothing new", ei);
		if (e)
			return e;
	}
	p->digest = mix64(p->digest ^ str_hash(results.raw, 0));
	e = any || p->pages == 1 ? keep_page(p, ei) : ERR_OK;
	if (!e && next->n) {
		struct buf whole;

		buf_init(&whole, URL_MOST);
		e = fetch_join(url, *next, &whole, ei);
		if (!e) {
			*next = arena_str(&p->ed->arena, buf_str(&whole));
			e = next->p ? ERR_OK : ERR_NOMEM;
		}
		buf_free(&whole);
	}
	return e;
}

static enum err read_pages(struct pulses *p, struct errinfo *ei)
{
	struct str url = str_of(p->ed->feed->url), next = STR_NONE;
	enum err e = ERR_OK;

	do {
		struct fetch_request r = { .url = url.p, .accept = "application/json" };
		struct fetch_answer a;

		e = note_seen(p, url, "a page leads back to one before", ei);
		if (!e && ++p->pages > PAGES_MAX)
			e = err_set(ei, ERR_LIMIT, "the server pages on: more than %d pages", PAGES_MAX);
		buf_clear(&p->doc);
		if (!e)
			e = edition_get(p->ed, &r, &p->doc, &a, ei);
		if (!e)
			e = take_page(p, url.p, &next, ei);
		url = next;
	} while (!e && next.n);
	return e;
}

enum err otx_edition(struct edition *ed, struct errinfo *ei)
{
	struct pulses p = { .ed = ed };
	struct str known = edition_was(ed, "pages", NULL);
	struct buf digest;
	enum err e;

	buf_init(&p.doc, (size_t)2 << 30);
	buf_init(&digest, 64);
	e = read_pages(&p, ei);
	if (!e) {
		buf_fmt(&digest, "%u:%016llx", p.pages, (unsigned long long)p.digest);
		ed->unchanged = known.n && str_eq(known, buf_str(&digest));
		e = edition_note(ed, "pages", NULL, buf_str(&digest));
	}
	free(p.seen.v);
	buf_free(&digest);
	buf_free(&p.doc);
	return e;
}
