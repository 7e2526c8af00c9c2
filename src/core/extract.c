/* SPDX-License-Identifier: Apache-2.0 */
#include "core/extract_parts.h"

#include "core/name.h"

#include <stdlib.h>

const char *ex_type_text(enum ex_type t)
{
	static const char *const texts[] = {
		[EX_IPV4] = "ipv4",         [EX_IPV6] = "ipv6",         [EX_CIDR] = "cidr",
		[EX_DOMAIN] = "domain",     [EX_URL] = "url",           [EX_EMAIL] = "email",
		[EX_MD5] = "md5",           [EX_SHA1] = "sha1",         [EX_SHA256] = "sha256",
		[EX_SHA512] = "sha512",     [EX_SSDEEP] = "ssdeep",     [EX_IMPHASH] = "imphash",
		[EX_JA3] = "ja3",           [EX_JARM] = "jarm",         [EX_CVE] = "cve",
		[EX_ATTACK] = "attack",     [EX_ASN] = "asn",           [EX_BITCOIN] = "bitcoin",
		[EX_REGISTRY] = "registry", [EX_FILENAME] = "filename",
	};

	return texts[t];
}

const char *ex_class_text(enum ex_class c)
{
	return c == EX_INDICATOR ? "indicator" : c == EX_REFERENCE ? "reference" : "context";
}

const char *ex_status_text(enum ex_status s)
{
	return s == EX_AS_WRITTEN ? "as-written" : s == EX_MENDED ? "mended" : "uncertain";
}

struct found *ex_add(struct ex *x, enum ex_type type, size_t at, size_t end, struct str value,
		     uint32_t flags)
{
	struct found *f;

	if (x->err)
		return NULL;
	f = VEC_PUSH(&x->found);
	if (!f) {
		x->err = ERR_NOMEM;
		return NULL;
	}
	*f = (struct found){ .at = (uint32_t)at,
			     .end = (uint32_t)end,
			     .flags = flags,
			     .type = (uint8_t)type,
			     .value = STR_NONE,
			     .count = 1,
			     .alt = STR_NONE,
			     .host = STR_NONE,
			     .heading = STR_NONE,
			     .family = STR_NONE,
			     .date = TIME_NONE };
	/* What is passed by needs none. */
	if (type != EX_FILENAME || x->files)
		ex_value(x, f, value);
	if (x->err)
		return NULL;
	if (fold_any(x->fold.hard, at, end))
		f->flags |= F_HARD;
	return f;
}

/* ---- the pass --------------------------------------------------------------------------------- */

/* A defanged dot before a script without blanks: the label goes on as long as that kind of
 * character does (katakana by themselves). */
static size_t label_beyond(const struct ex *x, size_t at)
{
	size_t i = at;
	int kind = -1;

	while (i < x->n && i - at < 96 && ex_is(x->p[i], C_WIDE)) {
		const unsigned char *u = (const unsigned char *)x->p + i;
		enum script script;
		size_t n = ex_char(x->p + i, x->n - i, &script);
		/* U+30A0 to U+30FF */
		int katakana = u[0] == 0xe3 && ((u[1] == 0x82 && u[2] >= 0xa0) || u[1] == 0x83);

		if (script != SCRIPT_CJK || (kind >= 0 && kind != katakana))
			break;
		kind = katakana;
		i += n;
	}
	return i;
}

static bool wide_at(const struct ex *x, size_t at)
{
	enum script script;

	if (at >= x->n || !ex_is(x->p[at], C_WIDE))
		return false;
	(void)ex_char(x->p + at, x->n - at, &script);
	return script == SCRIPT_CJK;
}

