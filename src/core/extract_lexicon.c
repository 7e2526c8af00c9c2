/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Words found in text by their first bytes: a bitmap of 64 Ki bits says whether any word may begin
 * so, a bucket holds those that do. Most places of a text fall through at the bitmap. A word is
 * under as many of its bytes as are sure to stand in the text, which are those before its first
 * blank: six of a long one, so that few others begin like it ("http" begins many), else four, three
 * or two.
 */
#include "core/extract_parts.h"

#include <stdlib.h>

/* By how many of its first bytes a word is found. */
enum level { BY_SIX, BY_FOUR, BY_THREE, BY_TWO, LEVELS };

struct entry {
	struct str text; /* lower case; a blank stands for blanks and hyphens, or nothing */
	uint32_t kind, number;
	enum level level;
	uint32_t bucket;
	bool stem;    /* goes on as it likes: "exfiltrat*" */
	bool capital; /* begins with a capital, or is another word */
};

/* What is looked at of an entry before the entry: its first bytes, up to eight or a blank; nearly
 * always that is enough. */
struct head {
	uint64_t bytes, mask;
	uint32_t kind, number;
	/* What follows them unless a blank does: a character, the end of the word, or anything. */
	int16_t next;
	uint8_t n;    /* how many bytes */
	bool all;     /* the entry has no more */
	bool capital; /* as in the entry */
};

enum { NEXT_ENDS = -1, NEXT_ANY = -2 };

enum { BUCKETS = 4096, SET_SLOTS = 1024 };

struct lexicon {
	struct arena arena;
	struct str *family;
	size_t n_families;
	struct entry *entry; /* sorted by level and bucket, longest first */
	struct head *head;   /* of each */
	size_t n;
	uint16_t bucket[LEVELS][BUCKETS + 1];
	uint64_t begins[LEVELS][65536 / 64];
	struct str set[EX_SETS][SET_SLOTS];
	uint64_t set_sizes[EX_SETS]; /* bit n: a word of n bytes is in it */
	struct ex_port_words ports;
};

static const uint64_t level_mask[LEVELS] = { UINT64_C(0xffffffffffff), 0xffffffff, 0xffffff, 0xffff };

static inline uint32_t mixed(uint64_t first)
{
	return (uint32_t)(first * UINT64_C(0x9e3779b97f4a7c15) >> 48);
}

static uint32_t bucket_of(uint32_t mix)
{
	return mix & (BUCKETS - 1);
}

static int by_length(const struct entry *x, const struct entry *y)
{
	if (x->text.n != y->text.n)
		return x->text.n > y->text.n ? -1 : 1;
	if (x->kind != y->kind)
		return x->kind < y->kind ? -1 : 1;
	return str_cmp(x->text, y->text);
}

static int by_bucket(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;

	if (x->level != y->level)
		return x->level < y->level ? -1 : 1;
	if (x->bucket != y->bucket)
		return x->bucket < y->bucket ? -1 : 1;
	return by_length(x, y);
}

/* ---- sets of words ---------------------------------------------------------------------------- */

static void set_add(struct lexicon *l, enum ex_set set, const char *word)
{
	struct str s = str_of(word);
	size_t i = ex_hash(s) % SET_SLOTS;

	while (l->set[set][i].n)
		i = (i + 1) % SET_SLOTS;
	l->set[set][i] = s;
	l->set_sizes[set] |= UINT64_C(1) << s.n % 64;
}

bool lexicon_has(const struct lexicon *l, enum ex_set set, struct str word)
{
	char low[64];
	size_t i;

	if (word.n >= sizeof low || !(l->set_sizes[set] >> word.n & 1))
		return false;
	ex_lower_to(low, word.p, word.n);
	word.p = low;
	for (i = ex_hash(word) % SET_SLOTS; l->set[set][i].n; i = (i + 1) % SET_SLOTS)
		if (str_eq(word, l->set[set][i]))
			return true;
	return false;
}

