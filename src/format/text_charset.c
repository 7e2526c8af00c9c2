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
			uint64_t w;

			/* Eight at a time. */
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

/*
 * How much the bytes look like a language when read so. Kana are in both of the double-byte sets of
 * Japan and in that of China; only Japanese has many of them.
 */
static long plausible(struct str utf8, bool japanese, bool chinese)
{
	long sum = 0, kana = 0, ideographs = 0;

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
		else if (c >= 0x4e00 && c <= 0x9fff)
			ideographs++;
		else if (c >= 0xff66 && c <= 0xff9f)
			sum -= 3;
		else if (c >= 0xe000 && c <= 0xf8ff)
			sum -= 8;
		else if (c >= 0x3400 && c <= 0x4dbf)
			sum -= 4;
	}
	if (japanese)
		sum += kana * 4 + ideographs * (kana * 4 >= ideographs ? 3 : 1);
	else if (chinese)
		sum += kana * 10 > ideographs ? kana + ideographs : ideographs * 3;
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
