/* SPDX-License-Identifier: Apache-2.0 */
/* Inside of core/extract: what its files share. Nobody else includes this. */
#ifndef NEZUMI_CORE_EXTRACT_PARTS_H
#define NEZUMI_CORE_EXTRACT_PARTS_H

#include "base/buf.h"
#include "base/vec.h"
#include "core/extract.h"
#include "core/extract_marks.h"

/* ---- extract_fold.c --------------------------------------------------------------------------- */

struct fold_edit {
	uint32_t at, src; /* from byte `at` on, the text goes on at `src` */
};

/*
 * The text with defanging and odd forms undone: never longer than the text, with FOLD_PAD NULs
 * behind it. `hard` marks bytes that stood in brackets or the like, so that somebody defanged them;
 * `soft` marks dots that may just as well have been full stops of a sentence.
 *
 * Only a window of it is there at a time, [base, n); what has been looked at is dropped for more.
 * Places count from the beginning of the document all the same: p, hard and soft point as far
 * before the window as the window is into the folded text.
 */
struct fold {
	char *p;
	uint64_t *hard, *soft;
	size_t base, n; /* base is a multiple of 64 */
	struct str src;
	const struct ex_ways *ways; /* NULL: look at every byte */
	size_t next;                /* byte of the text that is folded next */
	VEC(struct fold_edit) edits;
	size_t near; /* the edit that was asked for last */
	bool dirty;
	bool any_soft;
	/* What is behind p, hard and soft. */
	char *room;
	uint64_t *hard_room, *soft_room;
	size_t size;
};

#define FOLD_PAD 128

/* Nothing is folded yet. A window of `size` bytes (rounded up), more where that does not do.
 * Errors: ERR_NOMEM. Free in any case. */
MUST enum err fold_init(struct fold *f, struct str text, size_t size, const struct ex_ways *ways);
/*
 * Fold on until the window is full or the text ends. Bytes before `keep` are of no more use. When
 * that leaves little room the window becomes larger. Errors: ERR_NOMEM.
 */
MUST enum err fold_more(struct fold *f, size_t keep);
void fold_free(struct fold *f);
/* Where a byte of the folded text stands in the text. */
size_t fold_src(const struct fold *f, size_t at);
static inline bool fold_ended(const struct fold *f)
{
	return f->next == f->src.n;
}

/* For those that undo something: f ends where what they write is to go. One character in place of
 * the text from `src` on, which goes on elsewhere: */
MUST enum err fold_put(struct fold *f, size_t src, char c);
/* ... defanged ones, */
MUST enum err fold_put_hard(struct fold *f, size_t src, const char *s);
/* ... and taking back what was written last. */
void fold_drop(struct fold *f, size_t n);

static inline void fold_mark(uint64_t *map, size_t i)
{
	map[i / 64] |= UINT64_C(1) << (i % 64);
}

/* ---- extract_undo.c, extract_bracket.c -------------------------------------------------------- */

/* What stands at byte `at` of the text for something else: *took is its length, 0 if it does not. */
MUST enum err fold_undo(struct fold *f, size_t at, size_t *took);
MUST enum err fold_bracket(struct fold *f, size_t at, size_t *took);
/* `[.]` and its kin at p, twice bracketed and with blanks too: its length, or 0. */
size_t fold_bracketed(const char *p, const char *end, const char **stands);

/* The length of an ending of names that is no word, so that blanks or brackets before it are
 * defanging; 0 if none is at p. */
size_t fold_plain_tld(const char *p, const char *end);

static inline bool fold_bit(const uint64_t *map, size_t i)
{
	return map[i / 64] >> (i % 64) & 1;
}

/* Is any bit set in [from, to)? */
static inline bool fold_any(const uint64_t *map, size_t from, size_t to)
{
	while (from < to) {
		size_t bit = from % 64, take = 64 - bit < to - from ? 64 - bit : to - from;
		uint64_t mask = take == 64 ? ~UINT64_C(0) : (UINT64_C(1) << take) - 1;

		if (map[from / 64] >> bit & mask)
			return true;
		from += take;
	}
	return false;
}

/* ---- extract_char.c
 * ------------------------------------------------------------------------------- */

