/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Words found in text by their first three bytes: a bitmap of 64 Ki bits says whether any word may
 * begin so, a bucket holds those that do, longest first. Most places of a text fall through at the
 * bitmap. Words of two bytes, and those with a blank among the first three, are under their first
 * two.
 */
#include "core/extract_parts.h"

#include <stdlib.h>

struct entry {
	struct str text; /* lower case; a blank stands for blanks and hyphens, or nothing */
	uint32_t kind, number;
	uint32_t first; /* two, three or four bytes */
	bool stem;      /* goes on as it likes: "exfiltrat*" */
	bool capital;   /* begins with a capital, or is another word */
};

/* What is looked at of an entry before the entry: its first bytes, up to eight or a blank. */
struct head {
	uint64_t bytes, mask;
	uint32_t first, n; /* n: how many */
};

enum { BUCKETS = 4096, SET_SLOTS = 512 };

struct lexicon {
	struct arena arena;
	struct str *family;
	size_t n_families;
	struct entry *entry; /* sorted by bucket, longest first */
	struct head *head;   /* of each */
	size_t n;
	uint32_t bucket[BUCKETS + 1];
	uint64_t begins[65536 / 64];
	const char *set[EX_SETS][SET_SLOTS];
};

static uint32_t mixed(uint32_t first)
{
	return first * UINT32_C(2654435761) >> 16;
}

static uint32_t bucket_of(uint32_t first)
{
	return mixed(first) & (BUCKETS - 1);
}

static int by_bucket(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;
	uint32_t bx = bucket_of(x->first), by = bucket_of(y->first);

	if (bx != by)
		return bx < by ? -1 : 1;
	if (x->text.n != y->text.n)
		return x->text.n > y->text.n ? -1 : 1;
	if (x->kind != y->kind)
		return x->kind < y->kind ? -1 : 1;
	return str_cmp(x->text, y->text);
}

/* ---- sets of words ---------------------------------------------------------------------------- */

static void set_add(struct lexicon *l, enum ex_set set, const char *word)
{
	size_t i = ex_hash(str_of(word)) % SET_SLOTS;

	while (l->set[set][i])
		i = (i + 1) % SET_SLOTS;
	l->set[set][i] = word;
}

bool lexicon_has(const struct lexicon *l, enum ex_set set, struct str word)
{
	char low[64];
	size_t i;

	if (word.n == 0 || word.n > sizeof low)
		return false;
	for (i = 0; i < word.n; i++)
		low[i] = ex_lower(word.p[i]);
	word.p = low;
	for (i = ex_hash(word) % SET_SLOTS; l->set[set][i]; i = (i + 1) % SET_SLOTS)
		if (str_is(word, l->set[set][i]))
			return true;
	return false;
}

/* ---- words ------------------------------------------------------------------------------------ */

/* The capital of a letter of two bytes (Latin with marks, Cyrillic), in place: the same length. */
static bool capital(char *text)
{
	unsigned char *p = (unsigned char *)text;
	uint32_t c, was;

	if (p[0] < 0xc3 || p[0] > 0xd2 || (p[1] & 0xc0) != 0x80)
		return false;
	c = was = (uint32_t)(p[0] & 31) << 6 | (p[1] & 63);
	if ((c >= 0xe0 && c <= 0xfe && c != 0xf7) || (c >= 0x430 && c <= 0x44f))
		c -= 32;
	else if (c >= 0x450 && c <= 0x45f)
		c -= 80;
	else if ((c >= 0x139 && c <= 0x148) || (c >= 0x179 && c <= 0x17e))
		c -= c % 2 == 0;
	else if ((c >= 0x100 && c <= 0x177 && c != 0x131) || (c >= 0x460 && c <= 0x4af) ||
		 (c >= 0x1a0 && c <= 0x1b0))
		c -= c % 2;
	p[0] = (unsigned char)(0xc0 | c >> 6);
	p[1] = (unsigned char)(0x80 | (c & 63));
	return c != was;
}

/* What capitals make of a word, beyond ASCII: of its first letter, or of all. 0 if it is the same. */
static size_t capitals(struct str text, bool all, char *to, size_t most)
{
	bool changed = false;

	if (text.n > most)
		return 0;
	memcpy(to, text.p, text.n);
	for (size_t i = 0; i + 1 < text.n && (all || i == 0); i++)
		changed |= capital(to + i);
	return changed ? text.n : 0;
}

static enum err add(struct lexicon *l, struct str text, uint32_t kind, uint32_t number)
{
	struct entry *e = &l->entry[l->n];
	struct str copy = arena_str(&l->arena, text);
	char *p = (char *)(uintptr_t)copy.p;

