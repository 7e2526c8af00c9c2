/* SPDX-License-Identifier: Apache-2.0 */
/* What stands around a candidate: its line, sentence and section, and what their words say. */
#include "core/extract_parts.h"

/* ---- sentences -------------------------------------------------------------------------------- */

enum { BACK = 320, AHEAD = 240 };
/* A paragraph or so: how far a word about attacks sets the tone. */
enum { ALARM_NEAR = 800, HEADING_NEAR = 3000 };

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
	/* "3. Mai" */
	if (i > 2 && ex_is(x->p[i - 1], C_DIGIT) &&
	    (x->p[i - 2] == ' ' || (ex_is(x->p[i - 2], C_DIGIT) && x->p[i - 3] == ' ')) &&
	    ex_is(x->p[i + 2], C_ALPHA))
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
	/* "name -> address" is a row. */
	for (size_t i = k; i < k + 100 && x->p[i] && x->p[i] != '\n'; i++)
		if (x->p[i] == '-' && x->p[i + 1] == '>')
			return false;
	(void)ex_body_of(x, nl + 1, ex_line_end_of(x, nl + 1), &bullet);
	return !bullet && !memchr(x->p + line_begin, '|', nl - line_begin) && x->p[k] != '|';
}

/* Dates of a sentence, once for all its values. */
static void dates(struct ex *x, size_t from, size_t to)
{
	if (x->dates_from == from && x->dates_to == to)
		return;
	x->dates_from = from;
	x->dates_to = to;
	x->n_dates = 0;
	for (size_t i = from; i < to && x->n_dates < sizeof x->dates / sizeof x->dates[0];) {
		int64_t t;
		size_t end = ex_may_date(x->p[i]) ? ex_date(x->p, i, to, &t) : 0;

		if (end > i) {
			x->dates[x->n_dates].at = (uint32_t)i;
			x->dates[x->n_dates++].t = t;
			i = end;
			continue;
		}
		/* To the next word. */
		i = ex_run_end(x->mark[MARK_NAME], i, to);
		i = ex_next(x->mark[MARK_NAME], i, to);
	}
}

int64_t ex_date_of(struct ex *x, const struct found *f)
{
	int64_t date = TIME_NONE;

	dates(x, f->sentence_from, f->sentence_to);
	for (size_t i = 0, nearest = SIZE_MAX; i < x->n_dates; i++) {
		size_t d = x->dates[i].at < f->at ? f->at - x->dates[i].at : x->dates[i].at - f->at;

		if (d < nearest) {
			nearest = d;
			date = x->dates[i].t;
		}
	}
	return date;
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

	/* '.evil.com' of a rule holds all below it. */
	while (i > body && (opens(x->p[i - 1]) || x->p[i - 1] == '.'))
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
	/* "name.com 1.2.3.4" */
	if (x->p[k] == ' ' && i == body && ex_is(x->p[k + 1], C_DIGIT))
		return true;
	if (x->p[k] == ' ')
		return k + 1 >= end || strchr(" |-(:,;/=<>*", x->p[k + 1]) || x->p[k + 1] == '\t' ||
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
		stop = ex_line_end_of(x, stop + 1);
	for (int k = 0; k < 3 && begin > 1 && x->p[begin - 2] != '\n' && x->line.at - begin < 500; k++) {
		size_t least = begin - 1 < 500 ? 0 : begin - 1 - 500;

		begin = ex_last(x->mark[MARK_LINE], least, begin - 1);
	}
	if (stop - x->line.end > 1000)
		return STR_NONE;
	ex_scan(x, begin, stop);
	for (w = ex_hits_from(x, begin); w && w < ex_hits_end(x) && w->at < stop; w++)
		if (w->kind & W_FAMILY) {
			struct str name = lexicon_family(x->lex, w->number);

			if (only.n && !str_eq(only, name))
				return STR_NONE;
			only = name;
		}
	x->block_family = only;
	return only;
}

/* How far the nearest words are that name a family and a role. */
struct nearest {
	size_t family, role;
};