enum {
	C_DIGIT = 1,
	C_ALPHA = 2,
	C_HEX = 4,     /* besides digits */
	C_NAME = 8,    /* digits, letters, `-`, `_`, `.` */
	C_WIDE = 16,   /* the first byte of a character beyond ASCII */
	C_PATH = 32,   /* may stand in the path of a URL */
	C_LOCAL = 64,  /* may stand in the local part of a mail address */
	C_BREAK = 128, /* ends a part of a path of Windows */
};
extern const unsigned char ex_class_of[256];

static inline bool ex_is(char c, int classes)
{
	return (ex_class_of[(unsigned char)c] & classes) != 0;
}
static inline bool ex_alnum(char c)
{
	return ex_is(c, C_DIGIT | C_ALPHA);
}
static inline bool ex_hex(char c)
{
	return ex_is(c, C_DIGIT | C_HEX);
}
static inline char ex_lower(char c)
{
	return (char)(c | ((unsigned char)(c - 'A') < 26) << 5);
}
#define EX_EACH(b) (UINT64_C(0x0101010101010101) * (b))

/* Eight bytes, the first in the lowest bits. */
static inline uint64_t ex_eight(const char *p)
{
	uint64_t x = 0;

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	memcpy(&x, p, 8);
#else
	for (int i = 0; i < 8; i++)
		x |= (uint64_t)(unsigned char)p[i] << (8 * i);
#endif
	return x;
}

/* ... with their ASCII letters in lower case. */
static inline uint64_t ex_lower_eight(const char *p)
{
	uint64_t x = ex_eight(p), low = x & EX_EACH(0x7f);
	/* The highest bits of those from A on, but not of those behind Z and beyond ASCII. */
	uint64_t upper = (low + EX_EACH(0x80 - 'A')) & ~(low + EX_EACH(0x80 - 'Z' - 1)) & ~x &
			 EX_EACH(0x80);

	return x | upper >> 2;
}

/* Letters of n bytes in lower case. */
static inline void ex_lower_to(char *to, const char *p, size_t n)
{
	size_t i;

	for (i = 0; i + 8 <= n; i += 8) {
		uint64_t x = ex_lower_eight(p + i);

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
		memcpy(to + i, &x, 8);
#else
		for (int k = 0; k < 8; k++)
			to[i + k] = (char)(x >> (8 * k));
#endif
	}
	for (; i < n; i++)
		to[i] = ex_lower(p[i]);
}

/* Fewer than eight. */
static inline uint64_t ex_some(const char *p, size_t n)
{
	uint64_t x = 0;

	for (size_t i = 0; i < n; i++)
		x |= (uint64_t)(unsigned char)p[i] << (8 * i);
	return x;
}

/* Of names and values, which are short. */
static inline uint32_t ex_hash(struct str s)
{
	uint64_t h = s.n, k = UINT64_C(0x9e3779b97f4a7c15);

	for (size_t i = 0; i + 8 <= s.n; i += 8) {
		h = (h ^ ex_eight(s.p + i)) * k;
		h ^= h >> 32;
	}
	/* The last eight once more, which is as good as the rest of them. */
	h = (h ^ (s.n >= 8 ? ex_eight(s.p + s.n - 8) : ex_some(s.p, s.n))) * k;
	h ^= h >> 29;
	h *= k;
	return (uint32_t)(h >> 32);
}

static inline bool ex_upper(char c)
{
	return c >= 'A' && c <= 'Z';
}
static inline bool ex_blank(char c)
{
	return c == ' ' || c == '\t';
}

enum script { SCRIPT_NONE, SCRIPT_LETTER, SCRIPT_CJK };
/* The character at p (at most n bytes): its length, at least 1, and what script it is of. Letters
 * of alphabets join words; characters of scripts without blanks do not. */
size_t ex_char(const char *p, size_t n, enum script *script);
/* Is there a letter or digit of any script at p? */
bool ex_label_at(const char *p, const char *end);

static inline bool fold_label_before(const struct fold *f, size_t back)
{
	return f->n > back && (ex_alnum(f->p[f->n - 1 - back]) || ex_is(f->p[f->n - 1 - back], C_WIDE));
}

