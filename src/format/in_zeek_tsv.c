/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Zeek's own log format: columns named by `#` lines, which may come again with other columns. Of
 * all telemetry this is the most, so a line is scanned once for separators, 64 bytes at a time, and
 * only the columns of its kind are looked at.
 */
#include "format/telemetry.h"
#include "format/zeek.h"
#include "format/zeek_sieve.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#define FIELDS_MAX 1024

static const char no_header[] = "no #fields header before this line: a continuation of a rotated log?";

struct layout {
	enum kind kind;
	char separator, set_separator;
	struct str unset, empty;
	unsigned n_fields, n_used;
	struct {
		uint16_t field;
		enum zeek_column column;
	} used[ZEEK_VALUES];
	const struct zeek_sieve *sieve; /* NULL: all lines go the plain way */
};

/* ---- header ------------------------------------------------------------------------------ */

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* One byte, as itself or as \xNN. */
static bool one_byte(struct str s, char *out)
{
	if (s.n == 4 && s.p[0] == '\\' && s.p[1] == 'x' && hex_digit(s.p[2]) >= 0 &&
	    hex_digit(s.p[3]) >= 0)
		*out = (char)(hex_digit(s.p[2]) << 4 | hex_digit(s.p[3]));
	else if (s.n == 1)
		*out = s.p[0];
	else
		return false;
	return *out != '\n' && *out != '\r';
}

/* What the header lines so far say. */
struct heading {
	char separator, set_separator;
	struct str unset, empty, path, fields;
	bool began; /* a log was announced, so its columns must follow */
};

static struct heading heading_new(void)
{
	return (struct heading){ .separator = '\t',
				 .set_separator = ',',
				 .unset = STR("-"),
				 .empty = STR("(empty)"),
				 .fields = { NULL, 0 } };
}

static enum err heading_line(struct heading *h, struct str line, struct errinfo *ei)
{
	struct str key, value;
	size_t at = str_chr(line, h->separator);

	if (str_starts(line, STR("#separator"))) {
		*h = heading_new();
		h->began = true;
		/* A separator of blanks would not survive trimming, one of \x20 does. */
		if (!one_byte(str_skip(line, 11), &h->separator))
			return err_set(ei, ERR_PARSE, "#separator is not a single byte");
		return ERR_OK;
	}
	key = str_head(line, at);
	value = at == SIZE_MAX ? STR_NONE : str_skip(line, at + 1);
	if (str_is(key, "#set_separator"))
		h->set_separator = value.n == 1 ? value.p[0] : ',';
	else if (str_is(key, "#unset_field"))
		h->unset = value;
	else if (str_is(key, "#empty_field"))
		h->empty = value;
	else if (str_is(key, "#path"))
		h->path = value;
	else if (str_is(key, "#fields"))
		h->fields = value;
	else
		return ERR_OK;
	h->began = true;
	return ERR_OK;
}

static enum err columns(const struct heading *h, struct layout *l, struct errinfo *ei)
{
	uint16_t at[ZEEK_COLUMNS];
	struct str rest = h->fields, name;
	uint32_t seen = 0, used;

	for (; str_cut(&rest, h->separator, &name); l->n_fields++) {
		enum zeek_column c = zeek_column(name);

		if (l->n_fields == FIELDS_MAX)
			return err_set(ei, ERR_PARSE, "#fields names more than %d columns", FIELDS_MAX);
		if (c == ZEEK_COLUMNS || (seen & ZEEK_BIT(c)))
			continue;
		seen |= ZEEK_BIT(c);
		at[c] = (uint16_t)l->n_fields;
	}
	l->kind = zeek_kind_of_path(h->path);
	if (l->kind == KIND_COUNT)
		l->kind = zeek_kind_of_columns(seen);
	if (l->kind == KIND_COUNT)
		return err_set(ei, ERR_FORMAT, "\"%.*s\" is not a log of kind conn, dns, ssl or http",
			       (int)(h->path.n < 60 ? h->path.n : 60), h->path.p ? h->path.p : "");
	if (!(seen & ZEEK_BIT(ZEEK_TS)) || !(seen & ZEEK_BIT(ZEEK_ORIG_H)) ||
	    !(seen & ZEEK_BIT(ZEEK_RESP_H)))
		return err_set(ei, ERR_PARSE, "#fields does not name %s",
			       !(seen & ZEEK_BIT(ZEEK_TS))       ? "ts"
			       : !(seen & ZEEK_BIT(ZEEK_ORIG_H)) ? "id.orig_h"
								 : "id.resp_h");
	used = zeek_used(l->kind) & seen;
	for (unsigned c = 0; c < ZEEK_VALUES; c++)
		if (used & ZEEK_BIT(c)) {
			l->used[l->n_used].field = at[c];
			l->used[l->n_used++].column = (enum zeek_column)c;
		}
	return ERR_OK;
}

