/* SPDX-License-Identifier: Apache-2.0 */
#include "core/extract_parts.h"

#include "base/sha.h"

static struct found *add_lower(struct ex *x, enum ex_type type, size_t at, size_t end, uint32_t flags)
{
	size_t begin = x->scratch.n;
	struct found *f;
	char *p = buf_room(&x->scratch, end - at);

	if (!p) {
		x->err = ERR_NOMEM;
		return NULL;
	}
	ex_lower_to(p, x->p + at, end - at);
	f = ex_add(x, type, at, end, (struct str){ p, end - at }, flags);
	x->scratch.n = begin;
	return f;
}

/* ---- hashes ----------------------------------------------------------------------------------- */

/* Digits of a hash are many: "aaaa...", "0123456789abcdef..." and long decimal numbers are none. */
static bool random_hex(const char *p, size_t n)
{
	unsigned seen = 0, letters = 0, runs = 0, steps = 0, before = 99;

	if (n > 32 && n != 62)
		n = 32;
	for (size_t i = 0; i < n; i += 8) {
		size_t take = n - i < 8 ? n - i : 8;
		uint64_t x = take == 8 ? ex_eight(p + i) : ex_some(p + i, take);
		/* '0' is 0x30, 'A' 0x41, 'a' 0x61. */
		uint64_t letter = x >> 6 & EX_EACH(1);
		uint64_t v = (x & EX_EACH(15)) + letter * 9, last = v << 8 | before;
		uint64_t some = take == 8 ? EX_EACH(1) : EX_EACH(1) & ((UINT64_C(1) << (8 * take)) - 1);
		/* The same as the one before; one more. 'a' is no step from '9'. */
		uint64_t same = ~((v ^ last) + EX_EACH(0x7f)) >> 7 & some;
		uint64_t step = ~((v ^ (last + EX_EACH(1))) + EX_EACH(0x7f)) >> 7 & some;
		uint64_t ten = ~((v ^ EX_EACH(10)) + EX_EACH(0x7f)) >> 7 & some;

		/* Sums of eight bits. */
		letters += (unsigned)(letter * EX_EACH(1) >> 56);
		runs += (unsigned)(same * EX_EACH(1) >> 56);
		steps += (unsigned)((step & ~ten) * EX_EACH(1) >> 56);
		before = (unsigned)(v >> (8 * (take - 1)) & 15);
		if (take == 8)
			seen |= 1u << (v & 15) | 1u << (v >> 8 & 15) | 1u << (v >> 16 & 15) |
				1u << (v >> 24 & 15) | 1u << (v >> 32 & 15) | 1u << (v >> 40 & 15) |
				1u << (v >> 48 & 15) | 1u << (v >> 56 & 15);
		else
			for (size_t k = 0; k < take; k++, v >>= 8)
				seen |= 1u << (v & 15);
	}
	return __builtin_popcount(seen) >= 8 && letters > 0 && letters < n && runs < n / 2 &&
	       steps < n / 2;
}

/* Of nothing at all: what a tool says about an empty file. */
static bool of_nothing(const char *p, size_t n)
{
	static const char *const empty[] = {
		"d41d8cd98f00b204e9800998ecf8427e",
		"da39a3ee5e6b4b0d3255bfef95601890afd80709",
		"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
		/* SHA-512 of nothing */
		"cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81a538327af927da3e",
	};

	for (size_t i = 0; i < sizeof empty / sizeof empty[0]; i++)
		if (strlen(empty[i]) == n && str_ieq((struct str){ p, n }, str_of(empty[i])))
			return true;
	return false;
}

static bool hash_size(size_t n, enum ex_type *type)
{
	switch (n) {
	case 32:
		*type = EX_MD5;
		return true;
	case 40:
		*type = EX_SHA1;
		return true;
	case 64:
		*type = EX_SHA256;
		return true;
	case 128:
		*type = EX_SHA512;
		return true;
	case 62:
		*type = EX_JARM;
		return true;
	default:
		return false;
	}
}

/* Digits alone, or letters alone: a number, a word. */
static bool random_word(const char *p, size_t n)
{
	size_t digits = 0;

	for (size_t i = 0; i < n; i++)
		digits += ex_is(p[i], C_DIGIT);
	return digits == 0 || digits == n;
}

/* Does the line behind hold a hash by itself, too? */
static bool another_hash(const struct ex *x, size_t at)
{
	size_t i = at, n = 0;

	while (x->p[i] == '\r' || x->p[i] == '\n' || ex_blank(x->p[i]))
		i++;
	while (ex_hex(x->p[i + n]) && n < 40)
		n++;
	return n == 32;
}

