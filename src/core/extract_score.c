/* SPDX-License-Identifier: Apache-2.0 */
/* What the place of a candidate says for and against it. */
#include "core/extract_judge_parts.h"

#include "core/name.h"

static enum ex_class because(struct found *f, enum ex_class c, const char *note)
{
	if (!f->note)
		f->note = note;
	return c;
}

static bool public_tld(struct str host)
{
	return str_find(host, STR(".gov.")) != SIZE_MAX ||
	       str_find(host, STR(".edu.")) != SIZE_MAX || str_ends(host, STR(".lg.jp")) ||
	       str_ends(host, STR(".gouv.fr")) || str_ends(host, STR(".go.kr")) ||
	       str_ends(host, STR(".go.th")) || str_ends(host, STR(".gob.mx")) ||
	       str_ends(host, STR(".gov")) || str_ends(host, STR(".mil")) ||
	       str_ends(host, STR(".edu")) || str_ends(host, STR(".int")) ||
	       str_ends(host, STR(".go.jp")) || str_ends(host, STR(".gov.uk"));
}

bool judge_alarmed(const struct judge *j, const struct found *f)
{
	return f->alarm || j->alarm;
}

/* A value that is by form what it is, in a text about something else: a commit, a router's address
 * in an example. */
static bool quiet(const struct judge *j, const struct found *f)
{
	if (judge_alarmed(j, f) || j->prose < TINY_TEXT || (j->list && f->flags & F_ALONE))
		return false;
	if (f->flags & F_HARD)
		return false;
	return j->x->n >= LONG_TEXT || !(f->flags & (F_SEC_IOC | F_STRONG | F_SENDER | F_ROW));
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

/* Of who wrote the text: where it links to, and where its readers may write. */
static bool is_publisher(const struct judge *j, const struct found *f)
{
	return judge_group(j, EX_TYPES, judge_owner(f->type == EX_URL ? f->host : f->value)) != NULL;
}

/* A name as machines and deceivers make it: with a hyphen or a digit; or as a string of a program. */
static bool contrived(const struct judge *j, const struct found *f)
{
	struct str host = judge_host(f), name = judge_owner(host), tld = host;
	size_t dot;

	while ((dot = str_chr(tld, '.')) != SIZE_MAX)
		tld = str_skip(tld, dot + 1);
	if (f->flags & F_FILE || lexicon_has(j->x->lex, SET_FILE_TLD, tld) ||
	    lexicon_has(j->x->lex, SET_FILE_END, tld) || str_find(name, STR("cert")) != SIZE_MAX ||
	    str_find(name, STR("csirt")) != SIZE_MAX || str_ends(name, STR(".target")) ||
	    (str_starts(host, STR("www.")) && !(f->flags & F_CUE)))
		return false;
	for (size_t i = 0; i < name.n; i++)
		if ((name.p[i] == '-' && i && name.p[i - 1] != '.') || ex_is(name.p[i], C_DIGIT))
			return true;
	return false;
}

/* Is it spoken of among attacks, and not as somebody's good site? Where others are defanged it must
 * look like it, too, or do something. */
static bool meant(const struct judge *j, const struct found *f)
{
	uint32_t g = f->flags;

	if (f->type != EX_DOMAIN && f->type != EX_URL)
		return false;
	/* A word of attacks in a long changelog is about nobody's site. */
	if (!j->alarm && j->x->n >= LONG_TEXT)
		return false;
	return (f->alarm || (j->alarm && contrived(j, f))) &&
	       !(g & (F_REF | F_LINK | F_SEC_REF | F_BENIGN | F_CONTACT)) &&
	       (j->hard_hosts == 0 || g & F_CUE || contrived(j, f));
}

/* Of a URL. */
static struct str behind_host(const struct found *f)
{
	size_t end = (size_t)(f->host.p - f->value.p) + f->host.n;

	return str_skip(f->value, end < f->value.n ? end : f->value.n);
}

/* A page to read, by its path. */
static bool is_page(struct str path)
{
	static const char *const words[] = { "blog",      "article", "news/",    "advisor",
					     "post/",     "posts/",  "docs/",    "wiki/",
					     "press",     "about",   "contact",  "security",
					     "report",    "publica", "research", "bulletin",
					     "alerts/",   "guid",    "faq",      "careers",
					     "community", "topic",   "story" };

	for (;;) {
		size_t slash = str_chr(path, '/');

		if (slash == SIZE_MAX)
			return false;
		path = str_skip(path, slash + 1);
		for (size_t i = 0; path.n && i < sizeof words / sizeof words[0]; i++)
			if (path.p[0] == words[i][0] && str_starts(path, str_of(words[i])))
				return true;
	}
}

/* Among the last lines of a longer text, where its authors sign. */
static bool at_end(const struct judge *j, const struct found *f)
{
	size_t n = j->x->n, last = n / 8 < 300 ? 300 : n / 8 < 600 ? n / 8 : 600;

	return n >= SHORT_TEXT && f->at + last > n && !(f->flags & F_ROW) &&
	       !(f->flags & F_SEC_IOC && f->flags & F_ALONE &&
		 !(j->hard_hosts >= 2 && str_starts(f->value, STR("www.")))) &&
	       !(f->pointed && f->flags & F_STRONG);
}

/* How much the place of a live value speaks for its being an indicator. */
static int score(const struct judge *j, const struct found *f)
{
	uint32_t g = f->flags;
	int s = 0;

	bool loud = judge_alarmed(j, f);

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
	if (at_end(j, f))
		s -= 1;
	if (f->type == EX_URL && !(g & (F_HARD | F_LINK | F_SERVICE)) &&
	    !(g & F_SEC_IOC && g & F_ALONE) && is_page(behind_host(f)))
		s -= f->pointed && g & F_STRONG ? 1 : 2;
	if (f->traits & T_GLOSS && !(g & F_STRONG))
		s -= 2;
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
	if ((f->type == EX_DOMAIN || (f->type == EX_URL && !(g & F_STRONG))) &&
	    str_starts(f->type == EX_URL ? f->host : f->value, STR("www.")) && !(g & F_SEC_IOC))
		s -= 1;
	/* Where nothing is defanged, what is spoken of among attacks is meant. */
	if (meant(j, f))
		s += is_publisher(j, f)                                     ? -1
		     : contrived(j, f) && (j->hard_hosts == 0 || g & F_CUE) ? 2
									    : 1;
	/* What is fetched there and then. */
	if (loud && f->type == EX_URL && f->pointed && g & F_STRONG)
		s += 1;
	if (loud && f->traits & T_STRING && f->type == EX_DOMAIN)
		s += 1;
	/* Who defangs some hosts means the others as they stand. */
	if (j->hard_hosts >= 2 && !(g & F_SENDER) && !(j->list && g & F_ALONE) &&
	    !(loud && contrived(j, f)))
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
	if (g & F_MINOR && score(j, f) - (g & F_NEAR_HASH ? 2 : 0) < 2)
		return because(f, EX_CONTEXT, "a version or section number");
	if (g & F_RECEIVER)
		return EX_CONTEXT;
	if (quiet(j, f))
		return because(f, EX_CONTEXT, "nothing here speaks of an attack");
	if (lexicon_has(j->x->lex, SET_SERVICE, f->value) && !judge_alarmed(j, f))
		return because(f, EX_CONTEXT, "a public resolver");
	if (!(g & F_SEC_IOC && g & (F_ALONE | F_ROW))) {
		if (f->type == EX_IPV4 && f->port == 0 && !(g & (F_STRONG | F_VALUE_WORD)) &&
		    judge_group(j, EX_TYPES, judge_branch(f->value)))
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
	static const char *const ends[] = { ".exe", ".dll",  ".ps1", ".hta",  ".vbs",  ".bat",
					    ".scr", ".msi",  ".js",  ".jse",  ".lnk",  ".iso",
					    ".php", ".apk",  ".elf", ".sh",   ".bin",  ".dat",
					    ".doc", ".docm", ".xls", ".xlsm", ".jar",  ".cab",
					    ".rar", ".zip",  ".dmg", ".pkg",  ".msix", ".xll",
					    ".wsf", ".7z",   ".img", ".vhd" };

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

/* Does the text link to a site of that name? */
static bool linked(const struct judge *j, struct str mail)
{
	size_t at = str_chr(mail, '@');
	const struct group *g;

	if (at == SIZE_MAX)
		return false;
	g = judge_group(j, EX_TYPES, judge_owner(str_skip(mail, at + 1)));
	return g != NULL;
}

/* "x.zip": is the name of a host meant, though files have such endings? */
static bool names_host(const struct judge *j, const struct found *f)
{
	uint32_t g = f->flags;

	if (!(f->traits & T_FILE_TLD))
		return false;
	if (judge_hard(j, EX_DOMAIN, f->value))
		return true;
	if (g & (F_FILE_WORD | F_NEAR_HASH | F_BENIGN | F_REF | F_SEC_REF | F_LINK) ||
	    !(judge_alarmed(j, f) || j->x->n < SHORT_TEXT))
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
	if (f->escaped && (judge_alarmed(j, f) || j->x->n < SHORT_TEXT))
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
	if (judge_hard(j, (enum ex_type)f->type, f->value))
		return EX_INDICATOR;
	if (str_ends(host, STR(".onion")) && (judge_alarmed(j, f) || j->x->n < SHORT_TEXT) &&
	    !(flags & (F_SEC_REF | F_BENIGN | F_LINK)))
		return EX_INDICATOR;
	if (!(flags & F_SERVICE) && (judge_hard(j, EX_DOMAIN, host) || judge_hard(j, EX_IPV4, host)))
		return EX_INDICATOR;
	/* What a forged mail wants clicked. */
	if (j->sample && f->type == EX_URL && !(flags & (F_SERVICE | F_MINOR | F_BENIGN | F_REF)) &&
	    !is_publisher(j, f))
		return EX_INDICATOR;
	s = score(j, f);
	if (j->x->n >= SHORT_TEXT && quiet(j, f))
		s -= 1;
	if (public_tld(host))
		s -= 2;
	if (str_ends(host, STR(".onion")))
		s += 3;
	if (f->type == EX_URL) {
		struct ip ip;

		/* Nobody sends readers to an address. */
		if (ip_parse(host, &ip))
			s += judge_alarmed(j, f) ? 3 : 2;
		if (flags & F_NO_SCHEME && !f->pointed)
			s -= 1;
		if (serves(f->value))
			s += 1;
		else if (flags & F_MINOR && !(f->pointed && flags & F_STRONG))
			s -= 2;
		/* No page for readers. */
		if (judge_alarmed(j, f) && !str_starts(f->value, STR("http")))
			s += 1;
		if (s >= (j->hard_hosts && !(j->list && flags & F_ALONE) && !contrived(j, f) ? 3 : 2))
			return EX_INDICATOR;
		return EX_REFERENCE;
	}
	if (s >= 2)
		return EX_INDICATOR;
	return flags & (F_SERVICE | F_REF | F_LINK | F_SEC_REF) ? EX_REFERENCE : EX_CONTEXT;
}

static enum ex_class mail(const struct judge *j, struct found *f)
{
	bool loud = judge_alarmed(j, f) || j->x->n < SHORT_TEXT;
	struct str domain = str_skip(f->value, str_chr(f->value, '@') + 1);
	uint32_t g = f->flags;
	bool hidden;
	int s = 0;

	if (g & F_EXAMPLE)
		return because(f, EX_CONTEXT, "reserved for examples");
	if (g & F_RECEIVER || g & F_GUID_WORD)
		return EX_CONTEXT;
	/* People hide their own addresses from harvesters in the same way. */
	if ((g & F_HARD || judge_hard(j, EX_EMAIL, f->value)) && loud)
		return EX_INDICATOR;
	if (g & F_SENDER)
		s += loud ? 3 : 1;
	if (g & F_RANSOM || extorts(f->value))
		s += loud ? 3 : 1;
	if (g & F_SEC_IOC)
		s += loud ? 3 : 1;
	if (g & F_STRONG)
		s += loud ? 2 : 0;
	else if (g & F_CUE && loud)
		s += 1;
	if (g & F_VALUE_WORD && loud)
		s += 1;
	hidden = lexicon_has(j->x->lex, SET_HIDDEN_POST, domain);
	if (judge_alarmed(j, f) && contrived(j, f) && g & (F_CUE | F_VALUE_WORD) && !f->angle &&
	    !judge_office(f->value))
		s += 1;
	if (loud && (hidden || !judge_office(f->value)))
		s += hidden ? 3 : !lexicon_has(j->x->lex, SET_POST, domain) ? 0 : f->alarm ? 2 : 1;
	if (j->list && g & F_ALONE)
		s += loud || whole_line(f) ? 3 : 1;
	/* "Some One <one@there.org>": who wrote the text, or who is thanked in it. */
	if (f->angle && !(g & (F_SENDER | F_SEC_IOC)))
		s -= 4;
	if (g & F_CONTACT)
		s -= f->note_mail || hidden ? 1 : 5;
	if (g & F_SEC_REF)
		s -= 3;
	if (at_end(j, f) && !hidden)
		s -= 1;
	if (g & F_BENIGN)
		s -= 2;
	if (public_tld(f->value))
		s -= 2;
	/* The mail of whoever published this, by its name or by where the text links to. */
	if (!f->note_mail && !hidden && !(g & F_SENDER) &&
	    !(f->pointed && g & F_STRONG && !(g & F_CONTACT)) && judge_office(f->value))
		s -= g & F_SEC_IOC && g & (F_ALONE | F_ROW) ? 1 : 6;
	if (!(g & F_SENDER) && !(g & F_SEC_IOC && g & (F_ALONE | F_ROW)) && linked(j, f->value))
		s -= 3;
	return s >= 2 ? EX_INDICATOR : EX_CONTEXT;
}

enum ex_class judge_one(const struct judge *j, struct found *f)
{
	uint32_t g = f->flags;

	switch (f->type) {
	case EX_IPV4:
	case EX_IPV6:
	case EX_CIDR:
		return address(j, f);
	case EX_DOMAIN:
		return g & F_RECEIVER && !(g & F_HARD) ? EX_CONTEXT : named(j, f, f->value);
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
