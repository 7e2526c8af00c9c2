/* SPDX-License-Identifier: Apache-2.0 */
#include "base/utf16.h"

static bool is_text(unsigned char c)
{
	return (c >= 0x20 && c < 0x7f) || c == '\t' || c == '\n' || c == '\r' || c == '\f';
}

enum utf16_order utf16_guess(struct str sample, size_t *skip)
{
	size_t marks = str_starts(sample, STR("\xef\xbb\xbf")) ? 3 : 0, little = 0, big = 0, n = 0;
	struct str s = str_skip(sample, marks);

	*skip = marks + 2;
	/* With two NULs behind it, the mark is one of UTF-32. */
	if (str_starts(s, STR("\xff\xfe")) && !str_starts(s, STR("\xff\xfe\0\0")))
		return UTF16_LITTLE;
	if (str_starts(s, STR("\xfe\xff")))
		return UTF16_BIG;
	*skip = marks;
	s = str_head(s, UTF16_SAMPLE);
	for (; 2 * n + 1 < s.n; n++) {
		unsigned char a = (unsigned char)s.p[2 * n], b = (unsigned char)s.p[2 * n + 1];

		if (a == 0 && b == 0)
			return UTF16_NOT;
		little += b == 0 && is_text(a);
		big += a == 0 && is_text(b);
	}
	/* Four characters at least: shorter things may be anything. Of more some may be others. */
	if (n < 4 || (little < n - n / 8 && big < n - n / 8))
		return UTF16_NOT;
	return little > big ? UTF16_LITTLE : UTF16_BIG;
}

static size_t put(char *dst, uint32_t c)
{
	if (c < 0x80) {
		dst[0] = (char)c;
		return 1;
	}
	if (c < 0x800) {
		dst[0] = (char)(0xc0 | c >> 6);
		dst[1] = (char)(0x80 | (c & 0x3f));
		return 2;
	}
	if (c < 0x10000) {
		dst[0] = (char)(0xe0 | c >> 12);
		dst[1] = (char)(0x80 | (c >> 6 & 0x3f));
		dst[2] = (char)(0x80 | (c & 0x3f));
		return 3;
	}
	dst[0] = (char)(0xf0 | c >> 18);
	dst[1] = (char)(0x80 | (c >> 12 & 0x3f));
	dst[2] = (char)(0x80 | (c >> 6 & 0x3f));
	dst[3] = (char)(0x80 | (c & 0x3f));
	return 4;
}

static size_t unit(struct utf16 *u, unsigned char first, unsigned char second, char *dst)
{
	uint32_t c = u->order == UTF16_BIG ? (uint32_t)first << 8 | second
					   : (uint32_t)second << 8 | first;
	uint32_t high = u->high;
	size_t n = 0;

	u->high = 0;
	if (high && c >= 0xdc00 && c < 0xe000)
		return put(dst, 0x10000 + ((high - 0xd800) << 10 | (c - 0xdc00)));
	if (high)
		n = put(dst, 0xfffd);
	if (c >= 0xd800 && c < 0xdc00) {
		u->high = (uint16_t)c;
		return n;
	}
	return n + put(dst + n, c >= 0xdc00 && c < 0xe000 ? 0xfffd : c);
}

size_t utf16_convert(struct utf16 *u, struct str bytes, char *dst)
{
	const unsigned char *p = (const unsigned char *)bytes.p, *end = p + bytes.n;
	size_t n = 0;

	if (u->has_odd && p < end) {
		n += unit(u, u->odd, *p++, dst);
		u->has_odd = false;
	}
	for (; end - p >= 2; p += 2)
		n += unit(u, p[0], p[1], dst + n);
	if (p < end) {
		u->odd = *p;
		u->has_odd = true;
	}
	return n;
}

size_t utf16_finish(struct utf16 *u, char *dst)
{
	size_t n = 0;

	if (u->high)
		n += put(dst, 0xfffd);
	if (u->has_odd)
		n += put(dst + n, 0xfffd);
	u->high = 0;
	u->has_odd = false;
	return n;
}
