/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Indicators as plain JSON, by no program in particular: a list of values, a list of objects that
 * name them as the columns of tables do (`indicator`, `ioc`, `value`, `ip`, `domain`, `url`,
 * hashes, with type, family, dates, confidence, reference), such objects one a line, or lists of
 * either within an object. A member may hold a list of values. Spamhaus publishes DROP so: `cidr`
 * and `sblid`, a line of metadata at the end.
 *
 * What names the source of a flow, or a message, is a record of something and no list.
 */
#include "base/json.h"
#include "format/doc_parts.h"
#include "format/feed.h"
#include "format/text.h"

enum {
	ITEM_MAX = 4 << 20,
	VALUES_MAX = 7, /* of one set of members, see ind_fields */
	KEYS_REMEMBERED = 32,
	LOOK_AT = 40, /* entries of a sample */
	NAMELESS = IND_COLUMNS
};

/* What a key is; in most files all objects have the same ones, in the same order. */
struct known {
	struct str key;
	enum ind_column column; /* or NAMELESS */
	unsigned sure;
};

struct reading {
	struct doc doc;
	struct known known[KEYS_REMEMBERED];
};

/* The members of an object that mean something. */
struct item {
	struct json at[IND_COLUMNS];
	unsigned sure[IND_COLUMNS];
	struct json more[IND_HASHES_MAX]; /* hashes of other kinds */
	unsigned n_more;
	struct json sblid;
	unsigned keys, known;
	bool metadata, seen_from, titled;
};

static bool is_value(enum ind_column c)
{
	return c <= IND_HASH;
}

/* Also in the plural: "ips", "addresses". */
static struct known understand(struct str key)
{
	struct known k = { .key = key, .column = (enum ind_column)NAMELESS };

	for (size_t cut = 0; cut <= 2 && key.n > cut; cut++) {
		if (cut && !str_ends(key, cut == 1 ? STR("s") : STR("es")))
			continue;
		if (ind_column_named(str_head(key, key.n - cut), &k.column, &k.sure))
			return k;
		k.column = (enum ind_column)NAMELESS;
	}
	return k;
}

static const struct known *known(struct reading *r, struct str key, unsigned place)
{
	struct known *k = &r->known[place % KEYS_REMEMBERED];

	if (!k->key.p || !str_eq(k->key, key))
		*k = understand(key);
	return k;
}

/* False: it is no object that can be read to its end. */
static bool members(struct reading *r, struct str object, struct item *out)
{
	static const char *const origins[] = { "srcip",         "sourceip", "idorigh", "srcaddr",
					       "sourceaddress", "message",  "msg" };
	struct json_walk w;
	struct str key;
	struct json v;

	*out = (struct item){ .n_more = 0 };
	if (!json_begin(&w, object) || w.array)
		return false;
	for (unsigned place = 0; json_next(&w, &key, &v); place++) {
		const struct known *k = known(r, key, place);

		out->keys++;
		if (k->column == (enum ind_column)NAMELESS) {
			out->titled |= str_is(key, "name") || str_is(key, "title");
			for (size_t i = 0; i < sizeof origins / sizeof origins[0]; i++)
				out->seen_from |= csv_named(key, origins[i]);
			if (str_is(key, "sblid"))
				out->sblid = v;
			continue;
		}
		out->known++;
		if (k->column == IND_TYPE && v.type == JSON_STRING && str_is(v.raw, "metadata"))
			out->metadata = true;
		if (k->column == IND_HASH && out->sure[IND_HASH] && out->n_more < IND_HASHES_MAX)
			out->more[out->n_more++] = v;
		else if (k->sure > out->sure[k->column] && v.type != JSON_NULL) {
			out->at[k->column] = v;
			out->sure[k->column] = k->sure;
		}
	}
	return !w.failed;
}

static bool holds_values(const struct item *i)
{
	for (size_t c = IND_VALUE; c <= IND_HASH; c++)
		if (i->sure[c] && i->at[c].type != JSON_OBJECT && i->at[c].type != JSON_BOOL)
			return true;
	return false;
}