static inline size_t fold_blanks_before(const struct fold *f)
{
	size_t n = 0;

	while (n < 3 && n < f->n && ex_blank(f->p[f->n - 1 - n]))
		n++;
	return n;
}

/* ---- extract_lexicon.c ------------------------------------------------------------------------ */

enum word_kind {
	W_FAMILY = 1 << 0,
	W_ROLE = 1 << 1,  /* number: enum role */
	W_CUE = 1 << 2,   /* who does this is malicious: "C2", "beacons to" */
	W_REF = 1 << 3,   /* points readers elsewhere */
	W_IOC = 1 << 4,   /* heads a list of indicators */
	W_VALUE = 1 << 5, /* names a kind of value: "domain" */
	W_VERSION = 1 << 6,
	W_FILE = 1 << 7,   /* a file is spoken of */
	W_BENIGN = 1 << 8, /* "legitimate", "victim" */
	W_GUID = 1 << 9,
	W_HASHES = 1 << 10, /* number: what kind of hash */
	W_COMMIT = 1 << 11,
	W_SENDER = 1 << 12, /* head of a mail: who sent it */
	W_RECEIVER = 1 << 13,
	W_CONTACT = 1 << 14, /* the publisher's own address */
	W_RANSOM = 1 << 15,
	W_OTHER = 1 << 16,   /* heads a section of another kind */
	W_SECTION = 1 << 17, /* part, figure, table: a number with dots follows */
	W_ATTACK = 1 << 18,
	W_ASN = 1 << 19,
	W_REFS = 1 << 20,  /* heads a list of references */
	W_YEAR = 1 << 21,  /* four digits that may be one */
	W_WEAK = 1 << 22,  /* a cue that innocent sites have, too */
	W_ALARM = 1 << 23, /* only texts about attacks speak so */
	W_NAMES = 1 << 24, /* names of hosts and URLs, so that "x.zip" is one */
	W_BELOW = 1 << 25, /* "the following": a sentence that announces a list */
};

struct word_hit {
	uint32_t at, end; /* folded text */
	uint32_t kind;
	uint32_t number;
};
typedef VEC(struct word_hit) word_hits;

/* All words of text[from, to), longest first at each place; appended. word: where one may begin. */
MUST enum err lexicon_scan(const struct lexicon *l, const char *text, const uint64_t *word,
			   size_t from, size_t to, word_hits *out);
struct str lexicon_family(const struct lexicon *l, uint32_t number);

/* The words of extract_sites.c. */
enum ex_set {
	SET_SERVICE,
	SET_FILE_TLD, /* more often the ending of a file than of a name */
	SET_WEAK_TLD, /* the other way round */
	SET_FILE_END,
	SET_PACKAGE,
	SET_VERDICT,
	SET_ENGLISH,
	SET_CHEAP,
	SET_POST, /* mail for everybody */
	SET_HIDDEN_POST,
	EX_SETS
};
struct ex_set_word {
	const char *word; /* lower case */
	enum ex_set set;
};
extern const struct ex_set_word ex_set_words[];
const struct ex_port_words *lexicon_ports(const struct lexicon *l);
/* Without regard to case. */
bool lexicon_has(const struct lexicon *l, enum ex_set set, struct str word);

/* ---- extract_words.c -------------------------------------------------------------------------- */

/* A condition of a word; a word has one at most. */
enum word_only {
	ONLY_LABEL = 1, /* a colon or = stands behind it */
	ONLY_CLOSE,     /* nothing stands between it and the value */
	ONLY_UPDATE,    /* that, or "from ... to ..." does */
	ONLY_NOTE,      /* part of a note of blackmailers, not told of one */
	ONLY_KEY,       /* it is the name of a setting */
	ONLY_NEXT, /* about what follows, or about what stands before: others are who does that */
	ONLY_PREVIOUS,
	ONLY_BARE,     /* no colon stands behind it and no word of attacks before it */
	ONLY_COLUMN,   /* at the head of a column */
	ONLY_SINGULAR, /* not with an s */
};

enum { EX_WORD_MAX = 79 };

struct ex_word {
	struct str text;
	uint32_t kind;   /* enum word_kind, any of them */
	uint32_t number; /* enum role, enum ex_type of a hash, or enum word_only */
};