/* The word is d bytes before f, or behind it, which counts as twice as far. */
static void tells(const struct ex *x, struct found *f, const struct word_hit *w, size_t d,
		  struct nearest *n)
{
	if (w->kind & W_FAMILY && d < n->family) {
		n->family = d;
		f->family = lexicon_family(x->lex, w->number);
	}
	/* Victims are spoken of beside their controllers. */
	if (w->kind & W_ROLE && w->number == ROLE_INFECTED_HOST)
		d += 100;
	if (w->kind & W_ROLE && d < n->role && d < 160 &&
	    (f->type <= EX_URL || w->number != ROLE_CONTROLLER)) {
		n->role = d;
		f->has_role = true;
		f->role = (uint8_t)w->number;
	}
}

/* Family and role, where the sentence does not name them. */
static void facts(struct ex *x, struct found *f)
{
	bool host = f->type <= EX_URL;

	if (f->family.n == 0 && x->row_family.n)
		f->family = x->row_family;
	if (!f->has_role && x->row_role >= 0 && (host || x->row_role != ROLE_CONTROLLER)) {
		f->has_role = true;
		f->role = (uint8_t)x->row_role;
	}
	if (f->family.n == 0 && x->line.bullet)
		f->family = block_family(x);
	if (f->family.n == 0)
		f->family = x->heading_family.n ? x->heading_family : x->title_family;
	if (!f->has_role && x->heading_role >= 0 && (host || x->heading_role != ROLE_CONTROLLER)) {
		f->has_role = true;
		f->role = (uint8_t)x->heading_role;
	}
}

/* "Trace-Id: ...", "session_id=...", "sessionId" */
static bool identifier(const struct ex *x, const struct found *f)
{
	size_t i = f->at, end;

	while (i > x->line.at && (ex_blank(x->p[i - 1]) || x->p[i - 1] == '"' || x->p[i - 1] == '\''))
		i--;
	if (i < 4 || (x->p[i - 1] != ':' && x->p[i - 1] != '='))
		return false;
	for (i--; i > x->line.at && (x->p[i - 1] == '"' || x->p[i - 1] == '\''); i--)
		;
	end = i;
	if (end < 3 || (x->p[end - 2] | 32) != 'i' || (x->p[end - 1] | 32) != 'd')
		return false;
	return !ex_alnum(x->p[end - 3]) || (x->p[end - 2] == 'I' && x->p[end - 3] >= 'a');
}

static bool dotted(const struct ex *x, size_t from, size_t to)
{
	for (size_t i = from; i + 1 < to; i++)
		if (x->p[i] == '.' && ex_alnum(x->p[i - 1]) && ex_alnum(x->p[i + 1]))
			return true;
	return false;
}

/* "..., the real site is other.com": the word is about what follows it, before a semicolon. */
static bool speaks_of_next(const struct ex *x, const struct word_hit *w)
{
	size_t to = w->end + 60 < x->sentence_to ? w->end + 60 : x->sentence_to;
	const char *stop = to > w->end ? memchr(x->p + w->end, ';', to - w->end) : NULL;

	return dotted(x, w->end, stop ? (size_t)(stop - x->p) : to);
}

/*
 * Is a word of innocence about f? "Impersonates" speaks of what follows in most languages (2), of
 * what stands before in Japanese and Korean (3): the other side is who does it.
 */
static bool of_this(const struct ex *x, const struct found *f, const struct word_hit *w, bool before)
{
	size_t from = before ? w->end : f->end, to = before ? f->at : w->at;

	if (w->number == ONLY_NEXT &&
	    !(before && to - from < 48 && !memchr(x->p + from, ',', to - from)))
		return false;
	if (w->number == ONLY_PREVIOUS && (before || to - from > 48))
		return false;
	/* "unblocked a; blocked b" */
	if (to > from && memchr(x->p + from, ';', to - from) && !ex_labels(x, w))
		return false;
	return before || !speaks_of_next(x, w);
}

