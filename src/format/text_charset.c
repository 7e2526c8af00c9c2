/* SPDX-License-Identifier: Apache-2.0 */
#include "format/text_doc.h"

#include <errno.h>
#include <iconv.h>

/* Names by which documents call what iconv knows by another, or means less by. */
static const char *known_as(struct str name)
{
	static const struct {
		const char *said, *used;
	} names[] = { { "utf-8", "UTF-8" },
		      { "utf8", "UTF-8" },
		      { "us-ascii", "UTF-8" },
		      { "ascii", "UTF-8" },
		      { "shift_jis", "CP932" },
		      { "shift-jis", "CP932" },
		      { "sjis", "CP932" },
		      { "x-sjis", "CP932" },
		      { "windows-31j", "CP932" },
		      { "ms932", "CP932" },
		      { "cp932", "CP932" },
		      { "euc-jp", "EUC-JP" },
		      { "x-euc-jp", "EUC-JP" },
		      { "iso-2022-jp", "ISO-2022-JP-2" },
		      { "gb2312", "GB18030" },
		      { "gbk", "GB18030" },
		      { "gb18030", "GB18030" },
		      { "x-gbk", "GB18030" },
		      { "big5", "BIG5-HKSCS" },
		      { "euc-kr", "CP949" },
		      { "ks_c_5601-1987", "CP949" },
		      { "cp949", "CP949" },
		      { "iso-2022-kr", "ISO-2022-KR" },
		      { "iso-8859-1", "CP1252" },
		      { "latin1", "CP1252" },
		      { "latin-1", "CP1252" },
		      { "windows-1252", "CP1252" },
		      { "cp1252", "CP1252" },
		      { "windows-1251", "CP1251" },
		      { "cp1251", "CP1251" },
		      { "windows-1250", "CP1250" },
		      { "windows-1254", "CP1254" },
		      { "koi8-r", "KOI8-R" },
		      { "koi8-u", "KOI8-U" },
		      { "iso-8859-2", "ISO-8859-2" },
		      { "iso-8859-5", "ISO-8859-5" },
		      { "iso-8859-9", "CP1254" },
		      { "iso-8859-15", "ISO-8859-15" },
		      { "utf-16", "UTF-16" },
		      { "utf-16le", "UTF-16LE" },
		      { "utf-16be", "UTF-16BE" },
		      { "utf-7", "UTF-7" } };

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		if (str_iis(str_trim(name), names[i].said))
			return names[i].used;
	return NULL;
}

/* Through iconv; what it refuses becomes U+FFFD. *bad counts that. */
static enum err convert(struct str bytes, const char *charset, struct buf *out, size_t *bad)
{
	iconv_t cd = iconv_open("UTF-8", charset);
	char *in = (char *)(uintptr_t)bytes.p;
	size_t left = bytes.n;
	bool flushed = false;

	*bad = 0;
	if (cd == (iconv_t)-1)
		return ERR_FORMAT;
	while (left || !flushed) {
		size_t want = left * 2 + 64 < 1 << 20 ? left * 2 + 64 : 1 << 20, room = want, rc;
		char *to = buf_room(out, want);

		if (!to)
			break;
		rc = left ? iconv(cd, &in, &left, &to, &room) : iconv(cd, NULL, NULL, &to, &room);
		flushed = !left;
		out->n += want - room;
		if (rc != (size_t)-1 || errno == E2BIG)
			continue;
		buf_c(out, "\xef\xbf\xbd");
		(*bad)++;
		if (left) {
			in++;
			left--;
		}
		(void)iconv(cd, NULL, NULL, NULL, NULL);
		flushed = !left;
	}
	iconv_close(cd);
	return buf_err(out);
}

static bool ascii(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] >= 0x80)
			return false;
	return true;
}

/* UTF-8 with what is not replaced, as nearly everything is written. */
static enum err as_utf8(struct str s, struct buf *out)
{
	/* The engine passes over what is no UTF-8: bytes keep their places. */
	buf_puts(out, s);
	return buf_err(out);
}

