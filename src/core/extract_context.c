/* SPDX-License-Identifier: Apache-2.0 */
/* What stands around a candidate: its line, sentence and section, and what their words say. */
#include "core/extract_parts.h"

#include <stdio.h>

/* ---- words ------------------------------------------------------------------------------------ */

static void scan_to(struct ex *x, size_t to)
{
	if (to > x->n)
		to = x->n;
	if (to <= x->scanned || x->err)
		return;
	x->err = lexicon_scan(x->lex, x->p, x->scanned, to, &x->hits);
	x->scanned = to;
}

/* Hits before `from` are not asked for again; the first at or behind it. */
static const struct word_hit *hits_from(struct ex *x, size_t from)
{
	size_t i = x->first_hit;

	while (i > 0 && x->hits.v[i - 1].at >= from)
		i--;
	while (i < x->hits.n && x->hits.v[i].at < from)
		i++;
	x->first_hit = i;
	if (i > 65536) {
		/* Keep some that a later sentence may reach back to. */
		size_t drop = i - 4096;

		memmove(x->hits.v, x->hits.v + drop, (x->hits.n - drop) * sizeof *x->hits.v);
		x->hits.n -= drop;
		x->first_hit = i -= drop;
	}
	return x->hits.v ? x->hits.v + i : NULL;
}

static const struct word_hit *hits_end(const struct ex *x)
{
	return x->hits.v ? x->hits.v + x->hits.n : NULL;
}

/* ---- lines ------------------------------------------------------------------------------------ */

static size_t line_end_of(const struct ex *x, size_t at)
{
	const char *nl = at < x->n ? memchr(x->p + at, '\n', x->n - at) : NULL;

	return nl ? (size_t)(nl - x->p) : x->n;
}

/* Behind indent, bullets and quote marks. */
static size_t body_of(const struct ex *x, size_t at, size_t end, bool *bullet)
{
	static const char *const bullets[] = { "\xe2\x80\xa2", "\xe2\x97\xa6", "\xe2\x97\x8f",
					       "\xe2\x96\xa0", "\xe2\x96\xaa", "\xe3\x83\xbb",
					       "\xe2\x80\x93", "\xe2\x80\x94", "\xe2\x80\xa3",
					       "\xe2\x96\xb6", "\xe2\x97\x86", "\xc2\xb7" };
	size_t i = at;

	*bullet = false;
	for (;;) {
		size_t was = i;

		while (i < end && (ex_blank(x->p[i]) || x->p[i] == '>' || x->p[i] == '|'))
			i++;
		if (i < end && (x->p[i] == '-' || x->p[i] == '*' || x->p[i] == '+') &&
		    (ex_blank(x->p[i + 1]) || (x->p[i] == '-' && x->p[i + 1] == '-'))) {
			*bullet = true;
			i++;
		}
		for (size_t k = 0;
		     i < end && ex_is(x->p[i], C_WIDE) && k < sizeof bullets / sizeof bullets[0]; k++)
			if (str_starts((struct str){ x->p + i, end - i }, str_of(bullets[k]))) {
				*bullet = true;
				i += strlen(bullets[k]);
			}
		if (i < end && ex_is(x->p[i], C_DIGIT)) {
			size_t k = i;

			while (k < end && k - i < 3 && ex_is(x->p[k], C_DIGIT))
				k++;
			if ((x->p[k] == '.' || x->p[k] == ')') && ex_blank(x->p[k + 1])) {
				*bullet = true;
				i = k + 1;
			}
		}
		if (i == was)
			return i;
	}
}

static struct ex_line line_of(const struct ex *x, size_t at, size_t end, bool cells)
{
	struct ex_line l = { (uint32_t)at, (uint32_t)end, 0, false, false };
	size_t probe = !cells ? at : end - at > 2000 ? at + 2000 : end;

