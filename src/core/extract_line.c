/* SPDX-License-Identifier: Apache-2.0 */
/* Lines: their shape, what words they hold, and the headings above them. */
#include "core/extract_parts.h"

/* ---- words ------------------------------------------------------------------------------------ */

static bool joins(char c)
{
	return c == '-' || c == '.' || c == '@';
}

/* Is the word a part of the name of a host or a file, as in "update-c2.top"? */
static bool in_name(const struct ex *x, const struct word_hit *w)
{
	size_t i = w->at, k = w->end;
	bool dot = false;

	if (!ex_is(x->p[i], C_ALPHA) ||
	    !((i && joins(x->p[i - 1])) || (joins(x->p[k]) && ex_alnum(x->p[k + 1]))))
		return false;
	/* "support@" */
	if (x->p[k] == '@' || (i && x->p[i - 1] == '@'))
		return true;
	while (i > x->fold.base && w->at - i < 40 && ex_is(x->p[i - 1], C_NAME))
		i--;
	for (; k - w->end < 40 && ex_is(x->p[k], C_NAME); k++)
		;
	/* "no-phishing@" */
	if (x->p[k] == '@')
		return true;
	/* "header.from=..." */
	if (x->p[k] == '=' || x->p[k] == '(' || (x->p[k] == '"' && x->p[k + 1] == ':'))
		return false;
	for (; i + 1 < k; i++)
		dot |= x->p[i] == '.' && ex_alnum(x->p[i + 1]);
	return dot;
}

/* Is it a part of a URL's path, as in "/blog/emotet-again"? */
static bool in_path(const struct ex *x, size_t at)
{
	size_t i = at - 1;

	while (i > x->fold.base && at - i < 80 && ex_is(x->p[i - 1], C_NAME | C_PATH))
		i--;
	return memmem(x->p + i, at - i, "://", 3) || memchr(x->p + i, '.', at - i);
}

void ex_scan_more(struct ex *x, size_t from, size_t to)
{
	size_t known, kept;

	/* What is far from all values and headings is passed over. */
	if (!x->whole && from > x->scanned + EX_SCAN_MARGIN)
		x->scanned = from - EX_SCAN_MARGIN;
	if (to > x->n)
		to = x->n;
	if (to <= x->scanned || x->err)
		return;
	known = kept = x->hits.n;
	x->err = lexicon_scan(x->lex, x->p, x->mark[MARK_WORD], x->scanned, to, &x->hits);
	x->scanned = to;
	for (size_t i = known; i < x->hits.n; i++) {
		struct word_hit w = x->hits.v[i];

		if (w.kind & ~(uint32_t)(W_FAMILY | W_YEAR) && in_name(x, &w))
			w.kind &= W_FAMILY;
		if (w.kind & W_ALARM && w.at && x->p[w.at - 1] == '/' && in_path(x, w.at))
			w.kind &= ~(uint32_t)W_ALARM;
		if (w.kind & W_ALARM) {
			x->alarms++;
			x->alarm_at = w.at;
		}
		if (w.kind)
			x->hits.v[kept++] = w;
	}
	x->hits.n = kept;
}

/* Hits before `from` are not asked for again; the first at or behind it. */
const struct word_hit *ex_hits_from(struct ex *x, size_t from)
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

/* ---- lines ------------------------------------------------------------------------------------ */