static void rarer(const struct ex *x, struct found *f, const struct word_hit *w, size_t d,
		  bool before, bool labelled)
{
	bool label = before && w->at >= x->line.body && ex_labels(x, w);

	if (w->kind & W_BENIGN && d < 90 && of_this(x, f, w, before) &&
	    (w->number != ONLY_LABEL || ex_labels(x, w)))
		f->flags |= F_BENIGN;
	if (w->kind & W_SENDER && label)
		f->flags |= F_SENDER;
	/* "the sender shown was ..."; "from" and its kin say less. */
	if (w->kind & W_SENDER && before && f->type == EX_EMAIL && d < 40 && w->end - w->at > 5)
		f->flags |= F_CUE | F_STRONG;
	if (w->kind & W_RECEIVER && label && w->at == x->line.body)
		f->flags |= F_RECEIVER;
	/* "contact" is what malware does, too; "Contact:" is not. */
	if (w->kind & W_CONTACT && d < (before ? 56u : 28u) &&
	    (before || !memchr(x->p + f->end, ';', d)) &&
	    (w->number != ONLY_LABEL || ex_labels(x, w) || x->p[w->end] == '?'))
		f->flags |= F_CONTACT;
	if (w->kind & W_RANSOM) {
		f->flags |= F_RANSOM;
		f->note_mail |= w->number == ONLY_NOTE;
	}
	if (w->kind & W_GUID && labelled && d < 16)
		f->flags |= F_GUID_WORD;
	if (w->kind & W_COMMIT && before && d < (w->number == ONLY_CLOSE ? 2 : 40))
		f->flags |= F_COMMIT_WORD;
	if (w->kind & (W_VERSION | W_SECTION) && before && d < ex_version_reach(x, f, w) &&
	    !(f->flags & F_HARD) && f->type == EX_IPV4)
		f->flags |= F_VERSION;
	if (w->kind & W_HASHES && labelled && d < 40 && f->type == EX_MD5) {
		if (w->number == EX_JA3)
			f->type = EX_JA3;
		else if (w->number == EX_IMPHASH)
			f->type = EX_IMPHASH;
	}
}

/* Is it only for `\.` and " dot " that it counts as defanged? */
static bool escaped(const struct ex *x, const struct found *f)
{
	size_t weak = 0;

	if (f->type == EX_URL && !(x->p[f->at] == 'h' && x->p[f->at + 1] == 't') &&
	    !(f->flags & F_NO_SCHEME))
		return false;
	for (size_t i = f->at; i < f->end; i++) {
		const char *s;

		if (!fold_bit(x->fold.hard, i))
			continue;
		s = x->fold.src.p + fold_src(&x->fold, i);
		if (s[0] == '[' || !((s[0] == '\\' && s[1] == '.') || s[0] == 'd' || s[0] == 'D'))
			return false;
		weak++;
	}
	return weak > 0;
}

/* "0.0.0.0 name" of a hosts file, "/name/0.0.0.0" of a resolver: it leads nowhere on purpose. */
static bool sinkholed(const struct ex *x, const struct found *f)
{
	static const char *const nowhere[] = { "0.0.0.0", "127.0.0.1" };

	for (int k = 0; k < 2; k++) {
		size_t n = strlen(nowhere[k]);

		if (f->at == x->line.body + n + 1 && ex_blank(x->p[f->at - 1]) &&
		    memcmp(x->p + x->line.body, nowhere[k], n) == 0)
			return true;
		if (x->p[f->end] == '/' && strncmp(x->p + f->end + 1, nowhere[k], n) == 0)
			return true;
	}
	return false;
}

/* Is the word the key of what follows, quoted or not? */
static bool labels_value(const struct ex *x, const struct word_hit *w)
{
	return ex_labels(x, w) ||
	       ((x->p[w->end] == '"' || x->p[w->end] == '\'') && x->p[w->end + 1] == ':');
}

/* $a = "evil.com": a string of a YARA rule. */
static bool yara_string(const struct ex *x, const struct found *f)
{
	size_t i = f->at;

	if (i < 6 || x->p[i - 1] != '"')
		return false;
	for (i--; i > x->line.at && x->p[i - 1] == ' '; i--)
		;
	if (i == x->line.at || x->p[i - 1] != '=')
		return false;
	for (i--; i > x->line.at && x->p[i - 1] == ' '; i--)
		;
	while (i > x->line.at && (ex_alnum(x->p[i - 1]) || x->p[i - 1] == '_'))
		i--;
	return i > x->line.at && x->p[i - 1] == '$';
}

