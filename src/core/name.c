/* SPDX-License-Identifier: Apache-2.0 */
#include "core/name.h"

#include "core/ip.h"

#include <idn2.h>
#include <libpsl.h>
#include <stdio.h>

#define NAME_MAX_BYTES 253
/* In UTF-8 a name is longer than its A-labels only by so much; what is longer is not worth
 * converting. */
#define IDN_MAX_BYTES 1024

static inline char lower(char c)
{
	return (char)(c >= 'A' && c <= 'Z' ? c + 32 : c);
}

static inline bool alnum(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

/* A number as address parsers of the C library take it: such a name may be looked up as an address. */
static bool numeric(struct str label)
{
	bool hex = label.n > 1 && label.p[0] == '0' && lower(label.p[1]) == 'x';

	for (size_t i = hex ? 2 : 0; i < label.n; i++) {
		char c = lower(label.p[i]);

		if (!(c >= '0' && c <= '9') && !(hex && c >= 'a' && c <= 'f'))
			return false;
	}
	return label.n > 0;
}

static struct str last_label(struct str s)
{
	size_t i = s.n;

	while (i && s.p[i - 1] != '.')
		i--;
	return str_skip(s, i);
}

/* ASCII only. */
static enum err ascii_name(struct str s, bool single, struct buf *out)
{
	size_t label = 0, dots = 0;
	char *to;

	if (s.n && s.p[s.n - 1] == '.')
		s.n--;
	if (s.n == 0 || s.n > NAME_MAX_BYTES)
		return ERR_PARSE;
	for (size_t i = 0; i < s.n; i++) {
		char c = lower(s.p[i]);

		if (c == '.') {
			if (label == 0)
				return ERR_PARSE;
			label = 0;
			dots++;
			continue;
		}
		if ((!alnum(c) && c != '-' && c != '_') || ++label > 63)
			return ERR_PARSE;
	}
	if (label == 0 || (dots == 0 && !single) || numeric(last_label(s)))
		return ERR_PARSE;
	to = buf_room(out, s.n);
	if (!to)
		return buf_err(out);
	out->n += name_lower(s, to).n;
	return ERR_OK;
}

enum err name_normalise(struct str s, bool single, struct buf *out)
{
	char text[IDN_MAX_BYTES + 1];
	uint8_t *ascii;
	enum err e;
	int rc;

	for (size_t i = 0;; i++) {
		if (i == s.n)
			return ascii_name(s, single, out);
		if ((unsigned char)s.p[i] >= 0x80)
			break;
	}
	if (s.n > IDN_MAX_BYTES || memchr(s.p, 0, s.n) || !str_utf8(s))
		return ERR_PARSE;
	memcpy(text, s.p, s.n);
	text[s.n] = 0;
	rc = idn2_lookup_u8((const uint8_t *)text, &ascii, IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL);
	if (rc != IDN2_OK)
		return rc == IDN2_MALLOC ? ERR_NOMEM : ERR_PARSE;
	e = ascii_name(str_of((const char *)ascii), single, out);
	idn2_free(ascii);
	return e;
}

struct str name_lower(struct str s, char *dst)
{
	if (s.n && s.p[s.n - 1] == '.')
		s.n--;
	for (size_t i = 0; i < s.n; i++)
		dst[i] = lower(s.p[i]);
	return (struct str){ dst, s.n };
}

size_t name_labels(struct str s)
{
	size_t n = s.n > 0;

	for (size_t i = 0; i < s.n; i++)
		n += s.p[i] == '.';
	return n;
}

bool name_under(struct str name, struct str d)
{
	if (d.n == 0 || !str_ends(name, d))
		return false;
	return name.n == d.n || name.p[name.n - d.n - 1] == '.';
}

bool name_is_public_suffix(struct str s)
{
	char text[NAME_MAX_BYTES + 1];

	if (s.n == 0 || s.n > NAME_MAX_BYTES)
		return false;
	memcpy(text, s.p, s.n);
	text[s.n] = 0;
	return psl_is_public_suffix2(psl_builtin(), text, PSL_TYPE_ANY);
}

/* ---- URLs ------------------------------------------------------------------------------------- */

static uint16_t default_port(struct str scheme)
{
	static const struct {
		const char *scheme;
		uint16_t port;
	} known[] = { { "http", 80 }, { "https", 443 }, { "ftp", 21 },   { "ftps", 990 },
		      { "ws", 80 },   { "wss", 443 },   { "ssh", 22 },   { "sftp", 22 },
		      { "smb", 445 }, { "ldap", 389 },  { "ldaps", 636 } };

	for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
		if (str_iis(scheme, known[i].scheme))
			return known[i].port;
	return 0;
}

/* Bytes below 0x20, or 0x7f: eight at a time. */
static bool has_control(struct str s)
{
	const uint64_t each = UINT64_C(0x0101010101010101);

	for (; s.n >= 8; s = str_skip(s, 8)) {
		uint64_t x, del;

		memcpy(&x, s.p, 8);
		del = x ^ each * 0x7f;
		/* What borrows from its highest bit, which it has not. */
		if (((x - each * 0x20) & ~x & each * 0x80) || ((del - each) & ~del & each * 0x80))
			return true;
	}
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] < 0x20 || s.p[i] == 0x7f)
			return true;
	return false;
}