const struct ex_port_words *lexicon_ports(const struct lexicon *l)
{
	return &l->ports;
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

static enum level level_of(struct str text)
{
	size_t n = str_chr(text, ' ');

	n = n < text.n ? n : text.n;
	return n >= 6 ? BY_SIX : n >= 4 ? BY_FOUR : n == 3 ? BY_THREE : BY_TWO;
}

static enum err add(struct lexicon *l, struct str text, uint32_t kind, uint32_t number)
{
	struct entry *e = &l->entry[l->n];
	struct str copy = arena_str(&l->arena, text);
	char *p = (char *)(uintptr_t)copy.p;
	uint32_t mix;

	if (!p)
		return ERR_NOMEM;
	*e = (struct entry){ .text = copy, .kind = kind, .number = number };
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
	e->level = level_of(e->text);
	mix = mixed(ex_some(p, e->text.n < 8 ? e->text.n : 7) & level_mask[e->level]);
	e->bucket = bucket_of(mix);
	l->begins[e->level][mix / 64] |= UINT64_C(1) << (mix % 64);
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
	ex_port_words_init(&l->ports);
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
	if (!l->head || l->n > UINT16_MAX) {
		e = l->head ? ERR_LIMIT : ERR_NOMEM;
		lexicon_free(l);
		return e;
	}
	if (l->n)
		qsort(l->entry, l->n, sizeof *l->entry, by_bucket);
	for (size_t i = 0; i < l->n; i++) {
		const struct entry *w = &l->entry[i];
		struct head *h = &l->head[i];

		l->bucket[w->level][w->bucket + 1]++;
		for (; h->n < 8 && h->n < w->text.n && w->text.p[h->n] != ' '; h->n++)
			h->mask = h->mask << 8 | 0xff;
		h->kind = w->kind;
		h->number = w->number;
		h->capital = w->capital;
		h->all = h->n == w->text.n;
		h->next = h->n < w->text.n && h->n < 8 ? (unsigned char)w->text.p[h->n + 1] : NEXT_ANY;
		if (h->n == w->text.n && h->n < 8 && !w->stem && ex_alnum(w->text.p[h->n - 1]))
			h->next = NEXT_ENDS;
		h->mask |= level_mask[w->level];
		h->bytes = ex_some(w->text.p, w->text.n < 8 ? w->text.n : 8) & h->mask;
	}
	for (size_t k = 0, at = 0; k < LEVELS; k++)
		for (size_t i = 0; i <= BUCKETS; i++)
			l->bucket[k][i] = (uint16_t)(at += l->bucket[k][i]);
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

static inline bool separates(char c)
{
	const uint64_t which = UINT64_C(1) << ' ' | UINT64_C(1) << '-' | UINT64_C(1) << '\n' |
			       UINT64_C(1) << '\r' | UINT64_C(1) << '\t';

	return ((unsigned char)c < 64 && which >> c & 1) || c == '_';
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

/* May the word go on as it should behind its first bytes? */
static inline bool goes_on(const struct head *h, const char *text)
{
	char c = ex_lower(text[h->n]);

	if (h->next == NEXT_ANY || h->next == (unsigned char)c)
		return true;
	if (h->next == NEXT_ENDS)
		return !ex_alnum(c) || c == 's';
	if (!separates(c))
		return false;
	c = ex_lower(text[h->n + 1]);
	return h->next == (unsigned char)c || separates(c);
}

/* The next of [k, end) that begins like the text, whose first bytes are `eight`. */
static inline uint32_t like(const struct lexicon *l, uint32_t k, uint32_t end, const char *text,
			    uint64_t eight)
{
	while (k < end && ((eight ^ l->head[k].bytes) & l->head[k].mask || !goes_on(&l->head[k], text)))
		k++;
	return k;
}

/* What is found by its first bytes at one place. */
struct probe {
	const struct lexicon *l;
	const char *text;
	word_hits *out;
	size_t at, took; /* took: the longest */
	uint64_t eight;
	enum err err;
};

static inline void found(struct probe *p, const char *text, uint32_t k)
{
	const struct head *h = &p->l->head[k];
	struct word_hit *hit;
	size_t n = h->n;

	if (h->capital && !ex_upper(*text))
		return;
	/* Without a letter behind it, or with one that may be the plural's. */
	if (!h->all || (h->next == NEXT_ENDS ? ex_alnum(text[n]) : h->next == NEXT_ANY))
		n = match(&p->l->entry[k], text, n);
	/* A longer name of a family hides a shorter one; other words say more together. */
	if (n == 0 || (n < p->took && h->kind & W_FAMILY))
		return;
	hit = VEC_PUSH(p->out);
	if (!hit) {
		p->err = ERR_NOMEM;
		return;
	}
	*hit = (struct word_hit){ (uint32_t)p->at, (uint32_t)(p->at + n), h->kind, h->number };
	p->took = n > p->took ? n : p->took;
}

static void probe(struct probe *p, enum level level)
{
	const struct lexicon *l = p->l;
	const char *text = p->text + p->at;
	uint32_t b = bucket_of(mixed(p->eight & level_mask[level]));
	uint32_t end = l->bucket[level][b + 1];

	for (uint32_t k = l->bucket[level][b]; (k = like(l, k, end, text, p->eight)) < end; k++)
		found(p, text, k);
}

/* Of both levels, the longest first. */
static void probe_long(struct probe *p)
{
	const struct lexicon *l = p->l;
	const char *text = p->text + p->at;
	uint32_t a = bucket_of(mixed(p->eight & level_mask[BY_SIX])),
		 b = bucket_of(mixed(p->eight & level_mask[BY_FOUR]));
	uint32_t a_end = l->bucket[BY_SIX][a + 1], b_end = l->bucket[BY_FOUR][b + 1];

	a = like(l, l->bucket[BY_SIX][a], a_end, text, p->eight);
	b = like(l, l->bucket[BY_FOUR][b], b_end, text, p->eight);
	while (a < a_end || b < b_end) {
		if (b == b_end || (a < a_end && by_length(&l->entry[a], &l->entry[b]) < 0)) {
			found(p, text, a);
			a = like(l, a + 1, a_end, text, p->eight);
		} else {
			found(p, text, b);
			b = like(l, b + 1, b_end, text, p->eight);
		}
	}
}

static inline unsigned begins(const struct lexicon *l, enum level level, uint64_t eight)
{
	uint32_t m = mixed(eight & level_mask[level]);

	return l->begins[level][m / 64] >> (m % 64) & 1;
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

/* A word that may be one, and how it may be found. */
struct place {
	uint64_t eight;
	uint32_t at;
	bool year, six, four, three, two;
};

enum { PLACES = 32 };

/* What is there, and where the next word may begin. */
static enum err look(struct probe *p, const struct place *v, size_t n, size_t *next)
{
	for (size_t i = 0; i < n; i++) {
		/* Within one that was found. */
		if (v[i].at < *next)
			continue;
		*next = v[i].at + 1;
		if (v[i].year) {
			struct word_hit *h = VEC_PUSH(p->out);

			if (!h)
				return ERR_NOMEM;
			*h = (struct word_hit){ v[i].at, v[i].at + 4, W_YEAR, 0 };
			continue;
		}
		p->eight = v[i].eight;
		p->at = v[i].at;
		p->took = 1;
		if (v[i].six && v[i].four)
			probe_long(p);
		else if (v[i].six)
			probe(p, BY_SIX);
		else if (v[i].four)
			probe(p, BY_FOUR);
		if (v[i].three)
			probe(p, BY_THREE);
		if (v[i].two)
			probe(p, BY_TWO);
		if (p->err)
			return p->err;
		*next = v[i].at + p->took;
	}
	return ERR_OK;
}

/* What is known of the words that begin so comes to the cache. */
static inline void near(const struct lexicon *l, enum level level, uint64_t eight)
{
	__builtin_prefetch(&l->head[l->bucket[level][bucket_of(mixed(eight & level_mask[level]))]]);
}

enum err lexicon_scan(const struct lexicon *l, const char *text, const uint64_t *word, size_t from,
		      size_t to, word_hits *out)
{
	struct probe p = { .l = l, .text = text, .out = out };
	size_t k = from / 64, last = to ? (to - 1) / 64 : 0, next = from, n = 0;
	struct place places[PLACES];
	uint64_t bits;

	if (from >= to)
		return ERR_OK;
	bits = word[k] >> (from % 64) << (from % 64);
	for (;;) {
		unsigned short_two, short_three, six, four;
		uint64_t eight;
		size_t i;

		while (!bits && k < last)
			bits = word[++k];
		i = k * 64 + (bits ? (size_t)__builtin_ctzll(bits) : 64);
		if (i >= to)
			return look(&p, places, n, &next);
		bits &= bits - 1;
		if ((unsigned char)(text[i] - '0') <= 9) {
			if (!year_at(text + i))
				continue;
			places[n] = (struct place){ .at = (uint32_t)i, .year = true };
		} else {
			eight = ex_lower_eight(text + i);
			/* Short words, and those with a blank early, have no letter behind. */
			short_two = ends_short(eight >> 16 & 0xff);
			short_three = ends_short(eight >> 24 & 0xff);
			six = begins(l, BY_SIX, eight);
			four = begins(l, BY_FOUR, eight);
			/* Mostly. */
			if (!(short_two | short_three | six | four))
				continue;
			short_two &= begins(l, BY_TWO, eight);
			short_three &= begins(l, BY_THREE, eight);
			if (!(short_two | short_three | six | four) || (i >= 2 && inside_word(text, i)))
				continue;
			if (six)
				near(l, BY_SIX, eight);
			if (four)
				near(l, BY_FOUR, eight);
			places[n] = (struct place){ .eight = eight,
						    .at = (uint32_t)i,
						    .six = six,
						    .four = four,
						    .three = short_three,
						    .two = short_two };
		}
		if (++n == PLACES) {
			enum err e = look(&p, places, n, &next);

			if (e)
				return e;
			n = 0;
		}
	}
}