	while (l.end > l.at && (x->p[l.end - 1] == '\r' || ex_blank(x->p[l.end - 1])))
		l.end--;
	l.body = (uint32_t)body_of(x, at, l.end, &l.bullet);
	if (probe > l.end)
		probe = l.end;
	for (size_t i = l.body; i < probe && !l.cells; i++) {
		char c = x->p[i];

		if (c > ' ' && c != '|')
			continue;
		if (c == ' ')
			l.cells = x->p[i + 1] == ' ' || (x->p[i + 1] == '-' && x->p[i + 2] == ' ');
		else
			l.cells = c == '|' || c == '\t';
	}
	return l;
}

/* ---- headings --------------------------------------------------------------------------------- */

struct heard {
	uint32_t kinds;
	bool mostly_ref, first; /* first: a family's name stands first */
	struct str family;
	size_t families;
	int role;
};

static struct heard listen(struct ex *x, size_t from, size_t to)
{
	struct heard h = { .family = STR_NONE, .role = -1 };
	const struct word_hit *w;
	size_t ref = 0, letters = 0;

	scan_to(x, to);
	for (size_t i = from; i < to; i++)
		letters += ex_is(x->p[i], C_ALPHA | C_DIGIT | C_WIDE);
	for (w = hits_from(x, from); w && w < hits_end(x) && w->at < to; w++) {
		h.kinds |= w->kind;
		if (w->kind & W_REFS)
			ref += w->end - w->at;
		if (w->kind & W_FAMILY) {
			struct str name = lexicon_family(x->lex, w->number);

			if (!str_eq(name, h.family))
				h.families++;
			if (h.family.n == 0) {
				h.family = name;
				h.first = w->at == from;
			}
		}
		if (w->kind & W_ROLE && h.role < 0)
			h.role = (int)w->number;
	}
	h.mostly_ref = ref && ref * 10 >= letters * 5;
	return h;
}

static bool shouting(struct str s)
{
	size_t upper = 0;

	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] >= 'a' && s.p[i] <= 'z')
			return false;
		upper += ex_upper(s.p[i]);
	}
	return upper >= 3;
}

static bool ends_with_colon(struct str s)
{
	while (s.n && strchr("*_ ", s.p[s.n - 1]))
		s.n--;
	return s.n && s.p[s.n - 1] == ':';
}

static bool ends_sentence(struct str s)
{
	return s.n && (strchr(".!?,;", s.p[s.n - 1]) || str_ends(s, STR("\xe3\x80\x82")) ||
		       str_ends(s, STR("\xe3\x80\x81")));
}

static enum section kind_of(const struct heard *h)
{
	if (h->mostly_ref)
		return SEC_REF;
	if (h->kinds & W_BENIGN && !(h->kinds & W_CUE))
		return SEC_OTHER;
	if (h->kinds & W_IOC)
		return SEC_IOC;
	return h->kinds & W_OTHER ? SEC_OTHER : SEC_NONE;
}

