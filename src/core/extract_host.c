/* SPDX-License-Identifier: Apache-2.0 */
#include "core/extract_parts.h"

#include "core/name.h"

#include <libpsl.h>

/* ---- names of hosts --------------------------------------------------------------------------- */

static bool known_tld(struct str label)
{
	char text[64], below[8] = "co.";

	memcpy(text, label.p, label.n);
	text[label.n] = 0;
	if (psl_is_public_suffix2(psl_builtin(), text, PSL_TYPE_ICANN | PSL_TYPE_NO_STAR_RULE))
		return true;
	/* Of some countries only what lies below is listed: co.za. */
	if (label.n != 2)
		return false;
	memcpy(below + 3, label.p, 2);
	if (psl_is_public_suffix2(psl_builtin(), below, PSL_TYPE_ICANN | PSL_TYPE_NO_STAR_RULE))
		return true;
	memcpy(below, "com.", 4);
	memcpy(below + 4, label.p, 2);
	below[6] = 0;
	return psl_is_public_suffix2(psl_builtin(), below, PSL_TYPE_ICANN | PSL_TYPE_NO_STAR_RULE);
}

bool ex_shared(struct str name)
{
	char text[128];

	if (name.n >= sizeof text)
		return false;
	memcpy(text, name.p, name.n);
	text[name.n] = 0;
	return psl_is_public_suffix2(psl_builtin(), text, PSL_TYPE_ANY | PSL_TYPE_NO_STAR_RULE);
}

bool ex_tld(struct ex *x, struct str label)
{
	struct tld_slot *slot;
	uint64_t key, high;
	char low[64];

	if (label.n < 2 || label.n > 63)
		return false;
	for (size_t i = 0; i < label.n; i++)
		if (!ex_is(label.p[i], C_ALPHA) &&
		    !(label.n > 4 && (ex_is(label.p[i], C_DIGIT) || label.p[i] == '-')))
			return false;
	memset(low, 0, 16);
	ex_lower_to(low, label.p, label.n);
	label.p = low;
	if (label.n > 16)
		return known_tld(label);
	key = ex_eight(low);
	high = ex_eight(low + 8);
	slot = &x->tld[((key ^ high) * UINT64_C(0x9e3779b97f4a7c15)) >> 55];
	if (slot->low != key || slot->high != high)
		*slot = (struct tld_slot){ key, high, known_tld(label) };
	return slot->known;
}

static bool in_list(struct str s, const char *const *v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (str_iis(s, v[i]))
			return true;
	return false;
}

#define IN(s, v) in_list(s, v, sizeof(v) / sizeof(v)[0])

static struct str last_label(struct str s)
{
	size_t i = s.n;

	while (i && s.p[i - 1] != '.')
		i--;
	return str_skip(s, i);
}

/* The host or what it lies under. */
static bool service(const struct ex *x, struct str host)
{
	for (; host.n; host = name_parent(host))
		if (str_starts(host, STR("google.")) || lexicon_has(x->lex, SET_SERVICE, host))
			return true;
	return false;
}

static uint32_t host_flags(struct ex *x, struct str host)
{
	static const char *const examples[] = { "example.com", "example.net",   "example.org",
						"example.edu", "example.co.jp", "example.jp" };
	static const char *const reserved[] = { "example", "test", "invalid" };
	static const char *const inside[] = { "localhost", "local",     "lan",      "internal",
					      "corp",      "home",      "intranet", "localdomain",
					      "private",   "workgroup", "arpa",     "domain" };
	/* Name systems beside the DNS that malware uses. */
	static const char *const beside[] = { "onion", "bit",  "bazar", "lib",   "coin", "emc",
					      "i2p",   "chan", "p2p",   "libre", "geek", "eth" };
	struct str tld = last_label(host);
	uint32_t flags = 0;
	bool known;

	for (size_t i = 0; i < sizeof examples / sizeof examples[0]; i++) {
		size_t n = strlen(examples[i]);

		if (host.n >= n && host.p[host.n - n + 1] == 'x' &&
		    name_under(host, (struct str){ examples[i], n }))
			return F_EXAMPLE;
	}
	known = ex_tld(x, tld);
	if (!known && IN(tld, reserved))
		return F_EXAMPLE;
	if (tld.n == host.n)
		return F_NOT_IN_DNS;
	if (!known && (IN(tld, inside) || !IN(tld, beside)))
		return F_NOT_IN_DNS;
	if (str_is(tld, "onion")) {
		struct str name = last_label(str_head(host, host.n - 6));

		if (name.n != 16 && name.n != 56)
			return F_NOT_IN_DNS;
	}
	if (service(x, host))
		flags |= F_SERVICE;
	/* Reports keep their own tools there, and others their malware. */
	if (name_under(host, STR("github.com")) || name_under(host, STR("gitlab.com")) ||
	    name_under(host, STR("codeberg.org")) || name_under(host, STR("bitbucket.org")))
		flags |= F_MINOR;
	return flags;
}