static size_t line_begin(const struct ex *x, size_t at)
{
	while (at > 0 && x->p[at - 1] != '\n')
		at--;
	return at;
}

static bool bullet(const struct ex *x, size_t line)
{
	while (ex_blank(x->p[line]))
		line++;
	return (x->p[line] == '-' || x->p[line] == '*' || ex_is(x->p[line], C_WIDE)) &&
	       !ex_alnum(x->p[line + 1]);
}

/* A hash that goes on in the next line: where that begins and ends. */
static bool goes_on(const struct ex *x, size_t at, size_t end, size_t *next, size_t *stop)
{
	size_t i = end, n = end - at, m, line, first;
	enum ex_type type, both;

	while (i - end < 4 && (x->p[i] == ' ' || x->p[i] == '\r' || x->p[i] == '-'))
		i++;
	if (x->p[i] != '\n')
		return false;
	line = i + 1;
	for (i++; i - end < 90 && ex_blank(x->p[i]); i++)
		;
	for (*next = i; ex_hex(x->p[i]) && i - *next < 129; i++)
		;
	m = i - *next;
	if (m < 4 || ex_is(x->p[i], C_ALPHA | C_DIGIT) || x->p[i] == '_' || x->p[i] == '[' ||
	    (x->p[i] == '.' && ex_alnum(x->p[i + 1])))
		return false;
	*stop = i;
	if (!hash_size(n + m, &both) || both == EX_JARM || n < 8)
		return false;
	if (!hash_size(n, &type) || type == EX_JARM)
		return true;
	/* The first is whole already: is the second nothing by itself, or does the first line alone
	 * begin an item? */
	first = line_begin(x, at);
	/* "SHA-512: ..." and half of one. */
	if (n == 64 && m == 64 && at - first < 60 && memmem(x->p + first, at - first, "512", 3) &&
	    !memmem(x->p + line, *next - line, "512", 3))
		return true;
	if (at - first > 200)
		return false;
	if (!hash_size(m, &type))
		return m >= 8 && !random_word(x->p + *next, m);
	return bullet(x, first) && !bullet(x, line) && at - first < 8 &&
	       (x->p[*stop] == '\n' || x->p[*stop] == '\r' || x->p[*stop] == 0) &&
	       !another_hash(x, *stop);
}

static size_t joined(struct ex *x, size_t at, size_t end, size_t next, size_t stop)
{
	size_t begin = x->scratch.n, n = end - at + (stop - next);
	struct found *f = NULL;
	enum ex_type type;

	for (size_t i = at; i < stop; i++)
		if (i < end || i >= next)
			buf_ch(&x->scratch, ex_lower(x->p[i]));
	if (buf_err(&x->scratch))
		x->err = ERR_NOMEM;
	else if (hash_size(n, &type) && random_hex(x->scratch.p + begin, n))
		f = ex_add(x, type, at, stop, str_skip(buf_str(&x->scratch), begin), 0);
	x->scratch.n = begin;
	return f ? stop : 0;
}

static size_t hash(struct ex *x, size_t at, size_t end)
{
	char before = at ? x->p[at - 1] : ' ';
	enum ex_type type;
	struct found *f;
	size_t next, stop;
	uint32_t flags = 0;

	if (goes_on(x, at, end, &next, &stop)) {
		stop = joined(x, at, end, next, stop);
		if (stop)
			return stop;
	}
	if (!hash_size(end - at, &type) || !random_hex(x->p + at, end - at))
		return end;
	if (before == '{' || (before == '\\' && x->p[end] != ' '))
		flags |= F_MINOR;
	/* A string of a program, cut by the width of a column. */
	if (before == '"' && at > 3 && x->p[at - 2] == ' ' && x->p[at - 3] == '=' &&
	    (x->p[end] == '\n' || x->p[end] == '\r' || (x->p[end] == ' ' && x->p[end + 1] == '|')))
		flags |= F_MINOR;
	f = add_lower(x, type, at, end, flags);
	if (f && of_nothing(x->p + at, end - at)) {
		f->flags |= F_EXAMPLE;
		f->note = "the hash of an empty file";
	}
	return end;
}

