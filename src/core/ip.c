/* SPDX-License-Identifier: Apache-2.0 */
#include "core/ip.h"

int ip_cmp(struct ip a, struct ip b)
{
	if (a.hi != b.hi)
		return a.hi < b.hi ? -1 : 1;
	if (a.lo != b.lo)
		return a.lo < b.lo ? -1 : 1;
	return 0;
}

/* A dotted quad at the start of [p, end); returns what follows it, or NULL. */
static const char *quad(const char *p, const char *end, uint32_t *out)
{
	uint32_t v = 0;

	for (int i = 0; i < 4; i++) {
		unsigned octet, d;

		if (i && (p == end || *p++ != '.'))
			return NULL;
		if (p == end || (octet = (unsigned)(unsigned char)*p - '0') > 9)
			return NULL;
		p++;
		/* A leading zero stands alone: 010 is eight to some and ten to others. */
		while (octet && p < end && (d = (unsigned)(unsigned char)*p - '0') <= 9) {
			octet = octet * 10 + d;
			if (octet > 255)
				return NULL;
			p++;
		}
		v = v << 8 | octet;
	}
	*out = v;
	return p;
}

static int hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

static struct ip from_groups(const uint16_t *g)
{
	struct ip a = { 0, 0 };

	for (int i = 0; i < 4; i++) {
		a.hi = a.hi << 16 | g[i];
		a.lo = a.lo << 16 | g[i + 4];
	}
	return a;
}

/* RFC 4291 2.2: eight groups, at most one run of them as "::", the last two perhaps as a quad. */
static bool parse_v6(struct str s, struct ip *out)
{
	uint16_t head[8] = { 0 }, tail[8] = { 0 }, *g = head;
	const char *p = s.p, *end = s.p + s.n;
	unsigned n = 0, n_head = 0;
	bool gap = false;

	if (s.n < 2 || s.n > 45)
		return false;
	if (p[0] == ':') {
		if (p[1] != ':')
			return false;
		p += 2;
		gap = true;
		g = tail;
	}
	while (p < end) {
		const char *start = p;
		unsigned v = 0, total = n_head + n;
		uint32_t v4;

		if (total == 8)
			return false;
		for (; p < end && p - start < 4 && hex(*p) >= 0; p++)
			v = v << 4 | (unsigned)hex(*p);
		if (p < end && *p == '.') {
			if (total > 6 || quad(start, end, &v4) != end)
				return false;
			g[n++] = (uint16_t)(v4 >> 16);
			g[n++] = (uint16_t)v4;
			break;
		}
		if (p == start)
			return false;
		g[n++] = (uint16_t)v;
		if (p == end)
			break;
		if (*p++ != ':' || p == end)
			return false;
		if (*p == ':') {
			if (gap)
				return false;
			gap = true;
			n_head = n;
			n = 0;
			g = tail;
			p++;
		}
	}
	if (gap ? n_head + n > 7 : n != 8)
		return false;
	if (gap)
		memcpy(head + 8 - n, tail, n * sizeof *tail);
	*out = from_groups(head);
	return true;
}

bool ip_parse(struct str s, struct ip *out)
{
	uint32_t v4;

	if (s.n && s.n <= 15 && quad(s.p, s.p + s.n, &v4) == s.p + s.n) {
		*out = ip_v4(v4);
		return true;
	}
	return parse_v6(s, out);
}

bool cidr_parse(struct str s, struct cidr *out)
{
	size_t slash = str_chr(s, '/');
	struct ip ip;
	uint64_t len;
	bool quads;

	if (!ip_parse(str_head(s, slash), &ip))
		return false;
	quads = ip_is_v4(ip) && str_chr(str_head(s, slash), ':') == SIZE_MAX;
	if (slash == SIZE_MAX)
		len = 128;
	else if (!str_u64(str_skip(s, slash + 1), quads ? 32 : 128, &len))
		return false;
	else if (quads)
		len += 96;
	*out = (struct cidr){ ip_mask(ip, (unsigned)len), (unsigned char)len };
	return true;
}

struct ip ip_mask(struct ip a, unsigned len)
{
	if (len == 0)
		return (struct ip){ 0, 0 };
	if (len <= 64) {
		a.hi &= UINT64_MAX << (64 - len);
		a.lo = 0;
	} else if (len < 128) {
		a.lo &= UINT64_MAX << (128 - len);
	}
	return a;
}

struct ip cidr_last(struct cidr c)
{
	struct ip a = c.ip;

	if (c.len < 64) {
		a.hi |= c.len ? ~(UINT64_MAX << (64 - c.len)) : UINT64_MAX;
		a.lo = UINT64_MAX;
	} else if (c.len < 128) {
		a.lo |= c.len > 64 ? ~(UINT64_MAX << (128 - c.len)) : UINT64_MAX;
	}
	return a;
}

void ip_format(struct buf *b, struct ip a)
{
	unsigned best = 8, best_n = 1; /* RFC 5952 4.2.2: one group is not shortened */
	uint16_t g[8];

	if (ip_is_v4(a)) {
		char text[16];
		size_t n = 0;

		for (int shift = 24; shift >= 0; shift -= 8) {
			unsigned part = a.lo >> shift & 255;

			if (part >= 100)
				text[n++] = (char)('0' + part / 100);
			if (part >= 10)
				text[n++] = (char)('0' + part / 10 % 10);
			text[n++] = (char)('0' + part % 10);
			text[n++] = '.';
		}
		buf_add(b, text, n - 1);
		return;
	}
	for (int i = 0; i < 4; i++) {
		g[i] = (uint16_t)(a.hi >> (48 - 16 * i));
		g[i + 4] = (uint16_t)(a.lo >> (48 - 16 * i));
	}
	for (unsigned i = 0; i < 8; i++) {
		unsigned n = 0;

		while (i + n < 8 && g[i + n] == 0)
			n++;
		if (n > best_n) {
			best = i;
			best_n = n;
		}
		i += n;
	}
	for (unsigned i = 0; i < 8; i++) {
		if (i == best) {
			buf_c(b, "::");
			i += best_n - 1;
			continue;
		}
		if (i && i != best + best_n)
			buf_ch(b, ':');
		else if (i && best == 8)
			buf_ch(b, ':');
		buf_fmt(b, "%x", g[i]);
	}
}

void cidr_format(struct buf *b, struct cidr c)
{
	ip_format(b, c.ip);
	if (c.len == 128)
		return;
	buf_ch(b, '/');
	buf_u64(b, ip_is_v4(c.ip) && c.len >= 96 ? c.len - 96u : c.len);
}
