/* SPDX-License-Identifier: Apache-2.0 */
#include "format/feed.h"

#include "format/place.h"
#include "format/text.h"

struct walk {
	struct feed *feed;
	struct place place;
	struct str text;
	bool self;  /* the document at hand is an item */
	bool known; /* or has something else that is expected */
};

static void at(struct walk *w, const char *p)
{
	place_set(&w->place, (size_t)(p - w->text.p), w->feed->sink);
}

static void item(struct walk *w, struct str key, struct str object)
{
	struct sink *sink = w->feed->sink;

	at(w, object.p);
	buf_clear(&sink->scratch);
	if (object.n > FEED_ITEM_MAX)
		sink_bad(sink, "an entry of more than %zu bytes", FEED_ITEM_MAX);
	else if (!buf_room(&sink->scratch, object.n + 4 * INDICATOR_ROOM(object.n)))
		sink_bad(sink, "no memory for the entry");
	else
		w->feed->item(w->feed, key, object);
}

static void broken(struct walk *w, const struct json_walk *j)
{
	at(w, j->p);
	sink_bad(w->feed->sink, "JSON: it is broken or ends behind here; the rest was not read");
}

/* A plain member of the document: what an API says about its answer. */
static void remark(struct walk *w, struct str key, const struct json *v)
{
	if (w->feed->self && str_is(key, w->feed->self) && v->type != JSON_NULL)
		w->self = true;
	w->known |= str_is(key, "query_status");
	if (str_is(key, "query_status") && v->type == JSON_STRING && !str_is(v->raw, "ok") &&
	    !str_istarts(v->raw, STR("no_result"))) {
		at(w, v->raw.p);
		sink_bad(w->feed->sink, "the answer is no list: %.*s", STR_ARG(str_head(v->raw, 60)));
	}
}

static bool list(struct walk *w, struct str key, struct json_walk *in)
{
	struct str none;
	struct json v;

	while (json_next(in, &none, &v)) {
		if (v.type == JSON_OBJECT) {
			item(w, key, v.raw);
		} else if (v.type == JSON_ARRAY) {
			at(w, v.raw.p);
			sink_bad(w->feed->sink, "a list where an object is due");
		}
	}
	if (in->failed)
		broken(w, in);
	return !in->failed;
}

/* One document; what follows it in *rest. False when it is broken. */
static bool document(struct walk *w, struct str *rest)
{
	struct json_walk j, in;
	struct str key, text;
	struct json v;

	w->self = w->known = false;
	if (!json_begin(&j, *rest)) {
		at(w, str_trim(*rest).p);
		sink_bad(w->feed->sink, "JSON: neither an object nor a list");
		return false;
	}
	while (json_peek(&j, &key, &text)) {
		if (text.p[0] == '[' && !j.array) {
			(void)json_begin(&in, text);
			if (!list(w, key, &in))
				return false;
			json_behind(&j, &in);
			w->known = true;
			continue;
		}
		if (!json_next(&j, &key, &v))
			break;
		w->known |= v.type == JSON_OBJECT;
		if (v.type == JSON_OBJECT)
			item(w, key, v.raw);
		else if (!j.array)
			remark(w, key, &v);
	}
	if (j.failed) {
		broken(w, &j);
		return false;
	}
	if (w->self) {
		item(w, STR_NONE, str_range(str_trim(*rest).p, j.p + 1));
	} else if (!w->known && !j.array && j.begun) {
		at(w, str_trim(*rest).p);
		sink_bad(w->feed->sink, "an object of another kind");
	}
	*rest = json_rest(&j);
	return true;
}

void feed_read(struct feed *f, struct str text)
{
	struct walk w = { .feed = f, .place = place_begin(text), .text = text };
	struct str rest = str_trim(text);

	if (rest.n == 0)
		sink_bad(f->sink, "the document is empty");
	while (rest.n && document(&w, &rest))
		;
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