/* A line without a candidate, or one that is a heading though it has one. */
static void take_line(struct ex *x, size_t at, size_t end)
{
	struct ex_line l = line_of(x, at, end, false);
	struct str s = { x->p + l.body, l.end - l.body };
	bool mark = false, loud, colon;
	unsigned level = 0;
	enum section kind;
	struct heard h;

	if (l.end <= l.body)
		return;
	x->lines++;
	if (!x->titled) {
		x->titled = true;
		h = listen(x, l.body, l.end);
		if (h.families == 1)
			x->title_family = h.family;
	}
	if (s.n > 200) {
		x->intro = false;
		return;
	}
	while (level < 6 && level < s.n && s.p[level] == '#')
		level++;
	mark = level > 0 && level < s.n && s.p[level] == ' ';
	if (level && !mark)
		level = 0;
	if (!mark && memchr(x->p + l.body, '|', s.n)) {
		/* The head of a table. */
		h = listen(x, l.body, l.end);
		if (h.family.n || h.role >= 0) {
			x->row_family = h.family;
			x->row_role = h.role;
		}
		if (h.kinds & (W_IOC | W_VALUE) && x->section == SEC_NONE)
			x->intro = true;
		return;
	}
	x->row_family = STR_NONE;
	x->row_role = -1;
	colon = ends_with_colon(s);
	loud = !l.bullet && s.n <= 120 && shouting(s);
	if (!mark && !loud && !colon && (l.bullet || s.n > 80 || ends_sentence(s))) {
		if (s.n > 100 || (s.n > 60 && ends_sentence(s)))
			x->intro = false;
		return;
	}
	h = listen(x, l.body, l.end);
	kind = kind_of(&h);
	if (mark || loud) {
		/* A deeper heading without a kind of its own belongs to the section above it. */
		if (kind == SEC_NONE && level > x->level && x->section == SEC_IOC && mark)
			kind = SEC_IOC;
		if (kind != SEC_NONE || !(level > x->level && mark))
			x->level = kind == SEC_NONE ? 0 : level;
		x->section = kind;
		x->intro = false;
		x->heading = s;
		x->heading_family = h.families ? h.family : STR_NONE;
		x->heading_role = h.role;
		return;
	}
	if (colon) {
		if (l.bullet)
			return;
		x->intro = kind == SEC_IOC || (kind == SEC_NONE && h.kinds & (W_VALUE | W_CUE));
		if (kind == SEC_REF || kind == SEC_OTHER)
			x->section = kind;
		if (x->intro || h.families) {
			x->heading = s;
			x->heading_family = h.families ? h.family : STR_NONE;
			x->heading_role = h.role;
		}
		return;
	}
	/* Short, and begins with the name of a family: what follows is about that. */
	if (kind == SEC_NONE && h.families && s.n <= 160 && h.first) {
		x->heading_family = h.family;
		x->heading_role = -1;
		return;
	}
	/* Short and by itself: a heading if its words are those of one. */
	if (kind == SEC_NONE ||
	    (at >= 2 && x->p[at - 1] == '\n' && x->p[at - 2] != '\n' && s.n > 40 && kind != SEC_REF))
		return;
	if (kind == SEC_OTHER && s.n > 40)
		return;
	x->section = kind;
	x->level = 6;
	x->intro = false;
	x->heading = s;
	x->heading_family = h.families ? h.family : STR_NONE;
	x->heading_role = h.role;
}

/* Headings up to the line of a candidate, which becomes the present one. */
static void to_line(struct ex *x, size_t at)
{
	while (x->lined <= at && x->lined <= x->n && !x->err) {
		size_t begin = x->lined, end = line_end_of(x, begin);

		x->lined = end + 1;
		if (at <= end) {
			struct str s;

			x->line = line_of(x, begin, end, true);
			x->lines++;
			s = (struct str){ x->p + x->line.body, x->line.end - x->line.body };
			/* A heading that names a value: "TRAFFIC FROM 192.0.2.1:" */
			if (s.n <= 120 &&
			    ((shouting(s) && ends_with_colon(s)) ||
			     (s.n > 2 && s.p[0] == '#' && (s.p[1] == '#' || s.p[1] == ' ')))) {
				x->lines--;
				take_line(x, begin, end);
			} else if (!x->titled) {
				struct heard h = listen(x, x->line.body, x->line.end);

				x->titled = true;
				if (h.families == 1)
					x->title_family = h.family;
			}
			if (!x->line.cells) {
				x->row_family = STR_NONE;
				x->row_role = -1;
			}
			return;
		}
		take_line(x, begin, end);
	}
}

/* ---- sentences -------------------------------------------------------------------------------- */

enum { BACK = 320, AHEAD = 240 };

static bool wide_stop(const char *p)
{
	const unsigned char *u = (const unsigned char *)p;

	return (u[0] == 0xe3 && u[1] == 0x80 && u[2] == 0x82) ||
	       (u[0] == 0xef && u[1] == 0xbc && (u[2] == 0x81 || u[2] == 0x9f));
}