/* What follows the run [at, end), which holds a digit or a dot inside (`plain`: neither). */
static size_t after(struct ex *x, size_t at, size_t end, bool plain)
{
	char next = x->p[end], c = x->p[at];
	size_t n = end - at, to;

	switch (next) {
	case '@':
		to = ex_mail(x, at, end);
		if (to)
			return to;
		break;
	case ':':
		/* A label, mostly. */
		if (x->p[end + 1] == ' ' && x->p[end + 2] != '/' && x->p[end + 2] != '\\')
			break;
		if (x->p[end + 1] == '\\' && n == 1 && ex_is(c, C_ALPHA))
			return ex_windows_path(x, end + 2);
		to = ex_url(x, at, end);
		if (to)
			return to;
		if (n <= 4 && (ex_hex(x->p[end + 1]) || x->p[end + 1] == ':')) {
			bool hex = true;

			for (size_t i = at; i < end; i++)
				hex &= ex_hex(x->p[i]);
			to = hex ? ex_v6(x, at) : 0;
			if (to)
				return to;
		}
		if ((c | 32) == 'h' && x->p[end + 1] == '\\') {
			to = ex_registry(x, at, end);
			if (to)
				return to;
		}
		break;
	case '/':
	case ' ':
		if (n >= 3 && n <= 6 && (next == '/' ? x->p[end + 1] == '/' : x->p[end + 1] == ':')) {
			to = ex_url(x, at, end);
			if (to)
				return to;
		}
		break;
	case '\\':
	case ']':
		if ((c | 32) == 'h') {
			to = ex_registry(x, at, end);
			if (to)
				return to;
		}
		break;
	default:
		break;
	}
	if (plain) {
		if (n <= 3 && ((c | 32) == 'a' || (c | 32) == 'c')) {
			to = ex_token(x, at, end);
			return to ? to : end;
		}
		/* A hash of letters alone is too unlikely. */
		return end;
	}
	return 0;
}

static bool next_is_at(const struct ex *x, size_t end)
{
	return x->p[end] == '@';
}

/*
 * A full stop of a script without blanks looks like a dot: where what stands before it is a value
 * by itself, the run ends there. Else its end.
 */
static size_t before_stop(struct ex *x, size_t at, size_t end)
{
	size_t label = at, hex = 0;

	for (size_t i = at; i < end; i++) {
		uint32_t v4;
		bool zeros;

		hex += ex_hex(x->p[i]);
		if (x->p[i] != '.')
			continue;
		if (fold_bit(x->fold.soft, i) &&
		    ((label > at && ex_tld(x, (struct str){ x->p + label, i - label })) ||
		     (hex == i - at && hex >= 32) || ex_quad(x, at, i, &v4, &zeros) == i))
			return i;
		label = i + 1;
	}
	return end;
}

/* "+tag@": the rest of a mail address. */
static bool tagged(const struct ex *x, size_t at)
{
	size_t i = at;

	while (i - at < 64 && ex_is(x->p[i], C_LOCAL))
		i++;
	return x->p[i] == '@' && ex_alnum(x->p[i + 1]);
}

static size_t run(struct ex *x, size_t at)
{
	size_t end = at, last, to;
	bool dot, digit;

	if (x->p[at] == '.' && fold_bit(x->fold.soft, at))
		return at + 1;
	for (;;) {
		enum script script;
		size_t n;

		end = ex_run_end(x->mark[MARK_NAME], end, x->n);
		if (!ex_is(x->p[end], C_WIDE))
			break;
		n = ex_char(x->p + end, x->n - end, &script);
		if (script != SCRIPT_LETTER)
			break;
		end += n;
	}
	dot = ex_next(x->mark[MARK_DOT], at, end) < end;
	digit = ex_next(x->mark[MARK_DIGIT], at, end) < end;
	if (!dot && !digit &&
	    (x->p[end] == ' ' ? end - at > 6 && x->p[end + 1] != ':' : x->p[end] == '\n'))
		return end;
	if (dot && x->p[end - 1] == '.' && fold_bit(x->fold.hard, end - 1) && wide_at(x, end))
		end = label_beyond(x, end);
	if (dot && fold_any(x->fold.soft, at, end)) {
		end = before_stop(x, at, end);
		dot = ex_next(x->mark[MARK_DOT], at, end) < end;
	}
	for (last = end; dot && last > at && x->p[last - 1] == '.'; last--)
		;
	if (last == at)
		last = end;
	dot = dot && ex_next(x->mark[MARK_DOT], at, last) < last;
	to = after(x, at, end, !dot && !digit);
	if (to)
		return to;
	if (dot) {
		size_t before = x->found.n;

		/* A dot beside a script without blanks, and nothing else in the run. */
		if (x->p[at] == '.' && at && ex_is(x->p[at - 1], C_WIDE) && at > x->done) {
			to = ex_wide_name(x, at);
			if (to)
				return to;
		}
		/* What stands before an @ and is no mail address is no name, but for
		 * \\host@80\path. */
		if (next_is_at(x, end) && !(at > 1 && x->p[at - 1] == '\\' && x->p[at - 2] == '\\'))
			return end;
		if (x->p[end] == '+' && tagged(x, end))
			return end;
		to = ex_dotted(x, at, end);
		if (x->found.n > before || to != end)
			return to;
	} else {
		to = ex_token(x, at, last);
		if (to)
			return to;
	}
	if (x->p[end - 1] == '.' && wide_at(x, end) && last > at && last + 1 == end) {
		to = ex_wide_name(x, end - 1);
		if (to)
			return to;
	}
	return end;
}