/* blocksize:hash:hash */
static size_t ssdeep(struct ex *x, size_t at, size_t end)
{
	size_t part[2] = { 0, 0 }, i = end;
	uint32_t block = 0, b = 3;

	for (size_t k = at; k < end && block < 1000000000 / 10; k++)
		block = block * 10 + (uint32_t)(x->p[k] - '0');
	while (b < block && b < 0x40000000)
		b *= 2;
	if (b != block)
		return 0;
	for (int k = 0; k < 2; k++) {
		if (x->p[i] != ':')
			return 0;
		for (i++; part[k] <= 64 && (ex_alnum(x->p[i]) || x->p[i] == '+' || x->p[i] == '/'); i++)
			part[k]++;
	}
	if (part[0] < 6 || part[0] > 64 || part[1] < 3 || part[1] > 64 || part[0] + part[1] < 16 ||
	    ex_alnum(x->p[i]))
		return 0;
	return ex_add(x, EX_SSDEEP, at, i, (struct str){ x->p + at, i - at }, 0) ? i : 0;
}

/* ---- numbered things -------------------------------------------------------------------------- */

static size_t digits(const struct ex *x, size_t at)
{
	size_t n = 0;

	while (n < 12 && ex_is(x->p[at + n], C_DIGIT))
		n++;
	return n;
}

/* CVE-2021-44228, "CVE 2021-44228" */
static size_t cve(struct ex *x, size_t at)
{
	size_t i = at + 3, n;
	char text[32] = "CVE-";

	if (x->p[i] != '-' && x->p[i] != ' ' && x->p[i] != '_' && x->p[i] != ':')
		return 0;
	i++;
	while (x->p[i] == ' ' && i - at < 6)
		i++;
	n = digits(x, i);
	if (n != 4 || (x->p[i] != '1' && x->p[i] != '2') || (x->p[i + 4] != '-' && x->p[i + 4] != '_'))
		return 0;
	memcpy(text + 4, x->p + i, 4);
	text[8] = '-';
	i += 5;
	n = digits(x, i);
	if (n < 4 || n > 7 || ex_is(x->p[i + n], C_ALPHA) || x->p[i + n] == '_')
		return 0;
	memcpy(text + 9, x->p + i, n);
	return ex_add(x, EX_CVE, at, i + n, (struct str){ text, 9 + n }, F_CERTAIN) ? i + n : 0;
}

bool ex_attack(struct ex *x, size_t at, size_t end)
{
	const char *p = x->p + at;
	size_t n = end - at;
	char before = at ? x->p[at - 1] : ' ';
	uint32_t v;

	if (n < 5 || n > 9 || before == '.' || before == '/' || before == '\\' || before == '#')
		if (!(n >= 5 && n <= 9 && before == '/'))
			return false;
	if (n == 6 && p[0] == 'T' && p[1] == 'A' && digits(x, at + 2) == 4 && p[2] == '0')
		return ex_add(x, EX_ATTACK, at, end, (struct str){ p, n }, F_CERTAIN) != NULL;
	if (digits(x, at + 1) != 4)
		return false;
	v = (uint32_t)((p[1] - '0') * 1000 + (p[2] - '0') * 100 + (p[3] - '0') * 10 + (p[4] - '0'));
	if (p[0] == 'T' && v >= 1001 && v <= 1799) {
		if (n == 9 && p[5] == '.' && digits(x, at + 6) == 3)
			return ex_add(x, EX_ATTACK, at, end, (struct str){ p, n }, F_CERTAIN) != NULL;
		if (n == 5)
			return ex_add(x, EX_ATTACK, at, end, (struct str){ p, n }, F_CERTAIN) != NULL;
		return false;
	}
	if (n == 5 && (p[0] == 'G' || p[0] == 'S') && v > 0 && v < 1400)
		return ex_add(x, EX_ATTACK, at, end, (struct str){ p, n },
			      v < 1000 ? F_CERTAIN : F_CERTAIN | F_MINOR) != NULL;
	return false;
}