	if (!p)
		return ERR_NOMEM;
	*e = (struct entry){ copy, kind, number, 0, false, false };
	e->capital = kind == W_FAMILY && lexicon_has(l, SET_ENGLISH, text);
	/* Short names of families are parts of other things' names, too. */
	if (kind == W_FAMILY && !e->capital && text.n > 4)
		e->kind |= W_ALARM;
	if (e->text.n && p[e->text.n - 1] == '*') {
		e->text.n--;
		e->stem = true;
	}
	if (e->text.n < 2)
		return ERR_OK;
	for (size_t i = 0; i < e->text.n; i++) {
		p[i] = ex_lower(p[i]);
		if (p[i] == '-' || p[i] == '_')
			p[i] = ' ';
	}
	e->first = (uint32_t)((unsigned char)p[0] | (unsigned char)p[1] << 8);
	if (e->text.n > 2 && p[1] != ' ' && p[2] != ' ') {
		e->first |= (uint32_t)(unsigned char)p[2] << 16;
		if (e->text.n > 3 && p[3] != ' ')
			e->first |= (uint32_t)(unsigned char)p[3] << 24;
	}
	l->begins[mixed(e->first) / 64] |= UINT64_C(1) << (mixed(e->first) % 64);
	l->n++;
	return ERR_OK;
}

/* A word as it is, as it begins a sentence, and as it stands in capitals. */
static enum err add_cases(struct lexicon *l, const struct ex_word *w)
{
	char all[EX_WORD_MAX + 1], first[EX_WORD_MAX + 1];
	size_t n = capitals(w->text, true, all, sizeof all),
	       m = capitals(w->text, false, first, sizeof first);
	enum err e = add(l, w->text, w->kind, w->number);

	if (!e && n)
		e = add(l, (struct str){ all, n }, w->kind, w->number);
	if (!e && m && memcmp(all, first, m) != 0)
		e = add(l, (struct str){ first, m }, w->kind, w->number);
	return e;
}

/* ---- making one ------------------------------------------------------------------------------- */

static size_t lines(struct str text)
{
	struct str line;
	size_t n = 0;

	while (str_line(&text, &line))
		n++;
	return n;
}

static enum err add_words(struct lexicon *l, struct str words)
{
	bool header = true;
	struct str line;
	enum err e = ERR_OK;

	while (!e && str_line(&words, &line)) {
		struct ex_word w;

		if (line.n == 0 || line.p[0] == '#')
			continue;
		if (!header)
			e = ex_word_read(line, &w) ? add_cases(l, &w) : ERR_PARSE;
		header = false;
	}
	return e;
}

enum err lexicon_new(struct str words, const struct family_name *v, size_t n, struct lexicon **out)
{
	struct lexicon *l = calloc(1, sizeof *l);
	size_t most = 3 * lines(words) + n; /* a word in three cases */
	enum err e = ERR_OK;

	if (!l)
		return ERR_NOMEM;
	arena_init(&l->arena, 64 << 20);
	for (size_t i = 0; ex_set_words[i].word; i++)
		set_add(l, ex_set_words[i].set, ex_set_words[i].word);
	l->family = arena_array(&l->arena, n + 1, sizeof *l->family);
	l->entry = arena_array(&l->arena, most + 1, sizeof *l->entry);
	if (!l->family || !l->entry)
		e = ERR_NOMEM;
	if (!e)
		e = add_words(l, words);
	for (size_t i = 0; i < n && !e; i++) {
		size_t k = l->n_families;

		if (k && str_eq(l->family[k - 1], v[i].family))
			k--;
		else
			l->family[l->n_families++] = arena_str(&l->arena, v[i].family);
		if (!l->family[k].p)
			e = ERR_NOMEM;
		else if (v[i].name.n > 2)
			e = add(l, v[i].name, W_FAMILY, (uint32_t)k);
	}
	if (e) {
		lexicon_free(l);
		return e;
	}
	l->head = arena_array(&l->arena, l->n + 1, sizeof *l->head);
	if (!l->head) {
		lexicon_free(l);
		return ERR_NOMEM;
	}
	if (l->n)
		qsort(l->entry, l->n, sizeof *l->entry, by_bucket);
	for (size_t i = 0; i < l->n; i++) {
		const struct entry *w = &l->entry[i];

		l->bucket[bucket_of(w->first) + 1]++;
		l->head[i].first = w->first;
		for (size_t k = 0; k < 8 && k < w->text.n && w->text.p[k] != ' '; k++) {
			l->head[i].bytes |= (uint64_t)(unsigned char)w->text.p[k] << (8 * k);
			l->head[i].mask |= UINT64_C(0xff) << (8 * k);
			l->head[i].n++;
		}
	}
	for (size_t i = 0; i < BUCKETS; i++)
		l->bucket[i + 1] += l->bucket[i];
	*out = l;
	return ERR_OK;
}

void lexicon_free(struct lexicon *l)
{
	if (!l)
		return;
	arena_free(&l->arena);
	free(l);
}

struct str lexicon_family(const struct lexicon *l, uint32_t number)
{
	return l->family[number];
}

static bool separates(char c)
{
	return c == ' ' || c == '-' || c == '_' || c == '\n' || c == '\r' || c == '\t';
}

/* Where the word that begins at p ends, or 0; `same` bytes are as they should. There are NULs
 * behind the text. */