uint32_t ex_host_flags(struct ex *x, struct str host)
{
	uint32_t hash = ex_hash(host);
	struct host_slot *slot = &x->host[hash % HOST_SLOTS];

	if (host.n == 0 || host.n > sizeof slot->text)
		return host_flags(x, host);
	if (slot->hash != hash || slot->n != host.n || memcmp(slot->text, host.p, host.n) != 0) {
		slot->flags = host_flags(x, host);
		slot->hash = hash;
		slot->n = (uint8_t)host.n;
		memcpy(slot->text, host.p, host.n);
	}
	return slot->flags;
}

/* What a URL's host may hold, from its first byte on. Letters of alphabets belong to it; characters
 * of scripts without blanks do in a label of their own. */
size_t ex_host_end(const struct ex *x, size_t at)
{
	size_t i = at, label = at;
	bool ascii = false, cjk = false;

	while (i < x->n && i - at < 1024) {
		enum script script;
		size_t n;

		if (ex_is(x->p[i], C_NAME)) {
			if (x->p[i] == '.') {
				label = i + 1;
				ascii = cjk = false;
			} else {
				/* "例え.jp" goes on, "例えjp" does not begin anew. */
				ascii = true;
			}
			i++;
			continue;
		}
		if (!ex_is(x->p[i], C_WIDE))
			break;
		n = ex_char(x->p + i, x->n - i, &script);
		if (script == SCRIPT_NONE || (script == SCRIPT_CJK && ascii && !cjk && i > label))
			break;
		cjk |= script == SCRIPT_CJK;
		i += n;
	}
	/* A last label in such a script without any of that name: prose. */
	if (cjk) {
		size_t begin = x->scratch.n;
		bool known = name_normalise((struct str){ x->p + label, i - label }, true,
					    (struct buf *)(uintptr_t)&x->scratch) == ERR_OK;
		struct str tld = str_skip(buf_str(&x->scratch), begin);

		known = known && ex_tld((struct ex *)(uintptr_t)x, tld);
		((struct ex *)(uintptr_t)x)->scratch.n = begin;
		if (!known && label > at)
			i = label;
	}
	while (i > at && (x->p[i - 1] == '.' || x->p[i - 1] == '-'))
		i--;
	return i;
}

/* ---- what has dots ---------------------------------------------------------------------------- */

static bool has_upper(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (ex_upper(s.p[i]))
			return true;
	return false;
}

/* A bracket of ASCII right behind a name, and no value in it. */
static bool calls(const struct ex *x, size_t end)
{
	return x->p[end] == '(' && x->fold.src.p[fold_src(&x->fold, end)] == '(' &&
	       !ex_is(x->p[end + 1], C_DIGIT) && !ex_is(x->p[end + 1], C_WIDE);
}

