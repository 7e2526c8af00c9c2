/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which candidates are indicators. What is defanged is one, and so is the same value elsewhere. For
 * the others their place decides: in a list of indicators or in prose, with which words, beside
 * what, and whether this document defangs at all. docs/extract.md tells the rules.
 */
#include "core/extract_parts.h"

#include "core/name.h"

#include <stdlib.h>

struct group {
	struct str value;
	uint8_t type;
	bool hard;     /* defanged somewhere */
	bool bad;      /* an indicator somewhere */
	uint32_t best; /* found + 1 */
	uint32_t out;
	uint32_t count;
};

struct judge {
	struct ex *x;
	const struct extract_in *in;
	VEC(struct group) groups;
	uint32_t *slot; /* group + 1 */
	size_t mask;
	bool failed;
	size_t hard_hosts;
	bool list;  /* the document is a list of values */
	bool alarm; /* all of it is about attacks */
};

/* A report speaks of attacks or defangs something at least once in so many bytes. */
enum { ALARM_EVERY = 6000 };
/* A text with no room for saying what it is about. */
enum { SHORT_TEXT = 800 };
/* One that would, if its lists were of indicators. */
enum { LONG_TEXT = 8000 };

/* NULL if there is none. */
static struct group *group_of(const struct judge *j, enum ex_type type, struct str value)
{
	size_t i = (ex_hash(value) + (uint32_t)type) & j->mask;

	for (; j->slot[i]; i = (i + 1) & j->mask) {
		struct group *g = &j->groups.v[j->slot[i] - 1];

		if (g->type == type && str_eq(g->value, value))
			return g;
	}
	return NULL;
}

/* Its number. There are never more than two for each candidate. */
static uint32_t group_make(struct judge *j, enum ex_type type, struct str value)
{
	size_t i = (ex_hash(value) + (uint32_t)type) & j->mask;
	struct group *g;

	for (; j->slot[i]; i = (i + 1) & j->mask) {
		g = &j->groups.v[j->slot[i] - 1];
		if (g->type == type && str_eq(g->value, value))
			return j->slot[i] - 1;
	}
	g = VEC_PUSH(&j->groups);
	if (!g) {
		j->failed = true;
		return 0;
	}
	*g = (struct group){ .value = value, .type = (uint8_t)type };
	j->slot[i] = (uint32_t)j->groups.n;
	return j->slot[i] - 1;
}

static void group_hard(struct judge *j, enum ex_type type, struct str value)
{
	uint32_t g = group_make(j, type, value);

	if (!j->failed)
		j->groups.v[g].hard = true;
}

static bool is_hard(const struct judge *j, enum ex_type type, struct str value)
{
	const struct group *g = group_of(j, type, value);

	return g && g->hard;
}

/* The name that somebody registered, nearly: two labels, three where the last two are short. */
static struct str owner(struct str host)
{
	size_t dots = 0;

	for (size_t i = host.n; i > 0; i--)
		if (host.p[i - 1] == '.' && ++dots >= 2 && (dots > 2 || host.n - i > 7))
			return str_skip(host, i);
	return host;
}

/* The first two numbers of four. */
static struct str branch(struct str v4)
{
	size_t dot = str_chr(v4, '.'), more;

	if (dot == SIZE_MAX)
		return v4;
	more = str_chr(str_skip(v4, dot + 1), '.');
	return more == SIZE_MAX ? v4 : str_head(v4, dot + 1 + more);
}

/* ---- what the whole document says ------------------------------------------------------------- */

static void survey(struct judge *j)
{
	struct ex *x = j->x;

	j->hard_hosts = x->hard_hosts;
	for (size_t i = 0; i < x->found.n; i++) {
		const struct found *f = &x->found.v[i];

		if (f->flags & F_HARD || (f->escaped && f->alarm)) {
			group_hard(j, (enum ex_type)f->type, f->value);
			if (f->host.n && !(f->flags & F_SERVICE))
				group_hard(j, EX_DOMAIN, f->host);
		}
		/* Versions of something: others like them are, too. */
		if (f->type == EX_IPV4 && f->flags & F_VERSION && !(f->flags & F_HARD))
			(void)group_make(j, EX_TYPES, branch(f->value));
		/* Sites that it links to: in pages, and where it names its sources. */
		if (f->type == EX_URL && !(f->flags & F_HARD) &&
		    f->flags & (F_LINK | F_REF | F_SEC_REF) && !(f->flags & F_SERVICE))
			(void)group_make(j, EX_TYPES, owner(f->host));
	}
	j->alarm = x->title_alarm || (x->hard_all + x->alarms_between) * ALARM_EVERY >= x->n;
	j->list = x->bare >= 3 && x->bare * 10 >= (size_t)x->lines_between * 6;
}