enum { SCHEME_MAX = 16 };

static bool scheme_ok(struct str s)
{
	if (s.n == 0 || s.n > SCHEME_MAX)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		char c = lower(s.p[i]);

		if (i == 0 ? !(c >= 'a' && c <= 'z') : !alnum(c) && c != '+' && c != '-' && c != '.')
			return false;
	}
	return true;
}

/* Where the authority ends: at the path, the query or the fragment. */
static size_t authority_end(struct str s)
{
	size_t i = 0;

	while (i < s.n && s.p[i] != '/' && s.p[i] != '?' && s.p[i] != '#')
		i++;
	return i;
}

/* host[:port] or [v6][:port] into its parts. */
static bool split_authority(struct str s, struct str *host, bool *bracketed, uint64_t *port)
{
	struct str rest;

	for (size_t i = s.n; i; i--)
		if (s.p[i - 1] == '@') {
			s = str_skip(s, i);
			break;
		}
	*bracketed = s.n && s.p[0] == '[';
	if (*bracketed) {
		size_t end = str_chr(s, ']');

		if (end == SIZE_MAX)
			return false;
		*host = (struct str){ s.p + 1, end - 1 };
		rest = str_skip(s, end + 1);
	} else {
		size_t colon = str_chr(s, ':');

		*host = str_head(s, colon);
		rest = str_skip(s, colon == SIZE_MAX ? s.n : colon);
	}
	*port = 0;
	if (rest.n == 0)
		return true;
	if (rest.p[0] != ':')
		return false;
	rest = str_skip(rest, 1);
	return rest.n == 0 || (str_u64(rest, 65535, port) && *port > 0);
}

enum err url_normalise(struct str s, struct buf *out, struct str *host, uint16_t *port)
{
	size_t begin = out->n, host_at, host_n, at = str_find(s, STR("://"));
	struct str scheme, authority, path, h;
	char lower_scheme[SCHEME_MAX];
	uint64_t number;
	uint16_t standard;
	bool bracketed;
	struct ip ip;
	enum err e = ERR_PARSE;

	if (at == SIZE_MAX || s.n > URL_MAX)
		return ERR_PARSE;
	if (has_control(s))
		return ERR_PARSE;
	scheme = str_head(s, at);
	s = str_skip(s, at + 3);
	authority = str_head(s, authority_end(s));
	path = str_skip(s, authority.n);
	path = str_head(path, str_chr(path, '#'));
	if (!scheme_ok(scheme) || !split_authority(authority, &h, &bracketed, &number))
		return ERR_PARSE;

	for (size_t i = 0; i < scheme.n; i++)
		lower_scheme[i] = lower(scheme.p[i]);
	buf_add(out, lower_scheme, scheme.n);
	buf_add(out, "://", 3);
	host_at = out->n;
	if (ip_parse(h, &ip)) {
		/* An IPv4-mapped address is the IPv4 address, so it loses its brackets. */
		bool v6 = !ip_is_v4(ip);

		if (v6 && !bracketed)
			goto out;
		host_at += v6;
		buf_c(out, v6 ? "[" : "");
		ip_format(out, ip);
		host_n = out->n - host_at;
		buf_c(out, v6 ? "]" : "");
	} else {
		e = bracketed ? ERR_PARSE : name_normalise(h, true, out);
		if (e)
			goto out;
		host_n = out->n - host_at;
	}
	standard = default_port(scheme);
	if (number && number != standard) {
		buf_ch(out, ':');
		buf_u64(out, number);
	}
	if (path.n == 0 || path.p[0] != '/')
		buf_ch(out, '/');
	buf_puts(out, path);
	e = buf_err(out);
	if (e)
		goto out;
	*host = (struct str){ out->p + host_at, host_n };
	*port = number ? (uint16_t)number : standard;
out:
	if (e)
		out->n = begin;
	return e;
}