/* An undefanged name by its looks: code, a file, a verdict of a scanner. */
static uint32_t looks(const struct ex *x, size_t at, size_t end, struct str tld, uint8_t *traits)
{
	struct str rest = { x->p + at, end - at }, label, first;
	size_t labels = name_labels(rest), upper = 0, verdict = 0;
	char before = at ? x->p[at - 1] : ' ';
	uint32_t flags = 0;

	first = str_head(rest, str_chr(rest, '.'));
	if (calls(x, end) || before == '$' || (x->p[end] == '[' && x->p[end + 1] == '\''))
		flags |= F_CODE;
	if (x->p[end] == '=' && x->p[end + 1] != '=' && before != '.')
		flags |= F_CODE;
	/* address=/name/0.0.0.0 is of a resolver. */
	if ((before == '/' && !(at > 2 && x->p[at - 2] == '/' && x->p[at - 3] == ':') &&
	     !(at > 1 && x->p[at - 2] == '=' && x->p[end] == '/')) ||
	    before == '\\' || before == '%')
		flags |= F_FILE;
	if (before == '@')
		flags |= F_CODE;
	while (str_cut(&rest, '.', &label)) {
		upper += label.n && ex_upper(label.p[0]);
		verdict += lexicon_has(x->lex, SET_VERDICT, label);
	}
	if (lexicon_has(x->lex, SET_PACKAGE, first) &&
	    !(first.n == 3 && labels == 2 && !has_upper(first)))
		flags |= F_CODE;
	/* System.Net.Sockets; EVIL.COM and Evil.com are names. */
	if (upper == labels && labels > 1 && has_upper(tld) && tld.n > 1 && !ex_upper(tld.p[1]))
		flags |= F_CODE;
	if (verdict && (upper || labels > 2))
		flags |= F_CODE;
	/* Names that can be registered have no underscore. */
	if (memchr(x->p + at, '_', end - at)) {
		size_t dots = 0, i = end;

		while (i > at && dots < 2) {
			i--;
			dots += x->p[i] == '.';
			if (x->p[i] == '_')
				flags |= F_FILE;
		}
	}
	if (labels == 2 && !(flags & F_FILE)) {
		if (lexicon_has(x->lex, SET_FILE_TLD, tld)) {
			flags |= F_FILE;
			*traits |= T_FILE_TLD;
		} else if (lexicon_has(x->lex, SET_WEAK_TLD, tld)) {
			*traits |= T_WEAK_TLD;
		}
	}
	/* RUNME.COM is a file. */
	if (labels == 2 && str_is(tld, "COM"))
		flags |= F_MINOR;
	if (labels == 2 && first.n < 2)
		flags |= F_MINOR;
	return flags;
}

/* Native spellings of Latin top-level domains that are such domains themselves, or words of a
 * translated text: what they stood for. */
static const char *transliterated(struct str s)
{
	static const struct {
		const char *word, *stands;
	} words[] = {
		{ "\xe3\x82\xb3\xe3\x83\xa0", "com" },             /* コム */
		{ "\xe3\x83\x8d\xe3\x83\x83\xe3\x83\x88", "net" }, /* ネット */
		{ "\xe3\x82\xaa\xe3\x83\xab\xe3\x82\xb0", "org" }, /* オルグ */
		{ "\xe3\x83\x89\xe3\x83\x83\xe3\x83\x88\xe3\x82\xb3\xe3\x83\xa0", "com" }, /* ドットコム
											    */
		{ "\xeb\x8b\xb7\xec\xbb\xb4", "com" }, /* 닷컴 */
		{ "\xec\xbb\xb4", "com" },             /* 컴 */
		{ "\xeb\x84\xb7", "net" },             /* 넷 */
		{ "\xeb\x8b\xb7\xeb\x84\xb7", "net" }, /* 닷넷 */
		{ "\xd0\xba\xd0\xbe\xd0\xbc", "com" }, /* ком */
		{ "\xd1\x80\xd1\x83", "ru" },          /* ру */
		{ "\xe7\x82\xb9\xe7\x9c\x8b", "com" }, /* 点看 */
	};

	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
		if (str_is(s, words[i].word))
			return words[i].stands;
	return NULL;
}

/* A name in normal form into the scratch buffer; empty if it is none. */
static struct str normal(struct ex *x, struct str s)
{
	size_t begin = x->scratch.n;

	while (s.n && (s.p[0] == '.' || s.p[0] == '-'))
		s = str_skip(s, 1);
	if (name_normalise(s, false, &x->scratch) != ERR_OK)
		return STR_NONE;
	return str_skip(buf_str(&x->scratch), begin);
}

/* Does [at, end) end like the name of a host, or is it an address? */
static bool ends_host(struct ex *x, size_t at, size_t end)
{
	struct str label = last_label((struct str){ x->p + at, end - at });
	uint32_t number;
	bool zeros;

	return ex_quad(x, at, end, &number, &zeros) == end ||
	       (ex_tld(x, label) && !lexicon_has(x->lex, SET_FILE_END, label));
}

/* "someone at host dot org": where the mail address begins that the name at `at` ends, or 0. */
static size_t spelt_mail(const struct ex *x, size_t at, size_t end)
{
	size_t i = at;

	if (at < 6 || !str_ieq((struct str){ x->p + at - 4, 4 }, STR(" at ")))
		return 0;
	for (size_t k = at; k < end; k++)
		if (fold_bit(x->fold.hard, k) && (x->fold.src.p[fold_src(&x->fold, k)] | 32) != 'd')
			return 0;
	for (i = at - 4; i > x->done && at - i < 68 && ex_is(x->p[i - 1], C_LOCAL); i--)
		;
	return i < at - 4 ? i : 0;
}