/* Of a list its first text. */
static struct str text_of(struct feed *f, const struct json *v)
{
	struct json_walk w;
	struct str none;
	struct json first;

	if (v->type == JSON_BOOL)
		return json_true(v) ? STR("true") : STR("false");
	if (v->type != JSON_ARRAY)
		return feed_text(f, v);
	return json_begin(&w, v->raw) && json_next(&w, &none, &first) ? feed_text(f, &first) : STR_NONE;
}

/* The entries of a list that stands where one value is due. */
static void give_list(struct feed *f, const struct ind_columns *like, struct str *fields, int n,
		      enum ind_column column, struct str list)
{
	struct ind_columns c = *like;
	size_t scratch = f->sink->scratch.n;
	struct json_walk w;
	struct str none;
	struct json v;

	for (size_t k = IND_VALUE; k <= IND_HASH; k++)
		c.at[k] = k == column ? (int)k : -1;
	c.n_hashes = 0;
	(void)json_begin(&w, list);
	while (json_next(&w, &none, &v)) {
		fields[column] = feed_text(f, &v);
		if (fields[column].n)
			ind_fields(&c, fields, n, f->sink);
		else
			f->sink->unused++;
		f->sink->scratch.n = scratch;
	}
}

static void give(struct reading *r, const struct item *i)
{
	struct feed f = { .sink = r->doc.sink };
	struct str fields[IND_COLUMNS + IND_HASHES_MAX];
	struct ind_columns c = { .n = 0 };
	bool single = false, listed = false;
	int n = IND_COLUMNS;

	for (int k = 0; k < IND_COLUMNS; k++) {
		bool list = is_value((enum ind_column)k) && i->at[k].type == JSON_ARRAY;

		c.at[k] = i->sure[k] && !list ? k : -1;
		fields[k] = c.at[k] >= 0 ? text_of(&f, &i->at[k]) : STR_NONE;
		single |= is_value((enum ind_column)k) && fields[k].n;
	}
	for (unsigned k = 0; k < i->n_more; k++) {
		fields[n] = text_of(&f, &i->more[k]);
		c.hashes[c.n_hashes++] = n++;
	}
	if (i->sblid.type == JSON_STRING && c.at[IND_REFERENCE] < 0) {
		c.at[IND_REFERENCE] = IND_REFERENCE;
		fields[IND_REFERENCE] = text_of(&f, &i->sblid);
		/* Networks that criminals hold are not each a controller. */
		if (c.at[IND_ROLE] < 0) {
			c.at[IND_ROLE] = IND_ROLE;
			fields[IND_ROLE] = STR("other");
		}
	}
	for (int k = IND_VALUE; k <= IND_HASH; k++)
		if (i->at[k].type == JSON_ARRAY && i->sure[k]) {
			listed = true;
			give_list(&f, &c, fields, n, (enum ind_column)k, i->at[k].raw);
			fields[k] = STR_NONE;
		}
	if (fields[IND_VALUE].n == 0)
		c.at[IND_VALUE] = -1;
	if (single)
		ind_fields(&c, fields, n, f.sink);
	else if (!listed)
		sink_bad(f.sink, "no value");
}

/* Room for what is undone of an entry and for its values, so that slices stay. */
static bool make_room(struct reading *r, struct str entry)
{
	struct sink *sink = r->doc.sink;

	buf_clear(&sink->scratch);
	if (buf_room(&sink->scratch, entry.n + (VALUES_MAX + 1) * INDICATOR_ROOM(0) + 2 * entry.n))
		return true;
	sink_bad(sink, "no memory for the entry");
	return false;
}