static bool full_stop(const struct ex *x, size_t i)
{
	enum script script;

	if (x->p[i] != '.' && x->p[i] != '!' && x->p[i] != '?')
		return false;
	if (x->p[i + 1] != ' ' || (i > 1 && ex_upper(x->p[i - 1]) && !ex_alnum(x->p[i - 2])))
		return false;
	if (ex_upper(x->p[i + 2]) || ex_is(x->p[i + 2], C_DIGIT))
		return true;
	if (!ex_is(x->p[i + 2], C_WIDE))
		return false;
	(void)ex_char(x->p + i + 2, x->n - i - 2, &script);
	return script != SCRIPT_NONE;
}

/* May the sentence run on over the line end at nl? */
static bool runs_on(const struct ex *x, size_t nl, size_t line_begin)
{
	size_t k = nl;
	bool bullet;

	while (k > line_begin && (ex_blank(x->p[k - 1]) || x->p[k - 1] == '\r'))
		k--;
	if (k - line_begin < 50 || strchr(".:;!?|", x->p[k - 1]) || (k > 2 && wide_stop(x->p + k - 3)))
		return false;
	for (k = nl + 1; ex_blank(x->p[k]); k++)
		;
	if (x->p[k] == '\n' || x->p[k] == '\r' || x->p[k] == 0)
		return false;
	(void)body_of(x, nl + 1, line_end_of(x, nl + 1), &bullet);
	return !bullet && !memchr(x->p + line_begin, '|', nl - line_begin) && x->p[k] != '|';
}

/* Dates of the sentence, once for all its values. */
static void dates(struct ex *x)
{
	const struct word_hit *w;
	bool year = false;

	x->n_dates = 0;
	scan_to(x, x->sentence_to);
	for (w = hits_from(x, x->sentence_from); w && w < hits_end(x) && w->at < x->sentence_to; w++)
		year |= w->kind == W_YEAR;
	if (!year)
		return;
	for (size_t i = x->sentence_from; i < x->sentence_to && x->n_dates < 8;) {
		int64_t t;
		size_t end = ex_date(x->p, i, x->sentence_to, &t);

		if (end > i) {
			x->dates[x->n_dates].at = (uint32_t)i;
			x->dates[x->n_dates++].t = t;
			i = end;
			continue;
		}
		/* To the next word. */
		while (i < x->sentence_to && ex_is(x->p[i], C_NAME))
			i++;
		while (i < x->sentence_to && !ex_is(x->p[i], C_NAME))
			i++;
	}
}

/* The sentence or row around f, in x->sentence_from and _to. */
static void sentence(struct ex *x, const struct found *f)
{
	size_t i = f->at, least = f->at > BACK ? f->at - BACK : 0, most;
	bool line = x->line.bullet || x->line.cells;

	/* Still the one of the candidate before? */
	if (f->at >= x->sentence_from && f->end <= x->sentence_to &&
	    (!x->sentence_cut || f->end + 80 <= x->sentence_to))
		return;
	x->sentence_cut = false;
	if (line && f->at - x->line.at < BACK && x->line.end - f->at < AHEAD && x->line.end >= f->end) {
		x->sentence_from = x->line.at;
		x->sentence_to = x->line.end;
		dates(x);
		return;
	}
	while (i > least) {
		char c = x->p[i - 1];

		if (c == '\n') {
			size_t begin = i - 1;

			while (begin > 0 && i - begin < 400 && x->p[begin - 1] != '\n')
				begin--;
			if (line || !runs_on(x, i - 1, begin))
				break;
		}
		if (c == ' ' && i >= 2 && i < f->at && full_stop(x, i - 2))
			break;
		if ((unsigned char)c >= 0x80 && i >= 3 && wide_stop(x->p + i - 3))
			break;
		i--;
	}
	x->sentence_cut |= i == least && least > 0;
	while (i < f->at && ((unsigned char)x->p[i] & 0xc0) == 0x80)
		i++;
	x->sentence_from = i;
	most = f->end + AHEAD < x->n ? f->end + AHEAD : x->n;
	for (i = f->end; i < most; i++) {
		char c = x->p[i];

		if (c == '\n' && (line || !runs_on(x, i, x->line.at)))
			break;
		if ((c == '.' || c == '!' || c == '?') && full_stop(x, i))
			break;
		if ((unsigned char)c >= 0xe3 && wide_stop(x->p + i))
			break;
	}
	x->sentence_cut |= i == most && most < x->n;
	while (i > f->end && ((unsigned char)x->p[i] & 0xc0) == 0x80)
		i--;
	x->sentence_to = i;
	dates(x);
}