/* A line of catalogue/words.csv: false if nobody knows what it says. *out is a slice of it. */
bool ex_word_read(struct str line, struct ex_word *out);

/* ---- candidates ------------------------------------------------------------------------------- */

enum found_flag {
	F_HARD = 1 << 0,       /* defanged */
	F_LINK = 1 << 1,       /* target of a link */
	F_CODE = 1 << 2,       /* a call, a name of a class or package */
	F_FILE = 1 << 3,       /* a file's name or part of a path */
	F_VERSION = 1 << 4,    /* a number with dots that is no address */
	F_EXAMPLE = 1 << 5,    /* reserved for examples */
	F_NOT_IN_DNS = 1 << 6, /* no such top-level domain, single label, internal */
	F_COMMA = 1 << 7,      /* a comma inside its last number; alt holds the other reading */
	F_CERTAIN = 1 << 8,    /* of a type that says what it is: CVE, ATT&CK */
	F_NO_SCHEME = 1 << 9,
	F_SERVICE = 1 << 10, /* analysts' services, news, social media */
	F_MINOR = 1 << 11,   /* weak by form alone */
	/* of its surroundings (extract_context.c) */
	F_ALONE = 1 << 12, /* nothing else in its line or cell */
	F_ROW = 1 << 13,   /* in a line of cells */
	F_SEC_IOC = 1 << 14,
	F_SEC_REF = 1 << 15,
	F_SEC_OTHER = 1 << 16,
	F_CUE = 1 << 17,
	F_REF = 1 << 18,
	F_BENIGN = 1 << 19,
	F_VALUE_WORD = 1 << 20,
	F_FILE_WORD = 1 << 21,
	F_SENDER = 1 << 22,
	F_RECEIVER = 1 << 23,
	F_CONTACT = 1 << 24,
	F_RANSOM = 1 << 25,
	F_NEAR_HARD = 1 << 26,
	F_NEAR_HASH = 1 << 27,
	F_GUID_WORD = 1 << 28,
	F_COMMIT_WORD = 1 << 29,
	F_STRONG = 1 << 30, /* a cue that nothing innocent has */
};

enum found_trait {
	T_FILE_TLD = 1 << 0, /* a file by nothing but its ending, which is a top-level domain, too */
	T_WEAK_TLD = 1 << 1,
	T_NAMES = 1 << 2,  /* under a heading or in a column of names of hosts */
	T_QUOTED = 1 << 3, /* within quotation marks, with other words */
	T_STRING = 1 << 5, /* all of a quoted string, or of a piece of code */
	T_GLOSS = 1 << 6,  /* in brackets behind the name of somebody: "Some Firm (firm.com)" */
	T_REPLY = 1 << 7,  /* where a mail wants answers to go, by its header */
	T_TABLE = 1 << 4,  /* the first of several values with commas between them */
};

#define EX_UNSET UINT32_MAX

struct found {
	uint32_t at, end; /* folded text */
	uint32_t flags;
	uint16_t port;
	uint8_t type, status, class;
	uint8_t has_role, role;
	uint8_t traits; /* enum found_trait */
	bool alarm;     /* the words around speak of attacks */
	bool angle;     /* "<" stands before it */
	bool pointed;   /* a cue right before it */
	bool assigned;  /* "host = " before it */
	bool note_mail; /* the words around are those of who demands a ransom */
	bool escaped; /* its dots are `\.` or " dot ": perhaps for another reason than to defang it */
	struct str value, alt; /* arena */
	struct str host;       /* of a URL or mail address, a slice of value */
	uint32_t hash;         /* of the value */
	uint32_t equal;        /* number of its value among those of the document, or EX_UNSET */
	uint32_t before;       /* kept + 1: another one of that value */
	uint32_t group;        /* of equal ones that are judged together */
	uint32_t count;        /* candidates that this one stands for */
	const char *note;
	uint32_t line_at, line_end, line;
	/* Slices of the text, for those that are kept. */
	struct str original, context, heading;
	uint64_t src;
	const struct slip *slip; /* with F_COMMA: what alt would be written as */
	struct str family;
	uint32_t sentence_from, sentence_to;
	bool dated; /* a year stands in its sentence */
	int64_t date;
};