/* ---- one candidate ---------------------------------------------------------------------------- */

static enum ex_class because(struct found *f, enum ex_class c, const char *note)
{
	if (!f->note)
		f->note = note;
	return c;
}

static bool public_tld(struct str host)
{
	return str_ends(host, STR(".gov")) || str_ends(host, STR(".mil")) ||
	       str_ends(host, STR(".edu")) || str_ends(host, STR(".int")) ||
	       str_ends(host, STR(".go.jp")) || str_ends(host, STR(".gov.uk"));
}

/* Does the document, or the paragraph, speak of attacks at all? */
static bool alarmed(const struct judge *j, const struct found *f)
{
	return f->alarm || j->alarm;
}

/* A value that is by form what it is, in a text about something else: a commit, a router's address
 * in an example. */
static bool quiet(const struct judge *j, const struct found *f)
{
	if (alarmed(j, f) || j->x->n < SHORT_TEXT || (j->list && f->flags & F_ALONE))
		return false;
	if (f->flags & F_HARD)
		return false;
	return j->x->n >= LONG_TEXT ||
	       !(f->flags & (F_SEC_IOC | F_VALUE_WORD | F_CUE | F_SENDER | F_ROW) || f->flags & F_ALONE);
}

static bool cheap(const struct judge *j, struct str name)
{
	struct str rest = name, label;

	/* What is behind the first dot, the second and so on. */
	while (str_cut(&rest, '.', &label) && rest.n)
		if (lexicon_has(j->x->lex, SET_CHEAP, rest))
			return true;
	return false;
}

/* How much the place of a live value speaks for its being an indicator. */
static int score(const struct judge *j, const struct found *f)
{
	uint32_t g = f->flags;
	int s = 0;

	bool loud = alarmed(j, f);

	if (g & F_SEC_IOC)
		s += g & (F_ALONE | F_ROW) && (loud || j->x->n < SHORT_TEXT) ? 3
		     : f->type == EX_URL && !loud                            ? 0
									     : 1;
	else if (j->list && g & F_ALONE)
		s += 3;
	if (g & F_CUE)
		s += (g & F_STRONG || f->type != EX_URL || (f->pointed && loud) ? 2 : 1) -
		     (!loud && j->x->n >= SHORT_TEXT);
	if (g & F_VALUE_WORD)
		s += 1;
	if (g & F_NEAR_HASH)
		s += 2;
	if (g & F_NEAR_HARD)
		s += 1;
	if (g & F_SENDER)
		s += 2;
	if (g & F_LINK)
		s -= 3;
	if (g & F_SEC_REF)
		s -= 4;
	if (g & F_REF)
		s -= 2;
	if (g & F_BENIGN)
		s -= 3;
	if (g & F_GUID_WORD)
		s -= 3;
	if (g & F_CONTACT)
		s -= 2;
	if (g & F_FILE_WORD && f->type == EX_DOMAIN)
		s -= 2;
	if (f->traits & T_QUOTED && (loud || j->x->n < SHORT_TEXT))
		s += f->type == EX_URL ? 2 : 1;
	if (f->traits & T_WEAK_TLD)
		s -= 1;
	if (g & F_SERVICE)
		s -= 6;
	if (g & F_MINOR)
		s -= 2;
	if (g & F_RECEIVER)
		s -= 3;
	if (loud && f->assigned && f->type == EX_DOMAIN)
		s += 1;
	if ((loud || (f->assigned && j->x->n < SHORT_TEXT && f->end == f->line_end)) &&
	    f->type == EX_DOMAIN && cheap(j, f->value))
		s += 1;
	/* A site of people, rather. */
	if (f->type == EX_DOMAIN && str_starts(f->value, STR("www.")) && !(g & F_SEC_IOC))
		s -= 1;
	/* Who defangs some hosts means the others as they stand. */
	if (j->hard_hosts >= 2 && !(g & F_SENDER))
		s -= 1;
	return s;
}

