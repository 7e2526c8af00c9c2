/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What everything else reads and writes text with. The first byte of an input chooses what is tried,
 * the rest is the text:
 *   j JSON is walked to the bottom, strings are undone, written and read again
 *   e every escape makes valid UTF-8 without what its syntax would take for more than text
 *   t times and spans that are read are written and read again
 *   c lines of CSV are split, written and split again
 *   i indicators that are recognised have a form that is recognised as the same, defanged or not
 *   n names and URLs in normal form have themselves as normal form
 *   a addresses and networks that are read are written and read again
 *   s STIX patterns are read within their bounds, and tell nothing when they are refused
 */
#include "base/clock.h"
#include "base/escape.h"
#include "base/json.h"
#include "core/indicator.h"
#include "core/name.h"
#include "format/csv.h"
#include "format/stix_pattern.h"

#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define need(ok) ((ok) ? (void)0 : broken(#ok, __LINE__))

static void broken(const char *what, int line)
{
	fprintf(stderr, "fuzz_text.c:%d: does not hold: %s\n", line, what);
	abort();
}

/* s lies within the text that it was cut from, or the memory that it was undone into. */
static bool within(struct str s, struct str whole)
{
	return s.n == 0 || (s.p >= whole.p && s.p + s.n <= whole.p + whole.n);
}

/* Bytes of exactly that many, so that one too far is noticed. */
static char *room(size_t n)
{
	char *p = malloc(n ? n : 1);

	if (!p)
		abort();
	return p;
}

/* ---- JSON ------------------------------------------------------------------------------------- */

static void json_string(const struct json *v)
{
	char *dst = room(v->raw.n);
	struct str text, again;
	struct json_walk w;
	struct str key;
	struct json back;
	struct buf b;

	need(json_text(v, dst, &text));
	need(within(text, v->raw) || within(text, (struct str){ dst, v->raw.n }));
	need(v->escaped || text.p == v->raw.p);

	/* Written it is one string, and the same text where that was UTF-8. */
	buf_init(&b, 0);
	buf_ch(&b, '[');
	json_put(&b, text);
	buf_ch(&b, ']');
	need(buf_err(&b) == ERR_OK && str_utf8(buf_str(&b)));
	for (size_t i = 0; i < b.n; i++)
		need(b.p[i] != '<' && b.p[i] != '>' && b.p[i] != '&' && (unsigned char)b.p[i] >= 0x20);
	need(json_begin(&w, buf_str(&b)));
	need(json_next(&w, &key, &back) && back.type == JSON_STRING);
	free(dst);
	dst = room(back.raw.n);
	need(json_text(&back, dst, &again));
	if (str_utf8(v->raw)) {
		char *first = room(v->raw.n);

		need(json_text(v, first, &text));
		need(str_eq(text, again));
		free(first);
	}
	need(!json_next(&w, &key, &back) && !w.failed && json_rest(&w).n == 0);
	free(dst);
	buf_free(&b);
}

static void json_down(struct str text, unsigned depth)
{
	struct json_walk w;
	struct str key;
	struct json v;
	uint64_t n;

	need(depth < 64);
	if (!json_begin(&w, text))
		return;
	while (json_next(&w, &key, &v)) {
		need(within(key, text) && within(v.raw, text));
		need((unsigned)v.type <= JSON_ARRAY);
		need(v.type == JSON_STRING || !v.escaped);
		need(!w.array || key.n == 0);
		if (v.type == JSON_STRING)
			json_string(&v);
		else if (v.type == JSON_NUMBER)
			for (unsigned scale = 0; scale <= 9; scale += 3)
				(void)json_decimal(v.raw, scale, &n);
		else if (v.type == JSON_OBJECT || v.type == JSON_ARRAY)
			json_down(v.raw, depth + 1);
		(void)json_true(&v);
	}
	/* Asked again, the answer is the same; what was inside another value was checked before. */
	need(!json_next(&w, &key, &v));
	need(depth == 0 || !w.failed);
	if (!w.failed)
		need(within(json_rest(&w), text) && (depth == 0 || json_rest(&w).n == 0));
}

/* ---- escapes ---------------------------------------------------------------------------------- */

/* The next character of valid UTF-8. */
static uint32_t character(struct str *s)
{
	const unsigned char *p = (const unsigned char *)s->p;
	unsigned n = p[0] < 0x80 ? 1 : p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : 4;
	uint32_t c = n == 1 ? p[0] : p[0] & (0x7fu >> n);

	for (unsigned i = 1; i < n; i++)
		c = c << 6 | (p[i] & 0x3f);
	*s = str_skip(*s, n);
	return c;
}

