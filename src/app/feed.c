/* SPDX-License-Identifier: Apache-2.0 */
#include "app/feed.h"

#include "app/catalogue.h"
#include "base/json.h"
#include "format/reader.h"

#include <libfyaml.h>
#include <stdlib.h>

enum { NAME_MAX_ = 40, TEXT_MAX = 2048, FEEDS_MAX = 4096 };

enum feed_kind feed_kind(const struct feed *f)
{
	if (strcmp(f->format, "taxii") == 0)
		return FEED_TAXII;
	if (strcmp(f->format, "otx-feed") == 0)
		return FEED_OTX;
	return strcmp(f->format, "misp-feed") == 0 ? FEED_MISP : FEED_LIST;
}

bool feed_name_ok(struct str name)
{
	if (name.n == 0 || name.n > NAME_MAX_)
		return false;
	for (size_t i = 0; i < name.n; i++) {
		char c = name.p[i];
		bool word = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');

		if (!word && (i == 0 || (c != '-' && c != '_' && c != '.')))
			return false;
	}
	return true;
}

bool feed_format_ok(struct str format)
{
	return str_is(format, "auto") || str_is(format, "taxii") || str_is(format, "misp-feed") ||
	       str_is(format, "otx-feed") || reader_named(READS_INDICATORS, format);
}

bool feed_span(struct str s, uint32_t *seconds)
{
	int64_t t;

	if (str_is(s, "0")) {
		*seconds = 0;
		return true;
	}
	if (!time_span(s, &t) || t < TIME_S || t / TIME_S > UINT32_MAX)
		return false;
	*seconds = (uint32_t)(t / TIME_S);
	return true;
}

/* ---- fields by name: the catalogue, the command line and the database share them ---- */

enum shape { TEXT, WEB, FORMAT, RELIABILITY, SPAN, DAYS, ROLE, YES, NUMBER, HOW, FILE_PATH, PROXY };

struct field {
	const char *name;
	enum shape shape;
	size_t at;
	bool kept; /* in the settings; the rest has columns of its own */
};

#define AT(member) offsetof(struct feed, member)
static const struct field fields[] = {
	{ "title", TEXT, AT(title), true },
	{ "url", TEXT, AT(url), false },
	{ "format", FORMAT, AT(format), false },
	{ "licence", TEXT, AT(licence), false },
	{ "terms", WEB, AT(terms), true },
	{ "homepage", WEB, AT(homepage), true },
	{ "note", TEXT, AT(note), true },
	{ "reliability", RELIABILITY, AT(reliability), false },
	{ "interval", SPAN, AT(interval_s), false },
	{ "lifetime", DAYS, AT(lifetime_d), false },
	{ "role", ROLE, AT(role), false },
	{ "http", YES, AT(http), true },
	{ "private", YES, AT(inside), true },
	{ "ca", FILE_PATH, AT(ca_file), true },
	{ "proxy", PROXY, AT(proxy), true },
	{ "key", HOW, AT(how), true },
	{ "key-needed", YES, AT(key_needed), true },
	{ "key-env", TEXT, AT(key_env), true },
	{ "key-file", FILE_PATH, AT(key_file), true },
	{ "user", TEXT, AT(key_user), true },
	{ "collection", TEXT, AT(collection), true },
	{ "max-size", NUMBER, AT(max_mib), true },
	{ "timeout", SPAN, AT(total_s), true },
	{ "idle", SPAN, AT(idle_s), true },
	{ "tries", NUMBER, AT(tries), true },
	{ "wait", NUMBER, AT(wait_ms), true },
};

static void *member(const struct field *d, struct feed *f)
{
	return (char *)f + d->at;
}

static const struct field *field_named(struct str name)
{
	for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++)
		if (str_is(name, fields[i].name))
			return &fields[i];
	return NULL;
}

static enum err no(const struct field *d, const char *what, struct str value, struct errinfo *ei)
{
	return err_set(ei, ERR_USAGE, "%s is %s, not %.*s", d->name, what,
		       STR_ARG(str_head(value, 80)));
}

/* Text that a header or a terminal can take: one line. */
static bool plain_text(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] < 0x20 || s.p[i] == 0x7f)
			return false;
	return s.n <= TEXT_MAX && str_utf8(s);
}

static enum err set_text(const struct field *d, struct feed *f, struct arena *a, struct str value,
			 struct errinfo *ei)
{
	struct str copy;