static enum ex_class address(const struct judge *j, struct found *f)
{
	uint32_t g = f->flags;

	if (g & F_HARD)
		return EX_INDICATOR;
	if (g & F_VERSION)
		return because(f, EX_CONTEXT, "a version or section number");
	if (g & F_FILE)
		return because(f, EX_CONTEXT, "part of a file's name");
	if (g & F_MINOR && score(j, f) < 2)
		return because(f, EX_CONTEXT, "a version or section number");
	if (g & F_RECEIVER)
		return EX_CONTEXT;
	if (quiet(j, f))
		return because(f, EX_CONTEXT, "nothing here speaks of an attack");
	if (!(g & F_SEC_IOC && g & (F_ALONE | F_ROW))) {
		if (f->type == EX_IPV4 && f->port == 0 && !(g & (F_STRONG | F_VALUE_WORD)) &&
		    group_of(j, EX_TYPES, branch(f->value)))
			return because(f, EX_CONTEXT, "a version or section number");
		if (lexicon_has(j->x->lex, SET_SERVICE, f->value))
			return because(f, EX_CONTEXT, "a public resolver");
		if (g & F_BENIGN && !(g & F_STRONG))
			return EX_CONTEXT;
	}
	return EX_INDICATOR;
}

/* Does its path end like what malware is served as? */
static bool serves(struct str url)
{
	static const char *const ends[] = { ".exe", ".dll",  ".ps1", ".hta",  ".vbs", ".bat",
					    ".scr", ".msi",  ".js",  ".jse",  ".lnk", ".iso",
					    ".php", ".apk",  ".elf", ".sh",   ".bin", ".dat",
					    ".doc", ".docm", ".xls", ".xlsm", ".jar", ".cab",
					    ".rar", ".7z",   ".img", ".vhd" };

	url = str_head(url, str_chr(url, '?'));
	for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++)
		if (str_ends(url, str_of(ends[i])))
			return true;
	return false;
}

/* Is there nothing else in its line, nor a mark that begins an item? */
static bool whole_line(const struct found *f)
{
	return f->at == f->line_at && f->end == f->line_end;
}

/* The local parts of those who have encrypted something. */
static bool extorts(struct str mail)
{
	static const char *const words[] = { "decrypt", "recover", "restore", "unlock", "ransom" };

	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
		if (str_find(mail, str_of(words[i])) != SIZE_MAX)
			return true;
	return false;
}

/* The mailbox of an office, not of a person. */
static bool office(struct str mail)
{
	static const char *const boxes[] = {
		"info",       "contact",  "contacto", "contato",     "kontakt",    "press",
		"presse",     "media",    "soc",      "csirt",       "cert",       "cirt",
		"abuse",      "security", "psirt",    "incident",    "incidents",  "tips",
		"helpdesk",   "feedback", "newsroom", "editor",      "intel",      "research",
		"labs",       "report",   "reports",  "threatintel", "disclosure", "notes",
		"privacy",    "pr",       "dpo",      "gdpr",        "hunting",    "team",
		"hello",      "cti",      "dfir",     "hunting",     "team",       "hello",
		"cti",        "dfir",     "jubao",    "phishing",    "spam",       "fraud",
		"redaktion",  "support",  "help",     "sales",       "webmaster",  "postmaster",
		"hostmaster", "noc"
	};
	struct str box = str_head(mail, str_chr(mail, '@'));

	for (size_t i = 0; i < sizeof boxes / sizeof boxes[0]; i++)
		if (str_is(box, boxes[i]))
			return true;
	return false;
}

/* Does the text link to a site of that name? */
static bool linked(const struct judge *j, struct str mail)
{
	size_t at = str_chr(mail, '@');
	const struct group *g;

	if (at == SIZE_MAX)
		return false;
	g = group_of(j, EX_TYPES, owner(str_skip(mail, at + 1)));
	return g != NULL;
}