static bool turns_text(uint32_t c)
{
	return c == 0x61c || c == 0x200e || c == 0x200f || (c >= 0x202a && c <= 0x202e) ||
	       (c >= 0x2066 && c <= 0x2069);
}

static bool is_entity(struct str s)
{
	static const char *const known[] = { "&amp;", "&lt;", "&gt;", "&quot;", "&#39;" };

	for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
		if (str_starts(s, str_of(known[i])))
			return true;
	return false;
}

static struct str escaped(struct buf *b, void (*fn)(struct buf *b, struct str s), struct str text)
{
	buf_clear(b);
	fn(b, text);
	need(buf_err(b) == ERR_OK && str_utf8(buf_str(b)));
	return buf_str(b);
}

static void escapes(struct str text)
{
	struct str s, field[CSV_FIELDS_MAX], head;
	struct buf b, scratch;
	const char *why;

	buf_init(&b, 0);
	buf_init(&scratch, 0);
	for (s = escaped(&b, esc_html, text); s.n;) {
		bool entity = is_entity(s);
		uint32_t c = character(&s);

		need(c != '<' && c != '>' && c != '"' && c != '\'' && (c != '&' || entity));
		need((c >= 0x20 || c == '\t' || c == '\n') && !(c >= 0x7f && c < 0xa0));
		need(!turns_text(c));
	}
	for (s = escaped(&b, esc_term, text); s.n;) {
		uint32_t c = character(&s);

		need(c >= 0x20 && !(c >= 0x7f && c < 0xa0) && !turns_text(c) && c != 0xfeff);
	}
	/* Inside a table: no end of cell or line, no markup. */
	for (s = escaped(&b, esc_md, text); s.n;) {
		bool entity = is_entity(s);
		uint32_t c = character(&s);

		if (c == '\\') {
			need(s.n && (unsigned char)s.p[0] < 0x80);
			(void)character(&s);
			continue;
		}
		need(c >= 0x20 && !(c >= 0x7f && c < 0xa0) && !turns_text(c));
		need(!strchr("|<>*_`[]", (int)(c < 0x80 ? c : 'x')) && (c != '&' || entity));
	}
	/* A field among fields stays one, and no formula begins in it. */
	buf_clear(&b);
	buf_c(&b, "a,");
	esc_csv(&b, text);
	buf_c(&b, ",b");
	need(buf_err(&b) == ERR_OK && str_utf8(buf_str(&b)));
	need(csv_split(buf_str(&b), ',', &scratch, field, &why) == 3);
	need(str_is(field[0], "a") && str_is(field[2], "b"));
	need(field[1].n == 0 || !memchr("=+-@\t\r\n", field[1].p[0], 7));

	defang(&b, text);
	need(buf_err(&b) == ERR_OK);

	for (size_t width = 0; width < 20; width += 1 + width / 3) {
		head = text_head(text, width);
		need(head.p == text.p && head.n <= text.n && text_width(head) <= width);
		need(head.n == text.n || text_width(text) > width);
	}
	buf_free(&b);
	buf_free(&scratch);
}

/* ---- times, addresses ------------------------------------------------------------------------- */

static void times(struct str text)
{
	int64_t t = 0, again = 0, span;
	bool date = false, date_again;
	struct buf b;

	buf_init(&b, 0);
	if (time_parse(text, &t, &date)) {
		need(t >= 0 && t <= TIME_MAX);
		time_format(&b, t);
		need(time_parse(buf_str(&b), &again, &date_again) && again == t && !date_again);
		buf_clear(&b);
		time_format_date(&b, t);
		need(time_parse(buf_str(&b), &again, &date_again) && date_again);
		need(again == time_day(t) * TIME_DAY && (!date || again == t));
	}
	if (time_seconds(text, &t))
		need(t >= 0 && t <= TIME_MAX && time_parse(text, &again, NULL) && again == t);
	if (time_span(text, &span))
		need(span >= 0 && span <= TIME_MAX);
	buf_free(&b);
}

static void addresses(struct str text)
{
	struct cidr c, again;
	struct ip ip, ip_again;
	struct buf b;

	buf_init(&b, 0);
	if (ip_parse(text, &ip)) {
		ip_format(&b, ip);
		need(ip_parse(buf_str(&b), &ip_again) && ip_eq(ip, ip_again));
		need(cidr_parse(text, &c) && c.len == 128 && ip_eq(c.ip, ip));
	}
	if (cidr_parse(text, &c)) {
		need(c.len <= 128 && ip_eq(c.ip, ip_mask(c.ip, c.len)));
		need(cidr_has(c, c.ip) && cidr_has(c, cidr_last(c)));
		buf_clear(&b);
		cidr_format(&b, c);
		need(cidr_parse(buf_str(&b), &again) && again.len == c.len && ip_eq(again.ip, c.ip));
	}
	buf_free(&b);
}