static void text_entry(struct reading *r, struct str entry)
{
	struct feed f = { .sink = r->doc.sink };
	struct indicator ind = indicator_init();
	struct json v = { .type = JSON_STRING };

	doc_at(&r->doc, entry.p);
	if (entry.n > ITEM_MAX || entry.n < 2 || entry.p[entry.n - 1] != '"') {
		sink_bad(f.sink, "not a text that can be read");
		return;
	}
	v.raw = str_range(entry.p + 1, entry.p + entry.n - 1);
	v.escaped = str_chr(v.raw, '\\') != SIZE_MAX;
	if (make_room(r, entry))
		(void)ind_give(feed_text(&f, &v), SAID_NOTHING, &ind, f.sink);
}

/* False: an object, and a right one, that holds no values. */
static bool object_entry(struct reading *r, struct str object)
{
	struct sink *sink = r->doc.sink;
	struct item i;

	doc_at(&r->doc, object.p);
	if (object.n > ITEM_MAX) {
		sink_bad(sink, "an entry of more than %d bytes", ITEM_MAX);
		return true;
	}
	if (!members(r, object, &i)) {
		doc_refuse(&r->doc, object, "an entry deeper than 64");
		return true;
	}
	if (!holds_values(&i)) {
		sink->unused += i.metadata;
		return i.metadata;
	}
	if (make_room(r, object))
		give(r, &i);
	return true;
}

static void list(struct reading *r, struct str text)
{
	struct json_parts in;
	struct str none, v;

	(void)doc_parts(&in, text, '[');
	while (doc_part(&r->doc, &in, &none, &v)) {
		if (doc_is(v, '{')) {
			if (!object_entry(r, v))
				sink_bad(r->doc.sink, "no value");
		} else if (doc_is(v, '"')) {
			text_entry(r, v);
		} else {
			r->doc.sink->unused++;
		}
	}
}

/* Does a key say that a list of entries stands below it, and no more? */
static bool holds_entries(struct str key)
{
	static const char *const plain[] = { "data",    "results", "items",    "values",
					     "entries", "objects", "blocklist" };

	for (size_t i = 0; i < sizeof plain / sizeof plain[0]; i++)
		if (csv_named(key, plain[i]))
			return true;
	return false;
}

/* The next list of entries in an object that is none itself: {"data": [...]}. */
static bool next_list(struct doc *d, struct json_parts *in, struct str *list)
{
	struct str key;

	while (d ? doc_part(d, in, &key, list) : json_part(in, &key, list))
		if (doc_is(*list, '[') && (holds_entries(key) || is_value(understand(key).column)))
			return true;
	return false;
}

static bool container(struct reading *r, struct str object)
{
	struct json_parts in;
	struct str v;
	bool any = false;

	(void)doc_parts(&in, object, '{');
	while (next_list(&r->doc, &in, &v)) {
		any = true;
		list(r, v);
	}
	return any;
}

static void json_block(const struct layout *l, const struct reader_hints *h, struct str block,
		       struct sink *sink)
{
	struct reading r = { .known = { { .key = STR_NONE } } };
	struct str value;

	(void)l;
	(void)h;
	doc_begin(&r.doc, block, sink);
	while (doc_next(&r.doc, &value)) {
		if (doc_is(value, '['))
			list(&r, value);
		else if (!object_entry(&r, value) && !container(&r, value))
			sink_bad(sink, "no value");
	}
}

/* ---- recognition ------------------------------------------------------------------------------ */

/* Names that other things have, too: of servers, of what a log is about. */
static bool plain_name(struct str key)
{
	static const char *const others[] = { "host",    "hostname",      "server",  "serverip",
					      "address", "addr",          "network", "subnet",
					      "prefix",  "netblock",      "dstip",   "destip",
					      "dstaddr", "destinationip", "remoteip" };

	for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
		if (csv_named(key, others[i]))
			return false;
	return true;
}