/* ---- cells ------------------------------------------------------------------------------------ */

static bool at_separator_back(const struct ex *x, size_t i, size_t body)
{
	if (i <= body)
		return true;
	switch (x->p[i - 1]) {
	case '|':
	case '\t':
	case ',':
	case ';':
	case '=':
	case ':':
	case '>':
	case '/':
		return x->p[i - 1] != '/';
	case ' ':
		if (i >= 2 && x->p[i - 2] == ' ')
			return true;
		if (i >= 2 && strchr("|,;:=>-&+", x->p[i - 2]))
			return x->p[i - 2] != '-' || i < 3 || x->p[i - 3] == ' ';
		return i >= 4 && (unsigned char)x->p[i - 4] == 0xe2; /* arrows and dashes */
	default:
		return i >= 3 && (unsigned char)x->p[i - 3] == 0xe2 &&
		       (unsigned char)x->p[i - 2] >= 0x86;
	}
}

static bool opens(char c)
{
	return c == '"' || c == '\'' || c == '`' || c == '*' || c == '_' || c == '(' || c == '[' ||
	       c == '{' || c == '<';
}

static bool closes(char c)
{
	return c == '"' || c == '\'' || c == '`' || c == '*' || c == '_' || c == ')' || c == ']' ||
	       c == '}' || c == '>' || c == '.';
}

static bool alone(const struct ex *x, const struct found *f)
{
	size_t i = f->at, k = f->end, body = x->line.body, end = x->line.end;

	while (i > body && opens(x->p[i - 1]))
		i--;
	while (i > body && ((unsigned char)x->p[i - 1] == 0x9c || (unsigned char)x->p[i - 1] == 0x8c) &&
	       i >= 3 && ((unsigned char)x->p[i - 3] == 0xe2 || (unsigned char)x->p[i - 3] == 0xe3))
		i -= 3;
	if (!at_separator_back(x, i, body))
		return false;
	if (x->p[k] == ':' && ex_is(x->p[k + 1], C_DIGIT))
		for (k++; ex_is(x->p[k], C_DIGIT); k++)
			;
	while (k < end && closes(x->p[k]))
		k++;
	if (k >= end || x->p[k] == '\n' || x->p[k] == '\r')
		return true;
	if (x->p[k] == '|' || x->p[k] == '\t' || x->p[k] == ',' || x->p[k] == ';')
		return true;
	if (x->p[k] == ' ')
		return k + 1 >= end || strchr(" |-(:,;/=<>", x->p[k + 1]) || x->p[k + 1] == '\t' ||
		       ((unsigned char)x->p[k + 1] == 0xe2) ||
		       str_istarts((struct str){ x->p + k + 1, 4 }, STR("port"));
	return false;
}

/* ---- the newest candidate --------------------------------------------------------------------- */

/* The items of one block speak of the same thing. */
static struct str block_family(struct ex *x)
{
	size_t begin = x->line.at, stop = x->line.end;
	struct str only = STR_NONE;
	const struct word_hit *w;

	if (x->block_line == x->line.at + 1)
		return x->block_family;
	x->block_line = x->line.at + 1;
	x->block_family = STR_NONE;
	while (stop < x->n && x->p[stop] != '\n' && stop - x->line.end < 4)
		stop++;
	for (int k = 0; k < 5 && stop < x->n && x->p[stop + 1] != '\n' && x->p[stop + 1] != '\r'; k++)
		stop = line_end_of(x, stop + 1);
	for (int k = 0; k < 3 && begin > 1 && x->p[begin - 2] != '\n' && x->line.at - begin < 500; k++) {
		size_t most = begin - 1 < 500 ? begin - 1 : 500;
		const char *nl = memrchr(x->p + begin - 1 - most, '\n', most);

		begin = nl ? (size_t)(nl + 1 - x->p) : begin - 1 - most;
	}
	if (stop - x->line.end > 1000)
		return STR_NONE;
	scan_to(x, stop);
	for (w = hits_from(x, begin); w && w < hits_end(x) && w->at < stop; w++)
		if (w->kind & W_FAMILY) {
			struct str name = lexicon_family(x->lex, w->number);

			if (only.n && !str_eq(only, name))
				return STR_NONE;
			only = name;
		}
	x->block_family = only;
	return only;
}

