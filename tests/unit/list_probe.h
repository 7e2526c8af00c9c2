/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading a file of a list format without the driver: a reader is found by its sniff, its header
 * and blocks are cut as the driver would, and everything that it tells is written down, a line each.
 */
#ifndef NEZUMI_TESTS_LIST_PROBE_H
#define NEZUMI_TESTS_LIST_PROBE_H

#include "base/mix.h"
#include "format/reader.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct probe {
	struct buf out, bad; /* what was told; what was rejected, which comes behind it at the end */
	uint64_t told;
	bool quiet;        /* count only */
	const char *force; /* name of the reader, or NULL */
	size_t block;      /* lines a block; 0: the file is one block */
	const struct str (*columns)[2];
	size_t n_columns;
	const struct reader *reader;
	uint64_t malformed, unused, undated, lines;
	uint64_t undated_line;
};

static inline void probe_field(struct buf *b, const char *key, struct str v)
{
	if (v.n == 0)
		return;
	buf_fmt(b, " %s=", key);
	for (size_t i = 0; i < v.n; i++) {
		if ((unsigned char)v.p[i] <= ' ' || v.p[i] == '\\' || v.p[i] == 0x7f)
			buf_fmt(b, "\\x%02x", (unsigned)(unsigned char)v.p[i]);
		else
			buf_ch(b, v.p[i]);
	}
}

static inline void probe_time(struct buf *b, const char *key, int64_t t)
{
	if (t == TIME_NONE)
		return;
	buf_fmt(b, " %s=", key);
	time_format(b, t);
}

static inline void probe_indicator(void *ctx, const struct indicator *i)
{
	struct probe *p = ctx;
	struct buf *b = &p->out;

	p->told++;
	if (p->quiet)
		return;
	buf_c(b, itype_text(i->type));
	if (i->type == IT_IP || i->type == IT_CIDR) {
		buf_ch(b, ' ');
		cidr_format(b, i->net);
	} else {
		probe_field(b, "value", i->value);
	}
	if (i->port)
		buf_fmt(b, " port=%u", i->port);
	buf_fmt(b, " %s", role_text(i->role));
	probe_field(b, "family", i->family);
	probe_time(b, "from", i->from);
	probe_time(b, "until", i->until);
	probe_time(b, "seen", i->seen);
	if (i->confidence != 255)
		buf_fmt(b, " confidence=%u", i->confidence);
	if (i->revoked)
		buf_c(b, " revoked");
	probe_field(b, "source", i->source);
	probe_field(b, "reference", i->reference);
	buf_ch(b, '\n');
}

static inline void probe_entry(struct buf *b, enum entry_type type, struct cidr net, uint32_t as,
			       struct str name)
{
	switch (type) {
	case ENTRY_NET:
		cidr_format(b, net);
		break;
	case ENTRY_AS:
		buf_fmt(b, "AS%u", as);
		break;
	case ENTRY_NAME_BELOW:
		buf_c(b, "*.");
		buf_puts(b, name);
		break;
	case ENTRY_NAME:
		buf_puts(b, name);
		break;
	}
}

static inline void probe_org(void *ctx, const struct org_entry *o)
{
	struct probe *p = ctx;

	p->told++;
	if (p->quiet)
		return;
	probe_entry(&p->out, o->type, o->net, o->as, o->name);
	probe_field(&p->out, "id", o->org.id);
	probe_field(&p->out, "name", o->org.name);
	probe_field(&p->out, "sector", o->org.sector);
	probe_field(&p->out, "country", o->org.country);
	buf_fmt(&p->out, " %s\n", org_kind_text(o->org.kind));
}

static inline void probe_exclusion(void *ctx, const struct exclusion *x)
{
	struct probe *p = ctx;

	p->told++;
	if (p->quiet)
		return;
	probe_entry(&p->out, x->type, x->net, x->as, x->name);
	probe_field(&p->out, "list", x->list);
	if (x->classed)
		buf_fmt(&p->out, " %s", xclass_text(x->class));
	probe_field(&p->out, "reason", x->reason);
	buf_ch(&p->out, '\n');
}

static inline void probe_alias(void *ctx, const struct alias_name *n)
{
	struct probe *p = ctx;

	p->told++;
	if (p->quiet)
		return;
	probe_field(&p->out, "list", n->list);
	probe_field(&p->out, "family", n->family);
	probe_field(&p->out, "name", n->name);
	buf_ch(&p->out, '\n');
}