/* Behind "name@" or "@sha256:", as programs name commits and images. */
static bool at_sign(const struct ex *x, size_t at)
{
	return at > 8 && (x->p[at - 1] == '@' || memcmp(x->p + at - 8, "@sha256:", 8) == 0);
}

/* "Received: from a (b) by c for <d>": who took a mail, and for whom, did not send it. */
static void header(const struct ex *x, struct found *f)
{
	size_t i = f->at;

	if (i && x->p[i - 1] == '<')
		i--;
	if (i > 4 && (memcmp(x->p + i - 4, " by ", 4) == 0 ||
		      memcmp(x->p + i - 4, "\tby ", 4) == 0 || memcmp(x->p + i - 4, "for ", 4) == 0))
		f->flags = (f->flags & ~(uint32_t)(F_SENDER | F_CUE | F_STRONG)) | F_RECEIVER;
	else if (f->type == EX_EMAIL &&
		 str_istarts((struct str){ x->p + x->line.body, 9 }, STR("reply-to:")))
		f->traits |= T_REPLY;
}

/* Does a word with a capital, which does not begin its sentence, end at i? */
static bool after_name(const struct ex *x, size_t i)
{
	size_t k = i;

	while (k > x->sentence_from && ex_is(x->p[k - 1], C_ALPHA | C_DIGIT | C_WIDE))
		k--;
	return k < i && k > x->sentence_from && ex_upper(x->p[k]);
}

/* "a.com, b.com and c.com": what is said of the one before is said of this one, too. */
static void goes_with(struct ex *x, struct found *f)
{
	const uint32_t shared = F_CUE | F_STRONG | F_SENDER | F_VALUE_WORD;

	if (f->type > EX_EMAIL)
		return;
	if (x->last_end && x->last_end >= x->sentence_from && x->last_end < f->at &&
	    f->at - x->last_end <= 16 && ex_words_in(x, x->last_end, f->at) <= 1 &&
	    !(f->flags & (F_BENIGN | F_REF | F_CONTACT | F_RECEIVER | F_VERSION)))
		f->flags |= x->last_flags & shared;
	x->last_end = f->end;
	x->last_flags = f->flags & (F_BENIGN | F_REF | F_CONTACT | F_RECEIVER) ? 0 : f->flags;
}