/* Characters that are no part of a run but begin something. */
static size_t other(struct ex *x, size_t at)
{
	const char *p = x->p + at;
	size_t to = 0;

	if (p[0] == '*' && at && (p[-1] | 32) == 'h' && p[1] == '*' && (p[2] | 32) == 'p')
		to = ex_url(x, at - 1, at + 3 + ((p[3] | 32) == 's'));
	else if (p[0] == ':' && p[1] == ':' && ex_hex(p[2]))
		to = ex_v6(x, at);
	return to ? to : at + 1;
}

/* What begins at i: where to go on. */
static size_t step(struct ex *x, size_t i)
{
	unsigned char k = ex_class_of[(unsigned char)x->p[i]];
	enum script script;
	size_t to;

	if (k & C_NAME)
		return run(x, i);
	if (!(k & C_WIDE))
		return x->p[i] == '*' || x->p[i] == ':' ? other(x, i) : i + 1;
	to = i + ex_char(x->p + i, x->n - i, &script);
	if (script == SCRIPT_LETTER)
		return run(x, i);
	if (script == SCRIPT_CJK && x->p[to] == '.' && wide_at(x, to + 1)) {
		size_t end = ex_wide_name(x, to);

		return end ? end : to;
	}
	return to;
}

static bool before_number(char c)
{
	return c == ' ' || c == ':' || c == '#' || c == '-';
}

/*
 * The first place from i on where a step may do anything but pass over what is there. That is a
 * mark, or the run that ends in one. Words that a number follows are looked back for: "AS 4134",
 * "CVE 2021-44228".
 */
static size_t ahead(const struct ex *x, size_t i, size_t to)
{
	const uint64_t *name = x->mark[MARK_NAME];
	size_t a = ex_next(x->mark[MARK_ANCHOR], i, to), at, k;

	if (a == to)
		return to;
	at = ex_run_begin(name, i, a);
	if (!ex_is(x->p[a], C_DIGIT) || at == i || ex_is(x->p[at - 1], C_WIDE))
		return at;
	for (k = at; k > i && at - k < 4 && before_number(x->p[k - 1]); k--)
		;
	if (k < at && k >= i + 2 &&
	    ((x->p[k - 1] | 32) == 'n' || (x->p[k - 1] | 32) == 's' || (x->p[k - 1] | 32) == 'e')) {
		size_t word = ex_run_begin(name, i, k);

		if (k - word <= 3 && ((x->p[word] | 32) == 'a' || (x->p[word] | 32) == 'c'))
			return word;
	}
	return at;
}

/* What was found is looked at in its surroundings; a line that has ended is kept. */
static void settle(struct ex *x, size_t *seen)
{
	for (; *seen < x->found.n && !x->err; ++*seen) {
		struct found *f = &x->found.v[*seen];

		while (f->type == EX_FILENAME && !x->files) {
			ex_pass_by(x, f);
			x->done = f->end;
			x->found.n--;
			memmove(f, f + 1, (x->found.n - *seen) * sizeof *f);
			if (*seen == x->found.n || x->err)
				return;
		}
		ex_value_slot_near(x, f);
		ex_surroundings(x, f);
		ex_value_text_near(x, f);
		x->done = f->end;
		if (*seen && x->found.v[*seen].line_at != x->found.v[0].line_at) {
			size_t rest = x->found.n - *seen;

			x->found.n = *seen;
			ex_keep(x);
			/* Those behind it stay in their places. */
			memmove(x->found.v, x->found.v + *seen, rest * sizeof *x->found.v);
			x->found.n = rest;
			*seen = 0;
			if (ex_values_many(x)) {
				for (size_t i = 0; i < rest; i++)
					ex_value_set(x, &x->found.v[i]);
				ex_values_gone(x);
			}
		}
	}
}