static void facts(struct ex *x, struct found *f, size_t from, size_t to)
{
	const struct word_hit *w;
	size_t best = SIZE_MAX, best_role = SIZE_MAX;

	for (w = hits_from(x, from); w && w < hits_end(x) && w->at < to; w++) {
		size_t d = w->end <= f->at   ? f->at - w->end
			   : w->at >= f->end ? (w->at - f->end) * 2 + 8
					     : SIZE_MAX;

		if (d == SIZE_MAX)
			continue;
		if (w->kind & W_FAMILY && d < best) {
			best = d;
			f->family = lexicon_family(x->lex, w->number);
		}
		/* Victims are spoken of beside their controllers. */
		if (w->kind & W_ROLE && w->number == ROLE_INFECTED_HOST)
			d += 100;
		if (w->kind & W_ROLE && d < best_role && d < 160) {
			best_role = d;
			f->has_role = true;
			f->role = (uint8_t)w->number;
		}
	}
	for (size_t i = 0, nearest = SIZE_MAX; i < x->n_dates; i++) {
		size_t d = x->dates[i].at < f->at ? f->at - x->dates[i].at : x->dates[i].at - f->at;

		if (d < nearest) {
			nearest = d;
			f->date = x->dates[i].t;
		}
	}
	if (f->family.n == 0 && x->row_family.n)
		f->family = x->row_family;
	if (!f->has_role && x->row_role >= 0) {
		f->has_role = true;
		f->role = (uint8_t)x->row_role;
	}
	if (f->family.n == 0 && x->line.bullet)
		f->family = block_family(x);
	if (f->family.n == 0)
		f->family = x->heading_family.n ? x->heading_family : x->title_family;
	if (!f->has_role && x->heading_role >= 0) {
		f->has_role = true;
		f->role = (uint8_t)x->heading_role;
	}
}

/* "Some Manager 12.80.0.40": a product and its version, where nothing speaks of an address. */
static void product(const struct ex *x, struct found *f)
{
	size_t i = f->at;
	struct ip ip;

	if (f->flags & (F_VALUE_WORD | F_SEC_IOC | F_ALONE | F_SENDER) || f->port || i < 3 ||
	    x->p[i - 1] != ' ' || !ex_alnum(x->p[i - 2]) || !ip_parse(f->value, &ip))
		return;
	for (i--; i > x->line.at && ex_is(x->p[i - 1], C_ALPHA | C_DIGIT); i--)
		;
	if (!ex_upper(x->p[i]) || !ex_is(x->p[i + 1], C_ALPHA) || ex_upper(x->p[i + 1]))
		return;
	if ((ip.lo >> 16 & 255) == 0 || (ip.lo >> 8 & 255) == 0 ||
	    ((ip.lo >> 24 & 255) < 24 && (ip.lo >> 16 & 255) < 24))
		f->flags |= F_VERSION;
}

/* Is the word a label: does a colon follow? */
static bool labels(const struct ex *x, const struct word_hit *w)
{
	size_t i = w->end;

	while (i - w->end < 3 && ex_blank(x->p[i]))
		i++;
	return x->p[i] == ':' || x->p[i] == '=';
}