/* "x.zip": is the name of a host meant, though files have such endings? */
static bool names_host(const struct judge *j, const struct found *f)
{
	uint32_t g = f->flags;

	if (!(f->traits & T_FILE_TLD))
		return false;
	if (is_hard(j, EX_DOMAIN, f->value))
		return true;
	if (g & (F_FILE_WORD | F_NEAR_HASH | F_BENIGN | F_REF | F_SEC_REF | F_LINK) ||
	    !(alarmed(j, f) || j->x->n < SHORT_TEXT))
		return false;
	if (f->traits & T_NAMES)
		return f->assigned || (g & F_SEC_IOC && g & (F_ALONE | F_ROW));
	/* Of these the country has more than the language has scripts. */
	return str_ends(f->value, STR(".pl")) && ((g & F_SEC_IOC && g & F_ALONE) || score(j, f) >= 3);
}

static enum ex_class named(const struct judge *j, struct found *f, struct str host)
{
	uint32_t flags = f->flags;
	int s;

	if (flags & F_EXAMPLE)
		return because(f, EX_CONTEXT, "reserved for examples");
	if (flags & F_NOT_IN_DNS &&
	    !(f->type == EX_URL && flags & F_HARD && str_chr(host, '.') != SIZE_MAX))
		return because(f, EX_CONTEXT, "not a name of the public DNS");
	if (flags & F_HARD)
		return EX_INDICATOR;
	if (f->escaped && (alarmed(j, f) || j->x->n < SHORT_TEXT))
		return EX_INDICATOR;
	if (f->escaped)
		return because(f, EX_CONTEXT, "nothing here speaks of an attack");
	if (flags & F_CODE)
		return because(f, EX_CONTEXT, "looks like code");
	if (flags & F_FILE && names_host(j, f))
		return EX_INDICATOR;
	if (flags & F_FILE && f->type == EX_DOMAIN) {
		f->type = EX_FILENAME;
		f->value = f->original;
		return EX_CONTEXT;
	}
	if (flags & F_FILE)
		return because(f, EX_CONTEXT, "looks like a file's name");
	if (is_hard(j, (enum ex_type)f->type, f->value))
		return EX_INDICATOR;
	if (!(flags & F_SERVICE) && (is_hard(j, EX_DOMAIN, host) || is_hard(j, EX_IPV4, host)))
		return EX_INDICATOR;
	s = score(j, f);
	if (quiet(j, f))
		s -= 1;
	if (public_tld(host))
		s -= 2;
	if (str_ends(host, STR(".onion")))
		s += 3;
	if (f->type == EX_URL) {
		struct ip ip;

		if (ip_parse(host, &ip))
			s += 2;
		if (flags & F_NO_SCHEME && !f->pointed)
			s -= 1;
		if (serves(f->value))
			s += 1;
		if (s >= (j->hard_hosts ? 3 : 2))
			return EX_INDICATOR;
		return EX_REFERENCE;
	}
	if (s >= 2)
		return EX_INDICATOR;
	return flags & (F_SERVICE | F_REF | F_LINK | F_SEC_REF) ? EX_REFERENCE : EX_CONTEXT;
}

static enum ex_class mail(const struct judge *j, struct found *f)
{
	bool loud = alarmed(j, f) || j->x->n < SHORT_TEXT;
	uint32_t g = f->flags;
	int s = 0;

	if (g & F_EXAMPLE)
		return because(f, EX_CONTEXT, "reserved for examples");
	if (g & F_RECEIVER || g & F_GUID_WORD)
		return EX_CONTEXT;
	/* People hide their own addresses from harvesters in the same way. */
	if ((g & F_HARD || is_hard(j, EX_EMAIL, f->value)) && loud)
		return EX_INDICATOR;
	if (g & F_SENDER)
		s += loud ? 3 : 1;
	if (g & F_RANSOM || extorts(f->value))
		s += loud ? 3 : 1;
	if (g & F_SEC_IOC)
		s += loud ? 3 : 1;
	if (g & F_STRONG)
		s += loud ? 2 : 0;
	if (j->list && g & F_ALONE)
		s += loud || whole_line(f) ? 3 : 1;
	/* "Some One <one@there.org>": who wrote the text, or who is thanked in it. */
	if (f->angle && !(g & (F_SENDER | F_SEC_IOC)))
		s -= 4;
	if (g & F_CONTACT)
		s -= f->note_mail ? 1 : 5;
	if (g & F_SEC_REF)
		s -= 3;
	if (g & F_BENIGN)
		s -= 2;
	if (public_tld(f->value))
		s -= 2;
	/* The mail of whoever published this, by its name or by where the text links to. */
	if (!f->note_mail && !(g & F_SENDER) && office(f->value))
		s -= g & F_SEC_IOC && g & (F_ALONE | F_ROW) ? 1 : 6;
	if (!(g & F_SENDER) && !(g & F_SEC_IOC && g & (F_ALONE | F_ROW)) && linked(j, f->value))
		s -= 3;
	return s >= 2 ? EX_INDICATOR : EX_CONTEXT;
}