/* How much of it is UTF-8: few stray bytes do not make it another encoding. */
static bool mostly_utf8(struct str s)
{
	size_t good = 0, bad = 0;

	for (size_t i = 0; i < s.n;) {
		unsigned char c = (unsigned char)s.p[i];
		size_t n = c < 0x80   ? 1
			   : c < 0xc2 ? 0
			   : c < 0xe0 ? 2
			   : c < 0xf0 ? 3
			   : c < 0xf5 ? 4
				      : 0;
		size_t k = 1;

		if (c < 0x80) {
			uint64_t w, all[8];

			/* 64 and eight at a time. */
			while (s.n - i >= sizeof all) {
				memcpy(all, s.p + i, sizeof all);
				for (int h = 1; h < 8; h++)
					all[0] |= all[h];
				if (all[0] & UINT64_C(0x8080808080808080))
					break;
				i += sizeof all;
			}
			while (s.n - i >= 8 &&
			       (memcpy(&w, s.p + i, 8), !(w & UINT64_C(0x8080808080808080))))
				i += 8;
			i += i < s.n && (unsigned char)s.p[i] < 0x80;
			continue;
		}
		while (k < n && i + k < s.n && ((unsigned char)s.p[i + k] & 0xc0) == 0x80)
			k++;
		if (n == 0 || k < n) {
			bad++;
			i++;
			continue;
		}
		good += n > 1;
		i += n;
	}
	return bad == 0 || good > 8 * bad;
}

/* Those that any Chinese text is full of, in both ways of writing them. */
static bool frequent(uint32_t c)
{
	static const uint16_t most[] = {
		0x7684, 0x4e00, 0x662f, 0x4e0d, 0x4e86, 0x5728, 0x4eba, 0x6709, 0x6211, 0x4ed6,
		0x8fd9, 0x9019, 0x4e2d, 0x5927, 0x4f86, 0x6765, 0x4e0a, 0x570b, 0x56fd, 0x500b,
		0x4e2a, 0x5230, 0x8aaa, 0x8bf4, 0x5011, 0x4eec, 0x70ba, 0x4e3a, 0x5b50, 0x548c,
		0x4f60, 0x5730, 0x51fa, 0x9053, 0x4e5f, 0x6642, 0x65f6, 0x5e74, 0x5f97, 0x5c31,
		0x90a3, 0x8981, 0x4e0b, 0x4ee5, 0x751f, 0x6703, 0x4f1a, 0x81ea, 0x8457, 0x7740,
		0x53bb, 0x4e4b, 0x904e, 0x8fc7, 0x5bb6, 0x5b78, 0x5b66, 0x5c0d, 0x5bf9, 0x53ef,
		0x5979, 0x91cc, 0x540e, 0x5f8c, 0x5c0f, 0x9ebc, 0x4e48, 0x5fc3, 0x591a, 0x5929,
		0x800c, 0x80fd, 0x597d, 0x90fd, 0x7136, 0x6c92, 0x65e5, 0x65bc, 0x4e8e, 0x8d77,
		0x9084, 0x767c, 0x53d1, 0x6210, 0x4e8b, 0x53ea, 0x4f5c, 0x7576, 0x60f3, 0x770b,
		0x6587, 0x7121, 0x65e0, 0x958b, 0x624b, 0x7528, 0x4e3b, 0x884c, 0x65b9, 0x53c8,
		0x5982, 0x524d, 0x6240, 0x672c, 0x898b, 0x7ecf, 0x7d93, 0x9762, 0x5df2, 0x7531,
		0x5176, 0x8207, 0x53ca, 0x901a, 0x904b, 0x8fd0, 0x7db2, 0x7f51, 0x7ad9, 0x57df,
		0x4ef6, 0x653b, 0x64ca, 0x51fb, 0x60e1, 0x6076, 0x610f, 0x7a0b, 0x5f0f, 0x540d,
		0x67d3, 0x4fe1, 0x606f, 0x7cfb, 0x7d71, 0x7edf, 0x8cc7, 0x6599, 0x4e0e, 0x5206
	};

	for (size_t i = 0; i < sizeof most / sizeof most[0]; i++)
		if (most[i] == c)
			return true;
	return false;
}

/*
 * How much the bytes look like a language when read so. Kana are in both of the double-byte sets of
 * Japan and in that of China; only Japanese has many of them. GB 18030 gives an ideograph for
 * nearly any two bytes, but the frequent ones only where Chinese is written.
 */