/* Behind indent, bullets and quote marks. */
size_t ex_body_of(const struct ex *x, size_t at, size_t end, bool *bullet)
{
	static const char *const bullets[] = { "\xe2\x80\xa2", "\xe2\x97\xa6", "\xe2\x97\x8f",
					       "\xe2\x96\xa0", "\xe2\x96\xaa", "\xe3\x83\xbb",
					       "\xe2\x80\x93", "\xe2\x80\x94", "\xe2\x80\xa3",
					       "\xe2\x96\xb6", "\xe2\x97\x86", "\xc2\xb7" };
	size_t i = at;

	*bullet = false;
	for (;;) {
		size_t was = i;

		/* Mostly. */
		if (i < end && ex_is(x->p[i], C_ALPHA))
			return i;
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
	l.body = (uint32_t)ex_body_of(x, at, l.end, &l.bullet);
	if (probe > l.end)
		probe = l.end;
	l.cells = l.body < probe && ex_next(x->mark[MARK_CELL], l.body, probe) < probe;
	return l;
}

/* ---- headings --------------------------------------------------------------------------------- */

struct heard {
	uint32_t kinds;
	bool mostly_ref, mostly_ioc;
	bool first; /* a family's name stands first */
	struct str family;
	size_t families;
	int role;
};

static struct heard listen(struct ex *x, size_t from, size_t to)
{
	struct heard h = { .family = STR_NONE, .role = -1 };
	const struct word_hit *w;
	size_t ref = 0, ioc = 0, letters = 0, told = 0;

	ex_scan(x, from, to);
	for (w = ex_hits_from(x, from); w && w < ex_hits_end(x) && w->at < to; w++) {
		h.kinds |= w->kind;
		if (w->kind & W_REFS)
			ref += w->end - w->at;
		if (w->kind & W_IOC && w->end > told) {
			ioc += w->end - (w->at > told ? w->at : told);
			told = w->end;
		}
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
	for (size_t i = from; i < to && (ref || ioc || !letters); i++)
		letters += ex_is(x->p[i], C_ALPHA | C_DIGIT | C_WIDE);
	h.mostly_ref = ref && ref * 10 >= letters * 5;
	h.mostly_ioc = ioc * 10 >= letters * 3 || (ioc && h.kinds & W_ALARM);
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

/* Squares and diamonds. */
static bool marks_heading(const char *p)
{
	static const char *const marks[] = { "\xe2\x96\xa0", "\xe2\x96\xa1", "\xe2\x97\x86",
					     "\xe2\x97\x87", "\xe2\x96\xbc", "\xe2\x98\x85" };

	for (size_t i = 0; i < sizeof marks / sizeof marks[0]; i++)
		if (memcmp(p, marks[i], 3) == 0)
			return true;
	return false;
}

/* The level of numbered headings, which have no marks. */
enum { NUMBERED = 7 };

/* A line without a candidate, or one that is a heading though it has one. */
static void take_line(struct ex *x, size_t at, size_t end)
{
	struct ex_line l = line_of(x, at, end, false);
	struct str s = { x->p + l.body, l.end - l.body };
	bool mark = false, loud, colon, numbered;
	unsigned level = 0;
	enum section kind;
	struct heard h;

	if (l.end <= l.body)
		return;
	x->lines++;
	x->told_end = 0;
	ex_table_line(x, &l, false);
	if (!x->titled) {
		x->titled = true;
		h = listen(x, l.body, l.end);
		if (h.families == 1)
			x->title_family = h.family;
		x->title_alarm = (h.kinds & W_ALARM) != 0;
	}
	/* A paragraph that ends with "... the hosts are:" is as its end. */
	if (s.n > 200 && ends_with_colon(s)) {
		l.body = l.end - 160;
		while (l.body < l.end &&
		       (((unsigned char)x->p[l.body] & 0xc0) == 0x80 || x->p[l.body - 1] != '.'))
			l.body++;
		if (l.body == l.end)
			l.body = l.end - 80;
		while (((unsigned char)x->p[l.body] & 0xc0) == 0x80)
			l.body++;
		s = (struct str){ x->p + l.body, l.end - l.body };
	}
	if (s.n > 200) {
		x->intro = false;
		return;
	}
	/* "■ IoC" is a heading, "● 1.2.3.4" an item. */
	if (l.bullet && s.n <= 80 && marks_heading(x->p + at))
		l.bullet = false;
	/* "5. Reporting" behind a blank line */
	numbered = l.bullet && ex_is(x->p[at], C_DIGIT) && s.n <= 60 && !ends_sentence(s) &&
		   (at < 2 || x->p[at - 2] == '\n');
	l.bullet = l.bullet && !numbered;
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
		if (h.kinds & (W_IOC | W_VALUE) &&
		    (x->section == SEC_NONE || (x->section == SEC_OTHER && ends_with_colon(s))))
			x->intro = true;
		return;
	}
	x->row_family = STR_NONE;
	x->row_role = -1;
	colon = ends_with_colon(s);
	loud = !l.bullet && s.n <= 120 && shouting(s);
	if (!mark && !loud && !colon && (l.bullet || s.n > 80 || ends_sentence(s))) {
		x->told = l.body;
		x->told_end = l.bullet ? 0 : l.end;
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
		x->heading = ex_source(x, l.body, l.end);
		x->heading_at = l.body;
		x->heading_benign = kind == SEC_OTHER && h.kinds & W_BENIGN;
		x->heading_names = h.kinds & W_NAMES && !(h.kinds & (W_FILE | W_HASHES));
		x->heading_family = h.families ? h.family : STR_NONE;
		x->heading_role = h.role;
		x->heading_alarm = (h.kinds & W_ALARM) || (x->heading_alarm && x->section == SEC_IOC);
		return;
	}
	if (colon) {
		if (l.bullet)
			return;
		x->intro = kind == SEC_IOC ||
			   (kind == SEC_NONE &&
			    (h.kinds & (W_VALUE | W_CUE) ||
			     (x->alarms && !(h.kinds & (W_REF | W_REFS | W_CONTACT | W_BENIGN |
							W_FILE | W_RECEIVER | W_VERSION)))));
		if (kind == SEC_REF || kind == SEC_OTHER)
			x->section = kind;
		if (x->intro || h.families) {
			x->heading = ex_source(x, l.body, l.end);
			x->heading_at = l.body;
			x->heading_benign = kind == SEC_OTHER && h.kinds & W_BENIGN;
			x->heading_names = h.kinds & W_NAMES && !(h.kinds & (W_FILE | W_HASHES));
			x->heading_family = h.families ? h.family : STR_NONE;
			x->heading_role = h.role;
			x->heading_alarm = (h.kinds & W_ALARM) ||
					   (x->heading_alarm && x->section == SEC_IOC);
		}
		return;
	}
	/* Short, and begins with the name of a family: what follows is about that. */
	if (kind == SEC_NONE && h.families && s.n <= 160 && h.first) {
		x->heading_family = h.family;
		x->heading_role = -1;
		return;
	}
	/* The next of numbered ones. */
	if (numbered && kind == SEC_NONE && x->level == NUMBERED) {
		x->section = SEC_NONE;
		x->intro = false;
		x->heading = ex_source(x, l.body, l.end);
		x->heading_at = l.body;
		x->heading_benign = x->heading_names = false;
		return;
	}
	/* Short and by itself: a heading if its words are those of one. */
	if (kind == SEC_NONE ||
	    (at >= 2 && x->p[at - 1] == '\n' && x->p[at - 2] != '\n' && s.n > 40 && kind != SEC_REF))
		return;
	if ((kind == SEC_OTHER && s.n > 40) || (kind == SEC_IOC && !h.mostly_ioc))
		return;
	x->section = kind;
	x->level = numbered ? NUMBERED : 6;
	x->intro = false;
	x->heading = ex_source(x, l.body, l.end);
	x->heading_at = l.body;
	x->heading_benign = kind == SEC_OTHER && h.kinds & W_BENIGN;
	x->heading_names = h.kinds & W_NAMES && !(h.kinds & (W_FILE | W_HASHES));
	x->heading_family = h.families ? h.family : STR_NONE;
	x->heading_role = h.role;
	x->heading_alarm = (h.kinds & W_ALARM) || (x->heading_alarm && x->section == SEC_IOC);
}

/* "All hosts below are malicious.", in the line before that of a value. */
static void announced(struct ex *x)
{
	struct heard h;

	if (!x->told_end || x->lined - x->told > 600)
		return;
	h = listen(x, x->told, x->told_end);
	if (h.kinds & W_BELOW && h.kinds & (W_CUE | W_ALARM) &&
	    h.kinds & (W_IOC | W_VALUE | W_NAMES) && !(h.kinds & (W_BENIGN | W_REF | W_REFS)))
		x->intro = true;
	x->told_end = 0;
}

/* Many are, and say nothing. */
static bool blank_line(const struct ex *x, size_t at, size_t end)
{
	return end == at || (end == at + 1 && x->p[at] == '\r');
}

/* Headings up to the line of a candidate, which becomes the present one. */
void ex_to_line(struct ex *x, size_t at)
{
	while (x->lined <= at && x->lined <= x->n && !x->err) {
		size_t begin = x->lined, end = ex_line_end_of(x, begin);

		x->lined = end + 1;
		if (blank_line(x, begin, end) && at > end)
			continue;
		if (at <= end) {
			struct str s;

			announced(x);
			x->line = line_of(x, begin, end, true);
			ex_table_line(x, &x->line, true);
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
				x->title_alarm = (h.kinds & W_ALARM) != 0;
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

void ex_pass_lines(struct ex *x, size_t at)
{
	while (x->lined < at && !x->err) {
		size_t begin = x->lined, end = ex_line_end_of(x, begin);

		x->lined = end + 1;
		if (blank_line(x, begin, end))
			continue;
		take_line(x, begin, end);
	}
}