static bool recognised(const struct json *v, struct buf *scratch)
{
	struct json_walk w;
	struct json first = *v;
	struct indicator ind;
	struct str none;

	if (v->type == JSON_ARRAY && (!json_begin(&w, v->raw) || !json_next(&w, &none, &first)))
		return false;
	buf_clear(scratch);
	return first.type == JSON_STRING && first.raw.n < 4096 &&
	       indicator_recognise(first.raw, scratch, &ind, NULL) == ERR_OK;
}

enum look { LOOK_NOT, LOOK_VALUE, LOOK_NAMED, LOOK_RECORD };

/* What an object of the sample is; NAMED: by a member that only indicators have. */
static enum look look_at(struct reading *r, struct str object, struct buf *scratch)
{
	enum look found = LOOK_NOT;
	bool plain = true;
	struct json_walk w;
	struct str key;
	struct item i;
	struct json v;

	if (!members(r, object, &i))
		return LOOK_NOT;
	if (i.seen_from)
		return LOOK_RECORD;
	/* Whatever has a name may have a domain: firms, schools. */
	if (i.known < 2 && (i.titled || i.keys > 3))
		plain = false;
	(void)json_begin(&w, object);
	while (found != LOOK_NAMED && json_next(&w, &key, &v)) {
		struct known k = understand(key);

		if (k.column > IND_HASH || !plain_name(key) || !recognised(&v, scratch))
			continue;
		if (k.column == IND_VALUE || csv_named(key, "cidr"))
			found = LOOK_NAMED;
		else if (plain)
			found = LOOK_VALUE;
	}
	return found;
}

/* What tells what a sample is made of. */
struct tally {
	unsigned seen, good, named;
	bool record;
};

static void count(struct tally *t, struct reading *r, struct str value, struct buf *scratch)
{
	enum look is = LOOK_NOT;

	if (doc_is(value, '{'))
		is = look_at(r, value, scratch);
	else if (doc_is(value, '"') && value.n > 2 &&
		 recognised(&(struct json){ JSON_STRING, false, { value.p + 1, value.n - 2 } }, scratch))
		is = LOOK_NAMED;
	t->seen++;
	t->record |= is == LOOK_RECORD;
	t->good += is == LOOK_VALUE || is == LOOK_NAMED;
	t->named += is == LOOK_NAMED;
}

static void count_list(struct tally *t, struct reading *r, struct str list, struct buf *scratch)
{
	struct json_parts in;
	struct str none, value;

	(void)doc_parts(&in, list, '[');
	while (t->seen < LOOK_AT && !t->record && json_part(&in, &none, &value))
		if (value.p + value.n < list.p + list.n) /* not cut off */
			count(t, r, value, scratch);
}

static int json_sniff(const struct sample *s)
{
	struct reading r = { .known = { { .key = STR_NONE } } };
	struct str all = str_trim(s->head), rest = all, value;
	struct tally t = { .seen = 0 };
	struct buf scratch;
	bool alone;

	buf_init(&scratch, 0);
	if (doc_is(all, '[')) {
		count_list(&t, &r, all, &scratch);
		rest = STR_NONE;
	}
	while (t.seen < LOOK_AT && !t.record && doc_is(rest, '{') && json_cut(rest, &value, &rest)) {
		count(&t, &r, value, &scratch);
		rest = str_trim(rest);
	}
	alone = doc_is(all, '{') && t.seen < 2;
	if (alone && !t.good && !t.record) {
		struct json_parts in;

		t = (struct tally){ .seen = 0 };
		(void)doc_parts(&in, all, '{');
		while (next_list(NULL, &in, &value))
			count_list(&t, &r, value, &scratch);
		alone = false;
	}
	buf_free(&scratch);
	/* One object by itself may be anything that names its home page. */
	return t.good && t.good * 2 >= t.seen && !t.record && (t.named || !alone) ? 20 : 0;
}

const struct reader reader_json = {
	.name = "json",
	.title = "values, or objects that name them, as plain JSON; Spamhaus DROP",
	.reads = READS_INDICATORS,
	.frame = FRAME_DOCUMENT,
	.sniff = json_sniff,
	.block = json_block,
};
