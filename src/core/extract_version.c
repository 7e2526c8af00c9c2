/* SPDX-License-Identifier: Apache-2.0 */
/* Four numbers with dots between them that are no address: versions, sections, builds. */
#include "core/extract_parts.h"

/* Is the word a label: does a colon follow? */
bool ex_labels(const struct ex *x, const struct word_hit *w)
{
	size_t i = w->end;

	while (i - w->end < 3 && ex_blank(x->p[i]))
		i++;
	return x->p[i] == ':' || x->p[i] == '=';
}

/* "Server 1.2.3.4": does the word right before it say that it is an address, or bad? */
static bool named_so(struct ex *x, const struct found *f)
{
	const struct word_hit *w;

	for (w = ex_hits_from(x, f->at > 40 ? f->at - 40 : 0);
	     w && w < ex_hits_end(x) && w->at < f->at; w++)
		if (w->kind & (W_VALUE | W_CUE | W_ROLE | W_SENDER) && w->end + 2 >= f->at)
			return true;
	return false;
}

/* "Some Manager 12.80.0.40": a product and its version, where nothing speaks of an address. */
static bool small_parts(const struct ip *ip)
{
	int small = 0;

	for (int k = 0; k < 32; k += 8)
		small += (ip->lo >> k & 255) <= 9;
	return small >= 3;
}

/* The first letter of the word that ends before the blank at i - 1. */
static char first_of(const struct ex *x, size_t i)
{
	for (i--; i > x->line.at && ex_is(x->p[i - 1], C_ALPHA | C_DIGIT); i--)
		;
	return x->p[i];
}

/* "1.2.3.4 and later" */
static bool and_later(const struct ex *x, const struct found *f)
{
	static const char *const words[] = {
		" and later",  " or later",     " and earlier",  " or earlier",   " and older",
		" or older",   " and newer",    " or newer",     " and above",    " and below",
		" oder neuer", " et antérieur", " y anteriores", " e precedenti", "以降",
		"以前",        "未満",          "及以上",        "及更早",        "及之前",
		" 이상",       " 이하",         " и ниже",       " и выше"
	};

	for (size_t k = 0; k < sizeof words / sizeof words[0]; k++)
		if (strncmp(x->p + f->end, words[k], strlen(words[k])) == 0)
			return true;
	return false;
}

static void product(struct ex *x, struct found *f)
{
	size_t i = f->at;
	struct ip ip;

	if (f->flags & (F_ALONE | F_SENDER) || f->port || i < 3 || named_so(x, f) ||
	    (f->flags & F_SEC_IOC && !(f->flags & F_MINOR)) || x->p[i - 1] != ' ' ||
	    !(ex_alnum(x->p[i - 2]) || x->p[i - 2] == '.') || !ip_parse(f->value, &ip))
		return;
	/* Three small numbers of four. */
	if (small_parts(&ip) && ex_upper(first_of(x, i)))
		f->flags |= F_VERSION;
	/* "invoice n. 12.4.22.1" */
	if (x->p[i - 2] == '.' && i > 4 && (x->p[i - 3] | 32) != 's' && !ex_is(x->p[i - 4], C_DIGIT) &&
	    ((x->p[i - 3] | 32) == 'n' || (x->p[i - 3] | 32) == 'r' || (x->p[i - 3] | 32) == 'o') &&
	    (x->p[i - 4] == ' ' || (x->p[i - 4] | 32) == 'n'))
		f->flags |= F_VERSION;
	for (i--; i > x->line.at && ex_is(x->p[i - 1], C_ALPHA | C_DIGIT); i--)
		;
	if (!ex_upper(x->p[i]) || !ex_is(x->p[i + 1], C_ALPHA) || ex_upper(x->p[i + 1]))
		return;
	if ((ip.lo >> 16 & 255) == 0 || (ip.lo >> 8 & 255) == 0 ||
	    ((ip.lo >> 24 & 255) < 24 && (ip.lo >> 16 & 255) < 24))
		f->flags |= F_VERSION;
}

size_t ex_words_in(const struct ex *x, size_t from, size_t to)
{
	size_t n = 0;

	for (size_t i = from; i < to; i++)
		n += ex_is(x->p[i], C_ALPHA | C_WIDE) && !ex_is(x->p[i - 1], C_ALPHA | C_WIDE) &&
		     ((unsigned char)x->p[i] & 0xc0) != 0x80 && (unsigned char)x->p[i - 1] < 0x80;
	return n;
}

/* "update the engine to 9.2.230.21" */
static bool reaches(const struct ex *x, size_t at)
{
	return at > 5 &&
	       (memcmp(x->p + at - 4, " to ", 4) == 0 || memcmp(x->p + at - 6, " from ", 6) == 0);
}

size_t ex_version_reach(const struct ex *x, const struct found *f, const struct word_hit *w)
{
	switch (w->number) {
	case ONLY_UPDATE: /* "update" */
		return reaches(x, f->at) ? 48 : 16;
	case ONLY_CLOSE: /* "Windows" */
		return 3;
	case ONLY_LABEL: /* "Subject:" */
		return ex_labels(x, w) && w->at >= x->line.at ? 120 : 0;
	case ONLY_BARE: /* "Control 4.1.2.3"; "mando y control: 1.2.3.4" */
		return ex_labels(x, w) || x->after_cue >= w->at ? 0 : 3;
	case ONLY_COLUMN: /* "Affected" */
		return 0;
	case ONLY_SINGULAR: /* "ver", but not "vers", which is French */
		return w->end - w->at == 3 ? 16 : 0;
	default:
		return 16;
	}
}

/* "and", "to", in words that join two versions; or nothing but punctuation. */
static bool joins_versions(const struct ex *x, size_t from, size_t to)
{
	static const char *const words[] = { "and", "or", "to",  "through", "und",  "oder", "bis",
					     "et",  "ou", "y",   "o",       "e",    "a",    "i",
					     "lub", "do", "ve",  "dan",     "atau", "en",   "of",
					     "och", "и",  "или", "до",      "та",   "і",    "або",
					     "và",  "à",  "と",  "や",      "から", "和",   "或",
					     "至",  "及", "到",  "및",      "～" };
	size_t k = from, end;

	while (k < to && !ex_is(x->p[k], C_ALPHA | C_WIDE))
		k++;
	for (end = k; end < to && ex_is(x->p[end], C_ALPHA | C_WIDE); end++)
		;
	if (k == end)
		return true;
	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
		if (str_is((struct str){ x->p + k, end - k }, words[i]))
			return ex_words_in(x, end, to) == 0;
	return false;
}

/* "versions 7.0.9.1, 7.0.9.2 and 7.0.9.3": what goes on like the number before it. */
static void go_on(struct ex *x, struct found *f)
{
	const struct word_hit *w;

	if (!(f->flags & F_VERSION)) {
		if (!x->version_end || f->port || f->flags & (F_ALONE | F_SENDER) ||
		    x->version_end < x->sentence_from || f->at < x->version_end ||
		    f->at - x->version_end > 24 || !joins_versions(x, x->version_end, f->at))
			return;
		for (w = ex_hits_from(x, x->version_end); w && w < ex_hits_end(x) && w->at < f->at; w++)
			if (w->kind & (W_VALUE | W_CUE | W_ROLE | W_SENDER | W_IOC))
				return;
		f->flags |= F_VERSION;
	}
	x->version_end = f->end;
}

void ex_version(struct ex *x, struct found *f)
{
	if (!(f->flags & F_VERSION) && and_later(x, f))
		f->flags |= F_VERSION;
	if (!(f->flags & F_VERSION))
		product(x, f);
	go_on(x, f);
}
