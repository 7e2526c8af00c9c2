/* SPDX-License-Identifier: Apache-2.0 */
#include "core/extract_parts.h"

/* ---- addresses -------------------------------------------------------------------------------- */

/* Four numbers at `at`; where they end, or 0. *zeros: with leading zeros. */
size_t ex_quad(const struct ex *x, size_t at, size_t end, uint32_t *v4, bool *zeros)
{
	uint32_t v = 0;
	size_t i = at;

	*zeros = false;
	for (int k = 0; k < 4; k++) {
		uint32_t part = 0;
		size_t digits = 0;

		if (k && (i >= end || x->p[i++] != '.'))
			return 0;
		for (; i < end && ex_is(x->p[i], C_DIGIT) && digits < 4; i++, digits++)
			part = part * 10 + (uint32_t)(x->p[i] - '0');
		if (digits == 0 || digits > 3 || part > 255)
			return 0;
		*zeros |= digits > 1 && x->p[i - digits] == '0';
		v = v << 8 | part;
	}
	*v4 = v;
	return i;
}

static struct str text_of(struct ex *x, struct cidr net)
{
	size_t begin = x->scratch.n;

	cidr_format(&x->scratch, net);
	return str_skip(buf_str(&x->scratch), begin);
}

static struct found *add_net(struct ex *x, size_t at, size_t end, struct cidr net, uint32_t flags)
{
	size_t begin = x->scratch.n;
	enum ex_type type = net.len < 128 ? EX_CIDR : ip_is_v4(net.ip) ? EX_IPV4 : EX_IPV6;
	struct found *f = ex_add(x, type, at, end, text_of(x, net), flags);

	x->scratch.n = begin;
	return f;
}

/* What stands before an undefanged number says that it is a version: "Chrome/1.2.3.4", "==1.2.3.4".
 * "DIRECT/1.2.3.4" is of a log. */
static bool version_before(const struct ex *x, size_t at)
{
	char before = at ? x->p[at - 1] : ' ';

	if (before == '/' && at > 5 &&
	    (memcmp(x->p + at - 4, "tcp/", 4) == 0 || memcmp(x->p + at - 4, "udp/", 4) == 0))
		return false;
	if (before == '/' && at > 2 && ex_is(x->p[at - 2], C_ALPHA))
		return !(ex_upper(x->p[at - 2]) && ex_upper(x->p[at - 3]));
	if (before == '=' && at > 1)
		return strchr("=<>~!", x->p[at - 2]) != NULL;
	return before == '#' || before == '$' || before == '+' || before == '^' || before == '~';
}

/* Is there a comma between two values in [from, to), without blanks, and before any? */
static bool comma_row(const struct ex *x, size_t from, size_t to)
{
	for (size_t i = from; i + 1 < to && !ex_blank(x->p[i]); i++)
		if (x->p[i] == ',' && i > from && x->p[i + 1] > ' ')
			return true;
	return false;
}

/* Does the line of `at` begin there, and does the one before or behind it hold commas, too? */
static bool in_table(const struct ex *x, size_t at)
{
	size_t begin = at, least = at > 200 ? at - 200 : 0, before, end;

	while (begin > least && x->p[begin - 1] != '\n')
		begin--;
	if (at - begin > 3)
		return false;
	for (before = begin; before > least && (before == begin || x->p[before - 1] != '\n'); before--)
		;
	if (before < begin && comma_row(x, before, begin - 1))
		return true;
	for (end = at; end < x->n && end - at < 200 && x->p[end] != '\n'; end++)
		;
	for (before = ++end; end < x->n && end - before < 200 && x->p[end] != '\n'; end++)
		;
	return before < x->n && comma_row(x, before, end);
}

