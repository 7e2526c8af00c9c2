/* SPDX-License-Identifier: Apache-2.0 */
#include "format/feed.h"

#include "format/doc_parts.h"
#include "format/text.h"

struct walk {
	struct feed *feed;
	struct doc doc;
	bool self;  /* the document at hand is an item */
	bool known; /* or has something else that is expected */
};

/* Nothing is taken of an object that is not right to its end. */
static bool is_right(struct str object)
{
	struct json_walk w;
	struct json v;
	struct str key;

	if (!json_begin(&w, object) || w.array)
		return false;
	while (json_next(&w, &key, &v))
		;
	return !w.failed;
}

static void item(struct walk *w, struct str key, struct str object)
{
	struct sink *sink = w->feed->sink;

	buf_clear(&sink->scratch);
	if (object.n > FEED_ITEM_MAX) {
		doc_at(&w->doc, object.p);
		sink_bad(sink, "an entry of more than %zu bytes", FEED_ITEM_MAX);
		return;
	}
	if (!is_right(object)) {
		doc_refuse(&w->doc, object, "an entry deeper than 64");
		return;
	}
	doc_at(&w->doc, object.p);
	if (!buf_room(&sink->scratch, object.n + 4 * INDICATOR_ROOM(object.n)))
		sink_bad(sink, "no memory for the entry");
	else
		w->feed->item(w->feed, key, object);
}

/* A plain member of the document: what an API says about its answer. */
static void remark(struct walk *w, struct str key, struct str v)
{
	bool text = v.n > 1 && v.p[0] == '"';
	struct str said = text ? (struct str){ v.p + 1, v.n - 2 } : STR_NONE;

	if (w->feed->self && str_is(key, w->feed->self) && !str_is(v, "null"))
		w->self = true;
	w->known |= str_is(key, "query_status");
	if (str_is(key, "query_status") && text && !str_is(said, "ok") &&
	    !str_istarts(said, STR("no_result"))) {
		doc_at(&w->doc, v.p);
		sink_bad(w->feed->sink, "the answer is no list: %.*s", STR_ARG(str_head(said, 60)));
	}
}

static void list(struct walk *w, struct str key, struct str text)
{
	struct json_parts in;
	struct str none, v;

	(void)doc_parts(&in, text, '[');
	while (doc_part(&w->doc, &in, &none, &v)) {
		if (doc_is(v, '{')) {
			item(w, key, v);
		} else if (doc_is(v, '[')) {
			doc_at(&w->doc, v.p);
			sink_bad(w->feed->sink, "a list where an object is due");
		}
	}
}

static void document(struct walk *w, struct str text)
{
	bool array = doc_is(text, '[');
	struct json_parts j;
	struct str key, v;

	w->self = w->known = false;
	(void)json_parts_begin(&j, text);
	while (doc_part(&w->doc, &j, &key, &v)) {
		if (doc_is(v, '[') && !array) {
			list(w, key, v);
			w->known = true;
		} else if (doc_is(v, '{')) {
			item(w, key, v);
			w->known = true;
		} else if (!array) {
			remark(w, key, v);
		}
	}
	if (w->self) {
		item(w, STR_NONE, text);
	} else if (!w->known && !array && j.begun) {
		doc_at(&w->doc, text.p);
		sink_bad(w->feed->sink, "an object of another kind");
	}
}

void feed_read(struct feed *f, struct str text)
{
	struct walk w = { .feed = f };
	struct str value;

	doc_begin(&w.doc, text, f->sink);
	while (doc_next(&w.doc, &value))
		document(&w, value);
}

void feed_members(struct str object, const char *const *names, size_t n, struct json *out)
{
	struct json_walk w;
	struct str key;
	struct json v;

	for (size_t i = 0; i < n; i++)
		out[i] = (struct json){ .type = JSON_NULL, .raw = STR_NONE };
	(void)json_begin(&w, object);
	while (json_next(&w, &key, &v))
		for (size_t i = 0; i < n; i++)
			if (str_is(key, names[i]))
				out[i] = v;
}

struct str feed_text(struct feed *f, const struct json *v)
{
	struct buf *b = &f->sink->scratch;
	struct str out = STR_NONE;

	if (v->type == JSON_NUMBER || (v->type == JSON_STRING && !v->escaped))
		return str_trim(v->raw);
	if (v->type != JSON_STRING || !buf_room(b, v->raw.n))
		return STR_NONE;
	if (!json_text(v, b->p + b->n, &out))
		return STR_NONE;
	b->n += v->raw.n;
	return str_trim(out);
}

bool feed_give(struct feed *f, const struct json *v, enum said said, const struct indicator *like)
{
	struct indicator ind = *like;
	struct str text = feed_text(f, v);

	return !text_none(text) && ind_give(text, said, &ind, f->sink);
}