static enum ex_class judge(const struct judge *j, struct found *f)
{
	uint32_t g = f->flags;

	switch (f->type) {
	case EX_IPV4:
	case EX_IPV6:
	case EX_CIDR:
		return address(j, f);
	case EX_DOMAIN:
		return named(j, f, f->value);
	case EX_URL:
		return named(j, f, f->host);
	case EX_EMAIL:
		return mail(j, f);
	case EX_MD5:
	case EX_SHA1:
	case EX_SHA256:
	case EX_SHA512:
	case EX_JARM:
		if (g & F_EXAMPLE)
			return EX_CONTEXT;
		if (g & F_MINOR || g & F_GUID_WORD)
			return because(f, EX_CONTEXT, "an identifier, not the hash of a file");
		if (g & F_COMMIT_WORD && f->type == EX_SHA1)
			return because(f, EX_CONTEXT, "a commit of source code");
		if (quiet(j, f))
			return because(f, EX_CONTEXT, "nothing here speaks of an attack");
		return EX_INDICATOR;
	case EX_ASN:
		if (g & F_EXAMPLE)
			return because(f, EX_CONTEXT, "reserved for examples and private use");
		return g & F_MINOR && str_is(f->value, "AS400") ? EX_CONTEXT : EX_INDICATOR;
	case EX_FILENAME:
		return EX_CONTEXT;
	default:
		return EX_INDICATOR;
	}
}

/* 1.2.3.20,1: one number with a slip, or two things with a comma between them, as in a table. */
static void comma(const struct judge *j, struct found *f)
{
	if (f->traits & T_TABLE)
		return;
	if (is_hard(j, (enum ex_type)f->type, f->alt)) {
		f->value = f->alt;
		f->status = EX_MENDED;
		f->note = "a comma stood inside the last number; the document has this address elsewhere";
	} else if (f->flags & F_HARD) {
		f->value = f->alt;
		f->status = EX_UNCERTAIN;
		f->note = "a comma stands inside the last number, which may end before it";
	} else {
		f->status = EX_UNCERTAIN;
		f->note = "a comma and digits follow, which may belong to the last number";
		return;
	}
	f->original = f->slip->original;
	f->context = f->slip->context;
}

/* What stands on a host that is an indicator, and is spoken of in another tone. */
static void beside_bad(struct judge *j)
{
	struct ex *x = j->x;

	for (size_t i = 0; i < x->found.n; i++) {
		const struct found *f = &x->found.v[i];
		uint32_t g;

		if (f->class != EX_INDICATOR || f->flags & (F_SERVICE | F_MINOR) ||
		    (f->type != EX_DOMAIN && f->type != EX_IPV4))
			continue;
		g = group_make(j, (enum ex_type)f->type, f->value);
		if (!j->failed)
			j->groups.v[g].bad = true;
	}
	for (size_t i = 0; i < x->found.n; i++) {
		struct found *f = &x->found.v[i];
		const struct group *g;

		if (f->class == EX_INDICATOR || f->type != EX_URL ||
		    f->flags & (F_EXAMPLE | F_NOT_IN_DNS | F_SERVICE | F_MINOR))
			continue;
		g = group_of(j, EX_DOMAIN, f->host);
		if (!g)
			g = group_of(j, EX_IPV4, f->host);
		if (g && g->bad)
			f->class = EX_INDICATOR;
	}
}

/* ---- the answer ------------------------------------------------------------------------------- */

static void fill(const struct found *f, struct extracted *e)
{
	*e = (struct extracted){ .type = (enum ex_type)f->type,
				 .class = (enum ex_class)f->class,
				 .status = (enum ex_status)f->status,
				 .defanged = f->flags & F_HARD || f->escaped,
				 .port = f->port,
				 .has_role = f->has_role,
				 .role = (enum role)f->role,
				 .value = f->value,
				 .original = f->original,
				 .context = f->context,
				 .heading = f->heading,
				 .family = f->family,
				 .note = f->note ? str_of(f->note) : STR_NONE,
				 .date = f->date,
				 .at = f->src,
				 .line = f->line,
				 .count = 1 };
	if (f->end == f->at)
		e->original = f->value;
}