void ex_surroundings(struct ex *x, struct found *f)
{
	size_t from, to, src, cell;
	/* Of other words nothing follows but by the name of a family, a role or a year. */
	enum {
		JUDGED = W_CUE | W_FILE | W_REF | W_REFS | W_IOC | W_VALUE | W_BENIGN | W_SENDER |
			 W_RECEIVER | W_CONTACT | W_RANSOM | W_GUID | W_COMMIT | W_VERSION |
			 W_SECTION | W_HASHES
	};
	const struct word_hit *w, *end;
	struct nearest nearest = { SIZE_MAX, SIZE_MAX };
	size_t said = SIZE_MAX; /* how far the nearest strong cue of the same clause is */
	size_t cue = 0, verb = 0, ref = 0, benign = 0, file = 0; /* ends of the last ones before f */
	bool labelled, link = false;

	if (f->at >= x->lined)
		ex_to_line(x, f->at);
	f->line_at = x->line.at;
	f->line_end = x->line.end;
	f->heading = x->heading;
	x->lines_between = x->lines;
	f->src = src = fold_src(&x->fold, f->at);
	if (x->counted < src) {
		x->newlines += (uint32_t)x->ways->lines(x->fold.src.p + x->counted, src - x->counted,
							x->fold.src.n - x->counted);
		x->counted = src;
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
	f->sentence_from = (uint32_t)x->sentence_from;
	f->sentence_to = (uint32_t)x->sentence_to;
	from = x->sentence_from;
	to = x->sentence_to;
	ex_scan(x, from, to);
	/* What labels a value stands right before it, or at the head of its line. */
	cell = f->at - from < 48 ? from : f->at - 48;
	cell = ex_last(x->mark[MARK_SEPARATOR], cell, f->at);
	for (w = ex_hits_from(x, from), end = ex_hits_end(x); w < end && w->at < to; w++) {
		const uint32_t kind = w->kind;
		bool before = w->end <= f->at;
		size_t d = before ? f->at - w->end : w->at - f->end;

		f->dated |= kind == W_YEAR;
		if (!before && w->at < f->end)
			continue;
		if (kind & (W_FAMILY | W_ROLE))
			tells(x, f, w, before ? d : 2 * d + 8, &nearest);
		if (!(kind & JUDGED))
			continue;
		labelled = before && w->at >= cell;
		if (kind & W_CUE) {
			bool strong = !(kind & W_WEAK);

			/* "value": "evil.com", QueryName|endswith: evil.com */
			if (w->number == ONLY_KEY && !(before && d < 6 && labels_value(x, w)))
				continue;
			if (d < (before ? 140 : 100))
				f->flags |= strong ? F_CUE | F_STRONG : F_CUE;
			if (strong && d < said && !memchr(x->p + (before ? w->end : f->end), ';', d))
				said = d;
			if (before && strong && w->end > cue) {
				cue = w->end;
				x->after_cue = cue + 3;
			}
			if (before && w->end > verb)
				verb = w->end;
			f->pointed |= before && d < 32 && !memchr(x->p + w->end, ';', d);
		}
		if (before && kind & W_FILE && w->end > file)
			file = w->end;
		if (before && kind & W_REF && w->end > ref)
			ref = w->end;
		if (before && kind & W_BENIGN && w->end > benign)
			benign = w->end;
		if (kind & W_REF && (before ? d < 60 : d < 30 && !memchr(x->p + f->end, ';', d))) {
			/* "Link:" alone says nothing of whose it is. */
			if (w->number == ONLY_LABEL) {
				if (ex_labels(x, w) || !x->alarms ||
				    x->alarm_at + ALARM_NEAR <= f->at || x->line.cells)
					link = true;
				else if (before && d < 40) /* "sent the link x" */
					f->flags |= F_CUE;
			} else {
				f->flags |= F_REF;
			}
		}
		/* "Sources: ...", "Contact: ..." within a list of indicators. */
		if (before && w->at == x->line.body && ex_labels(x, w)) {
			if (kind & (W_REFS | W_CONTACT) && !(kind & (W_IOC | W_CUE)))
				f->flags = (f->flags & ~(uint32_t)F_SEC_IOC) | F_SEC_REF;
			if (kind & W_IOC && kind & W_ALARM)
				f->flags |= F_SEC_IOC | F_ROW;
		}
		/* "IOC: ..." */
		if (before && d < 4 && kind & W_IOC && kind & W_ALARM && ex_labels(x, w))
			f->flags |= F_SEC_IOC | F_ROW;
		if (kind & W_VALUE && before && d < 40)
			f->flags |= F_VALUE_WORD;
		/* host = "evil.com", Domain: evil.com */
		if (kind & W_VALUE && before && d < 8 && ex_labels(x, w)) {
			f->pointed = f->assigned = true;
			f->traits |= kind & W_NAMES ? T_NAMES : 0;
		}
		if (kind & W_FILE && labelled && d < 24)
			f->flags |= F_FILE_WORD;
		if (kind & (W_BENIGN | W_SENDER | W_RECEIVER | W_CONTACT | W_RANSOM | W_GUID |
			    W_COMMIT | W_VERSION | W_SECTION | W_HASHES))
			rarer(x, f, w, d, before, labelled);
	}
	f->alarm = (x->heading_alarm &&
		    (x->section == SEC_IOC || f->at < x->heading_at + HEADING_NEAR)) ||
		   (x->alarms && f->at < x->alarm_at + ALARM_NEAR);
	if (link && !(f->flags & F_STRONG))
		f->flags |= F_REF;
	if (f->flags & F_SENDER)
		header(x, f);
	/* "According to site.com the implant calls evil.com": the nearer word is about it, where
	 * another name stands between them. */
	if (ref && ref < cue && dotted(x, ref, cue))
		f->flags &= ~(uint32_t)F_REF;
	/* "the script was loaded from name.com" */
	if (file && file < verb)
		f->flags &= ~(uint32_t)F_FILE_WORD;
	if (benign && benign < cue && (dotted(x, benign, cue) || f->at - cue < 8))
		f->flags &= ~(uint32_t)F_BENIGN;
	/* Nothing bad is said in the same breath. */
	if (f->flags & F_BENIGN && said == SIZE_MAX)
		f->flags &= ~(uint32_t)F_STRONG;
	if (x->heading_benign && f->at >= x->heading_at)
		f->flags |= F_BENIGN;
	if (x->heading_names && f->flags & F_SEC_IOC)
		f->traits |= T_NAMES;
	if (x->columns)
		ex_column(x, f);
	if ((f->type == EX_DOMAIN || f->type == EX_URL) &&
	    !(f->flags & (F_HARD | F_ALONE | F_SERVICE)) && ex_quoted(x, f))
		f->traits |= T_QUOTED;
	if (f->at && strchr("\"'`", x->p[f->at - 1]) && x->p[f->at - 1] == x->p[f->end])
		f->traits |= T_STRING;
	if ((f->type == EX_DOMAIN || f->type == EX_URL) && f->at > 4 && x->p[f->at - 1] == '(' &&
	    x->p[f->end] == ')' && x->p[f->at - 2] == ' ' && after_name(x, f->at - 2))
		f->traits |= T_GLOSS;
	/* "uses: actions/checkout@8e5e7e..." */
	if ((f->type == EX_SHA1 || f->type == EX_SHA256) && at_sign(x, f->at))
		f->flags |= F_COMMIT_WORD;
	if (f->type <= EX_URL && yara_string(x, f))
		f->flags |= F_CUE | F_STRONG;
	if (f->type == EX_DOMAIN && sinkholed(x, f))
		f->flags |= F_CUE | F_STRONG | F_VALUE_WORD;
	if (f->status == EX_AS_WRITTEN && f->end > f->at) {
		size_t last = fold_src(&x->fold, f->end - 1);

		if (memchr(x->fold.src.p + src, '\n', last > src ? last - src : 0)) {
			f->status = EX_MENDED;
			f->note = "put together from two lines";
		}
	}
	if (f->flags & F_HARD && f->type <= EX_URL && escaped(x, f)) {
		f->escaped = true;
		f->flags &= ~(uint32_t)F_HARD;
	}
	f->angle = f->at && x->p[f->at - 1] == '<';
	if (f->type == EX_EMAIL)
		for (w = ex_hits_from(x, f->at > 600 ? f->at - 600 : 0);
		     w && w < ex_hits_end(x) && w->at < f->at; w++)
			if (w->kind & W_RANSOM) {
				f->flags |= F_RANSOM;
				f->note_mail |= w->number == ONLY_NOTE;
			}
	if (f->type >= EX_MD5 && f->type <= EX_SHA512 && identifier(x, f))
		f->flags |= F_GUID_WORD;
	if (f->type == EX_IPV4 && !(f->flags & F_HARD))
		ex_version(x, f);
	goes_with(x, f);
	facts(x, f);
	x->alarms_between = x->alarms;
}

void ex_pass_by(struct ex *x, const struct found *f)
{
	const struct word_hit *w, *end;
	size_t cue = 0;
	bool family = false;

	if (f->at >= x->lined)
		ex_to_line(x, f->at);
	x->lines_between = x->lines;
	sentence(x, f);
	ex_scan(x, x->sentence_from, x->sentence_to);
	for (w = ex_hits_from(x, x->sentence_from), end = ex_hits_end(x);
	     w < end && w->at < x->sentence_to; w++) {
		bool before = w->end <= f->at;

		if (!before && w->at < f->end)
			continue;
		family |= (w->kind & W_FAMILY) != 0;
		if (before && w->kind & W_CUE && !(w->kind & W_WEAK) && w->end > cue &&
		    !(w->number == ONLY_KEY && !(f->at - w->end < 6 && labels_value(x, w)))) {
			cue = w->end;
			x->after_cue = cue + 3;
		}
	}
	if (!family && x->row_family.n == 0 && x->line.bullet)
		(void)block_family(x);
	x->hard_all += (f->flags & F_HARD) != 0;
	x->alarms_between = x->alarms;
}