	if (!plain_text(value))
		return err_set(ei, ERR_USAGE, "%s has control characters in it, or is too long",
			       d->name);
	if (d->shape == FILE_PATH && (value.n == 0 || value.p[0] != '/'))
		return no(d, "the whole path of a file", value, ei);
	if (d->shape == WEB && !str_starts(value, STR("https://")) && !str_starts(value, STR("http://")))
		return no(d, "the address of a page", value, ei);
	if (d->shape == FORMAT && !feed_format_ok(value))
		return no(d, "a format of indicators (nezumi formats), auto, taxii, misp-feed or otx-feed",
			  value, ei);
	/* Settings are shown to whoever may read the database. */
	if (d->shape == PROXY && str_chr(value, '@') != SIZE_MAX)
		return err_set(ei, ERR_USAGE,
			       "a proxy that wants a password belongs in the environment "
			       "(https_proxy)");
	copy = arena_str(a, value);
	if (!copy.p)
		return ERR_NOMEM;
	*(const char **)member(d, f) = copy.p;
	return ERR_OK;
}

/* open, bearer, basic, url, header:NAME */
static enum err set_how(const struct field *d, struct feed *f, struct arena *a, struct str value,
			struct errinfo *ei)
{
	static const struct {
		const char *word;
		enum fetch_how how;
	} words[] = { { "none", FETCH_OPEN },
		      { "bearer", FETCH_BEARER },
		      { "basic", FETCH_BASIC },
		      { "url", FETCH_URL } };
	struct str header = STR("header:"), name;

	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
		if (str_is(value, words[i].word)) {
			f->how = words[i].how;
			return ERR_OK;
		}
	name = str_skip(value, header.n);
	if (!str_starts(value, header) || name.n == 0 || name.n > 64)
		return no(d, "one of none, bearer, basic, url and header:NAME", value, ei);
	for (size_t i = 0; i < name.n; i++) {
		char c = name.p[i];

		if (!((c | 32) >= 'a' && (c | 32) <= 'z') && !(c >= '0' && c <= '9') && c != '-' &&
		    c != '_')
			return no(d, "header: and a header's name", value, ei);
	}
	name = arena_str(a, name);
	if (!name.p)
		return ERR_NOMEM;
	f->how = FETCH_HEADER;
	f->key_header = name.p;
	return ERR_OK;
}

static enum err set_field(const struct field *d, struct feed *f, struct arena *a, struct str value,
			  struct errinfo *ei)
{
	uint64_t n = 0;
	uint32_t s = 0;

	switch (d->shape) {
	case RELIABILITY:
		if (value.n != 1 || value.p[0] < 'A' || value.p[0] > 'F')
			return no(d, "a letter from A to F", value, ei);
		f->reliability = value.p[0];
		return ERR_OK;
	case SPAN:
		if (!feed_span(value, &s))
			return no(d, "a number and s, m, h, d or w", value, ei);
		*(uint32_t *)member(d, f) = s;
		return ERR_OK;
	case DAYS:
		if (!feed_span(value, &s) || (s && s < 86400))
			return no(d, "at least a day (30d)", value, ei);
		f->lifetime_d = s / 86400;
		return ERR_OK;
	case ROLE:
		f->has_role = role_find(value, &f->role);
		return f->has_role ? ERR_OK : no(d, "a role of indicators", value, ei);
	case YES:
		if (!str_is(value, "yes") && !str_is(value, "no") && !str_is(value, "allowed"))
			return no(d, "yes or no", value, ei);
		*(bool *)member(d, f) = !str_is(value, "no");
		return ERR_OK;
	case NUMBER:
		if (!str_u64(value, 1000000, &n) || n == 0)
			return no(d, "a number from 1 to 1000000", value, ei);
		*(uint32_t *)member(d, f) = (uint32_t)n;
		return ERR_OK;
	case HOW:
		return set_how(d, f, a, value, ei);
	case TEXT:
	case WEB:
	case FORMAT:
	case FILE_PATH:
	case PROXY:
		break;
	}
	return set_text(d, f, a, value, ei);
}

enum err feed_set(struct feed *f, struct arena *a, struct str field, struct str value,
		  struct errinfo *ei)
{
	const struct field *d = field_named(field);

	if (!d)
		return err_set(ei, ERR_USAGE, "a feed has no %.*s", STR_ARG(str_head(field, 40)));
	return set_field(d, f, a, value, ei);
}

/* ---- the database's text ---- */

static void put_how(struct buf *b, const struct feed *f)
{
	static const char *const words[] = {
		[FETCH_OPEN] = "none", [FETCH_HEADER] = "header:", [FETCH_BASIC] = "basic", [FETCH_BEARER] = "bearer", [FETCH_URL] = "url"
	};

	buf_c(b, words[f->how]);
	if (f->how == FETCH_HEADER)
		buf_c(b, f->key_header);
}