/* What another place of a value had to be mended from. */
static enum err also(struct ex *x, const struct found *f, struct extracted *v)
{
	struct str original = str_head(f->original, 80);
	size_t begin = x->scratch.n;

	buf_fmt(&x->scratch, "also written \"%.*s\" in line %u: %s", STR_ARG(original), f->line,
		f->note);
	v->note = arena_str(x->arena, str_skip(buf_str(&x->scratch), begin));
	x->scratch.n = begin;
	return v->note.p ? ERR_OK : ERR_NOMEM;
}

static bool better(const struct found *a, const struct found *b)
{
	if (a->class != b->class)
		return a->class < b->class;
	return a->status < b->status;
}

static int by_place(const void *a, const void *b)
{
	const struct found *x = a, *y = b;

	return x->at != y->at ? (x->at < y->at ? -1 : 1) : (x->type > y->type) - (x->type < y->type);
}

enum err ex_judge(struct ex *x, const struct extract_in *in, struct extraction *out)
{
	struct judge j = { .x = x, .in = in };
	size_t slots = 64, n = 0;
	struct extraction made = { 0 };
	enum err e = ERR_OK;

	while (slots < x->found.n * 7 + 16)
		slots *= 2;
	j.slot = calloc(slots, sizeof *j.slot);
	if (!j.slot)
		return ERR_NOMEM;
	j.mask = slots - 1;
	survey(&j);
	for (size_t i = 0; i < x->found.n && !e; i++)
		if (x->found.v[i].flags & F_COMMA)
			comma(&j, &x->found.v[i]);
	if (x->found.n > 1 && in->n_links)
		qsort(x->found.v, x->found.n, sizeof *x->found.v, by_place);
	for (size_t i = 0; i < x->found.n; i++)
		x->found.v[i].class = (uint8_t)judge(&j, &x->found.v[i]);
	beside_bad(&j);
	for (size_t i = 0; i < x->found.n && !e; i++) {
		struct found *f = &x->found.v[i];
		struct group *g;

		f->group = group_make(&j, (enum ex_type)f->type, f->value);
		if (j.failed) {
			e = ERR_NOMEM;
			break;
		}
		g = &j.groups.v[f->group];
		n += g->count == 0;
		g->count += f->count;
		if (g->best == 0 || better(f, &x->found.v[g->best - 1]))
			g->best = (uint32_t)i + 1;
	}
	if (!e)
		made.v = arena_array(x->arena, n + 1, sizeof *made.v);
	if (!e && in->every)
		made.every = arena_array(x->arena, x->found.n + 1, sizeof *made.every);
	if (!e && (!made.v || (in->every && !made.every)))
		e = ERR_NOMEM;
	for (size_t i = 0; i < x->found.n && !e; i++) {
		struct found *f = &x->found.v[i];
		struct group *g = &j.groups.v[f->group];

		if (g->best == i + 1) {
			struct extracted *v = &made.v[made.n];

			fill(f, v);
			v->count = g->count;
			v->defanged |= g->hard;
			g->out = (uint32_t)made.n++;
		}
	}
	/* What other places add to the first. */
	for (size_t i = 0; i < x->found.n && !e; i++) {
		const struct found *f = &x->found.v[i];
		const struct group *g = &j.groups.v[f->group];
		struct extracted *v = &made.v[g->out];

		/* Said once for all places: nothing is mended silently. */
		if (f->status != EX_AS_WRITTEN && v->status == EX_AS_WRITTEN && v->note.n == 0 && f->note)
			e = also(x, f, v);
		if (f->class == v->class) {
			if (v->port == 0)
				v->port = f->port;
			if (v->family.n == 0)
				v->family = f->family;
			if (!v->has_role && f->has_role) {
				v->has_role = true;
				v->role = (enum role)f->role;
			}
		}
		if (in->every) {
			fill(f, &made.every[made.n_every]);
			made.every[made.n_every].class = v->class;
			made.every[made.n_every++].first = g->out;
		}
	}
	free(j.slot);
	free(j.groups.v);
	if (!e)
		*out = made;
	return e;
}