static void rarer(const struct ex *x, struct found *f, const struct word_hit *w, size_t d,
		  bool before, bool labelled)
{
	bool label = before && w->at >= x->line.body && labels(x, w);

	if (w->kind & W_BENIGN && d < 90)
		f->flags |= F_BENIGN;
	if (w->kind & W_SENDER && label)
		f->flags |= F_SENDER;
	if (w->kind & W_RECEIVER && label && w->at == x->line.body)
		f->flags |= F_RECEIVER;
	if (w->kind & W_CONTACT && d < 80)
		f->flags |= F_CONTACT;
	if (w->kind & W_RANSOM)
		f->flags |= F_RANSOM;
	if (w->kind & W_GUID && labelled && d < 16)
		f->flags |= F_GUID_WORD;
	if (w->kind & W_COMMIT && before && d < 40)
		f->flags |= F_COMMIT_WORD;
	if (w->kind & (W_VERSION | W_SECTION) && before && d < 16 && !(f->flags & F_HARD) &&
	    f->type == EX_IPV4)
		f->flags |= F_VERSION;
	if (w->kind & W_HASHES && labelled && d < 40 && f->type == EX_MD5) {
		if (w->number == EX_JA3)
			f->type = EX_JA3;
		else if (w->number == EX_IMPHASH)
			f->type = EX_IMPHASH;
	}
}

void ex_surroundings(struct ex *x, struct found *f)
{
	size_t from, to, src, cell;
	const struct word_hit *w;
	bool labelled;

	if (f->at >= x->lined)
		to_line(x, f->at);
	f->line_at = x->line.at;
	f->line_end = x->line.end;
	f->heading = x->heading;
	src = fold_src(&x->fold, f->at);
	for (; x->counted < src; x->counted++) {
		const char *nl = memchr(x->fold.src.p + x->counted, '\n', src - x->counted);

		if (!nl) {
			x->counted = src;
			break;
		}
		x->counted = (size_t)(nl - x->fold.src.p);
		x->newlines++;
	}
	f->line = x->newlines + 1;
	if (x->section == SEC_IOC || x->intro)
		f->flags |= F_SEC_IOC;
	else if (x->section == SEC_REF)
		f->flags |= F_SEC_REF;
	else if (x->section == SEC_OTHER)
		f->flags |= F_SEC_OTHER;
	if (x->line.cells)
		f->flags |= F_ROW;
	if (alone(x, f))
		f->flags |= F_ALONE;

	sentence(x, f);
	from = x->sentence_from;
	to = x->sentence_to;
	scan_to(x, to);
	/* What labels a value stands right before it, or at the head of its line. */
	cell = f->at;
	while (cell > from && f->at - cell < 48 && x->p[cell - 1] != '|' && x->p[cell - 1] != '\t' &&
	       x->p[cell - 1] != ',' && x->p[cell - 1] != ';' && x->p[cell - 1] != '\n')
		cell--;
	for (w = hits_from(x, from); w && w < hits_end(x) && w->at < to; w++) {
		bool before = w->end <= f->at, behind = w->at >= f->end;
		size_t d = before ? f->at - w->end : behind ? w->at - f->end : 0;

		if (!before && !behind)
			continue;
		labelled = before && w->at >= cell;
		if (w->kind & W_CUE && d < (before ? 140 : 100))
			f->flags |= F_CUE;
		if (w->kind & W_REF && d < (before ? 60 : 30))
			f->flags |= F_REF;
		if (w->kind & W_VALUE && before && d < 40)
			f->flags |= F_VALUE_WORD;
		if (w->kind & W_FILE && labelled && d < 24)
			f->flags |= F_FILE_WORD;
		if (w->kind & (W_BENIGN | W_SENDER | W_RECEIVER | W_CONTACT | W_RANSOM | W_GUID |
			       W_COMMIT | W_VERSION | W_SECTION | W_HASHES))
			rarer(x, f, w, d, before, labelled);
	}
	if (f->status == EX_AS_WRITTEN && f->end > f->at) {
		size_t last = fold_src(&x->fold, f->end - 1);

		if (memchr(x->fold.src.p + src, '\n', last > src ? last - src : 0)) {
			f->status = EX_MENDED;
			f->note = "put together from two lines";
		}
	}
	if (f->type == EX_IPV4 && !(f->flags & (F_HARD | F_VERSION)))
		product(x, f);
	facts(x, f, from, to);
}