/* The comma of "20,1" may be a slip within the last number: what it would be then. */
static bool comma(struct ex *x, struct found *f, size_t at, size_t end, uint32_t v4)
{
	size_t last = end, i = end + 1, digits;
	uint32_t part = 0;
	struct cidr net = { .len = 128 };

	if (x->p[end] != ',' || !ex_is(x->p[i], C_DIGIT))
		return false;
	while (ex_is(x->p[last - 1], C_DIGIT))
		last--;
	while (ex_is(x->p[i], C_DIGIT) && i - end < 4)
		i++;
	digits = end - last + (i - end - 1);
	if (digits > 3 || ex_alnum(x->p[i]) || (x->p[i] == '.' && ex_alnum(x->p[i + 1])) ||
	    x->p[i] == ',' || (at && x->p[at - 1] == ','))
		return false;
	for (size_t k = last; k < i; k++)
		if (x->p[k] != ',')
			part = part * 10 + (uint32_t)(x->p[k] - '0');
	if (part > 255)
		return false;
	net.ip = ip_v4((v4 & ~UINT32_C(255)) | part);
	{
		size_t begin = x->scratch.n;

		f->alt = arena_str(x->arena, text_of(x, net));
		x->scratch.n = begin;
		if (!f->alt.p)
			x->err = ERR_NOMEM;
	}
	f->flags |= F_COMMA;
	f->traits |= in_table(x, at) ? T_TABLE : 0;
	return true;
}

/* "tcp" of "443/tcp" */
static bool protocol_at(const struct ex *x, size_t at)
{
	struct str word = { x->p + at, 3 };

	return (str_iis(word, "tcp") || str_iis(word, "udp")) && !ex_is(x->p[at + 3], C_NAME) &&
	       x->p[at + 3] != '/';
}

/* "/dev/tcp/1.2.3.4/443" */
static bool port_by_slash(const struct ex *x, size_t at, size_t end)
{
	return at > 4 && memcmp(x->p + at - 4, "tcp/", 4) == 0 && !ex_is(x->p[end], C_NAME);
}

/*
 * An IPv4 address at `at`, and what belongs to it: prefix, mask, port, path, a range's other end.
 * Where to go on, or 0.
 */
size_t ex_v4(struct ex *x, size_t at, size_t end)
{
	struct cidr net = { .len = 128 };
	uint32_t number, flags = 0;
	size_t stop, i;
	struct found *f;
	bool zeros;

	stop = ex_quad(x, at, end, &number, &zeros);
	if (stop == 0)
		return 0;
	net.ip = ip_v4(number);
	if (fold_any(x->fold.hard, at, stop))
		flags |= F_HARD;
	else if (version_before(x, at) ||
		 ((x->p[stop] == '+' || x->p[stop] == '~') && ex_alnum(x->p[stop + 1])))
		flags |= F_VERSION;
	/* Object identifiers of certificates: the arcs of X.520 (2.5.4, 2.5.29) and of RFC 8410. */
	if (!(flags & F_HARD) && x->p[stop] != ':' && x->p[stop] != '/' &&
	    (number >> 8 == 0x020504 || number >> 8 == 0x02051d || number >> 8 == 0x010365))
		flags |= F_VERSION;
	/* Small numbers throughout are sections and versions. */
	if ((number >> 24) < 20 && (number >> 16 & 255) < 20 && (number >> 8 & 255) < 20 &&
	    (number & 255) < 20)
		flags |= F_MINOR;
	if ((number >> 24) == 0 || (number & 255) == 0)
		flags |= F_MINOR;
	if (zeros && !(flags & F_HARD))
		return stop;

	/* Network, path or another address behind a slash. */
	if (x->p[stop] == '/') {
		uint32_t len = 0, other;
		size_t digits = 0, s = stop + 1;
		bool z;

		for (; digits < 3 && ex_is(x->p[s], C_DIGIT); s++, digits++)
			len = len * 10 + (uint32_t)(x->p[s] - '0');
		if (digits && len <= 32 && !ex_is(x->p[s], C_NAME & ~C_DIGIT) && x->p[s] != '/' &&
		    !(x->p[s] == '.' && ex_alnum(x->p[s + 1]))) {
			net.len = (unsigned char)(96 + len);
			net.ip = ip_mask(net.ip, net.len);
			(void)add_net(x, at, s, net, flags & ~(uint32_t)F_MINOR);
			return s;
		}
		if (digits && len <= 32 && x->p[s] == '.' && !ex_alnum(x->p[s + 1])) {
			net.len = (unsigned char)(96 + len);
			net.ip = ip_mask(net.ip, net.len);
			(void)add_net(x, at, s, net, flags & ~(uint32_t)F_MINOR);
			return s;
		}
		for (s = stop + 1; ex_is(x->p[s], C_NAME); s++)
			;
		if (ex_quad(x, stop + 1, s, &other, &z) == 0 && s > stop + 1) {
			bool cut = false, protocol;
			size_t path;
			struct str word = { x->p + stop + 1, s - stop - 1 };

			protocol = str_iis(word, "tcp") || str_iis(word, "udp") ||
				   port_by_slash(x, at, s);
			path = protocol ? stop : ex_path_end(x, at, stop, &cut);
			if (path > stop + 1) {
				f = ex_add_url(x, at, path, "http://", at, flags | F_NO_SCHEME);
				if (f && cut)
					ex_cut(f);
				if (f)
					return path;
			}
		} else if (s == stop + 1 && (flags & F_HARD) && !ex_blank(x->p[s]) &&
			   x->p[s] > ' ' && ex_is(x->p[s], C_PATH)) {
			bool cut;
			size_t path = ex_path_end(x, at, stop, &cut);

			f = path > stop + 1
				    ? ex_add_url(x, at, path, "http://", at, flags | F_NO_SCHEME)
				    : NULL;
			if (f)
				return path;
		}
	}
	f = add_net(x, at, stop, net, flags);
	if (!f)
		return stop;
	if (zeros) {
		f->status = EX_MENDED;
		f->note = "leading zeros dropped: the numbers were read as decimal";
	}
	i = ex_port(x, stop, &f->port);
	if (i > stop && x->p[i] == '/' && protocol_at(x, i + 1))
		return i;
	if (i > stop) {
		/* address:port/path */
		bool cut = false;
		size_t path = x->p[i] == '/' && ex_is(x->p[i + 1], C_PATH)
				      ? ex_path_end(x, at, i, &cut)
				      : 0;

		if (path > i + 1) {
			x->found.n--;
			f = ex_add_url(x, at, path, "http://", at, flags | F_NO_SCHEME);
			if (f && cut)
				ex_cut(f);
			return path;
		}
		return i;
	}
	if (comma(x, f, at, stop, number))
		return stop + 1;
	ex_port_word(x, stop, &f->port);
	return stop;
}