/* A name, with the port and path that follow it. `flags`: what is known of it. */
static size_t name(struct ex *x, size_t at, size_t end, struct str value, uint32_t flags, uint8_t traits)
{
	uint32_t said = ex_host_flags(x, value);
	size_t i;
	struct found *f;
	uint16_t port = 0;
	bool cut = false;

	i = flags & F_HARD ? spelt_mail(x, at, end) : 0;
	if (i) {
		size_t begin = x->scratch.n;

		for (size_t k = i; k < at - 4; k++)
			buf_ch(&x->scratch, ex_lower(x->p[k]));
		buf_ch(&x->scratch, '@');
		buf_puts(&x->scratch, value);
		if (buf_err(&x->scratch))
			x->err = ERR_NOMEM;
		else
			(void)ex_add(x, EX_EMAIL, i, end, str_skip(buf_str(&x->scratch), begin),
				     flags | said);
		x->scratch.n = begin;
		return end;
	}
	i = ex_port(x, end, &port);
	if (x->p[i] == '/' && !(flags & (F_CODE | F_FILE)) &&
	    !(at > 1 && x->p[at - 1] == '/' && x->p[at - 2] == '=')) {
		size_t s = i + 1, path;
		bool host = false;

		/* a[.]com/b[.]com: two of them. */
		while (ex_is(x->p[s], C_NAME))
			s++;
		if (fold_any(x->fold.hard, i + 1, s) && x->p[s] != '/' && x->p[s] != '?') {
			size_t t = s;

			while (t > i + 1 && x->p[t - 1] == '.')
				t--;
			host = t > i + 1 && ends_host(x, i + 1, t);
		}
		path = host ? i : ex_path_end(x, at, i, &cut);
		if (path > i && x->scratch.err == ERR_OK && !host) {
			f = ex_add_url(x, at, path, "http://", at, flags | said | F_NO_SCHEME);
			if (f) {
				if (cut)
					ex_cut(f);
				return path;
			}
		}
	}
	f = ex_add(x, EX_DOMAIN, at, end, value, flags | said);
	if (!f)
		return end;
	f->port = port;
	f->traits = traits;
	if (port)
		return i;
	if (!(flags & (F_CODE | F_FILE)))
		ex_port_word(x, end, &f->port);
	return end;
}

static size_t file(struct ex *x, size_t at, size_t end, uint32_t flags)
{
	(void)ex_add(x, EX_FILENAME, at, end, (struct str){ x->p + at, end - at }, flags | F_FILE);
	return end;
}