/* AS4134, "AS 4134", "ASN: 4134" */
static size_t as_number(struct ex *x, size_t at, size_t end)
{
	size_t i = at + 2, n, blanks = 0;
	uint64_t v = 0;
	bool said = false;
	char text[16];
	uint32_t flags = F_CERTAIN;

	bool lower = x->p[at] == 'a';

	if (lower ? memcmp(x->p + at, "asn", 3) != 0 : x->p[at] != 'A' || x->p[at + 1] != 'S')
		return 0;
	if (x->p[i] == 'N' || x->p[i] == 'n') {
		said = true;
		i++;
	}
	if (i < end && !ex_is(x->p[i], C_DIGIT) && x->p[i] != '-')
		return 0;
	while (blanks < 3 && (x->p[i] == ' ' || x->p[i] == ':' || x->p[i] == '#' || x->p[i] == '-'))
		i++, blanks++;
	n = digits(x, i);
	if (n == 0 || n > 10 || ex_is(x->p[i + n], C_ALPHA) || x->p[i + n] == '_' ||
	    ((x->p[i + n] == '.' || x->p[i + n] == ',') && ex_alnum(x->p[i + n + 1])))
		if (!(n && n <= 10 && x->p[i + n] == ',' && !ex_is(x->p[i + n + 1], C_DIGIT)))
			return 0;
	for (size_t k = 0; k < n; k++)
		v = v * 10 + (uint64_t)(x->p[i + k] - '0');
	if (v == 0 || v > UINT32_MAX || x->p[i] == '0')
		return 0;
	if (!said && blanks && (n < 3 || x->p[i - 1] == '-'))
		return 0;
	/* ASN.1 is a notation. */
	if (said && (blanks == 0 || lower) && n < 3)
		return 0;
	/* A computer of that name; numbers for documentation and private use (RFC 5398, 6996). */
	if (v == 400 && !said)
		flags |= F_MINOR;
	if (blanks && !said)
		flags |= F_MINOR;
	if ((v >= 64496 && v <= 65551) || v >= 4200000000u || v == 23456)
		flags |= F_EXAMPLE;
	text[0] = 'A';
	text[1] = 'S';
	memcpy(text + 2, x->p + i, n);
	return ex_add(x, EX_ASN, at, i + n, (struct str){ text, n + 2 }, flags) ? i + n : 0;
}

/* ---- bitcoin ---------------------------------------------------------------------------------- */

/* Base58Check: version, 20 bytes, the first four of SHA-256 twice. */
static bool base58(const char *p, size_t n)
{
	static const char alphabet[] = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
	unsigned char v[25] = { 0 }, sum[32];
	size_t ones = 0, zeros = 0;

	for (size_t i = 0; i < n; i++) {
		const char *at = strchr(alphabet, p[i]);
		unsigned carry;

		if (!at || !*at)
			return false;
		carry = (unsigned)(at - alphabet);
		for (size_t k = 25; k--;) {
			carry += 58u * v[k];
			v[k] = (unsigned char)carry;
			carry >>= 8;
		}
		if (carry)
			return false;
	}
	while (ones < n && p[ones] == '1')
		ones++;
	while (zeros < 25 && v[zeros] == 0)
		zeros++;
	if (ones != zeros)
		return false;
	sha256((struct str){ (const char *)v, 21 }, sum);
	sha256((struct str){ (const char *)sum, 32 }, sum);
	return memcmp(sum, v + 21, 4) == 0;
}

/* BIP 173 and 350: "bc1", data, a sum of six characters. */
static bool bech32(const char *p, size_t n)
{
	static const char alphabet[] = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";
	static const uint32_t turn[] = { 0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3 };
	static const unsigned char human[] = { 3, 3, 0, 2, 3 }; /* "bc" spread out */
	uint32_t sum = 1;
	bool upper = ex_upper(p[0]);

	for (size_t i = 0; i < sizeof human + n - 3; i++) {
		uint32_t top = sum >> 25, v;

		if (i < sizeof human) {
			v = human[i];
		} else {
			char c = p[3 + i - sizeof human];
			const char *at = strchr(alphabet, ex_lower(c));

			if (!at || !*at || (ex_is(c, C_ALPHA) && ex_upper(c) != upper))
				return false;
			v = (uint32_t)(at - alphabet);
		}
		sum = (sum & 0x1ffffff) << 5 ^ v;
		for (int k = 0; k < 5; k++)
			sum ^= top >> k & 1 ? turn[k] : 0;
	}
	return sum == 1 || sum == 0x2bc830a3;
}

static size_t bitcoin(struct ex *x, size_t at, size_t end)
{
	const char *p = x->p + at;
	size_t n = end - at;

	if ((p[0] == '1' || p[0] == '3') && n >= 26 && n <= 35 && base58(p, n))
		return ex_add(x, EX_BITCOIN, at, end, (struct str){ p, n }, F_CERTAIN) ? end : 0;
	if (n >= 42 && n <= 62 && str_istarts((struct str){ p, n }, STR("bc1")) && bech32(p, n))
		return add_lower(x, EX_BITCOIN, at, end, F_CERTAIN) ? end : 0;
	return 0;
}