static long plausible(struct str utf8, bool japanese, bool chinese)
{
	long sum = 0, kana = 0, ideographs = 0, usual = 0;

	for (size_t i = 0; i + 2 < utf8.n; i++) {
		const unsigned char *p = (const unsigned char *)utf8.p + i;
		uint32_t c;

		if (p[0] == 0xc2 && p[1] < 0xa0)
			sum -= 8;
		if (p[0] == 0xc3)
			sum += 1;
		if (p[0] < 0xe0 || p[0] >= 0xf0)
			continue;
		c = (uint32_t)(p[0] & 15) << 12 | (uint32_t)(p[1] & 63) << 6 | (p[2] & 63);
		if (c == 0xfffd)
			sum -= 12;
		else if (c >= 0x3041 && c <= 0x30ff)
			kana++;
		else if (c >= 0x3001 && c <= 0x3002)
			sum += 4;
		else if (c >= 0x4e00 && c <= 0x9fff) {
			ideographs++;
			usual += chinese && frequent(c);
		} else if (c >= 0xff66 && c <= 0xff9f)
			sum -= 3;
		else if (c >= 0xe000 && c <= 0xf8ff)
			sum -= 8;
		else if (c >= 0x3400 && c <= 0x4dbf)
			sum -= 4;
	}
	if (japanese)
		sum += kana * 4 + ideographs * (kana * 4 >= ideographs ? 3 : 1);
	else if (chinese)
		sum += kana * 10 > ideographs ? kana + ideographs : ideographs * 3 + usual * 3;
	return sum;
}

/* Letters with accents stand by themselves; double-byte text comes in runs. */
static bool single_bytes(struct str s)
{
	size_t high = 0, runs = 0;

	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] >= 0x80) {
			high++;
			runs += i == 0 || (unsigned char)s.p[i - 1] < 0x80;
		}
	return high * 10 < runs * 13;
}

static const char *guess(struct str bytes, struct buf *scratch)
{
	static const struct {
		const char *name;
		bool japanese, chinese;
	} tries[] = { { "CP932", true, false },
		      { "EUC-JP", true, false },
		      { "GB18030", false, true },
		      { "BIG5-HKSCS", false, true },
		      { "CP1252", false, false } };
	struct str head = str_head(bytes, 65536);
	const char *best = "CP1252";
	long most = 0;

	if (single_bytes(head))
		return best;
	for (size_t i = 0; i < sizeof tries / sizeof tries[0]; i++) {
		size_t bad;
		long sum;

		buf_clear(scratch);
		if (convert(head, tries[i].name, scratch, &bad) != ERR_OK)
			continue;
		sum = plausible(buf_str(scratch), tries[i].japanese, tries[i].chinese) - (long)bad * 20;
		if (sum > most) {
			most = sum;
			best = tries[i].name;
		}
	}
	return best;
}

bool text_is_utf8(struct str bytes)
{
	return !str_starts(bytes, STR("\xff\xfe")) && !str_starts(bytes, STR("\xfe\xff")) &&
	       !memmem(bytes.p, bytes.n < 65536 ? bytes.n : 65536, "\x1b$", 2) && mostly_utf8(bytes);
}

enum err text_decode(struct str bytes, struct str charset, struct buf *out, const char **used)
{
	const char *name = charset.n ? known_as(charset) : NULL;
	size_t begin = out->n, bad;
	struct buf scratch;
	enum err e;

	if (str_starts(bytes, STR("\xff\xfe")) || str_starts(bytes, STR("\xfe\xff")))
		name = "UTF-16";
	else if (str_starts(bytes, STR("\xef\xbb\xbf")))
		name = "UTF-8";
	else if ((!name || str_is((struct str){ name, strlen(name) }, "UTF-8")) &&
		 memmem(bytes.p, bytes.n < 65536 ? bytes.n : 65536, "\x1b$", 2) && ascii(bytes))
		name = "ISO-2022-JP-2";
	if (!name || str_is(str_of(name), "UTF-8")) {
		if (name || ascii(bytes) || mostly_utf8(bytes)) {
			if (!name || mostly_utf8(bytes)) {
				*used = "UTF-8";
				return as_utf8(bytes, out);
			}
		}
		buf_init(&scratch, 1 << 20);
		name = guess(bytes, &scratch);
		buf_free(&scratch);
	}
	e = convert(bytes, name, out, &bad);
	if (e == ERR_FORMAT) {
		out->n = begin;
		*used = "UTF-8";
		return as_utf8(bytes, out);
	}
	*used = name;
	return e;
}