/* A name with letters. */
static size_t lettered(struct ex *x, size_t at, size_t end)
{
	size_t begin = x->scratch.n, tld_at = end, next = end;
	bool hard = fold_any(x->fold.hard, at, end);
	uint32_t flags = hard ? F_HARD : 0;
	const char *note = NULL, *mended = NULL;
	enum ex_status status = EX_AS_WRITTEN;
	struct str tld, value, raw;
	struct found *f;
	size_t found = x->found.n;
	uint8_t traits = 0;

	/* What follows a full stop of the sentence without a blank is no part of it. */
	for (;;) {
		size_t dot;
		struct str label;

		for (tld_at = end; tld_at > at && x->p[tld_at - 1] != '.'; tld_at--)
			;
		tld = (struct str){ x->p + tld_at, end - tld_at };
		if (tld_at == at)
			return next;
		dot = tld_at - 1;
		if (ex_tld(x, tld) && !fold_bit(x->fold.soft, dot))
			break;
		/* "evil[.]com-hosted" */
		if (hard && fold_bit(x->fold.hard, dot) && memchr(tld.p, '-', tld.n)) {
			label = str_head(tld, str_chr(tld, '-'));
			if (ex_tld(x, label)) {
				end = next = tld_at + label.n;
				continue;
			}
		}
		/* Does a name end before that dot, which nobody put into brackets? */
		if (!fold_bit(x->fold.hard, dot)) {
			size_t k = dot;

			while (k > at && x->p[k - 1] != '.')
				k--;
			label = (struct str){ x->p + k, dot - k };
			if (k > at &&
			    ((ex_tld(x, label) && (hard || fold_bit(x->fold.soft, dot)) &&
			      fold_any(x->fold.hard, at, dot) == hard) ||
			     fold_bit(x->fold.soft, dot)) &&
			    (fold_bit(x->fold.soft, dot) || ex_upper(tld.p[0]) ||
			     ex_is(tld.p[0], C_WIDE))) {
				if (fold_bit(x->fold.soft, dot) && ex_tld(x, tld) && !ex_tld(x, label))
					break;
				end = next = dot;
				continue;
			}
		}
		break;
	}
	if (x->p[at] == '*' || x->p[at] == '.')
		at++;
	/* "1.evil[.]com": the number of an item. */
	if (hard && ex_is(x->p[at], C_DIGIT) && (at == 0 || x->p[at - 1] == '\n')) {
		size_t i = at + 1 + (size_t)ex_is(x->p[at + 1], C_DIGIT);

		if (x->p[i] == '.' && !fold_bit(x->fold.hard, i) && ex_is(x->p[i + 1], C_ALPHA) &&
		    memchr(x->p + i + 1, '.', end - i - 1))
			at = i + 1;
	}
	raw = (struct str){ x->p + at, end - at };

	if (ex_is(tld.p[0], C_WIDE)) {
		bool latin = true;
		size_t host = tld_at;

		for (size_t i = at; i < tld_at; i++)
			latin &= !ex_is(x->p[i], C_WIDE);
		mended = latin ? transliterated(tld) : NULL;
		if (mended) {
			/* Copy: the rest of the name, then what it stood for. */
			char text[300];

			if (host - at + 4 > sizeof text)
				return next;
			memcpy(text, x->p + at, host - at);
			memcpy(text + (host - at), mended, strlen(mended));
			value = normal(x, (struct str){ text, host - at + strlen(mended) });
			status = EX_MENDED;
			note = "the top-level domain is spelt in another script, as translators do; read as "
			       "the Latin one, although the other exists or may exist";
		} else {
			value = normal(x, raw);
			if (value.n && !ex_tld(x, last_label(value))) {
				x->scratch.n = begin;
				value = STR_NONE;
			}
			if (value.n == 0 && fold_bit(x->fold.hard, tld_at - 1) && latin) {
				/* evil.co[.]これは: the sentence has swallowed the last label. */
				end = tld_at - 1;
				value = normal(x, (struct str){ x->p + at, end - at });
				if (value.n && name_labels(value) < 2)
					value = STR_NONE;
				status = EX_UNCERTAIN;
				flags |= F_HARD;
				note = "the label behind the last defanged dot is lost: prose stands there; "
				       "the name is incomplete";
			}
		}
		if (value.n == 0) {
			x->scratch.n = begin;
			return next;
		}
		if (!hard && !mended && !ex_tld(x, last_label(value))) {
			x->scratch.n = begin;
			return next;
		}
		if (status == EX_UNCERTAIN) {
			f = ex_add(x, EX_DOMAIN, at, next, value, flags);
			next = end + 1;
		} else {
			next = name(x, at, next, value, flags, 0);
			f = x->found.n > found ? &x->found.v[found] : NULL;
		}
		if (f && note) {
			f->status = (uint8_t)status;
			f->note = note;
		}
		x->scratch.n = begin;
		return next;
	}

	if (!ex_tld(x, tld)) {
		static const char *const beside[] = { "onion", "bit", "bazar", "lib",
						      "coin",  "emc", "i2p",   "eth" };

		if (lexicon_has(x->lex, SET_FILE_END, tld))
			return file(x, at, end, flags);
		if (!hard && !IN(tld, beside))
			return next;
		if (!IN(tld, beside) && (tld.n < 2 || !ex_is(tld.p[0], C_ALPHA)))
			return next;
	}
	value = normal(x, raw);
	if (value.n == 0) {
		x->scratch.n = begin;
		return next;
	}
	if (!hard)
		flags |= looks(x, at, end, tld, &traits);
	else if (lexicon_has(x->lex, SET_FILE_TLD, tld) && name_labels(value) == 2)
		flags |= F_MINOR;
	/* foo.zip in a path or beside file words is a file; who defangs it means a name, elsewhere
	 * in the document, too. */
	if (flags & F_FILE && !(flags & F_HARD) && !(traits & T_FILE_TLD)) {
		x->scratch.n = begin;
		return file(x, at, end, flags);
	}
	next = name(x, at, end, value, flags, traits);
	x->scratch.n = begin;
	return next;
}