size_t ex_token(struct ex *x, size_t at, size_t end)
{
	size_t n, next = 0;

	while (at < end && (x->p[at] == '-' || x->p[at] == '_'))
		at++;
	while (end > at && (x->p[end - 1] == '-' || x->p[end - 1] == '_'))
		end--;
	n = end - at;
	if (n < 2)
		return 0;
	switch (x->p[at]) {
	case 'C':
	case 'c':
		if (str_istarts((struct str){ x->p + at, 3 }, STR("cve")))
			next = cve(x, at);
		break;
	case 'T':
	case 'G':
	case 'S':
		if (ex_attack(x, at, end))
			return end;
		break;
	case 'A':
	case 'a':
		if ((x->p[at + 1] | 32) == 's')
			next = as_number(x, at, end);
		break;
	default:
		break;
	}
	if (next)
		return next;
	if (x->p[end] == ':' && ex_is(x->p[at], C_DIGIT) && digits(x, at) == n)
		return ssdeep(x, at, end);
	if (n >= 26 && n <= 62) {
		next = bitcoin(x, at, end);
		if (next)
			return next;
	}
	if (n < 16)
		return 0;
	return ex_run_end(x->mark[MARK_HEX], at, end) == end ? hash(x, at, end) : 0;
}

/* ---- Windows ---------------------------------------------------------------------------------- */

/*
 * Components may hold blanks; the last one ends at the first of them. A blank inside is one only
 * where a backslash follows before anything that no key's name holds.
 */
static size_t components(const struct ex *x, size_t at)
{
	size_t i = at;

	for (;;) {
		size_t k = i, words = 0;

		while (!ex_is(x->p[k], C_BREAK) && k - i < 200) {
			if (x->p[k] == ' ') {
				/* Does a backslash follow soon? */
				size_t s = k + 1;

				while (s - k < 40 && x->p[s] != ':' && x->p[s] != '=' &&
				       (!ex_is(x->p[s], C_BREAK) || x->p[s] == '*' || x->p[s] == '?'))
					s++;
				if (x->p[s] != '\\' || x->p[s - 1] == ' ' || ++words > 4 ||
				    memmem(x->p + k, s - k, "HK", 2))
					break;
			}
			k++;
		}
		i = k;
		if (x->p[i] != '\\' ||
		    (!ex_alnum(x->p[i + 1]) && !strchr("%{\\_.[$", x->p[i + 1])) || x->p[i + 1] == 0)
			break;
		while (x->p[i] == '\\')
			i++;
	}
	while (i > at && strchr(".: \\", x->p[i - 1]))
		i--;
	return i;
}

size_t ex_registry(struct ex *x, size_t at, size_t end)
{
	static const char *const hives[] = { "HKLM",
					     "HKCU",
					     "HKCR",
					     "HKU",
					     "HKCC",
					     "HKEY_LOCAL_MACHINE",
					     "HKEY_CURRENT_USER",
					     "HKEY_CLASSES_ROOT",
					     "HKEY_USERS",
					     "HKEY_CURRENT_CONFIG" };
	struct str hive = { x->p + at, end - at };
	size_t i = end, stop, begin = x->scratch.n;
	bool known = false;
	struct found *f;

	for (size_t k = 0; k < sizeof hives / sizeof hives[0]; k++)
		known |= str_iis(hive, hives[k]);
	if (!known)
		return 0;
	if (x->p[i] == ':' || x->p[i] == ']')
		i++;
	if (x->p[i] != '\\')
		return 0;
	while (x->p[i] == '\\')
		i++;
	stop = components(x, i);
	if (stop <= i)
		return 0;
	buf_puts(&x->scratch, hive);
	buf_ch(&x->scratch, '\\');
	for (size_t k = i; k < stop; k++)
		if (x->p[k] != '\\' || x->p[k - 1] != '\\')
			buf_ch(&x->scratch, x->p[k]);
	if (buf_err(&x->scratch)) {
		x->err = ERR_NOMEM;
		return 0;
	}
	for (size_t k = begin; k < begin + hive.n; k++)
		if (x->scratch.p[k] >= 'a' && x->scratch.p[k] <= 'z')
			x->scratch.p[k] = (char)(x->scratch.p[k] - 32);
	f = ex_add(x, EX_REGISTRY, at, stop, str_skip(buf_str(&x->scratch), begin), F_CERTAIN);
	x->scratch.n = begin;
	return f ? stop : 0;
}

size_t ex_windows_path(struct ex *x, size_t at)
{
	size_t end = components(x, at), name = end;

	while (name > at && x->p[name - 1] != '\\')
		name--;
	for (size_t i = name; i < end; i++)
		if (x->p[i] == '.' && end - name < 200) {
			(void)ex_add(x, EX_FILENAME, name, end,
				     (struct str){ x->p + name, end - name }, F_FILE);
			break;
		}
	return end;
}