/* Rotated logs that were joined say the same again and again. */
static bool same_layout(const struct layout *a, const struct layout *b)
{
	if (a->kind != b->kind || a->separator != b->separator ||
	    a->set_separator != b->set_separator || !str_eq(a->unset, b->unset) ||
	    !str_eq(a->empty, b->empty) || a->n_fields != b->n_fields || a->n_used != b->n_used)
		return false;
	for (unsigned i = 0; i < a->n_used; i++)
		if (a->used[i].field != b->used[i].field || a->used[i].column != b->used[i].column)
			return false;
	return true;
}

static enum err plan(struct layout *l, struct arena *a)
{
	struct zeek_columns c = {
		.kind = l->kind,
		.n_fields = l->n_fields,
		.separator = l->separator,
		.set_separator = l->set_separator,
		.unset = l->unset,
		.empty = l->empty,
	};

	memset(c.field, UINT8_MAX, sizeof c.field);
	for (unsigned i = 0; i < l->n_used; i++)
		c.field[l->used[i].column] = l->used[i].field;
	return zeek_sieve_plan(&c, a, &l->sieve);
}

static enum err header(struct str lines, const struct layout *prev, const struct reader_hints *hints,
		       struct arena *a, const struct layout **out, unsigned *kinds, struct errinfo *ei)
{
	struct heading h = heading_new();
	struct layout found = { .n_fields = 0 }, *l;
	struct str line;
	enum err e;

	(void)hints;
	while (str_line(&lines, &line)) {
		e = heading_line(&h, line, ei);
		if (e)
			return e;
	}
	if (!h.fields.p) {
		/* #close and remarks change nothing. */
		if (h.began || !prev)
			return err_set(ei, ERR_PARSE, "%s", no_header);
		*out = prev;
		*kinds = KIND_BIT(prev->kind);
		return ERR_OK;
	}
	found.separator = h.separator;
	found.set_separator = h.set_separator;
	found.unset = h.unset;
	found.empty = h.empty;
	e = columns(&h, &found, ei);
	if (e)
		return e;
	if (prev && same_layout(prev, &found)) {
		*kinds = KIND_BIT(found.kind);
		*out = prev;
		return ERR_OK;
	}
	l = arena_alloc(a, sizeof *l);
	if (!l)
		return ERR_NOMEM;
	*l = found;
	l->unset = arena_str(a, h.unset);
	l->empty = arena_str(a, h.empty);
	if (!l->unset.p || !l->empty.p)
		return ERR_NOMEM;
	e = plan(l, a);
	if (e)
		return e;
	*kinds = KIND_BIT(found.kind);
	*out = l;
	return ERR_OK;
}

/* ---- lines ------------------------------------------------------------------------------- */

/* Walks from one separator or LF to the next. */
struct scan {
	const char *base, *end; /* the 64 bytes that mask tells of begin at base */
	uint64_t mask;
	char separator;
};

static inline uint64_t stops(const char *p, char separator)
{
#ifdef __SSE2__
	const __m128i sep = _mm_set1_epi8(separator), lf = _mm_set1_epi8('\n');
	uint64_t mask = 0;

	for (int i = 0; i < 4; i++) {
		__m128i c = _mm_loadu_si128((const __m128i *)(const void *)(p + 16 * i));

		c = _mm_or_si128(_mm_cmpeq_epi8(c, sep), _mm_cmpeq_epi8(c, lf));
		mask |= (uint64_t)(uint32_t)_mm_movemask_epi8(c) << (16 * i);
	}
	return mask;
#else
	uint64_t mask = 0;

	for (int i = 0; i < 64; i++)
		mask |= (uint64_t)(p[i] == separator || p[i] == '\n') << i;
	return mask;
#endif
}