static size_t match(const struct entry *e, const char *p, size_t same)
{
	size_t k = same;

	for (size_t i = same; i < e->text.n; i++) {
		char c = e->text.p[i];

		if (c == ' ') {
			size_t blanks = 0;

			while (blanks < 3 && separates(p[k]))
				k++, blanks++;
			continue;
		}
		if (ex_lower(p[k]) != c)
			return 0;
		k++;
	}
	if (e->stem || !ex_alnum(e->text.p[e->text.n - 1]) || !ex_alnum(p[k]))
		return k;
	/* The plural, and a genitive. */
	if (ex_lower(p[k]) == 's' && !ex_alnum(p[k + 1]))
		return k + 1;
	return 0;
}

/* The words that begin at i with these bytes; *took: the longest. */
static enum err probe(const struct lexicon *l, const char *text, size_t i, uint64_t eight,
		      uint32_t first, size_t *took, word_hits *out)
{
	uint32_t b = bucket_of(first);

	for (uint32_t k = l->bucket[b]; k < l->bucket[b + 1]; k++) {
		const struct entry *w = &l->entry[k];
		struct word_hit *h;
		size_t n;

		if ((eight ^ l->head[k].bytes) & l->head[k].mask || l->head[k].first != first)
			continue;
		if (w->capital && !ex_upper(text[i]))
			continue;
		n = match(w, text + i, l->head[k].n);
		/* A longer name of a family hides a shorter one; other words say more together. */
		if (n == 0 || (n < *took && w->kind & W_FAMILY))
			continue;
		h = VEC_PUSH(out);
		if (!h)
			return ERR_NOMEM;
		*h = (struct word_hit){ (uint32_t)i, (uint32_t)(i + n), l->entry[k].kind,
					l->entry[k].number };
		*took = n > *took ? n : *took;
	}
	return ERR_OK;
}

static inline unsigned begins(const struct lexicon *l, uint32_t first)
{
	uint32_t m = mixed(first);

	return l->begins[m / 64] >> (m % 64) & 1;
}

/* No letter, or an s; c is in lower case. */
static inline unsigned ends_short(uint64_t c)
{
	return (unsigned)(c - 'a' >= 26) | (c == 's');
}

/* Does a letter of the same alphabet, or of the same name in a program, stand before the one at i? */
static bool inside_word(const char *text, size_t i)
{
	const unsigned char *p = (const unsigned char *)text + i;

	if (p[0] < 0x80 && p[-1] < 0x80)
		/* FS_IOC_GETFLAGS is one word of a program. */
		return p[-1] == '_' && ex_alnum(text[i - 2]);
	if (p[0] < 0x80)
		return p[-2] >= 0xc3 && p[-2] <= 0xc5;
	return p[0] >= 0xc3 && p[0] <= 0xdb &&
	       (ex_alnum(text[i - 1]) || ((p[-1] & 0xc0) == 0x80 && p[-2] >= 0xc3 && p[-2] <= 0xdb));
}

/* Four digits by themselves. */
static bool year_at(const char *p)
{
	return ((p[0] == '2' && p[1] == '0') || (p[0] == '1' && p[1] == '9')) &&
	       ex_is(p[2], C_DIGIT) && ex_is(p[3], C_DIGIT) && !ex_alnum(p[4]);
}

enum err lexicon_scan(const struct lexicon *l, const char *text, const uint64_t *word, size_t from,
		      size_t to, word_hits *out)
{
	enum err e = ERR_OK;
	size_t took;

	for (size_t i = ex_next(word, from, to); i < to && !e; i = ex_next(word, i + took, to)) {
		unsigned char k = ex_class_of[(unsigned char)text[i]];
		uint64_t eight;
		unsigned two, three, four, short_two, short_three;

		took = 1;
		if (k & C_DIGIT) {
			if (year_at(text + i)) {
				struct word_hit *h = VEC_PUSH(out);

				if (!h)
					return ERR_NOMEM;
				*h = (struct word_hit){ (uint32_t)i, (uint32_t)i + 4, W_YEAR, 0 };
			}
			continue;
		}
		if (i >= 2 && inside_word(text, i))
			continue;
		eight = ex_lower_eight(text + i);
		/* Short words, and those with a blank early, have no letter behind. */
		short_two = ends_short(eight >> 16 & 0xff);
		short_three = ends_short(eight >> 24 & 0xff);
		four = begins(l, (uint32_t)eight);
		/* Mostly. */
		if (!(short_two | short_three | four))
			continue;
		two = short_two & begins(l, eight & 0xffff);
		three = short_three & begins(l, eight & 0xffffff);
		/* Behind the text there are NULs. */
		four &= (eight >> 24 & 0xff) != 0;
		if (four)
			e = probe(l, text, i, eight, (uint32_t)eight, &took, out);
		if (!e && three)
			e = probe(l, text, i, eight, eight & 0xffffff, &took, out);
		if (!e && two)
			e = probe(l, text, i, eight, eight & 0xffff, &took, out);
	}
	return e;
}