static inline void probe_rejects(struct probe *p, const struct sink *s, uint64_t base)
{
	p->malformed += s->malformed;
	p->unused += s->unused;
	if (s->undated && !p->undated)
		p->undated_line = base + s->undated_line;
	p->undated += s->undated;
	for (unsigned i = 0; i < s->n_rejects && !p->quiet; i++)
		buf_fmt(&p->bad, "! %llu: %s\n",
			(unsigned long long)(s->rejects[i].line ? s->rejects[i].line + base : 0),
			s->rejects[i].why);
}

/* One block in memory of its own, so that a step beyond its end, or beyond what may be looked at
 * behind it, is seen. How much of it was read. */
static inline size_t probe_block(struct probe *p, const struct layout *l, const struct reader_hints *h,
				 struct str text, size_t ahead, uint64_t *base)
{
	struct sink *sink = calloc(1, sizeof *sink);
	size_t all = text.n + (p->reader->spans ? ahead : 0), used;
	char *exact = malloc(all ? all : 1);

	if (!sink || !exact)
		abort();
	if (all)
		memcpy(exact, text.p, all);
	*sink = (struct sink){ .ctx = p,
			       .indicator = probe_indicator,
			       .org = probe_org,
			       .exclusion = probe_exclusion,
			       .alias = probe_alias,
			       .ahead = all - text.n };
	buf_init(&sink->scratch, 0);
	p->reader->block(l, h, (struct str){ exact, text.n }, sink);
	probe_rejects(p, sink, *base);
	used = p->reader->spans ? sink->used : text.n;
	if (used < text.n || used > all)
		abort();
	*base += sink->line;
	buf_free(&sink->scratch);
	free(exact);
	free(sink);
	return used;
}

static inline bool probe_pick(struct probe *p, enum reads reads, struct str text, struct str name)
{
	struct sample s = { str_head(text, 65536), text.n <= 65536, name };

	if (p->force)
		p->reader = reader_named(reads, str_of(p->force));
	else if (reader_find(reads, &s, &p->reader))
		p->reader = NULL;
	return p->reader != NULL;
}

/* False when no reader is found; p->out is then "no reader". */
static inline bool probe_text(struct probe *p, enum reads reads, struct str text, struct str name)
{
	struct reader_hints h = { .columns = p->columns, .n_columns = p->n_columns, .name = name };
	const struct layout *layout = NULL;
	struct errinfo ei = { "", 0 };
	struct arena arena;
	unsigned kinds = 0;
	uint64_t line = 0;

	if (str_starts(text, STR("\xef\xbb\xbf")))
		text = str_skip(text, 3);
	if (!probe_pick(p, reads, text, name)) {
		buf_c(&p->out, "no reader\n");
		return false;
	}
	arena_init(&arena, 0);
	buf_init(&p->bad, 0);
	if (!p->quiet)
		buf_fmt(&p->out, "as %s\n", p->reader->name);
	if (p->reader->frame == FRAME_LINES && p->reader->titled) {
		struct str one, rest = text;
		const char *begin = text.p;

		while (str_line(&rest, &one)) {
			line++;
			if (str_trim(one).n && one.p[0] != '#')
				break;
			begin = rest.p;
		}
		if (str_trim(one).n && one.p[0] != '#' &&
		    p->reader->header(str_range(begin, rest.p), NULL, &h, &arena, &layout, &kinds, &ei)) {
			buf_fmt(&p->out, "! header: %s\n", ei.msg);
			arena_free(&arena);
			return true;
		}
		text = rest;
	}
	if (p->reader->frame == FRAME_DOCUMENT || p->block == 0) {
		(void)probe_block(p, layout, &h, text, 0, &line);
	} else {
		while (text.n) {
			struct str rest = text, one;
			size_t n = 0;

			while (n < p->block && str_line(&rest, &one))
				n++;
			n = probe_block(p, layout, &h, str_range(text.p, rest.p), rest.n, &line);
			text = str_skip(text, n);
		}
	}
	buf_puts(&p->out, buf_str(&p->bad));
	buf_free(&p->bad);
	if (p->undated && !p->quiet)
		buf_fmt(&p->out, "? %llu without a date, first line %llu\n",
			(unsigned long long)p->undated, (unsigned long long)p->undated_line);
	if (!p->quiet)
		buf_fmt(&p->out, "%llu told, %llu malformed, %llu unused\n", (unsigned long long)p->told,
			(unsigned long long)p->malformed, (unsigned long long)p->unused);
	arena_free(&arena);
	return true;
}