struct slip {
	struct str original, context;
};

/* A value that was met, and the newest of its candidates that are kept (+ 1). */
struct ex_value {
	struct str text; /* arena */
	uint32_t hash, kept;
	/* What that one is like, in few words since it is compared often: flags, port, type and
	 * status; traits and what is true of it. */
	struct ex_like {
		uint64_t form;
		const char *note;
		uint32_t bits;
		uint32_t more; /* those that came since and are like it */
	} like;
};

enum section { SEC_NONE, SEC_IOC, SEC_REF, SEC_OTHER };

struct ex_line {
	uint32_t at, end; /* folded, without its end */
	uint32_t body;    /* behind indent and bullet */
	bool bullet, cells;
};

/* Up to 16 bytes of a label in lower case: 0 for an empty slot. */
struct tld_slot {
	uint64_t low, high;
	bool known;
};

/* A host whose flags were asked for. */
struct host_slot {
	uint32_t hash, flags;
	uint8_t n; /* 0: empty */
	char text[55];
};

enum { TLD_SLOTS = 512, HOST_SLOTS = 512 };

struct ex {
	const struct lexicon *lex;
	struct arena *arena;
	struct fold fold;
	const char *p; /* the folded text, what of it is in the window */
	size_t n;
	uint64_t *mark[MARKS]; /* of it, in the same way */
	uint64_t *mark_room[MARKS];
	size_t mark_words;
	bool every_byte; /* go without them */
	const struct ex_ways *ways;
	size_t done;      /* candidates before here are taken */
	size_t wide_done; /* ex_wide_name has been here */
	/* Candidates of the present line; when all is read, those that are judged. */
	VEC(struct found) found;
	/* extract_keep.c */
	bool every, files; /* is each place asked for, and names of files? */
	VEC(struct found) kept;
	VEC(struct ex_value) values;
	uint32_t *value_slot; /* value + 1 */
	size_t value_mask;
	/* Values of the present lines, before it is known which they are. */
	char *line_text;
	size_t line_n;
	size_t hard_hosts, hard_all, bare; /* as they are met */
	uint32_t bare_line;
	struct buf scratch, text; /* text: what a URL is made from */
	enum err err;
	struct tld_slot tld[TLD_SLOTS];
	struct host_slot host[HOST_SLOTS];
	/* extract_context.c */
	word_hits hits;
	bool whole; /* small: all of it is looked at for words */
	size_t scanned, first_hit;
	size_t alarms, alarm_at; /* words of alarm so far, and where the last of them stands */
	size_t alarms_between;   /* of these, up to the last candidate */
	/* The sentence of the candidate before, whether its ends are true ones, and what it holds. */
	size_t sentence_from, sentence_to;
	bool sentence_cut;
	/* The dates of one sentence. */
	size_t dates_from, dates_to, n_dates;
	struct {
		uint32_t at;
		int64_t t;
	} dates[8];
	uint32_t block_line; /* the line whose block speaks of block_family */
	struct str block_family;
	struct ex_line line;
	size_t lined;   /* headings are known up to here */
	size_t counted; /* lines of the text are counted up to here */
	uint32_t newlines;
	uint32_t lines;         /* that are not blank */
	uint32_t lines_between; /* of these, up to the last candidate */
	enum section section;
	unsigned level;
	bool intro; /* the section is that of a line with a colon */
	bool heading_alarm, heading_benign, heading_names, title_alarm;
	/* Of the table that one is in: what kinds of words head its columns, and the cell that was
	 * asked for last. */
	uint32_t column[16];
	uint32_t cell, cell_at, cell_line;
	uint8_t columns;
	bool table;
	size_t told, told_end; /* the line before, if it is a short sentence */
	size_t last_end;       /* the host or mail address before */
	uint32_t last_flags;
	size_t after_cue;   /* a little behind the cue that was met last */
	size_t version_end; /* behind the last number that was a version's */
	struct str heading;
	size_t heading_at;
	struct str heading_family;
	int heading_role;
	struct str row_family;
	int row_role;
	struct str title_family;
	bool titled;
};