/* ---- links ------------------------------------------------------------------------------------ */

struct link_walk {
	const struct extract_in *in;
	size_t next; /* link */
	size_t seen; /* bytes in which lines are counted */
	uint32_t line;
	VEC(struct found) found; /* they come behind all others */
};

/* A target that the text does not show. */
static void link(struct ex *x, struct link_walk *w, const struct text_link *l)
{
	size_t begin = x->scratch.n, lo = x->fold.base, hi = x->n;
	struct str host, value;
	struct found *f;
	uint16_t port;
	struct ip ip;

	if (url_normalise(l->url, &x->scratch, &host, &port) != ERR_OK)
		return;
	value = str_skip(buf_str(&x->scratch), begin);
	/* They come in the text's order. */
	for (; w->seen < l->at && w->seen < w->in->text.n; w->seen++)
		w->line += w->in->text.p[w->seen] == '\n';
	/* Where in the folded text that is. */
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (fold_src(&x->fold, mid) < l->at)
			lo = mid + 1;
		else
			hi = mid;
	}
	f = ex_add(x, EX_URL, lo, lo, value, F_LINK);
	if (f)
		ex_value_set(x, f);
	if (f && !x->err) {
		size_t off = (size_t)(host.p - value.p);

		f->host = (struct str){ f->value.p + off, host.n };
		f->flags |= ip_parse(host, &ip) ? 0 : ex_host_flags(x, f->host);
		f->line_at = f->line_end = (uint32_t)lo;
		f->line = w->line;
		f->src = fold_src(&x->fold, lo);
	}
	x->scratch.n = begin;
}

/* Links of the text before byte `to` of it. */
static void links(struct ex *x, struct link_walk *w, size_t to)
{
	size_t others = x->found.n;

	while (w->next < w->in->n_links && w->in->links[w->next].at < to && !x->err)
		link(x, w, &w->in->links[w->next++]);
	for (size_t i = others; i < x->found.n && !x->err; i++) {
		struct found *f = VEC_PUSH(&w->found);

		if (f)
			*f = x->found.v[i];
		else
			x->err = ERR_NOMEM;
	}
	x->found.n = others;
}

static void keep_links(struct ex *x, struct link_walk *w)
{
	for (size_t i = 0; i < w->found.n && !x->err; i++) {
		const struct found *f = &w->found.v[i];
		struct found *more;

		if (x->found.n && x->found.v[0].line_at != f->line_at) {
			ex_keep(x);
			x->found.n = 0;
		}
		more = VEC_PUSH(&x->found);
		if (more)
			*more = *f;
		else
			x->err = ERR_NOMEM;
	}
}

/* ---- all of it -------------------------------------------------------------------------------- */

enum {
	WINDOW = 128 << 10,
	/* What is before a line and after it may be asked for when its candidates are looked at. */
	MARGIN_BEFORE = 4096,
	MARGIN_BEHIND = 8192,
	/* Texts that are in the window at once, and have not many words. */
	WHOLE = 16 << 10,
};

/* Where the last line begins that has enough of the text behind it, or the end; 0: none behind
 * `from` does. */
static size_t ready(const struct ex *x, size_t from)
{
	size_t to = x->n > MARGIN_BEHIND ? x->n - MARGIN_BEHIND : 0;
	const char *nl;

	if (fold_ended(&x->fold))
		return x->n;
	nl = to > from ? memrchr(x->p + from, '\n', to - from) : NULL;
	return nl ? (size_t)(nl + 1 - x->p) : 0;
}

/* Marks of the window. */
static enum err mark(struct ex *x)
{
	size_t words = (x->n - x->fold.base) / 64 + 1;