/* ---- dates ------------------------------------------------------------------------------------ */

static bool number_at(const char *p, size_t *i, size_t to, unsigned most, uint32_t *v)
{
	size_t n = 0;

	for (*v = 0; *i < to && n < most && ex_is(p[*i], C_DIGIT); n++)
		*v = *v * 10 + (uint32_t)(p[(*i)++] - '0');
	return n > 0 && !ex_is(p[*i], C_DIGIT);
}

static uint32_t month_at(const char *p, size_t *i)
{
	static const char *const months[] = { "january",   "february", "march",    "april",
					      "may",       "june",     "july",     "august",
					      "september", "october",  "november", "december" };

	for (uint32_t m = 0; m < 12; m++) {
		size_t n = 0;

		while (months[m][n] && ex_lower(p[*i + n]) == months[m][n])
			n++;
		if (n >= 3 && !ex_alnum(p[*i + n])) {
			*i += n;
			return m + 1;
		}
	}
	return 0;
}

static bool mark_at(const char *p, size_t *i, const char *mark)
{
	size_t n = strlen(mark), k = *i;

	while (p[k] == ' ' && k - *i < 2)
		k++;
	if (strncmp(p + k, mark, n) != 0)
		return false;
	k += n;
	while (p[k] == ' ' && k - *i < 2 + n + 2)
		k++;
	*i = k;
	return true;
}

/* 2018-12-16, 2018/12/16, 2018年12月16日; 16 December 2018; December 16, 2018 */
static bool date_at(const char *p, size_t i, size_t to, uint32_t *y, uint32_t *m, uint32_t *d)
{
	size_t k = i;

	if (ex_is(p[k], C_ALPHA)) {
		*m = month_at(p, &k);
		if (!*m)
			return false;
		if (p[k] == '.')
			k++;
		while (p[k] == ' ')
			k++;
		if (!number_at(p, &k, to, 2, d))
			return false;
		if (str_istarts((struct str){ p + k, 2 }, STR("th")) ||
		    str_istarts((struct str){ p + k, 2 }, STR("st")))
			k += 2;
		if (p[k] == ',')
			k++;
		while (p[k] == ' ')
			k++;
		return number_at(p, &k, to, 4, y) && *y > 1990;
	}
	if (!number_at(p, &k, to, 4, y))
		return false;
	if (k - i == 4) {
		char sep = p[k];

		if (sep == '-' || sep == '/' || sep == '.') {
			k++;
			return number_at(p, &k, to, 2, m) && p[k++] == sep &&
			       number_at(p, &k, to, 2, d) && p[k] != sep && *y > 1990;
		}
		return mark_at(p, &k, "\xe5\xb9\xb4") && number_at(p, &k, to, 2, m) &&
		       mark_at(p, &k, "\xe6\x9c\x88") && number_at(p, &k, to, 2, d) &&
		       mark_at(p, &k, "\xe6\x97\xa5");
	}
	*d = *y;
	if (k - i > 2)
		return false;
	while (p[k] == ' ' || p[k] == '.')
		k++;
	*m = month_at(p, &k);
	while (p[k] == ' ' || p[k] == ',' || p[k] == '.')
		k++;
	return *m && number_at(p, &k, to, 4, y) && *y > 1990;
}

size_t ex_date(const char *p, size_t at, size_t to, int64_t *t)
{
	uint32_t y, m, d;
	char text[32];

	if (!ex_alnum(p[at]) || (at && (ex_is(p[at - 1], C_NAME) || p[at - 1] == '/')))
		return 0;
	if (!ex_is(p[at], C_DIGIT) && !strchr("JFMASONDjfmasond", p[at]))
		return 0;
	if (!date_at(p, at, to, &y, &m, &d) || y > 2100 || m > 12 || d > 31)
		return 0;
	(void)snprintf(text, sizeof text, "%04u-%02u-%02u", y, m, d);
	return time_parse(str_of(text), t, NULL) ? at + 6 : 0;
}