/* Make a candidate; its value is kept in the arena. NULL without memory (x->err is set). */
struct found *ex_add(struct ex *x, enum ex_type type, size_t at, size_t end, struct str value,
		     uint32_t flags);

/* ---- extract_host.c --------------------------------------------------------------------------- */

/* A top-level domain of the public suffix list, ASCII in any case or an A-label. */
bool ex_tld(struct ex *x, struct str label);
/* May anybody register names below it, as below duckdns.org? */
bool ex_shared(struct str name);
/* What its name says about a host in normal form: F_EXAMPLE, F_NOT_IN_DNS, F_SERVICE. */
uint32_t ex_host_flags(struct ex *x, struct str host);
/*
 * A run of name characters with a dot in it: [at, end). Takes an address, network, name, URL
 * without scheme or file name; returns where to go on.
 */
size_t ex_dotted(struct ex *x, size_t at, size_t end);
/* Names in scripts without blanks: `dot` is a dot beside such a character. 0: none. */
size_t ex_wide_name(struct ex *x, size_t dot);
/* The end of the name that begins at `at`, within what a URL's host may hold. */
size_t ex_host_end(const struct ex *x, size_t at);

/* ---- extract_port.c --------------------------------------------------------------------------- */

/* A port behind `at` (`:443`): its end, or `at`. */
size_t ex_port(const struct ex *x, size_t at, uint16_t *port);
/* "port 443" behind a value. */
void ex_port_word(const struct ex *x, size_t at, uint16_t *port);
/* How the words begin that may stand before it. */
struct ex_port_words {
	/* By the last five bits of their first byte: a bit for each. */
	uint64_t before[32], words[32];
	/* Of letters: a bit for the last five bits of the second byte. */
	uint32_t second[32];
};
void ex_port_words_init(struct ex_port_words *w);

/* ---- extract_address.c ------------------------------------------------------------------------ */

/* Four numbers at `at`: where they end, or 0. *zeros: with leading zeros. */
size_t ex_quad(const struct ex *x, size_t at, size_t end, uint32_t *v4, bool *zeros);
/* An IPv4 address within [at, end) and what belongs to it; where to go on, or 0. */
size_t ex_v4(struct ex *x, size_t at, size_t end);
/* An IPv6 address at `at`; where to go on, or 0. */
size_t ex_v6(struct ex *x, size_t at);

/* ---- extract_url.c ---------------------------------------------------------------------------- */

/* "://" or what stands for it follows the run [at, end). Returns where to go on, 0 if it is none. */
size_t ex_url(struct ex *x, size_t at, size_t end);
/* Where a path that begins at `at` ends; *cut: it was shortened by an ellipsis. */
size_t ex_path_end(const struct ex *x, size_t begin, size_t at, bool *cut);
/* An ellipsis shortened it. */
void ex_cut(struct found *f);
/* host[:port]/path of [at, end) with a scheme before it. */
struct found *ex_add_url(struct ex *x, size_t at, size_t end, const char *scheme, size_t host_at,
			 uint32_t flags);
/* An @ follows the run [at, end): 0 if it is no mail address. */
size_t ex_mail(struct ex *x, size_t at, size_t end);

/* ---- extract_token.c -------------------------------------------------------------------------- */

/* A run without dots: hashes and names of things. Returns where to go on, 0 if it is nothing. */
size_t ex_token(struct ex *x, size_t at, size_t end);
/* A registry key begins with [at, end). */
size_t ex_registry(struct ex *x, size_t at, size_t end);
/* A path of Windows: where it ends. */
size_t ex_windows_path(struct ex *x, size_t at);
bool ex_attack(struct ex *x, size_t at, size_t end);

/* ---- extract_line.c --------------------------------------------------------------------------- */

/* Find the words from there, and some way before, up to there. */
void ex_scan_more(struct ex *x, size_t from, size_t to);
/* As far as anybody looks back from a value. */
enum { EX_SCAN_MARGIN = 700 };
static inline void ex_scan(struct ex *x, size_t from, size_t to)
{
	/* Mostly it has been done. */
	if (to > x->scanned)
		ex_scan_more(x, from, to);
}
/* The first word at or behind `from`, which does not decrease by more than a block; up to
 * ex_hits_end. */