	if (words > x->mark_words) {
		x->mark_words = x->fold.size / 64 + 1;
		for (int m = 0; m < MARKS; m++) {
			free(x->mark_room[m]);
			x->mark_room[m] = malloc(x->mark_words * sizeof *x->mark_room[m]);
			if (!x->mark_room[m])
				return ERR_NOMEM;
		}
	}
	for (int m = 0; m < MARKS; m++)
		x->mark[m] = (uint64_t *)((uintptr_t)x->mark_room[m] - x->fold.base / 8);
	x->ways->marks(x->fold.room, words, x->mark_room);
	return ERR_OK;
}

static void pass(struct ex *x, struct link_walk *w)
{
	size_t i = 0, seen = 0, keep = 0;

	for (;;) {
		size_t to;

		/* Of a line that is longer than the window nothing is taken before all is there. */
		x->err = x->err ? x->err : fold_more(&x->fold, keep);
		if (x->err)
			return;
		x->p = x->fold.p;
		x->n = x->fold.n;
		x->err = mark(x);
		if (x->err)
			return;
		to = ready(x, i);
		while (i < to && !x->err) {
			size_t next;

			if (!x->every_byte) {
				i = ahead(x, i, to);
				if (i == to)
					break;
			}
			next = step(x, i);
			if (seen < x->found.n)
				settle(x, &seen);
			i = next > i ? next : i + 1;
		}
		if (fold_ended(&x->fold) || x->err)
			break;
		if (to == 0)
			continue;
		ex_pass_lines(x, to);
		ex_keep(x);
		x->found.n = seen = 0;
		ex_values_gone(x);
		links(x, w, fold_src(&x->fold, to));
		keep = to > MARGIN_BEFORE ? to - MARGIN_BEFORE : 0;
	}
	links(x, w, SIZE_MAX);
	if (x->whole) {
		ex_scan(x, x->scanned, x->n);
		x->alarms_between = x->alarms;
	}
	keep_links(x, w);
	ex_keep(x);
	ex_keep_end(x);
	x->found.n = 0;
}

/* The longest URL in two forms, and names. */
enum { SCRATCH = 8 * URL_MAX };

enum err extract(const struct lexicon *l, const struct extract_in *in, struct arena *arena,
		 struct extraction *out)
{
	struct link_walk links = { .in = in, .line = 1 };
	struct ex *x;
	enum err e;

	if (in->text.n > EXTRACT_TEXT_MAX)
		return ERR_LIMIT;
	x = calloc(1, sizeof *x);
	if (!x)
		return ERR_NOMEM;
	x->lex = l;
	x->arena = arena;
	x->every = in->every;
	x->files = !in->no_files;
	x->whole = in->text.n <= WHOLE;
	x->every_byte = in->every_byte;
	x->ways = ex_ways(in->isa);
	x->bare_line = UINT32_MAX;
	x->heading_role = x->row_role = -1;
	x->heading = x->heading_family = x->row_family = x->title_family = STR_NONE;
	/* Taken at once, so that slices of it stay where they are. */
	buf_init(&x->scratch, SCRATCH);
	x->line_text = malloc(LINE_TEXT);
	if (!buf_room(&x->scratch, SCRATCH) || !x->line_text)
		x->err = ERR_NOMEM;
	buf_init(&x->text, 1 << 20);
	e = x->err ? x->err
		   : fold_init(&x->fold, in->text, in->window ? in->window : WINDOW,
			       in->every_byte ? NULL : x->ways);
	if (!e) {
		pass(x, &links);
		e = x->err;
	}
	if (!e) {
		free(x->found.v);
		x->found.v = x->kept.v;
		x->found.n = x->kept.n;
		x->kept.v = NULL;
		e = ex_judge(x, in, out);
	}
	fold_free(&x->fold);
	buf_free(&x->scratch);
	buf_free(&x->text);
	free(links.found.v);
	free(x->found.v);
	free(x->kept.v);
	free(x->line_text);
	free(x->values.v);
	free(x->value_slot);
	free(x->hits.v);
	for (int m = 0; m < MARKS; m++)
		free(x->mark_room[m]);
	free(x);
	return e;
}