/* The value as feed_set would take it; nothing where it is not set. */
static void put_field(struct buf *b, const struct field *d, const struct feed *f)
{
	const void *at = (const char *)f + d->at;

	switch (d->shape) {
	case YES:
		buf_c(b, *(const bool *)at ? "yes" : "");
		break;
	case NUMBER:
		if (*(const uint32_t *)at)
			buf_u64(b, *(const uint32_t *)at);
		break;
	case SPAN:
		if (*(const uint32_t *)at)
			buf_fmt(b, "%us", *(const uint32_t *)at);
		break;
	case HOW:
		if (f->how)
			put_how(b, f);
		break;
	default:
		if (*(const char *const *)at)
			buf_c(b, *(const char *const *)at);
		break;
	}
}

enum err feed_settings_write(const struct feed *f, struct buf *out)
{
	struct buf text;
	bool first = true;
	enum err e;

	buf_init(&text, 1 << 16);
	buf_ch(out, '{');
	for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
		buf_clear(&text);
		if (fields[i].kept)
			put_field(&text, &fields[i], f);
		if (!text.n)
			continue;
		buf_fmt(out, "%s\"%s\":", first ? "" : ",", fields[i].name);
		json_put(out, buf_str(&text));
		first = false;
	}
	buf_ch(out, '}');
	e = buf_err(&text);
	buf_free(&text);
	return e ? e : buf_err(out);
}

enum err feed_settings_read(struct feed *f, struct arena *a, struct str settings, struct errinfo *ei)
{
	struct buf text;
	struct json_walk w;
	struct json v;
	struct str key;
	enum err e = ERR_OK;

	if (settings.n == 0)
		return ERR_OK;
	if (!json_begin(&w, settings) || w.array)
		return err_set(ei, ERR_PARSE, "its settings cannot be read");
	buf_init(&text, 1 << 20);
	while (!e && json_next(&w, &key, &v)) {
		const struct field *d = field_named(key);
		struct str value;
		char *room = d && d->kept && v.type == JSON_STRING ? buf_room(&text, v.raw.n + 1) : NULL;

		if (room && json_text(&v, room, &value))
			e = set_field(d, f, a, value, ei);
	}
	if (!e && w.failed)
		e = err_set(ei, ERR_PARSE, "its settings cannot be read");
	buf_free(&text);
	return e;
}

/* ---- the catalogue ---- */

static struct str scalar(struct fy_node *n)
{
	struct str s = { NULL, 0 };

	s.p = n ? fy_node_get_scalar(n, &s.n) : NULL;
	return s;
}

static enum err read_feed(struct fy_node *map, struct arena *a, struct feed *f, struct errinfo *ei)
{
	struct fy_node_pair *pair;
	struct errinfo why = { 0 };
	void *at = NULL;
	enum err e = ERR_OK;

	*f = (struct feed){ .reliability = 'F' };
	while (!e && (pair = fy_node_mapping_iterate(map, &at))) {
		struct str key = scalar(fy_node_pair_key(pair));
		struct str value = scalar(fy_node_pair_value(pair));

		if (!key.p || !value.p)
			return err_set(ei, ERR_PARSE, "catalogue: what is no text in %s",
				       f->name ? f->name : "a feed");
		if (str_is(key, "name")) {
			f->name = arena_str(a, value).p;
			e = !f->name ? ERR_NOMEM : feed_name_ok(value) ? ERR_OK : ERR_PARSE;
		} else {
			e = feed_set(f, a, key, value, &why);
		}
	}
	if (e)
		return e == ERR_NOMEM ? e
				      : err_set(ei, ERR_PARSE, "catalogue: %s: %s",
						f->name ? f->name : "a feed", why.msg);
	if (!f->name || !f->url || !f->format || !f->title || !f->licence)
		return err_set(ei, ERR_PARSE, "catalogue: %s lacks a field",
			       f->name ? f->name : "a feed");
	return ERR_OK;
}

enum err feed_catalogue(struct arena *a, struct feeds_list *out, struct errinfo *ei)
{
	struct fy_parse_cfg cfg = { .flags = FYPCF_QUIET };
	struct str text = catalogue_feeds();
	struct fy_document *doc = fy_document_build_from_string(&cfg, text.p, text.n);
	struct fy_node *list = doc ? fy_document_root(doc) : NULL, *map;
	void *at = NULL;
	enum err e = ERR_OK;

	if (!list || !fy_node_is_sequence(list))
		e = err_set(ei, ERR_PARSE, "the catalogue of feeds is no list");
	while (!e && (map = fy_node_sequence_iterate(list, &at))) {
		struct feed *f = out->n < FEEDS_MAX ? VEC_PUSH(out) : NULL;

		if (!f)
			e = ERR_NOMEM;
		else if (!fy_node_is_mapping(map))
			e = err_set(ei, ERR_PARSE, "the catalogue of feeds holds what is no feed");
		else
			e = read_feed(map, a, f, ei);
	}
	fy_document_destroy(doc);
	return e;
}