const struct word_hit *ex_hits_from(struct ex *x, size_t from);
static inline const struct word_hit *ex_hits_end(const struct ex *x)
{
	return x->hits.v ? x->hits.v + x->hits.n : NULL;
}
static inline size_t ex_line_end_of(const struct ex *x, size_t at)
{
	return ex_next(x->mark[MARK_LINE], at, x->n);
}
/* Behind indent, bullets and quote marks. */
size_t ex_body_of(const struct ex *x, size_t at, size_t end, bool *bullet);
/* Headings up to the line that holds `at`, which becomes x->line. */
void ex_to_line(struct ex *x, size_t at);
/* Headings of the lines before `at`, where one begins; no candidate is in those. */
void ex_pass_lines(struct ex *x, size_t at);

/* ---- extract_table.c -------------------------------------------------------------------------- */

/* Is the line one of a table, and if it is the first, what do its columns hold? `value`: it holds a
 * candidate. */
void ex_table_line(struct ex *x, const struct ex_line *l, bool value);
/* What the head of its column says of a value. */
void ex_column(struct ex *x, struct found *f);
/* Does a quotation of more than the value hold it, as of a message that somebody got? */
bool ex_quoted(const struct ex *x, const struct found *f);

/* ---- extract_version.c ------------------------------------------------------------------------ */

/* How many words of letters there are. */
size_t ex_words_in(const struct ex *x, size_t from, size_t to);
/* Is the word a label: does a colon follow? */
bool ex_labels(const struct ex *x, const struct word_hit *w);
/* How far before a number the word may stand that says it is none of an address. */
size_t ex_version_reach(const struct ex *x, const struct found *f, const struct word_hit *w);
/* Give F_VERSION to an undefanged address that is a version by what stands beside it. */
void ex_version(struct ex *x, struct found *f);

/* ---- extract_keep.c --------------------------------------------------------------------------- */

/*
 * The value of f, which goes by soon. Which one it is (f->equal) is found out when its line is
 * kept: a document has more values than fit into the nearest cache, so that by then what is needed
 * for that is on its way (ex_value_near, in this order, with work between). x->err without memory.
 */
void ex_value(struct ex *x, struct found *f, struct str text);
void ex_value_slot_near(const struct ex *x, const struct found *f);
void ex_value_text_near(const struct ex *x, const struct found *f);
/* Find it out now; what f->value and f->host point to stays from then on. */
void ex_value_set(struct ex *x, struct found *f);
/* No candidate of before is left. */
static inline void ex_values_gone(struct ex *x)
{
	x->line_n = 0;
}
/* There is little room left: the candidates that are left are to be set. */
enum { LINE_TEXT = 32 << 10 };
static inline bool ex_values_many(const struct ex *x)
{
	return x->line_n > LINE_TEXT / 2;
}
/* The text that the folded bytes [from, to) stand for, without blanks behind. */
struct str ex_source(const struct ex *x, size_t from, size_t to);
/*
 * Keep the candidates of x->found, which are all of their lines. Of those that are alike in all
 * that judging looks at the first stands for all, unless every place is asked for.
 */
void ex_keep(struct ex *x);
/* No more of them. */
void ex_keep_end(struct ex *x);

/* ---- extract_context.c, extract_judge.c ------------------------------------------------------- */

/* What stands around the candidate f, which is the newest; candidates come in the text's order. */
void ex_surroundings(struct ex *x, struct found *f);
/* The same for a file's name that nobody asked for: as far as it matters to others. */
void ex_pass_by(struct ex *x, const struct found *f);
/* The date that is nearest to f in its sentence. */
int64_t ex_date_of(struct ex *x, const struct found *f);
/* Judge all of them, which are now x->found, and make the answer. */
MUST enum err ex_judge(struct ex *x, const struct extract_in *in, struct extraction *out);
/* A date that begins at `at`: a place within or behind it, or 0. */
size_t ex_date(const char *p, size_t at, size_t to, int64_t *t);
/* Does one begin with that character? Names of months do with one of adfjmnos. */
static inline bool ex_may_date(char c)
{
	return ex_is(c, C_DIGIT) || (ex_is(c, C_ALPHA) && UINT32_C(0x8e452) >> (c & 31) & 1);
}

#endif