static inline struct str probe_file(const char *path)
{
	FILE *f = fopen(path, "rb");
	size_t n = 0, cap = 1 << 16, got;
	char *p = malloc(cap);

	while (f && p && (got = fread(p + n, 1, cap - n, f)) > 0) {
		n += got;
		if (n == cap) {
			char *more = realloc(p, cap *= 2);

			if (!more)
				abort();
			p = more;
		}
	}
	if (f)
		(void)fclose(f);
	if (!f || !p) {
		free(p);
		return (struct str){ NULL, 0 };
	}
	return (struct str){ p, n };
}

#define GOLDEN "tests/golden/indicators/"

struct golden {
	const char *file; /* below GOLDEN; FILE.expect says what must come out */
	enum reads reads;
	const char *as; /* reader, where the file is too broken to be recognised */
};

static inline bool same(struct str a, struct str b, const char *file)
{
	if (str_eq(a, b))
		return true;
	fprintf(stderr, "%s: got\n%.*s\nexpected\n%.*s\n", file, STR_ARG(a), STR_ARG(b));
	return false;
}

/*
 * Compare with what is expected, for blocks of any number of lines. With NEZUMI_GOLDEN_WRITE set
 * what comes out becomes what is expected: look at the difference before it is committed.
 */
static inline bool golden_holds(const struct golden *g)
{
	static const size_t blocks[] = { 0, 1, 3 };
	char path[200];
	struct str text, want;
	bool ok = true;

	(void)snprintf(path, sizeof path, GOLDEN "%s", g->file);
	text = probe_file(path);
	if (!text.p) {
		fprintf(stderr, "%s cannot be read\n", path);
		return false;
	}
	(void)snprintf(path, sizeof path, GOLDEN "%s.expect", g->file);
	for (size_t i = 0; i < sizeof blocks / sizeof blocks[0]; i++) {
		struct probe p = { .force = g->as, .block = blocks[i] };

		buf_init(&p.out, 0);
		(void)probe_text(&p, g->reads, text, str_of(g->file));
		if (getenv("NEZUMI_GOLDEN_WRITE") && i == 0) {
			FILE *f = fopen(path, "wb");

			if (f) {
				(void)fwrite(p.out.p, 1, p.out.n, f);
				(void)fclose(f);
			}
		}
		want = probe_file(path);
		ok &= want.p && same(buf_str(&p.out), want, g->file);
		free((void *)(uintptr_t)want.p);
		buf_free(&p.out);
	}
	free((void *)(uintptr_t)text.p);
	return ok;
}

/* Broken in many ways, by its own reader and by whichever is sure of it: nothing must fall over. */
static inline void golden_broken(const struct golden *g, uint64_t seed, int rounds)
{
	char path[200];
	struct str text;

	(void)snprintf(path, sizeof path, GOLDEN "%s", g->file);
	text = probe_file(path);
	for (int round = 0; text.p && round < rounds; round++) {
		size_t n = text.n ? 1 + mix_next(&seed) % text.n : 0;
		char *copy = malloc(n + 1);
		struct probe p = { .force = round % 2 ? g->as : NULL, .block = mix_next(&seed) % 4 };

		if (!copy)
			abort();
		memcpy(copy, text.p, n);
		for (uint64_t k = mix_next(&seed) % 8; n && k; k--) {
			static const char bytes[] = "\0\n\r\t\"',;#[](){}\\/:.%*-_ 09azAZ\x7f\x80\xff";

			copy[mix_next(&seed) % n] = bytes[mix_next(&seed) % (sizeof bytes - 1)];
		}
		buf_init(&p.out, 0);
		(void)probe_text(&p, g->reads, (struct str){ copy, n }, str_of(g->file));
		buf_free(&p.out);
		free(copy);
	}
	free((void *)(uintptr_t)text.p);
}

/* A file below the folder of real data, or NULL text where there is none. */
static inline struct str shared_file(const char *name)
{
	const char *root = getenv("NEZUMI_SHARED");
	char path[500];

	(void)snprintf(path, sizeof path, "%s/data/%s", root && *root ? root : "../shared", name);
	return probe_file(path);
}

#endif