/* ---- CSV -------------------------------------------------------------------------------------- */

static void csv(struct str line)
{
	struct str field[CSV_FIELDS_MAX], back[CSV_FIELDS_MAX];
	struct buf scratch, again, b;
	const char *why = NULL;
	char sep = csv_separator(line);
	int n;

	need(sep == ',' || sep == ';' || sep == '\t' || sep == '|');
	buf_init(&scratch, 0);
	buf_init(&again, 0);
	buf_init(&b, 0);
	n = csv_split(line, sep, &scratch, field, &why);
	need(n >= CSV_OPEN && n <= CSV_FIELDS_MAX && n != 0);
	need(n > 0 || why);
	for (int i = 0; i < n; i++) {
		need(within(field[i], line) || within(field[i], buf_str(&scratch)));
		(void)csv_named(field[i], "firstseen");
		if (i)
			buf_ch(&b, sep);
		buf_ch(&b, '"');
		for (size_t k = 0; k < field[i].n; k++) {
			buf_add(&b, field[i].p + k, 1);
			if (field[i].p[k] == '"')
				buf_ch(&b, '"');
		}
		buf_ch(&b, '"');
	}
	if (n > 0) {
		need(csv_split(buf_str(&b), sep, &again, back, &why) == n);
		for (int i = 0; i < n; i++)
			need(str_eq(field[i], back[i]));
	}
	buf_free(&scratch);
	buf_free(&again);
	buf_free(&b);
}

/* ---- names, URLs, indicators ------------------------------------------------------------------ */

static void names(struct str text)
{
	struct buf b, again;
	struct str host, host_again;
	uint16_t port, port_again;
	char *lower = room(text.n);
	struct str low = name_lower(text, lower);

	need(low.n <= text.n);
	for (size_t i = 0; i < low.n; i++)
		need(!(low.p[i] >= 'A' && low.p[i] <= 'Z'));
	(void)name_is_public_suffix(low);
	free(lower);

	buf_init(&b, 0);
	buf_init(&again, 0);
	buf_c(&b, "before");
	for (int single = 0; single < 2; single++) {
		size_t labels = 0;
		struct str name, up;

		b.n = 6;
		if (name_normalise(text, single, &b) != ERR_OK) {
			need(b.n == 6);
			continue;
		}
		name = str_skip(buf_str(&b), 6);
		need(str_starts(buf_str(&b), STR("before")) && name.n >= 1 && name.n <= 253);
		buf_clear(&again);
		need(name_normalise(name, single, &again) == ERR_OK && str_eq(name, buf_str(&again)));
		for (up = name; up.n; up = name_parent(up), labels++)
			need(name_under(name, up) && (up.n == name.n || !name_under(up, name)));
		need(labels == name_labels(name) && (single || labels > 1));
	}
	b.n = 6;
	if (url_normalise(text, &b, &host, &port) == ERR_OK) {
		struct str url = str_skip(buf_str(&b), 6);

		need(within(host, url) && host.n);
		buf_clear(&again);
		need(url_normalise(url, &again, &host_again, &port_again) == ERR_OK);
		need(str_eq(url, buf_str(&again)) && str_eq(host, host_again) && port == port_again);
	} else {
		need(b.n == 6);
	}
	buf_free(&b);
	buf_free(&again);
}

static void value_text(struct buf *b, const struct indicator *i)
{
	bool port = i->port && i->type != IT_URL;
	bool brackets = port && i->type == IT_IP && !ip_is_v4(i->net.ip);

	if (brackets)
		buf_ch(b, '[');
	if (i->type == IT_IP || i->type == IT_CIDR)
		cidr_format(b, i->net);
	else
		buf_puts(b, i->value);
	if (brackets)
		buf_ch(b, ']');
	if (port)
		buf_fmt(b, ":%u", i->port);
}

static void same(const struct indicator *a, struct str text)
{
	struct indicator i = indicator_init();
	struct errinfo ei = { 0 };
	struct buf scratch;

	buf_init(&scratch, 0);
	if (indicator_recognise(text, &scratch, &i, &ei) != ERR_OK) {
		fprintf(stderr, "%.*s: %s\n", STR_ARG(text), ei.msg);
		need(!"recognised again");
	}
	if (i.type != a->type || i.port != a->port) {
		fprintf(stderr, "%.*s: type %d port %u, was %d, %u\n", STR_ARG(text), i.type,
			i.port, a->type, a->port);
		need(!"the same type and port");
	}
	if (a->type == IT_IP || a->type == IT_CIDR)
		need(ip_eq(i.net.ip, a->net.ip) && i.net.len == a->net.len);
	else
		need(str_eq(i.value, a->value));
	buf_free(&scratch);
}