static inline uint64_t stops_at(const struct scan *s)
{
	char last[64] = { 0 };
	size_t left = (size_t)(s->end - s->base);

	if (left >= sizeof last)
		return stops(s->base, s->separator);
	memcpy(last, s->base, left);
	return stops(last, s->separator) & ((UINT64_C(1) << left) - 1);
}

/* The next separator or LF, or the end of the block. */
static inline const char *next_stop(struct scan *s)
{
	const char *p;

	while (!s->mask) {
		if (s->end - s->base <= 64) {
			s->base = s->end;
			return s->end;
		}
		s->base += 64;
		s->mask = stops_at(s);
	}
	p = s->base + __builtin_ctzll(s->mask);
	s->mask &= s->mask - 1;
	return p;
}

/* Zeek writes bytes that are not printable as \xNN and a backslash as two; into to, which has room
 * for s.n bytes. */
static struct str unescape(char *to, struct str s)
{
	char *start = to;

	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '\\' && s.n - i >= 4 && s.p[i + 1] == 'x' &&
		    hex_digit(s.p[i + 2]) >= 0 && hex_digit(s.p[i + 3]) >= 0) {
			*to++ = (char)(hex_digit(s.p[i + 2]) << 4 | hex_digit(s.p[i + 3]));
			i += 3;
		} else {
			*to++ = s.p[i];
			i += s.p[i] == '\\' && s.n - i >= 2 && s.p[i + 1] == '\\';
		}
	}
	return str_range(start, to);
}

/* Undo the escapes of the row's names. False without memory. */
static bool undo_names(struct zeek_row *row, struct buf *scratch)
{
	static const enum zeek_column names[] = { ZEEK_QUERY, ZEEK_SERVER_NAME, ZEEK_HOST, ZEEK_URI };

	buf_clear(scratch);
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		struct str *s = &row->v[names[i]];
		size_t room = 0;
		char *to;

		if (!s->p || str_chr(*s, '\\') == SIZE_MAX)
			continue;
		/* Room for all that may follow: what was written must not move. */
		for (size_t k = i; k < sizeof names / sizeof names[0]; k++)
			room += row->v[names[k]].p ? row->v[names[k]].n : 0;
		to = buf_room(scratch, room);
		if (!to)
			return false;
		*s = unescape(to, *s);
		scratch->n += s->n;
	}
	return true;
}

/* Addresses among the answers, each with the TTL beside it. */
static unsigned answers(const struct zeek_row *row, char separator, struct dns_answer *out)
{
	struct str names = row->v[ZEEK_ANSWERS], ttls = row->v[ZEEK_TTLS], name, ttl;
	unsigned n = 0;

	while (n < DNS_ANSWERS_MAX && str_cut(&names, separator, &name)) {
		if (!str_cut(&ttls, separator, &ttl))
			ttl = STR_NONE;
		if (ip_parse(name, &out[n].ip))
			out[n++].ttl = zeek_ttl(ttl);
	}
	return n;
}

/* memcmp() would be called for each field, and nearly always for one byte. */
static inline bool same_text(const char *p, size_t n, struct str s)
{
	return n == s.n && (n == 0 || (p[0] == s.p[0] && memcmp(p, s.p, n) == 0));
}

static inline void row_of(const struct layout *l, const char *const *ends, const char *line,
			  struct zeek_row *row)
{
	for (unsigned i = 0; i < l->n_used; i++) {
		unsigned f = l->used[i].field;
		const char *from = f ? ends[f - 1] + 1 : line;
		size_t n = (size_t)(ends[f] - from);
		bool none = same_text(from, n, l->unset) || same_text(from, n, l->empty);

		row->v[l->used[i].column] = (struct str){ none ? NULL : from, none ? 0 : n };
	}
}