static bool pairs(const char *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (i % 3 == 2 ? p[i] != ':' : !ex_hex(p[i]))
			return false;
	return true;
}

size_t ex_v6(struct ex *x, size_t at)
{
	size_t i = at, colons = 0, groups = 0, digits = 0, end;
	struct cidr net = { .len = 128 };
	bool in = false, hard;
	struct found *f;
	uint32_t len = 0;

	for (; i - at < 64 && (ex_hex(x->p[i]) || x->p[i] == ':' || x->p[i] == '.'); i++) {
		colons += x->p[i] == ':';
		groups += !in && ex_hex(x->p[i]);
		digits += ex_is(x->p[i], C_DIGIT);
		in = ex_hex(x->p[i]);
	}
	end = i;
	while (end > at && (x->p[end - 1] == '.' ||
			    (x->p[end - 1] == ':' && !(end > at + 1 && x->p[end - 2] == ':'))))
		end--;
	if (colons < 2 || end - at < 3 || (ex_is(x->p[i], C_ALPHA | C_DIGIT) || x->p[i] == '_'))
		return 0;
	if (at && (ex_alnum(x->p[at - 1]) || x->p[at - 1] == ':' || x->p[at - 1] == '_'))
		return 0;
	if (!ip_parse((struct str){ x->p + at, end - at }, &net.ip))
		return 0;
	hard = fold_any(x->fold.hard, at, end);
	/* 0A:1B:9C...: a serial number or a fingerprint in pairs of digits. */
	if (!hard && end - at == 23 && pairs(x->p + at, 23))
		return end;
	/* "a::b" is of a program. */
	if (!hard && (groups < 3 || digits == 0) && !(groups == 2 && digits > 3))
		return end;
	i = end;
	if (x->p[i] == '%')
		for (i++; i - end < 20 && ex_alnum(x->p[i]); i++)
			;
	if (x->p[i] == '/' && ex_is(x->p[i + 1], C_DIGIT)) {
		size_t s = i + 1;

		for (; s - i <= 3 && ex_is(x->p[s], C_DIGIT); s++)
			len = len * 10 + (uint32_t)(x->p[s] - '0');
		if (len <= 128 && !ex_is(x->p[s], C_ALPHA | C_DIGIT)) {
			net.len = (unsigned char)len;
			net.ip = ip_mask(net.ip, len);
			i = s;
		}
	}
	f = add_net(x, at, i, net, hard ? F_HARD : 0);
	/* [address]:port */
	if (f && at && x->p[at - 1] == '[' && x->p[i] == ']') {
		size_t s = ex_port(x, i + 1, &f->port);

		if (s > i + 1)
			return s;
	}
	return i;
}