/* Punctuation at the end is taken for that of the sentence around it, brackets for what is left of
 * defanging, and a link within a link is defanged, too: such values do not come back as they were. */
static bool comes_back(struct str s)
{
	char last = s.p[s.n - 1];

	/* Another "://" before it hid that this scheme is defanged. */
	if (str_istarts(s, STR("h")) && !str_istarts(s, STR("http")))
		return false;

	if (last != '/' && !(last >= '0' && last <= '9') && !((last | 32) >= 'a' && (last | 32) <= 'z'))
		return false;
	for (size_t i = 1; i < s.n; i++)
		if (strchr("([{", s.p[i]) || str_istarts(str_skip(s, i), STR("http")))
			return false;
	return true;
}

static void indicators(struct str text)
{
	struct indicator i = indicator_init(), said;
	struct errinfo ei = { 0 };
	struct buf scratch, b, shown;
	enum err e;

	buf_init(&scratch, 0);
	buf_init(&b, 0);
	buf_init(&shown, 0);
	e = indicator_recognise(text, &scratch, &i, &ei);
	need(e == ERR_OK || e == ERR_PARSE || e == ERR_NOMEM);
	need(e == ERR_OK || ei.msg[0]);
	if (e == ERR_OK) {
		need(i.type <= IT_HASH && (i.type != IT_IP || i.net.len == 128));
		value_text(&b, &i);
		if (i.type != IT_URL || comes_back(buf_str(&b))) {
			same(&i, buf_str(&b));
			/* As it is shown to people, it can be taken over again. */
			if (i.type != IT_HASH)
				defang(&shown, buf_str(&b));
			if (i.type != IT_HASH)
				same(&i, buf_str(&shown));
		}
	}
	for (int s = SAID_NOTHING; s <= SAID_HASH; s++) {
		said = indicator_init();
		e = indicator_said(text, (enum said)s, &scratch, &said, &ei);
		need(e == ERR_OK || e == ERR_PARSE || e == ERR_NOMEM);
		if (e == ERR_OK && s == SAID_URL)
			need(said.type == IT_URL);
		if (e == ERR_OK && s == SAID_HASH)
			need(said.type == IT_HASH);
	}
	(void)role_parse(text);
	buf_free(&scratch);
	buf_free(&b);
	buf_free(&shown);
}

/* ---- STIX patterns ---------------------------------------------------------------------------- */

struct told {
	uint64_t values, reasons, bytes;
};

static void on_value(void *ctx, const struct stix_value *v)
{
	struct told *t = ctx;

	need((unsigned)v->said <= SAID_HASH);
	need(v->from == TIME_NONE || (v->from >= 0 && v->from <= TIME_MAX));
	need(v->until == TIME_NONE || (v->until >= -1 && v->until <= TIME_MAX));
	t->values++;
	t->bytes += v->text.n + (v->text.n ? str_hash(v->text, 0) & 1 : 0);
}

static void on_reason(void *ctx, const char *why)
{
	struct told *t = ctx;

	need(why[0] && strlen(why) < 400);
	t->reasons++;
}

static void patterns(struct str text)
{
	struct told t = { 0 };
	struct stix_sink sink = { &t, on_value, on_reason };
	struct errinfo ei = { 0 };
	enum err e = stix_pattern(text, &sink, &ei);

	need(e == ERR_OK || e == ERR_PARSE || e == ERR_LIMIT || e == ERR_NOMEM);
	need(e == ERR_OK || (ei.msg[0] && t.values == 0 && t.reasons == 0));
	need(t.values <= STIX_VALUES_MAX);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str text = { (const char *)data + 1, size - 1 };

	if (size == 0)
		return 0;
	switch (data[0]) {
	case 'j':
		json_down(text, 0);
		break;
	case 'e':
		escapes(text);
		break;
	case 't':
		times(text);
		break;
	case 'c':
		csv(text);
		break;
	case 'i':
		indicators(text);
		break;
	case 'n':
		names(text);
		break;
	case 'a':
		addresses(text);
		break;
	case 's':
		patterns(text);
		break;
	default: /* nothing: the fuzzer learns soon */
		break;
	}
	return 0;
}