/* What is left without a header cannot be read. */
static size_t headless_lines(struct str text, struct sink *sink)
{
	const char *start = text.p;
	struct str line;

	do {
		if (!str_line(&text, &line))
			break;
		sink_line(sink);
		if (line.n)
			sink_bad(sink, "%s", no_header);
	} while (text.n && text.p[0] != '#');
	return text.p ? (size_t)(text.p - start) : 0;
}

/* The plain way; see zeek_plain. */
static size_t read_lines(const struct layout *l, struct str text, struct sink *sink)
{
	struct scan s = { .base = text.p, .end = text.p + text.n, .separator = l->separator };
	const char *ends[FIELDS_MAX], *line = text.p;
	struct zeek_row row = { 0 };

	s.mask = stops_at(&s);
	do {
		const char *stop, *next, *from = line;
		unsigned n = 0, n_answers = 0;

		sink_line(sink);
		do {
			stop = next_stop(&s);
			if (n < l->n_fields)
				ends[n] = stop;
			n++;
		} while (stop < s.end && *stop != '\n');
		next = stop < s.end ? stop + 1 : stop;
		line = next;
		if (stop > from && stop[-1] == '\r' && n <= l->n_fields)
			ends[n - 1]--;
		if (n == 1 && ends[0] == from)
			continue;
		if (n != l->n_fields) {
			sink_bad(sink, "%u field%s where the header names %u", n, n == 1 ? "" : "s",
				 l->n_fields);
			continue;
		}
		row_of(l, ends, from, &row);
		if (l->kind != KIND_FLOW && !undo_names(&row, &sink->scratch)) {
			sink_bad(sink, "no memory to undo escapes");
			continue;
		}
		if (l->kind == KIND_DNS)
			n_answers = answers(&row, l->set_separator, sink->answers);
		zeek_record(l->kind, &row, n_answers, sink);
	} while (line < s.end && *line != '#');
	return (size_t)(line - text.p);
}

static void block(const struct layout *l, const struct reader_hints *hints, struct str text,
		  struct sink *sink)
{
	(void)hints;
	sink->used = text.n;
	if (text.n == 0)
		return;
	if (!l)
		sink->used = headless_lines(text, sink);
#ifdef __x86_64__
	else if (l->sieve && sink_selects(sink, l->kind) && sink->isa == ISA_AVX512)
		sink->used = zeek_sieve_avx512(l->sieve, l, read_lines, text, sink);
	else if (l->sieve && sink_selects(sink, l->kind) && sink->isa == ISA_AVX2)
		sink->used = zeek_sieve_avx2(l->sieve, l, read_lines, text, sink);
#endif
	else
		sink->used = read_lines(l, text, sink);
}

/* ---- recognition ------------------------------------------------------------------------- */

/* A line of a log whose header was left behind: ts, uid, address, port, address, port. */
static bool headless(struct str line)
{
	struct str f[6];
	struct ip ip;
	uint16_t port;
	int64_t ts;

	for (int i = 0; i < 6; i++)
		if (!str_cut(&line, '\t', &f[i]))
			return false;
	return seconds_parse(f[0], &ts) && f[1].n && ip_parse(f[2], &ip) &&
	       port_parse(f[3], &port) && ip_parse(f[4], &ip) && port_parse(f[5], &port);
}

static int sniff(const struct sample *sample)
{
	static const char *const marks[] = { "#separator ",    "#fields", "#path", "#types",
					     "#set_separator", "#close",  "#open" };
	struct str rest = sample->head, line;

	for (int i = 0; i < 16 && str_line(&rest, &line); i++) {
		if (line.n == 0)
			continue;
		if (line.p[0] != '#')
			return headless(line) ? 70 : 0;
		for (size_t k = 0; k < sizeof marks / sizeof marks[0]; k++)
			if (str_starts(line, str_of(marks[k])))
				return 100;
	}
	return 0;
}

const struct reader reader_zeek_tsv = {
	.name = "zeek-tsv",
	.title = "Zeek conn, dns, ssl and http logs as Zeek writes them",
	.reads = READS_RECORDS,
	.frame = FRAME_LINES,
	.mark = '#',
	.kinds = KIND_ALL,
	.sniff = sniff,
	.header = header,
	.block = block,
};