size_t ex_dotted(struct ex *x, size_t at, size_t end)
{
	size_t whole = end, i, dots;
	bool letters = false;

	while (at < end &&
	       (x->p[at] == '-' || x->p[at] == '.' || (x->p[at] == '_' && x->p[end - 1] == '_')))
		at++;
	while (end > at && (x->p[end - 1] == '-' || x->p[end - 1] == '.' || x->p[end - 1] == '_'))
		end--;
	dots = ex_count(x->mark[MARK_DOT], at, end);
	for (i = at; i < end && !letters; i++)
		letters = !ex_is(x->p[i], C_DIGIT) && x->p[i] != '.' && x->p[i] != '-';
	if (dots == 0 || end - at > 512)
		return whole;
	if (ex_attack(x, at, end))
		return whole;
	if (dots >= 3 && ex_is(x->p[at], C_DIGIT)) {
		size_t stop = at, part = 0;
		uint32_t number;
		bool zeros;

		stop = ex_quad(x, at, end, &number, &zeros);
		/* All of it; before a range's dash; before a full stop and a sentence. */
		if (stop && stop == end)
			return ex_v4(x, at, end);
		/* "1.2.3[.]4-based" */
		if (stop && x->p[stop] == '-' && ex_is(x->p[stop + 1], C_ALPHA) &&
		    fold_any(x->fold.hard, at, stop)) {
			(void)ex_v4(x, at, stop);
			return end;
		}
		if (stop && x->p[stop] == '-' && !letters) {
			size_t next = ex_v4(x, at, stop);

			(void)part;
			return next > stop ? next : stop + 1;
		}
		if (stop && x->p[stop] == '.' &&
		    (fold_bit(x->fold.soft, stop) ||
		     (fold_any(x->fold.hard, at, stop) && !fold_bit(x->fold.hard, stop) &&
		      (ex_upper(x->p[stop + 1]) || ex_is(x->p[stop + 1], C_WIDE))))) {
			(void)ex_v4(x, at, stop);
			return stop + 1;
		}
		/* 1.2.3[.]4and, 1.2.3[.]4から */
		if (stop && fold_any(x->fold.hard, at, stop) && !ex_is(x->p[stop], C_DIGIT) &&
		    x->p[stop] != '.' && x->p[stop] != '_' && x->p[stop] != '-')
			return ex_v4(x, at, stop) > stop ? end : stop;
	}
	/* IP1.2.3.4 */
	if (dots >= 3 && end - at > 9 && str_istarts((struct str){ x->p + at, 2 }, STR("ip")) &&
	    ex_is(x->p[at + 2], C_DIGIT)) {
		uint32_t number;
		bool zeros;

		if (ex_quad(x, at + 2, end, &number, &zeros) == end)
			return ex_v4(x, at + 2, end);
	}
	if (!letters)
		return whole;
	/* Glued by a dash or not: a name. */
	i = lettered(x, at, end);
	return i > end ? i : i < end && i > at ? i : whole;
}

size_t ex_wide_name(struct ex *x, size_t dot)
{
	size_t at = dot, end, begin = x->scratch.n, len = 0, found = x->found.n;
	bool hard = fold_bit(x->fold.hard, dot);
	enum script script;
	struct str value;

	/* Within one that was tried from an earlier dot. */
	if (dot < x->wide_done)
		return 0;
	/* Back to where the name begins: a blank, a bracket, another kind of character. */
	while (at > x->done && dot - at < 180) {
		size_t back = 1;

		while (back < 4 && at - back > x->done && ((unsigned char)x->p[at - back] & 0xc0) == 0x80)
			back++;
		if (ex_char(x->p + at - back, x->n - (at - back), &script) != back)
			break;
		if (!ex_is(x->p[at - back], C_NAME) && script == SCRIPT_NONE)
			break;
		at -= back;
		len++;
	}
	end = ex_host_end(x, dot + 1);
	x->wide_done = end;
	if (end <= dot + 1 || at == dot || dot - at >= 180)
		return 0;
	/* Prose on its left: kana and the like before Latin letters in one label. */
	for (size_t i = at; i < dot;) {
		size_t n = ex_char(x->p + i, dot - i, &script);

		if (script == SCRIPT_CJK && i + n < dot && ex_alnum(x->p[i + n]))
			at = i + n;
		i += n;
	}
	value = normal(x, (struct str){ x->p + at, end - at });
	if (value.n == 0 || len > 40) {
		x->scratch.n = begin;
		return 0;
	}
	if (ex_host_flags(x, value) & F_NOT_IN_DNS ||
	    (!hard && lexicon_has(x->lex, SET_FILE_END, last_label(value)))) {
		x->scratch.n = begin;
		return 0;
	}
	end = name(x, at, end, value, hard ? F_HARD : 0, 0);
	x->scratch.n = begin;
	return x->found.n > found ? end : 0;
}
